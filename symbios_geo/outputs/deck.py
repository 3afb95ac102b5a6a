"""Slides as PowerPoint wants them: a master in the house style, native charts, tables, notes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pandas as pd
from lxml import etree
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_TICK_LABEL_POSITION,
)
from pptx.enum.lang import MSO_LANGUAGE_ID
from pptx.enum.shapes import MSO_SHAPE, PP_PLACEHOLDER
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.exc import PythonPptxError
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

from ..errors import OutputError
from ..labels import colour, label, mistake, number
from ..maps.legends import round_up
from .packing import packed, without_marks

Box = tuple[float, float, float, float]  # left, top, width, height, inches of a page of 10 x 5.625
WIDE, HIGH = 10.0, 5.625
LEFT, BROAD = 0.5, 9.0
TITLE: Box = (LEFT, 0.48, BROAD, 0.74)
KICKER: Box = (LEFT, 0.14, 6.5, 0.26)
FOOTER: Box = (LEFT, 5.27, 7.6, 0.26)
NUMBER: Box = (8.7, 5.27, 0.8, 0.26)
AXIS_ENDS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)  # times a power of ten
RULES = (0.42, 5.22)
# fonts that every Office has; a region changes them once, in the theme
HEADINGS, TEXTS = "Georgia", "Arial"
THEME = {
    "dk2": "house:main", "lt2": "house:pale", "accent1": "house:main", "accent2": "house:blue",
    "accent3": "house:yellow", "accent4": "house:red", "accent5": "house:purple",
    "accent6": "house:accent",
}  # fmt: skip
KEPT = ("Title Only", "Blank")
CHART_TEXT = 12  # points
# inches: a character at that size, a line, and what names and legend take of a chart
LETTER, LINE_HIGH, NAMES_BROAD, FOOT_HIGH = 0.093, 0.2, 1.5, 0.8
WHOLE_FROM = 20  # a scale or column up to here has decimals
LIGHT = 0.25  # relative luminance above which text is dark: both then have 4.5 to 1
KINDS = {
    "bars": XL_CHART_TYPE.BAR_CLUSTERED,
    "stacked_bars": XL_CHART_TYPE.BAR_STACKED,
    "stacked_columns": XL_CHART_TYPE.COLUMN_STACKED,
}
LOCALES = {"sv": "41D", "en": "809"}
LANGUAGES = {"sv": MSO_LANGUAGE_ID.SWEDISH, "en": MSO_LANGUAGE_ID.ENGLISH_UK}


@dataclass
class Deck:
    """A presentation that is being made; positions are inches of a page of 10 x 5.625."""

    lang: str
    mark: str = ""
    template: Path | None = None
    show: Any = field(init=False)

    def __post_init__(self) -> None:
        """Open the template, or the plain one put into the house style."""
        if self.template is None:
            self.show = _house_style()
        else:
            try:
                self.show = Presentation(str(self.template))
            except (OSError, KeyError, ValueError, BadZipFile, PythonPptxError) as error:
                raise mistake(
                    OutputError, "error:bad_slides_template", path=self.template, reason=error
                ) from error
            for slide in list(self.show.slides._sldIdLst):
                self.show.part.drop_rel(slide.rId)
                self.show.slides._sldIdLst.remove(slide)
        self.layout = self._title_only()

    def _title_only(self) -> Any:
        """Return the layout with a title and nothing else to fill; tell when there is none."""
        furniture = (PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER)
        for layout in self.show.slide_layouts:
            kinds = [p.placeholder_format.type for p in layout.placeholders]
            if [kind for kind in kinds if kind not in furniture] == [PP_PLACEHOLDER.TITLE]:
                return layout
        layout = self.show.slide_layouts[len(self.show.slide_layouts) - 1]
        words = {"template": self.template, "layout": layout.name}
        warnings.warn(label("slide:no_template", self.lang, **words), stacklevel=5)
        return layout

    def at(self, box: Box) -> tuple[Emu, Emu, Emu, Emu]:
        """Return a box on the page that the presentation has."""
        x, y = self.show.slide_width / WIDE, self.show.slide_height / HIGH
        left, top, width, height = box
        return Emu(int(left * x)), Emu(int(top * y)), Emu(int(width * x)), Emu(int(height * y))

    def slide(
        self,
        title: str,
        *,
        kicker: str = "",
        footer: str = "",
        notes: str = "",
        first: bool = False,
    ) -> Any:
        """Add a slide with title, footer, number and notes; the `first` one has no number."""
        slide = self.show.slides.add_slide(self.layout)
        if slide.shapes.title is None:
            self.text(slide, TITLE, [title], size=20, bold=True)
        else:
            slide.shapes.title.text_frame.text = without_marks(title)
        for holder in list(slide.placeholders):
            if holder.placeholder_format.type not in (
                PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE
            ):  # fmt: skip
                holder.element.getparent().remove(holder.element)
        if kicker:
            self.text(slide, KICKER, [kicker.upper()], size=9, bold=True, ink="house:main")
        if not first:
            self._furniture(slide, footer)
        if self.mark:
            self.text(slide, (5.5, 0.1, 4.0, 0.3), [self.mark], size=9, bold=True, ink="house:red")
        if notes:
            slide.notes_slide.notes_text_frame.text = without_marks(notes)
        return slide

    def _furniture(self, slide: Any, footer: str) -> None:
        """Give a slide the footer and the number that its layout has places for."""
        wanted = {PP_PLACEHOLDER.FOOTER: footer, PP_PLACEHOLDER.SLIDE_NUMBER: ""}
        for holder in self.layout.placeholders:
            kind = holder.placeholder_format.type
            if kind in wanted:
                copy = deepcopy(holder.element)
                slide.shapes._spTree.append(copy)
                if wanted[kind]:
                    slide.shapes[-1].text_frame.text = without_marks(wanted[kind])

    def text(
        self, slide: Any, box: Box, lines: Sequence[str], *, size: float = 14, bold: bool = False,
        ink: str = "house:ink", bullets: bool = False, heading: bool = False,
    ) -> Any:  # fmt: skip
        """Add paragraphs of text; return the shape."""
        shape = slide.shapes.add_textbox(*self.at(box))
        frame = shape.text_frame
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        for place, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
            run = paragraph.add_run()
            run.text = without_marks(line)
            run.font.size, run.font.bold = Pt(size), bold
            run.font.color.rgb = _rgb(ink)
            if heading:
                run.font.name = "+mj-lt"
            paragraph.space_after = Pt(size / 2)
            if bullets:
                _bullet(paragraph)
        return shape

    def tiles(self, slide: Any, top: float, tiles: Sequence[tuple[str, str, str]]) -> None:
        """Add figures in a row: the number large, what it is, and its range."""
        width = BROAD / max(len(tiles), 1)
        for place, (value, words, span) in enumerate(tiles):
            box = (LEFT + place * width, top, width - 0.15, 1.6)
            main, ink = _rgb("house:main"), _rgb("house:ink")
            lines = ((value, 28, True, main), (words, 14, False, ink), (span, 12, False, ink))
            self._filled(slide, MSO_SHAPE.RECTANGLE, box, "house:pale", lines)

    def steps(self, slide: Any, top: float, steps: Sequence[tuple[str, str]]) -> None:
        """Add steps in a row, each an arrow into the next: an amount and what is asked of it."""
        width = BROAD / max(len(steps), 1)
        for place, (value, words) in enumerate(steps):
            last = place == len(steps) - 1
            kind = MSO_SHAPE.PENTAGON if place == 0 else MSO_SHAPE.CHEVRON
            box = (LEFT + place * width, top, width + 0.08, 1.2)
            ink = RGBColor(255, 255, 255) if last else _rgb("house:ink")
            lines = ((value, 14, True, ink), (words, 12, False, ink))
            fill = "house:main" if last else "house:pale"
            shape = self._filled(slide, kind, box, fill, lines)
            shape.adjustments[0] = 0.16
            shape.text_frame.margin_left = Inches(0.12 if place == 0 else 0.26)
            shape.text_frame.margin_right = Inches(0.1)

    def _filled(
        self, slide: Any, kind: Any, box: Box, fill: str,
        lines: Sequence[tuple[str, float, bool, RGBColor]],
    ) -> Any:  # fmt: skip
        """Add a filled shape with lines in it, each of a text, points, whether bold, and colour."""
        shape = slide.shapes.add_shape(kind, *self.at(box))
        shape.fill.solid()
        shape.fill.fore_color.rgb = _rgb(fill)
        shape.line.fill.background()
        shape.shadow.inherit = False
        frame = shape.text_frame
        frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.MIDDLE
        for line, (text, size, bold, ink) in enumerate(lines):
            paragraph = frame.paragraphs[0] if line == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.LEFT
            run = paragraph.add_run()
            run.text = without_marks(text)
            run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, ink
        return shape

    def _key(
        self, slide: Any, box: Box, words: Mapping[str, str], inks: Sequence[RGBColor]
    ) -> None:
        """Write what the bars of each colour are, in their order: programs turn that of legends."""
        shape = self.text(slide, box, [""], size=CHART_TEXT)
        paragraph = shape.text_frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.CENTER
        for text, ink in zip(words.values(), inks, strict=True):
            for part, tone in (
                ("\u25a0 ", ink),
                (f"{without_marks(text)}     ", _rgb("house:ink")),
            ):
                run = paragraph.add_run()
                run.text, run.font.size, run.font.color.rgb = part, Pt(CHART_TEXT), tone

    def chart(
        self, slide: Any, box: Box, table: pd.DataFrame, *, kind: str, words: Mapping[str, str],
        colours: Mapping[str, str], title: str, points: Sequence[str] = (), values: bool = True,
        ranges: bool = False, digits: int | None = None,
    ) -> Any:  # fmt: skip
        """
        Add a native chart: categories are the index of a table, series its columns.

        Parameters
        ----------
        table
            Numbers; the index is what the categories are called, in the order of reading.
        kind
            One of `KINDS`.
        words, colours
            What each series is called, and the label key of its colour.
        title
            What is measured, with its unit: written above, and the start of the alternative text.
        points
            Label keys of colours of single bars, where there is one series.
        values
            Write each value at its bar.
        ranges
            Draw lines from <series>_low to <series>_high, where the table has them.
        digits
            Decimals of the values. None: as in texts.
        """
        names = list(words)
        data = CategoryChartData(number_format="#,##0.0")
        data.categories = [without_marks(str(name)) for name in table.index]
        for name in names:
            data.add_series(without_marks(words[name]), [float(value) for value in table[name]])
        left, top, width, height = box
        self.text(slide, (left, top, width, 0.25), [title], size=CHART_TEXT, ink="house:muted")
        keyed = kind == "bars" and len(names) > 1
        below = (left, top + 0.25, width, height - 0.25 - 0.3 * keyed)
        graphic = slide.shapes.add_chart(KINDS[kind], *self.at(below), data)
        chart = graphic.chart
        inks = [_rgb(colours[name]) for name in names]
        if keyed:
            self._key(slide, (left, top + height - 0.27, width, 0.27), words, inks)
        _dress(chart, kind, inks, _pattern(table[names], self.lang), values=values)
        if values:
            room = width - NAMES_BROAD if kind == "stacked_bars" else height - FOOT_HIGH
            _write_values(
                chart.plots[0], table[names], inks, kind, self.lang, room=room, digits=digits
            )
        if kind == "stacked_bars":  # an end of one's own would make parts smaller than reckoned
            chart.value_axis.maximum_scale = float(table[names].sum(axis=1).max()) or 1.0
        for place, key in enumerate(points):
            look = chart.plots[0].series[0].points[place].format
            look.fill.solid()
            look.fill.fore_color.rgb = _rgb(key)
            look.line.color.rgb, look.line.width = _rgb("house:ink"), Pt(0.5)
        if ranges:
            tops = [f"{name}_high" for name in names if f"{name}_high" in table]
            greatest = float(table[tops + names].to_numpy().max())
            chart.value_axis.maximum_scale = round_up(greatest, AXIS_ENDS) or 1.0
            for series, name in zip(chart.plots[0].series, names, strict=True):
                _draw_range(series, table, name)
        parts = [
            f"{words[name]}: "
            + "; ".join(
                f"{place} {number(value, self.lang, digits=1)}"
                for place, value in table[name].items()
            )
            for name in names
        ]
        _describe(graphic, title, f"{title}. {'. '.join(parts)}.")
        return chart

    def table(
        self, slide: Any, box: Box, head: Sequence[str], rows: Sequence[Sequence[str]],
        widths: Sequence[float], *, size: float = 12, right: Sequence[int] = (), alt: str = "",
        high: float = 0.3,
    ) -> Any:  # fmt: skip
        """Add a table with a marked head row; `right` are the columns of numbers, `high` a row."""
        left, top, width, _ = box
        shape = slide.shapes.add_table(
            len(rows) + 1, len(head), *self.at((left, top, width, high * (len(rows) + 1)))
        )
        grid = shape.table
        grid.first_row, grid.horz_banding = True, False
        for place, share in enumerate(widths):
            grid.columns[place].width = self.at((0, 0, width * share / sum(widths), 0))[2]
        for place, cells in enumerate([head, *rows]):
            grid.rows[place].height = self.at((0, 0, 0, high))[3]
            for column, text in enumerate(cells):
                cell = grid.cell(place, column)
                _fill_cell(cell, text, size, head=place == 0, right=column in right)
        _describe(shape, alt, alt)
        return grid

    def picture(
        self, slide: Any, box: Box, path: Path, alt: str, *, crop: tuple[float, float] = (0, 0)
    ) -> None:
        """
        Add a picture as large as fits a box, in its middle, with an alternative text.

        `crop` are the shares that are cut off above and below.
        """
        left, top, width, height = self.at(box)
        shape = slide.shapes.add_picture(str(path), left, top)
        shape.crop_top, shape.crop_bottom = crop
        high = shape.height * (1 - sum(crop))
        scale = min(width / shape.width, height / high)
        shape.width, shape.height = Emu(int(shape.width * scale)), Emu(int(high * scale))
        shape.left = Emu(left + (width - shape.width) // 2)
        _describe(shape, alt.split(". ")[0], alt)

    def packed(self) -> bytes:
        """Return the file, every text in its language and the same bytes each time."""
        for slide in self.show.slides:
            for element in slide._element.iter(qn("a:rPr"), qn("a:endParaRPr")):
                element.set("lang", LANGUAGES[self.lang].xml_value)  # type: ignore[attr-defined]
        return packed(self.show)


def _house_style() -> Any:
    """Return an empty presentation, 16:9, with the region's colours, fonts, rules and places."""
    show = Presentation()
    show.slide_width, show.slide_height = Inches(WIDE), Inches(HIGH)
    for layout in list(show.slide_layouts):
        if layout.name not in KEPT:
            show.slide_layouts.remove(layout)
    master = show.slide_masters[0]
    theme = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    theme._blob = _themed(theme.blob)
    for page in (master, *show.slide_layouts):
        _place_holders(page)
    for top in RULES:
        _draw_rule(master, top)
    return show


