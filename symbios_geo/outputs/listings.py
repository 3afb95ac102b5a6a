"""The tables of a study as people read them: rows that can be followed to a flow and a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import geopandas as gpd
import pandas as pd

from ..assumptions.values import assumed
from ..disclosure import check_cleared, sign
from ..labels import label, label_or, parameter_names, source_titles
from ..maps.placenames import input_name
from ..model import EXISTING, MONTH_COLUMNS, ROLES, Match, carried, in_sek
from ..register.classes import COUNTED
from ..register.gate import Register
from ..study.chain import Study, check_study
from ..study.evidence import shown_confidence, value_by_confidence
from ..study.intervals import class_ranges, months_met, ranged_balance, ranged_co2
from ..study.terms import BETWEEN
from ..study.validation import compare_plants, compare_published
from ..tables import read_table
from .definitions import definition_table, derivation_terms, package_inputs
from .key_figures import answer_table
from .story import Story

__all__ = [
    "balance_table", "business_table", "class_table", "exchange_table", "flow_table",
    "link_table", "pilot_table", "site_table", "stack_table",
]  # fmt: skip

DECIMALS = 6  # of every computed figure: less than any source gives, more than anyone reads
TRACE = ["source_id", "confidence"]
SITE = ["site_id", "name", "operator", "kind", "place_type", "municipality_code", "municipality"]
PLACE = ["status", "inside", "population", "lon", "lat", "coordinate_error_km"]
FLOW = [
    "flow_id", "site_id", "name", "municipality_code", "municipality", "inside", "resource",
    "role", "stream", "carbon", "temperature_class", "value", "low", "high", "unit", "year",
    "additive", "committed", "potential", "accessible", "cascade", "scattered",
    "temperature_low_c", "temperature_high_c", "supply_temperature_c", "return_temperature_c",
    "hours_per_year", "concentration_vol_pct", "material_class", "use_today", "dry_matter_pct",
    "ewc_code", "category", "method", "origin",
    "visibility", *TRACE, "stated_confidence", "note",
]  # fmt: skip
STACK = [
    "flow_id", "site_id", "name", "municipality_code", "municipality", "stream", "carbon", "value",
    "low", "high", "unit", "concentration_vol_pct", "hours_per_year", "year", "method", "origin",
    *TRACE, "note",
]  # fmt: skip
# parts of the cost of a delivered unit, whatever the resource; and where the ends come from
COST_PARTS = (
    "pipe_cost", "heat_pump_cost", "source_cost", "distribution_cost", "capture_cost",
    "transport_cost", "storage_cost", "haul_cost", "treatment_cost",
)  # fmt: skip
FEES = ("avoided_fee", "replaced_value")
# links are priced in EUR, tables tell SEK
IN_SEK = {"unit_cost": "levelised_sek", "worth": "worth_sek",
          **{name: f"{name}_sek" for name in (*COST_PARTS, *FEES)}}  # fmt: skip
COSTS = tuple(IN_SEK[name] for name in COST_PARTS)
SOURCES = ("flow_id", "source_id", "sink_flow_id", "sink_source_id")
LINK = [
    "source", "name_source", "sink", "name_sink", "distance_km", "mode", "existing", "one_place",
    "sent", "delivered", "unit", "levelised_sek", "worth_sek", "yearly_cost_msek",
    "yearly_worth_msek", *COSTS,
    "stream_source", "stream_sink", "use_today_source",
    *(IN_SEK[name] for name in FEES), "rule_id", "precedent", "case_status", "case_place",
    "case_country", "flow_id", *TRACE, "sink_flow_id", "sink_source_id", "sink_confidence",
]  # fmt: skip
PILOT = [
    "rank", "resource", "status", "sender", "receiver", "what", "earns", "tips", "call", "measure",
    "risk", "delivered", "unit", "per_sent", "distance_km", "investment_msek", "yearly_msek",
    "payback_years", "npv_msek", "npv_msek_low", "npv_msek_high", "years", "pays_share", "t_co2e",
    "jobs", "readiness", "confidence", "source", "sink",
]  # fmt: skip
MONTHLY = ["month", "demand", *COUNTED, "covered", "missing", "surplus"]
# who, to whom, what and how much, at what cost, how sure; the rest is in the sheet of its data
PLAN = [
    "resource", "status", "sender", "municipality_source", "stream_source", "receiver",
    "municipality_sink", "delivered", "unit", "per_sent", "mode", "distance_km",
    "investment_msek", "yearly_msek", "payback_years", "npv_msek", "npv_msek_low",
    "npv_msek_high", "years", "pays_share", "promised", "levelised_sek", "t_co2e",
    "confidence", "condition", "exchange_id",
]  # fmt: skip
# what it takes, gives and hangs on; the rest is in the sheet of its data
BUSINESS = [
    "resource", "status", "sender", "receiver", "stream_source", "delivered", "unit", "per_sent",
    "mode", "investment_msek", "income_msek", "cost_msek", "yearly_msek", "payback_years",
    "npv_msek", "npv_msek_low", "npv_msek_high", "years", "pays_share", "breaks_by",
    "support_msek", "promised", "t_co2e", "confidence",
]  # fmt: skip
TOTALS = {
    "heat_supply": ("heat", "source", None),
    "heat_demand": ("heat", "sink", None),
    "co2_biogenic": ("co2", "source", "biogenic"),
    "co2_fossil": ("co2", "source", "fossil"),
}
VERDICT = [
    "claim_id", "origin", "under", "text", "verdict", "value", "low", "high", "unit", "threshold",
    "probability", "explanation", "turns", "depends_on", "facts_year", *TRACE,
]  # fmt: skip


def make_tables(
    study: Study,
    verdicts: pd.DataFrame,
    *,
    municipal: pd.DataFrame | None = None,
    lang: str = "sv",
) -> dict[str, pd.DataFrame]:
    """
    Return every table of the workbook by key, in the order of its sheets.

    Parameters
    ----------
    study
        What `run` returned.
    verdicts
        What `findings.check_all` returns.
    municipal
        What `findings.heat_by_municipality` returns. None: no sheet of it.
    lang
        "sv" or "en", for the texts that say how a sum is made.
    """
    readers, register = check_study(study), study.register
    links = {key: link_table(match, register) for key, match in study.matches.items()}
    planned, cases = _planned(study, links), business_table(study)
    met = months_met(study.monthly).rename(columns={"gap": "missing"})
    tables = {
        "answers": answer_table(study, lang),
        "plan": _readable(planned),
        "pilots": pilot_table(study),
        # what flows today has no case: it stands last
        "business": cases[BUSINESS].sort_values(
            "status", key=lambda told: told == EXISTING, kind="stable"
        ),
        "sites": site_table(register),
        "flows": flow_table(register),
        "evidence": value_by_confidence(register, study.assumptions),
        "balance": balance_table(study, lang),
        "heat_classes": class_table(study, lang),
        "co2_stacks": stack_table(register),
        "co2_balance": _by_code(ranged_co2(study), study, lang).assign(
            unit="kt/yr", **_trace("co2_balance", lang)
        ),
        "monthly": study.monthly.join(met)
        .reset_index()
        .reindex(columns=MONTHLY)
        .assign(unit="GWh/month", **_trace("monthly", lang)),
    }
    if "heat" in study.matches:
        story = Story(study, verdicts, lang)
        tables |= {"steps": story.steps, "moves": story.moves}
    tables |= {"plan_data": planned, "business_data": cases}
    tables |= {f"links_{key}": table for key, table in links.items()}
    for side in ("unused", "unmet"):
        parts = [_left(match, register, side) for match in study.matches.values()]
        tables[side] = _filled(pd.concat(parts))
    if register.synergies is not None:
        tables["exchanges"] = exchange_table(register)
    tables["indicators"] = study.indicators
    # an empty sheet would tell that something is hidden
    if len(study.internal_sums):
        tables["internal_sums"] = study.internal_sums
    if municipal is not None and len(verdicts):
        tables["heat_claims"] = municipal_claims(municipal, lang)
    if len(verdicts):
        tables["findings"] = verdicts.reindex(columns=VERDICT)
    tables |= {
        "parameters": parameter_table(_assumed(study), lang),
        "derivations": derivation_terms(study, lang),
        "municipalities": pd.DataFrame(study.municipalities.drop(columns="geometry")).reset_index(),
    }
    if study.region.packaged:
        tables["agriculture"] = read_table("agriculture")
        tables["published"] = compare_published(study, lang).reset_index()
        tables["plants"] = compare_plants(register, lang).reset_index()
    tables |= {
        "sources": source_table(study, tables.values()),
        "definitions": definition_table(lang),
    }
    return {key: sign(_tidy(table), readers) for key, table in tables.items()}


def _planned(study: Study, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the exchanges of the plan with every fact, from the link tables of the matches."""
    readers = check_study(study)
    ends = [*ROLES]
    table = in_sek(study.exchanges, study.assumptions["sek_per_eur"])
    told = study.business.drop_duplicates([*ends, "status"])
    case = ["sent", "years", "npv_msek_low", "npv_msek_high", "pays_share", "promised"]
    told = told[[*ends, "status", *case]]
    table = table.merge(told, on=[*ends, "status"], how="left")
    table = _told_apart(table.rename(columns=IN_SEK), study)
    table.insert(0, "exchange_id", table["source"] + BETWEEN + table["sink"])
    links = pd.concat(list(tables.values()))
    facts = links[[*ends, *(name for name in (*COSTS, *SOURCES) if name in links)]]
    table = table.merge(facts.drop_duplicates(ends), on=ends, how="left")
    place = table.columns.get_loc("levelised_sek") + 1
    parts = [name for name in COSTS if name in table]
    rest = [name for name in table.columns if name not in parts]
    return sign(table[[*rest[:place], *parts, *rest[place:]]], readers)


