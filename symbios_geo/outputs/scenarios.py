"""Several studies at once, each with other assumptions, as a table and as a map with a slider."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..assumptions.checks import check_choice
from ..assumptions.values import Change, Given
from ..errors import ParameterError
from ..labels import mistake
from ..matching.allocation import value_of
from ..model import CARRIES_NOTHING, carried
from ..register.load import Own, prepare
from ..study.chain import Study, run
from ..summary import Summary
from ..web.explore import show_match
from ..web.page import PageMap

BASE = "base"
SHOWN = 9  # scenarios that a notebook names


@dataclass(frozen=True, eq=False, repr=False)
class Scenarios(Summary):
    """Studies by the name of their scenario; `base` comes first and changes nothing."""

    studies: Mapping[str, Study]

    def table(self, by: str = "headline") -> pd.DataFrame:
        """
        Return the answers of every scenario below one another.

        Parameters
        ----------
        by
            "headline": supply, demand, delivered, net value and links of the county by resource.
            "municipality": supply and demand of each municipality, and what its places receive.
            "exchange": every link in use.

        Returns
        -------
        answers
            One row per answer, with the columns `scenario` and `resource` first. By "headline" and
            "municipality" the answer is `value`, beside `measure`, `unit` and `change`, which is
            the value less that of the base.

        Raises
        ------
        ParameterError
            If `by` is none of the three.
        """
        check_choice("by", by, TABLES, ParameterError)
        parts = [
            TABLES[by](study, resource).assign(scenario=name, resource=resource)
            for name, study in self.studies.items()
            for resource in study.matches
        ]
        table = pd.concat(parts, ignore_index=True)
        if "value" in table:
            keys = [c for c in table if c not in ("scenario", "value", "unit")]
            base = table[table["scenario"] == BASE].set_index(keys)["value"]
            known = table.set_index(keys).index.map(base)
            table["change"] = table["value"] - known.to_numpy(float)
        first = ["scenario", "resource"]
        return table[[*first, *(column for column in table if column not in first)]]

    def _facts(self) -> dict[str, object]:
        """Return the new heat of each scenario; beyond nine only how many more there are."""
        facts: dict[str, object] = {}
        for name, study in list(self.studies.items())[:SHOWN]:
            told = study.headline
            facts[name] = f"new heat that pays {told['new_gwh']:,.1f} GWh/yr" if told else "run"
        if more := len(self.studies) - SHOWN:
            facts |= {"more": f"{more} scenarios; see .table()"} if more > 0 else {}
        return facts

    def map(self, resource: str = "heat", *, tiles: bool = False) -> PageMap:
        """
        Return an interactive map of the matches of one resource, with a slider over scenarios.

        An exchange of the base case that pays in fewer than half of the draws is an open line.

        Parameters
        ----------
        resource
            One that the studies match.
        tiles
            Fetch a background from OpenStreetMap while the page is open.

        Raises
        ------
        ParameterError
            If the resource is not matched.
        """
        base = self.studies[BASE]
        if resource not in base.matches:
            msg = (
                f"resource = {resource!r} is not matched. Choose one of: {', '.join(base.matches)}."
            )
            raise ParameterError(msg)
        others = {n: s.matches[resource] for n, s in self.studies.items() if n != BASE}
        return show_match(
            base.matches[resource],
            base.register,
            lang=base.lang,
            scenarios=others,
            business=base.business,
            tiles=tiles,
        )


def scenarios(
    changes: Mapping[str, Mapping[str, Change]],
    register: Own | None = None,
    *,
    assumptions: Given = None,
    progress: Callable[[str], None] | None = None,
    **options: Any,
) -> Scenarios:
    """
    Run the study once as it is and once for each scenario.

    Parameters
    ----------
    changes
        By name of the scenario: changed assumptions by id, each a value or (value, low, high).
    register
        As in `run`.
    assumptions
        What all scenarios start from. None: those of the register.
    progress
        Called with the name of each scenario as its study starts. None: silent.
    options
        Further arguments of `run`, such as `lang` and `method`.

    Raises
    ------
    ParameterError
        If there is no scenario, a name cannot be used, or an assumption cannot be (see
        `Assumptions.replace`). All are checked before the first study runs.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> both = sg.scenarios({"dear power": {"electricity_spot_factor": 1.3}})
    >>> list(both.studies)
    ['base', 'dear power']
    """
    if not isinstance(changes, Mapping) or not changes:
        msg = "There is no scenario. Give at least one, as {name: {id: value}}."
        raise ParameterError(msg)
    prepared, start = prepare(register, assumptions)
    assumed = {BASE: start}
    for name, changed in changes.items():
        if not isinstance(name, str) or not name.strip() or name == BASE:
            msg = f"A scenario cannot be called {name!r}: give it a text other than {BASE!r}."
            raise ParameterError(msg)
        if not isinstance(changed, Mapping):
            msg = f"Scenario {name!r} must hold {{id: value}}, but it is {changed!r}."
            raise ParameterError(msg)
        try:
            assumed[name] = start.replace(changed)
        except ParameterError as error:
            raise mistake(ParameterError, "error:scenario", name=repr(name), fault=error) from None
    tell = progress or (lambda _name: None)
    studies = {}
    for name, values in assumed.items():
        tell(name)
        studies[name] = run(prepared, assumptions=values, **options)
    return Scenarios(studies)


def read_scenarios(path: Path) -> dict[str, dict[str, Change]]:
    """
    Read named scenarios from a TOML file: a [name] for each, below it lines `id = value`.

    A value may be [value, low, high].

    Raises
    ------
    ParameterError
        If the file is no TOML, with line and column, or holds something outside a scenario.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "mine.toml"
    >>> _ = path.write_text("dear.electricity_spot_factor = 1.5", encoding="utf-8")
    >>> read_scenarios(path)
    {'dear': {'electricity_spot_factor': 1.5}}
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise mistake(ParameterError, "error:toml", path=path, fault=error) from None
    if loose := [name for name, changed in found.items() if not isinstance(changed, dict)]:
        raise mistake(ParameterError, "error:loose_line", path=path, name=loose[0])
    return found


