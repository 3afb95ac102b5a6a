"""Steps from a stack to a user or a store, each priced per tonne at the price level of 2024."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from ..assumptions.electricity import electricity_of_rows
from ..assumptions.finance import annuity_factor, sek_of_2025
from ..assumptions.ranges import range_of
from ..assumptions.values import Given, as_assumptions
from ..errors import ParameterError
from ..tables import read_table
from .equipment import (
    capture_fixed_meur_per_tph,
    capture_investment_meur_per_tph,
    pipeline_investment_meur,
    plant_sizes,
    truck_cost,
)

STORES = ("hub", "store")  # classes of users that put CO2 away
VARIED = ("capture_", "small_capture", "co2_", "discount_rate", "electricity_")


@dataclass(frozen=True)
class Cost:
    """
    What one step costs: EUR/t, EUR a year per t/h, EUR a year once built, and what building takes.

    `built` is the investment in MEUR per t/h, `once` in MEUR whatever the size.
    """

    variable: np.ndarray | float = 0.0
    capacity: np.ndarray | float = 0.0
    fixed: np.ndarray | float = 0.0
    built: np.ndarray | float = 0.0
    once: np.ndarray | float = 0.0

    def __add__(self, other: Cost) -> Cost:
        """Return both steps together."""
        return Cost(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def where(self, here: np.ndarray) -> Cost:
        """Return the cost where `here`, and nothing elsewhere."""
        return Cost(*(np.where(here, getattr(self, f.name), 0.0) for f in fields(self)))

    def per_tonne(self, size: np.ndarray, hours: np.ndarray) -> np.ndarray:
        """Return all of it in EUR per tonne at a size (t/h) and full-load hours (h/yr)."""
        return np.asarray(self.variable + self.capacity / hours + self.fixed / (size * hours))


def cheaper(first: Cost, second: Cost, size: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Say where the first costs less per tonne."""
    return first.per_tonne(size, hours) < second.per_tonne(size, hours)


