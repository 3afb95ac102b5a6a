from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from symbios_geo import cli
from symbios_geo.errors import OutputError
from symbios_geo.files import write_whole
from symbios_geo.labels import label
from symbios_geo.outputs import notebooks
from symbios_geo.register import check as intake
from symbios_geo.study import claims as findings
from symbios_geo.tables import data_folder, read_table

KEYS = {
    "claim_id", "verdict", "value", "low", "median", "high", "probability", "unit", "threshold",
    "explanation", "text", "confidence", "depends_on", "source_id", "facts_year", "group",
    "origin", "under", "turns",
}  # fmt: skip
COMMANDS = ("run", "check", "scenario", "claims", "template", "lab")


@pytest.fixture(scope="module")
def few_draws(study) -> dict[str, pd.DataFrame]:
    """Return the verdicts on three draws, in each language, as the command would have them."""
    return {lang: findings.check_all(study, lang=lang, n=3) for lang in ("sv", "en")}


@pytest.fixture
def quick(monkeypatch, few_draws) -> None:
    monkeypatch.setattr(findings, "check_all", lambda *, lang, **_rest: few_draws[lang].copy())


def shell(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    root = str(Path(cli.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-m", "symbios_geo.cli", *arguments],
        capture_output=True, cwd=cwd, timeout=300, check=False,
        env={**os.environ, "PYTHONPATH": root, **env},
    )  # fmt: skip


def usage(capsys, *arguments: str) -> str:
    with pytest.raises(SystemExit) as stop:
        cli.main([*arguments])
    assert stop.value.code == 0
    return capsys.readouterr().out


# --- help ----------------------------------------------------------------------------------------


def test_help_names_every_command(capsys):
    text = usage(capsys, "--help")
    assert all(f"\n    {name} " in text for name in COMMANDS)
    assert "symbios-geo" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_says_what_it_does_and_what_it_takes(capsys, command):
    text = usage(capsys, command, "--help")
    one_line = " ".join(text.split())
    # every command says in its usage what its function says of itself
    said = str(getattr(cli, f"_{command}").__doc__)
    assert said in one_line
    assert "--lang {sv,en}" in one_line
    entries = [line.split("  ", 2) for line in text.splitlines() if line.startswith("  ")]
    assert len(entries) >= 3


def test_version(capsys):
    assert usage(capsys, "--version").strip()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "COMMAND"),
        (["tidy"], "invalid choice: 'tidy'"),
        (["claims", "--lang", "fi"], "invalid choice: 'fi'"),
        (["claims", "--draws", "0"], "0 must be 1 or more"),
        (["claims", "--draws", "many"], "invalid"),
        (["template"], "file"),
        (["run", "--include", "secret"], "invalid choice: 'secret'"),
    ],
)
def test_a_mistyped_command_is_explained(capsys, arguments, why):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert why in error
    assert "Traceback" not in error


# --- claims --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "sv",
            [
                "biogenic_co2_generated: Håller. 2\u202f348 (",
                "biogenic_co2: Troligt. 2\u202f112 (",
                "kt/år",
                "maj 2025",
                "svartlut",
            ],
        ),
        (
            "en",
            [
                "biogenic_co2_generated: Holds. 2,348 (",
                "biogenic_co2: Likely. 2,112 (",
                "kt/yr",
                "May 2025",
                "black liquor",
            ],
        ),
    ],
)
def test_claims_in_both_languages(capsys, lang, words):
    assert cli.main(["claims", "--lang", lang]) == 0
    text = capsys.readouterr().out
    assert all(word in text for word in words)
    for claim in read_table("claims").to_dict("records"):
        assert f"{claim['claim_id']}: " in text
        assert claim[f"text_{lang}"] in text


@pytest.mark.usefixtures("quick")
def test_a_figure_that_nothing_moves_has_no_range(capsys):
    cli.main(["claims", "--lang", "en"])
    lines = capsys.readouterr().out.splitlines()
    assert "budget_region_share: Holds. 7,018,141 SEK" in lines
    assert any(line.startswith("project_partners: Holds. 3 ") for line in lines)


