"""Property heating: the need of each municipality shared out to localities and countryside."""

from __future__ import annotations

import numpy as np
import pandas as pd

STREAM = "property_heating"
PARTS = ("small_houses", "flats", "services", "holiday_homes")


def derive_property_heat(
    municipalities: pd.DataFrame, localities: pd.DataFrame, p: pd.Series
) -> pd.DataFrame:
    """
    Return one heat sink per locality and one per rural remainder, GWh/yr.

    The need of a municipality is stated; it is shared by floor area, flats, services and holiday
    homes (source own_disaggregation), so that its localities and countryside add up to it exactly.

    Parameters
    ----------
    municipalities
        Indexed by municipality_code, with population, floor areas and property heat.
    localities
        Indexed by locality_id, with municipality_code, population and has_network.
    p
        Parameter values by parameter_id.
    """
    rows = [
        _share_out(code, town, localities[localities["municipality_code"] == code], p)
        for code, town in municipalities.iterrows()
    ]
    return pd.concat(rows, ignore_index=True)


def heat_parts_gwh(town: pd.Series, p: pd.Series) -> pd.Series:
    """Return the heat need of a municipality by part of its building stock, by keys, GWh/yr."""
    kwh = {
        "small_houses": town["small_house_area_m2"] * p["heat_key_small_house_kwh_m2"],
        "flats": town["flat_area_m2"] * p["heat_key_flat_kwh_m2"],
        "services": town["population"] * p["heat_key_services_kwh_head"],
        "holiday_homes": town["holiday_homes"] * p["heat_key_holiday_home_mwh"] * 1000,
    }
    return pd.Series(kwh)[list(PARTS)] / 1e6


def part_weights(town: pd.Series, places: pd.DataFrame, p: pd.Series) -> pd.DataFrame:
    """
    Return which share of each part lies in each place; every column adds up to 1.

    The last row, `rural`, holds those who live outside the localities.
    """
    people = places["population"].astype(float)
    people["rural"] = town["population"] - people.sum()
    flats = _normal(people * _flat_weight(places, p))
    in_flats = p["heat_key_persons_per_flat"] * town["flats"] * flats
    houses = np.maximum(people - in_flats, p["heat_key_house_floor"] * people)
    services = people * (people / 1000) ** p["heat_key_services_exponent"]
    services["rural"] = p["heat_key_services_rural_weight"] * people["rural"]
    holiday = pd.Series(0.0, index=people.index)
    holiday["rural"] = 1.0
    weights = (_normal(houses), flats, _normal(services), holiday)
    return pd.DataFrame(dict(zip(PARTS, weights, strict=True)))


def _flat_weight(places: pd.DataFrame, p: pd.Series) -> pd.Series:
    """Return how many times likelier a person lives in a flat, by kind of place."""
    large = places["population"] >= p["heat_key_large_place"]
    weight = np.where(large, p["heat_key_flat_weight_other_large"], p["heat_key_flat_weight_small"])
    weight = np.where(places["has_network"], p["heat_key_flat_weight_network_town"], weight)
    by_place = pd.Series(weight, index=places.index, dtype=float)
    by_place["rural"] = p["heat_key_flat_weight_rural"]
    return by_place


def _share_out(code: str, town: pd.Series, places: pd.DataFrame, p: pd.Series) -> pd.DataFrame:
    """Return the sinks of one municipality; the rural row takes the rounding."""
    parts = heat_parts_gwh(town, p)
    share = part_weights(town, places, p) @ (parts / parts.sum())
    need = town[["property_heat_gwh", "property_heat_low_gwh", "property_heat_high_gwh"]].astype(
        float
    )
    heat = pd.DataFrame(np.outer(share, need), index=share.index, columns=["value", "low", "high"])
    heat = heat.round(3)
    heat.loc["rural"] = need.to_numpy() - heat.drop(index="rural").sum().to_numpy()
    sites = [*places.index, f"rural_{code}"]
    return heat.assign(site_id=sites).reset_index(drop=True)


def _normal(weights: pd.Series) -> pd.Series:
    return weights / weights.sum()
