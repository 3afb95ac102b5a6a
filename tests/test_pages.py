"""The front page and the findings: every text is text, nothing is fetched, two sheets of paper."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pypdf
import pytest
from matplotlib import image

from symbios_geo import labels
from symbios_geo.disclosure import clear
from symbios_geo.errors import OutputError
from symbios_geo.maps import captions
from symbios_geo.outputs import notebooks, pages
from symbios_geo.outputs import write as outputs
from symbios_geo.outputs.key_figures import key_figures
from symbios_geo.outputs.verdicts import verdict_bar
from symbios_geo.study import claims as findings
from symbios_geo.tables import data_version, read_table

HOSTILE = "</td><script>alert(1)</script>{{ 7*191 }}{% raw %}<img src=http://x/y onerror=z>"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def verdicts(study) -> pd.DataFrame:
    return findings.check_all(study)


class Outside(HTMLParser):
    """Collect what a page would fetch, and every tag."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        given = dict(attrs)
        if tag == "a":
            self.links.append(given.get("href", ""))
        for name in ("src", "href", "srcset", "action", "data"):
            value = given.get(name) or ""
            if (tag, name) != ("a", "href") and value and not value.startswith(("data:", "#")):
                self.fetched.append(value)


def read(text: str) -> Outside:
    found = Outside()
    found.feed(text)
    return found


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_findings_page_shows_every_claim_and_fetches_nothing(study, verdicts, lang):
    text = pages.findings_page(study, verdicts, lang=lang)
    assert text.count('class="verdict"') == len(verdicts)
    # how a document counts its own money says nothing of resources
    quoted = verdicts[verdicts["origin"] == "quoted"]
    told = [int(n) for n in re.findall(r"\d+", text.partition("<h1>")[2].partition("<")[0])]
    matter = quoted.loc[quoted["group"].ne("budget"), "verdict"]
    assert told == [matter.eq("holds").sum(), len(matter)]
    assert read(text).fetched == []
    assert "script" not in read(text).tags
    assert f'lang="{lang}"' in text
    assert data_version() in text
    assert "INTERN" not in text
    inside = replace(study, register=clear(study.register, "internal"))
    assert "INTERN" in pages.findings_page(inside, verdicts, lang=lang)


def test_hostile_texts_arrive_as_text(study, verdicts):
    changed = verdicts.assign(text=HOSTILE, explanation=HOSTILE)
    text = pages.findings_page(study, changed)
    page = read(text)
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert text.count("{{ 7*191 }}") == 2 * len(changed)
    assert "1337" not in text


def test_key_figures_are_those_of_the_study(study):
    shown = {f["words"]: f["value"] for f in key_figures(study, "en")}
    total = study.balances["heat"]["demand"].sum()
    assert shown["heat demand of buildings"] == labels.quantity(total, "GWh/yr", "en")
    assert shown["biogenic CO2 from sites"].startswith(
        labels.number(study.co2["biogenic"].sum(), "en")
    )


def test_bar_puts_range_value_and_limit_on_one_line():
    row = {"low": 10.0, "value": 20.0, "high": 30.0, "threshold": 50.0}
    bar = verdict_bar(row, "sv")
    assert bar["low"] == 4
    assert bar["threshold"] == 96
    assert bar["value"] == pytest.approx(27)
    assert bar["width"] == pytest.approx(46)


def test_certainty_is_never_shown_as_a_hundred_per_cent():
    assert labels.chance(1.0, "en") == ">\u00a099\u00a0%"
    assert labels.chance(0.0, "en") == "<\u00a01\u00a0%"
    assert labels.chance(0.421, "en") == "42\u00a0%"


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("maps", "figures", "tables", "notebooks", "factsheets"):
        (tmp_path / name).mkdir()
    picture = np.linspace(0, 1, 900 * 600 * 3).reshape(900, 600, 3)
    image.imsave(tmp_path / "maps" / "heat-sources.png", picture)
    image.imsave(tmp_path / "figures" / "unheard-of.png", picture)
    for name in ("maps/heat-sources.html", "maps/heat-sources.svg", "report.docx", "tables/a.csv",
                 "notebooks/00-start-here.html", "factsheets/varberg.html"):  # fmt: skip
        (tmp_path / name).write_text("x")
    return tmp_path


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_front_page_links_what_is_there_and_only_that(study, verdicts, folder, lang):
    page = read(pages.index_page(study, verdicts, folder, lang=lang))
    assert page.fetched == []
    files = [link for link in page.links if not link.startswith("#")]
    inside = [link for link in files if link not in ("manifest.json", "findings.html")]
    assert all((folder / link).exists() for link in inside)
    assert {"maps/heat-sources.html", "figures/unheard-of.png", "report.docx", "tables/",
            "notebooks/00-start-here.html", "factsheets/varberg.html"} <= set(inside)  # fmt: skip
    assert "symbios-halland.gpkg" not in inside
    assert page.tags.count("img") == 2


