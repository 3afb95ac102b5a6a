"""Charts of single figures: each with its range, or beside a published one."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.markers import CARETLEFT
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from .. import labels
from ..disclosure import check_tables
from ..maps.captions import mark_axes
from ..maps.legends import shorten
from ..maps.page import INK, SMALL, style
from ..maps.saving import spaced
from ..maps.symbols import OUTLINED
from ..study.validation import FITS
from .axes import (
    NAME_WIDTH,
    finish_chart,
    in_two_lines,
    look_of,
    number_axis,
    start_chart,
    with_unit,
)

MOST_DOUBLE = 16  # rows that have room for names in two lines
SPAN_ROOM = 0.14  # of the width, behind the longest line
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10)


def plot_ranges(
    table: pd.DataFrame,
    *,
    unit: str,
    title: str = "",
    note: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
    begins: float | None = None,
) -> Axes:
    """
    Draw each row as a bar with its range from low to high; return the axes.

    Parameters
    ----------
    table
        `value`, and `low` and `high` where known; rows are named by `name`, or by the words of
        the index, and coloured by `look`, a key of labels.csv, if they have one. `told` stands
        behind the bar in place of the value.
    unit
        Unit of the values.
    title
        What the chart says; none gives the unit alone.
    note, ax, size, lang
        As in `plot_municipal_bars`.
    begins
        Where the axis begins: a range that goes on below it ends in an arrow. None: below them all.

    Examples
    --------
    >>> table = pd.DataFrame({"value": [3.0], "low": [2.0], "high": [5.0]}, index=["Straw"])
    >>> plot_ranges(table, unit="GWh/yr", lang="en").get_xlabel()
    'GWh/yr'
    """
    readers = check_tables(table)
    with style():
        spans = {"low", "high"} <= set(table)
        ax = start_chart(size, left=6.4, rows=len(table)) if ax is None else ax
        rows = table.iloc[::-1]
        y, value = np.arange(len(rows)), rows["value"].to_numpy(float)
        keys = rows.get("look", pd.Series("role:source", rows.index)).to_numpy()
        for key in dict.fromkeys(keys[::-1]):
            here = keys == key
            edge = {"edgecolor": INK} if key in OUTLINED else {}
            ax.barh(y[here], np.nan_to_num(value)[here], 0.7, label=labels.label(key, lang),
                    **look_of(str(key)) | edge)  # fmt: skip
        if len(set(keys)) > 1:
            heading = labels.label_or(f"map:{str(keys[0]).split(':')[0]}", "", lang)
            look = {"frameon": False, "title": heading or None, "alignment": "left"}
            ax.legend(loc="center right" if spans else "lower right", **look)
        if spans:
            low, high = rows["low"].to_numpy(float), rows["high"].to_numpy(float)
            ax.hlines(y, low, high, color="white", linewidth=2.6)
            ax.hlines(y, low, high, color=INK, linewidth=1.1)
        _write_values(ax, rows, lang)
        _name_rows(ax, rows, lang)
        number_axis(ax, "x", lang)
        ax.margins(x=0.1)
        if spans:  # room for the words behind the longest line
            low_x, high_x = ax.get_xlim()
            if begins is not None:
                low_x, high_x = begins, float(np.nanmax(high))
            ax.set_xlim(low_x, high_x + SPAN_ROOM * (high_x - low_x))
            cut = low < low_x  # goes on, however far
            tip = {"marker": CARETLEFT, "markersize": 9, "linestyle": "none", "color": INK}
            ax.plot(np.full(cut.sum(), low_x), y[cut], **tip)
        ax.axvline(0, color=INK, linewidth=0.8)
        ax.set_xlabel(labels.unit_label(unit, lang))
        finish_chart(ax, title, labels.unit_label(unit, lang) if title else "", note)
    return mark_axes(ax, readers, lang)


def plot_ratios(
    table: pd.DataFrame,
    *,
    note: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw each of our figures over the published one on a scale of factors; return the axes.

    A filled mark is a comparison with an independent figure, an open one with the same statistics;
    what has no ratio, or another scope, is left out.

    Parameters
    ----------
    table
        As from `validation.compare_published`.
    note, ax, size, lang
        As in `plot_municipal_bars`.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> study = sg.run(lang="en")
    >>> ax = plot_ratios(sg.validation.compare_published(study, "en"), lang="en")
    >>> ax.get_xscale()
    'log'
    """
    readers = check_tables(table)
    with style():
        ax = start_chart(size, left=6.4) if ax is None else ax
        rows = table[(table["ratio"] > 0) & (table["relation"] != "other_scope")].iloc[::-1]
        y, ratio = np.arange(len(rows)), rows["ratio"].to_numpy(float)
        ax.axvspan(*FITS, color="#e3e0da", linewidth=0)
        ax.axvline(1, color=INK, linewidth=0.8)
        free = (rows["relation"] == "independent").to_numpy()
        look = {"edgecolors": labels.colour("role:source"), "zorder": 3, "s": 28}
        ax.scatter(ratio[free], y[free], facecolors=labels.colour("role:source"), **look)
        ax.scatter(ratio[~free], y[~free], facecolors="white", **look)
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(FixedLocator(TICKS))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(
            FuncFormatter(lambda x, _: spaced(labels.number(x, lang, digits=int(x < 1))))
        )
        ax.set_xlim(min(0.15, ratio.min() / 1.2), max(6.0, ratio.max() * 1.2))
        ax.grid(axis="x", color="#e3e0da", linewidth=0.6)
        ax.set_axisbelow(True)
        _name_rows(ax, rows, lang)
        ax.set_xlabel(with_unit("column:ratio", "times", lang))
        inside, within = rows["ratio"].between(*FITS).sum(), round(100 * (FITS[1] - 1))
        counts = {"inside": inside, "count": len(rows), "within": within}
        title = labels.label("figure:ratios_found", lang, **counts)
        finish_chart(ax, title, labels.label("figure:ratios_title", lang), note)
    return mark_axes(ax, readers, lang)


def _write_values(ax: Axes, rows: pd.DataFrame, lang: str) -> None:
    """Write each value, and the range it has, behind its bar and line."""
    look: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": SMALL}
    spans = {"low", "high"} <= set(rows)
    for place, (_, row) in enumerate(rows.iterrows()):
        end = max(float(row["value"]), 0.0)
        text = str(row.get("told", labels.number(row["value"], lang)))
        # a number at the end of a line would be read as that end: it says what the line spans
        if spans and not pd.isna([row["low"], row["high"]]).any():
            low, high = (labels.coarse(float(row[name]), lang) for name in ("low", "high"))
            end = max(end, float(row["high"]))
            text += f" ({labels.span(low, high, lang)})" * (low != high)
        end = 0.0 if pd.isna(end) else end
        ax.annotate(text, (end, place), (4.0, 0), **look)


def _name_rows(ax: Axes, rows: pd.DataFrame, lang: str) -> None:
    """Name the rows of a chart by their column `name`, or by the words of the index."""
    texts, kind = labels.language(lang), str(rows.index.name)
    names = rows["name"] if "name" in rows.columns else [texts.word(kind, k) for k in rows.index]
    write = in_two_lines if len(rows) <= MOST_DOUBLE else partial(shorten, room=NAME_WIDTH)
    ax.set_yticks(np.arange(len(rows)), [write(ax, str(name)) for name in names])
    ax.tick_params(axis="y", length=0)
    ax.margins(y=0.02)
