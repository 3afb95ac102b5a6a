"""Biogas: what a digester makes of its substrate, where new ones pay, and the published gap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.checks import HOURS_PER_YEAR, checked
from ..assumptions.finance import annuity_factor
from ..assumptions.ranges import bounds_of, range_of
from ..assumptions.values import Assumptions, Given, as_assumptions, assumed
from ..errors import ParameterError
from ..model import BOUNDS, Match
from ..register.gate import Register
from ..register.substrates import SURVEY
from ..tables import read_table
from .catchment import SUBSTRATES, candidate_sites, taken_substrate, truck_reach_km
from .catchment import catchments as catchments
from .catchment import substrate_points as substrate_points
from .location import choose_sites
from .rows import distances_km, flow_rows, require_site, stream_of

__all__ = ["best_sites", "catchments", "derive_flows", "digest", "explain_gap", "operating_plants"]

VARIED = ("digester_", "upgrading_", "biogas_upgrading_")
OWN_PARTS = ("manure", "straw", "ley", "food_waste", "sewage_sludge")


def digest(
    substrate_kt: float, potential_gwh: float, *, assumptions: Mapping[str, float] | None = None
) -> pd.Series:
    """
    Return what a digester with upgrading takes and gives in a year, GWh/yr and kt/yr by item.

    Masses add up: substrate = methane + off-gas CO2 + digestate. Heat and electricity are what
    the process takes. Source: danish_energy_agency_technology_data (heat and electricity).

    Parameters
    ----------
    substrate_kt
        Manure and food waste, kt/yr.
    potential_gwh
        Methane that the substrate can give, GWh/yr.

    Raises
    ------
    ParameterError
        If an amount is negative, or the gas would weigh more than the substrate.

    Examples
    --------
    >>> digest(50, 30)[["methane_mass", "offgas_co2", "digestate"]].round(1).to_dict()
    {'methane_mass': 2.2, 'offgas_co2': 4.0, 'digestate': 43.9}
    """
    assumptions = assumed(assumptions)
    mass = float(checked("substrate_kt", substrate_kt, at_least=0))
    potential = float(checked("potential_gwh", potential_gwh, at_least=0))
    obtained = assumptions["digester_yield_share"]
    share = float(checked("digester_yield_share", obtained, at_least=0, at_most=1))
    methane = potential * share
    methane_mass = methane / assumptions["methane_lhv_mwh_per_t"]
    offgas = methane * assumptions["biogas_upgrading_co2_kt_per_gwh"]
    if methane_mass + offgas > mass:
        msg = (
            f"potential_gwh = {potential:g} gives more gas than the substrate weighs "
            f"({mass:g} kt). Give the potential in GWh and the substrate in kt."
        )
        raise ParameterError(msg)
    electricity = mass * assumptions["digester_electricity_kwh_per_t"] / 1000
    return pd.Series(
        {
            "substrate": mass,
            "methane": methane,
            "methane_mass": methane_mass,
            "offgas_co2": offgas,
            "digestate": mass - methane_mass - offgas,
            "heat": mass * assumptions["digester_heat_kwh_per_t"] / 1000,
            "electricity": electricity + methane * assumptions["upgrading_electricity_share"],
        },
        name="value",
    )


def derive_flows(
    register: Register,
    assumptions: Given = None,
    *,
    site_id: str,
    truck_km: float | None = None,
    capacity_gwh: float | None = None,
    additive: str = "no",
) -> pd.DataFrame:
    """
    Return the flows of a new digester: substrate, heat, power in; gas, off-gas CO2, digestate out.

    It takes what lies within truck distance, nearest first, up to its capacity.

    Parameters
    ----------
    register
        Sites and substrate flows.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    site_id
        Any site of the register.
    truck_km
        Longest straight distance, km. None: as assumed.
    capacity_gwh
        Methane potential it can take, GWh/yr. None: as assumed.
    additive
        "no" keeps the plan out of totals; "yes" lets it count and be matched as if it stood.

    Raises
    ------
    RegisterError
        If the site is unknown, or no substrate lies within truck distance.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> rows = derive_flows(sg.load_register(), site_id="port_halmstad")
    >>> sorted(set(rows["resource"]))
    ['co2', 'electricity', 'heat', 'materials']
    """
    assumptions = as_assumptions(assumptions)
    require_site(register, site_id)
    reach = truck_reach_km(assumptions, truck_km)
    taken = taken_substrate(register, assumptions, site_id, reach, capacity_gwh)
    mass, potential = taken[list(SUBSTRATES)].sum(), float(taken["methane"].sum())
    items = range_of(
        lambda a: digest(float(mass.sum()), potential, assumptions=a), assumptions, VARIED
    )
    warm: dict[str, Any] = {
        "supply_temperature_c": assumptions["digester_supply_c"],
        "return_temperature_c": assumptions["digester_return_c"],
    }
    layout: list[dict[str, Any]] = [
        stream_of("substrate", "substrate", role="sink") | {"stream": "digester_substrate"},
        {"item": "heat", "resource": "heat", "role": "sink", "stream": "digester_heating", **warm},
        {"item": "electricity", "resource": "electricity", "role": "sink", "stream": "digestion"},
        stream_of("methane_mass", "biogas") | {"stream": "upgraded_gas"},
        {
            "item": "offgas_co2",
            "resource": "co2",
            "role": "source",
            "carbon": "biogenic",
            "stream": "biogas_upgrading_offgas",
        },
        stream_of("digestate", "digestate"),
    ]
    note = f"New digester that takes substrate from within {reach:g} km, assumed: not a known plan"
    rows = flow_rows(
        register,
        site_id,
        items,
        layout,
        category="concept",
        source_id=SURVEY,
        note=note,
        additive=additive,
    )
    # off-gas needs no capture plant, and the price of its links knows it by this category
    gas = rows["resource"] == "co2"
    return rows.assign(category=rows["category"].mask(gas, "biogas_upgrading"))


def best_sites(
    register: Register,
    assumptions: Given = None,
    *,
    truck_km: float | None = None,
    capacity_gwh: float | None = None,
    at_most: int | None = None,
    candidates: list[str] | None = None,
) -> Match:
    """
    Return where new digesters pay, and which place sends its substrate where; profit in kEUR/yr.

    Exact: gas sold less running, trucks and annuity, with capacity and a fixed charge per plant
    (`choose_sites`). Amounts are GWh/yr of methane potential; `certificate` holds the gap.

    Parameters
    ----------
    register
        Sites and substrate flows.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    truck_km, candidates
        As in `catchments`.
    capacity_gwh
        Greatest methane potential a plant takes, GWh/yr. None: as assumed.
    at_most
        Greatest number of plants. None: as many as pay.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> best_sites(sg.load_register(), at_most=1).certificate["opened"]
    ['loc_1381_ysby']
    """
    assumptions = as_assumptions(assumptions)
    points = substrate_points(register)
    points = points[points["methane"] > 0]
    chosen = candidate_sites(register, candidates)
    links = _haul_links(
        register, points, chosen, truck_reach_km(assumptions, truck_km), assumptions=assumptions
    )
    size = assumptions["digester_capacity_gwh"] if capacity_gwh is None else capacity_gwh
    capacity = float(checked("capacity_gwh", size, above=0))
    yearly = annuity_factor(assumptions["discount_rate"], assumptions["digester_life_years"])
    fixed = float(yearly) * assumptions["digester_fixed_meur"] * 1000
    sites = pd.DataFrame({"capacity": capacity, "fixed_cost": fixed}, index=chosen)
    return choose_sites(links, points["methane"], sites, at_most=at_most)


def explain_gap(register: Register, assumptions: Given = None) -> pd.DataFrame:
    """
    Return why the own sum falls short of the published potential, GWh/yr by part.

    The published figure also counts energy crops and residues of food industry; both are estimated
    here (column `kind`: own, estimate, rest, published). The bounds of `own_sum` add up low with
    low; `unexplained` is what remains, negative where the parts exceed the published figure.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> gap = explain_gap(sg.load_register())
    >>> sorted(set(gap["kind"]))
    ['estimate', 'own', 'published', 'rest']
    """
    assumptions = as_assumptions(assumptions)
    flows = register.flows[register.flows["resource"] == "methane_substrate"]
    own = pd.DataFrame(
        {p: flows[flows["stream"] == f"{p}_methane_potential"][BOUNDS].sum() for p in OWN_PARTS}
    ).T
    facts = read_table("biogas_reference").set_index("fact_id")
    published = float(facts.loc["halland_potential_published", "value"])
    people = read_table("municipalities")["population"].sum() / 1e6
    industry = (
        facts.loc["sweden_theoretical", "value"]
        * facts.loc["sweden_food_industry_share", "value"]
        * people
        / facts.loc["sweden_population", "value"]
        - own.loc["food_waste", "value"]
    )
    extra = pd.DataFrame(
        {
            "food_industry": dict.fromkeys(BOUNDS, float(industry)) | {"low": 0.0},
            "energy_crops": _energy_crops(assumptions, own.loc["ley"]),
        }
    ).T
    total = pd.DataFrame({"own_sum": own.sum()}).T
    known = total.loc["own_sum"] + extra.sum()
    rest = pd.DataFrame(
        {
            "unexplained": {
                "value": published - known["value"],
                "low": published - known["high"],
                "high": published - known["low"],
            }
        }
    ).T
    claim = pd.DataFrame({"published": dict.fromkeys(BOUNDS, published)}).T
    parts = [own, total, extra, rest, claim]
    kinds = np.repeat(["own", "own", "estimate", "rest", "published"], [len(p) for p in parts])
    return pd.concat(parts).assign(unit="GWh/yr", kind=kinds).rename_axis("part")


def operating_plants(register: Register) -> pd.DataFrame:
    """
    Return the biogas plants of the region with gas, state and source, GWh/yr, largest first.

    Gas that may not exist, or repeats other rows, stays out of all sums and so of these.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(operating_plants(sg.load_register())["value"].is_monotonic_decreasing)
    True
    """
    rows = register.pick("biogas", "source")
    rows = rows[(rows["value"] > 0) & (rows["category"] != "concept") & rows["inside"]]
    table = rows.join(register.sites[["name", "operator", "status"]], on="site_id")
    columns = ["name", "operator", "municipality_code", "status", "stream", *BOUNDS]
    columns += ["unit", "source_id", "confidence"]
    return table.set_index("site_id")[columns].sort_values("value", ascending=False)


def _haul_links(
    register: Register,
    points: gpd.GeoDataFrame,
    chosen: pd.Index,
    reach: float,
    *,
    assumptions: Mapping[str, float],
) -> pd.DataFrame:
    """Return pairs within truck distance and their profit per GWh of methane potential, kEUR."""
    km = distances_km(register, points.index, chosen)
    i, j = np.nonzero(km.to_numpy() <= reach)
    links = pd.DataFrame({"source": points.index[i], "sink": chosen[j]})
    links["distance_km"] = km.to_numpy()[i, j]
    road = links["distance_km"] * assumptions["detour_factor"]
    per_t = assumptions["manure_truck_eur_per_t_km"] * road
    per_t = per_t + assumptions["manure_truck_fixed_eur_per_t"]
    weight = ((points["manure"] + points["food_waste"]) / points["methane"]).to_numpy()[i]
    yearly = annuity_factor(assumptions["discount_rate"], assumptions["digester_life_years"])
    # kEUR per GWh is EUR per MWh: a MW runs all year
    plant = float(yearly) * assumptions["digester_meur_per_mw"] * 1e6 / HOURS_PER_YEAR
    running = assumptions["digester_running_eur_per_mwh"]
    gained = assumptions["biogas_worth_eur_per_mwh"] - running - plant
    gained = gained * assumptions["digester_yield_share"]
    return links.assign(haul_cost=per_t * weight, profit=gained - per_t * weight)


def _energy_crops(assumptions: Assumptions, ley: pd.Series) -> dict[str, float]:
    """Return methane from crops on a share of the arable land, less the ley already counted."""
    p = bounds_of(assumptions)
    per_ha = p.loc["ley_t_dry_per_ha"] * p.loc["ley_methane_mwh_per_t"] / 1000
    crops = p.loc["energy_crop_share_arable"] * p.loc["arable_land_ha"] * per_ha
    return {side: max(float(crops[side] - ley[side]), 0.0) for side in BOUNDS}
