"""Any part of Sweden is a region: by name, from national tables, or from a small data package."""

from __future__ import annotations

import logging
import re
import shutil
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import symbios_geo as sg
from symbios_geo.errors import PlaceError, RegisterError
from symbios_geo.register import check
from symbios_geo.register.load import prepare
from symbios_geo.tables import data_folder, read_table

PAGE = Path(__file__).parents[1] / "docs" / "how-to-region.md"


@pytest.fixture(scope="module")
def orebro() -> sg.Register:
    return sg.load_register(region="orebro")


@pytest.fixture(scope="module")
def lindesberg() -> sg.Study:
    return sg.run(region="lindesberg", lang="en")


@pytest.mark.parametrize(
    ("key", "name", "towns"),
    [
        ("halland", "Halland", 6), ("13", "Halland", 6), ("Hallands län", "Halland", 6),
        ("orebro", "Örebro län", 12), ("Örebro", "Örebro län", 12), ("18", "Örebro län", 12),
        ("Örebro kommun", "Örebro", 1), ("1880", "Örebro", 1), ("gotland", "Gotlands län", 1),
        ("sweden", "Sverige", 290), (["Mark", "1490"], "Mark, Borås", 2),
    ],
)  # fmt: skip
def test_a_name_or_code_means_an_area(key, name, towns):
    region = sg.Region.load(key)
    assert (region.name, len(region.municipalities)) == (name, towns)


def test_counties_are_the_country_and_each_municipality_has_one():
    table = read_table("swedish_municipalities")
    counties = [sg.Region.load(code) for code in sorted(table["county_code"].unique())]
    assert len(counties) == 21
    codes = [code for county in counties for code in county.municipalities.index]
    assert sorted(codes) == sorted(table["municipality_code"])
    # Statistics Sweden, 31 December 2024, within the rounding of what is scaled
    assert table["population"].sum() == pytest.approx(10_551_707, rel=1e-3)


@pytest.mark.parametrize(
    ("area", "told"),
    [
        ("orebroo", "orebro"), ("9999", "no county"), (["Varberg", "halland"], "listed twice"),
        (["Varberg", "1383"], "listed twice"), (["Atlantis"], "Atlantis"),
        ("no/such/folder", "region.csv"),
    ],
)  # fmt: skip
def test_what_is_no_area_is_told(area, told):
    with pytest.raises(PlaceError, match=told):
        sg.Region.load(area)


def test_polygons_that_claim_the_same_land_are_told():
    shapes = [box(15, 59, 15.5, 59.5), box(15.4, 59, 16, 59.5)]
    towns = gpd.GeoDataFrame(geometry=shapes, index=["9001", "9002"], crs=4326)
    with pytest.raises(PlaceError, match=r"9001 and 9002 overlap by .* km2"):
        sg.Region(towns, name="twice")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"name_sv": "A", "municipalities": "1885 Lindesberg"}, "listed twice"),
        ({"name_sv": "A", "municipalities": "1885 4711"}, "4711"),
        ({"name_sv": "A"}, "municipalities"),
        ({"name_sv": "A", "municipalities": " "}, "the cell municipalities is empty"),
        ({"name_sv": "A", "municipalities": "Lilla Edit"}, "Lilla"),
    ],
)
def test_a_package_that_says_its_area_wrongly_is_told(tmp_path, row, told):
    pd.DataFrame([row]).to_csv(tmp_path / "region.csv", index=False)
    with pytest.raises(PlaceError, match=told):
        sg.Region.load(tmp_path)


