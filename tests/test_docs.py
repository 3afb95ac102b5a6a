"""The pages for contributors: they name what is there, and their links lead somewhere."""

from __future__ import annotations

import ast
import doctest
import importlib.util
import inspect
import re
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import symbios_geo as sg
from symbios_geo.assumptions.values import RangeWarning
from symbios_geo.study.chain import in_language

pytestmark = pytest.mark.usefixtures("coarse")
ROOT = Path(__file__).parents[1]
# what `make docs` reads, which is no part of the package
LOADER = importlib.util.spec_from_file_location("conf", ROOT / "docs" / "conf.py")
conf = importlib.util.module_from_spec(LOADER)
LOADER.loader.exec_module(conf)
PAGES = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
MOST_PUBLIC = 250
NO_EXAMPLE = {"symbios_geo.factsheets.write.write_factsheets"}  # write_factsheet shows one
ROOMS = sorted(path.parent.name for path in (ROOT / "symbios_geo").glob("*/__init__.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_room_stands_on_the_page_and_in_the_picture(room: str):
    assert f"`{room}/`" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert f">{room}<" in (ROOT / "docs" / "rooms.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files(page: Path):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if ":" not in link and not (page.parent / link).exists()]
    assert not missing


def test_glossary_is_short():
    rows = re.findall(r"^\| (?!English|---)", (ROOT / "docs" / "glossary.md").read_text(), re.M)
    assert 20 <= len(rows) <= 40


def test_every_make_target_is_explained():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"\.PHONY: (.+)", text).group(1).split())
    explained = set(re.findall(r'@echo "make (\w+) ', text))
    assert explained == targets - {"help"}


ASKED = """
import sys, types
import symbios_geo as sg
for chain in sys.argv[1:]:
    # what another chain has imported is no longer offered by its name, but found
    for name in [name for name in sys.modules if name.startswith("symbios_geo.")]:
        if isinstance(sys.modules.get(name.rpartition(".")[0]), types.ModuleType):
            vars(sys.modules[name.rpartition(".")[0]]).pop(name.rpartition(".")[2], None)
    at = sg
    for name in chain.split("."):
        if not isinstance(at, types.ModuleType):
            break  # a method or a column
        if not hasattr(at, name):
            print(chain)
            break
        at = getattr(at, name)
"""


def test_every_name_that_is_asked_for_is_offered_before_anything_else_is_imported():
    files = [*PAGES, *(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "symbios_geo").rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    chains = set(re.findall(r"\bsg\.([a-z_]\w*(?:\.[A-Za-z_]\w*)*)", text)) | set(sg.__all__)
    done = subprocess.run(
        [sys.executable, "-c", ASKED, *sorted(chains)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


@pytest.fixture
def told_once(study: sg.Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let examples that run the whole study take the one that there is, with their draws."""

    def run(*args: object, lang: str = "sv", **given: object) -> sg.Study:
        if args or not given.keys() <= {"draws"}:
            return whole(*args, lang=lang, **given)
        told = in_language(study, lang)
        return replace(told, **given) if given else told

    whole = sg.run
    monkeypatch.setattr(sg, "run", run)


# these have tests of their own, which look at what their blocks give
TESTED = ("how-to-analyst", "how-to-resource")
RUN = [p for p in PAGES if p.name.startswith(("first-", "how-to-")) and p.stem not in TESTED]


@pytest.mark.slow
@pytest.mark.usefixtures("told_once")
@pytest.mark.parametrize("page", RUN, ids=lambda path: path.name)
def test_blocks_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RangeWarning)
        for block in blocks:
            exec(compile(block, page.name, "exec"), names)
    plt.close("all")


def public_things() -> dict[str, object]:
    """Return every function and class that the reference describes, by its full name."""
    named = {}
    for room in (*conf.ROOMS, *conf.MODULES):
        face = getattr(sg, room)
        stub = ROOT / "symbios_geo" / room / "__init__.pyi"
        things = [getattr(face, name) for name in conf.names_of(stub)] if stub.exists() else [face]
        for thing in things:
            several = conf.members_of(thing) if inspect.ismodule(thing) else []
            found = [getattr(thing, name) for name in several] or [thing]
            named |= {f"{f.__module__}.{f.__qualname__}": f for f in found if callable(f)}
    return named


def test_what_is_public_is_little_and_every_function_shows_an_example():
    things = public_things()
    assert 200 < len(things) < MOST_PUBLIC
    functions = {name: thing for name, thing in things.items() if inspect.isfunction(thing)}
    lacking = [name for name, f in functions.items() if ">>>" not in (f.__doc__ or "")]
    assert {*lacking} == NO_EXAMPLE


MODULES = sorted(
    path for path in (ROOT / "symbios_geo").rglob("*.py") if ">>>" in path.read_text("utf-8")
)


@pytest.mark.usefixtures("told_once")
@pytest.mark.parametrize("path", MODULES, ids=lambda path: "/".join(path.parts[-2:]))
def test_examples_of_docstrings_run(path: Path):
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    failed, tried = doctest.testmod(importlib.import_module(name), verbose=False)
    plt.close("all")
    assert tried
    assert failed == 0


@pytest.mark.slow
def test_documentation_builds_without_a_warning(documentation: Path):
    assert (documentation.parent / "faults.txt").read_text(encoding="utf-8") == ""
    pages = {path.stem for path in documentation.rglob("*.html")}
    assert {"index", "first-hour", "vad-svaren-betyder", "how-to-add", "study", "heat"} <= pages
    home = (documentation / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="https?:', home)


def test_tests_reach_into_nothing_private():
    reached = []
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        nodes = [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
        modules: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("symbios_geo"):
                modules |= {name.asname or name.name for name in node.names}
                reached += [f"{path.name}: {n.name}" for n in node.names if n.name.startswith("_")]
        reached += [
            f"{path.name}: {node.value.id}.{node.attr}"
            for node in nodes
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in modules
            and node.attr.startswith("_")
            and not node.attr.startswith("__")
        ]
    assert reached == []
