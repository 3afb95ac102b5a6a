"""Find where a site lies: degrees, SWEREF 99 TM or the locality of its address."""

from __future__ import annotations

import math
import re
from functools import cache

import geopandas as gpd
import pandas as pd

from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from ..region import SWEDEN_LAT, SWEDEN_LON
from ..tables import read_table
from .complete import municipalities_at
from .faults import Fault
from .rules import NUMBER

# the corners of Sweden in SWEREF 99 TM; northing and easting cannot be mistaken for each other
NORTHING, EASTING = (6_100_000.0, 7_700_000.0), (250_000.0, 930_000.0)
PAIRS = (("lon", "lat"), ("easting", "northing"))
PLACE_COLUMNS = ("lon", "lat", "easting", "northing", "address")
DECIMALS = 6
MAX_NAME_WORDS = 4
COUNTRY = ("sverige", "sweden")  # what may stand last in an address


def locate(
    sites: pd.DataFrame, *, recognise: bool
) -> tuple[pd.DataFrame, list[Fault], dict[tuple[int, str], str]]:
    """
    Return sites with lon and lat in degrees, the faults met, and which cells they came from.

    Parameters
    ----------
    sites
        Text cells. Columns easting and northing are turned into lon and lat; so is an address
        that ends with a known locality, when there are no coordinates.
    recognise
        Whether numbers in lon and lat that can only be SWEREF 99 TM are converted, not refused.
    """
    if not {"lon", "lat"} <= set(sites.columns):
        return sites, [], {}
    names = [c for c in (*PLACE_COLUMNS, "coordinate_error_km") if c in sites.columns]
    places: dict[int, dict[str, str]] = sites[names].to_dict("index")  # type: ignore[assignment]
    faults: list[Fault] = []
    instead: dict[tuple[int, str], str] = {}
    grid: dict[int, tuple[float, float]] = {}
    for row, place in places.items():
        pair = next((p for p in PAIRS if any(place.get(c) for c in p)), None)
        if pair is None:
            faults += _from_address(row, place, instead)
            continue
        faults += _from_numbers(row, place, pair, grid, recognise=recognise)
        if pair != ("lon", "lat"):
            instead |= {(row, "lon"): "easting", (row, "lat"): "northing"}
    _convert(places, grid)
    written = {c: [place.get(c, "") for place in places.values()] for c in ("lon", "lat")}
    if "coordinate_error_km" in names or any("coordinate_error_km" in p for p in places.values()):
        written["coordinate_error_km"] = [
            place.get("coordinate_error_km", "") for place in places.values()
        ]
    texts = {c: pd.Series(cells, sites.index, dtype="str") for c, cells in written.items()}
    return _with_municipality(sites.assign(**texts)), faults, instead


def _from_numbers(
    row: int,
    place: dict[str, str],
    pair: tuple[str, str],
    grid: dict[int, tuple[float, float]],
    *,
    recognise: bool,
) -> list[Fault]:
    """Read two coordinates; write degrees, note a grid reference, or return what is wrong."""
    texts = [place.get(column, "") for column in pair]
    if "" in texts:
        return [Fault("sites", row, pair[texts.index("")], "place_half", "")]
    if not all(NUMBER.fullmatch(text.replace(",", ".")) for text in texts):
        return []  # the rules say which of them is no number
    x, y = (float(text.replace(",", ".")) for text in texts)
    stated_grid = pair != ("lon", "lat")
    if _in_grid(x, y) and (recognise or stated_grid):
        grid[row] = (x, y)
    elif _in_grid(y, x) and stated_grid:
        found = f"{y:.0f}, {x:.0f}"
        return [Fault("sites", row, "northing", "place_swapped_grid", found)]
    elif _in_grid(y, x) and recognise:
        grid[row] = (y, x)
    elif stated_grid and not (_between(x, SWEDEN_LON) and _between(y, SWEDEN_LAT)):
        return [Fault("sites", row, "northing", "place_no_grid", f"{y:g}, {x:g}")]
    elif stated_grid:
        place |= {"lon": f"{x:g}", "lat": f"{y:g}"}
    return []


def _in_grid(easting: float, northing: float) -> bool:
    """Say whether two numbers can be a place in Sweden in SWEREF 99 TM."""
    return _between(easting, EASTING) and _between(northing, NORTHING)


def _between(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def _convert(places: dict[int, dict[str, str]], grid: dict[int, tuple[float, float]]) -> None:
    """Write lon and lat of the rows whose place is a grid reference."""
    if not grid:
        return
    x, y = zip(*grid.values(), strict=True)
    points = gpd.GeoSeries.from_xy(x, y, crs=METRIC_CRS).to_crs(GEOGRAPHIC_CRS)
    for row, point in zip(grid, points, strict=True):
        places[row] |= {"lon": f"{point.x:.{DECIMALS}f}", "lat": f"{point.y:.{DECIMALS}f}"}


def _from_address(
    row: int, place: dict[str, str], instead: dict[tuple[int, str], str]
) -> list[Fault]:
    """Put a site at the centre of the locality its address ends with."""
    address = place.get("address", "")
    if not address:
        return []
    instead |= {(row, "lon"): "address", (row, "lat"): "address"}
    words = [word.strip(".") for word in re.split(r"[\s,]+", address.casefold())]
    words = [word for word in words if word]
    if words and words[-1] in COUNTRY:
        words.pop()
    # "Norra Åsarp" also ends with "Åsarp": the longest name is meant
    ends = (" ".join(words[-n:]) for n in range(min(MAX_NAME_WORDS, len(words)), 0, -1))
    found = next((name for name in ends if name in _localities()), None)
    if found is None:
        return [Fault("sites", row, "address", "address_unknown", address)]
    lon, lat, radius = _localities()[found]
    place |= {"lon": f"{lon:g}", "lat": f"{lat:g}"}
    if not place.get("coordinate_error_km"):
        place["coordinate_error_km"] = f"{radius:.1f}"
    return []


@cache
def _localities() -> dict[str, tuple[float, float, float]]:
    """Return lon, lat and radius in km of every locality by lower-case name, read once."""
    table = read_table("localities")
    radius = (table["area_ha"] / 100 / math.pi) ** 0.5
    names = table["name"].str.casefold()
    return dict(zip(names, zip(table["lon"], table["lat"], radius, strict=True), strict=True))


def _with_municipality(sites: pd.DataFrame) -> pd.DataFrame:
    """Return sites whose blank municipality is the one they lie in."""
    if "municipality_code" not in sites.columns:
        return sites
    blank = sites[sites["municipality_code"] == ""]
    degrees = blank[["lon", "lat"]].apply(lambda c: c.str.replace(",", "."))
    x, y = (pd.to_numeric(degrees[c], errors="coerce") for c in ("lon", "lat"))
    there = x.between(*SWEDEN_LON) & y.between(*SWEDEN_LAT)
    if not there.any():
        return sites
    points = gpd.GeoSeries.from_xy(x[there], y[there], crs=GEOGRAPHIC_CRS, index=x.index[there])
    filled = sites["municipality_code"].copy()
    filled[points.index] = ["" if code is None else code for code in municipalities_at(points)]
    return sites.assign(municipality_code=filled)
