"""Heat pumps: COP from temperatures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..assumptions.checks import (
    ABSOLUTE_ZERO_C,
    Numbers,
    check_choice,
    check_order,
    checked,
    checked_or_default,
    like_input,
)
from ..assumptions.values import assumed
from ..tables import read_table


def heat_pump_cop(
    source_in_c: Numbers,
    source_out_c: Numbers,
    sink_in_c: Numbers,
    sink_out_c: Numbers,
    *,
    refrigerant: str = "ammonia",
    pinch_k: float | None = None,
    compressor_efficiency: float | None = None,
    heat_loss_share: float | None = None,
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the COP of a large heat pump, after Jensen et al. and Pieper et al.

    The COP is 0 where the lift from source inlet to sink outlet is under the least lift in
    parameters.csv (10 K), or the source is on average as warm as the sink: the approximation does
    not hold there, and a heat exchanger does most of the work. Source: pypsa_eur_heat_pumps.

    Parameters
    ----------
    source_in_c, source_out_c
        Source before and after the evaporator, degC.
    sink_in_c, sink_out_c
        Network water before and after the condenser, degC.
    refrigerant
        A row of refrigerants.csv: "ammonia" or "isobutane".
    pinch_k
        Least difference in the heat exchangers, K. None: parameters.csv.
    compressor_efficiency
        Isentropic efficiency, share. None: parameters.csv.
    heat_loss_share
        Heat lost from the compressor per unit of work. None: parameters.csv.

    Raises
    ------
    ParameterError
        If the source warms, the sink cools, or a share lies outside its range.

    Examples
    --------
    >>> round(float(heat_pump_cop(40, 30, 50, 80)), 2)
    4.44
    >>> float(heat_pump_cop(79, 74, 50, 80))
    0.0
    """
    assumptions = assumed(assumptions)
    source_in, source_out, sink_in, sink_out = _streams(
        source_in_c, source_out_c, sink_in_c, sink_out_c
    )
    pinch = checked_or_default(
        "pinch_k", pinch_k, "heat_pump_pinch_k", at_least=0, assumptions=assumptions
    )
    efficiency = checked_or_default(
        "compressor_efficiency",
        compressor_efficiency,
        "heat_pump_compressor_efficiency",
        above=0,
        at_most=1,
        assumptions=assumptions,
    )
    loss = checked_or_default(
        "heat_loss_share",
        heat_loss_share,
        "heat_pump_heat_loss_share",
        at_least=0,
        at_most=1,
        assumptions=assumptions,
    )
    glide, work = _refrigerant_effects(
        refrigerant, span=sink_out - source_out + 2 * pinch, warming=sink_out - sink_in
    )
    sink = entropic_mean_k(sink_out, sink_in)
    lift = sink - entropic_mean_k(source_in, source_out)
    usable = (sink_out - source_in >= assumptions["heat_pump_minimum_lift_k"]) & (lift > 0)
    # Lorenz COP x correction, with the lift cancelled so that a small one divides nothing
    spread = lift + glide + (source_in - source_out) / 2 + 2 * pinch
    ratio = (sink + glide + pinch) / np.where(usable, spread, 1.0)
    cop = np.where(usable, ratio * efficiency * (1 - work) + 1 - efficiency - loss, 0.0)
    return like_input(cop, source_in_c, source_out_c, sink_in_c, sink_out_c)


def lifted(heat: Numbers, cop: Numbers) -> Numbers:
    """
    Return what heat becomes when a heat pump lifts it: with the electricity that it takes.

    Examples
    --------
    >>> lifted(20.0, 3.0)
    30.0
    """
    return heat * cop / (cop - 1)


def entropic_mean_k(warm_c: np.ndarray, cool_c: np.ndarray) -> np.ndarray:
    """
    Return the mean temperature of a stream, (T_a - T_b) / ln(T_a / T_b) in kelvin.

    Examples
    --------
    >>> round(float(entropic_mean_k(np.array(80.0), np.array(40.0))), 1)
    332.7
    """
    warm, cool = warm_c - ABSOLUTE_ZERO_C, cool_c - ABSOLUTE_ZERO_C
    ratio = (warm - cool) / cool
    # below 1e-6 the quotient loses digits, and the arithmetic mean differs by less than 1e-10 K
    narrow = ratio < 1e-6
    return np.where(narrow, (warm + cool) / 2, cool * ratio / np.log1p(np.where(narrow, 1, ratio)))


def _streams(
    source_in_c: Numbers, source_out_c: Numbers, sink_in_c: Numbers, sink_out_c: Numbers
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the four temperatures of a heat pump after checking them, degC."""
    source_in = checked("source_in_c", source_in_c, above=ABSOLUTE_ZERO_C)
    source_out = checked("source_out_c", source_out_c, above=ABSOLUTE_ZERO_C)
    sink_in = checked("sink_in_c", sink_in_c, above=ABSOLUTE_ZERO_C)
    sink_out = checked("sink_out_c", sink_out_c, above=ABSOLUTE_ZERO_C)
    check_order("source_out_c", source_out, "source_in_c", source_in)
    check_order("sink_in_c", sink_in, "sink_out_c", sink_out)
    return source_in, source_out, sink_in, sink_out


def _refrigerant_effects(
    refrigerant: str, *, span: np.ndarray, warming: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the temperature glide (K) and the share of work that expansion takes."""
    table = read_table("refrigerants").set_index("refrigerant")
    check_choice("refrigerant", refrigerant, table.index)
    fit = table.loc[refrigerant]
    glide = fit["glide_per_lift"] * span + fit["glide_per_warming"] * warming + fit["glide_k"]
    work = fit["work_per_lift"] * span + fit["work_per_warming"] * warming + fit["work_share"]
    return glide, work
