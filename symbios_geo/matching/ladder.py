"""The ladder of answers: the same candidate links matched from nearest-first to shared networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from ..assumptions.checks import check_choice
from ..assumptions.values import Given, as_assumptions
from ..disclosure import sign
from ..errors import MatchError
from ..model import CARRIES_NOTHING, MONTH_COLUMNS, NEW, Match, carried, new_of
from ..register.derived import following
from ..register.gate import Register
from .allocation import OBJECTIVES, greedy, solve, value_of
from .candidates import Candidates, find_candidates
from .months import Year, solve_months, yearly_cost
from .trunks import candidate_graph, solve_trunks

__all__ = ["by_month", "compare_rungs", "match", "match_candidates"]

TRUNK_GAP, LARGEST_GAP = 0.01, 0.05  # asked of shared trunks, and shown at all
METHODS = ("greedy", "annual", "monthly", "monthly_store", "plan")


def match(
    register: Register,
    resource: str = "heat",
    *,
    assumptions: Given = None,
    max_km: float | None = None,
    distances: pd.DataFrame | gpd.GeoDataFrame | None = None,
    method: str = "plan",
    objective: str = "value",
) -> Match:
    """
    Match all supply of a resource with all demand for it.

    Parameters
    ----------
    register
        Sites and flows.
    resource
        "heat", "co2", "materials" or "water".
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    max_km
        Longest straight distance of a link, km. None: the resource's own in parameters.csv.
    distances
        Lengths of routes by source, sink and km, or roads to measure them along, as in
        `find_candidates`.
    method
        The rung of the ladder: "greedy" (nearest first), "annual" (exact, the year as a whole),
        "monthly" (one capacity per link over twelve months), "monthly_store" (and a seasonal store
        at the sink), "plan" (and a link is built or not: the reference).
    objective
        "value", or "coverage": as much as links can bring over the year as a whole, of heat at no
        more than heat_reach_eur_per_mwh; whatever the method.

    Raises
    ------
    MatchError
        If resource, method or objective is not known.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> plan = sg.match(sg.load_register(), "co2", method="annual")
    >>> bool((plan.links["delivered"] > 0).any())
    True
    """
    register, given = following(register, assumptions)
    found = find_candidates(
        register, resource, assumptions=given, max_km=max_km, distances=distances
    )
    return match_candidates(found, method=method, objective=objective, assumptions=given)


def match_candidates(
    found: Candidates,
    *,
    method: str = "annual",
    objective: str = "value",
    assumptions: Given = None,
) -> Match:
    """
    Match priced candidates by one rung of the ladder (see `match`).

    Examples
    --------
    >>> import symbios_geo as sg
    >>> found = sg.run().candidates["co2"]
    >>> round(match_candidates(found).certificate["gap"], 6)
    0.0
    """
    assumptions = as_assumptions(assumptions)
    check_choice("method", method, METHODS, MatchError)
    check_choice("objective", objective, OBJECTIVES, MatchError)
    if objective == "coverage":
        method = "annual"
    if method == "greedy":
        answer = greedy(found.links, found.supply, found.demand)
    elif method == "annual":
        links = found.links
        if objective == "coverage":
            links = links[links["unit_cost"] <= found.dearest(assumptions)]
        answer = solve(links, found.supply, found.demand, objective=objective)
    else:
        answer = solve_months(
            found.links,
            found.year(),
            store=method == "monthly_store",
            fixed=method == "plan",
            assumptions=assumptions,
        )
    new = answer.links
    if set(MONTH_COLUMNS) <= set(new.columns):
        new = _with_parts(new, found, assumptions, fixed=method == "plan")
    if found.tiers is not None and set(MONTH_COLUMNS) <= set(new.columns):
        new = new.join(found.tiers.fuels_saved(new))
    links = sign(_with_existing(new, found), found.readers)
    return replace(
        answer,
        links=links,
        resource=found.resource,
        readers=found.readers,
        left_out=found.left_out,
        ends=found.ends,
    )


def _with_parts(
    links: pd.DataFrame, found: Candidates, assumptions: Mapping[str, float], *, fixed: bool
) -> pd.DataFrame:
    """Return links whose parts of the cost are those of their use, so that they add up to it."""
    used = carried(links)
    if found.resource.cost_parts is None or used.empty:
        return links
    ends = ["source", "sink"]
    pairs = found.pairs.set_index(ends, drop=False)
    pairs = pairs.loc[pd.MultiIndex.from_frame(used[ends])].reset_index(drop=True)
    months, capacity = used[MONTH_COLUMNS].to_numpy(float), used["capacity"].to_numpy(float)
    built = 1.0 if fixed else capacity / used["largest_capacity"].to_numpy(float)
    told = links.copy()
    for name, part in found.resource.cost_parts(pairs, assumptions).items():
        running, capital, once = part.running, part.capacity, part.fixed
        yearly = yearly_cost(months, running, capital, once, capacity=capacity, built=built)
        told.loc[used.index, f"{name}_cost"] = yearly / used["delivered"].to_numpy(float)
    return told


def _with_existing(links: pd.DataFrame, found: Candidates) -> pd.DataFrame:
    """Return what was chosen, and what stands today as measured, told apart by `status`."""
    new = links.assign(status=NEW)
    if found.existing.empty:
        return new
    standing = found.existing.copy()
    if set(MONTH_COLUMNS) <= set(new.columns):
        shares = found.existing_shares().to_numpy()
        standing[MONTH_COLUMNS] = shares * standing["delivered"].to_numpy(float)[:, None]
    return pd.concat([new, standing], ignore_index=True)


def by_month(answer: Match, year: Year) -> dict[int, Match]:
    """
    Return what a month-by-month match delivers in each month, 1-12, as a match of its own.

    Parameters
    ----------
    answer
        The match of the year.
    year
        The supply and demand it was made from (`Candidates.year`): what a month leaves unused and
        unmet is of that month.

    Raises
    ------
    MatchError
        If the match was not solved by month.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> found = sg.run().candidates["heat"]
    >>> answer = match_candidates(found, method="monthly")
    >>> sorted(by_month(answer, found.year()))[-1]
    12
    """
    takes = answer.sent_by_month
    if takes is None:
        msg = "This match is of the year as a whole. Match by a method that solves months."
        raise MatchError(msg)
    return {month: _month_of(answer, year, month, takes[month]) for month in takes}


def _month_of(answer: Match, year: Year, month: int, taken: pd.Series) -> Match:
    """Return one month of a match."""
    chosen = answer.links["status"] == NEW
    delivered = answer.links[f"month_{month}"]
    # what stands today is measured where it arrives
    sent = delivered.copy()
    sent[chosen] = taken.to_numpy()
    links = answer.links.assign(delivered=delivered, sent=sent)
    # the year holds what is free beside the exchanges of today
    new = links[chosen]
    sent, got = new.groupby("source")["sent"].sum(), new.groupby("sink")["delivered"].sum()
    # rounding of the solver, and a store that is filled, take a little more than the month needs
    unused = year.supply[month].sub(sent, fill_value=0.0).clip(lower=0)
    unmet = year.demand[month].sub(got, fill_value=0.0).clip(lower=0)
    return replace(answer, links=links, unused=unused, unmet=unmet)


def compare_rungs(
    found: Candidates,
    *,
    assumptions: Given = None,
    seconds: float = 300.0,
    roads: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """
    Match the same candidates by every rung and return one row per rung.

    Only what is new: exchanges of today stand on every rung as measured. For heat the last rung is
    the shared network of trunk lines, which may take `seconds`; blank if none was proven by then to
    be within 5 % of the best; its stretches follow `roads` where there are some.

    Columns: delivered (GWh or kt a year), value (kEUR/yr), links used, capacity (MW or t/h where
    the rung chooses it), gap (how far the answer may be from the best).

    Examples
    --------
    >>> import symbios_geo as sg
    >>> found = sg.run().candidates["co2"]
    >>> list(compare_rungs(found).columns)
    ['delivered', 'value', 'links', 'capacity', 'gap']
    """
    assumptions = as_assumptions(assumptions)
    rows = {}
    for method in METHODS:
        answer = match_candidates(found, method=method, assumptions=assumptions)
        new = new_of(answer.links)
        used = new["delivered"] > CARRIES_NOTHING
        monthly = method.startswith("monthly")
        sized = monthly or method == "plan"
        rows[method] = {
            "delivered": new["delivered"].sum(),
            "value": answer.certificate["primal"] if monthly else value_of(answer),
            "links": int(used.sum()),
            "capacity": new["capacity"].sum() if sized else float("nan"),
            "gap": answer.certificate.get("gap", float("nan")),
        }
    if found.resource.key == "heat":
        network = solve_trunks(
            found,
            found.year(),
            graph=candidate_graph(found, roads=roads, assumptions=assumptions),
            assumptions=assumptions,
            gap=TRUNK_GAP,
            seconds=seconds,
        )
        rows["network"] = {
            "delivered": network.drawn.sum(),
            "value": network.certificate["primal"],
            "links": len(network.pipes),
            "capacity": network.pipes["capacity"].sum(),
            "gap": network.certificate["gap"],
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")
    # a network that was not proven in time is not known, and not nothing
    table = table.mask(table["gap"] > LARGEST_GAP, axis=0)
    return sign(table, found.readers)
