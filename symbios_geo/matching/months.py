"""Matching month by month: one capacity per link over the year, stores, and links built or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, kron
from scipy.sparse import eye_array as eye

from ..assumptions.checks import HOURS_PER_YEAR
from ..assumptions.finance import annuity_factor
from ..assumptions.values import assumed
from ..errors import MatchError
from ..heat.season import flat_supply_share, month_shares, store_volume_m3
from ..model import MONTH_COLUMNS, MONTH_COSTS, MONTHS, Match
from ..solver import Answer, Programme

STORE_C = (90.0, 35.0)  # a pit store between the supply and return of the cited data sheet
SOLVER_NOISE = 1e-6  # a kilowatt-hour, or a gram: less than the solvers' tolerance
NUMBERS = ["worth", "variable_cost"]
AT_LEAST_ZERO = ["capacity_cost", "fixed_cost"]
ABOVE_ZERO = ["efficiency", "largest_capacity", "full_load_hours"]


@dataclass(frozen=True)
class Year:
    """
    A year of months: what each source gives and each sink needs, one column per month.

    `tiers` say what a network saves by heat that arrives, dearest first: a row per `sink`, `month`
    and tier with `gwh` and `worth` per unit. A sink with tiers is worth what they say, any other
    what its links say. `joining` are sinks that get the same share of their need in every month:
    a house that joins a network has no other heat.
    """

    supply: pd.DataFrame
    demand: pd.DataFrame
    tiers: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["sink", "month", "gwh", "worth"])
    )
    joining: pd.Index = field(default_factory=lambda: pd.Index([]))

    def is_tiered(self, position: np.ndarray) -> np.ndarray:
        """Say for each position among the sinks whether that sink has tiers."""
        return np.asarray(self.demand.index.isin(self.tiers["sink"]))[position]

    def is_joining(self, position: np.ndarray) -> np.ndarray:
        """Say for each position among the sinks whether that sink is one of houses that join."""
        return np.asarray(self.demand.index.isin(self.joining))[position]


def spread_over_year(
    supply: pd.Series,
    demand: pd.Series,
    supply_profile: pd.Series,
    demand_profile: pd.Series,
    tiers: pd.DataFrame | None = None,
    *,
    joining: pd.Index | None = None,
) -> Year:
    """
    Return supply and demand by month.

    Parameters
    ----------
    supply, demand
        A year's amounts by id.
    supply_profile, demand_profile
        The column of the table `profiles` that each id follows, by id.
    tiers
        What networks save, as in `Year`; a sink with tiers takes in a month what they hold. None:
        no sink has any.
    joining
        Sinks that get the same share of their need in every month. None: none.
    """
    joining = pd.Index([]) if joining is None else joining
    given = month_shares(supply_profile.reindex(supply.index)).mul(supply, axis=0)
    needed = month_shares(demand_profile.reindex(demand.index)).mul(demand, axis=0)
    if tiers is None or tiers.empty:
        return Year(given, needed, joining=joining)
    room = tiers.pivot_table(index="sink", columns="month", values="gwh", aggfunc="sum")
    room = room.reindex(columns=needed.columns, fill_value=0.0).fillna(0.0)
    needed.loc[room.index] = room
    return Year(given, needed, tiers, joining)


def solve_months(
    links: pd.DataFrame,
    year: Year,
    *,
    store: bool = False,
    fixed: bool = False,
    gap: float = 0.001,
    seconds: float = 120.0,
    assumptions: Mapping[str, float] | None = None,
) -> Match:
    """
    Match month by month with one capacity per link over the year; exact, or to a proven gap.

    Maximises worth less running cost over all months, less the yearly cost of the capacities. A
    pipe with `loss_mw` loses that in every month with supply and demand once it is built, so that
    sent = delivered / gain + loss exactly; without the choice to build, the loss follows the
    capacity, like the fixed cost.

    Parameters
    ----------
    links
        Priced links with `variable_cost`, `capacity_cost`, `fixed_cost`, `largest_capacity`,
        `full_load_hours` (how long a capacity runs at most), `efficiency` and `worth`.
    year
        Supply and demand by month.
    store
        Whether each sink may have a seasonal store.
    fixed
        Whether a link costs `fixed_cost` once it is built (a mixed-integer programme); otherwise
        that cost is spread over its largest capacity.
    gap, seconds
        When a mixed-integer answer is good enough, and when to stop.

    Returns
    -------
    match
        As from `solve`, summed over the year; `links` also has `capacity` (MW or t/h) and one
        column per month, `month_1` to `month_12`, with what is delivered in it.

    Raises
    ------
    MatchError
        If a column, id or number cannot be used, or the programme has no answer.
    """
    assumptions = assumed(assumptions)
    _check_links(links)
    _check_year(year)
    kept = worthwhile(links)
    sources, sinks = list(year.supply.index), list(year.demand.index)
    i = year.supply.index.get_indexer(kept["source"])
    j = year.demand.index.get_indexer(kept["sink"])
    if (i < 0).any() or (j < 0).any():
        msg = "links name a source or sink that the year has no row for. Add it, or drop the link."
        raise MatchError(msg)
    programme = _programme(kept, year, i, j, store=store, fixed=fixed, assumptions=assumptions)
    best = programme.solve(gap=gap, seconds=seconds)
    return _match(
        links,
        kept,
        year,
        best,
        i,
        j,
        (sources, sinks),
        store=store,
        fixed=fixed,
        assumptions=assumptions,
    )


def _check_links(links: pd.DataFrame) -> None:
    """Check that links have one label each and every number in its range."""
    needed = ["source", "sink", *NUMBERS, *AT_LEAST_ZERO, *ABOVE_ZERO]
    if missing := [name for name in needed if name not in links.columns]:
        msg = f"links lack the column {', '.join(missing)}. Price them with `price_links`."
        raise MatchError(msg)
    if not links.index.is_unique:
        msg = "links have the same index label more than once. Use links.reset_index(drop=True)."
        raise MatchError(msg)
    columns = [*NUMBERS, *AT_LEAST_ZERO, *ABOVE_ZERO]
    numbers = links[columns].to_numpy(float)
    above = numbers[:, -len(ABOVE_ZERO) :] > 0
    at_least = numbers[:, len(NUMBERS) : -len(ABOVE_ZERO)] >= 0
    right = np.isfinite(numbers)
    right[:, len(NUMBERS) :] &= np.hstack([at_least, above])
    if not right.all():
        row, column = np.argwhere(~right)[0]
        msg = (
            f"links row {links.index[row]}: {columns[column]} = {numbers[row, column]} cannot be. "
            "Drop the link or price it."
        )
        raise MatchError(msg)


def _check_year(year: Year) -> None:
    """Check that every end has one row of finite numbers of 0 or more."""
    for name, table in (("supply", year.supply), ("demand", year.demand)):
        if not table.index.is_unique:
            twice = table.index[table.index.duplicated()][0]
            msg = f"{name} names {twice!r} more than once. Sum the rows per id first."
            raise MatchError(msg)
        wrong = ~(np.isfinite(table) & (table >= 0)).all(axis=1)
        if wrong.any():
            msg = f"{name} of {wrong.idxmax()!r} must be finite numbers of 0 or more in all months."
            raise MatchError(msg)


def worthwhile(links: pd.DataFrame) -> pd.DataFrame:
    """Return the links that cost less at full load than what they bring at best."""
    least = running_costs(links).min(axis=1)
    capital = links["capacity_cost"] + links["fixed_cost"] / links["largest_capacity"]
    least = least + (capital / links["full_load_hours"]).to_numpy(float)
    worth = links["worth"].to_numpy(float)
    if "best_worth" in links:
        # one month may pay where the year's mean does not
        worth = np.fmax(worth, links["best_worth"].to_numpy(float))
    return links[worth > least]


def _programme(
    links: pd.DataFrame,
    year: Year,
    i: np.ndarray,
    j: np.ndarray,
    *,
    store: bool,
    fixed: bool,
    assumptions: Mapping[str, float],
) -> Programme:
    """Return the programme: `delivered` by link and month, `capacity` by link, and additions."""
    k, n, m = len(links), len(year.supply), len(year.demand)
    every, each = eye(MONTHS, format="csr"), eye(k, format="csr")
    gain, lost = gain_and_loss(links)
    worth = links["worth"].to_numpy(float)
    capital, once, largest = (
        links[c].to_numpy(float) for c in ("capacity_cost", "fixed_cost", "largest_capacity")
    )
    supply, demand = year.supply.to_numpy(float), year.demand.to_numpy(float)
    tiered = year.is_tiered(j)
    programme = Programme()
    programme.add_variables(
        "delivered",
        k * MONTHS,
        # what a network saves is counted by its tiers, once for all that flows into it
        profit=(np.where(tiered, 0.0, worth)[:, np.newaxis] - running_costs(links)).ravel(),
    )
    programme.add_variables(
        "capacity",
        k,
        profit=-(capital if fixed else capital + once / largest) / 1000,
        upper=largest if fixed else np.inf,
    )
    sent = csr_array((1 / gain, (i, np.arange(k))), shape=(n, k))
    arriving = csr_array((np.ones(k), (j, np.arange(k))), shape=(m, k))
    demanded = {"delivered": kron(arriving, every)}
    if store:
        _add_store(programme, demanded, _best_worth(j, worth, m), assumptions=assumptions)
    if fixed:
        programme.add_variables("built", k, profit=-once / 1000, upper=1.0, whole=True)
    # a pipe that is kept warm takes its loss from the source, however little it delivers
    warm = lost_at_source(supply[i], demand[j], gain, lost)
    cell = i[:, np.newaxis] * MONTHS + np.arange(MONTHS)
    pipe = np.repeat(np.arange(k), MONTHS)
    taken = csr_array((warm.ravel(), (cell.ravel(), pipe)), shape=(n * MONTHS, k))
    in_use = {"built": taken} if fixed else {"capacity": taken @ _diagonal(1 / largest)}
    programme.add_rows("supply", {"delivered": kron(sent, every), **in_use}, high=supply.ravel())
    # what houses that join get is one share of their need, `met`, and not more or less by month
    houses = np.unique(j[year.is_joining(j)])
    programme.add_variables("met", len(houses), upper=1.0)
    demanded["met"] = -needs_of(demand, houses)
    even = np.repeat(np.isin(np.arange(m), houses), MONTHS)
    low, high = np.where(even, 0.0, -np.inf), np.where(even, 0.0, demand.ravel())
    programme.add_rows("demand", demanded, low=low, high=high)
    if store:
        arrives = {name: demanded[name] for name in ("delivered", "charge")}
        programme.add_rows("charge at most what arrives", arrives, low=0.0)
    # GWh (kt) in a year at 1 MW (t/h)
    amount = _diagonal(links["full_load_hours"].to_numpy(float) / 1000)
    carried = kron(amount, flat_supply_share()[:, np.newaxis])
    programme.add_rows(
        "capacity", {"delivered": eye(k * MONTHS, format="csr"), "capacity": -carried}, high=0.0
    )
    if len(year.tiers):
        _add_tiers(programme, year, demanded["delivered"])
    if fixed:
        programme.add_rows("built", {"capacity": each, "built": -_diagonal(largest)}, high=0.0)
    return programme


def needs_of(demand: np.ndarray, ends: np.ndarray) -> csr_array:
    """Return the need by month of some ends, a column for each: its rows are cells of `demand`."""
    each = np.arange(demand.shape[1])
    cells = ends[:, np.newaxis] * len(each) + each
    columns = np.repeat(np.arange(len(ends)), len(each))
    return csr_array((demand[ends].ravel(), (cells.ravel(), columns)), (demand.size, len(ends)))


def in_step(months: np.ndarray, need: np.ndarray) -> np.ndarray:
    """Return what is left of a year where each month gets the share of its need that all can."""
    part = np.divide(months, need, out=np.ones_like(months), where=need > 0)
    return part.min(axis=1, keepdims=True, initial=1.0) * need


def running_costs(links: pd.DataFrame) -> np.ndarray:
    """Return what a delivered unit costs to run in each month, by link."""
    if set(MONTH_COSTS) <= set(links.columns):
        return links[MONTH_COSTS].to_numpy(float)
    return np.repeat(links[["variable_cost"]].to_numpy(float), MONTHS, axis=1)


def yearly_cost(
    months: np.ndarray,
    running: np.ndarray,
    capital: np.ndarray,
    once: np.ndarray,
    *,
    capacity: np.ndarray,
    built: np.ndarray | float = 1.0,
) -> np.ndarray:
    """
    Return what links cost in a year, kEUR, by link.

    What each delivers by month at its running cost (see `running_costs`), its capacity at
    `capacity_cost`, and the share of it that is built at `fixed_cost`.
    """
    return (months * running).sum(axis=1) + (capital * capacity + once * built) / 1000


def gain_and_loss(links: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return what arrives per unit sent before losses, and what each link loses by month, GWh."""
    efficiency = links["efficiency"].to_numpy(float)
    if "loss_mw" not in links:
        return efficiency, np.zeros((len(links), MONTHS))
    by_month = np.outer(links["loss_mw"].to_numpy(float) * HOURS_PER_YEAR, flat_supply_share())
    full = (links["largest_capacity"] * links["full_load_hours"]).to_numpy(float)
    # the efficiency of a link counts its loss at full load
    return efficiency * (1 + by_month.sum(axis=1) / full), by_month / 1000


