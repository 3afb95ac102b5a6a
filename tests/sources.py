"""A server on this computer that answers like the sources do, and badly when told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import geopandas as gpd
import shapely

import symbios_geo as sg

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


def pieces(count: int = 3) -> dict[str, Any]:
    """Return the overview polygons cut into strips and dressed as DeSO areas."""
    shapes = sg.load_municipalities().to_crs("EPSG:3006").geometry
    features = []
    for code, shape in shapes.items():
        west, south, east, north = shape.buffer(100).bounds
        width = (east - west) / count
        for place in range(count):
            strip = shapely.box(west + place * width, south, west + (place + 1) * width, north)
            features.append(
                {
                    "type": "Feature",
                    "id": f"DeSO_2025.{len(features)}",
                    "geometry": shapely.geometry.mapping(shape.buffer(100).intersection(strip)),
                    "geometry_name": "sp_geometry",
                    "properties": {
                        "objectid": len(features),
                        "desokod": f"{code}A{place:04d}",
                        "kommunkod": code,
                        "lanskod": "13",
                        "version": "2025_v2",
                        "referensdatum": "20250101",
                    },
                }
            )
    return {
        "type": "FeatureCollection",
        "features": features,
        "totalFeatures": len(features),
        "numberMatched": len(features),
        "numberReturned": len(features),
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3006"}},
    }


@cache
def three_strips() -> bytes:
    return as_bytes(pieces())


def areas_as(polygons: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return polygons with a column `kommunkod` dressed as one DeSO area each."""
    content = pieces(1)
    by_code = polygons.to_crs("EPSG:3006").set_index("kommunkod").geometry
    for feature in content["features"]:
        shape = by_code[feature["properties"]["kommunkod"]]
        feature["geometry"] = shapely.geometry.mapping(shape)
    return content


def answer(body: bytes, *, status: int = 200, **headers: str) -> Behaviour:
    def behave(handler: BaseHTTPRequestHandler, _good: bytes) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def well(handler: BaseHTTPRequestHandler, good: bytes) -> None:
    """Answer as it should be, with parts on request."""
    start = 0
    asked = handler.headers.get("Range", "")
    if asked and handler.headers.get("If-Range") == '"v1"':
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes {start}-{len(good) - 1}/{len(good)}")
    else:
        handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("ETag", '"v1"')
    handler.send_header("Content-Length", str(len(good) - start))
    handler.end_headers()
    handler.wfile.write(good[start:])


def broken_off(share: float = 0.5) -> Behaviour:
    """Send a part and hang up, though the whole was announced."""

    def behave(handler: BaseHTTPRequestHandler, good: bytes) -> None:
        handler.send_response(200)
        handler.send_header("ETag", '"v1"')
        handler.send_header("Content-Length", str(len(good)))
        handler.end_headers()
        handler.wfile.write(good[: int(len(good) * share)])

    return behave


def slow(pause_s: float, *, dripping: bool = False) -> Behaviour:
    """Say nothing for a while, or send a little all the time."""

    def behave(handler: BaseHTTPRequestHandler, good: bytes) -> None:
        if not dripping:
            time.sleep(pause_s)
        handler.send_response(200)
        handler.send_header("ETag", '"v1"')
        handler.send_header("Content-Length", str(len(good)))
        handler.end_headers()
        for place in range(0, len(good), 20):
            handler.wfile.write(good[place : place + 20])
            handler.wfile.flush()
            if dripping:
                time.sleep(pause_s)

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
            "DeSO": three_strips(),
        }
        self.plans: dict[str, list[Behaviour]] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []

    @property
    def servers(self) -> dict[str, str]:
        names = ("scb_statistics", "kolada", "eea", "scb_geodata")
        return dict.fromkeys(names, self.address)

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
