"""The vector background of an interactive map, and its still picture."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

from ..maps.page import localities
from ..matching.roads import load_roads
from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from ..region.area import on_land, read_basemap
from ..region.sweden import load_swedish_municipalities

DECIMALS = 5  # of a degree: one metre
BEYOND = 0.36  # of a region's width and height, how far the sheet goes on around it
MANY_VERTICES, FINE_M, COARSE_M = 6000, 40, 1500
COARSE = 0.01  # of a municipality
WATER, LINES = ("sea", "west", "lakes"), ("rivers", "roads")  # layers of the ground
STILL_HEIGHT, STILL_MARGIN, STILL_LEGEND = 640, 12, 390  # pixels
STILL_EDGE = 3  # pixels, of both sides of an open line


def load_shapes(shapes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the given municipalities in EPSG:4326."""
    return shapes.to_crs(GEOGRAPHIC_CRS)


def pack_background(municipalities: gpd.GeoDataFrame, *, sea: bool) -> dict[str, Any]:
    """Return the polygons and names drawn under the data, rounded to five decimals."""
    sweden = load_swedish_municipalities()
    others = sweden[~sweden.index.isin(municipalities.index)]
    near = others.clip(box(*sheet(municipalities)))
    return {
        "country": _rings(_country()),
        "neighbours": _rings(near.geometry),
        "municipalities": _rings(_lighten(municipalities)),
        **{name: _rings(_layer(name, municipalities)) if sea else [] for name in WATER},
        **{name: _lines(_layer(name, municipalities)) if sea else [] for name in LINES},
        "built": _discs(municipalities) if sea else [],
        "names": _names(municipalities, near),
    }