@pytest.mark.usefixtures("quick")
def test_a_claim_without_judgement_is_shown_without_figures(capsys, monkeypatch, few_draws):
    table = few_draws["en"].copy()
    table.loc[0, "verdict"] = "not_judged"
    monkeypatch.setattr(findings, "check_all", lambda **_rest: table)
    cli.main(["claims", "--lang", "en"])
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("biogenic_co2_generated: ")
    assert not any(sign.isdigit() for sign in first.removeprefix("biogenic_co2_generated: "))


@pytest.mark.usefixtures("quick")
def test_json_has_the_fixed_keys(capsys):
    assert cli.main(["claims", "--json", "--lang", "en"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert [row["claim_id"] for row in table] == list(read_table("claims")["claim_id"])
    assert all(set(row) == KEYS for row in table)
    first = table[0]
    assert first["verdict"] == "holds"
    assert first["value"] == pytest.approx(2347.781, abs=0.01)
    assert first["facts_year"] == 2024


def test_claims_through_the_shell(tmp_path):
    done = shell("claims", "--json", "--draws", "2", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    table = json.loads(done.stdout)
    assert len(table) == len(read_table("claims"))
    # escaped where the stream cannot hold the letters, not lost
    assert "miljoner ton biogen koldioxid per år" in table[0]["text"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("quick")
def test_a_terminal_without_swedish_letters_is_no_fault(monkeypatch, tmp_path):
    with (tmp_path / "out.txt").open("w", encoding="ascii") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert cli.main(["claims"]) == 0
    assert "biogenic_co2_generated: H?ller. 2?348" in (tmp_path / "out.txt").read_text("ascii")


# --- check, template, lab ------------------------------------------------------------------------


def test_check_of_our_own_data(capsys):
    assert cli.main(["check"]) == 0
    assert "inga fel" in capsys.readouterr().out


def test_the_template_is_written(capsys, tmp_path):
    form = tmp_path / "form.xlsx"
    assert cli.main(["template", str(form), "--lang", "en"]) == 0
    assert form.stat().st_size > 5000
    assert str(form) in capsys.readouterr().out


def test_check_lists_every_fault(capsys, tmp_path):
    (tmp_path / "sites.csv").write_text("site_id,name\na,First\na,Second\n", "utf-8")
    (tmp_path / "flows.csv").write_text("flow_id,site_id,value\nf,nowhere,many\n", "utf-8")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    code = cli.main(["check", str(tmp_path), "--lang", "en"])
    caught = capsys.readouterr()
    assert code == 2
    assert len(caught.err.splitlines()) == len(intake.check_file(tmp_path)) >= 3
    assert "Traceback" not in caught.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_check_reads_a_data_package_as_run_does(capsys, tmp_path):
    assert cli.main(["check", "lindesberg"]) == 0
    assert "inga fel" in capsys.readouterr().out
    package = tmp_path / "package"
    shutil.copytree(data_folder() / "regions" / "lindesberg", package)
    sites = (package / "sites.csv").read_text("utf-8")
    (package / "sites.csv").write_text(
        sites + sites.splitlines()[1].replace("_mill", "_two"), "utf-8"
    )
    assert cli.main(["check", str(package), "--lang", "en"]) == 0
    assert "(frovi_mill) and “Frövi kartongbruk” (frovi_two)" in capsys.readouterr().out
    exchanges = (package / "synergies.csv").read_text("utf-8")
    (package / "synergies.csv").write_text(exchanges.replace("dhn_loc_", "dhn_lok_"), "utf-8")
    marked = tmp_path / "marked.xlsx"
    assert cli.main(["check", str(package), "--marked", str(marked)]) == 2
    assert "dhn_loc_1885_2694893" in capsys.readouterr().err
    sheet = openpyxl.load_workbook(marked)["synergies"]
    assert sheet["C2"].comment is not None


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "missing.xlsx"],
        ["run", "--register", "missing", "--quiet"],
        ["factsheet", "Varberg", "--register", "missing.xlsx"],
        ["lab", "a_file"],
        ["template", "a_file/form.xlsx"],
    ],
)
def test_a_mistake_is_one_paragraph_and_changes_nothing(arguments, tmp_path, monkeypatch, capsys):
    (tmp_path / "a_file").write_text("x", "utf-8")
    monkeypatch.chdir(tmp_path)
    code = cli.main([*arguments])
    text = capsys.readouterr().err.strip()
    assert code == 2, text
    assert text
    assert "Traceback" not in text
    assert "fault of symbios-geo" not in text
    assert "\n\n" not in text
    assert [path.name for path in tmp_path.iterdir()] == ["a_file"]


def test_lab_without_jupyter_says_how_to_get_it(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(cli, "find_spec", lambda _name: None)
    assert cli.main(["lab", str(tmp_path / "mine")]) == 2
    assert "symbios-geo[notebooks]" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


def test_lab_copies_the_notebooks_and_opens_them(monkeypatch, tmp_path):
    called = []
    monkeypatch.setattr(cli, "find_spec", lambda _name: object())
    monkeypatch.setattr(subprocess, "call", lambda command: called.append(command) or 7)
    mine = tmp_path / "mine"
    assert cli.main(["lab", str(mine)]) == 7
    assert called[0][1:] == ["-m", "jupyterlab", str(mine)]
    copied = sorted(path.name for path in mine.iterdir())
    assert copied == [path.name for path in notebooks.find_notebooks()]
    (mine / copied[0]).write_text("my own", "utf-8")
    cli.main(["lab", str(mine)])
    assert (mine / copied[0]).read_text("utf-8") == "my own"


# --- errors --------------------------------------------------------------------------------------


def raising(error: BaseException):
    def command(_options: object) -> int:
        raise error

    return command


@pytest.fixture
def broken(monkeypatch):
    """Return a function that makes `claims` raise an error."""
    return lambda error: monkeypatch.setattr(cli, "_claims", raising(error))


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (cli.OutputError("No room in x. Free some."), 2, ["No room in x. Free some."]),
        (PermissionError(13, "Permission denied", "x.xlsx"), 2, ["x.xlsx", "your rights"]),
        (KeyboardInterrupt(), 1, ["Stopped"]),
        (KeyError("a\nb"), 1, ["fault of symbios-geo (KeyError", "--debug"]),
    ],
)
def test_every_error_is_one_clear_paragraph(capsys, broken, error, code, words):
    broken(error)
    assert cli.main(["claims", "--lang", "en"]) == code
    text = capsys.readouterr().err
    assert all(word in text for word in words)
    assert text.count("\n") == 1
    assert "Traceback" not in text


