"""Maps for reports: sources and demand, exchanges, and values by municipality."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from matplotlib.axes import Axes

from .. import labels
from ..disclosure import check_cleared, check_tables
from ..errors import OutputError
from ..model import Match
from ..register.gate import Register
from .captions import mark_axes
from .legends import (
    LIST_ROW,
    Box,
    class_breaks,
    draw_inset,
    draw_list,
    draw_north_arrow,
    draw_scale_bar,
    settle_legend,
)
from .page import LARGE, Page, draw_base, draw_source, is_broad, start_axes, start_page, style
from .page import save_figure as save_figure
from .placenames import (
    Words,
    amount,
    draw_words,
    end_words,
    municipality_words,
    neighbour_words,
    short_site_names,
    town_words,
)
from .symbols import (
    chip_words,
    class_fill,
    draw_class_legend,
    draw_flow_legend,
    draw_flows,
    draw_source_legend,
    draw_symbols,
    drawn_links,
    find_rows,
    link_rows,
    list_rows,
    number_words,
    site_symbols,
    site_words,
)

NAMED, LARGEST_NAMED = 15, 7  # more symbols get numbers and a list; names on the overview
LISTED = {True: 17, False: 30}  # rows of the list on a broad and on a high page


def plot_overview(
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
    resource: str = "heat",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw sources as circles by class over the demand of each municipality; return the map axes.

    Parameters
    ----------
    register
        Sites and flows.
    municipalities
        Polygons indexed by municipality_code.
    resource
        The resource to show, for example "heat".
    ax
        Axes whose rectangle is used; None makes a figure.
    size
        "a4" or "wide", when a figure is made.
    lang
        "sv" or "en".
    """
    readers = check_cleared(register)
    with style():
        rows = find_rows(register, resource, "source")
        demand = find_rows(register, resource, "sink")
        codes = demand["site_id"].map(register.sites["municipality_code"])
        totals = demand.groupby(codes)["value"].sum().reindex(municipalities.index)
        ax = start_axes(size) if ax is None else ax
        # a high page has room for the largest names on the map, a broad one for a list beside it
        page, listed = _open(ax, municipalities, rows["site_id"].nunique() if is_broad(ax) else 0)
        breaks = class_breaks(totals)
        fill, hatch = class_fill(totals, breaks)
        shapes = draw_base(page, municipalities, fill=fill, hatch=hatch)
        hard = _furnish(page, shapes, lang)
        symbols = site_symbols(rows, register, page, lang)
        y = draw_source_legend(page, -1.0, symbols, rows, lang)
        unit = labels.unit_label(str(rows["unit"].iloc[0]), lang)
        title = labels.label("map:demand_legend", lang, unit=unit)
        y = draw_class_legend(page, y, title, totals, breaks, lang)
        words = _label_sites(page, y, symbols, listed, lang)[: listed or LARGEST_NAMED]
        hard.append(settle_legend(page, y))
        soft = draw_symbols(page, symbols)
        words += municipality_words(page, shapes, municipalities, totals, lang)
        words += [] if listed else town_words(page, register)
        words += neighbour_words(page, municipalities)
        draw_words(page, words, hard=hard, soft=soft)
        used = pd.concat([rows, demand])
        _finish(page, labels.label("map:overview_title", lang), used, lang, sums=True)
    return mark_axes(page.ax, readers, lang)


