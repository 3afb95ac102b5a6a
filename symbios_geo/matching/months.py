"""Matching month by month: one capacity per link over the year, stores, and links built or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack, kron, vstack
from scipy.sparse import eye_array as eye

from ..assumptions.finance import annuity_factor
from ..errors import MatchError
from ..heat.season import flat_supply_share, store_volume_m3
from ..model import Match
from ..tables import parameter, read_table
from .programmes import Optimum, maximise

MONTHS = 12
STORE_C = (90.0, 35.0)  # a pit store between the supply and return of the cited data sheet
SOLVER_NOISE = 1e-6  # a kilowatt-hour, or a gram: less than the solvers' tolerance
NUMBERS = ["worth", "variable_cost"]
AT_LEAST_ZERO = ["capacity_cost", "fixed_cost"]
ABOVE_ZERO = ["efficiency", "largest_capacity", "full_load_hours"]


@dataclass(frozen=True)
class Year:
    """A year of months: what each source gives and each sink needs, one column per month."""

    supply: pd.DataFrame
    demand: pd.DataFrame


def spread_over_year(
    supply: pd.Series, demand: pd.Series, supply_profile: pd.Series, demand_profile: pd.Series
) -> Year:
    """
    Return supply and demand by month.

    Parameters
    ----------
    supply, demand
        A year's amounts by id.
    supply_profile, demand_profile
        The column of the table `profiles` that each id follows, by id.
    """
    return Year(
        month_shares(supply_profile.reindex(supply.index)).mul(supply, axis=0),
        month_shares(demand_profile.reindex(demand.index)).mul(demand, axis=0),
    )


def solve_months(
    links: pd.DataFrame,
    year: Year,
    *,
    store: bool = False,
    fixed: bool = False,
    gap: float = 1e-3,
    seconds: float = 120.0,
) -> Match:
    """
    Match month by month with one capacity per link over the year; exact, or to a proven gap.

    Maximises worth less running cost over all months, less the yearly cost of the capacities.

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
    _check_links(links)
    _check_year(year)
    kept = worthwhile(links)
    sources, sinks = list(year.supply.index), list(year.demand.index)
    i = year.supply.index.get_indexer(kept["source"])
    j = year.demand.index.get_indexer(kept["sink"])
    if (i < 0).any() or (j < 0).any():
        msg = "links name a source or sink that the year has no row for. Add it, or drop the link."
        raise MatchError(msg)
    programme = _programme(kept, year, i, j, store=store, fixed=fixed)
    best = maximise(
        programme["profit"], programme["matrix"], programme["low"], programme["high"],
        upper=programme["upper"], whole=programme["whole"], gap=gap, seconds=seconds,
    )  # fmt: skip
    return _match(links, kept, year, best, i, j, (sources, sinks), programme)


def month_shares(profile: pd.Series) -> pd.DataFrame:
    """Return the share of a year that falls in each month, by id, from the column each follows."""
    table = read_table("profiles").set_index("month")
    shares = table[list(dict.fromkeys(profile))]
    by_id = (shares / shares.sum())[profile].T
    return by_id.set_axis(profile.index)


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
    """Return the links whose running cost alone is below what they bring."""
    least = links["variable_cost"] + links["capacity_cost"] / links["full_load_hours"]
    return links[links["worth"] > least]


