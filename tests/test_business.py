"""The business case: textbook formulas, sums that agree with the plan, and advice in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import symbios_geo as sg
from symbios_geo.assumptions import finance
from symbios_geo.assumptions.finance import annuity_factor
from symbios_geo.effects import business
from symbios_geo.errors import ParameterError
from symbios_geo.labels import label, quantity
from symbios_geo.matching.candidates import still_free
from symbios_geo.matching.months import solve_months
from symbios_geo.model import CARRIES_NOTHING, MONTH_COLUMNS
from symbios_geo.shortlist import RANKS, company
from symbios_geo.study import shocks, stress, worth
from symbios_geo.study.cases import best_case
from symbios_geo.study.chain import in_language
from symbios_geo.tables import read_table

PARTS = [f"invest_{part}_msek" for part in worth.INVESTED]


@pytest.fixture(scope="module")
def case(study):
    return study.business


@pytest.fixture(scope="module")
def new(case):
    return case[case["status"] == "new"]


def one(value: float) -> np.ndarray:
    return np.array([value])


# --- formulas -------------------------------------------------------------------------------------


def test_a_loan_of_a_spreadsheet_manual_has_its_rate():
    """Microsoft's help on RATE: 8 000 paid back by 200 a month for 48 months is 0.77 % a month."""
    rate = finance.internal_rate(one(200.0), np.array([[8000.0]]), np.array([[48.0]]), one(48.0))
    assert rate[0] == pytest.approx(0.0077014724882)


def test_a_pension_of_a_spreadsheet_manual_has_its_present_value():
    """Microsoft's help on PV: 500 a month for 20 years at 8 % a year is worth 59 777.15."""
    npv = finance.present_value(one(500.0), np.zeros((1, 1)), np.ones((1, 1)), one(240), 0.08 / 12)
    assert npv[0] == pytest.approx(59777.15, abs=0.005)


def test_machines_of_unequal_lives_compare_by_equivalent_annual_cost():
    """Brealey, Myers and Allen, chapter 6: 15 and 5 a year for 3 years, 10 and 6 for 2, at 6 %."""
    for cost, running, life, yearly in ((15.0, 5.0, 3.0, 10.61), (10.0, 6.0, 2.0, 11.45)):
        parts, years = np.array([[cost]]), np.array([[life]])
        npv = finance.present_value(one(-running), parts, years, one(6), 0.06)
        assert -npv[0] * annuity_factor(0.06, 6) == pytest.approx(yearly, abs=0.005)


@given(
    surplus=st.floats(0.1, 100),
    parts=st.lists(st.floats(1, 1e3), min_size=1, max_size=4),
    life=st.floats(2, 50),
    horizon=st.floats(2, 50),
)
def test_at_its_internal_rate_an_exchange_is_worth_nothing(surplus, parts, life, horizon):
    built, years = np.array([parts]), np.full((1, len(parts)), life)
    rate = finance.internal_rate(one(surplus), built, years, one(horizon))
    if np.isnan(rate[0]):  # half of the money is lost every year
        assert surplus * min(life, horizon) < sum(parts)
        return
    npv, sooner, later = (
        finance.present_value(one(surplus), built, years, one(horizon), rate + step)[0]
        for step in (0.0, -0.005, 0.005)
    )
    assert npv == pytest.approx(0, abs=1e-6 * sum(parts) * abs(sooner - later))
    if rate[0] > 0:
        assert later < npv < sooner


def test_a_split_must_add_up():
    assert business.check_split({"giver": 0.25, "taker": 0.75})["network"] == 0
    with pytest.raises(ParameterError, match=r"adds up to 0\.9"):
        business.check_split({"giver": 0.5, "taker": 0.4})
    with pytest.raises(ParameterError, match="'owner'"):
        business.check_split({"owner": 1.0})


# --- one answer -----------------------------------------------------------------------------------


def test_it_says_of_each_exchange_what_the_plan_says(study, case):
    plan = study.exchanges
    mine = case[case["status"].isin(["existing", "new"])]
    assert len(mine) == len(plan)
    keys = ["resource", "status", "source", "sink"]
    both = plan.merge(mine, on=keys, suffixes=("", "_case"), validate="one_to_one")
    assert len(both) == len(plan)
    for name in ("delivered", "investment_msek", "yearly_msek", "payback_years", "npv_msek",
                 "t_co2e", "t_co2e_low", "t_co2e_high", *MONTH_COLUMNS):  # fmt: skip
        pd.testing.assert_series_equal(
            both[name], both[f"{name}_case"], check_names=False, check_dtype=False
        )
    heat = new_of(mine, "heat")
    assert heat["yearly_msek"].sum() == pytest.approx(study.headline["new_msek_per_yr"])
    assert heat["delivered"].sum() == pytest.approx(study.headline["new_gwh"])


