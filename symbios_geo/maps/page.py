"""The page of a map: its parts, its title, and its background in SWEREF 99 TM."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import geopandas as gpd
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.transforms import Bbox

from .. import labels
from ..errors import DataError, OutputError
from ..matching.roads import load_roads
from ..model import METRIC_CRS
from ..region.area import on_land, read_basemap
from ..region.sweden import load_swedish_municipalities
from ..tables import data_folder, once_per_folder, read_table

CM = 1 / 2.54
# inside the margins of A4; a 16:9 slide; a column of a page with two
SIZES_CM = {"a4": (17.0, 24.0), "wide": (25.4, 14.29), "half": (8.3, 21.5)}
FONTS = ("Liberation Sans", "Arial", "DejaVu Sans")
SMALL, NORMAL, LARGE = 6.5, 7.5, 12.0  # points
BACKGROUND_WINDOW = (10.9, 55.95, 14.35, 57.88)  # degrees: what the sea file covers
PADDING_M = 7000
LARGEST_WATER_M, LARGEST_ROADS_M = 600_000, 100_000  # high, of a map that shows them
ROAD = "#c3b8a4"
LONGEST_LEGEND = 250.0  # points, under a narrow map
NARROW = 300.0  # points; a page below it has its legend under the map
TITLE_POINTS, STRIP_POINTS, NARROW_STRIP = 48.0, 150.0, 200.0
FULL = 0.97  # of the room for a title: a longer one runs to the very edge
LEAST_POINTS = 180.0  # sides of a page; below it legend and names lie in a heap
INK, FAINT = "#222222", "#777777"
BORDER = "border"  # of the drawn lines that would strike through a name


class Page(NamedTuple):
    """
    A map, and axes in points over it: for labels, for the legend and for insets or a list.

    The legend lies in the sea of the map, on a narrow page under it. Insets and list lie beside
    the map of a broad page and under that of a high one; a page without them has the map alone.
    """

    ax: Axes
    overlay: Axes
    legend: Axes
    listing: Axes
    points_per_metre: float
    area: Bbox
    colours: Mapping[str, str] = MappingProxyType({})

    @property
    def area_points(self) -> tuple[float, float]:
        """Width and height of the whole page, points."""
        box = _in_points(self.ax, self.area)
        return float(box.width), float(box.height)

    @property
    def aside(self) -> bool:
        """Whether the legend stands under the map, not on it."""
        return self.legend is self.listing

    @property
    def shrink(self) -> float:
        """By how much symbols are smaller than on a whole page."""
        return 0.55 if self.aside else 1.0

    def colour(self, key: str) -> str:
        """Return the colour of a key: one's own, else that of labels.csv."""
        return self.colours.get(key) or labels.colour(key)


def is_broad(ax: Axes) -> bool:
    """Say whether axes are so broad that legend and list go beside the map."""
    box = _in_points(ax, ax.get_position())
    return bool(box.width > 1.15 * box.height)


@contextmanager
def style() -> Iterator[None]:
    """Draw with the fonts and settings of the project; the caller's settings come back after."""
    known = {font.name for font in fontManager.ttflist}
    settings: dict[str, Any] = {
        "font.family": [name for name in FONTS if name in known],
        "font.size": NORMAL,
        "text.color": INK,
        "text.parse_math": False,  # a dollar sign in a site's name is a dollar sign
        "svg.fonttype": "none",
        "svg.hashsalt": "symbios-geo",
        "pdf.fonttype": 42,
        "hatch.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.max_open_warning": 0,
    }
    plt.draw_if_interactive()  # loads the backend first: what it sets must not be taken back
    with mpl.rc_context(settings):
        yield


@cache
def _swedish_shapes() -> gpd.GeoDataFrame:
    return load_swedish_municipalities().to_crs(METRIC_CRS)


@cache
def swedish_outline() -> gpd.GeoSeries:
    """Return Sweden as one coarse polygon in SWEREF 99 TM."""
    return gpd.GeoSeries([_swedish_shapes().union_all().simplify(3000)], crs=METRIC_CRS)


