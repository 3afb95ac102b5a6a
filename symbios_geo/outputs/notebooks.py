"""The notebook suite: where it lies, a copy of it to change, and its pages, executed."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial, wraps
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from ..errors import OutputError
from ..labels import LANGUAGES, citation, date_line, label, mistake, version_line
from ..maps.captions import mark_page
from ..region.area import bundled_region
from ..study.chain import Study
from ..tables import data_folder

SECONDS_PER_CELL = 900
SECONDS_AT_FIRST = 150  # a kernel that has lost a message is not waited for as long
SECONDS_TO_LOOK = 20  # after which a reply is looked for again and the kernel is woken
DOTS = 135  # an inch
KERNELS = 2  # at a time: a small computer has two cores
# what a kernel does before a notebook; its charts come out as broad as the page
AFRESH = f"""\
import os, sys
if "symbios_geo" in sys.modules:  # one before this asked for it
    from {__name__} import keep_studies
    keep_studies()
os.chdir({{!r}})
get_ipython().reset()
from matplotlib_inline.config import InlineBackend as inline
inline.instance(parent=get_ipython()).print_figure_kwargs = dict(bbox_inches='tight', dpi={DOTS})
"""
LINK = re.compile(r"\[([^\]]+)\]\(([\w-]+)\.ipynb\)")
BEFORE_SENTENCE = re.compile(r"(?:^|[.!?]\s+|\n\n)\Z")
NUMBERED = re.compile(r"\d\d-")
TEMPLATE = Path(__file__).with_name("notebook_page")
FIGURE = r"(?:(?:[<>] )?[\d\u2212][\d\s.,]*(?:\s%|\u00a0[^<]{1,16})?|\u2013)"


def keep_studies() -> None:
    """Let notebooks that follow in this process share the studies that they ask for alike."""
    package: Any = sys.modules[__name__.partition(".")[0]]
    package.run = shared(package.run)


def shared(run: Callable[..., Study]) -> Callable[..., Study]:
    """
    Return `run` as it answers who asks for the same study again: with the study of before.

    Who is handed it must change nothing in it. A study of somebody's own tables is run anew.
    """
    if hasattr(run, "kept"):
        return run
    usual = inspect.signature(run)
    kept: dict[str, Study] = {}

    @wraps(run)
    def found(*own: Any, **asked: Any) -> Study:
        given = usual.bind(*own, **asked)
        given.apply_defaults()
        files = (given.arguments.get(name) for name in ("register", "region"))
        if any(file is not None and Path(str(file)).exists() for file in files) or not all(
            isinstance(each, str | int | float | None) for each in given.arguments.values()
        ):
            return run(*own, **asked)
        key = repr((data_folder(), given.arguments))
        if key not in kept:
            kept[key] = run(*own, **asked)
        return kept[key]

    found.kept = kept  # type: ignore[attr-defined]
    return found


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
        Language of the page, with its tables and figures: "sv" or "en".
    internal
        Mark the pages as lying beside internal ones; they show the bundled register only.

    Raises
    ------
    OutputError
        If a cell fails; the message names notebook and error. The other notebooks are written.
    """
    written, faults = [], []
    with (
        tempfile.TemporaryDirectory() as place,
        _kernels(Path(place)) as kernels,
        ThreadPoolExecutor(KERNELS) as pool,
    ):
        run = partial(_try, place=Path(place), lang=lang, kernels=kernels)
        results = pool.map(run, notebooks)
        for notebook, (content, fault) in zip(notebooks, results, strict=True):
            if fault:
                faults.append(fault)
                continue
            written.append(folder / f"{notebook.stem}.html")
            page = page_of(content, notebook.stem, lang)
            if internal:
                page = mark_page(page, lang, words="notebook:internal")
            written[-1].write_text(page, encoding="utf-8", newline="\n")
    if faults:
        raise OutputError("\n".join(faults))
    return written


@contextmanager
def _kernels(place: Path) -> Iterator[SimpleQueue[Any]]:
    """
    Yield a queue of kernels that notebooks take and lay back; none is started before it is asked.

    A kernel that has imported what notebooks read is worth keeping: starting one takes as long as
    most notebooks do.
    """
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    # no folder of kernels: the one left is this interpreter, whatever the user has installed
    specs = KernelSpecManager(kernel_dirs=[], ensure_native_kernel=True)
    every = [
        AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs) for _ in range(KERNELS)
    ]
    free: SimpleQueue[Any] = SimpleQueue()
    for number, manager in enumerate(every):
        if os.name == "posix":
            # socket files in our own folder: nobody else can listen
            manager.transport, manager.ip = "ipc", str(place / f"{number}-kernel")
        free.put(manager)
    try:
        yield free
    finally:
        for manager in every:
            asyncio.run(_stop(manager))


