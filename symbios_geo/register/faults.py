"""One broken rule of a user's file, said in Swedish or English with where it is and the remedy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import RegisterError
from ..labels import WORDED, label, label_or, language

DECIMAL = re.compile(r"(?<=\d)\.(?=\d)")
MAX_SHOWN = 50
MAX_QUOTED = 80


class Fault(NamedTuple):
    """One broken rule: where it is (of a frame, with the id `key`), which rule, and the text."""

    table: str
    row: int
    column: str
    rule: str
    found: str
    expected: str = ""
    sheet: str = ""
    cell: str = ""
    file: str = ""  # where a register has several
    key: str = ""

    def where(self, lang: str = "en") -> str:
        """Return the place of the fault: sheet and cell, table and row, or the file."""
        if self.cell:
            column = column_word(self.column, lang)
            return label("fault:cell", lang, sheet=self.sheet, cell=self.cell, column=column)
        if not self.row:
            return label("fault:sheet", lang, table=self.sheet or self.table)
        # rows of a frame go by their id
        table = f"{self.table} {self.key}" if self.key else self.table
        return label("fault:where", lang, table=table, row=self.row, column=self.column)

    def what(self, lang: str = "en") -> str:
        """Return which rule is broken, and the remedy."""
        found, expected = self.found, self.expected
        if self.rule == "unknown_word":
            words = expected.split(", ")
            expected = ", ".join(word_of(self.column, word, lang) for word in words)
        if self.rule == "unit":
            expected = word_of("unit", expected, lang)
        if self.rule == "order" and self.cell:
            found, expected = (_with_words(text, lang) for text in (found, expected))
        if self.rule in ("order", "place_swapped"):  # what is found are numbers
            sign = language(lang).decimal
            found, expected = (DECIMAL.sub(sign, text) for text in (found, expected))
        return label(f"fault:{self.rule}", lang, found=_short(found), expected=expected)

    def text(self, lang: str = "en") -> str:
        """Return the fault as a sentence with its remedy."""
        where = self.where(lang)
        return (
            f"{self.file}, {where}: {self.what(lang)}"
            if self.file
            else f"{where}: {self.what(lang)}"
        )


class FileFaultError(RegisterError):
    """A file cannot be read as a register at all; `faults` says why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Keep the faults and write them as the English message."""
        self.faults = list(faults)
        super().__init__(self.report("en"))

    def report(self, lang: str) -> str:
        """Return the message in a language."""
        return "\n".join(fault.text(lang) + "." for fault in self.faults)


class RuleFaultError(RegisterError):
    """A register breaks its rules; `faults` says where."""

    def __init__(self, faults: Sequence[Fault], path: str) -> None:
        """Keep the faults and write them as the English message."""
        self.faults, self.path = list(faults), path
        super().__init__(self.report("en"))

    def report(self, lang: str) -> str:
        """Return the message in a language, the first fifty faults written out."""
        return fault_report(self.faults, self.path, lang)


def refuse(name: str, rule: str, found: object = "", expected: object = "") -> FileFaultError:
    """Return the error for one file or sheet that cannot be read."""
    return FileFaultError([Fault(name, 0, "", rule, str(found), str(expected))])


def fault_report(faults: Sequence[Fault], path: str, lang: str = "en") -> str:
    """Return all faults as one text, the first fifty written out."""
    lines = [f"- {fault.text(lang)}" for fault in faults[:MAX_SHOWN]]
    if len(faults) > MAX_SHOWN:
        lines.append(f"- ... (+{len(faults) - MAX_SHOWN})")
    return f"{path}: {len(faults)}\n" + "\n".join(lines)


def column_word(column: str, lang: str) -> str:
    """Return the visible name of a column, or the name itself."""
    return label_or(f"column:{column}", column, lang)


def word_of(column: str, word: str, lang: str) -> str:
    """Return the visible form of a word of a vocabulary, or the word itself."""
    return label_or(f"{WORDED.get(column, f'{column}:')}{word}", word, lang)


def _with_words(text: str, lang: str) -> str:
    """Return a text with the names of columns in words."""
    return re.sub(r"[a-z][a-z_]+", lambda found: column_word(found.group(), lang), text)


def _short(text: str) -> str:
    return text if len(text) <= MAX_QUOTED else text[: MAX_QUOTED - 1] + "\u2026"
