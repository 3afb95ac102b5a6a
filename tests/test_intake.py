from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from helpers import filled

from symbios_geo import cli
from symbios_geo.errors import OutputError, RegisterError
from symbios_geo.labels import label
from symbios_geo.register import check as intake
from symbios_geo.register import codes, reading, template, workbooks
from symbios_geo.register.cells import headers
from symbios_geo.register.faults import Fault
from symbios_geo.register.forms import read_form
from symbios_geo.register.ids import slug
from symbios_geo.register.load import load_register
from symbios_geo.register.locate import from_address
from symbios_geo.register.words import TABLES

LANGUAGES = ["sv", "en"]


def rules(path):
    return [(f.sheet, f.cell, f.rule) for f in intake.check_file(path)]


# --- the template ----------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_template_only_lacks_rows(tmp_path, lang):
    (fault,) = intake.check_file(intake.write_template(tmp_path / "mall.xlsx", lang))
    assert fault.rule == "no_rows"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_headers_can_be_told_apart_and_are_explained(tmp_path, lang):
    book = openpyxl.load_workbook(intake.write_template(tmp_path / "mall.xlsx", lang))
    assert book.sheetnames[0] == label("sheet:instructions", lang)
    assert all(sheet.sheet_state == "visible" for sheet in book.worksheets)
    for name, columns in template.COLUMNS.items():
        sheet = book[label(f"sheet:{name}", lang)]
        shown = [cell.value for cell in sheet[1]]
        assert shown == [headers(name, lang)[column] for column in columns]
        assert len({word.casefold() for word in shown}) == len(columns)
        assert all(len(cell.comment.text) > 20 for cell in sheet[1])


def test_no_header_means_two_columns_in_two_languages():
    for name in TABLES:
        meanings: dict[str, set[str]] = {}
        for lang in LANGUAGES:
            for column, word in headers(name, lang).items():
                meanings.setdefault(word.casefold(), set()).add(column)
        assert {word for word, columns in meanings.items() if len(columns) > 1} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_drop_downs_hold_words_that_are_read(tmp_path, lang):
    book = openpyxl.load_workbook(intake.write_template(tmp_path / "mall.xlsx", lang))
    seen = set()
    for name in ("sites", "flows"):
        sheet = book[label(f"sheet:{name}", lang)]
        for rule in sheet.data_validations.dataValidation:
            column = template.COLUMNS[name][next(iter(rule.sqref.ranges)).min_col - 1]
            title, _, place = rule.formula1.removeprefix("=").rpartition("!")
            words = [row[0].value for row in book[title.strip("'")][place.replace("$", "")]]
            assert all(words), column
            seen.add(column)
    assert seen >= {"municipality_code", "resource", "role", "unit", "confidence", "visibility"}
    assert seen >= {"company_size", "kind", "status", "carbon"}


def test_template_of_a_bad_place_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        intake.write_template(tmp_path / "file" / "mall.xlsx")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


# --- the example and its mistakes ------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_example_has_five_sites_without_fault(tmp_path, lang):
    path = intake.write_example(tmp_path / "example.xlsx", lang)
    assert intake.check_file(path) == []
    sites = read_form(path).tables["sites"]
    assert len(sites) == 5
    assert set(sites["company_size"]) == {"micro", "small", "medium"}
    assert set(sites["kind"]) == {"food", "heat_user", "sawmill", "dairy", "plastics"}


def test_both_languages_say_the_same(tmp_path):
    swedish, english = (
        read_form(intake.write_example(tmp_path / f"{lang}.xlsx", lang)).tables
        for lang in LANGUAGES
    )
    for name in ("sites", "flows"):
        plain = swedish[name].apply(lambda cells: cells.str.replace(",", "."))
        assert plain.equals(english[name].apply(lambda cells: cells.str.replace(",", ".")))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_three_planted_mistakes_are_found_with_their_cells(tmp_path, lang):
    path = intake.write_example(tmp_path / "example.xlsx", lang, mistakes=True)
    sites, flows = (label(f"sheet:{name}", lang) for name in ("sites", "flows"))
    assert rules(path) == [
        (sites, "I3", "place_swapped"),
        (flows, "G4", "no_number"),
        (flows, "H7", "order"),
    ]
    texts = [fault.text(lang) for fault in intake.check_file(path, lang)]
    assert all(("cell" in text) and (sites in text or flows in text) for text in texts)


