"""Every visible word, colour, unit and number format, in Swedish and English."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import pandas as pd
from babel import Locale
from babel.numbers import parse_pattern

from .errors import DataError, SymbiosError
from .tables import data_date, data_version, once_per_folder, read_table

__all__ = [
    "Language", "citation", "colour", "interval", "label", "number", "percent", "quantity",
    "relabel", "show", "site_names", "source_line", "source_titles", "words",
]  # fmt: skip

# columns whose codes have words, and what stands before the code in labels.csv
WORDED = {
    "resource": "resource:", "role": "role:", "stream": "stream:", "step": "step:",
    "variant": "variant:", "user_class": "user_class:", "carbon": "carbon:",
    "additive": "additive:", "temperature_class": "", "mode": "mode:", "status": "status:",
    "contact": "contact:", "promised": "yesno:", "may_be_granted": "yesno:",
    "kind": "kind:", "place_type": "place_type:", "method": "method:", "origin": "origin:",
    "verdict": "verdict:", "inside": "yesno:", "existing": "yesno:", "unit": "unit:",
    "role_in_project": "role_in_project:", "field": "field:", "indicator": "indicator:",
    "item": "item:", "part": "part:", "reason": "reason:", "rung": "rung:",
    "visibility": "visibility:", "project_type": "project_type:", "basis": "basis:",
    "replaced": "factor:", "electricity": "factor:", "sign": "sign:",
    "measure": "column:", "scenario": "scenario:", "potential": "potential:",
    "stage": "stage:", "change_kind": "change_kind:", "scattered": "additive:",
    "accessible": "yesno:", "class": "", "fit": "fit:",
    "relation": "relation:", "group": "group:", "gwh_place": "place:", "hours_place": "place:",
    "temperature_place": "place:",
    "material_class": "material_class:", "use_today": "use_today:", "case_status": "case_status:",
    "one_place": "yesno:", "method_source": "method:", "use_today_source": "use_today:",
    "category": "category:", "use_as_truth": "use_as_truth:",
    "stream_source": "stream:", "stream_sink": "stream:",
    "gives_or_takes": "role:", "resource_a": "resource:", "resource_b": "resource:",
    "case_place": "case_place:", "case_country": "case_country:", "month": "month:",
}  # fmt: skip


# classes and ways of transport as they follow each other in a legend, from hot to cold
LEGEND = (
    "class_60", "class_35", "class_low", "class_nuclear", "carbon:biogenic", "carbon:fossil",
    "mode:existing", "mode:direct", "mode:preheat", "mode:heat_pump", "mode:impossible",
    "mode:beside",
    "mode:truck", "mode:pipeline",
)  # fmt: skip
REMARKS = ("note", "operator")  # columns of texts in English or names
YEARS = ("year", "since")  # how the name of a column of years ends
MISSING = DASH = "\u2013"  # in a table whose columns do not apply to every row; in a range
NOTHING = 0.0005  # what solvers leave is none of a measured amount
COUNTED = (
    "exchanges", "actors", "links", "sectors", "resources", "projects", "municipalities", "jobs",
)  # fmt: skip
LAST = ("role:sink", "layer:not_counted")
CHANCES = ("probability", "pays_share")  # of the draws
RARE = 0.01  # a smaller chance is told as below it


@dataclass(frozen=True)
class Language:
    """
    One language: its texts, and how it writes numbers and files.

    A third language is one more record in `LANGUAGES` and one more column in labels.csv.

    Parameters
    ----------
    code
        The column of labels.csv, and what a user writes as `lang`.
    locale
        What Babel calls the language and its country.
    no_data
        The words for a missing value.
    separator, decimal
        What parts the columns of a CSV file, and whole numbers from decimals in it.
    group
        What parts thousands, where print differs from what Babel gives.
    """

    code: str
    locale: str
    no_data: str
    separator: str
    decimal: str
    group: str | None = None

    def __str__(self) -> str:
        """Return the code."""
        return self.code

    @property
    def tag(self) -> str:
        """The language as web pages and documents name it, such as sv-SE."""
        return self.locale.replace("_", "-")

    def label(self, key: str, **values: object) -> str:
        """Return the text for a key; `{name}` places in it are filled from `values`."""
        texts = _catalogue(self.code)
        if key not in texts and (found := _pattern(key)):
            row, resource = found
            words = {"resource": _resource_word(resource, self.code), **values}
            return str(texts[row]).format(**words)
        if key not in texts:
            msg = f"labels.csv has no row {key!r}. Add it with its text in every language."
            raise DataError(msg)
        text = str(texts[key])
        return text.format(**values) if values else text

    def label_or(self, key: str, other: str) -> str:
        """Return the words of a key, or other ones where labels.csv has no such key."""
        return self.label(key) if has_label(key) else other

    def remark(self, text: str) -> str:
        """Return a remark of the tables in this language; somebody's own stays as written."""
        return _remarks(self.code).get(text, text)

    def number(self, value: float | None, *, digits: int | None = None) -> str:
        """
        Format a number.

        `digits` are the decimals; None keeps three significant figures and never shows more than
        one decimal above 10. A missing value becomes the words for no data.
        """
        if value is None or pd.isna(value):
            return self.no_data
        if digits is None:
            digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
        text = _written(digits, self.locale)(value)
        # what rounds to nothing has no sign
        text = text if text.strip("-0.,") else text.lstrip("-")
        if self.group is not None:
            text = text.replace("\u00a0", self.group)
        return text.replace("-", "\u2212")

    def quantity(self, value: float | None, unit: str, *, digits: int | None = None) -> str:
        """
        Format a number with its unit, or the words for no data.

        A thousand thousands have a unit of their own (see `natural`).
        """
        parts, unit = natural(value, unit)
        if value is not None and parts > 1:  # 17.5 million, not 18
            value, digits = value / parts, 1 if value < 100 * parts else 0
        text = self.number(value, digits=digits)
        return text if text == self.no_data else f"{text}\u00a0{self.unit(unit)}"

    def interval(self, low: float, high: float, *, digits: int | None = None) -> str:
        """Format a range such as 1 941-3 133 (see `span`)."""
        return self.span(self.number(low, digits=digits), self.number(high, digits=digits))

    def span(self, low: str, high: str, *, worded: bool = False) -> str:
        """
        Return a range from its two ends as texts, or the one text that both are.

        Between them stands an en dash; beside a minus it would be read as one, so a range with an
        end below zero is written -546 to 101. `worded` writes every range so, as in a sentence.
        """
        if low == high:
            return low
        worded = worded or "\u2212" in (low[:1], high[:1])
        return f"{low} {self.label('range:to')} {high}" if worded else f"{low}{DASH}{high}"

    def unit(self, unit: str) -> str:
        """Return the visible form of a unit, GWh/år for GWh/yr; an unknown one stays as it is."""
        return self.label_or(f"unit:{unit}", unit)

    def column(self, name: str) -> str:
        """Return the words of a column's name; an unknown name stays as it is."""
        return self.label_or(f"column:{name}", name)

    def word(self, kind: str, code: object) -> object:
        """Return the word for a code of a column; a code without words stays as it is."""
        if kind not in WORDED or pd.isna(code):  # type: ignore[call-overload]
            return code
        return self.label_or(f"{WORDED[kind]}{code}", code)  # type: ignore[arg-type]