def _programme(
    links: pd.DataFrame, year: Year, i: np.ndarray, j: np.ndarray, *, store: bool, fixed: bool
) -> dict[str, Any]:
    """
    Return profit, rows and limits of the programme.

    Columns: delivered by link and month, capacity by link, then (store) charge, discharge and
    level by sink and month and the store's size, then (fixed) built or not by link.
    """
    k, n, m = len(links), len(year.supply), len(year.demand)
    every = eye(MONTHS, format="csr")
    one = np.ones(k)
    gain = links["efficiency"].to_numpy(float)
    out = csr_array((1 / gain, (i, np.arange(k))), shape=(n, k))
    into = csr_array((one, (j, np.arange(k))), shape=(m, k))
    # GWh (kt) in a year at 1 MW (t/h)
    amount = links["full_load_hours"].to_numpy(float) / 1000
    worth = links["worth"].to_numpy(float)
    blocks = {
        "supply": [kron(out, every), None],
        "demand": [kron(into, every), None],
        "capacity": [
            kron(eye(k, format="csr"), every),
            -kron(_diagonal(amount), flat_supply_share()[:, np.newaxis]),
        ],
    }
    profit = [np.repeat(worth - links["variable_cost"].to_numpy(float), MONTHS)]
    capital = links["capacity_cost"].to_numpy(float)
    once = links["fixed_cost"].to_numpy(float)
    largest = links["largest_capacity"].to_numpy(float)
    profit.append(-(capital if fixed else capital + once / largest) / 1000)
    sizes = [k * MONTHS, k]
    high = {
        "supply": year.supply.to_numpy().ravel(),
        "demand": year.demand.to_numpy().ravel(),
        "capacity": np.zeros(k * MONTHS),
    }
    low = {name: np.full(len(limit), -np.inf) for name, limit in high.items()}
    upper = [np.full(k * MONTHS, np.inf), np.full(k, np.inf) if not fixed else largest]
    if store:
        _add_store(blocks, profit, sizes, high, low, upper, j, worth, m)
    if fixed:
        _add_fixed(blocks, profit, sizes, high, low, upper, k, largest, once)
    matrix = vstack([_row(parts, sizes) for parts in blocks.values()], format="csr")
    whole = np.zeros(sum(sizes), dtype=bool)
    if fixed:
        whole[-k:] = True
    return {
        "profit": np.concatenate(profit),
        "matrix": matrix,
        "low": np.concatenate(list(low.values())),
        "high": np.concatenate(list(high.values())),
        "upper": np.concatenate(upper),
        "whole": whole if fixed else None,
        "rows": {name: len(limit) for name, limit in high.items()},
        "sizes": sizes,
        "store": store,
    }


def _add_store(blocks, profit, sizes, high, low, upper, j, worth, m) -> None:  # type: ignore[no-untyped-def]
    """Add a store at every sink: charge and discharge by month, level, size."""
    first = len(sizes)
    cells = m * MONTHS
    value = np.zeros(m)
    np.maximum.at(value, j, worth)
    kept = parameter("seasonal_store_efficiency")
    sizes += [cells, cells, cells, m]
    # heat that is charged brings nothing yet, heat that comes back does
    profit += [-np.repeat(value, MONTHS), kept * np.repeat(value, MONTHS), np.zeros(cells)]
    profit.append(np.full(m, -store_cost_keur_per_gwh()))
    upper += [np.full(cells, np.inf)] * 3 + [np.full(m, np.inf)]
    same = eye(cells, format="csr")
    before = kron(eye(m, format="csr"), csr_array(np.roll(np.eye(MONTHS), 1, axis=1).T))
    _put(blocks["demand"], first, -same)
    _put(blocks["demand"], first + 1, kept * same)
    blocks["not_below_zero"] = [blocks["demand"][0], None]
    _put(blocks["not_below_zero"], first, -same)
    high["not_below_zero"], low["not_below_zero"] = np.full(cells, np.inf), np.zeros(cells)
    # level = level before + charge - discharge, round the year
    blocks["level"] = []
    for place, part in ((first, -same), (first + 1, same), (first + 2, same - before)):
        _put(blocks["level"], place, part)
    high["level"] = low["level"] = np.zeros(cells)
    blocks["size"] = []
    _put(blocks["size"], first + 2, same)
    _put(blocks["size"], first + 3, -kron(eye(m, format="csr"), np.ones((MONTHS, 1))))
    high["size"], low["size"] = np.zeros(cells), np.full(cells, -np.inf)


def _add_fixed(blocks, profit, sizes, high, low, upper, k, largest, once) -> None:  # type: ignore[no-untyped-def]
    """Add for each link whether it is built: without that it has no capacity."""
    place = len(sizes)
    sizes.append(k)
    profit.append(-once / 1000)
    upper.append(np.ones(k))
    blocks["built"] = []
    _put(blocks["built"], 1, eye(k, format="csr"))
    _put(blocks["built"], place, _diagonal(-largest))
    high["built"], low["built"] = np.zeros(k), np.full(k, -np.inf)


