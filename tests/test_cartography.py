"""The page, its background, and files that are the same every time."""

from __future__ import annotations

import re

import geopandas as gpd
import matplotlib as mpl
import pytest
from PIL import Image
from pypdf import PdfReader
from shapely import Point

import symbios_geo as sg
from symbios_geo.errors import DataError, OutputError
from symbios_geo.maps import page as cartography
from symbios_geo.maps.saving import save_figure


@pytest.fixture(scope="module")
def land():
    return cartography.land_of(sg.load_municipalities())


@pytest.fixture
def figure():
    with cartography.style():
        figure = cartography.start_figure("a4")
        figure.text(0.2, 0.5, "Värme $1 & <b> 1\u202f234\u00a0GWh/år")
    yield figure
    cartography.plt.close(figure)


def test_land_ends_at_the_drawn_coast(land):
    municipalities = sg.load_municipalities()
    area = land.area / 1e6
    stated = municipalities["land_km2"]
    # lakes count as water in the statistics but not here
    assert (area / stated).between(0.95, 1.12).all()
    ringhals = gpd.GeoSeries([Point(12.1104, 57.2590)], crs=4326).to_crs(3006).iloc[0]
    assert municipalities.to_crs(3006).loc["1383", "geometry"].contains(ringhals)
    assert land["1383"].distance(ringhals) < 300


def test_municipalities_on_the_coast_do_not_overlap_or_reach_into_the_sea(land):
    sea = cartography.load_background("sea").union_all()
    assert land.intersection(sea).area.sum() < 1e4
    codes = list(land.index)
    pairs = [(a, b) for a in codes for b in codes if a < b]
    assert max(land[a].intersection(land[b]).area for a, b in pairs) < 1e6


def test_background_covers_the_county(land):
    assert {"Mark", "Båstad", "Halmstad"} <= set(cartography.load_background("neighbour").index)
    assert len(cartography.load_background("lake")) == 7
    assert cartography.load_background("sea").total_bounds[0] < land.total_bounds[0] - 20_000


def test_missing_background_says_where_it_should_be(monkeypatch, tmp_path):
    monkeypatch.setenv("SYMBIOS_GEO_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"has no sea\. Restore the folder"):
        cartography.load_background("sea")


@pytest.mark.parametrize(("size", "shape"), [("a4", 24 / 17), ("wide", 9 / 16)])
def test_sizes_have_the_shape_of_the_page(size, shape):
    figure = cartography.start_figure(size)
    width, height = figure.get_size_inches()
    assert height / width == pytest.approx(shape, rel=2e-3)
    cartography.plt.close(figure)


def test_unknown_size_is_refused():
    with pytest.raises(OutputError, match="Choose one of: a4, wide"):
        cartography.start_figure("letter")


def test_style_leaves_the_settings_of_the_caller():
    before = dict(mpl.rcParams)
    with cartography.style():
        assert mpl.rcParams["svg.fonttype"] == "none"
    assert dict(mpl.rcParams) == before


def test_bytes_are_the_same_every_time(figure, tmp_path):
    first = save_figure(figure, tmp_path / "one" / "map")
    second = save_figure(figure, tmp_path / "two" / "map")
    assert [p.suffix for p in first] == [".png", ".svg", ".pdf"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == ["map.pdf", "map.png", "map.svg"]


def test_files_say_nothing_of_date_or_machine(figure, tmp_path):
    png, svg, pdf = save_figure(figure, tmp_path / "map")
    with Image.open(png) as image:
        assert not {"Software", "Creation Time"} & set(image.info)
    assert "<dc:date>" not in svg.read_text(encoding="utf-8")
    assert {"/CreationDate", "/Producer"}.isdisjoint(PdfReader(pdf).metadata or {})


def test_svg_keeps_text_and_pdf_embeds_fonts(figure, tmp_path):
    _, svg, pdf = save_figure(figure, tmp_path / "map")
    text = svg.read_text(encoding="utf-8")
    assert "Värme $1 &amp; &lt;b&gt; 1\u202f234\u00a0GWh/år" in text
    fonts = PdfReader(pdf).pages[0]["/Resources"]["/Font"].values()
    kinds = [font.get_object() for font in fonts]
    assert kinds
    for font in kinds:
        inner = font.get("/DescendantFonts", [font])[0].get_object()
        assert "/FontFile2" in inner["/FontDescriptor"].get_object()


def test_numbers_keep_their_spaces_in_pdf_and_their_texts_in_the_figure(figure, tmp_path):
    (pdf,) = save_figure(figure, tmp_path / "map", ("pdf",))
    assert "1 234 GWh/år" in PdfReader(pdf).pages[0].extract_text().replace("\u00a0", " ")
    assert "1\u202f234" in figure.texts[0].get_text()


def test_png_has_300_dots_per_inch(figure, tmp_path):
    (png,) = save_figure(figure, tmp_path / "map", ("png",), close=True)
    with Image.open(png) as image:
        assert image.size == (2007, 2834)
        assert image.info["dpi"][0] == pytest.approx(300, abs=0.1)
    assert not cartography.plt.fignum_exists(figure.number)


@pytest.mark.parametrize(("ground", "mode"), [("white", "RGB"), ("none", "RGBA")])
def test_png_has_every_dot_as_it_was_drawn(figure, tmp_path, ground, mode):
    figure.set_facecolor(ground)
    figure.set_size_inches(599.9999 / 300, 337.5 / 300)  # no whole dots
    (png,) = save_figure(figure, tmp_path / "map", ("png",))
    with cartography.style():
        figure.savefig(tmp_path / "drawn.png", dpi=300)
    with Image.open(png) as image, Image.open(tmp_path / "drawn.png") as drawn:
        assert image.mode == mode
        assert image.convert("RGBA").tobytes() == drawn.tobytes()


def test_unknown_format_is_refused(figure, tmp_path):
    with pytest.raises(OutputError, match="cannot be saved as docx"):
        save_figure(figure, tmp_path / "map", ("docx",))


def test_place_that_cannot_be_written_is_named_and_leaves_nothing(figure, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(OutputError, match=re.escape("map.svg cannot be written")):
        save_figure(figure, tmp_path / "file" / "map", ("svg",))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_near_map_shows_main_roads():
    """An inset within a locality was an empty disc."""
    municipalities = sg.load_municipalities()
    with cartography.style():
        for names, shown in (("Hylte",), True), (tuple(municipalities["name"]), False):
            part = municipalities[municipalities["name"].isin(names)]
            page = cartography.start_page(cartography.start_axes("a4"), part)
            cartography.draw_base(page, municipalities)
            lines = {patch.get_edgecolor()[:3] for patch in page.ax.artists + page.ax.patches}
            road = mpl.colors.to_rgb(cartography.ROAD)
            assert (road in lines) is shown
            cartography.plt.close(page.ax.figure)
