"""Hydrogen: an electrolyser or fuel plant at a site, the power it takes, and who plans what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..assumptions.checks import checked
from ..assumptions.ranges import range_of
from ..assumptions.values import Given, as_assumptions, assumed
from ..co2.fuels import VARIED, full_load_hours
from ..co2.fuels import balance as balance
from ..co2.fuels import electrolyser as electrolyser
from ..co2.fuels import fuel_cost as fuel_cost
from ..co2.fuels import stoichiometry as stoichiometry
from ..register.gate import Register
from ..tables import read_table
from .rows import flow_rows, require_flows, require_site, stream_of

__all__ = [
    "balance", "capturable_co2_kt", "county_need", "derive_flows", "derive_fuel_flows",
    "fuel_cost", "load_projects", "project_counts",
]  # fmt: skip

SOURCE = "danish_energy_agency_technology_data"
PERMITS = ("permit", "permit_on_hold")


def derive_flows(
    register: Register,
    assumptions: Given = None,
    *,
    site_id: str,
    power_mw: float,
    hours: float | None = None,
    additive: str = "no",
) -> pd.DataFrame:
    """
    Return the flows of an electrolyser at a site: power and water in, hydrogen, oxygen, heat out.

    Parameters
    ----------
    register
        Where the site is.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    site_id
        Any site of the register.
    power_mw
        Electric power, MW.
    hours
        Full-load hours, h/yr. None: as assumed, with their range.
    additive
        "no" keeps the plan out of totals; "yes" lets it count and be matched as if it stood.

    Raises
    ------
    RegisterError
        If the site is not in the register.
    ParameterError
        If the power or the hours cannot be.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> rows = derive_flows(sg.load_register(), site_id="port_halmstad", power_mw=10)
    >>> sorted(set(rows["resource"]))
    ['electricity', 'heat', 'materials', 'water']
    """
    assumptions = as_assumptions(assumptions)
    require_site(register, site_id)
    items = range_of(
        lambda a: electrolyser(power_mw, hours=hours, assumptions=a), assumptions, VARIED
    )
    warm = _temperatures("electrolyser_heat_c", assumptions=assumptions) | {
        "resource": "heat",
        "role": "source",
    }
    load = {"hours_per_year": full_load_hours(hours, assumptions=assumptions)}
    layout: list[dict[str, Any]] = [
        {
            "item": "electricity",
            "resource": "electricity",
            "role": "sink",
            "stream": "electrolysis",
        },
        {
            "item": "water",
            "resource": "water",
            "role": "sink",
            "stream": "electrolysis",
            "material_class": "water_process",
        },
        stream_of("hydrogen", "hydrogen"),
        stream_of("oxygen", "oxygen"),
        {"item": "heat", "stream": "electrolyser_heat", **warm},
    ]
    note = f"Electrolyser of {power_mw:g} MW, assumed: no such plant is known to be planned"
    return flow_rows(
        register,
        site_id,
        items,
        [row | load for row in layout],
        category="concept",
        source_id=SOURCE,
        note=note,
        additive=additive,
    )


def derive_fuel_flows(
    register: Register,
    assumptions: Given = None,
    *,
    site_id: str,
    fuel: str = "methanol",
    co2_kt: float | None = None,
    additive: str = "no",
) -> pd.DataFrame:
    """
    Return the flows of a plant that makes fuel from a site's biogenic CO2, heat to sell included.

    Parameters
    ----------
    register
        With a biogenic CO2 source at the site.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.
    site_id
        Where the CO2 arises.
    fuel
        "methanol" or "methane".
    co2_kt
        CO2 used, kt/yr. None: all that can be captured of the site's biogenic CO2.
    additive
        "no" keeps the plan out of totals; "yes" lets it count and be matched as if it stood.

    Raises
    ------
    RegisterError
        If the site has no biogenic CO2.
    ParameterError
        If more CO2 is asked for than can be captured.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> rows = derive_fuel_flows(sg.load_register(), site_id="sodra_cell_varo", co2_kt=100)
    >>> sorted(set(rows["resource"]))
    ['co2', 'electricity', 'heat', 'materials', 'methanol', 'water']
    """
    assumptions = as_assumptions(assumptions)
    amount = capturable_co2_kt(register, site_id, assumptions=assumptions)
    warm = {"resource": "heat", "role": "source"}
    stack = _temperatures("electrolyser_heat_c", assumptions=assumptions) | warm
    reactor = _temperatures("synthesis_heat_c", assumptions=assumptions) | warm
    load = {"hours_per_year": full_load_hours(None, assumptions=assumptions)}
    if co2_kt is not None:
        amount = float(checked("co2_kt", co2_kt, above=0, at_most=amount))
    items = balance(amount, assumptions, fuel=fuel)
    made: dict[str, Any] = {"item": "product", "resource": "methanol", "role": "source"}
    if fuel == "methane":
        made = stream_of("product", "biogas")
    layout: list[dict[str, Any]] = [
        {"item": "co2", "resource": "co2", "role": "sink", "stream": f"{fuel}_synthesis"},
        {"item": "electricity", "resource": "electricity", "role": "sink", "stream": fuel},
        {
            "item": "water",
            "resource": "water",
            "role": "sink",
            "stream": "electrolysis",
            "material_class": "water_process",
        },
        made | {"stream": f"e_{fuel}"},
        stream_of("oxygen", "oxygen"),
        {"item": "heat_electrolyser", "stream": "electrolyser_heat", **stack},
        {"item": "heat_synthesis", "stream": f"{fuel}_heat", **reactor},
    ]
    note = f"{fuel} from {amount:.0f} kt CO2 a year, assumed: no such plant is planned here"
    return flow_rows(
        register,
        site_id,
        items,
        [row | load for row in layout],
        category="concept",
        source_id=SOURCE,
        note=note,
        additive=additive,
    )


def capturable_co2_kt(
    register: Register, site_id: str, *, assumptions: Mapping[str, float] | None = None
) -> float:
    """
    Return the biogenic CO2 that capture takes from a site's stacks, kt/yr.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> round(capturable_co2_kt(sg.load_register(), "sodra_cell_varo"))
    1390
    """
    assumptions = assumed(assumptions)
    rows = require_flows(register, site_id, "co2", "source", carbon="biogenic")
    return float(rows["value"].sum()) * assumptions["capture_rate"]


def county_need(
    co2_kt: float, assumptions: Given = None, *, fuel: str = "methanol"
) -> pd.DataFrame:
    """
    Return `balance` with the county's permitted offshore wind beside it, and the ratio to it.

    Wind: low counts only the permit that is not on hold; plans without a stated energy add nothing.

    Examples
    --------
    >>> county_need(100).index.tolist()[:2]
    ['co2', 'hydrogen']
    """
    assumptions = as_assumptions(assumptions)
    table = balance(co2_kt, assumptions, fuel=fuel)
    plans = load_projects()
    wind = plans[(plans["project_type"] == "offshore_wind") & plans["status"].isin(PERMITS)]
    energy = wind.groupby("status")["energy_gwh_per_yr"].sum()
    least, most = energy["permit"], energy.sum()
    need = table.loc["electricity"]
    extra = [
        {"item": "wind_permitted", "value": most, "low": least, "high": most, "unit": "GWh/yr"},
        {
            "item": "wind_ratio",
            "value": need["value"] / most,
            "low": need["low"] / most,
            "high": need["high"] / least,
            "unit": "ratio",
        },
    ]
    return pd.concat([table, pd.DataFrame(extra).set_index("item")])


def load_projects(*, inside: bool = True) -> pd.DataFrame:
    """
    Read hydrogen, fuel and wind projects by project_id; neighbours too if not `inside`.

    Examples
    --------
    >>> len(load_projects()) < len(load_projects(inside=False))
    True
    """
    table = read_table("hydrogen_projects").set_index("project_id")
    return table[table["inside"].astype(bool)] if inside else table


def project_counts(*, inside: bool = True) -> pd.DataFrame:
    """
    Return the number of projects by type and status, and of those that use CO2 of the county.

    Examples
    --------
    >>> int(project_counts().to_numpy().sum()) > 0
    True
    """
    table = load_projects(inside=inside)
    counts = table.groupby(["project_type", "status"]).agg(
        projects=("name", "size"), uses_region_co2=("uses_region_co2", "sum")
    )
    return counts.astype(int)


def _temperatures(parameter_id: str, *, assumptions: Mapping[str, float]) -> dict[str, float]:
    """Return the temperature at which a plant gives off heat, degC, as both ends of a stream."""
    return dict.fromkeys(("temperature_low_c", "temperature_high_c"), assumptions[parameter_id])
