"""The pages that people open first: the findings on two sheets, and the front page."""

from __future__ import annotations

import base64
import html
import math
import re
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from ..disclosure import INTERNAL
from ..files import package_text
from ..labels import LANGUAGES, citation, date_line, label, label_or, unit_label, version_line
from ..register.national import GRADE
from ..shortlist import MOST
from ..study.chain import Study, check_study, in_language
from ..study.outlook import Outlook
from ..tables import data_date, read_table
from ..web.embed import as_script, json_block, policy
from .answer import answer
from .job import ARCHIVE, BOOK, DECK, PACKAGE
from .key_figures import key_figures
from .verdicts import claim_counts, claim_words, stamps

THUMBNAIL_PIXELS = 480
TOLD = ("delivered", "yearly_msek")  # on a phone until a row is chosen
LEFT = 4  # named of what stands outside the list of pilots
UNUSED = 8  # on a page until more is asked for
SUFFIXES = (".html", ".png", ".svg", ".pdf", ".csv")
FOLDERS = ("maps", "figures")
TOWN_MAPS = ("maps/heat-match", "maps/pilots")  # of the region, that a municipality asks for too
# files of their own on the front page, in this order; those that were not made are left out
FILES = (DECK, "report.docx", f"tables/{BOOK}", PACKAGE, ARCHIVE)


def findings_page(study: Study, verdicts: pd.DataFrame, *, lang: str = "sv") -> str:
    """Return the page of verdicts as HTML; it prints on two sheets of A4."""
    groups = [
        {"name": label(f"group:{group}", lang), "rows": [claim_words(row, lang) for row in rows]}
        for group, rows in _grouped(verdicts)
    ]
    quoted = verdicts.loc[verdicts["origin"] == "quoted", "verdict"]
    return _render(
        "findings.html",
        study,
        lang,
        title=_held(verdicts, lang, **study.region.words(lang)),
        internal=check_study(study) == INTERNAL,
        figures=key_figures(study, lang),
        stamps=stamps(quoted, lang),
        groups=groups,
    )


def _held(verdicts: pd.DataFrame, lang: str, **names: str) -> str:
    """Say how many quoted claims hold; what a document says of its own money is counted apart."""
    counts = claim_counts(verdicts)
    if not counts["claim_count"]:
        return label("findings:title", lang, **names)
    kind = "findings:held" if counts["sums_count"] else "findings:held_matter"
    return label(kind, lang, **counts, **names)


def index_page(
    study: Study,
    verdicts: pd.DataFrame,
    folder: Path,
    *,
    lang: str = "sv",
    outlook: Outlook | None = None,
    place: str = "",
    said: dict[str, Any] | None = None,
) -> str:
    """
    Return the one page as HTML: the answer, and the way to everything else in a folder.

    With a `place`, a municipality_code, it opens with that municipality and stands in the folder
    `municipalities`. `outlook` is what would change the answer; without it that part is left out.
    `said` is what `answer` gave, for several pages from one.
    """
    if study.lang != lang:
        study = in_language(study, lang)
    said = dict(said or answer(study, verdicts, outlook, lang=lang))
    program = f'(function () {{\n"use strict";\n{as_script(said.pop("script"))}}})();\n'
    root = "../" if place else ""
    names = study.region.names
    sheets = {
        str(code): f"{root}factsheets/{file}"
        for code in names.index
        if (folder / "factsheets" / (file := f"{study.region.file_name(code)}.html")).exists()
    }
    title = label("output:title", lang, **study.region.words(lang))
    parts = {"borja": said["pilots"] or said["undecided"], "utbyten": True,
             "outnyttjat": said["unused"], "mat": said["movers"], "pastaenden": said["claims"],
             "prova": said["levels"], "allt": True}  # fmt: skip
    return _render(
        "index.html",
        study,
        lang,
        internal=check_study(study) == INTERNAL,
        judged=len(verdicts) > 0,
        elsewhere=not study.region.packaged,
        national=national_note(study, lang),
        title=f"{names[place]}: {title}" if place else title,
        policy=policy([program]),
        program=program,
        data=json_block(said.pop("payload") | {"place": place}),
        place=place,
        answer_style=package_text("outputs", "answer.css"),
        parts=[key for key, there in parts.items() if there],
        # a region that is one municipality of its name is chosen already
        choosing=len({area["name"] for area in said["areas"]}) > 1,
        figures=key_figures(study, lang),
        # the score is of what the document says, not of our stricter questions
        stamps=stamps(verdicts.loc[verdicts["origin"] == "quoted", "verdict"], lang),
        verdicts_about=label(
            "index:verdicts_about",
            lang,
            quoted=int((verdicts["origin"] == "quoted").sum()),
            others=int((verdicts["origin"] != "quoted").sum()),
        ),
        most=MOST,
        told=TOLD,
        most_unused=UNUSED,
        most_left=LEFT,
        downloads=[
            (path, label(f"answer:{key}", lang))
            for key, path in (
                ("excel", f"tables/{BOOK.format(study.region.slug)}"),
                ("word", "report.docx"),
                ("powerpoint", DECK.format(study.region.slug)),
                ("csv_all", "tables/plan.csv"),
            )
            if (folder / path).exists()
        ],
        open_groups=("heat", "co2"),
        # a page of one municipality leads to the first page, which has all cards and files
        sections=[]
        if place
        else [s for name in FOLDERS if (s := _cards(folder, name, lang))["cards"]],
        lists=[_town_files(folder, study.region.file_name(place), lang)]
        if place
        else [s for s in _lists(study, folder, lang) if s["rows"]],
        has=lambda name: (folder / name).exists(),
        root=root,
        sheets=sheets,
        units={key: unit_label(record.unit, lang) for key, record in study.resources.items()},
        **said,
    )


