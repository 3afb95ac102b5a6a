"""Linear and integer programmes on arrays: the best x, the price of every row, and the bound."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, csr_matrix, find

from ..errors import MatchError


class Optimum(NamedTuple):
    """The best x, the price of every row (NaN in integer programmes), and the proven bound."""

    x: np.ndarray
    row_price: np.ndarray
    value: float
    bound: float


def maximise(
    profit: np.ndarray,
    matrix: csr_array,
    row_low: np.ndarray,
    row_high: np.ndarray,
    *,
    upper: np.ndarray | None = None,
    whole: np.ndarray | None = None,
    gap: float = 1e-3,
    seconds: float = 120.0,
) -> Optimum:
    """
    Return the best non-negative x with row_low <= matrix x <= row_high.

    Parameters
    ----------
    upper
        Greatest value of each x; None is no limit.
    whole
        Which x must be whole numbers; None: none, and GLOP solves it. Otherwise HiGHS does.
    gap
        Relative gap at which an integer answer is good enough.
    seconds
        Time limit of an integer programme; its best answer and bound are returned then.

    Raises
    ------
    MatchError
        If there is no answer, or none within the solver's precision.
    """
    most = np.full(len(profit), np.inf) if upper is None else upper
    if whole is None:
        return _linear(profit, matrix, row_low, row_high, most)
    return _integer(profit, matrix, row_low, row_high, most, whole, gap=gap, seconds=seconds)


def _linear(
    profit: np.ndarray,
    matrix: csr_array,
    row_low: np.ndarray,
    row_high: np.ndarray,
    upper: np.ndarray,
) -> Optimum:
    """Solve a linear programme with GLOP."""
    from ortools.linear_solver.python import model_builder_helper

    model = model_builder_helper.ModelBuilderHelper()
    none = np.zeros(len(profit))
    cost = -np.asarray(profit, dtype=float)
    model.fill_model_from_sparse_data(none, upper, cost, row_low, row_high, csr_matrix(matrix))
    solver = model_builder_helper.ModelSolverHelper("glop")
    solver.solve(model)
    _check_answered(str(solver.status()), "OPTIMAL")
    x = np.maximum(np.asarray(solver.variable_values()), 0)
    value = float(profit @ x)
    return Optimum(x, -np.asarray(solver.dual_values()), value, value)


def _integer(
    profit: np.ndarray,
    matrix: csr_array,
    row_low: np.ndarray,
    row_high: np.ndarray,
    upper: np.ndarray,
    whole: np.ndarray,
    *,
    gap: float,
    seconds: float,
) -> Optimum:
    """Solve an integer programme with HiGHS through MathOpt."""
    from ortools.math_opt import model_pb2
    from ortools.math_opt.python import mathopt

    rows, columns, entries = find(csr_array(matrix))
    order = np.lexsort((columns, rows))
    names = range(len(profit))
    programme = model_pb2.ModelProto()
    programme.variables.ids.extend(names)
    programme.variables.lower_bounds.extend([0.0] * len(profit))
    programme.variables.upper_bounds.extend(upper.tolist())
    programme.variables.integers.extend(whole.tolist())
    programme.objective.maximize = True
    programme.objective.linear_coefficients.ids.extend(names)
    programme.objective.linear_coefficients.values.extend(np.asarray(profit, float).tolist())
    programme.linear_constraints.ids.extend(range(len(row_low)))
    programme.linear_constraints.lower_bounds.extend(row_low.tolist())
    programme.linear_constraints.upper_bounds.extend(row_high.tolist())
    programme.linear_constraint_matrix.row_ids.extend(rows[order].tolist())
    programme.linear_constraint_matrix.column_ids.extend(columns[order].tolist())
    programme.linear_constraint_matrix.coefficients.extend(entries[order].tolist())
    model = mathopt.Model.from_model_proto(programme)
    limits = mathopt.SolveParameters(
        relative_gap_tolerance=gap, time_limit=timedelta(seconds=seconds)
    )
    answer = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limits)
    _check_answered(answer.termination.reason.name, "OPTIMAL", "FEASIBLE")
    values = answer.variable_values()
    x = np.array([values[variable] for variable in model.variables()])
    x = np.where(whole, np.round(x), np.maximum(x, 0))
    value = float(profit @ x)
    bound = max(answer.termination.objective_bounds.dual_bound, value)
    return Optimum(x, np.full(len(row_low), np.nan), value, bound)


def _check_answered(status: str, *good: str) -> None:
    """Refuse a programme without an answer."""
    if status.rsplit(".", maxsplit=1)[-1] not in good:
        msg = f"The programme has no proven answer ({status}). Check costs and capacities."
        raise MatchError(msg)
