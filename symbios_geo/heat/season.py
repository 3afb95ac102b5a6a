"""Seasons: how much of a demand a flat supply covers, and what storing the rest takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from ..assumptions.checks import HOURS_PER_YEAR, Numbers, checked, like_input
from ..assumptions.values import assumed
from ..errors import ParameterError
from ..model import MONTH_DAYS
from ..tables import read_table

SHARE_TOLERANCE = 0.005  # twelve shares in whole per cent may miss 1 by this much

Shares: TypeAlias = Sequence[float] | np.ndarray | pd.Series


def cover_without_storage(ratio: Numbers, shares: Shares | None = None) -> Numbers:
    """
    Return the share of a year's demand that a flat supply covers without storage, 0-1.

    Sum over the periods of min(demand, supply). Months overstate the cover by 1-2 percentage
    points against hours. Source: hotmaps_load_profile_residential_heating.

    Parameters
    ----------
    ratio
        Yearly supply over yearly demand.
    shares
        Share of the yearly demand in each month (12), or in each of any number of equally long
        periods. None: the months of West Sweden in profiles.csv.

    Raises
    ------
    ParameterError
        If the ratio is negative, or the shares are negative or do not add up to 1.
    """
    supply = checked("ratio", ratio, at_least=0)
    demand, length = _periods(shares)
    covered = np.minimum(demand, supply[..., np.newaxis] * length).sum(axis=-1)
    return like_input(covered, ratio)


def storage_for_full_cover(ratio: float = 1.0, shares: Shares | None = None) -> float:
    """
    Return the loss-free store that lets a flat supply cover all demand, share of yearly demand.

    The deepest run of deficits in a year that repeats itself; what the store cannot take is lost.
    Parameters as in `cover_without_storage`.

    Raises
    ------
    ParameterError
        If the ratio is below 1: then no store is enough.
    """
    supply = float(checked("ratio", ratio, at_least=1))
    demand, length = _periods(shares)
    deficit = np.tile(demand - supply * length, 2)  # the winter deficit runs over the new year
    need = deepest = 0.0
    for step in deficit:
        need = max(need + step, 0.0)
        deepest = max(deepest, need)
    return float(deepest)


def flat_supply_share(shares: Shares | None = None) -> np.ndarray:
    """Return the share of a flat yearly supply that falls in each period; None: in each month."""
    if shares is None:
        return MONTH_DAYS * 24 / HOURS_PER_YEAR
    return _periods(shares)[1]


def pit_store_cost(
    volume_m3: Numbers, *, assumptions: Mapping[str, float] | None = None
) -> Numbers:
    """
    Return the investment in a pit store, MEUR.

    Fixed part plus price per m3. Source: danish_energy_agency_technology_data_5.
    """
    assumptions = assumed(assumptions)
    volume = checked("volume_m3", volume_m3, above=0)
    cost = assumptions["pit_store_fixed_meur"] + assumptions["pit_store_eur_per_m3"] * volume / 1e6
    return like_input(cost, volume_m3)


def tank_store_cost(
    volume_m3: Numbers, *, assumptions: Mapping[str, float] | None = None
) -> Numbers:
    """
    Return the investment in a tank store, EUR per m3.

    c V^k. Source: danish_energy_agency_technology_data_5.
    """
    assumptions = assumed(assumptions)
    volume = checked("volume_m3", volume_m3, above=0)
    cost = assumptions["tank_store_eur_per_m3"] * volume ** assumptions["tank_store_power"]
    return like_input(cost, volume_m3)


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
    """
    assumptions = assumed(assumptions)
    energy = checked("energy_mwh", energy_mwh, at_least=0)
    difference = checked("hot_c - cold_c", np.subtract(hot_c, cold_c), above=0)
    volume = energy * 3.6e6 / (assumptions["water_heat_kj_per_m3k"] * difference)
    return like_input(volume, energy_mwh, hot_c, cold_c)


def _periods(shares: Shares | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the demand and the length of each period, both as shares of the year."""
    given = read_table("profiles")["heat_load_share_hotmaps_se23"] if shares is None else shares
    demand = checked("shares", np.asarray(given), at_least=0)
    if abs(demand.sum() - 1) > SHARE_TOLERANCE:
        msg = f"shares add up to {demand.sum():g} and must add up to 1. Divide them by their sum."
        raise ParameterError(msg)
    months = demand.size == MONTH_DAYS.size
    length = MONTH_DAYS * 24 / HOURS_PER_YEAR if months else np.full(demand.size, 1 / demand.size)
    return demand / demand.sum(), length
