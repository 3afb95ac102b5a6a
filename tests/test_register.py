"""The bundled register, and somebody's own, loaded by the same function."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from helpers import FLOW, SITE, tables

import symbios_geo as sg
from symbios_geo.errors import RegisterError


@pytest.fixture
def folder(tmp_path):
    def write(**changes):
        for name, table in tables(**changes).items():
            table.to_csv(tmp_path / f"{name}.csv", index=False)
        return tmp_path

    return write


def test_bundled_register_has_every_kind_of_place(halland):
    assert set(halland.sites["place_type"]) == {"site", "locality", "network"}
    assert halland.sites.crs == "EPSG:4326"
    assert halland.sites.index.is_unique
    assert set(halland.flows["origin"]) == {"stated", "derived"}


def test_own_register_has_the_columns_of_the_bundled_one(folder, halland):
    own = sg.load_register(folder(), bundled=False)
    assert set(halland.sites.columns) <= set(own.sites.columns)
    assert set(halland.flows.columns) <= set(own.flows.columns)
    assert own.flows.loc[0, ["value", "low", "high"]].tolist() == [5, 4, 6]
    assert own.sites.geometry["mill"].coords[0] == (12.87, 56.69)


def test_what_is_left_out_has_careful_defaults(folder):
    own = sg.load_register(folder(flow={"low": "", "high": ""}), bundled=False)
    flow, site = own.flows.loc[0], own.sites.loc["mill"]
    assert (flow["low"], flow["high"]) == (5, 5)
    assert (flow["additive"], flow["confidence"], flow["visibility"]) == ("yes", "C", "internal")
    assert (site["status"], site["inside"], site["visibility"]) == (
        "operating",
        True,
        "internal",
    )


@pytest.mark.parametrize(
    ("site", "flow", "shown"),
    [
        ("public", "", "public"),
        ("public", "secret", "secret"),
        ("secret", "public", "secret"),
        ("internal", "public", "internal"),
        ("", "public", "internal"),
    ],
)
def test_no_flow_shows_more_than_its_site(folder, site, flow, shown):
    path = folder(site={"visibility": site}, flow={"visibility": flow})
    assert sg.load_register(path, bundled=False).flows.loc[0, "visibility"] == shown


def test_flow_at_a_bundled_site_brings_the_site(folder, halland):
    own = sg.load_register(folder(flow={"site_id": "ringhals"}), bundled=False)
    assert set(own.sites.index) == {"mill", "ringhals"}
    assert own.sites.geometry["ringhals"] == halland.sites.geometry["ringhals"]


def test_every_fault_is_in_one_message(folder):
    path = folder(site={"lon": "x"}, flow={"value": "", "unit": "t"})
    with pytest.raises(RegisterError) as caught:
        sg.load_register(path)
    text = str(caught.value)
    assert "3\n" in text
    assert "sites, row 2, column lon" in text
    assert "flows, row 2, column value: the value is missing" in text
    assert "convert to GWh/yr" in text


def test_more_than_fifty_faults_are_counted(folder):
    with pytest.raises(RegisterError, match=r"\(\+\d+\)"):
        sg.load_register(folder(flow={"value": "x", "flow_id": ""}, flows=60))


def test_one_csv_file_is_not_a_register(folder):
    with pytest.raises(RegisterError, match="holds no table flows"):
        sg.load_register(folder() / "sites.csv")


def test_sites_of_a_plain_table_join_the_register(register):
    rows = pd.DataFrame([SITE | {"lon": 12.87, "lat": 56.69, "site_id": "new"}])
    larger = register.add(rows)
    assert isinstance(larger.sites, gpd.GeoDataFrame)
    assert larger.sites.crs == "EPSG:4326"
    assert larger.sites.geometry["new"].coords[0] == (12.87, 56.69)
    assert "new" not in register.sites.index


def test_sites_in_metres_are_converted(register):
    points = gpd.GeoDataFrame(
        {"name": ["x"]}, geometry=gpd.points_from_xy([384_000], [6_265_000]), crs="EPSG:3006"
    ).set_axis(["new"])
    place = register.add(points).sites.geometry["new"]
    assert (place.x, place.y) == pytest.approx((13.12, 56.51), abs=0.02)


@pytest.mark.parametrize(("lon", "lat"), [(56.69, 12.87), (None, 56.6), (384000, 6265000)])
def test_sites_without_proper_degrees_are_refused(register, lon, lat):
    rows = pd.DataFrame({"lon": [lon], "lat": [lat]}, index=["new"])
    with pytest.raises(RegisterError, match="sites new, row 1, column l"):
        register.add(rows)
    with pytest.raises(RegisterError, match="lon and lat"):
        register.add(rows.drop(columns="lat"))


def test_flow_row_of_these_tests_is_the_one_of_the_rules():
    assert FLOW["site_id"] == SITE["site_id"]
