"""Annuity and present value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .checks import Numbers, checked, like_input
from .values import assumed


def annuity_factor(rate: Numbers, years: Numbers) -> Numbers:
    """
    Return the yearly payment per unit of investment, 1/yr.

    a = r / (1 - (1 + r)^-n), which tends to 1/n as r goes to 0.

    Parameters
    ----------
    rate
        Real discount rate, share per year (0.05 is 5 %); above -1.
    years
        Economic life, years.

    Raises
    ------
    ParameterError
        If the rate is -1 or less, or the life is not positive.

    Examples
    --------
    >>> round(float(annuity_factor(0.05, 20)), 4)
    0.0802
    >>> float(annuity_factor(0.0, 20))
    0.05
    """
    r = checked("rate", rate, above=-1)
    n = checked("years", years, above=0)
    growth = -np.expm1(-n * np.log1p(r))
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(growth == 0, 1 / n, r / growth)
    return like_input(factor, rate, years)


def pipe_annuity(
    rate: float | None = None,
    years: float | None = None,
    *,
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the annuity factor of a heat pipe, 1/yr; None takes the value in parameters.csv.

    Examples
    --------
    >>> float(pipe_annuity(0.05, 1))
    1.05
    """
    assumptions = assumed(assumptions)
    return annuity_factor(
        assumptions["discount_rate"] if rate is None else rate,
        assumptions["pipe_life_years"] if years is None else years,
    )
