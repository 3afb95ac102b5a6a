"""A run with hidden companies writes the very bytes of a run without them, and says no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import canary
import pandas as pd
import pytest

from symbios_geo import cli
from symbios_geo.factsheets import write as factsheet
from symbios_geo.outputs import notebooks
from symbios_geo.outputs import write as outputs
from symbios_geo.study import chain as study
from symbios_geo.tables import read_table

# one of each kind: the others are made by the same functions from the same study
WRITTEN = [
    "tables", "geopackage", "geoparquet", "findings page", "map heat-match", "chart heat-exchanges",
    "chart heat-by-month", "interactive map heat-sources", "interactive map heat-match", "slides",
    "report", "factsheets", "notebooks", "front page",
]  # fmt: skip


def made_up_verdicts(*_: object, **__: object) -> pd.DataFrame:
    figures = {"value": 2.0, "low": 1.0, "high": 3.0, "probability": 0.5, "verdict": "open"}
    claims = read_table("claims").rename(columns={"text_sv": "text"})
    return pd.DataFrame(claims).assign(**figures, explanation="made up for a test")


def one_factsheet(seen: study.Study, folder: Path, *, lang: str, **_: int) -> list[Path]:
    return factsheet.write_factsheet(seen, "Falkenberg", folder, lang=lang)


def run(register: Path, out: Path, *options: str, parts: list[str]) -> None:
    """Run the command with some of its parts, one factsheet and one notebook."""
    first = notebooks.find_notebooks()[:1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outputs, "PARTS", {name: outputs.PARTS[name] for name in parts})
        patch.setattr(outputs, "check_all", made_up_verdicts)
        patch.setattr(outputs, "heat_by_municipality", lambda *_, **__: None)
        patch.setattr(notebooks, "find_notebooks", lambda: first)
        patch.setattr(factsheet, "write_factsheets", one_factsheet)
        assert cli.main(["run", "--register", str(register), "--out", str(out), *options]) == 0


@pytest.fixture(scope="module")
def made(tmp_path_factory, request) -> dict[str, tuple[Path, str]]:
    """Return the output folder and the log of a run with hidden companies, and of one without."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    found = {}
    for name in ("with", "without"):
        folder = tmp_path_factory.mktemp(name)
        register = canary.make_register(folder, hidden=name == "with")
        capture.read_global_capture()
        run(register, folder / "output", parts=WRITTEN)
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
    program = "from test_canary import *; run(Path(sys.argv[1]), Path(sys.argv[2]), parts=WRITTEN)"
    places = os.pathsep.join([str(Path(__file__).parent), str(Path(outputs.__file__).parents[1])])
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
    run(register, tmp_path / "output", "--include", "internal", "--quiet", parts=parts)
    leaks = canary.find_leaks(tmp_path / "output")
    (shown, _, _, lon, lat, value), (secret, *_) = canary.HIDDEN
    found = {trace.removeprefix(f"{shown}: ") for _, trace in leaks}
    assert {"name", "value", "degrees", str(lon), str(lat)} <= found
    assert {f"bytes <d of {number}" for number in (lon, lat, value)} <= found
    assert not any(trace.startswith(secret) for _, trace in leaks)