def accessibility_page(study: Study, *, lang: str = "sv") -> str:
    """
    Return the accessibility statement as HTML, in this language and then in the others.

    It says what the act (2018:1937) on the accessibility of digital public services asks for: what
    is not accessible, how that was tested, whom to contact and who supervises.
    """
    return _render(
        "accessibility.html",
        study,
        lang,
        internal=check_study(study) == INTERNAL,
        texts=[_statement(study, code) for code in sorted(LANGUAGES, key=lambda c: c != lang)],
    )


def _statement(study: Study, lang: str) -> dict[str, Any]:
    """Return the statement in one language, part by part."""
    values = {**study.region.words(lang), "date": f"{data_date():%Y-%m-%d}"}

    def text(key: str) -> str:
        return label(f"access:{key}", lang, **values)

    keys = [key for key in read_table("labels")["key"] if key.startswith("access:")]
    parts = [
        {"name": text(part), "lines": [text(k[7:]) for k in keys if k[7:].startswith(f"{part}_")]}
        for part in ("how", "not", "tested", "contact", "authority")
    ]
    return {"lang": lang, "title": text("title"), "intro": text("intro"), "parts": parts}


def national_note(study: Study, lang: str = "sv") -> str:
    """Return a sentence on what is only a national key here; empty where every row is local."""
    flows = study.register.flows
    keyed = flows[flows["inside"] & (flows["confidence"] == GRADE)]
    if keyed.empty:
        return ""
    count = keyed["municipality_code"].nunique()
    where = label("index:national_in_one" if count == 1 else "index:national_in", lang, count=count)
    return label("index:national", lang, rows=len(keyed), where=where)


def _town_files(folder: Path, name: str, lang: str) -> dict[str, Any]:
    """Return the list of a municipality: its sheet and maps, and the way to all else."""
    sheet = {kind: f"factsheets/{name}.{kind}" for kind in ("png", "html", "pdf")}
    files = {path: label(f"town_file:{kind}", lang) for kind, path in sheet.items()}
    files |= {f"{found}.png": label(f"file:{found}", lang) for found in TOWN_MAPS}
    files["index.html"] = label("answer:all_files", lang)
    rows = [
        {"path": f"../{path}", "words": words,
         "about": label("town_file:whole", lang) if path.startswith("maps/") else ""}
        for path, words in files.items()
        if path == "index.html" or (folder / path).exists()
    ]  # fmt: skip
    return {"name": label("index:files", lang), "rows": rows, "note": ""}