def lost_at_source(
    supply: np.ndarray, demand: np.ndarray, gain: np.ndarray, lost: np.ndarray
) -> np.ndarray:
    """Return what each link's loss takes from its source by month: nothing while it stands cold."""
    taken = lost / gain[:, np.newaxis]
    return np.where((supply > taken) & (demand > 0), taken, 0.0)


def _best_worth(j: np.ndarray, worth: np.ndarray, sinks: int) -> np.ndarray:
    """Return the greatest worth among the links to each sink."""
    best = np.zeros(sinks)
    np.maximum.at(best, j, worth)
    return best


def _add_tiers(programme: Programme, year: Year, arriving: csr_array) -> None:
    """
    Add what a network saves: its dearest heat first, in each month.

    Saved heat never exceeds what arrives, so what finds no room brings nothing.
    """
    tiers = year.tiers
    cell = year.demand.index.get_indexer(tiers["sink"]) * MONTHS + tiers["month"].to_numpy() - 1
    count = len(tiers)
    programme.add_variables(
        "saved", count, profit=tiers["worth"].to_numpy(float), upper=tiers["gwh"].to_numpy(float)
    )
    cells = np.unique(cell)
    saved = csr_array(
        (np.ones(count), (np.searchsorted(cells, cell), np.arange(count))),
        shape=(len(cells), count),
    )
    programme.add_rows("saved", {"saved": saved, "delivered": -arriving.tocsr()[cells]}, high=0.0)


