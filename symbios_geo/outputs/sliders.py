"""The sliders of the one page: the stops of each, and which verdicts move there."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..labels import label, label_or, number, unit_label
from ..maps.placenames import input_name
from ..study.chain import Study
from ..study.claims import verdict_of
from ..study.outlook import Level

ERRORS = 3  # standard errors that a chance must move before it is told


def sliders(
    study: Study, verdicts: pd.DataFrame, levels: list[Level], lang: str
) -> list[dict[str, Any]]:
    """Return the sliders: name, the words of each stop, and which stop is the answer."""
    found: list[dict[str, Any]] = []
    for name in dict.fromkeys(level.parameter for level in levels):
        mine = [level for level in levels if level.parameter == name]
        best = next(i for i, level in enumerate(mine) if level.best)
        found.append(
            {
                "key": name,
                "words": label_or(f"level:{name}", input_name(name, study.register, lang), lang),
                "unit": shown_unit(str(study.assumptions.table.loc[name, "unit"]), lang)[1],
                "best": best,
                "stops": [_stop(level, mine[best].value, study, lang) for level in mine],
                "moved": _moved(mine, mine[best], verdicts, lang),
            }
        )
    return found


def _stop(level: Level, best: float, study: Study, lang: str) -> str:
    """Return the words of one stop of a slider."""
    unit = str(study.assumptions.table.loc[level.parameter, "unit"])
    if unit == "-":
        if level.best:
            return label("level:today", lang)
        change = 100 * (level.value / best - 1)
        return f"{'+' if change > 0 else ''}{number(change, lang, digits=0)}\u00a0%"
    return number(level.value, lang, digits=0)


def _moved(mine: list[Level], best: Level, verdicts: pd.DataFrame, lang: str) -> list[str]:
    """Return for each stop the claims whose verdict moves by more than chance."""
    texts = verdicts.set_index("claim_id")["text"] if len(verdicts) else pd.Series(dtype=object)
    found = []
    for level in mine:
        changed = [
            f"{texts.get(claim, claim)}: {label(f'verdict:{verdict_of(p)}', lang)}"
            for claim, p in level.chances.items()
            if verdict_of(p) != verdict_of(best.chances[claim])
            and abs(p - best.chances[claim]) > _chance_alone(p, level.draws)
        ]
        found.append("; ".join(changed))
    return found


def _chance_alone(share: float, draws: int) -> float:
    """Return how far a share of so many draws moves by chance alone."""
    return float(ERRORS * (max(share * (1 - share), 0.01) / draws) ** 0.5)


def shown_unit(unit: str, lang: str) -> tuple[float, str]:
    """Return how a unit is shown, and by what its numbers are multiplied: shares as per cent."""
    if unit == "-":
        return 1.0, ""
    if unit.startswith("share"):
        return 100.0, "%"
    return 1.0, unit_label(unit, lang)
