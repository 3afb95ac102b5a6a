"""Maps for reports: sources and demand, exchanges, and values by municipality."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from matplotlib.axes import Axes

from .. import labels
from ..disclosure import check_cleared, check_tables
from ..errors import OutputError
from ..model import METRIC_CRS
from ..register.classes import without_nuclear
from ..register.gate import Register
from .captions import mark_axes
from .findings import overview_finding, register_finding
from .frame import Extent, check_colours
from .insets import GAP, find_dense, mark_panel, name_panel, open_panel, panel_boxes, told_there
from .legends import (
    Box,
    class_breaks,
    draw_heading,
    draw_list,
    draw_swatches,
    furnish,
    settle_legend,
)
from .match import plot_match as plot_match
from .page import Page, draw_base, draw_localities, start_axes, style
from .placenames import (
    Words,
    amount,
    draw_words,
    ground_words,
    municipality_words,
    neighbour_words,
)
from .saving import save_figure as save_figure
from .seasons import plot_seasons as plot_seasons
from .symbols import (
    LEAST_RADIUS,
    built_entry,
    class_fill,
    draw_class_legend,
    draw_source_legend,
    draw_squares,
    draw_symbols,
    find_rows,
    list_rows,
    number_words,
    reach_of,
    site_symbols,
    site_words,
    small_boxes,
)
from .view import View, finish, open_page, rows_in, stands_beside, write_rows

# more symbols get numbers and a list, or on a narrow page no name; insets of the most crowded
NAMED, NARROW_NAMES, PANELS = 10, 6, 2
LEAST_PANEL = 60.0  # points, of an inset either way
LARGEST_PT, BALANCE_PT = 178.0, 92.0  # broad, the lists beside insets of the overview
CLASSES = 5  # of a map of values


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
    Draw sources as circles by class, and demand as squares of one scale; return the map axes.

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

    Examples
    --------
    >>> import symbios_geo as sg
    >>> register = sg.load_register()
    >>> ax = plot_overview(register, sg.load_municipalities(), resource="co2", lang="en")
    >>> ax.get_title(loc="left") != ""
    True
    """
    readers = check_cleared(register)
    with style():
        rows = find_rows(register, resource, "source")
        demand = find_rows(register, resource, "sink")
        view = View(municipalities, extent, check_colours(colours))
        ax = start_axes(size, figsize) if ax is None else ax
        seen = view.rows(rows, register, ax)
        page = open_page(ax, view)
        unit = labels.unit_label(str(rows["unit"].iloc[0]), lang)
        shapes = draw_base(page, municipalities)
        hard = furnish(page, shapes, lang)
        scaled = (without_nuclear(seen), demand)
        most = [part.groupby("site_id")["value"].sum().max() for part in scaled]
        symbols = site_symbols(seen, register, page, lang, largest=most[1])
        needs = site_symbols(demand, register, page, lang, largest=most[0])
        y = draw_source_legend(page, -1.0, symbols, seen, lang, demand=needs)
        hard.append(settle_legend(page, y))
        soft = draw_squares(page, needs) + draw_symbols(page, symbols)
        scaled = symbols[~symbols["apart"]]
        listed = _listed(page, len(scaled), lines=min(rows_in(page, columns=1), 16))
        words = (
            number_words(scaled.head(listed))
            if listed
            else _label_sites(scaled, 0, lang, NARROW_NAMES)
        )
        order = [code for code in register.region.north_to_south if code in municipalities.index]
        crowded = _crowded(page, scaled, register) if listed else []
        boxes = _boxes_beside_lists(page, len(crowded))
        crowded = crowded[: len(boxes)]
        marks: list[Words] = []
        inset: set[str] = set()
        for dense, box in zip(crowded, boxes, strict=True):
            most_there = float(scaled["radius"].reindex(dense.ends).max())
            panel = open_panel(page, box, dense, radius=most_there)
            _draw_crowded(
                panel, dense, rows, scaled.head(listed), register, municipalities, lang, demand
            )
            mark, frame = mark_panel(page, panel, dense.name)
            hard.append(frame)
            marks.insert(0, mark)
            inset |= told_there(scaled, dense, frame)
        words = marks + _beyond(words, scaled, listed, inset)
        by_place = [
            part.groupby(part["site_id"].map(register.sites["municipality_code"]))["value"].sum()
            .reindex(municipalities.index) for part in (without_nuclear(rows), demand)
        ]  # fmt: skip
        words += ground_words(page, shapes, municipalities, {dense.name for dense in crowded})
        draw_words(page, words, hard=hard + small_boxes(scaled), soft=soft)
        if not page.aside:
            _write_balance(page, list_rows(scaled, listed, lang) if listed else [],
                           municipalities, by_place, order, unit, lang,
                           narrow=bool(boxes))  # fmt: skip
        found, told = overview_finding(
            by_place[0], by_place[1], municipalities["name"], str(rows["unit"].iloc[0]), lang
        )
        finish(page, title or found, told, pd.concat([seen, demand]), lang, sums=True)
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

    Heat sources are divided by temperature class, CO2 by the origin of its carbon. Beyond ten
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

    Examples
    --------
    >>> import symbios_geo as sg
    >>> register = sg.load_register()
    >>> ax = plot_register(register, sg.load_municipalities(), extent="Falkenberg", lang="en")
    >>> ax.get_title(loc="left") != ""
    True
    """
    readers = check_cleared(register)
    with style():
        rows = find_rows(register, resource, role)
        view = View(municipalities, extent, check_colours(colours))
        ax = start_axes(size, figsize) if ax is None else ax
        rows = view.rows(rows, register, ax)
        page = open_page(ax, view)
        shapes = draw_base(page, municipalities)
        draw_localities(page)
        hard = furnish(page, shapes, lang)
        reach = reach_of(rows)
        symbols = site_symbols(rows, register, page, lang, reach=reach)
        y = draw_source_legend(page, -1.0, symbols, rows, lang, reach=reach)
        y = draw_swatches(page.legend, y, "", [built_entry(page, lang)])
        hard.append(settle_legend(page, y))
        scaled = symbols[~symbols["apart"]]
        soft = draw_symbols(page, symbols)
        crowded = _crowded(page, scaled, register)
        boxes = panel_boxes(page, len(crowded), listed=True)
        left = boxes[-1][2] + 14 if boxes and not stands_beside(page) else 0.0
        top = boxes[-1][1] - 10 if boxes and stands_beside(page) else -1.0
        listed = _listed(page, len(scaled), lines=rows_in(page, left=left, top=top))
        words = _label_sites(scaled, listed, lang, NARROW_NAMES if page.aside else NAMED)
        marks: list[Words] = []
        inset: set[str] = set()
        for dense, box in zip(crowded, boxes, strict=True):
            most = float(scaled["value"].reindex(dense.ends).max() / scaled["value"].max())
            panel = open_panel(page, box, dense, radius=reach * most**0.5)
            _draw_crowded(panel, dense, rows, scaled.head(listed or len(scaled)), register,
                          municipalities, lang)  # fmt: skip
            mark, frame = mark_panel(page, panel, dense.name)
            hard.append(frame)
            marks.insert(0, mark)
            inset |= told_there(scaled, dense, frame)
        words = marks + _beyond(words, scaled, listed, inset)
        words += ground_words(page, shapes, municipalities, {dense.name for dense in crowded})
        draw_words(page, words, hard=hard + small_boxes(scaled), soft=soft)
        if listed:
            write_rows(page, list_rows(scaled, listed, lang), left=left, top=top)
        unit = str(rows["unit"].iloc[0])
        values = scaled["value"] if len(scaled) else symbols["value"]
        region = register.region.words(lang)
        used = float(rows.loc[rows["site_id"].isin(values.index), "committed"].sum())
        nuclear = bool(symbols["apart"].any())
        found, told = register_finding(
            values, resource, role, unit, region, lang, used=used, nuclear=nuclear
        )
        finish(page, title or found, told, rows, lang, sums=True)
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

    Examples
    --------
    >>> import symbios_geo as sg
    >>> towns = sg.load_register().region.municipalities
    >>> table = pd.DataFrame({"share": 0.5}, index=towns.index)
    >>> ax = plot_cover(table, towns, column="share", unit="-", lang="en")
    >>> ax.get_title(loc="left")
    'share'
    """
    readers = check_tables(table)
    with style():
        values = table[column].astype(float).reindex(municipalities.index)
        view = View(municipalities, extent, check_colours(colours))
        page = open_page(start_axes(size, figsize) if ax is None else ax, view, deep=0.0)
        breaks = class_breaks(values) if breaks is None else _own_breaks(breaks, values)
        fill, hatch = class_fill(values, breaks, view.colours)
        shapes = draw_base(page, municipalities, fill=fill, hatch=hatch)
        hard = furnish(page, shapes, lang)
        name = labels.language(lang).column(column)
        unit = labels.unit_label(unit, lang)
        words = name if unit in name else f"{name}, {unit}"
        y = draw_class_legend(page, -1.0, words, values, breaks, lang)
        hard.append(settle_legend(page, y))
        wanted = municipality_words(page, shapes, municipalities, values, lang)
        wanted += neighbour_words(page, municipalities)
        draw_words(page, wanted, hard=hard)
        finish(page, title or name, words, None, lang, note=note)
    return mark_axes(page.ax, readers, lang)


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


