"""What the register answers to each claim of the pre-study: one function per claim, over draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ..co2.capture_heat import change_of_waste_heat
from ..effects.jobs import estimate_jobs
from ..heat.heat_pumps import lifted
from ..heat.season import month_profile, month_shares
from ..plans.hydrogen import county_need, load_projects, project_counts
from ..register.classes import CLASSES, COUNTED
from ..tables import read_table
from .cases import Case
from .draws import triangular

# every answer by its claim stands in ANSWERS; these are asked for alone as well
__all__ = ["ANSWERS", "Case", "biogenic_co2", "heat_without_nuclear"]

LARGE_SITE_KT = 100
CAPTURE_HEAT = (
    "capture_heat_mwh_per_t", "capture_recoverable_heat_mwh_per_t",
    "co2_compression_heat_mwh_per_t", "capture_lost_power_mwh_per_t",
)  # fmt: skip
INTEREST = ("letter_of_intent", "applied", "granted_support", "permit", "operating")

# --- carbon dioxide ------------------------------------------------------------------------------


def biogenic_co2(case: Case) -> np.ndarray:
    """
    Return biogenic CO2 of all stacks in the region, kt/yr.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(biogenic_co2(sg.run().drawn).mean() > 2000)
    True
    """
    return case.total(_biogenic(case))


def generated_co2(case: Case) -> np.ndarray:
    """Return biogenic CO2 of stacks, wood in small houses and transport biofuels, kt/yr."""
    small = case.parameter("household_wood_gwh") * case.parameter("ef_wood_fuel")
    transport = case.parameter("transport_biofuel_gwh") * case.parameter("ef_bio_oil")
    return biogenic_co2(case) + small + transport


def break_even_fuel(case: Case) -> np.ndarray:
    """Return how much more black liquor is burnt than the claim of 2 Mt needs, GWh/yr."""
    spare = biogenic_co2(case) - _threshold("biogenic_co2")
    return spare / case.parameter("ef_black_liquor")


def large_sites_co2(case: Case) -> np.ndarray:
    """Return biogenic CO2 of the sites above 100 kt (best value), kt/yr."""
    rows = _biogenic(case)
    by_site = rows.groupby("site_id")["value"].sum()
    return case.total(rows[rows["site_id"].isin(by_site.index[by_site > LARGE_SITE_KT])])


def co2_before_2016(case: Case) -> np.ndarray:
    """Return biogenic CO2 with the claim's mill at its production before 2016, kt/yr."""
    given = claim_inputs("biogenic_co2_before_2016")
    rows = _biogenic(case)
    mill = case.total(rows[rows["site_id"] == given["site"]])
    scale = case.parameter(given["former_output"]) / case.parameter(given["output"])
    return biogenic_co2(case) - mill * (1 - np.minimum(scale, 1.0))


def capturable_co2(case: Case) -> np.ndarray:
    """Return biogenic CO2 that capture at large sites and of pure streams would take, kt/yr."""
    rows = _biogenic(case)
    pure = rows["category"].isin(["fermentation", "biogas_upgrading"])
    by_site = rows.groupby("site_id")["value"].sum()
    least = case.study.assumptions["smallest_capture_site_kt"]
    large = rows["site_id"].isin(by_site.index[by_site >= least]) & ~pure
    return case.total(rows[large]) * case.parameter("capture_rate") + case.total(rows[pure])


# --- heat ----------------------------------------------------------------------------------------


def _of_need(case: Case, amount: np.ndarray) -> np.ndarray:
    """Return heat over property heating; NaN where nobody needs heat: there is no share then."""
    need = case.need()
    return np.divide(amount, need, out=np.full(len(need), np.nan), where=need > 0)


def heat_with_nuclear(case: Case) -> np.ndarray:
    """Return all waste heat over property heating."""
    return _of_need(case, case.heat(CLASSES))


def heat_without_nuclear(case: Case) -> np.ndarray:
    """
    Return waste heat without nuclear power over property heating.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(heat_without_nuclear(sg.run().drawn).mean() < 1)
    True
    """
    return _of_need(case, case.heat())


def heat_direct(case: Case) -> np.ndarray:
    """Return waste heat at 60 degC or more over property heating."""
    return _of_need(case, case.heat(COUNTED[:1]))


