"""The one page: the answer in a sentence, what it rests on, and every exchange, to choose from."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..files import package_text
from ..labels import (
    chance,
    coarse,
    label,
    label_or,
    number,
    quantity,
    rough,
    span,
    unit_label,
    within_sentence,
    years_words,
)
from ..maps.placenames import input_name
from ..model import CARRIES_NOTHING, ROLES, new_of
from ..study.chain import Study
from ..study.fall import WHOLE
from ..study.outlook import Outlook
from ..study.sentences import headline_words, touching, town_words, unsure_words
from ..study.unused import unused_heat, unused_words
from .first import Asked, first_lines, safest_words
from .rows import (
    bare,
    columns,
    curve,
    fall_rows,
    key_of,
    left_steps,
    payload,
    row_of,
    span_of,
)
from .sliders import shown_unit, sliders
from .small_map import SmallMap
from .verdicts import claim_words, stamps, stricter

SCRIPT = ("data", "picture", "table", "levels", "main")
MOST_MANY = 2  # named where nothing is to begin with
ADVICE = ("call", "measure", "risk")


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
    # without an outlook nothing is drawn
    shares = {} if outlook is None else _shares(study)
    pilots = [] if outlook is None else _pilots(study.pilots, lang)
    undecided = [] if outlook is None else _pilots(study.undecided, lang)
    ranks = {pilot["key"]: pilot["rank"] for pilot in pilots + undecided}
    held = set() if outlook is None else _held(study)
    shown = [
        row_of(study, row, small_map, lang, shares)
        | {"rank": ranks.get(key_of(row)), "held": key_of(row) in held}
        for row in rows.to_dict("records")
    ]
    keys = {row["key"] for row in shown}
    levels = outlook.levels if outlook else []
    extra = [
        row_of(study, row, small_map, lang, {})  # at another price than the draws'
        for level in levels
        for row in level.exchanges.to_dict("records")
        if key_of(row) not in keys and not keys.add(key_of(row))  # type: ignore[func-returns-value]
    ]
    units = {key: unit_label(record.unit, lang) for key, record in study.resources.items()}
    movers = [] if outlook is None else _movers(study, outlook, lang)
    areas, claims = _areas(study, rows, outlook, lang), _claims(verdicts, lang)
    unused = unused_heat(study)
    asked = Asked.of(study, outlook, verdicts, movers, unused, lang)
    for area in areas:
        code = area["code"]
        area["main"] = _main(pilots, undecided, code, lang) if code else {}
        area["nothing"] = _nothing_to_begin(asked, code)
        area["safest"] = safest_words(asked, code)
        alone = bool(area["main"]) and len(new_of(touching(rows, code), "heat")) == 1
        told = ("call", "measure", "safest", *(["money"] if alone else [])) if area["main"] else ()
        area["first"] = first_lines(asked, code, told) if "heat" in study.matches else []
        if alone:  # how surely and for what it pays stands beside it
            area["unsure"] = ""
    return {
        "areas": areas,
        "claims": claims,
        "rows": shown,
        "extra": extra,
        "columns": columns(lang),
        "resources": [
            {
                "key": key,
                "words": label(f"resource:{key}", lang),
                "unit": units[key],
                "price": unit_label(study.resource(key).told_unit, lang),
                # what pays with the state's auction only has no receiver who pays
                "curve": curve(
                    [r for r in shown if r["resource"] == key and not r["held"]], record.unit, lang
                ),
                "totals": small_map.totals([r for r in shown if r["resource"] == key], lang),
                # what the colours of map, curve and table mean
                "modes": {
                    r["mode"]: r["colour"] for r in shown if r["resource"] == key and r["new"]
                },
            }
            for key, record in study.resources.items()
        ],
        "small_map": small_map,
        "pilots": pilots,
        "undecided": undecided,
        "pilots_left": _left_out(study, lang) if pilots else [],
        "unused": _unused(unused, lang),
        "movers": movers,
        "movers_about": _movers_about(study, outlook, lang),
        "levels": sliders(study, verdicts, levels, lang),
        "payload": payload(study, shown, extra, units, levels, lang),
        "script": [package_text("outputs", f"script/{part}.js") for part in SCRIPT],
    }


def _shares(study: Study) -> dict[str, float]:
    """Return in what share of the draws each new exchange pays, by the name of its row."""
    new = new_of(study.business).dropna(subset="pays_share")
    return {key_of(row): row["pays_share"] for row in new.to_dict("records")}


def _held(study: Study) -> set[str]:
    """Return the names of the rows that pay with the state's auction only."""
    table = study.business
    return {key_of(row) for row in table[table["promised"].eq(True)].to_dict("records")}


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
        area["fall"] = fall_rows(study, area["code"], lang, drawn=outlook is not None)
        area["fall_left"] = left_steps(study, lang, area["code"], drawn=outlook is not None)
        kind = "fall:title_town" if area["code"] else "fall:title"
        area["fall_title"] = label(kind, lang, name=area["name"])
    return found


