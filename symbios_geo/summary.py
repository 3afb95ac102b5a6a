"""How the large objects show themselves: one line of text, and a small table in a notebook."""

from __future__ import annotations

import html
from collections.abc import Mapping

MOST_ROWS = 11  # and a heading: what is longer than a dozen lines is not read
LONGEST = 90  # characters of one cell


class Summary:
    """
    A class of which Python and notebooks show a few facts instead of everything it holds.

    `_facts` is what they show: a name and a text or number each, the most telling first.
    """

    def _facts(self) -> Mapping[str, object]:
        """Return what is worth saying, in order."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """Return the facts in one line."""
        facts = "; ".join(f"{name}: {_text(value)}" for name, value in self._facts().items())
        return f"{type(self).__name__}({facts})"

    def _repr_html_(self) -> str:
        """Return the facts as a table of at most a dozen rows; texts are data, never markup."""
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{html.escape(_text(value))}</td></tr>'
            for name, value in list(self._facts().items())[:MOST_ROWS]
        )
        return f"<table><caption><b>{type(self).__name__}</b></caption>{rows}</table>"


def _text(value: object) -> str:
    """Return a fact as text, numbers with a digit less than anyone argues about."""
    text = f"{value:,.1f}" if isinstance(value, float) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "\u2026"


def listed(names: object) -> str:
    """Return the first few of many names, and how many more there are."""
    every = [str(name) for name in names]  # type: ignore[attr-defined]
    more = f" and {len(every) - 6} more" if len(every) > 6 else ""
    return (", ".join(every[:6]) + more) if every else "none"
