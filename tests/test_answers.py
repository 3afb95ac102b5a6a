"""Every figure of the claims again, from the CSV files with the standard library only."""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, diags_array, eye_array, hstack, kron, vstack
from totals import total

from symbios_geo.matching.ladder import match_candidates
from symbios_geo.study.cases import best_case, drawn_case
from symbios_geo.study.claim_answers import ANSWERS
from symbios_geo.study.matched_draws import ARRIVES, COUNTY

DATA = Path(__file__).parents[1] / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- the register as a spreadsheet would have it -------------------------------------------------


@cache
def cells() -> dict[str, str]:
    """Return what is written for every parameter, population and flow."""
    written = {row["parameter_id"]: row["value"] for row in rows("parameters")}
    towns = rows("municipalities")
    people = {f"population_{town['municipality_code']}": town["population"] for town in towns}
    people["population_county"] = str(sum(map(int, people.values())))
    return written | people | {row["flow_id"]: row["value"] for row in rows("flows")}


@cache
def figure(name: str) -> float:
    """Return a written figure, or the sum of the terms that stand for it."""
    if cells()[name]:
        return float(cells()[name])
    terms = [r for r in rows("derivations") if (r["result"], r["field"]) == (name, "value")]
    assert terms, f"{name} has neither a value nor a formula"
    return math.fsum(
        float(term["coefficient"])
        * math.prod(figure(factor) for factor in term["factors"].split())
        / math.prod(figure(divisor) for divisor in term["divisors"].split())
        for term in terms
    )


@cache
def counted(resource: str) -> list[dict[str, str]]:
    """Return the additive sources of a resource that lie in Halland."""
    inside = {row["site_id"] for row in rows("sites") if row["municipality_code"].startswith("13")}
    inside |= {row["network_id"] for row in rows("networks")}
    inside |= {row["locality_id"] for row in rows("localities")}
    return [
        row
        for row in rows("flows")
        if (row["resource"], row["role"], row["additive"]) == (resource, "source", "yes")
        and row["site_id"] in inside
    ]


def biogenic() -> dict[str, list[tuple[str, float]]]:
    """Return category and amount of every biogenic stream by site."""
    found: dict[str, list[tuple[str, float]]] = {}
    for row in counted("co2"):
        if row["carbon"] == "biogenic":
            stream = (row["category"], figure(row["flow_id"]))
            found.setdefault(row["site_id"], []).append(stream)
    return found


def co2(sites: dict[str, list[tuple[str, float]]]) -> float:
    return math.fsum(amount for streams in sites.values() for _, amount in streams)


def waste_heat() -> dict[str, float]:
    """Return waste heat by class of the lowest temperature, Ringhals apart."""
    sums = dict.fromkeys(("hot", "warm", "low", "nuclear"), 0.0)
    for row in counted("heat"):
        least = float(row["temperature_low_c"])
        kind = "hot" if least >= 60 else "warm" if least >= 35 else "low"
        kind = "nuclear" if row["category"] == "nuclear" else kind
        sums[kind] += figure(row["flow_id"])
    return sums


def need() -> float:
    return figure("property_heat_gwh")


def without_ringhals() -> float:
    return math.fsum(gwh for kind, gwh in waste_heat().items() if kind != "nuclear")


def monthly(store: float) -> float:
    """Return the share covered month by month, with what a store gives back of the surplus."""
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    summer = {row["month"]: float(row["summer_surplus_share"]) for row in rows("profiles")}
    surplus = math.fsum(
        figure(row["flow_id"])
        for row in counted("heat")
        if row["stream"] == "district_heating_water_summer"
    )
    shares = [float(row["heat_load_share"]) for row in rows("profiles")]
    shares = [share / math.fsum(shares) for share in shares]
    load = [need() * share for share in shares]
    # the boiler of a network runs as the network needs
    boiler = math.fsum(
        figure(row["flow_id"]) for row in counted("heat") if row["category"] == "boiler"
    )
    even = without_ringhals() - surplus - boiler
    supply = [
        even * length / 365 + surplus * warm + boiler * cold
        for length, warm, cold in zip(days, summer.values(), shares, strict=True)
    ]
    direct = math.fsum(map(min, load, supply))
    surplus = math.fsum(max(given - month, 0) for month, given in zip(load, supply, strict=True))
    return (direct + min(store * surplus, need() - direct)) / need()


