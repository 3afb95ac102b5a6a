"""Totals of the bundled data that many tests expect: one file, renewed by `make expected`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from symbios_geo.register.gate import Register

FILE = Path(__file__).parent / "expected" / "totals.csv"
CLASSES = ("class_60", "class_35", "class_low")


def total(name: str) -> float:
    """Return a total by the name it has in the file."""
    return float(pd.read_csv(FILE, index_col="total").loc[name, "value"])


def add_up(register: Register) -> dict[str, float]:
    """Return every total of a register, from its rows alone."""
    flows = register.flows
    flows = flows[flows["inside"] & (flows["additive"] == "yes")]
    found: dict[str, float] = {}

    def put(name: str, rows: pd.DataFrame) -> None:
        for bound in ("value", "low", "high"):
            found[name if bound == "value" else f"{name}_{bound}"] = float(rows[bound].sum())

    heat, co2 = flows[flows["resource"] == "heat"], flows[flows["resource"] == "co2"]
    need = heat[heat["role"] == "sink"]
    put("need_gwh", need)
    put("district_heat_gwh", need[need["stream"] == "district_heat_in_buildings"])
    put("supply_gwh", heat[(heat["role"] == "source") & heat["class"].isin(CLASSES)])
    for name in CLASSES:
        put(f"{name}_gwh", heat[heat["class"] == name])
    put("ringhals_gwh", heat[heat["class"] == "class_nuclear"])
    for carbon in ("biogenic", "fossil"):
        put(f"{carbon}_kt", co2[co2["class"] == f"carbon:{carbon}"])
    biogas = flows[(flows["resource"] == "biogas") & (flows["role"] == "source")]
    put("biogas_gwh", biogas)
    return {name: round(value, 6) for name, value in found.items()}