def test_pictures_come_in_the_order_of_the_labels(folder):
    order = pages.file_order(folder, ".png")
    assert order == ["maps/heat-sources", "figures/unheard-of"]
    assert pages.title_of("figures", "unheard-of") == "Unheard of"


def test_thumbnail_is_small_and_the_same_twice(folder):
    path = folder / "maps" / "heat-sources.png"
    address = pages.thumbnail(path, pixels=300)
    assert address == pages.thumbnail(path, pixels=300)
    assert address.startswith("data:image/png;base64,")


@pytest.mark.parametrize("name", [n for n in outputs.PARTS if n.startswith(("map ", "chart "))])
def test_every_picture_has_title_and_caption_in_both_languages(name):
    kind, stem = name.split(" ", 1)
    key = f"{'maps' if kind == 'map' else 'figures'}/{stem}"
    assert labels.has_label(f"file:{key}")
    texts = [captions.caption(key, lang) for lang in ("sv", "en")]
    assert texts[0] != texts[1]
    assert all(data_version() in text for text in texts)


def test_captions_lie_beside_the_picture(tmp_path):
    captions.write_captions(tmp_path / "heat-sources", "maps/heat-sources", internal=True)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["heat-sources.en.txt", "heat-sources.sv.txt"]
    assert (tmp_path / names[1]).read_text(encoding="utf-8").startswith("INTERN. Källor")


def test_marked_page_says_so_on_its_face_and_in_its_head():
    page = '<html>\n<head>\n<title>x</title></head>\n<body class="y">z</body></html>'
    text = captions.mark_page(page, "en")
    assert re.search(r'<head>\n<meta name="keywords" content="INTERN">', text)
    assert re.search(r'<body class="y"><div style="[^"]*">INTERN', text)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_findings_print_on_two_sheets(study, verdicts, tmp_path, lang):
    claims = read_table("claims")
    longest = verdicts["explanation"].str.len().idxmax()
    full = verdicts.assign(
        explanation=verdicts["explanation"].where(
            verdicts["verdict"] != "not_judged", verdicts.loc[longest, "explanation"]
        )
    )
    page = tmp_path / "findings.html"
    page.write_text(pages.findings_page(study, full, lang=lang), encoding="utf-8")
    printed = tmp_path / "findings.pdf"
    subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
         f"--print-to-pdf={printed}", page.as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    sheets = pypdf.PdfReader(printed).pages
    assert len(sheets) <= 2
    assert float(sheets[0].mediabox.width) == pytest.approx(595, abs=1)
    assert len(claims) == len(full)


NOTEBOOK = """{"cells": [
 {"cell_type": "markdown", "id": "a", "metadata": {},
  "source": "# The title\\n[next](01-bad.ipynb)"},
 {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": null, "outputs": [],
  "source": "import sys; print(sys.executable); open('x', 'x').write('y'); assert 'left' not in dir(); left = 1; %s"}],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"""  # noqa: E501


@pytest.mark.slow
def test_notebooks_run_elsewhere_with_this_python_and_fetch_nothing(tmp_path, monkeypatch):
    import sys

    monkeypatch.setattr(notebooks, "KERNELS", 1)  # each finds a kernel that another one has used
    place, out = tmp_path / "in", tmp_path / "out"
    place.mkdir()
    out.mkdir()
    (place / "00-good.ipynb").write_text(NOTEBOOK % "pass")
    (place / "01-bad.ipynb").write_text(NOTEBOOK % "1 / 0")
    (place / "02-good.ipynb").write_text(NOTEBOOK % "pass")
    books = sorted(place.iterdir())
    with pytest.raises(OutputError, match=r"^01-bad.ipynb: ZeroDivisionError: [^\n]*$"):
        notebooks.write_notebooks(books, out)
    assert sorted(p.name for p in out.iterdir()) == ["00-good.html", "02-good.html"]
    again = (out / "02-good.html").read_text(encoding="utf-8")
    text = (out / "00-good.html").read_text(encoding="utf-8")
    number = labels.label("notebook:numbered", number="{}").capitalize()
    assert again == text.replace(number.format("00"), number.format("02"))
    assert sys.executable in text
    assert "<title>The title</title>" in text
    assert 'href="01-bad.html"' in text
    assert [f for f in read(text).fetched if "//" in f] == []
    assert sorted(place.iterdir()) == books
    notebooks.write_notebooks(books[:1], out, internal=True)
    assert "INTERN" in (out / "00-good.html").read_text(encoding="utf-8")
