"""Year, months, power and hours: 46 made-up answers of companies, and the doors that test them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import filled
from hypothesis import given
from hypothesis import strategies as st

from symbios_geo.model import MONTH_COLUMNS, MONTH_DAYS
from symbios_geo.register import check
from symbios_geo.register.energy import WORKING_DAYS, energy_faults, read_months

CASES = pd.read_csv(Path(__file__).parent / "expected" / "energy_cases.csv").set_index("case_id")
KINDS = {
    "A": {"power_running"}, "B": {"power_mean"}, "C": {"energy"}, "W": {"power_running_1000"},
    "Wh": {"energy_1000"}, "none": {""}, "A_or_none": {"power_running", ""},
}  # fmt: skip


@pytest.mark.parametrize("case_id", CASES.index)
def test_the_reading_of_a_company_s_months(case_id):
    case = CASES.loc[case_id]
    power = case["max_power_kw"]
    months = case[[f"m{month:02d}" for month in range(1, 13)]].to_numpy(float)
    found = read_months(
        case["annual_kwh"], months, hours_per_day=case["daily_hours"],
        weekends=case["weekend"] == "yes", power=power,
    )  # fmt: skip
    assert found.kind in KINDS[case["right_reading"]]
    if found.kind:
        right = case["annual_kwh"] * found.year_factor
        assert right == pytest.approx(case["right_annual_kwh"], rel=0.02)


@given(st.lists(st.integers(1, 500), min_size=12, max_size=12), st.booleans(), st.integers(1, 24))
def test_months_that_make_the_year_are_recognised(months, weekends, hours):
    days = MONTH_DAYS if weekends else WORKING_DAYS
    year = float((np.array(months) * hours * days).sum())
    assert read_months(year, months, hours_per_day=hours, weekends=weekends).kind == "power_running"
    assert read_months(sum(months), months, hours_per_day=hours).kind == "energy"


def flows(**cells: object) -> pd.DataFrame:
    row = {"value": 5.2, "unit": "GWh/yr", "hours_per_year": np.nan, "power_mw": np.nan}
    return pd.DataFrame([row | cells], index=[2])


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"power_mw": 0.9, "hours_per_year": 6000}, None),
        ({"power_mw": 0.9, "hours_per_year": 4000}, "power_short"),
        ({"power_mw": 0.5}, "power_short"),
        ({"value": 5200, "power_mw": 0.9, "hours_per_year": 6000}, "power_short_1000"),
        ({"power_mw": 900}, "power_long_1000"),
        ({"power_mw": 1e7}, "power_long"),
        ({"power_mw": np.nan}, None),
        (dict.fromkeys(MONTH_COLUMNS, 5.2 / 12), None),
        (dict.fromkeys(MONTH_COLUMNS, 0.3), "months_year"),
        (dict.fromkeys(MONTH_COLUMNS, 5200 / 12), "months_unit"),
        (dict.fromkeys(MONTH_COLUMNS, 5.2 / 8760), "months_power"),
        (dict.fromkeys(MONTH_COLUMNS[:11], 0.3), None),
    ],
)
def test_a_slip_is_named(cells, rule):
    assert [fault.rule for fault in energy_faults("flows", flows(**cells))] == [rule] * bool(rule)


def test_a_workbook_in_mwh_with_its_power(tmp_path):
    good = filled(tmp_path / "good.xlsx", flows={(6, "power_mw"): 0.9, (6, "hours_per_year"): 6000})
    assert check.check_file(good) == []
    bad = filled(tmp_path / "bad.xlsx", flows={(6, "power_mw"): 0.2})
    (fault,) = check.check_file(bad)
    assert "5.2 GWh / 0.2 MW = 26 000 h" in fault.text("sv")
