"""A register of the user's own: add a workbook, find duplicates, take the last addition back."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..errors import RegisterError
from ..files import locked
from ..labels import label, number
from ..tables import read_table
from .duplicates import find_duplicates, points_of
from .faults import Fault, fault_report
from .forms import Form, read_form
from .gate import Register
from .inspection import form_faults, placed
from .load import load_register
from .own_files import (
    Entry,
    Tables,
    checked_place,
    columns_of,
    history,
    lock_of,
    plain,
    read_history,
    read_own,
    state_of,
    write_own,
)
from .reading import TABLES
from .rules import bundled_site_ids, swedish_municipalities

__all__ = ["Addition", "add", "find_duplicates", "history", "merged", "undo"]
WAIT_S = 10.0  # for another program that changes the same register
KEYS = {"sites": "site_id", "flows": "flow_id", "sources": "source_id", "synergies": "synergy_id"}


class Addition(NamedTuple):
    """What one addition did; its text says so, with possible duplicates."""

    place: str
    file: str
    sites: int
    flows: int
    changed: int
    same: int
    duplicates: pd.DataFrame
    lang: str = "sv"

    def __str__(self) -> str:
        """Return the summary and one line per possible duplicate."""
        counts = {"sites": self.sites, "flows": self.flows, "changed": self.changed}
        key = "own:added" if any(counts.values()) else "own:nothing"
        values = counts | {"same": self.same, "place": self.place, "file": self.file}
        return "\n".join([label(key, self.lang, **values), *_pairs(self.duplicates, self.lang)])


def add(
    workbook: str | Path, to: str | Path, *, lang: str = "sv", keep_duplicates: bool = False
) -> Addition:
    """
    Add the rows of a workbook (or folder) to a register of your own and return what was done.

    A row whose id is there already replaces the old row. Either everything is added or nothing.
    A new site that stands near one of a like name is probably the same: only you can know.

    Parameters
    ----------
    workbook
        Filled-in template, or any other register.
    to
        Folder or .gpkg file; it is made when it does not exist. Never the bundled register.
    lang
        Language of the messages.
    keep_duplicates
        Add new sites also where they probably stand in a register already.

    Raises
    ------
    RegisterError
        If the workbook has faults or probable duplicates (all are named), or `to` is not a place
        for a register.
    OutputError
        If the register cannot be written, or another program is changing it.
    """
    workbook, to = Path(workbook), checked_place(Path(to))
    form = read_form(workbook)
    digest = _file_hash(workbook)
    if not to.exists():  # refused before a folder is made for nothing
        _refuse(_with_free_ids(form, {}), {}, workbook, lang, keep_duplicates=keep_duplicates)
    with locked(lock_of(to), what=to, wait_s=WAIT_S):
        before = read_own(to, lang)
        form = _with_free_ids(form, before)
        twice = _refuse(form, before, workbook, lang, keep_duplicates=keep_duplicates)
        after, counts = _merged_tables(before, form.tables)
        done = Addition(str(to), workbook.name, *counts, twice, lang)
        if done.sites or done.flows or done.changed:
            entry = Entry("add", workbook.name, digest, done.sites, done.flows, done.changed)
            write_own(to, before, after, entry)
        return done


def undo(to: str | Path, *, lang: str = "sv") -> str:
    """
    Take back the last addition to a register of your own and return a line that says so.

    Raises
    ------
    RegisterError
        If there is nothing to take back, or the register was changed by hand since.
    OutputError
        If the register cannot be written, or another program is changing it.
    """
    to = checked_place(Path(to))
    if not to.exists():
        msg = f"{to} does not exist. Give the folder or .gpkg file of your register."
        raise RegisterError(msg)
    with locked(lock_of(to), what=to, wait_s=WAIT_S):
        now, log = read_own(to, lang), history(to)
        taken_back = set(log.loc[log["what"] == "undo", "file"])
        left = log[(log["what"] == "add") & ~log["number"].isin(taken_back)]
        if left.empty:
            msg = f"{to} has no addition to take back."
            raise RegisterError(msg)
        last = left.iloc[-1]
        if state_of(now) != log["state"].iloc[-1]:
            msg = f"{to} was changed by hand since the last addition. Take the rows out by hand."
            raise RegisterError(msg)
        older = read_history(to, str(last["number"]))
        write_own(to, now, older, Entry("undo", str(last["number"])))
        return label("own:undone", lang, number=last["number"], file=last["file"], place=str(to))


def merged(path: str | Path, *, parameters: pd.DataFrame | None = None) -> Register:
    """
    Return the bundled register together with one of your own.

    Raises
    ------
    RegisterError
        If your register has faults, or an id of it is also in the bundled one.
    """
    bundled, own = load_register(parameters=parameters), load_register(path)
    # places that flows of the own register name come with it; they are not new
    new = own.sites[~own.sites.index.isin(bundled.sites.index)]
    clash = set(own.flows["flow_id"]) & set(bundled.flows["flow_id"])
    clash |= set(read_form(path).tables["sites"]["site_id"]) & set(bundled.sites.index)
    if clash:
        msg = (
            f"{path}: these ids are also in the bundled register: {', '.join(sorted(clash))}. "
            "Give them other ids."
        )
        raise RegisterError(msg)
    return bundled.with_sites(new).with_flows(own.flows)


# --- what is added ---------------------------------------------------------------------------


def _known(before: Tables) -> dict[str, set[str]]:
    """Return the ids that new rows may name."""
    columns = {"site_id": "sites", "source_id": "sources"}
    return {c: set(before[t][c]) if t in before else set() for c, t in columns.items()}


def _refuse(
    form: Form, before: Tables, workbook: Path, lang: str, *, keep_duplicates: bool
) -> pd.DataFrame:
    """Raise with every fault or probable duplicate of a form; return the duplicates to keep."""
    if faults := form_faults(form, known=_known(before)) + _taken(form):
        raise RegisterError(fault_report(faults, str(workbook), lang))
    twice = _duplicates_of(form, before)
    if len(twice) and not keep_duplicates:
        first = label("own:duplicates", lang, file=workbook, sites=twice["site"].nunique())
        last = label("own:duplicates_remedy", lang)
        lines = [first, *(f"- {line}" for line in _pairs(twice, lang)), last]
        raise RegisterError("\n".join(lines))
    return twice


def _taken(form: Form) -> list[Fault]:
    """Return a fault for every site whose id belongs to the bundled register."""
    bundled = bundled_site_ids()
    sites = form.tables.get("sites", pd.DataFrame(columns=["site_id"]))
    if "site_id" not in sites.columns:
        return []
    taken = sites["site_id"][sites["site_id"].isin(bundled) & ~sites["site_id"].isin(form.made)]
    faults = [Fault("sites", row, "site_id", "taken", cell) for row, cell in taken.items()]
    return [placed(fault, form) for fault in faults]


def _with_free_ids(form: Form, before: Tables) -> Form:
    """Return the form with made ids changed that another site, elsewhere, has already."""
    sites = form.tables.get("sites", pd.DataFrame())
    if not form.made or "municipality_code" not in sites.columns:
        return form
    old = before.get("sites", pd.DataFrame(columns=["site_id", "name", "municipality_code"]))
    theirs = {
        str(r["site_id"]): (r["name"], r["municipality_code"]) for r in old.to_dict("records")
    }
    used = bundled_site_ids() | set(theirs) | set(sites["site_id"])
    names = swedish_municipalities()
    changed = {}
    for row in sites[sites["site_id"].isin(form.made)].to_dict("records"):
        stem, own = str(row["site_id"]), (row["name"], row["municipality_code"])
        if stem not in bundled_site_ids() and theirs.get(stem, own) == own:
            continue
        stem = f"{stem}_{names.get(str(row['municipality_code']), '').casefold()}"
        stem = stem.translate(str.maketrans("åäöé ", "aaoe_")).strip("_")
        free = next(
            name
            for name in (stem, *(f"{stem}_{n}" for n in range(2, 10_000)))
            if theirs.get(name, ()) == own or name not in used
        )
        changed[str(row["site_id"])] = free
        used.add(free)
    return _renamed(form, changed)


def _renamed(form: Form, changed: dict[str, str]) -> Form:
    """Return the form with site ids exchanged, in sites, in flows and in the flows' ids."""
    tables = dict(form.tables)
    tables["sites"] = tables["sites"].assign(site_id=tables["sites"]["site_id"].replace(changed))
    flows = tables.get("flows", pd.DataFrame())
    if {"site_id", "flow_id"} <= set(flows.columns):
        ids = [
            changed[site] + flow.removeprefix(site)
            if site in changed and flow.startswith(f"{site}-")
            else flow
            for site, flow in zip(flows["site_id"], flows["flow_id"], strict=True)
        ]
        tables["flows"] = flows.assign(flow_id=ids, site_id=flows["site_id"].replace(changed))
    return form._replace(tables=tables)


