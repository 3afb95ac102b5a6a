"""Write tables that others open: an Excel workbook, CSV for Swedish Excel, GeoParquet."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

import geopandas as gpd
import pandas as pd

from ..disclosure import INTERNAL, MARK, check_cleared, check_tables
from ..files import guarded
from ..labels import (
    chance,
    citation,
    date_line,
    has_label,
    label,
    label_or,
    language,
    relabel,
    version_line,
    words,
)
from ..model import ROLES
from ..region.area import Region, bundled_region
from ..register.gate import Register
from ..tables import data_date
from .book_charts import ChartSheet, add_charts
from .definitions import origin_words
from .listings import site_table

FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
ADDRESS = re.compile(r"https?://[^\s;]{1,2000}")  # what a click opens
LONGEST_NAME = 31  # characters of the name of a sheet
LONGEST_TEXT = 32_767  # characters in a cell of Excel
WIDEST, NARROWEST, SHORT = 60, 9, 16  # characters
HEADER_HEIGHT = 32  # points: two lines
COVER_HEIGHTS = {"mark": 24, "title": 24, "wrap": 30}
COVER_WIDTH = 92  # characters of the column that tells of the sheets
WHOLE, GENERAL = "#,##0", "General"
FORMATS = {
    **dict.fromkeys(("year", "since", "facts_year", "population_year", "term", "years"), "0"),
    **dict.fromkeys(("lon", "lat"), "0.00000"),
    **dict.fromkeys(("population", "companies", "hours_per_year"), WHOLE),
    **dict.fromkeys(("efficiency", "probability", "share_of_demand"), "0.00"),
}
CHANCES, SHARE = ("pays_share",), "0\u00a0%"  # of a thousand draws
ANSWERS, LINE = "answers", 14.5
# texts stand whole, on several lines of at most so many characters
WRAPPED = {"plan": 28, "pilots": 34, "business": 28, "definitions": 90}
IDS = ("exchange_id", *ROLES)  # for programs: on one line, however long
PRINTED = {
    "plan": "pays_share",
    "pilots": "risk",
    "business": "breaks_by",
}  # the last column on paper
MARGINS = (0.4, 0.4, 0.75, 0.75)  # inches: what is broad needs the paper
ANSWER_WIDTHS = {"section": 20, "name": 44, "meaning": 56, "comes_from": 44}
FROZEN = {**dict.fromkeys(("business", "pilots", "plan"), "receiver"), ANSWERS: "name"}
EXACT = ("parameters", "derivations", "agriculture", "municipalities")  # inputs: every digit shows


def write_workbook(
    tables: Mapping[str, pd.DataFrame],
    path: Path,
    *,
    lang: str = "sv",
    region: Region | None = None,
) -> Path:
    """
    Write every table to one Excel workbook and return its path; texts stay texts.

    If a table holds internal rows, every sheet and the properties say INTERN.

    Parameters
    ----------
    tables
        Tables by key, as `listings.make_tables` gives them.
    path
        The file to write.
    lang
        Language of sheets, headers and words, "sv" or "en".
    region
        What the first sheet says the tables are about. None: the bundled region.

    Raises
    ------
    DisclosureError
        If a table holds rows that were not cleared.
    """
    import xlsxwriter

    words = (region or bundled_region()).words(lang)
    internal = check_tables(*tables.values()) == INTERNAL
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, {**options, "nan_inf_to_errors": False}) as book:
        book.set_properties(
            {
                "title": label("output:title", lang, **words),
                "subject": version_line(lang),
                "author": "symbios-geo",
                "created": data_date(),
                "keywords": MARK if internal else "",
                "status": MARK if internal else "",
            }
        )
        looks = _looks(book)
        _write_cover(book, tables, words, lang, looks, internal=internal)
        sheets = {
            key: _write_sheet(book, key, table, lang, looks, internal=internal)
            for key, table in tables.items()
        }
        if ANSWERS in tables:
            _finish_answers(book, tables, sheets, lang, internal=internal)
    return path


def write_csv(tables: Mapping[str, pd.DataFrame], folder: Path, *, lang: str = "sv") -> list[Path]:
    """
    Write each table as CSV for Swedish Excel (semicolons, decimal commas, BOM); return the files.

    A text that a spreadsheet would run begins with an apostrophe here, and only here.
    If a table holds internal rows, every row of every file says INTERN.
    """
    internal = check_tables(*tables.values()) == INTERNAL
    written = []
    for key, table in tables.items():
        shown = visible_table(key, table, lang, internal=internal)
        safe = shown.map(lambda cell: guarded(cell) if isinstance(cell, str) else cell)
        written.append(folder / f"{key}.csv")
        safe.to_csv(
            written[-1],
            sep=language(lang).separator,
            decimal=language(lang).decimal,
            index=False,
            encoding="utf-8-sig",
            lineterminator="\r\n",
        )
    return written


def write_geoparquet(register: Register, path: Path) -> Path:
    """Write every place with its yearly totals as GeoParquet in EPSG:4326 and return its path."""
    internal = check_cleared(register) == INTERNAL
    table = site_table(register)
    points = gpd.GeoSeries(register.sites.geometry.to_numpy(), crs=register.sites.crs)
    frame = gpd.GeoDataFrame(table, geometry=points)
    # the file has texts of one type, whatever pandas keeps them in
    frame = frame.astype(dict.fromkeys(frame.select_dtypes("str"), "str"))
    if internal:
        frame.insert(0, "marking", MARK)
        frame.attrs["marking"] = MARK  # pandas keeps it in the metadata of the schema
    frame.to_parquet(path, index=False)
    return path


def visible_table(
    key: str, table: pd.DataFrame, lang: str = "sv", *, internal: bool = False
) -> pd.DataFrame:
    """Return a table as it stands in a file: words, headers and perhaps the mark."""
    shown = words(table, lang)
    if internal:
        shown.insert(0, "marking", MARK)
    # a header says what the column is in this table before it says what it is anywhere
    own = {c: label(f"column:{key}.{c}", lang) for c in shown if has_label(f"column:{key}.{c}")}
    return relabel(shown.rename(columns=own), lang)


def _sheet_name(key: str, lang: str) -> str:
    """Return the name of a table's sheet, as Excel allows it; one without words has its key."""
    name = label_or(f"sheet:{key}", key, lang)
    return FORBIDDEN_IN_NAMES.sub(" ", name).strip("' ")[:LONGEST_NAME] or "-"


