"""Exchanges that run today: which are known well enough, and what they bring to whom."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .gate import Register

# how both ends of an exchange that is known are named
KNOWN_SITES, KNOWN_FLOWS = ["from_site_id", "to_site_id"], ["from_flow_id", "to_flow_id"]


def existing_links(register: Register, resource: str) -> pd.DataFrame:
    """Return the exchanges that run today and are known well enough to test against."""
    if register.synergies is None:
        return pd.DataFrame(columns=[*KNOWN_SITES, "value"])
    rows = register.synergies
    return rows[(rows["resource"] == resource) & (rows["use_as_truth"] == "yes")]


def by_flow(known: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the exchanges that name their flows, and those that only name their sites."""
    if not set(KNOWN_FLOWS) <= set(known.columns):
        return known.iloc[:0].assign(**dict.fromkeys(KNOWN_FLOWS, "")), known
    named = known[KNOWN_FLOWS].notna().all(axis=1) & (known[KNOWN_FLOWS] != "").all(axis=1)
    return known[named], known[~named]


def delivered_today(register: Register, resource: str, sinks: pd.DataFrame) -> pd.Series:
    """
    Return what exchanges of today bring to each sink, never more than it needs.

    `sinks` have site_id and value, indexed by flow or place. Those of one site share by their need
    what no exchange says which of them gets.
    """
    named, of_site = by_flow(existing_links(register, resource))
    of_flow = named.groupby("to_flow_id")["value"].sum().reindex(sinks.index).fillna(0.0)
    arriving = sinks["site_id"].map(of_site.groupby("to_site_id")["value"].sum()).fillna(0.0)
    need = sinks["value"].fillna(0.0)
    whole = need.groupby(sinks["site_id"]).transform("sum")
    share = (need / whole).where(whole > 0, 0.0)
    got = of_flow.astype(float) + arriving.astype(float) * share
    return pd.Series(np.minimum(got, need), sinks.index)
