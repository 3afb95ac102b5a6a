"""The cost of a heat link part by part: pipe, heat pump, what its source asks, houses to join."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..model import MONTHS, CostPart
from .links import (
    HOURS_PER_YEAR,
    _electricity,
    _heat_pump_cost,
    _pipe_cost,
    _sized_pipes,
    _source_cost,
    _street_cost,
    _with_modes,
)


def cost_parts(links: pd.DataFrame, assumptions: Mapping[str, float]) -> dict[str, CostPart]:
    """
    Return what pipe, heat pump, source and distribution cost on each link.

    What a pipe loses is recovered and lifted too: that is a fixed cost of those parts.

    Parameters
    ----------
    links
        As `price_links` takes them, of those that can work.
    assumptions
        Values by parameter_id.
    """
    moded = _with_modes(links, assumptions=assumptions)
    sized = _sized_pipes(moded, assumptions=assumptions)
    power, lost = sized["power_mw"].to_numpy(), sized["loss_mw"].to_numpy()
    prices = _electricity(moded, assumptions)
    mean = prices.mean(axis=1)
    pipe = _pipe_cost(moded, sized, mean, assumptions=assumptions)
    pump = _heat_pump_cost(moded, power + lost, mean, assumptions=assumptions)
    source = _source_cost(moded["heat_pump_gain"].to_numpy(float), assumptions=assumptions)
    spread = _street_cost(moded, assumptions=assumptions)
    nothing = np.zeros(len(moded))
    by_month = pump["running"][:, np.newaxis] + pump["electricity"][:, np.newaxis] * (
        prices - mean[:, np.newaxis]
    )
    kept_warm = lost * HOURS_PER_YEAR
    return {
        "pipe": CostPart(
            _each_month(pipe["running"]),
            pipe["capacity"],
            pipe["fixed"] + kept_warm * pipe["running"],
        ),
        "heat_pump": CostPart(
            by_month, pump["capacity"], lost * pump["capacity"] + kept_warm * pump["running"]
        ),
        "source": CostPart(
            _each_month(source["running"]),
            source["capacity"],
            lost * source["capacity"] + kept_warm * source["running"],
        ),
        "distribution": CostPart(_each_month(spread), nothing, nothing),
    }


def _each_month(running: np.ndarray) -> np.ndarray:
    """Return a cost that is the same in all months, a column per month."""
    return np.repeat(np.asarray(running, dtype=float)[:, np.newaxis], MONTHS, axis=1)
