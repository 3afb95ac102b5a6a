"""The map of a match: what flows today and what is new, with dense places as insets."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import labels
from ..disclosure import check_cleared
from ..errors import OutputError
from ..model import Match, new_of
from ..register.gate import Register
from .captions import mark_axes
from .findings import match_finding, season_finding
from .flows import (
    Scale,
    draw_arrows,
    draw_end_rows,
    draw_ends,
    draw_flow_legend,
    drawn_links,
    end_names,
    link_rows,
    name_words,
    number_texts,
    place_ends,
    places_of,
    worth_drawing,
    wrapped,
    write_limit,
)
from .frame import Extent, check_colours
from .insets import (
    Dense,
    find_dense,
    letters,
    most_dense,
    name_panel,
    open_panel,
    panel_at,
    panel_boxes,
    shifted,
    short_links,
)
from .legends import (
    LIST_ROW,
    Box,
    draw_circle_legend,
    draw_heading,
    draw_list,
    draw_swatches,
    draw_width_legend,
    furnish,
    round_sizes,
    settle_legend,
)
from .page import SMALL, Page, draw_base, draw_localities, start_axes, start_page, style, to_points
from .placenames import (
    Words,
    amount,
    background_words,
    draw_words,
    municipality_words,
    neighbour_words,
    short_site_names,
)
from .symbols import CHIP, built_entry, class_look, draw_symbols
from .view import View, finish, open_page, rows_in, write_rows

FEW = 4  # exchanges leave room for a list of what is left over
LARGEST_TOTAL = 11.0  # points, radius of the largest total of a dense place
QUARTERS = ((12, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11))


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
    >>> ax.get_title(loc="left").endswith("largest new exchange")
    True
    """
    if match.resource is None:
        msg = "The match names no resource, so its unit is unknown. Use the result of match()."
        raise OutputError(msg)
    readers = check_cleared(register, match)
    with style():
        every = drawn_links(match, register)
        view = View(municipalities, extent, check_colours(colours))
        ax = start_axes(size, figsize) if ax is None else ax
        every = view.links(every, register, ax)
        links, hidden, limit = worth_drawing(every)
        page = open_page(ax, view)
        shapes = draw_base(page, municipalities)
        draw_localities(page)
        hard = furnish(page, shapes, lang)
        unit, sites = match.resource.unit, register.sites
        drawing = _Drawing(page, links, sites, unit, lang)
        y = drawing.legend()
        y = write_limit(page, y, hidden, limit, unit, lang)
        hard.append(settle_legend(page, y))
        words, soft = drawing.main()
        words += municipality_words(page, shapes, municipalities)
        words += background_words(page, drawing.named)
        words += neighbour_words(page, municipalities)
        draw_words(page, words, hard=hard + drawing.hard, soft=soft)
        drawing.panels(municipalities)
        if not page.aside and not drawing.dense and len(links) <= FEW:
            _write_unused(page, len(links), match, register, lang)
        flows = register.flows
        used = flows["resource"].eq(match.resource.key)
        used &= flows["site_id"].isin([*every["source"], *every["sink"]])
        found, told = match_finding(every, register, match.resource.key, unit, lang)
        finish(page, title or found, told, flows[used] if used.any() else None, lang)
    return mark_axes(page.ax, readers, lang)


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
            shapes = draw_base(panel, municipalities)
            draw_localities(panel)
            shown = links[links["delivered"] >= limit / 4]
            drawing = _Drawing(panel, shown, sites, unit, lang, insets=False, largest=largest)
            words, soft = drawing.main()
            names = "\u2013".join(labels.label(f"month:{m}", lang) for m in (months[0], months[-1]))
            total = labels.quantity(
                float(links["delivered"].sum()), unit.split("/")[0], lang, digits=0
            )
            hard = name_panel(panel, names, total, lang)
            draw_words(panel, words, hard=hard + drawing.hard, soft=soft)
            kinds |= set(drawing.ends.kind.values())
            del shapes
        _season_legend(page, every, kinds, largest, unit, lang)
        flows = register.flows
        used = flows["resource"].eq(match.resource.key)
        used &= flows["site_id"].isin([*every["source"], *every["sink"]])
        found, told = season_finding(parts, match.resource.key, unit, lang)
        finish(page, found, told, flows[used] if used.any() else None, lang)
    return mark_axes(page.ax, readers, lang)


