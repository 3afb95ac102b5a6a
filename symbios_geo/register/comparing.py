"""One way of comparing words: the same name or code, however it was typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import pandas as pd

# words that say how a company is owned, not which it is
LEGAL_FORMS = {
    "ab", "aktiebolag", "aktiebolaget", "as", "asa", "ek", "ekonomisk", "enskild", "firma", "för",
    "förening", "gmbh", "hb", "handelsbolag", "handelsbolaget", "kb", "kommanditbolag",
    "kommanditbolaget", "ltd", "oy", "oyj", "publ",
}  # fmt: skip


def tidy(text: str) -> str:
    r"""
    Return a text as it looks: composed letters, one space between words, nothing invisible.

    >>> tidy("A\u030astorp\u00a0 \u200bsa\u00adg")
    'Åstorp sag'
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(sign for sign in composed if unicodedata.category(sign) != "Cf")
    return re.sub(r"[^\S\n]+", " ", visible).strip()


def same(text: str) -> str:
    r"""
    Return what two texts share when people would call them the same word.

    >>> same("  GWh/År ") == same("gwh/a\u030ar")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", tidy(str(text))).split()).casefold()


def as_numbers(cells: pd.Series) -> pd.Series:
    """Return cells as numbers, with a point or a comma; what is none is missing."""
    return pd.to_numeric(cells.str.replace(",", ".", regex=False), errors="coerce")


def plain_signs(number: str) -> str:
    r"""
    Return a number without spaces between thousands and with a plain minus.

    >>> plain_signs("\u22121\u00a0234\u202f567,8")
    '-1234567,8'
    """
    return re.sub(r"(?<=\d)\s(?=\d{3})", "", number).replace("\u2212", "-")


def municipality_code(text: str, names: Mapping[str, str]) -> str | None:
    """
    Return the code of a municipality by code, name, or both as statistics write them.

    Parameters
    ----------
    text
        As "1382", "Falkenberg", "Falkenbergs kommun", "1382 Falkenberg" or "Falkenberg (1382)".
    names
        The name of each municipality by code.

    Returns
    -------
    str or None
        The code; None where there is no such municipality, or code and name differ.

    Examples
    --------
    >>> municipality_code("1382 Falkenberg", {"1382": "Falkenberg"})
    '1382'
    """
    # a table whose column has blanks writes codes as numbers: 1382.0
    plain = re.sub(r"\b([0-9]{4})\.0$", r"\1", same(text))
    words = re.sub(r"[(),;:\u2013-]", " ", plain).split()
    codes = [word for word in words if word.isascii() and word.isdigit()]
    rest = " ".join(word for word in words if word not in codes)
    by_name = {re.sub(r"[\u2013-]", " ", same(name)): code for code, name in names.items()}
    # of "Falkenbergs kommun" and "kommunen Falkenberg" the name is left
    name = re.sub(r"\b(kommun|kommunen|stad|municipality|of)\b", " ", rest)
    name = " ".join(name.split())
    found = by_name.get(rest) or by_name.get(name) or by_name.get(name.removesuffix("s"))
    if len(codes) > 1 or (rest and found is None):
        return None
    if codes:
        code = codes[0] if codes[0] in names else None
        return code if not rest or code == found else None
    return found
