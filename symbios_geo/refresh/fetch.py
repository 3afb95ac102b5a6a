"""Download one address to a file: time limits, size limit, retries, and going on where it broke."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import time
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, NamedTuple

from ..errors import OutputError, RefreshError
from .endpoints import check_address, is_local, short

CHUNK = 64 * 1024
AGENT = "symbios-geo (refresh; Python urllib)"
TRY_LATER = (408, 425, 429, 500, 502, 503, 504)
OFFLINE = "offline: {url} could not be found ({reason}). Check the network, then run again."


class Limits(NamedTuple):
    """How long, how much and how often."""

    idle_s: float = 30.0  # without a single byte
    total_s: float = 300.0  # for one address, retries and waits included
    tries: int = 4
    wait_s: float = 1.0  # before the second try; doubled each time
    longest_wait_s: float = 60.0  # a server may ask for more patience than a person has


DEFAULT = Limits()


class _AgainError(Exception):
    """A try failed in a way that another one may mend."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follow a redirect only to where we would have asked ourselves."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str,
        headers: http.client.HTTPMessage, newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        """Refuse to leave https; a local test server may point to itself."""
        check_address(newurl)
        if is_local(newurl) and not is_local(req.full_url):
            fault = f"{short(req.full_url)} sends on to {short(newurl)}, which is refused."
            raise RefreshError(fault)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(url: str, part: Path, *, max_bytes: int, limits: Limits = DEFAULT) -> None:
    """
    Download an address into the file `part`, which may hold the beginning of it already.

    Parameters
    ----------
    url
        An https address, or http on this computer.
    part
        Where the bytes go. What is left after a fault is used by the next call.
    max_bytes
        A longer answer is refused.
    limits
        Times and number of tries.

    Raises
    ------
    RefreshError
        If no whole answer came.
    OutputError
        If it cannot be written.
    """
    check_address(url)
    until = time.monotonic() + limits.total_s
    for number in range(limits.tries):
        try:
            return _try(url, part, max_bytes, limits, until)
        except _AgainError as fault:
            wait = limits.wait_s * 2**number if fault.wait_s is None else fault.wait_s
            if wait > limits.longest_wait_s:
                msg = f"{short(url)} asks to wait {wait:.0f} s ({fault}). Run again later."
                raise RefreshError(msg) from None
            last = number + 1 == limits.tries
            if last or time.monotonic() + wait > until:
                tries = f"{number + 1} tries" if number else "1 try"
                msg = f"{short(url)} could not be fetched in {tries}: {fault}. Run again later."
                raise RefreshError(msg) from None
            time.sleep(wait)
    return None


def forget(part: Path) -> None:
    """Remove a partial download."""
    part.unlink(missing_ok=True)
    _note_of(part).unlink(missing_ok=True)


def _try(url: str, part: Path, max_bytes: int, limits: Limits, until: float) -> None:
    """Ask once and write what comes; raise _AgainError for what may pass."""
    request = urllib.request.Request(url, headers=_headers(url, part))
    handlers: list[urllib.request.BaseHandler] = [_HttpsOnly()]
    if is_local(url):
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(request, timeout=limits.idle_s) as response:
            _receive(response, url, part, max_bytes, until)
    except urllib.error.HTTPError as error:
        with error:
            _refuse_status(url, part, error)
    except urllib.error.URLError as error:
        if isinstance(error.reason, socket.gaierror):
            msg = OFFLINE.format(url=short(url), reason=error.reason.strerror)
            raise RefreshError(msg) from None
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            why = error.reason.verify_message or "unknown reason"
            msg = f"{short(url)} cannot prove who it is ({why}), so nothing was taken from it."
            raise RefreshError(msg) from None
        reason = f"no connection ({error.reason})"
        raise _AgainError(reason) from None
    except TimeoutError:
        reason = f"no answer within {limits.idle_s:g} s"
        raise _AgainError(reason) from None
    except (http.client.HTTPException, OSError) as error:
        reason = f"the connection broke ({type(error).__name__})"
        raise _AgainError(reason) from None
    except ValueError as error:  # urllib on headers that are none
        if isinstance(error, RefreshError | OutputError):
            raise
        msg = f"{short(url)} gave an answer that is no HTTP ({error}). Run again later."
        raise RefreshError(msg) from None


