"""Read what the sources answer, strictly: one row a figure, or what came instead of what."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from math import prod
from typing import Any

import pandas as pd

from ..tables import read_table
from .sources import Endpoint

# a shape: fields by name, a list of one shape, or the types a value may have
NUMBER, MAYBE = (int, float), (int, float, type(None))
FIGURE = {"gender": (str,), "value": MAYBE}
ROW = {"kpi": (str,), "municipality": (str,), "period": (int, str), "values": [FIGURE]}
CUBE = {"class": (str,), "id": [(str,)], "size": [(int,)], "dimension": (dict,), "value": [MAYBE]}
PLACED = {"facility_id": (str,), "name": (str, type(None)), "lon": MAYBE, "lat": MAYBE}
RELEASE = PLACED | {"pollutant": (str,), "kg": NUMBER, "year": (int, str)}
LARGEST = 1e15  # no figure of a source is larger, and JSON can write infinity
FULL_PAGE = 100_000  # rows at most in one answer, which may then lack some; Kolada's hold 5,000
HEAT_IN_ALL, HEAT_TO_INDUSTRY = "999", "921"
POLLUTANTS = {"CO2": "co2_total", "CO2EXCLBIOMASS": "co2_fossil"}
MOST_TIMES = 10  # a population that grew or shrank by more is no population
KEYS = ["municipality_code", "year"]


def read_object(body: bytes, endpoint: Endpoint, shape: dict[str, Any]) -> dict[str, Any]:
    """Read the bytes as one JSON object of a shape."""
    try:
        content = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        endpoint.refuse("", "json", body[:120].decode("utf-8", "replace"))
    if isinstance(content, dict) and content.get("errors"):
        endpoint.fail("question", text=" ".join(ascii(content["errors"]).split())[:200])
    check(content, shape, "", endpoint)
    return dict(content)


def check(value: Any, shape: Any, place: str, endpoint: Endpoint) -> None:
    """Refuse a value of another shape, and name its place; true is no number."""
    kinds = shape if isinstance(shape, tuple) else (type(shape),)
    if isinstance(value, bool) or not isinstance(value, kinds):
        endpoint.refuse(place, kinds[0].__name__, value)
    if isinstance(shape, dict):
        for name, inner in shape.items():
            if name not in value:
                endpoint.refuse(place, "field", sorted(value)[:8], name=name)
            check(value[name], inner, f"{place}/{name}", endpoint)
    elif isinstance(shape, list):
        for number, each in enumerate(value):
            check(each, shape[0], f"{place}/{number}", endpoint)
    elif isinstance(value, int | float) and not abs(value) < LARGEST:
        endpoint.refuse(place, "size", "NaN" if value != value else ">= 1e15")
    elif isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        endpoint.refuse(place, "str", value)  # half a letter, which no file can hold


def read_people(body: bytes, endpoint: Endpoint) -> pd.DataFrame:
    """Read the inhabitants by municipality and year."""
    table = _kolada(body, endpoint) if endpoint.what == "kolada" else _cube(body, endpoint)
    known = read_table("municipalities").set_index("municipality_code")["population"]
    times = table["value"] / table["municipality_code"].map(known)
    odd = ~times.fillna(1).between(1 / MOST_TIMES, MOST_TIMES) | (table["value"] % 1 != 0)
    if odd.any():
        endpoint.refuse("", "people", table.loc[odd, "value"].tolist(), times=MOST_TIMES)
    return _long(table[[*KEYS, "value"]].rename(columns={"value": "population"}), "inhabitants")


def read_energy_use(body: bytes, endpoint: Endpoint) -> pd.DataFrame:
    """Read the final energy use per inhabitant by municipality and year."""
    table = _kolada(body, endpoint)
    return _long(table.rename(columns={"value": "energy_use_per_inhabitant"}), "MWh/yr")


def read_heat(body: bytes, endpoint: Endpoint) -> pd.DataFrame:
    """Read district heat by municipality and year: all, and without industry, in GWh/yr."""
    cells = _cube(body, endpoint, "Forbrukningskategri")
    wide = cells.pivot_table("value", KEYS, "Forbrukningskategri", aggfunc="first", dropna=False)
    wide = wide.reindex(columns=[HEAT_IN_ALL, HEAT_TO_INDUSTRY]) / 1000
    if (wide < 0).any(axis=None) or wide.isna().all().any():
        endpoint.refuse("/value", "heat", wide.to_numpy().tolist())
    total = wide[HEAT_IN_ALL]
    buildings = total - wide[HEAT_TO_INDUSTRY]
    names = {"district_heat_total_gwh": total, "district_heat_buildings_gwh": buildings}
    return _long(pd.DataFrame(names).reset_index(), "GWh/yr")


def read_releases(body: bytes, endpoint: Endpoint) -> pd.DataFrame:
    """Read the newest CO2 of each facility: total, without biomass and biogenic, in kt/yr."""
    rows = read_object(body, endpoint, {"results": [RELEASE]})["results"]
    table = pd.DataFrame(rows, columns=list(RELEASE)).dropna(subset=["lon", "lat"])
    if len(rows) >= FULL_PAGE or table.empty:
        endpoint.refuse("/results", "page", f"{len(table)} / {len(rows)}", most=FULL_PAGE)
    codes = table["pollutant"].str.upper().str.replace(r"%20| ", "", regex=True).map(POLLUTANTS)
    on_earth = table["lon"].between(-180, 180) & table["lat"].between(-90, 90)
    if (odd := codes.isna() | (table["kg"] < 0) | ~on_earth).any():
        endpoint.refuse("/results", "release", table[odd].iloc[0].tolist())
    kt = table["kg"].astype(float) / 1e6
    table = table.assign(kg=kt, pollutant=codes, year=_years(table["year"], endpoint))
    table = table.drop_duplicates([*RELEASE.keys() - PLACED.keys(), "facility_id"])
    if table.duplicated(["facility_id", "year", "pollutant"]).any():
        endpoint.refuse("/results", "one", len(table))
    wide = table.pivot_table("kg", ["facility_id", "year"], "pollutant")
    wide = wide.reindex(columns=list(POLLUTANTS.values())).reset_index()
    biogenic = wide["co2_total"] - wide["co2_fossil"]
    last = wide.assign(co2_biogenic=biogenic.where(biogenic >= 0))
    last = last.sort_values("year").drop_duplicates("facility_id", keep="last")
    places = table.sort_values("year").drop_duplicates("facility_id", keep="last")[list(PLACED)]
    # no letter of a name may steer a terminal
    names = places["name"].fillna(places["facility_id"]).map(lambda text: " ".join(text.split()))
    places["name"] = ["".join(filter(str.isprintable, name)) for name in names]
    return _long(last, "kt/yr").dropna().merge(places, on="facility_id")


def _kolada(body: bytes, endpoint: Endpoint) -> pd.DataFrame:
    """Return the newest value of one key figure for both sexes."""
    rows = read_object(body, endpoint, {"values": [ROW]})["values"]
    if len({row["kpi"] for row in rows}) != 1 or len(rows) >= FULL_PAGE / 20:
        endpoint.refuse("/values", "page", len(rows), most=FULL_PAGE // 20)
    found = [
        (row["municipality"], row["period"], float(figure["value"]))
        for row in rows
        for figure in row["values"]
        if figure["gender"] == "T" and figure["value"] is not None and not figure.get("isdeleted")
    ]
    return _newest(pd.DataFrame(found, columns=[*KEYS, "value"]), endpoint)


def _cube(body: bytes, endpoint: Endpoint, *more: str) -> pd.DataFrame:
    """Return the cells of a JSON-stat 2.0 dataset by municipality, year and further dimensions."""
    content = read_object(body, endpoint, CUBE)
    names, values = content["id"], content["value"]
    axes = {name: {"category": {"index": (dict,)}} for name in ["Region", "Tid", *more, *names]}
    check(content["dimension"], axes, "/dimension", endpoint)
    orders = [content["dimension"][name]["category"]["index"] for name in names]
    for name, order in zip(names, orders, strict=True):
        check(list(order.values()), [(int,)], f"/dimension/{name}", endpoint)
        if sorted(order.values()) != list(range(len(order))):
            endpoint.refuse(f"/dimension/{name}", "order", order, size=len(order))
    sizes = [len(order) for order in orders]
    if [*sizes, prod(sizes)] != [*content["size"], len(values)] or sorted(names) != sorted(axes):
        endpoint.refuse("/value", "cells", [*content["size"], len(values)], sizes=sizes)
    index = pd.MultiIndex.from_product([sorted(o, key=o.__getitem__) for o in orders], names=names)
    cells = pd.Series(values, index, dtype=float, name="value").reset_index()
    # codes may carry a suffix for the version of the division
    cells[KEYS[0]], cells[KEYS[1]] = cells["Region"].str.partition("_")[0], cells["Tid"]
    return _newest(cells[[*KEYS, *more, "value"]], endpoint, *more)


def _newest(table: pd.DataFrame, endpoint: Endpoint, *more: str) -> pd.DataFrame:
    """Return the newest rows; each of the six municipalities must be there once."""
    wanted = set(read_table("municipalities")["municipality_code"])
    if missing := sorted(wanted - set(table["municipality_code"])):
        endpoint.refuse("", "towns", table["municipality_code"].tolist(), missing=missing)
    table = table.assign(year=_years(table["year"], endpoint))
    if table.duplicated([*KEYS, *more]).any():
        endpoint.refuse("", "one", table["value"].tolist())
    if not more and not (table["value"] > 0).all():
        endpoint.refuse("", "above_0", table["value"].min())
    newest = table.groupby(["municipality_code", *more])["year"].transform("max")
    return table[table["year"] == newest].reset_index(drop=True)


def _long(wide: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return one row per figure, with its column and unit."""
    keys = [name for name in wide if name in (*KEYS, "facility_id")]
    return wide.melt(keys, var_name="column").assign(unit=unit)


def _years(texts: pd.Series, endpoint: Endpoint) -> list[int]:
    """Return years written as four digits or as numbers; none lies in the future."""
    this, plain = datetime.now(UTC).year, [str(text) for text in texts]
    for text in plain:
        if not (len(text) == 4 and text.isascii() and text.isdigit() and 1900 <= int(text) <= this):
            endpoint.refuse("", "year", text, this=this)
    return [int(text) for text in plain]