@once_per_folder
def load_background(layer: str) -> gpd.GeoSeries:
    """Return "sea", the sea "west" of it, "lake", "river", "road", or what is "neighbour"."""
    if layer == "neighbour":
        shapes = _swedish_shapes()
        window = gpd.GeoSeries([shapely.box(*BACKGROUND_WINDOW)], crs=4326).to_crs(METRIC_CRS)
        return shapes.geometry[shapes.intersects(window.iloc[0])].set_axis(
            shapes["name"][shapes.intersects(window.iloc[0])]
        )
    shapes = load_roads() if layer == "road" else read_basemap(layer)
    if shapes is None:
        msg = f"{data_folder() / 'basemap'} has no {layer}. Restore the folder from the repository."
        raise DataError(msg)
    return shapes.geometry.to_crs(METRIC_CRS)


def neighbours_in(ax: Axes) -> gpd.GeoSeries:
    """Return the Swedish municipalities that lie in the limits of a map, by name."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    shapes = _swedish_shapes()
    seen = shapes[shapes.intersects(shapely.box(left, bottom, right, top))]
    return seen.geometry.set_axis(seen["name"])


def land_of(municipalities: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return municipalities in SWEREF 99 TM as they are drawn: up to the coast."""
    return on_land(municipalities).to_crs(METRIC_CRS)


def start_figure(size: str = "a4", figsize: tuple[float, float] | None = None) -> Figure:
    """
    Return an empty figure of a named size: "a4" (17 x 24 cm), "wide" (16:9) or "half" (a column).

    `figsize` (width and height, inches) comes before it. What is too small for the legend and the
    names of a map is refused.
    """
    if figsize is not None:
        if len(figsize) != 2 or min(figsize) * 72 < LEAST_POINTS:
            msg = (
                f"figsize = {figsize!r} cannot be used. Give width and height in inches, each at "
                f"least {LEAST_POINTS / 72:g}: a map needs room for its names and legend."
            )
            raise OutputError(msg)
        return plt.figure(figsize=figsize)
    if size not in SIZES_CM:
        msg = (
            f"There is no size {size!r}. Choose one of: {', '.join(SIZES_CM)}; or give "
            "figsize=(width, height) in inches."
        )
        raise OutputError(msg)
    width, height = SIZES_CM[size]
    return plt.figure(figsize=(width * CM, height * CM))


def start_axes(size: str = "a4", figsize: tuple[float, float] | None = None) -> Axes:
    """Return axes that fill a new figure (see `start_figure`)."""
    return start_figure(size, figsize).add_axes((0, 0, 1, 1))


def start_page(
    ax: Axes,
    municipalities: gpd.GeoDataFrame,
    *,
    list_points: float = 0.0,
    bounds: tuple[float, float, float, float] | None = None,
    colours: Mapping[str, str] = MappingProxyType({}),
    under: bool = False,
    titled: bool = True,
) -> Page:
    """
    Divide the rectangle of `ax` into map, legend, list and source line.

    What has insets or a list gets them to the right of the map in a broad rectangle, and under it
    in a high one.

    Parameters
    ----------
    ax
        Axes whose rectangle is the whole page.
    municipalities
        Polygons; the map shows all of them.
    list_points
        Height of insets and list under a high map, points; 0 is none, and none beside it.
    bounds
        What the map shows at least: left, bottom, right, top in SWEREF 99 TM. None: the
        municipalities with some room around them.
    colours
        Colours that replace those of labels.csv.
    under
        The list stands under the map on a broad page too.
    titled
        Whether a title and a source line stand on the page.

    Raises
    ------
    OutputError
        If the axes are too small for a map.
    """
    figure, area = _figure_of(ax), ax.get_position()
    if min(_in_points(ax, area).size) < LEAST_POINTS:
        msg = (
            f"The axes are {' x '.join(f'{side / 72:.1f}' for side in _in_points(ax, area).size)} "
            f"inches; a map needs at least {LEAST_POINTS / 72:g} x {LEAST_POINTS / 72:g}. Make the "
            "figure larger, as plt.subplots(figsize=(12, 8))."
        )
        raise OutputError(msg)
    box, broad = _in_points(ax, area), is_broad(ax)
    bottom = box.y0 + (44 if titled else 32)  # four source lines stand below
    left, right, top = box.x0 + 10, box.x1 - 10, box.y1 - TITLE_POINTS
    top = top if titled else box.y1 - 28
    narrow = titled and box.width < NARROW and box.height > NARROW + TITLE_POINTS
    if narrow:  # title and source take more lines
        # a long legend, but on a low page rather the map
        deep = min(0.42 * box.height, LONGEST_LEGEND)
        bottom, top, list_points = bottom + 14, top - 34, max(list_points, NARROW_STRIP, deep)
    map_box = Bbox.from_extents(left, bottom, right, top)
    below = Bbox.from_extents(left, bottom, right, bottom + max(list_points, 1.0))
    if broad and list_points and not under:
        width = min(1.25 * (top - bottom), 0.6 * (right - left))
        map_box = Bbox.from_extents(left, bottom, left + width, top)
        below = Bbox.from_extents(map_box.x1 + 12, bottom, right, top)
    elif list_points:
        map_box = Bbox.from_extents(left, below.y1 + 8, right, top)
    if bounds is None:
        bounds = padded(land_of(municipalities).total_bounds, PADDING_M)
    scale = _draw_window(ax, bounds, map_box)
    ax.set_position(_in_figure(figure, map_box))
    overlay = _point_axes(figure, map_box, zorder=5)
    listing = _point_axes(figure, below, zorder=6)
    listing.set_ylim(-below.height, 0)
    legend = listing if narrow else _point_axes(figure, map_box, zorder=6)
    if not narrow:
        legend.set_ylim(-map_box.height, 0)
    return Page(ax, overlay, legend, listing, scale, area, colours)


