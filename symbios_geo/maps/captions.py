"""Captions ready for Word beside every picture, and the mark on everything that is internal."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from ..disclosure import INTERNAL, MARK, MARKS
from ..labels import LANGUAGES, has_label, label, source_line
from ..region.area import Region, bundled_region


def caption(name: str, lang: str = "sv", *, region: Region | None = None) -> str:
    """Return the caption of a picture such as `maps/heat-sources`; None is the bundled region."""
    key = f"caption:{name}" if has_label(f"caption:{name}") else f"file:{name}"
    named = name.rpartition("/")[2].replace("-", " ")
    words = (region or bundled_region()).words(lang)
    first = label(key, lang, **words) if has_label(key) else named
    return f"{first.rstrip('.')}. {source_line(lang)}"


def write_captions(
    path: Path, name: str, *, region: Region | None = None, internal: bool = False
) -> None:
    """Write the caption in both languages beside a picture given without its suffix."""
    for lang in LANGUAGES:
        text = caption(name, lang, region=region)
        text = f"{MARK}. {text}" if internal else text
        beside = path.with_name(f"{path.name}.{lang}.txt")
        beside.write_text(text + "\n", encoding="utf-8", newline="\n")


def mark_axes(ax: Axes, readers: str, lang: str = "sv") -> Axes:
    """Mark the figure of axes when what they show is internal; return the axes."""
    figure = ax.get_figure(root=True)
    if readers == INTERNAL and figure is not None:
        mark_figure(figure, lang)
    return ax


def mark_figure(figure: Any, lang: str = "sv") -> None:
    """Write the mark into the upper right corner of a matplotlib figure once, and remember it."""
    if figure.get_label() == MARK:
        return
    figure.set_label(MARK)
    look = {"color": "white", "weight": "bold", "ha": "right", "va": "top", "fontsize": 8}
    box = {"facecolor": "#b2182b", "edgecolor": "none", "pad": 3}
    figure.text(0.985, 0.992, label("output:internal", lang), bbox=box, **look)


def marks_of(figure: Any, suffix: str) -> dict[str, Any]:
    """Return what the metadata of a saved figure say about the mark: nothing without one."""
    return MARKS[suffix] if figure.get_label() == MARK else {}


def mark_page(text: str, lang: str = "sv", *, words: str = "output:internal") -> str:
    """Return an HTML page with the mark across its top and in its metadata; `words` is a label."""
    look = (
        "position:fixed;top:0;left:50%;transform:translateX(-50%);z-index:99999;padding:2px 12px;"
        "background:#b2182b;color:#fff;font:bold 13px sans-serif;pointer-events:none"
    )
    banner = f'<div style="{look}">{html.escape(label(words, lang))}</div>'
    before, body, after = text.partition("<body")
    start, close, rest = after.partition(">")
    before = before.replace("<head>", f'<head>\n<meta name="keywords" content="{MARK}">', 1)
    return before + body + start + close + banner + rest
