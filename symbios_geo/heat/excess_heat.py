"""Heat that sites leave unused, estimated from emissions, production, or the size of the source."""

from __future__ import annotations

import numpy as np

from ..assumptions.checks import (
    ABSOLUTE_ZERO_C,
    HOURS_PER_YEAR,
    LONGEST_YEAR_H,
    Numbers,
    check_choice,
    checked,
    checked_or_default,
    like_input,
)
from ..errors import ParameterError
from ..tables import parameter, read_table

READINGS = ("A", "B")


def from_emissions(co2_t: Numbers, fuel: str, sector: str, *, reading: str = "A") -> Numbers:
    """
    Return the excess heat of a site known by its combustion CO2, GWh/yr.

    Fuel energy = CO2 x energy per tonne; excess heat = fuel x share of the sector. Leave out
    process CO2 (calcination), which carries no fuel energy. A measured value always goes before
    this estimate. Source: planheat_tool_database_pointcreator_code.

    Parameters
    ----------
    co2_t
        CO2 from combustion, fossil and biogenic, t/yr.
    fuel
        A row of fuel_factors.csv.
    sector
        A row of excess_heat_sectors.csv.
    reading
        "A": the share is what can be recovered. "B": it is what the plant already re-uses, so
        that the rest is excess; three times as much at 25 %.

    Raises
    ------
    ParameterError
        If the emissions are negative, or a word is not known.
    """
    emitted = checked("co2_t", co2_t, at_least=0)
    check_choice("reading", reading, READINGS)
    share = _row_value("excess_heat_sectors", "sector", sector, "recovery_share")
    energy = emitted * _row_value("fuel_factors", "fuel", fuel, "mwh_per_t_co2") / 1000
    return like_input(energy * (share if reading == "A" else 1 - share), co2_t)


def from_production(production_t: Numbers, product: str) -> Numbers:
    """
    Return the excess heat of a site known by its production, GWh/yr.

    Production x specific fuel use x share of the fuel. Never derive the production of a pulp mill
    from its fossil CO2: it burns mostly wood. Source: hotmaps_load_profile_residential_heating.

    Parameters
    ----------
    production_t
        Production, t/yr.
    product
        A row of excess_heat_products.csv.
    """
    amount = checked("production_t", production_t, at_least=0)
    fuel = amount * _row_value("excess_heat_products", "product", product, "fuel_mwh_per_t") / 1000
    share = _row_value("excess_heat_products", "product", product, "excess_share")
    return like_input(fuel * share, production_t)


def sewage_effluent_kwh(
    persons: Numbers,
    *,
    cooling_k: Numbers | None = None,
    design_capacity: bool = False,
    hours: Numbers = HOURS_PER_YEAR,
) -> Numbers:
    """
    Return the heat in the treated water of a sewage plant before any heat pump, kWh.

    Source: planheat_tool_database_pointcreator_code.

    Parameters
    ----------
    persons
        Person equivalents.
    cooling_k
        How far the water is cooled, K. None: parameters.csv.
    design_capacity
        True when `persons` is the capacity of the plant instead of its load.
    hours
        Hours in the period.
    """
    loaded = parameter("sewage_design_load_share") if design_capacity else 1.0
    heat = _sewage_kwh(persons, cooling_k, "sewage_effluent_cooling_k", hours)
    return like_input(heat * loaded, persons, cooling_k, hours)


def sewer_kwh(
    persons: Numbers, *, cooling_k: Numbers | None = None, hours: Numbers = HOURS_PER_YEAR
) -> Numbers:
    """
    Return the heat in a sewer before the plant, kWh.

    Plants need warm water to remove nitrogen: 1 K is a safe limit there. Parameters as in
    `sewage_effluent_kwh`. Source: planheat_tool_database_pointcreator_code.
    """
    heat = _sewage_kwh(persons, cooling_k, "sewer_cooling_k", hours)
    return like_input(heat, persons, cooling_k, hours)


def river_kwh(
    flow_m3_per_h: Numbers, water_c: Numbers, *, hours: Numbers = HOURS_PER_YEAR
) -> Numbers:
    """
    Return the heat in river or lake water before any heat pump, kWh.

    The water is cooled by at most the limit and never below the least temperature in
    parameters.csv; colder water gives 0. Source: planheat_tool_database_pointcreator_code.
    """
    water = checked("water_c", water_c, above=ABSOLUTE_ZERO_C)
    usable = np.clip(water - parameter("river_least_c"), 0.0, parameter("river_cooling_k"))
    flow = checked("flow_m3_per_h", flow_m3_per_h, at_least=0)
    return like_input(_water_kwh(flow, usable, hours), flow_m3_per_h, water_c, hours)


def data_centre_kwh(
    area_m2: Numbers | None = None,
    *,
    electricity_kwh: Numbers | None = None,
    hours: Numbers = HOURS_PER_YEAR,
) -> Numbers:
    """
    Return the heat of a data centre, kWh.

    From the electricity of the IT equipment (better), or from the floor area with the power
    density, floor use, load and cooling COP of parameters.csv.
    Source: planheat_tool_database_pointcreator_code.

    Parameters
    ----------
    area_m2
        Floor area, m2.
    electricity_kwh
        Electricity of the IT equipment in the period, kWh; without cooling, or it counts twice.
    hours
        Hours in the period; only used with the area.

    Raises
    ------
    ParameterError
        Unless exactly one of area and electricity is given.
    """
    if _one_of(area_m2, electricity_kwh) is electricity_kwh:
        return _scaled(electricity_kwh, parameter("data_centre_heat_share"))
    density = parameter("data_centre_w_per_m2") / 1000 * parameter("data_centre_floor_share")
    released = 1 + 1 / parameter("data_centre_cooling_cop")
    kw_per_m2 = density * parameter("data_centre_load_share") * released
    return _area_kwh(area_m2, kw_per_m2, hours)


