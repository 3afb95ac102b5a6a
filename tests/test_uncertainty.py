from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import symbios_geo as sg
from symbios_geo.errors import DataError
from symbios_geo.study import draws as uncertainty
from symbios_geo.study import sensitivity

EF = "ef_black_liquor"
RECOVERY = "sodra_cell_varo-co2-recovery_boiler-biogenic"
LIME_KILN = "sodra_cell_varo-co2-lime_kiln-biogenic"


@pytest.fixture(scope="module")
def assumed() -> sg.Assumptions:
    return sg.load_assumptions()


@pytest.fixture(scope="module")
def inputs(halland, assumed) -> uncertainty.Inputs:
    return uncertainty.find_inputs(halland, assumed)


@pytest.fixture(scope="module")
def draws(halland, assumed) -> uncertainty.Draws:
    return uncertainty.draw(halland, assumed, n=400)


# --- the distribution ----------------------------------------------------------------------------


def quantile(share: float, low: float, mode: float, high: float) -> float:
    return float(uncertainty.triangular(np.array(share), *map(np.array, (low, mode, high))))


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.1, 0.854919), (0.5, 1.052786), (0.9, 1.3), (0.0, 0.7), (0.375, 1.0), (1.0, 1.5)],
)
def test_triangular_quantile(share, expected):
    assert quantile(share, 0.7, 1.0, 1.5) == pytest.approx(expected, abs=5e-7)


def test_triangular_mean_and_deviation():
    n = 200_000
    points = uncertainty.triangular((np.arange(n) + 0.5) / n, *map(np.array, (0.7, 1.0, 1.5)))
    assert points.mean() == pytest.approx(1.066667, abs=1e-6)
    assert points.std() == pytest.approx(0.164992, abs=1e-6)


ordered = st.lists(st.floats(0, 1e6), min_size=3, max_size=3).map(sorted)


@given(ordered, st.floats(0, 1), st.floats(0, 1))
def test_triangular_stays_inside_and_rises(ends, first, second):
    low, mode, high = ends
    slack = 1e-9 * (1 + high)
    less, more = (quantile(share, low, mode, high) for share in sorted((first, second)))
    assert low - slack <= less <= more + slack <= high + 2 * slack


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_no_range_gives_the_value(share):
    assert quantile(share, 2.0, 2.0, 2.0) == 2.0


# --- draws ---------------------------------------------------------------------------------------


def test_same_seed_same_draws(halland, assumed):
    first, again = (uncertainty.draw(halland, assumed, n=5, seed=1) for _ in range(2))
    pd.testing.assert_frame_equal(first.flows, again.flows)
    pd.testing.assert_frame_equal(first.parameters, again.parameters)
    other = uncertainty.draw(halland, assumed, n=5, seed=2)
    assert not np.allclose(first.flows[RECOVERY], other.flows[RECOVERY])


def test_draws_do_not_depend_on_order_or_number_of_inputs(inputs):
    whole = uncertainty.points_of(inputs, n=50)
    keep = np.flatnonzero([len(name) % 3 > 0 for name in inputs.names])[::-1]
    keep = keep[[inputs.names[k] != uncertainty.COMMON_SHARE for k in keep]]
    keep = np.append(inputs.names.index(uncertainty.COMMON_SHARE), keep)
    part = replace(
        inputs,
        names=[inputs.names[k] for k in keep],
        families=tuple(inputs.families[k] for k in keep),
    )
    assert np.array_equal(uncertainty.points_of(part, n=50), whole[:, keep])


def test_every_input_fills_its_range_evenly(inputs):
    points = np.sort(uncertainty.points_of(inputs, n=40), axis=0)
    assert ((points * 40).astype(int) == np.arange(40)[:, None]).all()


def test_inputs_of_one_family_err_together_and_others_do_not(inputs):
    points = pd.DataFrame(uncertainty.points_of(inputs, n=2000), columns=inputs.names)
    families = pd.Series(inputs.families, inputs.names)
    factors = points[families.index[families == "emission_factors"]].corr("spearman").to_numpy()
    apart = factors[np.triu_indices(len(factors), 1)]
    # a common part of 0.6 (0.4-0.9) on average
    assert 0.5 < apart.mean() < 0.75
    alone = points[families.index[families == ""]].corr("spearman").to_numpy()
    assert abs(alone[np.triu_indices(len(alone), 1)]).mean() < 0.03
    assert families[EF] == families["ef_wood_fuel"] == "emission_factors"


def test_every_flow_is_drawn_and_stays_within_its_range(halland, draws):
    flows = halland.flows.set_index("flow_id")
    assert list(draws.flows.columns) == list(flows.index)
    slack = 1e-6 * (1 + flows["high"])
    assert (draws.flows.min() >= flows["low"] - slack).all()
    assert (draws.flows.max() <= flows["high"] + slack).all()
    wide = flows["high"] > flows["low"] * 1.01 + 1e-6
    still = draws.flows.std() < 1e-12
    assert not (wide & still).any(), "a row with a range never moves"


