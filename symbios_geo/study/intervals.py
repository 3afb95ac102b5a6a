"""One range for each number: the 5th to 95th percentile of the draws that the claims read too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..register.complete import HOT, NUCLEAR
from .cases import Case, best_case

if TYPE_CHECKING:
    from .chain import Study

PERCENTILES = (0.05, 0.95)  # of the draws: 90 of 100 lie between


def _heat(case: Case, classes: Sequence[str] = ()) -> np.ndarray:
    """Return waste heat of some classes in each draw, GWh/yr; of all but Ringhals by default."""
    rows = case.flows("heat", "source")
    wanted = rows["class"].isin(classes) if classes else rows["class"] != NUCLEAR
    return case.total(rows[wanted])


def _need(case: Case) -> np.ndarray:
    """Return property heating in each draw, GWh/yr."""
    return case.total(case.flows("heat", "sink"))


def _carbon(case: Case, *kinds: str) -> np.ndarray:
    """Return CO2 of some origins in each draw, kt/yr."""
    rows = case.flows("co2", "source")
    return case.total(rows[rows["class"].isin([f"carbon:{kind}" for kind in kinds])])


FIGURES: dict[str, Callable[[Case], np.ndarray]] = {
    "need_gwh": _need,
    "supply_gwh": _heat,
    "hot_gwh": lambda case: _heat(case, [HOT]),
    "biogenic_kt": lambda case: _carbon(case, "biogenic"),
    "fossil_kt": lambda case: _carbon(case, "fossil"),
    "co2_kt": lambda case: _carbon(case, "biogenic", "fossil"),
    "new_gwh": lambda case: case.covered("pays") * _need(case),
    "new_share": lambda case: case.covered("pays"),
}
SUMS = tuple(name for name in FIGURES if not name.startswith("new_"))  # matched in no draw


def class_ranges(case: Case, classes: Sequence[str]) -> pd.DataFrame:
    """Return low and high of waste heat in each temperature class, as `ranges` does of figures."""
    rows = {name: np.quantile(_heat(case, [name]), PERCENTILES) for name in classes}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high"])


def ranges(case: Case, figures: Sequence[str] = SUMS) -> pd.DataFrame:
    """
    Return how far figures move over the draws of a case, of a county or a municipality.

    Parameters
    ----------
    case
        A `drawn_case`, such as `Study.drawn`, or one of its municipalities.
    figures
        Names in `FIGURES`; those of new heat match every draw, which takes some ten seconds.

    Returns
    -------
    ranges
        By figure: low and high (5th and 95th percentile), in the unit that its name ends with.
    """
    rows = {name: np.quantile(FIGURES[name](case), PERCENTILES) for name in figures}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high"])
    return table.rename_axis("figure")


def headline_intervals(study: Study) -> pd.DataFrame:
    """
    Return the uncertain figures of a study: value as in its headline, low and high.

    Figures of resources that the study did not match are left out.
    """
    best = best_case(study)
    known = [
        name for name in FIGURES if ("co2" if name.endswith("_kt") else "heat") in study.candidates
    ]
    table = ranges(study.drawn, known)
    headline = study.headline
    values = [headline.get(name, float(FIGURES[name](best)[0])) for name in known]
    table.insert(0, "value", values)
    return table
