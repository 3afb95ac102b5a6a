"""Turn a register as people write it into the words, units, ids and degrees of the library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..labels import LANGUAGES, WORDED, has_label, label
from ..spelling import nearest
from ..tables import read_table
from .cells import example_words, read_table_of
from .codes import ewc_code, organisation_number, sni_code
from .comparing import municipality_code, plain_signs, same
from .complete import DEFAULT_SOURCE, IN_UNIT, resource_units, unit_factors
from .faults import Fault
from .ids import with_flow_ids, with_site_ids
from .locate import locate
from .reading import read_grids
from .results import is_result, own_rows
from .rules import NUMBER, OPEN, column_words, copied_faults, fields, swedish_municipalities

CODES = {
    "sector_sni": sni_code,
    "ewc_code": ewc_code,
    "organisation_number": organisation_number,
}
MADE = {
    "sites": ("site_id", "municipality_code", "lon", "lat", "source_id"),
    "flows": ("flow_id", "source_id"),
}


ALIKE = 0.8  # of a word of people's own to one that is known
ALMOST = "read_word"


class Form(NamedTuple):
    """A register as read: tables in the words of the library, and where each cell stood."""

    tables: dict[str, pd.DataFrame]
    faults: list[Fault]
    notices: list[Fault]  # what was read otherwise than it stands, or left out
    sheets: dict[str, str]
    letters: dict[tuple[str, str], str]
    header_rows: dict[str, int]
    instead: dict[tuple[int, str], str]
    made: frozenset[str]
    file: str = ""  # where a register has several


def read_form(path: str | Path | list[Path], file: str = "") -> Form:
    """
    Read a register of any kind and translate headers, words, units and coordinates.

    Faults found on the way are in the result; the rules themselves are not yet applied.

    Parameters
    ----------
    path
        What `reading.read_grids` reads.
    file
        How faults name the file. Empty: they do not, since there is only one.

    Raises
    ------
    RegisterError
        If a file cannot be read at all.
    """
    read = {name: read_table_of(name, grid) for name, grid in read_grids(path).items()}
    if is_result(read):
        read = own_rows(
            read,
            file or ", ".join(Path(p).name for p in (path if isinstance(path, list) else [path])),
        )
    faults = [fault for table in read.values() for fault in table.faults]
    notices = [notice for table in read.values() for notice in table.notices]
    tables = {
        name: _with_words(name, _with_columns(name, _without_example(table.frame)))
        for name, table in read.items()
    }
    notices += [notice for name, table in tables.items() for notice in _strange_words(name, table)]
    for name in MADE:
        # a row pasted twice would get an id of its own below, and count twice
        faults += copied_faults(name, tables.get(name, pd.DataFrame()))
    instead: dict[tuple[int, str], str] = {}
    made: set[str] = set()
    if "sites" in tables:
        tables["sites"], wrong, instead = locate(tables["sites"], recognise=True)
        faults += [fault for fault in wrong if not fault.rule.startswith("read_")]
        notices += [fault for fault in wrong if fault.rule.startswith("read_")]
        tables["sites"], made = with_site_ids(tables["sites"])
    if "flows" in tables:
        tables["flows"] = with_flow_ids(_with_site_names(tables))
    tables = _with_visibility(tables)
    sheets = {name: table.sheet for name, table in read.items() if table.sheet}
    letters = {(n, c): place for n, table in read.items() for c, place in table.letters.items()}
    tops = {name: table.header_row for name, table in read.items()}
    return Form(tables, faults, notices, sheets, letters, tops, instead, frozenset(made), file)


def tokens_of(column: str, allowed: list[str]) -> dict[str, str]:
    """Return the word of the library for every way to write it, in lower case."""
    known = {}
    for word in allowed:
        for prefix in (WORDED.get(column, f"{column}:"), "boolean:"):
            if has_label(f"{prefix}{word}"):
                for lang in LANGUAGES:
                    known[same(label(f"{prefix}{word}", lang))] = word
        known[same(word)] = word
    return known


# --- rows ------------------------------------------------------------------------------------


def _without_example(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table without the example row of the template."""
    keys = [c for c in ("site_id", "flow_id", "source_id") if c in table.columns][:1]
    if "flow_id" in table.columns:
        keys = ["flow_id"]
    for key in keys:
        table = table[~table[key].map(same).isin(example_words())]
    return table


