"""A factsheet as one HTML page that reads on a phone, and its print: two tagged A4 pages."""

from __future__ import annotations

import base64
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import jinja2
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from ..disclosure import MARK
from ..errors import OutputError
from ..figures.charts import plot_monthly
from ..files import package_text
from ..labels import label
from ..maps.captions import mark_axes
from ..maps.page import draw_source, style, write_heading
from ..maps.saving import METADATA, save_figure
from ..maps.view import data_line
from ..model import ROLES
from ..study.chain import Study, check_study
from .facts import municipal_flows
from .map import draw_municipality, map_title
from .words import Sheet

# points, broad for paper and large screens, narrow for phones: there 7 points come out as 14 pixels
MAPS = ((525, 440), (180, 640))
ALONE = (640, 552)  # a map with title and sources, and more room for its inset
CHARTS = ((261, 104), (164, 210))
RIGHT = 0.68  # of the breadth of a chart: its names stand beyond
LEGEND_POINTS = 52  # above a narrow chart
MAP_MARGINS = (8.0, 31.0, 8.0, 27.0)  # left, below, right, above: a page of its own has text there
GAP = 6.0  # below the list of a narrow map
VARIANT = "pdf/ua-1"
# the browser stands in for what the margins of a printed page say
PRINT_ONLY = "footer, .stamp { display: none }"
FONTS = "'Liberation Sans', Arial, Helvetica"
NO_PRINTER = (
    "The PDF needs WeasyPrint and the library Pango ({reason}). The HTML page is written. Install "
    "with pip install weasyprint, and Pango with: apt install libpango-1.0-0 libpangoft2-1.0-0 "
    "libharfbuzz-subset0 (Debian, Ubuntu), brew install pango (macOS), or conda install -c "
    "conda-forge weasyprint (Windows)."
)


def make_html(sheet: Sheet, study: Study, *, home: str = "") -> str:
    """
    Return a factsheet as HTML that needs no other file; every text enters as text.

    Parameters
    ----------
    sheet, study
        What the sheet says, and the study that its map shows.
    home
        Address of the front page of a run, for a link back to it. "": no link.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> from symbios_geo.factsheets.words import make_sheet
    >>> study = sg.run(lang="en")
    >>> sheet = make_sheet(study, "1315", study.drawn, lang="en")
    >>> make_html(sheet, study)[:15].lower()
    '<!doctype html>'
    """
    check_study(study)
    lang = sheet.lang
    leads = [f"{lead} " for lead in label("factsheet:leads", lang).split(";")]
    keys = ("map", "map_note", "season", "season_alt", "sources")
    words = {key: label(f"factsheet:{key}", lang) for key in keys}
    words["map_alt"] = label("factsheet:map_alt", lang, name=sheet.name)
    words["home"] = label("findings:back", lang)
    words["base_line"] = label("map:base_line", lang)
    return _template().render(
        sheet=sheet,
        led=partial(_led, leads=leads),
        home=home,
        mark=MARK,
        words=words,
        map=[_picture(draw_map(sheet, study, size), MAP_MARGINS) for size in MAPS],
        season=[_picture(draw_season(sheet, size)) for size in CHARTS],
        page_words=jinja2.filters.Markup(_page_words(lang)),
    )


@cache
def _template() -> jinja2.Template:
    """Return the page's template, compiled once per process."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(package_text("factsheets", "factsheet.html"))


def make_pdf(page: str) -> bytes:
    """
    Return the HTML of a factsheet as tagged PDF (PDF/UA-1), with fonts inside and without a date.

    Text that does not fit on two pages goes on to a third; nothing is cut.

    Raises
    ------
    OutputError
        If WeasyPrint or a library that it needs is missing; the message says how to get it.

    Examples
    --------
    >>> make_pdf("<html lang='en'><title>x</title><p>x</p></html>")[:5]
    b'%PDF-'
    """
    if fault := printer_fault():
        raise OutputError(fault)
    import weasyprint

    # only what lies in the page itself is read
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=["data"], fail_on_errors=True)
    html = weasyprint.HTML(string=page, url_fetcher=fetcher)
    hidden = weasyprint.CSS(string=PRINT_ONLY)
    return bytes(html.write_pdf(stylesheets=[hidden], pdf_variant=VARIANT, pdf_tags=True))


@cache
def printer_fault() -> str:
    """Return why no PDF can be made and what to install, or an empty text if all is there."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        return NO_PRINTER.format(reason=str(error).splitlines()[0])
    return ""


