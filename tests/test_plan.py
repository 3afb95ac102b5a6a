"""The plan: what flows today as measured, what is new and pays, and what both say of themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo.errors import RegisterError
from symbios_geo.labels import number as written
from symbios_geo.maps.findings import match_finding
from symbios_geo.matching.candidates import find_candidates
from symbios_geo.matching.ladder import METHODS, match_candidates
from symbios_geo.model import new_of
from symbios_geo.outputs.listings import COSTS, make_tables
from symbios_geo.register.substrates import SURVEY
from symbios_geo.study.sentences import existing_note
from symbios_geo.tables import read_table

MONTHS = [f"month_{month}" for month in range(1, 13)]


def test_existing_heat_is_what_statistics_measure(study):
    rows = study.exchanges
    existing = rows[(rows["status"] == "existing") & (rows["resource"] == "heat")]
    by_sink = existing.groupby("sink")["delivered"].sum()
    # KRE 2023: industrial heat taken into the networks, GWh
    assert by_sink["dhn_varberg"] == pytest.approx(152.816)
    assert by_sink["dhn_halmstad"] == pytest.approx(10.886)
    assert by_sink["dhn_hyltebruk"] == pytest.approx(21.524)
    assert study.headline["existing_gwh"] == pytest.approx(existing["delivered"].sum())
    assert existing["yearly_msek"].isna().all()


def test_only_reported_amounts_are_called_so(study):
    heat = study.exchanges.query("resource == 'heat' and status == 'existing'")
    how = heat.set_index("source")["method_source"]
    assert how["sodra_cell_varo-heat-hot_water_delivered"] == "reported"
    assert how["sia_glass-heat-refrigeration_condenser_delivered"] == "estimated"
    told = "185\N{NO-BREAK SPACE}GWh/yr reported for 2023, the rest estimated"
    assert existing_note(heat, "en") == told
    assert existing_note(heat[heat["method_source"] == "reported"], "en").startswith("reported")
    assert existing_note(heat[heat["method_source"] == "estimated"], "en") == "estimated"


def test_what_is_no_single_place_comes_last_and_never_gives_a_title(study):
    new = study.exchanges.query("status == 'new'")
    assert new["one_place"].is_monotonic_decreasing
    assert not new["one_place"].all()
    crowds = study.register.sites.index[study.register.sites["status"] == "category"]
    assert set(crowds) == set(study.register.one_place.index[~study.register.one_place])
    ends = new[["source", "sink"]].map(lambda end: str(end).split("-")[0])
    assert (ends.isin(crowds).any(axis=1) == ~new["one_place"].astype(bool)).all()
    pairs = pd.DataFrame(
        [("getteroverket", "waterworks_county", 1000.0), ("hylte_paper", "port_halmstad", 5.4)],
        columns=["source", "sink", "delivered"],
    ).assign(status="new", supported=False, mode=["mode:treated", "mode:mineral"])
    there = study.register.sites.index
    title, _ = match_finding(pairs, study.register, "water", "thousand m3/yr", "sv", there)
    assert "Länets vattenverk" not in title
    # how little of all joins two places
    assert title.endswith(" vatten i nya utbyten, varav 5,4 mellan bestämda platser")
    title, _ = match_finding(pairs.tail(1), study.register, "water", "thousand m3/yr", "sv", there)
    assert title.startswith("Det enda nya utbytet")
    title, told = match_finding(
        pairs.head(1), study.register, "water", "thousand m3/yr", "sv", there,
        unused=49000.0, supply=51000.0,
    )  # fmt: skip
    thousand = "\N{NARROW NO-BREAK SPACE}"
    lone = f"1{thousand}000 tusen m³/år vatten, går till en mottagare utan bestämd plats"
    assert title == f"Det enda nya, {lone}"
    assert "Getteröverket" not in title
    need = study.register.pick("water", "sink")["value"].sum()
    assert told.endswith(f" behovet är {written(need, digits=0)}")


def test_headline_adds_up_from_the_exchanges(study):
    rows, told = study.exchanges, study.headline
    new = rows[(rows["status"] == "new") & (rows["resource"] == "heat")]
    assert told["new_gwh"] == pytest.approx(new["delivered"].sum())
    # what arrives in a network less what it loses and sells to industry, by its own statistics
    known = read_table("networks").set_index("network_id")
    sold = known["buildings_gwh"] + known["industry_gwh"].fillna(0.0)
    part = known["buildings_gwh"] / sold * (1 - known["loss_share"])
    met = (new["delivered"] * new["sink"].map(part).fillna(1.0)).sum()
    assert 0.8 < met / told["new_gwh"] < 0.9
    # the register counts small industry of three networks as buildings
    assert told["new_share"] == pytest.approx(met / told["need_gwh"], rel=0.005)
    assert told["new_msek_per_yr"] == pytest.approx(new["yearly_msek"].sum())
    assert told["need_gwh"] == pytest.approx(study.balances["heat"]["demand"].sum())
    assert told["supply_gwh"] == pytest.approx(study.balances["heat"]["supply"].sum())


def test_what_new_heat_gains_is_the_value_that_was_proven(study):
    match = study.matches["heat"]
    new = match.links[(match.links["status"] == "new") & (match.links["delivered"] > 0)]
    gained = (new["delivered"] * (new["worth"] - new["unit_cost"])).sum()
    assert gained == pytest.approx(match.certificate["primal"], rel=1e-6)
    assert match.certificate["gap"] <= 1e-3


def test_months_of_every_exchange_add_up_to_its_year(study):
    heat = study.exchanges[study.exchanges["resource"] == "heat"]
    assert heat[MONTHS].sum(axis=1).to_numpy() == pytest.approx(heat["delivered"].to_numpy())


def test_houses_that_join_get_the_same_share_of_their_need_in_every_month(study):
    found = study.candidates["heat"]
    year = found.year()
    got = new_of(study.carried("heat")).groupby("sink")[MONTHS].sum()
    joined = got.loc[got.index.intersection(year.joining)]
    assert len(joined)
    shares = joined.to_numpy() / year.demand.loc[joined.index].to_numpy()
    assert (np.ptp(shares, axis=1) < 1e-4).all()
    assert (shares > 0).all()


def test_no_network_takes_more_than_its_fuels_leave_room_for(study):
    found, links = study.candidates["heat"], study.matches["heat"].links
    new = links[links["status"] == "new"]
    arriving = new.groupby("sink")[MONTHS].sum()
    room = found.priced_tiers.pivot_table(
        index="sink", columns="month", values="gwh", aggfunc="sum", fill_value=0.0
    )
    for sink in arriving.index.intersection(room.index):
        assert (arriving.loc[sink].to_numpy() <= room.loc[sink].to_numpy() + 1e-6).all(), sink
    # waste burns all summer in Halmstad: new heat finds no room there in July
    assert 7 not in set(found.priced_tiers.query("sink == 'dhn_halmstad' and worth > 0")["month"])


def test_displaced_fuels_are_the_heat_that_arrives(study):
    links = study.matches["heat"].links
    new = links[(links["status"] == "new") & (links["delivered"] > 1e-6)]
    fuels = [column for column in new if column.startswith("displaced_")]
    into = new["kind"] == "network"
    assert new.loc[into, fuels].sum(axis=1).to_numpy() == pytest.approx(
        new.loc[into, "delivered"].to_numpy(), rel=1e-6
    )
    assert (new.loc[~into, fuels] == 0).all(axis=None)


def test_only_new_heat_is_credited_with_emissions(study):
    rows = study.exchanges
    assert (
        rows.loc[rows["status"] == "existing", ["t_co2e_low", "t_co2e_high"]].isna().all(axis=None)
    )
    heat = rows[(rows["status"] == "new") & (rows["resource"] == "heat")]
    assert (heat["t_co2e_low"] <= heat["t_co2e_high"]).all()


@pytest.mark.parametrize("method", METHODS)
def test_no_rung_resizes_what_flows_today(halland, method):
    found = find_candidates(halland, "heat")
    links = match_candidates(found, method=method).links
    standing = links[links["status"] == "existing"]
    assert standing["delivered"].sum() == pytest.approx(found.existing["delivered"].sum())


def test_dearer_chips_never_lower_what_the_plan_gains(halland):
    gains = [
        sg.run(halland, assumptions={"fuel_chips_sek_per_mwh": price}).headline["new_msek_per_yr"]
        for price in (350.0, 376.0, 395.0)
    ]
    assert np.all(np.diff(gains) >= -1e-6)


def test_trace_leads_from_a_derived_flow_to_its_sources(study):
    table = study.trace("sodra_cell_varo-co2-recovery_boiler-biogenic")
    assert table.iloc[0]["formula"]
    assert {"ef_black_liquor", "varo_black_liquor_gwh"} <= set(table.index)
    assert table.loc["ef_black_liquor", "source"]
    with pytest.raises(RegisterError, match="ef_black_liquor"):
        study.trace("ef_black_liqor")


def test_what_an_exchange_costs_and_is_worth_can_be_followed_term_by_term(study):
    new = study.exchanges.query("status == 'new'")
    for row in new.to_dict("records"):
        terms = study.trace(f"{row['source']}>{row['sink']}")
        assert terms["value"].iloc[0] == pytest.approx(row["delivered"])
        for name in ("unit_cost", "worth"):
            assert terms.loc[name, "value"] == pytest.approx(row[name])
            parts = terms.loc[terms.index.str.startswith(f"{name}."), "value"]
            assert parts.sum() == pytest.approx(row[name], abs=1e-6)
        assert terms.loc["net", "value"] == pytest.approx(row["worth"] - row["unit_cost"])
    long = study.trace("sodra_cell_varo-heat-hot_water>dhn_kungsbacka")
    assert {"unit_cost.source", "worth.bio_oil.1", "worth.chips.7"} <= set(long.index)
    # the flow that feeds it stands below, with its source
    assert long.loc["sodra_cell_varo-heat-hot_water", "source"].startswith("Region Halland")


def test_parts_of_the_cost_add_up_in_the_sheet_of_the_plan(study):
    table = make_tables(study, sg.claims.check_all(study, quiet=True))["plan_data"]
    priced = table[table["resource"].isin(["heat", "co2"]) & (table["status"] == "new")]
    assert priced[list(COSTS)].sum(axis=1).to_numpy() == pytest.approx(priced["levelised_sek"])
    assert priced["source_id"].notna().all()
    assert len(table) == len(study.exchanges)


def test_what_is_priced_for_a_year_adds_up_too(study):
    links = study.candidates["heat"].links
    parts = links[["pipe_cost", "heat_pump_cost", "source_cost", "distribution_cost"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(links["unit_cost"].to_numpy())


def _as_written(table):
    """Compute the formula of the first row of a trace from the numbers that stand below it."""
    text = table["formula"].iloc[0]
    values = table["value"].to_dict()
    ids = sorted(values, key=len, reverse=True)
    # longer ids first: one may be the beginning of another
    for number, name in enumerate(ids):
        text = text.replace(name, f"V[{number}]")
    return eval(text.replace(" x ", " * "), {"V": [values[name] for name in ids]})


def test_derived_rows_can_be_computed_from_what_their_trace_shows(study):
    flows = study.register.flows
    derived = flows[flows["origin"] == "derived"]
    for row in derived.groupby(["resource", "stream"]).head(2).itertuples():
        table = study.trace(row.flow_id)
        found = max(_as_written(table), 0)
        assert found == pytest.approx(row.value, rel=1e-6, abs=1e-9), row.flow_id
        assert table["source"].notna().all(), row.flow_id
        # what the authors calculated says how: by a formula or in a note
        reason = (table["formula"] + table["note"] != "") | ~table["source_id"].eq(SURVEY)
        assert reason.all(), row.flow_id
