"""Find where a site lies: degrees, SWEREF 99 TM or the locality of its address."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import Point

from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from ..region.area import Region, bundled_region
from ..region.coordinates import SWEDEN, SWEDEN_GRID, east_north
from ..tables import once_per_folder, read_table
from .comparing import as_numbers
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
DEGREES, GRID = PAIRS = (("lon", "lat"), ("easting", "northing"))
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
            faults += from_address(row, place, instead)
            continue
        numbers = _numbers(place, pair)
        if numbers is None:
            faults += _half(row, place, pair)
        elif pair == GRID and numbers != east_north(*numbers):
            found = _north_east(*numbers)
            faults.append(Fault("sites", row, "northing", "place_swapped_grid", found))
        elif place.get("crs", "") in STATED:
            faults += _from_stated(row, place, pair, east_north(*numbers))
        elif recognise and (told := _from_system(row, place, pair[0], east_north(*numbers), codes)):
            faults += told
        elif SWEDEN_GRID.hold(*east_north(*numbers)) and (recognise or pair == GRID):
            grid[row] = east_north(*numbers)
            if pair == DEGREES:
                guessed.add(row)
        elif pair == GRID:
            faults += _degrees_in_grid(row, place, *numbers)
        if pair == GRID:
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


def _numbers(place: dict[str, str], pair: tuple[str, str]) -> tuple[float, float] | None:
    """Return both coordinates, None unless both are numbers."""
    texts = [place.get(column, "").replace(",", ".") for column in pair]
    x, y = (float(text) if NUMBER.fullmatch(text) else None for text in texts)
    return None if x is None or y is None else (x, y)


def _half(row: int, place: dict[str, str], pair: tuple[str, str]) -> list[Fault]:
    """Tell that one coordinate of two is there; the rules say which of them is no number."""
    blank = [column for column in pair if not place.get(column)]
    return [Fault("sites", row, column, "place_half", "") for column in blank]


def _from_stated(
    row: int, place: dict[str, str], pair: tuple[str, str], at: tuple[float, float]
) -> list[Fault]:
    """Read a place in the system that its row states."""
    system = place["crs"]
    point = _point(at, system).to_crs(GEOGRAPHIC_CRS).iloc[0]
    if not SWEDEN.hold(point.x, point.y):
        return [Fault("sites", row, pair[0], "place_crs", _north_east(*at), STATED[system])]
    if system != GEOGRAPHIC_CRS or pair == GRID:
        place |= _written(point)
    return []


def _from_system(
    row: int, place: dict[str, str], column: str, at: tuple[float, float], codes: dict[int, str]
) -> list[Fault]:
    """Read a place in a local or old system, when numbers and municipality leave one meaning."""
    if SWEDEN_GRID.hold(*at) or at[1] <= SWEDEN_GRID.north[0]:
        return []
    code = codes[row]
    shapes = sweden_shapes()
    near = shapes.reindex([code]) if code in shapes.index else shapes.reindex(_own_codes())
    found = {}
    for system in SYSTEMS:
        point = _point(at, system)
        if near.distance(point.to_crs(METRIC_CRS).iloc[0]).min() <= NEAR_M:
            found[system] = point.to_crs(GEOGRAPHIC_CRS).iloc[0]
    written = _north_east(*at)
    if len(found) > 1:
        names = " / ".join(SYSTEMS[system] for system in found)
        return [Fault("sites", row, column, "place_systems", written, names)]
    for system, point in found.items():
        place |= _written(point)
        read = f"{SYSTEMS[system]}: lon {point.x:.4f}, lat {point.y:.4f}"
        return [Fault("sites", row, column, "read_place", written, read)]
    if code in shapes.index:
        return _unread(row, at, column, code)
    return []


def _unread(row: int, at: tuple[float, float], column: str, code: str) -> list[Fault]:
    """Return the fault that names systems in which a place that is in no other lies as stated."""
    shape = sweden_shapes()[code]
    names = []
    for system, name in UNREAD.items():
        if shape.distance(_point(at, system).to_crs(METRIC_CRS).iloc[0]) <= NEAR_M:
            names.append(name)
    found = _north_east(*at)
    return [Fault("sites", row, column, "place_unread", found, " / ".join(names))] if names else []


def _own_codes() -> list[str]:
    """Return the municipalities of the bundled region, where no other is stated."""
    return [str(code) for code in bundled_region().municipalities.index]


def _degrees_in_grid(row: int, place: dict[str, str], x: float, y: float) -> list[Fault]:
    """Read degrees that stand in the columns of a grid reference."""
    if not SWEDEN.hold(x, y):
        return [Fault("sites", row, "northing", "place_no_grid", _north_east(x, y))]
    place |= {"lon": f"{x:g}", "lat": f"{y:g}"}
    return []


def _north_east(east: float, north: float) -> str:
    """Return two numbers in plain digits, as grids write them."""
    return ", ".join(f"{n:.0f}" if abs(n) >= 1000 else f"{n:.7g}" for n in (north, east))


def _point(at: tuple[float, float], system: str) -> gpd.GeoSeries:
    """Return one place in a coordinate system."""
    return gpd.GeoSeries.from_xy([at[0]], [at[1]], crs=system)


def _written(point: Point) -> dict[str, str]:
    """Return the cells of a place in degrees."""
    return {"lon": f"{point.x:.{DECIMALS}f}", "lat": f"{point.y:.{DECIMALS}f}"}


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
            other = _unread(row, grid[row], "lon", codes[row]) if far > NEAR_M else []
            read = f"SWEREF 99 TM: lon {point.x:.4f}, lat {point.y:.4f}"
            found = _north_east(*grid[row])
            yield from other or [Fault("sites", row, "lon", "read_place", found, read)]
            if other:
                continue
        places[row] |= _written(point)


def from_address(
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


@once_per_folder
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
    lon, lat = (as_numbers(sites[c]) for c in DEGREES)
    points = gpd.GeoSeries.from_xy(lon, lat, index=sites.index, crs=GEOGRAPHIC_CRS)
    return sites.assign(municipality_code=municipalities_of(sites["municipality_code"], points))


def municipalities_of(
    stated: pd.Series, points: gpd.GeoSeries, region: Region | None = None
) -> pd.Series:
    """Return the stated code of each place, else of where its point lies; empty where none is."""
    codes = stated.astype(object).fillna("")
    shapes = points.to_numpy()
    there = (codes == "") & SWEDEN.hold(shapely.get_x(shapes), shapely.get_y(shapes))
    if there.any():
        codes[there] = _municipalities_at(points[there], region)
    return codes


def _municipalities_at(points: gpd.GeoSeries, region: Region | None) -> np.ndarray:
    """Return the code of where each point lies, empty where it is none; a region's first."""
    metric = gpd.GeoDataFrame({"row": range(len(points))}, geometry=points.to_crs(METRIC_CRS).array)
    towns = gpd.GeoDataFrame(geometry=sweden_shapes()).reset_index()
    inside = metric.sjoin(towns, predicate="intersects")
    codes = inside.drop_duplicates("row").set_index("row")["municipality_code"]
    own = (bundled_region() if region is None else region).codes(points).to_numpy(object)
    codes = codes.reindex(metric["row"]).astype(object)
    return codes.where(pd.isna(own), own).fillna("").to_numpy()
