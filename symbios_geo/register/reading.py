"""Read a user's register: a workbook, a GeoPackage, CSV files, or a folder of them."""

from __future__ import annotations

import csv
import io
import os
import re
import sqlite3
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import RegisterError
from ..files import unguarded
from ..tables import CATALOGUE
from . import cells
from .cells import DATE, NUMBER_CELL, TEXT, Grid, header_row, header_words
from .comparing import same
from .complete import one_point
from .faults import Fault, FileFaultError, refuse
from .words import RESULT_FILES, TABLES, passed_over, table_called, without_table
from .workbooks import (
    NEEDED,
    OLD,
    SPREADSHEETS,
    WORKBOOKS,
    check_size,
    clipped,
    read_ods,
    read_workbook,
    refuse_old,
)

# tables of other programs: to pass over them in silence would lose what they hold
FOREIGN = (".numbers", ".tsv", ".shp", ".geojson", ".parquet")
SEPARATORS = ";,\t"
FAR = 1e-4  # degrees between a point and what is written beside it: ten metres
Reader = Callable[[list[Path]], dict[str, Grid]]


def read_grids(path: str | Path | list[Path]) -> dict[str, Grid]:
    """
    Read every known table as people see it.

    Parameters
    ----------
    path
        A workbook (Excel, ODS) with the sheets sites and flows (and perhaps synergies, sources),
        a GeoPackage with such layers, CSV files of these names, or a folder that holds one of
        these.

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
    elif len({file.stem.lower() for file in files} & RESULT_FILES) > 1:
        # the tables of a run: of the sums in the other files no register is made
        files = [file for file in files if table_called(file.stem)]
    parts: dict[str, list[Path]] = {}
    faults: list[Fault] = []
    for file in files:
        try:
            _check_name(file)
            if file.suffix.lower() == ".csv":
                if passed_over(file.stem):
                    continue
                _table_of(file)
                parts.setdefault(without_table(file.stem) + ".csv", []).append(file)
            elif file.suffix.lower() in (*SPREADSHEETS, ".gpkg"):
                parts[file.name] = [file]
            elif file.suffix.lower() in OLD:
                refuse_old(file)
            elif file.suffix.lower() in FOREIGN:
                raise refuse(file.name, "file_foreign")
        except FileFaultError as error:
            faults += error.faults
    for name, part in parts.items():
        if name.endswith(".csv"):
            part.sort(key=lambda file: TABLES.index(_table_of(file)))
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
    return Path(path).suffix.lower() in WORKBOOKS


def _reader_of(path: Path) -> Reader:
    """Return the function that reads this kind of file."""
    readers: dict[str, Reader] = {
        ".csv": _read_files,
        ".gpkg": lambda files: _read_geopackage(files[0]),
        ".ods": lambda files: read_ods(files[0]),
        **dict.fromkeys(WORKBOOKS, lambda files: read_workbook(files[0])),
    }
    if path.suffix.lower() in OLD:
        refuse_old(path)
    if path.suffix.lower() not in readers:
        raise refuse(str(path), "file_foreign")
    return readers[path.suffix.lower()]


# --- CSV -------------------------------------------------------------------------------------


def _read_files(files: list[Path]) -> dict[str, Grid]:
    """Read CSV files and collect what is wrong with any of them."""
    grids, faults = {}, []
    for path in files:
        try:
            name = _table_of(path)
            if name in grids:
                raise refuse(path.name, "file_table_twice", name)
            grids[name] = _read_csv(path, name)
        except FileFaultError as error:
            faults += error.faults
    if faults:
        raise FileFaultError(faults)
    return grids


def _table_of(path: Path) -> str:
    """Return which table a single file holds, by its name."""
    if name := table_called(path.stem):
        return name
    raise refuse(path.name, "file_unnamed")


def _read_csv(path: Path, name: str) -> Grid:
    """Read one CSV file; refuse what is not a proper table, with the line at fault."""
    check_size(path)
    text, notices = _decoded(path, name)
    if "\x00" in text:
        raise refuse(path.name, "file_not_text")
    if not text.strip():
        raise refuse(path.name, "file_empty")
    rows = _parse(path.name, name, text)
    return Grid(path.name, rows, decimal=_decimal(rows), notices=tuple(notices))


def _decoded(path: Path, name: str) -> tuple[str, list[Fault]]:
    """Return the text of a file: UTF-8, UTF-16 with its mark, or Windows-1252, which is told."""
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            if text := data.decode("utf-16"):
                return text, []
            raise refuse(path.name, "file_not_utf8", 0)
        except UnicodeDecodeError as error:
            raise refuse(path.name, "file_not_utf8", error.start) from None
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        start = error.start
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise refuse(path.name, "file_not_utf8", start) from None
    # UTF-8 with a broken byte would show as \u00c3\u00a5 for \u00e5
    if re.search("\u00c3[\u0080-\u00bf\u2013-\u2122]|[\x00-\x08\x0e-\x1f]", text):
        raise refuse(path.name, "file_not_utf8", start)
    words = re.findall(r"\b\w*[\u00e5\u00e4\u00f6\u00c5\u00c4\u00d6]\w*", text)
    return text, [Fault(name, 0, "", "read_encoding", path.name, ", ".join(words[:3]))]


def _parse(file: str, name: str, text: str) -> dict[int, list[str]]:
    """Split CSV text into rows by the line where each begins; below the header of equal length."""
    stated = re.match(r"\s*\"?sep=(.)\"?[;,\t]*\r?\n", text, re.IGNORECASE)
    if stated:
        separator = stated.group(1)
    else:
        known = header_words(name)
        # the sign that gives most known headers; where none is known, the most common one
        separator = max(SEPARATORS, key=lambda sign: (_known(text, sign, known), text.count(sign)))
    rows: dict[int, list[str]] = {}
    line = 1
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    try:
        for row in reader:
            skipped = stated is not None and line == stated.group().count("\n")
            if not skipped and (any(cell.strip() for cell in row) or line == 1):
                rows[line] = [clipped(unguarded(cell.strip())) for cell in row]
            line = reader.line_num + 1
            if len(rows) > cells.MAX_ROWS + cells.HEADER_ROWS:
                raise refuse(file, "file_rows", expected=cells.MAX_ROWS)
    except csv.Error as error:
        raise refuse(file, "file_not_csv", error) from None
    top = header_row(name, rows)
    width = len(rows.get(top, []))
    if faults := [
        Fault(file, 0, "", "file_fields", str(number), str(width))
        for number, row in rows.items()
        if number > top and len(row) != width
    ]:
        raise FileFaultError(faults[:20])
    return {n: row[:width] if n < top and not any(row[width:]) else row for n, row in rows.items()}


def _known(text: str, separator: str, known: dict[str, str]) -> int:
    """Return how many headers are known in the line that has most of them."""
    lines = text.splitlines()[: cells.HEADER_ROWS]
    return max(
        len({same(w.strip('"')) for w in line.split(separator)} & set(known)) for line in lines
    )


def _decimal(rows: dict[int, list[str]]) -> str:
    """Return the sign that numbers of a file are proven to have before their decimals."""
    texts = [cell for row in rows.values() for cell in row if cell[-1:].isdigit()]
    found = {
        sign for sign in ".," for text in texts
        if re.fullmatch(rf"[-+]?[0-9]+\{sign}([0-9]{{1,2}}|[0-9]{{4,}})", text)
    }  # fmt: skip
    return found.pop() if len(found) == 1 else ""


# --- GeoPackage ------------------------------------------------------------------------------


def _read_geopackage(path: Path) -> dict[str, Grid]:
    """Read the known layers of a GeoPackage; a moved point changes lon and lat."""
    import geopandas as gpd
    import pyogrio

    check_size(path)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            listed = base.execute("SELECT table_name FROM gpkg_contents").fetchall()
            layers = [str(row[0]) for row in listed if is_stored(base, str(row[0]))]
        named = {table_called(layer): layer for layer in reversed(layers)}
        if missing := [name for name in NEEDED if name not in named]:
            raise refuse(
                path.name, "file_layers_missing", ", ".join(layers) or "-", ", ".join(missing)
            )
        grids = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in (name for name in TABLES if name in named):
                layer = pyogrio.read_dataframe(
                    path, layer=named[name], max_features=cells.MAX_ROWS + 1
                )
                told: list[Fault] = []
                if isinstance(layer, gpd.GeoDataFrame):
                    layer = _with_coordinates(name, layer, told)
                grids[name] = _layer_grid(name, layer, told)
    except (RegisterError, MemoryError):
        raise
    except Exception:  # GDAL and SQLite raise errors of their own for a broken file
        raise refuse(path.name, "file_not_geopackage") from None
    return grids


def is_stored(base: sqlite3.Connection, name: str) -> bool:
    """Say whether a table is stored as it is read: computed cells may be of any size."""
    question = "SELECT sql FROM sqlite_master WHERE name = ? AND type = 'table'"
    found = base.execute(question, (name,)).fetchone()
    if found is None or "VIRTUAL" in str(found[0]).upper().split("(")[0]:
        return False
    return not has_computed(base, name)


def has_computed(base: sqlite3.Connection, name: str) -> bool:
    """Say whether a table of a GeoPackage has columns that are computed as they are read."""
    # hidden: 1 of a virtual table, 2 and 3 generated
    quoted = name.replace('"', '""')
    return any(row[6] for row in base.execute(f'PRAGMA table_xinfo("{quoted}")'))


def _layer_grid(name: str, layer: pd.DataFrame, told: list[Fault]) -> Grid:
    """Return a layer as a table with its header in row 1."""
    header = [str(column) for column in layer.columns]
    found = {n: [_text_of(cell) for cell in row] for n, row in enumerate(layer.to_numpy(), 2)}
    rows = {1: header} | {n: [text for text, _ in row] for n, row in found.items()}
    kinds = {n: bytes(kind for _, kind in row) for n, row in found.items()}
    faults = tuple(fault for fault in told if not fault.rule.startswith("read_"))
    notices = tuple(fault for fault in told if fault.rule.startswith("read_"))
    return Grid(name, rows, kinds, faults=faults, notices=notices)


def _with_coordinates(name: str, layer: Any, told: list[Fault]) -> pd.DataFrame:
    """Return a layer of points as a table with lon and lat; what is written counts elsewhere."""
    degrees = layer.geometry.to_crs("EPSG:4326") if layer.crs else layer.geometry
    table = pd.DataFrame(layer.drop(columns=layer.geometry.name))
    if name != "sites":
        return table
    written = {column_name(c): c for c in table.columns}
    for axis in ("lon", "lat"):
        if axis not in written:
            table[axis] = None
            written[axis] = axis
        table[written[axis]] = table[written[axis]].astype(object)
    for place, (index, shape) in enumerate(zip(table.index, degrees, strict=True), 2):
        if shape is None or shape.is_empty:
            continue
        point: Any = one_point(shape)
        if point.geom_type != "Point":
            told.append(Fault(name, place, "geometry", "place_no_point", shape.geom_type))
            continue
        new = {"lon": round(point.x, 7), "lat": round(point.y, 7)}
        old = {axis: table.loc[index, written[axis]] for axis in new}
        numbers = {axis: pd.to_numeric(cell, errors="coerce") for axis, cell in old.items()}
        if any(abs(numbers[axis] - new[axis]) > FAR for axis in new):
            text = f"lon {old['lon']}, lat {old['lat']}"
            point_text = f"lon {new['lon']:.5f}, lat {new['lat']:.5f}"
            told.append(Fault(name, place, "lon", "read_point", text, point_text))
        for axis, value in new.items():
            table.loc[index, written[axis]] = value
    return table


def column_name(header: object) -> str:
    """Return the column of sites that a header means."""
    return cells.column_of(str(header), header_words("sites"))


def _text_of(cell: Any) -> tuple[str, int]:
    """Return a cell of a frame as text and what kind it is; what is missing becomes empty."""
    if cell is None or cell is pd.NaT or cell is pd.NA or cell != cell:
        return "", TEXT
    if isinstance(cell, pd.Timestamp):
        return cell.isoformat().removesuffix("T00:00:00"), DATE
    if isinstance(cell, bool):
        return str(cell).lower(), TEXT
    if isinstance(cell, int | float):
        whole = float(cell).is_integer() and abs(cell) < 1e15
        return (str(int(cell)) if whole else f"{cell:.15g}"), NUMBER_CELL
    return clipped(str(cell)), TEXT
