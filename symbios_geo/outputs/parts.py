"""What a run writes, part by part; adding an output is adding one line to PARTS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import pandas as pd

from ..disclosure import sign
from ..labels import (
    chance,
    has_label,
    label,
    label_or,
    natural,
    number,
    percent,
    quantity,
    source_line,
)
from ..matching.candidates import RESOURCES
from ..matching.ladder import by_month
from ..model import ROLES, carried, mode_keys
from ..register.classes import COUNTED
from ..shortlist import SURELY, doubtful
from ..tables import read_table
from .job import ARCHIVE, BOOK, DECK, PACKAGE, Job

FORMATS = {"maps": ("png", "svg", "pdf"), "figures": ("png",)}

Part = Callable[[Job], object]
# modules are imported when their part runs: one that is missing stops no other part


def _write_tables(job: Job) -> None:
    """Write the workbook and the CSV files."""
    from . import listings as sheets
    from . import workbook as export

    tables = sheets.make_tables(job.study, job.verdicts, municipal=job.municipal, lang=job.lang)
    folder = _folder(job, "tables")
    path = folder / BOOK.format(job.study.region.slug)
    export.write_workbook(tables, path, lang=job.lang, region=job.study.region)
    export.write_csv(tables, folder, lang=job.lang)


def _write_geopackage(job: Job) -> None:
    """Write the GeoPackage."""
    from .geopackage import write_geopackage

    path = job.folder / PACKAGE.format(job.study.region.slug)
    write_geopackage(job.study, path, lang=job.lang)


def _write_geoparquet(job: Job) -> None:
    """Write the places as GeoParquet."""
    from . import workbook as export

    path = job.folder / ARCHIVE.format(job.study.region.slug)
    export.write_geoparquet(job.study.register, path)


def _draw(
    job: Job, *, folder: str, name: str, draw: Callable[[Job], Any], formats: Sequence[str] = (),
) -> None:  # fmt: skip
    """Write one static map or chart, marked if need be, with captions in both languages."""
    from ..maps.captions import caption, mark_figure, write_captions
    from ..maps.saving import save_figure

    if is_of_nothing(job, draw):
        return
    figure = draw(job).get_figure(root=True)
    if job.internal:
        mark_figure(figure, job.lang)
    path = _folder(job, folder) / name
    alt = caption(f"{folder}/{name}", job.lang, region=job.study.region)
    save_figure(figure, path, formats or FORMATS[folder], alt=alt, lang=job.lang, close=True)
    write_captions(path, f"{folder}/{name}", region=job.study.region, internal=job.internal)
    write_data(job, folder, name)


def write_data(job: Job, folder: str, name: str) -> None:
    """Write the numbers of a picture as CSV beside it."""
    from .figure_data import figure_data
    from .workbook import write_csv

    table = figure_data(job, f"{folder}/{name}")
    if table is not None:
        write_csv({name: table}, _folder(job, folder), lang=job.lang)


def _show_map(job: Job, *, name: str, show: Callable[[Job], Any]) -> None:
    """Write one interactive map as a self-contained page."""
    from ..web import explore

    if not is_of_nothing(job, show):
        page = show(job)
        page.payload["front"] = "../index.html"
        explore.save_map(page, _folder(job, "maps") / f"{name}.html")


def is_of_nothing(job: Job, draw: Callable[..., object]) -> bool:
    """
    Say whether a picture shows nothing and is left out.

    It is of a resource that nobody in the register has, of a need of heat that nobody has, or an
    order of costs of fewer than two.
    """
    while "draw" in (given := getattr(draw, "keywords", {})):
        draw = given["draw"]
    what, resource = getattr(draw, "func", None), given.get("resource")
    if what is _overview or (what is _sensitivity and resource == "heat"):
        heat = job.study.balances["heat"]
        return not (heat["demand"].any() and heat["supply"].any())
    if resource is None:
        return False
    if job.study.register.pick(resource, "source").empty:
        return True
    return what is _costs and carried(job.study.matches[resource].links)["unit_cost"].count() < 2


def _write_findings(job: Job) -> None:
    """Write the page of verdicts; a region without claims has none."""
    from . import pages

    if job.verdicts.empty:
        return
    text = pages.findings_page(job.study, job.verdicts, lang=job.lang)
    _write(job.folder / "findings.html", text)


def _write_accessibility(job: Job) -> None:
    """Write the accessibility statement."""
    from . import pages

    _write(job.folder / "accessibility.html", pages.accessibility_page(job.study, lang=job.lang))


def _write_report(job: Job) -> None:
    """Write the Word document, with pictures drawn at the size that they have in it."""
    from . import document as report

    with TemporaryDirectory() as name:
        sized = replace(job, folder=Path(name))
        for folder, stem, draw in _in_report():
            _draw(sized, folder=folder, name=stem, draw=draw, formats=("png",))
        report.write_report(
            job.study, job.verdicts, sized.folder, job.folder / "report.docx",
            template=job.template, lang=job.lang, story=job.story,
        )  # fmt: skip


def _in_report() -> Iterator[tuple[str, str, Callable[..., object]]]:
    """Return what the document shows: folder, name and how each is drawn at its size."""
    from ..maps.page import CM
    from .document import MAP_CM

    broad, high = MAP_CM
    whole: dict[str, Any] = {"figsize": (broad * CM, high * CM)}
    yield "figures", "heat-by-month", partial(_months, size="low")
    yield "maps", "heat-match", partial(_matched, resource="heat", **whole)
    yield "maps", "co2-sources", partial(_places, resource="co2", **whole)
    yield "maps", "materials-match", partial(_matched, resource="materials", **whole)


def _write_slides(job: Job) -> None:
    """Write the slides, with the map as broad as one that was drawn before."""
    from . import slides

    slides.write_slides(
        job.study, job.verdicts, job.folder, job.folder / DECK.format(job.study.region.slug),
        template=job.slides_template, lang=job.lang, story=job.story,
    )  # fmt: skip


def _write_notebooks(job: Job) -> None:
    """Execute the notebooks and write each as a page; they are about the bundled region."""
    from . import notebooks

    if not job.study.region.packaged:
        return
    folder = _folder(job, "notebooks")
    notebooks.write_notebooks(
        notebooks.find_notebooks(), folder, lang=job.lang, internal=job.internal
    )


def _write_factsheets(job: Job) -> None:
    """Write two pages on each municipality, as PDF and HTML."""
    from ..factsheets import write as factsheet

    factsheet.write_factsheets(
        job.study, _folder(job, "factsheets"), lang=job.lang, workers=job.workers,
        home="../index.html",
    )  # fmt: skip


def _write_index(job: Job) -> None:
    """Write the front page."""
    from . import pages

    text = pages.index_page(job.study, job.verdicts, job.folder, lang=job.lang, said=job.answer)
    _write(job.folder / "index.html", text)


def _write_municipalities(job: Job) -> None:
    """Write the front page once more for each municipality, opened with its answer."""
    from . import pages

    folder = _folder(job, "municipalities")
    for code in job.study.region.names.index:
        text = pages.index_page(
            job.study, job.verdicts, job.folder, lang=job.lang, said=job.answer, place=str(code),
        )  # fmt: skip
        _write(folder / f"{job.study.region.file_name(code)}.html", text)


def _overview(job: Job, **size: Any) -> object:
    from ..maps import plot as maps

    s = job.study
    return maps.plot_overview(s.register, s.municipalities, lang=job.lang, **size)


def _places(job: Job, *, resource: str, **size: Any) -> object:
    from ..maps import plot as maps

    s = job.study
    return maps.plot_register(
        s.register, s.municipalities, resource=resource, lang=job.lang, **size
    )


def _matched(job: Job, *, resource: str, **size: Any) -> object:
    from ..maps import plot as maps

    s = job.study
    return maps.plot_match(
        s.matches[resource], s.register, s.municipalities, business=s.business,
        support=_support(s), lang=job.lang, **size,
    )  # fmt: skip


def _live_places(job: Job, *, resource: str) -> object:
    from ..web import explore

    s = job.study
    return explore.show_register(s.register, s.municipalities, resource=resource, lang=job.lang)


def _live_match(job: Job, *, resource: str) -> object:
    from ..web import explore

    s = job.study
    return explore.show_match(
        s.matches[resource], s.register, s.municipalities, lang=job.lang, business=s.business,
        support=_support(s),
    )  # fmt: skip


def _support(study: Any) -> float | None:
    """Return how much CO2 the money of the state's auction is enough for, kt a year."""
    return study.headline.get("co2_support_left_kt")


