"""Candidate links of a resource, priced: both ends joined to each link, with what exists today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.values import Assumptions, Given, as_assumptions
from ..co2.links import CO2
from ..disclosure import readers_of, sign
from ..errors import MatchError
from ..heat.links import HEAT
from ..heat.season import flat_supply_share, month_shares
from ..materials.links import MATERIALS, WATER
from ..model import EXISTING, MONTHS, ROLES, SITES, Resource, carried
from ..register.classes import NUCLEAR
from ..register.exchanges import (
    KNOWN_FLOWS,
    KNOWN_SITES,
    by_flow,
    delivered_today,
    existing_links,
)
from ..register.gate import Register
from ..register.property_heat import in_countryside
from ..summary import Summary
from .months import Year, spread_over_year
from .reach import candidate_links
from .roads import road_routes

# every resource that is matched; adding one is a line here and a module that makes its record
RESOURCES = {resource.key: resource for resource in (HEAT, CO2, MATERIALS, WATER)}


NO_TIERS = pd.DataFrame(columns=["sink", "month", "tier", "gwh", "worth"])


@dataclass(frozen=True, eq=False, repr=False)
class Candidates(Summary):
    """
    Everything a match is made from.

    `pairs` are all new links within reach with the columns of both ends, `links` those that can
    work, priced; `supply` and `demand` are what each end can still give and take; `existing` are
    the exchanges of today with the `delivered` that statistics show, which no match resizes;
    `tiers` and `priced_tiers` say what networks save by month; `readers` may see them.
    `left_out` are the flows that no link serves, with the reason (see `left_out_flows`);
    `bidding_areas` are those of the region, by municipality_code.
    """

    resource: Resource
    pairs: pd.DataFrame
    links: pd.DataFrame
    supply: pd.Series
    demand: pd.Series
    sources: gpd.GeoDataFrame
    sinks: gpd.GeoDataFrame
    existing: pd.DataFrame
    tiers: Any = None
    priced_tiers: pd.DataFrame = field(default_factory=NO_TIERS.copy)
    readers: str = "public"
    left_out: pd.DataFrame | None = None
    bidding_areas: pd.Series | None = None

    def _facts(self) -> dict[str, object]:
        """Return what could be matched, and how much of it has a price."""
        unit = self.resource.unit
        return {
            "resource": self.resource.key,
            "can give": f"{self.supply.sum():,.1f} {unit} at {len(self.supply)} ends",
            "can take": f"{self.demand.sum():,.1f} {unit} at {len(self.demand)} ends",
            "pairs within reach": len(self.pairs),
            "links with a price": len(self.links),
            "exchanges of today": len(self.existing),
        }

    @property
    def ends(self) -> gpd.GeoDataFrame:
        """The points of all sources and sinks by the id that links name them by, with `name`."""
        parts = [side[["name", "geometry"]] for side in (self.sources, self.sinks)]
        ends = pd.concat([part for part in parts if len(part)] or parts)
        return ends[~ends.index.duplicated()]

    def dearest(self, assumptions: Mapping[str, float]) -> float:
        """Return the unit cost up to which a link counts as within reach."""
        limit = self.resource.reach_cost
        return assumptions[limit] if limit else np.inf

    def year(self) -> Year:
        """Return supply and demand by month, each by its profile."""
        profiles = self.sources["profile"], self.sinks["profile"]
        joining = self.sinks.index[self.joining]
        ends = self.supply, self.demand, *profiles
        return spread_over_year(*ends, self.priced_tiers, joining=joining)

    @property
    def joining(self) -> np.ndarray:
        """Which sinks are houses that would join a network."""
        kinds = self.sinks.get("kind", pd.Series("", self.sinks.index))
        return kinds.eq("buildings").to_numpy()

    def existing_shares(self) -> pd.DataFrame:
        """Return the share of its year that each exchange of today has in each month."""
        shares = month_shares(self.existing["profile_sink"])
        if self.tiers is not None:
            bought = self.tiers.bought.reindex(self.existing["sink"]).set_axis(shares.index)
            shares = bought.div(bought.sum(axis=1), axis=0).fillna(shares)
        return shares


def find_candidates(
    register: Register,
    resource: str,
    *,
    assumptions: Given = None,
    max_km: float | None = None,
    distances: pd.DataFrame | gpd.GeoDataFrame | None = None,
) -> Candidates:
    """
    Pair all sources and sinks of a resource within reach and price each link.

    Parameters
    ----------
    register
        Sites and flows.
    resource
        A key of `RESOURCES`.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    max_km
        Longest straight distance that is searched, km. None: the resource's own in parameters.csv.
    distances
        Lengths of routes that replace the straight line times a detour: columns `source` and `sink`
        (flow, sink or site ids) and `km`, in either direction. Or roads, as lines: routes are
        measured along them (see `roads.road_routes`). Pairs that it lacks keep the usual rule.

    Raises
    ------
    MatchError
        If the resource cannot be matched, or the distances cannot be used.
    """
    assumptions = as_assumptions(assumptions)
    if resource not in RESOURCES:
        msg = f"resource = {resource!r} cannot be matched. Choose one of: {', '.join(RESOURCES)}."
        raise MatchError(msg)
    chosen = RESOURCES[resource]
    sources, sinks = (
        chosen.supply_points(register, assumptions),
        chosen.demand_points(register, assumptions),
    )
    reach = _reach(chosen, assumptions) if max_km is None else max_km
    links = candidate_links(sources, sinks, max_km=reach)
    links = links.sort_values(["source", "sink"], ignore_index=True)
    supply, demand = _free(sources, "source"), _free(sinks, "sink")
    # what arrives today is taken, whether or not the sink's own row says so
    known = sinks["committed"].fillna(0.0) if "committed" in sinks else 0.0
    # of many streams of a site only a named one is known to flow
    named = chosen.suits is not None
    told = delivered_today(register, resource, sinks, named_only=named) - known
    demand = (demand - told.clip(lower=0.0)).clip(lower=0.0).rename("sink")
    tiers = None if chosen.tiers is None else chosen.tiers(sinks, assumptions)
    priced_tiers = NO_TIERS if tiers is None else tiers.priced(assumptions)
    room = priced_tiers.groupby("sink")["gwh"].sum()
    demand = demand.where(~demand.index.isin(sinks_with_tiers(tiers)), room.reindex(demand.index))
    demand = demand.fillna(0.0).rename("sink")
    joined = _join_ends(links, sources, sinks).assign(
        supply=links["source"].map(supply), demand=links["sink"].map(demand)
    )
    if distances is not None:
        if isinstance(distances, gpd.GeoDataFrame):
            start, end = sources.geometry[joined["source"]], sinks.geometry[joined["sink"]]
            routes = road_routes(start, end, distances, assumptions["detour_factor"])
            joined["given_km"] = routes["km"].to_numpy()
        else:
            joined["given_km"] = _given_km(joined, distances, register)
    if "part_of" in joined:
        # a network's own boiler stands in it: there is no pipe to lay
        inside = joined["part_of"] == joined["site_id_sink"]
        straight = joined.get("given_km", pd.Series(np.nan, joined.index))
        joined["given_km"] = straight.mask(inside, 0.0)
    stands = _existing(joined, register, resource)
    existing = _measured(joined[stands], register, resource).assign(**{chosen.mode: EXISTING})
    near = pd.concat([joined[~stands], existing])
    joined = with_network_worth(joined[~stands].reset_index(drop=True), priced_tiers)
    suited = joined if chosen.suits is None else chosen.suits(joined)
    if chosen.suits is not None:
        # partners whose stream or need is taken today are told, not matched
        joined = suited[(suited["supply"] > 0) & (suited["demand"] > 0)].reset_index(drop=True)
    priced = chosen.check_links(chosen.price_links(joined, assumptions))
    priced = priced.reset_index(drop=True)
    readers = readers_of(register)
    useful = pd.concat([priced, existing])
    gone = left_out_flows(register, resource, sources, sinks, (near, suited), useful)
    return Candidates(
        chosen,
        joined,
        sign(priced, readers),
        supply,
        demand,
        sources,
        sinks,
        existing,
        tiers,
        priced_tiers,
        readers,
        sign(gone, readers),
        register.region.bidding_areas,
    )


def left_out_flows(
    register: Register,
    resource: str,
    sources: gpd.GeoDataFrame,
    sinks: gpd.GeoDataFrame,
    pairs: tuple[pd.DataFrame, pd.DataFrame],
    links: pd.DataFrame,
) -> pd.DataFrame:
    """
    Return the flows of a resource that no link can serve, with name, amount and reason.

    Parameters
    ----------
    register, resource
        What was matched.
    sources, sinks, links
        As in `Candidates`.
    pairs
        All pairs within reach, and those of them that a rule allows.

    Returns
    -------
    pandas.DataFrame
        flow_id, name, role, value, unit and reason: no_amount, not_additive, nuclear,
        no_temperature, not_biogenic, outside, repeated (an amount that another row holds),
        in_use (a stream or a need that is taken today), out_of_reach, no_rule (no documented case
        within reach), no_partner (all that a case allows are taken today), scattered (houses no
        pipe reaches), too_cold (of heat), imagined (a user of CO2 that nobody plans), too_small
        (flue gas for a capture plant of known price) or no_way.
    """
    rows = register.flows[register.flows["resource"] == resource]
    served = {"source": set(links["source"]), "sink": set(links["sink"])}
    near, suited = ({role: set(table[role]) for role in ROLES} for table in pairs)
    ends = {"source": set(sources.index), "sink": set(sinks.index)}
    # a node is a flow, all carbon of one stream, or a place
    nodes = [
        next((name for name in (flow, f"{site}-{stream}", site) if name in ends[role]), "")
        for flow, site, stream, role in zip(
            rows["flow_id"], rows["site_id"], rows["stream"], rows["role"], strict=True
        )
    ]
    known = pd.Series(nodes, index=rows.index, dtype=object) != ""
    reached, ruled, linked = (
        pd.Series(
            [n in found[r] for n, r in zip(nodes, rows["role"], strict=True)],
            rows.index,
            dtype=bool,
        )
        for found in (near, suited, served)
    )
    kinds, by_rule = rows["class"], RESOURCES[resource].suits is not None
    full = {"source": _free(sources, "source") <= 0, "sink": _free(sinks, "sink") <= 0}
    taken = [bool(full[r].get(n, False)) for n, r in zip(nodes, rows["role"], strict=True)]
    reasons = {
        "no_amount": ~(rows["value"] > 0),
        "nuclear": kinds == NUCLEAR,
        "no_temperature": kinds == "class_unknown",
        "not_biogenic": kinds.isin(["carbon:fossil", "carbon:unknown"]),
        "imagined": ~known & (resource == "co2") & _imagined(rows),
        "not_additive": ~known & (rows["additive"] != "yes"),
        "outside": ~known & ~rows["inside"],
        "repeated": ~known,
        "in_use": by_rule & ~linked & np.array(taken, bool),
        "out_of_reach": ~reached,
        "no_rule": by_rule & ~linked & ~ruled,
        "no_partner": by_rule & ~linked,
        "scattered": ~linked & in_countryside(rows["site_id"]),
        "too_cold": ~linked & (rows["role"] == "source") & (resource == "heat"),
        "too_small": ~linked & (rows["role"] == "source") & (resource == "co2"),
        "no_way": ~linked,
    }
    reason = np.select(list(reasons.values()), list(reasons), default="")
    found = rows.assign(reason=reason, name=rows["site_id"].map(register.sites["name"]))
    found = found[found["reason"] != ""]
    return found[["flow_id", "name", "role", "value", "unit", "reason"]].reset_index(drop=True)


def _imagined(rows: pd.DataFrame) -> pd.Series:
    """Say which flows are users that count in no sum: examples of plants."""
    return (rows["role"] == "sink") & (rows["additive"] != "yes") & rows["inside"]


def with_network_worth(links: pd.DataFrame, tiers: pd.DataFrame) -> pd.DataFrame:
    """
    Return links with what heat saves at their sink: on average, and at the best tier.

    `peak_factor` is the room in the month that has most, over that of a month of average.
    """
    if tiers.empty:
        return links.assign(network_worth=np.nan, best_worth=np.nan, peak_factor=np.nan)
    value = (tiers["gwh"] * tiers["worth"]).groupby(tiers["sink"]).sum()
    mean = value / tiers.groupby("sink")["gwh"].sum()
    best = tiers.groupby("sink")["worth"].max()
    room = tiers.groupby(["sink", "month"])["gwh"].sum()
    length = pd.Series(flat_supply_share(), range(1, MONTHS + 1))
    pace = room.div(length, level="month").groupby("sink").max() / room.groupby("sink").sum()
    sinks = links["sink"]
    return links.assign(
        network_worth=sinks.map(mean), best_worth=sinks.map(best), peak_factor=sinks.map(pace)
    )


def still_free(drawn: np.ndarray, value: np.ndarray, free: np.ndarray) -> np.ndarray:
    """
    Return what ends have left to exchange in draws: what is in use today is taken first.

    Parameters
    ----------
    drawn
        What arises or is needed in each draw, in the unit of the resource.
    value, free
        The same at the best values, and what of it is not in use.

    Examples
    --------
    >>> still_free(np.array([100.0, 95.0, 80.0]), 100.0, 10.0)
    array([10.,  5.,  0.])
    """
    return np.maximum(drawn - (value - free), 0.0)


def sinks_with_tiers(tiers: Any) -> list[str]:
    """Return the sinks whose worth stands in tiers."""
    return [] if tiers is None else list(tiers.networks.index)


def _reach(resource: Resource, assumptions: Assumptions) -> float:
    """Return how far apart the ends of a link may lie, km."""
    if not resource.reach:
        msg = (
            f"The record of the resource {resource.key!r} has no `reach`. Name the parameter of "
            "its longest distance, or give max_km."
        )
        raise MatchError(msg)
    return assumptions[resource.reach]


def _join_ends(
    links: pd.DataFrame, sources: gpd.GeoDataFrame, sinks: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return links with the columns of both ends; names that both have end in _source or _sink."""
    left = pd.DataFrame(sources.drop(columns="geometry"))
    right = pd.DataFrame(sinks.drop(columns="geometry"))
    both = left.columns.intersection(right.columns)
    left = left.rename(columns={c: f"{c}_source" for c in both})
    right = right.rename(columns={c: f"{c}_sink" for c in both})
    return links.join(left, on="source").join(right, on="sink")


