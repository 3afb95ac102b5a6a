"""What a heat link costs and brings: pipe, heat pump, what its source asks, houses to join."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..assumptions.checks import HOURS_PER_YEAR
from ..assumptions.electricity import electricity_of_rows
from ..assumptions.finance import annuity_factor, pipe_annuity, sek_of_2025
from ..assumptions.values import of_rows
from ..model import MONTH_COSTS, MONTHS, CostPart, route_km
from ..tables import read_table
from .distribution import distribution_cost
from .heat_pumps import heat_pump_cop
from .pipes import choose_pipe, running_per_km
from .temperature import link_mode, preheat_share

STREETS = "2024_street"  # new networks lie in streets, at the price level of all links


def with_modes(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """Add how the temperature allows a link to work, and what a heat pump makes of it."""
    source, supply, back = (links[c].to_numpy(float) for c in ("source_c", "supply_c", "return_c"))
    mode = np.asarray(link_mode(source, supply, back, assumptions=assumptions), dtype=object)
    direct = np.asarray(preheat_share(source, supply, back, assumptions=assumptions), dtype=float)
    # the heat pump lifts what preheating leaves; its formula holds from a least lift on
    preheated = back + direct * (supply - back)
    pumped = np.minimum(source, supply - assumptions["heat_pump_minimum_lift_k"])
    cooled = np.minimum(links["cooled_c"], pumped)
    cop = np.asarray(
        heat_pump_cop(pumped, cooled, preheated, supply, assumptions=assumptions), dtype=float
    )
    lifted = np.where(mode == "direct", 0.0, 1.0 - direct)
    mode = np.where((lifted > 0) & (cop <= 1), "impossible", mode)
    cop = np.where(cop > 1, cop, np.nan)
    gain = 1 / (1 - lifted * np.where(lifted > 0, 1 / cop, 0.0))
    return links.assign(temperature_mode=mode, cop=cop, lifted=lifted, heat_pump_gain=gain)


def with_ends(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """Add what heat is worth at the end of each link, and what streets and houses cost there."""
    return links.assign(
        worth=_worth(links, assumptions=assumptions),
        distribution_cost=_street_cost(links, assumptions=assumptions),
    )


def with_costs(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """
    Add what a link costs: to run (EUR/MWh), by capacity (EUR/MW and year) and once built (EUR/yr).

    `unit_cost` is all of it per delivered MWh at the usual full-load hours. Links come with what
    their ends add (see `with_ends`).
    """
    hours = assumptions["heat_link_full_load_hours"]
    gain = links["heat_pump_gain"].to_numpy(float)
    sized = _sized_pipes(links, assumptions=assumptions)
    power, lost = sized["power_mw"].to_numpy(), sized["loss_mw"].to_numpy()
    # heat lost a year per unit that arrives at full load
    more = lost * HOURS_PER_YEAR / (power * hours)
    prices = _electricity(links, assumptions)
    pipe = _pipe_cost(links, sized, prices.mean(axis=1), assumptions=assumptions)
    pump = _heat_pump_cost(links, power + lost, prices.mean(axis=1), assumptions=assumptions)
    source = _source_cost(gain, assumptions=assumptions)
    parts = (pipe, pump, source)
    spread = links["distribution_cost"].to_numpy()
    running = sum(part["running"] for part in parts)
    # what is lost is recovered, lifted and paid for like what arrives, however little that is
    entered = pump["capacity"] + source["capacity"]
    capacity = pipe["capacity"] + entered
    fixed = pipe["fixed"] + lost * (entered + running * HOURS_PER_YEAR)
    variable = running + spread
    each = [
        part["running"] * (1 + more) + part["capacity"] * (1 + lost / power) / hours
        for part in (pump, source)
    ]
    priced = links.assign(
        largest_capacity=power,
        full_load_hours=hours,
        nominal_diameter_mm=sized["nominal_diameter_mm"].to_numpy(),
        loss_mw=lost,
        efficiency=np.where(sized["arrives"], gain / (1 + more), 0.0),
        pipe_cost=pipe["running"] * (1 + more) + (pipe["capacity"] + pipe["fixed"] / power) / hours,
        heat_pump_cost=each[0],
        source_cost=each[1],
        electricity_mwh_per_mwh=pump["electricity"],
        variable_cost=variable,
        capacity_cost=capacity,
        fixed_cost=fixed,
        unit_cost=variable + (capacity + fixed / power) / hours,
        **_investments(pipe, pump, source, power, lost),
        invest_network_meur_per_unit=spread / pipe_annuity(assumptions=assumptions) / 1e3,
    )
    # electricity is dear when networks need heat: the year's mean would hide it
    monthly = variable[:, np.newaxis] + pump["electricity"][:, np.newaxis] * (
        prices - prices.mean(axis=1, keepdims=True)
    )
    months = pd.DataFrame(monthly, index=priced.index, columns=MONTH_COSTS)
    return priced.drop(columns=["heat_pump_gain"]).join(months)


def can_pay(links: pd.DataFrame, assumptions: Mapping[str, float]) -> np.ndarray:
    """
    Say which links could cost no more than `dearest`, or than they bring.

    At least that costs the largest pipe that its ends allow, at the price of the smallest, and new
    streets; what else there is to pay comes on top.
    """
    most = _largest_mw(_peaks(links, assumptions), _sent(links), assumptions)
    least = (
        read_table("pipe_dimensions")[["open_land_sek_per_m", "street_sek_per_m"]].to_numpy().min()
    )
    per_m = least * assumptions["heat_pipe_cost_factor"] / assumptions["sek_per_eur"]
    route = route_km(links, assumptions["detour_factor"]).to_numpy(float)
    yearly = pipe_annuity(assumptions=assumptions) * per_m * route * 1000
    pipe = yearly / (most * assumptions["heat_link_full_load_hours"])
    brings = np.fmax(links["worth"].to_numpy(), links["dearest"].to_numpy(float))
    can: np.ndarray = pipe + links["distribution_cost"].to_numpy() <= brings
    return can


def _sized_pipes(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """
    Return the pipe of each link: what it delivers at most, what it loses, its size and price.

    A pipe is never larger than its source, nor than the coldest month of its sink. It carries what
    it loses too, so that it is chosen for what arrives and then once more with its loss.
    """
    peak, sent = _peaks(links, assumptions), _sent(links)
    ends = links["supply_c"].to_numpy(float), links["return_c"].to_numpy(float)
    route = route_km(links, assumptions["detour_factor"]).to_numpy(float)
    lost, left = np.zeros(len(links)), sent
    for _ in range(2):
        power = _largest_mw(peak, left, assumptions)
        pipe = choose_pipe(power + lost, *ends, route_km=route, assumptions=assumptions)
        lost = pipe["loss_w_per_m"].to_numpy() * route / 1000
        left = sent - lost * HOURS_PER_YEAR / 1000
    return pipe.assign(power_mw=power, loss_mw=lost, route_km=route, arrives=left > 0)


def _sent(links: pd.DataFrame) -> np.ndarray:
    """Return what the source of each link could bring without any loss, GWh/yr."""
    return (links["supply"] * links["heat_pump_gain"]).to_numpy(float)


def _peaks(links: pd.DataFrame, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return what each sink would need in a year as cold as its coldest month, GWh."""
    peak = pd.Series(assumptions["peak_month_factor"], links.index)
    if "peak_factor" in links:
        peak = links["peak_factor"].fillna(peak)
    return peak.to_numpy(float) * links["demand"].to_numpy(float)


