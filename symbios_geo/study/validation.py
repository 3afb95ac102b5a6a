"""Our figures beside published ones, and each source of heat beside plants of its kind."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
import pandas as pd

from ..disclosure import check_cleared, sign
from ..labels import check_language, site_names
from ..model import existing_of
from ..plans.biogas import explain_gap, operating_plants
from ..register.gate import Register
from ..tables import read_table
from .balance import rows_of_balance
from .chain import Study, check_study
from .intervals import FIGURES, ranges, spread

__all__ = ["compare_plants", "compare_published"]

# our figure over a published one: within 10 per cent, and near
FITS, NEAR = (0.9, 1.1), (2 / 3, 1.5)

Ours = tuple[float, float, float]  # best, low, high
NOTHING: Ours = (np.nan, np.nan, np.nan)


def compare_published(study: Study, lang: str = "sv") -> pd.DataFrame:
    """
    Return figures of the study beside published ones, also where they do not fit.

    The figures stand in data/published.csv. `fit` is *fits* where our value is within 10 per cent
    of the published one, *in_range* where the published one lies within our range, *near* within
    a factor of 1.5, and else *differs*. `relation` says whether the published figure is independent
    of what ours is made from; another year of the same statistics tells of change, not of truth,
    and a figure of another scope tests nothing.

    Parameters
    ----------
    study
        What `run` returned.
    lang
        Language of the names, "sv" or "en".

    Returns
    -------
    comparison
        One row per published figure by comparison_id: name, group, ours, low, high, published,
        published_low, published_high, unit, ratio, fit, relation, year, note and source_id. A
        figure that the study does not have is missing, and its `fit` is *not_compared*.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> "ratio" in compare_published(sg.run(), "en").columns
    True
    """
    check_language(lang)
    readers = check_study(study)
    table = read_table("published").set_index("comparison_id")
    found = [_ours(study, rule) for rule in table["ours"]]
    ours = pd.DataFrame(found, index=table.index, columns=["ours", "low", "high"])
    shown = table.rename(columns={"low": "published_low", "high": "published_high"})
    shown = shown.drop(columns="ours").join(ours).rename(columns={"value": "published"})
    shown["name"], shown["note"] = table[f"name_{lang}"], table[f"note_{lang}"]
    shown["ratio"] = shown["ours"] / shown["published"].where(shown["published"] > 0)
    shown["fit"] = [fit_of(row) for row in shown.to_dict("records")]
    columns = [
        "name", "group", "ours", "low", "high", "published", "published_low", "published_high",
        "unit", "ratio", "fit", "relation", "year", "note", "source_id",
    ]  # fmt: skip
    return sign(shown[columns], readers)


def compare_plants(register: Register, lang: str = "sv") -> pd.DataFrame:
    """
    Return each counted source of heat beside reported plants of its kind.

    Yearly heat is compared with that of the branch, hours and temperature with those of the kind of
    stream: between the 10th and 90th percentile of a register of 25,000 potentials
    (data/heat_benchmarks.csv) a figure is *inside* the usual range. Outside is no error: a large
    mill is larger than most plants. The register holds German plants and unused heat only.

    Parameters
    ----------
    register
        Its counted rows of heat but nuclear power, what is delivered and sums of many places.
    lang
        Language of the names, "sv" or "en".

    Returns
    -------
    comparison
        One row per flow by flow_id: name, stream, branch, source_kind, and for gwh, hours and
        temperature our value, `<name>_usual_low`, `<name>_usual_high`, `<name>_place` ("inside",
        "below" or "above") and `<name>_rows`, how many potentials the range rests on.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(len(compare_plants(sg.load_register(), "en")))
    True
    """
    check_language(lang)
    readers = check_cleared(register)
    rows = rows_of_balance(register, "heat")["supply"].query("value > 0 and committed < value")
    rows = rows[rows["scattered"] != "yes"].set_index("flow_id")
    sites = register.sites.reindex(rows["site_id"]).set_axis(rows.index)
    usual = read_table("heat_benchmarks")
    usual = usual[usual["standing"] != "thin"]
    branch = [_branch(usual, site["kind"], site["sector_sni"]) for _, site in sites.iterrows()]
    kind = [_covering(usual[usual["dimension"] == "source_kind"], s) for s in rows["stream"]]
    branches, kinds = (
        usual.reindex(pd.Index(found).where(pd.notna(found), usual.index[0])).set_axis(rows.index)
        for found in (pd.Series(branch, dtype="Int64"), pd.Series(kind, dtype="Int64"))
    )
    table = pd.DataFrame(
        {
            "name": site_names(register.sites, lang).reindex(rows["site_id"]).to_numpy(),
            "stream": rows["stream"],
            "branch": branches[f"name_{lang}"],
            "source_kind": kinds[f"name_{lang}"],
            "confidence": rows["confidence"],
        }
    )
    values = {
        "gwh": (rows["value"], branches, "gwh_{}", "n_rows"),
        "hours": (rows["hours_per_year"], kinds, "hours_{}", "n_hours"),
        "temperature": (
            rows[["temperature_low_c", "temperature_high_c"]].mean(axis=1), kinds,
            "temperature_{}_c", "n_temperature",
        ),
    }  # fmt: skip
    for name, (value, beside, column, count) in values.items():
        low, high = beside[column.format("low")], beside[column.format("high")]
        places = np.select([value < low, value > high], ["below", "above"], "inside")
        table[name] = value.astype("float64")
        table[f"{name}_usual_low"], table[f"{name}_usual_high"] = low, high
        table[f"{name}_place"] = pd.Series(places, rows.index).where(value.notna())
        table[f"{name}_rows"] = beside[count]
    return sign(table.sort_values("gwh", ascending=False), readers)


def fit_of(row: dict[str, float]) -> str:
    """Return how a figure stands to a published one, best word first."""
    ours, published, ratio = row["ours"], row["published"], row["ratio"]
    if pd.isna(ours):
        return "not_compared"
    if FITS[0] <= ratio <= FITS[1]:
        return "fits"
    ends = [row["published_low"], row["published_high"], published]
    within = row["low"] < row["high"] and row["low"] <= published <= row["high"]
    if within or (pd.notna(ends[0]) and ends[0] <= ours <= ends[1]):
        return "in_range"
    return "near" if NEAR[0] <= ratio <= NEAR[1] else "differs"


def _ours(study: Study, rule: str) -> Ours:
    """Return our figure by a rule of data/published.csv, such as `existing:dhn_varberg`."""
    name, _, key = rule.partition(":")
    return RULES[name](study, key)


def _networks(study: Study, code: str) -> Ours:
    """Return what the networks of a municipality deliver; one inside another is not added."""
    table = read_table("networks")
    table = table[(table["municipality_code"] == code) & table["inside_network_id"].isna()]
    ends = ("deliveries_gwh", "deliveries_low_gwh", "deliveries_high_gwh")
    best, low, high = (float(table[end].sum()) for end in ends)
    return (best, low, high) if code in study.municipalities.index and best > 0 else NOTHING


def _losses(study: Study, _: str) -> Ours:
    """Return the share of heat sent out that the networks lose, per cent."""
    table = read_table("networks")
    here = table["municipality_code"].isin(study.municipalities.index)
    table = table[here & table["inside_network_id"].isna()].dropna(subset="deliveries_gwh")
    sent = table["deliveries_gwh"] / (1 - table["loss_share"])
    return (_share(float((sent * table["loss_share"]).sum()), float(sent.sum())), np.nan, np.nan)


def _share(part: float, whole: float) -> float:
    return 100 * part / whole if whole else np.nan


def _existing(study: Study, sink: str) -> Ours:
    """Return what flows to a receiver today, and the range of its row."""
    flows = existing_of(study.exchanges)
    flows = flows[flows["sink"] == sink]
    return (float(flows["delivered"].sum()), np.nan, np.nan) if len(flows) else NOTHING


def _per_head(study: Study, _: str) -> Ours:
    """Return waste heat that flows to networks today by inhabitant, kWh a year."""
    people = study.municipalities.get("population", pd.Series(dtype=float)).sum()
    existing = study.headline["existing_gwh"]
    return (1e6 * existing / people, np.nan, np.nan) if people else NOTHING


def _hot_ratio(study: Study, _: str) -> Ours:
    """Return all heat without nuclear over that which is hot, with its range over the draws."""
    hot = study.heat_classes["value"].get("class_60", 0.0)
    if not hot:
        return NOTHING
    low, high = spread(FIGURES["supply_gwh"](study.drawn) / FIGURES["hot_gwh"](study.drawn))
    return study.headline["supply_gwh"] / hot, low, high


def _flows(study: Study, key: str) -> Ours:
    """Return the sum of some flows, with the range of one that stands alone."""
    table = study.register.flows.set_index("flow_id")
    if not set(key.split()) <= set(table.index):
        return NOTHING
    rows = table.loc[key.split()]
    varied = rows[rows["low"] < rows["high"]]
    if len(varied) > 1:  # lows and highs of several rows do not add up
        return float(rows["value"].sum()), np.nan, np.nan
    fixed = float(rows["value"].sum() - varied["value"].sum())
    low, high = (fixed + float(varied[end].sum()) for end in ("low", "high"))
    return float(rows["value"].sum()), low, high


def _headline(study: Study, key: str) -> Ours:
    """Return a figure of the headline, with its range over the draws where it has one."""
    spans = ranges(study.drawn)
    low, high = spans.loc[key, ["low", "high"]] if key in spans.index else (np.nan, np.nan)
    return study.headline[key], float(low), float(high)


def _biogas_made(study: Study, _: str) -> Ours:
    """Return the biogas of plants that run today."""
    plants = operating_plants(study.register)
    return (float(plants["value"].sum()), np.nan, np.nan) if len(plants) else NOTHING


def _biogas_own(study: Study, _: str) -> Ours:
    """Return our sum of what farm waste and other organic matter could give."""
    row = explain_gap(study.register).loc["own_sum"]
    return float(row["value"]), float(row["low"]), float(row["high"])


def _co2_per_t(study: Study, key: str) -> Ours:
    """Return the biogenic CO2 of a site for each tonne it makes; the key is site_id:kt a year."""
    site, _, kt = key.partition(":")
    rows = study.register.pick("co2", "source")
    rows = rows[(rows["site_id"] == site) & (rows["class"] == "carbon:biogenic")]
    return (float(rows["value"].sum()) / float(kt), np.nan, np.nan) if len(rows) else NOTHING


RULES: MappingProxyType[str, Callable[[Study, str], Ours]] = MappingProxyType(
    {
        "networks": _networks,
        "losses": _losses,
        "existing": _existing,
        "per_head": _per_head,
        "hot_ratio": _hot_ratio,
        "flows": _flows,
        "headline": _headline,
        "biogas_made": _biogas_made,
        "biogas_own": _biogas_own,
        "co2_per_t": _co2_per_t,
    }
)


def _covering(usual: pd.DataFrame, word: object) -> object:
    """Return the row whose kinds or streams hold a word, or nothing."""
    held = usual["covers"].fillna("").str.split().map(lambda words: word in words)
    return usual.index[held][0] if held.any() else pd.NA


def _branch(usual: pd.DataFrame, kind: object, sni: object) -> object:
    """Return the row of a site's kind, else that of its division of SNI."""
    found = _covering(usual[usual["dimension"] == "kind"], kind)
    if pd.notna(found):
        return found
    division = "" if pd.isna(sni) else str(sni)[:2]
    rows = usual[(usual["dimension"] == "sni_division") & (usual["code"] == division)]
    return rows.index[0] if len(rows) else pd.NA