def _themed(blob: bytes) -> bytes:
    """Return a theme with the house's colours and fonts: charts and texts of authors take them."""
    text = blob.decode("utf-8")
    for name, key in THEME.items():
        text = re.sub(
            rf"(<a:{name}>).*?(</a:{name}>)",
            rf'\1<a:srgbClr val="{colour(key)[1:].upper()}"/>\2', text, flags=re.DOTALL,
        )  # fmt: skip
    for kind, font in (("majorFont", HEADINGS), ("minorFont", TEXTS)):
        text = re.sub(rf'(<a:{kind}>\s*<a:latin typeface=")[^"]*', rf"\g<1>{font}", text)
    return text.encode("utf-8")


def _place_holders(page: Any) -> None:
    """Put title, footer and number of a master or layout to their places."""
    boxes = {
        PP_PLACEHOLDER.TITLE: (TITLE, 20, "house:ink", True),
        PP_PLACEHOLDER.FOOTER: (FOOTER, 9, "house:muted", False),
        PP_PLACEHOLDER.SLIDE_NUMBER: (NUMBER, 9, "house:muted", False),
        PP_PLACEHOLDER.BODY: ((LEFT, 1.25, BROAD, 3.8), 14, "house:ink", False),
    }
    for holder in list(page.placeholders):
        kind = holder.placeholder_format.type
        if kind == PP_PLACEHOLDER.DATE:
            holder.element.getparent().remove(holder.element)
        if kind not in boxes:
            continue
        box, size, ink, bold = boxes[kind]
        holder.left, holder.top, holder.width, holder.height = (Inches(part) for part in box)
        frame = holder.text_frame
        frame.margin_left = frame.margin_right = 0
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        for old in holder.element.iter(qn("a:lstStyle")):
            old.clear()
            side = "r" if kind == PP_PLACEHOLDER.SLIDE_NUMBER else "l"
            level = old.makeelement(qn("a:lvl1pPr"), {"algn": side})
            run = level.makeelement(qn("a:defRPr"), {"sz": f"{size}00", "b": f"{int(bold)}"})
            fill = run.makeelement(qn("a:solidFill"), {})
            fill.append(fill.makeelement(qn("a:srgbClr"), {"val": colour(ink)[1:].upper()}))
            run.append(fill)
            level.append(run)
            old.append(level)


