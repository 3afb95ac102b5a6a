"""Engines on the same arrays: each takes a `Work` and returns what every link sends."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import numpy as np
import pandas as pd
from ortools.graph.python import min_cost_flow
from ortools.linear_solver.python import model_builder_helper
from regions import WORTH, Work
from scipy.optimize import linprog
from scipy.sparse import csr_array, csr_matrix, eye_array, hstack

import symbios_geo as sg


def frames(work: Work) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Return links, supply and demand as `solve` takes them."""
    links = pd.DataFrame({"source": work.i, "sink": work.j, "unit_cost": work.cost.astype(float)})
    # costs are per unit that is sent here, per unit that arrives there
    links = links.assign(unit_cost=links["unit_cost"] / work.gain, worth=float(WORTH))
    if (work.gain != 1).any():
        links["efficiency"] = work.gain
    return links, pd.Series(work.supply, dtype=float), pd.Series(work.demand, dtype=float)


def ours(links: pd.DataFrame, supply: pd.Series, demand: pd.Series, workers: int) -> np.ndarray:
    """Solve with this library, frames in and frames out."""
    return sg.matching.solve(links, supply, demand, workers=workers).links["sent"].to_numpy()


def greedy(links: pd.DataFrame, supply: pd.Series, demand: pd.Series) -> np.ndarray:
    """Take the nearest first."""
    return sg.matching.greedy(links, supply, demand).links["sent"].to_numpy()


def raw_flow(work: Work) -> np.ndarray:
    """Solve with OR-Tools min-cost flow; a dummy source for unmet demand, a dummy sink for rest."""
    n, m, k = len(work.supply), len(work.demand), len(work.i)
    dear, rest = n + m, n + m + 1
    every_source, every_sink = np.arange(n), n + np.arange(m)
    tail = np.concatenate([work.i, np.full(m, dear), every_source, [dear]])
    head = np.concatenate([work.j + n, every_sink, np.full(n, rest), [rest]])
    total = work.demand.sum()
    fits = np.minimum(work.supply[work.i], work.demand[work.j])
    capacity = np.concatenate([fits, work.demand, work.supply, [total]])
    cost = np.concatenate([work.cost, np.full(m, WORTH), np.zeros(n + 1, np.int64)])
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        tail.astype(np.int32), head.astype(np.int32), capacity, cost
    )
    balance = np.concatenate([work.supply, -work.demand, [total, -work.supply.sum()]])
    flow.set_nodes_supplies(np.arange(n + m + 2, dtype=np.int32), balance)
    assert flow.solve() == flow.OPTIMAL
    return flow.flows(arcs[:k]).astype(float)


def glop(work: Work) -> np.ndarray:
    """Solve with OR-Tools GLOP, most value under upper limits."""
    matrix, limits, profit = _benefit_form(work)
    k = len(profit)
    model = model_builder_helper.ModelBuilderHelper()
    none = np.full(len(limits), -np.inf)
    columns = np.zeros(k), np.full(k, np.inf)
    model.fill_model_from_sparse_data(*columns, -profit, none, limits, csr_matrix(matrix))
    solver = model_builder_helper.ModelSolverHelper("glop")
    solver.solve(model)
    assert str(solver.status()).endswith("OPTIMAL")
    return np.asarray(solver.variable_values())


def highs_textbook(work: Work) -> np.ndarray:
    """Solve with SciPy's HiGHS as textbooks write it: every demand met, or paid for."""
    n, m, k = len(work.supply), len(work.demand), len(work.i)
    column, one = np.arange(k), np.ones(k)
    from_source = csr_array((one, (work.i, column)), shape=(n, k + m))
    to_sink = csr_array((work.gain, (work.j, column)), shape=(m, k))
    unmet = eye_array(m, format="csr")
    answer = linprog(
        np.concatenate([work.cost, np.full(m, float(WORTH))]),
        A_ub=from_source, b_ub=work.supply,
        A_eq=hstack([to_sink, unmet]), b_eq=work.demand,
    )  # fmt: skip
    assert answer.status == 0
    return answer.x[:k]


def highs_benefit(work: Work) -> np.ndarray:
    """Solve with SciPy's HiGHS, most value under upper limits: the form that suits it best."""
    matrix, limits, profit = _benefit_form(work)
    answer = linprog(-profit, A_ub=matrix, b_ub=limits)
    assert answer.status == 0
    return answer.x


def networkx_simplex(work: Work) -> np.ndarray:
    """Solve with networkx's network simplex, a node for all that is unused or unmet."""
    graph = nx.DiGraph()
    graph.add_node("rest", demand=int(work.supply.sum() - work.demand.sum()))
    for i, amount in enumerate(work.supply.tolist()):
        graph.add_node(("source", i), demand=-amount)
        graph.add_edge(("source", i), "rest", weight=0)
    for j, amount in enumerate(work.demand.tolist()):
        graph.add_node(("sink", j), demand=amount)
        graph.add_edge("rest", ("sink", j), weight=WORTH)
    ends = [
        (("source", i), ("sink", j)) for i, j in zip(work.i.tolist(), work.j.tolist(), strict=True)
    ]
    graph.add_edges_from((*e, {"weight": c}) for e, c in zip(ends, work.cost.tolist(), strict=True))
    _, flow = nx.network_simplex(graph)
    return np.array([flow[source][sink] for source, sink in ends], dtype=float)


def _benefit_form(work: Work) -> tuple[csr_array, np.ndarray, np.ndarray]:
    """Return rows (sources, then sinks), their upper limits and the profit of a sent unit."""
    n, m, k = len(work.supply), len(work.demand), len(work.i)
    column = np.arange(k)
    entries = np.concatenate([np.ones(k), work.gain])
    places = np.concatenate([work.i, work.j + n]), np.concatenate([column, column])
    limits = np.concatenate([work.supply, work.demand]).astype(float)
    return csr_array((entries, places), shape=(n + m, k)), limits, WORTH * work.gain - work.cost


OURS = "symbios_geo"
RAW_FLOW, RAW_GLOP = "OR-Tools min-cost flow, raw", "OR-Tools GLOP, raw"
ON_FRAMES: dict[str, Callable[..., np.ndarray]] = {
    OURS: lambda *f: ours(*f, workers=1),
    f"{OURS}, 2 processes": lambda *f: ours(*f, workers=2),
    "greedy": greedy,
}
ON_ARRAYS: dict[str, Callable[[Work], np.ndarray]] = {
    RAW_FLOW: raw_flow,
    RAW_GLOP: glop,
    "SciPy/HiGHS, benefit form": highs_benefit,
    "SciPy/HiGHS, textbook form": highs_textbook,
    "networkx network simplex": networkx_simplex,
}
