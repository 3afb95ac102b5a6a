"""What documents tell beside the headline: what is sent and paid, storage, evidence, the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from ..model import new_of
from ..register.classes import without_nuclear
from .evidence import value_by_confidence

if TYPE_CHECKING:
    from .chain import Study

OTHERS = ("supply", "used", "demand", "new")  # of a resource beside heat and CO2
Figure = tuple[str, float, str]


def further_figures(study: Study) -> pd.DataFrame:
    """
    Return the figures that documents tell beside `Study.headline`, with value and unit.

    Shares are of one. Indexed by figure: of heat what new exchanges take at their sources, what
    nobody takes there, what the givers are paid, and on what evidence it rests; of CO2 what storage
    takes to build, gains and how often it pays; of every other resource what there is, is taken
    today, is needed and is new.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> table = further_figures(sg.run())
    >>> bool(table.loc["sent_gwh", "value"] > 0)
    True
    """
    rows = [*_of_heat(study), *_of_storage(study), *_of_others(study)]
    table = pd.DataFrame(rows, columns=["figure", "value", "unit"])
    return table.set_index("figure")


def _of_heat(study: Study) -> Iterator[Figure]:
    """Return what new heat takes and pays at its sources, and on what all heat rests."""
    if "heat" not in study.matches:
        return
    match, values = study.matches["heat"], study.assumptions
    sent = float(new_of(match.links)["sent"].sum())
    price = values["heat_seller_sek_per_mwh"] * values["index_2025_to_2024"]
    yield "sent_gwh", sent, "GWh/yr"
    yield "untaken_gwh", float(match.unused.sum()), "GWh/yr"
    yield "paid_msek_per_yr", sent * price / 1000, "MSEK/yr"
    table = value_by_confidence(study.register, values)
    rows = without_nuclear(table[table["resource"].eq("heat") & table["role"].eq("source")])
    total = float(rows["value"].sum()) or 1.0
    for grade in "abc":
        held = float((rows[f"share_{grade}"] * rows["value"]).sum())
        yield f"heat_{grade}_share", held / total, "share"


def _of_storage(study: Study) -> Iterator[Figure]:
    """Return what CO2 to storage takes to build and gains with support, and how often it pays."""
    if "co2" not in study.matches:
        return
    rows = new_of(study.business)
    rows = rows[rows["promised"].eq(True)]
    shares = rows["pays_share"].astype(float)
    yield "storage_investment_msek", float(rows["investment_msek"].sum()), "MSEK"
    yield "storage_msek_per_yr", float(rows["yearly_msek"].sum()), "MSEK/yr"
    yield "storage_share", float(shares.min()) if len(rows) else 0.0, "share"


def _of_others(study: Study) -> Iterator[Figure]:
    """Return what there is of each other resource, is taken today, is needed and is new."""
    for key in study.resources:
        if key in ("heat", "co2"):
            continue
        table, unit = study.balances[key], study.resource(key).unit
        used = study.register.counted(key, "source")["committed"].sum()
        new = new_of(study.exchanges, key)["delivered"].sum()
        sums = (table["supply"].sum(), used, table["demand"].sum(), new)
        yield from ((f"other_{name}_{key}", float(value), unit)
                    for name, value in zip(OTHERS, sums, strict=True))  # fmt: skip