def _draw_rule(master: Any, top: float) -> None:
    """Draw a thin line across the master, green above and grey below."""
    line = master.shapes._spTree
    key, size = ("house:main", 0.024) if top == RULES[0] else ("house:grid", 0.012)
    xml = (
        '<p:sp xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:nvSpPr>'
        f'<p:cNvPr id="{900 + int(top * 10)}" name="Rule"/><p:cNvSpPr/><p:nvPr userDrawn="1"/>'
        "</p:nvSpPr><p:spPr><a:xfrm>"
        f'<a:off x="{Inches(LEFT)}" y="{Inches(top)}"/>'
        f'<a:ext cx="{Inches(BROAD)}" cy="{Inches(size)}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill>'
        f'<a:srgbClr val="{colour(key)[1:].upper()}"/></a:solidFill><a:ln><a:noFill/></a:ln>'
        "</p:spPr></p:sp>"
    )
    line.append(etree.fromstring(xml))


def _dress(chart: Any, kind: str, inks: Sequence[RGBColor], pattern: str, *, values: bool) -> None:
    """Give a chart the look of the house: quiet grid, no frame, names and values in ink."""
    plot = chart.plots[0]
    bars = kind != "stacked_columns"
    chart.font.size, chart.font.color.rgb = Pt(CHART_TEXT), _rgb("house:ink")
    chart.has_title = False
    chart.has_legend = len(inks) > 1 and kind != "bars"
    if chart.has_legend:
        chart.legend.position = XL_LEGEND_POSITION.BOTTOM
        chart.legend.include_in_layout = False
        chart.legend.font.size = Pt(CHART_TEXT)
    plot.gap_width = 60
    plot.overlap = 100 if kind.startswith("stacked") else 0
    for series, ink in zip(plot.series, inks, strict=True):
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = ink
        series.format.line.color.rgb, series.format.line.width = _rgb("house:ink"), Pt(0.5)
        series.invert_if_negative = False
    value_axis, category_axis = chart.value_axis, chart.category_axis
    # what is written at every bar needs no scale
    value_axis.visible = not (values and bars)
    value_axis.has_major_gridlines = value_axis.visible
    if value_axis.visible:
        value_axis.major_gridlines.format.line.color.rgb = _rgb("house:grid")
        value_axis.format.line.fill.background()
    value_axis.tick_labels.font.color.rgb = _rgb("house:muted")
    value_axis.tick_labels.number_format = pattern
    value_axis.tick_labels.number_format_is_linked = False
    value_axis.minimum_scale = 0
    category_axis.format.line.color.rgb = _rgb("house:bar")
    category_axis.has_major_gridlines = False
    category_axis.reverse_order = bars  # the first row stands on top
    if bars:
        value_axis.tick_label_position = XL_TICK_LABEL_POSITION.HIGH


