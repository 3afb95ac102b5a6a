"""Registers broken on purpose, and what must hold for every one of them."""

from __future__ import annotations

import csv
import io
import random
import re
import shutil
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from xml.sax.saxutils import escape

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
from helpers import read_register_tables

from symbios_geo.errors import SymbiosError
from symbios_geo.files import guarded
from symbios_geo.register import check as intake
from symbios_geo.register.faults import Fault
from symbios_geo.register.foreign import import_file
from symbios_geo.register.foreign_files import read_foreign
from symbios_geo.register.forms import read_form
from symbios_geo.register.load import load_register

SLOWEST_S = 5.0
NASTY = [
    "",
    " ",
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+46 35 10",
    "-",
    "@SUM(A1)",
    "'",
    '"',
    ";",
    ",",
    "\t",
    "\n",
    "\r\n",
    "\x00",
    "\x07",
    "\ufeff",
    "\ufffe",
    "\u202e",
    "1e400",
    "-1e400",
    "nan",
    "inf",
    "-inf",
    "1e-400",
    "-1",
    "-0",
    "0",
    "1,5",
    "1.5.5",
    "1 000",
    "1,000",
    "1_000",
    "\u0661\u0662",
    "\u00bd",
    "12,",
    "0x10",
    "1e5",
    "99999999999999999999",
    "true",
    "NULL",
    "None",
    "#N/A",
    "#REF!",
    "{0.__class__}",
    "{",
    "}",
    "%s",
    "../../etc/passwd",
    "a/b",
    "CON",
    "\\",
    "<b>x</b>",
    "]]>",
    "&amp;",
    "&#0;",
    "\u00e5\u00e4\u00f6",
    "\U0001f525",
    "x" * 3000,
    "exempel",
    "example",
    "1380",
    "0000",
    "9999",
    "56.69",
    "12.87",
    "6265000",
    "384000",
    "2024-01-01",
    "31.12.2024",
    "heat",
    "V\u00e4rme",
    "GWh/yr",
    "MWh/\u00e5r",
    "secret",
    "hemlig",
    "ringhals",
    "bageri_norra",
]
Mutation = Callable[[random.Random, Path, Path], Path]


def make_originals(folder: Path) -> Path:
    """Write a good workbook, folder and GeoPackage to start from."""
    book = intake.write_example(folder / "good.xlsx", "sv")
    write_folder(book, folder / "good")
    write_package(book, folder / "good.gpkg")
    write_foreign(folder)
    write_ods(book, folder / "good.ods")
    write_sheets(book, folder / "sheets", separator=";", decimal=",", encoding="cp1252")
    return folder


def write_foreign(folder: Path) -> None:
    """Write a table of other people's columns as every kind of file that an import reads."""
    plants = pd.DataFrame(
        {
            "Namn": ["Bruket", "Mejeriet", "Bruket", "Långt bort"],
            "lon": [12.5, 12.87, 12.5, 18.07],
            "lat": [56.9, 56.69, 56.9, 59.33],
            "Spillvärme 60 °C (MWh/år)": [12.5, 800.0, 0.0, 100.0],
            "Anm": ["a", "", "c", "d"],
        }
    )
    plants.to_csv(folder / "theirs.csv", index=False)
    plants.to_excel(folder / "theirs.xlsx", index=False)
    points = gpd.points_from_xy(plants.pop("lon"), plants.pop("lat"))
    places = gpd.GeoDataFrame(plants, geometry=points, crs="EPSG:4326")
    places.to_file(folder / "theirs.gpkg")
    places.to_file(folder / "theirs.geojson")
    places.rename(columns={"Namn": "Name"}).to_file(folder / "theirs.kml", driver="KML")


def plain_tables(book: Path) -> dict[str, pd.DataFrame]:
    """Return the register of a workbook with full stops in its numbers."""
    tables = read_form(book).tables
    return {n: t.replace(r"^(-?\d+),(\d+)$", r"\1.\2", regex=True) for n, t in tables.items()}


def write_folder(book: Path, to: Path) -> Path:
    """Write the register of a workbook as a folder of CSV files."""
    to.mkdir()
    for name, table in plain_tables(book).items():
        table.map(guarded).to_csv(to / f"{name}.csv", index=False, lineterminator="\n")
    return to


