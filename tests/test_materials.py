"""Materials and water: rules find what is documented, and no stream is given twice or unpriced."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import symbios_geo as sg
from symbios_geo.errors import RegisterError
from symbios_geo.labels import LANGUAGES, has_label
from symbios_geo.matching.candidates import find_candidates
from symbios_geo.materials import rules
from symbios_geo.materials.benefit import material_effects
from symbios_geo.materials.links import price_hauls
from symbios_geo.materials.loops import find_loops
from symbios_geo.materials.rules import check_rules, check_uses, ewc_likeness, read_rules
from symbios_geo.register.template import write_filled
from symbios_geo.tables import read_table

# documented cases: the giver, its industry and waste, the taker and its industry, and their rule
CASES = {
    "Sotenäs, brewery to biogas": (
        "11.05",
        "spent_grain",
        "02 07 04",
        "35.21",
        "substrate",
        "x095",
    ),
    "Kalundborg, yeast to pigs": ("21.10", "spent_grain", "07 05 12", "01.46", "feed_pig", "x129"),
    "Norrköping, stillage to cattle": ("20.14", "spent_grain", "", "01.41", "feed_cattle", "x133"),
    "Kalundborg, digestate to fields": ("35.21", "digestate", "", "01.11", "nutrients_p", ""),
    "Enköping, ash to willow": ("35.30", "ash_wood", "10 01 01", "01.29", "nutrients_p", "x043"),
    "Halmstad, slag to asphalt": ("24.51", "slag", "10 02 02", "42.11", "aggregate", "x050"),
    "Billesholm, glass to wool": ("43.11", "glass", "17 02 02", "23.14", "glass", "x073"),
}


def flow(site: str, role: str, kind: str, value: float = 10.0, **more: object) -> dict[str, object]:
    return {
        "flow_id": f"{site}-{role}", "site_id": site, "resource": "materials", "role": role,
        "stream": "something", "material_class": kind, "value": value, "unit": "kt/yr",
        "visibility": "public", **more,
    }  # fmt: skip


def register(
    rows: list[dict[str, object]], industries: dict[str, str], km: float = 5
) -> sg.Register:
    names = list(dict.fromkeys(str(row["site_id"]) for row in rows))
    step = km / 61.0  # degrees of longitude at 56.7 degrees north
    sites = pd.DataFrame(
        {
            "name": names,
            "lon": [12.9 + step * i for i in range(len(names))],
            "lat": 56.7,
            "sector_sni": [industries.get(name, "") for name in names],
            "visibility": "public",
        },
        index=pd.Index(names, name="site_id"),
    )
    return sg.Register(sites, pd.DataFrame(rows))


# --- rules and precedents ------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_a_documented_symbiosis_is_found_again_when_its_sites_are_given(case):
    giver, kind, waste, taker, need, rule = CASES[case]
    rows = [flow("giver", "source", kind, ewc_code=waste or None), flow("taker", "sink", need)]
    links = find_candidates(register(rows, {"giver": giver, "taker": taker}), "materials").links
    (link,) = links.to_dict("records")
    found = read_rules().set_index("rule_id").loc[link["rule_id"]]
    assert (found["material_class"], found["to_class"]) == (kind, need)
    assert found["case_place"]
    if rule:
        assert link["rule_id"] == rule
        assert link["precedent"] >= 0.5


def test_poultry_effluent_becomes_drinking_water_as_in_morbylanga():
    rows = [flow("giver", "source", "water_treated"), flow("taker", "sink", "water_process")]
    rows = [row | {"resource": "water", "unit": "m3/år", "value": 4000 * 365} for row in rows]
    given = register(rows, {"giver": "10.12", "taker": "36.00"}, km=1)
    assert given.flows["value"].tolist() == pytest.approx([1460, 1460])
    (link,) = find_candidates(given, "water").links.to_dict("records")
    assert link["case_place"] == "Mörbylånga"
    assert link["worth"] > link["unit_cost"]


@pytest.mark.parametrize(
    ("kind", "need", "taker"),
    [
        ("plastics", "plastics", "38.32"),  # its only case in that division is burning
        ("spent_grain", "fuel_waste", "38.21"),  # nobody has burnt it
    ],
)
def test_no_stream_goes_where_no_case_leads(kind, need, taker):
    rows = [flow("giver", "source", kind), flow("taker", "sink", need)]
    found = find_candidates(register(rows, {"giver": "22.21", "taker": taker}), "materials")
    assert found.links.empty
    assert set(found.left_out["reason"]) == {"no_rule"}


def test_every_rule_tells_its_case_and_every_stream_its_class(halland):
    rules = read_rules()
    assert len(rules) >= 100
    told = rules[["case_place", "case_country", "source_id", "from_industry", "to_industry"]]
    assert told.notna().all(axis=None)
    flows = halland.flows[halland.flows["resource"].isin(["materials", "water"])]
    assert len(flows) >= 45
    named = ~flows["site_id"].str.startswith(("rural_", "cat_"))
    assert flows.loc[named, "site_id"].nunique() >= 40
    assert flows[["material_class", "use_today", "source_id"]].notna().all(axis=None)
    for kind in ("material_class", "use_today", "stream"):
        assert all(has_label(f"{kind}:{word}") for word in flows[kind].unique())
    families = read_table("material_classes")["family"].unique()
    assert all(has_label(f"material:{name}") and has_label(f"mode:{name}") for name in families)
    assert all(has_label(f"case_status:{word}") for word in rules["case_status"].unique())


def test_likeness_of_wastes_is_the_published_one():
    one = pd.Series(["10 02 02", "03 03 10", "03 03 01"])
    other = pd.Series(["10 02 02", "03 03 05", "20 01 08"])
    assert ewc_likeness(one, other).tolist() == [1.0, 0.6, 0.0]


# --- prices --------------------------------------------------------------------------------------

# how far a tonne may go by road before it no longer pays: worked examples of the dossier
BREAK_EVEN = [
    ("slag", "aggregate", "24.51", "42.11", {"treatment_crushing_sek_per_t": 60}, 29.1),
    ("digestate", "nutrients_p", "35.21", "01.11",
     {"price_phosphorus_sek_per_t": 62 / 0.0028, "treatment_handling_sek_per_t": 10}, 27.6),
    ("digestate", "nutrients_p", "35.21", "01.11",
     {"price_phosphorus_sek_per_t": 122 / 0.0028, "treatment_handling_sek_per_t": 10}, 81.6),
    ("spent_grain", "feed_cattle", "11.05", "01.41",
     {"price_feed_grain_sek_per_t": 350 / 0.21, "treatment_handling_sek_per_t": 20}, 333),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::symbios_geo.assumptions.values.RangeWarning")
@pytest.mark.parametrize(("kind", "need", "giver", "taker", "changes", "km"), BREAK_EVEN)
def test_a_tonne_pays_as_far_as_worked_out_by_hand(kind, need, giver, taker, changes, km):
    rows = [flow("giver", "source", kind, use_today="discharged"), flow("taker", "sink", need)]
    given = register(rows, {"giver": giver, "taker": taker})
    pairs = find_candidates(given, "materials").pairs
    assumptions = sg.load_assumptions().replace(changes)
    near, far = (
        price_hauls(pairs.assign(given_km=km * share), assumptions).iloc[0]
        for share in (0.99, 1.01)
    )
    assert near["worth"] > near["unit_cost"]
    assert far["worth"] < far["unit_cost"]


def priced(**more: object) -> pd.Series:
    rows = [flow("giver", "source", "spent_grain", **more), flow("taker", "sink", "feed_cattle")]
    given = register(rows, {"giver": "11.05", "taker": "01.41"})
    return find_candidates(given, "materials").links.iloc[0]


def test_what_is_sold_today_must_be_beaten_and_a_fee_is_saved():
    unknown, sold = priced(use_today="unknown"), priced(use_today="sold")
    landfilled = priced(use_today="landfilled")
    assert sold["worth"] < unknown["worth"] < landfilled["worth"]
    # the usual buyer lies 33 km away: 5 km gains the road between, and no more
    gain = (sold["worth"] - sold["unit_cost"]) * sg.load_assumptions()["sek_per_eur"]
    road = 0.92 * (32.8 - 5 * sg.load_assumptions()["detour_factor"])
    assert gain == pytest.approx(road, rel=0.02)


def test_a_gate_fee_is_a_price_below_zero():
    rows = [flow("giver", "source", "plastics"), flow("taker", "sink", "fuel_waste")]
    given = register(rows, {"giver": "22.21", "taker": "38.21"})
    found = find_candidates(given, "materials")
    assert found.links["replaced_value"].iloc[0] < 0
    assert sg.match(given, "materials").links["delivered"].sum() == 0


# --- the match -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["materials", "water"])
def test_no_more_leaves_than_there_is_nor_arrives_than_is_needed(study, key):
    found, match = study.candidates[key], study.matches[key]
    new = match.links[match.links["status"] == "new"]
    assert new["delivered"].sum() > 0
    assert new["delivered"].to_numpy() == pytest.approx(new["sent"] * new["efficiency"])
    for side, amount, limit in (
        ("source", "sent", found.supply),
        ("sink", "delivered", found.demand),
    ):
        taken = new.groupby(side)[amount].sum()
        assert (taken <= limit[taken.index] * (1 + 1e-9)).all()
    used = new[new["delivered"] > 1e-9]
    assert (used["worth"] >= used["unit_cost"]).all()
    assert used["rule_id"].notna().all()


def test_a_stream_that_two_want_is_given_once():
    rows = [
        flow("giver", "source", "food_waste", 1.0, use_today="incinerated"),
        flow("one", "sink", "substrate"),
        flow("two", "sink", "substrate"),
    ]
    industries = {"giver": "10.71", "one": "35.21", "two": "35.21"}
    links = sg.match(register(rows, industries), "materials").links
    assert len(links) == 2
    assert links["sent"].sum() == pytest.approx(1.0)


def test_straw_is_fuel_or_substrate_and_never_both(monkeypatch):
    # no case of either is in the table, so two are made up from one that is
    case = read_rules().query("material_class == 'straw'").iloc[:1]
    ways = {"wood_fuel": "35.30", "substrate": "35.21"}
    cases = [
        case.assign(rule_id=f"x{need}", to_class=need, to_sni=sni) for need, sni in ways.items()
    ]
    monkeypatch.setattr(rules, "_bundled_rules", lambda: pd.concat(cases))
    rows = [
        flow("farm", "source", "straw", 1.0),
        flow("boiler", "sink", "wood_fuel"),
        flow("digester", "sink", "substrate"),
    ]
    given = register(rows, {"farm": "01.11", "boiler": "35.30", "digester": "35.21"})
    assert set(find_candidates(given, "materials").links["site_id_sink"]) == {"boiler", "digester"}
    links = sg.match(given, "materials").links
    assert links["sent"].sum() == pytest.approx(1.0)
    assert links.set_index("site_id_sink")["sent"]["boiler"] == pytest.approx(1.0)  # pays more


def test_manure_and_food_waste_stand_in_the_register_with_their_use_of_today(study):
    flows = study.register.flows.query("resource == 'materials' and role == 'source'")
    for kind in ("manure", "food_waste"):
        assert (flows["material_class"] == kind).sum() >= 2
    gone = study.candidates["materials"].left_out.set_index("flow_id")["reason"]
    assert gone["rural_1382-materials-broiler_litter"] == "in_use"
    assert gone["cat_retail_1380-materials-retail_food_waste"] == "in_use"


def test_what_is_in_use_is_not_offered_again():
    rows = [
        flow("giver", "source", "food_waste", 1.0, committed=1.0, use_today="sold"),
        flow("one", "sink", "substrate"),
    ]
    found = find_candidates(register(rows, {"giver": "10.71", "one": "35.21"}), "materials")
    assert found.links.empty
    assert found.left_out.set_index("role")["reason"].to_dict() == {
        "source": "in_use", "sink": "no_partner",
    }  # fmt: skip


def test_exchanges_of_today_stand_apart_as_they_are_known(study):
    rows = study.exchanges
    today = rows[(rows["resource"] == "materials") & (rows["status"] == "existing")]
    known = study.register.synergies
    known = known[(known["resource"] == "materials") & (known["use_as_truth"] == "yes")]
    assert today["delivered"].sum() == pytest.approx(known["value"].sum())
    pairs = set(zip(known["from_flow_id"], known["to_flow_id"], strict=True))
    assert set(zip(today["source"], today["sink"], strict=True)) == pairs
    grain = today.set_index("source").loc["carlsberg_falkenberg-materials-spent_grain"]
    assert grain["delivered"] == pytest.approx(28.8)


def test_heat_and_co2_are_as_before_materials(study):
    heat = study.exchanges.query("resource == 'heat' and status == 'existing'")
    assert heat["delivered"].sum() == pytest.approx(185.7, abs=0.1)


# --- what is refused -----------------------------------------------------------------------------


def refused(rows: list[dict[str, object]]) -> str:
    with pytest.raises(RegisterError) as caught:
        register(rows, {})
    return str(caught.value)


def test_a_stream_without_class_is_told_by_row():
    told = refused([flow("giver", "source", "slag"), flow("other", "source", "")])
    assert "other-source, row 2, column material_class: the material class is missing" in told


def test_a_class_of_another_resource_is_told_by_row():
    told = refused([flow("giver", "source", "water_treated")])
    assert "row 1, column material_class: “water_treated” is no class of this resource" in told


def test_a_word_that_is_no_class_lists_those_that_are():
    assert "Wood ash" in refused([flow("giver", "source", "stardust")])


def test_a_balance_that_gives_more_than_comes_in_is_told_by_row():
    into = flow("plant", "sink", "substrate", 10, cascade="digester")
    out = flow("plant", "source", "digestate", 12, cascade="digester")
    told = refused([into, out])
    assert "row 2, column value: gives more than comes in: digester: 12 > 10" in told
    register([into, out | {"value": 9}], {})


def test_exchanges_of_today_cannot_take_more_than_there_is(halland):
    known = halland.synergies
    wrong = known["synergy_id"] == "syn_bottom_ash"
    amounts = ["low", "value", "high"]
    more = known.assign(**{c: known[c].where(~wrong, 99.0) for c in amounts})
    with pytest.raises(RegisterError, match=r"hem_kristinehed-materials-bottom_ash.*gives more"):
        sg.Register(halland.sites, halland.flows, more)


def test_a_rule_with_an_unknown_industry_is_told_by_row():
    rules = read_rules()
    rules.loc[4, "to_sni"] = "99.99"
    rules.loc[6, "material_class"] = "stardust"
    with pytest.raises(RegisterError) as caught:
        check_rules(rules)
    assert "row 5, to_sni: the industry '99.99' is not in SNI 2007" in str(caught.value)
    assert "row 7, material_class: there is no class 'stardust'" in str(caught.value)


def test_a_missing_price_is_told_by_row():
    uses, kinds = read_table("material_uses"), read_table("material_classes")
    uses.loc[2, "price_id"] = "price_of_nothing"
    assumptions = sg.load_assumptions()
    with pytest.raises(RegisterError, match=r"row 3, price_id: spent_grain to substrate has no pr"):
        check_uses(uses, kinds, assumptions)
    kinds.loc[0, "transport"] = "balloon"
    with pytest.raises(RegisterError, match=r"row 1, transport: ash_wood has no price of transp"):
        check_uses(uses, kinds, assumptions)


# --- loops and partners --------------------------------------------------------------------------


def test_a_loop_is_reported_once_and_the_same_thing_both_ways_is_marked():
    ends = {"site_id_source": ["farm", "plant", "farm"], "site_id_sink": ["plant", "farm", "town"]}
    rows = pd.DataFrame(ends).assign(
        resource="materials", delivered=[10.0, 9.0, 1.0],
        material_class_source=["manure", "digestate", "straw"],
    )  # fmt: skip
    (loop,) = find_loops(rows).to_dict("records")
    assert (loop["site_a"], loop["a_gives"], loop["b_gives"]) == ("farm", 10.0, 9.0)
    assert not loop["same_class"]
    (loop,) = find_loops(rows.assign(material_class_source="manure")).to_dict("records")
    assert loop["same_class"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_company_that_types_a_stream_gets_partners_and_their_case(tmp_path, lang):
    sites = pd.DataFrame(
        {"name": ["Bageri Norra"], "site_id": ["bageri"], "kind": ["food"], "lon": ["12.55"],
         "lat": ["56.91"], "sector_sni": ["10.71"], "visibility": ["public"]}
    )  # fmt: skip
    flows = pd.DataFrame(
        {"site_id": ["bageri"], "resource": ["materials"], "role": ["source"],
         "stream": ["bröd"], "value": ["900"], "unit": ["t/yr"],
         "material_class": ["food_waste"], "use_today": ["incinerated"],
         "ewc_code": ["02 06 01"], "visibility": ["public"]}
    )  # fmt: skip
    path = write_filled(tmp_path / "mall.xlsx", {"sites": sites, "flows": flows}, lang)
    given = sg.load_register(path)
    assert given.flows.set_index("site_id").loc["bageri", "value"] == pytest.approx(0.9)
    links = find_candidates(given, "materials").links
    mine = links[links["site_id_source"] == "bageri"]
    assert set(mine["rule_id"]) <= set(read_rules()["rule_id"])
    assert "godastorp_biogas" in set(mine["site_id_sink"])


def test_partners_of_a_place_have_their_case(study):
    table = study.partners("hylte_paper", count=40)
    ours = table[table["resource"] == "materials"]
    assert ours[["rule_id", "case_place"]].notna().all(axis=None)
    assert table["gain_sek"].is_monotonic_decreasing
    assert np.isfinite(table["distance_km"]).all()
    with pytest.raises(RegisterError, match="Did you mean hylte_paper"):
        study.partners("hylte_papper")


# --- what it does to the climate ------------------------------------------------------------------


def test_a_tonne_of_cullet_avoids_what_its_factor_says_less_the_road():
    link = {
        "material_class_source": "glass", "material_class_sink": "glass", "delivered": 0.95,
        "efficiency": 0.95, "distance_km": 100.0,
    }  # fmt: skip
    given = sg.load_assumptions().replace({"detour_factor": 1.2})
    effect = material_effects(pd.DataFrame([link]), given).iloc[0]
    # 1 kt given is 0.95 kt of glass at 200 to 760 kg/t; the truck, 0.12 kg per tonne and km
    assert effect["replaces"] == "primary_glass"
    assert effect["t_co2e_low"] == pytest.approx(950 * 0.2 - 1000 * 120 * 0.12e-3)
    assert effect["t_co2e_high"] == pytest.approx(950 * 0.76)


def test_where_no_factor_is_known_nothing_is_said(study):
    plan = study.exchanges.query("resource == 'materials' and status == 'new'")
    uses = read_table("material_uses").set_index(["from_class", "to_class"])["factor_id"]
    ends = ["material_class_source", "material_class_sink"]
    links = study.matches["materials"].links.set_index(["source", "sink"])[ends]
    kinds = links.loc[pd.MultiIndex.from_frame(plan[["source", "sink"]])]
    known = uses.reindex(pd.MultiIndex.from_frame(kinds)).notna().to_numpy()
    assert known.any()
    assert not known.all()
    assert (plan["t_co2e"].notna().to_numpy() == known).all()
    assert (plan.loc[known, "t_co2e_low"] <= plan.loc[known, "t_co2e_high"]).all()
    case = study.business.set_index(["source", "sink"])
    assert case.loc[pd.MultiIndex.from_frame(plan[["source", "sink"]]), "jobs"].notna().sum() == (
        known.sum()
    )
