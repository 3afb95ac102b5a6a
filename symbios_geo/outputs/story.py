"""What slides and report say: figures of a study and the sentences that are made from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ..assumptions.ranges import bounds_of
from ..labels import (
    chance,
    citation,
    coarse,
    cut,
    interval,
    joined,
    known_sources,
    label,
    label_or,
    language,
    number,
    quantity,
    rough,
    short_name,
    site_names,
    span,
    within_sentence,
)  # fmt: skip
from ..maps.placenames import amount, input_name
from ..model import EXISTING, NEW, ROLES, SITES, among, existing_of, new_of
from ..register.classes import HOT, NUCLEAR
from ..shortlist import HALF, MOST, case_words, doubtful, flows_today, less_since
from ..study.balance import heat_by_municipality_and_class
from ..study.chain import Study, check_study, in_language
from ..study.evidence import published
from ..study.fall import RUNGS, WHOLE, told_steps
from ..study.further import OTHERS, further_figures
from ..study.intervals import FIGURES, months_met, ranged_balance
from ..study.outlook import movers
from ..study.sentences import (
    fuel_words,
    headline_words,
    is_split,
    largest,
    reported,
    unsure_words,
    worth_words,
)
from ..tables import data_date
from .notebook_words import signed_title
from .rows import told_fall
from .verdicts import claim_counts

SIDES = (EXISTING, NEW)
SELDOM = "seldom"
TAKERS = ("used", "users", "imagined", "storage", "none")
MOVERS = 8
CASES = 8  # exchanges of a resource whose precedents are named
NAME = 44  # characters that a sentence has room for
MOST_PCT = 50  # of the waste heat: so much is most of it
# over draws: what a chart shows without decimals the text does too
MEANS = ("mean", "moves_low", "moves_high", "moves_least", "moves_most")
SELLER = "heat_seller_sek_per_mwh"
USUAL = (0.3, 0.6)  # of the cost of the heat avoided: what contracts on waste heat mostly give
ASSUMED = ("discount_rate", "pipe_life_years", "heat_pump_life_years", SELLER)
# estimates that a sentence tells in two figures
ROUGH = ("t_low", "t_high", "t_sure_low", "t_sure_high", "storage_investment")
HEADS = {
    "sender": "column:name_source", "receiver": "column:name_sink",
    "given": "column:stream_source", "flow": "column:delivered",
    "confidence": "column:exchanges.confidence",
    "npv": "report:npv_range", "years_range": "report:years_range",
    "years": "report:years", "pays_share": "report:pays",
}  # fmt: skip
ENDS = [*ROLES]


@dataclass(frozen=True, eq=False)
class Story:
    """
    The figures that slides and report tell of, and their sentences in one language.

    `verdicts` is what `check_all` returned for the study.
    """

    study: Study
    verdicts: pd.DataFrame
    lang: str = "sv"

    def __post_init__(self) -> None:
        """Refuse a study that was not cleared for its readers."""
        check_study(self.study)

    def say(self, key: str, **words: object) -> str:
        """Return a sentence or title of labels.csv with the figures of the study in it."""
        return label(key, self.lang, **self.words, **words)

    @property
    def balance_key(self) -> str:
        """The sentence on supply and need by municipality: one alone is not counted."""
        return "balance" if len(self.study.region.names) > 1 else "balance_one"

    @cached_property
    def headline(self) -> str:
        """The sentence that every face opens with."""
        return headline_words(self.study, self.lang)

    @cached_property
    def unsure(self) -> str:
        """Say how much of the new heat pays in fewer than half of the draws."""
        return unsure_words(self.study, self.lang)

    @cached_property
    def estimated(self) -> str:
        """Say how much of the waste heat is estimated, where that is most of it."""
        return self.say("story:estimated") if self.figures["c_pct"] > MOST_PCT else ""

    @cached_property
    def words(self) -> dict[str, str]:
        """Every figure as text, by name; names of places and inputs as they are."""
        shown = {name: self._shown(name, value) for name, value in self.figures.items()}
        for name in ASSUMED:
            ends = (shown[f"{name}_low"], shown[f"{name}_high"])
            shown[f"{name}_range"] = span(*ends, self.lang)
        words = {**shown, **self.names, **self.study.region.words(self.lang)}
        return words | {"headline": self.headline, "shares": self._rests(shown)}

    def _rests(self, shown: dict[str, str]) -> str:
        """Say on what the waste heat rests, without what is none of it."""
        told = [grade for grade in ("a", "b", "c") if shown[f"{grade}_pct"] != "0"]
        return joined([label(f"report:rests_{g}", self.lang, **shown) for g in told], self.lang)

    def _shown(self, name: str, value: float) -> str:
        """Return a figure as text: counts without decimals, per cent with two digits."""
        digits = None
        if name.endswith("_count") or name in MEANS:
            digits = 0
        elif name.endswith("_pct"):
            digits = 1 if 0.05 <= value < 9.95 else 0
        elif value == 0:
            digits = 0
        elif name in ROUGH or name.startswith(ASSUMED):
            return coarse(value, self.lang)
        return number(value, self.lang, digits=digits)

    @cached_property
    def exchanges(self) -> pd.DataFrame:
        """The exchanges of the plan, with `sender` and `receiver` as people tell them apart."""
        table = self.named(self.study.exchanges)
        own = table["sender"] == table["receiver"]
        says = [label("story:own_use", self.lang, name=name) for name in table["receiver"]]
        return table.assign(receiver=table["receiver"].where(~own, says), own=own)

    def named(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return exchanges with `sender` and `receiver`, as `Study.named`."""
        return in_language(self.study, self.lang).named(table)

    def _given(self, rows: pd.DataFrame) -> pd.Series:
        """Return what each exchange delivers: a stream of material or carbon, or a resource."""
        streams = self.exchanges.groupby(ENDS)["stream_source"].first()
        found = streams.reindex(pd.MultiIndex.from_frame(rows[ENDS]))
        words = [
            label_or(f"stream:{stream}", label(f"resource:{resource}", self.lang), self.lang)
            for stream, resource in zip(found, rows["resource"], strict=True)
        ]
        return pd.Series([text[:1].upper() + text[1:] for text in words], rows.index, dtype=object)

    def heads(self, names: Sequence[str]) -> list[str]:
        """Return the headings of columns of exchanges (see `cells`)."""
        return [label(HEADS.get(name, f"column:{name}"), self.lang) for name in names]

    def cells(self, rows: pd.DataFrame, names: Sequence[str]) -> list[list[str]]:
        """Return columns of exchanges in words, row by row; `npv_range` is low to high of npv."""
        shown = rows.assign(given=self._given(rows)) if {"given", "flow"} & {*names} else rows
        return [[self._cell(row, name) for name in names] for row in shown.to_dict("records")]

    def _cell(self, row: dict[Any, Any], name: str) -> str:
        if name == "flow":
            return f"{self._cell(row, 'delivered')} {within_sentence(row['given'])}"
        if name == "npv_range":
            return rough(row["npv_msek_low"], row["npv_msek_high"], self.lang)
        if name == "npv":
            return f"{self._cell(row, 'npv_msek')} ({self._cell(row, 'npv_range')})"
        value = row[name]
        if name == "method_source":
            return label_or(f"method:{value}", "", self.lang)
        if isinstance(value, str):
            return value
        if name == "delivered":
            return quantity(value, row["unit"], self.lang)
        if name == "pays_share" and pd.notna(value):
            return chance(value, self.lang)
        whole = value == 0 or name == "years"
        return number(value, self.lang, digits=0 if whole else None)

    def between_years(self, rows: pd.DataFrame) -> list[str]:
        """Return how far what flows today has moved between years, or is known; "" if it is not."""
        sites = self.study.business.set_index(ENDS)[["resource", *SITES]]
        told = []
        for ends in rows[ENDS].itertuples(index=False, name=None):
            known = flows_today(self.study.register, sites.loc[ends])
            ends_of = [(one["low"], one["high"]) for one in known.head(1).to_dict("records")]
            told.append("".join(interval(low, high, self.lang) for low, high in ends_of))
        return told

    @property
    def cite(self) -> str:
        """How to cite the study."""
        return citation(self.lang, region=self.study.region.words(self.lang)["region"])

    @property
    def largest_is_unsure(self) -> bool:
        """Whether the largest new exchange of heat pays in fewer than half of the draws."""
        few = new_of(self.study.unsure, "heat")["delivered"]
        return len(few) > 0 and bool(few.max() >= self.figures["largest"])

    @property
    def pipe_words(self) -> list[str]:
        """Say what the largest exchange of heat that seldom pays takes, is worth and falls by."""
        few = largest(new_of(self.study.unsure, "heat"))
        if few.empty:
            return []
        falls = [self.say("slide:price_falls", **self.dear)] if self._falls(few) else []
        return [self.say("slide:pipe", **worth_words(few.iloc[0], self.lang)), *falls]

    @property
    def seller_words(self) -> str:
        """Say what those who give heat are usually paid, and what is left at a dearer price."""
        if not self.dear:
            return ""
        kind = "report:seller_falls" if self.fallen else "report:seller"
        return self.say(kind, **self.dear, list=self.fallen)

    @property
    def price_falls(self) -> str:
        """Say what is left where exchanges of heat that seldom pay fall at a dearer price."""
        return self.say("story:price_falls", **self.dear) if self.fallen else ""

    @cached_property
    def fallen(self) -> str:
        """Exchanges of heat that seldom pay and fall where the seller is paid more, in words."""
        few = new_of(self.study.unsure, "heat")
        gone = few[~among(few, self._dear_plan)] if self.dear else few[:0]
        named = [" \u2192 ".join(row[f"name_{end}"] for end in ROLES) for _, row in gone.iterrows()]
        return joined(named, self.lang)

    def _falls(self, rows: pd.DataFrame) -> bool:
        """Say whether none of some exchanges pays where the seller of heat is paid more."""
        return bool(self.dear) and not among(rows, self._dear_plan).any()

    @cached_property
    def _dear_plan(self) -> pd.DataFrame:
        """The new heat where networks pay half way to the highest price that is assumed."""
        ends = self.study.assumptions.table.loc[SELLER, ["value", "high"]]
        return self.study.new_heat_at(SELLER, float(ends.mean()))

    @cached_property
    def dear(self) -> dict[str, str]:
        """That price, what of new heat is left at it, and what is usual by the cost avoided."""
        new, values = self.new_heat, self.study.assumptions
        if new.empty:
            return {}
        sinks = self.study.candidates["heat"].sinks
        networks = sinks.index[sinks["kind"] == "network"]
        avoided = new.loc[new["sink"].isin(networks), "worth"] * values["sek_per_eur"]
        if avoided.empty:
            return {}
        low = values[SELLER] < USUAL[0] * avoided.min()
        return {
            "level": label("report:seller_low", self.lang) if low else "",
            "base": coarse(values[SELLER], self.lang),
            "price": coarse(values.table.loc[SELLER, ["value", "high"]].mean(), self.lang),
            "left_gwh": number(self._dear_plan["delivered"].sum(), self.lang),
            "usual": rough(USUAL[0] * avoided.min(), USUAL[1] * avoided.max(), self.lang),
            "usual_low": number(100 * USUAL[0], self.lang, digits=0),
            "usual_high": number(100 * USUAL[1], self.lang, digits=0),
        }

    @property
    def old_fossil(self) -> str:
        """Say how much of the fossil CO2 rests on figures so old that they have expired."""
        register, values = self.study.register, self.study.assumptions
        rows = register.counted("co2", "source")
        age = data_date().year - rows["year"].astype(float)
        old = rows[rows["carbon"].eq("fossil") & (age > values["confidence_b_years"])]
        if not old["value"].sum():
            return ""
        sites = site_names(register.sites, self.lang)
        names = [short_name(str(sites[site])) for site in dict.fromkeys(old["site_id"])]
        years = [f"{year:.0f}" for year in sorted(set(old["year"].astype(float)))]
        return label(
            "report:old_fossil", self.lang, years=joined(years, self.lang),
            amount=quantity(old["value"].sum(), "kt/yr", self.lang),
            names=joined(names, self.lang),
        )  # fmt: skip

    @property
    def replaced(self) -> str:
        """Say which fuels new heat replaces in networks, GWh/yr, where it replaces any."""
        links = new_of(self.study.carried("heat"))
        fuels = fuel_words(links.sum(numeric_only=True), self.lang)
        return self.say("story:replaced", fuels=fuels) if fuels else ""

    @property
    def fall_words(self) -> list[str]:
        """The keys of the sentences that tell how waste heat falls to what is new."""
        first = "ladder" if self.falls_by_month else "ladder_year"
        return [first, *(["ladder_sure"] if is_split(self.study) else [])]

    @property
    def falls_by_month(self) -> bool:
        """Whether counting month by month takes heat away on the way to the plan (`told_steps`)."""
        return "monthly" in told_steps(self.study.fall)

    @property
    def why_median(self) -> str:
        """Say why the median is far below the plan, where what is largest seldom pays."""
        return self.say("story:median_why") if self.largest_is_unsure else ""

    @property
    def moves_words(self) -> list[str]:
        """The keys of the sentences that tell what moves new heat, and why the plan differs."""
        plan = "plan_median" if self.largest_is_unsure else "plan_mean"
        return [*(["moves", plan] if len(self.moved) else []), "moves_how"]

    @property
    def gain_words(self) -> list[str]:
        """The keys of the sentences that tell what new heat takes to build, gains and avoids."""
        return ["gain_split", "climate_split"] if is_split(self.study) else ["gain", "climate"]

    @cached_property
    def new_heat(self) -> pd.DataFrame:
        """The new heat exchanges of the plan, the largest gain first."""
        return new_of(self.exchanges, "heat")

    @property
    def others(self) -> list[str]:
        """The resources beside heat and CO2."""
        return [key for key in self.study.resources if key not in ("heat", "co2")]

    def other(self, key: str) -> str:
        """Say what there is of another resource."""
        resource, table = label(f"resource:{key}", self.lang), self.study.balances[key]
        if not float(table["supply"].sum() + table["demand"].sum()):
            return label("report:other_none", self.lang, resource=resource)
        rows, unit = new_of(self.exchanges, key), self.study.resource(key).unit
        words = {
            name: quantity(self._further(f"other_{name}_{key}"), unit, self.lang) for name in OTHERS
        }
        kind = "report:other_one" if len(rows) == 1 else "report:other"
        if len(rows) == 1 and not rows["one_place"].all():
            # many places, or an imagined one: what it is worth is told with its range
            kind, only = "report:other_asked", rows.iloc[0]
            case = new_of(self.study.business, key).iloc[0]
            words |= {"source": str(only["sender"]), "sink": str(only["receiver"])}
            words["build"] = quantity(case["investment_msek"], "MSEK", self.lang)
            words["share"] = chance(case["pays_share"], self.lang)
            words["range"] = rough(case["npv_msek_low"], case["npv_msek_high"], self.lang)
        told = [label(kind, self.lang, resource=resource, count=len(rows), **words)]
        few = new_of(self.study.unsure, key)
        if len(few):
            shares = dict.fromkeys(chance(share, self.lang) for share in few["pays_share"])
            amount = quantity(few["delivered"].sum(), unit, self.lang)
            found = {"amount": amount, "shares": joined([*shares], self.lang)}
            told.append(label("report:other_seldom", self.lang, **found))
        return " ".join(told)

    def cases(self, key: str) -> str:
        """Name precedents of what gains most of a resource; one alone is told of."""
        rows = new_of(self.exchanges, key).sort_values("yearly_msek", ascending=False)
        return self.precedents(rows.head(CASES)) if len(rows) > 1 else ""

    def starred(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return exchanges with a star at the receiver where an end is many places or imagined."""
        stars = rows["one_place"].astype(bool).map({True: "", False: " *"})
        return rows.assign(receiver=rows["receiver"] + stars)

    @cached_property
    def receivers(self) -> pd.DataFrame:
        """
        Heat that arrives in each municipality, GWh/yr: existing and new, north to south.

        `seldom` is what of the new pays in fewer than half of the draws, where there is any.
        """
        rows = self.exchanges[self.exchanges["resource"] == "heat"]
        seldom = among(rows, new_of(self.study.unsure, "heat"))
        sums = rows.assign(side=rows["status"].mask(seldom, SELDOM)).pivot_table(
            index="municipality_code_sink", columns="side", values="delivered", aggfunc="sum"
        )
        return self._placed(sums.reindex(columns=[*SIDES, *([SELDOM] if seldom.any() else [])]))

    @cached_property
    def balance(self) -> pd.DataFrame:
        """Waste heat and heat demand by municipality with ranges, GWh/yr, north to south."""
        table = ranged_balance(self.study, "heat").iloc[:-1]
        return self._placed(table[[c for c in table if c.startswith(("supply", "demand"))]])

    @cached_property
    def classes(self) -> pd.DataFrame:
        """Waste heat by municipality and temperature class, GWh/yr, north to south."""
        table = heat_by_municipality_and_class(self.study.register)
        return self._placed(table.drop(columns=NUCLEAR, errors="ignore"))

    @cached_property
    def carbon(self) -> pd.DataFrame:
        """CO2 by municipality and origin, kt/yr, north to south."""
        return self._placed(self.study.co2[["biogenic", "fossil"]])

    def _placed(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table of municipalities in the order of the region, with their names."""
        codes = self.study.region.north_to_south
        placed = table.reindex(codes).fillna(0.0)
        placed.insert(0, "name", list(self.study.region.names.reindex(codes)))
        return placed

    @cached_property
    def months(self) -> pd.DataFrame:
        """Heat by month, GWh: what is covered, missing and left over, indexed 1-12."""
        return months_met(self.study.monthly)

    @cached_property
    def rungs(self) -> pd.Series:
        """What is left of the waste heat step by step, GWh/yr (see `rows.told_fall`)."""
        told = told_fall(self.study)["amount"]
        return told[told.index != "existing"]

    @property
    def steps(self) -> pd.DataFrame:
        """The same steps in words, GWh/yr."""
        names = [label(f"fall:{step}", self.lang) for step in self.rungs.index]
        return pd.DataFrame({"name": names, "value": self.rungs.to_numpy(), "unit": "GWh/yr"})

    @cached_property
    def takers(self) -> pd.Series:
        """Who takes the CO2 of the region, kt/yr, and what nobody takes."""
        told = self.study.headline
        found = {"used": told["co2_used_kt"]}
        found |= {name: told[f"co2_to_{name}_kt"] for name in TAKERS[1:-1]}
        return pd.Series(found | {"none": max(told["co2_kt"] - sum(found.values()), 0.0)})

    @cached_property
    def ranked(self) -> pd.DataFrame:
        """The exchanges to begin with, and after them what somebody has to decide on, by rank."""
        rows, shown = self.study.shortlist(count=None), (self.study.pilots, self.study.undecided)
        return rows[rows["rank"].isin(pd.concat([table["rank"] for table in shown]))]

    @cached_property
    def pilots(self) -> pd.DataFrame:
        """
        The first of the exchanges to begin with, ranked by present value, with advice in words.

        `Study.pilots` has them all.
        """
        return self.named(self.study.pilots.head(MOST))

    @property
    def less_since(self) -> list[str]:
        """Say of exchanges to begin with between whom less has flowed since than is counted."""
        register = self.study.register
        return [
            label(
                "story:less_since", self.lang, source=cut(row["sender"], NAME),
                sink=within_sentence(cut(row["receiver"], NAME)),
                amount=quantity(today["value"], today["unit"], self.lang),
                year=f"{today['year']:.0f}", later_year=f"{later['year']:.0f}",
                later=quantity(later["value"], later["unit"], self.lang),
            )
            for _, row in self.pilots.iterrows()
            for later in less_since(register, row)
            for today in [flows_today(register, row).iloc[0]]
        ]  # fmt: skip

    def precedents(self, rows: pd.DataFrame) -> str:
        """
        Name where what some exchanges deliver is delivered elsewhere, each stream once.

        Cases that are less than half alike are in the workbook only: they prove too little.
        """
        rows = rows[rows["precedent"] >= HALF]
        told = {
            within_sentence(stream): place
            for stream, row in zip(self._given(rows), rows.to_dict("records"), strict=True)
            if (place := case_words(row, language(self.lang)))
        }
        found = [label("report:precedent", self.lang, stream=stream, place=place)
                 for stream, place in told.items()]  # fmt: skip
        return label("report:precedents", self.lang, list=joined(found, self.lang)) if found else ""

    @cached_property
    def moved(self) -> pd.DataFrame:
        """
        What moves the amount of new heat most: its mean in draws where an input is low and high.

        Low and high are the lowest and the highest fifth of the input; the widest difference
        stands first. Indexed by input, with `name`, `low` and `high` in GWh/yr.
        """
        table = movers(self.study.drawn, MOVERS)
        names = [input_name(str(key), self.study.register, self.lang) for key in table.index]
        return table.assign(name=names)

    @property
    def moves(self) -> pd.DataFrame:
        """What moves new heat in words, with the mean of all draws, GWh/yr."""
        table = self.moved.rename_axis("parameter_id").reset_index()
        table = table.assign(mean=self.figures["mean"], unit="GWh/yr")
        return table[["name", "low", "high", "mean", "unit", "parameter_id"]]

    @cached_property
    def claims(self) -> pd.DataFrame:
        """The claims that the pre-study itself makes, with their verdicts."""
        if self.verdicts.empty:
            return self.verdicts
        return self.verdicts[self.verdicts["origin"] == "quoted"]

    @cached_property
    def sources(self) -> pd.Series:
        """How many rows of the study rest on each source, by its title, most first."""
        ids = self.study.register.flows["source_id"].astype(str)
        table = known_sources(self.lang, self.study.register.sources)
        named = {
            key: signed_title(table.loc[key]) if key in table.index else key
            for key in published(ids)
        }
        own = label("story:own_sources", self.lang)
        counts = pd.Series([named.get(key, own) for key in ids], dtype=object).value_counts()
        return counts.sort_values(ascending=False, kind="stable")

    @cached_property
    def figures(self) -> dict[str, float]:
        """Every figure that a sentence tells, by name."""
        told, spans, new = self.study.headline, self.study.intervals, self.new_heat
        heat = self.exchanges[self.exchanges["resource"] == "heat"]
        low, high = spans.loc["new_gwh", ["low", "high"]]
        found = {
            "need": told["need_gwh"],
            "supply": told["supply_gwh"],
            "existing": told["existing_gwh"],
            "existing_reported": reported(heat),
            "existing_count": len(existing_of(heat)),
            "new": told["new_gwh"],
            "sure": float(spans.loc["sure_gwh", "value"]),
            "seldom": max(told["new_gwh"] - float(spans.loc["sure_gwh", "value"]), 0.0),
            "sure_investment": float(spans.loc["sure_investment_msek", "value"]),
            "sure_gain": float(spans.loc["sure_msek_per_yr", "value"]),
            "new_low": float(low),
            "new_high": float(high),
            "new_pct": 100 * told["new_share"],
            "gain": told["new_msek_per_yr"],
            "gain_low": float(spans.loc["new_msek_per_yr", "low"]),
            "gain_high": float(spans.loc["new_msek_per_yr", "high"]),
            "investment": float(new["investment_msek"].sum()),
            "t_low": told["new_t_co2e_low"],
            "t_high": told["new_t_co2e_high"],
            **{
                f"t_sure_{end}": float(self.surest[f"t_co2e_{end}"].sum())
                for end in ("low", "high")
            },
            "used_heat": told["used_gwh"],
            "own_heat": float(spans.loc["own_gwh", "value"]),
            "left": told["co2_support_left_kt"],
            **self._of_support(),
            **self._of_business(),
            **self._of_sources(),
            **self._of_draws(),
            "new_count": len(new_of(self.exchanges)),
            "others_count": sum(len(new_of(self.exchanges, key)) for key in self.others),
            "others_named_count": sum(
                int(new_of(self.exchanges, key)["one_place"].sum()) for key in self.others
            ),
            "largest": float(new["delivered"].max()) if len(new) else 0.0,
            "pilot_count": len(self.pilots),
            "pilots_count": len(self.study.pilots),
            "biogenic": float(self.study.co2["biogenic"].sum()),
            "top_biogenic_kt": float(self.carbon["biogenic"].max()),
            "top_hot_gwh": float(self.hottest.max()) if len(self.hottest) else 0.0,
            **self._of_near(),
            "fossil": float(self.study.co2["fossil"].sum()),
            **self._of_confidence(),
            "draw_count": len(self.study.drawn.draws.flows),
            "published_count": len(published(self.study.register.flows["source_id"])),
        }
        whole = self.study.fall["amount"].get(WHOLE, pd.Series(dtype=float))
        found |= {name: float(whole.get(name, 0.0)) for name in ("hot", "reach", *RUNGS)}
        found |= {name: float(self.months[name].sum()) for name in self.months}
        found |= {name: float(self.takers[name]) for name in TAKERS}
        found |= self._of_assumed()
        return found | self._of_balance() | self._of_claims() | self._of_moved()

    @cached_property
    def supported(self) -> pd.DataFrame:
        """The new exchanges that pay with the support of a state only, worth most first."""
        rows = new_of(self.study.business)
        rows = self.named(rows[rows["promised"].eq(True)])
        return rows.sort_values("npv_msek", ascending=False, kind="stable")

    def _of_support(self) -> dict[str, float]:
        """Return what that takes to build (MSEK), and in how many draws it pays at the least."""
        left = self.study.headline["co2_support_left_kt"]
        return {
            "storage_investment": self._further("storage_investment_msek"),
            "storage_pct": 100 * self._further("storage_share"),
            "storage_times": float(self.takers["storage"]) / left if left else 0.0,
        }

    @cached_property
    def further(self) -> pd.DataFrame:
        """The figures beside the headline (see `further.further_figures`)."""
        return further_figures(self.study)

    def _further(self, name: str) -> float:
        """Return one of them; nothing of a resource that the study does not have."""
        return float(self.further["value"].get(name, 0.0))

    def _of_business(self) -> dict[str, float]:
        """Return how many of the new exchanges pay in at least half of the draws."""
        rows = new_of(self.study.business)
        return {
            "every_count": len(rows),
            "likely_count": int((~doubtful(rows)).sum()),
        }

    @cached_property
    def surest(self) -> pd.DataFrame:
        """The new heat exchanges that pay in at least half of the draws."""
        return self.new_heat[~among(self.new_heat, new_of(self.study.unsure, "heat"))]

    @cached_property
    def near(self) -> pd.Series:
        """What of new heat usually pays, GWh/yr by code of the municipality it comes to."""
        sums = self.surest.groupby("municipality_code_sink")["delivered"].sum()
        return sums.sort_values(ascending=False, kind="stable")

    @cached_property
    def hottest(self) -> pd.Series:
        """Waste heat of the hottest class by place, GWh/yr."""
        rows = self.study.register.counted("heat", "source")
        return rows[rows["class"] == HOT].groupby("site_id")["value"].sum()

    def _of_near(self) -> dict[str, float]:
        """Return that heat by municipality, and within how many whole kilometres it lies."""
        rows = self.surest
        found = {f"near_{code}": float(value) for code, value in self.near.items()}
        return found | {"near_km_count": math.ceil(rows["distance_km"].max()) if len(rows) else 0}

    def _of_draws(self) -> dict[str, float]:
        """Return the mean and the median of new heat over the draws, GWh/yr."""
        drawn = pd.Series(FIGURES["new_gwh"](self.study.drawn))
        return {"mean": float(drawn.mean()), "median": float(drawn.median())}

    def _of_sources(self) -> dict[str, float]:
        """
        Return what new heat takes at its sources, and what nobody takes there, GWh/yr.

        `paid` is what those are paid who give it, MSEK/yr.
        """
        names = {"sent": "sent_gwh", "untaken": "untaken_gwh", "paid": "paid_msek_per_yr"}
        return {name: self._further(figure) for name, figure in names.items()}

    @cached_property
    def outside(self) -> pd.DataFrame:
        """What is worth most of what pays more often than not and is no exchange of two parties."""
        rows = new_of(self.exchanges)
        told = pd.concat([t[ENDS] for t in (self.study.pilots, self.study.unsure, self.supported)])
        rows = rows[~among(rows, told)]
        rows = rows.merge(self.study.business[[*ENDS, "pays_share"]], on=ENDS)
        return rows.sort_values("npv_msek", ascending=False, kind="stable")

    def _of_assumed(self) -> dict[str, float]:
        """Return what the method assumes of money and time: best, lowest and highest value."""
        unit = self.study.assumptions.table.loc[list(ASSUMED), "unit"]
        percent = np.where(unit.str.startswith("share"), 100, 1)
        table = bounds_of(self.study.assumptions).loc[unit.index].mul(percent, axis="index")
        sides = {"value": "", "low": "_low", "high": "_high"}
        return {f"{name}{tail}": float(table.loc[name, side])
                for name in ASSUMED for side, tail in sides.items()}  # fmt: skip

    def _of_balance(self) -> dict[str, float]:
        """Return what the balance by municipality tells."""
        table = self.balance
        return {
            "municipality_count": len(table),
            "over_count": int((table["supply"] > table["demand"]).sum()),
            "top_supply_gwh": float(table["supply"].max()),
            "top_demand_gwh": float(table["demand"].max()),
        }

    def _of_confidence(self) -> dict[str, float]:
        """Return how much of the waste heat each confidence holds, per cent; Ringhals apart."""
        return {f"{grade}_pct": 100 * self._further(f"heat_{grade}_share") for grade in "abc"}

    def _of_claims(self) -> dict[str, float]:
        """Return how many quoted claims hold and how many do not."""
        if self.claims.empty:
            return {}
        return dict(claim_counts(self.claims))

    def _of_moved(self) -> dict[str, float]:
        """Return what the strongest input does to new heat."""
        if self.moved.empty:
            return {}
        first = self.moved.iloc[0]
        ends = {"moves_low": float(first["low"]), "moves_high": float(first["high"])}
        return ends | {"moves_least": min(ends.values()), "moves_most": max(ends.values())}

    @cached_property
    def names(self) -> dict[str, str]:
        """The names that a sentence tells: of municipalities and of the strongest input."""
        table = self.balance.set_index("name")
        found = {f"top_{side}": str(table[side].idxmax()) for side in ("supply", "demand")}
        names = [within_sentence(label(f"resource:{key}", self.lang)) for key in self.others]
        found["others"] = joined(names, self.lang)
        found["top_biogenic"] = str(self.carbon.set_index("name")["biogenic"].idxmax())
        towns = self.study.region.names.reindex(self.near.index)
        told = [f"{town} {amount(value, '', self.lang)}"
                for town, value in zip(towns, self.near, strict=True)]  # fmt: skip
        found["near"] = joined(told, self.lang)
        if len(self.hottest):
            names = site_names(self.study.register.sites, self.lang)
            found["top_hot"] = cut(short_name(str(names[self.hottest.idxmax()])), NAME)
        if len(self.new_heat):
            largest = self.new_heat["delivered"].idxmax()
            found["largest_to"] = str(self.new_heat.loc[largest, "name_sink"])
        if len(self.moved):
            # a flow begins with the name of its place
            place = self.moved.index[0] in set(self.study.register.flows["flow_id"])
            first = str(self.moved["name"].iloc[0])
            found["top_input"] = first if place else within_sentence(first)
        return found
