"""Greenhouses: size by published figures, ranked sites, and flows that the engine matches."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbios_geo import load_assumptions, load_parameters, load_register
from symbios_geo.errors import ParameterError, RegisterError
from symbios_geo.matching.candidates import find_candidates
from symbios_geo.plans import greenhouse
from symbios_geo.tables import read_table

BOUNDS = ["value", "low", "high"]


@pytest.fixture(scope="module")
def halland():
    return load_register()


@pytest.fixture(scope="module")
def ranked(halland):
    return greenhouse.sites(halland)


def test_ten_hectares_like_frovi():
    table = greenhouse.size(10)[BOUNDS]
    assert table.loc["heat"].tolist() == [30, 20, 40]
    assert table.loc["co2"].tolist() == pytest.approx([2.5, 1.3, 4.5])
    assert table.loc["jobs"].tolist() == [100, 40, 200]
    assert table.loc["tomatoes", "value"] == pytest.approx(8)
    # 100 jobs on 30 GWh: the published 3.3 jobs per GWh
    assert table.loc["jobs", "value"] / table.loc["heat", "value"] == pytest.approx(3.3, abs=0.05)


@settings(max_examples=25, deadline=None)
@given(area=st.floats(0.01, 300), more=st.floats(1.0, 3))
def test_size_is_in_proportion_to_area(area, more):
    small, large = (greenhouse.size(a)[BOUNDS] for a in (area, area * more))
    for item in ("heat", "co2", "tomatoes", "jobs", "peak_heat"):
        assert large.loc[item].tolist() == pytest.approx((small.loc[item] * more).tolist())


def test_every_candidate_is_ranked_by_cover_then_distance(ranked):
    assert ranked["rank"].tolist() == list(range(1, len(ranked) + 1))
    assert ranked["direct_cover"].is_monotonic_decreasing
    full = ranked[ranked["direct_cover"] == 1]
    assert full["source_km"].is_monotonic_increasing
    assert (ranked["source_km"] <= 5).all()
    assert (ranked["cover"] >= ranked["direct_cover"]).all()
    assert (ranked["cover"] <= 1).all()


def test_the_two_mills_come_first(ranked):
    leading = ranked[ranked["direct_cover"] == 1]
    assert set(leading["source_id"]) == {"hylte_paper", "sodra_cell_varo"}
    assert ranked.loc["loc_1315_hyltebruk", "rank"] == 1
    assert ranked.loc["concept_gh_varo", "jobs"] == 100


def test_heat_at_hyltebruk_recomputed(halland, ranked):
    flows = halland.flows
    rows = flows[(flows["site_id"] == "hylte_paper") & (flows["resource"] == "heat")]
    rows = rows[(rows["additive"] == "yes") & (rows["temperature_low_c"] >= 45)]
    free = rows["value"].sum() - rows["committed"].sum()
    assert ranked.loc["loc_1315_hyltebruk", "direct_gwh"] == pytest.approx(free)
    # 15.902 of process heat, beside the 21.524 that are delivered, and 120 of moist air
    assert free == pytest.approx(135.902)


def test_committed_heat_and_summer_surplus_do_not_count(halland):
    streams = greenhouse.free_heat(halland)
    assert not streams.index.str.contains("summer").any()
    hot = streams.loc["sodra_cell_varo-heat-hot_water"]
    # of 683 that can be taken, what is delivered today is a row of its own
    assert hot["free_gwh"] == pytest.approx(683 - 152.816)
    delivered = streams["free_gwh"].get("sodra_cell_varo-heat-hot_water_delivered", 0.0)
    assert delivered == pytest.approx(0)
    assert not streams["site_id"].eq("ringhals").any()


def test_a_longer_reach_never_finds_less(halland, ranked):
    far = greenhouse.sites(halland, reach_km=10)
    for column in ("direct_gwh", "heat_pump_gwh", "co2_kt"):
        assert (far.loc[ranked.index, column] >= ranked[column] - 1e-9).all()


def test_derived_flows_are_accepted_and_matched(halland):
    rows = greenhouse.derive_flows(halland, site_id="loc_1315_hyltebruk")
    value = rows.set_index("resource")["value"]
    assert value[["heat", "co2", "tomatoes"]].tolist() == pytest.approx([30, 2.5, 8])
    heat = rows[rows["resource"] == "heat"].iloc[0]
    assert heat["supply_temperature_c"] == 45
    larger = halland.add(flows=rows)
    assert larger.flows["flow_id"].is_unique
    # a greenhouse that nobody plans buys no CO2 unless imagined users are asked for
    flow_id = rows.set_index("resource").at["co2", "flow_id"]
    assert not find_candidates(larger, "co2").links["sink"].eq(flow_id).any()
    asked = load_assumptions().replace({"co2_concept_users": 1})
    links = find_candidates(larger, "co2", assumptions=asked).links
    assert links["sink"].eq(flow_id).any()


def test_risks_tell_what_happened_in_both_languages():
    for lang in ("sv", "en"):
        text = " ".join(greenhouse.risks(lang))
        assert "2024" in text
        assert "2025" in text
        assert "Frövi" in text


def test_history_of_frovi_is_in_the_data():
    facts = read_table("greenhouse_reference").set_index("fact_id")
    assert facts.loc["frovi_sold", "date"] == "2024-11"
    assert facts.loc["frovi_stopped", "date"] == "2025-05"
    assert facts.loc["frovi_notice", "value"] >= 100
    assert facts.loc["frovi_jobs_expected", "value"] == 100


@pytest.mark.parametrize(
    ("asked", "error", "text"),
    [
        ({"site_id": "nowhere"}, RegisterError, "'nowhere' is not in the register"),
        ({"site_id": "rural_1381"}, RegisterError, "no usable heat source within 5 km.*nearest"),
        ({"site_id": "concept_gh_hylte"}, RegisterError, "has a greenhouse already"),
        ({"site_id": "loc_1315_hyltebruk", "area_ha": 0}, ParameterError, "area_ha = 0"),
        ({"site_id": "loc_1315_hyltebruk", "area_ha": 5000}, ParameterError, "area_ha = 5000"),
        ({"site_id": "loc_1315_hyltebruk", "reach_km": -2}, ParameterError, "reach_km = -2"),
    ],
)
def test_a_greenhouse_that_cannot_be(halland, asked, error, text):
    with pytest.raises(error, match=text):
        greenhouse.derive_flows(halland, **asked)


def test_changed_assumptions_reach_every_item(halland):
    table = load_parameters()
    table.loc["greenhouse_heat_kwh_m2", BOUNDS] = [158, 158, 158]
    assert greenhouse.size(10, table).loc["heat", BOUNDS].tolist() == [15.8] * 3
    assert greenhouse.sites(halland, table)["need_gwh"].unique().tolist() == [15.8]
