"""The Word document: maps and charts with captions, and tables to cut from."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pandas as pd
from docx.document import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor

from ..disclosure import INTERNAL, MARK
from ..labels import citation, interval, label, language, number, unit_label
from ..maps.captions import caption
from ..maps.placenames import short_name
from ..study.chain import Study, check_study
from ..tables import data_date, data_version
from .listings import link_table
from .pages import amount, file_order, key_figures

TEXT_WIDTH, PICTURE_HEIGHT = Cm(16), Cm(21.5)
LARGEST_LINKS = 12
ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the first day that a zip file knows
HEADER_FILL = "DFE7E2"


def write_report(
    study: Study,
    verdicts: pd.DataFrame,
    folder: Path,
    path: Path,
    *,
    lang: str = "sv",
) -> Path:
    """
    Write the Word document from the pictures of an output folder and the study's tables.

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
    lang
        "sv" or "en".
    """
    internal = check_study(study) == INTERNAL
    document = docx.Document()
    _set_up(document, lang, internal=internal)
    document.add_heading(label("output:title", lang), 0)
    date = label("output:date", lang, date=f"{data_date():%Y-%m-%d}")
    document.add_paragraph(f"{label('output:version', lang, version=data_version())}. {date}.")
    document.add_paragraph(label("report:intro", lang))
    _add_tables(document, study, lang)
    document.add_heading(label("report:findings", lang), 1)
    _add_verdicts(document, verdicts, lang)
    document.add_page_break()
    document.add_heading(label("report:maps", lang), 1)
    for name in file_order(folder, ".png"):
        _add_picture(document, folder / f"{name}.png", caption(name, lang), lang)
    document.add_heading(label("report:sources", lang), 1)
    for text in (label("index:follow", lang), citation(lang), label("output:licence", lang)):
        document.add_paragraph(text)
    _save(document, path)
    return path


def _set_up(document: Document, lang: str, *, internal: bool) -> None:
    """Set page, fonts, language, mark and properties."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin = section.bottom_margin = Cm(2.2)
    for name, size in (("Normal", 10.5), ("Caption", 9.5)):
        style = document.styles[name]
        style.font.name, style.font.size = "Arial", Pt(size)
        style.element.rPr.rFonts.set(qn("w:eastAsia"), "Arial")
    captions = document.styles["Caption"]
    captions.font.bold, captions.font.color.rgb = False, RGBColor(0x33, 0x33, 0x33)
    for name in ("Title", "Heading 1", "Heading 2"):
        style = document.styles[name]
        style.font.color.rgb = RGBColor(0x1F, 0x5D, 0x46)
        fonts = style.element.rPr.rFonts
        for key in [key for key in fonts.attrib if "heme" in key]:
            del fonts.attrib[key]  # a font of the theme would win over the name
        style.font.name = "Arial"
    document.styles["Title"].font.size = Pt(22)
    for found in document.styles.element.iter(qn("w:lang")):
        found.set(qn("w:val"), language(lang).tag)
    if internal:
        paragraph = section.header.paragraphs[0]
        run = paragraph.add_run(label("output:internal", lang))
        run.bold, run.font.color.rgb = True, RGBColor(0xB2, 0x18, 0x2B)
    facts = document.core_properties
    facts.author = facts.last_modified_by = "symbios-geo"
    facts.title, facts.language = label("output:title", lang), language(lang).tag
    facts.comments, facts.keywords = "", MARK if internal else ""
    facts.content_status = MARK if internal else ""
    facts.subject = label("output:version", lang, version=data_version())
    facts.created = facts.modified = data_date()


def _add_tables(document: Document, study: Study, lang: str) -> None:
    """Add the key figures, both balances and the largest exchanges."""
    document.add_heading(label("report:key", lang), 1)
    rows = [[f["words"], f["value"], f["range"]] for f in key_figures(study, lang)]
    header = ["", label("report:amount", lang), label("report:range", lang)]
    _add_table(document, label("report:table_key", lang), header, rows, lang)
    document.add_heading(label("report:balance", lang), 1)
    _add_balance(document, study.balances["heat"], ("supply", "committed", "demand"), "heat", lang)
    _add_balance(document, study.co2, ("biogenic", "fossil"), "co2", lang)
    document.add_heading(label("report:exchanges", lang), 1)
    for key, match in study.matches.items():
        links = link_table(match, study.register).head(LARGEST_LINKS)
        rows = [
            [short_name(str(row["name_source"])), short_name(str(row["name_sink"])),
             number(row["distance_km"], lang), label(f"mode:{row['mode']}", lang),
             number(row["delivered"], lang), number(row["unit_cost"], lang)]
            for row in links.to_dict("records")
        ]  # fmt: skip
        header = [
            label("column:name_source", lang), label("column:name_sink", lang),
            unit_label("km", lang), label("column:mode", lang),
            label("report:amount", lang), label("report:cost", lang),
        ]  # fmt: skip
        widths = (4.4, 4.0, 1.4, 2.6, 1.8, 1.8)
        _add_table(document, label(f"report:table_links_{key}", lang), header, rows, lang, widths)


