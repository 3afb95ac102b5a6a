"""European Environment Agency: reported releases of CO2 to air by facility, from Discodata."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from ..errors import RefreshError
from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from .endpoints import Endpoint
from .shapes import member, of_type, read_object, refuse, year_of

MAX_ROWS = 100_000  # what one page is asked to hold
TOTAL, WITHOUT_BIOMASS = "CO2", "CO2EXCLBIOMASS"
FACILITY = ["facility_id", "name", "lon", "lat"]
MAX_KM = 2.0  # reported coordinates are those of a gate or an office as often as of a stack


def read_releases(body: bytes, endpoint: Endpoint) -> gpd.GeoDataFrame:
    """
    Read the newest releases of every facility, in kt/yr, as points in EPSG:4326.

    Columns: facility_id, name, year, total_kt, fossil_kt (without biomass) and biogenic_kt, which
    is the difference where a facility reports both for the same year.

    Raises
    ------
    RefreshError
        If the service reports a fault of the question, or answers in another shape.
    """
    content = read_object(body, endpoint)
    if content.get("errors"):
        text = " ".join(str(content["errors"]).split())[:200]
        msg = f"{endpoint.title}: the service reports a fault: {text}. Its tables may have changed."
        raise RefreshError(msg)
    rows = member(content, "results", list, endpoint)
    if not 0 < len(rows) < MAX_ROWS:
        refuse(endpoint, f"1 to {MAX_ROWS - 1} rows", f"{len(rows)} rows")
    found = [cell for row in rows if (cell := _release(row, endpoint)) is not None]
    if not found:
        refuse(endpoint, "facilities with coordinates", "none")
    names = [*FACILITY, "year", "pollutant", "kg"]
    return _newest_by_facility(pd.DataFrame(found, columns=names), endpoint)


def match_sites(
    releases: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, max_km: float = MAX_KM
) -> pd.DataFrame:
    """
    Pair facilities with sites, one to one: a shared word in the name first, then the distance.

    Parameters
    ----------
    releases
        What `read_releases` returned.
    sites
        Points indexed by site_id, with name and operator.
    max_km
        Pairs farther apart are none.

    Returns
    -------
    Rows of facility_id, site_id, distance_km and shares_name.
    """
    here = gpd.GeoDataFrame(releases[["facility_id"]], geometry=releases.geometry).to_crs(
        METRIC_CRS
    )
    there = sites[["geometry"]].to_crs(METRIC_CRS).rename_axis("site_id").reset_index()
    near = here.assign(geometry=here.buffer(max_km * 1000)).sjoin(there, predicate="contains")
    points = there.set_index("site_id").geometry
    own = here.set_index("facility_id").geometry
    texts = (sites["name"] + " " + sites["operator"].fillna("")).map(_words)
    words = releases.set_index("facility_id")["name"].map(_words)
    pairs = pd.DataFrame(
        [
            (f, s, own[f].distance(points[s]) / 1000, bool(words[f] & texts[s]))
            for f, s in zip(near["facility_id"], near["site_id"], strict=True)
        ],
        columns=["facility_id", "site_id", "distance_km", "shares_name"],
    ).sort_values(
        ["shares_name", "distance_km", "facility_id", "site_id"],
        ascending=[False, True, True, True],
    )
    kept = []
    while len(pairs):
        kept.append(first := pairs.iloc[0])
        taken = (pairs["facility_id"] == first["facility_id"]) | (
            pairs["site_id"] == first["site_id"]
        )
        pairs = pairs[~taken]
    return pd.DataFrame(kept, columns=["facility_id", "site_id", "distance_km", "shares_name"])


def _release(row: object, endpoint: Endpoint) -> tuple[object, ...] | None:
    """Return one reported release, or None where the facility has no coordinates."""
    entry = of_type(row, dict, "a row of 'results'", endpoint)
    code = member(entry, "pollutant", str, endpoint).upper().replace("%20", "").replace(" ", "")
    if code not in (TOTAL, WITHOUT_BIOMASS):
        refuse(endpoint, f"pollutant {TOTAL} or {WITHOUT_BIOMASS}", entry["pollutant"])
    amount = member(entry, "kg", float, endpoint)
    if amount < 0:
        refuse(endpoint, "0 kg or more", amount)
    facility = member(entry, "facility_id", str, endpoint)
    year = year_of(entry.get("year"), endpoint)
    if entry.get("lon") is None or entry.get("lat") is None:
        return None
    lon, lat = (member(entry, name, float, endpoint) for name in ("lon", "lat"))
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        refuse(endpoint, "coordinates in degrees", (lon, lat))
    name = entry.get("name")
    name = facility if name is None else of_type(name, str, "the field 'name'", endpoint)
    return (facility, _printable(name), lon, lat, year, code, amount)


def _printable(name: str) -> str:
    """Return a name without line breaks and what would steer a terminal."""
    spaced = " ".join(name.split())
    return "".join(letter for letter in spaced if letter.isprintable())


def _newest_by_facility(table: pd.DataFrame, endpoint: Endpoint) -> gpd.GeoDataFrame:
    """Return one row per facility: its newest year, with both amounts in kt/yr."""
    keys = ["facility_id", "year"]
    distinct = table.drop_duplicates([*keys, "pollutant", "kg"])
    if distinct.duplicated([*keys, "pollutant"]).any():
        refuse(endpoint, "one amount by facility, year and pollutant", "several")
    wide = distinct.pivot_table(index=keys, columns="pollutant", values="kg") / 1e6
    wide = wide.reindex(columns=[TOTAL, WITHOUT_BIOMASS])
    wide = wide.set_axis(["total_kt", "fossil_kt"], axis=1).reset_index()
    last = wide.sort_values("year").drop_duplicates("facility_id", keep="last")
    last = last.sort_values("facility_id")
    places = table.sort_values("year").drop_duplicates("facility_id", keep="last")
    last = last.merge(places[FACILITY], on="facility_id")
    biogenic = last["total_kt"] - last["fossil_kt"]
    last["biogenic_kt"] = biogenic.where(biogenic >= 0)
    points = gpd.points_from_xy(last["lon"], last["lat"], crs=GEOGRAPHIC_CRS)
    return gpd.GeoDataFrame(last.drop(columns=["lon", "lat"]), geometry=points)


def _words(text: str) -> frozenset[str]:
    """Return the telling words of a name: four letters or more."""
    plain = "".join(letter if letter.isalnum() else " " for letter in str(text).lower())
    return frozenset(word for word in plain.split() if len(word) > 3) - {"plant", "halmstad",
        "varberg", "falkenberg", "laholm", "kungsbacka", "hylte", "sverige", "sweden"}  # fmt: skip