# what a thousand of a unit is called
LARGER = {"thousand m3/yr": "million m3/yr", "thousand m3": "million m3"}
# Babel groups with a full-width no-break space; the narrow one is the Swedish print norm
LANGUAGES = {
    language.code: language
    for language in (
        Language("sv", "sv_SE", "uppgift saknas", ";", ",", group="\u202f"),
        Language("en", "en_GB", "no data", ",", "."),
    )
}


def language(lang: str | Language) -> Language:
    """
    Return the record of a language, given by its code.

    Raises
    ------
    DataError
        If there is no such language.
    """
    found = LANGUAGES.get(str(lang))
    if found is None:
        msg = f"There is no language {lang!r}. Choose one of: {', '.join(LANGUAGES)}."
        raise DataError(msg)
    return found


def label(key: str, lang: str = "sv", **values: object) -> str:
    """
    Return the text for a key in a language (see `Language.label`).

    Examples
    --------
    >>> label("unit:GWh/yr", "sv")
    'GWh/år'
    """
    return language(lang).label(key, **values)


def mistake(kind: type[SymbiosError], key: str, **words: object) -> SymbiosError:
    """Return an error to raise whose text every language has; a word may be another error."""
    return kind(label(key, "en", **words), key, **words)


@cache
def _written(digits: int, locale: str) -> Callable[[float], str]:
    """Return what writes a number with decimals: Babel would read the pattern at each number."""
    pattern = parse_pattern("#,##0" + ("." + "0" * digits if digits else ""))
    return partial(pattern.apply, locale=Locale.parse(locale))


