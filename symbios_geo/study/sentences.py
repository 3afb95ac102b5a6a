"""Sentences of the answer that several faces say: what a town gives and gets, and how surely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..disclosure import sign
from ..heat.networks import DISPLACED
from ..labels import (
    chance,
    coarse,
    interval,
    joined,
    label,
    label_or,
    number,
    percent,
    quantity,
    rough,
    short_name,
    site_names,
)
from ..model import CARRIES_NOTHING, ROLES, existing_of, new_of
from ..register.property_heat import DELIVERIES
from ..shortlist import doubtful
from .plan import met

if TYPE_CHECKING:
    from .chain import Study

LEAST_FUEL = 0.005  # of what is saved
OUTSIDE = "outside"  # stands for a place that nobody knows
MOST_NAMED = 2  # of what else seldom pays
ALL = 0.95  # of what a network delivers: so much is all of it


def unsure(study: Study) -> pd.DataFrame:
    """Return the new exchanges of `Study.business` that pay in fewer than half of the draws."""
    table = study.business
    return sign(new_of(table[doubtful(table)]).reset_index(drop=True), study.readers)


def replaced_fuels(study: Study, rows: pd.DataFrame, lang: str) -> list[str]:
    """
    Say what each exchange of heat replaces: fuels of a network, GWh/yr, or heat pumps.

    Parameters
    ----------
    study
        A study that was run.
    rows
        New exchanges of heat, with source and sink.
    lang
        "sv" or "en".

    Examples
    --------
    >>> import symbios_geo as sg
    >>> study = sg.run(lang="en")
    >>> new = study.exchanges.query("resource == 'heat' and status == 'new'")
    >>> len(replaced_fuels(study, new, "en")) == len(new)
    True
    """
    links = study.carried("heat").groupby([*ROLES]).first()
    told = []
    for ends in rows[[*ROLES]].itertuples(index=False, name=None):
        told.append(fuel_words(links.loc[ends], lang) or label("replaced:own_heat_pump", lang))
    return told


def fuel_words(link: pd.Series, lang: str) -> str:
    """Name the fuels that a link or a sum of them displaces, the most first; not next to none."""
    fuels = link.filter(like=DISPLACED).astype(float)
    some = fuels[fuels > LEAST_FUEL * fuels.sum()].sort_values(ascending=False, kind="stable")
    parts = [
        f"{label_or(f'fuel:{name.removeprefix(DISPLACED)}', name, lang)} {number(value, lang)}"
        for name, value in some.items()
    ]
    return joined(parts, lang) if parts else ""


def is_split(study: Study, code: str = "") -> bool:
    """Say whether a part of new heat, and not all of it, pays in at least half of the draws."""
    new = touching(new_of(study.exchanges, "heat"), code)
    # where nothing is new no business case is asked for
    return len(new) > 0 and 0 < len(touching(new_of(study.unsure, "heat"), code)) < len(new)


def headline_words(study: Study, lang: str, *, drawn: bool = True) -> str:
    """
    Say how much new heat pays in the region: the sentence that every face opens with.

    It leads with what pays more often than not, and names what decides about the rest.

    Parameters
    ----------
    study
        A study that was run, with heat.
    lang
        "sv" or "en".
    drawn
        Whether to draw: without draws nobody knows the range, or what seldom pays.
    """
    told = study.headline
    words = {
        "name": study.region.words(lang)["region"], "share": percent(told["new_share"], lang),
        "new": quantity(told["new_gwh"], "GWh/yr", lang),
    }  # fmt: skip
    if told["new_gwh"] <= CARRIES_NOTHING:
        needed = "none" if told["need_gwh"] else "no_need"
        return label(f"answer:headline_{needed}", lang, **words)
    if not drawn:
        return label("answer:headline_plain", lang, **words)
    if not is_split(study):
        low, high = study.intervals.loc["new_gwh", ["low", "high"]]
        return label("answer:headline", lang, **words, range=interval(low, high, lang))
    few, sure = new_of(study.unsure, "heat"), study.intervals.loc["sure_gwh", "value"]
    # the largest alone: what else seldom pays is told beside (see `unsure_words`)
    first = largest(few)
    words |= {"sure": quantity(sure, "GWh/yr", lang)}
    words |= {"more": number(first["delivered"].sum(), lang)}
    return label("answer:headline_one", lang, **words, **_ends(first))


def largest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the row that delivers most, the first of equals; no row of none."""
    return rows.sort_values("delivered", ascending=False, kind="stable").head(1)


