"""Matched flows as an interactive map carries them: one list of links and nodes per frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..assumptions.values import assumed
from ..errors import MatchError
from ..labels import Language, chance, natural
from ..maps.findings import seldom_words
from ..model import CARRIES_NOTHING, EXISTING, ROLES, Match, carried, in_sek, mode_column
from ..register.gate import Register
from ..shortlist import HALF
from ..study.evidence import GRADES
from ..study.plan import end_confidence
from .places import class_colour, size_legend, word

MONEY = ["investment_msek", "yearly_msek"]
CASE = [*MONEY, "pays_share", "confidence"]  # of a link, from the business case
BROADEST = 3.0  # of the broadest line within the map: one that leaves it, where it is far more
MONTHLY_UNITS = {"GWh/yr": "GWh/month", "kt/yr": "kt/month"}


def make_frames(
    match: Match,
    months: Mapping[int, Match] | None,
    scenarios: Mapping[str, Match] | None,
    words: Language,
) -> Iterator[tuple[str, Match, bool]]:
    """Yield label, match and whether it is one month, in the order of the slider."""
    chosen = months or scenarios or {}
    if not any(other is match for other in chosen.values()):
        key = "explore:whole_year" if not scenarios else "explore:base_case"
        yield words.label(key), match, False
    for name, other in sorted(months.items()) if months else chosen.items():
        yield (words.label(f"month:{name}") if months else str(name)), other, bool(months)


@dataclass(frozen=True)
class PlaceIndex:
    """Which place of the page stands behind an id of a link: a site, a flow or one's stream."""

    owners: Mapping[str, str]
    number: Mapping[str, int]

    def numbers(self, ids: pd.Series | pd.Index) -> pd.Series:
        """Return the number of each id's place in the page."""
        return pd.Series(
            ids.astype(str).map(self.owners).map(self.number), index=getattr(ids, "index", ids)
        )


def make_places(register: Register) -> PlaceIndex:
    """Return the places behind the ids that links of a register have."""
    flows = register.flows[["site_id", "flow_id", "stream"]].astype(str)
    streams = flows["site_id"] + "-" + flows["stream"]
    sites = register.sites.index.astype(str)
    owners = dict(zip(streams, flows["site_id"], strict=True))
    owners |= dict(zip(flows["flow_id"], flows["site_id"], strict=True))
    return PlaceIndex(owners | {id_: id_ for id_ in sites}, {id_: i for i, id_ in enumerate(sites)})


def check_ends(match: Match, places: PlaceIndex) -> None:
    """Refuse a match that names places or flows outside the register."""
    ends = [match.links["source"], match.links["sink"], match.unused.index, match.unmet.index]
    named = {str(id_) for end in ends for id_ in end}
    if unknown := sorted(named - places.owners.keys()):
        msg = (
            f"The match names {', '.join(unknown[:5])}, which the register does not hold. Show the "
            "match with the register it was made from."
        )
        raise MatchError(msg)


