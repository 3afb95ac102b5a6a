"""The map of the pilots: the exchanges to begin with, numbered by rank, coloured by how sure."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import labels
from ..disclosure import check_cleared, check_tables
from ..model import CANDIDATE, NEW, ROLES, SITES
from ..register.gate import Register
from ..shortlist import HALF, SURELY, doubtful
from .captions import mark_axes
from .flows import (
    GIVER,
    KEY_LOOK,
    KEY_PLATE,
    PLAIN,
    Scale,
    draw_arrows,
    draw_end_rows,
    draw_ends,
    drawn_names,
    name_words,
    place_ends,
    places_of,
    wrapped,
)  # fmt: skip
from .frame import Extent
from .insets import find_dense, mark_panel, name_panel, open_panel, short_links
from .legends import (
    LIST_ROW,
    Box,
    draw_list,
    draw_swatches,
    draw_width_legend,
    furnish,
    settle_legend,
)
from .page import INK, NORMAL, Page, draw_base, draw_localities, start_axes, style, to_points
from .placenames import TOWN_LOOK, Words, amount, draw_words, ground_words, short_site_names
from .symbols import CHIP
from .view import View, finish, open_page, rows_in

WIDEST = 8.0  # points, of the arrow of what is worth most
WIDE, HIGH = 154.0, 104.0  # points, of an inset
ASIDE, LOWEST = 6.0, 10.0  # points, from the edge of the map and from the legend
NEAR_M = 6500.0  # ends so far apart have one inset
MOST_PANELS = 2
NAME_ROOM = 90.0  # points, a line of a name
DOT, APART = 24.0, 8.0  # points: of an exchange that is short (squared), and to its number
BROAD = 400.0  # points; in a narrower list a pilot has two rows
SURE, LIKELY, UNLIKELY, UNKNOWN = KEYS = tuple(
    f"pays:{key}" for key in ("surely", "likely", "rarely", "unknown")
)
COLUMNS = ("delivered", "npv", "range", "pays")  # of the list
FEW = 2  # that do not pay are named under the title


def plot_pilots(
    pilots: pd.DataFrame,
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
    extent: Extent = None,
    title: str | None = None,
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw pilots where they lie, numbered by rank, and the list of them beside; return the map axes.

    A colour says how often a pilot pays. One too short for an arrow is a dot; what the list has no
    room for is left out, and the list says so.

    Parameters
    ----------
    pilots
        `Study.shortlist(...)`.
    register
        The register of the study.
    municipalities
        Polygons indexed by municipality_code.
    extent, title, ax, size, lang
        As in `plot_match`.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> study = sg.run(lang="en")
    >>> ax = plot_pilots(study.shortlist(), study.register, study.municipalities, lang="en")
    >>> ax.get_title(loc="left") != ""
    True
    """
    readers = check_cleared(register)
    check_tables(pilots)
    with style():
        view = View(municipalities, extent, {})
        ax = start_axes(size) if ax is None else ax
        page = open_page(ax, view, deep=(len(pilots) + 2) * LIST_ROW)
        shapes = draw_base(page, municipalities)
        draw_localities(page)
        hard = furnish(page, shapes, lang)
        sites = register.sites
        scale = Scale(max([0.0, *pilots["npv_msek"].astype(float)]), WIDEST)
        y = _draw_legend(page, pilots, scale, lang)
        hard.append(settle_legend(page, y))
        top = y - 8 if page.aside else -1.0
        shown = pilots.head(_room(page, top, len(pilots)))
        links = pd.DataFrame(
            {
                "source": shown["site_id_source"],
                "sink": shown["site_id_sink"],
                "mode": pilot_sureness(shown),
                "status": NEW,
                "imagined": shown["status"].eq(CANDIDATE),
                # its width is what it is worth
                "delivered": shown["npv_msek"].astype(float).clip(lower=0.0),
                "rank": pilot_numbers(shown, lang),
            }
        )
        every = pilots[SITES].set_axis([*ROLES], axis=1)
        names = drawn_names(every, sites, lang)
        panels = _panels(page, links, sites, hard[-1])
        words, soft, hidden = _draw_pilots(page, links, sites, names, scale, panels)
        words += ground_words(page, shapes, municipalities, {*names})
        draw_words(page, words, hard=hard + hidden, soft=soft)
        for panel in panels:
            _draw_panel(panel, municipalities, sites, names, scale, lang)
        more = len(pilots) - len(shown)
        rows = _rows(shown, links["rank"], names, more, lang, broad=_is_broad(page))
        draw_list(page.listing, top, rows)
        flows = register.flows
        ids = [*links["source"], *links["sink"]]
        used = flows["resource"].isin(pilots["resource"]) & flows["site_id"].isin(ids)
        found, told = pilots_finding(pilots, short_site_names(sites.loc[names.index], lang), lang)
        told += labels.label("map:pilots_near", lang) * bool(links["imagined"].any())
        finish(page, title or found, told, flows[used] if used.any() else None, lang)
    return mark_axes(page.ax, readers, lang)


