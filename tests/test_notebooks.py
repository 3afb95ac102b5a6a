"""Notebooks stay thin: one question, prose and library calls, no outputs; and they run."""

from __future__ import annotations

import ast
import asyncio
import base64
import io
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import browser
import matplotlib.pyplot as plt
import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure
from traitlets.config import Config

import symbios_geo as sg
from symbios_geo.outputs.notebooks import (
    SECONDS_TO_LOOK,
    in_one_language,
    look_again,
    page_of,
    shared,
)
from symbios_geo.study.chain import in_language
from symbios_geo.tables import read_table

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIRST_SIX = {
    "00-start-here",
    "10-heat-balance",
    "11-heat-matching",
    "20-co2-sources",
    "21-co2-users",
    "50-findings",
}
MAX_CELLS, MAX_LINES = 30, 12
FIXED_WORDS = set(read_table("labels")[["sv", "en"]].stack())
READ_ONLY = "a study is read only: another notebook reads it too"
HEAVY = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.AsyncFor)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_of(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def prose_of(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def broken_rules(notebook: nbformat.NotebookNode) -> set[str]:
    """Return the names of the rules that a notebook breaks."""
    cells, code, prose = notebook.cells, code_of(notebook), prose_of(notebook)
    rules = {
        "the title is a question": bool(
            prose and cells[0].cell_type == "markdown" and re.match(r"# .+\?", cells[0].source)
        ),
        "one title": sum(bool(re.match(r"# ", text)) for text in prose) == 1,
        "not too long": 5 <= len(cells) <= MAX_CELLS,
        "short cells": all(len(text.splitlines()) <= MAX_LINES for text in code),
        "no empty cells": all(cell.source.strip() for cell in cells),
        "about as much prose as code": len(prose) * 2 >= len(code),
        "stripped": not any(cell.get("outputs") or cell.get("execution_count") for cell in cells),
        "one place for settings": sum("LANG = " in text for text in code) == 1,
        "no shell or magic lines": not re.search(r"(?m)^\s*[%!]", "\n".join(code)),
        "no path of a machine": not re.search(r"""["'](/|~|[A-Z]:\\)""", "\n".join(code)),
    }
    if rules["no shell or magic lines"]:
        rules |= code_rules(code)
    return {rule for rule, kept in rules.items() if not kept}


def code_rules(code: list[str]) -> dict[str, bool]:
    """Return which rules about the code are kept."""
    trees = [ast.parse(text) for text in code]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    called = {getattr(n.func, "id", "") for n in nodes if isinstance(n, ast.Call)}
    modules = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    modules |= {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
    ends = [tree.body[-1] for tree in trees if tree.body]
    shown = [end for end in ends if isinstance(end, ast.Expr)]
    return {
        "no functions, classes or loops": not any(isinstance(n, HEAVY) for n in nodes),
        "nothing printed": "print" not in called,
        "no patterns": "re" not in modules,
        "imports in one cell": sum(has_import(tree) for tree in trees) <= 1,
        "something is shown": bool(shown),
        "maps of exchanges say what seldom pays": not any(map(shows_all_alike, nodes)),
        READ_ONLY: not changes_a_study(nodes),
    }


def changes_a_study(nodes: list[ast.AST]) -> bool:
    """Say whether something is written into a study, or into what a name says is a part of it."""
    parts, changed = {"study"}, [node.func.value for node in nodes if is_change(node)]
    for node in nodes:
        if isinstance(node, ast.Assign):
            name, value = node.targets[0], node.value
            pairs = zip(
                getattr(name, "elts", [name]), getattr(value, "elts", [value]), strict=False
            )
            parts |= {to.id for to, of in pairs if isinstance(to, ast.Name) and root(of) in parts}
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = getattr(node, "targets", None) or [node.target]
            changed += [to for to in targets if isinstance(to, ast.Attribute | ast.Subscript)]
    return any(root(node) in parts for node in changed)


def is_change(node: ast.AST) -> bool:
    """Say whether this calls what changes a table in its place."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    in_place = any(word.arg == "inplace" for word in node.keywords)
    return in_place or node.func.attr in {"insert", "pop", "update"}


def root(node: ast.AST) -> str:
    """Return the name at the beginning of attributes and items, none of anything else."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return getattr(node, "id", "")


def shows_all_alike(node: ast.AST) -> bool:
    """Say whether this draws a match without what its exchanges gain: none is an open arrow."""
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") in {"plot_match", "show_match"}
        and "business" not in {keyword.arg for keyword in node.keywords}
    )


def has_import(tree: ast.AST) -> bool:
    return any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree))


