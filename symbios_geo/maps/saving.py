"""The files a figure is saved to: PNG, SVG and PDF that say what they show."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ..errors import OutputError
from ..files import write_whole
from .captions import marks_of
from .page import style
from .pdf_tags import tag_pdf

GENERIC_FONTS = ", Arial, Helvetica, sans-serif"  # for a machine without the fonts drawn with
DOTS = 300  # of a PNG, an inch
PACKED = 3  # of 9: a map is a tenth smaller with 6, in a third more time
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": "symbios-geo"},
    "pdf": {"CreationDate": None, "Creator": "symbios-geo", "Producer": None},
}


def save_figure(
    figure: Figure,
    path: str | Path,
    formats: Sequence[str] = ("png", "svg", "pdf"),
    *,
    alt: str = "",
    lang: str = "sv",
    close: bool = False,
) -> list[Path]:
    """
    Save a figure as PNG (300 dpi), SVG (text as text) and PDF (tagged); return the files.

    The bytes depend on the figure only: no date, no machine. A file appears complete or not at all.
    Each holds the title and a description of the figure for those who do not see it.

    Parameters
    ----------
    figure
        The figure to save.
    path
        File without suffix.
    formats
        Any of png, svg and pdf.
    alt
        What stands for the picture where it is not seen; none takes what stands under its title.
    lang
        Language of the texts, "sv" or "en".
    close
        Close the figure afterwards, which frees its memory.

    Raises
    ------
    OutputError
        If a format is unknown or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> figure, ax = plt.subplots()
    >>> [path] = save_figure(figure, Path(tempfile.mkdtemp()) / "empty", ["svg"], close=True)
    >>> path.name
    'empty.svg'
    """
    unknown = sorted(set(formats) - set(METADATA))
    if unknown:
        msg = f"A figure cannot be saved as {', '.join(unknown)}. Choose from png, svg and pdf."
        raise OutputError(msg)
    title, told = alternative_text(figure)
    title = title or Path(path).name
    described = " ".join(f"{text.rstrip('.')}." for text in (alt, told) if text)
    words = {"title": title, "alt": described or title, "lang": lang}
    written = [_save(figure, Path(f"{path}.{suffix}"), suffix, **words) for suffix in formats]
    if close:
        plt.close(figure)
    return written


def alternative_text(figure: Figure) -> tuple[str, str]:
    """Return the title of a figure, wherever it stands, and what is written under the title."""
    places = [(ax, where) for ax in figure.axes for where in ("left", "center", "right")]
    titles = (one_line(ax.get_title(loc=where)) for ax, where in places)  # type: ignore[arg-type]
    subtitles = [text for text in _texts(figure) if text.get_gid() == "subtitle"]
    told = [one_line(text.get_text()) for text in subtitles]
    return next(filter(None, titles), ""), " ".join(told)


def one_line(text: str) -> str:
    """Return a text in one line; the thin spaces of its numbers stay."""
    return re.sub(r"[ \n]+", " ", text).strip()


def spaced(text: str) -> str:
    """Return a text whose thousands stay apart: matplotlib's PDF drops some narrow spaces."""
    return text.replace("\u202f", "\u00a0")


@contextmanager
def _spaces_for(figure: Figure, suffix: str) -> Iterator[None]:
    """Let the texts of a figure have the spaces that a format can hold; they come back after."""
    texts = _texts(figure) if suffix == "pdf" else ()
    before = [(text, text.get_text()) for text in texts]
    try:
        for text, words in before:
            text.set_text(spaced(words))
        yield
    finally:
        for text, words in before:
            text.set_text(words)


def _texts(artist: Artist) -> Iterator[Text]:
    """Yield the texts in an artist but for those at ticks, which are written anew when drawn."""
    for child in artist.get_children():
        if isinstance(child, Text):
            yield child
        elif isinstance(child, Axis):  # asking it for its ticks would make them
            yield child.label
        else:
            yield from _texts(child)


def _save(figure: Figure, path: Path, suffix: str, *, title: str, alt: str, lang: str) -> Path:
    """Write a figure in one format, with what it is called and what stands for it."""
    about = METADATA[suffix] | {"Title": title}
    about |= {} if suffix == "pdf" else {"Description": alt}
    about |= marks_of(figure, suffix)

    def write(draft: Path) -> None:
        if suffix == "png":
            _save_png(figure, draft, about)
            return
        figure.savefig(draft, format=suffix, dpi=DOTS, metadata=about)
        if suffix == "pdf":
            tag_pdf(draft, title=title, alt=alt, lang=lang)
        else:
            _finish_svg(draft, alt)

    with style(), _spaces_for(figure, suffix):
        return write_whole(path, write)


def _save_png(figure: Figure, path: Path, about: dict[str, Any]) -> None:
    """Save a picture; where nothing shines through, as three colours a dot: that is sooner done."""
    shown, canvas = figure.canvas, FigureCanvasAgg(figure)
    try:
        figure.savefig(BytesIO(), format="rgba", dpi=DOTS)
    finally:
        figure.set_canvas(shown)
    dots = np.asarray(canvas.buffer_rgba())
    opaque = bool((dots[..., 3] == 255).all())
    said = PngInfo()
    for name, words in about.items():
        if words is not None:
            said.add_text(name, words)
    picture = Image.fromarray(np.ascontiguousarray(dots[..., :3]) if opaque else dots)
    picture.save(path, format="png", dpi=(DOTS, DOTS), pnginfo=said, compress_level=PACKED)


def _finish_svg(path: Path, alt: str) -> None:
    """Give an SVG a role, a description for screen readers and fonts that every machine has."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"(font(?:-family)?: [^;\"]*'[^;\"']+')(?=[;\"])", rf"\1{GENERIC_FONTS}", text)
    text = text.replace("<svg ", '<svg role="img" ', 1)
    head, title, rest = text.partition("</title>")
    if title:
        text = f"{head}{title}\n <desc>{html.escape(alt, quote=False)}</desc>{rest}"
    path.write_text(text, encoding="utf-8", newline="\n")
