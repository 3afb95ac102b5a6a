"""Maps of one series: one frame, arrows that end at symbols, legends that name what is drawn."""

from __future__ import annotations

import collections
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, Polygon
from matplotlib.text import Text

import symbios_geo as sg
from symbios_geo import labels, maps
from symbios_geo.maps import crowds, flows, insets, page, symbols, unused, view
from symbios_geo.maps.page import plt, write_heading
from symbios_geo.maps.saving import save_figure
from symbios_geo.outputs.document import MAP_CM

LONG = "Anläggningen med det långa namnet " * 6


@pytest.fixture(scope="module")
def drawn(study):
    """Return the maps of matches, each drawn once."""
    found = {resource: match_map(study, resource) for resource in study.matches}
    yield found
    plt.close("all")


@pytest.fixture(scope="module")
def quarters(study):
    """Return the map of the quarters of heat, drawn once."""
    return maps.plot_seasons(study.matches["heat"], study.register, study.municipalities)


def match_map(study, resource="heat", **look):
    look |= {"support": study.headline["co2_support_left_kt"], "lang": "sv"}
    return maps.plot_match(study.matches[resource], study.register, study.municipalities, **look)


def texts(figure) -> list[Text]:
    return [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]


def said(ax) -> str:
    return "\n".join(t.get_text() for t in texts(ax.figure))


def overlaps(figure) -> list[tuple[str, str]]:
    shown = [(t.get_text(), t.get_window_extent()) for t in texts(figure)]
    return [
        (a, b)
        for n, (a, one) in enumerate(shown)
        for b, two in shown[n + 1 :]
        if min(one.x1, two.x1) - max(one.x0, two.x0) > 2
        and min(one.y1, two.y1) - max(one.y0, two.y0) > 2
    ]


def arrows(figure) -> list[tuple]:
    return [
        (axes, patch)
        for axes in figure.axes
        for patch in axes.artists + list(axes.patches)
        if isinstance(patch, Polygon) and str(patch.get_gid()).startswith("flow-")
    ]


def test_a_series_has_one_frame(study, drawn):
    series = [
        maps.plot_overview(study.register, study.municipalities),
        maps.plot_register(study.register, study.municipalities, resource="co2"),
        *drawn.values(),
    ]
    frames = {(*ax.get_xlim(), *ax.get_ylim(), *ax.bbox.size) for ax in series}
    assert len({tuple(np.round(frame, 3)) for frame in frames}) == 1


@pytest.mark.parametrize(
    ("resource", "size"), [("heat", "a4"), ("co2", "a4"), ("co2", "wide"), ("heat", "half")]
)
def test_words_keep_apart_and_arrows_end_at_symbols(study, drawn, resource, size):
    figure = (drawn[resource] if size == "a4" else match_map(study, resource, size=size)).figure
    assert overlaps(figure) == []
    found = arrows(figure)
    assert found
    for axes, patch in found:
        tip = axes.transData.transform(patch.get_xy()[3])
        ends = {
            c.get_gid(): axes.transData.transform(c.get_offsets())[0]
            for c in axes.collections
            if str(c.get_gid()).startswith("end-")
        }
        known = [key for key in ends if patch.get_gid().endswith(f"-{key.removeprefix('end-')}")]
        if not known:  # an inset does not show where an arrow ends that leaves it
            box = axes.get_window_extent()
            assert not box.contains(*tip)
            continue
        (sink,) = known
        points = np.hypot(*(tip - ends[sink])) * 72 / figure.dpi
        assert points < 9, (patch.get_gid(), points)


