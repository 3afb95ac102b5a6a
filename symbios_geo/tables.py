"""Read the tables of somebody's register: a folder of CSV files, one CSV file or a workbook."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pandas as pd

from .errors import RegisterError

TABLES = ("sites", "flows", "synergies", "sources")
NEEDED = ("sites", "flows")
MAX_BYTES = 50_000_000
MAX_ROWS = 200_000
MAX_UNPACKED = 10 * MAX_BYTES  # a workbook is a zip: what it grows to counts, not what it weighs


def read_register_tables(path: str | Path) -> dict[str, pd.DataFrame]:
    """
    Read every known table as text, one column per field, rows in file order.

    Parameters
    ----------
    path
        A folder with sites.csv and flows.csv (and perhaps synergies.csv, sources.csv), one of
        these files, or an Excel workbook with sheets of these names.

    Raises
    ------
    RegisterError
        If files are missing, empty, too large, wrongly encoded or not what their name says; all
        such faults are in the message.
    """
    path = Path(path)
    if not path.exists():
        msg = f"{path} does not exist. Give a folder with sites.csv and flows.csv, or a workbook."
        raise RegisterError(msg)
    if path.is_dir():
        return _read_folder(path)
    if path.suffix.lower() == ".csv":
        return _read_files([path])
    if path.suffix.lower() == ".xlsx":
        return _read_workbook(path)
    msg = (
        f"{path} is not a register: it should be a folder, a .csv file or an .xlsx workbook. "
        "`symbios-geo template FILE.xlsx` makes a workbook to fill in."
    )
    raise RegisterError(msg)


def _read_folder(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the known CSV files of a folder."""
    files = [folder / f"{name}.csv" for name in TABLES if (folder / f"{name}.csv").exists()]
    if missing := [name for name in NEEDED if folder / f"{name}.csv" not in files]:
        msg = f"{folder} lacks {' and '.join(f'{name}.csv' for name in missing)}. Add the table."
        raise RegisterError(msg)
    return _read_files(files)


def _read_files(files: list[Path]) -> dict[str, pd.DataFrame]:
    """Read CSV files and collect what is wrong with any of them."""
    tables, faults = {}, []
    for path in files:
        try:
            tables[_table_of(path)] = _read_csv(path)
        except RegisterError as error:
            faults.append(str(error))
    if faults:
        raise RegisterError("\n".join(faults))
    return tables


def _table_of(path: Path) -> str:
    """Return which table a single file holds, by its name."""
    for name in TABLES:
        if name in path.stem.lower():
            return name
    msg = f"{path.name}: name the file sites.csv or flows.csv, so that its table is known."
    raise RegisterError(msg)


def _read_csv(path: Path) -> pd.DataFrame:
    """Read one CSV file as text; refuse what is not a proper table, with the line at fault."""
    size = path.stat().st_size
    if size == 0:
        msg = f"{path.name} is empty. Write a header line and at least one row."
        raise RegisterError(msg)
    if size > MAX_BYTES:
        msg = f"{path.name} holds {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read."
        raise RegisterError(msg)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = (
            f"{path.name} is not UTF-8 text (byte {error.start}). In Excel, save it as "
            '"CSV UTF-8 (comma delimited)".'
        )
        raise RegisterError(msg) from None
    if "\x00" in text:
        msg = f"{path.name} is not a text file. Save the table as CSV UTF-8."
        raise RegisterError(msg)
    return _parse(path.name, text)


def _parse(name: str, text: str) -> pd.DataFrame:
    """Split CSV text into rows of equal length."""
    first = text.split("\n", 1)[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=separator, strict=True))
    except csv.Error as error:
        msg = f"{name} cannot be read as CSV ({error}). A quotation mark may be open: is it cut off?"
        raise RegisterError(msg) from None
    header, body = [cell.strip() for cell in rows[0]], rows[1:]
    faults = [
        f"{name} line {number}: {len(row)} fields where the header has {len(header)}; "
        "check separators and quotation marks, or whether the file is cut off."
        for number, row in enumerate(body, 2)
        if row and len(row) != len(header)
    ]
    if faults:
        raise RegisterError("\n".join(faults[:20]))
    return frame_of_text(name, header, [row for row in body if row])


def frame_of_text(name: str, header: list[str], rows: list[list[str]]) -> pd.DataFrame:
    """Return text cells as a frame whose index is the row number a person sees."""
    if len(rows) > MAX_ROWS:
        msg = f"{name} has more than {MAX_ROWS} rows; split it."
        raise RegisterError(msg)
    if repeated := sorted({c for c in header if c and header.count(c) > 1}):
        msg = f"{name}: the header names {', '.join(repeated)} more than once. Keep one of each."
        raise RegisterError(msg)
    if not rows:
        msg = f"{name} has no rows under its header. Add at least one."
        raise RegisterError(msg)
    frame = pd.DataFrame(rows, columns=header, index=range(2, len(rows) + 2), dtype="str")
    return frame.apply(lambda column: column.str.strip())


def _read_workbook(path: Path) -> dict[str, pd.DataFrame]:
    """Read the known sheets of a workbook as text, without running formulas."""
    import openpyxl  # half a second, and only workbooks need it

    check_workbook_size(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever its XML parser meets
        msg = f"{path.name} is not a readable Excel workbook ({error}). Save it again as .xlsx."
        raise RegisterError(msg) from None
    try:
        names = [name for name in TABLES if name in book.sheetnames]
        if missing := [name for name in NEEDED if name not in names]:
            msg = f"{path.name} lacks the sheet {' and '.join(missing)}. Start from a new template."
            raise RegisterError(msg)
        return {name: _read_sheet(name, book[name]) for name in names}
    finally:
        book.close()


def check_workbook_size(path: Path) -> None:
    """Refuse a workbook that is no zip, or that unpacks to more than memory should hold."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        msg = f"{path.name} is not an Excel workbook, or it is cut off. Save it again as .xlsx."
        raise RegisterError(msg) from None
    if unpacked > MAX_UNPACKED:
        msg = f"{path.name} unpacks to {unpacked / 1e6:.0f} MB; at most {MAX_UNPACKED / 1e6:.0f} MB."
        raise RegisterError(msg)


def _read_sheet(name: str, sheet: object) -> pd.DataFrame:
    """Read one sheet: a header row, then rows until the last that holds anything."""
    rows = []
    for number, cells in enumerate(sheet.iter_rows(values_only=True)):  # type: ignore[attr-defined]
        if number > MAX_ROWS:
            break
        rows.append([_text(cell) for cell in cells])
    if not rows or not any(rows[0]):
        msg = f"Sheet {name} has no header row. Start from a new template."
        raise RegisterError(msg)
    width = max(i for i, cell in enumerate(rows[0], 1) if cell)
    body = [row[:width] for row in rows[1:]]
    while body and not any(body[-1]):
        body.pop()
    return frame_of_text(name, rows[0][:width], body)


def _text(cell: object) -> str:
    """Return a cell as a person would type it; whole numbers lose their .0."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"{cell:g}" if isinstance(cell, float) and cell.is_integer() else str(cell)