def supermarket_kwh(
    area_m2: Numbers | None = None,
    *,
    electricity_kwh: Numbers | None = None,
    hours: Numbers = HOURS_PER_YEAR,
) -> Numbers:
    """
    Return the heat rejected by the refrigeration of a food shop, kWh.

    From its electricity, or from the sales area; the area route is a theoretical upper bound (984
    against 29 kWh/m2 used in one Danish shop). Parameters and errors as in `data_centre_kwh`, with
    all electricity of the shop. Source: planheat_tool_database_pointcreator_code.
    """
    cop = parameter("supermarket_cooling_cop")
    if _one_of(area_m2, electricity_kwh) is electricity_kwh:
        return _scaled(electricity_kwh, parameter("supermarket_cooling_share") * cop)
    per_m2 = parameter("supermarket_kwh_per_m2") / HOURS_PER_YEAR * (cop + 1)
    return _area_kwh(area_m2, per_m2, hours)


def cold_store_kwh(
    area_m2: Numbers | None = None,
    *,
    electricity_kwh: Numbers | None = None,
    hours: Numbers = HOURS_PER_YEAR,
) -> Numbers:
    """
    Return the heat rejected by a cold store, kWh.

    From its electricity, or from its area; the source multiplies the area route by an unexplained
    3, kept as `cold_store_area_factor`. Parameters and errors as in `data_centre_kwh`.
    Source: planheat_tool_database_pointcreator_code.
    """
    cop = parameter("cold_store_cooling_cop")
    if _one_of(area_m2, electricity_kwh) is electricity_kwh:
        return _scaled(electricity_kwh, parameter("cold_store_heat_share") * cop)
    per_m2 = parameter("cold_store_kwh_per_m2") * parameter("cold_store_area_factor")
    return _area_kwh(area_m2, per_m2 / HOURS_PER_YEAR * (cop + 1), hours)


def ventilation_kwh(
    flow_m3_per_h: Numbers,
    *,
    cooling_k: Numbers | None = None,
    hours: Numbers = HOURS_PER_YEAR,
) -> Numbers:
    """
    Return the heat in ventilation air, kWh.

    Source: planheat_tool_database_pointcreator_code.

    Parameters
    ----------
    flow_m3_per_h
        Air flow, m3/h (`car_park_air_m3_per_h` gives that of a car park).
    cooling_k
        How far the air is cooled, K: 9 in a metro shaft. None: car park, in parameters.csv.
    hours
        Hours in the period.
    """
    flow = checked("flow_m3_per_h", flow_m3_per_h, at_least=0)
    cooling = checked_or_default("cooling_k", cooling_k, "car_park_cooling_k", at_least=0)
    heat = cooling * flow * parameter("air_heat_kj_per_m3k") / 3600 * _hours(hours)
    return like_input(heat, flow_m3_per_h, cooling_k, hours)


def car_park_air_m3_per_h(area_m2: Numbers) -> Numbers:
    """Return the ventilation air of an indoor car park, m3/h."""
    return _scaled(area_m2, parameter("car_park_air_l_per_s_m2") * 3.6)


def _sewage_kwh(
    persons: Numbers, cooling_k: Numbers | None, default_id: str, hours: Numbers
) -> np.ndarray:
    """Return the heat in the sewage of `persons`, kWh."""
    litres = parameter("sewage_litres_per_person_day")
    flow = checked("persons", persons, at_least=0) * litres / 24 / 1000
    return _water_kwh(
        flow, checked_or_default("cooling_k", cooling_k, default_id, at_least=0), hours
    )


def _water_kwh(flow_m3_per_h: np.ndarray, cooling_k: np.ndarray, hours: Numbers) -> np.ndarray:
    """Return the heat that a flow of water gives off, kWh."""
    return flow_m3_per_h * parameter("water_heat_kj_per_m3k") / 3600 * cooling_k * _hours(hours)


def _area_kwh(area_m2: Numbers | None, kw_per_m2: float, hours: Numbers) -> Numbers:
    """Return area times power per area times hours, kWh."""
    area = checked("area_m2", 0.0 if area_m2 is None else area_m2, at_least=0)
    return like_input(area * kw_per_m2 * _hours(hours), area_m2, hours)


def _scaled(amount: Numbers | None, factor: float) -> Numbers:
    """Return a checked amount times a factor."""
    given = 0.0 if amount is None else amount
    return like_input(checked("amount", given, at_least=0) * factor, amount)


def _hours(hours: Numbers) -> np.ndarray:
    """Return the hours of the period after checking them."""
    return checked("hours", hours, at_least=0, at_most=LONGEST_YEAR_H)


def _one_of(area_m2: Numbers | None, electricity_kwh: Numbers | None) -> Numbers:
    """Return whichever of the two is given."""
    given = [value for value in (area_m2, electricity_kwh) if value is not None]
    if len(given) != 1:
        msg = "Give either area_m2 or electricity_kwh, and not both."
        raise ParameterError(msg)
    return given[0]


def _row_value(table: str, key: str, word: str, column: str) -> float:
    """Return one number of a small reference table."""
    rows = read_table(table).set_index(key)
    check_choice(key, word, rows.index)
    return float(rows[column][word])
