"""Compute derived values from parameters: sums of products, each term a row of derivations.csv."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

import pandas as pd

from ..errors import DataError


class Term(NamedTuple):
    """One summand: coefficient x product of factors / product of divisors."""

    coefficient: float
    factors: tuple[str, ...]
    divisors: tuple[str, ...]


Formulas = dict[str, list[Term]]


def result_name(row: Mapping[str, Any]) -> str:
    """Return the name of what a row of `derivations` fills: the id, and the field if no value."""
    return row["result"] + ("" if row["field"] == "value" else f".{row['field']}")


def read_formulas(terms: pd.DataFrame) -> Formulas:
    """
    Return the formulas of a derivation table in the order in which they can be computed.

    A result is named as the parameter or flow it fills; the field `committed` adds ".committed".

    Raises
    ------
    DataError
        If formulas wait for each other in a circle.
    """
    formulas: Formulas = {}
    for row in terms.fillna("").to_dict("records"):
        name = result_name(row)
        term = Term(
            float(row["coefficient"]), tuple(row["factors"].split()), tuple(row["divisors"].split())
        )
        formulas.setdefault(name, []).append(term)
    # a set is walked in another order by every process: stored draws would not be found again
    needs = {name: sorted(inputs_of(term_list)) for name, term_list in formulas.items()}
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        msg = f"derivations.csv: these results wait for each other: {', '.join(error.args[1])}."
        raise DataError(msg) from None
    return {name: formulas[name] for name in order if name in formulas}


def inputs_of(terms: list[Term]) -> set[str]:
    """Return the names that a formula reads."""
    return {name for term in terms for name in (*term.factors, *term.divisors)}


def evaluate(
    formulas: Formulas, known: Mapping[str, Any], *, factors: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """
    Return every derived value, from known values by name.

    Known values are numbers, or arrays of equal length (one entry per draw); so are the results.
    A result named in `factors` is multiplied by its factor before others read it.
    """
    values = dict(known)
    scale = factors or {}
    for name, terms in formulas.items():
        _need(name, terms, values)
        values[name] = scale.get(name, 1.0) * sum(_product(term, values, values) for term in terms)
    return {name: values[name] for name in formulas}


def evaluate_bounds(
    formulas: Formulas, low: Mapping[str, float], high: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """
    Return the least and the greatest value of every result, by interval arithmetic.

    A name that is given in `low` and `high` although it has a formula keeps the bounds given: its
    range is a judgement of its own. All quantities are taken to be non-negative.
    """
    least, most = dict(low), dict(high)
    for name, terms in formulas.items():
        _need(name, terms, least)
        for side, other, given in ((least, most, low), (most, least, high)):
            if name not in given:
                side[name] = sum(
                    _product(term, side, other)
                    if term.coefficient > 0
                    else _product(term, other, side)
                    for term in terms
                )
    return {n: least[n] for n in formulas}, {n: most[n] for n in formulas}


def _product(term: Term, above: Mapping[str, Any], below: Mapping[str, Any]) -> Any:
    """Multiply one term out, with factors from `above` and divisors from `below`."""
    value: Any = term.coefficient
    for name in term.factors:
        value = value * above[name]
    for name in term.divisors:
        value = value / below[name]
    return value


def _need(name: str, terms: list[Term], values: Mapping[str, Any]) -> None:
    """Raise DataError when a formula reads a name that has no value."""
    if missing := sorted(inputs_of(terms) - values.keys()):
        unknown = ", ".join(missing)
        msg = f"derivations.csv: {name} needs {unknown}, which has no value and no formula."
        raise DataError(msg)
