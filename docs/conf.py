"""How `make docs` builds the pages: Markdown as it stands, and the reference from docstrings."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import symbios_geo  # noqa: E402

project = "symbios-geo"
author = "The symbios-geo developers"
release = symbios_geo.__version__
language = "en"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"symbios-geo {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
myst_heading_anchors = 3
# README and other pages outside this folder are named by path and read in the repository
suppress_warnings = ["myst.xref_missing"]
napoleon_google_docstring = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
# what stands behind each part of the reference: the stub of a room lists its public names
ROOMS = (
    "register", "study", "matching", "heat", "co2", "materials", "plans", "effects", "assumptions",
    "maps", "figures", "web", "factsheets", "outputs", "refresh",
)  # fmt: skip
SWEDISH = ("vad-svaren-betyder",)
MODULES = ("region", "labels", "disclosure", "tables", "errors")


def names_of(stub: Path) -> list[str]:
    """Return the public names of a stub in order."""
    tree = ast.parse(stub.read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return [alias.asname or alias.name for node in found for alias in node.names]


def members_of(module: Any) -> list[str]:
    """Return what a public module offers: its `__all__`, else what it defines itself."""
    return getattr(module, "__all__", None) or [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and getattr(thing, "__module__", "") == module.__name__
        and inspect.isroutine(thing) | inspect.isclass(thing)
    ]


def entry(room: Any, name: str, seen: set[int]) -> list[str]:
    """Return the directive for a public name; a thing that two rooms offer stands once."""
    value = getattr(room, name)
    if id(value) in seen:
        return []
    seen.add(id(value))
    if inspect.ismodule(value):
        members = [name for name in members_of(value) if id(getattr(value, name)) not in seen]
        seen.update(id(getattr(value, name)) for name in members)
        lines = [f"```{{eval-rst}}\n.. automodule:: {value.__name__}"]
        return [*lines, *([f"   :members: {', '.join(members)}"] if members else []), "```", ""]
    if not callable(value):
        return []
    kind = "autoclass" if inspect.isclass(value) else "autofunction"
    lines = [f"```{{eval-rst}}\n.. {kind}:: {value.__module__}.{value.__qualname__}"]
    return [*lines, *(["   :members:"] if kind == "autoclass" else []), "```", ""]


def write_reference(_: object) -> None:
    """Write one page for each room of the package into reference/, which git does not keep."""
    folder = HERE / "reference"
    folder.mkdir(exist_ok=True)
    seen: set[int] = set()
    for name in (*ROOMS, *MODULES):
        room = getattr(symbios_geo, name)
        stub = HERE.parent / "symbios_geo" / name / "__init__.pyi"
        first = (room.__doc__ or "").strip()
        lines = [f"# `{name}`", "", first, ""]
        if stub.exists():
            # functions first: a module that holds one gives it its place here
            public = sorted(names_of(stub), key=lambda n: inspect.ismodule(getattr(room, n)))
            for key in public:
                lines += entry(room, key, seen)
        else:
            lines += entry(symbios_geo, name, seen)
        text = "\n".join(lines) + "\n"
        page = folder / f"{name}.md"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def make_accessible(app: Any, fault: Exception | None) -> None:
    """Mend what the theme leaves out of WCAG 2.1 AA: levels, focus, and the language of a page."""
    if fault:
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        text = text.replace('class="caption" role="heading">', 'class="caption">')
        text = text.replace("<pre>", '<pre tabindex="0">')
        text = text.replace('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')
        if page.stem in SWEDISH:
            text = text.replace('lang="en"', 'lang="sv"', 1)
        page.write_text(text, encoding="utf-8")


def setup(app: Any) -> None:
    """Write the pages of the reference first, and mend the pages of the theme last."""
    app.connect("builder-inited", write_reference)
    app.connect("build-finished", make_accessible)
