"""A newcomer fills in the template, mends what `check` finds, adds five sites and sees them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from canary import run

import symbios_geo as sg
from symbios_geo import cli
from symbios_geo.register import template

SITES = [  # name, kind, municipality, longitude, latitude
    ("Tvätteri Ankaret", "Livsmedel", "Halmstad", "12,86", "56,68"),
    ("Bryggeri Björken", "Livsmedel", "Laholm", "13,05", "56,51"),
    ("Gjuteri Granen", "Livsmedel", "Falkenberg", "12,50", "56,91"),
    ("Bageri Dalen", "Livsmedel", "Varberg", "12,27", "57,11"),
    ("Serverhall Eken", "Livsmedel", "Kungsbacka", "12,08", "57,49"),
]
MENDED = {("Platser", "lon", 5): "12,50", ("Platser", "lat", 5): "56,91"}
MENDED |= {("Flöden", "value", 4): "3,5", ("Flöden", "unit", 6): "GWh/år"}
MISTAKES = {("Platser", "lon", 5): "56,91", ("Platser", "lat", 5): "12,50"}
MISTAKES |= {("Flöden", "value", 4): "ungefär 3", ("Flöden", "unit", 6): "kWh per dygn"}
TABLES = {"Platser": "sites", "Flöden": "flows"}


def write(path: Path, cells: dict[tuple[str, str, int], str]) -> None:
    """Write cells into the workbook, as a person types them."""
    book = openpyxl.load_workbook(path)
    for (sheet, column, row), cell in cells.items():
        place = template.COLUMNS[TABLES[sheet]].index(column) + 1
        book[sheet].cell(row, place, cell).data_type = "s"
    book.save(path)


def five_sites() -> dict[tuple[str, str, int], str]:
    """Return the cells of five sites, each with one source of heat."""
    cells = {}
    for row, (name, kind, town, lon, lat) in enumerate(SITES, 3):
        site = {"name": name, "kind": kind, "municipality_code": town, "lon": lon, "lat": lat}
        site |= {"visibility": "offentlig"}
        flow = {"site_id": name, "resource": "Värme", "role": "Källa", "stream": "kylvatten"}
        flow |= {"value": f"{row},5", "unit": "GWh/år", "temperature_low_c": "35"}
        cells |= {("Platser", column, row): cell for column, cell in site.items()}
        cells |= {("Flöden", column, row): cell for column, cell in flow.items()}
    return cells


@pytest.mark.slow
def test_from_the_template_to_the_map(tmp_path, capsys):
    own, out = tmp_path / "own", tmp_path / "output"
    own.mkdir()
    book = own / "mall.xlsx"
    assert cli.main(["template", str(book)]) == 0
    write(book, five_sites() | MISTAKES)
    capsys.readouterr()

    assert cli.main(["check", str(book)]) == 2
    faults = capsys.readouterr().err.strip().splitlines()
    assert len(faults) == 3
    for fault, (where, what) in zip(
        faults, [("cell I5", "omkastat"), ("cell G4", "ungefär 3"), ("cell J6", "kWh per dygn")],
        strict=True,
    ):  # fmt: skip
        assert where in fault
        assert what in fault
    assert cli.main(["run", "--register", str(own), "--out", str(out), "--quiet"]) == 2
    assert not out.exists()

    write(book, MENDED)
    assert cli.main(["check", str(book)]) == 0
    assert cli.main(["check", str(own)]) == 0
    assert "inga fel" in capsys.readouterr().out
    sites = sg.load_register(own, bundled=False).sites
    assert len(sites) == 5

    parts = ["geopackage", "map heat-sources", "interactive map heat-sources", "front page"]
    run(own, out, "--quiet", parts=parts, moved=())
    names = [name for name, *_ in SITES]
    live = (out / "maps" / "heat-sources.html").read_text("utf-8")
    assert all(name in live for name in names)
    still = (out / "maps" / "heat-sources.svg").read_text("utf-8")
    assert all(f"site-{row}" in still for row in sites.index)
    assert set(names) <= set(gpd.read_file(out / "symbios-halland.gpkg", layer="sites")["name"])
    assert (out / "index.html").exists()
