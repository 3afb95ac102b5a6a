"""The pre-study's claims judged one by one: what is found, how sure, and what it depends on."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from ..errors import DataError, ParameterError
from ..labels import check_language, has_label, label, number
from ..region.area import Region
from ..tables import read_table
from .cases import Case, best_case, drawn_case
from .chain import Study, run
from .claim_answers import ANSWERS
from .conditions import condition, condition_words
from .draws import SEED
from .intervals import spread

__all__ = ["check_all", "claims_on", "heat_by_municipality", "judge"]

COLUMNS = [
    "origin", "under", "verdict", "value", "low", "median", "high", "probability", "unit",
    "threshold", "explanation", "text", "confidence", "depends_on", "source_id",
    "facts_year", "group", "turns",
]  # fmt: skip
WHOLE_UNITS = ("municipalities", "projects", "jobs", "SEK")  # counted: no decimals
JUDGED = ("value", "low", "median", "high", "probability")
# how probable a claim must be for its verdict; the rest is open
LIMITS = {"holds": 0.95, "likely": 0.66, "open": 0.34, "unlikely": 0.05, "fails": 0.0}
NEAR = 0.03  # in probability: so near a limit the word could be the next one
EQUAL = 0.5  # every compared amount is printed without decimals


def check_all(
    study: Study | None = None,
    *,
    lang: str = "sv",
    n: int | None = None,
    seed: int = SEED,
    workers: int = 1,
    drawn: Case | None = None,
    quiet: bool | None = None,
) -> pd.DataFrame:
    """
    Judge every claim of claims.csv; a region of one's own has none.

    Parameters
    ----------
    study
        The study to judge by. None: the bundled register and assumptions.
    lang
        Language of the texts, "sv" or "en".
    n
        Draws behind range and probability. None: those of the study.
    seed
        Of the draws.
    workers
        Processes that share the draws (see `matched_shares`).
    drawn
        A `drawn_case` of the study, to use its draws again. None: made from n, seed and workers.
    quiet
        Show no progress. None: show it where somebody watches, not in a file or a pipe.

    Returns
    -------
    verdicts
        One row per claim: claim_id, origin (quoted, sharpened or arithmetic), under (the quoted
        claim it belongs to), verdict, value (best), low, median and high (5th, 50th and
        95th percentile), probability that the claim holds, unit, threshold, explanation, text,
        confidence, depends_on, source_id, facts_year, group, turns (when a verdict turns).
        A claim that cannot be judged says so.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> verdicts = check_all(sg.run(draws=5), lang="en", quiet=True)
    >>> round(verdicts.set_index("claim_id").loc["biogenic_co2", "value"])
    2112
    """
    check_language(lang)
    study = run(lang=lang) if study is None else study
    columns = ["claim_id", *COLUMNS]
    claims = claims_on(study.region)
    if claims.empty:
        return pd.DataFrame(columns=columns)
    best = best_case(study)
    if drawn is None:
        drawn = _draws_of(study, n=n, seed=seed, workers=workers)
    # two claims match heat again in every draw, which takes minutes; None: shown on a screen only
    quiet = bool(os.environ.get("TQDM_DISABLE")) or None if quiet is None else quiet
    waiting = tqdm(claims.iterrows(), total=len(claims), unit="claim", leave=False, disable=quiet)
    rows = [judge_row(claim, best, drawn, lang=lang) for _, claim in waiting]
    return pd.DataFrame(rows, columns=columns).astype({"facts_year": "Int64"})


def claims_on(region: Region) -> pd.DataFrame:
    """
    Return the claims of the data package on a region or a part of it: none on another.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> len(claims_on(sg.load_register().region)) > 10
    True
    """
    claims = read_table("claims")
    return claims if region.packaged else claims.iloc[:0]


def heat_by_municipality(
    study: Study | None = None,
    *,
    n: int | None = None,
    seed: int = SEED,
    workers: int = 1,
    drawn: Case | None = None,
) -> pd.DataFrame:
    """
    Return the answer to every claim on heat for each municipality, over its own need.

    Parameters
    ----------
    study, n, seed, workers, drawn
        As in `check_all`.

    Returns
    -------
    ratios
        Indexed by municipality_code, with name and three columns per claim on heat: claim_id
        (best), claim_id_low and claim_id_high (5th and 95th percentile).

    Examples
    --------
    >>> import symbios_geo as sg
    >>> answers = heat_by_municipality(sg.run(draws=5))
    >>> sorted(set(answers["name"]))[:2]
    ['Falkenberg', 'Halmstad']
    """
    study = run() if study is None else study
    best = best_case(study)
    if drawn is None:
        drawn = _draws_of(study, n=n, seed=seed, workers=workers)
    claims = claims_on(study.region).query("group == 'heat'")["claim_id"]
    rows = {}
    for code, name in study.region.names.items():
        row = rows[code] = {"name": name}
        for claim_id in claims:
            row[claim_id] = _answers(claim_id, best.within(code))[0]
            low, high = spread(_answers(claim_id, drawn.within(code)))
            row |= {f"{claim_id}_low": low, f"{claim_id}_high": high}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("municipality_code")


def _draws_of(study: Study, *, n: int | None, seed: int, workers: int) -> Case:
    """Return the draws of the study itself, or others where another number or seed is asked for."""
    if n in (None, study.draws) and seed == SEED and workers in (1, study.workers):
        return study.drawn
    return drawn_case(study, n=n, seed=seed, workers=workers)


def judge_row(claim: pd.Series, best: Case, drawn: Case, *, lang: str = "sv") -> dict[str, object]:
    """
    Judge one row of claims.csv by its answer function.

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
        "origin": claim["origin"],
        "under": "" if pd.isna(claim["under"]) else claim["under"],
        "depends_on": "" if pd.isna(claim["depends_on"]) else claim["depends_on"],
    }
    value, answers = _answers(claim_id, best)[0], _answers(claim_id, drawn)
    # a share is reported: no threshold could tell it right or wrong
    judged = claim["comparison"] != "share"
    figures = _figures(value, answers, _holds(claim, answers) if judged else np.nan)
    if np.isnan(figures["value"]):
        why = label("why:not_judged", lang)
        return {**row, **figures, "verdict": "not_judged", "explanation": why, "turns": ""}
    probability = figures["probability"]
    verdict = _verdict(claim, probability) if judged else "reported"
    said = [_explain(claim, figures, best, lang)]
    if judged and (near := near_limit(probability)):
        said.append(label("findings:near_limit", lang, other=label(f"verdict:{near}", lang)))
    asked = judged and claim["origin"] != "arithmetic"
    turns = _turns(claim, answers, drawn, lang) if asked else ""
    return {**row, **figures, "verdict": verdict, "explanation": " ".join(said), "turns": turns}


