"""Maps for reports: sources and demand, exchanges, and values by municipality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import shapely
from matplotlib.axes import Axes

from .. import labels
from ..disclosure import check_cleared, check_tables
from ..errors import OutputError
from ..model import METRIC_CRS, Match
from ..register.gate import Register
from .captions import mark_axes
from .frame import Bounds, Extent, check_colours, frame_of, keep_true
from .legends import LIST_ROW, class_breaks, draw_list, furnish, settle_legend
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
CLASSES = 5  # of a map of values
LISTED = {True: 17, False: 30}  # rows of the list on a broad and on a high page


def plot_overview(
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
    resource: str = "heat",
    extent: Extent = None,
    title: str | None = None,
    colours: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    size: str = "a4",
    figsize: tuple[float, float] | None = None,
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
    extent
        What to show: a municipality by name, (west, south, east, north) in degrees, a frame, a
        region, or the axes of another map; what lies outside is in no list. None: everything.
    title
        Words above the map; None is the usual title.
    colours
        Colours of one's own by key of labels.csv, as {"class_60": "#b30000"}.
    ax
        Axes whose rectangle is used; None makes a figure.
    size, figsize
        "a4" or "wide", or width and height in inches, when a figure is made.
    lang
        "sv" or "en".
    """
    readers = check_cleared(register)
    with style():
        rows = find_rows(register, resource, "source")
        demand = find_rows(register, resource, "sink")
        codes = demand["site_id"].map(register.sites["municipality_code"])
        totals = demand.groupby(codes)["value"].sum().reindex(municipalities.index)
        view = View(municipalities, extent, check_colours(colours))
        ax = start_axes(size, figsize) if ax is None else ax
        rows = view.rows(rows, register, ax)
        # a high page has room for the largest names on the map, a broad one for a list beside it
        page, listed = _open(ax, view, rows["site_id"].nunique() if is_broad(ax) else 0)
        breaks = class_breaks(totals)
        fill, hatch = class_fill(totals, breaks, view.colours)
        shapes = draw_base(page, municipalities, fill=fill, hatch=hatch)
        hard = furnish(page, shapes, lang)
        symbols = site_symbols(rows, register, page, lang)
        y = draw_source_legend(page, -1.0, symbols, rows, lang)
        unit = labels.unit_label(str(rows["unit"].iloc[0]), lang)
        legend = labels.label("map:demand_legend", lang, unit=unit)
        y = draw_class_legend(page, y, legend, totals, breaks, lang)
        words = _label_sites(page, y, symbols, listed, lang)[: listed or LARGEST_NAMED]
        hard.append(settle_legend(page, y))
        soft = draw_symbols(page, symbols)
        words += municipality_words(page, shapes, municipalities, totals, lang)
        words += [] if listed else town_words(page, register)
        words += neighbour_words(page, municipalities)
        draw_words(page, words, hard=hard, soft=soft)
        used = pd.concat([rows, demand])
        title = title or labels.label("map:overview_title", lang, **register.region.words(lang))
        _finish(page, title, used, lang, sums=True)
    return mark_axes(page.ax, readers, lang)


