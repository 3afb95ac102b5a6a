"""Find where a site lies: degrees, SWEREF 99 TM or the locality of its address."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache

import geopandas as gpd
import pandas as pd

from ..coordinates import NORTHING, SWEDEN_LAT, SWEDEN_LON, between, in_grid
from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from ..region import bundled_region
from ..tables import read_table
from .complete import municipalities_at
from .faults import Fault
from .rules import NUMBER, sweden_shapes

# systems of Swedish lists besides SWEREF 99 TM: local zones of municipalities, and the old grid
SYSTEMS = {
    "EPSG:3007": "SWEREF 99 12 00",
    "EPSG:3008": "SWEREF 99 13 30",
    "EPSG:3021": "RT 90 2.5 gon V",
}
# systems that are told by their name and not read
UNREAD = {
    "EPSG:3012": "SWEREF 99 14 15", "EPSG:3009": "SWEREF 99 15 00",
    "EPSG:3013": "SWEREF 99 15 45", "EPSG:3010": "SWEREF 99 16 30",
    "EPSG:3014": "SWEREF 99 17 15", "EPSG:3011": "SWEREF 99 18 00",
    "EPSG:3015": "SWEREF 99 18 45", "EPSG:3016": "SWEREF 99 20 15",
    "EPSG:3017": "SWEREF 99 21 45", "EPSG:3018": "SWEREF 99 23 15",
    "EPSG:25832": "UTM 32", "EPSG:3857": "Web Mercator",
}  # fmt: skip
STATED = {GEOGRAPHIC_CRS: "WGS 84", METRIC_CRS: "SWEREF 99 TM", **SYSTEMS}
NEAR_M = 2000.0  # how far from its municipality a point may lie by a coarse border
ANGLE = re.compile(
    r"[NEÖO]?\s*(\d{1,3})\s*°\s*(\d{1,2}(?:[.,]\d+)?)\s*['\u2032]\s*"
    r"(?:(\d{1,2}(?:[.,]\d+)?)\s*[\"\u2033]|'')?\s*[NEÖO]?",
    re.IGNORECASE,
)
NUMBER_PART = r"(\d{1,7}\.\d+|\d{1,7},\d+|\d{1,7})"
TWO = re.compile(rf"{NUMBER_PART}(?:\s*;\s*|\s*,\s+|\s+){NUMBER_PART}")
TWO_POINTS = re.compile(r"(\d{1,7}\.\d+),(\d{1,7}\.\d+)")
DIRECTIONS = re.compile(r"[NEÖO°]", re.IGNORECASE)
PAIRS = (("lon", "lat"), ("easting", "northing"))
PLACE_COLUMNS = ("lon", "lat", "easting", "northing", "address", "crs")
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
    guessed: set[int] = set()
    codes = sites.get("municipality_code", pd.Series("", index=sites.index)).to_dict()
    for row, place in places.items():
        faults += _read_angles(row, place)
        pair = next((p for p in PAIRS if any(place.get(c) for c in p)), None)
        if pair is None:
            faults += _from_address(row, place, instead)
            continue
        if place.get("crs", "") in STATED and _are_numbers(place, pair):
            faults += _from_stated(row, place, pair)
        else:
            told = _from_system(row, place, pair, codes[row]) if recognise else []
            faults += told or _from_numbers(row, place, pair, grid, recognise=recognise)
            if recognise and pair == ("lon", "lat"):
                guessed.add(row)
        if pair != ("lon", "lat"):
            instead |= {(row, "lon"): "easting", (row, "lat"): "northing"}
    faults += _convert(places, grid, codes, guessed)
    written = {c: [place.get(c, "") for place in places.values()] for c in ("lon", "lat")}
    if "coordinate_error_km" in names or any("coordinate_error_km" in p for p in places.values()):
        written["coordinate_error_km"] = [
            place.get("coordinate_error_km", "") for place in places.values()
        ]
    texts = {c: pd.Series(cells, sites.index, dtype="str") for c, cells in written.items()}
    return _with_municipality(sites.assign(**texts)), faults, instead


def _read_angles(row: int, place: dict[str, str]) -> list[Fault]:
    """Read degrees, minutes and seconds, and two numbers in one cell; say how two were read."""
    for column in ("lon", "lat"):
        if found := ANGLE.fullmatch(place.get(column, "")):
            place[column] = _degrees(found)
    for column, other in (("lon", "lat"), ("lat", "lon")):
        written = place.get(column, "")
        if not place.get(other) and (both := _two_in(written)):
            small, large = sorted(both, key=lambda t: float(t.replace(",", ".")))
            place |= {"lon": small, "lat": large}
            return [Fault("sites", row, column, "read_place", written, f"lon {small}, lat {large}")]
    return []


def _degrees(angle: re.Match[str]) -> str:
    """Return degrees, minutes and seconds as degrees."""
    whole, minutes, seconds = (float((part or "0").replace(",", ".")) for part in angle.groups())
    return f"{whole + minutes / 60 + seconds / 3600:.7f}"


def _two_in(written: str) -> tuple[str, ...]:
    """Return the two numbers of a cell that holds both coordinates, else nothing."""
    angles = list(ANGLE.finditer(written)) if "°" in written else []
    if len(angles) == 2 and not re.search(r"[^\s,;]", ANGLE.sub("", written)):
        return tuple(map(_degrees, angles))
    plain = " ".join(DIRECTIONS.sub(" ", written).replace(" ,", ",").split()).replace(" ,", ",")
    found = TWO.fullmatch(plain) or TWO_POINTS.fullmatch(plain)
    return found.groups() if found else ()


def _are_numbers(place: dict[str, str], pair: tuple[str, str]) -> bool:
    """Say whether both coordinates are numbers."""
    return all(NUMBER.fullmatch(place.get(column, "").replace(",", ".")) for column in pair)


def _from_stated(row: int, place: dict[str, str], pair: tuple[str, str]) -> list[Fault]:
    """Read a place in the system that its row states."""
    x, y = (float(place[column].replace(",", ".")) for column in pair)
    found = f"{_plain(y)}, {_plain(x)}"
    if x > y and pair != ("lon", "lat"):
        return [Fault("sites", row, "northing", "place_swapped_grid", found)]
    # numbers in lon and lat may be in either order: north is the larger one in every system here
    system = place["crs"]
    point = gpd.GeoSeries.from_xy([min(x, y)], [max(x, y)], crs=system).to_crs(GEOGRAPHIC_CRS)
    lon, lat = float(point.x.iloc[0]), float(point.y.iloc[0])
    if not (between(lon, SWEDEN_LON) and between(lat, SWEDEN_LAT)):
        return [Fault("sites", row, pair[0], "place_crs", found, STATED[system])]
    if system != GEOGRAPHIC_CRS or pair != ("lon", "lat"):
        place |= {"lon": f"{lon:.{DECIMALS}f}", "lat": f"{lat:.{DECIMALS}f}"}
    return []


def _from_system(row: int, place: dict[str, str], pair: tuple[str, str], code: str) -> list[Fault]:
    """Read a place in a local or old system, when numbers and municipality leave one meaning."""
    texts = [place.get(column, "").replace(",", ".") for column in pair]
    if not all(NUMBER.fullmatch(text) for text in texts):
        return []
    x, y = map(float, texts)
    if in_grid(x, y) or in_grid(y, x) or not max(x, y) > NORTHING[0]:
        return []
    shapes = sweden_shapes()
    near = shapes.reindex([code]) if code in shapes.index else shapes.reindex(_own_codes())
    found = {}
    for system in SYSTEMS:
        point = gpd.GeoSeries.from_xy([min(x, y)], [max(x, y)], crs=system)
        if near.distance(point.to_crs(METRIC_CRS).iloc[0]).min() <= NEAR_M:
            found[system] = point.to_crs(GEOGRAPHIC_CRS).iloc[0]
    written = f"{max(x, y):.0f}, {min(x, y):.0f}"
    if found and x > y and pair != ("lon", "lat"):
        return [Fault("sites", row, "northing", "place_swapped_grid", f"{y:.0f}, {x:.0f}")]
    if len(found) > 1:
        names = " / ".join(SYSTEMS[system] for system in found)
        return [Fault("sites", row, pair[0], "place_systems", written, names)]
    for system, point in found.items():
        place |= {"lon": f"{point.x:.{DECIMALS}f}", "lat": f"{point.y:.{DECIMALS}f}"}
        read = f"{SYSTEMS[system]}: lon {point.x:.4f}, lat {point.y:.4f}"
        return [Fault("sites", row, pair[0], "read_place", written, read)]
    if code in shapes.index:
        return _unread(row, x, y, pair[0], code)
    return []


def _unread(row: int, x: float, y: float, column: str, code: str) -> list[Fault]:
    """Return the fault that names systems in which a place that is in no other lies as stated."""
    shape = sweden_shapes()[code]
    names = []
    for system, name in UNREAD.items():
        point = gpd.GeoSeries.from_xy([min(x, y)], [max(x, y)], crs=system).to_crs(METRIC_CRS)
        if shape.distance(point.iloc[0]) <= NEAR_M:
            names.append(name)
    found = f"{_plain(max(x, y))}, {_plain(min(x, y))}"
    return [Fault("sites", row, column, "place_unread", found, " / ".join(names))] if names else []


def _own_codes() -> list[str]:
    """Return the municipalities of the bundled region, where no other is stated."""
    return [str(code) for code in bundled_region().municipalities.index]


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
    if in_grid(x, y) and (recognise or stated_grid):
        grid[row] = (x, y)
    elif in_grid(y, x) and stated_grid:
        found = f"{y:.0f}, {x:.0f}"
        return [Fault("sites", row, "northing", "place_swapped_grid", found)]
    elif in_grid(y, x) and recognise:
        grid[row] = (y, x)
    elif stated_grid and not (between(x, SWEDEN_LON) and between(y, SWEDEN_LAT)):
        return [Fault("sites", row, "northing", "place_no_grid", f"{_plain(y)}, {_plain(x)}")]
    elif stated_grid:
        place |= {"lon": f"{x:g}", "lat": f"{y:g}"}
    return []


def _plain(number: float) -> str:
    """Return a number in plain digits."""
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.7g}"


def _convert(
    places: dict[int, dict[str, str]],
    grid: dict[int, tuple[float, float]],
    codes: dict[int, str],
    guessed: set[int],
) -> Iterator[Fault]:
    """Write lon and lat of the rows whose place is a grid reference; tell those that guess so."""
    if not grid:
        return
    shapes = sweden_shapes()
    x, y = zip(*grid.values(), strict=True)
    metric = gpd.GeoSeries.from_xy(x, y, crs=METRIC_CRS)
    stated = shapes.reindex([codes[row] for row in grid])
    away = metric.distance(stated.reset_index(drop=True))
    for row, point, far in zip(grid, metric.to_crs(GEOGRAPHIC_CRS), away, strict=True):
        if row in guessed:
            other = _unread(row, *grid[row], "lon", codes[row]) if far > NEAR_M else []
            read = f"SWEREF 99 TM: lon {point.x:.4f}, lat {point.y:.4f}"
            found = f"{grid[row][1]:.0f}, {grid[row][0]:.0f}"
            yield from other or [Fault("sites", row, "lon", "read_place", found, read)]
            if other:
                continue
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
