"""Exchanges on the one page: rows of its table, blocks of its curve, bars of the fall, data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..files import guarded
from ..labels import (
    chance,
    climate,
    colour,
    label,
    label_or,
    language,
    natural,
    number,
    percent,
    quantity,
    short_name,
    span,
    unit_label,
    within_sentence,
    years,
)
from ..maps.legends import round_up
from ..maps.placenames import amount
from ..model import CARRIES_NOTHING, NEW, ROLES, among, new_of
from ..shortlist import HALF
from ..study.chain import Study
from ..study.claims import claims_on
from ..study.fall import STEPS, WHOLE, amounts, told_steps
from ..study.plan import met
from .small_map import SmallMap

if TYPE_CHECKING:
    from ..study.outlook import Level

NUMBERS = (
    "delivered", "capacity", "distance_km", "cost", "worth", "investment_msek", "yearly_msek",
    "payback_years", "t_co2e",
)  # fmt: skip
THOUSAND = 1000.0
# what of a step pays more often than not, and the end where a municipality counts the step
SURE = {"plan": ("sure", "source"), "received": ("sure_received", "sink")}
CURVE_SHARE = 0.6  # per cent of the curve's width that even the smallest exchange gets


def key_of(row: dict[str, Any]) -> str:
    """Return the name of an exchange in the address of the page."""
    return f"{row['source']}~{row['sink']}~{row['status']}"


def row_of(
    study: Study,
    row: dict[str, Any],
    small_map: SmallMap,
    lang: str,
    shares: Mapping[str, float],
) -> dict[str, Any]:
    """
    Return one exchange as the table shows it, and as its script sorts and finds it.

    `shares` tells in what share of the draws each new one pays, by `key_of`; what is not drawn has
    none.
    """
    sek = study.assumptions["sek_per_eur"]
    values = row | {"cost": row["unit_cost"] * sek, "worth": row["worth"] * sek}
    new, share = row["status"] == NEW, shares.get(key_of(row))
    mode = label_or(f"mode:{row['mode']}", str(row["mode"]), lang) if row["mode"] else ""
    sites = study.register.sites
    people = [sites["operator"].get(small_map.place(row[end])) for end in ROLES]
    kinds = [_kind(study, row[end], small_map, lang) for end in ROLES]
    ends = [str(sites["name"].get(small_map.place(row[e]), row[f"name_{e}"])) for e in ROLES]
    known = new and not pd.isna(row["t_co2e_low"])
    parts = natural(row["delivered"], row["unit"])[0]
    return {
        "key": key_of(row),
        "resource": row["resource"],
        "new": new,
        "names": ends,
        "short": short_name(str(row["name_source"])),
        "kinds": kinds,
        "full": [", ".join(filter(None, both)) for both in zip(ends, kinds, strict=True)],
        "codes": [None if pd.isna(c) else str(c) for c in (
            row["municipality_code_source"], row["municipality_code_sink"])],
        "line": small_map.line(row["source"], row["sink"]),
        "colour": colour(f"mode:{row['mode'] or 'existing'}"),
        "mode": mode,
        "crowd": new and not row["one_place"],
        "condition": row["condition"] if isinstance(row["condition"], str) else "",
        "status": label(f"status:{row['status']}", lang),
        "pays": "" if share is None
        else label("answer:pays", lang, share=chance(share, lang)),
        "unsure": share is not None and share < HALF,
        "confidence": row["confidence"],
        # the amount may be surer than who sends it
        "doubt": label("answer:sure_existing", lang, grade=row["confidence"])
        if not new and row["method_source"] == "reported"
        else "",
        "people": ["" if pd.isna(name) else str(name) for name in people],
        "climate": climate(row["t_co2e_low"], row["t_co2e_high"], lang) if known else "",
        "values": [None if pd.isna(values[n]) else float(values[n]) for n in NUMBERS],
        "amount": quantity(row["delivered"], row["unit"], lang),
        # nobody reads a thousand thousand cubic metres
        "unit": unit_label(natural(row["delivered"], row["unit"])[1], lang),
        "cells": [_cell(n, values[n] / (parts if n == "delivered" else 1), lang) for n in NUMBERS],
    }  # fmt: skip


def _kind(study: Study, end: str, small_map: SmallMap, lang: str) -> str:
    """Return what an end is: a network and the houses of its town may share one name."""
    kinds = study.register.sites["place_type"]
    return label_or(f"end:{kinds.get(small_map.place(end), '')}", "", lang)


def _cell(name: str, value: float, lang: str) -> str:
    """Return a number as the table shows it; what is not known stays blank."""
    if pd.isna(value):
        return ""
    # adding nothing makes a negative zero a zero
    if name == "t_co2e":
        return climate(value, value, lang, kind="cell_")
    if name == "payback_years":
        return years(value, lang)
    whole = name in ("cost", "worth")
    return number(round(value) + 0.0 if whole else value, lang, digits=0 if whole else None)


def columns(lang: str) -> list[dict[str, str]]:
    """Return the headings of the table, in its order."""
    keys = ["source", "sink", "status", *NUMBERS, "confidence"]
    return [{"key": key, "words": label(f"answer:column_{key}", lang)} for key in keys]


def curve(rows: list[dict[str, Any]], unit: str, lang: str) -> dict[str, Any]:
    """Return the new exchanges from cheapest to dearest as blocks, in per cent of the frame."""
    cost, worth = NUMBERS.index("cost"), NUMBERS.index("worth")
    new = [row for row in rows if row["new"] and row["values"][cost] is not None]
    if not new:
        return {}
    new.sort(key=lambda row: row["values"][cost])
    amounts = [row["values"][0] for row in new]
    whole = sum(amounts)
    widths = [max(100 * amount / whole, CURVE_SHARE) for amount in amounts]
    scale = 100 / sum(widths)
    top = 1.12 * max(max(row["values"][cost], row["values"][worth]) for row in new)
    low = min(0.0, *(row["values"][cost] for row in new))
    blocks, start = [], 0.0
    for row, width in zip(new, widths, strict=True):
        height = 100 * (row["values"][cost] - low) / (top - low)
        blocks.append(
            {
                "key": row["key"], "unsure": row["unsure"],
                "x": round(start, 2), "width": round(width * scale, 2),
                "height": round(height, 2), "colour": row["colour"], "short": row["short"],
                "rank": row["rank"],
                "worth": round(100 * (row["values"][worth] - low) / (top - low), 2),
                "words": f"{row['names'][0]} → {row['names'][1]}: {row['cells'][cost]}",
            }
        )  # fmt: skip
        start += width * scale
    # parts the height in three to six
    step = round_up(max(top - low, 1) / 6)
    ticks = [step * i for i in range(int(top / step) + 1)]
    return {
        "blocks": blocks,
        "total": quantity(whole, unit, lang),
        "ticks": [
            {"y": round(100 * (tick - low) / (top - low), 2), "words": number(tick, lang, digits=0)}
            for tick in ticks
        ],
    }


def payload(
    study: Study,
    rows: list[dict[str, Any]],
    extra: list[dict[str, Any]],
    units: dict[str, str],
    levels: list[Level],
    lang: str,
) -> dict[str, Any]:
    """Return the data block: rows to sort and filter, files to download, stops of the sliders."""
    texts = language(lang)
    needed = study.balances["heat"]["demand"].sum() if "heat" in study.balances else 0.0
    keep = ("key", "resource", "new", "full", "codes", "line", "confidence", "values")
    return {
        "rows": [
            {name: row[name] for name in keep}
            | {
                "facts": _facts(row, lang),
                "csv": [
                    *map(guarded, row["full"]), row["status"], *row["values"], row["confidence"],
                    units[row["resource"]],
                ],
            }
            for row in rows
        ],
        "extra": [{name: row[name] for name in keep} for row in extra],
        "csv": {
            "head": [*(c["words"] for c in columns(lang)), label("column:unit", lang)],
            "separator": texts.separator,
            "decimal": texts.decimal,
        },
        "units": units,
        "larger": {
            key: {"parts": parts, "unit": unit_label(unit, lang)}
            for key, record in study.resources.items()
            for parts, unit in [natural(THOUSAND, record.unit)]
        },
        "locale": texts.tag,
        "levels": [
            {
                "parameter": level.parameter,
                "best": level.best,
                "new": quantity(level.exchanges["delivered"].sum(), "GWh/yr", lang),
                "share": percent(met(study, level.exchanges) / needed, lang)
                if needed
                else "",
                "msek": number(level.exchanges["yearly_msek"].sum(), lang),
                "keys": [key_of(row) for row in level.exchanges.to_dict("records")],
            }
            for level in levels
        ],
        "text": {
            name: language(lang).label(f"answer:{name}")
            for name in ("count", "download", "added", "dropped", "same", "more", "shown")
        }
        # of the verdicts of claims: a region without claims has none that could change
        | ({} if len(claims_on(study.region)) else {"same": ""}),
    }  # fmt: skip


def _facts(row: dict[str, Any], lang: str) -> list[list[str]]:
    """Return what is told of an exchange when it is chosen: a name and a text."""
    facts = [
        ("answer:giver", " · ".join(filter(None, [row["full"][0], row["people"][0]]))),
        ("answer:taker", " · ".join(filter(None, [row["full"][1], row["people"][1]]))),
        ("column:mode", row["mode"]),
        ("column:one_place", label("factsheet:many", lang) if row["crowd"] else ""),
        ("column:condition", row["condition"]),
        ("column:confidence", row["doubt"]),
        ("answer:climate", row["climate"][:1].upper() + row["climate"][1:]),
    ]
    return [[label(key, lang), text] for key, text in facts if text]


def bare(value: float, lang: str) -> str:
    """Return a number without decimals that say nothing: 4 and not 4.00."""
    return number(value, lang, digits=0 if value == round(value) else None)


def span_of(low: float, high: float, lang: str) -> str:
    """Return a range, or the one number that it is."""
    return span(bare(low, lang), bare(high, lang), lang)


def fall_rows(study: Study, code: str, lang: str, *, drawn: bool = True) -> list[dict[str, Any]]:
    """
    Return the way from the heat that arises to what is new, step by step (see `Study.fall`).

    `drawn`: and what of it pays more often than not, where that is less.
    """
    mine = told_fall(study, code, drawn=drawn)
    if mine.empty:
        return []
    # one scale for all bars: electricity of heat pumps can make a later one the longest
    whole = float(mine["amount"].max())
    return [
        {
            "key": name,
            "words": label(_step_key(str(name), row["amount"], code), lang),
            "value": bare(row["amount"], lang)
            if row["amount"] > CARRIES_NOTHING
            else label("fall:nothing", lang),
            "lifted": _lifted(row, lang),
            "bars": _bars(name, mine, whole),
        }
        for name, row in mine.iterrows()
    ]


def left_steps(study: Study, lang: str, code: str = WHOLE, *, drawn: bool = True) -> str:
    """Name the steps that a fall leaves out, with their amounts; "" for none."""
    told = told_fall(study, code, drawn=drawn)
    if told.empty:
        return ""
    amounts = study.fall.loc[code, "amount"]
    left = [name for name in STEPS if name not in told.index]
    nothing = label("fall:nothing", lang)
    each = [
        f"{within_sentence(label(f'fall:{name}', lang))} "
        f"({bare(amounts[name], lang) if amounts[name] > CARRIES_NOTHING else nothing})"
        for name in left
    ]
    return label("fall:left", lang, list="; ".join(each)) if each else ""


def _step_key(name: str, value: float, code: str) -> str:
    """Return the label of a step: of a municipality that gives nothing the plan is of its own."""
    nothing = name == "plan" and code and value <= CARRIES_NOTHING
    return "fall:plan_own" if nothing else f"fall:{name.partition('_')[0]}"


def told_fall(study: Study, code: str = WHOLE, *, drawn: bool = True) -> pd.DataFrame:
    """Return the steps that are told, in order: `amount`, `lifted` and `electricity`, GWh/yr."""
    table = study.fall
    if table.empty or table.loc[(code, "supply"), "amount"] <= CARRIES_NOTHING:
        return table.iloc[:0]
    mine, told = table.loc[code], told_steps(table, code)
    few = new_of(study.unsure if drawn else study.exchanges.iloc[:0], "heat")
    for step, (firm, end) in SURE.items():
        here = few[few[f"municipality_code_{end}"].eq(code)] if code else few
        if step in told and len(here):
            links = new_of(study.matches["heat"].links)
            seldom = links[among(links, here)]
            sure = (mine.loc[[step]] - amounts(seldom).sum()).rename(index={step: firm})
            mine = pd.concat([mine, sure.clip(lower=0.0)])
            told.insert(told.index(step) + 1, firm)
    return mine.loc[told]


def _lifted(row: pd.Series, lang: str) -> str:
    """Say what of a step heat pumps lift, and what of that is their electricity."""
    if row["lifted"] <= CARRIES_NOTHING:
        return ""
    # rounded as in the figure
    amounts = {name: amount(row[name], "", lang) for name in ("lifted", "electricity")}
    kind = "fall:lifted_power" if row["electricity"] >= 1 else "fall:lifted"
    return label(kind, lang, **amounts)


def _bars(name: str, mine: pd.DataFrame, whole: float) -> list[dict[str, Any]]:
    """
    Return the parts of one bar in per cent of the whole: kind, start and width.

    What is new begins with what of it pays more often than not; the rest is open.
    """
    kinds = {"supply": "all", "existing": "old"}
    kinds |= {step: "new" for told, (sure, _) in SURE.items() for step in (told, sure)}
    firm, _ = SURE.get(name, (name, ""))
    firm = firm if firm in mine.index else name
    value, lifted = map(float, mine.loc[firm, ["amount", "lifted"]])
    parts = [(kinds.get(name, "warm"), value - lifted), ("lifted", lifted)]
    parts.append(("open", float(mine.loc[name, "amount"]) - value))
    found, start = [], 0.0
    for kind, part in parts:
        width = 100 * part / whole
        if part > CARRIES_NOTHING:
            found.append({"kind": kind, "x": round(start, 2), "width": round(max(width, 0.4), 2)})
        start += width
    return found
