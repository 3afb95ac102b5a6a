"""The Word document: a draft of a report in prose made from the study, to be rewritten."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Length
from docxtpl import DocxTemplate, InlineImage
from PIL import Image

from ..disclosure import INTERNAL
from ..errors import OutputError
from ..files import write_whole
from ..labels import (
    chance,
    cut,
    date_line,
    interval,
    label,
    language,
    mistake,
    number,
    percent,
    quantity,
    rough,
    source_titles,
    version_line,
    within_sentence,
)
from ..maps.captions import caption
from ..model import ROLES, existing_of, new_of
from ..study.chain import Study, check_study
from .job import BOOK
from .key_figures import key_figures
from .packing import packed, set_facts, without_marks
from .story import Story
from .verdicts import CLAIM, SUMS, claim_cells, uncooled

TEMPLATE = Path(__file__).with_name("report.docx")
STYLES = ("Title", "Heading 1", "Caption")
# what a template shows; more of it is left out where a place is missing
PLACES = (
    "mark", "title", "version", "intro", "contents.lines", "section.heading", "section.texts",
    "table.title", "table.head", "table.rows", "picture.image", "picture.caption",
)  # fmt: skip
TEXT_WIDTH, PICTURE_HEIGHT = Cm(16), Cm(21.5)
# as broad as the text: a map is drawn at the size that it has, with its caption on one page
MAP_CM = (16.0, 20.0)
CHART = "figures/heat-by-month"
HEAT_MAP, MATERIALS_MAP = (f"maps/{name}" for name in ("heat-match", "materials-match"))
LATE = (HEAT_MAP, MATERIALS_MAP)  # after the tables of its section, which fill the page before
ALL_LINKS, LARGEST_LINKS, MOST_OUTSIDE = 20, 20, 3  # all fill the page before a map
LONGEST_CELL, MOST_SOURCES, MOST_MOVERS = 200, 12, 6
REFERS = {"method": 3}  # the paragraph of a section that its tables belong to: here of sources
LAST = 3  # paragraphs that stay with the last table
# of a table of exchanges, cm, in the order of its columns
WIDTHS = {
    "sender": 2.6, "receiver": 3.2, "delivered": 2.1, "flow": 3.1, "distance_km": 1.5,
    "investment_msek": 2.2, "yearly_msek": 1.3, "pays_share": 1.7,
}  # fmt: skip
LETTER_CM, MARGINS_CM, WIDEST_WORD = 0.165, 0.4, 5.0  # of a cell's text
WHOLE_ROWS = 9  # a table of at most so many rows stands on one page


def write_report(
    study: Study,
    verdicts: pd.DataFrame,
    folder: Path,
    path: Path,
    *,
    template: Path | None = None,
    lang: str = "sv",
    story: Story | None = None,
) -> Path:
    """
    Write a draft of a report as a Word document: prose, tables and pictures of a study.

    Every number of the prose is a figure of the study; what the study does not have is said in
    its place. The template is a Word document whose places ({{ title }} and so on) are filled in;
    fonts, colours, margins, headers and the look of tables are its own. To make one, change a copy
    of `report.docx` beside this module.

    Parameters
    ----------
    study
        What `run` returned; cleared for internal readers, every page says INTERN.
    verdicts
        What `findings.check_all` returns.
    folder
        Where the pictures are, in its folders maps and figures; a run draws them for the document.
    path
        The file to write.
    template
        A Word document with places to fill. None: the bundled one. One that lacks a place or a
        style is told of in a warning; the document is made without.
    lang
        "sv" or "en".
    story
        The figures and sentences, if they were made already.

    Raises
    ------
    OutputError
        If the template cannot be read or filled.
    """
    check_study(study)
    story = Story(study, verdicts, lang) if story is None else story
    template = TEMPLATE if template is None else Path(template)
    try:
        document = DocxTemplate(template)
        _tell_lacks(document, template, lang)
        sections = _sections(document, story, folder)
        document.render(_content(sections, study, lang), autoescape=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, jinja2.TemplateError) as error:
        raise mistake(
            OutputError, "error:bad_template", path=template, reason=error, example=TEMPLATE
        ) from error
    _finish(document, sections, study, lang)
    return write_whole(path, packed(document))


def _tell_lacks(document: DocxTemplate, template: Path, lang: str) -> None:
    """Warn of places and styles that a template lacks."""
    document.init_docx()
    parts = [document.get_xml(), *(part for _, part in _margins(document))]
    text = " ".join(document.patch_xml(part) for part in parts)
    lacks = [f"{{{{ {place} }}}}" for place in PLACES if place not in text]
    names = {style.name for style in document.get_docx().styles}
    lacks += [label("report:style", lang, name=name) for name in STYLES if name not in names]
    if lacks:
        words = {"template": template, "lacks": ", ".join(lacks)}
        warnings.warn(label("report:template_lacks", lang, **words), stacklevel=3)


def _margins(document: DocxTemplate) -> Iterator[tuple[str, str]]:
    """Return headers and footers of a template as XML, with their kind."""
    for kind in (document.HEADER_URI, document.FOOTER_URI):
        for _, part in document.get_headers_footers(kind):
            yield kind, part.blob.decode()


def _content(sections: list[dict[str, Any]], study: Study, lang: str) -> dict[str, Any]:
    """Return what fills the places of a template."""
    words = study.region.words(lang)
    date = date_line(lang)
    heads = [section["heading"] for section in sections]
    return {
        "mark": label("output:internal", lang) if study.readers == INTERNAL else "",
        "title": label("output:title", lang, **words),
        "version": f"{version_line(lang)}. {date}.",
        "intro": label("report:draft", lang, book=BOOK.format(study.region.slug)),
        "contents": {"title": label("report:contents", lang), "lines": heads},
        "sections": sections,
    }


def _sections(document: DocxTemplate, story: Story, folder: Path) -> list[dict[str, Any]]:
    """Return headings with their texts, tables and pictures, in the order of reading."""
    some = len(story.new_heat) > 0
    gain, climate = story.gain_words
    new = ["new_heat", gain] if some else ["nothing_new"]
    figures = {"have": [CHART], "new": [HEAT_MAP], "others": [MATERIALS_MAP]}
    tables = {
        "summary": [_key_table(story)],
        "have": [_balance_table(story, "heat")],
        "new": [existing_table(story), new_table(story, "heat")],
        "pilots": [pilots_table(story)],
        "co2": [_balance_table(story, "co2"), new_table(story, "co2")],
        # one exchange is told in the text
        "others": [
            new_table(story, key) for key in story.others if len(new_of(story.exchanges, key)) != 1
        ],
        "claims": [] if story.claims.empty else [_verdict_table(story)],
        "next": [next_table(story)],
        "moves": [_moved_table(story)],
        "method": [_source_table(story)],
    }
    texts = {
        "summary": [
            " ".join(filter(None, part))
            for part in (
                [
                    *_said(story, [new[0]]),
                    story.unsure,
                    story.why_median,
                    story.price_falls,
                    *_said(story, ["existing_heat"]),
                    story.estimated,
                ],
                _said(story, [gain, climate] if some else []),
                _said(story, ["co2", "co2_takers"]),
                _said(story, ["claims"] if len(story.claims) else []),
            )
            if any(part)
        ],
        "background": background_words(story),
        "have": [
            " ".join(_said(story, ["supply", "used", story.balance_key])),
            *_said(story, ["months"]),
        ],
        # what the summary says is not said again: here is why
        "new": [
            " ".join(_said(story, story.fall_words)),
            " ".join(filter(None, [*_said(story, ["near"]), story.replaced])),
            " ".join(_said(story, ["untaken", "taken"])),
        ]
        if some
        else _said(story, ["nothing_new", *story.fall_words]),
        "pilots": [
            story.say("report:pilots"),
            *filter(None, [*story.less_since, story.precedents(story.pilots)]),
            *outside_words(story),
        ]
        if len(story.pilots)
        else [label("story:nothing_new", story.lang)],
        "moves": _said(story, story.moves_words),
        "co2": co2_words(story),
        "others": [
            " ".join(filter(None, [story.other(key), story.cases(key)])) for key in story.others
        ]
        or [label("report:no_others", story.lang)],
        "claims": claim_paragraphs(story),
        **({"next": [story.say("report:next")]} if len(story.pilots) else {}),
        "method": [
            " ".join(filter(None, [story.say("report:method_prices"), story.seller_words])),
            story.say("story:transfer"),
            *(story.say(f"report:method_{name}") for name in ("range", "confidence", "limits")),
            label("output:licence", story.lang),
            story.cite,
        ],
    }
    sections = [
        {
            "heading": label(f"report:head_{name}", story.lang),
            "texts": said,
            "refers": REFERS.get(name, 0),
            "tables": tables.get(name, []),
            "pictures": list(_pictures(document, story, folder, figures.get(name, []), said)),
        }
        for name, said in texts.items()
    ]
    return _numbered(sections, story.lang)


def background_words(story: Story) -> list[str]:
    """Say what is tested, what the plan is and what stands outside it."""
    plan = label("report:background_plain", story.lang)
    if len(story.claims):
        title = source_titles(story.lang)[story.claims["source_id"].iloc[0]]
        plan = label("report:background", story.lang, title=title)
    return [
        f"{plan} {story.say('report:method_plan')}",
        label("report:left_out", story.lang),
    ]


def co2_words(story: Story) -> list[str]:
    """Say where CO2 arises, and what the worth of what pays with support only hangs on."""
    found = [" ".join(filter(None, [story.say("report:co2_where"), story.old_fossil]))]
    if len(story.supported):
        found += [" ".join([*supported_paragraphs(story), story.say("report:support_left")])]
    return found


def claim_paragraphs(story: Story) -> list[str]:
    """Say what the claims hang on; how many hold stands in the summary."""
    if story.claims.empty:
        return [label("slide:no_claims", story.lang)]
    without = uncooled(story.verdicts)
    limit = []
    if without is not None:
        share = percent(without, story.lang)
        limit = [label("report:claims_cooling", story.lang, without=share)]
    sums = [story.say("slide:claims_sums")] if (story.claims["group"] == SUMS).any() else []
    return [" ".join([*limit, *sums, label("report:stricter", story.lang)])]


def outside_words(story: Story) -> list[str]:
    """Name what is worth most outside the list: what one company does, or has many places."""
    rows, lang = story.outside, story.lang
    rows = rows[rows["npv_msek"] > 0].head(MOST_OUTSIDE)
    parts = [
        # what a company does within its own walls is counted without new equipment
        label("report:outside_own" if row["own"] and not row["investment_msek"]
              else "report:outside_one", lang, source=row["sender"],
              sink=label("answer:own_site", lang) if row["own"] else row["receiver"],
              npv=quantity(row["npv_msek"], "MSEK", lang), share=chance(row["pays_share"], lang))
        for row in rows.to_dict("records")
    ]  # fmt: skip
    return [label("report:outside", lang, list="; ".join(parts))] if parts else []


def supported_paragraphs(story: Story) -> list[str]:
    """Say of what pays with support only of what its worth is."""
    lang = story.lang
    return [
        label(
            "report:supported", lang, source=row["sender"], sink=row["receiver"],
            npv=quantity(row["npv_msek"], "MSEK", lang),
            yearly=quantity(row["yearly_msek"], "MSEK/yr", lang),
            range=rough(row["npv_msek_low"], row["npv_msek_high"], lang),
            years=number(row["years"], lang, digits=0),
        )
        for row in story.supported.to_dict("records")
    ]  # fmt: skip


def _said(story: Story, keys: Sequence[str]) -> list[str]:
    """Return sentences of the story."""
    return [story.say(f"story:{key}") for key in keys]


def _numbered(sections: list[dict[str, Any]], lang: str) -> list[dict[str, Any]]:
    """Give tables and pictures numbers, and refer to them where a section begins."""
    for kind in ("tables", "pictures"):
        for section in sections:
            section["texts"] += [part["gone"] for part in section[kind] if "gone" in part]
            section[kind] = [part for part in section[kind] if "gone" not in part]
        parts = [part for section in sections for part in section[kind]]
        for number_, part in enumerate(parts, 1):
            part["number"] = number_
    for section in sections:
        where = []
        for kind in ("tables", "pictures"):
            if found := section[kind]:
                numbers = [str(part["number"]) for part in found]
                key = f"report:see_{kind}" if found[1:] else f"report:see_{kind[:-1]}"
                where.append(label(key, lang, numbers=_in_words(numbers, lang)))
        if where:
            place = section["refers"]
            text = section["texts"][place].rstrip(".")
            section["texts"][place] = f"{text} ({', '.join(where)})."
    return sections


def _in_words(words: Sequence[str], lang: str) -> str:
    """Return words as a sentence lists them: 1, 2 and 3."""
    *first, last = words
    return f"{', '.join(first)} {label('figure:and', lang)} {last}" if first else last


def _table(
    title: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    lang: str,
    widths: Sequence[float] = (),
    *,
    last_bold: bool = False,
) -> dict[str, Any]:
    """Return a table of words, or what stands in the text when it has no rows; widths in cm."""
    cells = [[without_marks(cut(text, LONGEST_CELL)) for text in row] for row in rows]
    heads = [without_marks(text) for text in head]
    table = {
        "kind": label("report:table", lang),
        "title": without_marks(title),
        "head": heads,
        "rows": cells,
        "widths": roomy_widths(widths or [16 / len(head)] * len(head), [heads, *cells]),
        "last_bold": last_bold,
    }
    return table if cells else table | {"gone": f"{title}: {label('report:empty_table', lang)}"}


def roomy_widths(widths: Sequence[float], rows: Sequence[Sequence[str]]) -> list[float]:
    """Return widths in which no word breaks, as broad in all; columns with room to spare give."""
    given = np.array(widths)
    columns = (" ".join(column).split(" ") for column in zip(*rows, strict=True))
    longest = [max(map(len, words), default=0) for words in columns]
    least = np.minimum(np.array(longest) * LETTER_CM + MARGINS_CM, WIDEST_WORD)
    lacks, spare = (least - given).clip(min=0), (given - least).clip(min=0)
    if spare.sum():
        given = np.maximum(given, least) - spare * min(lacks.sum() / spare.sum(), 1.0)
    return list(given * sum(widths) / given.sum())


def _key_table(story: Story) -> dict[str, Any]:
    """Return the key figures."""
    lang, study = story.lang, story.study
    rows = [
        [", ".join(filter(None, [f["words"], f["beside"]])), f["value"], f["range"]]
        for f in key_figures(study, lang)
    ]
    # the first figure is told with what it takes and gains
    surest = list(_surest(story))
    rows = [*surest, *rows[len(surest) :]]
    head = ["", label("report:amount", lang), label("report:range", lang)]
    title = label("report:table_key", lang, **study.region.words(lang))
    return _table(title, head, rows, lang, (10.8, 2.2, 3.0))


def _surest(story: Story) -> Iterator[list[str]]:
    """Return the row of the new heat that pays more often than not, where that is not all."""
    few = new_of(story.study.unsure, "heat")
    if few.empty:
        return
    amount = quantity(story.figures["sure"], "GWh/yr", story.lang)
    words = {end: few.iloc[0][f"name_{end}"] for end in ROLES} | {"count": len(few)}
    kind = "report:sure_one" if len(few) == 1 else "report:sure_some"
    yield [story.say(kind, **words), amount, ""]


def existing_table(story: Story) -> dict[str, Any]:
    """Return the heat that flows today."""
    lang, rows = story.lang, existing_of(story.exchanges, "heat")
    rows = rows.assign(years_range=story.between_years(rows))
    names = ("sender", "receiver", "delivered", "years_range", "method_source", "confidence")
    head, cells = story.heads(names), story.cells(rows, names)
    return _table(
        label("report:table_existing", lang), head, cells, lang, (3.9, 4.0, 2.3, 2.0, 2.2, 1.6)
    )


def new_table(story: Story, key: str) -> dict[str, Any]:
    """Return the new exchanges of a resource, the largest gain first."""
    lang, rows = story.lang, new_of(story.exchanges, key)
    # a few more than the most are all shown
    count, rows = len(rows), rows if len(rows) <= ALL_LINKS else rows.head(LARGEST_LINKS)
    shares = story.study.business.groupby([*ROLES])["pays_share"].first()
    ends = pd.MultiIndex.from_frame(rows[[*ROLES]])
    rows = rows.assign(pays_share=shares.reindex(ends).to_numpy())
    many = ~rows["one_place"].astype(bool)
    rows = story.starred(rows)
    heat = key == "heat"
    # of heat nobody asks what is delivered; what costs nothing to build has no column of it
    shown = {
        "delivered": heat, "flow": not heat, "investment_msek": rows["investment_msek"].gt(0).any(),
    }  # fmt: skip
    names = [name for name in WIDTHS if shown.get(name, True)]
    head, cells = story.heads(names), story.cells(rows, names)
    title = label(
        {"heat": "report:table_new", "co2": "report:table_new_co2"}.get(key, "report:table_others"),
        lang, resource=within_sentence(label(f"resource:{key}", lang)),
    )  # fmt: skip
    if count > len(rows):
        words = {"shown": len(rows), "count": count, "sheet": label("sheet:plan", lang)}
        title += ". " + label("slide:rest", lang, **words).rstrip(".")
    if key in story.others and many.any() and not many.all():
        named = number((~many).sum(), lang, digits=0)
        title += label("report:order", lang, count=named)
    if many.any():
        imagined = key == "co2" and story.figures["imagined"] > 0
        title += label("report:crowds_imagined" if imagined else "report:crowds", lang)
    room = sum(WIDTHS[name] for name in names)
    return _table(title, head, cells, lang, [16 * WIDTHS[name] / room for name in names])


def pilots_table(story: Story) -> dict[str, Any]:
    """Return the exchanges to begin with: what they are worth and how ready they are."""
    lang = story.lang
    # worth over unlike years stands beside the gain a year, which compares
    names = ("sender", "receiver", "flow", "yearly_msek", "npv", "years", "pays_share")
    head, cells = story.heads(names), story.cells(story.pilots, names)
    title = label("report:table_pilots", lang)
    return _table(title, head, cells, lang, (2.6, 3.7, 2.5, 1.4, 3.0, 1.2, 1.6))


def next_table(story: Story) -> dict[str, Any]:
    """Return whom to call about the exchanges to begin with, each once, and what to measure."""
    lang = story.lang
    rows = []
    for who, calls in story.pilots.groupby("who", sort=False):
        ends = (calls["sender"] + " \u2192 " + calls["receiver"]).to_list()
        who = who or label("pilot:call_nobody", lang).rstrip(".")
        told = [" ".join([f"{who}.", *dict.fromkeys(filter(None, calls["then"]))])]
        rows.append([*told, "; ".join(ends), " ".join(dict.fromkeys(calls["measure"]))])
    head = [label(f"factsheet:head_{key}", lang) for key in ("call", "step", "measure")]
    return _table(label("report:table_next", lang), head, rows, lang, (4.6, 5.2, 6.2))


def _balance_table(story: Story, key: str) -> dict[str, Any]:
    """Return the balance of a resource by municipality, and the region's sum, with ranges."""
    study, lang = story.study, story.lang
    parts = study.resource(key).parts
    # what is in use today stands between what there is and what is needed
    columns = ("supply", "committed", "demand") if parts == ("supply", "demand") else parts
    table = study.by_municipality(key)
    # the region's own row stands last, and is no sum of ranges
    table = table.reindex([*study.region.north_to_south, table.index[-1]])
    names = [*table["name"].iloc[:-1], study.region.words(lang)["region"]]
    rows = [
        [name, *(_with_range(row, column, lang) for column in columns)]
        for name, row in zip(names, table.to_dict("records"), strict=True)
    ]
    rows = rows[-1:] if len(rows) == 2 else rows  # one municipality is its own sum
    head = [label("column:municipality", lang), *(label(f"column:{c}", lang) for c in columns)]
    return _table(label(f"report:table_{key}", lang), head, rows, lang, last_bold=True)


