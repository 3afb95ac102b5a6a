"""The connectors read what their sources answer, and refuse everything else in words."""

from __future__ import annotations

import copy
import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import sources
from hypothesis import given, settings
from hypothesis import strategies as st
from sources import CODES, HEAT, MILL, PEOPLE, as_bytes

import symbios_geo as sg
from symbios_geo.errors import RefreshError, SourceFormatError
from symbios_geo.refresh import eea, geodata, kolada, scb
from symbios_geo.refresh.endpoints import find_endpoint

READERS = {
    "scb_population": (scb.read_population, sources.population()),
    "scb_district_heat": (scb.read_district_heat, sources.district_heat()),
    "kolada_population": (kolada.read_newest, sources.key_figure()),
    "eea_co2": (eea.read_releases, sources.releases()),
    "scb_deso": (geodata.read_areas, sources.pieces(2)),
}
ENDPOINTS = {name: find_endpoint(name, {}) for name in READERS}


def read(name: str, content: Any) -> pd.DataFrame:
    body = content if isinstance(content, bytes) else as_bytes(content)
    return READERS[name][0](body, ENDPOINTS[name])


def good(name: str) -> Any:
    return copy.deepcopy(READERS[name][1])


# --- what good answers say -------------------------------------------------------------------


def test_population():
    table = read("scb_population", good("scb_population"))
    assert table["municipality_code"].tolist() == CODES
    assert table["value"].tolist() == PEOPLE
    assert set(table["year"]) == {2025}


def test_json_stat_in_its_other_spellings():
    content = good("scb_population")
    content["dimension"]["Region"]["category"]["index"] = CODES
    del content["dimension"]["Tid"]["category"]["index"]
    content["value"] = {str(place): value for place, value in enumerate(PEOPLE)}
    pd.testing.assert_frame_equal(
        read("scb_population", content), read("scb_population", good("scb_population"))
    )


def test_places_of_codes_decide_and_not_their_order():
    content = good("scb_population")
    places = {code: 5 - place for place, code in enumerate(CODES)}
    content["dimension"]["Region"]["category"]["index"] = places
    table = read("scb_population", content).set_index("municipality_code")["value"]
    assert table[CODES[::-1]].tolist() == PEOPLE


def test_cells_run_through_the_last_dimension_first():
    content = sources.jsonstat({"Region": ["a", "b"], "Tid": ["1", "2", "3"]}, [1, 2, 3, 4, 5, 6])
    table = scb.read_jsonstat(as_bytes(content), ENDPOINTS["scb_population"])
    assert table[table["Region"] == "b"]["value"].tolist() == [4, 5, 6]


def test_district_heat_with_and_without_industry():
    table = read("scb_district_heat", good("scb_district_heat")).set_index("municipality_code")
    assert table["total_gwh"].tolist() == pytest.approx([mwh / 1000 for mwh in HEAT])
    assert table.loc["1380", "buildings_gwh"] == pytest.approx(453.612)
    assert np.isnan(table.loc["1383", "buildings_gwh"])  # industry is not shown
    assert table.loc["1383", "total_gwh"] == pytest.approx(175.294)


def test_key_figure_is_the_newest_for_both_sexes():
    table = read("kolada_population", good("kolada_population")).set_index("municipality_code")
    assert table["value"].tolist() == PEOPLE
    assert set(table["year"]) == {2024}  # 2025 is named and empty


def test_withdrawn_value_is_passed_over():
    content = good("kolada_population")
    row = next(r for r in content["values"] if (r["municipality"], r["period"]) == ("1315", 2024))
    row["values"][1]["isdeleted"] = True
    table = read("kolada_population", content).set_index("municipality_code")
    assert table.loc["1315"].tolist() == [2023, 10186.0]


def test_releases_of_the_newest_year_in_kilotonnes():
    table = read("eea_co2", good("eea_co2")).set_index("facility_id")
    assert "SE.5" not in table.index  # without a place
    mill = table.loc["SE.1"]
    assert (mill["year"], mill["total_kt"], mill["fossil_kt"]) == (2023, 1600, 10)
    assert mill["biogenic_kt"] == 1590
    assert np.isnan(table.loc["SE.2", "total_kt"])
    assert np.isnan(table.loc["SE.2", "biogenic_kt"])
    assert table.crs.to_epsg() == 4326
    assert (mill.geometry.x, mill.geometry.y) == MILL


@pytest.mark.parametrize("code", ["CO2 EXCL BIOMASS", "CO2%20EXCL%20BIOMASS", "co2exclbiomass"])
def test_pollutant_is_known_in_each_spelling(code):
    rows = sources.release("SE.1", "a", MILL, 2023, total=3e6, fossil=1e6)
    rows[1]["pollutant"] = code
    assert read("eea_co2", {"results": rows})["biogenic_kt"].tolist() == [2]


def test_less_in_all_than_without_biomass_has_no_biogenic_part():
    rows = sources.release("SE.1", "a", MILL, 2023, total=1e6, fossil=3e6)
    assert read("eea_co2", {"results": rows})["biogenic_kt"].isna().all()


