"""The ladder of answers: the same candidate links matched from nearest-first to shared networks."""

from __future__ import annotations

import pandas as pd

from .candidates import Candidates, find_candidates
from .errors import MatchError
from .matching import greedy, solve
from .model import Match, Register


def match(
    register: Register,
    resource: str = "heat",
    *,
    parameters: pd.DataFrame | None = None,
    max_km: float | None = None,
    method: str = "annual",
    objective: str = "value",
) -> Match:
    """
    Match all supply of a resource with all demand for it.

    Parameters
    ----------
    register
        Sites and flows.
    resource
        "heat" or "co2".
    parameters
        Assumptions by parameter_id. None: parameters.csv.
    max_km
        Longest straight distance of a link, km. None: the resource's own in parameters.csv.
    method
        "greedy" (nearest first) or "annual" (exact, a year as a whole).
    objective
        "value" or "coverage", for the annual method.

    Raises
    ------
    MatchError
        If resource or method is not known.
    """
    found = find_candidates(register, resource, parameters=parameters, max_km=max_km)
    return match_candidates(found, method=method, objective=objective)


def match_candidates(
    found: Candidates, *, method: str = "annual", objective: str = "value"
) -> Match:
    """Match priced candidates by one rung of the ladder (see `match`)."""
    if method == "greedy":
        answer = greedy(found.links, found.supply, found.demand)
    elif method == "annual":
        answer = solve(found.links, found.supply, found.demand, objective=objective)
    else:
        msg = f"method = {method!r} is not known. Choose greedy or annual."
        raise MatchError(msg)
    return Match(
        answer.links, answer.unused, answer.unmet, answer.prices, answer.certificate, found.resource
    )
