"""What a flow of material or water must tell: its class, and no more out than comes in."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ..tables import read_table
from .faults import Fault

CLASSED = ("materials", "water")  # resources whose streams are of a class
SLACK = 1 + 1e-9


def class_faults(flows: pd.DataFrame) -> Iterator[Fault]:
    """Find flows of material or water without a class, or with one of another resource."""
    if "resource" not in flows.columns:
        return
    kinds = read_table("material_classes").set_index("material_class")["resource"]
    cells = flows.get("material_class", pd.Series("", index=flows.index))
    for row, resource, cell in zip(flows.index, flows["resource"], cells, strict=True):
        if resource not in CLASSED:
            continue
        place = ("flows", int(str(row)), "material_class")
        if not cell:
            yield Fault(*place, "no_class", "")
        elif cell in kinds.index and kinds[cell] != resource:
            known = ", ".join(kinds.index[kinds == resource])
            yield Fault(*place, "wrong_class", cell, known)


def balance_faults(flows: pd.DataFrame, synergies: pd.DataFrame | None) -> Iterator[Fault]:
    """
    Find streams that give more than comes in: of one balance, or by the exchanges of today.

    Rows of material that share `cascade` are one balance: its sources are no larger than its
    needs. What exchanges of today take from a flow is no more than its high end.
    """
    rows = flows.reset_index(drop=True)
    rows = rows[rows["resource"].isin(CLASSED)]
    for name, group in rows[rows["cascade"].notna()].groupby("cascade"):
        out, into = (group.loc[group["role"] == role, "value"].sum() for role in ("source", "sink"))
        if (group["role"] == "sink").any() and out > into * SLACK:
            for row in group.index[group["role"] == "source"]:
                found = f"{name}: {out:g} > {into:g}"
                yield Fault("flows", row + 1, "value", "gives_more", found)
    if synergies is None or "from_flow_id" not in synergies:
        return
    runs = synergies[synergies["use_as_truth"] == "yes"]
    taken = runs.groupby("from_flow_id")["value"].sum()
    given = rows.set_index("flow_id")["high"]
    for flow in taken.index[taken > given.reindex(taken.index).fillna(float("inf")) * SLACK]:
        found = f"{taken[flow]:g} > {given[flow]:g}"
        yield Fault(
            "flows", int(rows.index[rows["flow_id"] == flow][0]) + 1, "high", "gives_more", found
        )
