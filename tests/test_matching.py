"""The matching engine: exact against other solvers, invariants, and input that is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as sample
from hypothesis import settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow
from small_problems import AMOUNTS, Given, exact_value, problems

from symbios_geo.errors import MatchError
from symbios_geo.matching import allocation as matching
from symbios_geo.matching.allocation import greedy, solve, value_of

CLOSE = {"rel": 1e-9, "abs": 1e-9}


def linear_programme(given: Given, profit: np.ndarray, least: float | None = None) -> float:
    """Return the best sum of profit x sent by scipy, delivering at least so much."""
    links, supply, demand = given
    k, n = len(links), len(supply)
    if k == 0:
        return 0.0
    gain = links["efficiency"].to_numpy()
    rows = np.zeros((n + len(demand) + 1, k))
    rows[supply.index.get_indexer(links["source"]), range(k)] = 1
    rows[n + demand.index.get_indexer(links["sink"]), range(k)] = gain
    rows[-1] = -gain
    limits = [*supply, *demand, 0.0 if least is None else -least]
    return -linprog(-profit, A_ub=rows, b_ub=limits).fun


def profits(given: Given) -> np.ndarray:
    links = given.links
    return (links["efficiency"] * (links["worth"] - links["unit_cost"])).to_numpy()


# --- exactness -----------------------------------------------------------------------------------


@sample(problems())
@settings(deadline=None)
def test_value_is_the_exact_optimum(given: Given):
    assert value_of(solve(*given)) == pytest.approx(float(exact_value(given)), **CLOSE)


@sample(problems(gains=True))
@settings(deadline=None)
def test_value_with_losses_agrees_with_scipy(given: Given):
    best = linear_programme(given, profits(given))
    assert value_of(solve(*given)) == pytest.approx(best, rel=1e-7, abs=1e-7)


@sample(problems())
@settings(deadline=None)
def test_flow_and_linear_programme_agree(given: Given):
    # a loss of nothing in one link sends the whole problem to the linear programme
    lossless = given.links.assign(efficiency=1 - 1e-12)
    assert value_of(solve(*given._replace(links=lossless))) == pytest.approx(
        value_of(solve(*given)), rel=1e-7, abs=1e-7
    )


@sample(problems())
@settings(deadline=None)
def test_coverage_is_the_greatest_flow_at_the_least_cost(given: Given):
    links, supply, demand = given
    answer = solve(*given, objective="coverage")
    n, m = len(supply), len(demand)
    # quarters of a unit are whole numbers
    whole = np.zeros((n + m + 2, n + m + 2), dtype=np.int32)
    i = supply.index.get_indexer(links["source"])
    j = demand.index.get_indexer(links["sink"])
    whole[i, n + j] = 10_000
    whole[-2, :n] = supply * 4
    whole[n : n + m, -1] = demand * 4
    most = maximum_flow(csr_array(whole), n + m, n + m + 1).flow_value / 4
    assert answer.links["delivered"].sum() == pytest.approx(most, **CLOSE)
    cost = -linear_programme(given, -links["unit_cost"].to_numpy(), least=most)
    assert (answer.links["delivered"] * answer.links["unit_cost"]).sum() == pytest.approx(
        cost, rel=1e-6, abs=1e-6
    )


@sample(problems(gains=True))
@settings(deadline=None)
def test_coverage_with_losses_delivers_the_most(given: Given):
    answer = solve(*given, objective="coverage")
    most = linear_programme(given, given.links["efficiency"].to_numpy())
    assert answer.links["delivered"].sum() == pytest.approx(most, rel=1e-6, abs=1e-6)


@sample(problems(gains=True))
@settings(deadline=None)
def test_nearest_first_is_never_better(given: Given):
    best = value_of(solve(*given))
    assert value_of(greedy(*given)) <= best + 1e-7 * max(1.0, best)


# --- invariants ----------------------------------------------------------------------------------


@sample(problems(gains=True), st.sampled_from(["value", "coverage"]))
@settings(deadline=None)
def test_what_is_sent_arrives_or_is_lost_and_no_end_overflows(given: Given, objective: str):
    answer = solve(*given, objective=objective)
    links = answer.links
    assert (links["sent"] >= 0).all()
    assert links["delivered"].to_numpy() == pytest.approx(
        (links["sent"] * links["efficiency"]).to_numpy()
    )
    sent = links.groupby("source")["sent"].sum().reindex(given.supply.index, fill_value=0.0)
    got = links.groupby("sink")["delivered"].sum().reindex(given.demand.index, fill_value=0.0)
    assert (sent + answer.unused).to_numpy() == pytest.approx(given.supply.to_numpy(), **CLOSE)
    assert (got + answer.unmet).to_numpy() == pytest.approx(given.demand.to_numpy(), **CLOSE)
    assert min(answer.unused.min(), answer.unmet.min()) >= -1e-9


@sample(problems(gains=True), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_order_and_names_change_nothing(given: Given, seed: int):
    rng = np.random.default_rng(seed)
    names = {
        key: f"other {rng.integers(1e9)} {key}"
        for key in [*given.supply.index, *given.demand.index]
    }
    links = given.links.sample(frac=1, random_state=seed % 2**31)
    links = links.assign(source=links["source"].map(names), sink=links["sink"].map(names))
    shuffled = [
        series.rename(names).sample(frac=1, random_state=seed % 1000)
        for series in (given.supply, given.demand)
    ]
    assert value_of(solve(links, *shuffled)) == pytest.approx(value_of(solve(*given)), **CLOSE)


@sample(problems(gains=True, most=10), problems(gains=True, most=3))
@settings(deadline=None)
def test_another_link_never_costs_value(given: Given, more: Given):
    known = more.links[
        more.links["source"].isin(given.supply.index) & more.links["sink"].isin(given.demand.index)
    ]
    wider = pd.concat([given.links, known], ignore_index=True)
    assert value_of(solve(wider, given.supply, given.demand)) >= value_of(solve(*given)) - 1e-7


@sample(problems(gains=True), st.sampled_from([1e-6, 1e3]), st.sampled_from([1e-3, 1e6]))
@settings(deadline=None)
def test_units_of_amount_and_money_only_scale(given: Given, amount: float, money: float):
    links = given.links.assign(
        unit_cost=given.links["unit_cost"] * money, worth=given.links["worth"] * money
    )
    scaled = solve(links, given.supply * amount, given.demand * amount)
    assert value_of(scaled) / amount / money == pytest.approx(
        value_of(solve(*given)), rel=1e-7, abs=1e-7
    )


@sample(problems(gains=True))
@settings(deadline=None)
def test_prices_prove_the_answer(given: Given):
    answer = solve(*given)
    assert answer.certificate["gap"] == pytest.approx(0, abs=1e-9)
    price = answer.prices.set_index(["role", "node"])["price"]
    u, v = price.loc["source"], price.loc["sink"]
    assert (price >= 0).all()
    links = answer.links
    paid = links["source"].map(u) + links["efficiency"] * links["sink"].map(v)
    profit = links["efficiency"] * (links["worth"] - links["unit_cost"])
    assert (paid >= profit - 1e-7).all()
    assert (paid - profit)[links["sent"] > 1e-6].abs().max() <= 1e-7 or not (
        links["sent"] > 1e-6
    ).any()
    assert u[answer.unused > 1e-6].max() <= 1e-7 or not (answer.unused > 1e-6).any()
    assert v[answer.unmet > 1e-6].max() <= 1e-7 or not (answer.unmet > 1e-6).any()


@sample(problems(most=8))
@settings(deadline=None, max_examples=50)
def test_prices_are_what_one_more_unit_is_worth(given: Given):
    answer = solve(*given)
    price = answer.prices.set_index(["role", "node"])["price"]
    best, step = value_of(answer), 1 / 64
    for key in given.supply.index:
        more = given.supply.add(pd.Series({key: step}), fill_value=0)[given.supply.index]
        gained = (value_of(solve(given.links, more, given.demand)) - best) / step
        # the least price is the gain of a unit more; where it steps, a unit less costs at least it
        assert gained == pytest.approx(price["source", key], abs=1e-6)
    for key in given.demand.index:
        more = given.demand.add(pd.Series({key: step}), fill_value=0)[given.demand.index]
        gained = (value_of(solve(given.links, given.supply, more)) - best) / step
        assert gained <= price["sink", key] + 1e-6
        if given.demand[key] >= step:
            less = given.demand.sub(pd.Series({key: step}), fill_value=0)[given.demand.index]
            lost = (best - value_of(solve(given.links, given.supply, less))) / step
            assert lost >= price["sink", key] - 1e-6


@sample(AMOUNTS, AMOUNTS)
@settings(deadline=None)
def test_one_link_carries_the_smaller_end(supply: float, demand: float):
    answer = solve(one_link(), pd.Series({"a": supply}), pd.Series({"b": demand}))
    assert answer.links["sent"].iloc[0] == min(supply, demand)


# --- side by side --------------------------------------------------------------------------------


def many_components(parts: int = 12, size: int = 40) -> Given:
    """Return parts that share no end, so many that each is solved by itself."""
    rng = np.random.default_rng(3)
    part = np.repeat(np.arange(parts), size * 4)
    ends = rng.integers(0, size, (2, len(part))) + part * size
    links = pd.DataFrame(
        {"source": ends[0], "sink": ends[1], "unit_cost": rng.uniform(0, 9, len(part))}
    ).assign(worth=8.0, efficiency=1.0)
    amounts = rng.uniform(0, 20, (2, parts * size))
    return Given(links, pd.Series(amounts[0]), pd.Series(amounts[1]))


@pytest.mark.parametrize("objective", ["value", "coverage"])
@pytest.mark.parametrize("losses", [1.0, 0.9])
def test_parts_and_processes_change_nothing(monkeypatch, objective: str, losses: float):
    given = many_components()
    links = given.links.assign(efficiency=losses)
    whole = solve(links, given.supply, given.demand, objective=objective)
    assert whole.certificate["parts"] == 1
    monkeypatch.setattr(matching, "LINKS_PER_BATCH", 500)
    for workers in (1, 2):
        parts = solve(links, given.supply, given.demand, objective=objective, workers=workers)
        assert parts.certificate["parts"] > 2
        assert (
            parts.links["delivered"].sum()
            == pytest.approx(whole.links["delivered"].sum(), rel=1e-8)
            or objective == "value"
        )
        assert value_of(parts) == pytest.approx(value_of(whole), rel=1e-7)


class Elsewhere:
    """A solver that ends its own process the first time, as a machine that fails would."""

    def __init__(self, flag: str) -> None:
        self.flag = flag

    def __call__(self, part: object) -> object:
        import os
        import time
        from pathlib import Path

        try:
            Path(self.flag).touch(exist_ok=False)
        except FileExistsError:
            time.sleep(0.05)
            return matching.solve_problem(part)
        os._exit(1)


@pytest.fixture
def cluster():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as local,
        distributed.Client(local) as client,
    ):
        yield client


@pytest.mark.slow
def test_cluster_gives_the_same_answer_even_when_a_worker_dies(cluster, monkeypatch, tmp_path):
    given = many_components()
    here = solve(*given)
    monkeypatch.setattr(matching, "LINKS_PER_BATCH", 500)
    assert value_of(solve(*given, client=cluster)) == pytest.approx(value_of(here), rel=1e-12)
    flag = tmp_path / "a-worker-died"
    monkeypatch.setitem(matching.OBJECTIVES, "value", Elsewhere(str(flag)))
    again = solve(*given, client=cluster)
    assert flag.exists()
    assert value_of(again) == pytest.approx(value_of(here), rel=1e-12)
    assert again.certificate["parts"] > 2


# --- bad input -----------------------------------------------------------------------------------


def one_link(**columns: object) -> pd.DataFrame:
    row = {"source": "a", "sink": "b", "unit_cost": 1.0, "worth": 3.0}
    return pd.DataFrame([row | columns])


A, B = pd.Series({"a": 2.0}), pd.Series({"b": 1.0})
TWICE = pd.Series([1.0, 1.0], index=["a", "a"])
MISSING_CATEGORY = one_link().assign(source=pd.Categorical([None], categories=["a"]))
WRONG = {
    "unknown source": (one_link(source="x"), A, B, "'x'.*supply has no such id"),
    "unknown sink": (one_link(sink="x"), A, B, "'x'.*demand has no such id"),
    "missing id": (one_link(source=None), A, B, "supply has no such id"),
    "missing id in categories": (MISSING_CATEGORY, A, B, "supply has no such id"),
    "NaN cost": (one_link(unit_cost=np.nan), A, B, "row 0: unit_cost"),
    "infinite cost": (one_link(unit_cost=np.inf), A, B, "row 0: unit_cost"),
    "cost in words": (one_link(unit_cost="dear"), A, B, "row 0: unit_cost"),
    "NaN worth": (one_link(worth=np.nan), A, B, "row 0: worth"),
    "cost beyond floats": (one_link(unit_cost=-1e308), A, B, "row 0: unit_cost"),
    "no efficiency": (one_link(efficiency=0.0), A, B, "row 0: efficiency"),
    "negative efficiency": (one_link(efficiency=-1.0), A, B, "row 0: efficiency"),
    "NaN supply": (one_link(), A * np.nan, B, "supply of 'a' is"),
    "infinite demand": (one_link(), A, B * np.inf, "demand of 'b' is"),
    "negative supply": (one_link(), -A, B, "supply of 'a' is"),
    "supply in words": (one_link(), pd.Series({"a": "much"}), B, "supply of 'a' is"),
    "supply twice": (one_link(), TWICE, B, "supply names 'a' more than once"),
    "no cost column": (one_link().drop(columns="unit_cost"), A, B, "lack the column unit_cost"),
    "no worth column": (one_link().drop(columns="worth"), A, B, "lack the column worth"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_refused_with_its_place(case: str):
    *given, message = WRONG[case]
    with pytest.raises(MatchError, match=message):
        solve(*given)


def test_unknown_objective_is_refused():
    with pytest.raises(MatchError, match="value, coverage"):
        solve(one_link(), A, B, objective="most")


def test_nothing_to_match_is_an_answer():
    empty = one_link().iloc[:0]
    for objective in ("value", "coverage"):
        answer = solve(empty, A, B, objective=objective)
        assert (answer.unused["a"], answer.unmet["b"], len(answer.links)) == (2.0, 1.0, 0)
    none = pd.Series(dtype=float)
    assert len(solve(empty, none, none).prices) == 0
    assert solve(one_link(), A * 0, B).links["sent"].tolist() == [0]
    assert solve(one_link(), A, B * 0).links["sent"].tolist() == [0]


def test_negative_cost_is_a_gain():
    answer = solve(one_link(unit_cost=-2.0, worth=-1.0), A, B)
    assert value_of(answer) == pytest.approx(1.0)


def test_parallel_links_share_their_ends():
    links = pd.concat([one_link(), one_link(unit_cost=0.5), one_link()], ignore_index=True)
    answer = solve(links, A, B)
    assert answer.links["sent"].tolist() == [0, 1, 0]


def test_categories_and_plain_ids_are_the_same():
    links = one_link().astype({"source": "category", "sink": "category"})
    assert solve(links, A, B).links["sent"].tolist() == [1]


POWERS = {
    "costs": lambda rng, k: (10 ** rng.uniform(-6, 12, k), rng.uniform(0, 9, 8)),
    "amounts": lambda rng, k: (rng.uniform(0.1, 9, k), 10 ** rng.uniform(-9, 9, 8)),
    "giants": lambda rng, k: (
        rng.uniform(0.1, 9, k),
        rng.uniform(0, 9, 8) * np.repeat([1e18, 1], 4),
    ),
    "both": lambda rng, k: (10 ** rng.uniform(-6, 12, k), 10 ** rng.uniform(-9, 9, 8)),
}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", POWERS)
def test_whole_numbers_inside_never_falsify_the_answer(kind: str, seed: int):
    rng = np.random.default_rng(seed)
    k = 12
    worth, amounts = POWERS[kind](rng, k)
    links = pd.DataFrame(
        {"source": rng.integers(0, 4, k), "sink": rng.integers(0, 4, k), "unit_cost": 0.0}
    ).assign(worth=worth, efficiency=1.0)
    given = Given(links, pd.Series(amounts[:4]), pd.Series(amounts[4:]))
    try:
        answer = solve(*given)
    except MatchError:
        if kind == "both":  # one range alone is no reason to give up
            return
        raise
    best, stated = float(exact_value(given)), answer.certificate["gap"]
    off = (best - value_of(answer)) / best
    assert -1e-12 <= off <= stated + 1e-12
    assert stated <= (1e-6 if kind == "both" else 1e-9)


def test_an_answer_without_proof_is_refused(monkeypatch):
    solver = matching.OBJECTIVES["value"]

    def lazy(part):
        found = solver(part)
        return found._replace(sent=found.sent / 2)

    monkeypatch.setitem(matching.OBJECTIVES, "value", lazy)
    with pytest.raises(MatchError, match="proven only to"):
        solve(one_link(), A, B)


def test_an_answer_beyond_the_limits_is_refused(monkeypatch):
    solver = matching.OBJECTIVES["value"]

    def greedy_solver(part):
        found = solver(part)
        return found._replace(sent=found.sent * 3)

    monkeypatch.setitem(matching.OBJECTIVES, "value", greedy_solver)
    with pytest.raises(MatchError, match="exceeds supply or demand"):
        solve(one_link(), A, B)


HOSTILE = """
import itertools
import numpy as np, pandas as pd
from symbios_geo.errors import MatchError
from symbios_geo.matching import solve
odd = [0.0, -1.0, 1e-320, 1e-9, 1.0, 1e12, 1e99, 1e308, np.inf, np.nan]
answers = errors = 0
for cost, worth, supply, gain, aim in itertools.product(
    odd, odd[2:], [0.0, 1e-320, 1e-9, 1e99], [1.0, 1e-12], ["value", "coverage"]
):
    links = pd.DataFrame({
        "source": ["a", "a", "c"], "sink": ["b", "d", "b"], "unit_cost": [cost, 1.0, 2.0],
        "worth": [worth, 2.0, 2.5], "efficiency": [gain, 1.0, 1.0],
    })
    amounts = pd.Series({"a": supply, "c": 1.0}), pd.Series({"b": 1.0, "d": 2.0})
    try:
        found = solve(links, *amounts, objective=aim)
        assert np.isfinite(found.links["sent"]).all()
        answers += 1
    except MatchError:
        errors += 1
