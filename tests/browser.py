"""A headless browser without a network, for the tests of interactive maps."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest

import symbios_geo as sg

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, PHONE = (1400, 900), (390, 800)


@dataclass
class Visit:
    """An open page and everything it did that it should not have done."""

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def count(self, name: str) -> Any:
        """Return one of the numbers that the page shows to tests."""
        return self.page.evaluate(f"window.symbios.{name}")

    def texts(self, selector: str) -> list[str]:
        """Return the texts of every element that a selector finds."""
        return self.page.locator(selector).all_text_contents()

    def assert_quiet(self) -> None:
        """Fail if the page asked for the network, reported an error, or opened a dialog."""
        assert (self.requests, self.errors, self.dialogs) == ([], [], [])


# pages whose visit is over, by browser and whether they have a touch screen
IDLE: dict[tuple[Any, bool], list[Visit]] = defaultdict(list)


def open_browser(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Start the browser; without one, skip aloud, or fail where CI is set."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        message = f"NO BROWSER at {CHROMIUM}: interactive maps are NOT tested. Set CHROMIUM."
        if os.environ.get("CI"):
            pytest.fail(message)
        plugins = request.config.pluginmanager
        with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
            plugins.get_plugin("terminalreporter").write_line("\n" + message, red=True)
        pytest.skip(message)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def open_page(browser: Any, *, has_touch: bool) -> Visit:
    """Open an empty page with the network cut, that keeps what it should not have done."""
    seen = Visit(browser.new_context(has_touch=has_touch).new_page())

    def route(found: Any) -> None:
        if found.request.url.startswith(("file:", "data:")):
            found.continue_()
        else:
            seen.requests.append(found.request.url)
            found.abort()

    seen.page.route("**/*", route)
    seen.page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
    seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
    seen.page.on("dialog", lambda d: (seen.dialogs.append(d.message), d.dismiss()))
    return seen


@contextmanager
def visit(
    browser: Any, path: Path, size: tuple[int, int] = DESKTOP, *, wait: bool = True, state: str = ""
) -> Iterator[Visit]:
    """Open a file with the network cut, in a page that an earlier visit left or in a new one."""
    # a page opened anew costs the browser a process: more than to draw most maps
    idle = IDLE[browser, size == PHONE]
    seen = idle.pop() if idle else open_page(browser, has_touch=size == PHONE)
    seen.requests, seen.errors, seen.dialogs = [], [], []
    seen.page.set_viewport_size({"width": size[0], "height": size[1]})
    seen.page.goto(path.absolute().as_uri() + state)
    if wait:
        wait_until(seen.page, "window.symbios?.firstDrawing")
    yield seen
    # not so after a failure, when nothing is known of the page
    seen.page.mouse.move(-1, -1)
    seen.page.emulate_media(media="null")
    seen.page.goto("about:blank")
    idle.append(seen)


def wait_until(page: Any, expression: str, seconds: float = 30) -> None:
    """Wait until an expression is true; asked from outside, since the pages allow no `eval`."""
    last = time.monotonic() + seconds
    while not page.evaluate(f"Boolean({expression})"):
        assert time.monotonic() < last, f"{expression} is not true after {seconds} s"
        page.wait_for_timeout(50)


OVERFLOWING = """() => {
  const wide = document.documentElement.clientWidth;
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    if (!node.checkVisibility() || node.closest("svg, script, style")) continue;
    let box = node.getBoundingClientRect();
    let parent = node.parentElement;
    let scrolls = false;
    for (; parent; parent = parent.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(parent).overflowX)) scrolls = true;
    }
    const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (own && !scrolls && (box.right > wide + 1 || box.left < -1)) {
      found.push(`${node.tagName} ${node.className} ${node.textContent.trim().slice(0, 40)}`);
    }
  }
  return found;
}"""


def overflowing(page: Any) -> list[str]:
    """Return the elements whose text runs out of the window and cannot be scrolled to."""
    return list(page.evaluate(OVERFLOWING))


def many_places(register: sg.Register, count: int) -> sg.Register:
    """Return a register of many made-up places with one heat source each."""
    random = np.random.default_rng(1)
    rows = np.zeros(count, dtype=int)
    names = [f"Plats {i}" for i in range(count)]
    points = gpd.points_from_xy(random.uniform(12, 13.5, count), random.uniform(56.4, 57.5, count))
    ids = [f"p{i}" for i in range(count)]
    sites = (
        register.sites.iloc[rows].set_axis(ids).assign(name=names, note="", municipality_code=None)
    )
    sites = sites.set_geometry(points, crs=4326).rename_axis("site_id")
    value = random.lognormal(1, 1, count)
    flows = register.flows.iloc[rows].reset_index(drop=True)
    flows = flows.assign(flow_id=ids, site_id=ids, value=value, low=value * 0.5, high=value * 2)
    flows["committed"] = 0.0
    return sg.Register(sites, flows.assign(note=""))
