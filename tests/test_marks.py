"""Outputs that hold internal rows say INTERN on their face and in their metadata; others do not."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import canary
import docx
import openpyxl
import pyarrow.parquet as pq
import pypdf
import pytest
from PIL import Image

from symbios_geo.disclosure import MARK
from symbios_geo.outputs import notebooks

WRITTEN = [
    "tables", "geopackage", "geoparquet", "findings page", "map heat-sources",
    "chart heat-by-month", "interactive map heat-sources", "report", "factsheets", "front page",
]  # fmt: skip
SHOWN, SECRET = canary.HIDDEN[0][0], canary.HIDDEN[1][0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a run for internal readers, with an internal company and a secret one."""
    place = tmp_path_factory.mktemp("internal")
    register = canary.make_register(place)
    options = ("--include", "internal", "--quiet")
    canary.run(register, place / "output", *options, parts=WRITTEN, towns=canary.TOWNS)
    return place / "output"


def workbook_marks(path: Path) -> list[object]:
    book = openpyxl.load_workbook(path)
    heads = [s.oddHeader.right.text for s in book.worksheets[1:]]
    cells = [book.worksheets[0]["A1"].value[: len(MARK)], *(s["A2"].value for s in book)]
    rows = [cell for cell in cells[2:] if cell is not None]
    return [book.properties.keywords, book.properties.contentStatus, *heads, cells[0], *rows]


def package_marks(path: Path) -> list[object]:
    with closing(sqlite3.connect(path)) as base:
        layers = base.execute(
            "SELECT table_name, description FROM gpkg_contents WHERE data_type = 'features'"
        ).fetchall()
        rows = [
            base.execute(f"SELECT DISTINCT marking FROM {name}").fetchall() for name, _ in layers
        ]
    return [said for _, said in layers] + [row[0] for found in rows for row in found]


def page_marks(path: Path) -> list[object]:
    text = path.read_text(encoding="utf-8")
    keywords = re.search(r'<meta name="keywords" content="(\w+)">', text)
    body = re.sub(r"<(script|style).*?</\1>", "", text.partition("<body")[2], flags=re.DOTALL)
    return [keywords and keywords[1], MARK if f">{MARK} " in body else ""]


def picture_marks(path: Path) -> list[object]:
    with Image.open(path) as picture:
        return [picture.info.get("Title"), picture.info.get("Comment")]


def pdf_marks(path: Path) -> list[object]:
    about = pypdf.PdfReader(path).metadata
    faces = [MARK if MARK in text else "" for text in canary.texts_of_pages(path.read_bytes())]
    return [about["/Subject"], about["/Keywords"], about["/Title"][: len(MARK)], *faces]


READERS = {
    ".xlsx": workbook_marks,
    ".gpkg": package_marks,
    ".html": page_marks,
    ".png": picture_marks,
    ".pdf": pdf_marks,
    ".svg": lambda p: re.findall(r"<(?:dc:)?title>([^<]*)|>(INTERN) ", p.read_text("utf-8"))[0][:1],
    ".docx": lambda p: [
        docx.Document(p).core_properties.keywords,
        docx.Document(p).sections[0].header.paragraphs[0].text[: len(MARK)],
    ],
    ".parquet": lambda p: [
        json.loads(pq.read_schema(p).metadata[b"PANDAS_ATTRS"])["marking"],
        *pq.read_table(p)["marking"].unique().to_pylist(),
    ],
    ".csv": lambda p: [
        line.split(";")[0] for line in p.read_text("utf-8-sig").splitlines()[1:] if line
    ],
    ".txt": lambda p: [p.read_text("utf-8")[: len(MARK)]],
    ".json": lambda p: re.findall(r'"marking": "(\w*)"', p.read_text("utf-8")),
}


@pytest.mark.slow
def test_every_internal_file_says_so_on_its_face_and_in_its_metadata(folder):
    kinds = set()
    for path in (p for p in folder.rglob("*") if p.is_file()):
        found = READERS[path.suffix](path)
        several_lines = path.suffix == ".csv"  # a text may hold a line break
        assert (MARK in found or not found) if several_lines else set(found) == {MARK}, path.name
        kinds.add(path.suffix)
    assert kinds == set(READERS)


@pytest.mark.slow
def test_search_finds_what_is_shown_and_never_the_secret(folder):
    leaks = canary.find_leaks(folder)
    _, _, _, lon, lat, value = canary.HIDDEN[0]
    found = {trace.removeprefix(f"{SHOWN}: ") for _, trace in leaks}
    assert {"name", "value", "degrees", str(lon), str(lat)} <= found
    assert {f"bytes <d of {number}" for number in (lon, lat, value)} <= found
    assert not any(trace.startswith(SECRET) for _, trace in leaks)
    named = {Path(name).suffix for name, trace in leaks if trace == f"{SHOWN}: name"}
    assert {".xlsx", ".gpkg", ".parquet", ".html", ".pdf"} <= named


@pytest.mark.slow
def test_factsheet_with_internal_rows_says_so_on_both_pages(folder):
    sheets = {path.suffix: path for path in (folder / "factsheets").iterdir()}
    pages = canary.texts_of_pages(sheets[".pdf"].read_bytes())
    assert len(pages) == 2
    assert set(pdf_marks(sheets[".pdf"])) == {MARK}
    assert page_marks(sheets[".html"]) == [MARK, MARK]
    text = sheets[".html"].read_text("utf-8")
    assert text.count('<p class="stamp">INTERN') == 1  # it stays in view
    assert SHOWN in "".join(pages)
    assert SHOWN in text
    assert SECRET not in "".join(pages) + text
    assert "bara offentliga" not in "".join(pages) + text


def test_notebook_beside_internal_files_says_what_it_shows(tmp_path):
    notebook = tmp_path / "00-empty.ipynb"
    cell = '{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Empty"}'
    notebook.write_text(
        '{"cells": [' + cell + '], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    (page,) = notebooks.write_notebooks([notebook], tmp_path, internal=True)
    assert page_marks(page) == [MARK, MARK]
    assert "bara det medföljande registret" in page.read_text("utf-8")
