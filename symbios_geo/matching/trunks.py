"""Shared trunk lines: several sources and sinks on one heat network over a candidate graph."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack, kron, vstack
from scipy.sparse import eye_array as eye
from scipy.spatial import Delaunay
from shapely import LineString

from ..assumptions.finance import pipe_annuity
from ..errors import MatchError
from ..heat.pipes import size_share_of_price, transmission_cost, transmission_loss_per_km
from ..heat.season import flat_supply_share
from ..model import METRIC_CRS
from ..tables import assumptions, parameter
from .candidates import Candidates
from .months import MONTHS, Year
from .programmes import Optimum, maximise

SAME_PLACE_M = 100


class Places(NamedTuple):
    """The distinct points of a graph, indexed by node, and the node of every site."""

    points: gpd.GeoSeries
    node_of: pd.Series


class Network(NamedTuple):
    """
    A trunk network: `pipes` that are built, and what enters and leaves it at each end.

    `pipes` has from, to, length_km, capacity (MW) and delivered (GWh a year) with its line as
    geometry; `injected` is by source, `drawn` by sink, GWh a year.
    """

    pipes: gpd.GeoDataFrame
    injected: pd.Series
    drawn: pd.Series
    certificate: dict[str, float]


def find_places(found: Candidates) -> Places:
    """Return the places of all sources and sinks as nodes; sites within 100 m share one."""
    ends = pd.concat([found.sources, found.sinks])[["site_id", "geometry"]]
    ends = ends.drop_duplicates("site_id").set_index("site_id").to_crs(METRIC_CRS)
    square = (ends.geometry.x // SAME_PLACE_M) * 1e7 + ends.geometry.y // SAME_PLACE_M
    node_of = pd.Series(ends.index, index=ends.index).groupby(square).transform("first")
    return Places(ends.geometry[ends.index == node_of], node_of)


def candidate_graph(found: Candidates, *, max_km: float = 20.0) -> pd.DataFrame:
    """
    Return the stretches a trunk may follow: the Delaunay graph of all places, and today's pipes.

    Parameters
    ----------
    found
        Candidates for heat, whose places are the nodes.
    max_km
        Longest straight stretch, km.

    Returns
    -------
    graph
        Columns `from` and `to` (site ids), `length_km` (straight), `existing` and `limit_mw` (what
        stands carries no more than its own link needs). A road graph with the same columns can be
        given to `solve_trunks` instead.
    """
    places = find_places(found)
    corners = np.column_stack([places.points.x, places.points.y])
    triangles = Delaunay(corners).simplices
    sides = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    first, second = np.unique(np.sort(sides, axis=1), axis=0).T
    length = np.hypot(*(corners[first] - corners[second]).T) / 1000
    ids = places.points.index
    graph = pd.DataFrame({"from": ids[first], "to": ids[second], "length_km": length})
    graph = graph[graph["length_km"] <= max_km].assign(existing=False)
    today = found.links[found.links["existing"]]
    standing = pd.DataFrame(
        {
            "from": today["site_id_source"],
            "to": today["site_id_sink"],
            "length_km": today["distance_km"],
            "existing": True,
            "limit_mw": today["largest_capacity"],
        }
    )
    return pd.concat(
        [graph.assign(limit_mw=parameter("trunk_largest_mw")), standing], ignore_index=True
    )


def solve_trunks(
    found: Candidates,
    year: Year,
    *,
    graph: pd.DataFrame | None = None,
    parameters: pd.DataFrame | None = None,
    gap: float = 1e-2,
    seconds: float = 300.0,
) -> Network:
    """
    Choose the trunk network, month by month, that brings the most value; to a stated gap.

    A stretch costs a trench once it is built, its pipe by capacity, upkeep, pumping and loss; a
    source enters at the temperature of the trunk, by heat pump where it is colder. What stands
    today is paid for.

    Parameters
    ----------
    found, year
        Candidates for heat, and supply and demand by month (`ladder.year_of`).
    graph
        Stretches to choose from (see `candidate_graph`). None: the Delaunay graph.
    parameters
        Assumptions by parameter_id. None: parameters.csv.
    gap, seconds
        When the answer is good enough, and when to stop; the certificate states the gap reached.

    Raises
    ------
    MatchError
        If the graph names a place that has no source or sink.
    """
    with assumptions(None if parameters is None else parameters["value"]):
        places = find_places(found)
        arcs = _arcs(candidate_graph(found) if graph is None else graph, places)
        entries, exits = _entries(found), _exits(found)
        programme = _programme(arcs, entries, exits, places, year)
    *linear, upper, whole = programme
    best = maximise(*linear, upper=upper, whole=whole, gap=gap, seconds=seconds)
    return _network(best, arcs, entries, exits, places)


def _arcs(graph: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Return both directions of every stretch with what it costs and loses."""
    ends = graph[["from", "to"]].apply(lambda column: column.map(places.node_of))
    if ends.isna().to_numpy().any():
        row = graph[ends.isna().any(axis=1)].iloc[0]
        msg = f"The graph joins {row['from']!r} and {row['to']!r}, but one has no source or sink."
        raise MatchError(msg)
    one_way = graph.assign(**ends).loc[lambda t: t["from"] != t["to"]].reset_index(drop=True)
    size = parameter("trunk_design_mw")
    route = one_way["length_km"] * parameter("detour_factor")
    price = transmission_cost(size) * parameter("heat_pipe_cost_factor")
    by_size = size_share_of_price(size)
    built = one_way["existing"].to_numpy(bool)
    pipe = np.where(built, 0.0, pipe_annuity() * price * route * 1000)
    one_way = one_way.assign(
        stretch=np.arange(len(one_way)),
        fixed_cost=(1 - by_size) * pipe,
        capacity_cost=by_size * pipe / size,
        variable_cost=parameter("transmission_upkeep_eur_per_mwh_km") * route,
        gain=np.maximum(1 - transmission_loss_per_km(size) * route, 0.05),
    )
    back = one_way.rename(columns={"from": "to", "to": "from"})
    return pd.concat([one_way, back], ignore_index=True)


