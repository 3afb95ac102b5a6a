"""Draws: every input moved within its stated range, all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.special import ndtri

from ..assumptions.derivations import (
    Formulas,
    Term,
    evaluate,
    evaluate_bounds,
    inputs_of,
    read_formulas,
)
from ..assumptions.ranges import with_bounds
from ..assumptions.values import Assumptions, stated_quantities
from ..errors import DataError
from ..register.gate import Register
from ..register.national import DISTRICT_HEAT, HEAT, KEYS
from ..register.property_heat import DELIVERED, STREAM
from ..summary import Summary
from ..tables import read_table

__all__ = ["Draws", "Inputs", "draw", "find_inputs"]

SEED = 20261123
DISTRIBUTIONS = ("triangular", "uniform")
MOVED_TOGETHER = ("heat", "co2", "methane_substrate", "manure", "food_waste", "biogas")
# rows of one method move together: a wrong method is wrong everywhere
SHARED_METHODS = (
    "treated_wastewater", "refrigeration_condenser", "moist_air",
    "manure_methane_potential", "manure_total", "straw_methane_potential", "ley_methane_potential",
    "food_waste_methane_potential", "food_waste_collectable", "sewage_sludge_methane_potential",
)  # fmt: skip

COMMON_SHARE = "family_common_share"
# parameters whose errors come from one method or one market, by the beginnings of their ids
FAMILIES = {
    "emission_factors": ("ef_",),
    "electricity_prices": ("electricity_spot_factor", "electricity_fee_"),
    "fuel_prices": ("fuel_",),
    "pipe_costs": ("heat_pipe_cost_factor", "transmission_station_", "connection_eur_per_mwh"),
    "recovery_costs": ("heat_recovery_", "heat_seller_"),
    "capture_costs": ("capture_eur", "capture_meur", "co2_liquefaction_eur", "co2_truck_"),
}


@dataclass(frozen=True, repr=False)
class Inputs(Summary):
    """
    The uncertain inputs: `table` has a row per number that moves, `names` the separate inputs.

    Columns of `table`, indexed by the name of the number: low, value, high, distribution, `input`
    (its position in `names`) and `is_factor` (it multiplies a derived value). `families` says which
    inputs share a common part ("" for none), `fixed` are the best values of all stated numbers,
    `formulas` what is derived from them in every draw.
    """

    table: pd.DataFrame
    names: list[str]
    fixed: dict[str, float]
    flow_ids: list[str]
    formulas: Formulas
    families: tuple[str, ...] = ()

    def _facts(self) -> dict[str, object]:
        """Return how much moves."""
        return {"numbers that move": len(self.table), "separate inputs": len(self.names)}


@dataclass(frozen=True, repr=False)
class Draws(Summary):
    """Drawn parameters and flow values: one row per draw, one column per id."""

    parameters: pd.DataFrame
    flows: pd.DataFrame

    def _facts(self) -> dict[str, object]:
        """Return how many draws there are, of what."""
        kinds = {"parameters": self.parameters, "flows": self.flows}
        return {"draws": len(self.flows)} | {kind: f.shape[1] for kind, f in kinds.items()}


Answer = Callable[[Draws], np.ndarray]


def find_inputs(register: Register, assumptions: Assumptions) -> Inputs:
    """
    Collect every number with a range, and which of them move together.

    A formula's result with a range of its own (a judgement on top of its inputs) moves by a
    factor, which fills its range as far as its inputs do not. Rows of one method in many places
    share one input, as do all rows that read one parameter.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> len(find_inputs(sg.load_register(), sg.load_assumptions()).table) > 100
    True
    """
    raw = pd.concat(
        read_table(name).set_index(key)
        for name, key in (("parameters", "parameter_id"), ("flows", "flow_id"))
    )
    stated = stated_quantities(register.flows, assumptions.table)
    formulas = _formulas(register, assumptions, stated)
    derived = stated.index.isin(list(formulas))
    judged = raw.index[raw["low"].notna() & raw["value"].isna()]
    factors = _factors(formulas, stated, stated.index[derived & stated.index.isin(judged)])
    table = pd.concat([stated[~derived].assign(is_factor=False), factors])
    moves = (table["low"] < table["high"]) & table["value"].notna()
    table = table[moves].assign(distribution=lambda t: _distributions(t.index, raw))
    shared = _shared_inputs(register)
    groups = pd.Series(table.index, index=table.index)
    groups = groups.where(~table.index.isin(shared.index), table.index.map(shared))
    codes, names = pd.factorize(groups)
    fixed = stated.loc[~derived, "value"].dropna().astype(float).to_dict()
    flow_ids = list(register.flows["flow_id"])
    families = _families(register, groups, list(names))
    return Inputs(table.assign(input=codes), list(names), fixed, flow_ids, formulas, families)


def draw(register: Register, assumptions: Assumptions, *, n: int = 1000, seed: int = SEED) -> Draws:
    """
    Draw every stated number within its range and derive the rest again in each draw.

    Triangular from low over value to high unless the row says otherwise; derived rows follow the
    parameters they are made from, so that one factor moves every row that reads it. Inputs of one
    family share a common part (see `points_of`).

    Parameters
    ----------
    register, assumptions
        As `load_register` and `load_assumptions` give them.
    n
        Number of draws.
    seed
        Of the random numbers: the same seed gives the same draws.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> drawn = draw(sg.load_register(), sg.load_assumptions(), n=10)
    >>> list(vars(drawn))
    ['parameters', 'flows']
    """
    inputs = find_inputs(register, assumptions)
    return evaluate_at(inputs, points_of(inputs, n=n, seed=seed))


def points_of(inputs: Inputs, *, n: int, seed: int = SEED) -> np.ndarray:
    """
    Return points of the unit cube to draw inputs at: a row per draw, a column per input.

    Each input has random numbers of its own, by its name: another input that comes or goes, or
    stands elsewhere, does not move them. Every input fills its range evenly (a Latin hypercube).
    Inputs of one family are normally correlated before that, by the assumption
    `family_common_share`, which is itself drawn.

    Parameters
    ----------
    inputs
        From `find_inputs`.
    n, seed
        As in `draw`.
    """
    families = inputs.families or ("",) * len(inputs.names)
    common = {name: ndtri(_stream(seed, f"family:{name}").random(n)) for name in {*families} - {""}}
    share = _common_share(inputs, n=n, seed=seed)
    points = np.empty((n, len(inputs.names)))
    for k, (name, family) in enumerate(zip(inputs.names, families, strict=True)):
        stream = _stream(seed, name)
        order = ndtri(stream.random(n))
        if family:
            order = np.sqrt(share) * common[family] + np.sqrt(1 - share) * order
        points[:, k] = _spread_evenly(order, stream)
    return points


def evaluate_at(inputs: Inputs, uniform: np.ndarray) -> Draws:
    """
    Return the draws that belong to points of the unit cube, one column per independent input.

    An input without a point (not a number) stays at its best value.
    """
    table, drawn = inputs.table, numbers_at(inputs, uniform)
    columns = {name: drawn[:, k] for k, name in enumerate(table.index)}
    factors = {name: columns.pop(name) for name in table.index[table["is_factor"].to_numpy(bool)]}
    known = {**inputs.fixed, **columns}
    derived = evaluate(inputs.formulas, known, factors=factors)
    every = {**known, **{name: np.maximum(value, 0) for name, value in derived.items()}}
    rows = range(len(uniform))
    flows = pd.DataFrame({f: every[f] for f in inputs.flow_ids if f in every}, index=rows)
    drawn_flows = set(flows.columns)
    ids = [name for name in every if name not in drawn_flows]
    return Draws(pd.DataFrame({name: every[name] for name in ids}, index=rows), flows)


def numbers_at(inputs: Inputs, uniform: np.ndarray) -> np.ndarray:
    """Return the stated numbers at points of the unit cube, one column per row of the inputs."""
    table = inputs.table
    low, mode, high = (table[c].to_numpy(float) for c in ("low", "value", "high"))
    points = uniform[:, table["input"].to_numpy()]
    flat = (table["distribution"] == "uniform").to_numpy(bool)
    drawn = np.where(flat, low + points * (high - low), triangular(points, low, mode, high))
    return np.where(np.isnan(points), mode, drawn)


def triangular(
    uniform: np.ndarray, low: np.ndarray, mode: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Return the triangular quantile of each uniform number (inverse of the distribution)."""
    width = np.where(high > low, high - low, 1.0)
    split = (mode - low) / width
    rising = low + np.sqrt(np.maximum(uniform * width * (mode - low), 0))
    falling = high - np.sqrt(np.maximum((1 - uniform) * width * (high - mode), 0))
    return np.where(high > low, np.where(uniform < split, rising, falling), mode)


