"""The Word document reopened: captions, alternative texts, tables, mark, same bytes twice."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import docx
import numpy as np
import pandas as pd
import pytest
from docx.oxml.ns import qn
from helpers import as_pdf, quick
from matplotlib import image
from pypdf import PdfReader

import symbios_geo as sg
from symbios_geo import labels
from symbios_geo.errors import OutputError
from symbios_geo.maps.placenames import amount
from symbios_geo.model import new_of
from symbios_geo.outputs import document as report
from symbios_geo.outputs.story import Story
from symbios_geo.study.chain import in_language
from symbios_geo.tables import read_table

MAPS = (report.HEAT_MAP, report.MATERIALS_MAP)
PICTURES = {**dict.fromkeys(MAPS, (200, 160)), report.CHART: (70, 160)}
HOSTILE = "{{ 7*191 }} & <b> \u0007 ]]> =1+1"


@pytest.fixture(scope="module")
def some(study) -> sg.Study:
    return quick(study)


@pytest.fixture(scope="module")
def verdicts() -> pd.DataFrame:
    claims = read_table("claims")
    figures = {"value": 2.0, "low": 1.0, "high": 3.0, "probability": 0.5}
    return claims.rename(columns={"text_sv": "text"}).assign(**figures, verdict="open")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("output")
    (folder / "maps").mkdir()
    (folder / "figures").mkdir()
    tall, broad = np.ones((1200, 600, 3)), np.ones((300, 600, 3))
    image.imsave(folder / "maps" / "heat-match.png", tall)
    image.imsave(folder / "figures" / "heat-by-month.png", broad)
    return folder


@pytest.fixture(scope="module")
def document(some, verdicts, folder):
    return docx.Document(report.write_report(some, verdicts, folder, folder / "report.docx"))


def texts(document) -> str:
    cells = [c.text for table in document.tables for row in table.rows for c in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_every_picture_has_caption_and_alternative_text(document):
    pictures = list(document.element.body.iter(qn("wp:docPr")))
    assert len(pictures) == 2
    assert all(p.get("descr").startswith(p.get("title")) for p in pictures)
    figures = [
        p.text for p in document.paragraphs
        if p.style.name == "Caption" and p.text.startswith("Figur")
    ]  # fmt: skip
    assert len(figures) == 2
    assert "Utbyten av värme" in figures[1]


def test_a_picture_stands_under_its_heading_after_the_words_that_cite_it(some, verdicts, tmp_path):
    for name, shape in PICTURES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        image.imsave(tmp_path / f"{name}.png", np.ones((*shape, 3)))
    path = report.write_report(some, verdicts, tmp_path, tmp_path / "report.docx")
    told = docx.Document(path).paragraphs
    captions = [i for i, p in enumerate(told) if p.text.startswith("Figur ")]
    assert len(captions) == len(PICTURES)
    for number, place in enumerate(captions, 1):
        (cited,) = [i for i, p in enumerate(told) if f"figur {number}" in p.text]
        assert cited < place
        assert not any(p.style.name == "Heading 1" for p in told[cited:place])


def test_pictures_fit_the_page(document):
    for shape in document.inline_shapes:
        assert shape.width <= report.TEXT_WIDTH
        assert shape.height <= report.PICTURE_HEIGHT
    tall = document.inline_shapes[1]
    assert tall.height / tall.width == pytest.approx(2, abs=0.01)


def test_captions_are_numbered_by_word(document):
    fields = [f.get(qn("w:instr")) for f in document.element.body.iter(qn("w:fldSimple"))]
    assert sum("SEQ Tabell" in field for field in fields) == len(document.tables)
    assert sum("SEQ Figur" in field for field in fields) == 2
    shown = [
        "".join(t.text for t in f.iter(qn("w:t")))
        for f in document.element.body.iter(qn("w:fldSimple"))
        if "Tabell" in f.get(qn("w:instr"))
    ]
    assert shown == [str(n) for n in range(1, len(document.tables) + 1)]


def test_tables_hold_the_totals_and_repeat_their_header(document, some):
    text = texts(document)
    high = labels.number(some.intervals.loc["supply_gwh", "high"])
    assert " ".join(high.split()) in " ".join(text.split())
    assert "Varberg" in text
    for table in document.tables:
        assert table.rows[0]._tr.find(".//" + qn("w:tblHeader")) is not None
        assert len(table.rows) > 1


def test_hostile_texts_arrive_word_for_word(some, verdicts, folder):
    path = folder / "hostile.docx"
    report.write_report(some, verdicts.assign(text=HOSTILE), folder, path)
    assert "{{ 7*191 }} & <b>  ]]> =1+1" in texts(docx.Document(path))


@pytest.mark.parametrize(("lang", "word"), [("sv", "Tabell"), ("en", "Table")])
def test_language_and_mark(internal, verdicts, folder, lang, word):
    path = folder / f"{lang}.docx"
    report.write_report(internal, verdicts, folder, path, lang=lang)
    found = docx.Document(path)
    assert any(p.text.startswith(word) for p in found.paragraphs if p.style.name == "Caption")
    assert found.sections[0].header.paragraphs[0].text.startswith("INTERN")
    assert found.core_properties.keywords == "INTERN"
    codes = {e.get(qn("w:val")) for e in found.styles.element.iter(qn("w:lang"))}
    assert codes == {labels.language(lang).tag}


def test_public_document_is_not_marked(document):
    assert document.core_properties.keywords == ""
    assert "INTERN" not in document.sections[0].header.paragraphs[0].text


def test_same_bytes_and_no_time_inside(some, verdicts, folder):
    first, second = (
        report.write_report(some, verdicts, folder, folder / f"{n}.docx") for n in (1, 2)
    )
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as parts:
        assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert parts.namelist()[0] == "[Content_Types].xml"


def restyled(path: Path, *, without: str = "") -> Path:
    """Write a copy of the bundled template in another font, perhaps without some place."""
    template = docx.Document(report.TEMPLATE)
    template.styles["Heading 1"].font.name = "Courier New"
    for paragraph in template.paragraphs:
        if without and without in paragraph.text:
            paragraph.clear()
    template.save(path)
    return path


def test_template_gives_the_look(some, verdicts, folder, document, tmp_path):
    template = restyled(tmp_path / "my.docx")
    path = report.write_report(some, verdicts, folder, tmp_path / "a.docx", template=template)
    found = docx.Document(path)
    assert found.styles["Heading 1"].font.name == "Courier New"
    assert texts(found) == texts(document)


def test_template_without_a_place_or_style_is_told_and_the_rest_is_there(
    some, verdicts, folder, document, tmp_path
):
    template = restyled(tmp_path / "my.docx", without="{{ intro }}")
    changed = docx.Document(template)
    changed.styles["Caption"].delete()
    changed.save(template)
    with pytest.warns(UserWarning, match=r"saknar {{ intro }}, formatmallen Caption\. ") as told:
        path = report.write_report(some, verdicts, folder, tmp_path / "a.docx", template=template)
    assert len(told) == 1
    found = docx.Document(path)
    assert "Skriv om texten fritt" in texts(document)
    assert "Skriv om texten fritt" not in texts(found)
    assert len(found.tables) == len(document.tables)


@pytest.mark.parametrize("content", [b"no Word document", None])
def test_what_is_no_template_is_refused_with_the_remedy(some, verdicts, folder, tmp_path, content):
    template = tmp_path / "my.docx"
    if content:
        template.write_bytes(content)
    with pytest.raises(OutputError, match=r"my\.docx cannot be used as a template.*Change a copy"):
        report.write_report(some, verdicts, folder, tmp_path / "a.docx", template=template)
    assert not (tmp_path / "a.docx").exists()


def test_template_with_a_broken_place_is_refused(some, verdicts, folder, tmp_path):
    template = docx.Document(report.TEMPLATE)
    template.add_paragraph("{% for %}")
    template.save(tmp_path / "my.docx")
    with pytest.raises(OutputError, match=r"my\.docx cannot be used"):
        report.write_report(
            some, verdicts, folder, tmp_path / "a.docx", template=tmp_path / "my.docx"
        )


def test_titles_of_claims_that_begin_with_a_number_stay_to_the_left(document):
    cells = [cell for table in document.tables for cell in table.columns[0].cells]
    assert any(cell.text[:1].isdigit() for cell in cells)
    assert {cell.paragraphs[0].alignment for cell in cells} == {None}


NUMBER = re.compile(r"(?<![A-Za-z])\d(?:[\d\u202f,.]*\d)?")


@pytest.mark.parametrize("lang", list(labels.LANGUAGES))
def test_every_number_of_the_prose_is_one_of_the_study(some, verdicts, folder, lang):
    story = Story(some, verdicts, lang)
    path = report.write_report(some, verdicts, folder, folder / f"prose-{lang}.docx", lang=lang)
    plan, told = some.exchanges, some.headline
    new = plan[(plan["resource"] == "heat") & (plan["status"] == "new")]
    classes = some.heat_classes.drop(index="class_nuclear")["value"]
    heat = some.register.flows
    heat = heat[(heat["resource"] == "heat") & (heat["role"] == "source") & heat["inside"]
                & (heat["additive"] == "yes") & (heat["class"] != "class_nuclear")]  # fmt: skip
    expected = {
        "new": new["delivered"].sum(), "gain": new["yearly_msek"].sum(),
        "supply": classes.sum(), "existing": told["existing_gwh"],
        "t_low": new["t_co2e_low"].sum(), "fossil": some.co2["fossil"].sum(),
        "users": told["co2_to_users_kt"], "claim_count": (verdicts["origin"] == "quoted").sum(),
        "open_count": (verdicts["origin"] == "quoted").sum(),
    }  # fmt: skip
    assert {name: story.figures[name] for name in expected} == pytest.approx(expected)
    shares = [story.figures[f"{grade}_pct"] for grade in "abc"]
    assert sum(shares) == pytest.approx(100)
    assert heat["value"].sum() == pytest.approx(expected["supply"])
    words = [labels.label(f"report:see_{kind}", lang, numbers="").strip()
             for kind in ("table", "tables", "picture", "pictures")]  # fmt: skip
    reference = re.compile(rf" \((?:{'|'.join(words)}) [^)]*\)\.$")
    cited = labels.citation(lang, region="Halland")
    allowed = {*story.words.values(), "60", "2024", "5", "95", "4.0"}
    # what arrives near is told as the map tells it
    allowed |= {amount(value, "", lang) for value in story.near}
    old = some.register.counted("co2", "source").query("carbon == 'fossil' and year == 2014")
    allowed |= {"2014", labels.number(old["value"].sum(), lang)}
    # what is advised on pilots is tried where it is made
    other = [*report.outside_words(story), *report.supported_paragraphs(story)]
    other += [story.seller_words, *story.less_since, story.replaced]  # tried below
    other += list(labels.source_titles(lang)[story.claims["source_id"].unique()])
    allowed |= set(NUMBER.findall(" ".join([*story.pilots["reasons"], story.unsure, *other])))
    for key, balance in some.balances.items():
        more = plan[(plan["resource"] == key) & (plan["status"] == "new")]
        used = some.register.counted(key, "source")["committed"].sum()
        sums = (balance["supply"].sum(), balance["demand"].sum(), more["delivered"].sum(), used)
        unit = some.matches[key].resource.unit  # a million m³, not a thousand thousands
        told_sums = " ".join(labels.quantity(value, unit, lang) for value in sums)
        case = some.business.query("resource == @key and status == 'new'")
        if len(case) == 1:  # what stands for many places tells what it is worth
            told_sums += labels.rough(*case.iloc[0][["npv_msek_low", "npv_msek_high"]], lang)
            told_sums += " " + labels.quantity(case["investment_msek"].iloc[0], "MSEK", lang)
            told_sums += " " + labels.chance(case["pays_share"].iloc[0], lang)
        few = some.unsure.query("resource == @key")
        told_sums += " ".join(["", labels.quantity(few["delivered"].sum(), unit, lang),
                               *map(labels.chance, few["pays_share"])])  # fmt: skip
        allowed |= {*NUMBER.findall(told_sums), str(len(more))}
    prose = [
        p.text for p in docx.Document(path).paragraphs
        if p.style.name == "Normal" and len(p.text.split()) > 7 and p.text != cited
    ]  # fmt: skip
    assert len(prose) > 15
    seen = 0
    for text in prose[2:]:
        told, found = reference.subn("", text)
        seen += found
        assert set(NUMBER.findall(told)) <= allowed, text
    # each section with tables or pictures leads to them from its first sentence
    assert seen > 7


def test_the_report_says_what_is_left_at_a_dearer_price_and_which_pipe_falls(some, verdicts):
    story = Story(some, verdicts, "sv")
    row = some.assumptions.table.loc["heat_seller_sek_per_mwh"]
    price = (row["value"] + row["high"]) / 2
    given = some.assumptions.replace({"heat_seller_sek_per_mwh": price})
    left = new_of(sg.match(some.register, "heat", assumptions=given).links)
    assert story.dear["left_gwh"] == labels.number(left["delivered"].sum())
    pipe = new_of(some.unsure, "heat").nlargest(1, "delivered").iloc[0]
    assert pipe["name_sink"] not in set(left.loc[left["delivered"] > 1e-6, "name_sink"])
    assert story.dear["price"] in story.seller_words
    assert f"{pipe['name_source']} \u2192 {pipe['name_sink']}" in story.seller_words
    # what it takes to build and how far its worth reaches stand beside how often it pays
    for words in (story.unsure, " ".join(story.pipe_words)):
        assert labels.coarse(pipe["investment_msek"]) in words
        assert labels.rough(pipe["npv_msek_low"], pipe["npv_msek_high"]) in words


def test_the_report_says_of_which_exchange_less_was_taken_since(some, verdicts):
    story = Story(some, verdicts, "sv")
    (said,) = story.less_since
    later = read_table("published").set_index("comparison_id").loc["exchange_halmstad"]
    today = some.register.synergies.query("to_site_id == 'dhn_halmstad' and resource == 'heat'")
    assert today["value"].iloc[0] > 2 * later["value"]
    for value in (later["value"], today["value"].iloc[0]):
        assert labels.quantity(value, "GWh/yr") in said


def test_the_report_names_the_fuels_that_new_heat_replaces(some, verdicts):
    told = Story(some, verdicts, "sv").replaced
    links = new_of(some.matches["heat"].links)
    links = links[links["delivered"] > 1e-6]
    for fuel in ("chips", "gas"):
        words = f"{labels.label(f'fuel:{fuel}', 'sv')} "
        assert words + labels.number(links[f"displaced_{fuel}"].sum(), "sv") in told


def test_tables_of_new_exchanges_say_how_often_each_pays_and_have_no_column_of_nothing(
    some, verdicts
):
    story = Story(some, verdicts, "sv")
    heads = {key: report.new_table(story, key) for key in ("heat", "co2", "materials")}
    for key, table in heads.items():
        assert labels.label("report:pays", "sv") in table["head"]
        build = labels.label("column:investment_msek", "sv")
        some_build = new_of(some.exchanges, key)["investment_msek"].gt(0).any()
        assert (build in table["head"]) == some_build, key
    told = story.precedents(new_of(story.exchanges, "materials"))
    assert "slaggfinkorn (Halmstad och Laholm)" in told
    # a case that is less than half alike proves too little
    assert "Guayama" not in told
    assert story.precedents(story.new_heat) == ""


def test_nobody_is_told_to_ring_one_company_twice_in_a_row(some, verdicts):
    for lang in labels.LANGUAGES:
        story = Story(some, verdicts, lang)
        for who, *_ in report.next_table(story)["rows"]:
            told = [part for part in who.split(". ") if part]
            assert len(told) == len(set(told)), who
            firms = [part.split(",")[0] for part in told[1:]]
            assert len(firms) == len(set(firms)), who


def test_climate_is_told_of_what_usually_pays_as_money_is(some, verdicts):
    story, rare = Story(some, verdicts, "sv"), new_of(some.unsure, "heat")
    new = new_of(some.exchanges, "heat")
    sure = new[~new["source"].isin(rare["source"]) | ~new["sink"].isin(rare["sink"])]
    words = story.say(f"story:{story.gain_words[1]}")
    for end in ("low", "high"):
        assert labels.coarse(sure[f"t_co2e_{end}"].sum()) in words


def test_the_table_of_claims_does_not_flatter_and_nothing_is_told_twice(some, verdicts, folder):
    told = verdicts.assign(
        verdict=verdicts["claim_id"].map(
            {f"heat_theoretical_{end}_ringhals": word
             for end, word in (("with", "holds"), ("without", "fails"))}
        ).fillna("open")
    )  # fmt: skip
    path = report.write_report(some, told, folder, folder / "claims.docx")
    paper = docx.Document(path)
    cells = [cell.text for table in paper.tables for cell in table.columns[-1].cells]
    assert any("utan kylvattnet" in text and text.endswith("håller inte") for text in cells)
    said = [p.text.partition(" (tabell")[0] for p in paper.paragraphs if len(p.text.split()) > 7]
    assert len(said) == len(set(said))


def test_everyone_to_call_stands_once_in_the_next_steps(some, verdicts):
    story = Story(some, verdicts, "sv")
    rows = report.next_table(story)["rows"]
    assert len(rows) == story.pilots["who"].nunique()
    assert sum(row[1].count("\u2192") for row in rows) == len(story.pilots)


def test_parts_that_are_missing_are_told_in_their_place(some, verdicts, document, folder, tmp_path):
    gone = labels.label(f"file:{report.MATERIALS_MAP}", "sv")
    assert f"Bilden \u201d{gone}\u201d gjordes inte" in texts(document)
    none = quick(some, matches={})
    path = report.write_report(none, verdicts.iloc[:0], folder, tmp_path / "a.docx", lang="en")
    text = texts(docx.Document(path))
    for key in ("story:nothing_new", "slide:no_claims", "report:empty_table"):
        assert labels.label(key, "en") in text


def test_contents_name_every_section_with_its_page_and_ask_word_to_renew_it(document):
    heads = [p for p in document.paragraphs if p.style.name == "Heading 1"]
    lines = [p for p in document.paragraphs if p.style.name == "toc 1"]
    assert [line.text.strip() for line in lines] == [head.text for head in heads]
    assert len(heads) == 11
    for head, line in zip(heads, lines, strict=True):
        name = head._p.find(qn("w:bookmarkStart")).get(qn("w:name"))
        fields = [e.text.split() for e in line._p.iter(qn("w:instrText"))]
        assert fields == [["PAGEREF", name, "\\h"]]
        assert next(line._p.iter(qn("w:fldChar"))).get(qn("w:dirty")) == "true"


def test_no_word_breaks_within_a_column_and_the_table_stays_as_broad():
    rows = [["Gödastorps biogasanläggning", "Carlsbergs bryggeri", "3,10\u00a0kt/år"]]
    widths = report.roomy_widths((1.7, 12.5, 1.8), rows)
    assert sum(widths) == pytest.approx(16)
    words = ("biogasanläggning", "Carlsbergs", "3,10\u00a0kt/år")
    for width, word in zip(widths, words, strict=True):
        assert width >= len(word) * report.LETTER_CM + report.MARGINS_CM - 1e-9
    # a name that no column could hold leaves the others their room
    assert report.roomy_widths((8, 8), [["x" * 200, "abc"]]) == pytest.approx([8, 8])


def test_a_picture_keeps_with_its_caption_and_not_with_what_follows(document):
    paragraphs = document.paragraphs
    drawn = [i for i, p in enumerate(paragraphs) if p._p.findall(f".//{qn('w:drawing')}")]
    assert drawn
    # else a chart goes on to the page of the map below it and leaves its own half empty
    assert not any(paragraphs[i + 1].paragraph_format.keep_with_next for i in drawn)


def test_how_many_pay_is_counted_of_all_that_is_new_and_what_is_left_out_is_named(some, verdicts):
    story, new = Story(some, verdicts, "sv"), some.business[some.business["status"].eq("new")]
    likely = int((new["pays_share"] >= 0.5).sum())
    assert (story.figures["likely_count"], story.figures["every_count"]) == (likely, len(new))
    said = story.say("report:pilots")
    assert said.startswith(f"{likely} av {len(new)} nya utbyten lönar sig i minst hälften")
    if not len(story.outside):
        return
    (named,) = report.outside_words(story)
    first = story.outside.iloc[0]
    assert labels.quantity(first["npv_msek"], "MSEK", "sv") in named
    for row in story.outside.head(report.MOST_OUTSIDE).to_dict("records"):
        assert row["npv_msek"] <= 0 or labels.chance(row["pays_share"], "sv") in named
    # what costs nothing tells why
    free = story.outside["own"] & story.outside["investment_msek"].eq(0)
    assert ("räknat utan ny utrustning" in named) == free.head(report.MOST_OUTSIDE).any()
    ends = set(zip(story.outside["source"], story.outside["sink"], strict=True))
    assert not ends & set(zip(some.pilots["source"], some.pilots["sink"], strict=True))


def test_tables_say_what_is_delivered(study, verdicts):
    story = Story(study, verdicts, "sv")
    table = report.new_table(story, "materials")
    assert any("kt/år pannaska" in cell for row in table["rows"] for cell in row)
    pilots = report.pilots_table(story)
    assert any("kt/år pannaska" in cell for row in pilots["rows"] for cell in row)
    assert any("GWh/år värme" in cell for row in pilots["rows"] for cell in row)


def test_what_rests_on_support_says_at_its_table_how_often_it_pays(study, verdicts):
    story = Story(study, verdicts, "sv")
    (said,) = report.supported_paragraphs(story)
    row = story.supported.iloc[0]
    assert "fullt stöd" in said
    table = report.new_table(story, "co2")
    rows, share = table["rows"], labels.chance(row["pays_share"], "sv")
    place = table["head"].index(labels.label("report:pays", "sv"))
    assert [line[place] for line in rows if "Norne" in line[1]] == [share]


def test_tables_round_as_the_advice_beside_them(some, verdicts):
    story = Story(some, verdicts, "sv")
    for row in story.pilots.to_dict("records"):
        span, gain = story.cells(pd.DataFrame([row]), ["npv_range", "yearly_msek"])[0]
        ends = re.findall(r"\d[\d\u202f,]*", span)
        assert all(end in row["reasons"] for end in [*ends, gain]), (span, row["reasons"])


def test_what_flows_today_says_how_far_it_has_moved_between_years(study, verdicts):
    story = Story(study, verdicts, "sv")
    table = report.existing_table(story)
    ranges = {row[0]: row[3] for row in table["rows"]}
    assert ranges["Höganäs Halmstad"] == labels.interval(3.344, 21.184)
    assert all(f"{grade}: " in table["title"] for grade in "ABCD")


def test_what_buyers_pay_sellers_is_said_to_be_no_gain_to_society(study, verdicts):
    story = Story(study, verdicts, "sv")
    price = study.assumptions["heat_seller_sek_per_mwh"] * study.assumptions["index_2025_to_2024"]
    paid = new_of(study.matches["heat"].links)["sent"].sum() * price / 1000
    assert f"{labels.number(paid)} Mkr" in story.say("story:transfer")
    assert "överföring" in story.say("story:transfer")
    assert labels.number(story.figures["median"]) in story.why_median


def test_a_page_is_filled_before_the_map_of_materials(some, verdicts, tmp_path):
    for name, shape in PICTURES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        image.imsave(tmp_path / f"{name}.png", np.ones((*shape, 3)))
    path = report.write_report(some, verdicts, tmp_path, tmp_path / "report.docx")
    body = docx.Document(path).element.body
    kinds = [
        "map" if part.find(f".//{qn('w:drawing')}") is not None else part.tag.split("}")[1]
        for part in body
    ]
    last = len(kinds) - kinds[::-1].index("map") - 1
    assert "tbl" in kinds[last - 3 : last]  # its tables stand before it


def test_short_tables_stand_whole_and_long_ones_leave_no_row_alone(document):
    lengths = set()
    for table in document.tables:
        kept = [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in table.rows]
        lengths.add(whole := len(kept) <= report.WHOLE_ROWS + 1)
        middle = [True] * (len(kept) - 1)
        middle[2:-2] = [whole] * (len(kept) - 5)
        assert kept[:-1] == middle
        assert not kept[-1]
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    assert lengths == {True, False}


@pytest.mark.slow
@pytest.mark.parametrize("lang", list(labels.LANGUAGES))
def test_it_opens_in_libreoffice_on_at_most_ten_pages(some, verdicts, tmp_path, lang):
    for folder in ("maps", "figures"):
        (tmp_path / folder).mkdir()
    # every picture has the shape that a run gives it
    for name, shape in PICTURES.items():
        image.imsave(tmp_path / f"{name}.png", np.ones((*shape, 3)))
    told = verdicts.assign(text=verdicts["text"] if lang == "sv" else verdicts["text_en"])
    seen = in_language(some, lang)
    path = report.write_report(seen, told, tmp_path, tmp_path / "report.docx", lang=lang)
    # maps are as broad as the text: their smallest words are read
    shapes = docx.Document(path).inline_shapes
    assert [shape.width for shape in shapes] == [report.TEXT_WIDTH] * 3
    assert 6 <= len(PdfReader(as_pdf(path, tmp_path)).pages) <= 10
