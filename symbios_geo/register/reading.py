"""Read a user's register as text: a workbook, a GeoPackage, CSV files, or a folder of them."""

from __future__ import annotations

import csv
import io
import os
import re
import sqlite3
import warnings
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import RegisterError
from ..files import unguarded
from ..labels import LANGUAGES, label
from ..tables import CATALOGUE
from .faults import Fault, FileFaultError, refuse

TABLES = ("sites", "flows", "synergies", "sources")
NEEDED = ("sites", "flows")
# tables of other programs: to pass over them in silence would lose what they hold
FOREIGN = (".xls", ".xlsb", ".ods", ".numbers", ".tsv", ".shp", ".geojson", ".parquet")
MAX_BYTES = 20_000_000
MAX_ROWS = 10_000
MAX_COLUMNS = 200
MAX_UNPACKED = 30_000_000  # a workbook is a zip: what it grows to counts, not what it weighs
MAX_PARTS = 2000
MAX_TEXT = 2000  # letters of a cell
MAX_LETTERS = 10_000_000  # of a table: a file of 7 kB can name one long text in every cell
DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


def read_register_tables(path: str | Path | list[Path]) -> dict[str, pd.DataFrame]:
    """
    Read every known table as text, one column per field, rows in file order.

    Parameters
    ----------
    path
        An Excel workbook with the sheets sites and flows (and perhaps synergies, sources), a
        GeoPackage with such layers, CSV files of these names, or a folder that holds one of these.

    Raises
    ------
    RegisterError
        If files are missing, empty, too large, wrongly encoded or not what their name says; all
        such faults are in the message.
    """
    if isinstance(path, list):
        files = path
    else:
        files, *more = parts_of(path).values()
        if more:
            raise refuse(str(path), "file_several", len(more) + 1)
    try:
        return _reader_of(files[0])(files)
    except OSError as error:
        raise refuse(files[0].name, "file_unreadable", error.strerror or error) from None


def parts_of(path: str | Path) -> dict[str, list[Path]]:
    """
    Return the files of a register by the name they are told of with, in the order of names.

    A folder holds workbooks, GeoPackages and sets of CSV files such as `sites.csv` and `flows.csv`,
    or `alfa-sites.csv` and `alfa-flows.csv`. Folders in it are not read, nor are files that other
    programs have there for a while. A Frictionless data package names its tables itself.

    Raises
    ------
    RegisterError
        If there is nothing to read, a CSV file names no table, or a table of another program lies
        there; all such files are in the message.
    """
    path = Path(path)
    _check_name(path)
    if not path.exists():
        raise refuse(str(path), "file_not_found")
    if not path.is_dir():
        _reader_of(path)
        return {path.name: [path]}
    try:
        names = sorted(path.iterdir())
    except OSError as error:
        raise refuse(str(path), "file_unreadable", error.strerror or error) from None
    files = [p for p in names if not (p.name.startswith((".", "~")) or p.is_dir())]
    if (path / CATALOGUE).exists():
        files = [file for file in files if file.stem in TABLES]
    parts: dict[str, list[Path]] = {}
    faults: list[Fault] = []
    for file in files:
        try:
            _check_name(file)
            if file.suffix.lower() == ".csv":
                table = _table_of(file)
                parts.setdefault(file.stem.lower().replace(table, "*", 1) + ".csv", []).append(file)
            elif is_workbook(file) or file.suffix.lower() == ".gpkg":
                parts[file.name] = [file]
            elif file.suffix.lower() in FOREIGN:
                raise refuse(file.name, "file_foreign")
        except FileFaultError as error:
            faults += error.faults
    for name, part in parts.items():
        part.sort(key=lambda file: [table in file.stem.lower() for table in TABLES], reverse=True)
        have = {_table_of(file) for file in part} if name.endswith(".csv") else set(NEEDED)
        if missing := [name.replace("*", table) for table in NEEDED if table not in have]:
            faults += refuse(str(path), "file_tables_missing", expected=", ".join(missing)).faults
    if faults:
        raise FileFaultError(faults)
    if not parts:
        expected = ", ".join(f"{table}.csv" for table in NEEDED)
        raise refuse(str(path), "file_tables_missing", expected=expected)
    return dict(sorted(parts.items()))


def _check_name(path: Path) -> None:
    """Refuse a name that libraries could not pass on."""
    name = os.fsencode(path).decode("utf-8", "replace")
    if name != str(path):
        raise refuse(name, "file_name")


def is_workbook(path: str | Path) -> bool:
    """Say whether a path names an Excel workbook."""
    return Path(path).suffix.lower() in (".xlsx", ".xlsm")


def sheet_words(name: str) -> set[str]:
    """Return every name that the sheet of a table may have, in lower case."""
    words = {label(f"sheet:{name}", lang).casefold() for lang in LANGUAGES if name != "synergies"}
    return words | {name}


def _reader_of(path: Path) -> Callable[[list[Path]], dict[str, pd.DataFrame]]:
    """Return the function that reads this kind of file."""
    if is_workbook(path):
        return lambda files: _read_workbook(files[0])
    readers = {".csv": _read_files, ".gpkg": lambda files: _read_geopackage(files[0])}
    if path.suffix.lower() not in readers:
        raise refuse(str(path), "file_foreign")
    return readers[path.suffix.lower()]