def plot_register(
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
    resource: str = "heat",
    role: str = "source",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw every source or sink of one resource as an area-true circle; return the map axes.

    Heat sources are divided by temperature class, CO2 by the origin of its carbon. Beyond fifteen
    sites the circles carry numbers that a list explains. Only rows that count in sums are drawn.

    Parameters
    ----------
    register
        Sites and flows.
    municipalities
        Polygons indexed by municipality_code.
    resource, role
        What to show: "heat", "co2", ... and "source" or "sink".
    ax
        Axes whose rectangle is used; None makes a figure.
    size
        "a4" or "wide", when a figure is made.
    lang
        "sv" or "en".
    """
    readers = check_cleared(register)
    with style():
        rows = find_rows(register, resource, role)
        ax = start_axes(size) if ax is None else ax
        page, listed = _open(ax, municipalities, rows["site_id"].nunique())
        shapes = draw_base(page, municipalities)
        hard = _furnish(page, shapes, lang)
        symbols = site_symbols(rows, register, page, lang)
        y = draw_source_legend(page, -1.0, symbols, rows, lang)
        words = _label_sites(page, y, symbols, listed, lang)
        hard.append(settle_legend(page, y))
        soft = draw_symbols(page, symbols)
        words += municipality_words(page, shapes, municipalities)
        words += neighbour_words(page, municipalities)
        draw_words(page, words, hard=hard, soft=soft)
        name = labels.label(f"resource:{resource}", lang)
        title = labels.label(f"map:register_title_{role}", lang, resource=name)
        _finish(page, title, rows, lang, sums=True)
    return mark_axes(page.ax, readers, lang)


def plot_match(
    match: Match,
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
    title: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw the flows of a match as arrows, width by what is delivered; return the map axes.

    Parameters
    ----------
    match
        A solved allocation with its resource.
    register
        The register that it was made from.
    municipalities
        Polygons indexed by municipality_code.
    title
        Words above the map; empty is the usual title.
    ax
        Axes whose rectangle is used; None makes a figure.
    size
        "a4" or "wide", when a figure is made.
    lang
        "sv" or "en".

    Raises
    ------
    OutputError
        If the match does not say of which resource it is.
    """
    if match.resource is None:
        msg = "The match names no resource, so its unit is unknown. Use the result of match()."
        raise OutputError(msg)
    readers = check_cleared(register, match)
    with style():
        links = drawn_links(match, register)
        page, listed = _open(start_axes(size) if ax is None else ax, municipalities, len(links))
        shapes = draw_base(page, municipalities)
        hard = _furnish(page, shapes, lang)
        unit = match.resource.unit
        y = draw_flow_legend(page, links, unit, lang)
        names = short_site_names(register.sites, lang)
        paths, soft = draw_flows(page, links, register.sites)
        if listed:
            _draw_list(page, y, link_rows(links, names, listed, unit, lang))
            words = chip_words(paths[:listed]) + town_words(page, register)
        else:
            words = chip_words(paths, [amount(v, "", lang) for v in links["delivered"]])
            words += end_words(page, links, register.sites, names)
        hard.append(settle_legend(page, y))
        words += municipality_words(page, shapes, municipalities)
        words += neighbour_words(page, municipalities)
        draw_words(page, words, hard=hard, soft=soft)
        name = labels.label(f"resource:{match.resource.key}", lang)
        flows = register.flows
        used = flows["resource"].eq(match.resource.key)
        used &= flows["site_id"].isin([*links["source"], *links["sink"]])
        title = title or labels.label("map:match_title", lang, resource=name)
        _finish(page, title, flows[used], lang)
    return mark_axes(page.ax, readers, lang)


def plot_cover(
    table: pd.DataFrame,
    municipalities: gpd.GeoDataFrame,
    *,
    column: str,
    unit: str,
    note: str = "",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw one value per municipality in round classes, missing ones hatched; return the map axes.

    Parameters
    ----------
    table
        Values indexed by municipality_code.
    municipalities
        Polygons indexed by municipality_code.
    column
        The column to show; its words come from the label `column:<name>`.
    unit
        Unit of the column, for example "GWh/yr".
    note
        Source and year of the values, written under the map.
    ax
        Axes whose rectangle is used; None makes a figure.
    size
        "a4" or "wide", when a figure is made.
    lang
        "sv" or "en".
    """
    readers = check_tables(table)
    with style():
        values = table[column].astype(float).reindex(municipalities.index)
        page, _ = _open(start_axes(size) if ax is None else ax, municipalities, 0)
        breaks = class_breaks(values)
        fill, hatch = class_fill(values, breaks)
        shapes = draw_base(page, municipalities, fill=fill, hatch=hatch)
        hard = _furnish(page, shapes, lang)
        name = labels.language(lang).column(column)
        words = f"{name}, {labels.unit_label(unit, lang)}"
        y = draw_class_legend(page, -1.0, words, values, breaks, lang)
        hard.append(settle_legend(page, y))
        wanted = municipality_words(page, shapes, municipalities, values, lang)
        wanted += neighbour_words(page, municipalities)
        draw_words(page, wanted, hard=hard)
        _finish(page, name, None, lang, note=note)
    return mark_axes(page.ax, readers, lang)


def _open(ax: Axes, municipalities: gpd.GeoDataFrame, count: int) -> tuple[Page, int]:
    """Return the page, and how many of `count` things its list names: 0 means there is no list."""
    listed = LISTED[is_broad(ax)] if count > NAMED else 0
    rows = min(count, listed + 1) if listed else 0
    return start_page(ax, municipalities, list_points=LIST_ROW * -(-rows // 2)), listed


def _label_sites(
    page: Page, y: float, symbols: pd.DataFrame, listed: int, lang: str
) -> list[Words]:
    """Return the words at the circles, largest first: numbers, which a list explains, or names."""
    scaled = symbols[~symbols["apart"]]
    if listed and page.listing is page.legend:
        room = int((y - 4 - page.legend.get_ylim()[0]) / LIST_ROW)
        listed = max(min(listed, room - 1), 1)
    if not listed:
        return [site_words(row, lang) for _, row in scaled.iterrows()]
    _draw_list(page, y, list_rows(scaled, listed, lang))
    return number_words(scaled.head(listed))


def _draw_list(page: Page, y: float, rows: list[tuple[str, str, str]]) -> None:
    """Draw the list under the legend of a broad page, or in two columns under a high map."""
    if page.listing is page.legend:
        draw_list(page.listing, y - 4, rows)
    else:
        draw_list(page.listing, -1.0, rows, columns=2)


def _furnish(page: Page, shapes: gpd.GeoSeries, lang: str) -> list[Box]:
    """Draw scale bar, north arrow and inset; return the boxes they take."""
    return [draw_scale_bar(page, lang), draw_north_arrow(page, lang), draw_inset(page, shapes)]


def _finish(
    page: Page,
    title: str,
    rows: pd.DataFrame | None,
    lang: str,
    *,
    note: str = "",
    sums: bool = False,
) -> None:
    """Write the title above the map and the source lines under it."""
    page.ax.set_title(title, loc="left", fontsize=LARGE, fontweight="bold", pad=7)
    lines = [note] if note else []
    if rows is not None:
        years = sorted(rows["year"].dropna().astype(int))
        span = labels.label("map:unknown", lang)
        if years:
            span = "\u2013".join(dict.fromkeys([str(years[0]), str(years[-1])]))
        grades = ", ".join(sorted(rows["confidence"].dropna().unique()))
        lines.append(labels.label("map:data_line", lang, years=span, confidence=grades))
        if sums:
            lines[-1] += " " + labels.label("map:additive", lang)
        if not rows["visibility"].eq("public").all():
            lines[-1] += " " + labels.label("map:internal", lang)
    draw_source(page.ax, page.area, [*lines, labels.label("map:base_line", lang)])