async def _stop(manager: Any) -> None:
    """End a kernel, if it was started."""
    if manager.has_kernel:
        await manager.shutdown_kernel(now=True)


def _try(notebook: Path, *, place: Path, lang: str, kernels: SimpleQueue[Any]) -> tuple[Any, str]:
    """Return an executed notebook, or why it failed."""
    from nbclient.exceptions import CellTimeoutError

    kernel = kernels.get()
    try:
        try:
            return _execute(notebook, place / "1", lang, SECONDS_AT_FIRST, kernel), ""
        except CellTimeoutError:  # once in hundreds of runs a kernel loses a message and waits
            asyncio.run(_stop(kernel))
            return _execute(notebook, place / "2", lang, SECONDS_PER_CELL, kernel), ""
    except OutputError as error:
        return None, str(error)
    finally:
        kernels.put(kernel)


def _execute(notebook: Path, place: Path, lang: str, seconds: int, kernel: Any) -> Any:
    """Return a notebook executed in a language; what it writes goes to a temporary folder."""
    import nbformat
    from nbclient.exceptions import CellExecutionError

    working = place / notebook.stem
    working.mkdir(parents=True)
    shutil.copyfile(notebook, working / notebook.name)
    content = in_one_language(nbformat.read(working / notebook.name, as_version=4), lang)
    client = notebook_client(content, km=kernel, timeout=seconds, record_timing=False)
    try:
        asyncio.run(_run(client, working))
    except CellExecutionError as error:
        msg = f"{notebook.name}: {error.ename}: {error.evalue}"
        raise OutputError(msg) from error
    return content


