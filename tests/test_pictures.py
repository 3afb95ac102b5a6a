"""Maps, charts and pages look as they did when somebody last looked at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from browser import DESKTOP, PHONE, open_browser, visit
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.text import Text
from pictures import DRAWN, SHOWN, STORED, compare, difference, picture_of
from PIL import Image

import symbios_geo as sg
from symbios_geo import labels
from symbios_geo.study.chain import in_language
from symbios_geo.web.explore import save_map, show_register

Drawn = Mapping[tuple[str, str], Figure]
FIGURES = [
    ("sv", "map overview"), ("sv", "map heat-sources"), ("sv", "map co2-sources"),
    ("sv", "map heat-match"), ("sv", "map co2-match"), ("sv", "map heat-match-months"),
    ("sv", "chart heat-by-municipality"), ("sv", "chart heat-by-month"),
    ("sv", "chart heat-ladder"), ("sv", "chart heat-costs"), ("sv", "chart heat-exchanges"),
    ("sv", "chart heat-sensitivity"),
    ("en", "map overview"),
]  # fmt: skip
PAGES = {"desktop": DESKTOP, "phone": PHONE}


@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest) -> Iterator[Any]:
    yield from open_browser(request)


@pytest.fixture(scope="module")
def page(study: sg.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    shown = in_language(study, "sv")
    path = tmp_path_factory.mktemp("page") / "map.html"
    return save_map(show_register(shown.register, resource="heat"), path)


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "name"), FIGURES)
def test_figure_looks_as_before(drawn: Drawn, lang: str, name: str):
    stem = f"{name.split(' ')[1]}-{lang}"
    compare(stem, picture_of(drawn[lang, name]), DRAWN)


@pytest.mark.slow
@pytest.mark.parametrize("size", PAGES)
def test_interactive_map_looks_as_before(chromium: Any, page: Path, size: str):
    with visit(chromium, page, PAGES[size]) as seen:
        seen.page.wait_for_timeout(300)
        shot = Image.open(BytesIO(seen.page.screenshot())).convert("RGB")
    compare(f"live-heat-sources-{size}", shot, SHOWN)


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_no_title_sells_what_has_no_place(drawn: Drawn, study: sg.Study, lang: str):
    water = study.exchanges.query("resource == 'water'")
    assert len(water)
    assert not water["one_place"].any()
    names = [*water["name_source"], *water["name_sink"], "Länets", "county"]
    assert (lang, "chart water-costs") not in [*drawn]  # one exchange has no order of costs
    for name in ("water-match", "water-exchanges"):
        (key,) = [key for key in drawn if key[0] == lang and key[1].endswith(name)]
        titles = [ax.get_title(loc="left") for ax in drawn[key].axes]
        assert any(titles)
        assert not [name for name in names for title in titles if name in title]


def test_a_map_with_cooling_water_says_that_it_is_not_summed(drawn: Drawn):
    told = {
        name: " ".join(" ".join(t.get_text() for t in drawn["sv", name].findobj(Text)).split())
        for name in ("map heat-sources", "map overview", "map co2-sources")
    }
    unsummed, summed = "kylvatten visas men summeras inte", "Bara flöden som räknas i summor"
    assert [unsummed in words for words in told.values()] == [True, True, False]
    assert [summed in words for words in told.values()] == [False, False, True]
    assert "Restvärme utan kärnkraft: " in told["map heat-sources"]


@pytest.mark.parametrize("resource", ["heat", "co2", "materials", "water"])
def test_circles_are_whole_in_their_insets(drawn: Drawn, resource: str):
    figure = drawn["sv", f"map {resource}-sources"]
    rings = [c for c in figure.findobj(Circle) if str(c.get_gid()).startswith("inset-")]
    assert rings
    for ring in rings:
        (x, y), r = ring.center, ring.radius
        right, top = ring.axes.get_xlim()[1], ring.axes.get_ylim()[1]
        assert min(x, y, right - x, top - y) >= r


@pytest.mark.slow
def test_a_changed_figure_is_noticed(drawn: Drawn):
    figure = drawn["sv", "map heat-sources"]
    before = picture_of(figure)
    largest = max(figure.findobj(Text), key=lambda text: len(text.get_text()))
    largest.set_visible(False)
    changed = picture_of(figure)
    largest.set_visible(True)
    assert difference(before, changed, DRAWN[0]) > DRAWN[1]
    assert difference(before, picture_of(figure), DRAWN[0]) == 0


@pytest.mark.slow
def test_a_changed_page_is_noticed(chromium: Any, page: Path):
    with visit(chromium, page) as seen:
        before = Image.open(BytesIO(seen.page.screenshot())).convert("RGB")
        seen.page.locator("input[name=role]").first.uncheck()
        changed = Image.open(BytesIO(seen.page.screenshot())).convert("RGB")
    assert difference(before, changed, SHOWN[0]) > SHOWN[1]


@pytest.mark.parametrize("across", [DRAWN[0], SHOWN[0]])
def test_difference_ignores_an_edge_and_sees_a_hole(across: int):
    plain = Image.new("RGB", (600, 400), "white")
    plain.paste("#333333", (200, 100, 400, 300))
    moved, hole = Image.new("RGB", (600, 400), "white"), plain.copy()
    moved.paste("#333333", (201, 100, 401, 300))
    hole.paste("white", (250, 150, 350, 250))
    limit = {DRAWN[0]: DRAWN[1], SHOWN[0]: SHOWN[1]}[across]
    assert difference(plain, moved, across) < limit < difference(plain, hole, across)


def test_stored_pictures_are_small_and_all_used():
    stems = {f"{name.split(' ')[1]}-{lang}" for lang, name in FIGURES}
    stems |= {f"live-heat-sources-{size}" for size in PAGES}
    assert {path.stem for path in STORED.glob("*")} == stems
    assert max(path.stat().st_size for path in STORED.glob("*")) < 60_000


def test_a_lone_exchange_that_seldom_pays_is_an_open_circle(study, drawn):
    found = drawn["sv", "map heat-match"].findobj(lambda artist: artist.get_gid())
    marks = {artist.get_gid() for artist in found}
    rare = study.unsure.query("resource == 'heat'")
    open_ones = {f"open-{row.sink}" for row in rare.itertuples()} & marks
    assert open_ones == {mark for mark in marks if mark.startswith("open-")}
    assert open_ones
