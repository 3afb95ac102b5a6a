"""The small map of the one page: municipalities, places and exchanges as SVG that a row zooms."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from shapely import box, contains, points

from ..labels import number
from ..model import METRIC_CRS, ROLES
from ..region.area import on_land, read_basemap
from ..study.chain import Study
from ..web.backdrop import known_localities
from ..web.exchanges import make_places

UNIT_M = 100  # a step of the drawing
MARGIN_M, SIMPLE_M = 6_000, 60
FREE_M, STEP_M = 11_000, 2_000  # of a name from the rings of exchanges; between tried places
MUNICIPALITY, TOWN = "municipality", "town"


class SmallMap:
    """
    The drawing of one study: `view` is its frame, `land`, `water` and `names` its ground.

    The ground is simplified, since a reader sees it small; the ends of exchanges are exact to
    100 m, a step of the drawing.
    """

    def __init__(self, study: Study) -> None:
        land = on_land(study.municipalities).to_crs(METRIC_CRS)
        west, south, east, north = land.total_bounds
        self.west, self.north = west - MARGIN_M, north + MARGIN_M
        self.width, self.height = self._steps(east + MARGIN_M, south - MARGIN_M)
        frame = box(self.west, south - MARGIN_M, east + MARGIN_M, self.north)
        self.land = [
            {"code": str(code), "path": self._path(shape), "box": self._box(shape.bounds)}
            for code, shape in land.simplify_coverage(SIMPLE_M).items()
        ]
        self.water = ""
        for layer in map(read_basemap, ("sea", "lakes")):
            if layer is not None:
                shapes = layer.geometry.to_crs(METRIC_CRS).clip(frame).simplify(SIMPLE_M)
                self.water += "".join(self._path(shape) for shape in shapes)
        self._sites = study.register.sites.geometry.to_crs(METRIC_CRS)
        self._owners = make_places(study.register).owners
        self.names = self._names(study, land)

    def place(self, end: str) -> str:
        """Return the site behind the end of an exchange: a site, a flow or one's stream."""
        return self._owners.get(end, "")

    def line(self, source: str, sink: str) -> list[float] | None:
        """Return where an exchange runs, x and y of both ends; None if an end has no place."""
        ends = [self._sites.get(self.place(end)) for end in (source, sink)]
        if any(end is None or end.is_empty for end in ends):
            return None
        (ax, ay), (bx, by) = (self._steps(end.x, end.y) for end in ends)
        if np.hypot(bx - ax, by - ay) < 1:  # at one place: a mark that can be seen and chosen
            bx += 1
        return [ax, ay, bx, by]

    @staticmethod
    def totals(rows: list[dict[str, Any]], lang: str) -> dict[str, dict[str, Any]]:
        """Return what is new to each municipality, by code, and whether most of it seldom pays."""
        found: dict[str, dict[str, Any]] = {}
        for code in {row["codes"][1] for row in rows if row["new"]} - {None}:
            new = [row for row in rows if row["new"] and row["codes"][1] == code]
            whole = sum(row["values"][0] for row in new)
            unsure = sum(row["values"][0] for row in new if row["unsure"])
            if whole:
                words = f"+{number(whole, lang)}"
                found[code] = {"words": words, "unsure": unsure > whole / 2}
        return found

    def _steps(self, x: float, y: float) -> tuple[float, float]:
        """Return a place in metres in steps of the drawing, to a tenth."""
        return (
            round(float(x - self.west) / UNIT_M, 1),
            round(float(self.north - y) / UNIT_M, 1),
        )

    def _box(self, bounds: tuple[float, ...]) -> list[float]:
        """Return left, top, right and bottom of a shape."""
        west, south, east, north = bounds
        return [*self._steps(west, north), *self._steps(east, south)]

    def _path(self, shape: Any) -> str:
        """Return polygons as the text of an SVG path."""
        parts = []
        for polygon in getattr(shape, "geoms", [shape]):
            if polygon.geom_type != "Polygon":
                continue
            for ring in [polygon.exterior, *polygon.interiors]:
                points = (self._steps(x, y) for x, y in np.array(ring.coords)[:-1, :2])
                parts.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z")
        return "".join(parts)

    def _ends(self, study: Study) -> np.ndarray:
        """Return where exchanges begin and end, metres."""
        rows = study.exchanges
        named = {self.place(str(end)) for role in ROLES for end in rows[role]}
        spots = self._sites[self._sites.index.isin(named)]
        return np.column_stack([spots.x, spots.y])

    def _names(self, study: Study, land: gpd.GeoSeries) -> list[dict[str, Any]]:
        """Return the names of municipalities and of their localities, with where they stand."""
        found, ends = [], self._ends(study)
        for code, name in study.region.names.items():
            point = _free_point(land[code], ends)
            x, y = self._steps(point.x, point.y)
            found.append({"kind": MUNICIPALITY, "code": str(code), "text": name, "x": x, "y": y})
        towns = known_localities(study.municipalities)
        points = gpd.GeoSeries.from_xy(towns["lon"], towns["lat"], crs=4326).to_crs(METRIC_CRS)
        for name, point in zip(towns["name"], points, strict=True):
            x, y = self._steps(point.x, point.y)
            found.append({"kind": TOWN, "code": "", "text": name, "x": x, "y": y})
        return found


def _free_point(shape: Any, ends: np.ndarray) -> Any:
    """Return where in a municipality its name covers no ring, as near its middle as can be."""
    middle = shape.representative_point()
    west, south, east, north = shape.bounds
    across, along = (np.arange(low, high, STEP_M) for low, high in ((west, east), (south, north)))
    tried = points(*(part.ravel() for part in np.meshgrid(across, along)))
    tried = [middle, *tried[contains(shape.buffer(-2 * STEP_M), tried)]]
    if not len(ends):
        return middle

    def cost(point: Any) -> float:
        nearest = float(np.hypot(*(ends - [point.x, point.y]).T).min())
        return 3 * max(FREE_M - nearest, 0.0) + float(point.distance(middle))

    return min(tried, key=cost)
