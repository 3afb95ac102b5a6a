"""Heat matched again in every draw: what pipes reach and what pays when every input moves."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from ..assumptions.values import RowAssumptions, load_assumptions
from ..disclosure import COUNTY
from ..heat.networks import tier_worths
from ..heat.season import flat_supply_share, month_shares
from ..matching.allocation import Client
from ..matching.candidates import Candidates, still_free
from ..matching.months import (
    gain_and_loss,
    in_step,
    lost_at_source,
    running_costs,
    worthwhile,
)
from ..matching.transport import Problem, most_then_cheapest
from ..model import CARRIES_NOTHING, MONTHS
from ..register.gate import Register
from ..register.property_heat import STREAMS
from ..solver import maximise
from .draws import Draws

AIMS = ("pays", "reaches")
GAIN = "gain_keur"  # what the plan is worth, kEUR/yr
ARRIVES = "gwh "  # before a place: heat that arrives there, GWh/yr, what networks lose included
PROPOSALS = 2  # of pipes to build in a draw: a third moves no percentile of new heat by 1 %
BATCH = 50  # draws that are priced together: more would only take more memory
# what pricing reads: carrying names and sources along would double the time
PRICED_BY = [
    "source", "sink", "distance_km", "source_c", "cooled_c", "supply_c", "return_c", "kind",
    "heat_density_mwh_per_ha", "bidding_area", "electricity_user", "peak_factor",
]  # fmt: skip


class Ends(NamedTuple):
    """
    What moves from draw to draw, a row per draw.

    `supply` and `demand` are GWh by source and sink, `tiers` what networks can take by tier and
    `worth` what that saves, EUR/MWh; `ratio` is the need of each sink over its best value.
    """

    supply: np.ndarray
    demand: np.ndarray
    tiers: np.ndarray
    worth: np.ndarray
    ratio: np.ndarray
    parameters: pd.DataFrame

    def of(self, rows: np.ndarray) -> Ends:
        """Return some of the draws."""
        supply, demand, tiers, worth, ratio = (part[rows] for part in self[:-1])
        return Ends(supply, demand, tiers, worth, ratio, self.parameters.iloc[rows])


class Places(NamedTuple):
    """
    What is the same in all draws: candidate links by position, months, and tiers by cell.

    `joining` says which sinks get the same share of their need in every month.
    """

    found: Candidates
    links: pd.DataFrame
    supply_shares: np.ndarray
    demand_shares: np.ndarray
    tiers: pd.DataFrame
    joining: np.ndarray


def matched_shares(
    found: Candidates,
    register: Register,
    draws: Draws,
    aims: Sequence[str] = AIMS,
    *,
    workers: int = 1,
    client: Client | None = None,
) -> dict[str, pd.DataFrame]:
    """
    Match heat in every draw and return the delivered share of property heating, by aim.

    Needs, supply, prices and what networks save are those of the draw; which places lie within
    reach, at which temperatures, and how networks run their plants, is the same in all.

    Parameters
    ----------
    found
        Candidates of heat, as in `Study.candidates`.
    register, draws
        What the candidates were made from, and its draws.
    aims
        "pays": new heat of the plan, beside the exchanges of today, as in `Study.headline`. Each
        pipe is built or not; which ones is found by trial (see `_delivered`), worth what the exact
        plan is in nine draws of ten and never more than 3 % less.
        "reaches": what flows today and as much more as pipes can bring over the year at no more
        than heat_reach_eur_per_mwh.
    workers
        Processes that share the draws. With more than one, a script of yours needs
        ``if __name__ == "__main__":`` around what it runs.
    client
        A `dask.distributed.Client` that takes the `workers` parts. None: processes here.

    Returns
    -------
    shares
        By aim: a row per draw, a column per municipality_code and one, `county`, of all: the share
        of property heating that is met, without what networks lose or sell to industry. `gwh` and a
        name is what arrives, losses included, GWh/yr; of the plan there is what it gains,
        `gain_keur` (kEUR/yr).
    """
    ends, places = ends_in_draws(found, register, draws), places_in_draws(found)
    parts = [ends.of(rows) for rows in np.array_split(np.arange(len(ends.demand)), max(workers, 1))]
    match_draws = partial(_matched, places=places, aims=aims)
    if client is not None:
        matched = client.gather(client.map(match_draws, parts, pure=False))
    elif len(parts) == 1:
        matched = list(map(match_draws, parts))
    else:
        # a copy of a process with threads may hang: start fresh ones
        with ProcessPoolExecutor(len(parts), mp_context=get_context("spawn")) as pool:
            matched = list(pool.map(match_draws, parts))
    shares, count = {}, len(found.sinks)
    for aim in aims:
        got = np.concatenate([part[aim] for part in matched])
        shares[aim] = _shares(got[:, :count], found, register, draws)
        if aim == "pays":
            shares[aim][GAIN] = got[:, count]
    return shares


def places_in_draws(found: Candidates) -> Places:
    """Return what all draws share."""
    pairs = found.pairs[found.pairs["kind"] != "rural"]
    known = [name for name in ("given_km",) if name in pairs]
    links = pairs[[*PRICED_BY, *known]].assign(
        source=found.supply.index.get_indexer(pairs["source"]),
        sink=found.demand.index.get_indexer(pairs["sink"]),
    )
    # numbers in place of texts: a hundred thousand rows are soon compared
    texts = links.select_dtypes(["object", "string"])
    links = links.assign(**texts.astype("category"))
    tiers = found.priced_tiers
    sink = found.demand.index.get_indexer(tiers["sink"])
    return Places(
        found,
        links.reset_index(drop=True),
        month_shares(found.sources["profile"]).to_numpy(float),
        month_shares(found.sinks["profile"]).to_numpy(float),
        pd.DataFrame({"sink": sink, "cell": sink * MONTHS + tiers["month"].to_numpy(int) - 1}),
        found.joining,
    )


def _matched(ends: Ends, *, places: Places, aims: Sequence[str]) -> dict[str, np.ndarray]:
    """Return what each sink gets in each draw, by aim."""
    got: dict[str, list[np.ndarray]] = {aim: [] for aim in aims}
    count = len(ends.demand)
    for rows in np.array_split(np.arange(count), -(-count // BATCH)):
        batch = ends.of(rows)
        priced = price_together(batch, places)
        for aim in aims:
            most = most_value if aim == "pays" else _most_heat
            got[aim].append(most(batch, places, priced))
    return {aim: np.concatenate(parts) for aim, parts in got.items()}


def most_value(ends: Ends, places: Places, priced: pd.DataFrame | None) -> np.ndarray:
    """Return what each sink gets of the plan in each draw, and last what the plan gains."""
    count, sinks = ends.demand.shape
    got = np.zeros((count, sinks + 1))
    if priced is None:
        return got
    pays = worthwhile(priced)
    pipes, draws = DrawPipes.of(pays, places), pays["draw"].to_numpy()
    gain = np.flatnonzero(_gains_alone(pipes, draws, ends, places))
    pipes, draws = pipes.only(gain), draws[gain]
    for draw in np.unique(draws):
        mine = pipes.only(np.flatnonzero(draws == draw))
        got[draw] = _delivered(DrawProblem.of(mine, draw, ends, places))
    return got


def _gains_alone(pipes: DrawPipes, draws: np.ndarray, ends: Ends, places: Places) -> np.ndarray:
    """
    Say which pipes gain anything with both their ends to themselves and charged at full size.

    No proposal uses another: what a sink saves by heat falls with what it gets, so that a pipe
    brings at most in a month what it would bring alone, from its first unit on.
    """
    count, sinks = ends.demand.shape
    best = np.zeros((sinks * MONTHS, count))
    saved = np.where(ends.tiers > 0, ends.worth, 0.0).T
    np.maximum.at(best, places.tiers["cell"].to_numpy(), saved)
    saves = best.reshape(sinks, MONTHS, count)[pipes.j, :, draws]
    brings = np.maximum(saves - pipes.running, 0.0) @ flat_supply_share()
    alone: np.ndarray = brings * pipes.hours / 1000 > pipes.capital + pipes.once / pipes.largest
    return alone


def price_together(ends: Ends, places: Places) -> pd.DataFrame | None:
    """Return the links of all draws with their prices, None where there are none."""
    links, count = places.links, len(ends.demand)
    if links.empty:
        return None
    draw = np.repeat(np.arange(count), len(links))
    source, sink = links["source"].to_numpy(), links["sink"].to_numpy()
    mean, best = _network_worth(ends, places)
    stacked = pd.concat([links] * count, ignore_index=True).assign(
        draw=draw,
        supply=ends.supply[:, source].ravel(),
        demand=ends.demand[:, sink].ravel(),
        network_worth=mean[:, sink].ravel(),
        best_worth=best[:, sink].ravel(),
    )
    # a denser need makes a network of its own cheaper
    stacked["heat_density_mwh_per_ha"] *= ends.ratio[:, sink].ravel()
    values = RowAssumptions(ends.parameters, draw)
    resource = places.found.resource
    # a month of a network can be worth more than its mean
    dearest = np.fmax(stacked["best_worth"].to_numpy(), values[resource.reach_cost])
    return resource.price_links(stacked.assign(dearest=dearest), values)


def _network_worth(ends: Ends, places: Places) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the best worth of new heat in each network, NaN at other sinks."""
    mean = np.full(ends.demand.shape, np.nan)
    best = mean.copy()
    value = ends.tiers * ends.worth
    for sink, rows in places.tiers.groupby("sink").indices.items():
        mean[:, sink] = value[:, rows].sum(axis=1) / ends.tiers[:, rows].sum(axis=1)
        best[:, sink] = ends.worth[:, rows].max(axis=1)
    return mean, best


