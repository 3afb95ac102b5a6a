from __future__ import annotations

import builtins
import html
import io
import re
import unicodedata
from dataclasses import replace
from functools import cache
from itertools import combinations
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import shapely
from browser import open_browser, visit
from matplotlib.colors import to_rgba
from matplotlib.patches import Circle, PathPatch, Rectangle
from matplotlib.text import Text

from symbios_geo.assumptions.values import load_assumptions
from symbios_geo.errors import DisclosureError, OutputError, PlaceError
from symbios_geo.factsheets import facts, pages, words
from symbios_geo.factsheets import write as factsheet
from symbios_geo.factsheets.map import map_title
from symbios_geo.heat.benefit import heat_effects
from symbios_geo.labels import chance, colour, label, number, quantity
from symbios_geo.maps.flows import EDGE
from symbios_geo.model import SITES, new_of
from symbios_geo.shortlist import HALF
from symbios_geo.study import balance, cases
from symbios_geo.study import chain as study
from symbios_geo.study.intervals import ranges
from symbios_geo.study.sentences import touching
from symbios_geo.tables import data_version, read_table

pypdf = pytest.importorskip("pypdf")

pytestmark = pytest.mark.usefixtures("coarse")
CODES = ["1315", "1380", "1381", "1382", "1383", "1384"]
NASTY = "A<script>alert(1)</script> {{ 7*191 }} $x_1$ `${9}` </script>"
ENGLISH = {
    "the", "and", "of", "with", "from", "waste", "heat", "demand", "supply", "cost", "worth",
    "jobs", "range", "page", "estimate", "network", "municipality", "sources", "best", "largest",
    "share", "today", "probability", "uncertain", "exchange", "climate", "plant",
    "sawmill", "heating",
}  # fmt: skip


@pytest.fixture(scope="module")
def bundled(request):
    return request.getfixturevalue("study")  # `study` is a module here


@pytest.fixture(scope="module")
def drawn(bundled):
    return bundled.drawn


@pytest.fixture(scope="module")
def sheets(bundled, drawn):
    """Return what makes the sheet of a municipality in Swedish, once."""
    return cache(lambda code: words.make_sheet(bundled, code, drawn))


@pytest.fixture(scope="module")
def written(output):
    return {path.suffix: path for path in (output / "factsheets").glob("varberg.*")}


@pytest.fixture(scope="module")
def browser(request):
    yield from open_browser(request)


@pytest.fixture
def unmapped(monkeypatch):
    """Leave out the maps of a test that reads words."""
    monkeypatch.setattr(pages, "draw_map", lambda *_, **__: plt.figure(figsize=(5, 5)))


def squeezed(text: str) -> str:
    """Return text without spaces of any kind: a PDF does not keep them apart."""
    return re.sub(r"\s", "", unicodedata.normalize("NFC", text))


def pages_of(path) -> list[str]:
    return [squeezed(page.extract_text()) for page in pypdf.PdfReader(path).pages]


def visible(page: str) -> str:
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", body))


def words_of(part) -> list[str]:
    """Return every text in tuples and lists of any depth."""
    if isinstance(part, (tuple, list)):
        return [text for inner in part for text in words_of(inner)]
    return [part] if isinstance(part, str) else []


def with_operator(bundled, site, operator):
    sites = bundled.register.sites.copy()
    sites.loc[site, "operator"] = operator
    return replace(bundled, register=replace(bundled.register, sites=sites))


def test_pdf_has_two_a4_pages_with_fonts_inside(written):
    reader = pypdf.PdfReader(written[".pdf"])
    assert len(reader.pages) == 2
    for page in reader.pages:
        width, height = page.mediabox.width, page.mediabox.height
        assert (float(width) / 72 * 2.54, float(height) / 72 * 2.54) == pytest.approx(
            (21.0, 29.7), abs=0.01
        )
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            assert "/FontFile2" in inner["/FontDescriptor"].get_object()