def test_repeated_rows_of_a_join_count_once():
    rows = sources.release("SE.1", "a", MILL, 2023, fossil=3e6)
    assert read("eea_co2", {"results": rows * 3})["fossil_kt"].tolist() == [3]
    other = sources.release("SE.1", "a", MILL, 2023, fossil=4e6)
    with pytest.raises(SourceFormatError, match="one amount by facility"):
        read("eea_co2", {"results": rows + other})


def test_names_cannot_steer_a_terminal():
    rows = sources.release("SE.1", "a\x1b[31m\nb\x07", MILL, 2023, fossil=3e6)
    assert read("eea_co2", {"results": rows})["name"].tolist() == ["a[31m b"]


def test_fault_of_the_question_is_passed_on():
    content = {"errors": [{"errorcode": 207, "error": "Invalid column name 'localId'."}]}
    with pytest.raises(RefreshError, match=r"Invalid column name 'localId'.*tables may have"):
        read("eea_co2", content)


def at(*places: tuple[float, float], **columns: list[str]) -> gpd.GeoDataFrame:
    points = gpd.points_from_xy(*zip(*places, strict=True), crs="EPSG:3006")
    return gpd.GeoDataFrame(columns, geometry=points).to_crs("EPSG:4326")


def test_facilities_and_sites_are_paired_by_name_then_distance():
    sites = at(
        (350_000, 6_300_000), (351_000, 6_300_000), (380_000, 6_300_000),
        name=["Bruket sågverk", "Kartongfabriken", "Långt bort"], operator=["x", "y", "z"],
    )  # fmt: skip
    sites.index = pd.Index(["saw", "board", "far"], name="site_id")
    facilities = at(
        (350_100, 6_300_000), (350_500, 6_300_000),
        facility_id=["A", "B"], name=["KARTONGFABRIKEN AB", "Något annat"],
    )  # fmt: skip
    pairs = eea.match_sites(facilities, sites).set_index("facility_id")
    assert pairs["site_id"].to_dict() == {"A": "board", "B": "saw"}
    assert pairs["distance_km"].to_dict() == pytest.approx({"A": 0.9, "B": 0.5}, abs=1e-3)
    assert pairs["shares_name"].to_dict() == {"A": True, "B": False}
    assert eea.match_sites(facilities, sites, max_km=0.05).empty


def test_areas_make_up_the_municipalities():
    areas = read("scb_deso", sources.pieces(3))
    assert len(areas) == 18
    whole = geodata.municipalities_from(areas)
    assert whole.index.tolist() == CODES
    expected = sg.load_municipalities().to_crs("EPSG:3006").geometry.buffer(100)
    apart = whole.to_crs("EPSG:3006").symmetric_difference(expected).area / expected.area
    assert apart.max() < 1e-6
    assert whole.is_valid.all()


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "body",
    [b"", b"<!DOCTYPE html><html>", b"null", b"[]", b"42", b"{}", b'{"a": 1', b"\xff\xfe\x00",
     b"[" * 100_000, b'{"value": ' + b"9" * 5000 + b"}"],
    ids=["nothing", "page", "null", "list", "number", "empty", "cut", "binary", "deep", "long"],
)  # fmt: skip
def test_what_is_no_answer_is_refused(name, body):
    with pytest.raises(SourceFormatError, match=r"expected .*but found .*stay"):
        read(name, body)


def change(content: Any, path: list[Any], value: Any) -> Any:
    *way, last = path
    holder = content
    for step in way:
        holder = holder[step]
    if value is DELETE:
        del holder[last]
    else:
        holder[last] = value
    return content


