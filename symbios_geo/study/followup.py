"""Follow-up of effects: what changed between two registers, as indicators by municipality."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..assumptions.values import Assumptions, Given, as_assumptions
from ..effects.indicators import UNITS, describe
from ..effects.jobs import estimate_jobs
from ..errors import RegisterError
from ..heat.benefit import heat_effects
from ..heat.links import demand_points, find_tiers
from ..heat.season import flat_supply_share
from ..model import BOUNDS, METRIC_CRS, MONTH_COLUMNS
from ..register.gate import Register
from ..tables import data_date

__all__ = ["change_by_municipality", "compare", "exchange_changes", "horizons"]

# indicators of the network that two registers are compared in
COMPARED = (
    "actors", "links", "linkage_density", "connectance_undirected", "givers_per_taker",
    "cyclicity", "median_km", "share_with_quantity", "sectors", "diversity", "small_company_share",
)  # fmt: skip
CARRIED = {"heat": "GWh/yr", "co2": "kt/yr", "biogas": "GWh/yr"}


def compare(before: Register, after: Register, assumptions: Given = None) -> pd.DataFrame:
    """
    Compare the exchanges that operate in two registers.

    Parameters
    ----------
    before, after
        A baseline and a later register, both with `synergies`.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.

    Returns
    -------
    indicators
        Indexed by indicator: before, after, change, low and high (the range of the change), unit.
        Exchanges and how much they carry by resource, indicators of their network (see
        `indicators.describe`, the share of exchanges with a small company among them), jobs (direct
        and indirect, by exchange of heat) and the emissions that heat avoids, as those of the plan
        (see `heat.benefit.heat_effects`).

    Raises
    ------
    RegisterError
        If a register has no table of exchanges.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> register = sg.load_register()
    >>> float(compare(register, register)["change"].abs().max())
    0.0
    """
    table = _indicators(before, "before").join(_indicators(after, "after")[["after"]])
    table["change"] = table["after"] - table["before"]
    more = _networks_for_houses(after) - _networks_for_houses(before)
    effects = _effects(before, after, more, as_assumptions(assumptions))
    return pd.concat([table, effects])[["before", "after", "change", "low", "high", "unit"]]


def change_by_municipality(before: Register, after: Register) -> pd.DataFrame:
    """
    Return what operating exchanges carry more or less by the sender's municipality.

    Indexed by municipality_code: name, and the change of exchanges, heat (GWh/yr) and CO2 (kt/yr).

    Examples
    --------
    >>> import symbios_geo as sg
    >>> register = sg.load_register()
    >>> int(change_by_municipality(register, register)["exchanges"].abs().sum())
    0
    """
    names = after.region.names
    table = names.to_frame()
    first, second = (
        _by_municipality(register).reindex(names.index) for register in (before, after)
    )
    change = second.fillna(0.0) - first.fillna(0.0)
    return table.join(change)


def exchange_changes(before: Register, after: Register) -> pd.DataFrame:
    """
    Return what became of each exchange between two registers.

    Returns
    -------
    changes
        A row per exchange that operates in either: synergy_id, giver, taker (names), resource,
        unit, before, after, change, `change_kind` ("came", "went", "more", "less" or "same") and
        since. An exchange whose amount nobody tells stays the same while it operates.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> register = sg.load_register()
    >>> set(exchange_changes(register, register)["change_kind"])
    {'same'}
    """
    first, second = (operating(register).set_index("synergy_id") for register in (before, after))
    ids = first.index.union(second.index, sort=False)
    rows = second.reindex(ids).combine_first(first.reindex(ids)).loc[ids]
    amounts = {"before": first["value"].reindex(ids), "after": second["value"].reindex(ids)}
    change = amounts["after"].fillna(0.0) - amounts["before"].fillna(0.0)
    kinds = [~ids.isin(first.index), ~ids.isin(second.index), change > 0, change < 0]
    names = pd.concat([register.sites["name"] for register in (after, before)])
    names = names[~names.index.duplicated()]
    return pd.DataFrame(
        {
            "synergy_id": ids,
            "giver": rows["from_site_id"].map(names).fillna(rows["from_site_id"]).to_numpy(),
            "taker": rows["to_site_id"].map(names).fillna(rows["to_site_id"]).to_numpy(),
            "resource": rows["resource"].to_numpy(),
            "unit": rows["unit"].to_numpy(),
            "before": amounts["before"].to_numpy(),
            "after": amounts["after"].to_numpy(),
            "change": change.to_numpy(),
            "change_kind": np.select(kinds, ["came", "went", "more", "less"], default="same"),
            "since": pd.to_numeric(rows["since"]).astype("Int64").to_numpy(),
        }
    )


def horizons(register: Register, year: int | None = None) -> pd.DataFrame:
    """
    Return how much of what operates began within three horizons.

    Parameters
    ----------
    register
        With exchanges that say since when they run.
    year
        The last year that counts. None: that of the newest look at any source.

    Returns
    -------
    began
        Indexed by indicator (exchanges, and what they carry by resource): `long` (all whose
        beginning is known), `five_years`, `last_year`, and `unknown_since`, whose beginning nobody
        tells; and the `unit` of the row.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> list(horizons(sg.load_register()).columns)
    ['long', 'five_years', 'last_year', 'unknown_since', 'unit']
    """
    last = data_date().year if year is None else year
    runs = operating(register)
    since = pd.to_numeric(runs["since"]).astype(float)
    within = {
        "long": since <= last,
        "five_years": (since <= last) & (since > last - 5),
        "last_year": (since <= last) & (since > last - 1),
        "unknown_since": since.isna(),
    }
    columns = {}
    for name, chosen in within.items():
        rows = runs[chosen]
        carried = rows.groupby("resource")["value"].sum()
        counts = {f"{key}_exchanged": float(carried.get(key, 0.0)) for key in CARRIED}
        columns[name] = {"exchanges": float(len(rows)), **counts}
    units = {"exchanges": "exchanges"} | {f"{key}_exchanged": CARRIED[key] for key in CARRIED}
    return pd.DataFrame(columns | {"unit": units}).rename_axis("indicator")


def running(register: Register) -> pd.DataFrame:
    """Return the exchanges that operate: giver, taker, resource, amount, unit, km and share."""
    if register.synergies is None:
        return network(pd.DataFrame(columns=["giver", "taker", "resource", "amount"]), register)
    rows = operating(register).rename(
        columns={"from_site_id": "giver", "to_site_id": "taker", "value": "amount"}
    )
    return network(rows[["giver", "taker", "resource", "amount"]], register)


def network(rows: pd.DataFrame, register: Register) -> pd.DataFrame:
    """Return exchanges with the distance of their ends, and the share of what their giver has."""
    points = register.sites.geometry.to_crs(METRIC_CRS)
    ends = [points.reindex(rows[side]).reset_index(drop=True) for side in ("giver", "taker")]
    flows = register.flows
    given = flows[(flows["role"] == "source") & (flows["additive"] == "yes")]
    arising = given.groupby(["site_id", "resource"])["value"].sum()
    whole = arising.reindex(pd.MultiIndex.from_frame(rows[["giver", "resource"]])).to_numpy(float)
    amount = pd.to_numeric(rows["amount"]).to_numpy(float)
    share = np.divide(amount, whole, out=np.full(len(rows), np.nan), where=whole > 0)
    km = ends[0].distance(ends[1]).to_numpy(float) / 1000
    rows = rows.reset_index(drop=True)
    return rows.assign(amount=amount, km=km, share=np.minimum(share, 1.0))


def actor_facts(register: Register) -> pd.DataFrame:
    """Return sector and company_size of each place, blank where nobody tells."""
    sites = register.sites
    size = sites.get("company_size", pd.Series(np.nan, sites.index))
    return pd.DataFrame({"sector": sites["sector_sni"], "company_size": size})


def operating(register: Register) -> pd.DataFrame:
    """Return the exchanges of a register that run."""
    if register.synergies is None:
        msg = "The register has no exchanges. Add a table `synergies` with status and value."
        raise RegisterError(msg)
    runs = register.synergies["status"] == "operating"
    # ordinary deliveries of a utility are listed, but are no symbiosis
    return register.synergies[runs & (register.synergies["use_as_truth"] != "no")]


def _indicators(register: Register, name: str) -> pd.DataFrame:
    """Return the indicators of one register as one column."""
    runs = operating(register)
    rows = {"exchanges": (float(len(runs)), "exchanges")}
    for resource, unit in CARRIED.items():
        carried = runs.loc[runs["resource"] == resource, "value"].sum()
        rows[f"{resource}_exchanged"] = (float(carried), unit)
    found = describe(running(register), actor_facts(register))
    rows |= {key: (found[key], UNITS.get(key, "ratio")) for key in COMPARED}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[name, "unit"])
    return table.rename_axis("indicator")


def _heat_runs(register: Register) -> pd.DataFrame:
    """Return the exchanges of heat that run."""
    runs = operating(register)
    return runs[runs["resource"] == "heat"]


def _networks_for_houses(register: Register) -> int:
    """Count the exchanges of heat that go to houses, which take a network of their own."""
    takers = _heat_runs(register)["to_site_id"].map(register.sites["place_type"])
    return int(takers.eq("locality").sum())


def _effects(
    before: Register, after: Register, extensions: int, assumptions: Assumptions
) -> pd.DataFrame:
    """
    Return jobs and avoided emissions of what is exchanged more than before.

    Jobs are those of extensions of district heating alone (see `benefit.heat_effects`).
    """
    sign = 1 if extensions >= 0 else -1
    jobs = sign * estimate_jobs(abs(extensions), "district_heating", assumptions)[BOUNDS]
    got = {name: _heat_runs(r).groupby("to_site_id")["value"].sum() for name, r in
           (("before", before), ("after", after))}  # fmt: skip
    change = got["after"].sub(got["before"], fill_value=0.0)
    more = _avoided(before, change[change > 0], assumptions)
    # what no longer arrives is made again by what it had displaced
    less = _avoided(after, -change[change < 0], assumptions)
    low, high = more["t_co2e_low"] - less["t_co2e_high"], more["t_co2e_high"] - less["t_co2e_low"]
    rows = {
        "jobs_direct": (*jobs.loc["direct"], "jobs"),
        "jobs_indirect": (*jobs.loc["indirect"], "jobs"),
        "avoided_emissions": ((low + high) / 2, low, high, "t CO2e/yr"),
    }
    columns = ["change", "low", "high", "unit"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    ends = table[["low", "high"]]
    return table.assign(low=ends.min(axis=1), high=ends.max(axis=1)).rename_axis("indicator")


def _avoided(register: Register, gwh: pd.Series, assumptions: Assumptions) -> pd.Series:
    """Return the emissions that heat by receiver avoids, least and most, t CO2e/yr."""
    tiers = find_tiers(demand_points(register, assumptions), assumptions)
    kinds = np.where(gwh.index.isin(tiers.networks.index), "network", "buildings")
    links = pd.DataFrame({"sink": gwh.index, "kind": kinds, "delivered": gwh.to_numpy(float)})
    # what is given comes as evenly as its plant runs, and arrives hot
    links[MONTH_COLUMNS] = np.outer(links["delivered"], flat_supply_share())
    links["electricity_mwh_per_mwh"] = 0.0
    found = heat_effects(links.join(tiers.fuels_saved(links)), assumptions)
    return found[["t_co2e_low", "t_co2e_high"]].sum()


def _by_municipality(register: Register) -> pd.DataFrame:
    """Return exchanges, heat and CO2 by the sender's municipality."""
    runs = operating(register)
    home = runs["from_site_id"].map(register.sites["municipality_code"])
    table = runs.pivot_table(index=home, columns="resource", values="value", aggfunc="sum")
    table = table.reindex(columns=["heat", "co2"]).add_suffix("_exchanged")
    table.insert(0, "exchanges", runs.groupby(home).size())
    return table.rename_axis("municipality_code")
