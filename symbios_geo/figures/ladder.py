"""The ladder: what is left of a resource, rung by rung, until what is new and pays."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from .. import labels
from ..disclosure import check_tables
from ..maps.captions import mark_axes
from ..maps.page import FAINT, NORMAL, style
from ..maps.placenames import amount, as_written
from .axes import finish_chart, look_of, number_axis, open_look, start_chart

STEP = {"facecolor": "#c6cacd", "edgecolor": "white", "linewidth": 0.5}  # paler than what flows
LIFTED: dict[str, Any] = {
    "facecolor": "white",
    "edgecolor": "#8b9096",
    "linewidth": 0.5,
    "hatch": "////",
}
FIRM = {"facecolor": "#66a38f", "edgecolor": "white"}  # lifted, of what pays


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
        Indexed by method, with `delivered` and `yearly_msek`: what `ladder.compare_rungs` returns,
        its value in million SEK a year.
    unit
        Unit of what is delivered.
    note, ax, size, lang
        As in `plot_municipal_bars`.

    Examples
    --------
    >>> table = pd.DataFrame({"delivered": [3.0], "yearly_msek": [9.0]}, index=["annual"])
    >>> ax = plot_rungs(table, unit="GWh/yr", lang="en")
    >>> len(ax.patches)
    1
    """
    readers = check_tables(table)
    with style():
        ax = start_chart(size, left=5.0) if ax is None else ax
        rows = table.iloc[::-1]
        y = np.arange(len(rows))
        ax.barh(y, rows["delivered"], 0.7, **look_of("role:source"))
        for place, row in zip(y, rows.itertuples(), strict=True):
            text = labels.quantity(row.yearly_msek, "MSEK/yr", lang)
            ax.text(row.delivered, place, f" {text}", va="center", fontsize=NORMAL)
        ax.set_yticks(y, [labels.label(f"rung:{method}", lang) for method in rows.index])
        ax.tick_params(axis="y", length=0)
        number_axis(ax, "x", lang)
        ax.set_xlabel(labels.unit_label(unit, lang))
        ax.set_xlim(0, rows["delivered"].max() * 1.25)
        told = labels.label("figure:rungs_title", lang)
        finish_chart(ax, _rungs_finding(table, unit, lang), told, note)
    return mark_axes(ax, readers, lang)