@pytest.mark.parametrize(
    ("cells", "column", "told"),
    [
        ({"to_site_id": "dhn_loc_1885_269489"}, "to_site_id", "dhn_loc_1885_2694893"),
        ({"from_site_id": ""}, "from_site_id", "outside"),
        ({"from_flow_id": "frovi_mill-heat-warm_watr"}, "from_flow_id", "mill-heat-warm_water,"),
        ({"to_flow_id": "frovi_mill-heat-warm_water"}, "to_flow_id", "site_id = frovi_mill"),
        ({"from_flow_id": "frovi_mill-co2-stack_total-fossil"}, "from_flow_id", "resource = co2"),
        ({"from_flow_id": "frovi_mill-heat-uncounted"}, "from_flow_id", "additive = no"),
        ({"use_as_truth": ""}, "use_as_truth", "yes, no"),
        ({"value": "", "low": "", "high": ""}, "value", "amount"),
    ],
)
def test_an_exchange_that_would_be_lost_is_told(tmp_path, cells, column, told):
    package = shutil.copytree(data_folder() / "regions" / "lindesberg", tmp_path / "package")
    flows = pd.read_csv(package / "flows.csv", dtype=str)
    uncounted = flows.iloc[[2]].assign(flow_id="frovi_mill-heat-uncounted", additive="no")
    pd.concat([flows, uncounted]).to_csv(package / "flows.csv", index=False)
    exchanges = pd.read_csv(package / "synergies.csv", dtype=str)
    assert len(sg.load_register(region=package).synergies) == 1
    exchanges.assign(**cells).to_csv(package / "synergies.csv", index=False)
    with pytest.raises(RegisterError) as caught:
        sg.load_register(region=package)
    (line,) = str(caught.value).splitlines()[1:]
    assert f"synergies.csv, synergies frovi_lindesberg, row 2, column {column}" in line
    assert told in line
    assert "falla bort" in caught.value.report("sv")


def test_an_exchange_of_a_frame_that_would_be_lost_is_told(halland):
    row = halland.synergies.iloc[:1].assign(synergy_id="mine", to_site_id="dhn_varber")
    with pytest.raises(RegisterError, match=r"mine, row 1, column to_site_id.*dhn_varberg"):
        sg.load_register((None, halland.flows.iloc[:0], row))


def own_package(folder: Path, town: str, kind: str = "sawmill") -> Path:
    """Write a data package with a site in Lindesberg."""
    area = {"name_sv": town, "name_en": town, "code": "", "municipalities": town}
    site = {"site_id": "mill", "name": "Mill", "kind": kind, "municipality_code": "1885"}
    site |= {"lon": 15.32874, "lat": 59.47976, "visibility": "public"}
    flow = {"site_id": "mill", "resource": "heat", "role": "source", "stream": "hot_water"}
    flow |= {"value": 5, "unit": "GWh/yr", "temperature_low_c": 60}
    for name, row in (("region", area), ("sites", site), ("flows", flow)):
        pd.DataFrame([row]).to_csv(folder / f"{name}.csv", index=False)
    return folder


def test_places_outside_the_region_of_their_package_are_told(tmp_path, caplog):
    sg.load_register(region=own_package(tmp_path, "Lindesberg"))
    assert not caplog.messages
    assert not check.notices_of(tmp_path)
    sg.load_register(region=own_package(tmp_path, "Hofors"))
    assert "1 of 1 places lie outside Hofors and count in none of its sums: mill." in caplog.text
    (notice,) = check.notices_of(tmp_path)
    assert (notice.rule, notice.file, notice.row) == ("read_outside", "sites.csv", 2)
    assert "”mill” ligger utanför Hofors" in notice.text("sv")


@pytest.mark.parametrize(
    ("kind", "meant"), [("pulp_mil", "pulp_mill"), ("Massabruket", "pulp_mill")]
)
def test_a_kind_that_is_nearly_a_known_one_is_told(tmp_path, caplog, kind, meant):
    register = sg.load_register(region=own_package(tmp_path, "Lindesberg", kind))
    assert register.sites.loc["mill", "kind"] == kind
    (told,) = caplog.messages
    assert "sites.csv, sites, row 2, column kind" in told
    assert f"was {meant} meant?" in told
    (notice,) = check.notices_of(tmp_path)
    assert f"menades {meant}?" in notice.text("sv")


def test_a_kind_of_ones_own_is_nobodys_mistake(tmp_path, caplog):
    sg.load_register(region=own_package(tmp_path, "Lindesberg", "observatory"))
    assert not caplog.messages


@pytest.mark.parametrize("between", [" ", ", ", ";"])
def test_a_package_names_municipalities_of_one_word_and_of_two(tmp_path, between):
    names = ["Mark", "Upplands Väsby", "1885", "Lilla Edet kommun", "Östra Göinge"]
    row = {"name_sv": "A", "municipalities": between.join(names)}
    pd.DataFrame([row]).to_csv(tmp_path / "region.csv", index=False)
    found = sg.Region.load(tmp_path).names.tolist()
    assert found == ["Mark", "Upplands Väsby", "Lindesberg", "Lilla Edet", "Östra Göinge"]
    assert sg.Region.load("Upplands Väsby").names.tolist() == ["Upplands Väsby"]