def test_check_leaves_the_file_alone(tmp_path):
    path = intake.write_example(tmp_path / "example.xlsx", mistakes=True)
    before = path.read_bytes()
    intake.check_file(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["example.xlsx"]


# --- what people write -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1,25", 1.25), ("1.25", 1.25), (1.25, 1.25), ("1\u00a0250", 1250), ("1 250,5", 1250.5)],
)
def test_numbers_as_people_write_them(tmp_path, cell, value):
    cells = {(3, "value"): cell, (3, "low"): None, (3, "high"): None}
    path = filled(tmp_path / "x.xlsx", flows=cells)
    assert intake.check_file(path) == []
    text = read_form(path).tables["flows"].loc[3, "value"]
    assert float(text.replace(",", ".")) == value


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("1,250", "ambiguous"), ("1.250,5", "ambiguous"), ("ca 3", "no_number"),
        ("3 GWh", "no_number"), ("-3", "too_small"), ("=1+1", "formula"), (None, "no_value"),
        ("1e9", "too_large"), ("#REF!", "no_number"),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_read(tmp_path, cell, rule):
    cells = {(3, "value"): cell, (3, "low"): None, (3, "high"): None, (3, "committed"): None}
    assert [f[1:] for f in rules(filled(tmp_path / "x.xlsx", flows=cells))] == [("G3", rule)]


def test_mwh_and_tonnes_become_the_units_of_the_library(tmp_path):
    cells = {
        (3, "unit"): "MWh/\u00e5r",
        (3, "value"): "1500",
        (3, "low"): 1000,
        (3, "high"): "2000",
    }
    row = read_form(filled(tmp_path / "x.xlsx", flows=cells)).tables["flows"].loc[3]
    assert [row[c] for c in ("value", "low", "high", "unit")] == ["1.5", "1", "2", "GWh/yr"]


@pytest.mark.parametrize("cells", [("", "65"), ("65", ""), ("65", "65")])
def test_one_temperature_is_both_ends_of_a_stream(tmp_path, cells):
    ends = ("temperature_low_c", "temperature_high_c")
    path = filled(tmp_path / "x.xlsx", flows={(3, c): v for c, v in zip(ends, cells, strict=True)})
    assert rules(path) == []
    assert load_register(path, bundled=False).flows.loc[0, list(ends)].tolist() == [65, 65]


def test_source_of_heat_without_a_temperature_is_told(tmp_path):
    ends = ("temperature_low_c", "temperature_high_c")
    path = filled(tmp_path / "x.xlsx", flows={(3, c): "" for c in ends})
    assert [(cell[0], rule) for _, cell, rule in rules(path)] == [("L", "no_temperature")]


def test_wrong_unit_for_the_resource_is_refused(tmp_path):
    path = filled(tmp_path / "x.xlsx", flows={(3, "unit"): "t/\u00e5r", (3, "low"): None})
    assert ("Fl\u00f6den", "J3", "unit") in rules(path)


@pytest.mark.parametrize(
    ("cells", "lon", "lat"),
    [
        ({"lon": None, "lat": None, "northing": 6285000, "easting": 367000}, 12.833, 56.686),
        ({"lon": None, "lat": None, "northing": "6 285 000", "easting": "367 000"}, 12.833, 56.686),
        ({"lon": 367000, "lat": 6285000}, 12.833, 56.686),
        ({"lon": 6285000, "lat": 367000}, 12.833, 56.686),
        ({"lon": None, "lat": None, "northing": "56,69", "easting": "12,87"}, 12.87, 56.69),
        ({"lon": None, "lat": None, "address": "Storgatan 1, 302 43 Halmstad"}, 12.8578, 56.6745),
        ({"lon": None, "lat": None, "address": "Storgatan 1 Halmstad, Sverige"}, 12.8578, 56.6745),
    ],
)
def test_ways_to_say_where(tmp_path, cells, lon, lat):
    path = filled(tmp_path / "x.xlsx", sites={(3, c): v for c, v in cells.items()})
    assert intake.check_file(path) == []
    row = read_form(path).tables["sites"].loc[3]
    found = [float(row[c].replace(",", ".")) for c in ("lon", "lat")]
    assert found == pytest.approx([lon, lat], abs=0.01)


