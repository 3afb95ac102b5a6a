"""What a factsheet says: the numbers of a municipality as words and tables in one language."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
from babel.dates import get_month_names

from ..disclosure import INTERNAL
from ..labels import (
    chance,
    cut,
    date_line,
    has_label,
    joined,
    label,
    language,
    number,
    quantity,
    source_titles,
    version_line,
)
from ..model import existing_of, new_of
from ..register.classes import HOT, NUCLEAR
from ..shortlist import HALF, receiver
from ..study.cases import Case
from ..study.chain import Study, check_study
from ..study.intervals import SUMS, ranges
from ..study.sentences import cover_words, touching, town_words
from . import facts
from .tables import (
    CO2_UNIT,
    HEAT_UNIT,
    Table,
    amount_words,
    apart_words,
    balance_rows,
    contact_table,
    cover_table,
    exchange_rows,
    range_words,
    step_table,
    uncertain_table,
)

TITLE_LENGTH, MOST_SOURCES = 96, 2


class Sheet(NamedTuple):
    """Everything on the two pages of a factsheet, in the order of reading."""

    code: str
    name: str
    lang: str
    title: str
    subtitle: str
    answer: str
    figures: list[tuple[str, str, str]]
    balance: Table
    exchanges: Table
    steps: Table
    supply: pd.DataFrame
    demand: pd.Series
    season: str
    cover: Table
    uncertain: Table
    contacts: Table
    sources: list[str]
    footer: str
    licence: str
    marking: str = ""


def make_sheet(study: Study, code: str, drawn: Case, *, lang: str = "sv") -> Sheet:
    """
    Return the factsheet of one municipality in words.

    Parameters
    ----------
    study
        What `run` returned; cleared for internal readers, the sheet says so.
    code
        The municipality_code.
    drawn
        The draws of the study (see `cases.drawn_case`), for probabilities.
    lang
        "sv" or "en".
    """
    place = study.municipalities.loc[code]
    supply, demand = facts.monthly(study, code)
    apart = apart_words(facts.heat_supply(study, code), lang)
    version = version_line(lang)
    marking = label("output:internal", lang) if check_study(study) == INTERNAL else ""
    date = date_line(lang)
    return Sheet(
        code=code,
        name=str(place["name"]),
        lang=lang,
        title=label("factsheet:title", lang, name=place["name"]),
        subtitle=_subtitle(place, lang),
        answer=_answer(study, code, lang),
        figures=_figures(study, code, drawn, lang),
        balance=balance_rows(study, code, drawn, lang),
        exchanges=exchange_rows(study, code, lang),
        steps=step_table(study, code, lang),
        supply=supply.loc[:, supply.sum() > 0],
        demand=demand,
        season=_season(supply, demand, apart, lang),
        cover=cover_table(drawn, code, apart, lang),
        uncertain=uncertain_table(study, code, lang),
        contacts=contact_table(study, code, lang),
        sources=_sources(study, code, lang),
        footer=f"symbios-geo. {version}. {date}. {marking or label('factsheet:public', lang)}",
        licence=label("output:licence", lang),
        marking=marking,
    )  # fmt: skip


def _subtitle(place: pd.Series, lang: str) -> str:
    """Return inhabitants and area of a municipality, or where it lies when nobody states them."""
    facts_of = ["population", "population_year", "land_km2"]
    if place.reindex(facts_of).isna().any():
        return label("factsheet:subtitle_plain", lang, name=place["name"])
    return label(
        "factsheet:subtitle", lang, name=possessive(str(place["name"]), lang),
        year=place["population_year"],
        population=number(place["population"], lang), area=number(place["land_km2"], lang),
    )  # fmt: skip


def _answer(study: Study, code: str, lang: str) -> str:
    """Return what a municipality gets today, or has, and what new heat gives, costs and risks."""
    return " ".join([_today_words(study, code, lang), _new_words(study, code, lang)])


def _today_words(study: Study, code: str, lang: str) -> str:
    """Say what heat comes from whom today; where none does, what there is against the need."""
    name, unit = study.region.names[code], HEAT_UNIT
    heat = existing_of(study.exchanges, "heat")
    coming = heat[heat["municipality_code_sink"].eq(code)]
    if len(coming):
        today = quantity(coming["delivered"].sum(), unit, lang)
        givers = joined(list(dict.fromkeys(study.named(coming)["sender"])), lang)
        return label("factsheet:lead_today", lang, name=name, today=today, givers=givers)
    heat = facts.heat_supply(study, code).drop(NUCLEAR, errors="ignore")["value"]
    warmest = next((key for key in heat.index if heat[key] > 0), None)
    if warmest is None:
        return label("factsheet:lead_no_heat", lang, name=name)
    need = quantity(study.balances["heat"]["demand"][code], unit, lang)
    warm = "" if warmest == HOT else label(f"factsheet:lead_{warmest}", lang)
    amount = quantity(heat.sum(), unit, lang)
    return label("factsheet:lead_have", lang, name=name, amount=amount, warm=warm, need=need)


def _new_words(study: Study, code: str, lang: str) -> str:
    """Say how much new heat pays, what of the need it covers, what it costs and how surely."""
    new = touching(new_of(study.business, "heat"), code)
    if new.empty:
        return f"{town_words(study, code, lang)}."
    shares = new["pays_share"].astype(float)
    told = {
        "amount": quantity(new["delivered"].sum(), HEAT_UNIT, lang), "count": len(new),
        "covers": cover_words(study, code, lang),
        "msek": number(new["investment_msek"].sum(), lang),
        "share": chance(shares.max(), lang), "least": chance(shares.min(), lang),
    }  # fmt: skip
    if len(new) > 1:
        same = "_same" if told["share"] == told["least"] else ""
        return label(f"factsheet:lead_new{same}", lang, **told)
    only = new.iloc[0]
    ends = {"source": only["name_source"], "sink": receiver(only, study.register, language(lang))}
    kind = "factsheet:lead_one" + ("_seldom" if shares.max() < HALF else "")
    return label(kind, lang, **told, **ends)


def possessive(name: str, lang: str) -> str:
    """Return a municipality's name before the word "kommun": Varbergs, but Hylte and Borås."""
    return name + ("s" if lang == "sv" and name[-1:].lower() not in "aeiouyåäösxz" else "")


