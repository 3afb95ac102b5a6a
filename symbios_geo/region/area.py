"""The study area: its municipalities, and which of them a point lies in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import STRtree, difference, intersection, is_valid, make_valid
from shapely.geometry.base import BaseGeometry

from ..errors import DataError, PlaceError
from ..labels import check_language, mistake
from ..model import GEOGRAPHIC_CRS, METRIC_CRS
from ..spelling import plain
from ..summary import Summary, listed
from ..tables import data_folder, once_per_folder, read_table
from .coordinates import check_coordinates
from .sweden import codes_of, find_area, load_swedish_municipalities, names_in, swedish_table

__all__ = ["Region", "assign_municipality", "load_municipalities"]

BUNDLED = "halland"
REGIONS = "regions"  # the folder of data/ with small data packages
PACKAGE = "region.csv"  # names the area in a folder that is a data package of it
SAME_LAND = 0.01  # share of a municipality that a neighbour may claim: borders are generalised


@dataclass(frozen=True, eq=False, repr=False)
class Region(Summary):
    """
    A study area: polygons of municipalities, and what it is called.

    Parameters
    ----------
    municipalities
        Polygons indexed by municipality_code, in any coordinate system (kept in EPSG:4326). A
        column `name` gives their names; without one they are called by their codes.
    name
        What titles call the area, as "Halland".
    code
        Code of the area in Swedish statistics, "13"; empty if it has none.
    name_en
        The name in English, where it is another.
    key
        Name of the area in the data package; empty for an area of one's own.
    bidding_area
        The area of the electricity market, "SE3", of municipalities whose row has none in a column
        `bidding_area`.
    national
        Whether its facts are those of the national tables alone, as of the whole country: the
        bundled register of a part of it would not compare with the rest.
    package
        The folder whose tables are its register; None: there is none.
    """

    municipalities: gpd.GeoDataFrame
    name: str
    code: str = ""
    name_en: str = ""
    key: str = ""
    bidding_area: str = ""
    national: bool = False
    package: Path | None = None

    def __post_init__(self) -> None:
        """
        Check the polygons and keep them in EPSG:4326.

        Raises
        ------
        PlaceError
            If there are none, if they lack a code, a coordinate system or a surface, or if a
            municipality is there twice or lies on another.
        """
        shapes = self.municipalities
        if not isinstance(shapes, gpd.GeoDataFrame) or shapes.empty or shapes.crs is None:
            msg = (
                "A region needs polygons: give a GeoDataFrame with a coordinate system, one row a "
                'municipality, indexed by municipality_code; or take Region.load("halland").'
            )
            raise PlaceError(msg)
        codes = shapes.index.astype(str)
        faults = [f"{code} stands twice" for code in codes[codes.duplicated()].unique()]
        wrong = ~shapes.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
        faults += [f"{code} has no polygon" for code in codes[wrong]]
        if not self.name:
            faults.append("the area has no name; give name=")
        if not faults:
            faults = _overlaps(shapes.geometry, codes)
        if faults:
            raise PlaceError("These polygons make no region: " + "; ".join(faults) + ".")
        kept = shapes.to_crs(GEOGRAPHIC_CRS).set_axis(codes.rename("municipality_code"))
        if kept.geometry.name != "geometry":
            kept = kept.rename_geometry("geometry")
        if "name" not in kept.columns:
            kept = kept.assign(name=list(codes))
        object.__setattr__(self, "municipalities", kept)

    @classmethod
    def load(cls, area: str | Path | Iterable[str] = BUNDLED, *, name: str = "") -> Region:
        """
        Load a region: a data package, a county, municipalities, or the country.

        Borders outside the data package are generalised and end at the coast.

        Parameters
        ----------
        area
            A data package that is here ("halland", "lindesberg"); the folder of one's own (with
            region.csv); a county or municipality by name or code ("orebro", "Örebro län", "18",
            "1885"; a county before the municipality of its name); "sweden"; a list of such.
        name
            What titles call it. Empty: its own name, or those of its municipalities.

        Raises
        ------
        PlaceError
            If nothing is called so, or a municipality is listed twice.

        Examples
        --------
        >>> Region.load("halland")
        Region('Halland', 6 municipalities)
        >>> Region.load("orebro")
        Region('Örebro län', 12 municipalities)
        >>> Region.load(["Mark", "Svenljunga", "1490"], name="Sjuhärad")
        Region('Sjuhärad', 3 municipalities)
        """
        if not isinstance(area, str | Path):
            codes = codes_of(area)
            called = name or ", ".join(swedish_table().loc[codes, "name"])
            return cls(_swedish(codes), called, codes[0] if len(codes) == 1 else "")
        if folder := package_folder(area):
            return _packaged(folder, name)
        if isinstance(area, Path) or "/" in area or "\\" in area:
            raise mistake(PlaceError, "error:no_package", folder=area, file=PACKAGE)
        table = read_table("regions").set_index("region_id")
        row = table[(table.index == plain(area)) | (table["code"] == area)]
        if row.empty:
            try:
                found = find_area(area)
            except PlaceError as error:
                words = error.words | {"known": ", ".join(table.index)}
                raise mistake(PlaceError, "error:no_region", **words) from None
            # the county that the data package is of, by another of its names
            row = table[table["code"] == found.code]
        if row.empty:
            return cls(
                _swedish(found.municipalities),
                name or found.name,
                found.code,
                name_en=name or found.name_en,
                national=len(found.municipalities) == len(swedish_table()),
            )
        facts = row.iloc[0]
        shapes = _read_borders(data_folder() / facts["borders"])
        towns = read_table("municipalities").set_index("municipality_code")
        towns = towns[towns.index.isin(shapes.index)]
        areas = gpd.GeoDataFrame(towns, geometry=shapes.reindex(towns.index), crs=shapes.crs)
        return cls(
            areas,
            name or facts["name_sv"],
            facts["code"],
            name_en=name or facts["name_en"],
            key=str(row.index[0]),
        )

    def __repr__(self) -> str:
        """Return name and number of municipalities."""
        return f"Region({self.name!r}, {len(self.municipalities)} municipalities)"

    def _facts(self) -> dict[str, object]:
        """Return what the area is called, its parts and its size."""
        square_km = self.municipalities.to_crs(METRIC_CRS).area.sum() / 1e6
        return {
            "name": self.name,
            "code": self.code or "none",
            "municipalities": listed(self.municipalities["name"]),
            "area": f"{square_km:,.0f} km2, sea included",
        }

    def part(self, codes: Iterable[str]) -> Region:
        """
        Return the region of some of its municipalities, called by their names.

        Raises
        ------
        PlaceError
            If a code is not of this region.

        Examples
        --------
        >>> Region.load("halland").part(["1380", "1381"]).name
        'Halmstad, Laholm'
        """
        chosen = list(codes)
        if unknown := [code for code in chosen if code not in self.municipalities.index]:
            msg = f"{self.name} has no municipality {unknown[0]!r}. See region.names."
            raise PlaceError(msg)
        if set(chosen) == set(self.municipalities.index):
            return self
        towns = self.municipalities.loc[chosen]
        code = chosen[0] if len(chosen) == 1 else ""
        called = ", ".join(towns["name"])
        return Region(towns, called, code, bidding_area=self.bidding_area, national=self.national)

    @property
    def packaged(self) -> bool:
        """Say whether the data package has rows of it: it shares a municipality with them."""
        if self.national:
            return False
        here = set(read_table("municipalities")["municipality_code"])
        return not here.isdisjoint(self.municipalities.index)

    @property
    def polygon(self) -> BaseGeometry:
        """Return the whole area as one polygon, degrees."""
        return self.municipalities.union_all()

    @property
    def slug(self) -> str:
        """Return the name as file names write it: small letters without accents, "halland"."""
        return plain(self.name) or "region"

    def file_name(self, code: str) -> str:
        """Return how pages of a municipality are called, without an ending: "varberg"."""
        return plain(str(self.names[code])) or str(code)

    def words(self, lang: str = "sv") -> dict[str, str]:
        """Return what labels put in their places {region} and {regions}: name and genitive."""
        check_language(lang)
        name = self.name if lang == "sv" else self.name_en or self.name
        if lang == "sv":
            return {"region": name, "regions": name if name[-1] in "sxz" else f"{name}s"}
        return {"region": name, "regions": f"{name}'" if name.endswith("s") else f"{name}'s"}

    def codes(self, points: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
        """
        Return the municipality_code each point lies in, missing outside; any system will do.

        Examples
        --------
        >>> places = gpd.GeoSeries.from_xy([12.5, 18.1], [56.9, 59.3], crs="EPSG:4326")
        >>> Region.load("halland").codes(places).fillna("").tolist()
        ['1382', '']
        """
        degrees = points.geometry.to_crs(GEOGRAPHIC_CRS)
        found = gpd.GeoDataFrame(geometry=degrees.reset_index(drop=True)).sjoin(
            self.municipalities[["geometry"]].reset_index(), predicate="intersects"
        )
        # a point on a shared border goes to the first of both
        first = found["municipality_code"][~found.index.duplicated()]
        codes = first.reindex(range(len(degrees))).set_axis(points.index)
        return codes.rename("municipality_code").astype("str")

    @property
    def names(self) -> pd.Series:
        """Return the names of its municipalities by code."""
        return self.municipalities["name"]

    @property
    def north_to_south(self) -> list[str]:
        """Municipality codes as labels.csv lists them; where it does not, north to south."""
        codes, keys = set(self.names.index), read_table("labels")["key"]
        named = keys[keys.str.startswith("municipality:")].str.partition(":")[2]
        if codes <= set(named):
            return [str(code) for code in named if code in codes]
        latitude = self.municipalities.geometry.representative_point().y
        return [str(code) for code in latitude.sort_values(ascending=False, kind="stable").index]

    @property
    def bidding_areas(self) -> pd.Series:
        """Return the area of the electricity market of each municipality, where it is known."""
        areas = self.municipalities.get("bidding_area", pd.Series("", self.names.index))
        areas = areas.where(areas.notna() & (areas != ""), self.bidding_area).astype("str")
        return areas[areas != ""]

    @cached_property
    def shapes(self) -> gpd.GeoSeries:
        """The polygons in metres, by municipality_code."""
        return self.municipalities.geometry.to_crs(METRIC_CRS)

    def contains(self, points: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
        """Say which points lie in the area, aligned with their index; any system will do."""
        return self.codes(points).notna().rename("inside")


def _swedish(codes: list[str]) -> gpd.GeoDataFrame:
    """Return municipalities as polygons with what the national table says of them."""
    facts = swedish_table().loc[codes]
    shapes = load_swedish_municipalities().geometry.reindex(facts.index)
    # the exact borders where there are some: a point lies where it lies
    exact = bundled_region().municipalities.geometry
    exact = exact[exact.index.isin(codes)]
    if len(codes) < len(swedish_table()):
        shapes[exact.index] = exact
    return gpd.GeoDataFrame(facts, geometry=shapes, crs=GEOGRAPHIC_CRS)


def package_folder(area: str | Path) -> Path | None:
    """Return the folder of a data package, one's own or one that is here; None if it is none."""
    folders = (Path(area), data_folder() / REGIONS / plain(str(area)))
    return next((folder for folder in folders if (folder / PACKAGE).is_file()), None)


