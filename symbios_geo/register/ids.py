"""How ids are made of what people write, where they wrote none."""

from __future__ import annotations

from collections.abc import Set

import pandas as pd

from ..spelling import plain
from .rules import swedish_municipalities

PARTS = ["site_id", "resource", "stream", "carbon"]  # of the id of a flow
LONGEST = 76  # letters, before the number of one that is taken


def slug(text: str) -> str:
    """Return a text as an id: lower case letters a-z, digits and underscores."""
    return plain(text, "_")[:40].strip("_")


def free_name(stem: str, used: set[str], joint: str = "_") -> str:
    """Return the stem, with a number when it is taken in any case, and note it as used."""
    name, number = stem, 1
    while name.casefold() in used:
        number += 1
        name = f"{stem}{joint}{number}"
    used.add(name.casefold())
    return name


def with_site_ids(sites: pd.DataFrame) -> tuple[pd.DataFrame, set[str]]:
    """Return sites whose blank ids are made from their names, and which ids those are."""
    if not {"site_id", "name"} <= set(sites.columns):
        return sites, set()
    blank = (sites["site_id"] == "") & (sites["name"].map(slug) != "")
    used = set(sites["site_id"].str.casefold())
    made = {row: free_name(slug(name), used) for row, name in sites["name"][blank].items()}
    ids = sites["site_id"].where(~blank, pd.Series(made, dtype="str").reindex(sites.index))
    return sites.assign(site_id=ids), set(made.values())


def with_flow_ids(flows: pd.DataFrame) -> pd.DataFrame:
    """Return flows whose blank ids are made from site, resource, stream and carbon."""
    given = flows.get("flow_id", pd.Series(None, flows.index, dtype=object)).astype(object)
    blank = given.isna() | (given == "")
    used = set(given[~blank].astype(str).str.casefold())
    parts = flows.loc[blank].reindex(columns=PARTS).astype(object)
    made = []
    for site, *others in parts.where(parts.notna(), "").astype(str).to_numpy().tolist():
        stem = "-".join(filter(None, [site, *map(slug, others)]))[:LONGEST]
        made.append(free_name(stem, used, "-") if stem else "")
    given[blank] = made
    return flows.assign(flow_id=given)


def unlike_ids(
    files: list[tuple[dict[str, str], Set[str]]], bundled: set[str]
) -> list[dict[str, str]]:
    """
    Return by file the new id of each made one that a site elsewhere has: with its municipality.

    Parameters
    ----------
    files
        Of each: the municipality code of every site by its id, and which ids were made.
    bundled
        Ids that are there already.
    """
    used = {i.casefold() for i in bundled}
    used |= {site.casefold() for sites, made in files for site in {*sites} - made - {""}}
    towns: dict[str, str] = {}
    for sites, made in files:  # what somebody wrote comes first
        towns |= {s.casefold(): code for s, code in sites.items() if s not in made}
    found = []
    for sites, made in files:
        changed = {}
        for site, code in sites.items():
            # the same name in the same municipality is no other site: its id stays, as a fault
            there = towns.get(site.casefold()) == code and site not in bundled
            if site in made and site.casefold() in used and not there:
                town = slug(swedish_municipalities().get(code, ""))
                changed[site] = free_name(f"{site}_{town}".strip("_"), used)
            used.add(changed.get(site, site).casefold())
            towns.setdefault(site.casefold(), code)
        found.append(changed)
    return found


def with_other_sites(flows: pd.DataFrame, changed: dict[str, str]) -> pd.DataFrame:
    """Return flows with ids of sites exchanged, also in ids of flows that begin with them."""
    if not {"site_id", "flow_id"} <= set(flows.columns):
        return flows
    ids = [
        changed[site] + flow.removeprefix(site)
        if site in changed and flow.startswith(f"{site}-")
        else flow
        for site, flow in zip(flows["site_id"], flows["flow_id"], strict=True)
    ]
    return flows.assign(flow_id=ids, site_id=flows["site_id"].replace(changed))
