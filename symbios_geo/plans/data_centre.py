"""A data centre at a site: the electricity it takes, and the heat that its cooling gives off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..assumptions.checks import HOURS_PER_YEAR, checked
from ..assumptions.ranges import range_of
from ..assumptions.values import Given, as_assumptions
from ..register.gate import Register
from .rows import flow_rows, require_site

SOURCE = "ardor_institute_waste_heat_calculation"


def data_centre(power_mw: float, *, assumptions: Mapping[str, float]) -> pd.Series:
    """
    Return what a data centre takes and gives off in a year, GWh.

    Parameters
    ----------
    power_mw
        Mean electric power over the year, cooling included, MW.
    assumptions
        Values by id; the heat is `data_centre_heat_share` of the electricity.
        Sources: ardor_institute_waste_heat_calculation, planheat_tool_database_pointcreator_code.

    Raises
    ------
    ParameterError
        If the power is not above 0.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> data_centre(10, assumptions=sg.load_assumptions()).round(1).to_dict()
    {'electricity': 87.6, 'heat': 52.6}
    """
    power = float(checked("power_mw", power_mw, above=0))
    electricity = power * HOURS_PER_YEAR / 1000
    heat = electricity * assumptions["data_centre_heat_share"]
    return pd.Series({"electricity": electricity, "heat": heat})


def derive_flows(
    register: Register,
    assumptions: Given = None,
    *,
    site_id: str,
    power_mw: float,
    additive: str = "no",
) -> pd.DataFrame:
    """
    Return the flows of a data centre at a site: power in, heat of air cooling out, all year.

    Parameters
    ----------
    register
        Where the site is.
    assumptions
        Assumptions, or changes by id. None: the bundled ones. `data_centre_heat_c` is that of air
        cooling; liquid cooling gives 60 degC and more.
    site_id
        Any site of the register.
    power_mw
        Mean electric power over the year, MW.
    additive
        "no" keeps the plan out of totals; "yes" lets it count and be matched as if it stood.

    Raises
    ------
    RegisterError
        If the site is not in the register.
    ParameterError
        If the power cannot be.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> rows = derive_flows(sg.load_register(), site_id="port_halmstad", power_mw=10)
    >>> rows.set_index("resource")["value"].round(1).to_dict()
    {'electricity': 87.6, 'heat': 52.6}
    """
    assumptions = as_assumptions(assumptions)
    require_site(register, site_id)
    items = range_of(lambda a: data_centre(power_mw, assumptions=a), assumptions, ("data_centre",))
    warm = assumptions["data_centre_heat_c"]
    load = {"hours_per_year": float(HOURS_PER_YEAR)}
    layout: list[dict[str, Any]] = [
        {"item": "electricity", "resource": "electricity", "role": "sink", "stream": "servers"},
        {
            "item": "heat", "resource": "heat", "role": "source", "stream": "data_centre_heat",
            "temperature_low_c": warm, "temperature_high_c": warm,
        },
    ]  # fmt: skip
    return flow_rows(
        register,
        site_id,
        items,
        [row | load for row in layout],
        category="concept",
        source_id=SOURCE,
        note=f"Data centre of {power_mw:g} MW, assumed: none of size was found in Halland",
        additive=additive,
    )
