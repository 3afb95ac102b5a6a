"""Statistics Sweden's open geodata: DeSO areas, which make up the municipalities in full detail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely import make_valid
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ..errors import RefreshError
from ..files import lock_beside, locked
from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from ..tables import read_table
from .cache import Record, cache_folder, obtain
from .endpoints import Endpoint, find_endpoint
from .fetch import DEFAULT, Limits
from .shapes import all_municipalities, member, of_type, read_object, refuse

DESO = "scb_deso"
AREA_CODE = re.compile(r"\d{4}[ABC]\d{4}")
EASTINGS, NORTHINGS = (200_000, 1_000_000), (6_000_000, 7_800_000)
LEAST_SHARE = 0.98  # of the land of a municipality that its areas must cover


def read_areas(body: bytes, endpoint: Endpoint) -> gpd.GeoDataFrame:
    """Read DeSO areas from GeoJSON in EPSG:3006: columns area_code and municipality_code."""
    content = read_object(body, endpoint)
    if content.get("type") != "FeatureCollection":
        refuse(endpoint, "a GeoJSON FeatureCollection", content.get("type"))
    features = member(content, "features", list, endpoint)
    matched = content.get("numberMatched")
    if isinstance(matched, int) and matched != len(features):
        refuse(endpoint, f"all {matched} areas in one answer", f"{len(features)} areas")
    _check_system(content.get("crs"), endpoint)
    rows = [_area(feature, endpoint) for feature in features]
    areas = gpd.GeoDataFrame(
        rows, columns=["area_code", "municipality_code", "geometry"], crs=METRIC_CRS
    )
    all_municipalities(areas["municipality_code"], endpoint)
    if areas["area_code"].duplicated().any():
        refuse(
            endpoint, "each area once", areas["area_code"][areas["area_code"].duplicated()].iloc[0]
        )
    west, south, east, north = areas.total_bounds
    if not (
        EASTINGS[0] < west < east < EASTINGS[1] and NORTHINGS[0] < south < north < NORTHINGS[1]
    ):
        refuse(endpoint, "coordinates in SWEREF 99 TM", areas.total_bounds.tolist())
    _check_cover(areas, endpoint)
    return areas


def municipalities_from(areas: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the areas put together by municipality_code, in EPSG:4326."""
    whole = areas.dissolve("municipality_code")
    return whole.geometry.to_crs(GEOGRAPHIC_CRS)


def load_fine_shapes(
    servers: Mapping[str, str] | None = None,
    *,
    folder: Path | None = None,
    offline: bool = False,
    limits: Limits = DEFAULT,
) -> tuple[gpd.GeoSeries, Record]:
    """
    Load the municipalities in full detail, in EPSG:4326, from the cache or else from the source.

    Raises
    ------
    RefreshError
        If they are not in the cache and cannot be fetched.
    """
    folder = cache_folder() if folder is None else folder
    endpoint = find_endpoint(DESO, servers)
    with suppress(RefreshError):  # what is there can be read while somebody else fetches
        areas, record = obtain(endpoint, read_areas, folder=folder, offline=True)
        return municipalities_from(areas), record
    try:
        with locked(lock_beside(folder), what=folder):
            areas, record = obtain(
                endpoint, read_areas, folder=folder, max_age_h=None, offline=offline, limits=limits
            )
    except RefreshError as error:
        msg = (
            f'The fine boundaries are not there: {error} Until then use detail="overview", or run '
            "`symbios-geo refresh --what boundaries` when online."
        )
        raise type(error)(msg) from None
    return municipalities_from(areas), record


def _area(feature: object, endpoint: Endpoint) -> tuple[str, str, BaseGeometry]:
    """Return code, municipality and polygon of one feature."""
    entry = of_type(feature, dict, "a feature", endpoint)
    facts = member(entry, "properties", dict, endpoint)
    code = member(facts, "desokod", str, endpoint)
    town = member(facts, "kommunkod", str, endpoint)
    if not AREA_CODE.fullmatch(code) or not code.startswith(town) or len(town) != 4:
        refuse(endpoint, "a DeSO code that begins with its municipality", (code, town))
    outline = member(entry, "geometry", dict, endpoint)
    if outline.get("type") not in ("Polygon", "MultiPolygon"):
        refuse(endpoint, f"a polygon for {code}", outline.get("type"))
    try:
        geometry = make_valid(shape(outline))
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        refuse(endpoint, f"coordinates of a polygon for {code}", outline.get("coordinates"))
    if not geometry.area > 0:
        refuse(endpoint, f"a polygon with an area for {code}", geometry.area)
    return code, town, geometry


def _check_system(system: Any, endpoint: Endpoint) -> None:
    """Refuse another coordinate system than SWEREF 99 TM; GeoJSON need not name one."""
    if system is None:
        return
    facts = member(of_type(system, dict, "the field 'crs'", endpoint), "properties", dict, endpoint)
    if not str(facts.get("name", "")).endswith("3006"):
        refuse(endpoint, "the coordinate system EPSG:3006", facts)


def _check_cover(areas: gpd.GeoDataFrame, endpoint: Endpoint) -> None:
    """Refuse areas that leave out a part of a municipality's land."""
    land = read_table("municipalities").set_index("municipality_code")["land_km2"]
    found = areas.area.groupby(areas["municipality_code"]).sum() / 1e6
    if len(short := [code for code in land.index if found[code] < LEAST_SHARE * land[code]]):
        code = short[0]
        refuse(endpoint, f"at least {land[code]:g} km2 for {code}", f"{found[code]:.0f} km2")