def _listed(page: Page, count: int, *, lines: int) -> int:
    """Return how many of `count` symbols a list names: 0 if they are named on the map."""
    if count <= NAMED or page.aside:
        return 0
    return count if count <= lines else max(lines - 1, 1)


def _beyond(words: list[Words], scaled: pd.DataFrame, listed: int, inset: set[str]) -> list[Words]:
    """Return the words of symbols that have none in an inset."""
    keys = scaled.index[: listed or len(scaled)]
    return [word for word, key in zip(words, keys, strict=False) if key not in inset]


def _label_sites(symbols: pd.DataFrame, listed: int, lang: str, most: int) -> list[Words]:
    """Return the words at the circles, largest first: numbers, which a list explains, or names."""
    if not listed:
        named = symbols.head(most)
        return [site_words(row, lang) for _, row in named.iterrows()]
    return number_words(symbols.head(listed))


def _crowded(page: Page, symbols: pd.DataFrame, register: Register) -> list[Any]:
    """Return the places where circles hide most of each other, north to south."""
    if page.aside or len(symbols) <= NAMED:
        return []
    places = register.sites.geometry.loc[symbols.index].to_crs(METRIC_CRS)
    dense = [d for d in find_dense(places, page) if len(d.ends) > 2]
    hidden = {d: hidden_area(symbols.loc[[*d.ends]]) for d in dense}
    most = sorted(dense, key=lambda d: -hidden[d])[:PANELS]
    return [d for d in dense if d in most]


