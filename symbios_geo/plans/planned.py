"""Plants that somebody asks for by name and place, as rows that count as if they stood."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from ..assumptions.values import Given, as_assumptions
from ..errors import ParameterError
from ..labels import mistake
from ..register.gate import Register
from . import biogas, data_centre, greenhouse, hydrogen


class PlannedPlant(NamedTuple):
    """One kind of plant: the argument of `derive_flows` that sets its size, and its unit."""

    module: object
    size: str
    unit: str
    sized: bool  # False: its size must be given, since no usual one is known


PLANTS = {
    "greenhouse": PlannedPlant(greenhouse, "area_ha", "ha", sized=True),
    "digester": PlannedPlant(biogas, "capacity_gwh", "GWh of methane a year", sized=True),
    "electrolyser": PlannedPlant(hydrogen, "power_mw", "MW", sized=False),
    "data_centre": PlannedPlant(data_centre, "power_mw", "MW", sized=False),
}
FORM = "KIND@SITE, KIND@SITE:SIZE"


def planned_flows(register: Register, plan: str, assumptions: Given = None) -> pd.DataFrame:
    """
    Return the flows of a plant as rows that are matched as if it stood.

    Parameters
    ----------
    register
        Sites and flows.
    plan
        "greenhouse@SITE", "digester@SITE", "electrolyser@SITE:MW" or "data_centre@SITE:MW" (mean
        electric power over the year), SITE being a site_id. A size
        may follow the others too, in ha and GWh of methane a year; without, parameters.csv has it.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.

    Raises
    ------
    ParameterError
        If the text has another form, or names a plant that is not known.
    RegisterError
        If the site is not known or does not suit the plant.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> from symbios_geo.plans.planned import planned_flows
    >>> rows = planned_flows(sg.load_register(), "electrolyser@hylte_paper:20")
    >>> float(rows.set_index("resource").loc["electricity", "value"])
    120.0
    """
    kind, _, rest = plan.partition("@")
    site_id, _, size = rest.partition(":")
    if kind not in PLANTS or not site_id:
        raise mistake(
            ParameterError, "error:no_plant", given=repr(plan), form=FORM, known=", ".join(PLANTS)
        )
    plant = PLANTS[kind]
    given = {plant.size: _number(plan, size, plant.unit)} if size or not plant.sized else {}
    rows: pd.DataFrame = plant.module.derive_flows(  # type: ignore[attr-defined]
        register, as_assumptions(assumptions), site_id=site_id, additive="yes", **given
    )
    return rows


def with_plants(register: Register, plans: Iterable[str], assumptions: Given = None) -> Register:
    """
    Return a register that also holds the flows of plants (see `planned_flows`), one by one.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> register = sg.load_register()
    >>> len(with_plants(register, ["electrolyser@ringhals:20"]).flows) > len(register.flows)
    True
    """
    for plan in plans:
        register = register.add(flows=planned_flows(register, plan, assumptions))
    return register


def _number(plan: str, size: str, unit: str) -> float:
    """Return the size that a text gives; the plant itself checks that it can be."""
    try:
        return float(size)
    except ValueError:
        start = plan.partition(":")[0]
        raise mistake(
            ParameterError, "error:no_size", given=repr(plan), unit=unit, start=start
        ) from None