def test_numbers_on_the_pages_are_those_of_the_library(written, bundled):
    first, second = pages_of(written[".pdf"])
    row = balance.by_municipality(bundled.register, "heat").loc["1383"]
    co2 = bundled.co2.loc["1383"]
    hot = balance.heat_by_municipality_and_class(bundled.register).loc["1383", "class_60"]
    # ranges are those of the draws, as of the claims: a sum of lows is no low of the sum
    spans = ranges(bundled.drawn.within("1383")).loc[["supply_gwh", "need_gwh", "biogenic_kt"]]
    amounts = [row["supply"], row["committed"], row["demand"], hot, *spans.to_numpy().ravel()]
    amounts += [co2["biogenic"], co2["fossil"]]
    for value in amounts:
        assert squeezed(number(value)) in first
    every = facts.best_exchanges(bundled, "1383", top=None)
    seldom = facts.seldom(every)
    assert seldom.sum() == 2
    for _, found in pd.concat([every[seldom], every[~seldom].head(1)]).iterrows():
        for value in (found["delivered"], found["yearly_msek"]):
            assert squeezed(number(value)) in second
        share = chance(found["pays_share"])
        assert squeezed(label("factsheet:case_share", share=share)) in second
    assert data_version() in first
    assert "2026-" in first


@pytest.mark.parametrize("code", CODES)
def test_parts_of_demand_add_up(bundled, drawn, code):
    table = balance.by_municipality(bundled.register, "heat").loc[code]
    need = facts.heat_demand(bundled, code, drawn)["value"]
    assert need.sum() == pytest.approx(table["demand"])
    # on district heating are as many as the official statistics say, on every face
    towns = read_table("municipalities").set_index("municipality_code")
    assert need["network"] == pytest.approx(towns.loc[code, "district_heat_buildings_gwh"])
    supply = facts.heat_supply(bundled, code).drop(index="class_nuclear", errors="ignore")
    assert supply["value"].sum() == pytest.approx(table["supply"])
    co2 = facts.co2_supply(bundled, code)["value"]
    assert co2.sum() == pytest.approx(bundled.co2.loc[code, ["biogenic", "fossil"]].sum())


@pytest.mark.parametrize("code", CODES)
def test_months_add_up_to_the_year(bundled, code):
    supply, demand = facts.monthly(bundled, code)
    table = balance.by_municipality(bundled.register, "heat").loc[code]
    assert supply.to_numpy().sum() == pytest.approx(table["supply"])
    assert demand.sum() == pytest.approx(table["demand"])


@pytest.mark.parametrize("code", CODES)
def test_best_exchanges_touch_the_municipality_and_are_new(bundled, code):
    found = facts.best_exchanges(bundled, code)
    assert 1 <= len(found) <= 3
    where = bundled.register.sites["municipality_code"]
    for _, row in found.iterrows():
        assert code in (where[row["site_id_source"]], where[row["site_id_sink"]])
        links = pd.DataFrame(new_of(bundled.matches[row["resource"]].links))
        ends = links[SITES].eq(row[SITES])
        kinds = links.get("kind", pd.Series(row["kind"], links.index))
        mine = links[ends.all(axis=1) & (kinds.eq(row["kind"]) | kinds.isna())]
        assert row["delivered"] == pytest.approx(mine["delivered"].sum())
    # as on the list of pilots: what usually pays first, then what is worth most
    seldom = (found["pays_share"] < HALF).rename("seldom")
    for _, real in found.groupby(["one_place", "own", "promised", seldom]):
        assert real["npv_msek"].dropna().is_monotonic_decreasing
    assert found["one_place"].is_monotonic_decreasing
    for _, of_kind in found.groupby(["one_place", "own"]):
        assert of_kind["promised"].is_monotonic_increasing
    new = bundled.business.query("status == 'new'")
    case = new.groupby(SITES)["yearly_msek"].sum()
    for row in found.itertuples():
        assert row.yearly_msek <= case[row.site_id_source, row.site_id_sink] + 1e-9


def test_sources_of_heat_stand_before_those_of_what_the_sheet_tells_last(bundled):
    used = facts.used_sources(bundled, "1383")
    ends = [facts.municipal_flows(bundled, "1383", "heat", role) for role in ("source", "sink")]
    shown = pd.concat(ends)["source_id"].value_counts().reindex(used.index).fillna(0)
    assert shown.is_monotonic_decreasing
    assert used.index[~used.index.str.startswith("own_")][0] == "kre_district_heat"


