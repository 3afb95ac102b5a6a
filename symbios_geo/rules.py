"""The rules a register must keep, and every fault of it with row, column and remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from shapely import Point

from .boundaries import coordinate_fault
from .data import read_catalogue, read_table
from .faults import Fault

BOUNDS = ("low", "value", "high")
NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")




def find_faults(
    tables: dict[str, pd.DataFrame], *, decimal_comma: bool = False
) -> list[Fault]:
    """
    Return every fault of a register's tables, in the order of table, row and column.

    Parameters
    ----------
    tables
        Text frames by table name (`sites`, `flows`, ...), indexed by the row a person sees.
    decimal_comma
        Whether 12,5 is read as twelve and a half (workbooks) or refused (CSV).
    """
    faults: list[Fault] = []
    for name, table in tables.items():
        faults += _column_faults(name, table)
        faults += _cell_faults(name, table, decimal_comma=decimal_comma)
        faults += _key_faults(name, table)
    numbers = {name: read_numbers(name, table) for name, table in tables.items()}
    for name in ("flows", "synergies"):
        if name in tables:
            faults += _bound_faults(name, numbers[name])
            faults += _unit_faults(name, tables[name])
    faults += _reference_faults(tables)
    if "sites" in tables:
        faults += _place_faults(numbers["sites"])
    order = {name: i for i, name in enumerate(tables)}
    return sorted(set(faults), key=lambda f: (order[f.table], f.row, f.column))


def read_numbers(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its number columns as numbers; what is no number becomes NaN."""
    numeric = [c for c, field in fields(name).items() if field["type"] in ("number", "integer")]
    parsed = {
        c: pd.to_numeric(table[c].str.replace(",", ".", regex=False), errors="coerce")
        for c in numeric
        if c in table.columns
    }
    return table.assign(**parsed)


def fields(name: str) -> dict[str, dict[str, Any]]:
    """Return the described fields of a table by column name."""
    entries = {entry["name"]: entry for entry in read_catalogue()["resources"]}
    return {field["name"]: field for field in entries[name]["schema"]["fields"]}


def _column_faults(name: str, table: pd.DataFrame) -> Iterator[Fault]:
    """Find unknown and missing columns."""
    known = fields(name)
    for column in table.columns:
        if column not in known:
            yield Fault(name, 1, column, "unknown_column", column, ", ".join(known))
    for column, field in known.items():
        if field.get("constraints", {}).get("required") and column not in table.columns:
            yield Fault(name, 1, column, "missing_column", column)


def _cell_faults(name: str, table: pd.DataFrame, *, decimal_comma: bool) -> Iterator[Fault]:
    """Find cells that are empty, no number, below the least, or not in the vocabulary."""
    for column, field in fields(name).items():
        if column not in table.columns:
            continue
        rules = field.get("constraints", {})
        filled = table[column][table[column] != ""]
        if rules.get("required"):
            for row in table.index[table[column] == ""]:
                yield Fault(name, row, column, "empty", "")
        if field["type"] in ("number", "integer"):
            yield from _number_faults(name, column, filled, rules, decimal_comma=decimal_comma)
        elif "enum" in rules:
            for row, cell in filled[~filled.isin(rules["enum"])].items():
                yield Fault(name, _row(row), column, "unknown_word", cell, ", ".join(rules["enum"]))
        elif "pattern" in rules:
            for row, cell in filled[~filled.str.fullmatch(rules["pattern"])].items():
                yield Fault(name, _row(row), column, "bad_form", cell, rules["pattern"])


def _number_faults(
    name: str, column: str, cells: pd.Series, rules: dict[str, Any], *, decimal_comma: bool
) -> Iterator[Fault]:
    """Find text, decimal commas and out-of-range figures in a number column."""
    for row, cell in cells.items():
        plain = cell.replace(",", ".") if decimal_comma else cell
        if not NUMBER.fullmatch(plain):
            comma = NUMBER.fullmatch(cell.replace(",", ".")) is not None
            rule = "decimal_comma" if comma else "no_number"
            yield Fault(name, _row(row), column, rule, cell, cell.replace(",", "."))
        elif "minimum" in rules and float(plain) < rules["minimum"]:
            yield Fault(name, _row(row), column, "too_small", cell, str(rules["minimum"]))
        elif "maximum" in rules and float(plain) > rules["maximum"]:
            yield Fault(name, _row(row), column, "too_large", cell, str(rules["maximum"]))


