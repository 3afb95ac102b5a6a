from __future__ import annotations

import base64
import csv
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from browser import DESKTOP, PHONE, many_places, open_browser, visit
from folium.plugins import Draw
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text
from PIL import Image
from pyproj import Geod
from shapely import Point

import symbios_geo as sg
from symbios_geo import labels
from symbios_geo.disclosure import clear
from symbios_geo.errors import (
    DataError,
    DisclosureError,
    MatchError,
    OutputError,
    ParameterError,
)
from symbios_geo.maps.page import localities
from symbios_geo.matching import ladder
from symbios_geo.matching.candidates import find_candidates
from symbios_geo.matching.roads import load_roads
from symbios_geo.study.chain import in_language
from symbios_geo.web import places
from symbios_geo.web.explore import MAX_PLACES, page_html, save_map, show_match, show_register
from symbios_geo.web.page import MAX_ZOOM, SCRIPTS, json_block, page_program, tables

MAX_BYTES = 3_000_000
SEASON = {1: 0.15, 4: 0.09, 7: 0.02}
HOSTILE = [
    "<b>fet</b> & <i>sned</i>",
    "<script>window.__x=1</script>",
    '<img src=x onerror="window.__x=1">',
    "</script><script>window.__x=1</script>",
    "`;window.__x=1;`",
    "${window.__x=1}",
    "{{ 7*191 }}",
    "{% raw %}",
    "{# x #}",
    "javascript:window.__x=1",
    'O\'Hara "AB" \\ <!-- -->',
    "rad\u2028två \U0001f525 åäö",
]


# closed with its module: two browsers at once, or a notebook beside one, would share an event loop
@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest) -> Iterator[Any]:
    yield from open_browser(request)


@pytest.fixture(scope="session")
def heat_match(halland: sg.Register) -> sg.Match:
    return ladder.match(halland, "heat")


@pytest.fixture(scope="session")
def match_page(halland: sg.Register, heat_match: sg.Match, tmp_path_factory: Any) -> Path:
    months = {month: part_of(heat_match, share) for month, share in SEASON.items()}
    folder = tmp_path_factory.mktemp("match")
    return save_map(show_match(heat_match, halland, months=months), folder / "match.html")


@pytest.fixture(scope="session")
def register_page(halland: sg.Register, tmp_path_factory: Any) -> Path:
    return save_map(show_register(halland), tmp_path_factory.mktemp("register") / "register.html")


