"""Every fault of somebody's register at once, each with the cell where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

import pandas as pd

from ..region.area import Region
from .faults import Fault
from .forms import Form
from .locate import PLACE_COLUMNS
from .rules import find_faults
from .workbooks import NEEDED

ECHO = "place_missing"
# what is wrong with how a cell looks explains what else is wrong with it
LOOKS = ("ambiguous", "date_cell", "look", "noted", "percent", "merged", "two_codes")


def form_faults(
    form: Form, *, known: Mapping[str, Set[str]] | None = None, region: Region | None = None
) -> list[Fault]:
    """
    Return every fault of a register as read, in the order of table, row and column.

    Parameters
    ----------
    form
        What `forms.read_form` returned.
    known
        Ids of sites and sources that rows may name though the tables do not list them.
    region
        The study area. None: the bundled one.
    """
    faults = [f for f in form.faults if f.rule != "unknown_column"]
    told = {(f.table, f.row, f.column) for f in faults if f.rule in LOOKS}
    rules = find_faults(form.tables, decimal_comma=True, known=known, region=region)
    unknown = {(f.table, f.column): f for f in form.faults if f.rule == "unknown_column"}
    # the form knows which column was probably meant
    faults += [
        unknown.get((f.table, f.column), f) if f.row == 1 else f
        for f in rules
        if (f.table, f.row, f.column) not in told
    ]
    faults = [f for f in faults if not f.column.startswith("#") or f.rule == "nameless_column"]
    needed = [name for name in NEEDED if name in form.tables]
    if needed and not any(len(table) for table in form.tables.values()):
        first = needed[0]
        faults.append(Fault(first, 0, "", "no_rows", ""))
    order = {name: i for i, name in enumerate(form.tables)}
    kept = sorted(set(_without_echoes(faults)), key=lambda f: (order.get(f.table, 9), *f[1:]))
    return [placed(fault, form) for fault in kept]


def _without_echoes(faults: list[Fault]) -> Iterator[Fault]:
    """Yield the faults without those that only follow from another one of the row's place."""
    # a fault of one of its columns explains why coordinates are missing
    place = [f for f in faults if f.table == "sites" and f.column in PLACE_COLUMNS]
    # which system the numbers are in says why they are no degrees
    named = {f.row for f in place if f.rule in ("place_unread", "place_systems")}
    told, any_place = {f.row for f in place if f.rule != ECHO}, {f.row for f in place}
    for fault in faults:
        # where both coordinates are missing, one message is enough
        second = fault.rule == ECHO and (fault.column == "lat" or fault.row in told)
        # a blank municipality is taken from the place, so the place is what to mend
        no_code = fault.column == "municipality_code" and fault.rule == "empty"
        third = fault.rule == "place_projected" and fault.row in named
        if not second and not third and not (no_code and fault.row in any_place):
            yield fault


def placed(fault: Fault, form: Form) -> Fault:
    """Return a fault with its file, the row of the header, and the sheet and cell of a workbook."""
    sheet = form.sheets.get(fault.table, "")
    top = form.header_rows.get(fault.table, 1)
    above = fault.rule in ("read_title", "row_above")
    row = top if fault.row == 1 and not above else fault.row
    fault = fault._replace(file=form.file, sheet=sheet, row=row)
    if not sheet or not row:
        return fault
    column = form.instead.get((row, fault.column), fault.column)
    letter = column[1:] if column.startswith("#") else form.letters.get((fault.table, column), "")
    if not letter and column:
        # the column is not there: the header row is where it should be added
        return fault
    shown = "" if column.startswith("#") else column
    return fault._replace(column=shown, cell=f"{letter or 'A'}{row}")


def form_notices(form: Form) -> list[Fault]:
    """Return what was read otherwise than it stands or left out, in the order of table and row."""
    order = {name: i for i, name in enumerate(form.tables)}
    kept = sorted(set(form.notices), key=lambda f: (order.get(f.table, 9), f.row, f.column))
    return [placed(notice, form) for notice in kept]


def outside_notices(form: Form, region: Region) -> list[Fault]:
    """Return which places of a register lie outside a region, and count in none of its sums."""
    sites = form.tables.get("sites", pd.DataFrame(columns=["site_id", "municipality_code"]))
    if "municipality_code" not in sites.columns:
        return []
    away = sites[~sites["municipality_code"].isin(region.municipalities.index)]
    column = "municipality_code"
    return [
        placed(Fault("sites", int(str(row)), column, "read_outside", site, region.name), form)
        for row, site in away["site_id"].items()
    ]
