"""Routes along roads: what replaces a straight line times a detour where a road leads there."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree
from shapely import LineString

from ..errors import MatchError
from ..model import METRIC_CRS
from ..tables import data_folder

ROADS = "roads/main_roads_nvdb_CC0.geojson"
STEP_M = 100.0  # a road is left at one of its points, this far apart
MOST_ACCESS, MOST_ROUTE = 0.25, 2.0  # of the straight line: else a road does not lead there


class Roads(NamedTuple):
    """A road network: `points` (m) a step apart, and the length (km) of what joins them."""

    points: np.ndarray
    graph: csr_array


def load_roads() -> gpd.GeoDataFrame:
    """
    Load the bundled main roads of Halland as lines in EPSG:4326.

    County roads are not among them. Source: trafikverket_nvdb_2026.

    Examples
    --------
    >>> sorted(load_roads()["road"].unique())[-2:]
    ['E6', 'E6.04']
    """
    return gpd.read_file(data_folder() / ROADS)


def road_network(roads: gpd.GeoDataFrame) -> Roads:
    """
    Return lines as a network; they are joined where they share a coordinate, to the metre.

    Raises
    ------
    MatchError
        If the roads have no coordinate system, or hold no line.
    """
    if roads.crs is None:
        msg = 'The roads have no coordinate system. Set one: roads.set_crs("EPSG:4326").'
        raise MatchError(msg)
    lines = roads.geometry.to_crs(METRIC_CRS).explode(index_parts=False)
    lines = lines[lines.geom_type.isin(["LineString", "LinearRing"]) & ~lines.is_empty]
    if lines.empty:
        msg = "The roads hold no line. Give a GeoDataFrame of lines."
        raise MatchError(msg)
    corners, line = shapely.get_coordinates(
        shapely.segmentize(lines.to_numpy(), STEP_M), return_index=True
    )
    own, of_line = shapely.get_coordinates(lines.to_numpy(), return_index=True)
    stated = set(zip(of_line, *own.T, strict=True))
    # a point between two stated ones is its line's alone: a bridge is no junction
    alone = [-1 if at in stated else at[0] for at in zip(line, *corners.T, strict=True)]
    nodes, node = np.unique(np.column_stack([corners.round(), alone]), axis=0, return_inverse=True)
    points = nodes[:, :2]
    along = np.flatnonzero(line[1:] == line[:-1])
    ends = np.sort(np.column_stack([node[along], node[along + 1]]), axis=1)
    ends = np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0)
    length = np.hypot(*(points[ends[:, 0]] - points[ends[:, 1]]).T) / 1000
    size = (len(points), len(points))
    return Roads(points, csr_array((length, (ends[:, 0], ends[:, 1])), shape=size))


def road_routes(
    start: gpd.GeoSeries, end: gpd.GeoSeries, roads: gpd.GeoDataFrame, detour_factor: float
) -> gpd.GeoDataFrame:
    """
    Return the route of each pair of points along roads, and its length.

    The way to the road and from it is straight times the detour factor. A pair has no route where
    these ways are together over a quarter of the straight line between its ends (a pipe within a
    town goes through its streets), where the route is over twice that line (a smaller road, which
    is not among these, leads more directly), or where no road joins them.

    Parameters
    ----------
    start, end
        Points in one order, in any coordinate system.
    roads
        Lines that share coordinates where they meet (see `load_roads`).
    detour_factor
        Route over straight distance off the roads.

    Returns
    -------
    routes
        Indexed as `start`: `km`, NaN without a route, and the line in EPSG:3006.
    """
    network = road_network(roads)
    tree = KDTree(network.points)
    ends = [np.column_stack([p.x, p.y]) for p in (s.to_crs(METRIC_CRS) for s in (start, end))]
    away, node = zip(*(tree.query(points) for points in ends), strict=True)
    access = (away[0] + away[1]) / 1000
    straight = np.hypot(*(ends[0] - ends[1]).T) / 1000
    fits = (access <= MOST_ACCESS * straight) & (straight > 0)
    km = np.full(len(start), np.nan)
    lines = [LineString()] * len(start)
    origins, row = np.unique(node[0][fits], return_inverse=True)
    if len(origins):
        far, before = dijkstra(
            network.graph, directed=False, indices=origins, return_predecessors=True
        )
        for at, pair in zip(row, np.flatnonzero(fits), strict=True):
            goal = node[1][pair]
            route = far[at, goal] + access[pair] * detour_factor
            if route > MOST_ROUTE * straight[pair]:
                continue
            km[pair] = route
            path = [goal]
            while path[-1] != origins[at]:
                path.append(before[at, path[-1]])
            way = [ends[0][pair], *network.points[path[::-1]], ends[1][pair]]
            lines[pair] = LineString(way).simplify(1.0)
    return gpd.GeoDataFrame({"km": km}, geometry=lines, index=start.index, crs=METRIC_CRS)
