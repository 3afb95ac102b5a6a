"""The whole chain in one call: load, match every resource, and add up both sides."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from ..assumptions.values import Assumptions, Given
from ..disclosure import (
    PUBLIC,
    check_cleared,
    check_readers,
    clear,
    count_left_out,
    disclosed_sums,
    sign,
)
from ..errors import MatchError
from ..labels import check_language, label
from ..matching.candidates import RESOURCES, Candidates, find_candidates
from ..matching.ladder import match_candidates
from ..model import Match, Resource, new_of
from ..region.area import Region
from ..register.gate import Register
from ..register.load import Own, prepare, with_names
from ..shortlist import MOST, advised, shortlist, to_begin_with, to_decide, with_many
from ..summary import Summary
from ..tables import quick_texts
from . import balance, plan, sentences, stress, symbiosis, trace, worth
from .cases import DRAWS, Case, drawn_case
from .fall import fall
from .intervals import headline_intervals, ranged_balance, ranged_co2
from .partners import partners

Progress = Callable[[str], None]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, repr=False)
class Study(Summary):
    """
    Everything the outputs are made from: the register, its matches and its balances.

    It holds, and was matched with, only rows that its readers may see; `left_out` counts the
    others and `internal_sums` holds what may be told of them. `draws` says how many draws all its
    ranges and probabilities are of, `workers` are the processes that share them.
    """

    lang: str
    register: Register
    assumptions: Assumptions
    region: Region
    candidates: dict[str, Candidates]
    matches: dict[str, Match]
    balances: dict[str, pd.DataFrame]
    heat_classes: pd.DataFrame
    co2: pd.DataFrame
    monthly: pd.DataFrame = field(repr=False)
    max_km: float | None = None
    distances: pd.DataFrame | gpd.GeoDataFrame | None = field(default=None, repr=False)
    method: str = "plan"
    left_out: dict[str, int] = field(default_factory=dict)
    internal_sums: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    draws: int = DRAWS
    workers: int = field(default=1, repr=False, compare=False)
    # what was made of it, each once; the same study in other words reads it too
    _made: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @quick_texts
    def _once(self, name: str, make: Callable[[Study], Any]) -> Any:
        """Return what is made of a study, the first time it is asked for."""
        if name not in self._made:
            self._made[name] = make(self)
        return self._made[name]

    @property
    def readers(self) -> str:
        """For whom the study was cleared, "public" or "internal"."""
        return self.register.readers

    @property
    def exchanges(self) -> pd.DataFrame:
        """Every exchange of the plan, existing and new (see `plan.exchanges`)."""
        # faces ask a dozen times, and each is handed a table of its own
        table: pd.DataFrame = self._once(f"exchanges {self.lang}", plan.exchanges)
        return table.copy()

    def carried(self, key: str) -> pd.DataFrame:
        """Return the links of a resource that carry something (see `plan.of_links`); read only."""
        table: pd.DataFrame = self._once(
            f"links {key} {self.lang}",
            lambda study: plan.of_links(study, key, study.matches[key].links),
        )
        return table

    @property
    def business(self) -> pd.DataFrame:
        """The business case of every exchange and of those that nearly pay (see `worth`)."""
        table: pd.DataFrame = self._once(f"business {self.lang}", worth.business_case)
        return table

    def business_case(self, split: Mapping[str, float]) -> pd.DataFrame:
        """Return `business` with another split of the gain (see `worth.with_split`)."""
        return worth.with_split(self, split)

    @cached_property
    def unsure(self) -> pd.DataFrame:
        """The new exchanges that pay in fewer than half of the draws (see `sentences.unsure`)."""
        return sentences.unsure(self)

    @cached_property
    def end_names(self) -> pd.Series:
        """The name of each end of an exchange, a network and its town told apart."""
        return sentences.end_names(self, self.lang)

    def named(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return exchanges with `sender` and `receiver`, named as `end_names` tells them apart."""
        ends = {"sender": ("source", "name_source"), "receiver": ("sink", "name_sink")}
        return table.assign(
            **{
                side: table[node].map(self.end_names).fillna(table[name])
                for side, (node, name) in ends.items()
            }
        )

    @property
    def stress(self) -> pd.DataFrame:
        """What could break the plan, shock by shock (see `stress.stress`)."""
        # what happens is the same in every language: only its names are not
        found = self._once("stress", stress.stress)
        table: pd.DataFrame = self._once(
            f"stress {self.lang}", lambda study: stress.in_words(study, found)
        )
        return table

    def shortlist(
        self, by: str = "npv", municipality: str | None = None, count: int | None = MOST
    ) -> pd.DataFrame:
        """
        Return the pilots, ranked, with advice in words (see `shortlist.shortlist`).

        Parameters
        ----------
        by
            "npv", "t_co2e", "readiness", "jobs" (or "people") or "robustness".
        municipality
            Only exchanges with an end there, by its code or name. None: all.
        count
            How many. None: all.
        """
        code = None if municipality is None else self.drawn.within(municipality).municipality
        table: pd.DataFrame = self._once(
            f"shortlist {by} {code} {count} {self.lang}",
            lambda study: shortlist(
                study.business, study.register, study.assumptions.table, by=by,
                municipality=code, count=count, lang=study.lang,
            ),
        )  # fmt: skip
        return sign(table.copy(), self.readers)

    @property
    def pilots(self) -> pd.DataFrame:
        """Every exchange to begin with, ranked (see `shortlist.to_begin_with`)."""
        table: pd.DataFrame = self._once(
            f"pilots {self.lang}", lambda study: to_begin_with(study.shortlist(count=None))
        )
        return sign(table.copy(), self.readers)

    @property
    def undecided(self) -> pd.DataFrame:
        """What gains but seldom pays, ranked (see `shortlist.to_decide`)."""
        table: pd.DataFrame = self._once(
            f"undecided {self.lang}", lambda study: to_decide(study.shortlist(count=None))
        )
        return sign(table.copy(), self.readers)

    @property
    def with_many(self) -> pd.DataFrame:
        """What is like a pilot but for its many givers or receivers, ranked, with advice."""
        table: pd.DataFrame = self._once(
            f"with many {self.lang}",
            lambda study: advised(
                with_many(study.business, study.register), study.register,
                study.assumptions.table, lang=study.lang,
            ),
        )  # fmt: skip
        return sign(table.copy(), self.readers)

    def partners(self, end: str, *, count: int = 10) -> pd.DataFrame:
        """Return who could exchange with a place or a flow (see `partners.partners`)."""
        return sign(partners(self, end, count=count), self.readers)

    @property
    def headline(self) -> dict[str, float]:
        """The figures that the study opens with (see `plan.headline`)."""
        return dict(self._once("headline", plan.headline))

    @cached_property
    def drawn(self) -> Case:
        """The draws of the study, made once: every range and probability reads them."""
        case: Case = self._once("drawn", lambda study: drawn_case(study, workers=study.workers))
        return case.of(self)

    @property
    def intervals(self) -> pd.DataFrame:
        """The figures of the headline with their ranges (see `intervals.headline_intervals`)."""
        table: pd.DataFrame = self._once("intervals", headline_intervals)
        return table.copy()

    @property
    def indicators(self) -> pd.DataFrame:
        """Indicators of its network, today and with the plan (see `symbiosis.indicators`)."""
        table: pd.DataFrame = self._once(f"indicators {self.lang}", symbiosis.indicators)
        return table

    @property
    def fall(self) -> pd.DataFrame:
        """What is left of the waste heat, step by step (see `fall.fall`)."""
        table: pd.DataFrame = self._once("fall", fall)
        return table

    def rung(self, method: str) -> Match:
        """Return the heat match by another rung of the ladder (see `match`), computed once."""
        if method == self.method:
            return self.matches["heat"]
        found, given = self.candidates["heat"], self.assumptions
        match: Match = self._once(
            f"rung {method}", lambda _: match_candidates(found, method=method, assumptions=given)
        )
        return match

    def new_heat_at(self, name: str, value: float) -> pd.DataFrame:
        """Return the new heat of the plan with an assumption at another value; read only."""
        table: pd.DataFrame = self._once(
            f"new heat at {name} {value} {self.lang}",
            lambda study: new_of(_moved(study, name, value).exchanges, "heat"),
        )
        return table

    def trace(self, number_id: str) -> pd.DataFrame:
        """
        Return where a flow or assumption comes from, term by term (see `trace.trace`).

        Examples
        --------
        >>> import symbios_geo as sg
        >>> sg.run(lang="en").trace("electricity_spot_factor")["value"].tolist()
        [1.0]
        """
        return trace.trace(self, number_id)

    def _facts(self) -> dict[str, object]:
        """Return where, what was matched, and the headline."""
        facts: dict[str, object] = {
            "region": f"{self.region.name}, {len(self.region.municipalities)} municipalities",
            "register": f"{len(self.register.sites)} places, {len(self.register.flows)} flows",
        }
        told = self.headline
        if "new_gwh" in told:
            facts["heat that flows today"] = f"{told['existing_gwh']:,.1f} GWh/yr"
            facts["new heat that pays"] = (
                f"{told['new_gwh']:,.1f} GWh/yr, {told['new_share']:.1%} of the need, "
                f"{told['new_msek_per_yr']:,.0f} MSEK/yr"
            )
            facts["heat"] = f"need {told['need_gwh']:,.0f}, supply {told['supply_gwh']:,.0f} GWh/yr"
        if "co2_kt" in told:
            facts["CO2"] = f"{told['co2_kt']:,.0f} kt/yr, {told['co2_used_kt']:,.1f} used"
        left = ", ".join(f"{count} {kind}" for kind, count in self.left_out.items() if count)
        return facts | {
            "method": self.method,
            "language": self.lang,
            "readers": self.readers + (f"; left out: {left} rows" if left else ""),
        }

    @property
    def municipalities(self) -> gpd.GeoDataFrame:
        """The municipalities of the region as polygons, by municipality_code."""
        return self.region.municipalities

    @property
    def resources(self) -> dict[str, Resource]:
        """The records of the resources that were matched, by key."""
        return {key: found.resource for key, found in self.candidates.items()}

    def resource(self, key: str) -> Resource:
        """
        Return the record of a resource.

        Raises
        ------
        MatchError
            If the study did not match it.

        Examples
        --------
        >>> import symbios_geo as sg
        >>> sg.run(lang="en").resource("heat").unit
        'GWh/yr'
        """
        if key not in self.candidates:
            known = ", ".join(self.candidates)
            msg = f"The study has no resource {key!r}. It matched: {known}."
            raise MatchError(msg)
        return self.candidates[key].resource

    def by_municipality(self, key: str) -> pd.DataFrame:
        """
        Return the table by municipality that holds the columns a resource shows, its `parts`.

        Each of them has its low and high (5th and 95th percentile of the draws); the last row is
        the whole region.

        Raises
        ------
        MatchError
            If no balance of the study has them.
        """
        parts = self.resource(key).parts
        if set(parts) <= set(self.balances[key].columns):
            return ranged_balance(self, key)
        if set(parts) <= set(self.co2.columns):
            return ranged_co2(self)
        msg = (
            f"The record of the resource {key!r} shows {', '.join(parts)}, which no balance has. "
            f"Choose `parts` from: {', '.join(self.balances[key].columns)}."
        )
        raise MatchError(msg)