@pytest.mark.parametrize("code", CODES)
def test_neighbours_are_what_crosses_the_border(bundled, code):
    table = facts.neighbours(bundled, code)
    plan = bundled.exchanges
    ends = plan[["municipality_code_source", "municipality_code_sink"]]
    crosses = ends.eq(code).sum(axis=1).eq(1) & ends.isin(CODES).all(axis=1)
    assert table["delivered"].sum() == pytest.approx(plan.loc[crosses, "delivered"].sum(), abs=0.1)
    assert code not in set(table["other"])


def test_the_plan_stands_on_the_sheet_with_what_to_do_first(bundled, sheets):
    sheet = sheets("1383")
    groups = [row.cells[0] for row in sheet.exchanges.rows if row.kind == "group"]
    kinds = ("existing", "new", "seldom")
    assert groups == [label(f"factsheet:{kind}") for kind in kinds]
    # by far the largest exchange of the town and the one of the headline, each with its condition
    seldom = sheet.exchanges.rows[-2:]
    assert ["Kungsbacka" in seldom[0].cells[0], "Norne" in seldom[1].cells[0]] == [True, True]
    for row, site in zip(seldom, ("dhn_kungsbacka", "norne"), strict=True):
        found = bundled.business[bundled.business["sink"].str.contains(site)]
        share = found.query("status == 'new'")["pays_share"].min()
        assert chance(share, "sv") in row.cells[2]
    assert label("factsheet:case_promised") in seldom[1].cells[2]
    last, pilot = bundled.undecided.iloc[0], bundled.shortlist(municipality="1383").iloc[0]
    what, *rest = sheet.steps.rows[-1].cells
    assert rest == [last["call"], last["measure"]]
    assert what.startswith("Ta reda på först")
    assert last["what"] in what
    what, *rest = sheet.steps.rows[0].cells
    assert rest == [pilot["call"], pilot["measure"]]
    assert what.startswith(pilot["what"])
    assert chance(pilot["pays_share"], "sv") in what
    assert any("Kungsbacka tar emot 120" in note for note in sheet.exchanges.notes)
    names = [("Varberg", "Varbergs"), ("Hylte", "Hylte"), ("Borås", "Borås"), ("Lund", "Lunds")]
    assert all(words.possessive(name, "sv") == said for name, said in names)


def test_what_many_share_and_is_worth_most_is_begun_with_and_its_parties_are_contacts(bundled):
    steps = facts.first_steps(bundled, "1383")
    best = touching(bundled.with_many, "1383")["npv_msek"].max()
    assert best in set(steps["npv_msek"])
    listed = [row.cells[0] for row in words.contact_table(bundled, "1384", "sv").rows]
    steps = facts.first_steps(bundled, "1384")
    # whom the steps tell to ring stand before anybody else
    assert {"Statkraft Värme", "Eksta Bostads AB"} & set(listed)
    assert listed[: steps["site_id_call"].nunique()] == list(dict.fromkeys(steps["who"]))


@pytest.mark.parametrize("code", CODES)
def test_who_only_takes_is_told_by_what_it_is_asked_to_take(bundled, code):
    steps, found = facts.first_steps(bundled, code), facts.contacts(bundled, code)
    networks = bundled.candidates["heat"].sinks.groupby("site_id")["value"].sum()
    for site, row in found[found["takes"]].iterrows():
        asked = set(steps.loc[steps["site_id_sink"] == site, "resource"])
        told = {key for key in bundled.resources if row[key] > 0}
        assert told <= asked
        for key in told:
            taken = bundled.register.counted(key, "sink").groupby("site_id")["value"].sum()
            amount = networks[site] if key == "heat" else taken[site]
            assert row[key] == pytest.approx(amount)
    for row in words.contact_table(bundled, code, "sv").rows:
        assert all(row.cells)