def _write_unused(page: Page, above: int, match: Match, register: Register, lang: str) -> None:
    """Write the sources with the most that nobody takes, under a short list of exchanges."""
    owners = register.flows.set_index("flow_id")["site_id"]
    left = match.unused.groupby(match.unused.index.map(owners)).sum()
    left = left[left > 0].sort_values(ascending=False, kind="stable")
    names = short_site_names(register.sites.loc[left.index], lang)
    unit = match.resource.unit if match.resource else ""
    top = -1.0 - (above + 1) * LIST_ROW
    room = rows_in(page, top=top, columns=1) - 3
    if left.empty or room < 1:
        return
    top = draw_heading(page.listing, top, labels.label("map:unused", lang))
    rows = [("", str(names[key]), amount(value, unit, lang)) for key, value in left.items()]
    draw_list(page.listing, top, rows[:room])


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
    scale = Scale(largest)
    sizes = [(v, scale.width(v)) for v in round_sizes(largest)]
    second, third = shifted(page, 165.0), shifted(page, 285.0)
    title = labels.label("map:width_quarter", lang, unit=words)
    draw_width_legend(second, -1.0, title, [(v, w) for v, w in sizes if w > 0.8], lang)
    y = -1.0
    circles = [(v, LARGEST_TOTAL * np.sqrt(v / largest)) for v in round_sizes(largest)[:2]]
    title = labels.label("map:totals", lang, unit=words)
    y = draw_circle_legend(third, y, title, circles if largest > 0 else [], lang)
    draw_end_rows(third, y, kinds, lang)


