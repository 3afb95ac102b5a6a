"""Execute notebooks with this very Python and write each as a page that fetches nothing."""

from __future__ import annotations

import asyncio
import html
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import OutputError
from ..labels import label
from ..maps.captions import mark_page

SECONDS_PER_CELL = 600
KERNELS = 2  # at a time: a small computer has two cores
# what the page of a notebook would fetch: mathematics, diagrams and widgets, which ours do not use
OUTSIDE = re.compile(
    r"<script\b[^>]*\bsrc=[\"'](?:https?:)?//[^>]*>\s*</script>"
    r"|<link\b[^>]*\bhref=[\"'](?:https?:)?//[^>]*>"
    r"|<script\b[^>]*>(?:(?!</script>).)*?(?:import\s*\(|import\s+\w+\s+from\s)\s*[\"']https?:"
    r"(?:(?!</script>).)*</script>",
    re.DOTALL | re.IGNORECASE,
)
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "frame-src 'self' data: about:; base-uri 'none'; form-action 'none'\">"
)


def write_notebooks(
    notebooks: Sequence[Path], folder: Path, *, lang: str = "sv", internal: bool = False
) -> list[Path]:
    """
    Execute each notebook in a folder of its own and write it as HTML; return the pages.

    Parameters
    ----------
    notebooks
        Files to execute; they are read only.
    folder
        Where the pages go.
    lang
        Language of the way back to the front page, "sv" or "en".
    internal
        Mark the pages as lying beside internal ones; they show the bundled register only.

    Raises
    ------
    OutputError
        If a cell fails; the message names notebook and error. The other notebooks are written.
    """
    written, faults = [], []
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(KERNELS) as pool:
        results = pool.map(partial(_try, place=Path(place)), notebooks)
        for notebook, (content, fault) in zip(notebooks, results, strict=True):
            if fault:
                faults.append(fault)
                continue
            written.append(folder / f"{notebook.stem}.html")
            page = _page(content, notebook.stem, lang)
            if internal:
                page = mark_page(page, lang, words="notebook:internal")
            written[-1].write_text(page, encoding="utf-8", newline="\n")
    if faults:
        raise OutputError("\n".join(faults))
    return written


def _try(notebook: Path, *, place: Path) -> tuple[Any, str]:
    """Return an executed notebook, or why it failed."""
    try:
        return _execute(notebook, place), ""
    except OutputError as error:
        return None, str(error)


def _execute(notebook: Path, place: Path) -> Any:
    """Return an executed copy of a notebook; what it writes goes to a temporary folder."""
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    working = place / notebook.stem
    working.mkdir()
    shutil.copyfile(notebook, working / notebook.name)
    content = nbformat.read(working / notebook.name, as_version=4)
    # no folder of kernels: the one left is this interpreter, whatever the user has installed
    specs = KernelSpecManager(kernel_dirs=[], ensure_native_kernel=True)
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
    if os.name == "posix":
        # socket files in our own folder: nobody else can listen
        manager.transport, manager.ip = "ipc", str(place / f"{notebook.stem[:2]}-kernel")
    client = NotebookClient(
        content, km=manager, timeout=SECONDS_PER_CELL, record_timing=False,
        resources={"metadata": {"path": str(working)}},
    )  # fmt: skip
    client.owns_km = True  # so that the kernel ends with its notebook
    try:
        asyncio.run(client.async_execute(env={**os.environ, "PYTHONHASHSEED": "0"}))
    except CellExecutionError as error:
        msg = f"{notebook.name}: {error.ename}: {error.evalue}"
        raise OutputError(msg) from error
    return content


def _page(content: Any, name: str, lang: str) -> str:
    """Return an executed notebook as one page that fetches nothing."""
    from nbconvert import HTMLExporter

    quiet = logging.getLogger(f"{__name__}.html")
    quiet.setLevel(logging.ERROR)  # it warns of every chart without an alternative text
    exporter = HTMLExporter(
        embed_images=True, mathjax_url="", require_js_url="", jquery_url="", log=quiet
    )
    title = _title(content, name)
    text, _ = exporter.from_notebook_node(content, {"metadata": {"name": title}})
    text = OUTSIDE.sub("", text)
    text = re.sub(r'href="([\w-]+)\.ipynb"', r'href="\1.html"', text)
    back = html.escape(label("notebook:back", lang))
    link = f'<p style="margin:1em 2em"><a href="../index.html">{back}</a></p>'
    head, body, rest = text.partition("<body")
    start, close, after = rest.partition(">")
    head = head.replace("<head>", f"<head>{POLICY}", 1)
    head = re.sub(r"<html\b[^>]*>", f'<html lang="{lang}">', head, count=1)
    return head + body + start + close + link + after


def _title(content: Any, name: str) -> str:
    """Return the first heading of a notebook, or its name."""
    for cell in content.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^#\s+(.+)$", cell.source, re.M)):
            return found[1].strip()
    return name
