"""What the act on digital public services asks: pages without faults of WCAG 2.1 AA, tagged PDF."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pandas as pd
import pypdf
import pytest
from browser import open_browser, visit, wait_until

import symbios_geo as sg
from symbios_geo.outputs import notebooks, pages
from symbios_geo.outputs import write as outputs
from symbios_geo.outputs.parts import PARTS
from symbios_geo.study.chain import in_language

pytestmark = pytest.mark.usefixtures("coarse")
WIDTHS = (360, 1440)
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}"
# a folder that `symbios-geo run` has written, to look at all of its pages too
WRITTEN = os.environ.get("SYMBIOS_GEO_OUTPUT")
MADE = ["accessibility page", "map heat-match"]
SHARED = [
    "index.html", "findings.html", "maps/heat-sources.html",
    "maps/heat-match-months.html",
]  # fmt: skip
BOOK = """{"cells": [
 {"cell_type": "markdown", "id": "a", "metadata": {"tags": ["lang:en"]},
  "source": "# How much?\\n\\nSee [there](10-heat-balance.ipynb) and `x`."},
 {"cell_type": "markdown", "id": "b", "metadata": {"tags": ["lang:sv"]},
  "source": "# Hur mycket?\\n\\nSe [där](10-heat-balance.ipynb) och `x`."},
 {"cell_type": "code", "id": "c", "metadata": {"caption": {"sv": "Sådant.", "en": "Such."}},
  "execution_count": null, "outputs": [],
  "source": "import pandas as pd\\nimport matplotlib.pyplot as plt\\nimport symbios_geo as sg\\n\\nLANG = \\"sv\\"\\nplt.plot([1, 2]);\\nsg.show(pd.DataFrame({\\"value\\": [1.5]}, index=[\\"a\\"]), LANG)"},
 {"cell_type": "code", "id": "d", "metadata": {}, "execution_count": null, "outputs": [],
  "source": "sg.tell(LANG, sv=\\"Summan: {x:GWh/yr}\\", en=\\"The sum: {x:GWh/yr}\\", x=1.5)"}],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"""  # noqa: E501


@pytest.fixture(scope="module")
def folder(
    study: sg.Study, output: Path, documentation: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a folder with one page of every kind, half of them in English."""
    place = tmp_path_factory.mktemp("law")
    outputs.write_all(study, place, verdicts=pd.DataFrame(), parts=MADE)
    for name in SHARED:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(output / name, place / name)
    (place / "notebooks").mkdir()
    book = place / "00-book.ipynb"
    book.write_text(BOOK, encoding="utf-8")
    notebooks.write_notebooks([book], place / "notebooks", lang="en")
    (place / "factsheets").mkdir()
    english = in_language(study, "en")
    sg.factsheets.write_factsheet(english, "1382", place / "factsheets", lang="en")
    # every page of the theme is made alike
    shutil.copytree(documentation / "_static", place / "docs" / "_static")
    for name in ("index", "first-hour", "glossary", "vad-svaren-betyder", "reference"):
        shutil.copyfile(documentation / f"{name}.html", place / "docs" / f"{name}.html")
    return place


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Any]:
    yield from open_browser(request)


def faults(browser: Any, path: Path, width: int) -> list[str]:
    """Return what axe-core finds on a page, and whether it must be scrolled sideways."""
    with visit(browser, path, (width, 900), wait=False) as seen:
        seen.page.wait_for_load_state("networkidle")
        if seen.page.evaluate("'firstDrawing' in (window.symbios ?? {})"):
            wait_until(seen.page, "window.symbios.firstDrawing")
        seen.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = seen.page.evaluate(f"axe.run(document, {RULES})")["violations"]
        told = [f"{row['id']}: {row['nodes'][0]['html'][:120]}" for row in found]
        if seen.page.evaluate("document.documentElement.scrollWidth") > width:
            told.append("wider than the screen")
    return told


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_have_no_faults_of_wcag(folder: Path, browser: Any, width: int):
    places = sorted(folder.rglob("*.html"))
    if WRITTEN:
        places += sorted(Path(WRITTEN).rglob("*.html"))
    assert len(places) >= 12
    told = {str(page): found for page in places if (found := faults(browser, page, width))}
    assert told == {}


@pytest.mark.slow
def test_a_page_with_a_fault_is_found(browser: Any, tmp_path: Path):
    page = tmp_path / "faulty.html"
    page.write_text('<html><body style="color:#bbb">faint<img src="data:,"></body></html>')
    told = " ".join(faults(browser, page, 360))
    assert all(rule in told for rule in ("color-contrast", "image-alt", "html-has-lang"))


def tags_of(path: Path) -> dict[str, Any]:
    """Return what a PDF says of itself."""
    reader = pypdf.PdfReader(path)
    root = reader.trailer["/Root"]
    tree = root.get("/StructTreeRoot")
    return {
        "tagged": bool(tree) and bool(root["/MarkInfo"]["/Marked"]),
        "lang": str(root.get("/Lang", ""))[:2],
        "title": (reader.metadata or {}).get("/Title", ""),
        "shown": bool(root.get("/ViewerPreferences", {}).get("/DisplayDocTitle")),
    }


@pytest.mark.slow
def test_every_pdf_is_tagged_and_has_title_and_language(folder: Path):
    paths = [*folder.rglob("*.pdf"), *(Path(WRITTEN).rglob("*.pdf") if WRITTEN else [])]
    assert {path.parent.name for path in paths} == {"maps", "factsheets"}
    for path in paths:
        told = tags_of(path)
        assert told["tagged"], path
        assert told["shown"], path
        assert told["lang"] in ("sv", "en"), path
        assert len(told["title"]) > 10, path


@pytest.mark.slow
def test_a_map_is_one_figure_with_words_that_stand_for_it(folder: Path):
    reader = pypdf.PdfReader(folder / "maps" / "heat-match.pdf")
    (document,) = reader.trailer["/Root"]["/StructTreeRoot"]["/K"]
    (figure,) = document.get_object()["/K"]
    assert figure.get_object()["/S"] == "/Figure"
    alt = figure.get_object()["/Alt"]
    caption = (folder / "maps" / "heat-match.sv.txt").read_text(encoding="utf-8").strip()
    first, _, told = alt.partition(caption)
    assert first == ""
    # beside the caption, what the picture says in numbers
    assert "GWh" in told
    assert ".." not in alt
    data = reader.pages[0].get_contents().get_data()
    assert data.startswith(b"/Figure <</MCID 0>> BDC")
    assert data.rstrip().endswith(b"EMC")
    assert "Halmstad" in reader.pages[0].extract_text().title()


def test_the_statement_says_what_the_act_asks_for(study: sg.Study):
    for lang in ("sv", "en"):
        text = pages.accessibility_page(study, lang=lang)
        for word in ("2018:1937", "WCAG 2.1", "digg.se/tdosanmalan", "Kontakta oss", "Contact us"):
            assert word in text
        assert f'<html lang="{lang}">' in text
        assert 'lang="en"' in text
    assert "accessibility page" in PARTS
