"""Greenhouses: what a lit one takes and gives, and where one could stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.checks import checked
from ..assumptions.ranges import range_of
from ..assumptions.values import Given, as_assumptions, assumed
from ..errors import RegisterError
from ..heat.heat_pumps import lifted
from ..labels import label
from ..model import BOUNDS
from ..register.gate import Register
from .rows import distances_km, flow_rows, require_site

SOURCE = "region_orebro_lan_regenergy_frovi"
VARIED = ("greenhouse_",)
HEATING = "greenhouse_heating"
LARGEST_HA = 1000.0
KG_PER_M2_TO_KT_PER_HA = 0.01
RISKS = ("risk:frovi", "risk:electricity")


def size(area_ha: float, assumptions: Given = None) -> pd.DataFrame:
    """
    Return what a greenhouse lit all year takes and gives: value, low, high and unit by item.

    Every item is the area times a figure per m2 or ha of parameters.csv.
    Sources: region_orebro_lan_regenergy_frovi, floraldaily_wageningen_energy_monitor_2022.

    Parameters
    ----------
    area_ha
        Area under glass, ha.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.

    Raises
    ------
    ParameterError
        If the area is not positive, or larger than a thousand hectares.

    Examples
    --------
    >>> size(1).loc[["heat", "co2"], "unit"].tolist()
    ['GWh/yr', 'kt/yr']
    """
    assumptions = as_assumptions(assumptions)
    area = float(checked("area_ha", area_ha, above=0, at_most=LARGEST_HA))
    table = range_of(lambda a: _items(area, assumptions=a), assumptions, VARIED)
    units = {"area": "ha", "co2": "kt/yr", "tomatoes": "kt/yr", "jobs": "jobs", "peak_heat": "MW"}
    return table.assign(unit=[units.get(str(item), "GWh/yr") for item in table.index])


def sites(
    register: Register,
    assumptions: Given = None,
    *,
    area_ha: float | None = None,
    reach_km: float | None = None,
    candidates: list[str] | None = None,
) -> pd.DataFrame:
    """
    Return candidate sites for a greenhouse, best first, with heat, CO2, distance and jobs.

    A source counts with what is free of it (value less committed). Heat of the greenhouse's supply
    temperature or more is `direct_gwh`; colder streams give `heat_pump_gwh` with the default COP.
    Streams that run fewer hours than the greenhouse heats, such as summer surplus, and nuclear
    cooling water are left out. Ranked by direct cover, cover with heat pumps, CO2 and distance.

    Parameters
    ----------
    register
        Sites and flows.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    area_ha
        Area under glass, ha. None: as assumed (as in Frövi).
    reach_km
        Longest straight distance to a source, km. None: as assumed.
    candidates
        Site ids. None: localities and the concept sites of the region.

    Returns
    -------
    ranked
        Indexed by site_id: rank, name, municipality_code, direct_gwh, heat_pump_gwh, need_gwh,
        direct_cover, cover, peak_cover (power free over peak need), co2_kt, source_id, source_name,
        source_km (the source that gives most), jobs, jobs_low, jobs_high.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> found = sites(sg.load_register(), area_ha=5)
    >>> bool(found["direct_cover"].is_monotonic_decreasing)
    True
    """
    assumptions = as_assumptions(assumptions)
    area = assumptions["concept_greenhouse_ha"] if area_ha is None else area_ha
    need = size(area, assumptions)
    streams = free_heat(register, assumptions=assumptions)
    chosen = _candidates(register, candidates)
    table = _within_reach(register, chosen, streams, _reach(reach_km, assumptions=assumptions))
    heat = float(need.loc["heat", "value"])
    table = table.assign(
        need_gwh=heat,
        direct_cover=(table["direct_gwh"] / heat).clip(upper=1.0),
        cover=((table["direct_gwh"] + table["heat_pump_gwh"]) / heat).clip(upper=1.0),
        peak_cover=(table["free_mw"] / float(need.loc["peak_heat", "value"])).clip(upper=1.0),
    )
    jobs = dict(zip(("jobs", "jobs_low", "jobs_high"), need.loc["jobs", BOUNDS], strict=True))
    co2_need = float(need.loc["co2", "value"])
    table = table.assign(**jobs, co2_cover=(table["co2_kt"] / co2_need).clip(upper=1.0))
    order = ["direct_cover", "cover", "co2_cover", "source_km"]
    table = table[table["cover"] > 0].sort_values(order, ascending=[False, False, False, True])
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table


def free_heat(
    register: Register, *, assumptions: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """
    Return the streams a greenhouse could use, indexed by flow_id.

    Columns: site_id, `free_gwh`, `free_mw`, `direct` (hot enough as it is) and `usable_gwh` (after
    a heat pump where it is not).

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(free_heat(sg.load_register())["free_gwh"].ge(0).all())
    True
    """
    assumptions = assumed(assumptions)
    flows = register.flows
    rows = flows[(flows["resource"] == "heat") & (flows["role"] == "source")]
    hours = rows["hours_per_year"].fillna(assumptions["heat_link_full_load_hours"])
    long = hours >= assumptions["greenhouse_full_load_hours"]
    warm = rows["temperature_high_c"] >= assumptions["greenhouse_heat_pump_source_c"]
    rows = rows[(rows["additive"] == "yes") & (rows["category"] != "nuclear") & long & warm]
    free = (rows["value"] - rows["committed"].fillna(0.0)).clip(lower=0.0)
    direct = rows["temperature_low_c"] >= assumptions["greenhouse_supply_c"]
    cop = assumptions["heat_pump_cop_default"]
    return pd.DataFrame(
        {
            "site_id": rows["site_id"].to_numpy(),
            "free_gwh": free.to_numpy(),
            "free_mw": (free * 1000 / hours[rows.index]).to_numpy(),
            "direct": direct.to_numpy(),
            "usable_gwh": np.where(direct, free, lifted(free, cop)),
        },
        index=pd.Index(rows["flow_id"], name="flow_id"),
    )


def derive_flows(
    register: Register,
    assumptions: Given = None,
    *,
    site_id: str,
    area_ha: float | None = None,
    reach_km: float | None = None,
    additive: str = "no",
) -> pd.DataFrame:
    """
    Return the flows of a greenhouse at a site: heat, CO2 and power in, tomatoes out.

    Parameters
    ----------
    register
        Sites and flows.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    site_id
        Any site with a usable heat source within reach.
    area_ha
        Area under glass, ha. None: as assumed.
    reach_km
        Longest straight distance to a source, km. None: as assumed.
    additive
        "no" keeps the plan out of totals; "yes" lets it count and be matched as if it stood.

    Raises
    ------
    RegisterError
        If the site is unknown, holds a greenhouse already, or no usable heat lies within reach.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> rows = derive_flows(sg.load_register(), site_id="port_halmstad", area_ha=5)
    >>> sorted(set(rows["resource"]))
    ['co2', 'electricity', 'heat', 'tomatoes']
    """
    assumptions = as_assumptions(assumptions)
    require_site(register, site_id)
    _refuse_second(register, site_id)
    _require_heat(
        register, site_id, _reach(reach_km, assumptions=assumptions), assumptions=assumptions
    )
    area = assumptions["concept_greenhouse_ha"] if area_ha is None else area_ha
    warm: dict[str, Any] = {
        "supply_temperature_c": assumptions["greenhouse_supply_c"],
        "return_temperature_c": assumptions["greenhouse_return_c"],
        "hours_per_year": assumptions["greenhouse_full_load_hours"],
    }
    layout: list[dict[str, Any]] = [
        {"item": "heat", "resource": "heat", "role": "sink", "stream": HEATING, **warm},
        {"item": "co2", "resource": "co2", "role": "sink", "stream": "greenhouse_enrichment"},
        {
            "item": "lamp_electricity",
            "resource": "electricity",
            "role": "sink",
            "stream": "greenhouse_lamps",
        },
        {"item": "tomatoes", "resource": "tomatoes", "role": "source", "stream": "tomatoes"},
    ]
    note = f"Greenhouse of {area:g} ha, assumed: no such greenhouse is known to be planned"
    return flow_rows(
        register,
        site_id,
        size(area, assumptions),
        layout,
        category="concept",
        source_id=SOURCE,
        note=note,
        additive=additive,
    )


def risks(lang: str = "sv") -> list[str]:
    """
    Return what to say beside every list of sites: Frövi's later history, and electricity.

    Examples
    --------
    >>> len(risks("en")) >= 2
    True
    """
    return [label(key, lang) for key in RISKS]


def _items(area_ha: float, *, assumptions: Mapping[str, float]) -> pd.Series:
    """Return every item of a greenhouse of this area."""
    heat = area_ha * assumptions["greenhouse_heat_kwh_m2"] * KG_PER_M2_TO_KT_PER_HA
    return pd.Series(
        {
            "area": area_ha,
            "heat": heat,
            "peak_heat": heat * 1000 / assumptions["greenhouse_full_load_hours"],
            "co2": area_ha * assumptions["greenhouse_co2_kg_m2"] * KG_PER_M2_TO_KT_PER_HA,
            "lamp_electricity": area_ha
            * assumptions["greenhouse_lamp_kwh_m2"]
            * KG_PER_M2_TO_KT_PER_HA,
            "tomatoes": area_ha * assumptions["greenhouse_tomato_kg_m2"] * KG_PER_M2_TO_KT_PER_HA,
            "jobs": area_ha * assumptions["greenhouse_jobs_per_ha"],
        }
    )


def _candidates(register: Register, given: list[str] | None) -> pd.Index:
    """Return the site ids given, or the localities and concept greenhouses of the region."""
    if given is not None:
        for site_id in given:
            require_site(register, site_id)
        return pd.Index(given)
    places: gpd.GeoDataFrame = register.sites
    wanted = (places["place_type"] == "locality") | (places["kind"] == "concept_greenhouse")
    return places.index[wanted & places["inside"]]


def _within_reach(
    register: Register, chosen: pd.Index, streams: pd.DataFrame, reach: float
) -> pd.DataFrame:
    """Return heat and CO2 within reach of each candidate, and the source that gives most."""
    givers = pd.Index(streams["site_id"].unique())
    km = distances_km(register, chosen, givers)
    near = (km <= reach).astype(float)

    def per_site(column: str, mask: pd.Series) -> pd.Series:
        return streams[column].where(mask, 0.0).groupby(streams["site_id"]).sum().reindex(givers)

    every = pd.Series(data=True, index=streams.index)
    direct = per_site("usable_gwh", streams["direct"])
    pumped = per_site("usable_gwh", ~streams["direct"])
    # a source that is hot enough outweighs any that needs a heat pump
    weight = near.mul(direct * 1e6 + pumped, axis=1)
    main = weight.idxmax(axis=1)
    return pd.DataFrame(
        {
            "name": register.sites.loc[chosen, "name"],
            "municipality_code": register.sites.loc[chosen, "municipality_code"],
            "direct_gwh": near @ direct,
            "heat_pump_gwh": near @ pumped,
            "free_mw": near @ per_site("free_mw", every),
            "co2_kt": _co2_nearby(register, chosen, reach),
            "source_id": main,
            "source_name": register.sites.loc[main, "name"].to_numpy(),
            "source_km": [km.at[site, giver] for site, giver in main.items()],  # noqa: PD008
        },
        index=chosen.rename("site_id"),
    )


def _co2_nearby(register: Register, chosen: pd.Index, reach: float) -> pd.Series:
    """Return the free biogenic CO2 within reach of each candidate, kt/yr."""
    flows = register.flows
    rows = flows[(flows["resource"] == "co2") & (flows["role"] == "source")]
    rows = rows[(rows["carbon"] == "biogenic") & (rows["additive"] == "yes")]
    free = (rows["value"] - rows["committed"].fillna(0.0)).clip(lower=0.0)
    per_site = free.groupby(rows["site_id"]).sum()
    return (distances_km(register, chosen, per_site.index) <= reach).astype(float) @ per_site


def _require_heat(
    register: Register, site_id: str, reach: float, *, assumptions: Mapping[str, float]
) -> None:
    """Raise RegisterError when no usable heat lies within reach of a site."""
    streams = free_heat(register, assumptions=assumptions)
    givers = pd.Index(streams.loc[streams["free_gwh"] > 0, "site_id"].unique())
    if givers.empty:
        msg = "The register has no free heat that a greenhouse could use. Add heat source rows."
        raise RegisterError(msg)
    km = distances_km(register, pd.Index([site_id]), givers).loc[site_id]
    if km.min() > reach:
        msg = (
            f"site_id = {site_id!r} has no usable heat source within {reach:g} km; the nearest is "
            f"{km.idxmin()} at {km.min():.1f} km. Choose another site or a larger reach_km."
        )
        raise RegisterError(msg)


def _refuse_second(register: Register, site_id: str) -> None:
    """Raise RegisterError where the register has a greenhouse: its need would count twice."""
    flows = register.flows
    own = flows[(flows["site_id"] == site_id) & (flows["stream"] == HEATING)]
    if not own.empty:
        msg = (
            f"site_id = {site_id!r} has a greenhouse already ({own['flow_id'].iloc[0]}, "
            f"{own['value'].iloc[0]:g} GWh/yr). Use its rows, or choose a site without one."
        )
        raise RegisterError(msg)


def _reach(reach_km: float | None, *, assumptions: Mapping[str, float]) -> float:
    """Return the reach given or that of parameters.csv, km."""
    chosen = assumptions["greenhouse_reach_km"] if reach_km is None else reach_km
    return float(checked("reach_km", chosen, above=0))
