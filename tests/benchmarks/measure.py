"""Measure one engine on one size in a process of its own: python measure.py ENGINE SIZE LOSSES."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from engines import ON_ARRAYS, ON_FRAMES, frames
from regions import SIZES, WORTH, Work, make_work

REPEATS, ENOUGH_S = 3, 10.0


def seconds_of(call: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return a call's result with the median of its wall and CPU seconds, child processes too."""
    wall, cpu, began = [], [], time.perf_counter()
    while len(wall) < REPEATS and time.perf_counter() - began < ENOUGH_S:
        at, used = time.perf_counter(), _cpu_s()
        result = call()
        wall.append(time.perf_counter() - at)
        cpu.append(_cpu_s() - used)
    spent = {"wall": statistics.median(wall), "cpu": statistics.median(cpu), "runs": len(wall)}
    return result, spent


def peak_mb() -> float:
    """Return the highest memory of this process and the largest of its children, MB."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1000


def measure(engine: str, size: str, *, losses: bool) -> dict[str, float]:
    """Return seconds, memory and value of an engine; imports and making the work do not count."""
    _call(engine, make_work(SIZES["972"], losses=losses))()
    work = make_work(SIZES[size], losses=losses)
    sent, spent = seconds_of(_call(engine, work))
    profit = WORTH * work.gain - work.cost
    return {**spent, "mb": peak_mb(), "links": len(sent), "value": float(profit @ sent)}


def _call(engine: str, work: Work) -> Callable[[], np.ndarray]:
    """Return a call without arguments; frames are made before the clock starts."""
    if engine in ON_ARRAYS:
        return lambda: ON_ARRAYS[engine](work)
    given = frames(work)
    return lambda: ON_FRAMES[engine](*given)


def _cpu_s() -> float:
    """Return CPU seconds so far, ended children included."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1], sys.argv[2], losses=sys.argv[3] == "losses")))
