"""Read the sheets of a workbook as people see them: Excel (.xlsx, also strict) and ODS."""

from __future__ import annotations

import datetime as dt
import html
import io
import posixpath
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from ..errors import RegisterError
from ..labels import label
from . import cells
from .cells import DATE, LOOK, MAX_COLUMNS, NOTED, NUMBER_CELL, PERCENT, TEXT, Grid
from .faults import refuse
from .ids import slug
from .rules import MAX_TEXT
from .words import TABLES, table_words

MAX_BYTES = 20_000_000
MAX_UNPACKED = 30_000_000  # a workbook is a zip: what it grows to counts, not what it weighs
MAX_PARTS = 2000
MAX_LETTERS = 10_000_000  # of a table: a file of 7 kB can name one long text in every cell
DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how old and encrypted files of Office begin
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
STRICT = (
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main",
     b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships",
     b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"),
    (b"http://purl.oclc.org/ooxml/drawingml/main",
     b"http://schemas.openxmlformats.org/drawingml/2006/main"),
)  # fmt: skip
CELL = re.compile(rb'<(?:\w+:)?c\b[^<>]*\br="([A-Z]{1,3}[0-9]{1,7})"')
NOTE = re.compile(
    rb"""vertAlign\s+val=["']superscript|<(?:\w+:)?strike(?:\s+val=["'](?:1|true)["'])?\s*/?>"""
)
WORKBOOKS = (".xlsx", ".xlsm")
SPREADSHEETS = (*WORKBOOKS, ".ods")
OLD = (".xls", ".xlsb")  # of which no reader tells what a cell shows
NEEDED = ("sites", "flows")


class Look(NamedTuple):
    """What a number format does to a number: parts that change what people read."""

    percent: bool = False
    misleads: bool = False  # divides by thousands, or shows nothing
    words: str = ""  # letters that are shown after the number
    zeros: int = 0  # how many digits are shown at least


def check_size(path: Path) -> None:
    """Refuse a file that is empty or far larger than a register."""
    size = path.stat().st_size
    if size == 0:
        raise refuse(path.name, "file_empty")
    if size > MAX_BYTES:
        raise refuse(path.name, "file_large", f"{size / 1e6:.0f}", f"{MAX_BYTES / 1e6:.0f}")


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
                        raise refuse(path.name, _broken(path))
    except (RegisterError, MemoryError):
        raise
    except Exception:  # a broken zip raises errors of zlib, struct and others besides its own
        raise refuse(path.name, _broken(path)) from None


def refuse_old(path: Path) -> None:
    """
    Refuse a file with a password, or of a format that does not tell what its cells show.

    Raises
    ------
    RegisterError
        With what was found (a password, the sheets) and a step that works.
    """
    check_size(path)
    with path.open("rb") as file:
        head = file.read(len(OLE))
    if head == OLE and ENCRYPTED in path.read_bytes():
        raise refuse(path.name, "file_password")
    if head == OLE:
        raise refuse(path.name, "file_old_workbook", ", ".join(_old_sheets(path)) or "?")
    if path.suffix.lower() in OLD:
        raise refuse(path.name, "file_old_workbook", ", ".join(_old_sheets(path)) or "?")


def _old_sheets(path: Path) -> list[str]:
    """Return the names of the sheets of an old workbook, none where it cannot be opened."""
    try:
        from python_calamine import CalamineWorkbook

        with closing(CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))) as book:
            return list(book.sheet_names)
    except Exception:  # whatever its parser meets
        return []


