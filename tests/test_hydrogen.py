"""Hydrogen: atoms and energy balance, published figures, and flows that the engine matches."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbios_geo import load_parameters, load_register
from symbios_geo.errors import ParameterError, RegisterError
from symbios_geo.matching.allocation import solve
from symbios_geo.plans import hydrogen
from symbios_geo.register.rules import fields, find_faults

CARBON, HYDROGEN, OXYGEN = 12.011, 1.008, 15.999
CO2, H2, H2O = CARBON + 2 * OXYGEN, 2 * HYDROGEN, 2 * HYDROGEN + OXYGEN
METHANOL, METHANE = CARBON + 4 * HYDROGEN + OXYGEN, CARBON + 4 * HYDROGEN
VARO = "sodra_cell_varo"


@pytest.fixture(scope="module")
def register():
    return load_register()


@pytest.fixture(scope="module")
def parameters():
    return load_parameters()


def changed(parameters, **values):
    table = parameters.copy()
    for name, value in values.items():
        table.loc[name, ["value", "low", "high"]] = value
    return table


@pytest.mark.parametrize(
    ("fuel", "co2", "hydrogen_t"), [("methanol", 1.374, 0.189), ("methane", 2.743, 0.503)]
)
def test_reaction_needs_the_published_masses(fuel, co2, hydrogen_t):
    bare = hydrogen.stoichiometry(fuel)
    assert 1 / bare["product"] == pytest.approx(co2, abs=6e-4)
    assert bare["hydrogen"] / bare["product"] == pytest.approx(hydrogen_t, abs=6e-4)


@pytest.mark.parametrize(
    ("fuel", "moles_h2", "product", "moles_water"),
    [("methanol", 3, METHANOL, 1), ("methane", 4, METHANE, 2)],
)
def test_atoms_are_conserved(fuel, moles_h2, product, moles_water):
    assert pytest.approx(product + moles_water * H2O) == CO2 + moles_h2 * H2
    bare = hydrogen.stoichiometry(fuel)
    expected = [moles_h2 * H2 / CO2, product / CO2, moles_water * H2O / CO2]
    assert bare[["hydrogen", "product", "water"]].tolist() == pytest.approx(expected)


@settings(max_examples=12, deadline=None)
@given(co2=st.floats(0.1, 5000), fuel=st.sampled_from(["methanol", "methane"]))
def test_a_plant_conserves_mass_carbon_hydrogen_and_oxygen(co2, fuel):
    plant = hydrogen.balance(co2, fuel=fuel)["value"]
    product = {"methanol": METHANOL, "methane": METHANE}[fuel]
    oxygen_atoms = {"methanol": 1, "methane": 0}[fuel]
    fed = plant["co2"] + plant["hydrogen"]
    left = plant[["product", "water_reaction", "purge_co2", "purge_hydrogen"]].sum()
    assert left == pytest.approx(fed)
    carbon = plant["product"] * CARBON / product + plant["purge_co2"] * CARBON / CO2
    assert carbon == pytest.approx(plant["co2"] * CARBON / CO2)
    oxygen = (
        plant["product"] * oxygen_atoms * OXYGEN / product
        + plant["water_reaction"] * OXYGEN / H2O
        + plant["purge_co2"] * 2 * OXYGEN / CO2
    )
    assert oxygen == pytest.approx(plant["co2"] * 2 * OXYGEN / CO2)


@pytest.mark.parametrize("heat_share", [0.1, 0.2, 0.9])
@pytest.mark.parametrize("fuel", ["methanol", "methane"])
def test_no_more_energy_leaves_than_enters(parameters, fuel, heat_share):
    table = hydrogen.balance(
        1000, changed(parameters, **{f"{fuel}_heat_share": heat_share}), fuel=fuel
    )
    plant = hydrogen.balance(1000, fuel=fuel)
    for one in (table["value"], plant["value"], plant["low"]):
        fed = one["electricity_electrolysis"] + one["electricity_synthesis"]
        assert one["product_energy"] + one["heat"] <= fed
    assert (plant["low"] <= plant["value"]).all()
    assert (plant["value"] <= plant["high"]).all()


@pytest.mark.parametrize(
    ("kwh_per_kg", "recovery", "hydrogen_share", "heat_share"),
    [(53.6, 0.8405, 0.622, 0.223), (57.7, 0.87, 0.577, 0.276), (47.6, 0.75, 0.699, 0.129)],
)
def test_electrolysers_of_the_danish_catalogue(
    register, parameters, kwh_per_kg, recovery, hydrogen_share, heat_share
):
    chosen = changed(
        parameters, electrolyser_kwh_per_kg=kwh_per_kg, electrolyser_loss_recovery_share=recovery
    )
    rows = hydrogen.derive_flows(register, chosen, site_id=VARO, power_mw=100, hours=8000)
    value = rows[rows["role"] == "source"].set_index("stream")["value"]
    assert rows.set_index("resource").loc["electricity", "value"] == 800
    # lower heating value 33.33 MWh/t; the catalogue states shares of electricity
    assert value["hydrogen"] * 33.33 / 800 == pytest.approx(hydrogen_share, abs=2e-3)
    assert value["electrolyser_heat"] / 800 == pytest.approx(heat_share, abs=3e-3)


def test_electrolyser_takes_54_kwh_and_gives_8_kg_of_oxygen_per_kg():
    plant = hydrogen.electrolyser(100)
    assert plant["electricity"] / plant["hydrogen"] == pytest.approx(54, abs=0.5)
    assert plant["oxygen"] / plant["hydrogen"] == pytest.approx(7.94, abs=0.01)
    assert plant["water"] / plant["hydrogen"] == pytest.approx(9.9)
    # higher heating value: what is not hydrogen is heat, usable or lost
    assert plant["hydrogen"] * 39.39 + plant["heat"] + plant["loss"] == pytest.approx(
        plant["electricity"]
    )


@settings(max_examples=25, deadline=None)
@given(power=st.floats(0.1, 3000), more=st.floats(1.01, 3), hours=st.floats(100, 8760))
def test_a_larger_electrolyser_does_more_of_everything_in_proportion(power, more, hours):
    small = hydrogen.electrolyser(power, hours=hours)
    large = hydrogen.electrolyser(power * more, hours=hours)
    assert (large / small).tolist() == pytest.approx([more] * len(small))


def test_two_million_tonnes_of_co2_to_methanol():
    need = hydrogen.county_need(2000)
    value = need["value"]
    # 2000 / 1.4 x 0.19 x 53.6, and the published 14-18 TWh
    assert value["hydrogen"] == pytest.approx(2000 / 1.4 * 0.19)
    assert value["electricity_electrolysis"] == pytest.approx(2000 / 1.4 * 0.19 * 53.6)
    assert 14_000 < value["electricity"] < 18_000
    assert value["product"] == pytest.approx(1429, abs=1)
    assert value["oxygen"] == pytest.approx(2160, abs=10)
    assert value["heat_electrolyser"] == pytest.approx(3240, abs=10)
    assert value["wind_permitted"] == 1700 + 5000
    assert value["wind_ratio"] == pytest.approx(value["electricity"] / 6700)
    assert need.loc["wind_ratio", "low"] == pytest.approx(1.98, abs=0.01)


def test_two_million_tonnes_of_co2_to_methane():
    value = hydrogen.balance(2000, fuel="methane")["value"]
    assert value["product_energy"] == pytest.approx(2000 / 0.198, rel=2e-3)
    assert value["hydrogen"] * 33.33 == pytest.approx(value["product_energy"] * 1.282, rel=2e-3)


def test_cost_is_the_sum_of_its_parts_recomputed_by_hand():
    cost = hydrogen.fuel_cost(1000, co2_eur_per_t=60, hours=6000)
    annuity = 0.05 / (1 - 1.05**-25)
    power, plant = 0.19 * 53.6, 5.54
    electrolyser = power / 6000 * 1000 * 1200 * (annuity + 0.04)
    synthesis = plant / 6000 * 1000 * 1090 * (annuity + 0.03)
    heat = 0.19 * (53.6 - 39.39) * 0.8405 + 0.1 * (0.19 * 33.33 + 0.5)
    by_hand = (power + 0.5) * 50 + electrolyser + synthesis + 1.4 * 60 - heat * 15
    assert cost.loc["cost", "value"] == pytest.approx(by_hand)
    parts = cost.drop("cost")["value"]
    assert parts.sum() == pytest.approx(cost.loc["cost", "value"])


def test_cost_lies_where_studies_put_it():
    methanol = hydrogen.fuel_cost(1000).loc["cost"]
    # best sites of the world: 1350 EUR/t in 2020, 640 in 2030
    assert 640 < methanol["value"] < 1350
    assert methanol["low"] < 640 < 1350 < methanol["high"]
    methane = hydrogen.fuel_cost(1000, fuel="methane").loc["cost", ["low", "high"]] / 13.9
    assert methane["low"] < 147 < methane["high"]
    parts = hydrogen.fuel_cost(1000)["value"]
    per_kg = (0.19 * 53.6 * 50 + parts["cost_electrolyser"]) / 190
    assert 3.5 < per_kg < 4.5  # published break-even of hydrogen, EUR/kg


@settings(max_examples=3, deadline=None)
@given(price=st.floats(20, 120), more=st.floats(1, 50))
def test_dearer_electricity_makes_dearer_fuel(price, more):
    table = load_parameters()
    cheap, dear = (
        changed(table, hydrogen_stack_price_eur_per_mwh=p) for p in (price, price + more)
    )
    low, high = (hydrogen.fuel_cost(500, t).loc["cost", "value"] for t in (cheap, dear))
    assert high - low == pytest.approx(more * (0.19 * 53.6 + 0.5))


def test_flows_are_accepted_by_the_register_and_its_rules(register):
    rows = pd.concat(
        [
            hydrogen.derive_flows(register, site_id="loc_1383_varberg", power_mw=20),
            hydrogen.derive_fuel_flows(register, site_id=VARO, co2_kt=70),
        ]
    )
    larger = register.add(flows=rows)
    assert len(larger.flows) == len(register.flows) + len(rows)
    assert larger.flows["flow_id"].is_unique
    assert set(rows["additive"]) == {"no"}
    assert set(rows["origin"]) == {"derived"}
    assert (rows["low"] <= rows["value"]).all()
    assert (rows["value"] <= rows["high"]).all()
    heat = rows[rows["resource"] == "heat"]
    assert set(heat["temperature_high_c"]) == {60.0}
    text = rows.reindex(columns=list(fields("flows"))).astype(object)
    text = text.where(text.notna(), "").astype(str)
    assert not find_faults({"flows": text})


def test_heat_of_an_electrolyser_is_matched_to_a_network(register):
    rows = hydrogen.derive_flows(register, site_id="loc_1383_varberg", power_mw=20)
    heat = rows[rows["resource"] == "heat"].set_index("flow_id")["value"]
    links = pd.DataFrame(
        {"source": heat.index, "sink": "dhn_varberg", "unit_cost": 10.0, "worth": 35.0}
    )
    match = solve(links, heat, pd.Series({"dhn_varberg": 5.0}))
    assert match.links["delivered"].sum() == pytest.approx(5.0)


def test_a_fuel_plant_uses_what_capture_leaves_it(register):
    flows = register.flows
    stacks = flows[
        (flows["site_id"] == VARO)
        & (flows["resource"] == "co2")
        & (flows["role"] == "source")
        & (flows["carbon"] == "biogenic")
    ]
    rows = hydrogen.derive_fuel_flows(register, site_id=VARO).set_index("resource")
    assert rows.loc["co2", "value"] == pytest.approx(stacks["value"].sum() * 0.9)
    assert rows.loc["methanol", "value"] == pytest.approx(rows.loc["co2", "value"] / 1.4)


def test_no_project_in_halland_would_use_its_co2():
    counts = hydrogen.project_counts()
    assert counts["uses_region_co2"].sum() == 0
    assert counts.loc[("hydrogen_production", "letter_of_intent"), "projects"] == 1
    decided = {"decided", "operating", "built"}
    assert not decided & set(counts.loc["hydrogen_production"].index)
    everything = hydrogen.project_counts(inside=False)
    assert everything["projects"].sum() == len(hydrogen.load_projects(inside=False))
    assert everything["projects"].sum() > counts["projects"].sum()


@pytest.mark.parametrize(
    ("asked", "error", "text"),
    [
        ({"site_id": "sodra_cel", "power_mw": 10}, RegisterError, "Did you mean sodra_cell_varo"),
        ({"site_id": VARO, "power_mw": 0}, ParameterError, "power_mw = 0 must be above 0"),
        ({"site_id": VARO, "power_mw": float("nan")}, ParameterError, "finite"),
        ({"site_id": VARO, "power_mw": 10, "hours": 9000}, ParameterError, "hours = 9000"),
    ],
)
def test_an_electrolyser_that_cannot_be(register, asked, error, text):
    with pytest.raises(error, match=text):
        hydrogen.derive_flows(register, **asked)


def test_a_fuel_plant_without_co2_names_sites_that_have_it(register):
    with pytest.raises(RegisterError, match=r"'ringhals' has no biogenic co2 source.*sodra_cell"):
        hydrogen.derive_fuel_flows(register, site_id="ringhals")


def test_the_same_plan_twice_is_refused(register):
    rows = hydrogen.derive_flows(register, site_id=VARO, power_mw=10)
    with pytest.raises(RegisterError, match="added before"):
        hydrogen.derive_flows(register.add(flows=rows), site_id=VARO, power_mw=10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("electrolyser_kwh_per_kg", 39.0),
        ("electrolyser_loss_recovery_share", 1.2),
        ("methanol_co2_t_per_t", 1.3),
        ("methanol_hydrogen_t_per_t", 0.18),
    ],
)
def test_parameters_beyond_physics_are_refused(parameters, name, value):
    with pytest.raises(ParameterError, match=name):
        hydrogen.balance(100, changed(parameters, **{name: value}))


def test_a_range_out_of_order_is_refused(parameters):
    table = parameters.copy()
    table.loc["electrolyser_kwh_per_kg", "low"] = 99.0
    with pytest.raises(ParameterError, match="electrolyser_kwh_per_kg: low 99 is above high"):
        hydrogen.balance(100, table)


def test_unknown_fuel_and_too_much_co2_are_refused(register):
    with pytest.raises(ParameterError, match="fuel = 'ammonia'"):
        hydrogen.balance(100, fuel="ammonia")
    with pytest.raises(ParameterError, match="co2_kt = 5000"):
        hydrogen.derive_fuel_flows(register, site_id=VARO, co2_kt=5000)