def methane() -> float:
    """Return methane of manure, straw, ley, food waste and sludge, GWh/yr."""
    county = {r["item"]: r for r in rows("agriculture") if r["municipality_code"] == "13"}
    share: dict[str, float] = dict.fromkeys(county, 0.0)
    for row in rows("agriculture"):
        if row["municipality_code"] != "13":
            share[row["item"]] += float(row["value"])
    amount = {item: float(row["value"]) * share[item] for item, row in county.items()}
    manure = math.fsum(
        amount[item] * figure(f"manure_t_per_head_{item}")
        * figure(f"manure_methane_kwh_per_t_{item}") / 1e6
        for item in amount
        if f"manure_t_per_head_{item}" in cells()
    )  # fmt: skip
    cereals = ("winter_wheat_area", "spring_barley_area", "oats_area", "winter_triticale_area")
    straw = math.fsum(amount[item] for item in cereals) / 1e3
    straw *= figure("straw_t_per_ha") * figure("straw_share_for_energy")
    straw *= figure("straw_methane_mwh_per_t")
    ley = amount["ley_first_cut_area"] / 1e3 * figure("ley_share_for_energy")
    ley *= figure("ley_t_dry_per_ha") * figure("ley_methane_mwh_per_t")
    people = math.fsum(float(row["population"]) for row in rows("municipalities")) / 1e6
    food = people * figure("food_waste_kg_per_head") * figure("food_waste_methane_mwh_per_t")
    return manure + straw + ley + food + people * figure("sludge_methane_kwh_per_head")


def wind_over_need() -> float:
    """Return permitted offshore wind over what methanol of 2 000 kt CO2 takes in electricity."""
    per_t = {"CO2": 2000 / figure("methanol_co2_t_per_t")}
    power = per_t["CO2"] * (
        figure("methanol_hydrogen_t_per_t") * figure("electrolyser_kwh_per_kg")
        + figure("methanol_electricity_mwh_per_t")
    )
    power += 2000 * (
        figure("capture_electricity_mwh_per_t") + figure("co2_compression_electricity_mwh_per_t")
    )
    permits = math.fsum(
        float(row["energy_gwh_per_yr"] or 0)
        for row in rows("hydrogen_projects")
        if row["project_type"] == "offshore_wind" and row["status"].startswith("permit")
        and row["inside"] == "true"
    )  # fmt: skip
    return permits / power


def budget() -> dict[str, float]:
    return {row["row_id"]: float(row["amount_sek"]) for row in rows("budget")}


def grants(*, halland: bool = False) -> list[dict[str, str]]:
    found = [row for row in rows("budget") if row["kind"] == "grant"]
    return [row for row in found if row["is_halland"] == "yes"] if halland else found


def sek(chosen: list[dict[str, str]]) -> float:
    return math.fsum(float(row["amount_sek"]) for row in chosen)


