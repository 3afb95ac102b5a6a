"""What claims are judged by: a study with its best values, or with draws of all uncertain ones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ..errors import RegisterError
from .balance import counted_flows
from .chain import Study
from .draws import SEED, Draws, draw
from .rematch import COUNTY, covered_shares


@dataclass(frozen=True)
class Case:
    """
    What answers read: the study, and one row per draw of every flow and parameter.

    A case of one `municipality` counts its flows only. `workers` share the draws where they take
    long.
    """

    study: Study
    draws: Draws
    municipality: str | None = None
    workers: int = 1
    shares: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    counted: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict, repr=False)

    def within(self, municipality: str) -> Case:
        """
        Return the case of one municipality, by its code or its name.

        Raises
        ------
        RegisterError
            If there is no such municipality in the study.
        """
        names = self.study.municipalities["name"]
        codes = {str(name).casefold(): str(code) for code, name in names.items()}
        code = municipality if municipality in names.index else codes.get(municipality.casefold())
        if code is None:
            msg = f"The study has no municipality {municipality!r}. It has: {', '.join(names)}."
            raise RegisterError(msg)
        return replace(self, municipality=code)

    def flows(self, resource: str, role: str) -> pd.DataFrame:
        """Return the flows that count (see `counted_flows`)."""
        key = resource, role
        if key not in self.counted:
            self.counted[key] = counted_flows(self.study.register, resource, role)
        rows = self.counted[key]
        if self.municipality is None:
            return rows
        return rows[rows["municipality_code"] == self.municipality]

    def total(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the sum of some flows in each draw."""
        return self.draws.flows[list(rows["flow_id"])].sum(axis=1).to_numpy()

    def parameter(self, parameter_id: str) -> np.ndarray:
        """Return a parameter in each draw."""
        return self.draws.parameters[parameter_id].to_numpy()

    def covered(self, aim: str) -> np.ndarray:
        """Return the share of property heating that a match of each draw delivers."""
        if aim not in self.shares:
            found, register = self.study.candidates["heat"], self.study.register
            self.shares[aim] = covered_shares(
                found, register, self.draws, aim=aim, workers=self.workers
            )
        return self.shares[aim][self.municipality or COUNTY].to_numpy()


def best_case(study: Study) -> Case:
    """Return the case of best values: a single draw."""
    flows = study.register.flows.set_index("flow_id")["value"].to_frame().T.reset_index(drop=True)
    parameters = pd.DataFrame([dict(study.assumptions)])
    return Case(study, Draws(parameters.astype(float), flows.astype(float)))


def drawn_case(study: Study, *, n: int = 1000, seed: int = SEED, workers: int = 1) -> Case:
    """Return the case of `n` draws of everything that is uncertain (see `draw`)."""
    draws = draw(study.register, study.assumptions, n=n, seed=seed)
    return Case(study, draws, workers=workers)
