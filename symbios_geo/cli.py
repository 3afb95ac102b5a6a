"""The command line: run the study, check somebody's register, show the verdicts, open the lab."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from .errors import OutputError, ParameterError, SymbiosError
from .extras import extra_of

if TYPE_CHECKING:
    from .assumptions.values import Assumptions
    from .register.foreign import Mapping
    from .register.gate import Register

Command = Callable[[argparse.Namespace], int]
USER_ERROR, OTHER_ERROR = 2, 1
SUMMARY = "Waste heat, CO2 and other flows of a region: where they arise and who could use them."
# a run keeps most of what it makes: looking for rings of what is unused took a tenth of its time
SELDOM = 20_000, 20, 50
DEBUG_HELP = "show the whole trace of an error"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 done, 2 a mistake to mend, 1 a fault of ours."""
    parsed = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.DEBUG if parsed.debug else logging.WARNING)
    try:
        return int(parsed.command(parsed))
    except SymbiosError as error:
        if parsed.debug:
            raise
        _complain(error_words(error, parsed.lang))
        return USER_ERROR
    except KeyboardInterrupt:
        _complain(_text("error:stopped", parsed.lang))
        return OTHER_ERROR
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        return 0
    except OSError as error:
        if parsed.debug:
            raise
        _complain(_text("error:system", parsed.lang, reason=error))
        return USER_ERROR
    except MemoryError:
        if parsed.debug:
            raise
        _complain(_text("error:memory", parsed.lang))
        return USER_ERROR
    except ImportError as error:
        extra = extra_of(error.name or "")
        if parsed.debug or not (extra or "pip install" in str(error)):
            raise
        words = {"package": error.name, "extra": extra}
        _complain(_text("error:extra", parsed.lang, **words) if extra else str(error))
        return USER_ERROR
    except Exception as error:
        if parsed.debug:
            raise
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        _complain(_text("error:ours", parsed.lang, reason=reason))
        return OTHER_ERROR


def error_words(error: SymbiosError, lang: str) -> str:
    """Return the message of an error in a language, in English where no other has it."""
    if report := getattr(error, "report", None):
        return str(report(lang))
    if not error.key:
        return str(error)
    words = {
        name: error_words(word, lang) if isinstance(word, SymbiosError) else word
        for name, word in error.words.items()
    }
    return _text(error.key, lang, **words)


def _text(key: str, lang: str, **words: object) -> str:
    """Return a text of labels.csv."""
    from .labels import label

    return label(key, lang, **words)


def _run(options: argparse.Namespace) -> int:
    """Run the study and write every output."""
    from tqdm import tqdm

    from .outputs import write as outputs
    from .study.chain import run as run_study

    gc.set_threshold(*SELDOM)
    readers = _readers(options)
    outputs.check_output(options.out, readers)
    outputs.check_template(options.template)
    outputs.check_template(options.slides_template)
    register, assumed = _ground(options)
    parts = outputs.part_names()
    with tqdm(total=len(parts) + outputs.STUDY_STEPS, unit="step", disable=options.quiet) as bar:

        def tell(step: str) -> None:
            bar.set_description(step)
            bar.update()

        study = run_study(
            register,
            assumptions=assumed,
            lang=options.lang,
            readers=readers,
            progress=tell,
        )
        written = outputs.write_all(
            study,
            options.out,
            lang=options.lang,
            progress=tell,
            workers=_workers(),
            template=options.template,
            slides_template=options.slides_template,
        )
    _tell(f"{written} -> {Path(options.out) / 'index.html'}")
    return 0


def _check(options: argparse.Namespace) -> int:
    """List every fault of a register file, or of the bundled data when no file is given."""
    from .labels import label
    from .register import check as intake

    if options.file is None:
        from .register.load import load_register

        register = load_register()
        counts = {"sites": len(register.sites), "flows": len(register.flows)}
        _say(label("check:bundled", options.lang, **counts))
        return 0
    faults = intake.check_file(options.file, lang=options.lang)
    for fault in faults:
        _complain(fault.text(options.lang))
    if faults and options.marked:
        intake.write_marked_copy(options.file, faults, options.marked, lang=options.lang)
        _tell(str(options.marked))
    if not faults:
        for notice in intake.notices_of(options.file):
            _say(notice.text(options.lang))
        for line in intake.duplicate_lines(intake.check_duplicates(options.file), options.lang):
            _say(line)
    found = "check:faults" if faults else "check:fine"
    _say(label(found, options.lang, file=options.file, faults=len(faults)))
    return USER_ERROR if faults else 0


