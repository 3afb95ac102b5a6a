"""Find sites and flows that may stand in a register twice, by place, name and amount."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

import geopandas as gpd
import numpy as np
import pandas as pd

from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from ..tables import once_per_folder, read_table
from .comparing import LEGAL_FORMS, as_numbers
from .forms import Form

LIKENESS = 0.6  # of two names, 0 to 1; below it two plants at one place are two plants
SAME_FLOW = ("site_id", "resource", "role", "stream", "carbon", "value")
PAIR = ["site", "other", "name", "other_name", "distance_km", "likeness"]
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
        site, other, name, other_name, distance_km, likeness (0 to 1) and table ("sites"), most
        alike first.
    """
    if sites.empty or others.empty:
        return pd.DataFrame(columns=[*PAIR, "table"])
    theirs, ours = others.to_crs(METRIC_CRS), sites.to_crs(METRIC_CRS)
    their_error, our_error = (
        np.nan_to_num(table["coordinate_error_km"].to_numpy(float)) for table in (theirs, ours)
    )
    reach_km = np.maximum(our_error + their_error.max(), NEAREST_KM)
    near = theirs.sindex.query(ours.geometry, predicate="dwithin", distance=reach_km * 1000)
    rows = []
    for one, two in near.T:
        site, other = ours.index[one], theirs.index[two]
        away = ours.geometry.iloc[one].distance(theirs.geometry.iloc[two]) / 1000
        names = str(ours["name"].iloc[one]), str(theirs["name"].iloc[two])
        if other == site or away > max(our_error[one] + their_error[two], NEAREST_KM):
            continue
        if (alike := _likeness(*names)) >= LIKENESS:
            rows.append([site, other, *names, away, alike])
    found = pd.DataFrame(rows, columns=PAIR).assign(table="sites")
    return found.sort_values("likeness", ascending=False, ignore_index=True)


def likely_duplicates(forms: Sequence[Form], *, bundled: bool = True) -> pd.DataFrame:
    """
    Return pairs of sites, or of flows, that may be one, in any two files or with a bundled site.

    Parameters
    ----------
    forms
        What `collect.read_forms` returned.
    bundled
        Whether to compare with the bundled sites too.

    Returns
    -------
    pandas.DataFrame
        As `find_duplicates` returns; each pair once, most alike first.
    """
    sites = [_points_of(form.tables["sites"]) for form in forms if "sites" in form.tables]
    if not sites:
        return pd.DataFrame(columns=[*PAIR, "table"])
    new = pd.concat(sites)
    known = read_table("sites").dropna(subset=["lon", "lat"]).astype("str")
    known["name"] = known["name_sv"]
    pairs = [find_duplicates(new, new)]
    if bundled:
        pairs.append(find_duplicates(new, _points_of(known)))
    pairs.append(duplicate_flows([f.tables["flows"] for f in forms if "flows" in f.tables]))
    found = pd.concat([pair for pair in pairs if len(pair)] or pairs[:1], ignore_index=True)
    # a pair of two new sites is found from both ends
    ends = [tuple(sorted(pair)) for pair in zip(found["site"], found["other"], strict=True)]
    found = found[~pd.Series(ends, index=found.index, dtype=object).duplicated()]
    return found.sort_values("likeness", ascending=False, kind="stable", ignore_index=True)


def duplicate_flows(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """
    Return pairs of flow rows that may be one pasted twice: one site, stream and amount.

    The columns are those of `find_duplicates`, with ids of flows.
    """
    columns = [*PAIR, "table"]
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    if rows.empty or not {*SAME_FLOW[:4], "flow_id", "value"} <= set(rows.columns):
        return pd.DataFrame(columns=columns)
    same = [column for column in SAME_FLOW if column in rows.columns]
    keys = rows[same].astype("str").agg("|".join, axis=1)
    first = rows["flow_id"].groupby(keys).transform("first")
    twice = rows[keys.duplicated()]
    pairs = {"site": twice["flow_id"], "other": first[twice.index], "name": twice["stream"]}
    found = pd.DataFrame(pairs).assign(distance_km=0.0, likeness=1.0, table="flows")
    return found.assign(other_name=found["name"])[columns].reset_index(drop=True)


def _likeness(first: str, second: str) -> float:
    """Return how alike two names are, 0 to 1; one name inside the other is alike."""
    a, b = sorted((_core(first), _core(second)), key=len)
    return 1.0 if len(a) > 3 and a in b else SequenceMatcher(None, a, b).ratio()


def _core(name: str) -> str:
    """Return a name without the words that many names share: places and company forms."""
    common = _common_words()
    words = re.findall(r"\w+", name.casefold())
    return " ".join([word for word in words if word not in common] or words)


@once_per_folder
def _common_words() -> frozenset[str]:
    """Return the names of localities and the words between names, in lower case."""
    names = read_table("localities")["name"].str.casefold()
    return frozenset({*names, *LEGAL_FORMS, "i", "och"})


def _points_of(sites: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return text rows as points with name and coordinate error."""
    error = sites.get("coordinate_error_km", pd.Series("", index=sites.index))
    cells = {"lon": sites["lon"], "lat": sites["lat"], "coordinate_error_km": error}
    numbers = {c: as_numbers(text).astype(float) for c, text in cells.items()}
    table = pd.DataFrame({"name": sites["name"], **numbers}).set_index(sites["site_id"])
    table = table.dropna(subset=["lon", "lat"])
    points = gpd.points_from_xy(table["lon"], table["lat"])
    return gpd.GeoDataFrame(table, geometry=points, crs=GEOGRAPHIC_CRS)
