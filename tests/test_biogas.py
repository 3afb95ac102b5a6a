"""Biogas: mass balance, catchments, the choice of digester sites and the published gap."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from totals import total

from symbios_geo import load_parameters, load_register
from symbios_geo.errors import ParameterError, RegisterError
from symbios_geo.matching.candidates import find_candidates
from symbios_geo.plans import biogas

SITE = "loc_1382_vessigebro"


@pytest.fixture(scope="module")
def halland():
    return load_register()


@settings(max_examples=40, deadline=None)
@given(mass=st.floats(1, 500), per_tonne=st.floats(0.0, 1.0))
def test_masses_add_up(mass, per_tonne):
    out = biogas.digest(mass, mass * per_tonne)
    assert out["methane_mass"] + out["offgas_co2"] + out["digestate"] == pytest.approx(mass)
    assert out["digestate"] > 0
    assert out["methane"] == pytest.approx(mass * per_tonne)


def test_a_digester_by_hand():
    # 100 kt of manure at 0.15 MWh/t: 15 GWh, 15 / 13.9 kt methane, 15 x 0.132 kt CO2
    out = biogas.digest(100, 15)
    assert out["methane_mass"] == pytest.approx(1.079, abs=1e-3)
    assert out["offgas_co2"] == pytest.approx(1.98)
    assert out["heat"] == pytest.approx(2.2)  # the published 22 kWh/t and 2.2 GWh at 100 kt
    assert out["electricity"] == pytest.approx(0.92 + 15 * 0.019)
    assert out["digestate"] == pytest.approx(100 - 15 / 13.9 - 1.98)


def test_gas_heavier_than_substrate_is_refused():
    with pytest.raises(ParameterError, match="potential_gwh = 100"):
        biogas.digest(1, 100)


def test_substrate_points_keep_the_totals_of_the_register(halland):
    points = biogas.substrate_points(halland, deduct_existing=False)
    flows = halland.flows
    for column, stream in [
        ("manure", "manure_total"),
        ("food_waste", "food_waste_collectable"),
        ("manure_methane", "manure_methane_potential"),
    ]:
        assert points[column].sum() == pytest.approx(
            flows.loc[flows["stream"] == stream, "value"].sum()
        )
    free = biogas.substrate_points(halland)
    used = flows[(flows["resource"] == "manure") & (flows["role"] == "sink")]["committed"].sum()
    assert used == 120
    assert points["manure"].sum() - free["manure"].sum() == pytest.approx(used)


def test_a_longer_haul_never_reaches_less(halland):
    near, far = (biogas.catchments(halland, truck_km=km) for km in (8, 16))
    assert (far.loc[near.index, "methane_gwh"] >= near["methane_gwh"]).all()
    everything = biogas.catchments(halland, truck_km=300)
    total = biogas.substrate_points(halland)["methane"].sum()
    assert everything["methane_gwh"].to_numpy() == pytest.approx(total)


def test_catchment_recomputed_from_points(halland):
    points = biogas.substrate_points(halland).to_crs("EPSG:3006")
    centre = halland.sites.to_crs("EPSG:3006").geometry[SITE]
    inside = points[points.distance(centre) <= 12_000]
    table = biogas.catchments(halland, truck_km=12, candidates=[SITE])
    assert table.loc[SITE, "manure_kt"] == pytest.approx(inside["manure"].sum())


def test_derived_flows_balance_and_are_accepted(halland):
    rows = biogas.derive_flows(halland, site_id=SITE)
    value = rows.set_index("stream")["value"]
    gas = value["upgraded_gas"] + value["biogas_upgrading_offgas"]
    assert value["digester_substrate"] == pytest.approx(gas + value["digestate"])
    taken = biogas.catchments(halland, candidates=[SITE]).loc[SITE]
    assert value["digester_substrate"] <= taken["manure_kt"] + taken["food_waste_kt"] + 1e-9
    assert set(rows.loc[rows["resource"] == "co2", "carbon"]) == {"biogenic"}
    larger = halland.add(flows=rows)
    assert larger.flows["flow_id"].is_unique
    assert larger.flows["carbon"].dtype == halland.flows["carbon"].dtype
    with pytest.raises(RegisterError, match="added before"):
        biogas.derive_flows(larger, site_id=SITE)


def test_offgas_is_matched_like_any_other_co2(halland):
    rows = biogas.derive_flows(halland, site_id=SITE, additive="yes")
    found = find_candidates(halland.add(flows=rows), "co2").links
    own = found[found["source"].str.startswith(SITE)]
    assert not own.empty
    assert own["nearly_pure"].all()


def test_capacity_limits_what_a_digester_takes(halland):
    small = biogas.derive_flows(halland, site_id=SITE, capacity_gwh=10).set_index("stream")
    assert small.loc["upgraded_gas", "value"] * 13.9 == pytest.approx(10)


@pytest.fixture(scope="module")
def few():
    return ["loc_1381_ysby", "loc_1383_torpa", SITE, "wapno_biogas", "loc_1380_kvibille"]


def test_best_sites_equal_trying_every_subset(halland, few):
    match = biogas.best_sites(halland, candidates=few, capacity_gwh=500, at_most=3)
    fixed = 0.05 / (1 - 1.05**-20) * 4 * 1000
    supply = match.unused + match.links.groupby("source")["sent"].sum().reindex(
        match.unused.index, fill_value=0
    )
    profit = match.links.pivot_table(index="source", columns="sink", values="profit")
    best = 0.0
    for count in (1, 2, 3):
        for chosen in combinations(few, count):
            # capacity never binds here: every place sends to where it earns most, or nowhere
            most = profit.reindex(columns=list(chosen)).max(axis=1).clip(lower=0).fillna(0)
            best = max(best, (most * supply.reindex(most.index)).sum() - count * fixed)
    assert match.certificate["objective"] == pytest.approx(best, rel=1e-6)
    assert match.certificate["gap"] < 1e-6


def test_profit_of_a_haul_by_hand(halland):
    link = biogas.best_sites(halland, candidates=[SITE], at_most=1).links.iloc[0]
    point = biogas.substrate_points(halland).loc[link["source"]]
    per_t = 1.5 + 0.15 * 1.3 * link["distance_km"]
    tonnes = (point["manure"] + point["food_waste"]) / point["methane"]
    plant = 0.05 / (1 - 1.05**-20) * 1.1e6 / 8760
    assert link["profit"] == pytest.approx(90 - 25 - plant - per_t * tonnes)


def test_no_digester_pays_when_gas_is_worth_nothing(halland, few):
    table = load_parameters()
    table.loc["biogas_worth_eur_per_mwh", ["value", "low", "high"]] = 0.0
    match = biogas.best_sites(halland, table, candidates=few)
    assert match.certificate["opened"] == []


def test_gap_to_the_published_potential(halland):
    table = biogas.explain_gap(halland)
    own = table.loc["own_sum", ["value", "low", "high"]].astype(float)
    assert own.round().tolist() == [394, 205, 678]
    assert table.loc["published", "value"] == 720
    value = table["value"]
    parts = ["own_sum", "food_industry", "energy_crops", "unexplained"]
    assert value[parts].sum() == pytest.approx(720)
    assert value[["manure", "straw", "ley", "food_waste", "sewage_sludge"]].sum() == pytest.approx(
        own["value"]
    )
    # 10 % of 106 697 ha at 8 t and 3.08 MWh/t, less the ley
    assert value["energy_crops"] == pytest.approx(10_669.7 * 8 * 3.08 / 1000 - value["ley"])
    assert value["food_industry"] == pytest.approx(
        17_500 * 0.19 * 0.345074 / 10.52 - value["food_waste"], rel=1e-3
    )
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()


def test_operating_plants(halland):
    plants = biogas.operating_plants(halland)
    assert {"godastorp_biogas", "wapno_biogas", "kvarngarden_biogas"} <= set(plants.index)
    # every face tells this sum: gas that may not exist is in none
    assert plants["value"].sum() == pytest.approx(total("biogas_gwh"))
    assert plants["status"].eq("operating").all()
    assert plants.index.nunique() == 15
    assert np.all(np.diff(plants["value"]) <= 0)


@pytest.mark.parametrize(
    ("asked", "error", "text"),
    [
        ({"site_id": "nowhere"}, RegisterError, "'nowhere' is not in the register"),
        ({"site_id": "ext_northern_lights"}, RegisterError, "no manure or food waste within 15 km"),
        ({"site_id": SITE, "truck_km": -1}, ParameterError, "truck_km = -1"),
        ({"site_id": SITE, "capacity_gwh": 0}, ParameterError, "capacity_gwh = 0"),
    ],
)
def test_a_digester_that_cannot_be(halland, asked, error, text):
    with pytest.raises(error, match=text):
        biogas.derive_flows(halland, **asked)


def test_yield_above_the_potential_is_refused(halland):
    table = load_parameters()
    table.loc["digester_yield_share", ["value", "high"]] = 1.3
    with pytest.raises(ParameterError, match="digester_yield_share"):
        biogas.derive_flows(halland, table, site_id=SITE)


def test_a_register_without_substrate_says_so(halland):
    flows = halland.flows[~halland.flows["resource"].isin(["manure", "food_waste"])]
    bare = type(halland)(halland.sites, flows[flows["resource"] != "methane_substrate"])
    with pytest.raises(RegisterError, match="no manure or food waste"):
        biogas.catchments(bare)


def test_flows_are_a_plain_table(halland):
    assert isinstance(biogas.derive_flows(halland, site_id=SITE), pd.DataFrame)