def _write_values(
    plot: Any, table: pd.DataFrame, inks: Sequence[RGBColor], kind: str, lang: str, *,
    room: float, digits: int | None,
) -> None:  # fmt: skip
    """Write each value, rounded as in texts: at the end of its bar, or inside a part with room."""
    stacked, columns = kind.startswith("stacked"), kind == "stacked_columns"
    whole = float(table.sum(axis=1).max() or 1.0)
    # as broad as a column is, it has no room for decimals
    digits = 0 if columns and whole >= WHOLE_FROM else digits
    for series, ink in zip(plot.series, inks, strict=True):
        labels = series.data_labels
        labels.show_value = True
        labels.font.size = Pt(CHART_TEXT)
        labels.font.color.rgb = _on(ink) if stacked else _rgb("house:ink")
        if not stacked:
            labels.position = XL_LABEL_POSITION.OUTSIDE_END
        for place, value in enumerate(series.values):
            text = number(value, lang, digits=0 if value == 0 else digits)
            needed = LINE_HIGH if columns else LETTER * (len(text) + 1)
            fits = not stacked or needed < room * value / whole
            _write_value(labels, place, _pattern_of(text, lang) if fits else "")


def _write_value(labels: Any, place: int, pattern: str) -> None:
    """Give one value of a series a number format of its own, or no label where that is blank."""
    label_ = labels._element._insert_dLbl_in_sequence(place)
    if pattern:
        form = label_.makeelement(qn("c:numFmt"), {"formatCode": pattern, "sourceLinked": "0"})
    else:
        form = label_.makeelement(qn("c:delete"), {"val": "1"})
        for part in list(label_)[1:]:
            label_.remove(part)
    label_.find(qn("c:idx")).addnext(form)
    for name in ("c:txPr", "c:dLblPos"):
        kept = labels._element.find(qn(name))
        if pattern and kept is not None:
            old = label_.find(qn(name))
            if old is not None:
                label_.remove(old)
            label_.find(qn("c:showLegendKey")).addprevious(deepcopy(kept))


