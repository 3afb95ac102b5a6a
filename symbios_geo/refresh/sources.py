"""Ask the sources that endpoints.csv names, and keep their answers on this computer."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer
from typing import Any, NamedTuple, NoReturn
from urllib.parse import quote, urljoin, urlsplit

import pandas as pd
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NameResolutionError
from urllib3.util import Retry

from ..errors import RefreshError, SourceFormatError
from ..files import CACHE_VARIABLE as CACHE_VARIABLE
from ..files import cache_folder, write_whole
from ..labels import label
from ..tables import read_table

SERVERS_VARIABLE = "SYMBIOS_GEO_ENDPOINTS"  # service=address, several split by ;
LOCAL = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?/")
KEPT = "/?&=,:()"  # what is already in its place in an address
SHOWN = 60  # characters of a strange answer that a message repeats
AGENT = "symbios-geo (refresh; Python requests)"
HEADERS = {"User-Agent": AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
TRY_LATER = (408, 425, 429, 500, 502, 503, 504)
LONGEST_WAIT_S = 30  # a server may ask for more patience than a person has
MAX_REDIRECTS = 5
Reader = Callable[[bytes, "Endpoint"], pd.DataFrame]


class Patience(NamedTuple):
    """How long and how often one address is asked."""

    idle_s: float = 30.0  # without a single byte
    total_s: float = 300.0  # retries included
    tries: int = 4
    wait_s: float = 1.0  # before the third try, doubled each time; the second follows at once


class Endpoint(NamedTuple):
    """One question to one service, the terms of its answer, and the language to speak of it."""

    endpoint_id: str
    what: str
    title: str
    licence: str
    url: str
    max_bytes: int
    lang: str

    def fail(
        self, key: str, error: type[RefreshError] = RefreshError, **values: object
    ) -> NoReturn:
        """Raise a fault on the way to an answer, in the language of the user."""
        facts = {"title": self.title, "url": self.url.partition("?")[0]} | values
        raise error(label(f"refresh:fault_{key}", self.lang, **facts))

    def refuse(self, place: str, expected: str, found: object, **values: object) -> NoReturn:
        """Raise SourceFormatError: what was expected where, and what came."""
        text = " ".join(ascii(found).split())
        text = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
        facts = {"place": place[-SHOWN:] or "/", "found": text}
        wanted = label(f"refresh:want_{expected}", self.lang, **values)
        self.fail("shape", SourceFormatError, expected=wanted, **facts)


class Record(NamedTuple):
    """Where and when an answer was had, and its checksum: kept with it, shown with its rows."""

    url: str
    fetched: str  # date and time, UTC
    sha256: str

    def is_young(self) -> bool:
        """Say whether the answer is of the last day; one from the future is not."""
        age = datetime.now(UTC) - datetime.fromisoformat(self.fetched).astimezone(UTC)
        return 0 <= age.total_seconds() <= 24 * 3600


def topics() -> list[str]:
    """Return what can be refreshed, in the order of the table."""
    return list(dict.fromkeys(read_table("endpoints")["what"]))


def find_endpoints(what: Iterable[str] | None = None, lang: str = "sv") -> list[Endpoint]:
    """Return the endpoints of some topics, or of all, at the servers that the environment names."""
    wanted = set(topics() if what is None else [what] if isinstance(what, str) else what)
    if unknown := sorted(wanted - set(topics())):
        words = {"unknown": ", ".join(unknown), "known": ", ".join(topics())}
        raise RefreshError(label("refresh:fault_topic", lang, **words))
    pairs = [pair.partition("=") for pair in os.environ.get(SERVERS_VARIABLE, "").split(";")]
    servers = {service.strip(): address.strip() for service, _, address in pairs}
    codes = ",".join(read_table("municipalities")["municipality_code"])
    found = []
    for row in read_table("endpoints").to_dict("records"):
        base = servers.get(row["service"], row["base_url"]).rstrip("/")
        url = base + quote(row["path"].replace("{codes}", codes), safe=KEPT)
        title, size = label(f"endpoint:{row['endpoint_id']}", lang), int(row["max_mb"] * 1e6)
        one = Endpoint(row["endpoint_id"], row["what"], title, row["licence"], url, size, lang)
        if one.what in wanted:
            found.append(one)
            if not url.startswith("https://") and not LOCAL.match(url):
                one.fail("address", variable=SERVERS_VARIABLE)
    return found


def obtain(endpoint: Endpoint, read: Reader, limits: Patience) -> tuple[pd.DataFrame, Record]:
    """Fetch an answer and keep it, if it can be read; else the earlier one stays."""
    body = download(endpoint, limits)
    table = read(body, endpoint)
    fetched = datetime.now(UTC).isoformat(timespec="seconds")
    record = Record(endpoint.url, fetched, hashlib.sha256(body).hexdigest())
    head = json.dumps(record._asdict(), ensure_ascii=False).encode()
    write_whole(_file(endpoint), head + b"\n" + body)
    return table, record


def find_kept(endpoint: Endpoint, read: Reader) -> tuple[pd.DataFrame, Record] | None:
    """Return the kept answer to exactly this question, if it is whole and still reads."""
    try:
        head, _, body = _file(endpoint).read_bytes().partition(b"\n")
        record = Record(**json.loads(head))
        datetime.fromisoformat(record.fetched)
        if record.url == endpoint.url and record.sha256 == hashlib.sha256(body).hexdigest():
            return read(body, endpoint), record
    except (OSError, ValueError, TypeError):
        pass  # missing, damaged, or kept when it was read less strictly: as good as none
    return None


def _file(endpoint: Endpoint) -> Path:
    return cache_folder() / f"{endpoint.endpoint_id}.answer"


def download(endpoint: Endpoint, limits: Patience) -> bytes:
    """Return the whole answer of an endpoint, or raise RefreshError."""
    adapter = _Timed(endpoint, limits)
    clock = Timer(limits.total_s, adapter.cut)
    clock.start()
    try:
        with _Session() as session:
            session.adapters.clear()
            session.mount("", adapter)
            session.trust_env = not LOCAL.match(endpoint.url)  # no proxy to this computer
            body = _receive(session, endpoint, limits.idle_s)
    except (requests.RequestException, HTTPError, UnicodeError) as error:
        adapter.check()
        reason = getattr(error.args[0], "reason", error) if error.args else error
        key = "offline" if isinstance(reason, NameResolutionError) else "broken"
        endpoint.fail(key, reason=" ".join(str(reason).split())[-160:])
    finally:
        clock.cancel()
        for each in adapter.sockets:
            each.close()
    adapter.check()  # an end without a length may be our own cut
    return body


def _receive(session: requests.Session, endpoint: Endpoint, idle_s: float) -> bytes:
    """Return the body of the answer, after redirects within its host."""
    url = endpoint.url
    for _ in range(MAX_REDIRECTS + 1):
        with session.get(url, headers=HEADERS, timeout=idle_s, stream=True) as response:
            if not response.is_redirect:
                if response.status_code != 200:
                    endpoint.fail("status", status=response.status_code)
                body = bytearray()
                for chunk in response.iter_content(64 * 1024):
                    body += chunk
                    if len(body) > endpoint.max_bytes:
                        endpoint.fail("long", allowed=endpoint.max_bytes)
                return bytes(body)
            url = urljoin(url, response.headers["Location"])
        if urlsplit(url)[:2] != urlsplit(endpoint.url)[:2]:
            endpoint.fail("redirect", there=url.partition("?")[0])
    return endpoint.fail("circle")


class _Session(requests.Session):
    """Follow nothing unasked: requests would read the whole body of a redirect first."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no address."""


