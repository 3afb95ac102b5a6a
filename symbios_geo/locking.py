"""A lock on a folder: of two runs at once the second one says so; a killed run leaves none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import OutputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
    import msvcrt


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """
    Hold the right to write a folder inside a `with` block.

    Raises
    ------
    OutputError
        If another run holds it, or the folder's parent cannot be written.
    """
    path = folder.with_name(f".{folder.name}.lock")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        msg = f"{folder} cannot be written ({error.strerror}). Choose another folder with --out."
        raise OutputError(msg) from error
    try:
        _lock(handle, path, folder)
        try:
            yield
        finally:
            with suppress(OSError):  # Windows removes no open file
                path.unlink()
    finally:
        os.close(handle)


def _lock(handle: int, path: Path, folder: Path) -> None:
    """Take the lock of the operating system, or say who holds it."""
    taken = try_lock(handle)
    # a run that has just ended took the file away: the lock would be on a name that is gone
    if not taken or not path.exists() or not os.path.samestat(os.fstat(handle), path.stat()):
        msg = f"Another run is writing to {folder}. Wait until it is done, then run again."
        raise OutputError(msg)


def try_lock(handle: int) -> bool:
    """Try to lock an open file, on Windows and elsewhere; the lock ends with the process."""
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True
