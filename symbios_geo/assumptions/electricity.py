"""What electricity costs: by bidding area, month and class of user, tax and grid included."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..model import MONTHS
from ..tables import once_per_folder, read_table
from .values import of_draws, of_rows

logger = logging.getLogger(__name__)
USUAL_AREA = "SE3"  # most Swedes live there
USERS = ("network", "industry", "greenhouse", "household")
# heat sold by a network company is not manufacturing: its heat pumps pay the full tax
FULL_TAX = ("network", "household")


def bidding_areas(codes: pd.Series, own: pd.Series | None = None) -> pd.Series:
    """
    Return the bidding area of each municipality code; one that is not known is told of.

    `own` are areas by code that come before those of the table municipalities (a region's).
    """
    known = read_table("municipalities").set_index("municipality_code")["bidding_area"]
    known = known if own is None else own.combine_first(known)
    areas = codes.map(known)
    if areas.isna().any():
        named = ", ".join(sorted({str(code) for code in codes[areas.isna()]}))
        logger.warning("No bidding area is known for %s: priced as %s.", named, USUAL_AREA)
    return areas.fillna(USUAL_AREA)


def spot_by_month(area: str, year: int) -> np.ndarray:
    """
    Return the mean spot price of each month, SEK/MWh, twelve numbers.

    Source: the table `electricity_spot`.

    Raises
    ------
    ParameterError
        If there is no price for the area in that year.
    """
    return _spot(area, year).copy()


@once_per_folder
def _spot(area: str, year: int) -> np.ndarray:
    """Read the prices of an area and year once per process and data folder."""
    table = read_table("electricity_spot")
    rows = table[(table["bidding_area"] == area) & (table["year"] == year)]
    if len(rows) != 12:
        known = table.groupby("bidding_area")["year"].agg(["min", "max"])
        told = ", ".join(f"{name} {row['min']}-{row['max']}" for name, row in known.iterrows())
        msg = (
            f"There is no spot price for {area!r} in {year}. Known: {told}. Choose another "
            "electricity_spot_year, or add rows to electricity_spot.csv."
        )
        raise ParameterError(msg)
    return rows.sort_values("month")["sek_per_mwh"].to_numpy(float)


def electricity_by_month(area: str, user: str, assumptions: Mapping[str, Any]) -> np.ndarray:
    """
    Return the full price of electricity in each month, SEK/MWh, twelve numbers.

    Assumptions with a value per draw give a row of twelve per draw.

    Spot, energy tax, grid fee and the supplier's margin; for households value added tax too.

    Parameters
    ----------
    area
        Bidding area, such as "SE3".
    user
        One of `USERS`: "network" is a heating company, "industry" a factory's own process.
    assumptions
        Values by parameter_id.

    Raises
    ------
    ParameterError
        If the user is not known, or there is no price for area and year.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> prices = electricity_by_month("SE4", "network", sg.load_parameters()["value"])
    >>> prices.shape
    (12,)
    """
    if user not in USERS:
        msg = f"user = {user!r} has no price of electricity. Choose one of: {', '.join(USERS)}."
        raise ParameterError(msg)
    tax = assumptions[f"electricity_tax_{'full' if user in FULL_TAX else 'reduced'}_sek_per_mwh"]
    fee = assumptions[f"electricity_fee_{user}_sek_per_mwh"]
    vat = assumptions["value_added_tax_share"] if user == "household" else 0.0
    added = 1 + np.asarray(vat)[..., np.newaxis]
    price: np.ndarray = spot_price(area, assumptions) + np.asarray(tax + fee)[..., np.newaxis]
    return price * added


def spot_price(area: str, assumptions: Mapping[str, Any]) -> np.ndarray:
    """Return the spot price of the study's year in each month, SEK/MWh (see `spot_by_month`)."""
    spot = spot_by_month(area, round(assumptions["electricity_spot_year"]))
    return np.multiply.outer(assumptions["electricity_spot_factor"], spot)


def electricity_of_rows(
    areas: pd.Series, users: pd.Series | str, assumptions: Mapping[str, Any]
) -> np.ndarray:
    """
    Return the full price of electricity of each row in each month, SEK/MWh, twelve columns.

    Parameters
    ----------
    areas, users
        Bidding area and user of each row, as in `electricity_by_month`.
    assumptions
        Values by parameter_id, or those of each row.
    """
    users = pd.Series(users, areas.index) if isinstance(users, str) else users
    places, kinds = areas.factorize(), users.factorize()
    # pairs of texts would take longer than everything else that a price needs
    pairs = places[0] * len(kinds[1]) + kinds[0]
    prices = np.empty((len(areas), MONTHS))
    for pair in np.unique(pairs):
        rows, place = pairs == pair, divmod(int(pair), len(kinds[1]))
        area, user = str(places[1][place[0]]), str(kinds[1][place[1]])
        price = partial(electricity_by_month, area, user)
        prices[rows] = of_draws(price, of_rows(assumptions, rows), axes=1)
    return prices
