"""The catalogue of the tables kept in step: rows and checksums, and the page of sources."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from .files import write_whole
from .tables import CATALOGUE, checksum, data_folder, forget_tables, read_catalogue


def refresh_catalogue(folder: Path | None = None) -> list[str]:
    """Write rows and checksum of every table into the catalogue; return the tables that changed."""
    folder = folder or data_folder()
    catalogue = read_catalogue(folder)
    changed = []
    for entry in catalogue["resources"]:
        path = folder / entry["path"]
        now: dict[str, object] = {"hash": checksum(path)}
        if "schema" in entry:
            now = {"rows": len(pd.read_csv(path, dtype=str)), **now}
        if now != {key: entry.get(key) for key in now}:
            changed.append(entry["name"])
            entry.update(now)
    text = json.dumps(catalogue, ensure_ascii=False, indent=1) + "\n"
    write_whole(folder / CATALOGUE, text)
    write_whole(folder / "SOURCES.md", sources_page(folder))
    forget_tables()
    return changed


def sources_page(folder: Path | None = None) -> str:
    """Return SOURCES.md: every source with publisher, year, licence and address."""
    sources = pd.read_csv((folder or data_folder()) / "sources.csv", dtype=str).fillna("")
    lines = [
        "# Sources",
        "",
        "Made of `sources.csv`: change that table, then run `python -m symbios_geo.catalogue`.",
        "",
        "| id | title | publisher | year | licence | address |",
        "|---|---|---|---|---|---|",
    ]
    for row in sources.sort_values("source_id").to_dict("records"):
        names = ("source_id", "title", "publisher", "year", "licence", "url")
        lines.append("| " + " | ".join(row[name].replace("|", "/") for name in names) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    refresh_catalogue()
