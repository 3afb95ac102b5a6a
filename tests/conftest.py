"""A tiny register that a person can check by hand, and the real one, loaded once."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from filelock import FileLock
from hypothesis import settings
from matplotlib.figure import Figure

# what this session matches, its runs and notebooks read; nothing is kept in a home folder
if "SYMBIOS_GEO_CACHE" not in os.environ:
    os.environ["SYMBIOS_GEO_CACHE"] = tempfile.mkdtemp(prefix="symbios-geo-tests-")
    atexit.register(shutil.rmtree, os.environ["SYMBIOS_GEO_CACHE"], ignore_errors=True)

from helpers import quick

import symbios_geo as sg
from symbios_geo import labels
from symbios_geo.cli import SELDOM
from symbios_geo.disclosure import clear
from symbios_geo.maps import page as cartography
from symbios_geo.maps import saving
from symbios_geo.matching.ladder import compare_rungs
from symbios_geo.outputs.job import Job
from symbios_geo.outputs.parts import PARTS, is_of_nothing
from symbios_geo.outputs.write import write_all
from symbios_geo.study import stress
from symbios_geo.study.chain import in_language

# a session keeps most of what it makes, as a run does
gc.set_threshold(*SELDOM)

# a busy machine is no fault: how long an example takes is for the benchmarks
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

DOCS = Path(__file__).parents[1] / "docs"
# modules that take minutes, longest first: started last, one would run on when all others are done
LONG = (
    "test_explore", "test_gate_out", "test_canary", "test_published", "test_notebooks",
    "test_factsheet", "test_docs", "test_map_series", "test_report", "test_answer", "test_law",
    "test_other_region", "test_marks", "test_outputs", "test_words", "test_fuzz", "test_survival",
    "test_new_resource", "test_matching", "test_intake", "test_hydrogen", "test_newcomer",
    "test_slides", "test_faces_agree", "test_study", "test_business", "test_findings",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let modules that take long start first; within a module the order stays."""
    place = {name: order for order, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONG)))


# metres in SWEREF 99 TM: mill-town 10 km, mill-glass and glass-town 5 km, mill-south 20 km
PLACES = {
    "mill": (370_000, 6_285_000, "1380", "site", "pulp_mill", None),
    "glass": (373_000, 6_289_000, "1380", "site", "concept_greenhouse", None),
    "town": (376_000, 6_293_000, "1380", "locality", "locality", 8000),
    "south": (382_000, 6_269_000, "1381", "locality", "locality", 4000),
}

HEADER = (
    "site_id resource role stream carbon value low high temperature_low_c temperature_high_c "
    "supply_temperature_c return_temperature_c committed concentration_vol_pct additive category"
)
FLOWS = [
    "mill heat source hot_water - 100 80 120 70 90 - - 10 - yes industrial",
    "mill heat source effluent - 200 100 300 25 35 - - 0 - yes industrial",
    "mill co2 source stack biogenic 50 40 60 - - - - 0 12 yes bio_boiler",
    "mill co2 source stack fossil 5 4 6 - - - - 0 12 yes bio_boiler",
    "town heat sink property_heating - 60 50 70 - - 55 35 - - yes property_heating",
    "south heat sink property_heating - 30 25 40 - - 55 35 - - yes property_heating",
    "glass heat sink greenhouse_heating - 20 10 30 - - 50 30 - - no concept",
    "glass co2 sink greenhouse_co2 - 4 3 5 - - - - - - no concept",
]


@pytest.fixture
def register() -> sg.Register:
    rows = pd.DataFrame([line.split() for line in FLOWS], columns=HEADER.split())
    rows = rows.replace("-", None)
    numeric = [
        c for c in rows if c in ("value", "low", "high") or c.endswith(("_c", "_pct", "ted"))
    ]
    rows[numeric] = rows[numeric].astype(float)
    carbon = ("-" + rows["carbon"]).fillna("")
    flows = rows.assign(
        flow_id=rows["site_id"] + "-" + rows["resource"] + "-" + rows["stream"] + carbon,
        unit=rows["resource"].map({"heat": "GWh/yr", "co2": "kt/yr"}),
        year=2024,
        hours_per_year=8000.0,
        method="estimated",
        visibility="public",
        source_id="own_general_knowledge",
        confidence="C",
        note="made up for a test",
        origin="stated",
    )
    return sg.Register(_sites(), flows)


def _sites() -> gpd.GeoDataFrame:
    names = ["x", "y", "municipality_code", "place_type", "kind", "population"]
    table = pd.DataFrame.from_dict(PLACES, orient="index", columns=names)
    points = gpd.GeoSeries.from_xy(table["x"], table["y"], crs="EPSG:3006").to_crs("EPSG:4326")
    facts = table.drop(columns=["x", "y"]).assign(
        name=[f"The {place}" for place in table.index],
        operator="nobody",
        lon=points.x.to_numpy(),
        lat=points.y.to_numpy(),
        coordinate_error_km=0.1,
        sector_sni="",
        status="operating",
        visibility="public",
        source_id="own_general_knowledge",
        confidence="C",
        note="made up for a test",
        locality_id=None,
    )
    sites = gpd.GeoDataFrame(facts, geometry=points.to_numpy(), crs="EPSG:4326")
    return sites.rename_axis("site_id")