def _packaged(folder: Path, name: str) -> Region:
    """Return the region that a folder with region.csv describes."""
    path = folder / PACKAGE
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if missing := [c for c in ("name_sv", "municipalities") if c not in table.columns]:
        raise mistake(PlaceError, "error:package_column", path=path, column=missing[0])
    if len(table) != 1:
        raise mistake(PlaceError, "error:package_rows", path=path, count=len(table))
    row = table.iloc[0]
    if not (names := names_in(row["municipalities"])):
        raise mistake(PlaceError, "error:package_empty", path=path)
    codes = codes_of(names)
    return Region(
        _swedish(codes),
        name or row["name_sv"],
        row.get("code", ""),
        name_en=name or row.get("name_en", ""),
        package=folder,
    )


def _overlaps(shapes: gpd.GeoSeries, codes: pd.Index) -> list[str]:
    """Say which polygons lie on another, by more than what generalised borders do."""
    polygons = shapes.array
    valid = np.where(is_valid(polygons), polygons, make_valid(polygons))
    first, second = STRtree(valid).query(valid, predicate="intersects")
    first, second = first[first < second], second[first < second]
    shared = gpd.GeoSeries(intersection(valid[first], valid[second]), crs=shapes.crs)
    areas = gpd.GeoSeries(valid, crs=shapes.crs).to_crs(METRIC_CRS).area.to_numpy()
    km2 = shared.to_crs(METRIC_CRS).area.to_numpy()
    wrong = km2 > SAME_LAND * np.minimum(areas[first], areas[second])
    return [
        f"{codes[a]} and {codes[b]} overlap by {size / 1e6:,.1f} km2"
        for a, b, size in zip(first[wrong], second[wrong], km2[wrong], strict=True)
    ]