@pytest.fixture(scope="module")
def plan_pages(study: sg.Study, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Write the map of the plan of every resource, by language."""
    found: dict[str, list[Path]] = {}
    for lang in labels.LANGUAGES:
        shown, folder = in_language(study, lang), tmp_path_factory.mktemp(lang)
        pages = {
            resource: show_match(match, shown.register, business=shown.business, lang=lang)
            for resource, match in shown.matches.items()
        }
        found[lang] = [save_map(page, folder / f"{name}.html") for name, page in pages.items()]
    return found


@pytest.fixture(scope="module")
def heat_page(plan_pages: dict[str, list[Path]]) -> Path:
    """Return the map of heat in Swedish."""
    return next(path for path in plan_pages["sv"] if path.stem == "heat")


@pytest.fixture(scope="module")
def materials_page(plan_pages: dict[str, list[Path]]) -> Path:
    """Return the map of by-products in Swedish, many of whose places lie near each other."""
    return next(path for path in plan_pages["sv"] if path.stem == "materials")


def part_of(match: sg.Match, share: float) -> sg.Match:
    """Return a match with every quantity times `share`, as one month of it."""
    links = match.links.copy()
    links[["sent", "delivered"]] *= share
    return replace(match, links=links, unused=match.unused * share, unmet=match.unmet * share)


def simple_match() -> sg.Match:
    """Return a match of one link in the tiny register."""
    link = {"source": "mill-heat-hot_water", "sink": "town", "distance_km": 10.0, "sent": 42.0}
    link |= {"delivered": 40.0, "temperature_mode": "direct", "unit_cost": 12.0, "worth": 30.0}
    return sg.Match(
        pd.DataFrame([link]),
        pd.Series({"mill-heat-hot_water": 58.0}),
        pd.Series({"town": 20.0, "south": 30.0}),
        pd.DataFrame(),
        {},
    )


def data_of(page: str) -> dict[str, Any]:
    """Return the data block of a page."""
    data = records(json.loads(re.search(r'id="symbios-data">(.*?)</script>', page, re.DOTALL)[1]))
    for site in data["sites"]:
        site["flows"] = []
    for flow in data["flows"]:
        for name in ("temperatures", "note"):
            flow[name] = data["texts"][flow[name]]
        data["sites"][flow["site"]]["flows"].append(flow)
    return data


def records(value: Any) -> Any:
    """Return data with every table as a list of records, as the script of the page reads it."""
    if not isinstance(value, dict):
        return value
    if set(value) == {"columns", "rows"}:
        rows = [dict(zip(value["columns"], row, strict=True)) for row in value["rows"]]
        return [records(row) for row in rows]
    return {key: records(part) for key, part in value.items()}


def with_names(register: sg.Register, names: list[str]) -> sg.Register:
    """Return a register with one site and one flow for each name, spread over the county."""
    place = register.sites.iloc[[0]].assign(municipality_code=None)
    flow = register.flows.iloc[[0]]
    sites, flows = [], []
    for number, name in enumerate(names):
        id_ = f"h{number:02d}"
        point = gpd.points_from_xy([12.5 + 0.07 * number], [56.5 + 0.05 * number])
        words = {"name": name, "operator": f"hostile{number:02d}", "note": name}
        sites.append(place.set_axis([id_]).assign(**words).set_geometry(point, crs=4326))
        flows.append(flow.assign(flow_id=id_, site_id=id_, note=name))
    table = gpd.GeoDataFrame(pd.concat(sites), crs="EPSG:4326").rename_axis("site_id")
    return sg.Register(table, pd.concat(flows, ignore_index=True))


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.lists(st.text()), st.floats(-1, 1))))
def test_data_block_is_the_data_and_neither_markup_nor_template(payload: dict[str, Any]):
    text = json_block(payload)
    assert json.loads(text) == payload
    assert not re.search(r"[<>&\u2028\u2029]|\{\{|\{%|\{#", text)


@given(
    st.recursive(
        st.one_of(st.none(), st.text(), st.integers()),
        lambda part: st.lists(
            st.fixed_dictionaries({"a": part, "b": part}), min_size=1, max_size=4
        ),
    )
)
def test_records_come_back_from_the_tables_they_travel_in(payload: Any):
    page = {"first": payload}
    assert records(json.loads(json_block(tables(page)))) == page


def test_table_names_its_columns_once():
    payload = {"rows": [{"value": 1, "note": "x"}, {"value": 2}]}
    found = {"columns": ["value", "note"], "rows": [[1, "x"], [2, None]]}
    assert tables(payload) == {"rows": found}


def test_script_of_the_page_has_no_module_left_and_every_part():
    script = page_program("map_1")
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    folder = Path(sg.__file__).parent / "web" / "script"
    assert {path.stem for path in folder.glob("*.js")} == set(SCRIPTS)
    for path in folder.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert max(map(len, text.splitlines())) <= 120
        for names, part in re.findall(r'import \{(.*?)\} from "\./(\w+)\.js"', text, re.DOTALL):
            source = (folder / f"{part}.js").read_text(encoding="utf-8")
            for name in filter(None, re.split(r"[\s,]+", names)):
                assert re.search(rf"^export (const|function) {name}\b", source, re.MULTILINE), name


def test_same_map_gives_same_bytes(register: sg.Register):
    first, second = show_register(register), show_register(register)
    folium.CircleMarker([56.7, 12.9]).add_to(first)
    folium.CircleMarker([56.7, 12.9]).add_to(second)
    assert first.get_name() != second.get_name()
    assert page_html(first) == page_html(second) == page_html(first)


def test_page_is_small_and_whole(register_page: Path, match_page: Path):
    for path in (register_page, match_page):
        page = path.read_text(encoding="utf-8")
        assert path.stat().st_size < MAX_BYTES
        assert page.endswith("</html>\n")
        assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=\"?(https?:)?//", page)


def test_policy_allows_only_the_scripts_of_the_page(register: sg.Register):
    page = page_html(show_register(register))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert re.fullmatch(r"('sha256-[\w+/=]+' ?)+", rules["script-src"])
    assert page.index("Content-Security-Policy") < page.index("<script")


def test_tiles_are_asked_for_and_named(register: sg.Register):
    page = page_html(show_register(register, tiles=True))
    assert "img-src data: https://tile.openstreetmap.org;" in page
    assert any("tile.openstreetmap.org" in text for text in data_of(page)["about"])
    assert "tile.openstreetmap.org" not in page_html(show_register(register))


def test_save_keeps_the_old_file_when_writing_fails(
    register: sg.Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "map.html"
    path.write_text("old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match=r"map\.html.*No space left"):
        save_map(show_register(register), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_save_makes_a_folder_or_says_which_cannot_be_made(register: sg.Register, tmp_path: Path):
    page = show_register(register)
    page.save(tmp_path / "new" / "map.html")
    assert (tmp_path / "new" / "map.html").exists()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file.map\.html cannot be written"):
        page.save(tmp_path / "file" / "map.html")


def test_only_own_maps_are_saved(tmp_path: Path):
    with pytest.raises(OutputError, match="show_register"):
        save_map(folium.Map(), tmp_path / "map.html")


def test_layer_that_needs_the_network_is_refused_by_address(register: sg.Register):
    page = show_register(register)
    Draw().add_to(page)
    with pytest.raises(OutputError, match=r"loads https://.*leaflet\.draw"):
        page_html(page)


def test_layer_that_would_end_the_script_is_refused(register: sg.Register):
    page = show_register(register)
    folium.CircleMarker([56.7, 12.9], popup="</script><script>window.__x=1</script>").add_to(page)
    with pytest.raises(OutputError, match="/script"):
        page_html(page)


def test_what_is_not_public_stays_out(register: sg.Register):
    sites, flows = register.sites.copy(), register.flows.copy()
    sites.loc["glass", ["visibility", "name"]] = ["secret", "Hidden works"]
    hidden = flows["flow_id"] == "mill-heat-effluent"
    flows.loc[hidden, ["visibility", "note"]] = ["internal", "hidden note"]
    guarded = sg.Register(sites, flows)
    match = simple_match()
    seen = clear(guarded)
    for page in (show_register(seen), show_match(match, seen)):
        text = page_html(page)
        assert "Hidden works" not in text
        assert "hidden note" not in text
        assert [s["name"] for s in data_of(text)["sites"]] == ["The mill", "The town", "The south"]
    nodes = data_of(text)["frames"][0]["nodes"]
    assert [node["total"] for node in nodes if node["role"] == "source"] == [100.0]
    for left in ({"mill-heat-effluent": 123.0}, {"glass": 7.0}):
        with pytest.raises(MatchError, match=next(iter(left))):
            show_match(replace(match, unused=pd.Series(left)), seen)
    for show in (partial(show_register, guarded), partial(show_match, match, guarded)):
        with pytest.raises(DisclosureError, match="secret"):
            show()
    inside = page_html(show_register(clear(guarded, "internal")))
    assert "Hidden works" not in inside
    assert "hidden note" in inside
    assert ">INTERN " in inside


def test_sum_with_a_hidden_part_is_not_shown(register: sg.Register):
    flows = register.flows.copy()
    flows.loc[flows["flow_id"] == "town-heat-property_heating", "visibility"] = "secret"
    guarded = sg.Register(register.sites, flows)
    for seen in (guarded, clear(guarded), clear(guarded, "internal")):
        with pytest.raises(DisclosureError):
            show_match(sg.match(guarded, "heat"), seen)
    data = data_of(page_html(show_match(sg.match(clear(guarded), "heat"), clear(guarded))))
    sinks = [node for node in data["frames"][0]["nodes"] if node["role"] == "sink"]
    assert {data["sites"][node["site"]]["name"] for node in sinks} == {"The south"}


def test_flows_carry_value_range_year_and_source(register: sg.Register):
    data = data_of(page_html(show_register(register, lang="en")))
    mill = next(site for site in data["sites"] if site["name"] == "The mill")
    water = next(flow for flow in mill["flows"] if flow["value"] == 100)
    named = ("quantity", "range", "year", "counted", "confidence")
    shown = ["100\u00a0GWh/yr", "80.0\u2013120\u00a0GWh/yr", "2024", 1, 2]
    assert [water[name] for name in named] == shown
    sources = places.read_table("sources").set_index("source_id")
    title = sources.loc["own_general_knowledge", "title"]
    assert data["sources"][water["source"]]["title"] == title
    assert data["classes"][water["class"]]["key"] == "class_60"
    assert water["temperatures"] == "70\u201390 °C"


def test_missing_value_stays_missing(register: sg.Register):
    register.flows.loc[0, ["value", "low", "high"]] = np.nan  # behind the gate
    data = data_of(page_html(show_register(register)))
    mill = next(site for site in data["sites"] if site["name"] == "The mill")
    shown = [[flow[name] for name in ("value", "quantity", "range")] for flow in mill["flows"]]
    assert [None, "uppgift saknas", ""] in shown


def test_link_carries_quantity_cost_and_place(register: sg.Register):
    data = data_of(page_html(show_match(simple_match(), register)))
    (link,) = data["frames"][0]["links"]
    assert [data["sites"][link[end]]["name"] for end in ("from", "to")] == ["The mill", "The town"]
    assert link["delivered"] == 40.0
    rate = sg.load_assumptions()["sek_per_eur"]
    cost, worth = (f"{rate * value:.0f} kr/MWh" for value in (12, 30))
    named = ("deliveredText", "sentText", "distance", "cost", "worth")
    assert [link[name].replace("\u00a0", " ") for name in named] == [
        "40,0 GWh/år", "42,0 GWh/år", "10,0 km", cost, worth,
    ]  # fmt: skip
    nodes = {data["sites"][n["site"]]["name"]: n for n in data["frames"][0]["nodes"]}
    assert (nodes["The town"]["used"], nodes["The town"]["total"]) == (40.0, 60.0)


def test_scenarios_keep_their_names_and_order(register: sg.Register):
    match = simple_match()
    half = part_of(match, 0.5)
    page = show_match(match, register, scenarios={"Zeta": match, "Alfa": half}, lang="en")
    data = data_of(page_html(page))
    assert [frame["label"] for frame in data["frames"]] == ["Zeta", "Alfa"]
    assert [frame["links"][0]["delivered"] for frame in data["frames"]] == [40.0, 20.0]


def test_months_have_their_own_unit_and_scale(register: sg.Register):
    match = simple_match()
    data = data_of(page_html(show_match(match, register, months={1: part_of(match, 0.1)})))
    assert [frame["label"] for frame in data["frames"]] == ["Hela året", "jan"]
    assert [scale["max"] for scale in data["widths"]] == [40.0, 4.0]
    assert data["frames"][1]["links"][0]["deliveredText"] == "4,00\u00a0GWh/månad"


def test_wrong_arguments_are_named(register: sg.Register):
    match = simple_match()
    with pytest.raises(ParameterError, match=r"no flow of 'hydrogen'.*heat"):
        show_register(register, resource="hydrogen")
    with pytest.raises(ParameterError, match="not both"):
        show_match(match, register, months={1: match}, scenarios={"a": match})
    with pytest.raises(DataError, match="no language 'de'"):
        show_register(register, lang="de")
    lost = replace(match, links=match.links.assign(sink="nowhere"))
    with pytest.raises(MatchError, match="nowhere"):
        show_match(lost, register)


def test_too_many_places_are_refused(register: sg.Register, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("symbios_geo.web.explore.MAX_PLACES", 3)
    with pytest.raises(OutputError, match="4 places"):
        show_register(register)


def test_languages_do_not_mix(register: sg.Register):
    swedish, english = (
        data_of(page_html(show_register(register, lang=lang))) for lang in ("sv", "en")
    )
    same = {key for key, text in swedish["text"].items() if english["text"][key] == text}
    assert same == set()
    assert not re.search("[åäöÅÄÖ]", "".join([*english["text"].values(), english["title"]]))


def test_notebook_shows_sentence_still_and_sandboxed_frame(register: sg.Register):
    shown = show_register(register)._repr_html_()
    sentence, still, frame = (shown.index(tag) for tag in ("<p>", "<img", "<iframe"))
    assert sentence < still < frame
    assert 'sandbox="allow-scripts"' in shown
    svg = base64.b64decode(re.search(r"svg\+xml;base64,([\w+/=]+)", shown)[1]).decode()
    assert svg.startswith("<svg")
    assert svg.count("<circle") == 1  # the mill is the one source of heat


def test_the_still_of_a_match_shows_its_links_and_what_they_are(halland, heat_match):
    svg = show_match(heat_match, halland).still  # what paper and a page without trust show
    assert svg.count("<line") > heat_match.links["delivered"].gt(1e-3).sum()  # the legend has some
    assert {labels.label(f"role:{role}") for role in ("source", "sink")} <= {
        *re.findall(r"<text[^>]*>([^<]*)<", svg)
    }


def test_notebook_output_holds_page_and_picture(halland: sg.Register):
    bundle = show_register(halland)._repr_mimebundle_()
    assert list(bundle) == ["text/html", "image/png"]
    content = base64.b64decode(bundle["image/png"])
    with Image.open(BytesIO(content)) as picture:
        assert picture.height == 640
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
    assert {(216, 231, 240), (253, 251, 245)} <= colours  # sea and county
    assert len(content) < 100_000


def test_ipython_asks_for_both(register: sg.Register):
    formatter = pytest.importorskip("IPython.core.formatters").DisplayFormatter()
    data, _ = formatter.format(show_register(register))
    assert {"text/html", "image/png", "text/plain"} <= set(data)


@pytest.mark.slow
def test_register_map_draws_every_place_without_a_network(
    chromium: Any, register_page: Path, halland: sg.Register
):
    flows = halland.flows[halland.flows["resource"] == "heat"]
    bare = ~halland.sites.index.isin(halland.flows["site_id"])
    bare &= (halland.sites["place_type"] != "locality").to_numpy()
    pairs = flows[["site_id", "role"]].drop_duplicates()
    with visit(chromium, register_page) as seen:
        assert seen.count("sites") == len(halland.sites)
        assert seen.count("symbols") == len(pairs) + bare.sum()
        assert seen.count("polygons") > 60
        assert seen.count("names") > 10
        seen.page.get_by_label("Behov").uncheck()
        assert seen.count("symbols") == (pairs["role"] == "source").sum() + bare.sum()
        seen.page.get_by_label("Uppgift saknas").uncheck()
        assert seen.count("symbols") == (pairs["role"] == "source").sum()
        seen.page.get_by_label("Koldioxid").check()
        assert "Kolets" not in " ".join(seen.texts("legend"))
        assert {"Biogen", "Fossil"} <= set(seen.texts("legend ~ label .word"))
        assert "kt/år" in " ".join(seen.texts(".legends"))
        seen.assert_quiet()


@pytest.mark.slow
def test_popup_opens_by_click_and_tells_everything(chromium: Any, register_page: Path):
    data = data_of(register_page.read_text(encoding="utf-8"))
    heat = [r["key"] for r in data["resources"]].index("heat")
    number = next(
        i
        for i, site in enumerate(data["sites"])
        if {heat} < {flow["resource"] for flow in site["flows"]}
        and any(
            data["sources"][flow["source"]]["address"].startswith("https") for flow in site["flows"]
        )
    )
    name = data["sites"][number]["name"]
    with visit(chromium, register_page) as seen:
        x, y = seen.page.evaluate(f"window.symbios.spot({number})")
        seen.page.mouse.click(x, y)
        box = seen.page.locator(".leaflet-popup-content")
        if box.locator("h3").text_content() != name:  # another lies upon it, and names this one
            box.get_by_role("button", name=name).click()
        assert box.locator("h3").text_content() == name
        text = box.text_content()
        for flow in data["sites"][number]["flows"]:
            assert flow["quantity"] in text
            assert f"Spann {flow['range']}" in text
            assert f"År {flow['year']}" in text
            assert data["sources"][flow["source"]]["title"] in text
        assert "Andra flöden på platsen" in text
        links = box.locator("a[target=_blank]")
        assert links.first.get_attribute("href").startswith("https://")
        assert links.first.get_attribute("rel") == "noopener noreferrer"
        seen.page.keyboard.press("Escape")
        box.wait_for(state="detached")
        seen.assert_quiet()


@pytest.mark.slow
def test_slider_moves_through_the_months(
    chromium: Any, match_page: Path, heat_match: sg.Match, halland: sg.Register
):
    used = heat_match.links[heat_match.links["delivered"] > 0]
    owner = halland.flows.set_index("flow_id")["site_id"]
    apart = used["source"].map(owner) != used["sink"]
    pairs = used[apart].assign(place=used["source"].map(owner))
    count = len(pairs[["place", "sink", "temperature_mode"]].drop_duplicates())
    with visit(chromium, match_page) as seen:
        assert seen.texts(".sum")[0].startswith("Hela året: ")
        slider = seen.page.get_by_role("slider")
        assert (seen.count("frame"), seen.count("lines")) == ("Hela året", count)
        months = []
        slider.focus()
        for _ in SEASON:
            seen.page.keyboard.press("ArrowRight")
            months.append(slider.get_attribute("aria-valuetext"))
        assert months == ["jan", "april", "juli"]
        assert (seen.count("frame"), seen.count("lines")) == ("juli", count)
        assert "GWh/månad" in seen.texts(".sum")[0]
        flows = seen.page.locator(".largest li")
        assert flows.count() == count
        new = flows.filter(has_not_text="Finns i dag")
        new.locator("button").first.press("Enter")
        text = seen.texts(".leaflet-popup-content")[0]
        assert "Kostnad" in text
        assert "Säkerhet" in text
        assert labels.label("mode:direct") in text
        for mode in seen.page.locator("input[name=mode]").all():
            mode.uncheck()
        assert seen.count("lines") == 0
        seen.assert_quiet()


@pytest.mark.slow
def test_slider_keeps_the_focus_and_the_popup_follows(chromium: Any, match_page: Path):
    data = data_of(match_page.read_text(encoding="utf-8"))
    number = next(node["site"] for node in data["frames"][0]["nodes"] if node["used"] > 0)
    with visit(chromium, match_page) as seen:
        seen.page.locator("#search").fill(data["sites"][number]["name"])
        seen.page.keyboard.press("ArrowDown")
        seen.page.keyboard.press("Enter")
        slider = seen.page.get_by_role("slider")
        slider.press("Home")
        for frame in data["frames"][1:]:
            seen.page.keyboard.press("ArrowRight")
            assert slider.get_attribute("aria-valuetext") == frame["label"]
            assert seen.page.evaluate("document.activeElement.type") == "range"
            text = next(node["text"] for node in frame["nodes"] if node["site"] == number)
            assert text in seen.texts(".leaflet-popup-content")[0]
        # closed while the focus is elsewhere, it does not take the focus along
        seen.page.keyboard.press("Escape")
        assert seen.texts(".leaflet-popup-content") == []
        assert seen.page.evaluate("document.activeElement.type") == "range"
        seen.page.locator(".largest button").first.press("Enter")
        slider.press("Home")
        assert data["frames"][0]["label"] in seen.texts(".leaflet-popup-content")[0]
        seen.assert_quiet()


@pytest.mark.slow
def test_months_of_the_match_share_out_the_year(
    chromium: Any, halland: sg.Register, tmp_path: Path
):
    found = find_candidates(halland, "heat")
    answer = ladder.match_candidates(found, method="monthly")
    months = ladder.by_month(answer, found.year())
    path = save_map(show_match(answer, halland, months=months), tmp_path / "months.html")
    data = data_of(path.read_text(encoding="utf-8"))
    year, *parts = (
        {(node["site"], node["role"]): node for node in frame["nodes"]} for frame in data["frames"]
    )
    assert len(parts) == 12
    for key, node in year.items():
        for name in ("used", "total"):
            twelve = sum(part[key][name] for part in parts if key in part)
            assert twelve == pytest.approx(node[name], abs=12 * 1e-4)
        assert all(part[key]["used"] <= part[key]["total"] + 1e-4 for part in parts if key in part)
    mill = next(i for i, site in enumerate(data["sites"]) if site["name"] == "Södra Cell Värö")
    with visit(chromium, path) as seen:
        assert year[mill, "source"]["text"] in popup_of(seen, mill)
        seen.page.get_by_role("slider").press("ArrowRight")
        assert parts[0][mill, "source"]["text"] in popup_of(seen, mill)
        seen.assert_quiet()


@pytest.mark.slow
def test_map_without_a_size_is_drawn_when_it_gets_one(chromium: Any, match_page: Path):
    frame = f'<iframe src="{match_page.name}" style="display:none;width:900px;height:600px">'
    path = match_page.with_name("hidden.html")
    path.write_text(f"<!DOCTYPE html>{frame}</iframe>", encoding="utf-8")
    with visit(chromium, path, wait=False) as seen:
        assert seen.page.frames[1].evaluate("window.symbios.symbols") == 0
        seen.page.locator("iframe").evaluate("e => { e.style.display = 'block'; }")
        seen.page.frames[1].wait_for_selector(".place", state="attached")
        assert seen.page.frames[1].evaluate("window.symbios.lines") > 10
        assert seen.page.frames[1].evaluate("window.symbios.names") > 5
        seen.assert_quiet()


@pytest.mark.slow
def test_month_of_the_register_rescales_symbols_and_popups(
    chromium: Any, register_page: Path, halland: sg.Register
):
    share = places.read_table("profiles").set_index("month")["heat_load_share"]
    need = halland.flows[halland.flows["stream"] == "property_heating"].set_index("site_id")
    town = need["value"].idxmax()
    number = halland.sites.index.get_loc(town)
    year = need.loc[town, "value"]
    with visit(chromium, register_page) as seen:
        slider = seen.page.get_by_role("slider", name="Månad")
        all_year, drawn = seen.texts(".legends"), seen.count("symbols")
        for month in (1, 2):
            slider.press("ArrowRight")
            words = labels.quantity(year * share[month], "GWh/month")
            assert slider.get_attribute("aria-valuetext") == labels.label(f"month:{month}")
            assert words in popup_of(seen, number)
        assert labels.quantity(year, "GWh/yr") in popup_of(seen, number)
        assert "GWh/månad" in seen.texts(".legends")[0]
        assert seen.texts(".legends") != all_year
        assert seen.count("symbols") < drawn  # the summer surplus is nowhere in winter
        seen.page.get_by_label("Koldioxid").check()
        assert not slider.is_visible()
        assert "kt/år" in seen.texts(".legends")[0]
        seen.page.get_by_label("Värme").check()
        slider.press("Home")
        assert seen.texts(".legends") == all_year
        seen.assert_quiet()


@pytest.mark.slow
@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_numbers_of_a_month_are_written_as_in_python(
    chromium: Any, register: sg.Register, tmp_path: Path, lang: str
):
    path = save_map(show_register(register, lang=lang), tmp_path / "map.html")
    values = [0, 0.004, 0.12, 9.87, 12.34, 99.96, 123.4, 1234.56, 98765.4]
    with visit(chromium, path) as seen:
        written = [seen.page.evaluate(f"window.symbios.number({value})") for value in values]
    assert written == [labels.number(value, lang) for value in values]


def popup_of(seen: Any, number: int) -> str:
    """Return the text of a place's popup."""
    seen.page.evaluate(f"window.symbios.open({number})")
    return seen.texts(".leaflet-popup-content")[0]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_no_map_holds_what_is_no_number(register: sg.Register, wrong: float):
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_block({"value": wrong})
    sites = register.sites.assign(population=np.nan, coordinate_error_km=np.nan)
    holed = sg.Register(sites, register.flows)
    holed.flows.loc[0, ["value", "low", "high", "year", "temperature_low_c"]] = np.nan
    empty = simple_match()
    empty = replace(empty, links=empty.links.assign(unit_cost=np.nan, worth=np.nan, sent=0.0))
    for page in (show_register(holed), show_match(empty, holed, months={1: empty})):
        text = json_block(page.payload)
        assert not re.search(r"[:,\[](NaN|-?Infinity)", text)
        assert not re.search(r"\b(nan|inf)\b", text)


@pytest.mark.slow
def test_search_works_by_keyboard_alone(chromium: Any, register_page: Path):
    with visit(chromium, register_page) as seen:
        page = seen.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "search"
        page.keyboard.type("varo cell")
        assert page.get_by_role("combobox").get_attribute("aria-expanded") == "true"
        page.keyboard.press("ArrowDown")
        active = page.get_by_role("combobox").get_attribute("aria-activedescendant")
        assert "Södra Cell Värö" in page.locator(f"#{active}").text_content()
        page.keyboard.press("Enter")
        assert seen.texts(".popup h3")[0].startswith("Södra Cell Värö")
        assert page.evaluate("document.activeElement.className") == "popup"
        assert seen.count("zoom") >= 11
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.id") == "search"
        page.keyboard.press("Control+a")
        page.keyboard.type("zzzz")
        assert "Ingen plats hittades" in seen.texts("[role=status]")
        seen.assert_quiet()


@pytest.mark.slow
def test_everything_in_the_panel_can_be_reached_by_tab(chromium: Any, register_page: Path):
    with visit(chromium, register_page) as seen:
        reached = set()
        for _ in range(60):
            seen.page.keyboard.press("Tab")
            reached.add(
                seen.page.evaluate("""() => {
                    const e = document.activeElement;
                    const label = e.getAttribute('aria-label');
                    return (e.name || e.id || label || e.textContent).trim() }""")
            )
        wanted = {"search", "resource", "role", "class", "show", "Skriv ut", "Zooma in"}
        assert wanted <= reached
        unnamed = """() => [...document.querySelectorAll('button, a, input, [role=combobox]')]
            .filter(e => !(e.textContent.trim() || e.getAttribute('aria-label')
                || (e.labels && e.labels.length))).length"""
        assert seen.page.evaluate(unnamed) == 0


@pytest.mark.slow
def test_hostile_names_are_shown_word_for_word(
    chromium: Any, register: sg.Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bad = {"title": HOSTILE[3], "url": "javascript:alert(1)"}
    known = labels.known_sources("sv", None).assign(**bad)
    monkeypatch.setattr(places, "known_sources", lambda *_: known)
    path = save_map(show_register(with_names(register, HOSTILE)), tmp_path / "hostile.html")
    with visit(chromium, path) as seen:
        assert seen.count("sites") == len(HOSTILE)
        for number, name in enumerate(HOSTILE):
            seen.page.locator("#search").fill(f"hostile{number:02d}")
            assert seen.page.locator("#hits li").first.evaluate("e => e.firstChild.data") == name
            seen.page.keyboard.press("Enter")
            assert seen.page.locator(".popup h3").evaluate("e => e.textContent") == name
            assert seen.page.locator(".popup .note").first.evaluate("e => e.textContent") == name
            assert HOSTILE[3] + " (javascript:alert(1))" in seen.texts(".popup")[0]
            assert seen.page.locator(".popup a, .popup b i, .popup img").count() == 0
            named = seen.page.locator(".place.site").evaluate_all(
                "es => es.map(e => e.textContent)"
            )
            assert name in named
        seen.page.mouse.move(*seen.page.evaluate("window.symbios.spot(11)"))
        assert seen.page.evaluate("window.__x") is None
        seen.assert_quiet()


@pytest.mark.slow
def test_policy_stops_what_gets_in_by_other_ways(chromium: Any, register_page: Path):
    with visit(chromium, register_page) as seen:
        seen.page.evaluate("""() => { const d = document.createElement('div');
            d.innerHTML = '<img src=x onerror="window.__x=1">'; document.body.append(d);
            const s = document.createElement('script'); s.textContent = 'window.__x=2';
            document.body.append(s); fetch('https://example.org/').catch(() => {}); }""")
        seen.page.wait_for_timeout(200)
        assert seen.page.evaluate("window.__x") is None
        assert seen.requests == []
        assert len(seen.errors) >= 3


@pytest.mark.slow
def test_phone_has_a_panel_that_opens_and_nothing_cut_off(chromium: Any, match_page: Path):
    with visit(chromium, match_page, PHONE) as seen:
        page = seen.page
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width == PHONE[0]
        assert not page.locator("#controls").is_visible()
        button = page.locator(".toggle")
        assert button.bounding_box()["height"] >= 40
        # the month that is shown is chosen above the map
        assert page.get_by_role("slider").is_visible()
        button.click()
        assert button.get_attribute("aria-expanded") == "true"
        wide = page.locator("#controls *").evaluate_all(
            "es => es.filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
        )
        assert wide == 0
        page.locator("#search").fill("halmstad")
        page.keyboard.press("Enter")
        button.click()
        box = page.locator(".leaflet-popup").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0]
        seen.assert_quiet()


@pytest.mark.slow
@pytest.mark.parametrize("size", [(360, 740), DESKTOP])
def test_words_on_a_map_keep_apart_and_nothing_covers_the_open_legend(
    chromium: Any, match_page: Path, register_page: Path, size: tuple[int, int]
):
    for path in (match_page, register_page):
        with visit(chromium, path, size) as seen:
            boxes = seen.page.evaluate("""() => {
                const map = document.querySelector(".folium-map").getBoundingClientRect();
                const of = (e) => { const r = e.getBoundingClientRect();
                    return [r.left - map.left, r.top - map.top, r.right - map.left,
                            r.bottom - map.top]; };
                const words = [...document.querySelectorAll(".place, .toggle")].map(of);
                return [...words, ...window.symbios.counts].filter((b) => b[2] > b[0]);
            }""")
            assert len(boxes) > 8
            for n, one in enumerate(boxes):
                for two in boxes[n + 1 :]:
                    wide = min(one[2], two[2]) - max(one[0], two[0])
                    high = min(one[3], two[3]) - max(one[1], two[1])
                    assert min(wide, high) < 1.5, (one, two)
            if size[0] > 760:
                continue
            button, legend = seen.page.locator(".toggle"), seen.page.locator("#controls")
            button.click()
            foot = legend.bounding_box()
            assert foot["y"] + foot["height"] <= button.bounding_box()["y"] + 1


@pytest.mark.slow
def test_the_legend_says_what_a_count_means_while_one_is_drawn(chromium: Any, match_page: Path):
    told = labels.label("explore:joined", "sv")
    with visit(chromium, match_page) as seen:
        marks = seen.count("marks")
        assert max(mark["count"] for mark in marks) > 1
        assert told in " ".join(seen.texts(".legends"))
        seen.page.evaluate("window.symbios.zoomTo(12)")
        seen.page.wait_for_timeout(300)
        assert told not in " ".join(seen.texts(".legends"))


@pytest.fixture(scope="module")
def plan_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the map of the heat plan of the study, with what its exchanges gain."""
    study = sg.run(lang="sv")
    page = show_match(study.matches["heat"], study.register, business=study.business)
    return save_map(page, tmp_path_factory.mktemp("plan") / "plan.html")


@pytest.mark.slow
@pytest.mark.parametrize("size", [(360, 740), DESKTOP])
def test_every_flow_is_seen_on_the_map_of_the_county(
    chromium: Any, plan_page: Path, size: tuple[int, int]
):
    links = data_of(plan_page.read_text(encoding="utf-8"))["frames"][0]["links"]
    with visit(chromium, plan_page, size) as seen:
        towns, shafts = seen.count("towns"), seen.count("shafts")
        assert sum(town["links"] for town in towns) + len(shafts) == len(links)
        told = sum(town["value"] for town in towns) + sum(line["delivered"] for line in shafts)
        assert told == pytest.approx(sum(link["delivered"] for link in links))
        assert all(line["length"] > 12 for line in shafts)  # room for the head of an arrow
        assert [line["isOpen"] for line in shafts if line["delivered"] < 150] == [True]
        rare = sum(bool(link["seldom"]) for link in links)
        assert f"{rare} nya som lönar sig i färre än hälften" in " ".join(seen.texts(".sum"))
        (kungsbacka,) = [t for t in seen.texts(".place.town") if t.startswith("Kungsbacka")]
        assert "lönarsigi14%" in "".join(kungsbacka.split())
        # a ring is as large as what it tells, and no amount stands without its town
        rings = sorted(towns, key=lambda town: town["value"])
        assert [r["radius"] for r in rings] == sorted(r["radius"] for r in rings)
        assert rings[-1]["radius"] > 1.8 * rings[0]["radius"]
        told_of = [text for text in seen.texts(".place.town") if "nytt" in text]
        names = [town["name"].split(", ")[-1] for town in towns]
        receivers = [*names, *(line["receiver"] for line in shafts)]
        assert all(any(name in text for name in receivers) for text in told_of)
        assert all(any(name in text for text in seen.texts(".place.town")) for name in names)
        (halmstad,) = [town["value"] for town in towns if town["name"] == "Halmstad"]
        both = f"{halmstad - 10.886:.0f} nytt", "11 finns i dag"  # the second as measured
        assert any(all(words in text for words in both) for text in seen.texts(".place"))
        seen.page.evaluate("window.symbios.zoomTo(12)")
        assert seen.count("towns") == []
        seen.assert_quiet()


@pytest.mark.slow
@pytest.mark.parametrize("size", [(360, 740), DESKTOP])
def test_a_register_map_says_its_total_and_its_scale_lies_on_no_place_of_the_county(
    chromium: Any, register_page: Path, size: tuple[int, int]
):
    with visit(chromium, register_page, size) as seen:
        total = sg.run(lang="sv").headline["supply_gwh"]
        assert f"tillsammans {labels.number(total, 'sv', digits=0)}" in seen.texts(".sum")[0]
        assert labels.label("explore:counts", "sv") in seen.texts(".controls .about")
        line = seen.page.locator(".leaflet-control-scale-line")
        inner = line.evaluate("""e => { const range = document.createRange();
            range.selectNodeContents(e); const r = range.getBoundingClientRect();
            return [r.left, r.right]; }""")
        assert 0 <= inner[0] < inner[1] <= size[0]
        toggle = seen.page.locator(".toggle").bounding_box()
        assert toggle is None or inner[0] > toggle["x"] + toggle["width"]
        seen.page.locator("input[name=resource]").nth(1).evaluate("e => e.click()")
        # of what is mostly used already the title says how much of how much
        rows = sg.load_register().counted("materials", "source")["value"]
        told = " ".join([*seen.texts(".sum"), seen.page.title()])
        assert labels.number(rows.sum(), "sv", digits=0) in told
        assert labels.number(total, "sv", digits=0) not in told


@pytest.mark.slow
@pytest.mark.parametrize("size", [(360, 740), DESKTOP])
def test_a_municipality_is_named_in_itself_or_not_at_all(
    chromium: Any, register_page: Path, plan_page: Path, size: tuple[int, int]
):
    areas = sg.load_municipalities().set_index("name").geometry
    for path in (register_page, plan_page):
        with visit(chromium, path, size) as seen:
            places = seen.page.evaluate("""() => {
                const map = Object.entries(window).find(([k]) => /^map_[0-9a-f]+$/.test(k))[1];
                const { left, top } = map.getContainer().getBoundingClientRect();
                return [...document.querySelectorAll(".place.municipality")].map((e) => {
                    const r = e.getBoundingClientRect();
                    return [e.textContent, ...[[r.left, r.top], [r.right, r.top],
                        [r.left, r.bottom], [r.right, r.bottom]].map(([x, y]) => {
                            const at = map.containerPointToLatLng([x - left, y - top]);
                            return [at.lng, at.lat]; })]; });
            }""")
            assert places
            for name, *corners in places:
                near = areas[name].buffer(0.02)  # degrees: the outline of a name is coarse
                assert all(near.covers(Point(corner)) for corner in corners), name


@pytest.mark.slow
def test_print_view_keeps_map_and_legend_and_drops_controls(chromium: Any, register_page: Path):
    with visit(chromium, register_page) as seen:
        seen.page.get_by_label("Namn på kartan").uncheck()
        seen.page.emulate_media(media="print")
        assert not seen.page.locator("#search").is_visible()
        assert not seen.page.get_by_role("button", name="Skriv ut").is_visible()
        assert not seen.page.get_by_text("Namn på kartan").is_visible()
        assert seen.page.locator(".legends svg").is_visible()
        assert seen.page.get_by_text("60 °C och varmare").is_visible()
        pages = re.findall(rb"/Type\s*/Page\b", seen.page.pdf(format="A4"))
        assert len(pages) == 1
        # without this the upper canvas prints white over the background
        assert seen.page.locator(".leaflet-flows-pane canvas").evaluate(
            "e => Number(getComputedStyle(e).opacity) < 1"
        )
        seen.assert_quiet()


@pytest.mark.slow
def test_layers_of_folium_work_offline(chromium: Any, register: sg.Register, tmp_path: Path):
    page = show_register(register)
    folium.Marker([56.7, 12.9], icon=folium.DivIcon(html="<i>egen</i>"), popup="hej").add_to(page)
    folium.Marker([56.8, 12.9]).add_to(page)
    area = {"type": "Polygon", "coordinates": [[[12, 57], [13, 57], [13, 57.2], [12, 57]]]}
    folium.GeoJson(area, name="eget").add_to(page)
    folium.LayerControl().add_to(page)
    with visit(chromium, save_map(page, tmp_path / "own.html")) as seen:
        seen.page.get_by_text("egen").click()
        assert seen.texts(".leaflet-popup-content") == ["hej"]
        assert seen.page.locator(".leaflet-overlay-pane path, .leaflet-overlay-pane canvas").count()
        assert seen.page.locator("img.leaflet-marker-icon").evaluate("e => e.naturalWidth") > 0
        seen.assert_quiet()


@pytest.mark.slow
def test_map_draws_inside_a_notebook_frame(chromium: Any, register: sg.Register, tmp_path: Path):
    path = tmp_path / "notebook.html"
    path.write_text(show_register(register)._repr_html_(), encoding="utf-8")
    with visit(chromium, path, wait=False) as seen:
        seen.page.wait_for_timeout(800)
        frame = seen.page.frames[1]
        assert frame.evaluate("window.symbios.symbols") > 3
        assert frame.get_by_role("button", name="Skriv ut").count() == 0
        seen.assert_quiet()


@pytest.mark.slow
def test_tiles_are_the_only_thing_fetched(chromium: Any, register: sg.Register, tmp_path: Path):
    path = save_map(show_register(register, tiles=True), tmp_path / "tiles.html")
    with visit(chromium, path) as seen:
        seen.page.wait_for_timeout(300)
        assert seen.requests
        assert all(url.startswith("https://tile.openstreetmap.org/") for url in seen.requests)


@pytest.mark.slow
def test_twenty_thousand_places_are_drawn_as_sums(
    chromium: Any, halland: sg.Register, tmp_path: Path
):
    path = save_map(show_register(many_places(halland, MAX_PLACES)), tmp_path / "many.html")
    assert path.stat().st_size < 2 * MAX_BYTES
    with visit(chromium, path) as seen:
        assert seen.count("symbols") == MAX_PLACES
        assert seen.count("firstDrawing") > 0  # `make bench` says how fast
        assert len(seen.count("marks")) < MAX_PLACES / 20
        assert sums_agree(seen)
        seen.assert_quiet()


def sums_agree(seen: Any) -> bool:
    """Say whether each mark shows the sum of its places, and all marks all places, by role."""
    marks, single = pd.DataFrame(seen.count("marks")), pd.DataFrame(seen.count("sums"))
    pd.testing.assert_series_equal(marks["value"], marks["sum"], check_names=False)
    by_role = marks.groupby("role")["value"].sum()
    pd.testing.assert_series_equal(by_role, single.groupby("role")["value"].sum())
    return bool(marks["count"].sum() == len(single))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["register", "match"])
def test_places_that_lie_on_each_other_are_one_symbol_with_their_sum(
    chromium: Any, register_page: Path, match_page: Path, kind: str
):
    with visit(chromium, register_page if kind == "register" else match_page) as seen:
        drawn = []
        for zoom in (8, 10, 11):
            seen.page.evaluate(f"window.symbios.zoomTo({zoom})")
            assert sums_agree(seen)
            drawn.append(len(seen.count("marks")))
        assert drawn[0] < drawn[1] < drawn[2] == seen.count("symbols")
        seen.assert_quiet()


@pytest.mark.slow
def test_a_group_lists_its_places_and_the_focus_comes_back(chromium: Any, register_page: Path):
    data = data_of(register_page.read_text(encoding="utf-8"))
    number = next(i for i, site in enumerate(data["sites"]) if site["name"] == "Höganäs Halmstad")
    with visit(chromium, register_page) as seen:
        page, box = seen.page, seen.page.locator(".leaflet-popup-content")
        for name in ("Behov", "Räknas inte i summor", "Uppgift saknas"):
            page.get_by_label(name).uncheck()
        page.mouse.click(*page.evaluate(f"window.symbios.spot({number})"))
        count = int(box.locator("h3").text_content().removeprefix("Platser: "))
        assert count == box.locator("li").count() > 2
        box.get_by_role("button", name="Höganäs Halmstad").press("Enter")
        assert box.locator("h3").text_content() == "Höganäs Halmstad"
        first = page.locator(".sights button").first
        name = first.locator("span").evaluate("e => e.firstChild.data")
        first.press("Enter")
        assert box.locator("h3").text_content() == name
        # the map moves to show the box, and the list follows the map: slower than a test is quick
        page.evaluate(
            "for (const k in window) if (/^map_[0-9a-f]+$/.test(k)) window[k].fire('moveend')"
        )
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.closest('.sights') !== null")
        seen.assert_quiet()


PIN = (56.9, 12.5)
RINGS = (2, 5, 10)  # km


def near_pin(halland: sg.Register) -> pd.Series:
    """Return the geodesic distance of every site to the pin, km; none is on a ring."""
    points = halland.sites.geometry
    count = len(points)
    _, _, metres = Geod(ellps="WGS84").inv([PIN[1]] * count, [PIN[0]] * count, points.x, points.y)
    far = pd.Series(metres / 1000, halland.sites.index)
    # the map measures on a sphere, which is up to half a per cent off
    assert all(((far / ring - 1).abs() > 0.005).all() for ring in RINGS)
    return far


def saved_table(seen: Any, name: str) -> list[list[str]]:
    """Return the table that a button saves."""
    with seen.page.expect_download() as saved:
        seen.page.get_by_role("button", name=name).click()
    text = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.reader(text.splitlines(), delimiter=";"))


def sums_of_rings(seen: Any) -> list[list[str]]:
    """Return the cells of the table of sums."""
    rows = seen.page.locator(".pinned tbody tr").all()
    cells = [row.locator("th, td").all_text_contents() for row in rows]
    return [[cell.strip() for cell in row] for row in cells]


def test_what_is_not_to_scale_stands_small_on_the_largest(chromium: Any, register_page: Path):
    with visit(chromium, register_page) as seen:
        marks = pd.DataFrame(seen.count("marks"))
        # the order of drawing: the small stand on the large, a square under what it sticks out of
        corner = marks["radius"].where(marks["shape"] != "square", marks["radius"] * 1.2533)
        assert corner.is_monotonic_decreasing
        beyond = marks.loc[marks["isBeyond"], "radius"]
        assert len(beyond)
        assert beyond.max() < 0.5 * marks["radius"].max()


@pytest.mark.slow
@pytest.mark.parametrize("size", [(360, 740), (1440, 900)])
def test_what_is_not_to_scale_is_named_and_a_count_is_whole(
    chromium: Any, register_page: Path, size: tuple[int, int]
):
    with visit(chromium, register_page, size) as seen:
        told = [text for text in seen.texts(".place.town") if text.startswith("Ringhals")]
        assert [text.replace("\u202f", " ") for text in told] == ["Ringhals 29 998, räknas inte"]
        # the part of the canvas that is drawn again holds what a mark draws beside itself
        held = seen.count("countsHeld")
        assert len(held) > 3
        assert all(held)
        stacked = [
            rows
            for rows in seen.page.locator(".place.town").evaluate_all(
                "es => es.map((e) => e.children.length)"
            )
            if rows > 3
        ]
        assert not stacked


@pytest.mark.slow
def test_a_phone_has_one_line_between_title_and_controls(chromium: Any, match_page: Path):
    with visit(chromium, match_page, (360, 740)) as seen:
        top = seen.page.locator(".folium-map").bounding_box()["y"]
        assert top < 220
        line = seen.page.locator(".more summary")
        assert line.bounding_box()["height"] < 30
        assert not seen.page.locator(".sum").first.is_visible()
        line.click()
        assert seen.page.locator(".sum").first.is_visible()
        assert seen.page.locator(".folium-map").bounding_box()["y"] > top
        seen.assert_quiet()


def test_two_places_with_one_name_say_what_they_are(study: sg.Study):
    page = show_match(study.matches["heat"], study.register, lang="sv")
    twins = pd.DataFrame(page.payload["sites"]).groupby("name")["twin"].agg(list)
    assert sorted(twins["Halmstad"]) == ["hus", "nät"]
    assert twins["Södra Cell Värö"] == [""]


@pytest.mark.slow
def test_sums_within_the_rings_of_a_pin_are_those_of_the_register(
    chromium: Any, register_page: Path, halland: sg.Register
):
    far = near_pin(halland)
    heat = halland.flows.query("resource == 'heat'")
    counted = heat[heat["additive"] == "yes"]
    bare = halland.sites.index.difference(halland.flows["site_id"])
    bare = bare[(halland.sites.loc[bare, "place_type"] != "locality").to_numpy()]
    wanted = []
    for ring in RINGS:
        inside = far.index[far <= ring]
        mine = counted[counted["site_id"].isin(inside)]
        sums = [mine.loc[mine["role"] == role, "value"].sum() for role in ("source", "sink")]
        places = set(heat["site_id"]) & set(inside) | set(bare) & set(inside)
        written = [labels.number(value, "sv") if value else "0" for value in sums]
        wanted.append([f"{ring}\u00a0km", *written, str(len(places))])
    assert wanted[0] != wanted[1] != wanted[2]
    with visit(chromium, register_page, state=f"#nal={PIN[0]},{PIN[1]}") as seen:
        assert sums_of_rings(seen) == wanted
        said = seen.page.locator(".pinned [role=status]").text_content()
        assert all(f" {word}\u00a0GWh/år" in said for word in wanted[2][1:3])
        head, *rows = saved_table(seen, "Hämta listan (CSV)")
        assert head[2:4] == ["Avstånd, km", "Summa, GWh/år"]
        number = halland.sites["name"].value_counts()
        km = [float(row[2].replace(",", ".")) for row in rows]
        assert km == sorted(km)
        for row, value in zip(rows, km, strict=True):
            if number.get(row[0]) == 1:
                real = far[halland.sites["name"] == row[0]].iloc[0]
                assert value == pytest.approx(real, rel=0.005, abs=0.01)
        listed = seen.page.locator(".nearby li")
        assert [text.evaluate("e => e.querySelector('span').firstChild.data") for text in
                listed.all()] == [row[0] for row in rows]  # fmt: skip
        assert any(row[3] == "" for row in rows)  # unknown is no zero
        own = sum(float(row[3].replace(",", ".")) for row in rows if row[3] and not row[4])
        assert own == pytest.approx(
            counted.loc[counted["site_id"].isin(far.index[far <= 10]), "value"].sum(), abs=1e-2
        )
        seen.page.get_by_label("Behov").uncheck()
        assert sums_of_rings(seen)[2][1:3] == [wanted[2][1], "0"]
        listed.first.locator("button").press("Enter")
        assert seen.texts(".popup h3") == [
            listed.first.locator("span").evaluate("e => e.firstChild.data")
        ]
        seen.assert_quiet()


@pytest.mark.slow
def test_pin_on_a_match_tells_what_the_plan_leaves(
    chromium: Any, match_page: Path, halland: sg.Register
):
    far = near_pin(halland).to_numpy()
    frames = data_of(match_page.read_text(encoding="utf-8"))["frames"]
    with visit(chromium, match_page, state=f"#nal={PIN[0]},{PIN[1]}") as seen:
        seen.page.get_by_role("slider").press("Home")
        for frame in frames[:2]:
            nodes = pd.DataFrame(frame["nodes"])
            nodes = nodes[far[nodes["site"]] <= RINGS[-1]]
            nodes["left"] = (nodes["total"] - nodes["used"]).clip(lower=0)
            sums = nodes.groupby("role")[["total", "left"]].sum()
            written = sums.map(lambda value: labels.number(value, "sv") if value else "0")
            told = [
                f"{written.loc[role, 'total']} kvar {written.loc[role, 'left']}"
                for role in ("source", "sink")
            ]
            assert sums_of_rings(seen)[2] == ["10\u00a0km", *told, str(nodes["site"].nunique())]
            head, *rows = saved_table(seen, "Hämta listan (CSV)")
            assert len(rows) == len(nodes)
            assert head[4].startswith("Kvar, GWh/")
            seen.page.get_by_role("slider").press("ArrowRight")
        seen.assert_quiet()


@pytest.mark.slow
def test_pin_is_set_and_removed_by_keyboard_and_kept_in_the_address(
    chromium: Any, register_page: Path
):
    address = "decodeURIComponent(location.hash)"
    with visit(chromium, register_page, state="#annat=1") as seen:
        page, button = seen.page, seen.page.locator("button.pin")
        button.press("Enter")
        assert "Enter" in seen.texts(".pinned [role=status]")[0]
        page.keyboard.press("Escape")
        assert button.text_content() == "Sätt en nål"
        button.press("Enter")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Enter")
        kept = page.evaluate(address)
        assert re.fullmatch(r"#annat=1&nal=5\d\.\d+,1\d\.\d+", kept)
        shown = sums_of_rings(seen)
        assert page.locator(".ring").all_text_contents() == ["2\u00a0km", "5\u00a0km", "10\u00a0km"]
        assert button.text_content() == "Ta bort nålen"
    with visit(chromium, register_page, state=kept) as seen:
        page = seen.page
        assert sums_of_rings(seen) == shown
        page.locator("#search").fill("varo")
        page.keyboard.press("Escape")  # of the list of hits
        assert len(sums_of_rings(seen)) == 3
        seen.page.evaluate("window.symbios.open(0)")
        page.keyboard.press("Escape")  # of the popup
        assert len(sums_of_rings(seen)) == 3
        page.keyboard.press("Escape")
        assert sums_of_rings(seen) == []
        assert page.locator(".ring, .leaflet-marker-icon[alt]").count() == 0
        assert page.evaluate(address) == "#annat=1"
        page.evaluate("location.hash = 'nal=57,12.45'")
        page.locator(".pinned tbody tr").first.wait_for()
        page.locator("button.pin").press("Enter")
        assert page.evaluate(address) == ""
        seen.assert_quiet()
    for wrong in ("nal=", "nal=57", "nal=95,12", "nal=57,1e9", "nal=<img src=x>", "nal=57,12,3"):
        with visit(chromium, register_page, state=f"#{wrong}") as seen:
            assert sums_of_rings(seen) == []
            seen.assert_quiet()


@pytest.mark.slow
def test_pin_on_a_phone_is_in_sight_and_a_listed_place_too(chromium: Any, register_page: Path):
    with visit(chromium, register_page, (360, 740)) as seen:
        page, toggle = seen.page, seen.page.locator(".toggle")
        toggle.click()
        page.locator("button.pin").click()
        assert not page.locator("#controls").is_visible()
        page.mouse.click(*page.evaluate("window.symbios.spot(0)"))
        assert page.locator(".popup").count() == 0  # the click sets the pin and opens nothing
        box = page.locator("img.leaflet-marker-icon").bounding_box()
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        top = f"document.elementFromPoint({middle[0]}, {middle[1]}).className"
        assert "leaflet-marker-icon" in page.evaluate(top)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        toggle.click()
        page.locator(".nearby li button").first.press("Enter")
        assert toggle.get_attribute("aria-expanded") == "false"
        assert page.locator(".popup").is_visible()
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.className") == "toggle"
        assert len(sums_of_rings(seen)) == 3
        seen.assert_quiet()


@pytest.mark.slow
def test_saved_names_are_no_formulas(chromium: Any, register: sg.Register, tmp_path: Path):
    page = show_register(with_names(register, ["=1+1", "@SUM(A1)", 'a"b;c']), resource="heat")
    with visit(chromium, save_map(page, tmp_path / "x.html"), state="#nal=56.55,12.57") as seen:
        _, *rows = saved_table(seen, "Hämta listan (CSV)")
        assert {row[0] for row in rows} == {"'=1+1", "'@SUM(A1)", 'a"b;c'}
        _, *rows = saved_table(seen, "Hämta det som visas (CSV)")
        assert {row[0] for row in rows} == {"'=1+1", "'@SUM(A1)", 'a"b;c'}
        seen.assert_quiet()


@pytest.mark.slow
def test_an_arrow_that_leaves_the_view_says_where_it_ends(
    chromium: Any, study: sg.Study, tmp_path: Path
):
    page = show_match(study.matches["co2"], study.register, business=study.business)
    assert "statens stöd" in page.title
    page.payload["front"] = "../index.html"
    for folder in ("maps", "elsewhere"):
        (tmp_path / folder).mkdir()
        with visit(chromium, save_map(page, tmp_path / folder / "co2.html")) as seen:
            told = [text.replace("\u00a0", " ") for text in seen.texts(".place.town")]
            assert [text for text in told if text.startswith("→ Norne") and "134 km" in text]
            # the front page of a run lies beside the folder of its maps
            assert seen.page.locator(".front a").count() == int(folder == "maps")
            seen.assert_quiet()


ON_SYMBOLS = """() => {
  const { left, top } = document.querySelector(".folium-map").getBoundingClientRect();
  const marks = window.symbios.marks.filter(({ isHidden }) => !isHidden);
  return [...document.querySelectorAll(".place.town, .place.municipality")].filter((node) => {
    const box = node.getBoundingClientRect();
    return marks.some(({ at: { x, y }, radius }) => {
      const across = Math.max(box.left - left - x, x - box.right + left, 0);
      const down = Math.max(box.top - top - y, y - box.bottom + top, 0);
      return Math.max(across, down) < 0.85 * radius - 1;
    });
  }).map((node) => node.innerText);
}"""


@pytest.mark.slow
@pytest.mark.parametrize("resource", ["heat", "materials", "water", "co2"])
def test_on_a_phone_the_largest_sources_are_named_off_every_symbol(
    chromium: Any, study: sg.Study, tmp_path: Path, resource: str
):
    page = show_register(study.register, resource=resource)
    with visit(chromium, save_map(page, tmp_path / "sources.html"), (360, 740)) as seen:
        assert seen.page.evaluate(ON_SYMBOLS) == []
        told = seen.texts(".place.town")
        assert len([text for text in told if not text.startswith("Ringhals")]) == 4
        marks = pd.DataFrame(seen.count("marks"))
        marks = marks.query("role == 'source' and not isBeyond and not isDashed")
        largest = marks.sort_values("value", ascending=False)["names"].iloc[:2]
        for names in largest:
            assert any(name.replace(" ", "") in "".join(told).replace(" ", "") for name in names)
        seen.assert_quiet()


@pytest.mark.slow
def test_every_arrow_that_leaves_the_view_is_named(chromium: Any, materials_page: Path):
    with visit(chromium, materials_page, (1600, 1600)) as seen:
        seen.page.evaluate("window.symbios.zoomTo(9.6)")  # where the small ones are drawn too
        told = [text.replace("\u00a0", " ") for text in seen.texts(".place.town")]
        to = [text for text in told if text.startswith("→ Saint-Gobain Isover Billesholm")]
        assert len(to) == 2
        assert all(text.endswith(" km") for text in to)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "most"), [((360, 740), 10), ((1440, 900), 12)])
def test_of_many_arrows_the_county_shows_the_largest_and_says_from_where(
    chromium: Any, materials_page: Path, size: tuple[int, int], most: int
):
    links = data_of(materials_page.read_text(encoding="utf-8"))["frames"][0]["links"]
    with visit(chromium, materials_page, size) as seen:
        towns, shafts = seen.count("towns"), seen.count("shafts")
        small = len(links) - sum(town["links"] for town in towns) - len(shafts)
        (told,) = [t for t in seen.texts(".legends .about") if "ritas när du zoomar in" in t]
        assert 3 <= len(shafts) <= most
        assert small > 0
        assert f"{small} till, tillsammans" in told
        # those between two definite places first, however small; a phone has room for no other
        definite, vague = (
            [line["delivered"] for line in shafts if line["isMany"] == is_many]
            for is_many in (False, True)
        )
        sites = data_of(materials_page.read_text(encoding="utf-8"))["sites"]
        is_real = [not any(sites[link[end]]["many"] for end in ("from", "to")) for link in links]
        ringed = sum(town["real"] for town in towns)
        assert len(definite) + ringed == sum(is_real)
        assert min(definite) < min(vague, default=9e9)
        assert (size[0] < 760) == (not vague)
        assert any("318 finns i dag" in text for text in seen.texts(".place.town"))
        seen.page.evaluate("window.symbios.zoomTo(9.6)")
        seen.page.wait_for_timeout(300)
        towns, shafts = seen.count("towns"), seen.count("shafts")
        assert sum(town["links"] for town in towns) + len(shafts) == len(links)
        assert not [t for t in seen.texts(".legends .about") if "ritas när du zoomar in" in t]
        seen.assert_quiet()


@pytest.mark.slow
def test_flows_with_the_same_ends_lie_side_by_side(chromium: Any, heat_page: Path):
    with visit(chromium, heat_page) as seen:
        seen.page.evaluate("window.symbios.zoomTo(11.5)")
        pairs: dict[tuple[str, str], list[Any]] = {}
        for shaft in seen.count("shafts"):
            pairs.setdefault((shaft["source"], shaft["receiver"]), []).append(shaft["middle"])
        several = [middles for middles in pairs.values() if len(middles) > 1]
        assert len(several) >= 2  # Halmstad and Hyltebruk: what flows today, and what is new
        for one, other, *_ in several:
            assert np.hypot(one["x"] - other["x"], one["y"] - other["y"]) >= 8
        seen.assert_quiet()


def ends_drawn(seen: Any) -> set[tuple[str, str]]:
    """Return giver and receiver of every flow that is drawn as a line."""
    return {(line["source"], line["receiver"]) for line in seen.count("shafts")}


@pytest.mark.slow
def test_a_short_flow_is_seen_near_to_and_a_ring_is_open_as_its_arrow(
    chromium: Any, heat_page: Path
):
    links = data_of(heat_page.read_text(encoding="utf-8"))["frames"][0]["links"]
    with visit(chromium, heat_page) as seen:
        (laholm,) = [ring for ring in seen.count("towns") if ring["receivers"] == ["Laholm"]]
        assert [ring for ring in seen.count("towns") if ring["isOpen"]] == [laholm]
        for zoom in (12, 15):
            seen.page.evaluate(f"window.symbios.zoomTo({zoom})")
            shafts = seen.count("shafts")
            assert len(shafts) == len([link for link in links if link["from"] != link["to"]])
            assert min(shaft["length"] for shaft in shafts) > 12
        seen.assert_quiet()


@pytest.mark.slow
def test_a_list_leads_to_a_flow_too_short_to_be_seen(chromium: Any, heat_page: Path):
    with visit(chromium, heat_page) as seen:
        told = ("Diab Laholm", "Laholm")
        assert told not in ends_drawn(seen)
        seen.page.locator(".largest button").filter(has_text="Diab Laholm").click()
        assert told in ends_drawn(seen)
        assert "Diab Laholm" in seen.texts(".popup h3")[0]


@pytest.mark.slow
def test_what_a_reader_chose_is_told_beside_the_whole(
    chromium: Any, heat_page: Path, register_page: Path
):
    links = data_of(heat_page.read_text(encoding="utf-8"))["frames"][0]["links"]
    with visit(chromium, heat_page) as seen:
        told = seen.page.locator(".panel p.sum").first
        whole = told.text_content()
        seen.page.get_by_label("Direkt", exact=True).uncheck()
        kept = [link for link in links if link["mode"] != 1]
        words = labels.number(sum(link["delivered"] for link in kept), "sv")
        begin = f"Visas: {words} GWh/år, utbyten: {len(kept)}. Hela planen: "
        assert told.text_content().replace("\u00a0", " ") == f"{begin}{whole}".replace(
            "\u00a0", " "
        )
    with visit(chromium, register_page) as seen:
        told = seen.page.locator(".panel p.sum").first
        whole = told.text_content()
        seen.page.get_by_role("slider").press("ArrowRight")
        now = told.text_content()
        assert now.startswith("Visas: ")
        assert "/månad" in now
        assert now.endswith(f"Alla, hela året: {whole}")


@pytest.mark.slow
def test_a_map_of_by_products_names_what_has_no_receiver(chromium: Any, materials_page: Path):
    for size in (PHONE, DESKTOP):
        with visit(chromium, materials_page, size) as seen:
            text = " ".join(seen.page.locator(".panel p.sum:visible").all_text_contents())
            assert re.search(r"Ingen tar emot \d[^:]+: .+ \d+; .+ \d+; .+ \d+", text), text
            head = seen.page.locator(".panel").bounding_box()
            assert size != PHONE or head["height"] < 270  # the map keeps two thirds of a phone


@pytest.mark.slow
def test_ground_of_a_live_map_is_that_of_static_ones(chromium: Any, register_page: Path):
    base = data_of(register_page.read_text(encoding="utf-8"))["base"]
    assert len(base["roads"]) == len(load_roads())
    assert {round(r) for *_, r in base["built"]} == {round(r) for r in localities()["radius_m"]}
    assert all(base[layer] for layer in ("sea", "west", "lakes", "rivers"))
    assert register_page.stat().st_size < 1_200_000
    with visit(chromium, register_page) as seen:
        seen.page.evaluate("window.symbios.zoomTo(19)")
        assert seen.count("zoom") == MAX_ZOOM
        metres = int(seen.texts(".leaflet-control-scale")[0].removesuffix(" m"))
        assert metres >= 200


@pytest.mark.slow
def test_a_ring_with_several_receivers_says_so(chromium: Any, materials_page: Path):
    rings = []
    with visit(chromium, materials_page, PHONE) as seen:
        for zoom in (8, 7):
            seen.page.evaluate(f"window.symbios.zoomTo({zoom})")
            rings += seen.count("towns")
        told = seen.texts(".place.town")
        assert any("m.fl." in text and "nytt" in text for text in told)
        assert "Södra Cell Värö" not in told  # the ring there has that name
    assert {len(ring["receivers"]) > 1 for ring in rings} == {True, False}
    for ring in rings:
        name = ring["name"].removesuffix(" m.fl.")
        assert name in ring["receivers"]
        assert (name != ring["name"]) == (len(ring["receivers"]) > 1), ring


@pytest.mark.slow
@pytest.mark.parametrize("size", [(360, 740), (1440, 900)])
@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_no_amount_stands_without_who_gets_it(
    chromium: Any, plan_pages: dict[str, list[Path]], size: tuple[int, int], lang: str
):
    for path in plan_pages[lang]:
        with visit(chromium, path, size) as seen:
            amounts = seen.texts(".place.amount")
            told = " ".join("".join(seen.texts(".place.town")).split())
            for line in seen.count("shafts"):
                if line["text"] in amounts:
                    assert line["receiver"].replace(" ", "") in told.replace(" ", ""), line
            seen.assert_quiet()


OFF_THE_MAP = """() => new Promise((done) => {
    const soon = (call) => requestAnimationFrame(() => requestAnimationFrame(call));
    soon(() => {
    const map = document.querySelector(".folium-map").getBoundingClientRect();
    done([...document.querySelectorAll(".place")].filter((e) => {
        const r = e.getBoundingClientRect();
        return r.left < map.left || r.right > map.right || r.top < map.top || r.bottom > map.bottom;
    }).map((e) => e.innerText)); }); })"""


@pytest.mark.slow
def test_a_ring_opens_on_every_flow_of_its_places(chromium: Any, materials_page: Path):
    with visit(chromium, materials_page, (360, 740)) as seen:
        sites = data_of(materials_page.read_text(encoding="utf-8"))["sites"]
        cell = next(i for i, site in enumerate(sites) if site["name"] == "Södra Cell Värö")
        seen.page.mouse.click(*seen.page.evaluate(f"window.symbios.spot({cell})"))
        listed = seen.texts(".leaflet-popup-content li")
        assert "→ Södra Cell Värö" in listed[0]  # what comes, before what goes
        assert any("Södra Building Värö → " in text for text in listed)
        assert any("Södra Cell Värö → Landsbygden i Varberg" in text for text in listed)
        seen.assert_quiet()


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_popups_tell_in_one_unit_and_say_when_there_is_nothing(study: sg.Study, lang: str):
    shown = in_language(study, lang)
    page = show_match(shown.matches["water"], shown.register, business=shown.business, lang=lang)
    nodes = page.payload["frames"][0]["nodes"]
    idle = {node["text"] for node in nodes if not node["used"]}
    assert len(idle) > 5
    nothing = {"sv": "Inget av", "en": "None of"}[lang]
    assert all(text.startswith(nothing) for text in idle)
    thousand, million = (
        labels.unit_label(f"{size} m3/yr", lang) for size in ("thousand", "million")
    )
    assert not [
        node["text"] for node in nodes if thousand in node["text"] and million in node["text"]
    ]
    for flow in page.payload["flows"]:
        if flow["range"] and million in flow["quantity"]:
            assert flow["range"].endswith(million), flow
    page = show_match(
        shown.matches["materials"], shown.register, business=shown.business, lang=lang
    )
    money = [link["money"] for link in page.payload["frames"][0]["links"] if link["money"]]
    words = labels.label("explore:money_unbuilt", lang).partition(",")[0]
    assert any(text.startswith(words) for text in money)
    assert not [text for text in money if re.match(r"0[.,]0+ ", text)]


@pytest.mark.slow
def test_no_name_is_cut_when_a_phone_is_turned(chromium: Any, materials_page: Path):
    with visit(chromium, materials_page, (740, 800)) as seen:
        for size in ((360, 740), (740, 800), (360, 640)):
            seen.page.set_viewport_size({"width": size[0], "height": size[1]})
            assert seen.page.evaluate(OFF_THE_MAP) == []
        with visit(chromium, materials_page, (360, 640)) as fresh:
            assert seen.count("zoom") == fresh.count("zoom")
        seen.page.evaluate("window.symbios.zoomTo(10)")
        seen.page.set_viewport_size({"width": 700, "height": 640})
        assert seen.page.evaluate(OFF_THE_MAP) == []
        assert seen.count("zoom") == 10
        seen.assert_quiet()


@pytest.mark.slow
@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_titles_of_live_maps_are_those_of_static_ones(study: sg.Study, drawn: Any, lang: str):
    shown = in_language(study, lang)
    monthly = shown.rung("plan")
    months = ladder.by_month(monthly, shown.candidates["heat"].year())
    live = {
        "overview": show_register(shown.register, resource="heat", lang=lang).title,
        "co2-sources": show_register(shown.register, resource="co2", lang=lang).title,
        "heat-match-months": show_match(
            monthly, shown.register, months=months, business=shown.business, lang=lang
        ).title,
    }
    for name, title in live.items():
        figure = drawn[lang, f"map {name}"]
        told = [" ".join(text.get_text().split()) for text in figure.findobj(Text)]
        assert " ".join(title.split()) in told, name


@pytest.mark.slow
def test_places_are_counted_as_sums_count_them(chromium: Any, study: sg.Study, tmp_path: Path):
    path = save_map(show_register(study.register, resource="heat"), tmp_path / "heat.html")
    with visit(chromium, path) as seen:
        told = re.search(r"av (\d+) källor", seen.texts(".sum")[0])[1]
        row = seen.page.locator("label:has(input[name=role])").first
        assert row.locator(".count").text_content() == told
        listed = seen.texts(".sights li")
        assert not [text for text in listed if "Räknas inte i summor" in text]


def test_what_lies_outside_is_no_measure_of_circles(study: sg.Study):
    shown = in_language(study, "sv")
    page = show_match(shown.matches["co2"], shown.register, business=shown.business)
    outside = [i for i, site in enumerate(page.payload["sites"]) if site["outside"]]
    nodes = page.payload["frames"][0]["nodes"]
    assert max(n["total"] for n in nodes if n["site"] in outside) > 10_000
    inside = max(n["total"] for n in nodes if n["site"] not in outside)
    assert page.payload["sizes"][0]["max"] == pytest.approx(inside, rel=1e-3)
    # the widths of lines tell those within the map apart; what leaves it is the widest
    links, widths = page.payload["frames"][0]["links"], page.payload["widths"][0]
    within = [link["delivered"] for link in links if not {link["from"], link["to"]} & {*outside}]
    assert max(entry["value"] for entry in widths["legend"]) <= max(within) < widths["max"]
    assert widths["max"] < 5 * max(within) < widths["most"] / 50
