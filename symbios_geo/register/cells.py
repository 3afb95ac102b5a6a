"""What a cell shows is what is read: one table of rules for cells whose look and value differ.

| a cell or row                                | in a number column       | elsewhere            |
|----------------------------------------------|--------------------------|----------------------|
| number in any usual format                   | its value                | as typed             |
| `12.500`, `12,500`, `1.234,5` written as text| refused: two readings    | as it is             |
| ... in a CSV file whose decimals prove one   | read so                  | as it is             |
| percentage, `12 %`                           | 12 if the unit is %, told| as shown             |
| percentage elsewhere                         | refused                  | as shown             |
| date                                         | its year in `year`, told | refused in codes     |
| format that divides by thousands, or hides   | refused                  | refused in codes     |
| unit in the format, `4,1 "MWh"`              | refused as `4.1 MWh`     | as shown             |
| raised or struck-out figures, or cells       | refused                  | refused in codes     |
| `767` for 0767, `20501` for 02 05 01         | -                        | zero put back, told  |
| `161`, a number: SNI 16.1 or 01.61           | -                        | refused: two readings|
| hidden or filtered rows, columns and sheets  | read, told               | read, told           |
| a note that hangs on a cell                  | not read, told           | not read, told       |
| cells merged downwards                       | refused                  | count for each row   |
| titles above, units below the header, sums,  | left out, told           | left out, told       |
| footnotes                                    |                          |                      |
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from ..labels import LANGUAGES, has_label, label
from ..spelling import nearest
from ..tables import once_per_folder
from .codes import ewc_code, is_ewc_code, is_sni_code, sni_code
from .comparing import same, tidy
from .complete import AMOUNTS, unit_factor
from .faults import Fault, column_word, refuse
from .rules import fields, swedish_municipalities
from .words import result_key

MAX_ROWS = 10_000
MAX_COLUMNS = 200
MAX_MERGES = 10_000
HEADER_ROWS = 20  # in which the header is looked for
TITLE_CELLS = 3  # a row above the header with more cells holds data
TEXT, NUMBER_CELL, DATE, PERCENT, LOOK, NOTED = range(6)
CODE_COLUMNS = ("municipality_code", "sector_sni", "ewc_code", "organisation_number")
FIRST_YEAR = 1990  # a date before it is a number that a spreadsheet took for a date
SUM_ROW = re.compile(
    r"(s:a|summa|summor|delsumma|totalsumma|totalt?|totals?|grand total|sum|subtotal|medel(värde)?|"
    r"mean|average)\b[ :.]*"
)
FOOTNOTE = re.compile(r"(\*|\d\)|(källa|källor|not|anm|obs|kommentar|source|sources|note)\b)")
FOOTNOTE_LENGTH = 60
UNIT_SIGNS = {
    "°c", "grader", "degc", "%", "vol-%", "vol%", "m", "km", "kw", "mw", "h", "h/år", "h/yr",
    "timmar", "år", "year", "text", "kod", "code", "-",
}  # fmt: skip
PLAIN = re.compile(r"[-+]?[0-9][0-9\s]*([.,][0-9]+)?")
THREE = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
GROUPED = re.compile(r"[0-9]{1,3}((\.[0-9]{3})+,[0-9]+|(,[0-9]{3})+\.[0-9]+)")
REPEATED = re.compile(r"[0-9]{1,3}((\.[0-9]{3}){2,}|(,[0-9]{3}){2,})")


class Grid(NamedTuple):
    """One table of a file as people see it: shown texts by row, and what kind each cell is."""

    name: str
    rows: dict[int, list[str]]
    kinds: dict[int, bytes] | None = None
    sheet: str = ""  # where the file is a workbook
    hidden: tuple[int, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()  # first row and column, last row and column
    hidden_columns: tuple[int, ...] = ()  # places from 0
    hidden_sheet: bool = False
    comments: tuple[tuple[int, int, str], ...] = ()  # row, place from 0 and text of a note
    decimal: str = ""  # the sign that decimals of a text file are proven to have
    faults: tuple[Fault, ...] = ()
    notices: tuple[Fault, ...] = ()


class ReadTable(NamedTuple):
    """Rows as text under the library's column names, where they stood, and what must be told."""

    frame: pd.DataFrame
    faults: list[Fault]
    notices: list[Fault]
    letters: dict[str, str]
    header_row: int
    sheet: str


