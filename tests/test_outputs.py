"""The output folder: complete or untouched, the same bytes twice, nothing hidden in it."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from helpers import bytes_of, left_beside, open_as_qgis

import symbios_geo as sg
from symbios_geo.disclosure import clear, disclosed_sums
from symbios_geo.errors import DisclosureError, OutputError, ParameterError
from symbios_geo.files import locked
from symbios_geo.model import BOUNDS
from symbios_geo.outputs import listings, workbook
from symbios_geo.outputs import write as outputs
from symbios_geo.outputs.geopackage import write_geopackage
from symbios_geo.outputs.job import PACKAGE
from symbios_geo.study.chain import in_language
from symbios_geo.tables import read_table

pytestmark = pytest.mark.usefixtures("coarse")
ROOT = Path(__file__).parents[1]
QUICK = ["tables", "geopackage", "geoparquet", "findings page", "front page"]
CANARY, SECRET = "Kanariefagel", "Natuggla"
LON, LAT, VALUE = 12.7654321, 56.8765432, 31.415926


@pytest.fixture(scope="module")
def study(halland: sg.Register) -> sg.Study:
    """Return a study of two municipalities: how files are written needs no whole county."""
    return sg.run(register=halland.within(["Varberg", "Falkenberg"]), lang="sv", draws=20)


@pytest.fixture(scope="module")
def verdicts() -> pd.DataFrame:
    claims = read_table("claims")
    figures = {"value": 2.0, "low": 1.0, "high": 3.0, "probability": 0.5}
    return claims.rename(columns={"text_sv": "text"}).assign(
        **figures, verdict="open", explanation="made up for a test"
    )


def use(monkeypatch, **parts) -> None:
    monkeypatch.setattr(outputs, "PARTS", parts)


def note(name: str, text: str = "x"):
    """Return a part that writes one file."""
    return lambda job: (job.folder / name).write_text(text)


def fail(error: Exception):
    def part(job):
        (job.folder / "half.txt").write_text("half")
        raise error

    return part


@pytest.fixture(scope="module")
def written(study, verdicts, tmp_path_factory) -> tuple[outputs.Written, list[str]]:
    """Return what a run wrote and which steps it told of; do not change it."""
    folder, told = tmp_path_factory.mktemp("written") / "out", []
    done = outputs.write_all(study, folder, verdicts=verdicts, parts=QUICK, progress=told.append)
    return done, told


def test_manifest_lists_every_file_with_its_hash(written):
    written, told = written
    assert told == ["findings", *QUICK]
    manifest = json.loads((written.folder / "manifest.json").read_text(encoding="utf-8"))
    found = {k: v for k, v in bytes_of(written.folder).items() if k != "manifest.json"}
    assert {e["path"]: e["sha256"] for e in manifest["files"]} == found
    assert set(written.files) == set(found)
    assert "index.html" in found
    assert manifest["command"] == "symbios-geo run"
    assert manifest["packages"]["geopandas"]
    assert str(len(found)) in str(written)
    assert left_beside(written.folder) == []


def test_names_of_steps_are_those_told(study, verdicts, tmp_path, monkeypatch):
    use(monkeypatch, one=note("a.txt"), two=note("b.txt"))
    told = []
    outputs.write_all(study, tmp_path / "out", verdicts=verdicts, progress=told.append)
    assert told == outputs.part_names()


def test_two_runs_give_the_same_bytes(study, verdicts, tmp_path, written):
    time.sleep(2.1)  # a zip file knows time in steps of two seconds
    outputs.write_all(study, tmp_path / "again", verdicts=verdicts, parts=QUICK)
    assert bytes_of(tmp_path / "again") == bytes_of(written[0].folder)


def test_second_run_replaces_the_first(study, verdicts, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    use(monkeypatch, one=note("old.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    use(monkeypatch, one=note("new.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    assert sorted(p.name for p in folder.iterdir()) == ["manifest.json", "new.txt"]
    assert left_beside(folder) == []


def test_files_that_people_laid_into_it_stay(study, verdicts, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    use(monkeypatch, one=note("old.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    (folder / "mine").mkdir()
    (folder / "mine" / "notes.txt").write_text("keep")
    outputs.write_all(study, folder, verdicts=verdicts)
    assert (folder / "mine" / "notes.txt").read_text() == "keep"


def test_a_folder_of_somebody_else_is_refused(study, verdicts, tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputError, match="did not write"):
        outputs.write_all(study, tmp_path, verdicts=verdicts, parts=QUICK)
    assert (tmp_path / "thesis.docx").read_text() == "years of work"
    with pytest.raises(OutputError, match="not a plain folder"):
        outputs.write_all(study, tmp_path / "thesis.docx", verdicts=verdicts)


def test_failed_parts_are_named_and_leave_nothing(study, verdicts, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    bad = fail(ValueError("no ink"))
    use(monkeypatch, good=note("a.txt"), bad=bad, worse=fail(KeyError("x")), last=note("b.txt"))
    with pytest.raises(OutputError, match=r"2 of the outputs.*bad \(ValueError: no ink\).*worse"):
        outputs.write_all(study, folder, verdicts=verdicts)
    assert sorted(p.name for p in folder.iterdir()) == ["a.txt", "b.txt", "manifest.json"]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["failed"] == ["bad", "worse"]


def test_a_part_that_lacks_an_extra_names_it(study, verdicts, tmp_path, monkeypatch):
    lacks = fail(ModuleNotFoundError("No module named 'nbclient'", name="nbclient"))
    use(monkeypatch, good=note("a.txt"), notebooks=lacks)
    with pytest.raises(OutputError, match=r"nbclient .*symbios-geo\[notebooks\]"):
        outputs.write_all(study, tmp_path / "out", verdicts=verdicts)


def test_when_everything_fails_the_old_output_stays(study, verdicts, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    use(monkeypatch, one=note("a.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    before = bytes_of(folder)
    use(monkeypatch, one=fail(ValueError("no ink")))
    with pytest.raises(OutputError, match="Nothing was replaced"):
        outputs.write_all(study, folder, verdicts=verdicts)
    assert bytes_of(folder) == before


def hidden_full_disk() -> OutputError:
    """Return one of our errors that a full disk stands behind."""
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            msg = "cannot be written"
            raise OutputError(msg) from error
    except OutputError as error:
        return error


def test_a_disk_that_is_full_behind_a_library_is_seen(study, verdicts, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    use(monkeypatch, one=note("a.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    before = bytes_of(folder)
    use(monkeypatch, one=note("new.txt"), two=fail(RuntimeError("disk I/O error")))
    monkeypatch.setattr(outputs, "LEAST_FREE", 2**70)
    with pytest.raises(OutputError, match="No space left"):
        outputs.write_all(study, folder, verdicts=verdicts)
    assert bytes_of(folder) == before


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), hidden_full_disk(), KeyboardInterrupt()],
)
def test_full_disk_and_ctrl_c_leave_the_old_output(study, verdicts, tmp_path, monkeypatch, error):
    folder = tmp_path / "out"
    use(monkeypatch, one=note("a.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    before = bytes_of(folder)
    use(monkeypatch, one=note("new.txt"), two=fail(error))
    told = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else OutputError
    with pytest.raises(told, match=r"No space left|^$"):
        outputs.write_all(study, folder, verdicts=verdicts)
    assert bytes_of(folder) == before
    assert left_beside(folder) == []


def test_a_move_that_fails_keeps_the_old_output_and_the_new(study, verdicts, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    use(monkeypatch, one=note("a.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    before = bytes_of(folder)
    move = Path.rename

    def rename(self, target):
        if self == outputs.draft_of(folder) and target == folder:
            raise PermissionError(errno.EACCES, "denied")
        return move(self, target)

    monkeypatch.setattr(outputs, "exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", rename)
    use(monkeypatch, one=note("b.txt"))
    with pytest.raises(OutputError, match=r"denied.*Everything new is in .*out\.new"):
        outputs.write_all(study, folder, verdicts=verdicts)
    assert bytes_of(folder) == before
    assert (tmp_path / "out.new" / "b.txt").read_text() == "x"
    assert left_beside(folder) == []


@pytest.mark.parametrize("possible", [True, False], ids=["in one step", "in two steps"])
def test_there_is_always_an_output(study, verdicts, tmp_path, monkeypatch, possible):
    folder, seen = tmp_path / "out", []
    use(monkeypatch, one=note("a.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    swap = outputs.exchange

    def watched(one, other):
        done = possible and swap(one, other)
        seen.append(done)
        # what a reader finds at this moment is whole
        assert {entry["path"] for entry in json.loads((folder / "manifest.json").read_text())[
            "files"
        ]} == {p.name for p in folder.iterdir()} - {"manifest.json"}  # fmt: skip
        return done

    monkeypatch.setattr(outputs, "exchange", watched)
    use(monkeypatch, one=note("b.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    assert seen == [possible and sys.platform in ("linux", "darwin")]
    assert sorted(p.name for p in folder.iterdir()) == ["b.txt", "manifest.json"]
    assert left_beside(folder) == []


def test_the_new_output_is_on_disk_before_the_old_one_goes(study, verdicts, tmp_path, monkeypatch):
    folder, told = tmp_path / "out", []
    use(monkeypatch, one=note("a.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    remove, flush = outputs.shutil.rmtree, outputs.flush
    monkeypatch.setattr(outputs, "flush", lambda p: told.append(p.name) or flush(p))
    monkeypatch.setattr(
        outputs.shutil, "rmtree", lambda p, **k: told.append("removed") or remove(p, **k)
    )
    outputs.write_all(study, folder, verdicts=verdicts)
    first = told.index("removed")
    assert set(told[:first]) == {"a.txt", "manifest.json", ".out.draft", tmp_path.name}


def test_ctrl_c_after_the_new_output_is_in_place_is_no_stop(study, verdicts, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    use(monkeypatch, one=note("a.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    swap = outputs.exchange

    def interrupted(one, other):
        done = swap(one, other)
        os.kill(os.getpid(), signal.SIGINT)
        return done

    monkeypatch.setattr(outputs, "exchange", interrupted)
    use(monkeypatch, one=note("b.txt"))
    assert outputs.write_all(study, folder, verdicts=verdicts).files == ("b.txt",)
    assert left_beside(folder) == []


def test_a_folder_that_cannot_be_moved_is_refused_before_the_work(
    study, verdicts, tmp_path, monkeypatch
):
    folder, told = tmp_path / "out", []
    use(monkeypatch, one=note("a.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    before, move = bytes_of(folder), Path.rename

    def rename(self, target):
        if self == folder:  # as a mount point, or a file held open on Windows
            raise OSError(errno.EBUSY, "Device or resource busy")
        return move(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    for ask in (
        partial(outputs.write_all, study, folder, verdicts=verdicts, progress=told.append),
        partial(outputs.check_output, folder),
    ):
        with pytest.raises(OutputError, match=r"busy.*--out .*out/symbios"):
            ask()
    assert told == []
    assert bytes_of(folder) == before
    assert left_beside(folder) == []


@pytest.mark.parametrize("name", [".out.old", ".out.draft"])
def test_folders_of_somebody_else_beside_the_output_stay(study, verdicts, tmp_path, name):
    theirs = tmp_path / name
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match=f"{name} is in the way"):
        outputs.write_all(study, tmp_path / "out", verdicts=verdicts)
    assert (theirs / "thesis.txt").read_text() == "years of work"
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_edited_files_links_and_empty_folders_are_kept(study, verdicts, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    use(monkeypatch, one=note("report.docx"), two=note("map.html"))
    outputs.write_all(study, folder, verdicts=verdicts)
    (folder / "report.docx").write_text("a day of editing")
    (folder / "empty").mkdir()
    (tmp_path / "far").mkdir()
    (folder / "far").symlink_to(tmp_path / "far")
    for _ in range(2):
        written = outputs.write_all(study, folder, verdicts=verdicts)
        assert (folder / "report-edited.docx").read_text() == "a day of editing"
        assert (folder / "report.docx").read_text() == "x"
        assert (folder / "empty").is_dir()
        assert (folder / "far").is_symlink()
    assert written.kept == ()
    (folder / "report.docx").write_text("another day")
    (folder / "later.txt").write_text("of people")
    use(monkeypatch, one=note("report.docx"), two=note("later.txt"))
    written = outputs.write_all(study, folder, verdicts=verdicts)
    assert written.kept == ("later-edited.txt", "report-edited-2.docx")
    assert "report-edited-2.docx" in str(written)
    assert (folder / "later-edited.txt").read_text() == "of people"


def test_what_cannot_be_copied_is_named_before_the_work(study, verdicts, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    use(monkeypatch, one=note("a.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    os.mkfifo(folder / "pipe")
    with pytest.raises(OutputError, match=r"pipe is no file, folder or link"):
        outputs.write_all(study, folder, verdicts=verdicts)
    assert (folder / "pipe").exists()


def test_a_run_killed_between_the_two_moves_is_put_right(study, verdicts, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    use(monkeypatch, one=note("a.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    before = bytes_of(folder)
    folder.rename(outputs.old_of(folder))
    outputs.draft_of(folder).mkdir()
    outputs.recover(folder)
    assert bytes_of(folder) == before
    assert left_beside(folder) == []


KILLED = """
import sys, time, pandas as pd
import symbios_geo as sg
from symbios_geo.outputs import listings, workbook
from symbios_geo.outputs import write as outputs

