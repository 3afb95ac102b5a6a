"""A run with hidden companies writes the very bytes of a run without them, and says no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import canary
import pytest

from symbios_geo.outputs import write as outputs


@pytest.fixture(scope="module")
def made(tmp_path_factory, request) -> dict[str, tuple[Path, str]]:
    """Return the output folder and the log of a run with hidden companies, and of one without."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    found = {}
    for name in ("with", "without"):
        folder = tmp_path_factory.mktemp(name)
        register = canary.make_register(folder, hidden=name == "with")
        capture.read_global_capture()
        canary.run(register, folder / "output", parts=canary.WRITTEN)
        found[name] = folder / "output", "".join(capture.read_global_capture())
    return found


@pytest.mark.slow
def test_hidden_companies_change_no_byte_of_any_output(made):
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
def test_another_hash_seed_and_time_zone_give_the_same_bytes(made, tmp_path):
    folder, _ = made["without"]
    program = "from canary import *; run(Path(sys.argv[1]), Path(sys.argv[2]), parts=WRITTEN)"
    places = os.pathsep.join([str(Path(__file__).parent), str(Path(outputs.__file__).parents[2])])
    changed = {"PYTHONPATH": places, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"}
    command = [sys.executable, "-c", f"import sys; {program}"]
    command += [str(folder.parent / "register"), str(tmp_path / "output")]
    subprocess.run(command, env=os.environ | changed, check=True, capture_output=True)
    pairs = {p: tmp_path / "output" / p.relative_to(folder) for p in folder.rglob("*.*")}
    assert len(pairs) == len(list((tmp_path / "output").rglob("*.*"))) > 40
    assert [p.name for p, again in pairs.items() if p.read_bytes() != again.read_bytes()] == []


def test_search_finds_what_is_shown_and_never_the_secret(tmp_path):
    register = canary.make_register(tmp_path)
    parts = ["tables", "geopackage", "geoparquet", "interactive map heat-sources"]
    canary.run(register, tmp_path / "output", "--include", "internal", "--quiet", parts=parts)
    leaks = canary.find_leaks(tmp_path / "output")
    (shown, _, _, lon, lat, value), (secret, *_) = canary.HIDDEN
    found = {trace.removeprefix(f"{shown}: ") for _, trace in leaks}
    assert {"name", "value", "degrees", str(lon), str(lat)} <= found
    assert {f"bytes <d of {number}" for number in (lon, lat, value)} <= found
    assert not any(trace.startswith(secret) for _, trace in leaks)
