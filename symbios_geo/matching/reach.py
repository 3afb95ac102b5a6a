"""Candidate links: which source lies within reach of which sink, by distance in SWEREF 99 TM."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from ..errors import MatchError
from ..model import METRIC_CRS
from ..region.coordinates import RT90, SCANDINAVIA, SCANDINAVIA_GRID, east_north

LARGEST_DEGREES = 360
POINT = shapely.GeometryType.POINT


def candidate_links(sources: gpd.GeoDataFrame, sinks: Any, *, max_km: float) -> Any:
    """
    Pair every source with every sink within reach, with the straight distance in km.

    Parameters
    ----------
    sources, sinks
        Points with a coordinate system, indexed by id. Distances are taken in SWEREF 99 TM. Sinks
        may be a `dask_geopandas` frame: each partition is then paired by itself, in bounded
        memory, and the links are a dask frame.
    max_km
        Longest straight distance of a link, km.

    Returns
    -------
    links
        Columns `source`, `sink` (the ids) and `distance_km`; the same points give the same order.

    Raises
    ------
    MatchError
        If the reach is not positive, or points have no coordinate system, id or place of their own.

    Examples
    --------
    >>> mill = gpd.GeoSeries.from_xy([12.0], [57.0], index=["mill"], crs=4326)
    >>> town = gpd.GeoSeries.from_xy([12.1], [57.0], index=["town"], crs=4326)
    >>> links = candidate_links(mill.to_frame("geometry"), town.to_frame("geometry"), max_km=10)
    >>> links["distance_km"].round(1).tolist()
    [6.1]
    """
    if not (np.isfinite(max_km) and max_km > 0):
        msg = f"max_km = {max_km!r} must be a positive number of kilometres."
        raise MatchError(msg)
    if hasattr(sinks, "map_partitions"):
        # a partition sees its own ids only
        _check_ids(sinks.index.compute())
        head = sinks.head(1, npartitions=-1)
        few = _links_between(sources.iloc[:1], head, max_km)
        return sinks.map_partitions(lambda part: _links_between(sources, part, max_km), meta=few)
    return _links_between(sources, sinks, max_km)


def _links_between(
    sources: gpd.GeoDataFrame, sinks: gpd.GeoDataFrame, max_km: float
) -> pd.DataFrame:
    """Pair points held in memory."""
    i, j, metres = pairs_within(_metres(sources), _metres(sinks), max_km * 1000)
    ids = sources.index.take(i), sinks.index.take(j)
    # two text indexes without a row cannot be joined: pyarrow knows no type of nothing
    source, sink = ids if len(i) else (each.astype(object) for each in ids)
    return pd.DataFrame(
        {
            "source": source,
            "sink": sink,
            "distance_km": metres / 1000,
        },
        copy=False,
    )


def pairs_within(
    first: np.ndarray, second: np.ndarray, reach: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs i, j and their distance, for points (x, y) at most `reach` apart."""
    found = cKDTree(first).sparse_distance_matrix(cKDTree(second), reach, output_type="ndarray")
    return found["i"], found["j"], found["v"]


def _metres(points: gpd.GeoDataFrame) -> np.ndarray:
    """Return coordinates in metres; degrees would stretch every distance east-west."""
    if points.crs is None:
        msg = 'The points have no coordinate system. Set one: points.set_crs("EPSG:4326").'
        raise MatchError(msg)
    _check_ids(points.index)
    metric = points.geometry.to_crs(METRIC_CRS).to_numpy()
    is_point = (shapely.get_type_id(metric) == POINT) & ~shapely.is_empty(metric)
    metres = np.full((len(points), 2), np.nan)
    metres[is_point] = shapely.get_coordinates(metric[is_point])
    placed = np.isfinite(metres).all(axis=1)
    if not placed.all():
        at = points.index[int(np.argmin(placed))]
        msg = f"{at!r} is no point with finite coordinates. Use representative_point(), or drop it."
        raise MatchError(msg)
    if len(metres) and np.abs(metres).max() <= LARGEST_DEGREES:
        msg = f'The coordinates are degrees, not {points.crs.name}. Set them: set_crs("EPSG:4326").'
        raise MatchError(msg)
    inside = SCANDINAVIA_GRID.hold(*metres.T)
    if not inside.all():
        _refuse_far(points, metres, int(np.argmin(inside)))
    return metres


def _check_ids(index: pd.Index) -> None:
    """Refuse ids that stand more than once."""
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        msg = f"The points name {twice!r} more than once. Give each its own id."
        raise MatchError(msg)


def _refuse_far(points: gpd.GeoDataFrame, metres: np.ndarray, at: int) -> None:
    """Say which point lies where SWEREF 99 TM does not hold, and what is probably wrong with it."""
    (x, y), (east, north) = shapely.get_coordinates(points.geometry.iloc[at])[0], metres[at]
    if points.crs.is_geographic and SCANDINAVIA.hold(*east_north(x, y)):
        guess = "They look swapped: longitude comes first, points_from_xy(lon, lat)."
    elif RT90.hold(east, north):
        guess = 'They look like RT 90: set_crs("EPSG:3021", allow_override=True).'
    elif SCANDINAVIA_GRID.hold(*east_north(east, north)):
        guess = "They look swapped: easting comes first, points_from_xy(easting, northing)."
    else:
        guess = "Check the coordinates and their system."
    msg = f"{points.index[at]!r} at ({x:g}, {y:g}) lies outside Scandinavia. {guess}"
    raise MatchError(msg)
