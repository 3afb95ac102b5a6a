"""The numbers beside each picture: every one has them, and they are those of the study."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers import quick

from symbios_geo.outputs.figure_data import figure_data
from symbios_geo.outputs.job import Job
from symbios_geo.outputs.parts import PARTS, write_data

PICTURES = [name.split(" ", 1) for name in PARTS if name.startswith(("map ", "chart "))]


@pytest.fixture(scope="module")
def job(study, tmp_path_factory) -> Job:
    return Job(quick(study), pd.DataFrame(), tmp_path_factory.mktemp("out"), "sv")


@pytest.mark.parametrize(("kind", "name"), PICTURES)
def test_every_picture_has_its_numbers(job, kind, name):
    table = figure_data(job, f"{'maps' if kind == 'map' else 'figures'}/{name}")
    assert table is not None
    assert len(table)


def test_they_add_up_to_the_study(job):
    told, plan = job.study.headline, job.study.exchanges
    heat = figure_data(job, "maps/heat-match")
    assert heat["delivered"].sum() == pytest.approx(told["new_gwh"] + told["existing_gwh"])
    costs = figure_data(job, "figures/co2-costs")
    assert costs["levelised_sek"].is_monotonic_increasing
    new = plan[(plan["resource"] == "co2") & (plan["status"] == "new")]
    assert costs["delivered"].sum() == pytest.approx(new["delivered"].sum())
    sources = figure_data(job, "maps/heat-sources")
    counted = sources.loc[sources["class"] != "class_nuclear", "value"].sum()
    assert counted == pytest.approx(told["supply_gwh"])


@pytest.mark.parametrize("key", ["materials", "water"])
def test_what_becomes_of_supply_adds_up_to_what_the_study_says(job, key):
    match, by_place = job.study.matches[key], figure_data(job, f"figures/{key}-by-municipality")
    whole = by_place.iloc[-1]
    assert whole["unused"] == pytest.approx(match.unused.sum())
    parts = by_place[["committed", "new", "unused"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(by_place["supply"].to_numpy(), abs=1e-3)
    told = figure_data(job, f"figures/{key}-exchanges")
    assert ("unused" in told) == (key == "water")  # one exchange tells less than its sources


def test_a_picture_that_nobody_named_has_none(job):
    assert figure_data(job, "figures/unheard-of") is None


def test_they_are_written_for_swedish_excel(job):
    write_data(job, "figures", "heat-costs")
    text = (job.folder / "figures" / "heat-costs.csv").read_text(encoding="utf-8-sig")
    assert "Fjärrvärmenätet Kungsbacka" in text
    table = pd.read_csv(job.folder / "figures" / "heat-costs.csv", sep=";", decimal=",")
    assert table["Levererat"].sum() == pytest.approx(job.study.headline["new_gwh"], abs=0.01)