def _delivered(problem: DrawProblem) -> np.ndarray:
    """
    Return what each sink gets in one draw of the plan, and last what the plan gains, kEUR/yr.

    A linear programme proposes pipes, each paid in proportion to its size; then each pays its
    trench and its loss in full, and those go that the plan is better without. The next proposal
    charges each pipe by the size it had in the last one, and the best of all is kept. That is
    seldom exactly the best plan, and never a better one. Source: slope scaling, Kim and Pardalos,
    Operations Research Letters 24 (1999), 195-203.
    """
    pipes = problem.pipes
    everything = np.arange(len(pipes.i))
    most = np.zeros(len(problem.demand) + 1)
    size, last = pipes.largest, everything[:0]
    for _ in range(PROPOSALS):
        proposed = problem.solve(everything, size)
        built = everything[proposed.delivered.sum(axis=1) > CARRIES_NOTHING]
        if np.array_equal(built, last):
            break
        got = problem.dropped(built)
        most = got if got[-1] > most[-1] else most
        # next to nothing cannot carry a whole trench: charges would span too many powers of ten
        size, last = pipes.largest.copy(), built
        size[built] = np.maximum(proposed.size[built], 0.01 * pipes.largest[built])
    return most


class _Solved(NamedTuple):
    """Heat by pipe and month, pipe sizes, value, gain of each before its trench, heat by sink."""

    delivered: np.ndarray
    size: np.ndarray
    value: float
    gain: np.ndarray
    at_sinks: np.ndarray