def padded(bounds: Any, metres: float) -> tuple[float, float, float, float]:
    """Return bounds with room on every side."""
    left, bottom, right, top = map(float, bounds)
    return left - metres, bottom - metres, right + metres, top + metres


def _draw_window(ax: Axes, bounds: tuple[float, float, float, float], box: Bbox) -> float:
    """Set the map limits around bounds with the shape of `box`; return points per metre."""
    x0, y0, x1, y1 = bounds
    scale = min(box.width / (x1 - x0), box.height / (y1 - y0))
    width, height = box.width / scale, box.height / scale
    # a tall or broad map gains sea, where legends go, rather than land on both sides
    right, middle = x1 + 0.04 * (width - (x1 - x0)), (y0 + y1) / 2
    ax.set_xlim(right - width, right)
    ax.set_ylim(middle - height / 2, middle + height / 2)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set(visible=True, color=FAINT, linewidth=0.6)
    return float(scale)


def _figure_of(ax: Axes) -> Figure:
    return ax.get_figure(root=True)  # type: ignore[return-value]


def _in_points(ax: Axes, box: Bbox) -> Bbox:
    width, height = _figure_of(ax).get_size_inches() * 72
    return Bbox.from_extents(box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height)


def _in_figure(figure: Figure, box: Bbox) -> Bbox:
    width, height = figure.get_size_inches() * 72
    return Bbox.from_extents(box.x0 / width, box.y0 / height, box.x1 / width, box.y1 / height)


def _point_axes(figure: Figure, box: Bbox, *, zorder: float) -> Axes:
    """Return invisible axes over a box whose coordinates are points from its lower left corner."""
    axes = figure.add_axes(_in_figure(figure, box).bounds, zorder=zorder)
    axes.set(xlim=(0, box.width), ylim=(0, box.height))
    axes.set_axis_off()
    return axes


def to_points(page: Page, xy: Any) -> np.ndarray:
    """Return map coordinates (SWEREF 99 TM, metres) as points from the map's lower left corner."""
    corner = np.array([page.ax.get_xlim()[0], page.ax.get_ylim()[0]])
    return (np.asarray(xy, dtype=float) - corner) * page.points_per_metre


