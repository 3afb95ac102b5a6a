from __future__ import annotations

import time
import tracemalloc
import zipfile

import openpyxl
import pandas as pd
import pytest
from helpers import read_register_tables

from symbios_geo.errors import RegisterError
from symbios_geo.register import cells, workbooks
from symbios_geo.register import check as intake
from symbios_geo.register.faults import FileFaultError

SITES = "site_id,name,kind\nmill,The mill,pulp_mill\n"
FLOWS = "flow_id,site_id\nmill-heat,mill\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sites.csv").write_text(SITES, encoding="utf-8")
    (tmp_path / "flows.csv").write_text(FLOWS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def book(tmp_path):
    return intake.write_example(tmp_path / "book.xlsx", "en")


def test_folder_is_read_as_text_with_the_lines_as_index(folder):
    (folder / "sites.csv").write_text(SITES + "\n ,,\nglass, Glass ,glass\n", encoding="utf-8")
    read = read_register_tables(folder)
    assert list(read) == ["sites", "flows"]
    assert read["sites"]["name"].to_dict() == {2: "The mill", 5: "Glass"}


def test_quoted_line_breaks_do_not_shift_the_row_that_is_named(folder):
    (folder / "sites.csv").write_text('site_id,name\na,"two\nlines"\nb,one\n', encoding="utf-8")
    assert list(read_register_tables(folder)["sites"].index) == [2, 4]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_separators_and_byte_order_mark(folder, separator, encoding):
    text = SITES.replace(",", separator)
    (folder / "sites.csv").write_text(text, encoding=encoding, newline="\r\n")
    assert read_register_tables(folder)["sites"].loc[2, "kind"] == "pulp_mill"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (SITES.encode("utf-16")[:-1], "not UTF-8"),
        (b"site_id,name\na,\x81\n", "not UTF-8 text .byte 15"),
        ("site_id,name\na,\u00e5\n".encode() + b"b,\xe5\n", "not UTF-8 text .byte 20"),
        (b"site_id,name\na,\x00\n", "not a text file"),
        (b'site_id,name\na,"open\n', "cut off"),
        (b"site_id,name\na\nb,c\n", "line 2 has another number of fields than the 2"),
        (b"site_id,name,name\na,b,c\n", "names name more than once"),
        (b",,\na,b,c\n", "no header row"),
        (b"site_id," + b"x," * 300 + b"\n", "more than 200 columns"),
    ],
    ids=str,
)
def test_what_is_no_table_is_refused_with_the_reason(folder, content, says):
    (folder / "sites.csv").write_bytes(content)
    with pytest.raises(RegisterError, match=says):
        read_register_tables(folder)


