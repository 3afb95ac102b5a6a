"""Several studies at once: each is the study it would be alone, and their sums agree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo import cli, labels
from symbios_geo.errors import ParameterError
from symbios_geo.outputs import scenarios as module

DEAR = {"heat_seller_sek_per_mwh": 290.0, "electricity_spot_factor": 1.25}
CHEAP = {"heat_pipe_cost_factor": 0.6}


@pytest.fixture(scope="module")
def one_town(halland) -> sg.Register:
    """Return Hylte alone: small, so that a study of it is quick."""
    here = halland.sites.index[halland.sites["municipality_code"] == "1315"]
    flows = halland.flows[halland.flows["site_id"].isin(here)].reset_index(drop=True)
    return replace(halland, flows=flows)


@pytest.fixture(scope="module")
def both(one_town) -> sg.Scenarios:
    return sg.scenarios({"dear": DEAR, "cheap": CHEAP}, one_town, lang="en")


def headline(table: pd.DataFrame, scenario: str, measure: str, resource: str = "heat") -> float:
    rows = table[table["scenario"].eq(scenario) & table["measure"].eq(measure)]
    return rows.set_index("resource").loc[resource, "value"]


def test_each_scenario_is_the_study_it_would_be_alone(both, one_town):
    assert list(both.studies) == ["base", "dear", "cheap"]
    for name, changes in {"base": None, "dear": DEAR, "cheap": CHEAP}.items():
        alone = sg.run(one_town, assumptions=changes, lang="en")
        links = alone.matches["heat"].links
        pd.testing.assert_frame_equal(both.studies[name].matches["heat"].links, links)


def test_a_scenario_moves_what_it_should(both):
    table = both.table()
    assert headline(table, "cheap", "net_value") > headline(table, "base", "net_value")
    assert headline(table, "dear", "net_value") < headline(table, "base", "net_value")
    assert headline(table, "dear", "demand") == headline(table, "base", "demand")


def test_change_is_the_value_less_that_of_the_base(both):
    table = both.table()
    assert (table.loc[table["scenario"] == "base", "change"] == 0).all()
    dear = table[table["scenario"] == "dear"].set_index(["resource", "measure"])
    base = table[table["scenario"] == "base"].set_index(["resource", "measure"])
    assert dear["change"].to_dict() == pytest.approx((dear["value"] - base["value"]).to_dict())


@pytest.mark.parametrize("measure", ["supply", "demand", "delivered"])
def test_municipalities_add_up_to_the_headline(both, measure):
    county, parts = both.table(), both.table("municipality")
    for name in both.studies:
        rows = parts[parts["scenario"].eq(name) & parts["measure"].eq(measure)]
        sums = rows.groupby("resource")["value"].sum()
        assert sums["heat"] == pytest.approx(headline(county, name, measure))


def test_exchanges_add_up_to_the_headline(both):
    county, links = both.table(), both.table("exchange")
    for name in both.studies:
        mine = links[links["scenario"].eq(name) & links["resource"].eq("heat")]
        assert mine["delivered"].sum() == pytest.approx(headline(county, name, "delivered"))
        assert len(mine) == headline(county, name, "links")
        net = (mine["delivered"] * (mine["worth"] - mine["unit_cost"])).sum()
        net *= both.studies[name].assumptions["sek_per_eur"] / 1000  # kEUR in MSEK
        assert net == pytest.approx(headline(county, name, "net_value"))


def test_the_map_has_a_frame_per_scenario(both):
    frames = both.map("heat").payload["frames"]
    base = labels.label("explore:base_case", "en")
    assert [frame["label"] for frame in frames] == [base, "dear", "cheap"]
    told, case = frames[0]["links"], both.studies["base"].business
    seldom = case.query("resource == 'heat' and status == 'new' and pays_share < 0.5")
    assert sum(link["open"] for link in told) == len(seldom)
    assert all(link["pays"] for link in told if link["open"])
    assert any(link["pays"] for link in told) == case["pays_share"].notna().any()


def test_tables_have_words_in_both_languages(both):
    for lang in ("sv", "en"):
        shown = labels.words(both.table(), lang)
        assert labels.label("scenario:base", lang) in set(shown["scenario"])
        assert not shown["measure"].isin(["net_value", "delivered"]).any()


def test_scenarios_start_from_the_assumptions_given(one_town):
    start = sg.load_assumptions().replace(CHEAP)
    found = sg.scenarios({"also": DEAR}, one_town, assumptions=start)
    assert found.studies["base"].assumptions == start
    assert found.studies["also"].assumptions == start.replace(DEAR)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, "There is no scenario"),
        ("dear", "There is no scenario"),
        ({"base": DEAR}, "cannot be called 'base'"),
        ({" ": DEAR}, "cannot be called ' '"),
        ({1: DEAR}, "cannot be called 1"),
        ({"dear": 90.0}, "'dear' must hold"),
        ({"dear": {"detour_facto": 1.3}}, "'dear'.*Did you mean detour_factor"),
        ({"dear": {"discount_rate": 5}}, "'dear'.*discount_rate"),
        ({"fine": CHEAP, "dear": {"detour_factor": "long"}}, "'dear'.*detour_factor"),
        ({"dear": {"detour_factor": None}}, "'dear'.*detour_factor"),
        ({"dear": {"detour_factor": float("nan")}}, "'dear'.*detour_factor"),
    ],
)
def test_a_faulty_scenario_is_named_before_any_study_runs(changes, why, monkeypatch):
    monkeypatch.setattr(module, "run", lambda *_a, **_k: pytest.fail("a study was run"))
    with pytest.raises(ParameterError, match=why):
        sg.scenarios(changes)


def test_unknown_tables_and_maps_are_refused(both):
    with pytest.raises(ParameterError, match="headline, municipality, exchange"):
        both.table("county")
    with pytest.raises(ParameterError, match="'steam' is not matched"):
        both.map("steam")


# --- files ---------------------------------------------------------------------------------------


def written(folder: Path, text: str) -> Path:
    path = folder / "futures.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_holds_what_it_says(tmp_path):
    text = (
        '["Dyr el"]\nelectricity_price_eur_per_mwh = [90, 80, 100]\n[cheap]\ndetour_factor = 1.2\n'
    )
    found = module.read_scenarios(written(tmp_path, "\ufeff" + text))
    expected = {"Dyr el": {"electricity_price_eur_per_mwh": [90, 80, 100]}}
    assert found == expected | {"cheap": {"detour_factor": 1.2}}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[dear]\ndetour_factor = 1,3\n", "line 2"),
        ("detour_factor = 1.3\n", "detour_factor stands in no scenario"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path, text, why):
    with pytest.raises(ParameterError, match=why):
        module.read_scenarios(written(tmp_path, text))


def test_the_command_writes_tables_and_maps(tmp_path, monkeypatch, both, capsys):
    monkeypatch.setattr(module, "scenarios", lambda *_a, **_k: both)
    path = written(tmp_path, "[dear]\nelectricity_price_eur_per_mwh = 90\n")
    assert cli.main(["scenario", str(path), "--out", str(tmp_path / "out"), "--lang", "en"]) == 0
    names = {file.name for file in (tmp_path / "out").iterdir()}
    maps = {f"{key}.html" for key in both.studies["base"].matches}
    assert {"heat.html", "co2.html"} <= maps
    assert names == {"headline.csv", "municipality.csv", "exchange.csv", *maps}
    table = pd.read_csv(tmp_path / "out" / "headline.csv")
    assert len(table) == len(both.table())
    assert "heat.html" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["--set", "detour_facto=1.3"], "Menade du detour_factor"),
        (["--set", "detour_factor"], "saknar värde"),
        (["--set", "detour_factor=1,3"], "är inget tal"),
        (["--set", "discount_rate=5"], "discount_rate = 5"),
        (["--with", "windmill@hylte_paper"], "är ingen anläggning"),
        (["--with", "electrolyser@hylte_paper"], "behöver en storlek i MW"),
        (["--with", "greenhouse@hylte_papper"], "hylte_paper"),
    ],
)
def test_a_run_refuses_what_it_cannot_use(given, why, tmp_path, capsys):
    assert cli.main(["run", *given, "--out", str(tmp_path / "out")]) == cli.USER_ERROR
    assert why in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
