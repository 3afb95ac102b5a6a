"""Water in a district heating pipe: velocity, capacity, thermal transmittance, usual heat loss."""

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
