"""Every public function that draws, shows or writes: no trace in public, a mark in internal."""

from __future__ import annotations

import base64
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial, wraps
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import canary
import pandas as pd
import pytest
from matplotlib.axes import Axes

import symbios_geo as sg
from symbios_geo.disclosure import MARK, check_tables, sign
from symbios_geo.errors import DisclosureError
from symbios_geo.factsheets import write as factsheet
from symbios_geo.factsheets.words import Sheet, make_sheet
from symbios_geo.maps.saving import METADATA as FORMATS
from symbios_geo.maps.saving import save_figure
from symbios_geo.matching.ladder import METHODS
from symbios_geo.outputs.listings import make_tables
from symbios_geo.outputs.write import Written
from symbios_geo.tables import read_table
from symbios_geo.web.page import PageMap, page_html

pytestmark = pytest.mark.usefixtures("coarse")
ROOMS = ("maps", "figures", "web", "factsheets", "outputs")
# a function that takes one of these shows what is in it
GIVEN = {"register", "study", "match", "matches", "table", "tables", "links", "supply", "sheet"}
NO_FACE = {
    "answer": "makes what index_page, tried itself, renders",
    "fall_rows": "is a part of `answer`",
    "left_steps": "is a part of `answer`",
    "find_municipality": "gives a code",
    "input_name": "names one input of what its callers have checked",
    "national_note": "says in words where rows come from; shows none",
    "package_inputs": "lists ids of assumptions",
    "payload": "is a part of `answer`",
    "row_of": "is a part of `answer`",
    "scenarios": "runs studies, each cleared as any other",
    "set_facts": "is a part of write_report and write_slides",
    "sliders": "is a part of `answer`",
    "steps": "is a part of `answer`",
    "told_fall": "is a part of `answer` and of the data of a chart, both tried themselves",
    "visible_table": "lays out what its callers have checked",
}
# what stands inside things that are marked
PARTS = {"make_layers", "key_figures"}
SLOW = {"write_factsheets", "write_factsheet"}
SUFFIXES = {
    "write_geopackage": ".gpkg", "write_geoparquet": ".parquet", "write_workbook": ".xlsx",
    "write_report": ".docx", "write_slides": ".pptx",
}  # fmt: skip
# saved in every format; of other drawings an SVG, whose words are text, says as much
WHOLE = "plot_match"
SHOWN, SECRET = canary.HIDDEN[0][0], canary.HIDDEN[1][0]
TOWNS = [town for _, _, town, *_ in canary.HIDDEN]


def functions_of(module: ModuleType) -> Iterator[Callable[..., Any]]:
    """Yield the public functions that a module defines."""
    for name, thing in vars(module).items():
        if inspect.isfunction(thing) and thing.__module__ == module.__name__ and name[0] != "_":
            yield thing


def offered() -> dict[str, Callable[..., Any]]:
    """Return every public function of the faces that is given something to show, by name."""
    found: dict[str, Callable[..., Any]] = {}
    for room in ROOMS:
        package = getattr(sg, room)
        things = [getattr(package, name) for name in package.__all__]
        if room == "outputs":  # each output is a module of its own
            names = [module.name for module in pkgutil.iter_modules(package.__path__)]
            things += [import_module(f"{package.__name__}.{name}") for name in names]
        for thing in things:
            several = functions_of(thing) if inspect.ismodule(thing) else [thing]
            found |= {
                f.__name__: f
                for f in several
                if inspect.isfunction(f) and GIVEN & set(inspect.signature(f).parameters)
            }
    return {name: found[name] for name in sorted(found.keys() - NO_FACE.keys())}


OFFERED = offered()
CASES = [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in OFFERED]


