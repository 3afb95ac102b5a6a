"""Write files whole or not at all, one program at a time, and texts that no spreadsheet runs."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import secrets
import sqlite3
import stat
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib import resources
from pathlib import Path

from filelock import FileLock, Timeout

from .errors import OutputError

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
GUARD = "'"  # put before text that a spreadsheet would take for a formula
PLAIN_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]*)?")
SIDECARS = ("-wal", "-shm", "-journal")
CACHE_VARIABLE = "SYMBIOS_GEO_CACHE"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet may take for a formula


def package_text(room: str, name: str) -> str:
    """Return a page, style or script of a room of this package, such as "web"."""
    return resources.files(__package__).joinpath(room, *name.split("/")).read_text("utf-8")


def cache_folder() -> Path:
    """Return the folder that SYMBIOS_GEO_CACHE names, or the cache folder of this user."""
    from platformdirs import user_cache_path

    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen) if chosen else user_cache_path("symbios-geo", appauthor=False)


def write_whole(path: str | Path, content: str | bytes | Callable[[Path], object]) -> Path:
    """
    Write a file whole or not at all, and return its path.

    The content is made beside the final name and then moved there. An old file hands on its
    rights, also while the new one is written; a link stays, and what it leads to is replaced.

    Parameters
    ----------
    path
        The file; missing folders are made.
    content
        Text (written as UTF-8), bytes, or a function that writes to the path it is given.

    Raises
    ------
    OutputError
        If it cannot be written; what stood there before stays.
    """
    path = Path(path)
    with _saving(path):
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            msg = f"{path} cannot be written (it is no ordinary file). Give another name."
            raise OutputError(msg, "error:no_file", path=path)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft, mode = _new_draft(target)
        try:
            if isinstance(content, str):
                draft.write_text(content, encoding="utf-8", newline="\n")
            elif isinstance(content, bytes):
                draft.write_bytes(content)
            else:
                content(draft)
            flush(draft)
            draft.chmod(mode)  # some writers make the file anew
            close_package(target)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        with suppress(OSError):  # some file systems flush no folders
            flush(target.parent)
    return path


def close_package(path: Path) -> None:
    """
    Fold what lies beside a SQLite file or GeoPackage into it: the file and the log are one thing.

    A program that has it open, or that died with it open, leaves changes in a log beside the file
    (-wal, -journal). Laid over a file that was replaced meanwhile, they make it unreadable.

    Raises
    ------
    OutputError
        If another program has it open.
    """
    if not path.is_file() or not any(beside.exists() for beside in sidecars(path)):
        return
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as base:
            (mode,) = base.execute("PRAGMA journal_mode=DELETE").fetchone()
            base.execute("BEGIN EXCLUSIVE")
            base.execute("ROLLBACK")
        closed = mode == "delete"
    except sqlite3.Error:
        closed = False
    if not closed:
        msg = f"{path} is open in another program, perhaps QGIS. Close it there, then run again."
        raise OutputError(msg, "error:open", path=path)


def sidecars(path: Path) -> list[Path]:
    """Return where SQLite keeps what is not yet in a file."""
    return [path.with_name(path.name + suffix) for suffix in SIDECARS]


def _new_draft(target: Path) -> tuple[Path, int]:
    """Make an empty file beside a target; return it and the rights that the target shall have."""
    draft = target.with_name(f".{target.stem[:40]}-{secrets.token_hex(4)}{target.suffix}")
    old = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    # a new file gets what the umask leaves; nobody else may read a draft of an old one
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL, 0o666 if old is None else 0o600))
    return draft, stat.S_IMODE(draft.stat().st_mode) if old is None else old


@contextmanager
def _saving(path: Path) -> Iterator[None]:
    """Turn a full disk or missing rights into one clear message."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"{path} cannot be written ({reason}). Free space or mend the rights, then run again."
        raise OutputError(msg, "error:disk", path=path, reason=reason) from error


def flush(path: Path) -> None:
    """Ask the system to put a file or folder on disk; Windows cannot flush folders."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, *, what: Path) -> Iterator[None]:
    """
    Hold the right to change something inside a `with` block.

    Parameters
    ----------
    path
        The lock file; it is made here and gone afterwards.
    what
        What is changed, for the messages.

    Raises
    ------
    OutputError
        If another program holds the lock, the file system keeps no locks, or the lock file cannot
        be made.
    """
    lock = FileLock(path, timeout=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        msg = f"Another program is changing {what}. Wait until it is done, then run again."
        raise OutputError(msg, "error:busy", what=what) from None
    except OSError as error:
        reason = error.strerror or str(error)
        msg, key = f"{what} cannot be written ({reason}). Choose another folder.", "error:folder"
        if error.errno in NO_LOCKS:
            key = "error:no_locks"
            msg = (
                f"The file system of {what} keeps no locks ({reason}), so two programs could "
                "write at once. Choose a folder on a disk of this computer."
            )
        raise OutputError(msg, key, what=what, reason=reason) from error
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file
            path.unlink()
        lock.release()


def lock_beside(folder: Path) -> Path:
    """Return the lock file that guards a folder as a whole."""
    return folder.with_name(f".{folder.name}.lock")


def exchange(one: Path, other: Path) -> bool:
    """
    Let two folders change places in one step, and say whether the system could.

    Linux: renameat2 with RENAME_EXCHANGE; macOS: renamex_np with RENAME_SWAP; others cannot.
    """
    names = [os.fsencode(one), os.fsencode(other)]
    here = -100  # AT_FDCWD: names are taken from the current folder
    call, arguments = {
        "linux": ("renameat2", (here, names[0], here, names[1], 2)),
        "darwin": ("renamex_np", (*names, 2)),
    }.get(sys.platform, ("", ()))
    function = getattr(ctypes.CDLL(None), call, None) if call else None
    return function is not None and function(*arguments) == 0


def held(folder: Path, beside: Path) -> str:
    """
    Return why a folder could not be moved aside, nothing when it could; it stays where it is.

    It is moved onto `beside`, a folder that holds something. The system always refuses that, but
    first what else is in the way: a mount point, an open file, missing rights.
    """
    try:
        folder.rename(beside)
    except OSError as error:
        crowded = error.errno in (errno.ENOTEMPTY, errno.EEXIST)
        return "" if crowded else error.strerror or str(error)
    return ""


def guarded(cell: str) -> str:
    """
    Return text that a spreadsheet does not take for a formula.

    A sign counts also where it is written full-width or stands behind letters without width.
    Plain numbers stay as they are.

    >>> guarded("=1+1"), guarded("-3,5"), guarded("\uff1d1+1")
    ("'=1+1", '-3,5', "'\uff1d1+1")
    """
    visible = next((sign for sign in cell if unicodedata.category(sign) != "Cf"), "")
    first = unicodedata.normalize("NFKC", visible)
    risky = first in FORMULA_STARTS or cell.startswith(GUARD)
    return GUARD + cell if risky and not PLAIN_NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """Return text as it was before `guarded`."""
    return cell[1:] if cell.startswith(GUARD) and guarded(cell[1:]) == cell else cell
