from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from test_intake import filled

import symbios_geo as sg
from symbios_geo import cli
from symbios_geo import files as storage
from symbios_geo.errors import OutputError, RegisterError
from symbios_geo.files import COMMITTED, locked
from symbios_geo.register import check as intake
from symbios_geo.register import own as ownregister
from symbios_geo.register import own_files as files
from symbios_geo.tables import data_folder

KINDS = ["register", "register.gpkg"]


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return intake.write_example(tmp_path_factory.mktemp("example") / "example.xlsx", "sv")


@pytest.fixture(scope="module")
def ready(example, tmp_path_factory):
    """Return a function that puts a register of five sites somewhere."""
    originals = tmp_path_factory.mktemp("ready")
    for kind in KINDS:
        ownregister.add(example, originals / kind)

    def put(folder, kind):
        for item in originals.glob(f"{kind}*" if kind.endswith("gpkg") else kind):
            (shutil.copytree if item.is_dir() else shutil.copy)(item, folder / item.name)
        return folder / kind

    return put


@pytest.fixture(params=KINDS)
def to(request, tmp_path):
    return tmp_path / request.param


def one_site(path, name="Nya bageriet", **cells):
    """Write a workbook with one site and one flow, apart from the five of the example."""
    import openpyxl

    site = {(3, "name"): name} | {(3, c): v for c, v in cells.items()}
    book = openpyxl.load_workbook(filled(path, sites=site, flows={(3, "site_id"): name}))
    book["Platser"].delete_rows(4, 10)
    book["Fl\u00f6den"].delete_rows(4, 10)
    book.save(path)
    return path


