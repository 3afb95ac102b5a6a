"""What farms, households and sewage could give a digester, from manure to sludge."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..model import BOUNDS

CEREALS = ("winter_wheat_area", "spring_barley_area", "oats_area", "winter_triticale_area")
LEY = "ley_first_cut_area"


def derive_substrates(
    agriculture: pd.DataFrame, population: pd.Series, parameters: pd.DataFrame
) -> pd.DataFrame:
    """
    Return substrate and methane potential of every municipality's countryside, kt/yr and GWh/yr.

    Theoretical: what plants use today is not deducted (source own_survey_derivation).

    Parameters
    ----------
    agriculture
        County figures (municipality_code of two digits), each municipality's share of them by item.
    population
        Inhabitants by municipality_code.
    parameters
        value, low and high by parameter_id.
    """
    p = parameters[BOUNDS].astype(float)
    p = p.assign(low=p["low"].fillna(p["value"]), high=p["high"].fillna(p["value"]))
    rows = []
    for code, people in population.items():
        own = municipal_figures(agriculture, str(code))
        for stream, resource, amounts in (*_farm(own, p), *_households(float(people), p)):
            rows.append(
                {"site_id": f"rural_{code}", "stream": stream, "resource": resource, **amounts}
            )
    return pd.DataFrame(rows)


def municipal_figures(agriculture: pd.DataFrame, code: str) -> pd.DataFrame:
    """Return heads and hectares of one municipality (value, low, high), indexed by item."""
    # the first two digits of a municipality are its county
    county = agriculture[agriculture["municipality_code"] == code[:2]].set_index("item")["value"]
    shares = agriculture[agriculture["municipality_code"] == code].set_index("item")
    return shares[BOUNDS].mul(county, axis=0).loc[county.index]


def manure(own: pd.DataFrame, p: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return manure (kt/yr) and its methane (GWh/yr) by kind of animal."""
    animals = [item for item in own.index if f"manure_t_per_head_{item}" in p.index]
    heads = own.loc[animals]
    tonnes = heads * p.loc[[f"manure_t_per_head_{a}" for a in animals]].to_numpy() / 1e3
    energy = tonnes * p.loc[[f"manure_methane_kwh_per_t_{a}" for a in animals]].to_numpy() / 1e3
    return tonnes, energy


def combined(parts: pd.DataFrame) -> dict[str, float]:
    """Return the sum of parts whose errors are independent: deviations add up in quadrature."""
    best = parts["value"].sum()
    down = float(np.hypot.reduce(parts["value"] - parts["low"]))
    up = float(np.hypot.reduce(parts["high"] - parts["value"]))
    return {"value": best, "low": best - down, "high": best + up}


def _farm(own: pd.DataFrame, p: pd.DataFrame) -> list[tuple[str, str, dict[str, float]]]:
    """Return manure, straw and ley of one municipality."""
    tonnes, energy = manure(own, p)
    straw_kt = (
        own.loc[list(CEREALS), "value"].sum()
        / 1e3
        * _times(p, "straw_t_per_ha", "straw_share_for_energy")
    )
    ley_kt = own.loc[LEY, "value"] / 1e3 * _times(p, "ley_share_for_energy", "ley_t_dry_per_ha")
    return [
        ("manure_total", "manure", combined(tonnes)),
        ("manure_methane_potential", "methane_substrate", combined(energy)),
        (
            "straw_methane_potential",
            "methane_substrate",
            dict(straw_kt * p.loc["straw_methane_mwh_per_t"]),
        ),
        (
            "ley_methane_potential",
            "methane_substrate",
            dict(ley_kt * p.loc["ley_methane_mwh_per_t"]),
        ),
    ]


def _households(people: float, p: pd.DataFrame) -> list[tuple[str, str, dict[str, float]]]:
    """Return food waste and sewage sludge of one municipality."""
    food_kt = people * p.loc["food_waste_kg_per_head"] / 1e6
    sludge = people * p.loc["sludge_methane_kwh_per_head"] / 1e6
    return [
        ("food_waste_collectable", "food_waste", dict(food_kt)),
        (
            "food_waste_methane_potential",
            "methane_substrate",
            dict(food_kt * p.loc["food_waste_methane_mwh_per_t"]),
        ),
        ("sewage_sludge_methane_potential", "methane_substrate", dict(sludge)),
    ]


def _times(p: pd.DataFrame, *names: str) -> pd.Series:
    """Multiply parameters, bounds by bounds."""
    return p.loc[list(names)].prod()