def _scenario(options: argparse.Namespace) -> int:
    """Run the study with each scenario of a TOML file; write tables and a map with a slider."""
    from .outputs import scenarios as several
    from .outputs.workbook import write_csv
    from .register.load import load_register
    from .web.page import save_map

    changes = several.read_scenarios(options.file)
    own = [options.register] if options.register else []
    with _said_ranges():
        found = several.scenarios(
            changes, load_register(*own), lang=options.lang, progress=_complain
        )
    options.out.mkdir(parents=True, exist_ok=True)
    tables = {by: found.table(by) for by in several.TABLES}
    written = write_csv(tables, options.out, lang=options.lang)
    for resource in found.studies[several.BASE].matches:
        written.append(save_map(found.map(resource), options.out / f"{resource}.html"))
    for path in written:
        _tell(str(path))
    return 0


def _claims(options: argparse.Namespace) -> int:
    """Print the verdict on every claim of the pre-study."""
    from .labels import label
    from .study import claims as findings

    table = findings.check_all(lang=options.lang, n=options.draws, workers=_workers())
    if options.json:
        rows = json.loads(table.to_json(orient="records", double_precision=15))
        # escapes where the terminal or file could not hold every letter
        plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
        _say(json.dumps(rows, ensure_ascii=plain, indent=1))
        return 0
    for row in table.to_dict("records"):
        verdict = label(f"verdict:{row['verdict']}", options.lang)
        _say(f"{row['claim_id']}: {verdict}.{_figures(row, options.lang)}")
        _say(f"  {row['text']}.\n  {row['explanation']} {row['turns']}".rstrip() + "\n")
    return 0


def _template(options: argparse.Namespace) -> int:
    """Write an Excel workbook to fill in."""
    from .register import check as intake

    intake.write_template(options.file, lang=options.lang)
    _tell(str(options.file))
    return 0


def _import(options: argparse.Namespace) -> int:
    """Turn somebody else's table or layer into a filled-in template to review."""
    from .labels import label
    from .register import check as intake
    from .register.foreign import import_file

    lang = options.lang
    done = import_file(
        options.file, options.out, mapping=options.map, layer=options.layer, lang=lang
    )
    for line in [*done.told, *_mapping_lines(done.mapping)]:
        _say(line)
    for fault in done.faults:
        _complain(fault.text(lang))
    for line in intake.duplicate_lines(done.duplicates, lang):
        _say(line)
    counts = {"sites": done.sites, "flows": done.flows, "faults": len(done.faults)}
    files = {"file": done.template, "map": done.mapping_file}
    _say(label("import:done", lang, **counts, **files))
    return USER_ERROR if done.faults else 0


def _mapping_lines(mapping: Mapping) -> list[str]:
    """Return how columns were understood, a line each."""
    lines = [f"  {theirs} -> sites.{ours}" for ours, theirs in mapping.sites.items()]
    place = " + ".join(filter(None, (mapping.x, mapping.y, mapping.point)))
    lines += [f"  {place} -> {mapping.system}"] if place else []
    for flow in mapping.flows:
        words = ", ".join(f"{key} {word}" for key, word in flow.items() if key != "value")
        lines.append(f"  {flow['value']} -> flows.value ({words})")
    return lines


def _factsheet(options: argparse.Namespace) -> int:
    """Write the two pages on one municipality, as PDF and HTML."""
    from .factsheets.write import find_municipality, write_factsheet
    from .study.chain import run as run_study

    register, assumed = _ground(options)
    find_municipality(register.region, options.municipality)  # a mistake is told before the work
    study = run_study(register, assumptions=assumed, lang=options.lang, readers=_readers(options))
    for path in write_factsheet(study, options.municipality, options.out, lang=options.lang):
        _tell(str(path))
    return 0


