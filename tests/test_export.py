"""Every table reopened as its reader would: Excel, CSV, GeoPackage, GeoParquet."""

from __future__ import annotations

import csv
import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
from helpers import as_shown

from symbios_geo import labels
from symbios_geo.disclosure import sign
from symbios_geo.outputs import listings as sheets
from symbios_geo.outputs import workbook as export
from symbios_geo.outputs.definitions import definition_table
from symbios_geo.outputs.geopackage import write_geopackage
from symbios_geo.tables import read_table

HOSTILE = [
    "=1+1", '=HYPERLINK("http://x","y")', "+1", "-2", "@SUM(A1)", "\tx", "http://example.org",
    "<script>alert(1)</script>", "{{ 7*191 }}", "0123", "1e5", "_x0041_ & ]]> \u0007",
]  # fmt: skip
PARTS = re.compile("[,:] | (?:och|and) (?=[A-Z])")  # of a recipe
CUT = re.compile(" (utan kärnkraftens kylvatten|without the cooling water of nuclear power)")
NUMBERS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}f"


@pytest.fixture(scope="module")
def verdicts() -> pd.DataFrame:
    claims = read_table("claims")
    blank = dict.fromkeys(("value", "low", "high", "probability"), float("nan"))
    return claims.rename(columns={"text_sv": "text"}).assign(
        **blank, verdict="open", explanation="made up for a test"
    )


@pytest.fixture(scope="module")
def tables(study, verdicts) -> dict[str, pd.DataFrame]:
    return sheets.make_tables(study, verdicts)


@pytest.fixture(scope="module")
def book(tables, tmp_path_factory) -> Path:
    return export.write_workbook(tables, tmp_path_factory.mktemp("book") / "x.xlsx")


@pytest.fixture(scope="module")
def package(study, tmp_path_factory) -> Path:
    return write_geopackage(study, tmp_path_factory.mktemp("package") / "x.gpkg")


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_every_column_sheet_and_word_has_a_label(tables, lang):
    for key, table in tables.items():
        assert labels.label(f"sheet:{key}", lang)
        assert labels.label(f"sheet_about:{key}", lang)
        # a column may have a name of its own in one table
        keys = [(f"column:{c}", f"column:{key}.{c}") for c in table]
        assert not [pair for pair in keys if not any(map(labels.has_label, pair))], key
        shown = export.visible_table(key, table, lang)
        assert len(set(shown.columns)) == len(shown.columns), key


def test_every_code_has_a_word(tables):
    missing = {
        f"{prefix}{value}"
        for table in tables.values()
        for column, prefix in labels.WORDED.items()
        # a place of a case has a word where its name differs between the languages
        if column in table and column != "case_place"
        for value in table[column].dropna().unique()
        # a class that does not apply is an empty cell
        if value != "" and not labels.has_label(f"{prefix}{value}")
    }
    assert not missing


def test_workbook_opens_with_frozen_header_filter_and_numbers(book, tables):
    opened = openpyxl.load_workbook(book)
    assert opened.sheetnames[0] == "Läs mig"
    assert len(opened.sheetnames) == len(tables) + 1
    assert all(len(name) <= 31 for name in opened.sheetnames)
    sheet = opened["Flöden"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref.startswith("A1:")
    header = [cell.value for cell in sheet[1]]
    assert header[:3] == ["Flödes-id", "Plats-id", "Namn"]
    value = sheet.cell(2, header.index("Värde") + 1)
    assert isinstance(value.value, (int, float))
    assert "#,##0" in value.number_format
    assert sheet.cell(2, header.index("Kommunkod") + 1).data_type == "s"


def test_no_text_becomes_a_formula_link_or_number(tmp_path):
    table = pd.DataFrame({"name": HOSTILE, "note": HOSTILE})
    path = export.write_workbook({"sites": table}, tmp_path / "x.xlsx")
    sheet = openpyxl.load_workbook(path)["Platser"]
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells][:5] == HOSTILE[:5]
    with zipfile.ZipFile(path) as parts:
        sheets_inside = [n for n in parts.namelist() if n.startswith("xl/worksheets/sheet")]
        assert not any(list(ET.fromstring(parts.read(n)).iter(NUMBERS)) for n in sheets_inside)


