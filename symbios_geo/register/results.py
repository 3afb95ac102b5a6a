"""Read back what a run wrote: a result holds rows of one's own between those of everybody."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ..labels import LANGUAGES, WORDED, label
from ..model import BOUNDS
from ..tables import once_per_folder, read_table
from .cells import ReadTable, spans
from .comparing import as_numbers, same
from .faults import Fault, refuse
from .ids import slug
from .rules import fields
from .words import KEYS

# what tells a result from a register: whether a row is stated or computed, and where it lies
MARKS = ("origin", "inside")
ADDED = (*MARKS, "place_type", "stated_confidence")
COMPARED = {
    "flows": (*BOUNDS, "temperature_low_c", "temperature_high_c"),
    "sites": ("lon", "lat"),
}
SAME = 2e-4  # degrees, and a share of an amount: more than files round, less than people change


def is_result(read: dict[str, ReadTable]) -> bool:
    """Say whether tables were written by a run: only those tell a row's origin."""
    return "flows" in read and set(MARKS) <= set(_in_codes(read["flows"]).frame.columns)


def own_rows(read: dict[str, ReadTable], name: str) -> dict[str, ReadTable]:
    """
    Return the rows of somebody's own that a result holds, and tell what else it held.

    Rows of the bundled register are there without the file, and computed rows follow from
    assumptions: neither is read. A bundled row that was changed in the file is a fault.

    Parameters
    ----------
    read
        Tables as they stand in the file.
    name
        How errors name the file.

    Raises
    ------
    RegisterError
        If no row is of one's own.
    """
    named = {key: _in_codes(table) for key, table in read.items()}
    elsewhere = _general_places(named.get("sites"))
    kept = {key: _own(key, table, elsewhere) for key, table in named.items() if key in KEYS}
    found = any(
        len(t.frame) or any(f.rule == "result_changed" for f in t.faults)
        for key, t in kept.items()
        if key != "sources"
    )
    if not found:
        raise refuse(name, "file_result")
    return {key: table for key, table in kept.items() if len(table.frame) or key in COMPARED}


def _own(name: str, table: ReadTable, elsewhere: set[str]) -> ReadTable:
    """Return one table without computed columns, computed rows and bundled rows."""
    frame, key = table.frame, KEYS[name]
    bundled = _bundled()[name]
    ids = frame.get(key, pd.Series("", index=frame.index))
    known = ids.isin(bundled.index)
    computed = frame.get("origin", ids).eq("derived") | frame.get("site_id", ids).isin(elsewhere)
    stated = known & ~computed
    faults = [fault for fault in table.faults if fault.rule != "unknown_column"]
    for column in COMPARED.get(name, ()):
        if column in frame.columns:
            faults += _changed(name, column, frame[column][stated], bundled[column], ids)
    extra = [c for c in frame.columns if c not in fields(name)]
    notices = list(table.notices)
    if extra:
        shown = ", ".join(str(c) for c in extra if not c.startswith("#"))
        notices.append(Fault(name, 0, "", "read_result_columns", shown))
    left_out = frame.index[known | computed]
    if len(left_out):
        notices.append(Fault(name, 0, "", "read_result", spans(left_out.tolist())))
    frame = frame.drop(index=left_out, columns=extra)
    if "stated_confidence" in table.frame.columns:
        frame["confidence"] = table.frame["stated_confidence"].reindex(frame.index)
    # what is told of cells of rows that are not read says nothing
    faults = [f for f in faults if f.row not in left_out or f.rule == "result_changed"]
    notices = [f for f in notices if f.row not in left_out]
    return table._replace(frame=frame, faults=faults, notices=notices)


def _changed(
    name: str, column: str, cells: pd.Series, bundled: pd.Series, ids: pd.Series
) -> Iterable[Fault]:
    """Find bundled rows that say something else than the bundled register does."""
    numbers = as_numbers(cells)
    there = pd.to_numeric(ids[cells.index].map(bundled))
    near = SAME * (1.0 if name == "sites" else there.abs() + 1e-3)
    alike = ((numbers - there).abs() <= near) | (numbers.isna() & there.isna() & cells.eq(""))
    for row in cells.index[~alike]:
        yield Fault(name, row, column, "result_changed", cells[row], f"{there[row]:g}")


def _general_places(sites: ReadTable | None) -> set[str]:
    """Return towns and networks that no file of one's own can hold: national tables made them."""
    if sites is None or "place_type" not in sites.frame.columns:
        return set()
    rows = sites.frame
    made = ~rows["place_type"].isin(["site", ""])
    return set(rows["site_id"][made]) - set(_bundled()["sites"].index)


def _in_codes(table: ReadTable) -> ReadTable:
    """Return a table whose computed columns and free words have the names of the library."""
    words = {same(label(f"column:{c}", lang)): c for c in ADDED for lang in LANGUAGES}
    frame = table.frame.rename(columns=lambda c: words.get(same(str(c)), c))
    if "origin" in table.frame.columns:
        return table._replace(frame=frame)  # a GeoPackage has codes
    ids = frame.get("flow_id", pd.Series("", index=frame.index))
    for column in frame.columns.intersection(list(WORDED)):
        codes = _codes(WORDED[column])
        # people name streams in words of their own, and ids are made of those
        frame[column] = [
            cell
            if column == "stream" and slug(cell) in key and slug(cell) != codes.get(cell)
            else codes.get(cell, cell)
            for cell, key in zip(frame[column], ids, strict=True)
        ]
    return table._replace(frame=frame)


@once_per_folder
def _codes(prefix: str) -> dict[str, str]:
    """Return the code of every word that a run writes for one code alone."""
    rows = read_table("labels").set_index("key")
    rows = rows[rows.index.str.startswith(prefix)] if prefix else rows.iloc[:0]
    codes: dict[str, str] = {}
    for lang in LANGUAGES:
        once = rows[lang].drop_duplicates(keep=False)
        codes |= dict(zip(once, once.index.str.removeprefix(prefix), strict=True))
    return codes


@once_per_folder
def _bundled() -> dict[str, pd.DataFrame]:
    """Return the bundled tables by id, as a run writes them; read them, do not change them."""
    from .load import load_register  # reads registers with the help of this module

    register = load_register()
    return {
        "sites": pd.DataFrame(register.sites.drop(columns="geometry")),
        "flows": register.flows.set_index("flow_id"),
        "synergies": read_table("synergies").set_index("synergy_id"),
        "sources": read_table("sources").set_index("source_id"),
    }
