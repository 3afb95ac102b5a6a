"""Strict reading of what a source answers: what was expected, what came, and where."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

import pandas as pd

from ..errors import SourceFormatError
from ..tables import read_table
from .endpoints import Endpoint, short

SHOWN = 60  # characters of a strange answer that a message repeats


def refuse(endpoint: Endpoint, expected: str, found: object) -> NoReturn:
    """Raise SourceFormatError: what was expected, what came from where, and what stays."""
    text = " ".join(repr(found).split())
    text = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    msg = (
        f"{endpoint.title}: expected {expected}, but found {text}. The format of "
        f"{short(endpoint.url)} may have changed; the earlier answer and the bundled table stay."
    )
    raise SourceFormatError(msg)


def read_object(body: bytes, endpoint: Endpoint) -> dict[str, Any]:
    """Read the bytes as one JSON object."""
    try:
        content = json.loads(body.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        refuse(endpoint, "JSON", body[: 2 * SHOWN].decode("utf-8", "replace"))
    if not isinstance(content, dict):
        refuse(endpoint, "one JSON object", content)
    return content


def member(holder: dict[str, Any], name: str, kind: type, endpoint: Endpoint) -> Any:
    """Return a member of an object that must be there and of that type."""
    if name not in holder:
        refuse(endpoint, f"the field {name!r}", sorted(map(str, holder))[:8])
    return of_type(holder[name], kind, f"the field {name!r}", endpoint)


def of_type(value: object, kind: type, where: str, endpoint: Endpoint) -> Any:
    """Return a value that must be of that type; true is no number, 1 is a fine float."""
    kinds = (int, float) if kind is float else kind
    if not isinstance(value, kinds) or (isinstance(value, bool) and kind is not bool):
        refuse(endpoint, f"{where} as {kind.__name__}", value)
    if kind is float:
        try:
            value = float(value)  # type: ignore[arg-type]
        except OverflowError:
            refuse(endpoint, f"{where} as float", "a number that is too large")
        if not math.isfinite(value):
            refuse(endpoint, f"{where} as a finite number", value)
    return value


def all_municipalities(codes: Iterable[str], endpoint: Endpoint) -> None:
    """Refuse a table that lacks one of the six municipalities."""
    wanted = set(read_table("municipalities")["municipality_code"])
    if missing := sorted(wanted - set(codes)):
        refuse(endpoint, f"rows for all of {', '.join(sorted(wanted))}", f"no {missing}")


def year_of(text: object, endpoint: Endpoint) -> int:
    """Return a year written as four digits or as a number."""
    plain = str(text) if isinstance(text, str | int) and not isinstance(text, bool) else ""
    if not (plain.isascii() and plain.isdigit() and 1900 <= int(plain[:9]) <= 2200):
        refuse(endpoint, "a year", text)
    return int(plain)


def newest(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the rows of the newest year by key."""
    return table.sort_values("year", kind="stable").groupby(keys, as_index=False).last()