def _entries(found: Candidates) -> pd.DataFrame:
    """Return the sources that can feed a trunk, with gain and cost at the trunk's temperature."""
    ends = pd.DataFrame(found.sources.drop(columns="geometry")).assign(
        source=found.sources.index,
        supply=found.supply,
        demand=np.inf,
        distance_km=0.0,
        supply_c=parameter("trunk_supply_c"),
        return_c=parameter("trunk_return_c"),
        kind="network",
        existing=False,
        heat_density_mwh_per_ha=np.nan,
    )
    return found.resource.price_links(ends)


def _exits(found: Candidates) -> pd.DataFrame:
    """Return the sinks a trunk may serve, with worth and the cost of a network of their own."""
    served = found.links.groupby("sink").agg(
        worth=("worth", "max"), variable_cost=("distribution_cost", "min")
    )
    sinks = found.sinks[["site_id"]].join(served, how="inner").assign(demand=found.demand)
    return pd.DataFrame(sinks[sinks["worth"] > sinks["variable_cost"]])


def _programme(
    arcs: pd.DataFrame, entries: pd.DataFrame, exits: pd.DataFrame, places: Places, year: Year
) -> tuple[Any, ...]:
    """
    Return profit, matrix, row limits, column limits and which columns are whole.

    Columns by month: entering heat, leaving heat, flow by arc; once: capacity of each entry,
    capacity of each stretch, and whether the stretch is built.
    """
    n, m, k = len(entries), len(exits), len(arcs)
    stretches = k // 2
    every, lengths = eye(MONTHS, format="csr"), flat_supply_share()[:, np.newaxis]
    node = pd.Index(places.points.index)

    def at(sites: pd.Series) -> np.ndarray:
        return node.get_indexer(places.node_of.loc[sites])

    enters = _incidence(at(entries["site_id"]), len(node))
    leaves = _incidence(at(exits["site_id"]), len(node))
    departs = _incidence(node.get_indexer(arcs["from"]), len(node))
    arrives = _incidence(node.get_indexer(arcs["to"]), len(node), arcs["gain"].to_numpy())
    use = entries["efficiency"].to_numpy()
    give = csr_array((1 / use, (np.arange(n), np.arange(n))), shape=(n, n))
    hours = entries["full_load_hours"].to_numpy()[0] / 1000
    one_way = arcs.iloc[:stretches]
    largest = one_way["limit_mw"].to_numpy()
    pair = csr_array((np.ones(k), (arcs["stretch"], np.arange(k))), shape=(stretches, k))
    same, once, each = eye(n, format="csr"), eye(stretches, format="csr"), np.arange(stretches)
    rows = [
        [kron(give, every), None, None, None, None, None],
        [
            kron(enters, every),
            -kron(leaves, every),
            kron(arrives - departs, every),
            None,
            None,
            None,
        ],
        [kron(same, every), None, None, -hours * kron(same, lengths), None, None],
        [None, None, kron(pair, every), None, -hours * kron(once, lengths), None],
        [None, None, None, None, once, -csr_array((largest, (each, each)))],
    ]
    sizes = [n * MONTHS, m * MONTHS, k * MONTHS, n, stretches, stretches]
    high = [
        year.supply.loc[entries["source"]].to_numpy().ravel(),
        np.zeros(len(node) * MONTHS), np.zeros(n * MONTHS), np.zeros(stretches * MONTHS),
        np.zeros(stretches),
    ]  # fmt: skip
    low = [np.full(len(limit), -np.inf) for limit in high]
    low[1] = np.zeros(len(node) * MONTHS)
    pumping = parameter("transmission_pumping_share") * parameter("electricity_price_eur_per_mwh")
    profit = [
        -np.repeat(entries["variable_cost"].to_numpy(), MONTHS),
        np.repeat((exits["worth"] - exits["variable_cost"] - pumping).to_numpy(), MONTHS),
        -np.repeat(arcs["variable_cost"].to_numpy(), MONTHS),
        -entries["capacity_cost"].to_numpy() / 1000,
        -one_way["capacity_cost"].to_numpy() / 1000,
        -one_way["fixed_cost"].to_numpy() / 1000,
    ]
    upper = [np.full(size, np.inf) for size in sizes]
    upper[1] = year.demand.loc[exits.index].to_numpy().ravel()
    upper[4] = largest
    upper[5] = np.ones(stretches)
    whole = np.zeros(sum(sizes), dtype=bool)
    whole[-stretches:] = True
    matrix = vstack([_join(row, sizes) for row in rows], format="csr")
    limits = np.concatenate(low), np.concatenate(high), np.concatenate(upper)
    return (np.concatenate(profit), matrix, *limits, whole)


