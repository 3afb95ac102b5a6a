"""One gate in: frames pass the rules of files, and sums agree with their parts for any register."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPoint, Point, box

import symbios_geo as sg
from symbios_geo.co2 import stacks
from symbios_geo.errors import MatchError, RegisterError
from symbios_geo.matching.reach import candidate_links
from symbios_geo.model import MONTH_COLUMNS
from symbios_geo.register.complete import UNITS, unit_factor
from symbios_geo.register.duplicates import duplicate_flows
from symbios_geo.study import balance

SITE = {"site_id": "dc", "name": "My data centre", "lon": 12.87, "lat": 56.70}
FLOW = {
    "site_id": "dc", "resource": "heat", "role": "source", "value": 315.36, "unit": "GWh/yr",
    "temperature_low_c": 30, "temperature_high_c": 35, "visibility": "public",
}  # fmt: skip


def centre(**flow: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the site and the flow of a data centre as a pandas user types them."""
    return pd.DataFrame([SITE | {"visibility": "public"}]), pd.DataFrame([FLOW | flow])


def test_a_data_centre_from_a_frame_counts_in_every_answer(register):
    before = balance.by_municipality(register, "heat").loc["1380"]
    after = balance.by_municipality(register.add(*centre()), "heat").loc["1380"]
    assert after["supply"] - before["supply"] == pytest.approx(315.36)
    assert "dc-heat" in set(sg.heat.supply_points(register.add(*centre())).index)


@pytest.mark.parametrize(
    ("unit", "value"),
    [("MWh", 315360), ("kWh/år", 315.36e6), ("TJ/yr", 315.36 * 3.6), ("GWh", 315.36)],
)
def test_units_are_converted(register, unit, value):
    flows = register.add(*centre(unit=unit, value=value)).flows
    assert flows["value"].iloc[-1] == pytest.approx(315.36)
    assert flows["unit"].iloc[-1] == "GWh/yr"


def test_every_unit_is_one_of_the_resources():
    assert {unit for unit, _ in UNITS.values()} == {"GWh/yr", "kt/yr"}
    assert unit_factor("kton/år") == ("kt/yr", 1.0)
    assert unit_factor("MW") is None


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        ({"role": "sourse"}, "role"), ({"resource": "warmth"}, "resource"),
        ({"unit": "MW"}, "unit"),
        ({"temperature_low_c": 90}, "temperature_low_c <= temperature_high_c"),
        ({"low": 400.0}, "low <= value"), ({"high": 100.0}, "value <= high"),
        ({"site_id": "nowhere"}, "nowhere"), ({"value": None}, "value is missing"),
        ({"value": -1.0}, "below the least"), ({"source_id": "hearsay"}, "hearsay"),
        ({"temperature_low_c": None, "temperature_high_c": None}, "temperature is missing"),
        ({"aditive": "no"}, "additive"), ({"visibility": "sekret"}, "sekret"),
    ],
)  # fmt: skip
def test_a_flow_that_breaks_a_rule_is_refused_with_row_and_column(register, flow, words):
    with pytest.raises(RegisterError, match=words):
        register.add(*centre(**flow))


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"lon": 20.0, "lat": 5.0}, "outside Sweden"), ({"lon": 56.7, "lat": 12.87}, "swapped"),
        ({"lon": None}, "coordinates"), ({"site_id": "mill"}, "more than one row"),
        ({"municipality_code": "1384"}, "municipality Halmstad"),
    ],
)  # fmt: skip
def test_a_place_that_cannot_be_is_refused(register, place, words):
    with pytest.raises(RegisterError, match=words):
        register.add(pd.DataFrame([SITE | place]))


def test_every_fault_is_told_at_once(register):
    with pytest.raises(RegisterError) as error:
        register.add(pd.DataFrame([SITE | {"lat": 5.0}]), pd.DataFrame([FLOW | {"role": "x"}]))
    assert "sites dc, row 1" in str(error.value)
    assert "flows dc-heat, row 1, column role" in str(error.value)


def test_geometry_may_have_any_name_system_and_shape(register):
    metric = gpd.GeoSeries([Point(12.87, 56.70)], crs=4326).to_crs(3006)
    for shape in (metric.iloc[0], metric.buffer(50).iloc[0], MultiPoint([metric.iloc[0]])):
        places = gpd.GeoDataFrame({"name": ["x"], "where": [shape]}, geometry="where", crs=3006)
        site = register.add(places.set_axis(["new"])).sites.loc["new"]
        assert (site["lon"], site["lat"]) == pytest.approx((12.87, 56.70), abs=1e-4)
        assert site["municipality_code"] == "1380"
    with pytest.raises(RegisterError, match="coordinate system"):
        register.add(places.set_axis(["new"]).set_crs(None, allow_override=True))


def test_what_breaks_a_rule_later_is_refused_too(register):
    flows = register.flows.assign(value=register.flows["high"] * 2)
    with pytest.raises(RegisterError, match="value <= high"):
        replace(register, flows=flows)


