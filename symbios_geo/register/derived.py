"""The bundled register, and the rows of any register that follow assumptions."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pandas as pd

from ..assumptions.ranges import bounds_of
from ..assumptions.values import Assumptions, Given, as_assumptions, derive, load_assumptions
from ..model import BOUNDS
from ..region.area import Region, bundled_region
from ..tables import once_per_folder, read_table
from .gate import Register
from .ids import with_flow_ids
from .national import KEYS, national_codes, national_flows, property_need
from .property_heat import (
    BUILDING_C,
    CATEGORY,
    DELIVERED,
    DISAGGREGATION,
    STREAM,
    derive_property_heat,
    explain_need,
)  # fmt: skip
from .substrates import SURVEY, derive_substrates, explain_substrate

Explained: TypeAlias = tuple[str, pd.DataFrame]


@once_per_folder
def bundled_register() -> Register:
    """Return the bundled register, made and checked once; do not change it."""
    return bundled_rows(load_assumptions(), bundled_region())


def bundled_rows(given: Assumptions, region: Region) -> Register:
    """Return the bundled register under some assumptions, as it lies in a region."""
    flows = read_table("flows").assign(origin="stated")
    flows = pd.concat([_filled(flows, given), _generated(given)], ignore_index=True)
    exchanges = read_table("synergies")
    return Register(bundled_places(), flows, exchanges, assumptions=given, region=region)


def following(register: Register, assumptions: Given) -> tuple[Register, Assumptions]:
    """Return a register and the assumptions that its derived rows follow; None: its own."""
    known = register.assumptions or load_assumptions()
    given = known if assumptions is None else as_assumptions(assumptions)
    return with_assumptions(register, given), given


def national_keys(given: Assumptions) -> dict[str, pd.Series]:
    """Return the rows of the assumptions that national tables are computed with."""
    keys = [name for name in given if str(name).startswith("national_")]
    return {name: given.table.loc[name] for name in keys}


def with_assumptions(register: Register, assumptions: Assumptions) -> Register:
    """
    Return a register whose derived rows follow other assumptions; what was stated stays.

    Rows that somebody added or left out stay added or left out.
    """
    if assumptions == (register.assumptions or load_assumptions()):
        return register.unchecked(assumptions=assumptions)
    register = _with_national_places(register, assumptions)
    kept = register.flows
    parts = [
        _filled(read_table("flows").assign(origin="stated"), assumptions),
        _generated(assumptions),
    ]
    if len(national_codes(register.region)):
        parts.append(national_flows(register.region, national_keys(assumptions)))
    anew = pd.concat(parts, ignore_index=True).set_index("flow_id")
    follows = (kept["origin"] == "derived") & kept["flow_id"].isin(anew.index)
    flows = kept.copy()
    numbers = [*BOUNDS, "committed"]
    flows.loc[follows, numbers] = anew.loc[kept.loc[follows, "flow_id"], numbers].to_numpy()
    if flows[numbers].equals(kept[numbers]):  # no row follows what was changed
        return register.unchecked(assumptions=assumptions)
    return replace(register, flows=flows, assumptions=assumptions)


def _with_national_places(register: Register, assumptions: Assumptions) -> Register:
    """
    Return a register with the rows that national keys call for under other assumptions.

    Which places have a network, and whether a key is nothing, is an assumption: a row that only
    the old ones call for goes, with its place where nothing is left there, and one that only the
    new ones call for comes, in municipalities whose need follows the keys.
    """
    flows, sites = register.flows, register.sites
    keyed = flows[(flows["origin"] == "derived") & (flows["source_id"] == KEYS)]
    codes = sites.loc[keyed["site_id"].unique(), "municipality_code"].unique()
    codes = national_codes(register.region).intersection(codes)
    if codes.empty:
        return register
    old = register.assumptions or load_assumptions()
    _, before = property_need(list(codes), national_keys(old))
    places, after = property_need(list(codes), national_keys(assumptions))
    gone = keyed.loc[
        keyed["flow_id"].isin(before["flow_id"]) & ~keyed["flow_id"].isin(after["flow_id"]),
        "flow_id",
    ]
    known = [*before["flow_id"], *flows["flow_id"]]
    come = after[~after["flow_id"].isin(known)]
    if len(gone):
        left = flows[~flows["flow_id"].isin(gone)].reset_index(drop=True)
        named = [] if register.synergies is None else register.synergies["to_site_id"]
        empty = (sites["place_type"] == "network") & ~sites.index.isin([*left["site_id"], *named])
        register = replace(register, flows=left, sites=sites[~empty])
    if len(come):
        new = places.index.isin(come["site_id"]) & ~places.index.isin(register.sites.index)
        register = register.add(places[new], come)
    return register


def _filled(flows: pd.DataFrame, assumptions: Assumptions) -> pd.DataFrame:
    """Return flow rows with every blank value, range and use computed from assumptions."""
    values, low, high = derive(flows, assumptions.stated)
    filled = flows.copy()
    ids = filled["flow_id"]
    derived = ids.isin(list(values))
    filled["origin"] = np.where(derived, "derived", filled["origin"])
    filled["value"] = filled["value"].fillna(ids.map(values).clip(lower=0))
    filled["committed"] = filled["committed"].fillna((ids + ".committed").map(values))
    # a stated range may be overtaken by a changed parameter: it then stretches to the value
    filled["low"] = filled["low"].fillna(ids.map(low).clip(lower=0)).clip(upper=filled["value"])
    filled["high"] = filled["high"].fillna(ids.map(high)).clip(lower=filled["value"])
    return filled


def _generated(assumptions: Assumptions) -> pd.DataFrame:
    """Return the rows made from whole tables: property heating and biogas substrates."""
    towns = read_table("municipalities").set_index("municipality_code")
    places = read_table("localities").set_index("locality_id")
    p = bounds_of(assumptions)
    networks = read_table("networks").set_index("network_id")
    heat = derive_property_heat(towns, places, networks, p)
    measured = heat["stream"] == DELIVERED
    heat = heat.assign(
        resource="heat",
        role="sink",
        category=CATEGORY,
        unit="GWh/yr",
        **BUILDING_C,
        year=2023,
        origin=np.where(measured, "stated", "derived"),
        method=np.where(measured, "reported", "derived"),
        source_id=np.where(measured, "kre_district_heat", DISAGGREGATION),
        note=np.where(
            measured,
            "District heat in buildings, official for the municipality; the split over its places "
            "follows its networks",
            "Useful heat less district heat: the need of the county shared by municipality, floor "
            "area, flats, services and holiday homes",
        ),
    )
    organic = derive_substrates(read_table("agriculture"), towns["population"], p).assign(
        role="source",
        category="substrate",
        origin="derived",
        method="derived",
        confidence="C",
        year=2022,
        source_id=SURVEY,
        note="Theoretical: what plants use today is not deducted. Cattle and crops are split over "
        "the municipalities by official statistics, other animals by judgement",
    )
    organic["unit"] = np.where(organic["resource"] == "methane_substrate", "GWh/yr", "kt/yr")
    rows = pd.concat([heat, organic], ignore_index=True).assign(additive="yes", visibility="public")
    return with_flow_ids(rows)


def explain(register: Register, flow_id: str, parameters: pd.DataFrame) -> Explained:
    """
    Return how a row of a register that `_generated` made was computed.

    Returns
    -------
    formula, steps
        The formula names assumptions (by parameter_id in `parameters`), flows and steps; steps are
        numbers of other tables by id, with value, unit, source_id, confidence, formula and note.
        Blank for any other row.
    """
    flows = register.flows.set_index("flow_id")
    flow = flows.loc[flow_id]
    if flow["source_id"] == DISAGGREGATION:
        text, steps = explain_need(flow["site_id"], parameters)
        delivered = flow_id.removesuffix(STREAM) + DELIVERED
        return text + f" - {delivered}" * (delivered in flows.index), steps
    if flow["source_id"] == SURVEY:
        return explain_substrate(flow["site_id"], flow["stream"])
    return "", pd.DataFrame()


def bundled_places() -> pd.DataFrame:
    """Return sites, localities and networks as one table, indexed by site_id."""
    tables = {
        "site": read_table("sites"),
        "locality": read_table("localities").rename(columns={"locality_id": "site_id"}),
        "network": read_table("networks").rename(columns={"network_id": "site_id"}),
    }
    parts = []
    for kind, table in tables.items():
        part = table.assign(place_type=kind)
        if "name_sv" in part.columns:
            part["name"] = part["name_sv"]
        if kind != "site":
            part = part.assign(kind=kind, status="operating", visibility="public")
        parts.append(part)
    columns = ["site_id", "name", *tables["site"].columns.drop("site_id")]
    columns += ["place_type", "population", "area_ha", "locality_id"]
    return pd.concat(parts, ignore_index=True)[columns].set_index("site_id")