def read_workbook(path: Path) -> dict[str, Grid]:
    """Read the known sheets of an Excel workbook, without running formulas."""
    import openpyxl  # half a second, and only workbooks need it

    refuse_old(path)
    check_workbook_size(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that do not matter here
            content = _transitional(path)
            options: dict[str, Any] = {"read_only": True, "rich_text": True}
            with closing(openpyxl.load_workbook(content, data_only=True, **options)) as book:
                sheets = sheets_of(book)
                check_sheets(path, [sheet.title for sheet in book.worksheets])
                grids = {name: _grid(sheet, content) for name, sheet in sheets.items()}
            if _has_formulas(content):
                with closing(openpyxl.load_workbook(content, **options)) as book:
                    for name, sheet in sheets_of(book).items():
                        grids[name] = _with_formulas(grids[name], _grid(sheet, content))
            return grids
    except (RegisterError, MemoryError):
        raise
    except Exception:  # openpyxl raises whatever its XML parser meets
        raise refuse(path.name, "file_not_workbook") from None


def read_ods(path: Path) -> dict[str, Grid]:
    """Read the known sheets of an OpenDocument spreadsheet, as LibreOffice saves it."""
    refuse_old(path)
    check_workbook_size(path)
    try:
        with zipfile.ZipFile(path) as archive:
            if b"encryption-data" in archive.read("META-INF/manifest.xml"):
                raise refuse(path.name, "file_password")
            names: list[str] = []
            grids = {}
            with archive.open("content.xml") as content:
                for sheet in _ods_tables(content):
                    names.append(sheet.title)
                    if (name := _table_called(sheet.title)) and name not in grids:
                        grids[name] = _ods_grid(sheet)
        check_sheets(path, names)
        return {name: grids[name] for name in TABLES if name in grids}
    except (RegisterError, MemoryError):
        raise
    except Exception:  # whatever a broken file holds
        raise refuse(path.name, "file_not_ods") from None


def is_template(titles: Iterable[str]) -> bool:
    """Say whether sheets so called are those of the template."""
    return {*NEEDED} <= {_table_called(title) for title in titles}


def check_sheets(path: Path, titles: list[str]) -> None:
    """Refuse a workbook without the needed sheets; name what it has."""
    found = {_table_called(title) for title in titles}
    if missing := [name for name in NEEDED if name not in found]:
        words = ", ".join(label(f"sheet:{name}", "sv") for name in missing)
        raise refuse(path.name, "file_sheets_missing", ", ".join(titles), words)


def sheets_of(book: Any) -> dict[str, Any]:
    """Return the sheets that hold tables, whether their names are Swedish or English."""
    found: dict[str, Any] = {}
    for sheet in book.worksheets:
        if name := _table_called(sheet.title):
            found.setdefault(name, sheet)
    return {name: found[name] for name in TABLES if name in found}


def _table_called(title: str) -> str:
    """Return which table a sheet holds by its title, or nothing."""
    # Numbers writes "Platser - Tabell 1"
    first = re.split(r"\s+-\s+", title.strip())[0]
    return next((name for name in TABLES if slug(first) in table_words(name)), "")


def _broken(path: Path) -> str:
    """Return the rule for a file that is not what its name says."""
    return "file_not_ods" if path.suffix.lower() == ".ods" else "file_not_workbook"


# --- Excel -----------------------------------------------------------------------------------


def _transitional(path: Path) -> io.BytesIO:
    """Return a workbook as a file in memory; a strict one with the names that readers know."""
    data = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if STRICT[0][0] not in archive.read("xl/workbook.xml"):
            return io.BytesIO(data)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as new:
            for item in archive.infolist():
                part = archive.read(item)
                for strict, usual in STRICT:
                    part = part.replace(strict, usual)
                new.writestr(item.filename, part)
    out.seek(0)
    return out


def _grid(sheet: Any, content: io.BytesIO) -> Grid:
    """Read one sheet of an open workbook."""
    name = str(sheet.title)
    sheet.reset_dimensions()  # the stated size may be wrong, by mistake or on purpose
    rows: dict[int, list[str]] = {}
    kinds: dict[int, bytes] = {}
    letters = 0
    struck = _struck_styles(sheet.parent)
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), 1):
        if number > cells.MAX_ROWS + cells.HEADER_ROWS:
            raise refuse(name, "file_rows", expected=cells.MAX_ROWS)
        shown = [_shown(cell, struck) for cell in row]
        letters += sum(len(text) for text, _ in shown)
        if letters > MAX_LETTERS:
            raise refuse(name, "file_letters", expected=f"{MAX_LETTERS / 1e6:.0f}")
        while shown and not shown[-1][0]:
            shown.pop()
        if number == 1 or shown:
            rows[number] = [text for text, _ in shown]
            kinds[number] = bytes(kind for _, kind in shown)
    part = str(sheet._worksheet_path).lstrip("/")
    with zipfile.ZipFile(content) as archive:
        xml = archive.read(part)
        comments = tuple(_comments(archive, part))
    for row, place in _noted(xml):
        found = kinds.get(row, b"")
        if place < len(found):
            kinds[row] = found[:place] + bytes([NOTED]) + found[place + 1 :]
    return Grid(
        name, rows, kinds, name, _hidden_rows(xml), _merges(name, xml), _hidden_columns(xml),
        sheet.sheet_state != "visible", comments,
    )  # fmt: skip


