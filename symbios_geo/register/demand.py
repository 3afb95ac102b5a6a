"""Demand for heat from a grid or a raster, as places and flows that a register can take in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.checks import check_choice
from ..errors import RegisterError
from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from .complete import unit_factor
from .property_heat import STREAM

# what a cell of a raster holds: amount a year on an area of so many hectares; 0 is the cell itself
DENSITIES = {
    "MWh/ha": ("MWh", 1.0),
    "GWh/km2": ("GWh", 100.0),
    "kWh/m2": ("kWh", 1e-4),
    "TJ/km2": ("TJ", 100.0),
    "MWh": ("MWh", 0.0),
    "GWh": ("GWh", 0.0),
}
SPREAD = 0.2  # how far a modelled cell may be off when nobody says; as localities in the register


def from_raster(
    path: str | Path,
    *,
    unit: str = "MWh/ha",
    cell_km: float = 1.0,
    name: str = "cell",
    **about: Any,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """
    Return the heat demand of a raster as places and flows, for `register.add` or `load_register`.

    Pixels are added up to square cells, each placed at the centre of its demand. The sum of the
    flows is the sum of the raster; pixels without data count as nothing.

    Parameters
    ----------
    path
        A GeoTIFF, or any raster that rasterio reads; its first band counts.
    unit
        What a pixel holds: "MWh/ha", "GWh/km2", "kWh/m2" or "TJ/km2" a year; "MWh" or "GWh" where
        it holds the total of its own area.
    cell_km
        Side of a cell, km, rounded to whole pixels.
    name, about
        As in `from_grid`.

    Returns
    -------
    sites, flows
        Frames for the gate of a register.

    Raises
    ------
    RegisterError
        If the raster has no coordinate system, no demand or a negative one, or the unit is not
        known.
    ImportError
        Without rasterio (the extra "grids").

    Examples
    --------
    >>> sites, flows = from_raster("heat_density.tif")  # doctest: +SKIP
    >>> register = sg.load_register((sites, flows))  # doctest: +SKIP
    """
    try:
        import rasterio
    except ImportError as error:
        msg = 'Reading a raster needs one more package: pip install "symbios-geo[grids]".'
        raise ImportError(msg) from error
    check_choice("unit", unit, DENSITIES, RegisterError)
    with rasterio.open(path) as raster:
        crs, transform = raster.crs, raster.transform
        values = raster.read(1, masked=True).astype(float).filled(np.nan)
    if crs is None:
        msg = f"{path} has no coordinate system. Save it with one, such as EPSG:3035 or EPSG:3006."
        raise RegisterError(msg)
    amount_unit, hectares_of_unit = DENSITIES[unit]
    hectares = _pixel_hectares(values.shape, transform, crs)
    amounts = values * hectares[:, None] / hectares_of_unit if hectares_of_unit else values
    if np.nanmin(amounts, initial=0.0) < 0:
        msg = f"{path} holds negative heat. Mend it, or mark those pixels as without data."
        raise RegisterError(msg)
    rows, columns = np.nonzero(np.nan_to_num(amounts) > 0)
    if not len(rows):
        msg = f"{path} holds no heat demand: every pixel is 0 or without data."
        raise RegisterError(msg)
    x, y = _at(transform, columns + 0.5, rows + 0.5)
    middles = gpd.GeoSeries.from_xy(x, y, crs=crs).to_crs(METRIC_CRS)
    area = hectares[rows]
    pixels = pd.DataFrame(
        {"value": amounts[rows, columns], "area_ha": area, "x": middles.x, "y": middles.y}
    )
    side = max(round(cell_km * 1000 / np.sqrt(10_000 * np.median(area))), 1)
    return from_grid(_merged(pixels, rows // side, columns // side), unit=amount_unit, name=name,
                     **about)  # fmt: skip


def from_grid(
    cells: gpd.GeoDataFrame,
    *,
    value: str = "value",
    unit: str = "GWh",
    name: str = "cell",
    visibility: str = "internal",
    spread: float = SPREAD,
    **about: Any,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """
    Return the heat demand of cells as places and flows, for `register.add` or `load_register`.

    Parameters
    ----------
    cells
        Polygons, or points with a column `area_ha`; rows without demand are left out.
    value
        The column with the heat that buildings need in a year.
    unit
        Of that column: kWh, MWh, GWh or TJ.
    name
        Start of the ids and names of the cells.
    visibility
        Who may see the cells: "public", "internal" or "secret".
    spread
        The range around each value where `cells` has no columns `low` and `high`, as a share.
    about
        Further columns of the flows, such as ``source_id="..."`` and ``year=2020``.

    Returns
    -------
    sites, flows
        Frames for the gate of a register.

    Raises
    ------
    RegisterError
        If the column or the coordinate system is missing, or the unit is not one of energy.

    Examples
    --------
    >>> import shapely
    >>> square = shapely.box(370_000, 6_280_000, 370_250, 6_280_250)
    >>> cell = gpd.GeoDataFrame({"mwh": [400.0]}, geometry=[square], crs=3006)
    >>> sites, flows = from_grid(cell, value="mwh", unit="MWh")
    >>> flows["value"].tolist()
    [0.4]
    """
    if value not in cells.columns or cells.crs is None:
        lack = f"column {value!r}" if value not in cells.columns else "coordinate system"
        msg = f"The grid has no {lack}. Give cells with a geometry, a system and their demand."
        raise RegisterError(msg)
    known = unit_factor(unit)
    if known is None or known[0] != "GWh/yr":
        msg = f"unit = {unit!r} is no unit of heat a year. Give kWh, MWh, GWh or TJ."
        raise RegisterError(msg)
    numbers = pd.to_numeric(cells[value], errors="coerce")
    used = cells[numbers > 0].reset_index(drop=True)
    gwh = numbers[numbers > 0].reset_index(drop=True) * known[1]
    metric = used.geometry.to_crs(METRIC_CRS)
    surface = metric.area / 10_000
    area = used["area_ha"] if "area_ha" in used else surface.where(surface > 0)
    ids = [f"{name}_{number}" for number in range(1, len(used) + 1)]
    sites = gpd.GeoDataFrame(
        {
            "name": used["name"] if "name" in used else [i.replace("_", " ") for i in ids],
            "kind": "locality",
            "place_type": "locality",
            "area_ha": area,
            "visibility": visibility,
        },
        geometry=metric.representative_point().to_crs(GEOGRAPHIC_CRS).to_numpy(),
        crs=GEOGRAPHIC_CRS,
    ).set_index(pd.Index(ids, name="site_id"))
    bounds = {
        side: used[side] * known[1] if side in used else gwh * (1 + sign * spread)
        for side, sign in (("low", -1), ("high", 1))
    }
    flows = pd.DataFrame(
        {
            "site_id": ids,
            "resource": "heat",
            "role": "sink",
            "stream": STREAM,
            "category": STREAM,
            "value": gwh,
            **bounds,
            "unit": "GWh/yr",
            "method": "estimated",
            "visibility": visibility,
            **about,
        }
    )
    return sites, flows


def _at(transform: Any, column: Any, row: Any) -> tuple[Any, Any]:
    """Return the coordinates of a column and row of a raster, by its affine transform."""
    a, b, c, d, e, f = transform[:6]
    return a * column + b * row + c, d * column + e * row + f


def _pixel_hectares(shape: tuple[int, ...], transform: Any, crs: Any) -> np.ndarray:
    """Return the area of a pixel in each row, hectares; degrees shrink towards the pole."""
    if not crs.is_geographic:
        factor = float(crs.linear_units_factor[1])
        return np.full(shape[0], abs(transform.determinant) * factor**2 / 10_000)
    from pyproj import Geod

    ball = Geod(ellps="WGS84")
    areas = []
    for row in range(shape[0]):
        corners = [_at(transform, x, row + y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
        lon, lat = zip(*corners, strict=True)
        areas.append(abs(ball.polygon_area_perimeter(lon, lat)[0]) / 10_000)
    return np.array(areas)


def _merged(pixels: pd.DataFrame, row: np.ndarray, column: np.ndarray) -> gpd.GeoDataFrame:
    """Return one point per cell at the centre of its demand, with demand and built area."""
    weighted = pixels.assign(x=pixels["x"] * pixels["value"], y=pixels["y"] * pixels["value"])
    sums = weighted.groupby([row, column]).sum().reset_index(drop=True)
    points = gpd.points_from_xy(sums["x"] / sums["value"], sums["y"] / sums["value"])
    return gpd.GeoDataFrame(sums[["value", "area_ha"]], geometry=points, crs=METRIC_CRS)