@quick_texts
def run(
    register: Own | None = None,
    *,
    assumptions: Given = None,
    lang: str = "sv",
    readers: str = PUBLIC,
    max_km: float | None = None,
    distances: pd.DataFrame | gpd.GeoDataFrame | None = None,
    method: str = "plan",
    region: Region | str | Path | Iterable[str] | None = None,
    draws: int = DRAWS,
    progress: Progress | None = None,
) -> Study:
    """
    Run the study and return everything the outputs are made from.

    Parameters
    ----------
    register
        A register; or a file, a folder or a pair of frames (sites, flows) of your own, which is
        added to the bundled register. None: that one alone.
    assumptions
        Assumptions, or changes by id such as {"detour_factor": 1.4}; what is computed from a
        changed one follows it, in whatever register is given. None: those of the register.
    lang
        "sv" or "en", for the names of places and for the outputs made from the study.
    readers
        Who may see the study: "public", or "internal" for yourself, which marks every file INTERN.
        Rows for others are left out and not matched; a line in the log counts them. Secret rows
        always are: give a copy of the register where they are internal to calculate with them.
    max_km
        Longest straight distance of a link, km. None: each resource's own.
    distances
        Lengths of routes, or roads such as `matching.load_roads()` to measure them along (see
        `match`). None: straight lines times a detour.
    method
        The rung of the ladder that the matches stand on (see `match`).
    region
        The study area, or what `Region.load` calls it. None: that of the register.
    draws
        How many draws all ranges and probabilities of the study are of.
    progress
        Called with the name of each step as it starts. None: silent.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> study = sg.run(lang="en")
    >>> study.headline["new_gwh"] < study.headline["need_gwh"]
    True
    """
    check_language(lang)
    check_readers(readers)
    tell = progress or (lambda _step: None)
    tell("load")
    prepared, given = prepare(register, assumptions, region)
    whole = with_names(prepared, lang)
    seen, left_out = clear(whole, readers), count_left_out(whole, readers)
    if left_out:
        counts = {kind: left_out.get(kind, 0) for kind in ("internal", "secret")}
        logger.warning(label("disclosure:left_out", lang, **counts))
    tell("match")
    found = {
        key: find_candidates(seen, key, assumptions=given, max_km=max_km, distances=distances)
        for key in RESOURCES
    }
    matches = {
        key: match_candidates(candidates, method=method, assumptions=given)
        for key, candidates in found.items()
    }
    tell("balance")
    balances = {key: balance.by_municipality(seen, key) for key in RESOURCES}
    sums = [balance.heat_by_class, balance.co2_by_municipality, balance.monthly_heat]
    if "heat" in balances and not balances["heat"]["demand"].any():
        logger.warning(label("study:no_need", lang, region=seen.region.name))
    heat_classes, co2, monthly = (sign(add_up(seen), readers) for add_up in sums)
    return Study(
        lang=lang,
        register=seen,
        assumptions=given,
        region=seen.region,
        candidates=found,
        matches=matches,
        balances={key: sign(table, readers) for key, table in balances.items()},
        heat_classes=heat_classes,
        co2=co2,
        monthly=monthly,
        max_km=max_km,
        distances=distances,
        method=method,
        left_out=left_out,
        draws=draws,
        # internal readers see the rows themselves
        internal_sums=disclosed_sums(whole) if readers == PUBLIC else pd.DataFrame(),
    )


