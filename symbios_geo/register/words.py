"""What the tables of a register are called: sheets, layers and files, in both languages."""

from __future__ import annotations

import re

from ..labels import LANGUAGES, label
from ..spelling import fold
from ..tables import once_per_folder
from .ids import slug

# the tables of a register, each with the column of its ids
KEYS = {"sites": "site_id", "flows": "flow_id", "synergies": "synergy_id", "sources": "source_id"}
TABLES = tuple(KEYS)
# files that only the tables of a run have
RESULT_FILES = frozenset({"findings", "definitions", "balance"})


def result_key(name: str) -> str:
    """Return what a run calls a table."""
    return "exchanges" if name == "synergies" else name


@once_per_folder
def table_words(name: str) -> frozenset[str]:
    """Return every name that a table may have, as ids."""
    key = result_key(name)
    return frozenset({slug(label(f"sheet:{key}", lang)) for lang in LANGUAGES} | {key, name})


def table_called(text: str) -> str:
    """
    Return which table a file or layer holds by its name, as "bok-Platser"; nothing if none.

    >>> table_called("Bok1.xlsx - Flöden"), table_called("varberg-sites"), table_called("x")
    ('flows', 'sites', '')
    """
    parts = re.split(r"[^a-z0-9]+", fold(text))
    for part in reversed(parts):
        for name in TABLES:
            if part in table_words(name):
                return name
    # one word, as the name of a book and of a sheet
    return next((n for n in TABLES if any(fold(text).endswith(w) for w in table_words(n))), "")


def passed_over(text: str) -> bool:
    """Say whether a file holds a sheet of the template that has no rows: how-to and lists."""
    keys = ("sheet:instructions", "sheet:lists")
    words = {slug(label(key, lang)) for key in keys for lang in LANGUAGES}
    # a file saved twice is called "mall_Listor (1)"
    name = slug(re.sub(r"\(\d+\)\s*$", "", text))
    return any(name.endswith(word) for word in words)


def without_table(text: str) -> str:
    """Return a name of a file with a star for the word that says which table it holds."""
    name = fold(text)
    words = sorted({w for n in TABLES for w in table_words(n)}, key=len, reverse=True)
    for word in words:
        start = name.rfind(word)
        if start >= 0:
            return f"{name[:start]}*{name[start + len(word) :]}"
    return name
