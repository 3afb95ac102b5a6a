"""What every part asks of a place or a flow, filled in once, whatever the rows came from."""

from __future__ import annotations

import re
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from ..assumptions.ranges import with_bounds
from ..model import GEOGRAPHIC_CRS, METRIC_CRS, MONTH_COLUMNS, VISIBILITY
from ..region.area import Region, bundled_region
from ..region.coordinates import SWEDEN
from ..tables import once_per_folder, read_table
from .classes import flow_class
from .codes import organisation_number, sni_code
from .comparing import same
from .ids import with_flow_ids
from .locate import municipalities_of
from .rules import TEMPERATURES, swedish_municipalities

ACCESSIBLE_KM = 2
AMOUNTS = ("value", "low", "high", "committed")
IN_UNIT = (*AMOUNTS, *MONTH_COLUMNS)  # columns that stand in the unit of their row
DEFAULT_SOURCE = "company_statement"
SITE_DEFAULTS = {
    "kind": "unspecified",
    "operator": "",
    "status": "operating",
    "sector_sni": "",
    "visibility": "internal",
    "confidence": "C",
    "place_type": "site",
    "source_id": DEFAULT_SOURCE,
}
FLOW_DEFAULTS = {
    "stream": "unspecified",
    "additive": "yes",
    "method": "estimated",  # what nobody says was reported is called an estimate
    "category": "industrial",
    "confidence": "C",
    "source_id": DEFAULT_SOURCE,
    "origin": "stated",
    "scattered": "no",
}
# columns that the rest of the library reads, with what a blank column holds
SITE_COLUMNS = {"municipality_code": None, "population": np.nan, "area_ha": np.nan}
SITE_COLUMNS |= {"locality_id": None, "note": None, "coordinate_error_km": np.nan}
FLOW_NUMBERS = (
    *TEMPERATURES, "supply_temperature_c", "return_temperature_c", "committed", "hours_per_year",
    "concentration_vol_pct", "dry_matter_pct", "year",
)  # fmt: skip
FLOW_TEXTS = (
    "carbon", "note", "potential", "cascade", "material_class", "use_today", "ewc_code",
)  # fmt: skip
# how many units of the library one unit of the world is
UNITS: dict[str, tuple[str, float]] = {
    "gwh": ("GWh/yr", 1.0),
    "mwh": ("GWh/yr", 1e-3),
    "kwh": ("GWh/yr", 1e-6),
    "twh": ("GWh/yr", 1e3),
    "pj": ("GWh/yr", 1e3 / 3.6),
    "tj": ("GWh/yr", 1 / 3.6),
    "gj": ("GWh/yr", 1 / 3600),
    "kt": ("kt/yr", 1.0),
    "kton": ("kt/yr", 1.0),
    "t": ("kt/yr", 1e-3),
    "ton": ("kt/yr", 1e-3),
    "tonne": ("kt/yr", 1e-3),
    "tonnes": ("kt/yr", 1e-3),
    "mt": ("kt/yr", 1e3),
    "mton": ("kt/yr", 1e3),
    "kg": ("kt/yr", 1e-6),
}
# water is told by volume; where somebody weighs it, a tonne is a cubic metre
WATER_UNIT = "thousand m3/yr"
VOLUMES = {("water", "m3"): (WATER_UNIT, 1e-3), ("water", "mm3"): (WATER_UNIT, 1e3)}
VOLUMES |= {("water", "thousand m3"): (WATER_UNIT, 1.0), ("water", "tusen m3"): (WATER_UNIT, 1.0)}
VOLUMES |= {("water", unit): (WATER_UNIT, f) for unit, (to, f) in UNITS.items() if to == "kt/yr"}
YEARLY = re.compile(r"\s*((/|per|och)\s*(yr|år|year|annum|a)|årligen|yearly)$")


