"""What every exchange of a study is worth to those who make it, with the range of the draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..assumptions.finance import annuity_factor, present_value
from ..assumptions.values import RowAssumptions
from ..co2.links import auctioned
from ..disclosure import sign
from ..effects import business
from ..heat.networks import tier_use
from ..matching.candidates import still_free
from ..matching.ladder import match_candidates
from ..matching.months import running_costs
from ..matching.unchosen import arriving_by_month, next_best
from ..model import (
    CANDIDATE,
    CARRIES_NOTHING,
    EXISTING,
    LOSING,
    MONTH_COLUMNS,
    NEW,
    SPLIT,
    carried,
    new_of,
)
from ..shortlist import HALF, SURELY, readiness
from . import plan
from .intervals import PERCENTILES
from .sensitivity import rank_correlation

if TYPE_CHECKING:
    from .chain import Study

MOST_BESIDE = 10  # links outside the plan that are told of, by resource
NEARLY = 0.15  # of its worth: an exchange that costs so much more at most nearly pays
NEARLY_OFTEN = 1 - SURELY  # and it pays in so many of the draws
LEAST_SHARE = 0.1  # of the median new exchange of the plan: candidates below it are too small
INVESTED = ("recovery", "heat_pump", "pipe", "station", "network", "treatment", "vehicle")
FIRST = [
    "resource", "status", "source", "name_source", "stream_source", "sink", "name_sink",
    "site_id_source", "site_id_sink", "municipality_code_source", "municipality_code_sink",
    "distance_km", "mode",
    "sent", "delivered", "unit", "mw", "full_load_hours", "diameter_mm",
]  # fmt: skip
MONEY = [
    *(f"invest_{part}_msek" for part in INVESTED), "investment_msek", "income_msek", "cost_msek",
    "yearly_msek", "payback_years", "npv_msek", "npv_msek_low", "npv_msek_high", "irr",
    "levelised_sek", "worth_sek", "years", "promised", "share_giver_msek", "share_taker_msek",
    "share_network_msek", "support_msek", "may_be_granted", "pays_share", "breaks_by",
]  # fmt: skip
EFFECTS = ["t_co2e", "t_co2e_low", "t_co2e_high", "jobs", "jobs_low", "jobs_high"]
LAST = [
    "operator_source", "operator_sink", "confidence_source", "confidence_sink", "confidence",
    "readiness", "contact", "parties", "case_place", "case_country", "precedent", "condition",
]  # fmt: skip
COLUMNS = [*FIRST, *MONEY, *EFFECTS, *LAST, *MONTH_COLUMNS]


def business_case(study: Study) -> pd.DataFrame:
    """
    Return the business case of every exchange of the plan and of the nearest to it.

    Parameters
    ----------
    study
        A study that was run.

    Returns
    -------
    business
        A row per exchange in the order of `Study.exchanges`, then those outside the plan: what
        nearly pays (`status` "candidate": it costs at most 15 % more than it is worth and gains in
        a tenth of the draws), and what does not ("losing", or "split" where it gains in half of
        the draws all the same); within each, the smallest loss first. Money in million SEK of
        2024: see `business.money`;
        npv_msek_low and _high are the 5th and 95th percentile of the draws, for the pipes and
        plants as they are planned; pays_share is the share of the draws in which it gains;
        breaks_by the assumption or flow that moves its gain most. `mw` is MW or t/h, diameter_mm
        of the pipe. Money of existing exchanges is not known. The gain is shared by the shadow
        prices of a match over the year (see `business.default_split`).
    """
    parts = [_of_resource(study, key) for key in study.matches]
    filled = [part for part in parts if len(part)] or [pd.DataFrame(columns=COLUMNS)]
    table = pd.concat(filled, ignore_index=True)
    table = table.reindex(columns=COLUMNS)
    order = {EXISTING: 0, NEW: 1, CANDIDATE: 2, SPLIT: 3, LOSING: 4}
    keys = table.assign(first=table["status"].map(order), gain=table["yearly_msek"].fillna(0.0))
    ranked = keys.sort_values(
        ["first", "gain", "delivered", "source", "sink"],
        ascending=[True, False, False, True, True],
        kind="stable",
    )
    return sign(ranked[COLUMNS].reset_index(drop=True), study.readers)


def with_split(study: Study, split: Mapping[str, float]) -> pd.DataFrame:
    """
    Return the business case of a study with another split of the gain.

    Parameters
    ----------
    study
        A study that was run.
    split
        Share of the gain for "giver", "taker" and "network", adding up to 1.

    Raises
    ------
    ParameterError
        If the split does not add up to 1.
    """
    table, shares = study.business, business.check_split(split)
    gains = {f"share_{party}_msek": table["yearly_msek"] * shares[party] for party in shares}
    return sign(table.assign(**gains), study.readers)


def _of_resource(study: Study, key: str) -> pd.DataFrame:
    """Return the business case of one resource."""
    found, match = study.candidates[key], study.matches[key]
    links = carried(match.links)
    crowds = study.register.sites.index[~study.register.one_place]
    new = new_of(links)
    least = LEAST_SHARE * new["delivered"].median() if len(new) else CARRIES_NOTHING
    near = next_best(found, match, top=MOST_BESIDE, least=least, without=list(crowds))
    links = pd.concat([part for part in (links, near) if len(part)] or [links], ignore_index=True)
    if links.empty:
        return pd.DataFrame(columns=COLUMNS)
    rows = plan.of_links(study, key, links)
    priced = rows["status"] != EXISTING
    gains = _drawn(study, key, links[priced.to_numpy()])
    rows = rows.join(gains)
    parts = business.default_split(links, _prices(study, key))
    for party in business.PARTIES:
        rows[f"share_{party}_msek"] = rows["yearly_msek"] * parts[party]
    support = business.support_needed(rows["npv_msek"])
    granted = business.may_be_granted(
        support, rows["investment_msek"], rows["t_co2e"], rows["years"], study.assumptions
    )
    promised = auctioned(links)
    rows = rows.join(readiness(rows, study.register))
    worth = rows["worth"] * study.assumptions["sek_per_eur"]
    dear = rows["levelised_sek"] > (1 + NEARLY) * worth
    far = rows["status"].eq(CANDIDATE) & (dear | (rows["pays_share"] < NEARLY_OFTEN))
    often = far & (rows["pays_share"] >= HALF)
    return rows.assign(
        status=rows["status"].mask(far, LOSING).mask(often, SPLIT),
        mw=_power(rows),
        full_load_hours=rows["delivered"] * 1000 / _power(rows),
        diameter_mm=links.get("nominal_diameter_mm", pd.Series(np.nan, links.index)),
        worth_sek=worth,
        support_msek=support,
        # what the state pays for already gets no grant beside
        may_be_granted=(granted & ~promised).astype(object).where(priced),
        promised=promised.astype(object).where(priced),
    )


def _power(rows: pd.DataFrame) -> pd.Series:
    """Return the capacity that is built, or today's largest month of an existing exchange, MW."""
    if not set(MONTH_COLUMNS) <= set(rows):
        return rows["capacity"] if "capacity" in rows else pd.Series(np.nan, rows.index)
    return rows["capacity"].fillna(plan.largest_month(rows))