@pytest.mark.parametrize("code", CODES)
def test_every_heat_exchange_that_the_lead_counts_is_told(bundled, code):
    table = words.exchange_rows(bundled, code, "sv")
    rows = " ".join([*(" ".join(row.cells) for row in table.rows), *table.notes])
    for exchange in touching(new_of(bundled.business, "heat"), code).itertuples():
        assert quantity(exchange.delivered, "GWh/yr").split("\u00a0")[0] in rows
        assert exchange.name_source.split(" (")[0] in rows
    # heat is the headline: of what is begun with it stands first
    groups = [row.cells[0] for row in table.rows]
    new = table.rows[groups.index(label("factsheet:new")) + 1 :]
    first = facts.first_steps(bundled, code)["resource"].head(2)
    heat = [row.cells[1].endswith("värme") for row in new[: len(first)]]
    assert heat == sorted(heat, reverse=True)


@pytest.mark.parametrize("code", CODES)
def test_nothing_that_does_not_pay_is_what_to_do_first(bundled, code):
    steps = facts.first_steps(bundled, code)
    assert len(steps)
    assert (steps["npv_msek"].isna() | (steps["npv_msek"] > 0)).all()
    assert steps["status"].eq("new").all()
    assert not steps["promised"].eq(True).any()
    # what seldom pays comes last, and there is always something before it
    seldom = list(steps["pays_share"] < 0.5)
    assert seldom == sorted(seldom)
    assert not seldom[0]
    # where two parties have too little to begin with, what has many givers or receivers is told
    many = touching(bundled.with_many, code)
    assert len(steps) == facts.MOST_STEPS or set(many.index) <= set(steps.index)


@pytest.mark.parametrize("code", CODES)
def test_the_lead_says_how_often_what_is_new_pays(bundled, sheets, code):
    lead = sheets(code).answer
    new = touching(new_of(bundled.business, "heat"), code)
    for share in (new["pays_share"].min(), new["pays_share"].max()):
        assert chance(share, "sv") in lead
    assert number(new["investment_msek"].sum()) in lead


def test_climate_effect_of_a_heat_pump_depends_on_what_it_replaces():
    assumptions = load_assumptions()
    factors = read_table("emission_factors").set_index("factor_id")["value"]
    mixes = ("nordic_mix", "marginal")

    def effect(kind, **displaced):
        columns = {"kind": kind, "delivered": 30.0, **displaced}
        columns["electricity_mwh_per_mwh"] = 1 / 3
        table = heat_effects(pd.DataFrame([columns]), assumptions).set_index("replaces")
        return table.rename(columns={"t_co2e_low": "low", "t_co2e_high": "high"})

    ends = {}
    for fuel, factor in (("chips", "wood_chips"), ("gas", "natural_gas")):
        table = effect("network", **{f"displaced_{fuel}": 30.0})
        ends[fuel] = [30 * factors[factor] - 10 * factors[mix] for mix in mixes]
        assert list(table.loc["network_fuels", ["low", "high"]]) == pytest.approx(
            sorted(ends[fuel])
        )
    # chips save nothing with marginal electricity, gas saves with any
    assert min(ends["chips"]) < 0 < min(ends["gas"])
    table = effect("buildings")
    saved = 30 / assumptions["building_heat_pump_cop"] - 10
    assert list(table.loc["own_heat_pump", ["low", "high"]]) == pytest.approx(
        sorted(saved * factors[mix] for mix in mixes)
    )


def test_cover_chance_is_a_share_and_certain_where_heat_is_plenty(bundled):
    drawn = cases.drawn_case(bundled, n=200)
    varberg = facts.cover_chances(drawn, "1383")
    assert varberg["chance"].between(0, 1).all()
    assert varberg.loc["heat_theoretical_without_ringhals", "chance"] == 1
    assert facts.cover_chances(drawn, "1384")["chance"].max() == 0


