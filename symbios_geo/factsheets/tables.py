"""The tables of a factsheet in words: balance, exchanges, cover, what is uncertain, whom to ask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from ..labels import (
    MISSING,
    chance,
    climate,
    coarse,
    cut,
    interval,
    label,
    label_or,
    number,
    percent,
    quantity,
    short_name,
    span,
    unit_label,
    within_sentence,
)
from ..maps.placenames import short_site_names
from ..model import EXISTING, SITES, among
from ..register.classes import NUCLEAR
from ..shortlist import HALF, less_since
from ..study.cases import Case
from ..study.chain import Study, in_language
from ..study.intervals import class_ranges, ranges
from ..study.sentences import end_name, unknown_words, whole_words
from . import facts

HEAT_UNIT, CO2_UNIT = "GWh/yr", "kt/yr"
NAME_LENGTH = 52
STEP_LENGTHS = {"what": 240, "call": 160, "measure": 150}
MOST_NEW, MOST_SELDOM, MOST_EXISTING, MOST_NEIGHBOURS, MOST_KNOWN = 3, 2, 2, 2, 2
TIMES_FROM = 10  # of the need: from here on a share is told as so many times
MOST_REST = 4  # in a line; the workbook has them all


class Row(NamedTuple):
    """One row of a table; `kind` is "", "group" (a heading across the table) or "sum"."""

    cells: tuple[str, ...]
    kind: str = ""


class Table(NamedTuple):
    """A table of words: `widths` are shares of the page, `align` has l or r for each column."""

    title: str
    head: tuple[str, ...]
    rows: list[Row]
    widths: tuple[float, ...]
    align: str
    notes: list[str]


def balance_rows(study: Study, code: str, drawn: Case, lang: str) -> Table:
    """Return supply and demand by class, with ranges."""
    need = float(study.balances["heat"]["demand"][code])
    heat, co2 = facts.heat_supply(study, code), facts.co2_supply(study, code)
    case = drawn.within(code)
    spans = ranges(case)
    # a sum of lows is no low of the sum: each total has the range of its draws
    heat = heat.assign(**class_ranges(case, list(heat.index)))
    co2 = co2.assign(**spans.loc[[f"{name}_kt" for name in co2.index]].set_axis(co2.index))
    counted = heat.drop(index=NUCLEAR, errors="ignore")
    rows = [_group("heat", HEAT_UNIT, lang)]
    rows += [_amounts(label(name, lang), v, lang, need=need) for name, v in counted.iterrows()]
    total = label("factsheet:sum", lang) + apart_words(heat, lang)
    whole_heat = pd.concat([counted[["value", "committed"]].sum(), spans.loc["supply_gwh"]])
    rows.append(_amounts(total, whole_heat, lang, need=need, kind="sum"))
    if NUCLEAR in heat.index:
        rows.append(_amounts(label(NUCLEAR, lang), heat.loc[NUCLEAR], lang, need=need))
    rows.append(_group("demand", HEAT_UNIT, lang))
    for name, v in facts.heat_demand(study, code, drawn).iterrows():
        rows.append(_amounts(label(f"factsheet:demand_{name}", lang), v, lang, need=need))
    whole = label("factsheet:sum", lang)
    whole_need = pd.concat([pd.Series({"value": need}), spans.loc["need_gwh"]])
    rows.append(_amounts(whole, whole_need, lang, need=need, kind="sum"))
    rows.append(_group("co2", CO2_UNIT, lang))
    rows += [_amounts(label(f"carbon:{name}", lang), v, lang) for name, v in co2.iterrows()]
    head = ("year", "places", "best", "range", "used", "share")
    return Table(
        label("factsheet:balance", lang),
        tuple(label(f"factsheet:head_{key}", lang) for key in head),
        rows,
        (0.34, 0.09, 0.13, 0.18, 0.13, 0.13),
        "lrrrrr",
        [label("factsheet:balance_note", lang)],
    )


def exchange_rows(study: Study, code: str, lang: str) -> Table:
    """Return the exchanges of the plan: those of today, and the best new ones with their case."""
    every = facts.best_exchanges(study, code, top=None)
    # by far the largest exchange of a municipality may be one that seldom pays
    seldom = facts.seldom(every)
    few = facts.by_amount(study, every[seldom]).head(MOST_SELDOM)
    # what the sheet says to begin with has its row here
    steps = facts.first_steps(study, code)
    often = every[~seldom]
    first = among(often, steps, facts.PLACES)
    # heat first, as in the sentence at the top
    often = pd.concat([facts.by_amount(study, often[first]), often[~first]])
    found = often.head(max(MOST_NEW - len(few), int(first.sum())))
    # a row more takes the room of two in the line
    more = max(len(found) + len(few) - MOST_NEW, 0)
    # what is worth most comes first here, whoever its ends are
    rest = often.iloc[len(found) :].sort_values("npv_msek", ascending=False, kind="stable")
    # each that the sentence at the top counts is told, with a row or here
    heat = rest["resource"] == "heat"
    # what seldom pays says more of itself: two of it take the room of one of today
    existing = facts.existing_exchanges(study, code).head(MOST_EXISTING - (len(few) > 1))
    heads = [
        *(label(f"factsheet:head_{key}", lang) for key in ("ends", "amount", "case")),
        label("factsheet:head_climate", lang, unit=unit_label("t CO2e/yr", lang)),
    ]  # fmt: skip
    rows = []
    for words, table in (("existing", existing), ("new", found), ("seldom", few)):
        if len(table):
            rows.append(Row((label(f"factsheet:{words}", lang), *[""] * (len(heads) - 1)), "group"))
            rows += [Row(exchange_row(study, row, lang, words)) for _, row in table.iterrows()]
    notes = [] if len(every) else [label("factsheet:exchanges_none", lang)]
    return Table(
        label("factsheet:exchanges", lang),
        tuple(heads),
        rows,
        (0.36, 0.115, 0.31, 0.215),
        "llll",
        [
            *notes,
            *_rest_words(study, rest[heat], lang, kind="more_heat", most=len(rest)),
            *_rest_words(
                study,
                rest[~heat],
                lang,
                kind="more_new",
                most=max(MOST_REST - 2 * more - int(heat.sum()), 0),
            ),
            *whole_words(study, code, lang),
            *_neighbour_words(study, code, lang),
            *unknown_words(study, lang, code=code),
            label("factsheet:exchanges_note", lang),
        ],
    )


def _rest_words(study: Study, rest: pd.DataFrame, lang: str, *, kind: str, most: int) -> list[str]:
    """Return the new exchanges that have no row of their own, at most so many, in a line."""
    shown = rest.head(most)
    parts = [
        f"{_ends(study, row, lang)}{'' if row['one_place'] else ' *'} "
        + quantity(row["delivered"], study.resource(str(row["resource"])).unit, lang)
        + (f" ({label('factsheet:case_share', lang, share=chance(row['pays_share'], lang))})"
           if row["resource"] == "heat" else "")
        for _, row in shown.iterrows()
    ]  # fmt: skip
    if left := len(rest) - len(parts):
        parts.append(label("factsheet:more_left", lang, count=left))
    words = kind + ("" if shown["one_place"].all() else "_many")
    return [label(f"factsheet:{words}", lang, list="; ".join(parts))] if parts else []


def _neighbour_words(study: Study, code: str, lang: str) -> list[str]:
    """Return which neighbours matter: what crosses the border, and how much of it is new."""
    table, names = facts.neighbours(study, code).head(MOST_NEIGHBOURS), study.municipalities["name"]
    parts = [
        label(
            f"factsheet:neighbour_{row.direction}", lang, name=names[row.other],
            amount=quantity(row.delivered, study.resource(str(row.resource)).unit, lang),
            resource=resource_words(str(row.resource), lang),
            status=_status_words(row.status, row.pays_share, lang),
        )
        for row in table.itertuples()
    ]  # fmt: skip
    return [label("factsheet:neighbours", lang, list="; ".join(parts))] if parts else []


def _status_words(status: str, share: float, lang: str) -> str:
    """Say whether it flows today or is new, and of what seldom pays how often it does."""
    words = label(f"status:{status}", lang)
    if not share < HALF:
        return words
    return f"{words}, {label('factsheet:case_share', lang, share=chance(share, lang))}"


def step_table(study: Study, code: str, lang: str) -> Table:
    """Return what to do first with the exchanges that are worth most: call, and measure."""
    rows = []
    for _, row in facts.first_steps(in_language(study, lang), code).iterrows():
        what, *rest = (_step(str(row[name]), most) for name, most in STEP_LENGTHS.items())
        # nobody begins with what seldom pays
        kind = "factsheet:step" + ("_seldom" if row["pays_share"] < HALF else "")
        what = label(kind, lang, what=what, share=chance(row["pays_share"], lang))
        rows.append(Row((what, *rest)))
    heads = tuple(label(f"factsheet:head_{key}", lang) for key in ("step", "call", "measure"))
    notes = [] if rows else [label("factsheet:steps_none", lang)]
    title = label("factsheet:steps", lang)
    return Table(title, heads, rows, (0.42, 0.28, 0.3), "lll", notes)


def cover_table(drawn: Case, code: str, apart: str, lang: str) -> Table:
    """Return how probable it is that the heat is enough."""
    rows = [
        Row(
            (
                label(f"factsheet:chance_{claim}", lang, apart=apart),
                interval(row["low"], row["high"], lang, digits=2),
                chance(row["chance"], lang),
            )
        )
        for claim, row in facts.cover_chances(drawn, code).iterrows()
    ]
    draws = number(len(drawn.draws.flows), lang, digits=0)
    heads = tuple(label(f"factsheet:head_{key}", lang) for key in ("claim", "cover", "chance"))
    note = label("factsheet:cover_note", lang, draws=draws)
    title = label("factsheet:cover", lang)
    return Table(title, heads, rows, (0.5, 0.25, 0.25), "lrr", [note])


def uncertain_table(study: Study, code: str, lang: str) -> Table:
    """Return the estimates that measured values would help most."""
    names = _names(study, lang)
    rows = []
    for _, flow in facts.uncertain_rows(study, code, heat=2, co2=1).iterrows():
        words = f"{names[flow['site_id']]}: {_word('stream', flow['stream'], lang)}"
        value = quantity(flow["value"], str(flow["unit"]), lang)
        method = _word("method", flow["method"], lang)
        rows.append(Row((words, value, range_words(flow, lang), method)))
    every = [facts.municipal_flows(study, code, key, "source") for key in study.resources]
    grades = pd.concat(every)["confidence"]
    count, total = int((grades == "C").sum()), len(grades)
    note = label("factsheet:uncertain_note", lang, count=count, total=total)
    keys = ("estimate", "best", "range", "method")
    heads = [label(f"factsheet:head_{key}", lang) for key in keys]
    title, widths = label("factsheet:uncertain", lang), (0.52, 0.15, 0.17, 0.16)
    return Table(title, tuple(heads), rows, widths, "lrrl", [note])


def contact_table(study: Study, code: str, lang: str) -> Table:
    """Return whom to ask for which measured data."""
    names = _names(study, lang)
    rows = []
    for site, row in facts.contacts(study, code, top=facts.MOST_CONTACTS).iterrows():
        # what decides: the first two resources that the plant has
        has = [key for key in study.resources if row[key] > 0][:MOST_KNOWN]
        known = [
            f"{quantity(row[key], study.resource(key).unit, lang)} {resource_words(key, lang)}"
            for key in has
        ]
        if row["takes"]:
            known = [label("factsheet:takes", lang, amount=amount) for amount in known]
            ask = label(f"factsheet:ask_{'network' if row['heat'] else 'taker'}", lang)
        else:
            asked = [label(f"factsheet:ask_{key}", lang) for key in has]
            each = "; ".join([*asked[:1], *map(within_sentence, asked[1:])])
            ask = label_or(f"factsheet:asks:{'_'.join(has)}", each, lang)
        operator = cut(short_name(str(row["operator"]).split(";")[0]), NAME_LENGTH)
        rows.append(Row((operator, names[site], "\n".join(known), ask)))
    heads = [label(f"factsheet:head_{key}", lang) for key in ("operator", "plant", "known", "ask")]
    title, widths = label("factsheet:contacts", lang), (0.17, 0.18, 0.23, 0.42)
    return Table(title, tuple(heads), rows, widths, "llll", [])


def _step(text: str, most: int) -> str:
    """Return advice as it is written, cut only where a name is beyond all bounds."""
    return text if len(text) <= most else cut(text, most)


def exchange_row(study: Study, exchange: pd.Series, lang: str, status: str) -> tuple[str, ...]:
    """Return the cells of one exchange; what runs today has no money that is known."""
    resource = study.resource(str(exchange["resource"]))
    ways = [label(f"mode:{mode}", lang) for mode in exchange["modes"] if mode]
    if exchange["distance_km"] >= 0.05 and "beside" not in exchange["modes"]:
        ways.append(quantity(exchange["distance_km"], "km", lang))
    if not exchange["one_place"]:
        ways.append(label("factsheet:many", lang))
    if status == EXISTING:
        ways.append(label(f"factsheet:{'reported' if exchange['reported'] else 'estimated'}", lang))
        ways += [
            label("factsheet:less_since", lang, year=f"{later['year']:.0f}",
                  amount=quantity(later["value"], later["unit"], lang))
            for later in less_since(study.register, exchange)
        ]  # fmt: skip
    amount = quantity(exchange["delivered"], resource.unit, lang)
    first = (
        f"{_ends(study, exchange, lang)}\n{', '.join(ways)}",
        f"{amount}\n{resource_words(resource.key, lang)}",
    )
    if status == EXISTING:
        return (*first, "", "")
    effects = _effects(exchange["avoided"], lang)
    effects = effects or [label("factsheet:no_effect", lang)]
    jobs = [float(exchange[name]) for name in facts.JOBS]
    if not np.isnan(jobs).any():
        few = label("factsheet:fewer_than_one", lang)
        told = few if 0 < max(jobs) < 1 else interval(jobs[0], jobs[1], lang, digits=0)
        effects.append(label("factsheet:jobs", lang, range=told))
    return (*first, _case(exchange, lang), "\n".join(effects))


def _case(exchange: pd.Series, lang: str) -> str:
    """Return what an exchange takes to build, gains a year and is worth; nothing unknown."""
    known = [name for name in ("investment", "yearly") if pd.notna(exchange[f"{name}_msek"])]
    said = [
        label(f"factsheet:case_{name}", lang, amount=number(exchange[f"{name}_msek"], lang))
        if exchange[f"{name}_msek"] or name != "investment"
        else label("factsheet:case_unbuilt", lang)
        for name in known
    ]
    lines = [", ".join(said)]
    if pd.notna(exchange["npv_msek"]):
        low, high = (coarse(exchange[f"npv_msek_{end}"], lang) for end in ("low", "high"))
        words = {"amount": number(exchange["npv_msek"], lang), "low": low, "high": high}
        lines.append(label("factsheet:case_npv", lang, **words))
    if pd.notna(exchange["pays_share"]):
        share = chance(exchange["pays_share"], lang)
        lines[-1] += ", " + label("factsheet:case_share", lang, share=share)
    if exchange["promised"]:
        lines.append(label("factsheet:case_promised", lang))
    return "\n".join(lines)


def _effects(effects: pd.DataFrame, lang: str) -> list[str]:
    """Return one line per thing that is replaced."""
    lines = []
    for replaced, row in effects.iterrows():
        ends = climate(row["t_co2e_low"], row["t_co2e_high"], lang, kind="cell_")
        lines.append(label(f"factsheet:replaces_{replaced}", lang, range=ends))
    return lines


def _ends(study: Study, exchange: pd.Series, lang: str) -> str:
    """Return from whom to whom; what a plant gives itself says so."""
    source, sink = _names(study, lang)[exchange[SITES]]
    if exchange["site_id_source"] == exchange["site_id_sink"]:
        sink = label("factsheet:own_use", lang)
    else:
        sink = end_name(sink, exchange["kind"], lang)
    return label("factsheet:ends", lang, source=source, sink=sink)


def _group(key: str, unit: str, lang: str) -> Row:
    words = label(f"factsheet:group_{key}", lang, unit=unit_label(unit, lang))
    return Row((words, *[""] * 5), "group")


def _amounts(
    words: str, row: pd.Series, lang: str, *, need: float | None = None, kind: str = ""
) -> Row:
    """Return a row of the balance: places, value, range, what is used, and the share of demand."""
    used = _number(row["committed"], lang) if "committed" in row else ""
    share = "" if not need else _share(row["value"] / need, lang)
    # a place may stand in several rows, so a sum has no number of places
    places = number(row["places"], lang, digits=0) if "places" in row else ""
    return Row(
        (words, places, _number(row["value"], lang), range_words(row, lang), used, share), kind
    )


def _names(study: Study, lang: str) -> pd.Series:
    """Return the visible name of each site, on one line and not too long."""
    return short_site_names(study.register.sites, lang).map(lambda name: cut(name, NAME_LENGTH))


def _word(kind: str, code: object, lang: str) -> str:
    """Return the word for a code; one without words stays as it is."""
    return label_or(f"{kind}:{code}", cut(str(code).replace("_", " "), NAME_LENGTH), lang)


def resource_words(key: str, lang: str) -> str:
    """Return what a resource is called within a sentence."""
    return label_or(f"factsheet:{key}", within_sentence(label(f"resource:{key}", lang)), lang)


def apart_words(heat: pd.DataFrame, lang: str) -> str:
    """Return the words that Ringhals is left out, where there is such a source."""
    return " " + label("factsheet:apart", lang) if NUCLEAR in heat.index else ""


def _number(value: float, lang: str) -> str:
    """Write a number; nothing at all is a plain 0."""
    return number(value, lang) if value else number(0, lang, digits=0)


def amount_words(value: float, unit: str, lang: str) -> str:
    """Write a number with its unit; nothing at all is a plain 0."""
    return f"{_number(value, lang)}\u00a0{unit_label(unit, lang)}"


def _share(ratio: float, lang: str) -> str:
    """Return a share in per cent, or how many times where that is no share any more."""
    if ratio < TIMES_FROM:
        return percent(ratio, lang)
    return label("factsheet:times", lang, value=number(ratio, lang, digits=0))


def range_words(row: pd.Series, lang: str) -> str:
    """Return low-high; one number has no range, and nothing at all not even a value."""
    if row["low"] == row["high"]:
        return label("factsheet:one_value", lang) if row["low"] else MISSING
    return span(_number(row["low"], lang), _number(row["high"], lang), lang)
