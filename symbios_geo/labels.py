"""Every visible word, colour, unit and number format, in Swedish and English."""

from __future__ import annotations

from functools import cache

import pandas as pd
from babel.numbers import format_decimal

from .errors import DataError
from .tables import data_date, data_version, read_table

LANGUAGES = ("sv", "en")
LOCALES = {"sv": "sv_SE", "en": "en_GB"}
NO_DATA = {"sv": "uppgift saknas", "en": "no data"}
# columns whose codes have words, and what stands before the code in labels.csv
WORDED = {
    "resource": "resource:", "role": "role:", "stream": "stream:", "carbon": "carbon:",
    "additive": "additive:", "temperature_class": "", "mode": "mode:", "status": "status:",
    "kind": "kind:", "place_type": "place_type:", "method": "method:", "origin": "origin:",
    "verdict": "verdict:", "in_halland": "yesno:", "existing": "yesno:", "unit": "unit:",
    "role_in_project": "role_in_project:", "field": "field:", "indicator": "indicator:",
    "item": "item:", "part": "part:", "reason": "reason:", "rung": "rung:",
    "visibility": "visibility:",
}  # fmt: skip


def label(key: str, lang: str = "sv", **values: object) -> str:
    """
    Return the text for a key; `{name}` places in it are filled from `values`.

    Raises
    ------
    DataError
        If the key is not in labels.csv, or the language is neither sv nor en.
    """
    texts = _catalogue(check_language(lang))
    if key not in texts:
        msg = f"labels.csv has no row {key!r}. Add it with its Swedish and English text."
        raise DataError(msg)
    text = str(texts[key])
    return text.format(**values) if values else text


def has_label(key: str) -> bool:
    """Say whether labels.csv holds a key."""
    return key in _catalogue("sv")


def label_or(key: str, other: str, lang: str = "sv") -> str:
    """Return the words of a key, or other ones where labels.csv has no such key."""
    return label(key, lang) if has_label(key) else other


def colour(key: str) -> str:
    """Return the colour of a key as #rrggbb."""
    colours = _catalogue("colour")
    if not isinstance(found := colours.get(key), str):
        msg = f"labels.csv gives no colour for {key!r}. Fill in its column `colour`."
        raise DataError(msg)
    return found


def number(value: float | None, lang: str = "sv", *, digits: int | None = None) -> str:
    """
    Format a number the Swedish or the English way.

    `digits` are the decimals; None keeps three significant figures and never shows more than one
    decimal above 10. A missing value becomes the words for no data.
    """
    locale = LOCALES[check_language(lang)]
    if value is None or pd.isna(value):
        return NO_DATA[lang]
    if digits is None:
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    text = str(format_decimal(value, format=pattern, locale=locale))
    if lang == "sv":
        # Babel groups with a full-width no-break space; the narrow one is the Swedish print norm
        text = text.replace("\u00a0", "\u202f")
    return text.replace("-", "\u2212")


def quantity(value: float | None, unit: str, lang: str = "sv", *, digits: int | None = None) -> str:
    """Format a number with its unit, or the words for no data."""
    text = number(value, lang, digits=digits)
    return text if text == NO_DATA[lang] else f"{text}\u00a0{unit_label(unit, lang)}"


def interval(low: float, high: float, lang: str = "sv", *, digits: int | None = None) -> str:
    """Format a range such as 1 941-3 133 with an en dash."""
    return f"{number(low, lang, digits=digits)}\u2013{number(high, lang, digits=digits)}"


def unit_label(unit: str, lang: str = "sv") -> str:
    """Return the visible form of a unit, for example GWh/år for GWh/yr."""
    return label(f"unit:{unit}", lang)


def relabel(table: pd.DataFrame, lang: str = "sv") -> pd.DataFrame:
    """Return the table with its column names in words; unknown names stay as they are."""
    names = {c: label(f"column:{c}", lang) for c in table.columns if has_label(f"column:{c}")}
    return table.rename(columns=names)


def words(table: pd.DataFrame, lang: str = "sv") -> pd.DataFrame:
    """Return a table whose codes are replaced by the words of a language."""
    shown = table.copy()
    for column, prefix in WORDED.items():
        if column in shown:
            shown[column] = [_word(prefix, value, lang) for value in shown[column]]
    return shown


def _word(prefix: str, value: object, lang: str) -> object:
    """Return the word for a code; a code without words stays as it is."""
    key = f"{prefix}{value}"
    return label(key, lang) if pd.notna(value) and has_label(key) else value


def citation(lang: str = "sv") -> str:
    """Return how to cite the outputs."""
    day = data_date()
    values = {"version": data_version(), "year": day.year, "date": f"{day:%Y-%m-%d}"}
    return label("output:cite", lang, **values)


def source_line(lang: str = "sv") -> str:
    """Return the line that names this work and the version of its data."""
    return label("caption:source", lang, version=data_version())


def site_names(sites: pd.DataFrame, lang: str = "sv") -> pd.Series:
    """
    Return the name of each site in a language; one that somebody renamed has its new name.

    Parameters
    ----------
    sites
        With `name`, and where there are such, `name_sv` and `name_en`.
    lang
        "sv" or "en".
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


def check_language(lang: str) -> str:
    """Return the language if it is known, else raise DataError."""
    if lang not in LANGUAGES:
        msg = f"There is no language {lang!r}. Choose one of: {', '.join(LANGUAGES)}."
        raise DataError(msg)
    return lang


@cache
def _catalogue(column: str) -> dict[str, object]:
    """Return one column of labels.csv by key."""
    table = read_table("labels").set_index("key")[column].dropna()
    return {str(key): text for key, text in table.items()}
