"""Which stream may go to whom: classes that fit, and documented cases of the same exchange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from ..errors import RegisterError
from ..register.codes import is_sni_code
from ..tables import once_per_folder, read_table

# how much a case counts by whether it runs
WEIGHTS = {
    "implemented": 1.0, "demonstrated": 0.6, "pilot": 0.6, "planned": 0.4, "study": 0.4,
    "possible": 0.4, "ended": 0.2,
}  # fmt: skip
# likeness of two codes that agree on so many letters: SNI class, group, division; EWC six, four
SNI_LIKENESS = ((5, 1.0), (4, 0.7), (2, 0.5))
EWC_LIKENESS = ((8, 1.0), (5, 0.6))
OTHER_GIVER = 0.3  # the substance decides, so a case of another giver counts a little
SAME_CLASS = 0.5  # of two streams of one class with other codes, or none
USE_ENDS, RULE_ENDS = ("from_class", "to_class"), ("material_class", "to_class")
PIPE = "pipe"  # how water is carried: by the metre, not by the truck
CASE = ["rule_id", "precedent", "case_status", "case_place", "case_country"]


def read_rules(rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """
    Return documented exchanges, one case a row, after checking them.

    Parameters
    ----------
    rules
        With the columns of the table `exchange_rules`. None: that table.

    Raises
    ------
    RegisterError
        If a row names an unknown industry or class; every fault is in the message.

    Examples
    --------
    >>> rules = read_rules()
    >>> len(rules) > 100
    True
    """
    if rules is None:
        return _bundled_rules().copy()
    check_rules(rules)
    return rules


def check_rules(rules: pd.DataFrame) -> None:
    """
    Refuse rules that name an industry or a class that does not exist.

    Raises
    ------
    RegisterError
        Every fault with its row, what is wrong and how to mend it.

    Examples
    --------
    >>> check_rules(read_rules())
    """
    _raise("exchange_rules", _rule_faults(rules))


def check_uses(uses: pd.DataFrame, classes: pd.DataFrame, assumptions: Mapping[str, float]) -> None:
    """
    Refuse classes and uses that lack a price, or give more than they take.

    Parameters
    ----------
    uses, classes
        As the tables `material_uses` and `material_classes`.
    assumptions
        Values by parameter_id.

    Raises
    ------
    RegisterError
        Every fault with its row, what is wrong and how to mend it.
    """
    _raise("material_classes", _class_faults(classes, assumptions))
    _raise("material_uses", _use_faults(uses, classes, assumptions))


def find_precedents(links: pd.DataFrame, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """
    Return the links that a documented case allows, with what may be done and the case.

    A stream goes only to a need that its class can fill (table `material_uses`), and only to an
    industry whose division took a stream of that class for that need in a documented case. Of
    several cases the most alike stands: likeness of givers x of waste codes x of takers x whether
    it runs. The taker counts by its own industry or by the one that usually has such a need.

    Source: the same product ranks exchanges of International Synergies and Jato-Espino and
    Ruiz-Puente 2020, https://doi.org/10.3390/su12030952; it says what to ask first and proves
    nothing.

    Parameters
    ----------
    links
        Candidate links with the columns of both ends: `material_class`, `sector_sni`, `site_id`
        and `ewc_code`, ending in _source and _sink.
    rules
        As for `read_rules`.

    Returns
    -------
    links
        Those that may be, in their order, with the columns of `material_uses` and rule_id,
        precedent (0-1), case_status, case_place and case_country.
    """
    cases = read_rules(rules)
    # what a site uses again itself is no exchange
    own = links["site_id_source"] == links["site_id_sink"]
    ends = ["material_class_source", "material_class_sink"]
    uses = read_table("material_uses").rename(columns=dict(zip(USE_ENDS, ends, strict=True)))
    columns = [
        *ends, "yield_share", "price_id", "price_share", "treatment_id", "condition_sv",
        "condition_en",
    ]  # fmt: skip
    rows = links[~own].reset_index(names="row").merge(uses[columns], on=ends)
    usual = read_table("material_classes").set_index("material_class")["usual_sni"]
    rows["usual_sni"] = rows["material_class_sink"].map(usual)
    pairs = rows.merge(
        cases[["rule_id", "from_sni", "to_sni", "ewc_code", *CASE[2:], *RULE_ENDS]],
        left_on=ends, right_on=list(RULE_ENDS),
    )  # fmt: skip
    if pairs.empty:  # no case, no exchange
        return rows.iloc[:0].assign(**dict.fromkeys(CASE)).drop(columns=["row", "usual_sni"])
    pairs["precedent"] = _likeness(pairs)
    best = pairs[pairs["precedent"] > 0].sort_values(
        ["row", "precedent", "rule_id"], ascending=[True, False, True], kind="stable"
    )
    best = best.drop_duplicates("row")
    told = ["from_sni", "to_sni", "ewc_code", "row", "usual_sni", *RULE_ENDS]
    return best.drop(columns=told).reset_index(drop=True)


def sni_likeness(first: pd.Series, second: pd.Series) -> np.ndarray:
    """
    Return how alike two industries are: 1 for the same class, 0.7 group, 0.5 division, else 0.

    Examples
    --------
    >>> sni_likeness(pd.Series(["10.51", "10.51", "10.51"]), pd.Series(["10.51", "10.52", "11"]))
    array([1. , 0.7, 0. ])
    """
    return _shared_start(first, second, SNI_LIKENESS)


def ewc_likeness(first: pd.Series, second: pd.Series) -> np.ndarray:
    """
    Return how alike two wastes are: 1 for the same code, 0.6 for the same group, else 0.

    Examples
    --------
    >>> ewc_likeness(pd.Series(["03 03 10", "10 02 02"]), pd.Series(["03 03 05", "17 02 02"]))
    array([0.6, 0. ])
    """
    return _shared_start(first, second, EWC_LIKENESS)


def _likeness(pairs: pd.DataFrame) -> np.ndarray:
    """Return how much the case of each row says about its link."""
    takers = np.maximum(
        sni_likeness(pairs["sector_sni_sink"], pairs["to_sni"]),
        sni_likeness(pairs["usual_sni"], pairs["to_sni"]),
    )
    givers = np.maximum(sni_likeness(pairs["sector_sni_source"], pairs["from_sni"]), OTHER_GIVER)
    wastes = np.maximum(ewc_likeness(pairs["ewc_code_source"], pairs["ewc_code"]), SAME_CLASS)
    runs = pairs["case_status"].map(WEIGHTS).to_numpy(float)
    return takers * givers * wastes * runs


def _shared_start(
    first: pd.Series, second: pd.Series, steps: tuple[tuple[int, float], ...]
) -> np.ndarray:
    """Return the likeness of two codes by how many of their first letters agree."""
    one, other = (codes.astype(object).fillna("").astype(str) for codes in (first, second))
    found = np.zeros(len(one))
    for letters, likeness in steps:
        long = (one.str.len() >= letters) & (other.str.len() >= letters)
        same = long & (one.str[:letters] == other.str[:letters])
        found = np.maximum(found, np.where(same, likeness, 0.0))
    return found


@once_per_folder
def _bundled_rules() -> pd.DataFrame:
    """Return the table of documented exchanges, checked once per process and folder."""
    rules = read_table("exchange_rules")
    check_rules(rules)
    return rules


def _rule_faults(rules: pd.DataFrame) -> Iterator[tuple[int, str, str]]:
    """Yield the row, column and fault of each rule that cannot be used."""
    classes = set(read_table("material_classes")["material_class"])
    for row, rule in enumerate(rules.to_dict("records"), 1):
        for column in ("from_sni", "to_sni"):
            code = str(rule.get(column, ""))
            if not is_sni_code(code):
                yield row, column, f"the industry {code!r} is not in SNI 2007. Write it as 10.51"
        for column in RULE_ENDS:
            name = rule.get(column)
            blank = column == "to_class" and (pd.isna(name) or name == "")
            if name not in classes and not blank:
                known = "Choose one of material_classes, or add it there"
                yield row, column, f"there is no class {name!r}. {known}"
        if rule.get("case_status") not in WEIGHTS:
            words = ", ".join(WEIGHTS)
            yield row, "case_status", f"{rule.get('case_status')!r} is not one of: {words}"


def _class_faults(
    classes: pd.DataFrame, assumptions: Mapping[str, float]
) -> Iterator[tuple[int, str, str]]:
    """Yield the fault of each class whose carriage has no price."""
    for row, kind in enumerate(classes.to_dict("records"), 1):
        names = haul_ids(str(kind["transport"]))
        if kind["transport"] != PIPE and (missing := [n for n in names if n not in assumptions]):
            lack = f"{kind['material_class']} has no price of transport: there is no assumption"
            yield row, "transport", f"{lack} {missing[0]!r}. Add it to parameters"


def _use_faults(
    uses: pd.DataFrame, classes: pd.DataFrame, assumptions: Mapping[str, float]
) -> Iterator[tuple[int, str, str]]:
    """Yield the fault of each use without a class or a price."""
    known = set(classes["material_class"])
    for row, use in enumerate(uses.to_dict("records"), 1):
        for column in USE_ENDS:
            if use[column] not in known:
                yield row, column, f"there is no class {use[column]!r}. Add it to material_classes"
        for column in ("price_id", "treatment_id"):
            if use[column] not in assumptions:
                lack = f"{use['from_class']} to {use['to_class']} has no price"
                what = f"there is no assumption {use[column]!r}. Add it to parameters"
                yield row, column, f"{lack}: {what}"
        if not use["yield_share"] > 0:
            yield row, "yield_share", f"{use['yield_share']!r} must be above 0"


def haul_ids(transport: str) -> tuple[str, str]:
    """Return the parameters that price a way of carrying: a tonne loaded, and a tonne over a km."""
    return f"haul_{transport}_sek_per_t", f"haul_{transport}_sek_per_t_km"


def _raise(table: str, faults: Iterator[tuple[int, str, str]]) -> None:
    """Raise RegisterError with every fault of a table, if there is any."""
    lines = [f"- {table}, row {row}, {column}: {what}." for row, column, what in faults]
    if lines:
        msg = f"{table}: {len(lines)}\n" + "\n".join(lines)
        raise RegisterError(msg)
