"""Transmission of heat: which pipe, what it carries, loses and costs, what pumping takes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..assumptions.checks import (
    ABSOLUTE_ZERO_C,
    Numbers,
    check_order,
    checked,
    checked_or_default,
    like_input,
)
from ..assumptions.values import assumed
from ..tables import read_table

ITERATIONS = 60  # the friction factor settles to 12 digits after about ten


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


def running_per_km(
    supply_c: Numbers,
    return_c: Numbers,
    electricity: Numbers,
    *,
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return what a pipe costs to run and keep up, EUR per MWh sent and km.

    Upkeep at the price level of 2024, and pumping at a price of electricity, EUR/MWh.

    Examples
    --------
    >>> round(float(running_per_km(85, 45, 60)), 3)
    0.182
    """
    assumptions = assumed(assumptions)
    upkeep = assumptions["transmission_upkeep_eur_per_mwh_km"] * assumptions["index_2015_to_2024"]
    return upkeep + pumping_per_km(supply_c, return_c, assumptions=assumptions) * electricity


def pumping_per_km(
    supply_c: Numbers, return_c: Numbers, *, assumptions: Mapping[str, float] | None = None
) -> Numbers:
    """
    Return the electricity for pumping over the year per heat sent and km, share/km.

    2 dp L / (rho c dT efficiency) at full load, times the mean over the year.

    Examples
    --------
    >>> round(float(pumping_per_km(85, 45)), 5)
    0.00086
    """
    assumptions = assumed(assumptions)
    cooled = checked("supply_c", supply_c) - checked("return_c", return_c)
    held = assumptions["water_density"] * assumptions["water_heat_capacity"] * cooled
    drop = 2 * assumptions["transmission_pressure_drop_pa_per_m"] * 1000
    full = drop / (held * assumptions["transmission_pump_efficiency"])
    share = assumptions["transmission_pumping_mean_share"] * full
    return like_input(share, supply_c, return_c)


def design_velocity(
    inner_diameter_m: Numbers,
    *,
    pressure_drop_pa_per_m: float | None = None,
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the water velocity at a design pressure drop, m/s.

    Haaland friction with v = sqrt(2 dp d / (f rho)).
    Source: topotherm_package_settings_regression_test.

    Parameters
    ----------
    inner_diameter_m
        Inner diameter, m.
    pressure_drop_pa_per_m
        Pressure lost per metre of one pipe, Pa/m. None: that of networks in parameters.csv.

    Examples
    --------
    >>> round(float(design_velocity(0.1)), 2)
    1.88
    """
    assumptions = assumed(assumptions)
    gradient = checked_or_default(
        "pressure_drop_pa_per_m",
        pressure_drop_pa_per_m,
        "pipe_pressure_drop_pa_per_m",
        above=0,
        assumptions=assumptions,
    )
    diameter = checked("inner_diameter_m", inner_diameter_m, above=0)
    density, viscosity = assumptions["water_density"], assumptions["water_viscosity"]
    roughness = (assumptions["pipe_roughness_m"] / (3.7 * diameter)) ** 1.11
    drop = 2 * gradient * diameter / density
    velocity = np.ones_like(diameter)
    for _ in range(ITERATIONS):
        reynolds = density * velocity * diameter / viscosity
        velocity = np.sqrt(drop) * -1.8 * np.log10(roughness + 6.9 / reynolds)
    return like_input(velocity, inner_diameter_m)


def pipe_capacity_mw(
    inner_diameter_m: Numbers,
    *,
    difference_k: float | None = None,
    pressure_drop_pa_per_m: float | None = None,
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the heat a pipe carries at its design pressure drop, MW.

    Parameters
    ----------
    inner_diameter_m
        Inner diameter, m.
    difference_k
        Supply less return temperature, K. None: parameters.csv.
    pressure_drop_pa_per_m
        As in `design_velocity`.

    Examples
    --------
    >>> round(float(pipe_capacity_mw(0.1071, difference_k=35)), 1)
    2.5
    """
    assumptions = assumed(assumptions)
    diameter = checked("inner_diameter_m", inner_diameter_m, above=0)
    cooling = checked_or_default(
        "difference_k",
        difference_k,
        "network_design_difference_k",
        above=0,
        assumptions=assumptions,
    )
    flow = (
        assumptions["water_density"]
        * design_velocity(
            inner_diameter_m,
            pressure_drop_pa_per_m=pressure_drop_pa_per_m,
            assumptions=assumptions,
        )
        * np.pi
        / 4
        * diameter**2
    )
    return flow * assumptions["water_heat_capacity"] * cooling / 1e6


def pair_heat_loss_w_per_mk(
    outer_diameter_m: Numbers,
    jacket_diameter_m: Numbers,
    *,
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the heat loss of a pair of buried pipes, W per metre of trench and K.

    Per K between the mean of supply and return and the ground: 2 / (R_insulation + R_ground +
    R_neighbour), with R_neighbour = ln(1 + (2 z / s)^2) / (4 pi k_ground) between axes s apart at
    depth z. The jacket itself and the surface of the soil are left out.
    Source: own_pipe_losses.

    Parameters
    ----------
    outer_diameter_m
        Outer diameter of the steel pipe, m.
    jacket_diameter_m
        Outer diameter of the insulation, m.

    Examples
    --------
    >>> round(float(pair_heat_loss_w_per_mk(0.1143, 0.25)), 2)
    0.37
    """
    assumptions = assumed(assumptions)
    steel = checked("outer_diameter_m", outer_diameter_m, above=0)
    jacket = checked("jacket_diameter_m", jacket_diameter_m, above=0)
    check_order("outer_diameter_m", steel, "jacket_diameter_m", jacket, equal=False)
    ground = assumptions["ground_w_per_mk"]
    depth = assumptions["pipe_cover_m"] + jacket / 2
    apart = assumptions["pipe_spacing_m"] + jacket
    insulation = np.log(jacket / steel) / assumptions["pipe_insulation_in_use_w_per_mk"]
    soil = np.log(4 * depth / jacket) / ground
    neighbour = np.log1p((2 * depth / apart) ** 2) / (2 * ground)
    loss = 4 * np.pi / (insulation + soil + neighbour)
    return like_input(loss, outer_diameter_m, jacket_diameter_m)