@pytest.mark.parametrize(
    ("cells", "cell", "rule"),
    [
        ({"lon": "56,69", "lat": "12,87"}, "I3", "place_swapped"),
        ({"lon": None}, "I3", "place_half"),
        ({"lon": None, "lat": None}, "I3", "place_missing"),
        ({"lon": None, "lat": None, "northing": 367000, "easting": 6285000}, "K3",
         "place_swapped_grid"),
        ({"lon": None, "lat": None, "northing": 6285000, "easting": 150000}, "K3", "place_no_grid"),
        ({"lon": None, "lat": None, "northing": 6580000, "easting": 674000}, "L3", "place_outside"),
        ({"lon": None, "lat": None, "address": "Storgatan 1, Stockholm"}, "H3", "address_unknown"),
        ({"lon": "tolv"}, "I3", "no_number"),
        ({"municipality_code": "Kungsbacka"}, "G3", "place_municipality"),
        ({"municipality_code": "Atlantis"}, "G3", "unknown_municipality"),
        ({"municipality_code": "Stockholm"}, "G3", "place_municipality"),
    ],
)  # fmt: skip
def test_places_that_cannot_be_are_told_once(tmp_path, cells, cell, rule):
    path = filled(tmp_path / "x.xlsx", sites={(3, c): v for c, v in cells.items()})
    assert [f[1:] for f in rules(path)] == [(cell, rule)]


def test_municipality_is_taken_from_the_place(tmp_path):
    path = filled(tmp_path / "x.xlsx", sites={(3, "municipality_code"): None})
    assert intake.check_file(path) == []
    assert read_form(path).tables["sites"].loc[3, "municipality_code"] == "1380"


@pytest.mark.parametrize("word", ["halmstad", "Halmstads kommun", "1380", 1380])
def test_municipality_by_name_or_code(tmp_path, word):
    path = filled(tmp_path / "x.xlsx", sites={(3, "municipality_code"): word})
    assert intake.check_file(path) == []


@pytest.mark.parametrize(
    ("column", "cell", "rule"),
    [
        ("sector_sni", "04", "unknown_sni"),
        ("sector_sni", "10.99", "unknown_sni"),
        ("sector_sni", "dairy", "unknown_sni"),
        ("organisation_number", "556036-0794", "bad_organisation_number"),
        ("organisation_number", "12345", "bad_organisation_number"),
        ("organisation_number", "811228-9874", "personal_number"),
        ("organisation_number", "19811228-9874", "personal_number"),
        ("company_size", "gigantic", "unknown_word"),
        ("visibility", "hidden", "unknown_word"),
    ],
)
def test_codes_are_checked(tmp_path, column, cell, rule):
    path = filled(tmp_path / "x.xlsx", sites={(3, column): cell})
    assert [f[2] for f in rules(path)] == [rule]


@pytest.mark.parametrize("cell", ["99 01 01", "02 05", "020501234", "x"])
def test_waste_codes_are_checked(tmp_path, cell):
    path = filled(tmp_path / "x.xlsx", flows={(3, "ewc_code"): cell})
    assert [f[2] for f in rules(path)] == ["unknown_ewc"]


def test_codes_in_one_way_of_writing():
    assert [codes.sni_code(t) for t in ("1.13", "10,51", "10511", "10.51", "10")] == [
        "01.13", "10.51", "10.511", "10.51", "10",
    ]  # fmt: skip
    assert [codes.ewc_code(t) for t in ("020501", "02 05 01*", "02.05.01")] == ["02 05 01"] * 3
    assert codes.organisation_number("165560360793") == "556036-0793"
    assert codes.is_sni_code("35.300")
    assert codes.is_ewc_code("19 06 06")


def test_shipped_codes_are_those_of_the_classification():
    from stdnum.eu import nace

    from symbios_geo.tables import read_table

    for code in read_table("sni_codes")["sni_code"]:
        assert nace.is_valid(code.replace(".", ""), revision="2.0"), code
    wastes = read_table("ewc_codes")
    chapters = set(wastes.loc[wastes["level"] == "chapter", "ewc_code"])
    assert chapters == {f"{n:02d}" for n in range(1, 21)}
    assert all(codes.is_ewc_code(c) for c in wastes["ewc_code"][wastes["level"] == "waste"])
    assert set(wastes["ewc_code"].str[:2]) == chapters
    groups = set(wastes.loc[wastes["level"] == "group", "ewc_code"])
    assert len(groups) == 111  # as many as the decision lists
    assert set(wastes.loc[wastes["level"] == "waste", "ewc_code"].str[:5]) <= groups


