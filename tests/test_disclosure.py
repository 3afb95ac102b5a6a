"""Nothing that a company keeps to itself leaves by a row, a link or a sum."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import symbios_geo as sg
from symbios_geo.disclosure import (
    LARGEST_SHARE,
    check_include,
    disclosed_sums,
    flow_visibility,
    is_public,
    is_safe,
    public_register,
)
from symbios_geo.errors import ParameterError


def hide(register: sg.Register, site_id: str, kind: str = "internal") -> sg.Register:
    sites = register.sites.copy()
    sites.loc[site_id, "visibility"] = kind
    return replace(register, sites=sites)


def companies(register: sg.Register, rows: list[tuple[str, str, float]]) -> sg.Register:
    """Return a register whose only flows are internal heat of (company, municipality, value)."""
    template_site, template = register.sites.loc["mill"], register.flows.iloc[0]
    ids = [f"s{number}" for number in range(len(rows))]
    sites = gpd.GeoDataFrame(
        [
            {**template_site, "operator": company, "municipality_code": code}
            for company, code, _ in rows
        ],
        index=pd.Index(ids, name="site_id"),
        crs="EPSG:4326",
    ).assign(visibility="internal")
    flows = pd.DataFrame(
        [
            {**template, "flow_id": f"{site}-heat", "site_id": site, "value": value}
            for site, (_, _, value) in zip(ids, rows, strict=True)
        ]
    )
    return sg.Register(sites, flows)


def sums(register: sg.Register) -> dict[str, float]:
    return disclosed_sums(register).set_index("municipality_code")["value"].to_dict()


def test_a_hidden_site_takes_its_flows_with_it(register):
    seen = public_register(hide(register, "mill"))
    assert "mill" not in seen.sites.index
    assert "mill" not in set(seen.flows["site_id"])
    assert len(seen.flows) == 4


def test_a_hidden_flow_leaves_its_site(register):
    flows = register.flows.copy()
    flows.loc[0, "visibility"] = "internal"
    seen = public_register(replace(register, flows=flows))
    assert "mill" in seen.sites.index
    assert flows.loc[0, "flow_id"] not in set(seen.flows["flow_id"])


def test_an_exchange_with_a_hidden_end_is_dropped(register):
    pairs = pd.DataFrame({"from_site_id": ["mill", "glass"], "to_site_id": ["town", "town"]})
    seen = public_register(hide(replace(register, synergies=pairs), "mill"))
    assert list(seen.synergies["from_site_id"]) == ["glass"]


def test_internal_rows_come_when_asked_for_and_secret_ones_never(register):
    hidden = hide(hide(register, "mill"), "glass", "secret")
    seen = public_register(hidden, include=("public", "internal"))
    assert "mill" in seen.sites.index
    assert "glass" not in seen.sites.index
    assert set(flow_visibility(hidden)) == {"public", "internal", "secret"}
    assert is_public(register)
    assert not is_public(hidden)


@pytest.mark.parametrize("include", [("secret",), ("public", "secret"), ("internal",), ("all",)])
def test_other_kinds_are_refused(include):
    with pytest.raises(ParameterError, match="include"):
        check_include(include)


def test_an_unknown_visibility_is_secret(register):
    assert "mill" not in public_register(hide(register, "mill", "sekret")).sites.index


def test_three_companies_make_a_sum(register):
    found = companies(register, [("a", "1380", 40), ("b", "1380", 35), ("c", "1380", 25)])
    assert sums(found) == {"1380": 100}


def test_two_companies_with_three_plants_do_not(register):
    found = companies(register, [("a", "1380", 40), ("A ", "1380", 35), ("c", "1380", 25)])
    assert sums(found) == {}


@pytest.mark.parametrize(("largest", "shown"), [(85, True), (86, False)])
def test_no_company_is_over_85_per_cent(register, largest, shown):
    small = (100 - largest) / 2
    rows = [("a", "1380", largest), ("b", "1380", small), ("c", "1380", small)]
    assert bool(sums(companies(register, rows))) is shown


def test_a_municipality_that_fails_is_merged_upwards(register):
    rows = [(name, "1380", 30.0) for name in "abc"]
    rows += [("d", "1381", 5.0), ("e", "1382", 5.0), ("f", "1383", 5.0)]
    assert sums(companies(register, rows)) == {"1380": 90, "county": 15}


def test_a_rest_that_fails_takes_a_safe_municipality_with_it(register):
    rows = [(name, "1380", 30.0) for name in "abc"] + [("d", "1381", 5.0)]
    assert sums(companies(register, rows)) == {"county": 95}


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["1380", "1381"]),
                          st.floats(0, 1e4)), min_size=1, max_size=12))  # fmt: skip
def test_no_sum_gives_a_company_away(rows):
    base = _bare()
    for _, group in disclosed_sums(companies(base, rows)).iterrows():
        code = group["municipality_code"]
        mine = pd.DataFrame(rows, columns=["company", "code", "value"])
        if code != "county":
            mine = mine[mine["code"] == code]
        parts = mine.groupby("company")["value"].sum()
        assert (parts > 0).sum() >= 3
        assert is_safe(parts) or code == "county"
        assert group["value"] <= mine["value"].sum() * (1 + 1e-9)
    assert LARGEST_SHARE < 1


def _bare() -> sg.Register:
    site = {
        "name": "x", "operator": "x", "municipality_code": "1380", "in_halland": True,
        "visibility": "public",
    }  # fmt: skip
    sites = gpd.GeoDataFrame(
        [site], geometry=gpd.points_from_xy([12.5], [57.0]), crs="EPSG:4326", index=["mill"]
    )
    flow = {
        "flow_id": "x", "site_id": "mill", "resource": "heat", "role": "source", "value": 1.0,
        "unit": "GWh/yr", "additive": "yes", "visibility": "internal",
    }  # fmt: skip
    return sg.Register(sites, pd.DataFrame([flow]))
