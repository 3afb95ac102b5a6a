"""The map of the pilots: the exchanges to begin with, numbered by rank, coloured by how sure."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import labels
from ..disclosure import check_cleared, check_tables
from ..effects.shortlist import HALF, SURELY, doubtful
from ..model import CANDIDATE, NEW, ROLES
from ..register.gate import Register
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
    end_names,
    name_words,
    place_ends,
    places_of,
)  # fmt: skip
from .frame import Extent
from .insets import short_links
from .legends import LIST_ROW, Box, draw_list, draw_swatches, furnish, settle_legend
from .page import INK, NORMAL, Page, draw_base, draw_localities, start_axes, style, to_points
from .placenames import Words, amount, draw_words, ground_words, short_site_names
from .view import View, finish, open_page, rows_in

EVEN = 0.4  # of the widest arrow: colour says how sure, the list how much
DOT, APART = 24.0, 8.0  # points: of an exchange that is short (squared), and to its number
BROAD = 400.0  # points; in a narrower list a pilot has two rows
SURE, LIKELY, UNLIKELY, UNKNOWN = KEYS = tuple(
    f"pays:{key}" for key in ("surely", "likely", "rarely", "unknown")
)
SITES = ["site_id_source", "site_id_sink"]
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
        y = _draw_legend(page, pilots, lang)
        hard.append(settle_legend(page, y))
        top = y - 8 if page.aside else -1.0
        shown = pilots.head(_room(page, top, len(pilots)))
        links = pd.DataFrame(
            {
                "source": shown["site_id_source"],
                "sink": shown["site_id_sink"],
                "mode": _sureness(shown),
                "status": NEW,
                "imagined": shown["status"].eq(CANDIDATE),
                "delivered": EVEN,
                "rank": shown["rank"].astype(str),
            }
        )
        every = pilots[SITES].set_axis([*ROLES], axis=1)
        names = end_names(every, sites, lang)
        words, soft, hidden = _draw_pilots(page, links, sites, names)
        words += ground_words(page, shapes, municipalities, {*names})
        draw_words(page, words, hard=hard + hidden, soft=soft)
        rows = _rows(shown, names, len(pilots) - len(shown), lang, broad=_is_broad(page))
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
    words = {"pays": int(pays.sum()), "count": len(pilots)}
    words |= {"source": names[first["site_id_source"]], "sink": names[first["site_id_sink"]]}
    value = labels.quantity(float(first["npv_msek"]), "MSEK", lang, digits=0)
    return labels.label("map:pilots_found", lang, **words, value=value), told


def _sureness(pilots: pd.DataFrame) -> pd.Series:
    """Return how sure it is that each pilot pays, as the key of a colour."""
    share = pilots["pays_share"].astype(float)
    levels = {SURE: share >= SURELY, LIKELY: share >= HALF, UNLIKELY: doubtful(pilots)}
    keys = np.select([*levels.values()], [*levels], UNKNOWN)
    return pd.Series(keys, pilots.index, dtype=object)


def _draw_legend(page: Page, pilots: pd.DataFrame, lang: str) -> float:
    """Draw the legend of colours and kinds of places; return the y below it."""
    keys = sorted(set(_sureness(pilots)), key=KEYS.index)
    looks = [{"facecolor": page.colour(key), "edgecolor": INK} for key in keys]
    entries = [(labels.label(key, lang), look) for key, look in zip(keys, looks, strict=True)]
    y = draw_swatches(page.legend, -1.0, labels.label("map:pays", lang), entries)
    y = draw_end_rows(page.legend, y, {GIVER, PLAIN}, lang)
    look = {"facecolors": page.colour(SURE), "edgecolors": INK, "linewidths": 0.6}
    page.legend.scatter([8], [y - 5], DOT, **look)
    words = labels.label("map:pilots_dot", lang)
    page.legend.text(21, y - 5, words, va="center_baseline", fontsize=NORMAL)
    return y - 16


def _draw_pilots(
    page: Page, links: pd.DataFrame, sites: gpd.GeoDataFrame, names: pd.Series
) -> tuple[list[Words], list[Box], list[Box]]:
    """Draw arrows, and dots for those too short; return their words, and boxes to keep clear."""
    places = places_of(links, sites)
    near = short_links(links, places, page, within=True)
    far = links[~near]
    # the head of a shorter one lies on a longer
    lengths = [places[link.source].distance(places[link.sink]) for link in far.itertuples()]
    far = far.iloc[np.argsort(lengths)[::-1]]
    ends = place_ends(page, far, sites)
    words, soft, heads = draw_arrows(page, far, ends, Scale(1.0), far["rank"], numbered=True)
    hidden = heads + draw_ends(page, ends)
    spots = []
    for link in links[near].itertuples():
        both = [to_points(page, (places[end].x, places[end].y)) for end in (link.source, link.sink)]
        x, y = np.mean(both, axis=0)
        look = {"facecolors": page.colour(link.mode), "edgecolors": INK, "linewidths": 0.6}
        page.overlay.scatter([x], [y], DOT, **look, zorder=4, gid=f"pilot-{link.rank}")
        hidden.append((x - 2, y - 2, x + 2, y + 2))
        spots.append(Words(link.rank, float(x), float(y), APART, KEY_LOOK, led=True))
    keys = dict(zip(links["rank"], links["mode"], strict=True))
    words = [word._replace(look=_key_look(page, keys[word.text])) for word in spots + words]
    return words + name_words(ends, names, far, 90), soft, hidden


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
    pilots: pd.DataFrame, names: pd.Series, more: int, lang: str, *, broad: bool
) -> list[tuple[str, str, str]]:
    """Return rank, ends with the resource, and what is delivered and worth, of each pilot."""
    heads = [labels.label(f"map:pilots_{key}", lang) for key in COLUMNS]
    rows = [("", "", "\t".join(heads))] if broad else []
    for row in pilots.itertuples():
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
            rows.append((str(row.rank), f"{ends}, {resource}", "\t".join(told)))
            continue
        words = dict(zip(COLUMNS, told, strict=True)) | {"resource": resource}
        key = "map:pilots_row" if known else "map:pilots_row_alone"
        rows += [(str(row.rank), ends, ""), ("", labels.label(key, lang, **words), "")]
    return [*rows, ("+", labels.label("map:pilots_more", lang, count=more), "")] if more else rows
