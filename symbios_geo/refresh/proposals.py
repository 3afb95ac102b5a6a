"""Compare what was fetched with what is bundled: a table of proposals, which changes nothing."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from ..labels import label, number, site_names
from ..model import METRIC_CRS
from ..region import Region, load_municipalities
from ..register.gate import Register
from ..tables import read_table
from .cache import Record
from .eea import MAX_KM, match_sites
from .endpoints import Endpoint

COLUMNS = [
    "what", "table_name", "row_key", "row_name", "column", "unit", "bundled", "fetched",
    "difference", "difference_pct", "year_bundled", "year_fetched", "distance_km", "note",
    "source", "url", "licence", "fetched_on", "sha256",
]  # fmt: skip
DIGITS = 4
MUNICIPAL_ENERGY = "kre_district_heat"  # the source of the bundled totals, in sources.csv
CO2_COLUMNS = {"total_kt": "co2_total", "fossil_kt": "co2_fossil", "biogenic_kt": "co2_biogenic"}


def compare_population(fetched: pd.DataFrame) -> pd.DataFrame:
    """Compare fetched inhabitants by municipality with municipalities.csv."""
    towns = _towns()
    return pd.DataFrame(
        {
            "table_name": "municipalities",
            "row_key": fetched["municipality_code"],
            "column": "population",
            "unit": "inhabitants",
            "bundled": fetched["municipality_code"].map(towns["population"].astype(float)),
            "fetched": fetched["value"],
            "year_bundled": fetched["municipality_code"].map(towns["population_year"]),
            "year_fetched": fetched["year"],
        }
    ).pipe(_of_the_six)


def compare_district_heat(fetched: pd.DataFrame, lang: str = "sv") -> pd.DataFrame:
    """Compare fetched district heat by municipality with municipalities.csv, in GWh/yr."""
    towns = _towns()
    networks = read_table("networks")
    year = networks.loc[networks["source_id"] == MUNICIPAL_ENERGY, "year"].max()
    notes = {"total_gwh": "", "buildings_gwh": label("refresh:note_without_industry", lang)}
    parts = [
        pd.DataFrame(
            {
                "table_name": "municipalities",
                "row_key": fetched["municipality_code"],
                "column": f"district_heat_{name}",
                "unit": "GWh/yr",
                "bundled": fetched["municipality_code"].map(towns[f"district_heat_{name}"]),
                "fetched": fetched[name],
                "year_bundled": year,
                "year_fetched": fetched["year"],
                "note": note,
            }
        )
        for name, note in notes.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    hidden = table["fetched"].isna()
    table.loc[hidden, "note"] = label("refresh:note_suppressed", lang)
    return _of_the_six(table)


def compare_energy_use(fetched: pd.DataFrame, lang: str = "sv") -> pd.DataFrame:
    """Return fetched final energy use per inhabitant, which has no bundled counterpart."""
    return pd.DataFrame(
        {
            "table_name": "municipalities",
            "row_key": fetched["municipality_code"],
            "column": "energy_use_per_inhabitant",
            "unit": "MWh/yr",
            "fetched": fetched["value"],
            "year_fetched": fetched["year"],
            "note": label("refresh:note_no_bundled", lang),
        }
    ).pipe(_of_the_six)


def compare_releases(
    releases: gpd.GeoDataFrame, register: Register, lang: str = "sv"
) -> pd.DataFrame:
    """
    Compare reported CO2 with the sources of the register, in kt/yr: total, fossil and biogenic.

    Facilities inside the county that no place of the register is near come last, as new values.
    """
    amounts = _registered(register)
    pairs = match_sites(releases, register.sites.loc[amounts.index])
    pairs = pairs.merge(releases.drop(columns="geometry"), on="facility_id")
    pairs = pairs.rename(columns={"name": "facility"})
    pairs = pairs.join(amounts.add_suffix("_bundled"), on="site_id")
    pairs = pairs.join(site_names(register.sites, lang).rename("name"), on="site_id")
    rows = [
        {
            "table_name": "flows",
            "row_key": pair["site_id"],
            "row_name": pair["name"],
            "column": name,
            "unit": "kt/yr",
            "bundled": pair[f"{key}_bundled"],
            "fetched": pair[key],
            "year_bundled": pair["year_bundled"],
            "year_fetched": pair["year"],
            "distance_km": pair["distance_km"],
            "note": _facility_note(pair, lang),
        }
        for pair in pairs.to_dict("records")
        for key, name in CO2_COLUMNS.items()
        if pd.notna(pair[key])
    ]
    return pd.DataFrame([*rows, *_unmatched(releases, set(pairs["facility_id"]), lang)])


def compare_boundaries(shapes: gpd.GeoSeries, year: int, lang: str = "sv") -> pd.DataFrame:
    """
    Compare fine polygons with the overview by area inside the overview's county, in km2.

    The fine ones reach far out to sea, so whole areas would show the sea and hide a moved border.
    """
    overview = load_municipalities()
    old = overview.geometry.to_crs(METRIC_CRS)
    new = shapes.reindex(overview.index).to_crs(METRIC_CRS)
    notes = [
        label(
            "refresh:note_polygon", lang,
            whole=number(whole / 1e6, lang, digits=1), land=number(land, lang, digits=1),
        )
        for whole, land in zip(new.area, overview["land_km2"], strict=True)
    ]  # fmt: skip
    return pd.DataFrame(
        {
            "table_name": "boundaries",
            "row_key": overview.index,
            "column": "area_inside_overview",
            "unit": "km2",
            "bundled": old.area.to_numpy() / 1e6,
            "fetched": new.intersection(old.union_all()).area.to_numpy() / 1e6,
            "year_fetched": year,
            "note": notes,
        }
    ).pipe(_of_the_six)


def complete(
    rows: pd.DataFrame, endpoint: Endpoint, record: Record, lang: str = "sv"
) -> pd.DataFrame:
    """Return proposals with differences and with where each value comes from."""
    table = rows.reindex(columns=COLUMNS).reset_index(drop=True)
    for name in ("bundled", "fetched", "distance_km"):
        table[name] = pd.to_numeric(table[name])
    for name in ("year_bundled", "year_fetched"):
        table[name] = table[name].astype("Int64")
    for name in ("row_key", "row_name", "note"):
        table[name] = table[name].astype("object").where(table[name].notna(), "")
    table["what"], table["source"] = endpoint.what, title_of(endpoint, lang)
    table["url"], table["licence"] = record.url, record.licence
    table["fetched_on"], table["sha256"] = record.fetched[:10], record.sha256
    table[["bundled", "fetched"]] = table[["bundled", "fetched"]].round(DIGITS)
    table["difference"] = (table["fetched"] - table["bundled"]).round(DIGITS)
    share = table["difference"] / table["bundled"].where(table["bundled"] != 0)
    table["difference_pct"] = (100 * share).round(2)
    table["distance_km"] = table["distance_km"].round(2)
    return table


def title_of(endpoint: Endpoint, lang: str = "sv") -> str:
    """Return what an endpoint is asked for, in words."""
    return label(f"endpoint:{endpoint.endpoint_id}", lang)


def changed(table: pd.DataFrame) -> pd.Series:
    """Say of each proposal whether the fetched value is another than the bundled one."""
    return table["difference"].notna() & (table["difference"] != 0)


def _towns() -> pd.DataFrame:
    return read_table("municipalities").set_index("municipality_code")


def _of_the_six(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the six municipalities with their names."""
    names = _towns()["name"]
    kept = rows[rows["row_key"].isin(names.index)]
    return kept.assign(row_name=kept["row_key"].map(names))