def _merged_tables(before: Tables, new: Tables) -> tuple[Tables, tuple[int, int, int, int]]:
    """Return the register with the new rows, and how many are new sites, flows, changed, same."""
    after, added, changed, same = dict(before), {}, 0, 0
    for name in TABLES:
        if name not in new:
            continue
        key, columns = KEYS[name], columns_of(name)
        fresh = plain(name, new[name]).reindex(columns=columns, fill_value="")
        fresh = fresh.set_index(key, drop=False)
        old = plain(name, before.get(name, pd.DataFrame(columns=columns, dtype="str")))
        old = old.reindex(columns=columns, fill_value="").set_index(key, drop=False)
        both = fresh.index.intersection(old.index)
        equal = (fresh.loc[both] == old.loc[both]).all(axis=1)
        same += int(equal.sum())
        changed += int((~equal).sum())
        added[name] = len(fresh) - len(both)
        old.loc[both] = fresh.loc[both]
        after[name] = pd.concat([old, fresh.drop(both)]).reset_index(drop=True)
    return after, (added.get("sites", 0), added.get("flows", 0), changed, same)


def _pairs(twice: pd.DataFrame, lang: str) -> list[str]:
    """Return a line for every pair of sites that may be one: names, ids and distance."""
    rows = twice.to_dict("records")
    distances = [number(row["distance_km"], lang, digits=1) for row in rows]
    return [
        label("own:duplicate", lang, **row, distance=distance)
        for row, distance in zip(rows, distances, strict=True)
    ]


def _duplicates_of(form: Form, before: Tables) -> pd.DataFrame:
    """Return possible duplicates between the new sites, the own register and the bundled one."""
    given = points_of(form.tables["sites"])
    old = points_of(before["sites"]) if "sites" in before else given.iloc[:0]
    new = given[~given.index.isin(old.index)]  # a site that is there was decided on before
    known = read_table("sites").dropna(subset=["lon", "lat"])
    everything = pd.concat([old.drop(given.index, errors="ignore"), given])
    pairs = [
        find_duplicates(new, others) for others in (points_of(known.astype("str")), everything)
    ]
    found = pd.concat([pair for pair in pairs if len(pair)]) if any(map(len, pairs)) else pairs[0]
    # a pair of two new sites is found from both ends
    ends = [tuple(sorted(pair)) for pair in zip(found["site"], found["other"], strict=True)]
    return found[~pd.Series(ends, index=found.index, dtype=object).duplicated()]


def _file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, or of the tables of a folder."""
    files = [path] if path.is_file() else sorted(path.glob("*.csv"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