def expected() -> dict[str, float]:
    sites, heat = biogenic(), waste_heat()
    mill = co2({"mill": sites["sodra_cell_varo"]})
    large = {site: s for site, s in sites.items() if math.fsum(a for _, a in s) > 100}
    least, rate = figure("smallest_capture_site_kt"), figure("capture_rate")
    captured = 0.0
    for streams in sites.values():
        whole = math.fsum(amount for _, amount in streams)
        for category, amount in streams:
            if category in ("fermentation", "biogas_upgrading"):
                captured += amount
            elif whole >= least:
                captured += rate * amount
    cop = figure("heat_pump_cop_default")
    before = figure("varo_pulp_before_2016_kt") / figure("varo_pulp_kt")
    total, region = budget()["total_budget"], budget()["total_budget"] - budget()["tvv"]
    halland, every = sek(grants(halland=True)), sek(grants())
    # steam less the power it would have made leaves the condenser; capture gives heat back
    lost = figure("capture_heat_mwh_per_t") - figure("capture_lost_power_mwh_per_t")
    back = figure("capture_recoverable_heat_mwh_per_t") + figure("co2_compression_heat_mwh_per_t")
    gained = mill * rate * (back - lost)
    misprints = [
        abs(100 * float(row["amount_sek"]) / every - float(row["share_printed_pct"]))
        for row in grants()
    ]
    projects = [row for row in rows("hydrogen_projects") if row["inside"] == "true"]
    frovi = {row["fact_id"]: float(row["value"]) for row in rows("greenhouse_reference")}
    return {
        "biogenic_co2_generated": co2(sites)
        + figure("household_wood_gwh") * figure("ef_wood_fuel")
        + figure("transport_biofuel_gwh") * figure("ef_bio_oil"),
        "biogenic_co2": co2(sites),
        "biogenic_co2_break_even_varo": (co2(sites) - 2000) / figure("ef_black_liquor"),
        "biogenic_co2_large_sites": co2(large),
        "biogenic_co2_before_2016": co2(sites) - mill + mill * before,
        "biogenic_co2_capturable": captured,
        "heat_theoretical_with_ringhals": math.fsum(heat.values()) / need(),
        "heat_theoretical_without_ringhals": without_ringhals() / need(),
        "heat_60c_direct": heat["hot"] / need(),
        "heat_with_heat_pumps": (heat["hot"] + (heat["warm"] + heat["low"]) * cop / (cop - 1))
        / need(),
        "heat_monthly_no_storage": monthly(store=0),
        "heat_monthly_with_storage": monthly(store=figure("seasonal_store_efficiency")),
        "heat_and_co2_together": (without_ringhals() + gained) / need(),
        "jobs_lindesberg": frovi["frovi_jobs_expected"],
        "hydrogen_interest": sum(
            row["project_type"] != "offshore_wind"
            and row["status"] in ("letter_of_intent", "applied", "granted_support")
            for row in projects
        ),
        "hydrogen_uses_co2": sum(row["uses_region_co2"] == "true" for row in projects),
        "hydrogen_full_use_power": wind_over_need(),
        "biogas_farm_waste": methane(),
        "biogas_farm_waste_published": methane(),
        "budget_region_share": region,
        "budget_region_share_printed": region,
        "budget_financing_split": 100 * region / total,
        "budget_halland_total": halland,
        "budget_halland_total_printed": halland,
        "budget_halland_share": 100 * halland / every,
        "budget_grant_shares": max(misprints),
        "project_partners": sum(r["role_in_project"] == "partner" for r in rows("municipalities")),
    }


# what the audit of the register found by hand
PUBLISHED = {
    "biogenic_co2": (total("biogenic_kt"), 0.5),
    "biogenic_co2_large_sites": (1810, 6),
    "biogenic_co2_break_even_varo": (4270.5 - 3950, 6),
    "heat_theoretical_with_ringhals": (12.4, 0.05),
    "heat_theoretical_without_ringhals": (0.695, 0.005),
    "heat_60c_direct": (0.31, 0.005),
    "heat_with_heat_pumps": (0.85, 0.005),
    "heat_monthly_no_storage": (0.536, 0.005),
    "biogas_farm_waste": (394, 0.5),
    "budget_region_share": (7_018_141, 0),
    "budget_halland_total": (8_697_331, 0),
    "budget_halland_share": (74.36, 0.005),
}
MATCHED = {"heat_reachable", "heat_economic"}


@pytest.fixture(scope="module")
def best(study):
    return best_case(study)


@pytest.fixture(scope="module")
def drawn(study):
    return drawn_case(study, n=40)


def test_every_claim_has_an_answer_and_every_answer_a_check():
    claims = {row["claim_id"] for row in rows("claims")}
    assert set(ANSWERS) == claims
    assert set(expected()) | MATCHED == claims


@pytest.mark.parametrize("claim_id", sorted(set(ANSWERS) - MATCHED))
def test_answer_is_what_a_spreadsheet_gives(best, claim_id):
    answer = ANSWERS[claim_id](best)
    assert answer.shape == (1,)
    # rounded to the kilowatt-hour where needs are shared out to places
    assert answer[0] == pytest.approx(expected()[claim_id], rel=1e-6)


@pytest.mark.parametrize("claim_id", PUBLISHED)
def test_answer_is_what_the_audit_found(claim_id):
    value, off = PUBLISHED[claim_id]
    assert expected()[claim_id] == pytest.approx(value, abs=off, rel=0)


