"""Both sides of a resource added up: supply, demand and cover, by municipality, class and month."""

from __future__ import annotations

import pandas as pd

from ..model import BOUNDS
from ..register.complete import NUCLEAR, carbons, heat_classes
from ..register.gate import Register
from ..register.property_heat import STREAMS
from ..tables import read_table


def counted_flows(register: Register, resource: str, role: str) -> pd.DataFrame:
    """
    Return the rows that enter a total: additive, in the region, of one resource and role.

    Each carries the municipality_code of its site. Heat demand is property heating only, since
    network deliveries and single users repeat parts of it.
    """
    rows = register.pick(resource, role)
    if resource == "heat" and role == "sink":
        rows = rows[rows["stream"].isin(STREAMS)]
    rows = rows[rows["inside"]]
    return rows.assign(name=rows["site_id"].map(register.sites["name"]))


def by_municipality(register: Register, resource: str) -> pd.DataFrame:
    """
    Return supply and demand of a resource by municipality, with ranges, in the resource's unit.

    Indexed by municipality_code, with name, supply, supply_low, supply_high, committed, demand,
    demand_low, demand_high and cover (supply over demand). Ringhals is left out of heat: see
    `heat_by_class`.
    """
    supply = counted_flows(register, resource, "source")
    if resource == "heat":
        supply = supply[supply["class"] != NUCLEAR]
    table = register.region.names.to_frame()
    table[["supply", "supply_low", "supply_high"]] = _sums(supply)
    table["committed"] = supply.groupby("municipality_code")["committed"].sum()
    demand = counted_flows(register, resource, "sink")
    table[["demand", "demand_low", "demand_high"]] = _sums(demand)
    table = table.fillna(0.0)
    table["cover"] = (table["supply"] / table["demand"]).where(table["demand"] > 0)
    return table


def heat_by_class(register: Register) -> pd.DataFrame:
    """
    Return waste heat by temperature class, GWh/yr: value, low, high, committed, share_of_demand.

    Indexed by class: 60 degC and over, 35-59, under 35, and Ringhals apart.
    """
    supply = counted_flows(register, "heat", "source")
    sums = supply.groupby("class")[[*BOUNDS, "committed"]].sum()
    need = counted_flows(register, "heat", "sink")["value"].sum()
    return sums.reindex(heat_classes(supply), fill_value=0.0).assign(
        share_of_demand=lambda t: t["value"] / need
    )


def heat_by_municipality_and_class(register: Register) -> pd.DataFrame:
    """Return waste heat, GWh/yr: a row per municipality, a column per temperature class."""
    supply = counted_flows(register, "heat", "source")
    table = supply.pivot_table(
        index="municipality_code", columns="class", values="value", aggfunc="sum"
    )
    codes = register.region.names.index
    return table.reindex(index=codes, columns=heat_classes(supply)).fillna(0.0)


def co2_by_municipality(register: Register) -> pd.DataFrame:
    """
    Return CO2 by municipality and origin, kt/yr: biogenic and fossil, each with low and high.

    `unknown` too, where a row says neither.
    Indexed by municipality_code, with name; the county is the sum of the rows.
    """
    stacks = counted_flows(register, "co2", "source")
    table = register.region.names.to_frame()
    for carbon, key in carbons(stacks).items():
        sums = _sums(stacks[stacks["class"] == key])
        table[[carbon, f"{carbon}_low", f"{carbon}_high"]] = sums
    return table.fillna(0.0)


def monthly_heat(register: Register, *, profile: str = "heat_load_share") -> pd.DataFrame:
    """
    Return property heating and waste heat by month, GWh, indexed by month 1-12.

    Demand follows a column of the table `profiles`; the sources give the same every month.
    Ringhals is left out.
    """
    supply = counted_flows(register, "heat", "source")
    supply = supply[supply["class"] != NUCLEAR]
    share = read_table("profiles").set_index("month")[profile]
    demand = share / share.sum() * counted_flows(register, "heat", "sink")["value"].sum()
    table = pd.DataFrame({"demand": demand})
    for name, rows in supply.groupby("class"):
        table[name] = rows["value"].sum() / 12
    return table


def _sums(rows: pd.DataFrame) -> pd.DataFrame:
    """Return best, low and high by municipality."""
    return rows.groupby("municipality_code")[BOUNDS].sum()