@pytest.mark.parametrize("arguments", [["--debug", "claims"], ["claims", "--debug"]])
@pytest.mark.parametrize("error", [cli.OutputError("x"), KeyError("x"), OSError("x")])
def test_debug_shows_the_trace(monkeypatch, broken, arguments, error):
    monkeypatch.setattr(logging, "basicConfig", lambda **_options: None)
    broken(error)
    with pytest.raises(type(error)):
        cli.main(arguments)


def test_a_reader_that_has_seen_enough_is_no_error(capsys, monkeypatch, broken):
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # main puts another in its place
    broken(BrokenPipeError())
    assert cli.main(["claims"]) == 0
    sys.stdout.close()
    assert capsys.readouterr().err == ""


# --- run -----------------------------------------------------------------------------------------


@pytest.fixture
def written(monkeypatch):
    """Return what `run` hands to `write_all`, which writes nothing here."""
    from symbios_geo.outputs import write as outputs

    seen = {}

    def write(study, folder, **options):
        seen.update(options, study=study, folder=folder)
        return "12 files"

    monkeypatch.setattr(outputs, "write_all", write)
    return seen


def test_run_hands_the_study_over(capsys, written, tmp_path):
    code = cli.main(["run", "--out", str(tmp_path / "here"), "--lang", "en", "--quiet"])
    assert code == 0
    assert written["folder"] == tmp_path / "here"
    assert written["study"].lang == written["lang"] == "en"
    assert written["study"].readers == "public"
    assert "12 files" in capsys.readouterr().out


def test_run_with_internal_rows_only_when_asked(written, tmp_path):
    cli.main(["run", "--out", str(tmp_path), "--include", "internal", "--quiet"])
    assert written["study"].readers == "internal"