def made(*cells: tuple[str, str]) -> nbformat.NotebookNode:
    """Return a notebook from (kind, text) pairs."""
    make = {"md": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    return nbformat.v4.new_notebook(cells=[make[kind](text) for kind, text in cells])


GOOD = [
    ("md", "# How much is there?\n\nA short answer in words."),
    ("code", 'import symbios_geo as sg\n\nLANG = "sv"'),
    ("md", "## What is counted"),
    ("code", "sg.load_register().flows.head()"),
    ("md", "Next: another notebook."),
]


def test_a_good_notebook_breaks_no_rule():
    assert broken_rules(made(*GOOD)) == set()


@pytest.mark.parametrize(
    ("place", "cell", "rule"),
    [
        (0, ("md", "# Heat balance"), "the title is a question"),
        (4, ("md", "# Is this another title?"), "one title"),
        (3, ("code", "\n".join(["x = 1"] * 12 + ["x"])), "short cells"),
        (3, ("code", "def area(x): return x\narea(1)"), "no functions, classes or loops"),
        (3, ("code", "for i in []: pass\n1"), "no functions, classes or loops"),
        (3, ("code", "print(1)"), "nothing printed"),
        (3, ("code", "%matplotlib inline\n1"), "no shell or magic lines"),
        (3, ("code", 'sg.load_register("~/x")'), "no path of a machine"),
        (3, ("code", "import pandas\npandas.DataFrame()"), "imports in one cell"),
        (3, ("code", "x = 1"), "something is shown"),
        (3, ("code", "sg.maps.plot_match(x)"), "maps of exchanges say what seldom pays"),
        (3, ("code", "study.register.flows['x'] = 1\n1"), READ_ONLY),
        (3, ("code", "rate, rows = 1, study.business\nrows.loc[0, 'x'] = 1\n1"), READ_ONLY),
        (3, ("code", "rows = study.fall\nrows.pop('step')"), READ_ONLY),
        (3, ("code", "study.business.drop(0, inplace=True)"), READ_ONLY),
        (1, ("code", "import symbios_geo as sg"), "one place for settings"),
    ],
)
def test_each_rule_finds_its_fault(place, cell, rule):
    assert broken_rules(made(*GOOD[:place], cell, *GOOD[place + 1 :])) == {rule}


def test_kept_outputs_are_found():
    notebook = made(*GOOD)
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="1")]
    assert broken_rules(notebook) == {"stripped"}


def test_the_first_notebooks_are_there():
    assert {path.stem for path in NOTEBOOKS} >= FIRST_SIX


