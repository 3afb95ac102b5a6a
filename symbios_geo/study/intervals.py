"""One range for each sum: the 5th to 95th percentile of the draws that the claims read too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..disclosure import sign
from ..model import new_of
from ..register.classes import HOT
from .balance import rows_of_balance, rows_of_carbon
from .cases import Case

__all__ = ["headline_intervals", "ranges"]

if TYPE_CHECKING:
    from .chain import Study

PERCENTILES = (0.05, 0.95)  # of the draws: 90 of 100 lie between
UNITS = {
    "gwh": "GWh/yr", "kt": "kt/yr", "share": "share", "yr": "MSEK/yr", "low": "t CO2e/yr",
    "high": "t CO2e/yr", "msek": "MSEK",
}  # fmt: skip
# of new heat that pays in at least half of the draws: what it takes to build and gains
SURE = {"sure_investment_msek": "investment_msek", "sure_msek_per_yr": "yearly_msek"}


def _carbon(case: Case, *kinds: str) -> np.ndarray:
    """Return CO2 of some origins in each draw, kt/yr."""
    rows = case.flows("co2", "source")
    return case.total(rows[rows["class"].isin([f"carbon:{kind}" for kind in kinds])])


FIGURES: dict[str, Callable[[Case], np.ndarray]] = {
    "new_gwh": Case.new,
    "new_share": lambda case: case.covered("pays"),
    "new_msek_per_yr": lambda case: case.gained(),
    "need_gwh": Case.need,
    "supply_gwh": Case.heat,
    "hot_gwh": lambda case: case.heat([HOT]),
    "co2_kt": lambda case: _carbon(case, "biogenic", "fossil"),
    "biogenic_kt": lambda case: _carbon(case, "biogenic"),
    "fossil_kt": lambda case: _carbon(case, "fossil"),
}
SUMS = tuple(name for name in FIGURES if not name.startswith("new_"))  # matched in no draw


def spread(drawn: np.ndarray) -> tuple[Any, Any]:
    """Return the 5th and the 95th percentile of draws: two numbers, or two of each column."""
    low, high = np.quantile(drawn, PERCENTILES, axis=0)
    return low, high


def unit_of(figure: str) -> str:
    """Return the unit of a figure of the headline, which its name ends with."""
    return UNITS.get(figure.rpartition("_")[2], "")


def ranges(case: Case, figures: Sequence[str] = SUMS) -> pd.DataFrame:
    """
    Return how far figures move over the draws of a case, of a county or a municipality.

    Parameters
    ----------
    case
        A `drawn_case`, such as `Study.drawn`, or one of its municipalities.
    figures
        Names in `FIGURES`; those of new heat match every draw, once for each set of draws.

    Returns
    -------
    ranges
        By figure: low and high (5th and 95th percentile), in the unit that its name ends with.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> spans = ranges(sg.run().drawn, ["biogenic_kt"])
    >>> spans.columns.tolist()
    ['low', 'high']
    """
    rows = {name: spread(FIGURES[name](case)) for name in figures}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high"])
    return table.rename_axis("figure")


def sum_ranges(case: Case, rows: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """
    Return low and high of the sum of some flows by group: 5th and 95th percentile of the draws.

    A sum of lows is no low of the sum, since not all rows are low at once.

    Parameters
    ----------
    case
        A `drawn_case`.
    rows
        Flows, with flow_id.
    groups
        The group of each row.
    """
    names, place = np.unique(groups.to_numpy(object).astype(str), return_inverse=True)
    drawn = case.draws.flows[list(rows["flow_id"])].to_numpy()
    # a column of ones and zeros adds up each group
    sums = drawn @ (place[:, np.newaxis] == np.arange(len(names)))
    low, high = spread(sums)
    return pd.DataFrame({"low": low, "high": high}, index=pd.Index(names))


def class_ranges(case: Case, classes: Sequence[str]) -> pd.DataFrame:
    """Return low and high of waste heat in each temperature class, as `ranges` does of figures."""
    rows = case.flows("heat", "source")
    return sum_ranges(case, rows, rows["class"]).reindex(classes, fill_value=0.0)


def months_met(monthly: pd.DataFrame) -> pd.DataFrame:
    """
    Return what waste heat meets of the demand month by month, GWh: `covered`, `gap`, `surplus`.

    Examples
    --------
    >>> table = months_met(pd.DataFrame({"demand": [3.0, 1.0], "class_60": [2.0, 2.0]}))
    >>> table.sum().to_dict()
    {'covered': 3.0, 'gap': 1.0, 'surplus': 1.0}
    """
    demand, supply = monthly["demand"], monthly.drop(columns="demand").sum(axis=1)
    covered = pd.concat([demand, supply], axis=1).min(axis=1)
    parts = {"covered": covered, "gap": demand - covered, "surplus": supply - covered}
    return pd.DataFrame(parts)


def headline_intervals(study: Study) -> pd.DataFrame:
    """
    Return every figure that the study opens with: value, low, high and unit.

    Figures of resources that the study did not match are left out. What is measured, and what is
    known at the best values only, has no range.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> table = headline_intervals(sg.run())
    >>> bool((table["low"].dropna() <= table["high"].dropna()).all())
    True
    """
    headline = dict(study.headline)
    classes = study.heat_classes["value"]
    if "heat" in study.candidates:
        headline["hot_gwh"] = float(classes.get(HOT, 0.0))
        new = new_of(study.exchanges, "heat")
        headline["new_investment_msek"] = float(new["investment_msek"].sum())
        # where nothing is new nothing is in doubt, and no business case is asked for
        seldom = new_of(study.unsure, "heat") if len(new) else new
        headline["sure_gwh"] = max(headline["new_gwh"] - float(seldom["delivered"].sum()), 0.0)
        for name, column in SURE.items():
            headline[name] = float(new[column].sum() - seldom[column].sum())
        headline["own_gwh"] = max(headline["used_gwh"] - headline["existing_gwh"], 0.0)
        headline |= {f"{name}_gwh": float(part.sum())
                     for name, part in months_met(study.monthly).items()}  # fmt: skip
    if "co2" in study.candidates:
        headline |= {f"{kind}_kt": float(study.co2[kind].sum()) for kind in ("biogenic", "fossil")}
    drawn = [name for name in FIGURES if name in headline]
    order = [*drawn, *(name for name in headline if name not in FIGURES)]
    table = pd.DataFrame({"value": [headline[name] for name in order]}, index=order)
    table = table.join(ranges(study.drawn, drawn))
    table["unit"] = [unit_of(name) for name in order]
    return table.rename_axis("figure")


def ranged_balance(study: Study, resource: str) -> pd.DataFrame:
    """
    Return the balance of a resource with the range of each sum, the region's own row last.

    Indexed by municipality_code, the last row by the code of the region: the columns of
    `balance.by_municipality`, and `supply_low`, `supply_high`, `demand_low`, `demand_high`.
    """
    table = _ranged(study, study.balances[resource], rows_of_balance(study.register, resource))
    return table.assign(cover=(table["supply"] / table["demand"]).where(table["demand"] > 0))


def ranged_co2(study: Study) -> pd.DataFrame:
    """Return CO2 by municipality and origin with ranges, as `ranged_balance` does of balances."""
    return _ranged(study, study.co2, rows_of_carbon(study.register))


def _ranged(study: Study, table: pd.DataFrame, parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a table by municipality with the region below it, and the range of each part."""
    name = study.region.words(study.lang)["region"]
    last = table.select_dtypes("number").sum().to_frame().T.assign(name=name)
    whole = pd.concat([table, last.set_axis([study.region.code])])[table.columns]
    for column, rows in parts.items():
        spans = sum_ranges(study.drawn, rows, rows["municipality_code"])
        spans = spans.reindex(table.index, fill_value=0.0)
        low, high = spread(study.drawn.total(rows))
        for side, end in (("high", high), ("low", low)):
            ends = pd.Series([*spans[side], end], whole.index)
            # a skewed sum may be best at the edge of its draws: its range holds it
            held = {"low": np.minimum, "high": np.maximum}[side](ends, whole[column])
            whole.insert(whole.columns.get_loc(column) + 1, f"{column}_{side}", held)
    return sign(whole.rename_axis(table.index.name), study.readers)
