"""The plan in numbers: what flows today, what is new and pays, and the headline of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..assumptions.checks import HOURS_PER_YEAR
from ..co2.links import co2_headline
from ..effects import business
from ..model import (
    EXISTING,
    LINK_EFFECTS,
    MONTH_COLUMNS,
    MONTHS,
    NEW,
    ROLES,
    SITES,
    carried,
    existing_of,
    new_of,
)
from ..region.sweden import swedish_table
from ..register.gate import Register

if TYPE_CHECKING:
    from .chain import Study

__all__ = ["by_county", "met"]  # the rest is asked of a study: `exchanges`, `headline`, `carried`

EXCHANGE = [
    "resource", "status", "source", "name_source", "sink", "name_sink", "municipality_code_source",
    "municipality_code_sink", "distance_km", "mode", "delivered", "unit", "capacity",
    "unit_cost", "worth", "investment_msek", "yearly_msek", "payback_years", "npv_msek",
    "electricity_mwh_per_mwh", "t_co2e", "t_co2e_low", "t_co2e_high", "confidence",
    "one_place", "method_source", "facts_year", "stream_source", "stream_sink",
    "use_today_source", "rule_id", "case_place", "case_country", "precedent", "condition",
    *MONTH_COLUMNS,
]  # fmt: skip


def exchanges(study: Study) -> pd.DataFrame:
    """
    Return every exchange of the plan, existing ones first, then what gains most.

    New ones with an end that is no single place come last (see `Register.one_place`).

    Parameters
    ----------
    study
        A study that was run.

    Returns
    -------
    exchanges
        One row per link that carries something: resource, status ("existing", with the amount of
        today, or "new"), both ends with names, distance_km, `delivered` in `unit` and by month
        (`month_1` ...), capacity (MW or t/h), unit_cost and worth (EUR per MWh or t, price level
        2024), investment_msek, yearly_msek (what it gains a year when capital is paid),
        payback_years and npv_msek (see `business.money`), the lower confidence of its ends,
        one_place: whether both are one real place, method_source: whether the giver's amount is
        reported, derived or estimated, and condition: what a receiver of a by-product asks of it.
        Money of existing exchanges is not known and stays blank.
    """
    parts = [study.carried(key) for key in study.matches]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    table = table.reindex(columns=EXCHANGE)
    first = table["status"].map({EXISTING: 0, NEW: 1})
    many = (table["status"] == NEW) & ~table["one_place"].eq(True)
    order = table.assign(first=first, many=many).sort_values(
        ["first", "many", "yearly_msek", "delivered", "source", "sink"],
        ascending=[True, True, False, False, True, True],
        kind="stable",
    )
    return order.drop(columns=["first", "many"]).reset_index(drop=True)


def headline(study: Study) -> dict[str, float]:
    """
    Return the figures that the study opens with.

    Returns
    -------
    headline
        existing_gwh (heat that goes between places to buildings today, measured), used_gwh (heat
        that its sources use today, also within a plant and as estimated), new_gwh (new heat that
        pays, month by month, each pipe built or not), new_share (what it meets of the need),
        new_msek_per_yr (what it gains), need_gwh (property heating), supply_gwh (waste heat that
        arises), and for CO2: co2_kt and what `co2_headline` tells: what is used today, goes to
        users that exist, and to storage.
    """
    rows = study.exchanges
    new = new_of(rows, "heat")
    found: dict[str, float] = {}
    if "heat" in study.balances:
        need = float(study.balances["heat"]["demand"].sum())
        found |= {
            "existing_gwh": float(existing_of(rows, "heat")["delivered"].sum()),
            "used_gwh": float(study.balances["heat"]["committed"].sum()),
            "new_gwh": float(new["delivered"].sum()),
            "new_share": met(study, new) / need if need else np.nan,
            "new_msek_per_yr": float(new["yearly_msek"].sum()),
            "new_t_co2e_low": float(new["t_co2e_low"].sum()),
            "new_t_co2e_high": float(new["t_co2e_high"].sum()),
            "need_gwh": need,
            "supply_gwh": float(study.balances["heat"]["supply"].sum()),
        }
    if "co2" in study.balances:
        carbon = rows[rows["resource"] == "co2"]
        found["co2_kt"] = float(study.co2[["biogenic", "fossil"]].sum().sum())
        found |= co2_headline(study.register, carbon, study.assumptions)
    return found


def met(study: Study, rows: pd.DataFrame) -> float:
    """
    Return what heat exchanges meet of the need of buildings, GWh/yr.

    Less than what arrives: a network loses a part on its way, and sells some to industry.

    Parameters
    ----------
    study
        What `run` returned.
    rows
        Of `Study.exchanges`, or of another plan of the same study: `sink` and `delivered`.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> study = sg.run()
    >>> heat = study.exchanges.query("resource == 'heat'")
    >>> bool(sg.plan.met(study, heat) < heat["delivered"].sum())
    True
    """
    part = rows["sink"].map(study.candidates["heat"].sinks["to_buildings"])
    return float((rows["delivered"] * part.astype(float)).sum())


def by_county(study: Study) -> pd.DataFrame:
    """
    Return need, sources and plan by county, for a region of several counties.

    Returns
    -------
    counties
        Indexed by county code, with name, need_gwh, supply_gwh, plan_gwh and plan_msek_per_yr (new
        heat that pays, of the county where it arrives), plan_share (what it meets of the need), and
        point_co2_kt (biogenic and fossil); municipalities that no statistics know are left out.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> sg.plan.by_county(sg.run()).name.tolist()
    ['Hallands län']
    """
    towns = swedish_table()
    heat, carbon = study.balances["heat"], study.co2[["biogenic", "fossil"]].sum(axis=1)
    rows = new_of(study.exchanges, "heat")
    new = rows.groupby("municipality_code_sink")[["delivered", "yearly_msek"]].sum()
    here = {code: met(study, each) for code, each in rows.groupby("municipality_code_sink")}
    table = pd.DataFrame(
        {
            "need_gwh": heat["demand"],
            "supply_gwh": heat["supply"],
            "plan_gwh": new["delivered"].reindex(heat.index),
            "met": pd.Series(here, dtype=float).reindex(heat.index),
            "plan_msek_per_yr": new["yearly_msek"].reindex(heat.index),
            "point_co2_kt": carbon.reindex(heat.index),
        }
    ).fillna(0.0)
    sums = table.groupby(towns["county_code"].reindex(table.index)).sum()
    names = towns.drop_duplicates("county_code").set_index("county_code")["county"]
    sums.insert(0, "name", names.reindex(sums.index))
    share = sums.pop("met") / sums["need_gwh"].where(sums["need_gwh"] > 0)
    return sums.assign(plan_share=share)


def of_links(study: Study, key: str, links: pd.DataFrame) -> pd.DataFrame:
    """Return links of one resource that carry something, with money, effects and confidence."""
    record = study.resource(key)
    rows = carried(links).copy()
    measured = rows["status"] == EXISTING
    money = business.money(rows, record, study.assumptions)
    ends = end_confidence(study.register, rows, key)
    flows = study.register.flows.set_index("flow_id")
    weaker = ends.max(axis=1).mask(measured, _measured_confidence(study, rows, key))
    return _with_size(rows).assign(
        resource=key,
        unit=record.unit,
        mode=rows.get(record.mode, ""),
        method_source=rows["source"].map(flows["method"]),
        facts_year=rows["source"].map(flows["year"]),
        one_place=study.register.both_one_place(rows),
        condition=rows.get(f"condition_{study.lang}"),
        # what was built long ago cost nobody knows what
        **{name: money[name].mask(measured) for name in money},
        **_effects(study, rows, key),
        **{f"confidence_{side}": ends[side] for side in ends},
        confidence=weaker,
    )


def largest_month(rows: pd.DataFrame) -> pd.Series:
    """Return what links deliver in their largest month, MW or t/h."""
    return rows[MONTH_COLUMNS].max(axis=1) * 1000 * MONTHS / HOURS_PER_YEAR


def _with_size(rows: pd.DataFrame) -> pd.DataFrame:
    """Return links with the size that they need where size costs nothing: no answer sets it."""
    if not {"capacity", *MONTH_COLUMNS} <= set(rows):
        return rows
    free = rows["capacity_cost"].eq(0) & rows["fixed_cost"].eq(0)
    return rows.assign(capacity=rows["capacity"].mask(free, largest_month(rows)))


def _effects(study: Study, rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return what links that are not yet there replace, avoid (t CO2e/yr) and employ."""
    effects = study.resource(key).effects
    planned = rows[rows["status"] != EXISTING]
    found = pd.DataFrame(columns=LINK_EFFECTS)
    if effects is not None and len(planned):
        found = effects(planned, study.assumptions)
    found = found.reindex(rows.index)
    ends = found.drop(columns="replaces").astype(float)
    middle = {
        name: ends[[f"{name}_low", f"{name}_high"]].mean(axis=1) for name in ("t_co2e", "jobs")
    }
    return pd.DataFrame({"replaces": found["replaces"], **middle, **ends})


def end_confidence(register: Register, rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return the confidence of both ends of links of a resource: A before B before C."""
    flows = register.flows
    mine = flows[flows["resource"] == key]
    by_flow = mine.groupby("flow_id")["confidence"].max()
    by_site = mine.groupby("site_id")["confidence"].max()
    return pd.DataFrame(
        {
            side: rows[side].map(by_flow).fillna(rows[f"site_id_{side}"].map(by_site)).fillna("C")
            for side in ROLES
        }
    )


def _measured_confidence(study: Study, rows: pd.DataFrame, key: str) -> pd.Series:
    """Return how sure the quantity of an exchange of today is: that of its own row."""
    known = study.register.synergies
    if known is None:
        return pd.Series("C", rows.index)
    mine = known[known["resource"] == key]
    worst = mine.groupby(["from_site_id", "to_site_id"])["confidence"].max()
    ends = pd.MultiIndex.from_frame(rows[SITES])
    return pd.Series(worst.reindex(ends).fillna("C").to_numpy(), rows.index)
