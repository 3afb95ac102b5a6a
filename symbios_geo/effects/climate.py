"""What using a heat source does to emissions."""

from __future__ import annotations

from ..assumptions.checks import Numbers, checked, like_input


def climate_benefit_t(
    source: Numbers,
    cop: Numbers | None,
    displaced: Numbers,
    electricity: Numbers,
    *,
    pump: Numbers = 0.0,
) -> Numbers:
    """
    Return the greenhouse gas emissions avoided by using a heat source, t CO2e/yr (negative: worse).

    Parameters
    ----------
    source
        Heat taken from the source, GWh/yr.
    cop
        COP of the heat pump. None: the heat is used directly.
    displaced
        Emission factor of the heat that is replaced, g/kWh; the alternative that really stops.
    electricity
        Emission factor of electricity, g/kWh.
    pump
        Electricity for pumping, GWh/yr.

    Raises
    ------
    ParameterError
        If an amount or factor is negative, or the COP is 1 or less.

    Examples
    --------
    >>> float(climate_benefit_t(10, None, displaced=50, electricity=20))
    500.0
    >>> float(climate_benefit_t(10, 3, displaced=50, electricity=130))
    100.0
    """
    heat = checked("source", source, at_least=0)
    # work of the heat pump: Q / (COP - 1), which the network also receives as heat
    work = 0.0 if cop is None else heat / (checked("cop", cop, above=1) - 1)
    saved = (heat + work) * checked("displaced", displaced, at_least=0)
    used = work + checked("pump", pump, at_least=0)
    benefit = saved - used * checked("electricity", electricity, at_least=0)
    return like_input(benefit, source, cop, displaced, electricity, pump)
