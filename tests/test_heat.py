"""Heat points and the price of heat links: nothing counted twice, nothing from nowhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from totals import total

import symbios_geo as sg
from symbios_geo.assumptions.electricity import electricity_by_month
from symbios_geo.assumptions.finance import annuity_factor, pipe_annuity
from symbios_geo.effects.business import invested
from symbios_geo.heat import links as heat
from symbios_geo.heat.pipes import choose_pipe, pumping_per_km
from symbios_geo.model import BOUNDS
from symbios_geo.plans import greenhouse
from symbios_geo.register.classes import flow_class

SUPPLY_C, RETURN_C = 65.0, 35.0


def link(**columns: object) -> pd.DataFrame:
    row = {
        "source": "a", "sink": "b", "supply": 50.0, "demand": 40.0, "distance_km": 2.0,
        "source_c": 90.0, "cooled_c": 70.0, "supply_c": SUPPLY_C, "return_c": RETURN_C,
        "kind": "network", "heat_density_mwh_per_ha": 300.0,
        "bidding_area": "SE3", "electricity_user": "network", "network_worth": 35.0,
    }  # fmt: skip
    return pd.DataFrame([row | columns])


def priced(**columns: object) -> pd.Series:
    return heat.price_links(link(**columns)).iloc[0]


# --- points --------------------------------------------------------------------------------------


def test_demand_is_the_property_heating_of_the_county_once(halland: sg.Register):
    points = heat.demand_points(halland)
    assert points["value"].sum() == pytest.approx(total("need_gwh"), abs=1e-6)
    flows = halland.flows
    rows = flows[(flows["category"] == "property_heating") & (flows["additive"] == "yes")]
    by_code = halland.sites["municipality_code"].reindex(rows["site_id"]).to_numpy()
    official = rows["value"].groupby(by_code).sum()
    assert points.groupby("municipality_code")["value"].sum().to_dict() == pytest.approx(
        official.to_dict()
    )


def test_network_and_buildings_of_a_place_share_its_need(halland: sg.Register):
    points = heat.demand_points(halland)
    flows = halland.flows
    rows = flows[(flows["category"] == "property_heating") & (flows["additive"] == "yes")]
    need = rows.groupby("site_id")["value"].sum()
    parts = points.groupby("locality_id")["value"].sum()
    assert parts.to_dict() == pytest.approx(need[need.index.isin(parts.index)].to_dict())
    assert (points["value"] >= 0).all()
    assert set(points["kind"]) <= {"network", "buildings", "rural", "user"}


def test_a_network_never_delivers_more_than_its_place_needs(halland: sg.Register):
    flows = halland.flows
    sent = flows["stream"] == heat.DELIVERIES
    tenfold = flows.copy()
    tenfold.loc[sent, BOUNDS] *= 10
    points = heat.demand_points(sg.Register(halland.sites, tenfold))
    assert points["value"].sum() == pytest.approx(total("need_gwh"), abs=1e-6)
    assert (points["value"] >= 0).all()


def test_nuclear_cooling_water_is_left_out(halland: sg.Register):
    usual = heat.supply_points(halland)
    every = halland.pick("heat", "source").set_index("flow_id")
    left = every.loc[every.index.difference(usual.index)]
    assert set(left["class"]) == {"class_nuclear"}
    assert left["value"].sum() > 10 * 2411
    assert usual.index.is_unique


def test_only_additive_streams_are_on_offer(halland: sg.Register):
    points = heat.supply_points(halland)
    flows = halland.flows.set_index("flow_id").loc[points.index]
    assert set(flows["additive"]) == {"yes"}
    assert set(flows["role"]) == {"source"}


@pytest.mark.parametrize(
    ("low", "category", "expected"),
    [(60, "x", "class_60"), (59.9, "x", "class_35"), (35, "x", "class_35"),
     (34.9, "x", "class_low"), (90, "nuclear", "class_nuclear")],
)  # fmt: skip
def test_classes_by_lowest_temperature(low: float, category: str, expected: str):
    flows = pd.DataFrame(
        {"resource": ["heat"], "role": ["source"], "carbon": [None], "temperature_low_c": [low],
         "category": [category], "material_class": [None]}
    )  # fmt: skip
    assert flow_class(flows).tolist() == [expected]


# --- modes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source_c", "mode"), [(90.0, "direct"), (50.0, "preheat"), (25.0, "heat_pump")]
)
def test_temperature_decides_how_a_link_works(source_c: float, mode: str):
    row = priced(source_c=source_c, cooled_c=source_c - 10)
    assert row["temperature_mode"] == mode
    assert (row["lifted"] == 0) == (mode == "direct")
    assert (row["heat_pump_cost"] == 0) == (mode == "direct")


def test_too_cold_and_scattered_links_are_dropped():
    assert heat.price_links(link(source_c=-40.0, cooled_c=-45.0)).empty
    assert heat.price_links(link(kind="rural")).empty


@given(st.floats(12, 120), st.floats(0, 30), st.floats(50, 95), st.floats(10, 40))
@settings(deadline=None)
def test_heat_is_conserved(source_c: float, cooling: float, supply_c: float, drop: float):
    """What is sent and the heat pump's electricity leave at the sink or are lost on the way."""
    rows = heat.price_links(
        link(
            source_c=source_c,
            cooled_c=source_c - cooling,
            supply_c=supply_c,
            return_c=supply_c - drop,
        )
    )
    if rows.empty:
        return
    row = rows.iloc[0]
    carried = row["largest_capacity"] * row["full_load_hours"]
    arrives = carried / (carried + row["loss_mw"] * 8760)
    warmed = row["efficiency"] / arrives  # per unit sent
    electricity = warmed * row["lifted"] / row["cop"] if row["lifted"] else 0.0
    assert 1 + electricity == pytest.approx(warmed)
    assert row["efficiency"] < 1 + electricity


