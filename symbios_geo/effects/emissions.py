"""What one amount of heat or CO2 does to emissions; of links see `benefit` of each resource."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..assumptions.checks import Numbers, check_choice, checked, like_input
from ..assumptions.ranges import with_bounds
from ..model import BOUNDS
from ..tables import once_per_folder, read_table

__all__ = [
    "climate_benefit_t", "compare_displaced", "emission_factors", "product_benefit",
]  # fmt: skip

DIRECT_ELECTRICITY = "direct_electricity"
MIXES = ["nordic_mix", "marginal"]  # between which what a link does is told


def emission_factors(kind: str | None = None, ids: list[str] | None = None) -> pd.DataFrame:
    """
    Read emission factors (g/kWh) by factor_id, a missing bound being the value.

    Parameters
    ----------
    kind
        "heat", "electricity" or another kind of the table. None: all.
    ids
        Ids of factors of that kind. None: all of it.

    Raises
    ------
    ParameterError
        If the kind or an id is not known.

    Examples
    --------
    >>> emission_factors("electricity").index.tolist()
    ['nordic_mix', 'residual_mix', 'marginal']
    """
    table = _factors(kind)
    for factor_id in ids or []:
        check_choice(kind or "ids", factor_id, table.index)
    return table.copy() if ids is None else table.loc[ids]


@once_per_folder
def _factors(kind: str | None) -> pd.DataFrame:
    """Return the factors of a kind, made once per process and folder of tables."""
    table = with_bounds(read_table("emission_factors").set_index("factor_id"))
    if kind is None:
        return table
    check_choice("kind", kind, table["kind"].unique())
    return table[table["kind"] == kind]


def climate_benefit_t(
    source: Numbers,
    cop: Numbers | None,
    displaced: Numbers,
    electricity: Numbers,
    *,
    pump: Numbers = 0.0,
) -> Numbers:
    """
    Return the greenhouse gas emissions avoided by using a heat source, t CO2e/yr (negative: worse).

    Parameters
    ----------
    source
        Heat taken from the source, GWh/yr.
    cop
        COP of the heat pump. None: the heat is used directly.
    displaced
        Emission factor of the heat that is replaced, g/kWh; the alternative that really stops.
    electricity
        Emission factor of electricity, g/kWh.
    pump
        Electricity for pumping, GWh/yr.

    Raises
    ------
    ParameterError
        If an amount or factor is negative, or the COP is 1 or less.

    Examples
    --------
    >>> float(climate_benefit_t(10, None, displaced=50, electricity=20))
    500.0
    >>> float(climate_benefit_t(10, 3, displaced=50, electricity=130))
    100.0
    """
    heat = checked("source", source, at_least=0)
    # work of the heat pump: Q / (COP - 1), which the network also receives as heat
    work = 0.0 if cop is None else heat / (checked("cop", cop, above=1) - 1)
    saved = (heat + work) * checked("displaced", displaced, at_least=0)
    used = work + checked("pump", pump, at_least=0)
    benefit = saved - used * checked("electricity", electricity, at_least=0)
    return like_input(benefit, source, cop, displaced, electricity, pump)


def compare_displaced(
    source: float,
    cop: float | None = None,
    *,
    pump: float = 0.0,
    displaced: list[str] | None = None,
    electricity: list[str] | None = None,
) -> pd.DataFrame:
    """
    Return the emissions avoided by a heat source for each choice of factors, t CO2e/yr.

    One row per heat replaced and electricity: value, low, high, `sign` ("benefit", "harm", "even",
    or "unclear" where low and high do not agree) and `is_certain` (whether they do). Low takes the
    displaced factor at its low and electricity at its high.

    Parameters
    ----------
    source
        Heat taken from the source, GWh/yr.
    cop
        COP of the heat pump. None: the heat is used directly.
    pump
        Electricity for pumping, GWh/yr.
    displaced, electricity
        Ids of emission_factors.csv. None: all of that kind.

    Examples
    --------
    >>> compare_displaced(10, displaced=["natural_gas"])["sign"].unique().tolist()
    ['benefit']
    """
    heat, power = emission_factors("heat", displaced), emission_factors("electricity", electricity)
    rows = []
    for replaced in heat.index:
        for used in power.index:
            old = power.loc[used] if replaced == DIRECT_ELECTRICITY else heat.loc[replaced]
            new = power.loc[used]
            ends = _ends(replaced)
            amounts = {
                side: float(climate_benefit_t(source, cop, old[a], new[b], pump=pump))
                for side, (a, b) in ends.items()
            }
            rows.append({"replaced": replaced, "electricity": used, **amounts})
    table = pd.DataFrame(rows)
    bounds = table[BOUNDS]
    table = table.assign(low=bounds.min(axis=1), high=bounds.max(axis=1), unit="t CO2e/yr")
    certain = sign_of(table["low"]) == sign_of(table["high"])
    told = sign_of(table["value"]).where(certain, "unclear")
    return table.assign(sign=told, is_certain=certain)


def product_benefit(co2_kt: float, *, carbon: str, replaces_fossil_share: float = 0.0) -> pd.Series:
    """
    Return what CO2 used in a product does to emissions, kt/yr: `removal` and `avoided`.

    Biogenic CO2 used in products is not a removal: it returns to the air. Only bought fossil CO2
    that it replaces is avoided; fossil CO2 in its place avoids nothing.

    Parameters
    ----------
    co2_kt
        CO2 used, kt/yr.
    carbon
        "biogenic" or "fossil".
    replaces_fossil_share
        Share of it that replaces fossil CO2 made for sale, 0-1.

    Examples
    --------
    >>> product_benefit(10, carbon="biogenic", replaces_fossil_share=0.5).to_dict()
    {'removal': 0.0, 'avoided': 5.0}
    """
    amount = float(checked("co2_kt", co2_kt, at_least=0))
    share = checked("replaces_fossil_share", replaces_fossil_share, at_least=0, at_most=1)
    check_choice("carbon", carbon, ("biogenic", "fossil"))
    avoided = amount * float(share) if carbon == "biogenic" else 0.0
    return pd.Series({"removal": 0.0, "avoided": avoided}, name="kt/yr")


def sign_of(amounts: pd.Series) -> pd.Series:
    """Return "benefit", "harm" or "even" for avoided emissions above, below or equal to 0."""
    words = np.select([amounts > 0, amounts < 0], ["benefit", "harm"], default="even")
    return pd.Series(words, index=amounts.index, name="sign")


def _ends(replaced: str) -> dict[str, tuple[str, str]]:
    """Return which bound of displaced heat and of electricity makes each side of the range."""
    if replaced == DIRECT_ELECTRICITY:  # one factor, which cannot be low and high at once
        return {side: (side, side) for side in BOUNDS}
    return {"value": ("value", "value"), "low": ("low", "high"), "high": ("high", "low")}
