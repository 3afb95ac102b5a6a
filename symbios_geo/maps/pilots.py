"""The map of the pilots: the exchanges to begin with, numbered by rank."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from matplotlib.axes import Axes

from .. import labels
from ..disclosure import check_cleared, check_tables
from ..model import CANDIDATE, NEW
from ..register.gate import Register
from .captions import mark_axes
from .flows import Scale, draw_arrows, draw_end_rows, draw_ends, end_names, name_words, place_ends
from .frame import Extent
from .legends import draw_swatches, furnish, settle_legend
from .page import draw_base, draw_localities, start_axes, style
from .placenames import amount, draw_words, municipality_words, neighbour_words
from .symbols import class_look
from .view import View, finish, open_page, write_rows

EVEN = 0.32  # of the widest arrow: rank says which matters, not width


def plot_pilots(
    pilots: pd.DataFrame,
    register: Register,
    municipalities: gpd.GeoDataFrame,
    *,
    extent: Extent = None,
    title: str | None = None,
    ax: Axes | None = None,
    size: str = "a4",
    lang: str = "sv",
) -> Axes:
    """
    Draw pilots as arrows with their rank, and the list of them beside; return the map axes.

    Parameters
    ----------
    pilots
        `Study.shortlist(...)`.
    register
        The register of the study.
    municipalities
        Polygons indexed by municipality_code.
    extent, title, ax, size, lang
        As in `plot_match`.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> study = sg.run(lang="en")
    >>> ax = plot_pilots(study.shortlist(), study.register, study.municipalities, lang="en")
    >>> ax.get_title(loc="left") != ""
    True
    """
    readers = check_cleared(register)
    check_tables(pilots)
    with style():
        links = pd.DataFrame(
            {
                "source": pilots["site_id_source"],
                "sink": pilots["site_id_sink"],
                "mode": "resource:" + pilots["resource"],
                "status": NEW,
                "imagined": pilots["status"].eq(CANDIDATE),
                "delivered": EVEN,
            }
        )
        view = View(municipalities, extent, {})
        ax = start_axes(size) if ax is None else ax
        page = open_page(ax, view)
        shapes = draw_base(page, municipalities)
        draw_localities(page)
        hard = furnish(page, shapes, lang)
        sites = register.sites
        ends = place_ends(page, links, sites)
        y = -1.0
        keys = dict.fromkeys(links["mode"])
        entries = [(labels.label_or(key, key, lang), class_look(key, page)) for key in keys]
        if entries:
            y = draw_swatches(page.legend, y, labels.language(lang).column("resource"), entries)
        y = draw_end_rows(page.legend, y, ends.kinds, lang)
        hard.append(settle_legend(page, y))
        numbers = pilots["rank"].astype(str)
        words, soft, heads = draw_arrows(page, links, ends, Scale(1.0), numbers, numbered=True)
        hard += heads + draw_ends(page, ends)
        words += name_words(ends, end_names(links, sites, lang), links, 90)
        words += municipality_words(page, shapes, municipalities)
        words += neighbour_words(page, municipalities)
        draw_words(page, words, hard=hard, soft=soft)
        write_rows(page, _rows(pilots, end_names(links, sites, lang), lang))
        flows = register.flows
        ids = [*links["source"], *links["sink"]]
        used = flows["resource"].isin(pilots["resource"]) & flows["site_id"].isin(ids)
        found = labels.label("map:pilots", lang, count=len(pilots))
        moved = any(map(ends.moved, ends.spot))
        told = labels.label("map:pilots_told", lang)
        told += labels.label("map:pilots_near", lang) * bool(links["imagined"].any())
        told += labels.label("map:pilots_moved", lang) * moved
        finish(page, title or found, told, flows[used] if used.any() else None, lang)
    return mark_axes(page.ax, readers, lang)


def _rows(pilots: pd.DataFrame, names: pd.Series, lang: str) -> list[tuple[str, str, str]]:
    """Return rank, ends with the resource, and what is delivered and worth, of each pilot."""
    rows = []
    for row in pilots.itertuples():
        resource = labels.label_or(f"resource:{row.resource}", str(row.resource), lang).lower()
        ends = f"{names[row.site_id_source]} \u2192 {names[row.site_id_sink]}, {resource}"
        told = [amount(row.delivered, row.unit, lang)]
        if pd.notna(row.npv_msek):
            told.append(labels.quantity(row.npv_msek, "MSEK", lang))
        if pd.notna(row.pays_share):
            share = labels.chance(row.pays_share, lang)
            told.append(labels.label("map:pilots_pays", lang, share=share))
        rows.append((str(row.rank), ends, ", ".join(told)))
    return rows