def _refresh(options: argparse.Namespace) -> int:
    """Fetch fresh facts and write what differs from ours as a proposal to review."""
    from .labels import label
    from .refresh.proposals import changed, difference_line
    from .refresh.run import refresh as fetch_and_compare

    found = fetch_and_compare(
        options.what, out=options.out, lang=options.lang, offline=options.offline,
        again=options.again, progress=_say,
    )  # fmt: skip
    differs = changed(found.table)
    for row in found.table[differs | found.table["bundled"].isna()].to_dict("records"):
        _say("  " + difference_line(row, options.lang))
    rows = {"rows": len(found.table), "changed": int(differs.sum()), "file": found.files[0]}
    _say(label("refresh:summary", options.lang, **rows))
    _say(label("refresh:unchanged", options.lang))
    for fault in found.faults:
        _complain(fault)
    return USER_ERROR if found.faults else 0


def _lab(options: argparse.Namespace) -> int:
    """Open JupyterLab on the notebooks, copied to a folder of your own."""
    from .labels import mistake

    if find_spec("jupyterlab") is None:
        raise mistake(OutputError, "error:no_lab")
    from .outputs.notebooks import copy_notebooks

    folder = copy_notebooks(options.folder)
    return subprocess.call([sys.executable, "-m", "jupyterlab", str(folder)])


def _parser() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    parser = argparse.ArgumentParser(prog="symbios-geo", description=SUMMARY)
    parser.add_argument("--version", action="version", version=_version())
    parser.add_argument("--debug", action="store_true", help=DEBUG_HELP)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    one = _command(commands, "run", _run)
    one.add_argument("--out", type=Path, default=Path("output"), help="folder to write (output)")
    one.add_argument("--template", type=Path, help="Word document whose look the report takes")
    one.add_argument(
        "--slides-template", type=Path, help="PowerPoint file whose look the slides take"
    )
    _add_own(one)
    one.add_argument("--quiet", action="store_true", help="no progress bar")
    one = _command(commands, "check", _check)
    one.add_argument(
        "file", type=Path, nargs="?", help="workbook, folder or data package; none: our data"
    )
    one.add_argument("--marked", type=Path, help="also write a copy with the faulty cells coloured")
    one = _command(commands, "scenario", _scenario)
    one.add_argument("file", type=Path, help="TOML: [name of a scenario], then lines id = value")
    one.add_argument("--out", type=Path, default=Path("scenarios"), help="folder (scenarios)")
    one.add_argument("--register", type=Path, help="add a register of your own to the bundled one")
    one = _command(commands, "claims", _claims)
    one.add_argument("--json", action="store_true", help="print JSON")
    one.add_argument("--draws", type=_count, default=1000, help="draws behind the ranges (1000)")
    one = _command(commands, "template", _template)
    one.add_argument("file", type=Path, help="workbook to write, for example mall.xlsx")
    one = _command(commands, "import", _import)
    one.add_argument("file", type=Path, help="xlsx, xls, xlsb, ods, csv, shp, gpkg, geojson, kml")
    one.add_argument("--layer", default="", help="sheet or layer (the largest)")
    one.add_argument("--map", type=Path, help="mapping that an import wrote, perhaps edited")
    one.add_argument("--out", type=Path, help="workbook to write (NAME-mall.xlsx)")
    one = _command(commands, "factsheet", _factsheet)
    one.add_argument("municipality", help="name or code, for example Varberg")
    one.add_argument("--out", type=Path, default=Path("factsheets"), help="folder (factsheets)")
    _add_own(one)
    one = _command(commands, "refresh", _refresh)
    one.add_argument("--what", nargs="+", metavar="TOPIC", help="topics to fetch (all)")
    one.add_argument("--out", type=Path, default=Path("refresh"), help="folder (refresh)")
    one.add_argument("--offline", action="store_true", help="use only what was fetched before")
    one.add_argument("--again", action="store_true", help="ask also for what is a day old or less")
    one = _command(commands, "lab", _lab)
    one.add_argument(
        "folder", type=Path, nargs="?", default=Path("symbios-notebooks"),
        help="folder for the copies (symbios-notebooks)",
    )  # fmt: skip
    return parser