def _pilots(job: Job, **size: Any) -> object:
    from ..maps import pilots as maps

    s = job.study
    return maps.plot_pilots(job.story.ranked, s.register, s.municipalities, lang=job.lang, **size)


def _pilot_values(job: Job) -> object:
    from ..figures import ranges as figures
    from ..maps import pilots as maps
    from ..maps.flows import drawn_names

    table, lang = job.story.ranked, job.lang
    sites = {f"site_id_{side}": side for side in ROLES}
    ends = drawn_names(table[[*sites]].rename(columns=sites), job.study.register.sites, lang)
    # numbered as on their map
    numbers = maps.pilot_numbers(table, lang)
    names = [
        f"{number}  {ends[source]} \u2192 {ends[sink]}"
        for number, source, sink in zip(numbers, *(table[site] for site in sites), strict=True)
    ]
    values = {"value": "npv_msek", "low": "npv_msek_low", "high": "npv_msek_high"}
    shown = pd.DataFrame({name: table[column].to_numpy() for name, column in values.items()}, names)
    shown["look"] = maps.pilot_sureness(table).to_numpy()
    # as the list of the map writes them
    shown["told"] = [number(value, lang, digits=0) for value in shown["value"]]
    few = doubtful(table)
    told = {"count": len(table), "sure": int((table["pays_share"] >= SURELY).sum())}
    words = label("chart:pilots", lang, **told, few=int(few.sum()))
    letters = maps.pilot_letters(table, lang)
    begins = None
    if few.any() and not few.all():  # a line of what seldom pays may leave the chart: it is told
        lows = table.loc[~few, ["npv_msek_low", "npv_msek"]].min(axis=1)
        begins = 1.3 * min(float(lows.min()), 0.0)
    return figures.plot_ranges(
        sign(shown, job.study.readers), unit="MSEK", title=words,
        note=f"{letters}. {source_line(lang)}", size="wide", lang=lang, begins=begins,
    )  # fmt: skip