def test_addresses_of_sources_open_with_a_click_and_publishers_have_swedish_names(book):
    sheet = openpyxl.load_workbook(book)["Källor"]
    head = [cell.value for cell in sheet[1]]
    cells = [row[head.index("Adress")] for row in sheet.iter_rows(min_row=2)]
    told = [c for c in cells if str(c.value or "").startswith("http") and ";" not in c.value]
    assert told
    assert all(c.hyperlink is not None and c.hyperlink.target for c in told)
    who = {row[head.index("Utgivare")].value for row in sheet.iter_rows(min_row=2)}
    assert "detta projekt" in who
    assert not who & {"this project", "European Environment Agency"}


def test_csv_guards_dangerous_texts_and_reads_in_swedish_excel(tmp_path):
    table = pd.DataFrame({"name": HOSTILE, "value": [1234.5] * len(HOSTILE)})
    (path,) = export.write_csv({"sites": table}, tmp_path)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[0] == ["Namn", "Värde"]
    # plain numbers cannot run, and stay numbers
    plain = {"+1", "-2"}
    expected = [text if text in plain else "'" + text for text in HOSTILE[:6]]
    assert [row[0] for row in rows[1:7]] == expected
    assert rows[7] == [HOSTILE[6], "1234,5"]


def test_negative_numbers_keep_their_sign_in_csv(tmp_path):
    (path,) = export.write_csv({"sites": pd.DataFrame({"value": [-1.5]})}, tmp_path)
    assert "\n-1,5" in path.read_text(encoding="utf-8-sig")


def test_the_business_case_is_what_people_read_and_all_of_it_stands_behind(tables, study):
    few, every = tables["business"], tables["business_data"]
    assert len(few.columns) < 25 < len(every.columns)
    assert set(few) <= set(every)
    assert len(few) == len(every)
    causes = few["breaks_by"].dropna()
    assert not set(causes) & {*study.register.flows["flow_id"], *study.assumptions.table.index}


def test_no_number_of_the_workbook_loses_its_minus(book):
    # a format with conditions shows -12,902 as 12,902 in LibreOffice, and sections may too
    formats = {
        cell.number_format
        for sheet in openpyxl.load_workbook(book)
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, (int, float))
    }
    assert len(formats) > 3
    assert not [pattern for pattern in formats if set(pattern) & set("[;")]


def test_a_chance_in_the_workbook_is_never_certain_and_what_is_printed_says_its_years(tmp_path):
    table = pd.DataFrame({"pays_share": [0.003, 0.147, 0.998], "breaks_by": ["", *["x" * 26] * 2]})
    plan = pd.DataFrame(
        {"npv_msek": [43.2], "years": [15.0], "pays_share": [0.9], "yearly_msek": [4.0]}
    )
    path = export.write_workbook({"business": table, "plan": plan}, tmp_path / "x.xlsx")
    opened = openpyxl.load_workbook(path)
    sheet = opened["Affärsfall"]
    formats = [row[0].number_format for row in sheet.iter_rows(min_row=2)]
    assert formats == ['"<\xa01\xa0%"', "0\xa0%", '">\xa099\xa0%"']
    # what fits on one line has the height of one
    assert len({sheet.row_dimensions[row].height for row in (2, 3, 4)}) == 1
    assert opened["Planen"].print_area.endswith("$C$2")  # and how often it pays
    assert opened["Planen"]["B2"].number_format == "0"


def test_libreoffice_shows_negative_numbers_with_their_minus(tmp_path):
    values = [-12901.71, -58.4, -1.69, 43.21, 3]
    table = pd.DataFrame({"npv_msek_low": pd.Series(values, dtype=object)})
    path = export.write_workbook({"business": table}, tmp_path / "x.xlsx")
    # texts as shown, of every sheet
    shown = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,false,true,false,false,-1"
    as_shown(path, tmp_path, shown)
    (file,) = tmp_path.glob(f"x-{labels.label('sheet:business', 'sv')}.csv")
    found = file.read_text(encoding="utf-8").split()[-len(values) :]
    assert [f"-{text}" for text in ("12,902", "58.4", "1.69")] + ["43.2", "3"] == found


def test_marked_files_say_so(tables, internal, tmp_path):
    few = {"heat_classes": sign(tables["heat_classes"].copy(), "internal")}
    path = export.write_workbook(few, tmp_path / "x.xlsx")
    opened = openpyxl.load_workbook(path)
    assert opened["Läs mig"]["A1"].value.startswith("INTERN")
    assert opened["Värmeklasser"]["A2"].value == "INTERN"
    assert opened["Värmeklasser"].oddHeader.right.text == "INTERN"
    assert opened.properties.keywords == "INTERN"
    (text,) = export.write_csv(few, tmp_path)
    assert text.read_text(encoding="utf-8-sig").splitlines()[1].startswith("INTERN;")
    archive = export.write_geoparquet(internal.register, tmp_path / "x.parquet")
    assert set(gpd.read_parquet(archive)["marking"]) == {"INTERN"}
    package = write_geopackage(internal, tmp_path / "x.gpkg")
    assert set(gpd.read_file(package, layer="sites")["marking"]) == {"INTERN"}


def test_sums_of_the_workbook_follow_from_its_flows(tables):
    flows, balance = tables["flows"], tables["balance"]
    counted = flows[(flows["additive"] == "yes") & flows["inside"]]
    heat = counted[(counted["resource"] == "heat") & (counted["role"] == "source")]
    heat = heat[heat["temperature_class"] != "class_nuclear"]
    told = balance[balance["resource"] == "heat"].set_index("municipality_code")["supply"]
    sums = heat.groupby("municipality_code")["value"].sum()
    for code, value in sums.items():
        assert told[code] == pytest.approx(value, abs=1e-4)
    assert told["13"] == pytest.approx(sums.sum(), abs=1e-3)
    need = counted[
        (counted["resource"] == "heat")
        & (counted["stream"].isin(["property_heating", "district_heat_in_buildings"]))
    ]
    told = balance[balance["resource"] == "heat"].set_index("municipality_code")["demand"]
    assert told["13"] == pytest.approx(need["value"].sum(), abs=1e-3)


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_a_reader_gets_each_sum_of_the_balance_by_its_recipe(tables, study, lang):
    """Follow the words of each recipe on the sheet of flows as it is shown, header by header."""
    flows = export.visible_table("flows", tables["flows"], lang)
    heads = dict(zip(tables["flows"].columns, flows.columns, strict=True))
    cooling = flows[heads["temperature_class"]] == labels.label("class_nuclear", lang)
    for row in sheets.balance_table(study, lang).to_dict("records"):
        both, supply, demand, *_ = row["made_from"].rstrip(".").split(". ")
        for side, words in (("supply", supply), ("demand", demand)):
            kept = flows[~cooling] if CUT.search(words) else flows
            for part in PARTS.split(f"{both}, {words}"):
                if " = " in part:
                    column, asked = part.split(" = ")
                    kept = kept[kept[column] == CUT.sub("", asked)]
            if row["municipality_code"] != "13":
                kept = kept[kept[heads["municipality_code"]] == row["municipality_code"]]
            total = kept[heads["value"]].sum()
            assert total == pytest.approx(row[side], abs=1e-3), row["made_from"]


def test_the_range_of_every_sum_holds_it(tables):
    for key, parts in {
        "balance": ("supply", "demand"),
        "co2_balance": ("biogenic", "fossil"),
    }.items():
        for part in parts:
            table = tables[key]
            ends = table[f"{part}_low"], table[f"{part}_high"]
            assert (table[part].between(*ends) | table[part].isna()).all(), (key, part)


def test_pilots_are_between_two_parties(study):
    """What one company does alone is none, though each of its ends is one place."""
    named = study.named(study.pilots)
    assert study.pilots["contact"].ne("owner").all()
    assert named["sender"].ne(named["receiver"]).all()


