"""Two A4 pages per municipality, as PDF and as one self-contained HTML page, and their map."""

from __future__ import annotations

import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from ..errors import PlaceError
from ..files import write_whole
from ..labels import check_language, mistake
from ..region.area import Region
from ..register.comparing import municipality_code
from ..study.cases import Case
from ..study.chain import Study, check_study
from .pages import make_html, make_pdf, printer_fault, save_municipality_map
from .words import Sheet, make_sheet


def write_factsheets(
    study: Study,
    folder: str | Path,
    *,
    lang: str = "sv",
    workers: int = 1,
    home: str = "",
) -> list[Path]:
    """
    Write the factsheets of all municipalities and return the files: HTML, map as PNG, and PDF.

    Where no PDF can be made the HTML stands alone, and a warning says what to install. A study
    that was cleared for internal readers says INTERN on every page.

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
    home
        Address of the front page of a run, for a link back to it on each page. "": no link.
    """
    check_language(lang)
    check_study(study)
    drawn, _ = study.drawn, study.business  # computed once, before work is shared
    _tell_printer_fault()
    write = partial(_write_several, study, drawn, Path(folder), lang, home)
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
    Write the factsheet of one municipality and return its files: HTML, map as PNG, and PDF.

    Where no PDF can be made the HTML stands alone, and a warning says what to install. A study
    that was cleared for internal readers says INTERN on every page.

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

    Examples
    --------
    >>> import tempfile
    >>> import symbios_geo as sg
    >>> paths = write_factsheet(sg.run(lang="en"), "Hylte", tempfile.mkdtemp(), lang="en")
    >>> sorted(path.suffix for path in paths)
    ['.html', '.pdf', '.png']
    """
    check_language(lang)
    code = find_municipality(study, municipality)
    check_study(study)
    drawn = study.drawn
    sheet = make_sheet(study, code, drawn, lang=lang)
    _tell_printer_fault()
    return _write(sheet, study, Path(folder))


def find_municipality(study: Study | Region, municipality: str) -> str:
    """
    Return the code of a municipality given by name or code, or both, as people write them.

    The municipality is one of a study, or of a region.

    Raises
    ------
    PlaceError
        If there is no such municipality; the message lists those there are.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> find_municipality(sg.Region.load(), "Varbergs kommun")
    '1383'
    """
    names = study.municipalities["name"]
    if code := municipality_code(str(municipality), dict(names)):
        return code
    known = ", ".join(f"{name} ({code})" for code, name in names.items())
    raise mistake(PlaceError, "error:no_municipality", given=repr(municipality), known=known)


def _tell_printer_fault() -> None:
    """Warn that there will be HTML only, and say what to install, if no PDF can be made."""
    if fault := printer_fault():
        warnings.warn(fault, stacklevel=3)


def _write_several(
    study: Study, drawn: Case, folder: Path, lang: str, home: str, codes: list[str]
) -> list[Path]:
    """Write the factsheets of some municipalities."""
    sheets = (make_sheet(study, code, drawn, lang=lang) for code in codes)
    return [path for sheet in sheets for path in _write(sheet, study, folder, home)]


def _write(sheet: Sheet, study: Study, folder: Path, home: str = "") -> list[Path]:
    """Write one factsheet: the page, its map, and its print where this machine can make one."""
    path = folder / f"{study.region.file_name(sheet.code)}.html"
    page = make_html(sheet, study, home=home)
    written = [
        write_whole(path, page),
        save_municipality_map(sheet, study, path.with_suffix(".png")),
    ]
    if not printer_fault():
        written.append(write_whole(path.with_suffix(".pdf"), make_pdf(page)))
    return written
