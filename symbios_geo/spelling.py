"""Words as people misspell them: which known one is meant, and letters without accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: object, known: Iterable[object], least: float = 0.5) -> list[str]:
    """
    Return the three known words most like one, whatever its capitals and accents.

    `least` is the likeness asked for, 0 to 1.

    >>> nearest("halmstads", ["Hylte", "Halmstad", "Varberg"])
    ['Halmstad']
    """
    folded: dict[str, list[str]] = {}
    for text in dict.fromkeys(map(str, known)):
        folded.setdefault(fold(text), []).append(text)
    found = get_close_matches(fold(str(word)), folded, n=3, cutoff=least)
    return [text for near in found for text in folded[near]][:3]


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """Return the end of a message that names the nearest words; nothing where none is near."""
    near = ", ".join(nearest(word, known))
    return f" Did you mean {near}?" if near else ""


def fold(text: str) -> str:
    """Return a text in small letters a-z without accents."""
    return unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()


def plain(text: str, joint: str = "-") -> str:
    """Return a name as a file or an id is called: small letters a-z, words joined."""
    return re.sub("[^a-z0-9]+", joint, fold(text)).strip(joint)