def write_sheets(
    book: Path,
    to: Path,
    *,
    separator: str,
    decimal: str,
    encoding: str,
    sep: bool = False,
    name: str = "mall-{sheet}.csv",
) -> Path:
    """Write the sheets of a workbook as a spreadsheet program saves them as CSV."""
    to.mkdir()
    for sheet in openpyxl.load_workbook(book).worksheets:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
        for row in sheet.iter_rows(values_only=True):
            texts = ["" if cell is None else str(cell) for cell in row]
            writer.writerow([re.sub(r"(?<=\d)[.,](?=\d{1,2}$)", decimal, t) for t in texts])
        first = f"sep={separator}\r\n" if sep else ""
        data = (first + out.getvalue()).encode(encoding, "replace")
        (to / name.format(sheet=sheet.title)).write_bytes(data)
    return to


def write_ods(book: Path, to: Path) -> Path:
    """Write the sheets of a workbook as an OpenDocument spreadsheet."""
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    sheets = []
    for sheet in openpyxl.load_workbook(book).worksheets:
        rows = "".join(
            f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"
            for row in sheet.iter_rows(values_only=True)
        )
        sheets.append(f'<table:table table:name="{sheet.title}">{rows}</table:table>')
    content = f"<office:document-content{names}><office:body><office:spreadsheet>"
    content += f"{''.join(sheets)}</office:spreadsheet></office:body></office:document-content>"
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    return to


def _ods_cell(cell: object) -> str:
    """Return a cell as LibreOffice writes it: a number by its value, and as it shows."""
    if cell is None:
        return "<table:table-cell/>"
    text = escape(str(cell))
    plain = str(cell).replace(",", ".")
    # what a number would show otherwise, as the code 16.10, was written as text
    number = plain.replace(".", "", 1).isdigit() and f"{float(plain):.15g}" == plain
    kind = f'office:value-type="float" office:value="{plain}"' if number else ""
    return f"<table:table-cell {kind}><text:p>{text}</text:p></table:table-cell>"


