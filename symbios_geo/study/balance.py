"""Both sides of a resource added up: supply, demand and cover, by municipality, class and month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..heat.season import month_profile, month_shares
from ..model import Match, new_of
from ..register.classes import carbons, heat_classes, without_nuclear
from ..register.gate import Register

__all__ = [
    "by_municipality", "co2_by_municipality", "heat_by_class",
    "heat_by_municipality_and_class", "monthly_heat", "taken_by_source",
]  # fmt: skip


def by_municipality(register: Register, resource: str) -> pd.DataFrame:
    """
    Return supply and demand of a resource by municipality, in the resource's unit.

    A sum has no range of its own: lows of rows do not add up to a low (see `intervals`).

    Indexed by municipality_code, with name, supply, committed, demand and cover (supply over
    demand). Ringhals is left out of heat: see `heat_by_class`.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> by_municipality(sg.load_register(), "heat").index.tolist()
    ['1315', '1380', '1381', '1382', '1383', '1384']
    """
    sides = rows_of_balance(register, resource)
    table = register.region.names.to_frame()
    table["supply"] = _sums(sides["supply"])
    table["committed"] = _sums(sides["supply"], "committed")
    table["demand"] = _sums(sides["demand"])
    table = table.fillna(0.0)
    table["cover"] = (table["supply"] / table["demand"]).where(table["demand"] > 0)
    return table


def heat_by_class(register: Register) -> pd.DataFrame:
    """
    Return waste heat by temperature class, GWh/yr: value, committed, share_of_demand.

    Indexed by class: 60 degC and over, 35-59, under 35, and Ringhals apart.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> list(heat_by_class(sg.load_register()).columns)
    ['value', 'committed', 'share_of_demand']
    """
    supply = register.counted("heat", "source")
    sums = supply.groupby("class")[["value", "committed"]].sum()
    need = register.counted("heat", "sink")["value"].sum()
    return sums.reindex(heat_classes(supply), fill_value=0.0).assign(
        share_of_demand=lambda t: t["value"] / (need or np.nan)
    )


def heat_by_municipality_and_class(register: Register) -> pd.DataFrame:
    """
    Return waste heat, GWh/yr: a row per municipality, a column per temperature class.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> len(heat_by_municipality_and_class(sg.load_register()))
    6
    """
    supply = register.counted("heat", "source")
    table = supply.pivot_table(
        index="municipality_code", columns="class", values="value", aggfunc="sum"
    )
    codes = register.region.names.index
    return table.reindex(index=codes, columns=heat_classes(supply)).fillna(0.0)


def co2_by_municipality(register: Register) -> pd.DataFrame:
    """
    Return CO2 by municipality and origin, kt/yr: biogenic and fossil.

    `unknown` too, where a row says neither. Indexed by municipality_code, with name; the county is
    the sum of the rows.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(co2_by_municipality(sg.load_register())["biogenic"].ge(0).all())
    True
    """
    table = register.region.names.to_frame()
    for carbon, rows in rows_of_carbon(register).items():
        table[carbon] = _sums(rows)
    return table.fillna(0.0)


def taken_by_source(register: Register, match: Match) -> pd.DataFrame:
    """
    Return what becomes of each source of a match, in the resource's unit, the largest first.

    Indexed as its links name sources: site_id, name, municipality_code, supply, and of it committed
    (used today, also within the own plant), new (sent in the plan) and unused.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> study = sg.run(lang="en")
    >>> table = taken_by_source(study.register, study.matches["water"])
    >>> parts = table[["committed", "new", "unused"]].sum(axis=1)
    >>> bool((table["supply"] - parts).abs().max() < 1e-3)
    True
    """
    rows = rows_of_balance(register, match.resource.key if match.resource else "")["supply"]
    # a source is a flow, or all carbon of one stream
    flow = rows["flow_id"].isin(match.unused.index)
    keys = rows["flow_id"].where(flow, rows["site_id"] + "-" + rows["stream"].astype(str))
    table = rows.groupby(keys.rename("source"), sort=False).agg(
        site_id=("site_id", "first"), name=("name", "first"),
        municipality_code=("municipality_code", "first"),
        supply=("value", "sum"), committed=("committed", "sum"),
    )  # fmt: skip
    table["new"] = new_of(match.links).groupby("source")["sent"].sum()
    table["unused"] = match.unused
    table = table.fillna({"new": 0.0, "unused": 0.0}).round({"new": 6, "unused": 6})
    return table.sort_values("supply", ascending=False, kind="stable")


def rows_of_balance(register: Register, resource: str) -> dict[str, pd.DataFrame]:
    """Return the flows that a balance adds up, by its columns supply and demand."""
    supply = register.counted(resource, "source")
    if resource == "heat":
        supply = without_nuclear(supply)
    return {"supply": supply, "demand": register.counted(resource, "sink")}


def rows_of_carbon(register: Register) -> dict[str, pd.DataFrame]:
    """Return the flows of CO2 by their origin: biogenic, fossil, and unknown where there is any."""
    stacks = register.counted("co2", "source")
    return {carbon: stacks[stacks["class"] == key] for carbon, key in carbons(stacks).items()}


def monthly_heat(register: Register, code: str | None = None) -> pd.DataFrame:
    """
    Return property heating and waste heat by month, GWh, indexed by month 1-12.

    Each flow falls over the year as `heat.season.month_profile` says. Nuclear cooling water is
    left out. Of one municipality where its code is given.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> len(monthly_heat(sg.load_register(), "1383"))
    12
    """
    sides = rows_of_balance(register, "heat")
    if code is not None:
        sides = {name: rows[rows["municipality_code"] == code] for name, rows in sides.items()}
    months = {
        name: month_shares(month_profile(rows)).mul(rows["value"], axis=0)
        for name, rows in sides.items()
    }
    table = months["supply"].groupby(sides["supply"]["class"]).sum().T
    table.insert(0, "demand", months["demand"].sum())
    return table


def _sums(rows: pd.DataFrame, column: str = "value") -> pd.Series:
    """Return the sums of a column by municipality."""
    return rows.groupby("municipality_code")[column].sum()
