from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from helpers import tables

import symbios_geo as sg
from symbios_geo.errors import PlaceError, RegisterError
from symbios_geo.region.coordinates import check_coordinates
from symbios_geo.register.rules import find_faults, read_numbers


def rules(*args, **kwargs):
    return [(f.table, f.row, f.column, f.rule) for f in find_faults(*args, **kwargs)]


def test_good_tables_have_no_fault():
    assert find_faults(tables()) == []


@pytest.mark.parametrize(
    ("column", "cell", "rule"),
    [
        ("name", "", "empty"),
        ("lon", "", "place_missing"),
        ("lon", "abc", "no_number"),
        ("lon", "12,87", "decimal_comma"),
        ("lon", "\u0661\u0662", "no_number"),
        ("lon", "nan", "no_number"),
        ("lon", "inf", "no_number"),
        ("lon", "1e400", "too_large"),
        ("coordinate_error_km", "-1", "too_small"),
        ("municipality_code", "138", "unknown_municipality"),
        ("municipality_code", "9999", "unknown_municipality"),
        ("municipality_code", "0180", "place_municipality"),
        ("municipality_code", "1384", "place_municipality"),
        ("source_id", "nowhere", "unknown_source"),
        ("visibility", "hidden", "unknown_word"),
        ("company_size", "huge", "unknown_word"),
        ("site_id", "a b", "bad_id"),
        ("site_id", "../x", "bad_id"),
        ("name", "x" * 2001, "too_long"),
        ("name", "bell\x07", "bad_characters"),
        ("colour", "red", "unknown_column"),
    ],
)
def test_faults_of_a_site(column, cell, rule):
    found = rules(tables(site={column: cell}))
    row = 1 if rule == "unknown_column" else 2
    assert ("sites", row, column, rule) in found


@pytest.mark.parametrize(("lang", "turned"), [("sv", "16,55"), ("en", "16.55")])
def test_a_swapped_place_is_told_turned_round_wherever_it_lies(lang, turned):
    there = {"lon": "57.09", "lat": "16.55", "municipality_code": "0861"}
    (fault,) = [f for f in find_faults(tables(site=there)) if f.rule == "place_swapped"]
    assert f": lon {turned}, lat 57" in fault.what(lang)
    with pytest.raises(PlaceError, match=r"comes first: lon 16\.55, lat 57\.09"):
        check_coordinates(gpd.GeoSeries.from_xy([57.09], [16.55], crs=4326))


@pytest.mark.parametrize(
    ("lon", "lat", "rule"),
    [
        ("56.69", "12.87", "place_swapped"),
        ("367000", "6285000", "place_projected"),
        ("2.35", "48.86", "place_abroad"),
        ("18.07", "59.33", "place_outside"),
    ],
)
def test_places_that_cannot_be(lon, lat, rule):
    assert rules(tables(site={"lon": lon, "lat": lat})) == [("sites", 2, "lon", rule)]


@pytest.mark.parametrize(
    ("lon", "lat", "rule"),
    [
        ("12.5", "91", "place_projected"),
        ("384000", "6265000", "place_projected"),
        ("0", "-90", "place_abroad"),
        ("59.33", "18.07", "place_swapped"),
    ],
)
def test_places_outside_the_region_are_checked_too(lon, lat, rule):
    far = {"lon": lon, "lat": lat, "municipality_code": "0180"}
    assert ("sites", 2, "lon", rule) in rules(tables(site=far))
    frame = pd.DataFrame(
        {"site_id": ["far"], "name": ["Far"], "lon": [float(lon)], "lat": [float(lat)]}
    )
    with pytest.raises(RegisterError) as caught:
        sg.Register(frame, pd.DataFrame(columns=["site_id", "resource", "role", "value", "unit"]))
    assert rule in {fault.rule for fault in caught.value.faults}


def test_place_outside_is_fine_when_it_says_so():
    far = {"lon": "18.07", "lat": "59.33", "municipality_code": "0180"}
    assert find_faults(tables(site=far)) == []


