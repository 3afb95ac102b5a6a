"""The answer as slides: native charts that can be edited, each under a sentence of the study."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.util import Pt

from ..disclosure import INTERNAL
from ..files import write_whole
from ..labels import (
    cut,
    date_line,
    has_label,
    label,
    language,
    number,
    quantity,
    span,
    version_line,
    within_sentence,
)
from ..maps.captions import caption
from ..model import among, new_of
from ..shortlist import doubtful
from ..study.chain import Study, check_study
from ..study.sentences import existing_note, is_split
from ..tables import data_version
from .deck import BROAD, LEFT, Box, Deck
from .job import BOOK
from .packing import set_facts, without_marks
from .story import TAKERS, Story
from .verdicts import CLAIM, SUMS, claim_cells, stamps, stricter, uncooled

BODY: Box = (LEFT, 1.3, BROAD, 3.85)
SHOWN_MAP = "maps/heat-match-wide"
MAP: Box = (LEFT, 1.14, BROAD, 3.84)
MAP_CROP = (0.115, 0.105)  # of its height: its title and its foot, which the slide has
# of the map: the corner that its insets leave free, where words stand, or else below it
CORNER: Box = (0.796, 0.51, 0.19, 0.37)
BELOW = 0.55  # inches
MAP_FOOT: Box = (LEFT, 5.0, BROAD, 0.2)  # a longer language takes two lines
TAKER_INKS = {"used": "story:series_existing", "storage": "house:blue", "none": "house:bar"}
RESTS = {"a": "house:main", "b": "house:accent", "c": "house:bar"}  # confidence
MOST_CLAIMS, MOST_SOURCES, MOST_PILOTS, MOST_OTHERS, MOST_MOVERS = 7, 4, 6, 7, 6
STEPS = ("supply", "reach", "annual", "monthly", "new")  # by which the plan is made
BOTH = ("supply", "demand")
WHITE, DAGGER = 255, "\u2020"
LONG_CELL, LONG_SOURCE, NAME, INPUT = 140, 150, 44, 64  # characters that fit


def write_slides(
    study: Study,
    verdicts: pd.DataFrame,
    folder: Path,
    path: Path,
    *,
    template: Path | None = None,
    lang: str = "sv",
    story: Story | None = None,
) -> Path:
    """
    Write the answer as a PowerPoint file, 16:9, with charts that can be edited.

    Every title is a sentence with figures of the study; every slide names its source, and its
    notes tell in which sheet of the workbook the numbers stand. What a study does not have is
    said on its slide.

    Parameters
    ----------
    study
        What `run` returned; cleared for internal readers, every slide says INTERN.
    verdicts
        What `claims.check_all` returns.
    folder
        The output folder, where the pictures of maps are.
    path
        The file to write.
    template
        A presentation whose master and layouts are taken. None: the house style. One without a
        layout that has a title alone is told of in a warning.
    lang
        "sv" or "en".
    story
        The figures and sentences, if they were made already.

    Raises
    ------
    OutputError
        If the template cannot be read or the file cannot be written.
    """
    check_study(study)
    story = Story(study, verdicts, lang) if story is None else story
    internal = story.study.readers == INTERNAL
    mark = label("output:internal", story.lang) if internal else ""
    deck = Deck(story.lang, mark=mark, template=None if template is None else Path(template))
    _title(deck, story)
    _answer(deck, story)
    _exists(deck, story)
    _ladder(deck, story)
    _balance(deck, story)
    _classes(deck, story)
    _months(deck, story)
    _maps(deck, story, folder)
    _moves(deck, story)
    _carbon(deck, story)
    _others(deck, story)
    _pilots(deck, story)
    _claims(deck, story)
    _method(deck, story)
    _sources(deck, story)
    set_facts(deck.show.core_properties, story.study, story.lang)
    return write_whole(path, deck.packed())


def _slide(deck: Deck, story: Story, title: str, kicker: str, axis: str, sheet: str) -> Any:
    """Add a slide with its source line, and notes that lead to the numbers."""
    lang = story.lang
    words = {"axis": axis, "sheet": label(f"sheet:{sheet}", lang), **_book(story)}
    return deck.slide(
        title,
        kicker=kicker,
        footer=label("slide:footer", lang, version=data_version()),
        notes=label("slide:notes", lang, **words) + "\n" + story.cite,
    )


def _book(story: Story) -> dict[str, str]:
    """Return the name of the workbook, and of its sheet that tells how to follow a number."""
    name = BOOK.format(story.study.region.slug)
    return {"book": name, "about": label("sheet:about", story.lang)}


def _title(deck: Deck, story: Story) -> None:
    """Add the first slide, on the colour of the house."""
    lang, words = story.lang, story.study.region.words(story.lang)
    slide = deck.slide(label("output:title", lang, **words), notes=story.cite, first=True)
    if deck.template is None:
        fill = slide.background.fill
        fill.solid()
        fill.fore_color.theme_color = MSO_THEME_COLOR.TEXT_2
        # the rules of the other slides would cross the colour
        slide._element.set("showMasterSp", "0")
        title = slide.shapes.title
        title.left, title.top, title.width, title.height = deck.at((0.8, 1.7, 8.4, 1.0))
        for paragraph in title.text_frame.paragraphs:
            for run in paragraph.runs:
                run.font.size, run.font.color.theme_color = Pt(34), MSO_THEME_COLOR.BACKGROUND_1
    light = deck.template is None
    top = story.say("slide:kicker_title").upper()
    deck.text(slide, (0.8, 1.3, 8, 0.3), [top], size=10, bold=True,
              ink="house:kicker" if light else "house:main")  # fmt: skip
    lines = [
        f"{story.headline}.",
        date_line(lang),
        version_line(lang),
    ]
    deck.text(slide, (0.8, 2.85, 8, 1.2), lines, size=13,
              ink="house:below" if light else "house:ink")  # fmt: skip


def _answer(deck: Deck, story: Story) -> None:
    """Add the headline: three figures, and what they hang on."""
    lang, some = story.lang, len(story.new_heat) > 0
    split = is_split(story.study)
    kind = "slide:answer_split" if split else "slide:answer"
    title = story.say(kind if some else "slide:answer_none")
    kicker, figures = label("resource:heat", lang), story.figures
    slide = _slide(deck, story, title, kicker, label("slide:tile_new", lang), "answers")

    # a range stands under the figure that it is of
    kind = "slide:tile_whole" if split else "slide:tile_new"
    ends = span(story.words["new_low"], story.words["new_high"], lang)
    likely_new = story.say("slide:tile_median", range=ends)
    whole = (quantity(figures["new"], "GWh/yr", lang), label(kind, lang), likely_new)
    today = (quantity(figures["existing"], "GWh/yr", lang), label("slide:tile_existing", lang),
             existing_note(story.exchanges, lang))  # fmt: skip
    if split:
        sure = (quantity(figures["sure"], "GWh/yr", lang), label("slide:tile_sure", lang),
                story.say("slide:tile_sure_gain"))  # fmt: skip
        tiles = [sure, whole, today]
    else:
        ends = span(story.words["gain_low"], story.words["gain_high"], lang)
        gain = (quantity(figures["gain"], "MSEK", lang), story.say("slide:tile_gain"),
                label("slide:tile_range", lang, range=ends))  # fmt: skip
        tiles = [whole, today, gain]
    deck.tiles(slide, 1.4, tiles)
    # where it is split the title says what the headline does
    first = story.say("story:near") if split else f"{story.headline}."
    unsure = " ".join(filter(None, [story.unsure, story.why_median]))
    lines = [first, unsure, story.estimated] if some else [
        story.say("story:nothing_new"), story.say("story:existing_heat")]  # fmt: skip
    deck.text(slide, (LEFT, 3.2, BROAD - 0.15, 1.9), [*filter(None, lines)], size=15)


def _exists(deck: Deck, story: Story) -> None:
    """Add what flows today and what is new, by municipality."""
    axis = label("slide:exists_axis", story.lang)
    title = story.say("slide:exists_split" if is_split(story.study) else "slide:exists")
    slide = _slide(deck, story, title, label("resource:heat", story.lang), axis, "plan")
    new = story.gain_words if len(story.new_heat) else ["nothing_new"]
    sides = [side for side in story.receivers if side != "name"]
    _beside(deck, story, slide, ["existing_heat", *new])
    deck.chart(
        slide, _right(), _summed(story.receivers, story.lang), kind="stacked_bars", title=axis,
        words={side: label(f"story:series_{side}", story.lang) for side in sides},
        colours={side: f"story:series_{side}" for side in sides},
    )  # fmt: skip


def _ladder(deck: Deck, story: Story) -> None:
    """Add the fall from what arises to what is new and pays."""
    if story.rungs.empty:
        return
    axis = label("slide:ladder_axis", story.lang)
    title = story.say("slide:ladder_split" if is_split(story.study) else "slide:ladder")
    slide = _slide(deck, story, title, label("resource:heat", story.lang), axis, "steps")
    _beside(deck, story, slide, ["supply", *story.fall_words])
    table = story.rungs.to_frame("value")
    table.index = pd.Index(story.steps["name"])
    grey = ["house:bar"] * (len(table) - 1)
    deck.chart(slide, _right(), table, kind="bars", title=axis, words={"value": axis},
               colours={"value": "house:bar"}, points=[*grey, "house:main"])  # fmt: skip


def _balance(deck: Deck, story: Story) -> None:
    """Add waste heat against demand by municipality, with ranges."""
    axis = label("slide:balance_axis", story.lang)
    title, kicker = story.say(f"slide:{story.balance_key}"), label("resource:heat", story.lang)
    slide = _slide(deck, story, title, kicker, axis, "balance")
    _beside(deck, story, slide, [story.balance_key], label("slide:balance_key", story.lang))
    table = _named(story.balance)
    told = _told(table[[*BOTH]], story.lang)
    deck.chart(
        slide, _right(), table.set_axis(told), kind="bars", title=axis, ranges=True, values=False,
        words={side: language(story.lang).column(side) for side in BOTH},
        colours={"supply": "role:source", "demand": "role:sink"},
    )  # fmt: skip


def _classes(deck: Deck, story: Story) -> None:
    """Add waste heat by temperature and municipality."""
    axis, kicker = label("slide:classes_axis", story.lang), label("resource:heat", story.lang)
    slide = _slide(deck, story, story.say("slide:classes"), kicker, axis, "heat_classes")
    table = _named(story.classes)
    parts = " / ".join(within_sentence(label(str(name), story.lang)) for name in table)
    found = [story.say("story:hot")] if "top_hot" in story.names else []
    found += [label("slide:classes_key", story.lang, classes=parts), story.estimated]
    _beside(deck, story, slide, [], *found)
    deck.chart(
        slide, _right(), table.set_axis(_told(table, story.lang)), kind="stacked_bars", title=axis,
        values=False, words={name: label(name, story.lang) for name in table},
        colours={name: str(name) for name in table},
    )  # fmt: skip


def _months(deck: Deck, story: Story) -> None:
    """Add what the months cover, lack and have left."""
    axis, kicker = label("slide:months_axis", story.lang), label("resource:heat", story.lang)
    slide = _slide(deck, story, story.say("slide:months"), kicker, axis, "monthly")
    _beside(deck, story, slide, ["months"])
    table = story.months.copy()
    table.index = pd.Index([label(f"month:{month}", story.lang) for month in table.index])
    deck.chart(
        slide, _right(), table, kind="stacked_columns", title=axis,
        words={name: label(f"story:series_{name}", story.lang) for name in table},
        colours={name: f"story:series_{name}" for name in table},
    )  # fmt: skip


def _carbon(deck: Deck, story: Story) -> None:
    """Add the CO2 that arises, and who takes it."""
    lang, axis = story.lang, label("slide:co2_axis", story.lang)
    slide = _slide(deck, story, story.say("slide:co2"), label("resource:co2", lang), axis,
                   "co2_balance")  # fmt: skip
    names = ("biogenic", "fossil")
    deck.chart(
        slide, (LEFT, 1.25, 4.35, 2.9), _summed(story.carbon, lang), kind="stacked_bars",
        title=label("slide:co2_sums", lang),
        words={name: label(f"carbon:{name}", lang) for name in names},
        colours={name: f"carbon:{name}" for name in names},
    )  # fmt: skip
    # what no imagined user takes is no bar
    told = [name for name in TAKERS if name != "imagined" or story.takers[name] > 0]
    table = story.takers[told].to_frame("value")
    table.index = pd.Index([label(f"story:taker_{name}", lang) for name in told])
    title = label("slide:takers_axis", lang)
    # white as in the chart of municipalities: what would store it seldom pays
    seldom = len(story.supported) and doubtful(story.supported).all()
    inks = TAKER_INKS | ({"storage": "story:series_seldom"} if seldom else {})
    deck.chart(slide, (5.1, 1.25, 4.4, 2.9), table, kind="bars", title=title,
               words={"value": title}, colours={"value": "story:series_new"},
               points=[inks.get(name, "story:series_new") for name in told])  # fmt: skip
    lines = [story.say("story:co2_takers")]
    lines += [story.say("report:support_left")] if story.figures["storage"] else []
    deck.text(slide, (LEFT, 4.2, BROAD, 0.9), lines, size=12, bullets=True)


def _others(deck: Deck, story: Story) -> None:
    """Add the resources beside heat and CO2: what there is, and what new gains most."""
    lang, new = story.lang, new_of(story.exchanges)
    rows = new[new["resource"].isin(story.others)]
    if rows.empty:
        return
    rows = rows.sort_values("yearly_msek", ascending=False, kind="stable")
    # those that the title counts have a row, and each resource, however little they gain
    named = rows["one_place"].astype(bool) | ~rows["resource"].duplicated()
    rows = pd.concat([rows[named], rows[~named]]).head(MOST_OTHERS)
    rows = rows.sort_values("yearly_msek", ascending=False, kind="stable")
    title, kicker = _title_of_others(story), label("report:head_others", lang)
    slide = _slide(deck, story, title, kicker, kicker, "plan")
    said = [story.other(key) for key in story.others]
    deck.text(slide, (LEFT, 1.22, BROAD, 1.0), said, size=11, bullets=True)
    names = ("sender", "receiver", "flow", "distance_km", "yearly_msek")
    shown = story.starred(rows)
    rare = pd.Series(among(rows, story.study.unsure), rows.index)
    shown = shown.assign(receiver=shown["receiver"] + rare.map({True: f" {DAGGER}", False: ""}))
    cells = [[cut(cell, NAME) for cell in row] for row in story.cells(shown, names)]
    table = (LEFT, 2.3, BROAD, 2.5)
    deck.table(slide, table, story.heads(names), cells, (1.75, 2.4, 3.2, 0.8, 0.85), size=11,
               right=(3, 4), alt=title, high=0.31)  # fmt: skip
    dagger = f" {label('slide:dagger', lang)}" if rare.any() else ""
    lines = [story.say("slide:others_notes", rare=dagger)]
    deck.text(slide, (LEFT, 4.92, BROAD, 0.25), lines, size=12)


def _title_of_others(story: Story) -> str:
    """Count what is new, but for resources of which no exchange is between two named places."""
    new = new_of(story.exchanges)
    named = new[new["one_place"].astype(bool)].groupby("resource").size()
    keys = [key for key in story.others if key in named]
    if len(keys) != 1:
        return story.say("slide:others")
    resource = label(f"resource:{keys[0]}", story.lang)
    return story.say("slide:others_named", resource=resource, named_count=named[keys[0]],
                     count=int(new["resource"].eq(keys[0]).sum()))  # fmt: skip


def _claims(deck: Deck, story: Story) -> None:
    """Add the claims of the pre-study on resources and jobs with their verdicts."""
    lang = story.lang
    if story.claims.empty:
        slide = _slide(deck, story, label("report:findings", lang), "", "", "sources")
        deck.text(slide, BODY, [label("slide:no_claims", lang)])
        return
    rows = story.claims[story.claims["group"] != SUMS]
    kind = "slide:claims" if uncooled(story.verdicts) is None else "slide:claims_cooling"
    title, kicker = story.say(kind), label("report:findings", lang)
    slide = _slide(deck, story, title, kicker, label("report:table_findings", lang), "findings")
    cells = [[cut(cell, LONG_CELL) for cell in row]
             for row in claim_cells(rows.head(MOST_CLAIMS), story.verdicts, lang)]  # fmt: skip
    head = [label(f"column:{name}", lang) for name in CLAIM]
    deck.table(slide, BODY, head, cells, (4.0, 1.2, 3.8), alt=title, high=0.5)
    asked = pd.concat([stricter(story.verdicts, claim)["verdict"] for claim in rows["claim_id"]])
    lines = []
    if counts := [f"{within_sentence(s['words'])} {s['count']}" for s in stamps(asked, lang)]:
        lines.append(label("slide:stricter", lang, counts=", ".join(counts)))
    if len(rows) < len(story.claims):
        lines.append(story.say("slide:claims_sums"))
    deck.text(slide, (LEFT, 4.55, BROAD, 0.55), lines, size=12)
    _tell_rest(deck, story, slide, min(len(rows), MOST_CLAIMS), len(rows), "findings")


def _pilots(deck: Deck, story: Story) -> None:
    """Add the new exchanges that are worth most."""
    lang, rows = story.lang, story.pilots.head(MOST_PILOTS)
    kicker = axis = label("report:head_pilots", lang)
    if rows.empty:
        slide = _slide(deck, story, label("story:nothing_new", lang).rstrip("."), kicker, axis,
                       "plan")  # fmt: skip
        deck.text(
            slide,
            BODY,
            [label("story:nothing_new", lang), story.say(f"story:{story.fall_words[0]}")],
        )
        return
    title = story.say("slide:pilots")
    slide = _slide(deck, story, title, kicker, axis, "pilots")
    notes = slide.notes_slide.notes_text_frame
    notes.text = "\n".join([*(without_marks(text) for text in rows["reasons"]), notes.text])
    names = ("sender", "receiver", "flow", "investment_msek", "npv", "years", "pays_share")
    cells = [[cut(cell, NAME) for cell in row] for row in story.cells(rows, names)]
    widths = (1.55, 1.75, 1.5, 0.95, 1.35, 0.6, 1.3)
    deck.table(slide, BODY, story.heads(names), cells, widths, high=0.44, right=(3, 4, 5, 6),
               alt=title, size=11)  # fmt: skip
    lines = [*story.less_since, story.say("slide:pilots_notes", shown=len(rows))]
    top = 4.55 if len(lines) > 1 else 4.92
    deck.text(slide, (LEFT, top, BROAD, 5.17 - top), lines, size=11)


def _maps(deck: Deck, story: Story, folder: Path) -> None:
    """Add the map of the plan as a picture; one that was not made is named."""
    lang, some = story.lang, len(story.new_heat) > 0
    kind = ("_seldom" if story.largest_is_unsure else "") if some else "_none"
    title = story.say(f"slide:maps{kind}")
    slide = _slide(
        deck, story, title, label("resource:heat", lang), label("index:maps", lang), "plan"
    )
    path = folder / f"{SHOWN_MAP}.png"
    if not path.exists():
        name = label(f"file:{SHOWN_MAP}", lang)
        deck.text(slide, BODY, [label("slide:map_gone", lang, name=name)], size=12)
        return
    said = caption(SHOWN_MAP, lang, region=story.study.region)
    words = story.pipe_words
    left, top, width, height = MAP
    corner = _is_free(path)
    box = MAP if corner or not words else (left, top, width, height - BELOW)
    deck.picture(slide, box, path, said, crop=MAP_CROP)
    if corner:
        with Image.open(path) as image:
            ratio = image.width / (image.height * (1 - sum(MAP_CROP)))
        broad = min(width, height * ratio)
        high, start = broad / ratio, left + (width - broad) / 2
        x, y, wide, _ = CORNER
        place = (start + x * broad, top + (y - MAP_CROP[0]) / (1 - sum(MAP_CROP)) * high,
                 wide * broad, CORNER[3] * high)  # fmt: skip
        deck.text(slide, place, words, size=12)
    else:
        place = (left, top + height - BELOW + 0.05, width, BELOW)
        deck.text(slide, place, [" ".join(words)] if words else [], size=12)
    deck.text(slide, MAP_FOOT, [label("map:base_line", lang)], size=7, ink="house:muted")


def _is_free(path: Path) -> bool:
    """Say whether nothing is drawn in the corner of a map where words may stand."""
    with Image.open(path) as image:
        x, y, width, height = CORNER
        ends = (x * image.width, y * image.height, (x + width) * image.width,
                (y + height) * image.height)  # fmt: skip
        return min(image.convert("L").crop(ends).getextrema()) == WHITE


def _moves(deck: Deck, story: Story) -> None:
    """Add what would change the answer."""
    axis, kicker = label("slide:moves_axis", story.lang), label("resource:heat", story.lang)
    if story.moved.empty:
        return
    # the input by name where it has a short one
    named = f"slide:moves_{story.moved.index[0]}"
    title = story.say(named if has_label(named) else "slide:moves")
    slide = _slide(deck, story, title, kicker, axis, "moves")
    _beside(deck, story, slide, story.moves_words)
    table = story.moved.head(MOST_MOVERS).set_index("name")
    table.index = pd.Index([cut(str(name), INPUT) for name in table.index])
    deck.chart(
        slide, _right(), table, kind="bars", title=axis,
        words={side: label(f"story:series_{side}", story.lang) for side in ("low", "high")},
        colours={side: f"story:series_{side}" for side in ("low", "high")}, digits=0,
    )  # fmt: skip


def _method(deck: Deck, story: Story) -> None:
    """Add how the plan is made, what it assumes and what it does not say."""
    lang = story.lang
    slide = _slide(deck, story, story.say("slide:method"), label("report:sources", lang),
                   label("report:head_method", lang), "parameters")  # fmt: skip
    steps = [(quantity(story.figures[name], "GWh/yr", lang), label(f"slide:step_{name}", lang))
             for name in STEPS if name != "monthly" or story.falls_by_month]  # fmt: skip
    deck.steps(slide, 1.4, steps)
    lines = [story.say(f"slide:method_{name}") for name in ("plan", "prices", "limits")]
    deck.text(slide, (LEFT, 2.9, BROAD, 2.2), lines, size=15, bullets=True)


def _sources(deck: Deck, story: Story) -> None:
    """Add the sources that most rows rest on, how to follow a number and how to cite the study."""
    lang = story.lang
    slide = _slide(deck, story, story.say("slide:sources"), label("report:sources", lang),
                   label("report:sources", lang), "sources")  # fmt: skip
    shares = {grade: story.figures[f"{grade}_pct"] for grade in RESTS}
    shares = {grade: share for grade, share in shares.items() if share > 0}
    axis = label("slide:rests_axis", lang)
    deck.chart(
        slide, (LEFT, 1.2, BROAD, 1.35), pd.DataFrame(shares, index=[label("resource:heat", lang)]),
        kind="stacked_bars", title=axis, digits=0,
        words={grade: label(f"confidence:{grade.upper()}", lang) for grade in shares},
        colours={grade: RESTS[grade] for grade in shares},
    )  # fmt: skip
    used = story.sources
    cells = [[cut(title, LONG_SOURCE), number(count, lang, digits=0)]
             for title, count in used.head(MOST_SOURCES).items()]  # fmt: skip
    head = [label("slide:source_title", lang), label("slide:source_rows", lang)]
    box = (LEFT, 2.62, BROAD, 1.5)
    deck.table(slide, box, head, cells, (8, 1), right=(1,), alt=label("report:sources", lang),
               high=0.29, size=11)  # fmt: skip
    lines = [label("slide:follow", lang, **_book(story)), story.cite, label("output:licence", lang)]
    if rest := max(len(used) - MOST_SOURCES, 0):
        words = {"count": number(rest, lang, digits=0), "sheet": label("sheet:sources", lang)}
        lines[0] = f"{label('slide:source_more', lang, **words)} {lines[0]}"
    deck.text(slide, (LEFT, 4.32, BROAD, 0.85), lines, size=11)


def _tell_rest(deck: Deck, story: Story, slide: object, shown: int, count: int, sheet: str) -> None:
    """Say where the rows of a table that it does not show stand."""
    if count > shown:
        words = {"shown": shown, "count": count, "sheet": label(f"sheet:{sheet}", story.lang)}
        text = label("slide:rest", story.lang, **words)
        deck.text(slide, (LEFT, 4.85, BROAD, 0.25), [text], size=12, ink="house:muted")


def _beside(deck: Deck, story: Story, slide: object, said: Sequence[str], *more: str) -> None:
    """Write sentences at the left of a chart."""
    lines = [*(story.say(f"story:{key}") for key in said), *filter(None, more)]
    deck.text(slide, (LEFT, 1.35, 2.75, 3.7), lines, size=13)


def _right() -> Box:
    """Return the place of a chart beside text."""
    return (3.5, 1.25, 6.0, 3.9)


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose rows are called by their names."""
    named = table.set_index("name")
    return named.set_axis([cut(str(name), NAME) for name in named.index], axis="index")


def _told(table: pd.DataFrame, lang: str) -> list[str]:
    """Return what rows are called with each of their figures: bars may be too small for them."""
    shown = table.map(lambda value: number(value, lang, digits=None if value else 0))
    return [f"{name}  {' / '.join(row)}" for name, *row in shown.itertuples(name=None)]


def _summed(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return a table whose rows are called by their names and sums: parts may be too small."""
    named = _named(table)
    sums = [number(value, lang) for value in named.sum(axis=1)]
    return named.set_axis([f"{n}  {s}" for n, s in zip(named.index, sums, strict=True)])
