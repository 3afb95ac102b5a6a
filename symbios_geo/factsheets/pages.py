"""The two A4 pages of a factsheet: text that wraps, tables, map and chart, by matplotlib."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from ..errors import OutputError
from ..figures.charts import plot_monthly
from ..labels import label
from ..maps.captions import mark_figure
from ..maps.page import CM, INK, spaced, style
from ..study.chain import Study
from .map import draw_municipality
from .tables import Row, Table
from .words import Sheet

A4_CM = (21.0, 29.7)
LEFT, RIGHT, TOP, BOTTOM = 45.0, 550.0, 806.0, 50.0  # points
WIDTH = RIGHT - LEFT
BODY, NOTE, HEADING, TITLE = 8.0, 7.0, 10.5, 18.0  # points, at scale 1
LEADING, GAP, PAD = 1.22, 9.0, 2.2
SCALES = (1.08, 1.04, 1.0, 0.96, 0.92, 0.88, 0.84, 0.8, 0.76)
ACCENT, QUIET, LINE, SHADE = "#1f5d46", "#5c6660", "#d3dad5", "#eef2ef"
MAP_HEIGHT = (230.0, 370.0)  # least and most
CHART_HEIGHT = 150.0


class Canvas(NamedTuple):
    """A page in points from its lower left corner, and how large its letters are."""

    axes: Axes
    scale: float


def draw_pages(sheet: Sheet, study: Study) -> list[tuple[Figure, float]]:
    """
    Draw both pages of a factsheet; the letters shrink until everything is on them.

    Returns
    -------
    pages
        Each page with the scale of its letters.

    Raises
    ------
    OutputError
        If the text does not fit at the smallest size either.
    """
    with style():
        return [_fitted(draw, sheet, study) for draw in (_draw_first, _draw_second)]


def draw_map(sheet: Sheet, study: Study) -> Figure:
    """Draw the map alone, as broad as the text of a page and the margins of its own."""
    with style():
        figure = plt.figure(figsize=((WIDTH + 20) / 72, 352 / 72))
        draw_municipality(figure.add_axes((0, 0, 1, 1)), study, sheet.code, lang=sheet.lang)
    return figure


def draw_season(sheet: Sheet) -> Figure:
    """Draw the monthly chart alone."""
    with style():
        figure = plt.figure(figsize=(9.2 * CM, 5.6 * CM))
        _draw_chart(figure.add_axes((0.13, 0.11, 0.86, 0.87)), sheet)
    return figure


def _fitted(
    draw: Callable[[Canvas, Sheet, Study], bool], sheet: Sheet, study: Study
) -> tuple[Figure, float]:
    """Return a page drawn at the largest scale at which it is not too long, and the scale."""
    for scale in SCALES:
        figure = plt.figure(figsize=(A4_CM[0] * CM, A4_CM[1] * CM))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, A4_CM[0] * CM * 72), ylim=(0, A4_CM[1] * CM * 72))
        axes.set_axis_off()
        if draw(Canvas(axes, scale), sheet, study):
            for text in figure.findobj(Text):
                text.set_text(spaced(text.get_text()))  # type: ignore[attr-defined]
            return figure, scale
        plt.close(figure)
    msg = f"The factsheet of {sheet.name} has too much text for two pages. Shorten long names."
    raise OutputError(msg)


def _draw_first(canvas: Canvas, sheet: Sheet, study: Study) -> bool:
    """Draw title, key figures, map and balance; return whether they fit."""
    y = _text(canvas, LEFT, TOP, sheet.title, WIDTH, size=TITLE, bold=True)
    y = _text(canvas, LEFT, y - 2, sheet.subtitle, WIDTH, size=BODY, colour=QUIET)
    y = _figures(canvas, y - GAP, sheet)
    # the table comes last but its height decides how much the map may take
    needed = y - _table(canvas, y, sheet.balance, draw=False)
    height = min(y - needed - BOTTOM - GAP, MAP_HEIGHT[1])
    if height < MAP_HEIGHT[0]:
        return False
    figure = canvas.axes.get_figure(root=True)
    page = canvas.axes.get_xlim()[1], canvas.axes.get_ylim()[1]
    box = (LEFT - 10) / page[0], (y - height) / page[1], (WIDTH + 20) / page[0], height / page[1]
    draw_municipality(figure.add_axes(box), study, sheet.code, lang=sheet.lang)  # type: ignore[union-attr]
    _table(canvas, y - height - GAP, sheet.balance)
    _footer(canvas, sheet, 1)
    return True


def _draw_second(canvas: Canvas, sheet: Sheet, _study: Study) -> bool:
    """Draw exchanges, season, what is uncertain, whom to ask and sources; return if they fit."""
    y = _table(canvas, TOP, sheet.exchanges) - GAP
    half = WIDTH * 0.5
    side = LEFT + half + 14
    low = _heading(canvas, LEFT, y, label("factsheet:season", sheet.lang), half)
    _place_chart(canvas, low, half, sheet)
    beside = _table(canvas, y, sheet.cover, x=side, width=RIGHT - side)
    beside = _text(canvas, side, beside - 5, sheet.season, RIGHT - side)
    y = min(low - CHART_HEIGHT, beside) - GAP
    y = _table(canvas, y, sheet.uncertain) - GAP
    y = _table(canvas, y, sheet.contacts) - GAP
    y = _heading(canvas, LEFT, y, label("factsheet:sources", sheet.lang), WIDTH)
    for source in sheet.sources:
        y = _text(canvas, LEFT, y, source, WIDTH, size=NOTE)
    _footer(canvas, sheet, 2)
    return y >= BOTTOM


def _place_chart(canvas: Canvas, y: float, width: float, sheet: Sheet) -> None:
    """Draw the monthly chart under a heading at y."""
    page = canvas.axes.get_xlim()[1], canvas.axes.get_ylim()[1]
    box = (LEFT + 28) / page[0], (y - CHART_HEIGHT + 16) / page[1]
    size = (width - 28) / page[0], (CHART_HEIGHT - 18) / page[1]
    figure = canvas.axes.get_figure(root=True)
    _draw_chart(figure.add_axes((*box, *size)), sheet)  # type: ignore[union-attr]


def _draw_chart(ax: Axes, sheet: Sheet) -> None:
    """Draw supply by month against demand, without the title of its own."""
    if not sheet.demand.sum() and not sheet.supply.to_numpy().sum():
        ax.set_axis_off()
        ax.text(0.5, 0.5, label("map:no_data", sheet.lang), ha="center", transform=ax.transAxes)
        return
    plot_monthly(sheet.supply, sheet.demand, ax=ax, lang=sheet.lang)
    ax.set_title("", loc="left")
    ax.set_ylim(top=1.12 * ax.get_ylim()[1])  # room for a legend of two lines
    ax.tick_params(labelsize=6.5)
    legend = ax.get_legend()
    if legend is not None:
        for text in legend.get_texts():
            text.set_fontsize(6.5)


def _figures(canvas: Canvas, y: float, sheet: Sheet) -> float:
    """Draw the key figures side by side; return the y below."""
    step = WIDTH / len(sheet.figures)
    low = y
    for place, (value, words, span) in enumerate(sheet.figures):
        x = LEFT + place * step + 6
        under = _text(canvas, x, y, value, step - 8, size=10.5, bold=True)
        under = _text(canvas, x, under, words, step - 10, size=NOTE, colour=QUIET)
        low = min(low, _text(canvas, x, under, span, step - 10, size=NOTE, colour=QUIET))
    for place in range(len(sheet.figures)):
        bar = Rectangle((LEFT + place * step, low), 2, y - low, facecolor=ACCENT, linewidth=0)
        canvas.axes.add_patch(bar)
    return low - GAP


def _heading(
    canvas: Canvas, x: float, y: float, text: str, width: float, *, draw: bool = True
) -> float:
    """Write a heading with a line under it; return the y below."""
    y = _text(canvas, x, y, text, width, size=HEADING, bold=True, draw=draw) - 1.5
    if draw:
        canvas.axes.plot([x, x + width], [y, y], color=ACCENT, linewidth=1.2)
    return y - 3.5


def _table(
    canvas: Canvas,
    y: float,
    table: Table,
    *,
    x: float = LEFT,
    width: float = WIDTH,
    draw: bool = True,
) -> float:
    """Write a table with heading and notes; return the y below. Not drawn, it is only measured."""
    y = _heading(canvas, x, y, table.title, width, draw=draw)
    if table.rows:
        y = _row(canvas, y, Row(table.head, "head"), table, (x, width), draw=draw)
    for row in table.rows:
        y = _row(canvas, y, row, table, (x, width), draw=draw)
    for note in table.notes:
        y = _text(canvas, x, y - 2.5, note, width, size=NOTE, colour=QUIET, draw=draw)
    return y


def _row(
    canvas: Canvas, y: float, row: Row, table: Table, place: tuple[float, float], *, draw: bool
) -> float:
    """Write one row; return the y below its line."""
    x, width = place
    bold = row.kind in ("head", "group", "sum")
    size = NOTE + 0.4 if row.kind == "head" else BODY - 0.2
    low = y - PAD
    bottoms = []
    left = x
    for cell, share, side in zip(row.cells, table.widths, table.align, strict=True):
        room = width if row.kind == "group" else width * share
        bottoms.append(
            _text(canvas, left, low, cell, room - 7, size=size, bold=bold, side=side, draw=draw)
        )
        left += width * share
    bottom = min(bottoms) - PAD + 0.6
    if draw:
        if row.kind == "group":
            look = {"facecolor": SHADE, "linewidth": 0, "zorder": 0.5}
            canvas.axes.add_patch(Rectangle((x, bottom), width, y - bottom, **look))
        strong = row.kind == "head"
        look = {"color": INK if strong else LINE, "linewidth": 0.9 if strong else 0.5}
        canvas.axes.plot([x, x + width], [bottom, bottom], **look)
    return bottom


def _footer(canvas: Canvas, sheet: Sheet, page: int) -> None:
    """Write date, version and page number at the foot of a page, and the mark at its head."""
    if sheet.marking:
        mark_figure(canvas.axes.get_figure(root=True), sheet.lang)
    canvas.axes.plot([LEFT, RIGHT], [40, 40], color=LINE, linewidth=0.5)
    small = canvas._replace(scale=1.0)
    _text(small, LEFT, 37, f"{sheet.footer} {sheet.licence}", WIDTH - 60, size=6.2, colour=QUIET)
    words = label("factsheet:page", sheet.lang, page=page)
    _text(small, LEFT, 37, words, WIDTH, size=6.2, colour=QUIET, side="r")


def _text(
    canvas: Canvas,
    x: float,
    y: float,
    text: str,
    width: float,
    *,
    size: float = BODY,
    bold: bool = False,
    colour: str = INK,
    side: str = "l",
    draw: bool = True,
) -> float:
    """Write wrapped text whose top is at y; return the y below."""
    points = size * canvas.scale
    lines = _wrap(spaced(text), width, points, bold=bold)
    if draw:
        look = {"fontsize": points, "fontweight": "bold" if bold else "normal", "color": colour}
        at = x + width if side == "r" else x
        for place, line in enumerate(lines):
            base = y - (0.92 + place * LEADING) * points
            canvas.axes.text(at, base, line, ha="right" if side == "r" else "left", **look)
    return y - LEADING * points * len(lines)


def _wrap(text: str, width: float, size: float, *, bold: bool) -> list[str]:
    """Divide a text into lines of at most `width` points; a word that is longer is cut up."""
    lines: list[str] = []
    for part in text.split("\n"):
        line = ""
        for word in part.split(" "):
            tried = f"{line} {word}" if line else word
            if _breadth(tried, size, bold=bold) <= width:
                line = tried
                continue
            if line:
                lines.append(line)
            line = word
            while _breadth(line, size, bold=bold) > width and len(line) > 1:
                fits = next(
                    n
                    for n in range(len(line) - 1, 0, -1)
                    if n == 1 or _breadth(line[:n], size, bold=bold) <= width
                )
                lines.append(line[:fits])
                line = line[fits:]
        lines.append(line)
    return lines


@cache
def _font(bold: bool) -> FontProperties:
    """Return the font whose letters are measured."""
    weight = "bold" if bold else "normal"
    return FontProperties(family=mpl.rcParams["font.family"], weight=weight, size=100)


def _breadth(text: str, size: float, *, bold: bool) -> float:
    """Return how broad a text is, points."""
    return size * sum(_letter(letter, bold) for letter in text)


@cache
def _letter(letter: str, bold: bool) -> float:
    """Return how broad a letter is at a size of 1; without kerning, which only narrows."""
    width, _, _ = text_to_path.get_text_width_height_descent(letter, _font(bold), False)
    return float(width) / 100
