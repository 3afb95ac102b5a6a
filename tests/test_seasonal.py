"""Twelve months: a published season, invariants of the rungs, stores, and input that is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from small_problems import Given, problems

import symbios_geo as sg
from symbios_geo.errors import MatchError
from symbios_geo.heat.season import flat_supply_share
from symbios_geo.matching.allocation import solve, value_of
from symbios_geo.matching.months import (
    Year,
    solve_months,
    spread_over_year,
    store_cost_keur_per_gwh,
)

MONTH_COLUMNS = [f"month_{month}" for month in range(1, 13)]
WEST_SWEDEN = "heat_load_share_hotmaps_se23"


def one_link(**columns: object) -> pd.DataFrame:
    row = {
        "source": "a", "sink": "b", "variable_cost": 0.0, "capacity_cost": 0.0, "fixed_cost": 0.0,
        "largest_capacity": 1000.0, "full_load_hours": 8000.0, "efficiency": 1.0, "worth": 1.0,
    }  # fmt: skip
    return pd.DataFrame([row | columns])


def winter_year(supply: float = 100.0, demand: float = 100.0) -> Year:
    """Return a flat source and a sink with the months of West Sweden."""
    return spread_over_year(
        pd.Series({"a": supply}), pd.Series({"b": demand}),
        pd.Series({"a": "flat_share"}), pd.Series({"b": WEST_SWEDEN}),
    )  # fmt: skip


def monthly(given: Given, seed: int, **costs: float) -> tuple[pd.DataFrame, Year]:
    """Return links priced for months, and a year whose months add up to the given amounts."""
    links = given.links.assign(
        variable_cost=given.links["unit_cost"], capacity_cost=0.0, fixed_cost=0.0,
        largest_capacity=1000.0, full_load_hours=8000.0,
    ).assign(**costs)  # fmt: skip
    rng = np.random.default_rng(seed)

    def spread(amounts: pd.Series) -> pd.DataFrame:
        shares = rng.dirichlet(np.ones(12), len(amounts))
        return pd.DataFrame(shares * amounts.to_numpy()[:, None], amounts.index, range(1, 13))

    return links, Year(spread(given.supply), spread(given.demand))


SEEDS = st.integers(0, 10_000)


def test_flat_source_meets_a_northern_winter():
    annual = solve(one_link(unit_cost=0.0), pd.Series({"a": 100.0}), pd.Series({"b": 100.0}))
    assert annual.links["delivered"].sum() == pytest.approx(100)
    answer = solve_months(one_link(), winter_year())
    assert answer.links["delivered"].sum() == pytest.approx(71.3, abs=0.05)
    months = answer.links.filter(like="month_").iloc[0].to_numpy()
    year = winter_year()
    assert months == pytest.approx(np.minimum(year.supply, year.demand.to_numpy()).to_numpy()[0])


def test_spread_adds_up_to_the_year():
    year = spread_over_year(
        pd.Series({"a": 120.0, "c": 6.0}), pd.Series({"b": 70.0}),
        pd.Series({"c": "summer_surplus_share", "a": "flat_share"}),
        pd.Series({"b": "heat_load_share"}),
    )  # fmt: skip
    assert year.supply.sum(axis=1).to_dict() == pytest.approx({"a": 120.0, "c": 6.0})
    assert year.demand.sum(axis=1).to_dict() == pytest.approx({"b": 70.0})
    assert year.supply.loc["c", 1] == 0


@given(problems(gains=True, most=6), SEEDS)
@settings(deadline=None, max_examples=40)
def test_months_never_bring_more_than_the_year_as_a_whole(drawn: Given, seed: int):
    answer = solve_months(*monthly(drawn, seed))
    annual = solve(*drawn)
    assert answer.certificate["primal"] <= value_of(annual) + 1e-6
    most = solve(*drawn, objective="coverage")
    assert answer.links["delivered"].sum() <= most.links["delivered"].sum() + 1e-6


@given(problems(gains=True, most=5), SEEDS, st.booleans(), st.booleans())
@settings(deadline=None, max_examples=40)
def test_who_joins_gets_one_share_of_the_need_in_every_month(
    drawn: Given, seed: int, store: bool, fixed: bool
):
    links, year = monthly(drawn, seed, fixed_cost=90.0 * fixed, capacity_cost=40.0)
    joining = replace(year, joining=year.demand.index[:2])
    answer = solve_months(links, joining, store=store, fixed=fixed, gap=1e-6)
    if not store:
        arrives = answer.links.groupby("sink")[MONTH_COLUMNS].sum()
        for sink in arrives.index.intersection(joining.joining):
            need = year.demand.loc[sink].to_numpy()
            share = arrives.loc[sink].sum() / max(need.sum(), 1e-9)
            assert arrives.loc[sink].to_numpy() == pytest.approx(share * need, abs=1e-5)
    free = solve_months(links, year, store=store, fixed=fixed, gap=1e-6)
    assert answer.certificate["primal"] <= free.certificate["primal"] * (1 + 1e-5) + 1e-6


@given(problems(gains=True, most=5), SEEDS, st.booleans(), st.integers(0, 9))
@settings(deadline=None, max_examples=40)
def test_a_little_more_of_what_comes_as_before_is_worth_its_price(
    drawn: Given, seed: int, joins: bool, which: int
):
    links, year = monthly(drawn, seed, capacity_cost=40.0)
    year = replace(year, joining=year.demand.index if joins else pd.Index([]))
    answer = solve_months(links, year)
    price = answer.prices.set_index(["role", "node"])["price"]
    ends = [("supply", node) for node in year.supply.index]
    ends += [("demand", node) for node in year.demand.index]
    side, node = ends[which % len(ends)]
    amounts = getattr(year, side)
    role = {"supply": "source", "demand": "sink"}[side]

    def value(share: float) -> float:
        changed = amounts.copy()
        changed.loc[node] *= 1 + share
        return solve_months(links, replace(year, **{side: changed})).certificate["primal"]

    # value rises ever less with an amount: its price lies between what it brought and will bring
    worth = price[role, node] * amounts.loc[node].sum() * 0.01
    noise = 1e-6 * max(1.0, answer.certificate["primal"])
    assert value(0.01) - answer.certificate["primal"] <= worth + noise
    assert worth <= answer.certificate["primal"] - value(-0.01) + noise


@pytest.mark.parametrize("store", [False, True])
def test_houses_are_not_joined_for_the_summer(store: bool):
    year = winter_year()
    summer = year.supply.copy()
    summer[[1, 2, 3, 10, 11, 12]] = 0.0
    warm = replace(year, supply=summer)
    assert solve_months(one_link(), warm).links["delivered"].sum() > 10
    houses = replace(warm, joining=pd.Index(["b"]))
    got = solve_months(one_link(), houses, store=store).links["delivered"].sum()
    # a store may carry summer to winter
    assert got == pytest.approx(0.0, abs=1e-6) if not store else got >= 0


def test_a_flat_source_serves_as_many_houses_as_its_leanest_month_allows():
    year = replace(winter_year(), joining=pd.Index(["b"]))
    answer = solve_months(one_link(), year)
    coldest = (year.supply.loc["a"] / year.demand.loc["b"]).min()
    assert answer.links["delivered"].sum() == pytest.approx(100 * coldest)


@given(problems(gains=True, most=5), SEEDS)
@settings(deadline=None, max_examples=25)
def test_fixed_charges_never_bring_more_than_spread_ones(drawn: Given, seed: int):
    links, year = monthly(drawn, seed, fixed_cost=900.0, largest_capacity=2.0, capacity_cost=400.0)
    linear = solve_months(links, year).certificate["primal"]
    fixed = solve_months(links, year, fixed=True, gap=1e-6)
    # the relaxation has no largest capacity, so it bounds the built network from above
    assert fixed.certificate["primal"] <= linear + 1e-6 * max(1.0, linear)
    assert linear <= value_of(solve(*drawn)) + 1e-6
    assert fixed.certificate["gap"] <= 1e-5
    assert fixed.prices["price"].isna().all()
    used = fixed.links[fixed.links["delivered"] > 1e-6]
    assert (used["capacity"] <= 2.0 + 1e-6).all()


@given(problems(gains=True, most=6), SEEDS)
@settings(deadline=None, max_examples=40)
def test_no_month_exceeds_supply_demand_or_capacity(drawn: Given, seed: int):
    links, year = monthly(drawn, seed, capacity_cost=300.0)
    answer = solve_months(links, year)
    months = answer.links.filter(like="month_")
    sent = months.div(answer.links["efficiency"], axis=0).groupby(answer.links["source"]).sum()
    got = months.groupby(answer.links["sink"]).sum()
    assert (sent.to_numpy() <= year.supply.loc[sent.index].to_numpy() + 1e-6).all()
    assert (got.to_numpy() <= year.demand.loc[got.index].to_numpy() + 1e-6).all()
    carries = np.outer(answer.links["capacity"] * 8000 / 1000, flat_supply_share())
    assert (months.to_numpy() <= carries + 1e-6).all()
    assert answer.links["delivered"].to_numpy() == pytest.approx(months.sum(axis=1).to_numpy())
    total = year.supply.sum(axis=1) - answer.links.groupby("source")["sent"].sum().reindex(
        year.supply.index, fill_value=0.0
    )
    assert answer.unused.to_numpy() == pytest.approx(total.to_numpy(), abs=1e-6)
    assert answer.certificate["gap"] == pytest.approx(0, abs=1e-9)


@given(problems(gains=True, most=6), SEEDS)
@settings(deadline=None, max_examples=25)
def test_another_link_or_a_store_never_costs_value(drawn: Given, seed: int):
    links, year = monthly(drawn, seed, capacity_cost=300.0)
    value = solve_months(links, year).certificate["primal"]
    fewer = solve_months(links.iloc[:-1], year).certificate["primal"]
    stored = solve_months(links, year, store=True).certificate["primal"]
    assert fewer <= value + 1e-6
    assert value <= stored + 1e-6


def test_programme_agrees_with_scipy():
    """One source, two sinks, a price on capacity: the same programme written out by hand."""
    links = pd.concat(
        [
            one_link(worth=40.0, variable_cost=3.0, capacity_cost=90_000.0, efficiency=0.9),
            one_link(sink="c", worth=60.0, capacity_cost=150_000.0),
        ],
        ignore_index=True,
    )
    year = winter_year(supply=80.0)
    demand = pd.concat([year.demand, (year.demand * 0.4).rename({"b": "c"})])
    answer = solve_months(links, Year(year.supply, demand))
    profit = np.concatenate([np.repeat([37.0, 60.0], 12), [-90.0, -150.0]])
    rows, limits = [], []
    for t in range(12):
        take, cap = np.zeros(26), [np.zeros(26), np.zeros(26)]
        take[t], take[12 + t] = 1 / 0.9, 1.0
        rows.append(take)
        limits.append(year.supply.iloc[0, t])
        for k in (0, 1):
            cap[k][12 * k + t], cap[k][24 + k] = 1.0, -8.0 * flat_supply_share()[t]
            rows.append(cap[k])
            limits.append(0.0)
    upper = [*demand.to_numpy().ravel(), None, None]
    best = linprog(-profit, A_ub=rows, b_ub=limits, bounds=[(0, high) for high in upper])
    assert answer.certificate["primal"] == pytest.approx(-best.fun, rel=1e-7)


def test_store_pays_where_winter_heat_is_dear():
    cheap, year = one_link(worth=1e4, variable_cost=0.1), winter_year()
    plain, stored = solve_months(cheap, year), solve_months(cheap, year, store=True)
    assert stored.certificate["primal"] > plain.certificate["primal"] * 1.05
    assert stored.unmet["b"] < plain.unmet["b"]
    # what the store loses has arrived at the sink, but has not met its need
    met = 100 - stored.unmet["b"]
    assert met < stored.links["delivered"].sum() <= 100 + 1e-6
    lost = stored.links["delivered"].sum() - met
    added = met - (100 - plain.unmet["b"])
    kept = sg.load_assumptions()["seasonal_store_efficiency"]
    assert lost == pytest.approx(added * (1 - kept) / kept, rel=1e-6)


def test_store_costs_what_the_published_pit_does():
    # 70 000 m3 at 4.78 MEUR hold 4.49 GWh at 90/35 degC
    from symbios_geo.assumptions.finance import annuity_factor

    yearly = annuity_factor(
        sg.load_assumptions()["discount_rate"], sg.load_assumptions()["store_life_years"]
    )
    capacity_gwh = 70_000 * 4.2 * 55 / 3600 / 1000
    assert store_cost_keur_per_gwh() * capacity_gwh / yearly == pytest.approx(
        sg.load_assumptions()["pit_store_eur_per_m3"] * 70, rel=1e-9
    )


def test_nothing_worth_building_is_an_answer():
    for options in ({}, {"store": True}, {"fixed": True}, {"fixed": True, "store": True}):
        for links in (one_link(worth=0.0), one_link().iloc[:0]):
            answer = solve_months(links, winter_year(), **options)
            assert answer.links["delivered"].sum() == 0
            assert answer.unmet["b"] == pytest.approx(100)
            assert answer.certificate["primal"] == pytest.approx(0)


def test_order_of_links_and_ends_changes_nothing():
    links = pd.concat(
        [one_link(), one_link(source="c", worth=2.0), one_link(sink="d", worth=1.5)],
        ignore_index=True,
    )
    year = winter_year()
    supply = pd.concat([year.supply, (year.supply / 3).rename({"a": "c"})])
    demand = pd.concat([year.demand, (year.demand / 2).rename({"b": "d"})])
    value = solve_months(links, Year(supply, demand)).certificate["primal"]
    other = solve_months(links.iloc[::-1], Year(supply.iloc[::-1], demand.iloc[::-1]))
    assert other.certificate["primal"] == pytest.approx(value)


YEAR = winter_year()
TWICE = pd.concat([one_link(), one_link()])
WRONG = {
    **{
        f"{name} = {value}": (one_link(**{name: value}), YEAR, f"row 0: {name}")
        for name in ("worth", "variable_cost", "capacity_cost", "fixed_cost", "efficiency",
                     "largest_capacity", "full_load_hours")
        for value in (np.nan, np.inf)
    },
    "negative fixed cost": (one_link(fixed_cost=-1.0), YEAR, "row 0: fixed_cost"),
    "no efficiency": (one_link(efficiency=0.0), YEAR, "row 0: efficiency"),
    "no hours": (one_link(full_load_hours=0.0), YEAR, "row 0: full_load_hours"),
    "no price": (one_link().drop(columns="capacity_cost"), YEAR, "lack the column capacity_cost"),
    "labels twice": (TWICE, YEAR, "same index label"),
    "unknown source": (one_link(source="x"), YEAR, "no row for"),
    "NaN supply": (one_link(), Year(YEAR.supply * np.nan, YEAR.demand), "supply of 'a'"),
    "negative demand": (one_link(), Year(YEAR.supply, -YEAR.demand), "demand of 'b'"),
    "supply twice": (one_link(), Year(pd.concat([YEAR.supply] * 2), YEAR.demand), "'a' more than"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_refused_with_its_place(case: str):
    links, year, message = WRONG[case]
    with pytest.raises(MatchError, match=message):
        solve_months(links, year)
