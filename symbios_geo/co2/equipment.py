"""
What capture plants, pipelines and trucks for CO2 take by their size, as the sources state it.

Costs are of the price level of their source (2020 where parameters.csv says so); `costs` raises
them to 2024.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..assumptions.checks import LONGEST_YEAR_H, Numbers, checked, checked_or_default, like_input
from ..assumptions.values import assumed
from ..tables import once_per_folder, read_table

__all__ = [
    "capture_fixed_meur_per_tph", "capture_investment_meur_per_tph",
    "electricity_for_capture_mwh", "heat_for_capture_mwh", "pipeline_investment_meur",
    "truck_cost",
]  # fmt: skip


def capture_investment_meur_per_tph(tonnes_per_hour: Numbers) -> Numbers:
    """
    Return the investment in a capture plant on biomass flue gas, MEUR per t/h of CO2.

    The line through the two plant sizes of co2_capture_plants.csv on logarithmic scales (total
    cost grows with size to the power 0.89), also outside them.
    Source: danish_energy_agency_technology_data_4.

    Examples
    --------
    >>> round(float(capture_investment_meur_per_tph(60)), 2)
    2.8
    """
    return _by_plant_size(tonnes_per_hour, "investment_meur_per_tph")


def capture_fixed_meur_per_tph(tonnes_per_hour: Numbers) -> Numbers:
    """
    Return the yearly fixed cost of a capture plant, MEUR per t/h of CO2, as its investment.

    Examples
    --------
    >>> round(float(capture_fixed_meur_per_tph(60)), 3)
    0.084
    """
    return _by_plant_size(tonnes_per_hour, "fixed_meur_per_tph")


def plant_sizes() -> tuple[float, float]:
    """Return the smallest and largest capture plant that the source prices, t/h of CO2."""
    sizes = _scaling_plants()["size_t_per_h"]
    return float(sizes.min()), float(sizes.max())


@once_per_folder
def _scaling_plants() -> pd.DataFrame:
    """Return the plants that the line goes through, the smaller first, once per folder."""
    plants = read_table("co2_capture_plants")
    return plants[plants["scaling"] == "yes"].sort_values("size_t_per_h")


def pipeline_sizes() -> tuple[float, float]:
    """Return the smallest and largest pipeline that the source prices, t/h of CO2."""
    classes = read_table("co2_pipeline_prices")
    return float(classes["from_t_per_h"].min()), float(classes["to_t_per_h"].max())


def heat_for_capture_mwh(
    tonnes: Numbers, *, assumptions: Mapping[str, float] | None = None
) -> Numbers:
    """
    Return the steam that capturing `tonnes` of CO2 takes, MWh.

    Examples
    --------
    >>> round(float(heat_for_capture_mwh(1000)))
    833
    """
    assumptions = assumed(assumptions)
    return _per_tonne(tonnes, assumptions["capture_heat_mwh_per_t"])


def electricity_for_capture_mwh(
    tonnes: Numbers, *, assumptions: Mapping[str, float] | None = None
) -> Numbers:
    """
    Return the electricity that capturing and compressing `tonnes` of CO2 takes, MWh.

    Examples
    --------
    >>> round(float(electricity_for_capture_mwh(1000)))
    130
    """
    assumptions = assumed(assumptions)
    plant = assumptions["capture_electricity_mwh_per_t"]
    return _per_tonne(tonnes, plant + assumptions["co2_compression_electricity_mwh_per_t"])


def truck_cost(distance_km: Numbers, *, assumptions: Mapping[str, float] | None = None) -> Numbers:
    """
    Return the cost of moving liquid CO2 by road, EUR per tonne; liquefaction not included.

    Source: danish_energy_agency_technology_data_4.

    Parameters
    ----------
    distance_km
        Length of the road one way, km.

    Examples
    --------
    >>> near, far = truck_cost(np.array([10, 100]))
    >>> bool(near < far)
    True
    """
    assumptions = assumed(assumptions)
    distance = checked("distance_km", distance_km, at_least=0)
    cost = (
        assumptions["co2_truck_fixed_eur_per_t"] + assumptions["co2_truck_eur_per_t_km"] * distance
    )
    return like_input(cost, distance_km)


def pipeline_investment_meur(tonnes_per_hour: Numbers, distance_km: Numbers) -> Numbers:
    """
    Return the investment in an onshore CO2 pipeline, MEUR.

    The source gives one price per t/h and metre for each size class, which makes a larger pipe
    cheaper than a smaller one at the class limits. Here each price holds at the geometric middle
    of its class (17.3, 60 and 245 t/h), with a straight line on logarithmic scales between: exact
    at 60 t/h, and never falling with size. Under the smallest middle the cost per metre stays,
    over the largest the price per t/h stays. Source: danish_energy_agency_technology_data_4.

    Parameters
    ----------
    tonnes_per_hour
        Capacity, t/h.
    distance_km
        Length of the pipeline, km.

    Examples
    --------
    >>> round(float(pipeline_investment_meur(60, 10)), 1)
    4.8
    """
    size = checked("tonnes_per_hour", tonnes_per_hour, above=0)
    metres = checked("distance_km", distance_km, at_least=0) * 1000
    classes = read_table("co2_pipeline_prices").sort_values("from_t_per_h")
    middle = np.sqrt((classes["from_t_per_h"] * classes["to_t_per_h"]).to_numpy())
    per_tph_m = np.log(classes["eur_per_tph_m"].to_numpy())
    priced = np.maximum(size, middle[0])
    price = np.exp(np.interp(np.log(priced), np.log(middle), per_tph_m))
    return like_input(price * priced * metres / 1e6, tonnes_per_hour, distance_km)


def _by_plant_size(tonnes_per_hour: Numbers, column: str) -> Numbers:
    """Return a cost of the bio-CHP plants in co2_capture_plants.csv, on a line in logarithms."""
    size = checked("tonnes_per_hour", tonnes_per_hour, above=0)
    plants = _scaling_plants()
    (small, large), (low, high) = np.log(plants["size_t_per_h"]), np.log(plants[column])
    line = low + (high - low) / (large - small) * (np.log(size) - small)
    return like_input(np.exp(line), tonnes_per_hour)


def electricity_price_or_default(
    price: float | None, *, assumptions: Mapping[str, float] | None = None
) -> np.ndarray:
    """Return the price given or that of parameters.csv, EUR/MWh."""
    assumptions = assumed(assumptions)
    return checked_or_default(
        "electricity_price",
        price,
        "electricity_price_eur_per_mwh",
        at_least=0,
        assumptions=assumptions,
    )


def full_load_hours_or_default(
    hours: Numbers | None, *, assumptions: Mapping[str, float] | None = None
) -> np.ndarray:
    """Return the hours given or those of parameters.csv, h/yr."""
    assumptions = assumed(assumptions)
    return checked_or_default(
        "hours",
        hours,
        "co2_full_load_hours",
        above=0,
        at_most=LONGEST_YEAR_H,
        assumptions=assumptions,
    )


def _per_tonne(tonnes: Numbers, factor: float) -> Numbers:
    """Return checked tonnes times a factor."""
    return like_input(checked("tonnes", tonnes, at_least=0) * factor, tonnes)
