"""What a map shows: which circles, classes, numbers and names, made from the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import Circle, Rectangle, Wedge

from .. import labels
from ..errors import OutputError
from ..model import METRIC_CRS
from ..register.classes import NUCLEAR
from ..register.gate import MANY, Register
from .legends import (
    Box,
    class_labels,
    draw_circle_legend,
    draw_square_key,
    draw_swatches,
    round_sizes,
)
from .page import FAINT, INK, SMALL, Page, to_points
from .placenames import SITE_LOOK, Words, amount, short_site_names

LARGEST_RADIUS, APART_RADIUS, LEAST_RADIUS = 20.0, 10.0, 1.6  # points
# circles about as large as the largest: more of them would cover each other
ALIKE, MOST_ALIKE, SMALLER = 0.5, 2, 0.75
NUMBERED = 7.0  # points; a larger circle has its number inside
CHIP_HALF = 5.0  # points, of a number and its plate
ROOMY = 5.0  # points; only a larger circle has room for a hole and slices
PATTERNED = 4.0  # points; only a larger circle of one kind has room for its pattern
NO_DATA_HATCH = "////"
HATCHES = {
    "carbon:fossil": "//////",
    "mode:preheat": "//////",
    "mode:heat_pump": "......",
    "mode:truck": "\\\\\\\\\\\\",
    # what no two colours of the resource tell apart in grey
    "mode:ship": "------",
    "material:mineral": "xxxxxx",
    "material:polymer": "\\\\\\\\\\\\",
    "material:wood": "//////",
    "material:nutrient": "......",
    "material:process": "......",
    NUCLEAR: "////",
}
OUTLINED = ("mode:existing", "pays:rarely")  # solid colours of others may be as grey in print
CHIP = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}


def find_rows(register: Register, resource: str, role: str) -> pd.DataFrame:
    """Return the rows to draw: those that count in sums, in a unit that reads with ease."""
    flows = register.flows
    shown = flows["resource"].eq(resource) & flows["role"].eq(role)
    shown &= flows["additive"].eq("yes") & flows["value"].gt(0)
    rows = flows[shown]
    if rows.empty:
        msg = f"The register has no {role} of {resource!r} to draw. Check resource and role."
        raise OutputError(msg)
    parts, unit = labels.natural(rows["value"].max(), str(rows["unit"].iloc[0]))
    return rows.assign(
        _class=rows["class"], unit=unit, value=rows["value"] / parts,
        committed=rows["committed"] / parts,
    )  # fmt: skip


def site_symbols(
    rows: pd.DataFrame, register: Register, page: Page, lang: str, *, largest: float = 0.0,
    reach: float = LARGEST_RADIUS,
) -> pd.DataFrame:  # fmt: skip
    """
    Return one row per site to draw, largest first: place in points, radius, value and classes.

    The area of a circle is proportional to its value, down to the least that is seen. What stands
    apart has a fixed radius. `largest` is of a value elsewhere on the map that may be larger, and
    `reach` the radius of the largest.
    """
    table = rows.pivot_table(index="site_id", columns="_class", values="value", aggfunc="sum")
    sites = register.sites.loc[table.index]
    place = sites.geometry.to_crs(METRIC_CRS)
    xy = to_points(page, np.column_stack([place.x, place.y]))
    found = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1]}, index=table.index)
    found["name"] = short_site_names(sites, lang)
    found["many"] = sites["status"].eq(MANY)
    found["apart"] = table.get(NUCLEAR, pd.Series(np.nan, index=table.index)).notna()
    found["value"] = table.sum(axis=1)
    table = table[sorted(table, key=labels.legend_order)]
    found["parts"] = [row.dropna().to_dict() for _, row in table.iterrows()]
    found["unit"] = str(rows["unit"].iloc[0])
    width, height = page.overlay.get_xlim()[1], page.overlay.get_ylim()[1]
    inside = found["x"].between(0, width) & found["y"].between(0, height)
    found = found[inside].sort_values("value", ascending=False, kind="stable")
    largest = max(found.loc[~found["apart"], "value"].max(), largest)
    scaled = reach * page.shrink * np.sqrt(found["value"] / largest)
    found["radius"] = scaled.clip(lower=LEAST_RADIUS * page.shrink)
    found.loc[found["apart"], "radius"] = APART_RADIUS * page.shrink
    return moved_apart(found)


def reach_of(rows: pd.DataFrame) -> float:
    """Return the radius of the largest circle, points: less where several are about as large."""
    sums = rows.loc[rows["_class"].ne(NUCLEAR)].groupby("site_id")["value"].sum()
    alike = int(sums.ge(ALIKE * sums.max()).sum())
    return LARGEST_RADIUS * (SMALLER if alike > MOST_ALIKE else 1.0)


def moved_apart(symbols: pd.DataFrame) -> pd.DataFrame:
    """
    Move what is not to scale, and a large circle whose middle a larger one covers, off that.

    It moves away from the middle of the other; `at` is its place.
    """
    found = symbols.assign(at=list(zip(symbols["x"], symbols["y"], strict=True)))
    scaled = found.index[~found["apart"]]
    large = scaled[found.loc[scaled, "radius"] > NUMBERED]
    pairs = [(key, scaled[0]) for key in found.index[found["apart"]] if len(scaled)]
    pairs += [(key, other) for n, key in enumerate(large) for other in large[:n]]
    for key, other in pairs:
        own, over = found.loc[key], found.loc[other]
        away = np.array([own["x"] - over["x"], own["y"] - over["y"]])
        distance, clear = float(np.hypot(*away)), over["radius"] + own["radius"] + 1.5
        if 0 < distance < (clear if own["apart"] else over["radius"]):
            found.loc[key, ["x", "y"]] = (over["x"], over["y"]) + away * clear / distance
    return found


def draw_symbols(
    page: Page,
    symbols: pd.DataFrame,
    *,
    prefix: str = "site",
    hole: float = 0.0,
    divided: float = ROOMY,
) -> list[Box]:
    """
    Draw circles, the largest at the bottom, divided by class; return boxes to keep clear.

    One of a radius up to `divided`, points, has the colour of its largest class alone.
    """
    for key, row in symbols.sort_values("radius", ascending=False, kind="stable").iterrows():
        centre, turn = (row["x"], row["y"]), 90.0
        roomy, level = row["radius"] > ROOMY, _level(row["radius"])
        one = len(row["parts"]) == 1
        for name, value in (row["parts"] if row["radius"] > divided else _flat(row)).items():
            angle = 360 * value / row["value"]
            look = class_look(name, page) | {"width": (1 - hole * roomy) * row["radius"]}
            look |= {} if roomy or (one and row["radius"] > PATTERNED) else {"hatch": ""}
            part = Wedge(centre, row["radius"], turn - angle, turn, **look, zorder=level)
            page.overlay.add_artist(part)
            turn -= angle
        ring = Circle(
            centre, row["radius"], facecolor="none", edgecolor=INK, linewidth=0.5, zorder=level
        )
        ring.set_gid(f"{prefix}-{key}")
        page.overlay.add_artist(ring)
        if "at" in row and row["at"] != centre:  # a moved circle points to its place
            line = {"color": INK, "linewidth": 0.6, "zorder": 2.1, "marker": "o", "markersize": 2}
            page.overlay.plot(*zip(centre, row["at"], strict=True), markevery=[1], **line)
    half = 0.9 * symbols["radius"]  # labels may cut the corners of a circle's box
    x, y = symbols["x"], symbols["y"]
    return list(zip(x - half, y - half, x + half, y + half, strict=True))


def _level(radius: float) -> float:
    """Return where a circle or square lies: a small one over what would hide it."""
    return 2 - radius / 1000


def small_boxes(symbols: pd.DataFrame) -> list[Box]:
    """Return the boxes of circles that a number would hide."""
    if symbols.empty:
        return []
    own = symbols[symbols["radius"] <= NUMBERED]
    x, y, half = own["x"], own["y"], 0.7 * own["radius"]
    return list(zip(x - half, y - half, x + half, y + half, strict=True))


def class_look(name: str, page: Page | None = None) -> dict[str, Any]:
    """Return the colours and hatching of a class, in the colours of a page if one is given."""
    colour = labels.colour(name) if page is None else page.colour(name)
    look = {"facecolor": colour, "edgecolor": "white", "linewidth": 0.4, "alpha": 0.93}
    if name in OUTLINED:
        look |= {"edgecolor": INK, "linewidth": 0.5}
    if name == "mode:existing":  # what is new must carry
        look |= {"edgecolor": FAINT, "alpha": 0.55}
    hatch = HATCHES.get(name) or HATCHES.get(name.replace("mode:", "material:"))
    return {**look, "hatch": hatch} if hatch else look


def draw_source_legend(
    page: Page,
    y: float,
    symbols: pd.DataFrame,
    rows: pd.DataFrame,
    lang: str,
    *,
    demand: pd.DataFrame | None = None,
    reach: float = LARGEST_RADIUS,
) -> float:
    """Draw the legend of classes, of squares of `demand` and of sizes; return the y below it."""
    unit, role = str(rows["unit"].iloc[0]), str(rows["role"].iloc[0])
    scaled = symbols[~symbols["apart"]]
    classes = drawn_classes(symbols)
    if len(classes) > 1:
        kind, colon, _ = classes[0].partition(":")
        heading = f"map:{kind}" if colon else "map:temperature"
        entries = [
            (class_words(name, symbols, unit, lang), class_look(name, page)) for name in classes
        ]
        y = draw_swatches(page.legend, y, labels.label(heading, lang), entries)
    if demand is not None:
        y = draw_swatches(page.legend, y + 3, "", _square_entries(demand, page, lang))
    values = pd.concat([scaled["value"], *([] if demand is None else [demand["value"]])])
    largest = float(values.max())
    sizes = [(v, reach * page.shrink * np.sqrt(v / largest)) for v in round_sizes(largest)]
    title = labels.label(
        f"map:size_{role if demand is None else 'both'}", lang, unit=labels.unit_label(unit, lang)
    )
    below = draw_circle_legend(page.legend, y, title, sizes, lang)
    if demand is not None:
        draw_square_key(page.legend, y, *sizes[0], _square_look(page, many=False), lang)
    y = below
    least = largest * (LEAST_RADIUS / reach) ** 2
    told = []
    moved = [at != (x, y) for at, x, y in zip(scaled["at"], scaled["x"], scaled["y"], strict=True)]
    if any(moved):
        told.append(labels.label("map:moved", lang))
    flat = (scaled["parts"].map(len).gt(1) & scaled["radius"].le(ROOMY)).any()
    if (values < least).any():
        key = "map:least_flat" if flat else "map:least_size"
        told.append(labels.label(key, lang, value=amount(least, unit, lang)))
    elif flat:
        told.append(labels.label("map:flat_small", lang))
    for words in told:
        page.legend.text(0, y, words, va="top", fontsize=SMALL)
        y -= 11
    return y - 3 * bool(told)


def _flat(row: pd.Series) -> dict[str, float]:
    """Return the largest part of a circle as all of it."""
    return {max(row["parts"], key=row["parts"].get): row["value"]}


def draw_squares(page: Page, symbols: pd.DataFrame) -> list[Box]:
    """Draw demand as squares as large as circles of that value; return boxes to keep clear."""
    boxes = []
    for row in symbols.sort_values("radius", ascending=False, kind="stable").itertuples():
        half = row.radius * np.sqrt(np.pi) / 2
        corner, look = (row.x - half, row.y - half), _square_look(page, many=row.many)
        square = Rectangle(corner, 2 * half, 2 * half, **look, zorder=_level(row.radius))
        square.set_gid(f"demand-{row.Index}")
        page.overlay.add_artist(square)
        half *= 0.9
        boxes.append((row.x - half, row.y - half, row.x + half, row.y + half))
    return boxes


def _square_look(page: Page, *, many: bool) -> dict[str, Any]:
    """Return the look of demand: hollow and dashed where it is that of many places in a point."""
    look = {"facecolor": page.colour("map:demand_2"), "edgecolor": "#0b2b40", "linewidth": 0.9}
    return look | {"facecolor": "#ffffffa0", "linestyle": (0, (2, 1.4))} if many else look


def _square_entries(
    demand: pd.DataFrame, page: Page, lang: str
) -> list[tuple[str, dict[str, Any]]]:
    """Return words and looks of the squares of a map, for a legend."""
    return [
        (labels.label(f"map:demand_{'many' if many else 'place'}", lang),
         _square_look(page, many=many))
        for many in sorted(set(demand["many"]))
    ]  # fmt: skip


def drawn_classes(symbols: pd.DataFrame) -> list[str]:
    """Return the classes that circles are divided by, in the order of a legend."""
    return sorted({name for parts in symbols["parts"] for name in parts}, key=labels.legend_order)


def built_entry(page: Page, lang: str) -> tuple[str, dict[str, Any]]:
    """Return words and look of the discs of localities, for a legend."""
    return labels.label("map:built", lang), {"facecolor": page.colour("map:built")}


def class_words(name: str, symbols: pd.DataFrame, unit: str, lang: str) -> str:
    """Return the words of a class; what stands apart says how much it is."""
    words = labels.label(name, lang)
    if name != NUCLEAR:
        return words
    words = words.replace(" (", "\n(", 1)  # the legend lies between the coast and the frame
    value = amount(symbols.loc[symbols["apart"], "value"].sum(), unit, lang)
    return words + "\n" + labels.label("map:apart", lang, value=value)


def draw_class_legend(
    page: Page, y: float, title: str, values: pd.Series, breaks: Sequence[float], lang: str
) -> float:
    """Draw the legend of a map of values by municipality; return the y below it."""
    entries = [
        (words, {"facecolor": page.colour(f"map:demand_{place}")})
        for place, words in enumerate(class_labels(breaks, lang), start=1)
    ]
    if values.isna().any():
        look = {"facecolor": "white", "edgecolor": "#999999", "hatch": NO_DATA_HATCH}
        entries.append((labels.label("map:no_data", lang), look))
    return draw_swatches(page.legend, y, title, entries)


def class_fill(
    values: pd.Series, breaks: Sequence[float], colours: Mapping[str, str] | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """Return colour and hatching by municipality_code; a missing value is hatched."""
    known = values.dropna()
    place = np.searchsorted(breaks, known.to_numpy() * (1 - 1e-9)) + 1
    own = colours or {}
    keys = {str(c): f"map:demand_{p}" for c, p in zip(known.index, place, strict=True)}
    fill = {code: own.get(key) or labels.colour(key) for code, key in keys.items()}
    missing = [str(code) for code in values.index[values.isna()]]
    return fill | dict.fromkeys(missing, "#ffffff"), dict.fromkeys(missing, NO_DATA_HATCH)


def site_words(row: pd.Series, lang: str) -> Words:
    """Return name and value of a site as a label beside its circle."""
    text = f"{row['name']}\n{amount(row['value'], row['unit'], lang)}"
    return Words(text, row["x"], row["y"], row["radius"], SITE_LOOK)


def number_words(symbols: pd.DataFrame) -> list[Words]:
    """Return the numbers of the listed sites: inside a circle that is large enough, else beside."""
    words = []
    for place, row in enumerate(symbols.itertuples(), start=1):
        inside = row.radius > NUMBERED
        look = {"fontsize": SMALL, "fontweight": "bold", "bbox": CHIP}
        anchors = _ring_anchors(row) if inside else ()
        words.append(Words(str(place), row.x, row.y, row.radius - 1, look, anchors, inside))
    return words


def _ring_anchors(row: Any) -> tuple[tuple[float, float, float], ...]:
    """Return the middle of a circle and eight places within it."""
    out = max(row.radius - CHIP_HALF, 0.0)
    turns = np.radians(np.arange(0, 360, 45))
    ring = [(row.x + out * np.cos(t), row.y + out * np.sin(t), 2.0) for t in turns]
    return ((row.x, row.y, 0.0), *ring)


def list_rows(symbols: pd.DataFrame, count: int, lang: str) -> list[tuple[str, str, str]]:
    """Return number, name and value of the largest sites, and one row for the rest."""
    unit = str(symbols["unit"].iloc[0])
    head, rest = symbols.head(count), symbols["value"].iloc[count:]
    pairs = zip(head["name"], head["value"], strict=True)
    rows = [(str(n), name, amount(v, unit, lang)) for n, (name, v) in enumerate(pairs, start=1)]
    return rows + rest_row(rest, unit, lang)


def rest_row(
    values: pd.Series, unit: str, lang: str, key: str = "map:rest"
) -> list[tuple[str, str, str]]:
    """Return the row of a list that sums what it does not name; none if it names everything."""
    if values.empty:
        return []
    words = labels.label(key, lang, count=len(values))
    return [("+", words, amount(values.sum(), unit, lang))]
