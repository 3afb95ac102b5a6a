"""What becomes of what there is: how much is used, new in the plan, and taken by nobody."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from .. import labels
from ..disclosure import check_tables
from ..maps.captions import mark_axes
from ..maps.page import FAINT, INK, NORMAL, style
from ..maps.placenames import amount
from .axes import finish_chart, in_two_lines, look_of, number_axis, start_chart

# of what there is, as they lie in a bar, with their words
PARTS = {"committed": "column:committed", "new": "column:new", "unused": "figure:unused"}
BOX = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
PALE = 0.18  # of the colour of what is new: what nobody takes
MOST_ROWS = 14  # the smallest of more are joined


def plot_taken(
    table: pd.DataFrame,
    *,
    unit: str,
    resource: str = "materials",
    told: Mapping[object, str] | None = None,
    delivered: pd.Series | None = None,
    note: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw bars of what becomes of supply: used today, new, and left by the plan; return the axes.

    Parameters
    ----------
    table
        Rows with `name`, committed (used today), new and unused, from the top; where supply_low
        and supply_high are there, the range is drawn.
    unit
        Unit of the values, for example "kt/yr".
    resource
        What the rows are of: what is new has its colour.
    told
        Words behind bars, by the index of their rows.
    delivered
        What each exchange of `told` delivers, summed in the title.
    note, ax, size, lang
        As in `plot_municipal_bars`.

    Examples
    --------
    >>> parts = {"committed": [8.0], "new": [1.0], "unused": [3.0]}
    >>> table = pd.DataFrame({"name": ["Hylte"], **parts})
    >>> plot_taken(table, unit="kt/yr", resource="water", lang="en").get_title(loc="left")
    '8.0 of 12 kt/yr of water is used already; 3.0 has no receiver in the plan'
    """
    readers = check_tables(table)
    with style():
        ax = start_chart(size, left=4.4) if ax is None else ax
        rows = _joined(table, lang).iloc[::-1]
        own = look_of(f"resource:{resource}")
        pale = tuple(1 - PALE * (1 - part) for part in to_rgb(own["facecolor"]))
        looks = {
            "committed": look_of("mode:existing") | {"alpha": 0.6},
            "new": own,
            "unused": {"facecolor": pale, "edgecolor": FAINT, "linewidth": 0.6},
        }
        y, start = np.arange(len(rows)), np.zeros(len(rows))
        for part, key in PARTS.items():
            words = labels.label(key, lang)
            ax.barh(y, rows[part], 0.66, start, label=words, **looks[part])
            start = start + rows[part].to_numpy(float)
        ends = start
        if {"supply_low", "supply_high"} <= set(rows):
            for colour, width in (("white", 2.4), (INK, 1)):
                ax.hlines(y, rows["supply_low"], rows["supply_high"], color=colour, linewidth=width)
            ends = np.fmax(start, rows["supply_high"].to_numpy(float))
        for at, end, whole, (key, row) in zip(y, ends, start, rows.iterrows(), strict=True):
            words = _row_words(row, float(whole), lang)
            text = "\n".join(filter(None, [words, (told or {}).get(key, "")]))
            ax.annotate(text, (end, at), (4, 0), textcoords="offset points", va="center",
                        fontsize=NORMAL, linespacing=1.1, bbox=BOX)  # fmt: skip
        ax.set_yticks(y, [in_two_lines(ax, str(name)) for name in rows["name"]])
        ax.tick_params(axis="y", length=0)
        number_axis(ax, "x", lang)
        ax.set_xlabel(labels.unit_label(unit, lang))
        ax.set_xlim(0, 1.42 * max(float(ends.max(initial=0)), 1e-9))
        ax.margins(y=0.02)
        ax.legend(loc="lower right", edgecolor="none", framealpha=1)
        measure = f"{labels.label('figure:taken_title', lang)}, {ax.get_xlabel()}"
        finish_chart(ax, _finding(table, unit, resource, lang, delivered), measure, note)
    return mark_axes(ax, readers, lang)


def _finding(
    table: pd.DataFrame, unit: str, resource: str, lang: str, delivered: pd.Series | None
) -> str:
    """Return how much is used already, or has no receiver, if that is more; with what is new."""
    sums = {part: float(table[part].sum()) for part in PARTS}
    words = {part: amount(value, "", lang) for part, value in sums.items()}
    if table.empty:
        return labels.label("figure:months_none", lang)
    most = table.loc[table["unused"].idxmax()]
    subject = labels.within_sentence(labels.label(f"resource:{resource}", lang))
    key = "found" if sums["committed"] >= sums["unused"] else "most"
    if delivered is not None and len(delivered):
        words["new"] = amount(float(delivered.sum()), "", lang)
        key = "lone" if len(delivered) == 1 else "few"
        words["count"] = str(len(delivered))
    return labels.label(
        f"figure:taken_{key}", lang,
        all=amount(sum(sums.values()), "", lang), unit=labels.unit_label(unit, lang),
        resource=subject, name=most["name"], most=amount(float(most["unused"]), "", lang), **words,
    )  # fmt: skip


def _joined(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return the rows, the smallest of many joined to one that stands last."""
    if len(table) <= MOST_ROWS:
        return table
    order = table[[*PARTS]].sum(axis=1).sort_values(ascending=False, kind="stable").index
    small = table.index.isin(order[MOST_ROWS - 1 :])
    rest = table[small].select_dtypes("number").sum().to_frame().T
    rest["name"] = labels.label("figure:rest", lang)
    return pd.concat([table[~small], rest])


def _row_words(row: pd.Series, whole: float, lang: str) -> str:
    """Return how much there is, within what range, and what of it has no receiver."""
    words, unused = amount(whole, "", lang), amount(float(row["unused"]), "", lang)
    told = words
    if {"supply_low", "supply_high"} <= set(row.index):
        low, high = (amount(float(row[f"supply_{end}"]), "", lang) for end in ("low", "high"))
        told = f"{words} ({labels.span(low, high, lang)})"
    if row["unused"] > 0 and unused != words:
        told = labels.label("figure:taken_row", lang, told=told, unused=unused)
    return told
