"""The rules a register must keep, and every fault of it with row, column and remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Set
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from ..region.area import Region, bundled_region
from ..region.coordinates import SWEDEN, both_ways, coordinate_fault, lon_lat
from ..region.sweden import load_swedish_municipalities
from ..tables import data_folder, once_per_folder, read_catalogue, read_table
from .codes import is_ewc_code, is_sni_code, organisation_fault
from .comparing import as_numbers
from .energy import energy_faults
from .faults import Fault
from .material_rules import SLACK, class_faults

NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
OPEN = ("kind", "category")
TEMPERATURES = ("temperature_low_c", "temperature_high_c")
CHECKS: dict[tuple[str, str], Callable[[str], str]] = {
    ("sites", "sector_sni"): lambda code: "" if is_sni_code(code) else "unknown_sni",
    ("sites", "organisation_number"): organisation_fault,
    ("flows", "ewc_code"): lambda code: "" if is_ewc_code(code) else "unknown_ewc",
}
MAX_TEXT = 2000  # letters of a cell
GENERALISED_KM = 2.0
PLACE_TABLES = {"sites": "site_id", "localities": "locality_id", "networks": "network_id"}


def find_faults(
    tables: dict[str, pd.DataFrame],
    *,
    decimal_comma: bool = False,
    known: Mapping[str, Set[str]] | None = None,
    region: Region | None = None,
    abroad: bool = False,
) -> list[Fault]:
    """
    Return every fault of a register's tables, in the order of table, row and column.

    Parameters
    ----------
    tables
        Text frames by table name (`sites`, `flows`, ...), indexed by the row a person sees.
    decimal_comma
        Whether 12,5 is read as twelve and a half (workbooks) or refused (CSV).
    known
        Ids that rows may name though the tables do not list them: sets by `site_id`, `source_id`.
        The bundled sites and sources are always known.
    region
        The study area, in whose municipalities points must lie as stated. None: the bundled one.
    abroad
        Whether a place without a municipality may lie outside Sweden.
    """
    area = bundled_region() if region is None else region
    faults: list[Fault] = []
    for name, table in tables.items():
        faults += _column_faults(name, table)
        faults += _cell_faults(name, table, area, decimal_comma=decimal_comma)
        faults += _key_faults(name, table)
    numbers = {name: read_numbers(name, table) for name, table in tables.items()}
    for name in ("flows", "synergies"):
        if name in tables:
            faults += _bound_faults(name, numbers[name])
            faults += _unit_faults(name, tables[name])
            faults += energy_faults(name, numbers[name])
    faults += _content_faults(tables)
    faults += _reference_faults(tables, known or {})
    if "sites" in tables:
        faults += _place_faults(numbers["sites"], abroad=abroad)
        faults += _municipality_faults(numbers["sites"], area)
    order = {name: i for i, name in enumerate(tables)}
    return sorted(set(faults), key=lambda f: (order[f.table], f.row, f.column))


def read_numbers(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its number columns as numbers; what is no number becomes NaN."""
    numeric = [c for c, field in fields(name).items() if field["type"] in ("number", "integer")]
    parsed = {c: as_numbers(table[c]) for c in numeric if c in table.columns}
    return table.assign(**parsed)


def fields(name: str) -> dict[str, dict[str, Any]]:
    """Return the described fields of a table by column name, with those a user may add."""
    return _described(data_folder())[name][0]


def column_words(column: str) -> list[str]:
    """Return the known words of a column of `OPEN`, whose words people may also make up."""
    keys = read_table("labels")["key"]
    return list(keys[keys.str.startswith(f"{column}:")].str.removeprefix(f"{column}:"))


def bundled_site_ids() -> set[str]:
    """Return the ids of every bundled place: sites, localities and networks."""
    return {str(i) for table, key in PLACE_TABLES.items() for i in read_table(table)[key]}


@once_per_folder
def swedish_municipalities() -> dict[str, str]:
    """Return the name of every Swedish municipality by code, read once; do not change it."""
    return dict(_municipality_shapes()["name"])


