"""Somebody else's tables become a template to review: nothing is lost or counted twice."""

from __future__ import annotations

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo import cli
from symbios_geo.errors import RegisterError
from symbios_geo.register.foreign import Mapping, foreign_number, import_file
from symbios_geo.register.foreign_files import read_foreign
from symbios_geo.register.load import load_register
from symbios_geo.register.template import COLUMNS, write_template

# made-up plants in Falkenberg, Halmstad and Kungsbacka, and one in Stockholm
PLANTS = pd.DataFrame(
    {
        "Anläggning": ["Bruket", "Mejeriet", "Plasten", "Långt bort"],
        "Kontaktperson": ["A", "B", "", "D"],
        "lon": [12.5, 12.87, 12.09, 18.07],
        "lat": [56.9, 56.69, 57.5, 59.33],
        "Spillvärme 60-90 °C (MWh/år)": [12_500.0, 800.0, 0.0, 100.0],
    }
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def points(code: int = 4326) -> gpd.GeoDataFrame:
    places = gpd.points_from_xy(PLANTS["lon"], PLANTS["lat"])
    return gpd.GeoDataFrame(PLANTS.drop(columns=["lon", "lat"]), geometry=places, crs=4326).to_crs(
        code
    )


def write(kind: str, folder):
    path = folder / f"theirs.{kind}"
    if kind == "csv":
        PLANTS.to_csv(path, index=False, sep=";", decimal=",", encoding="cp1252")
    elif kind == "xlsx":
        PLANTS.to_excel(path, index=False)
    elif kind == "shp":
        short = ["namn", "kontakt", "varme_MWh", "geometry"]
        points(3007).set_axis(short, axis=1).to_file(path, encoding="utf-8")
    elif kind == "kml":
        points().rename(columns={"Anläggning": "Name"}).to_file(path, driver="KML")
    else:
        points().to_file(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "xlsx", "shp", "gpkg", "geojson", "kml"])
def test_every_kind_of_file_gives_the_same_places(folder, kind):
    done = import_file(write(kind, folder), folder / "mall.xlsx")
    if kind == "shp":
        book = openpyxl.load_workbook(folder / "mall.xlsx")
        for row in (3, 4):
            book["Flöden"].cell(row, COLUMNS["flows"].index("temperature_low_c") + 1, 60)
        book.save(folder / "mall.xlsx")
    own = load_register(folder / "mall.xlsx", bundled=False)
    assert sorted(own.sites["name"]) == ["Bruket", "Mejeriet", "Plasten"]
    assert own.sites["municipality_code"].tolist() == ["1382", "1380", "1384"]
    # a heat source of no temperature is what a short name of a shapefile cannot tell
    assert {fault.rule for fault in done.faults} == ({"no_temperature"} if kind == "shp" else set())
    assert (done.sites, done.flows) == (3, 2)
    assert own.flows["value"].tolist() == [12.5, 0.8]
    assert set(own.flows["temperature_low_c"]) == {60}
    column = "kontakt" if kind == "shp" else "Kontaktperson"
    assert f"{column}: A" in own.sites["note"].iloc[0]
    # the file itself is the source of every row
    assert set(own.select("heat")["source"]) == {f"theirs.{kind}"}


def test_every_row_is_read_or_told(folder):
    done = import_file(write("csv", folder))
    table = read_foreign(folder / "theirs.csv")
    assert len(table.rows) == len(PLANTS)
    assert "1 rader utanför Halland" in " ".join(done.told)
    assert done.sites + 1 == len(PLANTS)
    assert done.left_out == {"totals": 0, "away": 1, "twice": 0, "blank": 1}
    assert "1 tomma celler eller nollor" in " ".join(done.told)
    everything = done.mapping
    everything.area = "all"
    assert import_file("theirs.csv", "all.xlsx", mapping=everything).sites == len(PLANTS)


def test_a_mapping_can_be_edited_and_used_again(folder):
    path = write("csv", folder)
    first = import_file(path)
    text = first.mapping_file.read_text(encoding="utf-8")
    again = import_file(path, folder / "b.xlsx", mapping=first.mapping_file)
    assert again.mapping == first.mapping
    assert (folder / "b.toml").read_text(encoding="utf-8") == text
    edited = folder / "edited.toml"
    edited.write_text(text.replace('role = "source"', 'role = "sink"'), encoding="utf-8")
    import_file(path, folder / "c.xlsx", mapping=edited)
    assert set(load_register(folder / "c.xlsx", bundled=False).flows["role"]) == {"sink"}