def test_unknown_column_gets_a_suggestion(tmp_path):
    path = intake.write_example(tmp_path / "x.xlsx", "en")
    book = openpyxl.load_workbook(path)
    book["Flows"]["G1"] = "Valeu"
    book.save(path)
    found = {f.rule: f for f in intake.check_file(path)}
    assert found["unknown_column"].cell == "G1"
    assert "value" in found["unknown_column"].expected
    assert found["missing_column"].sheet == "Flows"


def test_column_twice_in_two_languages_is_told(tmp_path):
    path = intake.write_example(tmp_path / "x.xlsx", "en")
    book = openpyxl.load_workbook(path)
    book["Flows"]["AZ1"] = "V\u00e4rde"
    book.save(path)
    assert [f.rule for f in intake.check_file(path)] == ["repeated_column"]


def test_text_outside_the_columns_is_told(tmp_path):
    path = intake.write_example(tmp_path / "x.xlsx", "en")
    book = openpyxl.load_workbook(path)
    book["Flows"]["AZ4"] = "a remark"
    book.save(path)
    assert rules(path) == [("Flows", "AZ1", "nameless_column")]


def test_columns_may_stand_in_any_order_with_blank_rows_between(tmp_path):
    path = intake.write_example(tmp_path / "x.xlsx", "sv")
    book = openpyxl.load_workbook(path)
    sheet = book["Fl\u00f6den"]
    sheet.move_range(f"A1:A{sheet.max_row}", cols=40)
    sheet.insert_rows(4, amount=3)
    book.save(path)
    assert intake.check_file(path) == []
    assert list(read_form(path).tables["flows"].index) == [3, 7, 8, 9, 10, 11]


def test_site_of_a_flow_by_name_or_id(tmp_path):
    flows = read_form(intake.write_example(tmp_path / "x.xlsx")).tables["flows"]
    assert flows.loc[3, "site_id"] == "bageri_norra"
    assert flows.loc[3, "flow_id"] == "bageri_norra-heat-ugnsluft"
    path = filled(tmp_path / "y.xlsx", flows={(3, "site_id"): "nobody"})
    assert [f[2] for f in rules(path)] == ["unknown_site"]
    # an id that would be made of it is not asked for beside
    path = filled(tmp_path / "z.xlsx", flows={(3, "site_id"): None})
    assert [f[1:] for f in rules(path)] == [("A3", "empty")]


def test_slug_is_a_plain_id():
    assert slug("S\u00e5g & Hyvel i \u00d6str\u00f6m AB") == "sag_hyvel_i_ostrom_ab"
    assert slug("\u6f22\u5b57") == ""


# --- files that are no registers -------------------------------------------------------------


