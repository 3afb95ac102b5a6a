"""The one page: the answer in a sentence, what it rests on, and every exchange, to choose from."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..effects.shortlist import to_begin_with
from ..files import package_text
from ..labels import (
    coarse,
    label,
    label_or,
    number,
    percent,
    quantity,
    unit_label,
)
from ..maps.placenames import input_name
from ..model import CARRIES_NOTHING, ROLES, existing_of, new_of
from ..study.chain import Study
from ..study.fall import WHOLE
from ..study.levels import Outlook
from ..study.sentences import existing_note, touching, town_words, unsure_words
from .rows import (
    bare,
    columns,
    curve,
    key_of,
    payload,
    rough,
    row_of,
    span_of,
    steps,
)
from .sliders import shown_unit, sliders
from .small_map import SmallMap
from .verdicts import claim_words, stamps, stricter

SCRIPT = ("data", "picture", "table", "levels", "main")
ADVICE = ("earns", "tips", "call", "measure", "risk")


def answer(
    study: Study,
    verdicts: pd.DataFrame,
    outlook: Outlook | None = None,
    *,
    lang: str = "sv",
) -> dict[str, Any]:
    """
    Return what the page shows: texts for the template, and what its script reads.

    Parameters
    ----------
    study
        A study that was run.
    verdicts
        What `claims.check_all` returns.
    outlook
        What would change the answer. None: without ranges of new heat, sliders and measurements.
    lang
        "sv" or "en".
    """
    small_map = SmallMap(study)
    rows = study.exchanges
    shown = [row_of(study, row, small_map, lang) for row in rows.to_dict("records")]
    keys = {row["key"] for row in shown}
    levels = outlook.levels if outlook else []
    extra = [
        row_of(study, row, small_map, lang)
        for level in levels
        for row in level.exchanges.to_dict("records")
        if key_of(row) not in keys and not keys.add(key_of(row))  # type: ignore[func-returns-value]
    ]
    units = {key: unit_label(record.unit, lang) for key, record in study.resources.items()}
    pilots = [] if outlook is None else _pilots(study, keys)
    movers = [] if outlook is None else _movers(study, outlook, lang)
    areas = _areas(study, rows, outlook, lang)
    for area in areas:
        area["first"] = [] if outlook is None else _first(study, area["code"], pilots, movers, lang)
    return {
        "areas": areas,
        "claims": _claims(verdicts, lang),
        "rows": shown,
        "extra": extra,
        "columns": columns(lang),
        "resources": [
            {
                "key": key,
                "words": label(f"resource:{key}", lang),
                "unit": units[key],
                "price": unit_label(study.resource(key).told_unit, lang),
                "curve": curve([row for row in shown if row["resource"] == key], lang),
                "totals": small_map.totals(rows[rows["resource"] == key], lang),
            }
            for key in study.resources
        ],
        "small_map": small_map,
        "pilots": pilots,
        "movers": movers,
        "movers_about": _movers_about(study, outlook, lang),
        "levels": sliders(study, verdicts, levels, lang),
        "payload": payload(study, shown, extra, units, levels, lang),
        "script": [package_text("outputs", f"script/{part}.js") for part in SCRIPT],
    }


# --- the sentence and the fall ------------------------------------------------------------------


def _areas(
    study: Study, rows: pd.DataFrame, outlook: Outlook | None, lang: str
) -> list[dict[str, Any]]:
    """Return headline, sentences and fall of the region and of each municipality."""
    names = study.region.words(lang)
    found: list[dict[str, Any]] = [{"code": WHOLE, "name": names["region"]}]
    # from north to south, as people in the region list them
    order = study.region.north_to_south
    found += [{"code": code, "name": str(study.region.names[code])} for code in order]
    for area in found:
        area |= _told(study, rows, outlook, area["code"], area["name"], lang)
        area["fall"] = steps(study, area["code"], lang)
        kind = "fall:title_town" if area["code"] else "fall:title"
        area["fall_title"] = label(kind, lang, name=area["name"])
    return found


def _told(
    study: Study, rows: pd.DataFrame, outlook: Outlook | None, code: str, name: str, lang: str
) -> dict[str, Any]:
    """Return the headline of an area and the sentences under it."""
    if "heat" not in study.matches:
        nothing = label("answer:nothing", lang, name=name)
        return {"headline": nothing, "unsure": "", "range": "", "lead": []}
    mine = touching(rows[rows["resource"] == "heat"], code)
    new, old = new_of(mine), existing_of(mine)
    return {
        "headline": town_words(study, code, lang) if code else _region_words(study, new, lang),
        # without an outlook nothing is drawn
        "unsure": "" if outlook is None else unsure_words(study, lang, code=code),
        "range": _range_words(outlook, code, lang) if len(new) or not code else "",
        "lead": [
            *_gain_words(new, lang),
            _existing_words(old, lang),
            *([] if code else _carbon_words(study, lang)),
        ],
    }


def _region_words(study: Study, new: pd.DataFrame, lang: str) -> str:
    """Say how much new heat pays in all of the region."""
    amount = new["delivered"].sum()
    return label(
        "answer:headline" if amount > CARRIES_NOTHING else "answer:headline_none", lang,
        name=study.region.words(lang)["region"], new=quantity(amount, "GWh/yr", lang),
        share=percent(study.headline["new_share"], lang),
    )  # fmt: skip


def _range_words(outlook: Outlook | None, code: str, lang: str) -> str:
    """Say between what the new heat of an area lies."""
    if outlook is None:
        return ""
    low, high = outlook.new.loc[code, ["low", "high"]]
    kind = "answer:range_town" if code else "answer:range"
    return label(kind, lang, range=span_of(low, high, lang))


def _gain_words(new: pd.DataFrame, lang: str) -> list[str]:
    """Say what new exchanges take to build, gain and avoid, if there are any."""
    if new.empty:
        return []
    low, high = (float(new[f"t_co2e_{end}"].sum()) for end in ("low", "high"))
    said = label(
        "answer:money", lang, invest=number(new["investment_msek"].sum(), lang),
        gain=number(new["yearly_msek"].sum(), lang), climate=rough(low, high, lang),
    )  # fmt: skip
    return [said]


def _existing_words(old: pd.DataFrame, lang: str) -> str:
    """Say what flows today, and how that is known."""
    existing = old["delivered"].sum()
    kind = "answer:existing" if existing > CARRIES_NOTHING else "answer:existing_none"
    amount = quantity(existing, "GWh/yr", lang)
    return label(kind, lang, amount=amount, how=existing_note(old, lang))


def _carbon_words(study: Study, lang: str) -> list[str]:
    """Say what there is of CO2 and where it goes, if that was matched."""
    if "co2" not in study.matches:
        return []
    told = study.headline
    carbon = {
        key: number(told[f"co2_{key}_kt"], lang)
        for key in ("used", "to_users", "to_storage", "support_left")
    }
    return [label("answer:co2", lang, amount=quantity(told["co2_kt"], "kt/yr", lang), **carbon)]


def _first(
    study: Study,
    code: str,
    pilots: list[dict[str, Any]],
    movers: list[dict[str, str]],
    lang: str,
) -> list[dict[str, str]]:
    """Return what to do first: whom to ring, what to measure, what saves most, which materials."""
    mine = next((p for p in pilots if not code or code in p["codes"].split()), None)
    # these sentences begin with what to do
    told = {"": f"{mine['call']} {mine['what']} {mine['measure']}"} if mine else {}
    if not code and movers:
        told["measure"] = f"{movers[0]['name']}. {movers[0]['ask']}"
    table = touching(study.business, code)
    new = new_of(table[study.register.both_one_place(table)])
    held = new["promised"].eq(True)
    saved = [
        label(
            f"answer:first_saves{kind}", lang, source=most["name_source"], sink=most["name_sink"],
            climate=_with_range(most, lang),
        )
        for kind, rows in (("", new[~held]), ("_support", new[held]))
        for _, most in rows[rows["t_co2e"] > 0].nlargest(1, "t_co2e").iterrows()
    ]  # fmt: skip
    told["saves"] = " ".join(saved)
    goods = touching(new_of(study.exchanges, "materials"), code)
    if len(goods):
        best, links = goods.iloc[0], study.matches["materials"].links
        given = links.loc[links[list(ROLES)].eq(best[list(ROLES)]).all(axis=1), "sent"].sum()
        stream = label_or(f"stream:{best['stream_source']}", str(best["stream_source"]), lang)
        told["materials"] = label(
            "answer:first_goods" if len(goods) > 1 else "answer:first_goods_one", lang,
            count=len(goods), source=best["name_source"], sink=best["name_sink"],
            stream=stream[:1].lower() + stream[1:], msek=number(goods["yearly_msek"].sum(), lang),
            amount=quantity(given, best["unit"], lang),
        )  # fmt: skip
    return [
        {"head": label(f"answer:head_{key}", lang) if key else "", "text": text}
        for key, text in told.items()
        if text
    ]


def _with_range(row: pd.Series, lang: str) -> str:
    """Return the emissions that an exchange avoids, with what they may be where that differs."""
    value, span = coarse(row["t_co2e"], lang), rough(row["t_co2e_low"], row["t_co2e_high"], lang)
    return value if span == value else f"{value} ({span})"


# --- claims -------------------------------------------------------------------------------------


def _claims(verdicts: pd.DataFrame, lang: str) -> list[dict[str, Any]]:
    """Return the quoted claims by subject, each with the stricter questions under it."""
    groups = []
    for group in verdicts["group"].unique():
        mine = verdicts[verdicts["group"] == group]
        quoted = [
            claim_words(row, lang) | _stricter(stricter(verdicts, row["claim_id"]), lang)
            for row in mine[mine["origin"] == "quoted"].to_dict("records")
        ]
        if quoted:
            name = label(f"group:{group}", lang)
            groups.append({"key": group, "name": name, "rows": quoted})
    return groups


def _stricter(rows: pd.DataFrame, lang: str) -> dict[str, Any]:
    """Return our stricter questions under a quoted claim, and how many have which verdict."""
    return {
        "under": [claim_words(row, lang) for row in rows.to_dict("records")],
        "stamps": stamps(rows["verdict"], lang),
    }


# --- what would change it -----------------------------------------------------------------------


def _pilots(study: Study, keys: set[str]) -> list[dict[str, Any]]:
    """Return the new exchanges to begin with, ranked, with the advice of the business case."""
    table = to_begin_with(study.shortlist(count=len(keys)), supported=True)
    return [
        {
            "key": key_of(row),
            "codes": " ".join(str(row[f"municipality_code_{end}"]) for end in ROLES),
            "what": row["what"],
            "call": row["call"],
            "measure": row["measure"],
            "advice": [row[name] for name in ADVICE if row[name]],
        }
        for row in table.to_dict("records")
        if key_of(row) in keys
    ]


def _movers(study: Study, outlook: Outlook, lang: str) -> list[dict[str, str]]:
    """Return the inputs that move new heat most, with what to find out."""
    table = study.assumptions.table
    flows = study.register.flows.set_index("flow_id")
    found = []
    for name, row in outlook.movers.iterrows():
        stated = table.loc[name] if name in table.index else flows.loc[name]
        scale, unit = shown_unit(str(stated["unit"]), lang)
        value, low, high = (scale * float(stated[end]) for end in ("value", "low", "high"))
        found.append(
            {
                "name": input_name(str(name), study.register, lang),
                "now": f"{bare(value, lang)} {unit}".strip(),
                "range": f"{rough(low, high, lang)} {unit}".strip(),
                "low": number(row["low"], lang),
                "high": number(row["high"], lang),
                "ask": label_or(f"answer:ask_{name}", label("answer:ask", lang), lang),
            }
        )
    return found


def _movers_about(study: Study, outlook: Outlook | None, lang: str) -> str:
    """Say why the means of the movers can all lie on one side of the answer."""
    if outlook is None:
        return ""
    words = {
        "mean": number(outlook.new.loc[WHOLE, "mean"], lang),
        "new": number(study.headline["new_gwh"], lang),
    }
    return label("answer:measure_how", lang, **words)
