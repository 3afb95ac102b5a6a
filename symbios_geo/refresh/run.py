"""Fetch fresh facts, compare them with the bundled ones, and write a proposal for review."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd

from ..disclosure import clear
from ..errors import RefreshError
from ..files import guarded, lock_beside, locked, write_whole
from ..labels import check_language, label, relabel
from ..register.load import load_register
from . import eea, geodata, kolada, proposals, scb
from .cache import MAX_AGE_H, Record, cache_folder, is_young, obtain
from .endpoints import Endpoint, choose_topics, endpoints_of
from .fetch import DEFAULT, Limits

PLAIN, FOR_EXCEL = "proposal.csv", "proposal-excel.csv"
Progress = Callable[[str], None]
Reader = Callable[[bytes, Endpoint], Any]
Comparison = Callable[[Any, Record, str], pd.DataFrame]


class Refreshed(NamedTuple):
    """What a refresh found: the proposals, the faults on the way, and the files."""

    table: pd.DataFrame
    faults: tuple[str, ...]
    files: tuple[Path, ...]


class _Options(NamedTuple):
    """What every question of one run shares."""

    folder: Path
    lang: str
    offline: bool
    max_age_h: float | None
    limits: Limits
    tell: Progress


def refresh(
    what: str | list[str] | tuple[str, ...] | None = None,
    *,
    out: str | Path = "refresh",
    lang: str = "sv",
    offline: bool = False,
    servers: Mapping[str, str] | None = None,
    max_age_h: float | None = MAX_AGE_H,
    limits: Limits = DEFAULT,
    progress: Progress | None = None,
) -> Refreshed:
    """
    Fetch facts and write what differs from the bundled ones as a proposal; data/ is not touched.

    Parameters
    ----------
    what
        Topics: population, energy, kolada, emissions, boundaries. None: all.
    out
        Folder for proposal.csv, and proposal-excel.csv for a Swedish or British Excel.
    lang
        Language of notes, headers and progress.
    offline
        Ask nobody: compare with the answers that are already on this computer.
    servers
        Other base addresses by service (see `find_endpoint`).
    max_age_h
        A cached answer younger than this many hours is used without asking again.
    limits
        Times and tries of a download.
    progress
        Called with one line before each question. None: silent.

    Returns
    -------
    The proposals of everything that could be had, and a fault for each thing that could not. Where
    a source fails, its last good answer is compared instead, with the date it has.

    Raises
    ------
    RefreshError
        If nothing at all could be had; an earlier proposal stays.
    OutputError
        If another refresh is running, or something cannot be written.
    """
    tell = progress or (lambda _line: None)
    folder = cache_folder()
    options = _Options(folder, check_language(lang), offline, max_age_h, limits, tell)
    chosen = choose_topics(what)
    faults: list[str] = []
    found: list[pd.DataFrame] = []
    with locked(lock_beside(folder), what=folder):
        for endpoint in [e for name in chosen for e in endpoints_of(name, servers)]:
            found += _ask(endpoint, options, faults)
    if not found:
        msg = "Nothing could be fetched, and nothing was replaced:\n- " + "\n- ".join(faults)
        raise RefreshError(msg)
    table = pd.concat(found, ignore_index=True)
    return Refreshed(table, tuple(faults), write_proposal(table, Path(out), lang))


def write_proposal(table: pd.DataFrame, out: Path, lang: str = "sv") -> tuple[Path, Path]:
    """Write the proposals plainly, and for Excel in its language; each file whole or not at all."""
    safe = table.map(lambda cell: guarded(cell) if isinstance(cell, str) else cell)
    shown = relabel(safe, lang)
    separator, comma = (";", ",") if lang == "sv" else (",", ".")

    def write_excel(path: Path) -> None:
        shown.to_csv(
            path, sep=separator, decimal=comma, index=False, encoding="utf-8-sig",
            lineterminator="\r\n",
        )  # fmt: skip

    def write_plain(path: Path) -> None:
        safe.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")

    plain = write_whole(out / PLAIN, write_plain)
    return plain, write_whole(out / FOR_EXCEL, write_excel)


def _ask(endpoint: Endpoint, options: _Options, faults: list[str]) -> list[pd.DataFrame]:
    """Return the proposals from one endpoint; after a fault those of its last good answer."""
    title = proposals.title_of(endpoint, options.lang)
    saved = options.offline or is_young(endpoint, options.folder, options.max_age_h)
    step = "refresh:reading" if saved else "refresh:fetching"
    options.tell(label(step, options.lang, title=title))
    try:
        answer, record = _obtain(endpoint, options)
    except RefreshError as error:
        faults.append(str(error))
        try:
            answer, record = _obtain(endpoint, options._replace(offline=True))
        except RefreshError:
            return []
        date = record.fetched[:10]
        options.tell(label("refresh:kept", options.lang, date=date, title=title))
    rows = CONNECTORS[endpoint.endpoint_id][1](answer, record, options.lang)
    return [proposals.complete(rows, endpoint, record, options.lang)]


def _obtain(endpoint: Endpoint, options: _Options) -> tuple[Any, Record]:
    """Return the answer of one endpoint, read by its connector."""
    read = CONNECTORS[endpoint.endpoint_id][0]
    return obtain(
        endpoint, read, folder=options.folder, max_age_h=options.max_age_h,
        offline=options.offline, limits=options.limits,
    )  # fmt: skip


def _population(fetched: pd.DataFrame, _record: Record, _lang: str) -> pd.DataFrame:
    return proposals.compare_population(fetched)


def _heat(fetched: pd.DataFrame, _record: Record, lang: str) -> pd.DataFrame:
    return proposals.compare_district_heat(fetched, lang)


def _energy_use(fetched: pd.DataFrame, _record: Record, lang: str) -> pd.DataFrame:
    return proposals.compare_energy_use(fetched, lang)


def _releases(fetched: gpd.GeoDataFrame, _record: Record, lang: str) -> pd.DataFrame:
    return proposals.compare_releases(fetched, clear(load_register()), lang)


def _boundaries(fetched: gpd.GeoDataFrame, record: Record, lang: str) -> pd.DataFrame:
    shapes = geodata.municipalities_from(fetched)
    return proposals.compare_boundaries(shapes, int(record.fetched[:4]), lang)


CONNECTORS: Mapping[str, tuple[Reader, Comparison]] = {
    "scb_population": (scb.read_population, _population),
    "scb_population_to_2024": (scb.read_population, _population),
    "scb_district_heat": (scb.read_district_heat, _heat),
    "kolada_population": (kolada.read_newest, _population),
    "kolada_energy_use": (kolada.read_newest, _energy_use),
    "eea_co2": (eea.read_releases, _releases),
    geodata.DESO: (geodata.read_areas, _boundaries),
}
