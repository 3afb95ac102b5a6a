"""Choose exactly which sites to open for what many sources send: capacity and fixed charge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import MatchError
from ..model import Match
from ..solver import Programme

DEFAULT_SECONDS = 120.0
GAP = 1e-6


def choose_sites(
    links: pd.DataFrame,
    supply: pd.Series,
    sites: pd.DataFrame,
    *,
    at_most: int | None = None,
    seconds: float = DEFAULT_SECONDS,
) -> Match:
    """
    Return the sites to open and what each source sends there, of the greatest yearly profit.

    Maximises the sum of sent x profit less the fixed cost of every opened site, as a mixed-integer
    programme (OR-Tools MathOpt with HiGHS). Opening nothing is a normal answer.

    Parameters
    ----------
    links
        Columns `source`, `sink` (a site) and `profit` per unit sent; one row per pair.
    supply
        What each source can send, by source id.
    sites
        `capacity` (in the unit of supply) and `fixed_cost` by site id; perhaps `least`, the least
        that an opened site must receive.
    at_most
        Greatest number of sites. None: no limit.
    seconds
        Time limit; a proof not finished by then shows as a gap.

    Returns
    -------
    match
        `links` with sent and delivered; `unused` supply; `unmet` capacity left at opened sites;
        `certificate` with objective, bound, relative gap and the sites opened.

    Raises
    ------
    MatchError
        If ids or numbers cannot be used, or no answer was found in the time given.
    """
    _check(links, supply, sites, at_most)
    answer, sent, opened = _solve(links, supply, sites, at_most, seconds)
    objective, bound = answer
    received = sent.groupby(links["sink"]).sum().reindex(sites.index, fill_value=0.0)
    left = (sites["capacity"] - received)[opened].clip(lower=0.0)
    unused = supply - sent.groupby(links["source"]).sum().reindex(supply.index, fill_value=0.0)
    proof: dict[str, Any] = {
        "objective": objective,
        "bound": bound,
        "gap": (bound - objective) / max(abs(objective), abs(bound), 1e-9),
        "opened": [str(site) for site in sites.index[opened]],
    }
    prices = pd.DataFrame({"node": [], "role": [], "price": []})  # a yes-or-no choice has none
    chosen = links.assign(sent=sent, delivered=sent)
    return Match(
        chosen, unused.clip(lower=0.0).rename("unused"), left.rename("unmet"), prices, proof
    )


def _solve(
    links: pd.DataFrame, supply: pd.Series, sites: pd.DataFrame, at_most: int | None, seconds: float
) -> tuple[tuple[float, float], pd.Series, np.ndarray]:
    """Return objective and bound, what each link sends, and which sites are opened."""
    sends, takes = (
        pd.get_dummies(pd.Categorical(links[end], ids)).to_numpy(float).T
        for end, ids in (("source", supply.index), ("sink", sites.index))
    )
    most = supply.astype(float).reindex(links["source"]).to_numpy()
    programme = Programme()
    programme.add_variables("send", len(links), profit=links["profit"], upper=most)
    programme.add_variables("open", len(sites), profit=-sites["fixed_cost"], upper=1, whole=True)
    programme.add_rows("supply", {"send": sends}, high=supply.to_numpy(float))
    # tighter than capacity alone: the relaxation is then close to the answer
    opens = -takes.T * most[:, np.newaxis]
    programme.add_rows("built", {"send": np.eye(len(links)), "open": opens}, high=0.0)
    capacity = -np.diag(sites["capacity"].to_numpy(float))
    programme.add_rows("room", {"send": takes, "open": capacity}, high=0.0)
    if "least" in sites:
        least = -np.diag(sites["least"].to_numpy(float))
        programme.add_rows("least", {"send": takes, "open": least}, low=0.0)
    if at_most is not None:
        programme.add_rows("count", {"open": np.ones((1, len(sites)))}, high=at_most)
    answer = programme.solve(gap=GAP, seconds=seconds)
    opened = answer["open"] > 0.5
    sent = pd.Series(answer["send"], links.index, dtype=float)
    proof = answer.certificate
    shut = links["sink"].isin(sites.index[~opened])
    return (proof["primal"], proof["dual"]), sent.mask(shut, 0.0), opened


def _check(
    links: pd.DataFrame, supply: pd.Series, sites: pd.DataFrame, at_most: int | None
) -> None:
    """Raise MatchError for a column, id or number that cannot be used."""
    wanted = {
        "links": (links, ("source", "sink", "profit")),
        "sites": (sites, ("capacity", "fixed_cost")),
    }
    for name, (table, columns) in wanted.items():
        if missing := [column for column in columns if column not in table]:
            msg = f"{name} lack the column {', '.join(missing)}."
            raise MatchError(msg)
    if unknown := sorted(set(links["source"]) - set(supply.index)):
        msg = f"links name the source {unknown[0]!r}, but supply has no such id. Add it."
        raise MatchError(msg)
    if unknown := sorted(set(links["sink"]) - set(sites.index)):
        msg = f"links name the site {unknown[0]!r}, but sites have no such id. Add it."
        raise MatchError(msg)
    numbers = {"supply": supply, "capacity": sites["capacity"], "fixed_cost": sites["fixed_cost"]}
    for name, values in numbers.items():
        wrong = ~np.isfinite(values.to_numpy(float)) | (values.to_numpy(float) < 0)
        if wrong.any():
            at = values.index[int(np.argmax(wrong))]
            msg = f"{name} of {at!r} is {values[at]!r}. It must be a finite number of 0 or more."
            raise MatchError(msg)
    if not np.isfinite(links["profit"].to_numpy(float)).all():
        msg = "links: profit holds a missing or infinite number. Drop the link or price it."
        raise MatchError(msg)
    if at_most is not None and at_most < 0:
        msg = f"at_most = {at_most} must be 0 or more."
        raise MatchError(msg)
