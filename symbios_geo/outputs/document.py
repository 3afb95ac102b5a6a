"""The Word document: maps and charts with captions, and tables to cut from."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Length
from docxtpl import DocxTemplate, InlineImage
from PIL import Image

from ..disclosure import INTERNAL, MARK
from ..errors import OutputError
from ..files import write_whole
from ..labels import citation, interval, label, language, number, unit_label
from ..maps.captions import caption
from ..maps.placenames import short_name
from ..study.chain import Study, check_study
from ..tables import data_date, data_version
from .listings import link_table
from .packing import packed, plain
from .pages import claim_amount, file_order, key_figures
from .parts import BOOK

TEMPLATE = Path(__file__).with_name("report.docx")
STYLES = ("Title", "Heading 1", "Caption")
# what a template shows; more of it is left out where a place is missing
PLACES = (
    "mark", "title", "version", "intro", "section.heading", "section.texts", "table.title",
    "table.head", "table.rows", "picture.image", "picture.caption",
)  # fmt: skip
TEXT_WIDTH, PICTURE_HEIGHT = Cm(16), Cm(21.5)
LARGEST_LINKS = 12


def write_report(
    study: Study,
    verdicts: pd.DataFrame,
    folder: Path,
    path: Path,
    *,
    template: Path | None = None,
    lang: str = "sv",
) -> Path:
    """
    Write the Word document from the pictures of an output folder and the study's tables.

    The template is a Word document whose places ({{ title }} and so on) are filled in; fonts,
    colours, margins, headers and the look of tables are its own. To make one, change a copy of
    `report.docx` beside this module.

    Parameters
    ----------
    study
        What `run` returned; cleared for internal readers, every page says INTERN.
    verdicts
        What `findings.check_all` returns.
    folder
        The output folder; every PNG in its folders maps and figures enters the document.
    path
        The file to write.
    template
        A Word document with places to fill. None: the bundled one. One that lacks a place or a
        style is told of in a warning; the document is made without.
    lang
        "sv" or "en".

    Raises
    ------
    OutputError
        If the template cannot be read or filled.
    """
    check_study(study)
    template = TEMPLATE if template is None else Path(template)
    try:
        document = DocxTemplate(template)
        _tell_lacks(document, template)
        sections = _sections(document, study, verdicts, folder, lang)
        document.render(_content(sections, study, lang), autoescape=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, jinja2.TemplateError) as error:
        msg = (
            f"{template} cannot be used as a template ({error}). Change a copy of {TEMPLATE} in "
            "Word and keep what stands in braces."
        )
        raise OutputError(msg) from error
    _finish(document, sections, study, lang)
    return write_whole(path, packed(document))


def _tell_lacks(document: DocxTemplate, template: Path) -> None:
    """Warn of places and styles that a template lacks."""
    document.init_docx()
    parts = [document.get_xml(), *(part for _, part in _margins(document))]
    text = " ".join(document.patch_xml(part) for part in parts)
    lacks = [f"{{{{ {place} }}}}" for place in PLACES if place not in text]
    names = {style.name for style in document.get_docx().styles}
    lacks += [f"the style {name}" for name in STYLES if name not in names]
    if lacks:
        msg = f"{template} lacks {', '.join(lacks)}: the document is made without."
        warnings.warn(msg, stacklevel=3)


def _margins(document: DocxTemplate) -> Iterator[tuple[str, str]]:
    """Return headers and footers of a template as XML, with their kind."""
    for kind in (document.HEADER_URI, document.FOOTER_URI):
        for _, part in document.get_headers_footers(kind):
            yield kind, part.blob.decode()


def _content(sections: list[dict[str, Any]], study: Study, lang: str) -> dict[str, Any]:
    """Return what fills the places of a template."""
    words = study.region.words(lang)
    book = BOOK.format(study.region.slug)
    date = label("output:date", lang, date=f"{data_date():%Y-%m-%d}")
    return {
        "mark": label("output:internal", lang) if study.readers == INTERNAL else "",
        "title": label("output:title", lang, **words),
        "version": f"{label('output:version', lang, version=data_version())}. {date}.",
        "intro": label("report:intro", lang, book=book),
        "sections": sections,
    }


def _sections(
    document: DocxTemplate, study: Study, verdicts: pd.DataFrame, folder: Path, lang: str
) -> list[dict[str, Any]]:
    """Return headings with their tables, pictures and texts, in the order of reading."""
    numbers = count(1)
    key = [_key_table(study, lang)]
    balances = [_resource_table(study, name, lang) for name in study.resources]
    links = [_link_table(study, key, lang) for key in study.matches]
    cite = citation(lang, region=study.region.words(lang)["region"])
    last = [label("index:follow", lang), cite, label("output:licence", lang)]
    found: dict[str, dict[str, Any]] = {
        "key": {"tables": key},
        "balance": {"tables": balances},
        "exchanges": {"tables": links},
        "findings": {"tables": [_verdict_table(verdicts, lang)]},
        "maps": {"pictures": list(_pictures(document, study, folder, lang))},
        "sources": {"texts": last},
    }
    if verdicts.empty:
        del found["findings"]
    empty: dict[str, Any] = {"tables": [], "pictures": [], "texts": []}
    sections = [
        {**empty, "heading": label(f"report:{name}", lang), **parts}
        for name, parts in found.items()
    ]
    for section in sections:
        for table in section["tables"]:
            table["number"] = next(numbers)
    return sections


def _table(
    title: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    lang: str,
    widths: Sequence[float] = (),
    *,
    last_bold: bool = False,
) -> dict[str, Any]:
    """Return a table of words; `widths` are in centimetres."""
    return {
        "kind": label("report:table", lang),
        "title": plain(title),
        "head": [plain(text) for text in head],
        "rows": [[plain(text) for text in row] for row in rows],
        "widths": widths or [16 / len(head)] * len(head),
        "last_bold": last_bold,
    }


def _key_table(study: Study, lang: str) -> dict[str, Any]:
    """Return the key figures."""
    rows = [[f["words"], f["value"], f["range"]] for f in key_figures(study, lang)]
    head = ["", label("report:amount", lang), label("report:range", lang)]
    title = label("report:table_key", lang, **study.region.words(lang))
    return _table(title, head, rows, lang)


def _link_table(study: Study, key: str, lang: str) -> dict[str, Any]:
    """Return the largest exchanges of a resource."""
    links = link_table(study.matches[key], study.register).head(LARGEST_LINKS)
    rows = [
        [short_name(str(row["name_source"])), short_name(str(row["name_sink"])),
         number(row["distance_km"], lang), label(f"mode:{row['mode']}", lang),
         number(row["delivered"], lang), number(row["unit_cost"], lang)]
        for row in links.to_dict("records")
    ]  # fmt: skip
    head = [
        label("column:name_source", lang), label("column:name_sink", lang),
        unit_label("km", lang), label("column:mode", lang),
        label("report:amount", lang), label("report:cost", lang),
    ]  # fmt: skip
    widths = (4.4, 4.0, 1.4, 2.6, 1.8, 1.8)
    return _table(label(f"report:table_links_{key}", lang), head, rows, lang, widths)


def _resource_table(study: Study, key: str, lang: str) -> dict[str, Any]:
    """Return the balance of a resource by municipality."""
    table, parts = study.by_municipality(key), study.resource(key).parts
    # what is in use today stands between what there is and what is needed
    shown = ("supply", "committed", "demand") if parts == ("supply", "demand") else parts
    return _balance_table(table, shown, key, study.region.words(lang)["region"], lang)


def _balance_table(
    table: pd.DataFrame, columns: Sequence[str], key: str, region: str, lang: str
) -> dict[str, Any]:
    """Return one row per municipality and the region's sum, each value with its range."""
    total = table.select_dtypes("number").sum().to_dict() | {"name": region}
    rows = [
        [row["name"], *(_with_range(row, column, lang) for column in columns)]
        for row in [*table.to_dict("records"), total]
    ]
    head = [label("column:municipality", lang), *(label(f"column:{c}", lang) for c in columns)]
    return _table(label(f"report:table_{key}", lang), head, rows, lang, last_bold=True)


