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

from symbios_geo.errors import RefreshError, SourceFormatError
from symbios_geo.refresh import readers
from symbios_geo.refresh.proposals import pair_sites
from symbios_geo.refresh.sources import find_endpoints

READERS = {
    "scb_population": (readers.read_people, sources.population()),
    "scb_district_heat": (readers.read_heat, sources.district_heat()),
    "kolada_population": (readers.read_people, sources.key_figure()),
    "kolada_energy_use": (readers.read_energy_use, sources.key_figure("N45905")),
    "eea_co2": (readers.read_releases, sources.releases()),
}
ENDPOINTS = {one.endpoint_id: one for one in find_endpoints(lang="en")}


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


def test_places_of_codes_decide_and_not_their_order():
    content = good("scb_population")
    places = {code: 5 - place for place, code in enumerate(CODES)}
    content["dimension"]["Region"]["category"]["index"] = places
    table = read("scb_population", content).set_index("municipality_code")["value"]
    assert table[CODES[::-1]].tolist() == PEOPLE


def test_order_of_the_dimensions_is_that_of_the_answer():
    content = good("scb_district_heat")
    names = content["id"][::-1]
    cells = np.reshape(content["value"], content["size"]).T.ravel().tolist()
    turned = content | {"id": names, "size": content["size"][::-1], "value": cells}
    keys = ["municipality_code", "column"]
    pd.testing.assert_frame_equal(
        read("scb_district_heat", turned).sort_values(keys, ignore_index=True),
        read("scb_district_heat", content).sort_values(keys, ignore_index=True),
    )


def heat() -> pd.DataFrame:
    table = read("scb_district_heat", good("scb_district_heat"))
    return table.pivot_table("value", "municipality_code", "column", dropna=False)


def test_district_heat_with_and_without_industry():
    table = heat()
    assert table["district_heat_total_gwh"].tolist() == pytest.approx([mwh / 1000 for mwh in HEAT])
    assert table.loc["1380", "district_heat_buildings_gwh"] == pytest.approx(453.612)
    assert np.isnan(table.loc["1383", "district_heat_buildings_gwh"])  # industry is not shown
    assert table.loc["1383", "district_heat_total_gwh"] == pytest.approx(175.294)


def test_key_figure_is_the_newest_for_both_sexes():
    table = read("kolada_population", good("kolada_population")).set_index("municipality_code")
    assert table["value"].tolist() == PEOPLE
    assert set(table["year"]) == {2024}  # 2025 is named and empty


def test_withdrawn_value_is_passed_over():
    content = good("kolada_population")
    row = next(r for r in content["values"] if (r["municipality"], r["period"]) == ("1315", 2024))
    row["values"][1]["isdeleted"] = True
    table = read("kolada_population", content).set_index("municipality_code")
    assert table.loc["1315", ["year", "value"]].tolist() == [2023, 10186.0]


def releases(content: Any) -> pd.DataFrame:
    table = read("eea_co2", content).set_index("facility_id")
    assert set(table["unit"]) == {"kt/yr"}
    return table.pivot_table("value", "facility_id", "column", dropna=False)


def test_releases_of_the_newest_year_in_kilotonnes():
    table = releases(good("eea_co2"))
    assert "SE.5" not in table.index  # without a place
    assert table.loc["SE.1"].to_dict() == pytest.approx(
        {"co2_total": 1600, "co2_fossil": 10, "co2_biogenic": 1590}
    )
    assert np.isnan(table.loc["SE.2", "co2_total"])
    assert np.isnan(table.loc["SE.2", "co2_biogenic"])
    mill = read("eea_co2", good("eea_co2")).set_index("facility_id").loc["SE.1"]
    assert set(mill["year"]) == {2023}
    assert set(zip(mill["lon"], mill["lat"], strict=True)) == {MILL}


@pytest.mark.parametrize("code", ["CO2 EXCL BIOMASS", "CO2%20EXCL%20BIOMASS", "co2exclbiomass"])
def test_pollutant_is_known_in_each_spelling(code):
    rows = sources.release("SE.1", "a", MILL, 2023, total=3e6, fossil=1e6)
    rows[1]["pollutant"] = code
    assert releases({"results": rows})["co2_biogenic"].tolist() == [2]


def test_less_in_all_than_without_biomass_has_no_biogenic_part():
    rows = sources.release("SE.1", "a", MILL, 2023, total=1e6, fossil=3e6)
    assert "co2_biogenic" not in releases({"results": rows})


def test_repeated_rows_of_a_join_count_once():
    rows = sources.release("SE.1", "a", MILL, 2023, fossil=3e6)
    assert releases({"results": rows * 3})["co2_fossil"].tolist() == [3]
    other = sources.release("SE.1", "a", MILL, 2023, fossil=4e6)
    with pytest.raises(SourceFormatError, match="one value only"):
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
    return gpd.GeoDataFrame(columns, geometry=points)