def test_run_that_fails_tells_so(capsys, monkeypatch, written, tmp_path):
    from symbios_geo.outputs import write as outputs

    assert written == {}
    monkeypatch.setattr(outputs, "write_all", raising_all)
    assert cli.main(["run", "--out", str(tmp_path), "--quiet"]) == 2
    assert "maps failed" in capsys.readouterr().err


def raising_all(*_given: object, **_options: object) -> None:
    msg = "maps failed: no room."
    raise cli.OutputError(msg)


def test_errors_have_the_same_words_in_the_code_and_in_the_labels(tmp_path):
    missing = tmp_path / "file" / "out"
    missing.parent.touch()
    for cause in (lambda: write_whole(missing, "x"), lambda: write_whole(tmp_path, "x")):
        with pytest.raises(OutputError) as caught:
            cause()
        assert str(caught.value) == label(caught.value.key, "en", **caught.value.words)
    assert "kan inte skrivas" in cli.error_words(caught.value, "sv")


def test_a_refused_register_is_told_in_the_language(capsys, tmp_path):
    book = intake.write_example(tmp_path / "b.xlsx", mistakes=True)
    for lang, words in (("sv", "är inte ett tal"), ("en", "is not a number")):
        arguments = ["factsheet", "Varberg", "--register", str(book), "--lang", lang]
        assert cli.main(arguments) == 2
        assert words in capsys.readouterr().err
    assert cli.main(["factsheet", "Varberg", "--register", "no.xlsx"]) == 2
    assert "finns inte" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize(
    ("arguments", "sv", "en"),
    [
        (["run", "--set", "discount_rat=0.05"], "Menade du discount_rate", "Did you mean"),
        (["run", "--set", "discount_rate=5"], "ligger det mellan 0 och 1", "between 0 and 1"),
        (["run", "--set", "discount_rate=abc"], "är inget tal", "is no number"),
        (["run", "--set", "zzzz=1"], "Det finns inget antagande", "There is no assumption"),
        (["run", "--region", "skaune"], "Det finns inget område", "There is no region"),
        (["run", "--with", "greenhouse@nosite"], "finns inte i registret", "is not in the reg"),
        (["run", "--with", "castle@hylte_paper"], "är ingen anläggning", "is no plant"),
        (["run", "--with", "electrolyser@hylte_paper:abc"], "storlek i MW", "a size in MW"),
        (["run", "--template", "nofile.docx"], "finns inte. Ange en mall", "does not exist"),
        (["factsheet", "Falkenbrg"], "Det finns ingen kommun", "There is no municipality"),
        (["scenario", "bad.toml"], "går inte att läsa som TOML", "cannot be read as TOML"),
        (["scenario", "loose.toml"], "står i inget scenario", "stands in no scenario"),
        (["scenario", "foo.toml"], "Scenariot 'a': Det finns", "Scenario 'a': There is"),
        (["lab", "a_file"], "är en fil", "is a file"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_the_language(capsys, monkeypatch, tmp_path, arguments, sv, en):
    for name, text in {
        "bad.toml": "x = ", "loose.toml": "detour_factor = 1.4", "foo.toml": "[a]\nfoo_bar_zz = 3",
        "a_file": "",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    for lang, words in (("sv", sv), ("en", en)):
        extra = ["--quiet"] if arguments[0] == "run" else []
        assert cli.main([*arguments, *extra, "--lang", lang]) == 2
        assert words in capsys.readouterr().err
    assert not (tmp_path / "output").exists()


def test_what_was_written_is_no_failure_when_nobody_hears_of_it(tmp_path):
    program = "import sys; from symbios_geo import cli; sys.exit(cli.main(sys.argv[1:]))"
    environment = os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[1])}
    for number, end in enumerate((">&-", ">/dev/full")):
        book = tmp_path / f"{number}.xlsx"
        command = [sys.executable, "-W", "ignore", "-c", program, "template", str(book)]
        done = subprocess.run(
            ["sh", "-c", f'exec "$@" {end}', "x", *command],
            env=environment, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode, done.stderr, book.exists()) == (0, "", True)