def _key_faults(name: str, table: pd.DataFrame) -> Iterator[Fault]:
    """Find ids that stand on more than one row."""
    entries = {entry["name"]: entry for entry in read_catalogue()["resources"]}
    for column in entries[name]["schema"]["primaryKey"][:1]:
        if column in table.columns:
            filled = table[column][table[column] != ""]
            for row, cell in filled[filled.duplicated()].items():
                yield Fault(name, _row(row), column, "repeated", cell)


def _bound_faults(name: str, table: pd.DataFrame) -> Iterator[Fault]:
    """Find low above value, value above high, use above value, temperatures in the wrong order."""
    pairs = [("low", "value"), ("value", "high"), ("temperature_low_c", "temperature_high_c")]
    pairs += [("low", "high"), ("return_temperature_c", "supply_temperature_c")]
    for less, more in pairs:
        if {less, more} <= set(table.columns):
            for row in table.index[table[less] > table[more] * (1 + 1e-9)]:
                found = f"{less} {table.at[row, less]:g}, {more} {table.at[row, more]:g}"
                yield Fault(name, _row(row), less, "order", found, f"{less} <= {more}")
    if {"committed", "value", "role"} <= set(table.columns):
        over = (table["committed"] > table["value"] * (1 + 1e-9)) & (table["role"] == "source")
        for row in table.index[over]:
            found = f"committed {table.at[row, 'committed']:g}, value {table.at[row, 'value']:g}"
            yield Fault(name, _row(row), "committed", "order", found, "committed <= value")


def _unit_faults(name: str, table: pd.DataFrame) -> Iterator[Fault]:
    """Find rows whose unit is not the one unit of their resource."""
    if {"resource", "unit"} <= set(table.columns):
        units = read_table("resources").set_index("resource")["unit"]
        right = table["resource"].map(units)
        wrong = right.notna() & (table["unit"] != "") & (table["unit"] != right)
        for row in table.index[wrong]:
            yield Fault(name, _row(row), "unit", "unit", table.at[row, "unit"], right[row])


def _reference_faults(tables: dict[str, pd.DataFrame]) -> Iterator[Fault]:
    """Find sites and sources that are named but not listed."""
    sources = set(read_table("sources")["source_id"])
    if "sources" in tables and "source_id" in tables["sources"]:
        sources |= set(tables["sources"]["source_id"])
    for name, table in tables.items():
        if name != "sources" and "source_id" in table.columns:
            filled = table["source_id"][table["source_id"] != ""]
            for row, cell in filled[~filled.isin(sources)].items():
                yield Fault(name, _row(row), "source_id", "unknown_source", cell)
    if {"sites", "flows"} <= set(tables) and "site_id" in tables["sites"].columns:
        known = set(tables["sites"]["site_id"])
        named = tables["flows"].get("site_id", pd.Series(dtype="str"))
        named = named[named != ""]
        for row, cell in named[~named.isin(known)].items():
            yield Fault("flows", _row(row), "site_id", "unknown_site", cell)


def _place_faults(sites: pd.DataFrame) -> Iterator[Fault]:
    """Find coordinates that are swapped, projected or outside Sweden, for sites inside Halland."""
    if not {"lon", "lat"} <= set(sites.columns):
        return
    here = sites["in_halland"] != "false" if "in_halland" in sites.columns else True
    placed = sites[np.isfinite(sites["lon"]) & np.isfinite(sites["lat"]) & here]
    for row, site in placed.iterrows():
        if fault := coordinate_fault(Point(site["lon"], site["lat"])):
            found = f"lon {site['lon']:g}, lat {site['lat']:g}"
            yield Fault("sites", _row(row), "lon", f"place_{fault}", found)


def _row(row: object) -> int:
    return int(row)  # type: ignore[call-overload]
