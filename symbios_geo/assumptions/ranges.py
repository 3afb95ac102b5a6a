"""Low and high of assumptions, and the range of a calculation when each may lie between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from ..model import BOUNDS
from .values import Assumptions


def with_bounds(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its value as the low or high that a row, or the whole table, lacks."""
    value = table["value"]
    return table.assign(**{side: table.get(side, value).fillna(value) for side in BOUNDS[1:]})


def bounds_of(assumptions: Assumptions) -> pd.DataFrame:
    """Return value, low and high by parameter_id, a missing bound being the value itself."""
    return with_bounds(assumptions.table[BOUNDS].astype(float))


def range_of(
    calculate: Callable[[Mapping[str, float]], pd.Series],
    assumptions: Assumptions,
    prefixes: Iterable[str],
) -> pd.DataFrame:
    """
    Return value, low and high of every item that `calculate` returns, indexed by item.

    Low has every assumption at the end of its range that lowers the item, high at the end that
    raises it: the widest range, exact where each assumption works in one direction only.

    Parameters
    ----------
    calculate
        Returns items by name from the assumptions it is given.
    assumptions
        Every assumption with its range.
    prefixes
        Which assumptions vary: those whose id starts with one of these.
    """
    bounds = bounds_of(assumptions)
    varied = bounds[bounds.index.str.startswith(tuple(prefixes))]
    varied = varied[varied["low"] < varied["high"]]

    def at(changes: pd.Series) -> pd.Series:
        return calculate({**assumptions, **changes.to_dict()}).astype(float)

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
