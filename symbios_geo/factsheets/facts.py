"""The numbers of a factsheet: what a municipality has, needs, could exchange, does not know."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..model import ROLES, SITES, existing_of, new_of
from ..register.classes import COUNTED, NUCLEAR, heat_classes, without_nuclear
from ..register.property_heat import DELIVERED, in_countryside
from ..shortlist import company, doubtful, in_order
from ..study.balance import monthly_heat
from ..study.cases import Case
from ..study.chain import Study
from ..study.claim_answers import ANSWERS
from ..study.intervals import spread
from ..study.matched_draws import need_ratio
from ..study.sentences import touching

RURAL = "rural"
DEMAND_PARTS = ("network", "buildings", RURAL)
CHANCES = ("heat_theoretical_without_ringhals", "heat_60c_direct", "heat_monthly_no_storage")
ENDS, PLACES = ["resource", *ROLES], ["resource", *SITES]
MONEY = ["investment_msek", "yearly_msek", "npv_msek", "npv_msek_low", "npv_msek_high"]
CASE = [*MONEY, "promised", "pays_share", "contact"]
MOST_STEPS, MOST_FIND_OUT, MOST_CONTACTS = 3, 1, 3  # told of what to begin with, whom to ring
JOBS = ["jobs_low", "jobs_high"]


def municipal_flows(study: Study, code: str, resource: str, role: str) -> pd.DataFrame:
    """Return the flows of one municipality that count in sums."""
    rows = study.register.counted(resource, role)
    return rows[rows["municipality_code"] == code]


def heat_supply(study: Study, code: str) -> pd.DataFrame:
    """
    Return waste heat by temperature class, GWh/yr: value, committed, places.

    Indexed by class; the nuclear class is there only where there is such a source.
    """
    rows = municipal_flows(study, code, "heat", "source")
    table = _sums(rows, rows["class"]).reindex(heat_classes(rows), fill_value=0.0)
    return table[(table.index != NUCLEAR) | (table["value"] > 0)]


def heat_demand(study: Study, code: str, drawn: Case) -> pd.DataFrame:
    """
    Return property heating by how it is heated today, GWh/yr: value, low, high, places.

    What networks deliver to buildings is official, small networks included; where statistics of a
    region do not tell it, it is what the networks deliver that can take waste heat. Low and high
    are percentiles of the draws, in which each part follows the need of its place.
    """
    if study.register.flows["stream"].eq(DELIVERED).any():
        rows = municipal_flows(study, code, "heat", "sink")
        need = drawn.draws.flows[list(rows["flow_id"])].to_numpy()
        groups = pd.Series(
            np.where(in_countryside(rows["site_id"]), RURAL, "buildings"), rows.index
        )
        groups = groups.mask(rows["stream"] == DELIVERED, "network")
    else:
        found = study.candidates["heat"]
        here = (found.sinks["municipality_code"] == code).to_numpy()
        rows = pd.DataFrame(found.sinks[here])
        ratio = need_ratio(found, study.register, drawn.draws)[:, here]
        need = ratio * rows["value"].to_numpy(float)
        groups = rows["kind"].where(rows["kind"].isin(DEMAND_PARTS), "buildings")
    sums = {part: need[:, (groups == part).to_numpy()].sum(axis=1) for part in DEMAND_PARTS}
    spans = pd.DataFrame({part: spread(drawn) for part, drawn in sums.items()}).T
    table = _sums(rows, groups).reindex(list(DEMAND_PARTS), fill_value=0.0)
    return table.assign(low=spans[0], high=spans[1])


def co2_supply(study: Study, code: str) -> pd.DataFrame:
    """Return CO2 by origin, kt/yr: value, committed, places."""
    rows = municipal_flows(study, code, "co2", "source")
    return _sums(rows, rows["carbon"]).reindex(["biogenic", "fossil"], fill_value=0.0)


def monthly(study: Study, code: str) -> tuple[pd.DataFrame, pd.Series]:
    """Return supply by class and demand of heat, GWh by month (see `balance.monthly_heat`)."""
    table = monthly_heat(study.register, code)
    return table.reindex(columns=list(COUNTED), fill_value=0.0), table["demand"]


def best_exchanges(study: Study, code: str, *, top: int | None = 3) -> pd.DataFrame:
    """
    Return the best new exchanges that touch a municipality.

    Links between the same two places are one exchange. What two real places of two parties could
    do comes first, as in `Study.shortlist`: then what one company does alone, then an end that
    stands for many or is imagined (`Register.one_place`). Within each, what stands by itself comes
    before what rests on support that nobody has granted, what pays more often than not before what
    does not, then what is worth most over its life.
    What runs today is left out.

    Returns
    -------
    exchanges
        resource, site_id_source, site_id_sink, kind of receiver, stream, one_place, reported (the
        amount), distance_km, modes, delivered (GWh or kt a year), unit_cost, worth (EUR per MWh or
        t), net (kEUR/yr), promised, and of the business case investment_msek, yearly_msek,
        npv_msek with its range.
    """
    links = new_of(_links(study, code))
    found = [
        _exchange(group) for _, group in links.groupby([*PLACES, "kind"], sort=False, dropna=False)
    ]
    order = [
        "resource",
        "delivered",
        "one_place",
        "own",
        "promised",
        "pays_share",
        "npv_msek",
        "net",
    ]
    table = pd.DataFrame(found).reindex(columns=list(found[0]) if found else order)
    ranked = in_order(table.sort_values("net", ascending=False, kind="stable"))
    ranked = ranked.sort_values(["one_place", "own"], ascending=[False, True], kind="stable")
    return (ranked if top is None else ranked.head(top)).reset_index(drop=True)


def seldom(exchanges: pd.DataFrame) -> pd.Series:
    """Say of exchanges between two real places whether they seldom pay, or with support only."""
    named = exchanges["one_place"].astype(bool)
    return named & (doubtful(exchanges) | exchanges["promised"].eq(True))


def first_steps(study: Study, code: str) -> pd.DataFrame:
    """
    Return what to do first in a municipality: what mostly pays, then what to find out.

    First its pilots, then what only its many givers or receivers keep from being one: it takes the
    last place of a pilot that is worth less; last what gains but seldom pays. `Study.pilots`,
    `with_many` and `undecided` tell what they are; what pays with support only is none of them.
    """
    asked = touching(study.undecided, code).head(MOST_FIND_OUT)
    pilots, many = (touching(table, code) for table in (study.pilots, study.with_many))
    count = MOST_STEPS - len(asked)
    if len(pilots) >= count > 1 and len(many):
        most, least = many["npv_msek"].max(), pilots["npv_msek"].iloc[count - 1]
        pilots = pilots.head(count - 1 if most > least else count)
        many = many.sort_values("npv_msek", ascending=False, kind="stable")
    return pd.concat([pd.concat([pilots, many]).head(count), asked])


def existing_exchanges(study: Study, code: str) -> pd.DataFrame:
    """Return the exchanges that run today, by resource and the largest first, as new ones are."""
    links = existing_of(_links(study, code))
    found = [_exchange(group) for _, group in links.groupby(PLACES, sort=False)]
    keys = ["resource", "delivered"]
    return by_amount(study, pd.DataFrame(found).reindex(columns=list(found[0]) if found else keys))


def by_amount(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return exchanges by resource, in the order of the study, and the largest first."""
    place = table["resource"].map({key: at for at, key in enumerate(study.resources)})
    order = table.assign(place=place).sort_values(["place", "delivered"], ascending=[True, False])
    return order.drop(columns="place").reset_index(drop=True)