def _add_balance(
    document: Document, table: pd.DataFrame, columns: Sequence[str], key: str, lang: str
) -> None:
    """Add one row per municipality and the county's sum, each value with its range."""
    total = table.select_dtypes("number").sum().to_dict() | {"name": label("report:county", lang)}
    rows = [
        [row["name"], *(_with_range(row, column, lang) for column in columns)]
        for row in [*table.to_dict("records"), total]
    ]
    header = [label("column:municipality", lang), *(label(f"column:{c}", lang) for c in columns)]
    _add_table(document, label(f"report:table_{key}", lang), header, rows, lang, last_bold=True)


def _with_range(row: dict[Any, Any], column: str, lang: str) -> str:
    """Return a value, with low and high in brackets where the row has them."""
    text = number(row[column], lang)
    if f"{column}_low" not in row:
        return text
    return f"{text} ({interval(row[f'{column}_low'], row[f'{column}_high'], lang)})"


def _add_verdicts(document: Document, verdicts: pd.DataFrame, lang: str) -> None:
    """Add every claim with its verdict and value."""
    rows = []
    for row in verdicts.to_dict("records"):
        known = not pd.isna(row["value"])
        value = amount(row["value"], row["unit"], lang) if known else ""
        rows.append([row["text"], label(f"verdict:{row['verdict']}", lang), value])
    header = [label(f"column:{name}", lang) for name in ("text", "verdict", "value")]
    _add_table(document, label("report:table_findings", lang), header, rows, lang, (9.4, 2.8, 3.8))


def _add_table(
    document: Document,
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    lang: str,
    widths: Sequence[float] = (),
    *,
    last_bold: bool = False,
) -> None:
    """Add a table under its caption; the header row is repeated on every page."""
    _add_caption(document, label("report:table", lang), title, keep=True)
    table = document.add_table(rows=0, cols=len(header), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    shares = widths or [16 / len(header)] * len(header)
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Cm(share)
    for place, texts in enumerate([header, *rows]):
        cells = table.add_row().cells
        bold = place == 0 or (last_bold and place == len(rows))
        for column, (cell, text) in enumerate(zip(cells, texts, strict=True)):
            cell.width = Cm(shares[column])
            _fill(cell, text, bold=bold, right=column > 0 and place > 0 and _is_figure(text))
            if place == 0:
                _shade(cell)
        _keep_row_whole(table.rows[-1], header=place == 0)
    document.add_paragraph()


def _is_figure(text: str) -> bool:
    """Say whether a cell holds a number: it then stands to the right."""
    return text[:1].isdigit() or text[:1] == "\u2212"


def _fill(cell: Any, text: str, *, bold: bool, right: bool) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(_plain(text))
    run.bold, run.font.size = bold, Pt(8.5)
    paragraph.paragraph_format.space_after = Pt(1)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _shade(cell: Any) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", HEADER_FILL)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _keep_row_whole(row: Any, *, header: bool) -> None:
    """Keep a row on one page; repeat the header on each."""
    facts = row._tr.get_or_add_trPr()
    facts.append(OxmlElement("w:cantSplit"))
    if header:
        facts.append(OxmlElement("w:tblHeader"))


def _add_picture(document: Document, path: Path, text: str, lang: str) -> None:
    """Add a picture as broad as the text, or as high as the page, with caption and alternative."""
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    shape = paragraph.add_run().add_picture(str(path), width=TEXT_WIDTH)
    if shape.height > PICTURE_HEIGHT:
        shape.width = Emu(int(shape.width * PICTURE_HEIGHT / shape.height))
        shape.height = PICTURE_HEIGHT
    facts = shape._inline.docPr
    facts.set("descr", _plain(text))
    facts.set("title", _plain(text.split(". ")[0]))
    _add_caption(document, label("report:figure", lang), text, keep=False)


def _add_caption(document: Document, kind: str, text: str, *, keep: bool) -> None:
    """Add a paragraph in the style Caption, numbered by Word so that references can follow it."""
    paragraph = document.add_paragraph(style="Caption")
    paragraph.paragraph_format.keep_with_next = keep
    paragraph.add_run(f"{kind} ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), f" SEQ {kind} \\* ARABIC ")
    run, shown = OxmlElement("w:r"), OxmlElement("w:t")
    before = document.element.body.iter(qn("w:fldSimple"))
    shown.text = str(1 + sum(f" {kind} " in found.get(qn("w:instr")) for found in before))
    run.append(shown)
    field.append(run)
    paragraph._p.append(field)
    paragraph.add_run(f". {_plain(text)}")


def _plain(text: str) -> str:
    """Return a text without the control characters that XML does not allow."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff"))


def _save(document: Document, path: Path) -> None:
    """Save the document with the same date on every file inside, so that bytes do not change."""
    buffer = BytesIO()
    document.save(buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w") as new:
        for entry in sorted(
            old.infolist(), key=lambda e: (e.filename != "[Content_Types].xml", e.filename)
        ):
            fresh = zipfile.ZipInfo(entry.filename, date_time=ZIP_DATE)
            fresh.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(fresh, old.read(entry))
