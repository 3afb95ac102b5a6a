"""Many broken registers, counted: FUZZ_CASES of them, one seed after another."""

from __future__ import annotations

import collections
import faulthandler
import os
import signal
import tempfile
import time
from pathlib import Path

from mutations import MUTATIONS, make_originals, survive

CASES = int(os.environ.get("FUZZ_CASES", "10000"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
LOG = Path(os.environ.get("FUZZ_LOG", os.devnull))  # one line per case: seed, kind, result, seconds
STUCK_CPU_S, STUCK_S = 120, 3600  # of a case: then its stack is written and the run ends

CPU_TIMER = hasattr(signal, "setitimer")  # not on Windows


def test_no_broken_register_breaks_the_program(tmp_path, capsys):
    good = make_originals(tmp_path)
    results: collections.Counter = collections.Counter()
    start, slowest = time.monotonic(), 0.0
    kinds = list(MUTATIONS)
    # pytest keeps what is written to standard error, and a run that ends at once loses it
    file = os.devnull if str(LOG) == os.devnull else LOG.with_suffix(".stack")
    # of CPU time: at the end of a busy machine's queue a second takes minutes
    with Path(file).open("a") as stack, LOG.open("a", encoding="utf-8", buffering=1) as log:
        if CPU_TIMER:
            faulthandler.register(signal.SIGPROF, file=stack, chain=True)
        for number in range(FIRST, FIRST + CASES):
            kind = kinds[number % len(kinds)]
            faulthandler.dump_traceback_later(STUCK_S, exit=True, file=stack)
            if CPU_TIMER:
                signal.setitimer(signal.ITIMER_PROF, STUCK_CPU_S)
            with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
                begun = time.process_time()
                try:
                    result = survive(kind, number, good, Path(folder))
                except Exception as error:
                    error.add_note(f"kind {kind}, seed {number}")
                    raise
                taken = time.process_time() - begun
            results[kind, result] += 1
            slowest = max(slowest, taken)
            log.write(f"{number},{kind},{result},{taken:.3f}\n")
        faulthandler.cancel_dump_traceback_later()
        if CPU_TIMER:
            signal.setitimer(signal.ITIMER_PROF, 0)
            faulthandler.unregister(signal.SIGPROF)
    with capsys.disabled():
        for (kind, result), count in sorted(results.items()):
            print(f"{kind:16s} {result:8s} {count:6d}")  # noqa: T201
        spent = time.monotonic() - start
        print(f"{CASES} cases in {spent:.0f} s, slowest {slowest:.1f} s of CPU")  # noqa: T201
    assert sum(results.values()) == CASES