def judge(
    function: Callable[[Case], float | np.ndarray],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    study: Study | None = None,
    within: str | None = None,
    n: int = 1000,
    seed: int = SEED,
    workers: int = 1,
) -> pd.Series:
    """
    Judge a claim of your own.

    Parameters
    ----------
    function
        Takes a `cases.Case` and returns the answer, one number per draw: with
        ``case.flows("heat", "source")`` for the rows that count, ``case.total(rows)`` for their
        sum and ``case.parameter(id)`` for an assumption.
    at_least, at_most
        What is claimed of the answer, in its unit: give one of them.
    study
        The study to judge by. None: the bundled register and assumptions.
    within
        A municipality by name or code. None: all of the study.
    n, seed, workers
        Draws behind range and probability, as in `check_all`.

    Returns
    -------
    verdict
        verdict (holds, likely, open, unlikely, fails), value (best), low and high (5th and 95th
        percentile) and probability that the claim holds.

    Raises
    ------
    ParameterError
        If not exactly one limit is given, or the function returns no number per draw.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> def cover(case):
    ...     return case.total(case.flows("heat", "source")) / case.total(case.flows("heat", "sink"))
    >>> sg.judge(cover, at_least=0.5, within="Varberg", n=100)["verdict"]
    'holds'
    """
    limits = {"at_least": at_least, "at_most": at_most}
    given = {word: limit for word, limit in limits.items() if limit is not None}
    if len(given) != 1:
        msg = "A claim has one limit: give at_least=... or at_most=..., in the unit of the answer."
        raise ParameterError(msg)
    study = run() if study is None else study
    cases = best_case(study), _draws_of(study, n=n, seed=seed, workers=workers)
    if within is not None:
        cases = cases[0].within(within), cases[1].within(within)
    value, answers = (_asked(function, case) for case in cases)
    limit = next(iter(given.values()))
    figures = _figures(value[0], answers, answers >= limit if at_most is None else answers <= limit)
    known = np.isfinite(figures["value"])
    verdict = verdict_of(figures["probability"]) if known else "not_judged"
    return pd.Series({"verdict": verdict, **figures}).drop("median")


def _figures(value: float, answers: np.ndarray, holds: np.ndarray | float) -> dict[str, float]:
    """Return the numbers of a verdict; all blank where an answer is not known."""
    if not (np.isfinite(value) and np.isfinite(answers).all()):
        return dict.fromkeys(JUDGED, np.nan)
    low, high = spread(answers)
    found = [value, low, np.quantile(answers, 0.5), high, np.mean(holds)]
    return {name: float(amount) for name, amount in zip(JUDGED, found, strict=True)}


def verdict_of(probability: float) -> str:
    """Return the word for the probability that a claim holds."""
    return next(word for word, least in LIMITS.items() if probability >= least)


