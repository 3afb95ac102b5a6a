"""What one exchange does to emissions and jobs, for the record of its resource."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..assumptions.values import Assumptions
from ..co2.links import STORES
from ..model import route_km
from ..plans.fuels import balance as fuel_balance
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


def heat_climate(exchange: pd.Series, assumptions: Assumptions) -> pd.DataFrame:
    """
    Return the emissions that new heat avoids, t CO2e/yr, negative where it adds: low and high.

    A network saves the fuels that its merit order turns down in each month, a house the
    electricity of a heat pump of its own; the link's own heat pump takes electricity. The range
    goes from the Nordic mix to marginal electricity.

    Parameters
    ----------
    exchange
        `links` of a match of heat, with `delivered`, `electricity_mwh_per_mwh` and, for networks,
        `displaced_<fuel>` (GWh/yr).
    assumptions
        Assumptions of the study.
    """
    links = exchange["links"]
    new = links[links["status"] == "new"] if "status" in links else links
    heat, power = emission_factors("heat")["value"], emission_factors("electricity")["value"]
    used = float((new["delivered"] * new["electricity_mwh_per_mwh"].fillna(0.0)).sum())
    saved = 0.0
    fuels = [c for c in new.columns if c.startswith("displaced_")]
    into_network = new["kind"] == "network"
    for name in fuels:
        factor = float(heat[FACTOR_OF_FUEL[name.removeprefix("displaced_")]])
        saved += factor * float(new.loc[into_network, name].sum())
    houses = (
        float(new.loc[~into_network, "delivered"].sum()) / assumptions["building_heat_pump_cop"]
    )
    # GWh x g/kWh = t
    ends = [saved + (houses - used) * float(power[mix]) for mix in ELECTRICITY]
    replaced = NETWORK if into_network.any() else HOUSE
    return pd.DataFrame([{"replaced": replaced, "low": min(ends), "high": max(ends)}])


def co2_climate(exchange: pd.Series, assumptions: Assumptions) -> pd.DataFrame:
    """
    Return the emissions that used CO2 avoids, t CO2e/yr: low and high.

    Fuels range from the Nordic mix to marginal electricity, CO2 in products from replacing none to
    replacing only fossil CO2 made for sale. What is stored counts as it stands, before the
    emissions of its own chain.
    """
    amount = float(exchange["delivered"])
    use = _use_of(exchange)
    if use["user_class"] in STORES:
        return pd.DataFrame(
            [{"replaced": "stored_co2", "low": 1000 * amount, "high": 1000 * amount}]
        )
    if fuel := use["fuel"]:
        net = fuel_benefit(amount, assumptions, fuel=fuel, electricity=ELECTRICITY)["value"]
        ends, replaced = 1000 * net, "fossil_fuel"
    else:
        sides = [
            product_benefit(amount, carbon="biogenic", replaces_fossil_share=s) for s in (0, 1)
        ]
        ends, replaced = pd.Series([1000 * side["avoided"] for side in sides]), "fossil_co2"
    row = {"replaced": replaced, "low": float(ends.min()), "high": float(ends.max())}
    return pd.DataFrame([row])


def material_climate(exchange: pd.Series, assumptions: Assumptions) -> pd.DataFrame:
    """
    Return the emissions that by-products avoid, t CO2e/yr, a row per thing they replace.

    A tonne given replaces `price_share` of a product (table `material_uses`), and its truck burns
    diesel. Low charges the whole road, high none: what is replaced, or got rid of today, may have
    gone as far. Links whose product has no known factor have no row.

    Parameters
    ----------
    exchange
        `links` of a match of materials: both classes, `delivered`, `efficiency`, `distance_km`.
    assumptions
        Assumptions of the study.
    """
    links = exchange["links"]
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
    hauled = given * road * float(factors.loc["truck", "high"])
    rows = pd.DataFrame(
        {
            "replaced": found["factor_id"].to_numpy(),
            "low": replaced[:, 0] - hauled,
            "high": replaced[:, 1],
        }
    )
    return rows.groupby("replaced", as_index=False)[["low", "high"]].sum()


@once_per_folder
def _material_uses() -> pd.DataFrame:
    """Return what a by-product replaces, by both classes, once per folder of tables."""
    table = read_table("material_uses").set_index(["from_class", "to_class"])
    return table[["factor_id", "price_share"]]


def material_jobs(exchange: pd.Series, assumptions: Assumptions) -> tuple[float, float] | None:
    """
    Return the direct jobs of an exchange of by-products by what it avoids: lowest, highest.

    The factors are of whole programmes of symbiosis. None where what is avoided is not known.
    """
    effect = material_climate(exchange, assumptions)
    if effect.empty:
        return None
    return _jobs_of_avoided(effect["low"].sum(), effect["high"].sum())


def heat_jobs(exchange: pd.Series, assumptions: Assumptions) -> tuple[float, float]:  # noqa: ARG001
    """Return the direct jobs of one extension of district heating: lowest, highest."""
    return direct_jobs(1, "district_heating")


def co2_jobs(exchange: pd.Series, assumptions: Assumptions) -> tuple[float, float] | None:
    """
    Return the direct jobs of an exchange of CO2: lowest, highest.

    Greenhouse: by the area that the CO2 is enough for. Methane: by its energy. Other use: by what
    is avoided; None for storage, whose jobs lie elsewhere.
    """
    use, amount = _use_of(exchange), float(exchange["delivered"])
    if use["user_class"] in STORES:
        return None
    if use["user_class"] == "greenhouse":
        # kt over kg/m2 is ha
        return direct_jobs(100 * amount / assumptions["greenhouse_co2_kg_m2"], "greenhouse")
    if use["fuel"] == "methane":
        energy = fuel_balance(amount, assumptions, fuel="methane").loc["product_energy", "value"]
        return direct_jobs(float(energy), "biogas")
    effect = co2_climate(exchange, assumptions).iloc[0]
    return _jobs_of_avoided(effect["low"], effect["high"])


def _jobs_of_avoided(low: float, high: float) -> tuple[float, float]:
    """Return the direct jobs that go with avoided emissions, t CO2e/yr: lowest, highest."""
    least, most = (direct_jobs(max(float(side), 0.0) / 1000, "avoided_co2") for side in (low, high))
    return least[0], most[1]


def _use_of(exchange: pd.Series) -> dict[str, str]:
    """Return what CO2 is used for: user_class and fuel of its stream (`co2_user_classes`)."""
    nothing = {"user_class": "", "fuel": ""}
    return _co2_uses().get(str(exchange["stream"]), nothing)


@once_per_folder
def _co2_uses() -> dict[str, dict[str, str]]:
    """Return user_class and fuel by stream, once per folder of tables."""
    uses = read_table("co2_user_classes").set_index("stream")[["user_class", "fuel"]].fillna("")
    return {str(stream): dict(row) for stream, row in uses.iterrows()}
