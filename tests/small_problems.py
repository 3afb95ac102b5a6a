"""Small matching problems for tests: drawn by hypothesis, and answered exactly in whole numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import networkx as nx
import pandas as pd
from hypothesis import strategies as st


class Given(NamedTuple):
    """What `solve` takes."""

    links: pd.DataFrame
    supply: pd.Series
    demand: pd.Series


AMOUNTS = st.integers(0, 80).map(lambda quarter: quarter / 4)
PROFITS = st.integers(-8, 40).map(lambda half: half / 2)
GAINS = st.sampled_from([0.5, 0.9, 1.0, 1.5])


@st.composite
def problems(draw: st.DrawFn, *, gains: bool = False, most: int = 12) -> Given:
    """Draw a few sources, sinks and links, parallel links and links without profit among them."""
    sources = [f"source {n}" for n in range(draw(st.integers(1, 4)))]
    sinks = [f"sink {n}" for n in range(draw(st.integers(1, 4)))]
    count = draw(st.integers(0, most))

    def column(values: st.SearchStrategy) -> list:
        return draw(st.lists(values, min_size=count, max_size=count))

    links = pd.DataFrame(
        {
            "source": pd.Series(column(st.sampled_from(sources)), dtype=object),
            "sink": pd.Series(column(st.sampled_from(sinks)), dtype=object),
            "unit_cost": column(st.integers(0, 10).map(float)),
            "worth": column(PROFITS),
            "efficiency": column(GAINS) if gains else [1.0] * count,
        }
    ).astype({"unit_cost": float, "worth": float, "efficiency": float})
    return Given(
        links,
        pd.Series([draw(AMOUNTS) for _ in sources], sources, dtype=float),
        pd.Series([draw(AMOUNTS) for _ in sinks], sinks, dtype=float),
    )


def exact_value(given: Given) -> Fraction:
    """Return the best value of links without losses, by network simplex in whole numbers."""
    profits = [
        Fraction(worth) - Fraction(cost)
        for worth, cost in zip(given.links["worth"], given.links["unit_cost"], strict=True)
    ]
    supply = {("from", key): Fraction(amount) for key, amount in given.supply.items()}
    demand = {("to", key): Fraction(amount) for key, amount in given.demand.items()}
    amounts = [*supply.values(), *demand.values()]
    per_unit = max(amount.denominator for amount in amounts)
    per_worth = max([1, *(profit.denominator for profit in profits)])
    graph = nx.MultiDiGraph()
    graph.add_node("rest", demand=int((sum(supply.values()) - sum(demand.values())) * per_unit))
    for node, amount in supply.items():
        graph.add_node(node, demand=-int(amount * per_unit))
        graph.add_edge(node, "rest", weight=0)
    for node, amount in demand.items():
        graph.add_node(node, demand=int(amount * per_unit))
        graph.add_edge("rest", node, weight=0)
    ends = zip(given.links["source"], given.links["sink"], profits, strict=True)
    for source, sink, profit in ends:
        graph.add_edge(("from", source), ("to", sink), weight=-int(profit * per_worth))
    cost, _ = nx.network_simplex(graph)
    return Fraction(-cost, per_unit * per_worth)
