"""The map of a factsheet: a municipality, its heat sources and the demand of its localities."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from .. import labels
from ..maps.insets import Dense, find_dense, mark_panel, name_panel, open_panel, told_there
from ..maps.legends import (
    Box,
    draw_circle_legend,
    draw_heading,
    draw_list,
    draw_swatches,
    furnish,
    round_sizes,
)
from ..maps.page import (
    Page,
    add_shapes,
    draw_base,
    draw_localities,
    is_broad,
    start_page,
    style,
)
from ..maps.placenames import TOWN_LOOK, Words, draw_words, municipality_words, neighbour_words
from ..maps.symbols import (
    CHIP,
    LARGEST_RADIUS,
    built_entry,
    class_look,
    class_words,
    draw_symbols,
    drawn_classes,
    list_rows,
    number_words,
    site_symbols,
)
from ..model import METRIC_CRS
from ..study.chain import Study

LISTED, INSET_LISTED, NAMED_TOWNS = 12, 7, 5  # beside an inset there is room for fewer
NARROW, LEAST_INSET = 0.6, 60.0  # of the largest radius on a phone; height in points
FEW = 2  # sources: more of them on one spot get an inset
LEGEND_POINTS = 264.0  # height of legend and list under a map that is higher than broad
SQUARE = float(np.sqrt(np.pi))  # side of a square with the area of a circle of radius 1


def draw_municipality(
    ax: Axes, study: Study, code: str, *, titled: bool = False, lang: str = "sv"
) -> Axes:
    """
    Draw sources as circles and the demand of localities as squares; return the map axes.

    Circles and squares share one scale: the same area is the same amount.

    Parameters
    ----------
    ax
        Axes whose rectangle, broader than high, is used.
    study
        A study of public rows.
    code
        The municipality_code.
    titled
        Whether there is room for a title and sources.
    lang
        "sv" or "en".
    """
    with style():
        broad = is_broad(ax)
        page = start_page(
            ax, study.municipalities.loc[[code]], list_points=LEGEND_POINTS, titled=titled
        )
        others = study.municipalities.index.drop(code)
        plain = dict.fromkeys(others, labels.colour("map:land"))
        shapes = draw_base(page, study.municipalities, fill=plain)
        draw_localities(page)
        _outline(page, shapes.loc[[code]])
        # over a narrow one the country would lie on the municipality
        hard = furnish(page, shapes.loc[[code]], lang, with_country=broad)
        towns = _towns(study, code, page, lang)
        sources = _sources(study, code, page, lang)
        reach = LARGEST_RADIUS * (1.0 if broad else NARROW)
        largest = _share_scale(sources, towns, reach)
        soft = _draw_squares(page, towns)
        words = []
        dense = _densest(sources, study, page)
        listed = INSET_LISTED if dense else LISTED
        y = _draw_legend(page, sources, largest, reach, listed, lang)
        if y - 8 - page.listing.get_ylim()[0] < LEAST_INSET:
            dense = None
        if len(sources):
            soft += draw_symbols(page, sources)
            scaled = sources[~sources["apart"]].head(listed)
            numbers = number_words(scaled)
            apart: set[str] = set()
            if dense:
                mark, frame = _draw_inset(page, y, dense, study, code, scaled, largest, reach, lang)
                words, apart = [mark], told_there(sources, dense, frame)
            pairs = zip(numbers, scaled.index, strict=True)
            words += [word for word, key in pairs if key not in apart]
        words += _town_words(towns, sources, dense.name if dense else "")
        words += municipality_words(page, shapes.loc[others], study.municipalities)
        words += neighbour_words(page, study.municipalities)
        draw_words(page, words, hard=hard, soft=soft)
    return page.ax


def _outline(page: Page, shape: gpd.GeoSeries) -> None:
    """Draw the border of the municipality."""
    look = {"facecolor": "none", "edgecolor": "#444444", "linewidth": 0.9}
    add_shapes(page.ax, shape, **look, zorder=1.75)


def _sources(study: Study, code: str, page: Page, lang: str) -> pd.DataFrame:
    """Return one circle per place with a source; empty where there is none."""
    rows = study.register.counted("heat", "source")
    rows = rows[(rows["municipality_code"] == code) & (rows["value"] > 0)]
    if rows.empty:
        return rows
    return site_symbols(rows.assign(_class=rows["class"]), study.register, page, lang)


def _towns(study: Study, code: str, page: Page, lang: str) -> pd.DataFrame:
    """Return one square per locality with demand; the countryside has no place of its own."""
    rows = study.register.counted("heat", "sink")
    places = study.register.sites["place_type"].reindex(rows["site_id"]).to_numpy() == "locality"
    places &= ~rows["site_id"].str.startswith("rural_").to_numpy()
    rows = rows[places & (rows["municipality_code"] == code) & (rows["value"] > 0)]
    if rows.empty:
        return rows
    return site_symbols(rows.assign(_class="role:sink"), study.register, page, lang)


def _densest(sources: pd.DataFrame, study: Study, page: Page) -> Dense | None:
    """Return where most sources stand on each other; None without such."""
    if not len(sources):
        return None
    places = study.register.sites.geometry.loc[sources.index[~sources["apart"]]].to_crs(METRIC_CRS)
    found = [d for d in find_dense(places, page) if len(d.ends) > FEW]
    return max(found, key=lambda dense: len(dense.ends), default=None)


def _draw_inset(
    page: Page, y: float, dense: Dense, study: Study, code: str, scaled: pd.DataFrame,
    largest: float, reach: float, lang: str,
) -> tuple[Words, Box]:  # fmt: skip
    """Draw a dense place under the list, its sources numbered as there; return mark and frame."""
    box = (0.0, page.listing.get_ylim()[0], page.listing.get_xlim()[1], y - 8)
    panel = open_panel(page, box, dense)
    draw_base(panel, study.municipalities)
    draw_localities(panel)
    hard = name_panel(panel, dense.name, lang)
    towns = _towns(study, code, panel, lang)
    own = _sources(study, code, panel, lang).loc[list(dense.ends)]
    _share_scale(own, towns, reach, largest)
    _draw_squares(panel, towns)
    soft = draw_symbols(panel, own, prefix="inset")
    place = {key: str(n) for n, key in enumerate(scaled.index, start=1)}
    words = [
        word._replace(text=place[key])
        for word, key in zip(number_words(own), own.index, strict=True) if key in place
    ]  # fmt: skip
    draw_words(panel, words, hard=hard, soft=soft)
    return mark_panel(page, panel, dense.name)


def _share_scale(
    sources: pd.DataFrame, towns: pd.DataFrame, reach: float, largest: float = 0.0
) -> float:
    """
    Give circles and squares one scale, in place, by the largest value if 0; return that.

    `reach` is the radius of the largest, points.
    """
    amounts = [towns["value"], sources.loc[~sources["apart"], "value"] if len(sources) else None]
    largest = largest or max(
        [float(part.max()) for part in amounts if part is not None and len(part)] or [0]
    )
    for table in (sources, towns):
        if len(table):
            scaled = ~table["apart"]
            radius = reach * np.sqrt(table["value"] / (largest or 1.0))
            table["radius"] = radius.where(scaled, table["radius"])
    return largest


def _square_look() -> dict[str, Any]:
    colour = labels.colour("role:sink")
    return {"facecolor": colour, "alpha": 0.45, "edgecolor": colour, "linewidth": 0.6}


def _draw_squares(page: Page, towns: pd.DataFrame) -> list[Box]:
    """Draw the demand of localities; return boxes to keep clear."""
    boxes = []
    for key, row in towns.iterrows():
        half = SQUARE * row["radius"] / 2
        corner = (row["x"] - half, row["y"] - half)
        square = Rectangle(corner, 2 * half, 2 * half, **_square_look(), zorder=1.8)
        square.set_gid(f"town-{key}")
        page.overlay.add_patch(square)
        boxes.append((*corner, row["x"] + half, row["y"] + half))
    return boxes


def _town_words(towns: pd.DataFrame, sources: pd.DataFrame, named: str) -> list[Words]:
    """Return the names of the largest localities, off circles over them; an inset has its own."""
    words, look = [], {**TOWN_LOOK, "bbox": CHIP}
    for row in towns.head(NAMED_TOWNS).itertuples():
        if row.name == named:
            continue
        clear = SQUARE * row.radius / 2 + 1
        if len(sources):
            far = np.hypot(sources["x"] - row.x, sources["y"] - row.y)
            clear = max([clear, *(far + sources["radius"])[far < sources["radius"]]])
        words.append(Words(row.name, row.x, row.y, clear, look))
    return words


def _draw_legend(
    page: Page, sources: pd.DataFrame, largest: float, reach: float, listed: int, lang: str
) -> float:
    """Draw classes, sizes and the list of the largest sources; return the y below them."""
    entries = [
        (class_words(name, sources, "GWh/yr", lang), class_look(name))
        for name in (drawn_classes(sources) if len(sources) else [])
    ]
    entries.append((labels.label("factsheet:map_demand", lang), _square_look()))
    entries.append(built_entry(page, lang))
    y = draw_swatches(page.listing, -1.0, labels.label("map:temperature", lang), entries)
    if largest > 0:
        sizes = [(v, reach * np.sqrt(v / largest)) for v in round_sizes(largest)]
        unit = labels.unit_label("GWh/yr", lang)
        title = labels.label("factsheet:map_sizes", lang, unit=unit)
        y = draw_circle_legend(page.listing, y, title, sizes, lang)
    y = draw_heading(page.listing, y, labels.label("factsheet:map_list", lang))
    if not len(sources):
        page.listing.text(0, y, labels.label("factsheet:map_none", lang), va="top")
        return y
    return draw_list(page.listing, y, list_rows(sources[~sources["apart"]], listed, lang))