def _with_range(row: dict[Any, Any], column: str, lang: str) -> str:
    """Return a value, with low and high in brackets where the row has them."""
    text = number(row[column], lang, digits=None if row[column] else 0)
    if f"{column}_low" not in row:
        return text
    ends = interval(row[f"{column}_low"], row[f"{column}_high"], lang)
    # what is one number has no range
    return f"{text} ({ends})" if ends not in (text, number(0, lang)) else text


def _verdict_table(story: Story) -> dict[str, Any]:
    """Return the quoted claims with verdict and value, and what limits them."""
    lang = story.lang
    claims = story.claims[story.claims["group"] != SUMS]
    rows = claim_cells(claims, story.verdicts, lang)
    head = [label(f"column:{name}", lang) for name in CLAIM]
    return _table(label("report:table_findings", lang), head, rows, lang, (8.2, 2.2, 5.6))


def _moved_table(story: Story) -> dict[str, Any]:
    """Return what moves the amount of new heat most."""
    lang, sides = story.lang, ("low", "high")
    rows = [
        [row["name"], *(number(row[side], lang, digits=0) for side in sides)]
        for row in story.moved.head(MOST_MOVERS).to_dict("records")
    ]
    head = [label("report:input", lang), *(label(f"story:series_{side}", lang) for side in sides)]
    return _table(label("report:table_moves", lang), head, rows, lang, (8, 4, 4))


