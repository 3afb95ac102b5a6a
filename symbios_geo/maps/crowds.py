"""What stands for many places, or for an imagined one: drawn beside what it deals with."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..model import METRIC_CRS, ROLES
from ..register.gate import MANY
from .insets import SEEN
from .page import Page

STUMP = 36.0  # points, from a place to what stands for many and lies nowhere
BESIDE = "@"  # in the id of what stands beside a place: whose it is


def beside_partners(
    links: pd.DataFrame, sites: gpd.GeoDataFrame, page: Page
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """
    Return links whose end that stands for many or an imagined place is drawn beside the other end.

    Such an end lies nowhere: its point tells only the way. The sites get a row for each of them.
    """
    ends = pd.unique(links[[*ROLES]].to_numpy().ravel())
    place = sites.geometry.loc[ends].to_crs(METRIC_CRS)
    away = max(STUMP * page.shrink, SEEN + 1) / page.points_per_metre
    many = sites["status"].eq(MANY)
    beside, rows = links.astype({"source": object, "sink": object}), [sites]
    for n, link in zip(links.index, links.itertuples(), strict=True):
        lone = [end for end in ROLES if many[getattr(link, end)]]
        if len(lone) != 1:
            continue
        key = getattr(link, lone[0])
        other = link.sink if key == link.source else link.source
        start, true = (np.array(place[end].coords[0][:2]) for end in (other, key))
        far = float(np.hypot(*(true - start)))
        turn = (true - start) / far if far > 1 else np.array([1.0, 0.0])
        own = sites.loc[[key]].set_axis([f"{key}{BESIDE}{other}"])
        spot = gpd.GeoSeries([shapely.Point(start + away * turn)], own.index, METRIC_CRS)
        rows.append(own.set_geometry(spot.to_crs(sites.crs)))
        beside.loc[n, lone[0]] = own.index[0]
    every = pd.concat(rows)
    return beside, every[~every.index.duplicated()]


def site_of(key: str) -> str:
    """Return the site that an end is, though it may stand beside a place."""
    return key.partition(BESIDE)[0]
