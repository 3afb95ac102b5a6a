"""What may leave the study: public rows, and sums of internal rows that hide each company."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from .errors import ParameterError
from .register.gate import Register

MARK = "INTERN"
# where each kind of picture says it to programs that show properties
MARKS: dict[str, dict[str, Any]] = {
    "png": {"Title": MARK, "Comment": MARK},
    "svg": {"Title": MARK, "Keywords": [MARK]},
    "pdf": {"Title": MARK, "Subject": MARK, "Keywords": MARK},
}
PUBLIC: tuple[str, ...] = ("public",)
INTERNAL = "internal"
OUTWARD = ("public", INTERNAL)  # secret rows never leave the study
LEAST_COMPANIES = 3
LARGEST_SHARE = 0.85  # of a sum, by one company
COUNTY = "county"


def check_include(include: tuple[str, ...]) -> tuple[str, ...]:
    """
    Return the kinds of rows to show, in fixed order.

    Raises
    ------
    ParameterError
        If a kind is not known, is secret, or public is missing.
    """
    if unknown := sorted(set(include) - set(OUTWARD)):
        msg = (
            f"include = {', '.join(unknown)} is not allowed. Choose public, or public and "
            "internal; secret rows are never written."
        )
        raise ParameterError(msg)
    if "public" not in include:
        msg = "include lacks public: outputs always hold the public rows. Add it."
        raise ParameterError(msg)
    return tuple(kind for kind in OUTWARD if kind in include)


def holds_internal(include: tuple[str, ...]) -> bool:
    """Say whether outputs with these rows must be marked INTERN."""
    return INTERNAL in include


def is_public(register: Register) -> bool:
    """Say whether every row of a register is public."""
    return bool((flow_visibility(register) == "public").all()) and bool(
        (register.sites["visibility"] == "public").all()
    )


def flow_visibility(register: Register) -> pd.Series:
    """Return for each flow the stricter of its own visibility and that of its site."""
    order = {"public": 0, INTERNAL: 1}
    flows = register.flows
    own = flows["visibility"].map(order).fillna(2)
    site = flows["site_id"].map(register.sites["visibility"]).map(order).fillna(2)
    strictest = pd.concat([own, site], axis=1).max(axis=1)
    return strictest.map({0: "public", 1: INTERNAL, 2: "secret"}).astype(str)


def public_register(register: Register, *, include: tuple[str, ...] = PUBLIC) -> Register:
    """
    Return the register with only the places, flows and exchanges that may be shown.

    A flow at a hidden site is hidden with it, and so is an exchange from or to one.
    """
    kinds = check_include(include)
    sites = register.sites[register.sites["visibility"].isin(kinds)]
    flows = register.flows[flow_visibility(register).isin(kinds)].reset_index(drop=True)
    exchanges = register.synergies
    if exchanges is not None:
        ends = exchanges[["from_site_id", "to_site_id"]]
        hidden = register.sites.index.difference(sites.index)
        exchanges = exchanges[~ends.isin(hidden).any(axis=1)]
    return replace(register, sites=sites, flows=flows, synergies=exchanges)


def disclosed_sums(register: Register) -> pd.DataFrame:
    """
    Return sums of the internal rows that hide every single company, in each resource's unit.

    A sum needs three companies, none above 85 % of it. A municipality that fails is merged with
    others into one row for the rest of the county; if even that fails, nothing is shown.

    Returns
    -------
    sums
        resource, role, unit, municipality_code (or `county`), value, companies.
    """
    rows = _internal_rows(register)
    parts = [
        _groups(group).assign(resource=key[0], role=key[1], unit=key[2])
        for key, group in rows.groupby(["resource", "role", "unit"], sort=True)
    ]
    columns = ["resource", "role", "unit", "municipality_code", "value", "companies"]
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def is_safe(values: pd.Series) -> bool:
    """Say whether a sum hides its parts, given what each company adds to it."""
    total = values.sum()
    many = (values > 0).sum() >= LEAST_COMPANIES
    return bool(many and values.max() <= LARGEST_SHARE * total)


def _internal_rows(register: Register) -> pd.DataFrame:
    """Return the internal rows that count in sums, with company and municipality."""
    flows = register.flows
    shown = (flow_visibility(register) == INTERNAL) & (flows["additive"] == "yes")
    sites = register.sites
    company = sites["operator"].astype(object).where(sites["operator"].notna(), "")
    company = company.astype(str).str.strip().str.casefold()
    # a place without a named company is one of its own
    company = company.where(company != "", sites.index.astype(str))
    rows = flows[shown & flows["site_id"].map(sites["in_halland"]).fillna(value=False).astype(bool)]
    return rows.assign(
        company=rows["site_id"].map(company),
        municipality_code=rows["site_id"].map(sites["municipality_code"]),
    )


def _groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of one resource and role: municipalities that are safe, and the rest."""
    by_town = {
        str(code): group.groupby("company")["value"].sum()
        for code, group in rows.groupby("municipality_code")
    }
    rest = [code for code, values in by_town.items() if not is_safe(values)]
    shown = sorted(set(by_town) - set(rest), key=lambda code: (by_town[code].sum(), code))
    while rest and shown and not is_safe(_together(by_town, rest)):
        rest.append(shown.pop(0))  # the smallest safe sum is given up to hide the others
    sums = [(code, by_town[code]) for code in sorted(shown)]
    if rest and is_safe(_together(by_town, rest)):
        sums.append((COUNTY, _together(by_town, rest)))
    return pd.DataFrame(
        [
            {"municipality_code": code, "value": values.sum(), "companies": int((values > 0).sum())}
            for code, values in sums
        ]
    )


def _together(by_town: dict[str, pd.Series], codes: list[str]) -> pd.Series:
    """Return what each company adds over several municipalities."""
    return pd.concat([by_town[code] for code in codes]).groupby(level=0).sum()
