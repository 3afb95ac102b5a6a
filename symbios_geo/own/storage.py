"""Write files so that a crash, a full disk or a second program leaves the old ones whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import OutputError
from .tables import COMMITTED

PENDING = ".pending"


def write_beside(path: str | Path, write: Callable[[Path], object]) -> Path:
    """
    Let `write` make a file beside its final name, then move it there; return the final path.

    Raises
    ------
    OutputError
        If it cannot be written; what stood there before stays.
    """
    path = Path(path)
    with saving(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        start, end = f".{path.stem}-", path.suffix
        handle, name = tempfile.mkstemp(prefix=start, suffix=end, dir=path.parent)
        os.close(handle)
        draft = Path(name)
        try:
            write(draft)
            _flush(draft)
            draft.chmod(path.stat().st_mode if path.exists() else 0o644)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return path


@contextmanager
def saving(path: Path) -> Iterator[None]:
    """Turn a full disk or missing rights into one clear message."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"{path} could not be written ({reason}). Free space or mend the rights, then retry."
        raise OutputError(msg) from error


def commit_files(folder: Path, texts: dict[str, str]) -> None:
    """
    Replace several files of a folder at once: after a crash all are new, or none is.

    The files are written into a folder that is then renamed; from that moment they count. Moving
    them into place afterwards can be finished by anyone, see `finish_commit`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finish_commit(folder)
    pending = folder / PENDING
    shutil.rmtree(pending, ignore_errors=True)
    try:
        pending.mkdir()
        for name, text in texts.items():
            file = pending / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
            _flush(file)
        pending.rename(folder / COMMITTED)
    except BaseException:
        shutil.rmtree(pending, ignore_errors=True)
        raise
    # from here on it counts: whatever fails now is made up for by the next `finish_commit`
    with suppress(OSError):
        _flush(folder)
        finish_commit(folder)


def finish_commit(folder: Path) -> None:
    """Move the files of a finished commit into place; harmless when there is none."""
    ready = folder / COMMITTED
    if not ready.is_dir():
        return
    for file in sorted(p for p in ready.rglob("*") if p.is_file()):
        target = folder / file.relative_to(ready)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
    shutil.rmtree(ready)


def _flush(path: Path) -> None:
    """Ask the system to put a file or folder on disk; Windows cannot flush folders."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
