"""What rows added to a register change in the match of every resource."""

from __future__ import annotations

import pandas as pd

from ..assumptions.values import Given
from ..register.gate import Register
from .candidates import RESOURCES
from .ladder import match


def compare_added(
    register: Register, rows: pd.DataFrame, *, assumptions: Given = None
) -> pd.DataFrame:
    """
    Match every resource without and with some added flows.

    Parameters
    ----------
    register
        Sites and flows, without the rows.
    rows
        Flows to add, as a `derive_flows` returns them with additive="yes".
    assumptions
        Assumptions, or changes by id. None: the bundled ones.

    Returns
    -------
    change
        Indexed by resource: `without_plant` and `with_plant` (delivered in all), `to_plant` and
        `from_plant` (delivered by links that end or begin in an added row) and `unit`.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> register = sg.load_register()
    >>> plant = {"site_id": "port_halmstad", "power_mw": 10, "additive": "yes"}
    >>> rows = sg.plans.data_centre.derive_flows(register, **plant)
    >>> compare_added(register, rows).index.tolist()
    ['heat', 'co2', 'materials', 'water']
    """
    grown = register.add(flows=rows)
    # sources of CO2 are named by their stack, all other ends by their flow
    added = {*rows["flow_id"], *(rows["site_id"] + "-" + rows["stream"])}
    table = {}
    for key, resource in RESOURCES.items():
        before = match(register, key, assumptions=assumptions).links
        after = match(grown, key, assumptions=assumptions).links
        delivered = after["delivered"]
        table[key] = {
            "without_plant": before["delivered"].sum(),
            "with_plant": delivered.sum(),
            "to_plant": delivered[after["sink"].isin(added)].sum(),
            "from_plant": delivered[after["source"].isin(added)].sum(),
            "unit": resource.unit,
        }
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("resource")
