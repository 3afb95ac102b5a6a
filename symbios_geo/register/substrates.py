"""What farms, households and sewage could give a digester, from manure to sludge."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pandas as pd

from ..model import BOUNDS
from ..tables import read_table
from .property_heat import COUNTRYSIDE

CEREALS = ("winter_wheat_area", "spring_barley_area", "oats_area", "winter_triticale_area")
LEY = "ley_first_cut_area"
SURVEY = "own_survey_derivation"  # the source of what is computed here
METHANE = "methane_substrate"
Names: TypeAlias = tuple[str, ...]
# what inhabitants or hectares are multiplied by: to the amount, and on to its methane
PER_HEAD: dict[str, tuple[str, Names, Names]] = {
    "food_waste_collectable": ("food_waste", ("food_waste_kg_per_head",), ()),
    "food_waste_methane_potential": (
        METHANE, ("food_waste_kg_per_head",), ("food_waste_methane_mwh_per_t",),
    ),
    "sewage_sludge_methane_potential": (METHANE, ("sludge_methane_kwh_per_head",), ()),
}  # fmt: skip
PER_HECTARE: dict[str, tuple[Names, Names, Names]] = {
    "straw_methane_potential": (
        CEREALS, ("straw_t_per_ha", "straw_share_for_energy"), ("straw_methane_mwh_per_t",),
    ),
    "ley_methane_potential": (
        (LEY,), ("ley_share_for_energy", "ley_t_dry_per_ha"), ("ley_methane_mwh_per_t",),
    ),
}  # fmt: skip


def derive_substrates(
    agriculture: pd.DataFrame, population: pd.Series, p: pd.DataFrame
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
    p
        value, low and high by parameter_id (`bounds_of`).
    """
    rows = []
    for code, people in population.items():
        own = municipal_figures(agriculture, str(code))
        for stream, resource, amounts in (*_farm(own, p), *_households(float(people), p)):
            rows.append(
                {
                    "site_id": f"{COUNTRYSIDE}{code}",
                    "stream": stream,
                    "resource": resource,
                    **amounts,
                }
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


def explain_substrate(site_id: str, stream: str) -> tuple[str, pd.DataFrame]:
    """Return how a substrate of a countryside is computed, and steps (see `explain`)."""
    code, agriculture = site_id.removeprefix(COUNTRYSIDE), read_table("agriculture")
    if stream in PER_HEAD:
        _, amount, methane = PER_HEAD[stream]
        return f"population_{code} x {' x '.join(amount + methane)} / 1e6", pd.DataFrame()
    own = municipal_figures(agriculture, code)
    items = [item for item in own.index if not item.endswith("_area")]
    if stream in PER_HECTARE:
        items = list(PER_HECTARE[stream][0])
    table = agriculture.set_index(["municipality_code", "item"])
    county, share = (table.loc[area].reindex(items) for area in (code[:2], code))
    steps = own.loc[items].assign(
        unit=county["unit"], source_id=share["source_id"], confidence=share["confidence"]
    )
    steps["formula"] = [
        f"{of_county:g} in the county ({source}) x {of_town:g}"
        for of_county, source, of_town in zip(
            county["value"], county["source_id"], share["value"], strict=True
        )
    ]
    steps["note"] = share["note"]
    steps.index = [f"{item}.{code}" for item in items]
    if stream in PER_HECTARE:
        _, amount, methane = PER_HECTARE[stream]
        factors = " x ".join(amount + methane)
        return f"({' + '.join(steps.index)}) x {factors} / 1000", steps
    energy = " x manure_methane_kwh_per_t_{0} / 1000" * (stream == "manure_methane_potential")
    each = "{0}.{1} x manure_t_per_head_{0}" + energy + " / 1000"
    return " + ".join(each.format(item, code) for item in items), steps


def combined(parts: pd.DataFrame) -> dict[str, float]:
    """Return the sum of parts whose errors are independent: deviations add up in quadrature."""
    best = parts["value"].sum()
    down = float(np.hypot.reduce(parts["value"] - parts["low"]))
    up = float(np.hypot.reduce(parts["high"] - parts["value"]))
    return {"value": best, "low": best - down, "high": best + up}


def _farm(own: pd.DataFrame, p: pd.DataFrame) -> list[tuple[str, str, dict[str, float]]]:
    """Return manure, straw and ley of one municipality."""
    tonnes, energy = manure(own, p)
    found = [
        ("manure_total", "manure", combined(tonnes)),
        ("manure_methane_potential", METHANE, combined(energy)),
    ]
    for stream, (items, amount, methane) in PER_HECTARE.items():
        kt = own.loc[list(items), "value"].sum() / 1e3 * _times(p, *amount)
        found.append((stream, METHANE, dict(kt * _times(p, *methane))))
    return found


def _households(people: float, p: pd.DataFrame) -> list[tuple[str, str, dict[str, float]]]:
    """Return food waste and sewage sludge of one municipality."""
    return [
        (stream, resource, dict(people * _times(p, *amount) / 1e6 * _times(p, *methane)))
        for stream, (resource, amount, methane) in PER_HEAD.items()
    ]


def _times(p: pd.DataFrame, *names: str) -> pd.Series:
    """Multiply parameters, bounds by bounds."""
    return p.loc[list(names)].prod()
