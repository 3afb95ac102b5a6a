"""What national tables say of municipalities that nobody has described: need and industry."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pandas as pd

from ..model import BOUNDS
from ..region.area import Region
from ..region.sweden import load_swedish_municipalities, swedish_table
from ..tables import read_table
from .ids import with_flow_ids
from .property_heat import BUILDING_C, CATEGORY, COUNTRYSIDE, DELIVERIES, STREAM, in_countryside

logger = logging.getLogger(__name__)
KEYS = "own_national_keys"
GRADE = "D"
HEAT, DISTRICT_HEAT = "national_heat_mwh_per_head", "national_district_heat_mwh_per_head"
# streams of the industrial sites by column, with the temperatures between which they are cooled
STREAMS = {
    "heat_100_200_gwh": ("process_heat_100_200c", 100.0, 200.0),
    "heat_200_500_gwh": ("process_heat_200_500c", 200.0, 500.0),
    "heat_over_500_gwh": ("process_heat_over_500c", 500.0, 600.0),
}
KINDS = {
    "Cement": "cement",
    "Chemical industry": "chemicals",
    "Glass": "glass",
    "Iron and steel": "iron_and_steel",
    "Non-ferrous metals": "metals",
    "Non-metallic mineral products": "minerals",
    "Paper and printing": "pulp_and_paper",
    "Refineries": "refinery",
}
NETWORK_C = {"supply_temperature_c": 85.0, "return_temperature_c": 47.0}
CO2_LEAST_KT = 0.001
Rows = tuple[pd.DataFrame, pd.DataFrame]


def national_codes(region: Region) -> pd.Index:
    """Return the municipalities of a region that national tables describe and no package does."""
    codes = region.municipalities.index
    known = swedish_table().index
    if not region.national:
        known = known.difference(read_table("municipalities")["municipality_code"])
    return codes[codes.isin(known)]


def fill_in(
    sites: pd.DataFrame, flows: pd.DataFrame, region: Region, assumptions: Mapping[str, pd.Series]
) -> Rows:
    """
    Return the places and flows of the national tables that a register lacks.

    A municipality without a need of property heating gets its places and networks, one without any
    source of heat or CO2 its industrial sites: what somebody stated is never added to.

    Parameters
    ----------
    sites, flows
        Of the register, with municipality_code, category, role and resource.
    region
        The study area.
    assumptions
        value, low and high by parameter_id.
    """
    codes = national_codes(region)
    at = flows["site_id"].map(sites["municipality_code"])
    needs = at[flows["category"] == CATEGORY]
    sources = at[(flows["role"] == "source") & flows["resource"].isin(["heat", "co2"])]
    needy, empty = codes[~codes.isin(needs)], codes[~codes.isin(sources)]
    parts = [property_need(list(needy), assumptions), industry(list(empty))]
    places = pd.concat([one for one, _ in parts if len(one)] or [sites.iloc[:0]])
    rows = pd.concat([one for _, one in parts if len(one)] or [flows.iloc[:0]], ignore_index=True)
    if len(rows):
        named = f"{len(needy)} municipalities by their need, {len(empty)} by their industry"
        logger.info("National tables fill %s (confidence %s).", named, GRADE)
    return places, rows


def property_need(codes: list[str], assumptions: Mapping[str, pd.Series]) -> Rows:
    """
    Return the places of municipalities and their need of heat by national keys.

    The people of a municipality are those of its places and the countryside; where its places are
    listed with more people than it has, they are scaled down. Each place needs the national key per
    head times the climate of its municipality; in places of some size a network delivers the
    national mean to buildings, by a merit order that nobody has described.
    Sources: own_national_keys, geonames_cities500.
    """
    towns = swedish_table().loc[codes]
    places = read_table("swedish_localities")
    places = places[places["municipality_code"].isin(codes)].copy()
    listed = places.groupby("municipality_code")["population"].sum()
    listed = listed.reindex(towns.index).fillna(0.0)
    people = towns["population"].astype(float)
    scale = (people / listed.where(listed > 0)).clip(upper=1.0)
    places["people"] = places["population"] * places["municipality_code"].map(scale)
    places["site_id"] = places["locality_id"]
    countryside = pd.DataFrame(
        {
            "site_id": COUNTRYSIDE + towns.index,
            "name": towns["name"].to_numpy(),
            "municipality_code": towns.index,
            "people": (people - listed * scale.fillna(0.0)).to_numpy(),
            "coordinate_error_km": 20.0,
            "source_id": towns["source_id"].to_numpy(),
        }
    )
    middle = _middles(towns.index)
    countryside = countryside.assign(lon=middle["lon"].to_numpy(), lat=middle["lat"].to_numpy())
    countryside["name_sv"] = "Landsbygden i " + countryside["name"]
    countryside["name_en"] = "Rural " + countryside["name"]
    every = pd.concat([places, countryside], ignore_index=True)
    climate = every["municipality_code"].map(towns["climate_factor"].fillna(1.0))
    every["heads"] = every["people"] * climate.astype(float) / 1000
    need = _flows(every, every["heads"], assumptions[HEAT], STREAM, CATEGORY)
    large = places[places["people"] >= assumptions["national_network_least_people"]["value"]]
    networks = large.assign(site_id="dhn_" + large["locality_id"])
    sent = _flows(
        networks,
        networks["people"] / 1000,
        assumptions[DISTRICT_HEAT],
        DELIVERIES,
        "district_heating",
    ).assign(additive="no", **NETWORK_C)
    kinds = (("locality", every), ("network", networks))
    sites = pd.concat(
        [table.assign(place_type=kind, kind=kind) for kind, table in kinds], ignore_index=True
    )
    rural = in_countryside(sites["site_id"])
    sites.loc[rural, "kind"] = "rural_remainder"
    for column in ("name_sv", "name_en"):
        sites[column] = sites[column].fillna(sites["name"])
    sites["name"] = sites["name_sv"]
    sites["population"] = sites["people"].round()
    sites.loc[sites["place_type"] == "network", ["population", "area_ha"]] = float("nan")
    sites = sites.assign(status="operating", visibility="public", confidence=GRADE, operator="")
    columns = [
        "name", "name_sv", "name_en", "operator", "kind", "municipality_code", "lon", "lat",
        "coordinate_error_km", "status", "source_id", "confidence", "visibility", "place_type",
        "population", "area_ha", "locality_id",
    ]  # fmt: skip
    rows = pd.concat([need, sent], ignore_index=True)
    return sites.set_index("site_id")[columns], rows


def industry(codes: list[str]) -> Rows:
    """
    Return the industrial sites of municipalities, their CO2 and their modelled excess heat.

    CO2 that counts in emissions trading is fossil; what the pollutant register has beyond it is
    biogenic at pulp and paper mills and of unknown origin elsewhere. Heat is modelled by sector: it
    may be nothing, or twice the value. Sites whose point is not the plant are told of and left out.
    Source: hotmaps_industry_2014.
    """
    table = read_table("industrial_sites")
    table = table[table["municipality_code"].isin(codes)]
    for reason, rows in table.dropna(subset="left_out").groupby("left_out"):
        names = ", ".join(rows["name"])
        logger.warning("Left out of the industrial sites (%s): %s.", reason, names)
    table = table[table["left_out"].isna()]
    common = {"role": "source", "confidence": GRADE, "visibility": "public", "additive": "yes"}
    common |= {"method": "estimated", "source_id": "hotmaps_industry_2014"}
    parts = [*_modelled_heat(table), *_registered_co2(table)]
    rows = [part.assign(**common) for part in parts if len(part)]
    kind = table["subsector"].map(KINDS).fillna("district_heating_plant")
    columns = ["name", "operator", "municipality_code", "lon", "lat", "coordinate_error_km"]
    sites = table.set_index("site_id")[[*columns, "source_id", "confidence"]]
    sites = sites.assign(
        name_sv=sites["name"],
        name_en=sites["name"],
        kind=kind.to_numpy(),
        status="operating",
        visibility="public",
        place_type="site",
    )
    return sites, pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def _modelled_heat(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the excess heat of industrial sites, GWh/yr, by stream."""
    parts = []
    for column, (stream, low_c, high_c) in STREAMS.items():
        rows = table[table[column] > 0]
        found = rows[["site_id", "year"]].assign(
            stream=stream, value=rows[column], low=0.0, high=2 * rows[column]
        )
        found = found[["site_id", "stream", "value", "low", "high", "year"]]
        parts.append(
            found.assign(
                resource="heat", unit="GWh/yr", category="industrial", potential="theoretical",
                temperature_low_c=low_c, temperature_high_c=high_c,
            )
        )  # fmt: skip
    return parts


