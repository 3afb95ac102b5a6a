"""What capture does to the heat of a mill: steam taken, heat given back, power lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..assumptions.values import Given, as_assumptions

# how the steam of the stripper may be paid for, from the darkest reading to the lightest
VARIANTS = ("nothing_returned", "steam_from_waste_heat", "turbine", "turbine_no_condenser")


def capture_streams(kt: float, assumptions: Given = None) -> pd.DataFrame:
    """
    Return what capturing CO2 takes and gives, by temperature.

    Steam of about 120 degC goes to the stripper. It would have made power in a turbine and then
    left as lukewarm water from its condenser, so both are lost. The capture plant gives the heat of
    its steam back at 50-80 degC, and compression some more at about 80.
    Source: danish_energy_agency_technology_data_4 (heat and electricity of capture).

    Parameters
    ----------
    kt
        CO2 captured, kt/yr.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.

    Returns
    -------
    streams
        Indexed by stream: resource ("heat" or "electricity"), temperature_c, mwh_per_t and gwh a
        year; what is taken is negative.

    Examples
    --------
    >>> float(capture_streams(1000).loc["steam", "gwh"])
    -833.0
    """
    p = as_assumptions(assumptions)
    power, steam = p["capture_lost_power_mwh_per_t"], p["capture_heat_mwh_per_t"]
    back, hot = p["capture_recoverable_heat_mwh_per_t"], p["capture_heat_share_80c"]
    used = p["capture_electricity_mwh_per_t"] + p["co2_compression_electricity_mwh_per_t"]
    rows = {
        "steam": ("heat", 120.0, -steam),
        "heat_back_80": ("heat", 80.0, hot * back + p["co2_compression_heat_mwh_per_t"]),
        "heat_back_50": ("heat", 50.0, (1 - hot) * back),
        "condenser_heat_lost": ("heat", 30.0, -(steam - power)),
        "power_lost": ("electricity", float("nan"), -power),
        "electricity_used": ("electricity", float("nan"), -used),
    }
    columns = ["resource", "temperature_c", "mwh_per_t"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("stream")
    return table.assign(gwh=table["mwh_per_t"] * kt)


def change_of_waste_heat(kt: Any, assumptions: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return by how much capture changes the waste heat that is left, GWh/yr, by variant.

    Parameters
    ----------
    kt
        CO2 captured, kt/yr; a number or one per draw.
    assumptions
        Values by parameter_id, as numbers or one per draw.

    Returns
    -------
    change
        By variant. "nothing_returned": the steam is taken out of waste heat and none comes back,
        which no plant does. "steam_from_waste_heat": taken out of waste heat, and heat comes back.
        "turbine": taken before the turbine, whose condenser then gives less lukewarm water; the
        reading of the claim. "turbine_no_condenser": the same at a mill whose condenser heat nobody
        counts as waste heat.
    """
    steam = assumptions["capture_heat_mwh_per_t"]
    back = assumptions["capture_recoverable_heat_mwh_per_t"]
    back = back + assumptions["co2_compression_heat_mwh_per_t"]
    condensed = steam - assumptions["capture_lost_power_mwh_per_t"]
    per_tonne = (-steam, back - steam, back - condensed, back)
    return {name: kt * change for name, change in zip(VARIANTS, per_tonne, strict=True)}


def capture_variants(
    kt: float, waste_heat_gwh: float, need_gwh: float, assumptions: Given = None
) -> pd.DataFrame:
    """
    Return how far waste heat goes beside capture, by how the steam is paid for.

    Parameters
    ----------
    kt
        CO2 captured, kt/yr.
    waste_heat_gwh, need_gwh
        Waste heat without capture, and heat needed, GWh/yr.
    assumptions
        Assumptions, or changes by id. None: the bundled ones.

    Returns
    -------
    variants
        Indexed by variant (see `change_of_waste_heat`): change_gwh, waste_heat_gwh, ratio (of the
        need) and power_lost_gwh (electricity that the mill no longer makes).

    Examples
    --------
    >>> capture_variants(500, 300, 100).shape[0] >= 2
    True
    """
    p = as_assumptions(assumptions)
    table = pd.Series(change_of_waste_heat(kt, p), name="change_gwh").rename_axis("variant")
    lost = kt * p["capture_lost_power_mwh_per_t"]
    return table.to_frame().assign(
        waste_heat_gwh=waste_heat_gwh + table,
        ratio=(waste_heat_gwh + table) / need_gwh,
        power_lost_gwh=[lost if name.startswith("turbine") else 0.0 for name in table.index],
    )