def _figures(study: Study, code: str, drawn: Case, lang: str) -> list[tuple[str, str, str]]:
    """Return the six figures at the top: value, words and range."""
    heat = facts.heat_supply(study, code)
    co2 = facts.co2_supply(study, code)
    rows = [
        ("need_gwh", study.balances["heat"]["demand"][code], HEAT_UNIT),
        ("supply_gwh", heat["value"].drop(NUCLEAR, errors="ignore").sum(), HEAT_UNIT),
        ("hot_gwh", heat.loc[HOT, "value"], HEAT_UNIT),
        ("biogenic_kt", co2.loc["biogenic", "value"], CO2_UNIT),
        ("fossil_kt", co2.loc["fossil", "value"], CO2_UNIT),
    ]
    words = {name: label(f"figure:{name}", lang) for name, *_ in rows}
    spans = ranges(drawn.within(code), [*SUMS, "new_gwh"])
    words["supply_gwh"] = label("factsheet:figure_heat", lang, apart=apart_words(heat, lang))
    found = [
        (amount_words(value, unit, lang), words[name], range_words(spans.loc[name], lang))
        for name, value, unit in rows
    ]
    new, existing = (facts.delivered_heat(study, code, status) for status in ("new", "existing"))
    # what it gives stands in the sentence above the figures
    kind = "factsheet:received" + ("" if existing else "_first")
    words_of_new = label(kind, lang, existing=amount_words(existing, HEAT_UNIT, lang))
    amount = amount_words(new, HEAT_UNIT, lang)
    return [*found, (amount, words_of_new, range_words(spans.loc["new_gwh"], lang))]


def _season(supply: pd.DataFrame, demand: pd.Series, apart: str, lang: str) -> str:
    """Return what the monthly chart says."""
    need = demand.sum()
    if not need:
        return label("factsheet:season_none", lang)
    shares = {}
    for key, table in (("hot", supply[[HOT]]), ("whole", supply)):
        covered = table.sum(axis=1).clip(upper=demand).sum()
        shares[key] = number(100 * covered / need, lang, digits=0)
    months = {"peak": demand.idxmax(), "least": demand.idxmin()}
    names = get_month_names("wide", locale=language(lang).locale)
    words = {key: names[int(month)] for key, month in months.items()}
    return label("factsheet:season_words", lang, **words, **shares, apart=apart)


def _sources(study: Study, code: str, lang: str) -> list[str]:
    """Return titles of the sources used, most used first; our own estimates as one."""
    counts = facts.used_sources(study, code)
    own = counts.index.str.startswith("own_")
    titles = source_titles(lang, study.register.sources)
    published = [_title(name, titles) for name in counts.index[~own]]
    lines = published[:MOST_SOURCES]
    if rest := len(published) - len(lines):
        key = "factsheet:more_source" if rest == 1 else "factsheet:more_sources"
        lines.append(label(key, lang, count=rest))
    if own.any():
        lines.append(label("factsheet:own_sources", lang))
    return lines


def _title(source_id: str, titles: pd.Series) -> str:
    """Return the title of a source, without what is said about it in brackets."""
    if has_label(f"source:{source_id}"):
        return str(titles[source_id])
    return cut(str(titles.get(source_id, source_id)), TITLE_LENGTH)
