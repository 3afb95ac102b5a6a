"""A module of the package imports only from rows below its own."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "symbios_geo"
ROWS = [  # lowest first; a row may read every row above it in this list
    # ground and tables
    {"errors"},
    {"model"},
    {"data"},
    {"labels"},
    {"faults", "locking", "qml"},
    {"_checks", "_derived", "_ranges", "derivations", "codes", "links", "location", "solvers"},
    # formulas
    {"finance", "climate", "season", "hydraulics", "heat_pumps"},
    {"distribution", "excess_heat", "carbon_costs", "temperature"},
    {"pipes", "boundaries", "demand", "substrates", "fuels", "catchment"},
    # domain
    {"rules", "heat", "co2", "hydrogen", "biogas", "greenhouse", "jobs", "emissions"},
    # somebody's own tables
    {"tables", "coordinates", "duplicates", "disclosure"},
    {"storage"},
    {"forms"},
    {"inspection", "template"},
    {"register", "ownfiles", "intake"},
    {"ownregister"},
    # engine
    {"matching", "seasonal", "candidates"},
    {"trunks", "scale"},
    {"ladder"},
    # study
    {"balance", "uncertainty", "followup"},
    {"rematch"},
    {"study"},
    # answers
    {"cases"},
    {"answers"},
    {"findings"},
    # faces: what they are drawn with, what they show, the pages and files
    {"placement", "backdrop", "webpage", "captions", "terms"},
    {"cartography", "webdata", "sheets"},
    {"legends", "webflows", "placenames", "geopackage"},
    {"symbols", "sankey"},
    {"maps", "figures", "explore", "export", "notebooks", "executed"},
    {"pages", "sheetfacts", "sheetmap"},
    {"sheettables", "report"},
    {"sheetwords"},
    {"sheetpages"},
    {"factsheet"},
    {"parts"},
    {"outputs"},
    # door
    {"cli"},
]
ROW_OF = {name: number for number, row in enumerate(ROWS) for name in row}
DOORS = {"__init__", "__main__"}  # they may import anything
MODULES = sorted(path for path in PACKAGE.glob("*.py") if path.stem not in DOORS)
MAX_LINES = 400
# names of packages where they differ from what pyproject.toml calls them
IMPORT_NAMES = {
    "xstatic-leaflet": "xstatic",
    "python-docx": "docx",
    "python-stdnum": "stdnum",
    "pyyaml": "yaml",
}


def own_imports(tree: ast.AST) -> Iterator[str]:
    """Yield the modules of the package that a module imports, at its top or inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1, "the package has no subpackages"
            yield from [node.module] if node.module else [alias.name for alias in node.names]


def outside_imports(tree: ast.AST) -> Iterator[str]:
    """Yield the top-level names of everything else that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def parse(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


def upward(stem: str, names: set[str]) -> set[str]:
    """Return the imported modules that do not lie in a lower row."""
    return {name for name in names if ROW_OF[name] >= ROW_OF[stem]}


def test_rule_finds_upward_and_sideways_imports():
    source = "from .cli import main\nfrom . import study\nfrom .errors import DataError\n"
    assert upward("balance", set(own_imports(ast.parse(source)))) == {"cli", "study"}


def test_no_module_has_two_places():
    assert sum(len(row) for row in ROWS) == len(ROW_OF)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_imports_from_below(path: Path):
    assert path.stem in ROW_OF, f"give {path.stem} a place in ROWS"
    wrong = upward(path.stem, set(own_imports(parse(path))))
    assert not wrong, f"{path.stem} imports upward or sideways: {sorted(wrong)}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_names_itself_relatively(path: Path):
    assert "symbios_geo" not in set(outside_imports(parse(path)))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_is_short_and_explained(path: Path):
    assert ast.get_docstring(parse(path))
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_package_is_one_folder_of_modules():
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir()}
    assert folders <= {"__pycache__"}


def test_everything_imported_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [rows for name, rows in project["optional-dependencies"].items() if name != "dev"]
    rows = [*project["dependencies"], *(row for rows in extras for row in rows)]
    names = {re.match(r"[\w.-]+", row).group().lower() for row in rows}
    known = {IMPORT_NAMES.get(name, name).replace("-", "_") for name in names}
    used = {name for path in MODULES for name in outside_imports(parse(path))}
    foreign = {name.lower() for name in used - set(sys.stdlib_module_names)}
    assert foreign <= known
