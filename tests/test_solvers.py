"""Exact answers on arrays: published optima, prices that prove them, and hostile numbers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

import symbios_geo as sg
from symbios_geo import solver
from symbios_geo.errors import MatchError
from symbios_geo.matching import transport
from symbios_geo.matching.transport import Problem, dual_value, most_then_cheapest, solve_problem
from symbios_geo.solver import maximise

RANGE_SEED = 7


def problem(i, j, profit, supply, demand, gain=1.0) -> Problem:
    numbers = [np.asarray(a, dtype=float) for a in (profit, supply, demand)]
    profit, supply, demand = numbers
    gains = np.broadcast_to(np.asarray(gain, dtype=float), profit.shape)
    return Problem(np.asarray(i), np.asarray(j), profit, gains, supply, demand)


def grid(costs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return i, j and cost of every pair of a cost table."""
    table = np.asarray(costs, dtype=float)
    i, j = np.indices(table.shape)
    return i.ravel(), j.ravel(), table.ravel()


def test_published_transport_problem():
    # beer distribution of the PuLP documentation: every bar is served, at least cost
    i, j, cost = grid([[2, 4, 5, 2, 1], [3, 1, 3, 2, 3]])
    task = problem(i, j, -cost, [1000, 4000], [500, 900, 1800, 200, 700])
    answer = most_then_cheapest(task)
    assert cost @ answer.sent == 8600
    assert answer.sent.sum() == 4100
    assert np.isnan(answer.source_price).all()


def test_tolerance_of_the_solver_never_exceeds_supply_or_demand():
    # GLOP answers 1.00000000125 of 1 here
    task = problem(
        [0, 0, 0, 0, 1, 0], [0, 0, 1, 0, 1, 1], [0, 0, -1.5, 0, 0, 0], [1, 0.75], [0, 1.25],
        gain=[0.5, 0.5, 1.5, 0.5, 1, 0.5],
    )  # fmt: skip
    sent = most_then_cheapest(task).sent
    assert (np.bincount(task.i, sent) <= task.supply * (1 + 1e-15)).all()
    assert (np.bincount(task.j, sent * task.gain) <= task.demand * (1 + 1e-15)).all()
    assert task.gain @ sent == pytest.approx(1.25, rel=1e-8)


def test_published_flow_over_two_steps():
    # networkx documentation, min_cost_flow: a -> d by b or by c; each way is a link of its own
    rows = csr_array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 1.0]])
    capacity = np.array([4.0, 9.0, 10.0, 5.0, 5.0])
    low = np.array([-np.inf] * 4 + [5.0])
    best = maximise(-np.array([3.0 + 1.0, 6.0 + 2.0]), rows, low, capacity)
    assert -best.value == pytest.approx(24, abs=1e-9)
    assert best.x == pytest.approx([4, 1], abs=1e-9)


def test_published_fixed_charge_problem():
    # facility location of the PySCIPOpt documentation: two of three sites are opened
    demand = [80, 270, 250, 160, 180]
    table = [[4, 6, 9], [5, 4, 7], [6, 3, 4], [8, 5, 3], [10, 8, 4]]
    i, j, cost = grid(np.transpose(table))
    pairs = len(cost)
    columns = np.arange(pairs)
    met = csr_array((np.ones(pairs), (j, columns)), shape=(5, pairs + 3)).toarray()
    held = csr_array((np.ones(pairs), (i, columns)), shape=(3, pairs + 3)).toarray()
    held[:, pairs:] = -500 * np.eye(3)
    # without a limit of its own on each link the relaxation would be weak, but the answer the same
    profit = -np.concatenate([cost, np.full(3, 1000.0)])
    whole = np.arange(pairs + 3) >= pairs
    best = maximise(
        profit,
        csr_array(np.vstack([met, held])),
        np.concatenate([demand, np.full(3, -np.inf)]).astype(float),
        np.concatenate([demand, np.zeros(3)]).astype(float),
        upper=np.concatenate([np.full(pairs, np.inf), np.ones(3)]),
        whole=whole,
        gap=0.0,
    )
    assert -best.value == pytest.approx(5610, abs=1e-6)
    assert best.x[pairs:] == pytest.approx([0, 1, 1], abs=1e-6)
    assert best.bound == pytest.approx(best.value, rel=1e-6)
    assert np.isnan(best.row_price).all()  # an integer programme has no prices


