"""Plants asked for by name and place: the rows of their own module, matched like any other."""

from __future__ import annotations

import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo.errors import ParameterError, RegisterError
from symbios_geo.matching.candidates import find_candidates
from symbios_geo.plans.planned import PLANTS, planned_flows, with_plants
from symbios_geo.tables import read_table

SITE = "hylte_paper"
SIZED = {"greenhouse": 12.0, "digester": 30.0, "electrolyser": 20.0, "data_centre": 36.0}


@pytest.mark.parametrize("kind", PLANTS)
def test_a_plan_is_what_its_module_derives(halland, kind):
    plant = PLANTS[kind]
    direct = plant.module.derive_flows(
        halland, site_id=SITE, additive="yes", **{plant.size: SIZED[kind]}
    )
    pd.testing.assert_frame_equal(planned_flows(halland, f"{kind}@{SITE}:{SIZED[kind]}"), direct)


@pytest.mark.parametrize("kind", ["greenhouse", "digester"])
def test_without_a_size_the_plant_has_its_usual_one(halland, kind):
    direct = PLANTS[kind].module.derive_flows(halland, site_id=SITE, additive="yes")
    pd.testing.assert_frame_equal(planned_flows(halland, f"{kind}@{SITE}"), direct)


def test_plants_follow_the_assumptions(halland):
    usual = planned_flows(halland, f"greenhouse@{SITE}")
    twice = planned_flows(halland, f"greenhouse@{SITE}", {"concept_greenhouse_ha": 20})
    assert twice["value"].to_numpy() == pytest.approx(2 * usual["value"].to_numpy())


def test_several_plants_stand_together(halland):
    grown = with_plants(halland, [f"greenhouse@{SITE}", f"electrolyser@{SITE}:20"])
    assert len(grown.flows) > len(halland.flows)
    assert grown.flows["flow_id"].is_unique


def test_gases_of_plants_go_to_those_who_burn_or_breathe_them(halland):
    grown = with_plants(halland, ["electrolyser@ringhals:20", "digester@wapno_biogas"])
    links = find_candidates(grown, "materials").links
    ends = [links["stream_source"], links["sink"]]
    pays = (links["worth"] - links["unit_cost"]).groupby(ends).max()
    # as in Höganäs, where the works burns biogas of the town; hydrogen as in Hofors costs more
    assert pays["upgraded_gas", "hoganas_halmstad-materials-furnace_gas"] > 0
    assert pays["hydrogen", "hoganas_halmstad-materials-furnace_gas"] < 0
    assert ("oxygen", "vastra_stranden-materials-oxygen_for_biology") in pays.index
    # a tonne of hydrogen replaces what its heating value does: 33.33 over 13.9 MWh/t
    burnt = links[links["stream_source"] == "hydrogen"].iloc[0]
    assert burnt["efficiency"] == pytest.approx(33.33 / 13.9, abs=1e-3)


@pytest.mark.parametrize("plan", ["windmill@x", "greenhouse", "@hylte_paper", "", "greenhouse@"])
def test_a_text_that_is_no_plan_is_refused(halland, plan):
    with pytest.raises(ParameterError, match="is no plant"):
        planned_flows(halland, plan)


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (f"electrolyser@{SITE}", "needs a size in MW"),
        (f"greenhouse@{SITE}:big", "needs a size in ha"),
        (f"greenhouse@{SITE}:-3", "area_ha"),
        (f"electrolyser@{SITE}:nan", "power_mw"),
    ],
)
def test_a_size_that_cannot_be_is_refused(halland, plan, why):
    with pytest.raises(ParameterError, match=why):
        planned_flows(halland, plan)


def test_unknown_places_and_second_plants_are_refused(halland):
    with pytest.raises(RegisterError, match="Did you mean hylte_paper"):
        planned_flows(halland, "greenhouse@hylte_papper")
    with pytest.raises(RegisterError, match="has a greenhouse already"):
        with_plants(halland, [f"greenhouse@{SITE}"] * 2)


def test_a_plant_takes_and_gives_no_more_than_it_has(halland):
    for plan in (f"greenhouse@{SITE}", f"digester@{SITE}", f"electrolyser@{SITE}:20"):
        rows = planned_flows(halland, plan)
        change = sg.matching.compare_added(halland, rows)
        sums = rows.groupby(["resource", "role"])["value"].sum()
        for resource, found in change.iterrows():
            assert found["to_plant"] <= sums.get((resource, "sink"), 0.0) + 1e-6
            assert found["from_plant"] <= sums.get((resource, "source"), 0.0) + 1e-6


def test_a_greenhouse_beside_waste_heat_is_heated_by_it(halland):
    rows = planned_flows(halland, f"greenhouse@{SITE}")
    heat = sg.matching.compare_added(halland, rows).loc["heat"]
    assert heat["to_plant"] > 20
    assert heat["with_plant"] > heat["without_plant"]


def test_a_data_centre_gives_its_electricity_back_as_warm_air():
    register = sg.load_register()
    rows = planned_flows(register, "data_centre@port_halmstad:36").set_index("resource")
    # the least that the scenarios of the Energy Agency have for Halland in 2050 is 314 GWh
    assert rows.loc["electricity", "value"] == pytest.approx(36 * 8.76)
    heat = rows.loc["heat"]
    assert heat["value"] == pytest.approx(0.6 * 36 * 8.76)
    assert heat["low"] < heat["value"] < heat["high"] < rows.loc["electricity", "value"]
    assert heat["temperature_high_c"] < 60


@pytest.mark.parametrize(("plan", "gwh"), [("data_centre", 189.2), ("electrolyser", 50.0)])
def test_planned_heat_is_a_source_of_the_plan(plan, gwh):
    register = with_plants(sg.load_register(), [f"{plan}@port_halmstad:36"])
    found = find_candidates(register, "heat")
    mine = found.supply.index.str.endswith("-planned") & (found.supply > 0)
    assert found.supply[mine].sum() == pytest.approx(gwh, rel=0.1)
    assert (found.links["source"].isin(found.supply.index[mine])).any()


def test_data_centres_give_the_same_share_of_their_electricity_everywhere():
    shocks = read_table("shocks").query("kind == 'data_centre'")
    assert (shocks["heat_share"] == sg.load_assumptions()["data_centre_heat_share"]).all()
