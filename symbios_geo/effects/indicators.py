"""Indicators of industrial symbiosis: networks, by-products in use, sectors, resilience."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

Pair = tuple[object, object]
UNITS = {
    "actors": "actors", "exchanges": "exchanges", "exchanges_between": "exchanges",
    "links": "links", "resources": "resources", "sectors": "sectors", "median_km": "km",
    "avoided_kt_co2e": "kt CO2e/yr", "gain_msek": "MSEK/yr", "jobs": "jobs",
    "share_with_quantity": "share", "small_company_share": "share", "small_medium_share": "share",
    "single_supplier_share": "share",
}  # fmt: skip


class Connectance(NamedTuple):
    """Links there are over links there could be, in the three forms that are printed."""

    directed: float
    undirected: float
    food_web: float


def connectance(actors: int, links: Collection[Pair]) -> Connectance:
    """
    Return how densely actors are linked: L / S(S - 1), pairs over S(S - 1) / 2, and L / S^2.

    The three differ by a factor of two and more, so say which one is told. More links are no goal:
    they can lengthen the payback. Sources: Hardy and Graedel 2002, Tiejun 2010, Layton et al. 2016.

    Parameters
    ----------
    actors
        Number of actors, S.
    links
        One (giver, taker) for each two actors and direction; L of them.

    Examples
    --------
    >>> connectance(3, [("mill", "town"), ("town", "mill")]).undirected
    0.3333333333333333
    """
    count = len(set(links))
    pairs = len({frozenset(link) for link in links})
    ways = actors * (actors - 1)
    if not ways:
        return Connectance(np.nan, np.nan, np.nan)
    return Connectance(count / ways, 2 * pairs / ways, count / actors**2)


def recycling_rate(undirected: float, shares: Sequence[float]) -> float:
    """
    Return Tiejun's by-product and waste recycling rate: connectance x mean share taken up.

    Examples
    --------
    >>> round(recycling_rate(0.5, [0.2, 0.4]), 2)
    0.15
    """
    return undirected * float(np.mean(shares)) if len(shares) else np.nan


def cyclicity(links: Collection[Pair]) -> float:
    """
    Return the largest real eigenvalue of the adjacency matrix.

    0: nothing comes back; 1: one cycle; above: cycles that lock into each other (Layton et al.).

    Examples
    --------
    >>> cyclicity([("a", "b"), ("b", "c")]), cyclicity([("a", "b"), ("b", "a")])
    (0.0, 1.0)
    """
    names = sorted({str(end) for link in links for end in link})
    if not names:
        return 0.0
    matrix = np.zeros((len(names), len(names)))
    for giver, taker in links:
        matrix[names.index(str(giver)), names.index(str(taker))] = 1.0
    # an acyclic matrix is nilpotent: rounding of its eigenvalues is no cycle
    if not np.linalg.matrix_power(matrix, len(names)).any():
        return 0.0
    return float(np.linalg.eigvals(matrix).real.max())


def is_symbiosis(links: Collection[tuple[object, object, object]]) -> bool:
    """
    Say whether (giver, taker, resource) meet the 3-2 rule: three actors, two resources.

    Examples
    --------
    >>> is_symbiosis([("a", "b", "heat"), ("b", "c", "co2")])
    True
    """
    actors = {end for giver, taker, _ in links for end in (giver, taker)}
    return len(actors) >= 3 and len({resource for *_, resource in links}) >= 2


def utilisation(used: float, arising: float) -> float:
    """
    Return what is used over what arises; say whether cover on a landfill counts as use.

    Examples
    --------
    >>> utilisation(3, 4)
    0.75
    """
    return used / arising if arising > 0 else np.nan


def diversity(counts: Sequence[int]) -> tuple[float, float]:
    """
    Return Shannon's H of actors by sector, and its evenness H / ln n (one sector: 0).

    Examples
    --------
    >>> tuple(round(part, 2) for part in diversity([2, 2]))
    (0.69, 1.0)
    """
    share = np.asarray([count for count in counts if count > 0], dtype=float)
    if not len(share):
        return np.nan, np.nan
    share = share / share.sum()
    entropy = float(-(share * np.log(share)).sum()) + 0.0
    return entropy, entropy / float(np.log(len(share))) if len(share) > 1 else 0.0


def single_supplier_share(flows: pd.DataFrame) -> float:
    """
    Return the share of what arrives that goes to takers with one giver; giver, taker, amount.

    Examples
    --------
    >>> rows = pd.DataFrame([("a", "c", 2), ("b", "c", 1), ("a", "d", 1)])
    >>> rows.columns = ["giver", "taker", "amount"]
    >>> single_supplier_share(rows)
    0.25
    """
    sums = flows.groupby(["taker", "giver"])["amount"].sum()
    alone = sums.groupby("taker").transform("size") == 1
    return utilisation(float(sums[alone].sum()), float(sums.sum()))


def robustness(flows: pd.DataFrame) -> tuple[float, float]:
    """
    Return Ulanowicz' efficiency a = AMI / H of a network of flows, and its robustness -e a ln a.

    At a = 0.37 the network has most of both; at 1 it has no other way when one fails (R = 0).

    Parameters
    ----------
    flows
        giver, taker and amount.

    Examples
    --------
    >>> rows = pd.DataFrame({"giver": ["a"], "taker": ["b"], "amount": [1]})
    >>> robustness(rows)
    (1.0, 0.0)
    """
    share = flows.groupby(["giver", "taker"])["amount"].sum()
    share = share[share > 0] / share.sum()
    if share.empty:
        return np.nan, np.nan
    given, taken = (share.groupby(side).transform("sum") for side in ("giver", "taker"))
    mutual = float((share * np.log(share / (given * taken))).sum())
    entropy = float(-(share * np.log(share)).sum())
    a = mutual / entropy if entropy > 0 else 1.0
    a = min(max(a, 0.0), 1.0)  # rounding
    return a, float(-np.e * a * np.log(a)) + 0.0 if a > 0 else 0.0


def describe(exchanges: pd.DataFrame, actors: pd.DataFrame) -> dict[str, float]:
    """
    Return the indicators of a network by their id; not a number where nothing tells.

    Parameters
    ----------
    exchanges
        A row per exchange: giver, taker, resource, amount, km, and `share`, what is taken of that
        which arises at the giver.
    actors
        By site_id: sector (SNI) and company_size, blank where it is not known.

    Examples
    --------
    >>> rows = pd.DataFrame({"giver": ["a"], "taker": ["b"], "resource": ["heat"], "amount": [1.0]})
    >>> actors = pd.DataFrame({"sector": ["35.30", "17.12"], "company_size": None}, ["a", "b"])
    >>> describe(rows.assign(km=2.0, share=0.5), actors)["exchanges"]
    1
    """
    between = exchanges[exchanges["giver"] != exchanges["taker"]]
    links = list(dict.fromkeys(zip(between["giver"], between["taker"], strict=True)))
    three = list(zip(between["giver"], between["taker"], between["resource"], strict=True))
    here = sorted({str(end) for link in links for end in link})
    dense = connectance(len(here), links)
    facts = actors.reindex(here)
    sections = facts["sector"].replace("", np.nan).dropna().astype(str).str[:2]
    counts = sections.value_counts()
    entropy, even = diversity(list(counts))
    heat = between[(between["resource"] == "heat") & between["amount"].notna()]
    givers, takers = {giver for giver, _ in links}, {taker for _, taker in links}
    km = between["km"].dropna()
    return {
        "actors": len(here),
        "exchanges": len(exchanges),
        "exchanges_between": len(between),
        "links": len(links),
        "resources": between["resource"].nunique(),
        "is_symbiosis": float(is_symbiosis(three)),
        "connectance_directed": dense.directed,
        "connectance_undirected": dense.undirected,
        "connectance_food_web": dense.food_web,
        "linkage_density": len(links) / len(here) if here else np.nan,
        "givers_per_taker": len(givers) / len(takers) if takers else np.nan,
        "cyclicity": cyclicity(links),
        "recycling_rate": recycling_rate(dense.undirected, list(between["share"].dropna())),
        "median_km": float(km.median()) if len(km) else np.nan,
        "share_with_quantity": float(exchanges["amount"].notna().mean()) if here else np.nan,
        "sectors": len(counts),
        "diversity": entropy,
        "evenness": even,
        "small_company_share": _size_share(between, facts, ("micro", "small")),
        "small_medium_share": _size_share(between, facts, ("micro", "small", "medium")),
        "single_supplier_share": single_supplier_share(heat) if len(heat) else np.nan,
        "robustness": robustness(heat)[1],
    }


def _size_share(exchanges: pd.DataFrame, facts: pd.DataFrame, sizes: tuple[str, ...]) -> float:
    """Return the share of exchanges with such a company at an end, of those with known sizes."""
    size = facts["company_size"]
    ends = pd.concat([exchanges[side].map(size) for side in ("giver", "taker")], axis=1)
    known = ends[ends.notna().any(axis=1)]
    return float(known.isin(sizes).any(axis=1).mean()) if len(known) else np.nan
