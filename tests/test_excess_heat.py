"""Excess heat: published estimates, and the two readings of the sector share."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbios_geo.errors import ParameterError
from symbios_geo.heat.excess_heat import (
    car_park_air_m3_per_h,
    cold_store_kwh,
    data_centre_kwh,
    from_emissions,
    from_production,
    river_kwh,
    sewage_effluent_kwh,
    sewer_kwh,
    supermarket_kwh,
    ventilation_kwh,
)


def test_both_readings_of_the_sector_share():
    assert from_emissions(100_000, "coal", "chemicals") == pytest.approx(72.25)
    assert from_emissions(100_000, "coal", "chemicals", reading="B") == pytest.approx(216.75)


def test_a_million_tonnes_of_wood_carbon_is_two_and_a_half_twh_of_fuel():
    assert from_emissions(1e6, "wood", "paper_and_wood") / 0.25 == pytest.approx(2481, rel=1e-3)
    assert from_emissions(1e6, "wood", "livestock") == pytest.approx(248, abs=0.5)


def test_paper_at_hylte_in_the_published_database():
    production = 13_801 * 23.57  # the database scales paper on fossil CO2
    assert production == pytest.approx(325_281, abs=20)
    assert from_production(production, "paper") == pytest.approx(49.69, abs=5e-3)


@pytest.mark.parametrize(
    ("heat", "kwh"),
    [
        (lambda: sewage_effluent_kwh(1000, cooling_k=4), 340_666.67),
        (lambda: sewage_effluent_kwh(1000), 340_666.67),
        (lambda: sewage_effluent_kwh(1000, design_capacity=True), 228_246.67),
        (lambda: data_centre_kwh(10), 23_652.0),
        (lambda: supermarket_kwh(1000), 984_000),
        (lambda: supermarket_kwh(electricity_kwh=5000), 9_750),
        (lambda: cold_store_kwh(30), 45_000),
        (lambda: cold_store_kwh(electricity_kwh=5000), 18_000),
        (lambda: ventilation_kwh(car_park_air_m3_per_h(2000)), 441_504),
        (lambda: ventilation_kwh(500, cooling_k=9), 13_140),
        (lambda: sewer_kwh(1000), 170_333.33),
        (lambda: river_kwh(100, 6), 4_088_000),
    ],
)
def test_unconventional_sources(heat, kwh):
    assert heat() == pytest.approx(kwh, abs=5e-3)


def test_data_centre_counts_the_it_electricity_once():
    assert data_centre_kwh(electricity_kwh=1000) == pytest.approx(900)


def test_sewage_stays_under_the_hot_water_of_a_person():
    assert sewage_effluent_kwh(1) < 1150


@given(water=st.floats(-1, 30))
def test_a_river_gives_no_negative_heat_and_at_most_six_kelvin(water):
    assert 0 <= river_kwh(100, water) <= river_kwh(100, 8)


def test_a_cold_river_gives_nothing():
    assert river_kwh(100, 1.5) == 0


def test_months_can_be_given_as_a_column():
    water = pd.Series([1.0, 6.0, 15.0])
    hours = pd.Series([744.0, 672.0, 744.0])
    heat = river_kwh(100, water, hours=hours)
    assert heat.tolist() == pytest.approx([0, 100 * 4200 / 3600 * 4 * 672, 100 * 7 / 6 * 6 * 744])


@given(hours=st.floats(0, 8760))
def test_heat_is_proportional_to_the_hours(hours):
    year = sewer_kwh(1000)
    assert sewer_kwh(1000, hours=hours) == pytest.approx(year * hours / 8760)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: from_emissions(-1, "coal", "metals"), "co2_t = -1"),
        (lambda: from_emissions(1, "peat moss", "metals"), "fuel = 'peat moss' is not known"),
        (lambda: from_emissions(1, "coal", "toys"), "sector = 'toys' is not known"),
        (lambda: from_emissions(1, "coal", "metals", reading="C"), "reading = 'C'"),
        (lambda: from_production(1, "toys"), "product = 'toys'"),
        (lambda: sewage_effluent_kwh(1, cooling_k=-1), "cooling_k = -1"),
        (lambda: sewer_kwh(1, hours=-1), "hours = -1"),
        (lambda: sewer_kwh(1, hours=9000), "hours = 9000"),
        (lambda: data_centre_kwh(), "either area_m2 or electricity_kwh"),
        (lambda: data_centre_kwh(10, electricity_kwh=10), "not both"),
        (lambda: river_kwh(float("nan"), 6), "flow_m3_per_h = nan"),
    ],
)
def test_impossible_arguments_are_named(call, words):
    with pytest.raises(ParameterError, match=words):
        call()