async def _run(client: Any, working: Path) -> None:
    """Execute a notebook in a folder, in a kernel that knows no name of the one before."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "TQDM_DISABLE": "1"}
    try:
        async with client.async_setup_kernel(env=environment, cwd=str(working)):
            await client.kc.execute(AFRESH.format(str(working)), silent=True, reply=True)
            await client.async_execute()
    finally:
        if client.kc is not None:
            client.kc.stop_channels()


def notebook_client(content: Any, **options: Any) -> Any:
    """
    Return a `NotebookClient` that does not wait for the signal of a reply alone.

    A widget sends on the socket that a reply comes by, and may eat the signal that it has come:
    then nobody wakes until the next message.
    """
    from nbclient import NotebookClient

    class Client(NotebookClient):  # type: ignore[misc]
        """A client that looks for a reply again, and wakes its kernel, every few seconds."""

        async def async_start_new_kernel_client(self) -> Any:
            """Start a kernel and return a client whose shell channel looks again."""
            kernel = await super().async_start_new_kernel_client()
            channel = kernel.shell_channel

            def wake() -> None:
                channel.send(kernel.session.msg("kernel_info_request"))

            channel.get_msg = partial(look_again, channel.get_msg, wake)
            return kernel

    return Client(content, **options)


async def look_again(
    get: Callable[..., Awaitable[Any]], wake: Callable[[], None], timeout: float | None = None
) -> Any:
    """
    Return the next message, looked for again and again until a time is over.

    Raises
    ------
    queue.Empty
        If none has come.
    """
    left = float("inf") if timeout is None else timeout
    while left > SECONDS_TO_LOOK:
        try:
            return await get(timeout=SECONDS_TO_LOOK)
        except Empty:
            wake()
            left -= SECONDS_TO_LOOK
    return await get(timeout=left)


def page_of(content: Any, name: str, lang: str) -> str:
    """Return an executed notebook as one page that fetches nothing."""
    from .. import __version__

    for cell in content.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(partial(_link, lang=lang), cell.source)
    _caption(content, lang)
    _join_code(content)
    facts = [
        version_line(lang),
        date_line(lang),
        f"symbios-geo {__version__}",
    ]
    if NUMBERED.match(name):
        facts.insert(0, _number(name, lang, begins=True))
    about = {
        "language": lang,
        "title": _title(content, name),
        "style": (TEMPLATE / "page.css").read_text(encoding="utf-8"),
        "words": {
            word: label(f"notebook:{word}", lang) for word in ("back", "code", "wide", "enlarge")
        },
        "byline": " · ".join(facts),
        "cite": citation(lang, region=bundled_region().words(lang)["region"]),
    }
    text, _ = _exporter().from_notebook_node(content, about)
    return str(text)


@cache
def _exporter() -> Any:
    """Return what writes pages, its template compiled once per process."""
    from nbconvert import HTMLExporter

    quiet = logging.getLogger(f"{__name__}.html")
    quiet.setLevel(logging.ERROR)
    return HTMLExporter(
        template_name=TEMPLATE.name, extra_template_basedirs=[str(TEMPLATE.parent)], log=quiet
    )


def _link(found: re.Match[str], lang: str) -> str:
    """
    Return a link to the page of a notebook; one named by its file gets the notebook's number.

    The title stands behind it where the text says what comes next: within a sentence a question
    would break it.
    """
    import nbformat

    words, name = found.groups()
    path, after = notebook_folder() / f"{name}.ipynb", ""
    if words == name and path.exists():
        title = _title(in_one_language(nbformat.read(path, as_version=4), lang), name)
        before = found.string[: found.start()]
        words = _number(name, lang, begins=bool(BEFORE_SENTENCE.search(before)))
        if before.rstrip().endswith(":"):
            after = f" ({title})"
    return f"[{words}]({name}.html){after}"


def _number(name: str, lang: str, *, begins: bool) -> str:
    """Return what a notebook is called in prose, such as "notebook 10"; perhaps with a capital."""
    words = label("notebook:numbered", lang, number=name[:2])
    return words[0].upper() + words[1:] if begins else words


def _caption(content: Any, lang: str) -> None:
    """Give figures and tables a number and a caption: that of the cell, or the heading above."""
    heading, counts = "", {"figure": 0, "table": 0}
    for cell in content.cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"^#+\s+(.+)$", cell.source, re.M) or [heading])[-1]
            continue
        words = cell.metadata.get("caption", {}).get(lang, heading)
        # what is logged is told to who runs a notebook, not to who reads it
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in cell.get("outputs", []):
            if kind := _kind(output):
                counts[kind] += 1
                output.metadata["shown"] = {
                    "kind": kind,
                    "id": f"{kind}-{counts[kind]}",
                    "name": f"{label(f'notebook:{kind}', lang)} {counts[kind]}.",
                    "caption": words,
                }
            if "<iframe" in output.get("data", {}).get("text/html", ""):
                # a page on its own asks nobody for trust
                hint = f"<p>{label('explore:notebook', lang)}</p>"
                output.data["text/html"] = output.data["text/html"].replace(hint, "")
            if kind == "table":
                output.data["text/html"] = _plain_table(output.data["text/html"])


def _join_code(content: Any) -> None:
    """
    Lay code that shows nothing before the next that shows something: one fold for what is shown.

    What stands between is prose: an answer does not begin with the settings.
    """
    kept: list[Any] = []
    waits: list[Any] = []
    for cell in content.cells:
        if cell.cell_type == "code" and not cell.outputs:
            waits.append(cell)
            continue
        if cell.cell_type == "code":
            cell.source = "\n\n".join([*(each.source for each in waits), cell.source])
            waits = []
        kept.append(cell)
    content.cells = [*kept, *waits]


def _kind(output: Any) -> str:
    """Return what an output is to a reader: a figure, a table, or else nothing to number."""
    data = output.get("data", {})
    shown = data.get("text/html", "")
    if "<iframe" in shown or ("image/png" in data and not shown):
        return "figure"
    return "table" if "<table" in shown else ""


def _plain_table(text: str) -> str:
    """Return a table of pandas without its looks; heads have a scope and numbers a class."""
    text = re.sub(r"<style.*?</style>", "", text, flags=re.S)
    text = re.sub(r' (border|style|class)="[^"]*"', "", text)
    head, mark, body = text.partition("<tbody>")
    head = re.sub(r"<th>(?=[^<])", '<th scope="col">', head).replace("<th></th>", "<td></td>")
    body = body.replace("<th>", '<th scope="row">')
    # a number, a dash that stands for one, or a share; a text that begins with a year is none
    return head + mark + re.sub(rf"<td>(?={FIGURE}</td>)", '<td class="n">', body)


def _title(content: Any, name: str) -> str:
    """Return the first heading of a notebook, or its name."""
    for cell in content.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^#\s+(.+)$", cell.source, re.M)):
            return found[1].strip()
    return name


def in_one_language(content: Any, lang: str) -> Any:
    """
    Return a notebook as it reads in one language.

    A cell tagged `lang:sv` or `lang:en` stands in that language only, and the setting LANG is that
    language.
    """
    other = {f"lang:{code}" for code in LANGUAGES if code != lang}
    kept = [cell for cell in content.cells if not other & set(cell.metadata.get("tags", []))]
    for cell in kept:
        if cell.cell_type == "code":
            cell.source = re.sub(r'^LANG = "\w+"', f'LANG = "{lang}"', cell.source, flags=re.M)
    content.cells = kept
    return content
