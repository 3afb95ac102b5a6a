"""Linear and integer programmes of named variables and rows: the best answer and its proof."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, wait
from datetime import timedelta
from threading import Thread
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array, csr_matrix, find, hstack, vstack

from .errors import MatchError

PRECISION = 1e-6  # relative: by how much a linear answer may miss its bound


class Optimum(NamedTuple):
    """The best x, the price of every row (NaN in integer programmes), and the proven bound."""

    x: np.ndarray
    row_price: np.ndarray
    value: float
    bound: float


class Answer:
    """The best answer of a `Programme`: `answer["capacity"]` are the values of those variables."""

    def __init__(
        self, best: Optimum, variables: Mapping[str, slice], rows: Mapping[str, slice]
    ) -> None:
        self._best, self._variables, self._rows = best, variables, rows

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the values of one block of variables."""
        return self._best.x[self._variables[name]]

    def price(self, rows: str) -> np.ndarray:
        """Return what one more unit on the right of each row would bring; NaN if integer."""
        return self._best.row_price[self._rows[rows]]

    @property
    def certificate(self) -> dict[str, Any]:
        """The value reached, the proven bound on it, and their relative difference."""
        value, bound = self._best.value, self._best.bound
        gap = abs(bound - value) / max(abs(value), 1e-300)
        return {"objective": "value", "primal": value, "dual": bound, "gap": gap}


class Programme:
    """
    A programme that is built block by block, each variable and row known by the name of its block.

    Examples
    --------
    >>> programme = Programme()
    >>> programme.add_variables("made", 2, profit=np.array([3.0, 1.0]), upper=np.array([5.0, 5.0]))
    >>> programme.add_rows("hours", {"made": np.array([[1.0, 1.0]])}, high=np.array([7.0]))
    >>> programme.solve()["made"].round(6).tolist()
    [5.0, 2.0]
    """

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._profit: list[np.ndarray] = []
        self._upper: list[np.ndarray] = []
        self._whole: list[np.ndarray] = []
        self._is_integer = False
        self._rows: dict[str, tuple[Mapping[str, Any], np.ndarray, np.ndarray]] = {}

    def add_variables(
        self,
        name: str,
        count: int,
        *,
        profit: np.ndarray | float = 0.0,
        upper: np.ndarray | float = np.inf,
        whole: bool = False,
    ) -> None:
        """Add `count` variables of 0 or more, with what each unit of them brings."""
        self._sizes[name] = count
        self._profit.append(np.broadcast_to(np.asarray(profit, float), count))
        self._upper.append(np.broadcast_to(np.asarray(upper, float), count))
        self._whole.append(np.full(count, whole))
        self._is_integer |= whole

    def add_rows(
        self,
        name: str,
        terms: Mapping[str, Any],
        *,
        low: np.ndarray | float = -np.inf,
        high: np.ndarray | float = np.inf,
    ) -> None:
        """Add rows low <= sum of (matrix x variables) <= high, one matrix per variable block."""
        count = next(iter(terms.values())).shape[0]
        limits = [np.broadcast_to(np.asarray(side, float), count) for side in (low, high)]
        self._rows[name] = (terms, limits[0], limits[1])

    def solve(self, *, gap: float = 1e-3, seconds: float = 120.0) -> Answer:
        """
        Return the best answer, exact when no variable is whole, else to the relative gap.

        Raises
        ------
        MatchError
            If there is no answer, or none within the solver's precision.
        """
        matrix = vstack([self._joined(terms) for terms, *_ in self._rows.values()], format="csr")
        best = maximise(
            np.concatenate(self._profit),
            matrix,
            np.concatenate([low for _, low, _ in self._rows.values()]),
            np.concatenate([high for *_, high in self._rows.values()]),
            upper=np.concatenate(self._upper),
            whole=np.concatenate(self._whole) if self._is_integer else None,
            gap=gap,
            seconds=seconds,
        )
        heights = {name: len(low) for name, (_, low, _) in self._rows.items()}
        return Answer(best, _slices(self._sizes), _slices(heights))

    def _joined(self, terms: Mapping[str, Any]) -> csr_array:
        """Return the matrix of one block of rows over all variables."""
        height = next(iter(terms.values())).shape[0]
        parts = [
            csr_array(terms[name]) if name in terms else csr_array((height, size))
            for name, size in self._sizes.items()
        ]
        return hstack(parts, format="csr")