def _add_store(
    programme: Programme,
    demanded: dict[str, Any],
    worth: np.ndarray,
    *,
    assumptions: Mapping[str, float],
) -> None:
    """Add a store at every sink: charge and heat back by month, level, and size."""
    m = len(worth)
    cells = m * MONTHS
    kept = assumptions["seasonal_store_efficiency"]
    value = np.repeat(worth, MONTHS)
    # heat that is charged brings nothing yet, heat that comes back does
    programme.add_variables("charge", cells, profit=-value)
    programme.add_variables("back", cells, profit=kept * value)
    programme.add_variables("level", cells)
    programme.add_variables("size", m, profit=-store_cost_keur_per_gwh(assumptions=assumptions))
    same = eye(cells, format="csr")
    before = kron(eye(m, format="csr"), csr_array(np.roll(np.eye(MONTHS), 1, axis=1).T))
    demanded.update({"charge": -same, "back": kept * same})
    # level = level before + charge - back, round the year
    programme.add_rows(
        "level", {"charge": -same, "back": same, "level": same - before}, low=0.0, high=0.0
    )
    largest = -kron(eye(m, format="csr"), np.ones((MONTHS, 1)))
    programme.add_rows("size", {"level": same, "size": largest}, high=0.0)


def store_cost_keur_per_gwh(*, assumptions: Mapping[str, float] | None = None) -> float:
    """
    Return the yearly cost of a seasonal store per GWh it holds, kEUR: a large pit at 90/35 degC.

    Source: danish_energy_agency_technology_data_5.
    """
    assumptions = assumed(assumptions)
    m3_per_mwh = store_volume_m3(1.0, *STORE_C, assumptions=assumptions)
    yearly = annuity_factor(assumptions["discount_rate"], assumptions["store_life_years"])
    return float(yearly * assumptions["pit_store_eur_per_m3"] * m3_per_mwh)


