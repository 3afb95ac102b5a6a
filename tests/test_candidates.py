"""Candidates of the real register: every end counted once, today's pipes known, use inside kept."""

from __future__ import annotations

import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo.errors import MatchError
from symbios_geo.matching.candidates import (
    Candidates,
    existing_links,
    find_candidates,
    sinks_with_tiers,
)


@pytest.fixture(scope="module", params=["heat", "co2"])
def found(request: pytest.FixtureRequest, halland: sg.Register) -> Candidates:
    return find_candidates(halland, request.param)


def test_links_join_ends_that_exist(found: Candidates):
    for end, limits, points in (
        ("source", found.supply, found.sources),
        ("sink", found.demand, found.sinks),
    ):
        assert set(found.pairs[end]) <= set(points.index)
        assert limits.index.equals(points.index)
        assert points.index.is_unique
        assert (limits >= 0).all()
    assert not found.pairs.duplicated(["source", "sink"]).any()
    assert found.links["unit_cost"].notna().all()
    assert len(found.links) <= len(found.pairs)


def test_reach_limits_every_pair(halland: sg.Register):
    near = find_candidates(halland, "heat", max_km=5)
    assert 0 < near.pairs["distance_km"].max() <= 5
    far = find_candidates(halland, "heat", max_km=10)
    assert len(far.pairs) > len(near.pairs)


def test_every_source_has_its_own_links(found: Candidates):
    """A tool that looks at the first source only would leave the rest without links."""
    assert found.pairs["source"].nunique() > 10


def test_todays_pipe_is_one_stream_of_its_sender(halland: sg.Register):
    found = find_candidates(halland, "heat")
    built = found.existing
    assert built["status"].eq("existing").all()
    pairs = set(zip(built["site_id_source"], built["site_id_sink"], strict=True))
    truth = existing_links(halland, "heat")
    assert pairs <= set(zip(truth["from_site_id"], truth["to_site_id"], strict=True))
    assert not built.duplicated(["site_id_source", "site_id_sink"]).any()
    assert "fixed_cost" not in built
    assert (found.links["fixed_cost"] > 0).any()


def test_what_goes_to_others_today_stays_on_offer(halland: sg.Register):
    found = find_candidates(halland, "heat")
    sources = found.sources.assign(free=found.supply)
    sold = existing_links(halland, "heat").groupby("from_site_id")["value"].sum()
    # the wood-chip plant beside the dairy is built for it: it has no surplus of its own
    for site, amount in sold.drop("falkenberg_energi_arla").items():
        offered = sources.loc[sources["site_id"] == site, "free"].sum()
        assert offered >= amount * 0.99, site


def test_use_inside_the_site_is_taken_off(register: sg.Register):
    # of the mill's 100 GWh of hot water 10 are in use, and no synergy says that they leave
    sites = register.sites.assign(area_ha=100.0)
    found = find_candidates(sg.Register(sites, register.flows), "heat")
    assert found.supply["mill-heat-hot_water"] == pytest.approx(90)
    assert found.supply["mill-heat-effluent"] == pytest.approx(200)


def taking(register: sg.Register, *rows: tuple[str, float, str | None]) -> sg.Register:
    """Return a register whose greenhouse counts, with exchanges of today from the mill."""
    exchanges = pd.DataFrame(
        {
            "synergy_id": [f"known_{k}" for k in range(len(rows))],
            "from_site_id": "mill",
            "to_site_id": [site for site, _, _ in rows],
            "from_flow_id": ["mill-heat-hot_water" if flow else None for _, _, flow in rows],
            "to_flow_id": [flow for _, _, flow in rows],
            "resource": [(flow or "-heat-").split("-")[1] for _, _, flow in rows],
            "value": [amount for _, amount, _ in rows],
            "unit": "GWh/yr",
            "use_as_truth": "yes",
        }
    )
    flows = register.flows.assign(additive="yes")
    return sg.Register(register.sites, flows, exchanges)


@pytest.mark.parametrize("flow", [None, "glass-heat-greenhouse_heating"])
@pytest.mark.parametrize(("today", "left"), [(0.0, 20.0), (12.0, 8.0), (20.0, 0.0), (33.0, 0.0)])
def test_what_arrives_today_is_not_needed_once_more(register, today, left, flow):
    found = find_candidates(taking(register, ("glass", today, flow)), "heat")
    assert found.demand["glass-heat-greenhouse_heating"] == pytest.approx(left)
    houses = find_candidates(taking(register), "heat")
    assert found.demand.drop("glass-heat-greenhouse_heating").equals(
        houses.demand.drop("glass-heat-greenhouse_heating")
    )


