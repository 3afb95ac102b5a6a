"""What the words of the tables mean, and how derived values are made, term by term."""

from __future__ import annotations

import math

import pandas as pd

from ..assumptions.derivations import inputs_of, read_formulas, result_name
from ..assumptions.values import census
from ..disclosure import sign
from ..labels import label, language, percent
from ..study.chain import Study, check_study
from ..study.claim_answers import claim_inputs
from ..study.worth import NEARLY, NEARLY_OFTEN
from ..tables import read_table


def derivation_terms(study: Study, lang: str = "sv") -> pd.DataFrame:
    """
    Return every term of every derived value, with its numbers and what it comes to.

    One row per term: `result`, `field`, `term`, `formula` (names), `numbers` (the same with
    figures as the language writes them), `term_value`, and `value` with `unit`, which the terms of
    a result add up to.
    """
    readers = check_study(study)
    rows = read_table("derivations").fillna({"factors": "", "divisors": ""})
    rows = rows.sort_values(["result", "field", "term"], kind="stable")
    known = _known(study)
    if not study.region.packaged:
        rows = rows[~rows["result"].isin(package_inputs(study))]
    units = pd.concat(
        [study.assumptions.table["unit"], study.register.flows.set_index("flow_id")["unit"]]
    )
    table = []
    for row in rows.to_dict("records"):
        above, below = row["factors"].split(), row["divisors"].split()
        name = result_name(row)
        if not {name, *above, *below} <= known.keys():
            continue  # a flow that may not be shown keeps its formula too
        table.append(
            {
                "result": row["result"],
                "field": row["field"],
                "term": int(row["term"]),
                "formula": _product(_exact(row["coefficient"], lang), above, below),
                "numbers": _product(
                    _exact(row["coefficient"], lang),
                    [_exact(known[n], lang) for n in above],
                    [_exact(known[n], lang) for n in below],
                ),
                "term_value": row["coefficient"]
                * math.prod(known[n] for n in above)
                / math.prod(known[n] for n in below),
                "value": known[name],
                "unit": units.get(row["result"], ""),
            }
        )
    return sign(pd.DataFrame(table), readers)


def package_inputs(study: Study) -> list[str]:
    """Return the assumptions from which only rows follow that the register does not hold."""
    formulas = read_formulas(read_table("derivations"))
    held = set(study.register.flows["flow_id"])
    # the last results first: what they are made of is held if they are
    for result, terms in reversed(formulas.items()):
        if result.removesuffix(".committed") in held:
            held |= inputs_of(terms)
    named = set(formulas).union(*(inputs_of(terms) for terms in formulas.values()))
    named.update(*(claim_inputs(claim).values() for claim in read_table("claims")["claim_id"]))
    return sorted(named.intersection(study.assumptions) - held)


def definition_table(lang: str = "sv") -> pd.DataFrame:
    """Return the words that the tables use, each with its meaning, in alphabetical order."""
    keys = read_table("labels")["key"]
    named = origin_words(lang) | {
        "nearly": percent(NEARLY, lang), "least": percent(NEARLY_OFTEN, lang)
    }  # fmt: skip
    keys = keys[keys.str.startswith("define:")]
    texts = [label(key, lang, **named).split(": ", 1) for key in keys]
    table = pd.DataFrame(texts, columns=["term", "meaning"])
    return table.sort_values("term", key=lambda terms: terms.str.casefold(), kind="stable")


def origin_words(lang: str = "sv") -> dict[str, str]:
    """Return how the column of origins writes each of them, for texts that explain it."""
    return {name: label(f"origin:{name}", lang) for name in ("stated", "derived")}


def _known(study: Study) -> dict[str, float]:
    """Return the number behind every name that a formula may read."""
    flows = study.register.flows.set_index("flow_id")
    known = dict(study.assumptions) | flows["value"].to_dict()
    known |= (flows["committed"].set_axis(flows.index + ".committed")).to_dict()
    known |= census()["value"].to_dict()
    return {str(name): float(number) for name, number in known.items() if not pd.isna(number)}


def _exact(value: float, lang: str) -> str:
    """Write a number with all its digits; with a minus sign no spreadsheet takes for a formula."""
    return f"{value:.10g}".replace(".", language(lang).decimal).replace("-", "\u2212")


def _product(coefficient: str, above: list[str], below: list[str]) -> str:
    """Write a term out, for example 0.5 x a x b / c."""
    first = [] if coefficient == "1" and above else [coefficient]
    return " \u00d7 ".join([*first, *above]) + "".join(f" / {name}" for name in below)