def _looks(book: Any) -> dict[str, Any]:
    """Return the cell formats of the workbook."""
    # texts stand apart from the numbers before them
    top = {"valign": "top"}
    apart = {"align": "left", "indent": 1}
    head = {"bold": True, "bg_color": "#dfe7e2", "text_wrap": True, "bottom": 1, **top}
    sizes = [(name, size) for name in ("", *CHANCES) for size in (0.0, 0.5, 1.0, 10.0, 100.0)]
    numbers = {*FORMATS.values(), *(_pattern("", *size) for size in sizes), GENERAL}
    return {
        "title": book.add_format({"bold": True, "font_size": 16}),
        "bold": book.add_format({"bold": True}),
        "link": book.add_format({"font_color": "#1f4e79", "underline": 1, **top}),
        "wrap": book.add_format({"text_wrap": True, **apart, **top}),
        "mark": book.add_format({"bold": True, "font_size": 16, "font_color": "#b2182b"}),
        "header": book.add_format({**head, **apart}),
        "header_of_numbers": book.add_format({**head, "align": "right"}),
        "text": book.add_format({**apart, **top}),
        **{pattern: book.add_format({"num_format": pattern, **top}) for pattern in sorted(numbers)},
    }


def _write_cover(
    book: Any,
    tables: Mapping[str, pd.DataFrame],
    words: Mapping[str, str],
    lang: str,
    looks: dict[str, Any],
    *,
    internal: bool,
) -> None:
    """Write the first sheet: what the workbook holds and how to follow a number."""
    sheet = book.add_worksheet(label("sheet:about", lang))
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, COVER_WIDTH)
    steps = ("about:step_1", "about:step_2", "about:step_3")
    facts = (
        version_line(lang),
        date_line(lang),
        label("output:licence", lang),
        citation(lang, region=words["region"]),
    )
    lines = [
        *([(label("output:internal", lang), "mark")] if internal else []),
        (label("output:title", lang, **words), "title"),
        *((fact, "text") for fact in facts),
        ("", "text"),
        (label("about:follow", lang), "bold"),
        *((label(step, lang, **origin_words(lang)), "wrap") for step in steps),
        ("", "text"),
        (label("about:sheets", lang), "bold"),
    ]
    for row, (text, look) in enumerate(lines):
        if look == "wrap":
            sheet.merge_range(row, 0, row, 1, "", looks[look])
        if look in COVER_HEIGHTS:
            sheet.set_row(row, COVER_HEIGHTS[look])
        sheet.write_string(row, 0, text, looks[look])
    for row, key in enumerate(tables, len(lines)):
        name = _sheet_name(key, lang)
        sheet.write_url(row, 0, f"internal:'{name}'!A1", looks["link"], name)
        about = label_or(f"sheet_about:{key}", "", lang)
        sheet.write_string(row, 1, about, looks["wrap"])
        # not every program gives a row the height of its text
        sheet.set_row(row, LINE * math.ceil(len(about) / COVER_WIDTH + 0.1))


