"""Every page that a run publishes, opened on a phone and on a desk: it is whole and quiet."""

from __future__ import annotations

import os
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import browser as web
import pytest

SIZES = [(360, 800), (1440, 900)]


class Links(HTMLParser):
    """Collect the files that a page leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        target = dict(attrs).get("href") or ""
        if tag == "a" and target and "://" not in target and not target.startswith(("#", "data:")):
            self.found.append(unquote(target.partition("#")[0]))


@pytest.fixture(scope="module")
def published(request) -> Path:
    """Return a run: the folder that SYMBIOS_OUTPUT names, or one with every kind of page."""
    given = os.environ.get("SYMBIOS_OUTPUT")
    return Path(given) if given else request.getfixturevalue("output")


@pytest.fixture(scope="module")
def chromium(request):
    yield from web.open_browser(request)


def slide(page: Any) -> None:
    """Move every slider to every one of its stops, and scroll to the end of the page."""
    for slider in page.locator("input[type=range]:visible").all():
        slider.focus()
        page.keyboard.press("Home")
        for _ in range(int(slider.get_attribute("max") or 0)):
            page.keyboard.press("ArrowRight")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")


def blank(page: Any) -> bool:
    """Say whether a drawing surface of the page has no size."""
    drawn = "canvas.leaflet-zoom-animated, .map svg"
    sizes = page.locator(drawn).evaluate_all("nodes => nodes.map((node) => node.clientWidth)")
    return any(size == 0 for size in sizes)


def narrow(page: Any) -> list[str]:
    """Return the headings that have room for less than a word a line."""
    shown = "nodes.filter((node) => node.checkVisibility() && node.clientWidth < 150)"
    return page.locator("h1").evaluate_all(f"nodes => {shown}.map((node) => node.textContent)")


@pytest.mark.slow
def test_every_page_is_whole_and_quiet(chromium, published):
    faults = []
    for path in sorted(published.rglob("*.html")):
        for size in SIZES:
            with web.visit(chromium, path, size, wait=False) as seen:
                seen.page.wait_for_load_state()
                slide(seen.page)
                name = f"{path.relative_to(published)} at {size[0]}"
                faults += [f"{name}: {text}" for text in (*seen.errors, *seen.requests)]
                faults += [f"{name}: blank"] if blank(seen.page) else []
                faults += [f"{name}: cut {text}" for text in web.overflowing(seen.page)]
                faults += [f"{name}: narrow {text}" for text in narrow(seen.page)]
    assert faults == []


@pytest.mark.slow
def test_no_link_is_dead(published):
    dead = []
    for path in sorted(published.rglob("*.html")):
        links = Links()
        links.feed(path.read_text(encoding="utf-8"))
        dead += [f"{path.name} -> {to}" for to in links.found if not (path.parent / to).exists()]
    assert dead == []
