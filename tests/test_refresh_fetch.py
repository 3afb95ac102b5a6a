"""Downloads survive what networks do, and nothing half-done ever counts."""

from __future__ import annotations

import errno
import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from sources import Sources, answer, broken_off, serving, slow, well

from symbios_geo.errors import OutputError, RefreshError, SourceFormatError
from symbios_geo.refresh import cache, fetch, scb, shapes
from symbios_geo.refresh.endpoints import Endpoint, choose_topics, find_endpoint, topics

ROOT = Path(__file__).parents[1]
QUICK = fetch.Limits(idle_s=0.3, total_s=3, tries=3, wait_s=0.01, longest_wait_s=2)


@pytest.fixture
def sources():
    with serving() as found:
        yield found


@pytest.fixture
def endpoint(sources: Sources) -> Endpoint:
    return find_endpoint("scb_population", sources.servers)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "answer.part"


def get(endpoint: Endpoint, part: Path, limits: fetch.Limits = QUICK) -> bytes:
    fetch.download(endpoint.url, part, max_bytes=endpoint.max_bytes, limits=limits)
    return part.read_bytes()


def test_whole_answer_arrives(sources, endpoint, part):
    assert get(endpoint, part) == sources.good["TAB5557"]
    assert sources.headers[0]["User-Agent"].startswith("symbios-geo")
    assert sources.headers[0]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_faults_are_tried_again(sources, endpoint, part, status):
    sources.plan("TAB5557", answer(b"busy", status=status), answer(b"", status=status), well)
    assert get(endpoint, part) == sources.good["TAB5557"]
    assert len(sources.asked) == 3


