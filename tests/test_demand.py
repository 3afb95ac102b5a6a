"""Demand from a grid or a raster: the sum arrives, places lie right, wrong files are refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

import symbios_geo as sg
from symbios_geo.errors import RegisterError
from symbios_geo.register import from_grid, from_raster

rasterio = pytest.importorskip("rasterio")
HALMSTAD = (368_000, 6_290_000)  # upper left corner, SWEREF 99 TM


def write(path, values, *, crs="EPSG:3006", pixel=100.0, corner=HALMSTAD):
    shape = {"height": values.shape[0], "width": values.shape[1], "count": 1}
    form = {"driver": "GTiff", "dtype": "float64", "nodata": -9999.0, "crs": crs}
    move = rasterio.Affine(pixel, 0.0, corner[0], 0.0, -pixel, corner[1])
    with rasterio.open(path, "w", **shape, **form, transform=move) as raster:
        raster.write(values, 1)
    return path


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), cell_km=st.floats(0.1, 3), holes=st.floats(0, 0.5))
def test_the_heat_of_a_raster_arrives_whole(tmp_path_factory, seed, cell_km, holes):
    rng = np.random.default_rng(seed)
    values = rng.gamma(0.5, 100, (37, 23))  # MWh per hectare, and a pixel is a hectare
    values[0, 0] = 1.0
    gone = rng.random(values.shape) < holes
    gone[0, 0] = False
    path = write(tmp_path_factory.mktemp("grid") / "heat.tif", np.where(gone, -9999.0, values))
    sites, flows = from_raster(path, cell_km=cell_km)
    assert flows["value"].sum() == pytest.approx(values[~gone].sum() / 1000)
    assert sites["area_ha"].sum() == pytest.approx((~gone & (values > 0)).sum())
    assert sites.to_crs(3006).geometry.x.between(368_000, 370_300).all()


def test_units_and_degrees(tmp_path):
    values = np.full((10, 10), 5.0)
    path = write(tmp_path / "a.tif", values)
    per_km2 = from_raster(path, unit="GWh/km2")[1]["value"].sum()
    assert per_km2 == pytest.approx(5.0)  # ten by ten hectares are one km2
    assert from_raster(path, unit="MWh")[1]["value"].sum() == pytest.approx(0.5)
    # a degree of longitude at 56.7 N is 61.2 km, one of latitude 111.4 km (NGA calculator)
    square = write(tmp_path / "b.tif", values, crs="EPSG:4326", pixel=0.001, corner=(12.8, 56.7))
    found = from_raster(square, unit="GWh/km2")[1]["value"].sum()
    assert found == pytest.approx(5.0 * 0.612 * 1.114, rel=0.005)


def test_a_raster_becomes_demand_of_the_study(tmp_path):
    path = write(tmp_path / "heat.tif", np.full((20, 20), 400.0))
    register = sg.load_register()
    more = register.add(*from_raster(path, visibility="public"))
    before, after = (
        sg.balance.by_municipality(one, "heat").loc["1380", "demand"] for one in (register, more)
    )
    assert after - before == pytest.approx(160.0)
    lows = [one.flows.query("inside and role == 'sink'")["low"].sum() for one in (register, more)]
    assert lows[1] - lows[0] == pytest.approx(128.0)
    match = sg.match(more, method="annual")
    assert match.ends.index.str.startswith("cell_").sum() == 4


def test_a_grid_of_polygons_and_its_own_range():
    cells = gpd.GeoDataFrame(
        {"heat": [1800.0, 0.0, 3600.0], "low": [900.0, 0.0, 3000.0], "high": [2000.0, 0.0, 4000.0]},
        geometry=[box(370_000 + x, 6_280_000, 371_000 + x, 6_281_000) for x in (0, 1000, 2000)],
        crs=3006,
    )
    sites, flows = from_grid(cells, value="heat", unit="TJ", name="square")
    assert flows["value"].tolist() == pytest.approx([500.0, 1000.0])
    assert flows["low"].tolist() == pytest.approx([250.0, 3000 / 3.6])
    assert sites["area_ha"].tolist() == pytest.approx([100.0, 100.0])
    assert sg.load_register().add(sites, flows).flows["visibility"].tail(2).eq("internal").all()


def test_what_cannot_be_read_is_refused(tmp_path):
    plain = np.full((4, 4), 1.0)
    with pytest.raises(RegisterError, match="kWh/m2"):
        from_raster(write(tmp_path / "a.tif", plain), unit="kW")
    with pytest.raises(RegisterError, match="no heat demand"):
        from_raster(write(tmp_path / "b.tif", plain * 0))
    with pytest.raises(RegisterError, match="negative"):
        from_raster(write(tmp_path / "c.tif", -plain))
    with pytest.raises(RegisterError, match="no coordinate system"):
        from_raster(write(tmp_path / "d.tif", plain, crs=None))
    cells = gpd.GeoDataFrame({"value": [1.0]}, geometry=[box(0, 0, 1, 1)])
    with pytest.raises(RegisterError, match="coordinate system"):
        from_grid(cells)
    with pytest.raises(RegisterError, match="unit of heat"):
        from_grid(cells.set_crs(3006), unit="kton")


def test_a_figure_is_replaced_by_leaving_it_out_and_adding_another():
    register = sg.load_register()
    old = register.select("heat", "sink", near="Varberg", km=1).iloc[0]
    less = register.without([old.name])
    new = register.flows[register.flows["flow_id"] == old.name].assign(value=1.0, low=0.5, high=2)
    again = less.add(flows=new.assign(flow_id="mine"))
    assert len(less.flows) == len(register.flows) - 1 == len(again.flows) - 1
    with pytest.raises(RegisterError, match=f"Did you mean {old.name}"):
        register.without(f"{old.name}s".upper())
