"""Charts beside the maps: municipalities, months, costs, exchanges and what matters most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import labels
from ..co2.links import auctioned
from ..disclosure import check_tables
from ..maps.captions import mark_axes
from ..maps.findings import supported_words
from ..maps.page import FAINT, INK, NORMAL, style
from ..maps.placenames import amount
from ..maps.saving import save_figure as save_figure
from ..model import EXISTING, ROLES, mode_column, mode_keys
from ..register.classes import HOT
from ..shortlist import doubtful
from .axes import (
    finish_chart,
    in_two_lines,
    look_of,
    number_axis,
    one_places,
    start_chart,
)
from .costs import plot_cost_curve as plot_cost_curve
from .ladder import plot_ladder as plot_ladder
from .ladder import plot_rungs as plot_rungs
from .sankey import draw_sankey, spread_levels

SIDES = {"demand": "role:sink"} | {carbon: f"carbon:{carbon}" for carbon in ("biogenic", "fossil")}
MONTHS = range(1, 13)
NEAR = 0.75  # of the largest: what is told beside it
TIMES = "times the demand"  # a unit that a title leaves out


def plot_municipal_bars(
    table: pd.DataFrame,
    *,
    unit: str,
    columns: Sequence[str] = ("supply", "demand"),
    subject: str = "",
    resource: str = "heat",
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
    subject
        What the first column is of, in the title. "": its words.
    resource
        What the columns are of: "supply" has its colour.
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
    >>> table = pd.DataFrame({"name": ["Hylte"], "supply": [5.0], "demand": [3.0]})
    >>> plot_municipal_bars(table, unit="GWh/yr", lang="en").get_xlabel()
    'GWh/yr'
    """
    readers = check_tables(table)
    with style():
        ax = start_chart(size, left=3.2) if ax is None else ax
        rows = table.iloc[::-1]
        thick = 0.8 / len(columns)
        for place, column in enumerate(columns):
            y = np.arange(len(rows)) + 0.4 - thick * (place + 0.5)
            words = labels.language(lang).column(column)
            sides = SIDES | {"supply": f"resource:{resource}"}
            look = look_of(sides.get(column, f"series:{place + 1}"))
            ax.barh(y, rows[column].fillna(0), thick * 0.92, label=words, **look)
            _draw_ranges(ax, y, rows, column, lang)
        ax.set_yticks(np.arange(len(rows)), list(rows["name"]))
        ax.tick_params(axis="y", length=0)
        number_axis(ax, "x", lang)
        ax.set_xlabel(labels.unit_label(unit, lang))
        highs = [table[f"{c}_high"] for c in columns if f"{c}_high" in table]
        if highs:  # room for the words behind the longest line
            top = float(pd.concat([*highs, *(table[c] for c in columns)]).fillna(0).max())
            ax.set_xlim(0, max(1.22 * top, 1e-9))
        ax.set_xlim(left=0)
        ax.margins(y=0.02)
        if len(columns) > 1:
            ax.legend(loc="best", frameon=False)
        title, told = _bars_finding(table, columns, unit, lang, subject=subject)
        finish_chart(ax, title, told, note)
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

    Examples
    --------
    >>> supply = pd.DataFrame({"class_60": [5.0] * 12}, index=range(1, 13))
    >>> need = pd.Series([9.0] * 3 + [3.0] * 6 + [9.0] * 3, index=range(1, 13))
    >>> plot_monthly(supply, need, lang="en").get_ylabel()
    'GWh/month'
    """
    readers = check_tables(supply, demand)
    with style():
        ax = start_chart(size, right=4.4) if ax is None else ax
        months = list(MONTHS)
        below = np.zeros(12)
        for name in supply.columns:
            values = supply[name].reindex(months).fillna(0).to_numpy(float)
            ax.bar(months, values, 0.8, below, label=labels.label(name, lang), **look_of(name))
            below = below + values
        words = labels.label("column:demand", lang)
        line = {"color": INK, "marker": "o", "markersize": 3.5, "linewidth": 1.6}
        ax.plot(months, demand.reindex(months), color="white", linewidth=3.4)
        ax.plot(months, demand.reindex(months), label=words, **line)
        ax.set_xticks(months, [labels.label(f"month:{month}", lang) for month in months])
        ax.tick_params(axis="x", length=0)
        number_axis(ax, "y", lang)
        ax.set_ylabel(labels.unit_label(unit, lang))
        need = demand.reindex(months).fillna(0).to_numpy(float)
        ax.set_ylim(0, 1.12 * max(float(below.max()), float(need.max()), 1e-9))
        ax.set_xlim(0.4, 12.6)
        _shade_difference(ax, below, need, unit, lang)
        _name_layers(ax, supply.reindex(months).fillna(0), need, lang)
        told = labels.label("figure:monthly_title", lang)
        finish_chart(ax, months_finding(supply, demand, lang), f"{told}, {ax.get_ylabel()}", note)
    return mark_axes(ax, readers, lang)


def months_finding(supply: pd.DataFrame, demand: pd.Series, lang: str) -> str:
    """Return in how many months supply, by class, would be enough, and its hottest class alone."""
    need = demand.reindex(supply.index).fillna(0.0)
    every = supply.fillna(0.0).sum(axis=1)
    if not every.any():
        return labels.label("figure:months_none", lang)
    hot = supply.get(HOT, pd.Series(0.0, supply.index)).fillna(0.0)
    count, alone = (int((part >= need).sum()) for part in (every, hot))
    return labels.label("figure:months_found", lang, count=count, hot=alone)


def plot_exchanges(
    links: pd.DataFrame,
    names: pd.Series,
    *,
    unit: str,
    unused: pd.Series | None = None,
    unmet: pd.Series | None = None,
    support: float | None = None,
    note: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw exchanges as bands from sources, left, to receivers, right; return the axes.

    Small sources and receivers are drawn together, so that a dozen names stand on each side. What
    flows today is grey.

    Parameters
    ----------
    links
        Rows with source, sink and delivered, and where wanted status and one_place (see
        `one_places`).
    names
        The visible name of each source and sink, by id.
    unit
        Unit of delivered, for example "GWh/yr".
    unused, unmet
        What sources of `links` give to nobody and what receivers need besides, by id; None draws
        neither. What stores could take besides is no need.
    support
        What the money of the state's auction is enough for, in `unit`, told in the title of
        exchanges that hang on it; None is not known.
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
    >>> study = sg.run(lang="en")
    >>> links = study.matches["heat"].links
    >>> ax = plot_exchanges(links, study.register.sites["name"], unit="GWh/yr", lang="en")
    >>> bool(ax.get_title(loc="left"))
    True
    """
    readers = check_tables(links)
    with style():
        ax = start_chart(size, left=0.5) if ax is None else ax
        draw_sankey(ax, links, names, lang, unit=unit, unused=unused, unmet=unmet)
        told = labels.label("figure:exchanges_title", lang, unit=labels.unit_label(unit, lang))
        finish_chart(ax, _exchanges_finding(links, names, unit, lang, support), told, note)
    return mark_axes(ax, readers, lang)


