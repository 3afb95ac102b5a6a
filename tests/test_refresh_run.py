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
import sources as built
from sources import answer, as_bytes, serving, slow, well

import symbios_geo as sg
from symbios_geo import cli
from symbios_geo import files as storage
from symbios_geo.errors import OutputError, PlaceError, RefreshError
from symbios_geo.files import lock_beside, locked
from symbios_geo.refresh import cache, fetch, run
from symbios_geo.refresh.endpoints import SERVERS_VARIABLE
from symbios_geo.tables import data_folder, read_table

ROOT = Path(__file__).parents[1]
QUICK = fetch.Limits(idle_s=0.5, total_s=5, tries=2, wait_s=0.01, longest_wait_s=1)
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch):
    """Return a server that everything is pointed to, beside an empty cache."""
    with serving() as found:
        point_to(monkeypatch, found.servers)
        monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "cache"))
        yield found


def point_to(monkeypatch, servers: dict[str, str]) -> None:
    pairs = (f"{name}={address}" for name, address in servers.items())
    monkeypatch.setenv(SERVERS_VARIABLE, ";".join(pairs))


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
        "population", "energy", "kolada", "emissions", "boundaries",
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
    monkeypatch.setattr(run, "load_register", lambda: register)
    table = refresh(tmp_path / "out", "emissions").table
    assert (table["row_key"] == "").all()


@pytest.mark.usefixtures("sources")
def test_polygons_are_compared_by_area(tmp_path):
    table = refresh(tmp_path / "out", "boundaries", lang="en").table.set_index("row_key")
    # the strips are 100 m wider than the borders, so neighbours share what lies between them
    assert table["difference_pct"].between(0, 1.2).all()
    assert "land is 946.5" in table.loc["1315", "note"]
    assert "The whole polygon is 1,073.7" in table.loc["1315", "note"]


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
    assert "answers 410" in found.faults[1]
    assert "energy" not in set(found.table["what"])
    assert {"population", "emissions", "boundaries"} <= set(found.table["what"])


def test_last_good_answer_stands_in_for_a_failing_source(sources, tmp_path):
    refresh(tmp_path / "out", "energy")
    sources.plan("TAB3654", answer(b"[]"))
    lines = []
    found = refresh(tmp_path / "out", "energy", max_age_h=0, lang="en", progress=lines.append)
    assert len(found.faults) == 1
    assert len(found.table) == 12
    assert any(line.startswith("Using the answer of ") for line in lines)


def test_nothing_at_all_leaves_the_earlier_proposal(sources, tmp_path, monkeypatch):
    out = tmp_path / "out"
    refresh(out, "energy")
    before = bytes_in(out)
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "empty"))
    sources.plan("TAB3654", answer(b"", status=500))
    with pytest.raises(RefreshError, match=r"nothing was replaced:\n- .*TAB3654.*answers 500"):
        refresh(out, "energy")
    assert bytes_in(out) == before


def test_offline_compares_what_is_there(sources, tmp_path):
    with pytest.raises(RefreshError, match="offline, and there is no earlier answer"):
        refresh(tmp_path / "out", offline=True)
    refresh(tmp_path / "out", "energy")
    asked = len(sources.asked)
    found = refresh(tmp_path / "out", offline=True)
    assert set(found.table["what"]) == {"energy"}
    assert len(found.faults) == len(read_table("endpoints")) - 1
    assert len(sources.asked) == asked


def test_of_two_at_once_the_second_says_so(sources, tmp_path):
    with (
        locked(lock_beside(cache.cache_folder()), what=cache.cache_folder()),
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

    monkeypatch.setattr(storage, "_flush", full)
    with pytest.raises(OutputError, match="No space left"):
        refresh(out, "energy", lang="en")
    monkeypatch.undo()
    assert (bytes_in(out), bytes_in(tmp_path / "cache")) == before


def command(arguments: list[str]) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    line = [sys.executable, "-m", "symbios_geo.cli", "refresh", *arguments]
    return subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_killed_refresh_is_taken_up_where_it_was(sources, tmp_path):
    out = tmp_path / "out"
    refresh(out, ["energy", "kolada"])
    before = bytes_in(out)
    sources.good["N01951"] = as_bytes(built.key_figure())
    sources.plan("sql", slow(0.05, dripping=True))
    what = ["--out", str(out), "--what", "population", "emissions"]
    with command(what) as child:
        part = tmp_path / "cache" / "eea_co2.part"
        until = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size > 100):
            assert child.poll() is None, child.stdout.read()
            assert time.monotonic() < until
            time.sleep(0.01)
        child.kill()
    assert bytes_in(out) == before
    sources.plan("sql", well)
    asked = len(sources.asked)
    found = refresh(out, ["population", "emissions"])
    assert sources.asked[asked:] == ["sql"]  # the rest had been got before
    assert sources.headers[-1]["Range"].startswith("bytes=")
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
    assert "offline, and there is no earlier answer" in capsys.readouterr().err


def test_topics_of_the_command_are_those_of_the_table():
    assert list(cli.TOPICS) == list(dict.fromkeys(read_table("endpoints")["what"]))


def test_every_endpoint_has_a_connector():
    assert set(read_table("endpoints")["endpoint_id"]) == set(run.CONNECTORS)


# --- fine boundaries -------------------------------------------------------------------------


def test_fine_boundaries_are_fetched_once(sources):
    fine = sg.load_municipalities("fine")
    overview = sg.load_municipalities()
    assert fine.index.tolist() == overview.index.tolist()
    assert fine.drop(columns="geometry").equals(overview.drop(columns="geometry"))
    assert fine.crs.to_epsg() == 4326
    assert fine.is_valid.all()
    area = fine.to_crs("EPSG:3006").area / overview.to_crs("EPSG:3006").area
    assert area.between(1.0, 1.05).all()
    assert sg.load_municipalities(detail="fine").geometry.equals(fine.geometry)
    assert sources.asked == ["DeSO"]


def test_fine_boundaries_work_without_network_once_fetched(sources, halland):
    refresh(cache.cache_folder().parent / "out", "boundaries")
    address = sources.address
    sources.plan("DeSO", answer(b"", status=500))
    fine = sg.load_municipalities("fine")
    sites = halland.sites[halland.sites["in_halland"]]
    codes = sg.assign_municipality(sites, fine)
    assert codes.equals(sites["municipality_code"].astype("str"))
    assert address in cache.find_kept(*_deso())[1].url


def _deso():
    from symbios_geo.refresh.endpoints import find_endpoint

    return find_endpoint("scb_deso"), cache.cache_folder()


@pytest.mark.usefixtures("sources")
def test_fine_boundaries_can_be_read_while_somebody_fetches():
    sg.load_municipalities("fine")
    with locked(lock_beside(cache.cache_folder()), what=cache.cache_folder()):
        assert len(sg.load_municipalities("fine")) == 6


def test_without_network_the_overview_stays(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "cache"))
    point_to(monkeypatch, {"scb_geodata": "https://nowhere.invalid"})
    words = r'detail="overview".*symbios-geo refresh --what boundaries'
    with pytest.raises(RefreshError, match=words):
        sg.load_municipalities("fine")
    assert len(sg.load_municipalities()) == 6


def test_detail_must_be_known():
    with pytest.raises(PlaceError, match='detail="overview" or detail="fine"'):
        sg.load_municipalities("perfect")
