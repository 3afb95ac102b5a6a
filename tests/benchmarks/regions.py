"""Made-up regions of growing size: towns, sinks in them, sources in and between them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

SEED = 20261123
WORTH = 1_000_000  # of a delivered MWh, where a metre on the way costs 1
CORNER_M = 300_000, 6_200_000  # in Sweden: elsewhere SWEREF 99 TM does not hold


class Size(NamedTuple):
    """How many sources, sinks and towns, how far a link reaches and how wide the region is, m."""

    sources: int
    sinks: int
    reach_m: int
    width_m: int
    height_m: int
    towns: int


SIZES = {
    "972": Size(20, 200, 30_000, 60_000, 120_000, 12),
    "27 thousand": Size(100, 1_000, 20_000, 60_000, 120_000, 20),
    "223 thousand": Size(500, 5_000, 15_000, 60_000, 120_000, 40),
    "1.1 million": Size(2_000, 20_000, 10_000, 200_000, 300_000, 150),
    "3.8 million": Size(5_000, 100_000, 6_000, 300_000, 400_000, 300),
}


class Points(NamedTuple):
    """Places in metres and whole MWh; supply is 80 % of demand, a few plants have most of it."""

    sources: np.ndarray
    sinks: np.ndarray
    supply: np.ndarray
    demand: np.ndarray


class Work(NamedTuple):
    """The same whole numbers for every engine; `gain` is delivered per sent."""

    i: np.ndarray
    j: np.ndarray
    cost: np.ndarray
    gain: np.ndarray
    supply: np.ndarray
    demand: np.ndarray


def make_points(size: Size) -> Points:
    """Draw a region; always the same one for a size."""
    rng = np.random.default_rng(SEED)
    box = np.array([size.width_m, size.height_m])

    def anywhere(count: int) -> np.ndarray:
        return np.column_stack([rng.uniform(0, side, count) for side in box]) + CORNER_M

    towns = anywhere(size.towns)
    people = rng.pareto(1.2, size.towns) + 0.2
    people /= people.sum()
    sinks = towns[rng.choice(size.towns, size.sinks, p=people)]
    sinks = sinks + rng.normal(0, 2_500, sinks.shape)
    home = towns[rng.choice(size.towns, size.sources, p=people)]
    in_town = rng.random(size.sources) < 0.5
    near = home + rng.normal(0, 4_000, home.shape)
    sources = np.where(in_town[:, None], near, anywhere(size.sources))
    demand = np.maximum(rng.lognormal(7.0, 1.2, size.sinks).astype(np.int64), 1)
    share = rng.lognormal(9.0, 1.6, size.sources)
    supply = (share / share.sum() * 0.8 * demand.sum()).astype(np.int64)
    return Points(sources, sinks, np.maximum(supply, 1), demand)


def make_work(size: Size, *, losses: bool = False) -> Work:
    """Pair a region's points within reach; with `losses` a link gives less the longer it is."""
    points = make_points(size)
    tree = cKDTree(points.sources)
    pairs = tree.sparse_distance_matrix(cKDTree(points.sinks), size.reach_m, output_type="ndarray")
    pairs = pairs[np.lexsort((pairs["j"], pairs["i"]))]
    gain = 1 - pairs["v"] / 200_000 if losses else np.ones(len(pairs))
    cost = np.rint(pairs["v"]).astype(np.int64)
    ends = pairs["i"].astype(np.int64), pairs["j"].astype(np.int64)
    return Work(*ends, cost, gain, points.supply, points.demand)