def headers(name: str, lang: str) -> dict[str, str]:
    """Return the visible header of every column of a table."""
    return {column: column_word(column, lang) for column in fields(name)}


@once_per_folder
def header_words(name: str) -> dict[str, str]:
    """Return the column of every header that is known, as `same` writes them."""
    known: dict[str, str] = {}
    for lang in LANGUAGES:
        for column, word in headers(name, lang).items():
            # "Longitud (grader)" is also known by its first part; an amount needs its unit said
            if "(" in word and column not in AMOUNTS:
                known.setdefault(same(word.partition("(")[0]), column)
    for lang in LANGUAGES:
        known |= {same(word): column for column, word in headers(name, lang).items()}
        # what a run heads the column with in this table alone
        own = {column: f"column:{result_key(name)}.{column}" for column in fields(name)}
        known |= {same(label(key, lang)): c for c, key in own.items() if has_label(key)}
    return known | {column: column for column in fields(name)}


def column_of(header: str, known: dict[str, str]) -> str:
    """Return the column that a header means, or the header itself."""
    plain = same(header.strip(" *"))
    bare = re.sub(r"\s*\(([^()]*)\)$", "", plain)
    found = known.get(plain)
    if not found and bare != plain and known.get(bare) not in AMOUNTS:
        found = known.get(bare)
    return found or header


def header_row(name: str, rows: dict[int, list[str]]) -> int:
    """Return the row of the header: of the first rows, that with most known columns."""
    known = header_words(name)
    columns = set(known.values())
    score = {
        number: len({column_of(cell, known) for cell in cells if cell} & columns)
        for number, cells in list(rows.items())[:HEADER_ROWS]
    }
    best = max(score.values(), default=0)
    return next((number for number, found in score.items() if found == best), 1)


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
    frame = frame.apply(lambda column: column.map(tidy)) if len(frame) else frame.astype("str")
    frame.columns = pd.Index(header)
    return frame


def raw_frame(name: str, grid: Grid) -> pd.DataFrame:
    """Return the rows below the header under the headers as written."""
    number = header_row(name, grid.rows)
    width = max([0, *map(len, grid.rows.values())])
    rows = {n: row + [""] * (width - len(row)) for n, row in grid.rows.items()}
    header = [cell.strip() for cell in rows.get(number, [])]
    return frame_of_text(grid.name, header, {n: row for n, row in rows.items() if n > number})


def read_table_of(name: str, grid: Grid) -> ReadTable:
    """
    Return a table of a register read by the rules at the head of this module.

    Parameters
    ----------
    name
        Which table it is, as "sites".
    grid
        What a reader of files found.
    """
    frame = raw_frame(name, grid)
    top = header_row(name, grid.rows)
    faults, notices = list(grid.faults), list(grid.notices)
    columns, wrong = _columns(name, frame)
    faults += wrong
    frame.columns = pd.Index(columns)
    for number, cells in grid.rows.items():
        if number < top and (filled := [cell for cell in cells if cell]):
            told = faults if len(filled) > TITLE_CELLS else notices
            rule = "row_above" if told is faults else "read_title"
            told.append(Fault(name, number, "", rule, " | ".join(filled), str(top)))
    frame = frame[(frame != "").any(axis=1)]
    apart = dict(_rows_apart(name, frame))
    notices += apart.values()
    frame = frame.drop(index=list(apart))
    unnamed = [c for c in frame.columns if c.startswith("#")]
    faults += [Fault(name, 1, c, "nameless_column", "") for c in unnamed if (frame[c] != "").any()]
    frame = frame.loc[:, ~frame.columns.duplicated()].copy()
    for found in _merged(name, frame, grid, columns, top):
        (notices if found.rule.startswith("read_") else faults).append(found)
    for column in frame.columns:
        for found in _cells(name, column, frame, grid, columns.index(column)):
            (notices if found.rule.startswith("read_") else faults).append(found)
    if hidden := [row for row in grid.hidden if row in frame.index]:
        notices.append(Fault(name, 0, "", "read_hidden", spans(hidden)))
    written = dict(zip(columns, grid.rows.get(top, []), strict=False))
    shut = [columns[place] for place in grid.hidden_columns if place < len(columns)]
    if shut := [written[c] for c in shut if c in frame.columns and (frame[c] != "").any()]:
        notices.append(Fault(name, 0, "", "read_hidden_columns", ", ".join(shut)))
    if grid.hidden_sheet:
        notices.append(Fault(name, 0, "", "read_hidden_sheet", grid.sheet))
    for row, place, text in grid.comments:
        if row in frame.index and place < len(columns):
            notices.append(Fault(name, row, columns[place], "read_comment", text))
    letters = {column: letter(place) for place, column in reversed([*enumerate(columns)])}
    return ReadTable(frame, faults, notices, letters, top, grid.sheet)


