"""Exchanges on a map: straight tapered arrows between the places that give and take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon
from matplotlib.patheffects import Normal, Stroke

from .. import labels
from ..errors import OutputError
from ..model import EXISTING, METRIC_CRS, NEW, Match, mode_column
from ..register.gate import Register
from .legends import (
    Box,
    decimals,
    draw_swatches,
    draw_width_legend,
    round_down,
    round_sizes,
    round_up,
)  # fmt: skip
from .page import FAINT, INK, NORMAL, SMALL, Page, to_points
from .placement import boxes_along, tapered_arrow
from .placenames import SITE_LOOK, TOWN_LOOK, Words, amount, short_site_names
from .symbols import CHIP, built_entry, class_look

WIDEST, THINNEST = 9.0, 0.8  # points, of an arrow where it starts
LEAST_LENGTH, RING = 15.0, 6.5  # a shorter arrow could not be seen; of what stays at its place
EDGE, STUB = 12.0, 85.0  # points: least from the frame, most from its sender, to what is outside
NEGLIGIBLE = 0.02  # of what is delivered beside the largest exchange: need not be drawn
SHORT = 30.0  # points; a number would cover the arrow that it stands on
MOST_DRAWN = 12  # arrows on a map; more would be a tangle
HEAT_MODES = ("mode:direct", "mode:preheat", "mode:heat_pump")
DASHES = (0, (1.6, 1.2))
ABOVE = 2.5  # arrows cross circles and stay under the symbols of their ends
HALO = (Stroke(linewidth=2.2, foreground="white"), Normal())
# a number that stands in the list too
KEY_LOOK = {
    "fontsize": SMALL, "fontweight": "bold", "color": "white",
    "bbox": {"boxstyle": "round,pad=0.22", "facecolor": INK, "edgecolor": "white",
             "linewidth": 0.6},
}  # fmt: skip
OUTSIDE, BOTH, IMAGINED, PLAIN, GIVER = "outside", "both", "imagined", "sink", "source"


class Scale(NamedTuple):
    """What the widest arrow carries."""

    largest: float

    def width(self, value: float) -> float:
        """Return the width of an arrow where it starts, points."""
        return max(WIDEST * value / self.largest, THINNEST) if self.largest > 0 else THINNEST

    @property
    def least(self) -> float:
        """Below this all arrows are equally thin."""
        return self.largest * THINNEST / WIDEST


def drawn_links(
    match: Match, register: Register, *, months: Iterable[int] | None = None
) -> pd.DataFrame:
    """
    Return one row per pair of places and mode with what is delivered there, largest first.

    Columns: source, sink (ids of sites), mode (a label key), status, imagined (new, to a receiver
    that is no one place), delivered: over the year, or in some months. Links of a match join
    streams; on a map the streams of one place are one arrow.
    """
    sites = register.sites
    used = match.links[match.links["delivered"] > 0]
    way = mode_column(used)
    amounts = used["delivered"].astype(float)
    if months is not None:
        amounts = used[[f"month_{month}" for month in months]].sum(axis=1)
    sinks = used.get("site_id_sink", used["sink"])
    table = pd.DataFrame(
        {
            "source": used.get("site_id_source", used["source"]),
            "sink": sinks,
            "mode": "mode:" + used[way].astype(str) if way else "mode:direct",
            "status": used.get("status", NEW),
            "imagined": sinks.map(register.one_place).eq(False),
            "delivered": amounts,
        }
    )
    # what flows today is grey, however it works, and somebody takes it
    stands = table["status"] == EXISTING
    table["mode"] = table["mode"].mask(stands, "mode:existing")
    table["imagined"] &= ~stands
    ends = pd.unique(table[["source", "sink"]].to_numpy().ravel())
    if missing := sorted({str(key) for key in ends} - set(sites.index)):
        msg = f"The register has no site {missing[0]!r}. Give the register the match was made from."
        raise OutputError(msg)
    keys = ["source", "sink", "mode", "status", "imagined"]
    sums = table.groupby(keys, as_index=False, sort=False)["delivered"].sum()
    sums = sums[sums["delivered"] > 0]
    return sums.sort_values("delivered", ascending=False, kind="stable", ignore_index=True)


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


def places_of(links: pd.DataFrame, sites: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the place of each end, SWEREF 99 TM."""
    ends = pd.unique(links[["source", "sink"]].to_numpy().ravel())
    return sites.geometry.loc[ends].to_crs(METRIC_CRS)


class Ends(NamedTuple):
    """Where the ends of links stand on a page, in points, and what they are."""

    spot: dict[str, np.ndarray]
    kind: dict[str, str]
    true: dict[str, np.ndarray]

    def moved(self, key: str) -> bool:
        """Say whether an end on the map is drawn away from its true place."""
        return self.kind[key] != OUTSIDE and not _same(self.spot[key], self.true[key])


