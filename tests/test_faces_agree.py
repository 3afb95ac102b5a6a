"""One question has one answer on every face: figures, ranges and verdicts of one run compared."""

from __future__ import annotations

import html
import re
from pathlib import Path

import docx
import numpy as np
import openpyxl
import pandas as pd
import pptx
import pyogrio
import pytest
from docx.oxml.ns import qn

import symbios_geo as sg
from symbios_geo.factsheets.pages import make_html
from symbios_geo.factsheets.words import make_sheet
from symbios_geo.labels import (
    has_label,
    interval,
    label,
    number,
    quantity,
    within_sentence,
)  # fmt: skip
from symbios_geo.outputs import pages
from symbios_geo.outputs.key_figures import KEY_FIGURES
from symbios_geo.outputs.slides import write_slides
from symbios_geo.outputs.story import Story
from symbios_geo.outputs.verdicts import SUMS as BUDGET
from symbios_geo.outputs.verdicts import claim_words, stamps, stricter
from symbios_geo.study.further import further_figures
from symbios_geo.study.intervals import FIGURES, SUMS, ranged_balance, ranged_co2, ranges
from symbios_geo.study.outlook import outlook
from symbios_geo.study.sentences import headline_words

CODE = "1380"


@pytest.fixture(scope="module")
def made(study, output) -> tuple[Path, pd.DataFrame]:
    """Return the folder of a run and the verdicts it was made from."""
    return output, sg.claims.check_all(study)