def thumbnail(path: Path, pixels: int = THUMBNAIL_PIXELS) -> str:
    """Return a picture made small as a data address."""
    from PIL import Image

    small = BytesIO()
    with Image.open(path) as picture:
        step = max(math.ceil(max(picture.size) / pixels), 1)
        picture.convert("RGB").reduce(step).save(small, format="png")
    return "data:image/png;base64," + base64.b64encode(small.getvalue()).decode()


def title_of(folder: str, stem: str, lang: str = "sv") -> str:
    """Return the words for a file of a folder, or its name made readable."""
    return label_or(f"file:{folder}/{stem}", stem.replace("-", " ").capitalize(), lang)


def _render(name: str, study: Study, lang: str, **values: Any) -> str:
    """Fill a page; every value enters as text, never as markup."""
    names = study.region.words(lang)
    book = BOOK.format(study.region.slug)
    template = _templates().get_template(name)
    return template.render(
        lang=lang,
        word=lambda key, **values: label(key, lang, book=book, **(names | values)),
        style=package_text("outputs", "page.css"),
        version=version_line(lang),
        date=date_line(lang),
        cite=citation(lang, region=names["region"]),
        **values,
    )


@cache
def _templates() -> jinja2.Environment:
    """Return the templates of the pages; each is compiled once per process."""
    loader = jinja2.FunctionLoader(lambda file: package_text("outputs", file))
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )


def _grouped(verdicts: pd.DataFrame) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """Yield the claims by subject, in the order of the table."""
    for group in verdicts["group"].unique():
        yield str(group), verdicts[verdicts["group"] == group].to_dict("records")


def file_order(folder: Path, *suffixes: str) -> list[str]:
    """Return the pictures of an output as folder/stem: in the order of labels.csv, then others."""
    found = {
        f"{name}/{path.stem}"
        for name in FOLDERS
        for path in (folder / name).glob("*")
        if path.suffix in suffixes
    }
    keys = read_table("labels")["key"]
    known = [key.removeprefix("file:") for key in keys if key.removeprefix("file:") in found]
    return [*known, *sorted(found - set(known))]


def _cards(folder: Path, name: str, lang: str) -> dict[str, Any]:
    """Return a section of the front page: one card per subject, with its files."""
    cards = []
    for subject in file_order(folder, *SUFFIXES):
        if not subject.startswith(f"{name}/"):
            continue
        paths = {s: f"{subject}{s}" for s in SUFFIXES if (folder / f"{subject}{s}").exists()}
        cards.append(
            {
                "words": title_of(name, subject.removeprefix(f"{name}/"), lang),
                "picture": thumbnail(folder / paths[".png"]) if ".png" in paths else "",
                "first": next(iter(paths.values())),
                "links": [
                    {"path": path, "words": label(f"format:{suffix[1:]}", lang)}
                    for suffix, path in paths.items()
                ],
            }
        )
    return {"key": name, "name": label(f"index:{name}", lang), "cards": cards}


def _lists(study: Study, folder: Path, lang: str) -> list[dict[str, Any]]:
    """Return the sections of the front page without pictures."""
    named = {name: name.format(study.region.slug) for name in FILES}
    plain = [
        {"path": path, "words": path.rpartition("/")[2], "about": label(f"file:{name}", lang)}
        for name, path in named.items()
        if (folder / path).exists()
    ]
    if (folder / "tables").exists() and any((folder / "tables").glob("*.csv")):
        row = {"path": "tables/", "words": "tables/", "about": label("file:tables", lang)}
        plain.append(row)
    sections = [{"name": label("index:files", lang), "rows": plain, "note": ""}]
    for name in ("municipalities", "factsheets", "notebooks"):
        pages = sorted((folder / name).glob("*.html"))
        rows = [{"path": f"{name}/{p.name}", "words": _named(p, lang), "about": ""} for p in pages]
        note = label_or(f"index:{name}_about", "", lang)
        sections.append({"name": label(f"index:{name}", lang), "rows": rows, "note": note})
    return sections


def _named(page: Path, lang: str) -> str:
    """Return what a page is called: a notebook by its question, others by their words."""
    folder = page.parent.name
    head = page.read_text(encoding="utf-8")[:2000] if folder == "notebooks" else ""
    found = re.search(r"<title>(.+?)</title>", head)
    return html.unescape(found[1]) if found else title_of(folder, page.stem, lang)