def unit_factor(text: str, resource: str = "") -> tuple[str, float] | None:
    """
    Return the unit of the library that a text means, and how many of it one is; None if unknown.

    Parameters
    ----------
    text
        As people write it; an amount without "a year" is an amount a year.
    resource
        Of which a volume can be a mass.

    Examples
    --------
    >>> unit_factor("MWh/år")
    ('GWh/yr', 0.001)
    >>> unit_factor("m³", "water")
    ('thousand m3/yr', 0.001)
    """
    unit = YEARLY.sub("", same(text)).rstrip(".")
    if resource == "co2":
        unit = re.sub(r"\s*(av )?(co2|koldioxid)$", "", unit)
    return VOLUMES.get((resource, unit)) or UNITS.get(unit)


def unit_factors(flows: pd.DataFrame) -> pd.Series:
    """Return by row how many of its resource's unit one of its own is; missing if not known."""
    units, factors = resource_units(), []
    for unit, resource in zip(flows["unit"], flows["resource"], strict=True):
        target, factor = (pd.notna(unit) and unit_factor(unit, resource)) or ("", np.nan)
        factors.append(factor if target == units.get(resource) else np.nan)
    return pd.Series(factors, flows.index, dtype=float)


def complete_sites(sites: pd.DataFrame, region: Region | None = None) -> gpd.GeoDataFrame:
    """
    Return places with every column that others read, indexed by site_id, points in EPSG:4326.

    A geometry column of any name is taken, else lon and lat in degrees. Blank cells get what is
    usual; a blank municipality is the one the point lies in; `inside` says whether that belongs
    to the study area, `region` (None: the bundled one). What cannot be filled stays blank for the
    rules to tell.
    """
    region = bundled_region() if region is None else region
    points = _as_points(sites.copy())
    for column, usual in SITE_DEFAULTS.items():
        points[column] = _filled(points, column, usual)
    for column, blank in SITE_COLUMNS.items():
        if column not in points:
            points[column] = blank
    for column, written in (("sector_sni", sni_code), ("organisation_number", organisation_number)):
        if column in points:
            cells = points[column].astype(object)
            points[column] = cells.map(written, na_action="ignore").astype("str")
    points["municipality_code"] = _with_municipality(points, region)
    points["inside"] = points["municipality_code"].isin(region.municipalities.index)
    others = [c for c in points.columns if c != "geometry"]
    return points[[*others, "geometry"]]


