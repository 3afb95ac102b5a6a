"""Links that the plan leaves out: why, and each as it would stand beside the plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..assumptions.values import assumed
from ..heat.networks import tier_use
from ..heat.season import flat_supply_share
from ..heat.temperature import link_mode
from ..model import CANDIDATE, CARRIES_NOTHING, MONTH_COLUMNS, Match, carried, new_of
from .candidates import Candidates
from .months import gain_and_loss, in_step, running_costs, yearly_cost

__all__ = ["unchosen"]

SIZES = (0.25, 0.5, 0.75, 1.0)  # of the largest capacity: the best of these is told

# the part of a cost that is most of it, and what it is called where the whole is too dear
DEAR = {"pipe_cost": "too_far", "heat_pump_cost": "dear_lift", "source_cost": "dear_source",
        "distribution_cost": "dear_network"}  # fmt: skip


def next_best(
    found: Candidates,
    match: Match,
    *,
    top: int = 10,
    least: float = 0.0,
    without: Collection[str] = (),
) -> pd.DataFrame:
    """
    Return the links outside the plan that come nearest to paying, with what each would carry.

    Each takes what the plan leaves of its source and finds room beside the plan at its sink, month
    by month, at the one of four sizes where what it brings covers most of its cost. One link of a
    place and a receiver is told: the best.

    Parameters
    ----------
    found
        Candidates of a resource.
    match
        Their plan, solved by month.
    top
        How many to return.
    least
        Smallest amount told of, GWh or kt a year.
    without
        Places that are no one to talk to, by site_id, such as all shops of a town.

    Returns
    -------
    links
        Columns as in `Match.links`, with `status` "candidate", nearest to paying first. Empty if
        the match was not solved by month.
    """
    links = beside_plan(found, match)
    links = links[~links["site_id_source"].isin(list(without)) & (links["delivered"] > least)]
    return _one_of_each(links, top)


def beside_plan(found: Candidates, match: Match) -> pd.DataFrame:
    """
    Return each link outside the plan as it would stand beside it, at the size that pays best.

    Columns as in `Match.links`, with `cover`: what a link brings over what it costs. Empty if the
    match was not solved by month.
    """
    if match.sent_by_month is None or found.links.empty:
        columns = [*found.links.columns, "delivered", "status", "cover", *MONTH_COLUMNS]
        return pd.DataFrame(columns=columns)
    new = new_of(match.links)
    used = carried(new)
    taken = set(zip(used["source"], used["sink"], strict=True))
    pairs = zip(found.links["source"], found.links["sink"], strict=True)
    links = found.links[[pair not in taken for pair in pairs]].reset_index(drop=True)
    return _beside(links, found, match, new)


def arriving_by_month(links: pd.DataFrame, sinks: pd.Index) -> np.ndarray:
    """Return what arrives at each sink in each month, a row per sink."""
    known = links.groupby("sink")[MONTH_COLUMNS].sum()
    return known.reindex(sinks, fill_value=0.0).to_numpy(float)


def _beside(
    links: pd.DataFrame, found: Candidates, match: Match, new: pd.DataFrame
) -> pd.DataFrame:
    """Return links with what each would carry, cost and bring beside the plan."""
    year = found.year()
    i = year.supply.index.get_indexer(links["source"])
    j = year.demand.index.get_indexer(links["sink"])
    sent = match.sent_by_month.groupby(new["source"].to_numpy()).sum()  # type: ignore[union-attr]
    gone = sent.reindex(year.supply.index, fill_value=0.0).to_numpy(float)
    arrived = arriving_by_month(new, year.demand.index)
    gain, lost = gain_and_loss(links)
    left = np.maximum(year.supply.to_numpy(float) - gone, 0.0)[i]
    sendable = np.maximum(left * gain[:, np.newaxis] - lost, 0.0)
    room = np.maximum(year.demand.to_numpy(float) - arrived, 0.0)[j]
    joins = year.is_joining(j)
    capacity, hours, capital, once = (
        links[name].to_numpy(float)
        for name in ("largest_capacity", "full_load_hours", "capacity_cost", "fixed_cost")
    )
    running, sizes = running_costs(links), []
    for size in SIZES:
        carried = np.outer(size * capacity * hours / 1000, flat_supply_share())
        months = np.minimum(np.minimum(carried, sendable), room)
        months[joins] = in_step(months[joins], room[joins])
        brings = _brings(links, months, arrived[j], year.tiers)
        cost = yearly_cost(months, running, capital, once, capacity=size * capacity)
        cover = np.divide(brings, cost, out=np.zeros(len(links)), where=cost > 0)
        sizes.append(np.column_stack([cover, brings, cost, size * capacity, months]))
    told = np.stack(sizes)
    kept = told[told[:, :, 0].argmax(axis=0), np.arange(len(links))]
    months = kept[:, 4:]
    delivered = months.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        worth, cost = kept[:, 1] / delivered, kept[:, 2] / delivered
    return links.assign(
        cover=kept[:, 0], delivered=delivered, sent=(months / gain[:, np.newaxis]).sum(axis=1),
        capacity=kept[:, 3], worth=worth, unit_cost=cost, status=CANDIDATE,
        **dict(zip(MONTH_COLUMNS, months.T, strict=True)),
    )  # fmt: skip


def _brings(
    links: pd.DataFrame, months: np.ndarray, arrived: np.ndarray, tiers: pd.DataFrame
) -> np.ndarray:
    """Return what each link would save or earn a year, kEUR, on top of what arrives already."""
    brings = (months * links["worth"].to_numpy(float)[:, np.newaxis]).sum(axis=1)
    use = tier_use(tiers, links["sink"], arrived, months)
    tiered = links["sink"].isin(tiers["sink"]).to_numpy()
    return np.where(tiered, use @ tiers["worth"].to_numpy(float), brings)


def _one_of_each(links: pd.DataFrame, top: int) -> pd.DataFrame:
    """Return the best links, so that neither a giving place nor a receiver is told of twice."""
    rows, seen = [], set[tuple[str, str]]()
    for label, row in links.sort_values("cover", ascending=False, kind="stable").iterrows():
        ends = {("source", row["site_id_source"]), ("sink", row["sink"])}
        if not ends & seen:
            seen |= ends
            rows.append(label)
        if len(rows) == top:
            break
    return links.loc[rows].drop(columns="cover").reset_index(drop=True)


def unchosen(
    found: Candidates,
    answer: Match,
    *,
    top: int = 10,
    assumptions: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """
    Say why promising pairs were not chosen, the largest first.

    A pair is promising when both its ends are large and near. The reason is one of: too_cold;
    scattered (no pipe reaches the countryside); where the cost alone exceeds the worth, what most
    of it is: too_far (the pipe, or all of a resource that has no parts), dear_lift (the heat
    pump), dear_source (the connection at the source), dear_network (streets and houses);
    better_elsewhere (an end is used up by links that bring more); season (worth it over the year,
    but not month by month).

    Returns
    -------
    pairs
        source, sink, distance_km, amount (the smaller end), unit_cost, worth and reason.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> found = sg.run().candidates["heat"]
    >>> answer = sg.matching.ladder.match_candidates(found)
    >>> len(unchosen(found, answer, top=3))
    3
    """
    assumptions = assumed(assumptions)
    used = carried(answer.links)
    taken = set(zip(used["source"], used["sink"], strict=True))
    pairs = found.pairs.assign(amount=found.pairs[["supply", "demand"]].min(axis=1))
    parts = [name for name in DEAR if name in found.links]
    priced = found.links.set_index(["source", "sink"])[["unit_cost", "worth", *parts]]
    pairs = pairs.join(priced[~priced.index.duplicated()], on=["source", "sink"])
    open_pairs = [pair not in taken for pair in zip(pairs["source"], pairs["sink"], strict=True)]
    pairs = pairs[open_pairs]
    pairs = pairs.assign(
        reason=[_reason(row, answer, assumptions=assumptions) for row in pairs.to_dict("records")]
    )
    rank = (pairs["amount"] / (1 + pairs["distance_km"])).sort_values(ascending=False).index
    columns = ["source", "sink", "distance_km", "amount", "unit_cost", "worth", "reason"]
    return pairs.loc[rank, columns].head(top).reset_index(drop=True)


def _reason(pair: dict[str, Any], answer: Match, *, assumptions: Mapping[str, float]) -> str:
    """Return why one pair carries nothing."""
    if pair.get("kind") == "rural":
        return "scattered"
    cost, worth = pair["unit_cost"], pair["worth"]
    if "source_c" in pair and _too_cold(pair, assumptions=assumptions):
        return "too_cold"
    if pd.isna(cost) or cost >= worth:  # type: ignore[operator]
        parts = {name: float(pair[name]) for name in DEAR if pd.notna(pair.get(name))}
        # what has no parts, or loses all on the way, is too far away
        return DEAR[max(parts, key=parts.__getitem__)] if parts and pd.notna(cost) else "too_far"
    spent = answer.unused.get(pair["source"], 0.0) <= CARRIES_NOTHING
    full = answer.unmet.get(pair["sink"], 0.0) <= CARRIES_NOTHING
    return "better_elsewhere" if spent or full else "season"


def _too_cold(pair: dict[str, Any], *, assumptions: Mapping[str, float]) -> bool:
    """Return whether no heat pump lifts the source to what the sink needs."""
    ends = pair["source_c"], pair["supply_c"], pair["return_c"]
    return str(link_mode(*ends, assumptions=assumptions)) == "impossible"
