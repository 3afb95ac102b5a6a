"""Heat: who has it at which temperature, who needs it, and what bringing it over costs."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.finance import annuity_factor as annuity_factor
from ..assumptions.finance import pipe_annuity
from ..assumptions.values import assumed
from ..model import BOUNDS, METRIC_CRS, Resource
from ..register.complete import CLASSES as CLASSES
from ..register.gate import Register
from ..tables import read_table
from .distribution import distribution_cost as distribution_cost
from .distribution import effective_width as effective_width
from .distribution import linear_heat_density as linear_heat_density
from .distribution import pipe_diameter as pipe_diameter
from .heat_pumps import heat_pump_cop as heat_pump_cop
from .heat_pumps import lorenz_cop as lorenz_cop
from .pipes import economic_reach_km as economic_reach_km
from .pipes import levelised_transport_cost as levelised_transport_cost
from .pipes import pipe_heat_loss_kwh as pipe_heat_loss_kwh
from .pipes import size_share_of_price, transmission_loss_per_km
from .pipes import transmission_cost as transmission_cost
from .season import cover_without_storage as cover_without_storage
from .season import storage_for_full_cover as storage_for_full_cover
from .temperature import link_mode, preheat_share

PROPERTY_HEATING = "property_heating"
BUILDINGS = (PROPERTY_HEATING, "district_heating")  # how categories of their demand begin
SUMMER_SURPLUS = "district_heating_water_summer"
DELIVERIES, INDUSTRY = "district_heating_deliveries", "industry_on_district_heating"


def supply_points(
    register: Register,
    assumptions: Mapping[str, float] | None = None,  # noqa: ARG001
    *,
    include_nuclear: bool = False,
) -> gpd.GeoDataFrame:
    """
    Return every additive heat source as a point, GWh/yr, indexed by flow_id.

    Columns: site_id, municipality_code, value, low, high, committed, temperature_class, `source_c`
    (what it can be used at), `cooled_c` (what it is cooled to) and `profile` (how it varies by
    month). The cooling water of nuclear power is left out unless asked for: it is twelve times all
    property heating, at 12-30 degC.
    """
    rows = register.pick("heat", "source").rename(columns={"class": "temperature_class"})
    if not include_nuclear:
        rows = rows[rows["temperature_class"] != "class_nuclear"]
    middle = (rows["temperature_low_c"] + rows["temperature_high_c"]) / 2
    hot = rows["temperature_class"] == "class_60"
    rows = rows.assign(
        # a stream that stays hot enough to its end counts at its hot end, others at their mean
        source_c=np.where(hot, rows["temperature_high_c"], middle),
        cooled_c=rows["temperature_low_c"],
        profile=month_profile(rows),
        committed=rows["committed"].fillna(0.0),
    )
    columns = ["site_id", *BOUNDS, "committed", "temperature_class", "source_c", "cooled_c"]
    columns.append("profile")
    return register.at_sites(rows.set_index("flow_id")[columns])


def month_profile(flows: pd.DataFrame) -> pd.Series:
    """
    Return the column of the table `profiles` that each heat flow follows by month.

    Buildings follow the weather; processes and sources are even, but for a surplus of the summer.
    """
    category = flows["category"].astype("str").fillna("")
    heats_buildings = (flows["role"] == "sink") & category.str.startswith(BUILDINGS)
    profiles = np.select(
        [flows["stream"] == SUMMER_SURPLUS, heats_buildings],
        ["summer_surplus_share", "heat_load_share"],
        default="flat_share",
    )
    return pd.Series(profiles, index=flows.index, name="profile")


def demand_points(
    register: Register, assumptions: Mapping[str, float] | None = None
) -> gpd.GeoDataFrame:
    """
    Return every place that needs heat as a point, GWh/yr, indexed by site_id.

    Columns: kind, value, low, high, supply_c and return_c, heat_density_mwh_per_ha, site_id,
    locality_id, name, municipality_code.

    A locality with a district heating network counts twice, in two parts that add up to its
    property heating: what the network delivers to buildings (`kind` network), and the rest
    (`kind` buildings), which a new network would have to reach. A single user inside a locality
    has `kind` user, the countryside `kind` rural: no pipe reaches scattered houses. Additive needs
    that heat no buildings, such as a planned greenhouse or digester, are of `kind` process and
    indexed by flow_id.
    """
    assumptions = assumed(assumptions)
    need = _property_heating(register)
    networks = _network_parts(register, need)
    users = _users_inside(register, need, assumptions=assumptions)
    rest = need.copy()
    for part in (networks, users):
        taken = part.groupby("locality_id")[BOUNDS].sum()
        rest.loc[taken.index, BOUNDS] -= taken
    rest[BOUNDS] = rest[BOUNDS].clip(lower=0)
    rest = rest.assign(
        kind=np.where(rest.index.str.startswith("rural_"), "rural", "buildings"),
        supply_c=assumptions["new_network_supply_c"],
        return_c=assumptions["new_network_return_c"],
        locality_id=rest.index,
        site_id=rest.index,
    )
    parts = pd.concat([networks, rest, users]).assign(profile="heat_load_share")
    known = register.sites.get("area_ha", pd.Series(dtype=float))
    area = known.reindex(parts["site_id"]).to_numpy()
    parts["heat_density_mwh_per_ha"] = parts["value"] * 1000 / area
    return register.at_sites(pd.concat([parts, _processes(register, assumptions=assumptions)]))


def price_links(
    links: pd.DataFrame, assumptions: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """
    Add mode, efficiency, cost and worth per delivered MWh to heat links, and drop what cannot be.

    A link carries a pipe as large as the smaller of its ends; where one stands today, only upkeep
    is paid. Sources: those of `levelised_transport_cost`, `heat_pump_cop` and `distribution_cost`.

    Parameters
    ----------
    links
        Candidate links with the columns of both ends: `supply`, `demand` (GWh/yr), `source_c`,
        `cooled_c`, `supply_c`, `return_c`, `kind`, `heat_density_mwh_per_ha`, `existing`.
    assumptions
        Values by parameter_id. None: the bundled ones.

    Returns
    -------
    links
        With `temperature_mode`, `cop`, `efficiency`, the parts of the cost, `unit_cost`, `worth`.
    """
    assumptions = assumed(assumptions)
    moded = _with_modes(links, assumptions=assumptions)
    possible = moded[(moded["temperature_mode"] != "impossible") & (moded["kind"] != "rural")]
    priced = _with_costs(possible.copy(), assumptions=assumptions)
    return priced[np.isfinite(priced["unit_cost"])]  # on the longest small pipes nothing arrives


def _with_modes(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """Add how the temperature allows a link to work, and what a heat pump makes of it."""
    source, supply, back = (links[c].to_numpy(float) for c in ("source_c", "supply_c", "return_c"))
    mode = np.asarray(link_mode(source, supply, back, assumptions=assumptions), dtype=object)
    direct = np.asarray(preheat_share(source, supply, back, assumptions=assumptions), dtype=float)
    # the heat pump lifts what preheating leaves; its formula holds from a least lift on
    preheated = back + direct * (supply - back)
    pumped = np.minimum(source, supply - assumptions["heat_pump_minimum_lift_k"])
    cooled = np.minimum(links["cooled_c"], pumped)
    cop = np.asarray(
        heat_pump_cop(pumped, cooled, preheated, supply, assumptions=assumptions), dtype=float
    )
    lifted = np.where(mode == "direct", 0.0, 1.0 - direct)
    mode = np.where((lifted > 0) & (cop <= 1), "impossible", mode)
    cop = np.where(cop > 1, cop, np.nan)
    gain = 1 / (1 - lifted * np.where(lifted > 0, 1 / cop, 0.0))
    return links.assign(temperature_mode=mode, cop=cop, lifted=lifted, heat_pump_gain=gain)


def _with_costs(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """
    Add what a link costs: to run (EUR/MWh), by capacity (EUR/MW and year) and once built (EUR/yr).

    `unit_cost` is all of it per delivered MWh at the usual full-load hours.
    """
    hours = assumptions["heat_link_full_load_hours"]
    # a pipe is never larger than its source, nor than the coldest month of its sink
    peak = links["demand"] * assumptions["peak_month_factor"]
    arriving = np.minimum(peak, links["supply"] * links["heat_pump_gain"])
    power = np.maximum(arriving * 1000 / hours, assumptions["smallest_heat_link_mw"]).to_numpy()
    route = (links["distance_km"] * assumptions["detour_factor"]).to_numpy()
    loss = np.minimum(transmission_loss_per_km(power) * route, 1.0)
    pipe = _pipe_cost(power, route, loss, links["existing"].to_numpy(bool), assumptions=assumptions)
    pump = _heat_pump_cost(links, power, assumptions=assumptions)
    spread = np.where(
        links["kind"] == "buildings", _new_network_cost(links, assumptions=assumptions), 0.0
    )
    variable = pipe["running"] + pump["running"] + spread
    capacity = pipe["capacity"] + pump["capacity"]
    priced = links.assign(
        largest_capacity=power,
        full_load_hours=hours,
        efficiency=links["heat_pump_gain"] * (1 - loss),
        pipe_cost=pipe["running"] + (pipe["capacity"] + pipe["fixed"] / power) / hours,
        heat_pump_cost=pump["running"] + pump["capacity"] / hours,
        distribution_cost=spread,
        variable_cost=variable,
        capacity_cost=capacity,
        fixed_cost=pipe["fixed"],
        unit_cost=variable + (capacity + pipe["fixed"] / power) / hours,
        worth=_worth(links, assumptions=assumptions),
    )
    return priced.drop(columns=["heat_pump_gain"])


def _pipe_cost(
    power: np.ndarray,
    route: np.ndarray,
    loss: np.ndarray,
    built: np.ndarray,
    *,
    assumptions: Mapping[str, float],
) -> dict[str, np.ndarray]:
    """
    Return what a pipe costs per delivered MW: to run, by capacity, and once built.

    The price follows its tangent at the size of the link: a trench that costs the same whatever
    its pipe, and metal and insulation by size. What stands today is paid for.
    """
    by_size = np.asarray(size_share_of_price(power))
    price = np.asarray(transmission_cost(power)) * assumptions["heat_pipe_cost_factor"]
    arrives = np.where(loss < 1, 1 - loss, np.nan)
    pipe = np.where(built, 0.0, pipe_annuity(assumptions=assumptions) * price * route * 1000)
    station = np.where(
        built,
        0.0,
        pipe_annuity(assumptions=assumptions) * assumptions["transmission_station_eur_per_mw"],
    )
    upkeep = assumptions["transmission_upkeep_eur_per_mwh_km"] * route
    pumping = (
        assumptions["transmission_pumping_share"] * assumptions["electricity_price_eur_per_mwh"]
    )
    return {
        "running": (upkeep + pumping) / arrives,
        "capacity": (by_size * pipe / power + station) / arrives,
        "fixed": (1 - by_size) * pipe / arrives,
    }


def _heat_pump_cost(
    links: pd.DataFrame, power: np.ndarray, *, assumptions: Mapping[str, float]
) -> dict[str, np.ndarray]:
    """Return what the heat pump of a link costs per delivered MW: to run, and by capacity."""
    table = read_table("heat_pump_prices").sort_values("heat_mw")
    lifted = links["lifted"].to_numpy()
    size = np.log(power * np.maximum(lifted, 0.01))
    names = ("investment_meur_per_mw", "variable_eur_per_mwh")
    invest, variable = (np.interp(size, np.log(table["heat_mw"]), table[n]) for n in names)
    yearly = annuity_factor(assumptions["discount_rate"], assumptions["heat_pump_life_years"])
    capital = np.where(links["existing"].to_numpy(bool), 0.0, yearly * invest * 1e6)
    electricity = assumptions["electricity_price_eur_per_mwh"] / links["cop"].fillna(np.inf)
    return {
        "running": lifted * (variable + electricity.to_numpy()),
        "capacity": lifted * (capital + assumptions["heat_pump_fixed_eur_per_mw"]),
    }


def _worth(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return what a delivered MWh replaces: the network's own heat, or a building's."""
    kind = links["kind"].to_numpy()
    return np.select(
        [kind == "network", kind == "process"],
        [assumptions["worth_in_network_eur_per_mwh"], assumptions["worth_in_process_eur_per_mwh"]],
        default=assumptions["worth_in_building_eur_per_mwh"],
    )