# --- CSV -------------------------------------------------------------------------------------


def _read_files(files: list[Path]) -> dict[str, pd.DataFrame]:
    """Read CSV files and collect what is wrong with any of them."""
    tables, faults = {}, []
    for path in files:
        try:
            tables[_table_of(path)] = _read_csv(path)
        except FileFaultError as error:
            faults += error.faults
    if faults:
        raise FileFaultError(faults)
    return tables


def _table_of(path: Path) -> str:
    """Return which table a single file holds, by its name."""
    for name in TABLES:
        if name in path.stem.lower():
            return name
    raise refuse(path.name, "file_unnamed")


def _read_csv(path: Path) -> pd.DataFrame:
    """Read one CSV file as text; refuse what is not a proper table, with the line at fault."""
    check_size(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse(path.name, "file_not_utf8", error.start) from None
    if "\x00" in text:
        raise refuse(path.name, "file_not_text")
    if not text.strip():
        raise refuse(path.name, "file_empty")
    return _parse(path.name, text)


def check_size(path: Path) -> None:
    """Refuse a file that is empty or far larger than a register."""
    size = path.stat().st_size
    if size == 0:
        raise refuse(path.name, "file_empty")
    if size > MAX_BYTES:
        raise refuse(path.name, "file_large", f"{size / 1e6:.0f}", f"{MAX_BYTES / 1e6:.0f}")


def _parse(name: str, text: str) -> pd.DataFrame:
    """Split CSV text into rows of equal length; the index is the line where a row begins."""
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    rows: dict[int, list[str]] = {}
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) or line == 1:
                rows[line] = cells
            line = reader.line_num + 1
            if len(rows) > MAX_ROWS + 1:
                raise refuse(name, "file_rows", expected=MAX_ROWS)
    except csv.Error as error:
        raise refuse(name, "file_not_csv", error) from None
    header = [cell.strip() for cell in rows.pop(1)]
    faults = [
        Fault(name, 0, "", "file_fields", str(number), str(len(header)))
        for number, row in rows.items()
        if len(row) != len(header)
    ]
    if faults:
        raise FileFaultError(faults[:20])
    cleaned = {n: [_cut(unguarded(cell)) for cell in row] for n, row in rows.items()}
    return frame_of_text(name, header, cleaned)


def frame_of_text(name: str, header: list[str], rows: dict[int, list[str]]) -> pd.DataFrame:
    """Return text cells as a frame whose index is the row number a person sees."""
    if len(rows) > MAX_ROWS:
        raise refuse(name, "file_rows", expected=MAX_ROWS)
    if len(header) > MAX_COLUMNS:
        raise refuse(name, "file_columns", expected=MAX_COLUMNS)
    if not any(header):
        raise refuse(name, "file_no_header")
    if repeated := sorted({c for c in header if c and header.count(c) > 1}):
        raise refuse(name, "file_header_twice", ", ".join(repeated))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=range(len(header)), dtype="str")
    frame = frame.apply(lambda column: column.str.strip()) if len(frame) else frame.astype("str")
    frame.columns = pd.Index(header)
    return frame


# --- workbooks -------------------------------------------------------------------------------


def _read_workbook(path: Path) -> dict[str, pd.DataFrame]:
    """Read the known sheets of a workbook as text, without running formulas."""
    import openpyxl  # half a second, and only workbooks need it

    check_workbook_size(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that do not matter here
            with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
                sheets = sheets_of(book)
                if missing := [name for name in NEEDED if name not in sheets]:
                    names = ", ".join(label(f"sheet:{name}", "sv") for name in missing)
                    raise refuse(path.name, "file_sheets_missing", expected=names)
                tables = {name: _read_sheet(sheet) for name, sheet in sheets.items()}
            if _has_formulas(path):
                with closing(openpyxl.load_workbook(path, read_only=True)) as book:
                    for name, sheet in sheets_of(book).items():
                        tables[name] = _with_formulas(tables[name], _read_sheet(sheet))
            return tables
    except (RegisterError, MemoryError):
        raise
    except Exception:  # openpyxl raises whatever its XML parser meets
        raise refuse(path.name, "file_not_workbook") from None


def sheets_of(book: Any) -> dict[str, Any]:
    """Return the sheets that hold tables, whether their names are Swedish or English."""
    titles = {sheet.title.strip().casefold(): sheet for sheet in book.worksheets}
    found = {}
    for name in TABLES:
        if word := next((w for w in sorted(sheet_words(name)) if w in titles), None):
            found[name] = titles[word]
    return found


def check_workbook_size(path: Path) -> None:
    """Refuse what is no zip, unpacks to more than memory should hold, or declares entities."""
    check_size(path)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            unpacked = sum(item.file_size for item in parts)
            if unpacked > MAX_UNPACKED or len(parts) > MAX_PARTS:
                most = f"{MAX_UNPACKED / 1e6:.0f}"
                raise refuse(path.name, "file_unpacks", f"{unpacked / 1e6:.0f}", most)
            for item in parts:
                with archive.open(item) as part:
                    if DOCTYPE.search(part.read(4096).replace(b"\x00", b"")):
                        raise refuse(path.name, "file_not_workbook")
    except (RegisterError, MemoryError):
        raise
    except Exception:  # a broken zip raises errors of zlib, struct and others besides its own
        raise refuse(path.name, "file_not_workbook") from None


def _read_sheet(sheet: Any) -> pd.DataFrame:
    """Read one sheet: a header row, then every row that holds anything."""
    name = str(sheet.title)
    sheet.reset_dimensions()  # the stated size may be wrong, by mistake or on purpose
    header: list[str] = []
    rows: dict[int, list[str]] = {}
    letters = 0
    for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS + 1), 1):
        if number > MAX_ROWS + 1:
            raise refuse(name, "file_rows", expected=MAX_ROWS)
        texts = [_text(cell) for cell in cells]
        letters += sum(map(len, texts))
        if letters > MAX_LETTERS:
            raise refuse(name, "file_letters", expected=f"{MAX_LETTERS / 1e6:.0f}")
        if number == 1:
            header = _trimmed(texts)
        elif any(texts):
            rows[number] = _trimmed(texts)
    width = max([len(header), *map(len, rows.values())])
    rows = {number: row + [""] * (width - len(row)) for number, row in rows.items()}
    frame = frame_of_text(name, header + [""] * (width - len(header)), rows)
    frame.attrs["sheet"] = name
    return frame


