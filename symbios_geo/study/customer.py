"""Heat pump or district heating: what heat costs the houses of each place without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..disclosure import sign
from ..heat.costs import own_heating_eur_per_mwh

if TYPE_CHECKING:
    from .chain import Study

KINDS = ["own_heat_pump", "pellets", "electric_heat", "waste_heat"]


def compare_heating(study: Study) -> pd.DataFrame:
    """
    Return what a MWh costs the houses of each place: heat of their own, or of the nearest source.

    District heating is the cheapest link from a source of waste heat to a new network, with its
    streets and house connections, at full load; what a network that exists asks its customers is
    not published by place, so those are not told of.

    Parameters
    ----------
    study
        A study with heat.

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
    found, sek = study.candidates["heat"], study.assumptions["sek_per_eur"]
    links = found.links[found.links["kind"] == "buildings"]
    best = links.loc[links.groupby("sink")["unit_cost"].idxmin()].set_index("sink", drop=False)
    own = own_heating_eur_per_mwh(best["bidding_area"], study.assumptions)
    costs = own.assign(waste_heat=best["unit_cost"]) * sek
    told = pd.DataFrame(
        {
            "name": best["name_sink"],
            "municipality_code": best["municipality_code_sink"],
            "demand": best["demand"],
            **{f"{kind}_sek": costs[kind] for kind in KINDS},
            "name_source": best["name_source"],
            "covers_share": (best["supply"] / best["demand"]).clip(upper=1.0),
            "cheapest": costs[KINDS].idxmin(axis=1),
        }
    )
    ranked = told.sort_values("demand", ascending=False, kind="stable").reset_index(drop=True)
    return sign(ranked, study.readers)
