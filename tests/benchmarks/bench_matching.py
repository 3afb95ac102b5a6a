"""
Measure the engines on the same links, smallest first, and print one table: `make bench`.

Nothing is asserted about time. Values must agree; a slow engine is left out of the larger sizes.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from engines import ON_ARRAYS, ON_FRAMES, OURS, RAW_FLOW, RAW_GLOP
from measure import seconds_of
from regions import SIZES, make_points
from scipy.spatial import cKDTree

import symbios_geo as sg
from symbios_geo.matching.candidates import find_candidates
from symbios_geo.matching.months import solve_months
from symbios_geo.matching.reach import candidate_links

# the largest size an engine is asked to solve, and how long it gets
LARGEST = {
    "networkx network simplex": "223 thousand",
    "SciPy/HiGHS, textbook form": "223 thousand",
    "SciPy/HiGHS, benefit form": "223 thousand",
    RAW_GLOP: "3.8 million",
}
LONGEST_S = 200
PACKAGES = ("numpy", "pandas", "scipy", "ortools", "networkx")
RESOLVES = 1000


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def machine() -> str:
    cpu = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.split(":")[1].strip() for line in cpu.splitlines() if "model name" in line]
    name = names[0] if names else platform.processor()
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    load = os.getloadavg()[0]
    return (
        f"{name}, {os.cpu_count()} cores, load {load:.1f} at the start; "
        f"Python {platform.python_version()}, {versions}."
    )


def run_apart(engine: str, size: str, losses: str) -> dict[str, float] | None:
    """Measure in a process of its own; None when it takes too long or has no memory."""
    one_thread = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"], "1")
    try:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("measure.py")), engine, size, losses],
            capture_output=True, text=True, timeout=LONGEST_S, check=True,
            env={**os.environ, **one_thread},
        )  # fmt: skip
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    return json.loads(done.stdout)


def fits(engine: str, size: str) -> bool:
    order = list(SIZES)
    return order.index(size) <= order.index(LARGEST.get(engine, order[-1]))


def engine_table(losses: str, engines: list[str], base: str, budget: float) -> None:
    """Print one row per size and engine; ratios are to `base`, in CPU seconds."""
    began, found = time.monotonic(), {}
    # the base and our own at every size first, then the slow ones, the smallest size first
    slow = {name for name in LARGEST if name != base}
    fast = [name for name in engines if name not in slow]
    asked = [(size, name) for name in sorted(fast, key=lambda name: name != base) for size in SIZES]
    asked += [(size, name) for size in SIZES for name in engines if name in slow]
    for size, name in asked:
        if fits(name, size):
            in_time = time.monotonic() - began < budget
            found[size, name] = run_apart(name, size, losses) if in_time else None
    say("| links | engine | CPU s | wall s | CPU ratio | peak MB | memory ratio | value |")
    say("|---|---|---:|---:|---:|---:|---:|---|")
    for size in SIZES:
        for engine in engines:
            row = found.get((size, engine))
            first = found.get((size, base)) or row
            if row is None:
                why = "not asked" if not fits(engine, size) else "no answer in the time"
                say(f"| {size} | {engine} | {why} | | | | | |")
                continue
            short = 1 - row["value"] / first["value"]
            if engine != "greedy":
                assert abs(short) < 1e-6, f"{engine} at {size} misses the value by {short}"
            value = "same" if abs(short) < 1e-6 else f"-{short:.1%}"
            say(
                f"| {size} | {engine} | {row['cpu']:.3g} | {row['wall']:.3g} "
                f"| {row['cpu'] / first['cpu']:.2f} | {row['mb']:.0f} "
                f"| {row['mb'] / first['mb']:.2f} | {value} |"
            )


@pytest.fixture(scope="module")
def budget(request: pytest.FixtureRequest) -> float:
    say(f"\n\n{machine()}")
    return request.config.getoption("--budget")


def test_engines_without_losses(budget: float):
    say("\n**Without losses on the way** (ratio to raw OR-Tools min-cost flow)\n")
    engines = [*ON_FRAMES, *ON_ARRAYS]
    engine_table("none", engines, RAW_FLOW, budget * 0.65)


def test_engines_with_losses(budget: float):
    say("\n**With losses on the way** (ratio to raw OR-Tools GLOP)\n")
    engine_table("losses", [OURS, RAW_GLOP], RAW_GLOP, budget * 0.35)


def test_candidate_links():
    say("\n**Candidate links** (ratio to the raw k-d tree)\n")
    say("| links | ours, CPU s | raw, CPU s | ratio |\n|---|---:|---:|---:|")
    for name, size in SIZES.items():
        points = make_points(size)
        ends = [
            gpd.GeoDataFrame(geometry=gpd.points_from_xy(*place.T), crs="EPSG:3006")
            for place in (points.sources, points.sinks)
        ]
        links, ours = seconds_of(
            lambda ends=ends, size=size: candidate_links(*ends, max_km=size.reach_m / 1000)
        )

        def raw_pairs(points=points, size=size):
            tree = cKDTree(points.sources)
            return tree.sparse_distance_matrix(
                cKDTree(points.sinks), size.reach_m, output_type="ndarray"
            )

        pairs, raw = seconds_of(raw_pairs)
        assert len(links) == len(pairs)
        say(f"| {name} | {ours['cpu']:.3g} | {raw['cpu']:.3g} | {ours['cpu'] / raw['cpu']:.2f} |")


def test_halland():
    found = find_candidates(sg.load_register(), "heat")
    year = found.year()
    say(f"\n**Halland** ({len(found.links):,} links)\n\n| task | CPU s | wall s |\n|---|---:|---:|")

    def resolve() -> None:
        rng = np.random.default_rng(1)
        for _ in range(RESOLVES):
            supply = found.supply * rng.uniform(0.5, 1.5, len(found.supply))
            demand = found.demand * rng.uniform(0.9, 1.1, len(found.demand))
            cost = found.links["unit_cost"] * rng.uniform(0.7, 1.3)
            sg.matching.solve(found.links.assign(unit_cost=cost), supply, demand)

    tasks = {
        "the year as a whole": lambda: sg.matching.solve(found.links, found.supply, found.demand),
        "twelve months with capacities": lambda: solve_months(found.links, year),
        "twelve months, fixed charges, gap 0.1 %": lambda: solve_months(
            found.links, year, fixed=True
        ),
        f"{RESOLVES:,} solves with changed data": resolve,
    }
    for name, task in tasks.items():
        answer, spent = seconds_of(task)
        if answer is not None:
            assert answer.certificate["gap"] <= 1e-3
        say(f"| {name} | {spent['cpu']:.3g} | {spent['wall']:.3g} |")


def test_names_as_ids():
    """Ids are words in practice: finding each in a table costs time that numbers do not need."""
    rng = np.random.default_rng(2)
    links = pd.DataFrame(
        {"source": rng.integers(0, 2_000, 10**6), "sink": rng.integers(0, 20_000, 10**6)}
    )
    supply, demand = pd.Series(1.0, range(2_000)), pd.Series(1.0, range(20_000))
    links = links.assign(unit_cost=1.0, worth=0.0)  # nothing pays: only the frames cost time
    named = links.assign(
        source="s" + links["source"].astype(str), sink="t" + links["sink"].astype(str)
    )
    ends = supply.rename(lambda key: f"s{key}"), demand.rename(lambda key: f"t{key}")
    say("\n**Frames alone, 1 million links**\n\n| ids | CPU s |\n|---|---:|")
    kinds = {
        "numbers": (links, supply, demand),
        "words": (named, *ends),
        "categories": (named.astype({"source": "category", "sink": "category"}), *ends),
    }
    for name, given in kinds.items():
        _, spent = seconds_of(lambda given=given: sg.matching.solve(*given))
        say(f"| {name} | {spent['cpu']:.3g} |")