@pytest.mark.parametrize("resource", ["heat", "co2", "materials", "water"])
def test_no_word_covers_an_arrowhead_or_is_struck_by_a_border(drawn, resource):
    figure = drawn[resource].figure
    scale = figure.dpi / 72
    shown = [(t.axes, t, t.get_window_extent()) for t in texts(figure) if t.axes]
    heads = [(a, a.transData.transform(p.get_xy()[2:5])) for a, p in arrows(figure)]
    assert heads
    for axes, head in heads:
        tip = head.mean(axis=0)
        covering = [t.get_text() for a, t, box in shown if a is axes and box.contains(*tip)]
        assert covering == []
    coast = figure.findobj(lambda artist: artist.get_gid() == page.BORDER)
    assert coast
    for _, text, box in shown:
        if text.get_style() != "italic" or text.get_bbox_patch():
            continue
        letters = box.padded(-scale)
        for path in coast:
            line = path.get_transform().transform_path(path.get_path())
            struck = any(letters.contains(x, y) for x, y in line.vertices)
            assert not struck, text.get_text()


@pytest.mark.parametrize("resource", ["co2", "materials", "water"])
def test_every_number_of_a_list_stands_on_the_map(drawn, resource):
    found = texts(drawn[resource].figure)
    keys = [k for t in found if t.get_color() == "white" for k in t.get_text().split(", ")]
    rows = [t.get_text() for t in found if t.get_ha() == "right" and t.get_weight() == "bold"]
    # an arrow that runs into an inset has its number there too
    assert set(keys) == {row for row in rows if row.isdigit()}
    insets = 2 if any(t.get_text() in ("Falkenberg", "Halmstad") for t in found) else 1
    assert max(collections.Counter(keys).values()) <= insets
    assert keys


@pytest.mark.parametrize("resource", ["heat", "co2", "materials"])
def test_the_legend_names_ways_places_and_what_is_too_small(study, drawn, resource):
    register, match = study.register, study.matches[resource]
    words = said(drawn[resource])
    links, listed = flows.named_first(flows.drawn_links(match, register), register)
    assert (labels.label("map:listed_only", "sv") in words) is bool(len(listed))
    shown, hidden, limit = flows.worth_drawing(links)
    assert len(shown) + len(hidden) == len(links)
    if len(hidden) and listed.empty:
        assert hidden["delivered"].max() < limit <= shown["delivered"].min()
        # two per cent, or what a dozen arrows have no room for
        assert hidden["delivered"].sum() <= 0.06 * links["delivered"].sum()
        if hidden["delivered"].sum() > 0.02 * links["delivered"].sum():
            assert len(shown) + (hidden["delivered"] >= limit / 2).sum() > flows.MOST_DRAWN
        assert len(shown) <= flows.MOST_DRAWN
        assert "Utbyten under" in words
    for mode in shown["mode"].unique():
        assert labels.label(mode, "sv") in words
    assert "Källa" in words
    assert "Tätort (rätt yta, enklare form)" in words
    # a tonne of straw replaces more than a tonne of chips
    more = (match.links["delivered"] > match.links["sent"] + 1e-9).any()
    told = "räknas som det ersätter" in words.replace("\n", " ")
    assert told == (resource == "materials" and more)


def test_what_flows_today_is_grey_and_measured(study, drawn):
    grey = labels.colour("mode:existing")
    links = flows.drawn_links(study.matches["heat"], study.register)
    old = links[links["status"] == "existing"]
    told = study.exchanges.query("resource == 'heat' and status == 'existing'")
    assert old["delivered"].sum() == pytest.approx(told["delivered"].sum())
    faces = {p.get_gid(): to_hex(p.get_facecolor()) for _, p in arrows(drawn["heat"].figure)}
    far = old[old["delivered"] > 100]
    assert len(far)
    for link in far.itertuples():
        assert faces[f"flow-{link.source}-{link.sink}"] == grey


def test_dense_places_are_found_by_the_data_and_stand_north_to_south(drawn):
    ax = drawn["heat"]
    found = texts(ax.figure)
    panels = [t.get_text() for t in found if t.get_va() == "top" and t.axes.get_zorder() == 8]
    assert panels == ["Hyltebruk", "Falkenberg", "Halmstad"]
    # no letters: a place would have another one on another map of the series
    assert not [t.get_text() for t in found if re.match(r"[A-D]  \w", t.get_text())]
    # a place with one arrow says so on the main map, without an inset
    assert any(t.get_text().startswith("Diab Laholm \u2192\nLaholm") for t in texts(ax.figure))
    # every inset has its total on the main map; a town is not the municipality of its name
    heads = {t.get_text().split("\n")[0] for t in found if "\n" in t.get_text()}
    assert {"Hyltebruk", "Tätorten Falkenberg", "Tätorten Halmstad"} <= heads
    assert len(panels) <= insets.MOST


