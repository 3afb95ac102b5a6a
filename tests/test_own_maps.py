"""Maps made one's own: extent, size, title and colours; and no drawn map that tells an untruth."""

from __future__ import annotations

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text
from shapely.geometry import LineString, Point

import symbios_geo as sg
from symbios_geo import maps
from symbios_geo.errors import OutputError
from symbios_geo.maps.page import land_of
from symbios_geo.region.sweden import load_swedish_municipalities


@pytest.fixture(scope="module")
def study(annual: sg.Study) -> sg.Study:
    return annual


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def match_map(study, **look):
    return maps.plot_match(
        study.matches["heat"], study.register, study.municipalities, lang="en", **look
    )


def source_map(study, **look):
    return maps.plot_register(study.register, study.municipalities, lang="en", **look)


def texts(ax) -> str:
    return "\n".join(t.get_text() for a in ax.figure.axes for t in a.texts)


def shown(ax) -> tuple[float, float, float, float]:
    return (*ax.get_xlim(), *ax.get_ylim())


def symbols(ax) -> dict[str, tuple[float, float]]:
    """The middle of every circle in map coordinates, found on the finished figure."""
    found = {}
    for other in ax.figure.axes:
        for patch in other.patches + list(other.artists):
            if str(patch.get_gid()).startswith("site-"):
                pixels = other.transData.transform(patch.get_center())
                found[patch.get_gid()[5:]] = tuple(ax.transData.inverted().transform(pixels))
    return found


@pytest.mark.parametrize("look", [{}, {"extent": "Halmstad"}, {"extent": (12.7, 56.6, 13.0, 56.8)},
                                  {"extent": "1380", "figsize": (7, 9)}])  # fmt: skip
def test_symbols_lie_at_their_places_at_every_extent(study, look):
    ax = source_map(study, **look)
    places = study.register.sites.to_crs(3006).geometry
    found = symbols(ax)
    assert found
    lines = [
        line for other in ax.figure.axes for line in other.lines if len(line.get_xydata()) == 2
    ]
    ways = [
        ax.transData.inverted().transform(line.axes.transData.transform(line.get_xydata()))
        for line in lines
    ]
    for key, (x, y) in found.items():
        # what stood on another one is beside it, with a line to its place
        ends = [end for start, end in ways if Point(x, y).distance(Point(start)) < 30]
        assert any(Point(end).distance(places[key]) < 30 for end in [(x, y), *ends])


def test_a_town_by_name_and_its_degrees_show_it_all(study):
    town = land_of(study.municipalities.loc[["1382"]]).total_bounds
    for ax in (match_map(study, extent="falkenberg"), match_map(study, extent="1382")):
        left, right, bottom, top = shown(ax)
        assert left < town[0] < town[2] < right
        assert bottom < town[1] < town[3] < top
    west, south, east, north = 12.4, 56.8, 12.8, 57.0
    left, right, bottom, top = shown(match_map(study, extent=(west, south, east, north)))
    for lon in (west, 12.6, east):
        for lat in (south, north):
            at = gpd.GeoSeries([Point(lon, lat)], crs=4326).to_crs(3006).iloc[0]
            assert left <= at.x <= right
            assert bottom <= at.y <= top


def test_lists_and_names_are_of_what_is_in_view(study):
    words = texts(match_map(study, extent="Laholm"))
    assert "Diab Laholm" in words
    assert "Södra Cell" not in words


def test_a_map_of_one_municipality_tells_of_no_other(study):
    """Höganäs delivers in Halmstad, whose edge the page shows beside Hylte."""
    ax = match_map(study, extent="Hylte")
    assert "Hylte" in ax.get_title(loc="left")
    drawn = {str(artist.get_gid()) for artist in ax.figure.findobj()}
    assert any(gid.startswith("flow-hylte_paper") for gid in drawn)
    assert not any(gid.startswith("flow-hoganas") for gid in drawn)
    far = texts(match_map(study, extent="Varberg"))
    assert "Hylte Paper" not in far
    assert "Carlsberg" not in far


def test_two_panels_share_an_extent(study):
    figure, (one, other) = plt.subplots(1, 2, figsize=(16, 9))
    one = match_map(study, ax=one, extent="Varberg")
    other = source_map(study, ax=other, extent=one)
    assert np.allclose(shown(one), shown(other))
    assert one.figure is figure


@pytest.mark.parametrize("draw", [match_map, source_map])
def test_a_drawn_map_refuses_to_be_zoomed_and_stays(study, draw):
    ax = draw(study)
    before = shown(ax)
    for zoom in (lambda: ax.set_xlim(330_000, 340_000), lambda: ax.set(ylim=(0, 1))):
        with pytest.raises(OutputError, match="extent="):
            zoom()
        assert shown(ax) == before


