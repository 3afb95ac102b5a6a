"""Draw the rooms of the package and the imports between them, from the code, as docs/rooms.svg."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import grimp
import matplotlib.pyplot as plt
import networkx as nx

PACKAGE = "symbios_geo"
ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "rooms.svg"
ROW_HEIGHT, WIDTH = 0.62, 10.0  # inches


def read_rows() -> list[list[str]]:
    """Return the rows of rooms, highest first, as the contract in pyproject.toml states them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    return [re.split(r"\s*[|:]\s*", row) for row in contract["layers"]]


def find_arrows(rooms: list[str]) -> list[tuple[str, str]]:
    """Return which room reads which, without the arrows that a longer way already implies."""
    graph = grimp.build_graph(PACKAGE)
    arrows = nx.DiGraph()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            pair = [(name + ".").split(".")[1] for name in (module, imported)]
            if pair[0] != pair[1] and set(pair) <= set(rooms):
                arrows.add_edge(*pair)
    return sorted(nx.transitive_reduction(arrows).edges)


def draw(path: Path = PICTURE) -> None:
    """Draw the rows as boxes and every pair of rooms with an import as one line."""
    rows = read_rows()
    places = {
        room: ((k + 1) * WIDTH / (len(row) + 1), -ROW_HEIGHT * number)
        for number, row in enumerate(rows)
        for k, room in enumerate(row)
    }
    look = {"svg.hashsalt": PACKAGE, "svg.fonttype": "none", "font.family": "sans-serif"}
    with plt.rc_context(look):
        figure, ax = plt.subplots(figsize=(WIDTH, ROW_HEIGHT * (len(rows) + 1)))
        for room, imported in find_arrows(list(places)):
            (x0, y0), (x1, y1) = places[room], places[imported]
            # a line through the middle of other rooms could not be followed: it bends aside
            bend = 0.3 if abs(x0 - x1) < 0.5 and y0 - y1 > ROW_HEIGHT * 1.5 else 0.0
            style = {"arrowstyle": "-|>", "connectionstyle": f"arc3,rad={bend}"}
            style |= {"color": "#5b6b7a", "lw": 1.0}
            ax.annotate("", (x1, y1 + 0.14), (x0, y0 - 0.14), arrowprops=style)
        for room, (x, y) in places.items():
            box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "#1f3d5a"}
            ax.text(x, y, room, ha="center", va="center", fontsize=10, bbox=box)
        ax.set(xlim=(0, WIDTH), ylim=(-ROW_HEIGHT * (len(rows) - 0.3), ROW_HEIGHT * 0.7))
        ax.axis("off")
        figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
        plt.close(figure)


if __name__ == "__main__":
    draw()