def test_an_imagined_receiver_is_drawn_as_imagined(study):
    kinds = study.register.sites["kind"]
    imagined = kinds.index[kinds.str.startswith("concept")][0]
    match = study.matches["heat"]
    links = match.links.copy()
    first = links.index[
        links["delivered"].eq(links.loc[links["status"] == "new", "delivered"].max())
    ]
    links.loc[first, "site_id_sink"] = imagined
    ax = maps.plot_match(replace(match, links=links), study.register, study.municipalities)
    (patch,) = [p for _, p in arrows(ax.figure) if f"-{imagined}@" in p.get_gid()]
    assert to_hex(patch.get_facecolor()) == "#ffffff"
    (dashes,) = ax.figure.findobj(lambda artist: str(artist.get_gid()).startswith("dashes-"))
    assert dashes.is_dashed()
    # it lies nowhere: it stands beside what sends, as far off as any other
    outline = patch.get_xy()
    start, end = (outline[0] + outline[-2]) / 2, outline[3]
    assert np.hypot(*(end - start)) == pytest.approx(crowds.STUMP, abs=4)
    assert labels.label("map:imagined", "sv") in said(ax)


def test_quarters_sum_to_the_year(study, quarters):
    match = study.matches["heat"]
    year = flows.drawn_links(match, study.register)["delivered"].sum()
    months = ((12, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11))
    parts = [flows.drawn_links(match, study.register, months=q) for q in months]
    assert sum(p["delivered"].sum() for p in parts) == pytest.approx(year)
    heads = re.findall(r"(?:dec|mars|juni|sep)\u2013\w+  (\d+)", said(quarters))
    assert [int(n) for n in heads] == [round(p["delivered"].sum()) for p in parts]
    assert overlaps(quarters.figure) == []


def test_circles_of_the_quarters_are_as_large_as_their_legend_says(quarters):
    ax = quarters
    told, areas = collections.defaultdict(list), collections.defaultdict(list)
    for ring in ax.figure.findobj(lambda artist: str(artist.get_gid()).startswith("total-")):
        areas[ring.axes].append(ring.radius**2)
    for text in texts(ax.figure):
        # a heading tells sums
        if text.axes in areas and ":" not in text.get_text():
            numbers = re.findall(r"([\d,]+) (?:nytt|finns)", text.get_text())
            if numbers:  # of today alone, too
                told[text.axes].append(sum(float(n.replace(",", ".")) for n in numbers))
    per_area = [
        value / area
        for panel in areas
        for value, area in zip(sorted(told[panel]), sorted(areas[panel]), strict=True)
    ]
    rings = ax.figure.findobj(lambda artist: artist.get_gid() == "size-legend")
    largest = max(rings, key=lambda ring: ring.radius)
    assert len(per_area) > 8
    assert per_area == pytest.approx([10 / largest.radius**2] * len(per_area), rel=0.1)


def test_the_legend_of_the_quarters_names_only_what_is_drawn(study):
    match, register = study.matches["heat"], study.register
    every = flows.drawn_links(match, register)
    _, hidden, _ = flows.worth_drawing(every)
    # what is too small to be drawn has a way of its own
    small = match.links.index.isin(
        match.links.index[match.links["delivered"].isin(hidden["delivered"])]
    )
    assert small.any()
    ways = match.links["temperature_mode"].mask(small, "impossible")
    match = replace(match, links=match.links.assign(temperature_mode=ways))
    drawn = maps.plot_seasons(match, register, study.municipalities)
    shown, hidden, _ = flows.worth_drawing(flows.drawn_links(match, register))
    words = said(drawn).split("\n")
    assert "mode:impossible" in set(hidden["mode"]) - set(shown["mode"])
    assert labels.label("mode:impossible", "sv") not in words
    for mode in shown["mode"].unique():
        assert labels.label(mode, "sv") in words


