"""What an exchange costs and is worth, term by term: parts of its cost, fuels that give way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..model import CARRIES_NOTHING, MONTH_COLUMNS, NEW, carried, new_of

if TYPE_CHECKING:
    from .chain import Study

BETWEEN = ">"  # an exchange is called source>sink
NO_PART = ("unit_cost", "variable_cost", "capacity_cost", "fixed_cost")
WHOLE = ("running", "capacity", "built")  # terms of a cost that is told whole


def exchange_terms(study: Study, exchange_id: str) -> pd.DataFrame:
    """
    Return the cost and the worth of an exchange of the plan as terms that add up.

    Parameters
    ----------
    study
        A study that was run.
    exchange_id
        "source>sink", as in `Study.exchanges` and the sheet of the plan.

    Returns
    -------
    terms
        By id: value, unit and `formula`. First the exchange, what it delivers; then `net`,
        `unit_cost` with its parts (`unit_cost.pipe` ...), and `worth` with, in a network, the
        fuels that give way by month (`worth.chips.1` ...). What exists has no money. Blank if
        there is no such exchange.
    """
    source, _, sink = exchange_id.partition(BETWEEN)
    for key, match in study.matches.items():
        links = match.links
        here = (links["source"] == source) & (links["sink"] == sink)
        here &= links["delivered"] > CARRIES_NOTHING
        if here.any():
            return _terms(study, key, links, links[here].iloc[0], exchange_id)
    return pd.DataFrame()


def _terms(
    study: Study, key: str, links: pd.DataFrame, link: pd.Series, exchange_id: str
) -> pd.DataFrame:
    """Return the terms of one link."""
    record, amount = study.resource(key), float(link["delivered"])
    rows = [(exchange_id, amount, record.unit, f"{link['status']}: {_ends(link)}")]
    if link["status"] == NEW:
        costs = _costs(record.cost_parts, link)
        worth = _worth(study, key, links, link)
        price = record.price_unit
        rows.append(("net", link["worth"] - link["unit_cost"], price, "worth - unit_cost"))
        for name, terms in (("unit_cost", costs), ("worth", worth)):
            whole = " + ".join(f"{name}.{term}" for term, _, _ in terms)
            rows.append((name, link[name], price, whole))
            rows += [(f"{name}.{term}", value, price, formula) for term, value, formula in terms]
    return pd.DataFrame(rows, columns=["id", "value", "unit", "formula"]).set_index("id")


def _ends(link: pd.Series) -> str:
    """Return the two ends of a link by name."""
    return f"{link.get('name_source', link['source'])} to {link.get('name_sink', link['sink'])}"


def _costs(parts: object, link: pd.Series) -> list[tuple[str, float, str]]:
    """Return the parts of the cost of a delivered unit; what it takes to run, size and build."""
    amount, size = float(link["delivered"]), float(link.get("capacity", np.nan))
    names = [name for name in link.index if name.endswith("_cost") and name not in NO_PART]
    if parts is not None:
        return [
            (name.removesuffix("_cost"), float(link[name]), "")
            for name in names
            if pd.notna(link[name])
        ]
    capital = float(link["capacity_cost"]) * size / 1000 / amount
    built = float(link["fixed_cost"]) / 1000 / amount
    return [
        (WHOLE[0], float(link["unit_cost"]) - capital - built, "what runs with every unit"),
        (WHOLE[1], capital, f"{link['capacity_cost']:.4g} EUR a year x {size:.4g} / {amount:.4g}"),
        (WHOLE[2], built, f"{link['fixed_cost']:.4g} EUR a year / {amount:.4g}"),
    ]


def _worth(
    study: Study, key: str, links: pd.DataFrame, link: pd.Series
) -> list[tuple[str, float, str]]:
    """Return what a delivered unit replaces: fuels of a network by month, or one alternative."""
    tiers, amount = study.candidates[key].tiers, float(link["delivered"])
    if tiers is None or link["sink"] not in tiers.networks.index:
        return [("alternative", float(link["worth"]), "what the receiver pays otherwise")]
    new = new_of(carried(links)).dropna(subset=MONTH_COLUMNS)
    return [
        (
            f"{row.fuel}.{row.month}",
            row.keur / amount,
            f"{row.gwh:.4g} GWh in month {row.month} x {row.keur / row.gwh:.4g} EUR/MWh"
            f" / {amount:.4g} GWh",
        )
        for row in tiers.worth_terms(new, link, study.assumptions).itertuples()
    ]
