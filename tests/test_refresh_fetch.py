"""Downloads stand what networks do, end in time, and nothing half-done ever counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
import requests
from sources import Held, Sources, answer, broken_off, endless, serving, well
from urllib3.exceptions import MaxRetryError, SSLError

from symbios_geo.errors import OutputError, RefreshError, SourceFormatError
from symbios_geo.refresh import readers, sources
from symbios_geo.refresh.sources import Endpoint, Patience, find_endpoints, topics

ROOT = Path(__file__).parents[1]
QUICK = Patience(idle_s=10, total_s=60, tries=3, wait_s=0.001)
SHORT = Patience(idle_s=10, total_s=0.3, tries=1)


@pytest.fixture
def server(tmp_path: Path, monkeypatch):
    """Return a server that everything is pointed to, beside an empty cache."""
    with serving() as found:
        monkeypatch.setenv(sources.SERVERS_VARIABLE, found.as_variable())
        monkeypatch.setenv(sources.CACHE_VARIABLE, str(tmp_path / "cache"))
        yield found


@pytest.fixture
def endpoint(server: Sources) -> Endpoint:
    assert server.address
    return find_endpoints("population", "en")[0]


def get(endpoint: Endpoint, limits: Patience = QUICK) -> bytes:
    return sources.download(endpoint, limits)


def test_whole_answer_arrives(server, endpoint):
    assert get(endpoint) == server.good["TAB5557"]
    assert server.headers[0]["User-Agent"].startswith("symbios-geo")
    assert server.headers[0]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_faults_are_tried_again(server, endpoint, status):
    server.plan("TAB5557", answer(b"busy", status=status), answer(b"", status=status), well)
    assert get(endpoint) == server.good["TAB5557"]
    assert len(server.asked) == 3


def test_lasting_fault_ends_after_the_tries(server, endpoint):
    server.plan("TAB5557", answer(b"", status=500))
    with pytest.raises(RefreshError, match=r"too many 500 error responses.*Run again"):
        get(endpoint)
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [204, 206, 302, 400, 401, 403, 404, 410])
def test_final_faults_are_not_tried_again(server, endpoint, status):
    server.plan("TAB5557", answer(b"", status=status))
    with pytest.raises(RefreshError, match=rf"answers {status}.*endpoints.csv"):
        get(endpoint)
    assert len(server.asked) == 1


def test_retry_after_is_heeded(server, endpoint, monkeypatch):
    waited = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waited.append)
    server.plan("TAB5557", answer(b"", status=429, Retry_After="7"), well)
    assert get(endpoint) == server.good["TAB5557"]
    server.plan("TAB5557", answer(b"", status=429, Retry_After="3600"), well)
    get(endpoint)
    assert waited == [7, sources.LONGEST_WAIT_S]


@pytest.mark.parametrize("text", ["soon", "-5", "1e400", "Fri, 99 Foo 2026 99:99:99 GMT"])
def test_odd_retry_after_is_told_of(server, endpoint, text):
    server.plan("TAB5557", answer(b"", status=429, Retry_After=text), well)
    with pytest.raises(RefreshError, match="Run again later"):
        get(endpoint)


def test_silence_times_out(server, endpoint):
    silent = Held(before_body=True)
    server.plan("TAB5557", silent)
    with pytest.raises(RefreshError, match=r"Read timed out"):
        get(endpoint, QUICK._replace(idle_s=0.1, tries=2))
    silent.go_on.set()


@pytest.mark.parametrize(
    "piece",
    [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n", b"X"],
    ids=["informed without end", "body without end", "status line without end"],
)
def test_server_that_never_ends_is_cut_off(server, endpoint, piece):
    server.plan("TAB5557", endless(piece))
    with pytest.raises(RefreshError, match=r"within 0\.3 seconds|no whole answer"):
        get(endpoint._replace(max_bytes=10**12), SHORT)


@pytest.mark.parametrize("before_body", [True, False], ids=["before the body", "in the body"])
def test_total_time_holds_before_and_in_the_body(server, endpoint, before_body):
    held = Held(before_body=before_body)
    server.plan("TAB5557", held)
    with pytest.raises(RefreshError, match=r"did not finish its answer within 0\.3 seconds"):
        get(endpoint, SHORT)
    held.go_on.set()


def test_headers_that_drip_end_in_time(server, endpoint):
    held = Held(before_body=True)

    def drip(handler, good):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\nX-A: b\r\n")
        held(handler, good)

    server.plan("TAB5557", drip)
    with pytest.raises(RefreshError, match=r"within 0\.3 seconds"):
        get(endpoint, SHORT)
    held.go_on.set()


def test_answer_that_breaks_off_is_none(server, endpoint):
    server.plan("TAB5557", broken_off(0.3))
    with pytest.raises(RefreshError, match="no whole answer"):
        get(endpoint)


def test_announced_and_unannounced_excess_is_refused(server, endpoint):
    small = endpoint._replace(max_bytes=100)
    with pytest.raises(RefreshError, match="longer than the 100 bytes"):
        get(small)

    def unannounced(handler, good):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(good)

    server.plan("TAB5557", unannounced)
    with pytest.raises(RefreshError, match="longer than the 100 bytes"):
        get(small)


def test_compressed_answer_is_no_way_round_the_size(server, endpoint):
    import gzip

    bomb = gzip.compress(b"0" * 10**7)
    server.plan("TAB5557", answer(bomb, Content_Encoding="gzip"))
    with pytest.raises(RefreshError, match=r"longer than the 1000000 bytes"):
        get(endpoint._replace(max_bytes=10**6))


def test_redirect_within_the_host_is_followed(server, endpoint):
    there = f"{server.address}/tables/TAB638/data"
    server.plan("TAB5557", answer(b"", status=302, Location=there))
    assert get(endpoint) == server.good["TAB638"]


@pytest.mark.parametrize(
    "there",
    ["http://example.org/x", "https://example.org/x", "file:///etc/hostname", "ftp://a.b/c",
     "//127.0.0.1:1/x", "http://localhost/x"],
)  # fmt: skip
def test_redirect_to_another_host_is_refused(server, endpoint, there):
    server.plan("TAB5557", answer(b"", status=302, Location=there))
    with pytest.raises(RefreshError, match=r"sends on to .*other servers are not followed"):
        get(endpoint)
    assert len(server.asked) == 1


def test_body_of_a_redirect_is_not_read(server, endpoint):
    def behave(handler, _good):
        head = f"HTTP/1.1 302 Found\r\nLocation: {server.address}/tables/TAB638/data\r\n\r\n"
        handler.wfile.write(head.encode())
        endless(b"x" * 1000)(handler, b"")

    server.plan("TAB5557", behave)
    assert get(endpoint) == server.good["TAB638"]


def test_redirect_in_a_circle_ends(server, endpoint):
    server.plan("TAB5557", answer(b"", status=302, Location=endpoint.url))
    with pytest.raises(RefreshError, match="too many times"):
        get(endpoint)


@pytest.mark.parametrize(
    "base", ["http://example.org", "file:///x", "ftp://x.y", "x", "http://[", "http://localhost.se",
             "http://127.0.0.1.example.org", "http://localhost@example.org"],
)  # fmt: skip
def test_only_https_is_asked(base, monkeypatch):
    monkeypatch.setenv(sources.SERVERS_VARIABLE, f"kolada={base}")
    with pytest.raises(RefreshError, match=r"https://.*SYMBIOS_GEO_ENDPOINTS"):
        find_endpoints("kolada")


def test_nobody_there(endpoint):
    with pytest.raises(RefreshError, match="no whole answer"):
        get(endpoint._replace(url="http://127.0.0.1:9/"))
    with pytest.raises(RefreshError, match="seems to be offline"):
        get(endpoint._replace(url="https://nowhere.invalid/"))


def test_server_that_cannot_prove_itself_is_told_of(endpoint, monkeypatch):
    def refuse(_session, url, **_options):
        fault = SSLError("certificate verify failed: self-signed certificate")
        raise requests.exceptions.SSLError(MaxRetryError(None, url, fault))

    monkeypatch.setattr(requests.Session, "get", refuse)
    with pytest.raises(RefreshError, match="self-signed certificate"):
        get(endpoint._replace(url="https://example.org/x"))


def test_something_that_is_no_http(server, endpoint):
    server.plan("TAB5557", lambda handler, _good: handler.wfile.write(b"\x00\x01 hello\r\n\r\n"))
    with pytest.raises(RefreshError, match="no whole answer"):
        get(endpoint)


# --- the cache -------------------------------------------------------------------------------


def obtain(endpoint: Endpoint):
    return sources.obtain(endpoint, readers.read_people, QUICK)


def kept(endpoint: Endpoint):
    return sources.find_kept(endpoint, readers.read_people)


def state() -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sources.cache_folder().iterdir() if p.is_file()}


def file_of(endpoint: Endpoint) -> Path:
    return sources.cache_folder() / f"{endpoint.endpoint_id}.answer"


def test_answer_is_kept_with_address_date_and_checksum(server, endpoint):
    table, record = obtain(endpoint)
    assert list(state()) == ["scb_population.answer"]
    head, _, body = file_of(endpoint).read_bytes().partition(b"\n")
    assert json.loads(head) == record._asdict()
    assert body == server.good["TAB5557"]
    assert record.url == endpoint.url
    assert len(record.sha256) == 64
    assert datetime.fromisoformat(record.fetched).tzinfo is not None
    assert record.is_young()
    assert len(table) == 6
    assert kept(endpoint)[0].equals(table)


@pytest.mark.usefixtures("server")
def test_kept_answer_that_a_stricter_reader_refuses_counts_as_none(endpoint):
    sources.obtain(endpoint, lambda body, _endpoint: body, QUICK)

    def stricter(_body, endpoint):
        endpoint.refuse("/", "json", "something")

    assert sources.find_kept(endpoint, stricter) is None


def test_changed_question_is_asked(endpoint):
    obtain(endpoint)
    assert kept(endpoint._replace(url=endpoint.url + "&more=1")) is None


@pytest.mark.parametrize("harm", ["body", "record", "date", "gone", "empty"])
def test_damaged_cache_counts_as_none(endpoint, harm):
    record = obtain(endpoint)[1]
    file = file_of(endpoint)
    head, _, body = file.read_bytes().partition(b"\n")
    undated = json.dumps(record._asdict() | {"fetched": "yesterday"}).encode()
    broken = {"body": head + b"\n{}", "record": b"{\n" + body, "date": undated + b"\n" + body}
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(broken.get(harm, b""))
    assert kept(endpoint) is None
    assert obtain(endpoint)[1].sha256 == record.sha256
    assert len(kept(endpoint)[0]) == 6


@pytest.mark.parametrize("fetched", ["2999-01-01T00:00:00+00:00", "2001-01-01T00:00:00"])
def test_answer_from_the_future_or_long_ago_is_not_young(endpoint, fetched):
    assert not obtain(endpoint)[1]._replace(fetched=fetched).is_young()


@pytest.mark.parametrize("body", [b"<html>Not found</html>", b'{"class": 1}', b"", b"\xff\xfe"])
def test_changed_format_leaves_the_earlier_answer(server, endpoint, body):
    obtain(endpoint)
    before = state()
    server.plan("TAB5557", answer(body))
    with pytest.raises(SourceFormatError, match="the earlier answer and the bundled table stay"):
        obtain(endpoint)
    assert state() == before


KILLED = """
from symbios_geo.refresh import readers, sources
sources.obtain(sources.find_endpoints("population")[0], readers.read_people, sources.Patience())
"""


@pytest.mark.slow
def test_kill_in_the_middle_leaves_the_earlier_answer(server, endpoint):
    record = obtain(endpoint)[1]
    before = state()
    held = Held()
    server.plan("TAB5557", held)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", KILLED], env=environment) as child:
        assert held.begun.wait(120)
        child.kill()
    held.go_on.set()
    assert state() == before
    server.plan("TAB5557", well)
    assert obtain(endpoint)[1].sha256 == record.sha256


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from symbios_geo.errors import OutputError
from symbios_geo.refresh import readers, sources
endpoint = sources.find_endpoints("population")[0]
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
try:
    sources.obtain(endpoint, readers.read_people, sources.Patience())
except OutputError as error:
    sys.exit(f"REFUSED {error}")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind")
@pytest.mark.usefixtures("server")
def test_system_that_takes_no_more_bytes_leaves_the_earlier_answer(endpoint):
    obtain(endpoint)
    before = state()
    done = subprocess.run(
        [sys.executable, "-B", "-c", LIMITED], env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("REFUSED ")
    assert "Free space" in done.stderr
    assert state() == before


def test_cache_that_cannot_be_written_is_told_of(endpoint, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv(sources.CACHE_VARIABLE, str(tmp_path / "file" / "cache"))
    with pytest.raises(OutputError, match="cannot be written"):
        obtain(endpoint)


def test_cache_folder_follows_the_variable_and_the_platform(tmp_path, monkeypatch):
    monkeypatch.setenv(sources.CACHE_VARIABLE, str(tmp_path))
    assert sources.cache_folder() == tmp_path
    monkeypatch.delenv(sources.CACHE_VARIABLE)
    assert "symbios-geo" in sources.cache_folder().parts
    assert sources.cache_folder().is_absolute()


# --- the endpoints ---------------------------------------------------------------------------


def test_every_endpoint_is_https_and_names_the_municipalities(monkeypatch):
    monkeypatch.delenv(sources.SERVERS_VARIABLE, raising=False)
    endpoints = {one.endpoint_id: one for one in find_endpoints()}
    assert all(one.url.startswith("https://") for one in endpoints.values())
    assert all(" " not in one.url for one in endpoints.values())
    for endpoint_id in ("scb_population", "scb_district_heat", "kolada_population"):
        assert "1315,1380,1381,1382,1383,1384" in endpoints[endpoint_id].url
    assert "CO2%25" in endpoints["eea_co2"].url


def test_servers_can_be_named_in_the_environment(monkeypatch):
    monkeypatch.setenv("SYMBIOS_GEO_ENDPOINTS", "kolada=http://localhost:1/v3/ ; eea=https://a.b")
    kolada, _, eea = find_endpoints(["kolada", "emissions"])
    assert kolada.url.startswith("http://localhost:1/v3/data/kpi/")
    assert eea.url.startswith("https://a.b/sql?query=SELECT")


def test_topics_are_chosen_by_name():
    assert topics() == ["population", "energy", "kolada", "emissions"]
    assert [one.what for one in find_endpoints(["emissions", "energy"])] == ["energy", "emissions"]
    assert {one.what for one in find_endpoints("kolada")} == {"kolada"}
    with pytest.raises(RefreshError, match=r"no topic weather.*population, energy"):
        find_endpoints(["weather"], "en")
    with pytest.raises(RefreshError, match=r"inget ämne weather"):
        find_endpoints(["weather"])
