"""The page of a map: its parts, its background in SWEREF 99 TM, and the files it is saved to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
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
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from .. import labels
from ..errors import DataError, OutputError
from ..files import write_whole
from ..model import METRIC_CRS
from ..region import load_swedish_municipalities, on_land, read_basemap
from ..tables import data_folder
from .captions import marks_of
from .tagging import tag_pdf

CM = 1 / 2.54
SIZES_CM = {"a4": (17.0, 24.0), "wide": (25.4, 14.29)}  # inside A4 margins; a 16:9 slide
FONTS = ("Liberation Sans", "Arial", "DejaVu Sans")
SMALL, NORMAL, LARGE = 6.5, 7.5, 12.0  # points
BACKGROUND_WINDOW = (10.9, 55.95, 14.35, 57.88)  # degrees: what the sea file covers
PADDING_M = 7000
LEAST_POINTS = 180.0  # sides of a page; below it legend and names lie in a heap
INK, FAINT = "#222222", "#777777"
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": "symbios-geo"},
    "pdf": {"CreationDate": None, "Creator": "symbios-geo", "Producer": None},
}


class Page(NamedTuple):
    """
    A map, and axes in points over it: for labels, for the legend and for a list of sites.

    On a broad page legend and list share the column beside the map.
    """

    ax: Axes
    overlay: Axes
    legend: Axes
    listing: Axes
    points_per_metre: float
    area: Bbox
    colours: Mapping[str, str] = MappingProxyType({})

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


def load_background(layer: str) -> gpd.GeoSeries:
    """Return the sea, the lakes ("sea", "lake") or the municipalities around ("neighbour")."""
    if layer == "neighbour":
        shapes = _swedish_shapes()
        window = gpd.GeoSeries([shapely.box(*BACKGROUND_WINDOW)], crs=4326).to_crs(METRIC_CRS)
        return shapes.geometry[shapes.intersects(window.iloc[0])].set_axis(
            shapes["name"][shapes.intersects(window.iloc[0])]
        )
    shapes = read_basemap(layer)
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
    Return an empty figure of a named size: "a4" (17 x 24 cm) or "wide" (16:9).

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
) -> Page:
    """
    Divide the rectangle of `ax` into map, legend, list and source line.

    A broad rectangle gets legend and list to the right of the map. A high one gets the legend in
    the sea and the list under the map.

    Parameters
    ----------
    ax
        Axes whose rectangle is the whole page.
    municipalities
        Polygons; the map shows all of them.
    list_points
        Height of the list under a high map, points.
    bounds
        What the map shows at least: left, bottom, right, top in SWEREF 99 TM. None: the
        municipalities with some room around them.
    colours
        Colours that replace those of labels.csv.

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
    left, bottom, right, top = box.x0 + 10, box.y0 + 32, box.x1 - 10, box.y1 - 28
    if broad:
        width = min(1.15 * (top - bottom), 0.6 * (right - left))
        map_box = Bbox.from_extents(left, bottom, left + width, top)
        legend_box = Bbox.from_extents(map_box.x1 + 14, bottom, right, top)
    else:
        free = list_points + 8 if list_points else 0
        map_box = Bbox.from_extents(left, bottom + free, right, top)
        legend_box = map_box
    if bounds is None:
        bounds = padded(land_of(municipalities).total_bounds, PADDING_M)
    scale = _draw_window(ax, bounds, map_box)
    ax.set_position(_in_figure(figure, map_box))
    overlay = _point_axes(figure, map_box, zorder=5)
    legend = _point_axes(figure, legend_box, zorder=6)
    legend.set_ylim(-legend_box.height, 0)
    listing = legend
    if list_points and not broad:
        below = Bbox.from_extents(left, bottom, right, bottom + list_points)
        listing = _point_axes(figure, below, zorder=6)
        listing.set_ylim(-list_points, 0)
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
    right, middle = x1 + 0.25 * (width - (x1 - x0)), (y0 + y1) / 2
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
    add_shapes(ax, load_background("sea"), **water, zorder=1.2)
    shapes = land_of(municipalities)
    for code, shape in shapes.items():
        colour = (fill or {}).get(str(code), page.colour("map:county"))
        add_shapes(ax, [shape], facecolor=colour, edgecolor="white", linewidth=0.9, zorder=1.5)
        if pattern := (hatch or {}).get(str(code)):
            lines = {"facecolor": "none", "edgecolor": "#999999", "linewidth": 0}
            add_shapes(ax, [shape], **lines, hatch=pattern, zorder=1.55)
    outline = [shapely.union_all([*shapes.buffer(60)]).buffer(-60)]
    add_shapes(ax, outline, facecolor="none", edgecolor="#444444", linewidth=0.8, zorder=1.7)
    add_shapes(ax, load_background("lake"), **water, zorder=1.8)
    return shapes


