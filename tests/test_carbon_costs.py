"""CO2 costs: published values per tonne, and prices without steps."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import symbios_geo as sg
from symbios_geo.co2.costs import captured_eur_per_t
from symbios_geo.co2.equipment import (
    capture_investment_meur_per_tph,
    electricity_for_capture_mwh,
    heat_for_capture_mwh,
    pipeline_investment_meur,
    truck_cost,
)
from symbios_geo.errors import ParameterError

# prices of the worked example, and of the year of the source
PRICES = {
    "capture_heat_price_eur_per_mwh": 25, "discount_rate": 0.07, "capture_life_years": 25,
    "index_2020_to_2024": 1, "capture_cost_factor": 1,
}  # fmt: skip


def captured(size: float, hours: float, **changes: float) -> float:
    """Return the cost of capture and compression at 60 EUR/MWh of electricity, EUR/t."""
    return captured_eur_per_t(size, hours, 60, dict(sg.load_assumptions()) | PRICES | changes)


def test_capture_of_the_worked_example():
    assert captured(32, 8000) == pytest.approx(74.554, abs=5e-4)


def test_capture_costs_more_at_a_seasonal_plant():
    assert captured(32, 4000) == pytest.approx(117.98, abs=5e-3)


def test_capture_at_the_large_plant():
    assert captured(164, 8000) == pytest.approx(67.3, abs=0.05)


def test_machines_and_chemicals_follow_the_price_level():
    # energy has a price of its own
    energy = 0.833 * 25 + 0.130 * 60
    dearer = captured(32, 8000, index_2020_to_2024=1.2)
    assert dearer - energy == pytest.approx(1.2 * (captured(32, 8000) - energy), rel=1e-3)


def test_capture_by_size_meets_both_plants():
    assert capture_investment_meur_per_tph(32) == pytest.approx(3.0)
    assert capture_investment_meur_per_tph(164) == pytest.approx(2.5)


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
        (lambda: capture_investment_meur_per_tph(0), "tonnes_per_hour = 0"),
        (lambda: truck_cost(-1), "distance_km = -1"),
        (lambda: truck_cost(float("nan")), "distance_km = nan"),
        (lambda: pipeline_investment_meur(-1, 50), "tonnes_per_hour = -1"),
        (lambda: heat_for_capture_mwh(-1), "tonnes = -1"),
    ],
)
def test_impossible_arguments_are_named(call, words):
    with pytest.raises(ParameterError, match=words):
        call()