class Made(NamedTuple):
    """Studies for each kind of reader, one of a register without hidden rows, the register."""

    public: sg.Study
    internal: sg.Study
    without: sg.Study
    register: sg.Register
    uncleared: sg.model.Match


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    folders = {hidden: tmp_path_factory.mktemp(f"own{hidden}") for hidden in (True, False)}
    # the towns of the hidden companies: what is told of them does not need the whole county
    whole, few = (
        sg.load_register(canary.make_register(folder, hidden=hidden)).within(TOWNS)
        for hidden, folder in folders.items()
    )
    return Made(
        sg.run(register=whole, draws=20), sg.run(register=whole, readers="internal", draws=20),
        sg.run(register=few, draws=20), whole, sg.match(whole, "heat"),
    )  # fmt: skip


@cache
def sheet_of(study: sg.Study, code: str, lang: str) -> Sheet:
    """Return what a factsheet says, made once."""
    return make_sheet(study, code, study.drawn, lang=lang)


@cache
def tables_of(study: sg.Study) -> dict[str, pd.DataFrame]:
    """Return the tables of a study, made once."""
    return make_tables(study, judged())


@wraps(make_tables)
def tables_once(study: sg.Study, verdicts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables of a study, made once; verdicts are always the same."""
    assert verdicts is judged()
    return tables_of(study)


@cache
def texts_in(suffix: str, raw: bytes) -> tuple[bytes, ...]:
    """Return the bytes of a file and what is packed in it, unpacked once: faces share files."""
    return tuple(canary.unpacked(suffix, raw))


# with the study, which lives as long: no id comes twice
Sheets = dict[tuple[int, str, str, str], tuple[sg.Study, Any]]


def page_once(sheets: Sheets) -> Callable[..., str]:
    """Return `make_html`, which makes the page of a study and place once."""
    make = OFFERED["make_html"]

    @wraps(make)
    def page(sheet: Sheet, study: sg.Study, *, home: str = "") -> str:
        key = (id(study), sheet.code, sheet.lang, home)
        if key not in sheets:
            sheets[key] = study, make(sheet, study, home=home)
        return sheets[key][1]

    return page


def map_once(sheets: Sheets) -> Callable[..., Path]:
    """Return what saves the map of a factsheet, which draws that of a study and place once."""
    save = factsheet.save_municipality_map

    def saved(sheet: Sheet, study: sg.Study, path: Path) -> Path:
        key = (id(study), sheet.code, sheet.lang, path.suffix)
        if key not in sheets:
            sheets[key] = study, save(sheet, study, path).read_bytes()
        path.write_bytes(sheets[key][1])
        return path

    return saved


@pytest.fixture(scope="module", autouse=True)
def drawn_once() -> Iterator[None]:
    """Draw and print equal sheets once: that they give equal bytes is told in test_factsheet."""
    sheets: Sheets = {}
    with pytest.MonkeyPatch.context() as patch:
        page = page_once(sheets)
        patch.setattr(
            factsheet, "make_sheet", lambda study, code, _, *, lang: sheet_of(study, code, lang)
        )
        patch.setitem(OFFERED, "make_tables", tables_once)
        patch.setitem(OFFERED, "make_html", page)
        patch.setattr(factsheet, "make_html", page)
        patch.setattr(factsheet, "save_municipality_map", map_once(sheets))
        patch.setattr(factsheet, "make_pdf", cache(factsheet.make_pdf))
        yield


@cache
def of(study: sg.Study, key: str) -> Any:
    """Return what several faces are given of one study, made once."""
    makers: dict[str, Callable[[], Any]] = {
        "pilots": study.shortlist,
        "tables": lambda: tables_of(study),
        "sheet": lambda: sheet_of(study, "1382", "sv"),
        "published": lambda: sg.validation.compare_published(study),
    }
    return makers[key]()


@cache
def judged() -> pd.DataFrame:
    """Return verdicts that no draw is needed for."""
    claims = read_table("claims").rename(columns={"text_sv": "text"})
    figures = {"value": 2.0, "low": 1.0, "high": 3.0, "probability": 0.5, "verdict": "open"}
    return pd.DataFrame(claims.assign(**figures, explanation="made up for a test"))


def arguments(study: sg.Study, folder: Path, name: str) -> dict[str, Any]:
    """Return what any face may ask for, made from one study; `name` is that of the face."""
    match, monthly = study.matches["heat"], study.monthly
    verdicts = judged()
    delivered = match.links["delivered"].sum()
    rungs = pd.DataFrame({"delivered": delivered, "yearly_msek": 1.0}, index=list(METHODS))
    bars = pd.DataFrame({"low": [1.0], "high": [delivered], "value": [2.0]}, index=["x"])
    becomes = pd.DataFrame({"name": ["x"], "committed": delivered, "new": 1.0, "unused": 2.0})
    tables = {
        "plot_rungs": rungs, "plot_tornado": bars, "plot_ranges": bars, "plot_taken": becomes,
    }  # fmt: skip
    if name == "plot_ratios":
        tables[name] = of(study, "published")
    folder.mkdir(parents=True, exist_ok=True)
    makers: dict[str, Callable[[], Any]] = {
        "municipalities": lambda: study.municipalities,
        **{key: partial(of, study, key) for key in ("pilots", "tables", "sheet")},
        "table": lambda: (
            sign(tables[name], study.readers) if name in tables else study.balances["heat"]
        ),
        "links": lambda: match.links[match.links["delivered"] > 0].assign(levelised_sek=1.0),
        "supply": lambda: monthly[[c for c in monthly if c.startswith("class_")]],
    }
    asked = inspect.signature(OFFERED[name]).parameters
    return {
        "study": study,
        "register": study.register,
        "match": match,
        "verdicts": verdicts,
        "municipality": "Falkenberg",
        "folder": folder,
        "path": folder / f"file{SUFFIXES.get(name, '')}",
        "column": "supply",
        "unit": "GWh/yr",
        "cost_unit": "EUR/MWh",
        "names": study.register.sites["name"],
        "demand": monthly["demand"],
        "key": "sites",
        "lang": "sv",
        **{key: make() for key, make in makers.items() if key in asked},
    }


def call(name: str, given: dict[str, Any]) -> Any:
    """Call a face with what it must have, by name."""
    function = OFFERED[name]
    options: dict[str, Any] = {}
    if name == "write_all":
        options = {"verdicts": given["verdicts"], "parts": ["geoparquet"]}  # sheets: make_tables
    for parameter in inspect.signature(function).parameters.values():
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL:
            assert parameter.name in given, f"say in `arguments` what {name} is to be given"
            options[parameter.name] = given[parameter.name]
    if name == "write_all":
        options["folder"] = given["folder"] / "output"
    return function(**options)


def contents(result: Any, folder: Path, name: str) -> dict[str, bytes]:
    """Return the bytes of what a face returned, by file name; `name` is that of the face."""
    if isinstance(result, Axes):
        figure, formats = result.get_figure(root=True), FORMATS if name == WHOLE else ["svg"]
        return contents(save_figure(figure, folder / "figure", formats, close=True), folder, name)
    if isinstance(result, PageMap):
        picture = base64.b64decode(result._repr_mimebundle_()["image/png"])
        return {"page.html": page_html(result).encode(), "picture.png": picture}
    if isinstance(result, Path):
        return {result.name: result.read_bytes()}
    if isinstance(result, Written):
        files = [path for path in result.folder.rglob("*") if path.is_file()]
        return {str(p.relative_to(result.folder)): p.read_bytes() for p in files}
    if isinstance(result, str):
        return {"text.html": result.encode()}
    if isinstance(result, bytes):
        return {"file.pdf" if result.startswith(b"%PDF") else "bytes": result}
    if isinstance(result, pd.DataFrame):
        return {"table": result.to_csv().encode()}
    if isinstance(result, dict):
        result = list(result.items())
    if isinstance(result, (list, tuple)):
        parts = [contents(part, folder, name) for part in result]
        return {f"{i}-{file}": b for i, part in enumerate(parts) for file, b in part.items()}
    return {"repr": repr(result).encode()}


@pytest.mark.parametrize("name", CASES)
def test_a_public_answer_is_that_without_the_hidden_companies(made, tmp_path, name):
    found = {}
    for kind in ("public", "without"):
        folder = tmp_path / kind
        result = call(name, arguments(getattr(made, kind), folder, name))
        found[kind] = contents(result, folder, name)
    assert found["public"]
    differ = [n for n, raw in found["public"].items() if raw != found["without"].get(n)]
    assert differ == []
    assert found["public"].keys() == found["without"].keys()
    for file, raw in found["public"].items():
        for text in texts_in(Path(file).suffix, raw):
            assert MARK.encode() not in text, file
            # numbers of the hidden rows may stand in a drawing by chance, as they do without them
            assert not any(name.encode() in text for name in (SHOWN, SECRET)), file


@pytest.mark.parametrize("name", CASES)
def test_an_internal_answer_says_so_and_never_tells_the_secret_company(made, tmp_path, name):
    result = call(name, arguments(made.internal, tmp_path, name))
    if isinstance(result, pd.DataFrame):
        assert check_tables(result) == "internal"
    elif isinstance(result, dict):
        assert check_tables(*result.values()) == "internal"
    shows = (Axes, PageMap, Path, Written, str, list)
    for file, raw in contents(result, tmp_path, name).items():
        texts = texts_in(Path(file).suffix, raw)
        assert not any(SECRET.encode() in text for text in texts)
        files = isinstance(result, shows) and not file.endswith("repr")
        if files and name not in PARTS:
            assert any(MARK.encode() in text for text in texts), file


@pytest.mark.parametrize("name", CASES)
def test_what_was_not_cleared_is_refused(made, tmp_path, name):
    given = arguments(made.public, tmp_path, name)
    match = made.uncleared
    bare = {"register": made.register, "study": replace(made.public, register=made.register)}
    bare |= {"match": match, "links": match.links}
    for key in {"table", "supply", "demand"} & given.keys():
        bare[key] = sign(given[key].copy(), "secret")
    tables = given.get("tables", {})
    bare["tables"] = {key: sign(table.copy(), "secret") for key, table in tables.items()}
    asked = [key for key in bare if key in inspect.signature(OFFERED[name]).parameters]
    for key in asked:
        with pytest.raises(DisclosureError, match="clear"):
            call(name, given | {key: bare[key]})
    assert asked


def test_the_faces_are_found():
    assert {"plot_match", "show_match", "plot_exchanges", "write_all", "write_geopackage"} <= set(
        OFFERED
    )
    assert len(OFFERED) > 25


def test_internal_rows_are_in_what_internal_readers_see(made, tmp_path):
    for name in ("show_register", "write_geopackage", "write_geoparquet", "write_workbook"):
        given = arguments(made.internal, tmp_path, name)
        files = contents(call(name, given), tmp_path, name)
        texts = [text for file, raw in files.items() for text in texts_in(Path(file).suffix, raw)]
        assert any(SHOWN.encode() in text for text in texts), name


@pytest.mark.parametrize("kind", ["internal", "secret"])
def test_a_table_of_rows_says_itself_who_may_see_it(made, tmp_path, kind):
    rows = made.register.flows[["flow_id", "site_id", "value", "visibility"]]
    rows = rows[rows["visibility"].isin(["public", kind])]
    if kind == "secret":
        with pytest.raises(DisclosureError):
            call("write_csv", {"tables": {"flows": rows}, "folder": tmp_path})
        assert list(tmp_path.iterdir()) == []
    else:
        (path,) = call("write_csv", {"tables": {"flows": rows}, "folder": tmp_path})
        assert all(line.startswith(MARK) for line in path.read_text("utf-8-sig").splitlines()[1:])
