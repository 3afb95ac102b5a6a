"""Emissions: the sign follows from what is displaced; use of biogenic CO2 is not a removal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbios_geo.co2.fuels import fuel_benefit
from symbios_geo.effects.emissions import (
    compare_displaced,
    emission_factors,
    product_benefit,
)
from symbios_geo.errors import ParameterError


def benefit(table, displaced, electricity):
    row = table[(table["replaced"] == displaced) & (table["electricity"] == electricity)]
    return row.iloc[0]


def test_published_case_changes_sign_with_the_electricity():
    table = compare_displaced(10, 4)
    nordic = benefit(table, "district_heat_stockholm", "nordic_mix")
    residual = benefit(table, "district_heat_stockholm", "residual_mix")
    assert nordic["value"] == pytest.approx(579.33, abs=0.01)
    assert residual["value"] == pytest.approx(-971.0, abs=0.05)
    assert (nordic["sign"], residual["sign"]) == ("benefit", "harm")
    marginal = benefit(table, "district_heat_stockholm", "marginal")
    assert not marginal["is_certain"]
    assert marginal["low"] < 0 < marginal["high"]
    assert marginal["sign"] == "unclear"


def test_factors_offered_are_the_published_ones():
    power = emission_factors("electricity")
    assert power.loc["nordic_mix", "value"] == 59
    assert power.loc["marginal", ["value", "low", "high"]].tolist() == [500, 100, 800]
    assert power.loc["residual_mix", "value"] == 524.1


def test_direct_heat_needs_no_electricity():
    table = compare_displaced(10, displaced=["natural_gas"])
    assert table["value"].tolist() == [2020.0] * 3
    assert (table["sign"] == "benefit").all()


@given(source=st.floats(0.1, 100), cop=st.floats(1.5, 8))
def test_replacing_electric_heating_always_helps(source, cop):
    table = compare_displaced(source, cop, displaced=["direct_electricity"])
    assert (table["value"] > 0).all()
    # 1 unit from the source saves exactly the electricity that it replaces
    assert table["value"].to_numpy() == pytest.approx(source * np.array([59, 524.1, 500]))


def test_methanol_helps_with_nordic_power_and_harms_with_marginal():
    table = fuel_benefit(1400)
    assert (table["removal"] == 0).all()
    # 1000 kt x 5.54 MWh/t x 338 kg/MWh, less (0.19 x 53.6 + 0.5 + 1.4 x 0.13) MWh/t x factor
    power = 1000 * (0.19 * 53.6 + 0.5 + 1.4 * 0.13)
    assert table.loc["nordic_mix", "value"] == pytest.approx(1000 * 5.54 * 0.338 - power * 0.059)
    assert table.loc["nordic_mix", "sign"] == "benefit"
    assert table.loc["marginal", "sign"] == "harm"


def test_biogenic_co2_in_products_is_no_removal():
    bubbles = product_benefit(5.9, carbon="biogenic", replaces_fossil_share=1)
    assert bubbles.tolist() == [0, 5.9]
    assert product_benefit(5.9, carbon="biogenic").tolist() == [0, 0]
    assert product_benefit(5.9, carbon="fossil", replaces_fossil_share=1).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: compare_displaced(10, 1.0), "cop = 1"),
        (lambda: compare_displaced(-1, 4), "source = -1"),
        (lambda: compare_displaced(1, 4, displaced=["coal"]), "heat = 'coal'"),
        (lambda: product_benefit(1, carbon="green"), "carbon = 'green'"),
        (
            lambda: product_benefit(1, carbon="biogenic", replaces_fossil_share=2),
            "replaces_fossil_share = 2",
        ),
        (lambda: emission_factors("water"), "kind = 'water'"),
        (lambda: fuel_benefit(10, fuel="ammonia"), "fuel = 'ammonia'"),
    ],
)
def test_bad_input_is_named(call, text):
    with pytest.raises(ParameterError, match=text):
        call()