def test_prices_of_a_problem_checked_by_hand():
    # one unit at the near sink brings 5, at the far one 3; both sinks want one, the source has two
    task = problem([0, 0], [0, 1], [5, 3], [2], [1, 1])
    answer = solve_problem(task)
    assert answer.sent.tolist() == [1, 1]
    assert answer.source_price.tolist() == [0]  # one more unit there would find no taker
    assert answer.sink_price.tolist() == [5, 3]
    assert dual_value(task, answer) == 8


def test_source_is_priced_by_what_its_last_unit_brings():
    answer = solve_problem(problem([0, 0], [0, 1], [5, 3], [1.5], [1, 1]))
    assert answer.sent.tolist() == [1, 0.5]
    assert answer.source_price.tolist() == [3]
    assert answer.sink_price.tolist() == [2, 0]


def test_links_without_profit_carry_nothing():
    answer = solve_problem(problem([0, 0], [0, 1], [0, -1], [5], [5, 5]))
    assert answer.sent.tolist() == [0, 0]


def test_giant_supply_does_not_coarsen_what_a_small_sink_gets():
    answer = solve_problem(problem([0], [0], [1], [1e18], [0.3]))
    assert answer.sent[0] == pytest.approx(0.3, rel=1e-12)
    assert answer.source_price.tolist() == [0]


@pytest.mark.parametrize("gain", [1.0, 0.9])
@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e9])
def test_answer_scales_with_its_unit(gain: float, scale: float):
    i, j, profit = grid([[5, 4, 1], [6, 2, 3]])
    supply, demand = np.array([7.3, 4.1]), np.array([3.7, 5.9, 2.2])
    plain = solve_problem(problem(i, j, profit, supply, demand, gain))
    scaled = solve_problem(problem(i, j, profit, supply * scale, demand * scale, gain))
    assert scaled.sent / scale == pytest.approx(plain.sent, rel=1e-9, abs=1e-9)
    assert scaled.source_price == pytest.approx(plain.source_price, rel=1e-9, abs=1e-9)


def test_cheapest_does_not_depend_on_the_unit_of_money():
    # two ways to deliver the same: costs of a billionth must still be told apart
    tiny = problem([0, 1], [0, 0], [-2e-9, -1e-9], [1, 1], [1])
    assert most_then_cheapest(tiny).sent.tolist() == [0, 1]


def test_most_counts_before_cost():
    # the cheap link blocks the only way to the second sink
    task = problem([0, 0, 1], [0, 1, 0], [-1, -1000, -1000], [1, 1], [1, 1])
    assert most_then_cheapest(task).sent.tolist() == [0, 1, 1]
    lossy = task._replace(gain=np.array([0.8, 0.9, 0.7]))
    assert most_then_cheapest(lossy).sent == pytest.approx([0, 1, 1], abs=1e-6)


def test_no_links_is_an_answer():
    for method in (solve_problem, most_then_cheapest):
        answer = method(problem([], [], [], [1], [1, 2]))
        assert answer.sent.size == 0
        assert (answer.source_price.size, answer.sink_price.size) == (1, 2)


def test_prices_prove_a_larger_problem():
    rng = np.random.default_rng(RANGE_SEED)
    n, m, k = 60, 200, 3000
    task = problem(
        rng.integers(0, n, k), rng.integers(0, m, k), rng.uniform(0.01, 9, k),
        rng.uniform(0, 50, n), rng.uniform(0, 9, m),
    )  # fmt: skip
    answer = solve_problem(task)
    value = task.profit @ answer.sent
    assert dual_value(task, answer) == pytest.approx(value, rel=1e-9)
    paid = answer.source_price[task.i] + answer.sink_price[task.j]
    assert (paid >= task.profit - 1e-9).all()
    assert paid[answer.sent > 0] == pytest.approx(task.profit[answer.sent > 0], abs=1e-9)