def plain(page: str) -> str:
    """Return what a reader sees of a page, spaces made alike."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def said(study: sg.Study, name: str) -> tuple[str, str]:
    """Return a figure and its range as every page writes them."""
    row = study.intervals.loc[name]
    span = "" if pd.isna(row["low"]) else interval(row["low"], row["high"])
    return plain(quantity(row["value"], row["unit"])), plain(span)


def sheet(folder: Path, key: str) -> pd.DataFrame:
    """Return a sheet of the workbook."""
    book = openpyxl.load_workbook(next((folder / "tables").glob("*.xlsx")), read_only=True)
    rows = list(book[label(f"sheet:{key}")].iter_rows(values_only=True))
    return pd.DataFrame(rows[1:], columns=rows[0])


def test_every_drawn_figure_has_a_range_and_stands_in_the_first_sheet(study, made):
    book = openpyxl.load_workbook(next((made[0] / "tables").glob("*.xlsx")), read_only=True)
    assert book.sheetnames[1] == label("sheet:answers")
    table = sheet(made[0], "answers").set_index(label("column:answers.figure"))
    names = [label(f"column:{n}") for n in ("value", "answers.low", "answers.high")]
    numbers = table[names].astype(float).set_axis(["value", "low", "high"], axis=1)
    # of all draws, beside the best value
    middle = numbers.loc[["new_gwh_median", "new_gwh_mean"], "value"]
    drawn = FIGURES["new_gwh"](study.drawn)
    assert middle.to_numpy() == pytest.approx([np.median(drawn), drawn.mean()], abs=1e-6)
    table, numbers = table.drop(middle.index), numbers.drop(middle.index)
    known = pd.concat([study.intervals, further_figures(study)])
    wanted = known.loc[table.index, ["value", "low", "high"]].astype(float)
    # people read shares in per cent
    shares = known["unit"].reindex(table.index) == "share"
    assert shares.any()
    assert (table.loc[shares, label("column:unit")] == "%").all()
    wanted[shares] *= 100
    assert numbers.to_numpy() == pytest.approx(wanted.to_numpy(), abs=1e-6, nan_ok=True)
    assert set(FIGURES) | {"existing_gwh", "used_gwh"} <= set(table.index)
    assert numbers.loc[list(FIGURES)].notna().all(axis=None)
    # nobody has to guess what a figure is, or where it comes from
    assert table[[label("column:meaning"), label("column:comes_from")]].notna().all(axis=None)
    assert study.intervals["value"].equals(
        study.intervals["value"].fillna(pd.Series(study.headline))
    )


def test_steps_and_moves_of_the_report_stand_in_the_workbook(study, made):
    story = Story(study, made[1])
    told, by_month = story.figures, ["monthly"] if story.falls_by_month else []
    names = {"steps": ("value",), "moves": ("moves.low", "moves.high", "moves.mean")}
    wanted = {
        "steps": ["supply", "hot", "reach", "annual", *by_month, "new"],
        "moves": ["moves_low", "moves_high", "mean"],
    }
    for key, columns in names.items():
        table = sheet(made[0], key)
        values = table[[label(f"column:{name}") for name in columns]].to_numpy(float).ravel()
        for name in wanted[key]:
            assert np.isclose(values, told[name], atol=1e-6).any(), name


@pytest.mark.parametrize("page", ["index.html", "report.docx"])
def test_no_range_joins_a_minus_with_a_dash(made, page):
    path = made[0] / page
    text = path.read_text(encoding="utf-8") if page.endswith("html") else "\n".join(
        "".join(node.text or "" for node in part.iter(qn("w:t")))
        for part in docx.Document(str(path)).element.body.iter(qn("w:p"))
    )  # fmt: skip
    assert not re.findall(r"\u2212[\d\s.,]+\u2013|\u2013\u2212", text)
    assert re.search(r"\u2212[\d\s.,]+ till ", text) or page.endswith("html")


@pytest.mark.parametrize("page", ["index.html", "findings.html", "report.docx"])
def test_pages_and_report_say_each_key_figure_with_its_range(study, made, page):
    path = made[0] / page
    if page.endswith(".docx"):
        tables = docx.Document(str(path)).tables
        text = plain(" ".join(c.text for t in tables for row in t.rows for c in row.cells))
    else:
        text = plain(path.read_text(encoding="utf-8"))
    for name in KEY_FIGURES:
        value, span = said(study, name)
        assert value in text, name
        assert span in text, name
    gain = study.intervals.loc["new_msek_per_yr"]
    assert plain(f"({interval(gain['low'], gain['high'])})") in text


def test_every_face_opens_with_one_sentence(study, made, tmp_path):
    folder, sentence = made[0], plain(headline_words(study, "sv"))
    # what a run that draws knows; the pages of these tests are written without, to be quick
    future = outlook(study, study.drawn, ids=("heat_pipe_cost_factor",))
    assert sentence in plain(pages.index_page(study, made[1], folder, outlook=future))
    report = docx.Document(str(folder / "report.docx"))
    assert sentence in plain(" ".join(text.text for text in report.paragraphs))
    meanings = sheet(folder, "answers")[label("column:meaning")]
    assert sentence in plain(" ".join(meanings))
    deck = pptx.Presentation(str(write_slides(study, made[1], folder, tmp_path / "a.pptx")))
    texts = [s.text_frame.text for page in deck.slides for s in page.shapes if s.has_text_frame]
    assert sentence in plain(" ".join(texts))


def test_new_heat_is_told_with_a_range_wherever_it_is_told(study):
    assert said(study, "new_gwh")[1]
    case = study.drawn.within(CODE)
    page = plain(make_html(make_sheet(study, CODE, study.drawn), study))
    shown = [name for name in (*SUMS, "new_gwh") if name != "co2_kt"]
    for low, high in ranges(case, shown).to_numpy():
        if low != high:
            ends = [number(end) if end else number(0, digits=0) for end in (low, high)]
            assert plain("\u2013".join(ends)) in page


@pytest.mark.parametrize("key", ["balance", "co2_balance"])
def test_sums_by_municipality_have_one_range_in_workbook_csv_geopackage_and_report(
    study, made, key
):
    folder, shown = made[0], sheet(made[0], key)
    csv = pd.read_csv(
        folder / "tables" / f"{key}.csv", sep=";", decimal=",", encoding="utf-8-sig",
        dtype={label("column:municipality_code"): str},
    )  # fmt: skip
    code = label("column:municipality_code")
    layer = pyogrio.read_dataframe(next(folder.glob("*.gpkg")), layer="municipalities")
    layer = layer.set_index("municipality_code")
    tables = docx.Document(str(folder / "report.docx")).tables
    report = plain(" ".join(c.text for t in tables for row in t.rows for c in row.cells))
    parts = ("biogenic", "fossil") if key == "co2_balance" else ("supply", "demand")
    prefix = "co2" if key == "co2_balance" else "heat"
    truth = ranged_co2(study) if key == "co2_balance" else ranged_balance(study, "heat")
    for part in parts:
        columns = [part, f"{part}_low", f"{part}_high"]
        words = [label(f"column:{column}") for column in columns]
        for face in (shown, csv):
            rows = face.drop_duplicates(code).set_index(code).loc[truth.index, words]
            wanted = truth[columns].to_numpy(float)
            assert rows.to_numpy(float) == pytest.approx(wanted, abs=1e-6)
        towns = layer[[f"{prefix}_{column}" for column in columns]].loc[truth.index[:-1]]
        wanted = truth.iloc[:-1][columns].to_numpy(float)
        assert towns.to_numpy() == pytest.approx(wanted, abs=1e-6)
        for _, row in truth.iterrows():
            ends = number(row[f"{part}_low"]), number(row[f"{part}_high"])
            # a range that is one number says no more than the number
            told = interval(row[f"{part}_low"], row[f"{part}_high"]) if len(set(ends)) > 1 else ""
            alone = number(row[part], digits=None if row[part] else 0)
            assert plain(told or alone) in report


def test_the_plan_sums_to_the_headline_in_its_sheet(study, made):
    rows = sheet(made[0], "plan")
    heat = rows[rows[label("column:resource")] == label("resource:heat")]
    sums = heat.groupby(label("column:status"))[label("column:delivered")].sum()
    assert sums[label("status:new")] == pytest.approx(study.headline["new_gwh"], abs=1e-4)
    assert sums[label("status:existing")] == pytest.approx(study.headline["existing_gwh"])
    gain = heat[label("column:yearly_msek")].sum()
    assert gain == pytest.approx(study.headline["new_msek_per_yr"], abs=1e-4)


def test_verdicts_are_the_same_on_page_sheet_report_and_in_a_notebook(study, made):
    folder, verdicts = made
    # what a notebook calls, of the draws of the same study
    again = sg.claims.check_all(study, drawn=study.drawn)
    same = ["claim_id", "verdict", "value", "low", "high", "probability"]
    pd.testing.assert_frame_equal(again[same], verdicts[same])
    page = plain((folder / "findings.html").read_text(encoding="utf-8"))
    table = sheet(folder, "findings")
    words = [label(f"verdict:{verdict}") for verdict in verdicts["verdict"]]
    assert table[label("column:verdict")].tolist() == words
    report = docx.Document(str(folder / "report.docx"))
    rows = {row.cells[0].text: row.cells[1].text for t in report.tables for row in t.rows}
    for row, word in zip(verdicts.to_dict("records"), words, strict=True):
        # the report shows what the document says of resources; its own sums are told as a count
        # what a verdict hangs on stands after it
        told = [shown.partition(", ")[0] for text, shown in rows.items() if text == row["text"]]
        assert told == ([word] if row["origin"] == "quoted" and row["group"] != BUDGET else [])
        # when it turns is folded between what is found and its verdict
        turns = claim_words(row, "sv")["turns"]
        folded = f"{label('column:turns')} {turns}" if turns else ""
        assert plain(f"{row['text']} {row['explanation']} {folded} {word}") in page
    quoted = verdicts[verdicts["origin"] == "quoted"]
    front = plain((folder / "index.html").read_text(encoding="utf-8"))
    beside = {row.cells[0].text: row.cells[-1].text for t in report.tables for row in t.rows}
    for claim in quoted[quoted["group"] != BUDGET].to_dict("records"):
        under = stricter(verdicts, claim["claim_id"])
        counts = [f"{s['words']} {s['count']}" for s in stamps(under["verdict"], "sv")]
        assert all(plain(count) in front for count in counts)
        # what we ask under a quotation limits its value in the report, with the same verdict
        for other in under.to_dict("records"):
            if has_label(f"claim:short_{other['claim_id']}"):
                word = within_sentence(label(f"verdict:{other['verdict']}"))
                assert label(f"claim:short_{other['claim_id']}") in beside[claim["text"]]
                assert word in beside[claim["text"]]
    about = label("index:verdicts_about", quoted=len(quoted), others=len(verdicts) - len(quoted))
    assert plain(about) in front


def test_the_share_that_is_judged_is_the_share_of_the_headline(study, made):
    row = made[1].set_index("claim_id").loc["heat_economic"]
    told = study.intervals.loc["new_share"]
    assert row["low"] == pytest.approx(told["low"])
    assert row["high"] == pytest.approx(told["high"])
    assert row["value"] == pytest.approx(told["value"], rel=0.01)


def test_charts_of_what_moves_an_answer_stand_on_the_answer(study, made):
    inputs = sg.draws.find_inputs(study.register, study.assumptions)
    table = made[1].set_index("claim_id")
    for claim in ("heat_theoretical_without_ringhals", "biogenic_co2"):
        answer = sg.study.claim_answers.ANSWERS[claim]
        moved = sg.sensitivity.tornado(
            inputs, lambda draws, answer=answer: answer(sg.study.claim_answers.Case(study, draws))
        )
        assert np.unique(moved["value"]).tolist() == pytest.approx([table.loc[claim, "value"]])
        assert (moved["low"] <= moved["value"]).all()
        assert (moved["value"] <= moved["high"]).all()


def test_what_pays_with_support_only_says_so(made):
    rows = sheet(made[0], "plan")
    stores = rows[rows[label("column:mode")].str.contains("auktion")]
    assert stores[label("column:delivered")].sum() > 1000
    report = docx.Document(str(made[0] / "report.docx"))
    # a caption says it of all rows of its table
    assert any("auktion" in text.text for text in report.paragraphs)


def test_formulas_in_csv_are_read_as_they_stand(made):
    text = (made[0] / "tables" / "derivations.csv").read_text(encoding="utf-8-sig")
    assert "'" not in text
    assert not re.search("\u00d7 \\d+[.]\\d", text)