def electricity_price(areas: pd.Series, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return what a factory pays for electricity over the year in each bidding area, EUR/MWh."""
    means = electricity_of_rows(areas, "industry", assumptions).mean(axis=-1)
    return means / sek_of_2025(assumptions)


def capture(
    size: np.ndarray, electricity: np.ndarray, assumptions: Mapping[str, float]
) -> dict[str, Cost]:
    """
    Return what taking CO2 out of flue gas costs, in steps; compression is another step.

    Between the two plants of co2_capture_plants.csv the price per size follows the line through
    them (exponent -0.11, so 0.89 for the whole). Below the smaller one it rises by
    `small_capture_size_exponent`, above the larger one it stays.
    Source: danish_energy_agency_technology_data_4.
    """
    index = assumptions["index_2020_to_2024"]
    least, most = plant_sizes()
    known = np.clip(size, least, most)
    smaller = np.minimum(size / least, 1.0) ** assumptions["small_capture_size_exponent"]
    invested = np.asarray(capture_investment_meur_per_tph(known)) * smaller * index
    invested = invested * assumptions["capture_cost_factor"]
    kept = np.asarray(capture_fixed_meur_per_tph(known)) * smaller * index
    yearly = annuity_factor(assumptions["discount_rate"], assumptions["capture_life_years"])
    return {
        "capture_capital": Cost(capacity=(yearly * invested + kept) * 1e6, built=invested),
        "capture_chemicals": Cost(assumptions["capture_variable_eur_per_t"] * index),
        "capture_steam": Cost(
            assumptions["capture_heat_mwh_per_t"] * assumptions["capture_heat_price_eur_per_mwh"]
        ),
        "capture_electricity": Cost(assumptions["capture_electricity_mwh_per_t"] * electricity),
    }


def compression(electricity: np.ndarray, assumptions: Mapping[str, float]) -> Cost:
    """Return what compressing CO2 for a pipe costs; its machines are in the price of capture."""
    return Cost(assumptions["co2_compression_electricity_mwh_per_t"] * electricity)


def captured_eur_per_t(
    size: float, hours: float, electricity: float, assumptions: Mapping[str, float]
) -> float:
    """
    Return what a tonne costs that is captured and compressed at one plant, EUR.

    The heat that the plant gives back is no credit. Size is t/h, electricity EUR/MWh.
    """
    power = np.array(electricity)
    whole = compression(power, assumptions)
    for step in capture(np.array(size), power, assumptions).values():
        whole += step
    return float(whole.per_tonne(np.array(size), np.array(hours)))


def liquefaction(size: np.ndarray, hours: np.ndarray, assumptions: Mapping[str, float]) -> Cost:
    """
    Return what liquefying CO2 costs, its electricity included: dearer per tonne for small flows.

    Sources: vito_emis_map_it_ccu (1 Mt/yr), own_co2_chain (size).
    """
    share = np.minimum(size * hours / 1000 / assumptions["co2_liquefaction_full_size_kt"], 1.0)
    dearer = share ** assumptions["co2_liquefaction_size_exponent"]
    return Cost(assumptions["co2_liquefaction_eur_per_t"] * dearer)


def road(route: np.ndarray, assumptions: Mapping[str, float]) -> Cost:
    """Return what a truck costs over a road of `route` km, one way (see `truck_cost`)."""
    cost = np.asarray(truck_cost(route, assumptions=assumptions))
    return Cost(cost * assumptions["index_2020_to_2024"])


def pipe(
    size: np.ndarray, route: np.ndarray, electricity: np.ndarray, assumptions: Mapping[str, float]
) -> Cost:
    """
    Return what a pipeline of `route` km costs, pumping included (see `pipeline_investment_meur`).

    Its price follows the tangent at the size of the link, as for heat: a trench that costs the same
    whatever its pipe, and steel by size.
    """
    index = assumptions["index_2020_to_2024"]
    invested = np.asarray(pipeline_investment_meur(size, route)) * index
    larger = np.asarray(pipeline_investment_meur(size * 1.01, route)) * index
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.log(larger / invested) / np.log(1.01)
    by_size = np.clip(np.nan_to_num(growth, nan=1.0), 0, 1)
    pumps = route / assumptions["co2_pump_station_spacing_km"]
    pumps = pumps * assumptions["co2_pump_station_meur"] * index
    yearly = annuity_factor(assumptions["discount_rate"], assumptions["co2_pipeline_life_years"])
    once = (1 - by_size) * invested + pumps
    built = by_size * invested / size
    upkeep = assumptions["co2_pipeline_fixed_eur_per_tph_km"] * index * route
    power = assumptions["co2_pipeline_pump_kw_per_tph_km"] / 1000
    return Cost(
        variable=power * route * electricity,
        capacity=yearly * built * 1e6 + upkeep,
        fixed=yearly * once * 1e6,
        built=built,
        once=once,
    )


def shipping(
    tonnes: np.ndarray, size: np.ndarray, sea_km: np.ndarray, assumptions: Mapping[str, float]
) -> dict[str, Cost]:
    """
    Return what a port terminal and ships cost, with the size of ship that is cheaper.

    A ship carries its cargo as often as round trips fit into a year; at least one whole ship and
    terminal is paid, further ships by what they carry.
    Source: danish_energy_agency_technology_data_4.

    Parameters
    ----------
    tonnes, size
        Flow, t/yr and t/h.
    sea_km
        Length of the sea route one way, km.
    """
    index, rate = assumptions["index_2020_to_2024"], assumptions["discount_rate"]
    options = []
    for ship in read_table("co2_ships").to_dict("records"):
        sailing = 2 * sea_km / ship["speed_km_per_h"]
        trips = ship["hours_per_year"] / (sailing + ship["hours_in_ports"])
        fleet = np.maximum(tonnes / (trips * ship["ship_t"]), 1.0)
        invested = index * ship["ship_t"] * ship["ship_eur_per_t"]
        yearly = annuity_factor(rate, ship["ship_life_years"]) + ship["ship_upkeep_share"]
        fuel = sailing / 24 * ship["fuel_mwh_per_day"] * assumptions["co2_ship_fuel_eur_per_mwh"]
        store = index * ship["terminal_t"] * ship["terminal_eur_per_t"]
        kept = annuity_factor(rate, ship["terminal_life_years"]) + ship["terminal_upkeep_share"]
        more = (fleet - 1) / size
        ships = Cost(
            variable=fuel / ship["ship_t"],
            capacity=yearly * invested * more,
            fixed=yearly * invested + 0.0 * size,
            built=invested * more / 1e6,
            once=invested / 1e6 + 0.0 * size,
        )
        # a larger flow fills the store more often
        terminal = Cost(fixed=kept * store + 0.0 * size, once=store / 1e6 + 0.0 * size)
        options.append({"port_store": terminal, "ship": ships})
    small, large = options
    hours = tonnes / size
    sums = [option["port_store"] + option["ship"] for option in options]
    smaller = cheaper(sums[0], sums[1], size, hours)
    return {step: small[step].where(smaller) + large[step].where(~smaller) for step in small}


def storage_chain(
    kt: float,
    *,
    hours: float | None = None,
    area: str = "SE3",
    port_km: float | None = None,
    sea_km: float | None = None,
    hub_km: float | None = None,
    by_road: bool = True,
    assumptions: Given = None,
) -> pd.DataFrame:
    """
    Return what each step from a stack to a store costs, EUR per captured tonne of 2024, with range.

    Parameters
    ----------
    kt
        CO2 captured, kt/yr.
    hours
        Full-load hours, h/yr. None: parameters.csv.
    area
        Bidding area of the stack, for its electricity.
    port_km, sea_km
        Road to a port of its own ships (0: own quay) and sea route from there to the store, km.
    hub_km
        Road to a hub, which then ships and stores for a fee, km; instead of the two others.
    by_road
        Whether a truck carries it to port or hub. False: a pipeline where that is cheaper.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.

    Returns
    -------
    pandas.DataFrame
        value, low and high by step, and their `sum`. The ends are where every assumption lies at
        its worse or better end: wider than a statistical interval.

    Raises
    ------
    ParameterError
        If not exactly one way is given, or the plant is smaller than any of known price.

    Examples
    --------
    >>> chain = storage_chain(1170, port_km=0, sea_km=700)
    >>> round(float(chain.loc["sum", "value"]))
    119
    """
    given = as_assumptions(assumptions)
    year = given["co2_full_load_hours"] if hours is None else hours

    def calculate(values: Mapping[str, float]) -> pd.Series:
        ends = {"port_km": port_km, "sea_km": sea_km, "hub_km": hub_km}
        return chain_steps(kt, year, area, values, by_road=by_road, **ends)

    return range_of(calculate, given, VARIED).rename_axis("step")


def chain_steps(
    kt: float,
    hours: float,
    area: str,
    assumptions: Mapping[str, float],
    *,
    port_km: float | None = None,
    sea_km: float | None = None,
    hub_km: float | None = None,
    by_road: bool = True,
) -> pd.Series:
    """Return the steps of `storage_chain` at one set of assumptions."""
    size, full_load = np.array([kt * 1000 / hours]), np.array([float(hours)])
    least = assumptions["smallest_capture_plant_tph"]
    if size[0] < least:
        msg = (
            f"{kt:g} kt a year is {size[0]:.2g} t/h. No price of capture is known under "
            f"{least:g} t/h (smallest_capture_plant_tph)."
        )
        raise ParameterError(msg)
    if hub_km is None and port_km is not None and sea_km is not None:
        road_km, last = port_km, "to_port"
    elif hub_km is not None and port_km is None and sea_km is None:
        road_km, last = hub_km, "to_hub"
    else:
        msg = "Give either port_km and sea_km, or hub_km: CO2 leaves by its own port or by a hub."
        raise ParameterError(msg)
    power = electricity_price(pd.Series([area]), assumptions)
    steps = capture(size, power, assumptions)
    steps["liquefaction"] = liquefaction(size, full_load, assumptions)
    route = np.array([float(road_km)])
    truck = road(route, assumptions).where(route > 0)
    line = pipe(size, route, power, assumptions)
    by_pipe = cheaper(line, truck, size, full_load) & (not by_road)
    steps[last] = line.where(by_pipe) + truck.where(~by_pipe)
    if sea_km is None:
        steps |= hub(assumptions)
    else:
        steps |= shipping(size * full_load, size, np.array([float(sea_km)]), assumptions)
        steps["storage"] = Cost(assumptions["co2_storage_eur_per_t"])
    costs = {name: float(step.per_tonne(size, full_load)[0]) for name, step in steps.items()}
    return pd.Series(costs | {"sum": sum(costs.values())})


def hub(assumptions: Mapping[str, float]) -> dict[str, Cost]:
    """Return what a hub takes for itself, and for ship and store (source own_co2_chain)."""
    return {
        "hub_fee": Cost(assumptions["co2_hub_fee_eur_per_t"]),
        "ship_and_store_fee": Cost(assumptions["co2_ship_and_store_fee_eur_per_t"]),
    }


def support_eur_per_t(assumptions: Mapping[str, float]) -> float:
    """Return what the state's auction pays for a stored biogenic tonne, EUR."""
    return assumptions["co2_storage_support_sek_per_t"] / assumptions["sek_per_eur"]


def supported_kt(assumptions: Mapping[str, float]) -> float:
    """Return how much a year the money left in the auction reaches for, in all Sweden, kt."""
    price = assumptions["co2_storage_support_sek_per_t"]
    if price <= 0:
        return 0.0
    left = assumptions["co2_storage_support_left_gsek"] * 1e9
    return float(left / price / assumptions["co2_storage_support_years"] / 1000)
