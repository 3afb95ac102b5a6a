"""The totals that tests expect are those of the bundled rows, added up anew."""

from __future__ import annotations

import os

import pandas as pd
import pytest
import totals

import symbios_geo as sg


def test_totals_of_the_bundled_data(halland: sg.Register):
    found = pd.Series(totals.add_up(halland), name="value").rename_axis("total")
    if "RENEW_TOTALS" in os.environ:
        found.to_csv(totals.FILE, lineterminator="\n")
    written = pd.read_csv(totals.FILE, index_col="total")["value"]
    assert found.to_dict() == pytest.approx(written.to_dict(), rel=1e-6)
