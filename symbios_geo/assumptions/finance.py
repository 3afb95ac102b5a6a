"""Annuity, present value, internal rate, and the year of prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .checks import Numbers, checked, like_input
from .values import assumed, of_draws

__all__ = ["annuity_factor", "pipe_annuity"]

RATE_BOUNDS = (-0.5, 1e3)  # between which an internal rate is sought
HALVINGS = 80


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

    def factor(given: Mapping[str, float]) -> Numbers:
        return annuity_factor(
            given["discount_rate"] if rate is None else rate,
            given["pipe_life_years"] if years is None else years,
        )

    found: Numbers = of_draws(factor, assumed(assumptions))
    return found


def present_value(surplus: Any, parts: Any, years: Any, horizon_years: Any, rate: Any) -> Any:
    """
    Return the net present value of exchanges, in the currency of what is given.

    A part that lives shorter than the horizon is renewed at the same price, with what is left of it
    credited at the end; one that lives longer is paid in full within the horizon. So NPV = (surplus
    - sum of a(r, min(life, horizon)) x part) / a(r, horizon): the equivalent annual cost of
    textbooks (Brealey, Myers and Allen, chapter 6).

    Parameters
    ----------
    surplus
        Income less running cost a year.
    parts, years
        Investment and life of each part, along the last axis.
    horizon_years
        How long the exchange is counted.
    rate
        Real discount rate, share per year.
    """
    capital = _capital(parts, years, horizon_years, rate)
    return (surplus - capital) / annuity_factor(rate, horizon_years)


def internal_rate(
    surplus: np.ndarray, parts: np.ndarray, years: np.ndarray, horizon_years: np.ndarray
) -> np.ndarray:
    """
    Return the real rate at which the net present value is 0, share per year.

    It is the rate of an ordinary annuity where all parts live as long as the exchange is counted.
    Blank where nothing is built, or next to nothing comes back. Other arguments as in
    `present_value`, one row per exchange.
    """
    whole = parts.sum(axis=-1)
    known = (surplus > 0) & (whole > 0)
    # an investment paid back at a rate yields at least that rate each year
    least = np.full(len(whole), RATE_BOUNDS[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        most = np.where(known, np.minimum(surplus / whole, RATE_BOUNDS[1]), 1.0)
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        dear = _capital(parts, years, horizon_years, middle) > surplus
        least, most = np.where(dear, least, middle), np.where(dear, middle, most)
    found = (least + most) / 2
    return np.where(known & (found > RATE_BOUNDS[0] + 1e-6), found, np.nan)


def _capital(parts: Any, years: Any, horizon_years: Any, rate: Any) -> Any:
    """Return what all parts cost a year when each is paid within the horizon."""
    within = np.minimum(years, np.asarray(horizon_years)[..., np.newaxis])
    factor = annuity_factor(np.asarray(rate)[..., np.newaxis], within)
    return (parts * factor).sum(axis=-1)


def sek_of_2025(assumptions: Mapping[str, Any]) -> Any:
    """
    Return how many SEK of 2025, the year of prices of energy and by-products, a EUR of 2024 is.

    Everything that is built is of 2024, and so are all costs once they are in EUR. A spot price of
    another year (electricity_spot_year) is taken as one of 2025.
    """
    return np.asarray(assumptions["sek_per_eur"]) / assumptions["index_2025_to_2024"]