def place_ends(page: Page, links: pd.DataFrame, sites: gpd.GeoDataFrame) -> Ends:
    """
    Return where each end stands: a place outside the map at its edge, a source off its receiver.

    A source that would cover its receiver is moved away from it; a line leads to its true place.
    """
    size = np.array([page.overlay.get_xlim()[1], page.overlay.get_ylim()[1]])
    true = {k: to_points(page, (p.x, p.y)) for k, p in places_of(links, sites).items()}
    sources, sinks = set(links["source"]), set(links["sink"])
    imagined = set(links.loc[links["imagined"], "sink"])
    at, kind = {}, {}
    for key, point in true.items():
        kind[key] = BOTH if key in sources & sinks else GIVER if key in sources else PLAIN
        kind[key] = IMAGINED if key in imagined else kind[key]
        at[key] = point
    for key, point in true.items():
        if (point < 0).any() or (point > size).any():
            other = links.loc[links["source"].eq(key) | links["sink"].eq(key)].iloc[0]
            start = true[other["source"] if other["sink"] == key else other["sink"]]
            at[key], kind[key] = _to_edge(start, point, size), OUTSIDE
    for link in links.itertuples():
        away = at[link.source] - at[link.sink]
        length = float(np.hypot(*away))
        if link.source != link.sink and length < LEAST_LENGTH:
            turn = away / length if length > 1 else np.array([-0.7071, 0.7071])
            at[link.source] = at[link.sink] + turn * LEAST_LENGTH
    return Ends(at, kind, true)


