"""Heat: who has it at which temperature, who needs it, and what bringing it over costs."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.electricity import bidding_areas
from ..assumptions.values import assumed, of_rows
from ..model import BOUNDS, METRIC_CRS, Resource
from ..register.classes import CLASSES, HOT, NUCLEAR, without_nuclear
from ..register.exchanges import existing_links
from ..register.gate import Register
from ..register.property_heat import CATEGORY as PROPERTY_HEATING
from ..register.property_heat import DELIVERIES, STREAMS, in_countryside
from ..tables import read_table
from .benefit import heat_effects
from .costs import can_pay, cost_parts, with_costs, with_ends, with_modes
from .networks import Tiers, network_loads
from .season import NETWORK_BOILER, month_profile

INDUSTRY = "industry_on_district_heating"


def supply_points(
    register: Register,
    assumptions: Mapping[str, float] | None = None,  # noqa: ARG001
) -> gpd.GeoDataFrame:
    """
    Return every additive heat source as a point, GWh/yr, indexed by flow_id.

    Columns: site_id, municipality_code, value, low, high, committed, temperature_class, `source_c`
    (what it can be used at), `cooled_c` (what it is cooled to), `profile` (how it varies by
    month) and `part_of` (the network whose boiler it is). The cooling water of nuclear power is
    left out: it is twelve times all property heating, at 12-30 degC.

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
        part_of=rows["site_id"].map(_fed_networks()).where(rows["category"] == NETWORK_BOILER, ""),
    )
    columns = ["site_id", *BOUNDS, "committed", "temperature_class", "source_c", "cooled_c"]
    columns += ["profile", "part_of"]
    return register.at_sites(rows.set_index("flow_id")[columns])


def _fed_networks() -> pd.Series:
    """Return the network that each plant feeds, by site_id."""
    networks = read_table("networks").set_index("network_id")["fed_by_site_ids"].dropna()
    plants = networks.str.split(";").explode()
    return pd.Series(plants.index, plants.to_numpy()).groupby(level=0).first()


def demand_points(
    register: Register, assumptions: Mapping[str, float] | None = None
) -> gpd.GeoDataFrame:
    """
    Return every place that needs heat as a point, GWh/yr, indexed by site_id.

    Columns: kind, value, low, high, `takes` (what would connect), supply_c and return_c,
    heat_density_mwh_per_ha, site_id, locality_id, name, municipality_code, and `to_buildings`: what
    part of the heat that arrives warms buildings, less what a network loses and sells to industry.

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
        kind=np.where(in_countryside(rest.index), "rural", "buildings"),
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
        to_buildings=_to_buildings(placed, assumptions),
        bidding_area=bidding_areas(placed["municipality_code"], register.region.bidding_areas),
        electricity_user=_electricity_users(placed),
    )


def _to_buildings(sinks: pd.DataFrame, assumptions: Mapping[str, float]) -> pd.Series:
    """Return what part of the heat that arrives at each sink warms buildings."""
    part = sinks["kind"].ne("process").astype(float)
    if len(networks := sinks[sinks["kind"] == "network"]):
        part[networks.index] = networks["buildings_gwh"] / network_loads(networks, assumptions)
    return part.fillna(1.0)


def find_tiers(sinks: gpd.GeoDataFrame, assumptions: Mapping[str, float]) -> Tiers:
    """Return what new heat displaces in each network among the sinks of heat (see `Tiers`)."""
    return Tiers.of(sinks[sinks["kind"] == "network"], assumptions)


def _electricity_users(sinks: pd.DataFrame) -> pd.Series:
    """Return who pays for the electricity of a heat pump at each sink (see `electricity.USERS`)."""
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
    moded = with_modes(links, assumptions=assumptions)
    possible = (moded["temperature_mode"] != "impossible") & (moded["kind"] != "rural")
    here = of_rows(assumptions, possible.to_numpy())
    moded = with_ends(moded[possible], assumptions=here)
    if "dearest" in links:
        could = can_pay(moded, here)
        moded, here = moded[could], of_rows(here, could)
    priced = with_costs(moded.copy(), assumptions=here)
    return priced[priced["efficiency"] > 0]  # on the longest small pipes nothing arrives


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
    # of a network without statistics exchanges say what it buys
    arriving = existing_links(register, "heat").groupby("to_site_id")["value"].sum().astype(float)
    bought = bought.reindex(parts.index).fillna(arriving.reindex(parts.index))
    filled = filled.assign(
        buildings_gwh=parts["value"],
        industry_gwh=industry.reindex(parts.index).fillna(0.0),
        bought_gwh=bought.fillna(0.0),
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
    places = metric[need.index[~in_countryside(need.index)]]
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
    cost_parts=cost_parts,
    effects=heat_effects,
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
