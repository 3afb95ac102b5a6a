"""Design of a pipeline for dense CO2: the pipe, the pressure and the pumps that cost least."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..assumptions.checks import checked
from ..assumptions.finance import annuity_factor
from ..assumptions.values import assumed
from ..errors import ParameterError
from ..tables import read_table
from .equipment import electricity_price_or_default, full_load_hours_or_default

BAR, MEGA = 1e5, 1e6
WALL_STEP_M = 0.0005  # walls are made in half millimetres
GAS_CONSTANT = 8.31  # J/mol/K, as rounded by the source
CO2_KG_PER_MOL = 0.04401
RESULT = [
    "cost_eur_per_t",
    "pipe_meur",
    "compressor_meur",
    "pumps_meur",
    "energy_mwh_per_t",
    "inlet_mpa",
    "steel",
    "outer_diameter_m",
    "wall_m",
    "pumps",
    "velocity_m_per_s",
]


def pipeline_design(
    tonnes_per_hour: float,
    distance_km: float,
    *,
    inlet_bar: float = 1.1,
    electricity_price: float | None = None,
    hours: float | None = None,
    rate: float | None = None,
    assumptions: Mapping[str, float] | None = None,
) -> pd.Series:
    """
    Return the pipeline on land that brings CO2 there as a dense fluid at least cost per tonne.

    Every pipe size, steel and inlet pressure of the tables is tried: friction gives the distance
    between pumps, pressure and steel the wall, and the cheapest whole is kept (levelised cost of
    pipe, compressor, pumps, upkeep and electricity). Source: adopt_net0_co2_pipeline_module, whose
    figures for energy count one full lift too many where pumps stand on the way.

    Parameters
    ----------
    tonnes_per_hour
        Flow, t/h.
    distance_km
        Length of the pipeline, km.
    inlet_bar
        Pressure at which the CO2 is handed over, bar.
    electricity_price
        EUR/MWh. None: parameters.csv.
    hours
        Full-load hours, h/yr. None: parameters.csv.
    rate
        Real discount rate, share per year. None: parameters.csv.

    Returns
    -------
    cost_eur_per_t; pipe_meur, compressor_meur, pumps_meur; energy_mwh_per_t; inlet_mpa; steel;
    outer_diameter_m, wall_m; pumps (stations on the way); velocity_m_per_s.

    Raises
    ------
    ParameterError
        If an argument is out of range, or no pipe of the table can carry the flow so far.

    Examples
    --------
    >>> design = pipeline_design(100, 50)
    >>> bool(design["cost_eur_per_t"] > 0), design["steel"]
    (True, 'X80')
    """
    assumptions = assumed(assumptions)
    flow = float(checked("tonnes_per_hour", tonnes_per_hour, above=0)) / 3.6
    length = float(checked("distance_km", distance_km, above=0)) * 1000
    start = float(checked("inlet_bar", inlet_bar, above=0)) * BAR
    power = electricity_price_or_default(electricity_price, assumptions=assumptions)
    year = full_load_hours_or_default(hours, assumptions=assumptions)
    p = read_table("co2_pipeline_design").set_index("item")["value"]
    interest = assumptions["discount_rate"] if rate is None else rate
    pipe_annuity = annuity_factor(interest, assumptions["co2_pipeline_life_years"])
    machine_annuity = annuity_factor(interest, p["machine_life"])
    options = _with_pumps(_with_friction(_pipes(p), flow, p), flow, length, p)
    if options.empty:
        msg = (
            f"No pipe of co2_pipe_sizes.csv carries {tonnes_per_hour:g} t/h over "
            f"{distance_km:g} km. Try another flow, or several pipes side by side."
        )
        raise ParameterError(msg)
    options = _with_compressor(options, flow, start, p)
    options["pipe_meur"] = _pipe_meur(options, length, p)
    tonnes = flow * 3.6 * year
    machines = options["compressor_meur"] + options["pumps_meur"]
    yearly_meur = (pipe_annuity + p["pipe_upkeep"]) * options["pipe_meur"]
    yearly_meur += (machine_annuity + p["machine_upkeep"]) * machines
    options["cost_eur_per_t"] = yearly_meur * MEGA / tonnes + options["energy_mwh_per_t"] * power
    return options.loc[options["cost_eur_per_t"].idxmin(), RESULT]


def _pipes(p: pd.Series) -> pd.DataFrame:
    """Return every pipe that can be laid: inlet pressure, steel, outer diameter and wall."""
    pressures = pd.Series(
        np.arange(p["lowest_inlet"], p["highest_inlet"] + p["inlet_step"] / 2, p["inlet_step"]),
        name="inlet_mpa",
    )
    table = read_table("co2_pipe_steels")[["steel", "yield_mpa", "price_eur_per_kg"]]
    sizes = read_table("co2_pipe_sizes")["outer_diameter_m"]
    pipes = pressures.to_frame().merge(table, how="cross").merge(sizes.to_frame(), how="cross")
    outer = pipes["outer_diameter_m"]
    highest_mpa = np.ceil(pipes["inlet_mpa"] * p["pressure_margin"] * 10) / 10
    wall = outer * highest_mpa / (2 * pipes["yield_mpa"] * p["design_factor"]) + p["corrosion"]
    wall = np.maximum(wall, outer * p["least_wall"])
    pipes["wall_m"] = np.ceil(wall / WALL_STEP_M) * WALL_STEP_M
    pipes["inner_diameter_m"] = outer - 2 * pipes["wall_m"]
    return pipes[pipes["inner_diameter_m"] > 0]


def _with_friction(pipes: pd.DataFrame, flow: float, p: pd.Series) -> pd.DataFrame:
    """Return the pipes in which the flow is neither too slow nor too fast, with their drop."""
    inner = pipes["inner_diameter_m"]
    velocity = 4 * flow / (np.pi * inner**2 * p["density"])
    reynolds = p["density"] * inner * velocity / p["viscosity"]
    friction = (-1.8 * np.log10((p["roughness"] / inner / 3.7) ** 1.11 + 6.9 / reynolds)) ** -2
    drop = 8 * friction * flow**2 / (np.pi**2 * p["density"] * inner**5)
    carried = pipes.assign(velocity_m_per_s=velocity, drop_pa_per_m=drop)
    return carried[velocity.between(p["slowest"], p["fastest"])]


def _with_pumps(pipes: pd.DataFrame, flow: float, length: float, p: pd.Series) -> pd.DataFrame:
    """Return the pipes with the pumps on the way: all lift to the inlet pressure, the last less."""
    full_lift = (pipes["inlet_mpa"] - p["outlet"]) * MEGA
    reach = full_lift / pipes["drop_pa_per_m"]
    pumps = np.floor(length / reach)
    last_lift = (length - pumps * reach) * pipes["drop_pa_per_m"]
    full_mw, last_mw = (
        lift / (p["pump_efficiency"] * p["density"]) * flow / MEGA
        for lift in (full_lift, last_lift)
    )
    before = (pumps - 1).clip(lower=0)
    some = pumps > 0
    return pipes.assign(
        pumps=pumps.astype(int),
        pumps_meur=before * _pump_meur(full_mw, p) + some * _pump_meur(last_mw, p),
        pumps_mw=before * full_mw + some * last_mw,
    )[pumps <= length / 1000 / p["pump_spacing"]]


def _with_compressor(pipes: pd.DataFrame, flow: float, start: float, p: pd.Series) -> pd.DataFrame:
    """Return the pipes with the compressor and pump that bring the CO2 to the inlet pressure."""
    end = pipes["inlet_mpa"] * MEGA
    stages = np.floor(np.log(end / start) / np.log(p["stage_ratio"])).clip(lower=0)
    before_pump = start * p["stage_ratio"] ** stages
    exponent = (p["isentropic_exponent"] - 1) / p["isentropic_exponent"]
    work = p["compressibility"] * GAS_CONSTANT * p["compressor_temperature"] / CO2_KG_PER_MOL
    per_stage = work / exponent * (p["stage_ratio"] ** exponent - 1)
    compressed = stages * per_stage / (p["isentropic_efficiency"] * p["mechanical_efficiency"])
    pumped = (end - before_pump).clip(lower=0) / (p["pump_efficiency"] * p["density"])
    megawatts = (compressed + pumped) * flow / MEGA
    energy = (megawatts + pipes["pumps_mw"]) / (flow * 3.6)
    cost = _compressor_meur(megawatts, p)
    return pipes.assign(compressor_meur=cost, energy_mwh_per_t=energy).drop(columns="pumps_mw")


def _pipe_meur(pipes: pd.DataFrame, length: float, p: pd.Series) -> pd.Series:
    """Return what the pipe costs: steel, labour, right of way and the rest, MEUR."""
    outer, wall = pipes["outer_diameter_m"], pipes["wall_m"]
    steel_kg_per_m = np.pi * wall * (outer - wall) * p["steel_density"]
    material = steel_kg_per_m * pipes["price_eur_per_kg"] * p["steel_factor"]
    labour = p["labour"] * outer
    return ((1 + p["rest"]) * (material + labour) + p["right_of_way"]) * length / MEGA


def _compressor_meur(megawatts: pd.Series, p: pd.Series) -> pd.Series:
    """Return what compressors of a power cost together, MEUR; large ones stand side by side."""
    units = np.ceil(megawatts / p["compressor_largest"]).clip(lower=1)
    one = (megawatts / units / p["compressor_size"]) ** p["compressor_exponent"]
    return p["compressor_meur"] * one * units ** p["compressor_units_exponent"]


def _pump_meur(megawatts: pd.Series, p: pd.Series) -> pd.Series:
    """Return what a pump station of a power costs, MEUR."""
    units = np.ceil(megawatts / p["pump_largest"])
    size = (megawatts * 1000) ** p["pump_exponent"]
    return p["pump_eur"] * size * units ** p["pump_units_exponent"] / MEGA
