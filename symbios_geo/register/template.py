"""Write the workbook that a facilitator fills in, empty or with five made-up sites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from ..files import guarded, write_whole
from ..labels import check_language, has_label, label, language
from ..tables import read_table
from .cells import headers
from .faults import word_of
from .rules import OPEN, column_words, fields

__all__ = ["write_example", "write_template"]

COLUMNS = {
    "sites": [
        "name",
        "site_id",
        "operator",
        "organisation_number",
        "company_size",
        "kind",
        "municipality_code",
        "address",
        "lon",
        "lat",
        "northing",
        "easting",
        "crs",
        "coordinate_error_km",
        "sector_sni",
        "status",
        "visibility",
        "source_id",
        "confidence",
        "note",
    ],
    "flows": [
        "site_id",
        "flow_id",
        "resource",
        "role",
        "stream",
        "carbon",
        "value",
        "low",
        "high",
        "unit",
        "year",
        "temperature_low_c",
        "temperature_high_c",
        "supply_temperature_c",
        "return_temperature_c",
        "committed",
        "hours_per_year",
        "power_mw",
        "concentration_vol_pct",
        "material_class",
        "use_today",
        "dry_matter_pct",
        "additive",
        "category",
        "method",
        "ewc_code",
        "visibility",
        "source_id",
        "confidence",
        "note",
    ],
    "sources": ["source_id", "title", "publisher", "url", "year", "accessed", "licence", "note"],
}
NEEDED = {
    "sites": ("name", "kind"),
    "flows": ("site_id", "resource", "role", "stream", "value", "unit"),
    "sources": ("source_id", "title"),
}
OPEN_LISTS = (*OPEN, "municipality_code")  # other words than the listed ones may be right
TEXT_COLUMNS = ("sector_sni", "ewc_code", "organisation_number", "site_id", "flow_id")
ROWS = 1000
REQUIRED, OPTIONAL, EXAMPLE = "1F4E5F", "DCE6EA", "7F7F7F"
EXAMPLES = {
    "sites": {"municipality_code": "Laholm", "coordinate_error_km": "0,5", "sector_sni": "10.51"},
    "flows": {"value": "2,5", "low": "2", "high": "3", "year": "2024", "hours_per_year": "6000"}
    | {"temperature_low_c": "25", "temperature_high_c": "35"},
}
EXAMPLE_WORDS = {
    "sites": {"kind": "dairy", "company_size": "small", "visibility": "internal"},
    "flows": {"resource": "heat", "role": "source", "unit": "GWh/yr", "confidence": "C"},
}
# five made-up companies; lon/lat, SWEREF 99 TM and addresses, so that every way is shown
SITES = [
    "Bageri Norra,,556036-0793,small,food,Halmstad,,12.87,56.69,,,0.2,10.71,public",
    "Växthus Söder,,,micro,heat_user,Laholm,,,,6265000,384000,0.3,01.13,public",
    "Såg i Torup,,,medium,sawmill,Hylte,Sågvägen 2 314 41 Torup,,,,,,16.10,public",
    "Mejeri Väst,,,small,dairy,Falkenberg,,12.5,56.9,,,0.5,10.51,public",
    "Plast i Kungsbacka,,,medium,plastics,Kungsbacka,,12.09,57.5,,,0.2,22.29,public",
]
FLOWS = [
    "Bageri Norra,heat,source,ugnsluft,,1.2,0.8,1.6,GWh/yr,60,120,,,0,",
    "Växthus Söder,heat,sink,uppvärmning,,3.5,2.5,4.5,GWh/yr,,,50,30,,",
    "Växthus Söder,co2,sink,gödsling,,0.4,0.2,0.6,kt/yr,,,,,,",
    "Såg i Torup,heat,source,torkluft,,5200,4000,6500,MWh/yr,40,60,,,0,",
    "Mejeri Väst,heat,source,kylvatten,,4.1,3,5,GWh/yr,25,35,,,0,02 05 01",
    "Plast i Kungsbacka,heat,source,kylvatten,,0.9,0.5,1.2,GWh/yr,20,30,,,0,",
]
SITE_ORDER = [
    "name",
    "site_id",
    "organisation_number",
    "company_size",
    "kind",
    "municipality_code",
    "address",
    "lon",
    "lat",
    "northing",
    "easting",
    "coordinate_error_km",
    "sector_sni",
    "visibility",
]
FLOW_ORDER = [
    "site_id",
    "resource",
    "role",
    "stream",
    "carbon",
    "value",
    "low",
    "high",
    "unit",
    "temperature_low_c",
    "temperature_high_c",
    "supply_temperature_c",
    "return_temperature_c",
    "committed",
    "ewc_code",
]


def write_template(path: str | Path, lang: str = "sv") -> Path:
    """
    Write an Excel workbook to fill in: instructions, sites, flows, sources and lists.

    Headers and words are those of the language; both languages are read back.

    Raises
    ------
    OutputError
        If the workbook cannot be written; what stood there before stays.

    Examples
    --------
    >>> import tempfile
    >>> write_template(Path(tempfile.mkdtemp()) / "template.xlsx", "en").name
    'template.xlsx'
    """
    book = _workbook(check_language(lang))
    return write_whole(path, book.save)


def write_example(path: str | Path, lang: str = "sv", *, mistakes: bool = False) -> Path:
    """
    Write the template filled in with five made-up sites and their flows.

    Parameters
    ----------
    path
        Workbook to write.
    lang
        Language of headers and words.
    mistakes
        Whether three mistakes are planted: swapped coordinates, text in a number column, and a
        low end above the best estimate.

    Examples
    --------
    >>> import tempfile
    >>> write_example(Path(tempfile.mkdtemp()) / "mine.xlsx", "en").name
    'mine.xlsx'
    """
    book = _workbook(check_language(lang))
    for name, order, rows in (("sites", SITE_ORDER, SITES), ("flows", FLOW_ORDER, FLOWS)):
        sheet = book[label(f"sheet:{name}", lang)]
        for number, line in enumerate(rows, 3):
            for column, cell in zip(order, line.split(","), strict=True):
                _write(sheet, number, COLUMNS[name].index(column) + 1, _shown(column, cell, lang))
    if mistakes:
        _plant_mistakes(book, lang)
    return write_whole(path, book.save)


def write_filled(path: str | Path, tables: dict[str, pd.DataFrame], lang: str = "sv") -> Path:
    """
    Write the template with rows in it: frames by table, with the library's columns and words.

    Raises
    ------
    OutputError
        If the workbook cannot be written; what stood there before stays.
    """
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = _workbook(check_language(lang))
    for name, table in tables.items():
        sheet = book[label(f"sheet:{name}", lang)]
        for number, row in enumerate(table.fillna("").to_dict("records"), 3):
            for column, cell in row.items():
                place = COLUMNS[name].index(str(column)) + 1
                # a control character of somebody else's file cannot stand in a workbook
                shown = ILLEGAL_CHARACTERS_RE.sub("?", _shown(str(column), str(cell), lang))
                _write(sheet, number, place, shown)
    return write_whole(path, book.save)


def _plant_mistakes(book: Any, lang: str) -> None:
    """Swap one pair of coordinates, write a word for a number, and turn one range round."""
    sites, flows = (book[label(f"sheet:{name}", lang)] for name in ("sites", "flows"))
    lon, lat = (COLUMNS["sites"].index(c) + 1 for c in ("lon", "lat"))
    _write(sites, 3, lon, "56,69")
    _write(sites, 3, lat, "12,87")
    _write(flows, 4, COLUMNS["flows"].index("value") + 1, "cirka 3")
    _write(flows, 7, COLUMNS["flows"].index("low") + 1, "40")


def _shown(column: str, cell: str, lang: str) -> str:
    """Return a cell the way a person of this language writes it."""
    number = cell.replace(".", "", 1).isdigit() and column not in TEXT_COLUMNS
    return cell.replace(".", language(lang).decimal) if number else word_of(column, cell, lang)


def _workbook(lang: str) -> Any:
    """Return the empty template."""
    import openpyxl

    book = openpyxl.Workbook()
    book.properties.creator = "symbios-geo"
    book.properties.title = label("template:title", lang)
    _write_instructions(book.active, lang)
    ranges = {}
    lists = book.create_sheet(label("sheet:lists", lang))
    for place, (column, words) in enumerate(_vocabularies(lang).items(), 1):
        ranges[column] = _write_list(lists, place, headers_word(column, lang), words)
    _write_codes(lists, len(ranges) + 2, lang)
    for place, name in enumerate(COLUMNS, 1):
        sheet = book.create_sheet(label(f"sheet:{name}", lang), place)
        _write_headers(sheet, name, lang)
        _write_example_row(sheet, name, lang)
        _add_lists(sheet, name, ranges)
    return book


def headers_word(column: str, lang: str) -> str:
    """Return the visible header of a column that any table has."""
    return next(headers(n, lang)[column] for n in COLUMNS if column in headers(n, lang))


def _vocabularies(lang: str) -> dict[str, list[str]]:
    """Return the words of every drop-down list by column."""
    found = {}
    for name, columns in COLUMNS.items():
        for column in columns:
            allowed = fields(name)[column].get("constraints", {}).get("enum", [])
            if fields(name)[column]["type"] == "boolean":
                allowed = ["true", "false"]
            if allowed:
                found[column] = [word_of(column, word, lang) for word in allowed]
    towns = read_table("municipalities")
    units = ["GWh/yr", "MWh/yr", "kt/yr", "t/yr", "thousand m3/yr"]
    found["municipality_code"] = list(towns["name"])
    for column in OPEN:
        found[column] = sorted({word_of(column, word, lang) for word in column_words(column)})
    found["unit"] = [word_of("unit", unit, lang) for unit in units]
    return found


def _write_instructions(sheet: Any, lang: str) -> None:
    """Write what to do, one step a row."""
    from openpyxl.styles import Alignment, Font

    sheet.title = label("sheet:instructions", lang)
    sheet.column_dimensions["A"].width = 110
    _write(sheet, 1, 1, label("template:title", lang)).font = Font(bold=True, size=14)
    names = {name: label(f"sheet:{name}", lang) for name in COLUMNS}
    example = label("template:example_id", lang)
    for number in range(1, 9):
        text = label(f"template:step_{number}", lang, **names, example=example)
        _write(sheet, number + 2, 1, text).alignment = Alignment(wrap_text=True, vertical="top")


def _write_list(sheet: Any, place: int, header: str, words: list[str]) -> str:
    """Write one vocabulary as a column; return its range for drop-downs."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    letter = get_column_letter(place)
    sheet.column_dimensions[letter].width = 24
    _write(sheet, 1, place, header).font = Font(bold=True)
    for row, word in enumerate(words, 2):
        _write(sheet, row, place, word)
    return f"'{sheet.title}'!${letter}$2:${letter}${len(words) + 1}"


