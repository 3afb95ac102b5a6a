"""What an analyst types: links as lines, claims of one's own, and objects that show themselves."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo.errors import MatchError, ParameterError, RegisterError
from symbios_geo.model import GEOGRAPHIC_CRS


@pytest.fixture(scope="module")
def study(annual: sg.Study) -> sg.Study:
    return annual


def shown(study):
    return [study, study.register, study.matches["heat"], study.assumptions, study.region,
            sg.Scenarios({"base": study})]  # fmt: skip


@pytest.mark.parametrize("place", range(6))
def test_objects_show_a_few_facts(study, place):
    thing = shown(study)[place]
    assert "\n" not in repr(thing)
    assert len(repr(thing)) < 500
    page = thing._repr_html_()
    assert type(thing).__name__ in page
    assert 1 <= page.count("<tr>") <= 11
    assert not re.search(r"0x[0-9a-f]{6}", repr(thing) + page)


def test_texts_of_a_register_are_no_markup(study):
    towns = study.municipalities.assign(name="<img src=x onerror=alert(1)>")
    page = sg.Region(towns, name="<b>A</b>")._repr_html_()
    assert "<b>A" not in page
    assert "<img" not in page


def test_objects_can_be_compared_and_kept_in_sets(study):
    again = sg.run(lang="en", method="annual")
    assert (study == again) is False
    assert study == study
    for one, other in zip(shown(study)[:5], shown(again)[:5], strict=True):
        assert isinstance(one == other, bool)
        assert len({one, one}) == 1


def test_what_is_useful_is_found_by_tab():
    assert {"load_register", "run", "match", "judge", "scenarios", "maps", "explore"} <= set(
        dir(sg)
    )


def test_links_are_lines_between_the_places_of_their_ends(study):
    match = study.matches["heat"]
    lines = match.to_gdf()
    used = match.links[match.links["delivered"] > 1e-6]
    assert lines.crs == GEOGRAPHIC_CRS
    assert len(lines) == len(used)
    assert lines["delivered"].sum() == pytest.approx(used["delivered"].sum())
    assert lines["delivered"].is_monotonic_decreasing
    assert set(lines["status"]) == {"existing", "new"}
    assert lines[["name_source", "name_sink", "unit"]].notna().all().all()
    # the registers' own points, and the length that the links were priced by
    km = lines.to_crs(3006).length / 1000
    assert np.allclose(km, lines["distance_km"], rtol=0.01, atol=0.05)
    first = lines.geometry.iloc[0].coords[0]
    place = study.register.sites.geometry[lines["site_id_source"].iloc[0]]
    assert first == pytest.approx((place.x, place.y))
    assert len(match.to_gdf(used=False)) == len(match.links)


def test_bare_links_have_no_lines(study):
    found = study.candidates["heat"]
    bare = sg.matching.solve(found.links, found.supply, found.demand)
    with pytest.raises(MatchError, match="no places"):
        bare.to_gdf()


def cover(case):
    """All waste heat over the need, as `heat_theoretical_with_ringhals`."""
    return case.total(case.flows("heat", "source")) / case.total(case.flows("heat", "sink"))


def test_a_claim_of_ones_own_gives_what_a_claim_of_the_table_gives(study):
    found = sg.judge(cover, at_least=1.0, study=study, n=200)
    heat = study.register.pick("heat", "source"), study.register.pick("heat", "sink")
    inside = [rows[rows["inside"]] for rows in heat]
    assert found["value"] == pytest.approx(inside[0]["value"].sum() / inside[1]["value"].sum())
    assert found["low"] < found["value"] < found["high"]
    assert list(found.index) == ["verdict", "value", "low", "high", "probability"]
    assert found["verdict"] == "holds"
    # the two sides of one limit share all draws
    other = sg.judge(cover, at_most=1.0, study=study, n=200)
    assert found["probability"] + other["probability"] == pytest.approx(1.0)


def test_a_municipality_is_named_by_name_or_code(study):
    named, coded = (
        sg.judge(cover, at_least=0.5, study=study, within=place, n=50)
        for place in ("varbergs kommun", "1383")
    )
    pd.testing.assert_series_equal(named, coded)
    assert named["value"] != sg.judge(cover, at_least=0.5, study=study, n=50)["value"]
    with pytest.raises(RegisterError, match="Kungsbacka"):
        sg.judge(cover, at_least=0.5, study=study, within="Atlantis")


def test_a_claim_that_cannot_be_judged_says_why(study):
    with pytest.raises(ParameterError, match="one limit"):
        sg.judge(cover, study=study)
    with pytest.raises(ParameterError, match="one limit"):
        sg.judge(cover, at_least=1, at_most=2, study=study)
    with pytest.raises(ParameterError, match="one number for each of the 1 draws"):
        sg.judge(lambda _case: "much", at_least=1, study=study, n=20)
    nothing = sg.judge(lambda _case: np.nan, at_least=1, study=study, n=20)
    assert nothing["verdict"] == "not_judged"
    certain = sg.judge(lambda _case: 2, at_least=1, study=study, n=20)
    assert certain["probability"] == 1.0


def test_sheets_columns_and_units_without_words_show_themselves(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    table = pd.DataFrame({"a b": [1.5], "value": [2.0]})
    from symbios_geo.outputs.workbook import write_workbook

    study_table = sg.disclosure.sign(table, "public")
    write_workbook({"mine/2: a?": study_table}, tmp_path / "a.xlsx", lang="en")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert "mine 2  a" in book.sheetnames
    cells = [cell for row in book["mine 2  a"].iter_rows(values_only=True) for cell in row]
    assert "a b" in cells
    assert sg.labels.unit_label("furlongs") == "furlongs"


def test_progress_is_silent_in_a_pipe(study, capfd):
    sg.claims.check_all(study, n=2)
    assert capfd.readouterr().err == ""


SITE = {"site_id": "dc1", "name": "My data centre", "lon": 12.87, "lat": 56.70}
FLOW = {"site_id": "dc1", "resource": "heat", "role": "source", "value": 300.0, "unit": "GWh/yr",
        "temperature_low_c": 65}  # fmt: skip


def frames(**flow):
    public = {"visibility": "public"}
    return pd.DataFrame([{**SITE, **public}]), pd.DataFrame([{**FLOW, **public, **flow}])


def test_frames_are_loaded_as_files_are(tmp_path):
    sites, flows = frames()
    told = {"source_id": "own_general_knowledge"}
    files = {
        "sites": sites.assign(kind="data_centre", municipality_code="1380", **told),
        "flows": flows.assign(flow_id="dc1-heat", stream="cooling_water", **told),
    }
    for name, table in files.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    read = sg.load_register(tmp_path).flows.iloc[-1]
    given = sg.load_register((sites, flows)).flows.iloc[-1]
    same = ["site_id", "value", "low", "high", "unit", "municipality_code", "inside", "class",
            "additive", "visibility"]  # fmt: skip
    assert read[same].to_dict() == given[same].to_dict()
    assert given["municipality_code"] == "1380"


def test_every_way_to_give_frames_counts_the_same():
    sites, flows = frames()
    usual = sg.balance.by_municipality(sg.load_register(), "heat").loc["1380", "supply"]
    added = sg.load_register((sites, flows))
    alone = sg.load_register((sites, flows), bundled=False)
    for register, supply in (
        (added, usual + 300),
        (alone, 300),
        (sg.load_register(alone), usual + 300),
    ):
        found = sg.balance.by_municipality(register, "heat").loc["1380", "supply"]
        assert found == pytest.approx(supply)
    assert list(alone.sites.index) == ["dc1"]
    study = sg.run((sites, flows), method="annual")
    assert study.balances["heat"].loc["1380", "supply"] == pytest.approx(usual + 300)


def test_flows_at_bundled_places_bring_them_along():
    sites, flows = frames()
    more = flows.assign(site_id="hylte_paper")
    for given, places in (((None, more), 1), ((sites, pd.concat([flows, more])), 2)):
        alone = sg.load_register(given, bundled=False)
        assert len(alone.sites) == places
        assert alone.sites.loc["hylte_paper", "municipality_code"] == "1315"


def test_faults_of_frames_are_told_and_nothing_else_is_taken():
    sites, flows = frames(value=-5)
    with pytest.raises(RegisterError, match="value"):
        sg.load_register((sites, flows))
    with pytest.raises(RegisterError, match="hylte_paper"):
        sg.load_register((sites.assign(site_id="hylte_paper"), None))
    for wrong in (sites, (sites,), (None, None), 5, (sites, "flows.csv")):
        with pytest.raises(RegisterError, match="pair of frames"):
            sg.load_register(wrong)


def test_a_part_of_the_region_is_the_region_of_its_study():
    register = sg.load_register()
    whole = sg.balance.by_municipality(register, "heat")
    towns = register.region.municipalities
    parts = {
        ("1383",): [
            "Varberg",
            "1383",
            towns.loc["1383"].geometry,
            towns.loc[["1383"]].to_crs(3006),
        ],
        ("1382", "1383"): [["varberg", "1382"], towns.loc[["1382", "1383"]]],
    }
    for codes, areas in parts.items():
        for area in areas:
            part = register.within(area)
            assert set(part.region.municipalities.index) == set(codes)
            found = sg.balance.by_municipality(part, "heat")
            for code in codes:
                assert found.loc[code, "supply"] == pytest.approx(
                    whole.loc[code, "supply"], rel=1e-3
                )
    study = sg.run(register.within("Varberg"), method="annual")
    assert study.region.name == "Varberg"
    assert study.headline["need_gwh"] == pytest.approx(whole.loc["1383", "demand"])
    assert (
        sg.maps.plot_match(study.matches["heat"], study.register, study.municipalities).get_xlim()[
            1
        ]
        < 380_000
    )


def test_a_circle_holds_what_lies_within_its_radius():
    register = sg.load_register()
    part = register.within(near="Falkenberg", km=12)
    town = register.select("heat", "sink", near="Falkenberg", km=500).sort_values("distance_km")
    near = town[town["distance_km"] <= 12]
    assert set(near["site_id"]) == set(part.pick("heat", "sink", counted=False)["site_id"])
    with pytest.raises(RegisterError, match="or a circle"):
        register.within("Varberg", near="Falkenberg", km=3)
    with pytest.raises(RegisterError, match="belong together"):
        register.within(near="Falkenberg")
    with pytest.raises(RegisterError, match="or a circle"):
        register.within()


def test_a_missing_extra_is_named_in_one_line(tmp_path, capsys, monkeypatch):
    import sys

    from symbios_geo.cli import main

    monkeypatch.setitem(sys.modules, "openpyxl", None)
    for name in [name for name in sys.modules if name.startswith("openpyxl.")]:
        monkeypatch.setitem(sys.modules, name, None)
    for lang, word in (("sv", "saknas"), ("en", "missing")):
        assert main(["template", str(tmp_path / "a.xlsx"), "--lang", lang]) == 2
        said = capsys.readouterr().err.strip()
        assert word in said
        assert 'pip install "symbios-geo[reports]"' in said
        assert "\n" not in said