def add_shapes(ax: Axes, shapes: Iterable[Any], **look: Any) -> None:
    """Add polygons to axes; their limits stay, and nothing is drawn before it is asked for."""
    for shape in shapes:
        parts = shapely.get_parts(shape)
        rings = [ring for part in parts for ring in shapely.get_rings(part)]
        if rings:
            outline = Outline.make_compound_path(
                *(Outline(ring.coords, closed=True) for ring in rings)
            )
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
    figure.text(
        corner.x0, corner.y0, text, fontsize=5.6, color="#444444", va="bottom", linespacing=1.2
    )


def write_title(ax: Axes, title: str) -> None:
    """Write the title of a chart, in place of one it may have."""
    ax.set_title(title, loc="left", fontsize=LARGE, fontweight="bold", pad=9, x=0)


def save_figure(
    figure: Figure,
    path: str | Path,
    formats: Sequence[str] = ("png", "svg", "pdf"),
    *,
    alt: str = "",
    lang: str = "sv",
    close: bool = False,
) -> list[Path]:
    """
    Save a figure as PNG (300 dpi), SVG (text as text) and PDF (tagged); return the files.

    The bytes depend on the figure only: no date, no machine. A file appears complete or not at all.

    Parameters
    ----------
    figure
        The figure to save.
    path
        File without suffix.
    formats
        Any of png, svg and pdf.
    alt
        What stands for the picture where it is not seen; none takes its title.
    lang
        Language of the texts, "sv" or "en".
    close
        Close the figure afterwards, which frees its memory.

    Raises
    ------
    OutputError
        If a format is unknown or the file cannot be written.
    """
    unknown = sorted(set(formats) - set(METADATA))
    if unknown:
        msg = f"A figure cannot be saved as {', '.join(unknown)}. Choose from png, svg and pdf."
        raise OutputError(msg)
    title = next((t for ax in figure.axes if (t := _title_of(ax))), Path(path).name)
    words = {"title": title, "alt": alt or title, "lang": lang}
    written = [_save(figure, Path(f"{path}.{suffix}"), suffix, **words) for suffix in formats]
    if close:
        plt.close(figure)
    return written


def spaced(text: str) -> str:
    """Return a text whose thousands stay apart: matplotlib's PDF drops some narrow spaces."""
    return text.replace("\u202f", "\u00a0")


@contextmanager
def _spaces_for(figure: Figure, suffix: str) -> Iterator[None]:
    """Let the texts of a figure have the spaces that a format can hold; they come back after."""
    texts = figure.findobj(Text) if suffix == "pdf" else []
    before = [(text, text.get_text()) for text in texts]  # type: ignore[attr-defined]
    try:
        for text, words in before:
            text.set_text(spaced(words))  # type: ignore[attr-defined]
        yield
    finally:
        for text, words in before:
            text.set_text(words)  # type: ignore[attr-defined]


def _title_of(ax: Axes) -> str:
    """Return the title of axes on one line, wherever it stands."""
    titles = (ax.get_title(loc=place) for place in ("left", "center", "right"))
    return " ".join("".join(titles).split())


def _save(figure: Figure, path: Path, suffix: str, *, title: str, alt: str, lang: str) -> Path:
    """Write a figure in one format, with what it is called and what stands for it."""
    about = METADATA[suffix] | {"Title": title}
    about |= {} if suffix == "pdf" else {"Description": alt}
    about |= marks_of(figure, suffix)

    def write(draft: Path) -> None:
        figure.savefig(draft, format=suffix, dpi=300, metadata=about)
        if suffix == "pdf":
            tag_pdf(draft, title=title, alt=alt, lang=lang)

    with style(), _spaces_for(figure, suffix):
        return write_whole(path, write)