def test_added_places_outside_the_area_enter_no_sum(register):
    site, flow = centre()
    wider = register.add(site.assign(lon=11.97, lat=57.7), flow)
    assert not wider.flows["inside"].iloc[-1]
    assert balance.by_municipality(wider, "heat").equals(balance.by_municipality(register, "heat"))


def test_sixty_degrees_is_one_question(halland):
    hot = halland.select("heat", "source", min_c=60)
    hot = hot[(hot["additive"] == "yes") & hot["inside"]]
    assert set(hot["class"]) == {"class_60"}
    assert hot["value"].sum() == balance.heat_by_class(halland).loc["class_60", "value"]
    assert hot["source"].notna().all()


def test_select_by_place(halland):
    near = halland.select("heat", "source", near="Falkenberg", km=5)
    again = halland.select("heat", "source", near="loc_1382_falkenberg", km=5)
    assert list(near.index) == list(again.index)
    assert near["distance_km"].max() <= 5
    part = halland.select("co2", within="Varberg")
    assert set(part["municipality"]) == {"Varberg"}
    with pytest.raises(RegisterError, match="Falkenberg"):
        halland.select(near="Falkenbreg", km=5)
    with pytest.raises(RegisterError, match="heat"):
        halland.select("haet")


def test_words_and_numbers_of_select_are_checked(halland):
    near = {"near": "Falkenbergs kommun", "km": 5}
    assert len(halland.select("heat", **near)) == len(
        halland.select("heat", near="Falkenberg", km=5)
    )
    for wrong in ({"min_c": "60"}, {"near": "Falkenberg", "km": -1}, {"near": "Nowhere", "km": 1}):
        with pytest.raises(RegisterError, match=r"no number from|no place"):
            halland.select("heat", **wrong)
    with pytest.raises(RegisterError, match="No place of the register"):
        halland.within("Stockholm")


def test_within_keeps_places_flows_and_exchanges_together(halland):
    part = halland.within(["1383"])
    assert set(part.sites["municipality_code"]) == {"1383"}
    assert set(part.flows["site_id"]) <= set(part.sites.index)
    assert part.within(sg.Region.load()).sites.index.equals(part.sites.index)
    assert len(halland.within(box(12, 57, 12.5, 57.5)).sites) < len(halland.sites)
    table = balance.by_municipality(part, "heat")
    whole = balance.by_municipality(halland, "heat")
    assert table.loc["1383", "supply"] == pytest.approx(whole.loc["1383", "supply"])


def test_a_match_says_what_it_left_out(halland):
    gone = sg.match(halland, "heat").left_out.set_index("flow_id")["reason"]
    assert gone["ringhals-heat-condenser_cooling_water_unit_3"] == "nuclear"
    assert gone["sodra_wood_varo-heat-moist_air"] == "not_additive"
    linked = sg.match(halland, "heat").links["source"]
    assert not set(gone.index) & set(linked)