def test_a_county_starts_from_national_tables(orebro):
    flows = orebro.flows
    assert set(flows["confidence"]) == {"D"}
    assert flows["inside"].all()
    need = sg.balance.by_municipality(orebro, "heat")["demand"]
    towns = read_table("swedish_municipalities").set_index("municipality_code").loc[need.index]
    key = sg.load_assumptions()["national_heat_mwh_per_head"]
    expected = towns["population"] * towns["climate_factor"] * key / 1000
    pd.testing.assert_series_equal(need, expected, check_names=False, check_dtype=False)
    people = orebro.sites.groupby("municipality_code")["population"].sum()
    assert people.to_numpy() == pytest.approx(towns["population"].to_numpy(), abs=30)


def test_industry_whose_point_is_a_head_office_is_left_out_and_named(caplog):
    with caplog.at_level(logging.WARNING):
        register = sg.load_register(region="orebro")
    assert "PC Iggesund" in caplog.text
    left = read_table("industrial_sites").dropna(subset="left_out")["site_id"]
    assert not register.sites.index.isin(left).any()
    table = read_table("industrial_sites").set_index("site_id")
    here = table.loc[register.sites.index[register.sites["place_type"] == "site"]]
    heat = [c for c in here.columns if c.startswith("heat_")]
    supply = sg.balance.by_municipality(register, "heat")["supply"].sum()
    assert supply == pytest.approx(here[heat].sum().sum())
    rows = register.flows[register.flows["resource"] == "co2"]
    reported = here[["co2_ets_kt", "co2_eprtr_kt"]].max(axis=1).sum()
    assert rows["value"].sum() == pytest.approx(reported, rel=0.01)


def test_national_needs_follow_their_key_and_move_together(orebro):
    dear = sg.run(orebro, assumptions={"national_heat_mwh_per_head": 9.0})
    before = sg.balance.by_municipality(orebro, "heat")["demand"]
    ratio = dear.balances["heat"]["demand"] / before
    assert ratio.to_numpy() == pytest.approx(9.0 / 7.68)
    drawn = sg.draws.draw(orebro, sg.load_assumptions(), n=50)
    needs = orebro.flows.query("stream == 'property_heating'")["flow_id"]
    shares = drawn.flows[needs].to_numpy() / drawn.flows[needs].to_numpy()[:, :1]
    assert np.ptp(shares, axis=0) == pytest.approx(0, abs=1e-9)
    by_key = drawn.flows[needs[:1]].iloc[:, 0] / drawn.parameters["national_heat_mwh_per_head"]
    assert np.ptp(by_key) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("least", [1_500, 6_000])
def test_which_places_have_a_network_follows_the_assumptions(orebro, least):
    changed = sg.load_assumptions().replace(
        {"national_network_least_people": least, "national_heat_mwh_per_head": 9.0}
    )
    loaded = sg.load_register(region="orebro", assumptions=changed)
    followed, _ = prepare(orebro, changed)
    assert set(followed.sites.index) == set(loaded.sites.index)
    columns = ["flow_id", "value", "low", "high", "supply_temperature_c", "origin"]
    same, anew = (
        register.flows[columns].sort_values("flow_id", ignore_index=True)
        for register in (followed, loaded)
    )
    pd.testing.assert_frame_equal(same, anew)
    back, _ = prepare(followed, sg.load_assumptions())
    assert set(back.flows["flow_id"]) == set(orebro.flows["flow_id"])


def test_a_network_left_out_stays_out_and_a_stated_one_stays(orebro):
    flow_id = "dhn_loc_1885_2694893-heat-district_heating_deliveries"
    more = sg.load_assumptions().replace({"national_network_least_people": 1_500})
    again, _ = prepare(orebro.without(flow_id), more)
    assert len(again.flows) > len(orebro.flows)
    assert flow_id not in set(again.flows["flow_id"])
    measured = pd.DataFrame(
        [{"site_id": "dhn_loc_1885_2694893", "resource": "heat", "role": "sink", "value": 30.0}]
    ).assign(unit="GWh/yr", stream="measured")
    own = orebro.without(flow_id).add(flows=measured)
    kept, _ = prepare(own, more.replace({"national_network_least_people": 6_000}))
    assert "measured" in set(kept.flows["stream"])


