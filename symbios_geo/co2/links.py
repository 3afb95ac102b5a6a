"""CO2: what each stack gives off, biogenic and fossil apart, and what a tonne costs at a user."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.values import assumed
from ..model import BOUNDS, Resource, route_km
from ..register.complete import carbons
from ..register.gate import Register
from .costs import capture_cost as capture_cost
from .costs import conditioning_cost as conditioning_cost
from .costs import electricity_for_capture_mwh as electricity_for_capture_mwh
from .costs import heat_for_capture_mwh as heat_for_capture_mwh
from .costs import heat_from_capture_mwh as heat_from_capture_mwh
from .costs import pipeline_cost as pipeline_cost
from .costs import pipeline_investment_meur as pipeline_investment_meur
from .costs import pipeline_pumping_cost as pipeline_pumping_cost
from .costs import truck_cost as truck_cost
from .pipelines import pipeline_design as pipeline_design


def stacks(register: Register) -> pd.DataFrame:
    """
    Return every additive stack of Halland with its biogenic and fossil CO2, kt/yr.

    Indexed by site_id and stream; columns biogenic, fossil, total and biogenic_share, with
    `_low` and `_high` for each of the two; `unknown` where a row says neither.
    """
    rows = register.pick("co2", "source")
    keys = ["site_id", "stream"]
    # amounts of one stack add up, whatever number of rows they stand on
    table = rows.pivot_table(index=keys, columns="class", values=BOUNDS, aggfunc="sum")
    parts = {
        (carbon if bound == "value" else f"{carbon}_{bound}"): table.get((bound, key), 0.0)
        for carbon, key in carbons(rows).items()
        for bound in BOUNDS
    }
    wide = pd.DataFrame(parts, index=table.index).fillna(0.0)
    wide["total"] = rows.groupby(keys)["value"].sum()
    wide["biogenic_share"] = (wide["biogenic"] / wide["total"]).where(wide["total"] > 0)
    return wide.sort_values("total", ascending=False)


def supply_points(
    register: Register,
    assumptions: Mapping[str, float] | None = None,  # noqa: ARG001
    *,
    biogenic_only: bool = True,
) -> gpd.GeoDataFrame:
    """
    Return every stack in Halland as a point, kt/yr, indexed by site_id and stream joined by "-".

    Columns: site_id, stream, municipality_code, value, low, high, committed, hours,
    `nearly_pure` (fermentation and biogas upgrading need no capture plant).
    """
    rows = register.pick("co2", "source")
    if biogenic_only:
        rows = rows[rows["class"] == "carbon:biogenic"]
    sums = rows.groupby(["site_id", "stream"], sort=False).agg(
        value=("value", "sum"),
        low=("low", "sum"),
        high=("high", "sum"),
        committed=("committed", "sum"),
        hours=("hours_per_year", "max"),
        category=("category", "first"),
    )
    points = sums[sums["value"] > 0].reset_index()
    points["profile"] = "flat_share"
    points["nearly_pure"] = points["category"].isin(["fermentation", "biogas_upgrading"])
    points.index = pd.Index(points["site_id"] + "-" + points["stream"], name="source")
    return register.at_sites(points)


def demand_points(
    register: Register,
    assumptions: Mapping[str, float] | None = None,  # noqa: ARG001
    *,
    include_concepts: bool = True,
) -> gpd.GeoDataFrame:
    """
    Return every possible user of CO2 in Halland as a point, kt/yr, indexed by flow_id.

    Columns: site_id, stream, category, value, low, high, committed. Concept users are additive=no
    in totals; leave them out with `include_concepts=False`. Stores and users outside the county
    are not candidates: transport to them is another question.
    """
    rows = register.pick("co2", "sink", counted=not include_concepts)
    rows = rows[(rows["value"] > 0) & rows["inside"]].set_index("flow_id")
    columns = ["site_id", "stream", "category", *BOUNDS, "committed", "additive"]
    return register.at_sites(rows[columns].assign(profile="flat_share"))


def price_links(
    links: pd.DataFrame, assumptions: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """
    Add mode, cost and worth per delivered tonne to CO2 links.

    Capture by size and running hours (none for nearly pure streams), liquefaction and a truck, or
    a pipeline where that is cheaper; beside the source, no transport. Sources: those of
    `capture_cost`, `conditioning_cost`, `truck_cost` and `pipeline_cost`.

    Parameters
    ----------
    links
        Candidate links with `supply` and `demand` (kt/yr), `distance_km`, `hours`, `nearly_pure`.
    assumptions
        Values by parameter_id. None: the bundled ones.

    Returns
    -------
    links
        With `mode`, `capture_cost`, `transport_cost` and `unit_cost` (EUR/t), split into
        `variable_cost` (EUR/t), `capacity_cost` (EUR per t/h and year) and `fixed_cost` (EUR/yr).
    """
    assumptions = assumed(assumptions)
    hours = links["hours"].fillna(assumptions["co2_full_load_hours"]).to_numpy()
    carried = np.minimum(links["supply"], links["demand"]).to_numpy() * 1000
    size = np.maximum(carried / hours, assumptions["smallest_co2_link_tph"])
    capture = _capture(size, hours, links["nearly_pure"].to_numpy(bool), assumptions=assumptions)
    route = route_km(links, assumptions["detour_factor"]).to_numpy()
    mode, transport = _transport(size, hours, route, assumptions=assumptions)
    variable = capture["variable"] + transport["variable"]
    capacity = capture["capacity"] + transport["capacity"]
    per_tonne = 1 / (size * hours)
    return links.assign(
        mode=mode,
        efficiency=1.0,
        largest_capacity=size,
        full_load_hours=hours,
        capture_cost=capture["variable"] + capture["capacity"] / hours,
        transport_cost=transport["variable"]
        + transport["capacity"] / hours
        + transport["fixed"] * per_tonne,
        variable_cost=variable,
        capacity_cost=capacity,
        fixed_cost=transport["fixed"],
        unit_cost=variable + capacity / hours + transport["fixed"] * per_tonne,
        worth=assumptions["worth_of_co2_eur_per_t"],
    )


def _capture(
    size: np.ndarray, hours: np.ndarray, pure: np.ndarray, *, assumptions: Mapping[str, float]
) -> dict[str, np.ndarray]:
    """Return what taking CO2 out of a stack costs: per tonne, and per t/h and year."""
    free = capture_cost(size, hours, 0.0, 0.0, assumptions=assumptions)
    capital = (np.asarray(capture_cost(size, hours, assumptions=assumptions)) - free) * hours
    return {
        "variable": np.where(pure, assumptions["co2_clean_up_eur_per_t"], free),
        "capacity": np.where(pure, 0.0, capital),
    }


def _transport(
    size: np.ndarray, hours: np.ndarray, route: np.ndarray, *, assumptions: Mapping[str, float]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the cheaper mode of each link and its cost: per tonne, by capacity, once built."""
    truck = conditioning_cost(assumptions=assumptions) + np.asarray(
        truck_cost(route, assumptions=assumptions)
    )
    running = np.asarray(pipeline_pumping_cost(size, route, hours=hours, assumptions=assumptions))
    capital = np.asarray(pipeline_cost(size, route, hours=hours, assumptions=assumptions)) * hours
    larger = (
        np.asarray(pipeline_cost(size * 1.01, route, hours=hours, assumptions=assumptions))
        * hours
        * 1.01
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        by_size = np.clip(np.nan_to_num(np.log(larger / capital) / np.log(1.01), nan=1.0), 0, 1)
    beside = route < assumptions["co2_same_place_km"]
    piped = ~beside & (running + capital / hours < truck)
    mode = np.select([beside, piped], ["beside", "pipeline"], default="truck")
    return mode, {
        "variable": np.select([beside, piped], [0.0, running], default=truck),
        "capacity": np.where(piped, by_size * capital, 0.0),
        "fixed": np.where(piped, (1 - by_size) * capital * size, 0.0),
    }


CO2 = Resource(
    "co2",
    "kt/yr",
    price_links,
    supply_points,
    demand_points,
    reach="max_co2_link_km",
    price_unit="EUR/t",
    classes=("carbon:biogenic", "carbon:fossil"),
    parts=("biogenic", "fossil"),
)
