"""Exchanges of today against the places and flows they name: one that names none would be lost."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pandas as pd

from ..spelling import nearest
from .faults import Fault
from .gate import Register

KNOWN = ("yes", "no", "candidate", "internal")  # whether it is settled that an exchange runs
OUTSIDE = "outside"  # stands for a place that nobody knows
ENDS = {"from": "source", "to": "sink"}
ASKED = ["synergy_id", "resource", "use_as_truth", "value"]
ASKED += [f"{end}_{what}_id" for end in ENDS for what in ("site", "flow")]
IN_A_WHOLE = ("district_heating", "property_heating_subset")  # parts of what a place needs
End = tuple[str, str, str, str]


def exchange_faults(exchanges: pd.DataFrame, register: Register) -> Iterator[Fault]:
    """
    Find ends of exchanges that are not in a register, or that take no part in it.

    Parameters
    ----------
    exchanges
        Some of the register's own, indexed by the row that a person sees.
    register
        Whole, with the places that national tables fill in.
    """
    flows = register.flows.set_index("flow_id")
    counted = (flows["additive"] == "yes") | flows["category"].isin(IN_A_WHOLE)
    flows = flows.assign(counted=counted)
    places = register.sites.index
    cells = exchanges.reindex(columns=ASKED).astype(object).fillna("").to_dict("records")
    for row, exchange in zip(exchanges.index, cells, strict=True):
        told = [_end_faults(exchange, end, role, places, flows) for end, role in ENDS.items()]
        for column, rule, found, expected in chain(_amount_faults(exchange), *told):
            fault = Fault("synergies", int(row), column, rule, found, expected)
            yield fault._replace(key=exchange["synergy_id"])


def _amount_faults(exchange: dict[str, str]) -> Iterator[End]:
    """Yield what keeps an exchange from being known: that nobody says it runs, or how much."""
    if not exchange["use_as_truth"]:
        yield "use_as_truth", "exchange_unsettled", "", ", ".join(KNOWN)
    elif exchange["use_as_truth"] == "yes" and exchange["value"] == "":
        yield "value", "exchange_amount", "", ""


def _end_faults(
    exchange: dict[str, str], end: str, role: str, places: pd.Index, flows: pd.DataFrame
) -> Iterator[End]:
    """Yield column, rule, what is found and what is known of one end of an exchange."""
    at, of = f"{end}_site_id", f"{end}_flow_id"
    site, flow = exchange[at], exchange[of]
    if site != OUTSIDE and site not in places:
        near = nearest(site, places) if site else []
        yield at, "exchange_site", site, ", ".join([*near, OUTSIDE])
        return
    kind = {"site_id": site, "resource": exchange["resource"], "role": role}
    if flow and flow not in flows.index:
        here = flows.index[flows["site_id"] == site]
        near = nearest(flow, here) or nearest(flow, flows.index)
        yield of, "exchange_flow", flow, ", ".join(near) or "-"
    elif flow and (other := {c: v for c, v in kind.items() if v and flows.loc[flow, c] != v}):
        yield of, "exchange_other", flow, _told(flows.loc[flow, list(other)].to_dict())
    elif flow and not flows.loc[flow, "counted"]:
        yield of, "exchange_left_out", flow, ""


def _told(kind: dict[str, str]) -> str:
    """Return columns and cells, as "role = sink"."""
    return ", ".join(f"{column} = {cell}" for column, cell in kind.items())