def new_of(case: pd.DataFrame, key: str) -> pd.DataFrame:
    return case[(case["status"] == "new") & (case["resource"] == key)]


def test_parts_add_up_to_the_investment_and_shares_to_the_gain(case, new):
    priced = case[case["status"] != "existing"]
    assert priced[PARTS].sum(axis=1).to_numpy() == pytest.approx(
        priced["investment_msek"].to_numpy(float)
    )
    shares = priced[[f"share_{party}_msek" for party in business.PARTIES]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(priced["yearly_msek"].to_numpy(float))
    # nobody pays to take part in what gains
    assert (new[shares.columns] >= -1e-9).all(axis=None)


def test_income_less_all_cost_is_the_gain(study, case):
    priced = case[case["status"] != "existing"].set_index(["source", "sink"])
    rate = study.assumptions["discount_rate"]
    for key, match in study.matches.items():
        rows = match.links[(match.links["status"] == "new") & (match.links["delivered"] > 1e-6)]
        record, sek = study.resource(key), study.assumptions["sek_per_eur"]
        paid = business.invested(rows, record) * annuity_factor(
            rate, business.lives(rows, record, study.assumptions).to_numpy(float)
        )
        mine = priced.loc[pd.MultiIndex.from_frame(rows[["source", "sink"]])]
        gain = mine["income_msek"].to_numpy() - mine["cost_msek"].to_numpy()
        assert gain - sek * paid.sum(axis=1).to_numpy() == pytest.approx(
            mine["yearly_msek"].to_numpy(float)
        )
    assert (priced["cost_msek"] >= -1e-9).all()
    whole = priced["levelised_sek"] * priced["delivered"] / 1000
    assert (priced["income_msek"] - whole).to_numpy() == pytest.approx(
        priced["yearly_msek"].to_numpy(float)
    )


def test_another_split_moves_shares_and_nothing_else(study, case):
    other = study.business_case({"giver": 0.5, "network": 0.5})
    assert (other["share_taker_msek"].dropna() == 0).all()
    same = [c for c in case if not c.startswith("share_")]
    pd.testing.assert_frame_equal(other[same], case[same])


def test_the_best_draw_gains_what_the_plan_gains(study):
    """The repricing of draws and the plan itself are two roads to one number."""
    best = best_case(study).draws.parameters
    for key, match in study.matches.items():
        rows = match.links[(match.links["status"] == "new") & (match.links["delivered"] > 1e-6)]
        yearly, _ = worth.drawn_gain(study, key, rows, best, np.ones((1, len(rows))))
        gains = rows["delivered"] * (rows["worth"] - rows["unit_cost"])
        told = gains * study.assumptions["sek_per_eur"] / 1000
        assert yearly[0] == pytest.approx(told.to_numpy(), rel=1e-6, abs=1e-6)


def test_less_heat_or_dearer_capital_gains_less(study):
    links = study.matches["heat"].links
    rows = links[(links["status"] == "new") & (links["delivered"] > 1e-6)]
    best = best_case(study).draws.parameters
    full, npv = worth.drawn_gain(study, "heat", rows, best, np.ones((1, len(rows))))
    half, _ = worth.drawn_gain(study, "heat", rows, best, np.full((1, len(rows)), 0.5))
    dear, lower = worth.drawn_gain(
        study, "heat", rows, best.assign(discount_rate=0.07), np.ones((1, len(rows)))
    )
    assert (half < full).all()
    assert (dear < full).all()
    assert (lower < npv).all()


@given(
    value=st.floats(1, 1e3),
    used=st.floats(0, 1),
    drawn=st.lists(st.floats(0, 2e3), min_size=2, max_size=20),
)
def test_what_is_used_today_is_taken_first(value, used, drawn):
    """A tenth less of a stream of which nine tenths are in use leaves nothing for a new pipe."""
    free, amounts = value * (1 - used), np.sort(np.array([0.0, *drawn, value]))
    left = still_free(amounts, value, free)
    assert (left >= 0).all()
    assert (left[amounts <= value * used] <= 1e-9 * value).all()
    assert (np.diff(left) >= 0).all()
    assert still_free(np.array([value]), value, free)[0] == pytest.approx(free, abs=1e-9 * value)
    # what is in use plus what is left is all there is, where there is enough for it
    enough = amounts >= value * used
    assert (left + value * used)[enough] == pytest.approx(amounts[enough], abs=1e-9 * value)


def test_draws_leave_a_pipe_what_others_do_not_take(study):
    """Heat sources are flows, so that what is left can be told by hand."""
    flows = study.register.flows.set_index("flow_id")
    rows = study.business
    rows = rows[(rows["resource"] == "heat") & (rows["status"] != "existing")]
    rows = rows[rows["source"].isin(flows.index[flows["committed"] > 0])].reset_index(drop=True)
    assert len(rows)
    used, best = (
        flows.loc[rows["source"], name].to_numpy(float) for name in ("committed", "value")
    )
    drawn = study.drawn.draws.flows[list(rows["source"])].to_numpy(float)
    by_hand = np.minimum(np.maximum(drawn - used, 0) / (best - used), 1)
    less = worth.delivered_shares(study, "heat", rows)
    assert (less <= by_hand + 1e-9).all()
    towns = ~rows["sink"].isin(flows.index).to_numpy()
    assert less[:, towns] == pytest.approx(by_hand[:, towns])
    # the gross stream would say that more is left
    assert (by_hand < np.minimum(drawn / best, 1) - 1e-9).any()


@pytest.mark.parametrize(
    ("key", "impossible"),
    [("heat", {"heat_pump_minimum_source_c": 1e3}), ("co2", {"smallest_capture_plant_tph": 1e6})],
)
def test_a_pipe_that_cannot_work_pays_its_capital_and_nothing_else(study, key, impossible):
    links = study.matches[key].links
    rows = links[(links["status"] == "new") & (links["delivered"] > 1e-6)].reset_index(drop=True)
    best = best_case(study).draws.parameters
    idle, _ = worth.drawn_gain(study, key, rows, best, np.zeros((1, len(rows))))
    ends = worth.drawn_gain(study, key, rows, best.assign(**impossible), np.ones((1, len(rows))))
    full, _ = worth.drawn_gain(study, key, rows, best, np.ones((1, len(rows))))
    # what needs no machine works as before
    works = np.isclose(ends[0], full)
    assert not works.all()
    assert ends[0][~works] == pytest.approx(idle[~works])
    assert np.isfinite(ends[1]).all()


def test_one_draw_tells_no_cause(study):
    one_draw = replace(study, draws=1)
    rows = one_draw.business
    assert rows["breaks_by"].isna().all()
    assert len(one_draw.shortlist())


def test_existing_exchanges_have_no_invented_money(case):
    existing = case[case["status"] == "existing"]
    money = ["investment_msek", "yearly_msek", "npv_msek", "irr", "support_msek", "pays_share"]
    assert existing[money].isna().all(axis=None)
    assert (existing["mw"] > 0).all()
    assert (case["full_load_hours"] <= 8784).all()
    # what is hauled has no size of its own: it is what the largest month needs
    hauled = case[(case["resource"] == "materials") & case["status"].isin(["existing", "new"])]
    assert (hauled["full_load_hours"] > 8000).all()


def test_what_is_measured_is_what_the_plan_allocates(study):
    stacks = study.candidates["co2"].sources["value"].groupby(level=0).sum()
    for row in study.shortlist(count=40).query("resource == 'co2'").to_dict("records"):
        if row["name_source"] in row["measure"]:
            assert quantity(stacks[row["source"]], row["unit"]) in row["measure"]


def test_candidates_stand_beside_the_plan(study, case):
    near = case[case["status"].isin(["candidate", "split", "losing"])]
    assert len(near)
    taken = set(zip(case["source"], case["sink"], strict=True))
    assert len(taken) == len(case)
    # a grant of that size brings them to nothing
    assert (near["npv_msek"] + near["support_msek"]).to_numpy() == pytest.approx(0, abs=1e-9)
    assert (near["levelised_sek"] > near["worth_sek"]).all()
    for key, match in study.matches.items():
        left = match.unused
        rows = near[near["resource"] == key]
        sent = rows.set_index("source")["delivered"]
        assert (sent <= left.reindex(sent.index) * 2 + 1e-6).all()  # a heat pump adds electricity


def test_ranges_hold_the_share_of_draws_that_pay(new):
    sure = new[new["pays_share"] > 0.95]
    assert (sure["npv_msek_high"] > 0).all()
    assert (new["npv_msek_low"] <= new["npv_msek_high"]).all()
    assert ((new["npv_msek_low"] < 0) | (new["pays_share"] > 0.9)).all()


def test_nearly_is_a_cost_little_above_the_worth_that_pays_in_some_draws(case):
    ratio = case["levelised_sek"] / case["worth_sek"]
    near, far = case["status"].eq("candidate"), case["status"].isin(["split", "losing"])
    assert near.any()
    assert far.any()
    assert (ratio[near] <= 1 + worth.NEARLY).all()
    never = case["pays_share"] < worth.NEARLY_OFTEN
    assert not never[near].any()
    assert ((ratio > 1 + worth.NEARLY) | never)[far].all()
    assert (never & (ratio <= 1 + worth.NEARLY))[far].any()
    # nobody is told that it does not pay where most draws say that it does
    assert (case.loc[case["status"] == "losing", "pays_share"] < worth.HALF).all()
    assert (case.loc[case["status"] == "split", "pays_share"] >= worth.HALF).all()


# --- the pilots -----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", RANKS)
def test_pilots_are_ranked_and_reasoned(study, by):
    pilots = study.shortlist(by)
    assert len(pilots) == 10
    assert pilots["rank"].tolist() == list(range(1, 11))
    own = pilots[(pilots["status"] == "new") & pilots["promised"].ne(True)]
    # of what nobody knows, last
    assert own[RANKS[by]].fillna(-np.inf).is_monotonic_decreasing
    assert pilots["reasons"].str.len().min() > 100
    assert (pilots["contact"] != "owner").all()
    assert pilots["readiness"].between(0, 1).all()


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_what_a_receiver_asks_of_a_by_product_is_told(study, lang):
    seen = in_language(study, lang)
    asked = seen.exchanges.query("resource == 'materials' and status == 'new'")
    conditions = set(read_table("material_uses")[f"condition_{lang}"])
    assert set(asked["condition"]) <= conditions
    assert seen.exchanges.query("resource == 'heat'")["condition"].isna().all()
    pilots = seen.shortlist().query("resource == 'materials'")
    assert len(pilots)
    for _, row in pilots.iterrows():
        assert label("pilot:condition", lang, condition=row["condition"]) in row["risk"]


def test_few_new_exchanges_are_followed_by_what_nearly_pays(study):
    pilots = study.shortlist(municipality="Hylte", count=10)
    codes = pilots[["municipality_code_source", "municipality_code_sink"]]
    assert codes.eq("1315").any(axis=1).all()
    assert pilots["status"].is_monotonic_decreasing  # new before candidate
    near = pilots[pilots["status"] == "candidate"]
    assert near["tips"].str.contains("stöd på").all()
    with pytest.raises(ParameterError, match="by ="):
        study.shortlist("money")


def test_nobody_is_rung_who_has_no_name(study):
    register = study.register
    assert company(register, "foodgas_county") == ""
    assert company(register, "loc_1383_varberg") == "Varberg Energi"
    assert company(register, "no_such_place") == ""


# --- what could break it --------------------------------------------------------------------------


def test_without_a_shock_the_pipes_earn_what_the_plan_says(study):
    """Operating what stands and planning it are two roads to one number."""
    plan = study.exchanges
    for key, found in study.candidates.items():
        links = study.matches[key].links
        built = links[(links["status"] == "new") & (links["delivered"] > 1e-6)]
        built = built.reset_index(drop=True)
        sunk = business.yearly_capital(built, found.resource, study.assumptions)
        calm = stress.Shock("", "", found, study.assumptions, built.head(0))
        delivered, gain = stress.operated(study, calm, built, sunk)
        mine = plan[(plan["resource"] == key) & (plan["status"] == "new")]
        assert delivered == pytest.approx(mine["delivered"].sum(), rel=1e-4)
        assert gain == pytest.approx(mine["yearly_msek"].sum(), rel=1e-4)


def test_a_place_that_leaves_costs_what_its_pipes_cost_and_no_less(study, stressed):
    table = stressed.stress.query("resource == 'heat'").set_index(["shock", "kind"])
    plan = study.business
    mill = plan[(plan["site_id_source"] == "diab_laholm") & (plan["status"] == "new")].iloc[0]
    gone = table.loc[("diab_laholm", "source")]
    # its receiver has no other pipe: all is lost but what running it would have cost
    assert gone["lost_gwh"] == pytest.approx(mill["delivered"], rel=1e-3)
    kept = mill["income_msek"] - mill["cost_msek"]
    assert gone["lost_msek"] == pytest.approx(kept, rel=1e-3)
    assert table.loc[("loc_1381_laholm", "sink"), "lost_msek"] == pytest.approx(kept, rel=1e-3)
    sites = table[table.index.get_level_values("kind").isin(["source", "sink"])]
    assert (sites["lost_msek"] >= -1e-3).all()
    assert (table["regret_msek"] >= 0).all()
    varberg = table.loc[("dhn_varberg", "sink")]
    # 152.8 of 205 GWh with losses of 20.6 %: official statistics of 2023 say 69 % of production
    assert varberg["largest_supplier_share"] == pytest.approx(0.744, abs=0.01)
    low, high = (table.loc[(f"heat_seller_sek_per_mwh:{end}", "price")] for end in ("low", "high"))
    assert low["lost_msek"] < 0 < high["lost_msek"]
    # with what flows today the largest mill weighs more than the price: notebook 35 says so
    largest = table.loc[("sodra_cell_varo", "source"), ["lost_msek", "existing_lost_msek"]].sum()
    assert largest > high["lost_msek"]
    # no pipe of the plan holds cooling water of Ringhals
    ringhals = table.loc[("ringhals_closes", "closure")]
    assert ringhals["lost_gwh"] == ringhals["regret_msek"] == 0
    assert (table.xs("data_centre", level="kind")["lost_gwh"] > 0).all()
    industry = table.xs("industry", level="kind")
    lost = industry["lost_msek"]
    assert lost["industry_2045_local"] > lost["industry_2030_local"] > lost["industry_2030_policy"]
    assert lost["industry_2045_growth"] <= 0  # more of everything
    # of streams wholly in use as much ends as industry shrinks: 2,086 to 1,439 GWh
    today = study.exchanges.query("resource == 'heat' and status == 'existing'")["delivered"].sum()
    assert industry["existing_lost_gwh"]["industry_2045_local"] <= today * (1 - 1439 / 2086) * 1.001


def test_houses_buy_waste_heat_where_the_plan_says_and_at_its_price(study, case):
    told = sg.study.customer.compare_heating(study, least=0.2)
    won = told[told["cheapest"] == "waste_heat"]
    links = study.matches["heat"].links
    built = links[(links["kind"] == "buildings") & (links["delivered"] > 0.2 * links["demand"])]
    assert len(won)
    assert set(won["name"]) == set(built["name_sink"])
    # the same pair has the same price as in the business case: what nearly pays does not pay here
    houses = study.candidates["heat"].links.query("kind == 'buildings'")["sink"]
    told = told.rename(columns={"name": "name_sink"})
    both = told.merge(case[case["sink"].isin(houses)], on=["name_source", "name_sink"])
    both = both[both["name_sink"].isin(["Varberg", *won["name"]])]
    assert len(both) == 1 + len(won)
    assert both["waste_heat_sek"].to_numpy() == pytest.approx(both["levelised_sek"].to_numpy())


def test_shocks_of_a_county_strike_no_other(study):
    assert len(shocks.listed_shocks(study)) == len(read_table("shocks"))
    assert shocks.listed_shocks(sg.run(region="1480")).empty
    centre = pd.Series({"value": 100.3, "reference": 17.6, "heat_share": 0.6})
    assert shocks.data_centre_gwh(centre) == pytest.approx(49.62)


def test_the_best_plan_after_a_blow_leaves_nothing_out(study):
    """What hangs together with the struck place is planned anew: the same as planning all anew."""
    found = study.candidates["heat"]
    links = study.matches["heat"].links
    links = links[links["delivered"] > CARRIES_NOTHING]
    built = links[links["status"] == "new"].reset_index(drop=True)
    blows = shocks.shocks(study, found, links, {})
    blow = next(shock for shock in blows if shock.shock == "sodra_cell_varo")
    assert len(blow.gone)
    best = stress.best_plan(blow, found, built, study.assumptions)
    whole = solve_months(
        blow.found.links, blow.found.year(), fixed=True, gap=stress.GAP,
        assumptions=blow.assumptions,
    )  # fmt: skip
    gain = whole.certificate["primal"] * study.assumptions["sek_per_eur"] / 1000
    assert best == pytest.approx(gain, rel=2 * stress.GAP)


def test_a_region_without_exchanges_has_no_business():
    empty = sg.run(region="1480")
    assert empty.business.empty or (empty.business["status"] != "new").all()
    assert empty.shortlist().columns[0] == "rank" or empty.shortlist().empty
    assert empty.stress.empty
