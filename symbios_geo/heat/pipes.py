"""Transmission of heat: which pipe, its price and loss, cost per MWh, and how far it pays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..assumptions.checks import (
    ABSOLUTE_ZERO_C,
    HOURS_PER_YEAR,
    LONGEST_YEAR_H,
    Numbers,
    check_choice,
    check_order,
    checked,
    checked_or_default,
    like_input,
)
from ..assumptions.finance import pipe_annuity
from ..assumptions.values import assumed
from ..tables import once_per_folder, read_table
from .hydraulics import pair_heat_loss_w_per_mk, pipe_capacity_mw

REACH_TOLERANCE_KM = 1e-6


def choose_pipe(
    power_mw: Numbers,
    supply_c: Numbers,
    return_c: Numbers,
    *,
    route_km: Numbers | None = None,
    assumptions: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """
    Return the smallest pair of pipes that carries a power at the design pressure drop.

    Above the largest size several pairs lie side by side. Source: own_pipe_prices, own_pipe_losses.

    Parameters
    ----------
    power_mw
        Heat at full load, MW.
    supply_c, return_c
        Temperatures in the two pipes, degC.
    route_km
        Length, km: its last part runs in streets (heat_pipe_street_km). None: all open land.

    Returns
    -------
    pipe
        A row per power: `nominal_diameter_mm`, `loss_w_per_m` of the pair all year,
        `price_sek_per_m` of the pair (price level 2024), and `size_share`, the share of the price
        that follows the power; the rest is the trench.

    Raises
    ------
    ParameterError
        If a power is not positive, or the return is hotter than the supply.

    Examples
    --------
    >>> choose_pipe(25.0, 85.0, 47.0)["nominal_diameter_mm"].tolist()
    [300.0]
    """
    assumptions = assumed(assumptions)
    power = np.atleast_1d(checked("power_mw", power_mw, above=0))
    supply = np.atleast_1d(checked("supply_c", supply_c, above=ABSOLUTE_ZERO_C))
    back = np.atleast_1d(checked("return_c", return_c, above=ABSOLUTE_ZERO_C))
    check_order("return_c", back, "supply_c", supply, equal=False)
    table = read_table("pipe_dimensions").sort_values("nominal_diameter_mm")
    per_kelvin, rise = _sizes(table, assumptions)
    carried = power / (supply - back)
    smaller = (per_kelvin < (carried * (1 - 1e-12))[:, np.newaxis]).sum(axis=1)
    size = np.minimum(smaller, len(table) - 1)
    pairs = np.maximum(np.ceil(carried / per_kelvin[:, -1] - 1e-12), 1.0)
    length = np.atleast_1d(checked("route_km", 1e9 if route_km is None else route_km, at_least=0))
    street = np.minimum(assumptions["heat_pipe_street_km"] / np.maximum(length, 1e-9), 1.0)
    kinds = table[["open_land_sek_per_m", "street_sek_per_m"]].to_numpy(float)
    price = kinds[size, 0] * (1 - street) + kinds[size, 1] * street
    loss = np.asarray(
        pair_heat_loss_w_per_mk(
            table["outer_diameter_m"].to_numpy(float)[size],
            table["jacket_series_2_m"].to_numpy(float)[size],
            assumptions=assumptions,
        )
    )
    warmer = np.maximum((supply + back) / 2 - assumptions["ground_c"], 0.0)
    return pd.DataFrame(
        {
            "nominal_diameter_mm": table["nominal_diameter_mm"].to_numpy(float)[size],
            "loss_w_per_m": pairs * loss * warmer,
            "price_sek_per_m": pairs * price * assumptions["heat_pipe_cost_factor"],
            "size_share": np.take_along_axis(rise, size[:, np.newaxis], axis=1)[:, 0],
        },
        index=getattr(power_mw, "index", None),
    )


def _sizes(table: pd.DataFrame, assumptions: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """
    Return what each size carries, MW per K, and the share of its price that follows the power.

    One row, or one for each row of assumptions that has a pressure drop of its own.
    """
    drops, row = np.unique(assumptions["transmission_pressure_drop_pa_per_m"], return_inverse=True)
    inner = np.broadcast_to(table["inner_diameter_m"].to_numpy(float), (len(drops), len(table)))
    per_kelvin = np.asarray(
        pipe_capacity_mw(
            inner,
            difference_k=1.0,
            pressure_drop_pa_per_m=drops[:, np.newaxis],  # type: ignore[arg-type]
            assumptions=assumptions,
        )
    )
    # how the price rises with the power, from one size to the next
    price = np.log(table["open_land_sek_per_m"].to_numpy(float))
    rise = np.stack([np.gradient(price, np.log(line)) for line in per_kelvin])
    row = np.atleast_1d(row) if len(drops) > 1 else np.zeros(1, dtype=int)
    return per_kelvin[row], np.clip(rise, 0.0, 1.0)[row]


def pumping_per_km(
    supply_c: Numbers, return_c: Numbers, *, assumptions: Mapping[str, float] | None = None
) -> Numbers:
    """
    Return the electricity for pumping over the year per heat sent and km, share/km.

    2 dp L / (rho c dT efficiency) at full load, times the mean over the year.
    """
    assumptions = assumed(assumptions)
    cooled = checked("supply_c", supply_c) - checked("return_c", return_c)
    held = assumptions["water_density"] * assumptions["water_heat_capacity"] * cooled
    drop = 2 * assumptions["transmission_pressure_drop_pa_per_m"] * 1000
    full = drop / (held * assumptions["transmission_pump_efficiency"])
    share = assumptions["transmission_pumping_mean_share"] * full
    return like_input(share, supply_c, return_c)


def transmission_cost(power_mw: Numbers, *, price_set: str) -> Numbers:
    """
    Return a published price of a buried pair of pipes, EUR per metre at its own price level.

    To compare with: links are priced by `choose_pipe`.

    Between the listed sizes the price follows a straight line on logarithmic scales, so it never
    steps or falls. Below the smallest size it stays (the trench costs the same), above the largest
    it follows the last line. Source: source_id of the rows in pipe_prices.csv.

    Parameters
    ----------
    power_mw
        Heat that the pipe can carry, MW.
    price_set
        One set of pipe_price_sets.csv. Credible sets differ by a factor of four.

    Raises
    ------
    ParameterError
        If the power is not positive or the set is unknown.
    """
    power = checked("power_mw", power_mw, above=0)
    size, price = _price_line(price_set)
    line = np.interp(np.log(power), size, price)
    slope = (price[-1] - price[-2]) / (size[-1] - size[-2])
    beyond = np.maximum(np.log(power) - size[-1], 0.0) * slope
    return like_input(np.exp(line + beyond), power_mw)


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
    supply_c: float | None = None,
    return_c: float | None = None,
    annuity: float | None = None,
    price_per_m: Numbers | None = None,
    loss_per_km: Numbers | None = None,
    pumping_share: Numbers | None = None,
    electricity_price: float | None = None,
    source_price: Numbers = 0.0,
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the cost of bringing heat through a pipe, EUR of 2024 per MWh that arrives.

    Annuity of pipe and stations, upkeep, pumping and the price of the heat lost on the way; the
    price of the heat that arrives is not in it. A pipe loses the same watts all year, so that a
    line of few hours loses a larger share. Infinite where nothing arrives.
    Source: danish_energy_agency_technology_data_3 (upkeep, stations), `choose_pipe`.

    Parameters
    ----------
    power_mw
        Heat sent in at full load, MW.
    route_km
        Length of the pipe, km: the straight line times the detour factor.
    hours
        Full-load hours, h/yr.
    supply_c, return_c
        Temperatures in the pipe, degC. None: those of a trunk in parameters.csv.
    annuity
        `annuity_factor` of the pipe, 1/yr. None: rate and life from parameters.csv.
    price_per_m
        Price of the pipe, EUR/m. None: that of `choose_pipe`.
    loss_per_km
        Share of the year's heat lost per km. None: the loss of `choose_pipe` all year.
    pumping_share
        Electricity for pumping per heat sent. None: `pumping_per_km` times the length.
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
    hot = assumptions["trunk_supply_c"] if supply_c is None else supply_c
    cold = assumptions["trunk_return_c"] if return_c is None else return_c
    shape = np.broadcast_shapes(power.shape, length.shape, full_load.shape)
    pipe = choose_pipe(
        np.broadcast_to(power, shape).ravel(),
        hot,
        cold,
        route_km=np.broadcast_to(length, shape).ravel(),
        assumptions=assumptions,
    )
    in_eur = 1 / assumptions["sek_per_eur"]
    listed = pipe["price_sek_per_m"].to_numpy().reshape(shape) * in_eur
    watts = pipe["loss_w_per_m"].to_numpy().reshape(shape)
    sent = power * full_load
    per_m = listed if price_per_m is None else checked("price_per_m", price_per_m, at_least=0)
    per_km = watts * HOURS_PER_YEAR / 1000 / sent if loss_per_km is None else loss_per_km
    pumped = pumping_per_km(hot, cold, assumptions=assumptions) * length
    pumped = pumped if pumping_share is None else checked("pumping_share", pumping_share)
    electricity = checked_or_default(
        "electricity_price",
        electricity_price,
        "electricity_price_eur_per_mwh",
        at_least=0,
        assumptions=assumptions,
    )
    lost = sent * np.minimum(checked("loss_per_km", per_km, at_least=0) * length, 1.0)
    station = assumptions["transmission_station_msek_per_mw"] * 1e6 * in_eur
    upkeep = assumptions["transmission_upkeep_eur_per_mwh_km"] * assumptions["index_2015_to_2024"]
    cost = (
        yearly * (per_m * length * 1000 + station * power)
        + upkeep * length * sent
        + pumped * sent * electricity
        + checked("source_price", source_price, at_least=0) * lost
    )
    arrives = sent - lost
    per_mwh = np.where(arrives > 0, cost / np.where(arrives > 0, arrives, 1.0), np.inf)
    return like_input(per_mwh, power_mw, route_km, hours, price_per_m, loss_per_km, source_price)


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
    pumping_share: float | None = None,
    assumptions: Mapping[str, float] | None = None,
) -> float:
    """
    Return the straight distance up to which brought heat costs no more than the alternative, km.

    The largest distance with source_price + `levelised_transport_cost` <= alternative_cost, found
    by bisection, as the cost rises with distance. 0 if even a source next door costs more.

    Parameters
    ----------
    power_mw, hours, annuity, price_per_m, loss_per_km, pumping_share
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
            pumping_share=pumping_share,
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


@once_per_folder
def _price_line(price_set: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithms of sizes and prices of a set, read once per process and folder."""
    rows = read_table("pipe_prices")
    check_choice("price_set", price_set, list(rows["price_set"].unique()))
    rows = rows[rows["price_set"] == price_set].sort_values("power_mw")
    return np.log(rows["power_mw"].to_numpy()), np.log(rows["price_eur_per_m"].to_numpy())