def complete_flows(flows: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """
    Return flows with every column that others read, in the units of resources.csv.

    `accessible` says whether a source of heat lies within 2 km of a district heating network.
    `class` is what a map colours: the temperature class of a heat source, the carbon of a CO2
    source, the family of a material or water, else the role or the resource. `inside` and
    `municipality_code` are those of the site, and no flow shows more than its site.
    """
    rows = with_flow_ids(flows.reset_index(drop=flows.index.name != "flow_id"))
    for column in FLOW_NUMBERS:
        if column not in rows:
            rows[column] = np.nan
    for column in FLOW_TEXTS:
        if column not in rows:
            rows[column] = None
    for column, usual in FLOW_DEFAULTS.items():
        rows[column] = _filled(rows, column, usual)
    rows = _in_units(rows)
    if "value" in rows:
        rows = with_bounds(rows)
    for one, other in (TEMPERATURES, TEMPERATURES[::-1]):
        rows[one] = rows[one].fillna(rows[other])  # one temperature is both ends of the stream
    if "site_id" in rows:
        place = rows["site_id"]
        rows["visibility"] = _visibility(rows, place.map(sites["visibility"]))
        rows["municipality_code"] = place.map(sites["municipality_code"])
        rows["inside"] = place.isin(sites.index[sites["inside"]])
        heat = (rows["resource"] == "heat") & (rows["role"] == "source")
        # a register cut to an area keeps what its whole said
        known = rows["accessible"].eq(True) if "accessible" in rows else False
        rows["accessible"] = heat & (place.isin(near_networks(sites)) | known)
    rows["class"] = flow_class(rows)
    return rows


def near_networks(sites: pd.DataFrame) -> pd.Index:
    """
    Return the places within 2 km of a district heating network.

    A network reaches as far as the locality it serves: a circle of the locality's area.
    """
    placed = sites[SWEDEN.hold(sites["lon"], sites["lat"])]
    networks = placed[placed["place_type"] == "network"]
    if networks.empty:
        return networks.index
    degrees = gpd.GeoSeries.from_xy(placed["lon"], placed["lat"], crs=GEOGRAPHIC_CRS)
    here = degrees.to_crs(METRIC_CRS)
    area = placed["area_ha"].reindex(networks["locality_id"]).astype(float).fillna(0.0).to_numpy()
    grounds = here[networks.index].buffer(np.sqrt(area * 1e4 / np.pi) + ACCESSIBLE_KM * 1000)
    return placed.index[here.intersects(grounds.union_all())]


def _as_points(sites: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return places by site_id with one geometry column of points in degrees, lon and lat."""
    if "site_id" in sites.columns:
        sites = sites.set_index("site_id")
    table = sites.rename_axis("site_id")
    if isinstance(table, gpd.GeoDataFrame) and table.active_geometry_name:
        geometry = table.geometry.map(one_point) if len(table) else table.geometry
        others = table.columns[table.dtypes.astype(str) == "geometry"]
        plain = pd.DataFrame(table.drop(columns=others))
        known = table.crs
        points = gpd.GeoDataFrame(plain, geometry=geometry.to_numpy(), crs=known)
        if known is not None and known != GEOGRAPHIC_CRS:
            points = points.to_crs(GEOGRAPHIC_CRS)
        is_point = points.geom_type == "Point"
        for name in ("lon", "lat"):
            axis = {"lon": "x", "lat": "y"}[name]
            points[name] = np.nan
            points.loc[is_point, name] = getattr(points.geometry[is_point], axis)
        return points
    lon, lat = (
        pd.to_numeric(table[c], errors="coerce") if c in table else pd.Series(np.nan, table.index)
        for c in ("lon", "lat")
    )
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=GEOGRAPHIC_CRS)


def one_point(shape: BaseGeometry | None) -> BaseGeometry | None:
    """Return a point inside a surface, or the one point of a multipoint; other shapes stay."""
    if shape is None or shape.is_empty:
        return shape
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape.representative_point()
    return shape.geoms[0] if shape.geom_type == "MultiPoint" and len(shape.geoms) == 1 else shape


def _with_municipality(points: gpd.GeoDataFrame, region: Region) -> pd.Series:
    """Return the municipality of each place as a region has it, missing where there is none."""
    stated = municipalities_of(points["municipality_code"], points.geometry, region)
    # parts of a region that are no Swedish municipalities have codes that nobody states
    if not region.municipalities.index.isin(swedish_municipalities()).all():
        own = region.codes(points.geometry)
        stated = stated.where(stated.isin(region.municipalities.index) | own.isna(), own)
    return stated.where(~stated.isin([""]), None).astype("str")


def _in_units(rows: pd.DataFrame) -> pd.DataFrame:
    """Return flows in the unit of their resource, where the unit given can be turned into it."""
    if not {"unit", "resource"} <= set(rows.columns):
        return rows
    factor = unit_factors(rows)
    other = factor.notna() & (factor != 1.0)
    if other.any():
        for column in rows.columns.intersection(IN_UNIT):
            rows[column] = rows[column].astype(float)
            rows.loc[other, column] *= factor[other]
    told = rows["resource"].map(resource_units())
    rows["unit"] = rows["unit"].astype(object).where(factor.isna(), told).astype("str")
    return rows


def _visibility(rows: pd.DataFrame, of_site: pd.Series) -> pd.Series:
    """Return who may see each flow: as stated or as its site, whichever shows less."""
    own = _filled(rows, "visibility", None).fillna(of_site).fillna("internal")
    order = {word: number for number, word in enumerate(VISIBILITY)}
    stricter = of_site.map(order) > own.map(order)
    return own.where(~stricter, of_site).astype("str")


def _filled(table: pd.DataFrame, column: str, usual: object) -> pd.Series:
    """Return a column of text with blanks filled in."""
    if column not in table:
        return pd.Series(usual, index=table.index, dtype="str")
    cells = table[column].astype(object)
    blank = cells.isna() | (cells == "")
    return cells.where(~blank, usual).astype("str")


@once_per_folder
def resource_units() -> Mapping[str, str]:
    """Return the unit of each resource, read once per process and folder."""
    table = read_table("resources")
    return dict(zip(table["resource"], table["unit"], strict=True))
