"""Heat: who has it at which temperature, who needs it, and what bringing it over costs."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.checks import HOURS_PER_YEAR
from ..assumptions.electricity import bidding_areas, electricity_of_rows
from ..assumptions.finance import annuity_factor, pipe_annuity, sek_of_2025
from ..assumptions.values import assumed, of_rows
from ..model import BOUNDS, METRIC_CRS, MONTH_COSTS, Resource, route_km
from ..register.classes import CLASSES, HOT, NUCLEAR, without_nuclear
from ..register.gate import Register
from ..register.property_heat import CATEGORY as PROPERTY_HEATING
from ..register.property_heat import STREAMS
from ..tables import read_table
from .distribution import distribution_cost
from .heat_pumps import heat_pump_cop
from .networks import Tiers
from .pipes import choose_pipe, running_per_km
from .season import month_profile
from .temperature import link_mode, preheat_share

STREETS = "2024_street"  # new networks lie in streets, at the price level of all links
DELIVERIES, INDUSTRY = "district_heating_deliveries", "industry_on_district_heating"


def supply_points(
    register: Register,
    assumptions: Mapping[str, float] | None = None,  # noqa: ARG001
) -> gpd.GeoDataFrame:
    """
    Return every additive heat source as a point, GWh/yr, indexed by flow_id.

    Columns: site_id, municipality_code, value, low, high, committed, temperature_class, `source_c`
    (what it can be used at), `cooled_c` (what it is cooled to) and `profile` (how it varies by
    month). The cooling water of nuclear power is left out: it is twelve times all
    property heating, at 12-30 degC.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> points = supply_points(sg.load_register())
    >>> bool((points["committed"] <= points["value"]).all())
    True
    """
    rows = without_nuclear(register.pick("heat", "source"))
    rows = rows.rename(columns={"class": "temperature_class"})
    middle = (rows["temperature_low_c"] + rows["temperature_high_c"]) / 2
    hot = rows["temperature_class"] == HOT
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


def demand_points(
    register: Register, assumptions: Mapping[str, float] | None = None
) -> gpd.GeoDataFrame:
    """
    Return every place that needs heat as a point, GWh/yr, indexed by site_id.

    Columns: kind, value, low, high, `takes` (what would connect), supply_c and return_c,
    heat_density_mwh_per_ha, site_id, locality_id, name, municipality_code.

    A locality with a district heating network counts twice, in two parts that add up to its
    property heating: what the network delivers to buildings (`kind` network), and the rest
    (`kind` buildings), which a new network would have to reach. A single user inside a locality
    has `kind` user, the countryside `kind` rural: no pipe reaches scattered houses. Additive needs
    that heat no buildings, such as a planned greenhouse or digester, are of `kind` process and
    indexed by flow_id.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> points = demand_points(sg.load_register())
    >>> sorted(set(points["kind"]))
    ['buildings', 'network', 'rural', 'user']
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
    points = pd.concat([parts, _processes(register, assumptions=assumptions)])
    placed = register.at_sites(points)
    # only a share of the houses would join a new network
    joins = np.where(placed["kind"] == "buildings", assumptions["connection_rate"], 1.0)
    return placed.assign(
        takes=placed["value"] * joins,
        bidding_area=bidding_areas(placed["municipality_code"], register.region.bidding_areas),
        electricity_user=_electricity_users(placed),
    )


def find_tiers(sinks: gpd.GeoDataFrame, assumptions: Mapping[str, float]) -> Tiers:
    """Return what new heat displaces in each network among the sinks of heat (see `Tiers`)."""
    return Tiers.of(sinks[sinks["kind"] == "network"], assumptions)


def _electricity_users(sinks: pd.DataFrame) -> pd.Series:
    """Return who pays for the electricity of a heat pump at each sink (see `prices.USERS`)."""
    grown = sinks.index.astype(str).str.contains("greenhouse")
    users = np.select(
        [sinks["kind"].isin(["network", "buildings", "rural"]), grown],
        ["network", "greenhouse"],
        default="industry",
    )
    return pd.Series(users, index=sinks.index)


