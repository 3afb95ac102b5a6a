"""Allocate supply to demand over priced links, exactly, with prices and a proof of optimality."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ..assumptions.checks import check_choice
from ..errors import MatchError
from ..model import Match
from .transport import Problem, Solution, dual_value, most_then_cheapest, solve_problem

OBJECTIVES = {"value": solve_problem, "coverage": most_then_cheapest}
LINKS_PER_BATCH = 20_000  # whole components are solved together up to this size
LARGEST_NUMBER = 1e100
LARGEST_GAP = 1e-6


class Client(Protocol):
    """What `solve` needs of a `dask.distributed.Client`."""

    def map(self, func: Any, *iterables: Any, **kwargs: Any) -> list[Any]:
        """Start one task per item."""

    def gather(self, futures: list[Any]) -> list[Any]:
        """Wait for results."""


def solve(
    links: pd.DataFrame,
    supply: pd.Series,
    demand: pd.Series,
    *,
    objective: str = "value",
    workers: int = 1,
    client: Client | None = None,
) -> Match:
    """
    Allocate supply to demand over links, exactly.

    "value" maximises the sum of delivered x (worth - unit_cost), so distance limits itself;
    "coverage" delivers as much as possible, then as cheaply as possible. Independent components of
    the link graph are solved apart, which changes nothing in the answer.

    Parameters
    ----------
    links
        Columns `source`, `sink`, `unit_cost` and `worth` per delivered unit, and `efficiency`
        (delivered per sent; 1 when the column is missing). Parallel links are allowed.
    supply, demand
        Upper limits by source and by sink id, in the resource's unit.
    objective
        "value" or "coverage".
    workers
        Processes that solve components side by side.
    client
        A `dask.distributed.Client` that solves them on a cluster instead.

    Raises
    ------
    MatchError
        If a column, id or number cannot be used; the message says which and how to mend it.

    Examples
    --------
    >>> links = pd.DataFrame(
    ...     {"source": ["mill", "mill"], "sink": ["town", "farm"],
    ...      "unit_cost": [5, 9], "worth": [20, 12]}
    ... )
    >>> answer = solve(links, pd.Series({"mill": 10.0}), pd.Series({"town": 8.0, "farm": 5.0}))
    >>> answer.links["delivered"].tolist()
    [8.0, 2.0]
    """
    check_choice("objective", objective, OBJECTIVES, MatchError)
    problem = _problem(links, supply, demand, objective)
    parts = list(_components(problem))
    solved = _solve_parts([part for part, *_ in parts], objective, workers, client)
    solution = _joined(problem, parts, solved)
    return _match(links, supply, demand, problem, solution, objective, len(parts))


def greedy(links: pd.DataFrame, supply: pd.Series, demand: pd.Series) -> Match:
    """
    Allocate nearest first, as a person with a map would: the baseline for what exactness brings.

    Links that cost more than they are worth are left out. The columns are those of `solve`, with
    `distance_km` deciding the order (`unit_cost` where there is no distance).

    Examples
    --------
    >>> links = pd.DataFrame(
    ...     {"source": ["mill", "mill"], "sink": ["town", "farm"], "unit_cost": [5, 9],
    ...      "worth": [20, 12], "distance_km": [7.0, 1.0]}
    ... )
    >>> answer = greedy(links, pd.Series({"mill": 10.0}), pd.Series({"town": 8.0, "farm": 5.0}))
    >>> answer.links.set_index("sink")["delivered"].to_dict()
    {'town': 5.0, 'farm': 5.0}
    """
    problem = _problem(links, supply, demand, "value")
    order = np.argsort(
        links["distance_km" if "distance_km" in links else "unit_cost"].to_numpy(), kind="stable"
    )
    left, need = problem.supply.copy(), problem.demand.copy()
    sent = np.zeros(len(links))
    for k in order[problem.profit[order] > 0]:
        i, j = problem.i[k], problem.j[k]
        sent[k] = min(left[i], need[j] / problem.gain[k])
        left[i] -= sent[k]
        need[j] -= sent[k] * problem.gain[k]
    none = np.full(len(problem.supply), np.nan), np.full(len(problem.demand), np.nan)
    return _match(links, supply, demand, problem, Solution(sent, *none, 0.0, 0.0), "greedy", 1)


def value_of(match: Match) -> float:
    """
    Return the value of an allocation: the sum of delivered x (worth - unit_cost).

    Examples
    --------
    >>> import symbios_geo as sg
    >>> value_of(sg.run(lang="en").matches["heat"]) > 0
    True
    """
    links = match.links
    return float((links["delivered"] * (links["worth"] - links["unit_cost"])).sum())


def _problem(links: pd.DataFrame, supply: pd.Series, demand: pd.Series, objective: str) -> Problem:
    """Return the arrays of a problem, after checking every column, id and number."""
    needed = ["source", "sink", "unit_cost", *(["worth"] if objective == "value" else [])]
    if missing := [name for name in needed if name not in links.columns]:
        msg = f"links lack the column {', '.join(missing)}. Price the candidate links first."
        raise MatchError(msg)
    limits = {"supply": supply, "demand": demand}
    amounts = {name: _amounts(name, series) for name, series in limits.items()}
    cost = _numbers(links, "unit_cost")
    gain = _numbers(links, "efficiency") if "efficiency" in links else np.ones(len(links))
    if (gain <= 0).any():
        row = links.index[int(np.argmax(gain <= 0))]
        msg = f"links row {row}: efficiency must be above 0. Drop links that deliver nothing."
        raise MatchError(msg)
    profit = gain * (_numbers(links, "worth") - cost) if objective == "value" else -gain * cost
    i = _positions(links["source"], supply.index, "source", "supply")
    j = _positions(links["sink"], demand.index, "sink", "demand")
    return Problem(i, j, profit, gain, amounts["supply"], amounts["demand"])


def _amounts(name: str, series: pd.Series) -> np.ndarray:
    """Return supply or demand as non-negative numbers."""
    if not series.index.is_unique:
        twice = series.index[series.index.duplicated()][0]
        msg = f"{name} names {twice!r} more than once. Sum the rows per id first."
        raise MatchError(msg)
    values = _floats(series)
    wrong = ~((values >= 0) & (values <= LARGEST_NUMBER))
    if wrong.any():
        at = series.index[int(np.argmax(wrong))]
        msg = f"{name} of {at!r} is {series[at]!r}. It must be a finite number of 0 or more."
        raise MatchError(msg)
    return values


def _numbers(links: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column of links as finite numbers."""
    values = _floats(links[column])
    wrong = ~(np.abs(values) <= LARGEST_NUMBER)
    if wrong.any():
        row = links.index[int(np.argmax(wrong))]
        msg = f"links row {row}: {column} is not a finite number. Drop the link or price it."
        raise MatchError(msg)
    return values


