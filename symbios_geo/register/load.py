"""Load a register: the bundled one, and files and frames of your own added to it."""

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
    load_assumptions,
)
from ..errors import RegisterError
from ..labels import site_names
from ..region.area import PACKAGE, Region, bundled_region
from ..tables import quick_texts
from .collect import faults_of, joined_tables, read_forms
from .derived import bundled_places, bundled_register, bundled_rows, following, national_keys
from .duplicates import likely_duplicates
from .exchange_ends import exchange_faults
from .faults import Fault, RuleFaultError
from .forms import ALMOST, Form
from .gate import Register
from .inspection import form_notices, placed
from .national import fill_in, national_codes
from .rules import fields, read_numbers

Frames: TypeAlias = tuple[pd.DataFrame | None, pd.DataFrame | None, pd.DataFrame | None]
Own: TypeAlias = str | Path | Register | tuple[pd.DataFrame | None, pd.DataFrame | None] | Frames
SHOWN = 10  # names in a warning
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
        The study area, or what `Region.load` calls it; of the bundled register, municipalities that
        are not of it are left out. None: the bundled one.

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
    whole, forms, place = loaded(own, bundled=bundled, assumptions=assumptions, region=region)
    if forms:
        _warn(forms, place, bundled=bundled and whole.region.packaged)
        _warn_outside(forms, place, whole)
    return whole


def loaded(
    own: tuple[Own, ...],
    *,
    bundled: bool = True,
    assumptions: Given = None,
    region: Region | str | Path | Iterable[str] | None = None,
) -> tuple[Register, list[Form], str]:
    """Return what `load_register` does, the files of it as read and where, and warn of nothing."""
    if not own and not bundled:
        msg = "bundled=False leaves no rows. Give a register of your own: a folder or a workbook."
        raise RegisterError(msg)
    area = as_region(region)
    given = as_assumptions(assumptions)
    if not own and area is bundled_region() and given == load_assumptions():
        whole = bundled_register()
        copies = {name: getattr(whole, name).copy() for name in ("sites", "flows", "synergies")}
        return whole.unchecked(assumptions=given, **copies), [], ""
    national = bundled and len(national_codes(area)) > 0
    if area.package is not None:
        own = (*tables_in(area.package), *own)
    if not own and not area.packaged and not national:
        msg = (
            f"The bundled register has no place in {area.name}. Give a register of your own: "
            "a folder or a workbook."
        )
        raise RegisterError(msg)
    bundled = bundled and area.packaged
    files = tuple(one for one in own if isinstance(one, str | Path))
    place = ", ".join(map(str, files))
    frames = [_frames_of(one) for one in own if not isinstance(one, str | Path)]
    forms = read_forms(*files) if files else []
    yours = _own_register(forms, place, area, bundled=bundled) if files else None
    if bundled:
        register = _without_neighbours(bundled_rows(given, area), area)
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
        whole = _with_national(found, area, given)
    else:
        whole = _with_frames(found, frames, area).unchecked(assumptions=given)
    faults = _form_exchange_faults(forms, whole)
    faults += _frame_exchange_faults([one for *_, one in frames if one is not None], whole)
    if faults:
        raise RuleFaultError(faults, place or "register")
    return whole, forms, place


def _form_exchange_faults(forms: list[Form], whole: Register) -> list[Fault]:
    """Return the faults of the exchanges in forms by the whole register that they came into."""
    tables = [(form, form.tables["synergies"]) for form in forms if "synergies" in form.tables]
    return [placed(f, form) for form, table in tables for f in exchange_faults(table, whole)]


def _frame_exchange_faults(frames: list[pd.DataFrame], whole: Register) -> list[Fault]:
    """Return the faults of the exchanges in frames, rows from 1."""
    numbered = [frame.set_axis(range(1, len(frame) + 1)) for frame in frames]
    return [fault for frame in numbered for fault in exchange_faults(frame, whole)]