def near_limit(probability: float) -> str:
    """Return the word on the other side of a limit that is near, or nothing."""
    words = list(LIMITS)
    for above, below in pairwise(words):
        if abs(probability - LIMITS[above]) < NEAR:
            return below if probability >= LIMITS[above] else above
    return ""


def holding(case: Case, group: str) -> dict[str, np.ndarray]:
    """Say for each claim of a group that can be judged in which draws it holds."""
    claims = claims_on(case.study.region)
    claims = claims[(claims["group"] == group) & (claims["comparison"] != "share")]
    return {
        str(claim["claim_id"]): _holds(claim, _answers(str(claim["claim_id"]), case))
        for _, claim in claims.iterrows()
    }


def _turns(claim: pd.Series, answers: np.ndarray, drawn: Case, lang: str) -> str:
    """Return the sentence on when a claim turns, if it does and a few limits tell when."""
    holds = _holds(claim, answers)
    box = condition(drawn, holds, answers, ANSWERS[str(claim["claim_id"])])
    return "" if box is None else condition_words(box, drawn, holds, lang)


def _asked(function: Callable[[Case], float | np.ndarray], case: Case) -> np.ndarray:
    """Return what a function of somebody's own answers in each draw; one number holds in all."""
    n = len(case.draws.flows)
    with np.errstate(divide="ignore", invalid="ignore"):
        answer = function(case)
    try:
        return np.broadcast_to(np.asarray(answer, dtype=float), n)
    except (TypeError, ValueError):
        name = getattr(function, "__name__", "the function")
        msg = (
            f"{name} must return a number, or one number for each of the {n} draws; "
            f"it returned {type(answer).__name__} of shape {np.shape(answer)}."
        )
        raise ParameterError(msg) from None


def _answers(claim_id: str, case: Case) -> np.ndarray:
    """Return the answer in each draw; not a number where there is no function or no fact for it."""
    if claim_id not in ANSWERS:
        return np.full(len(case.draws.flows), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return ANSWERS[claim_id](case)


def _holds(claim: pd.Series, answers: np.ndarray) -> np.ndarray:
    """Say for each draw whether the claim holds."""
    threshold = float(claim["threshold"])
    tests = {
        "at_least": answers >= threshold,
        "above": answers > threshold,
        "at_most": answers <= threshold,
        "equals": np.abs(answers - threshold) <= EQUAL,
    }
    if claim["comparison"] not in tests:
        msg = (
            f"claims.csv, {claim['claim_id']}: comparison {claim['comparison']!r} is not known. "
            f"Use one of: {', '.join(tests)}, share."
        )
        raise DataError(msg)
    return tests[claim["comparison"]]


def _verdict(claim: pd.Series, probability: float) -> str:
    """Return the word for a probability; a claim that later events overtook says so."""
    if has_label(f"history:{claim['claim_id']}"):
        return "overtaken"
    return verdict_of(probability)


def decimals_of(unit: str) -> int | None:
    """Return how many decimals a value of a claim has; None: as many as tell three figures."""
    return 0 if unit in WHOLE_UNITS else None


def _explain(claim: pd.Series, figures: dict[str, float], best: Case, lang: str) -> str:
    """Return one to three sentences on what stands behind a verdict."""
    digits = decimals_of(claim["unit"])
    shown = {
        name: number(value, lang, digits=digits)
        for name, value in figures.items()
        if np.isfinite(value)
    }
    shown |= {
        f"{name}_percent": number(100 * value, lang, digits=0)
        for name, value in figures.items()
        if np.isfinite(value)
    }
    shown |= {
        name: number(value, lang, digits=told)
        for name, (value, told) in _assumed(best.study).items()
    }
    parts = [label(f"why:{claim['claim_id']}", lang, **shown)]
    if has_label(f"history:{claim['claim_id']}"):
        parts.append(label(f"history:{claim['claim_id']}", lang))
    return " ".join(parts)


def _assumed(study: Study) -> dict[str, tuple[float, int]]:
    """Return the assumptions that explanations name, with the decimals they are shown with."""
    p = study.assumptions
    cop = p["heat_pump_cop_default"]
    return {
        "capture": (100 * p["capture_rate"], 0),
        "capture_heat": (p["capture_heat_mwh_per_t"], 2),
        "capture_back": (
            p["capture_recoverable_heat_mwh_per_t"] + p["co2_compression_heat_mwh_per_t"],
            2,
        ),
        "lost_power": (p["capture_lost_power_mwh_per_t"], 2),
        "smallest": (p["smallest_capture_site_kt"], 0),
        "cop": (cop, 1),
        "power": (100 / cop, 0),
        "kept": (100 * p["seasonal_store_efficiency"], 0),
        "sites": (float(study.co2["biogenic"].sum()), 0),
        "joined": (100 * p["connection_rate"], 0),
        "reach": (p["heat_reach_eur_per_mwh"] * p["sek_per_eur"], 0),
    }