def _command(
    commands: argparse._SubParsersAction, name: str, command: Command
) -> argparse.ArgumentParser:
    """Add one command, with its first docstring line as help."""
    line = (command.__doc__ or "").strip()
    one: argparse.ArgumentParser = commands.add_parser(name, help=line, description=line)
    one.add_argument("--lang", choices=["sv", "en"], default="sv", help="language (sv)")
    one.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=DEBUG_HELP)
    one.set_defaults(command=command)
    return one


def _add_own(one: argparse.ArgumentParser) -> None:
    """Add the options of commands that also show a register of the user's own."""
    one.add_argument("--register", type=Path, help="workbook or folder of your own, added")
    where = "county, municipality, sweden or folder of a data package (halland)"
    one.add_argument("--region", help=where)
    one.add_argument("--include", choices=["internal"], help="also internal rows, marked INTERN")
    one.add_argument(
        "--set", action="append", default=[], metavar="ID=VALUE", dest="changes",
        help="change an assumption, in the unit of its row; may be repeated",
    )  # fmt: skip
    one.add_argument(
        "--with", action="append", default=[], metavar="PLANT", dest="plants",
        help="also greenhouse@SITE, digester@SITE, electrolyser@SITE:MW or data_centre@SITE:MW; "
        "may be repeated",
    )  # fmt: skip


def _ground(options: argparse.Namespace) -> tuple[Register, Assumptions]:
    """Return the register with the user's own rows and plants, and the assumptions of both."""
    from .plans.planned import with_plants
    from .register.load import load_register

    assumed = _assumptions(options)
    own = [options.register] if options.register else []
    register = load_register(*own, assumptions=assumed, region=options.region)
    return with_plants(register, options.plants, assumed), assumed


def _assumptions(options: argparse.Namespace) -> Assumptions:
    """Return the bundled assumptions with what --set changes."""
    from .assumptions.values import load_assumptions
    from .labels import mistake

    changes = {}
    for text in options.changes:
        name, sign, value = text.partition("=")
        if not sign:
            raise mistake(ParameterError, "error:no_value", text=text)
        changes[name.strip()] = _number_or_text(value)
    with _said_ranges():
        return load_assumptions().replace(changes)


@contextmanager
def _said_ranges() -> Iterator[None]:
    """Say on the error stream which ranges were widened inside a `with` block."""
    from .assumptions.values import RangeWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RangeWarning)
        yield
    for one in caught:
        _complain(str(one.message))


def _number_or_text(text: str) -> Any:
    """Return a number, or the text itself for whoever refuses it by name."""
    try:
        return float(text)
    except ValueError:
        return text


def _workers() -> int:
    """Return how many processes share the draws."""
    return min(2, os.cpu_count() or 1)


def _readers(options: argparse.Namespace) -> str:
    """Return who may see the outputs: internal readers when asked for by name, else the public."""
    return "internal" if options.include == "internal" else "public"


def _figures(row: dict[str, Any], lang: str) -> str:
    """Return a claim's value, range and unit; no range where nothing moves it."""
    from .labels import interval, number, unit_label

    if row["verdict"] == "not_judged":
        return ""
    if row["low"] == row["high"]:
        whole = 0 if float(row["value"]).is_integer() else None
        figures = number(row["value"], lang, digits=whole)
    else:
        figures = f"{number(row['value'], lang)} ({interval(row['low'], row['high'], lang)})"
    return f" {figures} {unit_label(row['unit'], lang)}"


def _count(text: str) -> int:
    """Return a whole number of 1 or more; argparse tells of any other text."""
    count = int(text)
    if count < 1:
        msg = f"{text} must be 1 or more"
        raise argparse.ArgumentTypeError(msg)
    return count


def _version() -> str:
    """Return the installed version."""
    try:
        return version("symbios-geo")
    except PackageNotFoundError:
        return "not installed"


def _say(text: str) -> None:
    """Write to the standard output what a command was asked for."""
    _write(sys.stdout, text)


def _tell(text: str) -> None:
    """Say what was written to files: they are there, whether or not anybody hears of it."""
    try:
        _say(text)
    except OSError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def _complain(text: str) -> None:
    with suppress(OSError):
        _write(sys.stderr, text)


def _write(stream: TextIO | None, text: str) -> None:
    """Write a text; a letter that the stream cannot hold becomes a question mark."""
    if stream is None or stream.closed:  # nobody listens
        return
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
