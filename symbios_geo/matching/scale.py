"""A country of synthetic buildings and sources, to measure the engine at national size."""

from __future__ import annotations

import time
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..model import METRIC_CRS, Match
from ..region.sweden import load_swedish_municipalities
from .allocation import solve
from .reach import candidate_links

TOWN_SPREAD_M, SOURCE_SPREAD_M = 2_500, 4_000
SEED = 20261123


def synthetic_country(
    buildings: int = 1_000_000, sources: int = 5_000, *, seed: int = SEED
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """
    Return made-up heat sources and buildings spread over towns in Sweden's real municipalities.

    Not data: no figure of it is about a place. Both are points in SWEREF 99 TM with `value` (MWh a
    year, log-normal); supply is 80 % of demand.

    Examples
    --------
    >>> sources, sinks = synthetic_country(1000, 10)
    >>> round(float(sources["value"].sum() / sinks["value"].sum()), 2)
    0.8
    """
    rng = np.random.default_rng(seed)
    towns, weight = _towns(rng)
    houses = _around(rng, towns, weight, buildings, TOWN_SPREAD_M)
    # plants stand in small towns as often as in large ones, so no town pairs all with all
    plants = _around(rng, towns, np.full(len(towns), 1 / len(towns)), sources, SOURCE_SPREAD_M)
    demand = rng.lognormal(3.0, 0.8, buildings)
    supply = rng.lognormal(0.0, 1.6, sources)
    supply *= 0.8 * demand.sum() / supply.sum()
    return _points(plants, supply), _points(houses, demand)


def national_match(
    sources: gpd.GeoDataFrame,
    sinks: gpd.GeoDataFrame,
    *,
    max_km: float = 6.0,
    worth: float = 60.0,
    cost_per_km: float = 4.0,
    partitions: int = 16,
    workers: int = 1,
    client: Any = None,
) -> tuple[Match, pd.Series]:
    """
    Match a country, its candidate links made partition by partition.

    Parameters
    ----------
    sources, sinks
        Points with `value`, as from `synthetic_country`.
    max_km
        Longest straight distance of a link, km.
    worth, cost_per_km
        EUR/MWh, and EUR/MWh per km: a flat price, since this measures the engine and not a place.
    partitions
        Parts the sinks are split into along a space-filling curve.
    workers, client
        As in `solve`.

    Returns
    -------
    match, seconds
        The match, and the seconds of each step: links, solve.

    Examples
    --------
    >>> match, seconds = national_match(*synthetic_country(1000, 10))
    >>> bool(match.certificate["gap"] < 1e-6)
    True
    """
    import dask_geopandas

    start = time.perf_counter()
    spread = dask_geopandas.from_geopandas(
        sinks.iloc[np.argsort(sinks.geometry.hilbert_distance().to_numpy(), kind="stable")],
        npartitions=partitions,
        sort=False,
    )
    links = candidate_links(sources, spread, max_km=max_km).compute()
    links = links.assign(unit_cost=cost_per_km * links["distance_km"], worth=worth)
    paired = time.perf_counter()
    answer = solve(links, sources["value"], sinks["value"], workers=workers, client=client)
    done = time.perf_counter()
    return answer, pd.Series({"links": paired - start, "solve": done - paired}, name="seconds")


def growth(sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)) -> pd.DataFrame:
    """
    Return how links and seconds grow with the number of buildings.

    Indexed by buildings: sources, links, seconds_links, seconds_solve, cover (delivered over
    demand) and gap (proof of optimality).

    Examples
    --------
    >>> growth((500,)).index.tolist()
    [500]
    """
    rows = {}
    for buildings in sizes:
        sources, sinks = synthetic_country(buildings, buildings // 200)
        answer, seconds = national_match(sources, sinks)
        rows[buildings] = {
            "sources": len(sources),
            "links": len(answer.links),
            "seconds_links": seconds["links"],
            "seconds_solve": seconds["solve"],
            "cover": answer.links["delivered"].sum() / sinks["value"].sum(),
            "gap": answer.certificate["gap"],
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("buildings")


def _towns(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return five towns in each municipality, and how many people each draws."""
    areas = load_swedish_municipalities().to_crs(METRIC_CRS)
    towns = []
    for area in areas.geometry:
        shapely.prepare(area)
        west, south, east, north = area.bounds
        tried = rng.uniform((west, south), (east, north), (200, 2))
        inside = tried[shapely.contains_xy(area, tried)]
        towns.append(
            inside[:5] if len(inside) else np.array([area.representative_point().coords[0]])
        )
    places = np.vstack(towns)
    weight = rng.lognormal(0.0, 1.0, len(places))
    return places, weight / weight.sum()


def _around(
    rng: np.random.Generator, towns: np.ndarray, weight: np.ndarray, n: int, spread: float
) -> np.ndarray:
    """Return points scattered around towns."""
    return towns[rng.choice(len(towns), n, p=weight)] + rng.normal(0, spread, (n, 2))


def _points(xy: np.ndarray, value: np.ndarray) -> gpd.GeoDataFrame:
    """Return points with their value, indexed by number."""
    return gpd.GeoDataFrame({"value": value}, geometry=gpd.points_from_xy(*xy.T), crs=METRIC_CRS)
