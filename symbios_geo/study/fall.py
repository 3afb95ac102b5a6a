"""The way from the heat that arises to what is new, step by step: the one home of its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..disclosure import sign
from ..matching.ladder import match_candidates
from ..model import CARRIES_NOTHING, NEW, existing_of, new_of
from ..register.classes import HOT, NUCLEAR
from .balance import heat_by_municipality_and_class

if TYPE_CHECKING:
    from .chain import Study

WHOLE = ""  # all of the region, in the place of a municipality_code
RUNGS = ("annual", "monthly")  # what stands between the heat that can arrive and the plan
STEPS = ("supply", "hot", "reach", *RUNGS, "plan")


def fall(study: Study) -> pd.DataFrame:
    """
    Return what is left of the waste heat, step by step, GWh/yr.

    Parameters
    ----------
    study
        A study that was run.

    Returns
    -------
    fall
        Indexed by municipality_code (`WHOLE` is the region) and by step: supply
        (what arises, cooling water of nuclear power not counted), hot (of it 60 degC or more), and
        of new heat as it is delivered reach (what pipes bring, whatever it gains), annual, monthly
        (what pays, see `match`) and plan; then received (what is new and arrives) and existing
        (what flows today). All but received are of the municipality where the heat arises.
        `amount`, and of it `lifted` by heat pumps and their `electricity`.
    """
    if "heat" not in study.candidates:
        return pd.DataFrame(columns=["amount", "lifted", "electricity"], dtype=float)
    classes = heat_by_municipality_and_class(study.register)
    classes = classes.drop(columns=NUCLEAR, errors="ignore")
    reached = match_candidates(
        study.candidates["heat"], objective="coverage", assumptions=study.assumptions
    )
    links = {"reach": reached.links, **{name: study.rung(name).links for name in RUNGS}}
    links = {name: new_of(table) for name, table in links.items()}
    # what was not matched has no plan
    plan = study.matches["heat"].links if "heat" in study.matches else reached.links.iloc[:0]
    links["plan"] = links["received"] = new_of(plan)
    links["existing"] = existing_of(plan)
    parts = {"supply": classes.sum(axis=1).to_frame("amount"), "hot": classes[[HOT]]}
    parts["hot"] = parts["hot"].set_axis(["amount"], axis=1)
    for name, table in links.items():
        end = "sink" if name == "received" else "source"
        codes = table[f"municipality_code_{end}"].fillna("")
        parts[name] = amounts(table).groupby(codes.to_numpy()).sum()
    # some ends lie in no municipality of the region: the whole is no sum of its parts
    rows = {(WHOLE, name): part.sum() for name, part in parts.items()}
    for code in study.region.names.index:
        rows |= {(code, name): part.reindex([code]).sum() for name, part in parts.items()}
    table = pd.DataFrame.from_dict(rows, orient="index").fillna(0.0)
    table.index = pd.MultiIndex.from_tuples(table.index, names=["municipality_code", "step"])
    return sign(table, study.readers)


def amounts(links: pd.DataFrame) -> pd.DataFrame:
    """Return what links deliver, what of it heat pumps lift and what electricity they add."""
    amount = links["delivered"].astype(float)
    pumped = links["status"].eq(NEW) & links["temperature_mode"].ne("direct")
    lifted = amount.where(pumped, 0.0)
    electricity = lifted * links["electricity_mwh_per_mwh"].fillna(0.0)
    return pd.DataFrame({"amount": amount, "lifted": lifted, "electricity": electricity})


def told_steps(table: pd.DataFrame, code: str = WHOLE) -> list[str]:
    """
    Return the steps of a fall that are told, in order: those that take nothing away are left out.

    Of a municipality a step may lie below the next one: where the plan builds one pipe less, what
    is left of a neighbour's source goes there. What comes to a municipality and what flows today
    stand after the fall.

    Parameters
    ----------
    table
        What `fall` returns.
    code
        Of which municipality. `WHOLE`: of the region.
    """
    amounts = table.loc[code, "amount"]
    kept = ["plan"]
    for name in STEPS[-2:0:-1]:
        if amounts[kept[0]] < amounts[name] <= amounts["supply"]:
            kept.insert(0, name)
    own = kept[-1:] if code and amounts["plan"] <= CARRIES_NOTHING < amounts["received"] else []
    kept = kept[: len(kept) - len(own)]
    # what a municipality gets stands before the nothing that it gives
    return ["supply", *kept, *(["received"] if code else []), *own, "existing"]
