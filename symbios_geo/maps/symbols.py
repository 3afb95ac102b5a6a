"""What a map shows: which circles, arrows, classes, numbers and names, made from the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.patches import Circle, Polygon, Wedge

from .. import labels
from ..errors import OutputError
from ..model import METRIC_CRS, Match, mode_column
from ..register.complete import NUCLEAR
from ..register.gate import Register
from .legends import (
    Box,
    class_labels,
    draw_circle_legend,
    draw_swatches,
    draw_width_legend,
    round_sizes,
)
from .page import INK, SMALL, Page, to_points
from .placement import arrow_outline, boxes_along, flow_path
from .placenames import SITE_LOOK, Words, amount, short_site_names

LARGEST_RADIUS, LARGEST_WIDTH, APART_RADIUS, THIN = 24.0, 7.0, 12.0, 1.8  # points
NO_DATA_HATCH = "////"
HATCHES = {
    "carbon:fossil": "//////",
    "mode:preheat": "//////",
    "mode:heat_pump": "......",
    "mode:truck": "\\\\\\\\\\\\",
    NUCLEAR: "////",
}
HEAT_MODES = ("mode:direct", "mode:preheat", "mode:heat_pump")
CHIP = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}


def find_rows(register: Register, resource: str, role: str) -> pd.DataFrame:
    """Return the rows to draw: those that count in sums."""
    flows = register.flows
    shown = flows["resource"].eq(resource) & flows["role"].eq(role)
    shown &= flows["additive"].eq("yes") & flows["value"].gt(0)
    rows = flows[shown]
    if rows.empty:
        msg = f"The register has no {role} of {resource!r} to draw. Check resource and role."
        raise OutputError(msg)
    return rows.assign(_class=rows["class"])


def site_symbols(rows: pd.DataFrame, register: Register, page: Page, lang: str) -> pd.DataFrame:
    """
    Return one row per site to draw, largest first: place in points, radius, value and classes.

    The area of a circle is proportional to its value. What stands apart has a fixed radius.
    """
    table = rows.pivot_table(index="site_id", columns="_class", values="value", aggfunc="sum")
    sites = register.sites.loc[table.index]
    place = sites.geometry.to_crs(METRIC_CRS)
    xy = to_points(page, np.column_stack([place.x, place.y]))
    found = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1]}, index=table.index)
    found["name"] = short_site_names(sites, lang)
    found["apart"] = table.get(NUCLEAR, pd.Series(np.nan, index=table.index)).notna()
    found["value"] = table.sum(axis=1)
    found["parts"] = [row.dropna().to_dict() for _, row in table.iterrows()]
    found["unit"] = str(rows["unit"].iloc[0])
    width, height = page.overlay.get_xlim()[1], page.overlay.get_ylim()[1]
    inside = found["x"].between(0, width) & found["y"].between(0, height)
    found = found[inside].sort_values("value", ascending=False, kind="stable")
    largest = found.loc[~found["apart"], "value"].max()
    found["radius"] = LARGEST_RADIUS * np.sqrt(found["value"] / largest)
    found.loc[found["apart"], "radius"] = APART_RADIUS
    return _beside_largest(found)


def _beside_largest(symbols: pd.DataFrame) -> pd.DataFrame:
    """Move what stands apart off the largest circle, away from its middle; `at` is its place."""
    found = symbols.assign(at=list(zip(symbols["x"], symbols["y"], strict=True)))
    scaled = found[~found["apart"]]
    for key in found.index[found["apart"]] if len(scaled) else ():
        large, own = scaled.iloc[0], found.loc[key]
        away = np.array([own["x"] - large["x"], own["y"] - large["y"]])
        distance, clear = float(np.hypot(*away)), large["radius"] + own["radius"] + 1.5
        if 0 < distance < clear:
            found.loc[key, ["x", "y"]] = (large["x"], large["y"]) + away * clear / distance
    return found


def draw_symbols(page: Page, symbols: pd.DataFrame) -> list[Box]:
    """Draw circles, the largest at the bottom, divided by class; return boxes to keep clear."""
    for key, row in symbols.sort_values("radius", ascending=False, kind="stable").iterrows():
        centre, turn = (row["x"], row["y"]), 90.0
        for name in sorted(row["parts"], key=labels.legend_order):
            angle = 360 * row["parts"][name] / row["value"]
            part = Wedge(
                centre, row["radius"], turn - angle, turn, **class_look(name, page), zorder=2
            )
            page.overlay.add_artist(part)
            turn -= angle
        ring = Circle(
            centre, row["radius"], facecolor="none", edgecolor=INK, linewidth=0.5, zorder=2
        )
        ring.set_gid(f"site-{key}")
        page.overlay.add_artist(ring)
        if "at" in row and row["at"] != centre:  # a moved circle points to its place
            line = {"color": INK, "linewidth": 0.6, "zorder": 2.1, "marker": "o", "markersize": 2}
            page.overlay.plot(*zip(centre, row["at"], strict=True), markevery=[1], **line)
    half = 0.9 * symbols["radius"]  # labels may cut the corners of a circle's box
    x, y = symbols["x"], symbols["y"]
    return list(zip(x - half, y - half, x + half, y + half, strict=True))


def class_look(name: str, page: Page | None = None) -> dict[str, Any]:
    """Return the colours and hatching of a class, in the colours of a page if one is given."""
    colour = labels.colour(name) if page is None else page.colour(name)
    look = {"facecolor": colour, "edgecolor": "white", "linewidth": 0.4, "alpha": 0.93}
    return {**look, "hatch": HATCHES[name]} if name in HATCHES else look


def _flow_look(page: Page, link: Any, width: float) -> dict[str, Any]:
    """Return the look of an arrow."""
    look = class_look(link.mode, page)
    # a white edge would swallow a hairline
    return look if width > THIN else look | {"edgecolor": look["facecolor"], "hatch": None}


def draw_source_legend(
    page: Page, y: float, symbols: pd.DataFrame, rows: pd.DataFrame, lang: str
) -> float:
    """Draw the legend of classes and of circle sizes; return the y below it."""
    unit, role = str(rows["unit"].iloc[0]), str(rows["role"].iloc[0])
    scaled = symbols[~symbols["apart"]]
    classes = drawn_classes(symbols)
    if len(classes) > 1:
        kind, colon, _ = classes[0].partition(":")
        heading = f"map:{kind}" if colon else "map:temperature"
        entries = [
            (class_words(name, symbols, unit, lang), class_look(name, page)) for name in classes
        ]
        y = draw_swatches(page.legend, y, labels.label(heading, lang), entries)
    largest = float(scaled["value"].max())
    sizes = [(v, LARGEST_RADIUS * np.sqrt(v / largest)) for v in round_sizes(largest)]
    title = labels.label(f"map:size_{role}", lang, unit=labels.unit_label(unit, lang))
    return draw_circle_legend(page.legend, y, title, sizes, lang)


def drawn_classes(symbols: pd.DataFrame) -> list[str]:
    """Return the classes that circles are divided by, in the order of a legend."""
    return sorted({name for parts in symbols["parts"] for name in parts}, key=labels.legend_order)


def class_words(name: str, symbols: pd.DataFrame, unit: str, lang: str) -> str:
    """Return the words of a class; what stands apart says how much it is."""
    words = labels.label(name, lang)
    if name != NUCLEAR:
        return words
    value = amount(symbols.loc[symbols["apart"], "value"].sum(), unit, lang)
    return words + "\n" + labels.label("map:apart", lang, value=value)


def draw_class_legend(
    page: Page, y: float, title: str, values: pd.Series, breaks: Sequence[float], lang: str
) -> float:
    """Draw the legend of a map of values by municipality; return the y below it."""
    entries = [
        (words, {"facecolor": page.colour(f"map:demand_{place}")})
        for place, words in enumerate(class_labels(breaks, lang), start=1)
    ]
    if values.isna().any():
        look = {"facecolor": "white", "edgecolor": "#999999", "hatch": NO_DATA_HATCH}
        entries.append((labels.label("map:no_data", lang), look))
    return draw_swatches(page.legend, y, title, entries)


def class_fill(
    values: pd.Series, breaks: Sequence[float], colours: Mapping[str, str] | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """Return colour and hatching by municipality_code; a missing value is hatched."""
    known = values.dropna()
    place = np.searchsorted(breaks, known.to_numpy() * (1 - 1e-9)) + 1
    own = colours or {}
    keys = {str(c): f"map:demand_{p}" for c, p in zip(known.index, place, strict=True)}
    fill = {code: own.get(key) or labels.colour(key) for code, key in keys.items()}
    missing = [str(code) for code in values.index[values.isna()]]
    return fill | dict.fromkeys(missing, "#ffffff"), dict.fromkeys(missing, NO_DATA_HATCH)


def site_words(row: pd.Series, lang: str) -> Words:
    """Return name and value of a site as a label beside its circle."""
    text = f"{row['name']}\n{amount(row['value'], row['unit'], lang)}"
    return Words(text, row["x"], row["y"], row["radius"], SITE_LOOK)


def number_words(symbols: pd.DataFrame) -> list[Words]:
    """Return the numbers of the listed sites: inside a circle that is large enough, else beside."""
    words = []
    for place, row in enumerate(symbols.itertuples(), start=1):
        inside = row.radius > 7
        look = {"fontsize": SMALL, "fontweight": "bold", "bbox": CHIP}
        anchors = _ring_anchors(row) if inside else ()
        words.append(Words(str(place), row.x, row.y, row.radius - 1, look, anchors, inside))
    return words


def _ring_anchors(row: Any) -> tuple[tuple[float, float, float], ...]:
    """Return the middle of a circle and eight places within it."""
    out = 0.75 * row.radius
    turns = np.radians(np.arange(0, 360, 45))
    ring = [(row.x + out * np.cos(t), row.y + out * np.sin(t), 2.0) for t in turns]
    return ((row.x, row.y, 0.0), *ring)


def list_rows(symbols: pd.DataFrame, count: int, lang: str) -> list[tuple[str, str, str]]:
    """Return number, name and value of the largest sites, and one row for the rest."""
    unit = str(symbols["unit"].iloc[0])
    head, rest = symbols.head(count), symbols["value"].iloc[count:]
    pairs = zip(head["name"], head["value"], strict=True)
    rows = [(str(n), name, amount(v, unit, lang)) for n, (name, v) in enumerate(pairs, start=1)]
    return rows + _rest_row(rest, unit, lang)


def link_rows(
    links: pd.DataFrame, names: pd.Series, count: int, unit: str, lang: str
) -> list[tuple[str, str, str]]:
    """Return number, end points and delivered amount of the largest links, and one for the rest."""
    head, rest = links.head(count), links.iloc[count:]
    rows = [
        (
            str(n),
            f"{names[link.source]} \u2192 {names[link.sink]}",
            amount(link.delivered, unit, lang),
        )
        for n, link in enumerate(head.itertuples(), start=1)
    ]
    return rows + _rest_row(rest["delivered"], unit, lang)


def _rest_row(values: pd.Series, unit: str, lang: str) -> list[tuple[str, str, str]]:
    if values.empty:
        return []
    words = labels.label("map:rest", lang, count=len(values))
    return [("+", words, amount(values.sum(), unit, lang))]


def draw_flows(
    page: Page, links: pd.DataFrame, sites: gpd.GeoDataFrame
) -> tuple[list[np.ndarray], list[Box]]:
    """Draw links as arrows, the widest at the bottom, and their ends; return paths and boxes."""
    place = sites.geometry.loc[pd.unique(links[["source", "sink"]].to_numpy().ravel())]
    place = place.to_crs(METRIC_CRS)
    where = {k: to_points(page, (p.x, p.y)) for k, p in place.items()}
    largest = links["delivered"].max()
    paths = []
    for link in links.itertuples():
        width = LARGEST_WIDTH * link.delivered / largest
        path = flow_path(where[link.source], where[link.sink], width=width)
        outline = arrow_outline(path, width, gap=3.0)
        arrow = Polygon(outline, closed=True, **_flow_look(page, link, width), zorder=2)
        arrow.set_gid(f"flow-{link.source}-{link.sink}")
        page.overlay.add_artist(arrow)
        paths.append(path)
    _draw_ends(page, links, where)
    boxes = [box for path in paths for box in boxes_along(path[3:-3:3], 4.0)]
    return paths, boxes


def _draw_ends(page: Page, links: pd.DataFrame, where: dict[Any, np.ndarray]) -> None:
    look = {"linewidth": 0, "markeredgecolor": INK, "markeredgewidth": 0.7, "zorder": 4}
    for side, marker in (("sink", "s"), ("source", "o")):
        xy = np.array([where[key] for key in links[side].unique()]).reshape(-1, 2)
        colour = page.colour(f"map:{side}")
        page.overlay.plot(*xy.T, marker=marker, markersize=4.2, color=colour, **look)


def drawn_links(match: Match, register: Register) -> pd.DataFrame:
    """
    Return one row per pair of places and mode with what is delivered there, largest first.

    Columns: source, sink (ids of sites), mode (a label key), existing, delivered. Links of a
    match join streams; on a map the streams of one place are one arrow.
    """
    sites = register.sites
    used = match.links[match.links["delivered"] > 0]
    way = mode_column(used)
    table = pd.DataFrame(
        {
            "source": used.get("site_id_source", used["source"]),
            "sink": used.get("site_id_sink", used["sink"]),
            "mode": "mode:" + used[way].astype(str) if way else "mode:direct",
            "existing": used["existing"].astype(bool) if "existing" in used else False,
            "delivered": used["delivered"].astype(float),
        }
    )
    # what flows today is grey, however it works
    table["mode"] = table["mode"].mask(table["existing"], "mode:existing")
    ends = pd.unique(table[["source", "sink"]].to_numpy().ravel())
    if missing := sorted({str(key) for key in ends} - set(sites.index)):
        msg = f"The register has no site {missing[0]!r}. Give the register the match was made from."
        raise OutputError(msg)
    keys = ["source", "sink", "mode", "existing"]
    sums = table.groupby(keys, as_index=False, sort=False)["delivered"].sum()
    return sums.sort_values("delivered", ascending=False, kind="stable", ignore_index=True)


def draw_flow_legend(page: Page, links: pd.DataFrame, unit: str, lang: str) -> float:
    """Draw the legend of modes and widths; return the y below it."""
    y = -1.0
    if links.empty:
        return y
    modes = sorted(links["mode"].unique(), key=labels.legend_order)
    entries = [(labels.label(mode, lang), class_look(mode, page)) for mode in modes]
    heat = not set(modes).isdisjoint(HEAT_MODES)
    kinds = any(labels.has_label(mode.replace("mode:", "material:")) for mode in modes)
    heading = labels.label(
        "map:mode" if heat else "map:material" if kinds else "map:transport", lang
    )
    y = draw_swatches(page.legend, y, heading, entries)
    largest = float(links["delivered"].max())
    sizes = [(value, LARGEST_WIDTH * value / largest) for value in round_sizes(largest)]
    title = labels.label("map:width", lang, unit=labels.unit_label(unit, lang))
    y = draw_width_legend(page.legend, y, title, sizes, lang)
    return _draw_end_legend(page, y, lang)


def _draw_end_legend(page: Page, y: float, lang: str) -> float:
    ax = page.legend
    for side, marker in (("source", "o"), ("sink", "s")):
        colour = page.colour(f"map:{side}")
        look = {"color": colour, "markeredgecolor": INK, "markeredgewidth": 0.7}
        ax.plot([8], [y - 5], marker=marker, markersize=4.2, **look)
        ax.text(21, y - 5, labels.label(f"map:{side}", lang), va="center_baseline")
        y -= 11.5
    return y - 4


def chip_words(paths: Sequence[np.ndarray], texts: Sequence[str] | None = None) -> list[Words]:
    """Return numbers, or the given texts, that stand on the middle of each flow."""
    words = []
    look = {"fontsize": SMALL, "fontweight": "bold", "bbox": CHIP}
    for place, path in enumerate(paths):
        text = str(place + 1) if texts is None else texts[place]
        spots = [path[i] for i in (12, 10, 14, 8, 16, 6, 18, 4, 20)]
        anchors = tuple((float(x), float(y), 0.4 * n) for n, (x, y) in enumerate(spots))
        words.append(Words(text, *anchors[0][:2], 0, look, anchors, over=True))
    return words
