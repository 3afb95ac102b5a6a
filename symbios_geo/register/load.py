"""Load the register: stated rows, checked, and the rows that are derived from parameters."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ..assumptions.derivations import evaluate, evaluate_bounds, read_formulas
from ..errors import ParameterError, RegisterError
from ..labels import site_names
from ..tables import load_parameters as load_stated_parameters
from ..tables import read_table
from .collect import faults_of, joined, read_forms
from .duplicates import likely_duplicates
from .faults import fault_report
from .gate import Register
from .property_heat import STREAM as PROPERTY_HEATING
from .property_heat import derive_property_heat
from .rules import BOUNDS, fields, read_numbers
from .substrates import derive_substrates

logger = logging.getLogger(__name__)
MAX_FAULTS_SHOWN = 50
# what a quantity can be by its unit; all others are 0 or more
PHYSICAL = {
    "share": (0.0, 1.0),
    "degC": (-273.15, np.inf),
    "-": (-np.inf, np.inf),
    "ln m": (-np.inf, np.inf),
}


def with_names(register: Register, lang: str = "sv") -> Register:
    """Return a register whose places have their names in "sv" or "en"; own names stay."""
    sites = register.sites.assign(name=site_names(register.sites, lang))
    return replace(register, sites=sites)


def load_register(
    *own: str | Path, bundled: bool = True, parameters: pd.DataFrame | None = None
) -> Register:
    """
    Load the bundled register of Halland, with registers of your own added to it.

    Parameters
    ----------
    own
        Workbooks, GeoPackages, CSV files, or folders of them, with the tables `sites` and `flows`.
    bundled
        Whether the bundled rows are there too. If not, your flows may still name bundled sites,
        which then come along.
    parameters
        Assumptions by parameter_id (see `load_parameters`); None takes the bundled ones. A changed
        value changes every row that is derived from it.

    Raises
    ------
    RegisterError
        If any rule is broken; every fault is in the message, with row, column and remedy.
    """
    if not own and not bundled:
        msg = "bundled=False leaves no rows. Give a register of your own: a folder or a workbook."
        raise RegisterError(msg)
    yours = _own_register(own, bundled=bundled) if own else None
    if not bundled and yours is not None:
        return yours
    stated = load_stated_parameters() if parameters is None else stated_only(parameters)
    flows = read_table("flows").assign(origin="stated")
    flows = pd.concat([complete(flows, stated), _generated(stated)], ignore_index=True)
    register = Register(_places(), flows, read_table("synergies"))
    if yours is None:
        return register
    # places that your flows name come with them: they are not new
    new = yours.sites[~yours.sites.index.isin(register.sites.index)]
    return register.add(new, yours.flows, yours.synergies)


def load_parameters() -> pd.DataFrame:
    """
    Load every assumption with value, low, high, unit and source_id, indexed by parameter_id.

    Values that follow from other parameters (blank in parameters.csv) are computed.
    """
    return complete_parameters(load_stated_parameters())


def complete_parameters(parameters: pd.DataFrame) -> pd.DataFrame:
    """
    Return parameters with every value and range that has a formula computed again.

    A computed value that somebody changed stays as they set it. A value set beyond its range
    stretches the range.

    Raises
    ------
    ParameterError
        If a parameter is missing or cannot be: a share above 1, a quantity below 0.
    """
    return _filled(stated_only(parameters))


def stated_only(parameters: pd.DataFrame) -> pd.DataFrame:
    """Return parameters with every computed figure blank again that nobody changed."""
    check_parameters(parameters)
    raw = load_stated_parameters()
    usual = _filled(raw)[list(BOUNDS)]
    computed = raw[list(BOUNDS)].isna() & usual.notna()
    given = parameters.loc[raw.index, list(BOUNDS)]
    blank = (computed & (given == usual)).reindex(parameters.index, fill_value=False)
    stated = parameters.copy()
    stated[list(BOUNDS)] = stated[list(BOUNDS)].mask(blank)
    return stated


def check_parameters(parameters: pd.DataFrame) -> None:
    """
    Check that every bundled parameter is there and can be.

    Raises
    ------
    ParameterError
        With one line per fault.
    """
    raw = load_stated_parameters()
    lines = [f"{name} is missing" for name in raw.index.difference(parameters.index)]
    for name, row in parameters[parameters.index.isin(raw.index)].iterrows():
        least, most = PHYSICAL.get(row["unit"], (0.0, np.inf))
        lines += [
            f"{name}: {column} is {row[column]:g} {row['unit']}, outside {least:g} to {most:g}"
            for column in BOUNDS
            if row[column] < least or row[column] > most or np.isinf(row[column])
        ]
        if row["low"] > row["high"]:
            lines.append(f"{name}: low {row['low']:g} is above high {row['high']:g}")
    if lines:
        msg = "Mend these parameters: " + "; ".join(lines[:MAX_FAULTS_SHOWN]) + "."
        raise ParameterError(msg)


def _filled(parameters: pd.DataFrame) -> pd.DataFrame:
    """Return parameters with every blank value and range computed from its formula."""
    values, low, high = _derive(read_table("flows"), parameters)
    filled = parameters.copy()
    for column, source in zip(BOUNDS, (low, values, high), strict=True):
        blank = filled.index[filled[column].isna() & filled.index.isin(list(values))]
        filled.loc[blank, column] = [source[name] for name in blank]
    filled["low"] = filled["low"].clip(upper=filled["value"])
    filled["high"] = filled["high"].clip(lower=filled["value"])
    return filled


def complete(flows: pd.DataFrame, parameters: pd.DataFrame) -> pd.DataFrame:
    """Return flow rows with every blank value, range and use computed from parameters."""
    values, low, high = _derive(flows, parameters)
    filled = flows.copy()
    ids = filled["flow_id"]
    derived = ids.isin(list(values))
    filled["origin"] = np.where(derived, "derived", filled["origin"])
    filled["value"] = filled["value"].fillna(ids.map(values))
    filled["committed"] = filled["committed"].fillna((ids + ".committed").map(values))
    # a stated range may be overtaken by a changed parameter: it then stretches to the value
    filled["low"] = filled["low"].fillna(ids.map(low)).clip(upper=filled["value"])
    filled["high"] = filled["high"].fillna(ids.map(high)).clip(lower=filled["value"])
    return filled


def stated_quantities(flows: pd.DataFrame, parameters: pd.DataFrame) -> pd.DataFrame:
    """Return every stated number that formulas may read: value, low, high by name."""
    people = read_table("municipalities").set_index("municipality_code")["population"].astype(float)
    people.index = "population_" + people.index
    people["population_county"] = people.sum()
    census = pd.DataFrame({"value": people})
    named = pd.concat([parameters, flows.set_index("flow_id"), census])
    numbers = named[list(BOUNDS)].astype(float)
    return numbers.dropna(how="all")


def _derive(
    flows: pd.DataFrame, parameters: pd.DataFrame
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Return best, least and greatest value of every formula's result that nobody stated."""
    stated = stated_quantities(flows, parameters)
    fixed = stated["value"].dropna()
    every = read_formulas(read_table("derivations"))
    formulas = {name: terms for name, terms in every.items() if name not in fixed}
    # a result whose range is stated keeps it; every other name spans its own low to high
    bounds = stated.assign(low=stated["low"].fillna(fixed), high=stated["high"].fillna(fixed))
    low, high = (bounds[side].dropna().to_dict() for side in ("low", "high"))
    return (evaluate(formulas, fixed.to_dict()), *evaluate_bounds(formulas, low, high))