def has_label(key: str) -> bool:
    """Say whether labels.csv holds a key, or a row with a star that fits it."""
    return key in _catalogue("sv") or _pattern(key) is not None


def label_or(key: str, other: str, lang: str = "sv") -> str:
    """Return the words of a key, or other ones where labels.csv has no such key."""
    return language(lang).label_or(key, other)


def _pattern(key: str) -> tuple[str, str] | None:
    """Return the row with a star that fits a key, and what stands in the star's place."""
    for row, start, end in _patterns():
        if key.startswith(start) and key.endswith(end) and len(key) > len(start) + len(end):
            return row, key[len(start) : len(key) - len(end)]
    return None


@once_per_folder
def _remarks(code: str) -> dict[str, str]:
    """Return the text of every remark in a language, by its English one."""
    table = read_table("remarks")
    return dict(zip(table["en"], table[code], strict=True))


@once_per_folder
def _patterns() -> tuple[tuple[str, str, str], ...]:
    """Return the rows whose words hold for every resource, the most particular first."""
    rows = sorted((row for row in _catalogue("sv") if "*" in row), key=len, reverse=True)
    return tuple((row, row.partition("*")[0], row.partition("*")[2]) for row in rows)


def _resource_word(code: str, lang: str) -> str:
    """Return what a resource is called: its row of labels.csv, else its key as words."""
    known = _catalogue(lang).get(f"resource:{code}")
    return str(known) if known else code.replace("_", " ").capitalize()


def colour(key: str) -> str:
    """
    Return the colour of a key as #rrggbb.

    Examples
    --------
    >>> colour("resource:heat")
    '#a51300'
    """
    colours = _catalogue("colour")
    row = key if key in colours else (_pattern(key) or (key,))[0]
    if not isinstance(found := colours.get(row), str):
        msg = f"labels.csv gives no colour for {key!r}. Fill in its column `colour`."
        raise DataError(msg)
    return found


def number(value: float | None, lang: str = "sv", *, digits: int | None = None) -> str:
    """
    Format a number (see `Language.number`).

    Examples
    --------
    >>> number(12.345, "sv", digits=1)
    '12,3'
    """
    return language(lang).number(value, digits=digits)


def quantity(value: float | None, unit: str, lang: str = "sv", *, digits: int | None = None) -> str:
    r"""
    Format a number with its unit, or the words for no data.

    Examples
    --------
    >>> quantity(2571, "GWh/yr", "en")
    '2,571\xa0GWh/yr'
    """
    return language(lang).quantity(value, unit, digits=digits)


