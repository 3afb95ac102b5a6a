"""Measure how soon an interactive map shows its places: `make bench`."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import many_places, open_browser, visit

import symbios_geo as sg
from symbios_geo.web.explore import save_map, show_register

REPEATS = 5


@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest) -> Iterator[Any]:
    yield from open_browser(request)


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_first_drawing(chromium: Any, tmp_path: Path, count: int):
    path = save_map(show_register(many_places(sg.load_register(), count)), tmp_path / "many.html")
    times = []
    for _ in range(REPEATS):
        with visit(chromium, path) as seen:
            times.append(seen.count("firstDrawing"))
    sys.stdout.write(
        f"\n**Map with {count:,} places**: first drawing after {statistics.median(times):.0f} ms "
        f"(median of {REPEATS}, slowest {max(times):.0f}), {path.stat().st_size / 1e6:.1f} MB\n"
    )