def _formulas(register: Register, assumptions: Assumptions, stated: pd.DataFrame) -> Formulas:
    """Return the formulas of what is derived from numbers that are there; nobody stated it."""
    given = assumptions.stated["value"].dropna().index
    flows = register.flows.set_index("flow_id")["origin"]
    derived = set(flows.index[flows == "derived"]) | set(
        pd.Index(list(assumptions)).difference(given)
    )
    known = set(stated.index[stated["value"].notna()])
    formulas = {
        name: terms
        for name, terms in read_formulas(read_table("derivations")).items()
        if name.split(".")[0] in derived and inputs_of(terms) <= known
    }
    return formulas | _heat_formulas(register, assumptions)


def _heat_formulas(register: Register, assumptions: Assumptions) -> Formulas:
    """Return property heating as each place's share of the county's need, less what is measured."""
    flows = register.flows
    sent = flows[flows["stream"] == DELIVERED].groupby("site_id")["value"].sum()
    county = assumptions["property_heat_gwh"]
    formulas = {}
    shared = (flows["stream"] == STREAM) & (flows["origin"] == "derived")
    for row in flows[shared].itertuples():
        measured = float(sent.get(row.site_id, 0.0))
        share = Term((row.value + measured) / county, ("property_heat_gwh",), ())
        formulas[str(row.flow_id)] = [share, Term(-measured, (), ())]
    # what follows a national key follows it in every draw
    for row in flows[(flows["source_id"] == KEYS) & (flows["origin"] == "derived")].itertuples():
        key = HEAT if row.stream == STREAM else DISTRICT_HEAT
        formulas[str(row.flow_id)] = [Term(row.value / assumptions[key], (key,), ())]
    return formulas