def natural(largest: float | None, unit: str) -> tuple[float, str]:
    """
    Return by what amounts are divided, and the unit they then have, to be read with ease.

    Nobody reads a thousand thousand cubic metres.

    Examples
    --------
    >>> natural(17500, "thousand m3/yr"), natural(450, "thousand m3/yr")
    ((1000.0, 'million m3/yr'), (1.0, 'thousand m3/yr'))
    """
    if largest is None or pd.isna(largest) or abs(largest) < 999.5 or unit not in LARGER:
        return 1.0, unit
    return 1000.0, LARGER[unit]


def interval(low: float, high: float, lang: str = "sv", *, digits: int | None = None) -> str:
    """
    Format a range such as 1 941-3 133; one below zero in words (see `Language.span`).

    Examples
    --------
    >>> interval(1941, 3133, "en").replace("\N{EN DASH}", "-")
    '1,941-3,133'
    >>> interval(-546, 101, "en").replace("\N{MINUS SIGN}", "-")
    '-546 to 101'
    """
    return language(lang).interval(low, high, digits=digits)


def short_name(name: str) -> str:
    """Return a name of a place without what stands in brackets."""
    return name.split(" (")[0].strip()


def span(low: str, high: str, lang: str = "sv", *, worded: bool = False) -> str:
    """Return a range from its two ends as texts (see `Language.span`)."""
    return language(lang).span(low, high, worded=worded)


def coarse(value: float, lang: str = "sv") -> str:
    """
    Format what is a rough estimate, such as tonnes of CO2e or a range: two figures, no idle zeros.

    Examples
    --------
    >>> [coarse(value, "en") for value in (1164064, 28.5, 7.0, 0.361)]
    ['1,200,000', '28', '7', '0.36']
    """
    place = math.floor(math.log10(abs(value))) - 1 if abs(value) >= 0.005 else 0
    shown = round(float(value), -max(place, -2)) + 0.0
    digits = next(count for count in (0, 1, 2) if count == 2 or shown == round(shown, count))
    return number(shown, lang, digits=digits)


def rough(low: float, high: float, lang: str = "sv") -> str:
    """Return a range in two figures, or the one number that it is: of estimates."""
    return span(coarse(low, lang), coarse(high, lang), lang)


def climate(low: float, high: float, lang: str = "sv", *, kind: str = "") -> str:
    r"""
    Say what happens to emissions, tonnes of CO2e a year, where from `low` to `high` are avoided.

    What is negative is told as an increase. `kind` "cell_" gives the words of a table that says
    what is avoided.

    Examples
    --------
    >>> climate(-0.863, -0.863, "en")
    'raises emissions by 0.86 t CO2e/yr'
    >>> climate(-27, 43, "en", kind="cell_")
    'raises 27 to cuts 43'
    """
    side = "less" if low >= 0 else "more" if high <= 0 else "mixed"
    ends = {"less": (max(low, 0.0), high), "more": (max(-high, 0.0), -low)}
    if side == "mixed":
        ends = {"less": (high, high), "more": (-low, -low)}
    words = {name: rough(*pair, lang) for name, pair in ends.items()}
    return label(f"climate:{kind}{side}", lang, **words)


def percent(share: float, lang: str = "sv") -> str:
    r"""
    Return a share as per cent with one figure after the point when it is small.

    Examples
    --------
    >>> percent(0.125, "sv"), percent(0.5, "en")
    ('12\xa0%', '50\xa0%')
    """
    percent = 100 * share
    return f"{number(percent, lang, digits=0 if percent >= 2 or not percent else 1)}\u00a0%"


def chance(share: float, lang: str = "sv") -> str:
    """Return a probability in whole per cent; what was drawn a thousand times is never certain."""
    sign = ">\u00a0" if share > 1 - RARE else "<\u00a0" if share < RARE else ""
    if math.isnan(share):
        return language(lang).no_data
    shown = min(max(share, RARE), 1 - RARE)
    return f"{sign}{number(100 * shown, lang, digits=0)}\u00a0%"