def test_what_somebody_states_is_not_added_to(lindesberg):
    sites = lindesberg.register.sites
    assert not sites.index.str.startswith("hotmaps_").any()
    assert "loc_1885_2694893" in sites.index
    own = sg.load_register(region="1885").flows["site_id"]
    assert own.str.startswith("hotmaps_").any()


def test_the_mill_heats_the_town_and_the_greenhouse_would_pay(lindesberg):
    rows = lindesberg.exchanges.set_index("sink")
    assert rows.loc["dhn_loc_1885_2694893", "status"] == "existing"
    greenhouse = rows.loc["frovi_greenhouse-heat-greenhouse_heating"]
    assert greenhouse["status"] == "new"
    assert greenhouse["yearly_msek"] > 0
    assert lindesberg.headline["existing_gwh"] == pytest.approx(42.6)


def test_two_regions_do_not_mix(lindesberg, study):
    ids = set(lindesberg.register.flows["flow_id"])
    assert ids.isdisjoint(study.register.flows["flow_id"])
    assert lindesberg.headline["need_gwh"] < study.headline["need_gwh"] / 10
    assert set(study.balances["heat"].index).isdisjoint(lindesberg.balances["heat"].index)


def test_neighbours_of_the_data_package_join_it():
    register = sg.load_register(region=sg.Region.load(["Varberg", "Mark"]))
    grades = register.flows.groupby("municipality_code")["confidence"].agg(set)
    assert grades["1463"] == {"D"}
    assert "D" not in grades["1383"]


def test_a_part_of_the_package_counts_what_lies_in_it():
    whole = sg.load_register()
    part, answer = sg.run(whole.within("Laholm")), sg.run(region="laholm")
    assert answer.headline == pytest.approx(part.headline)
    assert 0 < answer.headline["new_gwh"] < answer.headline["need_gwh"]
    assert set(answer.register.sites["municipality_code"].dropna()) & set(
        whole.region.names.index
    ) == {"1381"}
    # rows that follow assumptions stay left out too
    dearer = sg.run(region="laholm", assumptions={"heat_pipe_cost_factor": 1.1})
    assert set(dearer.register.flows["flow_id"]) == set(answer.register.flows["flow_id"])
    # a port and a store outside the region belong to the chain of whoever sends
    assert sg.run(region="varberg").headline["co2_to_storage_kt"] > 1000


def test_a_store_is_not_reached_without_a_port():
    register = sg.load_register()
    ports = register.sites.index[register.sites["kind"] == "port"]
    inland = register.keep_sites(register.sites.index.difference(ports))
    assert sg.run(inland).headline["co2_to_storage_kt"] == 0


def test_the_country_leaves_the_package_out():
    region = sg.Region.load("sweden")
    assert region.national
    assert not region.packaged
    assert not region.part(["1383"]).packaged


def test_the_page_for_regions_runs_as_it_stands(tmp_path, monkeypatch):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for block in blocks:
            exec(compile(block, PAGE.name, "exec"), names)
    assert len(blocks) == 11
    assert names["county"].headline["supply_gwh"] == pytest.approx(28.05)
    assert names["study"].balances["heat"].loc["1862", "supply"] == pytest.approx(60)
    assert (names["study"].exchanges["status"] == "new").any()
    assert names["networks"].index.str.startswith("dhn_").all()
    assert len(names["sweden"].municipalities) == 290
    # what flows today comes from the stream that is committed, and from no other
    flowing = names["flowing"]
    assert flowing["source"].to_list() == [names["sent"]["flow_id"]]
    assert flowing["sink"].to_list() == [names["taken"]["flow_id"]]
    assert flowing["delivered"].sum() == pytest.approx(8)


def test_counties_add_up_to_the_study(study, lindesberg):
    for one in (study, lindesberg):
        table = sg.plan.by_county(one)
        assert len(table) == 1
        told = one.headline
        row = table.iloc[0]
        assert row["need_gwh"] == pytest.approx(told["need_gwh"])
        assert row["plan_gwh"] == pytest.approx(told["new_gwh"])
        assert row["plan_share"] == pytest.approx(told["new_share"])