def test_sites_near_a_generalised_border_or_coast_are_no_fault():
    ringhals = {"lon": "12.110433", "lat": "57.258987", "municipality_code": "1383"}
    assert find_faults(tables(site=ringhals)) == []


@pytest.mark.parametrize(
    ("cells", "column", "rule"),
    [
        ({"low": "7"}, "low", "order"),
        ({"high": "4.5"}, "value", "order"),
        ({"value": "", "low": "9"}, "low", "order"),
        ({"committed": "5.1"}, "committed", "order"),
        ({"temperature_low_c": "90", "temperature_high_c": "60"}, "temperature_low_c", "order"),
        (
            {"supply_temperature_c": "3", "return_temperature_c": "9"},
            "return_temperature_c",
            "order",
        ),
        ({"value": "-1", "low": "-2"}, "value", "too_small"),
        ({"value": "5000000", "high": "5000000"}, "value", "too_large"),
        ({"unit": "MWh/yr"}, "unit", "unit"),
        ({"unit": "kt/yr"}, "unit", "unit"),
        ({"resource": "warmth"}, "resource", "unknown_word"),
        ({"role": ""}, "role", "empty"),
        ({"site_id": "glass"}, "site_id", "unknown_site"),
        ({"year": "2023.5"}, "year", "no_whole"),
        ({"year": "23"}, "year", "too_small"),
        ({"hours_per_year": "9000"}, "hours_per_year", "too_large"),
        ({"concentration_vol_pct": "101"}, "concentration_vol_pct", "too_large"),
    ],
)
def test_faults_of_a_flow(cells, column, rule):
    assert ("flows", 2, column, rule) in rules(tables(flow=cells))


def test_low_above_value_is_told_once():
    assert len(rules(tables(flow={"low": "9"}))) == 1


def test_bundled_places_may_be_named():
    assert find_faults(tables(flow={"site_id": "ringhals"})) == []
    assert find_faults(tables(flow={"site_id": "loc_1380_halmstad"})) == []


def test_known_ids_may_be_named():
    cells = {"site_id": "glass", "source_id": "mine"}
    known = {"site_id": {"glass"}, "source_id": {"mine"}}
    assert len(find_faults(tables(flow=cells))) == 2
    assert find_faults(tables(flow=cells), known=known) == []


def test_repeated_ids_also_when_only_capitals_differ():
    twice = tables(sites=2)
    twice["sites"].loc[3, "site_id"] = "MILL"
    assert rules(twice) == [("sites", 3, "site_id", "repeated")]


def test_missing_column():
    short = tables()
    short["flows"] = short["flows"].drop(columns="role")
    assert rules(short) == [("flows", 1, "role", "missing_column")]


def test_decimal_comma_is_read_where_it_is_welcome():
    comma = tables(flow={"value": "5,5"})
    assert rules(comma) == [("flows", 2, "value", "decimal_comma")]
    assert find_faults(comma, decimal_comma=True) == []
    assert read_numbers("flows", comma["flows"]).loc[2, "value"] == 5.5


def test_all_faults_come_at_once_in_order():
    found = rules(tables(site={"lon": "x", "name": ""}, flow={"role": "giver", "value": "much"}))
    assert found == [
        ("sites", 2, "lon", "no_number"),
        ("sites", 2, "name", "empty"),
        ("flows", 2, "role", "unknown_word"),
        ("flows", 2, "value", "no_number"),
    ]


def test_text_of_a_fault_names_place_and_remedy_in_both_languages():
    (fault,) = find_faults(tables(flow={"role": "giver"}))
    assert fault.text("en") == (
        "flows, row 2, column role: \u201cgiver\u201d is not a known value; "
        "use one of: Source, Demand"
    )
    assert "rad 2" in fault.text("sv")
    assert "K\u00e4lla, Behov" in fault.text("sv")


def test_long_cells_are_quoted_short():
    (fault,) = find_faults(tables(flow={"role": "x" * 500}))
    assert len(fault.text("en")) < 250
