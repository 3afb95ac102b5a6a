"""Many broken registers, counted: FUZZ_CASES of them, one seed after another."""

from __future__ import annotations

import collections
import os
import tempfile
import time
from pathlib import Path

from mutations import MUTATIONS, make_originals, survive

CASES = int(os.environ.get("FUZZ_CASES", "10000"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))


def test_no_broken_register_breaks_the_program(tmp_path, capsys):
    good = make_originals(tmp_path)
    results: collections.Counter = collections.Counter()
    start, slowest = time.monotonic(), 0.0
    kinds = list(MUTATIONS)
    for number in range(FIRST, FIRST + CASES):
        kind = kinds[number % len(kinds)]
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            begun = time.monotonic()
            try:
                results[kind, survive(kind, number, good, Path(folder))] += 1
            except Exception as error:
                error.add_note(f"kind {kind}, seed {number}")
                raise
            slowest = max(slowest, time.monotonic() - begun)
    with capsys.disabled():
        for (kind, result), count in sorted(results.items()):
            print(f"{kind:16s} {result:8s} {count:6d}")  # noqa: T201
        print(f"{CASES} cases in {time.monotonic() - start:.0f} s, slowest {slowest:.1f} s")  # noqa: T201
    assert sum(results.values()) == CASES
