"""The notebook suite: where it lies, a copy of it to change, and its pages, executed."""

from __future__ import annotations

import asyncio
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
from ..labels import label, mistake
from ..maps.captions import mark_page

SECONDS_PER_CELL = 600
KERNELS = 2  # at a time: a small computer has two cores
TEMPLATE = Path(__file__).with_name("notebook_page")


def notebook_folder() -> Path:
    """Return the folder of the bundled notebooks."""
    package = Path(__file__).parents[1]
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"


def find_notebooks() -> list[Path]:
    """Return the notebooks of the suite in order."""
    return sorted(notebook_folder().glob("[0-9][0-9]-*.ipynb"))


def copy_notebooks(folder: Path) -> Path:
    """
    Copy the notebooks to a folder and return it; a notebook that is there already stays as it is.

    Raises
    ------
    OutputError
        If the folder is a file.
    """
    if folder.is_file():
        raise mistake(OutputError, "error:no_folder", folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in find_notebooks():
        if not (folder / notebook.name).exists():
            shutil.copyfile(notebook, folder / notebook.name)
    return folder


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
        asyncio.run(
            client.async_execute(env={**os.environ, "PYTHONHASHSEED": "0", "TQDM_DISABLE": "1"})
        )
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
        template_name=TEMPLATE.name, extra_template_basedirs=[str(TEMPLATE.parent)],
        embed_images=True, language_code=lang, log=quiet,
    )  # fmt: skip
    for cell in content.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\(([\w-]+)\.ipynb\)", r"](\1.html)", cell.source)
    about = {"metadata": {"name": _title(content, name)}, "back": label("notebook:back", lang)}
    text, _ = exporter.from_notebook_node(content, about)
    return str(text)


def _title(content: Any, name: str) -> str:
    """Return the first heading of a notebook, or its name."""
    for cell in content.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^#\s+(.+)$", cell.source, re.M)):
            return found[1].strip()
    return name
