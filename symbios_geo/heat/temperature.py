"""What the temperature of a heat source allows: direct use, preheating, a heat pump."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..assumptions.checks import (
    ABSOLUTE_ZERO_C,
    Numbers,
    check_order,
    checked,
    checked_or_default,
    like_input,
)
from ..assumptions.values import assumed

__all__ = ["link_mode", "preheat_share"]


def preheat_share(
    source_c: Numbers,
    supply_c: Numbers,
    return_c: Numbers,
    *,
    difference_k: float | None = None,
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the share of the delivered heat that a heat exchanger alone can give, 0-1.

    (T_source - difference - T_return) / (T_supply - T_return), kept within 0-1.

    Parameters
    ----------
    source_c
        Temperature of the heat source, degC.
    supply_c, return_c
        Temperatures of the network, degC.
    difference_k
        Least difference in the heat exchanger, K. None: parameters.csv.

    Raises
    ------
    ParameterError
        If the supply is not warmer than the return, or the difference is negative.

    Examples
    --------
    >>> round(float(preheat_share(65, 85, 45)), 2)
    0.38
    """
    assumptions = assumed(assumptions)
    source = checked("source_c", source_c, above=ABSOLUTE_ZERO_C)
    supply = checked("supply_c", supply_c, above=ABSOLUTE_ZERO_C)
    returned = checked("return_c", return_c, above=ABSOLUTE_ZERO_C)
    check_order("return_c", returned, "supply_c", supply, equal=False)
    least = checked_or_default(
        "difference_k",
        difference_k,
        "heat_exchanger_difference_k",
        at_least=0,
        assumptions=assumptions,
    )
    share = np.clip((source - least - returned) / (supply - returned), 0.0, 1.0)
    return like_input(share, source_c, supply_c, return_c)


def link_mode(
    source_c: Numbers,
    supply_c: Numbers,
    return_c: Numbers,
    *,
    difference_k: float | None = None,
    assumptions: Mapping[str, float] | None = None,
) -> np.ndarray:
    """
    Return how each source can serve its sink: "direct", "preheat", "heat_pump" or "impossible".

    direct: the source exceeds the supply by the difference. preheat: it exceeds the return by the
    difference, so that a heat pump lifts the rest. heat_pump: neither. impossible: not direct, and
    colder than the coldest usable source or further under the supply than the greatest lift, both
    in parameters.csv. Parameters and errors as in `preheat_share`.

    Examples
    --------
    >>> link_mode(np.array([95, 65, 40, -5]), 85, 45).tolist()
    ['direct', 'preheat', 'heat_pump', 'impossible']
    """
    assumptions = assumed(assumptions)
    share = np.asarray(
        preheat_share(
            source_c, supply_c, return_c, difference_k=difference_k, assumptions=assumptions
        )
    )
    source, supply = np.asarray(source_c, float), np.asarray(supply_c, float)
    too_cold = source < assumptions["heat_pump_minimum_source_c"]
    too_far = supply - source > assumptions["heat_pump_maximum_lift_k"]
    cases = [share >= 1, too_cold | too_far, share > 0]
    return np.select(cases, ["direct", "impossible", "preheat"], default="heat_pump")[()]
