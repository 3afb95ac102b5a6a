"""Where a pair of numbers can lie: limits of the country and its grid, and what is wrong."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from shapely import Point

from .errors import PlaceError
from .labels import label

SWEDEN_LON, SWEDEN_LAT = (10.0, 25.0), (54.5, 69.5)
SCANDINAVIA_LON, SCANDINAVIA_LAT = (4.0, 32.0), (54.0, 72.0)  # where SWEREF 99 TM still holds
# the corners of Sweden in SWEREF 99 TM; northing and easting cannot be mistaken for each other
NORTHING, EASTING = (6_100_000.0, 7_700_000.0), (250_000.0, 930_000.0)


def check_coordinates(points: gpd.GeoSeries) -> None:
    """Raise PlaceError for points that are missing, swapped or in an undeclared system."""
    if points.crs is None:
        msg = 'The points have no coordinate system. Set one: points.set_crs("EPSG:4326").'
        raise PlaceError(msg)
    faults = [
        f"{name}: {label(f'fault:place_{fault}', 'en', found=_found(point))}"
        for name, point in points.items()
        if (fault := coordinate_fault(point, geographic=bool(points.crs.is_geographic)))
    ]
    if faults:
        raise PlaceError("These points cannot be placed:\n- " + "\n- ".join(faults))


def coordinate_fault(
    point: Point | None,
    *,
    geographic: bool = True,
    lon: tuple[float, float] = SWEDEN_LON,
    lat: tuple[float, float] = SWEDEN_LAT,
) -> str:
    """Return what is wrong with a point: missing, swapped, projected, abroad; empty if nothing."""
    if point is None or point.is_empty or not (np.isfinite(point.x) and np.isfinite(point.y)):
        return "missing"
    if not geographic or (between(point.x, lon) and between(point.y, lat)):
        return ""
    if between(point.y, lon) and between(point.x, lat):
        return "swapped"
    return "projected" if abs(point.x) > 180 or abs(point.y) > 90 else "abroad"


def in_grid(easting: float, northing: float) -> bool:
    """Say whether two numbers can be a place in Sweden in SWEREF 99 TM."""
    return between(easting, EASTING) and between(northing, NORTHING)


def between(value: float, limits: tuple[float, float]) -> bool:
    """Say whether a number lies between two limits, or on one of them."""
    return limits[0] <= value <= limits[1]


def lon_lat(lon: float, lat: float) -> str:
    """Write a place in degrees, as precisely as it was given."""
    return f"lon {lon:.10g}, lat {lat:.10g}"


def _found(point: Point | None) -> str:
    return "" if point is None or point.is_empty else lon_lat(point.x, point.y)
