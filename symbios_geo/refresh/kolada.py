"""Kolada: key figures of the municipalities, version 3 of its interface."""

from __future__ import annotations

import pandas as pd

from .endpoints import Endpoint
from .shapes import all_municipalities, member, newest, of_type, read_object, refuse, year_of

PAGE = 5000  # rows in one answer at most
BOTH_SEXES = "T"


def read_newest(body: bytes, endpoint: Endpoint) -> pd.DataFrame:
    """Read the newest value of one key figure by municipality_code, with its year."""
    content = read_object(body, endpoint)
    rows = member(content, "values", list, endpoint)
    if not 0 < len(rows) < PAGE:
        refuse(endpoint, f"1 to {PAGE - 1} rows on one page", f"{len(rows)} rows")
    found = [cell for row in rows for cell in _cells(row, endpoint)]
    table = pd.DataFrame(found, columns=["kpi", "municipality_code", "year", "value"])
    if len(set(table["kpi"])) > 1:
        refuse(endpoint, "one key figure", sorted(set(table["kpi"])))
    all_municipalities(table["municipality_code"], endpoint)
    return newest(table, ["municipality_code"])[["municipality_code", "year", "value"]]


def _cells(row: object, endpoint: Endpoint) -> list[tuple[str, str, int, float]]:
    """Return the value for both sexes together, or nothing where none is given."""
    entry = of_type(row, dict, "a row of 'values'", endpoint)
    kpi = member(entry, "kpi", str, endpoint)
    code = member(entry, "municipality", str, endpoint)
    year = year_of(entry.get("period"), endpoint)
    found = []
    for cell in member(entry, "values", list, endpoint):
        figure = of_type(cell, dict, "a value of a row", endpoint)
        if member(figure, "gender", str, endpoint) != BOTH_SEXES or figure.get("isdeleted") is True:
            continue
        if "value" not in figure:
            refuse(endpoint, "the field 'value'", sorted(map(str, figure)))
        if figure["value"] is not None:
            value = of_type(figure["value"], float, "a value", endpoint)
            found.append((kpi, code, year, value))
    return found
