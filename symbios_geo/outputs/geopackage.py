"""The GeoPackage: municipalities, places, flows and exchanges as layers that QGIS opens styled."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from ..disclosure import INTERNAL, MARK
from ..files import write_whole
from ..labels import colour, has_label, interval, label, legend_order, remarks_in, unit_label
from ..model import METRIC_CRS, Match, carried, mode_column
from ..register.classes import COUNTED
from ..register.gate import Register
from ..study.chain import Study, check_study
from ..study.intervals import ranged_balance, ranged_co2
from .listings import exchange_table, flow_table, link_table, site_table, source_table
from .qml import Category, Style, graduated, qml

GPKG_VERSION = "1.2"  # QGIS of 2018 and later opens it without a warning
NOT_COUNTED = "layer:not_counted"
FIXED_TIME = "2000-01-01T00:00:00.000Z"  # so that the same data give the same bytes
LARGEST_MM, SMALLEST_MM = 12.0, 1.5
STYLE_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT CURRENT_TIMESTAMP
)"""


class Layer(NamedTuple):
    """One layer: its name, its rows in SWEREF 99 TM and how it looks."""

    name: str
    rows: gpd.GeoDataFrame
    style: Style


def write_geopackage(study: Study, path: Path, *, lang: str = "sv") -> Path:
    """
    Write all layers with their styles to one GeoPackage in SWEREF 99 TM and return its path.

    Parameters
    ----------
    study
        What `run` returned; cleared for internal readers, every row and layer says INTERN.
    path
        The file to write.
    lang
        Language of legends and column names in QGIS, "sv" or "en".
    """
    internal = check_study(study) == INTERNAL
    layers, tables = make_layers(study, lang), _plain_tables(study)
    write = partial(_write_layers, layers=layers, tables=tables, lang=lang, internal=internal)
    return write_whole(path, write)


def _plain_tables(study: Study) -> dict[str, pd.DataFrame]:
    """Return what has no place of its own: known exchanges, and the references of all rows."""
    known = study.register.synergies
    tables = {} if known is None else {"exchanges": exchange_table(study.register)}
    return tables | {"sources": source_table(study)}


def _write_layers(
    path: Path,
    *,
    layers: list[Layer],
    tables: dict[str, pd.DataFrame],
    lang: str,
    internal: bool,
) -> None:
    """Write layers, tables and styles to a file that is new."""
    path.unlink()
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_TIME})
    try:
        for place, layer in enumerate(layers):
            rows = remarks_in(layer.rows, lang)
            rows = rows.assign(marking=MARK) if internal else rows
            first = {"VERSION": GPKG_VERSION} if place == 0 else {}
            pyogrio.write_dataframe(
                rows, path, layer=layer.name, driver="GPKG", append=place > 0, **first,
                DESCRIPTION=MARK if internal else label(f"layer:{layer.name}", lang),
                IDENTIFIER=layer.name,
            )  # fmt: skip
        for name, table in tables.items():
            rows = remarks_in(table, lang)
            rows = rows.assign(marking=MARK) if internal else rows
            title = MARK if internal else label(f"sheet:{name}", lang)
            pyogrio.write_dataframe(
                rows, path, layer=name, driver="GPKG", append=True, DESCRIPTION=title,
                IDENTIFIER=name,
            )  # fmt: skip
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    _add_styles(path, layers, lang)


def make_layers(study: Study, lang: str = "sv") -> list[Layer]:
    """Return the layers of the GeoPackage, the lowest on the map last as QGIS lists them."""
    register = study.register
    sites = _points(site_table(register), register)
    towns = sites["place_type"] == "locality"
    layers = [
        Layer(f"{key}_links", _lines(match, register), _link_style(match, lang))
        for key, match in study.matches.items()
    ]
    flows = _flow_points(register)
    return [
        *layers,
        Layer("flows", flows, _flow_style(flows, lang)),
        Layer("sites", sites[~towns], _place_style(sites[~towns], "heat_supply", lang)),
        Layer("localities", sites[towns], _place_style(sites[towns], "heat_demand", lang)),
        Layer("municipalities", _municipalities(study), _town_style(study, lang)),
    ]


def _points(table: pd.DataFrame, register: Register) -> gpd.GeoDataFrame:
    """Return rows with a site_id as points."""
    points = register.sites.geometry.reindex(table["site_id"]).to_numpy()
    frame = gpd.GeoDataFrame(table.reset_index(drop=True), geometry=points, crs=register.sites.crs)
    return frame.to_crs(METRIC_CRS)


def _flow_points(register: Register) -> gpd.GeoDataFrame:
    """Return every flow as a point with the class that colours it."""
    table = flow_table(register)
    classes = register.flows.set_index("flow_id")["class"].reindex(table["flow_id"]).to_numpy()
    table.insert(1, "class", np.where(table["additive"] == "yes", classes, NOT_COUNTED))
    return _points(table, register)


def _lines(match: Match, register: Register) -> gpd.GeoDataFrame:
    """Return the exchanges of a match as straight lines."""
    links = link_table(match, register)
    ends = match.links.loc[links.index]
    metric = register.sites.geometry.to_crs(METRIC_CRS)
    starts, stops = (metric.reindex(ends[c]).to_numpy() for c in ("site_id_source", "site_id_sink"))
    lines = [shapely.LineString([a, b]) for a, b in zip(starts, stops, strict=True)]
    return gpd.GeoDataFrame(links.reset_index(drop=True), geometry=lines, crs=METRIC_CRS)


