"""Two A4 pages per municipality, as PDF and as one self-contained HTML page."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import resources
from io import BytesIO
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import jinja2
import matplotlib.pyplot as plt
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from ..disclosure import MARK, MARKS
from ..errors import PlaceError
from ..files import write_whole
from ..labels import check_language, label
from ..maps.page import METADATA, style
from ..study.cases import Case, drawn_case
from ..study.chain import Study, check_study
from .pages import draw_map, draw_pages, draw_season
from .words import Sheet, make_sheet

DRAWS, PIXELS_PER_INCH = 1000, 200


def write_factsheets(
    study: Study,
    folder: str | Path,
    *,
    lang: str = "sv",
    workers: int = 1,
) -> list[Path]:
    """
    Write the factsheets of all municipalities and return the files, two for each.

    A study that was cleared for internal readers says INTERN on every page.

    Parameters
    ----------
    study
        What `run` returned.
    folder
        Where to write; it is made if needed.
    lang
        "sv" or "en".
    workers
        Processes that share the municipalities (see `check_all`).
    """
    check_language(lang)
    check_study(study)
    drawn = drawn_case(study, n=DRAWS)
    write = partial(_write_several, study, drawn, Path(folder), lang)
    codes = [str(code) for code in study.municipalities.index]
    if workers == 1:
        return write(codes)
    parts = [codes[start::workers] for start in range(workers)]
    # a copy of a process with threads may hang: start fresh ones
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return sorted(chain(*pool.map(write, parts)))


def write_factsheet(
    study: Study,
    municipality: str,
    folder: str | Path,
    *,
    lang: str = "sv",
) -> list[Path]:
    """
    Write the factsheet of one municipality and return its files: PDF and HTML.

    A study that was cleared for internal readers says INTERN on every page.

    Parameters
    ----------
    study
        What `run` returned.
    municipality
        Name or code, for example "Varberg" or "1383".
    folder
        Where to write; it is made if needed.
    lang
        "sv" or "en".

    Raises
    ------
    PlaceError
        If there is no such municipality.
    OutputError
        If a file cannot be written.
    """
    check_language(lang)
    code = find_municipality(study, municipality)
    check_study(study)
    drawn = drawn_case(study, n=DRAWS)
    sheet = make_sheet(study, code, drawn, lang=lang)
    return _write(sheet, study, Path(folder))


def find_municipality(study: Study, municipality: str) -> str:
    """
    Return the code of a municipality given by name or code, in any case.

    Raises
    ------
    PlaceError
        If there is no such municipality; the message lists those there are.
    """
    names = study.municipalities["name"]
    wanted = unicodedata.normalize("NFC", str(municipality)).strip().casefold()
    for code, name in names.items():
        if wanted in (str(code), str(name).casefold()):
            return str(code)
    known = ", ".join(f"{name} ({code})" for code, name in names.items())
    msg = f"There is no municipality {municipality!r} in this study. Choose one of: {known}."
    raise PlaceError(msg)


def make_html(sheet: Sheet, study: Study, *, scales: Sequence[float] = (1.0, 1.0)) -> str:
    """
    Return a factsheet as HTML that needs no other file; every text enters as text.

    Parameters
    ----------
    sheet, study
        What the sheet says, and the study that its map shows.
    scales
        How large the letters of each page are when it is printed (see `make_pdf`).
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    source = resources.files(__package__).joinpath("factsheet.html").read_text(encoding="utf-8")
    lang = sheet.lang
    return environment.from_string(source).render(
        sheet=sheet,
        mark=MARK,
        scales=scales,
        map=_picture(draw_map(sheet, study)),
        map_words=label("factsheet:map_alt", lang, name=sheet.name),
        season=_picture(draw_season(sheet)),
        season_title=label("factsheet:season", lang),
        season_words=label("factsheet:season_alt", lang),
        sources_title=label("factsheet:sources", lang),
        pages=[label("factsheet:page", lang, page=page) for page in (1, 2)],
    )


def make_pdf(sheet: Sheet, study: Study) -> tuple[bytes, list[float]]:
    """Return a factsheet as PDF (two pages, fonts inside, no date) and the scale of each page."""
    content, scales = BytesIO(), []
    about = {**METADATA["pdf"], "Title": sheet.title}
    if sheet.marking:
        about |= {**MARKS["pdf"], "Title": f"{MARK}. {sheet.title}"}
    with style(), PdfPages(content, metadata=about) as pages:
        for figure, scale in draw_pages(sheet, study):
            pages.savefig(figure)
            plt.close(figure)
            scales.append(scale)
    return content.getvalue(), scales


def _write_several(
    study: Study, drawn: Case, folder: Path, lang: str, codes: list[str]
) -> list[Path]:
    """Write the factsheets of some municipalities."""
    sheets = (make_sheet(study, code, drawn, lang=lang) for code in codes)
    return [path for sheet in sheets for path in _write(sheet, study, folder)]


def _write(sheet: Sheet, study: Study, folder: Path) -> list[Path]:
    """Write one factsheet; a file appears complete or not at all."""
    pdf, scales = make_pdf(sheet, study)
    html = make_html(sheet, study, scales=scales)
    contents = {"pdf": pdf, "html": html.encode()}
    name = _file_name(sheet)
    return [
        write_whole(folder / f"{name}.{suffix}", content) for suffix, content in contents.items()
    ]


def _file_name(sheet: Sheet) -> str:
    """Return the name of a municipality in plain letters, for a file."""
    plain = unicodedata.normalize("NFKD", sheet.name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or sheet.code


def _picture(figure: Figure) -> str:
    """Return a figure as a data address, and close it."""
    content = BytesIO()
    with style():
        figure.savefig(content, format="png", dpi=PIXELS_PER_INCH, metadata=METADATA["png"])
    plt.close(figure)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