def letter(index: int) -> str:
    """Return the letters of a column in a spreadsheet, the first being 0."""
    text = ""
    while index >= 0:
        index, rest = index // 26 - 1, index % 26
        text = chr(65 + rest) + text
    return text


# --- headers and rows ------------------------------------------------------------------------


def _columns(name: str, frame: pd.DataFrame) -> tuple[list[str], list[Fault]]:
    """Return the library's name of every column, or the header where none is meant."""
    known = header_words(name)
    names: list[str] = []
    faults = []
    for place, header in enumerate(map(str, frame.columns)):
        column = column_of(header, known) if header else ""
        if column and column in names:
            faults.append(Fault(name, 1, column, "repeated_column", header))
        elif column and column not in fields(name):
            near = nearest(header, known, 0.7) or list(fields(name))
            found = ", ".join(dict.fromkeys(known.get(word, word) for word in near))
            faults.append(Fault(name, 1, column, "unknown_column", header, found))
        names.append(column or f"#{letter(place)}")
    return names, faults


def _rows_apart(name: str, frame: pd.DataFrame) -> Iterator[tuple[int, Fault]]:
    """Find rows that belong to no place or flow: units, sums and notes."""
    for place, (row, cells) in enumerate(frame.iterrows()):
        number = int(str(row))
        filled = [cell for cell in cells if cell]
        first = same(filled[0])
        rule = ""
        if place < 2 and all(_is_unit(cell) for cell in filled):
            rule = "read_units"
        elif SUM_ROW.fullmatch(first) and all(PLAIN.fullmatch(cell) for cell in filled[1:]):
            rule = "read_sum"
        elif len(filled) == 1 and (FOOTNOTE.match(first) or len(first) > FOOTNOTE_LENGTH):
            rule = "read_note"
        if rule:
            yield number, Fault(name, number, "", rule, " | ".join(filled))


def _is_unit(cell: str) -> bool:
    """Say whether a cell holds nothing but a unit."""
    plain = same(cell).strip("()[] ")
    return plain in UNIT_SIGNS or unit_factor(plain) is not None


def _merged(
    name: str, frame: pd.DataFrame, grid: Grid, columns: list[str], top: int
) -> Iterator[Fault]:
    """Let a cell merged downwards count for each row, where that has one meaning."""
    keys = {"sites": ("site_id", "name"), "flows": ("flow_id",), "sources": ("source_id",)}
    for first, left, last, right in grid.merged:
        column = columns[left - 1] if left <= len(columns) else ""
        if first <= top or first not in frame.index or column not in frame.columns:
            continue
        covered = [row for row in frame.index if first < row <= last]
        cell = str(frame.loc[first, column])
        if not cell or not (covered or right > left):
            continue
        numeric = fields(name).get(column, {}).get("type") in ("number", "integer")
        if right > left or numeric or column in keys.get(name, ()):
            yield Fault(name, first, column, "merged", cell)
            continue
        frame.loc[covered, column] = cell
        rows = spans([first, *covered])
        yield Fault(name, first, column, "read_merged", cell, rows)


# --- cells -----------------------------------------------------------------------------------


