from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from shapely import Point
from totals import total

from symbios_geo import load_register
from symbios_geo.heat.season import NETWORK_BOILER, SUMMER_SURPLUS
from symbios_geo.model import MONTH_DAYS
from symbios_geo.study import balance

# need, waste heat without Ringhals, and by class (60 degC and over, 35-59, under 35), GWh/yr
HEAT = {
    "1315": (76, 294, 37, 165, 92, 3.8),
    "1380": (819, 223, 65, 8, 150, 0.27),
    "1381": (192, 35, 0, 8, 27, 0.18),
    "1382": (340, 139, 5, 22, 112, 0.41),
    "1383": (504, 1040, 683, 135, 222, 2.1),
    "1384": (640, 55, 0, 0, 55, 0.09),
}
# biogenic CO2: low, best, high, kt/yr
CO2 = {
    "1315": (91.8, 160.7, 365.5),
    "1380": (128.7, 183.5, 285.3),
    "1381": (4.9, 9.2, 18.4),
    "1382": (43.8, 63.8, 99.2),
    "1383": (1253.3, 1626.9, 2002.0),
    "1384": (60.8, 67.5, 83.9),
}


@pytest.fixture(scope="module")
def heat(halland) -> pd.DataFrame:
    return balance.by_municipality(halland, "heat")


@pytest.mark.parametrize("code", HEAT)
def test_heat_of_each_municipality(halland, heat, code):
    need, supply, *classes, ratio = HEAT[code]
    row = heat.loc[code]
    assert row["demand"] == pytest.approx(need, abs=0.5)
    assert row["supply"] == pytest.approx(supply, abs=0.6)
    assert row["cover"] == pytest.approx(ratio, abs=0.051 if ratio > 1 else 0.006)
    by_class = balance.heat_by_municipality_and_class(halland).loc[code]
    found = by_class[["class_60", "class_35", "class_low"]]
    assert list(found) == pytest.approx(classes, abs=0.6)


def test_heat_of_the_county(halland, heat):
    sums = heat.drop(columns=["name", "cover"]).sum()
    expected = {
        "supply": [total(f"supply_gwh{end}") for end in ("_low", "", "_high")],
        "demand": [total(f"need_gwh{end}") for end in ("_low", "", "_high")],
    }
    for side, rows in balance.rows_of_balance(halland, "heat").items():
        assert list(rows[["low", "value", "high"]].sum()) == pytest.approx(expected[side], abs=1)
        assert sums[side] == pytest.approx(expected[side][1], abs=1)
    assert (heat["cover"] < 0.5).sum() == 4


def test_heat_by_class(halland):
    table = balance.heat_by_class(halland)
    expected = {"class_60": 790, "class_35": 338, "class_low": 658, "class_nuclear": 29998}
    assert dict(table["value"]) == pytest.approx(expected, abs=1)
    assert table.loc["class_60", "committed"] == pytest.approx(185, abs=1)
    assert table.loc["class_60", "share_of_demand"] == pytest.approx(0.307, abs=0.001)
    nuclear = halland.flows[halland.flows["class"] == "class_nuclear"]
    assert list(nuclear[["low", "high"]].sum()) == pytest.approx([24729, 33373], abs=1)


def test_classes_add_up_to_the_municipalities(halland, heat):
    parts = balance.heat_by_municipality_and_class(halland)
    inside = parts.drop(columns="class_nuclear").sum(axis=1)
    assert inside.to_numpy() == pytest.approx(heat["supply"].to_numpy())
    whole = balance.heat_by_class(halland)["value"]
    assert dict(parts.sum()) == pytest.approx(dict(whole))


@pytest.mark.parametrize("code", CO2)
def test_co2_of_each_municipality(halland, code):
    low, best, high = CO2[code]
    row = balance.co2_by_municipality(halland).loc[code]
    assert row["biogenic"] == pytest.approx(best, abs=0.7)
    rows = balance.rows_of_carbon(halland)["biogenic"]
    rows = rows[rows["municipality_code"] == code]
    assert list(rows[["low", "high"]].sum()) == pytest.approx([low, high], abs=0.7)


