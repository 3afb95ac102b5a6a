"""Styles for QGIS: the `.qml` files of the folder `styles`, filled with classes and words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import jinja2

STYLES = Path(__file__).with_name("styles")


class Category(NamedTuple):
    """One entry of a legend: the value or upper limit it stands for, its words and colour."""

    value: str
    words: str
    colour: str
    shown: bool = True
    low: float = 0.0
    high: float = 0.0


class Style(NamedTuple):
    """
    How a layer looks.

    `kind` is the name of a file in `styles`: marker and line have a category for each value of
    the column and a size that follows an expression in millimetres; fill has classes and names.
    """

    kind: str
    column: str
    categories: tuple[Category, ...]
    size: str = ""


def qml(style: Style, aliases: Mapping[str, str]) -> str:
    """Return a style as QML text, with the words of every column."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters["rgba"] = _rgba
    source = (STYLES / f"{style.kind}.qml").read_text(encoding="utf-8")
    return environment.from_string(source).render(style=style, aliases=aliases)


def _rgba(colour: str) -> str:
    """Return #rrggbb as QGIS writes it."""
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + ",255"


def graduated(
    breaks: Iterable[float], colours: Iterable[str], words: Iterable[str]
) -> list[Category]:
    """Return the classes of a graduated style from their upper limits."""
    found, low = [], 0.0
    for high, colour, text in zip(breaks, colours, words, strict=False):
        found.append(Category("", text, colour, low=low, high=high))
        low = high
    return found