def _headline(study: Study, resource: str) -> pd.DataFrame:
    """Return the answers of the county on one resource."""
    found, answer = study.candidates[resource], study.matches[resource]
    unit, rate = found.resource.unit, study.assumptions["sek_per_eur"] / 1000
    rows = [
        ("supply", float(found.supply.sum()), unit),
        ("demand", float(found.demand.sum()), unit),
        ("delivered", float(answer.links["delivered"].sum()), unit),
        ("net_value", value_of(answer) * rate, "MSEK/yr"),
        ("links", float((answer.links["delivered"] > CARRIES_NOTHING).sum()), "exchanges"),
    ]
    return pd.DataFrame(rows, columns=["measure", "value", "unit"])


def _by_municipality(study: Study, resource: str) -> pd.DataFrame:
    """Return supply, demand and what is received, a row per municipality and measure."""
    found, links = study.candidates[resource], study.matches[resource].links
    sides = {"supply": (found.sources, found.supply), "demand": (found.sinks, found.demand)}
    sums = {
        name: amounts.groupby(places["municipality_code"].reindex(amounts.index)).sum()
        for name, (places, amounts) in sides.items()
    }
    received = links["sink"].map(found.sinks["municipality_code"])
    sums["delivered"] = links["delivered"].groupby(received).sum()
    table = pd.DataFrame(sums).fillna(0.0).rename_axis("municipality_code").reset_index()
    long = table.melt("municipality_code", var_name="measure", value_name="value")
    return long.assign(unit=found.resource.unit)


def _exchanges(study: Study, resource: str) -> pd.DataFrame:
    """Return every link in use, the largest first."""
    links = study.matches[resource].links
    used = carried(links).sort_values("delivered", ascending=False)
    columns = ["source", "sink", "distance_km", "sent", "delivered", "unit_cost", "worth"]
    return used[columns].assign(unit=study.candidates[resource].resource.unit)


TABLES = {"headline": _headline, "municipality": _by_municipality, "exchange": _exchanges}
