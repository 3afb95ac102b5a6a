"""Shared trunk lines: several sources and sinks on one heat network over a candidate graph."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array, kron
from scipy.sparse import eye_array as eye
from scipy.spatial import Delaunay, QhullError
from shapely import LineString

from ..assumptions.checks import HOURS_PER_YEAR
from ..assumptions.electricity import bidding_areas
from ..assumptions.finance import pipe_annuity
from ..assumptions.values import Given, as_assumptions, assumed
from ..errors import MatchError
from ..heat.pipes import choose_pipe, running_per_km
from ..heat.season import flat_supply_share
from ..model import METRIC_CRS, MONTHS, carried, route_km
from ..solver import Answer, Programme
from .candidates import Candidates
from .months import Year, needs_of
from .roads import road_routes

__all__ = ["candidate_graph", "find_places", "solve_trunks"]

SAME_PLACE_M = 100
# what holds by month holds for the sum of some, so that seasons bound the year; the coldest months
# size every pipe, so they stand apart from the next coldest
Seasons = tuple[tuple[int, ...], ...]
SEASONS: Seasons = ((1, 2), (12,), (3, 4, 10, 11), (5, 6, 7, 8, 9))
EVERY_MONTH: Seasons = tuple((month,) for month in range(1, MONTHS + 1))


class TrunkPlaces(NamedTuple):
    """The distinct points of a graph, indexed by node, and the node of every site."""

    points: gpd.GeoSeries
    node_of: pd.Series


class Network(NamedTuple):
    """
    A trunk network: `pipes` that are built, and what enters and leaves it at each end.

    `pipes` has from, to, length_km (straight), given_km (along a road, where it follows one),
    capacity (MW) and delivered (GWh a year) with its line as geometry; `injected` is by source,
    `drawn` by sink, GWh a year.
    """

    pipes: gpd.GeoDataFrame
    injected: pd.Series
    drawn: pd.Series
    certificate: dict[str, float]


def find_places(found: Candidates) -> TrunkPlaces:
    """
    Return the places of all sources and sinks as nodes; sites within 100 m share one.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> found = sg.run().candidates["heat"]
    >>> places = find_places(found)
    >>> type(places).__name__
    'TrunkPlaces'
    """
    ends = pd.concat([found.sources, found.sinks])[["site_id", "geometry"]]
    ends = ends.drop_duplicates("site_id").set_index("site_id").to_crs(METRIC_CRS)
    square = (ends.geometry.x // SAME_PLACE_M) * 1e7 + ends.geometry.y // SAME_PLACE_M
    node_of = pd.Series(ends.index, index=ends.index).groupby(square).transform("first")
    return TrunkPlaces(ends.geometry[ends.index == node_of], node_of)


def candidate_graph(
    found: Candidates,
    *,
    max_km: float = 20.0,
    roads: gpd.GeoDataFrame | None = None,
    assumptions: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """
    Return the stretches a trunk may follow: the Delaunay graph of all places.

    Parameters
    ----------
    found
        Candidates for heat, whose places are the nodes.
    max_km
        Longest straight stretch, km.
    roads
        Lines that stretches follow where they lead there (`roads.load_roads`). None: straight.

    Returns
    -------
    graph
        Columns `from` and `to` (site ids), `length_km` (straight), `existing` and `limit_mw` (what
        stands carries no more than its own link needs); with roads also `given_km` and `geometry`,
        the length and line of those that follow one. A graph with the same columns can be given
        to `solve_trunks` instead.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> found = sg.run().candidates["heat"]
    >>> bool((candidate_graph(found, max_km=10)["length_km"] <= 10).all())
    True
    """
    assumptions = assumed(assumptions)
    places = find_places(found)
    corners = np.column_stack([places.points.x, places.points.y])
    first, second = sides_of(corners).T
    length = np.hypot(*(corners[first] - corners[second]).T) / 1000
    ids = places.points.index
    graph = pd.DataFrame({"from": ids[first], "to": ids[second], "length_km": length})
    graph = graph[graph["length_km"] <= max_km].reset_index(drop=True)
    if roads is not None:
        start, end = (places.points[graph[side]].reset_index(drop=True) for side in ("from", "to"))
        routes = road_routes(start, end, roads, assumptions["detour_factor"])
        graph = graph.assign(given_km=routes["km"], geometry=routes.geometry)
    return graph.assign(existing=False, limit_mw=assumptions["trunk_largest_mw"])


def sides_of(corners: np.ndarray) -> np.ndarray:
    """Return the sides of the Delaunay triangles of points, each once, as pairs of rows."""
    try:
        triangles = Delaunay(corners).simplices
    except (QhullError, ValueError):
        # two places, or all on one line: each is joined to the next
        order = np.lexsort((corners[:, 1], corners[:, 0]))
        return np.column_stack([order[:-1], order[1:]])
    sides = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    return np.unique(np.sort(sides, axis=1), axis=0)


def solve_trunks(
    found: Candidates,
    year: Year,
    *,
    graph: pd.DataFrame | None = None,
    assumptions: Given = None,
    gap: float = 1e-2,
    seconds: float = 300.0,
) -> Network:
    """
    Choose the trunk network, month by month, that brings the most value; to a stated gap.

    A stretch costs a trench once it is built, its pipe by capacity, upkeep and pumping, and loses
    the same watts all year (half of it met at either end); a
    source enters at the temperature of the trunk, by heat pump where it is colder. What stands
    today is paid for.

    Months alike in need are added up first: such seasons bound the year from above, and their
    design is worked out over twelve months. While that leaves more than `gap`, the month that tells
    most against the design is set apart, at last all twelve (aggregation and disaggregation:
    Rogers, Plante, Wong and Evans 1991, Operations Research 39(4), 553-582).

    Parameters
    ----------
    found, year
        Candidates for heat, and supply and demand by month (`Candidates.year`).
    graph
        Stretches to choose from (see `candidate_graph`). None: the Delaunay graph.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    gap, seconds
        When the answer is good enough, and when to stop; the certificate states the gap reached.

    Raises
    ------
    MatchError
        If the graph names a place that has no source or sink.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> part = sg.load_register().within("Laholm")
    >>> found = sg.run(register=part, draws=5).candidates["heat"]
    >>> network = solve_trunks(found, found.year())
    >>> type(network).__name__
    'Network'
    """
    assumptions = as_assumptions(assumptions)
    places = find_places(found)
    arcs = _arcs(
        candidate_graph(found, assumptions=assumptions) if graph is None else graph,
        places,
        assumptions=assumptions,
    )
    entries, exits = _entries(found, assumptions=assumptions), _exits(found)
    given = arcs, entries, exits, places, year
    until, seasons, bound, worked_out = monotonic() + seconds, SEASONS, np.inf, []
    while True:
        # seasons choose and bound, twelve months judge what was chosen
        left = max(until - monotonic(), 1.0)
        drawn = _programme(*given, seasons).solve(gap=gap / 8, seconds=left)
        built = np.round(drawn["built"])
        worked_out.append(_programme(*given, EVERY_MONTH, built=built).solve())
        best = max(worked_out, key=lambda answer: answer.certificate["primal"])
        value, bound = best.certificate["primal"], min(bound, drawn.certificate["dual"])
        proven = bound - value <= gap * abs(value)
        if proven or len(seasons) == MONTHS or monotonic() > until:
            return _network(best, arcs, entries, exits, places, bound=bound)
        # the month that the drawn network cannot do without, and others hid
        seasons = min(
            (_apart(seasons, month) for group in seasons if len(group) > 1 for month in group),
            key=lambda finer: _programme(*given, finer, built=built).solve().certificate["primal"],
        )


def _apart(seasons: Seasons, month: int) -> Seasons:
    """Return seasons with one month set apart from its own."""
    rest = (tuple(other for other in group if other != month) for group in seasons)
    return (*rest, (month,))


def _arcs(
    graph: pd.DataFrame, places: TrunkPlaces, *, assumptions: Mapping[str, float]
) -> pd.DataFrame:
    """Return both directions of every stretch with what it costs and loses."""
    ends = graph[["from", "to"]].apply(lambda column: column.map(places.node_of))
    if ends.isna().to_numpy().any():
        row = graph[ends.isna().any(axis=1)].iloc[0]
        msg = f"The graph joins {row['from']!r} and {row['to']!r}, but one has no source or sink."
        raise MatchError(msg)
    one_way = graph.assign(**ends).loc[lambda t: t["from"] != t["to"]].reset_index(drop=True)
    size = assumptions["trunk_design_mw"]
    ends = assumptions["trunk_supply_c"], assumptions["trunk_return_c"]
    route = route_km(
        one_way.rename(columns={"length_km": "distance_km"}), assumptions["detour_factor"]
    ).to_numpy(float)
    pipe = choose_pipe(np.full(len(route), size), *ends, route_km=route, assumptions=assumptions)
    price, by_size = pipe["price_sek_per_m"].to_numpy(), pipe["size_share"].to_numpy()
    built = one_way["existing"].to_numpy(bool)
    invested = price * route * 1000 / assumptions["sek_per_eur"]
    yearly = np.where(built, 0.0, pipe_annuity(assumptions=assumptions) * invested)
    electricity = assumptions["electricity_price_eur_per_mwh"]
    one_way = one_way.assign(
        stretch=np.arange(len(one_way)),
        fixed_cost=(1 - by_size) * yearly,
        capacity_cost=by_size * yearly / size,
        variable_cost=running_per_km(*ends, electricity, assumptions=assumptions) * route,
        loss_mw=pipe["loss_w_per_m"].to_numpy() * route / 1000,
    )
    back = one_way.rename(columns={"from": "to", "to": "from"})
    return pd.concat([one_way, back], ignore_index=True)


def _entries(found: Candidates, *, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """Return the sources that can feed a trunk, with gain and cost at the trunk's temperature."""
    ends = pd.DataFrame(found.sources.drop(columns="geometry")).assign(
        source=found.sources.index,
        supply=found.supply,
        demand=np.inf,
        distance_km=0.0,
        supply_c=assumptions["trunk_supply_c"],
        return_c=assumptions["trunk_return_c"],
        kind="network",
        existing=False,
        heat_density_mwh_per_ha=np.nan,
        bidding_area=bidding_areas(found.sources["municipality_code"], found.bidding_areas),
        electricity_user="network",
        network_worth=np.nan,
    )
    return found.resource.price_links(ends, assumptions)


