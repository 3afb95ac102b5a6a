"""What a notebook says in words: a sentence with numbers in it, and the sources it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import pandas as pd

from ..errors import DataError
from ..labels import DASH, Language, chance, has_label, label, language, source_titles
from ..study.evidence import published
from ..tables import read_table

BELOW_ZERO = re.compile(rf"(\u2212\d[\d\s.,]*){DASH}|{DASH}(?=\u2212)")  # in a range
SPEC = re.compile(r"(?:\.(?P<digits>\d))?\s*(?P<unit>.*)")


@dataclass(frozen=True)
class Prose:
    """A text with Markdown in it; a notebook shows it set, other places as it stands."""

    text: str

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


@dataclass(frozen=True)
class _Value:
    """A value that is written as a language writes it, with the unit of its place."""

    value: Any
    texts: Language

    def __getitem__(self, key: str) -> _Value:
        return _Value(self.value[key], self.texts)

    def __format__(self, spec: str) -> str:
        if not isinstance(self.value, Real):
            return str(self.value)
        value, unit = float(self.value), spec
        digits = None
        if found := SPEC.fullmatch(spec):
            unit = found["unit"]
            digits = int(found["digits"]) if found["digits"] else None
        if value == 0:  # nothing at all has no decimals
            digits = 0
        if unit == "chance":
            return chance(value, self.texts.code)
        if unit == "%":
            return f"{self.texts.number(100 * value, digits=digits or 0)}\u00a0%"
        if not unit:
            return self.texts.number(value, digits=digits)
        return self.texts.quantity(value, unit, digits=digits)


def tell(lang: str, *, sv: str, en: str, **values: Any) -> Prose:
    """
    Return a text in a language, with values put in their places as that language writes them.

    Parameters
    ----------
    lang
        "sv" or "en".
    sv, en
        The text in either language. `{name}` stands for a value, `{name:GWh/yr}` for one with its
        unit, `{name:.1}` for one decimal, `{name:%}` for a share in per cent, `{name:chance}` for
        a probability and `{name[key]}` for one value of a table's column or a dictionary.
    values
        Numbers and texts by name.

    Raises
    ------
    DataError
        If there is no such language, or the text has a place for which there is no value.

    Examples
    --------
    >>> text = "{new:GWh/yr} is new, {share:%} of the need."
    >>> print(tell("en", sv="", en=text, new=1234.5, share=0.071).text.replace("\u00a0", " "))
    1,234 GWh/yr is new, 7 % of the need.
    """
    texts = language(lang)
    given = {name: _Value(value, texts) for name, value in values.items()}
    try:
        text = {"sv": sv, "en": en}[str(lang)].replace("}-{", f"}}{DASH}{{").format(**given)
    except KeyError as error:
        msg = f"The text has a place {error.args[0]!r}, but no value of that name was given."
        raise DataError(msg) from error
    return Prose(BELOW_ZERO.sub(rf"\1 {texts.label('range:to')} ", text))


def references(source_ids: Iterable[str], lang: str = "sv", *, most: int = 10) -> Prose:
    """
    Return the sources behind some rows as a list, the one that carries most rows first.

    Parameters
    ----------
    source_ids
        Ids of data/sources.csv, one for each row that rests on it.
    lang
        "sv" or "en".
    most
        How many are named; the list says how many more published ones there are.

    Raises
    ------
    DataError
        If an id is not in data/sources.csv.

    Examples
    --------
    >>> print(references(["own_physical_constants"], "en"))
    - Physical constants and stoichiometry
    """
    table = read_table("sources").set_index("source_id").assign(title=source_titles(lang))
    order = pd.Series(list(source_ids), dtype=object).value_counts(sort=True).index
    if unknown := [name for name in order if name not in table.index]:
        msg = f"data/sources.csv has no source {unknown[0]!r}. Add its row there."
        raise DataError(msg)
    lines = [f"- {_cite(table.loc[name])}" for name in order[:most]]
    if rest := len(published(order[most:])):
        lines.append("- " + label("notebook:more_sources", lang, count=rest))
    return Prose("\n".join(lines))


def signed_title(row: pd.Series) -> str:
    """Return the title of a source, with its publisher where it names none."""
    title, who = str(row["title"]), row["publisher"]
    # a title that has words of our own names its publisher itself
    ours = row["kind"] == "own" or has_label(f"source:{row.name}")
    if pd.notna(who) and not ours and str(who).split(",")[0] not in title:
        return f"{who}: {title}"
    return title


def _cite(row: pd.Series) -> str:
    """Return one source as a line: who, what, when, and where."""
    title = signed_title(row)
    if pd.notna(row["year"]) and str(row["year"]) not in title:
        title = f"{title} ({row['year']})"
    plain = re.sub(r"([\\`*_\[\]<>])", r"\\\1", title)
    return f"[{plain}]({row['url']})" if pd.notna(row["url"]) else plain
