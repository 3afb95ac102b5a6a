"""Rows that an extension adds to a register, and the checks of the site they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..errors import RegisterError
from ..labels import mistake
from ..model import BOUNDS, METRIC_CRS
from ..register.gate import Register
from ..spelling import nearest
from ..tables import read_table


def require_site(register: Register, site_id: str) -> pd.Series:
    """Return the row of a site, or raise RegisterError with ids that look like it."""
    if site_id not in register.sites.index:
        near = nearest(site_id, register.sites.index, 0.4)
        words = {"given": repr(site_id), "near": ", ".join(near)}
        raise mistake(RegisterError, "error:near_site" if near else "error:no_site", **words)
    return register.sites.loc[site_id]


def require_flows(
    register: Register, site_id: str, resource: str, role: str, **fixed: str
) -> pd.DataFrame:
    """
    Return the flow rows of one resource and role at a site.

    Raises
    ------
    RegisterError
        If the site is unknown or has no such flow; the message names sites that have.
    """
    require_site(register, site_id)
    flows = register.flows
    rows = flows[(flows["resource"] == resource) & (flows["role"] == role) & (flows["value"] > 0)]
    for column, word in fixed.items():
        rows = rows[rows[column] == word]
    own = rows[rows["site_id"] == site_id]
    if own.empty:
        others = ", ".join(rows["site_id"].drop_duplicates().head(3)) or "none"
        kind = " ".join([*fixed.values(), resource, role])
        msg = (
            f"site_id = {site_id!r} has no {kind} above 0 in flows. Choose a site that has one "
            f"(for example {others}), or add the row to flows."
        )
        raise RegisterError(msg)
    return own


def flow_rows(
    register: Register,
    site_id: str,
    items: pd.DataFrame,
    layout: Iterable[Mapping[str, Any]],
    *,
    category: str,
    source_id: str,
    note: str,
    additive: str,
) -> pd.DataFrame:
    """
    Return flow rows of one planned plant, in the columns of the register.

    Parameters
    ----------
    register
        That the rows are meant for.
    site_id
        Where the plant stands.
    items
        value, low and high by item, in the units of resources.csv.
    layout
        One mapping per row: `item`, `resource`, `role`, `stream`, and further columns.
    category, source_id, note
        Written on every row.
    additive
        "no" keeps a plan out of the county's totals; "yes" counts it as if it stood.

    Raises
    ------
    RegisterError
        If the register holds such a plan at this site already.
    """
    units = read_table("resources").set_index("resource")["unit"]
    rows = pd.DataFrame([dict(row) for row in layout])
    bounds = items.loc[rows["item"], BOUNDS].set_axis(rows.index)
    rows = pd.concat([rows.drop(columns="item"), bounds], axis=1)
    rows = rows.assign(
        site_id=site_id,
        unit=rows["resource"].map(units),
        committed=0.0,
        origin="derived",
        method="derived",
        visibility="public",
        confidence="C",
        category=category,
        source_id=source_id,
        note=note,
        additive=additive,
        flow_id=site_id + "-" + rows["resource"] + "-" + rows["stream"] + "-planned",
    )
    if (twice := rows["flow_id"].isin(register.flows["flow_id"])).any():
        msg = (
            f"flows already hold {rows.loc[twice, 'flow_id'].iloc[0]!r}: the plan was added before."
            " Start from the register without it, or choose another site."
        )
        raise RegisterError(msg)
    # a column that only some rows fill must not become one of mixed type
    return rows.astype({"carbon": "str"}) if "carbon" in rows else rows


def stream_of(item: str, material_class: str, *, role: str = "source") -> dict[str, str]:
    """Return the layout of a row of material that a plant makes or takes, of a class."""
    return {
        "item": item,
        "resource": "materials",
        "role": role,
        "stream": material_class,
        "material_class": material_class,
        "use_today": "planned",
    }


def distances_km(register: Register, from_ids: pd.Index, to_ids: pd.Index) -> pd.DataFrame:
    """Return straight distances between sites of a register, km, in SWEREF 99 TM."""
    points = register.sites.geometry.to_crs(METRIC_CRS)
    start, end = points.loc[from_ids], points.loc[to_ids]
    east = start.x.to_numpy()[:, None] - end.x.to_numpy()
    north = start.y.to_numpy()[:, None] - end.y.to_numpy()
    return pd.DataFrame(np.hypot(east, north) / 1000, index=from_ids, columns=to_ids)