def _with_range(row: dict[Any, Any], column: str, lang: str) -> str:
    """Return a value, with low and high in brackets where the row has them."""
    text = number(row[column], lang)
    if f"{column}_low" not in row:
        return text
    return f"{text} ({interval(row[f'{column}_low'], row[f'{column}_high'], lang)})"


def _verdict_table(verdicts: pd.DataFrame, lang: str) -> dict[str, Any]:
    """Return every claim with its verdict and value."""
    rows = []
    for row in verdicts.to_dict("records"):
        known = not pd.isna(row["value"])
        value = claim_amount(row["value"], row["unit"], lang) if known else ""
        rows.append([row["text"], label(f"verdict:{row['verdict']}", lang), value])
    head = [label(f"column:{name}", lang) for name in ("text", "verdict", "value")]
    return _table(label("report:table_findings", lang), head, rows, lang, (9.4, 2.8, 3.8))


def _pictures(
    document: DocxTemplate, study: Study, folder: Path, lang: str
) -> Iterator[dict[str, Any]]:
    """Return the pictures of an output, as broad as the text or as high as the page."""
    for place, name in enumerate(file_order(folder, ".png"), start=1):
        path = folder / f"{name}.png"
        with Image.open(path) as picture:
            width, height = picture.size
        broad = min(TEXT_WIDTH, Emu(int(PICTURE_HEIGHT * width / height)))
        yield {
            "image": InlineImage(document, str(path), width=Length(broad)),
            "kind": label("report:figure", lang),
            "number": place,
            "caption": plain(caption(name, lang, region=study.region)),
        }


