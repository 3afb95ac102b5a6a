"""The classes of flows: heat by its temperature, CO2 by its origin, materials by their family."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..tables import read_table

HOT, NUCLEAR = "class_60", "class_nuclear"
COUNTED = (HOT, "class_35", "class_low")  # classes of heat that enter sums, hottest first
CLASSES = (*COUNTED, NUCLEAR)
CLASS_LIMITS_C = (60, 35)  # of hot and of warm heat
CLASS_UNKNOWN, CARBON_UNKNOWN = "class_unknown", "carbon:unknown"


def flow_class(flows: pd.DataFrame) -> pd.Series:
    """
    Return the class of each flow, the key of its word and colour in labels.csv.

    A source of heat is in the class of the lowest temperature it is cooled to, so that all of it
    can be delivered at the limit of its class; the cooling water of nuclear power is apart.
    """
    if not {"resource", "role"} <= set(flows.columns):
        return pd.Series("", index=flows.index, dtype="str")
    low = pd.to_numeric(flows["temperature_low_c"], errors="coerce")
    hot, warm = CLASS_LIMITS_C
    source = flows["role"] == "source"
    heat = np.select(
        [flows["category"] == "nuclear", low >= hot, low >= warm, low.notna()],
        [NUCLEAR, *COUNTED],
        default=CLASS_UNKNOWN,
    )
    known = flows["carbon"].isin(["biogenic", "fossil"])
    carbon = ("carbon:" + flows["carbon"].astype("str")).where(known, CARBON_UNKNOWN)
    kinds = read_table("material_classes").set_index("material_class")["family"]
    family = flows["material_class"].astype(object).map(kinds)
    chosen = np.select(
        [~source, flows["resource"] == "heat", flows["resource"] == "co2", family.notna()],
        ["role:sink", heat, carbon, "material:" + family.astype("str")],
        default="resource:" + flows["resource"].astype("str"),
    )
    return pd.Series(chosen, index=flows.index, dtype="str")


def heat_classes(sources: pd.DataFrame) -> list[str]:
    """Return the classes of heat in fixed order, the unknown one only where a source has it."""
    return [*CLASSES, *[CLASS_UNKNOWN] * int((sources["class"] == CLASS_UNKNOWN).any())]


def without_nuclear(rows: pd.DataFrame) -> pd.DataFrame:
    """Return flows without the cooling water of nuclear power, which enters no sum."""
    return rows[rows["class"] != NUCLEAR]


def carbons(sources: pd.DataFrame) -> dict[str, str]:
    """Return the class of each origin of CO2, the unknown one only where a source has it."""
    known = {word: f"carbon:{word}" for word in ("biogenic", "fossil")}
    unknown = (sources["class"] == CARBON_UNKNOWN).any()
    return known | ({"unknown": CARBON_UNKNOWN} if unknown else {})