def plot_ladder(
    rungs: pd.Series,
    *,
    existing: float | None = None,
    lifted: pd.Series | None = None,
    unit: str = "GWh/yr",
    note: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw what is left of waste heat on each rung, from what there is to the plan; return the axes.

    Parameters
    ----------
    rungs
        Amounts by rung, the largest first: "supply", "hot", "reach", "annual",
        "monthly", "plan", and perhaps "sure", what of it pays more often than not: then the rest
        of the plan is drawn open.
    existing
        What flows today, drawn apart in grey; None draws none.
    lifted
        What of each rung heat pumps lift, with their electricity, drawn pale; None draws none.
    unit
        Unit of the amounts.
    note, ax, size, lang
        As in `plot_municipal_bars`.

    Examples
    --------
    >>> rungs = pd.Series({"supply": 900.0, "hot": 700.0, "plan": 160.0})
    >>> ax = plot_ladder(rungs, lang="en")
    >>> len(ax.patches) >= 3
    True
    """
    readers = check_tables(rungs)
    with style():
        ax = start_chart(size, left=5.6) if ax is None else ax
        values = rungs.fillna(0).astype(float)
        y = np.arange(len(values), 0, -1)
        pale = (pd.Series(0.0, values.index) if lifted is None else lifted).reindex(values.index)
        pale = pale.fillna(0.0)
        keys = [(Patch(**LIFTED), labels.label("figure:lifted", lang))] * bool(pale.gt(0).any())
        for name, at in zip(values.index, y, strict=True):
            # the plan begins with what of it pays more often than not
            firm = "sure" if name == "plan" and "sure" in values else name
            look = look_of("house:main") if name in (values.index[-1], "plan") else STEP
            _draw_parts(ax, float(at), values[firm], pale[firm], look)
            if firm != name:
                look, rest = open_look("house:main"), values[name] - values[firm]
                _draw_parts(ax, float(at), rest, pale[name] - pale[firm], look, start=values[firm])
                keys.append((Patch(**look), labels.label("figure:seldom", lang)))
        if keys:
            ax.legend(*zip(*keys, strict=True), loc="lower right", bbox_to_anchor=(1, 0.16),
                      edgecolor="none", framealpha=1)  # fmt: skip
        befores = [np.nan, *values[:-1]]
        for name, at, value, before in zip(values.index, y, values, befores, strict=True):
            text = amount(value, "", lang)
            # what reaches a receiver is no part of what is hot: some of it is lifted
            if before > value and name != "reach":
                less = amount(as_written(before) - as_written(value), "", lang)
                text += f"   ({labels.label('figure:less', lang, value=less)})"
            ax.annotate(text, (value, at), (4, 0), textcoords="offset points", va="center",
                        fontsize=NORMAL, fontweight="bold")  # fmt: skip
        names = [labels.label(f"fall:{name}", lang) for name in values.index]
        if existing is not None:
            ax.barh(0, existing, 0.66, **look_of("mode:existing"))
            ax.annotate(amount(existing, "", lang), (existing, 0), (4, 0), fontsize=NORMAL,
                        textcoords="offset points", va="center", fontweight="bold")  # fmt: skip
            ax.axhline(0.5, color=FAINT, linewidth=0.6)
            names.append(labels.label("fall:existing", lang))
            y = np.append(y, 0)
        ax.set_yticks(y, ["\n".join(textwrap.wrap(name, 36)) for name in names])
        ax.tick_params(axis="y", length=0)
        number_axis(ax, "x", lang)
        ax.set_xlabel(labels.unit_label(unit, lang))
        ax.set_xlim(0, 1.25 * max(float(values.max()), existing or 0, 1e-9))
        first, last = (amount(values.iloc[place], "", lang) for place in (0, -1))
        told = {"unit": ax.get_xlabel(), "supply": first, "new": last}
        key = "figure:ladder_found"
        if values.index[-1] == "sure":
            key = "figure:ladder_sure"
            told |= {"sure": last, "new": amount(values["plan"], "", lang)}
        title = labels.label(key, lang, **told)
        measure = f"{labels.label('figure:ladder_title', lang)}, {ax.get_xlabel()}"
        if {"hot", "reach"} <= set(values.index) and pale["reach"] > 0:
            lift = amount(pale["reach"], "", lang)
            words = labels.label("figure:reach_lifted", lang, lifted=lift)
            note = " ".join(filter(None, [words, note]))
        finish_chart(ax, title, measure, note)
    return mark_axes(ax, readers, lang)


def _draw_parts(
    ax: Axes, at: float, value: float, lifted: float, look: dict[str, Any], *, start: float = 0.0
) -> None:
    """Draw a bar, what of it heat pumps lift last: hatched, and in a bar of what pays green."""
    ax.barh(at, value, 0.66, start, **look)
    if lifted > 0:
        ax.barh(
            at,
            lifted,
            0.66,
            start + value - lifted,
            **(LIFTED | (FIRM if look == look_of("house:main") else {})),
        )


def _rungs_finding(table: pd.DataFrame, unit: str, lang: str) -> str:
    """Return how much of the bound the plan delivers; without both nothing is found."""
    if not {"annual", "plan"} <= set(table.index):
        return ""
    parts = table.loc[["plan", "annual"], "delivered"].astype(float)
    plan, bound = (amount(part, "", lang) for part in parts)
    words = labels.unit_label(unit, lang)
    return labels.label("figure:rungs_found", lang, plan=plan, bound=bound, unit=words)
