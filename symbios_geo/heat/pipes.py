"""Transmission of heat: price per metre, heat loss, cost per MWh, and how far it pays."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from ..assumptions.checks import (
    ABSOLUTE_ZERO_C,
    LONGEST_YEAR_H,
    Numbers,
    check_choice,
    check_order,
    checked,
    checked_or_default,
    like_input,
)
from ..assumptions.finance import annuity_factor, pipe_annuity
from ..assumptions.values import assumed
from ..tables import data_folder, read_table
from .distribution import (
    distribution_cost,
    distribution_cost_per_m,
    effective_width,
    linear_heat_density,
    pipe_diameter,
)

__all__ = [
    "annuity_factor",
    "distribution_cost",
    "distribution_cost_per_m",
    "economic_reach_km",
    "effective_width",
    "levelised_transport_cost",
    "linear_heat_density",
    "pipe_diameter",
    "pipe_heat_loss_kwh",
    "transmission_cost",
    "transmission_loss_per_km",
]

REACH_TOLERANCE_KM = 1e-6


def transmission_cost(power_mw: Numbers, *, price_set: str = "default") -> Numbers:
    """
    Return the price of a buried pair of transmission pipes, EUR per metre.

    Between the listed sizes the price follows a straight line on logarithmic scales, so it never
    steps or falls. Below the smallest size it stays (the trench costs the same), above the largest
    it follows the last line. Source: source_id of the rows in pipe_prices.csv.

    Parameters
    ----------
    power_mw
        Heat that the pipe can carry, MW.
    price_set
        "default", "low", "high", or one set of pipe_price_sets.csv. Credible sets differ by a
        factor of four: always show the range.

    Raises
    ------
    ParameterError
        If the power is not positive or the set is unknown.
    """
    power = checked("power_mw", power_mw, above=0)
    size, price = _price_line(price_set, data_folder())
    line = np.interp(np.log(power), size, price)
    slope = (price[-1] - price[-2]) / (size[-1] - size[-2])
    beyond = np.maximum(np.log(power) - size[-1], 0.0) * slope
    return like_input(np.exp(line + beyond), power_mw)


def size_share_of_price(power_mw: Numbers) -> Numbers:
    """
    Return the share of a pipe's price that follows its size; the rest is the trench, 0-1.

    The slope of `transmission_cost` on logarithmic scales, so that the tangent at this size is a
    fixed part and a part per MW.
    """
    power, step = checked("power_mw", power_mw, above=0), 1.01
    rise = np.asarray(transmission_cost(power * step)) / np.asarray(transmission_cost(power))
    return like_input(np.clip(np.log(rise) / np.log(step), 0.0, 1.0), power_mw)


def transmission_loss_per_km(power_mw: Numbers) -> Numbers:
    """
    Return the heat lost per kilometre of transmission, share of the heat sent in.

    Between the middles of the size classes on logarithmic scales, constant outside them.
    Source: danish_energy_agency_technology_data_3.
    """
    power = checked("power_mw", power_mw, above=0)
    rows = read_table("transmission_losses").sort_values("power_mw")
    loss = np.interp(np.log(power), np.log(rows["power_mw"]), np.log(rows["loss_share_per_km"]))
    return like_input(np.exp(loss), power_mw)


def pipe_heat_loss_kwh(
    length_m: Numbers,
    water_c: Numbers,
    soil_c: Numbers,
    diameter_mm: Numbers,
    insulation_mm: Numbers,
    conductivity_w_per_mk: Numbers,
    hours: Numbers,
) -> Numbers:
    """
    Return the heat that one insulated pipe loses, kWh.

    2 pi k L (T_water - T_soil) / ln(D_outer / D_inner) x hours / 1000 (textbook; the resistance of
    the soil is left out, so this is an upper bound).

    Parameters
    ----------
    length_m
        Length of one pipe, m; supply and return are two pipes.
    water_c, soil_c
        Temperatures, degC.
    diameter_mm
        Diameter under the insulation, mm.
    insulation_mm
        Thickness of the insulation, mm.
    conductivity_w_per_mk
        Thermal conductivity of the insulation, W/m,K.
    hours
        Hours in operation.

    Raises
    ------
    ParameterError
        If the water is colder than the soil, or a size is not positive.
    """
    water = checked("water_c", water_c, above=ABSOLUTE_ZERO_C)
    soil = checked("soil_c", soil_c, above=ABSOLUTE_ZERO_C)
    check_order("soil_c", soil, "water_c", water)
    inner = checked("diameter_mm", diameter_mm, above=0)
    outer = inner + 2 * checked("insulation_mm", insulation_mm, above=0)
    conductivity = checked("conductivity_w_per_mk", conductivity_w_per_mk, above=0)
    watts = 2 * np.pi * conductivity * (water - soil) / np.log(outer / inner)
    loss = watts * checked("length_m", length_m, at_least=0) / 1000
    loss = loss * checked("hours", hours, at_least=0, at_most=LONGEST_YEAR_H)
    return like_input(loss, length_m, water_c, soil_c, diameter_mm, insulation_mm, hours)


def levelised_transport_cost(
    power_mw: Numbers,
    route_km: Numbers,
    hours: Numbers,
    *,
    annuity: float | None = None,
    price_per_m: Numbers | None = None,
    loss_per_km: Numbers | None = None,
    electricity_price: float | None = None,
    source_price: Numbers = 0.0,
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the cost of bringing heat through a pipe, EUR per MWh that arrives.

    Annuity of pipe and stations, upkeep, pumping and the price of the heat lost on the way; the
    price of the heat that arrives is not in it. Infinite where nothing arrives.
    Source: danish_energy_agency_technology_data_3.

    Parameters
    ----------
    power_mw
        Heat sent in at full load, MW.
    route_km
        Length of the pipe, km: the straight line times the detour factor.
    hours
        Full-load hours, h/yr.
    annuity
        `annuity_factor` of the pipe, 1/yr. None: rate and life from parameters.csv.
    price_per_m
        Price of the pipe, EUR/m. None: `transmission_cost`.
    loss_per_km
        Share of the heat lost per km. None: `transmission_loss_per_km`.
    electricity_price
        EUR/MWh. None: parameters.csv.
    source_price
        Price of the heat at the source, EUR/MWh.

    Raises
    ------
    ParameterError
        If an argument is negative, or the hours exceed those of a year.
    """
    assumptions = assumed(assumptions)
    power = checked("power_mw", power_mw, above=0)
    length = checked("route_km", route_km, at_least=0)
    full_load = checked("hours", hours, above=0, at_most=LONGEST_YEAR_H)
    yearly = checked(
        "annuity", pipe_annuity(assumptions=assumptions) if annuity is None else annuity, above=0
    )
    per_m = transmission_cost(power_mw) if price_per_m is None else price_per_m
    per_km = transmission_loss_per_km(power_mw) if loss_per_km is None else loss_per_km
    electricity = checked_or_default(
        "electricity_price",
        electricity_price,
        "electricity_price_eur_per_mwh",
        at_least=0,
        assumptions=assumptions,
    )
    sent = power * full_load
    lost = sent * np.minimum(checked("loss_per_km", per_km, at_least=0) * length, 1.0)
    investment = checked("price_per_m", per_m, at_least=0) * length * 1000
    investment = investment + assumptions["transmission_station_eur_per_mw"] * power
    cost = (
        yearly * investment
        + assumptions["transmission_upkeep_eur_per_mwh_km"] * length * sent
        + assumptions["transmission_pumping_share"] * sent * electricity
        + checked("source_price", source_price, at_least=0) * lost
    )
    arrives = sent - lost
    per_mwh = np.where(arrives > 0, cost / np.where(arrives > 0, arrives, 1.0), np.inf)
    return like_input(per_mwh, power_mw, route_km, hours, per_m, per_km, source_price)


