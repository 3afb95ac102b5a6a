"""Electrolysis and fuels from CO2: mass, energy and cost of a tonne, with their ranges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from ..assumptions.checks import LONGEST_YEAR_H, check_choice, checked
from ..assumptions.finance import annuity_factor
from ..assumptions.ranges import range_of
from ..assumptions.values import Given, as_assumptions, assumed
from ..effects.emissions import emission_factors, sign_of
from ..errors import ParameterError
from .costs import captured_eur_per_t
from .equipment import electricity_for_capture_mwh, heat_for_capture_mwh

VARIED = ("electrolyser_", "hydrogen_", "methanol_", "methane_", "synthesis_", "capture_")
COST_VARIED = (*VARIED, "discount_rate", "electricity_price_", "co2_full_load_hours")
UNITS = {"power": "MW", "product_energy": "GWh/yr"}


class Fuel(NamedTuple):
    """CO2 + `hydrogen` H2 -> one molecule of the atoms given + `water` H2O."""

    hydrogen: int
    carbon_atoms: int
    hydrogen_atoms: int
    oxygen_atoms: int
    water: int


class FuelPlant(NamedTuple):
    """Which parameters describe a plant that makes a fuel."""

    co2: str
    hydrogen: str
    electricity: str
    heat: str
    lhv: str
    investment: str


FUELS = {"methanol": Fuel(3, 1, 4, 1, 1), "methane": Fuel(4, 1, 4, 0, 2)}
PLANTS = {
    "methanol": FuelPlant(
        "methanol_co2_t_per_t",
        "methanol_hydrogen_t_per_t",
        "methanol_electricity_mwh_per_t",
        "methanol_heat_share",
        "methanol_lhv_mwh_per_t",
        "methanol_eur_per_kw",
    ),
    "methane": FuelPlant(
        "methane_co2_t_per_t",
        "methane_hydrogen_t_per_t",
        "methane_electricity_mwh_per_t",
        "methane_heat_share",
        "methane_lhv_mwh_per_t",
        "methane_eur_per_kw",
    ),
}


def electrolyser(
    power_mw: float, *, hours: float | None = None, assumptions: Mapping[str, float] | None = None
) -> pd.Series:
    """
    Return what an electrolyser takes and gives in a year, GWh/yr and kt/yr by item.

    Usable heat is a share of the loss, electricity less the higher heating value of the hydrogen
    (39.39 MWh/t), so that energy balances at every efficiency; `loss` is the rest. Oxygen follows
    from 2 H2O -> 2 H2 + O2. Source: danish_energy_agency_technology_data.

    Parameters
    ----------
    power_mw
        Electric power, MW.
    hours
        Full-load hours, h/yr. None: as assumed.

    Raises
    ------
    ParameterError
        If the power or the hours cannot be, or an efficiency exceeds what physics allows.
    """
    assumptions = assumed(assumptions)
    power = float(checked("power_mw", power_mw, above=0))
    electricity = power * full_load_hours(hours, assumptions=assumptions) / 1000
    hydrogen = electricity / _kwh_per_kg(assumptions=assumptions)
    return pd.Series(
        {"electricity": electricity, **_electrolysis(hydrogen, assumptions=assumptions)}
    ).rename("value")


def stoichiometry(fuel: str, *, assumptions: Mapping[str, float] | None = None) -> pd.Series:
    """
    Return tonnes of hydrogen, product and reaction water per tonne of CO2, by the reaction alone.

    CO2 + 3 H2 -> CH3OH + H2O (methanol), CO2 + 4 H2 -> CH4 + 2 H2O (methane).
    """
    assumptions = assumed(assumptions)
    check_choice("fuel", fuel, FUELS)
    reaction = FUELS[fuel]
    h, c = assumptions["atomic_mass_hydrogen"], assumptions["atomic_mass_carbon"]
    o = assumptions["atomic_mass_oxygen"]
    product = reaction.carbon_atoms * c + reaction.hydrogen_atoms * h + reaction.oxygen_atoms * o
    masses = {"hydrogen": reaction.hydrogen * 2 * h, "product": product}
    masses["water"] = reaction.water * (2 * h + o)
    return pd.Series(masses) / (c + 2 * o)


def balance(
    co2_kt: float,
    assumptions: Given = None,
    *,
    fuel: str = "methanol",
    hours: float | None = None,
) -> pd.DataFrame:
    """
    Return mass and energy of making a fuel from CO2: value, low, high and unit by item, per year.

    Plant data, not the bare reaction: what does not react leaves as purge, so that masses add up
    (CO2 + hydrogen = product + reaction water + purge). Energy of the product is its lower heating
    value. Steam for capture is stated apart; the heat that capture gives back is not counted.
    Sources: danish_energy_agency_technology_data, pypsa_technology_data_cost_assumptions.

    Parameters
    ----------
    co2_kt
        CO2 that reaches the plant, kt/yr.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    fuel
        "methanol" or "methane".
    hours
        Full-load hours, h/yr; they set the power of the electrolyser only. None: as assumed.

    Raises
    ------
    ParameterError
        If the amount, fuel or hours cannot be, or a yield is better than the reaction allows.

    Examples
    --------
    >>> round(float(balance(100).loc["product", "value"]), 1)
    71.4
    """
    assumptions = as_assumptions(assumptions)
    table = range_of(lambda a: _fuel_items(co2_kt, fuel, hours, assumptions=a), assumptions, VARIED)
    energy = table.index.str.startswith(("electricity", "heat"))
    unit = pd.Series("kt/yr", table.index).mask(energy, "GWh/yr")
    return table.assign(unit=[UNITS.get(item, given) for item, given in unit.items()])


def fuel_cost(
    co2_kt: float,
    assumptions: Given = None,
    *,
    fuel: str = "methanol",
    co2_eur_per_t: float | None = None,
    hours: float | None = None,
) -> pd.DataFrame:
    """
    Return what a tonne of fuel from CO2 costs, by part: value, low and high in EUR/t.

    Investments as annuities over the full-load hours, electricity, captured CO2, less heat sold;
    oxygen has no buyer here. Sources as for `balance` and `co2.costs.capture`.

    Parameters
    ----------
    co2_kt
        CO2 that reaches the plant, kt/yr; it sets the size of the capture plant.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    fuel
        "methanol" or "methane".
    co2_eur_per_t
        Price of the CO2, EUR/t. None: capture from flue gas, by its size.
    hours
        Full-load hours of electrolysis and synthesis, h/yr. None: as assumed.

    Examples
    --------
    >>> fuel_cost(100).index.tolist()
    ['cost_electricity', 'cost_electrolyser', 'cost_synthesis', 'cost_co2', 'cost_heat', 'cost']
    """
    assumptions = as_assumptions(assumptions)
    return range_of(
        lambda a: _cost_items(co2_kt, fuel, co2_eur_per_t, hours, assumptions=a),
        assumptions,
        COST_VARIED,
    ).assign(unit="EUR/t")


def _electrolysis(hydrogen: float, *, assumptions: Mapping[str, float]) -> dict[str, float]:
    """Return what making `hydrogen` (kt/yr) gives and takes besides electricity."""
    h, o = assumptions["atomic_mass_hydrogen"], assumptions["atomic_mass_oxygen"]
    waste = hydrogen * (
        _kwh_per_kg(assumptions=assumptions) - assumptions["hydrogen_hhv_mwh_per_t"]
    )
    recovery = assumptions["electrolyser_loss_recovery_share"]
    share = float(checked("electrolyser_loss_recovery_share", recovery, at_least=0, at_most=1))
    water = assumptions["electrolyser_water_t_per_t"]
    least = 1 + o / (2 * h)  # 2 H2O -> 2 H2 + O2
    return {
        "hydrogen": hydrogen,
        "oxygen": hydrogen * o / (2 * h),
        "water": hydrogen * max(water, least),
        "heat": waste * share,
        "loss": waste * (1 - share),
    }


def _fuel_items(
    co2_kt: float, fuel: str, hours: float | None, *, assumptions: Mapping[str, float]
) -> pd.Series:
    """Return every item of the balance, kt/yr, GWh/yr and MW."""
    co2 = float(checked("co2_kt", co2_kt, above=0))
    bare = stoichiometry(fuel, assumptions=assumptions)
    plant = PLANTS[fuel]
    product = co2 / _plant_ratio(plant.co2, 1 / bare["product"], assumptions=assumptions)
    hydrogen = product * _plant_ratio(
        plant.hydrogen, bare["hydrogen"] / bare["product"], assumptions=assumptions
    )
    made = _electrolysis(hydrogen, assumptions=assumptions)
    electrolysis = hydrogen * _kwh_per_kg(assumptions=assumptions)
    synthesis = product * assumptions[plant.electricity]
    energy = product * assumptions[plant.lhv]
    fed = hydrogen * assumptions["hydrogen_lhv_mwh_per_t"] + synthesis
    # stated heat shares may exceed what the lower heating values leave: energy sets the limit
    warmth = min(fed * assumptions[plant.heat], max(fed - energy, 0.0))
    capture = co2 * float(electricity_for_capture_mwh(1.0, assumptions=assumptions))
    return pd.Series(
        {
            "co2": co2,
            "hydrogen": hydrogen,
            "product": product,
            "water_reaction": product * bare["water"] / bare["product"],
            "purge_co2": co2 - product / bare["product"],
            "purge_hydrogen": hydrogen - product * bare["hydrogen"] / bare["product"],
            "oxygen": made["oxygen"],
            "water": made["water"],
            "electricity_electrolysis": electrolysis,
            "electricity_synthesis": synthesis,
            "electricity_capture": capture,
            "electricity": electrolysis + synthesis + capture,
            "heat_capture": co2 * float(heat_for_capture_mwh(1.0, assumptions=assumptions)),
            "product_energy": energy,
            "heat_electrolyser": made["heat"],
            "heat_synthesis": warmth,
            "heat": made["heat"] + warmth,
            "power": electrolysis * 1000 / full_load_hours(hours, assumptions=assumptions),
        }
    )


def _cost_items(
    co2_kt: float,
    fuel: str,
    co2_eur_per_t: float | None,
    hours: float | None,
    *,
    assumptions: Mapping[str, float],
) -> pd.Series:
    """Return the parts of the cost of a tonne of fuel, EUR/t."""
    items = _fuel_items(co2_kt, fuel, hours, assumptions=assumptions)
    one = items / items["product"]  # MWh or t per tonne of product
    load, rate = full_load_hours(hours, assumptions=assumptions), assumptions["discount_rate"]
    stack = annuity_factor(rate, assumptions["electrolyser_life_years"])
    stack += assumptions["electrolyser_fixed_share"]
    plant = annuity_factor(rate, assumptions["synthesis_life_years"])
    plant += assumptions["synthesis_fixed_share"]
    co2_hours = assumptions["co2_full_load_hours"]
    if co2_eur_per_t is None:
        size, power = co2_kt * 1000 / co2_hours, assumptions["electricity_price_eur_per_mwh"]
        co2_eur_per_t = captured_eur_per_t(size, co2_hours, power, assumptions)
    price = assumptions["hydrogen_stack_price_eur_per_mwh"]
    power = one["electricity_electrolysis"] + one["electricity_synthesis"]
    parts = {
        "cost_electricity": power * price,
        "cost_electrolyser": one["electricity_electrolysis"]
        / load
        * 1000
        * assumptions["electrolyser_eur_per_kw"]
        * float(stack),
        "cost_synthesis": one["product_energy"]
        / load
        * 1000
        * assumptions[PLANTS[fuel].investment]
        * float(plant),
        "cost_co2": one["co2"] * float(checked("co2_eur_per_t", co2_eur_per_t)),
        "cost_heat": 0.0 - one["heat"] * assumptions["synthesis_heat_worth_eur_per_mwh"],
    }
    return pd.Series({**parts, "cost": sum(parts.values())})


def _plant_ratio(key: str, least: float, *, assumptions: Mapping[str, float]) -> float:
    """Return tonnes per tonne of product, refused when below what the reaction needs."""
    ratio = assumptions[key]
    if not ratio >= least:
        msg = f"{key} = {ratio:g} is below the {least:.4f} t/t of the reaction. Mend the value."
        raise ParameterError(msg)
    return ratio


def _kwh_per_kg(*, assumptions: Mapping[str, float]) -> float:
    """Return the electricity per kg of hydrogen, refused below the higher heating value, kWh/kg."""
    least = assumptions["hydrogen_hhv_mwh_per_t"]
    return float(
        checked("electrolyser_kwh_per_kg", assumptions["electrolyser_kwh_per_kg"], at_least=least)
    )


def full_load_hours(
    hours: float | None, *, assumptions: Mapping[str, float] | None = None
) -> float:
    """Return the full-load hours given or those of parameters.csv, h/yr."""
    assumptions = assumed(assumptions)
    chosen = assumptions["electrolyser_full_load_hours"] if hours is None else hours
    return float(checked("hours", chosen, above=0, at_most=LONGEST_YEAR_H))


def fuel_benefit(
    co2_kt: float,
    assumptions: Given = None,
    *,
    fuel: str = "methanol",
    electricity: list[str] | None = None,
) -> pd.DataFrame:
    """
    Return what a fuel from biogenic CO2 does to emissions, kt CO2e/yr, by electricity.

    avoided: fossil fuel of the same energy that is not burnt. caused: electricity of the plant.
    removal: always 0, since the carbon returns to the air when the fuel is burnt. The steam of
    capture is not counted. Low and high vary the electricity factor only.
    Source: renewable_energy_directive_2018.

    Parameters
    ----------
    co2_kt
        Biogenic CO2 that reaches the plant, kt/yr.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    fuel
        "methanol" or "methane".
    electricity
        Ids of emission_factors.csv. None: all.

    Examples
    --------
    >>> fuel_benefit(100)["removal"].unique().tolist()
    [0.0]
    """
    assumptions = as_assumptions(assumptions)
    check_choice("fuel", fuel, FUELS)
    need = balance(co2_kt, assumptions, fuel=fuel)["value"]
    replaced = assumptions["fossil_fuel_comparator_g_per_kwh"]
    factors = emission_factors("electricity", electricity)
    table = pd.DataFrame(
        {
            "removal": 0.0,
            "avoided": need["product_energy"] * replaced / 1000,
            "caused": need["electricity"] * factors["value"] / 1000,
        }
    )
    net = {
        side: table["avoided"] - need["electricity"] * factors[end] / 1000
        for side, end in (("value", "value"), ("low", "high"), ("high", "low"))
    }
    table = table.assign(**net, unit="kt CO2e/yr")
    return table.assign(sign=sign_of(table["value"])).rename_axis("electricity")