def _exchanges_finding(
    links: pd.DataFrame, names: pd.Series, unit: str, lang: str, support: float | None
) -> str:
    """Return what hangs on support, what of the new seldom pays, or else who delivers most."""
    if not links["delivered"].sum() > 0:
        return labels.label("figure:exchanges_none", lang)
    told = {"unit": labels.unit_label(unit, lang), "whole": _told(links["delivered"].sum(), lang)}
    if (stored := float(links.loc[auctioned(links), "delivered"].sum())) > 0:
        rest = float(links["delivered"].sum()) - stored
        return supported_words(rest, stored, support, unit, lang)
    # a title names only what goes from one place to another
    real = links[one_places(links) & links["delivered"].gt(0)]
    if real.empty:
        return labels.label("figure:exchanges_nowhere", lang, **told)
    if doubtful(links).any():
        return _seldom_finding(links, names, unit, lang)
    # what nobody has named goes by its id
    givers = real["source"].map(names).fillna(real["source"])
    sums = real.groupby(givers)["delivered"].sum()
    most = real[givers.eq(sums.idxmax())]
    told |= {"name": str(sums.idxmax()), "part": _told(sums.max(), lang)}
    if mode_column(most) is None:
        return labels.label("figure:exchanges_found", lang, **told)
    today = mode_keys(most).eq(f"mode:{EXISTING}")
    new, old = most[~today], most[today]
    fresh = real[mode_keys(real).ne(f"mode:{EXISTING}")]
    if new.empty and len(fresh):  # what is new is the finding, whoever delivers most today
        whole = links.loc[mode_keys(links).ne(f"mode:{EXISTING}"), "delivered"].sum()
        first = fresh.loc[fresh["delivered"].idxmax()]
        ends = {side: str(names.get(first[side], first[side])) for side in ROLES}
        told |= ends | {"new": _told(whole, lang), "part": _told(first["delivered"], lang)}
        return labels.label("figure:exchanges_fresh", lang, **told)
    told |= {"old": _told(old["delivered"].sum(), lang), "new": _told(new["delivered"].sum(), lang)}
    kind = "new" if old.empty else "old" if new.empty else "one" if len(new) == 1 else "both"
    told["sink"] = str(names.get(new["sink"].iloc[0], new["sink"].iloc[0])) if len(new) else ""
    return labels.label(f"figure:exchanges_{kind}", lang, **told)