@given(st.floats(15, 85), st.floats(0.5, 8))
@settings(deadline=None)
def test_a_hotter_source_is_never_refused(source_c: float, hotter: float):
    """A stream just under the supply temperature needs a small lift, and must not fall between."""
    colder = heat.price_links(link(source_c=source_c, cooled_c=source_c - 5))
    warmer = heat.price_links(link(source_c=source_c + hotter, cooled_c=source_c + hotter - 5))
    assert len(colder) <= len(warmer)


def test_streams_near_the_supply_temperature_have_a_price():
    for source_c in np.arange(SUPPLY_C - 12, SUPPLY_C + 12):
        row = priced(source_c=source_c, cooled_c=40.0)
        assert np.isfinite(row["unit_cost"])
        assert row["lifted"] <= 0.6


# --- costs ---------------------------------------------------------------------------------------


def test_unit_cost_is_the_sum_of_its_parts():
    for kind in ("network", "buildings", "user"):
        row = priced(kind=kind, source_c=50.0, cooled_c=40.0)
        parts = row["pipe_cost"] + row["heat_pump_cost"] + row["distribution_cost"]
        parts += row["source_cost"]
        assert row["unit_cost"] == pytest.approx(parts)
        by_year = row["capacity_cost"] + row["fixed_cost"] / row["largest_capacity"]
        assert row["unit_cost"] == pytest.approx(
            row["variable_cost"] + by_year / row["full_load_hours"]
        )
        assert (row["distribution_cost"] > 0) == (kind == "buildings")


def test_price_of_a_link_is_that_of_the_transport_formula():
    """Annuity of pipe and station, upkeep and pumping of what is sent, over what arrives."""
    row, given = priced(), sg.load_assumptions()
    power, hours, sek = row["largest_capacity"], row["full_load_hours"], given["sek_per_eur"]
    route = 2.0 * given["detour_factor"]
    pipe = choose_pipe(power + row["loss_mw"], SUPPLY_C, RETURN_C, route_km=route).iloc[0]
    built = pipe["price_sek_per_m"] * route * 1000
    built += given["transmission_station_msek_per_mw"] * 1e6 * power
    spot = electricity_by_month("SE3", "network", given).mean()
    upkeep = given["transmission_upkeep_eur_per_mwh_km"] * given["index_2015_to_2024"]
    moved = route * (upkeep + float(pumping_per_km(SUPPLY_C, RETURN_C)) * spot / sek)
    sent = power * hours + row["loss_mw"] * 8760
    whole = pipe_annuity(assumptions=given) * built / sek + moved * sent
    assert row["pipe_cost"] == pytest.approx(whole / (power * hours), rel=2e-3)


