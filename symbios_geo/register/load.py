"""Load the register: stated rows, checked, and the rows that are derived from parameters."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from ..assumptions.values import (
    Assumptions,
    Given,
    as_assumptions,
    derive,
    load_assumptions,
)
from ..errors import RegisterError
from ..labels import site_names
from ..model import BOUNDS
from ..region import PACKAGE, Region, bundled_region
from ..tables import once_per_folder, quick_texts, read_table
from .collect import faults_of, joined_tables, read_forms
from .duplicates import likely_duplicates
from .faults import RuleFaultError
from .gate import Register
from .national import KEYS, fill_in, national_codes, national_flows, property_need
from .property_heat import (
    CATEGORY,
    DELIVERED,
    DISAGGREGATION,
    STREAM,
    derive_property_heat,
    explain_need,
)  # fmt: skip
from .rules import fields, read_numbers
from .substrates import SURVEY, derive_substrates, explain_substrate

Frames: TypeAlias = tuple[pd.DataFrame | None, pd.DataFrame | None, pd.DataFrame | None]
Own: TypeAlias = str | Path | Register | tuple[pd.DataFrame | None, pd.DataFrame | None] | Frames
Explained: TypeAlias = tuple[str, pd.DataFrame]
logger = logging.getLogger(__name__)


def with_names(register: Register, lang: str = "sv") -> Register:
    """
    Return a register whose places have their names in "sv" or "en"; own names stay.

    Examples
    --------
    >>> register = with_names(load_register(), "en")
    >>> register.sites.loc["sodra_cell_varo", "name"]
    'Södra Cell Värö'
    """
    sites = register.sites.assign(name=site_names(register.sites, lang))
    return register.unchecked(sites=sites)


@quick_texts
def load_register(
    *own: Own,
    bundled: bool = True,
    assumptions: Given = None,
    region: Region | str | Path | Iterable[str] | None = None,
) -> Register:
    """
    Load the bundled register, with registers of your own added to it.

    Parameters
    ----------
    own
        Workbooks, GeoPackages, CSV files, or folders of them, with the tables `sites` and `flows`;
        pairs (sites, flows) of frames, either of which may be None; or registers. Frames are as
        for `Register`.
    bundled
        Whether the bundled rows are there too, where any of them lies in the region, and national
        tables for municipalities that nobody describes. If not, your flows may still name bundled
        sites, which then come along.
    assumptions
        Assumptions, or changes by id. None: the bundled ones. A changed value changes every row
        that is derived from it.
    region
        The study area, or what `Region.load` calls it. None: the bundled one.

    Raises
    ------
    RegisterError
        If any rule is broken; every fault is in the message, with row, column and remedy.

    Examples
    --------
    >>> import pandas as pd
    >>> flow = {"site_id": "hylte_paper", "resource": "heat", "role": "source", "value": 20_000,
    ...         "unit": "MWh", "temperature_low_c": 40}
    >>> register = load_register((None, pd.DataFrame([flow])))
    >>> float(register.flows["value"].iloc[-1])
    20.0
    """
    if not own and not bundled:
        msg = "bundled=False leaves no rows. Give a register of your own: a folder or a workbook."
        raise RegisterError(msg)
    area = as_region(region)
    given = as_assumptions(assumptions)
    if not own and area is bundled_region() and given == load_assumptions():
        whole = _bundled()
        copies = {name: getattr(whole, name).copy() for name in ("sites", "flows", "synergies")}
        return whole.unchecked(assumptions=given, **copies)
    national = bundled and len(national_codes(area)) > 0
    if area.package is not None:
        own = (*_tables_in(area.package), *own)
    if not own and not area.packaged and not national:
        msg = (
            f"The bundled register has no place in {area.name}. Give a register of your own: "
            "a folder or a workbook."
        )
        raise RegisterError(msg)
    bundled = bundled and area.packaged
    files = tuple(one for one in own if isinstance(one, str | Path))
    frames = [_frames_of(one) for one in own if not isinstance(one, str | Path)]
    yours = _own_register(files, area, bundled=bundled) if files else None
    if bundled:
        register = _bundled_rows(given, area)
        if yours is not None:
            # places that your flows name come with them: they are not new
            new = yours.sites[~yours.sites.index.isin(register.sites.index)]
            register = register.add(new, yours.flows, yours.synergies, yours.sources)
        found: Register | None = register
    else:
        found = yours
    if national:
        if found is not None or frames:
            found = _with_frames(found, frames, area)
        return _with_national(found, area, given)
    return _with_frames(found, frames, area).unchecked(assumptions=given)


@once_per_folder
def _bundled() -> Register:
    """Return the bundled register, made and checked once; do not change it."""
    return _bundled_rows(load_assumptions(), bundled_region())


def _bundled_rows(given: Assumptions, region: Region) -> Register:
    """Return the bundled register under some assumptions, as it lies in a region."""
    flows = read_table("flows").assign(origin="stated")
    flows = pd.concat([fill_derived(flows, given), _generated(given)], ignore_index=True)
    return Register(_places(), flows, read_table("synergies"), assumptions=given, region=region)


def _tables_in(package: Path) -> list[Path]:
    """Return the files of a data package that hold its register."""
    return [path for path in sorted(package.glob("*.csv")) if path.name != PACKAGE]


def _with_national(register: Register | None, region: Region, given: Assumptions) -> Register:
    """Return a register with what national tables say of the municipalities that it leaves out."""
    if register is None:
        nothing = pd.DataFrame(columns=["site_id", "category", "role", "resource"])
        sites, flows = fill_in(
            pd.DataFrame(columns=["municipality_code"]), nothing, region, _rows_of(given)
        )
        return Register(sites, flows, assumptions=given, region=region)
    sites, flows = fill_in(register.sites, register.flows, region, _rows_of(given))
    filled = register.add(sites, flows) if len(flows) else register
    return filled.unchecked(assumptions=given)


def _rows_of(given: Assumptions) -> dict[str, pd.Series]:
    """Return the rows of the assumptions that national tables are computed with."""
    keys = [name for name in given if str(name).startswith("national_")]
    return {name: given.table.loc[name] for name in keys}


def as_region(region: Region | str | Path | Iterable[str] | None) -> Region:
    """Return a region as it is, loaded by its name, or the bundled one for None."""
    if region is None:
        return bundled_region()
    return region if isinstance(region, Region) else Region.load(region)


@quick_texts
def prepare(
    register: Own | None,
    assumptions: Given,
    region: Region | str | Path | Iterable[str] | None = None,
) -> tuple[Register, Assumptions]:
    """
    Return a register and the assumptions that its derived rows follow.

    Parameters
    ----------
    register
        A register, or what `load_register` adds to the bundled one; None for that alone.
    assumptions
        Assumptions, or changes by id. None: those the register was made with.
    region
        The study area: what is inside is asked anew. None: that of the register.
    """
    if isinstance(register, Register):
        if region is not None:
            register = replace(register, region=as_region(region))
        known = register.assumptions or load_assumptions()
        given = known if assumptions is None else as_assumptions(assumptions)
        return with_assumptions(register, given), given
    given = as_assumptions(assumptions)
    own = () if register is None else (register,)
    return load_register(*own, assumptions=given, region=region), given


def with_assumptions(register: Register, assumptions: Assumptions) -> Register:
    """
    Return a register whose derived rows follow other assumptions; what was stated stays.

    Rows that somebody added or left out stay added or left out.
    """
    if assumptions == (register.assumptions or load_assumptions()):
        return register.unchecked(assumptions=assumptions)
    register = _with_national_places(register, assumptions)
    kept = register.flows
    parts = [
        fill_derived(read_table("flows").assign(origin="stated"), assumptions),
        _generated(assumptions),
    ]
    if len(national_codes(register.region)):
        parts.append(national_flows(register.region, _rows_of(assumptions)))
    anew = pd.concat(parts, ignore_index=True).set_index("flow_id")
    follows = (kept["origin"] == "derived") & kept["flow_id"].isin(anew.index)
    flows = kept.copy()
    numbers = [*BOUNDS, "committed"]
    flows.loc[follows, numbers] = anew.loc[kept.loc[follows, "flow_id"], numbers].to_numpy()
    if flows[numbers].equals(kept[numbers]):  # no row follows what was changed
        return register.unchecked(assumptions=assumptions)
    return replace(register, flows=flows, assumptions=assumptions)


def _with_national_places(register: Register, assumptions: Assumptions) -> Register:
    """
    Return a register with the rows that national keys call for under other assumptions.

    Which places have a network, and whether a key is nothing, is an assumption: a row that only
    the old ones call for goes, with its place where nothing is left there, and one that only the
    new ones call for comes, in municipalities whose need follows the keys.
    """
    flows, sites = register.flows, register.sites
    keyed = flows[(flows["origin"] == "derived") & (flows["source_id"] == KEYS)]
    codes = sites.loc[keyed["site_id"].unique(), "municipality_code"].unique()
    codes = national_codes(register.region).intersection(codes)
    if codes.empty:
        return register
    _, before = property_need(list(codes), _rows_of(register.assumptions or load_assumptions()))
    places, after = property_need(list(codes), _rows_of(assumptions))
    gone = keyed.loc[
        keyed["flow_id"].isin(before["flow_id"]) & ~keyed["flow_id"].isin(after["flow_id"]),
        "flow_id",
    ]
    known = [*before["flow_id"], *flows["flow_id"]]
    come = after[~after["flow_id"].isin(known)]
    if len(gone):
        left = flows[~flows["flow_id"].isin(gone)].reset_index(drop=True)
        named = [] if register.synergies is None else register.synergies["to_site_id"]
        empty = (sites["place_type"] == "network") & ~sites.index.isin([*left["site_id"], *named])
        register = replace(register, flows=left, sites=sites[~empty])
    if len(come):
        new = places.index.isin(come["site_id"]) & ~places.index.isin(register.sites.index)
        register = register.add(places[new], come)
    return register


def fill_derived(flows: pd.DataFrame, assumptions: Assumptions) -> pd.DataFrame:
    """Return flow rows with every blank value, range and use computed from assumptions."""
    values, low, high = derive(flows, assumptions.stated)
    filled = flows.copy()
    ids = filled["flow_id"]
    derived = ids.isin(list(values))
    filled["origin"] = np.where(derived, "derived", filled["origin"])
    filled["value"] = filled["value"].fillna(ids.map(values).clip(lower=0))
    filled["committed"] = filled["committed"].fillna((ids + ".committed").map(values))
    # a stated range may be overtaken by a changed parameter: it then stretches to the value
    filled["low"] = filled["low"].fillna(ids.map(low).clip(lower=0)).clip(upper=filled["value"])
    filled["high"] = filled["high"].fillna(ids.map(high)).clip(lower=filled["value"])
    return filled


def _generated(assumptions: Assumptions) -> pd.DataFrame:
    """Return the rows made from whole tables: property heating and biogas substrates."""
    towns = read_table("municipalities").set_index("municipality_code")
    places = read_table("localities").set_index("locality_id")
    p = assumptions.table
    networks = read_table("networks").set_index("network_id")
    heat = derive_property_heat(towns, places, networks, p)
    measured = heat["stream"] == DELIVERED
    heat = heat.assign(
        resource="heat",
        role="sink",
        category=CATEGORY,
        unit="GWh/yr",
        supply_temperature_c=55.0,
        return_temperature_c=35.0,
        year=2023,
        origin=np.where(measured, "stated", "derived"),
        method=np.where(measured, "reported", "derived"),
        source_id=np.where(measured, "kre_district_heat", DISAGGREGATION),
        note=np.where(
            measured,
            "District heat in buildings, official for the municipality; the split over its places "
            "follows its networks",
            "Useful heat less district heat: the need of the county shared by municipality, floor "
            "area, flats, services and holiday homes",
        ),
    )
    organic = derive_substrates(read_table("agriculture"), towns["population"], p).assign(
        role="source",
        category="substrate",
        origin="derived",
        method="derived",
        confidence="C",
        year=2022,
        source_id=SURVEY,
        note="Theoretical: what plants use today is not deducted. Cattle and crops are split over "
        "the municipalities by official statistics, other animals by judgement",
    )
    organic["unit"] = np.where(organic["resource"] == "methane_substrate", "GWh/yr", "kt/yr")
    rows = pd.concat([heat, organic], ignore_index=True).assign(additive="yes", visibility="public")
    rows["flow_id"] = rows["site_id"] + "-" + rows["resource"] + "-" + rows["stream"]
    return rows


def explain(register: Register, flow_id: str, parameters: pd.DataFrame) -> Explained:
    """
    Return how a row of a register that `_generated` made was computed.

    Returns
    -------
    formula, steps
        The formula names assumptions (by parameter_id in `parameters`), flows and steps; steps are
        numbers of other tables by id, with value, unit, source_id, confidence, formula and note.
        Blank for any other row.
    """
    flows = register.flows.set_index("flow_id")
    flow = flows.loc[flow_id]
    if flow["source_id"] == DISAGGREGATION:
        text, steps = explain_need(flow["site_id"], parameters)
        delivered = flow_id.removesuffix(STREAM) + DELIVERED
        return text + f" - {delivered}" * (delivered in flows.index), steps
    if flow["source_id"] == SURVEY:
        return explain_substrate(flow["site_id"], flow["stream"])
    return "", pd.DataFrame()


def _places() -> pd.DataFrame:
    """Return sites, localities and networks as one table, indexed by site_id."""
    tables = {
        "site": read_table("sites"),
        "locality": read_table("localities").rename(columns={"locality_id": "site_id"}),
        "network": read_table("networks").rename(columns={"network_id": "site_id"}),
    }
    parts = []
    for kind, table in tables.items():
        part = table.assign(place_type=kind)
        if "name_sv" in part.columns:
            part["name"] = part["name_sv"]
        if kind != "site":
            part = part.assign(kind=kind, status="operating", visibility="public")
        parts.append(part)
    columns = ["site_id", "name", *tables["site"].columns.drop("site_id")]
    columns += ["place_type", "population", "area_ha", "locality_id"]
    return pd.concat(parts, ignore_index=True)[columns].set_index("site_id")


def _frames_of(one: object) -> Frames:
    """Return places, flows and exchanges of a pair of frames or a register."""
    if isinstance(one, Register):
        return one.sites, one.flows, one.synergies
    parts = tuple(one) if isinstance(one, tuple | list) else ()
    frames = all(part is None or isinstance(part, pd.DataFrame) for part in parts)
    if len(parts) not in (2, 3) or not frames or all(part is None for part in parts):
        msg = (
            f"{type(one).__name__} is no register. Give a path, a Register, or a pair of frames: "
            "load_register((sites, flows)); (None, flows) for flows at places that are known."
        )
        raise RegisterError(msg)
    sites, flows, *exchanges = parts
    return sites, flows, exchanges[0] if exchanges else None


def _with_frames(start: Register | None, frames: list[Frames], region: Region) -> Register:
    """Return a register with frames added, and the bundled places that their flows name."""
    register = start
    for sites, flows, exchanges in frames:
        here = pd.Index([]) if register is None else register.sites.index
        # a register brings places along that are here already
        new = (
            sites
            if not isinstance(sites, gpd.GeoDataFrame) or "inside" not in sites
            else (sites[~sites.index.isin(here)])
        )
        known = set(here) | set(() if new is None else new.get("site_id", new.index))
        named = set(() if flows is None else flows.get("site_id", ())) - known
        bundled = _places()
        along = bundled[bundled.index.isin(named)]
        if register is None:
            places = new if new is not None else along
            nothing = pd.DataFrame(columns=["flow_id", "site_id", "resource", "role", "value"])
            rows = nothing if flows is None else flows
            if new is not None and len(along):
                register = Register(along, nothing, region=region).add(new, rows, exchanges)
            else:
                register = Register(places, rows, exchanges, region=region)
            continue
        if len(along):
            register = register.add(along)
        register = register.add(new, flows, exchanges)
    if register is None:
        msg = "There is no register to load. Give a file, a folder or a pair of frames."
        raise RegisterError(msg)
    return register


def _own_register(own: tuple[str | Path, ...], region: Region, *, bundled: bool) -> Register:
    """Read somebody's own register, with defaults for the columns they left out."""
    forms, place = read_forms(*own), ", ".join(map(str, own))
    tables = joined_tables(forms)
    if missing := [name for name in ("sites", "flows") if name not in tables]:
        msg = f"{place} holds no table {missing[0]}. Give a folder or a workbook with both tables."
        raise RegisterError(msg)
    if faults := faults_of(forms, bundled=bundled, region=region):
        raise RuleFaultError(faults, place)
    if count := sum(len(form.notices) for form in forms):
        logger.warning(
            "%s: %s cells or rows are read otherwise than they stand. `symbios-geo check` lists "
            "them.", place, count,
        )  # fmt: skip
    if count := len(likely_duplicates(forms, bundled=bundled)):
        logger.warning(
            "%s: %s pairs of rows are probably the same. `symbios-geo check` lists them.",
            place, count,
        )  # fmt: skip
    return register_of(tables, region)


def register_of(tables: dict[str, pd.DataFrame], region: Region | None = None) -> Register:
    """Return the register that checked text tables hold, with the bundled sites they name."""
    numbers = {name: read_numbers(name, table) for name, table in tables.items()}
    blanked = {name: _blanked(numbers[name], name) for name in numbers if name != "sources"}
    sites, flows = blanked["sites"], blanked["flows"]
    own = sites.drop(columns=["northing", "easting", "crs"]).set_index("site_id")
    bundled = _places()
    named = bundled[bundled.index.isin(flows["site_id"]) & ~bundled.index.isin(own.index)]
    # columns that are empty in both carry no type: pandas would warn about guessing one
    places = pd.concat([own, named.dropna(axis=1, how="all")]) if len(named) else own
    return Register(
        places,
        flows.reset_index(drop=True),
        blanked.get("synergies"),
        region=as_region(region),
        sources=tables.get("sources"),
    )


def _blanked(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a table with every described column, blanks missing and numbers of one type."""
    known = fields(name)
    given = table.replace("", np.nan).reindex(columns=list(known))
    numeric = [column for column, field in known.items() if field["type"] == "number"]
    return given.astype(dict.fromkeys(numeric, "float64"))