def write_package(book: Path, to: Path, layers: dict[str, str] | None = None) -> Path:
    """Write the register of a workbook as a GeoPackage, its sites as points."""
    for name, table in plain_tables(book).items():
        layer = table.astype(object)
        if name == "sites":
            lon, lat = (pd.to_numeric(table[c]) for c in ("lon", "lat"))
            layer = gpd.GeoDataFrame(layer, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
        kind = "Point" if name == "sites" else None
        pyogrio.write_dataframe(
            layer, to, layer=(layers or {}).get(name, name), driver="GPKG",
            append=to.exists(), geometry_type=kind,
        )  # fmt: skip
    return to


def break_csv_cells(rng: random.Random, good: Path, out: Path) -> Path:
    """Change one to five cells, headers or rows of a folder of CSV files."""
    shutil.copytree(good / "good", out)
    for _ in range(rng.randint(1, 5)):
        file = out / rng.choice(["sites.csv", "flows.csv"])
        lines = file.read_text(encoding="utf-8").split("\n")
        row = rng.randrange(len(lines))
        cells = lines[row].split(",")
        cells[rng.randrange(len(cells))] = rng.choice(NASTY)
        lines[row] = ",".join(cells) if rng.random() < 0.3 else _csv_line(cells)
        if rng.random() < 0.1:
            rng.shuffle(lines)
        if rng.random() < 0.1:
            lines *= rng.randint(1, 3)
        file.write_text("\n".join(lines), encoding="utf-8", newline="")
    return out


def break_csv_bytes(rng: random.Random, good: Path, out: Path) -> Path:
    """Change, cut out or cut off bytes of one CSV file."""
    shutil.copytree(good / "good", out)
    file = out / rng.choice(["sites.csv", "flows.csv"])
    file.write_bytes(_broken(rng, file.read_bytes()))
    return out


def break_workbook_cells(rng: random.Random, good: Path, out: Path) -> Path:
    """Change texts and attributes inside the XML of a workbook."""
    out = out.with_suffix(".xlsx")
    with zipfile.ZipFile(good / "good.xlsx") as old, zipfile.ZipFile(out, "w") as new:
        hit = rng.choice([n for n in old.namelist() if n.endswith((".xml", ".rels"))])
        if rng.random() < 0.7:
            hit = rng.choice(["xl/sharedStrings.xml", "xl/worksheets/sheet2.xml"])
            hit = rng.choice([hit, "xl/worksheets/sheet3.xml"])
        for name in old.namelist():
            data = old.read(name)
            if name == hit:
                if rng.random() < 0.05:
                    continue  # a part is missing
                data = _broken_xml(rng, data)
            new.writestr(name, data)
    return out


def break_workbook_bytes(rng: random.Random, good: Path, out: Path) -> Path:
    """Change, cut out or cut off bytes of a workbook."""
    out = out.with_suffix(".xlsx")
    out.write_bytes(_broken(rng, (good / "good.xlsx").read_bytes()))
    return out


def break_package_bytes(rng: random.Random, good: Path, out: Path) -> Path:
    """Change, cut out or cut off bytes of a GeoPackage."""
    out = out.with_suffix(".gpkg")
    out.write_bytes(_broken(rng, (good / "good.gpkg").read_bytes()))
    return out


def break_package_cells(rng: random.Random, good: Path, out: Path) -> Path:
    """Change one to five cells of a GeoPackage; sometimes drop a table or rename a column."""
    out = out.with_suffix(".gpkg")
    shutil.copy(good / "good.gpkg", out)
    with closing(sqlite3.connect(out)) as base, base:
        for _ in range(rng.randint(1, 5)):
            table = rng.choice(["sites", "flows"])
            columns = [row[1] for row in base.execute(f"PRAGMA table_info({table})")]
            change = f"UPDATE {table} SET {{}} = ? WHERE fid = ?"
            values: tuple[object, ...] = (rng.choice(NASTY), rng.randint(1, 6))
            if rng.random() < 0.1:
                change, values = f"ALTER TABLE {table} RENAME COLUMN {{}} TO odd", ()
            elif rng.random() < 0.03:
                change, values = f"DROP TABLE {table}", ()
            with suppress(sqlite3.Error):  # SQLite itself keeps ids and points whole
                base.execute(change.format(rng.choice(columns or ["fid"])), values)
    return out


def break_foreign(rng: random.Random, good: Path, out: Path) -> Path:
    """Change bytes or words of somebody else's table or layer."""
    kind = rng.choice(FOREIGN_KINDS)
    out = out.with_suffix(f".{kind}")
    data = (good / f"theirs.{kind}").read_bytes()
    if kind in ("csv", "geojson", "kml") and rng.random() < 0.7:
        words = data.decode("utf-8").split(",")
        for _ in range(rng.randint(1, 5)):
            words[rng.randrange(len(words))] = rng.choice(NASTY)
        data = ",".join(words).encode("utf-8", "surrogatepass")
    else:
        data = _broken(rng, data)
    out.write_bytes(data)
    return out


FOREIGN_KINDS = ("csv", "xlsx", "gpkg", "geojson", "kml")


def break_ods(rng: random.Random, good: Path, out: Path) -> Path:
    """Change texts and attributes inside the XML of an ODS, or its bytes."""
    out = out.with_suffix(".ods")
    if rng.random() < 0.2:
        out.write_bytes(_broken(rng, (good / "good.ods").read_bytes()))
        return out
    with zipfile.ZipFile(good / "good.ods") as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, _broken_xml(rng, data) if name == "content.xml" else data)
    return out


def break_sheets(rng: random.Random, good: Path, out: Path) -> Path:
    """Change cells, lines or bytes of sheets saved as CSV by a Swedish spreadsheet program."""
    shutil.copytree(good / "sheets", out)
    file = rng.choice([p for p in sorted(out.iterdir()) if "Platser" in p.name or "Fl" in p.name])
    if rng.random() < 0.2:
        file.write_bytes(_broken(rng, file.read_bytes()))
        return out
    lines = file.read_bytes().decode("cp1252").split("\r\n")
    for _ in range(rng.randint(1, 5)):
        row = rng.randrange(len(lines))
        found = lines[row].split(";")
        found[rng.randrange(len(found))] = rng.choice(NASTY)
        lines[row] = ";".join(found)
        if rng.random() < 0.2:
            lines.insert(
                rng.randrange(len(lines)), rng.choice(["Summa;;;;;;12,8", "Titel", "*not"])
            )
    file.write_bytes("\r\n".join(lines).encode("cp1252", "replace"))
    return out