def _municipalities(study: Study) -> gpd.GeoDataFrame:
    """Return the municipalities with both sides of every resource."""
    columns = ["name", "population", "land_km2", "source_id", "geometry"]
    kept = study.municipalities[[c for c in columns if c in study.municipalities]]
    table = kept.rename_axis("municipality_code")
    for key in study.balances:
        balance = ranged_balance(study, key).iloc[:-1]
        table = table.join(balance.drop(columns="name").add_prefix(f"{key}_"))
    carbon = ranged_co2(study).iloc[:-1].drop(columns="name")
    table = table.join(carbon.add_prefix("co2_"))
    return table.reset_index().to_crs(METRIC_CRS)


def _link_style(match: Match, lang: str) -> Style:
    """Return lines as broad as what is delivered, coloured by mode."""
    links = carried(match.links)
    modes = sorted(links[mode_column(links)].unique())
    found = tuple(Category(m, label(f"mode:{m}", lang), colour(f"mode:{m}")) for m in modes)
    top = _top(links["delivered"])
    return Style("line", "mode", found, size=f'0.4 + 4 * "delivered" / {top:g}')


def _flow_style(flows: gpd.GeoDataFrame, lang: str) -> Style:
    """
    Return circles with the area of the value, coloured by class; sources of heat show at first.

    Heat and CO2 have scales of their own, since their units differ.
    """
    keys = sorted(flows["class"].unique(), key=legend_order)
    found = tuple(Category(k, label(k, lang), colour(k), shown=k in COUNTED) for k in keys)
    heat = _top(flows.loc[flows["class"].isin(COUNTED), "value"])
    counted = flows["class"] != NOT_COUNTED
    rest = _top(flows.loc[counted & (flows["resource"] != "heat"), "value"])
    top = f"(case when \"resource\" = 'heat' then {heat:g} else {rest:g} end)"
    return Style("marker", "class", found, size=_area("value", top))


def _place_style(places: gpd.GeoDataFrame, column: str, lang: str) -> Style:
    """Return places as circles with the area of one of their totals."""
    kinds = sorted(places["place_type"].unique())
    found = tuple(
        Category(k, label(f"place_type:{k}", lang), colour(f"place_type:{k}")) for k in kinds
    )
    top = _top(_without_giant(places.loc[places["inside"], column].dropna()))
    return Style("marker", "place_type", found, size=_area(column, f"{top:g}"))


def _town_style(study: Study, lang: str) -> Style:
    """Return municipalities coloured by their need of heat in round classes, with their names."""
    demand = study.balances["heat"]["demand"]
    step = max(100.0 * math.ceil(demand.max() / 400), 1.0)
    breaks = [step * place for place in range(1, 5)]
    unit = unit_label("GWh/yr", lang)
    texts = [
        f"{interval(low, high, lang, digits=0)} {unit}"
        for low, high in zip([0.0, *breaks], breaks, strict=False)
    ]
    colours = [colour(f"ramp:{place}") for place in range(1, 5)]
    classes = tuple(graduated(breaks, colours, texts))
    return Style("fill", "heat_demand", classes)


def _area(column: str, top: str) -> str:
    """Return the expression of a diameter whose square grows with a column, up to `top`."""
    share = f'min(coalesce("{column}", 0) / {top}, 1)'
    return f"{SMALLEST_MM} + {LARGEST_MM - SMALLEST_MM} * sqrt({share})"


def _top(values: pd.Series) -> float:
    """Return the largest value, or 1 when there is none."""
    largest = values.max()
    return float(largest) if largest > 0 else 1.0


def _without_giant(values: pd.Series) -> pd.Series:
    """Return values without the largest when it is ten times the next: beside it, none shows."""
    ordered = values.sort_values()
    giant = len(ordered) > 1 and ordered.iloc[-1] > 10 * ordered.iloc[-2] > 0
    return ordered.iloc[:-1] if giant else ordered


def _add_styles(path: Path, layers: list[Layer], lang: str) -> None:
    """Add the table of styles, and take the time of writing out of the file."""
    columns = "f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
    columns += "styleQML, styleSLD, useAsDefault, description, owner, update_time"
    with closing(sqlite3.connect(path)) as database:
        database.execute(STYLE_TABLE)
        for layer in layers:
            text = qml(layer.style, _aliases(layer.rows, lang))
            described = label(f"layer:{layer.name}", lang)
            row = (
                "",
                "",
                layer.name,
                "geom",
                "symbios-geo",
                text,
                "",
                1,
                described,
                "",
                FIXED_TIME,
            )
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT INTO layer_styles ({columns}) VALUES ({marks})", row)
        database.execute(
            "INSERT INTO gpkg_contents"
            " (table_name, data_type, identifier, description, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
            (FIXED_TIME,),
        )
        database.execute("UPDATE gpkg_contents SET last_change = ?", (FIXED_TIME,))
        database.commit()
        database.execute("VACUUM")


def _aliases(rows: gpd.GeoDataFrame, lang: str) -> dict[str, str]:
    """Return the words of every column of a layer."""
    columns = [c for c in rows.columns if c != "geometry"]
    return {c: label(f"column:{c}", lang) for c in columns if has_label(f"column:{c}")}
