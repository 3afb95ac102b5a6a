"""The one gate in: a register is completed and checked as it is made, from files or frames."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from ..assumptions.checks import ABSOLUTE_ZERO_C
from ..assumptions.values import Assumptions
from ..errors import PlaceError, RegisterError
from ..model import GEOGRAPHIC_CRS, METRIC_CRS, ROLES
from ..region.area import Region, bundled_region
from ..region.coordinates import east_north
from ..spelling import did_you_mean, nearest
from ..summary import Summary, listed
from ..tables import read_table
from .comparing import municipality_code, same
from .complete import complete_flows, complete_sites
from .faults import RuleFaultError
from .frames import frame_faults
from .property_heat import STREAMS
from .rules import copied_faults

MANY = "category"  # status of a point that stands for many places, or for an imagined one
LEAST_SHARED = 1e-6  # square degrees, about a hectare: what only touches a border is not in it


@dataclass(frozen=True, eq=False, repr=False)
class Register(Summary):
    """
    Places, and what flows in or out of each of them.

    `sites` is indexed by site_id and holds points in EPSG:4326: plants, localities, heat networks
    and rural remainders (column `place_type`). `flows` has one row per stream of one resource.
    Frames may lack columns and be in any coordinate system: they are completed (see
    `register.complete`) and checked, so that a register that exists keeps the rules.

    Parameters
    ----------
    sites
        Points indexed by site_id, or a table with lon and lat in degrees; at least `name`.
    flows
        At least site_id, resource, role, value and unit (any of kWh, MWh, GWh, TJ, t, kt a year).
    synergies
        Exchanges that are known today; None for none.
    assumptions
        What rows of `origin` derived follow from; None: the bundled ones.
    readers
        For whom the rows were cleared, "public" or "internal" (`disclosure.clear`).
    region
        The study area, which says what is inside; without one the bundled area.

    sources
        References that the rows name beside the bundled ones: source_id, title.

    Raises
    ------
    RegisterError
        If a rule is broken; every fault is in the message, with row, column and remedy.
    """

    sites: gpd.GeoDataFrame
    flows: pd.DataFrame
    synergies: pd.DataFrame | None = None
    readers: str = "public"
    assumptions: Assumptions | None = field(default=None, repr=False, compare=False)
    region: Region = field(default_factory=bundled_region, compare=False)
    sources: pd.DataFrame | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Complete the frames and check them."""
        sites, flows = _admitted(
            self.sites, self.flows, self.synergies, self.region, known=(), sources=self.sources
        )
        object.__setattr__(self, "sites", sites)
        object.__setattr__(self, "flows", flows)

    def unchecked(self, **changes: Any) -> Register:
        """
        Return the register with some fields changed that leave nothing to complete or to check.

        That are rows left out together with all that name them, other names, other assumptions.
        """
        other = copy(self)
        for name, value in changes.items():
            object.__setattr__(other, name, value)
        return other

    def add(
        self,
        sites: gpd.GeoDataFrame | pd.DataFrame | None = None,
        flows: pd.DataFrame | None = None,
        synergies: pd.DataFrame | None = None,
        sources: pd.DataFrame | None = None,
    ) -> Register:
        """
        Return a register that also holds these places, flows and exchanges.

        Parameters
        ----------
        sites, flows, synergies
            Frames as for a new register; flows may be at a place that is here already.
        sources
            References of the rows' own: source_id, title.

        Raises
        ------
        RegisterError
            If a row breaks a rule or an id is taken; every fault is in the message.

        Examples
        --------
        >>> import symbios_geo as sg
        >>> place = {"site_id": "bakery", "name": "A bakery", "lon": 12.5, "lat": 56.9}
        >>> heat = {"site_id": "bakery", "resource": "heat", "role": "source", "value": 3_500,
        ...         "unit": "MWh", "temperature_low_c": 45}
        >>> mine = sg.load_register().add(pd.DataFrame([place]), pd.DataFrame([heat]))
        >>> mine.flows.iloc[-1][["unit", "class", "municipality_code"]].tolist()
        ['GWh/yr', 'class_35', '1382']
        """
        places = self.sites.iloc[:0] if sites is None else sites
        rows = self.flows.iloc[:0] if flows is None else flows
        known = (self.sites, self.flows)
        given = [table for table in (self.sources, sources) if table is not None]
        cited = pd.concat(given).drop_duplicates("source_id") if given else None
        places, rows = _admitted(places, rows, synergies, self.region, known=known, sources=cited)
        exchanges = self.synergies
        if synergies is not None and len(synergies):
            exchanges = synergies if exchanges is None else _stack(exchanges, synergies)
        return replace(
            self,
            sites=_stack(self.sites, places, by_index=True),
            flows=_stack(self.flows, rows),
            synergies=exchanges,
            sources=cited,
        )

    def _facts(self) -> dict[str, object]:
        """Return how many places, flows and exchanges there are, and how much."""
        kinds = self.sites["place_type"].value_counts()
        facts: dict[str, object] = {
            "places": f"{len(self.sites)} ({listed(f'{n} {k}' for k, n in kinds.items())})",
            "flows": len(self.flows),
            "exchanges today": 0 if self.synergies is None else len(self.synergies),
        }
        counted = self.flows[self.flows["additive"] == "yes"]
        for resource in ("heat", "co2"):
            rows = counted[counted["resource"] == resource]
            sums = rows.groupby("role")["value"].sum()
            if len(rows):
                said = ", ".join(f"{role} {sums[role]:,.0f}" for role in ROLES if role in sums)
                facts[resource] = f"{said} {rows['unit'].iloc[0]}"
        codes = self.sites["municipality_code"].dropna()
        return facts | {"municipalities": codes.nunique(), "readers": self.readers}

    def without(self, flow_ids: Iterable[str]) -> Register:
        """
        Return the register without some flows; their places stay.

        Parameters
        ----------
        flow_ids
            As the index of what `select` returns. To replace a figure, leave it out and `add` it.

        Raises
        ------
        RegisterError
            If there is no flow of that id.

        Examples
        --------
        >>> import symbios_geo as sg
        >>> register = sg.load_register()
        >>> largest = register.select("heat", "source").index[0]
        >>> len(register.flows) - len(register.without(largest).flows)
        1
        """
        gone = [flow_ids] if isinstance(flow_ids, str) else list(flow_ids)
        known = set(self.flows["flow_id"])
        if unknown := [name for name in gone if name not in known]:
            msg = f"There is no flow {unknown[0]!r}.{did_you_mean(unknown[0], sorted(known))}"
            raise RegisterError(msg)
        kept = self.flows[~self.flows["flow_id"].isin(gone)]
        return replace(self, flows=kept.reset_index(drop=True))

    @property
    def one_place(self) -> pd.Series:
        """
        Say of each place, by site_id, whether it is one that stands somewhere.

        A point of a category stands for many (the shops or waterworks of an area, its countryside)
        or for what is only imagined: nobody can be rung there, and no pipe laid to it.
        """
        return (self.sites["status"] != MANY).rename("one_place")

    def both_one_place(
        self, links: pd.DataFrame, ends: tuple[str, str] = ("site_id_source", "site_id_sink")
    ) -> pd.Series:
        """Say of links whether both ends, columns of site ids, are one place (see `one_place`)."""
        source, sink = (links[end].map(self.one_place).eq(True) for end in ends)
        return source & sink

    def at_sites(self, rows: pd.DataFrame) -> gpd.GeoDataFrame:
        """
        Return rows that have a site_id with the place, name and municipality of their site.

        Examples
        --------
        >>> import symbios_geo as sg
        >>> register = sg.load_register()
        >>> placed = register.at_sites(register.pick("co2", "source"))
        >>> str(placed.crs), bool(placed["name"].notna().all())
        ('EPSG:4326', True)
        """
        names = ["name", "municipality_code", "geometry"]
        places = self.sites.loc[rows["site_id"], names].set_axis(rows.index)
        kept = rows.drop(columns=[c for c in names if c in rows.columns])
        return gpd.GeoDataFrame(kept.join(places), crs=self.sites.crs)

    def pick(self, resource: str, role: str, *, counted: bool = True) -> pd.DataFrame:
        """
        Return the flows of a resource and role; `counted` leaves out what sums repeat.

        Examples
        --------
        >>> import symbios_geo as sg
        >>> set(sg.load_register().pick("heat", "sink")["unit"])
        {'GWh/yr'}
        """
        flows = self.flows
        rows = (flows["resource"] == resource) & (flows["role"] == role)
        return flows[rows & (flows["additive"] == "yes")] if counted else flows[rows]

    def counted(self, resource: str, role: str) -> pd.DataFrame:
        """
        Return the rows that enter a total: additive, in the region, with the name of their place.

        Heat demand is property heating only, since deliveries of networks and single users repeat
        parts of it.

        Examples
        --------
        >>> import symbios_geo as sg
        >>> set(sg.load_register().counted("heat", "sink")["inside"])
        {True}
        """
        rows = self.pick(resource, role)
        if resource == "heat" and role == "sink":
            rows = rows[rows["stream"].isin(STREAMS)]
        rows = rows[rows["inside"]]
        return rows.assign(name=rows["site_id"].map(self.sites["name"]))

    def select(
        self,
        resource: str | None = None,
        role: str | None = None,
        *,
        min_c: float | None = None,
        near: str | tuple[float, float] | None = None,
        km: float | None = None,
        within: Any = None,
    ) -> gpd.GeoDataFrame:
        """
        Return flows at their places, by what they are and where they lie, largest first.

        Parameters
        ----------
        resource, role
            As "heat" and "source"; None for all.
        min_c
            Heat that can be delivered at this temperature, degC: all of it, so by the lowest
            temperature of the stream, as the classes are ("60 degC" is one question).
        near, km
            A name of a place, a site_id or (lon, lat), and the longest straight distance to it, km.
        within
            Municipality codes or names, a region or a polygon (see `within`).

        Returns
        -------
        geopandas.GeoDataFrame
            The columns of `flows` and `name`, `place_type`, `municipality`, `source` (title of the
            reference) and, with `near`, `distance_km`; indexed by flow_id, points in EPSG:4326.

        Raises
        ------
        RegisterError
            If a word, a place or an area is not known.

        Examples
        --------
        >>> import symbios_geo as sg
        >>> hot = sg.load_register().select("heat", "source", min_c=60, near="Falkenberg", km=5)
        """
        flows = self.flows
        for column, word in (("resource", resource), ("role", role)):
            if word is not None:
                _known_word(column, word, flows)
                flows = flows[flows[column] == word]
        if min_c is not None:
            flows = flows[
                flows["temperature_low_c"] >= _number("min_c", min_c, least=ABSOLUTE_ZERO_C)
            ]
        if within is not None:
            flows = flows[flows["site_id"].isin(self.sites.index[self._lies_in(within)])]
        found = self.at_sites(flows.set_index("flow_id"))
        found["place_type"] = found["site_id"].map(self.sites["place_type"])
        found["municipality"] = found["municipality_code"].map(self.region.names)
        titles = read_table("sources").set_index("source_id")["title"]
        if self.sources is not None:
            titles = pd.concat([titles, self.sources.set_index("source_id")["title"]])
            titles = titles[~titles.index.duplicated()]
        found["source"] = found["source_id"].map(titles)
        if _both(near, km) and near is not None:
            metres = found.to_crs(METRIC_CRS).distance(self._point_of(near))
            found["distance_km"] = metres / 1000
            found = found[found["distance_km"] <= km]
        return found.sort_values("value", ascending=False, kind="stable")

    def within(
        self,
        area: Any = None,
        *,
        near: str | tuple[float, float] | None = None,
        km: float | None = None,
    ) -> Register:
        """
        Return the register of the places in an area, with their flows and exchanges.

        Its region is the municipalities that the area touches, so that balances, matches, claims
        and maps are of the part.

        Parameters
        ----------
        area
            A region, municipality codes or names (one or many), or a polygon in EPSG:4326 (a
            shape, a GeoSeries or a GeoDataFrame in any system).
        near, km
            Instead of an area: a circle around a name of a place, a site_id or (lon, lat), and its
            radius, km.

        Raises
        ------
        RegisterError
            If the area is not known or holds no place, or neither or both of area and circle are
            given.

        Examples
        --------
        >>> import symbios_geo as sg
        >>> part = sg.load_register().within("Varberg")
        >>> sg.balance.by_municipality(part, "heat").index.tolist()
        ['1383']
        """
        circle = _both(near, km)
        if circle == (area is not None):
            msg = 'Give an area, as within("Varberg"), or a circle, as near="Varberg", km=10.'
            raise RegisterError(msg)
        if near is not None and km is not None:
            area = gpd.GeoSeries([self._point_of(near).buffer(1000 * km, 64)], crs=METRIC_CRS)
        sites = self.sites[self._lies_in(area)]
        if sites.empty:
            msg = f"No place of the register lies there; it is of {self.region.name}."
            raise RegisterError(msg)
        return replace(self.keep_sites(sites.index), region=self._part(area))

    def keep_sites(self, site_ids: pd.Index) -> Register:
        """Return the register with some of its places alone, their flows and exchanges."""
        sites = self.sites[self.sites.index.isin(site_ids)]
        flows = self.flows[self.flows["site_id"].isin(sites.index)]
        exchanges = self.synergies
        if exchanges is not None:
            ends = exchanges[["from_site_id", "to_site_id"]]
            gone = self.sites.index.difference(sites.index)
            exchanges = exchanges[~ends.isin(gone).any(axis=1)]
        flows = flows.reset_index(drop=True)
        return self.unchecked(sites=sites, flows=flows, synergies=exchanges)

    def _part(self, area: Any) -> Region:
        """Return the region that an area is, or the municipalities of this one that it touches."""
        if isinstance(area, Region):
            return area
        towns = self.region.municipalities
        shape = _shape_of(area)
        if shape is None:
            words = [area] if isinstance(area, str) else list(area)
            codes = towns.index[towns.index.isin(_codes_of(words, self.region))]
        else:
            shared = shapely.area(shapely.intersection(towns.geometry.array, shape))
            codes = towns.index[shared > LEAST_SHARED]
        return self.region if codes.empty else self.region.part(codes)

    def _lies_in(self, area: Any) -> pd.Series:
        """Say which sites lie in an area."""
        shape = _shape_of(area)
        if shape is not None:
            shapely.prepare(shape)
            inside = shapely.intersects(shape, self.sites.geometry.array)
            return pd.Series(inside, self.sites.index)
        words = [area] if isinstance(area, str) else list(area)
        return self.sites["municipality_code"].isin(_codes_of(words, self.region))

    def _point_of(self, near: str | tuple[float, float]) -> BaseGeometry:
        """Return the place meant by a name, a site_id or (lon, lat), in metres."""
        sites = self.sites
        if isinstance(near, str):
            code = municipality_code(near, dict(self.region.names))
            # the town of a municipality that is called by "Falkenbergs kommun" or its code
            word = same(self.region.names[code] if code else near)
            named = sites[sites["name"].map(same) == word]
            # a town comes before the heat network that bears its name
            order = {"locality": 0, "site": 1}
            named = named.iloc[named["place_type"].map(order).fillna(2).argsort(kind="stable")]
            found = sites.loc[[near]] if near in sites.index else named
            if found.empty:
                towns = sites["name"][sites["place_type"] == "locality"]
                msg = f"There is no place {near!r}. Give a site_id, (lon, lat) or a name: "
                raise RegisterError(msg + ", ".join(_alike(near, [*towns, *sites["name"]])) + ".")
            return found.geometry.to_crs(METRIC_CRS).iloc[0]
        try:
            lon, lat = (float(part) for part in near)
        except (TypeError, ValueError):
            msg = f"near = {near!r} is no place. Give a name, a site_id or (lon, lat) in degrees."
            raise RegisterError(msg) from None
        if east_north(lon, lat) != (lon, lat) or abs(lon) > 180 or abs(lat) > 90:
            msg = f"near = {near!r} is not (lon, lat) in degrees; longitude comes first."
            raise PlaceError(msg)
        return gpd.GeoSeries.from_xy([lon], [lat], crs=GEOGRAPHIC_CRS).to_crs(METRIC_CRS).iloc[0]


