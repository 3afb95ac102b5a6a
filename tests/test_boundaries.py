from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Point, get_coordinates

import symbios_geo as sg
from symbios_geo.errors import PlaceError
from symbios_geo.region.area import Region, on_land
from symbios_geo.region.coordinates import coordinate_fault

CODES = {
    "1315": "Hylte",
    "1380": "Halmstad",
    "1381": "Laholm",
    "1382": "Falkenberg",
    "1383": "Varberg",
    "1384": "Kungsbacka",
}
RINGHALS = (12.1087, 57.2596)
REGION = sg.Region.load("halland")
SHAPES = sg.load_municipalities()


def points(*places: tuple[float, float], crs: str = "EPSG:4326") -> gpd.GeoSeries:
    return gpd.GeoSeries.from_xy(*zip(*places, strict=True), crs=crs)


def test_six_municipalities_in_degrees():
    assert SHAPES["name"].to_dict() == CODES
    assert SHAPES.index.name == "municipality_code"
    assert SHAPES.crs.to_epsg() == 4326
    assert SHAPES.is_valid.all()


def test_polygons_on_land_are_a_little_larger_than_the_land():
    # lakes are inside the polygons and not in the land area
    ratio = on_land(SHAPES).to_crs("EPSG:3006").area / 1e6 / SHAPES["land_km2"]
    assert ratio.between(1.0, 1.12).all()


def test_what_the_region_is_called():
    assert repr(REGION) == "Region('Halland', 6 municipalities)"
    assert (REGION.name, REGION.code, REGION.slug) == ("Halland", "13", "halland")
    assert REGION.words("sv") == {"region": "Halland", "regions": "Hallands"}
    assert REGION.words("en") == {"region": "Halland", "regions": "Halland's"}


@pytest.mark.parametrize(
    ("name", "genitives", "slug"),
    [
        ("Örebro län", ("Örebro läns", "Örebro län's"), "orebro-lan"),
        ("Mellersta Bergslagen", ("Mellersta Bergslagens", "Mellersta Bergslagen's"), None),
        ("Västerås", ("Västerås", "Västerås'"), "vasteras"),
    ],
)
def test_genitive_follows_each_language(name, genitives, slug):
    region = Region(SHAPES.iloc[:2], name)
    assert tuple(region.words(lang)["regions"] for lang in ("sv", "en")) == genitives
    assert slug is None or region.slug == slug


def test_a_region_of_own_polygons_in_any_system():
    shapes = SHAPES[["geometry"]].iloc[:2].to_crs("EPSG:3006").rename_geometry("shape")
    region = Region(shapes, "Two")
    assert region.municipalities.crs.to_epsg() == 4326
    assert region.municipalities["name"].tolist() == ["1315", "1380"]
    inside = region.contains(points((12.8578, 56.6745), (12.2502, 57.1057), (0.0, 0.0)))
    assert inside.tolist() == [True, False, False]
    areas = [shape.area for shape in SHAPES.geometry.iloc[:2]]
    assert region.polygon.area == pytest.approx(sum(areas), rel=1e-6)


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (SHAPES.iloc[:0], "needs polygons"),
        (pd.DataFrame(SHAPES.drop(columns="geometry")), "needs polygons"),
        (SHAPES.set_crs(None, allow_override=True), "needs polygons"),
        (pd.concat([SHAPES, SHAPES.iloc[:1]]), "1315 stands twice"),
        (SHAPES.set_geometry(SHAPES.representative_point()), "1380 has no polygon"),
    ],
)
def test_what_makes_no_region_is_refused(shapes, words):
    with pytest.raises(PlaceError, match=words):
        Region(shapes, "Nowhere")


def test_unknown_region_names_the_known_ones():
    with pytest.raises(PlaceError, match=r"no region 'skanne'.*skane.*halland"):
        Region.load("skanne")


def test_register_and_polygons_agree(halland):
    sites = halland.sites[halland.sites["inside"]]
    codes = sg.assign_municipality(sites)
    assert codes.equals(sites["municipality_code"].astype("str"))


def test_ringhals_and_the_mill_lie_in_varberg(halland):
    coast = halland.sites.loc[["ringhals", "sodra_cell_varo"]]
    assert coast.geometry.within(SHAPES.geometry["1383"]).all()


def test_no_place_outside_the_county_lies_in_its_polygons(halland):
    sites = halland.sites[~halland.sites["inside"]]
    assert not REGION.contains(sites).any()
    assert REGION.codes(sites).isna().all()


def test_any_coordinate_system_will_do():
    metric = points((12.8578, 56.6745), (12.2502, 57.1057)).to_crs("EPSG:3006")
    assert sg.assign_municipality(metric).tolist() == ["1380", "1383"]


def test_index_and_order_are_kept():
    places = points((12.2502, 57.1057), (12.8578, 56.6745), (12.2502, 57.1057))
    places.index = pd.Index(["b", "a", "b"])
    assert sg.assign_municipality(places).index.tolist() == ["b", "a", "b"]
    assert sg.assign_municipality(places).tolist() == ["1383", "1380", "1383"]


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(CODES)), st.floats(0, 1), st.floats(0, 1))
def test_a_point_inside_a_polygon_gets_its_code(code, across, up):
    shape = SHAPES.geometry[code]
    west, south, east, north = shape.bounds
    point = Point(west + across * (east - west), south + up * (north - south))
    if not shape.contains(point):
        point = shape.representative_point()
    assert sg.assign_municipality(gpd.GeoSeries([point], crs="EPSG:4326")).tolist() == [code]


@pytest.mark.parametrize(
    ("point", "fault"),
    [
        (Point(*RINGHALS), ""),
        (Point(*RINGHALS[::-1]), "swapped"),
        (Point(333_000, 6_350_000), "projected"),
        (Point(-0.1, 51.5), "abroad"),
        (Point(0, 0), "abroad"),
        (Point(), "missing"),
        (Point(np.nan, 57), "missing"),
        (None, "missing"),
    ],
)
def test_coordinate_fault(point, fault):
    assert coordinate_fault(point) == fault


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (RINGHALS[::-1], "looks swapped"),
        ((333_000, 6_350_000), "projected"),
        ((2.35, 48.86), "outside Sweden"),
    ],
)
def test_message_says_which_point_and_why(place, words):
    places = points((12.8578, 56.6745), place)
    places.index = ["fine", "faulty"]
    with pytest.raises(PlaceError, match=f"faulty: .*{words}") as error:
        sg.assign_municipality(places)
    assert "fine" not in str(error.value)


def test_every_point_outside_is_named_with_its_distance():
    stockholm, goteborg = (18.07, 59.33), (11.97, 57.71)
    places = points(stockholm, goteborg, (12.8578, 56.6745))
    with pytest.raises(PlaceError, match=r"outside Halland.*Region\.codes") as error:
        sg.assign_municipality(places)
    lines = str(error.value).splitlines()[1:]
    assert [line.split(":")[0] for line in lines] == ["- 0", "- 1"]
    line = SHAPES.union_all().boundary.segmentize(0.001)
    lon, lat = get_coordinates(line).T
    places = np.full((2, lon.size), np.reshape(goteborg, (2, 1)))
    metres = Geod(ellps="GRS80").inv(lon, lat, *places)[2]
    assert float(lines[1].split()[2]) == pytest.approx(metres.min() / 1000, abs=0.1)


def test_points_without_a_system_are_refused():
    with pytest.raises(PlaceError, match="no coordinate system"):
        sg.assign_municipality(points((12.8578, 56.6745)).set_crs(None, allow_override=True))
