"""The map of a match: what flows today and what is new, with dense places as insets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
from matplotlib.axes import Axes

from .. import labels
from ..disclosure import check_cleared, check_tables
from ..errors import OutputError
from ..model import Match, existing_of, new_of
from ..register.gate import Register
from ..shortlist import doubtful
from .captions import mark_axes
from .crowds import beside_partners
from .drawing import Drawing
from .findings import match_finding, used_within
from .flows import (
    drawn_links,
    named_first,
    worth_drawing,
    write_limit,
    write_replaced,
)
from .frame import Extent, check_colours
from .legends import (
    LIST_ROW,
    furnish,
    settle_legend,
)
from .page import (
    Page,
    draw_base,
    draw_localities,
    start_axes,
    style,
)
from .placenames import as_written, draw_words, ground_words
from .unused import LEAST, Left, Rings, left_words, unused_of, with_unused, write_unused
from .view import View, finish, open_page, rows_in

FEW = 4  # exchanges leave room on the map for what is left over
IN_LEGEND, BROAD = 7, 136.0  # rows of what is left over in a legend, and their width in points
TALLEST = 0.86  # of the map, a legend in its sea


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
    business: pd.DataFrame | None = None,
    support: float | None = None,
    listed: bool = True,
    lang: str = "sv",
) -> Axes:
    """
    Draw the flows of a match as arrows, width by what is delivered; return the map axes.

    Arrows too short to be seen stand in insets of the dense places they lie in; the main map shows
    what such a place delivers in all. What is negligible is left out, and the legend says so.

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
        Words above the map; None is what the map shows, in a sentence.
    colours
        Colours of one's own by key of labels.csv, as {"class_60": "#b30000"}.
    ax
        Axes whose rectangle is used; None makes a figure.
    size, figsize
        "a4", "wide" or "half", or width and height in inches, when a figure is made.
    business
        `Study.business`: what pays in fewer than half of the draws is an open arrow, and the line
        under the title says what is new without it. None: the map does not say.
    support
        What the money of the state's auction is enough for, in the unit of the resource, told in
        the title of exchanges that hang on it; None is not known.
    listed
        Whether the cell that the insets leave free lists what nobody takes.
    lang
        "sv" or "en".

    Raises
    ------
    OutputError
        If the match does not say of which resource it is.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> study = sg.run(lang="en")
    >>> ax = plot_match(study.matches["heat"], study.register, study.municipalities, lang="en")
    >>> ax.get_title(loc="left")
    'Of 156 GWh/yr in new exchanges, 120 goes from Södra Cell Värö to Kungsbacka'
    """
    if match.resource is None:
        msg = "The match names no resource, so its unit is unknown. Use the result of match()."
        raise OutputError(msg)
    readers = check_cleared(register, match)
    if business is not None:
        check_tables(business)
    with style():
        view = View(municipalities, extent, check_colours(colours))
        told = _tell(match, register, business, view)
        every, left, unit = told.links, told.left, told.left.unit
        ax = start_axes(size, figsize) if ax is None else ax
        page = open_page(ax, view)
        named, others = named_first(every, register)
        links, hidden, limit = _drawn(named) if len(others) else worth_drawing(every)
        links, sites = beside_partners(links, register.sites, page)
        drawing = Drawing(page, links, sites, unit, lang, hidden=hidden, others=others,
                          resource=left.resource)  # fmt: skip
        if len(others) and not drawing.listed:  # without a list every one has its arrow
            links, hidden, limit = worth_drawing(every)
            links, sites = beside_partners(links, register.sites, page)
            drawing = Drawing(page, links, sites, unit, lang, hidden=hidden,
                              resource=left.resource)  # fmt: skip
        shapes = draw_base(page, municipalities)
        draw_localities(page)
        hard = furnish(page, shapes, lang)
        y = drawing.legend()
        spare = drawing.listed and not drawing.dense and len(left.rows) > 0
        few = not drawing.dense and len(left.rows) > 0 and len(links) <= FEW
        rings = Rings(page, left.by_site, sites, unit, lang) if few else None
        if rings is not None:
            y = rings.legend(y)
        y = write_limit(page, y, hidden, limit, unit, lang)
        y = write_replaced(page, y, match, lang)
        y = drawing.write_uses(y, register)
        top = drawing.top - (drawing.rows_written + 0.7) * LIST_ROW
        room = rows_in(page, top=top, columns=1) - 2 if spare else 0
        lacks = len(left.rows) > 0 and room < LEAST and drawing.free is None
        if lacks and extent is None:
            below = _in_legend(page, y, left, sites, lang)
            lacks, y = below == y, below
        hard.append(settle_legend(page, y))
        words, soft = drawing.main()
        if rings is not None:
            words, boxes = rings.draw(words)
            soft += boxes
        words += ground_words(page, shapes, municipalities, drawing.named)
        draw_words(page, words, hard=hard + drawing.hard, soft=soft)
        drawing.panels(municipalities)
        if room >= LEAST:
            shown = [] if rings is None else rings.shown
            write_unused(
                page.listing, top, left, sites, lang, room=room, x=drawing.beside, shown=shown
            )
        elif listed and len(left.rows) and drawing.free is not None:
            x, foot, right, top = drawing.free
            room = int((top - foot) / LIST_ROW) - 3
            write_unused(page.listing, top, left, sites, lang, room=room, x=x, right=right + 16,
                         indent=18.0)  # fmt: skip
        flows = register.flows
        used = flows["resource"].eq(match.resource.key)
        used &= flows["site_id"].isin([*every["source"], *every["sink"]])
        found, beneath = told.finding(register, lang, drawn=links, support=support)
        beneath = with_unused(beneath, left, sites, lang) if lacks else beneath
        finish(page, title or found, beneath, flows[used] if used.any() else None, lang)
    return mark_axes(page.ax, readers, lang)


def told_match(
    match: Match,
    register: Register,
    business: pd.DataFrame | None,
    lang: str,
    support: float | None = None,
) -> str:
    """Return the title of the map of a match of a resource: what it shows, in a sentence."""
    if match.resource is None:
        return ""
    return _tell(match, register, business).finding(register, lang, support=support)[0]


def told_left(
    match: Match,
    register: Register,
    business: pd.DataFrame | None,
    lang: str,
    *,
    most: int = 0,
) -> str:
    """
    Say what of a resource a match leaves that nobody takes, the largest of it by name.

    So many `most`, in few words; 0: some, and of how much.
    """
    if match.resource is None:
        return ""
    left = _tell(match, register, business).left
    return left_words(left, register.sites, lang, most=most)


class _Told(NamedTuple):
    """What a match tells of some places: links and what is left over, in a unit read with ease."""

    links: pd.DataFrame
    left: Left
    there: pd.Index
    parts: float

    def finding(
        self,
        register: Register,
        lang: str,
        drawn: pd.DataFrame | None = None,
        support: float | None = None,
    ) -> tuple[str, str]:
        """Return title and subtitle of the map."""
        left = self.left
        return match_finding(
            self.links, register, left.resource, left.unit, lang, self.there, self.parts,
            unused=float(left.rows["value"].sum()), supply=left.supply, drawn=drawn,
            support=None if support is None else support / self.parts,
        )  # fmt: skip


def _tell(
    match: Match, register: Register, business: pd.DataFrame | None, view: View | None = None
) -> _Told:
    """Return what a match tells of the places in view; None: of all."""
    links = drawn_links(match, register, business=business)
    there = register.sites.index if view is None else view.places(register)
    links = links if view is None else view.links(links, there)
    most = max([0.0, *links["delivered"], *match.unused])
    parts, unit = labels.natural(most, match.resource.unit)  # type: ignore[union-attr]
    left = unused_of(match, register, there, unit, parts)
    links = links.assign(delivered=links["delivered"] / parts)
    within = used_within(links, register, match.resource.key, there, parts)  # type: ignore[union-attr]
    # as the subtitle writes its parts
    parts_of = (*(part["delivered"].sum() for part in (new_of(links), existing_of(links))), within)
    left = left._replace(
        delivered=sum(as_written(float(part)) for part in parts_of),
        doubted=bool(doubtful(new_of(links)).any()),
    )
    return _Told(links, left, there, parts)


def _drawn(links: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Return the links to draw: the new ones that are worth it, and as large ones of today."""
    _, small, limit = worth_drawing(new_of(links))
    hidden = links.index.isin(small.index) | links["delivered"].lt(limit)
    return links[~hidden], links[hidden], limit


def _in_legend(page: Page, y: float, left: Left, sites: gpd.GeoDataFrame, lang: str) -> float:
    """Write the largest of what nobody takes under a legend if it has room; return the y below."""
    height = -page.legend.get_ylim()[0]
    lowest = -height + 8 if page.aside else 42 - TALLEST * height
    room = min(int((y - lowest) / LIST_ROW) - (2 if page.aside else 3), IN_LEGEND)
    if room < LEAST:
        return y
    right = None if page.aside else BROAD
    return write_unused(page.legend, y - 4, left, sites, lang, room=room, right=right, indent=18.0)
