"""Heat pump or district heating: what heat costs the houses of each place without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..disclosure import sign
from ..heat.costs import own_heating_eur_per_mwh
from ..matching.unchosen import beside_plan
from ..model import carried, new_of

if TYPE_CHECKING:
    from .chain import Study

A_REAL_PART = 0.2  # of what the houses need: a source that covers less heats no place


def compare_heating(study: Study, *, least: float = A_REAL_PART) -> pd.DataFrame:
    """
    Return what a MWh costs the houses of each place: heat of their own, or of waste heat.

    Waste heat is the cheapest link to a new network, with streets and house connections, that
    covers a real part of the need, priced month by month as the plan prices it: the link that the
    plan builds, or one that would stand beside it. Where none covers as much, the one that covers
    most is told, and heat of their own is cheapest. What a network that exists asks its customers
    is not published by place, so those are not told of.

    Parameters
    ----------
    study
        A study with heat, matched month by month.
    least
        Smallest share of the need that waste heat has to cover, 0-1.

    Returns
    -------
    pandas.DataFrame
        A row per locality that a source could reach, the largest need first: name,
        municipality_code, demand (GWh/yr), own_heat_pump_sek, pellets_sek, electric_heat_sek,
        waste_heat_sek (SEK/MWh), name_source with the share of the need that its heat would
        cover (covers_share), and cheapest.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> table = compare_heating(sg.run())
    >>> bool((table["waste_heat_sek"] > 0).all())
    True
    """
    found, match = study.candidates["heat"], study.matches["heat"]
    links = pd.concat([carried(new_of(match.links)), carried(beside_plan(found, match))])
    links = links[links["kind"] == "buildings"].reset_index(drop=True)
    links = links.assign(covers_share=links["delivered"] / links["demand"])
    links["enough"] = links["covers_share"].clip(upper=least)
    # of those that cover enough the cheapest, else the one that covers most
    ranked = links.sort_values(["enough", "unit_cost"], ascending=[False, True], kind="stable")
    best = ranked.drop_duplicates("sink").set_index("sink", drop=False)
    sek, waste = study.assumptions["sek_per_eur"], best["unit_cost"]
    costs = own_heating_eur_per_mwh(best["bidding_area"], study.assumptions)
    counted = costs.assign(waste_heat=waste.where(best["covers_share"] >= least))
    costs = costs.assign(waste_heat=waste) * sek
    told = pd.DataFrame(
        {
            "name": best["name_sink"],
            "municipality_code": best["municipality_code_sink"],
            "demand": best["demand"],
            **{f"{kind}_sek": costs[kind] for kind in costs},
            "name_source": best["name_source"],
            "covers_share": best["covers_share"],
            "cheapest": counted.idxmin(axis=1),
        }
    )
    ranked = told.sort_values("demand", ascending=False, kind="stable").reset_index(drop=True)
    return sign(ranked, study.readers)