carbon = st.sampled_from(["biogenic", "fossil", None])
rows = st.lists(
    st.tuples(
        st.sampled_from(["heat", "co2"]), st.sampled_from(["mill", "glass", "south"]),
        st.floats(0, 1e4), carbon, st.integers(0, 150), st.booleans(),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=15)
@given(rows)
def test_sums_are_the_sums_of_their_parts(rows):
    register = _three_places()
    flows = pd.DataFrame(
        [
            {"flow_id": f"f{i}", "site_id": site, "resource": resource, "role": "source",
             "stream": "stack", "value": value, "carbon": carbon if resource == "co2" else None,
             "unit": {"heat": "GWh/yr", "co2": "kt/yr"}[resource], "temperature_low_c": degrees,
             "additive": "yes" if counts else "no"}
            for i, (resource, site, value, carbon, degrees, counts) in enumerate(rows)
        ]
    )  # fmt: skip
    filled = register.add(flows=flows)
    counted = flows[flows["additive"] == "yes"].groupby("resource")["value"].sum()
    heat, co2 = (counted.get(name, 0.0) for name in ("heat", "co2"))
    same = pytest.approx
    assert balance.by_municipality(filled, "heat")["supply"].sum() == same(heat)
    assert balance.heat_by_class(filled)["value"].sum() == same(heat)
    assert balance.heat_by_municipality_and_class(filled).to_numpy().sum() == same(heat)
    assert balance.by_municipality(filled, "co2")["supply"].sum() == same(co2)
    assert stacks(filled)["total"].sum() == same(co2)
    origins = [c for c in ("biogenic", "fossil", "unknown") if c in stacks(filled)]
    assert stacks(filled)[origins].to_numpy().sum() == same(co2)
    table = balance.co2_by_municipality(filled)
    assert table[[c for c in origins if c in table]].to_numpy().sum() == same(co2)


def _three_places() -> sg.Register:
    places = {"mill": (12.87, 56.70), "glass": (12.88, 56.70), "south": (13.04, 56.51)}
    table = pd.DataFrame.from_dict(places, orient="index", columns=["lon", "lat"])
    return sg.Register(table.assign(name=table.index), pd.DataFrame())


def test_candidate_links_refuse_places_that_cannot_be():
    points = gpd.GeoSeries([Point(12.5, 56.9), Point(13.0, 57.0)], index=["a", "b"], crs=4326)
    good = gpd.GeoDataFrame(geometry=points)
    swapped = gpd.GeoDataFrame(geometry=points.map(lambda p: Point(p.y, p.x)), crs=4326)
    rt90 = gpd.GeoDataFrame(geometry=points.to_crs(3021).to_numpy(), crs=3006, index=["a", "b"])
    turned = points.to_crs(3006).map(lambda p: Point(p.y, p.x))
    grid = gpd.GeoDataFrame(geometry=turned.to_numpy(), crs=3006, index=["a", "b"])
    for wrong, words in ((swapped, "longitude"), (rt90, "RT 90"), (grid, "easting comes first")):
        with pytest.raises(MatchError, match=words):
            candidate_links(wrong, good, max_km=60)
        with pytest.raises(MatchError, match=words):
            candidate_links(wrong, wrong, max_km=60)


def test_municipality_of_other_shapes_and_of_polygons_with_a_column():
    points = gpd.GeoSeries([Point(12.5, 56.9), Point(13.0, 57.0)], crs=4326)
    for shapes in (
        points,
        points.map(lambda p: MultiPoint([p])),
        points.map(lambda p: p.buffer(0.01)),
    ):
        codes = sg.assign_municipality(gpd.GeoSeries(shapes, crs=4326))
        assert codes.tolist() == ["1382", "1315"]
    column = sg.load_municipalities().reset_index()
    assert sg.assign_municipality(points, column).tolist() == ["1382", "1315"]


def test_a_flow_row_pasted_twice_is_a_probable_duplicate():
    row = {"flow_id": "a", "site_id": "s", "resource": "heat", "role": "source", "stream": "x"}
    table = pd.DataFrame([row | {"value": "5"}, row | {"flow_id": "a-2", "value": "5"}])
    assert duplicate_flows([table])[["site", "other"]].to_numpy().tolist() == [["a-2", "a"]]
    assert duplicate_flows([table.assign(value=["5", "6"])]).empty


def test_a_flow_of_a_frame_given_twice_is_refused(register):
    flow = {"site_id": "s", "resource": "heat", "role": "source", "value": 5, "unit": "GWh"}
    twice = pd.DataFrame([flow | {"temperature_low_c": 70}] * 2)
    place = pd.DataFrame([{"site_id": "s", "name": "S", "lon": 12.5, "lat": 56.9}])
    with pytest.raises(RegisterError, match="like row 1 in every cell"):
        register.add(place, twice)
    both = register.add(place, twice.assign(flow_id=["a", "b"]))
    assert len(both.flows) == len(register.flows) + 2


def test_a_row_without_an_id_gets_the_same_from_a_file_and_from_a_frame(register, tmp_path):
    site = {"site_id": "dairy", "name": "Dairy", "kind": "dairy", "lon": 12.5, "lat": 56.9}
    place = pd.DataFrame([site])
    flow = {"flow_id": "", "site_id": "dairy", "resource": "heat", "role": "source"}
    flow |= {"stream": "Warm process water", "value": 5, "unit": "GWh/yr"}
    flows = pd.DataFrame([flow | {"temperature_low_c": 70, "temperature_high_c": 90}])
    place.to_csv(tmp_path / "sites.csv", index=False)
    flows.to_csv(tmp_path / "flows.csv", index=False)
    read = sg.load_register(tmp_path).flows.query("site_id == 'dairy'")["flow_id"].tolist()
    added = register.add(place, flows).flows.query("site_id == 'dairy'")["flow_id"].tolist()
    assert read == added == ["dairy-heat-warm_process_water"]


@pytest.mark.parametrize("blank", [{}, {"method": ""}, {"method": None}])
def test_only_a_flow_that_says_so_is_reported(register, blank):
    assert register.add(*centre(**blank)).flows["method"].iloc[-1] == "estimated"
    assert register.add(*centre(method="reported")).flows["method"].iloc[-1] == "reported"


def test_months_stand_in_the_unit_of_their_row():
    months = dict.fromkeys(MONTH_COLUMNS, 1200 / 12)
    flow = {"site_id": "s", "resource": "heat", "role": "source", "value": 1200, "unit": "MWh"}
    flows = pd.DataFrame([flow | months | {"temperature_low_c": 60.0}])
    place = pd.DataFrame([{"site_id": "s", "name": "S", "lon": 12.5, "lat": 56.9}])
    row = sg.Register(place, flows).flows.iloc[0]
    assert row["unit"] == "GWh/yr"
    assert row[MONTH_COLUMNS].sum() == pytest.approx(row["value"]) == pytest.approx(1.2)