def pilots_finding(pilots: pd.DataFrame, names: pd.Series, lang: str) -> tuple[str, str]:
    """Return title and subtitle of the map of pilots: how many pay, and which do not."""
    told = labels.label("map:pilots_told", lang)
    share = pilots["pays_share"].astype(float)
    if pilots.empty or share.isna().any():
        return labels.label("map:pilots", lang, count=len(pilots)), told
    pays, first = ~doubtful(pilots), pilots.loc[pilots["npv_msek"].astype(float).idxmax()]
    rest = pilots[~pays]
    if 0 < len(rest) <= FEW:
        ends = [_joined(names, pilot) for pilot in rest.itertuples()]
        told += labels.label("map:pilots_but", lang, names=labels.joined(ends, lang))
    words = {"surely": int((share >= SURELY).sum()), "count": len(pilots)}
    words |= {"source": names[first["site_id_source"]], "sink": names[first["site_id_sink"]]}
    value = labels.quantity(float(first["npv_msek"]), "MSEK", lang, digits=0)
    return labels.label("map:pilots_found", lang, **words, value=value), told


def pilot_sureness(pilots: pd.DataFrame) -> pd.Series:
    """Return how sure it is that each pilot pays, as the key of a colour."""
    share = pilots["pays_share"].astype(float)
    levels = {SURE: share >= SURELY, LIKELY: share >= HALF, UNLIKELY: doubtful(pilots)}
    keys = np.select([*levels.values()], [*levels], UNKNOWN)
    return pd.Series(keys, pilots.index, dtype=object)


def pilot_numbers(pilots: pd.DataFrame, lang: str) -> pd.Series:
    """Return rank and the letter of its resource of each pilot, as people find it in the list."""
    names = pilots["resource"].map(lambda key: labels.label_or(f"resource:{key}", str(key), lang))
    return pilots["rank"].astype(str) + names.str[:1].str.upper()


def pilot_letters(pilots: pd.DataFrame, lang: str) -> str:
    """Say which letter stands for which resource."""
    keys = dict.fromkeys(pilots["resource"])
    names = [labels.label_or(f"resource:{key}", str(key), lang) for key in keys]
    return ", ".join(f"{n[:1].upper()} {labels.within_sentence(n)}" for n in names)


def _draw_legend(page: Page, pilots: pd.DataFrame, scale: Scale, lang: str) -> float:
    """Draw the legend of colours and kinds of places; return the y below it."""
    keys = sorted(set(pilot_sureness(pilots)), key=KEYS.index)
    looks = [{"facecolor": page.colour(key), "edgecolor": INK} for key in keys]
    entries = [(labels.label(key, lang), look) for key, look in zip(keys, looks, strict=True)]
    y = draw_swatches(page.legend, -1.0, labels.label("map:pays", lang), entries)
    title = labels.label("map:pilots_width", lang)
    y = draw_width_legend(page.legend, y, title, scale.entries(lang))
    y = draw_end_rows(page.legend, y, {GIVER, PLAIN}, lang)
    look = {"facecolors": page.colour(SURE), "edgecolors": INK, "linewidths": 0.6}
    page.legend.scatter([8], [y - 5], DOT, **look)
    words = labels.label("map:pilots_dot", lang)
    page.legend.text(21, y - 5, words, va="center_baseline", fontsize=NORMAL)
    page.legend.text(2, y - 18, pilot_letters(pilots, lang), va="center_baseline", fontsize=NORMAL)
    return y - 29


