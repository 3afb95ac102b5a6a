"""The whole chain in one call: load, match every resource, and add up both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from ..disclosure import PUBLIC, public_register
from ..effects.followup import compare as compare
from ..labels import check_language
from ..matching.candidates import RESOURCES, Candidates, find_candidates
from ..matching.ladder import match_candidates
from ..model import Match
from ..region import load_municipalities
from ..register.gate import Register
from ..register.load import complete_parameters, load_parameters, load_register, with_names
from . import balance

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Study:
    """Everything the outputs are made from: the register, its matches and its balances."""

    lang: str
    register: Register
    parameters: pd.DataFrame
    municipalities: gpd.GeoDataFrame
    candidates: dict[str, Candidates]
    matches: dict[str, Match]
    balances: dict[str, pd.DataFrame]
    heat_classes: pd.DataFrame
    co2: pd.DataFrame
    monthly: pd.DataFrame = field(repr=False)
    max_km: float | None = None
    method: str = "annual"


def run(
    lang: str = "sv",
    *,
    register: Register | str | Path | None = None,
    parameters: pd.DataFrame | None = None,
    max_km: float | None = None,
    method: str = "annual",
    progress: Progress | None = None,
) -> Study:
    """
    Run the study and return everything the outputs are made from.

    Parameters
    ----------
    lang
        "sv" or "en", for the names of places and for the outputs made from the study.
    register
        A register, or a path that `load_register` reads. None: the bundled register of Halland.
    parameters
        Assumptions by parameter_id, as `load_parameters` gives them; what is computed from a
        changed one follows it. None: the bundled ones.
    max_km
        Longest straight distance of a link, km. None: each resource's own in parameters.csv.
    method
        The rung of the ladder that the matches stand on (see `match`).
    progress
        Called with the name of each step as it starts. None: silent.
    """
    check_language(lang)
    tell = progress or (lambda _step: None)
    tell("load")
    if not isinstance(register, Register):
        register = load_register(register, parameters=parameters)
    register = with_names(register, lang)
    assumed = load_parameters() if parameters is None else complete_parameters(parameters)
    tell("match")
    found = {
        key: find_candidates(register, key, parameters=assumed, max_km=max_km) for key in RESOURCES
    }
    matches = {
        key: match_candidates(given, method=method, parameters=assumed)
        for key, given in found.items()
    }
    tell("balance")
    return Study(
        lang=lang,
        register=register,
        parameters=assumed,
        municipalities=load_municipalities(),
        candidates=found,
        matches=matches,
        balances={key: balance.by_municipality(register, key) for key in RESOURCES},
        heat_classes=balance.heat_by_class(register),
        co2=balance.co2_by_municipality(register),
        monthly=balance.monthly_heat(register),
        max_km=max_km,
        method=method,
    )


def shown(study: Study, include: tuple[str, ...] = PUBLIC) -> Study:
    """
    Return a study of the rows that may be shown only.

    It is run anew without the others: a match that knew of them would show them by what it leaves.
    """
    whole = study.register
    kept = public_register(whole, include=include)
    if len(kept.flows) == len(whole.flows) and len(kept.sites) == len(whole.sites):
        return study
    return run(
        study.lang,
        register=kept,
        parameters=study.parameters,
        max_km=study.max_km,
        method=study.method,
    )


def in_language(study: Study, lang: str) -> Study:
    """Return a study whose places have their names in "sv" or "en"."""
    return replace(study, register=with_names(study.register, lang))