@pytest.fixture
def parameters() -> pd.DataFrame:
    rows = {"fuel_gwh": (100, 90, 120), "factor": (0.4, 0.3, 0.5), "share": (0.25, 0.2, 0.4)}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])
    facts = table.astype(float).assign(unit="-", source_id="own_general_knowledge")
    return facts.rename_axis("parameter_id")


@pytest.fixture(scope="session")
def halland() -> sg.Register:
    """Return the bundled register; read it, do not change it."""
    return sg.load_register()


@pytest.fixture(scope="session")
def study() -> sg.Study:
    """Return the study of the bundled register; read it, do not change it."""
    # so few draws tell that ranges are there and agree, and soon: how far they go is told elsewhere
    return sg.run(lang="sv", draws=20)


@pytest.fixture(scope="session")
def internal(study: sg.Study) -> sg.Study:
    """Return the study as internal readers see it, with few draws; read it, do not change it."""
    return quick(study, register=clear(study.register, "internal"))


@pytest.fixture(scope="session")
def annual() -> sg.Study:
    """Return the study in English, matched over the year; read it, do not change it."""
    return sg.run(lang="en", method="annual")


# what several modules look at of one run: its pages, tables and documents
OUTPUT = [
    "tables", "geopackage", "findings page", "interactive map heat-sources",
    "interactive map heat-match", "interactive map co2-match", "interactive map heat-match-months",
    "report", "factsheets", "municipality pages", "front page",
]  # fmt: skip


def once(factory: pytest.TempPathFactory, name: str, write: Callable[[Path], object]) -> Path:
    """Return a folder that is written once for all processes of a session, by the first to ask."""
    place = factory.getbasetemp()
    place = place.parent if "PYTEST_XDIST_WORKER" in os.environ else place
    with FileLock(place / f"{name}.lock"):
        if not (place / name).exists():
            write(place / name)
    return place / name


@pytest.fixture(scope="session")
def output(study: sg.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run whose pictures have few dots; do not change it."""

    def write(folder: Path) -> None:
        verdicts = sg.claims.check_all(study, quiet=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(saving, "DOTS", 60)
            write_all(study, folder, verdicts=verdicts, parts=OUTPUT)

    return once(tmp_path_factory, "output", write)


@pytest.fixture(scope="session")
def documentation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the pages of the documentation; `faults.txt` beside them has what was told of."""

    def build(folder: Path) -> None:
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going"]
        places = ["-d", folder / "cache", DOCS, folder / "html"]
        done = subprocess.run([*command, *places], capture_output=True, text=True, check=False)
        faults = f"{done.returncode}: {done.stderr}" if done.returncode else ""
        (folder / "faults.txt").write_text(faults, encoding="utf-8")

    return once(tmp_path_factory, "documentation", build) / "html"


@pytest.fixture(scope="session")
def rungs(study: sg.Study, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Return heat matched by every rung, once for all processes of a session."""

    def write(folder: Path) -> None:
        found = compare_rungs(study.candidates["heat"], seconds=240)
        folder.mkdir()
        found.to_pickle(folder / "heat.pickle")

    return pd.read_pickle(once(tmp_path_factory, "rungs", write) / "heat.pickle")


@pytest.fixture(scope="session")
def stressed(study: sg.Study, tmp_path_factory: pytest.TempPathFactory) -> sg.Study:
    """Return the study with what could break its plan, found once for all processes."""

    def write(folder: Path) -> None:
        folder.mkdir()
        stress.stress(study).to_pickle(folder / "stress.pickle")

    folder = once(tmp_path_factory, "stress", write)
    study._made["stress"] = pd.read_pickle(folder / "stress.pickle")
    return study


@pytest.fixture(scope="module")
def coarse() -> Iterator[None]:
    """Let pictures that nobody looks at have few dots; the drawings as SVG and PDF stay."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(saving, "DOTS", 60)
        yield


class Drawn(Mapping[tuple[str, str], Figure]):
    """Every static map and chart of a run, by language and name, each drawn when asked for."""

    def __init__(self, study: sg.Study) -> None:
        studies = {lang: in_language(study, lang) for lang in labels.LANGUAGES}
        self._jobs = {k: Job(shown, pd.DataFrame(), Path(), k) for k, shown in studies.items()}
        names = [name for name in PARTS if name.startswith(("map ", "chart "))]
        job = self._jobs["sv"]
        names = [name for name in names if not is_of_nothing(job, PARTS[name].keywords["draw"])]
        self._keys = [(lang, name) for lang in studies for name in names]
        self.made: dict[tuple[str, str], Figure] = {}

    def __getitem__(self, key: tuple[str, str]) -> Figure:
        if key not in self.made:
            lang, name = key
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(cartography, "FONTS", ("DejaVu Sans",))  # the same on every machine
                axes = PARTS[name].keywords["draw"](self._jobs[lang])
            self.made[key] = axes.get_figure(root=True)
        return self.made[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


@pytest.fixture(scope="session")
def drawn(study: sg.Study) -> Iterator[Drawn]:
    """Return every static map and chart of a run, in matplotlib's font; read, do not change."""
    figures = Drawn(study)
    yield figures
    for figure in figures.made.values():
        plt.close(figure)