def years(value: float | None, lang: str = "sv") -> str:
    """
    Return how many years it takes to be paid back: whole ones, under one year with a decimal.

    Examples
    --------
    >>> years(9.8), years(0.42, "en")
    ('10', '0.4')
    """
    return number(value, lang, digits=0 if value is None or abs(value) >= 1 else 1)


def years_words(value: float | None, lang: str = "sv") -> str:
    """
    Return how many years it takes to be paid back, as `years`, with the word for them.

    Examples
    --------
    >>> years_words(1.2, "en"), years_words(9.8, "en")
    ('1 year', '10 years')
    """
    told = years(value, lang)
    return label("pilot:year" if told == "1" else "pilot:years", lang, years=told)


def within_sentence(words: str) -> str:
    """Return a name as it stands within a sentence: a small letter, but for abbreviations."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def joined(names: Sequence[str], lang: str = "sv") -> str:
    """Return names as a sentence lists them: A, B and C."""
    *most, last = names or [""]
    return label("unused:and", lang, first=", ".join(most), last=last) if most else last


def date_line(lang: str = "sv") -> str:
    """Say of which date the data are."""
    return label("output:date", lang, date=f"{data_date():%Y-%m-%d}")


def version_line(lang: str = "sv") -> str:
    """Say which version of the data an output was made from."""
    return label("output:version", lang, version=data_version())


def unit_label(unit: str, lang: str = "sv") -> str:
    """Return the visible form of a unit, for example GWh/år for GWh/yr."""
    return language(lang).unit(unit)


def relabel(table: pd.DataFrame, lang: str = "sv") -> pd.DataFrame:
    """
    Return the table with its column names in words; unknown names stay as they are.

    Examples
    --------
    >>> list(relabel(pd.DataFrame({"municipality": ["Varberg"]}), "sv").columns)
    ['Kommun']
    """
    texts = language(lang)
    return table.rename(columns={name: texts.column(str(name)) for name in table.columns})


def legend_order(key: str) -> tuple[int, str]:
    """Return what sorts classes for a legend: others by name, then the unknown, demand last."""
    if key in LEGEND:
        return LEGEND.index(key), key
    if key in LAST:
        return len(LEGEND) + 2 + LAST.index(key), key
    return len(LEGEND) + key.endswith("unknown"), key


def words(table: pd.DataFrame, lang: str = "sv") -> pd.DataFrame:
    """
    Return a table whose codes are replaced by the words of a language.

    Examples
    --------
    >>> words(pd.DataFrame({"role": ["sink"]}), "sv")["role"].tolist()
    ['Behov']
    """
    texts, shown = language(lang), table.copy()
    for column in WORDED:
        if column in shown:
            shown[column] = [texts.word(column, code) for code in shown[column]]
    return remarks_in(shown, lang)


def remarks_in(table: pd.DataFrame, lang: str = "sv") -> pd.DataFrame:
    """Return a table, or points of one, with its remarks and words for operators in a language."""
    known = [column for column in REMARKS if column in table]
    told = {c: [language(lang).remark(text) for text in table[c]] for c in known}
    return table.assign(**told) if told else table


class Shown(pd.DataFrame):
    """A table in words: its values stay numbers, and are written as a language writes them."""

    _metadata = ("_texts",)

    def _repr_html_(self) -> str:
        """Return the table for a notebook, whole texts and no row numbers."""
        with pd.option_context("display.max_colwidth", None):
            shown = str(self.to_html(notebook=True, **self._written()))
        return shown.replace(r"\n", "<br>")  # pandas writes the sign of a new line

    def __repr__(self) -> str:
        """Return the table as plain text."""
        return str(self.to_string(**self._written()))

    def _written(self) -> dict[str, Any]:
        """Return how rows and numbers are written; a column of whole numbers has no decimals."""
        texts: Language = self._texts
        whole = [place for place, (_, column) in enumerate(self.items()) if _is_whole(column)]
        formats = dict.fromkeys(whole, partial(_whole, texts))
        counted = isinstance(self.index, pd.RangeIndex)
        return {
            "index": not counted, "float_format": partial(_measured, texts), "na_rep": MISSING,
            "formatters": [formats.get(place) for place in range(self.shape[1])],
        }  # fmt: skip


def _is_whole(column: pd.Series) -> bool:
    """Say whether a column holds whole numbers only, missing ones aside."""
    if column.dtype == bool or not pd.api.types.is_numeric_dtype(column):
        return False
    known = column.dropna()
    return len(known) > 0 and bool((known == known.round()).all())


def _are_years(column: pd.Series) -> bool:
    """Say whether whole numbers are years: `last_year` may hold an amount."""
    return _is_whole(column) and bool(column.dropna().between(1500, 2500).all())


def _whole(texts: Language, value: float) -> str:
    """Return a whole number as text, grouped; one that is missing is a dash."""
    return MISSING if pd.isna(value) else texts.number(value, digits=0)


def _measured(texts: Language, value: float) -> str:
    """Return a number as text; nothing at all is a plain 0."""
    return texts.number(value, digits=0 if abs(value) < NOTHING else None)


def show(table: pd.DataFrame | pd.Series, lang: str = "sv") -> Shown:
    """
    Return a table in words, as people read it.

    Column names, codes and the names of rows become words, numbers are written as the language
    writes them (counts and nothing at all without decimals), a missing value is a dash, and plain
    row numbers are left out. Names of rows whose index has a name stand as a column below it. What
    has no words in labels.csv stays as it is. The values themselves do not change.

    Parameters
    ----------
    table
        A table, or one column of it.
    lang
        "sv" or "en".

    Raises
    ------
    DataError
        If there is no such language.

    Examples
    --------
    >>> show(pd.DataFrame({"role": ["sink"], "value": [1234.6]}), "en")
      Role  Value
    Demand  1,235
    """
    texts = language(lang)
    table = pd.DataFrame(table)
    counted = table["unit"].isin(COUNTED) if "unit" in table else pd.Series(False, table.index)
    shown = words(table, lang)
    if counted.any():
        for column in shown.select_dtypes(float):
            cells = zip(shown[column], counted, strict=True)
            shown[column] = pd.Series(
                [round(v) if one and pd.notna(v) and abs(v - round(v)) < NOTHING else v
                 for v, one in cells],
                shown.index, dtype=object,
            )  # fmt: skip
    for column in shown.columns.intersection(CHANCES):  # what was drawn is never certain
        known = shown[column].notna()
        told = [chance(share, lang) for share in shown.loc[known, column]]
        shown[column] = pd.Series(told, shown.index[known]).reindex(shown.index, fill_value=MISSING)
    for column in shown:
        if shown[column].dtype == bool:
            shown[column] = [texts.label(f"yesno:{known}") for known in shown[column]]
        elif str(column).endswith(YEARS) and _are_years(shown[column]):
            # digits of a year are not grouped
            shown[column] = [texts.no_data if pd.isna(y) else f"{y:.0f}" for y in shown[column]]
    named = str(shown.index.name)
    shown = shown.set_axis(_axis(shown.index, texts), axis="index")
    shown = shown.set_axis(_axis(shown.columns, texts), axis="columns")
    if has_label(f"column:{named}") and named not in table and not named.endswith("_id"):
        shown = shown.rename_axis(texts.column(named)).reset_index(allow_duplicates=True)
    found = Shown(shown)
    found._texts = texts
    return found


def _axis(names: pd.Index, texts: Language) -> pd.Index:
    """Return the names of rows or columns in words: codes of a column, or names of columns."""
    if isinstance(names, pd.RangeIndex | pd.MultiIndex):
        return names
    if names.name is not None and names.name not in WORDED:
        return names.rename(None)
    kind = str(names.name)
    found = [(name, texts.word(kind, name)) for name in names]
    # a code that has its word is not looked up again as the name of a column
    words = [texts.column(w) if w == name and isinstance(w, str) else w for name, w in found]
    return pd.Index(words)


def citation(lang: str = "sv", *, region: str) -> str:
    """
    Return how to cite the outputs on a region, given by its name.

    Examples
    --------
    >>> "Halland" in citation("en", region="Halland")
    True
    """
    day = data_date()
    values = {"version": data_version(), "year": day.year, "date": f"{day:%Y-%m-%d}"}
    return label("output:cite", lang, region=region, **values)


def source_line(lang: str = "sv") -> str:
    """
    Return the line that names this work and the version of its data.

    Examples
    --------
    >>> source_line("en").split()[0]
    'Source:'
    """
    return label("caption:source", lang, version=data_version())


def source_titles(lang: str = "sv", own: pd.DataFrame | None = None) -> pd.Series:
    """
    Return the title of every bundled source by source_id; what we made is named in `lang`.

    Parameters
    ----------
    lang
        "sv" or "en".
    own
        Further sources, such as those of a register: `source_id` and `title`.

    Examples
    --------
    >>> mine = pd.DataFrame({"source_id": ["works"], "title": ["Report of the works"]})
    >>> source_titles("sv", mine)["works"]
    'Report of the works'
    """
    return known_sources(lang, own)["title"]


def known_sources(lang: str, own: pd.DataFrame | None) -> pd.DataFrame:
    """Return the bundled sources and then one's own by source_id, titled as `source_titles`."""
    table, words = read_table("sources"), language(lang)
    if own is not None:
        table = pd.concat([table, own.reindex(columns=table.columns)])
    table = table.drop_duplicates("source_id").set_index("source_id")
    titles = [words.label_or(f"source:{key}", title) for key, title in table["title"].items()]
    return table.assign(title=titles)


