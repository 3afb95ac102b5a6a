"""What every part of a run is given, and what the files are called that pages name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ..disclosure import INTERNAL
from ..model import Match
from ..study.chain import Study
from ..study.outlook import Outlook
from .story import Story

# the place is for the name of the region
BOOK, PACKAGE, ARCHIVE = "symbios-{}.xlsx", "symbios-{}.gpkg", "symbios-{}.parquet"
DECK = "symbios-{}.pptx"


@dataclass(frozen=True)
class Job:
    """
    What every part is given.

    `study` holds only rows that its readers may see; `municipal` holds the claims on heat by
    municipality; `workers` are the processes that a part may share its work between; `template` and
    `slides_template` give report and slides their look; `outlook` is what would change the answer.
    """

    study: Study
    verdicts: pd.DataFrame
    folder: Path
    lang: str
    municipal: pd.DataFrame | None = None
    workers: int = 1
    template: Path | None = None
    slides_template: Path | None = None
    outlook: Outlook | None = None

    @property
    def internal(self) -> bool:
        """Say whether the outputs must be marked INTERN."""
        return self.study.readers == INTERNAL

    @cached_property
    def story(self) -> Story:
        """The figures and sentences that slides and report share."""
        return Story(self.study, self.verdicts, self.lang)

    @property
    def monthly(self) -> Match:
        """The heat match month by month, with pipes that are built or not."""
        return self.study.rung("plan")

    @cached_property
    def tornados(self) -> dict[str, pd.DataFrame]:
        """How far each input alone moves an answer, by resource."""
        from .figure_data import SENSITIVE, sensitivity

        return {key: sensitivity(self, key) for key in SENSITIVE if key in self.study.resources}

    @cached_property
    def answer(self) -> dict[str, Any]:
        """What the one page says; the pages of municipalities open it with theirs."""
        from .answer import answer

        return answer(self.study, self.verdicts, self.outlook, lang=self.lang)