def _told(
    study: Study, rows: pd.DataFrame, outlook: Outlook | None, code: str, name: str, lang: str
) -> dict[str, Any]:
    """Return the headline of an area, and how sure it is."""
    if "heat" not in study.matches:
        return {"headline": label("answer:nothing", lang, name=name), "unsure": "", "range": ""}
    new, drawn = new_of(touching(rows, code), "heat"), outlook is not None
    spans = [_range_words(outlook, code, lang)] if len(new) or not code else []
    spans += [] if code else [_now_words(study, lang)]
    return {
        "headline": town_words(study, code, lang, drawn=drawn)
        if code
        else headline_words(study, lang, drawn=drawn),
        # without an outlook nothing is drawn
        "unsure": "" if outlook is None else unsure_words(study, lang, code=code),
        "range": " ".join(filter(None, spans)),
    }


def _now_words(study: Study, lang: str) -> str:
    """Say how much waste heat buildings of the region get today; nothing where none do."""
    if not (existing := study.headline["existing_gwh"]):
        return ""
    return label("answer:delivered_now", lang, existing=quantity(existing, "GWh/yr", lang))


def _range_words(outlook: Outlook | None, code: str, lang: str) -> str:
    """Say between what the new heat of an area lies."""
    if outlook is None:
        return ""
    low, high, median = outlook.new.loc[code, ["low", "high", "median"]]
    if high <= CARRIES_NOTHING:
        return label("answer:range_none", lang)
    kind = "answer:range_town" if code else "answer:range"
    return label(kind, lang, range=span_of(low, high, lang), median=number(median, lang))


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
            said = stamps(mine.loc[mine["origin"] == "quoted", "verdict"], lang)
            groups.append({"key": group, "name": name, "rows": quoted, "stamps": said})
    return groups


def _stricter(rows: pd.DataFrame, lang: str) -> dict[str, Any]:
    """Return our stricter questions under a quoted claim, and how many have which verdict."""
    return {
        "under": [claim_words(row, lang) for row in rows.to_dict("records")],
        "stamps": stamps(rows["verdict"], lang),
    }


# --- what would change it -----------------------------------------------------------------------


def _pilots(table: pd.DataFrame, lang: str) -> list[dict[str, Any]]:
    """Return rows of the shortlist by rank: what, five figures, and advice."""
    return [
        {
            "rank": row["rank"],
            "key": key_of(row),
            "codes": _codes(row),
            "what": row["what"],
            "resource": row["resource"],
            "figures": _pilot_figures(row, lang),
            "advice": [row[name] for name in ADVICE if row[name]],
        }
        for row in table.to_dict("records")
    ]


def _main(
    pilots: list[dict[str, Any]], undecided: list[dict[str, Any]], code: str, lang: str
) -> dict[str, Any]:
    """Return the heat exchange that a municipality looks at first; none where nothing is new."""
    for kind, table in (("begin", pilots), ("decide", undecided)):
        for row in _here(table, code):
            if row["resource"] == "heat":
                head = label(f"answer:main_{kind}", lang)
                more = _more(kind, len(_here(pilots, code)), lang)
                # what pays oftener is begun with before what seldom does
                return row | {"head": head, "more": more, "seldom": kind == "decide"}
    return {}


