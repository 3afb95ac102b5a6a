"""What a map shows of the study area, how its page is opened, and what stands around the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import shapely
from matplotlib.axes import Axes

from .. import labels
from ..errors import OutputError
from ..model import METRIC_CRS
from ..register.classes import NUCLEAR
from ..register.gate import Register
from .frame import Bounds, Extent, frame_of, keep_true
from .legends import LIST_ROW, draw_list
from .page import (
    NARROW_STRIP,
    STRIP_POINTS,
    TITLE_POINTS,
    Page,
    draw_source,
    start_page,
    write_heading,
)


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
        seen = rows[_lie_in(self.window(ax), register).reindex(rows["site_id"]).to_numpy(bool)]
        return _not_empty(seen, "flow")

    def links(self, links: pd.DataFrame, places: pd.Index) -> pd.DataFrame:
        """Return the links with an end among the places of the extent: a page may show more."""
        if self.extent is None:
            return links
        ends = links["source"].isin(places) | links["sink"].isin(places)
        return _not_empty(links[ends], "link").reset_index(drop=True)

    def places(self, register: Register) -> pd.Index:
        """Return the ids of the sites in the extent asked for."""
        sites = register.sites
        if self.extent is None:
            return sites.index
        return sites.index[_lie_in(shapely.box(*self.bounds), register)]


def _lie_in(area: shapely.Polygon, register: Register) -> pd.Series:
    """Say which sites lie in an area, SWEREF 99 TM."""
    return register.sites.geometry.to_crs(METRIC_CRS).intersects(area)


def _not_empty(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return a table, or refuse an extent in which nothing lies."""
    if table.empty:
        msg = (
            f"No {kind} lies in this extent. Choose a larger one; longitude comes first, as in "
            "(west, south, east, north)."
        )
        raise OutputError(msg)
    return table


def open_page(ax: Axes, view: View, *, deep: float = STRIP_POINTS) -> Page:
    """Return the page of a map; `deep` is the room for insets and a list under it, points."""
    height = ax.get_window_extent().height * 72 / ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    wanted = deep if height > deep + NARROW_STRIP + TITLE_POINTS else 0.32 * height
    return start_page(
        ax,
        view.municipalities,
        list_points=wanted if deep else 0.0,
        bounds=view.bounds,
        colours=view.colours,
    )


def stands_beside(page: Page) -> bool:
    """Say whether insets and list stand in a column beside the map."""
    return bool(-page.listing.get_ylim()[0] > page.listing.get_xlim()[1])


def write_rows(
    page: Page, rows: Sequence[tuple[str, str, str]], *, left: float = 0.0, top: float = -1.0
) -> None:
    """Write numbered rows beside or under the map, right of `left` and under `top`, in columns."""
    width = page.listing.get_xlim()[1] - left
    deep = int((top - page.listing.get_ylim()[0]) / LIST_ROW)
    columns = 2 if width > 420 and len(rows) > deep else 1
    draw_list(page.listing, top, rows, columns=columns, left=left)


def rows_in(page: Page, *, left: float = 0.0, top: float = -1.0, columns: int | None = None) -> int:
    """Return how many rows `write_rows` has room for, in its columns or in some."""
    width = page.listing.get_xlim()[1] - left
    deep = int((top - page.listing.get_ylim()[0]) / LIST_ROW)
    return max(deep * (columns or (2 if width > 420 else 1)), 0)


def finish(
    page: Page,
    title: str,
    subtitle: str,
    rows: pd.DataFrame | None,
    lang: str,
    *,
    note: str = "",
    sums: bool = False,
) -> None:
    """Write title and subtitle above the map and the source lines under it."""
    most = 7 if page.aside else 4
    write_heading(page.ax, title, subtitle, room=page.area_points[0] - 20, lines=most)
    lines = [note] if note else []
    if rows is not None:
        lines.append(data_line(rows, lang))
        if sums:
            key = "_nuclear" if rows["class"].eq(NUCLEAR).any() else ""
            lines[-1] += " " + labels.label(f"map:additive{key}", lang)
        if not rows["visibility"].eq("public").all():
            lines[-1] += " " + labels.label("map:internal", lang)
    keep_true(page.ax)
    draw_source(page.ax, page.area, [*lines, labels.label("map:base_line", lang)])


def data_line(rows: pd.DataFrame, lang: str) -> str:
    """Return the source line of rows of the register: of which years they are, and how sure."""
    years = sorted(rows["year"].dropna().astype(int))
    span = labels.label("map:unknown", lang)
    if years:
        span = "\u2013".join(dict.fromkeys([str(years[0]), str(years[-1])]))
    # a map shows no letters of confidence: the words alone
    found = [
        labels.label(f"confidence:{one}", lang)
        for one in sorted(rows["confidence"].dropna().unique())
    ]
    grades = ", ".join(words.rpartition(" \u2013 ")[2] for words in found)
    return labels.label("map:data_line", lang, years=span, confidence=grades)