def test_an_exchange_of_which_less_was_taken_since_says_so(tables, study):
    today = study.register.synergies.query("to_site_id == 'dhn_halmstad' and resource == 'heat'")
    later = read_table("published").set_index("comparison_id").loc["exchange_halmstad"]
    assert later["value"] < today["value"].iloc[0]
    pilots = tables["pilots"]
    asked = pilots[pilots["source"].str.startswith("hoganas") & pilots["sink"].eq("dhn_halmstad")]
    assert asked["risk"].str.contains(labels.quantity(later["value"], "GWh/yr")).all()
    assert len(asked)


def test_stacks_add_up_to_the_balance_of_co2(tables, study):
    sums = tables["co2_stacks"].groupby("carbon")["value"].sum()
    for carbon in ("biogenic", "fossil"):
        assert sums[carbon] == pytest.approx(study.co2[carbon].sum(), abs=1e-3)


def test_confidence_of_a_stack_is_that_of_its_flow(tables):
    flows = tables["flows"].set_index("flow_id")["confidence"]
    stacks = tables["co2_stacks"].set_index("flow_id")["confidence"]
    assert stacks.equals(flows.reindex(stacks.index))


def test_terms_add_up_to_the_values_they_derive(tables):
    terms = tables["derivations"]
    flows = tables["flows"].set_index("flow_id")
    sums = terms.groupby(["result", "field"])["term_value"].sum()
    checked = 0
    for (result, field), total in sums.items():
        if field == "value" and result in flows.index:
            assert flows.loc[result, "value"] == pytest.approx(total, rel=1e-4, abs=1e-5)
            checked += 1
    assert checked > 20


def test_every_derived_flow_can_be_followed(tables):
    flows = tables["flows"]
    derived = flows[(flows["origin"] == "derived") & (flows["source_id"] != "own_disaggregation")]
    derived = derived[derived["source_id"] != "own_survey_derivation"]
    assert set(derived["flow_id"]) <= set(tables["derivations"]["result"])
    explained = {"Uppvärmning av byggnader", "Metanpotential"}
    assert explained <= set(tables["definitions"]["term"])


def test_every_source_named_is_listed_with_title(tables):
    listed = set(tables["sources"].dropna(subset="title")["source_id"])
    for key, table in tables.items():
        for column in [c for c in table if c.endswith("source_id")]:
            assert set(table[column].dropna()) <= listed, (key, column)


@pytest.mark.parametrize(
    "key", ["sites", "flows", "co2_stacks", "links_heat", "links_co2", "unused", "unmet"]
)
def test_every_row_carries_source_and_confidence(tables, key):
    table = tables[key]
    assert table["source_id"].notna().all()
    assert table["confidence"].isin(["A", "B", "C"]).all()
    flows = set(tables["flows"]["flow_id"])
    named = [c for c in ("flow_id", "sink_flow_id") if c in table]
    assert {i for c in named for ids in table[c] for i in ids.split("; ")} <= flows


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_money_of_an_exchange_is_defined_and_no_definition_leads_astray(tables, lang):
    table = definition_table(lang)
    told = " ".join(table["term"]).casefold()
    for name in ("investment_msek", "yearly_msek", "payback_years", "npv_msek", "per_sent"):
        assert labels.label(f"column:{name}", lang).split(" (")[0].casefold() in told
    named = {labels.label(f"sheet:{key}", lang) for key in tables}
    for text in table["meaning"]:
        sheets = re.findall(r"(?:bladet|sheet) (\w+)", text)
        assert set(sheets) <= named, text


@pytest.mark.parametrize("key", ["plan", "pilots", "business"])
def test_present_values_say_their_years_and_materials_what_they_count_as(tables, key):
    table = tables[key]
    assert table.loc[table["npv_msek"].notna(), "years"].notna().all()
    burnt = table[table["receiver"].eq("Varberg Energi") & table["resource"].eq("materials")]
    assert len(burnt)
    assert burnt["per_sent"].gt(1.4).all()


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_definitions_have_term_and_meaning(lang):
    table = definition_table(lang)
    assert table["term"].is_unique
    assert (table["meaning"].str.len() > 8).all()
    # what the business case is read by
    heads = ("status:candidate", "column:npv_msek", "column:pays_share")
    assert {labels.label(key, lang).partition(" (")[0] for key in heads} <= {*table["term"]}