def test_every_parameter_stays_within_its_range(assumed, draws):
    ranged = assumed.table.dropna(subset=["low", "high"])
    drawn = draws.parameters[ranged.index]
    assert (drawn.min() >= ranged["low"] - 1e-9 * (1 + ranged["low"].abs())).all()
    assert (drawn.max() <= ranged["high"] + 1e-9 * (1 + ranged["high"].abs())).all()
    assert set(assumed) <= set(draws.parameters.columns)


def test_derived_rows_are_derived_again_in_every_draw(draws):
    p, f = draws.parameters, draws.flows
    liquor = p["varo_black_liquor_gwh"] * p[EF]
    share = p["lime_kiln_share_of_black_liquor_carbon"]
    kiln = liquor * share + p["varo_kiln_wood_gwh"] * p["ef_wood_fuel"]
    assert f[RECOVERY].to_numpy() == pytest.approx((liquor * (1 - share)).to_numpy())
    assert f[LIME_KILN].to_numpy() == pytest.approx(kiln.to_numpy())
    assert np.corrcoef(f[RECOVERY], liquor)[0, 1] == pytest.approx(1.0)


def test_one_parameter_moves_every_row_that_reads_it(inputs):
    points = np.full((20, len(inputs.names)), 0.5)
    points[:, inputs.names.index(EF)] = np.linspace(0.01, 0.99, 20)
    flows = uncertainty.evaluate_at(inputs, points).flows
    moved = set(flows.columns[flows.std() > 1e-9])
    assert moved == {RECOVERY, LIME_KILN}
    assert np.corrcoef(flows[RECOVERY], flows[LIME_KILN])[0, 1] == pytest.approx(1.0)


def test_a_stated_range_is_filled_once_not_twice(halland, inputs):
    # the range of these rows is what their inputs give already
    ends = np.array([[0.0], [1.0]]).repeat(len(inputs.names), axis=1)
    ends[:, inputs.names.index("ef_natural_gas")] = 1.0, 0.0  # what the dairy is divided by
    drawn = uncertainty.evaluate_at(inputs, ends)
    stated = halland.flows.set_index("flow_id").loc["borgas_chp-co2-wood_boilers-biogenic"]
    least, most = drawn.flows[stated.name]
    assert (least, most) == pytest.approx((stated["low"], stated["high"]), rel=1e-4)
    dairy = drawn.flows["arla_falkenberg-heat-dairy_process_heat"]
    assert list(dairy) == pytest.approx([3, 18])


def test_property_heating_moves_together(halland, draws):
    rows = halland.flows[halland.flows["stream"] == "property_heating"]
    drawn = draws.flows[rows.loc[rows["high"] > rows["low"], "flow_id"]].to_numpy()
    order = np.argsort(drawn[:, 0])
    assert drawn.shape[1] > 90
    assert (np.diff(drawn[order], axis=0) >= -1e-9).all()


def test_municipalities_add_up_to_the_county_in_every_draw(halland, draws):
    rows = halland.flows.query("resource == 'heat' and role == 'source'")
    place = halland.sites["municipality_code"].reindex(rows["site_id"]).to_numpy()
    drawn = draws.flows[rows["flow_id"]]
    parts = drawn.T.groupby(place).sum().T
    assert parts.sum(axis=1).to_numpy() == pytest.approx(drawn.sum(axis=1).to_numpy())


def test_middle_of_many_draws_is_near_the_middle_of_the_triangle(inputs, draws):
    row = inputs.table.loc[EF]
    middle = quantile(0.5, row["low"], row["value"], row["high"])
    assert draws.parameters[EF].median() == pytest.approx(middle, rel=0.01)


def test_a_computed_parameter_that_is_set_stays_set(assumed):
    changed = assumed.replace({"varo_black_liquor_gwh": (3100.0, 3000.0, 3200.0)})
    register = sg.load_register(assumptions=changed)
    draws = uncertainty.draw(register, changed, n=50)
    liquor = draws.parameters["varo_black_liquor_gwh"]
    assert liquor.between(3000, 3200).all()
    assert liquor.std() > 10
    ratio = draws.flows[RECOVERY] / (liquor * draws.parameters[EF])
    assert ratio.std() < 1e-9


def test_rows_without_their_inputs_keep_their_own_range(halland, assumed):
    # part of a register, as when internal rows are left out
    flows = halland.flows[halland.flows["resource"] == "co2"].reset_index(drop=True)
    draws = uncertainty.draw(replace(halland, flows=flows), assumed, n=20)
    row = flows.set_index("flow_id").loc["kvarngarden_biogas-co2-biogas_upgrading_offgas-biogenic"]
    drawn = draws.flows[row.name]
    assert drawn.between(row["low"] - 1e-9, row["high"] + 1e-9).all()
    assert drawn.std() > 0