class _Timed(HTTPAdapter):
    """Try again within a time; then shut every connection, be it in the middle of the headers."""

    def __init__(self, endpoint: Endpoint, limits: Patience) -> None:
        waits: dict[str, Any] = {
            "backoff_factor": limits.wait_s / 2,
            "retry_after_max": LONGEST_WAIT_S,
        }
        super().__init__(max_retries=Retry(limits.tries - 1, status_forcelist=TRY_LATER, **waits))
        self.endpoint, self.limits = endpoint, limits
        self.until = time.monotonic() + limits.total_s
        self.sockets: list[socket.socket] = []

    def check(self) -> None:
        """Raise RefreshError when the time is up."""
        if time.monotonic() >= self.until:
            self.endpoint.fail("slow", seconds=f"{self.limits.total_s:g}")

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return the pool; each connection that it makes is also remembered here."""
        pool = super().get_connection_with_tls_context(*args, **options)
        kind: Any = pool.ConnectionCls

        def connect(connection: Any) -> socket.socket:
            taken: socket.socket = kind._new_conn(connection)
            self.sockets.append(taken.dup())  # a handle that TLS does not take over
            self.check()
            return taken

        pool.ConnectionCls = type("Remembered", (kind,), {"_new_conn": connect})
        return pool

    def cut(self) -> None:
        """Shut what is open."""
        for each in self.sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
