"""The tables and small value objects that the other modules pass around."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .errors import MatchError
from .summary import Summary

GEOGRAPHIC_CRS = "EPSG:4326"
BOUNDS = ["value", "low", "high"]  # columns of every number that has a range
CARRIES_NOTHING = 1e-6  # GWh or kt a year: less is rounding of the solver
METRIC_CRS = "EPSG:3006"  # SWEREF 99 TM, so distances are in metres

# what `Resource.price_links` returns for each link that can work, beside source and sink
LINK_COLUMNS = {
    "efficiency": "delivered over sent, above 0",
    "largest_capacity": "what the link can carry at most: MW, t/h",
    "full_load_hours": "hours a year that a capacity runs at most",
    "variable_cost": "price unit, for each unit delivered",
    "capacity_cost": "EUR a year for each MW or t/h built",
    "fixed_cost": "EUR a year once the link is built",
    "unit_cost": "price unit: all of it for a unit delivered at full-load hours",
    "worth": "price unit: what a delivered unit replaces or earns",
}
ROLES = ("source", "sink")  # of a flow
VISIBILITY = ("public", "internal", "secret")  # of a place or a flow, from open to closed
SITES = ["site_id_source", "site_id_sink"]  # of a link: the places of its flows
# what is replaced, t CO2e/yr that this avoids, and direct jobs: lowest and highest of each
LINK_EFFECTS = ["replaces", "t_co2e_low", "t_co2e_high", "jobs_low", "jobs_high"]
# `status` of a link or exchange: it flows today, the plan has it, it nearly pays, it does not by
# the best values but in most draws, or it does not
EXISTING, NEW, CANDIDATE, SPLIT, LOSING = "existing", "new", "candidate", "split", "losing"
MONTHS = 12
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
# what it may return beside: `variable_cost` in each month; and what a match delivers in each
MONTH_COSTS = [f"variable_cost_{month}" for month in range(1, MONTHS + 1)]
MONTH_COLUMNS = [f"month_{month}" for month in range(1, MONTHS + 1)]


class CostPart(NamedTuple):
    """
    One part of what links cost: a row per link.

    `running` is the price unit in each of twelve months, `capacity` EUR a year for each MW or t/h,
    `fixed` EUR a year once built.
    """

    running: np.ndarray
    capacity: np.ndarray
    fixed: np.ndarray


@dataclass(frozen=True)
class Resource:
    """
    Everything the project knows of a resource that is matched; faces loop over these records.

    Parameters
    ----------
    key
        Its name in the column `resource` of flows. The words for it are the row `resource:<key>`
        of labels.csv; without one it is called by its key.
    unit
        Of supply, demand and what is delivered, as the column `unit` of flows.
    price_links
        Takes candidate links with the columns of both ends, and the assumptions; returns the links
        that can work, with the columns of `LINK_COLUMNS` and the one that `mode` names.
    supply_points, demand_points
        Take a register and the assumptions; return its sources or sinks as points: value, low,
        high, site_id, municipality_code, profile (a column of the table profiles).
    reach
        Parameter of the longest straight distance that is searched for links, km.
    reach_cost
        Parameter of the unit cost up to which a link counts as within reach. Blank: any.
    price_unit
        Of unit_cost and worth; EUR per thousandth of `unit`, so that delivered x worth is kEUR.
    mode
        Column of priced links that says how an exchange works.
    classes
        Label keys of the classes of its sources (column `class` of flows), as they are drawn.
    apart
        Classes that are listed beside sums and never in them.
    parts
        Columns of the study's balance that a chart or table of municipalities shows.
    suits
        Takes candidate links with the columns of both ends; returns those that a rule allows, with
        what the rule says. None: any source may serve any sink.
    tiers
        Takes the sinks and the assumptions; returns what is saved by steps of new supply in each
        month (see `heat.networks.Tiers`). None: each link says what it is worth.
    investments
        Parts that building a link takes, each with the parameter of its life. `price_links` then
        returns of each `invest_<part>_fixed_meur` (once built), `invest_<part>_meur_per_mw` (by MW
        or t/h) or `invest_<part>_meur_per_unit` (by GWh or kt a year), and `life_<part>_years`
        where the life is no parameter (then blank here). Empty: nothing is built. None: nobody
        knows what building takes.
    cost_parts
        Takes links as `price_links` does; returns the parts of their cost by name, which add up to
        the costs there. None: the cost is told whole.
    effects
        Takes new links and the assumptions; returns by link what they replace, the emissions that
        this avoids and direct jobs (see `LINK_EFFECTS`), no row where nobody
        knows. None: not known, and no face shows one.
    """

    key: str
    unit: str
    price_links: Callable[..., pd.DataFrame]
    supply_points: Callable[..., gpd.GeoDataFrame]
    demand_points: Callable[..., gpd.GeoDataFrame]
    reach: str = ""
    reach_cost: str = ""
    price_unit: str = ""
    mode: str = "mode"
    classes: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    parts: tuple[str, ...] = ("supply", "demand")
    suits: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    tiers: Callable[..., Any] | None = None
    cost_parts: Callable[..., dict[str, CostPart]] | None = None
    investments: Mapping[str, str] | None = None
    effects: Callable[..., pd.DataFrame] | None = None

    @property
    def told_unit(self) -> str:
        """The price unit as faces tell it, in SEK."""
        return self.price_unit.replace("EUR", "SEK")

    def check_links(self, links: pd.DataFrame) -> pd.DataFrame:
        """
        Return priced links as they are, if they have what every face reads.

        Raises
        ------
        MatchError
            If a column is missing.
        """
        missing = [name for name in (*LINK_COLUMNS, self.mode) if name not in links.columns]
        if missing:
            msg = (
                f"price_links of the resource {self.key!r} returned links without "
                f"{', '.join(missing)}. See LINK_COLUMNS in symbios_geo.model."
            )
            raise MatchError(msg)
        return links


@dataclass(frozen=True, eq=False, repr=False)
class Match(Summary):
    """
    A solved allocation.

    `links` are the priced links with `sent` and `delivered`; `unused` is supply left by source,
    `unmet` demand left by sink, `prices` the worth of one more unit at each node, `certificate`
    the proof of optimality (primal and dual value, gap). `readers` says who may see it: those that
    its register was cleared for, or nobody ("secret") when it was not. `left_out` are the flows
    that no link serves, with the reason; `ends` are the points of all sources and sinks by id, with
    their `name`. `sent_by_month` is what each solved link takes in months 1-12, losses included,
    where months were solved.
    """

    links: pd.DataFrame
    unused: pd.Series
    unmet: pd.Series
    prices: pd.DataFrame
    certificate: dict[str, Any]
    resource: Resource | None = None
    readers: str = "public"
    left_out: pd.DataFrame | None = None
    ends: gpd.GeoDataFrame | None = field(default=None)
    sent_by_month: pd.DataFrame | None = None

    def to_gdf(self, *, used: bool = True) -> gpd.GeoDataFrame:
        """
        Return the links as straight lines in EPSG:4326, largest first.

        Parameters
        ----------
        used
            Leave out links that carry nothing.

        Returns
        -------
        links
            The columns of `links`, after `name_source` and `name_sink`, both ids, `status`
            ("existing" or "new"), `delivered` and `unit`.

        Raises
        ------
        MatchError
            If the match was solved from bare links, so that no end has a place.

        Examples
        --------
        >>> import symbios_geo as sg
        >>> lines = sg.match(sg.load_register(), method="annual").to_gdf()
        >>> str(lines.crs), lines.geom_type.unique().tolist()
        ('EPSG:4326', ['LineString'])
        """
        if self.ends is None:
            msg = "The ends of these links have no places. Use the result of match() or run()."
            raise MatchError(msg)
        links = carried(self.links) if used else self.links
        links = links.sort_values("delivered", ascending=False, kind="stable", ignore_index=True)
        points = self.ends.geometry.to_crs(GEOGRAPHIC_CRS)
        start, end = (shapely.get_coordinates(points.loc[links[side]]) for side in ROLES)
        first = {
            "name_source": links["source"].map(self.ends["name"]),
            "name_sink": links["sink"].map(self.ends["name"]),
            "source": links["source"],
            "sink": links["sink"],
            "status": links.get("status", NEW),
            "delivered": links["delivered"],
            "unit": self.resource.unit if self.resource else "",
        }
        rest = links.drop(columns=[name for name in first if name in links])
        table = pd.DataFrame(first, index=links.index).join(rest)
        lines = shapely.linestrings(np.stack([start, end], axis=1))
        return gpd.GeoDataFrame(table, geometry=lines, crs=GEOGRAPHIC_CRS)

    def _facts(self) -> dict[str, object]:
        """Return what the match is of, what it delivers and how sure it is the best."""
        links = self.links
        used = links["delivered"] > CARRIES_NOTHING
        unit = self.resource.unit if self.resource else ""
        facts: dict[str, object] = {"resource": self.resource.key if self.resource else "unknown"}
        status = links["status"] if "status" in links else pd.Series(NEW, links.index)
        for word in dict.fromkeys(status):
            rows = used & (status == word)
            amount = links.loc[rows, "delivered"].sum()
            facts[f"delivered, {word}"] = f"{amount:,.1f} {unit} by {int(rows.sum())} links"
        facts["unused"] = f"{self.unused.sum():,.1f} {unit}"
        facts["unmet"] = f"{self.unmet.sum():,.1f} {unit}"
        if "gap" in self.certificate:
            facts["gap to the best"] = f"{self.certificate['gap']:.1g}"
        if self.left_out is not None and len(self.left_out):
            facts["flows left out"] = f"{len(self.left_out)}, with reasons in left_out"
        return facts | {"readers": self.readers}


def among(rows: pd.DataFrame, others: pd.DataFrame, by: Sequence[str] = ROLES) -> np.ndarray:
    """Say of each exchange whether it stands in another table too: one with the same `by`."""
    # an empty table may have no columns
    ends, known = (pd.MultiIndex.from_frame(t.reindex(columns=[*by])) for t in (rows, others))
    return np.asarray(ends.isin(known))


def new_of(table: pd.DataFrame, resource: str | None = None) -> pd.DataFrame:
    """Return the new rows of links or exchanges, of one resource or of all that are there."""
    return _of_status(table, NEW, resource)


def existing_of(table: pd.DataFrame, resource: str | None = None) -> pd.DataFrame:
    """Return the rows of links or exchanges that flow today, as `new_of` does."""
    return _of_status(table, EXISTING, resource)


def _of_status(table: pd.DataFrame, status: str, resource: str | None) -> pd.DataFrame:
    rows = table[table["status"] == status]
    return rows if resource is None else rows[rows["resource"] == resource]


def in_sek(
    links: pd.DataFrame, sek_per_eur: float, names: Sequence[str] = ("unit_cost", "worth")
) -> pd.DataFrame:
    """Return links with what a unit costs and is worth in SEK: money is told in kronor."""
    return links.assign(**{name: links[name] * sek_per_eur for name in names if name in links})


def carried(links: pd.DataFrame) -> pd.DataFrame:
    """Return the links that deliver something."""
    return links[links["delivered"] > CARRIES_NOTHING]


def mode_keys(links: pd.DataFrame) -> pd.Series:
    """Return how each link works as labels and colours name it; what flows today is told apart."""
    way = mode_column(links)
    keys = "mode:" + links[way].astype(str) if way else pd.Series("mode:direct", links.index)
    return keys.mask(links["status"] == EXISTING, "mode:existing") if "status" in links else keys


def mode_column(links: pd.DataFrame) -> str | None:
    """Return the column of links that says how each of them works, None if there is none."""
    return next((name for name in ("temperature_mode", "mode") if name in links), None)


def route_km(links: pd.DataFrame, detour_factor: float) -> pd.Series:
    """Return the length of each link, km: as given in `given_km`, else straight and a detour."""
    straight = links["distance_km"] * detour_factor
    return links["given_km"].fillna(straight) if "given_km" in links else straight
