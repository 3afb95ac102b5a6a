"""What by-products do to emissions and jobs, by link."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..assumptions.values import Assumptions
from ..effects.emissions import emission_factors
from ..effects.jobs import jobs_of_avoided
from ..model import LINK_EFFECTS, route_km
from ..tables import once_per_folder, read_table


def material_effects(links: pd.DataFrame, assumptions: Assumptions) -> pd.DataFrame:
    """
    Return what by-products do, by link: see `model.LINK_EFFECTS`; no row where no factor is known.

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
    jobs = [jobs_of_avoided(*ends, assumptions) for ends in zip(low, replaced[:, 1], strict=True)]
    rows = zip(found["factor_id"], low, replaced[:, 1], *zip(*jobs, strict=True), strict=True)
    return pd.DataFrame(list(rows) if jobs else [], columns=LINK_EFFECTS, index=links.index)


@once_per_folder
def _material_uses() -> pd.DataFrame:
    """Return what a by-product replaces, by both classes, once per folder of tables."""
    table = read_table("material_uses").set_index(["from_class", "to_class"])
    return table[["factor_id", "price_share"]]