def _prices(study: Study, key: str) -> pd.DataFrame:
    """Return shadow prices: those of the match, or where pipes are whole, of one by the year."""
    own = study.matches[key].prices
    if own["price"].notna().any():
        return own
    found = study.candidates[key]
    return match_candidates(found, method="annual", assumptions=study.assumptions).prices


def _drawn(study: Study, key: str, links: pd.DataFrame) -> pd.DataFrame:
    """
    Return how the gain of links moves over the draws, each built as planned.

    What is delivered falls with a source or need that is smaller than planned, and never rises: the
    pipe is built. A draw in which a link cannot work gains nothing and pays its capital.
    """
    names = ["npv_msek_low", "npv_msek_high", "pays_share", "breaks_by"]
    if links.empty or not set(MONTH_COLUMNS) <= set(links):
        return pd.DataFrame(index=links.index, columns=names)
    draws = study.drawn.draws
    less = delivered_shares(study, key, links)
    yearly, npv = drawn_gain(study, key, links, draws.parameters, less)
    low, high = np.nanquantile(npv, PERCENTILES, axis=0)
    causes = pd.concat([draws.parameters, draws.flows], axis=1)
    return pd.DataFrame(
        {
            "npv_msek_low": low,
            "npv_msek_high": high,
            "pays_share": (yearly > 0).mean(axis=0),
            "breaks_by": _moves_most(causes, yearly),
        },
        index=links.index,
    )