def hang(job):
    (job.folder / "half.txt").write_text("half")
    print("started", flush=True)
    time.sleep(120)

outputs.PARTS = {"hang": hang}
outputs.write_all(sg.run(draws=2), sys.argv[1], verdicts=pd.DataFrame())
"""


def start_and_wait(folder: Path) -> subprocess.Popen:
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert child.stdout.readline().strip() == "started"
    return child


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kill -9 is for POSIX")
def test_second_run_says_so_and_kill_9_leaves_the_old_output(
    study, verdicts, tmp_path, monkeypatch
):
    folder = tmp_path / "out"
    use(monkeypatch, one=note("a.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    before = bytes_of(folder)
    child = start_and_wait(folder)
    try:
        with pytest.raises(OutputError, match="Another program is changing"):
            outputs.write_all(study, folder, verdicts=verdicts)
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    assert bytes_of(folder) == before
    assert outputs.draft_of(folder).exists()
    use(monkeypatch, one=note("b.txt"))
    outputs.write_all(study, folder, verdicts=verdicts)
    assert sorted(p.name for p in folder.iterdir()) == ["b.txt", "manifest.json"]
    assert left_beside(folder) == []


def test_lock_is_free_again_after_an_error(tmp_path):
    lock = tmp_path / ".out.lock"
    with pytest.raises(ZeroDivisionError), locked(lock, what=tmp_path):
        raise ZeroDivisionError
    with locked(lock, what=tmp_path), pytest.raises(OutputError), locked(lock, what=tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(study, verdicts, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        outputs.write_all(study, tmp_path / "file" / "out", verdicts=verdicts)


def test_unknown_parts_and_secret_rows_are_refused(study, verdicts, tmp_path):
    with pytest.raises(OutputError, match="no part nonsense"):
        outputs.write_all(study, tmp_path / "out", verdicts=verdicts, parts=["nonsense"])
    with pytest.raises(ParameterError, match="secret"):
        sg.run(readers="secret")
    uncleared = replace(study, register=with_canary_rows(study.register, "secret"))
    with pytest.raises(DisclosureError, match="1 secret"):
        outputs.write_all(uncleared, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_findings_are_made_from_what_may_be_shown(study, tmp_path, monkeypatch, verdicts):
    seen = []

    def check_all(case, *, lang, **_):
        seen.append((set(case.register.flows["site_id"]), lang))
        return verdicts

    monkeypatch.setattr(outputs, "check_all", check_all)
    monkeypatch.setattr(outputs, "heat_by_municipality", lambda *_, **__: None)
    use(monkeypatch, one=note("a.txt"))
    outputs.write_all(with_canary(study), tmp_path / "out")
    assert seen[0][1] == "sv"
    assert not any(CANARY in site for site in seen[0][0])


def with_canary(study: sg.Study, kind: str = "internal", readers: str = "public") -> sg.Study:
    """Return a study run on a register with one more company, which must not be seen."""
    return sg.run(register=with_canary_rows(study.register, kind), readers=readers, draws=2)


def with_canary_rows(register: sg.Register, kind: str, name: str = CANARY) -> sg.Register:
    """Return a register with one more company, which must not be seen."""
    site = {
        **register.sites.loc["sodra_cell_varo"].drop("geometry"), "name": f"{name} AB",
        "operator": f"{name} Holding", "note": f"{name} note", "visibility": kind,
        "lon": LON, "lat": LAT, "municipality_code": "1382",
    }  # fmt: skip
    place = gpd.GeoDataFrame(
        [site], index=pd.Index([f"{name}_site"], name="site_id"),
        geometry=gpd.points_from_xy([LON], [LAT]), crs="EPSG:4326",
    )  # fmt: skip
    template = register.flows[register.flows["flow_id"] == "sodra_cell_varo-heat-hot_water"]
    flow = template.assign(
        flow_id=f"{name}_flow", site_id=f"{name}_site", value=VALUE, low=VALUE, high=VALUE,
        committed=0.0, note=f"{name} flow", visibility="public", origin="stated",
    )  # fmt: skip
    pair = register.synergies.iloc[[0]].assign(
        synergy_id=f"{name}_syn", from_site_id=f"{name}_site", note=f"{name} pair"
    )
    changed = register.add(place, flow)
    return replace(changed, synergies=pd.concat([changed.synergies, pair], ignore_index=True))


def test_hidden_companies_are_counted_and_take_no_part(study):
    # that no file of a run tells of them is told in test_canary
    internal = with_canary_rows(study.register, "internal")
    hidden = sg.run(register=with_canary_rows(internal, "secret", SECRET), draws=2)
    assert hidden.left_out == {"internal": 1, "secret": 1}
    unused = set(hidden.matches["heat"].unused.index)
    assert not unused & {f"{CANARY}_flow", f"{SECRET}_flow"}
    shown = with_canary(study, readers="internal")
    assert f"{CANARY}_flow" in set(shown.matches["heat"].unused.index)


def test_sums_of_internal_rows_are_on_their_own_sheet(study, verdicts, tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "write_workbook", lambda *_, **__: None)  # it has the same sheets
    hidden = with_canary_rows(study.register, "internal")
    for companies in (1, 3):
        register = hidden
        site, flow = f"{CANARY}_site", f"{CANARY}_flow"
        for number in range(1, companies):
            place = register.sites.loc[[site]].rename(index={site: f"{site}_{number}"})
            row = register.flows[register.flows["flow_id"] == flow]
            row = row.assign(flow_id=f"{flow}_{number}", site_id=f"{site}_{number}")
            register = register.add(place.assign(operator=f"{number}"), row)
        out = tmp_path / f"{companies}"
        several = sg.run(register=register, draws=2)
        outputs.write_all(several, out, verdicts=verdicts, parts=["tables"])
        sums = out / "tables" / "internal_sums.csv"
        # the sum of one company would be its value, and an empty sheet a hint
        assert sums.exists() == (companies == 3)
    assert sums.read_text(encoding="utf-8-sig").splitlines()[1].split(";")[4] == "94,0"


def sums_with(register: sg.Register, hidden: sg.Register, values: list[float]) -> pd.DataFrame:
    """Return what may be told of internal heat of as many companies as there are values."""
    site, flow = f"{CANARY}_site", f"{CANARY}_flow"
    place = hidden.sites.loc[[site]]
    row = hidden.flows[hidden.flows["flow_id"] == flow]
    places, rows = [], []
    for number, value in enumerate(values):
        amounts = dict.fromkeys(BOUNDS, value)
        name = f"{site}_{number}"
        places.append(place.rename(index={site: name}).assign(operator=f"Company {number}"))
        rows.append(row.assign(flow_id=f"{flow}_{number}", site_id=name, **amounts))
    return disclosed_sums(register.add(pd.concat(places), pd.concat(rows)))


def test_a_sum_that_one_more_company_moved_is_left_out_until_three_have(
    study, verdicts, tmp_path, monkeypatch
):
    def sheets(seen, *_, **__):
        told = {"internal_sums": seen.internal_sums} if len(seen.internal_sums) else {}
        return {"sites": listings.site_table(seen.register), **told}

    # few other sheets, and the workbook has the same ones
    monkeypatch.setattr(listings, "make_tables", sheets)
    monkeypatch.setattr(workbook, "write_workbook", lambda *_, **__: None)
    out = tmp_path / "out"
    sums = out / "tables" / "internal_sums.csv"
    steps = [
        ([30, 30, 30], "90,0"), ([30, 30, 30], "90,0"), ([30, 30, 30, 13.37], None),
        ([30, 30, 43.37], None), ([30] * 6, "180,0"), ([30, 30, 30], "90,0"),
    ]  # fmt: skip
    hidden = with_canary_rows(study.register, "internal")
    for values, said in steps:
        told = sums_with(study.register, hidden, values)
        found = in_language(study, study.lang, internal_sums=told)
        outputs.write_all(found, out, verdicts=verdicts, parts=["tables"])
        assert sums.exists() == (said is not None), values
        assert said is None or sums.read_text("utf-8-sig").splitlines()[1].split(";")[4] == said


@pytest.mark.parametrize("readers", ["public", "internal"])
def test_files_of_people_in_an_internal_output_stay_out_of_a_public_one(
    study, verdicts, tmp_path, monkeypatch, readers
):
    folder = tmp_path / "out"
    use(monkeypatch, one=note("a.txt"))
    inside = replace(study, register=clear(study.register, "internal"))
    outputs.write_all(inside, folder, verdicts=verdicts)
    (folder / "mine.txt").write_text("internal, perhaps")
    before = bytes_of(folder)
    if readers == "internal":
        outputs.write_all(inside, folder, verdicts=verdicts)
    else:
        with pytest.raises(OutputError, match=r"was INTERN and holds .*mine\.txt"):
            outputs.write_all(study, folder, verdicts=verdicts)
    assert bytes_of(folder) == before


def test_a_package_that_qgis_has_open_is_not_replaced(study, verdicts, tmp_path):
    folder = tmp_path / "out"
    package = folder / PACKAGE.format(study.region.slug)
    outputs.write_all(study, folder, verdicts=verdicts, parts=["geopackage"])
    with closing(open_as_qgis(package)) as base:
        assert package.with_name(package.name + "-wal").stat().st_size > 0
        for write in (
            partial(outputs.write_all, study, folder, verdicts=verdicts, parts=["geopackage"]),
            partial(write_geopackage, study, package),
        ):
            with pytest.raises(OutputError, match="open in another program"):
                write()
        assert base.execute("SELECT DISTINCT note FROM sites").fetchall() == [("edited in QGIS",)]
    written = outputs.write_all(study, folder, verdicts=verdicts, parts=["geopackage"])
    (edited,) = written.kept
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        ["manifest.json", package.name, edited]
    )
    assert set(gpd.read_file(folder / edited, layer="sites")["note"]) == {"edited in QGIS"}
    assert "edited in QGIS" not in set(gpd.read_file(package, layer="sites")["note"])
    kinds = study.register.sites["place_type"]
    assert len(gpd.read_file(package, layer="sites")) == kinds.ne("locality").sum() > 40


DIES = """
import os, sys
from pathlib import Path
from helpers import open_as_qgis
open_as_qgis(Path(sys.argv[1]))
os._exit(9)
"""


def test_what_a_dead_qgis_left_beside_an_internal_package_does_not_come_along(
    study, verdicts, tmp_path
):
    folder = tmp_path / "out"
    package = folder / PACKAGE.format(study.region.slug)
    hidden = with_canary(study, readers="internal")
    outputs.write_all(hidden, folder, verdicts=verdicts, parts=["geopackage"])
    path = os.pathsep.join([str(Path(__file__).parent), str(ROOT)])
    command = [sys.executable, "-c", DIES, str(package)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, check=False)
    assert done.returncode == 9
    wal = package.with_name(package.name + "-wal")
    assert CANARY.encode() in wal.read_bytes()
    with pytest.raises(OutputError, match=rf"was INTERN and holds .*{package.name}"):
        outputs.write_all(study, folder, verdicts=verdicts, parts=["geopackage"])
    package.rename(tmp_path / "mine.gpkg")
    outputs.write_all(study, folder, verdicts=verdicts, parts=["geopackage"])
    assert sorted(p.name for p in folder.iterdir()) == ["manifest.json", package.name]
    assert CANARY.encode() not in package.read_bytes()
    kinds = study.register.sites["place_type"]
    assert len(gpd.read_file(package, layer="sites")) == kinds.ne("locality").sum() > 40