def test_uncertain_rows_are_estimates_with_the_broadest_range(bundled):
    rows = facts.uncertain_rows(bundled, "1380")
    assert rows["confidence"].eq("C").all()
    assert list(rows["resource"]) == ["heat"] * 3 + ["co2"] * 2
    every = facts.municipal_flows(bundled, "1380", "heat", "source").query("confidence == 'C'")
    widest = (every["high"] - every["low"]).nlargest(3)
    assert sorted((rows["high"] - rows["low"]).head(3)) == pytest.approx(sorted(widest))


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_each_exchange_says_what_is_replaced(bundled, drawn, lang):
    sheet = words.make_sheet(bundled, "1380", drawn, lang=lang)
    wanted = {
        "sv": ("mot nätets egna bränslen: ", "mot husens egna värmepumpar: ", "mot bergkross: "),
        "en": ("against the network's own fuels: ", "against the houses' own heat pumps: ",
               "against crushed rock: "),
    }[lang]  # fmt: skip
    new = [row.cells[3] for row in sheet.exchanges.rows if row.cells[3]]
    # of some by-products nobody says what their product emits, and the sheet says so
    unknown = {"sv": "inte känt", "en": "not known"}[lang]
    assert [told for told in new if told != unknown]
    for told in new:
        assert told == unknown or told.startswith(wanted)
        # jobs are known of a new network for houses alone
        assert told.startswith(wanted[1]) == told.endswith("4\u20136")
        assert not told.startswith(wanted[0]) or "\n" not in told


@pytest.mark.parametrize("code", CODES)
def test_swedish_sheet_holds_no_english(sheets, code):
    sheet = sheets(code)
    # titles of sources stay in their own language
    text = " ".join(words_of(sheet._replace(sources=[], supply=None, demand=None))).casefold()
    found = {word for word in ENGLISH if re.search(rf"\b{word}\b", text)}
    assert found == set()
    assert label("factsheet:balance") in " ".join(words_of(sheet.balance))


def test_labels_are_given_in_both_languages():
    rows = read_table("labels")
    own = rows[rows["key"].str.startswith("factsheet:")]
    same = own[own["sv"] == own["en"]]["key"].tolist()
    assert same == ["factsheet:fewer_than_one", "factsheet:ends"]  # signs, not words
    for row in own.itertuples():
        assert set(re.findall(r"{\w+}", row.sv)) == set(re.findall(r"{\w+}", row.en)), row.key


def test_html_is_self_contained(written):
    page = written[".html"].read_text(encoding="utf-8")
    assert re.findall(r"(?:https?:)?//\w", re.sub(r"base64,[^\"]+", "", page)) == []
    assert "default-src 'none'" in page
    sources = re.findall(r'src="(.{23})', page)
    assert sources == ["data:image/svg+xml;base"] * 2
    assert len(re.findall(r'<img alt="[^"]+"', page)) == 2
    assert "<script" not in page


def test_hostile_names_are_text(bundled, drawn):
    given = with_operator(bundled, "diab_laholm", NASTY)
    sheet = words.make_sheet(given, "1381", drawn)
    sheet = sheet._replace(title=NASTY, sources=[NASTY])
    page = factsheet.make_html(sheet, given)
    plain = re.sub(r'data-foot="[^"]*"', "", page)
    assert plain.count(html.escape(NASTY, quote=False)) == 3
    assert "<script" not in page
    assert "1337" not in visible(page)
    pdf = factsheet.make_pdf(page)
    assert squeezed(NASTY) in pages_of(io.BytesIO(pdf))[0]


def test_long_names_still_make_two_pages(bundled, drawn):
    given = bundled
    for site in ("diab_laholm", "angstorp", "laholms_biogas"):
        given = with_operator(given, site, "Bolaget " + "x" * 300)
    sheet = words.make_sheet(given, "1381", drawn)
    # as many and as long as the sheet ever lists
    title = ("Titel " * 30)[: words.TITLE_LENGTH]
    sheet = sheet._replace(sources=[title] * (words.MOST_SOURCES + 2))
    pdf = factsheet.make_pdf(factsheet.make_html(sheet, given))
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 2


@pytest.mark.usefixtures("unmapped")
def test_too_much_text_goes_on_to_more_pages_and_is_never_cut(bundled, sheets):
    sources = [f"Titel{n} " + "ord " * 90 for n in range(90)]
    page = factsheet.make_html(sheets("1381")._replace(sources=sources), bundled)
    pdf = factsheet.make_pdf(page)
    pages = pages_of(io.BytesIO(pdf))
    assert len(pages) > 2
    assert all(squeezed(source) in "".join(pages[1:]) for source in sources[::30])
    assert squeezed(f"Sida 3 av {len(pages)}") in pages[2]


