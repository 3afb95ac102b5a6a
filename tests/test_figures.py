"""Charts show the numbers they are given, in one language, with nothing cut."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from pypdf import PdfReader

from symbios_geo import labels
from symbios_geo.errors import OutputError
from symbios_geo.figures import charts as figures
from symbios_geo.figures import costs, ranges, sankey, taken
from symbios_geo.maps import page as cartography

BALANCE = pd.DataFrame(
    {
        "name": ["Hylte", "Varberg"],
        "supply": [294.0, 1538.0],
        "supply_low": [148.0, 810.0],
        "supply_high": [458.0, 2488.0],
        "demand": [70.0, np.nan],
    },
    index=["1315", "1383"],
)
MONTHS = pd.RangeIndex(1, 13)
SUPPLY = pd.DataFrame({"class_60": 60.0, "class_low": 100.0}, index=MONTHS)
DEMAND = pd.Series(np.linspace(370, 40, 12), index=MONTHS)
LINKS = pd.DataFrame(
    {
        "source": ["a", "a", "b", "c"],
        "sink": ["x", "y", "x", "y"],
        "delivered": [50.0, 30, 20, 0],
        "levelised_sek": [20.0, 5, 30, 1],
        "worth_sek": [35.0, 35, 90, 90],
        "temperature_mode": ["direct", "preheat", "heat_pump", "direct"],
    }
)
NAMES = pd.Series(
    {"a": "Bruket", "b": "Mejeriet med ett mycket långt namn", "c": "C", "x": "X", "y": "Y"}
)
TORNADO = pd.DataFrame(
    {"low": [900.0, 1100], "high": [1700.0, 1300], "value": 1200.0},
    index=["Ledningskostnad per meter i tätort med mycket trånga gator", "Elpris"],
)
NOTES = {"sv": "Källa: SCB 2024. Säkerhet A.", "en": "Source: SCB 2024. Confidence A."}


def draw(kind: str, size: str = "a4", lang: str = "sv"):
    look = {"size": size, "lang": lang, "note": NOTES[lang]}
    if kind == "bars":
        return figures.plot_municipal_bars(BALANCE, unit="GWh/yr", **look)
    if kind == "monthly":
        return figures.plot_monthly(SUPPLY, DEMAND, **look)
    if kind == "cost":
        return figures.plot_cost_curve(LINKS, unit="GWh/yr", cost_unit="SEK/MWh", **look)
    if kind == "exchanges":
        return figures.plot_exchanges(LINKS, NAMES, unit="GWh/yr", **look)
    return figures.plot_tornado(TORNADO, unit="GWh/yr", **look)


KINDS = ("bars", "monthly", "cost", "exchanges", "tornado")


@pytest.fixture(autouse=True)
def _close():
    yield
    cartography.plt.close("all")


def words(ax) -> list:
    ax.figure.canvas.draw()
    found = ax.figure.findobj(cartography.mpl.text.Text)
    return [text for text in found if text.get_text().strip() and text.get_visible()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", ["a4", "wide"])
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_chart_has_unit_source_and_one_language_and_nothing_cut(kind, size, lang):
    ax = draw(kind, size, lang)
    shown = words(ax)
    joined = "\n".join(text.get_text() for text in shown)
    assert NOTES[lang] in joined
    assert ("år" in joined or "månad" in joined) is (lang == "sv")
    assert ("GWh/yr" in joined or "GWh/month" in joined) is (lang == "en")
    box, (width, height) = ax.figure.get_tightbbox(), ax.figure.get_size_inches()
    assert min(box.x0, box.y0) > -0.02
    assert box.x1 < width + 0.02
    assert box.y1 < height + 0.02


def test_bars_are_as_long_as_their_values_and_a_missing_one_says_so():
    ax = draw("bars")
    widths = [bar.get_width() for group in ax.containers for bar in group]
    assert widths == [1538, 294, 0, 70]
    assert "uppgift saknas" in [text.get_text() for text in words(ax)]
    ranges = [tuple(segment[:, 0]) for c in ax.collections for segment in c.get_segments()]
    assert {(148, 458), (810, 2488)} <= set(ranges)


def test_months_are_stacked_and_demand_is_a_line():
    ax = draw("monthly")
    lower, upper = ax.containers
    assert [bar.get_height() for bar in lower] == [60] * 12
    assert [bar.get_y() for bar in upper] == [60] * 12
    assert any(list(line.get_ydata()) == pytest.approx(list(DEMAND)) for line in ax.lines)
    assert [tick.get_text() for tick in ax.get_xticklabels()][:5] == [
        "jan", "feb", "mars", "april", "maj",
    ]  # fmt: skip


def test_cost_curve_rises_and_is_as_wide_as_what_is_delivered():
    ax = draw("cost")
    bars = sorted(
        (bar.get_x(), bar.get_width(), bar.get_height()) for g in ax.containers for bar in g
    )
    assert bars == [(0, 30, 5), (30, 50, 20), (80, 20, 30)]
    segments = [s for c in ax.collections if hasattr(c, "get_segments") for s in c.get_segments()]
    assert [tuple(s[:, 1]) for s in segments] == [(35, 35), (35, 35), (90, 90)]


def test_cost_curve_of_nothing_is_empty():
    ax = figures.plot_cost_curve(LINKS.assign(delivered=0.0), unit="kt/yr", cost_unit="SEK/t")
    assert not ax.patches


def test_exchanges_are_as_high_as_what_they_carry():
    ax = draw("exchanges")
    bars = [p for p in ax.patches if isinstance(p, Rectangle)]
    heights = [bar.get_height() / (1 - sankey.GAP) for bar in bars]
    assert heights == pytest.approx([0.8, 0.2, 0.3, 0.7])


def test_exchanges_of_nothing_are_an_empty_figure():
    ax = figures.plot_exchanges(LINKS.assign(delivered=0.0), NAMES, unit="GWh/yr")
    assert not ax.patches


def test_small_ends_are_joined_and_stand_last():
    flows = pd.DataFrame(
        {"source": [f"s{n}" for n in range(20)], "sink": "x", "delivered": range(20, 0, -1)}
    )
    joined = sankey.gather_ends(flows, "Övriga")
    assert joined["delivered"].sum() == flows["delivered"].sum()
    ends = sankey.stack_ends(joined, "source", "Övriga")
    assert len(ends) == sankey.MOST_ENDS
    assert ends.index[-1] == "Övriga"
    assert ends["bottom"].iloc[-1] == pytest.approx(0)


def test_ends_stand_so_that_few_bands_cross():
    flows = pd.DataFrame({"source": list("abcd"), "sink": list("wzyw"), "delivered": [9, 3, 2, 1]})
    order = sankey.order_ends(flows)
    assert order["source"][0] == "a"
    assert sankey.crossings(flows, order) == 0


def test_what_flows_today_is_told_where_it_would_hide_what_is_new():
    links = pd.DataFrame({"source": list("ab"), "sink": list("xy"), "delivered": [500.0, 5.0],
                          "status": ["existing", "new"], "mode": "truck"})  # fmt: skip
    ax = figures.plot_exchanges(links, NAMES, unit="kt/yr")
    told = " ".join(ax.get_legend().get_title().get_text().split())
    assert "I dag levereras 500 kt/år mellan platser, som inte ritas" in told
    assert ax.get_title(loc="left").startswith("5,0 kt/år är nytt")
    assert len([p for p in ax.patches if isinstance(p, Rectangle)]) == 2
    even = figures.plot_exchanges(links.assign(delivered=[15.0, 5.0]), NAMES, unit="kt/yr")
    assert len([p for p in even.patches if isinstance(p, Rectangle)]) == 4


def test_bars_of_what_there_is_have_the_colour_of_their_resource():
    for resource in ("heat", "water"):
        ax = figures.plot_municipal_bars(BALANCE, unit="GWh/yr", resource=resource)
        bar = next(p for p in ax.patches if p.get_width() == BALANCE["supply"].iloc[0])
        assert to_hex(bar.get_facecolor()) == labels.colour(f"resource:{resource}")


def test_bars_of_what_becomes_of_supply_add_up_and_tell_the_one_exchange():
    table = pd.DataFrame({
        "name": ["Verket", "Bruket"], "committed": [0.0, 0.5], "new": [1.25, 0.0],
        "unused": [5.5, 9.6],
    }, ["a", "b"])  # fmt: skip
    told = {"a": "ger X 1,0"}
    ax = taken.plot_taken(
        table, unit="kt/yr", resource="water", told=told, delivered=pd.Series([1.0])
    )
    assert sorted(bar.get_width() for bar in ax.patches) == [0.0, 0.0, 0.5, 1.25, 5.5, 9.6]
    behind = [text.get_text() for text in ax.texts]
    assert "6,8, varav 5,5 utan mottagare\nger X 1,0" in behind
    title = " ".join(ax.get_title(loc="left").split())
    assert title == "15 av 17 kt/år vatten saknar mottagare; det enda nya utbytet ger 1,0"
    used = table.assign(committed=[40.0, 50.0])
    title = taken.plot_taken(used, unit="kt/yr", resource="water").get_title(loc="left")
    assert " ".join(title.split()) == (
        "90 av 106 kt/år vatten används redan; 15 saknar mottagare i planen"
    )
    many = pd.concat([table] * 20, ignore_index=True)
    ax = taken.plot_taken(many, unit="kt/yr", resource="water")
    assert len(ax.get_yticks()) == taken.MOST_ROWS
    assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(16.85 * 20)


def test_what_is_cut_is_broken_and_small_bands_keep_their_measure():
    links = pd.DataFrame({
        "source": list("abc"), "sink": list("xxx"), "delivered": [7.3, 0.5, 90.0], "mode": "truck",
    })  # fmt: skip
    ax = figures.plot_exchanges(links, NAMES, unit="kt/yr", unused=pd.Series({"a": 50.0}))
    assert "avkortad" in ax.get_legend().get_title().get_text()
    heights = sorted(p.get_height() for p in ax.patches if isinstance(p, Rectangle))
    assert heights[1] > 3 * heights[0]  # 7.3 and its stub beside 0.5


def test_the_average_of_small_blocks_stands_last_in_grey_and_moves_no_title():
    count = 20
    links = pd.DataFrame({
        "source": [f"s{n}" for n in range(count)], "sink": "x", "mode": "truck",
        "delivered": [10.0] * 17 + [0.1] * 3, "worth_sek": 600.0, "pays_share": [0.3] + [0.9] * 19,
        "levelised_sek": [94.0 + n for n in range(17)] + [20.0] * 3,
        "name_source": "A", "name_sink": "X",
    })  # fmt: skip
    ax = figures.plot_cost_curve(links, unit="kt/yr", cost_unit="SEK/t")
    last = max((p for p in ax.patches if p.get_width()), key=lambda p: p.get_x())
    assert to_hex(last.get_facecolor()) == labels.colour(costs.JOINED)
    keys = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "Öppen: lönar sig sällan" in keys
    title = " ".join(ax.get_title(loc="left").split())
    assert "för 20 till 110 kr/t" in title


def test_bars_name_where_the_need_is_largest_and_what_is_near_it():
    table = BALANCE.assign(demand=[640.0, 819.0])
    title = figures.plot_municipal_bars(table, unit="GWh/yr", subject="Restvärme").get_title("left")
    assert " ".join(title.split()).endswith("störst behov i Varberg och Hylte")


def test_titles_say_what_of_the_new_seldom_pays():
    links = pd.DataFrame({
        "source": list("abc"), "sink": list("xyy"), "delivered": [120.0, 30.0, 12.0],
        "mode": "direct", "status": "new", "pays_share": [0.14, 0.9, 0.8], "one_place": True,
    })  # fmt: skip
    titles = [
        " ".join(figures.plot_exchanges(rows, NAMES, unit="kt/yr").get_title(loc="left").split())
        for rows in (links, links.assign(one_place=[False, True, False]))
    ]
    assert titles[0].startswith("42 kt/år nytt från 2 källor; 120 till om")
    assert titles[0].endswith("byggs")
    assert titles[1] == (
        "162 kt/år är nytt; 42 lönar sig i minst hälften av beräkningarna, "
        "30 går mellan två bestämda platser"
    )
    keys = figures.plot_exchanges(links, NAMES, unit="kt/yr").get_legend().get_texts()
    assert "Öppen: lönar sig sällan" in [key.get_text() for key in keys]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(deadline=None)
def test_names_of_ends_keep_apart(levels):
    wanted = np.array(sorted(levels, reverse=True))
    placed = sankey.spread_levels(wanted, 0.05)
    assert (np.diff(placed) <= -0.05 + 1e-9).all()
    assert placed[-1] >= -1e-9


def test_numbers_of_an_axis_keep_their_spaces_in_pdf(tmp_path):
    figure = figures.plot_tornado(TORNADO * 1000, unit="GWh/yr").get_figure(root=True)
    (pdf,) = figures.save_figure(figure, tmp_path / "chart", ("pdf",), close=True)
    text = PdfReader(pdf).pages[0].extract_text().replace("\u00a0", " ")
    assert re.search(r"\b\d{1,3} 000\b", text)
    assert not re.search(r"\d{4}", text)


def test_tornado_has_the_strongest_input_on_top():
    ax = draw("tornado")
    ends = {(round(bar.get_y() + 0.35), bar.get_x() + bar.get_width()) for bar in ax.patches}
    assert ends == {(1, 900), (1, 1700), (0, 1100), (0, 1300)}
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names[0] == "Elpris"
    # a long name takes two lines
    assert names[1].replace("\n", " ") == TORNADO.index[0]


def test_chart_goes_into_axes_of_the_caller():
    figure, axes = cartography.plt.subplots(1, 2)
    assert figures.plot_monthly(SUPPLY, DEMAND, ax=axes[1]) is axes[1]
    assert not axes[0].patches
    cartography.plt.close(figure)


def test_unknown_size_is_refused():
    with pytest.raises(OutputError, match="Choose one of: a4, low, wide"):
        figures.plot_monthly(SUPPLY, DEMAND, size="poster")


def test_a_merit_order_names_its_thin_block_and_draws_it_open():
    thin = LINKS["delivered"].eq(50)
    rows = LINKS.assign(
        pays_share=np.where(thin, 0.14, 0.9),
        worth_sek=LINKS["worth_sek"].mask(thin, LINKS["levelised_sek"] + 0.5),
    )
    sure = rows.assign(pays_share=0.9)
    ax = figures.plot_cost_curve(sure, unit="GWh/yr", cost_unit="SEK/MWh", lang="sv")
    title = " ".join(ax.get_title(loc="left").split())
    assert title == "a → x, 50 av 100 GWh/år, har bara 0,5 kr/MWh i marginal"
    # what seldom pays gives no title
    ax = figures.plot_cost_curve(rows, unit="GWh/yr", cost_unit="SEK/MWh", lang="sv")
    title = " ".join(ax.get_title(loc="left").split())
    assert title.startswith("50 GWh/år når mottagare för 5,0 till 30 kr/MWh")
    assert title.endswith("kostar 35\u201390")
    bars = [bar for group in ax.containers for bar in group]
    assert [
        b.get_width() for b in bars if to_hex(b.get_facecolor()) == "#ffffff" and b.get_hatch()
    ] == [50]
    told = " ".join(" ".join(text.get_text() for text in ax.texts).split())
    assert "lönar sig i bara 14 % av beräkningarna; utan det återstår 50 GWh/år" in told


def test_a_ladder_ends_in_what_pays_more_often_than_not():
    amounts = {"supply": 900.0, "hot": 700.0, "reach": 690.0, "plan": 160.0, "sure": 42.0}
    lifted = pd.Series({"reach": 90.0})
    ax = figures.plot_ladder(pd.Series(amounts), lifted=lifted, existing=10.0, lang="sv")
    title = " ".join(ax.get_title(loc="left").split())
    assert "42 nytt som lönar sig, 160 med det som sällan gör det" in title
    # what reaches a receiver is no part of what is hot
    assert not [text for text in ax.texts if "(10 mindre)" in text.get_text()]
    widths = [bar.get_width() for group in ax.containers for bar in group]
    assert {118.0, 90.0, 10.0} <= set(widths)
    # the plan begins with what pays more often than not; only the rest of it is open
    assert widths.count(42.0) == 2
    bars = [bar for group in ax.containers for bar in group]
    few = [bar.get_x() for bar in bars if bar.get_width() == 118.0 and bar.get_hatch()]
    assert few == [42.0]
    # and the reader is told so under the chart
    assert [text for text in words(ax) if "varav 90 lyfts från under 60" in text.get_text()]


def test_months_are_counted_with_all_heat_and_with_the_hottest_alone():
    title = " ".join(draw("monthly").get_title(loc="left").split())
    enough = [int((amount >= DEMAND).sum()) for amount in (160, 60)]
    assert f"i {enough[0]} av 12 månader, 60 °C eller varmare i {enough[1]}" in title
    assert len(set(enough)) == 2


def test_exchanges_tell_what_flows_today_from_what_would_be_built():
    old = LINKS["sink"].eq("y")
    today = LINKS.assign(temperature_mode=LINKS["temperature_mode"].mask(old, "existing"))
    titles = [
        " ".join(figures.plot_exchanges(links, NAMES, unit="GWh/yr").get_title(loc="left").split())
        for links in (today, LINKS, today[old], LINKS.drop(columns="temperature_mode"))
    ]
    assert titles == [
        "Bruket levererar 30 i dag och 50 till om utbytet med X blir av, GWh/år",
        "Bruket skulle leverera mest, 80 av 100 GWh/år",
        "Bruket levererar mest i dag, 30 av 30 GWh/år",
        "Bruket levererar mest, 80 av 100 GWh/år",
    ]


def test_a_tornado_marks_the_plan_beside_the_mean():
    ax = figures.plot_tornado(TORNADO, unit="GWh/yr", middle="mean", plan=1620.0)
    told = [text.get_text().replace("\u202f", " ").replace("\u00a0", " ") for text in words(ax)]
    assert "planen 1 620" in told
    assert ax.get_xlim()[1] > 1620


def test_a_tornado_says_what_the_input_is_at_its_ends():
    table = TORNADO.assign(at_low=["+40 %", "30"], at_high=["-40 %", "90"])
    ax = figures.plot_tornado(table, unit="GWh/yr", lang="en")
    told = [text.get_text() for text in ax.texts]
    assert {"+40 %: 900", "-40 %: 1,700", "30: 1,100", "90: 1,300"} <= set(told)
    keys = [text.get_text() for text in ax.get_legend().get_texts()]
    assert keys == ["The answer is lower", "The answer is higher"]


def test_values_behind_a_range_say_what_it_spans():
    """A number alone at the end of a line would be read as that end."""
    table = pd.DataFrame({"value": [3.0, 1.0], "low": [2.0, 0.5], "high": [5.0, 9.0]}, ["a", "b"])
    ax = ranges.plot_ranges(table, unit="GWh/yr", lang="en")
    told = {text.xy[0]: text.get_text() for text in ax.texts if "(" in text.get_text()}
    assert told == {5.0: "3.00 (2\u20135)", 9.0: "1.00 (0.5\u20139)"}
    ax = ranges.plot_ranges(table[["value"]], unit="GWh/yr", lang="en")
    assert [text.xy[0] for text in ax.texts if text.get_text() in ("3.00", "1.00")] == [1.0, 3.0]


def test_a_tornado_with_a_limit_says_which_inputs_pass_it_alone():
    table = TORNADO.set_axis(["Pipe cost", "Power"])
    told = [
        " ".join(
            figures.plot_tornado(table, unit="GWh/yr", threshold=limit, lang="en")
            .get_title(loc="left").split()
        )
        for limit in (2000.0, 1000.0, 1150.0)
    ]  # fmt: skip
    assert (
        told[0] == "No input alone brings the answer above 2,000 GWh/yr; the farthest reaches 1,700"
    )
    assert told[1].startswith(
        "Pipe cost is the only input that alone brings the answer below 1,000 GWh/yr"
    )
    assert told[2].startswith("2 inputs can each alone bring the answer below 1,150 GWh/yr")


STORED = pd.DataFrame(
    {
        "source": ["a", "b", "c"], "sink": ["x", "y", "y"], "delivered": [1000.0, 3.0, 0.4],
        "levelised_sek": [1289.0, 229, 1661], "worth_sek": [1667.0, 1714, 1714],
        "worth_years": [15.0, np.nan, np.nan], "mode": ["ship", "truck", "truck"],
    }
)  # fmt: skip


def test_what_goes_to_storage_is_told_and_what_reaches_users_drawn_to_scale():
    ax = figures.plot_exchanges(STORED, NAMES, unit="kt/yr", unmet=pd.Series({"x": 15000.0}))
    points = ax.get_position().height * ax.figure.get_figheight() * 72
    bars = [bar.get_height() * points for bar in ax.patches if isinstance(bar, Rectangle)]
    assert min(bars) >= sankey.LEAST - 1e-6
    assert len(bars) == 3  # b and c to y: 3 and 0.4 as they are
    small, large = sorted(bars)[:2]
    assert large / small == pytest.approx(7.5)
    told = " ".join(ax.get_legend().get_title().get_text().split())
    assert "000 kt/år från Bruket till lager (X) ritas inte" in told.replace("\u00a0", " ")
    # what the store could take besides is no need
    assert not [text for text in words(ax) if "15" in text.get_text().replace("\u202f", "")]
    alone = figures.plot_exchanges(STORED.head(1), NAMES, unit="kt/yr")
    assert len([p for p in alone.patches if isinstance(p, Rectangle)]) == 2


def test_exchanges_that_hang_on_support_say_so_first():
    titles = [
        " ".join(
            figures.plot_exchanges(STORED, NAMES, unit="kt/yr", support=support)
            .get_title(loc="left").split()
        )
        for support in (None, 600.0)
    ]  # fmt: skip
    assert all(
        "når användare; 1 000 till lager hänger på statens stöd" in title for title in titles
    )
    assert "600" in titles[1]


def test_a_merit_order_leaves_out_what_no_receiver_pays_and_tells_it_beside():
    ax = figures.plot_cost_curve(STORED, unit="kt/yr", cost_unit="SEK/t", lang="en")
    assert ax.get_xlim()[1] == pytest.approx(3.4)
    title = " ".join(ax.get_title(loc="left").split())
    assert (
        title
        == "3.4 kt/yr reaches receivers for 229 to 1,661 SEK/t; what they have today costs 1,714"
    )
    told = " ".join(" ".join(text.get_text() for text in ax.texts).split())
    assert "Outside the chart: 1,000 kt/yr to storage for 1,289 SEK/t" in told


def test_small_ones_of_many_are_told_together():
    few = pd.Series([100.0] + [0.5] * 15)
    many = pd.Series([100.0] + [0.5] * 16)
    assert not sankey.small_ones(few).any()
    assert sankey.small_ones(many).sum() == 16
    rows = pd.DataFrame({"source": [f"s{n}" for n in many.index], "delivered": many})
    rows = rows.assign(sink="x", levelised_sek=10.0, worth_sek=50.0, one_place=True)
    rows = rows.assign(name_source=rows["source"], name_sink="x", mode="direct", status="new")
    rows.loc[rows["delivered"] < 1, "worth_sek"] = 90.0
    ax = figures.plot_cost_curve(rows, unit="kt/yr", cost_unit="SEK/t", lang="en")
    told = [text.get_text() for text in ax.texts]
    assert any("16 small ones of several kinds, on average, 8.0" in text for text in told)
    # the title tells what each of them costs and is worth, not their average
    ends = rows.index[-1]
    rows.loc[ends, ["levelised_sek", "worth_sek"]] = [2.0, 400.0]
    ax = figures.plot_cost_curve(rows, unit="kt/yr", cost_unit="SEK/t", lang="en")
    title = " ".join(ax.get_title(loc="left").split())
    assert title == (
        "108 kt/yr reaches receivers for 2.0 to 10 SEK/t; what they have today costs 50\u2013400"
    )


def test_blocks_have_the_numbers_of_the_list_and_the_others_letters():
    rows = pd.DataFrame({"delivered": [5.0, 4.0, 3.0], "levelised_sek": [1.0, 2.0, 3.0]})
    rows = rows.assign(name_source=["a", "b", "c"], name_sink="x", mode="direct", status="new")
    rows = rows.assign(worth_sek=9.0, one_place=True, rank=[16.0, np.nan, 2.0])
    ax = figures.plot_cost_curve(rows, unit="GWh/yr", cost_unit="SEK/MWh", lang="sv")
    told = [text.get_text() for text in ax.texts]
    assert [text for text in told if text in ("16", "a", "2", "1", "3")] == ["16", "a", "2"]
    assert [text[:2].strip() for text in told if "\u2192" in text] == ["16", "a", "2"]
    assert any("nummer i listan Börja här" in " ".join(text.split()) for text in told)
