"""CO2 costs: published values per tonne, and prices without steps."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbios_geo.co2.costs import (
    capture_cost,
    capture_investment_meur_per_tph,
    electricity_for_capture_mwh,
    heat_for_capture_mwh,
    pipeline_investment_meur,
    truck_cost,
)
from symbios_geo.errors import ParameterError

PRICES = {"electricity_price": 60, "heat_price": 25, "rate": 0.07, "years": 25}


def test_capture_of_the_worked_example():
    assert capture_cost(32, 8000, 3.0, 0.09, **PRICES) == pytest.approx(74.554, abs=5e-4)


def test_capture_costs_more_at_a_seasonal_plant():
    assert capture_cost(32, 4000, 3.0, 0.09, **PRICES) == pytest.approx(117.98, abs=5e-3)


def test_capture_at_the_large_plant():
    assert capture_cost(164, 8000, 2.5, 0.075, **PRICES) == pytest.approx(67.3, abs=0.05)


def test_capture_by_size_meets_both_plants():
    assert capture_investment_meur_per_tph(32) == pytest.approx(3.0)
    assert capture_investment_meur_per_tph(164) == pytest.approx(2.5)
    for size in (32, 164):
        given_cost = capture_cost(size, 8000, *{32: (3.0, 0.09), 164: (2.5, 0.075)}[size], **PRICES)
        assert capture_cost(size, 8000, **PRICES) == pytest.approx(given_cost)


def test_total_capture_investment_grows_with_the_power_089():
    growth = 320 * capture_investment_meur_per_tph(320) / (32 * capture_investment_meur_per_tph(32))
    assert growth == pytest.approx(10**0.89, rel=5e-3)


def test_energy_of_capture():
    assert heat_for_capture_mwh(1e6) == pytest.approx(833e3)
    assert electricity_for_capture_mwh(1e6) == pytest.approx(130e3)


def test_truck_over_50_km():
    assert truck_cost(50) == pytest.approx(10.8)


def test_pipeline_of_60_tonnes_an_hour_over_50_km():
    assert pipeline_investment_meur(60, 50) == pytest.approx(24.0)


@given(size=st.floats(1, 600), growth=st.floats(1, 2))
def test_a_larger_pipeline_never_costs_less_and_never_more_per_tonne(size, growth):
    small, large = pipeline_investment_meur(size, 50), pipeline_investment_meur(size * growth, 50)
    assert small * (1 - 1e-12) <= large <= small * growth * (1 + 1e-12)


def test_no_step_at_the_class_limits_of_the_source():
    for limit in (10, 30, 120, 500):
        below, above = (pipeline_investment_meur(limit * k, 50) for k in (0.999, 1.001))
        assert above == pytest.approx(below, rel=0.003)


@pytest.mark.parametrize(
    ("kg_per_s", "km", "meur"), [(5, 50, 11.784), (10, 50, 13.750), (50, 100, 47.011)]
)
def test_pipeline_is_near_a_published_bottom_up_model(kg_per_s, km, meur):
    assert pipeline_investment_meur(3.6 * kg_per_s, km) == pytest.approx(meur, rel=0.5)


@given(distance=st.floats(0, 500), more=st.floats(0.1, 100))
def test_transport_costs_rise_with_distance(distance, more):
    assert truck_cost(distance + more) > truck_cost(distance)
    assert pipeline_investment_meur(20, distance + more) > pipeline_investment_meur(20, distance)


def test_columns_keep_their_index():
    sizes = pd.Series([10.0, 60.0], index=["a", "b"])
    cost = pipeline_investment_meur(sizes, pd.Series([50.0, 50.0], index=["a", "b"]))
    assert cost.index.tolist() == ["a", "b"]
    assert cost["b"] == pytest.approx(24.0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: capture_cost(0, 8000), "tonnes_per_hour = 0"),
        (lambda: capture_cost(32, 0), "hours = 0 must be above 0"),
        (lambda: capture_cost(32, 9000), "hours = 9000"),
        (lambda: capture_cost(32, 8000, -1, 0), "investment_meur_per_tph = -1"),
        (lambda: capture_cost(32, 8000, rate=-1), "rate = -1 must be above -1"),
        (lambda: truck_cost(-1), "distance_km = -1"),
        (lambda: truck_cost(float("nan")), "distance_km = nan"),
        (lambda: pipeline_investment_meur(-1, 50), "tonnes_per_hour = -1"),
        (lambda: heat_for_capture_mwh(-1), "tonnes = -1"),
    ],
)
def test_impossible_arguments_are_named(call, words):
    with pytest.raises(ParameterError, match=words):
        call()
