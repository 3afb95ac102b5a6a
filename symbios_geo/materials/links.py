"""Materials and water: what leaves each site, who needs it, and what bringing it over is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.checks import HOURS_PER_YEAR
from ..assumptions.finance import pipe_annuity, sek_of_2025
from ..assumptions.values import assumed, of_rows
from ..model import BOUNDS, Resource, route_km
from ..register.gate import Register
from ..tables import read_table
from .benefit import material_effects
from .rules import check_uses, find_precedents, haul_ids

END_COLUMNS = [
    "site_id", "stream", "category", *BOUNDS, "committed", "material_class", "use_today",
    "dry_matter_pct", "ewc_code",
]  # fmt: skip
# what is paid today for getting rid of a stream, and which uses of today earn something
FEES = {
    "landfilled": "fee_landfilled_sek_per_t",
    "own_landfill": "fee_own_landfill_sek_per_t",
    "incinerated": "fee_incinerated_sek_per_t",
    "unknown": "fee_unknown_sek_per_t",
}
EARNING = ("sold", "feed", "spread", "digested")
SMALLEST_TPH = 1e-4
# what maps colour sources by
FAMILIES = {
    "materials": tuple(
        f"material:{name}" for name in ("mineral", "metal", "polymer", "wood", "nutrient", "food")
    ),
    "water": ("material:process", "material:treated"),
}


def ends(
    register: Register,
    assumptions: Mapping[str, float] | None = None,  # noqa: ARG001
    *,
    resource: str,
    role: str,
) -> gpd.GeoDataFrame:
    """
    Return the counted sources or sinks of a resource as points, indexed by flow_id.

    Each stream is a row of its own and is given once, whoever asks for it. Columns: site_id,
    stream, category, value, low, high, committed (what is used or filled today), material_class,
    use_today, dry_matter_pct, ewc_code, sector_sni of the site, and `profile`.
    """
    rows = register.pick(resource, role)
    rows = rows[rows["value"] > 0].set_index("flow_id")[END_COLUMNS]
    industry = rows["site_id"].map(register.sites["sector_sni"])
    return register.at_sites(rows.assign(sector_sni=industry, profile="flat_share"))


def price_hauls(
    links: pd.DataFrame, assumptions: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """
    Add cost and worth per delivered tonne to links of materials, which go by road.

    A delivered tonne costs its treatment, loading and the road; it is worth what it replaces and
    the fee that its giver no longer pays. Where the stream earns something today, that is what an
    exchange must beat, and it is taken off. A receiver that asks a gate fee replaces something of
    negative price. All costs are of 2024 and at the yield of the treatment.

    Parameters
    ----------
    links
        Links with `supply`, `demand` (kt/yr), `distance_km` and the columns of
        `rules.find_precedents`.
    assumptions
        Values by parameter_id. None: the bundled ones.

    Returns
    -------
    links
        With `mode` (the family of the stream), `haul_cost`, `treatment_cost`, `avoided_fee` and
        `replaced_value` (EUR per delivered tonne) beside the usual columns.

    Raises
    ------
    RegisterError
        If a class has no price of transport, treatment or of what it replaces.
    """
    assumptions = assumed(assumptions)
    check_uses(read_table("material_uses"), read_table("material_classes"), assumptions)
    kinds = read_table("material_classes").set_index("material_class")
    transport = links["material_class_source"].map(kinds["transport"])
    moved = _hauling(transport, route_km(links, assumptions["detour_factor"]), assumptions)
    moved = np.where(links["site_id_source"] == links["site_id_sink"], 0.0, moved)
    return _priced(links, assumptions, haul=moved, fee=_saved_today(links, assumptions), fixed=0.0)


def price_pipes(
    links: pd.DataFrame, assumptions: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """
    Add cost and worth per delivered cubic metre to links of water, which go by pipe.

    The pipe is paid once it is built, the treatment by the cubic metre; what it replaces is town
    water. All costs are of 2024. Parameters and columns are those of `price_hauls`, with
    `invest_pipe_fixed_meur` of the pipe; `supply` and `demand` are thousand m3 a year.
    """
    assumptions = assumed(assumptions)
    metres = route_km(links, assumptions["detour_factor"]).to_numpy(float) * 1000
    metres = np.where(links["site_id_source"] == links["site_id_sink"], 0.0, metres)
    invested = metres * assumptions["water_pipe_sek_per_m"] / sek_of_2025(assumptions)
    yearly = invested * pipe_annuity(assumptions=assumptions)
    priced = _priced(links, assumptions, haul=0.0, fee=0.0, fixed=yearly)
    return priced.assign(invest_pipe_fixed_meur=invested / 1e6)


def _priced(
    links: pd.DataFrame,
    assumptions: Mapping[str, float],
    *,
    haul: np.ndarray | float,
    fee: np.ndarray | float,
    fixed: np.ndarray | float,
) -> pd.DataFrame:
    """Return links with the columns that every face reads; haul and fee are SEK a tonne given."""
    gain = links["yield_share"].to_numpy(float)
    delivered = gain * sek_of_2025(assumptions)  # per tonne delivered, in EUR
    treatment = _by_row(links["treatment_id"], assumptions) / delivered
    replaced = _by_row(links["price_id"], assumptions) * links["price_share"] / delivered
    carried = np.minimum(links["supply"] * gain, links["demand"]).to_numpy(float)
    size = np.maximum(carried * 1000 / HOURS_PER_YEAR, SMALLEST_TPH)
    families = read_table("material_classes").set_index("material_class")["family"]
    variable = treatment + haul / delivered
    return links.assign(
        mode=links["material_class_source"].map(families).astype(object),
        efficiency=gain,
        largest_capacity=size,
        full_load_hours=float(HOURS_PER_YEAR),
        haul_cost=haul / delivered,
        treatment_cost=treatment,
        avoided_fee=fee / delivered,
        replaced_value=replaced,
        variable_cost=variable,
        capacity_cost=0.0,
        fixed_cost=fixed,
        unit_cost=variable + fixed / (size * HOURS_PER_YEAR),
        worth=replaced + fee / delivered,
    )


def _hauling(
    transport: pd.Series, km: pd.Series | float, assumptions: Mapping[str, float]
) -> np.ndarray:
    """Return what it costs to load a tonne and carry it over a road, SEK/t."""
    names = transport.map(haul_ids)
    loading, driving = (_by_row(names.str[place], assumptions) for place in (0, 1))
    return loading + driving * np.asarray(km, float)


def _saved_today(links: pd.DataFrame, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return what the giver saves a tonne when the use of today ends, SEK; below 0 if it earns."""
    today = links["use_today_source"].fillna("unknown").astype(object)
    fees = today.map(FEES)
    saved = np.zeros(len(links))
    paid = fees.notna().to_numpy()
    saved[paid] = _by_row(fees[paid], of_rows(assumptions, paid))
    earns = today.isin(EARNING).to_numpy()
    for kind in links.loc[earns, "material_class_source"].unique():
        rows = earns & (links["material_class_source"] == kind).to_numpy()
        saved[rows] = -_best_price(kind, of_rows(assumptions, rows))
    return saved


