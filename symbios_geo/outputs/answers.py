"""The first sheet of the workbook: every figure of the headline, its range, and what it means."""

from __future__ import annotations

import pandas as pd

from ..disclosure import sign
from ..labels import label_or
from ..study.chain import Study, check_study

REPEATED = ("co2_arises_kt",)  # the same as co2_kt


def answer_table(study: Study, lang: str = "sv") -> pd.DataFrame:
    """
    Return the figures of a study as rows that people read.

    Parameters
    ----------
    study
        What `run` returned.
    lang
        "sv" or "en".

    Returns
    -------
    answers
        figure (its name in `Study.headline`), name, value, low, high (5th and 95th percentile of
        the draws, blank where a figure has no range), unit, meaning, comes_from.
    """
    readers = check_study(study)
    table = study.intervals.drop(index=list(REPEATED), errors="ignore").reset_index()
    for column, kind in (("name", "figure"), ("meaning", "meaning"), ("comes_from", "from")):
        table[column] = [label_or(f"{kind}:{name}", "", lang) for name in table["figure"]]
    order = ["figure", "name", "value", "low", "high", "unit", "meaning", "comes_from"]
    return sign(table[order], readers)
