"""What nobody takes of a resource, as rings on a map of few exchanges and as a list."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.patches import Circle

from .. import labels
from ..model import METRIC_CRS, Match
from ..register.gate import Register
from .legends import Box, draw_circle_legend, draw_heading, draw_list, round_sizes
from .page import FAINT, Page, to_points
from .placenames import SITE_LOOK, Words, amount, short_site_names
from .symbols import CHIP, rest_row
from .view import rows_in

NAMED = 6  # of the largest, on the map; the list names more
LEAST = 4  # rows of a list
RADIUS = 13.0  # points, of the largest: what is sent must stand out


def unused_of(match: Match, register: Register) -> pd.Series:
    """Return what nobody takes of each source by site_id, the largest first."""
    flows = register.flows
    # a source is a flow, or all carbon of one stream
    streams = flows["site_id"] + "-" + flows["stream"].astype(str)
    owners = dict(zip(streams, flows["site_id"], strict=True))
    owners |= dict(zip(flows["flow_id"], flows["site_id"], strict=True))
    left = match.unused.groupby(match.unused.index.map(owners)).sum()
    return left[left > 0].sort_values(ascending=False, kind="stable")


class Rings:
    """Open rings whose area is what nobody takes of a source."""

    def __init__(
        self, page: Page, left: pd.Series, sites: gpd.GeoDataFrame, unit: str, lang: str
    ) -> None:
        self.page, self.unit, self.lang = page, unit, lang
        rows = sites.loc[left.index]
        place = rows.geometry.to_crs(METRIC_CRS)
        xy = to_points(page, np.column_stack([place.x, place.y]))
        self.largest = float(left.iloc[0])
        self.table = pd.DataFrame(
            {
                "name": short_site_names(rows, lang),
                "x": xy[:, 0],
                "y": xy[:, 1],
                "value": left,
                "radius": [self._radius(value) for value in left],
            }
        )

    def _radius(self, value: float) -> float:
        return float(RADIUS * self.page.shrink * np.sqrt(value / self.largest))

    def legend(self, y: float) -> float:
        """Draw the legend of sizes; return the y below it."""
        words = labels.unit_label(self.unit, self.lang)
        title = f"{labels.label('map:unused_ring', self.lang)}, {words}"
        sizes = [(value, self._radius(value)) for value in round_sizes(self.largest)[:2]]
        return draw_circle_legend(self.page.legend, y, title, sizes, self.lang)

    def draw(self, named: set[str]) -> tuple[list[Words], list[Box]]:
        """Draw the rings; return names that the map has not yet, and boxes to keep clear."""
        size = self.page.overlay.get_xlim()[1], self.page.overlay.get_ylim()[1]
        words: list[Words] = []
        boxes: list[Box] = []
        for row in self.table.itertuples():
            if not (0 < row.x < size[0] and 0 < row.y < size[1]):
                continue
            look = {"facecolor": "#ffffff80", "edgecolor": FAINT, "linewidth": 0.9}
            ring = Circle((row.x, row.y), row.radius, **look, zorder=1.9)
            ring.set_gid(f"unused-{row.Index}")
            self.page.overlay.add_artist(ring)
            if row.name not in named and len(words) < NAMED:
                look = {**SITE_LOOK, "bbox": CHIP}
                words.append(Words(row.name, row.x, row.y, row.radius, look))
                boxes.append((row.x - 3, row.y - 3, row.x + 3, row.y + 3))
        return words, boxes

    def write(self, top: float) -> None:
        """Write the list under what stands above `top`, as far as there is room."""
        room = rows_in(self.page, top=top, columns=1) - 1
        if room < LEAST:
            return
        top = draw_heading(self.page.listing, top, labels.label("map:unused", self.lang))
        values = [amount(value, self.unit, self.lang) for value in self.table["value"]]
        rows = [("", name, value) for name, value in zip(self.table["name"], values, strict=True)]
        rest = self.table["value"].iloc[room - 1 :] if len(rows) > room else pd.Series(dtype=float)
        rows = rows[: room - 1] if len(rest) else rows
        draw_list(self.page.listing, top, rows + rest_row(rest, self.unit, self.lang))
