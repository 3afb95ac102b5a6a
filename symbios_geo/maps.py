"""Maps for reports: sources and demand, exchanges, and values by municipality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon, Wedge

from . import labels
from .cartography import INK, LARGE, SMALL, Page, Words, draw_base, draw_source, draw_words
from .cartography import is_broad, start_axes, start_page, style, to_points
from .cartography import save_figure as save_figure
from .errors import OutputError
from .legends import Box, class_breaks, class_labels, draw_circle_legend, draw_inset, draw_list
from .legends import draw_north_arrow, draw_scale_bar, draw_swatches, draw_width_legend
from .legends import LIST_ROW, round_sizes, settle_legend
from .model import METRIC_CRS, Match, Register
from .placement import arrow_outline, boxes_along, flow_path

NAMED = 15  # more symbols than this get numbers and a list
LISTED = {True: 17, False: 30}  # rows of the list on a broad and on a high page
LARGEST_RADIUS, LARGEST_WIDTH = 24.0, 11.0  # points
HEAT_CLASSES = (("class_60", 60.0), ("class_35", 35.0), ("class_low", -np.inf))
APART = "class_nuclear"
HATCHES = {
    "carbon:fossil": "//////",
    "mode:preheat": "//////",
    "mode:heat_pump": "......",
    "mode:truck": "xxxxxx",
    APART: "////",
}
NAME_LOOK = {"fontsize": 8.0, "fontweight": "bold", "color": "#4a3a2a", "alpha": 0.85}
TOWN_LOOK = {"fontsize": SMALL, "style": "italic", "color": INK}
SITE_LOOK = {"fontsize": SMALL}
CHIP = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}


def plot_overview(
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
    resource: str = "heat",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
    internal: bool = False,
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
    internal
        Show confidential rows too; the map then says so.
    """
    with style():
        rows = _rows(register, resource, "source", internal=internal)
        demand = _rows(register, resource, "sink", internal=internal)
        codes = demand["site_id"].map(register.sites["municipality_code"])
        totals = demand.groupby(codes)["value"].sum().reindex(municipalities.index)
        page = start_page(start_axes(size) if ax is None else ax, municipalities)
        breaks = class_breaks(totals)
        fill, hatch = _class_fill(totals, breaks)
        shapes = draw_base(page, municipalities, fill=fill, hatch=hatch)
        unit = labels.unit_label(str(rows["unit"].iloc[0]), lang)
        hard = _furnish(page, shapes, lang)
        symbols = _symbols(rows, register, page, lang)
        scaled = symbols[~symbols["apart"]]
        y = _source_legend(page, -1.0, symbols, rows, lang)
        title = labels.label("map:demand_legend", lang, unit=unit)
        y = _class_legend(page, y, title, totals, breaks, lang)
        hard.append(settle_legend(page, y))
        soft = _draw_symbols(page, symbols)
        named = scaled.head(NAMED // 2)
        words = [_site_words(row, lang) for _, row in named.iterrows()]
        words += _municipality_words(page, shapes, municipalities, totals, lang)
        words += _town_words(page, register)
        draw_words(page, words, hard=hard, soft=soft)
        _finish(page, labels.label("map:overview_title", lang), pd.concat([rows, demand]), lang)
    return page.ax


def plot_register(
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
    resource: str = "heat",
    role: str = "source",
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
    internal: bool = False,
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
    internal
        Show confidential rows too; the map then says so.
    """
    with style():
        rows = _rows(register, resource, role, internal=internal)
        ax = start_axes(size) if ax is None else ax
        broad = is_broad(ax)
        count = rows["site_id"].nunique()
        listed = min(count, LISTED[broad]) + 1 if count > NAMED else 0
        page = start_page(ax, municipalities, list_points=LIST_ROW * -(-listed // 2))
        shapes = draw_base(page, municipalities)
        hard = _furnish(page, shapes, lang)
        symbols = _symbols(rows, register, page, lang)
        y = _source_legend(page, -1.0, symbols, rows, lang)
        scaled = symbols[~symbols["apart"]]
        unit = str(rows["unit"].iloc[0])
        if len(scaled) > NAMED:
            rest = LISTED[broad]
            entries = _list_rows(scaled, rest, unit, lang)
            start = y if page.listing is page.legend else -1.0
            draw_list(page.listing, start, entries, columns=1 if broad else 2)
            words = _number_words(scaled.head(rest))
        else:
            words = [_site_words(row, lang) for _, row in scaled.iterrows()]
        hard.append(settle_legend(page, y))
        soft = _draw_symbols(page, symbols)
        words += _municipality_words(page, shapes, municipalities, None, lang)
        draw_words(page, words, hard=hard, soft=soft)
        title = labels.label(
            f"map:register_title_{role}", lang, resource=labels.label(f"resource:{resource}", lang)
        )
        _finish(page, title, rows, lang)
    return page.ax


def plot_match(
    match: Match,
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
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
    with style():
        links = match.links[match.links["delivered"] > 0]
        links = links.sort_values("delivered", ascending=False, kind="stable")
        ax = start_axes(size) if ax is None else ax
        broad = is_broad(ax)
        listed = min(len(links), LISTED[broad]) + 1 if len(links) > NAMED else 0
        page = start_page(ax, municipalities, list_points=LIST_ROW * -(-listed // 2))
        shapes = draw_base(page, municipalities)
        hard = _furnish(page, shapes, lang)
        unit = match.resource.unit
        y = _flow_legend(page, links, unit, lang)
        names = _names(register.sites, lang)
        paths, soft = _draw_flows(page, links, register.sites)
        if listed:
            entries = _link_rows(links, names, LISTED[broad], unit, lang)
            start = y if page.listing is page.legend else -1.0
            draw_list(page.listing, start, entries, columns=1 if broad else 2)
            words = _chip_words(paths[: LISTED[broad]])
        else:
            amounts = [labels.number(v, lang) for v in links["delivered"]]
            words = _chip_words(paths, amounts)
        hard.append(settle_legend(page, y))
        words += _end_words(page, links, register.sites, names, only_sinks=bool(listed))
        words += _municipality_words(page, shapes, municipalities, None, lang)
        draw_words(page, words, hard=hard, soft=soft)
        resource = labels.label(f"resource:{match.resource.key}", lang)
        title = labels.label("map:match_title", lang, resource=resource)
        used = register.flows["resource"].eq(match.resource.key)
        used &= register.flows["site_id"].isin([*links["source"], *links["sink"]])
        _finish(page, title, register.flows[used], lang)
    return page.ax


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
    with style():
        values = table[column].astype(float).reindex(municipalities.index)
        page = start_page(start_axes(size) if ax is None else ax, municipalities)
        breaks = class_breaks(values)
        fill, hatch = _class_fill(values, breaks)
        shapes = draw_base(page, municipalities, fill=fill, hatch=hatch)
        hard = _furnish(page, shapes, lang)
        name = labels.label(f"column:{column}", lang)
        words = f"{name}, {labels.unit_label(unit, lang)}"
        y = _class_legend(page, -1.0, words, values, breaks, lang)
        hard.append(settle_legend(page, y))
        wanted = _municipality_words(page, shapes, municipalities, values, lang)
        draw_words(page, wanted, hard=hard)
        _finish(page, name, None, lang, note=note)
    return page.ax


def heat_class(flows: pd.DataFrame) -> pd.Series:
    """Return the temperature class of heat sources; nuclear cooling water stands apart."""
    low = flows["temperature_low_c"].astype(float)
    found = pd.Series(HEAT_CLASSES[-1][0], index=flows.index)
    for name, limit in reversed(HEAT_CLASSES):
        found[low >= limit] = name
    return found.mask(flows["category"].eq("nuclear"), APART)


def short_name(name: str) -> str:
    """Return a name without what stands in brackets."""
    return name.split(" (")[0].strip()


def _rows(register: Register, resource: str, role: str, *, internal: bool) -> pd.DataFrame:
    """Return the rows to draw: countable, of places that may be shown."""
    flows = register.flows
    shown = flows["resource"].eq(resource) & flows["role"].eq(role)
    shown &= flows["additive"].eq("yes") & flows["value"].gt(0)
    if not internal:
        shown &= flows["visibility"].eq("public")
    rows = flows[shown]
    if rows.empty:
        msg = f"The register has no {role} of {resource!r} to draw. Check resource and role."
        raise OutputError(msg)
    if resource == "heat" and role == "source":
        kind = heat_class(rows)
    elif resource == "co2" and role == "source":
        kind = "carbon:" + rows["carbon"].astype(str)
    else:
        kind = pd.Series(f"role:{role}", index=rows.index)
    return rows.assign(_class=kind)
