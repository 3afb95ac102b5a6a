"""The range of a calculation when every assumption may lie anywhere between its low and high."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..model import BOUNDS
from ..tables import assumptions, load_parameters


def parameter_table(parameters: pd.DataFrame | None) -> pd.DataFrame:
    """
    Return value, low and high by parameter_id, a missing bound being the value itself.

    Parameters
    ----------
    parameters
        Assumptions as `load_parameters` returns them. None: parameters.csv.

    Raises
    ------
    ParameterError
        If low, value and high of a parameter are not in this order; the message names the first.
    """
    table = load_parameters() if parameters is None else parameters
    bounds = table.reindex(columns=BOUNDS).astype(float)
    for side in ("low", "high"):
        bounds[side] = bounds[side].fillna(bounds["value"])
    wrong = (bounds["low"] > bounds["value"]) | (bounds["value"] > bounds["high"])
    if wrong.any():
        name = wrong.index[wrong.to_numpy()][0]
        low, value, high = (bounds.loc[name, side] for side in ("low", "value", "high"))
        msg = (
            f"parameter {name!r}: low {low:g}, value {value:g} and high {high:g} are not in order. "
            "Widen its range or mend its value."
        )
        raise ParameterError(msg)
    return bounds


def range_of(
    calculate: Callable[[], pd.Series], parameters: pd.DataFrame | None, prefixes: Iterable[str]
) -> pd.DataFrame:
    """
    Return value, low and high of every item that `calculate` returns, indexed by item.

    Low has every assumption at the end of its range that lowers the item, high at the end that
    raises it: the widest range, exact where each assumption works in one direction only.

    Parameters
    ----------
    calculate
        Returns items by name; reads its assumptions with `parameter`.
    parameters
        Assumptions by parameter_id. None: parameters.csv.
    prefixes
        Which assumptions vary: those whose id starts with one of these.
    """
    bounds = parameter_table(parameters)
    varied = bounds[bounds.index.str.startswith(tuple(prefixes))]
    varied = varied[varied["low"] < varied["high"]]

    def at(changes: pd.Series) -> pd.Series:
        values = bounds["value"].copy()
        values[changes.index] = changes
        with assumptions(values):
            return calculate().astype(float)

    best = at(varied["value"])
    rises = pd.DataFrame(
        {
            name: at(varied.loc[[name], "high"]) >= at(varied.loc[[name], "low"])
            for name in varied.index
        },
        index=best.index,
    )
    low, high = best.copy(), best.copy()
    for _, items in rises.groupby(list(rises.columns)) if len(varied) else []:
        up = items.iloc[0].to_numpy(bool)
        ends = [
            pd.Series(np.where(up == raised, varied["high"], varied["low"]), varied.index)
            for raised in (True, False)
        ]
        high[items.index], low[items.index] = (at(end)[items.index] for end in ends)
    table = pd.DataFrame({"value": best, "low": low, "high": high})
    return table.assign(low=table.min(axis=1), high=table.max(axis=1)).rename_axis("item")
