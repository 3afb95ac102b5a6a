"""The made-up country: always the same, in Sweden, and matched alike however it is cut up."""

from __future__ import annotations

import os

import pandas as pd
import psutil
import pytest
from distributed import Client, Future, LocalCluster
from helpers import covered_shares

from symbios_geo.matching import allocation as matching
from symbios_geo.matching import scale
from symbios_geo.matching.allocation import solve, value_of
from symbios_geo.region.sweden import load_swedish_municipalities
from symbios_geo.study.draws import draw

pytest.importorskip("dask_geopandas")
BUILDINGS, SOURCES = 4_000, 60


@pytest.fixture(scope="module")
def country():
    return scale.synthetic_country(BUILDINGS, SOURCES)


def test_country_is_the_same_every_time_and_another_with_another_seed(country):
    for made, again in zip(country, scale.synthetic_country(BUILDINGS, SOURCES), strict=True):
        pd.testing.assert_frame_equal(made, again)
    others = scale.synthetic_country(BUILDINGS, SOURCES, seed=1)
    assert (others[1]["value"] != country[1]["value"]).any()


def test_supply_is_four_fifths_of_demand_and_lies_about_sweden(country):
    sources, sinks = country
    assert (len(sources), len(sinks)) == (SOURCES, BUILDINGS)
    assert sources["value"].sum() == pytest.approx(0.8 * sinks["value"].sum())
    assert sinks.crs == sources.crs == "EPSG:3006"
    sweden = load_swedish_municipalities().to_crs("EPSG:3006").buffer(20_000).union_all()
    assert sources.within(sweden).all()
    assert sinks.within(sweden).all()


def test_partitions_and_processes_do_not_change_the_answer(country, monkeypatch):
    monkeypatch.setattr(matching, "LINKS_PER_BATCH", 20)
    whole, _ = scale.national_match(*country, partitions=1)
    for cut in ({"partitions": 7}, {"partitions": 3, "workers": 2}):
        parts, seconds = scale.national_match(*country, **cut)
        assert len(parts.links) == len(whole.links)
        assert value_of(parts) == pytest.approx(value_of(whole), rel=1e-12)
        assert (seconds > 0).all()
    assert whole.certificate["parts"] > 2
    assert abs(whole.certificate["gap"]) < 1e-9


def test_answer_is_that_of_the_plain_engine(country):
    sources, sinks = country
    answer, _ = scale.national_match(sources, sinks, max_km=4.0, worth=50.0, cost_per_km=3.0)
    links = answer.links
    assert links["distance_km"].max() <= 4.0
    assert links["unit_cost"].to_numpy() == pytest.approx(3.0 * links["distance_km"].to_numpy())
    again = solve(links.sample(frac=1, random_state=1), sources["value"], sinks["value"])
    assert value_of(again) == pytest.approx(value_of(answer), rel=1e-12)


def test_growth_says_what_each_size_took():
    table = scale.growth((1_000, 2_000))
    assert list(table.index) == [1_000, 2_000]
    assert list(table["sources"]) == [5, 10]
    assert (table[["links", "seconds_links", "seconds_solve"]] > 0).all(axis=None)
    assert table["cover"].between(0, 0.8).all()
    assert table["gap"].abs().max() < 1e-9


class Assassin:
    """A Dask client that kills one of its workers once tasks are under way."""

    def __init__(self, client: Client, pid: int) -> None:
        self.client, self.pid = client, pid

    def map(self, *given: object, **options: object) -> list[Future]:
        futures = self.client.map(*given, **options)
        psutil.Process(self.pid).kill()
        return futures

    def gather(self, futures: list[Future]) -> list[object]:
        return self.client.gather(futures)


@pytest.mark.slow
def test_a_killed_worker_of_a_cluster_changes_nothing(country, study):
    whole, _ = scale.national_match(*country, partitions=1)
    draws = draw(study.register, study.assumptions, n=4)
    found = study.candidates["heat"]
    shares = covered_shares(found, study.register, draws)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        for answer in ("country", "draws"):
            client.wait_for_workers(2)
            pid = next(iter(client.run(os.getpid).values()))
            broken = Assassin(client, pid)
            if answer == "country":
                parts, _ = scale.national_match(*country, partitions=3, client=broken)
                assert value_of(parts) == pytest.approx(value_of(whole), rel=1e-12)
            else:
                again = covered_shares(found, study.register, draws, workers=2, client=broken)
                pd.testing.assert_frame_equal(again, shares)