def _diagonal(values: np.ndarray) -> csr_array:
    """Return a square matrix with these values on its diagonal."""
    each = np.arange(len(values))
    return csr_array((values, (each, each)), shape=(len(values), len(values)))


def _match(
    links: pd.DataFrame,
    kept: pd.DataFrame,
    year: Year,
    best: Answer,
    i: np.ndarray,
    j: np.ndarray,
    ids: tuple[list[Any], list[Any]],
    *,
    store: bool,
    fixed: bool,
    assumptions: Mapping[str, float],
) -> Match:
    """Return the answer as tables: a year's sums, and what each month brings."""
    months = best["delivered"].reshape(len(kept), MONTHS)
    months = np.where(months > SOLVER_NOISE, months, 0.0)
    gain, lost = gain_and_loss(kept)
    delivered = months.sum(axis=1)
    taken = lost_at_source(
        year.supply.to_numpy(float)[i], year.demand.to_numpy(float)[j], gain, lost
    )
    share = best["built"] if fixed else best["capacity"] / kept["largest_capacity"].to_numpy(float)
    by_month = months / gain[:, np.newaxis] + taken * share[:, np.newaxis]
    by_month[delivered <= 0] = 0.0
    sent = by_month.sum(axis=1)
    found = np.column_stack([sent, delivered, best["capacity"], months])
    answer = np.zeros((len(links), found.shape[1]))
    rows = links.index.get_indexer(kept.index)
    answer[rows] = found
    columns = ["sent", "delivered", "capacity", *MONTH_COLUMNS]
    full = links.assign(**dict(zip(columns, answer.T, strict=True)))
    # from here on a link that is used costs and brings what it did, not what it was priced at
    used = delivered > 0
    for name, yearly in _per_year(kept, months, best, year, j, fixed=fixed).items():
        priced = full[name].to_numpy(float) if name in full else np.full(len(full), np.nan)
        told = priced.copy()
        told[rows[used]] = yearly[used] / delivered[used]
        full[name] = told
    full.iloc[rows[used], full.columns.get_loc("efficiency")] = delivered[used] / sent[used]
    sources, sinks = ids
    used = np.bincount(i, sent, len(sources))
    got = np.bincount(j, delivered, len(sinks))
    unused = pd.Series(year.supply.sum(axis=1) - used, name="unused").clip(lower=0)
    if store:
        got = got - _lost_in_stores(best, len(sinks), assumptions=assumptions)
    unmet = pd.Series(year.demand.sum(axis=1) - got, name="unmet").clip(lower=0)
    takes = pd.DataFrame(0.0, index=links.index, columns=range(1, MONTHS + 1))
    takes.iloc[rows] = by_month
    return Match(
        full, unused, unmet, _prices(best, year, ids), best.certificate, sent_by_month=takes
    )


