"""Heat matched again in every draw: what pipes reach and what pays when every input moves."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..matching.allocation import solve
from ..matching.candidates import Candidates
from ..matching.months import Year, month_shares, solve_months, worthwhile
from ..model import Resource
from ..register.gate import Register
from ..register.property_heat import STREAMS
from .draws import Draws

COUNTY = "county"
# what pricing reads: carrying names and sources along would double the time
PRICED_BY = [
    "source", "sink", "distance_km", "source_c", "cooled_c", "supply_c", "return_c", "kind",
    "heat_density_mwh_per_ha", "existing", "bidding_area", "electricity_user", "network_worth",
    "best_worth", "peak_factor",
]  # fmt: skip


class Seasons(NamedTuple):
    """The share of a year that falls in each month, a row per source and per sink."""

    supply: pd.DataFrame
    demand: pd.DataFrame


class Ends(NamedTuple):
    """What each source can give, what each sink can take, and the assumptions: a row per draw."""

    supply: np.ndarray
    demand: np.ndarray
    parameters: pd.DataFrame


def covered_shares(
    found: Candidates,
    register: Register,
    draws: Draws,
    *,
    aim: str = "pays",
    workers: int = 1,
) -> pd.DataFrame:
    """
    Match heat in every draw and return the delivered share of property heating.

    Supply, demand and prices are those of the draw; which places lie within reach, and at which
    temperatures, is the same in all.

    Parameters
    ----------
    found
        Candidates of heat, as in `Study.candidates`.
    register, draws
        What the candidates were made from, and its draws.
    aim
        "pays" (most value, month by month with one capacity per pipe) or "reaches" (as much as
        pipes can bring over the year at no more than heat_reach_eur_per_mwh).
    workers
        Processes that share the draws. With more than one, a script of yours needs
        ``if __name__ == "__main__":`` around what it runs.

    Returns
    -------
    shares
        A row per draw, a column per municipality_code and one, `county`, of all.
    """
    ends = _drawn_ends(found, register, draws)
    links = found.pairs[found.pairs["kind"] != "rural"]
    seasons = Seasons(
        month_shares(found.sources["profile"]).reset_index(drop=True),
        month_shares(found.sinks["profile"]).reset_index(drop=True),
    )
    slim = _by_position(links, found)
    parts = [
        Ends(ends.supply[rows], ends.demand[rows], ends.parameters.iloc[rows])
        for rows in np.array_split(np.arange(len(ends.demand)), max(workers, 1))
    ]
    given = repeat(slim), repeat(found.resource), parts, repeat(seasons), repeat(aim)
    if len(parts) == 1:
        delivered = list(map(_delivered, *given))
    else:
        # a copy of a process with threads may hang: start fresh ones
        with ProcessPoolExecutor(len(parts), mp_context=get_context("spawn")) as pool:
            delivered = list(pool.map(_delivered, *given))
    return _shares(np.concatenate(delivered), ends.demand, found)


def _delivered(
    links: pd.DataFrame, resource: Resource, ends: Ends, seasons: Seasons, aim: str
) -> np.ndarray:
    """Return what each sink gets in each draw."""
    got = np.zeros(ends.demand.shape)
    source, sink = links["source"].to_numpy(), links["sink"].to_numpy()
    every = ends.parameters.to_dict("records")
    for k, (supply, demand, values) in enumerate(zip(ends.supply, ends.demand, every, strict=True)):
        drawn = links.assign(supply=supply[source], demand=demand[sink])
        priced = resource.price_links(drawn, values)
        if aim == "reaches":
            near = priced[priced["unit_cost"] <= values[resource.reach_cost]]
            answer = solve(near, pd.Series(supply), pd.Series(demand), objective="coverage")
        else:
            months = seasons.supply.mul(supply, axis=0), seasons.demand.mul(demand, axis=0)
            answer = solve_months(worthwhile(priced), Year(*months), assumptions=values)
        got[k] = demand - answer.unmet.to_numpy()
    return got


def _by_position(links: pd.DataFrame, found: Candidates) -> pd.DataFrame:
    """Return links with the columns that matter and their ends as positions."""
    given = [name for name in ("given_km",) if name in links]
    return links[[*PRICED_BY, *given]].assign(
        source=found.supply.index.get_indexer(links["source"]),
        sink=found.demand.index.get_indexer(links["sink"]),
        kind=links["kind"].astype(object),
    )


def _drawn_ends(found: Candidates, register: Register, draws: Draws) -> Ends:
    """Return supply by source and demand by sink in every draw; a sink moves with its locality."""
    inside = (found.sources["value"] - found.supply).to_numpy()
    supply = draws.flows[list(found.supply.index)].to_numpy() - inside
    heating = register.flows[register.flows["stream"].isin(STREAMS)]
    heated = _heated(found)
    places = found.sinks["locality_id"][heated]
    best = heating.groupby("site_id")["value"].sum()[places].to_numpy()
    drawn = draws.flows[list(heating["flow_id"])].T.groupby(heating["site_id"].to_numpy()).sum()
    ratio = np.ones((len(draws.flows), len(found.sinks)))
    ratio[:, heated] = drawn.loc[places].to_numpy().T / np.where(best > 0, best, 1.0)
    return Ends(np.maximum(supply, 0.0), ratio * found.demand.to_numpy(), draws.parameters)


def _heated(found: Candidates) -> np.ndarray:
    """Say which sinks are property heating; processes take heat but are no part of the share."""
    return (found.sinks["kind"] != "process").to_numpy()


def _shares(delivered: np.ndarray, demand: np.ndarray, found: Candidates) -> pd.DataFrame:
    """Return delivered over demand by municipality and in all."""
    codes = found.sinks["municipality_code"].to_numpy()
    heated = _heated(found)
    columns = {code: (codes == code) & heated for code in sorted(set(codes))} | {COUNTY: heated}
    return pd.DataFrame(
        {
            name: delivered[:, here].sum(axis=1) / demand[:, here].sum(axis=1)
            for name, here in columns.items()
        }
    )
