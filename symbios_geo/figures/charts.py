"""Charts beside the maps: municipalities, months, costs, exchanges and what matters most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from .. import labels
from ..disclosure import check_tables
from ..errors import OutputError
from ..maps.captions import mark_axes
from ..maps.legends import plain, shorten
from ..maps.page import CM, INK, SIZES_CM, SMALL, draw_source, spaced, style, write_title
from ..maps.page import save_figure as save_figure
from ..maps.symbols import HATCHES as MAP_HATCHES
from ..model import mode_column
from .sankey import draw_sankey

HATCHED_MODES = ("mode:preheat", "mode:heat_pump", "mode:truck")
CHART_SIZES_CM = {"a4": (17.0, 11.0), "wide": SIZES_CM["wide"]}
# small areas: a sparser pattern than on maps
HATCHES = {"role:sink": "////"} | {key: MAP_HATCHES[key][:4] for key in HATCHED_MODES}
SIDES = {"supply": "role:source", "demand": "role:sink"}
MONTHS = range(1, 13)


def plot_municipal_bars(
    table: pd.DataFrame,
    *,
    unit: str,
    columns: Sequence[str] = ("supply", "demand"),
    note: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw bars by municipality with their low-high range; return the axes.

    Parameters
    ----------
    table
        Rows with `name` and the columns; a range is drawn where <column>_low and _high exist.
    unit
        Unit of the values, for example "GWh/yr".
    columns
        The columns to show; their words come from the labels `column:<name>`.
    note
        Source, year and confidence, written under the chart.
    ax
        Axes to draw in; None makes a figure.
    size
        "a4" or "wide", when a figure is made.
    lang
        "sv" or "en".
    """
    readers = check_tables(table)
    with style():
        ax = _start(size, left=3.2) if ax is None else ax
        rows = table.iloc[::-1]
        thick = 0.8 / len(columns)
        for place, column in enumerate(columns):
            y = np.arange(len(rows)) + 0.4 - thick * (place + 0.5)
            words = labels.language(lang).column(column)
            look = _look(SIDES.get(column, f"series:{place + 1}"))
            ax.barh(y, rows[column].fillna(0), thick * 0.92, label=words, **look)
            _draw_ranges(ax, y, rows, column, lang)
        ax.set_yticks(np.arange(len(rows)), list(rows["name"]))
        ax.tick_params(axis="y", length=0)
        _number_axis(ax, "x", lang)
        ax.set_xlabel(labels.unit_label(unit, lang))
        ax.set_xlim(left=0)
        ax.margins(y=0.02)
        if len(columns) > 1:
            ax.legend(loc="best", frameon=False)
        kinds = f" {labels.label('figure:and', lang)} ".join(
            labels.language(lang).column(column).lower() for column in columns
        )
        title = labels.label("figure:bars_title", lang, columns=kinds)
        _finish(ax, title[0].upper() + title[1:], note)
    return mark_axes(ax, readers, lang)


