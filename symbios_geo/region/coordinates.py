"""Where a pair of numbers can lie: limits of the country and its grid, and what is wrong."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
from shapely import Point

from ..errors import PlaceError
from ..labels import label


class Limits(NamedTuple):
    """Between which numbers the places of an area lie in a coordinate system."""

    east: tuple[float, float]
    north: tuple[float, float]

    def hold(self, x: Any, y: Any) -> Any:
        """Say which places lie within or on the limits: of numbers, arrays or columns."""
        (west, east), (south, north) = self
        return (west <= x) & (x <= east) & (south <= y) & (y <= north)


SWEDEN = Limits((10.0, 25.0), (54.5, 69.5))  # degrees
SCANDINAVIA = Limits((4.0, 32.0), (54.0, 72.0))  # where SWEREF 99 TM still holds
# the same in SWEREF 99 TM, metres
SWEDEN_GRID = Limits((250_000.0, 930_000.0), (6_100_000.0, 7_700_000.0))
SCANDINAVIA_GRID = Limits((-150_000.0, 1_150_000.0), (5_900_000.0, 7_950_000.0))
RT90 = Limits((1_150_000.0, 1_950_000.0), SCANDINAVIA_GRID.north)  # the grid before it


def east_north(x: float, y: float) -> tuple[float, float]:
    """Return two numbers of a place, east first: in Swedish systems north is the larger one."""
    return (x, y) if x <= y else (y, x)


def check_coordinates(points: gpd.GeoSeries) -> None:
    """Raise PlaceError for points that are missing, swapped, abroad or in a system not declared."""
    if points.crs is None:
        msg = 'The points have no coordinate system. Set one: points.set_crs("EPSG:4326").'
        raise PlaceError(msg)
    limits = SWEDEN if points.crs.is_geographic else None
    faults = [
        f"{name}: {label(f'fault:place_{fault}', 'en', **_words(point))}"
        for name, point in points.items()
        if (fault := coordinate_fault(point, limits))
    ]
    if faults:
        raise PlaceError("These points cannot be placed:\n- " + "\n- ".join(faults))


def coordinate_fault(point: Point | None, limits: Limits | None = SWEDEN) -> str:
    """
    Return what is wrong with a point: missing, swapped, projected, abroad; empty if nothing.

    Parameters
    ----------
    point
        Where; longitude comes first.
    limits
        In degrees; None for a point in another system, which is only asked to be there.
    """
    if point is None or point.is_empty or not (np.isfinite(point.x) and np.isfinite(point.y)):
        return "missing"
    if limits is None or limits.hold(point.x, point.y):
        return ""
    if limits.hold(*east_north(point.x, point.y)):
        return "swapped"
    return "projected" if abs(point.x) > 180 or abs(point.y) > 90 else "abroad"


def lon_lat(lon: float, lat: float) -> str:
    """Write a place in degrees, as precisely as it was given."""
    return f"lon {lon:.10g}, lat {lat:.10g}"


def both_ways(lon: float, lat: float) -> tuple[str, str]:
    """Write a place in degrees as it is given, and with its numbers exchanged."""
    return lon_lat(lon, lat), lon_lat(lat, lon)


def _words(point: Point | None) -> dict[str, str]:
    """Return a place as it is given, and with its numbers exchanged."""
    if point is None or point.is_empty:
        return {"found": "", "expected": ""}
    found, expected = both_ways(point.x, point.y)
    return {"found": found, "expected": expected}
