"""Value objects: they cannot be changed, and adding rows keeps what is there."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import geopandas as gpd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

import symbios_geo as sg
from symbios_geo.model import METRIC_CRS


def test_objects_cannot_be_changed(register: sg.Register):
    with pytest.raises(FrozenInstanceError):
        register.flows = register.flows.iloc[:0]


def test_added_flows_leave_the_first_register_alone(register: sg.Register):
    rows = register.flows.iloc[:2].assign(flow_id=["new-1", "new-2"])
    wider = register.add(flows=rows)
    assert len(wider.flows) == len(register.flows) + 2
    assert len(register.flows) == 8
    assert wider.flows.index.is_unique
    assert list(wider.flows["flow_id"].tail(2)) == ["new-1", "new-2"]
    assert_geodataframe_equal(wider.sites, register.sites)


def test_added_rows_may_lack_columns(register: sg.Register):
    few = register.flows[
        ["flow_id", "site_id", "resource", "role", "value", "unit", "temperature_low_c"]
    ].iloc[:1]
    wider = register.add(flows=few.assign(flow_id="short"))
    assert wider.flows["note"].isna().tolist() == [False] * 8 + [True]
    assert wider.flows["value"].dtype == register.flows["value"].dtype


def test_added_sites_keep_ids_and_coordinates(register: sg.Register):
    extra = register.sites.iloc[:1].rename(index={"mill": "mill-2"})
    wider = register.add(extra)
    assert isinstance(wider.sites, gpd.GeoDataFrame)
    assert wider.sites.crs == register.sites.crs
    assert wider.sites.index.tolist() == [*register.sites.index, "mill-2"]


def test_nothing_added_is_the_same(register: sg.Register):
    same = register.add(flows=register.flows.iloc[:0])
    assert_frame_equal(same.flows, register.flows)


def test_metres_are_those_of_sweden():
    assert METRIC_CRS == "EPSG:3006"
