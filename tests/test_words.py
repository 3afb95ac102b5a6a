"""One language and known units in everything that is seen, and one word for one thing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import symbios_geo as sg
from symbios_geo import labels
from symbios_geo.matching import ladder
from symbios_geo.outputs import listings as sheets
from symbios_geo.outputs import pages
from symbios_geo.register.comparing import same
from symbios_geo.register.faults import word_of
from symbios_geo.register.forms import tokens_of
from symbios_geo.register.rules import OPEN, column_words, fields
from symbios_geo.study.chain import in_language
from symbios_geo.tables import data_folder, read_table
from symbios_geo.web.explore import show_match, show_register

Drawn = Mapping[tuple[str, str], Figure]
OTHER = {"sv": "en", "en": "sv"}
UNIT = re.compile(r"\b(?:[GMk]Wh|[Mk]?t|EUR|euro|kEUR)/[a-zåäö]+\b")


@pytest.fixture(scope="module")
def named(study: sg.Study) -> str:
    """Return every proper name, in both languages: they belong to neither."""
    sites = study.register.sites
    names = [*sites["name"], *sites["operator"].dropna()]
    names += [name for lang in labels.LANGUAGES for name in labels.site_names(sites, lang)]
    return "\n".join(map(str, names)).casefold()


@cache
def phrases(lang: str) -> list[str]:
    """Return what only the other language says: long enough to be told from a name."""
    table = read_table("labels")
    own = "\n".join(table[lang]).casefold()
    theirs = {
        re.sub(r"\{\w+\}.*", "", text).strip(" .:,(").casefold() for text in table[OTHER[lang]]
    }
    return sorted(t for t in theirs if len(t) > 4 and t not in own)


@cache
def pattern_of(lang: str, named: str) -> re.Pattern[str]:
    """Return what finds the phrases of the other language that are no part of a name."""
    wanted = [phrase for phrase in phrases(lang) if phrase not in named]
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, wanted)) + r")(?!\w)")


def foreign(texts: list[str], lang: str, named: str = "") -> list[tuple[str, str]]:
    """Return each text that holds words of the other language, with these words."""
    pattern = pattern_of(lang, named)
    found = ((text, pattern.search(text.casefold())) for text in texts)
    return [(text, hit.group()) for text, hit in found if hit]


def texts_of(figure: Figure) -> list[str]:
    """Return every visible text of a figure."""
    texts = [t.get_text() for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    return [text.replace("\n", " ") for text in texts]


def strings(value: Any) -> Iterator[str]:
    """Yield every text of nested data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from strings(part if name != "key" else "")
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def test_search_finds_words_of_the_other_language():
    assert foreign(["Waste heat, GWh/år"], "sv") == [("Waste heat, GWh/år", "waste")]
    assert foreign(["Restvärme"], "en") == [("Restvärme", "restvärme")]
    assert foreign(["Restvärme"], "sv") == []
    assert foreign(["Halmstad 12"], "en") == []


@pytest.mark.slow
def test_no_figure_mixes_languages(drawn: Drawn, named: str):
    faults = {
        key: hits
        for key, figure in drawn.items()
        if (hits := foreign(texts_of(figure), key[0], named))
    }
    assert not faults


@pytest.mark.slow
def test_no_figure_shows_an_id_or_an_empty_word(drawn: Drawn):
    ids = {
        key: hits
        for key, figure in drawn.items()
        if (hits := [t for t in texts_of(figure) if re.search(r"[a-z]_[a-z]|\bnan\b|None", t)])
    }
    assert not ids


@pytest.mark.slow
def test_every_unit_in_a_figure_is_in_the_catalogue(drawn: Drawn):
    table = read_table("labels").set_index("key")
    units = table[table.index.str.startswith("unit:")]
    for (lang, name), figure in drawn.items():
        # "t/djur och år" goes on after what looks like a unit
        unknown = {
            hit[0]
            for text in texts_of(figure)
            for hit in UNIT.finditer(text)
            if not any(
                text.startswith(unit, hit.start())
                for unit in units[lang]
                if len(unit) >= len(hit[0])
            )
        }
        assert not unknown, name
    assert any(UNIT.search(text) for text in texts_of(drawn["sv", "map heat-match"]))


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_no_interactive_map_mixes_languages(study: sg.Study, named: str, lang: str):
    match = study.matches["heat"]
    register = study.register
    year = study.candidates["heat"].year()
    months = {1: ladder.by_month(match, year)[1]} if "month_1" in match.links else None
    for page in (
        show_register(register, lang=lang),
        show_match(match, register, lang=lang, months=months),
    ):
        payload = {
            k: v
            for k, v in page.payload.items()
            if k not in ("sources", "texts", "sites", "flows", "base")
        }
        details = [page.payload["texts"][site["detail"]] for site in page.payload["sites"]]
        shown = [*strings(json.loads(json.dumps(payload))), *details]
        assert foreign(shown, lang, named) == []


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_no_page_mixes_languages(study: sg.Study, named: str, tmp_path: Any, lang: str):
    claims = read_table("claims")
    figures = {"value": 2.0, "low": 1.0, "high": 3.0, "probability": 0.5}
    verdicts = claims.rename(columns={f"text_{lang}": "text"}).assign(
        **figures, verdict="open", explanation=""
    )
    for page in (
        pages.findings_page(study, verdicts, lang=lang),
        pages.index_page(study, verdicts, tmp_path, lang=lang),
    ):
        data = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
        body = re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL)
        shown = [text.strip() for text in re.sub(r"<[^>]+>", "\n", body).split("\n")]
        shown += strings([r["facts"] for r in json.loads(data[1])["rows"]]) if data else []
        assert len([text for text in shown if text]) > 5
        assert foreign(shown, lang, named) == []


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_units_of_all_tables_are_in_the_catalogue(study: sg.Study, lang: str):
    shown = in_language(study, lang)
    verdicts = pd.DataFrame(columns=[*sheets.VERDICT, "group"])
    for key, table in sheets.make_tables(shown, verdicts, lang=lang).items():
        for unit in set(table["unit"].dropna()) if "unit" in table else ():
            assert labels.has_label(f"unit:{unit}"), (key, unit)