def _here(table: list[dict[str, Any]], code: str) -> list[dict[str, Any]]:
    """Return the rows of a shortlist with an end in a municipality."""
    return [row for row in table if code in row["codes"].split()]


def _more(kind: str, count: int, lang: str) -> str:
    """Return the words of the link to what there is to begin with; "" where it stands beside."""
    if count <= (kind == "begin"):
        return ""
    words = "others" if kind == "begin" else "mostly" if count > 1 else "mostly_one"
    return label(f"answer:main_{words}", lang, count=count)


def _codes(row: dict[Any, Any]) -> str:
    """Return the municipalities of both ends, for the script to choose by."""
    return " ".join(str(row[f"municipality_code_{end}"]) for end in ROLES)


def _pilot_figures(row: dict[Any, Any], lang: str) -> list[tuple[str, str]]:
    """Return what a pilot costs, gains and is worth, and how often it pays: value and words."""
    low, high = (coarse(row[f"npv_msek_{end}"], lang) for end in ("low", "high"))
    ends = span(low, high, lang, worded=True)
    money = {name: quantity(row[f"{name}_msek"], "MSEK", lang)
             for name in ("investment", "yearly", "npv")}  # fmt: skip
    shown = {**money, "pays": chance(row["pays_share"], lang)}
    if row["investment_msek"]:
        shown["payback"] = years_words(row["payback_years"], lang)
    else:
        shown["investment"] = label("pilot:fact_none", lang)
    return [
        (shown[name], label(f"pilot:fact_{name}", lang, range=ends))
        for name in ("investment", "yearly", "payback", "pays", "npv")
        if name in shown
    ]


def _nothing_to_begin(asked: Asked, code: str) -> str:
    """Say that an area has no pilot, and which exchanges with many would be; "" where it has."""
    if asked.outlook is None or len(asked.pilots(code)):
        return ""
    best = [
        asked.say(
            "begin_many_one", source=row["name_source"], sink=row["name_sink"],
            yearly=quantity(row["yearly_msek"], "MSEK", asked.lang),
            share=chance(row["pays_share"], asked.lang),
        )
        for _, row in asked.many(code).head(MOST_MANY).iterrows()
    ]  # fmt: skip
    return asked.say("begin_many", list="; ".join(best)) if best else asked.say("begin_none")


def _left_out(study: Study, lang: str) -> list[dict[str, str]]:
    """
    Return what gains but is no pilot, the largest first: what, and its municipalities.

    What has many givers or receivers is told where it is worth more than most pilots.
    """
    new = new_of(study.business)
    many = study.with_many
    many = many.index[many["npv_msek"] > study.pilots["npv_msek"].median()]
    kept = new["contact"].eq("owner") | new["promised"].eq(True) | new.index.isin(many)
    rows = new[kept & (new["npv_msek"] > 0)]
    rows = rows.sort_values("npv_msek", ascending=False, kind="stable")
    return [
        {
            "what": label(
                "answer:left_support" if row["promised"] is True else "answer:left_one", lang,
                share=chance(row["pays_share"], lang), npv=quantity(row["npv_msek"], "MSEK", lang),
                source=row["name_source"],
                sink=label("answer:own_site", lang)
                if row["site_id_source"] == row["site_id_sink"]
                else row["name_sink"],
            ),
            "codes": _codes(row),
        }
        for row in rows.to_dict("records")
    ]  # fmt: skip


def _unused(table: pd.DataFrame, lang: str) -> list[dict[str, str]]:
    """Return the heat that nobody uses, source by source: what, and why."""
    found = []
    for _, row in table.iterrows():
        what, why = unused_words(row, lang)
        how_warm = within_sentence(label(row["class"], lang))
        found.append({
            "what": f"{what} ({how_warm})",
            "why": why[:1].upper() + why[1:],
            "codes": str(row["municipality_code"]),
        })  # fmt: skip
    return found


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
