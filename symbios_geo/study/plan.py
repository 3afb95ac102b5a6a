"""The plan in numbers: what flows today, what is new and pays, and the headline of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..assumptions.finance import annuity_factor
from ..co2.links import co2_headline
from ..errors import RegisterError
from ..model import BOUNDS, MONTH_COLUMNS

if TYPE_CHECKING:
    from .chain import Study

EXCHANGE = [
    "resource", "status", "source", "name_source", "sink", "name_sink", "municipality_code_source",
    "municipality_code_sink", "distance_km", "mode", "delivered", "unit", "capacity",
    "unit_cost", "worth", "investment_msek", "yearly_msek", "payback_years", "npv_msek",
    "electricity_mwh_per_mwh", "t_co2e", "t_co2e_low", "t_co2e_high", "confidence", *MONTH_COLUMNS,
]  # fmt: skip
LEAST = 1e-6  # GWh or kt: less is rounding


def exchanges(study: Study) -> pd.DataFrame:
    """
    Return every exchange of the plan, existing ones first, then what gains most.

    Parameters
    ----------
    study
        A study that was run.

    Returns
    -------
    exchanges
        One row per link that carries something: resource, status ("existing" as statistics
        measure it, or "new"), both ends with names, distance_km, `delivered` in `unit` and by month
        (`month_1` ...), capacity (MW or t/h), unit_cost and worth (EUR per MWh or t, price level
        2024), investment_msek, yearly_msek (what it gains a year when capital is paid),
        payback_years and npv_msek over the life of a pipe, and the lower confidence of its ends.
        Money of existing exchanges is not known and stays blank.
    """
    parts = [_of_resource(study, key) for key in study.matches]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    table = table.reindex(columns=EXCHANGE)
    first = table["status"].map({"existing": 0, "new": 1})
    order = table.assign(first=first).sort_values(
        ["first", "yearly_msek", "delivered", "source", "sink"],
        ascending=[True, False, False, True, True],
        kind="stable",
    )
    return order.drop(columns="first").reset_index(drop=True)


def headline(study: Study) -> dict[str, float]:
    """
    Return the figures that the study opens with.

    Returns
    -------
    headline
        existing_gwh (heat that flows today, measured), new_gwh (new heat that pays, month by
        month, each pipe built or not), new_share (of the need), new_msek_per_yr (what it gains),
        need_gwh (property heating), supply_gwh (waste heat that arises), and for CO2: co2_kt and
        what `co2_headline` tells: what is used today, goes to users that exist, and to storage.
    """
    rows = exchanges(study)
    heat = rows[rows["resource"] == "heat"]
    new = heat[heat["status"] == "new"]
    found: dict[str, float] = {}
    if "heat" in study.balances:
        need = float(study.balances["heat"]["demand"].sum())
        found |= {
            "existing_gwh": float(heat.loc[heat["status"] == "existing", "delivered"].sum()),
            "new_gwh": float(new["delivered"].sum()),
            "new_share": float(new["delivered"].sum() / need) if need else np.nan,
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


def trace(study: Study, number_id: str) -> pd.DataFrame:
    """
    Return where a number comes from: its value, and term by term what it is made of.

    Parameters
    ----------
    study
        A study that was run.
    number_id
        A flow_id or parameter_id.

    Returns
    -------
    trace
        The number itself first, then what its formula reads, each with value, low, high, unit,
        source, confidence and `formula` (blank for what was stated).

    Raises
    ------
    RegisterError
        If no flow and no assumption has that id; the message names the nearest.
    """
    from ..assumptions.derivations import read_formulas
    from ..tables import read_table

    known = _numbers(study)
    if number_id not in known.index:
        raise RegisterError(_unknown(number_id, list(known.index)))
    formulas = read_formulas(read_table("derivations"))
    rows, waiting = [], [number_id]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop(0)
        if name in seen or name not in known.index:
            continue
        seen.add(name)
        terms = formulas.get(name, []) if known.loc[name, "origin"] == "derived" else []
        text = " + ".join(
            " x ".join([f"{term.coefficient:g}", *term.factors])
            + "".join(f" / {divisor}" for divisor in term.divisors)
            for term in terms
        )
        rows.append({"id": name, **known.loc[name].to_dict(), "formula": text})
        waiting += [part for term in terms for part in (*term.factors, *term.divisors)]
    titles = read_table("sources").set_index("source_id")["title"]
    table = pd.DataFrame(rows).set_index("id")
    return table.assign(source=table["source_id"].map(titles)).drop(columns="origin")


def _of_resource(study: Study, key: str) -> pd.DataFrame:
    """Return the exchanges of one resource."""
    match, record = study.matches[key], study.resource(key)
    links = match.links
    status = links["status"] if "status" in links else pd.Series("new", links.index)
    rows = links.assign(status=status)[links["delivered"] > LEAST].copy()
    new = rows["status"] == "new"
    rate, sek = study.assumptions["discount_rate"], study.assumptions["sek_per_eur"]
    yearly = rows["delivered"] * (rows["worth"] - rows["unit_cost"]) * sek / 1000
    investment = _investment(rows) * sek
    # what is left when running costs are paid: it pays the investment back
    surplus = yearly + investment * float(
        annuity_factor(rate, study.assumptions["pipe_life_years"])
    )
    life = float(annuity_factor(rate, study.assumptions["pipe_life_years"]))
    with np.errstate(divide="ignore", invalid="ignore"):
        payback = np.where(surplus > 0, investment / surplus, np.nan)
    return rows.assign(
        resource=key,
        unit=record.unit,
        mode=rows.get(record.mode, ""),
        investment_msek=investment.where(new),
        yearly_msek=yearly.where(new),
        payback_years=pd.Series(payback, rows.index).where(new),
        npv_msek=(yearly / life).where(new),
        **_climate(study, rows, key),
        confidence=_confidence(study, rows, key).where(new, _measured_confidence(study, rows, key)),
    )


def _climate(study: Study, rows: pd.DataFrame, key: str) -> dict[str, pd.Series]:
    """Return the emissions each new link avoids, t CO2e/yr: middle, low, high; blank if unknown."""
    effect = study.resource(key).climate_effect
    ends = pd.DataFrame(np.nan, index=rows.index, columns=["low", "high"])
    for label_of_row, row in rows.iterrows():
        if effect is None or row["status"] != "new":
            continue
        exchange = row.to_dict() | {"links": rows.loc[[label_of_row]]}
        exchange["stream"] = row.get("stream_sink", row.get("stream", ""))
        found = effect(pd.Series(exchange), study.assumptions)
        ends.loc[label_of_row] = [found["low"].min(), found["high"].max()]
    middle = ends.mean(axis=1)
    return {"t_co2e": middle, "t_co2e_low": ends["low"], "t_co2e_high": ends["high"]}


def _investment(rows: pd.DataFrame) -> pd.Series:
    """Return what building each link takes, million EUR: once, and by its capacity."""
    if not {"investment_fixed_meur", "investment_meur_per_mw", "capacity"} <= set(rows.columns):
        return pd.Series(np.nan, rows.index)
    return rows["investment_fixed_meur"] + rows["investment_meur_per_mw"] * rows["capacity"]


def _confidence(study: Study, rows: pd.DataFrame, key: str) -> pd.Series:
    """Return the weaker confidence of both ends: A before B before C."""
    flows = study.register.flows
    mine = flows[flows["resource"] == key]
    by_flow = mine.groupby("flow_id")["confidence"].max()
    by_site = mine.groupby("site_id")["confidence"].max()
    ends = [
        rows[side].map(by_flow).fillna(rows[f"site_id_{side}"].map(by_site)).fillna("C")
        for side in ("source", "sink")
    ]
    return pd.concat(ends, axis=1).max(axis=1)


def _measured_confidence(study: Study, rows: pd.DataFrame, key: str) -> pd.Series:
    """Return how sure the quantity of an exchange of today is: that of its own row."""
    known = study.register.synergies
    if known is None:
        return pd.Series("C", rows.index)
    mine = known[known["resource"] == key]
    worst = mine.groupby(["from_site_id", "to_site_id"])["confidence"].max()
    ends = pd.MultiIndex.from_frame(rows[["site_id_source", "site_id_sink"]])
    return pd.Series(worst.reindex(ends).fillna("C").to_numpy(), rows.index)


def _numbers(study: Study) -> pd.DataFrame:
    """Return every flow and assumption with value, range, unit and source, by id."""
    flows = study.register.flows.set_index("flow_id")
    table = study.assumptions.table
    stated = study.assumptions.stated["value"].notna().reindex(table.index)
    table = table.assign(origin=np.where(stated, "stated", "derived"))
    columns = [*BOUNDS, "unit", "source_id", "confidence", "origin"]
    return pd.concat([flows.reindex(columns=columns), table.reindex(columns=columns)])


def _unknown(number_id: str, known: list[str]) -> str:
    """Say that an id is not known, with the nearest ones."""
    import difflib

    near = difflib.get_close_matches(number_id, known, n=3, cutoff=0.5)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    return f"No flow and no assumption is called {number_id!r}.{hint}"