def _write_sheet(
    book: Any, key: str, table: pd.DataFrame, lang: str, looks: dict[str, Any], *, internal: bool
) -> Any:
    """Write one table with frozen header, filter, widths and number formats; return the sheet."""
    shown = visible_table(key, table, lang, internal=internal)
    sheet = book.add_worksheet(_sheet_name(key, lang))
    # the names of both ends stay in sight, and what an answer is
    kept = [place for place, code in enumerate(table.columns) if code == FROZEN.get(key)]
    sheet.freeze_panes(1, internal + kept[0] + 1 if kept else 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_row(0, HEADER_HEIGHT)
    name = _sheet_name(key, lang)
    sheet.set_header(f"&L{name}&R{MARK if internal else ''}")
    sheet.set_footer(f"&L{version_line(lang)}&R&P/&N")
    if internal:
        sheet.set_tab_color("#b2182b")
    codes = [*(["marking"] if internal else []), *table.columns]
    for place, (code, header) in enumerate(zip(codes, shown.columns, strict=True)):
        cells = shown.iloc[:, place].tolist()
        sheet.set_column(place, place, column_width(header, cells, WRAPPED.get(key, WIDEST)))
        numeric = any(isinstance(cell, (int, float)) and pd.notna(cell) for cell in cells)
        sheet.write_string(0, place, header, looks["header_of_numbers" if numeric else "header"])
        for row, cell in enumerate(cells, 1):
            look = "wrap" if key == ANSWERS or (key in WRAPPED and code not in IDS) else "text"
            if code == "url" and isinstance(cell, str) and ADDRESS.fullmatch(cell):
                sheet.write_url(row, place, cell, looks["link"], cell)
                continue
            _write_cell(sheet, row, place, cell, looks, (key, str(code)), look)
    if key in WRAPPED:
        _fit_rows(sheet, shown.loc[:, [code not in IDS for code in codes]], WRAPPED[key])
    if PRINTED.get(key) in codes:
        sheet.set_margins(*MARGINS)
        sheet.print_area(0, 0, len(shown), codes.index(PRINTED[key]))
    sheet.autofilter(0, 0, len(shown), max(len(shown.columns) - 1, 0))
    return sheet


def _fit_rows(sheet: Any, shown: pd.DataFrame, widest: int) -> None:
    """Give each row the height of its longest text: not every program does so by itself."""
    widths = [column_width(head, shown[head].tolist(), widest) for head in shown]
    for row, cells in enumerate(shown.itertuples(index=False), start=1):
        pairs = zip(cells, widths, strict=True)
        lines = [len(wrap(cell, math.floor(width))) for cell, width in pairs
                 if isinstance(cell, str)]  # fmt: skip
        sheet.set_row(row, LINE * max([1, *lines]))


def _finish_answers(
    book: Any, tables: Mapping[str, pd.DataFrame], sheets: Mapping[str, Any], lang: str,
    *, internal: bool,
) -> None:  # fmt: skip
    """Open the workbook on the answers: broad texts and native charts below."""
    sheet, shift = sheets[ANSWERS], int(internal)
    table = tables[ANSWERS]
    broad = {name: width for name, width in ANSWER_WIDTHS.items() if name in table}
    for place, name in enumerate(table.columns, start=shift):
        if name in broad:
            sheet.set_column(place, place, broad[name])
    for row, cells in enumerate(table.to_dict("records"), start=1):
        lines = max(len(str(cells[name])) / width for name, width in broad.items())
        sheet.set_row(row, LINE * math.ceil(lines + 0.1))  # not every program does so by itself
    read = {key: ChartSheet(_sheet_name(key, lang), table, shift) for key, table in tables.items()}
    add_charts(book, sheet, len(tables[ANSWERS]) + 2, read, lang)
    sheet.activate()


def _write_cell(
    sheet: Any, row: int, place: int, cell: object, looks: dict[str, Any], column: tuple[str, str],
    look: str,
) -> None:  # fmt: skip
    """Write a number as a number and everything else as text; a missing value stays blank."""
    if pd.isna(cell):
        return
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if math.isfinite(cell):
            sheet.write_number(row, place, cell, looks[_pattern(*column, cell)])
        return
    sheet.write_string(row, place, str(cell)[:LONGEST_TEXT], looks[look])


def _pattern(key: str, column: str, cell: float) -> str:
    """
    Return the number format of a cell: three figures, as everywhere in the outputs.

    No conditions within a format: a negative number then loses its minus in LibreOffice.
    """
    if column in CHANCES:  # what was drawn is never certain
        shown = chance(cell)
        return SHARE if shown[0].isdigit() else f'"{shown}"'
    if column in FORMATS:
        return FORMATS[column]
    if key in EXACT:
        return GENERAL
    decimals = 0 if isinstance(cell, int) or abs(cell) >= 100 else 1 if abs(cell) >= 10 else 2
    return WHOLE + ("." + "0" * decimals if decimals else "")


def column_width(header: str, cells: list[object], widest: int = WIDEST) -> float:
    """Return a column width in characters that shows most cells, and the header on two lines."""
    lengths = sorted(len(cell) for cell in cells if isinstance(cell, str))
    usual = lengths[int(0.95 * (len(lengths) - 1))] if lengths else NARROWEST
    # a rare unit is short enough to be shown whole
    usual = lengths[-1] if lengths and lengths[-1] <= SHORT else usual
    # the button of the filter covers the end of a header
    longest_word = max(len(word) for word in header.split())
    return min(max(usual + 2, longest_word + 5, len(header) / 2 + 2, NARROWEST), widest)