def _incidence(position: np.ndarray, nodes: int, entry: np.ndarray | None = None) -> csr_array:
    """Return a matrix with one entry per column, at its node."""
    values = np.ones(len(position)) if entry is None else entry
    return csr_array((values, (position, np.arange(len(position)))), shape=(nodes, len(position)))


def _join(blocks: list[Any], sizes: list[int]) -> csr_array:
    """Join the blocks of a row; None is an empty block."""
    height = next(block.shape[0] for block in blocks if block is not None)
    filled = [
        csr_array((height, size)) if block is None else block
        for block, size in zip(blocks, sizes, strict=True)
    ]
    return hstack(filled, format="csr")


def _network(
    best: Optimum, arcs: pd.DataFrame, entries: pd.DataFrame, exits: pd.DataFrame, places: Places
) -> Network:
    """Return the chosen pipes and what passes at each end."""
    n, m, k = len(entries), len(exits), len(arcs)
    stretches = k // 2
    cuts = np.cumsum([n * MONTHS, m * MONTHS, k * MONTHS, n, stretches])
    entering, leaving, flow, _, capacity, _ = np.split(best.x, cuts)
    yearly = flow.reshape(k, MONTHS).sum(axis=1)
    pipes = arcs.iloc[:stretches][["from", "to", "length_km", "existing"]].assign(
        capacity=capacity, delivered=yearly[:stretches] + yearly[stretches:]
    )
    pipes = pipes[pipes["delivered"] > 1e-6]
    lines = [
        LineString([places.points[start], places.points[end]])
        for start, end in zip(pipes["from"], pipes["to"], strict=True)
    ]
    injected = pd.Series(entering.reshape(n, MONTHS).sum(axis=1), list(entries["source"]))
    drawn = pd.Series(leaving.reshape(m, MONTHS).sum(axis=1), exits.index)
    proof = {
        "primal": best.value,
        "dual": best.bound,
        "gap": (best.bound - best.value) / max(abs(best.value), 1e-300),
    }
    return Network(gpd.GeoDataFrame(pipes, geometry=lines, crs=METRIC_CRS), injected, drawn, proof)
