"""Offer what a package has by name, and say which extra brings what is not installed."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from typing import Any

import lazy_loader

# packages whose modules are called otherwise
DISTRIBUTIONS = {
    "docx": "python-docx", "pptx": "python-pptx", "stdnum": "python-stdnum", "PIL": "pillow",
    "python_calamine": "python-calamine", "xstatic": "xstatic-leaflet",
}  # fmt: skip


def offer(package: str, file: str) -> tuple[Any, Any, list[str]]:
    """
    Return `__getattr__`, `__dir__` and `__all__` of a package that offers the names of its stub.

    Each name is imported when it is first used (SPEC 1). One that needs a package which is not
    installed says which extra brings it.
    """
    find, names, public = lazy_loader.attach_stub(package, file)

    def find_or_tell(name: str) -> Any:
        """Return what is offered by a name."""
        try:
            return find(name)
        except ModuleNotFoundError as error:
            if not (extra := extra_of(error.name or "")):
                raise
            msg = (
                f"{package}.{name} needs {error.name}, which is not installed. "
                f'Install it: pip install "symbios-geo[{extra}]".'
            )
            raise ModuleNotFoundError(msg, name=error.name) from None

    return find_or_tell, names, public


def extra_of(module: str) -> str:
    """Return the extra of ours that brings a module along; empty if none does."""
    package = DISTRIBUTIONS.get(module.partition(".")[0], module.partition(".")[0])
    try:
        wanted = requires("symbios-geo") or []
    except PackageNotFoundError:  # run from its folder
        return ""
    for line in wanted:
        name, _, extra = line.partition("extra ==")
        same = re.match(r"[A-Za-z0-9._-]+", name)
        if extra and same and same[0].lower().replace("_", "-") == package.lower():
            return extra.strip(" '\"")
    return ""
