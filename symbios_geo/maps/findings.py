"""What a map shows, in a sentence for its title, and what it measures, in a line under it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from .. import labels
from ..model import CARRIES_NOTHING, EXISTING, existing_of, new_of
from ..register.gate import Register
from ..shortlist import doubtful
from .flows import drawn_names
from .placenames import amount

EVEN = 1.1  # times the least: a year without seasons
MOSTLY = 0.75  # of a sum is what "three quarters" says


def match_finding(
    links: pd.DataFrame,
    register: Register,
    resource: str,
    unit: str,
    lang: str,
    places: pd.Index,
    parts: float = 1.0,
    *,
    unused: float = 0.0,
    supply: float = 0.0,
    drawn: pd.DataFrame | None = None,
    support: float | None = None,
) -> tuple[str, str]:
    """
    Return title and subtitle of a map of exchanges, largest first, among places by site_id.

    A title names only places that are there (see `Register.one_place`), and says what is planned;
    how much of what is new has another end is said under it. The amounts are in `unit`, which is so
    many `parts` of that of the register; `supply` is what all the sources have, and `unused` what
    of it nobody takes. `drawn` are the links with an arrow, None all; `support` is as in
    `supported_words`.
    """
    name = labels.within_sentence(labels.label(f"resource:{resource}", lang))
    new, old = new_of(links), existing_of(links)
    within = used_within(links, register, resource, places, parts)
    arrows = new_of(links if drawn is None else drawn)
    doubt = seldom_words(links, unit, lang, mark="arrow" if doubtful(arrows).any() else "part")
    told = labels.label(
        f"map:match_within_{resource}" if within else "map:match_measure", lang,
        unit=labels.unit_label(unit, lang), within=amount(within, "", lang),
        new=amount(float(new["delivered"].sum()), "", lang),
        old=amount(float(old["delivered"].sum()), "", lang),
    )  # fmt: skip
    if links.empty:
        return labels.label("map:match_none", lang, resource=name), told
    if new.empty:
        return labels.label("map:match_old", lang, resource=name), told
    if doubt:
        told = f"{told}. {doubt}"
    held = float(links.loc[links["supported"], "delivered"].sum())
    real = register.both_one_place(new, ("source", "sink"))
    first_real = bool(real.iloc[0])
    if real.any() and not first_real:
        # what is drawn between named places only leaves the rest to the list
        listed = drawn is not None and register.both_one_place(arrows, ("source", "sink")).all()
        vague = amount(float(new.loc[~real, "delivered"].sum()), "", lang)
        told = labels.label(
            "map:match_listed" if listed else "map:match_rest", lang, told=told, rest=vague
        )
    elif real.any() and not real.all():
        many = amount(float(new.loc[~real, "delivered"].sum()), "", lang)
        told = labels.label("map:match_many", lang, told=told, many=many)
    words = {
        "new": amount(float(new["delivered"].sum()), "", lang),
        "real": amount(float(new.loc[real, "delivered"].sum()), "", lang),
        "unit": labels.unit_label(unit, lang),
        "resource": name,
    }
    if not real.any():
        words |= {"unused": amount(unused, "", lang), "all": amount(supply, "", lang)}
        sinks = register.pick(resource, "sink")
        need = float(sinks.loc[sinks["site_id"].isin(places), "value"].sum()) / parts
        told = labels.label("map:match_need", lang, told=told, need=amount(need, "", lang))
        key = "map:match_lone" if len(new) == 1 else "map:match_nowhere"
        return labels.label(key, lang, **words), told
    if not first_real:
        return labels.label("map:match_kind", lang, **words), told
    first = new.iloc[0]
    names = drawn_names(new.head(1), register.sites, lang)
    words |= {"source": names[first["source"]], "sink": names[first["sink"]]}
    words |= {"value": amount(float(first["delivered"]), "", lang)}
    if first["source"] == first["sink"]:
        return labels.label("map:match_same", lang, **words), told
    if len(new) == 1:
        return labels.label("map:match_only", lang, **words), told
    if held:
        rest = float(links["delivered"].sum()) - held
        return supported_words(rest, held, support, unit, lang), told
    if bool(doubtful(new.head(1)).iloc[0]):
        sure = float(new.loc[~doubtful(new), "delivered"].sum())
        words |= {"sure": amount(sure, "", lang)}
        return labels.label("map:match_open", lang, **words), told
    kind = f"map:match_{register.sites['kind'][first['sink']]}"
    rest = float(new.loc[new["sink"] != first["sink"], "delivered"].sum())
    words |= {"rest": amount(rest, "", lang)}
    return labels.label(kind if labels.has_label(kind) else "map:match_found", lang, **words), told


def supported_words(rest: float, stored: float, support: float | None, unit: str, lang: str) -> str:
    """
    Say what reaches users, and what stores could take with the support of a state, in `unit`.

    `support` is what the money is enough for in the whole country; None is not known.
    """
    words = {"rest": amount(rest, "", lang), "value": amount(stored, "", lang)}
    words["unit"] = labels.unit_label(unit, lang)
    if support is None:
        return labels.label("figure:exchanges_supported", lang, **words)
    words["support"] = amount(support, "", lang)
    return labels.label("figure:exchanges_support_left", lang, **words)


def seldom_words(links: pd.DataFrame, unit: str, lang: str, *, mark: str = "arrow") -> str:
    """
    Say how much of what is new seldom pays, and what is new without it; nothing if nothing does.

    `links` have delivered, pays_share and status or mode; `mark` is what is drawn open: "arrow",
    "band", "block", or a "part" that is not drawn.
    """
    kind = links["status"] if "status" in links else links["mode"]
    new = links[~kind.isin({EXISTING, f"mode:{EXISTING}"})]
    few = new[doubtful(new)]
    if few.empty:
        return ""
    whole, part = (float(table["delivered"].sum()) for table in (new, few))
    words = {
        "mark": labels.label(f"map:open_{mark}", lang),
        "amount": amount(part, unit, lang), "sure": amount(whole - part, unit, lang),
        "share": labels.chance(float(few["pays_share"].max()), lang), "count": len(few),
    }  # fmt: skip
    one = "all" if len(new) == 1 else "one"
    return labels.label(f"map:open_{one if len(few) == 1 else 'some'}", lang, **words)


def used_within(
    links: pd.DataFrame, register: Register, resource: str, places: pd.Index, parts: float = 1.0
) -> float:
    """Return what some places use or give away today beside links, in a unit of so many `parts`."""
    old = float(existing_of(links)["delivered"].sum())
    within = max(_used(register, resource, places) / parts - old, 0.0)
    return within * (within > CARRIES_NOTHING)


def _used(register: Register, resource: str, places: pd.Index) -> float:
    """Return what some places use or give away today, as the headline counts it."""
    flows = register.counted(resource, "source")
    return float(flows.loc[flows["site_id"].isin(places), "committed"].sum())


def register_finding(
    values: pd.Series,
    resource: str,
    role: str,
    unit: str,
    region: dict[str, str],
    lang: str,
    *,
    used: float = 0.0,
    nuclear: bool = False,
) -> tuple[str, str]:
    """
    Return title and subtitle of a map of places, their values largest first, `used` of them.

    Where `nuclear` cooling water is drawn too, the title says that it is not counted.
    """
    subject = labels.label(f"resource:{resource}", lang)
    if nuclear:
        own = labels.label(f"subject:{resource}", lang)
        subject = labels.label("map:register_without_nuclear", lang, subject=own)
    share = values.cumsum() / max(float(values.sum()), 1e-12)
    few = int((share < MOSTLY - 1e-9).sum()) + 1
    told = labels.label(
        f"map:register_measure_{role}", lang, unit=labels.unit_label(unit, lang),
        sum=amount(float(values.sum()), "", lang), **region,
    )  # fmt: skip
    whole = float(values.sum())
    if len(values) > 1 and used > whole / 2:  # what is free is less than what is told of it
        words = {
            "used": amount(used, "", lang), "sum": amount(whole, "", lang), "few": few,
            "count": len(values), "unit": labels.unit_label(unit, lang),
            "resource": labels.within_sentence(subject), **region,
        }  # fmt: skip
        titled, beneath = (
            labels.label(f"map:register_{k}", lang, **words) for k in ("taken", "few")
        )
        return titled, beneath
    if used > CARRIES_NOTHING:
        told = labels.label("map:register_used", lang, told=told, used=amount(used, "", lang))
    key = "many" if len(values) > 1 else "one"
    words = {
        "few": few,
        "count": len(values),
        "subject": subject,
        "resource": labels.within_sentence(subject),
    }
    words |= region
    return labels.label(f"map:register_found_{role}_{key}", lang, **words), told


def overview_finding(
    supply: pd.Series, demand: pd.Series, names: pd.Series, unit: str, lang: str
) -> tuple[str, str]:
    """Return title and subtitle of the map of supply and demand, both by municipality_code."""
    told = labels.label(
        "map:overview_measure", lang, unit=labels.unit_label(unit, lang),
        supply=amount(float(supply.sum()), "", lang), demand=amount(float(demand.sum()), "", lang),
    )  # fmt: skip
    most, needs = (values.fillna(0).idxmax() for values in (supply, demand))
    if len(names) == 1 or most == needs:
        return labels.label("map:overview_same", lang, place=names[most]), told
    words = {"supply": names[most], "demand": names[needs]}
    return labels.label("map:overview_found", lang, **words), told


def season_finding(
    parts: Mapping[str, pd.DataFrame], every: pd.DataFrame, resource: str, unit: str, lang: str
) -> tuple[str, str]:
    """Return title and subtitle of maps of parts of a year, by name; `every` is the year."""
    name, words = (
        labels.within_sentence(labels.label(f"resource:{resource}", lang)),
        unit.split("/")[0],
    )
    told = labels.label("map:season_measure", lang, unit=labels.unit_label(words, lang))
    if doubt := seldom_words(every, words, lang):
        told = f"{told}. {doubt}"
    if all(part.empty for part in parts.values()):
        return labels.label("map:match_none", lang, resource=name), told
    new = pd.Series({key: float(new_of(p)["delivered"].sum()) for key, p in parts.items()})
    if new.sum() <= 0:
        return labels.label("map:match_old", lang), told
    if new.max() <= EVEN * new.min():
        return labels.label("map:season_even", lang, resource=name), told
    most, least = new.idxmax(), new.idxmin()
    told_of = {
        "new": labels.quantity(float(new.sum()), words, lang, digits=0),
        "most": amount(new[most], "", lang), "least": amount(new[least], "", lang),
    }  # fmt: skip
    told_of |= {"most_in": most, "least_in": least, "resource": name}
    return labels.label("map:season_found", lang, **told_of), told
