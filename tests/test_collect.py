"""A folder of filled-in workbooks is a register: read together, whole or not at all."""

from __future__ import annotations

import os
import shutil
from itertools import product

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from helpers import filled
from mutations import write_folder, write_package

import symbios_geo as sg
from symbios_geo import cli
from symbios_geo.errors import RegisterError
from symbios_geo.register import check as intake
from symbios_geo.register import collect
from symbios_geo.register.collect import read_forms
from symbios_geo.register.duplicates import find_duplicates
from symbios_geo.register.rules import fields
from symbios_geo.register.template import COLUMNS

FALKENBERG = {"lon": "12,5", "lat": "56,9", "municipality_code": "Falkenberg"}


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return intake.write_example(tmp_path_factory.mktemp("example") / "example.xlsx", "sv")


@pytest.fixture
def folder(example, tmp_path):
    """Return a folder with one filled-in workbook of five sites and six flows."""
    path = tmp_path / "register"
    path.mkdir()
    shutil.copy(example, path / "five.xlsx")
    return path


def one_site(path, name="Nya bageriet", **cells):
    """Write a workbook with one site and one flow, apart from the five of the example."""
    site = {"name": name} | cells
    return filled(path, sites=alone("sites", site), flows=alone("flows", {"site_id": name}))


def alone(table, cells):
    """Return cells of the first row of the example, and those of all other rows emptied."""
    others = dict.fromkeys(product(range(4, 14), COLUMNS[table]))
    return others | {(3, column): cell for column, cell in cells.items()}


def texts(path, lang="en"):
    return [fault.text(lang) for fault in intake.check_file(path, lang)]


# --- bundled and own -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["book", "folder", "csv", "package"])
def test_own_rows_are_added_to_the_bundled_ones(example, folder, tmp_path, halland, kind):
    path = {"book": example, "folder": folder}.get(kind)
    path = write_folder(example, tmp_path / "csv") if kind == "csv" else path
    path = write_package(example, tmp_path / "own.gpkg") if kind == "package" else path
    both = sg.load_register(path)
    assert len(both.sites) == len(halland.sites) + 5
    assert len(both.flows) == len(halland.flows) + 6
    assert both.flows["flow_id"].is_unique
    assert both.sites.crs == halland.sites.crs
    pd.testing.assert_frame_equal(
        pd.DataFrame(both.sites.loc[halland.sites.index, halland.sites.columns]),
        pd.DataFrame(halland.sites),
        check_dtype=False,
    )
    alone = sg.load_register(path, bundled=False)
    assert len(alone.sites) == 5
    assert alone.flows["value"].tolist() == [1.2, 3.5, 0.4, 5.2, 4.1, 0.9]
    assert alone.sites.loc["mejeri_vast", "company_size"] == "small"
    assert alone.sites.geometry["vaxthus_soder"].y == pytest.approx(56.51, abs=0.02)


def test_no_rows_at_all_are_refused():
    with pytest.raises(RegisterError, match="bundled=False leaves no rows"):
        sg.load_register(bundled=False)


def test_flow_at_a_bundled_site_needs_no_row_for_the_site(tmp_path):
    path = filled(tmp_path / "x.xlsx", flows={(3, "site_id"): "ringhals"})
    assert sg.load_register(path).sites.index.is_unique
    assert "ringhals" in sg.load_register(path, bundled=False).sites.index


def test_id_of_the_bundled_register_is_refused(tmp_path):
    path = filled(tmp_path / "x.xlsx", sites={(3, "site_id"): "ringhals"})
    assert any("B3" in text and "redan ett id" in text for text in texts(path, "sv"))
    with pytest.raises(RegisterError, match=r"B3.*ringhals.*already an id"):
        sg.load_register(path)


def test_flow_id_of_the_bundled_register_is_refused(tmp_path, halland):
    flow = halland.flows.loc[halland.flows["origin"] == "stated", "flow_id"].iloc[0]
    path = filled(tmp_path / "x.xlsx", flows={(3, "flow_id"): flow})
    with pytest.raises(RegisterError, match=f"{flow}.*already an id"):
        sg.load_register(path)


