"""Exact answers on arrays: who sends how much to whom, what one more unit is worth, and the proof."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from .errors import MatchError

LARGEST_TOTAL = 2**50  # quantities become integers: far below 2**63, far above any register
COST_LEVELS = 2**40
SOLVER_RANGE = 2**60  # the solver multiplies costs by the number of nodes


class Problem(NamedTuple):
    """Links i -> j with the profit of a sent unit and its gain on the way; supply and demand."""

    i: np.ndarray
    j: np.ndarray
    profit: np.ndarray
    gain: np.ndarray
    supply: np.ndarray
    demand: np.ndarray


class Solution(NamedTuple):
    """What each link sends, the price of a unit at each end, and the grid of the integers used."""

    sent: np.ndarray
    source_price: np.ndarray
    sink_price: np.ndarray
    quantity_step: float
    profit_step: float


def solve_problem(problem: Problem) -> Solution:
    """
    Maximise the profit of all links, with supply and demand as upper limits.

    Links without gain or loss are a min-cost flow in integers (exact); others are a linear
    programme. Links that bring nothing are left out: they cannot improve the answer.
    """
    keep = problem.profit > 0
    if not keep.any():
        return _nothing(problem)
    kept = problem._replace(
        i=problem.i[keep], j=problem.j[keep], profit=problem.profit[keep], gain=problem.gain[keep]
    )
    lossless = bool((kept.gain == 1).all())
    solution = _flow(kept) if lossless else _programme(kept)
    sent = np.zeros(len(keep))
    sent[keep] = solution.sent
    return solution._replace(sent=sent)


def most_then_cheapest(problem: Problem) -> Solution:
    """Deliver as much as possible, then at the least cost; `profit` holds minus the cost."""
    if len(problem.i) == 0:
        return _nothing(problem)
    if (problem.gain == 1).all():
        # a delivered unit worth more than any detour through all nodes makes one objective of two
        spread = float(np.ptp(problem.profit)) + float(np.abs(problem.profit).max())
        nodes = len(problem.supply) + len(problem.demand)
        worth = max(spread, 1.0) * (nodes + 1)
        return solve_problem(problem._replace(profit=problem.profit + worth))
    most = _programme(problem._replace(profit=problem.gain))
    delivered = float(problem.gain @ most.sent)
    return _programme(problem, least_delivered=delivered * (1 - 1e-9))


def dual_value(problem: Problem, solution: Solution) -> float:
    """Return the value that the prices put on all supply and demand: no plan can bring more."""
    return float(problem.supply @ solution.source_price + problem.demand @ solution.sink_price)


def _nothing(problem: Problem) -> Solution:
    zeros = [np.zeros(len(a)) for a in (problem.i, problem.supply, problem.demand)]
    return Solution(zeros[0], zeros[1], zeros[2], 0.0, 0.0)


def _flow(problem: Problem) -> Solution:
    """Solve by min-cost flow; a node that takes unused supply and stands in for unmet demand."""
    from ortools.graph.python import min_cost_flow

    n, m = len(problem.supply), len(problem.demand)
    supply, demand, step = _whole_quantities(problem.supply, problem.demand)
    cost, profit_step = _whole_costs(problem.profit, n + m + 1)
    spare = n + m
    sources, sinks = np.arange(n, dtype=np.int32), np.arange(n, n + m, dtype=np.int32)
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([problem.i, sources, np.full(m, spare)]).astype(np.int32, copy=False),
        np.concatenate([problem.j + n, np.full(n, spare), sinks]).astype(np.int32, copy=False),
        np.concatenate([np.minimum(supply[problem.i], demand[problem.j]), supply, demand]),
        np.concatenate([-cost, np.zeros(n + m, dtype=np.int64)]),
    )
    balance = np.concatenate([supply, -demand, [demand.sum() - supply.sum()]])
    flow.set_nodes_supplies(np.arange(n + m + 1, dtype=np.int32), balance)
    status = flow.solve()
    if status != flow.OPTIMAL:  # reading flows of an unsolved problem would crash the process
        msg = f"The min-cost flow could not be solved ({status}). Check the range of the costs."
        raise MatchError(msg)
    whole = flow.flows(arcs[: len(problem.i)])
    u, v = _flow_prices(problem, whole, supply, demand)
    return Solution(whole * step, u, v, step, profit_step)


def _whole_quantities(
    supply: np.ndarray, demand: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return supply and demand in whole steps, rounded down, and the size of a step."""
    total = max(supply.sum(), demand.sum())
    whole = bool((supply == np.floor(supply)).all() and (demand == np.floor(demand)).all())
    step = 1.0 if (whole and total < LARGEST_TOTAL) or total == 0 else total / LARGEST_TOTAL
    # a hair above: 0.3 / step must not become one step less than it is
    up = 1 + 1e-15
    return (
        np.floor(supply / step * up).astype(np.int64),
        np.floor(demand / step * up).astype(np.int64),
        step,
    )