def plot_rungs(
    table: pd.DataFrame,
    *,
    unit: str,
    note: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw what each rung of the ladder delivers, with its value written beside; return the axes.

    Parameters
    ----------
    table
        As from `ladder.compare_rungs`: indexed by method, with `delivered` and `value` (kEUR/yr).
    unit
        Unit of what is delivered.
    note, ax, size, lang
        As in `plot_municipal_bars`.
    """
    readers = check_tables(table)
    with style():
        ax = _start(size, left=5.0) if ax is None else ax
        rows = table.iloc[::-1]
        y = np.arange(len(rows))
        ax.barh(y, rows["delivered"], 0.7, **_look("role:source"))
        for place, row in zip(y, rows.itertuples(), strict=True):
            text = labels.quantity(row.value, "kEUR/yr", lang, digits=0)
            ax.text(row.delivered, place, f" {text}", va="center", fontsize=SMALL)
        ax.set_yticks(y, [labels.label(f"rung:{method}", lang) for method in rows.index])
        ax.tick_params(axis="y", length=0)
        _number_axis(ax, "x", lang)
        ax.set_xlabel(labels.unit_label(unit, lang))
        ax.set_xlim(0, rows["delivered"].max() * 1.25)
        _finish(ax, labels.label("figure:rungs_title", lang), note)
    return mark_axes(ax, readers, lang)


def _input_name(key: object, lang: str) -> str:
    """Return an uncertain input in words; one without words keeps its id."""
    return labels.label_or(f"input:{key}", str(key), lang)


def plot_monthly(
    supply: pd.DataFrame,
    demand: pd.Series,
    *,
    unit: str = "GWh/month",
    note: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw monthly supply, stacked by class, against demand as a line; return the axes.

    Parameters
    ----------
    supply
        Values indexed by month 1-12, one column per class; column names are label keys.
    demand
        Values indexed by month 1-12.
    unit
        Unit of the values.
    note
        Source, year and confidence, written under the chart.
    ax
        Axes to draw in; None makes a figure.
    size
        "a4" or "wide", when a figure is made.
    lang
        "sv" or "en".
    """
    readers = check_tables(supply, demand)
    with style():
        ax = _start(size) if ax is None else ax
        months = list(MONTHS)
        below = np.zeros(12)
        for name in supply.columns:
            values = supply[name].reindex(months).fillna(0).to_numpy(float)
            ax.bar(months, values, 0.8, below, label=labels.label(name, lang), **_look(name))
            below = below + values
        words = labels.label("column:demand", lang)
        line = {"color": INK, "marker": "o", "markersize": 3.5, "linewidth": 1.6}
        ax.plot(months, demand.reindex(months), color="white", linewidth=3.4)
        ax.plot(months, demand.reindex(months), label=words, **line)
        ax.set_xticks(months, [labels.label(f"month:{month}", lang) for month in months])
        ax.tick_params(axis="x", length=0)
        _number_axis(ax, "y", lang)
        ax.set_ylabel(labels.unit_label(unit, lang))
        ax.set_ylim(bottom=0)
        ax.legend(loc="upper center", ncols=2, frameon=False)
        ax.set_ylim(top=1.22 * max(float(below.max()), float(demand.max())))
        _finish(ax, labels.label("figure:monthly_title", lang), note)
    return mark_axes(ax, readers, lang)


def plot_cost_curve(
    links: pd.DataFrame,
    *,
    unit: str,
    cost_unit: str,
    note: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw the merit order of links: width is what is delivered, height the unit cost.

    Parameters
    ----------
    links
        Rows with delivered and unit_cost, perhaps worth and temperature_mode or mode.
    unit, cost_unit
        Units of delivered and of unit_cost, for example "GWh/yr" and "EUR/MWh".
    note
        Source, year and confidence, written under the chart.
    ax
        Axes to draw in; None makes a figure.
    size
        "a4" or "wide", when a figure is made.
    lang
        "sv" or "en".
    """
    readers = check_tables(links)
    with style():
        ax = _start(size) if ax is None else ax
        # what flows today was paid for long ago: its cost is not known
        costed = links[(links["delivered"] > 0) & links["unit_cost"].notna()]
        used = costed.sort_values("unit_cost", kind="stable")
        width = used["delivered"].to_numpy(float)
        right = np.cumsum(width)
        way = mode_column(used)
        modes = "mode:" + used[way].astype(str) if way else pd.Series("mode:direct", used.index)
        for mode in dict.fromkeys(modes):
            here = modes.eq(mode).to_numpy()
            look, words = _look(mode), labels.label(mode, lang)
            heights = used["unit_cost"].to_numpy(float)[here]
            ax.bar((right - width)[here], heights, width[here], align="edge", label=words, **look)
        if "worth" in used and len(used):
            worth = np.concatenate([used["worth"], used["worth"].iloc[-1:]])
            steps = np.concatenate([[0], right])
            line = {"color": INK, "linewidth": 1.2, "linestyle": (0, (4, 2))}
            ax.step(steps, worth, where="post", label=labels.label("figure:worth", lang), **line)
        _number_axis(ax, "x", lang)
        _number_axis(ax, "y", lang)
        ax.set_xlabel(_with_unit("figure:delivered_sum", unit, lang))
        ax.set_ylabel(_with_unit("figure:unit_cost", cost_unit, lang))
        ax.margins(x=0)
        if len(used):
            ax.set_ylim(top=1.3 * ax.get_ylim()[1])  # room for the legend above the line
            ax.legend(loc="upper left", frameon=False, ncols=2)
        _finish(ax, labels.label("figure:cost_title", lang), note)
    return mark_axes(ax, readers, lang)


def plot_exchanges(
    links: pd.DataFrame,
    names: pd.Series,
    *,
    unit: str,
    note: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw exchanges as bands from sources, left, to receivers, right; return the axes.

    Small sources and receivers are drawn together, so that a dozen names stand on each side.

    Parameters
    ----------
    links
        Rows with source, sink and delivered.
    names
        The visible name of each source and sink, by id.
    unit
        Unit of delivered, for example "GWh/yr".
    note
        Source, year and confidence, written under the chart.
    ax
        Axes to draw in; None makes a figure.
    size
        "a4" or "wide", when a figure is made.
    lang
        "sv" or "en".
    """
    readers = check_tables(links)
    with style():
        ax = _start(size, left=0.5) if ax is None else ax
        draw_sankey(ax, links, names, lang)
        title = labels.label("figure:exchanges_title", lang, unit=labels.unit_label(unit, lang))
        _finish(ax, title, note)
    return mark_axes(ax, readers, lang)


def plot_tornado(
    table: pd.DataFrame,
    *,
    unit: str,
    answer: str = "",
    note: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw how far each input alone moves an answer, the strongest on top; return the axes.

    Parameters
    ----------
    table
        One row per input: low and high of the answer, and value, the answer with every input at
        its best value. The inputs are named by `name`, or by the index.
    unit
        Unit of the answer.
    answer
        What the answer is, in words.
    note
        Source, year and confidence, written under the chart.
    ax
        Axes to draw in; None makes a figure.
    size
        "a4" or "wide", when a figure is made.
    lang
        "sv" or "en".
    """
    readers = check_tables(table)
    with style():
        ax = _start(size, left=6.4) if ax is None else ax
        reach = (table["high"] - table["low"]).sort_values(kind="stable")
        rows = table.loc[reach.index]
        y, base = np.arange(len(rows)), float(rows["value"].iloc[0])
        for end in ("low", "high"):
            ax.barh(y, rows[end] - base, 0.7, base, **_look(f"series:tornado_{end}"))
            _write_ends(ax, y, rows[end].to_numpy(float), end, lang)
        ax.axvline(base, color=INK, linewidth=1)
        names = rows.get("name", [_input_name(key, lang) for key in rows.index])
        ax.set_yticks(y, [shorten(ax, str(name), 165) for name in names])
        ax.tick_params(axis="y", length=0)
        _number_axis(ax, "x", lang)
        ax.margins(x=0.12)
        ax.set_xlabel(", ".join(filter(None, [answer, labels.unit_label(unit, lang)])))
        _finish(ax, labels.label("figure:tornado_title", lang), note)
    return mark_axes(ax, readers, lang)


def _start(size: str, *, left: float = 1.9) -> Axes:
    """Return axes with room for title and source line; `left` is the left margin in cm."""
    import matplotlib.pyplot as plt

    if size not in CHART_SIZES_CM:
        msg = f"There is no size {size!r}. Choose one of: {', '.join(CHART_SIZES_CM)}."
        raise OutputError(msg)
    width, height = CHART_SIZES_CM[size]
    figure = plt.figure(figsize=(width * CM, height * CM))
    return figure.add_axes((left / width, 2.0 / height, 1 - (left + 0.6) / width, 1 - 3.3 / height))


def _look(key: str) -> dict[str, Any]:
    look = {"facecolor": labels.colour(key), "edgecolor": "white", "linewidth": 0.5}
    return {**look, "hatch": HATCHES[key]} if key in HATCHES else look


def _number_axis(ax: Axes, name: str, lang: str) -> None:
    """Write the numbers of an axis in the language, with a light line at each."""
    axis = ax.xaxis if name == "x" else ax.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: spaced(plain(float(value), lang))))
    ax.grid(axis=name, color="#e3e0da", linewidth=0.6)  # type: ignore[arg-type]
    ax.set_axisbelow(True)


def _with_unit(key: str, unit: str, lang: str) -> str:
    return f"{labels.label(key, lang)}, {labels.unit_label(unit, lang)}"


def _finish(ax: Axes, title: str, note: str) -> None:
    write_title(ax, title)
    if note:
        figure = ax.get_figure(root=True)
        if figure is not None:
            draw_source(ax, figure.bbox.transformed(figure.transFigure.inverted()), [note])


def _draw_ranges(ax: Axes, y: np.ndarray, rows: pd.DataFrame, column: str, lang: str) -> None:
    """Draw low-high lines if the table has them, and write each value behind its bar."""
    best = rows[column].to_numpy(float)
    ends = best
    if {f"{column}_low", f"{column}_high"} <= set(rows.columns):
        low, high = rows[f"{column}_low"].to_numpy(float), rows[f"{column}_high"].to_numpy(float)
        ax.hlines(y, low, high, color="white", linewidth=2.4)
        ax.hlines(y, low, high, color=INK, linewidth=1)
        ends = np.fmax(best, high)
    for at, end, value in zip(y, ends, best, strict=True):
        text = labels.number(value, lang, digits=0 if abs(value) >= 10 else 1)
        place = (0.0 if np.isnan(end) else float(end), float(at))
        ax.annotate(text, place, (3, 0), textcoords="offset points", va="center", fontsize=SMALL)


def _write_ends(ax: Axes, y: np.ndarray, values: np.ndarray, end: str, lang: str) -> None:
    """Write the value at the outer end of each bar."""
    side, align = (-3, "right") if end == "low" else (3, "left")
    digits = 0 if np.abs(values).max() >= 10 else 2
    for level, value in zip(y, values, strict=True):
        text = labels.number(float(value), lang, digits=digits)
        place, look = (float(value), float(level)), {"ha": align, "va": "center"}
        ax.annotate(text, place, (side, 0), textcoords="offset points", fontsize=SMALL, **look)
