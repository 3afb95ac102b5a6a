"""Sentences of the answer that several faces say: what a town gives and gets, and how surely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..disclosure import sign
from ..labels import chance, label, number, percent, quantity, short_name, site_names
from ..model import CARRIES_NOTHING, ROLES, existing_of, new_of

if TYPE_CHECKING:
    from .chain import Study

HALF = 0.5  # of the draws: what pays in fewer pays by its best values only


def unsure(study: Study) -> pd.DataFrame:
    """Return the new exchanges of `Study.business` that pay in fewer than half of the draws."""
    table = study.business
    few = table["pays_share"].astype(float) < HALF
    return sign(new_of(table[few]).reset_index(drop=True), study.readers)


def end_names(study: Study, lang: str) -> pd.Series:
    """
    Return the name of each end of an exchange, by id.

    A network and the houses around it lie in one place and have its name: they are told apart.
    """
    names = site_names(study.register.sites, lang).map(short_name)
    found: dict[str, str] = {}
    for candidates in study.candidates.values():
        for ends in (candidates.sources, candidates.sinks):
            kinds = ends["kind"] if "kind" in ends else pd.Series("", ends.index)
            for node, site, kind in zip(ends.index, ends["site_id"], kinds, strict=True):
                name = str(names.get(site, site))
                worded = kind in ("network", "buildings")
                found[str(node)] = label(f"story:{kind}", lang, name=name) if worded else name
    return pd.Series(found, dtype=object)


def town_words(study: Study, code: str, lang: str) -> str:
    """Say what a municipality can give and receive of new heat, in one sentence."""
    gives, gets = (float(study.fall.loc[(code, step), "amount"]) for step in ("plan", "received"))
    need = float(study.balances["heat"]["demand"].get(code, 0.0))
    kind = ("" if gets > CARRIES_NOTHING else "_gives") if gives > CARRIES_NOTHING else "_gets"
    kind = kind if gives + gets > CARRIES_NOTHING else "_none"
    return label(
        f"answer:town{kind}", lang, name=study.region.names[code],
        gives=quantity(gives, "GWh/yr", lang), gets=quantity(gets, "GWh/yr", lang),
        share=percent(gets / need if need else 0.0, lang),
    )  # fmt: skip


def unsure_words(study: Study, lang: str, *, code: str = "", resource: str = "heat") -> str:
    """
    Say how much of what is new pays in fewer than half of the draws; nothing where nothing is new.

    Parameters
    ----------
    study
        A study that was run.
    lang
        "sv" or "en".
    code
        Only exchanges with an end in this municipality. "": all of the region.
    resource
        Of which resource.
    """
    new, few = (
        touching(table[table["resource"] == resource], code)
        for table in (study.business, study.unsure)
    )
    new = new_of(new)
    if new.empty:
        return ""
    whole, part = new["delivered"].sum(), few["delivered"].sum()
    amount = {
        "total": quantity(whole, str(new["unit"].iloc[0]), lang),
        "amount": number(part, lang),
    }
    if few.empty:
        return label("doubt:none", lang, **amount)
    if len(few) > 1:
        most = chance(float(few["pays_share"].max()), lang)
        return label("doubt:some", lang, **amount, count=len(few), share=most)
    only = few.iloc[0]
    names = {f"{end}": only[f"name_{end}"] for end in ROLES}
    share = chance(float(only["pays_share"]), lang)
    kind = "doubt:all" if len(new) == 1 else "doubt:one"
    return label(kind, lang, **amount, **names, share=share, msek=number(only["yearly_msek"], lang))


def touching(table: pd.DataFrame, code: str) -> pd.DataFrame:
    """Return the exchanges that have an end in a municipality; without a code all of them."""
    ends = table[[f"municipality_code_{end}" for end in ROLES]]
    return table[ends.eq(code).any(axis=1)] if code else table


def reported(exchanges: pd.DataFrame) -> float:
    """Return how much heat flows today by reported figures alone, GWh/yr."""
    rows = existing_of(exchanges, "heat")
    return float(rows.loc[rows["method_source"] == "reported", "delivered"].sum())


def existing_note(exchanges: pd.DataFrame, lang: str) -> str:
    """Say how the heat that flows today is known: as measured, in part, or not."""
    rows = existing_of(exchanges, "heat")
    known = reported(rows)
    if known and (rows["method_source"] == "reported").all():
        return label("figure:measured", lang)
    if not known:
        return label("figure:not_measured", lang)
    return label("figure:measured_partly", lang, reported=quantity(known, "GWh/yr", lang))
