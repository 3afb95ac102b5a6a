"""What a district heating network saves by heat that arrives, from its own merit order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.electricity import spot_price
from ..assumptions.finance import sek_of_2025
from ..model import MONTH_COLUMNS, MONTHS
from ..tables import read_table
from .dispatch import (
    displaced_by_flat,
    fuel_price,
    load_steps,
    network_load,
    run_units,
)

TIERS_MW = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0)
BOUGHT = "bought"
DISPLACED = "displaced_"  # before a fuel: how much of its heat a link displaces, GWh/yr
# a network that no table describes: small wood boilers, as in most such networks
USUAL_UNIT = {
    "unit": "small_wood_boilers", "share": 1.0, "fuel": "chips", "fuel_mwh_per_mwh": 1 / 0.85,
    "other_sek_per_mwh": 98.0, "power_mwh_per_mwh": 0.0, "displaceable": "yes",
}  # fmt: skip


@dataclass(frozen=True)
class Tiers:
    """
    What new heat displaces in networks: `displaced` GWh by sink, month, tier and unit.

    `bought` is the heat that each buys from industry today, by month. The dispatch is found once;
    `priced` says what each tier saves at any prices.
    """

    networks: gpd.GeoDataFrame
    displaced: pd.DataFrame
    bought: pd.DataFrame

    @classmethod
    def of(cls, networks: gpd.GeoDataFrame, assumptions: Mapping[str, float]) -> Tiers:
        """Return the tiers of networks given as `displaced_heat` takes them."""
        return cls(networks, *displaced_heat(networks, assumptions))

    def fuels_saved(self, links: pd.DataFrame) -> pd.DataFrame:
        """
        Return which fuel's heat the new links displace in their networks, GWh/yr by link and fuel.

        Heat that arrives in a month displaces the dearest first; links into one network share what
        they displace together by what each delivers. Links elsewhere have zeros.

        Parameters
        ----------
        links
            New links with `sink` and what is delivered by month, `month_1` to `month_12`.
        """
        rows, arriving = self._given_way(links)
        if rows.empty:  # no link ends in a network
            return pd.DataFrame(index=links.index)
        saved = rows.pivot_table(
            index=["sink", "month"], columns="fuel", values="gwh", aggfunc="sum", fill_value=0.0
        )
        found = pd.DataFrame(0.0, index=links.index, columns=list(saved.columns))
        for month, name in enumerate(MONTH_COLUMNS, 1):
            total = links["sink"].map(arriving[month]).to_numpy(float)
            mine = links[name].to_numpy(float)
            share = np.divide(mine, total, out=np.zeros_like(mine), where=total > 0)
            cells = pd.MultiIndex.from_arrays([links["sink"], np.full(len(links), month)])
            found += saved.reindex(cells).fillna(0.0).to_numpy() * share[:, np.newaxis]
        return found.add_prefix(DISPLACED)

    def worth_terms(
        self, links: pd.DataFrame, link: pd.Series, assumptions: Mapping[str, float]
    ) -> pd.DataFrame:
        """
        Return what one of the new links saves its network: month, fuel, gwh and keur a year.

        Parameters
        ----------
        links
            All new links, as in `fuels_saved`: they share what they displace.
        link
            The row of one of them.
        assumptions
            Values by parameter_id.
        """
        rows, arriving = self._given_way(links[links["sink"] == link["sink"]])
        if rows.empty:
            return pd.DataFrame(columns=["month", "fuel", "gwh", "keur"])
        network = self.networks.loc[link["sink"]]
        units = _units_of(read_table("network_units").set_index("network_id"), network["site_id"])
        cost = np.maximum(unit_costs(units, network["bidding_area"], assumptions), 0.0)
        unit, month = pd.Index(units["unit"]).get_indexer(rows["unit"]), rows["month"].to_numpy(int)
        priced = self.priced(assumptions).set_index(["sink", "month", "tier"])["worth"]
        cell = ["sink", "month", "tier"]
        rows["keur"] = rows["gwh"] * cost[unit, month - 1]
        # a tier saves no more than the one before it: its units share that by what each costs
        whole = rows.groupby(cell)[["gwh", "keur"]].transform("sum")
        worth = priced.reindex(pd.MultiIndex.from_frame(rows[cell])).to_numpy(float)
        rows["keur"] *= np.divide(
            worth * whole["gwh"], whole["keur"], out=np.zeros(len(rows)), where=whole["keur"] > 0
        )
        mine = {m: float(link[name]) for m, name in enumerate(MONTH_COLUMNS, 1)}
        total = rows["month"].map(arriving.loc[link["sink"]])
        share = (rows["month"].map(mine) / total).where(total > 0, 0.0)
        rows[["gwh", "keur"]] = rows[["gwh", "keur"]].mul(share, axis=0)
        sums = rows.groupby(["month", "fuel"], as_index=False)[["gwh", "keur"]].sum()
        return sums[sums["gwh"] > 0]

    def _given_way(self, links: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return which heat gives way to links, by unit and tier, and what arrives by sink."""
        arriving = links.groupby("sink")[MONTH_COLUMNS].sum().set_axis(range(1, MONTHS + 1), axis=1)
        tiers = self.displaced[self.displaced["sink"].isin(arriving.index)]
        if tiers.empty:
            return tiers, arriving
        whole = tiers.groupby(["sink", "month", "tier"], as_index=False)["gwh"].sum()
        whole["gwh"] = whole["gwh"].astype(float)  # a region without networks has none
        months = arriving.to_numpy(float)
        use = tier_use(whole, arriving.index, np.zeros_like(months), months)
        taken = use.sum(axis=0)
        whole["part"] = taken / whole["gwh"]
        rows = tiers.merge(whole.drop(columns="gwh"), on=["sink", "month", "tier"])
        fuels = read_table("network_units").drop_duplicates("unit").set_index("unit")["fuel"]
        rows["fuel"] = rows["unit"].map(fuels).fillna(str(USUAL_UNIT["fuel"]))
        rows["gwh"] = rows["gwh"] * rows["part"]
        return rows, arriving

    def without(self, fuel: str, assumptions: Mapping[str, float]) -> Tiers:
        """Return the tiers of networks that no longer have a fuel: their other plants do more."""
        found = displaced_heat(self.networks, assumptions, without=fuel)
        return Tiers(self.networks, *found)

    def without_bought(self, gwh: pd.Series, assumptions: Mapping[str, float]) -> Tiers:
        """Return the tiers of networks that buy so much less heat than today, GWh/yr by sink."""
        less = gwh.reindex(self.networks.index).fillna(0.0)
        bought = (self.networks["bought_gwh"] - less).clip(lower=0.0)
        return Tiers.of(self.networks.assign(bought_gwh=bought), assumptions)

    def loads(self, assumptions: Mapping[str, float]) -> pd.Series:
        """Return the heat that enters each network in a year (see `network_loads`)."""
        return network_loads(self.networks, assumptions)

    def priced(self, assumptions: Mapping[str, float]) -> pd.DataFrame:
        """Return what each tier saves: sink, month, tier, gwh, worth (see `price_tiers`)."""
        return price_tiers(self.displaced, self.networks, assumptions)

    def worths(self, assumptions: Mapping[str, Any]) -> np.ndarray:
        """Return the worth of each tier of `priced`, EUR/MWh; with draws a row of worths each."""
        return tier_worths(self.displaced, self.networks, assumptions)[1]


