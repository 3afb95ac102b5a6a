"""What is measured, estimated, counted once, and how long a confidence holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from totals import total

import symbios_geo as sg
from symbios_geo.outputs.listings import source_table
from symbios_geo.outputs.story import Story
from symbios_geo.study.draws import draw
from symbios_geo.study.evidence import published, shown_confidence, value_by_confidence
from symbios_geo.tables import data_date, read_table

AGES = {"confidence_a_years": 5.0, "confidence_b_years": 10.0}


@pytest.mark.parametrize(
    ("given", "age", "shown"),
    [
        ("A", 0, "A"), ("A", 5, "A"), ("A", 6, "B"), ("A", 10, "B"), ("A", 11, "C"),
        ("B", 10, "B"), ("B", 11, "C"), ("C", 0, "C"), ("C", 40, "C"), ("A", None, "A"),
    ],
)  # fmt: skip
def test_a_confidence_expires_with_its_year(given, age, shown):
    year = None if age is None else data_date().year - age
    rows = pd.DataFrame({"confidence": [given], "year": pd.array([year], dtype="Int64")})
    assert list(shown_confidence(rows, AGES)) == [shown]


def test_shares_of_confidence_add_up_and_values_are_those_of_the_balance(halland, study):
    table = value_by_confidence(halland, study.assumptions)
    assert table[["share_a", "share_b", "share_c"]].sum(axis=1).to_numpy() == pytest.approx(1)
    by_kind = table.set_index(["resource", "role", "class"])
    assert by_kind.loc[("heat", "sink", ""), "value"] == pytest.approx(total("need_gwh"))
    heat = by_kind.loc[("heat", "source", "")]
    # 152.816 + 21.524 + 10.886 GWh are official, nothing else is
    assert heat["share_a"] * heat["value"] == pytest.approx(185.226)
    need = by_kind.loc[("heat", "sink", "")]
    assert (need["share_a"] + need["share_b"]) * need["value"] == pytest.approx(
        total("district_heat_gwh")
    )


def test_deliveries_are_the_exchanges_of_statistics_and_counted_once(halland):
    flows = halland.flows.set_index("flow_id")
    exchanges = read_table("synergies").set_index("synergy_id")["value"]
    taken_in = read_table("networks").set_index("network_id")["waste_heat_input_gwh"]
    for flow, exchange, network in (
        ("sodra_cell_varo-heat-hot_water_delivered", "syn_varo_varberg", "dhn_varberg"),
        ("hylte_paper-heat-process_heat_delivered", "syn_hylte_hyltebruk", "dhn_hyltebruk"),
        ("hoganas_halmstad-heat-flue_gas_delivered", "syn_hoganas_halmstad", "dhn_halmstad"),
        ("dhn_falkenberg-heat-industrial_waste_heat", "syn_unknown_falkenberg", "dhn_falkenberg"),
    ):
        row = flows.loc[flow]
        assert row["value"] == row["committed"] == exchanges[exchange] == taken_in[network]
        assert row["confidence"] == "A"
    counted = halland.counted("heat", "source")
    assert "dhn_falkenberg-heat-industrial_waste_heat" not in set(counted["flow_id"])


def test_a_cascade_gives_no_more_than_its_balance(halland, study):
    rows = halland.flows[
        (halland.flows["cascade"] == "varo") & (halland.flows["additive"] == "yes")
    ]
    assert len(rows) == 3
    bound = study.assumptions["varo_water_heat_gwh"] + 152.816
    assert rows["value"].sum() == pytest.approx(bound)
    drawn = draw(halland, study.assumptions, n=200)
    water = drawn.parameters["varo_water_heat_gwh"]
    hot = drawn.flows["sodra_cell_varo-heat-hot_water"]
    cold = drawn.flows["sodra_cell_varo-heat-process_effluent_and_cooling_water"]
    # an estimate of the hot stream above the whole balance stands, and leaves nothing cold
    assert (hot + cold).to_numpy() == pytest.approx(np.maximum(water, hot))
    more = sg.load_register(assumptions={"varo_excess_heat_gwh": 900}).flows
    more = more[(more["cascade"] == "varo") & (more["additive"] == "yes")]
    assert more["value"].sum() == pytest.approx(900)
    assert (more["value"] >= 0).all()


@pytest.mark.parametrize(("cop", "need"), [(2.2, 2570.8), (1.94, 2412.5), (1.7, 2266.3)])
def test_the_heat_need_follows_the_mean_cop_of_electric_heating(cop, need):
    flows = sg.load_register(assumptions={"electric_heating_cop": cop}).flows
    heating = flows[flows["category"] == "property_heating"]
    assert heating["value"].sum() == pytest.approx(need, abs=0.1)
    assert (heating["low"] <= heating["value"]).all()
    measured = heating[heating["stream"] == "district_heat_in_buildings"]
    assert measured["value"].sum() == pytest.approx(total("district_heat_gwh"))


def test_heat_sources_say_what_potential_they_are_and_what_is_scattered(halland):
    sources = halland.pick("heat", "source", counted=False)
    assert sources["potential"].notna().all()
    assert (sources.loc[sources["scattered"] == "yes", "site_id"].str.startswith("cat_")).all()
    assert sources["site_id"].str.startswith("cat_").sum() == (sources["scattered"] == "yes").sum()


def test_accessible_is_within_two_kilometres_of_a_network(halland):
    flows = halland.flows.set_index("flow_id")["accessible"]
    assert flows["falkenberg_energi_main-heat-flue_gas"]
    assert flows["hem_kristinehed-heat-district_heating_water"]
    assert not flows["derome_kinnared-heat-moist_air"]
    assert not flows["ringhals-heat-condenser_cooling_water_unit_3"]
    # a register cut to an area keeps what its whole said
    part = halland.within("Varberg").flows.set_index("flow_id")["accessible"]
    assert part.equals(flows[part.index])


def test_every_claim_is_the_documents_or_belongs_to_one_that_is():
    claims = read_table("claims").set_index("claim_id")
    quoted = claims.index[claims["origin"] == "quoted"]
    assert claims.loc[quoted, "section"].notna().all()
    assert claims.loc[quoted, "under"].isna().all()
    assert set(claims.loc[claims["origin"] != "quoted", "under"]) <= set(quoted)


def test_published_sources_are_counted_once_and_without_our_own(study):
    ids = study.register.flows["source_id"]
    kinds = read_table("sources").set_index("source_id")["kind"]
    counted = published(ids)
    assert len(counted) == len(set(counted)) == ids.drop_duplicates().map(kinds).ne("own").sum()
    assert counted[0] == ids[ids.map(kinds).ne("own")].value_counts().index[0]
    # the workbook counts them row by row, and slides and report tell the same
    table = source_table(study).set_index("source_id")["flows"]
    carried = table.index[table > 0]
    assert set(counted) == set(carried[carried.map(kinds) != "own"])
    assert table.sum() == len(ids)
    assert Story(study, pd.DataFrame()).words["published_count"] == str(len(counted))
