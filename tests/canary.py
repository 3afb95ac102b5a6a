"""Companies that must not be seen, and a search for them in every byte of a folder."""

from __future__ import annotations

import base64
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pypdf
import pytest
from PIL import Image

from symbios_geo import cli
from symbios_geo.factsheets import write as factsheet
from symbios_geo.maps import saving
from symbios_geo.outputs import notebooks
from symbios_geo.outputs import write as outputs
from symbios_geo.register import check as intake
from symbios_geo.register import load, template
from symbios_geo.study import chain as study
from symbios_geo.study import outlook as futures
from symbios_geo.tables import read_table

# name, visibility, municipality, degrees, GWh a year: large enough to change every match
HIDDEN = [
    ("Kanariefagel", "intern", "Falkenberg", 12.7654321, 56.8765432, 417.62385),
    ("Natuggla", "hemlig", "Varberg", 12.3456781, 57.1234567, 523.81746),
]
TOWNS = [town for _, _, town, *_ in HIDDEN]
DATA_ADDRESS = re.compile(rb"base64,([A-Za-z0-9+/=]+)")
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
# one of each kind: the others are made by the same functions from the same study
WRITTEN = [
    "tables", "geopackage", "geoparquet", "findings page", "map heat-match", "chart heat-exchanges",
    "chart heat-by-month", "interactive map heat-sources", "interactive map heat-match", "slides",
    "report", "factsheets", "notebooks", "front page",
]  # fmt: skip


def make_register(folder: Path, *, hidden: bool = True) -> Path:
    """Make a register of five public sites, and perhaps one internal and one secret site."""
    book = openpyxl.load_workbook(intake.write_example(folder / "example.xlsx"))
    for row, (name, kind, town, lon, lat, value) in enumerate(HIDDEN if hidden else [], 20):
        site = {"name": name, "operator": f"{name} Holding", "kind": "Mejeri", "note": name}
        site |= {"municipality_code": town, "visibility": kind, "address": f"{name}gatan 1"}
        site |= {"lon": f"{lon}", "lat": f"{lat}", "coordinate_error_km": "0.1"}
        flow = {"site_id": name, "resource": "Värme", "role": "Källa", "stream": f"{name}luft"}
        flow |= {"value": f"{value}", "unit": "GWh/år", "note": name, "visibility": kind}
        flow |= {"temperature_low_c": "90", "temperature_high_c": "110"}
        for sheet, table, cells in (("Platser", "sites", site), ("Flöden", "flows", flow)):
            for column, cell in cells.items():
                target = book[sheet].cell(row, template.COLUMNS[table].index(column) + 1, cell)
                target.data_type = "s"
    (folder / "register").mkdir()
    book.save(folder / "register" / "hidden.xlsx")
    return folder / "register"


@cache
def traces() -> dict[str, re.Pattern[bytes]]:
    """Return what would give a hidden company away: its name, its value, its place."""
    found = {}
    for name, _, _, lon, lat, value in HIDDEN:
        found[f"{name}: name"] = re.compile(name.encode(), re.IGNORECASE)
        whole, _, part = str(value).partition(".")
        found[f"{name}: value"] = _number(whole, part[:3])
        metric = gpd.GeoSeries.from_xy([lon], [lat], crs="EPSG:4326").to_crs("EPSG:3006").iloc[0]
        web = gpd.GeoSeries.from_xy([lon], [lat], crs="EPSG:4326").to_crs("EPSG:3857").iloc[0]
        for degree in (lon, lat):
            whole, _, part = str(degree).partition(".")
            found[f"{name}: {degree}"] = _number(whole, part[:5])
            east = abs(degree)
            found[f"{name}: {degree} in minutes"] = _number(
                f"{int(east)}°{int(east % 1 * 60)}", f"{east % 1 * 60 % 1:.4f}"[2:]
            )
        pairs = {"degrees": (f"{lon:.4f}"[:-1], f"{lat:.4f}"[:-1])}
        pairs |= {"rounded": (f"{lon:.3f}", f"{lat:.3f}")}
        pairs |= {"SWEREF": (f"{int(metric.x)}", f"{int(metric.y)}")}
        pairs |= {"Mercator": (f"{int(web.x)}", f"{int(web.y)}")}
        for words, (x, y) in pairs.items():
            found[f"{name}: {words}"] = _near(x, y)
        for number in (lon, lat, metric.x, metric.y, web.x, web.y, value):
            for order in ("<d", ">d"):
                packed = re.escape(struct.pack(order, number))
                found[f"{name}: bytes {order} of {number}"] = re.compile(packed, re.DOTALL)
    return found


def _number(whole: str, part: str) -> re.Pattern[bytes]:
    """Return a pattern for a number with a full stop or a comma."""
    return re.compile(f"(?<![0-9]){whole}[.,'\u2032]{part}".encode())