print(answers > 100, errors > 100)
"""


@pytest.mark.slow
def test_hostile_numbers_never_crash_the_process():
    paths = os.pathsep.join(filter(None, sys.path))
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", HOSTILE],
        capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert (run.returncode, run.stdout.strip()) == (0, "True True"), run.stderr[-2000:]


def test_unsolved_flow_is_an_error_not_a_crash(monkeypatch):
    from ortools.graph.python import min_cost_flow

    monkeypatch.setattr(min_cost_flow.SimpleMinCostFlow, "solve", lambda flow: flow.BAD_COST_RANGE)
    with pytest.raises(MatchError, match="could not be solved"):
        solve(one_link(), A, B)


def test_match_is_a_value_object():
    answer = solve(one_link(), A, B)
    assert replace(answer, resource=None) is not answer
    with pytest.raises(AttributeError):
        answer.links = None


# --- a published example -------------------------------------------------------------------------

# the pool market of EMB3Rs: two prosumers, a consumer and a producer, in that order; an hour a row,
# in it what they can make, what they can use, what it costs, and what it is worth to them
# Source: github.com/linde-frolke/EMB3Rs-programming, "Short term/test_prototype_pool.py"
POOL = """
 1  2  0  5  2  2  1  0 24 25 45 30 40 42 35 25
 3  4  0  4  2  1  0  0 31 24  0 24 45 50 40  0
 1  5  0  3  1  2  1  0 18 19  0 32 55 36 45  0
 0  0  0  0  3  0  2  0  0  0  0  0 44 34 43  0
 1  1  0  1  1  1  4  0 20 25  0 18 34 44 55  0
 2  3  0  1  2  3  3  0 25 31  0 19 29 33 45  0
 4  2  0  5  4  2  1  0 24 27  0 22 40 55 33  0
 3  4  0  4  3  4  2  0 32 31  0 19 33 42 38  0
 1  5  0  3  1  5  3  0 15 25  0 31 24 55 35  0
 0  0  0  0  0  0  5  0  0  0  0  0 25 35 51  0
 1  1  0  1  1  1  3  0 19 20  0 21 19 43 45  0
 2  3  0  1  2  3  1  0 22 33  0 17 34 55 19  0
