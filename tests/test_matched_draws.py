from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers import covered_shares

from symbios_geo.matching.allocation import solve
from symbios_geo.matching.months import Year, solve_months, worthwhile
from symbios_geo.study import matched_draws
from symbios_geo.study.balance import by_municipality
from symbios_geo.study.cases import best_case, drawn_case
from symbios_geo.study.draws import Draws
from symbios_geo.study.matched_draws import ARRIVES, COUNTY, GAIN

MONTHS = range(1, 13)


@pytest.fixture(scope="module")
def found(study):
    return study.candidates["heat"]


@pytest.fixture(scope="module")
def draws(study):
    return drawn_case(study, n=8).draws


@pytest.fixture(scope="module")
def pays(study, found, draws):
    return covered_shares(found, study.register, draws)


def test_best_values_give_the_headline(study, found):
    share = covered_shares(found, study.register, best_case(study).draws)
    assert share[COUNTY].iloc[0] == pytest.approx(study.headline["new_share"], rel=1e-6)
    assert share[f"{ARRIVES}{COUNTY}"].iloc[0] == pytest.approx(study.headline["new_gwh"], rel=1e-6)
    gain = share[GAIN].iloc[0] * study.assumptions["sek_per_eur"] / 1000
    assert gain == pytest.approx(study.headline["new_msek_per_yr"], rel=1e-6)
    need = by_municipality(study.register, "heat")["demand"]
    assert need.sum() == pytest.approx(study.headline["need_gwh"])


def test_reach_is_what_flows_and_what_a_pipe_may_cost(study, found):
    share = covered_shares(found, study.register, best_case(study).draws, aim="reaches")
    need = found.sinks["value"]
    today = found.existing.groupby("sink")["delivered"].sum().reindex(need.index).fillna(0.0)
    today = np.minimum(today, need)
    near = found.links[found.links["unit_cost"] <= study.assumptions["heat_reach_eur_per_mwh"]]
    more = solve(near, found.supply, (need - today).rename("sink"), objective="coverage")
    reached = need.sum() - more.unmet.sum()
    assert share[f"{ARRIVES}{COUNTY}"].iloc[0] == pytest.approx(reached, rel=1e-6)
    # networks lose a part on the way, and sell some to industry
    assert 0.75 * reached < share[COUNTY].iloc[0] * study.headline["need_gwh"] < 0.95 * reached


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 1.0])
def test_no_draw_lets_a_receiver_take_more_than_it_needs_beside_today(study, found, draws, share):
    free = (1 - share) * found.demand
    held = replace(found, demand=free)
    room = matched_draws.ends_in_draws(held, study.register, draws).demand
    need = matched_draws.ends_in_draws(found, study.register, draws).demand
    # networks buy by month what their merit order lets them, and say so in tiers
    plain = ~found.sinks.index.isin(found.priced_tiers["sink"])
    room, need, today = room[:, plain], need[:, plain], (found.demand - free).to_numpy()[plain]
    assert (room <= np.maximum(need - today, 0.0) + 1e-9).all()
    assert (room <= need * (1 - share) + 1e-9).all()
    assert share == 1.0 or room.sum() > 0
    # the room of a network is that of its tiers, in every draw
    ends = matched_draws.ends_in_draws(held, study.register, draws)
    assert ends.demand[:, ~plain] == pytest.approx(ends.ratio[:, ~plain] * free.to_numpy()[~plain])


