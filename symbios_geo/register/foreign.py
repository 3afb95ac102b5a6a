"""Turn somebody else's table or layer into a filled-in template, by a mapping to edit."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from ..errors import RegisterError
from ..files import write_whole
from ..labels import LANGUAGES, check_language, label, mistake
from ..model import GEOGRAPHIC_CRS
from ..region.area import Region, bundled_region
from ..region.coordinates import SWEDEN
from .cells import THREE, headers
from .check import check_duplicates, check_file
from .comparing import plain_signs, same
from .complete import unit_factor
from .faults import Fault
from .foreign_files import Foreign, read_foreign
from .ids import free_name, slug
from .rules import fields
from .template import write_filled
from .workbooks import is_template

# what stands in the headers of other people's tables, most telling first
HINTS: dict[str, tuple[str, ...]] = {
    "name": (
        "sitename", "site name", "facilityname", "facility name", "anläggningsnamn", "anläggning",
        "objekt", "plats", "namn", "name", "companyname", "company name", "företag", "title",
    ),
    "operator": (
        "companyname", "company name", "parentcompanyname", "verksamhetsutövare", "företag",
        "bolag", "company", "operator", "owner", "ägare",
    ),
    "organisation_number": ("organisationsnummer", "organisationsnr", "orgnr", "org nr"),
    "municipality_code": ("kommunkod", "kommun", "municipality", "kommunnamn"),
    "address": ("besöksadress", "gatuadress", "adress", "address", "streetname"),
    "lon": ("longitude", "longitud", "lon", "lng", "long", "wgs84 e"),
    "lat": ("latitude", "latitud", "lat", "wgs84 n"),
    "sector_sni": ("sni kod", "snikod", "sni", "nace", "naceid", "nace code"),
    "kind": ("subsector", "bransch", "sector", "industry", "verksamhet", "type", "typ"),
}  # fmt: skip
X_NAMES = ("x", "easting", "öst", "e", "ost", "xcoord", "x koord", "e koordinat", "x koordinat")
Y_NAMES = ("y", "northing", "norr", "n", "nord", "ycoord", "y koord", "n koordinat", "y koordinat")
POINT_NAMES = ("geom", "geometry", "wkt", "koordinater", "coordinates", "location", "position")
RESOURCES = {
    "heat": r"värme|heat|overskott|överskott",
    "co2": r"co2|koldioxid|carbon dioxide|emission|utsläpp",
}
SINK = r"demand|behov|need|användning|förbrukning|consumption"
# degrees of heat, hours and shares of heat are no amounts of it
NO_AMOUNT = re.compile(r"temp|%|andel|share|timm|hour|effekt|\bmw\b|\bkw\b")
TEMPERATURE, YEAR = re.compile(r"temp(\.|eratur|erature)?\b"), re.compile(r"(år|year|årtal)\b")
TOTAL = r"\btotal|\bsumma\b|\bsum\b"
DEGREES = re.compile(
    r"(\d{2,4})(?:\s*[-\u2013]\s*(\d{2,4}))?\s*(?:°\s*c|deg\w*|c)\b", re.IGNORECASE
)
WKT = re.compile(r"(?:SRID=(\d+);)?\s*POINT\s*Z?\s*\(\s*(-?[\d.]+)[ ]+(-?[\d.]+)", re.IGNORECASE)
PAIR = re.compile(r"(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)")
# systems that tables of Swedish municipalities and of Europe are in
SYSTEMS = (4326, 3006, 3007, 3008, 3021, 3035, 25832, 25833, 3857)
HERE = "region"  # else "all"


@dataclass
class Mapping:
    """
    Which of their columns is which of ours: what `--map` reads and an import writes.

    `sites` gives their column for each of ours. `flows` holds one record for each column of
    amounts: `value` is the column, `unit`, `resource`, `role` and others the words for its rows,
    or "=Temp" for the cell of another column of theirs.
    `point` names one column with both coordinates, else `x` and `y` name two in `system`.
    """

    layer: str = ""
    system: str = ""
    x: str = ""
    y: str = ""
    point: str = ""
    area: str = HERE
    sites: dict[str, str] = field(default_factory=dict)
    flows: list[dict[str, str]] = field(default_factory=list)

    def to_toml(self, lang: str = "sv") -> str:
        """Return the mapping as a small file with its explanation."""
        lines = [f"# {line}" for line in label("import:map_help", lang).split(" | ")]
        for name in ("layer", "system", "x", "y", "point", "area"):
            lines.append(f"{name} = {json.dumps(getattr(self, name), ensure_ascii=False)}")
        lines += ["", "[sites]", *_assignments(self.sites)]
        for flow in self.flows:
            lines += ["", "[[flows]]", *_assignments(flow)]
        return "\n".join(lines) + "\n"


def _assignments(words: dict[str, str]) -> list[str]:
    return [f"{key} = {json.dumps(word, ensure_ascii=False)}" for key, word in words.items()]


class Imported(NamedTuple):
    """
    What an import wrote, and what it has to tell.

    `left_out` counts rows of totals, rows `away` from the region, rows that name a place `twice`
    and `blank` amounts: every row given is a site or counted there.
    """

    template: Path
    mapping_file: Path
    mapping: Mapping
    sites: int
    flows: int
    left_out: dict[str, int]
    told: list[str]
    faults: list[Fault]
    duplicates: pd.DataFrame


def import_file(
    path: str | Path,
    out: str | Path | None = None,
    *,
    mapping: str | Path | Mapping | None = None,
    layer: str = "",
    lang: str = "sv",
    region: Region | None = None,
) -> Imported:
    """
    Write somebody else's table or layer as a filled-in template to review, and its mapping.

    The template passes the same checks and search for duplicates as any workbook.

    Parameters
    ----------
    path
        What `foreign_files.read_foreign` reads.
    out
        The workbook to write. None: NAME-mall.xlsx beside the current folder's other files.
    mapping
        A mapping that an import wrote, perhaps edited. None: guessed, and written beside `out`.
    layer
        Which sheet or layer. Empty: that of the mapping, else the largest.
    region
        Rows outside it are left out and counted unless the mapping says `area = "all"`. None: the
        bundled one.

    Raises
    ------
    RegisterError
        If the file or the mapping cannot be read, or no row is left.

    Examples
    --------
    >>> import tempfile
    >>> theirs = Path(tempfile.mkdtemp()) / "theirs.csv"
    >>> row = {"Company": "Bakery", "X": 6309000, "Y": 345000, "Heat MWh": 3500, "Temp": 45}
    >>> pd.DataFrame([row]).to_csv(theirs, index=False)
    >>> done = import_file(theirs, theirs.with_suffix(".xlsx"), lang="en")
    >>> done.sites, done.flows, done.faults, done.mapping.system
    (1, 1, [], 'swapped:EPSG:3006')
    """
    check_language(lang)
    path, area = Path(path), bundled_region() if region is None else region
    out = Path(out or f"{path.stem}-{label('import:suffix', lang)}.xlsx")
    known = mapping if isinstance(mapping, Mapping) else _read_mapping(mapping)
    wanted = layer or (known.layer if known else "")
    table = read_foreign(path, wanted)
    if not wanted and is_template(table.layers):
        raise mistake(RegisterError, "import:template", file=path.name)
    found = known or guess_mapping(table, area)
    _check_mapping(found, table)
    told = [label("import:layer", lang, layer=table.layer, layers=", ".join(table.layers))]
    if table.encoding:
        told.append(label("import:encoding", lang, encoding=table.encoding))
    degrees = _degrees(table.rows, found)
    kept = _in_area(degrees, area) if found.area == HERE else pd.Series(True, degrees.index)
    if not kept.any() and degrees.notna().all(axis=1).any() and found.area == HERE:
        raise RegisterError(
            label("import:nowhere", "en", file=path.name, region=area.name, system=found.system),
            "import:nowhere", file=path.name, region=area.name, system=found.system,
        )  # fmt: skip
    source = slug(path.stem) or "import"
    sites, site_of, twice = _sites(table.rows[kept], degrees[kept], found, source)
    flows, blank = _flows(table, site_of, found, source)
    left_out = {"totals": table.left_out, "away": int((~kept).sum()), "twice": twice}
    left_out |= {"blank": blank}
    words = {"region": area.name}
    told += [label(f"import:{k}", lang, rows=n, **words) for k, n in left_out.items() if n]
    sources = pd.DataFrame([{"source_id": source, "title": path.name}])
    tables = {"sites": sites, "flows": flows, "sources": sources}
    written = write_filled(out, tables, lang)
    notes = write_whole(out.with_suffix(".toml"), found.to_toml(lang))
    faults = check_file(written, lang)
    pairs = check_duplicates(written)
    return Imported(written, notes, found, len(sites), len(flows), left_out, told, faults, pairs)


# --- the mapping -----------------------------------------------------------------------------


def guess_mapping(table: Foreign, region: Region) -> Mapping:
    """Return which columns seem to be which, by their headers, and the system by the numbers."""
    names = {_plain(name): name for name in reversed(table.rows.columns)}
    found = Mapping(layer=table.layer)
    taken: set[str] = set()
    for ours, hints in HINTS.items():
        words = [word for lang in LANGUAGES for word in [headers("sites", lang).get(ours, "")]]
        for word in (*map(_plain, words), _plain(ours), *map(_plain, hints)):
            theirs = names.get(word)
            if theirs and theirs not in taken and not (ours == "operator" and theirs in taken):
                if ours in ("lon", "lat"):
                    setattr(found, {"lon": "x", "lat": "y"}[ours], theirs)
                else:
                    found.sites[ours] = theirs
                taken.add(theirs)
                break
    if not (found.x and found.y):
        found.x, found.y = (
            next((names[w] for w in map(_plain, words) if w in names), "")
            for words in (X_NAMES, Y_NAMES)
        )
    if not (found.x and found.y):
        found.x = found.y = ""
        pointed = (names[w] for w in POINT_NAMES if w in names)
        found.point = next((n for n in pointed if _pairs(table.rows[n]).notna().any(axis=None)), "")
    if found.x or found.point:
        found.system = _guess_system(table.rows, found, region)
    found.flows = _guess_flows(table, taken | {found.x, found.y, found.point})
    return found


def _plain(text: str) -> str:
    """Return a header without unit, signs and case."""
    return " ".join(re.sub(r"[_\-./:]|\(.*?\)|\[.*?\]", " ", same(text)).split())


def _guess_flows(table: Foreign, taken: set[str]) -> list[dict[str, str]]:
    """
    Return a record for every column of amounts, for the template's check to go through.

    Of columns that tell the same twice, such as two statistics or parts and their total, the first
    or the parts are taken. A unit that is not written stays blank.
    """
    beside = {
        ours: f"={names[0]}"
        for ours, hint in (("temperature_low_c", TEMPERATURE), ("year", YEAR))
        # two columns may be a range, or supply and return: for people to say
        if len(names := [n for n in table.rows.columns if hint.match(_plain(n))]) == 1
    }
    found: dict[tuple[str, ...], dict[str, str]] = {}
    totals: dict[tuple[str, ...], dict[str, str]] = {}
    for name in table.rows.columns:
        word, cells = same(name).replace("_", " "), table.rows[name]
        numbers = cells[cells != ""].map(foreign_number)
        if name in taken or numbers.empty or numbers.isna().mean() > 0.5 or NO_AMOUNT.search(word):
            continue
        unit = table.units.get(name) or _unit_in(name)
        resource = next((r for r, hint in RESOURCES.items() if re.search(hint, word)), "")
        if not resource and (unit_factor(unit) or ("",))[0] == "GWh/yr":
            resource = "heat"
        if not resource:
            continue
        degrees, year = DEGREES.search(word), re.search(r"(?<!\d)(19|20)\d\d(?!\d)", name)
        flow = {
            "value": name,
            "resource": resource,
            "role": "sink" if re.search(SINK, word) else "source",
            "unit": unit,
            "stream": "unspecified",
            "temperature_low_c": degrees[1] if degrees else "",
            "temperature_high_c": (degrees[2] or degrees[1]) if degrees else "",
            "year": year[0] if year else beside.get("year", ""),
        }
        if resource == "heat" and flow["role"] == "source" and not degrees:
            flow["temperature_low_c"] = beside.get("temperature_low_c", "")
        key = (resource, flow["role"], flow["temperature_low_c"])
        (totals if re.search(TOTAL, word) else found).setdefault(key, flow)
    parts = {key[:2] for key in found}
    found |= {key: flow for key, flow in totals.items() if key[:2] not in parts}
    return list(found.values())


def _unit_in(name: str) -> str:
    """Return the unit that a header states, in brackets or as its last word."""
    words = re.findall(r"[(\[]([^)\]]*)[)\]]", name) + re.split(r"[\s_,]+", name)[::-1]
    return next((word for word in words if unit_factor(word)), "")


def _read_mapping(path: str | Path | None) -> Mapping | None:
    """Read a mapping file; refuse what it should not hold."""
    if path is None:
        return None
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        return Mapping(**content)
    except (OSError, ValueError, TypeError) as error:
        raise _bad_mapping(str(path), str(error)) from None


def _check_mapping(found: Mapping, table: Foreign) -> None:
    """Refuse a mapping that names columns which do not exist, theirs or ours."""
    named = [found.x, found.y, found.point, *found.sites.values()]
    try:
        named += [column for flow in found.flows for column in _columns_of(flow)]
        ours = [("sites", name) for name in found.sites]
        ours += [("flows", name) for flow in found.flows for name in flow]
        for kind, name in ours:
            if name not in fields(kind):
                raise _bad_mapping(kind, f"{name} ({', '.join(fields(kind))})")
        int(found.system.split(":")[-1] or 0)
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise (
            error if isinstance(error, RegisterError) else _bad_mapping("", repr(error))
        ) from None
    for name in named:
        if name and name not in table.rows.columns:
            raise _bad_mapping(table.layer, f"{name} ({', '.join(table.rows.columns)})")


def _columns_of(flow: dict[str, str]) -> list[str]:
    """Return the columns of theirs that a record of flows names."""
    return [flow["value"], *(word[1:] for word in flow.values() if word.startswith("="))]


def _bad_mapping(place: str, reason: str) -> RegisterError:
    """Return the error on a mapping that cannot be used."""
    words = {"place": place, "reason": reason}
    return RegisterError(label("import:bad_map", "en", **words), "import:bad_map", **words)


# --- places ----------------------------------------------------------------------------------


def _pairs(cells: pd.Series) -> pd.DataFrame:
    """Return the two numbers of texts such as POINT(12.5 56.9) and 56.9, 12.5."""
    found = []
    for cell in cells:
        point, pair = WKT.search(cell), PAIR.fullmatch(cell)
        numbers = point.groups()[1:] if point else pair.groups() if pair else (np.nan, np.nan)
        found.append([float(number) for number in numbers])
    return pd.DataFrame(found, index=cells.index, columns=["x", "y"], dtype=float)


def _coordinates(rows: pd.DataFrame, found: Mapping) -> pd.DataFrame:
    """Return two numbers for every row, missing where there are none."""
    if found.point:
        return _pairs(rows[found.point])
    blank = pd.Series("", rows.index)
    sides = {"x": rows.get(found.x, blank), "y": rows.get(found.y, blank)}
    return pd.DataFrame(
        {name: cells.map(foreign_number) for name, cells in sides.items()}, dtype=float
    )


def _guess_system(rows: pd.DataFrame, found: Mapping, region: Region) -> str:
    """Return the system, and perhaps swapped axes, that puts most rows into the region."""
    numbers = _coordinates(rows, found).dropna()
    best, system = (0, 0), "EPSG:4326"
    stated = re.search(r"SRID=(\d+)", str(rows[found.point].iloc[0])) if found.point else None
    for code in [int(stated[1])] if stated else SYSTEMS:
        for swapped in (False, True):
            written = f"{'swapped:' if swapped else ''}EPSG:{code}"
            there = _to_degrees(numbers, written)
            sweden = SWEDEN.hold(there["lon"], there["lat"])
            score = (int(_in_area(there, region).sum()), int(sweden.sum()))
            if score > best:
                best, system = score, written
    return system


def _to_degrees(numbers: pd.DataFrame, system: str) -> pd.DataFrame:
    """Return lon and lat of numbers in a system such as EPSG:3007 or swapped:EPSG:3007."""
    x, y = (numbers[c] for c in (("y", "x") if system.startswith("swapped:") else ("x", "y")))
    points = gpd.GeoSeries.from_xy(x, y, crs=int(system.split(":")[-1]), index=numbers.index)
    if points.crs != GEOGRAPHIC_CRS:
        points = points.to_crs(GEOGRAPHIC_CRS)
    degrees = pd.DataFrame({"lon": points.x, "lat": points.y})
    return degrees.where(np.isfinite(degrees))


def _degrees(rows: pd.DataFrame, found: Mapping) -> pd.DataFrame:
    """Return lon and lat of every row, missing where there are none."""
    numbers = _coordinates(rows, found)
    there = numbers.notna().all(axis=1)
    degrees = pd.DataFrame(np.nan, index=rows.index, columns=["lon", "lat"])
    if there.any():
        degrees.loc[there] = _to_degrees(numbers[there], found.system or "EPSG:4326")
    return degrees


def _in_area(degrees: pd.DataFrame, region: Region) -> pd.Series:
    """Say which places lie in a region."""
    inside = pd.Series(False, degrees.index)
    there = degrees.notna().all(axis=1)
    if there.any():
        placed = degrees[there]
        points = gpd.GeoSeries.from_xy(placed["lon"], placed["lat"], crs=GEOGRAPHIC_CRS)
        inside[there] = region.contains(points).to_numpy()
    return inside


# --- rows of the template --------------------------------------------------------------------


def _sites(
    rows: pd.DataFrame, degrees: pd.DataFrame, found: Mapping, source: str
) -> tuple[pd.DataFrame, pd.Series, int]:
    """Return the sites, the site of every row, and how many rows repeat one."""
    mapped = {*found.sites.values(), found.x, found.y, found.point}
    mapped |= {column for flow in found.flows for column in _columns_of(flow)}
    others = [name for name in rows.columns if name not in mapped]
    sites: dict[str, dict[str, Any]] = {}
    keys: dict[tuple[str, ...], str] = {}
    used: set[str] = set()
    site_of = {}
    for (number, row), (lon, lat) in zip(rows.iterrows(), degrees.to_numpy().tolist(), strict=True):
        words = {ours: str(row[theirs]) for ours, theirs in found.sites.items()}
        words["name"] = words.get("name") or words.get("operator") or f"{source} {number}"
        where = ("", "") if np.isnan(lon) else (f"{lon:.6f}", f"{lat:.6f}")
        key = (same(words["name"]), *where)
        if key not in keys:
            keys[key] = name = free_name(slug(words["name"]) or source, used)
            notes = "; ".join(f"{other}: {row[other]}" for other in others if row[other])
            sites[name] = {"kind": "unspecified", **{c: w for c, w in words.items() if w}}
            sites[name] |= {"site_id": name, "lon": where[0], "lat": where[1]}
            sites[name] |= {"source_id": source, "note": notes[:1900]}
        site_of[number] = keys[key]
    return (
        pd.DataFrame(list(sites.values())),
        pd.Series(site_of, dtype="str"),
        len(rows) - len(sites),
    )


def _flows(
    table: Foreign, site_of: pd.Series, found: Mapping, source: str
) -> tuple[pd.DataFrame, int]:
    """Return a flow for every amount, and how many cells hold none."""
    flows, blank = [], 0
    for number, site in site_of.items():
        for words in found.flows:
            cell = str(table.rows.loc[number, words["value"]])
            if not cell or foreign_number(cell) == 0:
                blank += 1
                continue
            amount = foreign_number(cell)
            # a doubtful 12,500 and a word stay for the check to tell
            plain = cell if THREE.fullmatch(cell) or np.isnan(amount) else f"{amount:.12g}"
            note = f"{table.layer}, {words['value']}, {number}"
            cells = {
                ours: str(table.rows.loc[number, word[1:]]) if word.startswith("=") else word
                for ours, word in words.items()
            }
            flows.append(
                cells | {"site_id": site, "value": plain, "source_id": source, "note": note}
            )
    return pd.DataFrame(flows), blank


def foreign_number(cell: str) -> float:
    """Return the number that a cell shows, NaN when it shows none; the last sign is the decimal."""
    text = plain_signs(str(cell).replace("'", " "))
    if re.fullmatch(r"[-+]?\d{1,3}(\.\d{3})+,\d+", text):
        text = text.replace(".", "")
    elif re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+\.\d+|[-+]?\d{1,3}(,\d{3}){2,}", text):
        text = text.replace(",", "")
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return np.nan
    return number if np.isfinite(number) and re.fullmatch(r"[-+\d.,eE]+", text) else np.nan
