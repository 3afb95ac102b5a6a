"""The merit order of a network and the price of electricity: published levels and conservation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import symbios_geo as sg
from symbios_geo.assumptions.electricity import electricity_by_month, spot_by_month
from symbios_geo.errors import ParameterError
from symbios_geo.heat import dispatch
from symbios_geo.tables import read_table

SHARES = read_table("profiles")["heat_load_share"].to_numpy(float)
P = sg.load_assumptions()


@given(st.lists(st.floats(0.1, 50), min_size=1, max_size=4), st.floats(0, 0.25))
def test_units_carry_the_load_together(energies, variation):
    load = dispatch.network_load(100.0, 20.0, 0.1, SHARES)
    cost = np.arange(len(energies), dtype=float)[:, None] * np.ones((1, 12))
    names = [f"unit{k}" for k in range(len(energies))]
    steps = dispatch.load_steps(load, variation)
    run = dispatch.run_units(steps, names, np.array(energies), cost)
    assert run.energy_gwh.sum().to_numpy() == pytest.approx(load)
    share = np.array(energies) / sum(energies)
    assert run.energy_gwh.sum(axis=1).to_numpy() == pytest.approx(share * load.sum(), abs=1e-3)


@given(st.floats(0.0, 0.25))
def test_no_more_gives_way_than_runs(variation):
    load = dispatch.network_load(100.0, 0.0, 0.1, SHARES)
    cost = np.array([[1.0], [2.0]]) * np.ones((1, 12))
    steps = dispatch.load_steps(load, variation)
    run = dispatch.run_units(steps, ["base", "peak"], np.array([80.0, 20.0]), cost)
    given_way = dispatch.displaced_by_flat(run, (1.0, 5.0, 200.0), ["base", "peak"])
    assert given_way["gwh"].sum() == pytest.approx(load.sum(), rel=1e-6)
    none = dispatch.displaced_by_flat(run, (1.0, 5.0, 200.0), ["peak"])
    assert none["gwh"].sum() == pytest.approx(run.energy_gwh.loc["peak"].sum(), rel=1e-6)


def test_load_adds_buildings_industry_and_losses():
    load = dispatch.network_load(453.6, 118.0, 0.1091, SHARES)
    # Halmstad 2023: 641.7 GWh were produced or bought (KRE)
    assert load.sum() == pytest.approx(641.7, abs=0.5)


def test_waste_costs_little_or_less_than_nothing_to_burn():
    # 600 SEK/t are paid, 259 and allowances of 0.47 t at 75 EUR are spent: near zero per MWh
    assert -20 < dispatch.fuel_price("waste", P) < 40


@pytest.mark.parametrize(
    ("area", "user", "sek"),
    # own sums of published spot, tax and fees, flat year 2025 with the tax of 2026
    [("SE3", "network", 1039), ("SE4", "network", 1197), ("SE3", "household", 1917)],
)
def test_electricity_has_its_published_level(area, user, sek):
    assert electricity_by_month(area, user, P).mean() == pytest.approx(sek, rel=0.01)


def test_month_matters():
    spot = spot_by_month("SE3", 2025)
    assert (round(spot.min()), round(spot.max())) == (228, 770)


@pytest.mark.parametrize(("area", "year"), [("SE9", 2025), ("SE3", 1999)])
def test_a_year_or_area_without_a_price_is_named(area, year):
    with pytest.raises(ParameterError, match=f"{area}.*{year}.*SE3 2021-2025"):
        spot_by_month(area, year)
