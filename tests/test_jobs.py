"""Jobs: published factors and their spread, indirect jobs and displacement apart."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbios_geo import load_assumptions, load_parameters
from symbios_geo.assumptions.values import RangeWarning
from symbios_geo.co2.benefit import co2_effects
from symbios_geo.effects.jobs import estimate_jobs, factor_spread, job_factors
from symbios_geo.errors import ParameterError

BOUNDS = ["value", "low", "high"]


@pytest.mark.parametrize(
    ("amount", "basis", "factor", "direct"),
    [
        (2, "district_heating", None, [10, 8, 12]),  # 5 (4-6) jobs per project
        (100, "biogas", None, [100, 50, 125]),
        (10, "greenhouse", "greenhouse_ha", [100, 40, 200]),
        (60, "avoided_co2", "co2_kt_sotenas", [102, 102, 102]),
        (42_000, "avoided_co2", "co2_kt_nisp", [10_080, 10_080, 10_080]),
    ],
)
def test_direct_jobs_by_published_factors(amount, basis, factor, direct):
    table = estimate_jobs(amount, basis, factor_id=factor)
    assert table.loc["direct", BOUNDS].tolist() == pytest.approx(direct)


def test_spread_of_jobs_per_tonne_is_sevenfold():
    spread = factor_spread().loc["avoided_co2"]
    assert spread["spread"] == pytest.approx(7, abs=0.1)
    assert spread["factors"] == 2
    both = estimate_jobs(10, "avoided_co2").loc["direct"]
    assert both["high"] / both["low"] == pytest.approx(spread["spread"])


def test_indirect_and_displaced_stand_apart():
    plain = estimate_jobs(10, "greenhouse", factor_id="greenhouse_ha")
    moved = estimate_jobs(10, "greenhouse", factor_id="greenhouse_ha", displacement=True)
    assert plain["value"].tolist() == pytest.approx([100, 60, 0, 160])
    assert moved["value"].tolist() == pytest.approx([100, 60, 25, 135])
    # least: 40 jobs, multiplier 1.3, 60 % moved; most: 200, 2.0, none
    assert moved.loc["net", BOUNDS].tolist() == pytest.approx([135, 28, 400])


@given(amount=st.floats(0, 1e4), displacement=st.booleans())
def test_ranges_are_in_order_and_net_adds_up(amount, displacement):
    table = estimate_jobs(amount, "district_heating", displacement=displacement)
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    part = table["value"]
    assert part["net"] == pytest.approx(part["direct"] + part["indirect"] - part["displaced"])


def test_outlier_is_listed_but_not_used():
    factors = job_factors()
    assert factors.loc["ostersund_ha", "value"] == 53
    assert "ostersund_ha" not in job_factors(include_outliers=False).index
    assert estimate_jobs(1, "greenhouse").loc["direct", "high"] == 20


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ((-1, "biogas"), "amount = -1"),
        ((1, "magic"), "basis = 'magic'"),
    ],
)
def test_bad_input_is_named(asked, text):
    with pytest.raises(ParameterError, match=text):
        estimate_jobs(*asked)


def test_factor_of_another_basis_is_refused():
    with pytest.raises(ParameterError, match="factor_id = 'biogas_gwh'"):
        estimate_jobs(1, "district_heating", factor_id="biogas_gwh")


@pytest.mark.parametrize(
    ("name", "value"), [("jobs_multiplier", 0.5), ("job_displacement_share", 1.5)]
)
def test_parameters_outside_their_range_are_refused(name, value):
    table = load_parameters()
    table.loc[name, BOUNDS] = value
    with pytest.raises(ParameterError, match=name):
        estimate_jobs(1, "biogas", table)


def test_jobs_of_a_greenhouse_follow_its_assumption():
    row = load_assumptions().table.loc["greenhouse_jobs_per_ha"]
    factor = job_factors().loc["greenhouse_ha"]
    assert factor[["value", "low", "high"]].tolist() == row[["value", "low", "high"]].tolist()
    more = estimate_jobs(10, "greenhouse", {"greenhouse_jobs_per_ha": 12.0})
    assert more.loc["direct", "value"] == pytest.approx(120.0)


def test_jobs_of_a_link_follow_what_the_study_assumes():
    link = pd.DataFrame([{"stream_sink": "greenhouse_enrichment", "delivered": 2.0}])
    with pytest.warns(RangeWarning, match="greenhouse_jobs_per_ha"):
        changed = load_assumptions().replace({"greenhouse_jobs_per_ha": 30})
    area_ha = 200 / changed["greenhouse_co2_kg_m2"]
    for assumptions in (load_assumptions(), changed):
        jobs = co2_effects(link, assumptions).iloc[0]
        told = estimate_jobs(area_ha, "greenhouse", assumptions).loc["direct"]
        assert jobs[["jobs_low", "jobs_high"]].tolist() == pytest.approx(told[["low", "high"]])
    assert told["high"] == pytest.approx(30 * area_ha)


def test_only_new_networks_for_houses_have_jobs(study):
    new = study.business.query("resource == 'heat' and status == 'new'")
    houses = new["site_id_sink"].map(study.register.sites["place_type"]).eq("locality")
    assert 0 < houses.sum() < len(new)
    assert (new["jobs"].notna() == houses).all()
    told = estimate_jobs(1, "district_heating").loc["direct"]
    assert set(new.loc[houses, "jobs_low"]) == {told["low"]}
    assert set(new.loc[houses, "jobs_high"]) == {told["high"]}