class DrawPipes(NamedTuple):
    """
    Links that may be built, kEUR and GWh: tables would take ten times as long as the solver.

    `running` are costs by link and month less what the sink is worth where no tiers say it, `lost`
    what a pipe loses by month.
    """

    i: np.ndarray
    j: np.ndarray
    gain: np.ndarray
    lost: np.ndarray
    running: np.ndarray
    capital: np.ndarray
    once: np.ndarray
    largest: np.ndarray
    hours: np.ndarray

    @classmethod
    def of(cls, links: pd.DataFrame, places: Places) -> DrawPipes:
        """Return the pipes that a table of links describes."""
        i, j = links["source"].to_numpy(), links["sink"].to_numpy()
        tiered = np.isin(j, places.tiers["sink"].to_numpy())
        brings = np.where(tiered, 0.0, links["worth"].to_numpy(float))
        capital, once, largest, hours = (
            links[name].to_numpy(float)
            for name in ("capacity_cost", "fixed_cost", "largest_capacity", "full_load_hours")
        )
        running = running_costs(links) - brings[:, np.newaxis]
        return cls(
            i, j, *gain_and_loss(links), running, capital / 1000, once / 1000, largest, hours
        )

    def only(self, rows: np.ndarray) -> DrawPipes:
        """Return some of the pipes."""
        return DrawPipes(*(part[rows] for part in self))