def _pattern_of(text: str, lang: str) -> str:
    """Return the number format that writes a number as a text does, a thousand parted alike."""
    sign = number(1000, lang, digits=0)[1:-3]
    decimals = len(text.partition(number(0.1, lang, digits=1)[1])[2])
    if sign in text:
        return f'#"{sign}"##0'
    # the comma of the text's language, whatever the computer's own is
    return f"[$-{LOCALES[lang]}]0." + "0" * decimals if decimals else "0"


def _on(ink: RGBColor) -> RGBColor:
    """Return the colour of text on a colour: ink on light ones, white on dark ones."""
    red, green, blue = (part / 255 for part in ink)
    light = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return _rgb("house:ink") if light > LIGHT else RGBColor(255, 255, 255)


def _draw_range(series: Any, table: pd.DataFrame, name: str) -> None:
    """Draw a series' low and high as error bars with values of their own."""
    if not {f"{name}_low", f"{name}_high"} <= set(table.columns):
        return
    space = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    sides = {
        "plus": (table[f"{name}_high"] - table[name]).clip(lower=0),
        "minus": (table[name] - table[f"{name}_low"]).clip(lower=0),
    }
    parts = ""
    for side, values in sides.items():
        points = "".join(
            f'<c:pt idx="{place}"><c:v>{value:.6g}</c:v></c:pt>'
            for place, value in enumerate(values)
        )
        count = f'<c:ptCount val="{len(values)}"/>'
        parts += f"<c:{side}><c:numLit>{count}{points}</c:numLit></c:{side}>"
    xml = (
        f'<c:errBars xmlns:c="{space}"><c:errBarType val="both"/><c:errValType val="cust"/>'
        f'<c:noEndCap val="0"/>{parts}</c:errBars>'
    )
    series._element.find(qn("c:cat")).addprevious(etree.fromstring(xml))