def _shown(cell: Any, struck: frozenset[int]) -> tuple[str, int]:
    """Return a cell as it shows and what kind it is."""
    value = cell.value
    if value is not None and cell._style_id in struck:
        return clipped(str(value)), NOTED
    if value is None:
        return "", TEXT
    if isinstance(value, bool):
        return str(value).lower(), TEXT
    if isinstance(value, int | float):
        return number_shown(value, format_look(cell.number_format))
    if isinstance(value, dt.datetime | dt.date | dt.time):
        midnight = isinstance(value, dt.datetime) and value.time() == dt.time()
        return (value.date() if midnight else value).isoformat(), DATE  # type: ignore[union-attr]
    if isinstance(value, dt.timedelta):
        return str(value), DATE
    noted = isinstance(value, list) and any(map(_is_note, value))
    return clipped(str(value)), NOTED if noted else TEXT


def clipped(text: str) -> str:
    """Return a text without spaces around it, no longer than tells that it is too long."""
    return text.strip()[: MAX_TEXT + 1]


def number_shown(value: float, look: Look) -> tuple[str, int]:
    """Return a number as its format shows it, and what kind of cell that is."""
    whole = float(value).is_integer() and abs(value) < 1e15
    text = str(int(value)) if whole else f"{value:.15g}"
    if look.misleads:
        return text, LOOK
    if look.percent:
        return f"{value * 100:.10g} %", PERCENT
    if look.words:
        return f"{text} {look.words}", TEXT
    return (text.zfill(look.zeros), TEXT if look.zeros else NUMBER_CELL)


@cache
def format_look(code: str) -> Look:
    """Return what a number format does to what people read."""
    if code in ("General", "@", "0", "0.00"):
        return Look()
    first = code.split(";")[0]
    words = " ".join(re.findall(r'"([^"]*)"', first) + re.findall(r"\\([^\W\d_])", first)).strip()
    # what is quoted, escaped, filled up or left as a space is no part of the number
    bare = re.sub(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]', "", first).strip()
    scaled = re.search(r"[0#?],+(?![0#?,])", bare) is not None
    hides = bool(code) and not bare and not words
    zeros = len(bare) if re.fullmatch("0{2,}", bare) else 0
    return Look("%" in bare, scaled or hides, words if re.search(r"\w", words) else "", zeros)


def _is_note(block: Any) -> bool:
    """Say whether a part of a text is raised or struck out."""
    return _is_note_font(getattr(block, "font", None))


def _struck_styles(book: Any) -> frozenset[int]:
    """Return the styles of cells that are raised or struck out as a whole."""
    fonts = {number for number, font in enumerate(book._fonts) if _is_note_font(font)}
    return frozenset(n for n, style in enumerate(book._cell_styles) if style.fontId in fonts)


def _is_note_font(font: Any) -> bool:
    """Say whether a font raises a text or strikes it out."""
    return font is not None and (bool(font.strike) or font.vertAlign == "superscript")


