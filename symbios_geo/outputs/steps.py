"""The bars of the one page: the way from the heat that arises to what is new, step by step."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..labels import coarse, label
from ..model import CARRIES_NOTHING
from ..study.chain import Study
from ..study.fall import STEPS
from .rows import bare


def steps(study: Study, code: str, lang: str) -> list[dict[str, Any]]:
    """Return the way from the heat that arises to what is new, step by step (see `Study.fall`)."""
    table = study.fall
    if table.empty or table.loc[(code, "supply"), "amount"] <= CARRIES_NOTHING:
        return []
    mine = table.loc[code]
    # one scale for all bars: electricity of heat pumps can make a later one the longest
    whole = float(mine["amount"].max())
    steps = [*_falling(mine["amount"]), *(["received"] if code else []), "existing"]
    return [
        {
            "key": name,
            "words": label(f"fall:{name}", lang),
            "value": bare(row["amount"], lang),
            "lifted": _lifted(row, lang),
            "bars": _bars(name, row["amount"] - row["lifted"], row["lifted"], whole),
        }
        for name, row in mine.loc[steps].iterrows()
    ]


def _falling(amounts: pd.Series) -> list[str]:
    """
    Return the steps of a fall: without those that take nothing away.

    Of a municipality a step may lie below the next one: where the plan builds one pipe less, what
    is left of a neighbour's source goes there.
    """
    kept = ["plan"]
    for name in STEPS[-2:0:-1]:
        if amounts[kept[0]] <= amounts[name] <= amounts["supply"]:
            kept.insert(0, name)
    return ["supply", *kept]


def _lifted(row: pd.Series, lang: str) -> str:
    """Say what of a step heat pumps lift, and what of that is their electricity."""
    if row["lifted"] <= CARRIES_NOTHING:
        return ""
    amounts = {name: coarse(row[name], lang) for name in ("lifted", "electricity")}
    kind = "fall:lifted_power" if row["electricity"] >= 1 else "fall:lifted"
    return label(kind, lang, **amounts)


def _bars(name: str, value: float, lifted: float, whole: float) -> list[dict[str, Any]]:
    """Return the parts of one bar in per cent of the whole: kind, start and width."""
    kinds = {"supply": "all", "existing": "old", "plan": "new", "received": "new"}
    found, start = [], 0.0
    for kind, amount in ((kinds.get(name, "warm"), value), ("lifted", lifted)):
        width = 100 * amount / whole
        if amount > CARRIES_NOTHING:
            found.append({"kind": kind, "x": round(start, 2), "width": round(max(width, 0.4), 2)})
        start += width
    return found
