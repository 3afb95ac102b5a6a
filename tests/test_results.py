"""What a run wrote can be read again: the rows of one's own, no more and no less."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import openpyxl
import pandas as pd
import pytest
from helpers import FLOW, SITE, quick

import symbios_geo as sg
from symbios_geo import disclosure
from symbios_geo.errors import RegisterError
from symbios_geo.outputs.definitions import definition_table
from symbios_geo.outputs.geopackage import write_geopackage
from symbios_geo.outputs.listings import (
    balance_table,
    exchange_table,
    flow_table,
    site_table,
    source_table,
)
from symbios_geo.outputs.workbook import write_csv, write_workbook
from symbios_geo.register import check as intake

SITE, FLOW = (row | {"visibility": "public"} for row in (SITE, FLOW))
SECRET = {"site_id": "hidden", "name": "Hidden", "visibility": "internal"}
ROWS = [
    FLOW | {"year": "2009", "confidence": "A", "note": "=1+1", "power_mw": "1", "month_1": "5"},
    FLOW | {"flow_id": "mill-heat-hetvatten", "stream": "hetvatten", "value": "4.23456789"},
    FLOW | {"flow_id": "mill-heat-hot_water", "additive": "no", "source_id": "inquiry"},
    FLOW | {"flow_id": "town-heat", "site_id": "hylte_paper", "scattered": "yes"},
    FLOW
    | {"flow_id": "hidden-heat", "site_id": "hidden", "visibility": "internal"}
    | {"source_id": "memo"},
]
EXCHANGE = {
    "synergy_id": "mill-paper", "from_site_id": "mill", "to_site_id": "hylte_paper",
    "resource": "heat", "value": "2", "unit": "GWh/yr", "status": "operating",
    "source_id": "inquiry", "confidence": "B", "use_as_truth": "yes",
}  # fmt: skip
CITED = {"source_id": "inquiry", "title": "An inquiry", "publisher": "Mill", "year": "2025"}

MEMO = CITED | {"source_id": "memo", "title": "Of the hidden"}  # which nobody may hear of


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    tables = {"sites": [SITE, SITE | SECRET], "flows": ROWS, "synergies": [EXCHANGE]}
    for name, rows in (tables | {"sources": [CITED, MEMO]}).items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


def tables_of(study):
    """Return those tables of a workbook that hold rows, with some that do not."""
    register = study.register
    return {
        "sites": site_table(register), "flows": flow_table(register),
        "balance": balance_table(study), "exchanges": exchange_table(register),
        "sources": source_table(study), "definitions": definition_table(study.lang),
    }  # fmt: skip


@pytest.fixture(scope="module")
def written(given, study, tmp_path_factory):
    """Write every kind of result of a study whose register holds rows of one's own."""
    folder = tmp_path_factory.mktemp("written")
    own = disclosure.clear(sg.load_register(given), "public")
    made = quick(study, register=own)
    write_geopackage(made, folder / "gpkg.gpkg")
    for lang in ("sv", "en"):
        tables = tables_of(made)
        write_workbook(tables, folder / f"{lang}.xlsx", lang=lang)
        (folder / lang).mkdir()
        write_csv(tables, folder / lang, lang=lang)
    return folder


@pytest.mark.parametrize("kind", ["gpkg.gpkg", "sv.xlsx", "en.xlsx", "sv", "en"])
def test_a_result_gives_the_flows_that_went_in(given, written, kind):
    assert intake.check_file(written / kind) == []
    before = sg.load_register(given, bundled=False)
    after = sg.load_register(written / kind, bundled=False)
    public = before.flows[before.flows["visibility"] == "public"].reset_index(drop=True)
    columns = [c for c in public if public[c].notna().any()]
    pd.testing.assert_frame_equal(
        after.flows[columns], public[columns], check_dtype=False, atol=1e-6
    )
    assert after.flows.drop(columns=columns).isna().all(axis=None)
    assert {"mill", "hylte_paper"} == set(after.sites.index)
    assert after.sites.geometry["mill"].equals_exact(before.sites.geometry["mill"], 1e-6)
    known = before.synergies.dropna(axis=1)
    assert set(EXCHANGE) <= set(known.columns)
    pd.testing.assert_frame_equal(after.synergies[known.columns], known, check_dtype=False)
    assert after.sources["title"].tolist() == ["An inquiry"]


def test_what_a_result_holds_besides_is_told(written):
    told = {(n.table, n.rule): n for n in intake.notices_of(written / "sv.xlsx")}
    assert {rule for _, rule in told} == {"read_result", "read_result_columns"}
    rows = len(sg.load_register().flows)
    assert told["flows", "read_result"].found == f"2\u2013{rows + 1}"
    assert "Temperaturklass" in told["flows", "read_result_columns"].found


def test_a_bundled_row_that_was_changed_is_a_fault(written, tmp_path):
    rows = sg.load_register().flows
    stated = rows["flow_id"][(rows["origin"] == "stated") & (rows["value"] > 0)].iloc[0]
    path = tmp_path / "changed.gpkg"
    path.write_bytes((written / "gpkg.gpkg").read_bytes())
    with closing(sqlite3.connect(path)) as base, base:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            base.create_function(name, 1, lambda _: 0)
        change = "UPDATE flows SET value = 1.01 * value WHERE flow_id = ?"
        base.execute(change, (stated,))
    (fault,) = intake.check_file(path)
    assert (fault.rule, fault.column) == ("result_changed", "value")
    with pytest.raises(RegisterError, match="bundled register has"):
        sg.load_register(path)


def test_a_result_without_rows_of_ones_own_says_so(study, tmp_path):
    write_geopackage(study, tmp_path / "x.gpkg")
    (fault,) = intake.check_file(tmp_path / "x.gpkg")
    assert fault.rule == "file_result"


def test_a_row_added_to_a_result_is_read(study, tmp_path):
    write_workbook(tables_of(study), tmp_path / "x.xlsx")
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    sheet = book["Fl\u00f6den"]
    head = {cell.value: cell.column for cell in sheet[1]}
    row = {
        "Plats-id": "hylte_paper", "Resurs": "V\u00e4rme", "Roll": "K\u00e4lla", "V\u00e4rde": 3,
        "Enhet": "GWh/\u00e5r", "L\u00e4gsta temperatur (\u00b0C)": 40, "Str\u00f6m": "ny",
    }  # fmt: skip
    place = sheet.max_row + 1
    for name, cell in row.items():
        sheet.cell(place, head[name], cell)
    book.save(tmp_path / "x.xlsx")
    added = sg.load_register(tmp_path / "x.xlsx", bundled=False).flows
    assert added[["site_id", "stream", "value"]].to_numpy().tolist() == [["hylte_paper", "ny", 3.0]]
    assert added["visibility"].tolist() == ["internal"]
