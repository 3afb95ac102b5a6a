"""Loops: where a place gets back from another what it gives, or something else for it."""

from __future__ import annotations

import pandas as pd


def find_loops(exchanges: pd.DataFrame) -> pd.DataFrame:
    """
    Return the pairs of places that give to each other.

    Digestate that comes back to the farms whose manure was digested is such a loop, and wanted; one
    of the same class of stream both ways (`same_class`) is a fault of the figures, for nobody
    carries the same thing to and fro.

    Parameters
    ----------
    exchanges
        As `Study.exchanges`: site_id_source, site_id_sink, resource and delivered; with
        material_class_source where streams have one.

    Returns
    -------
    loops
        site_a, site_b, resource and amount of what A gives B and B gives A, `same_class`.

    Examples
    --------
    >>> rows = pd.DataFrame({"site_id_source": ["a", "b"], "site_id_sink": ["b", "a"],
    ...                      "resource": ["materials", "heat"], "delivered": [3.0, 5.0]})
    >>> find_loops(rows)[["site_a", "site_b", "a_gives", "b_gives"]].to_numpy().tolist()
    [['a', 'b', 3.0, 5.0]]
    """
    rows = exchanges[exchanges["site_id_source"] != exchanges["site_id_sink"]]
    kind = rows.get("material_class_source", pd.Series(index=rows.index, dtype=object))
    rows = rows.assign(kind=kind.fillna(rows["resource"]))
    keys = ["site_id_source", "site_id_sink", "resource", "kind"]
    sums = rows.groupby(keys, as_index=False)["delivered"].sum(min_count=1)
    back = sums.rename(columns={"site_id_source": "site_id_sink", "site_id_sink": "site_id_source"})
    both = sums.merge(back, on=["site_id_source", "site_id_sink"], suffixes=("_a", "_b"))
    # each loop once, told from the place whose name comes first
    both = both[both["site_id_source"] < both["site_id_sink"]]
    return pd.DataFrame(
        {
            "site_a": both["site_id_source"],
            "site_b": both["site_id_sink"],
            "resource_a": both["resource_a"],
            "a_gives": both["delivered_a"],
            "resource_b": both["resource_b"],
            "b_gives": both["delivered_b"],
            "same_class": both["kind_a"] == both["kind_b"],
        }
    ).reset_index(drop=True)
