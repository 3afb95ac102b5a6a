"""Real processes that are killed, meet a full disk, or each other: old files stay whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import bytes_of, left_beside

import symbios_geo as sg
from symbios_geo.errors import OutputError
from symbios_geo.outputs import write as outputs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX"),
]
PARTS = ["tables", "geopackage", "geoparquet"]
# a process of its own: what it may write in one file is limited when the third word is a number
PROGRAM = """
import resource, sys
import pandas as pd
from symbios_geo import cli
from symbios_geo.outputs import write as outputs
from symbios_geo.study import chain
what, target, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
claims = outputs.check_all.__globals__["read_table"]("claims").rename(columns={"text_sv": "text"})
figures = dict(value=2.0, low=1.0, high=3.0, probability=0.5, verdict="open", explanation="x")
outputs.check_all = lambda *a, **k: claims.assign(**figures)
outputs.heat_by_municipality = lambda *a, **k: None
drawn_case = chain.drawn_case
chain.drawn_case = lambda study, workers=1: drawn_case(study, n=2, workers=workers)
outputs.PARTS = {name: outputs.PARTS[name] for name in PARTS}
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
print("ready", flush=True)
# a small region: what is written is no question here
sys.exit(cli.main(["run", "--region", "lindesberg", "--out", target, "--quiet"]))
"""


def start(what: str, target: Path, limit: int = 0) -> subprocess.Popen[str]:
    program = PROGRAM.replace("PARTS}", f"{PARTS!r}}}")
    environment = os.environ | {"PYTHONPATH": str(Path(sg.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-c", program, what, str(target), str(limit)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


def finish(child: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = child.communicate(timeout=300)
    return child.returncode, errors


@pytest.fixture(scope="module")
def old(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """Return an output that a run has made, and its bytes."""
    folder = tmp_path_factory.mktemp("runs") / "output"
    code, errors = finish(start("run", folder))
    assert code == 0, errors
    return folder, bytes_of(folder)


@pytest.mark.parametrize("files", [1, 12])
def test_run_killed_in_the_middle_of_writing(old, files):
    folder, before = old
    draft = outputs.draft_of(folder)
    child = start("run", folder)
    until = time.monotonic() + 200
    while len(list(draft.rglob("*.*"))) < files and child.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    code, _ = finish(child)
    assert code == -signal.SIGKILL
    assert bytes_of(folder) == before
    assert draft.exists()
    code, errors = finish(start("run", folder))
    assert code == 0, errors
    assert bytes_of(folder) == before
    assert left_beside(folder) == []


def test_run_on_a_full_disk(old):
    folder, before = old
    code, errors = finish(start("run", folder, limit=100_000))
    assert code == 2
    assert "File too large" in errors
    assert "Traceback" not in errors
    assert bytes_of(folder) == before
    assert left_beside(folder) == []


def test_two_runs_at_once(old):
    folder, before = old
    first = start("run", folder)
    while not outputs.draft_of(folder).exists() and first.poll() is None:
        time.sleep(0.005)
    second = start("run", folder)
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