def plot_register(
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
    resource: str = "heat",
    role: str = "source",
    extent: Extent = None,
    title: str | None = None,
    colours: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    size: str = "a4",
    figsize: tuple[float, float] | None = None,
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
    extent
        What to show: a municipality by name, (west, south, east, north) in degrees, a frame, a
        region, or the axes of another map; what lies outside is in no list. None: everything.
    title
        Words above the map; None is the usual title.
    colours
        Colours of one's own by key of labels.csv, as {"class_60": "#b30000"}.
    ax
        Axes whose rectangle is used; None makes a figure.
    size, figsize
        "a4" or "wide", or width and height in inches, when a figure is made.
    lang
        "sv" or "en".
    """
    readers = check_cleared(register)
    with style():
        rows = find_rows(register, resource, role)
        view = View(municipalities, extent, check_colours(colours))
        ax = start_axes(size, figsize) if ax is None else ax
        rows = view.rows(rows, register, ax)
        page, listed = _open(ax, view, rows["site_id"].nunique())
        shapes = draw_base(page, municipalities)
        hard = furnish(page, shapes, lang)
        symbols = site_symbols(rows, register, page, lang)
        y = draw_source_legend(page, -1.0, symbols, rows, lang)
        words = _label_sites(page, y, symbols, listed, lang)
        hard.append(settle_legend(page, y))
        soft = draw_symbols(page, symbols)
        words += municipality_words(page, shapes, municipalities)
        words += neighbour_words(page, municipalities)
        draw_words(page, words, hard=hard, soft=soft)
        name = labels.label(f"resource:{resource}", lang)
        words_of = register.region.words(lang)
        title = title or labels.label(f"map:register_title_{role}", lang, resource=name, **words_of)
        _finish(page, title, rows, lang, sums=True)
    return mark_axes(page.ax, readers, lang)


def plot_match(
    match: Match,
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
    extent: Extent = None,
    title: str | None = None,
    colours: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    size: str = "a4",
    figsize: tuple[float, float] | None = None,
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
    extent
        What to show: a municipality by name, (west, south, east, north) in degrees, a frame, a
        region, or the axes of another map; what lies outside is in no list. None: everything.
    title
        Words above the map; None is the usual title.
    colours
        Colours of one's own by key of labels.csv, as {"class_60": "#b30000"}.
    ax
        Axes whose rectangle is used; None makes a figure.
    size, figsize
        "a4" or "wide", or width and height in inches, when a figure is made.
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
        view = View(municipalities, extent, check_colours(colours))
        ax = start_axes(size, figsize) if ax is None else ax
        links = view.links(links, register, ax)
        page, listed = _open(ax, view, len(links))
        shapes = draw_base(page, municipalities)
        hard = furnish(page, shapes, lang)
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
    breaks: Sequence[float] | None = None,
    extent: Extent = None,
    title: str | None = None,
    colours: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    size: str = "a4",
    figsize: tuple[float, float] | None = None,
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
    breaks
        Upper limits of the classes, at most five, the last one above all values. None: round ones.
    extent
        What to show: a municipality by name, (west, south, east, north) in degrees, a frame, a
        region, or the axes of another map; what lies outside is in no list. None: everything.
    title
        Words above the map; None is the usual title.
    colours
        Colours of one's own by key of labels.csv, as {"class_60": "#b30000"}.
    ax
        Axes whose rectangle is used; None makes a figure.
    size, figsize
        "a4" or "wide", or width and height in inches, when a figure is made.
    lang
        "sv" or "en".
    """
    readers = check_tables(table)
    with style():
        values = table[column].astype(float).reindex(municipalities.index)
        view = View(municipalities, extent, check_colours(colours))
        page, _ = _open(start_axes(size, figsize) if ax is None else ax, view, 0)
        breaks = class_breaks(values) if breaks is None else _own_breaks(breaks, values)
        fill, hatch = class_fill(values, breaks, view.colours)
        shapes = draw_base(page, municipalities, fill=fill, hatch=hatch)
        hard = furnish(page, shapes, lang)
        name = labels.language(lang).column(column)
        words = f"{name}, {labels.unit_label(unit, lang)}"
        y = draw_class_legend(page, -1.0, words, values, breaks, lang)
        hard.append(settle_legend(page, y))
        wanted = municipality_words(page, shapes, municipalities, values, lang)
        wanted += neighbour_words(page, municipalities)
        draw_words(page, wanted, hard=hard)
        _finish(page, title or name, None, lang, note=note)
    return mark_axes(page.ax, readers, lang)


class View(NamedTuple):
    """What a map draws and shows: municipalities, the extent asked for, and colours."""

    municipalities: gpd.GeoDataFrame
    extent: Extent
    colours: dict[str, str]

    @property
    def bounds(self) -> Bounds:
        """What the map must show, SWEREF 99 TM."""
        return frame_of(self.extent, self.municipalities)

    def window(self, ax: Axes) -> shapely.Polygon:
        """Return what the map of a page shows at most: its extent in the shape of the page."""
        left, bottom, right, top = self.bounds
        box = ax.get_window_extent()
        tall = max(top - bottom, (right - left) * box.height / box.width)
        wide = max(right - left, (top - bottom) * box.width / box.height)
        x, y = (left + right) / 2, (bottom + top) / 2
        return shapely.box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)

    def rows(self, rows: pd.DataFrame, register: Register, ax: Axes) -> pd.DataFrame:
        """Return the rows whose site is in view."""
        if self.extent is None:
            return rows
        seen = rows[self._seen(register, ax).reindex(rows["site_id"]).to_numpy(bool)]
        return _not_empty(seen, "flow")

    def links(self, links: pd.DataFrame, register: Register, ax: Axes) -> pd.DataFrame:
        """Return the links with an end in view."""
        if self.extent is None:
            return links
        seen = self._seen(register, ax)
        ends = links["source"].map(seen) | links["sink"].map(seen)
        return _not_empty(links[ends], "link").reset_index(drop=True)

    def _seen(self, register: Register, ax: Axes) -> pd.Series:
        """Say which sites are in view."""
        places = register.sites.geometry.to_crs(METRIC_CRS)
        return places.intersects(self.window(ax))


def _not_empty(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return a table, or refuse an extent in which nothing lies."""
    if table.empty:
        msg = (
            f"No {kind} lies in this extent. Choose a larger one; longitude comes first, as in "
            "(west, south, east, north)."
        )
        raise OutputError(msg)
    return table


def _own_breaks(breaks: Sequence[float], values: pd.Series) -> list[float]:
    """Return upper limits of classes, if they rise and hold every value."""
    limits = [float(limit) for limit in breaks]
    rises = all(low < high for low, high in pairwise(limits))
    if not 1 <= len(limits) <= CLASSES or not rises or values.max() > limits[-1]:
        msg = (
            f"breaks = {list(breaks)} cannot be used. Give one to {CLASSES} rising upper limits, "
            f"the last at least {values.max():g}, the largest value."
        )
        raise OutputError(msg)
    return limits


def _open(ax: Axes, view: View, count: int) -> tuple[Page, int]:
    """Return the page, and how many of `count` things its list names: 0 means there is no list."""
    listed = LISTED[is_broad(ax)] if count > NAMED else 0
    rows = min(count, listed + 1) if listed else 0
    points = LIST_ROW * -(-rows // 2)
    page = start_page(
        ax, view.municipalities, list_points=points, bounds=view.bounds, colours=view.colours
    )
    return page, listed


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
    keep_true(page.ax)
    draw_source(page.ax, page.area, [*lines, labels.label("map:base_line", lang)])
