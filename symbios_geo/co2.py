"""CO2: which stack gives off how much, biogenic and fossil apart, and what a tonne costs at a user."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from .carbon_costs import capture_cost as capture_cost
from .carbon_costs import conditioning_cost as conditioning_cost
from .carbon_costs import electricity_for_capture_mwh as electricity_for_capture_mwh
from .carbon_costs import heat_for_capture_mwh as heat_for_capture_mwh
from .carbon_costs import heat_from_capture_mwh as heat_from_capture_mwh
from .carbon_costs import pipeline_cost as pipeline_cost
from .carbon_costs import pipeline_pumping_cost as pipeline_pumping_cost
from .carbon_costs import truck_cost as truck_cost
from .data import assumptions, parameter
from .model import Register, Resource

BOUNDS = ["value", "low", "high"]


def stacks(register: Register) -> pd.DataFrame:
    """
    Return every additive stack of Halland with its biogenic and fossil CO2, kt/yr.

    Indexed by site_id and stream; columns biogenic, fossil, total and biogenic_share, with
    `_low` and `_high` for each of the two.
    """
    flows = register.flows
    rows = flows[
        (flows["resource"] == "co2") & (flows["role"] == "source") & (flows["additive"] == "yes")
    ]
    table = rows.pivot_table(index=["site_id", "stream"], columns="carbon", values=BOUNDS)
    parts = {
        (carbon if bound == "value" else f"{carbon}_{bound}"): table.get((bound, carbon), 0.0)
        for carbon in ("biogenic", "fossil")
        for bound in BOUNDS
    }
    wide = pd.DataFrame(parts, index=table.index).fillna(0.0)
    wide["total"] = wide["biogenic"] + wide["fossil"]
    wide["biogenic_share"] = (wide["biogenic"] / wide["total"]).where(wide["total"] > 0)
    return wide.sort_values("total", ascending=False)


def supply_points(register: Register, *, biogenic_only: bool = True) -> gpd.GeoDataFrame:
    """
    Return every stack in Halland as a point, kt/yr, indexed by site_id and stream joined by "-".

    Columns: site_id, stream, municipality_code, value, low, high, committed, hours,
    `nearly_pure` (fermentation and biogas upgrading need no capture plant).
    """
    flows = register.flows
    rows = flows[
        (flows["resource"] == "co2") & (flows["role"] == "source") & (flows["additive"] == "yes")
    ]
    if biogenic_only:
        rows = rows[rows["carbon"] == "biogenic"]
    sums = rows.groupby(["site_id", "stream"], sort=False).agg(
        value=("value", "sum"), low=("low", "sum"), high=("high", "sum"),
        committed=("committed", "sum"), hours=("hours_per_year", "max"),
        category=("category", "first"),
    )
    points = sums[sums["value"] > 0].reset_index()
    points["nearly_pure"] = points["category"].isin(["fermentation", "biogas_upgrading"])
    points.index = pd.Index(points["site_id"] + "-" + points["stream"], name="source")
    return _at_sites(points, register)


def demand_points(register: Register, *, include_concepts: bool = True) -> gpd.GeoDataFrame:
    """
    Return every possible user of CO2 in Halland as a point, kt/yr, indexed by flow_id.

    Columns: site_id, stream, category, value, low, high, committed. Concept users are additive=no
    in totals; leave them out with `include_concepts=False`. Stores and users outside the county
    are not candidates: transport to them is another question.
    """
    flows = register.flows
    rows = flows[(flows["resource"] == "co2") & (flows["role"] == "sink") & (flows["value"] > 0)]
    if not include_concepts:
        rows = rows[rows["additive"] == "yes"]
    inside = register.sites.index[register.sites["in_halland"]]
    rows = rows[rows["site_id"].isin(inside)].set_index("flow_id")
    columns = ["site_id", "stream", "category", *BOUNDS, "committed", "additive"]
    return _at_sites(rows[columns], register)


def price_links(links: pd.DataFrame, p: pd.Series | None = None) -> pd.DataFrame:
    """
    Add mode, cost and worth per delivered tonne to CO2 links.

    Capture by plant size and running hours (none for nearly pure streams), liquefaction and a
    truck, or a pipeline where that is cheaper; at the same place, no transport. Sources: those of
    `capture_cost`, `conditioning_cost`, `truck_cost` and `pipeline_cost`.

    Parameters
    ----------
    links
        Candidate links with `supply` and `demand` (kt/yr), `distance_km`, `hours`, `nearly_pure`.
    p
        Parameter values by parameter_id. None: parameters.csv.
    """
    with assumptions(p):
        hours = links["hours"].fillna(parameter("co2_full_load_hours")).to_numpy()
        carried = np.minimum(links["supply"], links["demand"]).to_numpy() * 1000
        route = (links["distance_km"] * parameter("detour_factor")).to_numpy()
        per_hour = np.maximum(carried / hours, parameter("smallest_co2_link_tph"))
        capture = np.where(links["nearly_pure"], parameter("co2_clean_up_eur_per_t"), capture_cost(per_hour, hours))
        truck = conditioning_cost() + truck_cost(route)
        pipe = pipeline_cost(per_hour, route, hours=hours)
        pipe = pipe + pipeline_pumping_cost(per_hour, route, hours=hours)
        beside = route < parameter("co2_same_place_km")
        move = np.where(beside, 0.0, np.minimum(truck, pipe))
        mode = np.where(beside, "beside", np.where(pipe < truck, "pipeline", "truck"))
        return links.assign(
            mode=mode,
            efficiency=1.0,
            capture_cost=capture,
            transport_cost=move,
            unit_cost=capture + move,
            worth=parameter("worth_of_co2_eur_per_t"),
        )


def _at_sites(rows: pd.DataFrame, register: Register) -> gpd.GeoDataFrame:
    """Return rows with the place, name and municipality of their site."""
    places = register.sites.loc[rows["site_id"], ["name", "municipality_code", "geometry"]]
    return gpd.GeoDataFrame(rows.join(places.set_axis(rows.index)), crs=register.sites.crs)


CO2 = Resource("co2", "kt/yr", price_links, supply_points, demand_points)
