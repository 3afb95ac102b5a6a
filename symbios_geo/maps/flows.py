"""Exchanges on a map: straight tapered arrows between the places that give and take."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from types import MappingProxyType
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle, Polygon

from .. import labels
from ..co2.links import auctioned
from ..errors import OutputError
from ..model import (
    EXISTING,
    METRIC_CRS,
    NEW,
    ROLES,
    Match,
    carried,
    existing_of,
    mode_keys,
    new_of,
)
from ..register.gate import MANY, Register
from ..shortlist import HALF
from .crowds import site_of
from .legends import (
    Box,
    decimals,
    draw_swatches,
    draw_width_legend,
    plain_number,
    round_down,
    round_sizes,
    round_up,
)  # fmt: skip
from .page import FAINT, INK, NORMAL, SMALL, Page, text_size, to_points
from .placement import boxes_along, tapered_arrow
from .placenames import HALO, SITE_LOOK, TOWN_LOOK, Words, amount, short_site_names
from .symbols import CHIP, OUTLINED, built_entry, class_look

WIDEST, NARROW_ARROW, HAIRLINE, THINNEST = 9.0, 4.0, 1.8, 0.8  # points, of an arrow at its start
LEAST_LENGTH, RING = 15.0, 6.5  # a shorter arrow could not be seen; of what stays at its place
EDGE, STUB = 12.0, 85.0  # points: least from the frame, most from its sender, to what is outside
NEGLIGIBLE = 0.02  # of what is delivered beside the largest exchange: need not be drawn
SHORT = 30.0  # points; a number would cover the arrow that it stands on
LANE = 5.0  # points; arrows whose ends lie so near each other run side by side
MET = 3  # arrows to one place lie on each other there
MOST_DRAWN = 12  # arrows on a map; more would be a tangle
# what carries so many times all others is not to scale, and leaves them so much of the width
APART, REST = 50.0, 0.25
OLD = 2.0  # points, of what flows today where it is not to scale
SLENDER = 0.15  # of its length a lone arrow is broad at most
HEAT_MODES = ("mode:direct", "mode:preheat", "mode:heat_pump")
DASHES, DASHED = (0, (1.6, 1.2)), (0, (1.4, 0.7))  # in widths of a line: of a ring, of an arrow
ABOVE = 2.5  # arrows cross circles and stay under the symbols of their ends
CROWD = {"edgecolor": FAINT, "linestyle": DASHES, "linewidth": 0.7}  # around its name
FRAMED = {"edgecolor": INK, "linewidth": 0.7, "alpha": 1.0}  # the name of what is outside
# a number that stands in the list too
KEY_PLATE = {
    "boxstyle": "round,pad=0.22", "facecolor": INK, "edgecolor": "white", "linewidth": 0.6,
}  # fmt: skip
KEY_LOOK = {"fontsize": SMALL, "fontweight": "bold", "color": "white", "bbox": KEY_PLATE}
TURNS = ("e", "ne", "n", "nw", "w", "sw", "s", "se")  # every 45 degrees from the east
TICK = 4.0  # points, between the ticks of a narrow arrow
TICK_TURNS = {  # from its direction
    "/": (math.pi / 4,), "\\": (-math.pi / 4,), ".": (math.pi / 2,), "-": (0.0,),
    "x": (math.pi / 4, -math.pi / 4),
}  # fmt: skip
BEYOND = "beyond"
OUTSIDE, BOTH, IMAGINED, PLAIN, GIVER = "outside", "both", "imagined", "sink", "source"


class Scale(NamedTuple):
    """
    What the widest of the arrows to scale carries and how wide it is, points; and the least of all.

    `apart` is what one arrow carries that is far more than all others: it is not to scale.
    """

    largest: float
    widest: float = WIDEST
    least: float = 0.0
    apart: float = 0.0

    @classmethod
    def of(cls, values: pd.Series, *, length: float = math.inf) -> Scale:
        """Return the scale of what arrows carry, largest first; a lone one has some `length`."""
        if values.empty:
            return cls(0.0)
        widest = min(WIDEST, SLENDER * length) if len(values) == 1 else WIDEST
        least = float(values.min())
        first, rest = float(values.iloc[0]), float(values.iloc[1:].sum())
        if 0 < APART * rest < first:
            return cls(float(values.iloc[1]), REST * WIDEST, least, first)
        return cls(first, widest, least)

    def width(self, value: float) -> float:
        """Return the width of an arrow where it starts, points."""
        if self.largest <= 0:
            return THINNEST
        if self.apart and value >= self.apart:
            return WIDEST
        return max(self.widest * value / self.largest, THINNEST)

    def entries(self, lang: str) -> list[tuple[str, float]]:
        """Return words and width of the arrows of a legend, the widest first."""
        apart = labels.label("map:apart_arrow", lang, value=amount(self.apart, "", lang))
        sizes = [(value, self.width(value)) for value in round_sizes(self.largest)]
        least = round_down(self.least) if self.least > 0 else 0.0
        shown = [(value, width) for value, width in sizes if width > THINNEST and value >= least]
        words = [(plain_number(value, lang), width) for value, width in shown or sizes[:1]]
        return [(apart, WIDEST), *words] if self.apart else words


def drawn_links(
    match: Match,
    register: Register,
    *,
    months: Iterable[int] | None = None,
    business: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    Return one row per pair of places and mode with what is delivered there, largest first.

    Columns: source, sink (ids of sites), mode (a label key), status, imagined (new, and an end is
    no one place), supported (pays with the state's auction only), delivered: over the year, or in
    some months, pays_share (by `business`, see `Study.business`; else unknown). Links of a match
    join streams; on a map the streams of one place are one arrow.
    """
    sites = register.sites
    used = carried(match.links)
    amounts = used["delivered"].astype(float)
    if months is not None:
        amounts = used[[f"month_{month}" for month in months]].sum(axis=1)
    sources = used.get("site_id_source", used["source"])
    sinks = used.get("site_id_sink", used["sink"])
    crowds = register.one_place.index[~register.one_place]
    table = pd.DataFrame(
        {
            "source": sources,
            "sink": sinks,
            "mode": mode_keys(used),  # what flows today is grey, however it works
            "status": used.get("status", NEW),
            "imagined": sinks.isin(crowds) | sources.isin(crowds),
            "supported": auctioned(used),
            "delivered": amounts,
            "pays_share": pays_share(used, business),
        }
    )
    # what flows today somebody takes
    stands = table["status"] == EXISTING
    table["imagined"] &= ~stands
    ends = pd.unique(table[["source", "sink"]].to_numpy().ravel())
    if missing := sorted({str(key) for key in ends} - set(sites.index)):
        msg = f"The register has no site {missing[0]!r}. Give the register the match was made from."
        raise OutputError(msg)
    keys = ["source", "sink", "mode", "status", "imagined", "supported"]
    grouped = table.groupby(keys, as_index=False, sort=False)
    sums = carried(grouped.agg({"delivered": "sum", "pays_share": "min"}))
    return sums.sort_values("delivered", ascending=False, kind="stable", ignore_index=True)


