"""The one page: the answer in a sentence, what it rests on, and every exchange, to choose from."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..files import package_text
from ..labels import (
    label,
    label_or,
    number,
    quantity,
    unit_label,
)
from ..maps.placenames import input_name
from ..matching.ladder import match_candidates
from ..model import CARRIES_NOTHING
from ..study.balance import heat_by_municipality_and_class
from ..study.chain import Study
from ..study.claims import verdict_of
from ..study.levels import Level, Outlook
from .rows import (
    PEOPLE,
    bare,
    columns,
    curve,
    existing_note,
    key_of,
    payload,
    percent,
    row_of,
    span_of,
)
from .sketch import Sketch
from .verdicts import claim_words, stamps

SCRIPT = ("data", "picture", "table", "levels", "main")
COUNTY = ""
ADVICE = ("earns", "tips", "call", "measure", "risk")
MOST_OF = 0.5  # of the new heat in one exchange: then the answer says so
SURE = 3  # standard errors that a chance must move before it is told


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
    sketch = Sketch(study)
    rows = study.exchanges
    shown = [row_of(study, row, sketch, lang) for row in rows.to_dict("records")]
    keys = {row["key"] for row in shown}
    levels = outlook.levels if outlook else []
    extra = [
        row_of(study, row, sketch, lang)
        for level in levels
        for row in level.exchanges.to_dict("records")
        if key_of(row) not in keys and not keys.add(key_of(row))  # type: ignore[func-returns-value]
    ]
    units = {key: unit_label(record.unit, lang) for key, record in study.resources.items()}
    pilots = [] if outlook is None else _pilots(study, keys)
    areas = _areas(study, rows, outlook, lang)
    for area in areas:
        mine = (p for p in pilots if not area["code"] or area["code"] in p["codes"].split())
        area["begin"] = next(mine, {"what": "", "call": ""})
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
                "per": study.resource(key).price_unit.partition("/")[2],
                "curve": curve([row for row in shown if row["resource"] == key], lang),
                "totals": sketch.totals(rows[rows["resource"] == key], lang),
            }
            for key in study.resources
        ],
        "sketch": sketch,
        "pilots": pilots,
        "movers": [] if outlook is None else _movers(study, outlook, lang),
        "levels": _levels(study, verdicts, levels, lang),
        "payload": payload(study, shown, extra, units, levels, lang),
        "script": [package_text("outputs", f"script/{part}.js") for part in SCRIPT],
    }


# --- the sentence and the fall ------------------------------------------------------------------


def _areas(
    study: Study, rows: pd.DataFrame, outlook: Outlook | None, lang: str
) -> list[dict[str, Any]]:
    """Return headline, sentences and fall of the region and of each municipality."""
    names = study.region.words(lang)
    found: list[dict[str, Any]] = [{"code": COUNTY, "name": names["region"]}]
    # from north to south, as people in the region list them
    order = study.region.north_to_south
    found += [{"code": code, "name": str(study.region.names[code])} for code in order]
    rungs = _rungs(study)
    for area in found:
        area |= _told(study, rows, outlook, area["code"], area["name"], lang)
        area["fall"] = _fall(study, rungs, area["code"], lang)
    return found


def _told(
    study: Study, rows: pd.DataFrame, outlook: Outlook | None, code: str, name: str, lang: str
) -> dict[str, Any]:
    """Return the headline of an area and the sentences under it."""
    if "heat" not in study.matches:
        return {"headline": label("answer:nothing", lang, name=name), "range": "", "lead": []}
    heat = rows[rows["resource"] == "heat"]
    new, old = heat[heat["status"] == "new"], heat[heat["status"] == "existing"]
    lead: list[str] = []
    span, carbon = "", {}
    if code:
        given, taken = (new[new[f"municipality_code_{end}"] == code] for end in PEOPLE)
        touched = pd.concat([given, taken]).drop_duplicates(["source", "sink"])
        headline = _town_headline(study, name, code, given, taken, lang)
        old = old[(old[[f"municipality_code_{end}" for end in PEOPLE]] == code).any(axis=1)]
    else:
        touched, told = new, study.headline
        amount, share = new["delivered"].sum(), told["new_share"]
        if "co2" in study.matches:
            shown = ("used", "to_users", "to_storage")
            carbon = {key: number(told[f"co2_{key}_kt"], lang) for key in shown}
            carbon["amount"] = quantity(told["co2_kt"], "kt/yr", lang)
        headline = label(
            "answer:headline" if amount > CARRIES_NOTHING else "answer:headline_none", lang,
            name=name, new=quantity(amount, "GWh/yr", lang), share=percent(share, lang),
        )  # fmt: skip
    if outlook is not None and (len(touched) or not code):
        low, high = outlook.new.loc[code or "county", ["low", "high"]]
        kind = "answer:range_town" if code else "answer:range"
        span = label(kind, lang, range=span_of(low, high, lang))
    total = touched["delivered"].sum()
    real = touched[touched["one_place"].astype(bool)]
    if len(touched) > 1 and real["delivered"].max() > MOST_OF * total:
        most = real.loc[real["delivered"].idxmax()]
        lead.append(
            label(
                "answer:largest", lang, source=most["name_source"], sink=most["name_sink"],
                amount=number(most["delivered"], lang), total=number(total, lang),
                msek=number(most["yearly_msek"], lang),
            )
        )  # fmt: skip
    if len(touched):
        low, high = (float(touched[f"t_co2e_{end}"].sum()) for end in ("low", "high"))
        climate = span_of(round(low), round(high), lang)
        lead.append(
            label(
                "answer:money", lang, invest=number(touched["investment_msek"].sum(), lang),
                gain=number(touched["yearly_msek"].sum(), lang),
                climate=climate,
            )
        )  # fmt: skip
    existing = old["delivered"].sum()
    kind = "answer:existing" if existing > CARRIES_NOTHING else "answer:existing_none"
    amount = quantity(existing, "GWh/yr", lang)
    lead.append(label(kind, lang, amount=amount, how=existing_note(old, lang)))
    if carbon:
        lead.append(label("answer:co2", lang, **carbon))
    return {"headline": headline, "range": span, "lead": lead}


def _town_headline(
    study: Study, name: str, code: str, given: pd.DataFrame, taken: pd.DataFrame, lang: str
) -> str:
    """Return what a municipality can give and receive, in one sentence."""
    gives, gets = given["delivered"].sum(), taken["delivered"].sum()
    need = float(study.balances["heat"]["demand"].get(code, 0.0))
    kind = ("" if gets > CARRIES_NOTHING else "_gives") if gives > CARRIES_NOTHING else "_gets"
    kind = kind if gives + gets > CARRIES_NOTHING else "_none"
    return label(
        f"answer:town{kind}", lang, name=name, gives=quantity(gives, "GWh/yr", lang),
        gets=quantity(gets, "GWh/yr", lang), share=percent(gets / need if need else 0.0, lang),
    )  # fmt: skip


def _rungs(study: Study) -> dict[str, pd.DataFrame]:
    """Return new heat by source on the way to the plan: what pipes reach, what pays in a year."""
    if "heat" not in study.candidates:
        return {}
    found, given = study.candidates["heat"], study.assumptions
    reached = match_candidates(found, objective="coverage", assumptions=given)
    rungs = {"reach": reached, "pays": study.rung("annual"), "built": study.matches["heat"]}
    return {name: match.links for name, match in rungs.items()}


def _fall(
    study: Study, rungs: dict[str, pd.DataFrame], code: str, lang: str
) -> list[dict[str, Any]]:
    """Return the way from the heat that arises to what is new, step by step."""
    if not rungs:
        return []
    classes = heat_by_municipality_and_class(study.register)
    classes = classes.drop(columns="class_nuclear", errors="ignore")
    sums = classes.sum() if not code else classes.loc[code]
    hot, total = float(sums.get("class_60", 0.0)), float(sums.sum())
    if total <= CARRIES_NOTHING:
        return []
    limit = study.candidates["heat"].dearest(study.assumptions)
    sek = study.assumptions["sek_per_eur"]
    steps = [("arises", total, 0.0, 0.0), ("hot", hot, 0.0, 0.0)]
    existing = 0.0
    for name, links in rungs.items():
        mine = links if not code else links[links["municipality_code_source"] == code]
        old = mine["status"] == "existing"
        existing = float(mine.loc[old, "delivered"].sum())
        direct = mine["temperature_mode"] == "direct"
        plain = float(mine.loc[~old & direct, "delivered"].sum())
        lifted = float(mine.loc[~old & ~direct, "delivered"].sum())
        steps.append((name, existing + plain, lifted, existing))
    built = steps[-1]
    steps.append(("existing", existing, 0.0, existing))
    steps.append(("new", built[1] + built[2] - existing, 0.0, 0.0))
    return [
        {
            "key": name,
            "words": label(f"fall:{name}", lang, limit=number(limit * sek, lang, digits=0)),
            "value": bare(value + lifted, lang),
            "lifted": label("fall:lifted", lang, amount=number(lifted, lang)) if lifted else "",
            "bars": _bars(name, value, lifted, old, max(total, value + lifted), lang),
        }
        for name, value, lifted, old in steps
    ]


def _bars(
    name: str, value: float, lifted: float, old: float, whole: float, lang: str
) -> list[dict[str, Any]]:
    """Return the parts of one bar in per cent of the whole: kind, start and width."""
    del lang
    kinds = {"arises": "all", "existing": "old", "new": "new"}
    parts = [("old", old), (kinds.get(name, "warm"), value - old), ("lifted", lifted)]
    found, start = [], 0.0
    for kind, amount in parts:
        width = 100 * amount / whole
        if amount > CARRIES_NOTHING:
            found.append({"kind": kind, "x": round(start, 2), "width": round(max(width, 0.4), 2)})
        start += width
    return found


# --- claims -------------------------------------------------------------------------------------


def _claims(verdicts: pd.DataFrame, lang: str) -> list[dict[str, Any]]:
    """Return the quoted claims by subject, each with the stricter questions under it."""
    groups = []
    for group in verdicts["group"].unique():
        mine = verdicts[verdicts["group"] == group]
        under = mine[mine["origin"] == "sharpened"]
        quoted = [
            claim_words(row, lang) | _stricter(under[under["under"] == row["claim_id"]], lang)
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
    table = study.shortlist(count=len(keys))
    worth = table[~(table["npv_msek"] <= 0)]  # what has no investment has no present value either
    return [
        {
            "key": key_of(row),
            "codes": " ".join(str(row[f"municipality_code_{end}"]) for end in PEOPLE),
            "what": row["what"],
            "call": row["call"],
            "advice": [row[name] for name in ADVICE if row[name]],
        }
        for row in worth.to_dict("records")
        if key_of(row) in keys
    ]


def _movers(study: Study, outlook: Outlook, lang: str) -> list[dict[str, str]]:
    """Return the inputs that move new heat most, with what to find out."""
    table = study.assumptions.table
    flows = study.register.flows.set_index("flow_id")
    found = []
    for name, row in outlook.movers.iterrows():
        stated = table.loc[name] if name in table.index else flows.loc[name]
        scale, unit = _plain(str(stated["unit"]), lang)
        value, low, high = (scale * float(stated[end]) for end in ("value", "low", "high"))
        found.append(
            {
                "name": input_name(str(name), study.register, lang),
                "now": f"{bare(value, lang)} {unit}".strip(),
                "range": f"{span_of(low, high, lang)} {unit}".strip(),
                "low": number(row["low"], lang),
                "high": number(row["high"], lang),
                "ask": label_or(f"answer:ask_{name}", label("answer:ask", lang), lang),
            }
        )
    return found


def _plain(unit: str, lang: str) -> tuple[float, str]:
    """Return how a unit is shown, and by what its numbers are multiplied: shares as per cent."""
    if unit == "-":
        return 1.0, ""
    if unit.startswith("share"):
        return 100.0, "%"
    return 1.0, unit_label(unit, lang)


def _levels(
    study: Study, verdicts: pd.DataFrame, levels: list[Level], lang: str
) -> list[dict[str, Any]]:
    """Return the sliders: name, the words of each stop, and which stop is the answer."""
    found: list[dict[str, Any]] = []
    for name in dict.fromkeys(level.parameter for level in levels):
        mine = [level for level in levels if level.parameter == name]
        best = next(i for i, level in enumerate(mine) if level.best)
        found.append(
            {
                "key": name,
                "words": label_or(f"level:{name}", input_name(name, study.register, lang), lang),
                "unit": _plain(str(study.assumptions.table.loc[name, "unit"]), lang)[1],
                "best": best,
                "stops": [_stop(level, mine[best].value, study, lang) for level in mine],
                "moved": _moved(mine, mine[best], verdicts, len(study.exchanges), lang),
            }
        )
    return found


def _stop(level: Level, best: float, study: Study, lang: str) -> str:
    """Return the words of one stop of a slider."""
    unit = str(study.assumptions.table.loc[level.parameter, "unit"])
    if unit == "-":
        if level.best:
            return label("level:today", lang)
        change = 100 * (level.value / best - 1)
        return f"{'+' if change > 0 else ''}{number(change, lang, digits=0)}\u00a0%"
    return number(level.value, lang, digits=0)


def _moved(
    mine: list[Level], best: Level, verdicts: pd.DataFrame, count: int, lang: str
) -> list[str]:
    """Return for each stop the claims whose verdict moves by more than chance."""
    del count
    texts = verdicts.set_index("claim_id")["text"] if len(verdicts) else pd.Series(dtype=object)
    found = []
    for level in mine:
        changed = [
            f"{texts.get(claim, claim)}: {label(f'verdict:{verdict_of(p)}', lang)}"
            for claim, p in level.chances.items()
            if verdict_of(p) != verdict_of(best.chances[claim])
            and abs(p - best.chances[claim]) > SURE * (max(p * (1 - p), 0.01) / 200) ** 0.5
        ]
        found.append("; ".join(changed))
    return found
