"""Routes along roads: on a square whose ways are known, and on the main roads of Halland."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, Point

import symbios_geo as sg
from symbios_geo.errors import MatchError
from symbios_geo.matching.candidates import Candidates, find_candidates
from symbios_geo.matching.roads import load_roads, road_network, road_routes
from symbios_geo.matching.trunks import candidate_graph, find_places, solve_trunks
from symbios_geo.model import BOUNDS, METRIC_CRS

DETOUR = 1.3
X, Y = 350_000.0, 6_300_000.0


def points(*km: tuple[float, float]) -> gpd.GeoSeries:
    return gpd.GeoSeries([Point(X + 1000 * x, Y + 1000 * y) for x, y in km], crs=METRIC_CRS)


def lines(*ways: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    shapes = [LineString(points(*way).tolist()) for way in ways]
    return gpd.GeoDataFrame(geometry=shapes, crs=METRIC_CRS)


SQUARE = lines([(0, 0), (10, 0)], [(10, 0), (10, 10)])


def test_a_corner_is_gone_round():
    routes = road_routes(points((0, 0)), points((10, 10)), SQUARE, DETOUR)
    assert routes["km"].iloc[0] == pytest.approx(20)
    assert routes.length.iloc[0] / 1000 == pytest.approx(20)


def test_the_way_to_the_road_is_straight_with_a_detour():
    routes = road_routes(points((0, 1)), points((10, 5)), SQUARE, DETOUR)
    assert routes["km"].iloc[0] == pytest.approx(15 + 1 * DETOUR)
    back = road_routes(points((10, 5)), points((0, 1)), SQUARE, DETOUR)
    assert back["km"].iloc[0] == pytest.approx(routes["km"].iloc[0])


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((0, 4), (10, 5)),  # too far from the road
        ((4, 0.3), (4.2, 0.3)),  # within a town
        ((8, 0), (8, 0)),  # the same place
        ((9, 0), (10.3, 9)),  # near a road that leads there
    ],
)
def test_where_no_road_leads_the_usual_rule_holds(start, end):
    km = road_routes(points(start), points(end), SQUARE, DETOUR)["km"].iloc[0]
    assert np.isnan(km) == (end != (10.3, 9))


def test_roads_that_do_not_meet_lead_nowhere():
    apart = lines([(0, 0), (4, 0)], [(6, 0), (10, 0)])
    assert np.isnan(road_routes(points((0, 0)), points((10, 0)), apart, DETOUR)["km"].iloc[0])
    crossing = lines([(0, 0), (10, 0)], [(5, -5), (5, 5)])
    # a bridge is no junction: lines are joined where they share a coordinate
    assert np.isnan(road_routes(points((0, 0)), points((5, 5)), crossing, DETOUR)["km"].iloc[0])


def test_roads_that_cannot_be_used_are_told():
    with pytest.raises(MatchError, match="coordinate system"):
        road_network(SQUARE.set_crs(None, allow_override=True))
    with pytest.raises(MatchError, match="no line"):
        road_network(gpd.GeoDataFrame(geometry=points((0, 0))))


def test_the_main_roads_are_one_network_of_the_published_length():
    roads = load_roads()
    network = road_network(roads)
    assert roads.to_crs(METRIC_CRS).length.sum() / 1000 == pytest.approx(503, rel=0.01)
    assert network.graph.sum() == pytest.approx(roads.to_crs(METRIC_CRS).length.sum() / 1000, 1e-3)
    ends = sg.load_register().sites.geometry[["loc_1380_halmstad", "loc_1383_varberg"]]
    there = road_routes(ends[:1], ends[1:], roads, DETOUR)["km"].iloc[0]
    straight = ends.to_crs(METRIC_CRS).iloc[0].distance(ends.to_crs(METRIC_CRS).iloc[1]) / 1000
    assert 1.05 < there / straight < 1.4


def test_links_are_as_long_as_the_road_where_one_leads_there():
    register = sg.load_register()
    along = find_candidates(register, "heat", distances=load_roads()).pairs
    pair = along.set_index(["source", "sink"]).loc[
        ("sodra_cell_varo-heat-hot_water", "dhn_kungsbacka")
    ]
    # the E6 bears out the detour that straight lines have by default
    assert pair["given_km"] == pytest.approx(1.3 * pair["distance_km"], rel=0.03)
    # beside the pipe that a network's own boiler does not need
    known = along[along["given_km"] > 0]
    assert (along["given_km"] == 0).sum() == 1
    ratio = known["given_km"] / known["distance_km"]
    assert 0.5 < len(known) / len(along) < 0.95
    assert ratio.min() > 1.0
    assert ratio.max() <= 2.0
    assert ratio.median() == pytest.approx(1.3, abs=0.1)


@pytest.fixture
def found(register: sg.Register) -> Candidates:
    """Return candidates where the needs are large enough to pay for a trunk."""
    flows = register.flows.assign(committed=0.0)
    flows.loc[flows["stream"] == "property_heating", BOUNDS] *= 3
    return find_candidates(sg.Register(register.sites.assign(area_ha=200.0), flows), "heat")


def test_trunks_follow_a_road_and_pay_for_its_length(found):
    places = find_places(found).points
    start, end = places["mill"], places["town"]
    east, north = (end.x - start.x) / 2, (end.y - start.y) / 2
    middle = Point(start.x + east - north, start.y + north + east)
    road = gpd.GeoDataFrame(geometry=[LineString([start, middle, end])], crs=METRIC_CRS)
    graph = candidate_graph(found, max_km=100, roads=road)
    graph = graph[graph["given_km"].notna()].reset_index(drop=True)
    straight = graph.drop(columns=["given_km", "geometry"])
    year = found.year()
    by_road, direct = (solve_trunks(found, year, graph=way) for way in (graph, straight))
    pipes = by_road.pipes
    assert len(pipes)
    assert pipes.length.to_numpy() / 1000 == pytest.approx(pipes["given_km"].to_numpy(), rel=0.01)
    assert (direct.pipes["given_km"].isna()).all()
    assert (graph["given_km"] > DETOUR * graph["length_km"]).all()
    assert by_road.certificate["primal"] < direct.certificate["primal"]
