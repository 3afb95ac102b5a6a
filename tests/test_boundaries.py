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
from symbios_geo.region import coordinate_fault

CODES = {
    "1315": "Hylte",
    "1380": "Halmstad",
    "1381": "Laholm",
    "1382": "Falkenberg",
    "1383": "Varberg",
    "1384": "Kungsbacka",
}
RINGHALS = (12.1087, 57.2596)
SHAPES = sg.load_municipalities()


def points(*places: tuple[float, float], crs: str = "EPSG:4326") -> gpd.GeoSeries:
    return gpd.GeoSeries.from_xy(*zip(*places, strict=True), crs=crs)


def test_six_municipalities_in_degrees():
    assert SHAPES["name"].to_dict() == CODES
    assert SHAPES.index.name == "municipality_code"
    assert SHAPES.crs.to_epsg() == 4326
    assert SHAPES.is_valid.all()


def test_polygons_are_a_little_larger_than_the_land():
    # lakes are inside the polygons and not in the land area
    ratio = SHAPES.to_crs("EPSG:3006").area / 1e6 / SHAPES["land_km2"]
    assert ratio.between(1.0, 1.12).all()


def test_unknown_detail_is_refused():
    with pytest.raises(PlaceError, match=r'no detail .perfect.*"overview"'):
        sg.load_municipalities("perfect")


def test_register_and_polygons_agree(halland):
    sites = halland.sites[halland.sites["in_halland"]]
    codes = sg.assign_municipality(sites)
    assert codes.equals(sites["municipality_code"].astype("str"))


def test_ringhals_lies_outside_the_line_but_in_varberg(halland):
    ringhals = halland.sites.loc[["ringhals"]].geometry
    distance = ringhals.to_crs("EPSG:3006").distance(SHAPES.to_crs("EPSG:3006").union_all())
    assert distance.iloc[0] == pytest.approx(1400, abs=100)
    assert sg.assign_municipality(ringhals).tolist() == ["1383"]
    with pytest.raises(PlaceError, match=r"ringhals: 1\.4 km outside Halland"):
        sg.assign_municipality(ringhals, tolerance_km=1)


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
    with pytest.raises(PlaceError, match="in_halland = false") as error:
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