def _slices(sizes: Mapping[str, int]) -> dict[str, slice]:
    """Return where each block lies when all stand one after the other."""
    ends = np.cumsum(list(sizes.values()))
    return {
        name: slice(int(end) - size, int(end))
        for (name, size), end in zip(sizes.items(), ends, strict=True)
    }


def maximise(
    profit: np.ndarray,
    matrix: csr_array | csr_matrix,
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
    matrix: csr_array | csr_matrix,
    row_low: np.ndarray,
    row_high: np.ndarray,
    upper: np.ndarray,
) -> Optimum:
    """Solve a linear programme with GLOP."""
    from ortools.linear_solver.python import model_builder_helper

    model = model_builder_helper.ModelBuilderHelper()
    none = np.zeros(len(profit))
    cost = -np.asarray(profit, dtype=float)
    # the only kind that the solver reads; a copy of a small one takes as long as its answer
    rows = matrix if isinstance(matrix, csr_matrix) else csr_matrix(matrix)
    model.fill_model_from_sparse_data(none, upper, cost, row_low, row_high, rows)
    solver = model_builder_helper.ModelSolverHelper("glop")
    solver.solve(model)
    _check_answered(str(solver.status()), "OPTIMAL")
    x = np.maximum(np.asarray(solver.variable_values()), 0)
    price = -np.asarray(solver.dual_values())
    bound = dual_bound(np.asarray(profit, float), rows, (row_low, row_high), upper, price)
    value = float(profit @ x)
    if not value <= bound + PRECISION * max(1.0, abs(value)):
        # the answer breaks a limit by more than rounding: its numbers span too many powers of ten
        msg = (
            f"The programme has no proven answer: {value:g} is above its bound {bound:g}. "
            "Amounts and costs span too many powers of ten; state them in larger units."
        )
        raise MatchError(msg)
    return Optimum(x, price, value, bound)


def dual_bound(
    profit: np.ndarray,
    matrix: csr_array,
    limits: tuple[np.ndarray, np.ndarray],
    upper: np.ndarray,
    price: np.ndarray,
) -> float:
    """
    Return the bound that row prices prove, whatever the solver says of its own answer.

    A price on a side that has no limit, or a gain left on an x without limit, proves nothing
    beyond the solver's tolerance: such leftovers count as zero only while they are that small.
    """
    low, high = limits
    limit = np.where(price > 0, high, low)
    small = 1e-7 * max(1.0, float(np.abs(profit).max(initial=0.0)))
    usable = np.where(np.isinf(limit) & (np.abs(price) <= small), 0.0, price)
    rows = float(np.sum(np.where(usable == 0, 0.0, usable * np.where(usable == 0, 0.0, limit))))
    # the transposed product, without a transposed copy of the matrix
    each = np.repeat(usable, np.diff(matrix.indptr)) * matrix.data
    left = profit - np.bincount(matrix.indices, each, len(profit))
    left = np.where(np.isinf(upper) & (left <= small), 0.0, np.maximum(left, 0.0))
    return rows + float(np.sum(np.where(left == 0, 0.0, left * np.where(left == 0, 0.0, upper))))


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
    answer = _interruptible(model, limits)
    _check_answered(answer.termination.reason.name, "OPTIMAL", "FEASIBLE")
    values = answer.variable_values()
    x = np.array([values[variable] for variable in model.variables()])
    x = np.where(whole, np.round(x), np.maximum(x, 0))
    value = float(profit @ x)
    bound = max(answer.termination.objective_bounds.dual_bound, value)
    return Optimum(x, np.full(len(row_low), np.nan), value, bound)


def _interruptible(model: Any, limits: Any) -> Any:
    """
    Solve in a thread while this one waits: inside the solver Ctrl-C goes unheard.

    HiGHS cannot be told to stop, so its thread runs to its time limit, or until the program ends.
    """
    from ortools.math_opt.python import mathopt

    solved: Future[Any] = Future()

    def solve() -> None:
        try:
            answer = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limits)
            solved.set_result(answer)
        except BaseException as error:
            solved.set_exception(error)

    Thread(target=solve, daemon=True).start()
    while not wait([solved], timeout=0.2).done:
        pass  # a wait without end would hear no Ctrl-C on Windows
    return solved.result()


def _check_answered(status: str, *good: str) -> None:
    """Refuse a programme without an answer."""
    if status.rsplit(".", maxsplit=1)[-1] not in good:
        msg = f"The programme has no proven answer ({status}). Check costs and capacities."
        raise MatchError(msg)