def economic_reach_km(
    power_mw: float,
    hours: float,
    alternative_cost: float,
    *,
    source_price: float = 0.0,
    detour: float | None = None,
    annuity: float | None = None,
    price_per_m: float | None = None,
    loss_per_km: float | None = None,
    assumptions: Mapping[str, float] | None = None,
) -> float:
    """
    Return the straight distance up to which brought heat costs no more than the alternative, km.

    The largest distance with source_price + `levelised_transport_cost` <= alternative_cost, found
    by bisection, as the cost rises with distance. 0 if even a source next door costs more.

    Parameters
    ----------
    power_mw, hours, annuity, price_per_m, loss_per_km
        As in `levelised_transport_cost`.
    alternative_cost
        Cost of heat at the sink without the link, EUR/MWh.
    source_price
        Price of the heat at the source, EUR/MWh.
    detour
        Route length over straight distance. None: parameters.csv.

    Raises
    ------
    ParameterError
        If an argument is negative, or the detour is below 1.
    """
    assumptions = assumed(assumptions)
    ceiling = float(checked("alternative_cost", alternative_cost, at_least=0))
    winding = float(
        checked_or_default("detour", detour, "detour_factor", at_least=1, assumptions=assumptions)
    )

    def pays(distance_km: float) -> bool:
        transport = levelised_transport_cost(
            power_mw,
            distance_km * winding,
            hours,
            annuity=annuity,
            price_per_m=price_per_m,
            loss_per_km=loss_per_km,
            source_price=source_price,
            assumptions=assumptions,
        )
        return bool(source_price + transport <= ceiling)

    if not pays(0.0):
        return 0.0
    near, far = 0.0, 1.0
    while pays(far):
        near, far = far, 2 * far
    while far - near > REACH_TOLERANCE_KM:
        middle = (near + far) / 2
        near, far = (middle, far) if pays(middle) else (near, middle)
    return near


@cache
def _price_line(price_set: str, _folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithms of sizes and prices of a set, read once per process and folder."""
    rows = read_table("pipe_prices")
    rows = rows[rows["price_set"] == _price_set(price_set)].sort_values("power_mw")
    return np.log(rows["power_mw"].to_numpy()), np.log(rows["price_eur_per_m"].to_numpy())


def _price_set(name: str) -> str:
    """Return the price set that a role (default, low, high) or its own name stands for."""
    sets = read_table("pipe_price_sets")
    roles = dict(
        zip(sets["role"].dropna(), sets.loc[sets["role"].notna(), "price_set"], strict=True)
    )
    check_choice("price_set", name, [*roles, *sets["price_set"]])
    return str(roles.get(name, name))