def _with_columns(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the columns that can be made from others; sources have a default."""
    lacking = [column for column in MADE.get(name, ()) if column not in table.columns]
    table = table.assign(**dict.fromkeys(lacking, ""))
    if name in MADE:
        table["source_id"] = table["source_id"].replace("", DEFAULT_SOURCE)
    return table


# --- words, units, codes ---------------------------------------------------------------------


def _with_words(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with vocabulary, codes, municipalities and units in the library's form."""
    table = table.copy()
    for column, field in fields(name).items():
        if column not in table.columns:
            continue
        allowed = field.get("constraints", {}).get("enum", [])
        allowed = ["true", "false"] if field["type"] == "boolean" else allowed
        if column in OPEN:
            allowed = column_words(column)
        if column == "crs":
            table[column] = _systems(table[column], allowed)
        elif allowed:
            table[column] = _mapped(table[column], tokens_of(column, allowed))
        elif field["type"] in ("number", "integer"):
            table[column] = table[column].map(_plain_number)
        elif column in CODES:
            table[column] = table[column].map(CODES[column])
    if "municipality_code" in table.columns:
        table["municipality_code"] = table["municipality_code"].map(_municipality)
    return _with_units(table) if name == "flows" else table


def _strange_words(name: str, table: pd.DataFrame) -> Iterator[Fault]:
    """Find words of people's own that are nearly one that is known."""
    for column in table.columns.intersection(OPEN):
        known = tokens_of(column, column_words(column))
        for row, cell in table[column].items():
            if cell and same(cell) not in known and (near := nearest(cell, known, ALIKE)):
                meant = ", ".join(dict.fromkeys(known[word] for word in near))
                yield Fault(name, int(str(row)), column, ALMOST, cell, meant)


def _systems(cells: pd.Series, allowed: list[str]) -> pd.Series:
    """Return coordinate systems by code: meant by "sweref99 tm", "RT90 2.5 gon V" or "3007"."""
    known = {_letters(word): code for word, code in tokens_of("crs", allowed).items()}
    known |= {code.removeprefix("EPSG:"): code for code in allowed}
    return cells.map(lambda cell: known.get(_letters(same(cell)), cell))


def _letters(text: str) -> str:
    """Return the letters and digits of a text alone."""
    return re.sub(r"[\W_]+", "", text)


def _mapped(cells: pd.Series, known: dict[str, str]) -> pd.Series:
    """Return cells with known words exchanged; others stay as they are."""
    return cells.map(lambda cell: known.get(same(cell), cell))


def _municipality(cell: str) -> str:
    """Return the code of a municipality however it is named; what is none stays as it is."""
    return municipality_code(cell, swedish_municipalities()) or cell


def _plain_number(cell: str) -> str:
    """Return a number in plain signs; what is none stays as it is."""
    plain = plain_signs(cell)
    return plain if re.fullmatch(r"[-+\d.,eE]*", plain) else cell


def _with_units(flows: pd.DataFrame) -> pd.DataFrame:
    """Return flows with amounts in the unit of their resource, where the unit fits it."""
    if not {"unit", "resource"} <= set(flows.columns):
        return flows
    factor = unit_factors(flows)
    told = flows["resource"].map(resource_units())
    changed = flows.assign(unit=flows["unit"].where(factor.isna(), told))
    for row, times in factor[factor.notna() & (factor != 1.0)].items():
        for column in flows.columns.intersection(IN_UNIT):
            cell = flows.loc[row, column].replace(",", ".")
            if NUMBER.fullmatch(cell):
                changed.loc[row, column] = f"{float(cell) * times:.10g}"
    return changed


# --- sites and visibility --------------------------------------------------------------------


def _with_site_names(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return flows whose site is given by id, also where it was given by name."""
    flows = tables["flows"]
    if "site_id" not in flows.columns:
        return flows
    known: dict[str, str] = {}
    for table in (read_table("sites"), tables.get("sites", pd.DataFrame())):
        for column in ("name_en", "name_sv", "name", "site_id"):
            if {"site_id", column} <= set(table.columns):
                named = zip(table[column], table["site_id"], strict=True)
                known |= {same(name): site for name, site in named}
    known.pop("", None)
    return flows.assign(site_id=_mapped(flows["site_id"], known))


def _with_visibility(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return flows at places of others as internal, where nothing is said of who may see them."""
    flows, sites = tables.get("flows"), tables.get("sites")
    if flows is None or "site_id" not in flows.columns:
        return tables
    own = sites["site_id"] if sites is not None and "site_id" in sites.columns else []
    given = flows.get("visibility", pd.Series("", index=flows.index))
    apart = (given == "") & ~flows["site_id"].isin(own)
    return tables | {"flows": flows.assign(visibility=given.mask(apart, "internal"))}
