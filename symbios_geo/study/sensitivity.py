"""Sensitivity: which inputs move an answer, and how far each moves it alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .draws import SEED, Answer, Inputs, evaluate_at, numbers_at

__all__ = ["alone", "input_ends", "rank_correlation", "rank_inputs", "tornado"]

TIE_DECIMALS = 9  # answers closer than this are the same
ENDS = (0.05, 0.95)  # percentiles, of an input that moves alone


def rank_inputs(
    inputs: Inputs, answer: Answer, *, trajectories: int = 20, seed: int = SEED
) -> pd.DataFrame:
    """
    Rank the inputs by how much they move an answer (Morris elementary effects, SALib).

    Parameters
    ----------
    inputs
        From `find_inputs`.
    answer
        A function from `Draws` to one number per draw.
    trajectories
        Morris trajectories; each costs one evaluation per input.
    seed
        Of the random numbers.

    Returns
    -------
    ranking
        Indexed by input: `effect` (mean absolute effect over the range), `interaction` (its
        spread), largest first.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> inputs = sg.draws.find_inputs(sg.load_register(), sg.load_assumptions())
    >>> price = lambda drawn: drawn.parameters["electricity_spot_factor"]
    >>> rank_inputs(inputs, price, trajectories=4).index[0]
    'electricity_spot_factor'
    """
    from SALib.analyze import morris as analyse
    from SALib.sample import morris as sample

    problem = _problem(inputs.names)
    points = sample.sample(problem, trajectories, num_levels=4, seed=seed)
    # the corners of a triangle are improbable: stay within its 5th to 95th percentile
    values = np.asarray(answer(evaluate_at(inputs, 0.05 + 0.9 * points)), dtype=float)
    found = analyse.analyze(problem, points, values, num_levels=4, seed=seed)
    table = pd.DataFrame(
        {"effect": found["mu_star"], "interaction": found["sigma"]}, index=inputs.names
    )
    return table.astype(float).sort_values("effect", ascending=False)


def tornado(inputs: Inputs, answer: Answer, *, top: int = 10) -> pd.DataFrame:
    """
    Return how far each input alone moves an answer, from its 5th to its 95th percentile.

    Indexed by input: low, high (the answer at the two ends), value (the answer that is told
    everywhere, all at their best values) and rises (it is high where the input is), widest first.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> inputs = sg.draws.find_inputs(sg.load_register(), sg.load_assumptions())
    >>> price = lambda drawn: drawn.parameters["electricity_spot_factor"]
    >>> tornado(inputs, price, top=1).index.tolist()
    ['electricity_spot_factor']
    """
    table = alone(inputs, answer, inputs.names)
    # two inputs of the same term are as wide: told in the order of their names
    wide = (table["high"] - table["low"]).round(TIE_DECIMALS).sort_index()
    return table.loc[wide.sort_values(ascending=False, kind="stable").index].head(top)


def alone(inputs: Inputs, answer: Answer, names: Sequence[str]) -> pd.DataFrame:
    """
    Return low and high of an answer when each of some inputs moves alone, and its best value.

    `rises` says whether the answer is high where the input is.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> inputs = sg.draws.find_inputs(sg.load_register(), sg.load_assumptions())
    >>> name = inputs.table.index[0]
    >>> list(alone(inputs, lambda d: d.parameters[name], [name]).columns)
    ['low', 'high', 'value', 'rises']
    """
    k, columns = len(names), [inputs.names.index(name) for name in names]
    points = np.full((2 * k + 1, len(inputs.names)), np.nan)
    points[np.arange(k), columns], points[k + np.arange(k), columns] = ENDS
    values = np.asarray(answer(evaluate_at(inputs, points)), dtype=float)
    ends = np.stack([values[:k], values[k : 2 * k], np.full(k, values[-1])])
    sides = {"low": ends.min(axis=0), "high": ends.max(axis=0), "value": ends[-1]}
    return pd.DataFrame(sides, index=list(names)).assign(rises=ends[1] >= ends[0])


def input_ends(inputs: Inputs, names: Sequence[str]) -> pd.DataFrame:
    """
    Return the sum of the numbers that each input moves, at its 5th and 95th percentile and at best.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> inputs = sg.draws.find_inputs(sg.load_register(), sg.load_assumptions())
    >>> input_ends(inputs, ["discount_rate"]).round(3).to_dict("records")
    [{'low': 0.036, 'high': 0.064, 'best': 0.05}]
    """
    rows = [numbers_at(inputs, np.full((1, len(inputs.names)), end))[0] for end in ENDS]
    numbers = pd.DataFrame(
        {"low": rows[0], "high": rows[1], "best": inputs.table["value"].to_numpy(float)}
    )
    sums = numbers.groupby(inputs.table["input"].to_numpy()).sum()
    return sums.set_axis([inputs.names[k] for k in sums.index]).loc[list(names)]


def centred_ranks(values: np.ndarray) -> np.ndarray:
    """Return the ranks in each column less their mean."""
    ranks = pd.DataFrame(values).rank().to_numpy()
    centred: np.ndarray = ranks - ranks.mean(axis=0)
    return centred


def rank_correlation(
    inputs: pd.DataFrame, answers: np.ndarray, *, ranks: np.ndarray | None = None
) -> pd.DataFrame:
    """
    Return the correlation of the ranks of inputs (rows) with those of answers (Spearman).

    Parameters
    ----------
    inputs
        A row per draw, a column per input.
    answers
        A row per draw, a column per answer. What never moves goes with nothing: not a number.
    ranks
        The `centred_ranks` of the inputs, where they were made before. None: they are made.

    Examples
    --------
    >>> table = pd.DataFrame({"up": [1, 2, 3], "still": [1, 1, 1]})
    >>> rank_correlation(table, np.array([[1.0], [10.0], [100.0]]))[0].round(3).to_dict()
    {'up': 1.0, 'still': nan}
    """
    moves = centred_ranks(inputs.to_numpy(float)) if ranks is None else ranks
    moved = centred_ranks(answers)
    lengths = [np.sqrt((side**2).sum(axis=0)) for side in (moves, moved)]
    with np.errstate(invalid="ignore", divide="ignore"):
        found = moves.T @ moved / np.outer(*lengths)
    return pd.DataFrame(found, index=inputs.columns)


def _problem(names: list[str]) -> dict[str, object]:
    """Return inputs as SALib describes them: points of the unit cube."""
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
