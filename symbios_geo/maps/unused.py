"""What nobody takes of a resource, as rings on a map of few exchanges and as a list."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from .. import labels
from ..model import METRIC_CRS, Match
from ..register.gate import Register
from .flows import wrapped
from .legends import Box, draw_circle_legend, draw_heading, draw_list, round_sizes
from .page import INK, SMALL, Page, to_points
from .placenames import SITE_LOOK, Words, amount, short_site_names
from .symbols import CHIP, rest_row

NAMED = 6  # of the largest, on the map; the list names more
LEAST = 3  # rows of a list
MOST_SAID = 3  # of the largest, in a sentence
NO_SUPPLY = ("not_biogenic", "not_additive", "nuclear")  # reasons of not being matched at all
RADIUS = 16.0  # points, of the largest: what is sent must stand out
FILL = "#8fa3ad70"  # a grey through which the ground is seen


class Left(NamedTuple):
    """
    What nobody takes of a resource, and of how much.

    `rows` has site_id, class, stream and value of each source, the largest first; `supply` is what
    all the sources have, sent or not, `delivered` what of it arrives or is used; `doubted` is
    whether somebody takes some of it only if what seldom pays is built.
    """

    rows: pd.DataFrame
    supply: float
    resource: str
    unit: str
    delivered: float = 0.0
    doubted: bool = False

    @property
    def by_site(self) -> pd.Series:
        """What nobody takes of each place, the largest first."""
        sums = self.rows.groupby("site_id")["value"].sum()
        return sums.sort_values(ascending=False, kind="stable")


def unused_of(match: Match, register: Register, places: pd.Index, unit: str, parts: float) -> Left:
    """Return what nobody takes of the sources at some places, in a unit of so many `parts`."""
    flows, columns = register.flows, ["site_id", "class", "stream"]
    # a source is a flow, or all carbon of one stream
    streams = flows.set_index(flows["site_id"] + "-" + flows["stream"].astype(str))[columns]
    known = pd.concat([flows.set_index("flow_id")[columns], streams])
    known = known[~known.index.duplicated()].reindex(match.unused.index)
    rows = known.assign(value=match.unused / parts)
    rows = rows[rows["site_id"].isin(places) & (rows["value"] > 0)]
    # with what a source keeps for itself, as the map of sources has it; of its carbon what counts
    out = match.left_out
    gone = [] if out is None else out.loc[out["reason"].isin(NO_SUPPLY), "flow_id"]
    of = flows["site_id"].isin(places) & ~flows["flow_id"].isin(gone)
    of &= flows["flow_id"].isin(known.index) | pd.Index(streams.index).isin(known.index)
    supply = float(flows.loc[of & flows["role"].eq("source"), "value"].sum()) / parts
    rows = rows.sort_values("value", ascending=False, kind="stable")
    return Left(rows, supply, match.resource.key, unit)  # type: ignore[union-attr]


def write_unused(
    ax: Axes,
    top: float,
    left: Left,
    sites: gpd.GeoDataFrame,
    lang: str,
    *,
    room: int,
    x: float = 0.0,
    right: float | None = None,
    indent: float = 0.0,
    shown: Collection[str] = (),
) -> float:
    """
    Write a heading with the sum and at most `room` rows under it; return the y below them.

    What the map has `shown`, by site_id, is one row.
    """
    heading, sums = _told(left, sites, lang)
    broad = (right or ax.get_xlim()[1]) - x
    top = draw_heading(ax, top, wrapped(heading, 0.8 * broad), left=x)
    if arrives := _arrives(left, lang):
        lines = wrapped(arrives, 0.95 * broad)
        ax.text(x, top, lines, va="top", fontsize=SMALL, linespacing=1.15)
        top -= 8.6 * (1 + lines.count("\n")) + 3
        room -= 1 + lines.count("\n")
    if len(shown):
        on_map = left.rows["site_id"].isin(shown)
        _, others = _told(left._replace(rows=left.rows[~on_map]), sites, lang)
        words = labels.label("map:unused_shown", lang, count=len(shown))
        sums = pd.concat([pd.Series({words: left.rows.loc[on_map, "value"].sum()}), others])
    count = len(sums) if len(sums) <= room else room - 1
    # beside parts of one, what is summed of it has a decimal too
    fine = bool((sums < 1).any())
    values = [
        labels.number(value, lang, digits=1)
        if fine and 10 <= value < 100
        else amount(value, "", lang)
        for value in sums
    ]
    rows = [("", str(name), value) for name, value in zip(sums.index, values, strict=True)][:count]
    rest = rest_row(sums.iloc[count:], "", lang)
    rows += [(number * (not indent), name, value) for number, name, value in rest]
    return draw_list(ax, top, rows, left=x - indent, right=right)


def with_unused(told: str, left: Left, sites: gpd.GeoDataFrame, lang: str) -> str:
    """Return a subtitle with what nobody takes in a sentence, where a list has no room."""
    # the line that it ends tells of open arrows itself
    heading, sums = _told(left._replace(doubted=False), sites, lang)
    value = amount(float(sums.iloc[0]), "", lang)
    return labels.label(
        "map:unused_most", lang, told=told, heading=heading, name=sums.index[0], value=value
    )


def left_words(left: Left, sites: gpd.GeoDataFrame, lang: str, *, most: int = 0) -> str:
    """Say what nobody takes, with the largest by name (see `told_left`); "" where all is taken."""
    if left.rows.empty:
        return ""
    heading, sums = _told(left, sites, lang)
    named = sums.head(most or MOST_SAID)
    told = [f"{name} {amount(value, '', lang)}" for name, value in named.items()]
    if most:
        whole = amount(float(sums.sum()), left.unit, lang)
        heading = labels.label("map:unused_brief", lang, sum=whole)
    return labels.label("map:unused_list", lang, heading=heading, list="; ".join(told))


def _arrives(left: Left, lang: str) -> str:
    """Say what becomes of what somebody takes, where a resource loses or gains on its way."""
    key, taken = f"map:taken_{left.resource}", left.supply - float(left.rows["value"].sum())
    if not (labels.has_label(key) and taken > 0 and left.delivered > 0):
        return ""
    told = {"taken": amount(taken, "", lang), "delivered": amount(left.delivered, "", lang)}
    return labels.label(key, lang, **told)


def _told(left: Left, sites: gpd.GeoDataFrame, lang: str) -> tuple[str, pd.Series]:
    """Return the heading of what nobody takes, and its amounts by name, the largest first."""
    names = short_site_names(sites.loc[left.rows["site_id"]], lang)
    # how warm heat is decides who can take it; else what it is
    warm = left.rows["class"].astype(str).str.startswith("class_")
    keys = left.rows["class"].where(warm, "stream:" + left.rows["stream"].astype(str))
    kinds = [labels.within_sentence(_short(str(key), lang)) for key in keys]
    told = [", ".join(filter(None, both)) for both in zip(names, kinds, strict=True)]
    sums = left.rows["value"].groupby(told, sort=False).sum()
    sums = sums.sort_values(ascending=False, kind="stable")
    words = {
        "sum": amount(float(sums.sum()), "", lang), "all": amount(left.supply, "", lang),
        "unit": labels.unit_label(left.unit, lang),
    }  # fmt: skip
    key = f"map:unused_{left.resource}"
    heading = labels.label(key if labels.has_label(key) else "map:unused", lang, **words)
    if left.doubted:
        heading = labels.label("map:unused_if", lang, heading=heading)
    return heading, sums


def _short(key: str, lang: str) -> str:
    """Return the words of a class or stream that a list has room for; none if it has none."""
    return labels.label_or(f"map:{key}", labels.label_or(key, "", lang), lang)


class Rings:
    """Open rings whose area is what nobody takes of a source."""

    def __init__(
        self, page: Page, left: pd.Series, sites: gpd.GeoDataFrame, unit: str, lang: str
    ) -> None:
        self.page, self.unit, self.lang = page, unit, lang
        self.shown: list[str] = []  # whose amount stands on the map
        rows = sites.loc[left.index]
        place = rows.geometry.to_crs(METRIC_CRS)
        xy = to_points(page, np.column_stack([place.x, place.y]))
        self.largest = float(left.iloc[0])
        self.table = pd.DataFrame(
            {
                "name": short_site_names(rows, lang),
                "x": xy[:, 0],
                "y": xy[:, 1],
                "value": left,
                "radius": [self._radius(value) for value in left],
            }
        )

    def _radius(self, value: float) -> float:
        return float(RADIUS * self.page.shrink * np.sqrt(value / self.largest))

    def legend(self, y: float) -> float:
        """Draw the legend of sizes; return the y below it."""
        words = labels.unit_label(self.unit, self.lang)
        title = f"{labels.label('map:unused_ring', self.lang)}, {words}"
        sizes = [(value, self._radius(value)) for value in round_sizes(self.largest)[:2]]
        return draw_circle_legend(self.page.legend, y, title, sizes, self.lang)

    def draw(self, named: list[Words]) -> tuple[list[Words], list[Box]]:
        """Draw the rings; return `named` and their own words, and boxes to keep clear."""
        size = self.page.overlay.get_xlim()[1], self.page.overlay.get_ylim()[1]
        words: list[Words] = []
        self.shown = [*self.table.index[self.table["name"].isin([w.text for w in named])]]
        amounts = {row.name: amount(row.value, "", self.lang) for row in self.table.itertuples()}
        known = {word.text for word in named}
        named = [
            word._replace(text=f"{word.text}\n{amounts[word.text]}")
            if word.text in amounts
            else word
            for word in named
        ]
        boxes: list[Box] = []
        for row in self.table.itertuples():
            if not (0 < row.x < size[0] and 0 < row.y < size[1]):
                continue
            look = {"facecolor": FILL, "edgecolor": INK, "linewidth": 0.7}
            ring = Circle((row.x, row.y), row.radius, **look, zorder=1.9)
            ring.set_gid(f"unused-{row.Index}")
            self.page.overlay.add_artist(ring)
            if row.name not in known and len(words) < NAMED:
                look = {**SITE_LOOK, "bbox": CHIP}
                text = f"{row.name}\n{amounts[row.name]}"
                words.append(Words(text, row.x, row.y, row.radius, look))
                self.shown.append(row.Index)
                boxes.append((row.x - 3, row.y - 3, row.x + 3, row.y + 3))
        return named + words, boxes
