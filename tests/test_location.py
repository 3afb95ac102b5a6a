"""Choice of sites: the same answer as trying every subset, and proof of it."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from symbios_geo.errors import MatchError
from symbios_geo.plans.location import choose_sites


def instance(profit, supply, capacity, fixed):
    n, m = profit.shape
    links = pd.DataFrame(
        [(f"i{i}", f"j{j}", profit[i, j]) for i in range(n) for j in range(m)],
        columns=["source", "sink", "profit"],
    )
    sites = pd.DataFrame(
        {"capacity": capacity, "fixed_cost": fixed}, index=[f"j{j}" for j in range(m)]
    )
    return links, pd.Series(supply, index=[f"i{i}" for i in range(n)], dtype=float), sites


def brute_force(profit, supply, capacity, fixed, at_most):
    """Try every subset of sites; each is a small transport problem."""
    n, m = profit.shape
    best = 0.0
    for count in range(1, at_most + 1):
        for chosen in combinations(range(m), count):
            gains = -profit[:, chosen].ravel()
            leaving = np.kron(np.eye(n), np.ones(count))
            arriving = np.kron(np.ones(n), np.eye(count))
            limits = [*supply, *(capacity[j] for j in chosen)]
            answer = linprog(gains, np.vstack([leaving, arriving]), limits)
            best = max(best, -answer.fun - sum(fixed[j] for j in chosen))
    return best


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 6), m=st.integers(1, 5))
def test_equals_trying_every_subset(seed, n, m):
    random = np.random.default_rng(seed)
    profit = random.uniform(-5, 40, (n, m)).round(1)
    supply = random.uniform(0, 10, n).round(1)
    capacity = random.uniform(2, 20, m).round(1)
    fixed = random.uniform(0, 150, m).round(1)
    at_most = int(random.integers(1, m + 1))
    match = choose_sites(*instance(profit, supply, capacity, fixed), at_most=at_most)
    expected = brute_force(profit, supply, capacity, fixed, at_most)
    assert match.certificate["objective"] == pytest.approx(expected, abs=1e-5)
    assert match.certificate["gap"] == pytest.approx(0, abs=1e-5)
    assert len(match.certificate["opened"]) <= at_most


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_limits_hold_and_the_stated_profit_is_that_of_the_answer(seed):
    random = np.random.default_rng(seed)
    links, supply, sites = instance(
        random.uniform(0, 40, (5, 4)),
        random.uniform(1, 10, 5),
        random.uniform(2, 20, 4),
        random.uniform(0, 100, 4),
    )
    match = choose_sites(links, supply, sites)
    sent = match.links
    opened = match.certificate["opened"]
    assert set(sent.loc[sent["sent"] > 1e-9, "sink"]) <= set(opened)
    assert (sent.groupby("source")["sent"].sum() <= supply + 1e-6).all()
    assert (sent.groupby("sink")["sent"].sum() <= sites["capacity"] + 1e-6).all()
    paid = (sent["sent"] * sent["profit"]).sum() - sites.loc[opened, "fixed_cost"].sum()
    assert paid == pytest.approx(match.certificate["objective"], abs=1e-5)
    assert match.unused.sum() + sent["sent"].sum() == pytest.approx(supply.sum(), abs=1e-6)


def test_nothing_is_opened_when_nothing_pays():
    match = choose_sites(*instance(np.array([[1.0]]), [10.0], [10.0], [11.0]))
    assert match.certificate["opened"] == []
    assert match.links["sent"].sum() == 0
    assert match.certificate["objective"] == 0


def test_a_least_size_keeps_a_small_plant_away():
    links, supply, sites = instance(np.array([[5.0]]), [3.0], [10.0], [1.0])
    assert choose_sites(links, supply, sites).certificate["opened"] == ["j0"]
    assert choose_sites(links, supply, sites.assign(least=4.0)).certificate["opened"] == []


def test_better_site_wins_by_hand():
    # both pay 10 per unit less 20 or 60 fixed; the limit of one leaves the larger: 150 - 60 = 90
    links, supply, sites = instance(np.full((1, 2), 10.0), [15.0], [10.0, 15.0], [20.0, 60.0])
    match = choose_sites(links, supply, sites, at_most=1)
    assert match.certificate["opened"] == ["j1"]
    assert match.certificate["objective"] == pytest.approx(90)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda lk, s, p: (lk.drop(columns="profit"), s, p), "links lack the column profit"),
        (lambda lk, s, p: (lk, s.drop("i0"), p), "supply has no such id"),
        (lambda lk, s, p: (lk, s, p.drop("j0")), "sites have no such id"),
        (lambda lk, s, p: (lk, -s, p), "supply of 'i0' is"),
        (lambda lk, s, p: (lk.assign(profit=np.inf), s, p), "profit holds"),
        (lambda lk, s, p: (lk, s, p.assign(capacity=np.nan)), "capacity of 'j0'"),
    ],
)
def test_bad_input_is_named(change, text):
    given_tables = instance(np.array([[5.0]]), [3.0], [10.0], [1.0])
    with pytest.raises(MatchError, match=text):
        choose_sites(*change(*given_tables))


def test_negative_limit_is_refused():
    with pytest.raises(MatchError, match="at_most = -1"):
        choose_sites(*instance(np.array([[5.0]]), [3.0], [10.0], [1.0]), at_most=-1)