def _exits(found: Candidates) -> pd.DataFrame:
    """Return the sinks a trunk may serve, with worth and the cost of a network of their own."""
    served = found.links.groupby("sink").agg(
        worth=("worth", "max"), variable_cost=("distribution_cost", "min")
    )
    sinks = found.sinks[["site_id"]].join(served, how="inner").assign(demand=found.demand)
    return pd.DataFrame(sinks[sinks["worth"] > sinks["variable_cost"]])


def _programme(
    arcs: pd.DataFrame,
    entries: pd.DataFrame,
    exits: pd.DataFrame,
    places: TrunkPlaces,
    year: Year,
    periods: Seasons,
    *,
    built: np.ndarray | None = None,
) -> Programme:
    """
    Return the programme of a trunk network over periods of months.

    `built` says which stretches stand; None: the programme chooses. By period: heat that `enters`,
    that `leaves`, and the `flow` on each arc; once: the `intake` of each entry, the `capacity` of
    each stretch, and whether it is `built`.
    """
    count, stretches = len(periods), len(arcs) // 2
    month_of = np.zeros((MONTHS, count))
    for number, months in enumerate(periods):
        month_of[[month - 1 for month in months], number] = 1.0
    lengths = (flat_supply_share() @ month_of)[:, np.newaxis]
    taken = year.demand.loc[exits.index].to_numpy(float) @ month_of
    programme = Programme()
    _add_variables(programme, arcs, entries, exits, taken, whole=built is None)
    every, one_way = eye(count, format="csr"), arcs.iloc[:stretches]
    # what a source gives is more than what enters where a heat pump adds its electricity
    use, each = entries["efficiency"].to_numpy(float), np.arange(len(entries))
    give = csr_array((1 / use, (each, each)), shape=(len(entries), len(entries)))
    supply = year.supply.loc[entries["source"]].to_numpy(float)
    high = (supply @ month_of).ravel()
    programme.add_rows("supply", {"enters": kron(give, every)}, high=high)
    node = pd.Index(places.points.index)
    enters, leaves = (
        _incidence(node.get_indexer(places.node_of.loc[ends["site_id"]]), len(node))
        for ends in (entries, exits)
    )
    departs = _incidence(node.get_indexer(arcs["from"]), len(node))
    arrives = _incidence(node.get_indexer(arcs["to"]), len(node))
    # a stretch that is kept warm loses the same all year: half of it is met at either end
    lost = one_way["loss_mw"].to_numpy(float) * HOURS_PER_YEAR / 1000 / 2
    halves = _incidence(node.get_indexer(one_way["from"]), len(node), lost)
    halves = halves + _incidence(node.get_indexer(one_way["to"]), len(node), lost)
    programme.add_rows(
        "balance",
        {
            "enters": kron(enters, every),
            "leaves": -kron(leaves, every),
            "flow": kron(arrives - departs, every),
            "built": -kron(halves, lengths),
        },
        # what nobody takes need not be sent: at best nothing is left
        low=0.0,
    )
    _add_sizes(programme, arcs, entries, lengths)
    houses = np.flatnonzero(exits.index.isin(year.joining))
    if len(houses):
        programme.add_variables("met", len(houses), upper=1.0)
        need = needs_of(taken, houses)
        cells = np.flatnonzero(need.sum(axis=1))
        all_that_leaves = eye(taken.size, format="csr")
        joined = {"leaves": all_that_leaves[cells], "met": -need[cells]}
        programme.add_rows("joining", joined, low=0.0, high=0.0)
    # a place without a stretch takes no more than it has, and gives no more than it takes: true of
    # every network, and what keeps the bound from building a hundredth of each stretch
    touching = abs(arrives[:, :stretches]) + abs(departs[:, :stretches])
    given = (supply * use[:, np.newaxis]) @ month_of
    for name, sign, most in (("reached", 1.0, leaves @ taken), ("tapped", -1.0, enters @ given)):
        programme.add_rows(
            name,
            {
                "leaves": sign * kron(leaves, every),
                "enters": -sign * kron(enters, every),
                "built": -_scaled(kron(touching, np.ones((count, 1))), most.ravel()),
            },
            high=0.0,
        )
    if built is not None:
        once = eye(stretches, format="csr")
        programme.add_rows("as drawn", {"built": once}, low=built, high=built)
    return programme


