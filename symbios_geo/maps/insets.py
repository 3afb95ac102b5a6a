"""Insets of dense places: which these are, where their panels stand, and their scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from .legends import Box, draw_scale_bar, shorten
from .page import (
    FAINT,
    INK,
    NORMAL,
    SMALL,
    Page,
    _in_figure,
    _in_points,
    _point_axes,
    localities_in,
    text_size,
    to_points,
)
from .placenames import Words
from .symbols import NUMBERED

NEAR_M = 5000.0  # places so near each other are one dense place
SEEN = 30.0  # points; a shorter arrow is not seen on the main map
SCALES = (10_000, 20_000, 25_000, 50_000, 100_000, 200_000)
SMALLER = (SCALES[-1], 250_000, 400_000, 500_000, 1_000_000)  # where names must do with less room
GAP, MOST, BROADEST, LISTED_BROADEST = 6.0, 4, 232.0, 126.0
LEAST = 2  # arrows in an inset; one can be told in a line on the main map
NAME = 16.0  # points, at the top of a panel
FILLED = 0.5  # of a panel is taken by its places, the rest by their names


class Dense(NamedTuple):
    """A dense place: its name, the ends in it, and their bounds in SWEREF 99 TM."""

    name: str
    ends: tuple[str, ...]
    bounds: tuple[float, float, float, float]

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of its bounds."""
        left, bottom, right, top = self.bounds
        return (left + right) / 2, (bottom + top) / 2


def find_dense(
    places: gpd.GeoSeries, page: Page, wanted: set[str] | None = None, *, near_m: float = NEAR_M
) -> list[Dense]:
    """
    Return the dense places among ends, north to south: chains of ends that are near each other.

    `wanted` are the ends that cannot be read on the main map; a dense place has one of them. None
    is all of them. `near_m` is how far apart two of a chain may lie, metres.
    """
    if places.empty:
        return []
    near = min(near_m, 1.2 * SEEN / page.points_per_metre)
    group = gpd.GeoSeries([places.buffer(near / 2).union_all()], crs=places.crs)
    found = []
    for blob in shapely.get_parts(group.to_numpy()).tolist():
        inside = places[places.within(blob)]
        keys = tuple(str(key) for key in inside.index)
        if wanted is None or not wanted.isdisjoint(keys):
            found.append(Dense(_name_of(inside, page), keys, tuple(inside.total_bounds)))
    return sorted(found, key=lambda dense: -dense.middle[1])


def _name_of(places: gpd.GeoSeries, page: Page) -> str:
    """Return the name of the largest locality in or beside places; else that of the nearest."""
    towns = localities_in(page.ax)
    if towns.empty:
        return ""
    middle = places.union_all().centroid
    reach = towns.distance(middle) - towns["radius_m"]
    close = towns[reach < max(3000.0, float(reach.min()) + 1)]
    return str(close.sort_values("population", ascending=False)["name"].iloc[0])


def short_links(
    links: pd.DataFrame, places: gpd.GeoSeries, page: Page, *, within: bool = False
) -> pd.Series:
    """Say which links are too short to be seen on a map; one `within` a place is if asked for."""
    starts = places.loc[links["source"]].reset_index(drop=True)
    ends = places.loc[links["sink"]].reset_index(drop=True)
    length = starts.distance(ends) * page.points_per_metre
    short = (length < SEEN).to_numpy() & (within | links["source"].ne(links["sink"]).to_numpy())
    return pd.Series(short, index=links.index)


