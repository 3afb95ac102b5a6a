"""What new heat does to emissions and jobs, by link."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..assumptions.values import Assumptions
from ..effects.emissions import MIXES, emission_factors
from ..effects.jobs import direct_jobs
from .networks import DISPLACED

# factor of the heat that a network's fuel makes
FACTOR_OF_FUEL = {
    "chips": "wood_chips",
    "gas": "natural_gas",
    "bio_oil": "bio_oil",
    "own_biogas": "own_biogas",
}
NETWORK, HOUSE = "network_fuels", "own_heat_pump"
HOUSES = "buildings"  # those of a locality, which need a network of their own


def heat_effects(links: pd.DataFrame, assumptions: Assumptions) -> pd.DataFrame:
    """
    Return what new heat does, by link (see `model.LINK_EFFECTS`); negative where it adds emissions.

    A network saves the fuels that its merit order turns down in each month, a house the
    electricity of a heat pump of its own; the link's own heat pump takes electricity. The range
    goes from the Nordic mix to marginal electricity. A new network for houses employs as the one
    extension of which jobs are published, whatever it carries; of other heat nobody has counted
    any, so its jobs are missing.

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
    for name in [c for c in links.columns if c.startswith(DISPLACED)]:
        factor = float(heat[FACTOR_OF_FUEL[name.removeprefix(DISPLACED)]])
        saved += factor * links[name].where(into_network, 0.0).fillna(0.0)
    houses = links["delivered"].mask(into_network, 0.0) / assumptions["building_heat_pump_cop"]
    # GWh x g/kWh = t
    ends = pd.DataFrame({mix: saved + (houses - used) * float(power[mix]) for mix in MIXES})
    low, high = direct_jobs(1, "district_heating", assumptions)
    return pd.DataFrame(
        {
            "replaces": np.where(into_network, NETWORK, HOUSE),
            "t_co2e_low": ends.min(axis=1),
            "t_co2e_high": ends.max(axis=1),
            "jobs_low": np.where(links["kind"] == HOUSES, low, np.nan),
            "jobs_high": np.where(links["kind"] == HOUSES, high, np.nan),
        },
        index=links.index,
    )