@pytest.mark.parametrize(
    "text",
    ["x = [", "unknown = 1", '[sites]\nname = "Nix"', '[sites]\nnonsense = "lon"', "flows = [1]",
     'system = "EPSG:a"', '[[flows]]\nunit = "t"'],
)  # fmt: skip
def test_a_mapping_that_cannot_be_used_is_refused(folder, text):
    (folder / "bad.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RegisterError, match="mapping cannot be used"):
        import_file(write("csv", folder), mapping=folder / "bad.toml")


@pytest.mark.parametrize("code", [3006, 3007, 3008, 3021, 3035])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.usefixtures("folder")
def test_the_system_is_the_one_that_puts_places_into_the_region(code, swapped):
    theirs = points(code)
    sides = [theirs.geometry.x.round(1), theirs.geometry.y.round(1)]
    x, y = sides[::-1] if swapped else sides
    table = pd.DataFrame(theirs.drop(columns="geometry")).assign(X=x, Y=y)
    table.to_csv("theirs.csv", index=False)
    done = import_file("theirs.csv")
    assert done.mapping.system == f"{'swapped:' if swapped else ''}EPSG:{code}"
    assert done.sites == 3
    assert done.faults == []


@pytest.mark.parametrize("form", ["SRID=4326;POINT({0} {1})", "POINT ({0} {1})", "{1}, {0}"])
@pytest.mark.usefixtures("folder")
def test_both_coordinates_in_one_cell(form):
    cells = [form.format(*row) for row in PLANTS[["lon", "lat"]].to_numpy()]
    PLANTS.drop(columns=["lon", "lat"]).assign(geom=cells).to_csv("t.csv", index=False)
    assert import_file("t.csv").sites == 3


@pytest.mark.usefixtures("folder")
def test_titles_units_and_totals_around_a_table():
    book = openpyxl.Workbook()
    book.create_sheet("Om")
    sheet = book.active
    sheet.append(["Spillvärme i Halland"])
    sheet.append([])
    sheet.append(["Anläggning", "Longitud", "Latitud", "Överskottsvärme", "Temperatur"])
    sheet.append(["", "", "", "(kWh/år)", "(°C)"])
    sheet.append(["Bruket", 12.5, 56.9, 4_100_000, 70])
    sheet.append(["Mejeriet", 12.87, 56.69, 900_000, 40])
    sheet.append(["Summa", "", "", 5_000_000, ""])
    book.save("theirs.xlsx")
    done = import_file("theirs.xlsx")
    assert "1 rader med summor" in " ".join(done.told)
    assert done.mapping.flows[0]["unit"] == "kWh/år"
    assert done.sites == done.flows == 2
    assert done.mapping.flows[0]["temperature_low_c"] == "=Temperatur"
    assert done.faults == []


@pytest.mark.usefixtures("folder")
def test_two_statistics_of_one_thing_and_a_total_are_not_counted_twice():
    table = PLANTS.drop(columns=PLANTS.columns[-1]).assign(
        **{
            "Emissions_ETS_2014": 10_000.0,
            "Emissions_EPRTR_2014": 11_000.0,
            "Excess_Heat_100-200C": 5.0,
            "Excess_Heat_500C": 7.0,
            "Excess_Heat_Total": 12.0,
        }
    )
    table.to_csv("t.csv", index=False)
    done = import_file("t.csv")
    found = [(flow["value"], flow["temperature_low_c"]) for flow in done.mapping.flows]
    assert found == [
        ("Emissions_ETS_2014", ""), ("Excess_Heat_100-200C", "100"), ("Excess_Heat_500C", "500"),
    ]  # fmt: skip
    # nobody knows the unit: the check asks for it
    assert {(fault.rule, fault.column) for fault in done.faults} == {("empty", "unit")}
    notes = [c.value for c in openpyxl.load_workbook("t-mall.xlsx")["Platser"][3]]
    assert any("Emissions_EPRTR_2014: 11000" in str(note) for note in notes)
    assert any("Excess_Heat_Total: 12" in str(note) for note in notes)


def test_temperature_and_year_of_each_row_are_taken(tmp_path):
    path = tmp_path / "theirs.csv"
    path.write_text(
        "F\u00f6retag;Kommun;X;Y;V\u00e4rme MWh/\u00e5r;Temp (\u00b0C);\u00c5r\n"
        "Bageriet;Falkenberg;6309038;347743;3500;45;2023\n"
        "Gjuteriet;Halmstad;6286000;370000;12 000;80;2024\n",
        encoding="cp1252",
    )
    done = import_file(path, tmp_path / "template.xlsx")
    assert done.faults == []
    flows = load_register(done.template, bundled=False).flows
    assert flows["value"].tolist() == [3.5, 12]
    assert flows["temperature_low_c"].tolist() == [45, 80]
    assert flows["year"].tolist() == [2023, 2024]
    text = done.mapping_file.read_text(encoding="utf-8")
    assert 'temperature_low_c = "=Temp (\u00b0C)"' in text
    again = import_file(path, tmp_path / "again.xlsx", mapping=done.mapping_file)
    assert again.flows == 2
    done.mapping_file.write_text(text.replace("=Temp", "=Heat"), encoding="utf-8")
    with pytest.raises(RegisterError, match="Heat"):
        import_file(path, tmp_path / "again.xlsx", mapping=done.mapping_file)


@pytest.mark.usefixtures("folder")
def test_a_plant_that_is_ours_is_told_as_a_probable_duplicate():
    plant = sg.load_register().sites.loc["sodra_cell_varo"]
    pd.DataFrame(
        {"name": ["Södra Cell Värö bruk"], "lon": [plant.geometry.x], "lat": [plant.geometry.y]}
    ).to_csv("t.csv", index=False)
    assert "sodra_cell_varo" in set(import_file("t.csv").duplicates["other"])


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1 234,5", 1234.5), ("1.234,5", 1234.5), ("1,234.5", 1234.5), ("1,234,567", 1234567),
        ("2810000.00", 2810000), ("\u22124", -4), ("4,1E2", 410), ("ca 3", None), ("inf", None),
    ],
)  # fmt: skip
def test_numbers_of_other_people(cell, number):
    found = foreign_number(cell)
    assert found == number if number is not None else found != found


