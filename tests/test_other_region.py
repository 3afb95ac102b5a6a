"""A region of somebody's own runs through every output, and no word of the bundled one is in it."""

from __future__ import annotations

import re
import zipfile
from html import escape
from io import BytesIO

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

import symbios_geo as sg
from symbios_geo.errors import RegisterError
from symbios_geo.labels import LANGUAGES, language, source_titles
from symbios_geo.outputs import parts
from symbios_geo.outputs.job import Job
from symbios_geo.outputs.story import Story
from symbios_geo.study.outlook import outlook
from symbios_geo.tables import read_table

pytestmark = pytest.mark.usefixtures("coarse")
# two squares in Västmanland and Örebro, with codes that no statistics know
SQUARES = gpd.GeoDataFrame(
    {"name": ["Norrbo", "Söderbo"]},
    geometry=[box(15.0, 59.5, 15.6, 59.8), box(15.0, 59.2, 15.6, 59.5)],
    index=["9001", "9002"],
    crs=4326,
)
HOME = (
    "halland", "ringhals", "värö", "varö", "sodra_cell", "varberg", "falkenberg", "kungsbacka",
    "halmstad", "laholm", "hyltebruk",
)  # fmt: skip


def places() -> pd.DataFrame:
    rows = {
        "mill": ("Frövi board mill", "pulp_mill", 15.37, 59.467, "site", None),
        "town_south": ("Frövi", "locality", 15.365, 59.463, "locality", 150.0),
        "town_north": ("Lindesberg", "locality", 15.23, 59.592, "locality", 600.0),
    }
    columns = ["name", "kind", "lon", "lat", "place_type", "area_ha"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis("site_id").assign(visibility="public", operator="Mill AB")


def flows() -> pd.DataFrame:
    heat = {"resource": "heat", "unit": "GWh/yr"}
    need = {**heat, "role": "sink", "stream": "property_heating", "category": "property_heating"}
    rows = [
        {**heat, "site_id": "mill", "role": "source", "stream": "hot_water", "value": 200.0,
         "low": 100.0, "high": 300.0, "temperature_low_c": 60.0, "temperature_high_c": 90.0},
        {"site_id": "mill", "resource": "co2", "unit": "kt/yr", "role": "source",
         "stream": "recovery_boiler", "carbon": "biogenic", "value": 500.0},
        {**need, "site_id": "town_south", "value": 25.0, "low": 20.0, "high": 30.0},
        {**need, "site_id": "town_north", "value": 110.0, "low": 90.0, "high": 130.0},
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(visibility="public")


@pytest.fixture(scope="module")
def region() -> sg.Region:
    return sg.Region(SQUARES, name="Bergslagen", bidding_area="SE3")


@pytest.fixture(scope="module")
def study(region):
    return sg.run(sg.Register(places(), flows(), region=region), lang="sv", draws=20)


def test_balance_and_match_are_those_of_the_region(study, region):
    assert study.region is region
    heat = study.balances["heat"]
    assert heat["name"].to_dict() == {"9001": "Norrbo", "9002": "Söderbo"}
    assert heat["supply"].to_list() == [0.0, 200.0]
    assert heat["demand"].to_list() == [110.0, 25.0]
    assert study.headline["need_gwh"] == pytest.approx(135.0)
    assert study.matches["heat"].links["delivered"].sum() > 0


def test_a_source_of_ones_own_stands_by_its_title(tmp_path, region):
    given = {"source_id": "mill_report", "title": "Environmental report of the mill"}
    sources, rows = pd.DataFrame([given]), flows()
    rows.loc[0, "source_id"] = "mill_report"
    register = sg.Register(places(), rows, region=region, sources=sources)
    there = sg.run(register, lang="en", draws=5)
    job = Job(there, sg.claims.check_all(there, lang="en"), tmp_path, "en")
    for name in ("slides", "report", "factsheets", "interactive map heat-sources"):
        parts.PARTS[name](job)
    told = {path.name: texts(path) for path in tmp_path.rglob("*") if path.is_file()}
    named = {name for name, words in told.items() if given["title"] in words}
    faces = {"report.docx", "symbios-bergslagen.pptx", "heat-sources.html"}
    assert faces | {"soderbo.html", "soderbo.pdf"} <= named
    assert not [name for name, words in told.items() if "mill_report" in words]
    flow = there.register.flows["flow_id"].iloc[0]
    assert given["title"] in sg.study.trace.trace(there, flow)["source"].to_list()


def test_a_region_without_need_has_its_outputs(tmp_path, region, caplog):
    rows = flows()
    rows.loc[rows["stream"] == "property_heating", ["value", "low", "high"]] = 0.0
    there = sg.run(sg.Register(places(), rows, region=region), lang="en", draws=20)
    assert caplog.text.count("needs no heat by the register") == 1
    changes = outlook(there)
    job = Job(there, sg.claims.check_all(there, lang="en"), tmp_path, "en", outlook=changes)
    made = ("tables", "map overview", "map heat-sources", "chart heat-sensitivity",
            "chart co2-sensitivity", "slides", "factsheets", "municipality pages",
            "front page")  # fmt: skip
    for name in made:
        parts.PARTS[name](job)
    assert "No building in Bergslagen needs heat" in texts(tmp_path / "index.html")
    assert (tmp_path / "maps" / "heat-sources.png").exists()
    # no map of what is needed, and no chart of the share of it
    assert not (tmp_path / "maps" / "overview.png").exists()
    assert [path.stem for path in (tmp_path / "figures").glob("*.png")] == ["co2-sensitivity"]
    sheet = texts(tmp_path / "factsheets" / "norrbo.html")
    assert "The register has no need of heat here." in sheet
    told = "".join(texts(path) for path in (tmp_path / "tables").glob("*.csv"))
    assert not re.search(r"\b(nan|inf)\b", told + re.sub(r'"data:[^"]*"', "", sheet))


def test_names_of_places_keep_their_capital_in_sentences(study):
    story = Story(study, pd.DataFrame(), lang="en")
    flow = study.register.flows.set_index("flow_id")["site_id"].eq("mill").idxmax()
    story.__dict__["moved"] = story.moved.rename(index={story.moved.index[0]: flow})
    story.moved.loc[flow, "name"] = "Frövi board mill, hot water"
    assert story.names["top_input"] == "Frövi board mill, hot water"


def test_a_register_is_asked_anew_what_is_inside(study):
    register = sg.Register(places(), flows())  # of the bundled region, where it lies outside
    assert not register.sites["inside"].any()
    again = sg.run(register, region=study.region)
    pd.testing.assert_frame_equal(again.balances["heat"], study.balances["heat"])


def test_files_of_a_region_need_no_bundled_rows(tmp_path, region):
    source = {"source_id": "own_general_knowledge"}
    codes = ["9002", "9002", "9001"]
    sites = places().drop(columns=["area_ha", "place_type"]).assign(municipality_code=codes)
    sites.assign(**source).to_csv(tmp_path / "sites.csv")
    rows = flows().assign(flow_id=["heat", "co2", "south", "north"], **source)
    rows.to_csv(tmp_path / "flows.csv", index=False)
    study = sg.run(tmp_path, region=region)
    assert sorted(study.register.sites.index) == sorted(places().index)
    assert study.balances["heat"]["demand"].sum() == pytest.approx(135.0)
    with pytest.raises(RegisterError, match="no place in Bergslagen"):
        sg.run(region=region)


def test_part_of_the_bundled_region_keeps_its_rows():
    part = sg.Region(sg.load_municipalities().loc[["1383"]], name="Varbergs kommun")
    whole, one = sg.run(), sg.run(region=part)
    assert list(one.balances["heat"].index) == ["1383"]
    assert one.balances["heat"].loc["1383", "supply"] == pytest.approx(
        whole.balances["heat"].loc["1383", "supply"]
    )

    assert sg.run(region="halland").balances["heat"].equals(whole.balances["heat"])


def texts(path):
    """Return the words of a file, whatever its kind."""
    if path.suffix in (".xlsx", ".docx", ".pptx"):
        with zipfile.ZipFile(BytesIO(path.read_bytes())) as package:
            names = [name for name in package.namelist() if name.endswith((".xml", ".rels"))]
            return "\n".join(package.read(name).decode("utf-8") for name in names)
    if path.suffix == ".pdf":
        from pypdf import PdfReader

        return "\n".join(page.extract_text() for page in PdfReader(path).pages)
    if path.suffix in (".gpkg", ".parquet", ".png"):
        return path.read_bytes().decode("utf-8", "ignore")
    return path.read_text(encoding="utf-8")


def references(study):
    """Return what works are called that assumptions and populations cite, wherever published."""
    sources = read_table("sources").set_index("source_id")
    people = study.municipalities.get("source_id", pd.Series(dtype="str"))
    given = pd.concat([study.assumptions.table["source_id"], people])
    cited = sources.loc[sources.index.isin(given)]
    columns = ["title", "publisher", "url", "note"]
    words = {*cited.index, *(text for column in columns for text in cited[column].dropna())}
    # what we made ourselves is named in both languages, and so are remarks
    words |= {title for lang in LANGUAGES for title in source_titles(lang)[cited.index]}
    words |= {language(lang).remark(text) for lang in LANGUAGES for text in cited["note"].dropna()}
    return sorted(words, key=len, reverse=True)


def at_home(text):
    """Return which words of the bundled region are in a text."""
    small = text.casefold()
    return [word for word in HOME if word in small]


@pytest.mark.parametrize(("area", "lang"), [("Bergslagen", "sv"), ("Lindesberg", "en")])
def test_no_output_names_the_bundled_region(study, tmp_path, monkeypatch, area, lang):
    # an SVG has every word of a picture as text, and tells of itself what the others do
    monkeypatch.setattr(parts, "FORMATS", {"maps": ("png", "svg"), "figures": ("svg",)})
    there = study if area == "Bergslagen" else sg.run(region=area, lang=lang, draws=20)
    verdicts = sg.claims.check_all(there, lang=lang)
    assert verdicts.empty
    job = Job(there, verdicts, tmp_path, lang)
    for part in parts.PARTS.values():
        part(job)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    names = {path.name for path in written}
    assert {f"symbios-{area.lower()}.gpkg", f"symbios-{area.lower()}.xlsx"} <= names
    sheets = list((tmp_path / "factsheets").glob("*.html"))
    assert len(sheets) == len(there.region.municipalities)
    cited = references(there)
    found = {}
    for path in written:
        text = f"{path.name}\n{texts(path)}"
        for words in cited if at_home(text) else ():
            text = text.replace(words, "").replace(escape(words), "")
        found |= {path.name: named} if (named := at_home(text)) else {}
    assert found == {}
    front = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert area in front
    # one button only where area and municipality are one, and no word of claims that it has not
    assert front.count('<button type="button" data-place=') == (3 if area == "Bergslagen" else 0)
    assert language(lang).label("answer:same") not in front
    assert "1 municipalities" not in front
    assert language(lang).label("index:national_in_one") in front or area == "Bergslagen"
    told = texts(tmp_path / "report.docx") + texts(next(tmp_path.glob("*.pptx")))
    assert "1 of 1 municipalities" not in told
    # the notebooks are about the bundled region: the page says how to open them with another
    assert not (tmp_path / "notebooks").exists()
    assert "notebooks/" not in front
    assert "symbios-geo lab" in front
