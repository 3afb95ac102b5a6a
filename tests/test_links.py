"""Candidate links: true distances at 57 degrees north, in whatever coordinates the points come."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Point

from symbios_geo.errors import MatchError
from symbios_geo.matching.reach import candidate_links, pairs_within

GEOD = Geod(ellps="GRS80")
# Halland from Laholm to Kungsbacka
LON, LAT = st.floats(11.9, 13.4), st.floats(56.3, 57.6)
PLACES = st.lists(st.tuples(LON, LAT), min_size=1, max_size=6)


def points(places: list[tuple[float, float]], crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
    ids = [f"place {n}" for n in range(len(places))]
    return gpd.GeoDataFrame(index=ids, geometry=[Point(*place) for place in places], crs=crs)


@given(PLACES, PLACES)
@settings(deadline=None)
def test_distances_are_those_on_the_ellipsoid(first, second):
    links = candidate_links(points(first), points(second), max_km=1000)
    assert len(links) == len(first) * len(second)
    for link in links.itertuples():
        start, end = first[int(link.source[6:])], second[int(link.sink[6:])]
        _, _, metres = GEOD.inv(*start, *end)
        assert link.distance_km == pytest.approx(metres / 1000, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("bearing", [0, 45, 90, 180, 270])
def test_search_is_a_circle_and_not_an_ellipse(bearing: float):
    """A degree of longitude at 57 degrees north is 1.84 times shorter than one of latitude."""
    centre = (12.5, 57.0)
    near, far = (GEOD.fwd(*centre, bearing, metres)[:2] for metres in (19_900, 20_100))
    links = candidate_links(points([centre]), points([near, far]), max_km=20)
    assert links["sink"].tolist() == ["place 0"]
    assert links["distance_km"].iloc[0] == pytest.approx(19.9, rel=1e-3)


@pytest.mark.parametrize("crs", ["EPSG:3006", "EPSG:3007", "EPSG:25833", "EPSG:3857", "EPSG:4258"])
def test_every_projection_gives_the_same_links(crs: str):
    first, second = points([(12.2, 57.1), (12.9, 56.7)]), points([(12.3, 57.2), (13.1, 56.5)])
    plain = candidate_links(first, second, max_km=40)
    other = candidate_links(first.to_crs(crs), second, max_km=40)
    assert len(plain) > 1
    pd.testing.assert_frame_equal(plain, other, check_exact=False, rtol=1e-6)


def test_every_source_counts_and_not_only_the_first():
    sources = points([(12.2, 57.1), (12.3, 57.1), (12.4, 57.1)])
    links = candidate_links(sources, points([(12.3, 57.12)]), max_km=10)
    assert set(links["source"]) == set(sources.index)


def test_pairs_are_all_within_reach():
    rng = np.random.default_rng(4)
    first, second = rng.uniform(0, 100, (40, 2)), rng.uniform(0, 100, (60, 2))
    i, j, distance = pairs_within(first, second, 25.0)
    apart = np.hypot(*(first[:, None] - second[None]).transpose(2, 0, 1))
    assert sorted(zip(i, j, strict=True)) == list(zip(*np.nonzero(apart <= 25.0), strict=True))
    assert distance == pytest.approx(apart[i, j])


def test_two_sites_at_one_place_are_linked_at_no_distance():
    links = candidate_links(points([(12.2, 57.1)]), points([(12.2, 57.1)]), max_km=0.001)
    assert links["distance_km"].tolist() == [0.0]


def test_no_points_give_no_links():
    some, none = points([(12.2, 57.1)]), points([(12.2, 57.1)]).iloc[:0]
    for ends in ((some, none), (none, some), (none, none)):
        links = candidate_links(*ends, max_km=5)
        assert list(links.columns) == ["source", "sink", "distance_km"]
        assert len(links) == 0


HERE = points([(12.2, 57.1)])
WRONG = {
    "no coordinate system": (HERE.set_crs(None, allow_override=True), "no coordinate system"),
    "degrees called metres": (points([(12.2, 57.1)], "EPSG:3006"), "are degrees"),
    "an area": (HERE.to_crs(3006).buffer(10).to_frame("geometry"), "'place 0' is no point"),
    "an empty point": (gpd.GeoDataFrame(geometry=[Point()], crs=4326), "0 is no point"),
    "a missing point": (gpd.GeoDataFrame(geometry=[None], crs=4326), "0 is no point"),
    "an id twice": (pd.concat([HERE, HERE]), "'place 0' more than once"),
}


@pytest.mark.parametrize("case", WRONG)
def test_points_that_cannot_be_used_are_refused(case: str):
    wrong, message = WRONG[case]
    with pytest.raises(MatchError, match=message):
        candidate_links(wrong, HERE, max_km=5)
    with pytest.raises(MatchError, match=message):
        candidate_links(HERE, wrong, max_km=5)


@pytest.mark.parametrize("reach", [0, -1, float("nan"), float("inf")])
def test_reach_must_be_positive(reach: float):
    with pytest.raises(MatchError, match="max_km"):
        candidate_links(HERE, HERE, max_km=reach)


def test_partitions_give_the_same_links():
    dask_geopandas = pytest.importorskip("dask_geopandas")
    rng = np.random.default_rng(5)
    sinks = points([(x, y) for x, y in rng.uniform((12, 56.5), (13, 57.5), (50, 2))])
    sources = points([(12.5, 57.0), (12.6, 57.1)])
    plain = candidate_links(sources, sinks, max_km=30)
    parts = candidate_links(sources, dask_geopandas.from_geopandas(sinks, npartitions=4), max_km=30)
    together = parts.compute().sort_values(["source", "sink"], ignore_index=True)
    pd.testing.assert_frame_equal(
        together, plain.sort_values(["source", "sink"], ignore_index=True), check_dtype=False
    )