def drawn_gain(
    study: Study, key: str, links: pd.DataFrame, parameters: pd.DataFrame, less: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return what links gain a year and their net present value, million SEK, a row per draw.

    Parameters
    ----------
    study, key
        The study and the resource.
    links
        Links with capacity and months, as `Match.links`.
    parameters
        Assumptions, a row per draw.
    less
        Share of what is planned that is delivered, a row per draw, a column per link.
    """
    count, n = len(parameters), len(links)
    draw = np.repeat(np.arange(count), n)
    shape = (count, n)
    priced, works = _priced(study, key, links, parameters, draw)
    less = np.where(works.reshape(shape), less, 0.0)
    own = RowAssumptions(parameters, np.arange(count))
    months = np.tile(links[MONTH_COLUMNS].to_numpy(float), (count, 1))
    running = (months * running_costs(priced)).sum(axis=1).reshape(shape)
    capacity = links["capacity"].to_numpy(float)
    capital = priced["capacity_cost"].to_numpy(float).reshape(shape) * capacity
    capital = (capital + priced["fixed_cost"].to_numpy(float).reshape(shape)) / 1000
    brings = priced["worth"].to_numpy(float).reshape(shape) * links["delivered"].to_numpy(float)
    brings = np.where(_is_tiered(study, key, links), _saved(study, key, links, own), brings)
    sek = np.broadcast_to(np.asarray(own["sek_per_eur"]), count)[:, np.newaxis]
    rate = np.broadcast_to(np.asarray(own["discount_rate"]), count)[:, np.newaxis]
    yearly = (less * (brings - running) - capital) * sek / 1000
    record = study.resource(key)
    rows = RowAssumptions(parameters, draw)
    sized = priced.assign(
        capacity=np.tile(capacity, count),
        delivered=np.tile(links["delivered"].to_numpy(float), count),
    )
    parts, years = business.invested(sized, record), business.lives(sized, record, rows)
    counted = business.horizon(sized, parts, years, rows["contract_years"]).reshape(shape)
    built = parts.fillna(0.0).to_numpy(float).reshape(*shape, -1) * sek[..., np.newaxis]
    lasting = years.fillna(1.0).to_numpy(float).reshape(*shape, -1)
    paid = (built * annuity_factor(rate[..., np.newaxis], lasting)).sum(axis=-1)
    npv = present_value(yearly + paid, built, lasting, counted, rate)
    return yearly, npv


def _priced(
    study: Study, key: str, links: pd.DataFrame, parameters: pd.DataFrame, draw: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return links priced in each draw, draw by draw, and which of them can work there."""
    pairs = study.candidates[key].pairs
    pairs = pairs[~pairs.duplicated(["source", "sink"])].set_index(["source", "sink"], drop=False)
    wanted = pd.MultiIndex.from_frame(links[["source", "sink"]])
    every = np.tile(np.arange(len(links)), len(parameters))
    stacked = pairs.loc[wanted].iloc[every].reset_index(drop=True)
    stacked["row"] = np.arange(len(stacked))
    priced = study.resource(key).price_links(stacked, RowAssumptions(parameters, draw))
    # what the best values allow is built, at what it costs there
    whole = priced.set_index("row").reindex(range(len(stacked)))
    gone = whole["unit_cost"].isna().to_numpy()
    if gone.any():
        known = [name for name in whole if name in links]
        whole.loc[gone, known] = links[known].iloc[every[gone]].to_numpy()
    return whole, ~gone


def _is_tiered(study: Study, key: str, links: pd.DataFrame) -> np.ndarray:
    """Say which links end where the month decides what a unit is worth."""
    return links["sink"].isin(study.candidates[key].priced_tiers["sink"]).to_numpy()


def _saved(
    study: Study, key: str, links: pd.DataFrame, assumptions: RowAssumptions
) -> np.ndarray | float:
    """Return what links save by the tiers that they fill, kEUR, a row per draw."""
    found = study.candidates[key]
    if found.tiers is None or found.priced_tiers.empty:
        return 0.0
    worth = np.atleast_2d(found.tiers.worths(assumptions))
    new = new_of(study.matches[key].links)
    demand = found.year().demand.index
    arrived = arriving_by_month(new, demand)[demand.get_indexer(links["sink"])]
    months = links[MONTH_COLUMNS].to_numpy(float)
    beside = (links["status"] == CANDIDATE).to_numpy()[:, np.newaxis]
    # links of the plan share what all of them fill; a candidate comes on top
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(beside, 1.0, np.nan_to_num(months / arrived))
    use = tier_use(
        found.priced_tiers,
        links["sink"],
        np.where(beside, arrived, 0.0),
        np.where(beside, months, arrived),
    )
    use = use * share[:, found.priced_tiers["month"].to_numpy(int) - 1]
    return worth @ use.T


def delivered_shares(study: Study, key: str, links: pd.DataFrame) -> np.ndarray:
    """
    Return which share of the planned amount each draw leaves, a row per draw, a column per link.

    What an end exchanges today is taken first; an end that is smaller than planned leaves less.
    """
    found, drawn = study.candidates[key], study.drawn.draws.flows
    flows = study.register.flows
    mine = flows[(flows["resource"] == key) & flows["flow_id"].isin(drawn.columns)]
    if found.left_out is not None:
        # fossil CO2 of a stack is no part of what goes on
        mine = mine[~mine["flow_id"].isin(found.left_out["flow_id"])]
    shares = np.ones((len(drawn), len(links)))
    sides = {"source": (found.sources, found.supply), "sink": (found.sinks, found.demand)}
    for role, (points, free) in sides.items():
        rows = mine[mine["role"] == role]
        nodes = pd.concat([rows["flow_id"], rows["site_id"] + "-" + rows["stream"]])
        ids = pd.concat([rows["flow_id"]] * 2).groupby(nodes.to_numpy()).agg(list)
        for k, node in enumerate(links[role]):
            # a place is far larger than one link: what it needs does not bind
            if node in ids.index:
                amount = drawn[list(dict.fromkeys(ids[node]))].sum(axis=1).to_numpy()
                left = still_free(amount, points.loc[node, "value"], free[node])
                shares[:, k] = np.minimum(shares[:, k], left / free[node])
    return shares


def _moves_most(causes: pd.DataFrame, yearly: np.ndarray) -> list[str | None]:
    """Return the input whose rank goes most with the gain of each link; None where none moves."""
    strength = rank_correlation(causes, yearly).abs()
    return [str(of.idxmax()) if of.notna().any() else None for _, of in strength.items()]
