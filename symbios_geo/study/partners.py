"""Who could exchange with a place: every candidate partner, what it gains, and its precedent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..errors import RegisterError
from ..materials.rules import CASE
from ..spelling import did_you_mean

if TYPE_CHECKING:
    from .chain import Study

PARTNER = [
    "resource", "stream", "gives_or_takes", "partner", "distance_km", "levelised_sek", "worth_sek",
    "gain_sek", *CASE, "source", "sink",
]  # fmt: skip


def partners(study: Study, end: str, *, count: int = 10) -> pd.DataFrame:
    """
    Return who could give to a place, or take from it, what gains most by the unit first.

    Parameters
    ----------
    study
        A study that was run, also with a register of one's own.
    end
        A site_id, or a flow_id for one stream.
    count
        How many.

    Returns
    -------
    partners
        resource, stream of the place, gives_or_takes ("source" where the place gives),
        partner, distance_km, levelised_sek, worth_sek, gain_sek (SEK per MWh, t or m3; below 0:
        it does not pay) and, for materials and water, the documented case it rests on: rule_id,
        precedent (0-1), case_status, case_place, case_country. The ids of both flows last.

    Raises
    ------
    RegisterError
        If the register has no such place or flow; the message names the nearest ids.
    """
    flows = study.register.flows
    known = [*study.register.sites.index, *flows["flow_id"]]
    if end not in known:
        msg = f"The register has no place and no flow {end!r}.{did_you_mean(end, known)}"
        raise RegisterError(msg)
    parts = [_of_resource(study, key, end) for key in study.resources]
    table = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    table = table.reindex(columns=PARTNER).sort_values(
        ["gain_sek", "source", "sink"], ascending=[False, True, True], kind="stable"
    )
    return table.head(count).reset_index(drop=True)


def _of_resource(study: Study, key: str, end: str) -> pd.DataFrame:
    """Return the partners of a place for one resource."""
    links, names = study.candidates[key].links, study.candidates[key].ends["name"]
    streams = study.register.flows.set_index("flow_id")["stream"]
    parts, rate = [], study.assumptions["sek_per_eur"]
    for own, other in (("source", "sink"), ("sink", "source")):
        mine = links[(links[own] == end) | (links[f"site_id_{own}"] == end)]
        cost, worth = mine["unit_cost"] * rate, mine["worth"] * rate
        parts.append(
            mine.assign(
                resource=key,
                stream=mine[own].map(streams),
                gives_or_takes=own,
                partner=mine[other].map(names),
                levelised_sek=cost,
                worth_sek=worth,
                gain_sek=worth - cost,
            ).reindex(columns=PARTNER)
        )
    return pd.concat([part for part in parts if len(part)] or parts)
