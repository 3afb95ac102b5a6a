"""The waste heat that the plan leaves unused, and why nobody takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..disclosure import sign
from ..labels import joined, label, label_or, number, quantity, within_sentence
from ..model import CARRIES_NOTHING, new_of
from ..register.classes import HOT

if TYPE_CHECKING:
    from .chain import Study

NAMED = 3  # receivers in a sentence
MOST = 0.5  # of what receivers can take, when another source has it
COLUMNS = ["name", "municipality_code", "stream", "class", "unused", "today", "why", "sinks"]


def unused_heat(study: Study) -> pd.DataFrame:
    """
    Return the heat that nobody uses in the plan, source by source, the largest first.

    A source that would pay to somebody over the year is left for want of need: those it pays to
    take less than it gives ("full"), or not when it gives ("season", "part" where the plan takes
    some of it), or another source has most of their need ("taken"). Of the others the receiver
    nearest to paying is told: it costs more than it is worth, for a heat pump ("cold") or without
    ("dear"). All that are within reach get what they need today ("met"), or none is within reach
    ("far").

    Returns
    -------
    unused
        Indexed by flow_id: name, municipality_code, stream, class, unused (GWh/yr), today (GWh/yr
        that nobody uses before anything of the plan is built), why, sinks
        (names of those it would pay to, or of the nearest to paying), room (GWh/yr that those can
        take at most, if it pays over the year as a whole), planned (GWh/yr of it that the plan
        gives some of them, the takers, month by month), instead and instead_stream (name and stream
        of who gives them most), and cost_sek and worth_sek (SEK/MWh, at the nearest to paying).

    Examples
    --------
    >>> import symbios_geo as sg
    >>> table = unused_heat(sg.run(lang="en"))
    >>> bool(table["unused"].is_monotonic_decreasing)
    True
    """
    if "heat" not in study.matches:
        return sign(pd.DataFrame(columns=COLUMNS), study.readers)
    left = study.matches["heat"].unused
    left = left[left > CARRIES_NOTHING].sort_values(ascending=False, kind="stable")
    every = study.register.flows.set_index("flow_id")
    flows = every.reindex(left.index)
    found, rate = study.candidates["heat"], study.assumptions["sek_per_eur"]
    gaps = found.links["worth"] - found.links["unit_cost"]
    links = dict(list(found.links.assign(gap=gaps).groupby("source", sort=False)))
    given = new_of(study.exchanges, "heat")
    given = given.assign(stream=given["source"].map(every["stream"]))
    facts = [
        {"unused": amount, **_why(links.get(source), str(flows.loc[source, "class"]), rate, given)}
        for source, amount in left.items()
    ]
    sites = study.register.sites[["name", "municipality_code"]]
    table = flows[["site_id", "stream", "class"]].join(sites, on="site_id")
    table["today"] = found.supply.reindex(table.index)
    return sign(table.join(pd.DataFrame(facts, left.index)), study.readers)


def _why(
    links: pd.DataFrame | None, kind: str, rate: float, given: pd.DataFrame
) -> dict[str, object]:
    """Return why a source is left, and whom that is said of."""
    if links is None or links.empty:
        return {"why": "far", "sinks": []}
    reached, links = links, links[links["demand"] > 0]
    if links.empty:
        return {"why": "met", "sinks": list(dict.fromkeys(reached["name_sink"]))}
    pays = links[links["gap"] > 0].sort_values("gap", ascending=False, kind="stable")
    if len(pays):
        room, supply = float(pays["demand"].sum()), float(pays["supply"].iloc[0])
        there = given[given["sink"].isin(pays["sink"])]
        mine = there["source"] == pays["source"].iloc[0]
        own, others = there[mine], there[~mine].sort_values("delivered", ascending=False)
        told = {
            "sinks": list(dict.fromkeys(pays["name_sink"])),
            "room": room,
            "planned": float(own["delivered"].sum()),
            "takers": list(dict.fromkeys(pays.loc[pays["sink"].isin(own["sink"]), "name_sink"])),
        }
        if len(own):
            return {"why": "full" if room < supply else "part", **told}
        if others["delivered"].sum() < MOST * room:
            return {"why": "season", **told}
        first = others.iloc[0]
        instead = {"instead": first["name_source"], "instead_stream": first["stream"]}
        return {"why": "taken", **told, **instead}
    near = links.loc[links["gap"].idxmax()]
    return {
        "why": "dear" if kind == HOT else "cold",
        "sinks": [near["name_sink"]],
        "cost_sek": rate * near["unit_cost"],
        "worth_sek": rate * near["worth"],
    }


def unused_words(row: pd.Series, lang: str) -> tuple[str, str]:
    """Return what a row of `unused_heat` is, and why nobody uses it."""
    left, today = (number(row[name], lang) for name in ("unused", "today"))
    what = label(
        "unused:what" if left == today else "unused:what_more", lang, today=today,
        amount=quantity(row["unused"], "GWh/yr", lang), name=row["name"],
        stream=_stream(row["stream"], lang),
    )  # fmt: skip
    named = ("sinks", "takers") if row["why"] in ("full", "part") else ("sinks",)
    told = {name: joined(row[name][:NAMED], lang) for name in named}
    told |= {
        name: number(row[f"{name}_sek"], lang, digits=0)
        for name in ("cost", "worth")
        if pd.notna(row.get(f"{name}_sek"))
    }
    told |= {
        name: quantity(row[name], "GWh/yr", lang)
        for name in ("room", "planned")
        if pd.notna(row.get(name))
    }
    if row["why"] == "taken":
        told["instead"] = row["instead"]
        told["stream"] = _stream(row["instead_stream"], lang)
    return what, label(f"unused:{row['why']}", lang, **told)


def _stream(own: object, lang: str) -> str:
    """Return what a stream is called in a sentence; one of somebody's own has its name alone."""
    key = label("resource:heat", lang) if pd.isna(own) else str(own)
    return within_sentence(label_or(f"stream:{key}", key, lang))
