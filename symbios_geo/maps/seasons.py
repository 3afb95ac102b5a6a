"""The maps of a match in the four quarters of a year, in one scale."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import labels
from ..disclosure import check_cleared
from ..errors import OutputError
from ..model import Match
from ..register.gate import Register
from .captions import mark_axes
from .drawing import LARGEST_TOTAL, Drawing
from .findings import season_finding
from .flows import (
    Scale,
    draw_end_rows,
    drawn_links,
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
from .placenames import (
    draw_words,
)
from .symbols import built_entry, class_look
from .view import View, finish

QUARTERS = ((12, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11))


def plot_seasons(
    match: Match,
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
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
    ax, size, lang
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
    with style():
        parts = [drawn_links(match, register, months=months) for months in QUARTERS]
        every = drawn_links(match, register)
        ax = start_axes(size) if ax is None else ax
        view = View(municipalities, None, {})
        page = start_page(ax, municipalities, list_points=78.0, bounds=view.bounds, under=True)
        page.ax.set_axis_off()
        unit, sites = match.resource.unit, register.sites
        _, _, limit = worth_drawing(every)
        largest = max([float(p["delivered"].max()) for p in parts if len(p)] or [0.0])
        kinds: set[str] = set()
        for months, links, box in zip(QUARTERS, parts, _quarters(page), strict=True):
            panel = panel_at(page, box, view.bounds)
            draw_base(panel, municipalities)
            draw_localities(panel)
            seen = links["delivered"] >= limit / 4
            drawing = Drawing(
                panel, links[seen], sites, unit, lang,
                hidden=links[~seen], insets=False, largest=largest,
            )  # fmt: skip
            words, soft = drawing.main()
            names = "\u2013".join(labels.label(f"month:{m}", lang) for m in (months[0], months[-1]))
            total = labels.quantity(
                float(links["delivered"].sum()), unit.split("/")[0], lang, digits=0
            )
            hard = name_panel(panel, names, lang, told=total)
            draw_words(panel, words, hard=hard + drawing.hard, soft=soft)
            kinds |= drawing.ends.kinds
        _season_legend(page, every, kinds, largest, unit, lang)
        flows = register.flows
        used = flows["resource"].eq(match.resource.key)
        used &= flows["site_id"].isin([*every["source"], *every["sink"]])
        found, told = season_finding(parts, match.resource.key, unit, lang)
        finish(page, found, told, flows[used] if used.any() else None, lang)
    return mark_axes(page.ax, readers, lang)


def _quarters(page: Page) -> list[Box]:
    """Return the boxes of four maps: in a row on a broad page, else two by two."""
    width, height = page.overlay.get_xlim()[1], page.overlay.get_ylim()[1]
    columns = 4 if width > height else 2
    wide, high = (width - 6 * (columns - 1)) / columns, height
    if columns == 2:
        high = (height - 6) / 2
    corners = [(n % columns * (wide + 6), height - (n // columns) * (high + 6)) for n in range(4)]
    return [(x, y - high, x + wide, y) for x, y in corners]


def _season_legend(
    page: Page, links: pd.DataFrame, kinds: set[str], largest: float, unit: str, lang: str
) -> None:
    """Draw the legend of four maps in columns under them."""
    ax, words = page.listing, labels.unit_label(unit.split("/")[0], lang)
    modes = sorted(links["mode"].unique(), key=labels.legend_order)
    entries = [(labels.label(mode, lang), class_look(mode, page)) for mode in modes]
    draw_swatches(ax, -1.0, labels.label("map:way", lang), [*entries, built_entry(page, lang)])
    second, third = shifted(page, 165.0), shifted(page, 285.0)
    title = labels.label("map:width_quarter", lang, unit=words)
    draw_width_legend(second, -1.0, title, Scale(largest).entries(lang))
    y = -1.0
    circles = [(v, LARGEST_TOTAL * np.sqrt(v / largest)) for v in round_sizes(largest)[:2]]
    title = labels.label("map:totals", lang, unit=words)
    y = draw_circle_legend(third, y, title, circles if largest > 0 else [], lang)
    draw_end_rows(third, y, kinds, lang)