def draw_map(
    sheet: Sheet, study: Study, size: tuple[float, float], *, titled: bool = False
) -> Figure:
    """Draw the map alone; `size` is in points, and a narrow one has its legend under the map."""
    with style():
        figure = plt.figure(figsize=(size[0] / 72, size[1] / 72))
        ax = figure.add_axes((0, 0, 1, 1))
        draw_municipality(ax, study, sheet.code, titled=titled, lang=sheet.lang)
    return figure


def save_municipality_map(sheet: Sheet, study: Study, path: Path) -> Path:
    """Save the map as PNG with what it shows and its sources, for a report; return the file."""
    figure = draw_map(sheet, study, ALONE, titled=True)
    ax, lang = figure.axes[0], sheet.lang
    name = label("factsheet:map_alt", lang, name=sheet.name)
    with style():
        title = map_title(study, sheet.code, lang)
        write_heading(ax, title, label("factsheet:map_note", lang), room=ALONE[0] - 20)
        area = figure.bbox.transformed(figure.transFigure.inverted())
        flows = [municipal_flows(study, sheet.code, "heat", role) for role in ROLES]
        told = data_line(pd.concat(flows), lang)
        draw_source(ax, area, [told, label("map:base_line", lang)])
    mark_axes(ax, study.readers, lang)
    return save_figure(figure, path.with_suffix(""), ["png"], alt=name, lang=lang, close=True)[0]


def draw_season(sheet: Sheet, size: tuple[float, float]) -> Figure:
    """
    Draw the monthly chart alone; `size` is in points.

    What each layer is called stands to the right of it, on a high chart in a legend above. There
    is no room for a heading or for the words on what is missing: the page beside tells them.
    """
    width, height = size
    narrow = height > width
    left, low, top = 34 / width, 18 / height, 1 - (LEGEND_POINTS if narrow else 2) / height
    with style():
        figure = plt.figure(figsize=(width / 72, height / 72))
        ax = figure.add_axes((left, low, (0.98 if narrow else RIGHT) - left, top - low))
        if not sheet.demand.sum() and not sheet.supply.to_numpy().sum():
            ax.set_axis_off()
            ax.text(0.5, 0.5, label("map:no_data", sheet.lang), ha="center", transform=ax.transAxes)
            return figure
        plot_monthly(sheet.supply, sheet.demand, ax=ax, lang=sheet.lang)
        ax.set_title("", loc="left")
        left_out = {"subtitle", "difference", "layer" if narrow else ""} - {""}
        for artist in ax.get_children():
            if artist.get_gid() in left_out:
                artist.remove()
        if narrow:
            ax.legend(loc="lower left", bbox_to_anchor=(-left, 1), frameon=False)
        for words in ax.get_xticklabels()[1::2]:  # every second name has room
            words.set_visible(False)
    return figure


def _led(cell: str, leads: list[str]) -> tuple[str, str]:
    """Return the words of a cell that tell what to do first, and the rest of it."""
    lead = next((lead for lead in leads if cell.startswith(lead)), "")
    return lead.rstrip(), f" {cell.removeprefix(lead)}" if lead else cell


def _picture(figure: Figure, margins: tuple[float, float, float, float] = (0, 0, 0, 0)) -> str:
    """Return a figure without its margins (points) as the data address of an SVG; close it."""
    content = BytesIO()
    left, below, right, above = (margin / 72 for margin in margins)
    width, height = figure.get_size_inches()
    if margins == MAP_MARGINS and height > width:
        below = _list_end(figure, below)
    kept = Bbox.from_extents(left, below, width - right, height - above)
    with style():
        figure.savefig(content, format="svg", metadata=METADATA["svg"], bbox_inches=kept)
    plt.close(figure)
    # a reader's machine may have other fonts than ours
    text = content.getvalue().decode().replace("'Liberation Sans'", FONTS)
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()


def _list_end(figure: Figure, below: float) -> float:
    """Return where the list under a narrow map ends, inches from below: it may be a short one."""
    figure.canvas.draw()
    words = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    ends = [t.get_window_extent().y0 / figure.dpi for t in words]
    return max(below, min((end for end in ends if end >= below), default=below) - GAP / 72)


def _page_words(lang: str) -> str:
    """Return the words of a page number as CSS content, with counters for its numbers."""
    words = label("factsheet:page", lang, page="|page|", pages="|pages|")
    parts = words.split("|")
    return " ".join(
        f"counter({part})" if part in ("page", "pages") else f'"{part}"' for part in parts if part
    )
