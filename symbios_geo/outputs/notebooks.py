"""The notebook suite: where it lies, and a copy of it for somebody to change."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..errors import OutputError


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
        msg = f"{folder} is a file. Name a folder for the notebooks."
        raise OutputError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in find_notebooks():
        if not (folder / notebook.name).exists():
            shutil.copyfile(notebook, folder / notebook.name)
    return folder
