"""Water in a district heating pipe: velocity, capacity, thermal transmittance, usual heat loss."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..assumptions.checks import (
    Numbers,
    check_order,
    checked,
    checked_or_default,
    like_input,
)
from ..assumptions.values import assumed

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
