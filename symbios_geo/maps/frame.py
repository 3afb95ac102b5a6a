"""What a reader may choose of a map, extent and colours; and that a drawn map stays true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.colors import is_color_like

from .. import labels
from ..errors import DataError, OutputError
from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from ..region.area import Region
from .page import PADDING_M, land_of, padded

Extent: TypeAlias = str | Sequence[float] | gpd.GeoDataFrame | gpd.GeoSeries | Region | Axes | None
NEAR_M = 2000  # room around one municipality
Bounds: TypeAlias = tuple[float, float, float, float]


def frame_of(extent: Extent, municipalities: gpd.GeoDataFrame) -> Bounds:
    """
    Return what a map must show, as left, bottom, right, top in SWEREF 99 TM.

    Parameters
    ----------
    extent
        A municipality by name or code; (west, south, east, north) in degrees, as `total_bounds`
        of a GeoDataFrame; a frame or a region; or the axes of another map, whose extent is taken
        over. None: all municipalities.
    municipalities
        What the map draws, by municipality_code with `name`.

    Raises
    ------
    OutputError
        If the extent is none of these.
    """
    if isinstance(extent, Axes):
        (left, right), (bottom, top) = extent.get_xlim(), extent.get_ylim()
        return left, bottom, right, top
    if extent is None:
        return padded(land_of(municipalities).total_bounds, PADDING_M)
    if isinstance(extent, str):
        town = land_of(municipalities.loc[[_code_of(extent, municipalities)]])
        return padded(town.total_bounds, NEAR_M)
    area = extent.municipalities if isinstance(extent, Region) else extent
    if isinstance(area, gpd.GeoDataFrame | gpd.GeoSeries):
        if area.crs is None or area.empty:
            msg = "The extent has no coordinate system or no rows. Give it one: set_crs(...)."
            raise OutputError(msg)
        return padded(area.to_crs(METRIC_CRS).total_bounds, 0.0)
    return _in_metres(area)


def _in_metres(extent: Any) -> Bounds:
    """Return the bounds around a rectangle given in degrees."""
    try:
        west, south, east, north = (float(number) for number in extent)
    except (TypeError, ValueError):
        west = south = east = north = np.nan
    fits = -180 <= west < east <= 180 and -90 <= south < north <= 90
    if not fits:
        msg = (
            f"extent = {extent!r} cannot be used. Give (west, south, east, north) in degrees, a "
            "municipality by name, a GeoDataFrame, a region, or the axes of another map."
        )
        raise OutputError(msg)
    # the sides of a rectangle in degrees are curved in metres: follow them
    box = shapely.segmentize(shapely.box(west, south, east, north), 0.1)
    found = gpd.GeoSeries([box], crs=GEOGRAPHIC_CRS).to_crs(METRIC_CRS).total_bounds
    return padded(found, 1.0)


def _code_of(name: str, municipalities: gpd.GeoDataFrame) -> str:
    """Return the code of a municipality of the map, by name or code."""
    if name in municipalities.index:
        return name
    names = municipalities["name"]
    found = names.index[names.str.casefold() == name.casefold()]
    if found.empty:
        msg = f"extent = {name!r} is no municipality of the map. It has: {', '.join(names)}."
        raise OutputError(msg)
    return str(found[0])


def check_colours(colours: Mapping[str, str] | None) -> dict[str, str]:
    """
    Return colours of one's own by the key of their row in labels.csv, such as "class_60".

    Raises
    ------
    OutputError
        If a key has no colour to replace, or a colour is none.
    """
    for key, colour in (colours or {}).items():
        try:
            labels.colour(key)
        except DataError:
            msg = (
                f"colours has the key {key!r}, which no map uses. Keys are those of labels.csv: "
                '"class_60", "carbon:biogenic", "mode:direct", "map:sea", "map:demand_1", ...'
            )
            raise OutputError(msg) from None
        if not is_color_like(colour):
            msg = f"colours[{key!r}] = {colour!r} is no colour. Give a name or #rrggbb."
            raise OutputError(msg)
    return dict(colours or {})


def keep_true(ax: Axes) -> None:
    """
    Refuse to zoom a map that is drawn: symbols, names and scale bar would stay where they were.

    Layers may be plotted on top; they do not move the map.
    """
    ax.set_autoscale_on(False)
    x, y = ax.get_xlim(), ax.get_ylim()
    for label in (ax.xaxis.label, ax.yaxis.label):  # geopandas names the axes of what it plots
        label.set_visible(False)

    def refuse(changed: Axes) -> None:
        if np.allclose(changed.get_xlim(), x) and np.allclose(changed.get_ylim(), y):
            return
        with changed.callbacks.blocked():
            changed.set(xlim=x, ylim=y)
        msg = (
            "A drawn map is not zoomed: its symbols, names and scale bar belong to this extent. "
            'Draw it again with extent="Falkenberg" or extent=(west, south, east, north).'
        )
        raise OutputError(msg)

    for limits in ("xlim_changed", "ylim_changed"):
        ax.callbacks.connect(limits, refuse)
