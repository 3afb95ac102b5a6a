"""Find sites that may stand in a register twice, by place and name."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd

from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from ..tables import read_table

LIKENESS = 0.6  # of two names, 0 to 1; below it two plants at one place are two plants
NEAREST_KM = 0.1  # coordinates are never better than this


def find_duplicates(sites: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Return pairs of sites that may be one: near within their coordinate errors, and alike by name.

    Parameters
    ----------
    sites, others
        Points indexed by site_id with `name` and `coordinate_error_km`.

    Returns
    -------
    pandas.DataFrame
        site, other, name, other_name, distance_km and likeness (0 to 1), most alike first.
    """
    columns = ["site", "other", "name", "other_name", "distance_km", "likeness"]
    if sites.empty or others.empty:
        return pd.DataFrame(columns=columns)
    theirs = others.to_crs(METRIC_CRS)
    errors = theirs["coordinate_error_km"].fillna(0).astype(float)
    rows = []
    for site, place in sites.to_crs(METRIC_CRS).iterrows():
        away = theirs.distance(place.geometry) / 1000
        own = np.nan_to_num(float(place["coordinate_error_km"]))
        for other in theirs.index[(away <= (errors + own).clip(lower=NEAREST_KM))]:
            name, other_name = str(place["name"]), str(theirs.loc[other, "name"])
            alike = _likeness(name, other_name)
            if other != site and alike >= LIKENESS:
                rows.append([site, other, name, other_name, away[other], alike])
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values("likeness", ascending=False, ignore_index=True)


def _likeness(first: str, second: str) -> float:
    """Return how alike two names are, 0 to 1; one name inside the other is alike."""
    a, b = sorted((_core(first), _core(second)), key=len)
    return 1.0 if len(a) > 3 and a in b else SequenceMatcher(None, a, b).ratio()


def _core(name: str) -> str:
    """Return a name without the words that many names share: places and company forms."""
    common = _common_words()
    words = re.findall(r"\w+", name.casefold())
    return " ".join([word for word in words if word not in common] or words)


@cache
def _common_words() -> frozenset[str]:
    """Return the names of localities and the words between names, in lower case."""
    return frozenset({*read_table("localities")["name"].str.casefold(), "ab", "i", "och", "kb"})


def points_of(sites: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return text rows as points with name and coordinate error."""
    error = sites.get("coordinate_error_km", pd.Series("", index=sites.index))
    numbers = {
        "lon": sites["lon"],
        "lat": sites["lat"],
        "coordinate_error_km": error,
    }
    parsed = {
        c: pd.to_numeric(cells.str.replace(",", "."), errors="coerce").astype(float)
        for c, cells in numbers.items()
    }
    points = gpd.points_from_xy(parsed["lon"], parsed["lat"])
    table = pd.DataFrame({"name": sites["name"], **parsed}).set_index(sites["site_id"])
    return gpd.GeoDataFrame(table, geometry=points, crs=GEOGRAPHIC_CRS)
