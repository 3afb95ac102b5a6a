"""The pages for contributors: they name what is there, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
ROOMS = sorted(path.parent.name for path in (ROOT / "symbios_geo").glob("*/__init__.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_room_stands_on_the_page_and_in_the_picture(room: str):
    assert f"`{room}/`" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert f">{room}<" in (ROOT / "docs" / "rooms.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files(page: Path):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if ":" not in link and not (page.parent / link).exists()]
    assert not missing


def test_glossary_is_short():
    rows = re.findall(r"^\| (?!English|---)", (ROOT / "docs" / "glossary.md").read_text(), re.M)
    assert 20 <= len(rows) <= 40


def test_every_make_target_is_explained():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"\.PHONY: (.+)", text).group(1).split())
    explained = set(re.findall(r'@echo "make (\w+) ', text))
    assert explained == targets - {"help"}
