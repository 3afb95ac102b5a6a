"""How sure the numbers are: a confidence that ages, and the share of value that each one holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ..register.classes import NUCLEAR
from ..register.gate import Register
from ..tables import data_date, read_table

GRADES = ("A", "B", "C", "D")
# what the table of shares tells apart: resource, role and class
KINDS = (
    ("heat", "source"), ("heat", "sink"), ("co2", "source"), ("biogas", "source"),
    ("methane_substrate", "source"),
)  # fmt: skip


def shown_confidence(rows: pd.DataFrame, assumptions: Mapping[str, float]) -> pd.Series:
    """
    Return the confidence of rows as it is shown: one that was A or B expires with its year.

    A holds for `confidence_a_years` and is B from then on; after `confidence_b_years` both are C.
    D, a national key without local facts, stays D. A row without a year keeps its confidence. Age
    is counted to the newest look at any source.

    Parameters
    ----------
    rows
        With confidence and year.
    assumptions
        Values by parameter_id, yr.
    """
    age = data_date().year - pd.to_numeric(rows["year"]).astype("float64")
    grade = rows["confidence"].astype(object)
    old = grade.isin(["A"]) & (age > assumptions["confidence_a_years"])
    grade = grade.where(~old, "B")
    expired = (age > assumptions["confidence_b_years"]) & (grade != "D")
    return grade.where(~expired, "C").astype("str")


def value_by_confidence(register: Register, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """
    Return how much of each resource's value is of each confidence: A, B, C or D.

    Parameters
    ----------
    register
        Its counted rows: additive and inside the study area.
    assumptions
        Values by parameter_id, for the years that a confidence holds.

    Returns
    -------
    shares
        One row per resource, role and class (CO2 by its carbon, nuclear heat apart): value, unit,
        and share_a to share_d, which add up to 1.
    """
    parts = []
    for resource, role in KINDS:
        rows = register.counted(resource, role)
        nuclear = rows["class"] == NUCLEAR
        kind = rows["class"].where(nuclear | (resource == "co2"), "").astype("str")
        rows = rows.assign(grade=shown_confidence(rows, assumptions), kind=kind)
        sums = rows.pivot_table(index="kind", columns="grade", values="value", aggfunc="sum")
        sums = sums.reindex(columns=GRADES).fillna(0.0)
        total = sums.sum(axis=1)
        shares = sums.div(total.replace(0.0, np.nan), axis=0)
        shares = shares.rename(columns=lambda grade: f"share_{str(grade).lower()}")
        unit = rows["unit"].iloc[0] if len(rows) else ""
        head = {"resource": resource, "role": role, "value": total, "unit": unit}
        parts.append(shares.assign(**head).reset_index(names="class"))
    table = pd.concat(parts, ignore_index=True)
    shares = [f"share_{grade.lower()}" for grade in GRADES]
    return table[["resource", "role", "class", "value", "unit", *shares]]


def published(source_ids: Iterable[str]) -> list[str]:
    """
    Return the published sources among some ids, each once, the one that carries most rows first.

    What we made ourselves (kind `own` in data/sources.csv) is no source that anybody published:
    every face counts sources so.

    Parameters
    ----------
    source_ids
        One for each row that rests on it.

    Examples
    --------
    >>> published(["kre_district_heat", "own_general_knowledge", "kre_district_heat"])
    ['kre_district_heat']
    """
    counts = pd.Series(list(source_ids), dtype=object).value_counts()
    table = read_table("sources").set_index("source_id")
    own = set(table.index[table["kind"].eq("own")])
    return [str(name) for name in counts.index if name not in own]
