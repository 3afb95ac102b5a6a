"""The data catalogue: where the tables lie, what they are, and reading them with their checksum."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import ContextDecorator
from datetime import datetime
from functools import cache, lru_cache, wraps
from pathlib import Path
from threading import Lock
from typing import Any, ParamSpec, TypeVar

import pandas as pd

from .errors import DataError

__all__ = ["data_date", "data_folder", "data_version", "read_table"]

Given = ParamSpec("Given")
Made = TypeVar("Made")
FOLDER_VARIABLE = "SYMBIOS_GEO_DATA"
CATALOGUE = "datapackage.json"
READ_AS = {"string": "str", "integer": "Int64", "number": "float64", "boolean": "boolean"}


class _QuickTexts(ContextDecorator):
    """
    Texts as Python objects: tables of hundreds of rows are indexed in half the time of arrow's.

    The option is one for all threads, so the first to enter sets it and the last to leave sets it
    back to what the user had.
    """

    def __init__(self) -> None:
        """Start outside."""
        self.lock, self.inside, self.before = Lock(), 0, "auto"

    def __enter__(self) -> None:
        """Set the option."""
        with self.lock:
            if not self.inside:
                self.before = pd.get_option("mode.string_storage")
                pd.set_option("mode.string_storage", "python")
            self.inside += 1

    def __exit__(self, *_: object) -> None:
        """Set it back."""
        with self.lock:
            self.inside -= 1
            if not self.inside:
                pd.set_option("mode.string_storage", self.before)


quick_texts = _QuickTexts()


def data_folder() -> Path:
    """
    Return the folder of the bundled tables, or the one that SYMBIOS_GEO_DATA names.

    Examples
    --------
    >>> (data_folder() / CATALOGUE).exists()
    True
    """
    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen) if chosen else _own_folder()


@cache
def _own_folder() -> Path:
    """Return the folder of the bundled tables, looked for once: it is asked for at every label."""
    here = Path(__file__).parent
    return here / "data" if (here / "data" / CATALOGUE).exists() else here.parent / "data"


def read_catalogue(folder: Path | None = None) -> dict[str, Any]:
    """
    Read the data package description as a dictionary.

    Raises
    ------
    DataError
        If the catalogue is missing or is not valid JSON.
    """
    path = (folder or data_folder()) / CATALOGUE
    try:
        catalogue: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        msg = f"{path} is missing. Restore the data folder, or unset {FOLDER_VARIABLE}."
        raise DataError(msg) from None
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read ({error}). Restore it from the repository."
        raise DataError(msg) from None
    return catalogue


def once_per_folder(make: Callable[Given, Made]) -> Callable[Given, Made]:
    """
    Keep what a function makes of the tables: once per process, data folder and arguments.

    Everybody is handed the same object, so copy a frame before it is changed.
    """

    @cache
    def kept(_folder: Path, *given: Given.args, **named: Given.kwargs) -> Made:
        return make(*given, **named)

    @wraps(make)
    def found(*given: Given.args, **named: Given.kwargs) -> Made:
        return kept(data_folder(), *given, **named)  # type: ignore[arg-type]

    return found


def read_table(name: str) -> pd.DataFrame:
    """
    Read one listed table, with the column types that the catalogue states.

    Raises
    ------
    DataError
        If the table is not listed, is missing, or differs from its checksum.

    Examples
    --------
    >>> read_table("networks").columns[0]
    'network_id'
    """
    return _read_listed(name, data_folder()).copy()


def forget_tables() -> None:
    """Read every table anew, since its file was changed on purpose."""
    _read_listed.cache_clear()


@cache
@quick_texts
def _read_listed(name: str, folder: Path) -> pd.DataFrame:
    """Read a listed table once per process and folder."""
    listed = {entry["name"]: entry for entry in read_catalogue(folder)["resources"]}
    if name not in listed:
        msg = f"There is no table {name!r} in {CATALOGUE}. Listed: {', '.join(sorted(listed))}."
        raise DataError(msg)
    path = folder / listed[name]["path"]
    if not path.exists():
        msg = f"{path} is missing. Restore it from the repository."
        raise DataError(msg)
    if checksum(path) != listed[name]["hash"]:
        msg = (
            f"{path} is not the file that {CATALOGUE} describes (its checksum differs). If you "
            "changed it on purpose, run `python -m symbios_geo.catalogue`; else restore the file."
        )
        raise DataError(msg)
    if "schema" not in listed[name]:
        msg = f"{name!r} in {CATALOGUE} is no table but the file {path.name}."
        raise DataError(msg)
    fields = {field["name"]: READ_AS[field["type"]] for field in listed[name]["schema"]["fields"]}
    return pd.read_csv(path, dtype=fields, keep_default_na=False, na_values=[""])


def data_version() -> str:
    """
    Return twelve hexadecimal digits that change when any listed table changes.

    Examples
    --------
    >>> len(data_version())
    12
    """
    folder = data_folder()
    try:
        content = (folder / CATALOGUE).read_bytes()
    except OSError:
        content = b""  # reading it says why
    return _version_of(content, folder)


@lru_cache(maxsize=8)
def _version_of(_content: bytes, folder: Path) -> str:
    """Return the version that a catalogue of some content says: every picture and page asks."""
    hashes = "".join(entry["hash"] for entry in read_catalogue(folder)["resources"])
    return hashlib.sha256(hashes.encode()).hexdigest()[:12]


def data_date() -> datetime:
    """
    Return the day of the newest look at any source: outputs carry it instead of today.

    Examples
    --------
    >>> data_date().year >= 2026
    True
    """
    return datetime.fromisoformat(str(read_table("sources")["accessed"].dropna().max()))


def checksum(path: Path) -> str:
    """Return the SHA-256 of a text file; line endings are normalised, so git may convert them."""
    return "sha256:" + hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