def test_own_exchanges_come_along(example, tmp_path, halland):
    path = write_folder(example, tmp_path / "csv")
    row = halland.synergies.iloc[:1].assign(synergy_id="mine")
    row.to_csv(path / "synergies.csv", index=False)
    assert list(sg.load_register(path).synergies["synergy_id"])[-1] == "mine"


@pytest.mark.parametrize("name", ["synergies", "sources"])
def test_an_optional_table_may_have_no_rows(example, tmp_path, name):
    folder = write_folder(example, tmp_path / "csv")
    (folder / f"{name}.csv").write_text(",".join(fields(name)) + "\n", "utf-8")
    register = sg.load_register(*sorted(folder.glob("*.csv")), bundled=False)
    assert len(register.sites) == 5
    for table in ("sites", "flows"):
        empty = folder / f"{table}.csv"
        empty.write_text(empty.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    assert {f.rule for f in intake.check_file(folder)} == {"no_rows"}


# --- several files ---------------------------------------------------------------------------


def test_every_kind_of_file_in_a_folder_is_read(folder, tmp_path):
    one_site(folder / "b.xlsx", name="Bageriet", **FALKENBERG)
    made = one_site(tmp_path / "c.xlsx", name="Ysteriet", lon="12,9", lat="56,7")
    write_package(made, folder / "c.gpkg")
    other = one_site(tmp_path / "d.xlsx", name="Torkeriet", lon="12,91", lat="56,71")
    for file in write_folder(other, tmp_path / "csv").iterdir():
        shutil.copy(file, folder / f"laholm-{file.name}")
    assert texts(folder) == []
    own = sg.load_register(folder, bundled=False)
    assert {"bageriet", "ysteriet", "torkeriet", "mejeri_vast"} <= set(own.sites.index)
    assert len(own.sites) == 8
    assert len(own.flows) == 9


def test_several_places_are_one_register(folder, tmp_path):
    path = one_site(tmp_path / "b.xlsx", **FALKENBERG)
    assert len(sg.load_register(folder, path, bundled=False).sites) == 6


def test_files_that_a_program_has_open_and_folders_are_passed_over(folder):
    passed = "~$five.xlsx", ".~lock.five.xlsx#", ".five-1a.xlsx", "five.xlsx.part", "notes.txt"
    for name in passed:
        (folder / name).write_bytes(b"\x00not a workbook")
    (folder / "old.xlsx").mkdir()
    (folder / "old.xlsx" / "bad.csv").write_text("x", encoding="utf-8")
    assert texts(folder) == []
    assert len(sg.load_register(folder, bundled=False).sites) == 5


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("bad.xlsx", b"PK\x03\x04", "not a readable Excel workbook"),
        ("bad.gpkg", b"SQLite format 3\x00", "not a readable GeoPackage"),
        ("bad.csv", b"a,b\n", "name the file sites.csv or flows.csv"),
        ("varberg-flows.csv", b"flow_id,site_id\n", "lacks varberg-sites.csv"),
        ("streams.ods", b"PK", "is not a readable spreadsheet"),
        ("streams.shp", b"PK", "is not a register"),
        ("empty.xlsx", b"", "is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_loaded(folder, name, content, told):
    (folder / name).write_bytes(content)
    (text,) = texts(folder)
    assert told in text
    assert name in text or name.replace("flows", "sites") in text
    with pytest.raises(RegisterError, match=told):
        sg.load_register(folder)


def test_every_fault_of_every_file_is_told_with_its_file(folder):
    intake.write_example(folder / "wrong.xlsx", mistakes=True)
    (folder / "five.xlsx").unlink()
    one_site(folder / "a.xlsx", lon="x", **{"municipality_code": "Halmstad"})
    found = texts(folder)
    assert len(found) == 4
    assert [text.split(",")[0] for text in found] == ["a.xlsx", *["wrong.xlsx"] * 3]


def test_no_two_rows_have_one_id(folder):
    shutil.copy(folder / "five.xlsx", folder / "five (1).xlsx")
    found = texts(folder)
    assert len(found) == 5 + 6
    assert all("is already an id in five (1).xlsx" in text for text in found)
    with pytest.raises(RegisterError, match="is already an id in five"):
        sg.load_register(folder)


def test_same_name_elsewhere_is_another_site_whatever_the_order(tmp_path):
    for names in (("a", "b"), ("b", "a")):
        folder = tmp_path / names[0]
        folder.mkdir()
        one_site(folder / f"{names[0]}.xlsx", name="Bageriet")
        one_site(folder / f"{names[1]}.xlsx", name="Bageriet", **FALKENBERG)
        assert texts(folder) == []
        own = sg.load_register(folder, bundled=False)
        assert len(own.sites) == 2
        assert own.sites.index.str.startswith("bageriet").all()
        assert set(own.flows["site_id"]) == set(own.sites.index)
        assert own.flows["flow_id"].is_unique
        ids = own.sites.set_index("municipality_code").index
        assert ids.is_unique


def test_an_id_that_somebody_wrote_stays(folder):
    one_site(folder / "z.xlsx", name="Annat namn", site_id="bageri_norra", **FALKENBERG)
    own = {s for form in read_forms(folder) for s in form.tables["sites"]["site_id"]}
    assert {"bageri_norra", "bageri_norra_halmstad"} <= own
    assert texts(folder) == []


def test_rows_may_name_a_site_and_a_source_of_another_file(folder):
    place, flow = alone("sites", {"name": "Nytt"}), alone("flows", {"site_id": "vaxthus_soder"})
    source = filled(folder / "x.xlsx", sites=place, flows=flow)
    assert any("vaxthus_soder" in text for text in texts(source))
    # the stream has the name of another file's, so only its own id is told
    assert not any("unknown" in text or "not listed" in text for text in texts(folder))


def test_one_source_may_stand_behind_several_files(tmp_path):
    for number, (name, title) in enumerate((("A", "Survey"), ("B", "Survey"), ("C", "Other")), 1):
        path = one_site(
            tmp_path / f"{name}.xlsx",
            name=f"Plats {name}",
            lon=f"12,{number}",
            **{"lat": "56,9", "municipality_code": "Falkenberg"},
        )
        book = openpyxl.load_workbook(path)
        book["K\u00e4llor"]["A3"], book["K\u00e4llor"]["B3"] = "survey_2026", title
        book.save(path)
    faults = intake.check_file(tmp_path)
    assert [(f.file, f.table, f.rule) for f in faults if f.rule.startswith("taken")] == [
        ("C.xlsx", "sources", "taken_in_file")
    ]


def test_marked_copy_is_of_one_file(folder, tmp_path):
    one_site(folder / "b.xlsx", **FALKENBERG)
    with pytest.raises(RegisterError, match="holds 2 files; give one of them"):
        intake.write_marked_copy(folder, [], tmp_path / "marked.xlsx")


def test_reading_changes_nothing(folder):
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    sg.load_register(folder)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_folder_without_rights_is_named(folder):
    folder.chmod(0)
    with pytest.raises(RegisterError, match="cannot be read"):
        sg.load_register(folder)


def test_point_moved_in_a_package_moves_the_site(example, tmp_path):
    path = write_package(example, tmp_path / "own.gpkg")
    layer = gpd.read_file(path, layer="sites")
    layer.loc[layer["site_id"] == "mejeri_vast", "geometry"] = gpd.points_from_xy([12.6], [56.95])
    layer.to_file(path, layer="sites")
    sites = sg.load_register(path, bundled=False).sites
    assert sites.geometry["mejeri_vast"].coords[0] == (12.6, 56.95)


def test_text_like_a_formula_stays_text(tmp_path):
    path = one_site(tmp_path / "x.xlsx", name="=cmd|' /C calc'!A0")
    csv = write_folder(path, tmp_path / "csv")
    assert ",=" not in (csv / "sites.csv").read_text(encoding="utf-8")
    for place in (path, csv):
        own = sg.load_register(place, bundled=False)
        assert own.sites["name"].tolist() == ["=cmd|' /C calc'!A0"]


# --- duplicates ------------------------------------------------------------------------------


def places(*rows):
    table = pd.DataFrame(rows, columns=["name", "lon", "lat", "coordinate_error_km"])
    points = gpd.points_from_xy(table["lon"], table["lat"])
    return gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4326")


@pytest.mark.parametrize(
    ("name", "lon", "error", "found"),
    [
        ("Bageri Norra", 12.87, 0.0, True),
        ("Norra bageri AB", 12.87, 0.0, False),
        ("Bageri Nora AB", 12.871, 0.0, True),
        ("Bageri Norra AB", 12.89, 0.0, False),
        ("Bageri Norra AB", 12.89, 1.5, True),
        ("Sm\u00f6rj\u00f6verket", 12.87, 1.5, False),
    ],
)
def test_duplicates_are_near_and_alike(name, lon, error, found):
    ours = places(("Bageri Norra", 12.87, 56.69, float("nan"))).set_axis(["a"])
    theirs = places((name, lon, 56.69, error)).set_axis(["b"])
    pairs = find_duplicates(ours, theirs)
    assert bool(len(pairs)) == found
    if found:
        assert pairs.loc[0, ["site", "other"]].tolist() == ["a", "b"]


def test_the_town_in_two_names_does_not_make_them_alike():
    ours = places(("Plast i Kungsbacka", 12.09, 57.5, 5)).set_axis(["a"])
    theirs = places(("Betong i Kungsbacka", 12.09, 57.5, 5)).set_axis(["b"])
    assert find_duplicates(ours, theirs).empty


@pytest.fixture
def twice(tmp_path, halland):
    """Return a workbook with one site that the bundled register has."""
    mill = halland.sites.loc["sodra_cell_varo"]
    cells = {"lon": f"{mill['lon']}", "lat": f"{mill['lat']}", "municipality_code": "Varberg"}
    return one_site(tmp_path / "x.xlsx", name="S\u00f6dra Cell V\u00e4r\u00f6", **cells)


def test_duplicate_of_a_bundled_site_is_told(twice, capsys, caplog):
    assert intake.check_file(twice) == []
    pairs = intake.check_duplicates(twice)
    assert pairs["other"].tolist()[0] == "sodra_cell_varo"
    assert cli.main(["check", str(twice)]) == 0
    told = capsys.readouterr().out
    assert "M\u00f6jlig dubblett" in told
    assert "0,0 km" in told
    assert "l\u00e5t dem st\u00e5" in told
    # only people can know: it is loaded, and said
    assert len(sg.load_register(twice, bundled=False).sites) == 1
    assert not caplog.messages
    sg.load_register(twice)
    assert f"{len(pairs)} pairs of rows are probably the same" in caplog.text


def test_two_new_sites_that_are_one_are_told_once(folder):
    place = {"lon": "12,87", "lat": "56,69", "municipality_code": "Halmstad"}
    one_site(folder / "b.xlsx", name="Bageri Norra i Halmstad", northing="", easting="", **place)
    one_site(folder / "c.xlsx", name="Bageri Norra AB", northing="", easting="", **place)
    pairs = intake.check_duplicates(folder)
    ends = [frozenset(pair) for pair in zip(pairs["site"], pairs["other"], strict=True)]
    assert len(ends) == len(set(ends)) >= 1
    assert frozenset({"bageri_norra_i_halmstad", "bageri_norra_ab"}) in ends


def test_a_register_is_read_once_until_it_is_changed(tmp_path, monkeypatch):
    read = []
    once = collect.read_form
    monkeypatch.setattr(collect, "read_form", lambda *a: read.append(a) or once(*a))
    path = intake.write_example(tmp_path / "x.xlsx")
    assert intake.check_file(path) == []
    intake.notices_of(path)
    (form,) = read_forms(path)
    form.tables["sites"]["name"] = "changed by who was handed it"
    assert "changed by" not in " ".join(read_forms(path)[0].tables["sites"]["name"])
    assert len(read) == 1
    path.unlink()
    intake.write_example(path, mistakes=True)
    assert len(intake.check_file(path)) == 3
    assert len(read) == 2


def test_a_folder_with_the_name_of_a_package_is_checked_itself(tmp_path, monkeypatch):
    folder = tmp_path / "lindesberg"
    folder.mkdir()
    for table in ("sites", "flows"):
        (folder / f"{table}.csv").write_text("nothing\nhere\n", encoding="utf-8")
    told = [fault.rule for fault in intake.check_file(folder)]
    assert told
    monkeypatch.chdir(tmp_path)
    assert [fault.rule for fault in intake.check_file("lindesberg")] == told
    monkeypatch.chdir(folder)
    assert [fault.rule for fault in intake.check_file("../lindesberg")] == told
