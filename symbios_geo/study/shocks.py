"""What may happen to a plan: who leaves, which price turns, and what scenarios of others say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ..assumptions.values import Assumptions
from ..labels import label, number, parameter_names, quantity
from ..matching.candidates import Candidates, still_free, with_network_worth
from ..model import EXISTING, MONTH_COLUMNS, existing_of, new_of
from ..tables import read_table

if TYPE_CHECKING:
    from .chain import Study

# prices that turn: each goes to both ends of its own range
PRICES = (
    "electricity_spot_factor", "fuel_chips_sek_per_mwh", "heat_seller_sek_per_mwh",
    "building_heat_pump_cop", "co2_storage_support_sek_per_t", "worth_of_co2_eur_per_t",
)  # fmt: skip
FUELS = ("waste",)  # that rules may take out of networks
INDUSTRY = range(5, 34)  # divisions of SNI: mining and manufacturing


class Shock(NamedTuple):
    """One thing that happens: which, of what kind, and the world of one resource after it."""

    shock: str
    kind: str
    found: Candidates
    assumptions: Assumptions
    gone: pd.DataFrame  # exchanges of today that end


def turned_prices(given: Assumptions) -> dict[str, Assumptions]:
    """Return the assumptions at each end of each price, by price and end."""
    found = {}
    for name in PRICES:
        for end in ("low", "high"):
            value = float(given.table.loc[name, end])
            if np.isfinite(value) and value != given[name]:
                found[f"{name}:{end}"] = given.replace({name: value})
    return found


def shocks(
    study: Study, found: Candidates, links: pd.DataFrame, turned: dict[str, Assumptions]
) -> Iterator[Shock]:
    """Yield everything that may happen to one resource."""
    given, none = study.assumptions, links.head(0)
    standing = links["status"] == EXISTING
    for site in dict.fromkeys(links["site_id_source"]):
        ended = links[standing & (links["site_id_source"] == site)]
        yield Shock(site, "source", _without_source(found, site, ended, given), given, ended)
    for site in dict.fromkeys(links["site_id_sink"]):
        ended = links[standing & (links["site_id_sink"] == site)]
        yield Shock(site, "sink", _without_sink(found, site), given, ended)
    for name, changed in turned.items():
        world = _repriced(found, found.tiers, changed)
        if not _same(world, found):
            yield Shock(name, "price", world, changed, none)
    for fuel in FUELS if found.tiers is not None else ():
        world = _repriced(found, found.tiers.without(fuel, given), given)
        if not _same(world, found):
            yield Shock(fuel, "fuel", world, given, none)
    for row in listed_shocks(study).to_dict("records"):
        yield from LISTED[row["kind"]](study, found, links, row)


def listed_shocks(study: Study) -> pd.DataFrame:
    """Return what the table of shocks says may strike the study's municipalities, by shock_id."""
    rows = read_table("shocks")
    towns = study.region.municipalities.index.astype(str)
    here = [any(town.startswith(code) for town in towns) for code in rows["region_code"]]
    return rows[here].set_index("shock_id", drop=False)


def _closure(
    study: Study, found: Candidates, links: pd.DataFrame, row: dict[str, Any]
) -> Iterator[Shock]:
    """Yield the end of a place that gives this resource, where no exchange of the plan needs it."""
    flows, site = study.register.flows, row["site_id"]
    gives = flows[(flows["site_id"] == site) & (flows["role"] == "source")]["resource"]
    if found.resource.key in set(gives) and site not in set(links["site_id_source"]):
        yield Shock(row["shock_id"], "closure", found, study.assumptions, links.head(0))


def _data_centre(
    study: Study, found: Candidates, links: pd.DataFrame, row: dict[str, Any]
) -> Iterator[Shock]:
    """Yield, for each network that gets new heat, a data centre that gives it all of its heat."""
    if found.tiers is None:
        return
    new = new_of(links)
    for network in dict.fromkeys(new.loc[new["sink"].isin(found.tiers.networks.index), "sink"]):
        more = pd.Series({network: -data_centre_gwh(row)})
        world = _repriced(
            found, found.tiers.without_bought(more, study.assumptions), study.assumptions
        )
        site = found.tiers.networks["site_id"][network]
        yield Shock(site, "data_centre", world, study.assumptions, links.head(0))


def data_centre_gwh(row: Mapping[str, Any]) -> float:
    """Return the heat of the data centres that a row says are built, GWh a year."""
    return float((row["value"] - row["reference"]) * row["heat_share"])