def _matched_by_quarter(job: Job, **size: Any) -> object:
    from ..maps import plot as maps

    s = job.study
    return maps.plot_seasons(
        job.monthly, s.register, s.municipalities, business=s.business, lang=job.lang, **size
    )


def _live_by_month(job: Job) -> object:
    from ..web import explore

    s, answer = job.study, job.monthly
    months = by_month(answer, s.candidates["heat"].year())
    return explore.show_match(
        answer, s.register, s.municipalities, months=months, business=s.business, lang=job.lang
    )


def _bars(job: Job, *, resource: str) -> object:
    from ..figures import charts as figures

    record = job.study.resource(resource)
    subject = label_or(f"subject:{resource}", "", job.lang)
    parts, unit = _natural(job, resource)
    table = _in_order(job, resource)
    sums = table.select_dtypes("number") / parts
    if record.suits is not None:  # what one kind lacks another does not fill
        return _taken_bars(job, resource, table.assign(**sums), parts, unit)
    return figures.plot_municipal_bars(
        table.assign(**{str(name): sums[name] for name in sums}), unit=unit,
        columns=record.parts, subject=subject, resource=resource,
        note=source_line(job.lang), size="wide", lang=job.lang,
    )  # fmt: skip


def _taken_bars(job: Job, resource: str, table: pd.DataFrame, parts: float, unit: str) -> object:
    """Draw what becomes of a resource by municipality."""
    from ..figures.taken import PARTS as BECOMES
    from ..figures.taken import plot_taken
    from .figure_data import taken

    sums = taken(job, resource).groupby("municipality_code")[[*BECOMES]].sum() / parts
    rows = table.assign(**sums.reindex(table.index, fill_value=0.0))
    return plot_taken(
        sign(rows, job.study.readers), unit=unit, resource=resource, note=source_line(job.lang),
        size="wide", lang=job.lang,
    )  # fmt: skip


