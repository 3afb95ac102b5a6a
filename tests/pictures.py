"""
Compare pictures with small stored ones, and renew these (`make pictures`).

Both are made small and grey first: what is left is where things lie and how dark they are, not how
one machine draws the edge of a letter.
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

STORED = Path(__file__).parent / "expected" / "pictures"
WIDTH, COLOURS = 600, 32
RENEW = "RENEW_PICTURES"  # the variable that `make pictures` sets
# pixels across to which both pictures are made small, and how many grey steps of 255 may differ
DRAWN, SHOWN = (80, 10.0), (64, 12.0)


def picture_of(figure: Figure) -> Image.Image:
    """Return a figure as it is saved, with the fonts that matplotlib brings along."""
    content = BytesIO()
    with mpl.rc_context({"text.parse_math": False}):
        figure.savefig(content, format="png", dpi=WIDTH / figure.get_figwidth())
    return Image.open(content).convert("RGB")


def difference(first: Image.Image, second: Image.Image, across: int) -> float:
    """Return how far two pictures differ at their worst place, grey steps of 255."""
    size = (across, round(across * first.height / first.width))
    greys = [
        np.asarray(p.convert("L").resize(size, Image.Resampling.BOX), float)
        for p in (first, second)
    ]
    apart = (greys[0] - greys[1]) ** 2
    # the worst of a few dozen fields: one that is missing must not drown in the others
    fields = [part for row in np.array_split(apart, 8) for part in np.array_split(row, 6, axis=1)]
    return float(max(np.sqrt(field.mean()) for field in fields))


def compare(name: str, picture: Image.Image, tolerance: tuple[int, float]) -> None:
    """Fail if a picture differs from the stored one; `make pictures` stores it instead."""
    path = STORED / f"{name}.png"
    width = min(WIDTH, picture.width)
    small = picture.resize((width, round(width * picture.height / picture.width)))
    if os.environ.get(RENEW):
        STORED.mkdir(parents=True, exist_ok=True)
        # the usual method lets two reds of the overview be one, which is a difference by itself
        palette = small.quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
        palette.save(path, optimize=True)
        return
    across, allowed = tolerance
    with Image.open(path) as stored:
        found = difference(stored.convert("RGB"), small, across)
    assert found <= allowed, f"{path.name} differs by {found:.1f}; look, then run `make pictures`"
