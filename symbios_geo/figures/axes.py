"""Axes of a chart: their size and margins, numbers in a language, and what stands around them."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from .. import labels
from ..errors import OutputError
from ..maps.legends import plain_number, shorten
from ..maps.page import CM, SIZES_CM, draw_source, write_heading
from ..maps.saving import spaced
from ..maps.symbols import HATCHES as MAP_HATCHES
from ..model import EXISTING

NAME_WIDTH = 144.0  # points, of the names of rows beside a chart
HATCHED_MODES = ("mode:preheat", "mode:heat_pump", "mode:truck")
ROW_CM = 0.68  # names in two lines do not touch the next
CHART_SIZES_CM = {"a4": (17.0, 11.0), "low": (16.0, 7.0), "wide": SIZES_CM["wide"]}
# small areas: a sparser pattern than on maps
HATCHES = {"role:sink": "////"} | {key: MAP_HATCHES[key][:4] for key in HATCHED_MODES}


def start_chart(size: str, *, left: float = 1.9, right: float = 0.6, rows: int = 0) -> Axes:
    """Return axes with room for title, source line and rows of two lines; margins are in cm."""
    import matplotlib.pyplot as plt

    if size not in CHART_SIZES_CM:
        msg = f"There is no size {size!r}. Choose one of: {', '.join(CHART_SIZES_CM)}."
        raise OutputError(msg)
    width, height = CHART_SIZES_CM[size]
    if size == "a4":
        height = max(height, 3.7 + ROW_CM * rows)
    figure = plt.figure(figsize=(width * CM, height * CM))
    # in a document the caption names the source
    foot, head = 0.7 if size == "low" else 2.0, 1.7
    shape = (left / width, foot / height, 1 - (left + right) / width, 1 - (foot + head) / height)
    return figure.add_axes(shape)


def look_of(key: str) -> dict[str, Any]:
    """Return the colour and hatching of a key of labels.csv."""
    look = {"facecolor": labels.colour(key), "edgecolor": "white", "linewidth": 0.5}
    return {**look, "hatch": HATCHES[key]} if key in HATCHES else look


def open_look(key: str) -> dict[str, Any]:
    """Return the look of what pays in fewer than half of the draws, in the colour of its key."""
    return {"facecolor": "white", "edgecolor": labels.colour(key), "linewidth": 1.4, "hatch": "//"}


def one_places(links: pd.DataFrame) -> pd.Series:
    """
    Say of links whether a title may name their ends, or what they cost, as the answer.

    It may where both ends are one place (`one_place`, see `Register.both_one_place`) and of what
    flows today (`status`); of links without these columns nothing else is known.
    """
    told = pd.Series(True, index=links.index)
    if "one_place" in links:
        told = links["one_place"].astype(bool)
    return told | links["status"].eq(EXISTING) if "status" in links else told


def number_axis(ax: Axes, name: str, lang: str) -> None:
    """Write the numbers of an axis in the language, with a light line at each."""
    axis = ax.xaxis if name == "x" else ax.yaxis
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: spaced(plain_number(float(value), lang)))
    )
    ax.grid(axis=name, color="#e3e0da", linewidth=0.6)  # type: ignore[arg-type]
    ax.set_axisbelow(True)


def with_unit(key: str, unit: str, lang: str) -> str:
    """Return a label with a unit behind it."""
    return f"{labels.label(key, lang)}, {labels.unit_label(unit, lang)}"


def finish_chart(ax: Axes, title: str, told: str, note: str) -> None:
    """Write finding and measure above a chart, and its source under it."""
    figure = ax.get_figure(root=True)
    room = 0.0
    if figure is not None:
        left, width = ax.get_position().x0, figure.get_figwidth() * 72
        room = (1 - left) * width - 12
    write_heading(ax, title, told, room=room)
    if note and figure is not None:
        draw_source(ax, figure.bbox.transformed(figure.transFigure.inverted()), [note])


def in_two_lines(ax: Axes, name: str, room: float = NAME_WIDTH) -> str:
    """Return a name in two lines if it is long; what is longer is cut."""
    if shorten(ax, name, room) == name:
        return name
    words, first = name.split(), ""
    while (
        words and shorten(ax, f"{first} {words[0]}".strip(), room) == f"{first} {words[0]}".strip()
    ):
        first = f"{first} {words.pop(0)}".strip()
    return f"{first}\n{shorten(ax, ' '.join(words), room)}" if first else shorten(ax, name, room)
