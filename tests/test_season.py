"""Seasons: the year of a flat supply, and the water that stores heat."""

import pytest

from symbios_geo.errors import ParameterError
from symbios_geo.heat.season import flat_supply_share, store_volume_m3


def test_a_flat_supply_gives_what_the_days_of_a_month_are():
    assert flat_supply_share().sum() == pytest.approx(1)
    assert flat_supply_share()[1] == pytest.approx(28 / 365)


def test_the_published_pit_holds_about_4500_mwh():
    assert store_volume_m3(4_500, 90, 35) == pytest.approx(70_000, rel=0.01)


def test_impossible_arguments_are_named():
    with pytest.raises(ParameterError, match="hot_c - cold_c"):
        store_volume_m3(1, 35, 90)