def _admitted(
    sites: pd.DataFrame,
    flows: pd.DataFrame,
    synergies: pd.DataFrame | None,
    region: Region,
    *,
    known: tuple[()] | tuple[gpd.GeoDataFrame, pd.DataFrame],
    sources: pd.DataFrame | None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return frames completed and free from faults, or raise with every fault."""
    places = complete_sites(sites, region)
    here = [pd.DataFrame(table.drop(columns="geometry")) for table in (*known[:1], places)]
    everywhere = pd.concat([table for table in here if len(table)] or here)
    everywhere = everywhere[~everywhere.index.duplicated()]
    rows = complete_flows(flows, everywhere)
    faults = frame_faults(sites, places, rows, synergies, known, region, sources)
    # before ids are made, which would tell the copies apart
    given = flows.reset_index(drop=flows.index.name != "flow_id")
    if faults := [*faults, *copied_faults("flows", given.set_axis(range(1, len(given) + 1)))]:
        raise RuleFaultError(faults, "register")
    return places, rows


def _known_word(column: str, word: str, flows: pd.DataFrame) -> None:
    """Refuse a resource or role that does not exist."""
    words = list(read_table("resources")["resource"]) if column == "resource" else list(ROLES)
    if word not in words and word not in set(flows[column]):
        near = ", ".join(_alike(word, words))
        msg = f"{column} = {word!r} is not known. Choose one of: {near}."
        raise RegisterError(msg)


def _both(near: object, km: float | None) -> bool:
    """Say whether a circle is given; half a one is refused."""
    if (near is None) != (km is None):
        msg = 'near and km belong together: give both, as near="Falkenberg", km=5.'
        raise RegisterError(msg)
    if km is not None:
        _number("km", km, least=0.0)
    return near is not None


def _number(name: str, value: object, *, least: float) -> float:
    """Return a number that somebody gave, or refuse what is none."""
    if isinstance(value, bool) or not isinstance(value, Real) or not float(value) >= least:
        msg = f"{name} = {value!r} is no number from {least:g} upwards."
        raise RegisterError(msg)
    return float(value)


def _shape_of(area: Any) -> BaseGeometry | None:
    """Return an area as one shape in degrees; None where municipalities are named."""
    area = getattr(area, "municipalities", area)
    if isinstance(area, gpd.GeoDataFrame | gpd.GeoSeries):
        if area.crs is None:
            msg = 'The area has no coordinate system. Set one: area.set_crs("EPSG:4326").'
            raise RegisterError(msg)
        return area.geometry.to_crs(GEOGRAPHIC_CRS).union_all()
    return area if isinstance(area, BaseGeometry) else None


def _codes_of(words: Iterable[Any], region: Region) -> list[str]:
    """Return the codes of municipalities given by code or name."""
    from .rules import known_municipalities

    names = known_municipalities(region)
    codes = [municipality_code(str(word), names) for word in words]
    for word, code in zip(words, codes, strict=True):
        if code is None:
            near = ", ".join(_alike(str(word), list(names.values())))
            msg = f"{word!r} is no municipality. Give a code or a name, such as {near}."
            raise RegisterError(msg)
    return [str(code) for code in codes]


def _alike(word: str, words: list[str]) -> list[str]:
    """Return a few words that look like one, else the first ones."""
    return nearest(word, words) or list(dict.fromkeys(words))[:20]


def _stack(first: pd.DataFrame, second: pd.DataFrame, *, by_index: bool = False) -> Any:
    """Append rows and keep the columns of `first`, in their order, and its geometry type."""
    if second.empty:
        return first
    missing = [name for name in first.columns if name not in second.columns]
    filled = second.assign(**dict.fromkeys(missing))
    # columns that are empty in both carry no type: pandas would warn about guessing one
    rows = filled[[*first.columns, *[c for c in filled.columns if c not in first.columns]]]
    shared = [c for c in first.columns if c in rows.columns and c != "geometry"]
    typed = rows.astype({c: first[c].dtype for c in shared}, errors="ignore")
    return pd.concat([first, typed], ignore_index=not by_index)
