"""Exact answers on arrays: who sends how much to whom, what a unit is worth, and the proof."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from ..errors import MatchError
from ..solver import maximise

QUANTITY_BITS = 50  # all amounts together, in whole steps: sums stay exact in a float too
COST_BITS = 40
SOLVER_BITS = 60  # the solver multiplies costs by the number of nodes
UNREACHED = -(2**62)


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
    solution = _flow(kept) if (kept.gain == 1).all() else _programme(kept)
    sent = np.zeros(len(keep))
    sent[keep] = solution.sent
    return solution._replace(sent=sent, sink_price=_sink_prices(kept, solution.source_price))


def most_then_cheapest(problem: Problem) -> Solution:
    """
    Deliver as much as possible, then at the least cost; `profit` holds minus the cost.

    There is no price of one more unit: amount and cost do not weigh against each other.
    """
    if len(problem.i) == 0:
        return _nothing(problem)
    if (problem.gain == 1).all():
        solution = _flow(problem, most=True)
    else:
        most = _programme(problem._replace(profit=problem.gain))
        delivered = float(problem.gain @ most.sent)
        solution = _programme(problem, least_delivered=delivered * (1 - 1e-9))
    return solution._replace(
        source_price=np.full(len(problem.supply), np.nan),
        sink_price=np.full(len(problem.demand), np.nan),
    )


def dual_value(problem: Problem, solution: Solution) -> float:
    """Return the value that the prices put on all supply and demand: no plan can bring more."""
    return float(problem.supply @ solution.source_price + problem.demand @ solution.sink_price)


def _nothing(problem: Problem) -> Solution:
    zeros = [np.zeros(len(a)) for a in (problem.i, problem.supply, problem.demand)]
    return Solution(zeros[0], zeros[1], zeros[2], 0.0, 0.0)


def _flow(problem: Problem, *, most: bool = False) -> Solution:
    """
    Solve by min-cost flow, in whole steps of quantity and of cost.

    With `most` everything that can be is delivered; otherwise a spare node takes unused supply and
    stands in for unmet demand, at the greatest profit: so the solver sees small costs only.
    """
    from ortools.graph.python import min_cost_flow

    n, m = len(problem.supply), len(problem.demand)
    most_links = max(np.bincount(problem.i).max(), np.bincount(problem.j).max())
    supply, demand, step = _whole_quantities(*_usable(problem), int(most_links))
    profit, profit_step = whole_profits(problem.profit, n + m + 1)
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        problem.i.astype(np.int32, copy=False),
        (problem.j + n).astype(np.int32, copy=False),
        np.minimum(supply[problem.i], demand[problem.j]),
        profit.max() - profit,
    )
    nodes = np.arange(n + m, dtype=np.int32)
    flow.set_nodes_supplies(nodes, np.concatenate([supply, -demand]))
    if most:
        status = flow.solve_max_flow_with_min_cost()
    else:
        spare = np.full(n + m, n + m, dtype=np.int32)
        flow.add_arcs_with_capacity_and_unit_cost(
            np.concatenate([nodes[:n], spare[n:]]),
            np.concatenate([spare[:n], nodes[n:]]),
            np.concatenate([supply, demand]),
            np.repeat([0, profit.max()], [n, m]),
        )
        flow.set_node_supply(n + m, int(demand.sum() - supply.sum()))
        status = flow.solve()
    if status != flow.OPTIMAL:  # reading flows of an unsolved problem would crash the process
        msg = f"The min-cost flow could not be solved ({status}). Check the range of the costs."
        raise MatchError(msg)
    whole = flow.flows(arcs)
    v = np.zeros(m)
    u = np.zeros(n) if most else _source_prices(problem, whole, profit, profit_step, demand)
    return Solution(whole * step, u, v, step, profit_step)


def _usable(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """
    Return supply and demand, at most twice what all links of an end could take or bring.

    A giant would coarsen the steps of all others. It keeps some to be left over, also where its
    links could carry nothing: what is left over has no price.
    """
    n, m = len(problem.supply), len(problem.demand)
    wanted = np.bincount(problem.i, problem.demand[problem.j] / problem.gain, n)
    supply = np.minimum(problem.supply, 2 * _or_some(wanted))
    offered = np.bincount(problem.j, supply[problem.i] * problem.gain, m)
    return supply, np.minimum(problem.demand, 2 * _or_some(offered))


def _or_some(amounts: np.ndarray) -> np.ndarray:
    """Return amounts with the largest of them in place of zeros."""
    return np.where(amounts > 0, amounts, amounts.max(initial=0.0) or 1.0)


def _whole_quantities(
    supply: np.ndarray, demand: np.ndarray, links: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """
    Return supply and demand in whole steps, rounded down; a step is a power of two.

    The solver adds up what the links of one end could carry, however many: at most `links`.
    """
    _, bits = np.frexp(max(supply.sum(), demand.sum(), 1e-280))
    allowed = min(QUANTITY_BITS, SOLVER_BITS - links.bit_length())
    step = float(np.ldexp(1.0, bits - allowed))
    return (supply / step).astype(np.int64), (demand / step).astype(np.int64), step


def whole_profits(profit: np.ndarray, nodes: int) -> tuple[np.ndarray, float]:
    """Return profits in whole steps and the size of a step; whole profits stay as they are."""
    _, bits = np.frexp(max(np.abs(profit).max(), 1e-280))
    allowed = SOLVER_BITS - int(nodes).bit_length()
    if bits <= allowed and (profit == np.floor(profit)).all():
        return profit.astype(np.int64), 1.0
    step = float(np.ldexp(1.0, bits - min(COST_BITS, allowed)))
    return np.rint(profit / step).astype(np.int64), step


def _source_prices(
    problem: Problem, sent: np.ndarray, profit: np.ndarray, step: float, demand: np.ndarray
) -> np.ndarray:
    """
    Return the least source prices that prove a flow in whole numbers optimal.

    Longest paths in the residual graph: u_i + v_j >= profit on every link, with equality where
    something is sent, and v_j = 0 where demand is left over. In whole numbers an optimal flow has
    no cycle that gains, so this ends.
    """
    i, j, used = problem.i, problem.j, np.flatnonzero(sent)
    u = np.zeros(len(problem.supply), dtype=np.int64)
    short = np.bincount(j, sent, len(demand)) < demand
    w = np.where(short, 0, UNREACHED)  # minus the sink price
    by_sink, by_source = _starts(j, len(w)), _starts(i[used], len(u))
    _raise(w, j[used], -profit[used])
    sinks = np.flatnonzero(w > UNREACHED)
    while sinks.size:
        links = _rows(by_sink, sinks)
        sources = _raise(u, i[links], w[j[links]] + profit[links])
        links = used[_rows(by_source, sources)]
        sinks = _raise(w, j[links], u[i[links]] - profit[links])
    price = u * step
    # profits were rounded, but what is short must have no price at all: it may be a giant
    to_short = np.flatnonzero(short[j])
    np.maximum.at(price, i[to_short], problem.profit[to_short])
    return price


def _raise(values: np.ndarray, at: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Raise values to at least these; return which ones rose."""
    higher = least > values[at]
    np.maximum.at(values, at[higher], least[higher])
    rose = np.zeros(len(values), dtype=bool)
    rose[at[higher]] = True
    return np.flatnonzero(rose)


