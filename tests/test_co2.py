"""CO2: stacks by origin, users, and what a delivered tonne costs."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import priced_co2

import symbios_geo as sg
from symbios_geo.co2 import links as co2
from symbios_geo.co2.equipment import truck_cost


def test_stacks_of_the_small_register(register: sg.Register):
    rows = co2.stacks(register)
    mill = rows.loc[("mill", "stack")]
    assert (mill["biogenic"], mill["fossil"], mill["total"]) == (50, 5, 55)
    assert mill["biogenic_share"] == pytest.approx(50 / 55)
    assert (mill["biogenic_low"], mill["fossil_high"]) == (40, 6)


def test_stacks_add_up_to_the_register(halland: sg.Register):
    rows = co2.stacks(halland)
    flows = halland.flows
    counted = flows[
        (flows["resource"] == "co2") & (flows["role"] == "source") & (flows["additive"] == "yes")
    ]
    for carbon in ("biogenic", "fossil"):
        assert rows[carbon].sum() == pytest.approx(
            counted.loc[counted["carbon"] == carbon, "value"].sum()
        )
    assert (rows["biogenic_low"] <= rows["biogenic"] + 1e-9).all()
    assert rows["total"].is_monotonic_decreasing


def test_fossil_carbon_is_offered_only_when_asked_for(register: sg.Register):
    assert co2.supply_points(register)["value"].tolist() == [50]
    assert co2.supply_points(register, biogenic_only=False)["value"].tolist() == [55]


def test_concept_users_can_be_left_out(register: sg.Register):
    assert co2.demand_points(register, include_concepts=True)["value"].tolist() == [4]
    assert len(co2.demand_points(register, include_concepts=False)) == 0
    assert len(co2.demand_points(register)) == 0
    asked = sg.load_assumptions().replace({"co2_concept_users": 1})
    assert co2.demand_points(register, asked)["imagined"].tolist() == [True]


def test_only_hubs_and_stores_lie_outside_the_county(halland: sg.Register):
    receivers = co2.demand_points(halland, include_concepts=True)
    stores = receivers["user_class"].isin(["hub", "store"])
    users = receivers[~stores]
    assert halland.sites.loc[users["site_id"], "inside"].all()
    assert len(users) > 0
    assert set(receivers.loc[stores, "site_id"]) >= {"ext_cinfracap", "ext_northern_lights"}
    assert not receivers.loc[stores, "imagined"].any()


def test_unit_cost_is_the_sum_of_its_parts():
    for columns in (
        {},
        {"distance_km": 0.0},
        {"nearly_pure": True},
        {"supply": 900.0, "demand": 900.0},
        {"user_class": "hub"},
        {"user_class": "store", "distance_km": 500.0},
        {"grade_sink": "food"},
    ):
        row = priced_co2(**columns)
        assert row["unit_cost"] == pytest.approx(
            row["capture_cost"] + row["transport_cost"] + row["storage_cost"]
        )
        by_year = row["capacity_cost"] + row["fixed_cost"] / row["largest_capacity"]
        assert row["unit_cost"] == pytest.approx(
            row["variable_cost"] + by_year / row["full_load_hours"]
        )
        captured = sg.load_assumptions()["capture_rate"]
        assert row["efficiency"] == (1 if row["nearly_pure"] else captured)


def test_beside_the_source_nothing_is_carried():
    row = priced_co2(distance_km=0.0)
    assert row["mode"] == "beside"
    assert row["transport_cost"] == 0
    assert row["capture_cost"] == pytest.approx(priced_co2()["capture_cost"])


def test_nearly_pure_gas_needs_no_capture_plant():
    row = priced_co2(nearly_pure=True)
    assert row["capture_cost"] == pytest.approx(sg.load_assumptions()["co2_clean_up_eur_per_t"])
    assert row["unit_cost"] < priced_co2()["unit_cost"]


def test_cheaper_of_truck_and_pipeline_is_taken():
    pure = {"nearly_pure": True, "demand": 1.0}
    small, large = priced_co2(**pure, distance_km=60.0), priced_co2(supply=900.0, demand=900.0)
    assert (small["mode"], large["mode"]) == ("truck", "pipeline")
    known = sg.load_assumptions()
    moved = known["index_2020_to_2024"] * float(truck_cost(10 * known["detour_factor"]))
    assert large["transport_cost"] <= known["co2_liquefaction_eur_per_t"] + moved
    # a thousandth of the flow that the price of liquefaction holds for
    dearer = 1000**0.3 * known["co2_liquefaction_eur_per_t"]
    assert priced_co2(**pure)["transport_cost"] <= dearer + moved
    route = 60 * known["detour_factor"]
    by_road = known["index_2020_to_2024"] * float(truck_cost(route))
    assert small["transport_cost"] == pytest.approx(dearer + by_road)


def test_large_plants_capture_cheaper():
    sizes = [priced_co2(supply=size, demand=size)["capture_cost"] for size in (60.0, 300.0, 900.0)]
    assert np.all(np.diff(sizes) <= 0)


def test_missing_hours_take_the_usual_ones():
    usual = sg.load_assumptions()["co2_full_load_hours"]
    assert priced_co2(hours=np.nan)["full_load_hours"] == usual


def test_matching_keeps_within_every_stack(halland: sg.Register):
    answer = sg.match(halland, "co2")
    sent = answer.links.groupby("source")["sent"].sum()
    stacks = co2.supply_points(halland)["value"]
    assert (sent <= stacks.reindex(sent.index) + 1e-6).all()
    used = answer.links[answer.links["delivered"] > 1e-6]
    assert (used["unit_cost"] < used["worth"]).all()
    assert answer.certificate["gap"] == pytest.approx(0, abs=1e-9)
