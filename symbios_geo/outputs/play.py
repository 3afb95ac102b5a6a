"""Sliders over assumptions in a notebook, and a map and figures that follow them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pandas as pd

from ..assumptions.values import load_assumptions
from ..errors import ParameterError
from ..labels import label, parameter_names, show, unit_label
from ..maps import plot_match
from ..register.gate import Register
from ..study.chain import Study, run
from ..study.intervals import unit_of

DOTS_PER_INCH = 90
TOLD = ("new_gwh", "new_msek_per_yr", "existing_gwh")


class Play:
    """
    Sliders over some assumptions; the study runs again when one is let go.

    Parameters
    ----------
    ids
        The assumptions to move, each within its range.
    register
        As in `run`.
    resource
        The resource that the map shows.
    lang
        "sv" or "en".
    method
        The rung that is matched: "annual" answers at once, "plan" is the reference.

    Raises
    ------
    ParameterError
        If an assumption is not known or has no range to move in.
    """

    def __init__(
        self,
        ids: Sequence[str],
        register: Register | None = None,
        *,
        resource: str = "heat",
        lang: str = "sv",
        method: str = "annual",
    ) -> None:
        self.ids, self.register, self.resource = list(ids), register, resource
        self.lang, self.method = lang, method
        assumptions = load_assumptions()
        best = {name: assumptions[name] for name in self.ids}
        self.ranges = assumptions.table.loc[list(best)]
        if fixed := [n for n, row in self.ranges.iterrows() if not row["low"] < row["high"]]:
            msg = f"{fixed[0]} has no range to move in. Choose an assumption that has one."
            raise ParameterError(msg)

    def study(self, **values: float) -> Study:
        """Return the study with the sliders at some values; the others at their best ones."""
        return run(self.register, assumptions=values, lang=self.lang, method=self.method)

    def picture(self, study: Study) -> bytes:
        """Return the map of a study as PNG."""
        import matplotlib.pyplot as plt

        content = BytesIO()
        match = study.matches[self.resource]
        rung = label(f"rung:{study.method}", self.lang)
        words = label(f"resource:{self.resource}", self.lang)
        # only the plan may look like the plan
        title = label("play:title", self.lang, resource=words, rung=rung)
        ax = plot_match(
            match, study.register, study.municipalities, size="wide", lang=self.lang,
            title=None if study.method == "plan" else title,
        )  # fmt: skip
        ax.figure.savefig(content, format="png", dpi=DOTS_PER_INCH)
        plt.close(ax.figure)
        return content.getvalue()

    def figures(self, study: Study) -> pd.DataFrame:
        """Return the headline of a study in words."""
        told = study.headline
        names = [name for name in TOLD if name in told]
        table = pd.DataFrame(
            {
                "name": [label(f"play:{name}", self.lang) for name in names],
                "value": [told[name] for name in names],
                "unit": [unit_of(name) for name in names],
                "rung": study.method,
            }
        )
        return show(table, self.lang)

    def _ipython_display_(self) -> None:
        """Show the sliders; where there are none, or nobody can move them, the map alone."""
        from IPython.display import Image, display

        widgets = None if os.environ.get("TQDM_DISABLE") else _widgets()
        if widgets is None:
            study = self.study()
            display(Image(self.picture(study)), self.figures(study))
            return
        names = parameter_names(self.ranges, self.lang)
        sliders = {
            name: widgets.FloatSlider(
                value=row["value"], min=row["low"], max=row["high"],
                step=(row["high"] - row["low"]) / 50, continuous_update=False,
                description=f"{names[name]}, {unit_label(row['unit'], self.lang)}",
                style={"description_width": "initial"}, layout={"width": "95%"},
            )
            for name, row in self.ranges.iterrows()
        }  # fmt: skip

        def follow(**values: float) -> None:
            study = self.study(**values)
            display(Image(self.picture(study)), self.figures(study))

        shown = widgets.interactive_output(follow, sliders)
        display(widgets.VBox([*sliders.values(), shown]))


def _widgets() -> Any:
    """Return ipywidgets, or None where they are not installed."""
    try:
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets
