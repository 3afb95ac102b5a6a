from __future__ import annotations

import ast
import re
import string
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbios_geo import labels
from symbios_geo.errors import DataError
from symbios_geo.outputs.notebook_words import tell
from symbios_geo.register.load import with_names
from symbios_geo.tables import read_table

PACKAGE = Path(__file__).parents[1] / "symbios_geo"
TABLE = read_table("labels").set_index("key")


def fields(text: str) -> set[str]:
    """Return the places of a text that values fill."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_every_key_has_a_text(lang):
    texts = TABLE[lang]
    assert texts.notna().all()
    assert (texts == texts.str.strip()).all()


def test_both_languages_are_filled_from_the_same_values():
    differ = [key for key, row in TABLE.iterrows() if fields(row["sv"]) != fields(row["en"])]
    assert not differ


def test_colours_are_written_as_six_digits():
    assert TABLE["colour"].dropna().str.fullmatch("#[0-9a-f]{6}").all()


@pytest.mark.parametrize("resource", read_table("resources")["resource"])
def test_every_resource_has_a_name(resource):
    assert labels.has_label(f"resource:{resource}")


def test_every_unit_of_a_resource_has_a_form():
    assert all(labels.unit_label(unit) for unit in read_table("resources")["unit"])


def asked_for(path: Path) -> set[str]:
    """Return the whole keys that a module hands to `label` and `colour`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("label", "colour") and isinstance(node.args[0].value, str):
                found.add(node.args[0].value)
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_keys_that_the_code_names_exist(path: Path):
    assert {key for key in asked_for(path) if key not in TABLE.index} == set()


def test_label_by_language():
    assert labels.label("role:source") == "Källa"
    assert labels.label("role:source", "en") == "Source"


def test_values_fill_the_text():
    assert "”x”" in labels.label("fault:no_number", found="x")


def test_text_of_a_value_is_not_read_as_a_pattern():
    assert "”{0.__class__}”" in labels.label("fault:no_number", found="{0.__class__}")


@pytest.mark.parametrize(
    ("value", "digits", "sv", "en"),
    [
        (1234.5, 1, "1\u202f234,5", "1,234.5"),
        (1234567, None, "1\u202f234\u202f567", "1,234,567"),
        (0.25, None, "0,25", "0.25"),
        (12.34, None, "12,3", "12.3"),
        (-5, 0, "\u22125", "\u22125"),
        (0, 0, "0", "0"),
        (None, None, "uppgift saknas", "no data"),
        (float("nan"), 2, "uppgift saknas", "no data"),
    ],
)
def test_number(value, digits, sv, en):
    assert labels.number(value, "sv", digits=digits) == sv
    assert labels.number(value, "en", digits=digits) == en


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_number_can_be_read_back(value, digits):
    text = labels.number(value, "sv", digits=digits)
    plain = text.replace("\u202f", "").replace(",", ".").replace("\u2212", "-")
    assert re.fullmatch(r"-?\d+(\.\d+)?", plain)
    assert float(plain) == pytest.approx(value, abs=0.501 * 10**-digits)


def test_quantity_keeps_number_and_unit_together():
    assert labels.quantity(2411, "GWh/yr") == "2\u202f411\u00a0GWh/år"
    assert labels.quantity(2411, "GWh/yr", "en") == "2,411\u00a0GWh/yr"
    assert labels.quantity(None, "GWh/yr", "en") == "no data"


def test_interval_has_an_en_dash():
    assert labels.interval(1941, 3133) == "1\u202f941\u20133\u202f133"


def test_a_range_below_zero_is_told_in_words_by_every_writer():
    assert labels.interval(-546, 101) == "\u2212546 till 101"
    assert labels.interval(-0.001, 101) == "0,00\u2013101"
    assert labels.interval(3, 3, digits=0) == "3"
    text = tell("en", sv="", en="({low}-{high}), {high}-{low}", low=-20.0, high=-1234.0).text
    assert text == "(\u221220.0 to \u22121,234), \u22121,234 to \u221220.0"
    assert tell("sv", sv="{a}-{b}", en="", a=1.0, b=1388.0).text == "1,00\u20131\u202f388"
    # nobody but `Language.span` joins two numbers
    for path in PACKAGE.rglob("*.py"):
        joined = re.findall(r"\)\}\\u2013\{", path.read_text(encoding="utf-8"))
        assert not joined, path


def test_nothing_at_all_has_no_decimals_in_notebooks():
    assert tell("sv", sv="{a:.3}, {b:.3}, {c:GWh/yr}", en="", a=0.0, b=0.25, c=0).text == (
        "0, 0,250, 0\u00a0GWh/år"
    )
    jobs = pd.DataFrame({"low": [3 * 0.1 * 100, 8.4], "unit": "jobs"})  # 30 and what floats add
    assert re.findall(r"30|8,40", repr(labels.show(jobs, "sv"))) == ["30", "8,40"]
    assert "30,0" not in repr(labels.show(jobs, "sv"))
    page = labels.show(pd.DataFrame({"low": [0.0, 2.5], "high": [1.25, 3.0]}), "sv")._repr_html_()
    assert ">0<" in page
    assert "0,00" not in page


def test_relabel_leaves_unknown_columns():
    table = pd.DataFrame({"nobody_knows_this": [1]})
    assert list(labels.relabel(table)) == ["nobody_knows_this"]
    known = [key.removeprefix("column:") for key in TABLE.index if key.startswith("column:")]
    table = pd.DataFrame([range(len(known))], columns=known)
    assert list(labels.relabel(table, "en")) == [TABLE["en"][f"column:{name}"] for name in known]


def test_unknown_key_says_where_to_add_it():
    with pytest.raises(DataError, match=r"labels.csv has no row 'nothing'"):
        labels.label("nothing")


def test_key_without_colour_says_so():
    key = TABLE.index[TABLE["colour"].isna()][0]
    with pytest.raises(DataError, match=f"gives no colour for '{key}'"):
        labels.colour(key)


def test_unknown_language_lists_the_known_ones():
    with pytest.raises(DataError, match="sv, en"):
        labels.label("role:source", "de")


def test_every_assumption_has_a_swedish_name():
    named = read_table("parameters").set_index("parameter_id")
    assert named[["name_sv", "name_en"]].notna().all(axis=None)
    assert (named["name_sv"] != named["name_en"]).all()
    for lang in labels.LANGUAGES:
        assert labels.parameter_names(named, lang).tolist() == named[f"name_{lang}"].tolist()


def test_sources_that_we_named_have_both_languages():
    rows = read_table("sources").set_index("source_id")
    ours = rows.index[rows["kind"].eq("own") | rows["title"].str.contains("analysis repository")]
    swedish, english = (labels.source_titles(lang)[ours] for lang in ("sv", "en"))
    assert len(ours) > 30
    assert (swedish != english).all()


def test_an_assumption_without_a_name_keeps_its_id():
    table = pd.DataFrame({"name_sv": [None, "Ett"], "name_en": [None, None]}, index=["a", "b"])
    assert labels.parameter_names(table, "en").tolist() == ["a", "Ett"]


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_a_site_that_somebody_renamed_has_its_new_name(lang, halland):
    sites = halland.sites.copy()
    sites.loc["derome_sawmill", "name"] = "Nytt namn AB"
    renamed = replace(halland, sites=sites)
    assert with_names(renamed, lang).sites.loc["derome_sawmill", "name"] == "Nytt namn AB"
    before = labels.site_names(halland.sites, lang).drop("derome_sawmill")
    assert labels.site_names(sites, lang).drop("derome_sawmill").equals(before)
    # named in one language before, in the other now
    other = with_names(halland, "en" if lang == "sv" else "sv")
    assert with_names(other, lang).sites["name"].drop("derome_sawmill").equals(before)


def test_every_place_has_a_name_in_both_languages(halland):
    places = halland.sites[halland.sites["place_type"] != "locality"]
    assert places[["name_sv", "name_en"]].notna().all(axis=None)


def test_language_is_one_record_and_one_column():
    made_up = replace(labels.language("en"), code="sv", locale="de_CH", no_data="keine Angabe")
    assert made_up.number(1234567.5) == "1\u2019234\u2019568"
    assert made_up.quantity(None, "GWh/yr") == "keine Angabe"
    assert made_up.label("role:sink") == labels.label("role:sink", "sv")
    assert set(labels.LANGUAGES) < set(TABLE.columns)
    assert all(made.code == code for code, made in labels.LANGUAGES.items())


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_shown_table_is_in_words_and_keeps_its_values(lang):
    table = pd.DataFrame(
        {"role": ["sink", "new"], "value": [1234.56, np.nan], "own_column": ["<b>", "x" * 200]},
        index=pd.Index(["manure", "unheard"], name="part"),
    )
    shown = labels.show(table, lang)
    assert list(shown.index) == [labels.label("part:manure", lang), "unheard"]
    names = [labels.label(f"column:{name}", lang) for name in ("role", "value")]
    assert list(shown.columns) == [*names, "own_column"]
    assert shown[names[0]].tolist() == [labels.label("role:sink", lang), "new"]
    assert shown[names[1]].equals(table["value"].set_axis(shown.index))
    for text in (shown._repr_html_(), repr(shown)):
        assert labels.number(1234.56, lang) in text
        assert labels.MISSING in text
        assert "x" * 200 in text
    assert "&lt;b&gt;" in shown._repr_html_()
    assert table.columns[0] == "role"  # the given table is left alone


def test_shown_table_hides_row_numbers_and_words_both_axes():
    rows = pd.DataFrame({"resource": ["heat", "co2"], "role": ["sink", "source"], "value": [1, 2]})
    head = re.search(r"<thead>.*?</thead>", labels.show(rows, "en")._repr_html_(), re.DOTALL)[0]
    assert re.findall(r"<th>(.*?)</th>", head) == ["Resource", "Role", "Value"]
    crossed = labels.show(pd.crosstab(rows["resource"], rows["role"]), "sv")
    roles = [labels.label(f"role:{key}") for key in ("sink", "source")]
    assert list(crossed.columns) == [labels.label("column:resource"), *roles]
    resources = [labels.label(f"resource:{key}") for key in ("co2", "heat")]
    assert crossed[labels.label("column:resource")].tolist() == resources
    # names that are no codes stand as they are, and the names of rows have their head all the same
    graded = labels.show(pd.crosstab(rows["resource"], pd.Series(["A", "C"], name="grade")), "sv")
    assert list(graded.columns) == [labels.label("column:resource"), "A", "C"]
    with pytest.raises(DataError, match="no language 'de'"):
        labels.show(rows, "de")


def test_shown_table_heads_its_rows_and_counts_without_decimals():
    table = pd.DataFrame(
        {"value": [26.0, 7.125, np.nan], "unit": ["exchanges", "km", "sectors"],
         "jobs": [40.0, 2000.0, np.nan]},
        index=pd.Index(["a", "b", "c"], name="name"),
    )  # fmt: skip
    shown = labels.show(table, "sv")
    assert shown.columns.tolist() == ["Namn", "Värde", "Enhet", labels.label("column:jobs")]
    rows = [re.split(" +", line.strip(" ")) for line in repr(shown).splitlines()[1:]]
    assert rows == [["a", "26", "utbyten", "40"], ["b", "7,12", "km", "2\u202f000"],
                    ["c", "\u2013", "branscher", "\u2013"]]  # fmt: skip


def test_legends_go_from_hot_to_cold_and_end_with_demand():
    keys = ["role:sink", "explore:carbon_unknown", "carbon:fossil", "class_low", "resource:x"]
    keys += ["layer:not_counted", "mode:truck", "class_60", "mode:direct"]
    assert sorted(keys, key=labels.legend_order) == [
        "class_60", "class_low", "carbon:fossil", "mode:direct", "mode:truck", "resource:x",
        "explore:carbon_unknown", "role:sink", "layer:not_counted",
    ]  # fmt: skip


def test_what_rounds_to_nothing_has_no_sign():
    assert labels.number(-1e-9) == labels.number(0.0) == "0,00"
    assert labels.number(-0.4, digits=0) == "0"
    assert labels.number(-0.5, "en") == "\N{MINUS SIGN}0.50"


def test_a_code_that_has_its_word_is_not_looked_up_again():
    table = pd.DataFrame({"value": [1]}, pd.Index(["below"], name="gwh_place"))
    assert labels.show(table, "sv").iloc[:, 0].tolist() == ["under"]


def test_columns_of_years_are_not_grouped_and_amounts_are():
    table = pd.DataFrame({"facts_year": [2024, 2015], "last_year": [1234567, 2024]})
    page = labels.show(table, "sv")._repr_html_()
    assert ">2024<" in page
    assert "1\u202f234\u202f567" in page
    assert "2\u202f024" in page


def test_lines_of_a_cell_stand_below_each_other_in_a_notebook():
    shown = labels.show(pd.DataFrame({"explanation": ["One.\nTwo."]}), "en")
    assert "One.<br>Two." in shown._repr_html_()
