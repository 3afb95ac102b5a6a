"""Self-contained web pages: folium maps whose scripts, styles and data lie inside one file."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

from ..disclosure import MARKS
from ..errors import OutputError
from ..files import package_text, write_whole
from ..labels import Language
from ..maps.captions import mark_page
from .embed import as_script, json_block, policy
from .parts import inlined, kept_apart, stand_ins, texts_as_data, unmarked

try:
    import folium
    from branca.element import Element, Figure
    from xstatic.pkg import leaflet
except ImportError as error:  # pragma: no cover
    msg = 'Interactive maps need two more packages: pip install "symbios-geo[maps]".'
    raise ImportError(msg) from error

# each part is a module that may read those before it, and in functions all of them
SCRIPTS = (
    "dom", "data", "background", "marks", "symbols", "names", "popups", "legends", "search", "csv",
    "pin", "panel", "main",
)  # fmt: skip
# how near a map comes: tiles go deep, and the bundled ground has no more to show than some 100 m
MAX_ZOOM, MAX_ZOOM_TILES = 15, 19
TILE_HOST = "https://tile.openstreetmap.org"
# folium's Popup asks jQuery for one thing only: an element made from a text
JQUERY_STAND_IN = (
    'window.$=function(t){if(typeof t!=="string")return{};'
    'var d=document.createElement("div");d.innerHTML=t.trim();return[d.firstElementChild]};'
)
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
LINKED = re.compile(
    r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)\s*=\s*[\"']?((?:https?:)?//[^\"' >]+)"
)


class Verbatim(Element):
    """A text that enters the page as it is: folium would read it as a template, twice."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text

    def render(self, **_: Any) -> str:
        """Return the text."""
        return self.text


class LiveDrawing(Element):
    """What this library adds to a folium map: Leaflet, styles, one data block, one script."""

    def __init__(self, payload: dict[str, Any], title: str, fallback: str) -> None:
        super().__init__()
        self._name = "SymbiosDrawing"
        self.payload, self.title, self.fallback = payload, title, fallback

    def render(self, **_: Any) -> str:
        """Put the parts into the header, body and script of the page."""
        figure, name = self.get_root(), self._parent.get_name()
        head = (
            f"<title>{html.escape(self.title)}</title>\n"
            f"<style>{leaflet_style()}\n{package_text('web', 'explore.css')}</style>\n"
            f"<script>{leaflet_script()}</script>"
        )
        block = json_block(tables(self.payload))
        data = f'<script type="application/json" id="symbios-data">{block}</script>'
        figure.header.add_child(Verbatim(head), name="symbios_head")
        figure.html.add_child(
            Verbatim(f"<noscript>{self.fallback}</noscript>\n{data}"), name="symbios"
        )
        figure.script.add_child(Verbatim(page_program(name)), name="symbios_program")
        return ""