@cache
def _described(folder: Path) -> dict[str, tuple[dict[str, dict[str, Any]], str]]:
    """Return fields and key column of every table, read once per process and folder."""
    return {
        entry["name"]: (
            {f["name"]: f for f in entry["schema"]["fields"] + entry.get("optional_fields", [])},
            entry["schema"]["primaryKey"][0],
        )
        for entry in read_catalogue(folder)["resources"]
        if "schema" in entry
    }


def _is_required(field: dict[str, Any]) -> bool:
    """Say whether every row of a register of one's own must fill in a field."""
    return bool(field.get("constraints", {}).get("required") or field.get("asked_of_users"))


def _column_faults(name: str, table: pd.DataFrame) -> Iterator[Fault]:
    """Find unknown and missing columns."""
    known = fields(name)
    for column in table.columns:
        if column not in known:
            yield Fault(name, 1, column, "unknown_column", column, ", ".join(known))
    for column, field in known.items():
        if _is_required(field) and column not in table.columns:
            yield Fault(name, 1, column, "missing_column", column)


def _cell_faults(
    name: str, table: pd.DataFrame, region: Region, *, decimal_comma: bool
) -> Iterator[Fault]:
    """Find cells that are empty, no number, below the least, or not in the vocabulary."""
    for column, field in fields(name).items():
        if column not in table.columns:
            continue
        rules = field.get("constraints", {})
        # plain texts: a register is small, and a frame costs more than its cells
        cells = dict(zip(table.index.tolist(), table[column].tolist(), strict=True))
        filled = {row: cell for row, cell in cells.items() if cell != ""}
        if _is_required(field):
            for row in cells.keys() - filled.keys():
                rule = "place_missing" if column in ("lon", "lat") else "empty"
                yield Fault(name, row, column, rule, "")
        yield from _text_faults(name, column, filled)
        if field["type"] in ("number", "integer"):
            rules = rules | {"whole": field["type"] == "integer"}
            yield from _number_faults(name, column, filled, rules, decimal_comma=decimal_comma)
        else:
            for row, cell in filled.items():
                yield from _word_faults(Fault(name, row, column, "", cell), field, region)


def _word_faults(fault: Fault, field: dict[str, Any], region: Region) -> Iterator[Fault]:
    """Find a cell that is no id, no word of its vocabulary or not of its form."""
    rules, cell = field.get("constraints", {}), fault.found
    words = ["true", "false"] if field["type"] == "boolean" else rules.get("enum", [])
    if words:
        if cell not in words:
            yield fault._replace(rule="unknown_word", expected=", ".join(words))
    elif fault.column.endswith("_id"):
        if not ID.fullmatch(cell):
            yield fault._replace(rule="bad_id")
    elif "pattern" in rules and not re.fullmatch(rules["pattern"], cell, re.ASCII):
        if fault.column != "municipality_code":
            yield fault._replace(rule="bad_form", expected=rules["pattern"])
        elif cell not in region.municipalities.index:
            yield _unknown_municipality(fault.row, cell, region)


def _text_faults(name: str, column: str, cells: dict[int, str]) -> Iterator[Fault]:
    """Find texts that are too long, or hold characters that no document can carry."""
    for row, cell in cells.items():
        if len(cell) > MAX_TEXT:
            yield Fault(name, row, column, "too_long", cell[:20], str(MAX_TEXT))
        if CONTROL.search(cell):
            yield Fault(name, row, column, "bad_characters", ascii(cell)[1:-1])


def _number_faults(
    name: str, column: str, cells: dict[int, str], rules: dict[str, Any], *, decimal_comma: bool
) -> Iterator[Fault]:
    """Find text, decimal commas and out-of-range figures in a number column."""
    for row, cell in cells.items():
        plain = cell.replace(",", ".") if decimal_comma else cell
        if not NUMBER.fullmatch(plain):
            comma = NUMBER.fullmatch(cell.replace(",", ".")) is not None
            rule = "decimal_comma" if comma else "formula" if cell.startswith("=") else "no_number"
            yield Fault(name, row, column, rule, cell, cell.replace(",", "."))
            continue
        number = float(plain)
        if number < rules.get("minimum", -math.inf):
            yield Fault(name, row, column, "too_small", cell, str(rules["minimum"]))
        elif number > rules.get("maximum", 1e12):
            yield Fault(name, row, column, "too_large", cell, str(rules.get("maximum", 1e12)))
        elif rules["whole"] and not number.is_integer():
            yield Fault(name, row, column, "no_whole", cell)


