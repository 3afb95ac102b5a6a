"""How far answers move when every input moves within its stated range: draws and sensitivity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .candidates import Candidates, find_candidates
from .data import read_table
from .derivations import evaluate, read_formulas
from .matching import solve
from .model import Register
from .register import stated_quantities

SEED = 20261123
COUNTED = ("heat", "co2", "methane_substrate", "manure", "food_waste", "biogas")
# rows of one method move together: a wrong method is wrong everywhere
SHARED_METHODS = (
    "property_heating", "treated_wastewater", "refrigeration_condenser", "moist_air",
    "manure_methane_potential", "manure_total", "straw_methane_potential", "ley_methane_potential",
    "food_waste_methane_potential", "food_waste_collectable", "sewage_sludge_methane_potential",
)  # fmt: skip


@dataclass(frozen=True)
class Inputs:
    """
    The uncertain inputs: `table` has a row per number that moves, `names` the independent inputs.

    Columns of `table`, indexed by the name of the number: low, value, high, distribution, `input`
    (its position in `names`) and `is_factor` (it multiplies a derived value).
    """

    table: pd.DataFrame
    names: list[str]
    fixed: dict[str, float]
    flow_ids: list[str]


@dataclass(frozen=True)
class Draws:
    """Drawn parameters and flow values: one row per draw, one column per id."""

    parameters: pd.DataFrame
    flows: pd.DataFrame


def find_inputs(register: Register, parameters: pd.DataFrame) -> Inputs:
    """
    Collect every number with a range, and which of them move together.

    A formula's result with a range of its own (a judgement on top of its inputs) moves by a
    factor. Rows of one method in many places share one input, as do all rows that read one
    parameter.
    """
    formulas = read_formulas(read_table("derivations"))
    keys = {"parameters": "parameter_id", "flows": "flow_id"}
    raw = pd.concat([read_table(table).set_index(key) for table, key in keys.items()])
    stated = stated_quantities(register.flows, parameters)
    derived = stated.index.isin(list(formulas))
    own_range = raw["low"].notna() & raw["value"].isna()
    factors = stated[derived & stated.index.isin(own_range.index[own_range])]
    factors = factors.div(factors["value"], axis=0).assign(is_factor=True)
    table = pd.concat([stated[~derived].assign(is_factor=False), factors])
    moves = (table["low"] < table["high"]) & table["value"].notna()
    table = table[moves].assign(distribution=lambda t: _distributions(t.index, raw))
    shared = _shared_inputs(register)
    groups = pd.Series(table.index, index=table.index)
    groups = groups.where(~table.index.isin(shared.index), table.index.map(shared))
    codes, names = pd.factorize(groups)
    fixed = stated.loc[~derived, "value"].dropna().astype(float).to_dict()
    return Inputs(table.assign(input=codes), list(names), fixed, list(register.flows["flow_id"]))


def draw(
    register: Register, parameters: pd.DataFrame, *, n: int = 1000, seed: int = SEED
) -> Draws:
    """
    Draw every stated number within its range and derive the rest again in each draw.

    Triangular from low over value to high unless the row says otherwise; derived rows follow the
    parameters they are made from, so that one factor moves every row that reads it.

    Parameters
    ----------
    register, parameters
        As `load_register` and `load_parameters` give them.
    n
        Number of draws.
    seed
        Of the random numbers: the same seed gives the same draws.
    """
    inputs = find_inputs(register, parameters)
    uniform = np.random.default_rng(seed).random((n, len(inputs.names)))
    return evaluate_at(inputs, uniform)


def evaluate_at(inputs: Inputs, uniform: np.ndarray) -> Draws:
    """Return the draws that belong to points of the unit cube, one column per independent input."""
    table = inputs.table
    low, mode, high = (table[c].to_numpy(float) for c in ("low", "value", "high"))
    points = uniform[:, table["input"].to_numpy()]
    flat = table["distribution"].to_numpy() == "uniform"
    drawn = np.where(flat, low + points * (high - low), triangular(points, low, mode, high))
    columns = {name: drawn[:, k] for k, name in enumerate(table.index)}
    factors = {name: columns.pop(name) for name in table.index[table["is_factor"].to_numpy(bool)]}
    formulas = read_formulas(read_table("derivations"))
    known = {**inputs.fixed, **columns}
    derived = evaluate(formulas, known, factors=factors)
    every = {**known, **{name: np.maximum(value, 0) for name, value in derived.items()}}
    rows = range(len(uniform))
    flows = pd.DataFrame({f: every[f] for f in inputs.flow_ids if f in every}, index=rows)
    ids = [name for name in every if name not in set(flows.columns)]
    return Draws(pd.DataFrame({name: every[name] for name in ids}, index=rows), flows)


def triangular(
    uniform: np.ndarray, low: np.ndarray, mode: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Return the triangular quantile of each uniform number (inverse of the distribution)."""
    width = np.where(high > low, high - low, 1.0)
    split = (mode - low) / width
    rising = low + np.sqrt(np.maximum(uniform * width * (mode - low), 0))
    falling = high - np.sqrt(np.maximum((1 - uniform) * width * (high - mode), 0))
    return np.where(high > low, np.where(uniform < split, rising, falling), mode)


