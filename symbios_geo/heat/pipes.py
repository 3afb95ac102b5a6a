"""Transmission of heat: which pipe, its price and loss, and what pumping takes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..assumptions.checks import (
    ABSOLUTE_ZERO_C,
    Numbers,
    check_order,
    checked,
    like_input,
)
from ..assumptions.values import assumed
from ..tables import read_table
from .hydraulics import pair_heat_loss_w_per_mk, pipe_capacity_mw


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