def _key_faults(name: str, table: pd.DataFrame) -> Iterator[Fault]:
    """Find ids that stand on more than one row."""
    column = _described(data_folder())[name][1]
    if column in table.columns:
        filled = table[column][table[column] != ""]
        # files are named after ids, and some disks know no capitals
        for row, cell in filled[filled.str.casefold().duplicated()].items():
            yield Fault(name, _row(row), column, "repeated", cell)


def copied_faults(name: str, table: pd.DataFrame) -> Iterator[Fault]:
    """Find rows like an earlier one in every cell, which have no id of their own either."""
    column = _described(data_folder())[name][1]
    unnamed = table
    if column in table.columns:
        unnamed = table[table[column].isna() | (table[column] == "")]
    rows = pd.Series(list(zip(*(unnamed[c].astype("str") for c in unnamed), strict=True)))
    first: dict[object, int] = {}
    for row, cells in zip(unnamed.index.tolist(), rows, strict=True):
        if (like := first.setdefault(cells, row)) != row:
            shown = "name" if name == "sites" else "site_id"
            yield Fault(name, _row(row), shown, "copied", str(like))


def _bound_faults(name: str, table: pd.DataFrame) -> Iterator[Fault]:
    """Find low above value, value above high, use above value, temperatures in the wrong order."""
    pairs = [("low", "value"), ("value", "high"), ("temperature_low_c", "temperature_high_c")]
    pairs += [("low", "high"), ("return_temperature_c", "supply_temperature_c")]
    for less, more in pairs:
        if {less, more} <= set(table.columns):
            wrong = table[less] > table[more] * SLACK
            if (less, more) == ("low", "high") and "value" in table.columns:
                wrong &= table["value"].isna()  # else one of the other pairs says it
            for row in table.index[wrong]:
                found = f"{less} {table.loc[row, less]:g}, {more} {table.loc[row, more]:g}"
                yield Fault(name, _row(row), less, "order", found, f"{less} <= {more}")
    if {"committed", "value", "role"} <= set(table.columns):
        over = (table["committed"] > table["value"] * SLACK) & (table["role"] == "source")
        for row in table.index[over]:
            found = f"committed {table.loc[row, 'committed']:g}, value {table.loc[row, 'value']:g}"
            yield Fault(name, _row(row), "committed", "order", found, "committed <= value")


def _content_faults(tables: dict[str, pd.DataFrame]) -> list[Fault]:
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


def _unit_faults(name: str, table: pd.DataFrame) -> Iterator[Fault]:
    """Find rows whose unit is not the one unit of their resource."""
    if {"resource", "unit"} <= set(table.columns):
        units = read_table("resources").set_index("resource")["unit"]
        right = table["resource"].map(units)
        wrong = right.notna() & (table["unit"] != "") & (table["unit"] != right)
        for row in table.index[wrong]:
            yield Fault(name, _row(row), "unit", "unit", table.loc[row, "unit"], right[row])


def _reference_faults(
    tables: dict[str, pd.DataFrame], known: Mapping[str, Set[str]]
) -> Iterator[Fault]:
    """Find sites and sources that are named but not listed."""
    sources = set(read_table("sources")["source_id"]) | known.get("source_id", set())
    if "sources" in tables and "source_id" in tables["sources"]:
        sources |= set(tables["sources"]["source_id"])
    for name, table in tables.items():
        if name != "sources" and "source_id" in table.columns:
            filled = table["source_id"][table["source_id"] != ""]
            for row, cell in filled.items():
                if cell not in sources:
                    yield Fault(name, _row(row), "source_id", "unknown_source", cell)
    if {"sites", "flows"} <= set(tables) and "site_id" in tables["sites"].columns:
        places = set(tables["sites"]["site_id"]) | bundled_site_ids()
        places |= known.get("site_id", set())
        named = tables["flows"].get("site_id", pd.Series(dtype="str"))
        named = named[named != ""]
        for row, cell in named.items():
            if cell not in places:
                yield Fault("flows", _row(row), "site_id", "unknown_site", cell)


