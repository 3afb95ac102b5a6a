"""The bottom-up design of a CO2 pipeline against the runs of the published model."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbios_geo.co2 import pipelines as co2
from symbios_geo.co2.equipment import pipeline_investment_meur
from symbios_geo.errors import ParameterError
from symbios_geo.tables import read_table

ASSUMED = {"electricity_price": 60, "hours": 8000, "rate": 0.08}
# km, kg/s, EUR/t, MEUR, MWh/t: runs of the model after Oeuvray et al. 2024 as coded in AdOpT-NET0
RUNS = [
    (10, 5, 12.232, 2.024, 0.09448),
    (50, 5, 18.831, 11.784, 0.0949),
    (50, 10, 14.579, 13.750, 0.09618),
    (100, 10, 19.851, 27.499, 0.1023),
    (50, 25, 11.311, 18.924, 0.09624),
    (100, 50, 11.663, 47.011, 0.09758),
]


def published_energy(design):
    """Return the energy as the published code counts it: one full lift more where pumps stand."""
    p = read_table("co2_pipeline_design").set_index("item")["value"]
    lift_pa = (design["inlet_mpa"] - p["outlet"]) * 1e6
    full_lift = lift_pa / (p["pump_efficiency"] * p["density"]) / 3.6e9 * 1000
    return design["energy_mwh_per_t"] + (design["pumps"] > 0) * full_lift


@pytest.mark.parametrize(("km", "kg_per_s", "cost", "pipe", "energy"), RUNS)
def test_published_runs(km, kg_per_s, cost, pipe, energy):
    design = co2.pipeline_design(3.6 * kg_per_s, km, **ASSUMED)
    assert design["cost_eur_per_t"] == pytest.approx(cost, abs=6e-4)
    assert design["pipe_meur"] == pytest.approx(pipe, abs=6e-4)
    assert published_energy(design) == pytest.approx(energy, abs=6e-6 if energy < 0.1 else 6e-5)


def test_every_kilogram_of_steel_and_metre_of_trench_is_paid_for():
    design = co2.pipeline_design(36, 50, **ASSUMED)
    wall, outer = 0.004, 0.11
    assert (design["wall_m"], design["outer_diameter_m"]) == pytest.approx((wall, outer))
    steel = 3.141592653589793 * wall * (outer - wall) * 7900 * 1.51 * 1.8304643
    metre = 1.25 * (steel + 1013.1 * outer) + 99.3323
    assert design["pipe_meur"] == pytest.approx(metre * 50_000 / 1e6, rel=1e-9)


@pytest.mark.parametrize(("tonnes_per_hour", "km"), [(36, 50), (18, 50), (180, 100), (90, 50)])
def test_price_classes_of_the_energy_agency_are_bounds(tonnes_per_hour, km):
    design = co2.pipeline_design(tonnes_per_hour, km, **ASSUMED)
    classes = pipeline_investment_meur(tonnes_per_hour, km)
    assert 0.5 * classes < design["pipe_meur"] < 1.5 * classes


@settings(max_examples=15)
@given(flow=st.floats(5, 500), km=st.floats(5, 200), growth=st.floats(1.1, 3))
def test_longer_costs_more_and_more_together_costs_less_each(flow, km, growth):
    base = co2.pipeline_design(flow, km)["cost_eur_per_t"]
    assert co2.pipeline_design(flow, km * growth)["cost_eur_per_t"] > base
    # two pipes of the size could always be laid side by side
    assert co2.pipeline_design(2 * flow, km)["cost_eur_per_t"] <= base * (1 + 1e-9)


@settings(max_examples=15)
@given(flow=st.floats(5, 500), km=st.floats(5, 200), price=st.floats(0, 100))
def test_cheaper_power_never_costs_more(flow, km, price):
    dear = co2.pipeline_design(flow, km, electricity_price=price + 20)["cost_eur_per_t"]
    assert co2.pipeline_design(flow, km, electricity_price=price)["cost_eur_per_t"] < dear


def test_co2_handed_over_under_pressure_needs_less_compression():
    low, high = (co2.pipeline_design(36, 50, inlet_bar=bar) for bar in (1.1, 20))
    assert high["compressor_meur"] < low["compressor_meur"]
    assert high["energy_mwh_per_t"] < low["energy_mwh_per_t"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0, 50), "tonnes_per_hour = 0"),
        ((36, -1), "distance_km = -1"),
        ((100_000, 50), "No pipe of co2_pipe_sizes.csv carries 100000 t/h"),
    ],
)
def test_impossible_pipelines_are_refused(arguments, words):
    with pytest.raises(ParameterError, match=words):
        co2.pipeline_design(*arguments)
