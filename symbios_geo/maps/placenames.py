"""The words on a map: municipalities, neighbours, towns, sites and amounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.patheffects import Normal, Stroke

from .. import labels
from ..assumptions.values import load_parameters
from ..register.gate import Register
from ..tables import once_per_folder
from .page import (
    BORDER,
    INK,
    SMALL,
    Page,
    load_background,
    localities_in,
    neighbours_in,
    text_size,
    to_points,
)
from .placement import Label, boxes_along, place_labels

NAME_LOOK: dict[str, Any] = {"fontsize": 8.0, "fontweight": "bold", "color": "#4a3a2a"}
NEIGHBOUR_LOOK = {"fontsize": SMALL, "color": "#8a857c"}
TOWN_LOOK = {"fontsize": SMALL, "style": "italic", "color": INK}
LOCAL_LOOK = {"fontsize": SMALL, "style": "italic", "color": "#6f6a61"}
SITE_LOOK = {"fontsize": SMALL}
HALO = (Stroke(linewidth=2.2, foreground="white"), Normal())
APART_M, APART_POINTS = 1500.0, 3.0  # least distance of places that a name could take


class Words(NamedTuple):
    """A text that wants a place on the map near (x, y), in points; `look` goes to matplotlib."""

    text: str
    x: float
    y: float
    clearance: float = 0.0
    look: Mapping[str, Any] = {}
    anchors: tuple[tuple[float, float, float], ...] = ()
    over: bool = False
    led: bool = False


def draw_words(
    page: Page, words: Sequence[Words], *, hard: Sequence[Any] = (), soft: Sequence[Any] = ()
) -> list[Words]:
    """Write texts where none covers another, the first ones best; return those without room."""
    texts = [
        page.overlay.text(
            0, 0, w.text, ha="center", va="center", linespacing=1.1, zorder=6, **w.look
        )
        for w in words
    ]
    boxes = [
        Label(
            w.x,
            w.y,
            wide + 3,
            high + (3 if "bbox" in w.look else 1.5),  # a plate reaches around its text
            w.clearance,
            w.anchors,
            w.over,
            "bbox" not in w.look,
            w.led,
        )
        for w, (wide, high) in zip(words, map(text_size, texts), strict=True)
    ]
    frame = (3.0, 3.0, page.overlay.get_xlim()[1] - 3, page.overlay.get_ylim()[1] - 3)
    spots = place_labels(boxes, frame=frame, hard=hard, soft=soft, lines=border_boxes(page))
    left_out = []
    for word, text, spot in zip(words, texts, spots, strict=True):
        # a name of the background stands at its place or not at all
        if spot is None or (spot.leader and word.look is LOCAL_LOOK):
            text.remove()
            left_out.append(word)
            continue
        text.set_position((spot.x, spot.y))
        if spot.leader:
            wide, high = text_size(text)
            # the line ends at the edge of the text
            away = max(abs(spot.x - word.x) / (wide + 3), abs(spot.y - word.y) / (high + 1)) * 2
            part = max(1 - 1 / away, 0) if away else 0
            gap = np.array([spot.x - word.x, spot.y - word.y])
            # and at that of the symbol, over what else lies there
            first = min(word.clearance / float(np.hypot(*gap)), part)
            line = np.array([word.x, word.y]) + np.outer([first, part], gap)
            page.overlay.plot(*line.T, color=INK, linewidth=0.4, zorder=2.6)
    return left_out


def border_boxes(page: Page) -> list[tuple[float, float, float, float]]:
    """Return small boxes along the borders and coasts that are drawn on a map, in points."""
    found: list[tuple[float, float, float, float]] = []
    for border in page.ax.findobj(lambda artist: artist.get_gid() == BORDER):
        for ring in border.get_path().to_polygons(closed_only=False):  # type: ignore[attr-defined]
            line = to_points(page, ring)
            along = np.append(0.0, np.hypot(*np.diff(line, axis=0).T).cumsum())
            steps = np.arange(0, along[-1], 2.0)
            points = np.column_stack([np.interp(steps, along, part) for part in line.T])
            found += boxes_along(points, 2.0)
    return found


def municipality_words(
    page: Page,
    shapes: gpd.GeoSeries,
    municipalities: gpd.GeoDataFrame,
    values: pd.Series | None = None,
    lang: str = "sv",
) -> list[Words]:
    """Return the municipality names, with their value if given, wherever they fit inside."""
    words = []
    for code, shape in shapes.items():
        text = str(municipalities.loc[code, "name"]).upper()
        if values is not None:
            text += "\n" + amount(values[code], "", lang)
        look = NAME_LOOK | {"fontsize": NAME_LOOK["fontsize"] * (0.8 if page.aside else 1.0)}
        if values is not None:  # a class may be dark
            look["path_effects"] = HALO
        words.append(_inside(page, shape, text, look))
    return words


def neighbour_words(page: Page, municipalities: gpd.GeoDataFrame) -> list[Words]:
    """Return the names of the municipalities around, wherever enough of them is visible."""
    (left, right), (bottom, top) = page.ax.get_xlim(), page.ax.get_ylim()
    around = neighbours_in(page.ax).clip_by_rect(left, bottom, right, top)
    around = around[~around.index.isin(municipalities["name"])]
    # counties have no such name
    land = around.difference(_sea_and(tuple(municipalities.geometry.to_crs(around.crs))))
    return [
        _inside(page, shape, str(name), NEIGHBOUR_LOOK)
        for name, shape in land.items()
        if shape.area * page.points_per_metre**2 > 1200
    ]


@once_per_folder
def _sea_and(own: tuple[Any, ...]) -> Any:
    """Return the sea and municipalities as one shape, joined once for all maps of them."""
    return load_background("sea").union_all().union(shapely.union_all([*own]))


def _inside(page: Page, shape: Any, text: str, look: dict[str, Any]) -> Words:
    """Return a text with places where all of it lies within a polygon, the middle first."""
    middle = shapely.maximum_inscribed_circle(shape, tolerance=500).coords[0]
    anchors = _grid_anchors(page, shape, middle, text, look["fontsize"])
    x, y = to_points(page, middle)
    return Words(text, float(x), float(y), 0, look, anchors)


def _grid_anchors(
    page: Page, shape: Any, middle: Any, text: str, size: float
) -> tuple[tuple[float, float, float], ...]:
    lines = text.split("\n")
    # a capital is at most 0.8 of the font size broad; the text needs no exact measure here
    half_x = 0.36 * size * max(map(len, lines)) / page.points_per_metre
    half_y = 0.6 * size * len(lines) / page.points_per_metre
    left, bottom, right, top = shape.bounds
    # on a map of a country places as near as that are one to the eye
    step = max(APART_M, APART_POINTS / page.points_per_metre)
    grid = np.stack(np.meshgrid(np.arange(left, right, step), np.arange(bottom, top, step)), -1)
    x, y = np.vstack([grid.reshape(-1, 2), np.asarray(middle)[None, :2]]).T
    shapely.prepare(shape)
    fits = shapely.contains(shape, shapely.box(x - half_x, y - half_y, x + half_x, y + half_y))
    fits |= (x == middle[0]) & (y == middle[1])
    far = np.hypot(x - middle[0], y - middle[1]) * page.points_per_metre
    # a name may cross the border of its municipality, at a price
    cost = far / 6 + np.where(fits, 0, 15)
    near = fits | shapely.contains_xy(shape, x, y)
    places = to_points(page, np.column_stack([x, y])[near])
    return tuple(
        (float(a), float(b), float(c)) for (a, b), c in zip(places, cost[near], strict=True)
    )


def ground_words(
    page: Page,
    shapes: gpd.GeoSeries,
    municipalities: gpd.GeoDataFrame,
    named: Set[str] = frozenset(),
) -> list[Words]:
    """Return the names of municipalities, of towns but those `named` anyway, and of neighbours."""
    words = municipality_words(page, shapes, municipalities)
    return words + _background_words(page, named) + neighbour_words(page, municipalities)


def _background_words(page: Page, named: Set[str], *, count: int = 8) -> list[Words]:
    """Return the names of the largest localities in view, but those that the map names anyway."""
    towns = localities_in(page.ax)
    towns = towns[~towns["name"].isin(named)].sort_values("population", ascending=False)
    rows = towns.head(2 if page.aside else count)
    xy = to_points(page, np.column_stack([rows.geometry.x, rows.geometry.y]))
    return [
        Words(str(name), float(x), float(y), float(radius) * page.points_per_metre, LOCAL_LOOK)
        for name, radius, (x, y) in zip(rows["name"], rows["radius_m"], xy, strict=True)
    ]


def amount(value: float, unit: str, lang: str) -> str:
    """Write a value as precisely as a map can carry it: whole numbers from 10, else one decimal."""
    digits = _digits(value)
    if not unit:
        return labels.number(value, lang, digits=digits)
    return labels.quantity(value, unit, lang, digits=digits)


def as_written(value: float) -> float:
    """Return the number that `amount` writes, so that a reader who subtracts finds it."""
    return round(value, _digits(value))


def _digits(value: float) -> int:
    return 0 if abs(value) >= 9.95 or value == 0 else 1 if abs(value) >= 0.1 else 2


def short_site_names(sites: gpd.GeoDataFrame, lang: str) -> pd.Series:
    """Return the name of each site as a map carries it."""
    return labels.site_names(sites, lang).map(labels.short_name)


def input_name(key: str, register: Register, lang: str) -> str:
    """
    Return an uncertain input in words: its label, or the place and stream of the flow it is.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> input_name("discount_rate", sg.load_register(), "en")
    'Discount rate'
    """
    if labels.has_label(f"input:{key}"):
        return labels.label(f"input:{key}", lang)
    parameters = labels.parameter_names(load_parameters(), lang)
    if key in parameters.index:
        return str(parameters[key])
    flows = register.flows.set_index("flow_id")
    if key not in flows.index:
        return key
    place = short_site_names(register.sites, lang)[flows["site_id"][key]]
    words = labels.within_sentence(labels.label_or(f"stream:{flows['stream'][key]}", "", lang))
    return ", ".join(filter(None, [place, words]))
