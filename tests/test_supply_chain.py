"""Nothing that data hold is ever run, and notebooks run in no Python but this one."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

from symbios_geo.outputs import notebooks

ROOT = Path(__file__).parents[1]
CODE = sorted((ROOT / "symbios_geo").rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml"}
CALLS = {"eval", "exec", "compile", "__import__"}
METHODS = {"read_pickle", "to_pickle", "eval", "system", "popen"}  # of pandas and os
SHELL = {"shell", "allow_pickle"}


def dangers(tree: ast.AST) -> list[str]:
    """Return what could run code that came with data."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.partition(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module] if (node.module or "").partition(".")[0] in MODULES else []
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            method = isinstance(node.func, ast.Attribute)
            of_re = method and getattr(node.func.value, "id", "") == "re"
            if name in (METHODS if method else CALLS) and not of_re:
                found.append(name)
            found += [k.arg for k in node.keywords if k.arg in SHELL]
    return found


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.stem)
def test_no_code_comes_from_data(path):
    assert dangers(ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_code_comes_from_data_in_notebooks(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            assert not source.lstrip().startswith(("!", "%"))
            assert dangers(ast.parse(source)) == []


@pytest.mark.parametrize(
    "code",
    ["import pickle", "from yaml import load", "eval(cell)", "pd.read_pickle(p)", "exec('1')",
     "frame.eval('a + b')", "run(command, shell=True)", "np.load(p, allow_pickle=True)"],
)  # fmt: skip
def test_search_finds_what_it_looks_for(code):
    assert dangers(ast.parse(code))


@pytest.mark.slow
def test_notebooks_run_in_this_python_whatever_kernels_are_installed(tmp_path, monkeypatch):
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    stranger = [sys.executable, "-c", f"open({str(tmp_path / 'ran')!r}, 'w')"]
    spec = {"argv": stranger, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    cell["source"] = "import sys; sys.executable"
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "00-where.ipynb").write_text(json.dumps(content))
    (page,) = notebooks.write_notebooks([tmp_path / "00-where.ipynb"], tmp_path)
    assert sys.executable in page.read_text("utf-8")
    assert not (tmp_path / "ran").exists()