@pytest.mark.parametrize("size", ["a4", "half", "wide"])
def test_the_quarters_are_drawn_in_every_format(study, quarters, size):
    heat, ax = study.matches["heat"], quarters
    if size != "a4":
        ax = maps.plot_seasons(heat, study.register, study.municipalities, size=size)
    assert overlaps(ax.figure) == []
    assert not [t.get_text() for t in texts(ax.figure) if "\u2026" in t.get_text()]
    assert "men bara" in ax.get_title(loc="left")


@pytest.mark.parametrize("size", ["a4", "half"])
def test_an_empty_match_says_so(study, size):
    match = study.matches["co2"]
    empty = replace(match, links=match.links.assign(delivered=0.0))
    ax = maps.plot_match(empty, study.register, study.municipalities, size=size)
    assert "Inget utbyte" in ax.get_title(loc="left")
    assert "Inget utbyte att rita" in said(ax)


def test_one_municipality_and_a_name_of_200_letters_are_still_read(study):
    sites = study.register.sites.copy()
    sites["name"] = sites["name"].mask(sites.index == "hoganas_halmstad", LONG)
    register = replace(study.register, sites=sites)
    only = study.municipalities.loc[["1380"]]
    for ax in (
        maps.plot_match(study.matches["heat"], register, only, extent="1380"),
        maps.plot_register(register, only, extent="1380"),
        maps.plot_register(register, study.municipalities, size="half"),
    ):
        box, (width, height) = ax.figure.get_tightbbox(), ax.figure.get_size_inches()
        assert min(box.x0, box.y0) > -0.02
        assert box.x1 < width + 0.02
        assert box.y1 < height + 0.02


def test_svg_has_title_description_and_fonts_of_every_machine(drawn, tmp_path):
    ax = drawn["co2"]
    (path,) = save_figure(ax.figure, tmp_path / "map", ("svg",), alt="Vem tar emot")
    text = path.read_text(encoding="utf-8")
    assert '<svg role="img"' in text
    assert f"<title>{ax.get_title(loc='left')}</title>" in text
    assert "<desc>Vem tar emot. Levererat, kt/år" in text
    styles = re.findall(r"font(?:-family)?: [^;\"]*", text)
    assert styles
    assert all(style.endswith("sans-serif") for style in styles if "'" in style)


def test_a_region_that_sends_nothing_far_has_a_map(study):
    half = sg.Region.load("halland").part(["1381"])
    assert len(half.municipalities) == 1
    ax = maps.plot_match(study.matches["heat"], study.register, half.municipalities, extent="1381")
    assert "Diab Laholm" in said(ax)


def test_circles_of_towns_count_what_has_no_arrow_of_its_own(drawn, quarters):
    """The four quarters of a town are the year, and the year what its exchanges deliver."""

    def away(at, ring):
        """Return how far a text is from a ring; it stands beside it."""
        (x, y), (across, up) = at, ring.center
        return np.hypot(x - across, 3 * (y - up))

    def amounts(figure):
        """Return every amount by town and kind: "8,6 nytt" of Falkenberg as 8.6."""
        found, towns = collections.defaultdict(float), {}
        for panel in figure.axes:
            rings = [r for r in panel.findobj(Circle) if str(r.get_gid()).startswith("total-")]
            told = [t for t in panel.texts if re.search("nytt|finns", t.get_text())]
            for text in [t for t in told if rings and ":" not in t.get_text()]:
                ring = min(rings, key=partial(away, text.get_position()))
                name = re.split(r"\n?[\d,]+ (?:nytt|finns)", text.get_text())[0]
                # the first map of a series has the names
                town = towns.setdefault(ring.get_gid(), name.split()[-1] if name else "")
                for value, kind in re.findall(r"([\d,]+) (nytt|finns i dag)", text.get_text()):
                    found[town, kind] += float(value.replace(",", "."))
        return found

    whole, parts = amounts(drawn["heat"].figure), amounts(quarters.figure)
    shared = whole.keys() & parts.keys()
    assert {("Falkenberg", "nytt"), ("Hyltebruk", "nytt"), ("Halmstad", "finns i dag")} <= shared
    for key in shared:
        # each amount is rounded to two figures
        assert parts[key] == pytest.approx(whole[key], abs=0.35, rel=0.03), key


