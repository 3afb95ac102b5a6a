"""Nine faults found in the code of other tools; none of them may be possible here."""

from __future__ import annotations

import ast
import re
import socket
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

import symbios_geo as sg
from symbios_geo.errors import MatchError, PlaceError
from symbios_geo.heat.pipes import choose_pipe
from symbios_geo.heat.season import flat_supply_share
from symbios_geo.matching.candidates import find_candidates
from symbios_geo.matching.reach import candidate_links
from symbios_geo.model import MONTH_DAYS

ROOT = Path(__file__).parents[1]
CODE = sorted((ROOT / "symbios_geo").rglob("*.py"))
EARTH = Geod(ellps="GRS80")
VARBERG = (12.25, 57.1)


def points(lonlat: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    names = [f"p{n}" for n in range(len(lonlat))]
    return gpd.GeoDataFrame(
        index=names, geometry=gpd.points_from_xy(*np.transpose(lonlat)), crs="EPSG:4326"
    )


def around(km: float) -> gpd.GeoDataFrame:
    """Return points at a true distance in 24 directions."""
    bearings = np.arange(0, 360, 15.0)
    lon, lat, _ = EARTH.fwd(*(np.full(24, x) for x in VARBERG), bearings, np.full(24, km * 1000))
    return points(list(zip(lon, lat, strict=True)))


def test_1_a_degree_of_longitude_is_shorter_than_one_of_latitude():
    east, north = (VARBERG[0] + 0.3, VARBERG[1]), (VARBERG[0], VARBERG[1] + 0.15)
    links = candidate_links(points([VARBERG]), points([east, north]), max_km=50)
    true = [EARTH.inv(*VARBERG, *place)[2] / 1000 for place in (east, north)]
    assert links.sort_values("sink")["distance_km"].tolist() == pytest.approx(true, rel=1e-3)


def test_2_the_search_is_a_circle_and_no_ellipse():
    assert len(candidate_links(points([VARBERG]), around(19.9), max_km=20)) == 24
    assert len(candidate_links(points([VARBERG]), around(20.1), max_km=20)) == 0


def test_3_watts_become_megawatts_by_a_million(halland):
    # a kilometre loses tens of kilowatts, not hundreds
    assert 10 < choose_pipe(5.0, 85.0, 47.0)["loss_w_per_m"].iloc[0] < 60
    links = find_candidates(halland, "heat").links
    route_m = 1000 * links["distance_km"] * sg.load_assumptions()["detour_factor"]
    assert 10 < (links["loss_mw"] * 1e6 / route_m).median() < 60


def test_4_a_day_has_24_hours_and_a_year_365_days():
    assert MONTH_DAYS.sum() * 24 == 8760
    assert flat_supply_share().sum() == pytest.approx(1, abs=1e-15)
    assert flat_supply_share()[0] * 8760 == pytest.approx(31 * 24)


@pytest.mark.parametrize("system", ["EPSG:4326", "EPSG:3006", "EPSG:25832", "EPSG:3857"])
def test_5_every_declared_projection_gives_the_same_answer(system):
    ends = points([VARBERG, (12.86, 56.67)]), points([(12.3, 57.0), (12.9, 56.7)])
    expected = candidate_links(*ends, max_km=60)
    given = candidate_links(*(end.to_crs(system) for end in ends), max_km=60)
    pd.testing.assert_frame_equal(given, expected, rtol=1e-6)
    codes = sg.assign_municipality(ends[0].to_crs(system))
    assert codes.tolist() == ["1383", "1380"]


def test_5_an_undeclared_projection_is_refused():
    bare = points([VARBERG]).set_crs(None, allow_override=True)
    with pytest.raises(MatchError, match="no coordinate system"):
        candidate_links(bare, bare, max_km=10)
    with pytest.raises(PlaceError, match="no coordinate system"):
        sg.assign_municipality(bare)


def test_5_no_other_country_stands_in_the_code():
    # SWEREF 99 TM and its twelve zones, RT 90, Europe's grid and WGS 84; files of neighbours, whose
    # system is named to whoever brings them, are in UTM 32 or that of web maps
    known = {str(code) for code in range(3006, 3019)} | {"3021", "3035", "4326", "25832", "3857"}
    named = {code for path in CODE for code in re.findall(r"EPSG:(\d+)", path.read_text("utf-8"))}
    assert named <= known


def test_6_no_network_changes_nothing(monkeypatch):
    before = sg.match(sg.load_register(), "heat").links

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OSError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    after = sg.match(sg.load_register(), "heat").links
    pd.testing.assert_frame_equal(pd.DataFrame(after), pd.DataFrame(before), check_exact=True)


@pytest.mark.parametrize("column", ["unit_cost", "worth"])
def test_6_a_missing_price_is_never_a_default(column):
    link = {"source": "a", "sink": "b", "unit_cost": 1.0, "worth": 3.0}
    ends = pd.Series({"a": 1.0}), pd.Series({"b": 1.0})
    with pytest.raises(MatchError, match=column):
        sg.matching.solve(pd.DataFrame([link | {column: np.nan}]), *ends)
    with pytest.raises(MatchError, match=column):
        sg.matching.solve(pd.DataFrame([link]).drop(columns=column), *ends)


def test_7_no_solver_needs_a_licence_to_buy():
    bought = {"gurobipy", "cplex", "docplex", "xpress", "mosek", "coptpy", "localsolver"}
    pinned = (ROOT / "requirements.txt").read_text("utf-8")
    assert not bought & set(re.findall(r"^([\w-]+)==", pinned, flags=re.MULTILINE))
    imported = {
        name.split(".")[0]
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert not bought & imported
    assert "ortools" in imported


def test_8_the_code_is_written_in_the_oldest_python_promised():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    oldest = re.match(r">=3\.(\d+)", project["project"]["requires-python"])
    assert oldest
    version = (3, int(oldest.group(1)))
    assert project["tool"]["ruff"]["target-version"] == f"py3{version[1]}"
    for path in CODE:
        ast.parse(path.read_text("utf-8"), feature_version=version)


def test_9_every_source_is_used_whatever_its_row():
    names = [f"s{n}" for n in range(12)]
    links = pd.DataFrame({"source": names, "sink": names, "unit_cost": 1.0, "worth": 2.0})
    amounts = pd.Series(1.0, names)
    for order in (links, links[::-1], links.sample(frac=1, random_state=3)):
        sent = sg.matching.solve(order, amounts, amounts).links.set_index("source")["sent"]
        assert sent.reindex(names).tolist() == [1.0] * 12