class Panel(NamedTuple):
    """An inset of a dense place: its page, its name, the pilots in it, and its box on the map."""

    page: Page
    name: str
    links: pd.DataFrame
    box: Box


def _panels(page: Page, links: pd.DataFrame, sites: gpd.GeoDataFrame, legend: Box) -> list[Panel]:
    """Return insets of the places where most pilots are too short, above the legend in the sea."""
    height = page.overlay.get_ylim()[1]
    places = places_of(links, sites)
    near = short_links(links, places, page, within=True)
    if page.aside or not near.any():
        return []
    ends = {*links["source"][near], *links["sink"][near]}
    found = [
        (dense, links[near & links[["source", "sink"]].isin(dense.ends).all(axis=1)])
        for dense in find_dense(places[places.index.isin(ends)], page, near_m=NEAR_M)
    ]
    several = sorted((one for one in found if len(one[1]) > 1), key=lambda one: -len(one[1]))
    rows = max(int((height - legend[3] - LOWEST) / (HIGH + ASIDE)), 0)
    chosen = several[: min(rows, MOST_PANELS)]
    panels, under = [], _under(page)
    for n, (dense, used) in enumerate(sorted(chosen, key=lambda one: -one[0].middle[1])):
        top = height - ASIDE - n * (HIGH + ASIDE)
        box = (ASIDE, top - HIGH, ASIDE + WIDE, top)
        place = (box[0], box[1] + under, box[2], box[3] + under)
        panels.append(Panel(open_panel(page, place, dense), dense.name, used, box))
    return panels


def _under(page: Page) -> float:
    """Return how far the foot of the map lies above the top of the list, points."""
    figure = page.ax.get_figure(root=True)
    inches = figure.get_figheight()  # type: ignore[union-attr]
    foot, top = page.overlay.get_position().y0, page.listing.get_position().y1
    return float(foot - top) * inches * 72


def _draw_panel(
    panel: Panel,
    municipalities: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    names: pd.Series,
    scale: Scale,
    lang: str,
) -> None:
    """Draw the pilots of an inset with their numbers and the names of their ends."""
    draw_base(panel.page, municipalities)
    draw_localities(panel.page)
    hard = name_panel(panel.page, panel.name, lang)
    ends = place_ends(panel.page, panel.links, sites)
    words, soft, heads = draw_arrows(
        panel.page, panel.links, ends, scale, panel.links["rank"], numbered=True
    )
    keys = dict(zip(panel.links["rank"], panel.links["mode"], strict=True))
    words = [word._replace(look=_key_look(panel.page, keys[word.text])) for word in words]
    room = 0.5 * panel.page.overlay.get_xlim()[1]
    words += name_words(ends, names, panel.links, room)
    draw_words(panel.page, words, hard=hard + heads + draw_ends(panel.page, ends), soft=soft)


