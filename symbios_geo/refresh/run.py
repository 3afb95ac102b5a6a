"""Fetch fresh facts, compare them with the bundled ones, and write a proposal for review."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..errors import RefreshError
from ..files import guarded, lock_beside, locked, write_whole
from ..labels import check_language, label, language, relabel
from . import readers
from .proposals import as_proposal, compare_releases, compare_towns
from .sources import Patience, Reader, cache_folder, find_endpoints, find_kept, obtain

PLAIN, FOR_EXCEL = "proposal.csv", "proposal-excel.csv"
READERS: dict[str, Reader] = {
    "scb_population": readers.read_people,
    "scb_population_to_2024": readers.read_people,
    "scb_district_heat": readers.read_heat,
    "kolada_population": readers.read_people,
    "kolada_energy_use": readers.read_energy_use,
    "eea_co2": readers.read_releases,
}


class Refreshed(NamedTuple):
    """What a refresh found: the proposals, the faults on the way, and the files."""

    table: pd.DataFrame
    faults: tuple[str, ...]
    files: tuple[Path, ...]


def refresh(
    what: Iterable[str] | None = None,
    *,
    out: str | Path = "refresh",
    lang: str = "sv",
    offline: bool = False,
    again: bool = False,
    limits: Patience | None = None,
    progress: Callable[[str], None] | None = None,
) -> Refreshed:
    """
    Fetch facts and write what differs from the bundled ones as a proposal; data/ is not touched.

    Where a source fails, its last good answer is compared instead, with the date it has.

    Parameters
    ----------
    what
        Topics, as endpoints.csv names them in its column `what`. None: all.
    out
        Folder for proposal.csv, and proposal-excel.csv for a Swedish or British Excel.
    lang
        Language of notes, headers, faults and progress.
    offline
        Ask nobody: compare with the answers that are already on this computer.
    again
        Ask also for what was fetched within a day.
    limits
        Times and tries of a download. None: half a minute of silence, five minutes in all.
    progress
        Called with a line for each step. None: silent.

    Returns
    -------
    The proposals of everything that could be had, and a fault for each thing that could not.

    Raises
    ------
    RefreshError
        If nothing at all could be had; an earlier proposal stays.
    OutputError
        If another refresh is running, or something cannot be written.

    Examples
    --------
    >>> refresh(["weather"], lang="en")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    symbios_geo.errors.RefreshError: There is no topic weather.
    """
    folder, tell = cache_folder(), progress or (lambda _line: None)
    endpoints = find_endpoints(what, check_language(lang))
    faults: list[str] = []
    found: list[pd.DataFrame] = []
    with locked(lock_beside(folder), what=folder):
        for one in endpoints:
            read, title = READERS[one.endpoint_id], one.title
            answer = kept = find_kept(one, read)
            try:
                if kept and (offline or (kept[1].is_young() and not again)):
                    tell(label("refresh:reading", lang, title=title))
                elif offline:
                    one.fail("nothing_kept")
                else:
                    tell(label("refresh:fetching", lang, title=title))
                    answer = obtain(one, read, limits or Patience())
            except RefreshError as error:
                faults.append(str(error))
                if kept:
                    tell(label("refresh:kept", lang, date=kept[1].fetched[:10], title=title))
            if answer:
                compare = compare_releases if one.what == "emissions" else compare_towns
                found.append(as_proposal(compare(answer[0], lang), one, answer[1]))
        if not found:
            listed = "".join(f"\n- {fault}" for fault in faults)
            raise RefreshError(label("refresh:fault_nothing", lang, faults=listed))
        table = pd.concat(found, ignore_index=True)
        return Refreshed(table, tuple(faults), write_proposal(table, Path(out), lang))


def write_proposal(table: pd.DataFrame, out: Path, lang: str) -> tuple[Path, Path]:
    """Write the proposals plainly, and for Excel in its language; each file whole or not at all."""
    safe = table.map(lambda cell: guarded(cell) if isinstance(cell, str) else cell)
    plain = safe.to_csv(index=False, lineterminator="\n")
    texts = language(lang)
    marks = {"sep": texts.separator, "decimal": texts.decimal}
    excel = relabel(safe, lang).to_csv(index=False, lineterminator="\r\n", **marks)
    first = write_whole(out / PLAIN, plain.encode())
    return first, write_whole(out / FOR_EXCEL, excel.encode("utf-8-sig"))