def pack_frames(
    frames: list[tuple[str, Match, bool]],
    register: Register,
    places: PlaceIndex,
    resource: str,
    words: Language,
    business: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """
    Return links and nodes of every frame, their modes and their scales.

    `business` tells what the links of the first frame take to build and gain, how often they pay
    and how sure those of today are; and how often those of months do.
    """
    record = next((match.resource for _, match, _ in frames if match.resource), None)
    unit, price_unit = (record.unit, record.told_unit) if record else ("GWh/yr", "SEK/MWh")
    sek = assumed(register.assumptions)["sek_per_eur"]
    placed = [
        _with_confidence(_place_links(in_sek(match.links, sek), places), places, register, resource)
        for _, match, _ in frames
    ]
    if business is not None:
        cases = business.loc[business["resource"] == resource, ["source", "sink", *CASE]]
        cases = cases.drop_duplicates(["source", "sink"])
        for n, (links, (*_, monthly)) in enumerate(zip(placed, frames, strict=True)):
            # how often it pays is of the year, what it takes and gains of the first frame
            known = CASE if not n else ["pays_share"] if monthly else []
            bare = links.drop(columns=known, errors="ignore")
            told = cases[["source", "sink", *known]]
            placed[n] = bare.merge(told, on=["source", "sink"], how="left")
    used = float(register.counted(resource, "source")["committed"].sum())
    joined = [_join_links(links) for links in placed]
    modes = _modes(pd.concat(joined), resource)
    nodes = [
        _nodes(match, links, places) for (_, match, _), links in zip(frames, placed, strict=True)
    ]
    scales = [int(monthly) for _, _, monthly in frames]
    inside = register.sites["inside"].astype(bool).reset_index(drop=True)
    units = [unit, MONTHLY_UNITS.get(unit, unit)]
    sentences = [FrameWords(units[scale], price_unit, words) for scale in scales]
    read = [
        natural(max([0.0, *links["delivered"], *table["total"]]), units[scale])
        for links, table, scale in zip(joined, nodes, scales, strict=True)
    ]
    title = "map:way" if resource == "heat" else "explore:transport"
    if record and any(key.startswith("material:") for key in record.classes):
        title = "map:material"
    return {
        "modes": [
            {"key": key, "label": word(*_pair(key), words), "colour": class_colour(key)}
            for key in modes
        ],
        "modeTitle": words.label(title),
        "frames": [
            {
                "label": name,
                "scale": scale,
                "parts": read[i][0],
                "unit": words.unit(read[i][1]),
                "links": sentences[i].links(joined[i], modes),
                "nodes": sentences[i].nodes(nodes[i]),
                "summary": sentences[i].summary(joined[i], 0.0 if scale else used, resource),
                "brief": sentences[i].brief(joined[i]),
                "doubt": seldom_words(joined[i], units[scale], words.code),
            }
            for i, ((name, _, _), scale) in enumerate(zip(frames, scales, strict=True))
        ],
        # what lies outside the map is no measure of what is on it
        "widths": _widths(joined, inside, scales, units, words),
        "sizes": _scales(
            [t.loc[inside[t["site"]].to_numpy(), "total"] for t in nodes], scales, units, words
        ),
    }


def _place_links(links: pd.DataFrame, places: PlaceIndex) -> pd.DataFrame:
    """Return the links in use between visible places, with the numbers of both."""
    # a pipe that is kept warm takes from its source in a month when it delivers nothing
    table = links[links["sent"] > 0]
    ends = {"a": places.numbers(table["source"]), "b": places.numbers(table["sink"])}
    return table.assign(**ends).dropna(subset=["a", "b"])


def _with_confidence(
    links: pd.DataFrame, places: PlaceIndex, register: Register, resource: str
) -> pd.DataFrame:
    """Return links no surer than the weaker of their ends; that of those of today is not known."""
    sites = {f"site_id_{end}": links[end].astype(str).map(places.owners) for end in ROLES}
    weaker = end_confidence(register, links.assign(**sites), resource).max(axis=1)
    today = links.get("status", pd.Series("", links.index)).eq(EXISTING)
    return links.assign(confidence=weaker.mask(today))


def _join_links(links: pd.DataFrame) -> pd.DataFrame:
    """Return what placed links deliver, one row per pair of places and mode."""
    table = carried(links).copy()
    column = mode_column(table)
    table["mode"] = table[column].fillna("").astype(str) if column else ""
    optional = [name for name in ("unit_cost", "worth", "distance_km") if name in table]
    for name in optional:
        table[name] = table[name].astype(float) * table["delivered"]
    table = table.reindex(columns=[*table, *(name for name in CASE if name not in table)])
    grouped = table.groupby(["a", "b", "mode"], as_index=False)
    sums = grouped[["sent", "delivered", *optional, *MONEY]].sum(min_count=1)  # unknown is not 0
    # no surer than the least sure of the links
    sums["pays_share"] = grouped["pays_share"].min()["pays_share"]
    sums["confidence"] = grouped["confidence"].max()["confidence"]
    for name in ("unit_cost", "worth", "distance_km"):
        sums[name] = sums[name] / sums["delivered"] if name in optional else np.nan
    return sums.sort_values("delivered", ascending=False)


def _modes(links: pd.DataFrame, resource: str) -> list[str]:
    """Return the label keys of the modes in use, the largest first."""
    order = links.groupby("mode")["delivered"].sum().sort_values(ascending=False)
    found = [f"mode:{mode}" if mode else f"resource:{resource}" for mode in order.index]
    return found or [f"resource:{resource}"]


def _pair(key: str) -> tuple[str, str]:
    """Split a label key into its kind and token."""
    kind, _, token = key.partition(":")
    return kind, token


def _nodes(match: Match, links: pd.DataFrame, places: PlaceIndex) -> pd.DataFrame:
    """Return site, role, quantity used and in all of every matched place."""
    parts = []
    ends = (("source", "a", "sent", match.unused), ("sink", "b", "delivered", match.unmet))
    for role, end, moved, rest in ends:
        used = links.groupby(end)[moved].sum()
        left = rest.groupby(places.numbers(rest.index).to_numpy()).sum()
        part = pd.DataFrame({"used": used, "left": left}).fillna(0.0)
        parts.append(part.assign(role=role).rename_axis("site").reset_index())
    table = pd.concat(parts)
    table["total"] = table["used"] + table["left"]
    return table[table["total"] > 0].astype({"site": int}).sort_values(["site", "role"])


def _scales(
    series: list[pd.Series], scales: list[int], units: list[str], words: Language
) -> list[dict[str, Any]]:
    """Return the greatest value and three round ones for yearly and for monthly frames."""
    found = []
    for scale, unit in enumerate(units):
        values = [
            s.max() for s, mine in zip(series, scales, strict=True) if mine == scale and len(s)
        ]
        greatest = float(max(values, default=1.0))
        found.append(size_legend(greatest, unit, words))
    return found


def _widths(
    tables: list[pd.DataFrame],
    inside: pd.Series,
    scales: list[int],
    units: list[str],
    words: Language,
) -> list[dict[str, Any]]:
    """Return the scales of lines; what goes far more broadly out of the map stays the broadest."""
    within = [t.loc[t[["a", "b"]].isin(inside.index[inside]).all(axis=1)] for t in tables]
    found = _scales([table["delivered"] for table in within], scales, units, words)
    for scale, record in enumerate(found):
        mine = [t["delivered"] for t, own in zip(tables, scales, strict=True) if own == scale]
        record["most"] = max((float(t.max()) for t in mine if len(t)), default=record["max"])
        if record["most"] > BROADEST * record["max"]:
            record["max"] *= BROADEST
    return found


class FrameWords:
    """The sentences of one frame in one language and unit."""

    def __init__(self, unit: str, cost_unit: str, words: Language) -> None:
        self.unit, self.cost_unit, self.words = unit, cost_unit, words

    def quantity(self, value: float) -> str:
        """Return a quantity with its unit."""
        return self.words.quantity(value, self.unit)

    def links(self, links: pd.DataFrame, modes: list[str]) -> list[dict[str, Any]]:
        """Return the links between places of the page, which are named by their number."""
        return [
            {
                "from": int(row["a"]),
                "to": int(row["b"]),
                "delivered": round(row["delivered"], 4),
                "price": None if pd.isna(row["unit_cost"]) else round(row["unit_cost"], 2),
                "mode": modes.index(f"mode:{row['mode']}") if row["mode"] else 0,
                "deliveredText": self.quantity(row["delivered"]),
                "sentText": self.quantity(row["sent"]),
                "distance": self._optional(row["distance_km"], "km"),
                "cost": self._optional(row["unit_cost"], self.cost_unit),
                "worth": self._optional(row["worth"], self.cost_unit),
                "money": self._money(row),
                "pays": "" if pd.isna(row["pays_share"]) else self._pays(row["pays_share"]),
                "open": bool(share := self._seldom(row)),
                "seldom": share,
                "level": GRADES.index(row["confidence"]) if row["confidence"] in GRADES else None,
            }
            for row in links.to_dict("records")
        ]

    def nodes(self, nodes: pd.DataFrame) -> list[dict[str, Any]]:
        """Return how much of its supply or demand each matched place uses, and a sentence of it."""
        return [
            {
                "site": row["site"],
                "role": row["role"],
                "used": round(row["used"], 4),
                "total": round(row["total"], 4),
                "text": self.node(row["role"], row["used"], row["total"]),
            }
            for row in nodes.to_dict("records")
        ]

    def summary(self, links: pd.DataFrame, used: float, resource: str) -> str:
        """Return what one frame delivers in all, what is new, and what is used otherwise today."""
        total = links["delivered"].sum()
        old = links.loc[links["mode"] == EXISTING, "delivered"].sum()
        told = {"delivered": self.quantity(total), "links": len(links)}
        # nothing is no measured 0.00
        own = max(used - old, 0.0)
        amounts = {"new": total - old, "old": old, "own": own}
        parts, _ = natural(total, self.unit)  # as the sum is told
        digits = None if parts == 1 else 1
        told |= {
            key: self.words.number(value / parts, digits=digits) if value else "0"
            for key, value in amounts.items()
        }
        kind = f"_own_{resource}" if own > CARRIES_NOTHING else ""
        return self.words.label(f"explore:summary{kind}", **told)

    def brief(self, links: pd.DataFrame) -> str:
        """Return what is new, with what seldom pays by itself or else beside what flows today."""
        parts, unit = natural(links["delivered"].sum(), self.unit)
        old = links["mode"] == EXISTING
        few = ~old & (links["pays_share"] < HALF)
        sums = {"new": ~old, "old": old, "few": few, "sure": ~old & ~few}
        told = {key: links.loc[mine, "delivered"].sum() / parts for key, mine in sums.items()}
        key = "seldom" if told["few"] else "all"
        numbers = {
            name: self.words.number(value, digits=int(0 < value < 10))  # as titles round
            for name, value in told.items()
        }
        return self.words.label(f"explore:brief_{key}", **numbers, unit=self.words.unit(unit))

    def node(self, role: str, used: float, total: float) -> str:
        """Return how much of a place's supply or demand is matched."""
        parts, _ = natural(total, self.unit)
        digits = None if parts == 1 else 1
        numbers = {"used": self.words.number(used / parts, digits=digits)}
        key = f"explore:node_{role}" if used > CARRIES_NOTHING else f"explore:idle_{role}"
        return self.words.label(key, **numbers, total=self.quantity(total))

    def _money(self, row: dict[Any, Any]) -> str:
        """Return what a link takes to build and gains a year, where that is known."""
        if pd.isna(row["investment_msek"]) or pd.isna(row["yearly_msek"]):
            return ""
        told = {name.partition("_")[0]: self.words.number(row[name]) for name in MONEY}
        key = "told" if told["investment"].strip("0.,") else "unbuilt"
        return self.words.label(f"explore:money_{key}", **told)

    def _pays(self, share: float) -> str:
        """Return in how many of the draws a link pays."""
        return self.words.label("explore:pays_told", share=chance(share, self.words.code))

    def _seldom(self, row: dict[Any, Any]) -> str:
        """Return in how many of the draws a new link pays, if that is fewer than half."""
        few = row["pays_share"] < HALF and row["mode"] != EXISTING
        return chance(row["pays_share"], self.words.code) if few else ""

    def _optional(self, value: float, unit: str) -> str:
        """Return a number with its unit, or nothing."""
        return self.words.quantity(value, unit) if unit and pd.notna(value) else ""