def test_pdf_is_tagged_with_title_language_and_alternative_texts(written):
    reader = pypdf.PdfReader(written[".pdf"])
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "sv"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == label("factsheet:title", name="Varberg")
    assert b"pdfuaid" in root["/Metadata"].get_data()
    tags = list(elements(root["/StructTreeRoot"]))
    kinds = [element.get("/S") for element in tags]
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure"} <= set(kinds)
    figures = [element["/Alt"] for element in tags if element.get("/S") == "/Figure"]
    assert figures == [
        label("factsheet:map_alt", name="Varberg"), label("factsheet:season_alt")
    ]  # fmt: skip


def elements(node):
    """Return every structure element of a PDF."""
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        found = kid.get_object() if hasattr(kid, "get_object") else kid
        if isinstance(found, dict) and "/S" in found:
            yield found
            yield from elements(found)


def test_without_the_printer_the_page_is_written_and_the_cure_told(bundled, tmp_path, monkeypatch):
    for module in (factsheet, pages):
        monkeypatch.setattr(module, "printer_fault", lambda: "apt install libpango-1.0-0")
    with pytest.warns(UserWarning, match="libpango"):
        written = factsheet.write_factsheet(bundled, "Hylte", tmp_path)
    assert [path.name for path in written] == ["hylte.html", "hylte.png"]
    with pytest.raises(OutputError, match="libpango"):
        pages.make_pdf(written[0].read_text("utf-8"))


def test_missing_library_is_told_with_what_to_install(monkeypatch):
    def broken(name, *_):
        if name == "weasyprint":
            msg = "cannot load library 'libpango-1.0-0'\nmore"
            raise OSError(msg)
        return original(name, *_)

    original = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", broken)
    fault = pages.printer_fault.__wrapped__()
    for word in ("libpango-1.0-0'", "apt install", "brew install", "conda install"):
        assert word in fault
    assert "more" not in fault


@pytest.mark.usefixtures("unmapped")
def test_rows_that_are_not_public_are_left_out(bundled, halland, sheets, tmp_path):
    sites = halland.sites.copy()
    sites.loc["diab_laholm", "visibility"] = "internal"
    held = replace(halland, sites=sites)
    with pytest.raises(DisclosureError, match="internal rows"):
        factsheet.write_factsheet(replace(bundled, register=held), "Laholm", tmp_path)
    assert list(tmp_path.iterdir()) == []

    assert "Diab" in visible(factsheet.make_html(sheets("1381"), bundled))
    less = study.run(register=held, draws=20)
    sheet = words.make_sheet(less, "1381", less.drawn)
    assert "Diab" not in visible(factsheet.make_html(sheet, less))


@pytest.mark.parametrize("name", ["Varberg", "varberg", " VARBERG ", "1383"])
def test_municipality_is_found_by_name_or_code(bundled, name):
    assert factsheet.find_municipality(bundled, name) == "1383"


def test_unknown_municipality_lists_the_six(bundled, tmp_path):
    with pytest.raises(PlaceError) as caught:
        factsheet.write_factsheet(bundled, "Göteborg", tmp_path)
    for name in ("Hylte", "Halmstad", "Laholm", "Falkenberg", "Varberg", "Kungsbacka"):
        assert name in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_place_that_cannot_be_written_is_named(bundled, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="taken"):
        factsheet.write_factsheet(bundled, "Hylte", tmp_path / "taken")


def test_same_study_gives_the_same_bytes(bundled, written, sheets, tmp_path):
    # of several that one process, perhaps another one, has written, and as a run writes it
    page = factsheet.make_html(sheets("1383"), bundled, home="../index.html")
    picture = factsheet.save_municipality_map(sheets("1383"), bundled, tmp_path / "varberg.png")
    again = {".html": page.encode(), ".pdf": factsheet.make_pdf(page), ".png": picture.read_bytes()}
    assert again == {suffix: path.read_bytes() for suffix, path in written.items()}
    assert b"CreationDate" not in written[".pdf"].read_bytes()


