"""The numbers behind each map and chart: what stands as CSV beside its picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from ..disclosure import sign
from ..labels import coarse, has_label, label, number
from ..maps.placenames import input_name
from ..model import carried, in_sek
from ..study.balance import taken_by_source
from ..study.cases import Case
from ..study.claim_answers import ANSWERS
from ..study.draws import Inputs, find_inputs
from ..study.outlook import inputs_in_fifths
from ..study.sensitivity import input_ends, tornado
from .listings import IN_SEK
from .rows import told_fall
from .sliders import shown_unit

if TYPE_CHECKING:
    from .job import Job

# the claim whose answer each chart of what matters most is of
SENSITIVE = {"heat": "heat_theoretical_without_ringhals", "co2": "biogenic_co2"}
ENDS = ["status", "sender", "receiver", "delivered", "unit", "distance_km", "mode"]
MONEY = ["unit_cost", "worth", "investment_msek", "yearly_msek", "npv_msek", "confidence"]
FEW = 2  # exchanges: so few tell less than what becomes of each source
FLOW = [
    "flow_id", "name", "municipality_code", "stream", "class", "value", "low", "high", "unit",
    "year", "source_id", "confidence",
]  # fmt: skip


def figure_data(job: Job, name: str) -> pd.DataFrame | None:
    """
    Return what a picture is drawn from, by a name such as `figures/heat-costs`.

    None for a picture whose numbers nobody has named.
    """
    stem = name.rpartition("/")[2]
    key, _, kind = stem.partition("-")
    if stem in MAKERS:
        make = MAKERS[stem]
    elif kind in MAKERS and key in job.study.resources:
        make = MAKERS[kind]
    else:
        return None
    return sign(make(job, key).reset_index(drop=True), job.study.readers)


def sensitivity(job: Job, key: str) -> pd.DataFrame:
    """Return how far each input alone moves the answer on a resource, and what the input is."""
    study, claim = job.study, SENSITIVE[key]
    inputs = find_inputs(study.register, study.assumptions)
    table = tornado(inputs, lambda draws: ANSWERS[claim](Case(study, draws)))
    names = [input_name(str(name), study.register, job.lang) for name in table.index]
    return _with_inputs(job, inputs, table.assign(name=names), input_ends(inputs, table.index))


def moves(job: Job) -> pd.DataFrame:
    """Return what moves new heat as bars from a low to a high answer, and what each input is."""
    table = job.story.moves.set_index("parameter_id")
    inputs = find_inputs(job.study.register, job.study.assumptions)
    ends = inputs_in_fifths(job.study.drawn, table.index).assign(best=inputs.table["value"])
    rises, sides = table["high"] >= table["low"], table[["low", "high"]]
    told = {"low": sides.min(axis=1), "high": sides.max(axis=1), "value": table["mean"]}
    return _with_inputs(job, inputs, table.assign(rises=rises, **told), ends)


def _with_inputs(job: Job, inputs: Inputs, table: pd.DataFrame, ends: pd.DataFrame) -> pd.DataFrame:
    """
    Return bars with the input at either end, in words: `at_low` and `at_high`.

    A stated number has its unit, money in kronor; a factor, or what moves many numbers, its change
    in per cent.
    """
    study, lang, rate = job.study, job.lang, job.study.assumptions["sek_per_eur"]
    moved = inputs.table
    lone = moved.index[~moved["input"].duplicated(keep=False) & ~moved["is_factor"].astype(bool)]
    units = pd.concat(
        [study.assumptions.table["unit"], study.register.flows.set_index("flow_id")["unit"]]
    )

    def words(name: str, value: float) -> str:
        best = float(ends.loc[name, "best"])
        unit = str(units[name]) if name in lone else "-"
        if name not in lone or (unit == "-" and best == 1):
            change = round(100 * (value / best - 1))
            return f"{'+' * (change > 0)}{number(change, lang, digits=0)}\u00a0%"
        sek = unit.replace("EUR/", "SEK/")
        if sek != unit and has_label(f"unit:{sek}"):  # one chart has one money
            unit, value = sek, rate * value
        scale, unit = shown_unit(unit, lang)
        return f"{coarse(scale * value, lang)}\u00a0{unit}".rstrip()

    low, high = ([words(str(n), v) for n, v in ends[side].items()] for side in ("low", "high"))
    at = {
        f"at_{side}": [b if up == (side == "high") else a
                       for a, b, up in zip(low, high, table["rises"], strict=True)]
        for side in ("low", "high")
    }  # fmt: skip
    return table.drop(columns="rises").assign(**at)


def _exchanges(job: Job, key: str) -> pd.DataFrame:
    rows = job.story.exchanges
    rows = in_sek(rows[rows["resource"] == key], job.study.assumptions["sek_per_eur"])
    return rows[[*ENDS, *MONEY]].rename(columns=IN_SEK)


def taken(job: Job, key: str) -> pd.DataFrame:
    """Return what becomes of each source of a resource (see `taken_by_source`)."""
    table = taken_by_source(job.study.register, job.study.matches[key])
    return sign(table, job.study.readers)


def of_sources(job: Job, key: str) -> bool:
    """Say whether so few exchanges are told that the chart of them is one of sources."""
    return len(carried(job.study.matches[key].links)) <= FEW


def _told_exchanges(job: Job, key: str) -> pd.DataFrame:
    return taken(job, key) if of_sources(job, key) else _exchanges(job, key)


def _costs(job: Job, key: str) -> pd.DataFrame:
    rows = _exchanges(job, key)
    return rows[rows["levelised_sek"].notna()].sort_values("levelised_sek", kind="stable")


def _sources(job: Job, key: str) -> pd.DataFrame:
    rows = job.study.register.counted(key, "source")
    return rows.sort_values("value", ascending=False, kind="stable").reindex(columns=FLOW)


def _municipalities(job: Job, key: str) -> pd.DataFrame:
    table = job.study.by_municipality(key)
    if job.study.resource(key).suits is not None:
        sums = taken(job, key).groupby("municipality_code")[["new", "unused"]].sum()
        sums.loc[job.study.region.code] = sums.sum()
        table = table.join(sums.reindex(table.index, fill_value=0.0))
    return table.reset_index()


def _overview(job: Job, _key: str) -> pd.DataFrame:
    return job.study.balances["heat"].reset_index()


def _months(job: Job, _key: str) -> pd.DataFrame:
    return job.study.monthly.reset_index()


def _ladder(job: Job, _key: str) -> pd.DataFrame:
    table = told_fall(job.study)
    names = [label(f"fall:{step}", job.lang) for step in table.index]
    values = table[["amount", "lifted"]].rename(columns={"amount": "value"})
    return values.assign(unit="GWh/yr").assign(name=names)[["name", "value", "lifted", "unit"]]


MAKERS: dict[str, Callable[[Job, str], pd.DataFrame]] = {
    "overview": _overview,
    "sources": _sources,
    "match": _exchanges,
    "match-months": _exchanges,
    "match-wide": _exchanges,
    "pilots": lambda job, _key: job.story.ranked,
    "pilots-value": lambda job, _key: job.story.ranked,
    "by-municipality": _municipalities,
    "by-month": _months,
    "ladder": _ladder,
    "costs": _costs,
    "exchanges": _told_exchanges,
    "movers": lambda job, _key: job.story.moves,
    "sensitivity": lambda job, key: job.tornados[key],
}
