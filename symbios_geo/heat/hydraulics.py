"""Water in a district heating pipe: power, velocity, capacity, thermal transmittance, diversity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

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


def pipe_power(
    mass_flow_kg_per_s: Numbers,
    supply_c: Numbers,
    return_c: Numbers,
    *,
    heat_capacity_j_per_kgk: float | None = None,
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the heat carried by a flow of water, W.

    m c (T_supply - T_return). Source: topotherm_package_settings_regression_test.

    Parameters
    ----------
    mass_flow_kg_per_s
        Mass flow, kg/s.
    supply_c, return_c
        Temperatures, degC.
    heat_capacity_j_per_kgk
        Heat capacity of the water, J/kg,K. None: parameters.csv.
    """
    assumptions = assumed(assumptions)
    flow = checked("mass_flow_kg_per_s", mass_flow_kg_per_s, at_least=0)
    supply = checked("supply_c", supply_c, above=ABSOLUTE_ZERO_C)
    returned = checked("return_c", return_c, above=ABSOLUTE_ZERO_C)
    check_order("return_c", returned, "supply_c", supply)
    capacity = checked_or_default(
        "heat_capacity_j_per_kgk",
        heat_capacity_j_per_kgk,
        "water_heat_capacity",
        above=0,
        assumptions=assumptions,
    )
    return like_input(flow * capacity * (supply - returned), mass_flow_kg_per_s, supply_c, return_c)


def supply_temperature(
    outdoor_c: Numbers,
    *,
    highest_c: float,
    lowest_c: float,
    cold_limit_c: float,
    mild_limit_c: float,
) -> Numbers:
    """
    Return the supply temperature of a network that follows the weather, degC.

    The highest at or below the cold limit, the lowest at or above the mild limit, a straight line
    between. Source: topotherm_package_settings_regression_test.
    """
    outdoor = checked("outdoor_c", outdoor_c, above=ABSOLUTE_ZERO_C)
    high, low = checked("highest_c", highest_c), checked("lowest_c", lowest_c)
    cold, mild = checked("cold_limit_c", cold_limit_c), checked("mild_limit_c", mild_limit_c)
    check_order("lowest_c", low, "highest_c", high)
    check_order("cold_limit_c", cold, "mild_limit_c", mild, equal=False)
    return like_input(np.interp(outdoor, [cold, mild], [high, low]), outdoor_c)


def design_velocity(
    inner_diameter_m: Numbers, *, assumptions: Mapping[str, float] | None = None
) -> Numbers:
    """
    Return the water velocity at the design pressure drop of parameters.csv, m/s.

    Haaland friction with v = sqrt(2 dp d / (f rho)).
    Source: topotherm_package_settings_regression_test.
    """
    assumptions = assumed(assumptions)
    diameter = checked("inner_diameter_m", inner_diameter_m, above=0)
    density, viscosity = assumptions["water_density"], assumptions["water_viscosity"]
    roughness = (assumptions["pipe_roughness_m"] / (3.7 * diameter)) ** 1.11
    drop = 2 * assumptions["pipe_pressure_drop_pa_per_m"] * diameter / density
    velocity = np.ones_like(diameter)
    for _ in range(ITERATIONS):
        reynolds = density * velocity * diameter / viscosity
        velocity = np.sqrt(drop) * -1.8 * np.log10(roughness + 6.9 / reynolds)
    return like_input(velocity, inner_diameter_m)


def pipe_capacity_mw(
    inner_diameter_m: Numbers,
    *,
    difference_k: float | None = None,
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
        * design_velocity(inner_diameter_m, assumptions=assumptions)
        * np.pi
        / 4
        * diameter**2
    )
    return flow * assumptions["water_heat_capacity"] * cooling / 1e6


def pipe_transmittance(
    outer_diameter_m: Numbers,
    jacket_diameter_m: Numbers,
    *,
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the thermal transmittance of one buried, insulated pipe, W/m,K.

    2 pi / [ln(D/d) / k_insulation + ln(8h/D) / k_ground]. The usual single-pipe formula has 4h:
    8h, kept because the published fits use it, gives a few per cent less.
    Source: topotherm_package_settings_regression_test.

    Parameters
    ----------
    outer_diameter_m
        Outer diameter of the steel pipe, m.
    jacket_diameter_m
        Outer diameter of the insulation, m.
    """
    assumptions = assumed(assumptions)
    steel = checked("outer_diameter_m", outer_diameter_m, above=0)
    jacket = checked("jacket_diameter_m", jacket_diameter_m, above=0)
    check_order("outer_diameter_m", steel, "jacket_diameter_m", jacket, equal=False)
    insulation = np.log(jacket / steel) / assumptions["pipe_insulation_w_per_mk"]
    ground = np.log(8 * assumptions["pipe_depth_m"] / jacket) / assumptions["ground_w_per_mk"]
    return like_input(2 * np.pi / (insulation + ground), outer_diameter_m, jacket_diameter_m)


def diversity_factor(
    buildings: Numbers, *, assumptions: Mapping[str, float] | None = None
) -> Numbers:
    """
    Return the peak of a group over the sum of its buildings' peaks, share.

    limit + (1 - limit) / n. Source: thermos_technical_description_calculation_no.
    """
    assumptions = assumed(assumptions)
    number = checked("buildings", buildings, at_least=1)
    limit = assumptions["diversity_limit"]
    return like_input(limit + (1 - limit) / number, buildings)


def highest_velocity(inner_diameter_mm: Numbers) -> Numbers:
    """
    Return the highest velocity used in district heating pipes of a size, m/s.

    The straight line through the fifteen sizes of pipe_practice.csv. Source:
    planheat_tool_database_pointcreator_code.

    Parameters
    ----------
    inner_diameter_mm
        Inner diameter, mm.
    """
    rows = read_table("pipe_practice")
    slope, start = np.polyfit(rows["inner_diameter_mm"], rows["highest_velocity_m_per_s"], 1)
    diameter = checked("inner_diameter_mm", inner_diameter_mm, above=0)
    return like_input(start + slope * diameter, inner_diameter_mm)


def usual_heat_loss_w_per_m(inner_diameter_mm: Numbers, mean_water_c: Numbers) -> Numbers:
    """
    Return what district heating pipes of a size usually lose, W/m.

    Straight lines through the sizes of pipe_practice.csv, between the three temperatures of the
    table and beyond them in a straight line. The source fits the losses to the diameters of the
    next smaller sizes, which makes them a third too steep; here each loss has its own diameter.
    Source: planheat_tool_database_pointcreator_code.

    Parameters
    ----------
    inner_diameter_mm
        Inner diameter, mm.
    mean_water_c
        Mean of supply and return temperature, degC.
    """
    diameter = checked("inner_diameter_mm", inner_diameter_mm, above=0)
    water = checked("mean_water_c", mean_water_c, above=ABSOLUTE_ZERO_C)
    rows = read_table("pipe_practice").dropna()
    cold, middle, hot = (
        np.polyval(np.polyfit(rows["inner_diameter_mm"], rows[f"loss_{c}_w_per_m"], 1), diameter)
        for c in (60, 80, 100)
    )
    loss = middle + (hot - cold) / 40 * (water - 80)
    return like_input(np.maximum(loss, 0), inner_diameter_mm, mean_water_c)
