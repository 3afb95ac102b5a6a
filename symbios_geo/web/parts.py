"""Layers of folium in a page without a network: their parts inlined, their texts kept as texts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import folium
from branca.element import Element, Html

from ..errors import OutputError
from ..files import package_text

LINK = re.compile(
    r"<script\b[^>]*\bsrc\s*=\s*[\"']?(?P<script>(?:https?:)?//[^\"' >]+)[^>]*>\s*</script>"
    r"|<link\b[^>]*\bhref\s*=\s*[\"']?(?P<style>(?:https?:)?//[^\"' >]+)[^>]*>",
    re.IGNORECASE,
)
BRACE = "\ue0f0"  # stands for a brace that Jinja would read, while folium renders twice
OPENING = re.compile(r"\{(?=[{%#])")


def _of_xstatic(package: str, name: str) -> Callable[[], str]:
    """Return what reads a file of an XStatic package."""

    def read() -> str:
        folder = Path(import_module(f"xstatic.pkg.{package}").BASE_DIR)
        return (folder / name).read_text(encoding="utf-8").partition("//# sourceMappingURL")[0]

    return read


def _of_folium(name: str) -> str:
    return (Path(folium.__file__).parent / "templates" / name).read_text(encoding="utf-8")


def _own() -> str:
    return package_text("web", "layers.js")


def _nothing() -> str:
    return ""


# what an address ends with, and what stands for it; the stand-ins of layers.js are always there
PACKED: tuple[tuple[str, str, Callable[[], str]], ...] = (
    (r"/d3(\.min)?\.js$", "XStatic-D3", _of_xstatic("d3", "d3.js")),
    (
        r"/leaflet\.markercluster\.js$",
        "XStatic-Leaflet-MarkerCluster",
        _of_xstatic("leaflet_markercluster", "leaflet.markercluster.js"),
    ),
    (
        r"/MarkerCluster(\.Default)?\.css$",
        "XStatic-Leaflet-MarkerCluster",
        lambda: "".join(
            _of_xstatic("leaflet_markercluster", f"MarkerCluster{kind}.css")()
            for kind in ("", ".Default")
        ),
    ),
    (r"/leaflet_heat(\.min)?\.js$", "folium", lambda: _of_folium("leaflet_heat.min.js")),
    (r"/Control\.FullScreen(\.min)?\.(js|css)$", "", _nothing),
    (r"/leaflet-measure(\.min)?\.(js|css)$", "", _nothing),
    (r"/jquery[^/]*\.(js|css)$", "", _nothing),
)


def stand_ins() -> str:
    """Return the script of small parts that stand in for those of the network."""
    return _own()


def inlined(text: str) -> str:
    """
    Return HTML whose scripts and styles from the network are replaced by installed ones.

    Raises
    ------
    OutputError
        If a part is not known here, or its package is not installed; it is named.
    """
    return LINK.sub(_part, text)


def _part(found: re.Match[str]) -> str:
    """Return the element that holds what a link asks for."""
    address = found["script"] or found["style"]
    tag = "script" if found["script"] else "style"
    for ending, package, read in PACKED:
        if re.search(ending, address.partition("?")[0], re.IGNORECASE):
            try:
                content = read()
            except (ImportError, OSError) as error:
                msg = (
                    f"A layer needs {address.rpartition('/')[2]}, which comes with {package}: "
                    'pip install "symbios-geo[maps]".'
                )
                raise OutputError(msg) from error
            return f"<{tag}>{content}</{tag}>" if content else ""
    msg = (
        f"A layer added to the map loads {address}, but the page must work without a network, and "
        "that part is not among those it can bring along. Remove the layer, or write the map for "
        "use with a network: folium.Map.save(page, path)."
    )
    raise OutputError(msg)


class _Guarded:
    """A template whose output holds no brace that a second rendering would read."""

    def __init__(self, template: Any) -> None:
        self._template = template

    def render(self, *args: Any, **values: Any) -> str:
        """Render the template, with the braces of texts marked."""
        return _marked(self._template.render(*args, **values))

    @property
    def module(self) -> SimpleNamespace:
        """The macros of the template, with the same marks in what they return."""
        known = self._template.module.__dict__
        return SimpleNamespace(
            **{
                name: self._macro(known[name])
                for name in ("header", "html", "script")
                if known.get(name) is not None
            }
        )

    @staticmethod
    def _macro(macro: Any) -> Callable[..., str]:
        return lambda *args, **values: _marked(str(macro(*args, **values)))


def _marked(text: str) -> str:
    return OPENING.sub(BRACE, text)


def unmarked(text: str) -> str:
    """Return a rendered text with its braces as they were; scripts may hold the mark escaped."""
    escaped = json.dumps(BRACE)[1:-1]
    return text.replace(BRACE, "{").replace(escaped, "{")


@contextmanager
def texts_as_data(layers: list[Element]) -> Iterator[None]:
    """Let folium render layers whose texts are data: no template and no script is made of them."""
    before: list[tuple[Any, str, Any, bool]] = []

    def change(thing: Any, name: str, value: Any) -> None:
        before.append((thing, name, getattr(thing, name), name in vars(thing)))
        setattr(thing, name, value)

    try:
        for layer in layers:
            for element in list(_all(layer)):
                # folium adds helpers as it renders, and would add them again the next time
                change(element, "_children", element._children.copy())
                if getattr(element, "_template", None) is not None:
                    change(element, "_template", _Guarded(element._template))
                if isinstance(element, folium.Tooltip):
                    change(element, "text", _still(str(element.text)))
                for part in (
                    vars(getattr(element, "html", None) or object).get("_children", {})
                    if (isinstance(element, folium.Popup))
                    else ()
                ):
                    inner = element.html._children[part]
                    if isinstance(inner, Html):
                        change(inner, "data", _still(str(inner.data)))
        yield
    finally:
        for thing, name, value, own in reversed(before):
            if own:
                setattr(thing, name, value)
            else:
                delattr(thing, name)


def _still(text: str) -> str:
    """Return a text of HTML in which no script finds a place for a value."""
    return text.replace("${", "&#36;{")


def _all(element: Element) -> Iterator[Element]:
    """Yield an element and everything in it."""
    yield element
    for child in element._children.values():
        yield from _all(child)


def kept_apart(script: str, name: str) -> str:
    """Return the script of one layer: if it fails, the page says so and the others follow."""
    if "</script" in script.lower():
        msg = (
            "A layer added to the map holds the text '</script'. Remove it from that layer's text."
        )
        raise OutputError(msg)
    said = json.dumps(html.escape(name)).replace("<", "\\u003c")
    return f"try {{\n{script}\n}} catch (fault) {{ symbiosFault({said}, fault); }}"
