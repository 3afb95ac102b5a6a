"""The merit order of exchanges: what each costs, whom it joins, and what it is held against."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import labels
from ..co2.links import auctioned
from ..disclosure import check_tables
from ..maps.captions import mark_axes
from ..maps.findings import seldom_words
from ..maps.legends import shorten
from ..maps.page import FAINT, INK, NORMAL, style
from ..maps.placenames import amount
from ..model import ROLES, carried, mode_column, mode_keys
from ..shortlist import doubtful
from .axes import (
    finish_chart,
    look_of,
    number_axis,
    one_places,
    open_look,
    start_chart,
    with_unit,
)
from .sankey import small_ones, spread_levels

NAMES_CM = 9.6  # broad, the names beside a chart
GAIN = "#cfe8cd"  # between what a block costs and what it is worth
LEAST_MARGIN = 0.05  # of what a block is worth
JOINED = "mode:many"  # the small ones of several kinds, as one block
THIN = 0.012  # of all: a block as narrow has no room for hatching or an edge


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

    What pays with the state's auction only has no receiver who pays: it is told beside the chart.

    Parameters
    ----------
    links
        Rows with delivered and levelised_sek, perhaps worth_sek and temperature_mode or mode; a
        `rank` is the number of an exchange, those without one have letters.
    unit, cost_unit
        Units of delivered and of levelised_sek, for example "GWh/yr" and "SEK/MWh".
    note
        Source, year and confidence, written under the chart.
    ax
        Axes to draw in; None makes a figure.
    size
        "a4" or "wide", when a figure is made.
    lang
        "sv" or "en".

    Examples
    --------
    >>> import symbios_geo as sg
    >>> rows = sg.run(lang="en").business.query("resource == 'heat' and status == 'new'")
    >>> ax = plot_cost_curve(rows, unit="GWh/yr", cost_unit="SEK/MWh", lang="en")
    >>> ax.get_title(loc="left") != ""
    True
    """
    readers = check_tables(links)
    with style():
        ax = (
            start_chart(size, right=NAMES_CM if "name_source" in links else 0.6)
            if ax is None
            else ax
        )
        # what flows today was paid for long ago: its cost is not known
        costed = carried(links).dropna(subset="levelised_sek")
        stored = costed[auctioned(costed)]
        each = costed.drop(stored.index)
        used = _join_small(each, lang)
        # an average of several is no step of the order: it stands last
        used = used.sort_values("levelised_sek", kind="stable")
        joined = mode_keys(used).eq(JOINED)
        used = pd.concat([used[~joined], used[joined]])
        width = used["delivered"].to_numpy(float)
        height = used["levelised_sek"].to_numpy(float)
        right = np.cumsum(width)
        modes, seldom = mode_keys(used), doubtful(used).to_numpy()
        for mode in dict.fromkeys(modes):
            here, words = modes.eq(mode).to_numpy(), labels.label(mode, lang)
            for shown, look in _looks(mode, here, width, seldom):
                ax.bar((right - width)[shown], height[shown], width[shown], align="edge", **look)
            ax.fill_between([], [], label=words, **look_of(mode))
        if seldom.any():
            open_ = open_look(modes[seldom].iloc[0])
            ax.fill_between([], [], label=labels.label("figure:open_seldom", lang), **open_)
        if "worth_sek" in used and len(used):
            worth, left = used["worth_sek"].to_numpy(float), right - width
            for x0, x1, low, high in zip(left, right, height, worth, strict=True):
                if high > low:
                    ax.fill_between([x0, x1], low, high, facecolor=GAIN, linewidth=0)
            ax.fill_between([], [], facecolor=GAIN, label=labels.label("figure:gain", lang))
            line = {"color": INK, "linewidth": 1.6, "linestyle": (0, (4, 1.5))}
            ax.hlines(worth, left, right, label=labels.label("figure:worth", lang), **line)
        number_axis(ax, "x", lang)
        number_axis(ax, "y", lang)
        ax.set_xlabel(with_unit("figure:delivered_sum", unit, lang))
        ax.set_ylabel(with_unit("figure:unit_cost", cost_unit, lang))
        ax.margins(x=0)
        told = f"{labels.label('figure:cost_title', lang)}, {labels.unit_label(cost_unit, lang)}"
        title = labels.label("figure:cost_none", lang)
        if len(used):
            ax.set_ylim(0, 1.32 * ax.get_ylim()[1])  # room for the legend above the line
            ax.legend(loc="upper left", edgecolor="none", framealpha=1, ncols=2)
            _name_blocks(ax, used, right, lang)
            rare = doubtful(each)
            sure = each if rare.all() else each[~rare]  # what pays gives the title, each by itself
            prices = sure["levelised_sek"].agg(["min", "max"])
            ends = [amount(v, "", lang) for v in prices]
            unit_words = labels.unit_label(cost_unit, lang)
            key = "figure:cost_found" if len(sure) > 1 else "figure:cost_one"
            if len(sure) > 1 and "worth_sek" in used:
                key = "figure:cost_beside"
            nowhere = "figure:cost_nowhere" if len(used) > 1 else "figure:cost_only"
            key = key if one_places(used).any() else nowhere
            found: dict[str, Any] = {
                "count": len(sure),
                "low": ends[0],
                "high": ends[1],
                "unit": unit_words,
                "whole": amount(sure["delivered"].sum(), unit, lang),
            }
            if "worth_sek" in used:
                most = [amount(sure["worth_sek"].agg(end), "", lang) for end in ("min", "max")]
                found["worth"] = (
                    most[0] if most[0] == most[1] else labels.span(most[0], most[1], lang)
                )
            broad = int(sure["delivered"].to_numpy().argmax())
            if _is_thin(first := sure.iloc[broad]):
                key = "figure:cost_thin"
                found |= {
                    **{end: first.get(f"name_{end}", first[end]) for end in ROLES},
                    "value": amount(first["delivered"], "", lang),
                    "margin": amount(first["worth_sek"] - first["levelised_sek"], "", lang),
                }  # fmt: skip
            title = labels.label(key, lang, **found)
        beside = [_stored_words(stored, unit, cost_unit, lang)]
        if seldom.any():
            told_of = each.assign(mode=mode_keys(each))
            beside.append(seldom_words(told_of, unit, lang, mark="block"))
        if "rank" in used and used["rank"].notna().any():
            beside.append(labels.label("figure:cost_numbers", lang))
        _write_beside(ax, ". ".join(filter(None, beside)))
        finish_chart(ax, title, told, note)
    return mark_axes(ax, readers, lang)


