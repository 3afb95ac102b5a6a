"""Property heating: the need of the county shared out to localities and countryside."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..model import BOUNDS
from ..tables import read_table

CATEGORY = STREAM = "property_heating"
DELIVERED = "district_heat_in_buildings"
STREAMS = (STREAM, DELIVERED)
DELIVERIES = "district_heating_deliveries"  # of a network, to all that it serves
BUILDING_C = {"supply_temperature_c": 55.0, "return_temperature_c": 35.0}  # that houses take
DISAGGREGATION = "own_disaggregation"  # the source of what is shared out
COUNTRYSIDE = "rural_"  # begins the id of a countryside, before the municipality_code
HOUSES = ("small_houses", "flats", "services", "holiday_homes")


def in_countryside(site_ids: pd.Index | pd.Series) -> np.ndarray:
    """Say which places are what is left of a municipality outside its localities."""
    return np.asarray(site_ids.str.startswith(COUNTRYSIDE), dtype=bool)


def derive_property_heat(
    municipalities: pd.DataFrame,
    localities: pd.DataFrame,
    networks: pd.DataFrame,
    parameters: pd.DataFrame,
) -> pd.DataFrame:
    """
    Return the heat need of property by place, GWh/yr: what networks deliver today, and the rest.

    The need of the county is that of useful heat (parameter `property_heat_gwh`). Municipalities
    have shares of it by two routes; within one it is shared by floor area, flats, services and
    holiday homes (source own_disaggregation), so that all places add up to the county exactly.
    Deliveries are the official ones of each municipality: rows of their own, without a range.

    Parameters
    ----------
    municipalities
        Indexed by municipality_code, with population, floor areas and shares of the heat need.
    localities
        Indexed by locality_id, with municipality_code, population and has_network.
    networks
        Indexed by network_id, with municipality_code, locality_id, buildings_gwh and confidence.
    parameters
        value, low and high by parameter_id (`bounds_of`).
    """
    county = parameters.loc["property_heat_gwh", BOUNDS]
    rows = []
    for code, share in town_shares(municipalities, parameters).items():
        town = municipalities.loc[code]
        of_town = place_shares(str(code), town, localities, parameters)
        need = pd.DataFrame(np.outer(of_town * share, county), of_town.index, BOUNDS)
        own = networks[networks["municipality_code"] == code]
        rows.append(_split(need, town["district_heat_buildings_gwh"], own))
    return pd.concat(rows, ignore_index=True)


def town_shares(municipalities: pd.DataFrame, parameters: pd.DataFrame) -> pd.Series:
    """Return the share of the county's heat need by municipality; together they are 1."""
    weight = parameters.loc["heat_share_buildings_weight", "value"]
    share = (1 - weight) * municipalities["heat_share_energy"]
    return _normal(share + weight * municipalities["heat_share_buildings"])


def place_shares(
    code: str, town: pd.Series, localities: pd.DataFrame, parameters: pd.DataFrame
) -> pd.Series:
    """Return the share of a municipality's heat need by place, its countryside last."""
    p = parameters["value"]
    places = localities[localities["municipality_code"] == code]
    parts = heat_parts_gwh(town, p)
    return (part_weights(town, places, p) @ (parts / parts.sum())).rename(
        {"rural": f"{COUNTRYSIDE}{code}"}
    )


def explain_need(site_id: str, parameters: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Return how the need of a place beside its networks is computed, and steps (see `explain`)."""
    towns = read_table("municipalities").set_index("municipality_code")
    places = read_table("localities").set_index("locality_id")
    code = places["municipality_code"].get(site_id, site_id.removeprefix(COUNTRYSIDE))
    town = towns.loc[code]
    shares = {
        f"share_of_county.{code}": town_shares(towns, parameters)[code],
        f"share_of_{code}.{site_id}": place_shares(code, town, places, parameters)[site_id],
    }
    of_county, of_town = shares
    steps = pd.DataFrame({"value": shares, "unit": "share", "confidence": "C"})
    steps["source_id"] = [town["heat_source_id"], DISAGGREGATION]
    steps["note"] = [town["note"], ""]
    keys = ", ".join(parameters.index[parameters.index.str.startswith("heat_key_")])
    steps["formula"] = [
        f"{town['heat_share_energy']:g} by energy and {town['heat_share_buildings']:g} by "
        "buildings, weighed by heat_share_buildings_weight; the municipalities add up to 1",
        f"small houses, flats, services and holiday homes, by people and {keys}",
    ]
    return f"property_heat_gwh x {of_county} x {of_town}", steps


def heat_parts_gwh(town: pd.Series, p: pd.Series) -> pd.Series:
    """Return the heat need of a municipality by part of its building stock, by keys, GWh/yr."""
    services = town["population"] * town["services_key"]
    kwh = {
        "small_houses": town["small_house_area_m2"] * p["heat_key_small_house_kwh_m2"],
        "flats": town["flat_area_m2"] * p["heat_key_flat_kwh_m2"],
        "services": services * p["heat_key_services_kwh_head"],
        "holiday_homes": town["holiday_homes"] * p["heat_key_holiday_home_mwh"] * 1000,
    }
    return pd.Series(kwh)[list(HOUSES)] / 1e6


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
    return pd.DataFrame(dict(zip(HOUSES, weights, strict=True)))


def _flat_weight(places: pd.DataFrame, p: pd.Series) -> pd.Series:
    """Return how many times likelier a person lives in a flat, by kind of place."""
    large = places["population"] >= p["heat_key_large_place"]
    weight = np.where(large, p["heat_key_flat_weight_other_large"], p["heat_key_flat_weight_small"])
    weight = np.where(places["has_network"], p["heat_key_flat_weight_network_town"], weight)
    by_place = pd.Series(weight, index=places.index, dtype=float)
    by_place["rural"] = p["heat_key_flat_weight_rural"]
    return by_place


def _split(need: pd.DataFrame, official: float, networks: pd.DataFrame) -> pd.DataFrame:
    """Return the need of places in two rows each: delivered by networks today, and the rest."""
    known = networks[networks["buildings_gwh"].notna() & networks["locality_id"].notna()]
    by_place = known.groupby("locality_id")["buildings_gwh"].sum()
    sent = by_place * min(1.0, official / by_place.sum())
    sent = sent.clip(upper=need["low"].reindex(sent.index))
    # what no locality is known for is spread over the municipality
    elsewhere = min(official - sent.sum(), need["low"].iloc[-1])
    sent = sent.reindex(need.index, fill_value=0.0)
    sent.iloc[-1] += max(elsewhere, 0.0)
    sent = sent.round(3)[sent.round(3) > 0]
    # one network that has the whole of an official figure is that figure; parts of it are less sure
    sure = len(by_place) == 1 and bool((known["confidence"] == "A").all())
    delivered = pd.DataFrame({"site_id": sent.index, "stream": DELIVERED}).assign(
        **dict.fromkeys(BOUNDS, sent.to_numpy()), confidence="A" if sure else "B"
    )
    rest = need.sub(sent.reindex(need.index, fill_value=0.0), axis=0)
    rest = rest.rename_axis("site_id").reset_index().assign(stream=STREAM, confidence="C")
    return pd.concat([rest, delivered], ignore_index=True)


def _normal(weights: pd.Series) -> pd.Series:
    return weights / weights.sum()