def _to_edge(start: np.ndarray, end: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return where a line from inside the map reaches its edge, or where it is long enough."""
    away = end - start
    with np.errstate(divide="ignore"):
        room = np.where(away > 0, size - EDGE - start, EDGE - start) / away
    length = float(np.hypot(*away))
    share = min(float(np.nanmin(np.where(away == 0, np.inf, room))), STUB / length)
    return start + away * max(share, 0.0)


def draw_arrows(
    page: Page,
    links: pd.DataFrame,
    ends: Ends,
    scale: Scale,
    texts: pd.Series,
    *,
    numbered: bool = False,
) -> tuple[list[Words], list[Box], list[Box]]:
    """
    Draw links as arrows, the widest at the bottom; return their words, shafts and heads.

    Texts that are numbers of a list stand on their arrows, others beside them; none on a head.
    """
    words, boxes, heads = [], [], []
    for n, link in enumerate(links.itertuples()):
        width = scale.width(link.delivered)
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
        arrow = Polygon(outline, closed=True, **look, path_effects=HALO, zorder=ABOVE)
        arrow.set_gid(f"flow-{link.source}-{link.sink}")
        page.overlay.add_artist(arrow)
        head = outline[2:5]
        if link.imagined:  # a hollow arrow whose way is seen
            solid = {"facecolor": look["edgecolor"], "linewidth": 0, "zorder": ABOVE}
            page.overlay.add_artist(Polygon(head, closed=True, **solid))
        heads.append((*head.min(axis=0), *head.max(axis=0)))
        middle = start + 0.45 * (end - start)
        text = str(texts[link.Index])
        words.append(key_words(text, start, end) if numbered else _words(text, middle, width / 2))
        steps = max(int(np.hypot(*(end - start)) / 4), 2)
        path = start + np.linspace(0.02, 0.98, steps)[:, None] * (end - start)
        boxes += boxes_along(path, max(width, 3.0))
    return words, boxes, heads


def _words(text: str, at: np.ndarray, clearance: float) -> Words:
    look = {"fontsize": SMALL, "fontweight": "bold", "bbox": CHIP}
    return Words(text, float(at[0]), float(at[1]), clearance, look)


def key_words(text: str, start: np.ndarray, end: np.ndarray) -> Words:
    """Return a number of a list on its arrow, near the middle if it can; beside a short one."""
    middle = start + 0.5 * (end - start)
    if np.hypot(*(end - start)) < SHORT:
        return Words(text, float(middle[0]), float(middle[1]), 3.0, KEY_LOOK)
    parts = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)
    at = [start + part * (end - start) for part in parts]
    spots = [(float(x), float(y), 1.5 * n) for n, (x, y) in enumerate(at)]
    return Words(text, float(middle[0]), float(middle[1]), 3.0, KEY_LOOK, tuple(spots), True)


def _beside(links: pd.DataFrame, place: int, ends: Ends, scale: Scale) -> np.ndarray:
    """Return how far an arrow is moved aside, so that those between two places do not overlap."""
    own = links.iloc[place]
    a, b = ends.spot[own["source"]], ends.spot[own["sink"]]
    lane = [
        n
        for n, (source, sink) in enumerate(zip(links["source"], links["sink"], strict=True))
        if source != sink
        and (
            (_same(ends.spot[source], a) and _same(ends.spot[sink], b))
            or (_same(ends.spot[source], b) and _same(ends.spot[sink], a))
        )
    ]
    if len(lane) < 2:
        return np.zeros(2)
    widths = [max(scale.width(links["delivered"].iloc[n]), 2.5) + 1.6 for n in lane]
    before = sum(widths[: lane.index(place)]) + widths[lane.index(place)] / 2
    first, last = sorted((tuple(a), tuple(b)))
    along = np.subtract(last, first) / max(float(np.hypot(*np.subtract(last, first))), 1e-9)
    return np.array([along[1], -along[0]]) * (before - sum(widths) / 2)


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.hypot(*(one - other)) < 2.0)


def _look(page: Page, link: Any, width: float) -> dict[str, Any]:
    """Return the look of an arrow: dashed and hollow to a receiver that is no one place."""
    look = class_look(link.mode, page)
    if link.imagined:
        edge = {"edgecolor": look["facecolor"], "linewidth": 0.8, "linestyle": DASHES}
        return look | edge | {"facecolor": "white", "hatch": None}
    # a white edge would swallow a hairline
    thin = {"edgecolor": look["facecolor"], "hatch": None}
    return look if width > 1.8 else look | thin


def draw_ends(page: Page, ends: Ends) -> list[Box]:
    """Draw the places that give and take; return boxes to keep clear."""
    boxes = []
    for key, (x, y) in ends.spot.items():
        if ends.moved(key):
            true = ends.true[key]
            page.overlay.plot([x, true[0]], [y, true[1]], color=INK, linewidth=0.4, zorder=3)
        draw_end(page.overlay, x, y, ends.kind[key], gid=f"end-{key}")
        boxes.append((x - 3.5, y - 3.5, x + 3.5, y + 3.5))
    return boxes


def draw_end(ax: Any, x: float, y: float, kind: str, *, gid: str = "") -> None:
    """Draw one place: a dot gives, a square takes, a dashed one could; a diamond lies outside."""
    look = {"edgecolors": INK, "linewidths": 0.8, "zorder": 4}
    if kind in (PLAIN, BOTH, IMAGINED):
        dashes = {"linestyles": [DASHES]} if kind == IMAGINED else {}
        size = 40 if kind == BOTH else 20
        ax.scatter([x], [y], size, marker="s", facecolors="white", gid=gid, **look, **dashes)
    if kind in (GIVER, BOTH):
        ax.scatter([x], [y], 17, marker="o", facecolors=INK, gid=gid, **look)
    if kind == OUTSIDE:
        ax.scatter([x], [y], 20, marker="D", facecolors="white", gid=gid, **look)


def end_names(links: pd.DataFrame, sites: gpd.GeoDataFrame, lang: str) -> pd.Series:
    """Return the name of each end; ends that share one say of what kind they are."""
    keys = list(dict.fromkeys([*links["source"], *links["sink"]]))
    names = short_site_names(sites.loc[keys], lang)
    shared = names[names.duplicated(keep=False)]
    told = [kind_word(kind, lang) for kind in sites["kind"].reindex(shared.index)]
    longer = [f"{n}, {k}" if k else n for n, k in zip(shared, told, strict=True)]
    return pd.concat([names.drop(shared.index), pd.Series(longer, shared.index, dtype=object)])


def kind_word(kind: str, lang: str) -> str:
    """Return the kind of a receiver in a word that a map has room for."""
    return labels.label_or(f"map:{kind}", labels.label_or(f"kind:{kind}", "", lang).lower(), lang)


def name_words(ends: Ends, names: pd.Series, links: pd.DataFrame, room: float) -> list[Words]:
    """Return the names of ends in lines of `room` points; one text where several share a place."""
    words: list[Words] = []
    seen: list[np.ndarray] = []
    for key in dict.fromkeys([*links["source"], *links["sink"]]):
        at = ends.spot[key]
        if any(_same(at, other) for other in seen):
            continue
        seen.append(at)
        here = [str(names[k]) for k in ends.spot if _same(ends.spot[k], at)]
        look = SITE_LOOK if ends.kind[key] in (GIVER, BOTH) else TOWN_LOOK
        text = wrapped(_joined(here), room)
        words.append(Words(text, float(at[0]), float(at[1]), 4.0, {**look, "bbox": CHIP}))
    return words


def _joined(names: list[str]) -> str:
    """Return names of one place as one: "Halmstad, network" and "Halmstad, locality" share it."""
    heads = list(dict.fromkeys(name.split(", ")[0] for name in names))
    if len(names) > 1 and len(heads) == 1:
        kinds = [name.removeprefix(f"{heads[0]}, ") for name in names]
        return f"{heads[0]}, " + " + ".join(kinds)
    return " + ".join(names)


def wrapped(text: str, room: float) -> str:
    """Return a text in lines of about `room` points, three at most."""
    import textwrap

    lines = textwrap.wrap(text, max(int(room / 3.4), 8))
    return "\n".join(lines[:3]) + ("\u2026" if len(lines) > 3 else "")


def number_texts(links: pd.DataFrame, sites: gpd.GeoDataFrame, lang: str) -> pd.Series:
    """Return what each arrow delivers; of two to one place, each says to what kind of receiver."""
    texts = [amount(value, "", lang) for value in links["delivered"]]
    names = short_site_names(sites.loc[links["sink"]], lang).to_numpy()
    pairs = pd.DataFrame({"name": names, "sink": links["sink"].to_numpy()}).drop_duplicates()
    shared = set(pairs.loc[pairs["name"].duplicated(keep=False), "sink"])
    kinds = [kind_word(kind, lang) for kind in sites["kind"][links["sink"]]]
    texts = [
        f"{text} ({kind})" if sink in shared and kind else text
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
) -> float:
    """Draw the legend of modes, widths and kinds of places; return the y below it."""
    y = -1.0
    if links.empty:
        return _write(page, y, labels.label("map:no_links", lang))
    modes = sorted(links["mode"].unique(), key=labels.legend_order)
    entries = [(labels.label(mode, lang), class_look(mode, page)) for mode in modes]
    if links["imagined"].any():
        look = {"facecolor": "white", "edgecolor": FAINT, "linestyle": DASHES, "linewidth": 0.8}
        entries.append((labels.label("map:to_imagined", lang), look))
    heat = not set(modes).isdisjoint(HEAT_MODES)
    kinds_of = any(labels.has_label(mode.replace("mode:", "material:")) for mode in modes)
    key = "map:mode" if heat else "map:material" if kinds_of else "map:transport"
    heading = labels.label(key, lang)
    y = draw_swatches(page.legend, y, heading, entries)
    for key, scale in scales:
        sizes = [(v, scale.width(v)) for v in round_sizes(scale.largest)]
        sizes = [(v, w) for v, w in sizes if w > THINNEST]
        title = labels.label(key, lang, unit=labels.unit_label(unit, lang))
        y = draw_width_legend(page.legend, y, title, sizes, lang)
    y = draw_end_rows(page.legend, y, kinds, lang)
    return draw_swatches(page.legend, y - 4, "", [built_entry(page, lang)]) + 2


def draw_end_rows(ax: Axes, y: float, kinds: set[str], lang: str) -> float:
    """Draw the legend of the places that give and take; return the y below it."""
    for kind in (GIVER, PLAIN, BOTH, IMAGINED, OUTSIDE):
        if kind in kinds:
            draw_end(ax, 8, y - 5, kind)
            words = labels.label(f"map:{kind}", lang)
            ax.text(21, y - 5, words, va="center_baseline", fontsize=NORMAL)
            y -= 11.5
    return y


def _write(page: Page, y: float, text: str) -> float:
    """Write a few lines of small text into the legend; return the y below."""
    page.legend.text(0, y, text, va="top", fontsize=SMALL, linespacing=1.15)
    return y - 8.6 * (1 + text.count("\n")) - 4


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
    return _write(page, y, wrapped(words, 118))


def write_replaced(page: Page, y: float, match: Match, lang: str) -> float:
    """Say in the legend that a tonne sent can replace more than a tonne; return the y below."""
    words = wrapped(labels.label("map:as_replaced", lang), 118)
    return _write(page, y, words) if replaces_more(match) else y


def replaces_more(match: Match) -> bool:
    """Say whether more of a material is delivered than sent, since it replaces another."""
    used = match.links[match.links["delivered"] > 0]
    return "yield_share" in used and bool((used["yield_share"] > 1).any())


def _way(mode: str, lang: str) -> str:
    """Return a way of delivery as it stands within a line."""
    words = labels.label(mode, lang)
    return words[0].lower() + words[1:]


def link_rows(
    links: pd.DataFrame, names: pd.Series, unit: str, lang: str
) -> list[tuple[str, str, str]]:
    """Return number, end points with the way it goes, and delivered amount of each link."""
    return [
        (
            str(n),
            f"{names[link.source]} \u2192 {names[link.sink]} ({_way(link.mode, lang)})",
            amount(link.delivered, unit, lang),
        )
        for n, link in enumerate(links.itertuples(), start=1)
    ]
