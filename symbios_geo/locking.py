"""A lock: of two programs at once the second waits or says so; a killed one leaves none."""

from __future__ import annotations

import os
import time
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
