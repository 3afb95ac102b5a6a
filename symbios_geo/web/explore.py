"""Interactive maps of the register and of matched flows, each one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from ..disclosure import INTERNAL, check_cleared, check_tables
from ..errors import OutputError, ParameterError
from ..labels import Language, language, natural
from ..maps.findings import overview_finding, register_finding
from ..maps.flows import replaces_more
from ..maps.match import told_left, told_match
from ..maps.seasons import told_seasons
from ..model import Match, carried
from ..register.classes import NUCLEAR, without_nuclear
from ..register.gate import Register
from .backdrop import load_shapes, still
from .exchanges import check_ends, make_frames, make_places, pack_frames
from .page import TILE_HOST, PageMap
from .page import page_html as page_html
from .page import save_map as save_map
from .places import class_colour, pack_page, word

MAX_PLACES = 20_000
REST = ("count", "sum", "fresh")  # filled in where the map is drawn
STILL_RADIUS = 24  # pixels, of the largest circle in the still picture
STILL_BROAD = 9  # pixels, of the broadest line
STILL_OPEN = 4.5  # pixels, of the narrowest open line


def show_register(
    register: Register,
    municipalities: gpd.GeoDataFrame | None = None,
    *,
    resource: str | None = None,
    lang: str = "sv",
    tiles: bool = False,
) -> PageMap:
    """
    Return a map of every place and flow, with layers by resource, role and class.

    Parameters
    ----------
    municipalities
        Polygons indexed by municipality_code; None takes those of the register's region.
    resource
        The resource shown first; None is the one with most flows. The reader may change it.
    lang
        "sv" or "en".
    tiles
        Fetch a background from OpenStreetMap while the page is open. Without it nothing is fetched.

    Raises
    ------
    ParameterError
        If the register has no flow of the resource.
    OutputError
        If there are more places than a browser draws smoothly.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> page = show_register(sg.load_register(), resource="heat", lang="en")
    >>> type(page).__name__
    'PageMap'
    """
    readers = check_cleared(register)
    _check_size(register)
    words = language(lang)
    payload = _page(register, municipalities, words, tiles=tiles)
    keys = [entry["key"] for entry in payload["resources"]]
    if resource is not None and resource not in keys:
        msg = f"The register has no flow of {resource!r}. Choose one of: {', '.join(keys)}."
        raise ParameterError(msg)
    for entry in payload["resources"]:
        told = register.region.words(lang) | {"resource": entry["label"]}
        plain = words.label("explore:title_register", **told)
        entry["title"], entry["summary"] = _finding(register, entry["key"], lang) or (plain, "")
    first = keys.index(resource) if resource else 0
    title = payload["resources"][first]["title"]
    payload |= {"kind": "register", "first": first, "title": title}
    return _map(payload, list(_register_marks(payload)), words, readers, tiles=tiles)


def show_match(
    match: Match,
    register: Register,
    municipalities: gpd.GeoDataFrame | None = None,
    *,
    lang: str = "sv",
    months: Mapping[int, Match] | None = None,
    scenarios: Mapping[str, Match] | None = None,
    business: pd.DataFrame | None = None,
    support: float | None = None,
    tiles: bool = False,
) -> PageMap:
    """
    Return a map of matched flows: width is the quantity delivered, colour the temperature mode.

    Parameters
    ----------
    months
        Matches by month number, 1 to 12, for a slider; `match` is then the whole year.
    scenarios
        Matches by name, for a slider; `match` stands first unless it is one of them.
    business
        `Study.business`: what each exchange of `match` takes to build and gains, how often it pays
        and how sure its amounts are; what seldom pays is an open arrow, also by month. None: the
        map does not say.
    support
        As in `plot_match`.
    municipalities, lang, tiles
        As in `show_register`.

    Raises
    ------
    MatchError
        If a link names a place or flow that is not in the register.
    ParameterError
        If both months and scenarios are given.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> study = sg.run(lang="en")
    >>> page = show_match(study.matches["heat"], study.register, lang="en")
    >>> type(page).__name__
    'PageMap'
    """
    if months and scenarios:
        msg = "Give months or scenarios, not both: the map has one slider."
        raise ParameterError(msg)
    words = language(lang)
    frames = list(make_frames(match, months, scenarios, words))
    readers = check_cleared(register, *(shown for _, shown, _ in frames))
    if business is not None:
        check_tables(business)
    _check_size(register)
    resource = match.resource.key if match.resource else "heat"
    places = make_places(register)
    for _, shown, _ in frames:
        check_ends(shown, places)
    payload = _page(register, municipalities, words, tiles=tiles)
    kind = "months" if months else "match"
    title = words.label(f"explore:title_{kind}", resource=word("resource", resource, words))
    keys = [entry["key"] for entry in payload["resources"]]
    if months:
        title = told_seasons(match, register, business, lang) or title
    elif not scenarios:
        title = told_match(match, register, business, lang, support) or title
    payload |= {
        "kind": "match",
        "title": title,
        "left": told_left(match, register, business, lang),
        # by-products are looked for by what they are: a phone too names those without a receiver
        "leftBrief": told_left(match, register, business, lang, most=3)
        if resource == "materials"
        else "",
        "first": keys.index(resource) if resource in keys else 0,
        "amounts": {
            key: words.label(f"map:{key}", value="{}") for key in ("new", "existing", "left")
        },
        "others": words.label("map:others", name="{}"),
        "takes": words.label("map:takes", value="{}"),
        "seldom": words.label("answer:pays", share="{}"),
        "rest": words.label("explore:rest", **{key: f"{{{key}}}" for key in REST}),
        "restBrief": words.label("explore:rest_brief", **{key: f"{{{key}}}" for key in REST}),
        "frameTitle": words.label("explore:month" if months else "explore:scenario"),
        "replaced": words.label("map:as_replaced") if replaces_more(carried(match.links)) else "",
        **pack_frames(frames, register, places, resource, words, business),
    }
    return _map(
        payload, list(_match_marks(payload)), words, readers, tiles=tiles,
        lines=list(_match_lines(payload)), legend=_match_legend(payload, words),
    )  # fmt: skip


def _page(
    seen: Register, municipalities: gpd.GeoDataFrame | None, words: Language, *, tiles: bool
) -> dict[str, Any]:
    """Return what both kinds of map carry."""
    shapes = seen.region.municipalities if municipalities is None else municipalities
    payload = pack_page(seen, load_shapes(shapes), words, tiles=tiles)
    # a year to come is that of a plan, not of data; the places are those that sums count
    counted = seen.flows[(seen.flows["additive"] == "yes") & seen.flows["value"].gt(0)]
    for entry in payload["resources"]:
        mine = counted[counted["resource"].eq(entry["key"]) & counted["class"].ne(NUCLEAR)]
        years = mine["year"].dropna()
        span = words.span(str(years.min()), str(years.max())) if len(years) else ""
        told = {"places": mine["site_id"].nunique(), "years": span}
        entry["subtitle"] = words.label("explore:subtitle", **told)
    payload["tiles"] = TILE_HOST if tiles else ""
    return payload


def _finding(register: Register, resource: str, lang: str) -> tuple[str, str] | None:
    """Return title and sum of what sources within the region have, as static maps say it."""
    sources = without_nuclear(register.pick(resource, "source"))
    inside = register.sites.index[register.sites["inside"]]
    rows = sources[sources["site_id"].isin(inside) & sources["value"].gt(0)]
    if rows.empty:
        return None
    values = rows.groupby("site_id")["value"].sum().sort_values(ascending=False)
    parts, unit = natural(values.max(), str(rows["unit"].iloc[0]))
    region = register.region.words(lang)
    used = float(rows["committed"].sum()) / parts
    found, told = register_finding(
        values / parts, resource, "source", unit, region, lang, used=used
    )
    sinks = register.pick(resource, "sink")
    sinks = sinks[sinks["site_id"].isin(inside) & sinks["value"].gt(0)]
    if resource != "heat" or sinks.empty:
        return found, f"{told}."
    codes, areas = register.sites["municipality_code"], register.region.municipalities
    supply, demand = (
        part.groupby(part["site_id"].map(codes))["value"].sum().reindex(areas.index)
        for part in (rows, sinks)
    )
    title, _ = overview_finding(supply, demand, areas["name"], unit, lang)
    return title, f"{told}. {found}."


def _map(
    payload: dict[str, Any], marks: list[Any], words: Language, readers: str, *, tiles: bool,
    lines: Sequence[Any] = (), legend: Sequence[tuple[str, str, str]] = (),
) -> PageMap:  # fmt: skip
    """Return the folium map of a payload."""
    greatest = max((value for _, value, _ in marks), default=1.0) or 1.0
    circles = [
        (at, max(1.5, STILL_RADIUS * (value / greatest) ** 0.5), fill)
        for at, value, fill in sorted(marks, key=lambda mark: -mark[1])
    ]
    picture = still(payload, circles, lines, legend)
    return PageMap(
        payload, title=payload["title"], words=words, still=picture, tiles=tiles,
        internal=readers == INTERNAL,
    )  # fmt: skip


def _check_size(register: Register) -> None:
    """Refuse more places than a browser draws smoothly."""
    if (count := len(register.sites)) > MAX_PLACES:
        msg = f"{count} places are too many for one page (at most {MAX_PLACES}). Choose fewer rows."
        raise OutputError(msg)


def _register_marks(payload: dict[str, Any]) -> Iterator[tuple[list[float], float, str]]:
    """Yield place, value and colour of each source of the first resource, for the still picture."""
    first = payload["first"]
    limit = payload["resources"][first]["max"]
    shown: dict[int, list[dict[str, Any]]] = {}
    for flow in payload["flows"]:
        is_counted = flow["role"] == "source" and flow["value"] and flow["counted"]
        if flow["resource"] == first and is_counted:
            shown.setdefault(flow["site"], []).append(flow)
    for number, flows in shown.items():
        site = payload["sites"][number]
        if not site["outside"]:
            largest = max(flows, key=lambda flow: flow["value"])
            value = min(sum(flow["value"] for flow in flows), limit)
            yield site["at"], value, payload["classes"][largest["class"]]["colour"]


def _match_marks(payload: dict[str, Any]) -> Iterator[tuple[list[float], float, str]]:
    """Yield place, value and colour of each matched place, for the still picture."""
    for node in payload["frames"][0]["nodes"]:
        at = payload["sites"][node["site"]]["at"]
        yield at, node["total"], class_colour(f"role:{node['role']}")


def _match_lines(
    payload: dict[str, Any],
) -> Iterator[tuple[list[float], list[float], float, str, bool]]:
    """Yield ends, width, colour and openness of the first frame's links, for the still picture."""
    links, sites = payload["frames"][0]["links"], payload["sites"]
    greatest = max((link["delivered"] for link in links), default=1.0) or 1.0
    for link in links:
        bare = bool(link.get("open"))
        least = STILL_OPEN if bare else 1.5
        broad = max(least, STILL_BROAD * (link["delivered"] / greatest) ** 0.5)
        paint = payload["modes"][link["mode"]]["colour"]
        yield sites[link["from"]]["at"], sites[link["to"]]["at"], broad, paint, bare


def _match_legend(payload: dict[str, Any], words: Language) -> list[tuple[str, str, str]]:
    """Return colour, words and how they are drawn: ends of links, modes shown and open links."""
    ends = [
        (class_colour(f"role:{end['key']}"), end["label"], "circle") for end in payload["roles"]
    ]
    links, modes = payload["frames"][0]["links"], payload["modes"]
    used = dict.fromkeys(sorted(link["mode"] for link in links))
    ways = [(modes[way]["colour"], modes[way]["label"], "line") for way in used]
    bare = [modes[link["mode"]]["colour"] for link in links if link.get("open")]
    return [*ends, *ways, *[(paint, words.label("map:seldom"), "open") for paint in bare[:1]]]