def _factors(formulas: Formulas, stated: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    """Return the range of the factor on each result that has a range of its own."""
    bounds = with_bounds(stated.dropna(subset="value"))
    low, high = bounds["low"].to_dict(), bounds["high"].to_dict()
    rows = {}
    for name in names:
        inputs = [{k: v for k, v in side.items() if k != name} for side in (low, high)]
        least, most = (side[name] for side in evaluate_bounds({name: formulas[name]}, *inputs))
        rows[name] = {
            "low": min(low[name] / least, 1.0) if least > 0 else 0.0,
            "value": 1.0,
            "high": max(high[name] / most, 1.0) if most > 0 else 1.0,
        }
    columns = ["low", "value", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).assign(is_factor=True)


def _shared_inputs(register: Register) -> pd.Series:
    """Return the name of the shared input by flow_id, for rows made by one method."""
    flows = register.flows
    same = flows[flows["stream"].isin(SHARED_METHODS) & flows["resource"].isin(MOVED_TOGETHER)]
    return pd.Series("method:" + same["stream"].to_numpy(), index=same["flow_id"].to_numpy())


def _families(register: Register, groups: pd.Series, names: list[str]) -> tuple[str, ...]:
    """
    Return the family of each input, "" for those that err on their own.

    Estimated flows of one resource and role belong together; what is measured (confidence A) does
    not, nor do parameters outside `FAMILIES`.
    """
    flows = register.flows.set_index("flow_id")
    estimated = flows[flows["confidence"] != "A"]
    by_flow = estimated["resource"].astype(str) + ":" + estimated["role"].astype(str)
    of_input = by_flow.reindex(groups.index).groupby(groups.to_numpy()).first()
    found = []
    for name in names:
        listed = (family for family, starts in FAMILIES.items() if name.startswith(starts))
        known = of_input.get(name)
        found.append(next(listed, known if isinstance(known, str) else ""))
    return tuple(found)


def _stream(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of one input."""
    return np.random.default_rng([seed, crc32(name.encode())])


def _spread_evenly(order: np.ndarray, stream: np.random.Generator) -> np.ndarray:
    """Return numbers in the given order, one in each of equally probable parts of 0-1."""
    return (order.argsort().argsort() + stream.random(len(order))) / len(order)


def _common_share(inputs: Inputs, *, n: int, seed: int) -> np.ndarray | float:
    """Return the common share of a family in each draw: an input like others, and first of all."""
    if COMMON_SHARE not in inputs.table.index:
        return float(inputs.fixed.get(COMMON_SHARE, 0.0))
    stream = _stream(seed, COMMON_SHARE)
    points = _spread_evenly(ndtri(stream.random(n)), stream)
    low, mode, high = (inputs.table.loc[COMMON_SHARE, c] for c in ("low", "value", "high"))
    return triangular(points, *map(np.asarray, (low, mode, high)))


def _distributions(names: pd.Index, raw: pd.DataFrame) -> np.ndarray:
    """Return the distribution that each row states; triangular where it states none."""
    if "distribution" not in raw:
        return np.full(len(names), DISTRIBUTIONS[0])
    stated = raw["distribution"].reindex(names).fillna(DISTRIBUTIONS[0])
    if (wrong := ~stated.isin(DISTRIBUTIONS)).any():
        row = stated[wrong].index[0]
        msg = (
            f"{row}: distribution {stated[row]!r} is not known. "
            f"Use one of: {', '.join(DISTRIBUTIONS)}."
        )
        raise DataError(msg)
    return stated.to_numpy()