def _sink_prices(problem: Problem, source_price: np.ndarray) -> np.ndarray:
    """Return the least sink prices that no link undercuts: then the dual value is a true bound."""
    v = np.zeros(len(problem.demand))
    np.maximum.at(v, problem.j, (problem.profit - source_price[problem.i]) / problem.gain)
    return v


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
    supply, demand = _usable(problem)
    unit = max(supply.max(initial=0), demand.max(initial=0)) or 1.0  # GLOP's tolerance is absolute
    column = np.arange(k)
    rows, columns = [problem.i, problem.j + n], [column, column]
    entries = [np.ones(k), problem.gain]
    upper = [supply / unit, demand / unit]
    lower = [np.full(n + m, -np.inf)]
    if least_delivered is not None:
        rows.append(np.full(k, n + m))
        columns.append(column)
        entries.append(problem.gain)
        upper.append(np.array([np.inf]))
        lower.append(np.array([least_delivered / unit]))
    bounds = (np.concatenate(lower), np.concatenate(upper))
    matrix = csr_array(
        (np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns))),
        shape=(len(bounds[0]), k),
    )
    best = maximise(problem.profit, matrix, *bounds)
    sent = _trimmed(best.x, problem.i, upper[0])
    sent = _trimmed(sent, problem.j, upper[1], problem.gain)
    return Solution(sent * unit, np.maximum(best.row_price[:n], 0), np.zeros(m), 0.0, 0.0)


def _trimmed(
    sent: np.ndarray, end: np.ndarray, limit: np.ndarray, gain: np.ndarray | float = 1.0
) -> np.ndarray:
    """Return what is sent, less the hair by which the solver's tolerance exceeds the limits."""
    total = np.bincount(end, sent * gain, len(limit))
    share = np.divide(limit, total, out=np.ones_like(total), where=total > limit)
    return sent * share[end]