def _largest_mw(peak: np.ndarray, sent: np.ndarray, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return the power of a link between a need and what can be sent, both GWh/yr."""
    power = np.minimum(peak, sent) * 1000 / assumptions["heat_link_full_load_hours"]
    return np.maximum(power, assumptions["smallest_heat_link_mw"])


def _investments(
    pipe: dict[str, np.ndarray],
    pump: dict[str, np.ndarray],
    source: dict[str, np.ndarray],
    power: np.ndarray,
    lost: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return what building each part of a link takes, million EUR: once, and by capacity."""
    machines = {"heat_pump": pump["invested"] / 1e6, "recovery": source["invested"] / 1e6}
    return {
        "invest_pipe_fixed_meur": (1 - pipe["by_size"]) * pipe["invested"] / 1e6,
        "invest_pipe_meur_per_mw": pipe["by_size"] * pipe["invested"] / power / 1e6,
        "invest_station_meur_per_mw": pipe["station"] / 1e6,
        # what is lost is recovered and lifted too, however little arrives
        **{f"invest_{part}_fixed_meur": each * lost for part, each in machines.items()},
        **{f"invest_{part}_meur_per_mw": each for part, each in machines.items()},
    }


def _electricity(links: pd.DataFrame, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return the price of electricity at the sink of each link in each month, EUR/MWh."""
    prices = electricity_of_rows(links["bidding_area"], links["electricity_user"], assumptions)
    return prices / sek_of_2025(assumptions)[..., np.newaxis]


def _source_cost(gain: np.ndarray, *, assumptions: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Return what heat costs at its source per MWh and MW that enters the pipe."""
    rate, years = assumptions["discount_rate"], assumptions["recovery_life_years"]
    invested = assumptions["heat_recovery_msek_per_mw"] * 1e6 / assumptions["sek_per_eur"] / gain
    price = assumptions["heat_seller_sek_per_mwh"] / sek_of_2025(assumptions)
    return {
        "running": price / gain,
        "capacity": annuity_factor(rate, years) * invested,
        "invested": invested,
    }


def _pipe_cost(
    links: pd.DataFrame,
    sized: pd.DataFrame,
    electricity: np.ndarray,
    *,
    assumptions: Mapping[str, float],
) -> dict[str, np.ndarray]:
    """
    Return what a pipe costs per delivered MW: to run, by capacity, and once built.

    The price follows its tangent at the size of the link: a trench that costs the same whatever
    its pipe, and metal and insulation by size.
    """
    power, route, by_size = (
        sized[name].to_numpy(float) for name in ("power_mw", "route_km", "size_share")
    )
    in_eur = 1 / assumptions["sek_per_eur"]
    yearly = pipe_annuity(assumptions=assumptions)
    invested = sized["price_sek_per_m"].to_numpy(float) * in_eur * route * 1000
    station = assumptions["transmission_station_msek_per_mw"] * 1e6 * in_eur
    ends = links["supply_c"].to_numpy(float), links["return_c"].to_numpy(float)
    return {
        "running": running_per_km(*ends, electricity, assumptions=assumptions) * route,
        "capacity": yearly * (by_size * invested / power + station),
        "fixed": yearly * (1 - by_size) * invested,
        "invested": invested,
        "station": np.full(len(power), station),
        "by_size": by_size,
    }


def _heat_pump_cost(
    links: pd.DataFrame,
    power: np.ndarray,
    electricity: np.ndarray,
    *,
    assumptions: Mapping[str, float],
) -> dict[str, np.ndarray]:
    """Return what the heat pump of a link costs per MW that enters the pipe, and to run."""
    table = read_table("heat_pump_prices").sort_values("heat_mw")
    lifted = links["lifted"].to_numpy()
    size = np.log(power * np.maximum(lifted, 0.01))
    names = ("investment_meur_per_mw", "variable_eur_per_mwh")
    invest, variable = (np.interp(size, np.log(table["heat_mw"]), table[n]) for n in names)
    yearly = annuity_factor(assumptions["discount_rate"], assumptions["heat_pump_life_years"])
    index = assumptions["index_2015_to_2024"]
    fixed = yearly * invest * 1e6 + assumptions["heat_pump_fixed_eur_per_mw"]
    used = lifted / links["cop"].fillna(np.inf).to_numpy(float)
    return {
        "running": lifted * variable * index + used * electricity,
        "capacity": lifted * fixed * index,
        "invested": lifted * invest * 1e6 * index,
        "electricity": used,
    }


def _worth(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> np.ndarray:
    """
    Return what a delivered MWh replaces: a network's own heat, a boiler, or a house's own heating.

    A network saves what its merit order says, on average over all that finds room; month and tier
    decide where it matters (see `networks`).
    """
    networks, processes = (links["kind"].eq(kind).to_numpy() for kind in ("network", "process"))
    worth = np.where(
        networks,
        np.nan_to_num(links["network_worth"].to_numpy(float)),
        assumptions["worth_in_process_eur_per_mwh"],
    )
    houses = ~(networks | processes)
    joining = links.loc[houses, "bidding_area"]
    worth[houses] = _worth_in_house(joining, of_rows(assumptions, houses))
    return worth


def _worth_in_house(areas: pd.Series, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return what a house saves that joins: the cheapest of heat pump, pellets and electricity."""
    own = own_heating_eur_per_mwh(areas, assumptions)
    return own.min(axis=1).to_numpy()


def own_heating_eur_per_mwh(areas: pd.Series, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """
    Return what heat costs a house that makes its own, EUR/MWh, tax and value added tax included.

    Parameters
    ----------
    areas
        Bidding area of each place.
    assumptions
        Values by parameter_id.

    Returns
    -------
    pandas.DataFrame
        own_heat_pump (capital included), pellets and electric_heat, a row per place.
    """
    shares = read_table("profiles")["heat_load_share"].to_numpy(float)
    shares = shares / shares.sum()
    prices = electricity_of_rows(areas, "household", assumptions)
    electricity = prices @ shares / sek_of_2025(assumptions)
    pumped = electricity / assumptions["building_heat_pump_cop"]
    pumped = pumped + assumptions["building_heat_pump_eur_per_mwh"]
    pellets = assumptions["building_pellets_sek_per_mwh"] / sek_of_2025(assumptions)
    found = {"own_heat_pump": pumped, "pellets": pellets, "electric_heat": electricity}
    return pd.DataFrame(found, index=areas.index)


def _street_cost(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return what a network of its own costs each locality without one, EUR per MWh."""
    density = links["heat_density_mwh_per_ha"].fillna(1.0).clip(lower=1.0)
    floor = density / assumptions["heat_key_small_house_kwh_m2"] * 1e3 / 1e4
    cost = distribution_cost(
        density.to_numpy(), floor.to_numpy(), construction_set=STREETS, assumptions=assumptions
    )
    whole = np.asarray(cost) + assumptions["connection_eur_per_mwh"]
    return np.where(links["kind"] == "buildings", whole, 0.0)


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
    moded = with_modes(links, assumptions=assumptions)
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