def _whole_costs(profit: np.ndarray, nodes: int) -> tuple[np.ndarray, float]:
    """Return profits as whole levels and the size of a level; whole profits stay as they are."""
    largest = float(profit.max())
    limit = min(COST_LEVELS, SOLVER_RANGE // (nodes + 1))
    if largest <= SOLVER_RANGE // (nodes + 1) and (profit == np.floor(profit)).all():
        return profit.astype(np.int64), 1.0
    step = largest / limit
    return np.rint(profit / step).astype(np.int64), step


def _flow_prices(
    problem: Problem, sent: np.ndarray, supply: np.ndarray, demand: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the least source prices and the sink prices that go with an optimal flow.

    Longest paths in the residual graph: u_i >= profit - v_j on every link, with equality where
    something is sent, and zero where supply or demand is left over.
    """
    n, m = len(supply), len(demand)
    used = np.flatnonzero(sent)
    served = np.bincount(problem.j[used], sent[used], m)
    u = np.zeros(n)
    w = np.where(served < demand, 0.0, -np.inf)  # minus the sink price
    by_sink, by_source = _starts(problem.j, m), _starts(problem.i[used], n)
    changed = np.arange(n)
    tolerance = 1e-12 * problem.profit.max()
    for _ in range(2 * (n + m) + 2):
        links = used[_rows(by_source, changed)]
        before = w.copy()
        np.maximum.at(w, problem.j[links], u[problem.i[links]] - problem.profit[links])
        sinks = np.flatnonzero(w > before + tolerance) if changed.size < n else np.flatnonzero(w > -np.inf)
        links = _rows(by_sink, sinks)
        before = u.copy()
        np.maximum.at(u, problem.i[links], w[problem.j[links]] + problem.profit[links])
        changed = np.flatnonzero(u > before + tolerance)
        if not changed.size:
            break
    v = np.zeros(m)
    np.maximum.at(v, problem.j, problem.profit - u[problem.i])
    return u, v


def _starts(group: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Return row numbers sorted by group, and where each group starts."""
    order = np.argsort(group, kind="stable")
    return order, np.concatenate([[0], np.cumsum(np.bincount(group, minlength=groups))])


def _rows(sorted_by: tuple[np.ndarray, np.ndarray], groups: np.ndarray) -> np.ndarray:
    """Return the row numbers of some groups."""
    order, starts = sorted_by
    first, count = starts[groups], starts[groups + 1] - starts[groups]
    ends = np.cumsum(count)
    if not ends.size or ends[-1] == 0:
        return np.zeros(0, dtype=np.int64)
    return order[np.repeat(first - (ends - count), count) + np.arange(ends[-1])]


def _programme(problem: Problem, *, least_delivered: float | None = None) -> Solution:
    """Solve as a linear programme with GLOP; rows are sources, sinks and perhaps a least total."""
    n, m, k = len(problem.supply), len(problem.demand), len(problem.i)
    column = np.arange(k)
    rows, columns = [problem.i, problem.j + n], [column, column]
    entries = [np.ones(k), problem.gain]
    upper = [problem.supply, problem.demand]
    lower = [np.full(n + m, -np.inf)]
    if least_delivered is not None:
        rows.append(np.full(k, n + m))
        columns.append(column)
        entries.append(problem.gain)
        upper.append(np.array([np.inf]))
        lower.append(np.array([least_delivered]))
    bounds = (np.concatenate(lower), np.concatenate(upper))
    matrix = csr_array(
        (np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns))),
        shape=(len(bounds[0]), k),
    )
    best = maximise(problem.profit, matrix, *bounds)
    return Solution(best.x, best.row_price[:n], best.row_price[n : n + m], 0.0, 0.0)


class Optimum(NamedTuple):
    """The best x, the price of every row (not in integer programmes), and the proven bound."""

    x: np.ndarray
    row_price: np.ndarray
    value: float
    bound: float


def maximise(
    profit: np.ndarray,
    matrix: csr_array,
    row_low: np.ndarray,
    row_high: np.ndarray,
    *,
    upper: np.ndarray | None = None,
    whole: np.ndarray | None = None,
    gap: float = 1e-3,
    seconds: float = 120.0,
) -> Optimum:
    """
    Return the best non-negative x with row_low <= matrix x <= row_high.

    Parameters
    ----------
    upper
        Greatest value of each x; None is no limit.
    whole
        Which x must be whole numbers; None: none, and GLOP solves it. Otherwise SCIP does.
    gap
        Relative gap at which an integer answer is good enough.
    seconds
        Time limit of an integer programme; its best answer and bound are returned then.

    Raises
    ------
    MatchError
        If there is no answer, or none within the solver's precision.
    """
    from ortools.linear_solver.python import model_builder_helper
    from scipy.sparse import csr_matrix

    k = len(profit)
    model = model_builder_helper.ModelBuilderHelper()
    model.fill_model_from_sparse_data(
        np.zeros(k),
        np.full(k, np.inf) if upper is None else upper,
        -np.asarray(profit, dtype=float),
        row_low,
        row_high,
        csr_matrix(matrix),
    )
    solver = model_builder_helper.ModelSolverHelper("glop" if whole is None else "scip")
    if whole is not None:
        for column in np.flatnonzero(whole):
            model.set_var_integrality(int(column), True)
        solver.set_solver_specific_parameters(f"limits/gap = {gap}")
        solver.set_time_limit_in_seconds(seconds)
    solver.solve(model)
    status = str(solver.status()).rsplit(".", maxsplit=1)[-1]
    if status not in ("OPTIMAL", "FEASIBLE") or (whole is None and status != "OPTIMAL"):
        msg = f"The programme has no proven answer ({status}). Check costs and capacities."
        raise MatchError(msg)
    x = np.maximum(np.asarray(solver.variable_values()), 0)
    prices = np.zeros(len(row_low)) if whole is not None else -np.asarray(solver.dual_values())
    value = float(profit @ x)
    bound = value if whole is None else max(-float(solver.best_objective_bound()), value)
    return Optimum(x, prices, value, bound)
