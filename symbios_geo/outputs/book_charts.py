"""Native charts of the workbook: they stand below the answers and read the other sheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from ..labels import colour, label, language
from ..register.classes import COUNTED

SIZE = {"width": 560, "height": 340}
ROWS, COLUMNS, GAP = 18, 2, 12  # cells that a chart covers, charts beside each other, pixels


class ChartSheet(NamedTuple):
    """A sheet that was written: its name, its table, and how many columns stand before it."""

    name: str
    table: pd.DataFrame
    shift: int


def add_charts(
    book: Any, target: Any, top: int, sheets: Mapping[str, ChartSheet], lang: str
) -> int:
    """
    Add the charts below row `top` of a sheet, and return how many there are.

    A table that is missing, or has no rows for it, has no chart.
    """
    charts = [
        _bars(book, sheets, "balance", ("supply", "demand"), ("role:source", "role:sink"), lang),
        _months(book, sheets, lang),
        _bars(
            book, sheets, "co2_balance", ("biogenic", "fossil"),
            ("carbon:biogenic", "carbon:fossil"), lang,
        ),
    ]  # fmt: skip
    made = [chart for chart in charts if chart is not None]
    for place, (chart, words) in enumerate(made):
        row, beside = top + place // COLUMNS * ROWS, place % COLUMNS * (SIZE["width"] + GAP)
        # moves with its cells but keeps its size: columns are of many widths
        look = {"description": words, "object_position": 2, "x_offset": beside}
        target.insert_chart(row, 0, chart, look)
    return len(made)


def _bars(
    book: Any, sheets: Mapping[str, ChartSheet], key: str, series: tuple[str, ...],
    colours: tuple[str, ...], lang: str,
) -> tuple[Any, str] | None:  # fmt: skip
    """Return bars by municipality: beside each other for both sides, on each other for parts."""
    if key not in sheets:
        return None
    sheet, parts = sheets[key], key != "balance"
    rows = sheet.table.reset_index(drop=True)
    if "resource" in rows:
        rows = rows[rows["resource"] == "heat"]
    rows = rows.iloc[:-1]  # the sum of the region would hide its municipalities
    if rows.empty:
        return None
    chart = book.add_chart({"type": "bar", **({"subtype": "stacked"} if parts else {})})
    for name, ink in zip(series, colours, strict=True):
        chart.add_series(_series(sheet, name, "name", rows.index, ink, lang))
    words = label("slide:co2_axis" if parts else "slide:balance_axis", lang)
    sums = rows[[*series]].sum(axis=1) if parts else rows[series[0]]
    told = {"most": rows.loc[sums.idxmax(), "name"]}
    if not parts:
        told["need"] = rows.loc[rows[series[1]].idxmax(), "name"]
    title = label("book:co2" if parts else "book:balance", lang, **told)
    return _dressed(chart, f"{title}\n{words}", reverse=True), words


def _months(book: Any, sheets: Mapping[str, ChartSheet], lang: str) -> tuple[Any, str] | None:
    """Return supply by temperature as columns, with demand as a line."""
    from ..figures.charts import months_finding

    if "monthly" not in sheets or sheets["monthly"].table.empty:
        return None
    sheet = sheets["monthly"]
    rows = sheet.table.reset_index(drop=True).index
    chart = book.add_chart({"type": "column", "subtype": "stacked"})
    for name in COUNTED:
        if name in sheet.table:
            chart.add_series(_series(sheet, name, "month", rows, name, lang))
    line = book.add_chart({"type": "line"})
    # what is not said is smooth to some programs, and the library says it of smooth lines only
    line._write_c_smooth = lambda _: line._xml_empty_tag("c:smooth", [("val", "0")])
    demand = _series(sheet, "demand", "month", rows, "house:ink", lang)
    line.add_series(demand | {"line": {"color": colour("house:ink"), "width": 2.25}})
    chart.combine(line)
    words = label("caption:figures/heat-by-month", lang)
    table = sheet.table
    supply = table[[name for name in COUNTED if name in table]]
    title = months_finding(supply, table["demand"], lang)
    return _dressed(chart, f"{title}\n{label('figure:monthly_title', lang)}"), words


def _series(
    sheet: ChartSheet, name: str, categories: str, rows: pd.Index, ink: str, lang: str
) -> dict[str, Any]:
    """Return a series that reads one column of a sheet."""
    first, last = int(rows[0]) + 1, int(rows[-1]) + 1  # below the header

    def cells(column: str) -> list[Any]:
        place = list(sheet.table.columns).index(column) + sheet.shift
        return [sheet.name, first, place, last, place]

    return {
        "name": language(lang).column(name),
        "categories": cells(categories),
        "values": cells(name),
        "fill": {"color": colour(ink)},
        "border": {"color": colour("house:ink"), "width": 0.5},
        "gap": 60,
    }


def _dressed(chart: Any, title: str, *, reverse: bool = False) -> Any:
    """Give a chart the look of the house: title, quiet grid, legend below."""
    grid = {"visible": True, "line": {"color": colour("house:grid"), "width": 0.75}}
    chart.set_title({"name": title, "name_font": {"size": 11, "bold": True}, "overlay": False})
    values = {"major_gridlines": grid, "num_format": "#,##0", "line": {"none": True}}
    names = {"reverse": reverse, "major_gridlines": {"visible": False}}
    # of bars the y axis holds the names; the first row then stands on top
    chart.set_y_axis(names if reverse else values)
    chart.set_x_axis(values | {"label_position": "high"} if reverse else names)
    chart.set_legend({"position": "bottom"})
    chart.set_size(SIZE)
    return chart