def _add_variables(
    programme: Programme,
    arcs: pd.DataFrame,
    entries: pd.DataFrame,
    exits: pd.DataFrame,
    taken: np.ndarray,
    *,
    whole: bool,
) -> None:
    """Add what flows in each period, with what it earns, and what is built, with what it costs."""
    count = taken.shape[1]
    one_way = arcs.iloc[: len(arcs) // 2]
    entering, flowing = (
        np.repeat(rows["variable_cost"].to_numpy(float), count) for rows in (entries, arcs)
    )
    kept = (exits["worth"] - exits["variable_cost"]).to_numpy(float)
    programme.add_variables("enters", len(entering), profit=-entering)
    programme.add_variables(
        "leaves", taken.size, profit=np.repeat(kept, count), upper=taken.ravel()
    )
    programme.add_variables("flow", len(flowing), profit=-flowing)
    intake, capacity = (rows["capacity_cost"].to_numpy(float) / 1000 for rows in (entries, one_way))
    fixed = one_way["fixed_cost"].to_numpy(float) / 1000
    programme.add_variables("intake", len(entries), profit=-intake)
    largest = one_way["limit_mw"].to_numpy(float)
    programme.add_variables("capacity", len(one_way), profit=-capacity, upper=largest)
    programme.add_variables("built", len(one_way), profit=-fixed, upper=1.0, whole=whole)


def _add_sizes(
    programme: Programme, arcs: pd.DataFrame, entries: pd.DataFrame, lengths: np.ndarray
) -> None:
    """Let no period carry more than what is built, in hours of full load."""
    k, stretches = len(arcs), len(arcs) // 2
    every, once = eye(len(lengths), format="csr"), eye(stretches, format="csr")
    same, each = eye(len(entries), format="csr"), np.arange(stretches)
    hours = entries["full_load_hours"].to_numpy(float)[0] / 1000
    sizes = {"enters": kron(same, every), "intake": -hours * kron(same, lengths)}
    programme.add_rows("intake", sizes, high=0.0)
    # both directions share the pipe of their stretch
    pair = csr_array((np.ones(k), (arcs["stretch"], np.arange(k))), shape=(stretches, k))
    sizes = {"flow": kron(pair, every), "capacity": -hours * kron(once, lengths)}
    programme.add_rows("capacity", sizes, high=0.0)
    largest = arcs["limit_mw"].to_numpy(float)[:stretches]
    sizes = {"capacity": once, "built": -csr_array((largest, (each, each)))}
    programme.add_rows("built", sizes, high=0.0)


def _scaled(matrix: csr_array, rows: np.ndarray) -> csr_array:
    """Return a matrix with each row times a number."""
    each = np.arange(len(rows))
    return csr_array((rows, (each, each)), shape=(len(rows), len(rows))) @ csr_array(matrix)


def _incidence(position: np.ndarray, nodes: int, entry: np.ndarray | None = None) -> csr_array:
    """Return a matrix with one entry per column, at its node."""
    values = np.ones(len(position)) if entry is None else entry
    return csr_array((values, (position, np.arange(len(position)))), shape=(nodes, len(position)))


def _network(
    best: Answer,
    arcs: pd.DataFrame,
    entries: pd.DataFrame,
    exits: pd.DataFrame,
    places: TrunkPlaces,
    *,
    bound: float,
) -> Network:
    """Return the chosen pipes and what passes at each end; nothing is worth more than `bound`."""
    n, m, k = len(entries), len(exits), len(arcs)
    stretches = k // 2
    value = best.certificate["primal"]
    bound = max(bound, value)
    proven = {**best.certificate, "dual": bound, "gap": (bound - value) / max(abs(value), 1e-300)}
    yearly = best["flow"].reshape(k, MONTHS).sum(axis=1)
    columns = ["from", "to", "length_km", "existing", "given_km", "geometry"]
    pipes = (
        arcs.iloc[:stretches]
        .reindex(columns=columns)
        .assign(capacity=best["capacity"], delivered=yearly[:stretches] + yearly[stretches:])
    )
    pipes = carried(pipes)
    lines = [
        LineString([places.points[start], places.points[end]]) if pd.isna(km) else along
        for start, end, km, along in zip(
            *(pipes[name] for name in ("from", "to", "given_km", "geometry")), strict=True
        )
    ]
    injected = pd.Series(best["enters"].reshape(n, MONTHS).sum(axis=1), list(entries["source"]))
    received = pd.Series(best["leaves"].reshape(m, MONTHS).sum(axis=1), exits.index)
    return Network(
        gpd.GeoDataFrame(pipes.drop(columns="geometry"), geometry=lines, crs=METRIC_CRS),
        injected,
        received,
        proven,
    )
