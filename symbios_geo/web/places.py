"""What an interactive map carries: register, links and background as plain numbers and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from .. import labels
from ..heat.season import month_profile, month_shares
from ..labels import Language, known_sources, legend_order, site_names
from ..maps.flows import kind_word
from ..maps.legends import decimals, round_sizes
from ..model import ROLES
from ..region.sweden import load_swedish_municipalities
from ..register.classes import NUCLEAR
from ..register.gate import MANY, Register
from ..study.evidence import GRADES
from ..tables import data_version, read_table
from .backdrop import DECIMALS, home, known_localities, pack_background, sheet

PROFILES = ("flat_share", "heat_load_share", "summer_surplus_share")
CLASS_TITLES = {"heat": "explore:class_heat", "co2": "column:carbon"}
SEASONAL, MONTHLY_UNIT = "heat", "GWh/month"  # the one resource with profiles by month
TEXTS = (
    "about", "against", "all_year", "also_here", "beyond", "beyond_line", "by_name", "close",
    "confidence", "cost", "cost_worth", "counts", "csv", "delivered", "distance", "exchanges",
    "from_sources", "front", "hits", "home", "imagined", "in_view", "joined", "largest",
    "left_out", "map_label", "money", "month", "month_about", "more", "new", "no_data",
    "no_hits", "not_counted", "note", "note_place", "open", "order", "other_flows", "outside",
    "panel", "pays", "pin", "pin_cancel", "pin_csv", "pin_hint", "pin_left", "pin_left_about",
    "pin_nearest", "pin_remove", "pin_set", "pin_within", "place_names", "places", "print",
    "range", "resource", "role", "search", "sent", "show", "shown", "size", "size_node",
    "source", "status", "sum", "town", "whole_plan", "whole_year", "width", "worth", "year",
    "zoom_in", "zoom_out",
)  # fmt: skip


def pack_page(
    register: Register, municipalities: gpd.GeoDataFrame, words: Language, *, tiles: bool
) -> dict[str, Any]:
    """Return what every map carries: words, sources, places with their flows, background."""
    sources = known_sources(words.code, register.sources)
    facets = _facets(register.flows, words)
    west, south, east, north = sheet(municipalities)
    names = register.region.words(words.code)
    credits = ["explore:background"]
    credits += ["explore:background_localities"] * bool(len(known_localities(municipalities)))
    return {
        "locale": words.tag,
        "text": {key: words.label(f"explore:{key}", **names) for key in TEXTS},
        "roles": [{"key": role, "label": words.label(f"role:{role}")} for role in ROLES],
        "confidence": [words.label(f"confidence:{level}") for level in GRADES],
        "sources": _pack_sources(sources, register.flows),
        "streams": facets["streams"],
        "classes": facets["classes"],
        "sinkClass": facets["keys"].index("role:sink"),
        "resources": facets["resources"],
        "months": _pack_months(words),
        **pack_sites(register, facets, sources, words),
        "base": pack_background(municipalities, sea=not tiles),
        "sheet": [[south, west], [north, east]],
        "home": home(municipalities),
        "about": [
            words.label("explore:offline" if not tiles else "explore:tiles"),
            words.label("explore:version", version=data_version()),
            *(words.label(key) for key in credits),
            words.label("explore:leaflet"),
        ],
        "credits": [words.label("explore:credit_tiles" if tiles else "explore:credit"), "Leaflet"],
    }  # fmt: skip


def _facets(flows: pd.DataFrame, words: Language) -> dict[str, Any]:
    """Return the resources, classes and streams of the flows, each with its words and colour."""
    keys: list[str] = []
    resources = []
    order = flows["resource"].value_counts(sort=True)
    classes = flows["class"]
    for resource in order.index:
        mine = flows["resource"] == resource
        found = sorted(set(classes[mine & (flows["role"] == "source")]), key=legend_order)
        found = found or [f"resource:{resource}"]
        keys += [key for key in found if key not in keys]
        resources.append(
            {
                "key": resource,
                "label": word("resource", resource, words),
                "classes": [keys.index(key) for key in found],
                "classTitle": words.label(CLASS_TITLES.get(resource, "column:stream")),
                **_scale(flows[mine], classes[mine], words),
            }
        )
    keys.append("role:sink")
    streams = sorted(flows["stream"].dropna().unique())
    return {
        "keys": keys,
        "classes": [
            {"key": k, "label": _class_word(k, words), "colour": class_colour(k)} for k in keys
        ],
        "resources": resources,
        "number": {resource: i for i, resource in enumerate(order.index)},
        "streams": [word("stream", stream, words) for stream in streams],
        "stream_number": {stream: i for i, stream in enumerate(streams)},
    }


def _pack_months(words: Language) -> dict[str, Any]:
    """Return the names of the months, and the share of a year in each by profile."""
    profiles = read_table("profiles").set_index("month")[list(PROFILES)]
    return {
        "labels": [words.label(f"month:{month}") for month in profiles.index],
        "shares": [[round(share, 6) for share in profiles[name]] for name in PROFILES],
        "unit": words.unit(MONTHLY_UNIT),
    }


def _scale(flows: pd.DataFrame, classes: pd.Series, words: Language) -> dict[str, Any]:
    """Return the largest symbol of a resource and three round values for its legend."""
    unit = flows["unit"].iloc[0]
    ordinary = flows[(classes != NUCLEAR) & (flows["category"] != "planned")]
    counted = ordinary[ordinary["additive"] == "yes"]
    counted = counted if counted["value"].max() > 0 else ordinary
    found = size_legend(_greatest(counted, counted[["value"]]), unit, words)
    if flows["resource"].iloc[0] == SEASONAL:
        monthly = month_shares(month_profile(counted)).mul(counted["value"], axis=0)
        found["monthly"] = size_legend(_greatest(counted, monthly), MONTHLY_UNIT, words)
    return found


def _greatest(flows: pd.DataFrame, values: pd.DataFrame) -> float:
    """Return the largest sum of a place in any column of values, 1 if there is none."""
    sums = values.groupby([flows["site_id"], flows["role"]]).sum()
    found = float(sums.max(axis=None)) if len(sums) else 0.0
    return found if found > 0 else 1.0


def size_legend(greatest: float, unit: str, words: Language) -> dict[str, Any]:
    """Return a unit in words, the largest symbol and three round values."""
    return {
        "unit": words.unit(unit),
        "max": greatest,
        "parts": labels.natural(greatest, unit)[0],
        "legend": [
            {"value": v, "text": words.quantity(v, unit, digits=decimals(v))}
            for v in round_sizes(greatest)
        ],
    }


def pack_sites(
    register: Register, facets: dict[str, Any], sources: pd.DataFrame, words: Language
) -> dict[str, list[Any]]:
    """Return places, flows, and the longer texts, which both of them name by their number."""
    order = {id_: i for i, id_ in enumerate(_used_sources(sources, register.flows))}
    texts = {"": 0}
    number = {str(id_): i for i, id_ in enumerate(register.sites.index)}
    seen = register.flows
    table = seen.assign(class_key=seen["class"], profile=month_profile(seen))
    flows = [
        {"site": number[str(row["site_id"])], **_pack_flow(row, facets, order, texts, words)}
        for row in table.to_dict("records")
    ]
    towns = load_swedish_municipalities()["name"]
    names = site_names(register.sites, words.code)
    kinds = [kind_word(text(kind), words.code) for kind in register.sites["kind"]]
    twins = pd.Series(kinds, names.index).where(names.duplicated(keep=False), "")
    named = register.sites.assign(name=names, twin=twins)
    sites = named.drop(columns="geometry").to_dict("index")
    spots = zip(register.sites.geometry.y, register.sites.geometry.x, strict=True)
    packed = [
        {
            "at": [round(lat, DECIMALS), round(lon, DECIMALS)],
            "name": text(site["name"]),
            "twin": text(site["twin"]),
            "detail": _position(_detail(site, towns, words), texts),
            "note": _position(words.remark(text(site.get("note"))), texts),
            "outside": int(not site.get("inside", True)),
            "many": int(site.get("status") == MANY),
            "settlement": int(site.get("place_type") == "locality"),
        }
        for site, (lat, lon) in zip(sites.values(), spots, strict=True)
    ]
    return {"sites": packed, "flows": flows, "texts": list(texts)}


def _position(text: str, texts: dict[str, int]) -> int:
    """Return the position of a text among those met so far."""
    return texts.setdefault(text, len(texts))


def _pack_flow(
    row: Mapping[str, Any],
    facets: dict[str, Any],
    order: dict[str, int],
    texts: dict[str, int],
    words: Language,
) -> dict[str, Any]:
    """Return one flow; what is one of a list is the number in it, None if it is none of them."""
    known = pd.notna(row["value"])
    ranged = pd.notna(row["low"]) and pd.notna(row["high"])
    level = row["confidence"]
    return {
        "resource": facets["number"][row["resource"]],
        "role": row["role"],
        "class": facets["keys"].index(row["class_key"] if row["role"] == "source" else "role:sink"),
        "value": round(float(row["value"]), 4) if known else None,
        "quantity": words.quantity(row["value"], row["unit"]),
        "range": _range(row, words) if known and ranged else "",
        "year": "" if pd.isna(row["year"]) else str(int(row["year"])),
        "counted": int(row["additive"] == "yes"),
        "confidence": GRADES.index(level) if level in GRADES else None,
        "source": order.get(row["source_id"]),
        "stream": facets["stream_number"].get(row["stream"]),
        "temperatures": _position(_temperatures(row, words), texts),
        "note": _position(words.remark(text(row.get("note"))), texts),
        "profile": PROFILES.index(row["profile"]) if row["resource"] == SEASONAL else None,
    }


def _range(row: Mapping[str, Any], words: Language) -> str:
    """Return the range of a flow in the unit that its value is told in."""
    parts, unit = labels.natural(row["value"], row["unit"])
    span = words.interval(row["low"] / parts, row["high"] / parts)
    return f"{span}\u00a0{words.unit(unit)}"


def _temperatures(row: Mapping[str, Any], words: Language) -> str:
    """Return the temperatures of a flow in words, degC."""
    pairs = (
        ("explore:temperature", "temperature_low_c", "temperature_high_c"),
        ("explore:supply_return", "supply_temperature_c", "return_temperature_c"),
    )
    for key, first, second in pairs:
        if pd.notna(row.get(first)) and pd.notna(row.get(second)):
            numbers = [words.number(row[name], digits=0) for name in (first, second)]
            return words.label(key, first=numbers[0], second=numbers[1])
    return ""


def _detail(site: Mapping[str, Any], towns: pd.Series, words: Language) -> str:
    """Return operator, kind, municipality and, if it does not run, status of a place."""
    status = text(site.get("status"))
    kind = text(site.get("kind"))
    parts = [
        words.remark(text(site.get("operator"))),
        word("kind", kind, words) if kind else "",
        str(towns.get(site.get("municipality_code"), "")),
        word("status", status, words) if status not in ("", "operating", "category") else "",
    ]
    return " · ".join(part for part in parts if part)


def _used_sources(sources: pd.DataFrame, flows: pd.DataFrame) -> list[str]:
    """Return the ids of the listed sources that the flows name."""
    return sorted(set(sources.index) & set(flows["source_id"].dropna()))


def _pack_sources(sources: pd.DataFrame, flows: pd.DataFrame) -> list[dict[str, str]]:
    """Return title and address of every source that the flows name."""
    used = sources.loc[_used_sources(sources, flows)]
    return [
        {"title": text(row["title"]), "address": text(row["url"])}
        for row in used.to_dict("records")
    ]


def word(kind: str, token: str, words: Language) -> str:
    """Return the label of a token of the register, or the token itself in words."""
    return words.label_or(f"{kind}:{token}", str(token).replace("_", " "))


def class_colour(key: str) -> str:
    """Return the colour of a class; a resource without one of its own is grey."""
    return labels.colour(key if labels.has_label(key) else "explore:other")


def text(value: object) -> str:
    """Return a value of a table as text, missing as nothing."""
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def _class_word(key: str, words: Language) -> str:
    """Return the label of a class."""
    kind, _, token = key.rpartition(":")
    return word(kind, token, words) if kind else words.label(key)
