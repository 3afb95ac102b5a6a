"""A store of matched draws on disk: what one notebook has matched, the next one reads."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import OutputError
from ..files import cache_folder, write_whole
from ..tables import data_version

if TYPE_CHECKING:
    from ..matching.candidates import Candidates
    from ..register.gate import Register
    from .draws import Draws

FOLDER = "draws"
MOST_FILES = 40  # each is some 60 kB; the oldest go
LEAST_DRAWS = 100  # fewer are matched sooner than they are looked for
FLOW_FACTS = ["flow_id", "site_id", "municipality_code", "stream", "additive", "inside", "value"]
logger = logging.getLogger(__name__)


def stored(
    found: Candidates,
    register: Register,
    draws: Draws,
    aim: str,
    compute: Callable[[], pd.DataFrame],
) -> pd.DataFrame:
    """
    Return what `compute` returns for these draws, from disk where the same was computed before.

    The name of a file is made from all that goes in: draws, candidates, register, the tables and
    the code of this package, so that another version never answers. Files can be deleted at any
    time. Only studies for the public are kept.
    """
    if len(draws.flows) < LEAST_DRAWS or register.readers != "public":
        return compute()
    tables = [
        draws.parameters, draws.flows, found.pairs, found.sources, found.sinks, found.existing,
        found.priced_tiers, register.flows[FLOW_FACTS],
    ]  # fmt: skip
    if found.tiers is not None:
        tables.append(found.tiers.displaced)
    key = fingerprint([code_version(), data_version(), aim, found.resource.key], tables)
    path = cache_folder() / FOLDER / f"{key}.npz"
    if (kept := _read(path, key)) is not None:
        return kept
    answer = compute()
    _write(path, key, answer)
    return answer


def fingerprint(words: Iterable[str], tables: Iterable[pd.DataFrame]) -> str:
    """Return a name that another word, number, column or order of a table would change."""
    total = hashlib.sha256("\n".join(words).encode())
    for table in tables:
        plain = pd.DataFrame(table.drop(columns=table.columns[table.dtypes == "geometry"]))
        total.update("\n".join(map(str, plain.columns)).encode())
        total.update(pd.util.hash_pandas_object(plain).to_numpy().tobytes())
    return total.hexdigest()


@cache
def code_version() -> str:
    """Return the digest of this package's own code, once per process."""
    total = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()


def _read(path: Path, key: str) -> pd.DataFrame | None:
    """Return the table of a file that is whole and of this key, else None."""
    try:
        with np.load(path) as kept:
            if str(kept["key"]) == key:
                return pd.DataFrame(kept["values"], columns=[str(name) for name in kept["names"]])
            logger.warning("%s holds other draws than its name says; they are matched anew.", path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("%s cannot be read (%s); its draws are matched anew.", path, error)
    return None


def _write(path: Path, key: str, answer: pd.DataFrame) -> None:
    """Keep a table; a disk that is full or locked costs time next time, and nothing else."""
    content = BytesIO()
    names = np.array([str(name) for name in answer.columns])
    np.savez_compressed(content, key=np.array(key), names=names, values=answer.to_numpy(float))
    try:
        write_whole(path, content.getvalue())
        old = sorted(path.parent.glob("*.npz"), key=lambda file: file.stat().st_mtime)
        for file in old[:-MOST_FILES]:
            file.unlink(missing_ok=True)
    except (OSError, OutputError) as error:
        logger.info("The matched draws were not kept: %s", error)