@once_per_folder
def bundled_region() -> Region:
    """Return the region of the bundled register, read once; do not change its polygons."""
    return Region.load()


def load_municipalities() -> gpd.GeoDataFrame:
    """
    Load the bundled region's municipalities as polygons in EPSG:4326, by municipality_code.

    Examples
    --------
    >>> load_municipalities()["name"].tolist()[:2]
    ['Hylte', 'Halmstad']
    """
    return Region.load().municipalities


def on_land(municipalities: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return municipalities in EPSG:4326 without the sea that belongs to them, for drawing."""
    shapes = municipalities.geometry.to_crs(GEOGRAPHIC_CRS)
    return gpd.GeoSeries(_without_sea(tuple(shapes)), index=shapes.index, crs=shapes.crs)


@once_per_folder
def _without_sea(shapes: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return polygons without the sea, cut once: every map of a run draws the same ones."""
    sea = read_basemap("sea")
    if sea is None:
        return shapes
    return tuple(difference(np.array(shapes, dtype=object), sea.union_all()))


def read_basemap(name: str) -> gpd.GeoDataFrame | None:
    """Return a layer of the folder data/basemap in EPSG:4326, or None if it is not there."""
    found = sorted((data_folder() / "basemap").glob(f"{name}*.geojson"))
    return _read_once(found[0]) if found else None


@cache
def _read_once(path: Path) -> gpd.GeoDataFrame:
    """Read a file of polygons once per process."""
    return gpd.read_file(path)


def _read_borders(path: Path) -> gpd.GeoSeries:
    """Return the polygons of a file by municipality_code."""
    if not path.exists():
        msg = f"{path} is missing. Restore it from the repository."
        raise DataError(msg)
    return _read_once(path).set_index("municipality_code").geometry


def assign_municipality(
    points: gpd.GeoDataFrame | gpd.GeoSeries, region: Region | gpd.GeoDataFrame | None = None
) -> pd.Series:
    """
    Return the municipality_code of every point, aligned with the index of `points`.

    Parameters
    ----------
    points
        Points with a coordinate system; any system is converted. A surface or several points
        count by one point of theirs.
    region
        The study area, or polygons with municipality_code as index or column; None is the bundled
        one. `Region.codes` leaves points outside it blank.

    Raises
    ------
    PlaceError
        If a point is missing, swapped, in another coordinate system, or outside the region.

    Examples
    --------
    >>> points = gpd.GeoSeries.from_xy([12.86], [56.67], index=["harbour"], crs=4326)
    >>> assign_municipality(points).to_dict()
    {'harbour': '1380'}
    """
    area = bundled_region() if region is None else region
    if isinstance(area, gpd.GeoDataFrame):
        coded = "municipality_code" in area.columns
        area = Region(area.set_index("municipality_code") if coded else area, name="the polygons")
    geometry = points.geometry
    shaped = ~geometry.geom_type.isin(["Point"]) & geometry.notna() & ~geometry.is_empty
    geometry = geometry.where(~shaped, geometry.representative_point())
    check_coordinates(geometry)
    codes = area.codes(geometry)
    if codes.isna().any():
        _refuse_outside(geometry[codes.isna().to_numpy()], area)
    return codes


def _refuse_outside(points: gpd.GeoSeries, region: Region) -> None:
    """Name every point outside the region and its distance to it."""
    area = gpd.GeoSeries([region.polygon], crs=GEOGRAPHIC_CRS).to_crs(METRIC_CRS).iloc[0]
    lines = [
        f"{name}: {point.distance(area) / 1000:.1f} km outside {region.name}"
        for name, point in points.to_crs(METRIC_CRS).items()
    ]
    msg = (
        f"These points lie outside {region.name}; check the coordinates, or ask "
        "Region.codes(points), which leaves them blank:\n- " + "\n- ".join(lines)
    )
    raise PlaceError(msg)
