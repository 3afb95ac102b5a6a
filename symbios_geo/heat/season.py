"""Seasons: a flat supply by month, and the water that stores heat."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..assumptions.checks import HOURS_PER_YEAR, Numbers, checked, like_input
from ..assumptions.values import assumed
from ..model import MONTH_DAYS


def flat_supply_share() -> np.ndarray:
    """
    Return the share of a flat yearly supply that falls in each month.

    Examples
    --------
    >>> flat_supply_share()[:2].round(4).tolist()
    [0.0849, 0.0767]
    """
    return MONTH_DAYS * 24 / HOURS_PER_YEAR


def store_volume_m3(
    energy_mwh: Numbers,
    hot_c: Numbers,
    cold_c: Numbers,
    *,
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the water volume that holds `energy_mwh` between two temperatures, m3.

    Raises
    ------
    ParameterError
        If the energy is negative, or the store is not hotter full than empty.

    Examples
    --------
    >>> round(float(store_volume_m3(100, 90, 50)))
    2143
    """
    assumptions = assumed(assumptions)
    energy = checked("energy_mwh", energy_mwh, at_least=0)
    difference = checked("hot_c - cold_c", np.subtract(hot_c, cold_c), above=0)
    volume = energy * 3.6e6 / (assumptions["water_heat_kj_per_m3k"] * difference)
    return like_input(volume, energy_mwh, hot_c, cold_c)
