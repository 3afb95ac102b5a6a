"""Statistics Sweden: tables of PxWebAPI 2, which answers in JSON-stat 2.0."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import pandas as pd

from .endpoints import Endpoint
from .shapes import all_municipalities, member, of_type, read_object, refuse, year_of

MAX_CELLS = 150_000  # what the service itself allows in one answer
HEAT_IN_ALL, HEAT_TO_INDUSTRY = "999", "921"


def read_population(body: bytes, endpoint: Endpoint) -> pd.DataFrame:
    """Read the inhabitants by municipality_code and year."""
    table = _by_region(read_jsonstat(body, endpoint), endpoint)
    if table["value"].isna().any() or (table["value"] <= 0).any():
        refuse(endpoint, "inhabitants in every municipality", table["value"].tolist())
    return table[["municipality_code", "year", "value"]]


def read_district_heat(body: bytes, endpoint: Endpoint) -> pd.DataFrame:
    """Read district heat by municipality_code and year: all, and without industry, in GWh/yr."""
    cells = _by_region(read_jsonstat(body, endpoint), endpoint)
    if "Forbrukningskategri" not in cells:
        refuse(endpoint, "the dimension 'Forbrukningskategri'", list(cells.columns))
    wide = cells.pivot_table(
        index=["municipality_code", "year"], columns="Forbrukningskategri", values="value",
        dropna=False, aggfunc="first",
    )  # fmt: skip
    if missing := sorted({HEAT_IN_ALL, HEAT_TO_INDUSTRY} - set(wide.columns)):
        refuse(endpoint, "consumer groups 999 (all) and 921 (industry)", f"no {missing}")
    if (wide < 0).any(axis=None) or wide[HEAT_IN_ALL].isna().all():
        refuse(endpoint, "heat of 0 MWh or more", wide.to_numpy().tolist())
    heat = pd.DataFrame(
        {
            "total_gwh": wide[HEAT_IN_ALL] / 1000,
            "buildings_gwh": (wide[HEAT_IN_ALL] - wide[HEAT_TO_INDUSTRY]) / 1000,
        }
    )
    return heat.reset_index()


def read_jsonstat(body: bytes, endpoint: Endpoint) -> pd.DataFrame:
    """Read a JSON-stat 2.0 dataset: one row per cell, a column of codes by dimension, and value."""
    content = read_object(body, endpoint)
    if content.get("class") != "dataset":
        refuse(endpoint, "a JSON-stat 2.0 dataset (class 'dataset')", content.get("class"))
    names = member(content, "id", list, endpoint)
    sizes = member(content, "size", list, endpoint)
    for name in names:
        of_type(name, str, "a name in 'id'", endpoint)
    for size in sizes:
        of_type(size, int, "a number in 'size'", endpoint)
    if len(set(names)) != len(names) or "value" in names or len(names) != len(sizes):
        refuse(endpoint, "one size for each dimension", {"id": names, "size": sizes})
    if not names or min(sizes) < 1 or prod(sizes) > MAX_CELLS:
        refuse(endpoint, f"1 to {MAX_CELLS} cells", sizes)
    dimensions = member(content, "dimension", dict, endpoint)
    codes = [
        _codes(member(dimensions, name, dict, endpoint), name, size, endpoint)
        for name, size in zip(names, sizes, strict=True)
    ]
    table = pd.DataFrame(list(product(*codes)), columns=names, dtype="str")
    return table.assign(value=_values(content, prod(sizes), endpoint))


def _codes(dimension: dict[str, Any], name: str, size: int, endpoint: Endpoint) -> list[str]:
    """Return the codes of a dimension in their order; the index is a list or says each place."""
    category = member(dimension, "category", dict, endpoint)
    index = category.get("index", category.get("label"))
    if isinstance(index, dict) and "index" in category:
        if sorted(map(repr, index.values())) != sorted(map(repr, range(size))):
            refuse(endpoint, f"places 0 to {size - 1} in dimension {name!r}", index)
        return sorted(index, key=lambda code: index[code])
    codes = list(index) if isinstance(index, list | dict) else None
    if codes is None or len(codes) != size or len(set(map(repr, codes))) != size:
        refuse(endpoint, f"{size} codes in dimension {name!r}", index)
    return [of_type(code, str, f"a code of {name!r}", endpoint) for code in codes]


def _values(content: dict[str, Any], cells: int, endpoint: Endpoint) -> list[float | None]:
    """Return the values by cell; a source may leave out empty cells and name the others."""
    values = content.get("value")
    if isinstance(values, dict):
        if not set(values) <= {str(cell) for cell in range(cells)}:
            refuse(endpoint, f"values for cells 0 to {cells - 1}", sorted(values)[-3:])
        values = [values.get(str(cell)) for cell in range(cells)]
    if not isinstance(values, list) or len(values) != cells:
        found = f"{len(values)} values" if isinstance(values, list) else values
        refuse(endpoint, f"{cells} values", found)
    return [None if v is None else of_type(v, float, "a value", endpoint) for v in values]


def _by_region(cells: pd.DataFrame, endpoint: Endpoint) -> pd.DataFrame:
    """Return the cells with municipality_code and year; all six municipalities must be there."""
    for name in ("Region", "Tid"):
        if name not in cells:
            refuse(endpoint, f"the dimension {name!r}", list(cells.columns))
    # codes may carry a suffix for the version of the division
    codes = cells["Region"].str.partition("_")[0]
    all_municipalities(codes, endpoint)
    years = [year_of(text, endpoint) for text in cells["Tid"]]
    table = cells.assign(
        municipality_code=codes, year=years, value=cells["value"].astype("float64")
    )
    keys = [name for name in table.columns if name not in ("value", "Region", "Tid")]
    if table.duplicated(keys).any():
        refuse(endpoint, "one value by municipality and year", "several")
    return table
