from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbios_geo.assumptions.derivations import evaluate, evaluate_bounds, inputs_of, read_formulas
from symbios_geo.errors import DataError

TERMS = [
    # result = share of the fuel's CO2 that is fossil; rest = what is left of it
    ("rest", "value", 1, 1.0, "fuel_gwh factor", ""),
    ("rest", "value", 2, -1.0, "fossil", ""),
    ("fossil", "value", 1, 1.0, "fuel_gwh factor share", ""),
    ("fossil", "committed", 1, 0.5, "fossil", ""),
    ("load", "value", 1, 1000.0, "fuel_gwh", "factor share"),
]


def table(rows: list[tuple]) -> pd.DataFrame:
    columns = ["result", "field", "term", "coefficient", "factors", "divisors"]
    return pd.DataFrame(rows, columns=columns).replace("", None)


def test_sums_products_and_quotients(parameters):
    found = evaluate(read_formulas(table(TERMS)), parameters["value"].to_dict())
    assert found["fossil"] == pytest.approx(10)
    assert found["rest"] == pytest.approx(30)
    assert found["fossil.committed"] == pytest.approx(5)
    assert found["load"] == pytest.approx(1_000_000)
    assert set(found) == {"fossil", "rest", "fossil.committed", "load"}


def test_order_of_the_rows_does_not_matter(parameters):
    known = parameters["value"].to_dict()
    assert evaluate(read_formulas(table(TERMS[::-1])), known) == pytest.approx(
        evaluate(read_formulas(table(TERMS)), known)
    )


def test_every_process_has_the_same_order_of_formulas():
    parts = [f"part_{letter}" for letter in "abcdefg"]
    rows = [(name, "value", 1, 1.0, "fuel_gwh", "") for name in parts]
    total = ("total", "value", 1, 1.0, " ".join(parts), "")
    # a set would walk seven names in an order of the process
    assert list(read_formulas(table([total, *rows]))) == [*parts, "total"]


def test_arrays_give_one_result_per_draw():
    draws = {"fuel_gwh": np.array([100.0, 50.0]), "factor": 0.4, "share": np.array([0.25, 1.0])}
    found = evaluate(read_formulas(table(TERMS)), draws)
    assert found["rest"] == pytest.approx([30.0, 0.0])


def test_bounds_take_each_name_at_its_worst_end(parameters):
    least, most = evaluate_bounds(
        read_formulas(table(TERMS)), parameters["low"].to_dict(), parameters["high"].to_dict()
    )
    assert (least["fossil"], most["fossil"]) == pytest.approx((90 * 0.3 * 0.2, 120 * 0.5 * 0.4))
    # what is subtracted enters at its other end
    assert least["rest"] == pytest.approx(90 * 0.3 - most["fossil"])
    assert most["rest"] == pytest.approx(120 * 0.5 - least["fossil"])
    # so does what is divided by
    assert (least["load"], most["load"]) == pytest.approx((90e3 / 0.2, 120e3 / 0.06))


def test_stated_bounds_of_a_result_are_kept(parameters):
    low, high = parameters["low"].to_dict(), parameters["high"].to_dict()
    least, most = evaluate_bounds(
        read_formulas(table(TERMS)), {**low, "fossil": 9.0}, {**high, "fossil": 11.0}
    )
    assert (least["fossil"], most["fossil"]) == (9.0, 11.0)
    assert least["rest"] == pytest.approx(90 * 0.3 - 11)


number = st.floats(0.01, 1000)


@given(st.tuples(number, number, number), st.tuples(number, number, number))
def test_bounds_enclose_the_value(first, second):
    names = ("fuel_gwh", "factor", "share")
    low = dict(zip(names, np.minimum(first, second), strict=True))
    high = dict(zip(names, np.maximum(first, second), strict=True))
    middle = {name: (low[name] + high[name]) / 2 for name in names}
    formulas = read_formulas(table(TERMS))
    least, most = evaluate_bounds(formulas, low, high)
    for name, value in evaluate(formulas, middle).items():
        slack = 1e-9 * (1 + abs(value))
        assert least[name] - slack <= value <= most[name] + slack


def test_what_was_known_is_not_changed(parameters):
    known = parameters["value"].to_dict()
    before = dict(known)
    evaluate(read_formulas(table(TERMS)), known)
    assert known == before


def test_a_constant_needs_no_name():
    formulas = read_formulas(table([("one", "value", 1, 1.0, "", "")]))
    assert evaluate(formulas, {}) == {"one": 1.0}
    assert inputs_of(formulas["one"]) == set()


def test_circle_is_named():
    rows = [("a", "value", 1, 1.0, "b", ""), ("b", "value", 1, 1.0, "a", "")]
    with pytest.raises(DataError, match=r"wait for each other.*a.*b|wait for each other.*b.*a"):
        read_formulas(table(rows))


def test_missing_name_is_named(parameters):
    known = parameters["value"].drop("share").to_dict()
    with pytest.raises(DataError, match="fossil needs share"):
        evaluate(read_formulas(table(TERMS)), known)
