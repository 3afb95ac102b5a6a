"""The files of a register of the user's own: a folder or a GeoPackage, its log and its history."""

from __future__ import annotations

import csv
import datetime
import errno
import hashlib
import io
import os
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pandas as pd

from ..errors import RegisterError
from ..files import COMMITTED, commit_files, finish_commit, guarded, saving, write_whole
from ..model import GEOGRAPHIC_CRS
from ..tables import CATALOGUE, data_folder
from .faults import fault_report
from .forms import read_form
from .inspection import form_faults
from .reading import TABLES, read_register_tables
from .rules import fields

LOG, HISTORY, LOCK = "changes.csv", "history", ".lock"
LOG_COLUMNS = ["number", "time", "what", "file", "file_hash", "sites", "flows", "changed", "state"]

Tables = dict[str, pd.DataFrame]


class Entry(NamedTuple):
    """One line of the change log, as far as it is known before it is written."""

    what: str
    file: str
    file_hash: str = ""
    sites: int = 0
    flows: int = 0
    changed: int = 0


def history(to: str | Path) -> pd.DataFrame:
    """
    Return the change log: number, UTC time, what, from which file with which SHA-256, counts.

    The file of an undo is the number of the addition that was taken back.
    """
    path = _side(Path(to)) / LOG
    fresh = _side(Path(to)) / COMMITTED / LOG
    path = fresh if fresh.exists() else path
    if not path.exists():
        return pd.DataFrame(columns=LOG_COLUMNS, dtype="str")
    return pd.read_csv(path, dtype="str", keep_default_na=False)


def checked_place(to: Path) -> Path:
    """Return the place of a register, unless it is the bundled one or something else."""
    if to.resolve() == data_folder().resolve() or (to / CATALOGUE).exists():
        msg = f"{to} is the bundled register, which is never changed. Give a folder of your own."
        raise RegisterError(msg)
    if to.suffix.lower() == ".gpkg" and not to.is_dir():
        return to
    if to.exists() and not to.is_dir():
        msg = f"{to} is a file. Give a folder, or a file that ends with .gpkg."
        raise RegisterError(msg)
    if to.suffix.lower() in (".xlsx", ".csv"):
        msg = f"{to} is no place for a register. Give a folder, or a file that ends with .gpkg."
        raise RegisterError(msg)
    strange = [name for name in ("pyproject.toml", ".git") if (to / name).exists()]
    if strange:
        msg = f"{to} holds {strange[0]}: it is no register. Give a folder of its own."
        raise RegisterError(msg)
    return to


def _is_package(to: Path) -> bool:
    return to.suffix.lower() == ".gpkg"


def _side(to: Path) -> Path:
    """Return the folder of the log and the history."""
    return to.with_name(f"{to.name}.history") if _is_package(to) else to


def lock_of(to: Path) -> Path:
    """Return the lock file of a register."""
    return _side(to) / LOCK


def read_own(to: Path, lang: str) -> Tables:
    """Return the tables of a register as text; an absent one is empty, a faulty one is refused."""
    if not _is_package(to):
        finish_commit(to)
    if not (to.exists() if _is_package(to) else (to / "sites.csv").exists()):
        if _is_package(to):
            _settle(to, {})
        return {}
    form = read_form(to)
    if any(len(table) for table in form.tables.values()) and (faults := form_faults(form)):
        raise RegisterError(fault_report(faults, str(to), lang))
    if _is_package(to):
        _settle(to, form.tables)
    return form.tables


def _settle(to: Path, tables: Tables) -> None:
    """Forget the last entry of the log of a GeoPackage that was never written itself."""
    log = history(to)
    state = state_of(tables)
    earlier = [state_of({}), *log["state"]][-2:]
    if len(log) and log["state"].iloc[-1] != state and earlier[0] == state:
        commit_files(_side(to), {LOG: _csv_text(log.iloc[:-1])})


def read_history(to: Path, number: str) -> Tables:
    """Return the tables as they were before an addition."""
    folder = _side(to) / HISTORY / number
    return read_register_tables(folder) if (folder / "sites.csv").exists() else {}


def state_of(tables: Tables) -> str:
    """Return a short fingerprint of what the tables say, not of how it is written."""
    digest = hashlib.sha256()
    for name in sorted(name for name, table in tables.items() if len(table)):
        table = plain(name, tables[name]).loc[:, sorted(tables[name].columns)]
        digest.update(f"{name}\n{table.loc[:, (table != '').any()].to_csv(index=False)}".encode())
    return digest.hexdigest()[:16]


def columns_of(name: str) -> list[str]:
    """Return the columns of a table of a register; places are in degrees only."""
    return [column for column in fields(name) if column not in ("northing", "easting")]


def plain(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return text cells with full stops in numbers, as CSV files have them."""
    numeric = [c for c, f in fields(name).items() if f["type"] in ("number", "integer")]
    return table.assign(**{c: table[c].map(_number_text) for c in numeric if c in table.columns})


def _number_text(cell: str) -> str:
    """Return a number in one way of writing; other text stays."""
    try:
        return f"{float(cell.replace(',', '.')):.10g}"
    except ValueError:
        return cell


def write_own(to: Path, before: Tables, after: Tables, entry: Entry) -> None:
    """Write tables, log and what was there before; all or nothing."""
    log = history(to)
    number = str(len(log) + 1)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    row = {"number": number, "time": now} | {k: str(v) for k, v in entry._asdict().items()}
    whole = {n: after.get(n, pd.DataFrame(columns=columns_of(n), dtype="str")) for n in TABLES[:2]}
    whole |= {n: after[n] for n in TABLES[2:] if n in after}
    # a table that is taken back stays as its header: several files change together, none vanishes
    whole |= {n: before[n].iloc[:0] for n in TABLES[2:] if n in before and n not in after}
    row["state"] = state_of(whole)
    log = pd.concat([log, pd.DataFrame([row])], ignore_index=True)
    kept = before if entry.what == "add" else {}  # what was taken back is not to be found anywhere
    older = {f"{HISTORY}/{number}/{n}.csv": _csv_text(table) for n, table in kept.items()}
    texts = older | {LOG: _csv_text(log)}
    with saving(to):
        if not _is_package(to):
            texts |= {f"{n}.csv": _csv_text(table) for n, table in whole.items()}
            commit_files(to, texts)
            return
        # the log comes first: `_settle` forgets an entry whose package was never written
        commit_files(_side(to), texts)
        write_whole(to, lambda draft: _write_package(draft, whole))


def _csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV whose texts no spreadsheet takes for formulas."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([guarded(str(cell)) for cell in row] for row in table.to_numpy())
    return out.getvalue()


def _write_package(draft: Path, tables: Tables) -> None:
    """Write a GeoPackage: sites as points, the other tables as they are."""
    import pyogrio

    draft.unlink(missing_ok=True)
    for name, table in tables.items():
        layer = table.astype(object)
        if name == "sites":
            lon, lat = (pd.to_numeric(table[c]).astype(float) for c in ("lon", "lat"))
            points = gpd.points_from_xy(lon, lat)
            layer = gpd.GeoDataFrame(layer, geometry=points, crs=GEOGRAPHIC_CRS)
        kind = "Point" if name == "sites" else None
        try:
            pyogrio.write_dataframe(
                layer, draft, layer=name, driver="GPKG", append=draft.exists(), geometry_type=kind
            )
        except RuntimeError as error:  # GDAL tells of a full disk with all the SQL it could not run
            raise OSError(errno.EIO, "GeoPackage, " + os.strerror(errno.EIO)) from error