DELETE = object()
CASES = [
    ("scb_population", ["class"], "collection", "JSON-stat"),
    ("scb_population", ["id"], DELETE, "'id'"),
    ("scb_population", ["id"], "Region", "list"),
    ("scb_population", ["size"], [6, 1, 2], "codes|places"),
    ("scb_population", ["size"], [6, 1, True], "int"),
    ("scb_population", ["size"], [10**9, 1, 1], "cells"),
    ("scb_population", ["size", 0], 0, "cells"),
    ("scb_population", ["value"], PEOPLE[:5], "6 values"),
    ("scb_population", ["value", 2], "26 595", "float"),
    ("scb_population", ["value", 2], True, "float"),
    ("scb_population", ["value", 2], None, "inhabitants"),
    ("scb_population", ["value", 2], -1, "inhabitants"),
    ("scb_population", ["value", 2], 10**400, "too large"),
    ("scb_population", ["value"], {"7": 1}, "cells 0 to 5"),
    ("scb_population", ["dimension", "Region"], DELETE, "'Region'"),
    ("scb_population", ["dimension", "Tid", "category", "index"], {"next year": 0}, "a year"),
    ("scb_population", ["dimension", "Region", "category", "index", "1315"], 9, "places"),
    ("scb_population", ["dimension", "Region", "category", "index", "1315"], "0", "places"),
    ("scb_district_heat", ["value", 0], -4.0, "0 MWh"),
    ("scb_district_heat", ["id", 1], "Kategori", "'Kategori'"),
    ("kolada_population", ["values"], [], "0 rows"),
    ("kolada_population", ["values", 0], DELETE, None),
    ("kolada_population", ["values", 0, "municipality"], 1315, "str"),
    ("kolada_population", ["values", 0, "period"], "2023a", "a year"),
    ("kolada_population", ["values", 0, "kpi"], "N00001", "one key figure"),
    ("kolada_population", ["values", 0, "values", 1, "value"], "10196", "float"),
    ("kolada_population", ["values", 0, "values", 1, "value"], DELETE, "'value'"),
    ("kolada_population", ["values", 0, "values", 1, "gender"], DELETE, "'gender'"),
    ("eea_co2", ["results"], [], "0 rows"),
    ("eea_co2", ["results", 0, "kg"], "many", "float"),
    ("eea_co2", ["results", 0, "kg"], -1.0, "0 kg"),
    ("eea_co2", ["results", 0, "kg"], DELETE, "'kg'"),
    ("eea_co2", ["results", 0, "pollutant"], "CH4", "CO2"),
    ("eea_co2", ["results", 0, "lat"], 6_345_000.0, "degrees"),
    ("eea_co2", ["results", 0, "year"], 20.23, "a year"),
    ("scb_deso", ["type"], "Feature", "FeatureCollection"),
    ("scb_deso", ["numberMatched"], 13, "13 areas in one answer"),
    ("scb_deso", ["crs", "properties", "name"], "EPSG:4326", "EPSG:3006"),
    ("scb_deso", ["features", 0, "properties", "kommunkod"], DELETE, "'kommunkod'"),
    ("scb_deso", ["features", 0, "properties", "desokod"], "0114A0010", "DeSO code"),
    ("scb_deso", ["features", 0, "properties", "desokod"], "1315A0001", "each area once"),
    ("scb_deso", ["features", 0, "geometry"], None, "dict"),
    ("scb_deso", ["features", 0, "geometry", "type"], "Point", "a polygon"),
    ("scb_deso", ["features", 0, "geometry", "coordinates"], [[["a", 1]]], "coordinates"),
    ("scb_deso", ["features", 0, "geometry", "coordinates"], [], "area"),
    ("scb_deso", ["features", 0, "geometry", "coordinates"],
     [[[[13.1, 57.0], [13.2, 57.0], [13.2, 57.1], [13.1, 57.0]]]], "SWEREF"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "value", "words"), CASES)
def test_changed_format_is_named(name, path, value, words):
    content = change(good(name), path, value)
    if words is None:
        assert len(read(name, content)) == 6
        return
    with pytest.raises(SourceFormatError, match=words) as error:
        read(name, content)
    text = str(error.value)
    assert ENDPOINTS[name].title in text
    assert "https://" in text
    assert "the earlier answer and the bundled table stay" in text
    assert len(text) < 500


def test_missing_municipality_is_named():
    content = good("kolada_population")
    content["values"] = [row for row in content["values"] if row["municipality"] != "1382"]
    with pytest.raises(SourceFormatError, match=r"no \['1382'\]"):
        read("kolada_population", content)


def test_missing_part_of_a_municipality_is_noticed():
    content = sources.pieces(4)
    del content["features"][1]
    content["numberMatched"] -= 1
    with pytest.raises(SourceFormatError, match=r"at least 946.53 km2 for 1315"):
        read("scb_deso", content)


# --- whatever comes, the answer is a table or a clear refusal --------------------------------

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def places_in(content: Any, path: tuple = ()) -> list[tuple]:
    """Return the path of every value inside a JSON content, at most a few of each list."""
    inner = []
    if isinstance(content, dict):
        inner = list(content.items())
    elif isinstance(content, list):
        inner = list(enumerate(content[:3]))
    return [p for key, value in inner for p in [(*path, key), *places_in(value, (*path, key))]]


PLACES = {name: places_in(content) for name, (_, content) in READERS.items()}


@settings(max_examples=60)
@given(st.data())
@pytest.mark.parametrize("name", READERS)
def test_mutated_answer_gives_a_table_or_a_refusal(name, data):
    path = data.draw(st.sampled_from(PLACES[name]))
    value = data.draw(JUNK | st.just(DELETE))
    content = change(good(name), list(path), value)
    try:
        table = read(name, json.dumps(content).encode())
    except RefreshError:
        return
    assert len(table)


@settings(max_examples=40)
@given(st.data())
@pytest.mark.parametrize("name", READERS)
def test_garbled_bytes_give_a_table_or_a_refusal(name, data):
    body = bytearray(as_bytes(READERS[name][1]))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    body = body[: data.draw(st.integers(len(body) - 30, len(body)))]
    try:
        table = read(name, bytes(body))
    except RefreshError:
        return
    assert len(table)