def test_geopackage_layers_reopen(package, study):
    listed = {name for name, kind in pyogrio.list_layers(package) if kind is not None}
    assert listed == {
        *(f"{key}_links" for key in study.resources), "flows", "sites", "localities",
        "municipalities",
    }  # fmt: skip
    towns = gpd.read_file(package, layer="municipalities")
    assert len(towns) == 6
    assert towns.crs.to_epsg() == 3006
    assert towns["heat_demand"].sum() == pytest.approx(study.balances["heat"]["demand"].sum())
    flows = gpd.read_file(package, layer="flows")
    assert set(flows["flow_id"]) == set(study.register.flows["flow_id"])
    links = gpd.read_file(package, layer="heat_links")
    assert set(links.geom_type) == {"LineString"}
    assert (links["delivered"] > 0).all()


def test_geopackage_holds_a_default_style_for_every_layer(package):
    with closing(sqlite3.connect(package)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (10200,)
        rows = database.execute("SELECT f_table_name, styleQML, useAsDefault FROM layer_styles")
        styles = rows.fetchall()
        kinds = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents"))
        check = database.execute("PRAGMA integrity_check").fetchone()
    assert check == ("ok",)
    assert kinds["layer_styles"] == "attributes"
    assert {name for name, _, default in styles if default == 1} == {
        name for name, kind in kinds.items() if kind == "features"
    }
    for name, text, _ in styles:
        root = ET.fromstring(text.split("\n", 1)[1])
        column = root.find("renderer-v2").get("attr")
        fields = set(pyogrio.read_info(package, layer=name)["fields"])
        assert column in fields
        assert {a.get("field") for a in root.iter("alias")} <= fields
        symbols = {s.get("name") for s in root.iter("symbol")}
        used = {e.get("symbol") for tag in ("category", "range") for e in root.iter(tag)}
        assert symbols == used != set()


def test_every_category_of_a_style_is_in_the_rows(package):
    flows = gpd.read_file(package, layer="flows")
    with closing(sqlite3.connect(package)) as database:
        query = "SELECT styleQML FROM layer_styles WHERE f_table_name = 'flows'"
        text = database.execute(query).fetchone()[0]
    root = ET.fromstring(text.split("\n", 1)[1])
    assert {c.get("value") for c in root.iter("category")} == set(flows["class"])


def test_geoparquet_reopens(study, tmp_path):
    frame = gpd.read_parquet(export.write_geoparquet(study.register, tmp_path / "x.parquet"))
    assert frame.crs.to_epsg() == 4326
    assert set(frame["site_id"]) == set(study.register.sites.index)
    demand = frame.loc[frame["place_type"] != "network", "heat_demand"].sum()
    assert demand > 2000


def test_same_study_same_bytes(study, verdicts, tmp_path):
    made = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        tables = sheets.make_tables(study, verdicts)
        export.write_workbook(tables, folder / "x.xlsx")
        export.write_csv(tables, folder)
        write_geopackage(study, folder / "x.gpkg")
        export.write_geoparquet(study.register, folder / "x.parquet")
        made.append({p.name: p.read_bytes() for p in sorted(folder.iterdir())})
    assert made[0].keys() == made[1].keys()
    assert not [name for name in made[0] if made[0][name] != made[1][name]]


def test_hostile_names_come_through_the_geopackage(study, tmp_path):
    register = replace(study.register)
    sites = register.sites
    sites.loc[sites.index[: len(HOSTILE)], "name"] = HOSTILE  # behind the gate
    changed = replace(study, register=register)
    path = write_geopackage(changed, tmp_path / "x.gpkg")
    found = gpd.read_file(path, layer="sites").set_index("site_id")["name"]
    # SQLite takes a control character as it is
    assert [found[site] for site in sites.index[: len(HOSTILE)]] == HOSTILE
