"""The map of a factsheet: a municipality, its heat sources and the demand of its localities."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from .. import labels
from ..maps.flows import (
    FRAMED,
    Scale,
    draw_arrows,
    draw_end,
    drawn_links,
    drawn_names,
    open_entries,
    place_ends,
    places_of,
    wrapped,
)
from ..maps.insets import (
    NAME,
    Dense,
    find_dense,
    lie_whole,
    mark_panel,
    name_panel,
    open_panel,
    short_links,
)
from ..maps.legends import (
    Box,
    draw_circle_legend,
    draw_heading,
    draw_list,
    draw_square_key,
    draw_swatches,
    furnish,
    round_sizes,
)
from ..maps.page import (
    FAINT,
    INK,
    SMALL,
    Page,
    add_shapes,
    draw_base,
    draw_localities,
    is_broad,
    start_page,
    style,
    text_size,
)
from ..maps.placenames import (
    TOWN_LOOK,
    Words,
    amount,
    draw_words,
    municipality_words,
    neighbour_words,
    short_site_names,
)
from ..maps.symbols import (
    CHIP,
    LARGEST_RADIUS,
    built_entry,
    class_look,
    class_words,
    draw_symbols,
    drawn_classes,
    list_rows,
    number_words,
    site_symbols,
    small_boxes,
)
from ..model import EXISTING, METRIC_CRS, ROLES
from ..register.classes import without_nuclear
from ..register.property_heat import in_countryside
from ..study.chain import Study
from .facts import municipal_flows

NEW_LINK = "factsheet:map_new"  # a way of heat, for all that is new in an inset
SOURCES, NEEDS = (8, 4), (6, 2)  # listed without and with an inset
MORE = 2  # sources listed where the map stands alone
LEAST_INSET = 64.0  # points in height
LEAST_BROAD = 1500.0  # metres between ends: a closer inset could not be found on the main map
NARROW = 0.6  # of the largest radius on a phone
FEW = 2  # sources: more of them on one spot get an inset
LEGEND_POINTS = 334.0  # height of legend and lists under a map that is higher than broad
SQUARE = float(np.sqrt(np.pi))  # side of a square with the area of a circle of radius 1
TURNS = np.radians(np.arange(0, 360, 15))  # where a square can stand beside what would hide it
SAME = 2.0  # points; circles around one spot share a badge
SAME_SPAN = 8.0  # points; arrows as long as each other
NAME_ROOM, CROSSING_ROOM = 62.0, 78.0  # points, of a line of a name
UNDER = 1.79  # squares and circles
CROSSING_WIDTH = 5.0  # points, of the widest arrow over the border


def draw_municipality(
    ax: Axes, study: Study, code: str, *, titled: bool = False, lang: str = "sv"
) -> Axes:
    """
    Draw sources as circles and the demand of localities as squares; return the map axes.

    Circles and squares share one scale: the same area is the same amount.

    Parameters
    ----------
    ax
        Axes whose rectangle, broader than high, is used.
    study
        A study of public rows.
    code
        The municipality_code.
    titled
        Whether there is room for a title and sources.
    lang
        "sv" or "en".
    """
    with style():
        broad = is_broad(ax)
        page = start_page(
            ax, study.municipalities.loc[[code]], list_points=LEGEND_POINTS, titled=titled
        )
        others = study.municipalities.index.drop(code)
        plain = dict.fromkeys(others, labels.colour("map:land"))
        shapes = draw_base(page, study.municipalities, fill=plain)
        draw_localities(page)
        _outline(page, shapes.loc[[code]])
        # over a narrow one the country would lie on the municipality
        hard = furnish(page, shapes.loc[[code]], lang, with_country=broad)
        towns = _towns(study, code, page, lang)
        sources = _sources(study, code, page, lang)
        links = _drawn_links(page, study, code)
        reach = LARGEST_RADIUS * (1.0 if broad else NARROW)
        largest = _share_scale(sources, towns, reach)
        inner = _inner_links(page, study, code)
        dense = _densest(sources, inner, study, page)
        y, listed, named = _draw_legend(
            page, sources, towns, pd.concat([links, inner]), largest, reach, lang,
            inset=dense is not None, more=MORE * titled,
        )  # fmt: skip
        words: list[Words] = []
        if dense and y - 8 - page.listing.get_ylim()[0] >= LEAST_INSET:
            mark, frame, there = _draw_inset(page, y, dense, study, code, inner, listed, named,
                                             largest, reach, lang)  # fmt: skip
            words, hard = [mark], [*hard, frame]
            # what is whole in the inset is drawn there alone
            sources, towns = (table[~table.index.isin(there)] for table in (sources, towns))
        arrows, heads, told = _draw_crossing(page, links, study, code, lang)
        words, hard = [*words, *told], [*hard, *heads]
        towns = _lift(towns, sources, named)
        soft = _draw_places(page, sources, towns) + arrows
        words += _badges(sources, listed) + _town_words(towns, sources, named)
        words += municipality_words(page, shapes.loc[others], study.municipalities)
        words += neighbour_words(page, study.municipalities)
        draw_words(page, words, hard=[*hard, *small_boxes(sources)], soft=soft)
    return page.ax


def map_title(study: Study, code: str, lang: str) -> str:
    """Return what the map of a municipality shows, in one sentence."""
    rows = without_nuclear(municipal_flows(study, code, "heat", "source"))
    sums = rows.groupby("site_id")["value"].sum()
    words = {
        "name": study.region.names[code],
        "need": amount(float(study.balances["heat"]["demand"][code]), "", lang),
    }
    if not sums.sum():
        return labels.label("factsheet:map_title_none", lang, **words)
    names = short_site_names(study.register.sites.loc[[sums.idxmax()]], lang)
    return labels.label(
        "factsheet:map_title", lang, **words, source=names.iloc[0],
        supply=amount(sums.sum(), "GWh/yr", lang), most=amount(sums.max(), "", lang),
    )  # fmt: skip


def _outline(page: Page, shape: gpd.GeoSeries) -> None:
    """Draw the border of the municipality."""
    look = {"facecolor": "none", "edgecolor": "#444444", "linewidth": 0.9}
    add_shapes(page.ax, shape, **look, zorder=1.75)


def _sources(study: Study, code: str, page: Page, lang: str) -> pd.DataFrame:
    """Return one circle per place with a source; empty where there is none."""
    rows = municipal_flows(study, code, "heat", "source")
    rows = rows[rows["value"] > 0]
    if rows.empty:
        return rows
    return site_symbols(rows.assign(_class=rows["class"]), study.register, page, lang)


def _towns(study: Study, code: str, page: Page, lang: str) -> pd.DataFrame:
    """Return one square per locality with demand; the countryside has no place of its own."""
    rows = municipal_flows(study, code, "heat", "sink")
    places = study.register.sites["place_type"].reindex(rows["site_id"]).to_numpy() == "locality"
    places &= ~in_countryside(rows["site_id"])
    rows = rows[places & (rows["value"] > 0)]
    if rows.empty:
        return rows
    return site_symbols(rows.assign(_class="role:sink"), study.register, page, lang)


def _densest(sources: pd.DataFrame, inner: pd.DataFrame, study: Study, page: Page) -> Dense | None:
    """Return where most short exchanges are, else most sources on each other; None without any."""
    own = sources.index[~sources["apart"]] if len(sources) else pd.Index([])
    ends = pd.unique(pd.Series([*own, *inner["source"], *inner["sink"]], dtype=object))
    if not len(ends):
        return None
    places = study.register.sites.geometry.loc[ends].to_crs(METRIC_CRS)
    sizes = {
        dense: (len(_within(inner, dense)), int(own.isin(dense.ends).sum()))
        for dense in find_dense(places, page)
    }
    found = [dense for dense, (links, givers) in sizes.items() if links or givers > FEW]
    return max(found, key=lambda dense: sizes[dense], default=None)


def _within(links: pd.DataFrame, dense: Dense) -> pd.DataFrame:
    """Return the links whose ends both lie in a dense place."""
    return links[links[[*ROLES]].isin(dense.ends).all(axis=1)]


def _ends_of(links: pd.DataFrame, study: Study, dense: Dense) -> Dense:
    """Return the part of a dense place where its exchanges are, all of it if there is none."""
    if links.empty:
        return dense
    ends = tuple(pd.unique(links[[*ROLES]].to_numpy().ravel()))
    places = study.register.sites.geometry.loc[[*ends]].to_crs(METRIC_CRS)
    left, bottom, right, top = places.total_bounds
    beside = max(LEAST_BROAD - (right - left), 0) / 2
    return dense._replace(ends=ends, bounds=(left - beside, bottom, right + beside, top))


def _draw_inset(
    page: Page, y: float, dense: Dense, study: Study, code: str, inner: pd.DataFrame,
    listed: list[str], named: list[str], largest: float, reach: float, lang: str,
) -> tuple[Words, Box, list[Any]]:  # fmt: skip
    """Draw a dense place under the lists; return its mark, its frame, and what is drawn there."""
    links = _within(inner, dense)
    dense = _ends_of(links, study, dense)
    box = (0.0, page.listing.get_ylim()[0], page.listing.get_xlim()[1], y - 8)
    panel = open_panel(page, box, dense, radius=reach / 2)
    draw_base(panel, study.municipalities)
    draw_localities(panel)
    hard = name_panel(panel, dense.name, lang)
    towns, sources = _towns(study, code, panel, lang), _sources(study, code, panel, lang)
    _share_scale(sources, towns, reach, largest)
    ends = sources.index.isin(dense.ends)
    sources, towns = sources[ends | _whole(sources, panel)], towns[_whole(towns, panel)]
    towns = _lift(towns, sources, named)
    soft = _draw_places(panel, sources, towns, prefix="inset")
    words = _badges(sources, listed)
    words += _town_words(towns[towns["name"] != dense.name], sources, named)
    arrows, amounts = _draw_inner(panel, links, study, lang)
    words, soft = [*amounts, *words], [*soft, *arrows]
    draw_words(panel, words, hard=[*hard, *small_boxes(sources)], soft=soft)
    mark, frame = mark_panel(page, panel, dense.name)
    numbers = ", ".join(str(n) for n, key in enumerate(listed, start=1) if key in sources.index)
    mark = mark._replace(text=f"{mark.text}: {numbers}")
    see = {"fontsize": SMALL, "color": FAINT, "style": "italic", "bbox": CHIP, "zorder": 2.6}
    words = page.overlay.text(
        frame[0] + 3, frame[1] + 3, labels.label("factsheet:map_inset", lang), **see
    )
    if text_size(words)[0] > frame[2] - frame[0] - 6:
        words.remove()
    return mark, frame, [*sources.index, *towns.index]


def _whole(symbols: pd.DataFrame, panel: Page) -> pd.Series:
    """Say which symbols lie wholly in an inset."""
    right, top = panel.overlay.get_xlim()[1], panel.overlay.get_ylim()[1] - NAME
    return lie_whole(symbols, (0.0, 0.0, right, top))


def _share_scale(
    sources: pd.DataFrame, towns: pd.DataFrame, reach: float, largest: float = 0.0
) -> float:
    """
    Give circles and squares one scale, in place, by the largest value if 0; return that.

    `reach` is the radius of the largest, points.
    """
    amounts = [towns["value"], sources.loc[~sources["apart"], "value"] if len(sources) else None]
    largest = largest or max(
        [float(part.max()) for part in amounts if part is not None and len(part)] or [0]
    )
    for table in (sources, towns):
        if len(table):
            scaled = ~table["apart"]
            radius = reach * np.sqrt(table["value"] / (largest or 1.0))
            table["radius"] = radius.where(scaled, table["radius"])
    return largest


def _square_look() -> dict[str, Any]:
    pale = 0.6 * np.array(to_rgb(labels.colour("role:sink"))) + 0.4
    return {"facecolor": tuple(pale), "edgecolor": "white", "linewidth": 0.8}


def _draw_places(
    page: Page, sources: pd.DataFrame, towns: pd.DataFrame, *, prefix: str = "site"
) -> list[Box]:
    """Draw squares and over them circles; return boxes to keep clear."""
    boxes = []
    for key, row in towns.iterrows():
        half = SQUARE * row["radius"] / 2
        corner = (row["x"] - half, row["y"] - half)
        moved = row["at"] != (row["x"], row["y"])
        if moved:
            line = {"color": INK, "linewidth": 0.6, "zorder": 2.1, "marker": "o", "markersize": 2}
            ends = zip((row["x"], row["y"]), row["at"], strict=True)
            page.overlay.plot(*ends, markevery=[1], **line)
        level = 2.2 if moved else 1.8
        square = Rectangle(corner, 2 * half, 2 * half, **_square_look(), zorder=level)
        square.set_gid(f"town-{key}")
        page.overlay.add_patch(square)
        boxes.append((*corner, row["x"] + half, row["y"] + half))
    return boxes + (draw_symbols(page, sources, prefix=prefix) if len(sources) else [])


def _lift(towns: pd.DataFrame, sources: pd.DataFrame, named: list[str]) -> pd.DataFrame:
    """Return squares, a named one that a circle would hide beside it; `at` is its true place."""
    towns = towns.assign(at=list(zip(towns["x"], towns["y"], strict=True))) if len(towns) else towns
    lifted = towns[towns.index.isin(named)] if len(sources) else towns.iloc[:0]
    for key, row in lifted.iterrows():
        half, here = SQUARE * row["radius"] / 2, np.array(row["at"])
        spots = sources[["x", "y"]].to_numpy(float)
        far, radii = np.hypot(*(spots - here).T), sources["radius"].to_numpy(float)
        hides = (far < radii) & (radii > half)
        if not hides.any():
            continue
        n = int(np.argmax(np.where(hides, radii, 0.0)))
        turns = np.column_stack([np.cos(TURNS), np.sin(TURNS)])
        # the corner of a square reaches farther than its side
        out = radii[n] + 2.5 + half * np.abs(turns).sum(axis=1)
        free = spots[n] + turns * out[:, None]
        others = np.delete(spots, n, axis=0), np.delete(radii, n)
        gaps = np.hypot(*(free[:, None] - others[0]).T).T - others[1] - half
        lost = np.clip(-gaps, 0, None).sum(axis=1)
        away = np.hypot(*(free - here).T)
        towns.loc[key, ["x", "y"]] = free[int(np.argmin(10 * lost + away))]
    return towns


def _badges(sources: pd.DataFrame, listed: list[str]) -> list[Words]:
    """Return the numbers of listed sources; those around one spot share a badge."""
    place = {key: str(n) for n, key in enumerate(listed, start=1)}
    own = sources[sources.index.isin(listed)]
    found: list[Words] = []
    for word, key in zip(number_words(own), own.index, strict=True):
        near = [n for n, w in enumerate(found) if np.hypot(w.x - word.x, w.y - word.y) < SAME
                and not (w.over or word.over)]  # fmt: skip
        if near:
            first = found[near[0]]
            found[near[0]] = first._replace(text=f"{first.text}, {place[str(key)]}")
        else:
            found.append(word._replace(text=place[str(key)]))
    return found


def _town_words(towns: pd.DataFrame, sources: pd.DataFrame, named: list[str]) -> list[Words]:
    """Return the names of the localities that are listed, off circles over them."""
    words, look = [], {**TOWN_LOOK, "bbox": CHIP}
    for row in towns[towns.index.isin(named)].itertuples():
        clear = SQUARE * row.radius / 2 + 1
        if len(sources):
            far = np.hypot(sources["x"] - row.x, sources["y"] - row.y)
            clear = max([clear, *(far + sources["radius"])[far < sources["radius"]]])
        words.append(Words(wrapped(row.name, NAME_ROOM), row.x, row.y, clear, look))
    return words


def _drawn_links(page: Page, study: Study, code: str) -> pd.DataFrame:
    """Return the exchanges of heat with an arrow: new over the border, and those seen of today."""
    if "heat" not in study.matches:
        return pd.DataFrame()
    links = drawn_links(study.matches["heat"], study.register, business=study.business)
    where = study.register.sites["municipality_code"]
    own = pd.DataFrame({role: links[role].map(where) for role in ROLES}).eq(code).sum(axis=1)
    old = links["status"].eq(EXISTING)
    places = places_of(links, study.register.sites)
    seen = ~short_links(links, places, page, within=True)
    return links[(own.eq(1) & ~old) | (own.ge(1) & old & seen) | (own.eq(2) & seen)]


def _inner_links(page: Page, study: Study, code: str) -> pd.DataFrame:
    """Return the exchanges of heat within a municipality that are too short to be seen."""
    if "heat" not in study.matches:
        return pd.DataFrame(columns=[*ROLES])
    sites = study.register.sites
    links = drawn_links(study.matches["heat"], study.register, business=study.business)
    where = sites["municipality_code"]
    own = pd.DataFrame({role: links[role].map(where) for role in ROLES}).eq(code).all(axis=1)
    links = links[own & short_links(links, places_of(links, sites), page)]
    # how heat goes is told in the tables: the legend has room for one row
    return links.assign(mode=links["mode"].where(links["status"].eq(EXISTING), NEW_LINK))


def _draw_inner(
    panel: Page, links: pd.DataFrame, study: Study, lang: str
) -> tuple[list[Box], list[Words]]:
    """Draw the exchanges of an inset, each with what it delivers; return boxes and words."""
    if links.empty:
        return [], []
    ends = place_ends(panel, links, study.register.sites, inset=True)
    scale = Scale(float(links["delivered"].max()), CROSSING_WIDTH)
    told = [
        labels.label(
            f"map:{EXISTING if link.status == EXISTING else 'new'}", lang,
            value=amount(link.delivered, "", lang),
        )
        for link in links.itertuples()
    ]  # fmt: skip
    words, boxes, heads = draw_arrows(panel, links, ends, scale, pd.Series(told, links.index))
    for key in links["sink"].unique():
        x, y = map(float, ends.spot[key])
        draw_end(panel.overlay, x, y, ends.kind[key], gid=f"end-{key}")
    # the shortest arrow has the least room for its amount
    spans = [np.hypot(*(ends.spot[a] - ends.spot[b])) for a, b in links[[*ROLES]].to_numpy()]
    order = np.argsort(np.round(np.divide(spans, SAME_SPAN)), kind="stable")
    return [*boxes, *heads], [words[n] for n in order]


def _draw_crossing(
    page: Page, links: pd.DataFrame, study: Study, code: str, lang: str
) -> tuple[list[Box], list[Box], list[Words]]:
    """Draw exchanges, new ones named where they leave; return shafts, heads and words."""
    if links.empty:
        return [], [], []
    ends = place_ends(page, links, study.register.sites, stub=np.inf)
    scale = Scale(float(links["delivered"].max()), CROSSING_WIDTH)
    old = links["status"].eq(EXISTING)
    amounts = links["delivered"].map(lambda value: amount(value, "GWh/yr", lang))
    texts = amounts.map(lambda told: labels.label("factsheet:map_today", lang, amount=told))
    # under what gives and takes
    told, boxes, heads = draw_arrows(page, links, ends, scale, texts.where(old, ""), above=UNDER)
    names = drawn_names(links, study.register.sites, lang)
    where = study.register.sites["municipality_code"].map(study.region.names)
    words = [word for word in told if word.text]
    for link in links[~old].itertuples():
        role = ROLES[where[link.source] == study.region.names[code]]
        far = getattr(link, role)
        name = names[far]
        if isinstance(where[far], str) and where[far] not in name:
            name = labels.label("factsheet:map_in", lang, name=name, place=where[far])
        if far in ends.away:
            km = float(np.hypot(*ends.away[far])) / 1000
            name = f"{name}, {labels.quantity(km, 'km', lang, digits=0)}"
        text = labels.label(
            f"factsheet:map_{role}", lang, name=name, share=labels.chance(link.pays_share, lang),
            amount=amount(link.delivered, "GWh/yr", lang),
        )  # fmt: skip
        look = {"fontsize": SMALL, "bbox": {**CHIP, **FRAMED}}
        x, y = map(float, ends.spot[far])
        draw_end(page.overlay, x, y, ends.kind[far], gid=f"end-{far}")
        words.append(Words(wrapped(text, CROSSING_ROOM), x, y, 4.0, look))
    return boxes, heads, words


def _draw_legend(
    page: Page, sources: pd.DataFrame, towns: pd.DataFrame, links: pd.DataFrame, largest: float,
    reach: float, lang: str, *, inset: bool, more: int,
) -> tuple[float, list[str], list[str]]:  # fmt: skip
    """
    Draw classes, sizes and lists; return the y below them, and the ids that are listed.

    There is room for so many `more` sources than in a factsheet.
    """
    listing = page.listing
    entries = [
        (class_words(name, sources, "GWh/yr", lang), class_look(name))
        for name in (drawn_classes(sources) if len(sources) else [])
    ]
    y = -1.0
    if entries:
        y = draw_swatches(listing, y, labels.label("map:temperature", lang), entries) + 4
    others = [(labels.label("factsheet:map_demand", lang), _square_look())]
    if len(links):
        today = links["mode"].eq(f"mode:{EXISTING}").any()
        key = f"mode:{EXISTING}"
        others += [(labels.label("factsheet:map_flows", lang), class_look(key))] * bool(today)
        others += open_entries(links, lang)
        others += [(labels.label(NEW_LINK, lang), class_look(NEW_LINK))] * bool(
            links["mode"].eq(NEW_LINK).any()
        )
    y = draw_swatches(listing, y, "", [*others, built_entry(page, lang)])
    if largest > 0:
        sizes = [(v, reach * np.sqrt(v / largest)) for v in round_sizes(largest)]
        unit = labels.unit_label("GWh/yr", lang)
        title = labels.label("factsheet:map_sizes", lang, unit=unit)
        below = draw_circle_legend(listing, y, title, sizes, lang)
        draw_square_key(listing, y, *sizes[0], _square_look(), lang)
        y = below
    listed: list[list[str]] = []
    for key, table, most in (("list", sources, SOURCES), ("needs", towns, NEEDS)):
        scaled = table[~table["apart"]] if len(table) else table
        count = most[inset] + more * (key == "list")
        count += len(scaled) == count + 1  # a rest of one is named
        listed.append([str(site) for site in scaled.index[:count]])
        y = draw_heading(listing, y, labels.label(f"factsheet:map_{key}", lang)) + 3
        if scaled.empty:
            none = labels.label("factsheet:map_none" if key == "list" else "map:no_data", lang)
            listing.text(0, y, none, va="top")
            y -= 16
            continue
        rows = list_rows(scaled, count, lang)
        if key == "needs":  # its square has its name
            rows = [(n if n == "+" else "", name, value) for n, name, value in rows]
        y = draw_list(listing, y, rows) - 9
    return y + 9, listed[0], listed[1]