def _floats(series: pd.Series) -> np.ndarray:
    """Return numbers as floats; what is missing or no number becomes NaN, which checks find."""
    return pd.to_numeric(series, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _positions(ids: pd.Series, index: pd.Index, column: str, limits: str) -> np.ndarray:
    """Return where each id stands in supply or demand."""
    if isinstance(ids.dtype, pd.CategoricalDtype):
        # a missing id has the code -1: it takes the -1 at the end
        positions = np.append(index.get_indexer(ids.cat.categories), -1)[ids.cat.codes]
    else:
        positions = index.get_indexer(ids)
    if len(positions) and positions.min() < 0:
        unknown = ids.iloc[int(np.argmin(positions))]
        msg = f"links name the {column} {unknown!r}, but {limits} has no such id. Add it."
        raise MatchError(msg)
    return positions


def _components(
    problem: Problem,
) -> Iterator[tuple[Problem, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield independent parts with the numbers of their links, sources and sinks."""
    n, m = len(problem.supply), len(problem.demand)
    if not len(problem.i):
        return
    ones = np.ones(len(problem.i), dtype=np.int8)
    graph = csr_array((ones, (problem.i, problem.j + n)), shape=(n + m, n + m))
    _, part_of = connected_components(graph, directed=False)
    link_part = part_of[problem.i]
    size = np.bincount(link_part, minlength=part_of.max() + 1)
    batch_of = _batches(size)[link_part]
    # by source within a batch: the passes over links then read memory in order
    order = np.argsort(batch_of * n + problem.i, kind="stable")
    cuts = np.flatnonzero(np.diff(batch_of[order])) + 1
    for rows in np.split(order, cuts):
        sources, i = _renumbered(problem.i[rows], n)
        sinks, j = _renumbered(problem.j[rows], m)
        part = Problem(
            i,
            j,
            problem.profit[rows],
            problem.gain[rows],
            problem.supply[sources],
            problem.demand[sinks],
        )
        yield part, rows, sources, sinks


def _renumbered(ends: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which of `count` numbers occur, and the place of each end among them."""
    occurs = np.zeros(count, dtype=bool)
    occurs[ends] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[ends]


def _batches(size: np.ndarray) -> np.ndarray:
    """Return a batch number per component, so that small components share one call."""
    batch, filled, number = np.zeros(len(size), dtype=np.int64), 0, 0
    for component, links in enumerate(size):
        if filled and filled + links > LINKS_PER_BATCH:
            number, filled = number + 1, 0
        batch[component] = number
        filled += links
    return batch


def _solve_parts(
    parts: list[Problem], objective: str, workers: int, client: Client | None
) -> list[Solution]:
    """Solve parts here, in processes, or on a cluster; the largest start first."""
    solver = OBJECTIVES[objective]
    if client is not None:
        return client.gather(client.map(solver, parts, pure=False))
    if workers > 1 and len(parts) > 1:
        order = sorted(range(len(parts)), key=lambda k: -len(parts[k].i))
        with ProcessPoolExecutor(workers) as pool:
            done = dict(zip(order, pool.map(solver, [parts[k] for k in order]), strict=True))
        return [done[k] for k in range(len(parts))]
    return [solver(part) for part in parts]


def _joined(
    problem: Problem,
    parts: list[tuple[Problem, np.ndarray, np.ndarray, np.ndarray]],
    solved: list[Solution],
) -> Solution:
    """Put the answers of the parts together; what no link reaches has no price."""
    sent = np.zeros(len(problem.i))
    u, v = np.zeros(len(problem.supply)), np.zeros(len(problem.demand))
    for (_, rows, sources, sinks), answer in zip(parts, solved, strict=True):
        sent[rows] = answer.sent
        u[sources] = answer.source_price
        v[sinks] = answer.sink_price
    steps = [(s.quantity_step, s.profit_step) for s in solved] or [(0.0, 0.0)]
    return Solution(sent, u, v, max(q for q, _ in steps), max(p for _, p in steps))


def _match(
    links: pd.DataFrame,
    supply: pd.Series,
    demand: pd.Series,
    problem: Problem,
    solution: Solution,
    objective: str,
    parts: int,
) -> Match:
    """Return the answer as tables, re-checked against the numbers given."""
    delivered = solution.sent * problem.gain
    n, m = len(supply), len(demand)
    unused = problem.supply - np.bincount(problem.i, solution.sent, n)
    unmet = problem.demand - np.bincount(problem.j, delivered, m)
    slack = 1e-9 * max(problem.supply.max(initial=0), problem.demand.max(initial=0), 1e-300)
    if min(unused.min(initial=0), unmet.min(initial=0)) < -slack:
        msg = "The solver's answer exceeds supply or demand; this is a fault of symbios_geo."
        raise MatchError(msg)
    nodes = pd.DataFrame(
        {
            "node": np.concatenate([supply.index.to_numpy(object), demand.index.to_numpy(object)]),
            "role": np.repeat(["source", "sink"], [n, m]),
            "price": np.concatenate([solution.source_price, solution.sink_price]),
        }
    )
    tiny = 2 * solution.quantity_step
    return Match(
        links.assign(sent=solution.sent, delivered=delivered),
        pd.Series(np.where(unused <= tiny, 0.0, unused), supply.index, name="unused"),
        pd.Series(np.where(unmet <= tiny, 0.0, unmet), demand.index, name="unmet"),
        nodes,
        _certificate(problem, solution, objective, parts),
    )


def _certificate(
    problem: Problem, solution: Solution, objective: str, parts: int
) -> dict[str, Any]:
    """Return primal and dual value and their gap: equal values prove the answer optimal."""
    primal = float(problem.profit @ solution.sent)
    proof: dict[str, Any] = {"objective": objective, "parts": parts, "primal": primal}
    if objective == "value":
        dual = dual_value(problem, solution)
        gap = (dual - primal) / max(abs(primal), abs(dual), 1e-300)
        if gap > LARGEST_GAP:
            msg = (
                f"The answer is proven only to {gap:.1e} of its value: costs or amounts differ by "
                "too many powers of ten. Leave out links and ends too small to matter."
            )
            raise MatchError(msg)
        proof |= {"dual": dual, "gap": gap}
    proof |= {"quantity_step": solution.quantity_step, "profit_step": solution.profit_step}
    return proof