def _finish(
    document: DocxTemplate, sections: list[dict[str, Any]], study: Study, lang: str
) -> None:
    """Set what no place of a template can: widths, sides, alternative texts, language, facts."""
    tables = [table for section in sections for table in section["tables"]]
    for content, table in zip(tables, document.tables, strict=False):
        for column, width in zip(table.columns, content["widths"], strict=True):
            column.width = Cm(width)
        for place, row in enumerate(table.rows):
            last = content["last_bold"] and place == len(content["rows"])
            for column, (cell, width) in enumerate(zip(row.cells, content["widths"], strict=True)):
                cell.width = Cm(width)
                paragraph = cell.paragraphs[0]
                if place and column and _is_figure(cell.text):
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
                for run in paragraph.runs:
                    run.bold = True if last else run.bold
    pictures = [picture for section in sections for picture in section["pictures"]]
    for content, shape in zip(pictures, document.inline_shapes, strict=False):
        shape._inline.docPr.set("descr", content["caption"])
        shape._inline.docPr.set("title", content["caption"].split(". ")[0])
    for found in document.styles.element.iter(qn("w:lang")):
        found.set(qn("w:val"), language(lang).tag)
    facts, internal = document.core_properties, study.readers == INTERNAL
    facts.author = facts.last_modified_by = "symbios-geo"
    title = label("output:title", lang, **study.region.words(lang))
    facts.title, facts.language = title, language(lang).tag
    facts.comments, facts.keywords = "", MARK if internal else ""
    facts.content_status = MARK if internal else ""
    facts.subject = label("output:version", lang, version=data_version())
    facts.created = facts.modified = data_date()


def _is_figure(text: str) -> bool:
    """Say whether a cell holds a number: it then stands to the right."""
    return text[:1].isdigit() or text[:1] == "\u2212"