def everything(folder: Path) -> dict[str, bytes]:
    """Return every visible file below a folder, with its bytes."""
    files = [p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")]
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


# --- add and undo ----------------------------------------------------------------------------


def test_five_sites_are_added_and_load(example, to):
    done = ownregister.add(example, to)
    assert (done.sites, done.flows, done.changed, done.same) == (5, 6, 0, 0)
    assert "5 nya platser" in str(done)
    own = sg.load_register(to)
    assert len(own.sites) == 5
    assert own.flows["value"].tolist() == [1.2, 3.5, 0.4, 5.2, 4.1, 0.9]
    assert own.sites.loc["mejeri_vast", "company_size"] == "small"
    assert own.sites.geometry["vaxthus_soder"].y == pytest.approx(56.51, abs=0.02)


def test_again_changes_nothing(example, to):
    ownregister.add(example, to)
    before = everything(to.parent)
    again = ownregister.add(example, to, lang="en")
    assert (again.sites, again.flows, again.changed, again.same) == (0, 0, 0, 12 - 1)
    assert "Nothing new" in str(again)
    assert everything(to.parent) == before


def test_log_says_what_when_and_from_which_file(example, to):
    ownregister.add(example, to)
    (row,) = ownregister.history(to).to_dict("records")
    assert (row["what"], row["file"], row["sites"], row["flows"]) == (
        "add",
        "example.xlsx",
        "5",
        "6",
    )
    import hashlib

    assert row["file_hash"] == hashlib.sha256(example.read_bytes()).hexdigest()
    assert abs(pd.Timestamp(row["time"]) - pd.Timestamp.now("UTC")) < pd.Timedelta("1h")


def test_undo_takes_back_one_addition_after_another(example, to, tmp_path):
    ownregister.add(example, to)
    first = files.state_of(files.read_own(to, "sv"))
    ownregister.add(one_site(tmp_path / "new.xlsx", lon="12,9", lat="56,7"), to)
    assert len(sg.load_register(to).sites) == 6
    assert "new.xlsx" in ownregister.undo(to)
    assert files.state_of(files.read_own(to, "sv")) == first
    assert len(sg.load_register(to).sites) == 5
    assert "example.xlsx" in ownregister.undo(to, lang="en")
    with pytest.raises(RegisterError, match="no rows"):
        sg.load_register(to)
    with pytest.raises(RegisterError, match="no addition"):
        ownregister.undo(to)
    assert list(ownregister.history(to)["what"]) == ["add", "add", "undo", "undo"]
    assert ownregister.add(example, to).sites == 5


def test_nothing_of_what_was_taken_back_remains(to, tmp_path):
    ownregister.add(one_site(tmp_path / "new.xlsx", name="Kanariebageriet"), to)
    ownregister.undo(to)
    (tmp_path / "new.xlsx").unlink()
    assert not any(b"anarie" in data for data in everything(tmp_path).values())


def test_register_changed_by_hand_is_not_undone(example, tmp_path):
    to = tmp_path / "register"
    ownregister.add(example, to)
    flows = (to / "flows.csv").read_text(encoding="utf-8")
    (to / "flows.csv").write_text(flows.replace("1.2", "1.3"), encoding="utf-8")
    with pytest.raises(RegisterError, match="by hand"):
        ownregister.undo(to)


def test_point_moved_in_a_package_moves_the_site(example, tmp_path):
    to = tmp_path / "register.gpkg"
    ownregister.add(example, to)
    layer = gpd.read_file(to, layer="sites")
    layer.loc[layer["site_id"] == "mejeri_vast", "geometry"] = gpd.points_from_xy([12.6], [56.95])
    layer.to_file(to, layer="sites")
    assert sg.load_register(to).sites.geometry["mejeri_vast"].coords[0] == (12.6, 56.95)


def test_changed_row_replaces_the_old_one(example, to, tmp_path):
    ownregister.add(example, to)
    done = ownregister.add(filled(tmp_path / "x.xlsx", flows={(3, "value"): "1,4"}), to)
    assert (done.sites, done.flows, done.changed) == (0, 0, 1)
    assert sg.load_register(to).flows["value"].tolist()[0] == 1.4
    assert len(sg.load_register(to).flows) == 6


def test_same_name_elsewhere_is_another_site(to, tmp_path):
    ownregister.add(one_site(tmp_path / "a.xlsx", name="Bageriet"), to)
    falkenberg = {"lon": "12,5", "lat": "56,9", "municipality_code": "Falkenberg"}
    path = one_site(tmp_path / "b.xlsx", name="Bageriet", **falkenberg)
    assert ownregister.add(path, to).sites == 1
    assert ownregister.add(path, to).sites == 0
    own = sg.load_register(to)
    assert set(own.sites.index) == {"bageriet", "bageriet_falkenberg"}
    assert set(own.flows["site_id"]) == set(own.sites.index)


def test_flow_at_a_bundled_site_needs_no_row_for_the_site(to, tmp_path):
    path = filled(tmp_path / "x.xlsx", flows={(3, "site_id"): "ringhals"})
    ownregister.add(path, to)
    assert "ringhals" in sg.load_register(to).sites.index
    assert ownregister.merged(to).sites.index.is_unique


def test_id_of_the_bundled_register_is_refused(to, tmp_path):
    path = filled(tmp_path / "x.xlsx", sites={(3, "site_id"): "ringhals"})
    with pytest.raises(RegisterError, match=r"B3.*ringhals.*redan ett id"):
        ownregister.add(path, to)
    assert not to.exists()


def test_faulty_workbook_adds_nothing(example, to, tmp_path):
    faulty = intake.write_example(tmp_path / "x.xlsx", mistakes=True)
    with pytest.raises(RegisterError, match=": 3\n"):
        ownregister.add(faulty, to)
    assert [p.name for p in tmp_path.iterdir()] == ["x.xlsx"]
    ownregister.add(example, to)
    before = everything(tmp_path)
    with pytest.raises(RegisterError, match=": 3\n"):
        ownregister.add(faulty, to)
    assert everything(tmp_path) == before


def test_own_sources_come_along(to, tmp_path):
    import openpyxl

    path = filled(tmp_path / "x.xlsx", flows={(3, "source_id"): "survey_2026"})
    book = openpyxl.load_workbook(path)
    book["K\u00e4llor"]["A3"], book["K\u00e4llor"]["B3"] = "survey_2026", "Our survey"
    book.save(path)
    ownregister.add(path, to)
    assert sg.load_register(to).flows.loc[0, "source_id"] == "survey_2026"
    ownregister.undo(to)
    assert ownregister.add(path, to).sites == 5


def test_text_like_a_formula_stays_text(tmp_path):
    to = tmp_path / "register"
    ownregister.add(one_site(tmp_path / "x.xlsx", name="=cmd|' /C calc'!A0"), to)
    assert sg.load_register(to).sites["name"].tolist() == ["=cmd|' /C calc'!A0"]
    assert ",=" not in (to / "sites.csv").read_text(encoding="utf-8")


# --- where a register may lie ----------------------------------------------------------------


def test_bundled_register_is_never_touched(example, tmp_path):
    before = everything(data_folder())
    with pytest.raises(RegisterError, match="never changed"):
        ownregister.add(example, data_folder())
    (tmp_path / "link").symlink_to(data_folder())
    with pytest.raises(RegisterError, match="never changed"):
        ownregister.add(example, tmp_path / "link")
    assert everything(data_folder()) == before


@pytest.mark.parametrize("name", ["file.txt", "book.xlsx"])
def test_other_files_are_no_register(example, tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(RegisterError, match="Give a folder"):
        ownregister.add(example, tmp_path / name)
    assert (tmp_path / name).read_text() == "mine"


def test_undo_of_nothing(tmp_path):
    with pytest.raises(RegisterError, match="does not exist"):
        ownregister.undo(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_faulty_register_is_not_added_to(example, tmp_path):
    to = tmp_path / "register"
    ownregister.add(example, to)
    text = (to / "sites.csv").read_text(encoding="utf-8").replace("site_id,", "site_id,colour,", 1)
    (to / "sites.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RegisterError, match="another number of fields"):
        ownregister.add(example, to)


# --- bundled and own -------------------------------------------------------------------------


def test_merged_holds_both(example, to, halland):
    ownregister.add(example, to)
    both = ownregister.merged(to)
    assert len(both.sites) == len(halland.sites) + 5
    assert len(both.flows) == len(halland.flows) + 6
    assert both.flows["flow_id"].is_unique
    assert both.sites.crs == halland.sites.crs
    pd.testing.assert_frame_equal(
        pd.DataFrame(both.sites.loc[halland.sites.index, halland.sites.columns]),
        pd.DataFrame(halland.sites),
        check_dtype=False,
    )


def test_merged_refuses_an_id_of_the_bundled_register(example, tmp_path):
    to = tmp_path / "register"
    ownregister.add(example, to)
    for name in ("sites", "flows"):
        text = (to / f"{name}.csv").read_text(encoding="utf-8")
        (to / f"{name}.csv").write_text(text.replace("mejeri_vast", "ringhals"), encoding="utf-8")
    with pytest.raises(RegisterError, match="ringhals"):
        ownregister.merged(to)


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
    pairs = ownregister.find_duplicates(ours, theirs)
    assert bool(len(pairs)) == found
    if found:
        assert pairs.loc[0, ["site", "other"]].tolist() == ["a", "b"]


def test_the_town_in_two_names_does_not_make_them_alike():
    ours = places(("Plast i Kungsbacka", 12.09, 57.5, 5)).set_axis(["a"])
    theirs = places(("Betong i Kungsbacka", 12.09, 57.5, 5)).set_axis(["b"])
    assert ownregister.find_duplicates(ours, theirs).empty


def test_duplicate_of_a_bundled_site_is_told(to, tmp_path, halland):
    mill = halland.sites.loc["sodra_cell_varo"]
    cells = {"lon": f"{mill['lon']}", "lat": f"{mill['lat']}", "municipality_code": "Varberg"}
    book = one_site(tmp_path / "x.xlsx", name="S\u00f6dra Cell V\u00e4r\u00f6", **cells)
    with pytest.raises(RegisterError, match=r"(?s)inget lades.*V\u00e4r\u00f6.*0,0 km.*--keep-"):
        ownregister.add(book, to)
    assert [p.name for p in tmp_path.iterdir()] == ["x.xlsx"]
    with pytest.raises(RegisterError, match=r"nothing was added. 1 new sites.*\n- .*0.0 km"):
        ownregister.add(book, to, lang="en")
    done = ownregister.add(book, to, keep_duplicates=True)
    assert done.duplicates["other"].tolist()[0] == "sodra_cell_varo"
    assert "M\u00f6jlig dubblett" in str(done)
    assert done.sites == 1
    # decided once: the same rows again are no question
    assert ownregister.add(book, to).same == 2


def test_two_new_sites_that_are_one_are_refused(to, tmp_path):
    place = {(4, c): v for c, v in {"lon": "12,87", "lat": "56,69"}.items()}
    place |= {(4, c): "" for c in ("northing", "easting")}
    cells = place | {(4, "name"): "Bageri Norra i Halmstad", (4, "municipality_code"): "Halmstad"}
    flows = {(n, "site_id"): "Bageri Norra i Halmstad" for n in (4, 5)}
    book = filled(tmp_path / "x.xlsx", sites=cells, flows=flows)
    with pytest.raises(RegisterError, match="Bageri Norra"):
        ownregister.add(book, to)


def test_command_adds_duplicates_only_when_told(tmp_path, halland, capsys):
    mill = halland.sites.loc["sodra_cell_varo"]
    cells = {"lon": f"{mill['lon']}", "lat": f"{mill['lat']}", "municipality_code": "Varberg"}
    book = one_site(tmp_path / "x.xlsx", name="S\u00f6dra Cell V\u00e4r\u00f6", **cells)
    given = ["add", str(book), "--to", str(tmp_path / "register"), "--lang", "en"]
    assert cli.main(given) == 2
    assert "--keep-duplicates" in capsys.readouterr().err
    assert cli.main([*given, "--keep-duplicates"]) == 0
    assert "1 new sites" in capsys.readouterr().out


# --- crash, full disk, two at once -----------------------------------------------------------

PROGRAM = """
import sys
from pathlib import Path
from symbios_geo import ownregister
from symbios_geo import files as storage
target, step = sys.argv[2], int(sys.argv[3])
count = 0
def stop(*args):
    global count
    count += 1
    if count == step:
        print("ready", flush=True)
        while True:
            pass
def wrapped(function):
    def call(*args, **kwargs):
        stop()
        result = function(*args, **kwargs)
        stop()
        return result
    return call
storage._flush = wrapped(storage._flush)
Path.rename = wrapped(Path.rename)
Path.replace = wrapped(Path.replace)
ownregister.add(sys.argv[1], target)
print("done", flush=True)
"""


def kill_at(step, workbook, to):
    """Add in another process and kill it at a step; return whether it got that far."""
    command = [sys.executable, "-c", PROGRAM, str(workbook), str(to), str(step)]
    environment = os.environ | {"PYTHONPATH": str(Path(sg.__file__).parents[1])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        line = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    return line.strip() == "ready"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kill -9 is for Unix")
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_any_step_the_register_is_old_or_new(ready, tmp_path, kind):
    new = one_site(tmp_path / "new.xlsx", lon="12,9", lat="56,7")
    seen = set()
    for step in (2, 9, 13, 15, 99):
        (tmp_path / str(step)).mkdir()
        to = ready(tmp_path / str(step), kind)
        reached = kill_at(step, new, to)
        count = len(sg.load_register(to).sites)
        assert count in (5, 6)
        seen.add(count)
        # the next addition succeeds, whatever was left lying about
        ownregister.add(new, to)
        assert len(sg.load_register(to).sites) == 6
        ownregister.undo(to)
        assert len(sg.load_register(to).sites) == 5
        assert not (to / COMMITTED).exists()
        assert reached or step > 10
    assert seen == {5, 6}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", [0, 3, 6, 7])
def test_full_disk_leaves_the_old_register(ready, tmp_path, monkeypatch, kind, after):
    to = ready(tmp_path, kind)
    new = one_site(tmp_path / "new.xlsx", lon="12,9", lat="56,7")
    before = files.state_of(files.read_own(to, "sv"))
    flush, calls = storage._flush, []

    def full(path):
        calls.append(path)
        if len(calls) > after:
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(path)

    monkeypatch.setattr(storage, "_flush", full)
    added, told = True, ""
    try:
        ownregister.add(new, to)
    except OutputError as error:
        added, told = False, str(error)
    monkeypatch.undo()
    assert len(sg.load_register(to).sites) == (6 if added else 5)
    if not added:
        assert "No space left on device" in told
        assert files.state_of(files.read_own(to, "sv")) == before
    assert not list(tmp_path.rglob(".register-*"))
    assert ownregister.add(new, to).sites == (0 if added else 1)


@pytest.mark.slow
def test_truly_full_disk(example, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk is not permitted here")
    try:
        to = disk / "register"
        ownregister.add(example, to)
        (disk / "filler").write_bytes(bytes(30_000))
        before = everything(to)
        new = one_site(tmp_path / "new.xlsx", lon="12,9", lat="56,7", note="x" * 1900)
        with (disk / "filler").open("ab", buffering=0) as filler, suppress(OSError):
            while filler.write(bytes(1000)):
                pass
        with pytest.raises(OutputError, match="No space"):
            ownregister.add(new, to)
        assert everything(to) == before
        assert len(sg.load_register(to).sites) >= 5
        (disk / "filler").unlink()
        assert ownregister.add(new, to).sites == 1
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_second_program_waits_then_says_so(example, to, monkeypatch):
    monkeypatch.setattr(ownregister, "WAIT_S", 0.3)
    ownregister.add(example, to)
    with locked(files.lock_of(to), what=to):
        start = time.monotonic()
        with pytest.raises(OutputError, match="Another program"):
            ownregister.undo(to)
        assert time.monotonic() - start >= 0.3
    assert ownregister.undo(to)


def test_lock_ends_with_its_program(tmp_path):
    code = (
        "import sys, os; from pathlib import Path; from symbios_geo.files import locked\n"
        "with locked(Path(sys.argv[1]), what=Path('x')):\n    os.kill(os.getpid(), 9)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(sg.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "l")], env=environment, check=False)
    with locked(tmp_path / "l", what=tmp_path):
        pass