def _cells(name: str, column: str, frame: pd.DataFrame, grid: Grid, place: int) -> Iterator[Fault]:
    """Read the cells of one column; what is not read as it stands is told."""
    field = fields(name).get(column)
    if field is None:
        return
    numeric = field["type"] in ("number", "integer")
    changed: dict[int, str] = {}
    for row, cell in zip(frame.index.tolist(), frame[column].tolist(), strict=True):
        if not cell:
            continue
        kind = _kind(grid, row, place, cell)
        if numeric:
            rule, text = _number(column, cell, kind, grid.decimal)
        elif column in CODE_COLUMNS:
            rule, text = _code(column, cell, kind)
        else:
            continue
        if rule.startswith("read_"):
            changed[row] = text
        if rule:
            yield Fault(name, row, column, rule, cell, text)
    if changed:
        frame.loc[list(changed), column] = list(changed.values())


def _kind(grid: Grid, row: int, place: int, cell: str) -> int:
    """Return what kind of cell it is; a text file does not say, so digits may be a number."""
    if grid.kinds is None:
        return NUMBER_CELL if cell.isascii() and cell.isdigit() else TEXT
    kinds = grid.kinds.get(row, b"")
    return kinds[place] if place < len(kinds) else TEXT


def _number(column: str, cell: str, kind: int, decimal: str) -> tuple[str, str]:
    """Return the rule that a cell of a number column falls under, and what is read or meant."""
    if kind == DATE:
        year = cell[:4]
        if column == "year" and year.isdigit() and int(year) >= FIRST_YEAR:
            return "read_year", year
        return "date_cell", ""
    if kind in (LOOK, NOTED):
        return ("look" if kind == LOOK else "noted"), ""
    if kind == PERCENT or re.fullmatch(r"[-+0-9.,\s]+%", cell):
        return ("read_percent", cell.strip(" %")) if column.endswith("_pct") else ("percent", "")
    doubtful = column in AMOUNTS or column == "hours_per_year"
    return (
        ("ambiguous", _readings(cell)) if doubtful and _two_ways(cell, kind, decimal) else ("", "")
    )


def _two_ways(cell: str, kind: int, decimal: str) -> bool:
    """Say whether one reader takes a number for a thousand times what another does."""
    if kind == NUMBER_CELL:
        return False
    if THREE.fullmatch(cell):
        return decimal not in cell if decimal else True
    return bool(GROUPED.fullmatch(cell) or REPEATED.fullmatch(cell))


def _readings(cell: str) -> str:
    """Return the ways to write a doubtful number so that it has one meaning."""
    if THREE.fullmatch(cell):
        whole, part = re.split("[.,]", cell)
        return f"{whole}{part} / {whole},{part.rstrip('0') or '0'}0"
    last = max(cell.rfind("."), cell.rfind(","))
    digits = re.sub("[.,]", "", cell)
    if REPEATED.fullmatch(cell):
        return digits
    return f"{re.sub('[.,]', '', cell[:last])},{cell[last + 1 :]}"


def _code(column: str, cell: str, kind: int) -> tuple[str, str]:
    """Return the rule that a code falls under, and what is read or meant."""
    if kind in (DATE, LOOK, NOTED):
        return {DATE: "date_cell", LOOK: "look", NOTED: "noted"}[kind], ""
    digits = cell.isascii() and cell.isdigit()
    if column == "municipality_code" and digits and len(cell) == 3:
        return ("read_zero", f"0{cell}") if f"0{cell}" in swedish_municipalities() else ("", "")
    if column == "ewc_code" and digits and len(cell) == 5:
        full = ewc_code(f"0{cell}")
        return ("read_zero", full) if is_ewc_code(full) else ("", "")
    if column == "sector_sni" and digits and kind == NUMBER_CELL and len(cell) > 2:
        known = [code for code in (sni_code(cell), sni_code(f"0{cell}")) if is_sni_code(code)]
        if len(known) > 1:
            return "two_codes", " / ".join(known)
        if known and known[0] != sni_code(cell):
            return "read_zero", known[0]
    return "", ""


def spans(rows: list[int]) -> str:
    """Return rows as people write them: 4-6, 9."""
    spans: list[list[int]] = []
    for row in sorted(rows):
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    return ", ".join(f"{a}\u2013{b}" if b > a else f"{a}" for a, b in spans)


def example_words() -> set[str]:
    """Return the ids of the row that shows how a template is filled in."""
    return {same(label("template:example_id", lang)) for lang in LANGUAGES}
