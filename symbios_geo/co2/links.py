"""CO2: what each stack gives off, biogenic and fossil apart, and what a tonne costs at a user."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.electricity import bidding_areas
from ..assumptions.values import assumed
from ..model import BOUNDS, METRIC_CRS, MONTHS, CostPart, Resource, route_km
from ..register.classes import carbons
from ..register.gate import Register
from ..tables import read_table
from .benefit import co2_effects
from .costs import (
    STORES,
    Cost,
    capture,
    cheaper,
    compression,
    electricity_price,
    hub,
    liquefaction,
    pipe,
    road,
    shipping,
    support_eur_per_t,
    supported_kt,
)
from .equipment import pipeline_sizes, plant_sizes

PURE = ("fermentation", "biogas_upgrading")  # gas that needs no capture plant
FOOD = "food"


def stacks(register: Register) -> pd.DataFrame:
    """
    Return every additive stack with its biogenic and fossil CO2, kt/yr.

    Indexed by site_id and stream; columns biogenic, fossil, total and biogenic_share, with
    `_low` and `_high` for each of the two; `unknown` where a row says neither.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> total = stacks(sg.load_register())["biogenic"].sum()
    >>> bool(total > 2000)
    True
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
    Return every stack in the region as a point, kt/yr, indexed by site_id and stream joined by "-".

    Columns: site_id, stream, municipality_code, value, low, high, committed, hours,
    `nearly_pure` (fermentation and biogas upgrading need no capture plant), `grade` ("food" for
    fermentation, else "clean"), `bidding_area` and `port_km` (straight to the nearest port).

    Examples
    --------
    >>> import symbios_geo as sg
    >>> points = supply_points(sg.load_register())
    >>> bool((points["value"] > 0).all())
    True
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
    points["nearly_pure"] = points["category"].isin(PURE)
    points["grade"] = np.where(points["category"] == "fermentation", FOOD, "clean")
    points.index = pd.Index(points["site_id"] + "-" + points["stream"], name="source")
    placed = register.at_sites(points)
    return placed.assign(
        bidding_area=bidding_areas(placed["municipality_code"], register.region.bidding_areas),
        port_km=_to_nearest_port(placed, register),
    )


def demand_points(
    register: Register,
    assumptions: Mapping[str, float] | None = None,
    *,
    include_concepts: bool | None = None,
) -> gpd.GeoDataFrame:
    """
    Return every possible receiver of CO2 as a point, kt/yr, indexed by flow_id.

    Users in the region that count in sums, and hubs and stores wherever they lie. Columns: site_id,
    stream, category, value, low, high, committed, `user_class` and `grade` (see the table
    `co2_user_classes`), `imagined`.

    Parameters
    ----------
    register
        Sites and flows.
    assumptions
        Values by parameter_id. None: the bundled ones.
    include_concepts
        Whether imagined users (additive=no) take part. None: as `co2_concept_users` says.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> register = sg.load_register()
    >>> len(demand_points(register)) < len(demand_points(register, include_concepts=True))
    True
    """
    if include_concepts is None:
        include_concepts = assumed(assumptions)["co2_concept_users"] > 0
    rows = register.pick("co2", "sink", counted=False)
    classes = read_table("co2_user_classes").set_index("stream")
    rows = rows.assign(
        # what no table describes buys by truckload
        user_class=rows["stream"].map(classes["user_class"]).fillna("truck"),
        grade=rows["stream"].map(classes["grade"]).fillna("clean"),
        imagined=rows["additive"] != "yes",
    )
    stores = rows["user_class"].isin(STORES)
    rows["imagined"] &= ~stores
    users = rows["inside"] & (~rows["imagined"] | include_concepts)
    rows = rows[(rows["value"] > 0) & (users | stores)].set_index("flow_id")
    columns = ["site_id", "stream", "category", *BOUNDS, "committed", "additive"]
    columns += ["user_class", "grade", "imagined"]
    return register.at_sites(rows[columns].assign(profile="flat_share"))


