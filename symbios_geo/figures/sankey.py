"""A small Sankey diagram: bands from sources on the left to receivers on the right."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from .. import labels
from ..co2.links import auctioned
from ..maps.findings import seldom_words
from ..maps.flows import replaced_words
from ..maps.legends import shorten
from ..maps.page import FAINT, INK, NORMAL
from ..maps.placenames import amount
from ..maps.symbols import class_look
from ..model import EXISTING, ROLES, carried, mode_keys
from ..shortlist import doubtful
from .axes import open_look

AMOUNT = {"source": "sent", "sink": "delivered"}
HEADINGS = {"source": "sent", "sink": "arrived"}
MOST_OPEN = 0.12  # of all that flows: more of what is left over or missing would dwarf what is new
STUB = 0.075  # of the width: what is left over or missing
GAP = 0.012  # of the height, between two neighbours
APART = 4.0  # times what is new: so much that flows today is told, not drawn
MOST_BANDS, SMALL = 16, 1 / 80  # of more bands those that are so small a part of all are told only
MOST_ENDS = 12  # names on each side; the smallest are joined
SELDOM = "?"  # ends the mode of what pays in fewer than half of the draws
LEFT, RIGHT, THICK = 0.3, 0.7, 0.014  # of the width
ROW = 10.4  # points from one name to the next
ROUNDS = 6  # of ordering either side
LEAST = 1.2  # points: a band of less is drawn as broad
PLAIN = 4.0  # points: a thinner band has no room for a pattern


def draw_sankey(
    ax: Axes,
    links: pd.DataFrame,
    names: pd.Series,
    lang: str,
    *,
    unit: str,
    unused: pd.Series | None = None,
    unmet: pd.Series | None = None,
) -> None:
    """
    Draw `links` (source, sink, delivered, perhaps sent) in axes without frame.

    A band is as thick as what is sent at its source and what is delivered at its receiver, or
    `LEAST`. What is left over or missing beyond `MOST_OPEN` of all that flows is cut short, and
    drawn as broken. What pays with the auction of a state only is told, unless nothing else flows.
    """
    used = carried(links)
    stored = used[auctioned(used)]
    stored = stored.head(0) if len(stored) == len(used) else stored
    used = used.drop(stored.index)
    modes = mode_keys(used)
    today = modes.eq(f"mode:{EXISTING}")
    old = float(used.loc[today, "delivered"].sum())
    # as thick bands beside it would leave what is new too thin to be read
    untold = 0 < APART * float(used.loc[~today, "delivered"].sum()) < old
    if untold:
        used, modes = used[~today], modes[~today]
    # what seldom pays is a kind of its own
    seldom = doubtful(used)
    named = pd.DataFrame(
        {
            "source": used["source"].map(names),
            "sink": used["sink"].map(names),
            "delivered": used["delivered"].astype(float),
            "sent": used.get("sent", used["delivered"]).astype(float),
            "mode": modes.where(~seldom, modes + SELDOM),
        }
    )
    rest = labels.label("figure:rest", lang)
    small = small_ones(named.groupby(["source", "sink", "mode"])["delivered"].transform("sum"))
    hidden, named = named[small], named[~small]
    flows = gather_ends(named, rest)
    ax.set(xlim=(0, 1), ylim=(-0.02, 1.02))
    ax.set_axis_off()
    if flows.empty:
        ax.text(0, 0.5, labels.label("map:no_links", lang), fontsize=NORMAL)
        return
    if unmet is not None:  # what a store could take besides is no need
        unmet = unmet.drop(used.loc[auctioned(used), "sink"], errors="ignore")
    for side, key, left in (("source", "unused", unused), ("sink", "unmet", unmet)):
        if left is None:
            continue
        keys = used.drop_duplicates(side)[side]
        sums = left.reindex(keys).fillna(0).groupby(keys.map(names).to_numpy()).sum()
        sums = sums.groupby(sums.index.where(sums.index.isin(flows[side]), rest)).sum()
        # what those that are joined lack would be the tallest of all
        sums = sums[sums.index.isin(flows[side]) & (sums > 0) & (sums.index != rest)]
        sums = sums.rename_axis(side).reset_index(name="whole")
        most = MOST_OPEN * float(named["delivered"].sum())
        rows = sums.assign(**{AMOUNT[side]: sums["whole"].clip(upper=most)}, mode=f"open:{key}")
        flows = pd.concat([flows, rows], ignore_index=True)
    points = ax.get_position().height * ax.get_figure(root=True).get_figheight() * 72  # type: ignore[union-attr]
    least = LEAST / points
    room = {"row": min(ROW / points, 0.9 / MOST_ENDS), "least": least}
    sizes = [stack_ends(flows, side, rest, **room) for side in ROLES]
    per = min(float(table["per"].iloc[0]) for table in sizes)
    ends = {side: stack_ends(flows, side, rest, per=per, **room) for side in ROLES}
    for side, table in ends.items():  # a name tells all that its end sends or gets
        more = hidden.groupby(side)[AMOUNT[side]].sum().reindex(table.index).fillna(0.0)
        table["flows"], table["whole"] = table["flows"] + more, table["whole"] + more
    # what is too thin to be seen is told by the name beside it
    flows = flows[
        flows[list(ROLES)].notna().all(axis=1)
        | flows[[*AMOUNT.values()]].max(axis=1).ge(least / per / 2)
    ]
    _draw_bands(ax, flows, ends, per, least)
    _draw_ends(ax, ends, lang)
    told = [replaced_words(used, lang)]
    if not told[0] and not np.allclose(named["sent"], named["delivered"]):
        told = [labels.label("figure:ends", lang)]
    if untold:
        told.insert(0, labels.label("figure:old_untold", lang, old=amount(old, unit, lang)))
    if len(stored):
        told.insert(0, _stored_words(stored, names, unit, lang))
    if "whole" in flows and (flows["whole"] > flows[[*AMOUNT.values()]].max(axis=1)).any():
        told.append(labels.label("figure:cut_short", lang))
    if (flows.dropna(subset=ROLES)["delivered"] * per < least).any():
        words = amount(least / per, unit, lang)
        told.append(labels.label("figure:bands_thin", lang, limit=words))
    if len(hidden):
        words = amount(hidden["delivered"].sum(), unit, lang)
        told.append(labels.label("figure:bands_hidden", lang, count=len(hidden), sum=words))
    told.append(seldom_words(used.assign(mode=modes), unit, lang, mark="band"))
    _draw_legend(ax, flows, lang, " ".join(filter(None, told)))


def _stored_words(stored: pd.DataFrame, names: pd.Series, unit: str, lang: str) -> str:
    """Return what goes to storage, from whom and where, in a sentence instead of a band."""
    ends = {
        side: labels.joined(list(dict.fromkeys(stored[side].map(names).fillna(stored[side]))), lang)
        for side in ROLES
    }
    value = amount(float(stored["delivered"].sum()), unit, lang)
    return labels.label("figure:stored_untold", lang, value=value, **ends)


def _draw_legend(ax: Axes, flows: pd.DataFrame, lang: str, told: str) -> None:
    """Name the ways of the bands, under what is told of them."""
    drawn = set(flows["mode"])
    kinds = {mode.removesuffix(SELDOM) for mode in drawn}
    modes = sorted({m for m in kinds if m.startswith("mode:")}, key=labels.legend_order)
    words = [labels.label(mode, lang) for mode in modes]
    # a way that only what seldom pays goes is shown as it is drawn
    modes = [mode if mode in drawn else mode + SELDOM for mode in modes]
    if seldom := sorted(mode for mode in drawn if mode.endswith(SELDOM)):
        modes.append(seldom[0])
        words.append(labels.label("figure:open_seldom", lang))
    for kind in ("unused", "unmet"):
        if f"open:{kind}" in kinds:
            modes.append(f"open:{kind}")
            words.append(labels.label(f"figure:{kind}", lang))
    looks = [Rectangle((0, 0), 1, 1, **_band_look(mode)) for mode in modes]
    broad = ax.get_position().width * ax.get_figure(root=True).get_figwidth() * 72  # type: ignore[union-attr]
    title = textwrap.fill(told, int(broad / (0.52 * NORMAL)))
    ax.legend(looks, words, loc="upper center", bbox_to_anchor=(0.5, 0.0), frameon=False,
              ncols=len(modes), fontsize=NORMAL, columnspacing=1.3, handletextpad=0.5,
              title=title, title_fontsize=NORMAL)  # fmt: skip


def _band_look(mode: str) -> dict[str, Any]:
    """Return the look of a band: what is left over or missing is pale and hatched."""
    if mode.startswith("open:"):
        hatch = "...." if mode == "open:unused" else "////"
        return {"facecolor": "#f4f3f0", "edgecolor": "#c9c4ba", "linewidth": 0.3, "hatch": hatch}
    if mode.endswith(SELDOM):
        return open_look(mode.removesuffix(SELDOM))
    return {**class_look(mode), "linewidth": 0.3, "alpha": 0.85}


def small_ones(delivered: pd.Series) -> pd.Series:
    """Say which of many exchanges are too small to be told one by one: two at least, or none."""
    small = delivered < SMALL * delivered.sum()
    return small & (len(delivered) > MOST_BANDS) & (small.sum() > 1)


def gather_ends(flows: pd.DataFrame, rest: str) -> pd.DataFrame:
    """Return the flows summed by pair, the small ends of each side joined to one named `rest`."""
    used = flows.copy()
    for side in ROLES:
        sums = used.groupby(side)["delivered"].sum().sort_values(ascending=False, kind="stable")
        if len(sums) > MOST_ENDS:
            used.loc[~used[side].isin(sums.index[: MOST_ENDS - 1]), side] = rest
    keys = ["source", "sink", "mode"] if "mode" in used else ["source", "sink"]
    return used.groupby(keys, as_index=False)[used.columns.intersection(AMOUNT.values())].sum()


def stack_ends(
    flows: pd.DataFrame,
    side: str,
    rest: str = "",
    *,
    per: float | None = None,
    row: float = 0.0,
    least: float = 0.0,
) -> pd.DataFrame:
    """
    Return bottom, height and scale of each end, from the top; of its value, what flows.

    Ends stand as `order_ends` says; the end named `rest` stands last. `per` is the height of one
    unit, None what fills the height; the middles of two ends are at least a `row` apart, and what
    flows is at least `least` high.
    """
    shown = AMOUNT[side] if AMOUNT[side] in flows else "delivered"
    joined = flows.dropna(subset=list(ROLES))
    table = flows.groupby(side)[shown].sum().loc[order_ends(flows, rest)[side]].to_frame("value")
    table["flows"] = joined.groupby(side)[shown].sum()
    open_ = flows[flows["whole"].notna()] if "whole" in flows else flows.head(0)
    table["whole"] = open_.groupby(side)["whole"].sum() if len(open_) else 0.0
    table["whole"] = table["flows"] + table["whole"].fillna(0.0)
    bands = [joined.loc[joined[side].eq(key), shown].to_numpy(float) for key in table.index]
    stubs = table["value"].to_numpy(float) - table["flows"].to_numpy(float)

    def place(scale: float) -> tuple[np.ndarray, np.ndarray]:
        broad = [float(np.fmax(scale * band, least).sum()) for band in bands]
        height = np.array(broad) + scale * stubs
        apart = np.fmax(GAP, row - (height[:-1] + height[1:]) / 2)
        return height, 1 - (height.cumsum() + np.concatenate([[0.0], apart.cumsum()]))

    scale = _largest(place) if per is None else per
    table["height"], table["bottom"] = place(scale)
    if len(table) > 1:  # a side of less reaches as far down as the other
        table["bottom"] -= np.linspace(0, table["bottom"].iloc[-1], len(table))
    return table.assign(per=scale)


def order_ends(flows: pd.DataFrame, rest: str = "") -> dict[str, list[str]]:
    """
    Return the ends of each side from the top, so that few bands cross; `rest` stands last.

    It begins with sources by size and receivers where what they get comes from, then each side in
    turn stands by the middle of the other; what crosses least is kept, the first of equals.
    """
    joined = flows.dropna(subset=list(ROLES))
    given = AMOUNT["source"] if AMOUNT["source"] in flows else "delivered"
    sums = flows.groupby("source")[given].sum().sort_values(ascending=False, kind="stable")
    order = {"source": _last(list(sums.index), rest)}
    tried: list[tuple[int, dict[str, list[str]]]] = []
    for n in range(2 * ROUNDS):
        side, other = ROLES[(n + 1) % 2], ROLES[n % 2]
        rank = {key: place for place, key in enumerate(order[other])}
        weighted = joined[other].map(rank) * joined["delivered"]
        middle = weighted.groupby(joined[side]).sum()
        middle /= joined.groupby(side)["delivered"].sum()
        order = order | {side: _last(list(middle.sort_values(kind="stable").index), rest)}
        tried.append((crossings(joined, order), order))
    return min(tried, key=lambda one: one[0])[1]


def _last(keys: list[str], rest: str) -> list[str]:
    return [key for key in keys if key != rest] + [key for key in keys if key == rest]


def crossings(flows: pd.DataFrame, order: Mapping[str, list[str]]) -> int:
    """Return how many pairs of bands cross when the ends stand in some order."""
    left, right = (
        flows[side].map({key: place for place, key in enumerate(order[side])}).to_numpy()
        for side in ROLES
    )
    return int(((left[:, None] < left) & (right[:, None] > right)).sum())


def _largest(place: Callable[[float], tuple[np.ndarray, np.ndarray]]) -> float:
    """Return the largest scale at which the lowest end does not reach below the foot."""
    low, high = 0.0, 1.0
    while place(high)[1][-1] > 0:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if place(middle)[1][-1] >= 0 else (low, middle)
    return low


def _draw_bands(
    ax: Axes,
    flows: pd.DataFrame,
    ends: dict[str, pd.DataFrame],
    per: float,
    least: float,
) -> None:
    """Draw one band per flow, as thick as its share at either end; an open one is a stub."""
    rank = {side: {key: n for n, key in enumerate(table.index)} for side, table in ends.items()}
    tops = {side: table["bottom"] + table["height"] for side, table in ends.items()}
    order = flows.assign(
        first=flows["source"].map(rank["source"]), second=flows["sink"].map(rank["sink"])
    ).sort_values(["first", "second"], na_position="last")
    for flow in order.itertuples():
        spans = {}
        known = [(side, getattr(flow, side)) for side in ROLES]
        known = [(side, key) for side, key in known if isinstance(key, str)]
        for side, key in known:
            height = getattr(flow, AMOUNT[side]) * per
            height = max(height, least) if len(known) == 2 else height
            spans[side] = (tops[side][key], tops[side][key] - height)
            tops[side][key] -= height
        look = _band_look(flow.mode)
        if len(spans) == 2:
            thin = flow.delivered * per < least * PLAIN / LEAST
            if thin and flow.mode.endswith(SELDOM):
                look |= {"linewidth": 0.8, "hatch": ""}  # leaves white between its edges
            elif thin:
                look |= {"facecolor": labels.colour(flow.mode), "hatch": ""}
            band = band_outline(spans["source"], spans["sink"])
            ax.add_patch(PathPatch(band, **look | {"zorder": 2}))
            continue
        ((side, (top, foot)),) = spans.items()
        x = LEFT + THICK if side == "source" else RIGHT - THICK - STUB
        stub = [(x, foot), (x + STUB, foot), (x + STUB, top), (x, top), (x, foot)]
        ax.add_patch(PathPatch(Path(stub), **look))
        if flow.whole > getattr(flow, AMOUNT[side]):
            _draw_break(ax, (x - THICK, x + STUB + THICK), (top + foot) / 2)


def _draw_break(ax: Axes, across: tuple[float, float], y: float) -> None:
    """Draw a slanted gap through a bar that is longer than it is drawn."""
    (left, right), half = across, 0.012
    gap = [(left, y - half), (right, y), (right, y + half), (left, y), (left, y - half)]
    ax.add_patch(PathPatch(Path(gap), facecolor="white", linewidth=0, zorder=4))
    for lift in (0.0, half):
        ax.plot(across, (y - half + lift, y + lift), color=INK, linewidth=0.7, zorder=5)


def band_outline(start: tuple[float, float], end: tuple[float, float]) -> Path:
    """Return the outline of a band from a span on the left to a span on the right."""
    a, b, middle = LEFT + THICK, RIGHT - THICK, (LEFT + RIGHT) / 2
    points = [
        (a, start[0]), (middle, start[0]), (middle, end[0]), (b, end[0]),
        (b, end[1]), (middle, end[1]), (middle, start[1]), (a, start[1]), (a, start[0]),
    ]  # fmt: skip
    curve = [Path.CURVE4] * 3
    codes = [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY]
    return Path(points, codes)


def _draw_ends(ax: Axes, ends: dict[str, pd.DataFrame], lang: str) -> None:
    """Draw the ends and write their names and values beside them, apart from each other."""
    figure = ax.get_figure(root=True)
    size = figure.get_size_inches() * 72 if figure is not None else np.ones(2)
    row = ROW * 1.04 / (ax.get_position().height * size[1])
    room = 0.235 * ax.get_position().width * size[0] - 40  # the value stands behind the name
    for side, x, align in (("source", LEFT, "right"), ("sink", RIGHT, "left")):
        table = ends[side]
        edge = x if side == "source" else x - THICK
        middles = (table["bottom"] + table["height"] / 2).to_numpy()
        levels = spread_levels(middles, row)
        out = -0.012 if side == "source" else 0.012
        heading = labels.label(f"figure:{HEADINGS[side]}", lang)
        ax.text(x + 1.3 * out, 1.026, heading, ha=align, va="bottom", fontsize=NORMAL, color=FAINT)
        for (key, end), middle, level in zip(table.iterrows(), middles, levels, strict=True):
            bar = Rectangle((edge, end["bottom"]), THICK, end["height"], facecolor=INK, linewidth=0)
            ax.add_patch(bar)
            ax.plot([x, x + out], [middle, level], color=FAINT, linewidth=0.4)
            value = amount(end["flows"], "", lang)
            if (total := amount(end["whole"], "", lang)) != value:
                value = labels.label("figure:part", lang, part=value, whole=total)
            text = f"{shorten(ax, str(key), room)}, {value}"
            ax.text(x + 1.3 * out, level, text, ha=align, va="center", fontsize=NORMAL)


def spread_levels(levels: np.ndarray, row: float) -> np.ndarray:
    """Return levels, falling, at least a row apart and as near as possible to the wanted ones."""
    placed = levels.copy()
    for n in range(1, len(placed)):
        placed[n] = min(placed[n], placed[n - 1] - row)
    if len(placed) and placed[-1] < 0:  # too low: push up from the foot
        placed[-1] = 0.0
        for n in range(len(placed) - 2, -1, -1):
            placed[n] = max(placed[n], placed[n + 1] + row)
    return placed
