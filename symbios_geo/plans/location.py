"""Choose exactly which sites to open for what many sources send: capacity and fixed charge."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd

from ..errors import MatchError
from ..model import Match

DEFAULT_SECONDS = 120.0
GAP = 1e-6


def choose_sites(
    links: pd.DataFrame,
    supply: pd.Series,
    sites: pd.DataFrame,
    *,
    at_most: int | None = None,
    seconds: float = DEFAULT_SECONDS,
) -> Match:
    """
    Return the sites to open and what each source sends there, of the greatest yearly profit.

    Maximises the sum of sent x profit less the fixed cost of every opened site, as a mixed-integer
    programme (OR-Tools MathOpt with HiGHS). Opening nothing is a normal answer.

    Parameters
    ----------
    links
        Columns `source`, `sink` (a site) and `profit` per unit sent; one row per pair.
    supply
        What each source can send, by source id.
    sites
        `capacity` (in the unit of supply) and `fixed_cost` by site id; perhaps `least`, the least
        that an opened site must receive.
    at_most
        Greatest number of sites. None: no limit.
    seconds
        Time limit; a proof not finished by then shows as a gap.

    Returns
    -------
    match
        `links` with sent and delivered; `unused` supply; `unmet` capacity left at opened sites;
        `certificate` with objective, bound, relative gap and the sites opened.

    Raises
    ------
    MatchError
        If ids or numbers cannot be used, or no answer was found in the time given.
    """
    _check(links, supply, sites, at_most)
    answer, sent, opened = _solve(links, supply, sites, at_most, seconds)
    objective, bound = answer
    received = sent.groupby(links["sink"]).sum().reindex(sites.index, fill_value=0.0)
    left = (sites["capacity"] - received)[opened].clip(lower=0.0)
    unused = supply - sent.groupby(links["source"]).sum().reindex(supply.index, fill_value=0.0)
    proof: dict[str, Any] = {
        "objective": objective,
        "bound": bound,
        "gap": (bound - objective) / max(abs(objective), abs(bound), 1e-9),
        "opened": [str(site) for site in sites.index[opened]],
    }
    prices = pd.DataFrame({"node": [], "role": [], "price": []})  # a yes-or-no choice has none
    chosen = links.assign(sent=sent, delivered=sent)
    return Match(
        chosen, unused.clip(lower=0.0).rename("unused"), left.rename("unmet"), prices, proof
    )


def _solve(
    links: pd.DataFrame, supply: pd.Series, sites: pd.DataFrame, at_most: int | None, seconds: float
) -> tuple[tuple[float, float], pd.Series, np.ndarray]:
    """Return objective and bound, what each link sends, and which sites are opened."""
    from ortools.math_opt.python import mathopt

    model = mathopt.Model()
    build = {site: model.add_binary_variable() for site in sites.index}
    plan = sites.astype(float).to_dict("index")
    rows = list(zip(links["source"], links["sink"], links["profit"].astype(float), strict=True))
    send = [model.add_variable(lb=0.0, ub=float(supply[source])) for source, _, _ in rows]
    leaving: dict[Any, list[Any]] = {}
    arriving: dict[Any, list[Any]] = {}
    for variable, (source, sink, _) in zip(send, rows, strict=True):
        leaving.setdefault(source, []).append(variable)
        arriving.setdefault(sink, []).append(variable)
        # tighter than capacity alone: the relaxation is then close to the answer
        model.add_linear_constraint(variable <= float(supply[source]) * build[sink])
    for source, variables in leaving.items():
        model.add_linear_constraint(mathopt.fast_sum(variables) <= float(supply[source]))
    for site, variable in build.items():
        received = mathopt.fast_sum(arriving.get(site, []))
        model.add_linear_constraint(received <= plan[site]["capacity"] * variable)
        if "least" in sites:
            model.add_linear_constraint(received >= plan[site]["least"] * variable)
    if at_most is not None:
        model.add_linear_constraint(mathopt.fast_sum(build.values()) <= at_most)
    earned = mathopt.fast_sum(p * v for v, (_, _, p) in zip(send, rows, strict=True))
    spent = mathopt.fast_sum(plan[s]["fixed_cost"] * v for s, v in build.items())
    model.maximize(earned - spent)
    limits = mathopt.SolveParameters(
        time_limit=datetime.timedelta(seconds=seconds), relative_gap_tolerance=GAP
    )
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limits)
    if not result.has_primal_feasible_solution():
        msg = f"No choice of sites was found in {seconds:g} s. Allow more time or fewer sites."
        raise MatchError(msg)
    opened = np.array([result.variable_values(v) > 0.5 for v in build.values()], dtype=bool)
    sent = pd.Series([max(result.variable_values(v), 0.0) for v in send], links.index, dtype=float)
    sent = sent.where(links["sink"].isin(sites.index[opened]), 0.0)
    bounds = result.termination.objective_bounds
    return (result.objective_value(), bounds.dual_bound), sent, opened


def _check(
    links: pd.DataFrame, supply: pd.Series, sites: pd.DataFrame, at_most: int | None
) -> None:
    """Raise MatchError for a column, id or number that cannot be used."""
    wanted = {
        "links": (links, ("source", "sink", "profit")),
        "sites": (sites, ("capacity", "fixed_cost")),
    }
    for name, (table, columns) in wanted.items():
        if missing := [column for column in columns if column not in table]:
            msg = f"{name} lack the column {', '.join(missing)}."
            raise MatchError(msg)
    if unknown := sorted(set(links["source"]) - set(supply.index)):
        msg = f"links name the source {unknown[0]!r}, but supply has no such id. Add it."
        raise MatchError(msg)
    if unknown := sorted(set(links["sink"]) - set(sites.index)):
        msg = f"links name the site {unknown[0]!r}, but sites have no such id. Add it."
        raise MatchError(msg)
    numbers = {"supply": supply, "capacity": sites["capacity"], "fixed_cost": sites["fixed_cost"]}
    for name, values in numbers.items():
        wrong = ~np.isfinite(values.to_numpy(float)) | (values.to_numpy(float) < 0)
        if wrong.any():
            at = values.index[int(np.argmax(wrong))]
            msg = f"{name} of {at!r} is {values[at]!r}. It must be a finite number of 0 or more."
            raise MatchError(msg)
    if not np.isfinite(links["profit"].to_numpy(float)).all():
        msg = "links: profit holds a missing or infinite number. Drop the link or price it."
        raise MatchError(msg)
    if at_most is not None and at_most < 0:
        msg = f"at_most = {at_most} must be 0 or more."
        raise MatchError(msg)