def _source_table(story: Story) -> dict[str, Any]:
    """Return the sources that rows of the study rest on."""
    lang = story.lang
    rows = [[name, number(rows, lang, digits=0)] for name, rows in story.sources.items()]
    if rest := rows[MOST_SOURCES:]:
        words = {"count": len(rest), "sheet": label("sheet:sources", lang)}
        rows = [*rows[:MOST_SOURCES], [label("slide:source_more", lang, **words), ""]]
    head = [label("slide:source_title", lang), label("slide:source_rows", lang)]
    return _table(label("report:table_sources", lang), head, rows, lang, (13.5, 2.5))


def _pictures(
    document: DocxTemplate,
    story: Story,
    folder: Path,
    names: Sequence[str],
    said: Sequence[str],
) -> Iterator[dict[str, Any]]:
    """Return the pictures of a section; what was not made is told of in its text."""
    lang = story.lang
    for name in names:
        path = folder / f"{name}.png"
        if not path.exists():
            title = label(f"file:{name}", lang)
            yield {"gone": label("report:picture_gone", lang, name=title)}
            continue
        with Image.open(path) as image:
            broad = min(TEXT_WIDTH, Emu(int(PICTURE_HEIGHT * image.width / image.height)))
        words = without_marks(caption(name, lang, region=story.study.region))
        yield {
            "image": InlineImage(document, str(path), width=Length(broad)),
            "kind": label("report:figure", lang),
            "name": name,
            "caption": words,
            # who cannot see the picture hears what it says
            "alt": without_marks(f"{words} {' '.join(said)}"),
        }


