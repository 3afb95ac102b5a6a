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
    runs = rows["status"] != "planned" if "status" in rows else True
    return rows[(rows["resource"] == resource) & (rows["use_as_truth"] == "yes") & runs]


def by_flow(known: pd.DataFrame, ends: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Return the exchanges that name their flows, and those that only name their sites.

    `ends` are the receivers that can be matched: a network is one by its site, whatever flow of it
    is named.
    """
    if not set(KNOWN_FLOWS) <= set(known.columns):
        return known.iloc[:0].assign(**dict.fromkeys(KNOWN_FLOWS, "")), known
    both = known[KNOWN_FLOWS].notna().all(axis=1) & (known[KNOWN_FLOWS] != "").all(axis=1)
    named = known[both]
    end = named["to_flow_id"].where(named["to_flow_id"].isin(ends), named["to_site_id"])
    return named.assign(to_flow_id=end), known[~both]


def delivered_today(
    register: Register, resource: str, sinks: pd.DataFrame, *, named_only: bool = False
) -> pd.Series:
    """
    Return what exchanges of today bring to each sink, never more than it needs.

    `sinks` have site_id and value, indexed by flow or place. Those of one site share by their need
    what no exchange says which of them gets; with `named_only` that is nobody's.
    """
    named, of_site = by_flow(existing_links(register, resource), sinks.index)
    of_flow = named.groupby("to_flow_id")["value"].sum().reindex(sinks.index).fillna(0.0)
    of_site = of_site.iloc[:0] if named_only else of_site
    arriving = sinks["site_id"].map(of_site.groupby("to_site_id")["value"].sum()).fillna(0.0)
    need = sinks["value"].fillna(0.0)
    whole = need.groupby(sinks["site_id"]).transform("sum")
    share = (need / whole).where(whole > 0, 0.0)
    got = of_flow.astype(float) + arriving.astype(float) * share
    return pd.Series(np.minimum(got, need), sinks.index)