def draw_base(
    page: Page,
    municipalities: gpd.GeoDataFrame,
    *,
    fill: Mapping[str, str] | None = None,
    hatch: Mapping[str, str] | None = None,
) -> gpd.GeoSeries:
    """
    Draw sea, neighbours, lakes and the county; return the drawn municipalities by code.

    Parameters
    ----------
    page
        The page to draw on.
    municipalities
        Polygons indexed by municipality_code.
    fill, hatch
        Colour and hatching by municipality_code; None is the plain colour of the county.
    """
    ax = page.ax
    sea, land = page.colour("map:sea"), page.colour("map:land")
    ax.set_facecolor(land)
    water = {"facecolor": sea, "edgecolor": "#9fb6c4", "linewidth": 0.4}
    border = {"facecolor": land, "edgecolor": "#cfcac0", "linewidth": 0.5}
    add_shapes(ax, neighbours_in(ax), **border, zorder=1)
    bottom, top = ax.get_ylim()
    # the files know the water of a part of Sweden: on a larger map it would be a patch
    local = top - bottom < LARGEST_WATER_M
    if local:
        add_shapes(ax, load_background("sea"), **water, gid=BORDER, zorder=1.2)
        add_shapes(ax, load_background("west"), facecolor=sea, edgecolor="none", zorder=1.21)
    shapes = land_of(municipalities)
    for code, shape in shapes.items():
        colour = (fill or {}).get(str(code), page.colour("map:county"))
        edge = {"edgecolor": "#d8d0c0", "linewidth": 0.8, "gid": BORDER}
        add_shapes(ax, [shape], facecolor=colour, **edge, zorder=1.5)
        if pattern := (hatch or {}).get(str(code)):
            lines = {"facecolor": "none", "edgecolor": "#999999", "linewidth": 0}
            add_shapes(ax, [shape], **lines, hatch=pattern, zorder=1.55)
    outline = _outline(tuple(shapes))
    add_shapes(ax, [outline], facecolor="none", edgecolor="#6b6b6b", linewidth=0.7, zorder=1.7)
    if local:
        add_shapes(ax, load_background("lake"), **water, zorder=1.8)
        rivers = {"facecolor": "none", "edgecolor": "#a9c3d3", "linewidth": 0.7}
        add_shapes(ax, load_background("river"), **rivers, zorder=1.78)
    if top - bottom < LARGEST_ROADS_M:
        for colour, width in (("white", 1.7), (ROAD, 0.9)):  # a line with a pale edge
            road = {"facecolor": "none", "edgecolor": colour, "linewidth": width}
            add_shapes(ax, load_background("road"), **road, zorder=1.77)
    return shapes


@cache
def _outline(shapes: tuple[Any, ...]) -> Any:
    """Return polygons as one, without the slits between them; joined once for all maps of it."""
    return shapely.union_all([*gpd.GeoSeries([*shapes]).buffer(60)]).buffer(-60)


def localities_in(ax: Axes) -> gpd.GeoDataFrame:
    """Return the localities in the limits of a map: name, population, area, SWEREF 99 TM."""
    table = localities()
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    return table[table.intersects(shapely.box(left, bottom, right, top))]


@once_per_folder
def localities() -> gpd.GeoDataFrame:
    """Return the bundled localities, SWEREF 99 TM, with the radius of a disc as large as each."""
    table = read_table("localities").set_index("locality_id")
    points = gpd.points_from_xy(table["lon"], table["lat"], crs=4326)
    places = gpd.GeoDataFrame(table, geometry=points).to_crs(METRIC_CRS)
    radius = np.sqrt(places["area_ha"].astype(float).fillna(0) * 1e4 / np.pi)
    return places.assign(radius_m=radius)


