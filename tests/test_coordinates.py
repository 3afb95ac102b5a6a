"""Coordinates as municipalities have them: local zones, the old grid, degrees and minutes."""

from __future__ import annotations

import geopandas as gpd
import pytest
from helpers import filled

from symbios_geo.register import check as intake
from symbios_geo.register.collect import read_forms
from symbios_geo.register.forms import read_form
from symbios_geo.register.locate import STATED, SYSTEMS, UNREAD

PLACE = (12.87, 56.69)


def cells(lon, lat, pair=("lon", "lat")):
    blank = {(3, column): None for column in ("lon", "lat", "northing", "easting", "address")}
    return blank | {(3, pair[0]): lon, (3, pair[1]): lat}


def place_of(path):
    (form,) = read_forms(path)  # read once with what checks it
    row = form.tables["sites"].loc[3]
    return [float(row[column].replace(",", ".")) for column in ("lon", "lat")]


@pytest.mark.parametrize("pair", [("lon", "lat"), ("easting", "northing")])
@pytest.mark.parametrize("system", SYSTEMS)
def test_local_and_old_systems_are_recognised_by_the_municipality_and_shown_back(
    tmp_path, system, pair
):
    point = gpd.GeoSeries.from_xy([PLACE[0]], [PLACE[1]], crs=4326).to_crs(system).iloc[0]
    path = filled(tmp_path / "x.xlsx", sites=cells(round(point.x), round(point.y), pair))
    assert intake.check_file(path) == []
    assert place_of(path) == pytest.approx(PLACE, abs=2e-5)
    (notice,) = intake.notices_of(path)
    assert SYSTEMS[system] in notice.text("sv")
    assert f"{point.y:.0f}, {point.x:.0f}" in notice.text("sv")


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ("56.69, 12.87", None), (None, "12,87; 56,69"), (None, "56,69, 12,87"),
        ("12°52'12\"E", "56°41'24\"N"), ("12° 52.2' E", "N 56° 41.4'"),
        ("56.690000,12.870000", None), ("56°41'24.0\"N 12°52'12.0\"E", None),
        ("N 56.69 E 12.87", None), (None, "56,69° N, 12,87° Ö"),
    ],
)  # fmt: skip
def test_degrees_as_people_copy_them(tmp_path, lon, lat):
    path = filled(tmp_path / "x.xlsx", sites=cells(lon, lat))
    assert intake.check_file(path) == []
    assert place_of(path) == pytest.approx(PLACE, abs=1e-4)


def test_west_is_not_read_as_east(tmp_path):
    path = filled(tmp_path / "x.xlsx", sites=cells("12°52'12\"W", "56°41'24\"N"))
    assert "no_number" in [fault.rule for fault in intake.check_file(path)]


@pytest.mark.parametrize("swapped", [False, True])
def test_sweref_99_tm_among_degrees_is_shown_back(tmp_path, swapped):
    point = gpd.GeoSeries.from_xy([PLACE[0]], [PLACE[1]], crs=4326).to_crs(3006).iloc[0]
    pair = (round(point.x), round(point.y))
    path = filled(tmp_path / "x.xlsx", sites=cells(*(pair[::-1] if swapped else pair)))
    assert intake.check_file(path) == []
    assert place_of(path) == pytest.approx(PLACE, abs=2e-5)
    (notice,) = intake.notices_of(path)
    assert "SWEREF 99 TM: lon 12.8700, lat 56.6900" in notice.text("sv")


@pytest.mark.parametrize("system", ["EPSG:3009", "EPSG:25832", "EPSG:3857"])
def test_a_system_that_is_not_read_is_named(tmp_path, system):
    point = gpd.GeoSeries.from_xy([PLACE[0]], [PLACE[1]], crs=4326).to_crs(system).iloc[0]
    path = filled(tmp_path / "x.xlsx", sites=cells(round(point.x), round(point.y)))
    (fault,) = intake.check_file(path)
    assert fault.rule == "place_unread"
    assert UNREAD[system] in fault.text("sv")


@pytest.mark.parametrize(
    ("word", "code"),
    [("sweref99 tm", "EPSG:3006"), ("RT90 2.5 gon V", "EPSG:3021"), ("3007", "EPSG:3007")],
)
def test_a_system_may_be_written_in_many_ways(tmp_path, word, code):
    path = filled(tmp_path / "x.xlsx", sites=cells("", "") | {(3, "crs"): word})
    assert read_form(path).tables["sites"].loc[3, "crs"] == code


@pytest.mark.parametrize("system", STATED)
def test_a_stated_system_counts_though_the_municipality_is_blank(tmp_path, system):
    point = gpd.GeoSeries.from_xy([PLACE[0]], [PLACE[1]], crs=4326).to_crs(system).iloc[0]
    given = cells(round(point.x, 4), round(point.y, 4)) | {(3, "municipality_code"): None}
    path = filled(tmp_path / "x.xlsx", sites=given | {(3, "crs"): STATED[system]})
    assert intake.check_file(path) == []
    assert intake.notices_of(path) == []
    assert place_of(path) == pytest.approx(PLACE, abs=1e-4)
    assert read_form(path).tables["sites"].loc[3, "municipality_code"] == "1380"


@pytest.mark.parametrize(
    ("lon", "lat", "crs", "rule"),
    [
        (12.87, 56.69, "EPSG:3006", "place_crs"),
        (370000, 6285000, "WGS 84", "place_crs"),
        (1325000, 6285000, "SWEREF 99 13 30", "place_crs"),
        (12.87, 56.69, "RT 38", "unknown_word"),
    ],
)  # fmt: skip
def test_numbers_that_are_no_place_in_the_stated_system_are_refused(tmp_path, lon, lat, crs, rule):
    path = filled(tmp_path / "x.xlsx", sites=cells(lon, lat) | {(3, "crs"): crs})
    assert rule in [fault.rule for fault in intake.check_file(path)]


@pytest.mark.parametrize("system", STATED)
@pytest.mark.parametrize("stated", [False, True])
def test_a_grid_reference_turned_round_is_told_in_every_system(tmp_path, system, stated):
    point = gpd.GeoSeries.from_xy([PLACE[0]], [PLACE[1]], crs=4326).to_crs(system).iloc[0]
    given = cells(round(point.y, 2), round(point.x, 2), ("easting", "northing"))
    crs = {(3, "crs"): STATED[system]} if stated else {}
    (fault,) = intake.check_file(filled(tmp_path / "x.xlsx", sites=given | crs))
    assert (fault.rule, fault.cell) == ("place_swapped_grid", "K3")