def _given_km(links: pd.DataFrame, distances: pd.DataFrame, register: Register) -> np.ndarray:
    """Return the length of each link in a table of distances, NaN where it has none."""
    if missing := [name for name in ("source", "sink", "km") if name not in distances]:
        msg = f"distances lack the column {', '.join(missing)}. Give source, sink and km."
        raise MatchError(msg)
    km = pd.to_numeric(distances["km"], errors="coerce")
    if (wrong := ~(np.isfinite(km) & (km >= 0))).any():
        row = distances[wrong].iloc[0]
        msg = f"distances, {row['source']} to {row['sink']}: km = {row['km']!r} is no length."
        raise MatchError(msg)
    ends = distances[["source", "sink"]].astype(str).to_numpy()
    both = pd.concat(
        [
            pd.Series(km.to_numpy(float), pd.MultiIndex.from_arrays([ends[:, k], ends[:, 1 - k]]))
            for k in (0, 1)
        ]
    )
    shortest = both.groupby(level=[0, 1]).min()
    names = [("source", "site_id_source"), ("sink", "site_id_sink")]
    known = {str(name) for pair in names for column in pair for name in links[column]}
    known |= {*register.sites.index, *register.flows["flow_id"]}
    if strange := sorted(set(ends.ravel()) - known):
        msg = f"distances name {strange[0]!r}, which is no place and no end of a link."
        raise MatchError(msg)
    found = pd.Series(np.nan, links.index)
    for source in names[0]:
        for sink in names[1]:
            pairs = pd.MultiIndex.from_arrays([links[source].astype(str), links[sink].astype(str)])
            found = found.fillna(pd.Series(shortest.reindex(pairs).to_numpy(), links.index))
    return found.to_numpy(float)