def test_a_row_may_state_another_distribution(halland, assumed, monkeypatch):
    stated_as(monkeypatch, EF, "uniform")
    inputs = uncertainty.find_inputs(halland, assumed)
    low, high = assumed.table.loc[EF, ["low", "high"]]
    points = np.full((1, len(inputs.names)), 0.25)
    drawn = uncertainty.evaluate_at(inputs, points).parameters[EF].iloc[0]
    assert drawn == pytest.approx(low + 0.25 * (high - low))


def test_an_unknown_distribution_is_named(halland, assumed, monkeypatch):
    stated_as(monkeypatch, EF, "lognormal")
    with pytest.raises(DataError, match=f"{EF}.*lognormal.*triangular, uniform"):
        uncertainty.find_inputs(halland, assumed)


def stated_as(monkeypatch, parameter_id: str, distribution: str) -> None:
    read = uncertainty.read_table

    def with_column(name: str) -> pd.DataFrame:
        table = read(name)
        if name == "parameters":
            here = table["parameter_id"] == parameter_id
            table["distribution"] = np.where(here, distribution, None)
        return table

    monkeypatch.setattr(uncertainty, "read_table", with_column)


# --- what moves an answer ------------------------------------------------------------------------


def made_of(*ranges: tuple[float, float]) -> uncertainty.Inputs:
    """Return independent uniform inputs x1, x2, ..."""
    low, high = np.array(ranges, dtype=float).T
    names = [f"x{k + 1}" for k in range(len(ranges))]
    columns = {"low": low, "value": (low + high) / 2, "high": high}
    table = pd.DataFrame(columns, index=names).assign(
        is_factor=False, distribution="uniform", input=range(len(names))
    )
    return uncertainty.Inputs(table, names, {}, [], {})


def ishigami(draws: uncertainty.Draws) -> np.ndarray:
    x1, x2, x3 = (draws.parameters[name].to_numpy() for name in ("x1", "x2", "x3"))
    return np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)


def linear(draws: uncertainty.Draws) -> np.ndarray:
    p = draws.parameters
    return (10 * p["x1"] + 2 * p["x2"] + 0 * p["x3"]).to_numpy()


def test_morris_of_a_linear_answer():
    found = sensitivity.rank_inputs(made_of((0, 1), (0, 20), (0, 5)), linear, trajectories=10)
    # slope x range, within the 5th to 95th percentile
    assert dict(found["effect"]) == pytest.approx({"x2": 36.0, "x1": 9.0, "x3": 0.0})
    assert list(found.index) == ["x2", "x1", "x3"]
    assert found["interaction"].to_numpy() == pytest.approx(0, abs=1e-9)


def test_morris_sees_interaction():
    found = sensitivity.rank_inputs(made_of(*[(-np.pi, np.pi)] * 3), ishigami, trajectories=50)
    assert found.loc["x3", "effect"] > 1
    assert found.loc["x3", "interaction"] > 1


def test_tornado_of_a_linear_answer():
    found = sensitivity.tornado(made_of((0, 1), (0, 20), (0, 5)), linear, top=2)
    assert list(found.index) == ["x2", "x1"]
    assert list(found["value"]) == pytest.approx([25, 25])
    assert list(found.loc["x2", ["low", "high"]]) == pytest.approx([7, 43])


def test_the_ends_of_a_bar_are_those_of_the_input_that_gives_them():
    inputs = made_of((0, 1), (0, 20), (0, 5))
    falls = sensitivity.tornado(inputs, lambda drawn: -linear(drawn), top=1)
    ends = sensitivity.input_ends(inputs, ["x2"]).loc["x2"]
    assert not falls["rises"].iloc[0]
    assert sensitivity.tornado(inputs, linear, top=1)["rises"].iloc[0]
    assert 0 < ends["low"] < ends["best"] < ends["high"] < 20


def test_black_liquor_decides_the_biogenic_co2(study, inputs):
    rows = study.register.flows.query(
        "resource == 'co2' and role == 'source' and carbon == 'biogenic' and additive == 'yes'"
    )["flow_id"]

    def total(drawn: uncertainty.Draws) -> np.ndarray:
        return drawn.flows[list(rows)].sum(axis=1).to_numpy()

    ranked = sensitivity.rank_inputs(inputs, total, trajectories=4)
    assert {EF, "varo_black_liquor_gwh"} <= set(ranked.index[:4])
    alone = sensitivity.tornado(inputs, total, top=3)
    assert alone.index[0] == EF