def test_layers_on_top_move_nothing_and_add_no_words(study):
    ax = match_map(study)
    before = shown(ax)
    road = [LineString([(9.0, 55.0), (12.5, 56.9), (20.0, 60.0)])]
    gpd.GeoDataFrame(geometry=road, crs=4326).to_crs(3006).plot(ax=ax, color="magenta")
    assert shown(ax) == before
    assert not ax.xaxis.label.get_visible()
    assert not len(ax.get_xticks())


def test_title_size_and_colours_are_taken(study):
    ax = source_map(study, title="Mine $5", figsize=(9, 7), colours={"class_60": "purple"})
    assert ax.get_title(loc="left") == "Mine $5"
    assert tuple(ax.figure.get_size_inches()) == (9, 7)
    faces = {
        to_hex(p.get_facecolor())
        for a in ax.figure.axes
        for p in a.get_children()
        if hasattr(p, "get_facecolor") and len(np.shape(p.get_facecolor())) == 1
    }
    assert to_hex("purple") in faces
    assert sg.labels.colour("class_60") not in faces


def test_values_of_ones_own_in_classes_of_ones_own(study):
    table = pd.DataFrame({"mitt värde": [1, 2, 3, 4, 5, 6.0]}, index=study.municipalities.index)
    ax = maps.plot_cover(
        table, study.municipalities, column="mitt värde", unit="rutor", breaks=[2, 4, 6]
    )
    assert ax.get_title(loc="left") == "mitt värde"
    assert "mitt värde, rutor" in texts(ax)
    assert "4\u20136" in texts(ax)
    with pytest.raises(OutputError, match="at least 6"):
        maps.plot_cover(table, study.municipalities, column="mitt värde", unit="kr", breaks=[2, 4])


@pytest.mark.parametrize(
    ("look", "told"),
    [
        ({"extent": "Lund"}, "Kungsbacka"),
        ({"extent": (12.0, 57.0)}, "west, south, east, north"),
        ({"extent": (15, 57, 16, 58)}, "longitude comes first"),
        ({"extent": (13, 57, 12, 58)}, "west, south, east, north"),
        ({"figsize": (2, 1)}, "inches"),
        ({"size": "a3"}, "figsize="),
        ({"colours": {"red": "#fff"}}, "class_60"),
        ({"colours": {"class_60": "reddish"}}, "no colour"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_way_out(study, look, told):
    with pytest.raises(OutputError, match=told):
        match_map(study, **look)


def test_axes_too_small_for_a_map_are_refused(study):
    axes = plt.figure(figsize=(2, 2)).add_subplot()
    with pytest.raises(OutputError, match="figsize"):
        match_map(study, ax=axes)


def test_an_inland_boundary_is_drawn_where_it_lies():
    inland = load_swedish_municipalities().loc[["1885"]]  # Lindesberg
    drawn = land_of(inland).iloc[0]
    true = inland.geometry.to_crs(3006).iloc[0]
    assert drawn.symmetric_difference(true).area < 1e-6 * true.area


def test_the_scale_bar_is_as_long_as_it_says(study):
    for look, km in (({}, 20), ({"extent": (12.8, 56.64, 12.95, 56.72)}, 2)):
        ax = source_map(study, **look)
        bars = [
            (a, p)
            for a in ax.figure.axes
            for p in a.get_children()
            if p.get_gid() == "scale-bar" and np.allclose(a.bbox.bounds, ax.bbox.bounds)
        ]
        ends = [
            ax.transData.inverted().transform(a.transData.transform(corner))
            for a, p in bars
            for corner in ((p.get_x(), 0), (p.get_x() + p.get_width(), 0))
        ]
        assert np.ptp([x for x, _ in ends]) == pytest.approx(1000 * km, rel=1e-6)
        assert f"{km}\u00a0km" in texts(ax)


def test_a_map_of_counties_names_counties_and_has_a_bar_of_its_size():
    towns = load_swedish_municipalities()
    counties = towns.dissolve(towns.index.str[:2])[["geometry"]]
    counties = counties.assign(name="Län " + counties.index)
    table = pd.DataFrame({"plan_gwh": 1.0}, index=counties.index)
    ax = maps.plot_cover(table, counties, column="plan_gwh", unit="GWh/yr", title="x")
    words = {text.get_text() for text in ax.figure.findobj(Text)}
    assert not words & set(towns["name"])
    assert any(word.startswith("200") and word.endswith("km") for word in words)
