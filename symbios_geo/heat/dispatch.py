"""Merit order of a district heating network: what runs when, and what new heat would displace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from ..model import CARRIES_NOTHING, MONTH_DAYS, MONTHS

STEPS = 40  # parts of a month, from its mildest to its coldest days
HOURS = MONTH_DAYS * 24.0


@dataclass(frozen=True)
class Dispatch:
    """
    What the units of a network do over the year, cheapest first.

    `load_mw` has a row per month and a column per step; `power_mw` a row per unit, then month and
    step; `cost` the marginal cost of each unit by month, in the unit of money it was given in.
    """

    units: list[str]
    load_mw: np.ndarray
    power_mw: np.ndarray
    cost: np.ndarray

    @property
    def energy_gwh(self) -> pd.DataFrame:
        """The heat of each unit by month, GWh."""
        by_month = self.power_mw.mean(axis=2) * HOURS / 1000
        return pd.DataFrame(by_month, index=self.units, columns=range(1, MONTHS + 1))


def fuel_price(fuel: str, assumptions: Mapping[str, Any]) -> Any:
    """
    Return the price of a fuel at the plant, SEK per MWh of fuel.

    Waste is paid for: its price is running cost and emission allowances less the gate fee.
    """
    if fuel != "waste":
        return assumptions[f"fuel_{fuel}_sek_per_mwh"]
    allowances = (
        assumptions["waste_fossil_co2_t_per_t"]
        * assumptions["emission_allowance_eur_per_t"]
        * assumptions["sek_per_eur"]
    )
    burnt = assumptions["waste_running_sek_per_t"] + allowances
    return (burnt - assumptions["waste_gate_fee_sek_per_t"]) / assumptions["waste_energy_mwh_per_t"]


def network_load(
    buildings_gwh: float, industry_gwh: float, loss_share: float, building_shares: np.ndarray
) -> np.ndarray:
    """
    Return the heat that enters a network in each month, GWh.

    Buildings follow the weather and their hot water, industrial customers and losses are even:
    pipes lose the same watts all year.

    Parameters
    ----------
    buildings_gwh, industry_gwh
        Heat delivered in a year.
    loss_share
        Losses as a share of what enters the network in a year.
    building_shares
        Share of the buildings' year in each month (12).
    """
    delivered = buildings_gwh + industry_gwh
    lost = delivered * loss_share / (1 - loss_share)
    even = MONTH_DAYS / MONTH_DAYS.sum()
    return buildings_gwh * np.asarray(building_shares, float) + (industry_gwh + lost) * even


def load_steps(load_gwh: np.ndarray, day_variation: float) -> np.ndarray:
    """Return the load of each month in equally long steps, MW, spread normally about its mean."""
    quantiles = ndtri((np.arange(STEPS) + 0.5) / STEPS)
    shape = np.maximum(1 + day_variation * quantiles, 0.0)
    mean_mw = np.asarray(load_gwh, float) * 1000 / HOURS
    return mean_mw[:, np.newaxis] * shape / shape.mean()


def run_units(
    load_mw: np.ndarray, units: list[str], energy_gwh: np.ndarray, cost: np.ndarray
) -> Dispatch:
    """
    Run the units of a network in order of their cost, each as large as gives its yearly heat.

    Sizes of boilers are seldom published, the heat of a year is: the size of each unit is solved
    so that its year comes out, and the dearest takes the rest.

    Parameters
    ----------
    load_mw
        Load by month and step (see `load_steps`).
    units
        Names.
    energy_gwh
        Heat of each unit in a year; scaled so that they carry the load together.
    cost
        Marginal cost by unit and month.
    """
    order = np.argsort(cost.mean(axis=1), kind="stable")
    carried = (load_mw.mean(axis=1) * HOURS).sum() / 1000
    wanted = energy_gwh[order] * (carried / energy_gwh.sum() if energy_gwh.sum() else 0.0)
    left, powers = load_mw.copy(), []
    for place, energy in enumerate(wanted):
        last = place == len(wanted) - 1
        power = left if last else np.minimum(left, _size_for(left, energy))
        powers.append(power)
        left = left - power
    return Dispatch([units[k] for k in order], load_mw, np.array(powers), cost[order])


def displaced_by_flat(
    dispatch: Dispatch, tiers_mw: Sequence[float], displaceable: Sequence[str]
) -> pd.DataFrame:
    """
    Return which heat gives way to steps of new, even heat in each month, dearest unit first.

    Parameters
    ----------
    dispatch
        What runs today.
    tiers_mw
        Rising sizes of new heat, MW; each tier is the part above the size before.
    displaceable
        Units that may be turned down. What is already bought from industry is not among them.

    Returns
    -------
    displaced
        A row per month (1-12), tier and unit with the `gwh` that gives way.
    """
    dearest_first = [
        k for k in range(len(dispatch.units) - 1, -1, -1) if dispatch.units[k] in set(displaceable)
    ]
    stack = dispatch.power_mw[dearest_first]
    above = np.cumsum(stack, axis=0) - stack
    before = np.zeros_like(stack)
    parts = []
    for size in tiers_mw:
        taken = np.clip(size - above, 0.0, stack)
        gwh = (taken - before).mean(axis=2) * HOURS / 1000
        before = taken
        parts.append(gwh)
    columns = ["month", "tier", "unit", "gwh"]
    if not dearest_first:
        return pd.DataFrame(columns=columns)
    gwh = np.array(parts)  # by tier, unit and month
    tier, unit, month = (place.ravel() for place in np.indices(gwh.shape))
    names = np.array([dispatch.units[k] for k in dearest_first], dtype=object)
    found = pd.DataFrame(
        {"month": month + 1, "tier": tier, "unit": names[unit], "gwh": gwh.ravel()}
    ).astype({"unit": "str"})
    return found[found["gwh"] > CARRIES_NOTHING].reset_index(drop=True)


def _size_for(load_mw: np.ndarray, energy_gwh: float) -> float:
    """Return the size, MW, at which a unit under this load gives a year's energy."""
    low, high = 0.0, float(load_mw.max(initial=0.0))
    for _ in range(60):
        middle = (low + high) / 2
        made = (np.minimum(load_mw, middle).mean(axis=1) * HOURS).sum() / 1000
        low, high = (middle, high) if made < energy_gwh else (low, middle)
    return (low + high) / 2