def neighbours(study: Study, code: str) -> pd.DataFrame:
    """
    Return what crosses the border of a municipality: the exchanges with each other municipality.

    Returns
    -------
    neighbours
        resource, status, other (municipality_code), direction ("from" or "to" the other),
        delivered, and the least pays_share of its exchanges, the largest first.
    """
    links = _links(study, code)
    ends = {side: links[f"municipality_code_{side}"] for side in ROLES}
    given = ends["source"].eq(code)
    table = links[["resource", "status", "delivered", "pays_share"]].assign(
        pays_share=links["pays_share"].astype(float),
        other=ends["sink"].where(given, ends["source"]),
        direction=np.where(given, "to", "from"),
    )
    table = table[table["other"].isin(study.municipalities.index) & table["other"].ne(code)]
    keys = ["resource", "status", "other", "direction"]
    sums = table.groupby(keys, as_index=False).agg({"delivered": "sum", "pays_share": "min"})
    return sums.sort_values("delivered", ascending=False, kind="stable", ignore_index=True)


def delivered_heat(study: Study, code: str, status: str) -> float:
    """Return heat that arrives in a municipality, GWh/yr: "existing" or "new"."""
    links = study.matches["heat"].links
    here = (links["municipality_code_sink"] == code) & (links["status"] == status)
    return float(links.loc[here, "delivered"].sum())


def uncertain_rows(study: Study, code: str, *, heat: int = 3, co2: int = 2) -> pd.DataFrame:
    """Return the estimates (confidence C) with the broadest range, heat first; Ringhals apart."""
    parts = []
    for resource, count in (("heat", heat), ("co2", co2)):
        rows = municipal_flows(study, code, resource, "source")
        rows = without_nuclear(rows[rows["confidence"] == "C"])
        width = (rows["high"] - rows["low"]).sort_values(ascending=False, kind="stable")
        parts.append(rows.loc[width.index].head(count))
    return pd.concat(parts, ignore_index=True)


def cover_chances(drawn: Case, code: str) -> pd.DataFrame:
    """
    Return how far heat covers property heating: low and high (5th, 95th percentile), chance.

    `chance` is the share of the draws in which it is enough. Indexed by claim.
    """
    rows = {}
    for claim in CHANCES:
        ratio = np.asarray(ANSWERS[claim](drawn.within(code)), dtype=float)
        low, high = spread(ratio)
        enough = np.where(np.isnan(ratio), np.nan, ratio >= 1 - 1e-9)
        rows[claim] = {"low": low, "high": high, "chance": float(np.mean(enough))}
    return pd.DataFrame.from_dict(rows, orient="index")