def _comments(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[int, int, str]]:
    """Yield row, place and text of the notes on a sheet; ours on a marked copy are none."""
    from openpyxl.utils.cell import coordinate_to_tuple

    folder, name = posixpath.split(part)
    links = f"{folder}/_rels/{name}.rels"
    if links not in archive.namelist():
        return
    for link in re.findall(rb"<(?:\w+:)?Relationship\s[^<>]*", archive.read(links)):
        target = re.search(rb'Target="([^"]*)"', link)
        if not re.search(rb'Type="[^"]*/comments"', link) or not target:
            continue
        path = posixpath.normpath(posixpath.join(folder, target[1].decode())).lstrip("/")
        head, *pieces = re.split(rb"<(?:\w+:)?comment\s", archive.read(path))
        authors = re.findall(rb"<(?:\w+:)?author>([^<]*)<", head)
        ours = authors.index(b"symbios-geo") if b"symbios-geo" in authors else -1
        for piece in pieces:
            place = re.search(rb'ref="([A-Z]{1,3}[0-9]{1,7})"', piece)
            if not place or b'authorId="%d"' % ours in piece:
                continue
            row, column = coordinate_to_tuple(place[1].decode())
            texts = re.findall(rb"<(?:\w+:)?t(?:\s[^<>]*)?>([^<]*)<", piece)
            text = html.unescape(b"".join(texts).decode("utf-8", "replace"))
            yield row, column - 1, clipped(" ".join(text.split()))


def _hidden_columns(xml: bytes) -> tuple[int, ...]:
    """Return the columns that are out of sight, the first being 0."""
    found: list[int] = []
    for column in re.findall(rb'<(?:\w+:)?col\s([^<>]*\bhidden="(?:1|true)"[^<>]*)>', xml):
        ends = [re.search(rb'\b%s="([0-9]{1,5})"' % end, column) for end in (b"min", b"max")]
        if ends[0] and ends[1]:
            found += range(int(ends[0][1]) - 1, min(int(ends[1][1]), MAX_COLUMNS))
    return tuple(found)


def _noted(xml: bytes) -> Iterator[tuple[int, int]]:
    """Yield row and place of cells that hold a raised or struck-out text of their own."""
    from openpyxl.utils.cell import coordinate_to_tuple

    # openpyxl reads the parts of a text in the list that cells share, not of one within a cell
    if NOTE.search(xml):
        _, *pieces = CELL.split(xml)
        for place, rest in zip(pieces[::2], pieces[1::2], strict=True):
            if NOTE.search(rest):
                row, column = coordinate_to_tuple(place.decode("ascii"))
                yield row, column - 1


def _hidden_rows(xml: bytes) -> tuple[int, ...]:
    """Return the rows that are out of sight: hidden, or taken out by a filter."""
    rows = re.findall(rb'<(?:\w+:)?row\b([^<>]*\bhidden="(?:1|true)"[^<>]*)>', xml)
    found = (re.search(rb'\br="([0-9]{1,7})"', row) for row in rows)
    return tuple(int(one.group(1)) for one in found if one)


def _merges(name: str, xml: bytes) -> tuple[tuple[int, int, int, int], ...]:
    """Return the merged ranges as first row and column, last row and column."""
    from openpyxl.utils import range_boundaries

    found = re.findall(rb'mergeCell [^>]*ref="([^"]*)"', xml)
    if len(found) > cells.MAX_MERGES:
        raise refuse(name, "file_rows", expected=cells.MAX_ROWS)
    ranges = []
    for text in found:
        left, top, right, bottom = range_boundaries(text.decode("ascii"))
        if left and top and right and bottom:
            ranges.append((top, left, bottom, right))
    return tuple(ranges)


def _has_formulas(content: io.BytesIO) -> bool:
    """Say whether any sheet holds a formula."""
    with zipfile.ZipFile(content) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(re.search(rb"<(\w+:)?f[\s>/]", archive.read(name)) for name in names)