def _taken_sources(job: Job, resource: str, links: pd.DataFrame, parts: float, unit: str) -> object:
    """Draw what becomes of what each place has, with its exchanges in words."""
    from ..figures.taken import plot_taken
    from ..maps.placenames import amount, short_site_names
    from .figure_data import taken

    table, lang = taken(job, resource), job.lang
    sums = table.groupby("site_id", sort=False).sum(numeric_only=True) / parts
    sums = sums.sort_values("supply", ascending=False, kind="stable")
    names = short_site_names(job.study.register.sites.loc[sums.index], lang)
    per = job.study.resource(resource).told_unit
    told: dict[object, str] = {}
    known = links[["source", "name_sink", "delivered", "levelised_sek", "worth_sek", "pays_share"]]
    for source, sink, value, cost, worth, share in known.dropna().itertuples(index=False):
        words = label(
            "figure:taken_told", lang, sink=sink, value=amount(value, "", lang),
            cost=quantity(cost, per, lang), worth=quantity(worth, per, lang),
            share=chance(share, lang),
        )  # fmt: skip
        site = table.loc[source, "site_id"]
        told[site] = "\n".join(filter(None, [told.get(site, ""), words]))
    return plot_taken(
        sign(sums.assign(name=names), job.study.readers), unit=unit, resource=resource, told=told,
        delivered=links["delivered"], note=source_line(lang), size="wide", lang=lang,
    )  # fmt: skip


def _natural(job: Job, resource: str) -> tuple[float, str]:
    """Return how many parts of its unit the charts of a resource tell, and what that is called."""
    sums = _in_order(job, resource).select_dtypes("number")
    return natural(float(sums.max().max()), job.study.resource(resource).unit)


def _in_order(job: Job, resource: str) -> pd.DataFrame:
    """Return the sums by municipality from north to south, without that of the region."""
    table = job.study.by_municipality(resource)
    return table.loc[[code for code in job.study.region.north_to_south if code in table.index]]


def _ladder(job: Job) -> object:
    from ..figures import charts as figures
    from .rows import told_fall

    told = sign(told_fall(job.study), job.study.readers)
    rungs = told.drop("existing")
    return figures.plot_ladder(
        rungs["amount"], existing=told.loc["existing", "amount"], lifted=rungs["lifted"],
        note=source_line(job.lang), size="wide", lang=job.lang,
    )  # fmt: skip


def _months(job: Job, size: str = "wide") -> object:
    from ..figures import charts as figures

    table = job.study.monthly
    supply = table[[c for c in COUNTED if c in table]]
    return figures.plot_monthly(
        # the caption of a document names the source
        supply, table["demand"], note=source_line(job.lang) if size == "wide" else "", size=size,
        lang=job.lang,
    )  # fmt: skip


def _costs(job: Job, *, resource: str) -> object:
    from ..figures import charts as figures

    record, (parts, unit) = job.study.resource(resource), _natural(job, resource)
    return figures.plot_cost_curve(
        _in_parts(_links(job, resource), parts), unit=unit, cost_unit=record.told_unit, size="wide",
        note=source_line(job.lang), lang=job.lang,
    )  # fmt: skip


