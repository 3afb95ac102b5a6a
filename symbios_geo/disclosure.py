"""The one gate out: who may see a register, a match or a table, and which sums hide companies."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from .errors import DisclosureError, ParameterError
from .model import VISIBILITY, Match
from .register.comparing import LEGAL_FORMS
from .register.gate import Register

__all__ = [
    "clear", "count_left_out", "disclosed_sums", "find_companies", "is_safe", "publishable",
    "readers_of",
]  # fmt: skip

MARK = "INTERN"
# where each kind of picture says it to programs that show properties
MARKS: dict[str, dict[str, Any]] = {
    "png": {"Title": MARK, "Comment": MARK},
    "svg": {"Title": MARK, "Keywords": [MARK]},
    "pdf": {"Title": MARK, "Subject": MARK, "Keywords": MARK},
}
PUBLIC, INTERNAL, SECRET = VISIBILITY
READERS = (PUBLIC, INTERNAL)  # secret rows never leave the register
LEAST_COMPANIES = 3
LARGEST_SHARE = 0.85  # of a sum, by one company
# what the second largest company must be wrong by when it takes the sum less its own for the
# largest one, as a share of that: the p% rule (Hundepool et al., Statistical Disclosure Control,
# Wiley 2012, chapter 4); p = 10 is our choice
LEAST_MISTAKE = 0.10
DIGITS = 2  # significant ones of a published sum
COUNTY = "county"
UNKNOWN = ""  # the company of places that tell neither organisation number nor operator
SUM = ["resource", "role", "unit", "municipality_code"]  # what a published sum is of
HOW_TO_CLEAR = (
    'Leave them out with disclosure.clear(register), or with readers="internal" keep the internal '
    "ones in files marked INTERN; secret rows are never shown. Then match and show that register; "
    "sg.run does so by itself."
)


def check_readers(readers: str) -> str:
    """
    Return the readers of a study, "public" or "internal".

    Raises
    ------
    ParameterError
        If they are anybody else.
    """
    if readers not in READERS:
        msg = (
            f"readers = {readers!r} is not allowed. Choose public or internal; secret rows are "
            "never shown."
        )
        raise ParameterError(msg)
    return readers


def flow_visibility(register: Register) -> pd.Series:
    """Return for each flow the stricter of its own visibility and that of its site."""
    own = _strictness(register.flows["visibility"])
    site = _strictness(register.flows["site_id"].map(register.sites["visibility"]))
    strictest = pd.concat([own, site], axis=1).max(axis=1)
    return strictest.map(dict(enumerate(VISIBILITY))).astype(str)


def clear(register: Register, readers: str = PUBLIC) -> Register:
    """
    Return the register with only the places, flows and exchanges that its readers may see.

    A flow at a hidden site is hidden with it, and so is an exchange from or to one.

    Parameters
    ----------
    register
        Sites and flows of every visibility.
    readers
        "public", or "internal" for yourself: every file made of it then says INTERN. Secret rows
        are left out for both.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> sg.disclosure.clear(sg.load_register(), "internal").readers
    'internal'
    """
    kinds = VISIBILITY[: VISIBILITY.index(check_readers(readers)) + 1]
    shown = register.keep_sites(register.sites.index[register.sites["visibility"].isin(kinds)])
    flows = shown.flows[flow_visibility(shown).isin(kinds)].reset_index(drop=True)
    return shown.unchecked(flows=flows, readers=readers)


def count_left_out(register: Register, readers: str = PUBLIC) -> dict[str, int]:
    """
    Return how many flows `clear` leaves out, by visibility; none of them is named.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> count_left_out(sg.load_register())
    {}
    """
    counts = flow_visibility(register).value_counts()
    kinds = VISIBILITY[VISIBILITY.index(check_readers(readers)) + 1 :]
    return {kind: int(counts[kind]) for kind in kinds if kind in counts}


def readers_of(register: Register) -> str:
    """
    Return for whom a register was cleared, or "secret" when it holds rows beyond that.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> readers_of(clear(sg.load_register()))
    'public'
    """
    kinds = [flow_visibility(register), register.sites["visibility"]]
    strictest = max((int(_strictness(kind).max()) for kind in kinds if len(kind)), default=0)
    return SECRET if strictest > VISIBILITY.index(register.readers) else register.readers


def check_cleared(register: Register, *matches: Match) -> str:
    """
    Return for whom a register and its matches may be drawn, shown or written.

    Raises
    ------
    DisclosureError
        If the register holds rows that its readers may not see, or a match was made with such.
    """
    readers = readers_of(register)
    if readers == SECRET:
        counts = count_left_out(register, register.readers)
        told = " and ".join(f"{n} {kind}" for kind, n in counts.items()) or "internal or secret"
        msg = f"The register holds {told} rows, so it is not shown. {HOW_TO_CLEAR}"
        raise DisclosureError(msg)
    for match in matches:
        if VISIBILITY.index(match.readers) > VISIBILITY.index(readers):
            msg = (
                "The match was made with internal or secret rows that the register beside it does "
                f"not hold, so it is not shown. {HOW_TO_CLEAR}"
            )
            raise DisclosureError(msg)
    return readers


def sign(table: Any, readers: str) -> Any:
    """Note in a table who may see it, so that what is drawn or written of it says so."""
    if readers != PUBLIC:
        table.attrs["readers"] = readers
    return table


def check_tables(*tables: Any) -> str:
    """
    Return for whom tables may be drawn, shown or written: what they are signed with, or hold.

    Raises
    ------
    DisclosureError
        If a table holds secret rows, or numbers made with rows that were not cleared.
    """
    strictest = 0
    for table in tables:
        found = [VISIBILITY.index(table.attrs.get("readers", PUBLIC))]
        if isinstance(table, pd.DataFrame) and "visibility" in table and len(table):
            found.append(int(_strictness(table["visibility"]).max()))
        strictest = max(strictest, *found)
    if VISIBILITY[strictest] == SECRET:
        msg = f"The table holds or counts rows that are not cleared. {HOW_TO_CLEAR}"
        raise DisclosureError(msg)
    return VISIBILITY[strictest]


def find_companies(sites: pd.DataFrame) -> pd.Series:
    """
    Return which company runs each place; blank where neither number nor operator is told.

    Places with one organisation number, or with names alike but for case, spaces, marks, order of
    words and legal form, are of one company. One that is known by number here and by name there
    is still one.

    Examples
    --------
    >>> sites = pd.DataFrame({"operator": ["Alfa AB", "AB ALFA", ""]}, index=["a", "b", "c"])
    >>> find_companies(sites).tolist()
    ['alfa', 'alfa', '']
    """
    numbers, names = (
        sites.get(column, pd.Series("", index=sites.index)).fillna("").astype(str)
        for column in ("organisation_number", "operator")
    )
    first: dict[str, str] = {}

    def root(key: str) -> str:
        while first.setdefault(key, key) != key:
            key = first[key]
        return key

    # without the century that some write before the ten digits
    digits = numbers.str.replace(r"\D", "", regex=True).str[-10:]
    keys = [[key for key in pair if key] for pair in zip(digits, names.map(_plain), strict=True)]
    for one, other in (pair for pair in keys if len(pair) > 1):
        first[root(one)] = root(other)
    return pd.Series([root(pair[0]) if pair else UNKNOWN for pair in keys], index=sites.index)


def disclosed_sums(register: Register) -> pd.DataFrame:
    """
    Return rounded sums of the internal rows that hide every company, in each resource's unit.

    A municipality whose sum is not safe (see `is_safe`) is merged with others into one row for the
    rest of the county; if even that fails, nothing is shown.

    Returns
    -------
    sums
        resource, role, unit, municipality_code (or `county`), value, companies.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> len(disclosed_sums(sg.load_register()))
    0
    """
    rows = _internal_rows(register)
    parts = [
        _groups(group).assign(resource=key[0], role=key[1], unit=key[2])
        for key, group in rows.groupby(["resource", "role", "unit"], sort=True)
    ]
    columns = [*SUM, "value", "companies"]
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def is_safe(values: pd.Series) -> bool:
    """
    Say whether a sum hides its parts, given what each company adds to it.

    At least three known companies stand behind it, none adds more than 85 % of it, and the second
    largest cannot tell the largest within 10 % (p% rule: Hundepool et al., Statistical Disclosure
    Control, Wiley 2012, chapter 4). What companies nobody knows add may be the largest one's own,
    so it makes no company more and counts as its.

    Examples
    --------
    >>> is_safe(pd.Series([4.0, 3.0, 3.0], ["a", "b", "c"]))
    True
    >>> is_safe(pd.Series([9.0, 1.0], ["a", "b"]))
    False
    """
    unknown = values[values.index == UNKNOWN].sum()
    known = values[(values.index != UNKNOWN) & (values > 0)].sort_values(ascending=False)
    if len(known) < LEAST_COMPANIES:
        return False
    total, largest = values.sum(), known.iloc[0] + unknown
    others = known.iloc[2:].sum()
    return bool(largest <= LARGEST_SHARE * total and others >= LEAST_MISTAKE * largest)


def publishable(sums: pd.DataFrame, last: pd.DataFrame) -> pd.DataFrame:
    """
    Return the sums from which nobody learns a company by taking away what was published before.

    A sum that is as before stands as before. One that changed must differ by three companies or
    more. A sum of another area must not overlap an area that was published.

    Parameters
    ----------
    sums
        What `disclosed_sums` returns.
    last
        What was published last of each area, with the same columns.

    Examples
    --------
    >>> import symbios_geo as sg
    >>> sums = disclosed_sums(sg.load_register())
    >>> len(publishable(sums, sums))
    0
    """
    if last.empty or sums.empty:
        return sums
    group = SUM[:3]
    before = last.set_index(SUM)[["value", "companies"]]
    areas = {key: set(rows["municipality_code"]) for key, rows in last.groupby(group)}
    now = {key: set(rows["municipality_code"]) for key, rows in sums.groupby(group)}
    kept = []
    for row in sums.to_dict("records"):
        *of, area = (row[column] for column in SUM)
        key = tuple(of)
        if (*key, area) in before.index:
            old = before.loc[(*key, area)]
            if row["value"] == old["value"]:
                kept.append(row | {"companies": int(old["companies"])})
            elif abs(row["companies"] - old["companies"]) >= LEAST_COMPANIES:
                kept.append(row)
            continue
        published = areas.get(key, set())
        overlaps = COUNTY in published or (area == COUNTY and published - now[key])
        if not overlaps:
            kept.append(row)
    return pd.DataFrame(kept, columns=sums.columns)


def _strictness(visibility: pd.Series) -> pd.Series:
    """Return 0 for public, 1 for internal, and 2 for secret and every unknown word."""
    return visibility.map({PUBLIC: 0, INTERNAL: 1}).fillna(2).astype(int)


def _plain(name: str) -> str:
    """Return the words that tell companies apart, in the order of the alphabet."""
    words = re.sub(r"[^\w\s]", " ", name.casefold().replace("/", " ")).split()
    return " ".join(sorted(word for word in words if word not in LEGAL_FORMS) or sorted(words))


def _internal_rows(register: Register) -> pd.DataFrame:
    """Return the internal rows that count in sums, with company and municipality."""
    flows = register.flows
    shown = (flow_visibility(register) == INTERNAL) & (flows["additive"] == "yes")
    sites = register.sites
    rows = flows[shown & flows["inside"]]
    return rows.assign(
        company=rows["site_id"].map(find_companies(sites)),
        municipality_code=rows["site_id"].map(sites["municipality_code"]),
    )


def _groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of one resource and role: municipalities that are safe, and the rest."""
    by_town = {
        str(code): group.groupby("company")["value"].sum()
        for code, group in rows.groupby("municipality_code")
    }
    rest = [code for code, values in by_town.items() if not is_safe(values)]
    shown = sorted(set(by_town) - set(rest), key=lambda code: (by_town[code].sum(), code))
    while rest and shown and not is_safe(_together(by_town, rest)):
        rest.append(shown.pop(0))  # the smallest safe sum is given up to hide the others
    sums = [(code, by_town[code]) for code in sorted(shown)]
    if rest and is_safe(_together(by_town, rest)):
        sums.append((COUNTY, _together(by_town, rest)))
    return pd.DataFrame(
        [
            {
                "municipality_code": code,
                "value": float(f"{values.sum():.{DIGITS - 1}e}"),
                "companies": int(((values > 0) & (values.index != UNKNOWN)).sum()),
            }
            for code, values in sums
        ]
    )


def _together(by_town: dict[str, pd.Series], codes: list[str]) -> pd.Series:
    """Return what each company adds over several municipalities."""
    return pd.concat([by_town[code] for code in codes]).groupby(level=0).sum()