def check_study(study: Study) -> str:
    """
    Return for whom a study may be drawn, shown or written.

    Raises
    ------
    DisclosureError
        If it holds, or was matched with, rows that its readers may not see.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> check_study(sg.run(lang="en"))
    'public'
    """
    return check_cleared(study.register, *study.matches.values())


def _moved(study: Study, name: str, value: float) -> Study:
    """Return a study with the plan of heat and an assumption at another value."""
    # rows that are computed from it move with it
    register, given = prepare(study.register, study.assumptions.replace({name: value}))
    found = find_candidates(
        register, "heat", assumptions=given, max_km=study.max_km, distances=study.distances
    )
    match = match_candidates(found, method=study.method, assumptions=given)
    return replace(
        study, register=register, assumptions=given, candidates={"heat": found},
        matches={"heat": match},
    )  # fmt: skip


def in_language(study: Study, lang: str, **beside: Any) -> Study:
    """
    Return a study whose places have their names in "sv" or "en".

    They share what was made of either, but for tables with words in them: no name moves a number,
    nor does any field given `beside` (`workers`, `internal_sums`).

    Examples
    --------
    >>> import symbios_geo as sg
    >>> in_language(sg.run(lang="sv"), "en").register.sites.loc["derome_sawmill", "name"]
    'Derome sawmill'
    """
    named = replace(study, lang=lang, register=with_names(study.register, lang), **beside)
    object.__setattr__(named, "_made", study._made)
    return named