def _with_formulas(results: Grid, formulas: Grid) -> Grid:
    """Return results, with the text of those formulas that have no stored result."""
    rows = dict(results.rows)
    for number, row in formulas.rows.items():
        found = list(rows.get(number, []))
        for place, text in enumerate(row):
            if text.startswith("=") and not (place < len(found) and found[place]):
                found += [""] * (place + 1 - len(found))
                found[place] = text
        rows[number] = found
    return results._replace(rows=dict(sorted(rows.items())))


# --- OpenDocument ----------------------------------------------------------------------------

ODS_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
ODS_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
ODS_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
ODS_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"


class OdsSheet(NamedTuple):
    """One sheet of an OpenDocument spreadsheet: its rows and columns, and styles of notes."""

    title: str
    hidden: bool
    rows: list[Any]
    columns: list[Any]
    notes: set[str]


def _ods_tables(content: Any) -> Iterator[OdsSheet]:
    """Yield every sheet; what was read is let go."""
    rows: list[Any] = []
    columns: list[Any] = []
    notes: set[str] = set()
    shut: set[str] = set()
    for event, item in ElementTree.iterparse(content, events=("start", "end")):
        if item.tag == f"{ODS_TABLE}table":
            if event == "start":
                rows, columns = [], []
            else:
                title, style = (item.get(f"{ODS_TABLE}{key}", "") for key in ("name", "style-name"))
                yield OdsSheet(title, style in shut, rows, columns, notes)
                item.clear()
        elif event == "end" and item.tag == f"{ODS_STYLE}style":
            looks: Any = item.find(f"{ODS_STYLE}table-properties")
            if looks is not None and looks.get(f"{ODS_TABLE}display") == "false":
                shut.add(item.get(f"{ODS_STYLE}name", ""))
            if _is_note_style(item):
                notes.add(item.get(f"{ODS_STYLE}name", ""))
        elif event == "end" and item.tag == f"{ODS_TABLE}table-column":
            columns.append(item)
        elif event == "end" and item.tag == f"{ODS_TABLE}table-row":
            rows.append(item)


def _is_note_style(style: Any) -> bool:
    """Say whether a style raises a text or strikes it out."""
    looks: Any = style.find(f"{ODS_STYLE}text-properties")
    if looks is None:
        return False
    place = str(looks.get(f"{ODS_STYLE}text-position", "0%"))
    struck = looks.get(f"{ODS_STYLE}text-line-through-style", "none") != "none"
    return struck or re.match(r"super|[1-9]", place) is not None


def _ods_grid(sheet: OdsSheet) -> Grid:
    """Read one sheet of an OpenDocument spreadsheet."""
    title, notes = sheet.title, sheet.notes
    rows: dict[int, list[str]] = {1: []}
    kinds: dict[int, bytes] = {}
    hidden, merged, comments = [], [], []
    number, letters = 1, 0
    for item in sheet.rows:
        times = int(item.get(f"{ODS_TABLE}number-rows-repeated", "1"))
        shown: list[tuple[str, int]] = []
        for cell in item:
            if cell.tag not in (f"{ODS_TABLE}table-cell", f"{ODS_TABLE}covered-table-cell"):
                continue
            repeated = int(cell.get(f"{ODS_TABLE}number-columns-repeated", "1"))
            text, kind = _ods_shown(cell)
            spans = cell.iter(f"{ODS_TEXT}span") if notes else ()
            if (text and cell.get(f"{ODS_TABLE}style-name") in notes) or any(
                span.get(f"{ODS_TEXT}style-name") in notes for span in spans
            ):
                kind = NOTED
            if (note := cell.find(f"{ODS_OFFICE}annotation")) is not None:
                words = " ".join(_ods_text(line) for line in note.findall(f"{ODS_TEXT}p"))
                comments.append((number, len(shown), clipped(words)))
            down = int(cell.get(f"{ODS_TABLE}number-rows-spanned", "1"))
            across = int(cell.get(f"{ODS_TABLE}number-columns-spanned", "1"))
            if down > 1 or across > 1:
                place = len(shown) + 1
                merged.append((number, place, number + down - 1, place + across - 1))
                if len(merged) > cells.MAX_MERGES:
                    raise refuse(title, "file_rows", expected=cells.MAX_ROWS)
            shown += [(text, kind)] * min(repeated, MAX_COLUMNS + 1 - len(shown))
        while shown and not shown[-1][0]:
            shown.pop()
        if shown:
            letters += times * sum(len(text) for text, _ in shown)
            if letters > MAX_LETTERS:
                raise refuse(title, "file_letters", expected=f"{MAX_LETTERS / 1e6:.0f}")
            for row in range(number, number + times):
                if len(rows) > cells.MAX_ROWS + 1:
                    raise refuse(title, "file_rows", expected=cells.MAX_ROWS)
                rows[row] = [text for text, _ in shown]
                kinds[row] = bytes(kind for _, kind in shown)
                if item.get(f"{ODS_TABLE}visibility", "visible") != "visible":
                    hidden.append(row)
        number += times
    return Grid(
        title, rows, kinds, title, tuple(hidden), tuple(merged), _ods_hidden(sheet.columns),
        sheet.hidden, tuple(comments),
    )  # fmt: skip


