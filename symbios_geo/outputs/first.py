"""The first screen under the headline: one line for each question that readers ask first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from ..effects.shortlist import company
from ..labels import (
    chance,
    climate,
    coarse,
    joined,
    label,
    label_or,
    number,
    quantity,
    rough,
    within_sentence,
)
from ..model import CARRIES_NOTHING, ROLES, existing_of, new_of
from ..plans import greenhouse
from ..study.chain import Study
from ..study.levels import Level, Outlook
from ..study.sentences import existing_note, touching
from ..study.unused import unused_words

POWER = "electricity_spot_factor"
CO2_CLAIM = "biogenic_co2_generated"
HECTARES = 10  # under glass, as the first phase in Frövi
GREENHOUSE = "notebooks/32-greenhouse.html"


class Asked(NamedTuple):
    """What the lines of every area are made from, each made once."""

    study: Study
    outlook: Outlook | None
    claims: list[dict[str, Any]]
    movers: list[dict[str, str]]
    unused: pd.DataFrame
    lang: str

    def pilots(self, code: str) -> pd.DataFrame:
        """Return the exchanges to begin with in an area; none where nothing is drawn."""
        return pd.DataFrame() if self.outlook is None else touching(self.study.pilots, code)

    def say(self, key: str, **words: object) -> str:
        """Return a text of the page."""
        return label(f"answer:{key}", self.lang, **words)


def first_lines(asked: Asked, code: str) -> list[dict[str, str]]:
    """
    Return the lines of an area: head, text, and where more of it stands (href, more).

    `code` is its municipality_code, "" the whole region. What does not concern it is left out.
    """
    study = asked.study
    told = {
        "money": _money(asked, code),
        "call": _call(asked, code),
        "unused": _unused(asked, code),
        "data": {"text": ""},
        "measure": _measure(asked, code),
        "power": _power(asked, code),
        "claim": {} if code else _claim(asked),
        "greenhouse": {} if code else _greenhouse(asked),
        "today": {"text": _today(asked, code)},
        "carbon": {} if code else _carbon(asked),
        "saves": {"text": " ".join([] if asked.outlook is None else _saves(asked, code))},
        "materials": _materials(asked, touching(new_of(study.exchanges, "materials"), code)),
    }
    return [
        {"key": key, "head": asked.say(f"head_{key}"), "href": "", "more": "", **line}
        for key, line in told.items()
        if line.get("text") or key == "data"
    ]


def _money(asked: Asked, code: str) -> dict[str, str]:
    """Say what new heat takes to build, gains and does to emissions."""
    new = new_of(touching(asked.study.exchanges, code), "heat")
    if new.empty:
        return {}
    ends = [float(new[f"t_co2e_{end}"].sum()) for end in ("low", "high")]
    text = asked.say(
        "money", invest=number(new["investment_msek"].sum(), asked.lang),
        gain=number(new["yearly_msek"].sum(), asked.lang),
        climate=climate(min(ends), max(ends), asked.lang),
    )  # fmt: skip
    return {"text": text}


def _call(asked: Asked, code: str) -> dict[str, str]:
    """Say whom to ring first and about which exchange."""
    pilots = asked.pilots(code)
    if pilots.empty:
        return {}
    first = pilots.iloc[0]
    who = company(asked.study.register, first["site_id_call"])
    text = asked.say(
        "first_call", who=who or first["call"], source=first["name_source"],
        sink=first["name_sink"], amount=quantity(first["delivered"], first["unit"], asked.lang),
        share=chance(first["pays_share"], asked.lang),
    )  # fmt: skip
    more = "all_pilots" if len(pilots) > 1 else "one_pilot"
    return {"text": text, "href": "#borja", "more": asked.say(more, count=len(pilots))}


def _unused(asked: Asked, code: str) -> dict[str, str]:
    """Say which heat is the largest that nobody uses, and why."""
    table = asked.unused
    mine = table[table["municipality_code"].eq(code)] if code else table
    if mine.empty:
        return {}
    what, why = unused_words(mine.iloc[0], asked.lang)
    return {"text": f"{what}: {why}.", "href": "#outnyttjat", "more": asked.say("all_unused")}


def _measure(asked: Asked, code: str) -> dict[str, str]:
    """Say what to find out first: in the region what moves the answer most."""
    if not code and asked.movers:
        return {"text": asked.movers[0]["ask"], "href": "#mat", "more": asked.say("more_inputs")}
    pilots = asked.pilots(code)
    if pilots.empty:
        return {}
    # the sentence begins with what to do
    return {"head": "", "text": pilots.iloc[0]["measure"]}


def _power(asked: Asked, code: str) -> dict[str, str]:
    """Say what dearer electricity does to new heat."""
    levels = [] if asked.outlook is None else asked.outlook.levels
    mine = [level for level in levels if level.parameter == POWER]
    if not mine:
        return {}

    def amount(level: Level) -> float:
        return float(touching(level.exchanges, code)["delivered"].sum())

    best = next(level for level in mine if level.best)
    dear = max(mine, key=lambda level: level.value)
    now, there = (number(amount(level), asked.lang) for level in (best, dear))
    change = 100 * (dear.value / best.value - 1)
    text = asked.say(
        "first_power_same" if now == there else "first_power", now=now, there=there,
        change=number(change, asked.lang, digits=0),
    )  # fmt: skip
    return {"text": text, "href": "#prova", "more": asked.say("part_prova")}


def _claim(asked: Asked) -> dict[str, str]:
    """Say whether the claim on CO2 holds."""
    rows = [row for group in asked.claims for row in group["rows"] if row["id"] == CO2_CLAIM]
    if not rows:
        return {}
    row = rows[0]
    value = f"{row['value']} ({row['range']})" if row["range"] else row["value"]
    verdict = within_sentence(row["verdict"])
    text = asked.say("first_claim", claim=row["text"], verdict=verdict, value=value)
    return {"text": text, "href": "#pastaenden", "more": asked.say("part_pastaenden")}


def _greenhouse(asked: Asked) -> dict[str, str]:
    """Say how many places could heat a greenhouse, and the jobs it would give."""
    study = asked.study
    if not study.region.packaged:
        return {}
    sites = greenhouse.sites(study.register, area_ha=HECTARES, assumptions=study.assumptions)
    enough = sites[sites["direct_cover"] >= 1]
    if enough.empty:
        return {}
    low, high = (number(enough[f"jobs_{end}"].iloc[0], asked.lang, digits=0)
                 for end in ("low", "high"))  # fmt: skip
    givers = list(dict.fromkeys(enough["source_name"]))
    text = asked.say(
        "first_greenhouse", count=len(enough), area=HECTARES, low=low, high=high,
        name=joined(givers[:2], asked.lang),
    )  # fmt: skip
    return {"text": text, "href": GREENHOUSE, "more": asked.say("first_read")}


def _today(asked: Asked, code: str) -> str:
    """Say what flows today, and how that is known."""
    old = existing_of(touching(asked.study.exchanges, code), "heat")
    existing = old["delivered"].sum()
    kind = "existing" if existing > CARRIES_NOTHING else "existing_none"
    amount = quantity(existing, "GWh/yr", asked.lang)
    return asked.say(kind, amount=amount, how=existing_note(old, asked.lang))


def _carbon(asked: Asked) -> dict[str, str]:
    """Say what there is of CO2 and where it goes, if that was matched."""
    if "co2" not in asked.study.matches:
        return {}
    told = asked.study.headline
    parts = {
        key: number(told[f"co2_{key}_kt"], asked.lang)
        for key in ("used", "to_users", "to_storage", "support_left")
    }
    return {"text": asked.say("co2", amount=quantity(told["co2_kt"], "kt/yr", asked.lang), **parts)}


def _saves(asked: Asked, code: str) -> Iterator[str]:
    """Say which new exchange saves most emissions, by itself and with support of the state."""
    table = touching(asked.study.business, code)
    new = new_of(table[asked.study.register.both_one_place(table)])
    held = new["promised"].eq(True)
    for kind, rows in (("", new[~held]), ("_support", new[held])):
        for _, most in rows[rows["t_co2e"] > 0].nlargest(1, "t_co2e").iterrows():
            value = coarse(most["t_co2e"], asked.lang)
            span = rough(most["t_co2e_low"], most["t_co2e_high"], asked.lang)
            yield asked.say(
                f"first_saves{kind}", source=most["name_source"], sink=most["name_sink"],
                climate=value if span == value else f"{value} ({span})",
            )  # fmt: skip


def _materials(asked: Asked, goods: pd.DataFrame) -> dict[str, str]:
    """Say how many new exchanges of materials there are, and which gains most."""
    if goods.empty:
        return {}
    best, links = goods.iloc[0], asked.study.matches["materials"].links
    given = links.loc[links[list(ROLES)].eq(best[list(ROLES)]).all(axis=1), "sent"].sum()
    stream = label_or(f"stream:{best['stream_source']}", str(best["stream_source"]), asked.lang)
    text = asked.say(
        "first_goods" if len(goods) > 1 else "first_goods_one",
        count=len(goods), source=best["name_source"], sink=best["name_sink"],
        stream=within_sentence(stream),
        msek=number(goods["yearly_msek"].sum(), asked.lang),
        amount=quantity(given, best["unit"], asked.lang),
    )  # fmt: skip
    return {"text": text}