def _receive(
    response: http.client.HTTPResponse, url: str, part: Path, max_bytes: int, until: float
) -> None:
    """Write the body of an answer behind what is there, or from the start."""
    had = _continued_at(response, part)
    _check_coding(response, url)
    expected = _length(response)
    if expected is not None and had + expected > max_bytes:
        raise RefreshError(_too_long(url, had + expected, max_bytes))
    written = had
    with _writing(part, url, _validator(response), append=had > 0) as file:
        while chunk := response.read1(CHUNK):
            written += len(chunk)
            if written > max_bytes:
                file.close()
                forget(part)
                raise RefreshError(_too_long(url, written, max_bytes))
            _write(file, chunk, part)
            if time.monotonic() > until:
                msg = f"{short(url)} is too slow: {written} bytes in the time allowed. Run again."
                raise RefreshError(msg)
        _write(file, b"", part)
    if expected is not None and written - had < expected:
        missing = expected - (written - had)
        reason = f"the answer broke off {missing} bytes before its end"
        raise _AgainError(reason)


def _headers(url: str, part: Path) -> dict[str, str]:
    """Return the request headers; a partial file with a sure mark is continued."""
    headers = {
        "User-Agent": AGENT,
        "Accept": "application/json, application/geo+json;q=0.9, */*;q=0.1",
        "Accept-Encoding": "identity",
    }
    try:
        note = json.loads(_note_of(part).read_text(encoding="utf-8"))
        had, validator = part.stat().st_size, note["validator"]
        if note["url"] == url and validator and had:
            headers |= {"Range": f"bytes={had}-", "If-Range": str(validator)}
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing to go on with: from the start
    return headers


def _continued_at(response: http.client.HTTPResponse, part: Path) -> int:
    """Return how many bytes of the partial file stay: all if the server goes on there, else 0."""
    if response.status != 206:
        return 0
    had = part.stat().st_size if part.exists() else 0
    if response.headers.get("Content-Range", "").startswith(f"bytes {had}-"):
        return had
    forget(part)
    reason = "the server went on at another place"
    raise _AgainError(reason)


def _refuse_status(url: str, part: Path, error: urllib.error.HTTPError) -> None:
    """Raise what an HTTP fault means: try again, or not."""
    if error.code == 416:  # the partial file is not a beginning of what is there now
        forget(part)
        reason = "the server no longer has that part"
        raise _AgainError(reason, 0.0)
    reason = f"the server answers {error.code} {error.reason}"
    if error.code in TRY_LATER:
        raise _AgainError(reason, _asked_wait(error.headers.get("Retry-After")))
    msg = f"{short(url)}: {reason}. The address may have changed; see data/endpoints.csv."
    raise RefreshError(msg)


def _asked_wait(text: str | None) -> float | None:
    """Return the seconds that Retry-After asks for, as a number or a date."""
    if not text:
        return None
    try:
        return max(0.0, float(int(text)))
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(text)
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        return max(0.0, (date - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _check_coding(response: http.client.HTTPResponse, url: str) -> None:
    """Refuse a compressed answer, which was not asked for."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        msg = f"{short(url)} answers in the coding {coding!r}, though plain was asked for."
        raise RefreshError(msg)


def _length(response: http.client.HTTPResponse) -> int | None:
    """Return the announced length in bytes."""
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _validator(response: http.client.HTTPResponse) -> str:
    """Return what proves later that the rest belongs to the same answer, or nothing."""
    if response.headers.get("Accept-Ranges", "").lower() == "none":
        return ""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _writing(part: Path, url: str, validator: str, *, append: bool) -> IO[bytes]:
    """Open the partial file, and note first what it is the beginning of."""
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        if not append:
            forget(part)
            note = json.dumps({"url": url, "validator": validator})
            _note_of(part).write_text(note, encoding="utf-8")
        return part.open("ab", buffering=0)  # so that closing writes nothing and cannot fail
    except OSError as error:
        raise _unwritten(part, error) from error


def _write(file: IO[bytes], chunk: bytes, part: Path) -> None:
    """Write a chunk; an empty one puts everything on disk."""
    try:
        rest = memoryview(chunk)
        while rest:
            rest = rest[file.write(rest) :]
        if not chunk:
            os.fsync(file.fileno())
    except OSError as error:
        raise _unwritten(part, error) from error


def _unwritten(part: Path, error: OSError) -> OutputError:
    """Return the message for a full disk or missing rights; give back the space that was taken."""
    with suppress(OSError):
        forget(part)
    reason = error.strerror or str(error)
    return OutputError(
        f"{part} could not be written ({reason}). Free space or mend the rights, then run again."
    )


def _too_long(url: str, found: int, allowed: int) -> str:
    return (
        f"{short(url)} answers with at least {found} bytes; {allowed} are allowed. If right, "
        "raise max_mb in data/endpoints.csv."
    )


def _note_of(part: Path) -> Path:
    return part.with_name(part.name + ".json")