def _ends(rows: pd.DataFrame) -> dict[str, str]:
    """Return the names of both ends of the first of some exchanges."""
    return {end: rows.iloc[0][f"name_{end}"] for end in ROLES}


def end_names(study: Study, lang: str) -> pd.Series:
    """Return the name of each end of an exchange, by id (see `end_name`)."""
    names = site_names(study.register.sites, lang).map(short_name)
    found: dict[str, str] = {}
    for candidates in study.candidates.values():
        for ends in (candidates.sources, candidates.sinks):
            kinds = ends["kind"] if "kind" in ends else pd.Series("", ends.index)
            for node, site, kind in zip(ends.index, ends["site_id"], kinds, strict=True):
                found[str(node)] = end_name(str(names.get(site, site)), kind, lang)
    return pd.Series(found, dtype=object)


def end_name(name: str, kind: str, lang: str) -> str:
    """Return what an end is called: a network and the houses around it are told apart."""
    return label(f"story:{kind}", lang, name=name) if kind in ("network", "buildings") else name


def town_words(study: Study, code: str, lang: str, *, drawn: bool = True) -> str:
    """
    Say what a municipality can give and receive of new heat, in one sentence.

    Where all of it is one exchange that seldom pays, or nothing pays, that is the finding.
    """
    gives, gets = (float(study.fall.loc[(code, step), "amount"]) for step in ("plan", "received"))
    kind = ("" if gets > CARRIES_NOTHING else "_gives") if gives > CARRIES_NOTHING else "_gets"
    today = float(existing_of(touching(study.exchanges, code), "heat")["delivered"].sum())
    if gives + gets <= CARRIES_NOTHING:
        kind = "_none_today" if today > CARRIES_NOTHING else "_none"
    new = new_of(touching(study.exchanges, code), "heat")
    arriving = new[new["municipality_code_sink"] == code]
    # what is given and received is the same heat
    inside = arriving["municipality_code_source"].eq(code).all() and len(arriving) == len(new)
    kind = "_within" if inside and len(new) else kind
    few = touching(new_of(study.unsure, "heat"), code) if drawn and len(new) == 1 else new[:0]
    ends = _ends(few) | {"pays": chance(few.iloc[0]["pays_share"], lang)} if len(few) else {}
    share, lossy = _covered(study, code)
    less = "_less" if lossy else ""  # by what networks lose and sell
    return label(
        f"answer:town{'_if' if ends else ''}{kind}", lang, name=study.region.names[code], **ends,
        gives=quantity(gives, "GWh/yr", lang), gets=quantity(gets, "GWh/yr", lang),
        share=percent(share, lang),
        meets=label(f"answer:meets{less}", lang), today=quantity(today, "GWh/yr", lang),
    )  # fmt: skip


def cover_words(study: Study, code: str, lang: str) -> str:
    """Say what share of its need the new heat of a municipality covers; "" where none comes."""
    share, lossy = _covered(study, code)
    after = f" {label('answer:after_losses', lang)}" if lossy else ""
    return label("answer:covers", lang, share=percent(share, lang), after=after) if share else ""


def _covered(study: Study, code: str) -> tuple[float, bool]:
    """Return how much of a municipality's need its new heat covers, and whether networks lose."""
    new = new_of(study.exchanges, "heat")
    arriving = new[new["municipality_code_sink"] == code]
    warms, need = met(study, arriving), float(study.balances["heat"]["demand"].get(code, 0.0))
    lossy = warms < arriving["delivered"].sum() - CARRIES_NOTHING
    return warms / need if need else 0.0, bool(lossy)


def unsure_words(study: Study, lang: str, *, code: str = "") -> str:
    """
    Say how much of new heat pays in fewer than half of the draws; nothing where nothing is new.

    Parameters
    ----------
    study
        A study that was run.
    lang
        "sv" or "en".
    code
        Only exchanges with an end in this municipality. "": all of the region.
    """
    new, few = (touching(new_of(table, "heat"), code) for table in (study.business, study.unsure))
    if new.empty:
        return ""
    total = quantity(new["delivered"].sum(), str(new["unit"].iloc[0]), lang)
    if few.empty:
        return label("doubt:none", lang, total=total)
    first = largest(few)
    others = few.drop(first.index)
    amount = {"total": total, "amount": number(first["delivered"].sum(), lang)}
    also = f" {label('doubt:also', lang, list=_others(others, lang))}" if len(others) else ""
    kind = ("doubt:all_town" if code else "doubt:all") if len(new) == 1 else "doubt:one"
    return label(kind, lang, **amount, **worth_words(first.iloc[0], lang)) + also


