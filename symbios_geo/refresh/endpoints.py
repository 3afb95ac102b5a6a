"""Where fresh facts come from: one row of endpoints.csv per question that is asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import pandas as pd

from ..errors import RefreshError
from ..tables import read_table

SERVERS_VARIABLE = "SYMBIOS_GEO_ENDPOINTS"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
KEPT = "/?&=,:()"  # what is already in its place in an address


class Endpoint(NamedTuple):
    """One question to one service, with the terms of its answer."""

    endpoint_id: str
    what: str
    title: str
    publisher: str
    licence: str
    url: str
    max_bytes: int


def topics() -> list[str]:
    """Return what can be refreshed, in the order of the table."""
    return list(dict.fromkeys(read_table("endpoints")["what"]))


def choose_topics(what: str | list[str] | tuple[str, ...] | None) -> list[str]:
    """
    Return the topics asked for, in the order of the table; None is all of them.

    Raises
    ------
    RefreshError
        If a topic is not known.
    """
    known = topics()
    wanted = known if what is None else [what] if isinstance(what, str) else list(what)
    if unknown := sorted(set(wanted) - set(known)):
        msg = f"There is nothing called {', '.join(unknown)}. Choose from: {', '.join(known)}."
        raise RefreshError(msg)
    return [name for name in known if name in wanted]


def find_endpoint(endpoint_id: str, servers: Mapping[str, str] | None = None) -> Endpoint:
    """
    Return one endpoint with its whole address.

    Parameters
    ----------
    endpoint_id
        A key of endpoints.csv.
    servers
        Other base addresses by service, for example a local copy. None: what the environment
        variable SYMBIOS_GEO_ENDPOINTS says (service=address, several split by ;), else the table.

    Raises
    ------
    RefreshError
        If the address is neither https nor on this computer.
    """
    table = read_table("endpoints").set_index("endpoint_id")
    row = table.loc[endpoint_id]
    others = _servers() if servers is None else servers
    base = others.get(row["service"], row["base_url"]).rstrip("/")
    codes = ",".join(read_table("municipalities")["municipality_code"])
    path = row["path"].replace("{codes}", codes)
    url = check_address(base + quote(path, safe=KEPT))
    size = int(row["max_mb"] * 1e6)
    return Endpoint(
        endpoint_id, row["what"], row["title"], row["publisher"], row["licence"], url, size
    )


def endpoints_of(what: str, servers: Mapping[str, str] | None = None) -> list[Endpoint]:
    """Return the endpoints of one topic."""
    table = read_table("endpoints")
    ids: pd.Series = table.loc[table["what"] == what, "endpoint_id"]
    return [find_endpoint(endpoint_id, servers) for endpoint_id in ids]


def check_address(url: str) -> str:
    """Return an address that may be asked: https, or plain http on this computer only."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", None
    if host and parts and (parts.scheme == "https" or is_local(url)):
        return url
    msg = f"{short(url)} is not asked: addresses must begin with https://. Mend {SERVERS_VARIABLE}."
    raise RefreshError(msg)


def is_local(url: str) -> bool:
    """Say whether a plain http address is on this computer."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in LOOPBACK


def short(url: str) -> str:
    """Return an address without its question, for messages."""
    return url.partition("?")[0]


def _servers() -> dict[str, str]:
    """Return the base addresses that the environment names, by service."""
    pairs = os.environ.get(SERVERS_VARIABLE, "").split(";")
    split = (pair.strip().partition("=") for pair in pairs)
    return {service.strip(): address.strip() for service, sign, address in split if sign}
