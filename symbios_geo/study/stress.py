"""What could break the plan: a place that leaves, a price that turns, a fuel that is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..assumptions.checks import HOURS_PER_YEAR
from ..assumptions.finance import annuity_factor
from ..assumptions.values import Assumptions
from ..disclosure import sign
from ..effects import business
from ..heat.networks import tier_use
from ..matching.candidates import Candidates
from ..matching.months import Year, solve_months, worthwhile
from ..model import MONTH_COLUMNS, MONTH_COSTS, carried, existing_of, new_of
from .shocks import Shock, shock_name, shocks, turned_prices

if TYPE_CHECKING:
    from .chain import Study

GAP = 0.01  # of the best plan that knows the shock
COLUMNS = [
    "shock", "kind", "name", "resource", "new_gwh", "new_kt", "new_thousand_m3", "new_msek_per_yr",
    "lost_gwh", "lost_kt", "lost_thousand_m3", "lost_msek", "existing_lost_gwh", "existing_lost_kt",
    "existing_lost_msek", "regret_msek", "largest_supplier", "largest_supplier_share",
]  # fmt: skip


def stress(study: Study) -> pd.DataFrame:
    """
    Return what is left of the plan when one thing breaks, once its pipes are built.

    Each place that gives or takes leaves (N-1), each price goes to the ends of its range, networks
    lose a fuel, and what the table of shocks has for the region happens: a closure, a data centre
    beside each network, what industry gives in the Region's own scenarios of 2030 and 2045. Those
    tell nothing of the need of heat, and nothing of prices, which therefore stand. The pipes of the
    plan stand and are paid, whatever happens; they run where running pays. So `new_msek_per_yr` is
    a lower bound: who builds anew does no worse.

    Parameters
    ----------
    study
        A study matched by the plan.

    Returns
    -------
    stress
        A row per shock and resource that it strikes: shock (a site_id, or parameter and end), kind
        ("source", "sink", "price", "fuel", and of the table shocks "closure", "data_centre" or
        "industry"), new_gwh (or _kt, _thousand_m3) and new_msek_per_yr
        after it, what is lost of each against the plan, what ends of today's (existing_lost_gwh)
        and what networks then pay for their own plants instead, existing_lost_msek; regret_msek
        (what the best plan that knew the shock gains more a year, to 1 % of it); of a receiver its
        largest supplier and that one's share of all it needs. Hardest blow first. Empty if the plan
        was not solved by month.
    """
    turned = turned_prices(study.assumptions)
    parts = [stressed_resource(study, key, turned) for key in study.matches]
    whole = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    table = whole.reindex(columns=COLUMNS)
    order = table["lost_msek"].add(table["existing_lost_msek"].fillna(0.0))
    ranked = table.loc[order.sort_values(ascending=False, kind="stable").index]
    return sign(ranked.reset_index(drop=True), study.readers)


def in_words(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of `stress` with what happens, and suppliers, named in a study's language."""
    names = study.register.sites["name"]
    told = [shock_name(study, *ids) for ids in zip(table["shock"], table["kind"], strict=True)]
    supplier = table["largest_supplier"].map(names)
    return sign(table.assign(name=told, largest_supplier=supplier), study.readers)


def stressed_resource(study: Study, key: str, turned: dict[str, Assumptions]) -> pd.DataFrame:
    """Return the stress of one resource."""
    found, match = study.candidates[key], study.matches[key]
    links = carried(match.links)
    built = new_of(links).reset_index(drop=True)
    if built.empty or "capacity" not in built or not set(MONTH_COLUMNS) <= set(built):
        return pd.DataFrame(columns=COLUMNS)
    standing = existing_of(links)
    sunk = business.yearly_capital(built, found.resource, study.assumptions)
    usual = Shock("", "", found, study.assumptions, standing.head(0))
    planned = operated(study, usual, built, sunk)
    unit = found.resource.unit.partition("/")[0].lower().replace(" ", "_")
    rows = []
    for shock in shocks(study, found, links, turned):
        if shock.found is found:  # nothing of the plan hangs on what happens
            delivered, gain = planned
            best = gain
        else:
            delivered, gain = operated(study, shock, built, sunk)
            best = best_plan(shock, found, built, study.assumptions)
        rows.append(
            {
                "shock": shock.shock,
                "kind": shock.kind,
                "resource": key,
                f"new_{unit}": delivered,
                "new_msek_per_yr": gain,
                f"lost_{unit}": planned[0] - delivered,
                "lost_msek": planned[1] - gain,
                "regret_msek": max(best - gain, 0.0),
                **_existing_lost(shock, unit),
                **_dependence(study, shock, links),
            }
        )
    return pd.DataFrame(rows)


def operated(
    study: Study, shock: Shock, built: pd.DataFrame, sunk: pd.DataFrame
) -> tuple[float, float]:
    """Return what pipes that stand deliver after a shock, and gain a year, million SEK."""
    running = _avoidable(shock, built)
    capital = float(sunk.to_numpy().sum()) * study.assumptions["sek_per_eur"]
    year = _connected(shock.found.year(), built)
    answer = solve_months(running, year, fixed=True, gap=GAP / 10, assumptions=shock.assumptions)
    earned = answer.certificate.get("primal", 0.0) * shock.assumptions["sek_per_eur"] / 1000
    return float(answer.links["delivered"].sum()), float(earned) - capital


def _connected(year: Year, built: pd.DataFrame) -> Year:
    """Return a year in which only those take more for whom nothing has to be built but a pipe."""
    by_unit = [c for c in built if c.startswith("invest_") and c.endswith("_meur_per_unit")]
    grown = built[(built[by_unit] > 0).any(axis=1)]
    planned = grown.groupby("sink")[MONTH_COLUMNS].sum().set_axis(year.demand.columns, axis=1)
    demand = year.demand.copy()
    demand.loc[planned.index] = np.minimum(demand.loc[planned.index], planned)
    return replace(year, demand=demand)