def heat_lifted(case: Case) -> np.ndarray:
    """Return waste heat without nuclear power, lifted to 60 degC by heat pumps, over the need."""
    return _of_need(case, _lifted(case))


def heat_monthly(case: Case) -> np.ndarray:
    """Return the share of property heating covered month by month without a store."""
    demand, supply = _months(case)
    return _of_need(case, np.minimum(demand, supply).sum(axis=1))


def heat_stored(case: Case) -> np.ndarray:
    """Return the share of property heating covered when summer surplus is stored."""
    demand, supply = _months(case)
    direct = np.minimum(demand, supply).sum(axis=1)
    surplus, deficit = supply.sum(axis=1) - direct, demand.sum(axis=1) - direct
    kept = surplus * case.parameter("seasonal_store_efficiency")
    return _of_need(case, direct + np.minimum(kept, deficit))


def heat_reachable(case: Case) -> np.ndarray:
    """Return the share of property heating that pipes could bring, whatever the cost."""
    return case.covered("reaches")


def heat_economic(case: Case) -> np.ndarray:
    """Return the share of property heating that pays month by month against the alternative."""
    return case.covered("pays")


def heat_beside_capture(case: Case) -> np.ndarray:
    """
    Return waste heat without nuclear power when the claim's mill captures its CO2, over the need.

    Steam is taken before the mill's turbine, whose condenser then gives less lukewarm water, and
    capture gives heat back at 50-80 degC (see `change_of_waste_heat`).
    """
    rows = _biogenic(case)
    mill = rows["site_id"] == claim_inputs("heat_and_co2_together")["site"]
    captured = case.total(rows[mill]) * case.parameter("capture_rate")
    values = {name: case.parameter(name) for name in CAPTURE_HEAT}
    change = change_of_waste_heat(captured, values)["turbine"]
    return _of_need(case, case.heat() + change)


# --- hydrogen, biogas and jobs --------------------------------------------------------------------


def jobs_expected(case: Case) -> np.ndarray:
    """Return the jobs a greenhouse of Frövi's size gives by the factors found, direct ones."""
    frovi = read_table("greenhouse_reference").set_index("fact_id")
    area = frovi.loc["frovi_area", "value"]
    direct = estimate_jobs(area, "greenhouse", case.study.assumptions).loc["direct"]
    return _within(case, frovi.loc["frovi_jobs_expected", "value"], direct["low"], direct["high"])


def projects_of_interest(case: Case) -> np.ndarray:
    """Return how many hydrogen projects in Halland came to a letter, an application or a grant."""
    projects = load_projects()
    hydrogen = projects["project_type"] != "offshore_wind"
    return _once(case, (hydrogen & projects["status"].isin(INTEREST)).sum())


def projects_using_co2(case: Case) -> np.ndarray:
    """Return how many hydrogen projects in the region would use its CO2."""
    return _once(case, project_counts()["uses_region_co2"].sum())


def wind_for_full_use(case: Case) -> np.ndarray:
    """Return permitted offshore wind over the power that methanol of 2 Mt CO2 needs."""
    need = county_need(_threshold("biogenic_co2"), case.study.assumptions).loc["wind_ratio"]
    return 1 / _within(case, need["value"], need["low"], need["high"])


def methane_potential(case: Case) -> np.ndarray:
    """Return the methane that farm waste and other organic material could give, GWh/yr."""
    return case.total(case.flows("methane_substrate", "source"))


# --- the decision document ------------------------------------------------------------------------


def region_share(case: Case) -> np.ndarray:
    """Return what is left of the budget for the region after Tillväxtverket, SEK."""
    sek = _budget()["amount_sek"]
    return _once(case, sek["total_budget"] - sek["tvv"])


def financing_split(case: Case) -> np.ndarray:
    """Return the region's share of the budget, %."""
    sek = _budget()["amount_sek"]
    return _once(case, 100 * (sek["total_budget"] - sek["tvv"]) / sek["total_budget"])


def halland_total(case: Case) -> np.ndarray:
    """Return the sum of the grants to actors of the region, SEK."""
    return _once(case, _grants().loc[lambda t: t["is_halland"] == "yes", "amount_sek"].sum())


