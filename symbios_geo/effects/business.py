"""The business case of an exchange: what it takes, earns and gives each of its parties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..assumptions.finance import annuity_factor, internal_rate, present_value
from ..errors import ParameterError
from ..model import Resource

PARTIES = ("giver", "taker", "network")


def invested(links: pd.DataFrame, record: Resource) -> pd.DataFrame:
    """
    Return what building each link takes, million EUR by part (`Resource.investments`).

    Parameters
    ----------
    links
        Priced links with `capacity` (MW or t/h) and `delivered` (GWh or kt a year).
    record
        The record of their resource.

    Returns
    -------
    invested
        A column per part; blank where no capacity was chosen.
    """
    sizes = {"fixed_meur": 1.0, "meur_per_mw": "capacity", "meur_per_unit": "delivered"}
    found = {}
    for part in record.investments or {}:
        whole = pd.Series(np.nan, links.index)
        for name, size in sizes.items():
            if (column := f"invest_{part}_{name}") in links and "capacity" in links:
                amount = size if isinstance(size, float) else links[size]
                whole = whole.add(links[column].astype(float) * amount, fill_value=0.0)
        found[part] = whole.where(links["capacity"].notna()) if "capacity" in links else whole
    return pd.DataFrame(found, index=links.index, dtype=float)


def lives(links: pd.DataFrame, record: Resource, assumptions: Mapping[str, Any]) -> pd.DataFrame:
    """Return the life of each part of each link, years, with a column per part."""
    found = {}
    for part, parameter in (record.investments or {}).items():
        column = f"life_{part}_years"
        found[part] = links[column] if column in links else assumptions[parameter]
    return pd.DataFrame(found, index=links.index, dtype=float)


def yearly_capital(
    links: pd.DataFrame, record: Resource, assumptions: Mapping[str, float]
) -> pd.DataFrame:
    """Return what each part of each link costs a year over its own life, million EUR."""
    factor = annuity_factor(
        assumptions["discount_rate"], lives(links, record, assumptions).to_numpy(float)
    )
    return (invested(links, record) * factor).fillna(0.0)


def horizon(
    links: pd.DataFrame, parts: pd.DataFrame, years: pd.DataFrame, contract_years: Any
) -> np.ndarray:
    """
    Return how long each exchange is counted, years.

    As long as its longest part lives; a contract's time where nothing is built; and never longer
    than its worth is promised (`worth_years`, such as the state's support).
    """
    longest = years.where(parts > 0).max(axis=1).to_numpy(float)
    whole = np.where(np.isnan(longest), contract_years, longest)
    if "worth_years" in links:
        whole = np.fmin(whole, links["worth_years"].to_numpy(float))
    return whole


def money(links: pd.DataFrame, record: Resource, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """
    Return the business case of links that carry something, million SEK of 2024.

    Parameters
    ----------
    links
        Priced links of a match with `delivered`, `capacity`, `unit_cost` and `worth`.
    record
        The record of their resource.
    assumptions
        Assumptions of the study.

    Returns
    -------
    money
        `invest_<part>_msek` and investment_msek (their sum; blank if not known); income_msek (what
        is replaced or earned a year), cost_msek (running, with upkeep and what the giver is paid
        for its stream), yearly_msek (income less all cost, capital included), payback_years
        (investment over income less running cost), npv_msek (see `present_value`) with the years
        it counts, irr (see `internal_rate`), and levelised_sek (all cost per MWh or t delivered).
    """
    sek, rate = assumptions["sek_per_eur"], assumptions["discount_rate"]
    paid = yearly_capital(links, record, assumptions) * sek
    parts, years = invested(links, record) * sek, lives(links, record, assumptions)
    counted = horizon(links, parts, years, assumptions["contract_years"])
    delivered = links["delivered"]
    income = delivered * links["worth"] * sek / 1000
    yearly = delivered * (links["worth"] - links["unit_cost"]) * sek / 1000
    surplus = (yearly + paid.sum(axis=1)).to_numpy(float)
    # a record without parts says that nothing is built; none at all says that nobody knows
    least = 1 if record.investments is None else min(1, len(parts.columns))
    whole = parts.sum(axis=1, min_count=least)
    built, lasting = parts.fillna(0.0).to_numpy(float), years.fillna(1.0).to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        payback = np.where((surplus > 0) & (whole > 0), whole / surplus, np.nan)
    known = whole.notna()
    found = {
        **{f"invest_{part}_msek": parts[part] for part in parts},
        "investment_msek": whole,
        "income_msek": income,
        "cost_msek": income - surplus,
        "yearly_msek": yearly,
        "payback_years": payback,
        "npv_msek": present_value(surplus, built, lasting, counted, rate),
        "irr": internal_rate(surplus, built, lasting, counted),
        "levelised_sek": links["unit_cost"] * sek,
        "years": counted,
    }
    table = pd.DataFrame(found, index=links.index)
    # without the investment, running and capital cost cannot be told apart
    unknown = ["cost_msek", "payback_years", "npv_msek", "irr", "years"]
    return table.assign(**{name: table[name].where(known) for name in unknown})


def default_split(links: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """
    Return the share of each party in what a link gains, from the shadow prices of its match.

    A source is worth its price for each unit sent, a receiver its price for each unit delivered:
    what is scarce takes the gain. No party then gains by leaving the others (Owen 1975). The link
    itself, whoever owns it, earns interest on its capital and nothing above; ends without a price
    halve the gain.

    Parameters
    ----------
    links
        Links with `source`, `sink`, `sent` and `delivered`.
    prices
        `Match.prices`: node, role, price.
    """
    worth = {}
    for role, amount in (("source", "sent"), ("sink", "delivered")):
        mine = prices[prices["role"] == role].set_index("node")["price"]
        worth[role] = (links[role].map(mine).fillna(0.0) * links[amount]).clip(lower=0.0)
    both = worth["source"] + worth["sink"]
    giver = (worth["source"] / both.where(both > 0)).fillna(0.5)
    return pd.DataFrame({"giver": giver, "taker": 1.0 - giver, "network": 0.0})


def check_split(split: Mapping[str, float]) -> dict[str, float]:
    """
    Return the share of each party, if shares of known parties add up to 1.

    Raises
    ------
    ParameterError
        If a party is not known, a share lies outside 0-1, or they do not add up.
    """
    if strange := [party for party in split if party not in PARTIES]:
        msg = f"split names {strange[0]!r}. The parties are: {', '.join(PARTIES)}."
        raise ParameterError(msg)
    shares = {party: float(split.get(party, 0.0)) for party in PARTIES}
    total = sum(shares.values())
    if not all(0 <= share <= 1 for share in shares.values()) or abs(total - 1) > 1e-9:
        told = ", ".join(f"{party} {share:g}" for party, share in shares.items())
        msg = f"split = {told} adds up to {total:g}. Give shares of 0 to 1 that add up to 1."
        raise ParameterError(msg)
    return shares


def support_needed(npv: pd.Series) -> pd.Series:
    """Return the grant at the start that would bring a losing exchange to 0, as `npv`."""
    return (-npv).clip(lower=0.0)


def may_be_granted(
    support: pd.Series,
    investment: pd.Series,
    t_co2e: pd.Series,
    years: pd.Series,
    assumptions: Mapping[str, float],
) -> pd.Series:
    """
    Say which exchanges a climate grant like Klimatklivet could tip, by its share and its effect.

    It pays a share of the investment (`climate_grant_share`), for no less than
    `climate_grant_kg_per_sek` kg CO2e saved per krona over the years counted.
    """
    enough = support <= assumptions["climate_grant_share"] * investment
    # t over MSEK is g per krona
    saved = t_co2e * years / support.where(support > 0) / 1000
    return (support > 0) & enough & (saved >= assumptions["climate_grant_kg_per_sek"])
