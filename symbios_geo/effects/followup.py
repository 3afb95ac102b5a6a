"""Follow-up of effects: what changed between two registers, as indicators by municipality."""

from __future__ import annotations

import pandas as pd

from ..errors import RegisterError
from ..register.gate import Register
from .emissions import compare_displaced
from .jobs import estimate_jobs

SMALL = ("micro", "small")
COUNTED = {"heat": "GWh/yr", "co2": "kt/yr", "biogas": "GWh/yr"}


def compare(before: Register, after: Register) -> pd.DataFrame:
    """
    Compare the exchanges that operate in two registers.

    Parameters
    ----------
    before, after
        A baseline and a later register, both with `synergies`.

    Returns
    -------
    indicators
        Indexed by indicator: before, after, change, low and high (the range of the change), unit.
        Exchanges and how much they carry by resource, jobs (direct and indirect, by exchange of
        heat), avoided emissions (between the least and the most that the displaced heat can mean)
        and the share of exchanges with a small company at either end.

    Raises
    ------
    RegisterError
        If a register has no table of exchanges.
    """
    table = _indicators(before, "before").join(_indicators(after, "after")[["after"]])
    table["change"] = table["after"] - table["before"]
    more = len(_heat_runs(after)) - len(_heat_runs(before))
    effects = _effects(table.loc["heat_exchanged", "change"], more)
    return pd.concat([table, effects])[["before", "after", "change", "low", "high", "unit"]]


def change_by_municipality(before: Register, after: Register) -> pd.DataFrame:
    """
    Return what operating exchanges carry more or less by the sender's municipality.

    Indexed by municipality_code: name, and the change of exchanges, heat (GWh/yr) and CO2 (kt/yr).
    """
    names = after.region.names
    table = names.to_frame()
    first, second = (
        _by_municipality(register).reindex(names.index) for register in (before, after)
    )
    change = second.fillna(0.0) - first.fillna(0.0)
    return table.join(change)


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
    for resource, unit in COUNTED.items():
        carried = runs.loc[runs["resource"] == resource, "value"].sum()
        rows[f"{resource}_exchanged"] = (float(carried), unit)
    rows["small_company_share"] = (_small_share(runs, register), "share")
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[name, "unit"])
    return table.rename_axis("indicator")


def _small_share(runs: pd.DataFrame, register: Register) -> float:
    """Return the share of exchanges with a small company at an end, of those with known sizes."""
    if "company_size" not in register.sites:
        return float("nan")
    size = register.sites["company_size"]
    ends = pd.concat([runs[end].map(size) for end in ("from_site_id", "to_site_id")], axis=1)
    known = ends.notna().any(axis=1)
    return float(ends[known].isin(SMALL).any(axis=1).mean()) if known.any() else float("nan")


def _heat_runs(register: Register) -> pd.DataFrame:
    """Return the exchanges of heat that run."""
    runs = operating(register)
    return runs[runs["resource"] == "heat"]


def _effects(heat_gwh: float, exchanges: int) -> pd.DataFrame:
    """
    Return jobs and avoided emissions of what is exchanged more than before.

    A pipe and its station give the jobs of one extension of district heating, whatever it carries.
    """
    sign = 1 if heat_gwh >= 0 else -1
    people = estimate_jobs(abs(exchanges), "district_heating")
    avoided = compare_displaced(abs(heat_gwh))
    rows = {
        "jobs_direct": people.loc["direct"],
        "jobs_indirect": people.loc["indirect"],
        "avoided_emissions": pd.Series(
            {
                "value": avoided["value"].median(),
                "low": avoided["low"].min(),
                "high": avoided["high"].max(),
                "unit": "t CO2e/yr",
            }
        ),
    }
    table = pd.DataFrame(rows).T
    ends = table[["low", "high"]].astype(float) * sign
    return pd.DataFrame(
        {
            "change": table["value"].astype(float) * sign,
            "low": ends.min(axis=1),
            "high": ends.max(axis=1),
            "unit": table["unit"],
        }
    ).rename_axis("indicator")


def _by_municipality(register: Register) -> pd.DataFrame:
    """Return exchanges, heat and CO2 by the sender's municipality."""
    runs = operating(register)
    home = runs["from_site_id"].map(register.sites["municipality_code"])
    table = runs.pivot_table(index=home, columns="resource", values="value", aggfunc="sum")
    table = table.reindex(columns=["heat", "co2"]).add_suffix("_exchanged")
    table.insert(0, "exchanges", runs.groupby(home).size())
    return table.rename_axis("municipality_code")