def test_every_faulty_file_is_named_at_once(folder):
    (folder / "sites.csv").write_bytes(b"")
    (folder / "flows.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(FileFaultError) as caught:
        read_register_tables(folder)
    assert [fault.table for fault in caught.value.faults] == ["sites.csv", "flows.csv"]
    assert "\u00e4r tom" in caught.value.faults[0].text("sv")


def test_missing_things_are_named(tmp_path):
    with pytest.raises(RegisterError, match="does not exist"):
        read_register_tables(tmp_path / "nothing")
    with pytest.raises(RegisterError, match=r"lacks sites.csv, flows.csv"):
        read_register_tables(tmp_path)
    (tmp_path / "other.csv").write_text("a\n1\n")
    with pytest.raises(RegisterError, match=r"name the file sites.csv"):
        read_register_tables(tmp_path / "other.csv")
    (tmp_path / "register.pdf").write_bytes(b"%PDF-1.4")
    with pytest.raises(RegisterError, match="is not a register"):
        read_register_tables(tmp_path / "register.pdf")


@pytest.mark.parametrize("suffix", [".xlsx", ".gpkg"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"%PDF-1.4", b"SQLite format 3\x00" * 9])
def test_foreign_and_truncated_binaries(tmp_path, suffix, content):
    path = tmp_path / f"file{suffix}"
    path.write_bytes(content)
    with pytest.raises(RegisterError, match=r"is empty|not a readable"):
        read_register_tables(path)


def test_too_many_rows_and_bytes(folder, monkeypatch):
    monkeypatch.setattr(cells, "MAX_ROWS", 3)
    (folder / "sites.csv").write_text(SITES + "a,b,c\n" * 3, encoding="utf-8")
    with pytest.raises(RegisterError, match="more than 3 rows"):
        read_register_tables(folder)
    monkeypatch.setattr(workbooks, "MAX_BYTES", 20)
    with pytest.raises(RegisterError, match="holds 0 MB"):
        read_register_tables(folder)


def test_zip_bomb_is_refused_without_being_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", bytes(200_000_000))
    tracemalloc.start()
    with pytest.raises(RegisterError, match="unpacks to 200 MB"):
        read_register_tables(path)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_zip_that_lies_about_its_size_is_refused(book):
    data = bytearray(book.read_bytes())
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = (10).to_bytes(4, "little")
    book.write_bytes(data)
    with pytest.raises(RegisterError, match="not a readable"):
        read_register_tables(book)


def sheet_replaced(book, change):
    """Rewrite the XML of the sheet of sites."""
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet2.xml"
    parts[name] = change(parts[name])
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)


def test_sheet_of_a_million_rows_is_refused_early(book):
    row = b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    sheet_replaced(book, lambda xml: xml.replace(b"</sheetData>", row + b"</sheetData>"))
    start = time.process_time()
    with pytest.raises(RegisterError, match="more than 10000 rows"):
        read_register_tables(book)
    assert time.process_time() - start < 5


def test_million_formatted_empty_rows_are_refused_early(book):
    rows = b"".join(b'<row r="%d" ht="15"/>' % n for n in range(9, 1_000_001))
    sheet_replaced(book, lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>"))
    start = time.process_time()
    with pytest.raises(RegisterError, match=r"more than 10000 rows|unpacks"):
        read_register_tables(book)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("declaration", [b'<!DOCTYPE x [<!ENTITY a "b">]>', b"<!doctype x>"])
def test_declared_entities_are_refused(book, declaration):
    sheet_replaced(book, lambda xml: declaration + xml)
    with pytest.raises(RegisterError, match="not a readable"):
        read_register_tables(book)


def test_broken_xml_inside_a_sheet_is_refused(book):
    sheet_replaced(book, lambda xml: xml[: len(xml) // 2])
    with pytest.raises(RegisterError, match="not a readable"):
        read_register_tables(book)


def test_workbook_without_the_sheets(tmp_path):
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(RegisterError, match="lacks the sheet"):
        read_register_tables(tmp_path / "empty.xlsx")


def test_cells_of_a_workbook_become_what_a_person_types(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "sites"
    sheet.append(["site_id", "a", "b", "c", "d"])
    sheet.append(["x", 12.0, 0.5, True, None])
    book.create_sheet("flows").append(["flow_id"])
    book.save(tmp_path / "book.xlsx")
    row = read_register_tables(tmp_path / "book.xlsx")["sites"].loc[2]
    assert row.to_dict() == {"site_id": "x", "a": "12", "b": "0.5", "c": "true", "d": ""}


def test_formula_without_a_result_is_not_taken_for_an_empty_cell(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "sites"
    book.active.append(["site_id", "lon"])
    book.active.append(["x", "=6+6"])
    book.create_sheet("flows").append(["flow_id"])
    book.save(tmp_path / "book.xlsx")
    assert read_register_tables(tmp_path / "book.xlsx")["sites"].loc[2, "lon"] == "=6+6"


def test_frame_keeps_columns_without_rows():
    frame = cells.frame_of_text("sites", ["a", "b"], {})
    assert list(frame.columns) == ["a", "b"]
    assert isinstance(frame, pd.DataFrame)
    assert frame.empty
