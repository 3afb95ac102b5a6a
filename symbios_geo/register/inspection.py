"""Every fault of somebody's register at once, each with the cell where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set

import pandas as pd

from ..region import Region
from .codes import is_ewc_code, is_sni_code, organisation_fault
from .complete import TEMPERATURES
from .faults import Fault
from .forms import Form
from .material_rules import class_faults
from .rules import find_faults

ECHO = "place_missing"
# what is wrong with how a cell looks explains what else is wrong with it
LOOKS = ("ambiguous", "date_cell", "look", "noted", "percent", "merged", "two_codes")
# a fault of one of these columns explains why coordinates are missing
PLACE_COLUMNS = ("lon", "lat", "northing", "easting", "address")
CHECKS: dict[tuple[str, str], Callable[[str], str]] = {
    ("sites", "sector_sni"): lambda code: "" if is_sni_code(code) else "unknown_sni",
    ("sites", "organisation_number"): organisation_fault,
    ("flows", "ewc_code"): lambda code: "" if is_ewc_code(code) else "unknown_ewc",
}


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
    contents = content_faults(form.tables)
    faults += [f for f in contents if (f.table, f.row, f.column) not in told]
    if form.tables and not any(len(table) for table in form.tables.values()):
        first = next(iter(form.tables))
        faults.append(Fault(first, 0, "", "no_rows", ""))
    order = {name: i for i, name in enumerate(form.tables)}
    kept = sorted(set(_without_echoes(faults)), key=lambda f: (order.get(f.table, 9), *f[1:]))
    return [placed(fault, form) for fault in kept]


def content_faults(tables: dict[str, pd.DataFrame]) -> list[Fault]:
    """Return the faults of single cells: unknown codes, no amount, no temperature, no class."""
    faults: list[Fault] = []
    for (name, column), check in CHECKS.items():
        faults += _code_faults(name, column, tables, check)
    if "flows" in tables:
        faults += _value_faults(tables["flows"])
        faults += _temperature_faults(tables["flows"])
        faults += class_faults(tables["flows"])
    return faults


def _code_faults(
    name: str, column: str, tables: dict[str, pd.DataFrame], check: Callable[[str], str]
) -> Iterator[Fault]:
    """Find codes that stand in no list, or have a wrong check digit."""
    if name in tables and column in tables[name].columns:
        cells = tables[name][column]
        for row, cell in cells[cells != ""].items():
            if rule := check(str(cell)):
                yield Fault(name, int(str(row)), column, rule, str(cell))


def _value_faults(flows: pd.DataFrame) -> Iterator[Fault]:
    """Find flows without an amount: only bundled rows have formulas."""
    if "value" not in flows.columns:
        yield Fault("flows", 1, "value", "missing_column", "value")
        return
    for row in flows.index[flows["value"] == ""]:
        yield Fault("flows", int(str(row)), "value", "no_value", "")


def _temperature_faults(flows: pd.DataFrame) -> Iterator[Fault]:
    """Find sources of heat without a temperature: nobody can say what such heat is good for."""
    blank = pd.Series("", index=flows.index)
    cells = [flows.get(c, blank) for c in ("resource", "role", "value", *TEMPERATURES)]
    for row, resource, role, value, *degrees in zip(flows.index, *cells, strict=True):
        # what has closed gives nothing, at no temperature
        if (resource, role) == ("heat", "source") and value != "0" and not any(degrees):
            yield Fault("flows", int(str(row)), TEMPERATURES[0], "no_temperature", "")


def _without_echoes(faults: list[Fault]) -> Iterator[Fault]:
    """Yield the faults without those that only follow from another one of the row's place."""
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