def test_unbounded_and_impossible_programmes_are_refused():
    row = csr_array(np.array([[1.0]]))
    free, none = np.array([-np.inf]), np.array([np.inf])
    with pytest.raises(MatchError, match="no proven answer"):
        maximise(np.array([1.0]), row, free, none)
    with pytest.raises(MatchError, match="no proven answer"):
        maximise(np.array([1.0]), row, np.array([2.0]), np.array([1.0]))
    with pytest.raises(MatchError, match="no proven answer"):
        maximise(np.array([np.nan]), row, free, np.array([1.0]))


def test_whole_profits_are_not_rounded():
    profit, step = transport.whole_profits(np.array([3.0, 2**45 + 1.0]), 5)
    assert (profit.tolist(), step) == ([3, 2**45 + 1], 1.0)


def test_profits_fit_the_solver_whatever_their_size():
    for nodes in (3, 10**6):
        for largest in (1e-12, 1.5, 1e12, 1e99):
            profit, step = transport.whole_profits(np.array([largest, largest / 3]), nodes)
            assert profit.max() * (nodes + 1) < 2**62
            assert profit * step == pytest.approx([largest, largest / 3], rel=1e-9)


@given(st.integers(0, 10_000))
def test_bound_comes_from_the_prices_not_from_the_answer(seed: int):
    random = np.random.default_rng(seed)
    matrix = csr_array(random.uniform(0, 2, (3, 4)))
    profit, high, upper = random.uniform(-1, 3, 4), random.uniform(1, 5, 3), np.full(4, 9.0)
    best = maximise(profit, matrix, np.full(3, -np.inf), high, upper=upper)
    # any prices bound the value from above, the right ones meet it
    bounds = [
        solver.dual_bound(profit, matrix, (np.full(3, -np.inf), high), upper, price)
        for price in (np.zeros(3), random.uniform(0, 3, 3), best.row_price)
    ]
    assert min(bounds) == pytest.approx(best.value, rel=1e-9, abs=1e-9)
    assert best.bound == bounds[-1]
    assert bounds[0] == pytest.approx(np.maximum(profit, 0).sum() * 9.0)


def test_programme_knows_its_blocks_by_name():
    programme = solver.Programme()
    programme.add_variables("made", 2, profit=np.array([3.0, 1.0]), upper=5.0)
    programme.add_variables("open", 1, profit=-4.0, upper=1.0, whole=True)
    programme.add_rows("hours", {"made": np.array([[1.0, 1.0]])}, high=7.0)
    programme.add_rows("only when open", {"made": np.eye(2), "open": -9 * np.ones((2, 1))}, high=0)
    answer = programme.solve(gap=1e-9)
    assert answer["made"].tolist() == [5.0, 2.0]
    assert answer["open"].tolist() == [1.0]
    assert answer.certificate["primal"] == pytest.approx(13.0)
    assert np.isnan(answer.price("hours")).all()


@pytest.mark.parametrize("links", [4000, 22_000, 60_000])
def test_any_number_of_links_between_one_pair(links):
    # only the most profitable sends: what the others could is added up inside the solver
    profit = np.linspace(1, 5, links)
    ends = np.zeros(links, dtype=int)
    task = problem(ends, ends, profit, [50], [70])
    answer = solve_problem(task)
    assert profit @ answer.sent == pytest.approx(250, rel=1e-9)
    assert dual_value(task, answer) == pytest.approx(250, rel=1e-9)


INTERRUPTED = """
import os, signal, sys, threading
import numpy as np
from symbios_geo.solver import Programme
signal.signal(signal.SIGINT, signal.default_int_handler)
rng = np.random.default_rng(0)
weights = rng.integers(1, 1000, (40, 300)).astype(float)
programme = Programme()
programme.add_variables("x", 300, profit=weights[0][::-1], upper=1.0, whole=True)
programme.add_rows("most", {"x": weights}, high=weights.sum(axis=1) // 2)
threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    programme.solve(gap=1e-9, seconds=600)
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_stops_an_integer_programme():
    environment = os.environ | {"PYTHONPATH": str(Path(sg.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED],
        env=environment, check=False, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip().splitlines()[-1:]) == (0, ["stopped"])