class _Drawing:
    """The arrows of a match: those on the main map, and those in the insets."""

    def __init__(
        self,
        page: Page,
        links: pd.DataFrame,
        sites: gpd.GeoDataFrame,
        unit: str,
        lang: str,
        *,
        insets: bool = True,
        largest: float | None = None,
    ) -> None:
        self.page, self.links, self.sites, self.unit, self.lang = page, links, sites, unit, lang
        places = places_of(links, sites)
        short = short_links(links, places, page)
        wanted = {*links["source"][short], *links["sink"][short]}
        seen = sites.loc[places.index]
        seen = places[[_inside(page, p) for p in places]] if len(places) else places
        dense = find_dense(seen, page, wanted)
        dense = [d for d in dense if short[self._within(d)].any()]
        weight = pd.concat([links.groupby(side)["delivered"].sum() for side in ("source", "sink")])
        weight = weight.groupby(level=0).sum()
        self.dense = most_dense(dense, weight) if insets and not page.aside else []
        same = links["source"].eq(links["sink"])
        self.inside = {d: self._within(d) & (short | same) for d in dense}
        gathered = np.zeros(len(links), bool)
        for mask in self.inside.values():
            gathered |= mask.to_numpy()
        self.far = links[~gathered]
        near = links[gathered]
        self.largest = largest  # one scale for a series of maps
        self.scale = Scale(largest or (float(self.far["delivered"].max()) if len(self.far) else 0))
        self.near_scale = Scale(float(near["delivered"].max()) if len(near) else 0.0)
        self.ends = place_ends(page, self.far, sites)
        self.names = end_names(links, sites, lang)
        self.texts = number_texts(links, sites, lang)
        self.totals = self._totals()
        self.hard: list[Box] = []

    @property
    def named(self) -> set[str]:
        """The names that the map carries, which the background need not repeat."""
        return {*self.names, *(d.name for d in self.inside)}

    def _within(self, dense: Dense) -> pd.Series:
        return self.links["source"].isin(dense.ends) & self.links["sink"].isin(dense.ends)

    def _totals(self) -> pd.DataFrame:
        """Return what each dense place delivers in all, by way, as a symbol."""
        rows = []
        for dense, mask in self.inside.items():
            used = self.links[mask]
            x, y = to_points(self.page, dense.middle)
            sums = used.groupby("mode")["delivered"].sum()
            new = float(new_of(used)["delivered"].sum())
            total = float(used["delivered"].sum())
            rows.append((dense.name, float(x), float(y), total, new, sums.to_dict()))
        table = pd.DataFrame(rows, columns=["name", "x", "y", "value", "new", "parts"])
        largest = self.largest or (table["value"].max() if len(table) else 1.0)
        table["radius"] = self.page.shrink * LARGEST_TOTAL * np.sqrt(table["value"] / largest)
        return table

    def legend(self) -> float:
        """Draw the legend; return the y below it."""
        kinds = set(self.ends.kind.values()) | self._kinds_in_panels()
        scales = [("map:width", self.scale)] if len(self.far) else []
        if len(self.far) < len(self.links) and self.dense:
            scales.append(("map:width_inset", self.near_scale))
        y = draw_flow_legend(self.page, self.links, kinds, scales, self.unit, self.lang)
        if len(self.totals):
            largest = float(self.totals["value"].max())
            radius = LARGEST_TOTAL * self.page.shrink
            sizes = [(v, radius * np.sqrt(v / largest)) for v in round_sizes(largest)[:2]]
            words = labels.label(
                "map:totals", self.lang, unit=labels.unit_label(self.unit, self.lang)
            )
            y = draw_circle_legend(self.page.legend, y, words, sizes, self.lang)
        return y

    def _kinds_in_panels(self) -> set[str]:
        near = self.links.drop(self.far.index)
        return set(place_ends(self.page, near, self.sites).kind.values()) if len(near) else set()

    def main(self) -> tuple[list[Words], list[Box]]:
        """Draw the main map; return its words, the important ones first, and what to keep clear."""
        page, lang = self.page, self.lang
        numbers, soft = draw_arrows(page, self.far, self.ends, self.scale, self.texts)
        soft += draw_ends(page, self.ends)
        self.hard = draw_symbols(page, self.totals.drop(columns="name"), prefix="total")
        names = name_words(self.ends, self.names, self.far, 90)
        totals = []
        for row, (dense, letter) in zip(
            self.totals.itertuples(), self._lettered().items(), strict=True
        ):
            head = f"{letter}  {row.name}".strip() if letter else str(row.name)
            told = []
            if row.new > 0:
                told.append(labels.label("map:new", lang, value=amount(row.new, "", lang)))
            if row.value - row.new > 1e-9:
                value = amount(row.value - row.new, "", lang)
                told.append(labels.label("map:existing", lang, value=value))
            text = "\n".join([wrapped(head, 90), ", ".join(told)])
            look = {"fontsize": SMALL, "fontweight": "bold", "bbox": CHIP}
            totals.append(Words(text.strip(), row.x, row.y, row.radius + 1, look))
            del dense
        return names + totals + numbers, soft

    def _lettered(self) -> dict[Dense, str]:
        """Return the letter of each dense place; one without an inset has none."""
        given = dict(zip(self.dense, letters(len(self.dense)), strict=True))
        return {dense: given.get(dense, "") for dense in self.inside}

    def panels(self, municipalities: gpd.GeoDataFrame) -> None:
        """Draw the insets, and the list of exchanges where room is left beside them."""
        boxes = panel_boxes(self.page, len(self.dense))
        for dense, letter, box in zip(self.dense, letters(len(boxes)), boxes, strict=True):
            panel = open_panel(self.page, box, dense)
            draw_base(panel, municipalities)
            draw_localities(panel)
            hard = name_panel(panel, letter, dense.name, self.lang)
            used = self.links[self.inside[dense]]
            ends = place_ends(panel, used, self.sites)
            numbers, soft = draw_arrows(panel, used, ends, self.near_scale, self.texts)
            soft += draw_ends(panel, ends)
            words = name_words(ends, self.names, used, 0.55 * (box[2] - box[0]))
            words += numbers
            draw_words(panel, words, hard=hard, soft=soft)
        left = boxes[-1][2] + 14 if boxes else 0.0
        free = self.page.listing.get_xlim()[1] - left
        high = not self.page.aside and free > 180 and len(self.links)
        if high and (not boxes or boxes[0][3] - boxes[0][1] > 150) and rows_in(self.page) > 3:
            room = rows_in(self.page, left=left)
            count = len(self.links) if len(self.links) <= room else room - 1
            rows = link_rows(self.links, self.names, count, self.unit, self.lang)
            write_rows(self.page, rows, left=left)


def _inside(page: Page, place: object) -> bool:
    """Say whether a place lies on a page."""
    x, y = to_points(page, (place.x, place.y))  # type: ignore[attr-defined]
    return bool(0 < x < page.overlay.get_xlim()[1] and 0 < y < page.overlay.get_ylim()[1])