def network_loads(networks: pd.DataFrame, assumptions: Mapping[str, float]) -> pd.Series:
    """Return the heat that enters each network in a year, losses included, GWh by sink."""
    loss = read_table("networks").set_index("network_id")["loss_share"]
    loss = networks["site_id"].map(loss).fillna(assumptions["network_loss_share"])
    return (networks["buildings_gwh"] + networks["industry_gwh"]) / (1 - loss.astype(float))


def displaced_heat(
    networks: gpd.GeoDataFrame, assumptions: Mapping[str, float], *, without: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Return which heat of each network gives way to new heat, by month, tier and unit.

    Parameters
    ----------
    networks
        One row per network, indexed by sink id, with `site_id`, `bidding_area`, `buildings_gwh`,
        `industry_gwh` and `bought_gwh` (a year's deliveries and waste heat bought today).
    assumptions
        Values by parameter_id.
    without
        A fuel that is gone: the other units of a network share what it made.

    Returns
    -------
    displaced, bought
        Columns sink, month, tier, unit, gwh; and the heat bought today by sink (row) and month.
    """
    units = read_table("network_units").set_index("network_id")
    losses = read_table("networks").set_index("network_id")["loss_share"]
    shares = read_table("profiles").set_index("month")["heat_load_share"].to_numpy(float)
    parts, taken = [], {}
    for sink, row in networks.iterrows():
        known = _units_of(units, row["site_id"])
        kept = known[known["fuel"] != without]
        known = kept.assign(share=kept["share"] / kept["share"].sum()) if len(kept) else known
        loss = losses.get(row["site_id"], np.nan)
        loss = assumptions["network_loss_share"] if pd.isna(loss) else float(loss)
        load = network_load(row["buildings_gwh"], row["industry_gwh"], loss, shares)
        bought = min(float(row["bought_gwh"]), float(load.sum()))
        energy = [bought, *(known["share"] * (load.sum() - bought))]
        given_way = known.loc[known["displaceable"] == "yes", "unit"]
        taken[sink], tiers = _given_way(
            tuple(load),
            assumptions["network_day_variation"],
            tuple(known["unit"]),
            tuple(energy),
            tuple(map(tuple, unit_costs(known, row["bidding_area"], assumptions))),
            tuple(given_way),
        )
        parts.append(tiers.assign(sink=sink))
    columns = ["sink", "month", "tier", "unit", "gwh"]
    every = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return every[columns], pd.DataFrame(taken, index=range(1, MONTHS + 1)).T


@lru_cache(maxsize=1000)  # a shock strikes one network, a price that moves often none
def _given_way(
    load: tuple[float, ...],
    variation: float,
    units: tuple[str, ...],
    energy: tuple[float, ...],
    costs: tuple[tuple[float, ...], ...],
    given_way: tuple[str, ...],
) -> tuple[pd.Series, pd.DataFrame]:
    """Return what one network buys today by month, and what gives way by month, tier and unit."""
    # what is bought runs first: its contract stands whatever else costs
    first = [min(map(min, costs)) - 1.0] * MONTHS
    dispatch = run_units(
        load_steps(np.array(load), variation),
        [BOUGHT, *units],
        np.array(energy),
        np.array([first, *costs]),
    )
    tiers = displaced_by_flat(dispatch, TIERS_MW, list(given_way))
    return dispatch.energy_gwh.loc[BOUGHT], tiers


def unit_costs(units: pd.DataFrame, area: str, assumptions: Mapping[str, Any]) -> np.ndarray:
    """
    Return the marginal cost of heat of each unit in each month, SEK/MWh: fuel, rest, power.

    Units are rows and months columns; assumptions with a value per draw put the draws before both.
    """
    spot = spot_price(area, assumptions)
    prices = [fuel_price(name, assumptions) for name in units["fuel"]]
    fuel = np.stack(np.broadcast_arrays(*prices), axis=-1)
    running = fuel * units["fuel_mwh_per_mwh"].to_numpy(float)
    running = running + units["other_sek_per_mwh"].to_numpy(float)
    power = units["power_mwh_per_mwh"].to_numpy(float)[:, np.newaxis]
    return running[..., np.newaxis] - power * spot[..., np.newaxis, :]


def price_tiers(
    displaced: pd.DataFrame, networks: gpd.GeoDataFrame, assumptions: Mapping[str, float]
) -> pd.DataFrame:
    """
    Return what each tier of new heat saves a network in each month.

    A plant that costs nothing to leave running saves nothing. Worth never rises from tier to tier:
    the dearest heat gives way first.

    Returns
    -------
    tiers
        Columns sink, month, tier, gwh, worth (EUR/MWh).
    """
    tiers, worth = tier_worths(displaced, networks, assumptions)
    return tiers.assign(worth=worth)


def tier_worths(
    displaced: pd.DataFrame, networks: gpd.GeoDataFrame, assumptions: Mapping[str, Any]
) -> tuple[pd.DataFrame, np.ndarray]:
    """
    Return the tiers (see `price_tiers`) and the worth of each, EUR/MWh.

    Assumptions with a value per draw give a row of worths per draw.
    """
    rows = displaced.sort_values(["sink", "month", "tier"], ignore_index=True)
    tiers = rows.groupby(["sink", "month", "tier"], as_index=False)[["gwh"]].sum()
    if rows.empty:
        return tiers, np.zeros(0)
    units = read_table("network_units").set_index("network_id")
    parts = []
    for sink, mine in rows.groupby("sink"):
        row = networks.loc[sink]
        known = _units_of(units, row["site_id"])
        cost = np.maximum(unit_costs(known, row["bidding_area"], assumptions), 0.0)
        unit = pd.Index(known["unit"]).get_indexer(mine["unit"])
        parts.append(cost[..., unit, mine["month"].to_numpy(int) - 1] * mine["gwh"].to_numpy())
    draws = np.broadcast_shapes(*(part.shape[:-1] for part in parts))
    value = np.concatenate([np.broadcast_to(p, (*draws, p.shape[-1])) for p in parts], axis=-1)
    starts = np.flatnonzero(~rows.duplicated(["sink", "month", "tier"]))
    saved = np.add.reduceat(value, starts, axis=-1) / tiers["gwh"].to_numpy()
    worth = saved / sek_of_2025(assumptions)[..., np.newaxis]
    for place in tiers.groupby(["sink", "month"]).indices.values():
        worth[..., place] = np.minimum.accumulate(worth[..., place], axis=-1)
    return tiers, worth


def tier_use(
    tiers: pd.DataFrame, sinks: pd.Series | pd.Index, before: np.ndarray, months: np.ndarray
) -> np.ndarray:
    """
    Return how much of each tier each link fills on top of `before`, a row per link, GWh.

    Parameters
    ----------
    tiers
        sink, month and gwh, dearest first in each month (see `price_tiers`).
    sinks
        The sink of each link.
    before, months
        What arrives at that sink in each month from others, and what the link brings.
    """
    use = np.zeros((len(sinks), len(tiers)))
    if tiers.empty:
        return use
    gwh = tiers["gwh"].to_numpy(float)
    start = tiers.groupby(["sink", "month"])["gwh"].cumsum().to_numpy(float) - gwh
    month = tiers["month"].to_numpy(int) - 1
    rows_of = tiers.groupby("sink").indices
    for k, sink in enumerate(sinks):
        rows = rows_of.get(sink)
        if rows is not None:
            low = before[k, month[rows]] - start[rows]
            high = low + months[k, month[rows]]
            use[k, rows] = np.clip(high, 0.0, gwh[rows]) - np.clip(low, 0.0, gwh[rows])
    return use


def _units_of(units: pd.DataFrame, network_id: str) -> pd.DataFrame:
    """Return the units of a network, or the usual one where no table describes it."""
    if network_id not in units.index:
        return pd.DataFrame([USUAL_UNIT])
    return units.loc[[network_id]].reset_index(drop=True)