def _near(x: str, y: str) -> re.Pattern[bytes]:
    """Return a pattern for two numbers that stand together, in either order."""
    one, two = (number.replace(".", "[.,]") for number in (x, y))
    return re.compile(f"{one}[^a-z]{{0,30}}{two}|{two}[^a-z]{{0,30}}{one}".encode())


def find_leaks(folder: Path, *logs: str) -> list[tuple[str, str]]:
    """Return every trace with the file it is in; `logs` are searched as well."""
    paths = sorted(folder.rglob("*"))
    texts = [("log", text.encode()) for text in logs]
    texts += [(path.name, path.name.encode()) for path in paths]
    leaks = {(name, trace) for name, text in texts for trace in _traces_in("", text)}
    for path in filter(Path.is_file, paths):
        leaks |= {(path.name, trace) for trace in _traces_in(path.name, path.read_bytes())}
    return sorted(leaks)


@cache
def _traces_in(name: str, raw: bytes) -> frozenset[str]:
    """Return the traces in a file, searched once: two runs write the same bytes."""
    found = {
        trace
        for text in unpacked(name, raw)
        for trace, pattern in traces().items()
        if pattern.search(text)
    }
    return frozenset(found)


def unpacked(name: str, raw: bytes) -> Iterator[bytes]:
    """Yield the bytes of a file and of everything packed into it, however deep."""
    yield raw
    if raw.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            yield parts.comment
            for member in parts.infolist():
                yield member.filename.encode() + member.comment + member.extra
                yield from unpacked(member.filename, parts.read(member))
    elif raw.startswith(b"%PDF"):
        yield from _pdf_texts(raw)
    elif raw.startswith(b"\x89PNG"):
        with Image.open(io.BytesIO(raw)) as picture:
            yield repr(picture.info).encode()
    elif raw.startswith(b"PAR1"):
        table = gpd.read_parquet(io.BytesIO(raw))
        yield table.to_csv().encode()
        yield b"".join(table.geometry.to_wkb())
    elif name.endswith((".html", ".svg", ".json")):
        for found in DATA_ADDRESS.finditer(raw):
            yield from unpacked("inside", base64.b64decode(found[1]))


@cache
def texts_of_pages(raw: bytes) -> tuple[str, ...]:
    """Return the text of every page of a PDF, read once."""
    return tuple(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(raw)).pages)


def _pdf_texts(raw: bytes) -> Iterator[bytes]:
    """Yield properties, texts and every decompressed stream of a PDF."""
    yield repr(dict(pypdf.PdfReader(io.BytesIO(raw)).metadata or {})).encode()
    yield from (text.encode() for text in texts_of_pages(raw))
    for found in STREAM.finditer(raw):
        try:
            yield zlib.decompress(found[1])
        except zlib.error:  # not every stream is compressed
            continue


def made_up_verdicts(*_: object, **__: object) -> pd.DataFrame:
    figures = {"value": 2.0, "low": 1.0, "high": 3.0, "probability": 0.5, "verdict": "open"}
    claims = read_table("claims").rename(columns={"text_sv": "text"})
    return pd.DataFrame(claims).assign(**figures, explanation="made up for a test")


def one_factsheet(seen: study.Study, folder: Path, *, lang: str, **_: object) -> list[Path]:
    return factsheet.write_factsheet(seen, "Falkenberg", folder, lang=lang)


def run(
    register: Path,
    out: Path,
    *options: str,
    parts: list[str],
    towns: Sequence[str] = (),
    moved: Sequence[str] = futures.MOVED[:1],
) -> None:
    """Run the command with some of its parts, one factsheet and one notebook, perhaps of towns."""
    first, whole = notebooks.find_notebooks()[:1], load.load_register
    with pytest.MonkeyPatch.context() as patch:
        if towns:
            patch.setattr(load, "load_register", lambda *a, **k: whole(*a, **k).within(towns))
        # how sure the ranges are is no question here
        patch.setattr(study, "run", partial(study.run, draws=20))
        patch.setattr(futures, "STEPS", (0.0, 1.0))  # nor what lies between the ends of one price
        patch.setattr(outputs, "outlook", partial(futures.outlook, ids=moved))
        patch.setattr(outputs, "PARTS", {name: outputs.PARTS[name] for name in parts})
        patch.setattr(outputs, "check_all", made_up_verdicts)
        patch.setattr(outputs, "heat_by_municipality", lambda *_, **__: None)
        patch.setattr(notebooks, "find_notebooks", lambda: first)
        patch.setattr(factsheet, "write_factsheets", one_factsheet)
        patch.setattr(saving, "DOTS", 60)  # its drawings as SVG and PDF say as much
        assert cli.main(["run", "--register", str(register), "--out", str(out), *options]) == 0