def _per_year(
    kept: pd.DataFrame, months: np.ndarray, best: Answer, year: Year, j: np.ndarray, *, fixed: bool
) -> dict[str, np.ndarray]:
    """Return what each link costs and brings in a year, kEUR, by the column it is told in."""
    capital, once, largest = (
        kept[c].to_numpy(float) for c in ("capacity_cost", "fixed_cost", "largest_capacity")
    )
    built = best["built"] if fixed else best["capacity"] / largest
    size = best["capacity"]
    cost = yearly_cost(months, running_costs(kept), capital, once, capacity=size, built=built)
    brings = months.sum(axis=1) * kept["worth"].to_numpy(float)
    if len(year.tiers):
        # all that flows into a network in a month saves the same per unit
        saved = year.tiers.assign(value=best["saved"] * year.tiers["worth"].to_numpy(float))
        by_cell = saved.pivot_table(index="sink", columns="month", values="value", aggfunc="sum")
        value = by_cell.reindex(index=year.demand.index, columns=range(1, MONTHS + 1), fill_value=0)
        arriving = np.zeros(year.demand.shape)
        np.add.at(arriving, j, months)
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(arriving > 0, value.fillna(0.0).to_numpy(float) / arriving, 0.0)
        tiered = year.is_tiered(j)
        brings = np.where(tiered, (months * each[j]).sum(axis=1), brings)
    return {"unit_cost": cost, "worth": brings}


def _lost_in_stores(best: Answer, sinks: int, *, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return by sink what goes into its store and does not come back, a year."""
    charged, back = (best[name].reshape(sinks, MONTHS).sum(axis=1) for name in ("charge", "back"))
    return np.asarray(charged - assumptions["seasonal_store_efficiency"] * back)


def _prices(best: Answer, year: Year, ids: tuple[list[Any], list[Any]]) -> pd.DataFrame:
    """Return the price of one more unit a year at each node, that comes when its own units do."""
    # houses that nothing is sent to would be served at a loss: more of them bring nothing either
    source, sink = (
        np.maximum((best.price(rows).reshape(-1, MONTHS) * _shares_of_year(amounts)).sum(axis=1), 0)
        for rows, amounts in (("supply", year.supply), ("demand", year.demand))
    )
    return pd.DataFrame(
        {
            "node": [*ids[0], *ids[1]],
            "role": ["source"] * len(ids[0]) + ["sink"] * len(ids[1]),
            "price": np.concatenate([source, sink]),
        }
    )


def _shares_of_year(amounts: pd.DataFrame) -> np.ndarray:
    """Return the share of each month in a row's year, all alike where there is nothing."""
    year = amounts.sum(axis=1)
    shares = amounts.div(year.where(year > 0), axis=0)
    return shares.fillna(1 / MONTHS).to_numpy(float)
