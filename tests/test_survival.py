"""Real processes that are killed, meet a full disk, or each other: old files stay whole."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from helpers import bytes_of, left_beside

from symbios_geo.errors import OutputError
from symbios_geo.outputs import write as outputs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX"),
]
PARTS = ["tables", "geopackage", "geoparquet"]
# each holds the same table: what is in them is no question here, and to make them takes long
SHEETS = [
    "sources", "parameters", "derivations", "sites", "flows", "plan", "pilots", "business",
    "balance", "monthly", "findings", "indicators", "unused", "unmet", "evidence",
]  # fmt: skip
# run in a process of its own, where one file may hold no more bytes than the limit, if there is one
PROGRAM = """
import os, resource, sys
from symbios_geo import cli
from symbios_geo.outputs import listings
from symbios_geo.outputs import write as outputs
from symbios_geo.study import chain
from symbios_geo.tables import read_table
os.dup2(os.open({errors!r}, os.O_WRONLY), 2)
sys.stderr = open(2, "w", closefd=False)
claims = read_table("claims").rename(columns=dict(text_sv="text"))
figures = dict(value=2.0, low=1.0, high=3.0, probability=0.5, verdict="open", explanation="x")
outputs.check_all = lambda *a, **k: claims.assign(**figures)
outputs.heat_by_municipality = lambda *a, **k: None
listings.make_tables = lambda *a, **k: dict.fromkeys({sheets!r}, read_table("sources"))
drawn_case = chain.drawn_case
chain.drawn_case = lambda study, workers=1: drawn_case(study, n=2, workers=workers)
outputs.PARTS = {{name: outputs.PARTS[name] for name in {parts!r}}}
if {limit}:
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
# a small region: what is written is no question here
sys.exit(cli.main(["run", "--region", "lindesberg", "--out", {target!r}, "--quiet"]))
"""


@dataclass
class Child:
    """A process that runs the study, and the file where it says what went wrong."""

    process: BaseProcess
    errors: Path


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Callable[..., Child]:
    """Return a function that starts a run; what all of them import is read once."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["geopandas", "pyarrow", "symbios_geo.outputs.write"])

    def begin(target: Path, limit: int = 0) -> Child:
        errors = tmp_path_factory.mktemp("errors") / "errors.txt"
        errors.touch()
        words = {"errors": str(errors), "target": str(target), "limit": limit, "parts": PARTS}
        words["sheets"] = SHEETS
        process = context.Process(target=exec, args=(PROGRAM.format(**words), {}))
        process.start()
        return Child(process, errors)

    return begin


def finish(child: Child) -> tuple[int, str]:
    child.process.join(timeout=300)
    return child.process.exitcode, child.errors.read_text("utf-8")


@pytest.fixture(scope="module")
def old(start, tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """Return an output that a run has made, and its bytes."""
    folder = tmp_path_factory.mktemp("runs") / "output"
    code, errors = finish(start(folder))
    assert code == 0, errors
    return folder, bytes_of(folder)


@pytest.mark.parametrize("files", [1, 12])
def test_run_killed_in_the_middle_of_writing(start, old, files):
    folder, before = old
    draft = outputs.draft_of(folder)
    child = start(folder)
    until = time.monotonic() + 200
    while len(list(draft.rglob("*.*"))) < files and child.process.is_alive():
        assert time.monotonic() < until
        time.sleep(0.005)
    child.process.kill()
    code, _ = finish(child)
    assert code == -signal.SIGKILL
    assert bytes_of(folder) == before
    assert draft.exists()
    code, errors = finish(start(folder))
    assert code == 0, errors
    assert bytes_of(folder) == before
    assert left_beside(folder) == []


def test_run_on_a_full_disk(start, old):
    folder, before = old
    code, errors = finish(start(folder, limit=50_000))
    assert code == 2
    assert "File too large" in errors
    assert "Traceback" not in errors
    assert bytes_of(folder) == before
    assert left_beside(folder) == []


def test_two_runs_at_once(start, old):
    folder, before = old
    first = start(folder)
    while not outputs.draft_of(folder).exists() and first.process.is_alive():
        time.sleep(0.005)
    second = start(folder)
    code, errors = finish(second)
    assert finish(first)[0] == 0
    # on a slow machine the first may be done when the second looks
    assert (code, "Ett annat program ändrar" in errors) in ((2, True), (0, False))
    assert bytes_of(folder) == before


def test_a_draft_killed_before_its_manifest_says_anything_goes(tmp_path):
    draft = outputs.draft_of(tmp_path / "output")
    draft.mkdir()
    (draft / outputs.MANIFEST).touch()
    outputs.recover(tmp_path / "output")
    assert not draft.exists()
    # what is not ours stays
    draft.mkdir()
    (draft / "thesis.docx").touch()
    with pytest.raises(OutputError):
        outputs.recover(tmp_path / "output")
    assert (draft / "thesis.docx").exists()
