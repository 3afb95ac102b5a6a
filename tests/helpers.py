"""What several test files make and look at: filled workbooks, small tables, bytes of a folder."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo.co2 import links as co2
from symbios_geo.labels import label
from symbios_geo.register import check as intake
from symbios_geo.register import template
from symbios_geo.register.cells import raw_frame
from symbios_geo.register.reading import read_grids
from symbios_geo.study.cases import drawn_case
from symbios_geo.study.matched_draws import matched_shares

SITE = {
    "site_id": "mill", "name": "The mill", "kind": "pulp_mill", "municipality_code": "1380",
    "lon": "12.87", "lat": "56.69", "source_id": "company_statement",
}  # fmt: skip
FLOW = {
    "flow_id": "mill-heat", "site_id": "mill", "resource": "heat", "role": "source",
    "stream": "hot_water", "value": "5", "low": "4", "high": "6", "unit": "GWh/yr",
    "source_id": "company_statement", "temperature_low_c": "65", "temperature_high_c": "",
}  # fmt: skip

FEW = 20  # draws


def read_register_tables(path: str | Path) -> dict[str, pd.DataFrame]:
    """Read every known table of a user's register as text under the headers as written."""
    return {name: raw_frame(name, grid) for name, grid in read_grids(path).items()}


def quick(study: sg.Study, **changes: object) -> sg.Study:
    """Return a study with few draws: for tests that look at words, and not at how sure they are."""
    if not changes and study.draws <= FEW:
        return study  # with all that was made of it already
    made = replace(study, **changes)
    made._made["drawn"] = drawn_case(made, n=FEW)
    return made


def covered_shares(found, register, draws, aim="pays", **named):
    """Return the shares of one aim."""
    return matched_shares(found, register, draws, [aim], **named)[aim]


def tables(site=None, flow=None, *, sites=1, flows=1):
    """Return tables of text with the same row once or more, rows numbered as in a file."""
    parts = {"sites": (SITE | (site or {}), sites), "flows": (FLOW | (flow or {}), flows)}
    return {
        name: pd.DataFrame([row] * n, index=range(2, n + 2), dtype="str")
        for name, (row, n) in parts.items()
    }


@cache
def example(lang):
    """Return the example as a workbook, read once; leave it as it is."""
    with TemporaryDirectory() as folder:
        return openpyxl.load_workbook(intake.write_example(Path(folder) / "example.xlsx", lang))


def filled(path, lang="sv", *, sites=(), flows=()):
    """Write a template and change cells of the example: {(row, column): cell}."""
    book, before = example(lang), []
    for name, cells in (("sites", sites), ("flows", flows)):
        sheet = book[label(f"sheet:{name}", lang)]
        for (row, column), cell in dict(cells).items():
            target = sheet.cell(row, template.COLUMNS[name].index(column) + 1)
            before.append((target, target.value, target.data_type))
            target.value = cell
            if isinstance(cell, str):
                target.data_type = "s"
    book.save(path)
    for target, value, kind in before:
        target.value, target.data_type = value, kind
    return path


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def left_beside(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.parent.iterdir() if p.name.startswith("."))


def open_as_qgis(path: Path) -> sqlite3.Connection:
    """Return a connection in WAL mode with a committed edit that is not yet in the file."""
    base = sqlite3.connect(path)
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        base.create_function(name, 1, lambda _: 0)
    base.execute("PRAGMA journal_mode=wal")
    base.execute("PRAGMA wal_autocheckpoint=0")
    base.execute("UPDATE sites SET note = 'edited in QGIS'")
    base.commit()
    return base


def co2_link(**columns: object) -> pd.DataFrame:
    row = {
        "source": "a", "sink": "b", "supply": 600.0, "demand": 400.0, "distance_km": 10.0,
        "hours": 8000.0, "nearly_pure": False, "user_class": "truck", "grade_source": "clean",
        "grade_sink": "clean", "bidding_area": "SE3", "port_km": 5.0, "site_id_source": "a",
        "site_id_sink": "b",
    }  # fmt: skip
    return pd.DataFrame([row | columns])


def priced_co2(**columns: object) -> pd.Series:
    return co2.price_links(co2_link(**columns)).iloc[0]


def as_shown(path: Path, folder: Path, kind: str) -> None:
    """Write a document as LibreOffice shows it; skip the test where there is none."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    home = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [program, home, "--headless", "--convert-to", kind, "--outdir", str(folder)]
    subprocess.run([*command, str(path)], check=True, capture_output=True)


def as_pdf(path: Path, folder: Path) -> Path:
    """Return a document as LibreOffice prints it; skip the test where there is none."""
    as_shown(path, folder, "pdf")
    return folder / f"{path.stem}.pdf"
