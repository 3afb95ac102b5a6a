"""Do a year, its months, a power and its hours agree? If not, which slip is likely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..assumptions.checks import LONGEST_YEAR_H
from ..model import MONTH_COLUMNS, MONTH_DAYS
from .faults import Fault

FITS = 0.10  # the year and what the months give differ by less
WORKING_DAYS = np.array([23, 20, 21, 22, 22, 21, 23, 21, 22, 23, 20, 23])  # of 2025
FEWEST_HOURS = 40  # at its greatest power, a stream worth telling of


class Reading(NamedTuple):
    """
    What twelve numbers are of a year: which kind, and how many times too small the year is.

    `kind` is "energy", "power_running" (while the plant runs), "power_mean" (over all hours),
    either with "_1000" where the unit is a thousandth of the one of the year, or empty.
    """

    kind: str
    year_factor: float = 1.0


def read_months(
    year: float,
    months: Sequence[float],
    *,
    hours_per_day: float | None = None,
    weekends: bool = True,
    power: float | None = None,
) -> Reading:
    """
    Return what twelve numbers most likely are: energy, or power in one of two meanings.

    The nearest reading within 10 % wins, but power in the unit asked for wins over all others.
    Forms of the German register of waste heat hold all five (a third of those read had energy in
    a column for power), and what fits a thousandth is the year's fault if no month exceeds the
    greatest power.

    Parameters
    ----------
    year
        Energy of the year, such as kWh.
    months
        Twelve numbers in the same unit, or the power that belongs to it, such as kW.
    hours_per_day
        Hours a day that the plant runs. None: not known, so that only a mean can be tested.
    weekends
        Whether it runs on Saturdays and Sundays.
    power
        The greatest power, in the unit that belongs to the year's. None: not known.

    Examples
    --------
    >>> read_months(8760, [1] * 12, hours_per_day=24).kind
    'power_running'
    >>> read_months(1200, [100] * 12).kind
    'energy'
    """
    numbers = np.asarray(months, dtype=float)
    if not numbers.sum() > 0 or not year > 0 or not 0 < (hours_per_day or 24) <= 24:
        return Reading("")
    sums = {"power_mean": (numbers * 24 * MONTH_DAYS).sum(), "energy": numbers.sum()}
    sums["energy_1000"] = sums["energy"] / 1000
    if hours_per_day is not None:
        running = (numbers * hours_per_day * (MONTH_DAYS if weekends else WORKING_DAYS)).sum()
        sums = {"power_running": running, "power_running_1000": running / 1000} | sums
    off = {kind: abs(year / total - 1) for kind, total in sums.items()}
    fits = sorted((kind for kind in off if off[kind] < FITS), key=lambda kind: off[kind])
    asked = [kind for kind in fits if kind in ("power_running", "power_mean")]
    # all round the clock both powers are the same number: the first asked for
    kind = "power_running" if "power_running" in asked else (asked or fits or [""])[0]
    if power is not None and numbers.max() <= power and "power_running" in sums:
        for factor in (1000.0, 1 / 1000):
            if abs(year * factor / sums["power_running"] - 1) < FITS:
                return Reading("power_running", factor)
    return Reading(kind)


def energy_faults(name: str, table: pd.DataFrame) -> Iterator[Fault]:
    """
    Find flows of energy whose months do not add up to the year, or whose power cannot give it.

    Months and value stand in one unit, `power_mw` beside a value in GWh; what is blank is not
    tested.
    """
    if "value" not in table or "unit" not in table:
        return
    told = table.columns.intersection([*MONTH_COLUMNS, "power_mw"])
    # most registers tell neither months nor power: a row of theirs has nothing to test
    some = table[told].apply(pd.to_numeric, errors="coerce").notna().any(axis=1)
    for row, flow in table[(table["unit"] == "GWh/yr") & some].iterrows():
        yield from _month_faults(name, int(row), flow)  # type: ignore[call-overload]
        yield from _power_faults(name, int(row), flow)  # type: ignore[call-overload]


def _month_faults(name: str, row: int, flow: pd.Series) -> Iterator[Fault]:
    """Find months that are no energy of the year."""
    months = pd.to_numeric(flow.reindex(MONTH_COLUMNS), errors="coerce")
    if months.isna().any() or not months.sum() > 0 or not flow["value"] > 0:
        return
    found = read_months(flow["value"], list(months), hours_per_day=24.0)
    rule = {"energy": "", "": "months_year", "energy_1000": "months_unit"}.get(
        found.kind, "months_power"
    )
    if rule:
        sums = f"{months.sum():.4g}", f"{flow['value']:.4g}"
        yield Fault(name, row, MONTH_COLUMNS[0], rule, *sums)


def _power_faults(name: str, row: int, flow: pd.Series) -> Iterator[Fault]:
    """Find a year that the greatest power cannot give, or that it gives in a few hours."""
    power = flow.get("power_mw", np.nan)
    if not power > 0 or not flow["value"] > 0:
        return
    stated = flow.get("hours_per_year", np.nan)
    most = stated if stated > 0 else LONGEST_YEAR_H
    hours = flow["value"] * 1000 / power
    rule = ""
    if hours > most * (1 + FITS):
        rule = "power_short"
    elif hours < FEWEST_HOURS:
        rule = "power_long"
    if rule:
        thousand = FEWEST_HOURS <= hours * (1e-3 if rule == "power_short" else 1e3) <= most
        words = f"{flow['value']:.4g} GWh / {power:.4g} MW = {hours:,.0f} h"
        rule += "_1000" if thousand else ""
        yield Fault(name, row, "value", rule, words.replace(",", " "), f"{most:.0f}")