def price_links(
    links: pd.DataFrame, assumptions: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """
    Add mode, cost and worth per delivered tonne to CO2 links, and drop what has no known price.

    Capture by size and running hours (none for nearly pure streams). To a user: beside the source,
    or a truck with liquefied gas, or a pipeline where that is cheaper. To a hub: by truck or
    pipeline, and its fees. To a store: by the nearest port and ships. A user of food grade pays for
    cleaning what is less pure, and gas of food grade stays with the food user beside it as long as
    that one needs all of it. All costs are of 2024. Sources: those of `costs`.

    Parameters
    ----------
    links
        Candidate links with `supply` and `demand` (kt/yr), `distance_km`, and the columns of
        `supply_points` and `demand_points`.
    assumptions
        Values by parameter_id. None: the bundled ones.

    Returns
    -------
    links
        With `mode`, `capture_cost`, `transport_cost` (with liquefaction), `storage_cost` and
        `unit_cost` (EUR/t), split into `variable_cost` (EUR/t), `capacity_cost` (EUR per t/h and
        year) and `fixed_cost` (EUR/yr); investment by part (see `Resource.investments`; trucks and
        liquefaction are bought by the tonne); `worth_years`, where the worth ends with the state's
        support; and `beyond_source` (capture, liquefaction or pipe
        smaller or larger than its price is known for). Flue gas for less than
        `smallest_capture_plant_tph` is dropped, as is what has no port.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> links = sg.match(sg.load_register(), "co2").links
    >>> bool((links["unit_cost"] > 0).all())
    True
    """
    assumptions = assumed(assumptions)
    # ships leave from a port: a register may have none
    links = links[(links["user_class"] != STORES[1]) | np.isfinite(links["port_km"])]
    pure = links["nearly_pure"].to_numpy(bool)
    caught, hours, size = _sizes(links, assumptions)
    power = electricity_price(links["bidding_area"], assumptions)
    taken = _taking_out(links, size, power, assumptions)
    mode, moved, stored, steps = _moving(links, size, hours, power, assumptions)
    whole = taken + moved + stored
    built = {"treatment": taken, "pipe": moved, "station": steps["port_store"]}
    built["vehicle"] = steps["ship"]
    ships = read_table("co2_ships").iloc[0]
    least, most = plant_sizes()
    liquid = ~np.isin(mode, ["beside", "pipeline"])
    few = size * hours / 1000 < assumptions["co2_liquefaction_least_known_kt"]
    beyond = (~pure & ((size < least) | (size > most))) | (liquid & few)
    beyond |= (mode == "pipeline") & (size < pipeline_sizes()[0])
    priced = links.assign(
        mode=mode,
        efficiency=caught,
        largest_capacity=size,
        full_load_hours=hours,
        capture_cost=taken.per_tonne(size, hours),
        transport_cost=moved.per_tonne(size, hours),
        storage_cost=stored.per_tonne(size, hours),
        variable_cost=whole.variable,
        capacity_cost=whole.capacity,
        fixed_cost=whole.fixed,
        unit_cost=whole.per_tonne(size, hours),
        worth=_worth(links, mode, assumptions),
        **{f"invest_{part}_meur_per_mw": step.built for part, step in built.items()},
        **{f"invest_{part}_fixed_meur": step.once for part, step in built.items()},
        life_station_years=float(ships["terminal_life_years"]),
        life_vehicle_years=float(ships["ship_life_years"]),
        worth_years=np.where(
            links["user_class"].isin(STORES), assumptions["co2_storage_support_years"], np.nan
        ),
        beyond_source=beyond,
    )
    too_small = ~pure & (size < assumptions["smallest_capture_plant_tph"])
    can_be = ~too_small & ~_kept_for_food(links) & np.isfinite(priced["unit_cost"])
    return priced[can_be]


def cost_parts(links: pd.DataFrame, assumptions: Mapping[str, float]) -> dict[str, CostPart]:
    """
    Return what capture, transport and storage cost on each link.

    Parameters
    ----------
    links
        As `price_links` takes them.
    assumptions
        Values by parameter_id.
    """
    _, hours, size = _sizes(links, assumptions)
    power = electricity_price(links["bidding_area"], assumptions)
    taken = _taking_out(links, size, power, assumptions)
    _, moved, stored, _ = _moving(links, size, hours, power, assumptions)
    every = np.zeros(len(links))
    return {
        name: CostPart(
            np.repeat((cost.variable + every)[:, np.newaxis], MONTHS, axis=1),
            cost.capacity + every,
            cost.fixed + every,
        )
        for name, cost in (("capture", taken), ("transport", moved), ("storage", stored))
    }


def _sizes(
    links: pd.DataFrame, assumptions: Mapping[str, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the share that is caught, full-load hours and size (t/h) of each link."""
    known = links["hours"].to_numpy(float)
    hours = np.where(np.isnan(known), assumptions["co2_full_load_hours"], known)
    caught = np.where(links["nearly_pure"].to_numpy(bool), 1.0, assumptions["capture_rate"])
    carried = np.minimum(links["supply"] * caught, links["demand"]).to_numpy(float) * 1000
    return caught, hours, np.maximum(carried / hours, assumptions["smallest_co2_link_tph"])


def _kept_for_food(links: pd.DataFrame) -> pd.Series:
    """Say which links would take food-grade gas from a food user that needs all of it itself."""
    pure, food = links["grade_source"] == FOOD, links["grade_sink"] == FOOD
    own = pure & food & (links["site_id_source"] == links["site_id_sink"])
    needed = links[own].groupby("source")["demand"].sum()
    own_need = links["source"].map(needed).fillna(0.0)
    return pure & ~food & (own_need >= links["supply"])


def _taking_out(
    links: pd.DataFrame, size: np.ndarray, power: np.ndarray, assumptions: Mapping[str, float]
) -> Cost:
    """Return what it costs to have CO2 as clean as the receiver needs it."""
    pure = links["nearly_pure"].to_numpy(bool)
    plant = sum(capture(size, power, assumptions).values(), Cost())
    dried = Cost(assumptions["co2_clean_up_eur_per_t"])
    polished = Cost(assumptions["co2_food_grade_eur_per_t"])
    unclean = (links["grade_sink"] == FOOD) & (links["grade_source"] != FOOD)
    return plant.where(~pure) + dried.where(pure) + polished.where(unclean.to_numpy(bool))


def _moving(
    links: pd.DataFrame,
    size: np.ndarray,
    hours: np.ndarray,
    power: np.ndarray,
    assumptions: Mapping[str, float],
) -> tuple[np.ndarray, Cost, Cost, dict[str, Cost]]:
    """
    Return how CO2 goes to each receiver, what moving it costs, what storing it costs.

    Last come the ports and ships in what storing costs.
    """
    straight = links["distance_km"].to_numpy(float)
    is_hub, is_store = (links["user_class"].to_numpy() == name for name in STORES)
    to_port = links["port_km"].to_numpy(float)
    detour = assumptions["detour_factor"]
    route = np.where(is_store, to_port * detour, route_km(links, detour).to_numpy(float))
    liquid = liquefaction(size, hours, assumptions)
    truck, line = road(route, assumptions), pipe(size, route, power, assumptions)
    # a ship and a truck carry liquid, whatever brings it to the port
    by_truck = truck + liquid
    pressed = compression(power, assumptions)
    by_pipe = line + liquid.where(is_hub | is_store) + pressed.where(~(is_hub | is_store))
    beside = (route < assumptions["co2_same_place_km"]) & ~(is_hub | is_store)
    piped = ~beside & cheaper(by_pipe, by_truck, size, hours)
    moved = by_pipe.where(piped) + by_truck.where(~beside & ~piped)
    sea = straight * assumptions["co2_sea_detour_factor"]
    steps = shipping(size * hours, size, sea, assumptions)
    steps = {name: step.where(is_store) for name, step in steps.items()}
    fee = Cost(assumptions["co2_storage_eur_per_t"]).where(is_store)
    stored = sum(steps.values(), fee) + sum(hub(assumptions).values(), Cost()).where(is_hub)
    mode = np.select(
        [is_hub, is_store, beside, piped], ["hub", "ship", "beside", "pipeline"], default="truck"
    )
    return mode, moved, stored, steps


def _worth(links: pd.DataFrame, mode: np.ndarray, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return what a delivered tonne earns: what its class of user pays, or the state's auction."""
    kind = links["user_class"].to_numpy()
    piped = np.isin(mode, ["beside", "pipeline"])
    return np.select(
        [np.isin(kind, STORES), kind == "fuel_plant", (kind == "greenhouse") & piped],
        [
            support_eur_per_t(assumptions),
            assumptions["worth_of_co2_fuel_plant_eur_per_t"],
            assumptions["worth_of_co2_piped_greenhouse_eur_per_t"],
        ],
        default=assumptions["worth_of_co2_eur_per_t"],
    )


def _to_nearest_port(points: gpd.GeoDataFrame, register: Register) -> np.ndarray:
    """Return the straight distance from each point to the nearest port, km; infinite if none."""
    sites = register.sites
    ports = sites[sites["kind"] == "port"].to_crs(METRIC_CRS).geometry
    if ports.empty:
        return np.full(len(points), np.inf)
    places = points.to_crs(METRIC_CRS).geometry
    return np.array([ports.distance(place).min() for place in places]) / 1000


def co2_headline(
    register: Register,
    exchanges: pd.DataFrame,
    assumptions: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """
    Return where the CO2 of a region goes, kt/yr: the headline for CO2.

    Parameters
    ----------
    register
        Sites and flows.
    exchanges
        Exchanges of CO2 with `sink` and `delivered` (kt/yr), as `Match.links`.
    assumptions
        Values by parameter_id. None: the bundled ones.

    Returns
    -------
    headline
        co2_arises_kt (all stacks), co2_used_kt (taken from stacks today, the committed part of
        their rows), co2_to_users_kt (new, to users that exist), co2_to_imagined_kt (to users that
        were asked for), co2_to_storage_kt (what storage would take if each tonne got the support
        assumed), co2_support_left_kt (what the money left in the auction reaches for in all
        Sweden).

    Examples
    --------
    >>> import symbios_geo as sg
    >>> study = sg.run(lang="en")
    >>> round(co2_headline(study.register, study.matches["co2"].links)["co2_arises_kt"])
    2255
    """
    rows = register.pick("co2", "source")
    sinks = demand_points(register, assumptions, include_concepts=True)
    stored = exchanges["sink"].map(sinks["user_class"]).isin(STORES)
    imagined = exchanges["sink"].isin(sinks.index[sinks["imagined"]])
    delivered = exchanges["delivered"]
    return {
        "co2_arises_kt": float(rows["value"].sum()),
        "co2_used_kt": float(rows["committed"].sum()),
        "co2_to_users_kt": float(delivered[~stored & ~imagined].sum()),
        "co2_to_imagined_kt": float(delivered[imagined].sum()),
        "co2_to_storage_kt": float(delivered[stored].sum()),
        "co2_support_left_kt": supported_kt(assumed(assumptions)),
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
    cost_parts=cost_parts,
    effects=co2_effects,
    investments={
        "treatment": "capture_life_years",
        "pipe": "co2_pipeline_life_years",
        "station": "",
        "vehicle": "",
    },
)


def auctioned(links: pd.DataFrame) -> pd.Series:
    """Say which links pay with the state's auction only: their worth ends with its support."""
    ends = links.get("worth_years", pd.Series(np.nan, links.index))
    return ends.notna()