def store_cost_keur_per_gwh() -> float:
    """
    Return the yearly cost of a seasonal store per GWh it holds, kEUR: a large pit at 90/35 degC.

    Source: danish_energy_agency_technology_data_5.
    """
    m3_per_mwh = store_volume_m3(1.0, *STORE_C)
    yearly = annuity_factor(parameter("discount_rate"), parameter("store_life_years"))
    return float(yearly * parameter("pit_store_eur_per_m3") * m3_per_mwh)


def _diagonal(values: np.ndarray) -> csr_array:
    """Return a square matrix with these values on its diagonal."""
    each = np.arange(len(values))
    return csr_array((values, (each, each)), shape=(len(values), len(values)))


def _put(parts: list[Any], place: int, block: Any) -> None:
    """Set the block of a row at a column group."""
    parts.extend([None] * (place + 1 - len(parts)))
    parts[place] = block


def _row(parts: list[Any], sizes: list[int]) -> csr_array:
    """Join the blocks of a row; missing ones are empty."""
    height = next(part.shape[0] for part in parts if part is not None)
    filled = [
        csr_array((height, size)) if place >= len(parts) or parts[place] is None else parts[place]
        for place, size in enumerate(sizes)
    ]
    return hstack(filled, format="csr")


def _match(
    links: pd.DataFrame,
    kept: pd.DataFrame,
    year: Year,
    best: Optimum,
    i: np.ndarray,
    j: np.ndarray,
    ids: tuple[list[Any], list[Any]],
    programme: dict[str, Any],
) -> Match:
    """Return the answer as tables: a year's sums, and what each month brings."""
    k = len(kept)
    months = best.x[: k * MONTHS].reshape(k, MONTHS)
    months = np.where(months > SOLVER_NOISE, months, 0.0)
    gain = kept["efficiency"].to_numpy(float)
    delivered = months.sum(axis=1)
    sent, capacity = delivered / gain, best.x[k * MONTHS : k * MONTHS + k]
    found = np.column_stack([sent, delivered, capacity, months])
    answer = np.zeros((len(links), found.shape[1]))
    answer[links.index.get_indexer(kept.index)] = found
    columns = ["sent", "delivered", "capacity", *(f"month_{t + 1}" for t in range(MONTHS))]
    full = links.assign(**dict(zip(columns, answer.T, strict=True)))
    sources, sinks = ids
    used = np.bincount(i, sent, len(sources))
    got = np.bincount(j, delivered, len(sinks))
    prices = _prices(best, programme, ids)
    certificate = {
        "objective": "value",
        "primal": best.value,
        "dual": best.bound,
        "gap": (best.bound - best.value) / max(abs(best.value), 1e-300),
    }
    unused = pd.Series(year.supply.sum(axis=1) - used, name="unused").clip(lower=0)
    if programme["store"]:
        got = got - _lost_in_stores(best, programme["sizes"], len(sinks))
    unmet = pd.Series(year.demand.sum(axis=1) - got, name="unmet").clip(lower=0)
    return Match(full, unused, unmet, prices, certificate)


def _lost_in_stores(best: Optimum, sizes: list[int], sinks: int) -> np.ndarray:
    """Return by sink what goes into its store and does not come back, a year."""
    first, cells = sum(sizes[:2]), sinks * MONTHS
    charged, back = best.x[first : first + 2 * cells].reshape(2, sinks, MONTHS).sum(axis=2)
    return np.asarray(charged - parameter("seasonal_store_efficiency") * back)


def _prices(
    best: Optimum, programme: dict[str, Any], ids: tuple[list[Any], list[Any]]
) -> pd.DataFrame:
    """Return the mean price over the months of one more unit at each node."""
    rows = programme["rows"]
    n, m = rows["supply"], rows["demand"]
    source = best.row_price[:n].reshape(-1, MONTHS).mean(axis=1)
    sink = best.row_price[n : n + m].reshape(-1, MONTHS).mean(axis=1)
    return pd.DataFrame(
        {
            "node": [*ids[0], *ids[1]],
            "role": ["source"] * len(ids[0]) + ["sink"] * len(ids[1]),
            "price": np.concatenate([source, sink]),
        }
    )