def draw_localities(page: Page, look: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """
    Draw every locality as a disc of its true area, for want of its true shape.

    `look` holds the looks of some by locality_id; the others are grey.
    """
    places, own = localities_in(page.ax), look or {}
    discs = places.buffer(places["radius_m"], quad_segs=12)
    plain = {"facecolor": page.colour("map:built"), "edgecolor": "none", "linewidth": 0}
    # hundreds of alike ones are one shape
    named = discs.index.isin([*own])
    add_shapes(page.ax, [shapely.GeometryCollection([*discs[~named]])], **plain, zorder=1.72)
    for key, disc in discs[named].items():
        add_shapes(page.ax, [disc], **{**plain, **own[str(key)]}, zorder=1.72)


def add_shapes(ax: Axes, shapes: Iterable[Any], **look: Any) -> None:
    """Add polygons or lines to axes as far as they are seen; the limits of the axes stay."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    room = 0.03 * max(right - left, top - bottom)  # so that no cut edge shows
    for shape in shapes:
        seen = shapely.clip_by_rect(shape, left - room, bottom - room, right + room, top + room)
        parts = shapely.get_parts(seen)
        rings = [
            Outline(ring.coords, closed=part.geom_type == "Polygon")
            for part in parts
            for ring in (shapely.get_rings(part) if part.geom_type == "Polygon" else [part])
        ]
        if rings:
            outline = Outline.make_compound_path(*rings)
            ax.add_artist(PathPatch(outline, **look))


def text_size(text: Any) -> tuple[float, float]:
    """Return width and height of a drawn text in points."""
    figure = text.get_figure(root=True)
    box = text.get_window_extent(figure.canvas.get_renderer())
    points = 72 / figure.get_dpi()
    return float(box.width * points), float(box.height * points)


def draw_source(ax: Axes, area: Bbox, lines: Sequence[str]) -> None:
    """Write the source lines under a drawing whose rectangle in the figure is `area`."""
    box = _in_points(ax, area)
    figure = _figure_of(ax)
    corner = _in_figure(figure, Bbox.from_extents(box.x0 + 10, box.y0 + 6, box.x1, box.y1))
    text = "\n".join(lines)
    look = {"fontsize": SMALL, "color": "#444444", "va": "bottom", "linespacing": 1.2}
    written = figure.text(corner.x0, corner.y0, text, **look)
    written.set_gid("source")
    # a narrow page has shorter lines
    while text_size(written)[0] > box.width - 12 and max(map(len, text.split("\n"))) > 30:
        width = int(0.92 * max(map(len, text.split("\n"))))
        text = "\n".join(part for line in lines for part in textwrap.wrap(line, width))
        written.set_text(text)


def _letters(text: Any, room: float) -> int:
    """Return how many letters of a text fill a line of `room` points; 0 is no limit."""
    wide, count = text_size(text)[0], len(text.get_text())
    return max(int(0.96 * room * count / wide), 20) if room and wide > room else max(count, 20)


def _even_lines(text: str, longest: int) -> list[str]:
    """Return a text in as few lines as can be, none much shorter than the others."""
    count = len(textwrap.wrap(text, longest))
    return next(
        lines
        for wide in range(max(longest // 2, 10), longest + 1)
        if len(lines := textwrap.wrap(text, wide)) == count
    )


def write_heading(
    ax: Axes, title: str, subtitle: str, *, room: float | None = None, lines: int = 4
) -> None:
    """
    Write a finding above a drawing, and under it what is measured and in what unit.

    A title that is longer than the drawing is broad is written smaller, then in more lines; title
    and subtitle have so many `lines`. `room` is its length in points; None is the width of the
    axes, 0 is no limit.
    """
    old = [text for text in ax.texts if text.get_gid() == "subtitle"]
    for text in old:
        text.remove()
    room = float(_in_points(ax, ax.get_position()).width) if room is None else room
    small = {"fontsize": NORMAL, "color": "#444444", "va": "bottom", "annotation_clip": False}
    under = ax.annotate(
        subtitle, (0, 1), (0, 5), xycoords="axes fraction", textcoords="offset points", **small
    )
    under.set_gid("subtitle")
    told: list[str] = []
    for size in (NORMAL, 7.0, SMALL) if subtitle else ():
        under.set_fontsize(size)
        told = _even_lines(subtitle, _letters(under, room))
        if len(told) <= lines - 2:
            break
    under.set_text("\n".join(told))  # never cut: what it hangs on stands last
    look = {"loc": "left", "fontweight": "bold", "x": 0, "pad": 8 + 9 * len(told)}
    words = ax.set_title(title, fontsize=LARGE, **look)
    for size in (10.0, 9.0):
        if room and text_size(words)[0] > FULL * room:
            words.set_fontsize(size)
    if room and text_size(words)[0] > room:
        parts, most = _even_lines(title, _letters(words, room)), lines - max(len(told), lines // 2)
        words.set_text("\n".join(parts[:most]) + ("\u2026" if len(parts) > most else ""))
    if told:
        words.set_y(1.0)
    else:
        under.remove()