def _industry(
    study: Study, found: Candidates, links: pd.DataFrame, row: dict[str, Any]
) -> Iterator[Shock]:
    """Yield a year in which what industry gives has followed its need of electricity."""
    sectors = found.sources["site_id"].map(study.register.sites["sector_sni"])
    made = pd.to_numeric(sectors.str[:2], errors="coerce").isin(INDUSTRY)
    scale = pd.Series(np.where(made, row["value"] / row["reference"], 1.0), made.index)
    if not (made & made.index.isin(links["source"])).any():
        return
    whole = found.sources["value"]
    used = (whole - found.supply).clip(lower=0.0)
    left = whole * scale
    supply = pd.Series(still_free(left, whole, found.supply), name=found.supply.name)
    # what is in use ends as far as there is less than that
    lost = ((used - left).clip(lower=0.0) / used).fillna(0.0)
    ended = existing_of(links[_of(links, lost) > 0])
    amounts = [c for c in ("delivered", *MONTH_COLUMNS) if c in ended]
    ended = ended.assign(**ended[amounts].mul(_of(ended, lost), axis=0))
    world = _without_bought(found, ended, study.assumptions)
    yield Shock(
        row["shock_id"], "industry", replace(world, supply=supply), study.assumptions, ended
    )


def _of(links: pd.DataFrame, shares: pd.Series) -> np.ndarray:
    """Return the share of the source of each link."""
    return shares.reindex(links["source"]).to_numpy(float)


LISTED = {"closure": _closure, "data_centre": _data_centre, "industry": _industry}


def shock_name(study: Study, shock: str, kind: str) -> str:
    """Return what happens, in the words of the study's language."""
    if kind == "price":
        name, end = shock.split(":")
        row = study.assumptions.table.loc[[name]]
        value, unit = float(row[end].iloc[0]), row["unit"].iloc[0]
        return label(
            "stress:price", study.lang, name=parameter_names(row, study.lang).iloc[0],
            value=quantity(value, unit, study.lang, digits=None if value else 0),
        )  # fmt: skip
    words: dict[str, object] = {"name": study.register.sites["name"].get(shock, shock)}
    if kind in LISTED:
        rows = listed_shocks(study)
        row = rows.loc[shock] if shock in rows.index else _of_kind(rows, kind)
        words["what"] = row[f"name_{study.lang}"]
        if kind == "data_centre":
            words["amount"] = quantity(data_centre_gwh(row), "GWh/yr", study.lang)
        elif kind == "industry":
            share = 100 * row["value"] / row["reference"]
            words["share"] = number(share, study.lang, digits=0)
    return label(f"stress:{kind}", study.lang, **words)


def _of_kind(rows: pd.DataFrame, kind: str) -> pd.Series:
    """Return the first row of a kind."""
    return rows[rows["kind"] == kind].iloc[0]


def _without_source(
    found: Candidates, site: str, ended: pd.DataFrame, assumptions: Assumptions
) -> Candidates:
    """Return the world without what one place gives, exchanges of today included."""
    mine = found.sources.index[found.sources["site_id"] == site]
    supply = found.supply.where(~found.supply.index.isin(mine), 0.0)
    return replace(_without_bought(found, ended, assumptions), supply=supply)


def _without_bought(found: Candidates, ended: pd.DataFrame, assumptions: Assumptions) -> Candidates:
    """Return the world in which networks buy less heat of today by what ends."""
    if found.tiers is None or ended.empty:
        return found
    gone = ended.groupby("sink")["delivered"].sum()
    return _repriced(found, found.tiers.without_bought(gone, assumptions), assumptions)


def _without_sink(found: Candidates, site: str) -> Candidates:
    """Return the world in which one place takes nothing more."""
    mine = found.sinks.index[found.sinks["site_id"] == site]
    demand = found.demand.where(~found.demand.index.isin(mine), 0.0)
    tiers = found.priced_tiers[~found.priced_tiers["sink"].isin(mine)]
    return replace(found, demand=demand, priced_tiers=tiers)


def _repriced(found: Candidates, tiers: Any, assumptions: Assumptions) -> Candidates:
    """Return candidates at other prices, their ends as they are."""
    priced_tiers = found.priced_tiers if tiers is None else tiers.priced(assumptions)
    pairs = with_network_worth(found.pairs, priced_tiers)
    links = found.resource.price_links(pairs, assumptions).reset_index(drop=True)
    return replace(found, pairs=pairs, links=links, tiers=tiers, priced_tiers=priced_tiers)


def _same(one: Candidates, other: Candidates) -> bool:
    """Say whether nothing that decides has moved."""
    columns = ["variable_cost", "capacity_cost", "fixed_cost", "worth"]
    same = (
        one.links[columns]
        .reset_index(drop=True)
        .equals(other.links[columns].reset_index(drop=True))
    )
    return same and one.priced_tiers.equals(other.priced_tiers)
