"""Read the files of one's own register together: ids unique, every fault with its file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pandas as pd

from ..files import sidecars
from ..region.area import Region
from ..tables import data_folder, quick_texts, read_table
from .faults import Fault, FileFaultError
from .forms import Form, read_form
from .ids import unlike_ids, with_other_sites
from .inspection import form_faults, placed
from .reading import parts_of
from .rules import bundled_site_ids
from .words import KEYS, TABLES

FORMS = 4  # that are kept as read, the last ones


def read_forms(*own: str | Path) -> list[Form]:
    """
    Read every file of a register, each translated into the words of the library.

    An id that somebody wrote stays. One that was made from a name, and that a bundled place has
    already or a site of another file in another municipality, gets its municipality after it.

    Parameters
    ----------
    own
        Files and folders, see `reading.parts_of`.

    Raises
    ------
    RegisterError
        If any file cannot be read; all such files are in the message.
    """
    parts: list[tuple[str, list[Path]]] = []
    forms: list[Form] = []
    faults: list[Fault] = []
    for path in own:
        try:
            parts += parts_of(path).items()
        except FileFaultError as error:
            faults += error.faults
    for name, files in parts:
        shown = name if len(parts) > 1 else ""
        try:
            forms.append(_read(files, shown))
        except FileFaultError as error:
            faults += [f if f.table == name else f._replace(file=shown) for f in error.faults]
    if faults:
        raise FileFaultError(faults)
    return _with_free_ids(forms)


def _read(files: list[Path], shown: str) -> Form:
    """Return a form, read anew only where a file was changed: a check asks for it three times."""
    every = [path for file in files for path in (file, *sidecars(file)) if path.exists()]
    found = (path.stat() for path in every)
    state = tuple((s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for s in found)
    form = _kept(data_folder(), tuple(files), tuple(every), state, shown)
    return form._replace(tables={name: table.copy() for name, table in form.tables.items()})


@lru_cache(maxsize=FORMS)
@quick_texts  # whoever asks first
def _kept(
    _folder: Path, files: tuple[Path, ...], _every: tuple[Path, ...], _state: object, shown: str
) -> Form:
    """Return a form of files in a state."""
    return read_form(list(files), shown)


def faults_of(
    forms: list[Form], *, bundled: bool = True, region: Region | None = None
) -> list[Fault]:
    """
    Return every fault of a register, file by file; rows may name what stands in another file.

    Parameters
    ----------
    forms
        What `read_forms` returned.
    bundled
        Whether the register is added to the bundled one, whose ids are then taken.
    region
        The study area. None: the bundled one.
    """
    faults: list[Fault] = []
    for number, form in enumerate(forms):
        others = forms[:number] + forms[number + 1 :]
        known = {key: set().union(*(_ids(f, n) for f in others)) for n, key in KEYS.items()}
        faults += form_faults(form, known=known, region=region)
        faults += [placed(fault, form) for fault in _taken(form, forms[:number], bundled=bundled)]
    return faults


def joined_tables(forms: list[Form]) -> dict[str, pd.DataFrame]:
    """Return the rows of all files by table, as text."""
    tables = {}
    for name in TABLES:
        rows = [form.tables[name] for form in forms if name in form.tables]
        if rows:
            table = pd.concat(rows, ignore_index=True).fillna("")
            # one source may stand behind the rows of several files
            tables[name] = table.drop_duplicates() if name == "sources" else table
    return tables


def _ids(form: Form, name: str) -> set[str]:
    """Return the ids of a table; one that a file lacks is empty."""
    table = form.tables.get(name, pd.DataFrame())
    return set(table[KEYS[name]]) - {""} if KEYS[name] in table.columns else set()


def _taken(form: Form, earlier: list[Form], *, bundled: bool) -> Iterator[Fault]:
    """Find ids that a row of an earlier file, or a bundled row, has already."""
    rules: dict[tuple[str, str], tuple[str, str]] = {}
    for name in KEYS:
        if bundled and name in ("sites", "flows", "synergies"):
            ids = bundled_site_ids() if name == "sites" else set(read_table(name)[KEYS[name]])
            rules |= {(name, str(i).casefold()): ("taken", "") for i in ids}
        for other in earlier:
            theirs = ("taken_in_file", other.file)
            rules |= {(name, i.casefold()): theirs for i in _ids(other, name)}
    for name, key in KEYS.items():
        table = form.tables.get(name, pd.DataFrame())
        for row, cell in table[key].items() if key in table.columns else ():
            rule, expected = rules.get((name, cell.casefold()), ("", ""))
            if rule and not (name == "sources" and _same_source(cell, form, earlier)):
                yield Fault(name, int(str(row)), key, rule, cell, expected)


def _same_source(source: str, form: Form, earlier: list[Form]) -> bool:
    """Say whether a source stands in all files with the same words."""
    rows = joined_tables([*earlier, form])["sources"]
    return len(rows[rows["source_id"].str.casefold() == source.casefold()]) == 1


def _with_free_ids(forms: list[Form]) -> list[Form]:
    """Return forms with those made ids changed that a site elsewhere has already."""
    changes = unlike_ids([(_towns(form), form.made) for form in forms], bundled_site_ids())
    return [_renamed(form, new) if new else form for form, new in zip(forms, changes, strict=True)]


def _towns(form: Form) -> dict[str, str]:
    """Return the municipality of every site of a file."""
    sites = form.tables.get("sites", pd.DataFrame())
    if "site_id" not in sites.columns:
        return {}
    codes = sites.get("municipality_code", pd.Series("", index=sites.index))
    return dict(zip(sites["site_id"], codes, strict=True))


def _renamed(form: Form, changed: dict[str, str]) -> Form:
    """Return the form with site ids exchanged, in sites, in flows and in the flows' ids."""
    tables = dict(form.tables)
    tables["sites"] = tables["sites"].assign(site_id=tables["sites"]["site_id"].replace(changed))
    if "flows" in tables:
        tables["flows"] = with_other_sites(tables["flows"], changed)
    made = frozenset(changed.get(site, site) for site in form.made)
    return form._replace(tables=tables, made=made)