def test_each_draw_is_nearly_the_best_plan_of_its_own_prices(study, found, draws, pays):
    """The tables and the integer programme of the engine, draw by draw."""
    ends, places = (
        matched_draws.ends_in_draws(found, study.register, draws),
        matched_draws.places_in_draws(found),
    )
    priced = matched_draws.price_together(ends, places)
    most = matched_draws.most_value(ends, places, priced)
    got, value = most[:, :-1].sum(axis=1), most[:, -1]
    exact, worth = np.zeros(len(got)), np.zeros(len(got))
    for draw, links in priced.groupby("draw"):
        year = _year(ends, places, draw)
        best = solve_months(worthwhile(links).reset_index(drop=True), year, fixed=True)
        exact[draw] = best.links["delivered"].sum()
        worth[draw] = best.certificate["primal"]
    assert (value <= worth * 1.001).all()
    assert (value >= worth * 0.97).all()
    # a pipe more or less where two plans are all but equally good
    assert (np.abs(got - exact) > np.maximum(0.03 * exact, 1.0)).sum() <= 1
    assert got.sum() == pytest.approx(exact.sum(), rel=0.02)
    need = draws.flows[_needs(study)].sum(axis=1).to_numpy()
    assert pays[f"{ARRIVES}{COUNTY}"].to_numpy() == pytest.approx(got)
    warms = most[:, :-1] @ found.sinks["to_buildings"].to_numpy()
    assert pays[COUNTY].to_numpy() == pytest.approx(warms / need)


def test_relaxed_draw_is_worth_what_the_programme_of_months_says(study, found, draws):
    ends, places = (
        matched_draws.ends_in_draws(found, study.register, draws),
        matched_draws.places_in_draws(found),
    )
    draw, links = next(iter(matched_draws.price_together(ends, places).groupby("draw")))
    links = worthwhile(links).reset_index(drop=True)
    best = solve_months(links, _year(ends, places, draw), fixed=False).certificate["primal"]
    problem = matched_draws.DrawProblem.of(
        matched_draws.DrawPipes.of(links, places), draw, ends, places
    )
    relaxed = problem.solve(np.arange(len(links)), problem.pipes.largest).value
    assert best > 100
    assert relaxed == pytest.approx(best, rel=1e-6)


def test_draws_priced_together_cost_what_each_costs_alone(study, found):
    # as many draws as months: what is one per draw must not be read as one per month
    draws = drawn_case(study, n=12).draws
    ends = matched_draws.ends_in_draws(found, study.register, draws)
    places = matched_draws.places_in_draws(found)
    together = matched_draws.price_together(ends, places)
    for draw in (0, 5, 11):
        alone = matched_draws.price_together(ends.of(np.array([draw])), places)
        mine = together[together["draw"] == draw].reset_index(drop=True)
        numbers = mine.select_dtypes("number").columns.drop("draw")
        assert mine[numbers].to_numpy() == pytest.approx(alone[numbers].to_numpy(), nan_ok=True)
        assert mine["unit_cost"].nunique() > 100


def test_links_that_are_left_out_would_change_no_draw(study, found, monkeypatch):
    # in some of these a pipe of next to no size once chose how its trench was charged
    many = drawn_case(study, n=1000).draws
    rows = [0, 1, 163, 715, 794, 909]
    draws = Draws(many.parameters.iloc[rows], many.flows.iloc[rows])
    price = found.resource.price_links
    every = replace(
        found,
        resource=replace(
            found.resource,
            price_links=lambda links, given: price(links.drop(columns="dearest"), given),
        ),
    )
    few = matched_draws.matched_shares(found, study.register, draws)
    monkeypatch.setattr(matched_draws, "_gains_alone", lambda pipes, *_: pipes.i >= 0)
    for aim, shares in matched_draws.matched_shares(every, study.register, draws).items():
        assert shares.to_numpy() == pytest.approx(few[aim].to_numpy(), rel=1e-6)


def test_a_pipe_alone_is_used_as_the_solver_would(study, found, draws):
    ends, places = (
        matched_draws.ends_in_draws(found, study.register, draws),
        matched_draws.places_in_draws(found),
    )
    links = worthwhile(matched_draws.price_together(ends, places))
    pipes = matched_draws.DrawPipes.of(links, places)
    rows = links.groupby("draw").indices[0]
    problem = matched_draws.DrawProblem.of(pipes.only(rows), 0, ends, places)
    for pipe in range(len(rows)):
        alone, solved = problem.alone(pipe), problem.solve(np.array([pipe]))
        assert alone.value == pytest.approx(solved.value, rel=1e-6)
        assert alone.gain == pytest.approx(solved.gain, rel=1e-6, abs=1e-6)
        assert alone.at_sinks.sum() == pytest.approx(solved.delivered.sum(), rel=1e-6, abs=1e-6)


