from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo.errors import DataError, MatchError, ParameterError
from symbios_geo.matching.candidates import RESOURCES


@pytest.fixture
def assumed() -> pd.DataFrame:
    return sg.load_parameters()


@pytest.fixture(scope="module")
def one_town(halland) -> sg.Register:
    """Return Hylte alone: small, so that a study of it is quick."""
    here = halland.sites.index[halland.sites["municipality_code"] == "1315"]
    flows = halland.flows[halland.flows["site_id"].isin(here)].reset_index(drop=True)
    return replace(halland, flows=flows)


def delivered(study: sg.Study, resource: str = "heat") -> float:
    return study.matches[resource].links["delivered"].sum()


def test_a_study_holds_everything(study):
    assert set(study.matches) == set(study.candidates) == set(study.balances) == set(RESOURCES)
    assert len(study.municipalities) == 6
    assert study.monthly.shape[0] == 12
    assert delivered(study) > study.headline["existing_gwh"] > 150
    assert 0 <= study.matches["heat"].certificate["gap"] <= 1e-3
    assert study.lang == "sv"


def test_nothing_is_made_or_lost(study):
    for resource, answer in study.matches.items():
        supply, demand = study.candidates[resource].supply, study.candidates[resource].demand
        new = answer.links[answer.links["status"] == "new"]
        assert new["sent"].sum() + answer.unused.sum() == pytest.approx(supply.sum())
        assert new["delivered"].sum() + answer.unmet.sum() == pytest.approx(demand.sum())
    need = study.balances["heat"]["demand"].sum()
    sinks = study.candidates["heat"].sinks
    assert sinks.loc[sinks["kind"] != "process", "value"].sum() == pytest.approx(need)
    assert study.heat_classes["value"][:3].sum() == pytest.approx(
        study.balances["heat"]["supply"].sum()
    )


def test_each_step_is_told(one_town):
    told = []
    sg.run(one_town, lang="en", progress=told.append)
    assert told == ["load", "match", "balance"]


def test_bundled_parameters_are_the_usual_ones(study, assumed):
    again = sg.run(assumptions=assumed)
    pd.testing.assert_frame_equal(again.register.flows, study.register.flows)
    assert again.assumptions == study.assumptions
    assert delivered(again) == pytest.approx(delivered(study))


def test_a_changed_parameter_reaches_register_and_match(study, assumed):
    assumed.loc["ef_black_liquor", "value"] = 0.36
    assumed.loc["heat_seller_sek_per_mwh", "value"] = 290.0
    changed = sg.run(assumptions=assumed)
    more = 4270.507 * (0.36 - 0.343)
    rise = changed.co2["biogenic"].sum() - study.co2["biogenic"].sum()
    assert rise == pytest.approx(more, rel=1e-6)
    assert changed.headline["new_gwh"] < 0.9 * study.headline["new_gwh"]
    assert changed.headline["existing_gwh"] == study.headline["existing_gwh"]


def test_what_is_computed_follows_what_was_changed(one_town, assumed):
    assumed.loc["sawmill_fuel_per_m3", "value"] = 0.30
    changed = sg.run(register=one_town, assumptions=assumed).assumptions.table["value"]
    # 210.344 had 450 thousand m3 at 0.32
    assert changed["varo_kiln_wood_gwh"] == pytest.approx(210.344 + 450 * 0.02)


def test_a_computed_parameter_that_is_set_is_kept(study, assumed):
    assumed.loc["varo_black_liquor_gwh", "value"] = 3900.0
    changed = sg.run(assumptions=assumed)
    assert changed.assumptions.table.loc["varo_black_liquor_gwh", "value"] == 3900
    assert (
        changed.assumptions.table.loc["varo_black_liquor_gwh", "low"] == 3900
    )  # the range stretches
    fall = study.co2["biogenic"].sum() - changed.co2["biogenic"].sum()
    assert fall == pytest.approx((4270.507 - 3900) * 0.343, rel=1e-6)
    assert changed.co2["biogenic"].sum() < 2000


@pytest.mark.parametrize(
    ("name", "column", "figure", "why"),
    [
        ("capture_rate", "value", 1.5, "capture_rate: value is 1.5 share, outside 0 to 1"),
        ("ef_black_liquor", "value", -0.1, "ef_black_liquor: value is -0.1 t/MWh, outside 0"),
        ("detour_factor", "high", float("inf"), "detour_factor: high is inf"),
        ("ef_wood_fuel", "low", 0.5, "ef_wood_fuel: low 0.5 is above high 0.475"),
        ("electrolyser_heat_c", "low", -300, "electrolyser_heat_c: low is -300 degC"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(assumed, name, column, figure, why):
    assumed.loc[name, column] = figure
    with pytest.raises(ParameterError, match=why):
        sg.run(assumptions=assumed)


def test_all_faults_of_parameters_are_told_at_once(assumed):
    assumed.loc["capture_rate", "value"] = 2
    assumed.loc["ef_wood_fuel", "value"] = -1
    broken = assumed.drop(index="detour_factor")
    with pytest.raises(ParameterError, match="detour_factor is missing"):
        sg.run(assumptions=broken)
    with pytest.raises(ParameterError, match=r"ef_wood_fuel.*capture_rate"):
        sg.run(assumptions=assumed)


def test_parameters_of_the_user_are_not_changed(one_town, assumed):
    before = assumed.copy()
    sg.run(register=one_town, assumptions=assumed)
    pd.testing.assert_frame_equal(assumed, before)


def test_a_shorter_reach_finds_fewer_links(one_town):
    near, far = (sg.run(register=one_town, max_km=km) for km in (1.0, 20.0))
    assert len(near.candidates["heat"].pairs) < len(far.candidates["heat"].pairs)
    assert near.candidates["heat"].pairs["distance_km"].max() <= 1
    assert (near.max_km, far.max_km) == (1.0, 20.0)


def test_every_rung_follows_changed_parameters(assumed):
    dear, cheap = 30.0, 0.1
    worth = []
    for price in (dear, cheap):
        assumed.loc["pit_store_eur_per_m3", "value"] = price
        study = sg.run(method="monthly_store", assumptions=assumed)
        worth.append(study.matches["heat"].certificate["primal"])
    assert study.method == "monthly_store"
    assert worth[1] > worth[0] * 1.001


def test_a_register_without_heat_can_be_studied(halland):
    flows = halland.flows[halland.flows["resource"] == "co2"].reset_index(drop=True)
    empty = sg.run(register=replace(halland, flows=flows))
    assert delivered(empty) == 0
    assert empty.balances["heat"]["cover"].isna().all()
    assert delivered(empty, "co2") > 0


def test_unknown_language():
    with pytest.raises(DataError, match="no language 'no'"):
        sg.run(lang="no")


def test_unknown_rung(one_town):
    with pytest.raises(MatchError, match="'nearest' is not known"):
        sg.run(register=one_town, method="nearest")


def test_unknown_objective(one_town):
    with pytest.raises(MatchError, match="'bogus' is not known"):
        sg.match(one_town, "heat", objective="bogus")


def test_senseless_reach(one_town):
    with pytest.raises(MatchError, match="max_km"):
        sg.run(register=one_town, max_km=-3)
