"""Temperature: published COP values, and the direction in which each result must move."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbios_geo.effects.emissions import climate_benefit_t
from symbios_geo.errors import ParameterError
from symbios_geo.heat.heat_pumps import entropic_mean_k, heat_pump_cop
from symbios_geo.heat.temperature import link_mode, preheat_share


def lorenz_cop(source_in, source_out, sink_in, sink_out):
    """Return the ideal COP between a source that cools and a sink that warms."""
    ends = np.array([[source_in, source_out], [sink_out, sink_in]], dtype=float)
    source, sink = entropic_mean_k(*ends.T)
    return sink / (sink - source)


@pytest.mark.parametrize(
    ("source_in", "source_out", "sink_out", "sink_in", "lorenz", "jensen"),
    [
        (25, 15, 70, 35, 10.099, 4.0459),
        (10, 4, 70, 35, 7.1982, 3.3816),
        (35, 25, 80, 45, 10.407, 4.1552),
        (20, 10, 65, 35, 9.2801, 3.8905),
    ],
)
def test_large_heat_pump_cop(source_in, source_out, sink_out, sink_in, lorenz, jensen):
    streams = (source_in, source_out, sink_in, sink_out)
    assert lorenz_cop(*streams) == pytest.approx(lorenz, rel=5e-5)
    assert heat_pump_cop(*streams) == pytest.approx(jensen, abs=5e-5)


def test_heat_pump_cop_of_the_second_worked_example():
    assert heat_pump_cop(12, 6, 45, 80) == pytest.approx(3.0993, abs=5e-5)


def test_lorenz_cop_is_continuous_when_the_cooling_vanishes():
    assert lorenz_cop(15, 15 - 1e-5, 35, 70) == pytest.approx(lorenz_cop(15, 15, 35, 70), rel=1e-6)


def test_lorenz_efficiency_of_the_danish_10_mw_heat_pump():
    assert 5.1 / lorenz_cop(25, 15, 35, 70) == pytest.approx(0.505, abs=5e-4)


def test_a_lift_under_ten_kelvin_gives_cop_zero():
    assert heat_pump_cop(60.1, 40, 40, 70) == 0
    assert heat_pump_cop(60, 40, 40, 70) > 1


def test_a_source_warmer_on_average_than_the_sink_gives_cop_zero():
    assert heat_pump_cop(50, 50, 10, 65) == 0


def test_isobutane_differs_from_ammonia():
    # worked by hand from the coefficients: lift 65 K, warming 35 K, glide 12.8285 K, work 0.165
    by_hand = lorenz_cop(25, 15, 35, 70)
    sink = by_hand * (lift := 325.3375 / by_hand)
    glide, work = -0.0011 * 65 + 0.3 * 35 + 2.4, 0.0035 * 65 - 0.0033 * 35 + 0.053
    expected = (sink + glide + 5) / (lift + glide + 5 + 10) * 0.8 * (1 - work) + 0.2
    assert heat_pump_cop(25, 15, 35, 70, refrigerant="isobutane") == pytest.approx(expected, 1e-3)


@given(
    source=st.floats(0, 60),
    cooling=st.floats(0, 20),
    warming=st.floats(0, 40),
    lift=st.floats(25, 80),
    more=st.floats(0.1, 20),
)
def test_cop_falls_with_the_lift_and_stays_under_the_ideal(source, cooling, warming, lift, more):
    sink = source + lift + warming
    streams = (source, source - cooling, sink - warming, sink)
    cop = heat_pump_cop(*streams)
    assert 1 < cop < lorenz_cop(*streams)
    assert heat_pump_cop(source, source - cooling, sink - warming + more, sink + more) < cop


def test_preheat_share_of_the_worked_example():
    assert preheat_share(70, 85, 45, difference_k=5) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("source", "mode"),
    [
        (90, "direct"),
        (89.9, "preheat"),
        (50.1, "preheat"),
        (50, "heat_pump"),
        (12, "heat_pump"),
        (1.9, "impossible"),
    ],
)
def test_link_mode_at_its_limits(source, mode):
    assert link_mode(source, 85, 45, difference_k=5) == mode


def test_too_great_a_lift_is_impossible_and_direct_use_never_is():
    assert link_mode(5, 100, 50) == "impossible"
    assert link_mode(1, -20, -30) == "direct"


def test_link_mode_takes_columns():
    sources = pd.Series([95.0, 70.0, 20.0, 0.5])
    modes = link_mode(sources, 85.0, 45.0, difference_k=5)
    assert modes.tolist() == ["direct", "preheat", "heat_pump", "impossible"]


@given(source=st.floats(-5, 150), supply=st.floats(30, 120), cooling=st.floats(5, 60))
def test_mode_and_share_agree(source, supply, cooling):
    share = preheat_share(source, supply, supply - cooling)
    mode = link_mode(source, supply, supply - cooling)
    assert (mode == "direct") == (share == 1)
    assert mode != "preheat" or 0 < share < 1


def test_climate_benefit_changes_sign_with_the_electricity():
    assert climate_benefit_t(10, 4, 58.2, 59) == pytest.approx(579.33, abs=5e-3)
    assert climate_benefit_t(10, 4, 58.2, 524.1) == pytest.approx(-971.0, abs=5e-2)
    assert climate_benefit_t(10, 4, 58.2, 232.8) == pytest.approx(0, abs=1e-9)


def test_direct_use_needs_only_pumping():
    assert climate_benefit_t(10, None, 58.2, 100, pump=0.2) == pytest.approx(582 - 20)


def test_a_column_keeps_its_index():
    sources = pd.Series([10.0, 20.0], index=["a", "b"])
    avoided = climate_benefit_t(sources, 4, 58.2, 59)
    assert avoided.index.tolist() == ["a", "b"]
    np.testing.assert_allclose(avoided, [579.333333, 1158.666667], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: heat_pump_cop(15, 25, 35, 70), "source_out_c = 25 must not exceed source_in_c"),
        (lambda: heat_pump_cop(25, 15, 70, 35), "sink_in_c = 70 must not exceed sink_out_c"),
        (lambda: heat_pump_cop(25, 15, 35, 70, refrigerant="x"), "'x' is not known"),
        (lambda: heat_pump_cop(25, -300, 35, 70), "above -273.15"),
        (lambda: climate_benefit_t(-1, 4, 58.2, 59), "source = -1 must be at least 0"),
        (lambda: climate_benefit_t(1, 1, 58.2, 59), "cop = 1 must be above 1"),
        (lambda: climate_benefit_t(float("nan"), 4, 58.2, 59), "source = nan must be a finite"),
        (lambda: preheat_share(70, 45, 85), "return_c = 85 must be below supply_c = 45"),
        (lambda: preheat_share(70, 85, 45, difference_k=-1), "difference_k = -1"),
        (lambda: link_mode("warm", 85, 45), "source_c = 'warm' must be a number"),
        (lambda: climate_benefit_t(10, 4, -1, 59), "displaced = -1"),
    ],
)
def test_impossible_arguments_are_named(call, words):
    with pytest.raises(ParameterError, match=words):
        call()


def test_a_fault_in_a_column_is_located():
    sources = pd.Series([10.0, -2.0], index=["mill", "dairy"])
    with pytest.raises(ParameterError, match="'dairy'"):
        climate_benefit_t(sources, 4, 58.2, 59)


def test_columns_with_different_index_are_refused():
    with pytest.raises(ParameterError, match="same index"):
        climate_benefit_t(pd.Series([1.0], index=["a"]), pd.Series([4.0], index=["b"]), 58.2, 59)