class PageMap(folium.Map):
    """
    A folium map that saves as one file and asks the network for nothing.

    Layers of folium may be added, and those of `GeoDataFrame.explore(m=...)`. What they ask of
    the network is brought along from installed packages, or named where it is not there. Their
    texts are HTML, as always in folium, but never templates: escape those of a register. A layer
    that fails says so on the page, and the others follow.
    """

    def __init__(
        self, payload: dict[str, Any], *, title: str, words: Language, still: str, tiles: bool,
        internal: bool = False,
    ) -> None:  # fmt: skip
        (south, west), (north, east) = payload["home"]
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2], zoom_start=8, tiles=None,
            prefer_canvas=True, zoom_control=False, attribution_control=False,
            zoom_snap=0.25,
            fade_animation=False, zoom_delta=0.5,
        )  # fmt: skip
        self.options["max_zoom"] = MAX_ZOOM_TILES if tiles else MAX_ZOOM
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []
        self.payload, self.words, self.title = payload, words, title
        self.still, self.tiles, self.internal = still, tiles, internal
        picture = (
            f'<p>{words.label("explore:no_script")}</p><img alt="" src="{still_address(still)}">'
        )
        self.add_child(LiveDrawing(payload, title, picture), name="symbios_drawing")

    def save(self, outfile: str | Path | IO[bytes], **_: Any) -> None:
        """Write the map as one self-contained HTML file, whole or not at all."""
        if isinstance(outfile, (str, Path)):
            save_map(self, outfile)
        else:
            outfile.write(page_html(self).encode())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return the map for a notebook, and as a picture where no page may run in it."""
        return {
            "text/html": self._repr_html_(),
            "image/png": base64.b64encode(still_png(self.still, self.internal)).decode(),
        }

    def _repr_html_(self, **_: Any) -> str:
        """Return the map for a notebook, over a still picture for notebooks without trust."""
        sentence = html.escape(self.words.label("explore:notebook"))
        title = html.escape(self.title)
        cover = "position:absolute;left:0;top:0;width:100%;height:100%;border:0"
        return (
            f'<p>{sentence}</p><div style="position:relative;height:660px">'
            f'<img alt="{title}" style="height:100%;object-fit:contain;object-position:left" '
            f'src="{still_address(self.still)}">'
            f'<iframe title="{title}" style="{cover}" sandbox="allow-scripts" '
            f'srcdoc="{html.escape(page_html(self))}"></iframe></div>'
        )


def save_map(page: folium.Map, path: str | Path) -> Path:
    """
    Write a map as one self-contained HTML file and return its path.

    The file is written whole or not at all, so no half page is ever left.

    Raises
    ------
    OutputError
        If the map is not one of ours, asks for files from the network, or cannot be written.
    """
    if not isinstance(page, PageMap):
        msg = f"{type(page).__name__} is not a map made by show_register or show_match."
        raise OutputError(msg)
    return write_whole(path, page_html(page))


def page_html(page: PageMap) -> str:
    """
    Return a map as the text of one HTML page with its security policy.

    Raises
    ------
    OutputError
        If a layer that was added asks the network for files, or would end the page's script.
    """
    figure = page.get_root()
    own = {"symbios_drawing", "symbios_program"}
    added = [child for name, child in page._children.items() if name not in own]
    order: dict[str, str] = {}
    before = figure.script._children.copy()
    with texts_as_data(added):
        figure.render()  # fills header, body and script
        ids = set(_ids(figure))
        header, body, script = (
            _steady(unmarked(text), ids, order)
            for text in (figure.header.render(), figure.html.render(), _scripts(page, own))
        )
    # folium would add what it drew to what it draws the next time
    figure.script._children = before
    header, body = inlined(header), inlined(body)
    # the page may be enlarged by hand: people with weak sight need it
    header = header.replace(", maximum-scale=1.0, user-scalable=no", "")
    if found := LINKED.search(header + body):
        msg = (
            f"A layer added to the map loads {found[1]}, but the page must work without a network. "
            "Remove that layer, or write the map for use with a network: "
            "folium.Map.save(page, path)."
        )
        raise OutputError(msg)
    programs = [code for kind, code in SCRIPT.findall(header + body) if "json" not in kind]
    pictures = f"data: {TILE_HOST}" if page.tiles else "data:"
    text = (
        f'<!DOCTYPE html>\n<html lang="{page.words.code}">\n<head>\n<meta charset="utf-8">\n'
        f"{policy([*programs, script], pictures=pictures)}\n{header}\n</head>\n<body>\n{body}\n"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )
    return mark_page(text, page.words.code) if page.internal else text


def _scripts(page: PageMap, own: set[str]) -> str:
    """Return the scripts of the page: the map, our program, and each added layer by itself."""
    children = page.get_root().script._children
    ours = own | {page.get_name()}
    parts = []
    # what switches layers knows all of them, also those that were added after it
    for name in sorted(children, key=lambda name: name.startswith("layer_control")):
        text = children[name].render()
        kind = re.sub(r"_[0-9a-f]{32}$", "", name).replace("_", " ")
        parts.append(text if name in ours else kept_apart(text, kind))
    return "\n".join(parts)


def page_program(map_name: str) -> str:
    """Return the script of the page: its modules in one function, with the folium map it draws."""
    parts = as_script(package_text("web", f"script/{part}.js") for part in SCRIPTS)
    return f'(function (SYMBIOS_MAP) {{\n"use strict";\n{parts}}})({map_name});\n'


def tables(value: Any) -> Any:
    """Return data whose lists of records are tables: a name once a column, not once a row."""
    if isinstance(value, dict):
        return {key: tables(part) for key, part in value.items()}
    if isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
        columns = list(dict.fromkeys(name for record in value for name in record))
        return {
            "columns": columns,
            "rows": [[tables(record.get(name)) for name in columns] for record in value],
        }
    return value


def still_address(svg: str) -> str:
    """Return an SVG picture as a data address."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def still_png(svg: str, internal: bool = False) -> bytes:
    """Return the still picture as PNG, perhaps marked: notebooks without trust show no SVG."""
    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

    root = ElementTree.fromstring(svg)
    picture = Image.new("RGB", (int(root.get("width", "0")), int(root.get("height", "0"))))
    pen = ImageDraw.Draw(picture, "RGBA")
    font = ImageFont.truetype(Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), 14)
    for shape in root:
        fill, edge = shape.get("fill"), shape.get("stroke")
        if shape.tag.endswith("rect"):
            left = float(shape.get("x", "0"))  # the ground, and that of the legend
            pen.rectangle((left, 0, *picture.size), fill)
        elif shape.tag.endswith("line"):
            ends = [float(shape.get(name, "0")) for name in ("x1", "y1", "x2", "y2")]
            pen.line(ends, edge, round(float(shape.get("stroke-width", "1"))))
        elif shape.tag.endswith("text"):
            at = float(shape.get("x", "0")), float(shape.get("y", "0"))
            pen.text(at, shape.text or "", fill, font, anchor="ls")
        elif shape.tag.endswith("circle"):
            x, y, r = (float(shape.get(name, "0")) for name in ("cx", "cy", "r"))
            pen.ellipse((x - r, y - r, x + r, y + r), f"{fill}cc", edge)
        else:
            for ring in shape.get("d", "").split("Z"):
                points = [tuple(map(float, at.split())) for at in re.split("[ML]", ring)[1:]]
                if len(points) > 1:
                    pen.polygon(points, fill, edge)
    content = BytesIO()
    said = PngImagePlugin.PngInfo()
    for key, mark in MARKS["png"].items() if internal else ():
        said.add_text(key, mark)
    picture.save(content, format="png", optimize=True, pnginfo=said)
    return content.getvalue()