def panel_boxes(page: Page, count: int, *, listed: bool = False) -> list[Box]:
    """
    Return the boxes of panels in points of the listing, from its upper left corner.

    `listed` leaves room for a list: under them in a column, right of them in a strip.
    """
    if not count or page.aside:
        return []
    width, height = page.listing.get_xlim()[1], -page.listing.get_ylim()[0]
    beside = height > width  # a column on a broad page, a strip under a high one
    columns = (1 if count < 3 and not listed else 2) if beside else count
    rows = 2 if beside else 1
    broadest = LISTED_BROADEST if listed else BROADEST
    wide = min((width - GAP * (columns - 1)) / columns, broadest if not beside else width)
    high = (height - GAP * (rows - 1)) / rows - (30 if listed and beside else 0)
    return [
        (
            n % columns * (wide + GAP),
            -(n // columns) * (high + GAP) - high,
            n % columns * (wide + GAP) + wide,
            -(n // columns) * (high + GAP),
        )
        for n in range(count)
    ]


def open_panel(page: Page, box: Box, dense: Dense, *, radius: float = 6.0) -> Page:
    """
    Return the page of an inset whose box is in points of the listing.

    The symbol of an end reaches at most `radius` points around it, and is whole in the panel.
    """
    width, height = box[2] - box[0], box[3] - box[1]
    wide, high = dense.bounds[2] - dense.bounds[0], dense.bounds[3] - dense.bounds[1]
    # points that are free across and along, beside the places themselves
    free = {
        n: (width - wide * _points_per_metre(n), height - NAME - high * _points_per_metre(n))
        for n in (*SCALES, *SMALLER)
    }
    roomy = [
        n for n in SCALES
        if free[n][0] >= (1 - FILLED) * width and free[n][1] >= (1 - FILLED) * (height - NAME)
    ]  # fmt: skip
    whole = [n for n in (*roomy, *SMALLER) if min(free[n]) >= 2 * radius + 4]
    scale = _points_per_metre(whole[0] if whole else SMALLER[-1])
    x, y = dense.middle
    y += 5 / scale  # the name of the panel stands at its top
    half = width / scale / 2, height / scale / 2
    origin = _in_points(page.listing, page.listing.get_position())
    place = Bbox.from_extents(
        origin.x0 + box[0], origin.y1 + box[1], origin.x0 + box[2], origin.y1 + box[3]
    )
    return _panel(page, place, (x - half[0], y - half[1], x + half[0], y + half[1]))


def panel_at(page: Page, box: Box, bounds: tuple[float, float, float, float]) -> Page:
    """Return the page of a map of bounds at least, whose box is in points of the main map."""
    origin = _in_points(page.overlay, page.overlay.get_position())
    place = Bbox.from_extents(
        origin.x0 + box[0], origin.y0 + box[1], origin.x0 + box[2], origin.y0 + box[3]
    )
    left, bottom, right, top = bounds
    scale = min(place.width / (right - left), (place.height - 14) / (top - bottom))
    x = (left + right) / 2
    half, tall = place.width / scale / 2, place.height / scale
    return _panel(page, place, (x - half, bottom, x + half, bottom + tall))


def _panel(page: Page, place: Bbox, limits: tuple[float, float, float, float]) -> Page:
    """Return the page of a map in a rectangle of the figure, points."""
    figure = page.ax.get_figure(root=True)
    ax = figure.add_axes(_in_figure(figure, place).bounds, zorder=7)  # type: ignore[union-attr]
    ax.set_xlim(limits[0], limits[2])
    ax.set_ylim(limits[1], limits[3])
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set(visible=True, color=FAINT, linewidth=0.6)
    overlay = _point_axes(figure, place, zorder=8)  # type: ignore[arg-type]
    scale = float(place.width / (limits[2] - limits[0]))
    return Page(ax, overlay, overlay, overlay, scale, page.area, page.colours)


def shifted(page: Page, x: float) -> Axes:
    """Return axes over the listing whose points start `x` from its left."""
    figure = page.ax.get_figure(root=True)
    box = _in_points(page.listing, page.listing.get_position())
    axes = _point_axes(figure, Bbox.from_extents(box.x0 + x, box.y0, box.x1, box.y1), zorder=6)  # type: ignore[arg-type]
    axes.set_ylim(-box.height, 0)
    return axes


def _points_per_metre(denominator: float) -> float:
    return 72 / 0.0254 / denominator


def name_panel(panel: Page, name: str, lang: str, *, told: str = "", note: str = "") -> list[Box]:
    """Write the name of an inset at its top, and its scale; return the boxes they take."""
    width, height = panel.overlay.get_xlim()[1], panel.overlay.get_ylim()[1]
    font = {"fontsize": NORMAL, "fontweight": "bold"}
    look = {**font, "va": "top", "zorder": 9}
    strip = Rectangle((0, height - 13), width, 13, facecolor="white", zorder=6)
    panel.overlay.add_artist(strip)
    words = shorten(panel.overlay, f"{name}  {told}".rstrip(), width - 8, **font)
    named = panel.overlay.text(4, height - 2.5, words, **look)
    small = {"fontsize": SMALL, "va": "center", "ha": "right", "zorder": 9}
    remark = panel.overlay.text(width - 4, height - 6.5, note, **small)
    if text_size(named)[0] + text_size(remark)[0] > width - 14:
        remark.remove()
    bar = draw_scale_bar(panel, lang, corner=(5, 5))
    return [(0, height - 14, width, height), bar]


def mark_panel(page: Page, panel: Page, name: str) -> tuple[Words, Box]:
    """Draw where an inset lies on the main map; return its name, and the box to keep clear."""
    (left, right), (bottom, top) = panel.ax.get_xlim(), panel.ax.get_ylim()
    x0, y0 = to_points(page, (left, bottom))
    x1, y1 = to_points(page, (right, top))
    frame = Rectangle((x0, y0), x1 - x0, y1 - y0, facecolor="none", edgecolor=INK, linewidth=0.8,
                      zorder=1.75)  # fmt: skip  # it strikes through no symbol
    frame.set_gid(f"inset-{name}")
    page.overlay.add_artist(frame)
    half = max(x1 - x0, y1 - y0) / 2
    look = {"fontsize": NORMAL, "fontweight": "bold"}
    word = Words(name, float(x0 + x1) / 2, float(y0 + y1) / 2, float(half), look)
    return word, (float(x0), float(y0), float(x1), float(y1))


def told_there(symbols: pd.DataFrame, dense: Dense, frame: Box) -> set[str]:
    """
    Return which symbols of a dense place have their number in its inset only.

    A large circle that reaches out of the frame on the main map, points, has it there too.
    """
    own = symbols[symbols.index.isin(dense.ends)]
    return {str(key) for key in own.index[lie_whole(own, frame) | (own["radius"] <= NUMBERED)]}


def lie_whole(symbols: pd.DataFrame, box: Box) -> pd.Series:
    """Say which symbols lie wholly in a box, points."""
    x, y, r = symbols["x"], symbols["y"], symbols["radius"]
    left, bottom, right, top = box
    return (x - r > left) & (x + r < right) & (y - r > bottom) & (y + r < top)


def most_dense(found: Mapping[Dense, pd.DataFrame]) -> list[Dense]:
    """Return the places whose links need an inset, at most as many as there are panels."""
    several = [dense for dense, links in found.items() if len(links) >= LEAST]
    heavy = sorted(several, key=lambda d: -float(found[d]["delivered"].sum()))[:MOST]
    return [dense for dense in several if dense in heavy]
