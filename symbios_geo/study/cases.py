"""What claims are judged by: a study with its best values, or with draws of all uncertain ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import RegisterError
from ..register.classes import without_nuclear
from ..register.comparing import municipality_code
from ..summary import Summary
from .draws import SEED, Draws, Inputs, draw, find_inputs
from .matched_draws import AIMS, ARRIVES, COUNTY, GAIN, matched_shares
from .sensitivity import centred_ranks
from .store import stored

if TYPE_CHECKING:
    from .chain import Study

DRAWS = 1000  # of a study
DRAWS_EACH = 200  # of a process: fewer are matched sooner than another one has started


class Redrawn:
    """
    What is computed from one set of draws, each once: flows that count, and heat matched again.

    It owns its draws, so that no other draws can be answered from what it keeps.
    """

    def __init__(self, study: Study, draws: Draws, workers: int = 1) -> None:
        self._study, self._draws, self._workers = study, draws, workers
        self._counted: dict[tuple[str, str], pd.DataFrame] = {}

    def counted(self, resource: str, role: str) -> pd.DataFrame:
        """Return the flows that count (see `Register.counted`)."""
        if (resource, role) not in self._counted:
            rows = self._study.register.counted(resource, role)
            self._counted[resource, role] = rows
        return self._counted[resource, role]

    @cached_property
    def inputs(self) -> Inputs:
        """What moves in the draws (see `find_inputs`)."""
        return find_inputs(self._study.register, self._study.assumptions)

    @cached_property
    def moving(self) -> pd.DataFrame:
        """The stated numbers that the draws move: a row per draw, a column per input; read only."""
        table, flows = self.inputs.table, self._study.register.flows.set_index("flow_id")
        outside = flows.index[~flows["inside"].astype(bool)]
        table = table[~table["is_factor"].astype(bool) & ~table.index.isin(outside)]
        # of rows that one method moves together the largest stands for all
        table = table.sort_values("value", ascending=False, kind="stable").drop_duplicates("input")
        both = pd.concat([self._draws.parameters, self._draws.flows], axis=1)
        names = [name for name in both if name in table.index]
        return both[names].loc[:, both[names].std() > 0]

    @cached_property
    def moving_ranks(self) -> np.ndarray:
        """The ranks of what moves (see `centred_ranks`): each claim is compared with them."""
        return centred_ranks(self.moving.to_numpy(float))

    @cached_property
    def pays(self) -> pd.DataFrame:
        """New heat of the plan over property heating (see `matched_shares`)."""
        return self._shares("pays")

    @cached_property
    def reaches(self) -> pd.DataFrame:
        """Heat that pipes could bring over property heating (see `matched_shares`)."""
        return self._shares("reaches")

    def _shares(self, aim: str) -> pd.DataFrame:
        """Return the shares of one aim."""
        mine = self._matched.filter(regex=f"^{aim} ")
        return mine.set_axis(mine.columns.str.removeprefix(f"{aim} "), axis=1)

    @cached_property
    def _matched(self) -> pd.DataFrame:
        """Return the shares of both aims: who asks for one asks for the other."""
        found, register = self._study.candidates["heat"], self._study.register
        draws = self._draws
        workers = max(min(self._workers, len(draws.flows) // DRAWS_EACH), 1)

        def match() -> pd.DataFrame:
            shares = matched_shares(found, register, draws, workers=workers)
            return pd.concat([table.add_prefix(f"{aim} ") for aim, table in shares.items()], axis=1)

        return stored(found, register, draws, " and ".join(AIMS), match)


@dataclass(frozen=True, repr=False)
class Case(Summary):
    """
    What answers read: the study, and one row per draw of every flow and parameter.

    A case of one `municipality` counts its flows only. `workers` share the draws where they take
    long.
    """

    study: Study
    draws: Draws
    municipality: str | None = None
    workers: int = 1
    redrawn: Redrawn = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Start with nothing computed."""
        object.__setattr__(self, "redrawn", Redrawn(self.study, self.draws, self.workers))

    def _facts(self) -> dict[str, object]:
        """Return of what the draws are."""
        study = self.study
        area = study.region.names[self.municipality] if self.municipality else study.region.name
        return {"of": area, "draws": len(self.draws.flows), "for": study.readers}

    def within(self, municipality: str) -> Case:
        """
        Return the case of one municipality, by its code or its name.

        Raises
        ------
        RegisterError
            If there is no such municipality in the study.
        """
        names = self.study.municipalities["name"]
        code = municipality_code(municipality, dict(names))
        if code is None:
            msg = f"The study has no municipality {municipality!r}. It has: {', '.join(names)}."
            raise RegisterError(msg)
        part = replace(self, municipality=code)
        # the same draws: what was computed of them serves every municipality
        object.__setattr__(part, "redrawn", self.redrawn)
        return part

    def of(self, study: Study) -> Case:
        """Return the case of the same study in other words: what was computed of it stays."""
        renamed = replace(self, study=study, workers=study.workers)
        object.__setattr__(renamed, "redrawn", self.redrawn)
        return renamed

    def flows(self, resource: str, role: str) -> pd.DataFrame:
        """Return the flows that count (see `Register.counted`)."""
        rows = self.redrawn.counted(resource, role)
        if self.municipality is None:
            return rows
        return rows[rows["municipality_code"] == self.municipality]

    def total(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the sum of some flows in each draw."""
        return self.draws.flows[list(rows["flow_id"])].sum(axis=1).to_numpy()

    def need(self) -> np.ndarray:
        """Return property heating in each draw, GWh/yr."""
        return self.total(self.flows("heat", "sink"))

    def heat(self, classes: Iterable[str] | None = None) -> np.ndarray:
        """Return waste heat of some classes in each draw, GWh/yr; None: of all but nuclear."""
        rows = self.flows("heat", "source")
        wanted = without_nuclear(rows) if classes is None else rows[rows["class"].isin(classes)]
        return self.total(wanted)

    def parameter(self, parameter_id: str) -> np.ndarray:
        """Return a parameter in each draw."""
        return self.draws.parameters[parameter_id].to_numpy()

    def gained(self) -> np.ndarray:
        """Return what new heat of the plan gains in each draw, MSEK a year; of a county only."""
        if self.municipality is not None:
            return np.full(len(self.draws.flows), np.nan)
        return self.redrawn.pays[GAIN].to_numpy() * self.parameter("sek_per_eur") / 1000

    def new(self) -> np.ndarray:
        """Return the new heat of the plan that arrives in each draw, GWh/yr."""
        return self._of(self.redrawn.pays, f"{ARRIVES}{self.municipality or COUNTY}")

    def covered(self, aim: str) -> np.ndarray:
        """Return the share of property heating that a match of each draw meets."""
        shares = self.redrawn.pays if aim == "pays" else self.redrawn.reaches
        return self._of(shares, self.municipality or COUNTY)

    @staticmethod
    def _of(table: pd.DataFrame, name: str) -> np.ndarray:
        """Return a column, NaN where nobody needs heat: there is no share then."""
        return table[name].to_numpy() if name in table else np.full(len(table), np.nan)


def best_case(study: Study) -> Case:
    """Return the case of best values: a single draw."""
    flows = study.register.flows.set_index("flow_id")["value"].to_frame().T.reset_index(drop=True)
    parameters = pd.DataFrame([dict(study.assumptions)])
    return Case(study, Draws(parameters.astype(float), flows.astype(float)))


def drawn_case(study: Study, *, n: int | None = None, seed: int = SEED, workers: int = 1) -> Case:
    """Return the case of `n` draws, or as many as the study takes, of all that is uncertain."""
    n = study.draws if n is None else n
    draws = draw(study.register, study.assumptions, n=n, seed=seed)
    return Case(study, draws, workers=workers)
