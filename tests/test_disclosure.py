"""Nothing that a company keeps to itself leaves by a row, a link or a sum."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import symbios_geo as sg
from symbios_geo.disclosure import (
    LARGEST_SHARE,
    clear,
    disclosed_sums,
    find_companies,
    flow_visibility,
    is_safe,
    publishable,
    readers_of,
)
from symbios_geo.errors import ParameterError, RegisterError
from symbios_geo.model import BOUNDS
from symbios_geo.register import check

MIDDLES = sg.load_municipalities().representative_point()


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
            {
                **template_site,
                "operator": company,
                "municipality_code": code,
                "geometry": MIDDLES[code],
            }
            for company, code, _ in rows
        ],
        index=pd.Index(ids, name="site_id"),
        crs="EPSG:4326",
    ).assign(visibility="internal")
    flows = pd.DataFrame(
        [
            {**template, "flow_id": f"{site}-heat", "site_id": site, "committed": 0.0}
            | dict.fromkeys(BOUNDS, value)
            for site, (_, _, value) in zip(ids, rows, strict=True)
        ]
    )
    return sg.Register(sites, flows)


def many_companies(base: sg.Register, rows: list[tuple[str, str, float]]) -> sg.Register:
    """Return what `companies` does, of a register that is complete: a hundredth of the time."""
    ids = [f"s{number}" for number in range(len(rows))]
    names, codes, values = zip(*rows, strict=True)
    sites = base.sites.iloc[[0] * len(rows)].set_axis(pd.Index(ids, name="site_id"))
    sites = sites.assign(operator=names, municipality_code=codes, visibility="internal")
    flows = base.flows.iloc[[0] * len(rows)].reset_index(drop=True)
    flows = flows.assign(
        flow_id=[f"{site}-heat" for site in ids], site_id=ids, municipality_code=codes,
        committed=0.0, **dict.fromkeys(BOUNDS, values),
    )  # fmt: skip
    return base.unchecked(sites=sites, flows=flows)


def sums(register: sg.Register) -> dict[str, float]:
    return disclosed_sums(register).set_index("municipality_code")["value"].to_dict()


def test_a_hidden_site_takes_its_flows_with_it(register):
    seen = clear(hide(register, "mill"))
    assert "mill" not in seen.sites.index
    assert "mill" not in set(seen.flows["site_id"])
    assert len(seen.flows) == 4


def test_a_hidden_flow_leaves_its_site(register):
    flows = register.flows.copy()
    flows.loc[0, "visibility"] = "internal"
    seen = clear(replace(register, flows=flows))
    assert "mill" in seen.sites.index
    assert flows.loc[0, "flow_id"] not in set(seen.flows["flow_id"])


def test_an_exchange_with_a_hidden_end_is_dropped(register):
    pairs = pd.DataFrame({"from_site_id": ["mill", "glass"], "to_site_id": ["town", "town"]})
    seen = clear(hide(replace(register, synergies=pairs), "mill"))
    assert list(seen.synergies["from_site_id"]) == ["glass"]


def test_internal_rows_come_when_asked_for_and_secret_ones_never(register):
    hidden = hide(hide(register, "mill"), "glass", "secret")
    seen = clear(hidden, "internal")
    assert "mill" in seen.sites.index
    assert "glass" not in seen.sites.index
    assert set(flow_visibility(hidden)) == {"public", "internal", "secret"}
    assert readers_of(register) == "public"
    assert readers_of(hidden) == "secret"
    assert readers_of(seen) == "internal"
    assert readers_of(replace(seen, readers="public")) == "secret"


@pytest.mark.parametrize("readers", ["secret", "all", "publik", ""])
def test_other_readers_are_refused(register, readers):
    with pytest.raises(ParameterError, match="readers"):
        clear(register, readers)
    with pytest.raises(ParameterError, match="readers"):
        sg.run(register=register, readers=readers)


def test_an_unknown_visibility_never_enters(register):
    with pytest.raises(RegisterError, match=r"sites mill, row 1, column visibility: .sekret"):
        hide(register, "mill", "sekret")


def test_three_companies_make_a_sum(register):
    found = companies(register, [("a", "1380", 40), ("b", "1380", 35), ("c", "1380", 25)])
    assert sums(found) == {"1380": 100}


def test_two_companies_with_three_plants_do_not(register):
    found = companies(register, [("a", "1380", 40), ("A ", "1380", 35), ("c", "1380", 25)])
    assert sums(found) == {}


@pytest.mark.parametrize(("largest", "shown"), [(85, True), (86, False)])
def test_no_company_is_over_85_per_cent(register, largest, shown):
    small = (100 - largest) / 5
    rows = [("a", "1380", largest), *((name, "1380", small) for name in "bcdef")]
    assert bool(sums(companies(register, rows))) is shown


@pytest.mark.parametrize(
    ("values", "shown"),
    [((50, 45, 5), True), ((50, 45.1, 4.9), False), ((85, 14.99, 0.01), False),
     ((50, 49.99, 0.01), False), ((50, 49.99, 0), False), ((40, 30, 30), True)],
)  # fmt: skip
def test_the_second_largest_cannot_tell_the_largest_within_ten_per_cent(register, values, shown):
    rows = [(name, "1380", value) for name, value in zip("abc", values, strict=True)]
    assert bool(sums(companies(register, rows))) is shown


def test_a_published_sum_is_round(register):
    rows = [("a", "1380", 41.234), ("b", "1380", 35.1), ("c", "1380", 28.2)]
    assert sums(companies(register, rows)) == {"1380": 100}


@pytest.mark.parametrize(
    "names", [["Alfa AB", "Alfa  AB", "AB Alfa"], ["alfa", "ALFA Hb", "Alfa,"]]
)
def test_other_spellings_of_a_name_are_the_same_company(register, names):
    rows = [(name, "1380", 10.0) for name in names]
    found = companies(register, rows)
    assert len(set(find_companies(found.sites))) == 1
    assert sums(found) == {}


def test_one_organisation_number_is_one_company_whatever_the_names(register):
    found = companies(register, [(name, "1380", 10.0) for name in "abc"])
    numbers = ["556036-0793", "5560360793", "16556036-0793"]
    one = replace(found, sites=found.sites.assign(organisation_number=numbers))
    assert sums(found) == {"1380": 30}
    assert sums(one) == {}


def test_a_company_known_by_number_here_and_by_name_there_is_one(register):
    rows = [("Alfa AB", "1380", 10.0), ("", "1380", 10.0), ("alfa", "1380", 10.0)]
    found = companies(register, rows)
    numbers = ["556036-0793", "556036-0793", ""]
    assert len(set(find_companies(found.sites.assign(organisation_number=numbers)))) == 1


@pytest.mark.parametrize(("known", "shown"), [("", False), ("ab", False), ("abcd", True)])
def test_places_of_unknown_companies_make_no_company(register, known, shown):
    rows = [(name, "1380", 20.0) for name in known] + [("", "1380", 5.0), (None, "1380", 5.0)]
    rows += [("  ", "1380", 5.0)]
    assert bool(sums(companies(register, rows))) is shown


def test_the_filled_in_example_publishes_no_single_company(tmp_path):
    path = check.write_example(tmp_path / "example.xlsx")
    register = sg.load_register(path)
    mine = register.sites.index.difference(sg.load_register().sites.index)
    assert len(mine) == 5
    assert "organisation_number" in register.sites
    for operator, number in (("", ""), ("One AB", ""), ("", "556036-0793")):
        sites = register.sites.copy()
        sites.loc[mine, ["visibility", "municipality_code"]] = ["internal", "1383"]
        sites.loc[mine, "geometry"] = MIDDLES["1383"]
        sites.loc[mine, ["operator", "organisation_number"]] = [operator, number]
        assert disclosed_sums(replace(register, sites=sites)).empty


def published(*rows: tuple[str, float, int]) -> pd.DataFrame:
    """Return published sums of heat: area, value, companies."""
    table = pd.DataFrame(rows, columns=["municipality_code", "value", "companies"])
    return table.assign(resource="heat", role="source", unit="GWh/yr")[COLUMNS]


COLUMNS = ["resource", "role", "unit", "municipality_code", "value", "companies"]


@pytest.mark.parametrize(
    ("last", "now", "shown"),
    [
        # as before; three more; one more; one that changed its figure
        ([("1380", 90, 3)], ("1380", 90, 3), True),
        ([("1380", 90, 3)], ("1380", 150, 6), True),
        ([("1380", 90, 3)], ("1380", 100, 4), False),
        ([("1380", 90, 3)], ("1380", 110, 3), False),
        # another town; one that was in the county's row; the county with a town in it
        ([("1380", 90, 3)], ("1381", 60, 3), True),
        ([("county", 95, 4)], ("1380", 90, 3), False),
        ([("1380", 90, 3)], ("county", 95, 4), False),
    ],
)
def test_what_was_published_before_gives_nobody_away(last, now, shown):
    found = publishable(published(now), published(*last))
    assert len(found) == shown
    assert list(found.columns) == COLUMNS


def test_the_same_round_sum_tells_no_new_count_of_companies():
    found = publishable(published(("1380", 90, 4)), published(("1380", 90, 3)))
    assert found["companies"].tolist() == [3]


def test_a_municipality_that_fails_is_merged_upwards(register):
    rows = [(name, "1380", 30.0) for name in "abc"]
    rows += [("d", "1381", 5.0), ("e", "1382", 5.0), ("f", "1383", 5.0)]
    assert sums(companies(register, rows)) == {"1380": 90, "county": 15}


def test_a_rest_that_fails_takes_a_safe_municipality_with_it(register):
    rows = [(name, "1380", 30.0) for name in "abc"] + [("d", "1381", 5.0)]
    assert sums(companies(register, rows)) == {"county": 95}


def test_many_companies_are_those_that_a_register_is_made_of():
    rows = [(name, code, 30.0 + k) for k, name in enumerate("abcad") for code in ("1380", "1381")]
    slow, quick = (make(_bare(), rows) for make in (companies, many_companies))
    assert len(sums(slow)) == 2
    pd.testing.assert_frame_equal(disclosed_sums(quick), disclosed_sums(slow))


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["1380", "1381"]),
                          st.floats(0, 1e4)), min_size=1, max_size=12))  # fmt: skip
def test_no_sum_gives_a_company_away(rows):
    for _, group in disclosed_sums(many_companies(_bare(), rows)).iterrows():
        code = group["municipality_code"]
        mine = pd.DataFrame(rows, columns=["company", "code", "value"])
        if code != "county":
            mine = mine[mine["code"] == code]
        parts = mine.groupby("company")["value"].sum()
        assert (parts > 0).sum() >= 3
        assert is_safe(parts) or code == "county"
        # two figures: at most a twentieth above what there is
        assert group["value"] <= mine["value"].sum() * 1.05
    assert LARGEST_SHARE < 1


@cache
def _bare() -> sg.Register:
    site = {
        "name": "x", "operator": "x", "municipality_code": "1382", "visibility": "public",
    }  # fmt: skip
    sites = gpd.GeoDataFrame(
        [site], geometry=gpd.points_from_xy([12.5], [57.0]), crs="EPSG:4326", index=["mill"]
    )
    flow = {
        "flow_id": "x", "site_id": "mill", "resource": "heat", "role": "source",
        "value": 1.0, "temperature_low_c": 60.0,
        "unit": "GWh/yr", "additive": "yes", "visibility": "internal",
    }  # fmt: skip
    return sg.Register(sites, pd.DataFrame([flow]))