def test_file_that_cannot_be_read_is_one_fault_in_both_languages(tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK")
    (fault,) = intake.check_file(path)
    assert isinstance(fault, Fault)
    assert "ingen l\u00e4sbar Excel-arbetsbok" in fault.text("sv")
    assert "not a readable Excel workbook" in fault.text("en")
    assert [f.rule for f in intake.check_file(tmp_path / "none.xlsx")] == ["file_not_found"]


# --- the marked copy -------------------------------------------------------------------------


def test_marked_copy_colours_and_comments_the_faulty_cells(tmp_path):
    path = intake.write_example(tmp_path / "x.xlsx", "sv", mistakes=True)
    before = path.read_bytes()
    out = intake.write_marked_copy(path, intake.check_file(path), tmp_path / "marked.xlsx")
    assert path.read_bytes() == before
    book = openpyxl.load_workbook(out)
    for sheet, cell in (("Platser", "I3"), ("Fl\u00f6den", "G4"), ("Fl\u00f6den", "H7")):
        target = book[sheet][cell]
        assert target.fill.fgColor.rgb.endswith(intake.FAULTY)
        assert target.comment.text.startswith("Fel: ")
    assert book["Platser"]["J4"].comment is None
    assert len(book["Platser"].data_validations.dataValidation) > 3
    assert len(intake.check_file(out)) == 3


def test_marked_copy_of_a_folder(tmp_path):
    header = "site_id,name,kind,municipality_code,lon,lat,source_id"
    row = "=1+1,-x,food,1380,12.87,56.69,company_statement"
    (tmp_path / "sites.csv").write_text(f"{header}\n{row}\n")
    (tmp_path / "flows.csv").write_text("flow_id,site_id,resource,role,value,unit\n")
    faults = intake.check_file(tmp_path)
    book = openpyxl.load_workbook(
        intake.write_marked_copy(tmp_path, faults, tmp_path / "marked.xlsx", lang="en")
    )
    cell = book["sites"]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert "cannot be an id" in cell.comment.text
    # faults without a cell stand on a sheet of their own
    assert "stream: the column is missing" in str(book["symbios-geo"]["A1"].value) + str(
        book["symbios-geo"]["A2"].value
    )


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    path = filled(tmp_path / "x.xlsx", sites={(3, "name"): "=HYPERLINK(1)", (3, "lon"): "abc"})
    out = intake.write_marked_copy(path, intake.check_file(path), tmp_path / "marked.xlsx")
    with zipfile.ZipFile(out) as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml")
    assert b"<f>" not in sheet
    assert openpyxl.load_workbook(out)["Platser"]["A3"].value == "=HYPERLINK(1)"


def test_marked_copy_never_replaces_the_original(tmp_path):
    path = intake.write_example(tmp_path / "x.xlsx", mistakes=True)
    with pytest.raises(RegisterError, match="another name"):
        intake.write_marked_copy(path, intake.check_file(path), path)


def test_merged_ranges_that_would_fill_memory_are_refused(tmp_path):
    path = intake.write_example(tmp_path / "x.xlsx")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet2.xml"
    merge = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    parts[sheet] = parts[sheet].replace(b"</sheetData>", b"</sheetData>" + merge)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(RegisterError, match="more than"):
        intake.write_marked_copy(path, [], tmp_path / "marked.xlsx")
    assert not Path(tmp_path / "marked.xlsx").exists()


# --- memory and time -------------------------------------------------------------------------


def long_text_in_every_cell(path: Path, letters: int) -> Path:
    """Write a workbook of a few kilobytes whose cells all name one long text."""
    with xlsxwriter.Workbook(path) as book:
        for title in ("Platser", "Flöden"):
            sheet = book.add_worksheet(title)
            for row in range(3000):
                sheet.write_row(row, 0, ["x" * 40] * 6)
    parts = {}
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = "xl/sharedStrings.xml"
    parts[name] = parts[name].replace(b"x" * 40, b"x" * letters)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part, data in parts.items():
            new.writestr(part, data)
    return path


def test_a_text_named_by_every_cell_does_not_fill_memory(tmp_path):
    import tracemalloc

    book = long_text_in_every_cell(tmp_path / "b.xlsx", 100_000)
    tracemalloc.start()
    (fault,) = intake.check_file(book)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert fault.rule == "file_letters"
    assert peak < 100e6  # all cells together name 3,600 million letters


@pytest.mark.parametrize("stored", ["GENERATED ALWAYS AS (hex(zeroblob(30000000))) VIRTUAL", ""])
def test_a_package_with_computed_cells_is_refused_unread(tmp_path, stored):
    package = tmp_path / "p.gpkg"
    with closing(sqlite3.connect(package)) as base, base:
        base.execute(f"CREATE TABLE sites (site_id TEXT, note TEXT {stored})")
        base.execute("CREATE TABLE flows (flow_id TEXT)")
        base.execute("INSERT INTO sites (site_id) VALUES ('a')")
        assert reading.is_stored(base, "sites") == (not stored)
    (fault,) = intake.check_file(package)
    assert fault.rule == "file_not_geopackage"


@pytest.mark.parametrize("address", ["," * 1999 + "x", ". " * 900 + "Sverige", " ,." * 600])
def test_a_hostile_address_takes_no_time(address):
    steps = 0

    def count(*_):
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        assert [f.rule for f in from_address(2, {"address": address}, {})] == ["address_unknown"]
    finally:
        sys.setprofile(None)
    assert steps < 20_000


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_utf_8_is_said(tmp_path):
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/m\xf6te.xlsx"))
    shutil.copy(intake.write_example(tmp_path / "b.xlsx"), odd)
    for path in (odd, tmp_path):
        assert "file_name" in [f.rule for f in intake.check_file(path)]


def test_memory_that_ends_is_told_as_such(tmp_path, monkeypatch, capsys):
    def end(*_, **__):
        raise MemoryError

    book = intake.write_example(tmp_path / "b.xlsx")
    monkeypatch.setattr(workbooks, "_grid", end)
    assert cli.main(["check", str(book)]) == 2
    assert "Minnet räcker inte" in capsys.readouterr().err