def price_links(
    links: pd.DataFrame, assumptions: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """
    Add mode, efficiency, cost and worth per delivered MWh to heat links, and drop what cannot be.

    A link carries a pipe as large as the smaller of its ends, at the temperatures of its sink. The
    pipe loses the same watts all year: `efficiency` and `unit_cost` hold at full load and the usual
    full-load hours, `loss_mw` where months are known. All costs are of 2024.
    Sources: those of `choose_pipe`, `heat_pump_cop` and `distribution_cost`.

    Parameters
    ----------
    links
        Candidate links with the columns of both ends: `supply`, `demand` (GWh/yr), `source_c`,
        `cooled_c`, `supply_c`, `return_c`, `kind`, `heat_density_mwh_per_ha`, `bidding_area`,
        `electricity_user` and `network_worth` (what a network saves on average, EUR/MWh). Known
        route lengths stand in `given_km`, the coldest month of a network in `peak_factor`. Where
        `dearest` is given (EUR/MWh), links are dropped that must cost more than it and more than
        they bring.
    assumptions
        Values by parameter_id. None: the bundled ones.

    Returns
    -------
    links
        With `temperature_mode`, `cop`, `efficiency`, `nominal_diameter_mm` of the pipe, the parts
        of the cost, `unit_cost`, `worth`, and `variable_cost_1` to `variable_cost_12`, which follow
        the price of electricity. Investment by part as the record of a resource says (see
        `Resource.investments`); `network` are the streets and houses of a network of its own.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> links = sg.match(sg.load_register(), "heat").links
    >>> bool((links["efficiency"].dropna() > 0).all())
    True
    """
    assumptions = assumed(assumptions)
    moded = _with_modes(links, assumptions=assumptions)
    possible = (moded["temperature_mode"] != "impossible") & (moded["kind"] != "rural")
    here = of_rows(assumptions, possible.to_numpy())
    moded = moded[possible]
    if "dearest" in links:
        can_pay = _can_pay(moded, here)
        moded, here = moded[can_pay], of_rows(here, can_pay)
    priced = _with_costs(moded.copy(), assumptions=here)
    return priced[priced["efficiency"] > 0]  # on the longest small pipes nothing arrives


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
    gain = links["heat_pump_gain"].to_numpy(float)
    sized = _sized_pipes(links, assumptions=assumptions)
    power, lost = sized["power_mw"].to_numpy(), sized["loss_mw"].to_numpy()
    # heat lost a year per unit that arrives at full load
    more = lost * HOURS_PER_YEAR / (power * hours)
    prices = _electricity(links, assumptions)
    pipe = _pipe_cost(links, sized, prices.mean(axis=1), assumptions=assumptions)
    pump = _heat_pump_cost(links, power + lost, prices.mean(axis=1), assumptions=assumptions)
    source = _source_cost(gain, assumptions=assumptions)
    parts = (pipe, pump, source)
    spread = _street_cost(links, assumptions=assumptions)
    running = sum(part["running"] for part in parts)
    # what is lost is recovered, lifted and paid for like what arrives, however little that is
    entered = pump["capacity"] + source["capacity"]
    capacity = pipe["capacity"] + entered
    fixed = pipe["fixed"] + lost * (entered + running * HOURS_PER_YEAR)
    variable = running + spread
    each = [
        part["running"] * (1 + more) + part["capacity"] * (1 + lost / power) / hours
        for part in (pump, source)
    ]
    priced = links.assign(
        largest_capacity=power,
        full_load_hours=hours,
        nominal_diameter_mm=sized["nominal_diameter_mm"].to_numpy(),
        loss_mw=lost,
        efficiency=np.where(sized["arrives"], gain / (1 + more), 0.0),
        pipe_cost=pipe["running"] * (1 + more) + (pipe["capacity"] + pipe["fixed"] / power) / hours,
        heat_pump_cost=each[0],
        source_cost=each[1],
        electricity_mwh_per_mwh=pump["electricity"],
        distribution_cost=spread,
        variable_cost=variable,
        capacity_cost=capacity,
        fixed_cost=fixed,
        unit_cost=variable + (capacity + fixed / power) / hours,
        worth=_worth(links, assumptions=assumptions),
        **_investments(pipe, pump, source, power, lost),
        invest_network_meur_per_unit=spread / pipe_annuity(assumptions=assumptions) / 1e3,
    )
    # electricity is dear when networks need heat: the year's mean would hide it
    monthly = variable[:, np.newaxis] + pump["electricity"][:, np.newaxis] * (
        prices - prices.mean(axis=1, keepdims=True)
    )
    months = pd.DataFrame(monthly, index=priced.index, columns=MONTH_COSTS)
    return priced.drop(columns=["heat_pump_gain"]).join(months)


def _can_pay(links: pd.DataFrame, assumptions: Mapping[str, float]) -> np.ndarray:
    """
    Say which links could cost no more than `dearest`, or than they bring.

    At least that costs the largest pipe that its ends allow, at the price of the smallest, and new
    streets; what else there is to pay comes on top.
    """
    most = _largest_mw(_peaks(links, assumptions), _sent(links), assumptions)
    least = (
        read_table("pipe_dimensions")[["open_land_sek_per_m", "street_sek_per_m"]].to_numpy().min()
    )
    per_m = least * assumptions["heat_pipe_cost_factor"] / assumptions["sek_per_eur"]
    route = route_km(links, assumptions["detour_factor"]).to_numpy(float)
    yearly = pipe_annuity(assumptions=assumptions) * per_m * route * 1000
    pipe = yearly / (most * assumptions["heat_link_full_load_hours"])
    streets = _street_cost(links, assumptions=assumptions)
    brings = np.fmax(_worth(links, assumptions=assumptions), links["dearest"].to_numpy(float))
    can: np.ndarray = pipe + streets <= brings
    return can


def _sized_pipes(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """
    Return the pipe of each link: what it delivers at most, what it loses, its size and price.

    A pipe is never larger than its source, nor than the coldest month of its sink. It carries what
    it loses too, so that it is chosen for what arrives and then once more with its loss.
    """
    peak, sent = _peaks(links, assumptions), _sent(links)
    ends = links["supply_c"].to_numpy(float), links["return_c"].to_numpy(float)
    route = route_km(links, assumptions["detour_factor"]).to_numpy(float)
    lost, left = np.zeros(len(links)), sent
    for _ in range(2):
        power = _largest_mw(peak, left, assumptions)
        pipe = choose_pipe(power + lost, *ends, route_km=route, assumptions=assumptions)
        lost = pipe["loss_w_per_m"].to_numpy() * route / 1000
        left = sent - lost * HOURS_PER_YEAR / 1000
    return pipe.assign(power_mw=power, loss_mw=lost, route_km=route, arrives=left > 0)


def _sent(links: pd.DataFrame) -> np.ndarray:
    """Return what the source of each link could bring without any loss, GWh/yr."""
    return (links["supply"] * links["heat_pump_gain"]).to_numpy(float)


def _peaks(links: pd.DataFrame, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return what each sink would need in a year as cold as its coldest month, GWh."""
    peak = pd.Series(assumptions["peak_month_factor"], links.index)
    if "peak_factor" in links:
        peak = links["peak_factor"].fillna(peak)
    return peak.to_numpy(float) * links["demand"].to_numpy(float)


def _largest_mw(peak: np.ndarray, sent: np.ndarray, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return the power of a link between a need and what can be sent, both GWh/yr."""
    power = np.minimum(peak, sent) * 1000 / assumptions["heat_link_full_load_hours"]
    return np.maximum(power, assumptions["smallest_heat_link_mw"])


def _investments(
    pipe: dict[str, np.ndarray],
    pump: dict[str, np.ndarray],
    source: dict[str, np.ndarray],
    power: np.ndarray,
    lost: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return what building each part of a link takes, million EUR: once, and by capacity."""
    machines = {"heat_pump": pump["invested"] / 1e6, "recovery": source["invested"] / 1e6}
    return {
        "invest_pipe_fixed_meur": (1 - pipe["by_size"]) * pipe["invested"] / 1e6,
        "invest_pipe_meur_per_mw": pipe["by_size"] * pipe["invested"] / power / 1e6,
        "invest_station_meur_per_mw": pipe["station"] / 1e6,
        # what is lost is recovered and lifted too, however little arrives
        **{f"invest_{part}_fixed_meur": each * lost for part, each in machines.items()},
        **{f"invest_{part}_meur_per_mw": each for part, each in machines.items()},
    }


def _electricity(links: pd.DataFrame, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return the price of electricity at the sink of each link in each month, EUR/MWh."""
    prices = electricity_of_rows(links["bidding_area"], links["electricity_user"], assumptions)
    return prices / sek_of_2025(assumptions)[..., np.newaxis]


def _source_cost(gain: np.ndarray, *, assumptions: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Return what heat costs at its source per MWh and MW that enters the pipe."""
    rate, years = assumptions["discount_rate"], assumptions["recovery_life_years"]
    invested = assumptions["heat_recovery_msek_per_mw"] * 1e6 / assumptions["sek_per_eur"] / gain
    price = assumptions["heat_seller_sek_per_mwh"] / sek_of_2025(assumptions)
    return {
        "running": price / gain,
        "capacity": annuity_factor(rate, years) * invested,
        "invested": invested,
    }


def _pipe_cost(
    links: pd.DataFrame,
    sized: pd.DataFrame,
    electricity: np.ndarray,
    *,
    assumptions: Mapping[str, float],
) -> dict[str, np.ndarray]:
    """
    Return what a pipe costs per delivered MW: to run, by capacity, and once built.

    The price follows its tangent at the size of the link: a trench that costs the same whatever
    its pipe, and metal and insulation by size.
    """
    power, route, by_size = (
        sized[name].to_numpy(float) for name in ("power_mw", "route_km", "size_share")
    )
    in_eur = 1 / assumptions["sek_per_eur"]
    yearly = pipe_annuity(assumptions=assumptions)
    invested = sized["price_sek_per_m"].to_numpy(float) * in_eur * route * 1000
    station = assumptions["transmission_station_msek_per_mw"] * 1e6 * in_eur
    ends = links["supply_c"].to_numpy(float), links["return_c"].to_numpy(float)
    return {
        "running": running_per_km(*ends, electricity, assumptions=assumptions) * route,
        "capacity": yearly * (by_size * invested / power + station),
        "fixed": yearly * (1 - by_size) * invested,
        "invested": invested,
        "station": np.full(len(power), station),
        "by_size": by_size,
    }


def _heat_pump_cost(
    links: pd.DataFrame,
    power: np.ndarray,
    electricity: np.ndarray,
    *,
    assumptions: Mapping[str, float],
) -> dict[str, np.ndarray]:
    """Return what the heat pump of a link costs per MW that enters the pipe, and to run."""
    table = read_table("heat_pump_prices").sort_values("heat_mw")
    lifted = links["lifted"].to_numpy()
    size = np.log(power * np.maximum(lifted, 0.01))
    names = ("investment_meur_per_mw", "variable_eur_per_mwh")
    invest, variable = (np.interp(size, np.log(table["heat_mw"]), table[n]) for n in names)
    yearly = annuity_factor(assumptions["discount_rate"], assumptions["heat_pump_life_years"])
    index = assumptions["index_2015_to_2024"]
    fixed = yearly * invest * 1e6 + assumptions["heat_pump_fixed_eur_per_mw"]
    used = lifted / links["cop"].fillna(np.inf).to_numpy(float)
    return {
        "running": lifted * variable * index + used * electricity,
        "capacity": lifted * fixed * index,
        "invested": lifted * invest * 1e6 * index,
        "electricity": used,
    }


def _worth(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> np.ndarray:
    """
    Return what a delivered MWh replaces: a network's own heat, a boiler, or a house's own heating.

    A network saves what its merit order says, on average over all that finds room; month and tier
    decide where it matters (see `networks`).
    """
    kind = links["kind"].to_numpy()
    saved = links["network_worth"].to_numpy(float)
    return np.select(
        [kind == "network", kind == "process"],
        [np.nan_to_num(saved), assumptions["worth_in_process_eur_per_mwh"]],
        default=_worth_in_house(links["bidding_area"], assumptions),
    )


def _worth_in_house(areas: pd.Series, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return what a house saves that joins: the cheapest of heat pump, pellets and electricity."""
    own = own_heating_eur_per_mwh(areas, assumptions)
    return own.min(axis=1).to_numpy()


def own_heating_eur_per_mwh(areas: pd.Series, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """
    Return what heat costs a house that makes its own, EUR/MWh, tax and value added tax included.

    Parameters
    ----------
    areas
        Bidding area of each place.
    assumptions
        Values by parameter_id.

    Returns
    -------
    pandas.DataFrame
        own_heat_pump (capital included), pellets and electric_heat, a row per place.
    """
    shares = read_table("profiles")["heat_load_share"].to_numpy(float)
    shares = shares / shares.sum()
    prices = electricity_of_rows(areas, "household", assumptions)
    electricity = prices @ shares / sek_of_2025(assumptions)
    pumped = electricity / assumptions["building_heat_pump_cop"]
    pumped = pumped + assumptions["building_heat_pump_eur_per_mwh"]
    pellets = assumptions["building_pellets_sek_per_mwh"] / sek_of_2025(assumptions)
    found = {"own_heat_pump": pumped, "pellets": pellets, "electric_heat": electricity}
    return pd.DataFrame(found, index=areas.index)


def _street_cost(links: pd.DataFrame, *, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return what a network of its own costs each locality without one, EUR per MWh."""
    density = links["heat_density_mwh_per_ha"].fillna(1.0).clip(lower=1.0)
    floor = density / assumptions["heat_key_small_house_kwh_m2"] * 1e3 / 1e4
    cost = distribution_cost(
        density.to_numpy(), floor.to_numpy(), construction_set=STREETS, assumptions=assumptions
    )
    whole = np.asarray(cost) + assumptions["connection_eur_per_mwh"]
    return np.where(links["kind"] == "buildings", whole, 0.0)


def _property_heating(register: Register) -> pd.DataFrame:
    """Return property heating by place, without the parts that other rows repeat."""
    flows = register.flows
    rows = flows[flows["stream"].isin(STREAMS) & (flows["additive"] == "yes")]
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
    bought = read_table("networks").set_index("network_id")["waste_heat_input_gwh"]
    filled = filled.assign(
        buildings_gwh=parts["value"],
        industry_gwh=industry.reindex(parts.index).fillna(0.0),
        bought_gwh=bought.reindex(parts.index).fillna(0.0),
    )
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
    reach_cost="heat_reach_eur_per_mwh",
    price_unit="EUR/MWh",
    mode="temperature_mode",
    classes=CLASSES,
    apart=(NUCLEAR,),
    tiers=find_tiers,
    investments={
        "recovery": "recovery_life_years",
        "heat_pump": "heat_pump_life_years",
        "pipe": "pipe_life_years",
        "station": "pipe_life_years",
        "network": "pipe_life_years",
    },
)
