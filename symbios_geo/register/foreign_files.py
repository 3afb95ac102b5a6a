"""Read somebody else's sheet or layer as text: spreadsheets, CSV of any kind, layers of a GIS."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import warnings
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..errors import RegisterError
from ..model import GEOGRAPHIC_CRS
from .cells import MAX_COLUMNS, MAX_ROWS, SUM_ROW
from .comparing import same, tidy
from .complete import unit_factor
from .faults import refuse
from .reading import has_computed, parts_of
from .rules import MAX_TEXT
from .workbooks import MAX_LETTERS, check_size, check_workbook_size

SHEETS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
TEXTS = (".csv", ".tsv", ".txt")
LAYERS = (".shp", ".gpkg", ".geojson", ".json", ".kml", ".kmz", ".gml")
ZIPPED = (".xlsx", ".xlsm", ".xlsb", ".ods")
HEADER_WITHIN = 20  # rows above a table that may hold titles


class Foreign(NamedTuple):
    """A table as somebody wrote it: text by header, and what was seen on the way."""

    rows: pd.DataFrame
    layer: str
    layers: tuple[str, ...]
    units: dict[str, str]
    encoding: str = ""
    left_out: int = 0
    system: str = ""


def read_foreign(path: str | Path, layer: str = "") -> Foreign:
    """
    Read one sheet or layer as text; rows are numbered as a person sees them.

    Titles above the header, a row of units below it and rows of totals are recognised. Points of a
    layer become the columns lon and lat, in degrees where the layer states its system.

    Parameters
    ----------
    path
        A spreadsheet (xlsx, xls, xlsb, ods), a text table (csv, tsv) or a layer (shp, gpkg,
        geojson, kml).
    layer
        Which sheet or layer. Empty: the one with most rows.

    Raises
    ------
    RegisterError
        If it cannot be read, or there is no such layer.
    """
    path = Path(path)
    kind = path.suffix.lower()
    readers = {SHEETS: _read_sheets, TEXTS: _read_text, LAYERS: _read_layer}
    reader = next((read for kinds, read in readers.items() if kind in kinds), None)
    if not path.exists():
        parts_of(path)  # says that it does not exist
    if reader is None or path.is_dir():
        raise refuse(path.name, "import_kind", expected=", ".join([*SHEETS, *TEXTS, *LAYERS]))
    check_size(path)
    try:
        return reader(path, layer)
    except (RegisterError, MemoryError, ModuleNotFoundError):
        raise
    except OSError as error:
        raise refuse(path.name, "file_unreadable", error.strerror or error) from None
    except Exception as error:  # each library raises whatever its parser meets
        reason = " ".join(f"{error}".split())[:200] or type(error).__name__
        raise refuse(path.name, "import_unreadable", reason) from None


def _read_sheets(path: Path, layer: str) -> Foreign:
    """Read a sheet of a spreadsheet."""
    from python_calamine import CalamineWorkbook

    if path.suffix.lower() in ZIPPED:
        check_workbook_size(path)
        _check_repeats(path)
    book = CalamineWorkbook.from_path(str(path))
    tables = {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in ([layer] if layer in book.sheet_names else book.sheet_names)
    }
    names = tuple(book.sheet_names)
    chosen = _chosen(path, layer, {name: len(rows) for name, rows in tables.items()}, names)
    cells = [[_text(cell) for cell in row[: MAX_COLUMNS + 1]] for row in tables[chosen]]
    return _as_table(path, cells)._replace(layer=chosen, layers=names)


def _check_repeats(path: Path) -> None:
    """Refuse a spreadsheet of few bytes that names one text in very many cells."""
    letters = 0
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if shared := next((name for name in names if name.endswith("sharedStrings.xml")), ""):
            longest = max(map(len, archive.read(shared).split(b"<si")))
            sheets = [name for name in names if name.startswith("xl/worksheets/")]
            cells = sum(archive.read(name).count(b"<c ") for name in sheets)
            letters = longest * cells if longest > MAX_TEXT else 0
        if "content.xml" in names:
            for cell in archive.read("content.xml").split(b"<table:table-cell")[1:]:
                times = re.search(rb'columns-repeated="(\d{1,9})"', cell)
                letters += len(cell) * int(times[1]) if times and b"<text:p" in cell else 0
    if letters > 10 * MAX_LETTERS:
        raise refuse(path.name, "file_letters", expected=f"{MAX_LETTERS / 1e6:.0f}")


def _read_text(path: Path, layer: str) -> Foreign:
    """Read a text table of any separator and of the encodings that Excel writes."""
    _chosen(path, layer, {path.stem: 1}, (path.stem,))
    data = path.read_bytes()
    encoding = "utf-8-sig"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"
        text = data.decode(encoding, "replace")
    if "\x00" in text:
        raise refuse(path.name, "file_not_text")
    stated = re.match(r"sep=(.)\r?\n", text)
    text = text[stated.end() :] if stated else text
    head = text[:20_000].splitlines()[:HEADER_WITHIN]
    # the separator that parts most lines into the same number of cells
    separator = stated[1] if stated else max(";\t,|", key=lambda sign: _evenness(head, sign))
    cells = []
    for row in csv.reader(io.StringIO(text), delimiter=separator):
        cells.append([_text(cell) for cell in row[: MAX_COLUMNS + 1]])
        if len(cells) > MAX_ROWS + HEADER_WITHIN:
            raise refuse(path.name, "file_rows", expected=MAX_ROWS)
    table = _as_table(path, cells)
    return table._replace(layer=path.stem, layers=(path.stem,), encoding=encoding)


def _evenness(lines: list[str], sign: str) -> int:
    """Return how many cells a separator gives, where most lines have that many."""
    counts = [line.count(sign) for line in lines]
    usual = max(set(counts), key=counts.count) if counts else 0
    return usual * counts.count(usual)


def _read_layer(path: Path, layer: str) -> Foreign:
    """Read a layer; its points become lon and lat, or x and y where no system is stated."""
    import geopandas as gpd
    import pyogrio

    if path.suffix.lower() == ".gpkg":
        _check_computed(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = tuple(str(name) for name in pyogrio.list_layers(path)[:, 0])
        sizes = {n: int(pyogrio.read_info(path, layer=n)["features"]) for n in names}
        chosen = _chosen(path, layer, sizes, names)
        table = pyogrio.read_dataframe(path, layer=chosen, max_features=MAX_ROWS + 1)
    if len(table) > MAX_ROWS:
        raise refuse(path.name, "file_rows", expected=MAX_ROWS)
    rows, system = pd.DataFrame(table), ""
    if isinstance(table, gpd.GeoDataFrame):
        rows = pd.DataFrame(table.drop(columns=table.geometry.name))
        there = table.geometry.notna() & ~table.geometry.is_empty
        points = table.geometry[there].representative_point()
        places = ("x", "y")
        if points.crs is not None:
            system = points.crs.to_string()
            points = points.to_crs(GEOGRAPHIC_CRS)
            places = ("lon", "lat")
        for place, values in zip(places, (points.x, points.y), strict=True):
            name = place if place not in rows else f"{place} (geometry)"
            rows.insert(len(rows.columns), name, values.round(7).reindex(rows.index))
    rows = rows.set_axis([tidy(str(c)) for c in rows.columns], axis=1)
    texts = rows.astype(object).map(_text).set_axis(range(1, len(rows) + 1))
    return Foreign(texts, chosen, names, {}, system=system)


def _check_computed(path: Path) -> None:
    """Refuse a package with computed columns: their cells may be of any size."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        tables = [row[0] for row in base.execute("SELECT table_name FROM gpkg_contents")]
        for name in tables:
            if has_computed(base, str(name)):
                raise refuse(path.name, "import_unreadable", f"{name}: GENERATED")