def test_lasting_fault_ends_after_the_tries(sources, endpoint, part):
    sources.plan("TAB5557", answer(b"", status=500))
    with pytest.raises(RefreshError, match=r"in 3 tries: the server answers 500"):
        get(endpoint, part)
    assert len(sources.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_final_faults_are_not_tried_again(sources, endpoint, part, status):
    sources.plan("TAB5557", answer(b"", status=status))
    with pytest.raises(RefreshError, match=rf"answers {status}.*endpoints.csv"):
        get(endpoint, part)
    assert len(sources.asked) == 1


def test_retry_after_is_heeded_in_seconds_and_as_a_date(sources, endpoint, part):
    busy = answer(b"", status=429, Retry_After="1")
    sources.plan("TAB5557", busy, well)
    start = time.monotonic()
    get(endpoint, part)
    assert 1 <= time.monotonic() - start < 2
    fetch.forget(part)
    past = format_datetime(datetime.now(UTC) - timedelta(hours=1))
    sources.plan("TAB5557", answer(b"", status=503, Retry_After=past), well)
    assert get(endpoint, part) == sources.good["TAB5557"]


def test_long_patience_is_left_to_the_user(sources, endpoint, part):
    sources.plan("TAB5557", answer(b"", status=429, Retry_After="3600"))
    with pytest.raises(RefreshError, match=r"asks to wait 3600 s \(the server answers 429"):
        get(endpoint, part)
    assert len(sources.asked) == 1


@pytest.mark.parametrize("text", ["soon", "-5", "1e400", "Fri, 99 Foo 2026 99:99:99 GMT"])
def test_odd_retry_after_is_as_good_as_none(sources, endpoint, part, text):
    sources.plan("TAB5557", answer(b"", status=429, Retry_After=text), well)
    assert get(endpoint, part) == sources.good["TAB5557"]


def test_silence_times_out(sources, endpoint, part):
    sources.plan("TAB5557", slow(1.0))
    start = time.monotonic()
    with pytest.raises(RefreshError, match=r"no answer within 0\.1 s"):
        get(endpoint, part, QUICK._replace(idle_s=0.1, tries=2))
    assert time.monotonic() - start < 1


def test_dripping_answer_hits_the_total_time_and_is_continued(sources, endpoint, part):
    sources.plan("TAB5557", slow(0.05, dripping=True), well)
    with pytest.raises(RefreshError, match="too slow"):
        get(endpoint, part, QUICK._replace(total_s=0.3))
    had = part.stat().st_size
    assert 0 < had < len(sources.good["TAB5557"])
    assert get(endpoint, part) == sources.good["TAB5557"]
    assert sources.headers[-1]["Range"] == f"bytes={had}-"


def test_answer_that_breaks_off_is_continued(sources, endpoint, part):
    sources.plan("TAB5557", broken_off(0.3), well)
    assert get(endpoint, part) == sources.good["TAB5557"]
    assert sources.headers[1]["Range"].startswith("bytes=")
    assert sources.headers[1]["If-Range"] == '"v1"'


def test_other_version_starts_anew(sources, endpoint, part):
    sources.plan("TAB5557", broken_off(0.5), answer(b"another answer", ETag='"v2"'))
    assert get(endpoint, part) == b"another answer"


def test_part_that_is_no_longer_there_starts_anew(sources, endpoint, part):
    sources.plan("TAB5557", broken_off(0.5), answer(b"", status=416), well)
    assert get(endpoint, part) == sources.good["TAB5557"]
    assert "Range" not in sources.headers[2]


def test_wrong_continuation_is_not_glued_on(sources, endpoint, part):
    wrong = answer(b"x" * 9, status=206, Content_Range="bytes 1-9/10")
    sources.plan("TAB5557", broken_off(0.5), wrong, well)
    assert get(endpoint, part) == sources.good["TAB5557"]


def test_part_of_another_question_is_not_continued(sources, endpoint, part):
    sources.plan("TAB5557", broken_off(0.5))
    with pytest.raises(RefreshError, match="broke off"):
        get(endpoint, part, QUICK._replace(tries=1))
    other = find_endpoint("scb_population_to_2024", sources.servers)
    assert get(other, part) == sources.good["TAB638"]


def test_announced_and_unannounced_excess_is_refused(sources, endpoint, part):
    small = endpoint._replace(max_bytes=100)
    with pytest.raises(RefreshError, match="100 are allowed"):
        get(small, part)

    def endless(handler, good):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(good)

    sources.plan("TAB5557", endless)
    with pytest.raises(RefreshError, match="100 are allowed"):
        get(small, part)
    assert not part.exists()


def test_compressed_answer_is_refused(sources, endpoint, part):
    sources.plan("TAB5557", answer(b"..", Content_Encoding="gzip"))
    with pytest.raises(RefreshError, match="coding 'gzip'"):
        get(endpoint, part)


def test_redirect_within_the_rules_is_followed(sources, endpoint, part):
    there = f"{sources.address}/tables/TAB638/data"
    sources.plan("TAB5557", answer(b"", status=302, Location=there))
    assert get(endpoint, part) == sources.good["TAB638"]


@pytest.mark.parametrize("there", ["http://example.org/x", "file:///etc/hostname", "ftp://a.b/c"])
def test_redirect_to_anything_but_https_is_refused(sources, endpoint, part, there):
    sources.plan("TAB5557", answer(b"", status=302, Location=there))
    with pytest.raises(RefreshError, match=r"https|answers 302"):
        get(endpoint, part)
    assert not part.exists()


def test_redirect_in_a_circle_ends(sources, endpoint, part):
    sources.plan("TAB5557", answer(b"", status=302, Location=endpoint.url))
    with pytest.raises(RefreshError, match="302"):
        get(endpoint, part)


@pytest.mark.parametrize("url", ["http://example.org", "file:///x", "ftp://x.y", "x", "https://["])
def test_only_https_is_asked(url, part):
    with pytest.raises(RefreshError, match="https://"):
        fetch.download(url, part, max_bytes=10)


def test_nobody_there(part):
    with pytest.raises(RefreshError, match="no connection"):
        fetch.download("http://127.0.0.1:9", part, max_bytes=10, limits=QUICK)
    with pytest.raises(RefreshError, match=r"offline: https://nowhere.invalid"):
        fetch.download("https://nowhere.invalid", part, max_bytes=10, limits=QUICK)


def test_server_that_cannot_prove_itself_is_not_asked_again(part, monkeypatch):
    asked = []

    def refuse(_opener, request, timeout):
        asked.append((request.full_url, timeout))
        fault = ssl.SSLCertVerificationError(1, "certificate verify failed")
        fault.verify_message = "self-signed certificate"
        raise urllib.error.URLError(fault)

    monkeypatch.setattr(fetch.urllib.request.OpenerDirector, "open", refuse)
    with pytest.raises(RefreshError, match=r"prove who it is \(self-signed certificate\)"):
        fetch.download("https://example.org/x", part, max_bytes=10, limits=QUICK)
    assert asked == [("https://example.org/x", QUICK.idle_s)]


def test_something_that_is_no_http(sources, endpoint, part):
    sources.plan("TAB5557", lambda handler, _good: handler.wfile.write(b"\x00\x01 hello\r\n\r\n"))
    with pytest.raises(RefreshError, match=r"connection broke|no HTTP"):
        get(endpoint, part)


# --- the cache -------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def obtain(endpoint: Endpoint, folder: Path, **options):
    options = {"limits": QUICK} | options
    return cache.obtain(endpoint, scb.read_population, folder=folder, **options)


def state(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def test_answer_is_kept_with_date_checksum_and_licence(endpoint, folder):
    table, record = obtain(endpoint, folder)
    written = json.loads((folder / "scb_population.json").read_text(encoding="utf-8"))
    assert written == record._asdict()
    assert record.url == endpoint.url
    assert record.licence == "CC0-1.0"
    assert len(record.sha256) == 64
    assert datetime.fromisoformat(record.fetched).tzinfo is not None
    assert record.bytes == (folder / record.file).stat().st_size
    assert len(table) == 6
    assert {p.suffix for p in folder.iterdir()} == {".json", ".answer"}


def test_young_answer_is_not_asked_for_again(sources, endpoint, folder):
    obtain(endpoint, folder)
    obtain(endpoint, folder)
    assert len(sources.asked) == 1
    obtain(endpoint, folder, max_age_h=0)
    assert len(sources.asked) == 2


def test_kept_answer_that_a_stricter_reader_refuses_is_fetched_anew(sources, endpoint, folder):
    cache.obtain(endpoint, lambda body, _endpoint: body, folder=folder, limits=QUICK)
    sources.good["TAB5557"] = sources.good["TAB638"]

    def stricter(body, endpoint):
        if b"2025" in body.replace(b"2025-", b""):
            shapes.refuse(endpoint, "something else", body)
        return body

    with pytest.raises(SourceFormatError):
        cache.obtain(endpoint, stricter, folder=folder, offline=True)
    body, _ = cache.obtain(endpoint, stricter, folder=folder, max_age_h=None, limits=QUICK)
    assert body == sources.good["TAB638"]


def test_changed_question_is_asked(sources, endpoint, folder):
    obtain(endpoint, folder)
    obtain(endpoint._replace(url=endpoint.url + "&more=1"), folder)
    assert len(sources.asked) == 2


@pytest.mark.parametrize("harm", ["body", "record", "date", "gone"])
def test_damaged_cache_is_fetched_anew(sources, endpoint, folder, harm):
    record = obtain(endpoint, folder)[1]
    file = folder / "scb_population.json"
    if harm == "body":
        (folder / record.file).write_bytes(b'{"class": "dataset"}')
    elif harm == "gone":
        (folder / record.file).unlink()
    elif harm == "date":
        text = json.dumps(record._asdict() | {"fetched": "yesterday"})
        file.write_text(text, encoding="utf-8")
    else:
        file.write_text("{", encoding="utf-8")
    with pytest.raises(RefreshError, match="offline, and there is no earlier answer"):
        obtain(endpoint, folder, offline=True)
    assert obtain(endpoint, folder)[1].sha256 == record.sha256
    assert len(sources.asked) == 2
    assert len(obtain(endpoint, folder, offline=True)[0]) == 6


def test_answer_from_the_future_is_not_trusted(sources, endpoint, folder):
    record = obtain(endpoint, folder)[1]
    later = record._replace(fetched="2999-01-01T00:00:00+00:00")
    text = json.dumps(later._asdict())
    (folder / "scb_population.json").write_text(text, encoding="utf-8")
    obtain(endpoint, folder)
    assert len(sources.asked) == 2


def test_record_cannot_point_outside_the_cache(endpoint, folder, tmp_path):
    record = obtain(endpoint, folder)[1]
    (folder / record.file).rename(tmp_path / "elsewhere.answer")
    text = json.dumps(record._replace(file="../elsewhere.answer")._asdict())
    (folder / "scb_population.json").write_text(text, encoding="utf-8")
    assert cache.find_kept(endpoint, folder) is None


@pytest.mark.parametrize("body", [b"<html>Not found</html>", b'{"class": 1}', b"", b"\xff\xfe"])
def test_changed_format_leaves_the_earlier_answer(sources, endpoint, folder, body):
    obtain(endpoint, folder)
    before = state(folder)
    sources.plan("TAB5557", answer(body))
    with pytest.raises(SourceFormatError, match="the earlier answer and the bundled table stay"):
        obtain(endpoint, folder, max_age_h=0)
    assert state(folder) == before


def test_full_disk_leaves_the_earlier_answer(endpoint, folder, monkeypatch):
    obtain(endpoint, folder)
    before = state(folder)
    whole = fetch.os.fsync

    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(fetch.os, "fsync", full)
    with pytest.raises(OutputError, match=r"No space left on device.*Free space"):
        obtain(endpoint, folder, max_age_h=0)
    assert state(folder) == before
    monkeypatch.setattr(fetch.os, "fsync", whole)
    assert len(obtain(endpoint, folder, max_age_h=0)[0]) == 6


def test_disk_that_fills_up_while_writing(endpoint, folder, monkeypatch):
    class Full:
        def __init__(self, *_arguments, **_options):
            self.written = 0

        def __enter__(self):
            return self

        def __exit__(self, *_fault):
            return None

        def write(self, _chunk):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(fetch, "_writing", Full)
    with pytest.raises(OutputError, match="No space left"):
        obtain(endpoint, folder)


def test_record_that_cannot_be_written_leaves_the_earlier_answer(endpoint, folder, monkeypatch):
    record = obtain(endpoint, folder)[1]

    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cache.json, "dump", full)
    with pytest.raises(OutputError, match="No space left"):
        obtain(endpoint, folder, max_age_h=0)
    monkeypatch.undo()
    assert cache.find_kept(endpoint, folder)[1] == record
    assert not list(folder.glob("*.new"))


KILLED = """
import sys
from pathlib import Path
from symbios_geo.refresh import cache, scb
from symbios_geo.refresh.endpoints import find_endpoint

cache.obtain(find_endpoint("scb_population"), scb.read_population, folder=Path(sys.argv[1]),
             max_age_h=0)
"""


def test_kill_in_the_middle_leaves_the_earlier_answer(sources, endpoint, folder):
    record = obtain(endpoint, folder)[1]
    sources.plan("TAB5557", slow(0.05, dripping=True))
    servers = ";".join(f"{name}={address}" for name, address in sources.servers.items())
    environment = {
        **os.environ, "SYMBIOS_GEO_ENDPOINTS": servers, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], env=environment) as child:
        part = folder / "scb_population.part"
        until = time.monotonic() + 20
        while not (part.exists() and part.stat().st_size > 100):
            assert child.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
        child.kill()
    assert cache.find_kept(endpoint, folder)[1] == record
    sources.plan("TAB5557", well)
    asked = len(sources.asked)
    assert obtain(endpoint, folder, max_age_h=0)[1].sha256 == record.sha256
    assert sources.headers[asked]["Range"].startswith("bytes=")


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
from pathlib import Path
from symbios_geo.errors import OutputError
from symbios_geo.refresh import cache, scb
from symbios_geo.refresh.endpoints import find_endpoint
try:
    cache.obtain(find_endpoint("scb_population"), scb.read_population, folder=Path(sys.argv[1]),
                 max_age_h=0)