def _links(job: Job, resource: str) -> pd.DataFrame:
    """Return the exchanges of a match, their ends called as people tell them apart."""
    from ..maps.flows import pays_share
    from .listings import link_table

    match = job.study.matches[resource]
    links = link_table(match, job.study.register)
    named = job.story.named(links)
    told = links.assign(
        name_source=named["sender"], name_sink=named["receiver"],
        pays_share=pays_share(links, job.study.business),
        rank=_ranks(job, links),
    )  # fmt: skip
    # what pays with support only, and what replaces another
    more = match.links.columns.intersection(["worth_years", "yield_share"])
    if len(more):
        told = told.join(match.links.set_index([*ROLES])[more], on=[*ROLES])
    return sign(told, job.study.readers)


def _ranks(job: Job, links: pd.DataFrame) -> pd.Series:
    """Return the number of each link in the list of pilots, as the front page has it."""
    listed = job.story.ranked.set_index([*ROLES])["rank"]
    return pd.Series(
        listed.reindex(pd.MultiIndex.from_frame(links[[*ROLES]])).to_numpy(), links.index
    )


def _in_parts(links: pd.DataFrame, parts: float) -> pd.DataFrame:
    """Return links whose amounts are in so many parts of their unit."""
    return links.assign(**{name: links[name] / parts for name in ("sent", "delivered")})


def _exchanges(job: Job, *, resource: str) -> object:
    from ..figures import charts as figures
    from .figure_data import of_sources

    parts, unit = _natural(job, resource)
    links, match = _in_parts(_links(job, resource), parts), job.study.matches[resource]
    if of_sources(job, resource):
        return _taken_sources(job, resource, links, parts, unit)
    names = pd.concat([links.set_index(side)[f"name_{side}"] for side in ROLES])
    told = [source_line(job.lang)]
    if has_label(need := f"figure:need_{resource}"):  # not all that is needed could take it
        joins = percent(job.study.assumptions["connection_rate"], job.lang)
        told.insert(0, label(need, job.lang, share=joins))
    return figures.plot_exchanges(
        links, names[~names.index.duplicated()], unit=unit,
        unused=match.unused / parts, unmet=match.unmet / parts, note=" ".join(told), size="wide",
        support=_support(job.study), lang=job.lang,
    )  # fmt: skip


def _sensitivity(job: Job, *, resource: str, unit: str) -> object:
    from ..figures import charts as figures
    from .figure_data import SENSITIVE

    claim = SENSITIVE[resource]
    words = label(f"answer:{claim}", job.lang)
    limits = read_table("claims").set_index("claim_id")["threshold"]
    return figures.plot_tornado(
        sign(job.tornados[resource], job.study.readers),
        unit=unit,
        question=label(f"question:{claim}", job.lang),
        answer=words,
        threshold=float(limits[claim]) if claim in limits else None,
        note=f"{label('figure:ends_alone', job.lang)} {source_line(job.lang)}",
        size="wide",
        lang=job.lang,
    )


def _movers(job: Job) -> object:
    from ..figures import charts as figures
    from ..maps.findings import seldom_words
    from .figure_data import moves

    told = moves(job)
    links, plan = carried(_links(job, "heat")), job.study.headline["new_gwh"]
    links, note = links.assign(mode=mode_keys(links)), source_line(job.lang)
    doubt = seldom_words(links, "GWh/yr", job.lang, mark="part")
    if doubt and told["value"].iloc[0] < plan:
        note = f"{label('figure:mean_lower', job.lang, doubt=doubt)} {note}"
    note = f"{label('figure:ends_fifth', job.lang)} {note}"
    sure, key = job.story.surest["delivered"].sum(), "figure:mean_drawn"
    means = {"mean": told["value"].iloc[0], "plan": plan, "sure": sure}
    means = {name: number(value, job.lang, digits=0) for name, value in means.items()}
    why = label(f"{key}_sure" if sure < plan else key, job.lang, **means)
    return figures.plot_tornado(
        sign(told, job.study.readers), unit="GWh/yr", question=label("question:new_heat", job.lang),
        answer=label("answer:new_heat", job.lang), middle="mean", plan=plan, why=why, note=note,
        size="wide", lang=job.lang,
    )  # fmt: skip