def pays_share(links: pd.DataFrame, business: pd.DataFrame | None) -> pd.Series:
    """Return in what share of the draws each link pays by `Study.business`, if that is known."""
    if business is None:
        return pd.Series(np.nan, links.index)
    told = business.drop_duplicates(["source", "sink"]).set_index(["source", "sink"])["pays_share"]
    ends = pd.MultiIndex.from_frame(links[["source", "sink"]])
    return pd.Series(told.reindex(ends).to_numpy(float), links.index)


def worth_drawing(links: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """
    Return the links to draw, those that are too small for that, and the round limit between.

    What is left out is at most two per cent of what all but the largest link carry; where more than
    a dozen links would still be drawn, all but about the largest dozen.
    """
    values = links["delivered"]
    if len(values) < 3:
        return links, links.iloc[:0], 0.0
    tail = values[::-1].cumsum()[::-1]  # what a link and all smaller ones carry
    allowed = NEGLIGIBLE * float(values.iloc[1:].sum())
    limit = round_down(float(values[tail > allowed].min()))
    if int((values >= limit).sum()) > MOST_DRAWN:
        raised = round_up(1.000001 * float(values.iloc[MOST_DRAWN]))
        limit = raised if int((values >= raised).sum()) >= MOST_DRAWN / 2 else limit
    small = values < limit
    return links[~small], links[small], limit


def named_first(links: pd.DataFrame, register: Register) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Return the links to draw and those to list only, what is new first.

    An end that is no one place lies nowhere: where something new joins two named places, what has
    such an end needs no arrow.
    """
    vague = ~register.both_one_place(links, ROLES)
    named = links[~vague]
    if not vague.any() or new_of(named).empty:
        return links, links.iloc[:0]
    drawn, listed = (pd.concat([new_of(part), existing_of(part)]) for part in (named, links[vague]))
    return drawn.reset_index(drop=True), listed


def places_of(links: pd.DataFrame, sites: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the place of each end, SWEREF 99 TM."""
    ends = pd.unique(links[["source", "sink"]].to_numpy().ravel())
    return sites.geometry.loc[ends].to_crs(METRIC_CRS)


class LinkEnds(NamedTuple):
    """
    Where the ends of links stand on a page, in points, and what they are.

    `crowds` are those that stand for many places or an imagined one; `away` how far east and north
    those outside the map lie from the other end, metres.
    """

    spot: dict[str, np.ndarray]
    kind: dict[str, str]
    true: dict[str, np.ndarray]
    crowds: frozenset[str] = frozenset()
    away: Mapping[str, np.ndarray] = MappingProxyType({})

    @property
    def kinds(self) -> set[str]:
        """The kinds that a legend explains."""
        return {*self.kind.values(), *([IMAGINED] if self.crowds else [])} - {BEYOND}

    def length(self, link: pd.Series) -> float:
        """Return how long the arrow of a link is, points; endless if it stays at its place."""
        return float(np.hypot(*(self.spot[link["source"]] - self.spot[link["sink"]]))) or math.inf

    def moved(self, key: str) -> bool:
        """Say whether an end on the map is drawn away from its true place."""
        return self.kind[key] not in (OUTSIDE, BEYOND) and not _same(self.spot[key], self.true[key])


def place_ends(
    page: Page,
    links: pd.DataFrame,
    sites: gpd.GeoDataFrame,
    *,
    inset: bool = False,
    stub: float = STUB,
) -> LinkEnds:
    """
    Return where each end stands: a place outside the map at its edge, a source off its receiver.

    A source that would cover its receiver is moved away from it; a line leads to its true place. In
    an inset the arrow to what lies beyond runs on: the main map shows where it ends. Else it is at
    most a `stub` long, points.
    """
    size = np.array([page.overlay.get_xlim()[1], page.overlay.get_ylim()[1]])
    true = {k: to_points(page, (p.x, p.y)) for k, p in places_of(links, sites).items()}
    sources, sinks = set(links["source"]), set(links["sink"])
    at, kind, away = {}, {}, {}
    for key, point in true.items():
        kind[key] = BOTH if key in sources & sinks else GIVER if key in sources else PLAIN
        at[key] = point
    for key, point in true.items():
        beyond = bool((point < 0).any() or (point > size).any())
        if inset and beyond:
            kind[key] = BEYOND
        elif beyond:
            other = links.loc[links["source"].eq(key) | links["sink"].eq(key)].iloc[0]
            start = true[other["source"] if other["sink"] == key else other["sink"]]
            at[key], kind[key] = _to_edge(start, point, size, stub), OUTSIDE
            away[key] = (point - start) / page.points_per_metre
    for link in links.itertuples():
        gap = at[link.source] - at[link.sink]
        length = float(np.hypot(*gap))
        if link.source != link.sink and length < LEAST_LENGTH:
            turn = gap / length if length > 1 else np.array([-0.7071, 0.7071])
            at[link.source] = at[link.sink] + turn * LEAST_LENGTH
    many = sites["status"].reindex([*true]).eq(MANY)
    return LinkEnds(at, kind, true, frozenset(many.index[many]), away)


def away_names(names: pd.Series, ends: LinkEnds, lang: str) -> pd.Series:
    """Return names of ends; of one outside the map also how far away it is and in what way."""
    told = {}
    for key, (east, north) in ends.away.items():
        turn = TURNS[round(math.degrees(math.atan2(north, east)) / 45) % 8]
        km = labels.quantity(math.hypot(east, north) / 1000, "km", lang, digits=0)
        way = labels.label(f"map:to_{turn}", lang)
        far = labels.label("map:away", lang, km=km, direction=way)
        told[key] = f"{names[key]}, {far}".replace(far, far.replace(" ", "\u00a0"))
    return names.where(~names.index.isin([*told]), names.index.map(told))


def _to_edge(start: np.ndarray, end: np.ndarray, size: np.ndarray, stub: float) -> np.ndarray:
    """Return where a line from inside the map reaches its edge, or where it is long enough."""
    away = end - start
    with np.errstate(divide="ignore"):
        room = np.where(away > 0, size - EDGE - start, EDGE - start) / away
    length = float(np.hypot(*away))
    share = min(float(np.nanmin(np.where(away == 0, np.inf, room))), stub / length)
    return start + away * max(share, 0.0)


def draw_arrows(
    page: Page,
    links: pd.DataFrame,
    ends: LinkEnds,
    scale: Scale,
    texts: pd.Series,
    *,
    numbered: bool = False,
    thin: bool = False,
    above: float = ABOVE,
) -> tuple[list[Words], list[Box], list[Box]]:
    """
    Draw links as arrows, the widest at the bottom; return their words, shafts and heads.

    What flows today is not to scale if it is `thin`. Texts that are numbers of a list stand on
    their arrows, others beside them; none on a head.
    """
    words, boxes, heads = [], [], []
    for n, link in enumerate(links.itertuples()):
        width = OLD if thin and link.status == EXISTING else scale.width(link.delivered)
        look = _look(page, link, width)
        start, end = ends.spot[link.source], ends.spot[link.sink]
        if link.source == link.sink:
            ring = Circle(start, RING, facecolor="none", linewidth=1.6, zorder=2,
                          edgecolor=page.colour(link.mode))  # fmt: skip
            ring.set_gid(f"flow-{link.source}-{link.sink}")
            page.overlay.add_artist(ring)
            own = _words(str(texts[link.Index]), start, RING + 1)
            words.append(own._replace(look=KEY_LOOK) if numbered else own)
            continue
        side = _beside(links, n, ends, scale)
        start, end = start + side, end + side
        gap = 3.4 if np.hypot(*(end - start)) > 12 else 2.4
        outline = tapered_arrow(start, end, width, gap=gap)
        # what is new lies above what flows today
        level = above - 0.05 * (link.mode == "mode:existing")
        arrow = Polygon(outline, closed=True, **look, path_effects=HALO, zorder=level)
        arrow.set_gid(f"flow-{link.source}-{link.sink}")
        page.overlay.add_artist(arrow)
        if look.get("hatch", "") is None:
            _draw_ticks(page, arrow, start, end, class_look(link.mode)["hatch"], level)
        head = outline[2:5]
        if link.imagined:
            colour = page.colour(link.mode)
            solid = {"facecolor": colour, "linewidth": 0, "zorder": above}
            page.overlay.add_artist(Polygon(head, closed=True, **solid))
            shaft = np.array([start, (head[0] + head[2]) / 2])
            dashes = {"linewidth": max(0.64 * width, 1.2), "linestyle": DASHED, "zorder": above}
            page.overlay.plot(*shaft.T, color=colour, **dashes, gid=f"dashes-{link.Index}")
        heads.append((*head.min(axis=0), *head.max(axis=0)))
        start, end = _in_view(page, start, end)
        # short ones that meet are farthest apart where they start
        told = 0.45 if np.hypot(*(end - start)) >= SHORT else 0.15
        middle = start + told * (end - start)
        text = str(texts[link.Index])
        others = [
            float(np.hypot(*(ends.spot[other] - ends.spot[sink])))
            for other, sink in zip(links["source"], links["sink"], strict=True)
            if _same(ends.spot[sink], ends.spot[link.sink])
        ]
        met = len(others) >= MET and np.hypot(*(end - start)) >= 0.99 * max(others)
        own = _words(text, middle, width / 2)
        words.append(
            key_words(text, start, end, side=side, width=width, met=met) if numbered else own
        )
        steps = max(int(np.hypot(*(end - start)) / 4), 2)
        path = start + np.linspace(0.02, 0.98, steps)[:, None] * (end - start)
        boxes += boxes_along(path, max(width, 3.0))
    return words, boxes, heads


def _in_view(page: Page, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of what is seen of a line that may run out of the map."""
    (left, right), (bottom, top) = page.overlay.get_xlim(), page.overlay.get_ylim()
    seen = shapely.clip_by_rect(shapely.LineString([start, end]), left, bottom, right, top)
    points = shapely.get_coordinates(seen)
    return (points[0], points[-1]) if len(points) > 1 else (start, end)


def _words(text: str, at: np.ndarray, clearance: float) -> Words:
    look = {"fontsize": SMALL, "fontweight": "bold", "bbox": CHIP}
    return Words(text, float(at[0]), float(at[1]), clearance, look)


def key_words(
    text: str, start: np.ndarray, end: np.ndarray, *, side: np.ndarray, width: float, met: bool
) -> Words:
    """
    Return a number of a list on its arrow, near the middle if it can; beside a short one.

    The longest of many that are `met` at one end has it near its start, where it is alone.

    One of several between two places, moved by `side`, has its number on that side of it.
    """
    middle = start + 0.5 * (end - start)
    if np.hypot(*(end - start)) < SHORT:
        return Words(text, float(middle[0]), float(middle[1]), 3.0, KEY_LOOK)
    parts = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74]
    if met or np.hypot(*(end - start)) < 2 * SHORT:  # near what it comes from, off those beside it
        parts.sort(key=lambda part: abs(part - 0.3))
    at = [start + part * (end - start) for part in parts]
    spots = [(float(x), float(y), 1.5 * n) for n, (x, y) in enumerate(at)]
    if np.hypot(*side) > 0:
        out = side / np.hypot(*side) * (width / 2 + 7)
        spots += [(x + float(out[0]), y + float(out[1]), cost + 3) for x, y, cost in spots]
    return Words(text, float(middle[0]), float(middle[1]), 3.0, KEY_LOOK, tuple(spots), True)


def _beside(links: pd.DataFrame, place: int, ends: LinkEnds, scale: Scale) -> np.ndarray:
    """Return how far an arrow is moved aside, so that those between two places do not overlap."""
    own = links.iloc[place]
    a, b = ends.spot[own["source"]], ends.spot[own["sink"]]
    lane = [
        n
        for n, (source, sink) in enumerate(zip(links["source"], links["sink"], strict=True))
        if source != sink
        and (
            (_same(ends.spot[source], a, LANE) and _same(ends.spot[sink], b, LANE))
            or (_same(ends.spot[source], b, LANE) and _same(ends.spot[sink], a, LANE))
        )
    ]
    if len(lane) < 2:
        return np.zeros(2)
    widths = [max(scale.width(links["delivered"].iloc[n]), 5.0) + 1.6 for n in lane]
    before = sum(widths[: lane.index(place)]) + widths[lane.index(place)] / 2
    first, last = sorted((tuple(a), tuple(b)))
    along = np.subtract(last, first) / max(float(np.hypot(*np.subtract(last, first))), 1e-9)
    return np.array([along[1], -along[0]]) * (before - sum(widths) / 2)


def _same(one: np.ndarray, other: np.ndarray, near: float = 2.0) -> bool:
    return bool(np.hypot(*(one - other)) < near)


def is_open(link: Any) -> bool:
    """Say whether an arrow is open: a new exchange that seldom pays."""
    return bool(link.status != EXISTING and getattr(link, "pays_share", np.nan) < HALF)


def open_look(colour: str) -> dict[str, Any]:
    """Return the look of an open arrow of a colour."""
    return {"facecolor": "white", "edgecolor": colour, "linewidth": 1.3}


def _look(page: Page, link: Any, width: float) -> dict[str, Any]:
    """Return the look of an arrow: white under its dashes where an end is no one place."""
    look = class_look(link.mode, page)
    if link.imagined:
        return {"facecolor": "white", "linewidth": 0, "alpha": 0.8}
    if is_open(link):
        return open_look(look["facecolor"])
    # a white edge would swallow a hairline, and a narrow arrow has no room for hatching
    if width <= HAIRLINE and link.mode not in OUTLINED:
        look |= {"edgecolor": look["facecolor"]}
    return look | {"hatch": None} if "hatch" in look and width <= NARROW_ARROW else look


def _draw_ticks(
    page: Page, arrow: Polygon, start: np.ndarray, end: np.ndarray, hatch: str, level: float
) -> None:
    """Draw the pattern of a way across an arrow too narrow for hatching."""
    length = float(np.hypot(*(end - start)))
    along = (end - start) / max(length, 1e-9)
    across = np.array([-along[1], along[0]])
    middles = start + np.arange(TICK, max(length - 2 * TICK, 0), TICK)[:, None] * along
    for turn in TICK_TURNS[hatch[0]]:
        half = TICK / 2 * (math.cos(turn) * along + math.sin(turn) * across)
        ticks = np.stack([middles - half, middles + half], axis=1)
        lines = LineCollection(list(ticks), colors="white", linewidths=0.7, zorder=level,
                               gid=f"ticks-{arrow.get_gid()}")  # fmt: skip
        page.overlay.add_collection(lines)
        lines.set_clip_path(arrow)


def draw_ends(page: Page, ends: LinkEnds) -> list[Box]:
    """Draw the places that give and take; return boxes to keep clear."""
    boxes = []
    for key, (x, y) in ends.spot.items():
        if ends.kind[key] == BEYOND:
            continue
        if ends.moved(key):
            true = ends.true[key]
            page.overlay.plot([x, true[0]], [y, true[1]], color=INK, linewidth=0.4, zorder=3)
        draw_end(page.overlay, x, y, ends.kind[key], gid=f"end-{key}")
        half = 3.5
        if key in ends.crowds:
            draw_end(page.overlay, x, y, IMAGINED)
            half = 6.0
        boxes.append((x - half, y - half, x + half, y + half))
    return boxes


def draw_end(ax: Any, x: float, y: float, kind: str, *, gid: str = "") -> None:
    """Draw one place: a dot gives, a square takes, a diamond is outside, a dashed ring many."""
    look = {"edgecolors": INK, "linewidths": 0.8, "zorder": 4}
    if kind in (PLAIN, BOTH):
        size = 40 if kind == BOTH else 20
        ax.scatter([x], [y], size, marker="s", facecolors="white", gid=gid, **look)
    if kind in (GIVER, BOTH):
        ax.scatter([x], [y], 17, marker="o", facecolors=INK, gid=gid, **look)
    if kind == OUTSIDE:
        ax.scatter([x], [y], 20, marker="D", facecolors="white", gid=gid, **look)
    if kind == IMAGINED:
        ring = {**look, "linewidths": 1.0, "linestyles": [DASHES], "zorder": 2.4}
        ax.scatter([x], [y], 115, marker="o", facecolors="#ffffffcc", **ring)


def drawn_names(links: pd.DataFrame, sites: gpd.GeoDataFrame, lang: str) -> pd.Series:
    """Return the name of each end; what is only planned says so, and which kind is which."""
    drawn = list(dict.fromkeys([*links["source"], *links["sink"]]))
    keys = list(dict.fromkeys(map(site_of, drawn)))
    names = short_site_names(sites.loc[keys], lang)
    planned = sites["status"].reindex(keys).eq("planned")
    told = names.map(lambda name: labels.label("map:planned", lang, name=name))
    names = names.mask(planned, told)
    shared = names[names.duplicated(keep=False)]
    kinds = [kind_word(kind, lang) for kind in sites["kind"].reindex(shared.index)]
    longer = [f"{n}, {k}" if k else n for n, k in zip(shared, kinds, strict=True)]
    names = pd.concat([names.drop(shared.index), pd.Series(longer, shared.index, dtype=object)])
    return names.reindex([site_of(key) for key in drawn]).set_axis(drawn)


def kind_word(kind: str, lang: str) -> str:
    """Return the kind of a receiver in a word that a map has room for."""
    return labels.label_or(
        f"map:{kind}", labels.within_sentence(labels.label_or(f"kind:{kind}", "", lang)), lang
    )


def name_words(
    ends: LinkEnds,
    names: pd.Series,
    links: pd.DataFrame,
    room: float,
    *,
    without: Set[str] = frozenset(),
) -> list[Words]:
    """Return the names of ends in lines of `room` points; one text where several share a place."""
    words: list[Words] = []
    seen: list[np.ndarray] = []
    for key in dict.fromkeys([*links["source"], *links["sink"]]):
        at = ends.spot[key]
        if key in without or ends.kind[key] == BEYOND or any(_same(at, other) for other in seen):
            continue
        seen.append(at)
        here = list(dict.fromkeys(str(names[k]) for k in ends.spot if _same(ends.spot[k], at)))
        look = SITE_LOOK if ends.kind[key] in (GIVER, BOTH) else TOWN_LOOK
        text = wrapped(_joined(here), room)
        many = key in ends.crowds
        chip = {**CHIP, **CROWD} if many else CHIP
        if ends.kind[key] == OUTSIDE:
            chip = {**CHIP, **FRAMED}
        clear, look = 7.0 if many else 4.0, {**look, "bbox": chip}
        words.append(Words(text, float(at[0]), float(at[1]), clear, look))
    return words


def _joined(names: list[str]) -> str:
    """Return names of one place as one: "Halmstad, network" and "Halmstad, locality" share it."""
    heads = list(dict.fromkeys(name.split(", ")[0] for name in names))
    if len(names) > 1 and len(heads) == 1:
        kinds = [name.removeprefix(f"{heads[0]}, ") for name in names]
        return f"{heads[0]}, " + " + ".join(kinds)
    return " + ".join(names)


def wrapped(text: str, room: float) -> str:
    """Return a text in lines of about `room` points, five at most."""
    import textwrap

    lines = textwrap.wrap(text, max(int(room / 3.4), 8), break_long_words=False)
    return "\n".join(lines[:5]) + ("\u2026" if len(lines) > 5 else "")


def number_texts(links: pd.DataFrame, sites: gpd.GeoDataFrame, lang: str) -> pd.Series:
    """Return what each arrow delivers; of two to one place, each says to what kind of receiver."""
    texts = [amount(value, "", lang) for value in links["delivered"]]
    names = short_site_names(sites.loc[links["sink"]], lang).to_numpy()
    pairs = pd.DataFrame({"name": names, "sink": links["sink"].map(site_of)}).drop_duplicates()
    shared = set(pairs.loc[pairs["name"].duplicated(keep=False), "sink"])
    kinds = [kind_word(kind, lang) for kind in sites["kind"][links["sink"]]]
    texts = [
        f"{text} ({kind})" if site_of(sink) in shared and kind else text
        for text, sink, kind in zip(texts, links["sink"], kinds, strict=True)
    ]
    return pd.Series(texts, index=links.index, dtype=object)


def draw_flow_legend(
    page: Page,
    links: pd.DataFrame,
    kinds: set[str],
    scales: list[tuple[str, Scale]],
    unit: str,
    lang: str,
    *,
    thin: bool = False,
) -> float:
    """Draw the legend of modes, widths and kinds of places; return the y below it."""
    y = -1.0
    if links.empty:
        return _write(page, y, labels.label("map:no_links", lang))
    modes = sorted(links["mode"].unique(), key=labels.legend_order)
    entries = [(labels.label(mode, lang), _mode_look(page, links, mode)) for mode in modes]
    if thin:
        told = {labels.label("mode:existing", lang): labels.label("map:existing_thin", lang)}
        entries = [(told.get(words, words), look) for words, look in entries]
    entries += open_entries(links, lang)
    heat = not set(modes).isdisjoint(HEAT_MODES)
    kinds_of = any(labels.has_label(mode.replace("mode:", "material:")) for mode in modes)
    key = "map:way" if heat else "map:material" if kinds_of else "map:transport"
    heading = labels.label(key, lang)
    y = draw_swatches(page.legend, y, heading, entries)
    for key, scale in scales:
        title = labels.label(key, lang, unit=labels.unit_label(unit, lang))
        y = draw_width_legend(page.legend, y, title, scale.entries(lang))
    y = draw_end_rows(page.legend, y, kinds, lang)
    return draw_swatches(page.legend, y - 4, "", [built_entry(page, lang)]) + 2


def _mode_look(page: Page, links: pd.DataFrame, mode: str) -> dict[str, Any]:
    """Return how a mode is drawn, for a legend: open if all its arrows are."""
    look = class_look(mode, page)
    used = [link for link in links.itertuples() if link.mode == mode]
    if all(is_open(link) and not link.imagined for link in used):
        return open_look(look["facecolor"])
    return look


def open_entries(links: pd.DataFrame, lang: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the row of a legend for open arrows: none where no link has one."""
    if not any(is_open(link) and not link.imagined for link in links.itertuples()):
        return []
    return [(labels.label("map:seldom", lang), open_look(INK))]


def draw_end_rows(ax: Axes, y: float, kinds: set[str], lang: str) -> float:
    """Draw the legend of the places that give and take; return the y below it."""
    shown = kinds | {GIVER, PLAIN} if BOTH in kinds else kinds
    # a dot in a square needs no row of its own
    for row in ((GIVER, PLAIN), (IMAGINED,), (OUTSIDE,)):
        x = 0.0
        for kind in filter(shown.__contains__, row):
            draw_end(ax, x + 8, y - 5, kind)
            words = labels.label(f"map:{kind}", lang)
            text = ax.text(x + 21, y - 5, words, va="center_baseline", fontsize=NORMAL)
            x += 33 + text_size(text)[0]
        y -= 11.5 if x else 0.0
    return y


def _write(page: Page, y: float, text: str) -> float:
    """Write a few lines of small text into the legend; return the y below."""
    page.legend.text(0, y, text, va="top", fontsize=SMALL, linespacing=1.15)
    return y - 8.6 * (1 + text.count("\n")) - 4


def _broad(page: Page) -> float:
    """Return how long a line of a legend is: under a narrow map all that there is."""
    return 0.9 * float(page.legend.get_xlim()[1]) if page.aside else 118.0


def write_limit(
    page: Page, y: float, hidden: pd.DataFrame, limit: float, unit: str, lang: str
) -> float:
    """Say in the legend what is too small to be drawn; return the y below."""
    if hidden.empty:
        return y
    words = labels.label(
        "map:limit", lang, limit=labels.quantity(limit, unit, lang, digits=decimals(limit)),
        count=len(hidden), sum=amount(float(hidden["delivered"].sum()), unit, lang),
    )  # fmt: skip
    return write_note(page, y, words)


def write_replaced(page: Page, y: float, match: Match, lang: str) -> float:
    """Say in the legend where more or less arrives than is sent, and why; return the y below."""
    words = replaced_words(carried(match.links), lang)
    return write_note(page, y, words) if words else y


def write_note(page: Page, y: float, words: str) -> float:
    """Write a remark into the legend; return the y below."""
    return _write(page, y, wrapped(words, _broad(page)))


def replaced_words(used: pd.DataFrame, lang: str) -> str:
    """Say of materials why more or less is delivered than sent; nothing of what has no yield."""
    if replaces_more(used):
        return labels.label("map:as_replaced", lang)
    if "yield_share" in used and used["delivered"].sum() < used["sent"].sum():
        left = labels.percent(used["delivered"].sum() / used["sent"].sum(), lang)
        return labels.label("map:as_left", lang, share=left)
    return ""


def replaces_more(used: pd.DataFrame) -> bool:
    """Say whether more of a material is delivered than sent, since it replaces another."""
    return "yield_share" in used and bool((used["yield_share"] > 1).any())


def _way(mode: str, lang: str) -> str:
    """Return a way of delivery as it stands within a line."""
    return labels.within_sentence(labels.label(mode, lang))


def link_rows(
    links: pd.DataFrame, names: pd.Series, unit: str, lang: str, *, numbered: bool = True
) -> list[tuple[str, str, str]]:
    """Return number, end points with the way it goes, and delivered amount of each link."""
    return [
        (
            str(n) if numbered else "",
            f"{names[link.source]} \u2192 {names[link.sink]} ({_way(link.mode, lang)})",
            amount(link.delivered, unit, lang),
        )
        for n, link in enumerate(links.itertuples(), start=1)
    ]
