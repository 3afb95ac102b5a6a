"""The first screen under the headline: one line for each question that readers ask first."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from ..factsheets.facts import first_steps
from ..labels import (
    RARE,
    chance,
    climate,
    coarse,
    interval,
    joined,
    label,
    label_or,
    language,
    number,
    quantity,
    rough,
    unit_label,
    within_sentence,
)
from ..maps.match import told_left
from ..model import CARRIES_NOTHING, ROLES, existing_of, new_of
from ..plans import greenhouse
from ..shortlist import SURELY, company, doubtful, replaced_words
from ..study.chain import Study
from ..study.outlook import Level, Outlook
from ..study.sentences import existing_note, is_split, touching, unknown_words, whole_words
from ..study.unused import unused_words
from .verdicts import claim_counts, claim_words

POWER = "electricity_spot_factor"
CO2_CLAIM, JOBS_CLAIM = "biogenic_co2_generated", "jobs_lindesberg"
IN_KT = 1e5  # t CO2e
HISTORY, OVERTAKEN = f"history:{JOBS_CLAIM}", "overtaken"
HECTARES = 10  # under glass, as the first phase in Frövi
GREENHOUSE = "notebooks/32-greenhouse.html"


# the others are folded away
FIRST = ("money", "call", "data", "safest", "unused", "measure", "claim", "power", "greenhouse")
FIRST_TOWN = ("today", "money", "call", "safest", "data", "unused", "measure", "greenhouse")
MOST_SAFE = 3
RECEIVERS = 3  # named of a municipality


class Asked(NamedTuple):
    """What the lines of every area are made from, each made once."""

    study: Study
    outlook: Outlook | None
    verdicts: pd.DataFrame
    movers: list[dict[str, str]]
    unused: pd.DataFrame
    heated: pd.DataFrame
    lang: str

    @classmethod
    def of(
        cls, study: Study, outlook: Outlook | None, verdicts: pd.DataFrame,
        movers: list[dict[str, str]], unused: pd.DataFrame, lang: str,
    ) -> Asked:  # fmt: skip
        """Return what the lines are made from, with the places that could heat a greenhouse."""
        return cls(study, outlook, verdicts, movers, unused, _heated_places(study), lang)

    def pilots(self, code: str) -> pd.DataFrame:
        """Return the exchanges to begin with in an area; none where nothing is drawn."""
        return pd.DataFrame() if self.outlook is None else touching(self.study.pilots, code)

    def many(self, code: str) -> pd.DataFrame:
        """Return what is like a pilot but for its many givers or receivers, ranked, in an area."""
        return touching(self.study.with_many, code)

    def next(self, code: str) -> pd.DataFrame:
        """Return what to do first in an area: in a municipality what its factsheet begins with."""
        if self.outlook is None:
            return pd.DataFrame()
        if code:
            return first_steps(self.study, code)
        pilots = self.pilots(code)
        return pilots if len(pilots) else self.study.undecided

    def most_unused(self, code: str) -> tuple[str, str]:
        """Return the largest heat of an area that nobody uses and why; "" where none is left."""
        table = self.unused
        mine = table[table["municipality_code"].eq(code)] if code else table
        return ("", "") if mine.empty else unused_words(mine.iloc[0], self.lang)

    def resource(self, key: str) -> str:
        """Return what a resource is called within a sentence."""
        return within_sentence(label(f"resource:{key}", self.lang))

    def say(self, key: str, **words: object) -> str:
        """Return a text of the page."""
        return label(f"answer:{key}", self.lang, **words)


def first_lines(asked: Asked, code: str, told: Iterable[str] = ()) -> list[dict[str, Any]]:
    """
    Return the lines of an area: head, text, where more of it stands (href, more), and `folded`.

    `code` is its municipality_code, "" the whole region. What does not concern it is left out, and
    so is what is `told` beside them.
    """
    study = asked.study
    lines = {
        "money": _money(asked, code),
        "call": _call(asked, code),
        "data": {"text": ""},
        "safest": {"text": safest_words(asked, code)},
        "unused": _unused(asked, code),
        "measure": _measure(asked, code),
        "claim": {} if code else _claim(asked),
        "power": _power(asked, code),
        "greenhouse": _greenhouse(asked, code),
        "unused_why": _unused_why(asked, code),
        "to": _to(asked, code),
        "power_why": _power_why(asked, code),
        "model": _model(asked, code),
        "today": {"text": _today(asked, code)},
        "carbon": {} if code else _carbon(asked),
        "saves": {"text": " ".join([] if asked.outlook is None else _saves(asked, code))},
        "materials": _materials(asked, touching(new_of(study.exchanges, "materials"), code)),
    }
    open_ones = FIRST_TOWN if code else FIRST
    # what is open stands in its order, then what is folded
    lines = {key: lines[key] for key in dict.fromkeys([*open_ones, *lines])}
    if told and lines["money"]:
        lines["money"]["head"] = asked.say("head_money_all")
    return [
        {"key": key, "head": asked.say(f"head_{key}"), "href": "", "more": "",
         "folded": key not in open_ones, **line}
        for key, line in lines.items()
        if (line.get("text") or key == "data") and key not in told
    ]  # fmt: skip


def _money(asked: Asked, code: str) -> dict[str, str]:
    """Say what new heat takes to build, gains and does to emissions."""
    new = new_of(touching(asked.study.exchanges, code), "heat")
    if new.empty:
        return {}
    ends = [float(new[f"t_co2e_{end}"].sum()) for end in ("low", "high")]
    sums = {"invest": new["investment_msek"].sum(), "gain": new["yearly_msek"].sum()}
    split = asked.outlook is not None and is_split(asked.study, code)
    if split:
        few = touching(new_of(asked.study.unsure, "heat"), code)
        sums["more_invest"], sums["more_gain"] = (
            few[name].sum() for name in ("investment_msek", "yearly_msek")
        )
        sums["sure_invest"] = sums["invest"] - sums["more_invest"]
        sums["sure_gain"] = sums["gain"] - sums["more_gain"]
    text = asked.say(
        "money_split" if split else "money", climate=climate(min(ends), max(ends), asked.lang),
        **{name: number(amount, asked.lang) for name, amount in sums.items()},
    )  # fmt: skip
    return {"text": text}


def _to(asked: Asked, code: str) -> dict[str, str]:
    """Say who would receive new heat: in the region its municipalities, in one of them whom."""
    new = new_of(touching(asked.study.exchanges, code), "heat")
    if new.empty:
        return {}
    if code:
        names = asked.study.named(new)
        ends = names["sender"] + " → " + names["receiver"]
    else:
        ends = new["municipality_code_sink"].map(asked.study.region.names).fillna(new["name_sink"])
    sums = new["delivered"].groupby(ends).sum().sort_values(ascending=False, kind="stable")
    most = sums if not code else sums.head(RECEIVERS)
    told = [f"{name} {number(amount, asked.lang)}" for name, amount in most.items()]
    unit = unit_label("GWh/yr", asked.lang)
    return {
        "head": asked.say("head_to_town" if code else "head_to"),
        "text": " ".join(
            [
                asked.say("first_to", list=joined(told, asked.lang), unit=unit),
                *(whole_words(asked.study, code, asked.lang) if code else []),
            ]
        ),
        "href": "#utbyten",
        "more": asked.say("part_utbyten"),
    }


def _call(asked: Asked, code: str) -> dict[str, str]:
    """Say whom to ring first and about which exchange."""
    # whoever could begin is rung before whoever has to find something out
    pilots = asked.pilots(code)
    pilots = pilots if len(pilots) else asked.next(code)
    if pilots.empty:
        return {}
    first, begins = pilots.iloc[0], not doubtful(pilots).iloc[0]
    who = company(asked.study.register, first["site_id_call"])
    text = asked.say(
        "first_call", who=who or first["call"], source=first["name_source"],
        sink=first["name_sink"], amount=quantity(first["delivered"], first["unit"], asked.lang),
        what=asked.resource(first["resource"]),
        share=chance(first["pays_share"], asked.lang),
    )  # fmt: skip
    text = " ".join(filter(None, [text, first["then"]]))
    more = asked.say("all_pilots" if len(pilots) > 1 else "one_pilot", count=len(pilots))
    head = asked.say("head_call" if begins else "head_call_unsure")
    return {"head": head, "text": text, "href": "#borja" if begins else "#avgor", "more": more}


def safest_words(asked: Asked, code: str) -> str:
    """Say which pilots of an area pay most surely, with what; "" where none surely does."""
    if asked.outlook is None:
        return ""
    rows = asked.pilots(code)
    # what is told as equally sure keeps its order
    told = rows["pays_share"].astype(float).clip(upper=1 - RARE)
    rows = rows.assign(told=told)[told >= SURELY]
    rows = rows.sort_values("told", ascending=False, kind="stable").head(MOST_SAFE)
    ends = [
        f"{row.name_source} → {row.name_sink}"
        + ("" if row.resource == "heat" else f" ({asked.resource(row.resource)})")
        for row in rows.itertuples()
    ]
    shares = [chance(share, asked.lang) for share in rows["pays_share"]]
    if len(set(shares)) == 1 < len(shares):
        return asked.say("safest_all", list=", ".join(ends), share=shares[0])
    each = [f"{pair} {share}" for pair, share in zip(ends, shares, strict=True)]
    for row in rows.itertuples() if len(rows) == 1 else ():  # a lone one has room for its amounts
        delivered = quantity(row.delivered, row.unit, asked.lang)
        yearly = quantity(row.yearly_msek, "MSEK", asked.lang)
        each = [asked.say("safest_one", pair=each[0], delivered=delivered, yearly=yearly)]
    return f"{', '.join(each)}." if each else ""


def _unused(asked: Asked, code: str) -> dict[str, str]:
    """Say which heat is the largest that nobody uses."""
    what, _ = asked.most_unused(code)
    text = " ".join(filter(None, [what and f"{what}.", "" if code else _unused_goods(asked)]))
    return {"text": text, "href": "#outnyttjat", "more": asked.say("see_why")}


def _unused_goods(asked: Asked) -> str:
    """Say how much of by-products nobody receives, with the largest; "" where all is taken."""
    if "materials" not in asked.study.matches:
        return ""
    study = asked.study
    told = told_left(study.matches["materials"], study.register, None, asked.lang, most=1)
    return told and asked.say("unused_goods", told=within_sentence(told))


def _unused_why(asked: Asked, code: str) -> dict[str, str]:
    """Say why nobody uses it."""
    _, why = asked.most_unused(code)
    return {"text": why and f"{why}.", "href": "#outnyttjat", "more": asked.say("see_all")}


def _measure(asked: Asked, code: str) -> dict[str, str]:
    """Say what to find out first: in the region what moves the answer most."""
    if not code and asked.movers:
        return {"text": asked.movers[0]["ask"], "href": "#mat", "more": asked.say("more_inputs")}
    pilots = asked.next(code)
    if pilots.empty:
        return {}
    # the sentence begins with what to do, in two words
    *head, text = pilots.iloc[0]["measure"].split(" ", 2)
    return {"head": " ".join(head), "text": text}


def _prices(asked: Asked) -> tuple[Level, Level] | None:
    """Return the plan at the best price of electricity and at the dearest, if those were tried."""
    levels = [] if asked.outlook is None else asked.outlook.levels
    mine = [level for level in levels if level.parameter == POWER]
    if not mine:
        return None
    return next(level for level in mine if level.best), max(mine, key=lambda level: level.value)


def _power(asked: Asked, code: str) -> dict[str, str]:
    """Say what dearer electricity does to new heat."""
    if not (prices := _prices(asked)):
        return {}
    now, there = (
        number(touching(level.exchanges, code)["delivered"].sum(), asked.lang) for level in prices
    )
    best, dear = prices
    text = asked.say(
        "first_power_same" if now == there else "first_power", now=now, there=there,
        change=number(100 * (dear.value / best.value - 1), asked.lang, digits=0),
    )  # fmt: skip
    return {"text": text, "href": "#prova", "more": asked.say("part_prova")}


def _power_why(asked: Asked, code: str) -> dict[str, str]:
    """Say which exchanges come and go when electricity gets dearer."""
    prices = _prices(asked)
    return {"text": " ".join(_why(asked, *prices, code))} if prices else {}


def _why(asked: Asked, best: Level, dear: Level, code: str) -> Iterator[str]:
    """Say which exchange comes in at another price, what is then paid otherwise, and what goes."""
    ends = list(ROLES)
    fresh, gone = _apart(dear, best, code), _apart(best, dear, code)
    if max(len(fresh), len(gone)) > 1:
        yield asked.say("first_power_count", fresh=len(fresh), gone=len(gone))
    links, rate = asked.study.candidates["heat"].links, asked.study.assumptions["sek_per_eur"]
    for _, row in fresh.nlargest(1, "delivered").iterrows():
        before = links.loc[links[ends].eq(row[ends]).all(axis=1), "worth"]
        if len(before) and row["worth"] > before.iloc[0]:
            worth = {"now": before.iloc[0], "there": row["worth"]}
            shown = {key: number(rate * eur, asked.lang, digits=0) for key, eur in worth.items()}
            yield asked.say(
                "first_power_why", source=row["name_source"], sink=_taker(asked, row), **shown
            )
    for _, row in gone.nlargest(1, "delivered").iterrows():
        words = {"source": row["name_source"], "sink": _taker(asked, row)}
        words["amount"] = number(row["delivered"], asked.lang)
        instead = fresh[fresh["source"] == row["source"]].nlargest(1, "delivered")
        for _, other in instead.iterrows():
            words |= {"other": _taker(asked, other)}
            words["there"] = number(other["delivered"], asked.lang)
        yield asked.say("first_power_gone" if instead.empty else "first_power_instead", **words)


def _apart(level: Level, other: Level, code: str) -> pd.DataFrame:
    """Return the new exchanges of an area at one level that the other does not have."""
    rows, ends = touching(level.exchanges, code), list(ROLES)
    known = set(other.exchanges[ends].itertuples(index=False, name=None))
    return rows.loc[[pair not in known for pair in rows[ends].itertuples(index=False, name=None)]]


def _taker(asked: Asked, row: pd.Series) -> str:
    """Return who receives; a network and the houses of its town are told apart."""
    return str(asked.study.end_names.get(row["sink"], row["name_sink"]))


def _claim(asked: Asked) -> dict[str, str]:
    """Say how many claims hold, and whether the one on CO2 does."""
    rows = asked.verdicts[asked.verdicts["claim_id"] == CO2_CLAIM].to_dict("records")
    if not rows:
        return {}
    row = claim_words(rows[0], asked.lang)
    value = f"{row['value']} ({row['range']})" if row["range"] else row["value"]
    text = asked.say(
        "first_claim", verdict=within_sentence(row["verdict"]), value=value,
        **claim_counts(asked.verdicts),
    )  # fmt: skip
    return {"text": text, "href": "#pastaenden", "more": asked.say("see_all")}


def _heated_places(study: Study) -> pd.DataFrame:
    """Return the places where waste heat alone is enough for a greenhouse; none without a claim."""
    if "heat" not in study.matches or not study.region.packaged:
        return pd.DataFrame()
    sites = greenhouse.sites(study.register, area_ha=HECTARES, assumptions=study.assumptions)
    return sites[sites["direct_cover"] >= 1]


def _greenhouse(asked: Asked, code: str) -> dict[str, str]:
    """Say which plants could heat a greenhouse, and the jobs that it would give."""
    enough = _enough(asked, code)
    if enough.empty:
        return {}
    # several places of one plant are one giver
    givers = list(dict.fromkeys(enough["source_name"]))
    names = joined(givers[:RECEIVERS], asked.lang)
    if len(givers) > RECEIVERS:
        names = label("map:others", asked.lang, name=names)
    told = [asked.say("first_greenhouse", area=HECTARES, name=names)]
    for row in _claimed_jobs(asked):
        drawn = interval(row["low"], row["high"], asked.lang, digits=0)
        told.append(asked.say("first_jobs", range=drawn))
    return {"text": " ".join(told), "href": GREENHOUSE, "more": asked.say("first_read")}


def _model(asked: Asked, code: str) -> dict[str, str]:
    """Say how far the jobs of a greenhouse can lie apart, and how its model went."""
    enough = _enough(asked, code)
    told = []
    for row in [] if enough.empty else _claimed_jobs(asked):
        first = enough.iloc[0]
        widest = interval(first["jobs_low"], first["jobs_high"], asked.lang, digits=0)
        told.append(asked.say("first_jobs_widest", widest=widest))
        if row["verdict"] == OVERTAKEN:
            told.append(asked.say("first_overtaken", history=label(HISTORY, asked.lang)))
    return {"text": " ".join(told)}


def _enough(asked: Asked, code: str) -> pd.DataFrame:
    """Return the places of an area where waste heat alone is enough for a greenhouse."""
    table = asked.heated
    return table[table["municipality_code"] == code] if code and len(table) else table


def _claimed_jobs(asked: Asked) -> list[dict[Hashable, Any]]:
    """Return the verdict on the claim on jobs, where it was judged."""
    return asked.verdicts[asked.verdicts["claim_id"] == JOBS_CLAIM].to_dict("records")


def _today(asked: Asked, code: str) -> str:
    """Say what flows today, and how that is known."""
    old = existing_of(touching(asked.study.exchanges, code), "heat")
    existing = old["delivered"].sum()
    kind = "existing" if existing > CARRIES_NOTHING else "existing_none"
    amount = quantity(existing, "GWh/yr", asked.lang)
    said = asked.say(kind, amount=amount, how=existing_note(old, asked.lang))
    return " ".join([said, *unknown_words(asked.study, asked.lang, code=code)])


def _carbon(asked: Asked) -> dict[str, str]:
    """Say what there is of CO2 and where it goes, if that was matched."""
    if "co2" not in asked.study.matches:
        return {}
    told = asked.study.headline
    parts = {
        key: number(told[f"co2_{key}_kt"], asked.lang)
        for key in ("used", "to_users", "to_storage", "support_left")
    }
    parts["biogenic"] = number(asked.study.co2["biogenic"].sum(), asked.lang)
    return {"text": asked.say("co2", amount=quantity(told["co2_kt"], "kt/yr", asked.lang), **parts)}


def _saves(asked: Asked, code: str) -> Iterator[str]:
    """Say which new exchange saves most emissions, by itself and with support of the state."""
    table = touching(asked.study.business, code)
    new = new_of(table[asked.study.register.both_one_place(table)])
    held = new["promised"].eq(True)
    for kind, rows in (("", new[~held]), ("_support", new[held])):
        saving = rows[rows["t_co2e"] > 0]  # no numbers where there is no exchange at all
        most_first = saving.sort_values("t_co2e", ascending=False, kind="stable")
        for _, most in most_first.head(1).iterrows():
            yield asked.say(
                f"first_saves{kind}", source=most["name_source"], sink=most["name_sink"],
                climate=_saved(most, asked.lang),
            )  # fmt: skip


def _saved(row: pd.Series, lang: str) -> str:
    """Return what an exchange avoids: hundreds of kilotonnes as the sums of CO2 are told."""
    if row["t_co2e"] >= IN_KT:
        return quantity(row["t_co2e"] / 1000, "kt", lang)
    value = coarse(row["t_co2e"], lang)
    span = rough(row["t_co2e_low"], row["t_co2e_high"], lang)
    return f"{value if span == value else f'{value} ({span})'} t"


def _materials(asked: Asked, goods: pd.DataFrame) -> dict[str, str]:
    """Say how many new exchanges of materials there are, and which gains most."""
    if goods.empty:
        return {}
    best, links = goods.iloc[0], asked.study.matches["materials"].links
    given = links.loc[links[list(ROLES)].eq(best[list(ROLES)]).all(axis=1), "sent"].sum()
    stream = label_or(f"stream:{best['stream_source']}", str(best["stream_source"]), asked.lang)
    counted = replaced_words(best, given, language(asked.lang)).removesuffix(",")
    text = asked.say(
        "first_goods" if len(goods) > 1 else "first_goods_one",
        count=len(goods), source=best["name_source"], sink=best["name_sink"],
        stream=within_sentence(stream) + counted,
        msek=number(goods["yearly_msek"].sum(), asked.lang),
        amount=quantity(given, best["unit"], asked.lang),
    )  # fmt: skip
    return {"text": text}