MUTATIONS: dict[str, Mutation] = {
    "csv_cells": break_csv_cells,
    "csv_bytes": break_csv_bytes,
    "workbook_cells": break_workbook_cells,
    "workbook_bytes": break_workbook_bytes,
    "package_bytes": break_package_bytes,
    "package_cells": break_package_cells,
    "foreign": break_foreign,
    "ods": break_ods,
    "sheets": break_sheets,
}


def _csv_line(cells: list[str]) -> str:
    """Return cells as one line of CSV, quoted where needed."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _broken(rng: random.Random, data: bytes) -> bytes:
    """Return bytes with one to ten faults."""
    text = bytearray(data)
    for _ in range(rng.randint(1, 10)):
        place = rng.randrange(len(text) + 1)
        match rng.randrange(5):
            case 0:
                text[place : place + 1] = bytes([rng.randrange(256)])
            case 1:
                del text[place : place + rng.randint(1, 200)]
            case 2:
                text[place:place] = rng.choice(NASTY).encode("utf-8", "surrogatepass")
            case 3:
                text[place:place] = text[place : place + rng.randint(1, 500)]
            case 4 if rng.random() < 0.2:
                del text[place:]
    return bytes(text)


def _broken_xml(rng: random.Random, data: bytes) -> bytes:
    """Return XML with some texts exchanged, or bytes broken."""
    if rng.random() < 0.2:
        return _broken(rng, data)
    pieces = data.split(b">")
    for _ in range(rng.randint(1, 5)):
        place = rng.randrange(len(pieces))
        tail = pieces[place].rpartition(b"<")
        word = rng.choice(NASTY).replace("&", "&amp;").replace("<", "&lt;").replace("\x00", "")
        pieces[place] = word.encode() + b"<" + tail[2] if tail[1] else pieces[place]
    return b">".join(pieces)


def survive(kind: str, seed: int, good: Path, folder: Path) -> str:
    """Check one broken register, or import one broken table; return what came of it, or fail."""
    rng = random.Random(f"{kind}{seed}")
    path = MUTATIONS[kind](rng, good, folder / "broken")
    start = time.process_time()  # a busy machine is no hang
    result = _import(path) if kind == "foreign" else _load(path)
    taken = time.process_time() - start
    assert taken < SLOWEST_S, f"{taken:.1f} s"
    assert [p.name for p in folder.iterdir()] == [path.name], "something was left behind"
    return result


def _load(path: Path) -> str:
    """Check and load a register; every row of it is there, or it is refused with faults."""
    faults = intake.check_file(path)
    _told(faults)
    try:
        own = load_register(path, bundled=False)
    except SymbiosError:
        return "refused"
    taken = {f.rule for f in faults} <= {"taken"}  # by the bundled register, left out here
    assert taken, "check found faults that load_register took"
    given = read_register_tables(path)["flows"]
    given = given[(given != "").any(axis=1)]
    apart = ("read_units", "read_sum", "read_note")
    told = [n.row for n in intake.notices_of(path) if n.table == "flows" and n.rule in apart]
    given = given.drop(index=told, errors="ignore")
    examples = given.isin(["exempel", "example"]).any(axis=1)
    assert len(given) - examples.sum() <= len(own.flows) <= len(given), "a row was lost"
    assert len(own.sites)
    return "taken"


def _import(path: Path) -> str:
    """Import a table; every row is a site or counted as left out, or it is refused."""
    with tempfile.TemporaryDirectory() as there:
        try:
            done = import_file(path, Path(there) / "template.xlsx")
        except SymbiosError:
            return "refused"
        given = len(read_foreign(path, done.mapping.layer).rows)
        left_out = done.left_out
        assert given == done.sites + left_out["away"] + left_out["twice"], "a row was lost"
        _told(done.faults)
        names = sorted(p.name for p in Path(there).iterdir())
        assert names == ["template.toml", "template.xlsx"]
    return "taken"


def _told(faults: list[Fault]) -> None:
    """Say the faults in both languages."""
    assert all(isinstance(fault, Fault) for fault in faults)
    for fault in faults[:50]:
        assert fault.text("sv")
        assert fault.text("en")
