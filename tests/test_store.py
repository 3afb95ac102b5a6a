"""Matched draws are kept on disk for the next program, and never answer for other ones."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo.study import store
from symbios_geo.study.draws import Draws


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMBIOS_GEO_CACHE", str(tmp_path))
    return tmp_path / store.FOLDER


@pytest.fixture(scope="module")
def given(study):
    draws = sg.draws.draw(study.register, study.assumptions, n=store.LEAST_DRAWS)
    return study.candidates["heat"], study.register, draws


def table() -> pd.DataFrame:
    return pd.DataFrame({"1383": [0.25, np.nan], "county": [0.5, 0.125]})


def never() -> pd.DataFrame:
    msg = "computed twice"
    raise AssertionError(msg)


def test_the_same_draws_are_read_and_not_computed(folder, given):
    first = store.stored(*given, "pays", table)
    pd.testing.assert_frame_equal(store.stored(*given, "pays", never), first)
    assert len(list(folder.iterdir())) == 1


def test_another_draw_number_aim_or_code_is_another_file(folder, given, monkeypatch):
    found, register, draws = given
    store.stored(*given, "pays", table)
    moved = Draws(draws.parameters * (1 + 1e-12), draws.flows)
    store.stored(found, register, moved, "pays", table)
    store.stored(*given, "reaches", table)
    monkeypatch.setattr(store, "code_version", lambda: "another version")
    store.stored(*given, "pays", table)
    assert len(list(folder.iterdir())) == 4


def test_a_file_that_is_damaged_or_of_other_draws_is_told_and_made_anew(folder, given, caplog):
    store.stored(*given, "pays", table)
    store.stored(*given, "reaches", lambda: table() + 1)
    one, other = sorted(folder.iterdir())
    one.write_bytes(other.read_bytes())
    with caplog.at_level(logging.WARNING):
        for aim, add in (("pays", 0), ("reaches", 1)):
            answer = store.stored(*given, aim, lambda add=add: table() + add)
            pd.testing.assert_frame_equal(answer, table() + add)
        assert "holds other draws" in caplog.text
        one.write_bytes(b"no archive")
        for aim, add in (("pays", 0), ("reaches", 1)):
            store.stored(*given, aim, lambda add=add: table() + add)
    assert "cannot be read" in caplog.text


def test_what_is_not_for_the_public_is_not_kept(folder, given):
    found, register, draws = given
    internal = sg.disclosure.clear(register, "internal")
    store.stored(found, internal, draws, "pays", table)
    few = Draws(draws.parameters.iloc[:1], draws.flows.iloc[:1])
    store.stored(found, register, few, "pays", table)
    assert not folder.exists()


def test_the_oldest_files_go(folder, given, monkeypatch):
    monkeypatch.setattr(store, "MOST_FILES", 2)
    for aim in ("a", "b", "c"):
        store.stored(*given, aim, table)
    assert len(list(folder.iterdir())) == 2