@pytest.mark.parametrize("source_c", [90.0, 50.0, 25.0])
def test_investment_adds_up_by_part_and_by_size(source_c: float):
    row = priced(source_c=source_c, cooled_c=source_c - 10)
    sized = pd.DataFrame([row]).assign(capacity=row["largest_capacity"], delivered=1.0)
    found = invested(sized, heat.HEAT).iloc[0]
    parts = [found[name] for name in ("pipe", "station", "heat_pump", "recovery")]
    assert found["network"] == 0
    # a pipe of half the capacity costs its trench and half its metal
    half = invested(sized.assign(capacity=row["largest_capacity"] / 2), heat.HEAT).iloc[0]
    assert half["station"] == pytest.approx(parts[1] / 2)
    assert half["pipe"] == pytest.approx(row["invest_pipe_fixed_meur"] / 2 + parts[0] / 2)
    assert (found["heat_pump"] > 0) == (source_c < 90)
    # what is invested and what it costs a year are one
    given = sg.load_assumptions()
    pipe, machine = (
        float(annuity_factor(given["discount_rate"], given[f"{name}_life_years"]))
        for name in ("pipe", "recovery")
    )
    if source_c == 90.0:
        yearly = pipe * (parts[0] + parts[1]) + machine * parts[3]
        running = row["variable_cost"] * (8000 * row["largest_capacity"] + 8760 * row["loss_mw"])
        whole = row["unit_cost"] * 8000 * row["largest_capacity"]
        assert whole == pytest.approx(yearly * 1e6 + running, rel=1e-6)


def test_a_known_route_replaces_the_straight_line():
    straight = priced()
    detour = sg.load_assumptions()["detour_factor"]
    same = priced(given_km=2.0 * detour)
    assert same["unit_cost"] == pytest.approx(straight["unit_cost"])
    assert priced(given_km=np.nan)["unit_cost"] == pytest.approx(straight["unit_cost"])
    assert priced(given_km=9.0)["invest_pipe_fixed_meur"] > straight["invest_pipe_fixed_meur"]


def test_farther_is_dearer_and_arrives_less():
    costs = [priced(distance_km=km) for km in (0.5, 2, 5, 10)]
    assert np.all(np.diff([row["unit_cost"] for row in costs]) > 0)
    assert np.all(np.diff([row["efficiency"] for row in costs]) < 0)


def test_where_nothing_arrives_there_is_no_link():
    assert heat.price_links(link(supply=1.0, distance_km=40.0)).empty


def test_assumptions_given_are_the_ones_used():
    usual = sg.load_assumptions()["worth_in_process_eur_per_mwh"]
    changed = {**sg.load_assumptions(), "worth_in_process_eur_per_mwh": usual + 7}
    row = heat.price_links(link(kind="process"), changed).iloc[0]
    assert row["worth"] == pytest.approx(usual + 7)
    assert priced(kind="process")["worth"] == pytest.approx(usual)


def test_a_network_is_worth_what_its_merit_order_says():
    assert priced(network_worth=12.0)["worth"] == pytest.approx(12.0)


def test_a_house_takes_the_cheapest_way_to_heat_itself():
    row = priced(kind="buildings", electricity_user="network")
    p = sg.load_assumptions()
    assert row["worth"] <= p["building_pellets_sek_per_mwh"] / p["sek_per_eur"] + 1e-9
    dear = heat.price_links(link(kind="buildings"), {**p, "electricity_spot_factor": 2.0})
    assert row["worth"] <= dear["worth"].iloc[0]


def test_heat_pumps_pay_the_price_of_the_month():
    row = priced(source_c=50.0, cooled_c=40.0)
    months = row[[f"variable_cost_{month}" for month in range(1, 13)]].astype(float)
    assert months.mean() == pytest.approx(row["variable_cost"])
    # January was the dearest month of 2025 but for February, June the cheapest
    assert months.iloc[0] > months.iloc[5]


def test_pipe_follows_its_smaller_end():
    small_source, small_sink = priced(supply=4.0), priced(demand=4.0)
    both = priced()
    assert small_source["largest_capacity"] < both["largest_capacity"]
    assert small_sink["largest_capacity"] < both["largest_capacity"]
    assert small_source["largest_capacity"] >= sg.load_assumptions()["smallest_heat_link_mw"]


def test_empty_links_stay_empty():
    assert heat.price_links(link().iloc[:0]).empty


def test_a_planned_greenhouse_is_matched_like_any_other_need(halland):
    plan = greenhouse.derive_flows(halland, site_id="hylte_paper", additive="yes")
    grown = halland.add(flows=plan)
    need = plan[(plan["resource"] == "heat") & (plan["role"] == "sink")].set_index("flow_id")[
        "value"
    ]
    points = heat.demand_points(grown)
    assert points.loc[need.index, "kind"].eq("process").all()
    assert points.loc[points["kind"] != "process", "value"].sum() == pytest.approx(
        total("need_gwh")
    )
    found = sg.match(grown, "heat")
    assert (found.unmet[need.index] < need).all()
    before = sg.match(halland, "heat")
    assert found.links["delivered"].sum() > before.links["delivered"].sum()
