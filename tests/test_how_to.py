"""The how-to page for analysts: its blocks run as they stand, and give what they promise."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from symbios_geo.assumptions.values import RangeWarning
from symbios_geo.matching import candidates

PAGE = Path(__file__).parents[1] / "docs" / "how-to-analyst.md"
RESOURCE_PAGE = PAGE.with_name("how-to-resource.md")


def blocks(page: Path = PAGE) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> dict:
    names: dict = {}
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.chdir(tmp_path_factory.mktemp("how_to"))
        # task 2 sets a price beyond its range
        warnings.simplefilter("ignore", RangeWarning)
        for block in blocks():
            exec(compile(block, PAGE.name, "exec"), names)
        names["files"] = sorted(path.name for path in Path.cwd().iterdir())
    plt.close("all")
    return names


def test_every_task_has_its_call():
    text = PAGE.read_text(encoding="utf-8")
    tasks = re.findall(r"^## (\d+)\..*?```python", text, re.MULTILINE | re.DOTALL)
    assert tasks == [str(number) for number in range(1, 15)]


@pytest.mark.slow
def test_calls_give_what_they_promise(said):
    assert (said["hot"]["temperature_low_c"] >= 60).all()
    assert len(said["hot"])
    assert set(said["answers"].studies) == {"base", "dear power"}
    added = said["with_it"].balances["heat"]["supply"] - said["study"].balances["heat"]["supply"]
    assert added["1380"] == pytest.approx(315.36)
    assert len(said["grown"].flows) == len(said["register"].flows) + 1
    assert said["ax"].get_title(loc="left") == "Heat around Falkenberg"
    assert {"links.gpkg", "map.html"} <= set(said["files"])
    assert len(said["lines"])
    assert said["varberg"].balances["heat"].index.tolist() == ["1383"]
    assert 0 < len(said["circle"].sites) < len(said["register"].sites)
    assert set(said["south"].region.names) == {"Halmstad", "Laholm"}
    flows = said["replaced"].flows.set_index("flow_id")
    assert said["old"].name in flows.index
    assert flows.loc[said["old"].name, "high"] == 400
    gained = said["gridded"].flows["value"].sum() - said["register"].flows["value"].sum()
    assert gained == pytest.approx(said["grid"]["mwh"].sum() / 1000)
    straight, road = (
        match.to_gdf().set_index(["source", "sink"])["distance_km"]
        for match in (said["study"].matches["heat"], said["by_road"])
    )
    assert len(road) <= len(straight)
    assert said["verdict"]["verdict"] in ("holds", "likely", "open", "unlikely", "fails")
    assert len(said["trace"]) >= 1
    assert said["there"].balances["heat"].loc["1885", "supply"] == pytest.approx(200)
    assert said["there"].headline["need_gwh"] == pytest.approx(110)
    assert len(said["taken_in"].flows) == len(said["register"].flows) + 2
    assert "electricity_price_eur_per_mwh" in said["told"]


@pytest.mark.slow
def test_a_resource_is_added_as_its_page_tells():
    names: dict = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(candidates.RESOURCES, "manure", None)
        patch.delitem(candidates.RESOURCES, "manure")
        for block in blocks(RESOURCE_PAGE):
            exec(compile(block, RESOURCE_PAGE.name, "exec"), names)
        patch.delitem(candidates.RESOURCES, "manure")
    plt.close("all")
    found = names["study"].exchanges.query("resource == 'manure'")
    assert found["delivered"].sum() == pytest.approx(20)
    assert names["study"].balances["manure"]["demand"]["1383"] == pytest.approx(20)
    # the farms of a municipality are no single place, and no title sells what they could give
    title = names["axes"].get_title(loc="left")
    assert re.fullmatch(
        r"All that is new, [\d,]+ kt/yr of manure, goes to a receiver without a place of its own",
        title,
    )
    assert len(names["rules"]) > 100
    assert names["materials"].key == "materials"
