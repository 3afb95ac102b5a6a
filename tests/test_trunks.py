"""Shared trunk lines on a region small enough to check: four places and one mill."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo.errors import MatchError
from symbios_geo.matching import trunks
from symbios_geo.matching.candidates import Candidates, find_candidates
from symbios_geo.matching.trunks import (
    Network,
    candidate_graph,
    find_places,
    sides_of,
    solve_trunks,
)
from symbios_geo.model import BOUNDS


@pytest.fixture
def found(register: sg.Register) -> Candidates:
    """Return candidates where the needs are large enough to pay for a trunk."""
    flows = register.flows.assign(committed=0.0)
    home = flows["stream"] == "property_heating"
    flows.loc[home, BOUNDS] *= 3
    sites = register.sites.assign(area_ha=200.0)
    return find_candidates(sg.Register(sites, flows), "heat")


@pytest.fixture
def network(found: Candidates) -> Network:
    return solve_trunks(found, found.year())


def star(**columns: object) -> pd.DataFrame:
    rows = [("mill", "town", 10.0), ("mill", "south", 20.0)]
    graph = pd.DataFrame(rows, columns=["from", "to", "length_km"])
    return graph.assign(existing=False, limit_mw=40.0).assign(**columns)


def test_places_hold_every_end_once(found: Candidates):
    places = find_places(found)
    assert set(places.node_of.index) == set(found.sources["site_id"]) | set(found.sinks["site_id"])
    assert set(places.node_of) == set(places.points.index)


def test_graph_joins_neighbours_by_their_true_length(found: Candidates):
    graph = candidate_graph(found, max_km=100)
    points = find_places(found).points
    for stretch in graph.itertuples():
        start, end = points[stretch[1]], points[stretch[2]]
        assert stretch.length_km == pytest.approx(start.distance(end) / 1000)
    assert not graph["existing"].any()
    assert (candidate_graph(found, max_km=11)["length_km"] <= 11).all()


def test_network_brings_heat_and_proves_its_gap(network: Network):
    proof = network.certificate
    assert proof["primal"] > 0
    assert 0 <= proof["gap"] <= 1
    assert proof["dual"] >= proof["primal"]
    assert network.drawn.sum() > 0


def test_heat_leaves_the_network_less_than_it_entered(network: Network, found: Candidates):
    assert network.drawn.sum() < network.injected.sum()
    assert (network.drawn <= found.demand.reindex(network.drawn.index) + 1e-6).all()
    # lifted heat enters with its electricity: never more than a heat pump makes of it
    assert (network.injected <= 3 * found.supply.reindex(network.injected.index)).all()
    assert (network.pipes["capacity"] > 0).all()


def test_one_stretch_may_serve_what_lies_behind_it(found: Candidates):
    rows = [("mill", "south", 20.0), ("south", "town", 25.0)]
    line = pd.DataFrame(rows, columns=["from", "to", "length_km"])
    line = line.assign(existing=True, limit_mw=40.0)
    network = solve_trunks(found, found.year(), graph=line)
    got = network.drawn[network.drawn > 1e-6]
    assert set(found.sinks.loc[got.index, "site_id"]) == {"town", "south"}
    stretch = network.pipes.set_index("to")["delivered"]
    assert stretch["south"] > stretch["town"]


def test_what_stands_is_free_and_worth_more(found: Candidates):
    year = found.year()
    new = solve_trunks(found, year, graph=star())
    built = solve_trunks(found, year, graph=star(existing=True))
    assert built.certificate["primal"] > new.certificate["primal"]
    assert set(built.pipes["existing"]) == {True}


def test_another_stretch_never_costs_value(found: Candidates):
    year = found.year()
    both = solve_trunks(found, year, graph=star(), gap=1e-6)
    one = solve_trunks(found, year, graph=star().iloc[:1], gap=1e-6)
    assert both.certificate["dual"] >= one.certificate["primal"] - 1e-6


def test_small_pipes_carry_little(found: Candidates):
    year = found.year()
    narrow = solve_trunks(found, year, graph=star(limit_mw=1.0, existing=True))
    assert (narrow.pipes["capacity"] <= 1.0 + 1e-6).all()
    hours = found.links["full_load_hours"].iloc[0]
    assert (narrow.pipes["delivered"] <= hours / 1000 + 1e-6).all()


def test_houses_on_a_trunk_need_heat_in_every_month(found: Candidates):
    year = found.year()
    assert set(year.joining) == {"town", "south"}
    supply = year.supply.copy()
    supply[[12, 1, 2]] *= 0.5
    network = solve_trunks(found, replace(year, supply=supply), graph=star())
    anyhow = replace(year, supply=supply, joining=pd.Index([]))
    free = solve_trunks(found, anyhow, graph=star())
    # a heat pump has to lift the cold source too, where the hot one alone would serve the summer
    assert network.injected["mill-heat-effluent"] > free.injected["mill-heat-effluent"]
    assert 0 < network.certificate["primal"] < 0.9 * free.certificate["primal"]


ONE_SEASON = (tuple(range(1, 13)),)
MIXED = ((1, 7), (2, 8), (3, 4, 5, 6), (9,), (10,), (11,), (12,))


@pytest.mark.parametrize("seasons", [ONE_SEASON, MIXED])
def test_seasons_are_set_apart_until_the_answer_is_proven(seasons, found, monkeypatch):
    year = found.year()
    supply = year.supply.copy()
    supply[[12, 1, 2]] *= 0.5
    given = found, replace(year, supply=supply)
    known = solve_trunks(*given, graph=star(), gap=1e-6).certificate
    monkeypatch.setattr(trunks, "SEASONS", seasons)
    for gap in (1e-6, 1.0):
        rough = solve_trunks(*given, graph=star(), gap=gap).certificate
        assert rough["gap"] <= gap
        assert rough["primal"] <= known["dual"] + 1e-6
        assert rough["dual"] >= known["primal"] - 1e-6


def test_no_time_left_is_an_answer_with_its_gap(found: Candidates, monkeypatch):
    monkeypatch.setattr(trunks, "SEASONS", ONE_SEASON)
    hasty = solve_trunks(found, found.year(), graph=star(), gap=0.0, seconds=0.0)
    patient = solve_trunks(found, found.year(), graph=star(), gap=1e-6)
    assert hasty.certificate["primal"] <= patient.certificate["dual"] + 1e-6
    assert hasty.certificate["dual"] >= patient.certificate["primal"] - 1e-6


def test_unknown_place_in_the_graph_is_refused(found: Candidates):
    wrong = star().replace("town", "atlantis")
    with pytest.raises(MatchError, match="atlantis"):
        solve_trunks(found, found.year(), graph=wrong)


def test_lines_lie_between_their_ends(network: Network, found: Candidates):
    points = find_places(found).points
    for pipe in network.pipes.itertuples():
        assert np.asarray(pipe.geometry.coords[0]) == pytest.approx(
            [points[pipe[1]].x, points[pipe[1]].y]
        )
    assert network.pipes.crs.to_epsg() == 3006


@pytest.mark.parametrize(
    ("corners", "sides"),
    [
        ([], []),
        ([(0, 0)], []),
        ([(0, 0), (5, 5)], [(0, 1)]),
        ([(0, 0), (9, 0), (3, 0)], [(0, 2), (2, 1)]),
        ([(0, 0), (0, 9), (0, 3)], [(0, 2), (2, 1)]),
        ([(0, 0), (9, 0), (3, 5)], [(0, 1), (0, 2), (1, 2)]),
    ],
    ids=["none", "one", "two", "on a line", "on a meridian", "a triangle"],
)
def test_places_that_span_no_triangle_are_joined_in_their_order(corners, sides):
    found = sides_of(np.array(corners, float).reshape(-1, 2))
    assert [tuple(side) for side in found.tolist()] == sides


def test_the_ladder_of_two_places_has_every_rung(found: Candidates):
    link = found.links.iloc[[0]]
    source, sink = link["source"].iloc[0], link["sink"].iloc[0]
    two = replace(
        found,
        links=link,
        pairs=found.pairs[(found.pairs["source"] == source) & (found.pairs["sink"] == sink)],
        supply=found.supply[[source]],
        demand=found.demand[[sink]],
        sources=found.sources.loc[[source]],
        sinks=found.sinks.loc[[sink]],
    )
    network = solve_trunks(two, two.year())
    assert network.certificate["gap"] <= 1e-2
