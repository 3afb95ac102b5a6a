"""Take in somebody's own data: a template to fill in, every fault of it, and a marked copy."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import RegisterError
from ..files import guarded, write_whole
from ..labels import check_language, label, number
from ..region.area import Region, bundled_region, package_folder
from .cells import MAX_ROWS
from .collect import faults_of, read_forms
from .duplicates import likely_duplicates
from .faults import Fault, FileFaultError, RuleFaultError, refuse
from .forms import Form
from .inspection import form_notices, outside_notices
from .load import loaded, tables_in
from .reading import is_workbook, read_grids
from .template import write_example, write_template
from .workbooks import sheets_of

__all__ = [
    "check_duplicates", "check_file", "duplicate_lines", "notices_of", "write_example",
    "write_marked_copy", "write_template",
]  # fmt: skip

FAULTY = "FFC7CE"
MAX_MARKS = 2000
MAX_MERGED = 100_000


def check_file(path: str | Path, lang: str = "sv") -> list[Fault]:
    """
    Return every fault of a register: workbook, GeoPackage, CSV file, or a folder of them.

    `fault.text(lang)` says where it is (file, sheet and cell, or table and row), what is wrong and
    how to mend it. A file that cannot be read at all is one fault as well. An empty list means
    that the register can be added to the bundled one.

    Parameters
    ----------
    path
        What to check; it is never changed. A data package of a region, a folder or the name of
        one that is here, is checked as that region.
    lang
        Checked to be a known language; the texts are made by `Fault.text`.

    Examples
    --------
    >>> import tempfile
    >>> path = write_example(Path(tempfile.mkdtemp()) / "example.xlsx", "en", mistakes=True)
    >>> [(fault.cell, fault.rule) for fault in check_file(path)]
    [('I3', 'place_swapped'), ('G4', 'no_number'), ('H7', 'order')]
    """
    check_language(lang)
    try:
        forms, area = _read(path)
        faults = faults_of(forms, bundled=area is None or area.packaged, region=area)
        # what else a package or an exchange needs, only the whole register has
        if not faults and (area or any("synergies" in form.tables for form in forms)):
            loaded(() if area else (path,), region=area)
    except (FileFaultError, RuleFaultError) as error:
        return error.faults
    return faults


def notices_of(path: str | Path) -> list[Fault]:
    """
    Return what of a register is read otherwise than it stands, or left out: no faults.

    Rows left out as titles, units, sums and notes, hidden rows, codes that got their zero back,
    places recognised from their numbers, places outside the region, words that are nearly a known
    one. `notice.text(lang)` says where and how it was read.

    Raises
    ------
    RegisterError
        If a file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> notices_of(write_example(Path(tempfile.mkdtemp()) / "example.xlsx"))
    []
    """
    forms, area = _read(path)
    region = bundled_region() if area is None else area
    parts = [[*form_notices(form), *outside_notices(form, region)] for form in forms]
    return [notice for part in parts for notice in part]


def check_duplicates(path: str | Path) -> pd.DataFrame:
    """
    Return pairs of sites, or of flows, that are probably the same.

    Of the files of a register, or of one and the bundled register. Only you can know: two plants
    may share a yard and a word of their names.

    Returns
    -------
    pandas.DataFrame
        site, other (ids, of flows where `table` says so), name, other_name, distance_km, likeness
        (0 to 1) and table; most alike first.

    Raises
    ------
    RegisterError
        If a file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> pairs = check_duplicates(write_example(Path(tempfile.mkdtemp()) / "example.xlsx"))
    >>> pairs[["site", "other"]].to_numpy().tolist()
    []
    """
    forms, area = _read(path)
    return likely_duplicates(forms, bundled=area is None or area.packaged)


def duplicate_lines(pairs: pd.DataFrame, lang: str = "sv") -> list[str]:
    """
    Return a line for every pair of sites or flows that may be one, and the remedies.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> import tempfile
    >>> path = sg.register.template.write_example(Path(tempfile.mkdtemp()) / "mine.xlsx", "en")
    >>> duplicate_lines(check_duplicates(path), "en")
    []
    """
    lines = []
    for table, rows in pairs.groupby("table", sort=False):
        for row in rows.to_dict("records"):
            km = number(row["distance_km"], lang, digits=1)
            lines.append(label(f"check:duplicate_{table}", lang, **row, distance=km))
        lines.append(label(f"check:remedy_{table}", lang))
    return lines


def write_marked_copy(
    path: str | Path, faults: Sequence[Fault], out: str | Path, *, lang: str = "sv"
) -> Path:
    """
    Write a copy of a register as a workbook, the faulty cells coloured and commented.

    Faults that have no cell stand on a sheet of their own. The original stays as it is.

    Raises
    ------
    RegisterError
        If the file cannot be read as tables, or the copy would replace the original.
    OutputError
        If the copy cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> given = write_example(folder / "example.xlsx", mistakes=True)
    >>> write_marked_copy(given, check_file(given), folder / "marked.xlsx").name
    'marked.xlsx'
    """
    path, out = Path(path), Path(out)
    if out.exists() and path.exists() and out.samefile(path):
        msg = f"{out} is the file itself. Give the marked copy another name."
        raise RegisterError(msg)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions that do not matter here
        book, sheets = _open_copy(path)
        loose = [fault for fault in faults[:MAX_MARKS] if not _mark(fault, sheets, lang)]
        if loose or len(faults) > MAX_MARKS:
            sheet = book.create_sheet("symbios-geo", 0)
            for number, fault in enumerate(loose, 1):
                _write_text(sheet, number, 1, fault.text(lang))
        return write_whole(out, book.save)


def _read(path: str | Path) -> tuple[list[Form], Region | None]:
    """Return a register as read, and the region that it is the data package of, if it is one."""
    folder = _package(path)
    if folder is None:
        return read_forms(path), None
    return read_forms(*tables_in(folder)), Region.load(folder)


def _package(path: str | Path) -> Path | None:
    """Return the folder of a data package; what exists is read as it is, whatever its name."""
    folder = package_folder(path)
    return folder if folder == Path(path) or not Path(path).exists() else None


def _open_copy(path: Path) -> tuple[Any, dict[str, Any]]:
    """Return a workbook with the tables, and its sheets by table name."""
    import openpyxl

    folder = _package(path)
    # refuses what is too large, before it is held in memory
    grids = read_grids(tables_in(folder) if folder else path)
    if is_workbook(path):
        _check_merges(path)
        # charts and pictures that openpyxl does not know: the copy then holds the tables alone
        with suppress(Exception):
            book = openpyxl.load_workbook(path)
            return book, sheets_of(book)
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheets = {}
    for name, grid in grids.items():
        sheets[name] = sheet = book.create_sheet(grid.sheet or name)
        for line, row in grid.rows.items():
            for place, cell in enumerate(row, 1):
                _write_text(sheet, line, place, cell)
    return book, sheets


def _check_merges(path: Path) -> None:
    """Refuse merged ranges so large that opening them would fill memory."""
    from openpyxl.utils import range_boundaries

    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            for found in re.findall(rb'mergeCell [^>]*ref="([^"]*)"', archive.read(name)):
                try:
                    left, top, right, bottom = range_boundaries(found.decode("ascii", "replace"))
                    count = (right - left + 1) * (bottom - top + 1)
                except (TypeError, ValueError):
                    count = 0  # openpyxl will say that the workbook is broken
                if count > MAX_MERGED:
                    raise refuse(path.name, "file_rows", expected=MAX_ROWS)


def _write_text(sheet: Any, row: int, column: int, text: str) -> None:
    """Write a cell that stays text, whatever it begins with."""
    import openpyxl

    if not text:
        return
    cell = sheet.cell(row, column)
    cell.value = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("?", text)
    cell.data_type = "s"
    cell.quotePrefix = guarded(text) != text


def _mark(fault: Fault, sheets: dict[str, Any], lang: str) -> bool:
    """Colour and comment the cell of a fault; say whether it has one."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    sheet = sheets.get(fault.table)
    if sheet is None or not fault.row:
        return False
    cell = sheet[fault.cell] if fault.cell else _found_by_header(sheet, fault)
    if cell is None:
        return False
    text = label("template:mark", lang, text=fault.what(lang))
    if cell.comment is not None and fault.row > 1:
        text = f"{cell.comment.text}\n{text}"
    cell.fill = PatternFill("solid", fgColor=FAULTY)
    cell.comment = Comment(text[:3000], "symbios-geo", width=360, height=120)
    return True


def _found_by_header(sheet: Any, fault: Fault) -> Any:
    """Return the cell of a fault of a CSV file, by the name of its column."""
    for cell in sheet[1]:
        if cell.value == fault.column:
            return sheet.cell(fault.row, cell.column)
    return None
