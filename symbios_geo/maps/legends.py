"""Map furniture: legends, numbered list, scale bar, north arrow, inset of Sweden, class breaks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon, Rectangle
from matplotlib.text import Text

from .. import labels
from .page import FAINT, INK, NORMAL, SMALL, Page, add_shapes, swedish_outline, text_size
from .placement import tapered_arrow

Box = tuple[float, float, float, float]
BAR_ROOM = 0.33  # of the width of a map, for its bar
BARS_KM = (200.0, 20.0, 10.0, 4.0, 2.0, 1.0, 0.4, 0.2)
FINE = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)  # limits of classes, times a power of ten
TIGHT = 5.6  # points, of a text that would be cut
LIST_ROW, COLUMN_GAP = 9.4, 12.0  # points from one row of the list to the next, of columns


def class_breaks(values: pd.Series, classes: int = 4) -> list[float]:
    """
    Return the upper limits of a few classes as round numbers.

    The classes are equally broad, unless one would hold more than half of the values: then each
    holds about equally many.
    """
    known = values.dropna().astype(float)
    if known.empty or known.max() <= 0:
        return [1.0]
    step = round_up(known.max() / classes, FINE)
    even = [step * place for place in range(1, classes + 1)]
    if np.histogram(known, [-np.inf, *even])[0].max() <= max(len(known) / 2, 1):
        return even
    wanted = known.quantile(np.linspace(0, 1, classes + 1)[1:])
    return sorted({round_up(value, FINE) for value in wanted})


def round_up(value: float, steps: Sequence[float] = (1, 2, 5, 10)) -> float:
    """Return the least round number at or above a value: a step times a power of ten."""
    if value <= 0:
        return 0.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(s for s in steps if s * power >= value * (1 - 1e-9)) * power)


def round_down(value: float) -> float:
    """Return the greatest of 1, 2 and 5 times a power of ten at or below a value above 0."""
    power = math.floor(math.log10(value))
    # the logarithm of a power of ten may fall on either side of it
    near = (float(f"{n}e{p}") for p in (power - 1, power, power + 1) for n in (1, 2, 5))
    return max(round_value for round_value in near if round_value <= value * (1 + 1e-9))


def round_sizes(largest: float) -> list[float]:
    """Return three round values at or below the largest, for a legend of sizes."""
    if not largest > 0:
        return []
    top = round_down(largest)
    return [top, round_down(0.26 * top), top / 20]


def class_labels(breaks: Sequence[float], lang: str) -> list[str]:
    """Return the words of classes: up to the first limit, then from limit to limit."""
    words = [f"\u2264\u00a0{plain_number(breaks[0], lang)}"]
    pairs = pairwise(plain_number(limit, lang) for limit in breaks)
    return words + [labels.span(low, high, lang) for low, high in pairs]


def plain_number(value: float, lang: str) -> str:
    """Write a round number without needless decimals."""
    return labels.number(value, lang, digits=decimals(value))


def decimals(value: float) -> int:
    """Return how many decimals show a round number, six at most."""
    return next(d for d in range(7) if d == 6 or abs(value - round(value, d)) < 1e-9)


def draw_heading(ax: Axes, y: float, text: str, *, left: float = 0.0) -> float:
    """Write the title of a legend at its top, y in points; return the y below it."""
    ax.text(left, y, text, va="top", fontsize=NORMAL, fontweight="bold", zorder=9)
    return y - 12.5 - 9 * text.count("\n")


def draw_swatches(ax: Axes, y: float, title: str, entries: Sequence[tuple[str, dict]]) -> float:
    """Draw a legend of coloured boxes, each (words, look of a patch); return the y below it."""
    y = draw_heading(ax, y, title) if title else y
    for words, look in entries:
        ax.add_artist(
            Rectangle((0, y - 8), 16, 8, **{"edgecolor": FAINT, "linewidth": 0.5, **look})
        )
        ax.text(21, y - 0.4, words, va="top", fontsize=NORMAL, linespacing=1.1)
        y -= 11.5 + 9 * words.count("\n")
    return y - 7


def draw_circle_legend(
    ax: Axes, y: float, title: str, sizes: Sequence[tuple[float, float]], lang: str
) -> float:
    """Draw nested circles, each (value, radius in points), largest first; return the y below."""
    y = draw_heading(ax, y, title) - 3
    if not sizes:
        return y
    largest = sizes[0][1]
    floor, middle, level = y - 2 * largest, largest + 1, y + 99.0
    for value, radius in sizes:
        centre = (middle, floor + radius)
        ring = Circle(centre, radius, facecolor="none", edgecolor=INK, linewidth=0.7)
        ring.set_gid("size-legend")
        ax.add_artist(ring)
        top = floor + 2 * radius
        level = min(top, level - 8)  # words of small circles need their own line
        edge = 2 * largest
        ax.plot([middle, edge + 8, edge + 12], [top, top, level], color=FAINT, linewidth=0.4)
        ax.text(edge + 14, level, plain_number(value, lang), va="center", fontsize=NORMAL)
    return min(floor, level - 4) - 10


def draw_square_key(
    ax: Axes, y: float, value: float, radius: float, look: dict[str, Any], lang: str
) -> None:
    """Draw a square as large as the circle of a value, right of the circles of a legend at y."""
    side = radius * math.sqrt(math.pi)
    words = plain_number(value, lang)
    x = 2 * radius + 26 + 5 * len(words)
    foot = y - 15.5 - radius - side / 2
    ax.add_artist(Rectangle((x, foot), side, side, **look))
    ax.text(x + side + 4, foot + side / 2, words, va="center", fontsize=NORMAL)


def draw_width_legend(ax: Axes, y: float, title: str, sizes: Sequence[tuple[str, float]]) -> float:
    """Draw arrows as on the map, each (words, width in points); return the y below."""
    y = draw_heading(ax, y, title)
    for words, width in sizes:
        row = max(width, 8.0) + 3
        start, end = np.array([0.0, y - row / 2]), np.array([34.0, y - row / 2])
        key = Polygon(tapered_arrow(start, end, width), closed=True, facecolor=FAINT, linewidth=0)
        ax.add_artist(key)
        ax.text(40, y - row / 2, words, va="center", fontsize=NORMAL)
        y -= row
    return y - 8


def draw_list(
    ax: Axes,
    y: float,
    rows: Sequence[tuple[str, str, str]],
    *,
    columns: int = 1,
    left: float = 0.0,
    right: float | None = None,
) -> float:
    """
    Write numbered rows (number, name, value) in columns; return the y below, in points.

    Tabs divide a value into columns of its own.
    """
    width = ((ax.get_xlim()[1] if right is None else right) - left) / columns
    deep = -(-len(rows) // columns)
    written: list[tuple[Text, float]] = []
    cells = [value.split("\t") for *_, value in rows]
    most = max(map(len, cells), default=1)
    cells = [[""] * (most - len(row)) + row for row in cells]
    widths = [max(_width(ax, row[n]) for row in cells) for n in range(most)] if cells else []
    for place, (number, name, _) in enumerate(rows):
        x, line = left + (place // deep) * width, y - (place % deep + 0.8) * LIST_ROW
        ax.text(x + 13, line, number, va="baseline", ha="right", fontsize=SMALL, fontweight="bold")
        end = x + width - 16
        text = ax.text(x + 18, line, name, va="baseline", fontsize=SMALL)
        for cell, wide in reversed(list(zip(cells[place], widths, strict=True))):
            ax.text(end, line, cell, va="baseline", ha="right", fontsize=SMALL)
            end -= wide + COLUMN_GAP
        # a finer picture has slightly other letters
        written.append((text, 0.96 * (end + COLUMN_GAP - x - 18 - 5)))
    fits = [_fit(text, room, SMALL) for text, room in written]
    if not all(fits):  # one size for all rows
        for text, room in written:
            if not _fit(text, room, TIGHT):
                text.set_text(shorten(ax, text.get_text(), room, fontsize=TIGHT))
    return y - deep * LIST_ROW


def _width(ax: Axes, text: str) -> float:
    """Return how broad a text of a list is, points."""
    probe = ax.text(0, 0, text, fontsize=SMALL)
    wide = text_size(probe)[0]
    probe.remove()
    return wide


def _fit(text: Text, room: float, size: float) -> bool:
    """Say whether a text is at most `room` points long, if need be without its last brackets."""
    whole = text.get_text()
    bare = whole.rpartition(" (")[0] if whole.endswith(")") else whole
    for words in (whole, bare):
        text.set(text=words, fontsize=size)
        if text_size(text)[0] <= room:
            return True
    return False


def shorten(ax: Axes, text: str, room: float, **font: Any) -> str:
    """Return the text, cut with an ellipsis so that it is at most `room` points long."""
    probe = ax.text(0, 0, text, **{"fontsize": SMALL, **font})
    while text_size(probe)[0] > room and len(text) > 1:
        text = text[:-1].rstrip(" ,;(")
        probe.set_text(text + "\u2026")
    shown = probe.get_text()
    probe.remove()
    return shown


def settle_legend(page: Page, y: float) -> Box:
    """
    Move a legend whose last line ends at `y` to its place; return the box it covers on the map.

    It stands in the sea, lower left; on a narrow page it hangs from the foot of the map.
    """
    if page.aside:
        return (0.0, 0.0, 0.0, 0.0)
    height, width = page.overlay.get_ylim()[1], page.overlay.get_xlim()[1]
    page.legend.set(xlim=(-10, width - 10), ylim=(y - 34, y - 34 + height))
    ends = [
        text.get_position()[0] + text_size(text)[0] * (text.get_ha() == "left")
        for text in page.legend.texts
    ]
    # a finer picture has slightly other letters
    wide, high = 1.03 * max([100.0, *ends]) + 16, 42 - y
    # no island or border may strike through the words
    look = {"facecolor": "#f8fbfd", "zorder": -1}
    page.overlay.add_artist(Rectangle((1, 1), wide - 1, high - 1, **look))
    return (0.0, 0.0, wide, high)


def furnish(
    page: Page, shapes: gpd.GeoSeries, lang: str, *, with_country: bool = True
) -> list[Box]:
    """Draw scale bar, north arrow and an inset with shapes marked; return the boxes they take."""
    boxes = [draw_scale_bar(page, lang), draw_north_arrow(page, lang)]
    if page.aside or not with_country:  # a narrow map has no room for it
        return boxes
    return [*boxes, draw_inset(page, shapes)]


def draw_scale_bar(page: Page, lang: str, *, corner: tuple[float, float] = (10, 12)) -> Box:
    """Draw a bar of 20 km, of a country 200, on a closer map less; return its box in points."""
    x, y = corner
    km = 1000 * page.points_per_metre
    room = BAR_ROOM * page.overlay.get_xlim()[1]
    length = next((kilometres for kilometres in BARS_KM if kilometres * km <= room), BARS_KM[-1])
    half = length / 2
    for start, colour in ((0, INK), (half, "white")):
        look = {"facecolor": colour, "edgecolor": INK, "linewidth": 0.6}
        part = Rectangle((x + start * km, y), half * km, 3, **look)
        part.set_gid("scale-bar")
        page.overlay.add_artist(part)
    # a short bar has no room for three numbers, a shorter one only for the last
    room = length * km
    for distance in (0, half, length) if room > 44 else (0, length) if room > 16 else (length,):
        words = plain_number(distance, lang)
        if distance == length:
            words = labels.quantity(length, "km", lang, digits=0 if length >= 1 else 1)
        page.overlay.text(x + distance * km, y + 6, words, ha="center", fontsize=SMALL)
    return (x - 4, y - 4, x + length * km + 16, y + 16)


def draw_north_arrow(page: Page, lang: str) -> Box:
    """Draw a north arrow in the lower right corner of the map; return its box in points."""
    x, y, size = page.overlay.get_xlim()[1] - 18, 12.0, 0.6 if page.aside else 1.0
    tip, foot = (x, y + 26 * size), (x, y + 6 * size)
    for side, colour in ((-7 * size, "white"), (7 * size, INK)):
        half = Polygon([tip, (x + side, y), foot], facecolor=colour, edgecolor=INK, linewidth=0.6)
        page.overlay.add_artist(half)
    page.overlay.text(
        x, y + 28 * size, labels.label("map:north", lang), ha="center", fontsize=NORMAL
    )
    return (x - 10, y - 4, x + 10, y + 40)


@cache
def _coarse(shapes: tuple[Any, ...]) -> Any:
    """Return polygons as one coarse shape, made once for all maps of them."""
    return shapely.union_all([*shapes]).simplify(1500)


def draw_inset(page: Page, shapes: gpd.GeoSeries) -> Box:
    """Draw Sweden with the county marked in the upper right corner; return its box in points."""
    right, top = page.overlay.get_xlim()[1], page.overlay.get_ylim()[1]
    width, height = 42.0, 86.0
    box = (right - width - 6, top - height - 6, right - 6, top - 6)
    inside = [box[0], box[1], width, height]
    frame = page.overlay.inset_axes(inside, transform=page.overlay.transData)
    frame.set_facecolor("white")
    sweden = swedish_outline()
    left, bottom, east, north = sweden.total_bounds
    frame.set(xlim=(left - 5e4, east + 5e4), ylim=(bottom - 5e4, north + 5e4))
    frame.set(xticks=[], yticks=[], xlabel="", ylabel="", aspect="equal")
    add_shapes(frame, sweden, facecolor="#d5d1c8", edgecolor=FAINT, linewidth=0.3)
    add_shapes(frame, [_coarse(tuple(shapes))], facecolor=INK, edgecolor=INK, linewidth=0.8)
    for spine in frame.spines.values():
        spine.set(visible=True, color=FAINT, linewidth=0.5)
    return box
