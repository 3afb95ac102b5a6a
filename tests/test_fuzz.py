"""Three hundred and six broken registers; `make fuzz` tries ten thousand."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import MUTATIONS, make_originals, survive


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return make_originals(tmp_path_factory.mktemp("good"))


@pytest.mark.parametrize("kind", MUTATIONS)
@settings(max_examples=34, deadline=None, database=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_broken_register_is_refused_clearly_or_taken_whole(good, kind, seed):
    with tempfile.TemporaryDirectory() as folder:
        assert survive(kind, seed, good, Path(folder)) in ("refused", "taken")
