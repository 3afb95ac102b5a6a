"""`symbios-geo refresh` proposes, tells of every fault, and never touches the tables."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from sources import Held, answer, serving, well

import symbios_geo as sg
from symbios_geo import cli
from symbios_geo.errors import OutputError, RefreshError
from symbios_geo.files import lock_beside, locked
from symbios_geo.refresh import proposals, run
from symbios_geo.refresh.sources import (
    CACHE_VARIABLE,
    SERVERS_VARIABLE,
    Patience,
    cache_folder,
    topics,
)
from symbios_geo.tables import data_folder, read_table

ROOT = Path(__file__).parents[1]
QUICK = Patience(idle_s=10, total_s=60, tries=2, wait_s=0.001)


@pytest.fixture
def sources(tmp_path: Path, monkeypatch):
    """Return a server that everything is pointed to, beside an empty cache."""
    with serving() as found:
        monkeypatch.setenv(SERVERS_VARIABLE, found.as_variable())
        monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
        yield found


def refresh(out: Path, what: str | list[str] | None = None, **options) -> run.Refreshed:
    return run.refresh(what, out=out, **{"limits": QUICK} | options)


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def test_everything_is_compared_and_nothing_is_changed(sources, tmp_path):
    before = bytes_in(data_folder())
    lines = []
    found = refresh(tmp_path / "out", progress=lines.append)
    assert found.faults == ()
    assert [path.name for path in found.files] == ["proposal.csv", "proposal-excel.csv"]
    assert list(dict.fromkeys(found.table["what"])) == [
        "population", "energy", "kolada", "emissions",
    ]  # fmt: skip
    assert bytes_in(data_folder()) == before
    assert len(lines) == len(read_table("endpoints")) == len(sources.asked)


def test_each_row_says_what_differs_and_where_it_comes_from(sources, tmp_path):
    table = refresh(tmp_path / "out", "population", lang="en").table
    row = table[(table["row_key"] == "1380") & (table["year_fetched"] == 2025)].iloc[0]
    assert (row["table_name"], row["column"], row["row_name"]) == (
        "municipalities", "population", "Halmstad",
    )  # fmt: skip
    assert (row["bundled"], row["fetched"], row["difference"]) == (106084, 106500, 416)
    assert row["difference_pct"] == pytest.approx(0.39)
    assert (row["year_bundled"], row["licence"]) == (2024, "CC0-1.0")
    assert row["url"].startswith(sources.address + "/tables/TAB5557/data?")
    assert len(row["sha256"]) == 64
    assert row["fetched_on"] == time.strftime("%Y-%m-%d", time.gmtime())
    assert (table["difference"] == 0).sum() == 10


@pytest.mark.usefixtures("sources")
def test_heat_that_the_source_hides_is_no_proposal_of_nothing(tmp_path):
    table = refresh(tmp_path / "out", "energy", lang="en").table.set_index(["row_key", "column"])
    hidden = table.loc[("1383", "district_heat_buildings_gwh")]
    assert pd.isna(hidden["fetched"])
    assert "does not show" in hidden["note"]
    assert table.loc[("1384", "district_heat_total_gwh"), "difference"] == pytest.approx(0.985)
    assert set(table["year_bundled"]) == {2023}


@pytest.mark.usefixtures("sources")
def test_emissions_are_paired_with_sites(tmp_path, halland):
    table = refresh(tmp_path / "out", "emissions", lang="en").table
    mill = table[table["row_key"] == "sodra_cell_varo"].set_index("column")
    flows = halland.flows.query("site_id == 'sodra_cell_varo' and resource == 'co2'")
    flows = flows[flows["role"] == "source"].groupby("carbon")["value"].sum()
    assert mill.loc["co2_biogenic", "bundled"] == pytest.approx(flows["biogenic"], abs=1e-4)
    assert mill.loc["co2_fossil", "fetched"] == 10
    assert mill.loc["co2_total", "difference"] == pytest.approx(1600 - flows.sum(), abs=1e-4)
    assert (mill["distance_km"] < 0.5).all()
    assert "Södra Cell Värö (SE.1)" in mill.loc["co2_total", "note"]
    paper = table[table["row_key"] == "hylte_paper"]
    assert paper["column"].tolist() == ["co2_fossil"]  # the total was not reported
    assert "paired by distance alone" in paper["note"].iloc[0]
    new = table[table["table_name"] == "sites"]
    assert "No place of the register within 2 km" in new["note"].iloc[0]
    assert not table["row_name"].str.contains("Långt bort").any()


@pytest.mark.usefixtures("sources")
def test_rows_that_are_not_public_are_not_compared(tmp_path, monkeypatch, halland):
    hidden = halland.sites.assign(visibility="internal")
    register = sg.Register(hidden, halland.flows, halland.synergies)
    monkeypatch.setattr(proposals, "load_register", lambda: register)
    table = refresh(tmp_path / "out", "emissions").table
    assert (table["row_key"] == "").all()


@pytest.mark.usefixtures("sources")
def test_files_for_programs_and_for_a_spreadsheet(tmp_path):
    found = refresh(tmp_path / "out", "emissions")
    plain = pd.read_csv(found.files[0], dtype={"row_key": "str"})
    assert list(plain.columns) == list(found.table.columns)
    assert plain["fetched"].tolist() == pytest.approx(found.table["fetched"].tolist())
    text = found.files[1].read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(found.files[1], sep=";", decimal=",", encoding="utf-8-sig")
    assert {"Medföljande värde", "Hämtat värde", "Skillnad (%)"} <= set(table.columns)
    assert table["Namn på raden"].str.startswith("'=1+1").any()
    english = refresh(tmp_path / "en", "emissions", lang="en").files[1]
    assert "Bundled value" in pd.read_csv(english, encoding="utf-8-sig").columns


# --- when something fails --------------------------------------------------------------------


def test_one_failing_source_does_not_stop_the_others(sources, tmp_path):
    sources.plan("N01951", answer(b"", status=410))
    sources.plan("TAB3654", answer(b"<html>maintenance</html>"))
    found = refresh(tmp_path / "out")
    assert len(found.faults) == 2
    assert "TAB3654" in found.faults[0]
    assert "svarar 410" in found.faults[1]
    assert "energy" not in set(found.table["what"])
    assert {"population", "emissions"} <= set(found.table["what"])


def test_last_good_answer_stands_in_for_a_failing_source(sources, tmp_path):
    refresh(tmp_path / "out", "energy")
    sources.plan("TAB3654", answer(b"[]"))
    lines = []
    found = refresh(tmp_path / "out", "energy", again=True, lang="en", progress=lines.append)
    assert len(found.faults) == 1
    assert len(found.table) == 12
    assert any(line.startswith("Using the answer of ") for line in lines)


def test_nothing_at_all_leaves_the_earlier_proposal(sources, tmp_path, monkeypatch):
    out = tmp_path / "out"
    refresh(out, "energy")
    before = bytes_in(out)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "empty"))
    sources.plan("TAB3654", answer(b"", status=500))
    with pytest.raises(RefreshError, match=r"inget har ersatts:\n- .*TAB3654.*500 error"):
        refresh(out, "energy")
    assert bytes_in(out) == before


def test_offline_compares_what_is_there(sources, tmp_path):
    with pytest.raises(RefreshError, match="no kept answer to read offline"):
        refresh(tmp_path / "out", offline=True, lang="en")
    refresh(tmp_path / "out", "energy")
    asked = len(sources.asked)
    found = refresh(tmp_path / "out", offline=True)
    assert set(found.table["what"]) == {"energy"}
    assert len(found.faults) == len(read_table("endpoints")) - 1
    assert len(sources.asked) == asked


def test_of_two_at_once_the_second_says_so(sources, tmp_path):
    with (
        locked(lock_beside(cache_folder()), what=cache_folder()),
        pytest.raises(OutputError, match=r"Another program is changing .*cache"),
    ):
        refresh(tmp_path / "out")
    assert sources.asked == []
    assert len(refresh(tmp_path / "out", "energy").table) == 12


@pytest.mark.usefixtures("sources")
def test_full_disk_leaves_cache_and_proposal(tmp_path, monkeypatch):
    out = tmp_path / "out"
    refresh(out, "energy")
    before = bytes_in(out), bytes_in(tmp_path / "cache")

    def full(*_arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        refresh(out, "energy", lang="en")
    with pytest.raises(OutputError, match="No space left"):
        refresh(out, "energy", again=True)
    monkeypatch.undo()
    assert (bytes_in(out), bytes_in(tmp_path / "cache")) == before


@pytest.mark.usefixtures("sources")
def test_half_a_letter_ends_only_its_own_source(sources, tmp_path):
    sources.good["sql"] = sources.good["sql"].replace(b'"SE.2"', b'"SE.2\\ud800"')
    found = refresh(tmp_path / "out", ["population", "emissions"], lang="en")
    assert set(found.table["what"]) == {"population"}
    assert len(found.faults) == 1
    assert "/results/4/facility_id" in found.faults[0]


def command(arguments: list[str]) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    line = [sys.executable, "-m", "symbios_geo.cli", "refresh", *arguments]
    return subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.mark.slow
def test_killed_refresh_asks_only_for_what_it_had_not_got(sources, tmp_path):
    out = tmp_path / "out"
    refresh(out, ["energy", "kolada"])
    before = bytes_in(out)
    held = Held()
    sources.plan("sql", held)
    what = ["--out", str(out), "--what", "population", "emissions"]
    with command(what) as child:
        assert held.begun.wait(120)
        child.kill()
        child.stdout.close()
    held.go_on.set()
    assert bytes_in(out) == before
    sources.plan("sql", well)
    asked = len(sources.asked)
    found = refresh(out, ["population", "emissions"])
    assert sources.asked[asked:] == ["sql"]  # the rest had been got before
    assert not found.faults


# --- the command -----------------------------------------------------------------------------


@pytest.mark.usefixtures("sources")
def test_command_shows_the_differences(tmp_path, capsys):
    code = cli.main(["refresh", "--out", str(tmp_path / "out"), "--what", "population", "kolada"])
    text = capsys.readouterr().out
    assert code == 0
    assert "Hämtar: Folkmängd vid årets slut (SCB, TAB5557)" in text
    halmstad = "106\u202f084 (2024) → 106\u202f500 (2025), +416 (+0,4 %)"
    assert f"  Halmstad, Folkmängd: {halmstad}" in text
    assert "Varberg, Folkmängd" not in text  # the same as ours
    assert "Energianvändning per invånare (MWh/år): nytt värde" in text
    assert "24 jämförda värden, 3 skiljer sig" in text
    assert "Inget i data/ har ändrats" in text


def test_command_asks_again_within_a_day_only_when_told(sources, tmp_path, capsys):
    arguments = ["refresh", "--out", str(tmp_path / "out"), "--what", "energy"]
    cli.main(arguments)
    cli.main(arguments)
    assert "Läser det sparade svaret: Slutanvändning av fjärrvärme" in capsys.readouterr().out
    assert len(sources.asked) == 1
    cli.main([*arguments, "--again"])
    assert len(sources.asked) == 2


def test_command_lists_faults_and_ends_with_two(sources, tmp_path, capsys):
    sources.plan("N45905", answer(b"{}"))
    arguments = ["refresh", "--out", str(tmp_path / "out"), "--what", "kolada", "--lang", "en"]
    assert cli.main(arguments) == 2
    shown = capsys.readouterr()
    assert "6 values compared, 1 differ" in shown.out
    assert "N45905" in shown.err
    assert "Traceback" not in shown.err
    assert cli.main([*arguments, "--offline"]) == 2
    assert "no kept answer to read offline" in capsys.readouterr().err


def test_command_speaks_swedish_of_faults(sources, tmp_path, capsys):
    sources.plan("TAB3654", answer(b"{}"))
    assert cli.main(["refresh", "--out", str(tmp_path / "out"), "--what", "energy"]) == 2
    text = capsys.readouterr().err
    assert "Inga nya uppgifter kunde hämtas" in text
    assert "väntades fältet class" in text


def test_command_takes_the_topics_of_the_table(capsys):
    assert cli.main(["refresh", "--what", "weather", "--lang", "en"]) == 2
    assert f"Choose from: {', '.join(topics())}." in capsys.readouterr().err


def test_every_endpoint_has_a_reader():
    assert set(read_table("endpoints")["endpoint_id"]) == set(run.READERS)