def _year(ends: matched_draws.Ends, places: matched_draws.Places, draw: int) -> Year:
    """Return the months of one draw as tables."""
    cell, sink = places.tiers["cell"].to_numpy(), places.tiers["sink"].to_numpy()
    demand = ends.demand[draw][:, None] * places.demand_shares
    demand[np.unique(sink)] = 0.0
    np.add.at(demand.reshape(-1), cell, ends.tiers[draw])
    tiers = pd.DataFrame(
        {"sink": sink, "month": cell % 12 + 1, "gwh": ends.tiers[draw], "worth": ends.worth[draw]}
    )
    given = ends.supply[draw][:, None] * places.supply_shares
    ends = (pd.DataFrame(part, columns=MONTHS) for part in (given, demand))
    return Year(*ends, tiers, pd.Index(np.flatnonzero(places.joining)))


def _needs(study) -> list[str]:
    return list(best_case(study).flows("heat", "sink")["flow_id"])


def test_draws_differ_and_what_pays_is_part_of_what_can_be_reached(study, found, draws, pays):
    reached = covered_shares(found, study.register, draws, aim="reaches")
    assert ((pays[COUNTY] > 0) & (pays[COUNTY] <= reached[COUNTY] + 1e-9)).all()
    places = [name for name in reached if not name.startswith(ARRIVES)]
    assert (reached[places] <= 1 + 1e-9).all(axis=None)
    for shares in (pays, reached):
        assert shares[COUNTY].between(0, 1).all()
        assert shares[COUNTY].nunique() == len(draws.flows)
    assert pays[COUNTY].mean() < reached[COUNTY].mean()


def test_both_aims_at_once_are_each_alone(study, found, draws, pays):
    both = matched_draws.matched_shares(found, study.register, draws)
    reached = covered_shares(found, study.register, draws, aim="reaches")
    # to the digit: links are priced once for both
    assert np.array_equal(both["pays"].to_numpy(), pays.to_numpy())
    assert np.array_equal(both["reaches"].to_numpy(), reached.to_numpy())


def test_municipalities_add_up_to_the_county(study, found):
    shares = covered_shares(found, study.register, best_case(study).draws)
    need = by_municipality(study.register, "heat")["demand"]
    places = [name for name in shares if name not in (COUNTY, GAIN)]
    assert {name.removeprefix(ARRIVES) for name in places} == {COUNTY, *need.index}
    arrives = shares.filter(regex=f"^{ARRIVES}").iloc[0]
    assert arrives.drop(f"{ARRIVES}{COUNTY}").sum() == pytest.approx(arrives[f"{ARRIVES}{COUNTY}"])
    delivered = (shares[need.index].iloc[0] * need).sum()
    assert delivered / need.sum() == pytest.approx(shares[COUNTY].iloc[0])


@pytest.mark.parametrize(
    ("parameter", "factor"),
    [("heat_pipe_cost_factor", 1.5), ("heat_recovery_msek_per_mw", 1.5)],
)
def test_dearer_pipes_and_exchangers_bring_no_more_value(study, found, parameter, factor):
    best = best_case(study).draws
    dear = type(best)(best.parameters.assign(**{parameter: best.parameters[parameter] * factor}),
                      best.flows)  # fmt: skip
    one, two = (covered_shares(found, study.register, d)[COUNTY].iloc[0] for d in (best, dear))
    assert two <= one + 1e-9


def test_more_processes_change_nothing(study, found, draws, pays):
    two = covered_shares(found, study.register, draws, workers=2)
    assert np.array_equal(pays.to_numpy(), two.to_numpy())


def test_links_are_not_changed(found, study, draws):
    before = found.pairs.copy()
    covered_shares(found, study.register, draws)
    assert before.equals(found.pairs)
