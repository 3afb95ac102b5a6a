"""Indicators of a study: its network today and with the plan, by municipality, beside others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..co2.links import auctioned
from ..disclosure import sign
from ..effects.indicators import UNITS, describe
from ..labels import label, language
from ..model import EXISTING, SITES, carried, new_of
from ..tables import read_table
from .balance import rows_of_balance
from .followup import actor_facts, network, running
from .intervals import FIGURES, spread

if TYPE_CHECKING:
    from .chain import Study

TODAY, PLAN = "today", "plan"


def indicators(study: Study) -> pd.DataFrame:
    """
    Return the indicators of a study's network, of the region and of each municipality.

    Parameters
    ----------
    study
        A study that was run.

    Returns
    -------
    indicators
        A row for each: indicator_id, name, stage ("today": exchanges that operate; "plan": with the
        new ones), municipality_code (blank: the region), value, low and high (5th and 95th
        percentile of the draws, where what arises is drawn), unit, and `reference` with
        reference_value and source_id where one is published. A municipality has the exchanges with
        an end in it. What only pays with the state's auction, stores of CO2, is left out.
    """
    today = running(study.register)
    stages = {TODAY: today, PLAN: pd.concat([today, _planned(study)], ignore_index=True)}
    facts, home = actor_facts(study.register), study.register.sites["municipality_code"]
    supply = {key: rows_of_balance(study.register, key)["supply"] for key in study.matches}
    rows = []
    for code in ("", *study.municipalities.index):
        for stage, exchanges in stages.items():
            here = exchanges
            if code:
                ends = [exchanges[side].map(home).eq(code) for side in ("giver", "taker")]
                here = exchanges[ends[0] | ends[1]]
            found = {name: (value, np.nan, np.nan) for name, value in describe(here, facts).items()}
            found |= _uses(study, supply, stage, str(code))
            if stage == PLAN and not code:
                found |= _effects(study)
            rows += [
                {"indicator_id": name, "name": label(f"indicator:{name}", study.lang),
                 "stage": stage, "municipality_code": str(code), "value": value, "low": low,
                 "high": high, "unit": UNITS.get(name, "share" if "symbiotic" in name else "ratio")}
                for name, (value, low, high) in found.items()
            ]  # fmt: skip
    return sign(_beside_published(pd.DataFrame(rows), study.lang), study.readers)


def _planned(study: Study) -> pd.DataFrame:
    """Return the new exchanges of the plan between places, in the same columns."""
    parts = []
    for key, match in study.matches.items():
        new = new_of(carried(match.links))
        new = new[~auctioned(new)]
        sums = new.groupby(SITES, as_index=False)["delivered"].sum()
        parts.append(sums.set_axis(["giver", "taker", "amount"], axis=1).assign(resource=key))
    return network(pd.concat(parts, ignore_index=True), study.register)


def _uses(
    study: Study, supply: dict[str, pd.DataFrame], stage: str, code: str
) -> dict[str, tuple[float, float, float]]:
    """Return which share of each resource goes to another actor, with the range of the draws."""
    case = study.drawn.within(code) if code else study.drawn
    found = {}
    for key, match in study.matches.items():
        arises, rows = study.balances[key]["supply"], supply[key]
        arising = float(arises[code] if code else arises.sum())
        if arising <= 0:
            continue
        rows = rows[rows["municipality_code"] == code] if code else rows
        links = match.links[match.links["site_id_source"] != match.links["site_id_sink"]]
        links = links[~auctioned(links)]
        if code:
            links = links[links["municipality_code_source"] == code]
        existing = links["status"] == EXISTING
        used = float(links.loc[existing, "delivered"].sum())
        more = float(links.loc[~existing, "delivered"].sum()) if stage == PLAN else 0.0
        drawn = case.total(rows)
        moved: np.ndarray | float = used + more
        if key == "heat" and stage == PLAN and not code:
            # new heat is matched again in every draw
            moved = used + FIGURES["new_gwh"](case)
        shares = np.divide(moved, drawn, out=np.zeros(len(drawn)), where=drawn > 0)
        low, high = spread(np.minimum(shares, 1.0))
        found[f"symbiotic_{key}"] = (min((used + more) / arising, 1.0), float(low), float(high))
    return found


def _effects(study: Study) -> dict[str, tuple[float, float, float]]:
    """Return what new exchanges change, without those that only pay with the state's auction."""
    parts = []
    for key in study.matches:
        new = new_of(study.carried(key))
        parts.append(new[~auctioned(new)])
    rows = pd.concat(parts)
    kinds = {"avoided_kt_co2e": ("t_co2e", 1e-3), "gain_msek": ("yearly_msek", 1.0),
             "jobs": ("jobs", 1.0)}  # fmt: skip
    return {
        name: (float(rows[column].sum()) * scale, np.nan, np.nan)
        for name, (column, scale) in kinds.items()
    }


def _beside_published(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return indicators with what was published of others, on the row of the region's plan."""
    known = read_table("indicator_references").set_index("indicator_id")
    whole = (table["municipality_code"] == "") & (table["stage"] == PLAN)
    ids = table["indicator_id"].where(whole)
    places = [str(language(lang).word("case_place", place)) for place in known["place"]]
    place = pd.Series(places, known.index) + ", " + known["year"].astype(str)
    return table.assign(
        reference=ids.map(place).fillna(""),
        reference_value=ids.map(known["value"]),
        source_id=ids.map(known["source_id"]),
    )
