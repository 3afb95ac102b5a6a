"""A claim in words, the same on every face: stamp, value, range, chance and what would turn it."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from ..labels import (
    chance,
    colour,
    interval,
    label,
    label_or,
    number,
    quantity,
    within_sentence,
)
from ..study.claims import decimals_of
from ..tables import read_table

CLAIM = ("text", "verdict", "value")
SUMS = "budget"  # claims that add up the document's own money say nothing of resources
UNTOLD = ("overtaken", "reported")  # how often they are true tells nothing
OPEN = ("open", "overtaken", "likely", "unlikely", "not_judged", "reported")
COOLED, UNCOOLED = (f"heat_theoretical_{end}_ringhals" for end in ("with", "without"))
CERTAIN = 0.02  # a chance this near to none or to all: nothing turns the claim


def claim_words(row: dict[str, Any], lang: str) -> dict[str, Any]:
    """Return a claim of `check_all` as the faces show it; what is exact has no chance."""
    known, judged = not pd.isna(row["value"]), not pd.isna(row["probability"])
    exact = known and math.isclose(row["low"], row["high"], rel_tol=1e-9)
    turns = row.get("turns", "")
    if not turns and judged:
        sure = min(row["probability"], 1 - row["probability"]) < CERTAIN
        turns = label("answer:turns_not" if sure else "answer:turns_many", lang)
    drawn = judged and not exact and row["verdict"] not in UNTOLD
    return {
        "id": row["claim_id"],
        "text": row["text"],
        "quoted": row["origin"] == "quoted",
        "origin": label(f"origin:{row['origin']}", lang),
        "explanation": row["explanation"],
        "verdict": label(f"verdict:{row['verdict']}", lang),
        "colour": colour(f"verdict:{row['verdict']}"),
        "value": _amount(row, lang),
        "range": _range(row, lang) if known and not exact else "",
        "chance": chance(row["probability"], lang) if drawn else "",
        "turns": "" if exact else turns,
        "bar": verdict_bar(row, lang) if drawn else None,
    }


def claim_counts(verdicts: pd.DataFrame) -> dict[str, int]:
    """Return how many quoted claims hold and how many do not, those on the budget apart."""
    quoted = verdicts[verdicts["origin"] == "quoted"]
    counts, sums = quoted["verdict"].value_counts(), quoted[quoted["group"] == SUMS]
    found = {f"{word}_count": int(counts.get(word, 0)) for word in ("holds", "fails")}
    holding, failing = (int((sums["verdict"] == word).sum()) for word in ("holds", "fails"))
    return {
        "claim_count": len(quoted), **found,
        "open_count": sum(int(counts.get(word, 0)) for word in OPEN),
        "sums_count": len(sums), "sums_hold_count": holding,
        "matter_count": len(quoted) - len(sums),
        "matter_hold_count": found["holds_count"] - holding,
        "matter_fail_count": found["fails_count"] - failing,
    }  # fmt: skip


def uncooled(verdicts: pd.DataFrame) -> float | None:
    """Return the share of the need without nuclear cooling water, where the claim hangs on it."""
    told = verdicts.set_index("claim_id")[["verdict", "value"]]
    found = told["verdict"].reindex([COOLED, UNCOOLED]).to_list()
    return float(told.loc[UNCOOLED, "value"]) if found == ["holds", "fails"] else None


def claim_cells(claims: pd.DataFrame, verdicts: pd.DataFrame, lang: str) -> list[list[str]]:
    """Return the columns `CLAIM` of claims in words, row by row; beside a value what limits it."""
    return [
        [
            row["text"],
            _outcome(row["claim_id"], row["verdict"], verdicts, lang),
            "; ".join(filter(None, [_amount(row, lang), *_limits(row, verdicts, lang)])),
        ]
        for row in claims.to_dict("records")
    ]


def _outcome(claim: str, verdict: str, verdicts: pd.DataFrame, lang: str) -> str:
    """Return a verdict in words; of what holds with nuclear cooling water only it says so."""
    words = label(f"verdict:{verdict}", lang)
    if claim != COOLED or uncooled(verdicts) is None:
        return words
    return label("claim:cooled_only", lang, verdict=words)


def _limits(claim: dict[Any, Any], verdicts: pd.DataFrame, lang: str) -> list[str]:
    """Say how our stricter questions that have a short name fare: a claim alone may flatter."""
    return [
        label(
            "claim:sharper", lang, words=words,
            value=number(row["value"], lang, digits=decimals_of(row["unit"])),
            verdict=within_sentence(label(f"verdict:{row['verdict']}", lang)),
        )
        for row in stricter(verdicts, claim["claim_id"]).to_dict("records")
        if (words := label_or(f"claim:short_{row['claim_id']}", "", lang))
    ]  # fmt: skip


def _amount(row: dict[str, Any], lang: str) -> str:
    """Return the value of a claim with its unit; nothing where it is not known."""
    return "" if pd.isna(row["value"]) else claim_amount(row["value"], row["unit"], lang)


def _range(row: dict[str, Any], lang: str) -> str:
    """Return the range of a claim; what is counted has no decimals there either."""
    return interval(row["low"], row["high"], lang, digits=decimals_of(row["unit"]))


def claim_amount(value: float, unit: str, lang: str) -> str:
    """Return a value with its unit; a ratio is so many times, what is counted has no decimals."""
    if unit == "ratio":
        return label("claim:times", lang, value=number(value, lang))
    if unit == "share":
        return number(value, lang)
    return quantity(value, unit, lang, digits=decimals_of(unit))


def stricter(verdicts: pd.DataFrame, claim_id: str) -> pd.DataFrame:
    """Return our stricter questions under a quoted claim; checks of its sums are none."""
    return verdicts[(verdicts["origin"] == "sharpened") & (verdicts["under"] == claim_id)]


def stamps(verdicts: pd.Series, lang: str) -> list[dict[str, Any]]:
    """Return how many claims have each verdict, from what holds to what does not."""
    order = read_table("labels")["key"]
    kinds = order[order.str.startswith("verdict:")].str.removeprefix("verdict:")
    counts = verdicts.value_counts().reindex(kinds).dropna().astype(int)
    return [
        {"words": label(f"verdict:{v}", lang), "colour": colour(f"verdict:{v}"), "count": n}
        for v, n in counts.items()
    ]


def verdict_bar(row: dict[str, Any], lang: str) -> dict[str, Any]:
    """Return where range, value and threshold stand on a line from 0 to 100."""
    ends = [row["low"], row["high"], row["value"], row["threshold"]]
    start, stop = min(ends), max(ends)
    scale = 92 / ((stop - start) or 1)
    low, high, value, threshold = (round(4 + (end - start) * scale, 2) for end in ends)
    words = label(
        "findings:bar_words", lang, low=number(row["low"], lang), high=number(row["high"], lang),
        threshold=number(row["threshold"], lang),
    )  # fmt: skip
    width = round(max(high - low, 1), 2)
    digits = None if row["threshold"] else 0
    limit = label("findings:limit", lang, threshold=number(row["threshold"], lang, digits=digits))
    return {
        "low": low, "width": width, "value": value, "threshold": threshold, "words": words,
        "limit": limit,
    }  # fmt: skip
