"""The tables and small value objects that the other modules pass around."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

GEOGRAPHIC_CRS = "EPSG:4326"
BOUNDS = ["value", "low", "high"]  # columns of every number that has a range
METRIC_CRS = "EPSG:3006"  # SWEREF 99 TM, so distances are in metres


@dataclass(frozen=True)
class Resource:
    """What the matching engine must know about one resource."""

    key: str
    unit: str
    price_links: Callable[..., pd.DataFrame]
    supply_points: Callable[..., gpd.GeoDataFrame]
    demand_points: Callable[..., gpd.GeoDataFrame]


@dataclass(frozen=True)
class Match:
    """
    A solved allocation.

    `links` are the priced links with `sent` and `delivered`; `unused` is supply left by source,
    `unmet` demand left by sink, `prices` the worth of one more unit at each node, `certificate`
    the proof of optimality (primal and dual value, gap). `readers` says who may see it: those that
    its register was cleared for, or nobody ("secret") when it was not.
    """

    links: pd.DataFrame
    unused: pd.Series
    unmet: pd.Series
    prices: pd.DataFrame
    certificate: dict[str, Any]
    resource: Resource | None = None
    readers: str = "public"