def test_the_range_of_a_sum_is_that_of_its_draws_on_every_table(study):
    for key, table in (
        ("heat", study.by_municipality("heat")), ("co2", study.by_municipality("co2"))
    ):  # fmt: skip
        rows = balance.rows_of_balance(study.register, "heat")
        rows = rows if key == "heat" else balance.rows_of_carbon(study.register)
        for part, mine in rows.items():
            towns, county = table.iloc[:-1], table.iloc[-1]
            low, high = np.quantile(study.drawn.total(mine), [0.05, 0.95])
            assert [county[f"{part}_low"], county[f"{part}_high"]] == pytest.approx([low, high])
            # not all places are low at once
            added = mine[["low", "high"]].sum()
            assert added["low"] < county[f"{part}_low"] < county[f"{part}_high"] < added["high"]
            for code, row in towns.iterrows():
                case = study.drawn.within(code)
                drawn = case.total(mine[mine["municipality_code"] == code])
                low, high = np.quantile(drawn, [0.05, 0.95])
                ends = [row[f"{part}_low"], row[f"{part}_high"]]
                # a range holds what it is the range of
                best = row[part]
                assert ends == pytest.approx([min(low, best), max(high, best)])


def test_co2_of_the_county(halland):
    table = balance.co2_by_municipality(halland)
    sums = table.drop(columns="name").sum()
    assert sums["biogenic"] == pytest.approx(total("biogenic_kt"))
    assert sums["fossil"] == pytest.approx(total("fossil_kt"))
    both = balance.by_municipality(halland, "co2")["supply"].sum()
    assert both == pytest.approx(sums["biogenic"] + sums["fossil"])


def test_rows_that_repeat_others_are_not_counted(halland):
    supply = halland.counted("heat", "source")
    assert set(supply["additive"]) == {"yes"}
    assert "sodra_wood_varo-heat-moist_air" not in set(supply["flow_id"])
    need = halland.counted("heat", "sink")
    assert set(need["stream"]) == {"property_heating", "district_heat_in_buildings"}
    assert halland.sites.loc[need["site_id"], "inside"].all()


def test_a_site_outside_halland_is_not_counted(halland):
    sites = halland.sites.copy()
    sites.loc["sodra_cell_varo", ["municipality_code", "geometry"]] = ["1480", Point(11.97, 57.7)]
    without = balance.co2_by_municipality(replace(halland, sites=sites))
    assert without.loc["1383", "biogenic"] < 200


def test_every_municipality_has_a_row_even_with_nothing(halland):
    flows = halland.flows[halland.flows["site_id"] == "sodra_cell_varo"]
    table = balance.by_municipality(replace(halland, flows=flows), "heat")
    assert len(table) == 6
    assert (table.loc["1315", ["supply", "demand", "committed"]] == 0).all()
    assert table["cover"].isna().all()


def test_months_add_up_to_the_year(halland, heat):
    table = balance.monthly_heat(halland)
    assert list(table.index) == list(range(1, 13))
    assert table["demand"].sum() == pytest.approx(heat["demand"].sum())
    supply = table.drop(columns="demand")
    assert supply.sum().sum() == pytest.approx(heat["supply"].sum())
    # as the plan has it: even by the days of the months, but for a surplus of the summer and the
    # boilers of networks, which run as these need
    boilers = halland.flows[halland.flows["category"] == NETWORK_BOILER]
    boiling = balance.monthly_heat(halland.without(boilers["flow_id"])).drop(columns="demand")
    assert (supply - boiling).sum(axis=1).idxmax() == table["demand"].idxmax()
    supply, halland = boiling, halland.without(boilers["flow_id"])
    surplus = halland.flows[halland.flows["stream"] == SUMMER_SURPLUS]
    assert len(surplus) > 0
    without = balance.monthly_heat(halland.without(surplus["flow_id"])).drop(columns="demand")
    assert np.ptp(without.div(MONTH_DAYS, axis=0).to_numpy(), axis=0).max() < 1e-6
    more = (supply - without).sum(axis=1)
    assert more[[1, 2, 3, 4, 10, 11, 12]].abs().max() < 1e-9
    assert more.sum() == pytest.approx(surplus["value"].sum())
    assert table["demand"].idxmax() == 1
    assert table.loc[1, "demand"] == pytest.approx(0.153817 * total("need_gwh"), rel=1e-3)


def test_a_changed_parameter_changes_the_balance():
    from symbios_geo import load_parameters

    p = load_parameters()
    p.loc["ef_black_liquor", "value"] *= 0.96
    changed = balance.co2_by_municipality(load_register(assumptions=p))["biogenic"]
    assert changed["1383"] == pytest.approx(1627 - 0.04 * 4270.5 * 0.343, abs=1)
    assert changed["1384"] == pytest.approx(67.5, abs=0.7)
