"""Places, and what flows in or out of each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from ..errors import PlaceError
from ..model import GEOGRAPHIC_CRS


@dataclass(frozen=True)
class Register:
    """
    Places, and what flows in or out of each of them.

    `sites` is indexed by site_id and holds points in EPSG:4326: plants, localities, heat networks
    and rural remainders (column `place_type`). `flows` has one row per stream of one resource.
    `readers` says for whom the rows were cleared, "public" or "internal" (`disclosure.clear`).
    """

    sites: gpd.GeoDataFrame
    flows: pd.DataFrame
    synergies: pd.DataFrame | None = None
    readers: str = "public"

    def at_sites(self, rows: pd.DataFrame) -> gpd.GeoDataFrame:
        """Return rows that have a site_id with the place, name and municipality of their site."""
        places = self.sites.loc[rows["site_id"], ["name", "municipality_code", "geometry"]]
        return gpd.GeoDataFrame(rows.join(places.set_axis(rows.index)), crs=self.sites.crs)

    def with_flows(self, rows: pd.DataFrame) -> Register:
        """Return a register that also holds the flow `rows`."""
        return replace(self, flows=_stack(self.flows, rows.reset_index(drop=True), by_index=False))

    def with_synergies(self, rows: pd.DataFrame) -> Register:
        """Return a register that also holds the exchanges `rows`."""
        known = rows if self.synergies is None else _stack(self.synergies, rows, by_index=False)
        return replace(self, synergies=known)

    def with_sites(self, sites: gpd.GeoDataFrame | pd.DataFrame) -> Register:
        """
        Return a register that also holds the `sites`.

        Parameters
        ----------
        sites
            Points indexed by site_id in any coordinate system, or a plain table with lon and lat
            in degrees and site_id as index or column.

        Raises
        ------
        PlaceError
            If a plain table lacks coordinates or they cannot lie in Sweden.
        """
        points = sites if isinstance(sites, gpd.GeoDataFrame) else _as_points(sites)
        if points.crs is not None:
            points = points.to_crs(GEOGRAPHIC_CRS)
        return replace(self, sites=_stack(self.sites, points, by_index=True))


def _as_points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a plain table with lon and lat as points indexed by site_id."""
    if not {"lon", "lat"} <= set(table.columns):
        msg = "The sites have no columns lon and lat. Add them, in degrees (WGS 84)."
        raise PlaceError(msg)
    if "site_id" in table.columns:
        table = table.set_index("site_id")
    lon, lat = (pd.to_numeric(table[c], errors="coerce") for c in ("lon", "lat"))
    # north of 55 and west of 25 degrees, latitude is always the larger number
    wrong = ~(lon.between(-180, 180) & lat.between(-90, 90) & (lon < lat))
    if wrong.any():
        names = ", ".join(map(str, table.index[wrong][:20]))
        msg = f"Coordinates are missing, swapped or not degrees: {names}. Give lon and lat."
        raise PlaceError(msg)
    points = gpd.points_from_xy(lon, lat)
    return gpd.GeoDataFrame(table, geometry=points, crs=GEOGRAPHIC_CRS)


def _stack(first: pd.DataFrame, second: pd.DataFrame, *, by_index: bool) -> Any:
    """Append rows and keep the columns of `first`, in their order, and its geometry type."""
    if second.empty:
        return first
    missing = [name for name in first.columns if name not in second.columns]
    filled = second.assign(**dict.fromkeys(missing))
    # columns that are empty in both carry no type: pandas would warn about guessing one
    rows = filled[[*first.columns, *[c for c in filled.columns if c not in first.columns]]]
    typed = rows.astype({c: first[c].dtype for c in missing}, errors="ignore")
    return pd.concat([first, typed], ignore_index=not by_index)
