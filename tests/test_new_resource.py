"""A resource that nobody thought of: one record, and every part of a run works with it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from helpers import quick

import symbios_geo as sg
from symbios_geo.errors import MatchError
from symbios_geo.factsheets import facts, tables
from symbios_geo.matching import candidates
from symbios_geo.model import BOUNDS, LINK_COLUMNS, Resource
from symbios_geo.outputs.job import Job
from symbios_geo.outputs.parts import make_parts

pytestmark = pytest.mark.usefixtures("coarse")
KEY = "food_waste"  # the register has sources of it, and no user


def ends(role: str):
    def points(register: sg.Register, _assumptions: object) -> gpd.GeoDataFrame:
        flows = register.flows
        rows = flows[(flows["resource"] == KEY) & (flows["role"] == role) & (flows["value"] > 0)]
        columns = ["site_id", "stream", "category", *BOUNDS, "committed"]
        return register.at_sites(rows.set_index("flow_id")[columns].assign(profile="flat_share"))

    return points


def price(links: pd.DataFrame, _assumptions: object) -> pd.DataFrame:
    cost = 0.2 * links["distance_km"]
    size = np.maximum(np.minimum(links["supply"], links["demand"]) / 8, 1e-3)
    return links.assign(
        mode="cargo_bike", efficiency=1.0, largest_capacity=size, full_load_hours=8000.0,
        variable_cost=cost, capacity_cost=0.0, fixed_cost=0.0, unit_cost=cost, worth=60.0,
    )  # fmt: skip


FEED = Resource(
    KEY, "kt/yr", price, ends("source"), ends("sink"), reach="max_co2_link_km", price_unit="EUR/t"
)


@pytest.fixture(scope="module")
def study(halland):
    feed = pd.DataFrame(
        {
            "flow_id": ["feed"], "site_id": ["carlsberg_falkenberg"], "resource": [KEY],
            "role": ["sink"], "stream": ["insect_feed"], "value": [5.0], "low": [3.0],
            "high": [8.0], "unit": ["kt/yr"], "visibility": ["public"],
        }
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(candidates.RESOURCES, KEY, FEED)
        yield sg.run(register=halland.add(flows=feed), readers="public", draws=2)


@pytest.fixture(scope="module")
def job(study, tmp_path_factory):
    verdicts = sg.claims.check_all(study, n=3)
    return Job(quick(study), verdicts, tmp_path_factory.mktemp("out"), "en")


def test_it_is_matched_and_balanced_like_any_other(study):
    links = study.matches[KEY].links
    assert links["delivered"].sum() == pytest.approx(5.0)
    assert study.balances[KEY]["demand"].sum() == pytest.approx(5.0)
    assert list(study.resources) == [*candidates.RESOURCES]


PARTS = make_parts([KEY])


@pytest.mark.parametrize("name", [name for name in PARTS if KEY in name])
def test_each_picture_of_it_is_made(job, name):
    PARTS[name](job)
    stem = name.rpartition(" ")[2]
    made = [path for path in job.folder.rglob(f"{stem}.*") if path.stat().st_size > 1000]
    assert made, name
    words = list(job.folder.rglob(f"{stem}.en.txt"))
    assert all("Food waste" in path.read_text(encoding="utf-8") for path in words)


FILES = ["tables", "geopackage", "geoparquet", "report", "slides", "front page"]


@pytest.mark.parametrize("name", FILES)
def test_each_file_holds_it(job, name):
    before = set(job.folder.rglob("*"))
    PARTS[name](job)
    assert set(job.folder.rglob("*")) - before


def test_no_effect_is_made_up(study):
    found = facts.best_exchanges(study, "1382", top=50)
    feed = found[found["resource"] == KEY].iloc[0]
    assert feed["avoided"].empty
    assert feed[facts.JOBS].isna().all()
    cells = tables.exchange_row(study, feed, "en", "new")
    assert "food waste" in cells[1]
    assert cells[3] == "not known"


def test_a_resource_that_was_not_matched_is_an_error(study):
    with pytest.raises(MatchError, match=r"no resource 'hydrogen'. It matched: heat, co2"):
        study.resource("hydrogen")


@pytest.mark.parametrize("column", [*LINK_COLUMNS, "mode"])
def test_links_that_lack_a_column_are_refused_by_name(column):
    links = pd.DataFrame({name: [1.0] for name in (*LINK_COLUMNS, "mode") if name != column})
    with pytest.raises(MatchError, match=rf"'{KEY}' returned links without {column}"):
        FEED.check_links(links)


def test_a_record_without_reach_says_what_it_lacks(halland, monkeypatch):
    record = Resource(KEY, "kt/yr", price, ends("source"), ends("sink"))
    monkeypatch.setitem(candidates.RESOURCES, KEY, record)
    with pytest.raises(MatchError, match=r"has no `reach`"):
        candidates.find_candidates(halland, KEY)