def _draw_pilots(
    page: Page,
    links: pd.DataFrame,
    sites: gpd.GeoDataFrame,
    names: pd.Series,
    scale: Scale,
    panels: list[Panel],
) -> tuple[list[Words], list[Box], list[Box]]:
    """Draw arrows, and dots for those too short; return their words, and boxes to keep clear."""
    told = [mark_panel(page, panel.page, panel.name) for panel in panels]
    inside = links.index.isin([n for panel in panels for n in panel.links.index])
    links = links[~inside]
    places = places_of(links, sites)
    near = short_links(links, places, page, within=True)
    far = links[~near]
    # the head of a shorter one lies on a longer
    lengths = [places[link.source].distance(places[link.sink]) for link in far.itertuples()]
    far = far.iloc[np.argsort(lengths)[::-1]]
    ends = place_ends(page, far, sites)
    words, soft, heads = draw_arrows(page, far, ends, scale, far["rank"], numbered=True)
    hidden = heads + draw_ends(page, ends) + [panel.box for panel in panels]
    hidden += [box for _, box in told]
    spots, dots = [], []
    for link in links[near].itertuples():
        both = [to_points(page, (places[end].x, places[end].y)) for end in (link.source, link.sink)]
        x, y = np.mean(both, axis=0)
        look = {"facecolors": page.colour(link.mode), "edgecolors": INK, "linewidths": 0.6}
        page.overlay.scatter([x], [y], DOT, **look, zorder=4, gid=f"pilot-{link.rank}")
        hidden.append((x - 2, y - 2, x + 2, y + 2))
        spots.append(Words(link.rank, float(x), float(y), APART, KEY_LOOK, led=True))
        name = wrapped(str(names[link.sink]), NAME_ROOM)
        dots.append(Words(name, float(x), float(y), 5.0, {**TOWN_LOOK, "bbox": CHIP}))
    keys = dict(zip(links["rank"], links["mode"], strict=True))
    words = [word._replace(look=_key_look(page, keys[word.text])) for word in spots + words]
    marks = [mark for mark, _ in told]
    return marks + words + name_words(ends, names, far, NAME_ROOM) + dots, soft, hidden


def _key_look(page: Page, key: str) -> dict[str, Any]:
    """Return the look of a number whose plate has the colour of a class."""
    plate = {**KEY_PLATE, "facecolor": page.colour(key), "edgecolor": INK}
    return {**KEY_LOOK, "color": "white" if key == SURE else INK, "bbox": plate}


def _joined(names: pd.Series, pilot: Any) -> str:
    """Return from whom to whom."""
    return f"{names[pilot.site_id_source]} \u2192 {names[pilot.site_id_sink]}"


def _is_broad(page: Page) -> bool:
    return bool(page.listing.get_xlim()[1] >= BROAD)


def _room(page: Page, top: float, count: int) -> int:
    """Return how many pilots have room in the list, with a row for the rest if there is one."""
    rows = rows_in(page, top=top, columns=1)
    whole = rows - 1 if _is_broad(page) else rows // 2
    return count if count <= whole else max((rows - 1) // (1 if _is_broad(page) else 2), 1)


def _rows(
    pilots: pd.DataFrame,
    numbers: pd.Series,
    names: pd.Series,
    more: int,
    lang: str,
    *,
    broad: bool,
) -> list[tuple[str, str, str]]:
    """Return rank, ends with the resource, and what is delivered and worth, of each pilot."""
    heads = [labels.label(f"map:pilots_{key}", lang) for key in COLUMNS]
    rows = [("", "", "\t".join(heads))] if broad else []
    for row, rank in zip(pilots.itertuples(), numbers, strict=True):
        resource = labels.within_sentence(
            labels.label_or(f"resource:{row.resource}", str(row.resource), lang)
        )
        ends = _joined(names, row)
        known = pd.notna(row.npv_msek_low) and pd.notna(row.pays_share)
        told = [amount(row.delivered, row.unit, lang), labels.number(row.npv_msek, lang, digits=0)]
        told += [
            labels.rough(row.npv_msek_low, row.npv_msek_high, lang),
            labels.chance(row.pays_share, lang),
        ] if known else ["", ""]  # fmt: skip
        if broad:
            rows.append((rank, f"{ends}, {resource}", "\t".join(told)))
            continue
        words = dict(zip(COLUMNS, told, strict=True)) | {"resource": resource}
        key = "map:pilots_row" if known else "map:pilots_row_alone"
        rows += [(rank, ends, ""), ("", labels.label(key, lang, **words), "")]
    return [*rows, ("+", labels.label("map:pilots_more", lang, count=more), "")] if more else rows
