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
    {"own.faults", "locking", "formats.qml"},
    # public facts over the network
    {"refresh.endpoints"},
    {"refresh.fetch"},
    {"refresh.cache", "refresh.shapes"},
    {"refresh.scb", "refresh.kolada", "refresh.eea", "refresh.geodata"},
    {"engine.programmes"},
    {
        "formulas.checks",
        "derived.rows",
        "derived.ranges",
        "derived.derivations",
        "own.codes",
        "links",
        "location",
        "engine.solvers",
    },
    # formulas
    {
        "formulas.finance",
        "formulas.climate",
        "formulas.season",
        "formulas.hydraulics",
        "formulas.heat_pumps",
    },
    {
        "formulas.distribution",
        "formulas.excess_heat",
        "formulas.carbon_costs",
        "formulas.temperature",
    },
    {
        "formulas.pipes",
        "formulas.co2_pipelines",
        "boundaries",
        "derived.demand",
        "derived.substrates",
        "formulas.fuels",
        "catchment",
    },
    # domain
    {"own.rules", "heat", "co2", "hydrogen", "biogas", "greenhouse", "jobs", "emissions"},
    # somebody's own tables
    {"own.tables", "own.coordinates", "own.duplicates", "disclosure"},
    {"own.storage"},
    {"own.forms"},
    {"own.inspection", "own.template"},
    {"register", "own.files", "intake"},
    {"ownregister"},
    {"refresh.proposals", "refresh.words"},
    {"refresh.run"},
    # engine
    {"matching", "engine.seasonal", "engine.candidates"},
    {"engine.trunks", "engine.scale"},
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
    {"drawing.placement", "web.backdrop", "web.page", "drawing.captions", "formats.terms"},
    {"drawing.cartography", "web.places", "sheets"},
    {"drawing.legends", "web.exchanges", "drawing.placenames", "formats.geopackage"},
    {"drawing.symbols", "drawing.sankey"},
    {"maps", "figures", "explore", "export", "publishing.notebooks", "publishing.executed"},
    {"publishing.pages", "factsheets.facts", "factsheets.map"},
    {"factsheets.tables", "formats.report"},
    {"factsheets.words"},
    {"factsheets.pages"},
    {"factsheet"},
    {"publishing.parts"},
    {"outputs"},
    # door
    {"cli"},
]
ROW_OF = {name: number for number, row in enumerate(ROWS) for name in row}
DOORS = {"__init__", "__main__"}  # they may import anything
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.stem not in DOORS)
FOLDERS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
MAX_LINES = 400
MAX_MODULES = 40
# names of packages where they differ from what pyproject.toml calls them
IMPORT_NAMES = {
    "xstatic-leaflet": "xstatic",
    "python-docx": "docx",
    "pillow": "pil",
    "python-stdnum": "stdnum",
    "pyyaml": "yaml",
}


def module_name(path: Path) -> str:
    """Return the name of a module below the package: balance, formulas.pipes."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def own_imports(tree: ast.AST, module: str) -> Iterator[str]:
    """Yield the modules of the package that a module imports, at its top or inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = module.split(".")[: -node.level]
            base = [*folder, *(node.module or "").split(".")] if node.module else folder
            if ".".join(base) in ROW_OF:
                yield ".".join(base)
            else:  # a folder: what is imported from it are modules
                yield from (".".join([*base, alias.name]) for alias in node.names)


def outside_imports(tree: ast.AST) -> Iterator[str]:
    """Yield the top-level names of everything else that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def parse(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


def upward(module: str, names: set[str]) -> set[str]:
    """Return the imported modules that do not lie in a lower row."""
    return {name for name in names if ROW_OF[name] >= ROW_OF[module]}


def test_rule_finds_upward_and_sideways_imports():
    source = "from .cli import main\nfrom . import study\nfrom .errors import DataError\n"
    names = set(own_imports(ast.parse(source), "balance"))
    assert upward("balance", names) == {"cli", "study"}


def test_rule_sees_through_folders():
    source = "from ..study import run\nfrom . import pipes\nfrom ..own.rules import LIMIT\n"
    names = set(own_imports(ast.parse(source), "formulas.fuels"))
    assert names == {"study", "formulas.pipes", "own.rules"}
    assert "study" in upward("formulas.fuels", names)


def test_no_module_has_two_places():
    assert sum(len(row) for row in ROWS) == len(ROW_OF)


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_module_imports_from_below(path: Path):
    module = module_name(path)
    assert module in ROW_OF, f"give {module} a place in ROWS"
    wrong = upward(module, set(own_imports(parse(path), module)))
    assert not wrong, f"{module} imports upward or sideways: {sorted(wrong)}"


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_module_names_itself_relatively(path: Path):
    assert "symbios_geo" not in set(outside_imports(parse(path)))


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_module_is_short_and_explained(path: Path):
    assert ast.get_docstring(parse(path))
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_every_place_in_the_rows_is_a_module():
    assert set(ROW_OF) == {module_name(path) for path in MODULES}


@pytest.mark.parametrize("path", [PACKAGE, *FOLDERS], ids=lambda path: path.name)
def test_folder_can_be_overseen(path: Path):
    assert len(list(path.glob("*.py"))) <= MAX_MODULES


def test_folders_lie_one_level_deep():
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