def test_reachable_heat_by_another_solver(study, best):
    """What flows today, and the most that pipes up to the limit bring of what is left."""
    found = study.candidates["heat"]
    links = found.links[found.links["unit_cost"] <= figure("heat_reach_eur_per_mwh")]
    need = found.sinks["value"]
    today = found.existing.groupby("sink")["delivered"].sum().reindex(need.index).fillna(0.0)
    today = np.minimum(today, need)
    gain = links["efficiency"].to_numpy()
    ends = [
        incidence(found.supply.index, links["source"], np.ones(len(links))),
        incidence(need.index, links["sink"], gain),
    ]
    limits = np.concatenate([found.supply, need - today])
    answer = linprog(-gain, A_ub=vstack(ends), b_ub=limits, method="highs")
    assert answer.status == 0
    arrives = best.redrawn.reaches[f"{ARRIVES}{COUNTY}"][0]
    assert arrives == pytest.approx(today.sum() - answer.fun, rel=1e-6)
    # of several best answers one is told: what buildings get of it is less, by what networks lose
    part = ANSWERS["heat_reachable"](best)[0] * figure("property_heat_gwh") / arrives
    assert found.sinks["to_buildings"].min() < part < 1


def incidence(ids, ends, weight: np.ndarray) -> csr_array:
    """Return a row per end and a column per link."""
    shape = (len(ids), len(weight))
    return csr_array((weight, (ids.get_indexer(ends), np.arange(len(weight)))), shape=shape)


def test_economic_heat_by_another_solver(study, best):
    """The plan written out for HiGHS: each pipe built or not, twelve months, fuels one by one."""
    found = study.candidates["heat"]
    links = found.links.reset_index(drop=True)
    year, k = found.year(), len(links)
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    # what arrives per unit sent before the pipe loses anything, and what it loses while it is warm
    lost = np.outer(links["loss_mw"], 24 * days / 1000)
    hours = links["full_load_hours"].to_numpy() / 1000
    full = links["largest_capacity"].to_numpy() * hours
    gain = links["efficiency"].to_numpy() * (1 + lost.sum(axis=1) / full)
    tiers = found.priced_tiers.reset_index(drop=True)
    room = len(tiers)
    save = [f"variable_cost_{month}" for month in range(1, 13)]
    brings = np.where(links["sink"].isin(tiers["sink"]), 0.0, links["worth"])
    # variables: delivered by month and link, capacity, built or not, saved by fuel and month
    profit = np.concatenate([
        (brings[:, None] - links[save].to_numpy()).T.ravel(),
        -links["capacity_cost"] / 1000, -links["fixed_cost"] / 1000, tiers["worth"],
    ])  # fmt: skip
    take = incidence(found.supply.index, links["source"], 1 / gain)
    give = incidence(found.demand.index, links["sink"], np.ones(k))
    supply, demand = (part.to_numpy() for part in (year.supply, year.demand))
    i = found.supply.index.get_indexer(links["source"])
    j = found.demand.index.get_indexer(links["sink"])
    rows, limits = [], []
    for m in range(12):
        month = csr_array(([1.0], ([0], [m])), shape=(1, 12))
        # a pipe stands cold where its source has less than it loses, or nobody needs heat
        warm = np.where((supply[i, m] > lost[:, m] / gain) & (demand[j, m] > 0), lost[:, m], 0.0)
        here = tiers.index[tiers["month"] == m + 1]
        saved = incidence(found.demand.index, tiers.loc[here, "sink"], np.ones(len(here)))
        saved = saved @ csr_array(
            (np.ones(len(here)), (np.arange(len(here)), here)), shape=(len(here), room)
        )
        into = diags_array(found.demand.index.isin(tiers["sink"]).astype(float))
        rows += [
            [kron(month, take), None, take @ diags_array(warm), None],
            [kron(month, give), None, None, None],
            [kron(month, eye_array(k)), diags_array(-hours * days[m] / 365), None, None],
            [kron(month, -into @ give), None, None, saved],
        ]
        limits += [supply[:, m], demand[:, m], np.zeros(k), np.zeros(len(demand))]
    rows.append([None, eye_array(k), diags_array(-links["largest_capacity"].to_numpy()), None])
    limits.append(np.zeros(k))
    # houses that join get the same share of their need in every month as in January
    joins = np.flatnonzero(found.sinks["kind"].reindex(found.demand.index) == "buildings")
    for m in range(1, 12):
        part = diags_array(demand[joins, m] / demand[joins, 0])
        first, here = (csr_array(([1.0], ([0], [month])), shape=(1, 12)) for month in (0, m))
        even = kron(here, give.tocsr()[joins]) - part @ kron(first, give.tocsr()[joins])
        rows += [[even, None, None, None], [-even, None, None, None]]
        limits += [np.zeros(len(joins))] * 2
    widths = [12 * k, k, k, room]
    matrix = vstack([
        hstack([csr_array((next(p.shape[0] for p in row if p is not None), width))
                if part is None else part for part, width in zip(row, widths, strict=True)])
        for row in rows
    ])  # fmt: skip
    answer = milp(
        -profit,
        constraints=LinearConstraint(matrix.tocsr(), ub=np.concatenate(limits)),
        integrality=np.repeat([0, 0, 1, 0], widths),
        bounds=Bounds(0, np.concatenate(
            [np.full(13 * k, np.inf), np.ones(k), tiers["gwh"].to_numpy()])),
        options={"mip_rel_gap": 1e-3, "time_limit": 120},
    )  # fmt: skip
    assert answer.x is not None
    # each solver's plan lies below what the other one proved that no plan exceeds
    ours = match_candidates(found, method="plan").certificate
    assert -answer.fun <= ours["dual"] * (1 + 1e-6)
    assert ours["primal"] <= -answer.mip_dual_bound * (1 + 1e-6)
    delivered = answer.x[: 12 * k].reshape(12, k).sum(axis=0)
    met = delivered @ found.sinks["to_buildings"].reindex(links["sink"]).to_numpy()
    assert ANSWERS["heat_economic"](best)[0] == pytest.approx(
        met / figure("property_heat_gwh"), rel=0.02
    )


