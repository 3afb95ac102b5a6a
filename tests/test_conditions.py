from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from symbios_geo.study.cases import best_case, drawn_case
from symbios_geo.study.claim_answers import biogenic_co2
from symbios_geo.study.claims import judge_row, near_limit
from symbios_geo.study.conditions import condition, find_box
from symbios_geo.tables import read_table

READ = ("ef_black_liquor", "ef_wood_fuel")


def test_a_corner_is_found_and_noise_is_not():
    x = pd.DataFrame(np.random.default_rng(1).random((2000, 3)), columns=["a", "b", "noise"])
    turns = ((x["a"] < 0.4) & (x["b"] > 0.5)).to_numpy()
    box = find_box(x, turns)
    found = box.limits.set_index("input")
    assert set(found.index) == {"a", "b"}
    assert found.loc["a", "side"] == "below"
    assert found.loc["b", "side"] == "above"
    assert found.loc["a", "limit"] == pytest.approx(0.4, abs=0.1)
    assert found.loc["b", "limit"] == pytest.approx(0.5, abs=0.1)
    assert box.density >= 0.9
    assert box.coverage > 0.6
    assert find_box(x[["noise"]], turns) is None


def test_the_emission_factor_of_black_liquor_turns_two_million_tonnes(study):
    drawn = drawn_case(study, n=400)
    claim = read_table("claims").set_index("claim_id", drop=False).loc["biogenic_co2"]
    answers = biogenic_co2(drawn)
    box = condition(drawn, answers >= claim["threshold"], answers, biogenic_co2)
    # fossil fuels go along in their family, and move no biogenic CO2
    for name in box.limits["input"]:
        assert name.startswith("ef_") is (name in READ), name
    row = box.limits.set_index("input").loc["ef_black_liquor"]
    assert row["side"] == "below"
    assert 0.29 < row["limit"] < 0.343
    for lang, words in (("sv", "Faller främst när"), ("en", "Fails mostly when")):
        assert words in judge_row(claim, best_case(study), drawn, lang=lang)["turns"]


def test_the_published_interval_gives_the_published_probability(study):
    drawn = drawn_case(study, n=2000)
    rows = drawn.flows("co2", "source").query("`class` == 'carbon:biogenic'")
    assert 0.83 <= (drawn.total(rows) >= 2000).mean() <= 0.88


@pytest.mark.parametrize(
    ("probability", "other"),
    [(0.96, "likely"), (0.94, "holds"), (0.8, ""), (0.35, "unlikely"), (0.06, "fails"), (0.5, "")],
)
def test_a_verdict_near_a_limit_names_the_other_one(probability, other):
    assert near_limit(probability) == other