def contacts(study: Study, code: str, *, top: int = 5) -> pd.DataFrame:
    """
    Return whom to ask for measured data: operator, `takes` and amounts by site and resource.

    Who only `takes` in the first steps has the amounts that it takes of what they ask about, and
    nothing else; others have what they give.

    First both ends of the first steps (see `first_steps`), then the plants with the largest
    sources whose operator is known, by their share of the municipality's heat, CO2 or other
    resource, whichever is largest.
    """
    parts = [municipal_flows(study, code, key, "source") for key in study.resources]
    rows = without_nuclear(pd.concat(parts))
    amounts = rows.pivot_table(index="site_id", columns="resource", values="value", aggfunc="sum")
    share = (amounts / amounts.sum()).max(axis=1).sort_values(ascending=False, kind="stable")
    steps = first_steps(study, code)
    ranked = [
        # who is rung first, then who is rung after them
        *steps["site_id_call"],
        *steps[SITES].to_numpy().ravel(),
        *share.index[study.register.one_place.reindex(share.index)],
    ]
    operators = {site: company(study.register, site) for site in ranked}
    order = pd.Index([site for site, name in operators.items() if name][:top])
    found = pd.DataFrame({"operator": operators}).reindex(order)
    found["takes"] = order.isin(steps["site_id_sink"]) & ~order.isin(steps["site_id_source"])
    for key in study.resources:
        asked = order.isin(steps.loc[steps["resource"] == key, "site_id_sink"])
        given, taken = (
            rows.groupby("site_id")["value"].sum().reindex(order)
            for rows in (study.register.counted(key, "source"), _receivers(study, key))
        )
        found[key] = given.mask(found["takes"], taken.where(asked)).fillna(0.0)
    return found


def _receivers(study: Study, resource: str) -> pd.DataFrame:
    """Return who can take a resource; what a network takes is no flow of the register."""
    if resource in study.candidates:
        return study.candidates[resource].sinks
    return study.register.counted(resource, "sink")


def used_sources(study: Study, code: str) -> pd.Series:
    """
    Return how many counted flows of a municipality rest on each source.

    What most rows of heat rest on stands first, then of CO2 and so on: as the sheet tells of them.
    """
    ends = [(key, role) for key in study.resources for role in ROLES]
    rows = pd.concat([municipal_flows(study, code, *end) for end in ends])
    counts = pd.crosstab(rows["source_id"], rows["resource"])
    counts = counts.reindex(columns=list(study.resources), fill_value=0).sort_index()
    order = counts.sort_values(list(study.resources), ascending=False, kind="stable")
    return order.sum(axis=1)


def _sums(rows: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Return sums of the best values by group, and how many places stand behind them."""
    columns = ["value", *[c for c in ["committed"] if c in rows]]
    grouped = rows.groupby(groups)
    return grouped[columns].sum().assign(places=grouped["site_id"].nunique())


def _links(study: Study, code: str) -> pd.DataFrame:
    """Return the links of the plan with an end in the municipality, with their business case."""
    parts = [study.carried(key) for key in study.matches]
    filled = [part for part in parts if len(part)]
    links = touching(pd.concat(filled) if filled else parts[0], code)
    case = study.business[[*ENDS, *CASE]].drop_duplicates(ENDS)
    return links.drop(columns=CASE, errors="ignore").merge(case, on=ENDS, how="left")


def _exchange(links: pd.DataFrame) -> dict[str, object]:
    """Return the links between two places as one exchange."""
    first, amount = links.iloc[0], links["delivered"]
    return {
        **first[PLACES],
        "kind": first.get("kind", ""),
        "stream": first.get("stream_sink", ""),
        "one_place": bool(first["one_place"]),
        "reported": bool(links["method_source"].eq("reported").all()),
        "distance_km": float(first["distance_km"]),
        "modes": tuple(dict.fromkeys(links["mode"].astype(str))),
        "delivered": float(amount.sum()),
        "unit_cost": float((amount * links["unit_cost"]).sum() / amount.sum()),
        "worth": float((amount * links["worth"]).sum() / amount.sum()),
        "net": float((amount * (links["worth"] - links["unit_cost"])).sum()),
        "promised": bool(links["promised"].eq(True).any()),
        "own": bool(links["contact"].eq("owner").any()),
        # no surer than the least sure of its links
        "pays_share": float(links["pays_share"].astype(float).min()),
        # of several links between two places the money is added up
        **{name: float(links[name].sum(min_count=1)) for name in MONEY},
        # by what is replaced
        "avoided": links.groupby("replaces")[["t_co2e_low", "t_co2e_high"]].sum(),
        **{name: float(links[name].sum(min_count=1)) for name in JOBS},
    }