def _avoidable(shock: Shock, built: pd.DataFrame) -> pd.DataFrame:
    """Return the pipes that stand, priced after the shock, at what they cost to run alone."""
    keys = ["source", "sink"]
    priced = shock.found.links
    priced = priced[~priced.duplicated(keys)].set_index(keys, drop=False)
    wanted = pd.MultiIndex.from_frame(built[keys])
    rows = priced.reindex(wanted).reset_index(drop=True)
    # a pipe that cannot work any more stands idle
    works = rows["unit_cost"].notna()
    rows, capacity = rows[works].copy(), built.loc[works.to_numpy(), "capacity"].to_numpy(float)
    record, given = shock.found.resource, shock.assumptions
    years = business.lives(rows, record, given).fillna(1.0)
    # what a MW, a pipe and a delivered unit of each part cost a year, EUR
    sizes = {"meur_per_mw": "capacity_cost", "fixed_meur": "fixed_cost", "meur_per_unit": ""}
    for name, cost in sizes.items():
        yearly = np.zeros(len(rows))
        for part in years:
            if (column := f"invest_{part}_{name}") in rows:
                factor = annuity_factor(given["discount_rate"], years[part].to_numpy(float))
                yearly += rows[column].to_numpy(float) * factor
        if cost:
            rows[cost] = (rows[cost] - yearly * 1e6).clip(lower=0.0)
        else:
            monthly = [c for c in ("variable_cost", *MONTH_COSTS) if c in rows]
            rows[monthly] = rows[monthly].sub(yearly * 1e3, axis=0)
    return rows.assign(largest_capacity=capacity, **_lost_share(rows, capacity))


def _lost_share(rows: pd.DataFrame, capacity: np.ndarray) -> dict[str, np.ndarray]:
    """Return the efficiency at the capacity that was built: a pipe loses the same watts."""
    if "loss_mw" not in rows:
        return {}
    hours = rows["full_load_hours"].to_numpy(float)
    lost = rows["loss_mw"].to_numpy(float) * HOURS_PER_YEAR
    before = lost / (rows["largest_capacity"].to_numpy(float) * hours)
    gain = rows["efficiency"].to_numpy(float) * (1 + before)
    return {"efficiency": gain / (1 + lost / (capacity * hours))}


def best_plan(shock: Shock, before: Candidates, built: pd.DataFrame, usual: Assumptions) -> float:
    """
    Return what the best plan that knew of a shock gains a year, million SEK.

    Where a place leaves, only what hangs together with it is planned anew.
    """
    found, given = shock.found, shock.assumptions
    links, kept = found.links, 0.0
    if shock.kind in ("source", "sink", "data_centre"):
        # a price that rises with the shock makes links worth building that were not
        every = pd.concat([before.links, links])
        nodes = _reached(every, _struck(shock, before))
        links, away = links[_touch(links, nodes)], built[~_touch(built, nodes)]
        kept = float((away["delivered"] * (away["worth"] - away["unit_cost"])).sum())
    answer = solve_months(links, found.year(), fixed=True, gap=GAP, assumptions=given)
    gained = answer.certificate["primal"] * given["sek_per_eur"]
    return float(gained + kept * usual["sek_per_eur"]) / 1000


def _struck(shock: Shock, before: Candidates) -> set[str]:
    """Return the sources and sinks for which the world has changed."""
    ends = [end.index[end["site_id"] == shock.shock] for end in (before.sources, before.sinks)]
    return {str(name) for end in (*ends, shock.gone["sink"]) for name in end}


def _touch(links: pd.DataFrame, nodes: set[str]) -> pd.Series:
    """Say which links have an end among some nodes."""
    return links["source"].isin(nodes) | links["sink"].isin(nodes)


def _reached(links: pd.DataFrame, nodes: set[str]) -> set[str]:
    """Return all nodes that links worth building join to some of them."""
    pairs, count = worthwhile(links)[["source", "sink"]], 0
    while len(nodes) > count:
        count = len(nodes)
        near = pairs[_touch(pairs, nodes)]
        nodes = nodes | set(near["source"]) | set(near["sink"])
    return nodes


def _existing_lost(shock: Shock, unit: str) -> dict[str, float]:
    """Return the heat of today that ends, and what the networks' own plants cost instead."""
    gone = shock.gone
    if gone.empty:
        return {}
    found = shock.found
    told = {f"existing_lost_{unit}": float(gone["delivered"].sum())}
    if shock.kind == "sink" or found.tiers is None:
        return told
    months = gone[MONTH_COLUMNS].to_numpy(float)
    use = tier_use(found.priced_tiers, gone["sink"], np.zeros_like(months), months)
    saved = float((use @ found.priced_tiers["worth"].to_numpy(float)).sum())
    return told | {"existing_lost_msek": saved * shock.assumptions["sek_per_eur"] / 1000}


def _dependence(study: Study, shock: Shock, links: pd.DataFrame) -> dict[str, object]:
    """Return who gives a receiver most, and that one's share of all it needs."""
    if shock.kind != "sink":
        return {}
    mine = links[links["site_id_sink"] == shock.shock]
    given = mine.groupby("site_id_source")["delivered"].sum()
    found = study.candidates[shock.found.resource.key]
    sinks = mine["sink"].unique()
    whole = found.sinks["value"].reindex(sinks)
    if found.tiers is not None:
        whole = found.tiers.loads(study.assumptions).reindex(sinks).fillna(whole)
    share = float(given.max() / max(float(whole.sum()), float(given.sum())))
    return {
        "largest_supplier": given.idxmax(),
        "largest_supplier_share": share,
    }
