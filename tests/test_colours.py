"""Colours that stand side by side are told apart by eyes that miss a colour, and without any."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from symbios_geo import labels
from symbios_geo.figures import axes as figures
from symbios_geo.maps import symbols

# linear RGB as each kind of eye sees it: Machado, Oliveira and Fernandes 2009, severity 1
EYES = {
    "full colour": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# sRGB to XYZ, and the white of D65
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
WHITE = np.array([0.95047, 1.0, 1.08883])
LEAST_DIFFERENCE, LEAST_LIGHTNESS = 10, 8  # of CIE Lab

TOGETHER = {
    "heat on a map": ["class_60", "class_35", "class_low", "class_nuclear"],
    "heat by month": ["class_60", "class_35", "class_low"],
    "carbon": ["carbon:biogenic", "carbon:fossil"],
    "heat modes": ["mode:direct", "mode:preheat", "mode:heat_pump"],
    "CO2 modes": ["mode:beside", "mode:truck", "mode:pipeline"],
    "sides": ["role:source", "role:sink"],
    "series": ["series:1", "series:2"],
    "tornado": ["series:tornado_low", "series:tornado_high"],
}
# an interactive map has no hatching; nuclear heat has a double ring there instead
LIVE = {
    "live heat": ["class_60", "class_35", "class_low", "class_unknown"],
    "live carbon": ["carbon:biogenic", "carbon:fossil", "carbon:unknown"],
    "live heat modes": ["mode:direct", "mode:preheat", "mode:heat_pump"],
    "live CO2 modes": ["mode:truck", "mode:pipeline"],
}
RAMPS = {
    "demand": [f"map:demand_{place}" for place in range(1, 6)],
    "GeoPackage": [f"ramp:{place}" for place in range(1, 5)],
}
HATCHES = {**figures.HATCHES, **symbols.HATCHES}


def lab(colour: str, eye: str = "full colour") -> np.ndarray:
    """Return a colour as an eye sees it: lightness, green to red, blue to yellow."""
    parts = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    light = XYZ @ np.clip(EYES[eye] @ linear, 0, 1) / WHITE
    f = np.where(light > (6 / 29) ** 3, np.cbrt(light), light / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def alike(first: str, second: str) -> list[str]:
    """Return by whom two colours are confused; `grey` is a print without colour."""
    seen = [e for e in EYES if np.linalg.norm(lab(first, e) - lab(second, e)) < LEAST_DIFFERENCE]
    return [*seen, *(["grey"] if abs(lab(first)[0] - lab(second)[0]) < LEAST_LIGHTNESS else [])]


def test_lab_of_known_colours():
    assert lab("#ffffff") == pytest.approx([100, 0, 0], abs=0.01)
    assert lab("#ff0000") == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


def test_red_and_green_are_confused():
    assert "deuteranopia" in alike("#b35806", "#6f7c0f")
    assert "full colour" not in alike("#b35806", "#6f7c0f")
    assert alike("#000000", "#ffffff") == []


@pytest.mark.parametrize("keys", TOGETHER.values(), ids=TOGETHER)
def test_colours_of_a_legend_differ_or_are_hatched(keys):
    for first, second in combinations(keys, 2):
        if HATCHES.get(first) == HATCHES.get(second):
            assert alike(labels.colour(first), labels.colour(second)) == [], (first, second)


@pytest.mark.parametrize("keys", LIVE.values(), ids=LIVE)
def test_colours_of_interactive_maps_differ_without_hatching(keys):
    for first, second in combinations(keys, 2):
        assert alike(labels.colour(first), labels.colour(second)) == [], (first, second)


@pytest.mark.parametrize("keys", RAMPS.values(), ids=RAMPS)
def test_classes_darken_step_by_step(keys):
    lightness = [lab(labels.colour(key))[0] for key in keys]
    assert (-np.diff(lightness) >= LEAST_LIGHTNESS).all()