"""


@pytest.mark.parametrize("hour", range(12))
def test_pool_market_of_emb3rs_clears_at_one_price(hour: int):
    agents = ["prosumer 1", "prosumer 2", "consumer", "producer"]
    row = np.array(POOL.split("\n")[hour + 1].split(), float)
    made, used, cost, worth = (pd.Series(part, agents) for part in row.reshape(4, 4))
    pairs = pd.MultiIndex.from_product([agents, agents], names=["source", "sink"]).to_frame(False)
    links = pairs.assign(unit_cost=pairs["source"].map(cost), worth=pairs["sink"].map(worth))
    match = solve(links, made, used)

    # by merit order: the cheapest unit goes to whom it is worth most, while it is worth its cost
    offers = sorted(cost[agent] for agent in agents for _ in range(int(made[agent])))
    bids = sorted((worth[agent] for agent in agents for _ in range(int(used[agent]))), reverse=True)
    cleared = [(bid, offer) for bid, offer in zip(bids, offers, strict=False) if bid > offer]
    assert value_of(match) == pytest.approx(sum(bid - offer for bid, offer in cleared))
    assert match.links["delivered"].sum() == pytest.approx(len(cleared))
    if not cleared:
        return
    # cost and rent of who sells, worth less gain of who buys: one price for all who trade
    prices = match.prices.pivot_table(index="node", columns="role", values="price")
    sells = cost[made - match.unused > 0].index
    buys = worth[used - match.unmet > 0].index
    paid = [*(cost + prices["source"])[sells], *(worth - prices["sink"])[buys]]
    assert paid == pytest.approx([paid[0]] * len(paid))
    assert cleared[-1][1] <= paid[0] + 1e-9
    assert paid[0] <= cleared[-1][0] + 1e-9
