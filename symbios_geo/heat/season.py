"""Seasons: how each flow of heat falls over the year, and the water that stores heat."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..assumptions.checks import HOURS_PER_YEAR, Numbers, checked, like_input
from ..assumptions.values import assumed
from ..model import MONTH_DAYS
from ..register.property_heat import CATEGORY as PROPERTY_HEATING
from ..tables import once_per_folder, read_table

BUILDINGS = (PROPERTY_HEATING, "district_heating")  # how categories of their demand begin
NETWORK_BOILER = "boiler"
SUMMER_SURPLUS = "district_heating_water_summer"


def flat_supply_share() -> np.ndarray:
    """
    Return the share of a flat yearly supply that falls in each month.

    Examples
    --------
    >>> flat_supply_share()[:2].round(4).tolist()
    [0.0849, 0.0767]
    """
    return MONTH_DAYS * 24 / HOURS_PER_YEAR


def month_profile(flows: pd.DataFrame) -> pd.Series:
    """
    Return the column of the table `profiles` that each heat flow follows by month.

    Buildings follow the weather, and so does the boiler of a network; processes and other sources
    are even, but for a surplus of the summer.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> flows = sg.load_register().pick("heat", "sink")
    >>> sorted(set(month_profile(flows)))
    ['heat_load_share']
    """
    category = flows["category"].astype("str").fillna("")
    heats_buildings = (flows["role"] == "sink") & category.str.startswith(BUILDINGS)
    heats_buildings |= category == NETWORK_BOILER
    profiles = np.select(
        [flows["stream"] == SUMMER_SURPLUS, heats_buildings],
        ["summer_surplus_share", "heat_load_share"],
        default="flat_share",
    )
    return pd.Series(profiles, index=flows.index, name="profile")


def month_shares(profile: pd.Series) -> pd.DataFrame:
    """
    Return the share of a year that falls in each month, by id, from the profile that each follows.

    Examples
    --------
    >>> shares = month_shares(pd.Series({"shop": "flat_share"}))
    >>> float(shares.loc["shop", 1].round(3))
    0.085
    """
    return _profiles()[profile].T.set_axis(profile.index)


@once_per_folder
def _profiles() -> pd.DataFrame:
    """Return the share of each month in the year of each profile, by month."""
    table = read_table("profiles").set_index("month").select_dtypes("number")
    return table / table.sum()


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
