"""What a cell shows is what is read: from workbooks, ODS, CSV and GeoPackage alike."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import zipfile
from xml.etree import ElementTree

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from helpers import filled
from hypothesis import given
from hypothesis import strategies as st
from mutations import write_ods, write_package, write_sheets
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from symbios_geo.register import check as intake
from symbios_geo.register import template
from symbios_geo.register.forms import read_form
from symbios_geo.register.load import load_register
from symbios_geo.register.workbooks import Look, format_look, misleads, number_shown


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return intake.write_example(tmp_path_factory.mktemp("cells") / "mall.xlsx", "sv")


def changed(example, path, change):
    """Copy the example and change the sheets of sites and flows."""
    shutil.copy(example, path)
    book = openpyxl.load_workbook(path)
    change(book["Platser"], book["Fl\u00f6den"])
    book.save(path)
    return path


def cell(sheet, table, column, row=3):
    return sheet.cell(row, template.COLUMNS[table].index(column) + 1)


def written(example, path, column, value, code="General", table="flows"):
    """Copy the example with one cell of another value and number format."""

    def change(sites, flows):
        target = cell(sites if table == "sites" else flows, table, column)
        target.value, target.number_format = value, code
        for other in ("low", "high") if column == "value" else ():
            cell(flows, "flows", other).value = None

    return changed(example, path, change)


def told(path):
    return [(f.cell, f.rule) for f in intake.check_file(path)]


def noted(path):
    return [(f.row, f.rule) for f in intake.notices_of(path)]


# --- single cells ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value", "code", "rule"),
    [
        ("value", "12.500", "General", "ambiguous"),
        ("value", "12,500", "General", "ambiguous"),
        ("value", "1.234,5", "General", "ambiguous"),
        ("value", "1,234.5", "General", "ambiguous"),
        ("value", "1.234.567", "General", "ambiguous"),
        ("value", 4100, "#,##0.0,", "look"),
        ("value", 4.1, ";;;", "look"),
        ("value", 4.1, '0.0" MWh"', "no_number"),
        ("value", 0.12, "0%", "percent"),
        ("value", "12 %", "General", "percent"),
        ("value", dt.datetime(2024, 3, 12), "d/m", "date_cell"),
    ],
)  # fmt: skip
def test_cells_that_show_another_number_are_refused_with_the_cell(
    example, tmp_path, column, value, code, rule
):
    assert told(written(example, tmp_path / "x.xlsx", column, value, code)) == [("G3", rule)]


TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(
    ("table", "column", "first"),
    [("flows", "value", "4,1"), ("sites", "sector_sni", "16.10")],
)
def test_raised_figure_of_a_footnote_is_no_part_of_the_number(
    example, tmp_path, shared, table, column, first
):
    book = written(example, tmp_path / "x.xlsx", column, f"{first}1", table=table)
    assert told(book) == []
    place = f"{get_column_letter(template.COLUMNS[table].index(column) + 1)}3"
    parts = f"<r><t>{first}</t></r><r><rPr><vertAlign val='superscript'/></rPr><t>1</t></r>"
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPES}"/></Types>'
    plain = f't="inlineStr"><is><t>{first}1</t></is>'
    changes = [(plain, f't="inlineStr"><is>{parts}</is>')]
    if shared:
        changes = [(plain, 't="s"><v>0</v>'), ("</Types>", override)]
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(tmp_path / "y.xlsx", "w") as new:
        for name in old.namelist():
            part = old.read(name).decode()
            for before, after in changes:
                part = part.replace(before, after)
            new.writestr(name, part)
        if shared:
            new.writestr("xl/sharedStrings.xml", f'<sst xmlns="{space}"><si>{parts}</si></sst>')
    assert told(tmp_path / "y.xlsx") == [(place, "noted")]


def test_raised_figure_of_an_ods_is_no_part_of_the_number(example, tmp_path):
    plain = write_ods(written(example, tmp_path / "x.xlsx", "value", "4,11x"), tmp_path / "x.ods")
    style = """<style:style style:name="T1"><style:text-properties
        style:text-position="super 58%"/></style:style>"""
    space = "urn:oasis:names:tc:opendocument:xmlns:style:1.0"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(tmp_path / "y.ods", "w") as new:
        for name in old.namelist():
            part = old.read(name).decode()
            part = part.replace("4,11x", '4,1<text:span text:style-name="T1">1</text:span>')
            part = part.replace("<office:body>", f"<o:s xmlns:o='o'>{style}</o:s><office:body>")
            part = part.replace(" xmlns:office", f' xmlns:style="{space}" xmlns:office', 1)
            new.writestr(name, part)
    assert [f.rule for f in intake.check_file(tmp_path / "y.ods")] == ["noted"]


@pytest.mark.parametrize(
    ("column", "value", "code", "read"),
    [
        ("value", 12.345, "General", 12.345),
        ("value", 1234.5, "# ##0.0", 1234.5),
        ("value", 4.1, "_-* #,##0.00_-;-* #,##0.00_-", 4.1),
        ("value", 0.1 + 0.2, "0.0", 0.3),
        ("concentration_vol_pct", 0.12, "0%", 12),
        ("concentration_vol_pct", "12 %", "General", 12),
        ("year", dt.datetime(2023, 1, 1), "yyyy-mm-dd", 2023),
    ],
)
def test_cells_are_read_as_they_show(example, tmp_path, column, value, code, read):
    path = written(example, tmp_path / "x.xlsx", column, value, code)
    assert told(path) == []
    assert load_register(path, bundled=False).flows.loc[0, column] == read


def test_codes_get_their_zero_back_or_are_told_when_they_may_be_two(example, tmp_path):
    path = written(example, tmp_path / "a.xlsx", "sector_sni", 161, table="sites")
    assert [rule for _, rule in told(path)] == ["two_codes"]
    path = written(example, tmp_path / "b.xlsx", "sector_sni", 1051, table="sites")
    assert told(path) == []
    path = written(example, tmp_path / "c.xlsx", "ewc_code", 20501)
    assert noted(path) == [(3, "read_zero")]
    assert load_register(path, bundled=False).flows["ewc_code"][0] == "02 05 01"
    path = written(example, tmp_path / "d.xlsx", "municipality_code", 767, "0000", "sites")
    assert read_form(path).tables["sites"].loc[3, "municipality_code"] == "0767"


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_usual_formats_show_the_value(value, decimals):
    for code in (
        "General",
        "0",
        f"#,##0.{'0' * decimals}",
        f"0.{'0' * decimals};[Red]-0",
        "0.0E+00",
    ):
        text, _ = number_shown(value, format_look(code))
        assert float(text) == pytest.approx(value, rel=1e-12)


def test_formats_that_mislead_are_known():
    assert format_look("0.00%") == Look(percent=True)
    assert format_look("#,##0,,").misleads
    assert format_look('0.0,"t"').misleads
    assert format_look("00000").zeros == 5
    assert not format_look("#,##0").misleads
    assert not format_look("#,##0.0").misleads
    assert misleads(4100, "4,1")
    assert not misleads(4100, "4 100")
    assert not misleads(4.1, "4")
    assert not misleads(0.04, "0")


# --- rows ------------------------------------------------------------------------------------


def test_rows_around_the_table_are_left_out_and_told(example, tmp_path):
    def change(sites, flows):
        flows["B3"] = None
        flows.insert_rows(2)
        flows["A2"], cell(flows, "flows", "value", 2).value = "", "GWh/\u00e5r"
        cell(flows, "flows", "temperature_low_c", 2).value = "\u00b0C"
        flows["A12"], flows["G12"] = "Summa", 15.3
        flows["A13"] = "K\u00e4lla: enk\u00e4t 2024"
        sites.insert_rows(1, amount=2)
        sites["A1"] = "Sammanst\u00e4llning restv\u00e4rme 2024"

    path = changed(example, tmp_path / "x.xlsx", change)
    assert told(path) == []
    assert noted(path) == [
        (1, "read_title"), (2, "read_units"), (12, "read_sum"), (13, "read_note"),
    ]  # fmt: skip
    pd.testing.assert_frame_equal(
        load_register(path, bundled=False).flows, load_register(example, bundled=False).flows
    )
    # a fault below a moved header has its own cell
    broken = changed(path, tmp_path / "y.xlsx", lambda sites, _: sites.cell(5, 9, "tolv"))
    assert told(broken) == [("I5", "no_number")]


def test_row_with_data_above_the_header_is_a_fault(example, tmp_path):
    def change(sites, _):
        sites.move_range("A1:T1", rows=3)

    assert "row_above" in [rule for _, rule in told(changed(example, tmp_path / "x.xlsx", change))]


def test_merged_names_count_for_each_row_and_merged_amounts_are_refused(example, tmp_path):
    def change(_, flows):
        flows["A4"], flows["A5"] = "V\u00e4xthus S\u00f6der", None
        flows.merge_cells("A4:A5")

    path = changed(example, tmp_path / "x.xlsx", change)
    assert told(path) == []
    assert noted(path) == [(4, "read_merged")]
    flows = load_register(path, bundled=False).flows
    assert flows["site_id"].tolist()[1:3] == ["vaxthus_soder"] * 2
    path = changed(path, tmp_path / "y.xlsx", lambda _, flows: flows.merge_cells("G4:G5"))
    assert ("G4", "merged") in told(path)


def test_hidden_rows_are_read_and_told(example, tmp_path):
    def change(_, flows):
        for row in (4, 5, 7):
            flows.row_dimensions[row].hidden = True

    path = changed(example, tmp_path / "x.xlsx", change)
    assert len(load_register(path, bundled=False).flows) == 6
    (notice,) = intake.notices_of(path)
    assert "4\u20135, 7" in notice.text("sv")


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_what_a_sheet_hides_or_hangs_on_a_cell_is_told(example, tmp_path, kind):
    def change(sites, flows):
        sites.sheet_state = "hidden"
        flows.column_dimensions["G"].hidden = True
        cell(flows, "flows", "value").comment = Comment("in MWh, <I> think", "A. Person")
        cell(flows, "flows", "low").comment = Comment("Fault: of a marked copy", "symbios-geo")

    path = changed(example, tmp_path / "x.xlsx", change)
    if kind == "ods":
        path = tmp_path / "x.ods"
        path.write_bytes(with_looks(write_ods(example, tmp_path / "y.ods")))
    assert len(load_register(path, bundled=False).flows) == 6
    found = {n.rule: n.text("sv") for n in intake.notices_of(path)}
    assert set(found) == {"read_comment", "read_hidden_columns", "read_hidden_sheet"}
    assert "V\u00e4rde" in found["read_hidden_columns"]
    assert "in MWh, <I> think" in found["read_comment"]


def with_looks(ods):
    """Return the bytes of an ODS with its first sheet and a column hidden, and one note."""
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    style = "urn:oasis:names:tc:opendocument:xmlns:style:1.0"
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    with zipfile.ZipFile(ods) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    root = ElementTree.fromstring(parts["content.xml"])
    looks = ElementTree.SubElement(root, f"{{{style}}}style", {f"{{{style}}}name": "shut"})
    ElementTree.SubElement(looks, f"{{{style}}}table-properties", {f"{{{table}}}display": "false"})
    root.remove(looks)
    root.insert(0, looks)
    sheets = {item.get(f"{{{table}}}name"): item for item in root.iter(f"{{{table}}}table")}
    sheets["Platser"].set(f"{{{table}}}style-name", "shut")
    flows = sheets["Fl\u00f6den"]
    for times, look in (("6", "visible"), ("1", "collapse")):
        column = ElementTree.Element(f"{{{table}}}table-column")
        column.set(f"{{{table}}}number-columns-repeated", times)
        column.set(f"{{{table}}}visibility", look)
        flows.insert(int(times == "1"), column)
    row = flows.findall(f"{{{table}}}table-row")[2]
    note = ElementTree.SubElement(row[6], f"{{{office}}}annotation")
    ElementTree.SubElement(note, f"{{{text}}}p").text = "in MWh, <I> think"
    parts["content.xml"] = ElementTree.tostring(root)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, part in parts.items():
            new.writestr(name, part)
    return out.getvalue()


def test_a_number_struck_out_as_a_whole_is_refused(example, tmp_path):
    def change(_, flows):
        cell(flows, "flows", "value").font = Font(strike=True)

    assert told(changed(example, tmp_path / "x.xlsx", change)) == [("G3", "noted")]


@pytest.mark.parametrize(("table", "place"), [("sites", "A8"), ("flows", "A9")])
def test_a_row_pasted_twice_is_refused_unless_it_has_an_id(example, tmp_path, table, place):
    key = {"sites": "site_id", "flows": "flow_id"}[table]

    def paste(named):
        def change(*sheets):
            sheet = sheets[table == "flows"]
            row = int(place[1:])
            for target, copied in zip(sheet[row], sheet[3], strict=False):
                target.value = copied.value
            if named:
                cell(sheet, table, key, row).value = "second"

        return change

    assert told(changed(example, tmp_path / "x.xlsx", paste(named=False))) == [(place, "copied")]
    path = changed(example, tmp_path / "y.xlsx", paste(named=True))
    assert told(path) == []
    pairs = intake.check_duplicates(path)
    assert "second" in pairs.loc[pairs["table"] == table, ["site", "other"]].to_numpy()
    assert "second" in " ".join(intake.duplicate_lines(pairs, "en"))


# --- other files -----------------------------------------------------------------------------

WAYS = [
    {"separator": ";", "decimal": ",", "encoding": "utf-8-sig"},
    {"separator": ";", "decimal": ",", "encoding": "cp1252"},
    {"separator": ";", "decimal": ",", "encoding": "utf-8", "sep": True},
    {"separator": ",", "decimal": ",", "encoding": "utf-8"},
    {"separator": ",", "decimal": ".", "encoding": "utf-8-sig", "lang": "en"},
    {"separator": "\t", "decimal": ",", "encoding": "utf-16"},
    {"separator": ";", "decimal": ",", "encoding": "utf-8", "name": "Bok1.xlsx - {sheet}.csv"},
    {"separator": ";", "decimal": ",", "encoding": "utf-8", "name": "mall_{sheet} (1).csv"},
]


def same_register(first, second):
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, other, check_dtype=False, check_like=True)


def frames_of(path):
    own = load_register(path, bundled=False)
    sites = pd.DataFrame(own.sites.drop(columns=["geometry", "address"])).round(5)
    return sites, own.flows


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_sheets_saved_as_csv_give_the_same_register(example, tmp_path, way):
    book = example
    if way.get("lang") == "en":
        book = intake.write_example(tmp_path / "english.xlsx", "en")
    folder = write_sheets(book, tmp_path / "csv", **{k: v for k, v in way.items() if k != "lang"})
    assert intake.check_file(folder) == []
    same_register(frames_of(folder), frames_of(example))
    told = {notice.rule for notice in intake.notices_of(folder)}
    assert told == ({"read_encoding"} if way["encoding"] == "cp1252" else set())


def test_ods_gives_the_same_register(example, tmp_path):
    path = write_ods(example, tmp_path / "mall.ods")
    assert intake.check_file(path) == []
    same_register(frames_of(path), frames_of(example))


def test_layers_of_any_case_and_language_give_the_same_register(example, tmp_path):
    path = write_package(example, tmp_path / "x.gpkg", {"sites": "PLATSER", "flows": "Fl\u00f6den"})
    assert intake.check_file(path) == []
    same_register(frames_of(path), frames_of(example))


def test_written_coordinates_count_where_a_layer_has_no_point(example, tmp_path):
    path = write_package(example, tmp_path / "x.gpkg")
    layer = gpd.read_file(path, layer="sites")
    layer.loc[0, "geometry"] = None
    layer.loc[1, "geometry"] = layer.geometry[1].buffer(0.001)
    layer.loc[2, "geometry"] = gpd.points_from_xy([13.08], [56.95])[0]
    layer.to_file(path, layer="sites")
    assert intake.check_file(path) == []
    assert [row for row, rule in noted(path) if rule == "read_point"] == [4]
    layer.loc[1, "geometry"] = layer.geometry[1].boundary
    layer.to_file(path, layer="sites")
    assert [f.rule for f in intake.check_file(path)] == ["place_no_point"]


def test_decimals_that_a_file_proves_are_read_and_others_refused(example, tmp_path):
    folder = write_sheets(example, tmp_path / "csv", separator=";", decimal=",", encoding="utf-8")
    file = next(folder.glob("*Fl*"))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(";4,1;", ";4,125;"), encoding="utf-8")
    assert load_register(folder, bundled=False).flows["value"][4] == 4.125
    file.write_text(text.replace(";4,1;", ";4.125;"), encoding="utf-8")
    assert [f.rule for f in intake.check_file(folder)] == ["ambiguous"]


def test_strict_workbook_is_read_as_any(example, tmp_path):
    from symbios_geo.register.workbooks import STRICT

    path = tmp_path / "strict.xlsx"
    with zipfile.ZipFile(example) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            for strict, usual in STRICT:
                part = part.replace(usual, strict)
            new.writestr(name, part)
    same_register(frames_of(path), frames_of(example))


def test_refusals_name_what_was_found_and_a_step(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Anl\u00e4ggningar"
    book.save(tmp_path / "x.xlsx")
    (fault,) = intake.check_file(tmp_path / "x.xlsx")
    assert "Anl\u00e4ggningar" in fault.text("sv")
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    for name, data, word in (
        ("old.xls", ole, ".xlsx"),
        ("old.xlsx", ole, ".xlsx"),
        ("locked.xlsx", ole + "EncryptedPackage".encode("utf-16-le"), "l\u00f6senord"),
    ):
        (tmp_path / name).write_bytes(data)
        (fault,) = intake.check_file(tmp_path / name)
        assert word in fault.text("sv")


def test_decimal_cell_of_a_template_is_still_text(tmp_path):
    path = filled(
        tmp_path / "x.xlsx", flows={(3, "value"): "1,25", (3, "low"): None, (3, "high"): None}
    )
    assert load_register(path, bundled=False).flows["value"][0] == 1.25