def leaflet_script() -> str:
    """Return Leaflet's script from the installed package, with what folium's popups need."""
    return (Path(leaflet.BASE_DIR) / "leaflet.js").read_text(encoding="utf-8").replace(
        "//# sourceMappingURL=leaflet.js.map", ""
    ) + _marker_images() + JQUERY_STAND_IN + stand_ins()  # fmt: skip


def leaflet_style() -> str:
    """Return Leaflet's style sheet with its pictures inside."""
    style = (Path(leaflet.BASE_DIR) / "leaflet.css").read_text(encoding="utf-8")
    return re.sub(r"url\((images/[^)]+)\)", lambda found: f"url({_picture(found[1])})", style)


def _marker_images() -> str:
    """Return the line that gives Leaflet's markers their pictures."""
    names = {
        "iconUrl": "marker-icon",
        "iconRetinaUrl": "marker-icon-2x",
        "shadowUrl": "marker-shadow",
    }
    found = {option: _picture(f"images/{name}.png") for option, name in names.items()}
    return f"\nL.Icon.Default.imagePath='';L.Icon.Default.mergeOptions({json.dumps(found)});"


def _picture(name: str) -> str:
    """Return one of Leaflet's pictures as a data address."""
    content = (Path(leaflet.BASE_DIR) / name).read_bytes()
    return "data:image/png;base64," + base64.b64encode(content).decode()


def _steady(text: str, ids: set[str], order: dict[str, str]) -> str:
    """Replace folium's random ids by the order they appear in: the same map, the same bytes."""

    def number(found: re.Match[str]) -> str:
        if found[0] not in ids:
            return found[0]
        return order.setdefault(found[0], f"{len(order):04d}")

    return re.sub(r"[0-9a-f]{32}", number, text)


def _ids(element: Element) -> Iterator[str]:
    """Yield the random id of an element and of everything in it."""
    yield element._id
    for child in element._children.values():
        yield from _ids(child)
    for part in ("header", "html", "script") if isinstance(element, Figure) else ():
        yield from _ids(getattr(element, part))
