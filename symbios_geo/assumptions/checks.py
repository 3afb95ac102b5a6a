"""Checks of numbers: arguments, and the table of assumptions against what is physical."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from ..errors import ParameterError, SymbiosError
from ..model import BOUNDS

Numbers: TypeAlias = float | np.ndarray | pd.Series
ABSOLUTE_ZERO_C = -273.15
HOURS_PER_YEAR = 8760.0
LONGEST_YEAR_H = 8784.0
MAX_FAULTS_SHOWN = 50
# what a quantity can be by its unit; all others are 0 or more
PHYSICAL = {
    "share": (0.0, 1.0),
    "share/yr": (0.0, 1.0),
    "degC": (ABSOLUTE_ZERO_C, np.inf),
    "-": (-np.inf, np.inf),
    "ln m": (-np.inf, np.inf),
}
SIGNED = ("price_",)  # below 0 is a gate fee: who takes it is paid


def checked(
    name: str,
    value: Numbers,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
) -> np.ndarray:
    """
    Return `value` as an array of floats, after checking that every number is finite and in range.

    Raises
    ------
    ParameterError
        If a number is missing, infinite or outside the range; the message quotes the first one.
    """
    try:
        numbers = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        msg = f"{name} = {value!r} must be a number."
        raise ParameterError(msg) from None
    rules = {
        "a finite number": np.isfinite(numbers),
        f"at least {at_least}": True if at_least is None else numbers >= at_least,
        f"at most {at_most}": True if at_most is None else numbers <= at_most,
        f"above {above}": True if above is None else numbers > above,
    }
    for rule, kept in rules.items():
        if not np.all(kept):
            msg = f"{name} = {_first_fault(value, np.asarray(kept))} must be {rule}."
            raise ParameterError(msg)
    return numbers


def checked_or_default(
    name: str,
    value: Numbers | None,
    parameter_id: str,
    *,
    assumptions: Mapping[str, float],
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
) -> np.ndarray:
    """Return `value`, or that of the assumptions when it is None, checked like `checked`."""
    known = assumptions[parameter_id] if value is None else value
    return checked(name, known, at_least=at_least, at_most=at_most, above=above)


def check_order(
    lower_name: str, lower: np.ndarray, upper_name: str, upper: np.ndarray, *, equal: bool = True
) -> None:
    """Check that no number of `lower` exceeds (or, without `equal`, reaches) that of `upper`."""
    low, high = np.broadcast_arrays(lower, upper)
    wrong = np.flatnonzero((low > high) if equal else (low >= high))
    if wrong.size:
        rule = "must not exceed" if equal else "must be below"
        where = f" (position {wrong[0]})" if low.ndim else ""
        msg = (
            f"{lower_name} = {low.flat[wrong[0]]:g} {rule} "
            f"{upper_name} = {high.flat[wrong[0]]:g}{where}."
        )
        raise ParameterError(msg)


def check_choice(
    name: str, value: str, choices: Iterable[str], error: type[SymbiosError] = ParameterError
) -> None:
    """Check that a word is one of the known ones; `error` is raised otherwise."""
    known = list(choices)
    if value not in known:
        msg = f"{name} = {value!r} is not known. Choose one of: {', '.join(map(str, known))}."
        raise error(msg)


def check_parameters(table: pd.DataFrame) -> None:
    """
    Check that every number can be in its unit, and lies within its range.

    Raises
    ------
    ParameterError
        With one line per fault.
    """
    lines = []
    # rows of a frame take ten times as long as plain tuples
    for name, unit, *numbers in table[["unit", *BOUNDS]].itertuples(name=None):
        least, most = limits_of(str(name), unit)
        row = dict(zip(BOUNDS, numbers, strict=True))
        lines += [
            f"{name}: {column} is {number:g} {unit}, outside {least:g} to {most:g}"
            for column, number in row.items()
            if number < least or number > most or np.isinf(number)
        ]
        if row["low"] > row["high"]:
            lines.append(f"{name}: low {row['low']:g} is above high {row['high']:g}")
    if lines:
        msg = "Mend these parameters: " + "; ".join(lines[:MAX_FAULTS_SHOWN]) + "."
        raise ParameterError(msg)


def limits_of(name: str, unit: str) -> tuple[float, float]:
    """Return between what an assumption can lie."""
    least, most = PHYSICAL.get(unit, (0.0, math.inf))
    return (-math.inf if name.startswith(SIGNED) else least), most


def like_input(result: Any, *inputs: Any) -> Any:
    """Return `result` as a Series when an input is one, as a float when all inputs are single."""
    series = [given for given in inputs if isinstance(given, pd.Series)]
    if any(not given.index.equals(series[0].index) for given in series):
        msg = "Series given together must have the same index; align them first."
        raise ParameterError(msg)
    if series:
        return pd.Series(np.broadcast_to(result, len(series[0])).copy(), index=series[0].index)
    return np.asarray(result)[()]


def _first_fault(value: Numbers, kept: np.ndarray) -> str:
    """Return the first number that breaks a rule, with its label when there are several."""
    if np.ndim(value) == 0:
        return f"{float(np.asarray(value, dtype=float)):g}"
    place = int(np.flatnonzero(~kept)[0])
    label = value.index[place] if isinstance(value, pd.Series) else place
    return f"{np.asarray(value, dtype=float).flat[place]:g} (row {label!r})"