def _new_network_cost(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return what a network of its own costs a locality, EUR per MWh."""
    density = links["heat_density_mwh_per_ha"].fillna(1.0).clip(lower=1.0)
    floor = density / assumptions["heat_key_small_house_kwh_m2"] * 1e3 / 1e4
    cost = distribution_cost(density.to_numpy(), floor.to_numpy(), assumptions=assumptions)
    return np.asarray(cost) + assumptions["connection_eur_per_mwh"]


def _property_heating(register: Register) -> pd.DataFrame:
    """Return property heating by place, without the parts that other rows repeat."""
    flows = register.flows
    rows = flows[(flows["stream"] == PROPERTY_HEATING) & (flows["additive"] == "yes")]
    return rows.groupby("site_id")[BOUNDS].sum()


def _network_parts(register: Register, need: pd.DataFrame) -> pd.DataFrame:
    """Return what each network delivers to buildings, never more than its locality needs."""
    flows, sites = register.flows, register.sites
    own = flows[flows["category"] == "district_heating"]
    sent = own[own["stream"] == DELIVERIES].groupby("site_id")["value"].sum()
    industry = flows[flows["stream"] == INDUSTRY].groupby("site_id")["value"].sum()
    to_buildings = sent.sub(industry, fill_value=0)
    temperatures = own.groupby("site_id")[["supply_temperature_c", "return_temperature_c"]].first()
    place = sites["locality_id"].reindex(to_buildings.index)
    known = place.notna() & place.isin(need.index)
    parts = pd.DataFrame({"value": to_buildings, "locality_id": place})[known]
    whole = need.loc[parts["locality_id"]].set_axis(parts.index)
    # several networks in one place share its need
    share = parts["value"] / np.maximum(
        parts.groupby("locality_id")["value"].transform("sum"), whole["value"]
    )
    filled = whole.mul(share, axis=0).join(temperatures)
    return filled.rename(
        columns={"supply_temperature_c": "supply_c", "return_temperature_c": "return_c"}
    ).assign(kind="network", locality_id=parts["locality_id"], site_id=filled.index)


def _users_inside(
    register: Register, need: pd.DataFrame, *, assumptions: Mapping[str, float]
) -> pd.DataFrame:
    """Return single users whose heating is part of their locality's, with that locality."""
    flows = register.flows
    rows = flows[flows["category"] == "property_heating_subset"].set_index("site_id", drop=False)
    metric = register.sites.to_crs(METRIC_CRS).geometry
    places = metric[need.index[~need.index.str.startswith("rural_")]]
    nearest = [places.distance(metric[site]).idxmin() for site in rows.index]
    return rows[[*BOUNDS, "site_id"]].assign(
        kind="user",
        locality_id=nearest,
        supply_c=rows["supply_temperature_c"],
        return_c=rows["return_temperature_c"].fillna(assumptions["new_network_return_c"]),
    )


def _processes(register: Register, *, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """Return additive needs of heat that are no property heating, by flow_id."""
    needs = register.pick("heat", "sink")
    buildings = needs["category"].isin([PROPERTY_HEATING, "property_heating_subset"])
    rows = needs[~buildings].set_index("flow_id")
    return rows[[*BOUNDS, "site_id"]].assign(
        kind="process",
        locality_id=rows["site_id"],
        supply_c=rows["supply_temperature_c"].fillna(assumptions["new_network_supply_c"]),
        return_c=rows["return_temperature_c"].fillna(assumptions["new_network_return_c"]),
        profile="flat_share",
        heat_density_mwh_per_ha=np.nan,
    )


HEAT = Resource(
    "heat",
    "GWh/yr",
    price_links,
    supply_points,
    demand_points,
    reach="max_heat_link_km",
    price_unit="EUR/MWh",
    mode="temperature_mode",
    classes=CLASSES,
    apart=("class_nuclear",),
)
