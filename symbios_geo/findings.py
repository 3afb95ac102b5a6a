"""The pre-study's claims judged one by one: what is found, how sure, and what it depends on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .answers import ANSWERS, Case, best_case
from .data import read_table
from .errors import DataError
from .labels import has_label, label, number
from .study import Study, run
from .uncertainty import SEED, draw

COLUMNS = [
    "verdict", "value", "low", "high", "probability", "unit", "threshold", "explanation",
    "text", "confidence", "depends_on", "source_id", "facts_year", "group",
]  # fmt: skip
# how probable a claim must be for its verdict; the rest is open
LIMITS = {"holds": 0.95, "likely": 0.66, "open": 0.34, "unlikely": 0.05, "fails": 0.0}
EQUAL = 5e-3  # shares are printed to whole or tenths of a per cent


def check_all(
    study: Study | None = None, *, lang: str = "sv", n: int = 1000, seed: int = SEED
) -> pd.DataFrame:
    """
    Judge every claim of claims.csv.

    Parameters
    ----------
    study
        The study to judge by. None: the bundled register and assumptions.
    lang
        Language of the texts, "sv" or "en".
    n
        Draws behind range and probability.
    seed
        Of the draws.

    Returns
    -------
    verdicts
        One row per claim: claim_id, verdict, value (best), low and high (5th and 95th percentile),
        probability that the claim holds, unit, threshold, explanation, text, confidence,
        depends_on, source_id, facts_year, group. A claim that cannot be judged says so.
    """
    study = run(lang) if study is None else study
    best = best_case(study)
    drawn = Case(study, draw(study.register, study.parameters, n=n, seed=seed))
    claims = read_table("claims")
    rows = [judge(claim, best, drawn, lang=lang) for _, claim in claims.iterrows()]
    return pd.DataFrame(rows, columns=["claim_id", *COLUMNS])


def judge(claim: pd.Series, best: Case, drawn: Case, *, lang: str = "sv") -> dict[str, object]:
    """
    Judge one claim by its answer function.

    Raises
    ------
    DataError
        If the comparison of the row is not known.
    """
    claim_id = str(claim["claim_id"])
    row = {
        "claim_id": claim_id,
        "unit": claim["unit"],
        "threshold": claim["threshold"],
        "text": claim[f"text_{lang}"],
        **{name: claim[name] for name in ("confidence", "source_id", "facts_year", "group")},
        "depends_on": "" if pd.isna(claim["depends_on"]) else claim["depends_on"],
    }
    if claim_id not in ANSWERS:
        blank = dict.fromkeys(("value", "low", "high", "probability"), np.nan)
        return {**row, **blank, "verdict": "not_judged", "explanation": label("why:not_judged", lang)}
    value = float(ANSWERS[claim_id](best)[0])
    answers = ANSWERS[claim_id](drawn)
    low, high = np.quantile(answers, [0.05, 0.95])
    probability = float(np.mean(_holds(claim, answers)))
    verdict = _verdict(claim, probability)
    figures = {"value": value, "low": float(low), "high": float(high), "probability": probability}
    return {**row, **figures, "verdict": verdict, "explanation": _explain(claim, figures, lang)}


def _holds(claim: pd.Series, answers: np.ndarray) -> np.ndarray:
    """Say for each draw whether the claim holds."""
    threshold = float(claim["threshold"])
    tests = {
        "at_least": answers >= threshold,
        "above": answers > threshold,
        "at_most": answers <= threshold,
        "equals": np.abs(answers - threshold) <= _tolerance(claim),
    }
    if claim["comparison"] not in tests:
        msg = (
            f"claims.csv, {claim['claim_id']}: comparison {claim['comparison']!r} is not known. "
            f"Use one of: {', '.join(tests)}."
        )
        raise DataError(msg)
    return tests[claim["comparison"]]


def _tolerance(claim: pd.Series) -> float:
    """Return how far a printed figure may be from the computed one: half its last digit."""
    return 0.5  # every compared amount is printed without decimals


def _verdict(claim: pd.Series, probability: float) -> str:
    """Return the word for a probability; a claim that later events overtook says so."""
    if has_label(f"history:{claim['claim_id']}"):
        return "overtaken"
    return next(word for word, least in LIMITS.items() if probability >= least)


def _explain(claim: pd.Series, figures: dict[str, float], lang: str) -> str:
    """Return one to three sentences on what stands behind a verdict."""
    shown = {name: number(value, lang) for name, value in figures.items()}
    shown["percent"] = number(100 * figures["probability"], lang, digits=0)
    shown["value_percent"] = number(100 * figures["value"], lang, digits=0)
    parts = [label(f"why:{claim['claim_id']}", lang, **shown)]
    if has_label(f"history:{claim['claim_id']}"):
        parts.append(label(f"history:{claim['claim_id']}", lang))
    return " ".join(parts)