def test_names_are_numbered_once():
    stems = [path.stem for path in NOTEBOOKS]
    assert all(re.fullmatch(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*", stem) for stem in stems)
    numbers = [stem[:2] for stem in stems]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_keeps_the_rules(path: Path, lang: str):
    assert broken_rules(in_one_language(read(path), lang)) == set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_named_in_the_prose_exist(path: Path):
    named = re.findall(r"\b\d\d-[a-z][a-z0-9-]*[a-z0-9]", "\n".join(prose_of(read(path))))
    assert set(named) <= {other.stem for other in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_answer_stands_first_and_prose_has_no_code(path: Path):
    cells = in_one_language(read(path), "sv").cells
    told = next(n for n, cell in enumerate(cells) if "sg.tell(" in cell.source)
    shown = next(n for n, cell in enumerate(cells) if "caption" in cell.metadata)
    assert told < shown, "a number in words before the first table or figure"
    if path.stem not in {"00-start-here", "80-your-own-data"}:  # which tell how things are called
        prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
        assert "`" not in "".join(prose)


@pytest.mark.parametrize(("lost", "seconds"), [(2, 60.0), (2, None), (9, 60.0)])
def test_a_reply_whose_signal_is_lost_is_looked_for_again(lost, seconds):
    waited, woken = [], []

    async def get(timeout):
        waited.append(timeout)
        if len(waited) <= lost:
            raise Empty
        return "reply"

    found = look_again(get, lambda: woken.append(1), timeout=seconds)
    if lost > 2:
        with pytest.raises(Empty):
            asyncio.run(found)
        assert sum(waited) == seconds
    else:
        assert asyncio.run(found) == "reply"
    assert len(woken) == 2
    assert waited == [SECONDS_TO_LOOK] * 3


def test_notebooks_share_the_studies_they_ask_for_alike(monkeypatch, tmp_path):
    def run(register: object = None, *, lang: str = "sv", draws: int = 1000) -> list[object]:
        return [register, lang, draws]

    asked = shared(run)
    assert asked() is asked(lang="sv", draws=1000)
    assert len({id(asked(**given)) for given in ({}, {"lang": "en"}, {"draws": 9})}) == 3
    own = object()
    assert asked(own) is not asked(own), "somebody's own register may have changed"
    table = tmp_path / "own.csv"
    table.touch()
    assert asked(str(table)) is not asked(str(table)), "a file may have changed"
    assert shared(asked) is asked
    before = asked()
    monkeypatch.setenv("SYMBIOS_GEO_DATA", str(tmp_path))
    assert asked() is not before


def test_a_link_to_a_notebook_breaks_no_sentence():
    told = "# How?\n\n[10-heat-balance](10-heat-balance.ipynb), [05-play](05-play.ipynb)."
    text = page_of(made(("md", told), ("md", "Next: [05-play](05-play.ipynb).")), "11-x", "en")
    assert '<a href="10-heat-balance.html">Notebook 10</a>, ' in text
    assert '<a href="05-play.html">notebook 05</a>.</p>' in text
    assert 'Next: <a href="05-play.html">notebook 05</a> (What moves the answer?).</p>' in text
    assert "Notebook 11 · " in text


def test_code_that_shows_nothing_is_folded_with_what_follows():
    notebook = made(("md", "# How?"), ("code", "a = 1"), ("code", "b = 2"), ("code", "a + b"))
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="2")]
    text = page_of(notebook, "page", "en")
    assert text.count("<details>") == 2
    first = text.partition("</details>")[0]
    assert first.index("a</span>") < first.index("b</span>")


def test_what_is_shown_stands_before_its_code_and_the_answer_before_the_settings():
    cells = [("md", "# How?"), ("code", "setting = 1"), ("md", "## Answer"), ("code", "setting")]
    notebook = made(*cells)
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="it is one")]
    text = page_of(notebook, "page", "en")
    assert text.count("<details>") == 1
    assert text.index("How?") < text.index("Answer") < text.index("it is one")
    assert text.index("it is one") < text.index("<details>")
    kept = [cell.cell_type for cell in notebook.cells]
    assert kept == ["markdown", "markdown", "code"]


@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest) -> Iterator[Any]:
    yield from browser.open_browser(request)


def test_a_figure_is_seen_whole_on_a_phone_and_scrolls_when_enlarged(chromium: Any, tmp_path: Path):
    drawn, notebook, path = io.BytesIO(), made(*GOOD), tmp_path / "page.html"
    Figure((9, 5), dpi=100).savefig(drawn)
    data = {"image/png": base64.b64encode(drawn.getvalue()).decode()}
    notebook.cells[3].outputs = [nbformat.v4.new_output("display_data", data)]
    path.write_text(page_of(notebook, "page", "en"), encoding="utf-8")
    with browser.visit(chromium, path, (360, 740), wait=False) as seen:
        width = "document.querySelector('figure img').clientWidth"
        button = seen.page.locator(".hint button")
        assert 300 < seen.page.evaluate(width) < 360
        button.click()
        assert seen.page.evaluate(width) == 900
        assert button.get_attribute("aria-pressed") == "true"
        assert seen.page.evaluate("document.documentElement.scrollWidth") == 360
        button.click()
        assert seen.page.evaluate(width) < 360
    with browser.visit(chromium, path, (1440, 740), wait=False) as seen:
        assert not seen.page.locator(".hint").is_visible()