def _seldom_finding(links: pd.DataFrame, names: pd.Series, unit: str, lang: str) -> str:
    """Return how much is new, and what of it pays in fewer than half of the draws."""
    new = links[links["delivered"].gt(0) & mode_keys(links).ne(f"mode:{EXISTING}")]
    few, real = doubtful(new), one_places(new)
    givers = new.loc[~few, "source"].map(names)
    parts = {"new": new, "sure": new[~few], "few": new[few], "real": new[real]}
    told = {key: amount(float(rows["delivered"].sum()), "", lang) for key, rows in parts.items()}
    told |= {"unit": labels.unit_label(unit, lang), "count": givers.nunique()}
    if few.sum() > 1 or not real[few].all():
        return labels.label("figure:exchanges_sure", lang, **told)
    ends = {side: str(names.get(key, key)) for side, key in new[few].iloc[0][[*ROLES]].items()}
    return labels.label("figure:exchanges_more", lang, **told, **ends)


def _told(value: float, lang: str) -> str:
    """Return an amount of a title."""
    return labels.number(value, lang, digits=0 if value >= 10 else 1)


def plot_tornado(
    table: pd.DataFrame,
    *,
    unit: str,
    question: str = "",
    answer: str = "",
    middle: str = "best",
    threshold: float | None = None,
    plan: float | None = None,
    why: str = "",
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
        its best value. The inputs are named by `name`, or by the index; `at_low` and `at_high`,
        if there, say what the input is at the two ends.
    unit
        Unit of the answer.
    question
        What is asked, before the finding in the title.
    answer
        What the answer is, in words.
    middle
        What `value` is: "best", or "mean", that of all draws.
    threshold
        A limit that the answer is held against, drawn as a line; None is none.
    plan
        The answer of the plan, with every input at its best value, drawn as a line; None is none.
    why
        Why the middle is what it is, under the title.
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
    >>> table = pd.DataFrame({"low": [1.0], "value": [2.0], "high": [4.0]}, index=["price"])
    >>> ax = plot_tornado(table, unit="GWh/yr", answer="heat", lang="en")
    >>> len(ax.patches) > 0
    True
    """
    readers = check_tables(table)
    with style():
        ax = start_chart(size, left=6.4) if ax is None else ax
        reach = (table["high"] - table["low"]).sort_values(kind="stable")
        rows = table.loc[reach.index]
        y, base = np.arange(len(rows)), float(rows["value"].iloc[0])
        told_at = {"at_low", "at_high"} <= set(rows)
        for end in ("low", "high"):
            key = f"series:tornado_{end}"
            words = labels.label(key, lang)
            ax.barh(y, rows[end] - base, 0.7, base, label=words, **look_of(key))
            at = [f"{words}: " for words in rows[f"at_{end}"]] if told_at else [""] * len(rows)
            _write_ends(ax, y, rows[end].to_numpy(float), end, at, lang)
        ax.axvline(base, color=INK, linewidth=1)
        digits = _digits(rows[["low", "high"]].to_numpy(float))
        value = labels.number(base, lang, digits=digits)
        _name_line(ax, base, labels.label(f"figure:{middle}", lang, value=value))
        if threshold is not None:
            ax.axvline(threshold, color="#a51300", linewidth=1.4, linestyle=(0, (5, 2)))
            words = labels.label("figure:limit", lang, value=amount(threshold, "", lang))
            _name_line(ax, threshold, words, level=1)
        if plan is not None:
            ax.axvline(plan, color=INK, linewidth=1.2, linestyle=(0, (5, 2)))
            _name_line(ax, plan, labels.label("figure:plan", lang, value=amount(plan, "", lang)))
        names = [str(n) for n in rows.get("name", [_input_name(key, lang) for key in rows.index])]
        ax.set_yticks(y, [in_two_lines(ax, name) for name in names])
        ax.tick_params(axis="y", length=0)
        number_axis(ax, "x", lang)
        ax.margins(x=0.24 if told_at else 0.12)
        ax.set_ylim(-0.6, len(rows) + 0.5)
        told = ", ".join(filter(None, [answer, labels.unit_label(unit, lang)]))
        ax.set_xlabel(told)
        _low_high_legend(ax, threshold, plan)
        title = _tornado_finding(rows, names, threshold, unit, lang)
        if question:
            title = f"{question}: {labels.within_sentence(title).replace(':', '', 1)}"
        finish_chart(ax, title, ". ".join(filter(None, [told, why])), note)
    return mark_axes(ax, readers, lang)


def _low_high_legend(ax: Axes, threshold: float | None, plan: float | None) -> None:
    """Draw the legend of a tornado beside its weakest input, off the lines of limit and plan."""
    side, edge = "right" if plan is None else "left", 1.0 if plan is None else 0.0
    if threshold is not None and plan is None:
        low_x, high_x = ax.get_xlim()
        at = (threshold - low_x) / (high_x - low_x)
        edge = at - 0.01 if 0.7 < at < 1 else edge
    look = {"edgecolor": "none", "framealpha": 1}
    ax.legend(loc=f"lower {side}", bbox_to_anchor=(edge, 0), **look)


def _tornado_finding(
    rows: pd.DataFrame, names: list[str], threshold: float | None, unit: str, lang: str
) -> str:
    """Return which inputs alone bring an answer past its limit; without one, what matters most."""
    first = labels.within_sentence(names[-1])
    if threshold is None:
        return labels.label("figure:tornado_found", lang, name=first)
    over = float(rows["value"].iloc[0]) >= threshold
    ends = rows["low"] if over else rows["high"]
    past = (ends < threshold if over else ends >= threshold).to_numpy()
    far = float(ends.min() if over else ends.max())
    strongest = [name for name, does in zip(names[::-1], past[::-1], strict=True) if does]
    told = {
        "limit": amount(threshold, "" if unit == TIMES else unit, lang),
        "way": labels.label(f"figure:{'under' if over else 'over'}", lang),
        "far": labels.number(far, lang, digits=_digits(ends.to_numpy(float))),
        "count": len(strongest),
        "name": labels.within_sentence(strongest[0]) if strongest else "",
    }
    kind = "none" if not past.any() else "one" if past.sum() == 1 else "many"
    title = labels.label(f"figure:tornado_{kind}", lang, **told)
    return title[:1].upper() + title[1:]


def _bars_finding(
    table: pd.DataFrame, columns: Sequence[str], unit: str, lang: str, *, subject: str = ""
) -> tuple[str, str]:
    """Return where most of the first column is, and what the bars measure."""
    words = [labels.language(lang).column(column) for column in columns]
    told = f" {labels.label('figure:and', lang)} ".join([words[0], *map(str.lower, words[1:])])
    told = f"{labels.label('figure:bars_title', lang, columns=told)}, "
    told += labels.unit_label(unit, lang)
    first = table[columns[0]].fillna(0)
    if not first.sum() > 0:
        return labels.label("figure:bars_none", lang, column=labels.within_sentence(words[0])), told
    title = labels.label(
        "figure:bars_found", lang, column=subject or words[0], place=table["name"][first.idxmax()],
        part=_told(first.max(), lang), whole=_told(first.sum(), lang),
        unit=labels.unit_label(unit, lang),
    )  # fmt: skip
    if "demand" in columns[1:] and table["demand"].gt(0).any():
        needed = table["demand"].fillna(0).nlargest(2)
        most = needed.index[needed >= NEAR * needed.iloc[0]]
        needs = labels.joined(list(table["name"][most]), lang)
        title = labels.label("figure:bars_needed", lang, told=title, needs=needs)
    return title, told


def _shade_difference(ax: Axes, supply: np.ndarray, need: np.ndarray, unit: str, lang: str) -> None:
    """Hatch what is missing and what is left over, and write how much each is over the year."""
    months = np.array(MONTHS, float)
    words = labels.unit_label(unit.split("/")[0], lang)
    kinds = (
        ("figure:gap", need - supply, "////", FAINT),
        ("figure:left", supply - need, "....", INK),
    )
    for key, over, hatch, colour in kinds:
        volume = float(np.clip(over, 0, None).sum())
        if volume <= 0:
            continue
        ax.fill_between(months, supply, need, where=over > 0, interpolate=True, facecolor="none",
                        edgecolor=colour, hatch=hatch, linewidth=0, zorder=2.5,
                        gid="difference")  # fmt: skip
        told = labels.label(
            key, lang, value=f"{labels.number(volume, lang, digits=0)}\u00a0{words}"
        )
        gap = key == "figure:gap"
        place = months[np.argmax(over[:6] if gap else over)]
        level = (supply + over / 2)[int(place) - 1] if gap else float(supply.max())
        box = {"facecolor": "white", "edgecolor": "none", "pad": 2, "alpha": 0.9}
        look = {"fontsize": NORMAL, "fontweight": "bold", "bbox": box, "zorder": 5}
        look |= {"gid": "difference"}
        if gap:
            ax.text(max(place, 2.0), level, told, ha="center", va="center", **look)
        else:
            ax.annotate(
                told, (place, level), (0, 9), textcoords="offset points", ha="center", **look
            )


def _name_layers(ax: Axes, supply: pd.DataFrame, need: np.ndarray, lang: str) -> None:
    """Write the names of stacked classes and of the line beside their last month."""
    last = supply.iloc[-1].to_numpy(float)
    middles = np.cumsum(last) - last / 2
    names = [labels.label(str(name), lang) for name in supply.columns]
    names, middles = [*names, labels.label("column:demand", lang)], [*middles, need[-1]]
    order = np.argsort(middles)[::-1]
    height = ax.get_position().height * ax.get_figure(root=True).get_figheight() * 72  # type: ignore[union-attr]
    row = 10.5 / height * ax.get_ylim()[1]
    levels = spread_levels(np.array(middles)[order], row)
    for place, level in zip(order, levels, strict=True):
        ax.plot([12.45, 12.62], [middles[place], level], color=FAINT, linewidth=0.5, clip_on=False,
                zorder=1, gid="layer")  # fmt: skip
        ax.text(12.7, level, names[place], va="center", fontsize=NORMAL, clip_on=False,
                gid="layer")  # fmt: skip


def _name_line(ax: Axes, x: float, words: str, *, level: int = 0) -> None:
    """Write the name of an upright line at its top."""
    ax.annotate(words, (x, 1), (3, -8 - 10 * level), xycoords=("data", "axes fraction"),
                textcoords="offset points", fontsize=NORMAL, fontweight="bold", va="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.85},
                zorder=6)  # fmt: skip


def _draw_ranges(ax: Axes, y: np.ndarray, rows: pd.DataFrame, column: str, lang: str) -> None:
    """Draw low-high lines if the table has them, and write value and range behind each bar."""
    best = rows[column].to_numpy(float)
    ends, spans = best, [""] * len(best)
    if {f"{column}_low", f"{column}_high"} <= set(rows.columns):
        low, high = rows[f"{column}_low"].to_numpy(float), rows[f"{column}_high"].to_numpy(float)
        ax.hlines(y, low, high, color="white", linewidth=2.4)
        ax.hlines(y, low, high, color=INK, linewidth=1)
        ends = np.fmax(best, high)
        # a number at the end of the line would be read there: it says what the line spans
        pairs = [[amount(end, "", lang) for end in row] for row in zip(low, high, strict=True)]
        spans = [f" ({labels.span(a, b, lang)})" if a != b else "" for a, b in pairs]
    for at, end, value, span in zip(y, ends, best, spans, strict=True):
        text = amount(value, "", lang) + span
        place = (0.0 if np.isnan(end) else float(end), float(at))
        ax.annotate(text, place, (3, 0), textcoords="offset points", va="center", fontsize=NORMAL)


def _digits(values: np.ndarray) -> int:
    """Return how many decimals the values of a chart have."""
    return 0 if np.abs(values).max() >= 10 else 2


def _write_ends(
    ax: Axes, y: np.ndarray, values: np.ndarray, end: str, at: Sequence[str], lang: str
) -> None:
    """Write what the input is `at` the outer end of each bar, and the value there."""
    side, align = (-3, "right") if end == "low" else (3, "left")
    digits = _digits(values)
    plate = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    for level, value, words in zip(y, values, at, strict=True):
        text = words + labels.number(float(value), lang, digits=digits)
        place, look = (float(value), float(level)), {"ha": align, "va": "center", "bbox": plate}
        ax.annotate(text, place, (side, 0), textcoords="offset points", fontsize=NORMAL, **look)