def _existing(links: pd.DataFrame, register: Register, resource: str) -> pd.Series:
    """Mark the links that stand today: from the stream of the sender that is in use."""
    known = existing_links(register, resource)
    named, by_site = by_flow(known, pd.Index(links["sink"]))
    used = links.get("committed_source", links.get("committed", pd.Series(0.0, links.index)))
    standing = _pairs(links, SITES).isin(_pairs(by_site, KNOWN_SITES))
    if RESOURCES[resource].suits is not None:
        standing[:] = False  # of many streams of a site only a named one is known to flow
    standing |= _pairs(links, [*ROLES]).isin(_pairs(named, KNOWN_FLOWS))
    return pd.Series(standing, index=links.index) & (used.fillna(0) > 0)


def _measured(links: pd.DataFrame, register: Register, resource: str) -> pd.DataFrame:
    """
    Return the exchanges of today, one row per stream, with what statistics say is delivered.

    Streams of one sender share it by what is in use of each, unless the exchange names its flows.
    """
    named, by_site = by_flow(existing_links(register, resource), pd.Index(links["sink"]))
    of_flow = named.groupby(KNOWN_FLOWS)["value"].sum().reindex(_pairs(links, [*ROLES]))
    of_site = by_site.groupby(KNOWN_SITES)["value"].sum().reindex(_pairs(links, SITES))
    used = links.get("committed_source", links.get("committed", pd.Series(1.0, links.index)))
    share = used / used.groupby([links[c] for c in SITES]).transform("sum")
    delivered = np.where(of_flow.notna(), of_flow, of_site.to_numpy() * share.to_numpy())
    rows = links.assign(delivered=np.nan_to_num(delivered), status=EXISTING)
    rows["sent"] = rows["delivered"]
    return carried(rows).reset_index(drop=True)


def _pairs(table: pd.DataFrame, columns: list[str]) -> pd.MultiIndex:
    """Return two columns as pairs."""
    return pd.MultiIndex.from_frame(table[columns])


def _free(points: gpd.GeoDataFrame, role: str) -> pd.Series:
    """Return what an end has left to exchange: its value less what is in use today."""
    if "takes" in points:
        return points["takes"].rename(role)
    if "committed" not in points:
        return points["value"].rename(role)
    left = points["value"] - points["committed"].fillna(0.0)
    return left.clip(lower=0.0).rename(role)
