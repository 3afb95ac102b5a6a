"""Sliders over assumptions: they span the ranges, the answer follows, and without them it reads."""

from __future__ import annotations

import pytest

import symbios_geo as sg
from symbios_geo.errors import ParameterError
from symbios_geo.outputs import play

MOVED = ["electricity_price_eur_per_mwh", "discount_rate"]


def shown(patch, thing) -> list:
    found: list = []
    patch.setattr("IPython.display.display", lambda *parts: found.extend(parts))
    thing._ipython_display_()
    return found


def test_sliders_span_the_ranges_of_their_assumptions(monkeypatch):
    widgets = pytest.importorskip("ipywidgets")
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr(
        widgets, "interactive_output", lambda _follow, _sliders: widgets.Label("map")
    )
    box = shown(monkeypatch, play.Play(MOVED, lang="en"))[0]
    table = sg.load_parameters()
    for slider, name in zip(box.children, MOVED, strict=False):
        row = table.loc[name]
        assert (slider.min, slider.value, slider.max) == tuple(row[["low", "value", "high"]])


@pytest.mark.parametrize("lacks", ["watcher", "widgets"])
def test_where_nothing_can_be_moved_a_picture_and_figures_are_shown(monkeypatch, lacks):
    pytest.importorskip("IPython")
    if lacks == "watcher":
        monkeypatch.setenv("TQDM_DISABLE", "1")
    else:
        monkeypatch.setattr(play, "_widgets", lambda: None)
    picture, figures = shown(monkeypatch, play.Play(MOVED, lang="en"))
    assert picture.data.startswith(b"\x89PNG")
    assert len(figures) == 3


def test_what_cannot_be_moved_is_refused():
    with pytest.raises(ParameterError, match="electricity_price_eur"):
        play.Play(["electricity_price"])
    table = sg.load_parameters()
    fixed = table.index[table["low"] == table["high"]]
    if len(fixed):
        with pytest.raises(ParameterError, match="no range"):
            play.Play([fixed[0]])