class DrawProblem(NamedTuple):
    """
    One draw as arrays: its pipes, supply and demand by month, and what networks save by tier.

    `warm` is what a pipe takes from its source by month to stay warm, `cell` and `tier_sink` are
    the month and sink of each tier, `joining` as in `Places`; `known` holds pipes that were tried
    together, each set once.
    """

    pipes: DrawPipes
    warm: np.ndarray
    supply: np.ndarray
    demand: np.ndarray
    tiers: np.ndarray
    worth: np.ndarray
    cell: np.ndarray
    tier_sink: np.ndarray
    joining: np.ndarray
    known: dict[bytes, _Solved]

    @classmethod
    def of(cls, pipes: DrawPipes, row: int, ends: Ends, places: Places) -> DrawProblem:
        """Return the problem of one draw, a row of the ends."""
        tiers, worth = ends.tiers[row], ends.worth[row]
        cell, sinks = places.tiers["cell"].to_numpy(), places.tiers["sink"].to_numpy()
        supply = ends.supply[row][:, np.newaxis] * places.supply_shares
        demand = ends.demand[row][:, np.newaxis] * places.demand_shares
        demand[sinks] = 0.0
        np.add.at(demand.reshape(-1), cell, tiers)
        warm = lost_at_source(supply[pipes.i], demand[pipes.j], pipes.gain, pipes.lost)
        return cls(pipes, warm, supply, demand, tiers, worth, cell, sinks, places.joining, {})

    def parts(self, on: np.ndarray) -> list[np.ndarray]:
        """Return some pipes in groups that share no source and no sink."""
        groups: list[tuple[set[int], list[int]]] = []
        for pipe in on.tolist():
            ends, pipes = {int(self.pipes.i[pipe]), -1 - int(self.pipes.j[pipe])}, [pipe]
            for group in [group for group in groups if group[0] & ends]:
                groups.remove(group)
                ends, pipes = ends | group[0], group[1] + pipes
            groups.append((ends, pipes))
        return [np.sort(pipes) for _, pipes in groups]

    def dropped(self, built: np.ndarray) -> np.ndarray:
        """
        Return what sinks get, and the gain, when pipes go that the plan is better without.

        A pipe that goes changes only what it hangs together with.
        """
        got = np.zeros(len(self.demand) + 1)
        for piece in self.parts(built):
            got += self._dropped(piece)
        return got

    def _dropped(self, built: np.ndarray) -> np.ndarray:
        """Return what sinks get of pipes that hang together, and the gain."""
        best = self.built(built)
        # what earns its trench twice over stays
        once = self.pipes.once[built]
        spare = best.gain - once
        doubtful = best.gain < 2 * once
        for pipe in built[doubtful][np.argsort(spare[doubtful])]:
            without = built[built != pipe]
            if not len(without):
                break
            other = self.built(without)
            if other.value > best.value:
                built, best = without, other
        if len(built) == 1 and best.value <= 0:
            return np.zeros(len(self.demand) + 1)
        return np.append(best.at_sinks, best.value)

    def built(self, on: np.ndarray) -> _Solved:
        """Return the best use of some pipes, each paid and kept warm in full."""
        if (key := on.tobytes()) not in self.known:
            self.known[key] = self.solve(on) if len(on) > 1 else self.alone(int(on[0]))
        return self.known[key]

    def alone(self, pipe: int) -> _Solved:
        """
        Return the best use of one pipe, without a solver.

        What it brings rises with its size, ever less: it is best where a month or tier is full.
        """
        pipes, i, j = self.pipes, self.pipes.i[pipe], self.pipes.j[pipe]
        given = np.maximum(self.supply[i] - self.warm[pipe], 0.0) * pipes.gain[pipe]
        most = np.minimum(self.demand[j], given)
        full = pipes.hours[pipe] / 1000 * flat_supply_share()
        if self.joining[j]:
            delivered, size, gain = self._alone_to_houses(pipe, most, full)
        else:
            delivered, size, gain = self._alone_by_month(pipe, most, full)
        at_sinks = np.zeros(len(self.demand))
        at_sinks[j] = delivered.sum()
        value = float(gain - pipes.once[pipe])
        return _Solved(delivered[np.newaxis], np.array([size]), value, np.array([gain]), at_sinks)

    def _alone_to_houses(
        self, pipe: int, most: np.ndarray, full: np.ndarray
    ) -> tuple[np.ndarray, float, float]:
        """Return the best use of a pipe to houses that join: as much as its leanest month lets."""
        pipes, need = self.pipes, self.demand[self.pipes.j[pipe]]
        months = in_step(np.minimum(most, pipes.largest[pipe] * full)[np.newaxis], need)[0]
        size = float((months / full).max())
        gain = float(-pipes.running[pipe] @ months - pipes.capital[pipe] * size)
        return (months, size, gain) if gain > 0 else (np.zeros(MONTHS), 0.0, 0.0)

    def _alone_by_month(
        self, pipe: int, most: np.ndarray, full: np.ndarray
    ) -> tuple[np.ndarray, float, float]:
        """Return the best use of a pipe whose sink takes in each month what it can."""
        pipes, j = self.pipes, self.pipes.j[pipe]
        mine = np.flatnonzero(self.tier_sink == j)
        if len(mine):
            mine = mine[np.lexsort((-self.worth[mine], self.cell[mine]))]
            month, wide = self.cell[mine] - j * MONTHS, np.cumsum(self.tiers[mine])
            start = wide - self.tiers[mine]
            first = start[np.searchsorted(month, month)]
            start, end = start - first, np.minimum(wide - first, most[month])
            margin = self.worth[mine] - pipes.running[pipe, month]
        else:
            month, start, end = np.arange(MONTHS), np.zeros(MONTHS), most
            margin = -pipes.running[pipe]
        full = full[month]
        start, wide = start / full, np.where(margin > 0, np.maximum(end - start, 0.0), 0.0) / full
        sizes = np.minimum(np.append(start + wide, 0.0), pipes.largest[pipe])
        carried = np.clip(sizes[:, np.newaxis] - start, 0.0, wide) * full
        gains = carried @ margin - pipes.capital[pipe] * sizes
        best = int(np.argmax(gains))
        return np.bincount(month, carried[best], MONTHS), float(sizes[best]), float(gains[best])

    def solve(self, on: np.ndarray, charged: np.ndarray | None = None) -> _Solved:
        """
        Return the best use of some pipes.

        Each is paid and kept warm in full, or in proportion to its size over `charged` (MW).
        """
        pipes, k = self.pipes.only(on), len(on)
        i, j = pipes.i, pipes.j
        taking = np.zeros(len(self.demand), bool)
        taking[j] = True
        used = np.flatnonzero(taking[self.tier_sink])
        flow, size = np.arange(k * MONTHS), k * MONTHS + np.arange(k)
        capital = pipes.capital if charged is None else pipes.capital + pipes.once / charged
        houses = np.unique(j[self.joining[j]])
        # variables: delivered by link and month, capacity by link, what networks save by tier, and
        # the share of their need that houses get, the same in all months
        profit = np.concatenate(
            [-pipes.running.ravel(), -capital, self.worth[used], np.zeros(len(houses))]
        )
        saved = k * (MONTHS + 1) + np.arange(len(used))
        met = k * (MONTHS + 1) + len(used) + np.arange(len(houses))
        upper = np.full(len(profit), np.inf)
        if charged is None:
            upper[size] = pipes.largest
        upper[saved] = self.tiers[used]
        upper[met] = 1.0
        (sources, send), (takers, take) = (_by_month(end) for end in (i, j))
        at_sink = takers[take]
        cells, save = np.unique(self.cell[used], return_inverse=True)
        saves = np.zeros(self.demand.size, bool)
        saves[cells] = True
        into = np.flatnonzero(saves[at_sink])
        supply = self.supply.ravel()[sources]
        carried = -np.outer(pipes.hours / 1000, flat_supply_share())
        need = self.demand.ravel()[takers]
        at_houses = np.flatnonzero(self.joining[takers // MONTHS])
        house = np.searchsorted(houses, takers[at_houses] // MONTHS)
        # rows: supply, demand, capacity, and what is saved, which never exceeds what arrives
        starts = np.cumsum([0, len(sources), len(takers), len(flow), len(cells)])
        entries = [
            (starts[0] + send, flow, np.repeat(1 / pipes.gain, MONTHS)),
            (starts[1] + take, flow, np.ones(len(flow))),
            (starts[2] + flow, flow, np.ones(len(flow))),
            (starts[2] + flow, np.repeat(size, MONTHS), carried),
            (starts[1] + at_houses, met[house], -need[at_houses]),
            (starts[3] + save, saved, np.ones(len(used))),
            (starts[3] + np.searchsorted(cells, at_sink[into]), into, -np.ones(len(into))),
        ]
        if charged is None:
            supply = np.maximum(supply - np.bincount(send, self.warm[on].ravel()), 0.0)
        else:
            warm = self.warm[on] / charged[:, np.newaxis]
            entries.append((starts[0] + send, np.repeat(size, MONTHS), warm))
        rows, columns, values = (np.concatenate([e[p].ravel() for e in entries]) for p in range(3))
        # in the order of rows: a matrix made of triples takes half as long as its answer
        order = np.argsort(rows, kind="stable")
        stops = np.cumsum(np.bincount(rows, minlength=starts[-1]))
        high = np.concatenate([supply, need, np.zeros(starts[4] - starts[2])])
        low = np.full(len(high), -np.inf)
        low[starts[1] + at_houses] = high[starts[1] + at_houses] = 0.0
        matrix = csr_matrix(
            (values[order], columns[order], np.append(0, stops)), (len(high), len(profit))
        )
        best = maximise(profit, matrix, low, high, upper=upper)
        delivered = best.x[: len(flow)].reshape(k, MONTHS)
        once = pipes.once.sum() if charged is None else 0.0
        return _Solved(
            delivered,
            best.x[size],
            best.value - once,
            self._gain(pipes, delivered, best.x[size], best.x[saved] * self.worth[used], used),
            np.bincount(j, delivered.sum(axis=1), len(self.demand)),
        )

    def _gain(
        self,
        pipes: DrawPipes,
        delivered: np.ndarray,
        size: np.ndarray,
        saves: np.ndarray,
        tiers: np.ndarray,
    ) -> np.ndarray:
        """Return what each pipe gains before its trench; what a network saves is shared out."""
        saved, arriving = np.zeros(self.demand.size), np.zeros(self.demand.shape)
        np.add.at(saved, self.cell[tiers], saves)
        np.add.at(arriving, pipes.j, delivered)
        each = saved.reshape(self.demand.shape) / np.where(arriving > 0, arriving, 1.0)
        brings = (delivered * (each[pipes.j] - pipes.running)).sum(axis=1)
        gain: np.ndarray = brings - pipes.capital * size
        return gain


def _by_month(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the months of the ends that pipes have, in order, and the place of each pipe's."""
    used, place = np.unique(ends, return_inverse=True)
    each = np.arange(MONTHS)
    months, places = ((end[:, np.newaxis] * MONTHS + each).ravel() for end in (used, place))
    return months, places


def _most_heat(ends: Ends, places: Places, priced: pd.DataFrame | None) -> np.ndarray:
    """Return what each sink gets in each draw at a cost up to the limit, with today's exchanges."""
    found = places.found
    today = np.bincount(
        found.demand.index.get_indexer(found.existing["sink"]),
        found.existing["delivered"].to_numpy(float),
        len(found.demand),
    )
    need = found.sinks["value"].to_numpy(float) * ends.ratio
    got: np.ndarray = np.minimum(today, need)
    if priced is None:
        return got
    limit = ends.parameters[found.resource.reach_cost].to_numpy()
    near = priced[priced["unit_cost"].to_numpy() <= limit[priced["draw"].to_numpy()]]
    near = near.sort_values(["draw", "source"], kind="stable")
    draws, i, j = (near[name].to_numpy() for name in ("draw", "source", "sink"))
    cost, gain = (near[name].to_numpy(float) for name in ("unit_cost", "efficiency"))
    for rows in np.split(np.arange(len(near)), np.flatnonzero(np.diff(draws)) + 1):
        if not len(rows):
            continue
        draw, each = draws[rows[0]], gain[rows]
        room = need[draw] - got[draw]
        problem = Problem(i[rows], j[rows], -each * cost[rows], each, ends.supply[draw], room)
        sent = most_then_cheapest(problem).sent
        got[draw] += np.minimum(np.bincount(j[rows], sent * each, len(room)), room)
    return got


def ends_in_draws(found: Candidates, register: Register, draws: Draws) -> Ends:
    """Return supply, demand and what networks save in every draw; a sink moves with its place."""
    drawn = draws.flows[list(found.supply.index)].to_numpy()
    supply = still_free(drawn, found.sources["value"].to_numpy(), found.supply.to_numpy())
    ratio = need_ratio(found, register, draws)
    assumed = register.assumptions or load_assumptions()
    joining = draws.parameters["connection_rate"].to_numpy() / assumed["connection_rate"]
    ratio[:, found.joining] *= joining[:, np.newaxis]
    # a receiver takes no more beside what it gets today than the draw lets it need
    free = found.demand.to_numpy()
    # what networks have room for is in tiers, which move with their need
    tiered = found.sinks.index.isin(found.priced_tiers["sink"])
    whole = np.where(tiered, free, np.maximum(found.sinks["takes"].to_numpy(float), free))
    demand = np.minimum(ratio * free, still_free(ratio * whole, whole, free))
    tiers = found.priced_tiers
    place = found.demand.index.get_indexer(tiers["sink"])
    rows = np.arange(len(draws.flows))
    if found.tiers is None or tiers.empty:
        worth = np.zeros((len(rows), 0))
    else:
        _, worth = tier_worths(
            found.tiers.displaced, found.tiers.networks, RowAssumptions(draws.parameters, rows)
        )
        worth = np.broadcast_to(worth, (len(rows), len(tiers)))
    gwh = ratio[:, place] * tiers["gwh"].to_numpy(float)
    return Ends(supply, demand, gwh, worth, ratio, draws.parameters)


def need_ratio(found: Candidates, register: Register, draws: Draws) -> np.ndarray:
    """Return the need of each sink over its best value, by draw."""
    flows = register.flows
    # a process is a flow of its own, a place may have several
    processes = (found.sinks["kind"] == "process").to_numpy()
    needs = flows[flows["stream"].isin(STREAMS) | flows["flow_id"].isin(found.sinks.index)]
    by_flow = needs["flow_id"].isin(found.sinks.index[processes])
    group = needs["site_id"].where(~by_flow, needs["flow_id"]).to_numpy()
    place = found.sinks["locality_id"].where(~processes, found.sinks.index.to_series())
    best = needs.groupby(group)["value"].sum()[place].to_numpy(float)
    drawn = draws.flows[list(needs["flow_id"])].T.groupby(group).sum().loc[place].to_numpy().T
    ratio: np.ndarray = np.where(best > 0, drawn / np.where(best > 0, best, 1.0), 1.0)
    return ratio


def _shares(
    delivered: np.ndarray, found: Candidates, register: Register, draws: Draws
) -> pd.DataFrame:
    """Return heat that buildings get over all property heating, by municipality and in all."""
    codes = found.sinks["municipality_code"].to_numpy()
    warms = delivered * found.sinks["to_buildings"].to_numpy(float)
    needs = register.counted("heat", "sink")
    shares = {}
    for name in [*sorted(set(needs["municipality_code"])), COUNTY]:
        here = codes == name if name != COUNTY else np.full(len(codes), True)
        mine = needs if name == COUNTY else needs[needs["municipality_code"] == name]
        need = draws.flows[list(mine["flow_id"])].sum(axis=1).to_numpy()
        # where nobody needs heat there is no share
        got = warms[:, here].sum(axis=1)
        shares[name] = np.divide(got, need, out=np.full(len(got), np.nan), where=need > 0)
        shares[f"{ARRIVES}{name}"] = delivered[:, here].sum(axis=1)
    return pd.DataFrame(shares)