def hidden_area(symbols: pd.DataFrame) -> float:
    """Return how much of circles lies under others, points squared."""
    circles = shapely.points(symbols["x"], symbols["y"])
    circles = shapely.buffer(circles, symbols["radius"].to_numpy())
    return float(shapely.area(circles).sum() - shapely.union_all(circles).area)


def _draw_crowded(
    panel: Page,
    dense: Any,
    rows: pd.DataFrame,
    symbols: pd.DataFrame,
    register: Register,
    municipalities: gpd.GeoDataFrame,
    lang: str,
    demand: pd.DataFrame | None = None,
) -> None:
    """Draw the circles of a crowded place in its inset, with the numbers that they have."""
    draw_base(panel, municipalities)
    draw_localities(panel)
    hard = name_panel(panel, dense.name, lang)
    own = site_symbols(rows[rows["site_id"].isin(dense.ends)], register, panel, lang)
    scale = float(symbols["radius"].iloc[0] / symbols["value"].iloc[0] ** 0.5)
    own["radius"] = (scale * own["value"] ** 0.5).clip(lower=LEAST_RADIUS)
    if demand is not None:  # under them what is needed there, as on the map
        needs = site_symbols(demand, register, panel, lang)
        needs["radius"] = (scale * needs["value"] ** 0.5).clip(lower=LEAST_RADIUS)
        wide, high = panel.overlay.get_xlim()[1], panel.overlay.get_ylim()[1]
        draw_squares(panel, needs[needs["x"].between(0, wide) & needs["y"].between(0, high)])
    soft = draw_symbols(panel, own, prefix="inset")
    place = {key: n for n, key in enumerate(symbols.index, start=1)}
    words = [
        word._replace(text=str(place[key]))
        for key, word in zip(own.index, number_words(own), strict=True)
        if key in place
    ]
    draw_words(panel, words, hard=hard + small_boxes(own), soft=soft)


def _boxes_beside_lists(page: Page, count: int) -> list[Box]:
    """Return boxes of insets right of both lists, where a strip has room for them."""
    width, foot = page.listing.get_xlim()[1], page.listing.get_ylim()[0]
    if not count or page.aside or stands_beside(page):
        return []
    start = LARGEST_PT + BALANCE_PT + 8
    broad = (width - start - GAP * (count - 1)) / count
    if min(broad, -foot) < LEAST_PANEL:
        return []
    return [(x, foot, x + broad, 0.0) for x in (start + n * (broad + GAP) for n in range(count))]


def _write_balance(
    page: Page,
    rows: list[tuple[str, str, str]],
    municipalities: gpd.GeoDataFrame,
    by_place: Sequence[pd.Series],
    order: Sequence[str],
    unit: str,
    lang: str,
    *,
    narrow: bool = False,
) -> None:
    """
    Write the largest sources, and what each municipality has and needs, north to south.

    `narrow` leaves room for insets beside them.
    """
    room = rows_in(page, columns=1) - 2  # a large region has more than there is room for
    table = [
        ("", str(municipalities["name"][code]),
         " / ".join(amount(part.fillna(0)[code], "", lang) for part in by_place))
        for code in order[:room]
    ]  # fmt: skip
    width, beside = page.listing.get_xlim()[1], stands_beside(page)
    left = 0.0 if beside or not rows else LARGEST_PT if narrow else width / 2
    heading = labels.label("map:balance", lang, unit=unit)
    heading = textwrap.fill(heading, 18) if narrow else heading
    y = draw_heading(page.listing, -1.0, heading, left=left + 18 * narrow)
    right = left + BALANCE_PT + 16 if narrow else width
    y = draw_list(page.listing, y, table, left=left, right=right)
    if rows:
        top = y - 14 if beside else -1.0
        top = draw_heading(page.listing, top, labels.label("map:largest", lang))
        draw_list(page.listing, top, rows, right=width if beside else left - 8 + 16 * narrow)
