"""Labels never cover each other, and flow lines are as wide as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from symbios_geo.maps.placement import (
    LEADER_FROM,
    Label,
    boxes_along,
    place_labels,
    tapered_arrow,
)

FRAME = (0.0, 0.0, 300.0, 400.0)
LABELS = st.lists(
    st.builds(
        Label,
        x=st.floats(0, 300),
        y=st.floats(0, 400),
        width=st.floats(5, 90),
        height=st.floats(5, 25),
        clearance=st.floats(0, 25),
        anchors=st.just(()),
        over=st.booleans(),
    ),
    max_size=25,
)
BOX = st.tuples(st.floats(0, 250), st.floats(0, 350), st.floats(1, 80), st.floats(1, 80)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def shapes(labels, spots):
    return [
        box(s.x - n.width / 2, s.y - n.height / 2, s.x + n.width / 2, s.y + n.height / 2)
        for n, s in zip(labels, spots, strict=True)
        if s is not None
    ]


@settings(max_examples=80, deadline=None)
@given(labels=LABELS, hard=st.lists(BOX, max_size=4), soft=st.lists(BOX, max_size=6))
def test_placed_labels_are_apart_inside_the_frame_and_off_the_legend(labels, hard, soft):
    spots = place_labels(labels, frame=FRAME, hard=hard, soft=soft)
    placed = shapes(labels, spots)
    for i, shape in enumerate(placed):
        assert box(*FRAME).buffer(1e-6).contains(shape)
        assert all(shape.intersection(other).area < 1e-6 for other in placed[i + 1 :])
        assert all(shape.intersection(box(*block)).area < 1e-6 for block in hard)


@given(labels=LABELS)
@settings(max_examples=20, deadline=None)
def test_same_labels_get_the_same_spots(labels):
    assert place_labels(labels, frame=FRAME) == place_labels(labels, frame=FRAME)


def test_first_label_stands_right_of_its_symbol():
    (spot,) = place_labels([Label(100, 100, 40, 10, clearance=5)], frame=FRAME)
    assert spot.x > 125
    assert spot.y == pytest.approx(100)
    assert not spot.leader


def test_label_moves_away_from_symbols_and_gets_a_line():
    crowd = [(60.0, 60.0, 160.0, 140.0)]
    (spot,) = place_labels([Label(110, 100, 30, 10)], frame=FRAME, soft=crowd)
    assert spot.leader
    assert np.hypot(spot.x - 110, spot.y - 100) > LEADER_FROM


def test_what_does_not_fit_is_left_out():
    assert place_labels([Label(5, 5, 400, 10)], frame=FRAME) == [None]


def test_number_stays_in_its_circle_until_another_stands_there():
    anchor = ((50.0, 50.0, 0.0),)
    numbers = [Label(50, 50, 8, 8, 10, anchor, over=True)] * 2
    first, second = place_labels(numbers, frame=FRAME, soft=[(40, 40, 60, 60)])
    assert (first.x, first.y) == (50, 50)
    assert (second.x, second.y) != (50, 50)


@given(
    x=st.floats(-200, 200),
    y=st.floats(-200, 200),
    width=st.floats(0.05, 11),
)
@settings(max_examples=60, deadline=None)
def test_arrow_leads_from_start_to_end_and_is_as_wide_as_asked(x, y, width):
    start, end = np.array([10.0, 20.0]), np.array([10.0 + x, 20.0 + y])
    outline = tapered_arrow(start, end, width, gap=3)
    assert np.isfinite(outline).all()
    assert np.hypot(*(outline[0] - outline[-1])) == pytest.approx(width)
    assert (outline[0] + outline[-1]) / 2 == pytest.approx(start)
    length = np.hypot(x, y)
    left = np.hypot(*(end - outline[3]))  # the tip stops where the receiver's symbol stands
    assert left == pytest.approx(min(3, length / 2), abs=1e-5)
    assert length < 1 or Polygon(outline).is_valid


def test_boxes_along_a_line_have_their_width():
    assert boxes_along(np.array([[10.0, 20.0]]), 4) == [(8, 18, 12, 22)]


def test_a_bare_name_rather_crosses_a_border_than_a_symbol():
    name = Label(100, 100, 60, 10, anchors=((100.0, 100.0, 0.0), (100.0, 140.0, 5.0)), bare=True)
    dot, border = (72.0, 97.0, 74.0, 99.0), (128.0, 130.0, 131.0, 150.0)
    (spot,) = place_labels([name], frame=FRAME, soft=[dot], lines=[border])
    assert spot.y == 140


def test_no_label_stands_on_the_line_from_another_to_its_symbol():
    first, wall = Label(100, 100, 40, 10), (50.0, 50.0, 150.0, 125.0)
    (alone,) = place_labels([first], frame=FRAME, hard=[wall])
    assert alone.leader
    second = Label(0, 0, 60, 5, anchors=((100.0, 129.5, 0.0), (250.0, 300.0, 20.0)))
    spots = place_labels([first, second], frame=FRAME, hard=[wall])
    assert (spots[1].x, spots[1].y) == (250, 300)