def _finish(
    document: DocxTemplate, sections: list[dict[str, Any]], study: Study, lang: str
) -> None:
    """Set what no place of a template can: widths, sides, alternative texts, language, facts."""
    tables = [table for section in sections for table in section["tables"]]
    for content, table in zip(tables, document.tables, strict=False):
        figures = [place > 0 and any(map(_is_figure, column))
                   for place, column in enumerate(zip(*content["rows"], strict=True))]  # fmt: skip
        for column, width in zip(table.columns, content["widths"], strict=True):
            column.width = Cm(width)
        last = len(content["rows"])
        for place, row in enumerate(table.rows):
            # a short table is not divided; of a long one no row stands alone
            kept = place < last and (last <= WHOLE_ROWS or not 2 <= place < last - 2)
            for cell, width, figure in zip(row.cells, content["widths"], figures, strict=True):
                cell.width = Cm(width)
                paragraph = cell.paragraphs[0]
                paragraph.paragraph_format.keep_with_next = kept
                if figure:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
                for run in paragraph.runs:
                    run.bold = True if content["last_bold"] and place == last else run.bold
    pictures = [picture for section in sections for picture in section["pictures"]]
    for content, shape in zip(pictures, document.inline_shapes, strict=False):
        shape._inline.docPr.set("descr", content["alt"])
        shape._inline.docPr.set("title", content["caption"].split(". ")[0])
    _move_late(document, sections)
    for paragraph in document.paragraphs[-LAST:]:
        # a table of sources alone on a page would be a page of nothing
        paragraph.paragraph_format.keep_with_next = True
    for picture, under in pairwise(document.paragraphs):
        if picture._p.find(f".//{qn('w:drawing')}") is not None:
            # the caption above a table stays with it, that of a picture with nothing below
            under.paragraph_format.keep_with_next = False
    for found in document.styles.element.iter(qn("w:lang")):
        found.set(qn("w:val"), language(lang).tag)
    set_facts(document.core_properties, study, lang)


def _move_late(document: DocxTemplate, sections: list[dict[str, Any]]) -> None:
    """Set the pictures that stand after the tables of their section there, with their captions."""
    shapes, tables = iter(document.inline_shapes), iter(document.tables)
    for section in sections:
        shown = [next(shapes, None) for _ in section["pictures"]]
        last = ([None] + [next(tables, None) for _ in section["tables"]])[-1]
        for content, shape in zip(section["pictures"], shown, strict=True):
            if content["name"] in LATE and shape is not None and last is not None:
                picture = next(shape._inline.iterancestors(qn("w:p")))
                for part in (picture.getnext(), picture):
                    last._tbl.getnext().addnext(part)  # the room below a table


def _is_figure(text: str) -> bool:
    """Say whether a cell holds a number: it then stands to the right."""
    return text[:1].isdigit() or text[:1] == "\u2212"
