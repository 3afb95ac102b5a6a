"""Published and worked examples of indicators, and what a study says of its own network."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo.effects import indicators as ind


def flows(*rows: tuple[int, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["giver", "taker", "amount"])


def test_connectance_in_its_three_forms():
    # 20 actors on a chain of 17 links
    found = ind.connectance(20, [(n, n + 1) for n in range(17)])
    assert found == pytest.approx((0.0447, 0.0895, 0.0425), abs=5e-5)
    assert ind.connectance(4, [(1, 2), (2, 1)]).undirected == pytest.approx(1 / 6)


def test_recycling_rate_is_connectance_times_what_is_taken_up():
    dense = ind.connectance(6, [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 1)]).undirected
    assert dense == pytest.approx(0.4)
    assert ind.recycling_rate(dense, [0.9, 0.6, 0.5, 1.0, 0.2, 0.4]) == pytest.approx(0.24)


def test_cycles_and_the_rule_of_three_and_two():
    assert ind.cyclicity([(1, 2), (2, 3), (3, 1), (3, 4)]) == pytest.approx(1.0)
    assert ind.cyclicity([(1, 2), (2, 3)]) == 0
    assert not ind.is_symbiosis([(1, 2, "heat"), (2, 3, "heat")])
    assert ind.is_symbiosis([(1, 2, "heat"), (2, 3, "co2")])
    # two resources between the same two make no symbiosis
    assert not ind.is_symbiosis([(1, 2, "heat"), (1, 2, "co2")])


@pytest.mark.parametrize(
    ("used", "arising", "share"),
    [
        (75, 100, 0.75),  # Höganäs in Sweden: half back, a quarter sold
        (25, 100, 0.25),  # of it to others
        (15.5, 20, 0.775),  # Halmstad slag
        (30 + 3.5, 30 + 3.5 + 0.75, 0.978),  # Halmstad ash 2017, neutralising acid is use
        (30, 30 + 3.5 + 0.75, 0.876),  # and if it is not
        (997.2, 1459, 0.683),  # Swedish ash in 2012, on landfills
    ],
)
def test_published_use_of_by_products(used, arising, share):
    assert ind.utilisation(used, arising) == pytest.approx(share, abs=6e-4)


def test_diversity_of_sectors():
    assert ind.diversity([10, 5, 5]) == pytest.approx((1.0397, 0.9464), abs=5e-5)
    assert ind.diversity([7]) == (0, 0)


def test_what_has_one_giver():
    # Varberg: of 220.7 GWh one mill gives 152.8
    assert ind.utilisation(152.8, 220.7) == pytest.approx(0.692, abs=5e-4)
    two = flows((1, 9, 70.0), (2, 9, 30.0), (3, 8, 50.0))
    assert ind.single_supplier_share(two) == pytest.approx(50 / 150)


def test_efficiency_and_redundancy_of_flows():
    assert ind.robustness(flows((1, 2, 60), (2, 3, 40), (3, 1, 30))) == pytest.approx((1, 0))
    several = flows((1, 2, 60), (1, 3, 20), (2, 1, 10), (2, 3, 40), (3, 1, 30))
    assert ind.robustness(several) == pytest.approx((0.4411, 0.9814), abs=5e-5)


def test_the_middle_of_three_distances():
    rows = pd.DataFrame(
        {"giver": [1, 2, 3], "taker": [4, 5, 6], "resource": "heat", "amount": 1.0,
         "km": [5.0, 30.0, 200.0], "share": np.nan}
    )  # fmt: skip
    facts = pd.DataFrame(columns=["sector", "company_size"])
    assert ind.describe(rows, facts)["median_km"] == 30


def test_the_study_tells_its_network_today_and_with_the_plan(study):
    table = study.indicators
    assert {"indicator_id", "name", "value", "low", "high", "unit", "reference",
            "reference_value", "source_id", "municipality_code", "stage"} <= set(table)  # fmt: skip
    whole = table[table["municipality_code"] == ""].set_index(["indicator_id", "stage"])["value"]
    assert whole["exchanges", "plan"] > whole["exchanges", "today"] > 0
    assert whole["is_symbiosis", "today"] == 1
    told = study.headline
    used = told["existing_gwh"] / told["supply_gwh"]
    assert whole["symbiotic_heat", "today"] == pytest.approx(used, abs=0.02)
    more = (told["existing_gwh"] + told["new_gwh"]) / told["supply_gwh"]
    assert whole["symbiotic_heat", "plan"] == pytest.approx(more, abs=0.02)
    shares = table[table["unit"] == "share"]["value"].dropna()
    assert shares.between(0, 1).all()
    ranged = table.dropna(subset=["low"])
    assert (ranged["low"] <= ranged["high"]).all()
    assert set(table["municipality_code"]) - {""} == set(study.municipalities.index)
    sotenas = table[table["reference"].astype(str).str.startswith("Sotenäs")]
    assert set(sotenas["reference_value"]) == {60, 164, 100}
    assert sotenas["source_id"].notna().all()


def test_follow_up_names_each_exchange_that_came_grew_or_went():
    before = sg.load_register()
    example = sg.tables.read_table("example_exchanges")
    after = before.add(synergies=example)
    rows = sg.followup.exchange_changes(before, after).set_index("synergy_id")
    came = rows[rows["change_kind"] == "came"]
    assert set(came.index) == set(example["synergy_id"])
    assert came["change"].sum() == pytest.approx(example["value"].sum())
    assert (rows.drop(index=came.index)["change_kind"] == "same").all()
    back = sg.followup.exchange_changes(after, before).set_index("synergy_id")
    assert (back.loc[list(came.index), "change_kind"] == "went").all()


def test_three_horizons_count_what_began_within_them():
    register = sg.load_register()
    table = sg.followup.horizons(register, year=2024)
    began = sg.followup.operating(register)["since"].dropna()
    assert table.loc["exchanges", "long"] == len(began)
    assert table.loc["exchanges", "five_years"] == (began > 2019).sum()
    assert table.loc["exchanges", "last_year"] == (began > 2023).sum()
    unknown = sg.followup.operating(register)["since"].isna().sum()
    assert table.loc["exchanges", "unknown_since"] == unknown


def test_follow_up_counts_what_new_heat_avoids_as_the_plan_does():
    before, rows = (
        sg.load_register(),
        sg.tables.read_table("example_exchanges").set_index("synergy_id"),
    )
    given, factors = sg.load_assumptions(), sg.emissions.emission_factors()["value"]

    def avoided(*names: str) -> pd.Series:
        after = before.add(synergies=rows.loc[list(names)].reset_index())
        there, back = sg.followup.compare(before, after), sg.followup.compare(after, before)
        there, back = there.loc["avoided_emissions"], back.loc["avoided_emissions"]
        assert [there["low"], there["high"]] == [-back["high"], -back["low"]]
        return there

    # houses save the electricity of a heat pump of their own
    houses = avoided("example_varo_bua")
    ends = [10 / given["building_heat_pump_cop"] * factors[m] for m in ("nordic_mix", "marginal")]
    assert [houses["low"], houses["high"]] == pytest.approx(sorted(ends))
    # a network saves what it burns: more than nothing, less than if all of it were gas
    network = avoided("example_hoganas_halmstad")
    assert network["low"] == network["high"]
    assert 0 < network["low"] < 20 * factors["natural_gas"]
    both = avoided("example_varo_bua", "example_hoganas_halmstad")
    assert both["change"] == pytest.approx(houses["change"] + network["change"])
