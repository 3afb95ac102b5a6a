"""What used CO2 does to emissions and jobs, by link."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..assumptions.values import Assumptions
from ..effects.emissions import MIXES, product_benefit
from ..effects.jobs import direct_jobs, jobs_of_avoided
from ..model import LINK_EFFECTS
from ..tables import once_per_folder, read_table
from .costs import STORES
from .fuels import balance, fuel_benefit


def co2_effects(links: pd.DataFrame, assumptions: Assumptions) -> pd.DataFrame:
    """
    Return what used CO2 does, by link: see `model.LINK_EFFECTS`.

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
            net = fuel_benefit(amount, assumptions, fuel=fuel, electricity=MIXES)["value"]
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
            area_ha = 100 * amount / assumptions["greenhouse_co2_kg_m2"]
            jobs = direct_jobs(area_ha, "greenhouse", assumptions)
        elif fuel == "methane":
            made = balance(amount, assumptions, fuel=fuel).loc["product_energy", "value"]
            jobs = direct_jobs(float(made), "biogas", assumptions)
        rows.append((replaces, low, high, *(jobs or jobs_of_avoided(low, high, assumptions))))
    return pd.DataFrame(rows, columns=LINK_EFFECTS, index=links.index)


@once_per_folder
def _co2_uses() -> dict[str, dict[str, str]]:
    """Return user_class and fuel by stream, once per folder of tables."""
    uses = read_table("co2_user_classes").set_index("stream")[["user_class", "fuel"]].fillna("")
    return {str(stream): dict(row) for stream, row in uses.iterrows()}