def _ods_hidden(columns: list[Any]) -> tuple[int, ...]:
    """Return the columns that are out of sight, the first being 0."""
    found: list[int] = []
    place = 0
    for column in columns:
        times = int(column.get(f"{ODS_TABLE}number-columns-repeated", "1"))
        if column.get(f"{ODS_TABLE}visibility", "visible") != "visible":
            found += range(min(place, MAX_COLUMNS), min(place + times, MAX_COLUMNS))
        place += times
    return tuple(found)


def _ods_shown(cell: Any) -> tuple[str, int]:
    """Return a cell as it shows and what kind it is; notes that hang on it are no part of it."""
    shown = clipped("\n".join(_ods_text(line) for line in cell.findall(f"{ODS_TEXT}p")))
    kind, value = (cell.get(f"{ODS_OFFICE}{key}", "") for key in ("value-type", "value"))
    if kind == "date":
        return cell.get(f"{ODS_OFFICE}date-value", shown).removesuffix("T00:00:00"), DATE
    if kind == "boolean":
        return cell.get(f"{ODS_OFFICE}boolean-value", shown), TEXT
    if kind == "time":
        return shown, DATE
    if kind not in ("float", "percentage", "currency"):
        return shown, TEXT
    number = float(value)
    if re.fullmatch(r"0[0-9]+", shown):
        return shown, TEXT
    letters = " ".join(re.findall(r"[^\W\d_]+", re.sub(r"[eE][-+]?[0-9]", "", shown)))
    look = Look(kind == "percentage", misleads(number, shown), letters)
    return number_shown(number, look)


def misleads(value: float, shown: str) -> bool:
    """Say whether a number is shown a hundred times too large or small, or not at all."""
    digits = re.search(r"[-+]?[0-9][0-9\s.,]*", shown)
    if not digits or "%" in shown or re.search(r"[eE][-+]?[0-9]", shown):
        return not shown
    plain = re.sub(r"\s", "", digits.group()).rstrip(".,")
    readings = {plain.replace(",", ""), plain.replace(".", "").replace(",", ".")}
    near = []
    for text in readings:
        try:
            near.append(abs(float(text)))
        except ValueError:
            continue
    return (
        bool(near)
        and value != 0
        and all(number != 0 and not 0.01 < number / abs(value) < 100 for number in near)
    )


def _ods_text(line: Any) -> str:
    """Return the text of a paragraph with its spaces and line breaks."""
    texts = [line.text or ""]
    for part in line:
        if part.tag == f"{ODS_TEXT}s":
            texts.append(" " * min(int(part.get(f"{ODS_TEXT}c", "1")), 100))
        elif part.tag in (f"{ODS_TEXT}line-break", f"{ODS_TEXT}tab"):
            texts.append(" ")
        elif part.tag != f"{ODS_OFFICE}annotation":
            texts.append(_ods_text(part))
        texts.append(part.tail or "")
    return "".join(texts)