def _registered(register: Register) -> pd.DataFrame:
    """Return the CO2 sources of the register by site_id, in kt/yr, with their newest year."""
    flows = register.flows
    flows = flows[(flows["resource"] == "co2") & (flows["role"] == "source")]
    amounts = flows.pivot_table(
        index="site_id", columns="carbon", values="value", aggfunc="sum", fill_value=0.0
    ).reindex(columns=["biogenic", "fossil"], fill_value=0.0)
    amounts = amounts.set_axis(["biogenic_kt", "fossil_kt"], axis=1)
    amounts["total_kt"] = amounts.sum(axis=1)
    return amounts.assign(year=flows.groupby("site_id")["year"].max())


def _facility_note(pair: dict[str, object], lang: str) -> str:
    """Return which facility of the source was paired with a site."""
    note = label("refresh:note_facility", lang, facility=pair["facility"], id=pair["facility_id"])
    doubt = "" if pair["shares_name"] else " " + label("refresh:note_by_distance", lang)
    return note + doubt


def _unmatched(releases: gpd.GeoDataFrame, matched: set[str], lang: str) -> list[dict[str, object]]:
    """Return the facilities of the county that have no counterpart, as new values."""
    inside = Region.load().contains(releases)
    rest = releases[inside & ~releases["facility_id"].isin(matched)]
    distance = label("refresh:note_unmatched", lang, distance=number(MAX_KM, lang, digits=0))
    return [
        {
            "table_name": "sites",
            "row_key": "",
            "row_name": row["name"],
            "column": name,
            "unit": "kt/yr",
            "fetched": row[key],
            "year_fetched": row["year"],
            "note": f"{distance} ({row['facility_id']})",
        }
        for row in rest.to_dict("records")
        for key, name in CO2_COLUMNS.items()
        if pd.notna(row[key])
    ]
