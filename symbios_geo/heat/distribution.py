"""Distribution of heat inside an area: linear heat density, diameter, investment, cost per MWh."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..assumptions.checks import Numbers, check_choice, checked, like_input
from ..assumptions.finance import pipe_annuity
from ..assumptions.values import assumed
from ..tables import read_table

GJ_PER_MWH = 3.6
M2_PER_HA = 10_000
WIDTH_PIPES = {
    "2011": ["distribution"],
    "2019": ["distribution"],
    "2021": ["distribution", "service"],
}


def linear_heat_density(heat_density_mwh_per_ha: Numbers, width_m: Numbers) -> Numbers:
    """
    Return the heat sold per metre of distribution trench, GJ/m and year.

    Parameters
    ----------
    heat_density_mwh_per_ha
        Heat sold per land area, MWh/ha and year.
    width_m
        Effective width: land area per metre of trench, m.

    Examples
    --------
    >>> round(float(linear_heat_density(100, 50)), 1)
    1.8
    """
    density = checked("heat_density_mwh_per_ha", heat_density_mwh_per_ha, at_least=0)
    width = checked("width_m", width_m, above=0)
    sold = density * GJ_PER_MWH / M2_PER_HA * width
    return like_input(sold, heat_density_mwh_per_ha, width_m)


def effective_width(
    plot_ratio: Numbers,
    version: str = "2021",
    *,
    pipe: str = "distribution",
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the land area served per metre of trench, m.

    2011: w1 e^k. 2019: slope x e + base up to a limit of e, constant above. 2021: exp(2) / e up to
    e = exp(-2); above it constant for distribution pipes, and for service pipes a curve that
    starts 13 m lower (a jump in the source, kept). Sources: hotmaps_dh_economic_assessment_source,
    hotmaps_wiki_commit_ad4dd08_2024, enermaps_hotmaps_dh_potential_module.

    Parameters
    ----------
    plot_ratio
        Floor area per land area, above 0.
    version
        "2011", "2019" or "2021".
    pipe
        "distribution", or "service" (version 2021 only).

    Raises
    ------
    ParameterError
        If the plot ratio is not positive, or the version has no such pipe.

    Examples
    --------
    >>> round(float(effective_width(0.3)), 1)
    54.6
    """
    assumptions = assumed(assumptions)
    e = checked("plot_ratio", plot_ratio, above=0)
    check_choice("version", version, WIDTH_PIPES)
    check_choice("pipe", pipe, WIDTH_PIPES[version])
    if version == "2011":
        width = (
            assumptions["effective_width_2011_m"] * e ** assumptions["effective_width_2011_power"]
        )
    elif version == "2019":
        slope, base = (
            assumptions["effective_width_2019_slope_m"],
            assumptions["effective_width_2019_m"],
        )
        dense = e > assumptions["effective_width_2019_plot_ratio"]
        width = np.where(dense, assumptions["effective_width_2019_dense_m"], slope * e + base)
    else:
        width = _width_2021(e, pipe, assumptions=assumptions)
    return like_input(width, plot_ratio)


def pipe_diameter(
    linear_heat_density_gj_per_m: Numbers, *, assumptions: Mapping[str, float] | None = None
) -> Numbers:
    """
    Return the mean inner diameter of the distribution pipes of an area, m.

    d = slope x ln(Q/L) + intercept, and never less than the least diameter in parameters.csv.
    Source: enermaps_hotmaps_dh_potential_module.

    Examples
    --------
    >>> round(float(pipe_diameter(10)), 3)
    0.113
    """
    assumptions = assumed(assumptions)
    density = checked("linear_heat_density_gj_per_m", linear_heat_density_gj_per_m, above=0)
    slope, intercept = (
        assumptions["pipe_diameter_slope_m"],
        assumptions["pipe_diameter_intercept_m"],
    )
    diameter = np.maximum(assumptions["pipe_diameter_least_m"], slope * np.log(density) + intercept)
    return like_input(diameter, linear_heat_density_gj_per_m)


def distribution_cost_per_m(
    heat_density_mwh_per_ha: Numbers,
    plot_ratio: Numbers,
    *,
    construction_set: str = "2021_sweden",
    width_version: str = "2021",
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the investment in the distribution network, EUR per metre of trench.

    I = C1 + C2 d. Price years differ between the sets: never mix them.
    Source: source_id of the row in construction_costs.csv.

    Parameters
    ----------
    heat_density_mwh_per_ha
        Heat sold per land area, MWh/ha and year.
    plot_ratio
        Floor area per land area.
    construction_set
        A row of construction_costs.csv.
    width_version
        Version of `effective_width`.

    Examples
    --------
    >>> round(float(distribution_cost_per_m(300, 0.3)))
    793
    """
    assumptions = assumed(assumptions)
    table = read_table("construction_costs").set_index("construction_set")
    check_choice("construction_set", construction_set, table.index)
    width = effective_width(plot_ratio, width_version, assumptions=assumptions)
    diameter = pipe_diameter(
        linear_heat_density(heat_density_mwh_per_ha, width), assumptions=assumptions
    )
    c1, c2 = table["c1_eur_per_m"][construction_set], table["c2_eur_per_m2"][construction_set]
    return float(c1) + float(c2) * diameter


def distribution_cost(
    heat_density_mwh_per_ha: Numbers,
    plot_ratio: Numbers,
    *,
    rate: float | None = None,
    years: float | None = None,
    construction_set: str = "2021_sweden",
    width_version: str = "2021",
    assumptions: Mapping[str, float] | None = None,
) -> Numbers:
    """
    Return the capital cost of distribution, EUR per MWh of heat sold.

    a x I / (Q/L). Other parameters as in `distribution_cost_per_m`.

    Parameters
    ----------
    heat_density_mwh_per_ha, plot_ratio
        As in `distribution_cost_per_m`.
    rate
        Real discount rate, share per year. None: parameters.csv.
    years
        Economic life, years. None: parameters.csv.
    construction_set, width_version
        As in `distribution_cost_per_m`.

    Examples
    --------
    >>> dense, sparse = distribution_cost(np.array([300, 100]), np.array([0.3, 0.1]))
    >>> bool(dense < sparse)
    True
    """
    assumptions = assumed(assumptions)
    per_m = distribution_cost_per_m(
        heat_density_mwh_per_ha,
        plot_ratio,
        construction_set=construction_set,
        width_version=width_version,
        assumptions=assumptions,
    )
    width = effective_width(plot_ratio, width_version, assumptions=assumptions)
    sold = linear_heat_density(heat_density_mwh_per_ha, width)
    return pipe_annuity(rate, years, assumptions=assumptions) * per_m / sold * GJ_PER_MWH


def _width_2021(e: np.ndarray, pipe: str, *, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return the effective width of version 2021, m."""
    sparse = np.exp(assumptions["effective_width_2021_log_m"]) / e
    if pipe == "service":
        # a sparse area needs no curve, and the curve has a pole there
        log_e = np.maximum(np.log(e), assumptions["effective_width_2021_log_plot_ratio"])
        rise = log_e + assumptions["effective_width_2021_service_a"]
        fall = assumptions["effective_width_2021_service_b"]
        dense = np.exp(rise / (fall + assumptions["effective_width_2021_service_c"] * log_e))
    else:
        dense = np.full_like(e, np.exp(assumptions["effective_width_2021_log_dense_m"]))
    return np.where(np.log(e) > assumptions["effective_width_2021_log_plot_ratio"], dense, sparse)