def _has_formulas(path: Path) -> bool:
    """Say whether any sheet holds a formula."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(re.search(rb"<(\w+:)?f[\s>/]", archive.read(name)) for name in names)


def _with_formulas(results: pd.DataFrame, formulas: pd.DataFrame) -> pd.DataFrame:
    """Return results, with the text of those formulas that have no stored result."""
    if len(formulas.columns) != len(results.columns):
        return formulas  # a column of formulas without a name
    filled = results.set_axis(formulas.columns, axis=1).reindex(formulas.index, fill_value="")
    lost = (filled == "") & formulas.apply(lambda column: column.str.startswith("="))
    kept = filled.mask(lost, formulas)
    kept.attrs = results.attrs
    return kept


def _trimmed(texts: list[str]) -> list[str]:
    """Return the cells up to the last that holds anything."""
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _text(cell: object) -> str:
    """Return a cell as a person would type it; whole numbers lose their .0."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return _cut(str(cell))


def _cut(text: str) -> str:
    """Return a text without spaces around it, no longer than tells that it is too long."""
    return text.strip()[: MAX_TEXT + 1]


# --- GeoPackage ------------------------------------------------------------------------------


def _read_geopackage(path: Path) -> dict[str, pd.DataFrame]:
    """Read the known tables of a GeoPackage; a moved point changes lon and lat."""
    import geopandas as gpd
    import pyogrio

    check_size(path)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            found = [name for name in TABLES if _is_stored(base, name)]
        if not set(NEEDED) <= set(found):
            raise refuse(path.name, "file_not_geopackage")
        tables = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in found:
                layer = pyogrio.read_dataframe(path, layer=name, max_features=MAX_ROWS + 1)
                if isinstance(layer, gpd.GeoDataFrame):
                    layer = _with_coordinates(layer)
                rows = {n: [_text_of(c) for c in row] for n, row in enumerate(layer.to_numpy(), 2)}
                tables[name] = frame_of_text(name, [str(c) for c in layer.columns], rows)
    except (RegisterError, MemoryError):
        raise
    except Exception:  # GDAL and SQLite raise errors of their own for a broken file
        raise refuse(path.name, "file_not_geopackage") from None
    return tables


def _is_stored(base: sqlite3.Connection, name: str) -> bool:
    """Say whether a table is stored as it is read: computed cells may be of any size."""
    question = "SELECT sql FROM sqlite_master WHERE name = ? AND type = 'table'"
    found = base.execute(question, (name,)).fetchone()
    if found is None or "VIRTUAL" in str(found[0]).upper().split("(")[0]:
        return False
    # hidden: 1 of a virtual table, 2 and 3 generated
    return not any(row[6] for row in base.execute(f'PRAGMA table_xinfo("{name}")'))


def _with_coordinates(layer: Any) -> pd.DataFrame:
    """Return a layer of points as a table with lon and lat."""
    degrees = layer.geometry.to_crs("EPSG:4326") if layer.crs else layer.geometry
    there = degrees.notna() & ~degrees.is_empty
    points = degrees[there].representative_point()
    table = pd.DataFrame(layer.drop(columns=layer.geometry.name))
    placed = {"lon": points.x.round(7).reindex(layer.index), "lat": points.y.round(7)}
    return table.assign(**{c: v.reindex(layer.index) for c, v in placed.items()})


def _text_of(cell: object) -> str:
    """Return a cell of a frame as text; what is missing becomes empty."""
    return "" if cell is None or cell is pd.NaT or cell != cell else _text(cell)