def _fill_cell(cell: Any, text: str, size: float, *, head: bool, right: bool) -> None:
    """Write one cell of a table."""
    cell.margin_left = cell.margin_right = Inches(0.05)
    cell.margin_top = cell.margin_bottom = Inches(0.02)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    cell.fill.solid()
    cell.fill.fore_color.rgb = _rgb("house:main") if head else RGBColor(255, 255, 255)
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
    run = paragraph.add_run()
    run.text = without_marks(text)
    run.font.size, run.font.bold = Pt(size), head
    run.font.color.rgb = RGBColor(255, 255, 255) if head else _rgb("house:ink")


def _bullet(paragraph: Any) -> None:
    """Put a bullet before a paragraph."""
    layout = paragraph._p.get_or_add_pPr()
    layout.set("marL", "171450")
    layout.set("indent", "-171450")
    sign = layout.makeelement(qn("a:buChar"), {"char": "•"})
    layout.append(sign)


def _describe(shape: Any, title: str, text: str) -> None:
    """Give a shape its alternative text."""
    found = shape._element.xpath("./*/p:cNvPr")[0]
    found.set("title", without_marks(title)[:250])
    found.set("descr", without_marks(text))


def _pattern(table: pd.DataFrame, lang: str) -> str:
    """
    Return the number format of a scale: decimals only where its largest value is small.

    A thousand is parted as the language does it, whatever the computer's own is.
    """
    largest = float(table.abs().to_numpy().max()) if table.size else 0.0
    digits = "0" if largest >= WHOLE_FROM else "0.0"
    sign = number(1000, lang, digits=0)[1:-3]
    return f'[<1000]{digits};#"{sign}"##{digits}' if largest >= 1000 else digits


def _rgb(key: str) -> RGBColor:
    """Return the colour of a label key."""
    return RGBColor.from_string(colour(key)[1:].upper())