def _layer(name: str, municipalities: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return what of a layer of the ground of static maps lies on the sheet."""
    found = load_roads() if name == "roads" else read_basemap(name)
    if found is None:
        return gpd.GeoSeries([], crs=GEOGRAPHIC_CRS)
    return found.geometry.clip(box(*sheet(municipalities)))


def _discs(municipalities: gpd.GeoDataFrame) -> list[list[float]]:
    """Return latitude, longitude and radius (m) of every locality on the sheet."""
    places = localities()
    west, south, east, north = sheet(municipalities)
    near = places[places["lon"].between(west, east) & places["lat"].between(south, north)]
    parts = (near["lat"].round(DECIMALS), near["lon"].round(DECIMALS), near["radius_m"].round())
    return np.column_stack(parts).tolist()


@cache
def _country() -> gpd.GeoSeries:
    """Return Sweden outside the sheet, coarse, so that places far away have land under them."""
    land = load_swedish_municipalities().to_crs(METRIC_CRS).union_all().buffer(100)
    return gpd.GeoSeries([land.simplify(COARSE_M)], crs=METRIC_CRS).to_crs(GEOGRAPHIC_CRS)


def _lighten(shapes: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the polygons with fewer vertices if they have many; shared borders stay shared."""
    if len(shapes.geometry.get_coordinates()) <= MANY_VERTICES:
        return shapes.geometry
    metric = shapes.geometry.to_crs(METRIC_CRS)
    return metric.simplify_coverage(FINE_M).to_crs(GEOGRAPHIC_CRS)


def _rings(shapes: gpd.GeoSeries) -> list[list[list[list[float]]]]:
    """Return every polygon as rings of latitude and longitude."""
    found = []
    for polygon in shapes.explode().dropna():
        if polygon.geom_type != "Polygon":
            continue
        rings = [polygon.exterior, *polygon.interiors]
        found.append([np.round(np.array(r.coords)[:-1, 1::-1], DECIMALS).tolist() for r in rings])
    return found


def _lines(shapes: gpd.GeoSeries) -> list[list[list[float]]]:
    """Return every line as latitudes and longitudes."""
    lines = shapes.explode().dropna()
    return [
        np.round(np.array(line.coords)[:, 1::-1], DECIMALS).tolist()
        for line in lines[lines.geom_type == "LineString"]
    ]


def _names(municipalities: gpd.GeoDataFrame, near: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the names of municipalities, neighbours and localities, the important ones first."""
    land = municipalities.set_geometry(on_land(municipalities))
    found = [
        _name(m.geometry, m.name, "municipality") | {"ring": _outline(m.geometry)}
        for m in _rows(land)
    ]
    localities = known_localities(municipalities)
    for place in localities.to_dict("records"):
        at = [round(place["lat"], DECIMALS), round(place["lon"], DECIMALS)]
        found.append(
            {"kind": "locality", "text": place["name"], "at": at, "size": int(place["population"])}
        )
    return found + [_name(m.geometry, m.name, "neighbour") for m in _rows(near)]


def known_localities(municipalities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the bundled localities of municipalities, the largest first."""
    table = localities().sort_values("population", ascending=False)
    return table[table["municipality_code"].isin(municipalities.index)]


def _rows(shapes: gpd.GeoDataFrame) -> list[Any]:
    """Return name and geometry of every shape."""
    return list(shapes[["name", "geometry"]].itertuples(index=False, name="Shape"))


def _name(shape: Any, name: str, kind: str) -> dict[str, Any]:
    """Return a name with the place where it stands."""
    point = shape.representative_point()
    return {"kind": kind, "text": name, "at": [round(point.y, DECIMALS), round(point.x, DECIMALS)]}


def _outline(shape: Any) -> list[list[float]]:
    """Return the largest part of a shape, coarse: a name stands within it."""
    part = max(shape.geoms, key=lambda p: p.area) if hasattr(shape, "geoms") else shape
    west, south, east, north = part.bounds
    coarse = part.simplify(COARSE * max(east - west, north - south)).exterior
    return np.round(np.array(coarse.coords)[:-1, 1::-1], 4).tolist()


def sheet(municipalities: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """Return how far neighbours are drawn, degrees west, south, east, north: to the sea's end."""
    west, south, east, north = on_land(municipalities).total_bounds
    x, y = BEYOND * (east - west), BEYOND * (north - south)
    sea = read_basemap("sea")
    if sea is None or not box(*sea.total_bounds).intersects(box(west, south, east, north)):
        return west - x, south - y, east + x, north + y
    left, low, right, high = sea.total_bounds.tolist()
    if (beyond := read_basemap("west")) is not None:
        left = float(beyond.total_bounds[0])
    return left, low, max(right, round(float(east + x), 2)), high


def home(municipalities: gpd.GeoDataFrame) -> list[list[float]]:
    """Return the south-west and north-east corner of the first view, degrees."""
    west, south, east, north = on_land(municipalities).total_bounds.round(DECIMALS).tolist()
    return [[south, west], [north, east]]


def still(
    payload: dict[str, Any],
    marks: list[tuple[list[float], float, str]],
    lines: Sequence[tuple[list[float], list[float], float, str, bool]] = (),
    legend: Sequence[tuple[str, str, str]] = (),
) -> str:
    """
    Return a light SVG picture of a map, as it stands on paper and where no program runs.

    Background, circles of latitude-longitude, radius and colour, lines between two such places of
    width and colour, perhaps open, and beside the map a legend of colours, words and how they are
    drawn: a "circle", a "line" or an "open" line.
    """
    (south, west), (north, east) = payload["home"]
    shrink = math.cos(math.radians((south + north) / 2))
    height, margin = float(STILL_HEIGHT), STILL_MARGIN
    unit = (height - 2 * margin) / (north - south)
    width = (east - west) * shrink * unit + 2 * margin

    def place(at: list[float]) -> tuple[float, float]:
        return (at[1] - west) * shrink * unit + margin, (north - at[0]) * unit + margin

    def path(polygons: list[list[list[list[float]]]], fill: str, edge: str) -> str:
        lines = [
            "M" + "L".join("{:.1f} {:.1f}".format(*place(at)) for at in ring) + "Z"
            for polygon in polygons
            for ring in polygon
        ]
        return f'<path d="{"".join(lines)}" fill="{fill}" stroke="{edge}" fill-rule="evenodd"/>'

    def circle(at: list[float], radius: float, fill: str) -> str:
        x, y = place(at)
        paint = f'fill="{html.escape(fill)}" fill-opacity=".8" stroke="#fff"'
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" {paint}/>'

    def stroke(
        start: tuple[float, float], end: tuple[float, float], broad: float, paint: str, bare: bool
    ) -> str:
        (x1, y1), (x2, y2) = start, end
        ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        layers = [(broad, html.escape(paint)), *[(broad - STILL_EDGE, "#fff")] * bare]
        return "".join(f'<line {ends} stroke="{c}" stroke-width="{w:.1f}"/>' for w, c in layers)

    def entry(row: int, paint: str, words: str, kind: str) -> str:
        x, y = width + 2 * STILL_MARGIN, STILL_MARGIN + 26.0 * (row + 0.5)
        return (
            (
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{html.escape(paint)}"/>'
                if kind == "circle"
                else stroke((x - 8, y), (x + 8, y), 5, paint, kind == "open")
            )
            + f'<text x="{x + 14:.1f}" y="{y + 5:.1f}" font-size="15" '
            f'font-family="Arial, sans-serif" fill="#1d2521">{html.escape(words)}</text>'
        )

    pairs = [(line[:2], line[2:]) for line in lines]
    base = payload["base"]
    whole = width + (STILL_LEGEND if legend else 0)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole:.0f} {height:.0f}" '
        f'width="{whole:.0f}" height="{height:.0f}">'
        '<rect width="100%" height="100%" fill="#efeee9"/>'
        + path(base["neighbours"], "#efeee9", "#cfccc3")
        + path(base["municipalities"], "#fdfbf5", "#a39c8d")
        + path(base["sea"], "#d8e7f0", "#9dbccd")
        + "".join(circle(*mark) for mark in marks)
        + "".join(stroke(place(a), place(b), *look) for (a, b), look in pairs)
        + f'<rect x="{width:.0f}" width="{STILL_LEGEND}" height="100%" fill="#fff"/>' * bool(legend)
        + "".join(entry(row, *words) for row, words in enumerate(legend))
        + "</svg>"
    )