def test_municipality_without_any_flow_has_a_sheet(bundled):
    register = bundled.register
    keep = register.flows["site_id"].map(register.sites["municipality_code"]) != "1381"
    without = study.run(register=replace(register, flows=register.flows[keep]), draws=20)
    sheet = words.make_sheet(without, "1381", bundled.drawn)
    pdf = factsheet.make_pdf(factsheet.make_html(sheet, without))
    second = pages_of(io.BytesIO(pdf))[1]
    assert squeezed(label("factsheet:exchanges_none")) in second


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_all_six_are_written_and_print_on_two_pages(bundled, output, tmp_path, browser, lang):
    files = list((output / "factsheets").iterdir())  # by one process, in Swedish
    if lang == "en":
        files = factsheet.write_factsheets(bundled, tmp_path, lang=lang, workers=2)
    assert len(files) == 18
    assert {path.stem for path in files} == {
        "hylte", "halmstad", "laholm", "falkenberg", "varberg", "kungsbacka"
    }  # fmt: skip
    for path in files:
        if path.suffix == ".pdf":
            assert len(pypdf.PdfReader(path).pages) == 2
            continue
        if path.suffix == ".png":
            continue
        with visit(browser, path, wait=False) as opened:
            page = opened.page
            page.emulate_media(media="print")
            printed = page.pdf(prefer_css_page_size=True)
            assert len(pypdf.PdfReader(io.BytesIO(printed)).pages) == 2
            opened.assert_quiet()


@pytest.mark.slow
def test_page_reads_on_a_phone(written, browser):
    with visit(browser, written[".html"], (360, 780), wait=False) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth") == 360
        sizes = opened.page.evaluate(
            """[...document.querySelectorAll("main *, footer")]
                .filter(e => e.getClientRects().length && !e.closest("thead"))
                .map(e => parseFloat(getComputedStyle(e).fontSize))"""
        )
        assert min(sizes) >= 14
        broad = opened.page.evaluate(
            "[...document.querySelectorAll('img')].map(e => [e.naturalWidth, e.clientWidth])"
        )
        # letters of 6.5 points, the smallest of the pictures, in pixels
        assert all(6.5 / 0.75 * shown / natural > 13 for natural, shown in broad)
        opened.assert_quiet()


def test_a_map_of_its_own_has_room_for_its_title_and_shows_what_is_built(
    bundled, monkeypatch, tmp_path
):
    kept = []
    monkeypatch.setattr(pages, "save_figure", lambda f, *_, **__: kept.append(f) or [tmp_path])
    sheet = SimpleNamespace(code="1315", name="Hylte", lang="sv")
    pages.save_municipality_map(sheet, bundled, tmp_path / "hylte.png")
    (figure,) = kept
    figure.canvas.draw()
    title = figure.axes[0]._left_title.get_window_extent()
    assert (figure.bbox.height - title.y1) / figure.dpi * 72 >= 8
    built = to_rgba(colour("map:built"))
    drawn = [ax for ax in figure.axes
             if any(p.get_facecolor() == built for p in ax.findobj(PathPatch))]  # fmt: skip
    assert len(drawn) == 2  # the map and its inset


def test_a_map_of_its_own_shows_what_flows_today_and_runs_what_leaves_to_its_edge(bundled):
    sheet = SimpleNamespace(code="1383", name="Varberg", lang="sv")
    figure = pages.draw_map(sheet, bundled, pages.ALONE, titled=True)
    told = texts_of(figure)
    assert "GWh/år i dag" in told.replace("\u00a0", " ")
    assert "Till Kungsbacka, 30 km: " in told.replace("\u00a0", " ")
    (overlay,) = [ax for ax in figure.axes for c in ax.collections
                  if str(c.get_gid()).startswith("end-")]  # fmt: skip
    (end,) = [c for c in overlay.collections if str(c.get_gid()).startswith("end-")]
    (x, y), (right, top) = end.get_offsets()[0], (overlay.get_xlim()[1], overlay.get_ylim()[1])
    assert min(x, y, right - x, top - y) == pytest.approx(EDGE)
    plt.close(figure)


