"""Jobs: direct and indirect apart, with displacement, from factors whose spread is shown."""

from __future__ import annotations

import pandas as pd

from ..assumptions.checks import check_choice, checked
from ..assumptions.ranges import bounds_of, with_bounds
from ..assumptions.values import Assumptions, Given, as_assumptions
from ..errors import ParameterError
from ..model import BOUNDS
from ..tables import once_per_folder, read_table


def estimate_jobs(
    amount: float,
    basis: str,
    assumptions: Given = None,
    *,
    factor_id: str | None = None,
    displacement: bool = False,
) -> pd.DataFrame:
    """
    Return direct, indirect, displaced and net jobs: value, low and high by part.

    direct = amount x factor; indirect = direct x (multiplier - 1); displaced = direct x share, 0
    unless switched on; net = direct + indirect - displaced. Where a basis has several factors the
    first is the best value and the range spans all of them.

    Parameters
    ----------
    amount
        In the unit under the slash of the factor: ha, GWh/yr, kt/yr.
    basis
        One of `job_factors()`'s bases, for example "greenhouse", "heat" or "biogas".
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    factor_id
        One factor, with its own range. None: all of the basis.
    displacement
        Whether to subtract jobs that are moved from elsewhere in the region.

    Raises
    ------
    ParameterError
        If the amount is negative, the basis or factor is not known, or the multiplier is below 1.

    Examples
    --------
    >>> estimate_jobs(10, "greenhouse").index.tolist()
    ['direct', 'indirect', 'displaced', 'net']
    """
    assumptions = as_assumptions(assumptions)
    quantity = float(checked("amount", amount, at_least=0))
    factor = _factor(basis, factor_id, assumptions)
    p = bounds_of(assumptions)
    extra = p.loc["jobs_multiplier"] - 1
    checked("jobs_multiplier", p.loc["jobs_multiplier"], at_least=1)
    moved = p.loc["job_displacement_share"]
    checked("job_displacement_share", moved, at_least=0, at_most=1)
    direct = factor * quantity
    indirect = direct * extra
    displaced = direct * moved * float(displacement)
    # the same direct jobs stand in all parts, so the range of net is that of direct x (1 + e - m)
    shifted = {"value": moved["value"], "low": moved["high"], "high": moved["low"]}
    net = direct * (1 + extra - pd.Series(shifted) * float(displacement))
    parts = {"direct": direct, "indirect": indirect, "displaced": displaced, "net": net}
    return pd.DataFrame(parts).T[BOUNDS].rename_axis("part").assign(unit="jobs")


def direct_jobs(amount: float, basis: str, assumptions: Given = None) -> tuple[float, float]:
    """
    Return the direct jobs of an amount alone, lowest and highest, as `estimate_jobs` has them.

    Parameters
    ----------
    amount, basis, assumptions
        As in `estimate_jobs`.

    Raises
    ------
    ParameterError
        If the amount is negative, or the basis not known.

    Examples
    --------
    >>> low, high = direct_jobs(10, "greenhouse")
    >>> bool(0 < low < high)
    True
    """
    factor = _bounds(basis, as_assumptions(assumptions))
    quantity = float(checked("amount", amount, at_least=0))
    return factor["low"] * quantity, factor["high"] * quantity


def jobs_of_avoided(low: float, high: float, assumptions: Given = None) -> tuple[float, float]:
    """
    Return the direct jobs that go with avoided emissions: lowest, highest.

    Parameters
    ----------
    low, high
        Emissions avoided, t CO2e/yr; below 0 no job follows.
    assumptions
        As in `estimate_jobs`.

    Examples
    --------
    >>> jobs_of_avoided(-10, 0)
    (0.0, 0.0)
    """
    least, most = (max(float(side), 0.0) / 1000 for side in (low, high))
    fewest, _ = direct_jobs(least, "avoided_co2", assumptions)
    return fewest, direct_jobs(most, "avoided_co2", assumptions)[1]


@once_per_folder
def _bounds(basis: str, assumptions: Assumptions) -> dict[str, float]:
    """Return the factor of a basis, made once per process, folder of tables and assumptions."""
    return {str(side): float(value) for side, value in _factor(basis, None, assumptions).items()}


def job_factors(assumptions: Given = None, *, include_outliers: bool = True) -> pd.DataFrame:
    """
    Read the factors with their sources, a missing bound being the value; by factor_id.

    A factor that is an assumption (`parameter_id`) has the value and range of that one.

    Examples
    --------
    >>> "greenhouse" in set(job_factors()["basis"])
    True
    """
    table = read_table("job_factors").set_index("factor_id")
    own = table["parameter_id"].dropna()
    table.loc[own.index, BOUNDS] = bounds_of(as_assumptions(assumptions)).loc[own].to_numpy()
    if not include_outliers:
        table = table[~table["is_outlier"].astype(bool)]
    return with_bounds(table)


def factor_spread() -> pd.DataFrame:
    """
    Return how far the factors of each basis and unit lie apart, by basis.

    Columns: unit, factors, least and greatest best value, and their ratio `spread` (times).

    Examples
    --------
    >>> bool((factor_spread()["spread"] >= 1).all())
    True
    """
    groups = job_factors(include_outliers=False).groupby(["basis", "unit"])["value"]
    table = groups.agg(factors="size", least="min", greatest="max").reset_index("unit")
    return table.assign(spread=table["greatest"] / table["least"])


def _factor(basis: str, factor_id: str | None, assumptions: Given) -> pd.Series:
    """Return value, low and high of one factor, or of all usable ones of a basis."""
    table = job_factors(assumptions)
    check_choice("basis", basis, table["basis"].unique())
    rows = table[table["basis"] == basis]
    if factor_id is not None:
        check_choice("factor_id", factor_id, rows.index)
        return rows.loc[factor_id, BOUNDS].astype(float)
    rows = rows[~rows["is_outlier"].astype(bool)]
    if len(set(rows["unit"])) > 1:
        msg = f"basis = {basis!r} has factors in several units. Name one with factor_id."
        raise ParameterError(msg)
    bounds = {"value": rows["value"].iloc[0], "low": rows["low"].min(), "high": rows["high"].max()}
    return pd.Series(bounds, dtype=float)
