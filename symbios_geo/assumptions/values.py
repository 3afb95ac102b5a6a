"""The assumptions of a study: a number per id, each with its range, its unit and its source."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from ..errors import ParameterError, SymbiosError
from ..labels import mistake
from ..model import BOUNDS
from ..spelling import nearest
from ..summary import Summary, listed
from ..tables import once_per_folder, read_table
from .checks import check_parameters, limits_of
from .derivations import evaluate, evaluate_bounds, read_formulas

Change: TypeAlias = float | Sequence[float]
Given: TypeAlias = "Assumptions | Mapping[str, Change] | pd.DataFrame | None"


class RangeWarning(UserWarning):
    """An assumption was set outside its range, which was widened."""


class Assumptions(Summary, Mapping[str, float]):
    """
    The best value of every assumption by its id, in the unit that its table states.

    It cannot be changed; `replace` gives another one. What is derived from other values follows
    them. `table` has value, low, high, unit, source_id and note by parameter_id.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> dear = sg.load_assumptions().replace({"detour_factor": 1.4})
    >>> dear["detour_factor"]
    1.4
    """

    def __init__(self, stated: pd.DataFrame) -> None:
        check_parameters(stated)
        self._stated = stated
        self._table = _filled(stated)
        values = self._table["value"].astype(float)
        self._values = MappingProxyType(dict(zip(self._table.index, values, strict=True)))

    @property
    def table(self) -> pd.DataFrame:
        """Every assumption with value, low, high, unit and source, by parameter_id."""
        return self._table.copy()

    @property
    def stated(self) -> pd.DataFrame:
        """The same without what is derived: such values are blank."""
        return self._stated.copy()

    def __getitem__(self, parameter_id: str) -> float:
        """Return the best value of one assumption."""
        try:
            return self._values[parameter_id]
        except KeyError:
            raise _unknown(parameter_id, self._values) from None

    def __contains__(self, parameter_id: object) -> bool:
        """Say whether there is an assumption of that id."""
        return parameter_id in self._values

    def __iter__(self) -> Iterator[str]:
        """Run through the ids."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return how many assumptions there are."""
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        """Say whether every stated number is the same."""
        return isinstance(other, Assumptions) and self._stated.equals(other._stated)

    def __hash__(self) -> int:
        """Return a number that equal assumptions share."""
        return hash(tuple(self._values.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let another process make the same ones."""
        return Assumptions, (self._stated,)

    def __repr__(self) -> str:
        """Return how many there are and which differ from the bundled ones."""
        bundled = load_assumptions()
        changed = [f"{k}={v:g}" for k, v in self.items() if k in bundled and bundled[k] != v]
        said = ", ".join(changed[:8]) + (", ..." if len(changed) > 8 else "")
        return f"Assumptions({len(self)} values; changed: {said or 'none'})"

    def _facts(self) -> dict[str, object]:
        """Return how many there are, what they are of, and which were changed."""
        bundled = load_assumptions()
        changed = [f"{k} = {v:g}" for k, v in self.items() if k in bundled and bundled[k] != v]
        derived = self._stated["value"].isna() & self._table["value"].notna()
        return {
            "values": f"{len(self)}, of which {int(derived.sum())} follow from others",
            "changed": listed(changed),
            "with a range": int((self._table["low"] < self._table["high"]).sum()),
            "to look one up": "assumptions.table, a DataFrame by parameter_id",
        }

    def replace(self, changes: Mapping[str, Change]) -> Assumptions:
        """
        Return assumptions with some values changed.

        Parameters
        ----------
        changes
            By id: a value in the unit of its row, or (value, low, high). A value outside its range
            widens the range, and a `RangeWarning` says so.

        Raises
        ------
        ParameterError
            If an id is not known, or a value is no number or cannot be in its unit.
        """
        stated, widened = self._stated.copy(), []
        for name, change in changes.items():
            if name not in self._values:
                raise _unknown(name, self._values)
            value, low, high = _numbers(name, change, str(stated.loc[name, "unit"]))
            known = self._table.loc[name]
            low = min(value, known["low"]) if low is None else low
            high = max(value, known["high"]) if high is None else high
            if not isinstance(change, Sequence) and not known["low"] <= value <= known["high"]:
                moves = known["low"] < known["high"]
                # what has no range is simply set; what has one says that it grew
                widened += [f"{name}: {known['low']:g}-{known['high']:g}"] if moves else []
                low, high = (low, high) if moves else (value, value)
            stated.loc[name, BOUNDS] = [value, low, high]
        if widened:
            msg = f"Set outside its range, which is widened: {'; '.join(widened)}."
            warnings.warn(msg, RangeWarning, stacklevel=2)
        return Assumptions(stated)


class RowAssumptions(Mapping[str, Any]):
    """
    Assumptions for rows of many draws: one number where all draws agree, else one per row.

    Parameters
    ----------
    by_draw
        Values by parameter_id, a row per draw.
    draw
        The draw that each row belongs to, as a position.
    """

    def __init__(self, by_draw: pd.DataFrame, draw: np.ndarray) -> None:
        columns = np.ascontiguousarray(by_draw.to_numpy(float).T)
        same = (columns == columns[:, :1]).all(axis=1)
        self._values = {
            str(name): float(column[0]) if agree else column
            for name, column, agree in zip(by_draw, columns, same, strict=True)
        }
        self._draw = draw

    def __getitem__(self, parameter_id: str) -> Any:
        """Return one number, or an array with one per row."""
        value = self._values[parameter_id]
        return value if isinstance(value, float) else value[self._draw]

    def __iter__(self) -> Iterator[str]:
        """Run through the ids."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return how many assumptions there are."""
        return len(self._values)

    def of_rows(self, rows: np.ndarray) -> RowAssumptions:
        """Return the assumptions of some of the rows."""
        part = copy(self)
        part._draw = self._draw[rows]
        return part

    def of_draws(self, make: Callable[[Mapping[str, Any]], Any], *, axes: int = 0) -> Any:
        """Return what assumptions alone decide: made once per draw, told in each of its rows."""
        drawn = [value for value in self._values.values() if not isinstance(value, float)]
        each = copy(self)
        each._draw = np.arange(len(drawn[0]) if drawn else 1)
        made = np.asarray(make(each))
        return made[self._draw] if made.ndim > axes else made


def of_rows(assumptions: Mapping[str, Any], rows: np.ndarray) -> Mapping[str, Any]:
    """Return the assumptions of some rows: the same ones, unless each row has its own."""
    return assumptions.of_rows(rows) if isinstance(assumptions, RowAssumptions) else assumptions


def of_draws(
    make: Callable[[Mapping[str, Any]], Any], assumptions: Mapping[str, Any], *, axes: int = 0
) -> Any:
    """Return what `make` says of assumptions: a value of so many `axes`, or one for each row."""
    if isinstance(assumptions, RowAssumptions):
        return assumptions.of_draws(make, axes=axes)
    return make(assumptions)


def load_assumptions() -> Assumptions:
    """
    Load the bundled assumptions, those derived from others included.

    Examples
    --------
    >>> assumptions = load_assumptions()
    >>> assumptions["detour_factor"] > 1
    True
    """
    return _bundled()


def load_parameters() -> pd.DataFrame:
    """
    Load every assumption: value, low, high, unit and source_id, indexed by parameter_id.

    Examples
    --------
    >>> load_parameters().loc["discount_rate", "unit"]
    'share/yr'
    """
    return load_assumptions().table


def as_assumptions(given: Given) -> Assumptions:
    """
    Return assumptions from what a caller gave: changes by id are laid on the bundled ones.

    A table is one of `load_parameters` with some rows changed: only those count as set by hand.

    Raises
    ------
    ParameterError
        If it is neither assumptions nor a mapping, or a change cannot be.
    """
    if given is None:
        return load_assumptions()
    if isinstance(given, Assumptions):
        return given
    if isinstance(given, Mapping):
        return load_assumptions().replace(given)
    if isinstance(given, pd.DataFrame):
        return _from_table(given)
    msg = (
        f"assumptions = {type(given).__name__} cannot be used. Give changes as {{id: value}}, "
        "`load_assumptions().replace({...})`, or the table of `load_parameters()` with changes."
    )
    raise ParameterError(msg)


def assumed(given: Mapping[str, float] | None) -> Mapping[str, float]:
    """Return the values given, or the bundled ones for None."""
    return load_assumptions() if given is None else given


def census() -> pd.DataFrame:
    """Return inhabitants as formulas name them: `population_1380` ... and `population_county`."""
    towns = read_table("municipalities").assign(unit="persons")
    named = towns.set_index("population_" + towns["municipality_code"])
    people = named[["unit", "source_id", "confidence"]].assign(value=named["population"] * 1.0)
    people.loc["population_county"] = people.iloc[0]
    people.loc["population_county", "value"] = towns["population"].sum()
    return people


def stated_quantities(flows: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """Return every stated number that formulas may read: value, low, high by name."""
    named = pd.concat([stated, flows.set_index("flow_id"), census()])
    numbers = named[BOUNDS].astype(float)
    return numbers.dropna(how="all")


def derive(
    flows: pd.DataFrame, stated: pd.DataFrame
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Return best, least and greatest value of every formula's result that nobody stated."""
    known = stated_quantities(flows, stated)
    fixed = known["value"].dropna()
    every = read_formulas(read_table("derivations"))
    formulas = {name: terms for name, terms in every.items() if name not in fixed}
    # a result whose range is stated keeps it; every other name spans its own low to high
    bounds = known.assign(low=known["low"].fillna(fixed), high=known["high"].fillna(fixed))
    low, high = (bounds[side].dropna().to_dict() for side in ("low", "high"))
    return (evaluate(formulas, fixed.to_dict()), *evaluate_bounds(formulas, low, high))


def _from_table(table: pd.DataFrame) -> Assumptions:
    """Return assumptions from a changed copy of the bundled table."""
    bundled = load_assumptions()
    if missing := [name for name in bundled if name not in table.index]:
        msg = f"Mend these parameters: {', '.join(f'{name} is missing' for name in missing)}."
        raise ParameterError(msg)
    if unknown := [str(name) for name in table.index if name not in bundled]:
        raise _unknown(unknown[0], bundled)
    numbers = table.loc[list(bundled), BOUNDS].astype(float)
    usual = bundled.table[BOUNDS].astype(float)
    changed = ~((numbers == usual) | (numbers.isna() & usual.isna())).all(axis=1)
    # a value set beyond its range stretches the range; a range that is turned round stays a fault
    set_alone = changed & (numbers[["low", "high"]] == usual[["low", "high"]]).all(axis=1)
    for side, clip in (("low", "upper"), ("high", "lower")):
        stretched = numbers[side].clip(**{clip: numbers["value"]})
        numbers[side] = numbers[side].where(~set_alone, stretched)
    stated = bundled.stated
    stated.loc[changed, BOUNDS] = numbers[changed]
    return Assumptions(stated)


@once_per_folder
def _bundled() -> Assumptions:
    """Read the assumptions of a data folder once per process."""
    return Assumptions(read_table("parameters").set_index("parameter_id"))


def _filled(stated: pd.DataFrame) -> pd.DataFrame:
    """Return the table with every blank value and range computed from its formula."""
    values, low, high = derive(read_table("flows"), stated)
    filled = stated.copy()
    for column, source in zip(("low", "value", "high"), (low, values, high), strict=True):
        blank = filled.index[filled[column].isna() & filled.index.isin(list(values))]
        filled.loc[blank, column] = [source[name] for name in blank]
    filled["low"] = filled["low"].clip(upper=filled["value"])
    filled["high"] = filled["high"].clip(lower=filled["value"])
    return filled


def _numbers(name: str, change: Any, unit: str) -> tuple[float, float | None, float | None]:
    """Return value, low and high of one change."""
    parts = [change] if isinstance(change, str) or not isinstance(change, Sequence) else [*change]
    good = len(parts) in (1, 3) and all(_is_number(part) for part in parts)
    if not good:
        raise mistake(ParameterError, "error:no_number", name=name, given=repr(change), unit=unit)
    value, *ends = map(float, parts)
    least, most = limits_of(name, unit)
    if not least <= value <= most:
        limits = {"least": f"{least:g}", "most": f"{most:g}"}
        raise mistake(
            ParameterError, "error:not_physical", name=name, given=f"{value:g}", unit=unit, **limits
        )
    if ends and not ends[0] <= value <= ends[1]:
        raise mistake(ParameterError, "error:turned_range", name=name, given=repr(change))
    return (value, ends[0], ends[1]) if ends else (value, None, None)


def _is_number(given: Any) -> bool:
    """Say whether something is a finite number and no truth value or text."""
    if isinstance(given, (bool, str)) or given is None:
        return False
    try:
        return math.isfinite(float(given))
    except (TypeError, ValueError):
        return False


def _unknown(parameter_id: object, known: Mapping[str, float]) -> SymbiosError:
    """Return the error that an id is not known, with the nearest ones."""
    near = nearest(parameter_id, known)
    given = repr(parameter_id)
    if not near:
        return mistake(ParameterError, "error:no_assumption", given=given)
    return mistake(ParameterError, "error:near_assumption", given=given, near=", ".join(near))