def _best_price(kind: str, assumptions: Mapping[str, Any]) -> np.ndarray:
    """
    Return what a class earns today where it is sold, SEK/t, never below 0.

    Nobody publishes it, so it is what the best use pays at the usual distance of such exchanges.
    """
    uses = read_table("material_uses")
    transport = read_table("material_classes").set_index("material_class").loc[kind, "transport"]
    loading, driving = (assumptions[name] for name in haul_ids(str(transport)))
    haul = loading + driving * assumptions["material_usual_km"]
    pays = [
        assumptions[use["price_id"]] * use["price_share"] - assumptions[use["treatment_id"]] - haul
        for use in uses[uses["from_class"] == kind].to_dict("records")
    ]
    return np.maximum.reduce([np.zeros_like(haul), *pays])


def _by_row(names: pd.Series, assumptions: Mapping[str, float]) -> np.ndarray:
    """Return the assumption that each row names."""
    values = np.zeros(len(names))
    for name in names.unique():
        rows = (names == name).to_numpy()
        values[rows] = of_rows(assumptions, rows)[name]
    return values


def _record(
    key: str,
    unit: str,
    price_unit: str,
    reach: str,
    price_links: Callable[..., pd.DataFrame],
    investments: Mapping[str, str],
    effects: Callable[..., pd.DataFrame] | None = None,
) -> Resource:
    """Return the record of one resource."""
    return Resource(
        key,
        unit,
        price_links,
        partial(ends, resource=key, role="source"),
        partial(ends, resource=key, role="sink"),
        reach=reach,
        price_unit=price_unit,
        classes=FAMILIES[key],
        suits=find_precedents,
        investments=investments,
        effects=effects,
    )


# hauliers and treatment plants are paid by the tonne: nothing is built for one exchange
MATERIALS = _record(
    "materials", "kt/yr", "EUR/t", "max_material_link_km", price_hauls, {}, material_effects
)  # fmt: skip
WATER = _record(
    "water", "thousand m3/yr", "EUR/m3", "max_water_link_km", price_pipes,
    {"pipe": "pipe_life_years"},
)  # fmt: skip
