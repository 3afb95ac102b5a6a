"""The same word however it is typed: names, codes, units."""

from __future__ import annotations

import unicodedata

import pytest
from helpers import filled
from hypothesis import given
from hypothesis import strategies as st

from symbios_geo.register import check as intake
from symbios_geo.register.comparing import municipality_code, same, tidy
from symbios_geo.register.complete import unit_factor
from symbios_geo.register.load import load_register
from symbios_geo.register.rules import swedish_municipalities

HALLAND = {"1380": "Halmstad", "1382": "Falkenberg", "1383": "Varberg", "1384": "Kungsbacka"}


@given(st.text())
def test_a_tidy_text_stays_as_it_is(text):
    assert tidy(tidy(text)) == tidy(text)
    assert same(same(text)) == same(text)


@given(st.text(alphabet="\u00e5\u00e4\u00f6abc "))
def test_letters_in_two_parts_are_the_same_letters(text):
    assert same(unicodedata.normalize("NFD", text)) == same(text)


@pytest.mark.parametrize(
    "text",
    ["1382", "Falkenberg", " FALKENBERG ", "Falkenbergs kommun", "1382 Falkenberg",
     "Falkenberg (1382)", "Falkenberg\u00a0kommun", "Falken\u00adberg", "1382, Falkenbergs kommun",
     "1382.0"],
)  # fmt: skip
def test_municipality_by_name_code_or_both(text):
    assert municipality_code(text, HALLAND) == "1382"


@pytest.mark.parametrize("text", ["1380 Falkenberg", "Falkenberg Varberg", "", "13 82", "0767"])
def test_what_is_no_municipality_is_none(text):
    assert municipality_code(text, HALLAND) is None


def test_every_swedish_municipality_is_known_as_statistics_write_it():
    names = swedish_municipalities()
    for code, name in names.items():
        genitive = name if name.endswith(("s", "x", "z")) else f"{name}s"
        for text in (name, f"{code} {name}", f"{genitive} kommun", f"{name} ({code})"):
            assert municipality_code(text, names) == code, text


def test_code_and_name_that_differ_are_both_told(tmp_path):
    path = filled(tmp_path / "x.xlsx", sites={(3, "municipality_code"): "1382 Halmstad"})
    (fault,) = intake.check_file(path)
    assert fault.rule == "unknown_municipality"
    assert "1382 Halmstad" in fault.text("sv")


@pytest.mark.parametrize(
    ("unit", "resource", "gwh_or_kt"),
    [
        ("GWh", "heat", 12), ("MWh/\u00e5r", "heat", 0.012), ("kWh per \u00e5r", "heat", 12e-6),
        ("TJ/\u00e5r", "heat", 12 / 3.6), ("GJ", "heat", 12 / 3600), ("PJ", "heat", 12e3 / 3.6),
        ("MWH/\u00c5R", "heat", 0.012), ("kton/\u00e5r", "co2", 12), ("ton/\u00e5r", "co2", 0.012),
        ("ton", "co2", 0.012), ("t/yr", "co2", 0.012), ("m\u00b3/\u00e5r", "water", 0.012),
        ("m3", "water", 0.012),
    ],
)  # fmt: skip
def test_units_people_write_are_converted_alike_in_files_and_frames(unit, resource, gwh_or_kt):
    found = unit_factor(unit, resource)
    assert found is not None
    assert 12 * found[1] == pytest.approx(gwh_or_kt)


@pytest.mark.parametrize(
    ("unit", "resource"), [("MW", "heat"), ("m3", "biogas"), ("kr", "heat"), ("", "heat")]
)
def test_what_no_amount_a_year_is_has_no_factor(unit, resource):
    assert unit_factor(unit, resource) is None


def test_unit_in_a_workbook_is_converted_or_told_in_words(tmp_path):
    cells = {(3, "unit"): "TJ/\u00e5r", (3, "value"): 12, (3, "low"): None, (3, "high"): None}
    path = filled(tmp_path / "x.xlsx", flows=cells)
    assert load_register(path, bundled=False).flows["value"][0] == pytest.approx(12 / 3.6)
    path = filled(tmp_path / "y.xlsx", flows=cells | {(3, "unit"): "MW"})
    (fault,) = intake.check_file(path)
    assert "MW" in fault.text("sv")
    assert "GWh/\u00e5r" in fault.text("sv")
    assert "GWh/yr" in fault.text("en")


def test_visibility_of_a_flow_is_never_more_than_its_site_and_internal_elsewhere(tmp_path):
    path = filled(
        tmp_path / "x.xlsx",
        sites={(4, "visibility"): "hemlig"},
        flows={(3, "site_id"): "ringhals", (4, "visibility"): "offentlig"},
    )
    flows = load_register(path, bundled=False).flows
    assert flows["visibility"].tolist()[:3] == ["internal", "secret", "secret"]
