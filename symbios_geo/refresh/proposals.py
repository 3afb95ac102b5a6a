"""Compare what was fetched with what is bundled: a table of proposals, which changes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from ..disclosure import clear
from ..labels import label, label_or, number, site_names
from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from ..region.area import Region
from ..register.load import load_register
from ..tables import read_table
from .sources import Endpoint, Record

COLUMNS = [
    "what", "table_name", "row_key", "row_name", "column", "unit", "bundled", "fetched",
    "difference", "difference_pct", "year_bundled", "year_fetched", "distance_km", "note",
    "source", "url", "licence", "fetched_on", "sha256",
]  # fmt: skip
MUNICIPAL_ENERGY = "kre_district_heat"  # the source of the bundled totals, in sources.csv
NOTES = {
    "district_heat_buildings_gwh": "without_industry",
    "energy_use_per_inhabitant": "no_bundled",
}
MAX_KM = 2.0  # reported coordinates are those of a gate or an office as often as of a stack


def compare_towns(fetched: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Compare figures by municipality with municipalities.csv."""
    networks = read_table("networks")
    heat_year = networks.loc[networks["source_id"] == MUNICIPAL_ENERGY, "year"].max()
    towns = read_table("municipalities").set_index("municipality_code").assign(heat_year=heat_year)
    rows = fetched[fetched["municipality_code"].isin(towns.index)].to_dict("records")
    for row in rows:
        town, name = towns.loc[row["municipality_code"]], row["column"]
        row |= {"row_key": town.name, "row_name": town["name"], "bundled": town.get(name)}
        if name in towns:
            row["year_bundled"] = town["population_year" if name == "population" else "heat_year"]
        if note := "suppressed" if pd.isna(row["value"]) else NOTES.get(name):
            row["note"] = label(f"refresh:note_{note}", lang)
    return pd.DataFrame(rows).assign(table_name="municipalities")


def compare_releases(fetched: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Compare reported CO2 with the register; facilities of the county that it lacks come last."""
    register = clear(load_register())
    flows = register.flows.query("resource == 'co2' and role == 'source'")
    amounts = flows.pivot_table(index="site_id", columns="carbon", values="value", aggfunc="sum")
    amounts = amounts.add_prefix("co2_").assign(co2_total=amounts.sum(axis=1)).fillna(0.0)
    years, names = flows.groupby("site_id")["year"].max(), site_names(register.sites, lang)
    places = fetched.drop_duplicates("facility_id").set_index("facility_id")
    points = gpd.points_from_xy(places["lon"], places["lat"], crs=GEOGRAPHIC_CRS)
    facilities = gpd.GeoDataFrame(places[["name"]], geometry=points).to_crs(METRIC_CRS)
    pairs = pair_sites(facilities, register.sites.loc[amounts.index].to_crs(METRIC_CRS))
    inside = Region.load().contains(facilities)
    new = label("refresh:note_unmatched", lang, distance=number(MAX_KM, lang, digits=0))
    known, rest = [], []
    for row in fetched.to_dict("records"):
        facility, name = row["facility_id"], row["name"]
        if facility in pairs:
            site, km, shares_name = pairs[facility]
            note = label("refresh:note_facility", lang, facility=name, id=facility)
            note += "" if shares_name else " " + label("refresh:note_by_distance", lang)
            row |= {"table_name": "flows", "row_key": site, "row_name": names[site], "note": note}
            row |= {"bundled": amounts[row["column"]][site], "year_bundled": years[site]}
            known.append(row | {"distance_km": km})
        elif inside[facility]:
            note = f"{new} ({facility})"
            rest.append(row | {"table_name": "sites", "row_name": name, "note": note})
    return pd.DataFrame(known + rest)


def pair_sites(
    here: gpd.GeoDataFrame, there: gpd.GeoDataFrame, max_km: float = MAX_KM
) -> dict[str, tuple[str, float, bool]]:
    """Pair facilities with sites, distance and shared name: a shared word first, then nearness."""
    texts = there["name"] + " " + there["operator"].fillna("")
    found = []
    for facility, place in here.geometry.items():
        km = there.distance(place) / 1000
        for site in km.index[km <= max_km]:
            strange = _words(here["name"][facility]).isdisjoint(_words(texts[site]))
            found.append((strange, km[site], facility, site))
    pairs: dict[str, tuple[str, float, bool]] = {}
    for strange, distance, facility, site in sorted(found):
        if facility not in pairs and site not in {pair[0] for pair in pairs.values()}:
            pairs[facility] = site, distance, not strange
    return pairs


def as_proposal(rows: pd.DataFrame, endpoint: Endpoint, record: Record) -> pd.DataFrame:
    """Return proposals with differences and with where each value comes from."""
    table = rows.rename(columns={"value": "fetched", "year": "year_fetched"})
    table = table.reindex(columns=COLUMNS).astype(
        {"bundled": float, "year_bundled": "Int64", "year_fetched": "Int64", "distance_km": float}
    )
    texts = ["row_key", "row_name", "note"]
    table[texts] = table[texts].astype("object").fillna("")
    table["difference"] = table["fetched"] - table["bundled"]
    table["difference_pct"] = 100 * table["difference"] / table["bundled"].replace(0, float("nan"))
    return table.round({"difference_pct": 2, "distance_km": 2}).round(4).assign(
        what=endpoint.what, source=endpoint.title, url=record.url, licence=endpoint.licence,
        fetched_on=record.fetched[:10], sha256=record.sha256,
    )  # fmt: skip


def changed(table: pd.DataFrame) -> pd.Series:
    """Say of each proposal whether the fetched value is another than the bundled one."""
    return table["difference"].notna() & (table["difference"] != 0)


def difference_line(row: Mapping[str, Any], lang: str = "sv") -> str:
    """Return one proposal as a line: place, column, both values with their years, difference."""
    column = label_or(f"column:{row['column']}", row["column"], lang)
    fetched, sign = number(row["fetched"], lang), "+" if row["difference"] > 0 else ""
    words = {"name": row["row_name"], "column": column, "year_fetched": row["year_fetched"]}
    if pd.isna(row["bundled"]):
        return label("refresh:new", lang, fetched=fetched, **words)
    bundled, difference = number(row["bundled"], lang), sign + number(row["difference"], lang)
    if pd.notna(row["year_bundled"]):
        bundled += f" ({row['year_bundled']})"
    if pd.notna(row["difference_pct"]):
        difference += f" ({sign}{number(row['difference_pct'], lang, digits=1)} %)"
    words |= {"bundled": bundled, "difference": difference}
    return label("refresh:row", lang, fetched=fetched, **words)


def _words(text: str) -> set[str]:
    """Return the telling words of a name: four letters or more, and no municipality."""
    towns = set(read_table("municipalities")["name"].str.lower())
    return set(re.findall(r"\w{4,}", text.lower())) - towns - {"plant", "sverige", "sweden"}
