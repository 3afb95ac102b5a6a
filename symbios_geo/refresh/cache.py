"""Answers of the sources on this computer: each with its checksum, date, address and licence."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from ..errors import OutputError, RefreshError
from .endpoints import Endpoint
from .fetch import DEFAULT, Limits, download, forget

CACHE_VARIABLE = "SYMBIOS_GEO_CACHE"
MAX_AGE_H = 24.0  # a run that was stopped does not ask again for what it has got
logger = logging.getLogger(__name__)
T = TypeVar("T")


class Record(NamedTuple):
    """What an answer is: written beside it, and into every row that is made from it."""

    url: str
    fetched: str  # date and time, UTC
    sha256: str
    bytes: int
    publisher: str
    licence: str
    file: str


def cache_folder() -> Path:
    """Return the folder that SYMBIOS_GEO_CACHE names, or the cache folder of this user."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "symbios-geo" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "symbios-geo"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "symbios-geo"


def obtain(
    endpoint: Endpoint,
    read: Callable[[bytes, Endpoint], T],
    *,
    folder: Path | None = None,
    max_age_h: float | None = MAX_AGE_H,
    offline: bool = False,
    limits: Limits = DEFAULT,
) -> tuple[T, Record]:
    """
    Return what `read` makes of an endpoint's answer, from the cache or fetched.

    An answer enters the cache only after `read` has taken it, so a changed format leaves the
    earlier answer in place.

    Parameters
    ----------
    endpoint
        What to ask.
    read
        Turns the bytes into a table, or raises SourceFormatError.
    folder
        The cache. None: `cache_folder`.
    max_age_h
        A younger answer is used without asking again. None: any age will do.
    offline
        Ask nothing; take the cached answer or fail.
    limits
        Times and tries of a download.

    Raises
    ------
    RefreshError
        If there is no answer, or none in the known shape.
    OutputError
        If the cache cannot be written.
    """
    folder = cache_folder() if folder is None else folder
    kept = find_kept(endpoint, folder)
    if kept is not None and (offline or is_young(endpoint, folder, max_age_h)):
        try:
            return read(kept[0], endpoint), kept[1]
        except RefreshError:  # kept by a version that read less strictly: ask again
            if offline:
                raise
    if offline:
        msg = f"{endpoint.title}: offline, and there is no earlier answer. Run again online."
        raise RefreshError(msg)
    part = folder / f"{endpoint.endpoint_id}.part"
    download(endpoint.url, part, max_bytes=endpoint.max_bytes, limits=limits)
    body = part.read_bytes()
    try:
        table = read(body, endpoint)
    except RefreshError:
        forget(part)
        raise
    return table, _keep(endpoint, body, part, folder)


def find_kept(endpoint: Endpoint, folder: Path) -> tuple[bytes, Record] | None:
    """Return the cached answer to exactly this question, if it is whole."""
    try:
        text = (folder / f"{endpoint.endpoint_id}.json").read_text(encoding="utf-8")
        record = Record(**json.loads(text))
        datetime.fromisoformat(record.fetched)
        body = (folder / Path(record.file).name).read_bytes()
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        logger.warning("the record of %s cannot be read (%s)", endpoint.endpoint_id, error)
        return None
    if hashlib.sha256(body).hexdigest() != record.sha256:
        logger.warning("the cached answer of %s is damaged", endpoint.endpoint_id)
        return None
    return (body, record) if record.url == endpoint.url else None


def is_young(endpoint: Endpoint, folder: Path, max_age_h: float | None) -> bool:
    """Say whether there is an answer of at most this age in hours; None: of any age."""
    kept = find_kept(endpoint, folder)
    if kept is None or max_age_h is None:
        return kept is not None
    fetched = datetime.fromisoformat(kept[1].fetched)
    fetched = fetched if fetched.tzinfo else fetched.replace(tzinfo=UTC)
    age = (datetime.now(UTC) - fetched).total_seconds() / 3600
    return 0 <= age <= max_age_h  # one from the future is a clock that was wrong


def _keep(endpoint: Endpoint, body: bytes, part: Path, folder: Path) -> Record:
    """Move a whole answer into the cache; its record, replaced last, is what makes it count."""
    digest = hashlib.sha256(body).hexdigest()
    record = Record(
        endpoint.url, datetime.now(UTC).isoformat(timespec="seconds"), digest, len(body),
        endpoint.publisher, endpoint.licence, f"{endpoint.endpoint_id}-{digest[:16]}.answer",
    )  # fmt: skip
    draft = folder / f"{endpoint.endpoint_id}.json.new"
    try:
        part.replace(folder / record.file)
        forget(part)
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            json.dump(record._asdict(), file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / f"{endpoint.endpoint_id}.json")
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        msg = f"{folder} could not be written ({reason}). Free space or mend the rights."
        raise OutputError(msg) from error
    for old in folder.glob(f"{endpoint.endpoint_id}-*.answer"):
        if old.name != record.file:
            with suppress(OSError):
                old.unlink()
    return record