def _generated(parameters: pd.DataFrame) -> pd.DataFrame:
    """Return the rows made from whole tables: property heating and biogas substrates."""
    towns = read_table("municipalities").set_index("municipality_code")
    places = read_table("localities").set_index("locality_id")
    p = _filled(parameters)
    heat = derive_property_heat(towns, places, p["value"]).assign(
        resource="heat",
        role="sink",
        stream=PROPERTY_HEATING,
        category=PROPERTY_HEATING,
        unit="GWh/yr",
        supply_temperature_c=55.0,
        return_temperature_c=35.0,
        year=2023,
        source_id="own_disaggregation",
        note="The need of the municipality shared by floor area, flats, services and holiday homes",
    )
    organic = derive_substrates(read_table("agriculture"), towns["population"], p).assign(
        role="source",
        category="substrate",
        year=2022,
        source_id="own_survey_derivation",
        note="Theoretical: what plants use today is not deducted; "
        "the municipal split is a judgement",
    )
    organic["unit"] = np.where(organic["resource"] == "methane_substrate", "GWh/yr", "kt/yr")
    rows = pd.concat([heat, organic], ignore_index=True).assign(
        origin="derived", method="derived", additive="yes", visibility="public", confidence="C"
    )
    rows["flow_id"] = rows["site_id"] + "-" + rows["resource"] + "-" + rows["stream"]
    return rows


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
    columns = ["site_id", "name", *tables["site"].columns.drop(["site_id", "in_halland"])]
    columns += ["place_type", "population", "area_ha", "locality_id"]
    return pd.concat(parts, ignore_index=True)[columns].set_index("site_id")


def _own_register(own: tuple[str | Path, ...], *, bundled: bool) -> Register:
    """Read somebody's own register, with defaults for the columns they left out."""
    forms, place = read_forms(*own), ", ".join(map(str, own))
    tables = joined(forms)
    if missing := [name for name in ("sites", "flows") if name not in tables]:
        msg = f"{place} holds no table {missing[0]}. Give a folder or a workbook with both tables."
        raise RegisterError(msg)
    if faults := faults_of(forms, bundled=bundled):
        raise RegisterError(fault_report(faults, place))
    if count := len(likely_duplicates(forms, bundled=bundled)):
        logger.warning(
            "%s: %s pairs of sites are probably the same. `symbios-geo check` lists them.",
            place, count,
        )  # fmt: skip
    return register_of(tables)


def register_of(tables: dict[str, pd.DataFrame]) -> Register:
    """Return the register that checked text tables hold, with the bundled sites they name."""
    numbers = {name: read_numbers(name, table) for name, table in tables.items()}
    sites = _blanked(numbers["sites"], "sites")
    flows = _blanked(numbers["flows"], "flows")
    own = sites.drop(columns=["northing", "easting", "in_halland"]).set_index("site_id")
    bundled = _places()
    named = bundled[bundled.index.isin(flows["site_id"]) & ~bundled.index.isin(own.index)]
    # columns that are empty in both carry no type: pandas would warn about guessing one
    places = pd.concat([own, named.dropna(axis=1, how="all")]) if len(named) else own
    return Register(places, flows.reset_index(drop=True), numbers.get("synergies"))


def _blanked(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a table with every described column, blanks missing and numbers of one type."""
    known = fields(name)
    given = table.replace("", np.nan).reindex(columns=list(known))
    numeric = [column for column, field in known.items() if field["type"] == "number"]
    return given.astype(dict.fromkeys(numeric, "float64"))
