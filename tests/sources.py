"""A server on this computer that answers like the sources do, and badly when told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

CODES = ["1315", "1380", "1381", "1382", "1383", "1384"]
PEOPLE = [10196, 106500, 26595, 47337, 69070, 85792]  # one differs from the bundled figures
HEAT = [19997.0, 571651.0, 3386.0, 81848.0, 175294.0, 150000.0]
INDUSTRY = [797.0, 118039.0, 0.0, 2248.0, None, 0.0]

Behaviour = Callable[[BaseHTTPRequestHandler, bytes], None]


def as_bytes(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def jsonstat(dimensions: dict[str, list[str]], values: list[float | None]) -> dict[str, Any]:
    """Return a dataset of the shape in which PxWebAPI 2 answers."""
    described = {
        name: {
            "label": name.lower(),
            "category": {
                "index": {code: place for place, code in enumerate(codes)},
                "label": {code: f"text of {code}" for code in codes},
            },
        }
        for name, codes in dimensions.items()
    }
    return {
        "version": "2.0",
        "class": "dataset",
        "label": "Tabell efter region och år",
        "source": "SCB",
        "updated": "2026-02-21T07:00:00Z",
        "role": {"time": ["Tid"], "metric": ["ContentsCode"]},
        "id": list(dimensions),
        "size": [len(codes) for codes in dimensions.values()],
        "dimension": described,
        "value": values,
    }


def population(year: str = "2025") -> dict[str, Any]:
    dimensions = {"Region": CODES, "ContentsCode": ["BE0101N1"], "Tid": [year]}
    return jsonstat(dimensions, list(PEOPLE))


def district_heat() -> dict[str, Any]:
    dimensions = {
        "Region": CODES, "Forbrukningskategri": ["999", "921"], "Bransle": ["14"],
        "ContentsCode": ["EN0203AE"], "Tid": ["2024"],
    }  # fmt: skip
    cells = [cell for pair in zip(HEAT, INDUSTRY, strict=True) for cell in pair]
    return jsonstat(dimensions, cells)


def key_figure(kpi: str = "N01951") -> dict[str, Any]:
    rows = [
        {
            "kpi": kpi,
            "municipality": code,
            "period": period,
            "values": [
                {"gender": "K", "count": 1, "status": "", "value": 1.0, "isdeleted": False},
                {"gender": "T", "count": 1, "status": "", "value": value, "isdeleted": False},
            ],
        }
        for code, people in zip(CODES, PEOPLE, strict=True)
        for period, value in ((2023, people - 10.0), (2024, float(people)), (2025, None))
    ]
    return {"values": rows, "count": len(rows), "next_url": None, "previous_url": None}


def release(facility: str, name: str, place: tuple[float, float] | None, year: int, **kg: float):
    lon, lat = place or (None, None)
    facts = {"facility_id": facility, "name": name, "lon": lon, "lat": lat, "year": year}
    codes = {"total": "CO2", "fossil": "CO2EXCLBIOMASS"}
    return [facts | {"pollutant": codes[kind], "kg": amount} for kind, amount in kg.items()]


MILL, PAPER = (12.17193, 57.22166), (13.23512, 56.99926)


def releases() -> dict[str, Any]:
    return {
        "results": [
            *release("SE.1", "Södra Cell Värö", MILL, 2022, total=1.5e9, fossil=9e6),
            *release("SE.1", "Södra Cell Värö", MILL, 2023, total=1.6e9, fossil=10e6),
            *release("SE.2", "Pappersbruket", PAPER, 2023, fossil=5e6),
            *release("SE.3", "=1+1 AB", (12.6, 57.0), 2023, fossil=2e8),
            *release("SE.4", "Långt bort", (18.0, 59.3), 2023, total=3e8),
            *release("SE.5", "Utan plats", None, 2023, total=3e8),
        ]
    }


def answer(body: bytes, *, status: int = 200, **headers: str) -> Behaviour:
    def behave(handler: BaseHTTPRequestHandler, _good: bytes) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def well(handler: BaseHTTPRequestHandler, good: bytes) -> None:
    """Answer as it should be."""
    answer(good, Content_Type="application/json")(handler, good)


def broken_off(share: float = 0.5) -> Behaviour:
    """Send a part and hang up, though the whole was announced."""

    def behave(handler: BaseHTTPRequestHandler, good: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(good)))
        handler.end_headers()
        handler.wfile.write(good[: int(len(good) * share)])

    return behave


class Held:
    """Begin to answer, then wait until told to go on: with the rest, or not at all."""

    def __init__(self, *, before_body: bool = False) -> None:
        self.before_body = before_body
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, handler: BaseHTTPRequestHandler, good: bytes) -> None:
        if not self.before_body:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(good)))
            handler.end_headers()
            handler.wfile.write(good[:200])
            handler.wfile.flush()
        self.begun.set()
        self.go_on.wait(60)


def endless(piece: bytes) -> Behaviour:
    """Send a piece again and again, as fast as the client takes it, until it hangs up."""

    def behave(handler: BaseHTTPRequestHandler, _good: bytes) -> None:
        while True:
            handler.wfile.write(piece)

    return behave


class Sources:
    """What the server answers by a word in the address, and what it was asked."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.good = {
            "TAB5557": as_bytes(population()),
            "TAB638": as_bytes(population("2024")),
            "TAB3654": as_bytes(district_heat()),
            "N01951": as_bytes(key_figure()),
            "N45905": as_bytes(key_figure("N45905")),
            "sql": as_bytes(releases()),
        }
        self.plans: dict[str, list[Behaviour]] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []

    @property
    def servers(self) -> dict[str, str]:
        names = ("scb_statistics", "kolada", "eea")
        return dict.fromkeys(names, self.address)

    def as_variable(self) -> str:
        """Return what the environment says to point everything here."""
        return ";".join(f"{name}={address}" for name, address in self.servers.items())

    def plan(self, word: str, *behaviours: Behaviour) -> None:
        """Answer the next questions with that word in this way; the last way stays."""
        self.plans[word] = list(behaviours)

    def behave(self, handler: BaseHTTPRequestHandler) -> None:
        address = unquote(handler.path)
        word = next((word for word in self.good if word in address), "")
        self.asked.append(word or address)
        self.headers.append(dict(handler.headers))
        plan = self.plans.get(word, [well])
        behaviour = plan.pop(0) if len(plan) > 1 else plan[0]
        with suppress(BrokenPipeError, ConnectionResetError):  # the client has hung up
            behaviour(handler, self.good.get(word, b"{}"))


@contextmanager
def serving() -> Iterator[Sources]:
    """Run the server inside a `with` block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.server.sources.behave(self)
            self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.sources = Sources(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.sources
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