SIZES = ("a4", "wide", "half")
REPORT = tuple(side / 2.54 for side in MAP_CM)


@pytest.mark.parametrize("lang", labels.LANGUAGES)
@pytest.mark.parametrize("size", [{"figsize": REPORT}, *({"size": size} for size in SIZES)])
def test_no_text_is_cut_at_any_size_and_no_unit_is_a_thousand_thousands(
    study, size, lang, monkeypatch
):
    given = []

    def written(ax, title, subtitle, **options):
        given.append(subtitle)
        write_heading(ax, title, subtitle, **options)

    monkeypatch.setattr(view, "write_heading", written)
    shapes, look = study.municipalities, {"lang": lang, **size}
    others = []
    if "size" in size:  # of maps, a report has those of exchanges
        others = [
            maps.plot_register(study.register, shapes, resource=r, **look) for r in study.matches
        ]
        others += [maps.plot_overview(study.register, shapes, **look)]
    for ax in others:
        assert faults(ax) == []
        plt.close(ax.figure)
    for match in study.matches.values():
        ax = maps.plot_match(match, study.register, shapes, business=study.business, **look)
        assert faults(ax) == []
        told = " ".join(t.get_text() for t in ax.texts if t.get_gid() == "subtitle")
        assert told.split() == given[-1].split()
        plt.close(ax.figure)


def test_no_text_is_cut_where_nothing_is_known_of_what_pays(drawn):
    assert [fault for ax in drawn.values() for fault in faults(ax)] == []


def faults(ax) -> list[str]:
    """Return texts of a map that are cut, units that are thousands of thousands, what lies out."""
    words = said(ax)
    found = [line for line in words.split("\n") if "\u2026" in line]
    found += re.findall(r"\d[\u202f,]\d{3}\s(?:tusen|thousand)", words)
    box, (width, height) = ax.figure.get_tightbbox(), ax.figure.get_size_inches()
    out = max(-box.x0, -box.y0, box.x1 - width, box.y1 - height)
    return found + ([f"{out:.2f} inches out"] if out >= 0.02 else [])


def test_what_carries_far_more_than_all_others_is_apart(study, drawn):
    links = flows.drawn_links(study.matches["co2"], study.register)
    first, others = links["delivered"].iloc[0], links["delivered"].iloc[1:]
    assert first > flows.APART * others.sum()
    scale = flows.Scale.of(links["delivered"])
    assert scale.width(first) == flows.WIDEST
    # all others are drawn by amount, and told from each other and from nothing
    per_width = others / others.map(scale.width)
    large = others.map(scale.width) > flows.THINNEST
    assert large.sum() > 4
    assert per_width[large].to_numpy() == pytest.approx(scale.largest / scale.widest)
    assert others.map(scale.width).min() >= flows.THINNEST
    words = said(drawn["co2"])
    assert "1\N{NARROW NO-BREAK SPACE}164, inte skalenlig" in words
    assert "inte skalenlig" not in said(drawn["heat"])
    # the title tells what has a user from what can be stored, and on what terms
    rest = labels.number(others.sum(), "sv", digits=0)
    title = drawn["co2"].get_title(loc="left")
    assert title.startswith(f"{rest} kt/år når användare")
    assert title.endswith("som i landet räcker till 600 kt/år")
    assert links.loc[0, "supported"]


def test_a_legend_of_widths_has_no_class_below_what_is_drawn(study):
    for match in study.matches.values():
        links, _, _ = flows.worth_drawing(flows.drawn_links(match, study.register))
        scale = flows.Scale.of(links["delivered"])
        least, widths = links["delivered"].min(), [w for _, w in scale.entries("en")]
        assert widths
        assert min(widths) >= scale.width(least / 2.5)
    one = flows.Scale.of(pd.Series([1000.0 / 1000]))
    assert [words for words, _ in one.entries("en")] == ["1"]


