"""The rooms of the package: imports run one way, everything imported is declared."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "symbios_geo"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.stem != "__init__")
ROOMS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
# names of packages where they differ from what pyproject.toml calls them
IMPORT_NAMES = {
    "xstatic-leaflet": "xstatic",
    "python-docx": "docx",
    "python-pptx": "pptx",
    "pillow": "pil",
    "python-stdnum": "stdnum",
    "pyyaml": "yaml",
}


def module_name(path: Path) -> str:
    """Return the name of a module below the package: balance, formulas.pipes."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def outside_imports(tree: ast.AST) -> Iterator[str]:
    """Yield the top-level names of everything else that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def parse(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


def lint_imports() -> subprocess.CompletedProcess[str]:
    """Run import-linter with the contract that stands in pyproject.toml."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_imports_run_one_way_between_the_rooms():
    told = lint_imports()
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_module_names_itself_relatively(path: Path):
    assert "symbios_geo" not in set(outside_imports(parse(path)))


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_module_is_explained(path: Path):
    assert ast.get_docstring(parse(path))


def test_no_file_shadows_the_name_of_a_room():
    rooms = {room.name for room in ROOMS}
    assert not [path for path in MODULES if path.stem in rooms and path.parent.name != "web"]


def test_rooms_lie_one_level_deep():
    assert not [*PACKAGE.glob("*/*/*.py")]


def test_everything_imported_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [rows for name, rows in project["optional-dependencies"].items() if name != "dev"]
    rows = [*project["dependencies"], *(row for rows in extras for row in rows)]
    names = {re.match(r"[\w.-]+", row).group().lower() for row in rows}
    known = {IMPORT_NAMES.get(name, name).replace("-", "_") for name in names}
    used = {name for path in MODULES for name in outside_imports(parse(path))}
    foreign = {name.lower() for name in used - set(sys.stdlib_module_names)}
    assert foreign <= known
