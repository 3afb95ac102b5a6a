"""What new exchanges do to emissions and jobs, for the record of their resource."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..assumptions.values import Assumptions
from ..co2.fuels import balance as fuel_balance
from ..co2.links import STORES
from ..model import route_km
from ..tables import once_per_folder, read_table
from .emissions import emission_factors, fuel_benefit, product_benefit
from .jobs import direct_jobs

ELECTRICITY = ["nordic_mix", "marginal"]
# factor of the heat that a network's fuel makes
FACTOR_OF_FUEL = {
    "chips": "wood_chips",
    "gas": "natural_gas",
    "bio_oil": "bio_oil",
    "own_biogas": "own_biogas",
}
NETWORK, HOUSE = "network_fuels", "own_heat_pump"
# what is replaced, t CO2e/yr that this avoids, and direct jobs: lowest and highest of each
LINK_EFFECTS = ["replaces", "t_co2e_low", "t_co2e_high", "jobs_low", "jobs_high"]


def heat_effects(links: pd.DataFrame, assumptions: Assumptions) -> pd.DataFrame:
    """
    Return what new heat does, by link (see `LINK_EFFECTS`); negative where it adds emissions.

    A network saves the fuels that its merit order turns down in each month, a house the
    electricity of a heat pump of its own; the link's own heat pump takes electricity. The range
    goes from the Nordic mix to marginal electricity. Each is one extension of district heating.

    Parameters
    ----------
    links
        New links of heat, with `kind`, `delivered`, `electricity_mwh_per_mwh` and, for networks,
        `displaced_<fuel>` (GWh/yr).
    assumptions
        Assumptions of the study.
    """
    heat, power = emission_factors("heat")["value"], emission_factors("electricity")["value"]
    used = links["delivered"] * links["electricity_mwh_per_mwh"].fillna(0.0)
    into_network = links["kind"] == "network"
    saved = pd.Series(0.0, links.index)
    for name in [c for c in links.columns if c.startswith("displaced_")]:
        factor = float(heat[FACTOR_OF_FUEL[name.removeprefix("displaced_")]])
        saved += factor * links[name].where(into_network, 0.0).fillna(0.0)
    houses = links["delivered"].mask(into_network, 0.0) / assumptions["building_heat_pump_cop"]
    # GWh x g/kWh = t
    ends = pd.DataFrame({mix: saved + (houses - used) * float(power[mix]) for mix in ELECTRICITY})
    low, high = direct_jobs(1, "district_heating")
    return pd.DataFrame(
        {
            "replaces": np.where(into_network, NETWORK, HOUSE),
            "t_co2e_low": ends.min(axis=1),
            "t_co2e_high": ends.max(axis=1),
            "jobs_low": low,
            "jobs_high": high,
        },
        index=links.index,
    )


def co2_effects(links: pd.DataFrame, assumptions: Assumptions) -> pd.DataFrame:
    """
    Return what used CO2 does, by link: see `LINK_EFFECTS`.

    Fuels range from the Nordic mix to marginal electricity, CO2 in products from replacing none to
    replacing only fossil CO2 made for sale. What is stored counts as it stands, before the
    emissions of its own chain. Jobs of a greenhouse follow the area that the CO2 is enough for,
    of methane its energy, of other use what is avoided; those of a store lie elsewhere.
    """
    nothing = {"user_class": "", "fuel": ""}
    rows = []
    for stream, given in zip(links["stream_sink"], links["delivered"], strict=True):
        use, amount = _co2_uses().get(str(stream), nothing), float(given)
        jobs: tuple[float, float] | None = None
        if use["user_class"] in STORES:
            rows.append(("stored_co2", 1000 * amount, 1000 * amount, np.nan, np.nan))
            continue
        if fuel := use["fuel"]:
            net = fuel_benefit(amount, assumptions, fuel=fuel, electricity=ELECTRICITY)["value"]
            ends, replaces = 1000 * net, "fossil_fuel"
        else:
            sides = [
                product_benefit(amount, carbon="biogenic", replaces_fossil_share=share)
                for share in (0, 1)
            ]
            ends, replaces = pd.Series([1000 * side["avoided"] for side in sides]), "fossil_co2"
        low, high = float(ends.min()), float(ends.max())
        if use["user_class"] == "greenhouse":
            # kt over kg/m2 is ha
            jobs = direct_jobs(100 * amount / assumptions["greenhouse_co2_kg_m2"], "greenhouse")
        elif fuel == "methane":
            made = fuel_balance(amount, assumptions, fuel=fuel).loc["product_energy", "value"]
            jobs = direct_jobs(float(made), "biogas")
        rows.append((replaces, low, high, *(jobs or _jobs_of_avoided(low, high))))
    return pd.DataFrame(rows, columns=LINK_EFFECTS, index=links.index)


def material_effects(links: pd.DataFrame, assumptions: Assumptions) -> pd.DataFrame:
    """
    Return what by-products do, by link: see `LINK_EFFECTS`; links of no known factor have no row.

    A tonne given replaces `price_share` of a product (table `material_uses`), and its truck burns
    diesel. Low charges the whole road, high none: what is replaced, or got rid of today, may have
    gone as far. The factors of jobs are of whole programmes of symbiosis.

    Parameters
    ----------
    links
        New links of materials: both classes, `delivered`, `efficiency`, `distance_km`.
    assumptions
        Assumptions of the study.
    """
    classes = ["material_class_source", "material_class_sink"]
    uses = _material_uses()
    found = uses.reindex(pd.MultiIndex.from_frame(links[classes])).set_axis(links.index)
    factors = emission_factors()
    known = found["factor_id"].notna()
    links, found = links[known], found[known]
    product = factors.loc[found["factor_id"], ["low", "high"]].to_numpy(float)
    # kt of a product x kg/t, or GWh x kg/MWh, is t
    given = (links["delivered"] / links["efficiency"]).to_numpy(float)
    replaced = product * (given * found["price_share"].to_numpy(float))[:, np.newaxis]
    road = route_km(links, assumptions["detour_factor"]).to_numpy(float)
    low = replaced[:, 0] - given * road * float(factors.loc["truck", "high"])
    jobs = [_jobs_of_avoided(*ends) for ends in zip(low, replaced[:, 1], strict=True)]
    rows = zip(found["factor_id"], low, replaced[:, 1], *zip(*jobs, strict=True), strict=True)
    return pd.DataFrame(list(rows) if jobs else [], columns=LINK_EFFECTS, index=links.index)


@once_per_folder
def _material_uses() -> pd.DataFrame:
    """Return what a by-product replaces, by both classes, once per folder of tables."""
    table = read_table("material_uses").set_index(["from_class", "to_class"])
    return table[["factor_id", "price_share"]]


def _jobs_of_avoided(low: float, high: float) -> tuple[float, float]:
    """Return the direct jobs that go with avoided emissions, t CO2e/yr: lowest, highest."""
    least, most = (direct_jobs(max(float(side), 0.0) / 1000, "avoided_co2") for side in (low, high))
    return least[0], most[1]


@once_per_folder
def _co2_uses() -> dict[str, dict[str, str]]:
    """Return user_class and fuel by stream, once per folder of tables."""
    uses = read_table("co2_user_classes").set_index("stream")[["user_class", "fuel"]].fillna("")
    return {str(stream): dict(row) for stream, row in uses.iterrows()}