def spread(values: pd.Series) -> dict[str, float]:
    """Return the 5th, 50th and 95th percentile of the draws of one answer."""
    return {f"p{q}": float(values.quantile(q / 100)) for q in (5, 50, 95)}


def rank_inputs(
    inputs: Inputs, answer: object, *, trajectories: int = 20, seed: int = SEED
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
    """
    from SALib.analyze import morris as analyse
    from SALib.sample import morris as sample

    problem = {
        "num_vars": len(inputs.names),
        "names": inputs.names,
        "bounds": [[0.0, 1.0]] * len(inputs.names),
    }
    points = sample.sample(problem, trajectories, num_levels=4, seed=seed)
    # the corners of a triangle are improbable: stay within its 5th to 95th percentile
    values = answer(evaluate_at(inputs, 0.05 + 0.9 * points))  # type: ignore[operator]
    effects = analyse.analyze(problem, points, np.asarray(values, dtype=float), num_levels=4, seed=seed)
    table = pd.DataFrame(
        {"effect": effects["mu_star"], "interaction": effects["sigma"]}, index=inputs.names
    )
    return table.astype(float).sort_values("effect", ascending=False)


def tornado(inputs: Inputs, answer: object, *, top: int = 10) -> pd.DataFrame:
    """
    Return how far each input alone moves an answer, from its 5th to its 95th percentile.

    Indexed by input: low, high (the answer at the two ends) and value (all at their medians),
    widest first.
    """
    k = len(inputs.names)
    points = np.full((2 * k + 1, k), 0.5)
    points[np.arange(k), np.arange(k)] = 0.05
    points[k + np.arange(k), np.arange(k)] = 0.95
    values = np.asarray(answer(evaluate_at(inputs, points)), dtype=float)  # type: ignore[operator]
    table = pd.DataFrame(
        {
            "low": np.minimum(values[:k], values[k : 2 * k]),
            "high": np.maximum(values[:k], values[k : 2 * k]),
            "value": values[-1],
        },
        index=inputs.names,
    )
    order = (table["high"] - table["low"]).sort_values(ascending=False).index
    return table.loc[order].head(top)


def _shared_inputs(register: Register) -> pd.Series:
    """Return the name of the shared input by flow_id, for rows made by one method."""
    flows = register.flows
    same = flows[flows["stream"].isin(SHARED_METHODS) & flows["resource"].isin(COUNTED)]
    return pd.Series("method:" + same["stream"].to_numpy(), index=same["flow_id"].to_numpy())


def _distributions(names: pd.Index, raw: pd.DataFrame) -> np.ndarray:
    """Return the distribution that each row states; triangular where it states none."""
    stated = raw.get("distribution")
    if stated is None:
        return np.full(len(names), "triangular")
    return stated.reindex(names).fillna("triangular").to_numpy()


def match_shares(
    register: Register,
    parameters: pd.DataFrame,
    draws: Draws,
    *,
    objective: str = "value",
) -> np.ndarray:
    """
    Match heat again in every draw and return the delivered share of property heating.

    Supply, demand and prices are those of the draw; which places lie within reach, and at which
    temperatures, is the same in all.
    """
    found = find_candidates(register, "heat", parameters=parameters)
    supply, demand = _drawn_ends(register, found, draws)
    shares = np.empty(len(draws.flows))
    for k in range(len(shares)):
        links = found.links if objective == "coverage" else _priced(found, draws, supply, demand, k)
        answer = solve(links, supply.iloc[k], demand.iloc[k], objective=objective)
        shares[k] = 1 - answer.unmet.sum() / demand.iloc[k].sum()
    return shares


def _priced(
    found: Candidates, draws: Draws, supply: pd.DataFrame, demand: pd.DataFrame, k: int
) -> pd.DataFrame:
    """Price the links of one draw."""
    pairs = found.pairs.assign(
        supply=found.pairs["source"].map(supply.iloc[k]),
        demand=found.pairs["sink"].map(demand.iloc[k]),
    )
    return found.resource.price_links(pairs, draws.parameters.iloc[k])


def _drawn_ends(
    register: Register, found: Candidates, draws: Draws
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return supply by source and demand by sink in every draw."""
    inside = found.sources["value"] - found.supply
    supply = (draws.flows[list(found.supply.index)] - inside).clip(lower=0)
    heating = register.flows[register.flows["stream"] == "property_heating"].set_index("site_id")
    place = found.sinks["locality_id"]
    drawn = draws.flows[list(heating.loc[place, "flow_id"])].to_numpy()
    ratio = drawn / heating.loc[place, "value"].to_numpy()
    demand = pd.DataFrame(ratio * found.demand.to_numpy(), columns=found.demand.index)
    return supply, demand