def halland_share(case: Case) -> np.ndarray:
    """Return the share of the grants that goes to actors of the region, %."""
    return 100 * halland_total(case) / _grants()["amount_sek"].sum()


def grant_share_error(case: Case) -> np.ndarray:
    """Return the largest difference between a printed and a computed grant share, points."""
    grants = _grants()
    computed = 100 * grants["amount_sek"] / grants["amount_sek"].sum()
    return _once(case, (computed - grants["share_printed_pct"]).abs().max())


def project_partners(case: Case) -> np.ndarray:
    """Return how many municipalities are partners of the project."""
    roles = read_table("municipalities")["role_in_project"]
    return _once(case, (roles == "partner").sum())


ANSWERS: dict[str, Callable[[Case], np.ndarray]] = {
    "biogenic_co2_generated": generated_co2,
    "biogenic_co2": biogenic_co2,
    "biogenic_co2_break_even_varo": break_even_fuel,
    "biogenic_co2_large_sites": large_sites_co2,
    "biogenic_co2_before_2016": co2_before_2016,
    "biogenic_co2_capturable": capturable_co2,
    "heat_theoretical_with_ringhals": heat_with_nuclear,
    "heat_theoretical_without_ringhals": heat_without_nuclear,
    "heat_60c_direct": heat_direct,
    "heat_with_heat_pumps": heat_lifted,
    "heat_monthly_no_storage": heat_monthly,
    "heat_monthly_with_storage": heat_stored,
    "heat_reachable": heat_reachable,
    "heat_economic": heat_economic,
    "heat_and_co2_together": heat_beside_capture,
    "jobs_lindesberg": jobs_expected,
    "hydrogen_interest": projects_of_interest,
    "hydrogen_uses_co2": projects_using_co2,
    "hydrogen_full_use_power": wind_for_full_use,
    "biogas_farm_waste": methane_potential,
    "biogas_farm_waste_published": methane_potential,
    "budget_region_share": region_share,
    "budget_region_share_printed": region_share,
    "budget_financing_split": financing_split,
    "budget_halland_total": halland_total,
    "budget_halland_total_printed": halland_total,
    "budget_halland_share": halland_share,
    "budget_grant_shares": grant_share_error,
    "project_partners": project_partners,
}


def _biogenic(case: Case) -> pd.DataFrame:
    rows = case.flows("co2", "source")
    return rows[rows["class"] == "carbon:biogenic"]


def _lifted(case: Case) -> np.ndarray:
    """Return heat without nuclear power when heat pumps lift all under 60 degC, GWh/yr."""
    cop = case.parameter("heat_pump_cop_default")
    return case.heat(COUNTED[:1]) + lifted(case.heat(COUNTED[1:]), cop)


def _months(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return demand and supply by draw and month, GWh."""
    sources = case.flows("heat", "source")
    sides = case.flows("heat", "sink"), sources[sources["class"].isin(COUNTED)]
    demand, supply = (
        case.draws.flows[list(rows["flow_id"])].to_numpy()
        @ month_shares(month_profile(rows)).to_numpy()
        for rows in sides
    )
    return demand, supply


def _once(case: Case, value: float) -> np.ndarray:
    """Return a figure that no draw moves."""
    return np.full(len(case.draws.flows), float(value))


def _within(case: Case, value: float, low: float, high: float) -> np.ndarray:
    """Return a figure that no input moves: its best value, or evenly spaced in its triangle."""
    n = len(case.draws.flows)
    return (
        triangular((np.arange(n) + 0.5) / n, *map(np.array, (low, value, high)))
        if n > 1
        else (np.array([float(value)]))
    )


def claim_inputs(claim_id: str) -> dict[str, str]:
    """Return the sites and parameters that a claim names, by what its answer calls them."""
    cell = read_table("claims").set_index("claim_id").loc[claim_id, "inputs"]
    return {} if pd.isna(cell) else dict(pair.split("=") for pair in str(cell).split())


def _threshold(claim_id: str) -> float:
    return float(read_table("claims").set_index("claim_id").loc[claim_id, "threshold"])


def _budget() -> pd.DataFrame:
    return read_table("budget").set_index("row_id")


def _grants() -> pd.DataFrame:
    return _budget().loc[lambda table: table["kind"] == "grant"]