def site_names(sites: pd.DataFrame, lang: str = "sv") -> pd.Series:
    """
    Return the name of each site in a language; one that somebody renamed has its new name.

    Parameters
    ----------
    sites
        With `name`, and where there are such, `name_sv` and `name_en`.
    lang
        "sv" or "en".

    Examples
    --------
    >>> import symbios_geo as sg
    >>> site_names(sg.load_register().sites, "en")["port_halmstad"]
    'Port of Halmstad'
    """
    names = sites["name"].astype("str")
    wanted = f"name_{check_language(lang)}"
    if wanted not in sites:
        return names
    known = pd.concat([sites[f"name_{one}"] == names for one in LANGUAGES], axis=1).any(axis=1)
    return sites[wanted].where(known & sites[wanted].notna(), names).astype("str")


def parameter_names(parameters: pd.DataFrame, lang: str = "sv") -> pd.Series:
    """Return the name of each assumption in a language; one without a name keeps its id."""
    ids = pd.Series(parameters.index.astype("str"), parameters.index)
    names = (parameters.get(f"name_{one}", ids) for one in (check_language(lang), *LANGUAGES))
    found = next(names)
    for other in names:
        found = found.fillna(other)
    return found.fillna(ids).astype("str")


def cut(text: str, length: int) -> str:
    """Return a text on one line, cut with an ellipsis if too long; no-break spaces stay."""
    line = re.sub(r"[ \t\r\n]+", " ", text).strip()
    return line if len(line) <= length else line[: length - 1].rstrip(" ,;:(") + "\u2026"


def check_language(lang: str) -> str:
    """Return the language if it is known, else raise DataError."""
    return language(lang).code


@once_per_folder
def _catalogue(column: str) -> dict[str, object]:
    """Return one column of labels.csv by key."""
    table = read_table("labels").set_index("key")[column].dropna()
    return {str(key): text for key, text in table.items()}
