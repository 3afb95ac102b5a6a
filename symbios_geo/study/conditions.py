"""Conditions beside odds: the box of assumptions in which the answer to a claim turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..labels import label, label_or, number, percent, unit_label
from .cases import Case
from .intervals import spread
from .sensitivity import alone, rank_correlation

CANDIDATES, MOST_SIDES = 6, 3  # inputs tried, and limits that a sentence can hold
PEEL = 0.1  # of the box goes in each step
LEAST_DRAWS = 0.05  # of all draws: a smaller box says little
CLEAR = 0.2  # by so much more often an answer turns inside a box than in all draws
PURE = 0.9  # of the draws in a box turn: sharper is not asked
LEAST_REACH = 0.02  # of the range of the answer: what moves it less by itself is not read by it
LEAST_RANK = 0.2  # correlation of ranks with the answer: a weaker one may be chance
DECIDED = 0.02  # of the draws turn: fewer are chance


class Box(NamedTuple):
    """
    Limits of inputs between which an answer turns.

    `limits` has input, side ("above" or "below") and limit; `density` is the share of the draws in
    the box that turn, `coverage` the share of those that turn which lie in it.
    """

    limits: pd.DataFrame
    density: float
    coverage: float


def find_box(inputs: pd.DataFrame, turns: np.ndarray) -> Box | None:
    """
    Return the box of inputs in which most draws turn, None where no box tells more than chance.

    Peels a tenth of the draws off the side that leaves most of those that turn, again and again:
    the patient rule induction method of Friedman and Fisher (1999).

    Parameters
    ----------
    inputs
        A row per draw, a column per input.
    turns
        Whether each draw turns.

    Examples
    --------
    >>> x = np.linspace(0, 1, 200)
    >>> box = find_box(pd.DataFrame({"price": x}), x < 0.3)
    >>> box.limits["side"].tolist(), bool(box.limits["limit"].iloc[0] < 0.35)
    (['below'], True)
    """
    inside = np.ones(len(turns), bool)
    limits: dict[tuple[str, str], float] = {}
    while turns[inside].mean() < PURE:
        best = _best_peel(inputs, turns, inside, set(limits))
        if best is None:
            break
        key, limit, inside = best
        limits[key] = limit
    if not limits or turns[inside].mean() < turns.mean() + CLEAR:
        return None
    rows = [{"input": name, "side": side, "limit": limit} for (name, side), limit in limits.items()]
    coverage = float(turns[inside].sum() / turns.sum())
    return Box(pd.DataFrame(rows), float(turns[inside].mean()), coverage)


def _best_peel(
    inputs: pd.DataFrame, turns: np.ndarray, inside: np.ndarray, known: set[tuple[str, str]]
) -> tuple[tuple[str, str], float, np.ndarray] | None:
    """Return the side to peel, its limit and what is left; None where nothing gains."""
    best, most = None, turns[inside].mean()
    for name in inputs:
        column = inputs[name].to_numpy(float)
        for side, share in (("above", PEEL), ("below", 1 - PEEL)):
            if len(known) >= MOST_SIDES and (name, side) not in known:
                continue
            limit = float(np.quantile(column[inside], share))
            left = inside & (column >= limit if side == "above" else column <= limit)
            if left.mean() < LEAST_DRAWS or left.sum() == inside.sum():
                continue
            if turns[left].mean() > most:
                best, most = ((str(name), side), limit, left), turns[left].mean()
    return best


def condition(
    drawn: Case, holds: np.ndarray, answers: np.ndarray, answer: Callable[[Case], np.ndarray]
) -> Box | None:
    """
    Return the box in which a claim turns: fails if it mostly holds, holds if it mostly fails.

    Parameters
    ----------
    drawn
        The draws that were judged.
    holds, answers
        Whether the claim holds in each draw, and the answer that says so.
    answer
        What gives that answer: only inputs that move it by themselves are named. Others go along
        with one of those in the draws, as members of its family.

    Returns
    -------
    box
        Limits of stated assumptions and flows, in their units. None where nothing turns, or no
        three limits tell when.
    """
    turns = ~holds if holds.mean() >= 0.5 else holds
    if turns.mean() < DECIDED:
        return None
    redrawn = drawn.redrawn
    moving, inputs, known = redrawn.moving, redrawn.inputs, redrawn.moving_ranks
    ranks = rank_correlation(moving, answers[:, np.newaxis], ranks=known)[0].abs()
    ranks = ranks[ranks >= LEAST_RANK].nlargest(2 * CANDIDATES)
    if ranks.empty:
        return None
    names = inputs.table["input"].map(dict(enumerate(inputs.names)))[ranks.index]
    ends = alone(inputs, lambda draws: answer(Case(drawn.study, draws)), list(names))
    reach = (ends["high"] - ends["low"]).to_numpy()
    read = ranks.index[reach > LEAST_REACH * np.ptp(spread(answers))]
    return find_box(moving[read[:CANDIDATES]], turns) if len(read) else None


def condition_words(box: Box, drawn: Case, holds: np.ndarray, lang: str) -> str:
    """Return a box in words, a line for each limit and the share last."""
    table = drawn.study.assumptions.table
    flows = drawn.study.register.flows.set_index("flow_id")
    inputs = drawn.redrawn.inputs
    parts = []
    for _, row in box.limits.iterrows():
        name, limit = str(row["input"]), float(row["limit"])
        if name in table.index:
            words, unit = str(table.loc[name, f"name_{lang}"]), str(table.loc[name, "unit"])
        else:
            flow = flows.loc[name]
            place = drawn.study.register.sites["name"].get(flow["site_id"], flow["site_id"])
            stream = label_or(f"stream:{flow['stream']}", str(flow["stream"]), lang)
            shared = inputs.names[inputs.table.loc[name, "input"]].startswith("method:")
            # one method moves all its rows
            words = (
                label("condition:method", lang, stream=stream, place=place)
                if shared
                else f"{place}, {stream}"
            )
            unit = str(flow["unit"])
        amount = number(limit, lang)  # a limit of a tree is no finer than three figures
        told = f"{amount} {unit_label(unit, lang)}".strip()
        told = percent(limit, lang) if unit == "share" else told
        side = label(f"condition:{row['side']}", lang)
        parts.append(f"\u2013 {words} {side} {told}")
    kind = "fails" if holds.mean() >= 0.5 else "holds"
    share = label(
        f"condition:{kind}_share",
        lang,
        density=number(100 * box.density, lang, digits=0),
        coverage=number(100 * box.coverage, lang, digits=0),
    )
    return "\n".join([label(f"condition:{kind}", lang), *parts, share])
