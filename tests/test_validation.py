"""Figures beside published ones: each rule reads the study, and a misfit is not hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo import labels
from symbios_geo.figures import plot_ratios
from symbios_geo.study import validation
from symbios_geo.study.intervals import ranges
from symbios_geo.tables import read_table


@pytest.fixture(scope="module")
def compared(study: sg.Study) -> pd.DataFrame:
    return validation.compare_published(study, "en")


def test_every_published_figure_stands_beside_ours(study: sg.Study, compared: pd.DataFrame):
    table = read_table("published")
    assert set(compared.index) == set(table["comparison_id"])
    assert (compared["fit"] != "not_compared").all()
    # the study's own doors give the same
    heat = study.exchanges.query("resource == 'heat' and status == 'existing'")
    varberg = heat.set_index("sink").loc["dhn_varberg", "delivered"]
    assert compared.loc["exchange_varberg", "ours"] == pytest.approx(varberg, rel=1e-12)
    assert compared.loc["heat_need", "ours"] == study.headline["need_gwh"]
    assert (compared["low"] <= compared["ours"] + 1e-9)[compared["low"].notna()].all()
    assert (compared["ours"] <= compared["high"] + 1e-9)[compared["high"].notna()].all()


def test_misfits_are_shown_and_named(compared: pd.DataFrame):
    # the mill that a European database gives no heat, and a contract that was never reached
    assert compared.loc["heat_varo", "fit"] == "differs"
    assert compared.loc["exchange_contract", "fit"] == "differs"
    assert compared.loc["net_losses", "fit"] == "fits"
    assert {"fits", "in_range", "near", "differs"} <= set(compared["fit"])
    assert compared["note"].str.len().min() > 20
    independent = compared[compared["relation"] == "independent"]
    assert len(independent) >= 10
    assert {"networks", "exchanges", "heat", "biogas", "emissions"} == set(compared["group"])


def test_all_heat_over_hot_heat_is_divided_in_each_draw_and_tests_nothing(study, compared):
    row, spans = compared.loc["heat_temperature"], ranges(study.drawn)
    assert row["low"] > spans.loc["supply_gwh", "low"] / spans.loc["hot_gwh", "high"]
    assert row["high"] < spans.loc["supply_gwh", "high"] / spans.loc["hot_gwh", "low"]
    assert row["relation"] == "other_scope"
    assert row["name"] not in {t.get_text() for t in plot_ratios(compared).get_yticklabels()}


@pytest.mark.parametrize(
    ("ours", "low", "high", "published", "fit"),
    [
        (100, np.nan, np.nan, 105, "fits"),
        (100, 40, 200, 180, "in_range"),
        (100, np.nan, np.nan, 70, "near"),
        (100, 90, 110, 300, "differs"),
        (100, np.nan, np.nan, 0, "differs"),
        (np.nan, np.nan, np.nan, 5, "not_compared"),
    ],
)
def test_fit_follows_ratio_and_range(ours, low, high, published, fit):
    ratio = ours / published if published else np.nan
    row = {"ours": ours, "low": low, "high": high, "published": published, "ratio": ratio,
           "published_low": np.nan, "published_high": np.nan}  # fmt: skip
    assert validation.fit_of(row) == fit


def test_a_study_without_the_rows_compares_nothing(study: sg.Study):
    assert validation.RULES["flows"](study, "no-such-flow") == pytest.approx(
        validation.NOTHING, nan_ok=True
    )
    assert np.isnan(validation.RULES["networks"](study, "9999")[0])
    assert np.isnan(validation.RULES["existing"](study, "nobody")[0])


def test_sources_stand_beside_plants_of_their_kind(study: sg.Study):
    table = validation.compare_plants(study.register, "en")
    brewery = table.loc["carlsberg_falkenberg-heat-refrigeration_condenser"]
    assert (brewery["branch"], brewery["source_kind"]) == (
        "Beverages", "Refrigeration and air conditioning",
    )  # fmt: skip
    assert brewery["gwh_place"] == "above"  # 25 GWh where nine of ten have under 4.6
    assert brewery["temperature_place"] == "inside"
    mill = table.loc["sodra_cell_varo-heat-hot_water"]
    assert mill["branch"] == "Pulp, paper and paper products"
    assert mill["hours_place"] == "inside" or mill["hours"] > mill["hours_usual_high"]
    for name in ("gwh", "hours", "temperature"):
        inside = table[f"{name}_place"] == "inside"
        held = table[name].between(table[f"{name}_usual_low"], table[f"{name}_usual_high"])
        assert (inside == held)[table[name].notna()].all()
    assert not table.index.str.startswith(("ringhals", "cat_")).any()


def test_benchmarks_are_ordered_and_thin_ones_are_not_used():
    table = read_table("heat_benchmarks")
    for name in ("gwh_{}", "hours_{}", "temperature_{}_c"):
        low, middle, high = (table[name.format(end)] for end in ("low", "middle", "high"))
        known = low.notna()
        assert (low <= middle)[known].all()
        assert (middle <= high)[known].all()
    covered = table["covers"].dropna().str.split().explode()
    known = set(read_table("flows")["stream"]) | set(read_table("sites")["kind"])
    assert set(covered) <= known


def test_words_are_there_in_both_languages(compared: pd.DataFrame):
    for lang in ("sv", "en"):
        shown = sg.show(compared[["fit", "relation", "group"]], lang)
        assert not shown.astype(str).apply(lambda c: c.str.contains("_")).any(axis=None)
        assert labels.label("sheet_about:published", lang)
