from __future__ import annotations

import numpy as np
import pytest

from symbios_geo import match
from symbios_geo.study.balance import by_municipality
from symbios_geo.study.cases import best_case, drawn_case
from symbios_geo.study.rematch import COUNTY, covered_shares


@pytest.fixture(scope="module")
def found(study):
    return study.candidates["heat"]


@pytest.fixture(scope="module")
def draws(study):
    return drawn_case(study, n=6).draws


@pytest.mark.parametrize(
    ("aim", "rung"), [("pays", {"method": "monthly"}), ("reaches", {"objective": "coverage"})]
)
def test_best_values_give_the_match_of_the_study(study, found, aim, rung):
    best = best_case(study).draws
    share = covered_shares(found, study.register, best, aim=aim)[COUNTY].iloc[0]
    answer = match(study.register, "heat", **rung)
    need = answer.links["delivered"].sum() + answer.unmet.sum()
    assert share == pytest.approx(answer.links["delivered"].sum() / need, rel=1e-6)
    assert need == pytest.approx(2411, abs=0.5)


def test_draws_differ_and_what_pays_is_part_of_what_can_be_reached(study, found, draws):
    pays = covered_shares(found, study.register, draws, aim="pays")
    reached = covered_shares(found, study.register, draws, aim="reaches")
    assert ((pays[COUNTY] > 0) & (pays[COUNTY] <= reached[COUNTY] + 1e-9)).all()
    assert (reached <= 1 + 1e-9).all(axis=None)
    assert pays[COUNTY].nunique() == len(draws.flows) == reached[COUNTY].nunique()


def test_municipalities_add_up_to_the_county(study, found):
    shares = covered_shares(found, study.register, best_case(study).draws)
    need = by_municipality(study.register, "heat")["demand"]
    assert sorted(shares.columns.drop(COUNTY)) == sorted(need.index)
    delivered = (shares[need.index].iloc[0] * need).sum()
    assert delivered / need.sum() == pytest.approx(shares[COUNTY].iloc[0])


def test_more_processes_change_nothing(study, found, draws):
    one, two = (covered_shares(found, study.register, draws, workers=workers) for workers in (1, 2))
    assert np.array_equal(one.to_numpy(), two.to_numpy())


def test_links_are_not_changed(found, study, draws):
    before = found.pairs.copy()
    covered_shares(found, study.register, draws)
    assert before.equals(found.pairs)