@pytest.mark.parametrize("claim_id", sorted(set(ANSWERS) - MATCHED))
def test_one_answer_per_draw(drawn, claim_id):
    answers = ANSWERS[claim_id](drawn)
    assert answers.shape == (40,)
    assert np.isfinite(answers).all()


def test_answers_of_the_draws_add_up(drawn):
    flows = [row["flow_id"] for row in counted("co2") if row["carbon"] == "biogenic"]
    by_hand = [math.fsum(row) for row in drawn.draws.flows[flows].to_numpy()]
    assert ANSWERS["biogenic_co2"](drawn) == pytest.approx(np.array(by_hand))
    capture = ANSWERS["biogenic_co2_capturable"](drawn)
    assert (capture < by_hand).all()


def test_order_of_the_heat_answers_holds_in_every_draw(drawn):
    direct, plain, lifted, flat, stored, beside = (
        ANSWERS[claim_id](drawn)
        for claim_id in (
            "heat_60c_direct", "heat_theoretical_without_ringhals", "heat_with_heat_pumps",
            "heat_monthly_no_storage", "heat_monthly_with_storage", "heat_and_co2_together",
        )
    )  # fmt: skip
    assert (direct < plain).all()
    assert (plain < lifted).all()
    assert (flat <= stored).all()
    assert (stored <= np.minimum(plain, 1) + 1e-12).all()
    # what capture gives back is always more than the condenser heat it costs
    assert (beside > plain).all()


def test_municipalities_add_up_in_every_draw(best, drawn):
    codes = [row["municipality_code"] for row in rows("municipalities")]
    for case in (best, drawn):
        for resource, role in (("heat", "source"), ("heat", "sink"), ("co2", "source")):
            parts = sum(
                (inside := case.within(code)).total(inside.flows(resource, role)) for code in codes
            )
            assert parts == pytest.approx(case.total(case.flows(resource, role)))


def test_best_case_is_the_register(study, best):
    flows = study.register.flows.set_index("flow_id")["value"]
    assert best.draws.flows.iloc[0].to_numpy() == pytest.approx(flows.to_numpy())
    assert best.parameter("ef_black_liquor")[0] == figure("ef_black_liquor")
    assert best.parameter("varo_black_liquor_gwh")[0] == pytest.approx(
        figure("varo_black_liquor_gwh")
    )