def test_facilities_and_sites_are_paired_by_name_then_distance():
    sites = at(
        (350_000, 6_300_000), (351_000, 6_300_000), (380_000, 6_300_000),
        name=["Bruket sågverk", "Kartongfabriken", "Långt bort"], operator=["x", "y", "z"],
    )  # fmt: skip
    sites.index = pd.Index(["saw", "board", "far"], name="site_id")
    names = ["KARTONGFABRIKEN AB", "Något annat"]
    facilities = at((350_100, 6_300_000), (350_500, 6_300_000), name=names)
    facilities.index = pd.Index(["A", "B"])
    pairs = pair_sites(facilities, sites)
    assert pairs["A"] == ("board", pytest.approx(0.9), True)
    assert pairs["B"] == ("saw", pytest.approx(0.5), False)
    assert len(pairs) == 2
    assert pair_sites(facilities, sites, max_km=0.05) == {}


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "body",
    [b"", b"<!DOCTYPE html><html>", b"null", b"[]", b"42", b"{}", b'{"a": 1', b"\xff\xfe\x00",
     b"[" * 100_000, b'{"value": ' + b"9" * 5000 + b"}"],
    ids=["nothing", "page", "null", "list", "number", "empty", "cut", "binary", "deep", "long"],
)  # fmt: skip
def test_what_is_no_answer_is_refused(name, body):
    with pytest.raises(SourceFormatError, match=r"at /, .* was expected, but .* came.*stay"):
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
    ("scb_population", ["class"], DELETE, "field class"),
    ("scb_population", ["id"], DELETE, "field id"),
    ("scb_population", ["id"], "Region", "/id, a list"),
    ("scb_population", ["id"], ["Region", "ContentsCode", "Region"], "sizes"),
    ("scb_population", ["id"], ["Region", "Tid"], "sizes"),
    ("scb_population", ["size"], [6, 1, 2], r"sizes and values for \[6, 1, 1\] codes"),
    ("scb_population", ["size"], [6, 1, True], "/size/2, a number"),
    ("scb_population", ["size"], [6, 1], "sizes"),
    ("scb_population", ["size"], [10**9, 1, 1], "sizes"),
    ("scb_population", ["size", 0], 0, "sizes"),
    ("scb_population", ["value"], PEOPLE[:5], "sizes and values"),
    ("scb_population", ["value"], {"0": 1}, "/value, a list"),
    ("scb_population", ["value", 2], "26 595", "/value/2, a number"),
    ("scb_population", ["value", 2], True, "/value/2, a number"),
    ("scb_population", ["value", 2], None, "above 0"),
    ("scb_population", ["value", 2], -1, "above 0"),
    ("scb_population", ["value", 2], 10**400, "below 10"),
    ("scb_population", ["value", 2], float("inf"), "below 10"),
    ("scb_population", ["value", 2], float("nan"), "below 10"),
    ("scb_population", ["value", 2], 265_951, "10 times more"),
    ("scb_population", ["dimension", "Region"], DELETE, "field Region"),
    ("scb_population", ["dimension", "Tid", "category", "index"], {"next year": 0}, "a year"),
    ("scb_population", ["dimension", "Tid", "category", "index"], {"2199": 0}, "a year"),
    ("scb_population", ["dimension", "Region", "category", "index", "1315"], 9, "places"),
    ("scb_population", ["dimension", "Region", "category", "index", "1315"], "0", "a number"),
    ("scb_district_heat", ["value", 0], -4.0, "0 MWh"),
    ("scb_district_heat", ["id", 1], "Kategori", "field Kategori"),
    ("kolada_population", ["values"], [], "1 and 5000 rows"),
    ("kolada_population", ["values", 0], DELETE, None),
    ("kolada_population", ["values", 0, "municipality"], 1315, "a text"),
    ("kolada_population", ["values", 0, "period"], "2023a", "a year"),
    ("kolada_population", ["values", 0, "period"], 2199, "a year"),
    ("kolada_population", ["values", 0, "kpi"], "N00001", "one and the same measure"),
    ("kolada_population", ["values", 0, "values", 1, "value"], "10196", "a number"),
    ("kolada_population", ["values", 0, "values", 1, "value"], DELETE, "field value"),
    ("kolada_population", ["values", 0, "values", 1, "gender"], DELETE, "field gender"),
    *[("kolada_population", ["values", 1, "values", 1, "value"], value, "above 0|whole|below 10")
      for value in (-10196, 0, 0.5, 1e300, 101960.5, 900)],
    *[("kolada_energy_use", ["values", 1, "values", 1, "value"], value, "above 0|below 10")
      for value in (-4.0, 0, 1e300)],
    ("eea_co2", ["results"], [], "rows"),
    ("eea_co2", ["results", 0, "kg"], "many", "a number"),
    ("eea_co2", ["results", 0, "kg"], -1.0, "0 kg"),
    ("eea_co2", ["results", 0, "kg"], DELETE, "field kg"),
    ("eea_co2", ["results", 0, "pollutant"], "CH4", "CO2"),
    ("eea_co2", ["results", 0, "lat"], 6_345_000.0, "degrees"),
    ("eea_co2", ["results", 0, "year"], 20.23, "/results/0/year, a number"),
    ("eea_co2", ["results", 0, "year"], 2199, "a year"),
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
    with pytest.raises(SourceFormatError, match=r"1382.* missing"):
        read("kolada_population", content)


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