def test_houses_that_are_warmed_today_do_not_join_again(register):
    before = find_candidates(taking(register), "heat").demand
    after = find_candidates(taking(register, ("town", 30.0, None)), "heat").demand
    assert after["town"] == pytest.approx(max(before["town"] - 30.0, 0.0))


@pytest.mark.parametrize("resource", ["heat", "co2", "materials", "water"])
@pytest.mark.parametrize("region", [None, "lindesberg"])
def test_what_is_free_is_what_today_leaves(halland, region, resource):
    whole = halland if region is None else sg.load_register(region=region)
    found = find_candidates(whole, resource)
    sinks = found.sinks.drop(sinks_with_tiers(found.tiers))
    today = found.existing.groupby("sink")["delivered"].sum().reindex(sinks.index).fillna(0.0)
    # feed that is known to go to Falkenberg's cows is more than they are reckoned to eat
    left = (sinks["value"].fillna(0.0) - today).clip(lower=0.0)
    assert (found.demand[sinks.index] <= left + 1e-9).all()


def test_a_network_without_statistics_buys_what_it_is_known_to_get():
    whole = sg.load_register(region="lindesberg")
    with_it = find_candidates(whole, "heat")
    without = find_candidates(whole.unchecked(synergies=None), "heat")
    network = with_it.existing["sink"].iloc[0]
    bought = with_it.tiers.bought.loc[network].sum()
    assert bought == pytest.approx(with_it.existing["delivered"].sum())
    assert without.tiers.bought.loc[network].sum() == pytest.approx(0)
    assert with_it.demand[network] <= without.demand[network] - 0.9 * bought


def test_what_is_only_planned_takes_nothing_today(register):
    runs = taking(register, ("glass", 12.0, None))
    planned = runs.unchecked(synergies=runs.synergies.assign(status="planned"))
    sink = "glass-heat-greenhouse_heating"
    assert find_candidates(runs, "heat").demand[sink] == pytest.approx(8.0)
    assert find_candidates(planned, "heat").demand[sink] == pytest.approx(20.0)


def test_a_by_product_between_two_sites_is_nobodys_need_until_its_flows_are_named(halland):
    row = halland.synergies.query("resource == 'materials' and use_as_truth == 'yes'").iloc[[0]]
    plain = row.assign(from_flow_id=None, to_flow_id=None, to_site_id="rural_1384", value=5.0)
    more = halland.unchecked(synergies=pd.concat([halland.synergies, plain]))
    before, after = (find_candidates(each, "materials").demand for each in (halland, more))
    assert after.equals(before)


def test_an_exchange_to_a_network_may_name_its_flows():
    whole = sg.load_register(region="lindesberg")
    known = find_candidates(whole, "heat")
    row = known.existing.iloc[0]
    flow = f"{row['site_id_sink']}-heat-district_heating_deliveries"
    assert flow in set(whole.flows["flow_id"])
    named = whole.synergies.assign(from_flow_id=row["source"], to_flow_id=flow)
    found = find_candidates(whole.unchecked(synergies=named), "heat")
    columns = ["source", "sink", "delivered"]
    assert found.existing[columns].equals(known.existing[columns])
    assert found.demand.equals(known.demand)


def test_a_boiler_of_a_network_follows_its_load_and_needs_no_pipe(halland: sg.Register):
    found = find_candidates(halland, "heat")
    own = found.links[found.links["given_km"] == 0]
    assert set(zip(own["site_id_source"], own["sink"], strict=True)) == {
        ("falkenberg_energi_main", "dhn_falkenberg")
    }
    assert (own[["invest_pipe_fixed_meur", "invest_pipe_meur_per_mw"]] == 0).all(axis=None)
    assert set(found.sources["profile"][own["source"]]) == {"heat_load_share"}


def test_synergies_without_a_table_are_none():
    empty = existing_links(sg.Register(sites=pd.DataFrame(), flows=pd.DataFrame()), "heat")
    assert len(empty) == 0


def test_only_exchanges_known_well_enough_are_truth(halland: sg.Register):
    truth = existing_links(halland, "heat")
    assert set(truth["use_as_truth"]) == {"yes"}
    assert set(truth["resource"]) == {"heat"}
    assert len(truth) == 5


def test_unknown_resource_is_refused(halland: sg.Register):
    with pytest.raises(MatchError, match="heat, co2"):
        find_candidates(halland, "steam")