def _write_codes(sheet: Any, place: int, lang: str) -> None:
    """Write the codes of industries and wastes with their names."""
    for table, header in (("sni_codes", "template:list_sni"), ("ewc_codes", "template:list_ewc")):
        codes = read_table(table)
        _write_list(sheet, place, label(header, lang), list(codes.iloc[:, 0]))
        _write_list(sheet, place + 1, "", list(codes[f"name_{lang}"]))
        place += 3


def _write_headers(sheet: Any, name: str, lang: str) -> None:
    """Write the header row: dark where a cell is needed, each with a comment."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    visible = headers(name, lang)
    for place, column in enumerate(COLUMNS[name], 1):
        needed = column in NEEDED[name]
        cell = _write(sheet, 1, place, visible[column])
        cell.font = Font(bold=True, color="FFFFFF" if needed else "000000")
        cell.fill = PatternFill("solid", fgColor=REQUIRED if needed else OPTIONAL)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        key = f"help:flow_{column}" if name == "flows" else f"help:{column}"
        key = key if has_label(key) else f"help:{column}"
        texts = [label(key, lang)] if has_label(key) else []
        texts.append(label("template:required" if needed else "template:optional", lang))
        cell.comment = Comment(". ".join(texts) + ".", "symbios-geo", width=320, height=100)
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = max(14, min(28, len(visible[column]) + 2))
        if column in TEXT_COLUMNS:
            for row in range(2, ROWS // 5):
                sheet.cell(row, place).number_format = "@"
    sheet.row_dimensions[1].height = 32
    sheet.freeze_panes = "B2"


def _write_example_row(sheet: Any, name: str, lang: str) -> None:
    """Write the row that shows how to fill in, grey, with an id that makes it be left out."""
    from openpyxl.styles import Font

    row = dict(EXAMPLES.get(name, {}))
    row |= {c: word_of(c, word, lang) for c, word in EXAMPLE_WORDS.get(name, {}).items()}
    key = {"sites": "site_id", "flows": "flow_id", "sources": "source_id"}[name]
    row |= {key: label("template:example_id", lang), "note": label("template:example_note", lang)}
    if name == "sites":
        row |= {c: label(f"template:example_{c}", lang) for c in ("name", "operator", "address")}
    if name == "flows":
        row |= {"site_id": label("template:example_name", lang)}
        row |= {"stream": label("template:example_stream", lang)}
    for column, text in row.items():
        shown = text.replace(",", language(lang).decimal) if text[:1].isdigit() else text
        cell = _write(sheet, 2, COLUMNS[name].index(column) + 1, shown)
        cell.font = Font(italic=True, color=EXAMPLE)


def _add_lists(sheet: Any, name: str, ranges: dict[str, str]) -> None:
    """Add the drop-down lists to the columns that have one."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for column, words in ranges.items():
        if column in COLUMNS[name]:
            open_list = column in OPEN_LISTS
            rule = DataValidation(
                type="list", formula1=f"={words}", allow_blank=True, showErrorMessage=not open_list
            )
            letter = get_column_letter(COLUMNS[name].index(column) + 1)
            rule.add(f"{letter}2:{letter}{ROWS}")
            sheet.add_data_validation(rule)


def _write(sheet: Any, row: int, place: int, text: str) -> Any:
    """Write text that stays text, and return its cell."""
    cell = sheet.cell(row, place)
    cell.value = text
    cell.data_type = "s"
    cell.quotePrefix = guarded(text) != text
    return cell
