"""What would change the answer: the plan at other prices, and the inputs that move it most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..model import new_of
from .cases import Case
from .claims import holding
from .fall import WHOLE
from .intervals import FIGURES, spread

if TYPE_CHECKING:
    from .chain import Study

__all__ = ["movers"]

# electricity, pipes and wood chips
MOVED = ("electricity_spot_factor", "heat_pipe_cost_factor", "fuel_chips_sek_per_mwh")
STEPS = (0.0, 0.5, 1.0)  # from the best value to an end of its range
FIFTH = 0.2


Held = dict[str, np.ndarray]  # by claim: in which draws it holds


@dataclass(frozen=True, eq=False)
class Level:
    """
    The plan of heat with one assumption at one value and all others at their best.

    `exchanges` are the new ones, as in `Study.exchanges`. `chances` say how often each claim on
    heat holds in the fifth of the draws that lies nearest, of the best value in all of them;
    `draws` how many these are.
    """

    parameter: str
    value: float
    best: bool
    exchanges: pd.DataFrame
    chances: pd.Series
    draws: int


@dataclass(frozen=True, eq=False)
class Outlook:
    """
    How sure the new heat is and what moves it.

    `new` is low, high, mean and median of new heat in the draws by receiving municipality, and of
    `WHOLE`;
    `movers` the inputs that move it most (see `movers`); `levels` the plan at other prices.
    """

    new: pd.DataFrame
    movers: pd.DataFrame
    levels: list[Level]


def outlook(study: Study, case: Case | None = None, *, ids: Sequence[str] = MOVED) -> Outlook:
    """
    Return what would change the answer of a study on heat.

    Parameters
    ----------
    study
        A study that was run by the plan.
    case
        A `drawn_case` of it. None: the draws of the study.
    ids
        Assumptions to move, one at a time, over their ranges.
    """
    case = study.drawn if case is None else case
    cases = {WHOLE: case} | {str(c): case.within(c) for c in study.region.names.index}
    drawn = {place: FIGURES["new_gwh"](each) for place, each in cases.items()}
    rows = {place: [*spread(new), new.mean(), np.median(new)] for place, new in drawn.items()}
    new = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high", "mean", "median"])
    held = holding(case, "heat")
    found = [level for name in ids for level in levels(study, case, name, held)]
    return Outlook(new, movers(case), found)


def levels(study: Study, case: Case, name: str, held: Held) -> list[Level]:
    """
    Return the plan at five values of an assumption, lowest first, the best one among them.

    `held` says of each claim in which draws of the case it holds.
    """
    low, best, high = study.assumptions.table.loc[name, ["low", "value", "high"]].astype(float)
    values = {best + (end - best) * step for end in (low, high) for step in STEPS}
    return [_level(study, case, name, value, best, held) for value in sorted(values)]


def movers(case: Case, count: int = 3) -> pd.DataFrame:
    """
    Return the inputs whose ranges move new heat most.

    Parameters
    ----------
    case
        Draws of a study.
    count
        How many.

    Returns
    -------
    movers
        By id of an assumption or flow: the mean of new heat, GWh/yr, in the fifth of the draws
        where it is lowest (`low`) and where it is highest (`high`), the largest first. None where
        a fifth of the draws is no draw.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> movers(sg.run().drawn, 2).columns.tolist()
    ['low', 'high']
    """
    new = FIGURES["new_gwh"](case)
    inputs = case.redrawn.moving
    if len(new) * FIFTH < 1:
        return pd.DataFrame(columns=["low", "high"], dtype=float)
    ranks = inputs.rank(pct=True, method="first").to_numpy()
    rows = {
        name: (new[ranks[:, i] <= FIFTH].mean(), new[ranks[:, i] > 1 - FIFTH].mean())
        for i, name in enumerate(inputs)
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high"])
    # one family may move many flows as one: the first of it stands for all
    table = table[~table.duplicated()]
    order = (table["high"] - table["low"]).abs().sort_values(ascending=False).index
    return table.loc[order].head(count)


def inputs_in_fifths(case: Case, names: Sequence[str]) -> pd.DataFrame:
    """Return the mean of each of some inputs in the fifths of the draws that `movers` compares."""
    values = np.sort(case.redrawn.moving[[*names]].to_numpy(float), axis=0)
    fifth = int(len(values) * FIFTH)
    sides = {"low": values[:fifth].mean(axis=0), "high": values[-fifth:].mean(axis=0)}
    return pd.DataFrame(sides, index=[*names])


def _level(study: Study, case: Case, name: str, value: float, best: float, held: Held) -> Level:
    """Return the plan at one value of an assumption."""
    if value == best:
        new = new_of(study.exchanges, "heat")
        near = np.ones(len(case.draws.flows), bool)
    else:
        new = study.new_heat_at(name, value)
        away = np.abs(case.parameter(name) - value)
        near = away <= np.quantile(away, FIFTH)
    shares = {claim: holds[near].mean() for claim, holds in held.items()}
    chances = pd.Series(shares, dtype=float)
    return Level(name, value, value == best, new, chances, int(near.sum()))
