"""The map of a factsheet: a municipality, its heat sources and the demand of its localities."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from .. import labels
from ..maps.legends import (
    Box,
    draw_circle_legend,
    draw_heading,
    draw_list,
    draw_swatches,
    furnish,
    round_sizes,
)
from ..maps.page import Page, add_shapes, draw_base, start_page, style
from ..maps.placenames import TOWN_LOOK, Words, draw_words, municipality_words, neighbour_words
from ..maps.symbols import (
    CHIP,
    LARGEST_RADIUS,
    class_look,
    class_words,
    draw_symbols,
    drawn_classes,
    list_rows,
    number_words,
    site_symbols,
)
from ..study.balance import counted_flows
from ..study.chain import Study

LISTED, NAMED_TOWNS = 12, 5
LEGEND_POINTS = 252.0  # height of legend and list under a map that is higher than broad
SQUARE = float(np.sqrt(np.pi))  # side of a square with the area of a circle of radius 1


def draw_municipality(ax: Axes, study: Study, code: str, *, lang: str = "sv") -> Axes:
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
    lang
        "sv" or "en".
    """
    with style():
        page = start_page(
            ax, study.municipalities.loc[[code]], list_points=LEGEND_POINTS, titled=False
        )
        others = study.municipalities.index.drop(code)
        plain = dict.fromkeys(others, labels.colour("map:land"))
        shapes = draw_base(page, study.municipalities, fill=plain)
        _outline(page, shapes.loc[[code]])
        hard = furnish(page, shapes.loc[[code]], lang)
        towns = _towns(study, code, page, lang)
        sources = _sources(study, code, page, lang)
        largest = _share_scale(sources, towns)
        soft = _draw_squares(page, towns)
        words = []
        if len(sources):
            soft += draw_symbols(page, sources)
            words = number_words(sources[~sources["apart"]].head(LISTED))
        _draw_legend(page, sources, largest, lang)
        words += _town_words(towns)
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
    rows = counted_flows(study.register, "heat", "source")
    rows = rows[(rows["municipality_code"] == code) & (rows["value"] > 0)]
    if rows.empty:
        return rows
    return site_symbols(rows.assign(_class=rows["class"]), study.register, page, lang)


def _towns(study: Study, code: str, page: Page, lang: str) -> pd.DataFrame:
    """Return one square per locality with demand; the countryside has no place of its own."""
    rows = counted_flows(study.register, "heat", "sink")
    places = study.register.sites["place_type"].reindex(rows["site_id"]).to_numpy() == "locality"
    places &= ~rows["site_id"].str.startswith("rural_").to_numpy()
    rows = rows[places & (rows["municipality_code"] == code) & (rows["value"] > 0)]
    if rows.empty:
        return rows
    return site_symbols(rows.assign(_class="role:sink"), study.register, page, lang)


def _share_scale(sources: pd.DataFrame, towns: pd.DataFrame) -> float:
    """Give circles and squares one scale, in place; return the largest value on it."""
    amounts = [towns["value"], sources.loc[~sources["apart"], "value"] if len(sources) else None]
    largest = max([float(part.max()) for part in amounts if part is not None and len(part)] or [0])
    for table in (sources, towns):
        if len(table):
            scaled = ~table["apart"]
            radius = LARGEST_RADIUS * np.sqrt(table["value"] / (largest or 1.0))
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


def _town_words(towns: pd.DataFrame) -> list[Words]:
    """Return the names of the largest localities."""
    if not len(towns):
        return []
    rows = towns.head(NAMED_TOWNS).itertuples()
    look = {**TOWN_LOOK, "bbox": CHIP}
    return [Words(row.name, row.x, row.y, SQUARE * row.radius / 2 + 1, look) for row in rows]


def _draw_legend(page: Page, sources: pd.DataFrame, largest: float, lang: str) -> None:
    """Draw classes, sizes and the list of the largest sources beside the map."""
    entries = [
        (class_words(name, sources, "GWh/yr", lang), class_look(name))
        for name in (drawn_classes(sources) if len(sources) else [])
    ]
    entries.append((labels.label("factsheet:map_demand", lang), _square_look()))
    y = draw_swatches(page.listing, -1.0, labels.label("map:temperature", lang), entries)
    if largest > 0:
        sizes = [(v, LARGEST_RADIUS * np.sqrt(v / largest)) for v in round_sizes(largest)]
        unit = labels.unit_label("GWh/yr", lang)
        title = labels.label("factsheet:map_sizes", lang, unit=unit)
        y = draw_circle_legend(page.listing, y, title, sizes, lang)
    y = draw_heading(page.listing, y, labels.label("factsheet:map_list", lang))
    if not len(sources):
        page.listing.text(0, y, labels.label("factsheet:map_none", lang), va="top")
        return
    draw_list(page.listing, y, list_rows(sources[~sources["apart"]], LISTED, lang))
