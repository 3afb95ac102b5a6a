"""Write files whole or not at all, one program at a time, and texts that no spreadsheet runs."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import OutputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
    import msvcrt

PENDING = ".pending"
COMMITTED = ".commit"  # a finished addition that is not yet moved into place
GUARD = "'"  # put before text that a spreadsheet would take for a formula
PLAIN_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]*)?")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet may take for a formula


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


@contextmanager
def locked(path: Path, *, what: Path, wait_s: float = 0.0) -> Iterator[None]:
    """
    Hold the right to change something inside a `with` block.

    Parameters
    ----------
    path
        The lock file; it is made here and gone afterwards.
    what
        What is changed, for the messages.
    wait_s
        How long to wait for another program, seconds.

    Raises
    ------
    OutputError
        If another program holds the lock all that time, or the lock file cannot be made.
    """
    until = time.monotonic() + wait_s
    while (handle := _take(path, what)) is None:
        if time.monotonic() >= until:
            msg = f"Another program is changing {what}. Wait until it is done, then run again."
            raise OutputError(msg)
        time.sleep(0.05)
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file
            path.unlink()
        os.close(handle)


def lock_beside(folder: Path) -> Path:
    """Return the lock file that guards a folder as a whole."""
    return folder.with_name(f".{folder.name}.lock")


def _take(path: Path, what: Path) -> int | None:
    """Return the open lock file, or None while another program holds it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        msg = f"{what} cannot be written ({error.strerror}). Choose another folder."
        raise OutputError(msg) from error
    # a program that has just ended took the file away: the lock would be on a name that is gone
    if _try_lock(handle) and path.exists() and os.path.samestat(os.fstat(handle), path.stat()):
        return handle
    os.close(handle)
    return None


def _try_lock(handle: int) -> bool:
    """Try to lock an open file, on Windows and elsewhere; the lock ends with the process."""
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True


def guarded(cell: str) -> str:
    """Return text that a spreadsheet does not take for a formula."""
    risky = cell.startswith((*FORMULA_STARTS, GUARD)) and not PLAIN_NUMBER.fullmatch(cell)
    return GUARD + cell if risky else cell


def unguarded(cell: str) -> str:
    """Return text as it was before `guarded`."""
    return cell[1:] if cell.startswith(GUARD) and guarded(cell[1:]) == cell else cell
