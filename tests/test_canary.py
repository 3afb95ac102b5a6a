"""A run with hidden companies writes the very bytes of a run without them, and says no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import canary
import pytest

from symbios_geo.disclosure import MARK
from symbios_geo.outputs import write as outputs

# of the run with hidden companies: nothing of it may be told by the order of a set or by a clock
ELSEWHERE = {"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"}
PROGRAM = "from canary import *; run(Path(sys.argv[1]), Path(sys.argv[2]), parts=WRITTEN)"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, tuple[Path, str]]:
    """Return the output folder and the log of a run with hidden companies, and of one without."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("with", "without")}
    registers = {
        name: canary.make_register(folder, hidden=name == "with")
        for name, folder in folders.items()
    }
    canary.run(registers["without"], folders["without"] / "output", parts=canary.WRITTEN)
    places = os.pathsep.join([str(Path(__file__).parent), str(Path(outputs.__file__).parents[2])])
    command = [sys.executable, "-c", f"import sys; {PROGRAM}", registers["with"]]
    done = subprocess.run(
        [*command, folders["with"] / "output"], env=os.environ | ELSEWHERE | {"PYTHONPATH": places},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    logs = {"with": done.stdout + done.stderr, "without": ""}
    return {name: (folder / "output", logs[name]) for name, folder in folders.items()}


@pytest.mark.slow
def test_hidden_companies_another_hash_seed_and_time_zone_change_no_byte_of_any_output(made):
    files = {
        name: {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}
        for name, (folder, _) in made.items()
    }
    assert len(files["with"]) > 40
    kinds = {
        ".html",
        ".pdf",
        ".png",
        ".svg",
        ".xlsx",
        ".docx",
        ".pptx",
        ".gpkg",
        ".parquet",
        ".csv",
    }
    assert kinds <= {Path(name).suffix for name in files["with"]}
    assert files["with"].keys() == files["without"].keys()
    assert [n for n, data in files["with"].items() if data != files["without"][n]] == []


@pytest.mark.slow
def test_no_trace_of_hidden_companies_in_files_or_log(made):
    folder, log = made["with"]
    assert "front page" in log  # the progress bar was caught
    # the digits of a hidden number may stand in a drawing by chance, as they do without the company
    chance = canary.find_leaks(made["without"][0])
    assert [leak for leak in canary.find_leaks(folder, log) if leak not in chance] == []


@pytest.mark.slow
def test_public_files_carry_no_mark(made):
    for path in (p for p in made["with"][0].rglob("*") if p.is_file()):
        for text in canary.unpacked(path.name, path.read_bytes()):
            assert MARK.encode() not in text, path.name