def _place_faults(sites: pd.DataFrame, *, abroad: bool) -> Iterator[Fault]:
    """Find coordinates that are swapped, projected or outside Sweden, for sites in Sweden."""
    if not {"lon", "lat"} <= set(sites.columns):
        return
    placed = _placed(sites)
    if abroad:
        placed = placed[_stated(placed) != ""]
    for row, lon, lat in zip(placed.index, placed["lon"], placed["lat"], strict=True):
        if fault := coordinate_fault(Point(lon, lat)):
            yield Fault("sites", _row(row), "lon", f"place_{fault}", *both_ways(lon, lat))


def _municipality_faults(sites: pd.DataFrame, region: Region) -> Iterator[Fault]:
    """Find codes of no municipality, and points that lie far from the one that is stated."""
    shapes, names = region.shapes, known_municipalities(region)
    stated = _stated(sites)
    four = stated[stated.str.fullmatch("[0-9]{4}")]
    for row, code in four[~four.isin(list(names))].items():
        yield _unknown_municipality(_row(row), code, region)
    if not {"lon", "lat"} <= set(sites.columns):
        return
    placed = _placed(sites)
    placed = placed[SWEDEN.hold(placed["lon"], placed["lat"])]
    degrees = gpd.GeoSeries.from_xy(placed["lon"], placed["lat"], crs=GEOGRAPHIC_CRS)
    metric = degrees.to_crs(METRIC_CRS)
    away = pd.DataFrame({c: metric.distance(shape) / 1000 for c, shape in shapes.items()})
    # a point is no better than its stated error
    error = placed.get("coordinate_error_km", pd.Series(0.0, placed.index)).fillna(0.0)
    here = stated[placed.index].isin(shapes.index)
    outside = away.min(axis=1) > error
    for row, lon, lat in zip(placed.index, placed["lon"], placed["lat"], strict=True):
        if outside[row] and here[row]:
            found = lon_lat(lon, lat)
            yield Fault("sites", _row(row), "lon", "place_outside", found, region.name)
    for row in away.index[~outside]:
        code = stated[row]
        far = away.loc[row, code] if here[row] else _km_away(metric[row], code, region)
        if far > error[row]:
            found = lon_lat(placed.loc[row, "lon"], placed.loc[row, "lat"])
            nearest = names[str(away.loc[row].idxmin())]
            yield Fault(
                "sites", _row(row), "municipality_code", "place_municipality", found, nearest
            )


def _km_away(point: Point, code: str, region: Region) -> float:
    """Return how far a point in the region lies from the municipality outside it that is stated."""
    shapes = sweden_shapes()
    if code not in shapes.index or not region.shapes.intersects(point).any():
        return 0.0
    # borders of the country around are generalised
    return float(max(shapes[code].distance(point) / 1000 - GENERALISED_KM, 0.0))


def _unknown_municipality(row: int, cell: str, region: Region) -> Fault:
    names = ", ".join(f"{name} ({code})" for code, name in region.names.items())
    return Fault("sites", row, "municipality_code", "unknown_municipality", cell, names)


def known_municipalities(region: Region) -> dict[str, str]:
    """Return the name of every municipality by code: those of Sweden and of the region."""
    return swedish_municipalities() | region.names.to_dict()


@once_per_folder
def _municipality_shapes() -> gpd.GeoDataFrame:
    """Return the municipalities of Sweden, the region's own exact; read once, do not change it."""
    shapes, own = load_swedish_municipalities(), bundled_region().municipalities.geometry
    shapes.loc[own.index, "geometry"] = own
    return shapes


@once_per_folder
def sweden_shapes() -> gpd.GeoSeries:
    """Return the municipalities of Sweden by code, metres, read once; do not change them."""
    return _municipality_shapes().geometry.to_crs(METRIC_CRS)


def _placed(sites: pd.DataFrame) -> pd.DataFrame:
    """Return the sites with both coordinates."""
    return sites[np.isfinite(sites["lon"]) & np.isfinite(sites["lat"])]


def _stated(sites: pd.DataFrame) -> pd.Series:
    """Return the stated municipality of each site, empty where there is none."""
    return sites.get("municipality_code", pd.Series("", index=sites.index)).fillna("")


def _row(row: object) -> int:
    return int(row)  # type: ignore[call-overload]