def _chosen(path: Path, layer: str, sizes: dict[str, int], names: tuple[str, ...]) -> str:
    """Return the layer that is asked for, else the largest."""
    if layer and layer not in names:
        raise refuse(path.name, "import_layer", layer, ", ".join(names))
    if not sizes:
        raise refuse(path.name, "file_empty")
    return layer or max(sizes, key=lambda name: sizes[name])


def _as_table(path: Path, cells: list[list[str]]) -> Foreign:
    """Find the header among rows of text, and leave out units and totals."""
    if sum(len(cell) for row in cells for cell in row) > MAX_LETTERS:
        raise refuse(path.name, "file_letters", expected=f"{MAX_LETTERS / 1e6:.0f}")
    filled = [sum(map(bool, row)) for row in cells]
    width = max(filled[:HEADER_WITHIN], default=0)
    if not width:
        raise refuse(path.name, "file_empty")
    at = next(n for n, count in enumerate(filled) if count >= max(1, 0.6 * width))
    wide = max(map(len, cells[at:]))
    if wide > MAX_COLUMNS:
        raise refuse(path.name, "file_columns", expected=MAX_COLUMNS)
    names: list[str] = []
    for place, cell in enumerate([*cells[at], *[""] * (wide - len(cells[at]))], 1):
        name = cell or f"#{place}"
        names.append(name if name not in names else f"{name} #{place}")
    body = {
        number: [*row, *[""] * (wide - len(row))]
        for number, row in enumerate(cells[at + 1 :], at + 2)
        if any(row)
    }
    units = {}
    first = next(iter(body), 0)
    if first and _are_units(body[first]):
        units = {n: c.strip("()[]") for n, c in zip(names, body.pop(first), strict=True) if c}
    totals = [n for n, row in body.items() if SUM_ROW.fullmatch(same(next(filter(None, row))))]
    for number in totals:
        del body[number]
    if len(body) > MAX_ROWS:
        raise refuse(path.name, "file_rows", expected=MAX_ROWS)
    rows = pd.DataFrame.from_dict(body, orient="index", columns=names, dtype="str")
    return Foreign(rows, "", (), units, left_out=len(totals))


def _are_units(row: list[str]) -> bool:
    """Say whether a row below a header holds units."""
    words = [cell.strip("()[]") for cell in row if cell]
    return any(unit_factor(word) for word in words) and not any(
        re.fullmatch(r"[\d\s.,-]+", word) for word in words
    )


def _text(cell: Any) -> str:
    """Return a cell as a person would type it; what is missing is empty."""
    if cell is None or cell is pd.NaT or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return tidy(str(cell)[: 2 * MAX_TEXT])[: MAX_TEXT + 1]