@pytest.mark.parametrize("code", ["1315", "1380", "1381", "1382", "1383", "1384"])
def test_amounts_of_an_inset_and_lines_to_them_lie_on_no_other_arrow(bundled, code):
    sheet = SimpleNamespace(code=code, name="", lang="sv")
    figure = pages.draw_map(sheet, bundled, pages.ALONE, titled=True)
    figure.canvas.draw()
    told = re.compile(r"[\d,]+ (nytt|finns i dag)")
    amounts = [text for text in figure.findobj(Text) if told.fullmatch(text.get_text())]
    for overlay in {text.axes for text in amounts}:
        lines = [
            shapely.LineString(line.get_transform().transform(line.get_xydata()))
            for line in overlay.lines
            if line.get_linewidth() == 0.4
        ]
        assert not [pair for pair in combinations(lines, 2) if pair[0].crosses(pair[1])]
        arrows = [
            (patch.get_gid(), shapely.Polygon(patch.get_transform().transform(patch.get_xy())))
            for patch in overlay.patches
            if str(patch.get_gid()).startswith("flow-")
        ]
        for line in lines:  # those between the same two places lie side by side
            assert len({name for name, shape in arrows if shape.intersects(line)}) <= 1
        plates = [shapely.box(*t.get_window_extent().extents) for t in amounts if t.axes is overlay]
        assert not [1 for _, shape in arrows for plate in plates if plate.intersects(shape)]
    assert amounts or code in ("1383", "1384")
    plt.close(figure)


def texts_of(figure) -> str:
    return " ".join(" ".join(t.get_text().split()) for t in figure.findobj(Text))


def test_the_map_says_in_its_title_what_there_is_against_what_is_needed(bundled):
    heat = balance.by_municipality(bundled.register, "heat").loc["1315"]
    for lang in ("sv", "en"):
        title = map_title(bundled, "1315", lang)
        for amount in (heat["supply"], heat["demand"]):
            assert number(amount, lang, digits=0) in title
        assert "Hylte Paper" in title


@pytest.mark.parametrize("size", pages.MAPS)
def test_the_map_draws_and_names_what_is_new_over_the_border(bundled, size):
    few = new_of(bundled.unsure).query("site_id_sink == 'dhn_kungsbacka'")
    share = chance(few["pays_share"].item())
    for code, ends in (("1384", "Från Södra Cell Värö i Varberg"), ("1383", "Till Kungsbacka")):
        sheet = SimpleNamespace(code=code, lang="sv")
        figure = pages.draw_map(sheet, bundled, size)
        told = texts_of(figure)
        # what lies outside says how far
        assert re.search(rf"{ends}(, 30 km)?: 120", told.replace("\xa0", " "))
        assert share.replace("\xa0", " ") in told.replace("\xa0", " ")
        assert [a for a in figure.findobj() if str(a.get_gid()).startswith("flow-")]
        plt.close(figure)


@pytest.mark.parametrize("code", CODES)
def test_no_circle_hides_the_largest_need(bundled, code):
    figure = pages.draw_map(SimpleNamespace(code=code, lang="sv"), bundled, pages.MAPS[1])
    rings, squares = {}, {}
    for patch in figure.findobj(lambda artist: isinstance(artist, (Circle, Rectangle))):
        kind, _, key = str(patch.get_gid()).partition("-")
        {"site": rings, "town": squares}.get(kind, {})[key] = patch
    needs = facts.municipal_flows(bundled, code, "heat", "sink").set_index("site_id")["value"]
    largest = max(squares, key=lambda key: needs.groupby(level=0).sum()[key])
    x, y = squares[largest].get_center()
    half = squares[largest].get_width() / 2
    for ring in rings.values():
        apart = ((ring.center[0] - x) ** 2 + (ring.center[1] - y) ** 2) ** 0.5
        assert apart > ring.radius or ring.radius < half
    told = texts_of(figure)
    assert label("factsheet:map_needs") in told
    plt.close(figure)