def _registered_co2(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the CO2 of industrial sites, kt/yr, by origin."""
    traded, every = table["co2_ets_kt"].fillna(0.0), table["co2_eprtr_kt"].fillna(0.0)
    beyond = (every - traded).where(every > 1.05 * traded, 0.0)
    paper = table["subsector"] == "Paper and printing"
    biogenic = beyond.where(paper & (traded > 0), 0.0)
    amounts = {"fossil": traded, "biogenic": biogenic, None: beyond - biogenic}
    return [
        rows[["site_id"]].assign(
            stream="stack_total", value=kt[rows.index], year=rows["year"], carbon=carbon,
            resource="co2", unit="kt/yr", category="industrial",
        )
        for carbon, kt in amounts.items()
        for rows in (table[kt > CO2_LEAST_KT],)
    ]  # fmt: skip


def national_flows(region: Region, assumptions: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Return the needs that follow national keys, of every municipality that could have them."""
    return property_need(list(national_codes(region)), assumptions)[1]


def _flows(
    places: pd.DataFrame, heads: pd.Series, key: pd.Series, stream: str, category: str
) -> pd.DataFrame:
    """Return flows of places by a key per head, GWh/yr; `heads` in thousands."""
    rows = places[["site_id"]].assign(
        **{side: heads * float(key[side]) for side in BOUNDS},
        resource="heat",
        role="sink",
        unit="GWh/yr",
        stream=stream,
        category=category,
        additive="yes",
        **BUILDING_C,
        year=2024,
        origin="derived",
        method="derived",
        confidence=GRADE,
        visibility="public",
        source_id=KEYS,
    )
    return with_flow_ids(rows[rows["value"] > 0])


def _middles(codes: pd.Index) -> pd.DataFrame:
    """Return a point inside each municipality, degrees."""
    points = load_swedish_municipalities().geometry[codes].representative_point()
    return pd.DataFrame({"lon": points.x, "lat": points.y})