@pytest.fixture(scope="module")
def shell(tmp_path_factory) -> Iterator[InteractiveShell]:
    """Return what runs cells, here: in kernels of their own a run of the study executes them."""
    config = Config({"HistoryManager": {"enabled": False}})
    folder = str(tmp_path_factory.mktemp("ipython"))
    running = InteractiveShell.instance(config=config, ipython_dir=folder)
    yield running
    # it stands as `__main__`, which processes that a later test starts would look for in vain
    running.restore_sys_module_state()
    InteractiveShell.clear_instance()


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, tmp_path: Path, monkeypatch, shell, study, request):
    def run(*own: Any, **asked: Any) -> sg.Study:
        """Return the study that all tests share, or another one as soon: few draws."""
        given = {key: value for key, value in asked.items() if value is not None}
        lang, same = given.pop("lang", "sv"), {"draws": 1000, "method": "plan"}
        if not own and given.items() <= same.items():
            return in_language(study, lang)
        return whole(*own, **given | {"lang": lang, "draws": study.draws})

    def rungs(found: Any, **asked: Any) -> Any:
        """Return the rungs of the shared study, compared once; of others as they are."""
        if found is study.candidates["heat"]:
            return request.getfixturevalue("rungs").copy()
        return compare(found, **asked)

    def refuse(*_: Any, **__: Any) -> None:
        msg = "notebooks run without a network"
        raise OSError(msg)

    cells, whole, compare = code_of(read(path)), sg.run, sg.matching.compare_rungs
    monkeypatch.setattr(sg.matching, "compare_rungs", rungs)
    monkeypatch.setattr(sg, "run", run)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.chdir(tmp_path)
    shell.reset()
    if any("study.stress" in code for code in cells):
        request.getfixturevalue("stressed")  # found once, as rungs are
    for code in cells:
        shell.run_cell(code).raise_error()
        for number in plt.get_fignums():  # as a notebook shows them
            plt.figure(number).savefig(io.BytesIO())
        titles = {number: titles_of(plt.figure(number)) for number in plt.get_fignums()}
        plt.close("all")
        # each says what is found: words that stand in labels.csv as they are say what is drawn
        assert all(titles.values()), code
        assert not set().union(*titles.values()) & FIXED_WORDS, titles
    assert not list(tmp_path.iterdir()), "a notebook leaves no files behind"


def titles_of(figure: Figure) -> set[str]:
    return {ax.get_title(loc="left").replace("\n", " ") for ax in figure.axes} - {""}


def languages_of(cell: nbformat.NotebookNode) -> set[str]:
    return {tag for tag in cell.metadata.get("tags", []) if tag.startswith("lang:")}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_prose_stands_in_both_languages(path: Path):
    notebook = read(path)
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    pairs = list(zip(prose[::2], prose[1::2], strict=True))
    for swedish, english in pairs:
        assert (languages_of(swedish), languages_of(english)) == ({"lang:sv"}, {"lang:en"})
        # the same headings and the same links, in the same order of cells
        for pattern in (r"(?m)^#+ ", r"\]\(([^)]+)\)", r"(?m)^\|"):
            found = [sorted(re.findall(pattern, c.source)) for c in (swedish, english)]
            assert found[0] == found[1], swedish.source
    # nothing of one language in the page of the other
    for lang, other in (("sv", "lang:en"), ("en", "lang:sv")):
        kept = in_one_language(read(path), lang).cells
        assert not [cell for cell in kept if other in languages_of(cell)]
        assert f'LANG = "{lang}"' in "\n".join(code_of(in_one_language(read(path), lang)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_has_a_figure_and_a_computed_conclusion(path: Path):
    code = "\n".join(code_of(read(path)))
    assert re.search(r"\.plot_|explore\.show_|\.Play\(|\.map\(", code), "a figure"
    assert "sg.tell(" in code, "numbers in the conclusion"
    captions = [c.metadata["caption"] for c in read(path).cells if "caption" in c.metadata]
    assert len(captions) >= 2
    assert all(set(caption) == {"sv", "en"} for caption in captions)
