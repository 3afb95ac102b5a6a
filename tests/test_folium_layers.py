"""Folium's usual layers on our maps: they work without a network, and none takes others along."""

from __future__ import annotations

from pathlib import Path

import folium
import geopandas as gpd
import pytest
from branca.element import MacroElement
from browser import DESKTOP, open_browser, visit
from folium.plugins import Draw, Fullscreen, HeatMap, MarkerCluster, MeasureControl
from folium.template import Template
from shapely.geometry import LineString

import symbios_geo as sg
from symbios_geo.errors import OutputError
from symbios_geo.web import parts
from symbios_geo.web.explore import show_match
from symbios_geo.web.page import page_html


@pytest.fixture(scope="module")
def study(annual: sg.Study) -> sg.Study:
    return annual


@pytest.fixture(scope="module")
def browser(request):
    yield from open_browser(request)


@pytest.fixture
def page(study):
    return show_match(study.matches["heat"], study.register, lang="en")


def towns(study):
    return study.municipalities.reset_index()[
        ["municipality_code", "name", "population", "geometry"]
    ]


def road():
    line = LineString([(12.2, 57.2), (12.5, 56.9), (12.9, 56.65)])
    return gpd.GeoDataFrame({"name": ["E6"]}, geometry=[line], crs=4326)


def layers(study):
    return [
        folium.Choropleth(
            geo_data=towns(study).to_json(),
            data=towns(study),
            columns=["municipality_code", "population"],
            key_on="feature.properties.municipality_code",
        ),
        MarkerCluster([[57, 12.6], [57.01, 12.61]]),
        HeatMap([[57, 12.6]]),
        Fullscreen(),
        MeasureControl(),
        folium.Marker([57, 12.6], icon=folium.Icon(color="red", icon="fire"), popup="<b>x</b>"),
        folium.GeoJson(road()),
        folium.CircleMarker([56.8, 12.6], radius=20, color="red"),
        folium.LayerControl(),
    ]


@pytest.mark.slow
def test_usual_layers_are_drawn_without_a_network(browser, page, study, tmp_path: Path):
    for layer in layers(study):
        layer.add_to(page)
    towns(study).explore(column="population", m=page)
    towns(study).explore(column="name", m=page)
    page.save(tmp_path / "map.html")
    with visit(browser, tmp_path / "map.html", DESKTOP) as seen:
        seen.page.wait_for_selector(".marker-cluster")
        assert seen.texts(".symbios-fault") == []
        for selector in (".symbios-pin", ".symbios-fullscreen", ".symbios-measure", "#legend"):
            assert seen.page.locator(selector).count() >= 1
        seen.assert_quiet()


@pytest.mark.slow
def test_a_layer_that_fails_says_so_and_the_others_follow(browser, page, tmp_path: Path):
    broken = MacroElement()
    broken._template = Template("{% macro script(this, kwargs) %}L.nothing.at.all();{% endmacro %}")
    page.add_child(broken)
    folium.Marker([57, 12.6], icon=folium.Icon(color="green")).add_to(page)
    page.save(tmp_path / "map.html")
    with visit(browser, tmp_path / "map.html", DESKTOP) as seen:
        seen.page.wait_for_selector(".symbios-pin")
        assert "undefined" in seen.texts(".symbios-fault")[0]


@pytest.mark.slow
def test_the_ruler_measures_kilometres(browser, page, tmp_path: Path):
    MeasureControl().add_to(page)
    page.save(tmp_path / "map.html")
    with visit(browser, tmp_path / "map.html", DESKTOP) as seen:
        # a degree of latitude is 111.19 km on Leaflet's sphere; the square in m2 follows
        found = seen.page.evaluate(
            """() => {
              const map = Object.values(window).find((v) => v instanceof L.Map);
              document.querySelector(".symbios-measure a").click();
              for (const at of [[57, 12], [58, 12]]) map.fire("click", {latlng: L.latLng(at)});
              return document.querySelector(".leaflet-popup-content").textContent;
            }"""
        )
    assert found == "111.19 km"


EVIL = (
    "{{ self.__init__.__globals__['__builtins__']['open'](PATH, 'w') }}"
    "{% for i in range(9) %}z{% endfor %}{# gone #}${window.hacked = 1}"
)


@pytest.mark.slow
def test_texts_are_no_templates_and_no_scripts(browser, page, tmp_path: Path):
    text = EVIL.replace("PATH", repr(str(tmp_path / "made")))
    popup = folium.Popup(text)
    folium.Marker([57, 12.6], popup=popup, tooltip=text).add_to(page)
    rows = road().assign(name=text)
    folium.GeoJson(rows, tooltip=folium.GeoJsonTooltip(["name"])).add_to(page)
    html = page_html(page)
    assert not (tmp_path / "made").exists()
    assert "zzz" not in html
    assert "{# gone #}" in html
    assert parts.BRACE not in html
    # folium's own objects are as they were
    assert isinstance(popup.html, type(folium.Element()))
    assert page_html(page) == html
    (tmp_path / "map.html").write_text(html, encoding="utf-8")
    with visit(browser, tmp_path / "map.html", DESKTOP) as seen:
        assert seen.page.evaluate("window.hacked") is None
        seen.assert_quiet()


def test_a_part_that_is_not_there_is_named(page, monkeypatch):
    Draw().add_to(page)
    with pytest.raises(OutputError, match=r"leaflet\.draw.*folium\.Map\.save"):
        page_html(page)

    def lacks(_name: str) -> None:
        raise ModuleNotFoundError

    monkeypatch.setattr(parts, "import_module", lacks)
    with pytest.raises(OutputError, match=r"XStatic-D3.*symbios-geo\[maps\]"):
        parts.inlined('<script src="https://cdnjs.cloudflare.com/ajax/libs/d3/3.5.5/d3.min.js">'
                      "</script>")  # fmt: skip


def test_a_map_saved_twice_is_the_same(page, study):
    for layer in layers(study):
        layer.add_to(page)
    assert page_html(page) == page_html(page)
