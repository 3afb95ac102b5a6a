"""The map of the pilots: true places, a colour for each chance, a list of what is drawn."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Polygon
from matplotlib.text import Text

from symbios_geo import labels
from symbios_geo.maps import page as cartography
from symbios_geo.maps.page import plt
from symbios_geo.maps.pilots import LIKELY, SURE, UNLIKELY, plot_pilots
from symbios_geo.outputs.story import Story
from symbios_geo.shortlist import HALF, SURELY

NUMBER = re.compile(r"\d+[A-Z]")  # rank, and the letter of the resource


def mapped(study):
    return Story(study, pd.DataFrame(), "sv").ranked


def drawn(study, lang="sv", **look):
    return plot_pilots(mapped(study), study.register, study.municipalities, lang=lang, **look)


def texts(ax) -> list[Text]:
    found = ax.figure.findobj(Text)
    return [t for t in found if t.get_text().strip() and t.get_visible()]


def numbers(ax) -> dict[str, str]:
    """Return the colour of the plate of each number on the map."""
    keys = [t for t in texts(ax) if NUMBER.fullmatch(t.get_text()) and t.get_bbox_patch()]
    return {t.get_text()[:-1]: to_hex(t.get_bbox_patch().get_facecolor()) for t in keys}


@pytest.fixture(scope="module")
def ax(study):
    yield drawn(study)
    plt.close("all")


def test_every_pilot_stands_where_it_lies(study, ax):
    places = study.register.sites.geometry.to_crs(3006)
    by_level = {z: [a for a in ax.figure.axes if a.get_zorder() == z] for z in (5, 7, 8)}
    overlay = by_level[5][0]
    dots = {str(c.get_gid()).rstrip("KMV"): c.get_offsets()[0] for c in overlay.collections}
    # insets have their own maps, with points over them
    sheets = [(ax, overlay), *zip(by_level[7], by_level[8], strict=True)]
    assert len(sheets) == 3  # Falkenberg and Halmstad
    shafts, sheet_of = {}, {}
    for sheet in sheets:
        for shape in sheet[1].findobj(Polygon):
            if (gid := shape.get_gid()) and gid.startswith("flow-"):
                assert gid not in shafts
                shafts[gid], sheet_of[gid] = shape.get_xy(), sheet

    def on_page(key, sheet):
        under, over = sheet
        scale = over.get_xlim()[1] / (under.get_xlim()[1] - under.get_xlim()[0])
        corner = np.array([under.get_xlim()[0], under.get_ylim()[0]])
        return (np.array(places[key].coords[0]) - corner) * scale

    for pilot in mapped(study).itertuples():
        gid = f"flow-{pilot.site_id_source}-{pilot.site_id_sink}"
        sheet = sheet_of.get(gid, sheets[0])
        ends = [on_page(key, sheet) for key in (pilot.site_id_source, pilot.site_id_sink)]
        if f"pilot-{pilot.rank}" in dots:
            spot = dots[f"pilot-{pilot.rank}"]
            assert max(np.hypot(*(spot - end)) for end in ends) < 15
            continue
        outline = shafts[gid]
        # a short arrow of an inset is drawn longer than it is
        assert np.hypot(*((outline[0] + outline[-1]) / 2 - ends[0])) < (
            3 if sheet is sheets[0] else 20
        )
        assert np.hypot(*(outline[3] - ends[1])) < 9


def test_colours_say_how_often_a_pilot_pays_and_the_title_how_many(study, ax):
    keys = numbers(ax)
    share = mapped(study).set_index("rank")["pays_share"].astype(float)
    assert len(keys) == len(share)
    for rank, value in share.items():
        key = SURE if value >= SURELY else LIKELY if value >= HALF else UNLIKELY
        assert keys[str(rank)] == labels.colour(key)
    title = " ".join(ax.get_title(loc="left").split())
    # of all of them, as their chart counts
    assert title.startswith(f"{(share >= SURELY).sum()} av {len(share)} ")
    greys = [cartography.mpl.colors.to_rgb(labels.colour(k)) for k in (SURE, LIKELY, UNLIKELY)]
    assert (np.diff(np.dot(greys, (0.2126, 0.7152, 0.0722))) > 0.15).all()


@pytest.mark.parametrize("lang", labels.LANGUAGES)
@pytest.mark.parametrize("size", ["a4", "wide", "half"])
def test_the_list_names_what_is_drawn_and_no_text_is_cut(study, size, lang):
    found = drawn(study, lang, size=size)
    words = [t.get_text() for t in texts(found)]
    assert not [word for word in words if "\u2026" in word]
    keys = numbers(found)
    assert len(keys) >= 5
    for pilot in mapped(study).itertuples():
        amount = labels.rough(pilot.npv_msek_low, pilot.npv_msek_high, lang)
        assert (str(pilot.rank) in keys) <= any(amount in word for word in words)
    rest = len(mapped(study)) - len(keys)
    assert (labels.label("map:pilots_more", lang, count=rest) in words) is (rest > 0)
    box, (width, height) = found.figure.get_tightbbox(), found.figure.get_size_inches()
    assert min(box.x0, box.y0) > -0.02
    assert max(box.x1 - width, box.y1 - height) < 0.02
    plt.close(found.figure)


def test_pilots_that_were_not_drawn_from_ranges_have_no_chance(study):
    pilots = mapped(study).assign(pays_share=np.nan, npv_msek_low=np.nan, npv_msek_high=np.nan)
    found = plot_pilots(pilots, study.register, study.municipalities, lang="en")
    assert found.get_title(loc="left") == f"{len(pilots)} exchanges"
    assert labels.label("pays:unknown", "en") in [t.get_text() for t in texts(found)]


def test_each_receiver_of_a_dot_or_an_inset_has_its_name(ax):
    shown = {" ".join(t.get_text().split()) for t in texts(ax)}
    names = {"Hyltebruk", "Höganäs Halmstad", "Carlsbergs bryggeri Falkenberg"}
    assert names <= shown
    # a name stands beside its own point
    overlays = [a for a in ax.figure.axes if a.get_zorder() == 8]
    (inset,) = [a for a in overlays if any(t.get_text() == "Falkenberg" for t in a.texts)][:1]
    (name,) = [t for t in inset.texts if t.get_text().startswith("Carlsbergs")]
    point = next(
        c.get_offsets()[0]
        for c in inset.collections
        if str(c.get_gid()) == "end-carlsberg_falkenberg"
    )
    assert np.hypot(*(np.array(name.get_position()) - point)) < 30
