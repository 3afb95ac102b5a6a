"""The maps of a match in the four quarters of a year, in one scale."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import labels
from ..disclosure import check_cleared, check_tables
from ..errors import OutputError
from ..model import Match, new_of
from ..register.gate import Register
from .captions import mark_axes
from .drawing import LARGEST_TOTAL, Drawing
from .findings import season_finding
from .flows import (
    Scale,
    draw_end_rows,
    drawn_links,
    open_entries,
    worth_drawing,
)
from .insets import (
    name_panel,
    panel_at,
    shifted,
)
from .legends import (
    Box,
    draw_circle_legend,
    draw_swatches,
    draw_width_legend,
    round_sizes,
)
from .page import (
    Page,
    draw_base,
    draw_localities,
    start_axes,
    start_page,
    style,
)
from .placenames import amount, draw_words
from .symbols import built_entry, class_look
from .view import View, finish

COLUMNS = (165.0, 285.0)  # points, where those of the legend begin
ROOMY = 180.0  # points; a narrower panel has a shorter heading
QUARTERS = ((12, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11))


def plot_seasons(
    match: Match,
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
    business: pd.DataFrame | None = None,
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw what a match by month delivers in each quarter, in four maps of one scale; return the axes.

    The four sum to the year.

    Parameters
    ----------
    match
        A solved allocation by month: its links have `month_1` to `month_12`.
    register
        The register that it was made from.
    municipalities
        Polygons indexed by municipality_code.
    business, ax, size, lang
        As in `plot_match`.

    Raises
    ------
    OutputError
        If the match has no months or no resource.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> study = sg.run(lang="en")
    >>> ax = plot_seasons(study.matches["heat"], study.register, study.municipalities, lang="en")
    >>> len(ax.figure.axes) >= 4
    True
    """
    if match.resource is None or "month_1" not in match.links:
        msg = 'The match has no months. Make it with match(..., method="plan").'
        raise OutputError(msg)
    readers = check_cleared(register, match)
    if business is not None:
        check_tables(business)
    with style():
        parts = [
            drawn_links(match, register, months=months, business=business) for months in QUARTERS
        ]
        every = drawn_links(match, register, business=business)
        ax = start_axes(size) if ax is None else ax
        view = View(municipalities, None, {})
        page = start_page(ax, municipalities, list_points=66.0, bounds=view.bounds, under=True)
        page.ax.set_axis_off()
        unit, sites = match.resource.unit, register.sites
        _, _, limit = worth_drawing(every)
        largest = max([float(p["delivered"].max()) for p in parts if len(p)] or [0.0])
        panels = [panel_at(page, box, view.bounds) for box in _quarters(page)]
        drawings = []
        for panel, links in zip(panels, parts, strict=True):
            seen = links["delivered"] >= limit / 4
            drawings.append(
                Drawing(panel, links[seen], sites, unit, lang,
                        hidden=links[~seen], insets=False, largest=largest)
            )  # fmt: skip
        total = max([0.0, *pd.concat([drawing.totals["value"] for drawing in drawings])])
        for months, links, drawing in zip(QUARTERS, parts, drawings, strict=True):
            panel = drawing.page
            draw_base(panel, municipalities)
            draw_localities(panel)
            drawing.scale_totals(total)
            words, soft = drawing.main(named=drawing is drawings[0])
            room = panel.overlay.get_xlim()[1]
            told = _told(links, unit, lang, room=room)
            hard = name_panel(panel, _months(months, lang), lang, told=told)
            draw_words(panel, words, hard=hard + drawing.hard, soft=soft)
        kinds = {kind for drawing in drawings for kind in drawing.ends.kinds}
        sizes = (largest, total, LARGEST_TOTAL * panels[0].shrink)
        shown = pd.concat([drawing.links for drawing in drawings])
        _season_legend(page, shown, kinds, sizes, unit, lang)
        flows = register.flows
        used = flows["resource"].eq(match.resource.key)
        used &= flows["site_id"].isin([*every["source"], *every["sink"]])
        named = {_months(months, lang): p for months, p in zip(QUARTERS, parts, strict=True)}
        found, told = season_finding(named, every, match.resource.key, unit, lang)
        finish(page, found, told, flows[used] if used.any() else None, lang)
    return mark_axes(page.ax, readers, lang)


def told_seasons(match: Match, register: Register, business: pd.DataFrame | None, lang: str) -> str:
    """Return the title of the maps of a match by month: how what it delivers shifts in a year."""
    if match.resource is None or "month_1" not in match.links:
        return ""
    every, *parts = (
        drawn_links(match, register, months=months, business=business)
        for months in (None, *QUARTERS)
    )
    named = {_months(months, lang): part for months, part in zip(QUARTERS, parts, strict=True)}
    return season_finding(named, every, match.resource.key, match.resource.unit, lang)[0]


def _months(months: Sequence[int], lang: str) -> str:
    """Return the first and the last of some months."""
    return "\u2013".join(labels.label(f"month:{m}", lang) for m in (months[0], months[-1]))


def _told(links: pd.DataFrame, unit: str, lang: str, *, room: float) -> str:
    """Return what a quarter delivers, and with `room` for it what is new and what flows today."""
    total, new = (float(part["delivered"].sum()) for part in (links, new_of(links)))
    parts = (("new", new), ("existing", total - new))
    told = [labels.label(f"map:{key}", lang, value=amount(part, "", lang)) for key, part in parts]
    whole = amount(total, unit.split("/")[0], lang)
    return f"{whole}: {', '.join(told)}" if room > ROOMY else whole


def _quarters(page: Page) -> list[Box]:
    """Return the boxes of four maps: in a row on a broad page, else two by two."""
    width, height = page.overlay.get_xlim()[1], page.overlay.get_ylim()[1]
    columns = 4 if width > 1.5 * height else 2
    wide, high = (width - 6 * (columns - 1)) / columns, height
    if columns == 2:
        high = (height - 6) / 2
    corners = [(n % columns * (wide + 6), height - (n // columns) * (high + 6)) for n in range(4)]
    return [(x, y - high, x + wide, y) for x, y in corners]


def _season_legend(
    page: Page,
    links: pd.DataFrame,
    kinds: set[str],
    sizes: tuple[float, float, float],
    unit: str,
    lang: str,
) -> None:
    """
    Draw the legend of four maps in columns under them, on a narrow page in one.

    `sizes` are what the largest arrow and the largest circle deliver, and its radius.
    """
    ax, words = page.listing, labels.unit_label(unit.split("/")[0], lang)
    second, third = (ax, ax) if page.aside else (shifted(page, x) for x in COLUMNS)
    modes = sorted(links["mode"].unique(), key=labels.legend_order)
    entries = [(labels.label(mode, lang), class_look(mode, page)) for mode in modes]
    entries += open_entries(links, lang)
    y = draw_swatches(ax, -1.0, labels.label("map:way", lang), entries)
    arrow, total, radius = sizes
    title = labels.label("map:width_quarter", lang, unit=words)
    y = draw_width_legend(second, y if page.aside else -1.0, title, Scale(arrow).entries(lang))
    y = draw_swatches(second, y - 4, "", [built_entry(page, lang)])
    y = y if page.aside else -1.0
    if total > 0:
        circles = [(v, radius * np.sqrt(v / total)) for v in round_sizes(total)[:2]]
        title = labels.label("map:totals", lang, unit=words)
        y = draw_circle_legend(third, y, title, circles, lang)
    draw_end_rows(third, y, kinds, lang)