def test_the_command_tells_what_it_understood(folder, capsys):
    write("csv", folder)
    assert cli.main(["import", "theirs.csv", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    for words in ("Encoding: cp1252", "Anläggning -> sites.name", "lon + lat -> EPSG:4326",
                  "3 sites and 2 flows, faults to mend: 0", "theirs-template.toml"):  # fmt: skip
        assert words in said
    assert cli.main(["import", "theirs.csv", "--layer", "nix"]) == 2
    assert "välj bland: theirs" in capsys.readouterr().err
    assert cli.main(["import", "nix.csv"]) == 2
    (folder / "x.pdf").write_text("x")
    assert cli.main(["import", "x.pdf"]) == 2
    assert "spara den som" in capsys.readouterr().err


def test_no_row_in_the_region_is_told_with_the_system(folder):
    PLANTS.assign(lon=18.0, lat=59.3).to_csv("t.csv", index=False)
    with pytest.raises(RegisterError, match=r"no row lies in Halland, read in EPSG:4326"):
        import_file("t.csv")
    assert sorted(p.name for p in folder.iterdir()) == ["t.csv"]


def test_a_mapping_is_written_as_it_is_read():
    import tomllib

    odd = Mapping(layer='"å"\\', sites={"name": "a\nb"}, flows=[{"value": "#1", "unit": ""}])
    assert Mapping(**tomllib.loads(odd.to_toml())) == odd


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_our_own_template_is_sent_to_check(tmp_path, lang):
    book = write_template(tmp_path / "own.xlsx", lang)
    with pytest.raises(RegisterError, match="is our template already"):
        import_file(book, tmp_path / "out.xlsx")
    assert not (tmp_path / "out.xlsx").exists()


def test_a_control_character_is_shown_as_a_question_mark(folder):
    # seed 2625 of the fuzz run
    path = write("csv", folder)
    path.write_bytes(path.read_bytes().replace(b"Bruket", b"B\x02ruket", 1))
    book = import_file(path, folder / "mall.xlsx").template
    assert "B?ruket" in {
        cell.value for row in openpyxl.load_workbook(book)["Platser"] for cell in row
    }