@pytest.mark.parametrize("resource", ["heat", "co2"])
def test_exchanges_in_tables_name_places_in_the_language(study: sg.Study, resource: str):
    shown = in_language(study, "sv")
    table = sheets.link_table(shown.matches[resource], shown.register)
    names = {*table["name_source"], *table["name_sink"]}
    assert names <= set(shown.register.sites["name"])


def test_waste_heat_has_one_word_in_swedish():
    table = read_table("labels").set_index("key")
    own = table[~table.index.str.startswith("source:")]  # a title is as its publisher wrote it
    texts = [*own["sv"], *read_table("claims")["text_sv"]]
    assert not [text for text in texts if "spillvärm" in text.casefold()]
    assert [text for text in texts if "restvärm" in text.casefold()]


# of what says that no company is named
ENGLISH = r"\b(?:many|several|none|unknown|and|to be|owner of|sale|until|municipality)\b|\d\.\d"


def remarks() -> set[str]:
    """Return every remark of the bundled tables and of the data packages of regions."""
    folder = data_folder()
    files = [*folder.glob("*.csv"), *(folder / "regions").glob("*/*.csv")]
    tables = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(files)]
    return {text for table in tables if "note" in table for text in table["note"] if text}


def numbers(text: str, *, swedish: bool) -> list[str]:
    """Return the numbers of a text in order, however the language writes them; not those of m2."""
    text = re.sub(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))", "", text)
    if swedish:
        text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    return sorted(re.findall(r"(?<!m)\d+(?:\.\d+)?", text))


def test_every_remark_has_its_swedish_text_and_no_other_has(halland: sg.Register):
    table = read_table("remarks")
    # also what is written while rows are made of whole tables, and words that stand for a company
    made = {*halland.flows["note"], *halland.sites["note"]} - {None, ""}
    made = {text for text in made if isinstance(text, str)}
    said = remarks() | made
    assert said <= set(table["en"])
    rest = table[~table["en"].isin(said)]
    assert set(rest["en"]) <= set(halland.sites["operator"])
    assert rest["en"].tolist() == [text for text in rest["en"] if re.search(ENGLISH, text)]
    operators = {*halland.sites["operator"].dropna()} - set(rest["en"])
    assert not [name for name in operators if re.search(ENGLISH, name)]
    assert (table["sv"].str.strip() == table["sv"]).all()
    assert not table["sv"].str.contains("spillvärm", case=False).any()


def test_a_remark_tells_the_same_numbers_in_both_languages():
    pairs = read_table("remarks").itertuples(index=False)
    assert not [p for p in pairs if numbers(p.en, swedish=False) != numbers(p.sv, swedish=True)]


def test_tables_and_maps_tell_remarks_in_the_language(study: sg.Study):
    known = read_table("remarks").set_index("en")["sv"]
    own = pd.DataFrame({"note": [known.index[0], "vår egen", None]})
    assert labels.words(own, "sv")["note"].tolist()[:2] == [known.iloc[0], "vår egen"]
    assert labels.words(own, "en")["note"].tolist()[:2] == [known.index[0], "vår egen"]
    for lang, texts in (("sv", set(known)), ("en", set(known.index))):
        payload = show_register(study.register, lang=lang).payload
        notes = {payload["texts"][row["note"]] for row in payload["sites"]} - {""}
        assert notes
        assert notes <= texts


@pytest.mark.slow
def test_every_chart_names_its_subject_and_unit(drawn: Drawn):
    for lang in labels.LANGUAGES:
        charts = [f for (spoken, name), f in drawn.items() if spoken == lang]
        titles = [figure.axes[0].get_title(loc="left") for figure in charts]
        assert len(set(titles)) == len(titles)
    table = read_table("labels").set_index("key")
    units = table[table.index.str.startswith("unit:")]
    for (lang, name), figure in drawn.items():
        if name.startswith("chart "):
            ax = figure.axes[0]
            told = [ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel()]
            ends = [text.rpartition(", ")[2] for text in told]
            # or after the first amount of the title
            first = re.match(r"\d[\d\s.,]*\s(\S+/\S+)", told[0])
            ends.append(first[1] if first else "")
            assert any(end.endswith(tuple(units[lang])) for end in ends if end), (name, told)


@pytest.mark.parametrize("lang", labels.LANGUAGES)
@pytest.mark.parametrize("table", ["sites", "flows", "synergies"])
def test_every_word_that_is_shown_is_read_back(table, lang):
    for column, field in fields(table).items():
        words = field.get("constraints", {}).get("enum", [])
        words = column_words(column) if column in OPEN else words
        known = tokens_of(column, words)
        for word in words:
            shown = word_of(column, word, lang)
            written = labels.words(pd.DataFrame({column: [word]}), lang).iloc[0, 0]
            assert written == (shown if column in labels.WORDED else word)
            assert known[same(shown)] == known[same(written)] == word, (column, word)
            assert lang == "en" or "_" not in shown, (column, word)