def _join_small(used: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return links with the small ones of many as one, which costs what they do on average."""
    small = small_ones(used["delivered"])
    if not small.any() or "name_source" not in used:
        return used
    part = used[small]
    one = part.loc[[part["delivered"].idxmax()]].assign(
        delivered=part["delivered"].sum(), name_sink="", rank=np.nan,
        name_source=labels.label("figure:small_ones", lang, count=len(part)),
        **{
            name: np.average(part[name], weights=part["delivered"])
            for name in ("levelised_sek", "worth_sek")
            if name in part
        },
        **{mode_column(part) or "mode": JOINED.removeprefix("mode:")},
    )  # fmt: skip
    return pd.concat([used[~small], one])


def _is_thin(block: pd.Series) -> bool:
    """Say whether a block costs nearly what it is worth."""
    worth = block.get("worth_sek", np.nan)
    return bool(0 <= worth - block["levelised_sek"] < LEAST_MARGIN * worth)


def _looks(
    mode: str, here: np.ndarray, width: np.ndarray, seldom: np.ndarray
) -> Iterator[tuple[np.ndarray, dict[str, Any]]]:
    """Yield blocks of a way and how they look: hatched if they seldom pay, plain if thin."""
    look: dict[str, Any] = look_of(mode)
    thin = width < THIN * width.sum()
    yield here & ~seldom & ~thin, look
    yield here & ~seldom & thin, look | {"hatch": None, "linewidth": 0}
    yield here & seldom, open_look(mode)


def _stored_words(stored: pd.DataFrame, unit: str, cost_unit: str, lang: str) -> str:
    """Say what of the links pays with the state's auction only; nothing if nothing does."""
    if stored.empty:
        return ""
    cost, worth = (
        float((stored[column] * stored["delivered"]).sum() / stored["delivered"].sum())
        for column in ("levelised_sek", "worth_sek")
    )
    return labels.label(
        "figure:cost_stored", lang, value=amount(stored["delivered"].sum(), unit, lang),
        cost=labels.quantity(cost, cost_unit, lang), worth=labels.number(worth, lang),
    )  # fmt: skip


def _write_beside(ax: Axes, text: str) -> None:
    """Write a sentence at the foot of the names beside a chart."""
    lines = textwrap.fill(text, int(NAMES_CM / 2.54 * 72 / (0.5 * NORMAL)))
    ax.annotate(lines, (1, 0), (10, 0), xycoords="axes fraction", textcoords="offset points",
                va="bottom", fontsize=NORMAL)  # fmt: skip


def _marks(used: pd.DataFrame) -> list[str]:
    """Return the mark of each block: its rank in the list of pilots, else a letter."""
    ranks = used.get("rank", pd.Series(range(1, len(used) + 1), used.index))
    letters = iter([*ascii_lowercase, *(2 * letter for letter in ascii_lowercase)])
    return [next(letters, "") if pd.isna(rank) else f"{rank:.0f}" for rank in ranks]


def _name_blocks(ax: Axes, used: pd.DataFrame, right: np.ndarray, lang: str) -> None:
    """Give the blocks of a cost curve numbers, and name them beside it, cheapest first."""
    if "name_source" not in used:
        return
    middles = right - np.diff(right, prepend=0.0) / 2
    tops = used["levelised_sek"].to_numpy(float)
    width = ax.get_position().width * ax.get_figure(root=True).get_figwidth() * 72  # type: ignore[union-attr]
    apart = 11 / width * right[-1]
    places = right[-1] - spread_levels(right[-1] - middles, apart)
    look = {"ha": "center", "va": "bottom", "fontsize": NORMAL, "fontweight": "bold"}
    worth = used["worth_sek"].to_numpy(float) if "worth_sek" in used else tops
    high = np.fmax(tops, worth)
    used_up = apart * len(used) > right[-1]  # too many to number each
    marks = _marks(used)
    for n, (x, at, top) in enumerate(zip(middles, places, high, strict=True), start=1):
        if used_up and 2 * (right[n - 1] - x) < apart:
            continue
        at = x if used_up else at
        line = {"arrowstyle": "-", "color": FAINT, "linewidth": 0.4}
        ax.annotate(marks[n - 1], (x, top), ((at - x) / right[-1] * width, 7 + 7 * (n % 2)),
                    textcoords="offset points", zorder=6, arrowprops=line, **look)  # fmt: skip
    rows = 26
    for n, row in enumerate(used.head(rows).itertuples(), start=1):
        value = amount(row.delivered, "", lang)
        ends = filter(None, (row.name_source, row.name_sink))
        name = " \u2192 ".join(map(labels.short_name, ends))
        text = f"{marks[n - 1]}  {shorten(ax, name, NAMES_CM / 2.54 * 72 - 66)}, {value}"
        ax.annotate(text, (1, 1), (10, -11.5 * n), xycoords="axes fraction",
                    textcoords="offset points", va="center", fontsize=NORMAL - 0.6)  # fmt: skip
    if len(used) > rows:
        words = labels.label("map:rest", lang, count=len(used) - rows)
        ax.annotate(words, (1, 1), (10, -11.5 * (rows + 1)), xycoords="axes fraction",
                    textcoords="offset points", va="center", fontsize=NORMAL - 0.6)  # fmt: skip
