"""The rules of a register asked of frames: the same as of files, each fault with its row and id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import pandas as pd

from ..region.area import Region
from ..region.coordinates import SCANDINAVIA, both_ways, coordinate_fault
from ..spelling import nearest
from .faults import Fault
from .material_rules import balance_faults
from .rules import SLACK, fields, find_faults

# a place abroad has none
MAY_LACK = {"sites": {"municipality_code", "sector_sni", "operator"}, "flows": {"carbon"}}
LIKENESS = 0.85  # of a column's name to one that is missing


def frame_faults(
    given: pd.DataFrame,
    sites: gpd.GeoDataFrame,
    flows: pd.DataFrame,
    synergies: pd.DataFrame | None,
    known: tuple[()] | tuple[gpd.GeoDataFrame, pd.DataFrame],
    region: Region,
    sources: pd.DataFrame | None = None,
) -> list[Fault]:
    """
    Return every fault of completed frames, in the order of table, row and column.

    Parameters
    ----------
    given
        The places before they were completed: a coordinate system may be missing.
    sites, flows, synergies
        As `complete` returned them.
    known
        Places and flows that are there already, whose ids may be named but not used again.
    region
        The study area.
    sources
        References that rows may name beside the bundled ones.
    """
    if isinstance(given, gpd.GeoDataFrame) and len(given):
        if given.active_geometry_name is None:
            return [Fault("sites", 0, "geometry", "no_geometry", "")]
        if given.crs is None:
            return [Fault("sites", 0, "geometry", "no_crs", "")]
    elif len(given) and not {"lon", "lat"} <= set(given.columns):
        return [Fault("sites", 0, "geometry", "no_geometry", "")]
    frames = {"sites": sites.reset_index(), "flows": flows}
    tables = {name: _texts(name, frame) for name, frame in frames.items() if len(frame)}
    places = set(sites.index.astype(str)) | (set(known[0].index) if known else set())
    cited = set() if sources is None else set(sources["source_id"])
    named = {"site_id": places, "source_id": cited}
    faults = find_faults(tables, known=named, region=region, abroad=True)
    faults += _shape_faults(sites)
    faults += _taken_faults(frames, known)
    if len(flows):
        faults += _site_faults(flows, places)
        faults += balance_faults(flows, synergies)
    if synergies is not None:
        faults += _exchange_faults(synergies)
    for name, frame in frames.items():
        faults += _misspelt(name, frame)
    told = {(f.table, f.row, f.column) for f in faults if f.rule == "place_no_point"}
    ids = {name: frame[key].tolist() for name, frame, key in _keyed(frames)}
    return [
        fault._replace(key=str(ids[fault.table][fault.row - 1]))
        if 0 < fault.row <= len(ids.get(fault.table, ()))
        else fault
        for fault in sorted(set(faults), key=lambda f: (f.table == "flows", f.row, f.column))
        if not (fault.rule == "place_missing" and (fault.table, fault.row, "geometry") in told)
        and not (fault.column == "municipality_code" and fault.rule in ("empty", "missing_column"))
    ]


def _keyed(frames: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Yield each table with the column of its ids."""
    for name, key in (("sites", "site_id"), ("flows", "flow_id")):
        if key in frames[name]:
            yield name, frames[name], key


def _texts(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the described columns of a frame as a person would write them, rows from 1."""
    texts = {}
    for column in fields(name):
        if column not in frame:
            continue
        cells = [_text(cell) for cell in frame[column].tolist()]
        if any(cells) or column not in MAY_LACK.get(name, ()):
            texts[column] = cells
    return pd.DataFrame(texts, index=range(1, len(frame) + 1), dtype="str")


def _text(cell: Any) -> str:
    """Return a cell as text: nothing for a missing one, true or false, a plain number."""
    if cell is None or cell is pd.NA or cell != cell:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"{cell:.12g}" if isinstance(cell, float) else str(cell)


def _shape_faults(sites: gpd.GeoDataFrame) -> Iterator[Fault]:
    """Find places that are no point, and points outside Scandinavia."""
    shapes = zip(sites.geometry, sites["inside"], strict=True)
    for row, (shape, inside) in enumerate(shapes, 1):
        if shape is None or shape.is_empty:
            continue  # the rules tell that coordinates are missing
        if shape.geom_type != "Point":
            yield Fault("sites", row, "geometry", "place_no_point", shape.geom_type)
        elif not inside:
            rule = coordinate_fault(shape, SCANDINAVIA)
            if rule not in ("", "missing"):  # the rules tell the latter too
                yield Fault("sites", row, "lon", f"place_{rule}", *both_ways(shape.x, shape.y))


def _taken_faults(frames: dict[str, Any], known: Any) -> Iterator[Fault]:
    """Find ids that a place or flow has which is there already."""
    for (name, frame, key), before in zip(_keyed(frames), known, strict=False):
        taken = set(before.index if name == "sites" else before[key])
        for row, cell in enumerate(frame[key].tolist(), 1):
            if cell in taken:
                yield Fault(name, row, key, "repeated", str(cell))


def _site_faults(flows: pd.DataFrame, places: set[str]) -> Iterator[Fault]:
    """Find flows at a place that the register does not hold."""
    for row, cell in enumerate(flows.get("site_id", pd.Series(dtype="str")).tolist(), 1):
        if isinstance(cell, str) and cell and cell not in places:
            yield Fault("flows", row, "site_id", "unknown_site", cell)


def _exchange_faults(synergies: pd.DataFrame) -> Iterator[Fault]:
    """Find exchanges without an amount in the right order."""
    if {"low", "value", "high"} <= set(synergies.columns):
        low, value, high = (pd.to_numeric(synergies[c]) for c in ("low", "value", "high"))
        wrong = (low > value * SLACK) | (value > high * SLACK)
        for row in wrong.to_numpy().nonzero()[0]:
            found = f"low {low.iloc[row]:g}, value {value.iloc[row]:g}, high {high.iloc[row]:g}"
            yield Fault("synergies", row + 1, "value", "order", found, "low <= value <= high")


def _misspelt(name: str, frame: pd.DataFrame) -> Iterator[Fault]:
    """Find columns of a frame's own whose name is nearly one that the rules know."""
    known = fields(name)
    for column in frame.columns:
        if column in known or not isinstance(column, str):
            continue
        if near := nearest(column, known, LIKENESS):
            yield Fault(name, 0, column, "unknown_column", column, near[0])
