"""Seasons: cover and storage of a flat supply, and what stores cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbios_geo.errors import ParameterError
from symbios_geo.heat.season import (
    cover_without_storage,
    flat_supply_share,
    pit_store_cost,
    storage_for_full_cover,
    store_volume_m3,
    tank_store_cost,
)

WEST_SWEDEN = [16.85, 14.12, 11.54, 7.22, 5.11, 2.75, 1.77, 2.10, 3.85, 7.13, 10.48, 17.07]
SHARES = np.array(WEST_SWEDEN) / np.sum(WEST_SWEDEN)


@pytest.mark.parametrize("shares", [None, SHARES], ids=["bundled", "published"])
@pytest.mark.parametrize(
    ("ratio", "cover"),
    [(0.25, 0.2462), (0.5, 0.4376), (1, 0.7130), (1.25, 0.8165), (1.5, 0.8894), (3, 1.0)],
)
def test_cover_of_a_flat_supply(ratio, cover, shares):
    assert cover_without_storage(ratio, shares) == pytest.approx(cover, abs=5e-5)


def test_store_for_full_cover_of_an_equal_supply():
    assert storage_for_full_cover(1, SHARES) == pytest.approx(0.28697, abs=5e-6)


def test_store_is_the_height_of_the_cumulated_difference_when_supply_equals_demand():
    level = np.cumsum(flat_supply_share() - SHARES)
    assert storage_for_full_cover(1, SHARES) == pytest.approx(level.max() - level.min())


def test_an_ample_supply_needs_no_store():
    assert storage_for_full_cover(3) == 0


@given(ratio=st.floats(0, 5), more=st.floats(0, 2))
def test_cover_grows_and_never_exceeds_supply_or_demand(ratio, more):
    cover = cover_without_storage(ratio)
    assert 0 <= cover <= min(ratio, 1) + 1e-12
    assert cover_without_storage(ratio + more) >= cover


@given(ratio=st.floats(1, 4), more=st.floats(0, 2))
def test_store_shrinks_with_the_supply(ratio, more):
    assert storage_for_full_cover(ratio + more) <= storage_for_full_cover(ratio)


@given(supply=st.floats(1, 4))
def test_the_store_covers_every_month_of_a_repeated_year(supply):
    size = level = storage_for_full_cover(supply)
    for surplus in np.tile(supply * flat_supply_share() - SHARES, 3):
        level = min(level + surplus, size)
        assert level >= -1e-6


def test_a_flat_demand_is_fully_covered_by_hours():
    hours = np.full(8760, 1 / 8760)
    assert cover_without_storage(1, hours) == pytest.approx(1)
    assert storage_for_full_cover(1, hours) == pytest.approx(0, abs=1e-9)


def test_several_ratios_at_once():
    cover = cover_without_storage(np.array([0.25, 1.0]))
    np.testing.assert_allclose(cover, [0.2462, 0.7130], atol=5e-5)


def test_store_prices():
    assert pit_store_cost(70_000) == pytest.approx(4.78)
    assert tank_store_cost(3_000) == pytest.approx(172.9455, abs=5e-5)


def test_the_published_pit_holds_about_4500_mwh():
    assert store_volume_m3(4_500, 90, 35) == pytest.approx(70_000, rel=0.01)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cover_without_storage(-0.1), "ratio = -0.1 must be at least 0"),
        (lambda: cover_without_storage(1, [0.5, 0.6]), "add up to 1.1"),
        (lambda: cover_without_storage(1, [1.5, -0.5]), "shares"),
        (lambda: cover_without_storage(float("nan")), "ratio = nan"),
        (lambda: storage_for_full_cover(0.9), "ratio = 0.9 must be at least 1"),
        (lambda: pit_store_cost(0), "volume_m3 = 0"),
        (lambda: store_volume_m3(1, 35, 90), "hot_c - cold_c"),
    ],
)
def test_impossible_arguments_are_named(call, words):
    with pytest.raises(ParameterError, match=words):
        call()