def _without_neighbours(register: Register, area: Region) -> Register:
    """
    Return the bundled register without its municipalities that are not of the area.

    What they exchange among themselves is no answer of the area. Places outside the bundled region,
    such as a store for CO2, stay.
    """
    others = bundled_region().municipalities.index.difference(area.municipalities.index)
    ours = ~register.sites["municipality_code"].isin(others)
    return register if ours.all() else register.keep_sites(register.sites.index[ours])


def tables_in(package: Path) -> list[Path]:
    """Return the files of a data package that hold its register."""
    return [path for path in sorted(package.glob("*.csv")) if path.name != PACKAGE]


def _with_national(register: Register | None, region: Region, given: Assumptions) -> Register:
    """Return a register with what national tables say of the municipalities that it leaves out."""
    if register is None:
        nothing = pd.DataFrame(columns=["site_id", "category", "role", "resource"])
        sites, flows = fill_in(
            pd.DataFrame(columns=["municipality_code"]), nothing, region, national_keys(given)
        )
        return Register(sites, flows, assumptions=given, region=region)
    sites, flows = fill_in(register.sites, register.flows, region, national_keys(given))
    filled = register.add(sites, flows) if len(flows) else register
    return filled.unchecked(assumptions=given)


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
        return following(register, assumptions)
    given = as_assumptions(assumptions)
    own = () if register is None else (register,)
    return load_register(*own, assumptions=given, region=region), given


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
        bundled = bundled_places()
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


def _own_register(forms: list[Form], place: str, region: Region, *, bundled: bool) -> Register:
    """Return somebody's own register as read, with defaults for the columns they left out."""
    tables = joined_tables(forms)
    if missing := [name for name in ("sites", "flows") if name not in tables]:
        msg = f"{place} holds no table {missing[0]}. Give a folder or a workbook with both tables."
        raise RegisterError(msg)
    if faults := faults_of(forms, bundled=bundled, region=region):
        raise RuleFaultError(faults, place)
    return register_of(tables, region)


def _warn(forms: list[Form], place: str, *, bundled: bool) -> None:
    """Tell how many cells are read otherwise than they stand, and rows are probably the same."""
    almost = [n for form in forms for n in form_notices(form) if n.rule == ALMOST]
    for notice in almost:
        logger.warning("%s", notice.text("en"))
    if count := sum(len(form.notices) for form in forms) - len(almost):
        logger.warning(
            "%s: %s cells or rows are read otherwise than they stand. `symbios-geo check` lists "
            "them.", place, count,
        )  # fmt: skip
    if count := len(likely_duplicates(forms, bundled=bundled)):
        logger.warning(
            "%s: %s pairs of rows are probably the same. `symbios-geo check` lists them.",
            place, count,
        )  # fmt: skip


def _warn_outside(forms: list[Form], place: str, whole: Register) -> None:
    """Tell which places of somebody's files lie outside the region."""
    ids = [
        site for form in forms if "sites" in form.tables for site in form.tables["sites"]["site_id"]
    ]
    away = [site for site in ids if not whole.sites["inside"][site]]
    if away:
        more = ", ..." if len(away) > SHOWN else ""
        logger.warning(
            "%s: %s of %s places lie outside %s and count in none of its sums: %s%s.",
            place, len(away), len(ids), whole.region.name, ", ".join(away[:SHOWN]), more,
        )  # fmt: skip


def register_of(tables: dict[str, pd.DataFrame], region: Region | None = None) -> Register:
    """Return the register that checked text tables hold, with the bundled sites they name."""
    numbers = {name: read_numbers(name, table) for name, table in tables.items()}
    blanked = {name: _blanked(numbers[name], name) for name in numbers if name != "sources"}
    sites, flows = blanked["sites"], blanked["flows"]
    own = sites.drop(columns=["northing", "easting", "crs"]).set_index("site_id")
    bundled = bundled_places()
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
