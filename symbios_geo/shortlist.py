"""The pilots: exchanges ranked by what the reader chooses, each with advice to act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .assumptions.checks import check_choice
from .labels import (
    Language,
    chance,
    coarse,
    has_label,
    language,
    parameter_names,
    short_name,
    within_sentence,
    years_words,
)
from .model import BOUNDS, CANDIDATE, EXISTING, NEW, ROLES, SITES
from .register.gate import Register
from .tables import read_table

# what a list may be ranked by, and the column that says it; more is better
RANKS = {
    "npv": "npv_msek",
    "t_co2e": "t_co2e",
    "readiness": "readiness",
    "jobs": "jobs",
    "people": "jobs",
    "robustness": "pays_share",
}
# how ready a fact makes an exchange, 0-1: own judgement, four facts of equal weight
CERTAINTY = {"A": 1.0, "B": 0.5, "C": 0.0}
CONTACTS = {"exchange": 1.0, "owner": 1.0, "both": 0.5, "one": 0.25, "none": 0.0}
HALF_READY_KM = 10.0
# of the draws: what pays in fewer pays by its best values only; what pays in as many is called sure
HALF, SURELY = 0.5, 0.9
RUNS, IDLE = "operating", ("planned", "closed")
CALL = ["site_id_call", "who", "then"]
MOST = 10  # of a list, where nobody says how many
NOBODY = ("", "none", "several", "many", "unknown", "nan")
CROWD = "locality"
HOME = "SE"  # the country of the reader


def readiness(rows: pd.DataFrame, register: Register) -> pd.DataFrame:
    """
    Return how near each exchange is to being made, from facts of the register.

    The mean of four: confidence of both ends (A 1, B 0.5, C 0), contact (an exchange between the
    two today, or one owner, 1; both exchange with others 0.5, one of them 0.25), distance (1 beside
    each other, 0.5 at 10 km) and parties (1 over their number). Halved where an end does not run
    yet. The weights are a judgement of our own.

    Parameters
    ----------
    rows
        Exchanges with site_id, confidence of both ends, and distance_km.
    register
        Sites with operator and status, and the exchanges of today.

    Returns
    -------
    readiness
        readiness (0-1), contact ("exchange", "owner", "both", "one" or "none"), parties, and who
        runs each end, operator_source and _sink (blank where nobody is named).
    """
    sites = register.sites
    owners = pd.DataFrame(
        {side: rows[f"site_id_{side}"].map(lambda s: company(register, s)) for side in ROLES}
    )
    same = (owners["source"] == owners["sink"]) & (owners["source"] != "")
    contact = [
        _contact(register, *pair, same=bool(one))
        for pair, one in zip(rows[SITES].itertuples(index=False), same, strict=True)
    ]
    sure = pd.DataFrame({side: rows[f"confidence_{side}"].map(CERTAINTY) for side in ROLES})
    sure = sure.astype(float).fillna(0.0)
    crowd = rows["site_id_sink"].map(sites["place_type"]).eq(CROWD)
    hauled = (rows["distance_km"] > 0) & ~(rows.get("invest_pipe_msek", 0.0) > 0)
    parties = 2 - same.astype(int) + crowd.astype(int) + hauled.astype(int)
    facts = pd.DataFrame(
        {
            "sure": sure.mean(axis=1),
            "contact": pd.Series(contact, rows.index).map(CONTACTS),
            "near": 1 / (1 + rows["distance_km"].astype(float) / HALF_READY_KM),
            "few": 1 / parties,
        }
    )
    runs = pd.concat([rows[site].map(sites["status"]).eq(RUNS) for site in SITES], axis=1)
    score = facts.mean(axis=1) * np.where(runs.all(axis=1), 1.0, 0.5)
    table = pd.DataFrame({"readiness": score, "contact": contact, "parties": parties})
    return table.join(owners.add_prefix("operator_"))


def company(register: Register, site_id: str) -> str:
    """Return who runs a place: its operator without remarks; blank where nobody is named."""
    sites = register.sites
    if site_id not in sites.index:
        return ""
    if sites.loc[site_id, "place_type"] == CROWD:
        # houses are reached by the network of their place
        place = sites.index[(sites["locality_id"] == site_id) & (sites["place_type"] == "network")]
        site_id = place[0] if len(place) else site_id
    name = str(sites.loc[site_id, "operator"]).split("(")[0].split(";")[0].strip()
    first = name.split(" ")[0]
    return "" if name in NOBODY or first in NOBODY or first.islower() else name


def _contact(register: Register, giver: str, taker: str, *, same: bool) -> str:
    """Return how two places know each other today."""
    known = register.synergies
    if known is None:
        return "owner" if same else "none"
    runs = known[known["status"] == RUNS]
    pairs = [set(pair) for pair in zip(runs["from_site_id"], runs["to_site_id"], strict=True)]
    if {giver, taker} in pairs and giver != taker:
        return "exchange"
    if same or giver == taker:
        return "owner"
    busy = sum(any(site in pair for pair in pairs) for site in (giver, taker))
    return ("none", "one", "both")[busy]


class Facts(NamedTuple):
    """
    What advice is written from: the register, the names of assumptions, and a language.

    `inside` are the flows of the region: a store elsewhere is nobody's to measure.
    """

    register: Register
    inside: pd.DataFrame
    names: Mapping[str, str]
    texts: Language


def shortlist(
    business: pd.DataFrame,
    register: Register,
    parameters: pd.DataFrame,
    *,
    by: str = "npv",
    municipality: str | None = None,
    count: int | None = MOST,
    lang: str = "sv",
) -> pd.DataFrame:
    """
    Return the pilots: new exchanges of the plan ranked, then those nearest to paying.

    What a company does within its own walls is no exchange and stays out, and so are ends that
    stand for many places. What pays in fewer than half of the draws comes after what pays more
    often, and last what rests on support of the state that nobody has granted.

    Parameters
    ----------
    business
        `Study.business`.
    register
        The register of the study.
    parameters
        The table of its assumptions, with their names.
    by
        "npv", "t_co2e", "readiness", "jobs" (or "people") or "robustness" (the share of the draws
        in which it gains).
    municipality
        Only exchanges with an end there, by municipality_code. None: all.
    count
        How many. None: all.
    lang
        "sv" or "en".

    Returns
    -------
    shortlist
        Rows of the business case with `rank` first, and in words: what (who gives what to whom),
        earns (cost and gain), tips (what would make a losing one pay), call (whom first), measure
        (what first), risk (what can break it), and `reasons`, all of them; `who` is rung ("" where
        nobody is known) about the place `site_id_call`, and `then` says who next.

    Raises
    ------
    ParameterError
        If `by` is none of these.
    """
    check_choice("by", by, list(RANKS))
    if business.empty:
        return business.assign(**dict.fromkeys(["rank", *WRITERS, "reasons", *CALL], ""))
    rows = business[(business["status"] != EXISTING) & (business["contact"] != "owner")]
    rows = rows[register.both_one_place(rows)]
    if municipality is not None:
        codes = rows[["municipality_code_source", "municipality_code_sink"]]
        rows = rows[codes.eq(municipality).any(axis=1)]
    new, near = (rows[rows["status"] == status] for status in (NEW, CANDIDATE))
    ranked = in_order(new, by)
    cover = (near["worth_sek"] / near["levelised_sek"]).sort_values(ascending=False, kind="stable")
    chosen = pd.concat([ranked, near.loc[cover.index]]) if len(near) else ranked
    chosen = chosen.iloc[:count].reset_index(drop=True)
    chosen.insert(0, "rank", range(1, len(chosen) + 1))
    return advised(chosen, register, parameters, lang=lang)


def advised(
    exchanges: pd.DataFrame, register: Register, parameters: pd.DataFrame, *, lang: str = "sv"
) -> pd.DataFrame:
    """
    Return exchanges of the business case with advice in words, as `shortlist` describes it.

    Parameters
    ----------
    exchanges
        Rows of `Study.business`.
    register
        The register of the study.
    parameters
        The table of its assumptions, with their names.
    lang
        "sv" or "en".
    """
    names = parameter_names(parameters, lang).to_dict()
    inside = register.flows[register.flows["inside"]]
    facts = Facts(register, inside, names, language(lang))
    asked = [row[f"site_id_{_least_known(row, facts)}"] for _, row in exchanges.iterrows()]
    rung = exchanges.assign(site_id_call=asked, who=[company(register, site) for site in asked])
    rung = rung.assign(then=[_then(row, facts) for _, row in rung.iterrows()])
    told: dict[str, list[str]] = {
        name: [write(row, facts) for _, row in rung.iterrows()] for name, write in WRITERS.items()
    }
    rung = rung.assign(**told)
    reasons = [" ".join(text for text in row if text) for row in zip(*told.values(), strict=True)]
    return rung.assign(reasons=reasons or pd.Series(dtype=str))


def doubtful(rows: pd.DataFrame) -> pd.Series:
    """Say of each exchange whether it pays in fewer than half of the draws, if any were made."""
    if "pays_share" not in rows:
        return pd.Series(data=False, index=rows.index)
    return rows["pays_share"].astype(float) < HALF


def in_order(rows: pd.DataFrame, by: str = "npv") -> pd.DataFrame:
    """
    Return exchanges by rank: what pays more often than not, then what pays more seldom.

    Last comes what rests on support that nobody has granted.
    """
    ranked = rows.sort_values(RANKS[by], ascending=False, kind="stable", na_position="last")
    last = 2 * ranked["promised"].eq(True).astype(int) + doubtful(ranked)
    return ranked.iloc[last.to_numpy().argsort(kind="stable")]


def to_begin_with(pilots: pd.DataFrame) -> pd.DataFrame:
    """
    Return the pilots to begin with: those of the plan that pay in at least half of the draws.

    They lose nothing over their lives by the best values either. What only pays with support that
    nobody has granted is no place to begin.

    Parameters
    ----------
    pilots
        What `shortlist` returns.
    """
    rows = _gaining(pilots)
    return rows[~doubtful(rows)]


def to_decide(pilots: pd.DataFrame) -> pd.DataFrame:
    """
    Return what gains by the best values but pays in fewer than half of the draws.

    Nobody begins there: what moves it is found out first, and then somebody decides.

    Parameters
    ----------
    pilots
        What `shortlist` returns.
    """
    rows = _gaining(pilots)
    return rows[doubtful(rows)]


def with_many(business: pd.DataFrame, register: Register) -> pd.DataFrame:
    """
    Return what would be to begin with, ranked, were each of its ends one place.

    Parameters
    ----------
    business
        `Study.business`.
    register
        The register of the study.
    """
    rows = business[business["contact"].ne("owner") & ~register.both_one_place(business)]
    return in_order(to_begin_with(rows))


def _gaining(pilots: pd.DataFrame) -> pd.DataFrame:
    """Return the pilots of the plan that lose nothing over their lives, without support."""
    # what has no investment has no present value either
    rows = pilots[pilots["status"].eq(NEW) & ~(pilots["npv_msek"] <= 0)]
    return rows[~rows["promised"].eq(True)]


def _what(row: pd.Series, facts: Facts) -> str:
    """Say who gives what to whom, how much, and how far."""
    texts = facts.texts
    near = float(row["distance_km"]) < 0.1
    where = texts.label(
        "pilot:beside" if near else "pilot:away", km=texts.number(row["distance_km"])
    )
    amount, stream = texts.quantity(row["delivered"], row["unit"]), _stream(row, facts)
    if row["resource"] == "materials" and (counted := replaced_words(row, row["sent"], texts)):
        stream += counted
        amount = texts.quantity(row["sent"], row["unit"])
    told = texts.label(
        "pilot:what", giver=row["name_source"], taker=receiver(row, facts.register, texts),
        resource=stream, amount=amount, where=where,
        mode=texts.label_or(
            f"pilot:mode_{row['mode']}", within_sentence(str(texts.word("mode", row["mode"])))
        ),
    )  # fmt: skip
    # a short distance does not explain what is paid for pipes to every house
    spread = row["invest_network_msek"] > HALF * row["investment_msek"]
    return told + (" " + texts.label("pilot:mostly_network") if spread else "")


def replaced_words(row: pd.Series, sent: float, texts: Language) -> str:
    """Say, beside what is given, as how much of what it replaces a receiver counts a material."""
    if abs(sent / row["delivered"] - 1) <= 0.01:
        return ""
    return texts.label("pilot:replaces", amount=texts.quantity(row["delivered"], row["unit"]))


def receiver(row: pd.Series, register: Register, texts: Language) -> str:
    """Return a receiver as people call it: a network and the houses of a town have its name."""
    kind = register.sites["place_type"].get(row["site_id_sink"], "site")
    return texts.label_or(f"pilot:taker_{kind}", "{name}").format(name=row["name_sink"])


def _earns(row: pd.Series, facts: Facts) -> str:
    """Say what building takes, what it gains a year, and over its years."""
    texts = facts.texts
    money = {
        name: texts.quantity(row[f"{name}_msek"], "MSEK")
        for name in ("investment", "yearly", "npv")
    }
    built = row["investment_msek"] > 0
    span = _span(row["npv_msek_low"], row["npv_msek_high"], texts)
    if row["promised"] is True:
        # it counts less support than the value does, and need not hold it
        span = texts.label("pilot:range_support", range=span)
    key = ("gains" if row["yearly_msek"] >= 0 else "loses") + ("" if built else "_unbuilt")
    values = {
        **money,
        "loss": texts.quantity(-row["yearly_msek"], "MSEK"),
        "payback": years_words(row["payback_years"], texts.code),
        "range": span,
        "share": chance(row["pays_share"], texts.code),
    }
    return texts.label(f"pilot:{key}", **values)


def _tips(row: pd.Series, facts: Facts) -> str:
    """Say what would make a losing exchange pay; nothing of one that gains."""
    texts = facts.texts
    if not row["yearly_msek"] < 0:
        return ""
    unit = row["unit"].partition("/")[0].replace("GWh", "MWh").replace("kt", "t")
    told = texts.label(
        "pilot:tips", support=texts.quantity(row["support_msek"], "MSEK"), unit=unit,
        price=texts.number(row["levelised_sek"], digits=0),
        worth=texts.number(row["worth_sek"], digits=0),
    )  # fmt: skip
    return told + (" " + texts.label("pilot:grant") if row["may_be_granted"] is True else "")


def _least_known(row: pd.Series, facts: Facts) -> str:
    """Return the end to ring and to measure: the one with the widest range that somebody runs."""
    ranked = []
    for side in ROLES:
        rows = _rows_of(row, side, facts.inside)
        value, low, high = (float(rows[name].sum()) for name in BOUNDS)
        runs = bool(company(facts.register, row[f"site_id_{side}"]))
        ranked.append((runs, value > 0, (high - low) / value if value > 0 else 0.0, side))
    return max(ranked, key=lambda end: (*end[:3], end[3] == "source"))[3]


def _call(row: pd.Series, facts: Facts) -> str:
    """Say whom to ring first: who runs the end that is least known."""
    texts, side = facts.texts, _least_known(row, facts)
    if not (who := row["who"]):
        return texts.label("pilot:call_nobody")
    grade = min(str(row[f"confidence_{side}"]), "C")  # a national key is an estimate too
    why = "contact" if row["contact"] == "exchange" else f"sure_{grade}"
    told = texts.label("pilot:call", who=who, why=texts.label(f"pilot:{why}"))
    return " ".join(filter(None, [told, row["then"]]))


def _then(row: pd.Series, facts: Facts) -> str:
    """Say who is rung next: whoever runs the other end, where that is somebody else."""
    texts, register = facts.texts, facts.register
    site, other = next(
        (row[f"site_id_{side}"], side) for side in ROLES
        if row[f"site_id_{side}"] != row["site_id_call"] or side == ROLES[-1]
    )  # fmt: skip
    then = company(register, site)
    if not row["who"] or then in ("", row["who"]):
        return ""
    kind = register.sites["place_type"].get(site, "site")
    name = short_name(str(register.sites["name"].get(site, "")))
    known = has_label(f"pilot:then_{kind}")
    does = texts.label(f"pilot:then_{kind if known else other}", name=name)
    return texts.label("pilot:call_then", then=then, does=does)


def _rows_of(row: pd.Series, side: str, flows: pd.DataFrame) -> pd.DataFrame:
    """Return the flows that an end of an exchange stands for."""
    site, end = row[f"site_id_{side}"], str(row[side])
    there = (flows["site_id"] == site) & (flows["resource"] == row["resource"])
    stream = flows["stream"] == end.removeprefix(f"{site}-")
    # the fossil part of a stack is no part of what is matched
    return flows[there & (stream | (flows["flow_id"] == end)) & flows["carbon"].ne("fossil")]


def _stream(row: pd.Series, facts: Facts) -> str:
    """Return what is given, and in brackets which stream of it."""
    texts = facts.texts
    name = within_sentence(texts.label_or(f"resource:{row['resource']}", row["resource"]))
    rows = _rows_of(row, "source", facts.register.flows)
    if rows.empty:
        return name
    return f"{name} ({within_sentence(str(texts.word('stream', rows['stream'].iloc[0])))})"


def _measure(row: pd.Series, facts: Facts) -> str:
    """Say what to measure or ask first: the amount of the end that is rung."""
    texts, side = facts.texts, _least_known(row, facts)
    rows = _rows_of(row, side, facts.inside)
    value, low, high = (rows[name].sum() for name in BOUNDS)
    if not value > 0:
        return ""
    # what a place gives is measured, what it needs is asked for
    return texts.label(
        "pilot:measure" if side == "source" else "pilot:ask", site=row[f"name_{side}"],
        stream=within_sentence(str(texts.word("stream", rows["stream"].iloc[0]))),
        amount=texts.quantity(value, row["unit"]), range=_span(low, high, texts),
        year=texts.span(*(f"{year:.0f}" for year in (rows["year"].min(), rows["year"].max()))),
    )  # fmt: skip


def _risk(row: pd.Series, facts: Facts) -> str:
    """Say what can break it: what moves its gain most, what a receiver asks, what may not come."""
    texts, sites = facts.texts, facts.register.sites
    told = []
    if isinstance(cause := row["breaks_by"], str):
        flows = facts.register.flows
        own = flows[flows["flow_id"] == cause]
        name = facts.names.get(cause, cause)
        if len(own):
            name = texts.label("pilot:amount_of", site=sites["name"][own["site_id"].iloc[0]])
        told.append(texts.label("pilot:risk", cause=within_sentence(name)))
    told += _flowing(row, facts)
    idle = [s for s in SITES if sites["status"].get(row[s], RUNS) in IDLE]
    if idle:
        told.append(texts.label("pilot:risk_idle", site=sites["name"][row[idle[0]]]))
    if place := case_words(row, texts):
        told.append(texts.label("pilot:case", place=place, weight=f"{100 * row['precedent']:.0f}"))
    if isinstance(asked := row["condition"], str) and asked:
        told.append(texts.label("pilot:condition", condition=asked))
    if row["promised"] is True:
        told.append(texts.label("pilot:risk_support", years=texts.number(row["years"], digits=0)))
    return " ".join(told)


def case_words(row: Mapping[str, Any] | pd.Series, texts: Language) -> str:
    """Return where an exchange of its kind runs or was tried: place, perhaps country; or ""."""
    if not isinstance(row["case_place"], str):
        return ""
    place, country = (str(texts.word(kind, row[kind])) for kind in ("case_place", "case_country"))
    # of some cases only the country is known; one's own need not be said
    return place if row["case_country"] == HOME else ", ".join(dict.fromkeys([place, country]))


def _flowing(row: pd.Series, facts: Facts) -> list[str]:
    """Say how far what flows between the two today has moved from year to year, if it has."""
    there = flows_today(facts.register, row)
    return [
        facts.texts.label(
            "pilot:risk_today", year=f"{one['year']:.0f}",
            amount=facts.texts.quantity(one["value"], one["unit"]),
            range=_span(one["low"], one["high"], facts.texts),
        )
        for _, one in there.iterrows()
    ] + [
        facts.texts.label(
            "pilot:risk_later", year=f"{one['year']:.0f}",
            amount=facts.texts.quantity(one["value"], one["unit"]),
        )
        for one in less_since(facts.register, row)
    ]  # fmt: skip


def flows_today(register: Register, row: pd.Series) -> pd.DataFrame:
    """Return the exchanges of today between the places of a row that have a range."""
    known = register.synergies
    if known is None:
        return pd.DataFrame()
    ends = {"from_site_id": "site_id_source", "to_site_id": "site_id_sink", "resource": "resource"}
    same = [known[name].eq(row[own]) for name, own in ends.items()]
    return known[np.logical_and.reduce(same) & (known["low"] < known["high"])]


def less_since(register: Register, row: pd.Series) -> list[pd.Series]:
    """
    Return a published year after that of the register in which less flowed between two places.

    At most one, the last: its value, unit and year. A new exchange between the same two then hangs
    on the receiver wanting more.
    """
    today = flows_today(register, row)
    if today.empty:
        return []
    known = read_table("published")
    same = known["ours"].eq(f"existing:{row['site_id_sink']}") & known["relation"].eq("other_year")
    one = today.iloc[0]
    less = known[same & (known["year"] > one["year"]) & (known["value"] < HALF * one["value"])]
    return [found for _, found in less.sort_values("year").tail(1).iterrows()]


def _span(low: float, high: float, texts: Language) -> str:
    """Return a range in two figures, within a sentence."""
    return texts.span(coarse(low, texts.code), coarse(high, texts.code), worded=True)


WRITERS: dict[str, Callable[[pd.Series, Facts], str]] = {
    "what": _what,
    "earns": _earns,
    "tips": _tips,
    "call": _call,
    "measure": _measure,
    "risk": _risk,
}
