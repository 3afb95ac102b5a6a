"""The charts of the workbook: native, on the answers, reading the cells of other sheets."""

from __future__ import annotations

import zipfile

import openpyxl
import pandas as pd
import pytest

from symbios_geo.disclosure import sign
from symbios_geo.outputs.workbook import column_width, write_workbook

NAMES = ["Hylte", "Varberg", "Halland"]


def tables(readers: str = "public") -> dict[str, pd.DataFrame]:
    """Return the tables that the charts read, with two municipalities and their sum."""
    found = {
        "answers": pd.DataFrame(
            {"figure": ["new_gwh"], "name": ["new"], "value": [162.0], "low": [15.0],
             "high": [300.0], "unit": ["GWh/yr"], "meaning": ["long " * 60], "comes_from": ["x"]}
        ),
        "balance": pd.DataFrame(
            {"resource": ["heat"] * 3, "name": NAMES, "supply": [1.0, 2.0, 3.0],
             "demand": [4.0, 5.0, 9.0]}
        ),
        "monthly": pd.DataFrame(
            {"month": range(1, 13), "demand": 1.0, "class_60": 2.0, "class_low": 3.0}
        ),
        "co2_balance": pd.DataFrame(
            {"name": NAMES, "biogenic": [1.0, 2.0, 3.0], "fossil": [0.0, 1.0, 1.0]}
        ),
    }  # fmt: skip
    return {key: sign(table, readers) for key, table in found.items()}


@pytest.mark.parametrize(("readers", "column"), [("public", "C"), ("internal", "D")])
def test_charts_are_native_and_read_the_cells_of_their_sheet(tmp_path, readers, column):
    path = write_workbook(tables(readers), tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.active.title == "Svaren"
    bars, months, parts = book["Svaren"]._charts
    assert [s.val.numRef.f for s in bars.series] == [
        f"Balans!${c}$2:${c}$3" for c in (column, chr(ord(column) + 1))
    ]
    assert len(months.series) == 2
    assert [cell.value for cell in book["Månader"]["A" if readers == "public" else "B"]][1:4] == [
        "jan", "feb", "mars",
    ]  # fmt: skip
    (line,) = months._charts[1].series
    assert not line.smooth  # a curve would tell of what no month has
    assert len(parts.series) == 2
    names = bars.series[0].cat.strRef or bars.series[0].cat.numRef
    cells = [cell.value for (cell,) in book["Balans"][names.f.split("!")[1].replace("$", "")]]
    assert cells == NAMES[:2]  # the sum of the region has no bar


def test_charts_are_titled_by_what_they_show_and_headers_and_units_are_whole(tmp_path):
    path = write_workbook(tables(), tmp_path / "book.xlsx")
    charts = openpyxl.load_workbook(path)["Svaren"]._charts
    told = ["".join(p.r[0].t for p in c.title.tx.rich.p if p.r) for c in charts]
    assert "Mest restvärme uppstår i Varberg, störst är behovet i Varberg" in told[0]
    assert "skulle räcka till hela behovet i 12 av 12 månader, 60 °C eller varmare i 12" in told[1]
    assert "Mest koldioxid uppstår i Varberg" in told[2]
    assert column_width("Kommunkod", ["1383"]) >= len("Kommunkod") + 5  # beside the filter's button
    assert column_width("Enhet", ["GWh/år"] * 50 + ["tusen m³/år"]) >= len("tusen m³/år") + 2


def test_long_texts_of_the_answers_have_room(tmp_path):
    book = openpyxl.load_workbook(write_workbook(tables(), tmp_path / "book.xlsx"))
    sheet = book["Svaren"]
    assert sheet.row_dimensions[2].height > 60
    assert sheet.freeze_panes == "C2"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage  # as broad as a page
    assert sheet.page_setup.fitToHeight == 0


def test_tables_without_rows_have_no_chart(tmp_path):
    found = tables()
    found["balance"] = found["balance"].iloc[2:]
    del found["monthly"]
    book = openpyxl.load_workbook(write_workbook(found, tmp_path / "book.xlsx"))
    assert len(book["Svaren"]._charts) == 1
    del found["answers"]
    assert write_workbook(found, tmp_path / "plain.xlsx").exists()


def test_the_line_of_needs_is_told_to_be_no_curve(tmp_path):
    book = zipfile.ZipFile(write_workbook(tables(), tmp_path / "book.xlsx"))
    charts = [book.read(name).decode() for name in book.namelist() if "charts/chart" in name]
    lines = [text for text in charts if "<c:lineChart>" in text]
    assert len(lines) == 1
    assert '<c:smooth val="0"/>' in lines[0]
