"""How far pipes reach: cost ends it, no distance does; the line from Värö to Kungsbacka."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo.assumptions.electricity import electricity_by_month
from symbios_geo.errors import MatchError
from symbios_geo.heat.links import price_links
from symbios_geo.heat.pipes import pumping_per_km
from symbios_geo.heat.season import flat_supply_share
from symbios_geo.matching.candidates import find_candidates
from symbios_geo.matching.ladder import match_candidates
from symbios_geo.matching.months import Year, solve_months

MILL, TOWN = "sodra_cell_varo-heat-hot_water", "dhn_kungsbacka"
BY_ROAD_KM = 37.8  # E6 and the ways to it; the straight line is 30.1


def new_heat(match: sg.model.Match) -> pd.Series:
    links = match.links[match.links["status"] == "new"].set_index(["source", "sink"])
    return links["delivered"][links["delivered"] > 1e-6].sort_index()


@pytest.fixture(scope="module")
def found(halland: sg.Register):
    return find_candidates(halland, "heat")


def test_a_wider_search_changes_nothing_in_the_plan(halland, found):
    usual = match_candidates(found, method="plan")
    wider = sg.match(halland, "heat", max_km=150)
    pd.testing.assert_series_equal(new_heat(usual), new_heat(wider), rtol=1e-6)
    assert wider.certificate["primal"] == pytest.approx(usual.certificate["primal"])


def test_no_link_of_the_plan_is_near_the_end_of_the_search(found):
    links = match_candidates(found, method="plan").links
    used = links[links["delivered"] > 1e-6]
    assert used["distance_km"].max() < 0.6 * sg.load_assumptions()["max_heat_link_km"]


def test_reach_is_a_matter_of_cost(found):
    def covered(limit: float) -> float:
        given = sg.load_assumptions().replace({"heat_reach_eur_per_mwh": (limit, 10, 500)})
        answer = match_candidates(found, method="annual", objective="coverage", assumptions=given)
        return answer.links["delivered"].sum()

    amounts = [covered(limit) for limit in (20, 80, 100, 150)]
    assert amounts == sorted(amounts)
    assert amounts[0] < amounts[-1]


def test_cost_of_the_line_to_kungsbacka():
    """A dossier reckons 211 (127-358) SEK of 2024 per MWh for 30 km, 25 MW, 5 500 h, 30 years."""
    given = sg.load_assumptions().replace(
        {"pipe_life_years": 30, "heat_link_full_load_hours": 5500}
    )
    hot, cold = given["trunk_supply_c"], given["trunk_return_c"]
    line = {
        "source": "a", "sink": "b", "supply": 200.0, "demand": 137.5, "peak_factor": 1.0,
        "source_c": hot + 10, "cooled_c": hot, "supply_c": hot, "return_c": cold,
        "distance_km": 30.0, "given_km": 30.0, "kind": "network", "network_worth": 35.0,
        "heat_density_mwh_per_ha": 300.0, "bidding_area": "SE3", "electricity_user": "network",
    }  # fmt: skip
    spot = electricity_by_month("SE3", "network", given).mean()
    pumped = 30 * float(pumping_per_km(hot, cold, assumptions=given)) * spot

    def cost(**changes: float) -> float:
        changed = given.replace({name: (value, 0.0, 1.0) for name, value in changes.items()})
        row = price_links(pd.DataFrame([line]), changed).iloc[0]
        assert row["largest_capacity"] == pytest.approx(25)
        return float(row["pipe_cost"]) * given["sek_per_eur"]

    # its own sum has pumping of 12 SEK/MWh and no upkeep
    share = given["transmission_pumping_mean_share"] * 12 / pumped
    own = cost(transmission_upkeep_eur_per_mwh_km=0.0, transmission_pumping_mean_share=share)
    assert own == pytest.approx(211, rel=0.1)
    assert 127 < own < cost() < 358
    # wood chips avoided: 407 SEK/MWh at the prices of 2025, 209 at those of 2014
    whole = cost() + given["heat_seller_sek_per_mwh"]
    assert whole < 407
    assert 0.76 * whole > 209


@pytest.mark.parametrize(("chips", "pays"), [(376, True), (200, False)])
def test_the_line_to_kungsbacka_pays_with_dear_wood_chips_only(halland, chips, pays):
    """Statkraft and the mill found it very close but not paying when chips cost about 200."""
    given = sg.load_assumptions().replace({"fuel_chips_sek_per_mwh": (chips, 150, 400)})
    roads = pd.DataFrame({"source": ["sodra_cell_varo"], "sink": [TOWN], "km": [BY_ROAD_KM]})
    delivered = new_heat(sg.match(halland, "heat", assumptions=given, distances=roads))
    assert ((MILL, TOWN) in delivered.index) == pays
    if pays:
        assert 80 < delivered[MILL, TOWN] < 160


def test_the_plan_loses_what_the_pipe_loses_to_the_watt(found):
    links = match_candidates(found, method="plan").links
    row = links.set_index(["source", "sink"]).loc[(MILL, TOWN)]
    assert row["delivered"] > 0
    # 39 km of DN300 at 85/47 degC: about 37 W/m all year
    exact = row["loss_mw"] * 8.76
    assert row["sent"] - row["delivered"] == pytest.approx(exact)
    assert 30 < row["loss_mw"] * 1e6 / (row["distance_km"] * 1300) < 45
    assert row["efficiency"] == pytest.approx(row["delivered"] / row["sent"])
    # a year as a whole counts the loss at full load: too little for a pipe that follows a season
    priced = found.links.set_index(["source", "sink"]).loc[(MILL, TOWN)]
    assert row["efficiency"] < priced["efficiency"]
    full = priced["largest_capacity"] * priced["full_load_hours"] / 1000
    assert priced["efficiency"] == pytest.approx(full / (full + exact))


def test_loss_is_the_same_however_little_is_delivered():
    link = pd.DataFrame(
        [
            {
                "source": "a", "sink": "b", "variable_cost": 1.0, "capacity_cost": 0.0,
                "fixed_cost": 0.0, "largest_capacity": 10.0, "full_load_hours": 8000.0,
                "efficiency": 80 / (80 + 8.76), "loss_mw": 1.0, "worth": 50.0,
            }
        ]
    )  # fmt: skip
    shares = pd.DataFrame([flat_supply_share()], columns=range(1, 13))
    for needed in (5.0, 40.0):
        year = Year((shares * 200).set_axis(["a"]), (shares * needed).set_axis(["b"]))
        answer = solve_months(link, year, fixed=True).links.iloc[0]
        assert answer["delivered"] == pytest.approx(needed)
        assert answer["sent"] == pytest.approx(needed + 8.76)
    # a source that gives less than the pipe loses keeps nothing warm
    poor = Year((shares * 5).set_axis(["a"]), (shares * 40).set_axis(["b"]))
    assert solve_months(link, poor, fixed=True).links["sent"].sum() <= 5 + 1e-6


def test_known_distances_are_used_by_site_or_by_id(halland):
    rows = [("sodra_cell_varo", TOWN, 50.0), (TOWN, MILL, 33.0)]
    table = pd.DataFrame(rows, columns=["source", "sink", "km"])
    pairs = find_candidates(halland, "heat", distances=table).pairs
    given = pairs.set_index(["source", "sink"])["given_km"].dropna()
    assert given[MILL, TOWN] == 33.0
    # beside them only the pipe that a network's own boiler does not need
    assert set(given[given > 0].index.get_level_values("sink")) == {TOWN}
    assert set(given[given == 0].index) == {
        ("falkenberg_energi_main-heat-flue_gas", "dhn_falkenberg")
    }
    assert len(given) >= 2  # every stream of the mill lies at its site


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"source": [MILL], "sink": [TOWN]}, "lack the column km"),
        ({"source": [MILL], "sink": [TOWN], "km": ["far"]}, "is no length"),
        ({"source": [MILL], "sink": [TOWN], "km": [-1.0]}, "is no length"),
        ({"source": [MILL], "sink": ["atlantis"], "km": [1.0]}, "atlantis"),
        ({"source": [MILL], "sink": [TOWN], "km": [np.inf]}, "is no length"),
    ],
)
def test_distances_that_cannot_be_used_are_named(halland, table, words):
    with pytest.raises(MatchError, match=words):
        find_candidates(halland, "heat", distances=pd.DataFrame(table))
