"""Styles for QGIS: the small part of its QML that the layers of the GeoPackage need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from xml.etree import ElementTree as ET

VERSION = "3.22.16-Białowieża"
GEOMETRY = {"marker": "0", "line": "1", "fill": "2"}
LAYER = {"marker": "SimpleMarker", "line": "SimpleLine", "fill": "SimpleFill"}


class Category(NamedTuple):
    """One entry of a legend: the value or upper limit it stands for, its words and colour."""

    value: str
    words: str
    colour: str
    shown: bool = True
    low: float = 0.0
    high: float = 0.0


class Style(NamedTuple):
    """How a layer looks: `kind` is marker, line or fill; `size` an expression in millimetres."""

    kind: str
    column: str
    categories: tuple[Category, ...]
    graduated: bool = False
    size: str = ""
    name_column: str = ""
    outline: str = "#ffffff"


def qml(style: Style, aliases: Mapping[str, str]) -> str:
    """Return a style as QML text, with the words of every column."""
    root = ET.Element(
        "qgis",
        version=VERSION,
        styleCategories="Symbology|Labeling|Fields",
        labelsEnabled="1" if style.name_column else "0",
    )
    root.append(_renderer(style))
    if style.name_column:
        root.append(_labels(style.name_column))
    names = ET.SubElement(root, "aliases")
    for place, (column, words) in enumerate(aliases.items(), 1):
        ET.SubElement(names, "alias", field=column, index=str(place), name=words)
    ET.SubElement(root, "layerGeometryType").text = GEOMETRY[style.kind]
    ET.indent(root, " ")
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(
        root, encoding="unicode"
    )


def _renderer(style: Style) -> ET.Element:
    """Return the part that says which rows look how."""
    graduated = style.graduated
    root = ET.Element(
        "renderer-v2",
        type="graduatedSymbol" if graduated else "categorizedSymbol",
        attr=style.column,
        symbollevels="0",
        enableorderby="0",
        forceraster="0",
    )
    if graduated:
        root.set("graduatedMethod", "GraduatedColor")
    entries = ET.SubElement(root, "ranges" if graduated else "categories")
    symbols = ET.SubElement(root, "symbols")
    for number, category in enumerate(style.categories):
        facts = {
            "symbol": str(number),
            "label": category.words,
            "render": "true" if category.shown else "false",
        }
        if graduated:
            limits = {"lower": f"{category.low:.6f}", "upper": f"{category.high:.6f}"}
            ET.SubElement(entries, "range", facts | limits)
        else:
            ET.SubElement(entries, "category", facts | {"value": category.value, "type": "string"})
        symbols.append(_symbol(style, number, category.colour))
    return root


def _symbol(style: Style, number: int, colour: str) -> ET.Element:
    """Return one symbol; its size follows the expression of the style."""
    symbol = ET.Element(
        "symbol", type=style.kind, name=str(number), alpha="0.9", clip_to_extent="1", force_rhr="0"
    )
    layer = ET.SubElement(
        symbol, "layer", {"class": LAYER[style.kind], "enabled": "1", "locked": "0", "pass": "0"}
    )
    looks = {
        "marker": {
            "name": "circle", "color": _rgba(colour), "size": "3", "size_unit": "MM",
            "outline_color": _rgba(style.outline), "outline_width": "0.2",
        },
        "line": {
            "line_color": _rgba(colour), "line_width": "0.6", "line_width_unit": "MM",
            "capstyle": "round", "joinstyle": "round", "line_style": "solid",
        },
        "fill": {
            "color": _rgba(colour), "style": "solid", "outline_color": _rgba(style.outline),
            "outline_width": "0.4", "outline_style": "solid",
        },
    }[style.kind]  # fmt: skip
    options = ET.SubElement(layer, "Option", type="Map")
    for name, value in looks.items():
        _option(options, name, "QString", value)
    for name, value in looks.items():  # older QGIS reads these instead
        ET.SubElement(layer, "prop", k=name, v=value)
    if style.size:
        name = "size" if style.kind == "marker" else "outlineWidth"
        layer.append(_follows(name, style.size))
    return symbol


def _follows(name: str, expression: str) -> ET.Element:
    """Return the property of a symbol layer that follows an expression."""
    root = ET.Element("data_defined_properties")
    options = ET.SubElement(root, "Option", type="Map")
    _option(options, "name", "QString", "")
    properties = ET.SubElement(options, "Option", name="properties", type="Map")
    one = ET.SubElement(properties, "Option", name=name, type="Map")
    _option(one, "active", "bool", "true")
    _option(one, "expression", "QString", expression)
    _option(one, "type", "int", "3")
    _option(options, "type", "QString", "collection")
    return root


def _labels(column: str) -> ET.Element:
    """Return labels from a column, dark with a light halo."""
    root = ET.Element("labeling", type="simple")
    settings = ET.SubElement(root, "settings", calloutType="simple")
    text = ET.SubElement(
        settings,
        "text-style",
        fieldName=column,
        fontSize="8",
        fontSizeUnit="Point",
        textColor="34,34,34,255",
        isExpression="0",
    )
    ET.SubElement(
        text, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferColor="255,255,255,255"
    )
    ET.SubElement(settings, "placement", placement="0", dist="1", priority="5")
    ET.SubElement(settings, "rendering", obstacle="0", drawLabels="1")
    return root


def _option(parent: ET.Element, name: str, kind: str, value: str) -> None:
    ET.SubElement(parent, "Option", name=name, type=kind, value=value)


def _rgba(colour: str) -> str:
    """Return #rrggbb as QGIS writes it."""
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + ",255"


def steps(breaks: Iterable[float], colours: Iterable[str], words: Iterable[str]) -> list[Category]:
    """Return the classes of a graduated style from their upper limits."""
    found, low = [], 0.0
    for high, colour, text in zip(breaks, colours, words, strict=False):
        found.append(Category("", text, colour, low=low, high=high))
        low = high
    return found