except OutputError as error:
    sys.exit(f"REFUSED {error}")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind")
def test_system_that_takes_no_more_bytes_leaves_the_earlier_answer(sources, endpoint, folder):
    obtain(endpoint, folder)
    before = state(folder)
    servers = ";".join(f"{name}={address}" for name, address in sources.servers.items())
    environment = {**os.environ, "SYMBIOS_GEO_ENDPOINTS": servers, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-B", "-c", LIMITED, str(folder)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("REFUSED ")
    assert "Free space" in done.stderr
    assert state(folder) == before
    assert len(obtain(endpoint, folder, max_age_h=0)[0]) == 6


def test_cache_folder_follows_the_variable_and_the_platform(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path))
    assert cache.cache_folder() == tmp_path
    monkeypatch.delenv(cache.CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache.sys, "platform", "linux")
    assert cache.cache_folder() == tmp_path / "symbios-geo"
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setattr(cache.sys, "platform", "win32")
    assert cache.cache_folder() == tmp_path / "symbios-geo" / "Cache"
    monkeypatch.setattr(cache.sys, "platform", "darwin")
    assert cache.cache_folder().parts[-3:] == ("Library", "Caches", "symbios-geo")


# --- the endpoints ---------------------------------------------------------------------------


def test_every_endpoint_is_https_and_names_the_municipalities_or_the_county():
    for endpoint_id in ("scb_population", "scb_district_heat", "kolada_population"):
        endpoint = find_endpoint(endpoint_id, {})
        assert endpoint.url.startswith("https://")
        assert "1315,1380,1381,1382,1383,1384" in endpoint.url
    assert "lanskod=%2713%27" in find_endpoint("scb_deso", {}).url
    assert "CO2%25" in find_endpoint("eea_co2", {}).url
    assert " " not in find_endpoint("eea_co2", {}).url


def test_servers_can_be_named_in_the_environment(monkeypatch):
    monkeypatch.setenv("SYMBIOS_GEO_ENDPOINTS", "kolada=http://localhost:1/v3/ ; eea=https://a.b")
    assert find_endpoint("kolada_population").url.startswith("http://localhost:1/v3/data/kpi/")
    assert find_endpoint("eea_co2").url.startswith("https://a.b/sql?query=SELECT")
    monkeypatch.setenv("SYMBIOS_GEO_ENDPOINTS", "kolada=http://a.b")
    with pytest.raises(RefreshError, match=r"http://a.b/.*SYMBIOS_GEO_ENDPOINTS"):
        find_endpoint("kolada_population")


def test_topics_are_chosen_by_name():
    assert topics() == ["population", "energy", "kolada", "emissions", "boundaries"]
    assert choose_topics(["boundaries", "energy"]) == ["energy", "boundaries"]
    assert choose_topics("kolada") == ["kolada"]
    with pytest.raises(RefreshError, match=r"nothing called weather.*population, energy"):
        choose_topics(["weather"])