def _draw_wide(job: Job) -> None:
    """Write the map of the plan once more, as broad as a slide, which has words of its own."""
    draw = partial(_matched, resource="heat", size="wide", listed=False)
    _draw(job, folder="maps", name="heat-match-wide", draw=draw)


def _static(name: str, draw: Callable[..., object], **options: str) -> tuple[str, Part]:
    return f"map {name}", partial(_draw, folder="maps", name=name, draw=partial(draw, **options))


def _chart(name: str, draw: Callable[..., object], **options: str) -> tuple[str, Part]:
    titled = partial(_titled, name=name, draw=partial(draw, **options))
    return f"chart {name}", partial(_draw, folder="figures", name=name, draw=titled)


def _titled(job: Job, *, name: str, draw: Callable[..., Any]) -> object:
    """Draw a chart; under its finding stands the name it has on the front page, with the unit."""
    from ..maps.page import style, write_heading

    axes = draw(job)
    told = [t.get_text() for t in axes.texts if t.get_gid() == "subtitle"]
    measure, _, why = " ".join(told[0].split()).partition(". ") if told else ("", "", "")
    unit, called = measure.rpartition(", ")[2], label(f"file:figures/{name}", job.lang)
    unit = "" if unit in called else unit
    with style():
        room = axes.get_figure(root=True).get_figwidth() * 72 * (1 - axes.get_position().x0) - 12
        words = ". ".join(filter(None, [", ".join(filter(None, [called, unit])), why]))
        write_heading(axes, " ".join(axes.get_title(loc="left").split()), words, room=room)
    return axes


def _live(name: str, show: Callable[..., object], **options: str) -> tuple[str, Part]:
    return f"interactive map {name}", partial(_show_map, name=name, show=partial(show, **options))


def _folder(job: Job, name: str) -> Path:
    """Return a folder of the output, made if needed."""
    folder = job.folder / name
    folder.mkdir(exist_ok=True)
    return folder


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def make_parts(resources: Iterable[str]) -> Mapping[str, Part]:
    """Return every part by name; the order is that of work: later ones use files of earlier."""
    keys = list(resources)
    parts = [
        ("tables", _write_tables),
        ("geopackage", _write_geopackage),
        ("geoparquet", _write_geoparquet),
        ("findings page", _write_findings),
        ("accessibility page", _write_accessibility),
        _static("overview", _overview),
        *(_static(f"{key}-sources", _places, resource=key) for key in keys),
        *(_static(f"{key}-match", _matched, resource=key) for key in keys),
        ("wide map heat-match", _draw_wide),
        _static("heat-match-months", _matched_by_quarter),
        _static("pilots", _pilots),
        *(_chart(f"{key}-by-municipality", _bars, resource=key) for key in keys),
        _chart("heat-ladder", _ladder),
        _chart("heat-by-month", _months),
        _chart("pilots-value", _pilot_values),
        *(_chart(f"{key}-costs", _costs, resource=key) for key in keys),
        *(_chart(f"{key}-exchanges", _exchanges, resource=key) for key in keys),
        _chart(
            "heat-sensitivity",
            _sensitivity,
            resource="heat",
            unit="times the demand",
        ),
        _chart("heat-movers", _movers),
        _chart("co2-sensitivity", _sensitivity, resource="co2", unit="kt/yr"),
        *(_live(f"{key}-sources", _live_places, resource=key) for key in keys),
        *(_live(f"{key}-match", _live_match, resource=key) for key in keys),
        _live("heat-match-months", _live_by_month),
        ("slides", _write_slides),
        ("report", _write_report),
        ("factsheets", _write_factsheets),
        ("notebooks", _write_notebooks),
        ("municipality pages", _write_municipalities),
        ("front page", _write_index),
    ]
    return MappingProxyType(dict(parts))


PARTS = make_parts(RESOURCES)