def test_what_nobody_takes_is_listed_with_what_it_is_and_of_how_much(study, drawn):
    register = study.register
    for match in study.matches.values():
        left = unused.unused_of(match, register, register.sites.index, "", 1.0)
        assert left.rows["value"].sum() == pytest.approx(match.unused.sum())
        assert left.rows["value"].sum() <= left.supply
    # of as much as the map of sources shows
    heat = symbols.find_rows(register, "heat", "source")
    heat = heat.loc[heat["class"] != "class_nuclear", "value"].sum()
    words = {resource: " ".join(said(ax).split()) for resource, ax in drawn.items()}
    nobody = study.matches["heat"].unused.sum()
    left, whole = (f"{round(v):,}".replace(",", " ") for v in (nobody, heat))
    assert f"Ingen tar emot {left} av {whole} GWh/år" in words["heat"]
    assert "Södra Cell Värö, från 60 °C" in words["heat"]
    assert "Södra Cell Värö, mesaugn" in words["co2"]
    assert "biogent, före avskiljning" in words["co2"]


def test_a_place_outside_the_map_says_how_far_and_what_is_planned(study, drawn):
    words = " ".join(said(drawn["co2"]).split())
    sites = study.register.sites
    (km,) = re.findall(r"Norne Carbon Storage Hub \(planerad\), (\d+) km åt väster", words)
    place = sites.geometry.to_crs(3006)
    far = place["ext_norne"].distance(place["sodra_cell_varo"]) / 1000
    assert int(km) == pytest.approx(far, abs=1)


def test_places_that_are_many_are_ringed_wherever_they_stand(study, drawn):
    register = study.register
    every = flows.drawn_links(study.matches["materials"], register)
    links, _, _ = flows.worth_drawing(every)
    lies_nowhere = set(register.one_place.index[~register.one_place])
    many = lies_nowhere & {*links["source"], *links["sink"]}
    assert many
    # a list tells of them better than an arrow to where they do not lie
    gids = {str(artist.get_gid()) for artist in drawn["materials"].figure.findobj()}
    assert not [gid for gid in gids for key in many if gid.startswith(f"end-{key}")]
    figure = match_map(study, "materials", size="half").figure
    rings = [
        tuple(np.round(ring.get_offsets()[0], 3))
        for axes in figure.axes
        for ring in axes.collections
        if hasattr(ring, "get_sizes") and ring.get_sizes().max(initial=0) > 100
    ]
    for key in many:
        beside = f"end-{key}@"
        ends = figure.findobj(lambda artist, own=beside: str(artist.get_gid()).startswith(own))
        assert ends
        for end in ends:
            assert tuple(np.round(end.get_offsets()[0], 3)) in rings
    # what is new from or to them is dashed, and a title names none of them
    assert links.loc[links["imagined"], "status"].eq("new").all()
    new = links[links["status"] == "new"]
    assert (new[["source", "sink"]].isin(lies_nowhere).any(axis=1) == new["imagined"]).all()


def test_what_a_map_tells_is_not_told_again_in_its_list(drawn):
    told = said(drawn["water"])
    assert re.search(r"\d på kartan, tillsammans", told)
    assert "Södra Cell Värö, renat" not in told
    assert told.count("18") == 1


def test_what_somebody_takes_is_told_as_it_arrives(drawn):
    told = said(drawn["heat"]).replace("\u202f", "").replace("\u00a0", " ")
    left, supply = re.search(r"Ingen tar emot (\d+) av (\d+)", told).groups()
    taken, arrives = re.search(r"Övriga (\d+) blir (\d+)", told).groups()
    assert abs(int(supply) - int(left) - int(taken)) <= 1
    parts = re.search(r"(\d+) nytt; i dag (\d+) mellan platser och\s(\d+) inom", told).groups()
    assert int(arrives) == sum(map(int, parts))


def test_who_sends_and_receives_says_what_for(drawn):
    assert "Södra Cell Värö tar emot koldioxid" in said(drawn["co2"])
    told = " ".join(said(drawn["co2"]).split())
    assert "den egna rökgasen måste först avskiljas" in told