def _others(rows: pd.DataFrame, lang: str) -> str:
    """Name some exchanges with what they deliver and how often they pay; many are counted."""
    if len(rows) > MOST_NAMED:
        words = {"amount": number(rows["delivered"].sum(), lang), "count": len(rows),
                 "share": chance(float(rows["pays_share"].max()), lang)}  # fmt: skip
        return label("doubt:others", lang, **words)
    each = [
        label(
            "doubt:other", lang, source=row["name_source"], sink=row["name_sink"],
            amount=number(row["delivered"], lang), share=chance(float(row["pays_share"]), lang),
        )
        for _, row in rows.iterrows()
    ]  # fmt: skip
    return "; ".join(each)


def worth_words(row: pd.Series, lang: str) -> dict[str, str]:
    """Return what an exchange of `Study.business` joins, takes to build and is worth, in words."""
    return {
        **{end: str(row[f"name_{end}"]) for end in ROLES},
        "share": chance(float(row["pays_share"]), lang),
        "build": coarse(row["investment_msek"], lang),
        "npv": coarse(row["npv_msek"], lang),
        "range": rough(row["npv_msek_low"], row["npv_msek_high"], lang),
    }


def touching(table: pd.DataFrame, code: str) -> pd.DataFrame:
    """Return the exchanges that have an end in a municipality; without a code all of them."""
    ends = table[[f"municipality_code_{end}" for end in ROLES]]
    return table[ends.eq(code).any(axis=1)] if code else table


def reported(exchanges: pd.DataFrame) -> float:
    """Return how much heat flows today by reported figures alone, GWh/yr."""
    rows = existing_of(exchanges, "heat")
    return float(rows.loc[rows["method_source"] == "reported", "delivered"].sum())


def unknown_senders(study: Study, code: str = "") -> pd.Series:
    """
    Return heat that statistics count into a network but nobody knows the sender of, GWh/yr.

    By site_id of the network; `code` keeps those of one municipality. It is no exchange of the
    plan: nobody could say whose heat it is.
    """
    known, sites = study.register.synergies, study.register.sites
    if known is None:
        return pd.Series(dtype=float)
    lost = known["from_site_id"].eq(OUTSIDE) & known["status"].eq("operating")
    rows = known[lost & known["resource"].eq("heat") & known["to_site_id"].isin(sites.index)]
    place = rows["to_site_id"].map(sites["municipality_code"])
    rows = rows[place.eq(code) if code else place.isin(study.region.names.index)]
    return rows.set_index("to_site_id")["value"].astype(float)


def unknown_words(study: Study, lang: str, *, code: str = "") -> list[str]:
    """Say of each network what heat it takes from a sender that nobody has found."""
    names = site_names(study.register.sites, lang)
    return [
        label(
            "answer:unknown_sender", lang, name=short_name(str(names[site])),
            amount=quantity(amount, "GWh/yr", lang),
        )
        for site, amount in unknown_senders(study, code).items()
    ]  # fmt: skip


def whole_words(study: Study, code: str, lang: str) -> list[str]:
    """Say of each network of a municipality whose new heat is all that it delivers in a year."""
    flows, names = study.register.flows, site_names(study.register.sites, lang)
    told = flows[flows["stream"].eq(DELIVERIES) & flows["role"].eq("sink")]
    sold = told.groupby("site_id")["value"].sum()
    new = new_of(study.business, "heat")
    new = new[new["municipality_code_sink"].eq(code)]
    given = new.groupby("site_id_sink")["delivered"].sum()
    given = given[given >= ALL * sold.reindex(given.index)]
    tiers = study.candidates["heat"].tiers
    loads = sold if tiers is None else tiers.loads(study.assumptions)
    return [
        label(
            "answer:whole_network", lang, name=short_name(str(names[site])),
            amount=number(amount, lang),
            load=quantity(loads.get(site, sold[site]), "GWh/yr", lang),
            sold=quantity(sold[site], "GWh/yr", lang),
        )
        for site, amount in given.items()
    ]  # fmt: skip


def existing_note(exchanges: pd.DataFrame, lang: str) -> str:
    """Say how the heat that flows today is known: as measured, in part, or not."""
    rows = existing_of(exchanges, "heat")
    known = reported(rows)
    years = rows.loc[rows["method_source"] == "reported", "facts_year"].dropna()
    told = joined([f"{year:.0f}" for year in sorted(set(years))], lang)
    if known and (rows["method_source"] == "reported").all():
        return label("figure:measured", lang, years=told)
    if not known:
        return label("figure:not_measured", lang)
    amount = quantity(known, "GWh/yr", lang)
    return label("figure:measured_partly", lang, reported=amount, years=told)
