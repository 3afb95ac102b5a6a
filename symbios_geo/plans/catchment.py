"""Which manure and food waste lie within truck distance of a place, kt/yr and GWh/yr of methane."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.checks import checked
from ..assumptions.values import Assumptions, Given, as_assumptions
from ..errors import RegisterError
from ..register.gate import Register
from .rows import distances_km, require_site

SUBSTRATES = {"manure": "manure_total", "food_waste": "food_waste_collectable"}
POTENTIALS = {"manure": "manure_methane_potential", "food_waste": "food_waste_methane_potential"}


def substrate_points(register: Register, *, deduct_existing: bool = True) -> gpd.GeoDataFrame:
    """
    Return places with manure and food waste: `manure`, `food_waste` (kt/yr), `methane` (GWh/yr).

    No register of farms is open, so the manure of a municipality is shared equally among its
    localities and its rural point, and food waste by population: an assumption that makes
    distances of the right size, not a map of farms. Indexed by site_id.

    Parameters
    ----------
    register
        With the substrate flows of every municipality's rural point.
    deduct_existing
        Whether manure that stated digesters already take is subtracted from their municipality.
    """
    amounts = _municipal_substrates(register, deduct_existing=deduct_existing)
    places = _places(register)
    if amounts.empty or places.empty:
        msg = (
            "The register has no manure or food waste at any place inside. Add source rows of "
            "manure or food_waste, or load the bundled register."
        )
        raise RegisterError(msg)
    code = places["municipality_code"]
    people = places["population"].fillna(0.0)
    equal = 1 / code.map(code.value_counts())
    by_people = people / code.map(people.groupby(code).sum()).replace(0.0, np.nan)
    shares = {"manure": equal, "food_waste": by_people.fillna(equal)}
    points = places.copy()
    for name, share in shares.items():
        points[name] = share * code.map(amounts[name]).fillna(0.0)
        points[f"{name}_methane"] = share * code.map(amounts[f"{name}_methane"]).fillna(0.0)
    points["methane"] = points["manure_methane"] + points["food_waste_methane"]
    return points[points["manure"] + points["food_waste"] > 0]


def catchments(
    register: Register,
    assumptions: Given = None,
    *,
    truck_km: float | None = None,
    candidates: list[str] | None = None,
    deduct_existing: bool = True,
) -> pd.DataFrame:
    """
    Return what lies within truck distance of each candidate: kt/yr and GWh/yr, richest first.

    Catchments overlap: their sum is not a potential (see `best_sites` for a choice of sites).

    Parameters
    ----------
    register
        Sites and substrate flows.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    truck_km
        Longest straight distance, km. None: as assumed.
    candidates
        Site ids. None: localities, rural points and existing biogas plants of the region.
    deduct_existing
        As in `substrate_points`.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> table = catchments(sg.load_register(), candidates=["port_halmstad"])
    >>> table.index.tolist()
    ['port_halmstad']
    """
    assumptions = as_assumptions(assumptions)
    points = substrate_points(register, deduct_existing=deduct_existing)
    chosen = candidate_sites(register, candidates)
    km = distances_km(register, chosen, points.index)
    near = (km <= truck_reach_km(assumptions, truck_km)).astype(float)
    sums = {f"{n}_kt": near @ points[n] for n in SUBSTRATES}
    table = pd.DataFrame({**sums, "methane_gwh": near @ points["methane"]})
    table.insert(0, "name", register.sites.loc[chosen, "name"])
    return table.rename_axis("site_id").sort_values("methane_gwh", ascending=False)


def taken_substrate(
    register: Register,
    assumptions: Assumptions,
    site_id: str,
    reach: float,
    capacity_gwh: float | None,
) -> pd.DataFrame:
    """Return the substrate that a digester takes, nearest first up to its capacity."""
    points = substrate_points(register)
    km = distances_km(register, pd.Index([site_id]), points.index).loc[site_id]
    near = points[km <= reach].assign(km=km[km <= reach]).sort_values("km", kind="stable")
    if near.empty:
        msg = (
            f"site_id = {site_id!r} has no manure or food waste within {reach:g} km; the nearest "
            f"is {km.idxmin()} at {km.min():.1f} km. Choose another site or a larger truck_km."
        )
        raise RegisterError(msg)
    size = assumptions["digester_capacity_gwh"] if capacity_gwh is None else capacity_gwh
    capacity = float(checked("capacity_gwh", size, above=0))
    before = near["methane"].cumsum() - near["methane"]
    share = ((capacity - before) / near["methane"]).clip(lower=0.0, upper=1.0).fillna(0.0)
    return near[[*SUBSTRATES, "methane"]].mul(share, axis=0)


def candidate_sites(register: Register, given: list[str] | None) -> pd.Index:
    """Return the site ids given, or localities, rural points and existing biogas plants."""
    if given is not None:
        for site_id in given:
            require_site(register, site_id)
        return pd.Index(given)
    sites = register.sites
    plants = sites[
        (sites["kind"] == "biogas_plant") & (sites["status"] == "operating") & sites["inside"]
    ]
    return _places(register).index.append(plants.index)


def truck_reach_km(assumptions: Assumptions, truck_km: float | None) -> float:
    """Return the truck distance given or that of the parameters, km."""
    reach = assumptions["manure_truck_km"] if truck_km is None else truck_km
    return float(checked("truck_km", reach, above=0))


def _municipal_substrates(register: Register, *, deduct_existing: bool) -> pd.DataFrame:
    """Return manure and food waste (kt/yr) and their methane (GWh/yr) by municipality code."""
    codes = register.sites["municipality_code"]
    flows = register.flows.assign(code=register.flows["site_id"].map(codes))
    sources = flows[flows["role"] == "source"]
    table = pd.DataFrame(
        {
            name: sources[sources["stream"] == stream].groupby("code")["value"].sum()
            for name, stream in SUBSTRATES.items()
        }
        | {
            f"{name}_methane": sources[sources["stream"] == stream].groupby("code")["value"].sum()
            for name, stream in POTENTIALS.items()
        }
    ).fillna(0.0)
    if deduct_existing:
        for name in SUBSTRATES:
            used = flows[(flows["resource"] == name) & (flows["role"] == "sink")]
            taken = used.groupby("code")["committed"].sum().reindex(table.index, fill_value=0.0)
            free = (1 - taken / table[name].replace(0.0, np.nan)).clip(lower=0.0).fillna(0.0)
            table[[name, f"{name}_methane"]] = table[[name, f"{name}_methane"]].mul(free, axis=0)
    return table


def _places(register: Register) -> gpd.GeoDataFrame:
    """Return the localities and rural points inside, which stand for farms and households."""
    sites = register.sites
    where = (sites["place_type"] == "locality") | (sites["kind"] == "rural_remainder")
    return sites[where & sites["inside"]]
