"""Where a number comes from: what its formula reads, step by step, down to sources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..assumptions.derivations import Formulas, read_formulas
from ..assumptions.values import census
from ..errors import RegisterError
from ..labels import source_titles
from ..model import BOUNDS
from ..register.derived import explain
from ..spelling import did_you_mean
from ..tables import read_table
from .terms import BETWEEN, exchange_terms

if TYPE_CHECKING:
    from .chain import Study

COLUMNS = [*BOUNDS, "unit", "source_id", "confidence", "formula", "note"]


def trace(study: Study, number_id: str) -> pd.DataFrame:
    """
    Return where a number comes from: its value, and term by term what it is made of.

    Parameters
    ----------
    study
        A study that was run.
    number_id
        A flow_id, a parameter_id, or an exchange of the plan as "source>sink".

    Returns
    -------
    trace
        The number itself first, then what its formula reads, each with value, low, high, unit,
        source, confidence, `formula` (blank for what was stated) and note. Of an exchange: what it
        delivers, the terms of its cost and of its worth (see `exchange_terms`), then the flows at
        both ends.

    Raises
    ------
    RegisterError
        If no flow, assumption or exchange has that id; the message names the nearest.
    """
    known = _numbers(study)
    if BETWEEN in number_id and len(terms := exchange_terms(study, number_id)):
        ends = known[known.index.isin(number_id.split(BETWEEN))]
        return _told(pd.concat([terms, ends]), study)
    if number_id not in known.index:
        raise RegisterError(_unknown(number_id, list(known.index)))
    flows = set(study.register.flows["flow_id"])
    formulas = read_formulas(read_table("derivations"))
    rows: dict[str, dict[str, object]] = {}
    waiting = [number_id]
    while waiting:
        name = waiting.pop(0)
        if name in rows:
            continue
        rows[name] = known.loc[name].to_dict()
        found = {name: rows[name]}
        if rows[name]["origin"] == "derived":
            rows[name]["formula"] = _written(formulas, name)
            if name in flows and not rows[name]["formula"]:
                rows[name]["formula"], steps = explain(
                    study.register, name, study.assumptions.table
                )
                found |= steps.to_dict("index")
        rows |= found
        words = re.findall(r"[\w.-]+", " ".join(str(row["formula"]) for row in found.values()))
        waiting += [word for word in words if word in known.index]
    return _told(pd.DataFrame.from_dict(rows, orient="index"), study)


def _told(rows: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return rows of a trace with the titles of their sources."""
    titles = source_titles(study.lang, study.register.sources)
    table = rows.reindex(columns=COLUMNS).rename_axis("id").fillna({"formula": "", "note": ""})
    return table.assign(source=table["source_id"].map(titles))


def _written(formulas: Formulas, name: str) -> str:
    """Return a formula of derivations.csv as people write it; blank if there is none."""
    return " + ".join(
        " x ".join([f"{term.coefficient:g}", *term.factors])
        + "".join(f" / {divisor}" for divisor in term.divisors)
        for term in formulas.get(name, [])
    )


def _numbers(study: Study) -> pd.DataFrame:
    """Return every flow and assumption with value, range, unit and source, by id."""
    flows = study.register.flows.set_index("flow_id")
    table = study.assumptions.table
    stated = study.assumptions.stated["value"].notna().reindex(table.index)
    table = table.assign(origin=np.where(stated, "stated", "derived"))
    used = flows[["unit", "source_id", "confidence", "origin"]].assign(value=flows["committed"])
    parts = [
        flows,
        table,
        census(),
        used.set_axis(used.index + ".committed").dropna(subset="value"),
    ]
    return pd.concat([one.reindex(columns=[*COLUMNS, "origin"]) for one in parts]).assign(
        formula=""
    )


def _unknown(number_id: str, known: list[str]) -> str:
    """Say that an id is not known, with the nearest ones."""
    return f"No flow and no assumption is called {number_id!r}.{did_you_mean(number_id, known)}"
