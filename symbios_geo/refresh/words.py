"""One proposed change as a line of words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..labels import label, label_or, number


def difference_line(row: Mapping[str, Any], lang: str = "sv") -> str:
    """Return one proposal as a line: place, column, both values with their years, difference."""
    values = {
        "name": row["row_name"],
        "column": _column(str(row["column"]), lang),
        "fetched": number(row["fetched"], lang),
        "year_fetched": row["year_fetched"],
    }
    if pd.isna(row["bundled"]):
        return label("refresh:new", lang, **values)
    year = "" if pd.isna(row["year_bundled"]) else f" ({row['year_bundled']})"
    old = number(row["bundled"], lang) + year
    return label("refresh:row", lang, **values, bundled=old, difference=_difference(row, lang))


def _difference(row: Mapping[str, Any], lang: str) -> str:
    """Return the difference with its sign and share."""
    sign = "+" if row["difference"] > 0 else ""
    text = f"{sign}{number(row['difference'], lang)}"
    if pd.isna(row["difference_pct"]):
        return text
    return f"{text} ({sign}{number(row['difference_pct'], lang, digits=1)} %)"


def _column(name: str, lang: str) -> str:
    return label_or(f"column:{name}", name, lang)
