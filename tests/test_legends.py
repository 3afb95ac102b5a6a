"""Legends tell the truth: round classes, true sizes, a scale bar of the right length."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.patches import Circle

import symbios_geo as sg
from symbios_geo.maps import legends, plot, symbols
from symbios_geo.maps import page as cartography


@pytest.fixture(scope="module", params=["a4", "wide"])
def page(request):
    municipalities = sg.load_municipalities()
    with cartography.style():
        page = cartography.start_page(cartography.start_axes(request.param), municipalities)
        yield page
    cartography.plt.close(page.ax.figure)


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=12))
def test_classes_are_round_rising_and_hold_every_value(values):
    breaks = legends.class_breaks(pd.Series(values))
    assert breaks == sorted(set(breaks))
    assert len(breaks) <= 4
    assert max(values) <= breaks[-1] * (1 + 1e-9)
    mantissas = [float(f"{b:e}".split("e")[0]) for b in breaks]
    assert all(round(m, 6) == round(m, 1) for m in mantissas)


def test_classes_of_the_heat_demand():
    demand = pd.Series([70, 777, 171, 306, 459, 628])
    assert legends.class_breaks(demand) == [200, 400, 600, 800]
    assert legends.class_labels([200, 1200], "sv") == ["≤\u00a0200", "200\u20131\u202f200"]


def test_one_large_value_does_not_put_the_rest_in_one_class():
    values = pd.Series([1, 2, 3, 4, 5, 10_000])
    breaks = legends.class_breaks(values)
    assert np.histogram(values, [0, *breaks])[0].max() <= 3


def test_classes_of_nothing():
    assert legends.class_breaks(pd.Series([np.nan])) == [1.0]


@given(st.floats(1e-3, 1e7))
def test_sizes_in_the_legend_are_three_and_not_above_the_largest(largest):
    sizes = legends.round_sizes(largest)
    assert len(sizes) == 3
    assert sizes[0] > sizes[1] > sizes[2] > 0
    # a twentieth of five hundred is 25
    assert {f"{size:.1e}"[:3] for size in sizes} <= {"1.0", "2.0", "2.5", "5.0"}
    assert largest / 2.6 <= sizes[0] <= largest * (1 + 1e-6)


def test_scale_bar_is_twenty_kilometres_of_the_map(page):
    box = legends.draw_scale_bar(page, "sv")
    parts = [p for p in page.overlay.patches if p.get_gid() == "scale-bar"]
    drawn = sum(part.get_window_extent().width for part in parts)
    # the bar's own outline has no part in its extent; compare on paper, not by our own scale
    (x0, _), (x1, _) = page.ax.transData.transform([(350_000, 6_300_000), (370_000, 6_300_000)])
    assert drawn == pytest.approx(x1 - x0, rel=1e-3)
    assert box[2] > box[0]
    assert "20\u00a0km" in [text.get_text() for text in page.overlay.texts]


def test_map_has_the_same_scale_both_ways(page):
    origin, east, north = page.ax.transData.transform(
        [(350_000, 6_300_000), (360_000, 6_300_000), (350_000, 6_310_000)]
    )
    assert east[0] - origin[0] == pytest.approx(north[1] - origin[1], rel=1e-3)


def test_nested_circles_touch_at_the_foot(page):
    sizes = [(100.0, 20.0), (25.0, 10.0)]
    legends.draw_circle_legend(page.legend, 0, "Storlek", sizes, "sv")
    rings = [p for p in page.legend.patches if p.get_gid() == "size-legend"]
    assert all(isinstance(ring, Circle) for ring in rings)
    assert [ring.radius for ring in rings] == [20, 10]
    assert len({round(ring.center[1] - ring.radius, 6) for ring in rings}) == 1


def test_long_name_is_cut_to_its_column(page):
    text = legends.shorten(page.legend, "Ett mycket långt namn på en anläggning", 60)
    assert text.endswith("…")
    probe = page.legend.text(0, 0, text, fontsize=cartography.SMALL)
    assert cartography.text_size(probe)[0] <= 60
    assert legends.shorten(page.legend, "Kort", 60) == "Kort"


def test_a_large_circle_that_a_larger_one_covers_is_moved_off_it():
    table = pd.DataFrame(
        {"x": [100.0, 103.0, 130.0, 101.0], "y": [100.0, 96.0, 100.0, 100.0], "apart": False,
         "radius": [20.0, 16.0, 17.0, 4.0]},
        index=["largest", "covered", "beside", "small"],
    )  # fmt: skip
    found = symbols.moved_apart(table)
    far = np.hypot(found["x"] - 100, found["y"] - 100)
    assert far["covered"] > 36
    assert found.loc["covered", "at"] == (103.0, 96.0)
    assert list(far[["beside", "small"]]) == [30.0, 1.0]


def test_circles_hide_what_lies_under_others():
    table = pd.DataFrame({"x": [0.0, 0.0, 90.0], "y": 0.0, "radius": [5.0, 3.0, 9.0]})
    assert plot.hidden_area(table) == pytest.approx(9 * np.pi, rel=0.01)