def _readable(planned: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the plan that people read, municipalities by name."""
    towns = {f"municipality_{side}": planned[f"municipality_code_{side}"].map(_town_names())
             for side in ROLES}  # fmt: skip
    return planned.assign(**towns)[PLAN]


def pilot_table(study: Study) -> pd.DataFrame:
    """
    Return every pilot, ranked by net present value, with advice in words.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(len(pilot_table(sg.run(lang="en"))))
    True
    """
    readers = check_study(study)
    table = _told_apart(study.pilots, study)
    # a column `measure` holds names of columns: what to measure is a sentence
    return sign(_filled(table[PILOT].rename(columns={"measure": "measure_first"})), readers)


def business_table(study: Study) -> pd.DataFrame:
    """
    Return the business case of every exchange, and of those that nearly pay.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(len(business_table(sg.run(lang="en"))))
    True
    """
    readers = check_study(study)
    table = _told_apart(study.business, study)
    cause = table["breaks_by"].map(
        lambda key: input_name(key, study.register, study.lang), na_action="ignore"
    )
    # who and what first: ids and codes are for programs
    ids = [c for c in table if c in ROLES or c.startswith(("site_id", "municipality_code"))]
    names = ["resource", "status", "sender", "receiver", "stream_source"]
    rest = [c for c in table if c not in [*names, *ids]]
    return sign(table.assign(breaks_by=cause)[[*names, *rest, *ids]], readers)


def _told_apart(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return exchanges with sender, stream and receiver by the names that tell them apart."""
    named = study.named(table)
    # heat has one stream a source, which its match need not know
    streams = table["source"].map(study.register.flows.set_index("flow_id")["stream"])
    table = table.rename(columns={"name_source": "sender", "name_sink": "receiver"})
    return table.assign(
        sender=named["sender"], receiver=named["receiver"],
        stream_source=table["stream_source"].astype(object).fillna(streams),
        per_sent=table["delivered"] / table["sent"],
    )  # fmt: skip


def _assumed(study: Study) -> pd.DataFrame:
    """Return the assumptions of a study, but for those of rows that it does not hold."""
    table = study.assumptions.table
    return (
        table if study.region.packaged else table.drop(index=package_inputs(study), errors="ignore")
    )


def source_table(study: Study, citing: Iterable[pd.DataFrame] = ()) -> pd.DataFrame:
    """
    Return the references of the data package, and of one's own those that shown rows cite.

    `flows` counts the flows of the register that rest on each.
    """
    shown = ["source_id", "title", "publisher", "url", "year", "accessed", "note"]
    readers, register = check_study(study), study.register
    bundled = read_table("sources")[shown]
    bundled["title"] = bundled["source_id"].map(source_titles(study.lang))
    bundled["publisher"] = [
        who if pd.isna(who) else label_or(f"publisher:{who}", who, study.lang)
        for who in bundled["publisher"]
    ]
    rows = [register.sites, register.flows, *citing]
    rows += [] if register.synergies is None else [register.synergies]
    cited = {
        source
        for table in rows
        for column in table.columns
        if column.endswith("source_id")
        for source in table[column].dropna()
    }
    if not study.region.packaged:
        bundled = bundled[bundled["source_id"].isin(cited)]
    if register.sources is not None and len(register.sources):
        own = register.sources[register.sources["source_id"].isin(cited)].reindex(columns=shown)
        bundled = pd.concat([bundled, own]).drop_duplicates("source_id")
    counts = register.flows["source_id"].value_counts()
    carried = bundled["source_id"].map(counts).fillna(0).astype(int)
    return sign(bundled.assign(flows=carried), readers)


def parameter_table(parameters: pd.DataFrame, lang: str = "sv") -> pd.DataFrame:
    """Return the assumptions as rows, named in a language."""
    rows = parameters.drop(columns=["name_sv", "name_en"], errors="ignore")
    rows.insert(0, "name", parameter_names(parameters, lang))
    return rows.reset_index()


def municipal_claims(municipal: pd.DataFrame, lang: str = "sv") -> pd.DataFrame:
    """Return the answers to the claims on heat as rows: municipality, claim, value, low, high."""
    text = read_table("claims").set_index("claim_id")[f"text_{lang}"]
    claims = [c.removesuffix("_low") for c in municipal.columns if c.endswith("_low")]
    parts = [
        pd.DataFrame(
            {
                "municipality_code": municipal.index,
                "municipality": municipal["name"].to_numpy(),
                "claim_id": claim,
                "text": text[claim],
                "value": municipal[claim].to_numpy(),
                "low": municipal[f"{claim}_low"].to_numpy(),
                "high": municipal[f"{claim}_high"].to_numpy(),
                "unit": "ratio",
            }
        )
        for claim in claims
    ]
    return pd.concat(parts).sort_values(["municipality_code", "claim_id"], kind="stable")


def site_table(register: Register) -> pd.DataFrame:
    """
    Return every place with its position and what it gives and needs in a year.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(len(site_table(sg.load_register())))
    True
    """
    readers = check_cleared(register)
    sites = _places(register.sites)
    flows = register.flows[register.flows["additive"] == "yes"]
    for name, (resource, role, carbon) in TOTALS.items():
        rows = flows[(flows["resource"] == resource) & (flows["role"] == role)]
        rows = rows if carbon is None else rows[rows["carbon"] == carbon]
        sites[name] = sites["site_id"].map(rows.groupby("site_id")["value"].sum())
    stated = [c for c in ("sector_sni", "company_size") if c in sites]
    return sign(sites[[*SITE, *stated, *PLACE, *TOTALS, "visibility", *TRACE, "note"]], readers)


def flow_table(register: Register) -> pd.DataFrame:
    """
    Return every flow with its place, temperature class and confidence by the age of its year.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(len(flow_table(sg.load_register())))
    True
    """
    flows = register.flows.copy()
    flows["stated_confidence"] = flows["confidence"]
    flows["confidence"] = shown_confidence(flows, assumed(register.assumptions))
    heat = (flows["resource"] == "heat") & (flows["role"] == "source")
    flows["temperature_class"] = flows["class"].where(heat)
    # few state months or power: where nobody does, there is no column
    stated = [c for c in ("power_mw", *MONTH_COLUMNS) if c in flows and flows[c].notna().any()]
    shown = _at_places(flows, register)[[*FLOW[:-1], *stated, FLOW[-1]]]
    return sign(shown, check_cleared(register))


def stack_table(register: Register) -> pd.DataFrame:
    """
    Return every stream of CO2 that counts in the county's sum, largest first, kt/yr.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> stacks = stack_table(sg.load_register())
    >>> bool(stacks["value"].is_monotonic_decreasing)
    True
    """
    # the confidence that the sheet of flows shows
    rows = flow_table(register)
    counted = register.counted("co2", "source")["flow_id"]
    rows = rows[rows["flow_id"].isin(counted)].sort_values(
        ["value", "flow_id"], ascending=[False, True]
    )
    return sign(rows[STACK], check_cleared(register))


def balance_table(study: Study, lang: str = "sv") -> pd.DataFrame:
    """
    Return supply and demand by resource and municipality, with the county's row last.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(len(balance_table(sg.run(lang="en"))))
    True
    """
    parts = []
    for key, record in study.resources.items():
        rows = _by_code(ranged_balance(study, key), study, lang)
        rows.insert(0, "resource", key)
        parts.append(rows.assign(unit=record.unit, **_trace(f"balance_{key}", lang)))
    return sign(pd.concat(parts, ignore_index=True), check_study(study))


def class_table(study: Study, lang: str = "sv") -> pd.DataFrame:
    """
    Return waste heat by temperature class, GWh/yr.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(len(class_table(sg.run(lang="en"))))
    True
    """
    table = study.heat_classes.join(class_ranges(study.drawn, list(study.heat_classes.index)))
    order = ["value", "low", "high"]
    table = table[[*order, *table.columns.difference(order, sort=False)]]
    table = table.rename_axis("temperature_class").reset_index()
    table = table.assign(unit="GWh/yr", **_trace("heat_classes", lang))
    return sign(table, check_study(study))


def link_table(match: Match, register: Register) -> pd.DataFrame:
    """
    Return the exchanges of a match, largest first: cost in SEK, and both ends' sources.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> study = sg.run(lang="en")
    >>> table = link_table(study.matches["heat"], study.register)
    >>> bool(table["delivered"].is_monotonic_decreasing)
    True
    """
    readers, rate = check_cleared(register, match), assumed(register.assumptions)["sek_per_eur"]
    links = in_sek(carried(match.links), rate, tuple(IN_SEK))
    links = links.rename(columns=IN_SEK)
    resource = match.resource
    links["mode"] = links[resource.mode if resource else "mode"]
    key = resource.key if resource else ""
    links["unit"] = resource.unit if resource else ""
    links["existing"] = links["status"] == EXISTING
    links["one_place"] = register.both_one_place(links)
    for name, unit in (("cost", "levelised_sek"), ("worth", "worth_sek")):
        links[f"yearly_{name}_msek"] = links[unit] * links["delivered"] / 1000
    for side, prefix in (("source", ""), ("sink", "sink_")):
        facts = _facts(links[side], register, key, side).set_axis(links.index)
        for column in ("flow_id", *TRACE):
            links[f"{prefix}{column}"] = facts[column].to_numpy()
        links[f"name_{side}"] = facts["name"].fillna(links[f"name_{side}"]).to_numpy()
    shown = [column for column in LINK if column in links]
    links = links.sort_values(["delivered", "source", "sink"], ascending=[False, True, True])
    return sign(links[shown], readers)


def exchange_table(register: Register) -> pd.DataFrame:
    """
    Return the exchanges that are known to run, or to have run or been planned.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> bool(len(exchange_table(sg.load_register())))
    True
    """
    rows = pd.DataFrame(register.synergies).sort_values("synergy_id")
    names = register.sites["name"]
    rows = rows.assign(
        name_source=rows["from_site_id"].map(names), name_sink=rows["to_site_id"].map(names)
    )
    first = ["synergy_id", "from_site_id", "name_source", "to_site_id", "name_sink"]
    rest = ["from_flow_id", "to_flow_id", "resource", "value", "low", "high", "unit", "year"]
    rest += ["since", "status", "use_as_truth", *TRACE, "note"]
    return sign(rows[[*first, *rest]], check_cleared(register))


def _left(match: Match, register: Register, which: str) -> pd.DataFrame:
    """Return what each source keeps or each sink lacks after a match, largest first."""
    role = "source" if which == "unused" else "sink"
    left = match.unused if which == "unused" else match.unmet
    resource = match.resource
    prices = match.prices[match.prices["role"] == role].set_index("node")["price"]
    rate = assumed(register.assumptions)["sek_per_eur"]
    key = resource.key if resource else ""
    facts = _facts(pd.Series(left.index), register, key, role)
    served = match.links.groupby(role)["sent" if role == "source" else "delivered"].sum()
    table = pd.DataFrame(
        {
            "resource": key,
            "node": left.index,
            "name": facts["name"].to_numpy(),
            "municipality": facts["municipality"].to_numpy(),
            "matched": served.reindex(left.index).fillna(0.0).to_numpy(),
            which: left.to_numpy(),
            "unit": resource.unit if resource else "",
            "price_sek": prices.reindex(left.index).to_numpy() * rate,
            "flow_id": facts["flow_id"].to_numpy(),
            "source_id": facts["source_id"].to_numpy(),
            "confidence": facts["confidence"].to_numpy(),
        }
    )
    return table.sort_values([which, "node"], ascending=[False, True])


def _facts(nodes: pd.Series, register: Register, resource: str, role: str) -> pd.DataFrame:
    """Return name, flows, source and confidence of the nodes of a match, in their order."""
    flows = register.flows
    mine = flows[(flows["resource"] == resource) & (flows["role"] == role)]
    mine = mine.assign(stands_for=mine["flow_id"])
    # a node is a flow, or all carbon of one stream, or a place: then its counted flows
    streams = mine.assign(stands_for=mine["site_id"] + "-" + mine["stream"])
    counted = mine[mine["additive"] == "yes"]
    places = pd.concat([counted, mine[~mine["site_id"].isin(counted["site_id"])]])
    known = pd.concat([mine, streams, places.assign(stands_for=places["site_id"])])
    known = known[known["stands_for"].isin(nodes)].sort_values(
        ["value", "flow_id"], ascending=[False, True]
    )
    found = known.groupby("stands_for").agg(
        site_id=("site_id", "first"),
        flow_id=("flow_id", lambda ids: "; ".join(dict.fromkeys(ids))),
        source_id=("source_id", "first"),
        confidence=("confidence", "max"),  # the weakest of them
    )
    found = found.reindex(nodes.to_numpy())
    found["name"] = found["site_id"].map(register.sites["name"])
    codes = found["site_id"].map(register.sites["municipality_code"])
    found["municipality"] = codes.map(_town_names())
    return found


def _places(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return places as a plain table with the name of their municipality."""
    unused = ["geometry", "name_sv", "name_en"]  # the study's own language is in `name`
    plain = pd.DataFrame(sites.drop(columns=unused, errors="ignore"))
    table = plain.rename_axis("site_id").reset_index()
    points = sites.geometry
    table["lon"], table["lat"] = points.x.to_numpy(), points.y.to_numpy()
    return table.assign(municipality=table["municipality_code"].map(_town_names()))


def _at_places(flows: pd.DataFrame, register: Register) -> pd.DataFrame:
    """Return flows with name and municipality of their place."""
    sites = register.sites
    codes = flows["site_id"].map(sites["municipality_code"])
    return flows.assign(
        name=flows["site_id"].map(sites["name"]),
        municipality_code=codes,
        municipality=codes.map(_town_names()),
        inside=flows["site_id"].map(sites["inside"]),
    )


def _town_names() -> pd.Series:
    return read_table("municipalities").set_index("municipality_code")["name"]


def _by_code(table: pd.DataFrame, study: Study, lang: str) -> pd.DataFrame:
    """Return a table by municipality with its codes as a column, the region named last."""
    rows = table.rename_axis("municipality_code").reset_index()
    rows.loc[rows.index[-1], "name"] = study.region.words(lang)["region"]
    return rows


def _filled(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without the columns that say nothing in any row."""
    return table.loc[:, (table.notna() & table.ne("")).any()] if len(table) else table


def _trace(key: str, lang: str) -> dict[str, str]:
    """Return the column that says from which rows a sum is made."""
    return {"made_from": label(f"trace:{key}", lang)}


def _tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with plain row numbers and figures without the noise of computing."""
    rounded = table.reset_index(drop=True)
    numbers = rounded.select_dtypes("float").columns
    # minus zero and 1e-13 are what solvers leave; neither says anything
    return rounded.assign(**{c: rounded[c].round(DECIMALS) + 0.0 for c in numbers})
