"""Forecasts as rows: one for every expected series, target and step, each saying which method made it."""

import numpy as np
import pyarrow as pa

from lstm.model.rows import Served, absent_rows, forecast_rows, in_order
from panels import make_panel

LEVELS = (0.1, 0.5, 0.9)


def served() -> Served:
    quantiles = np.arange(2 * 2 * 3, dtype=float).reshape(2, 2, 3, 1)
    return Served(quantiles, ["champion", "failed"], [None, "nothing was observed"], [4, None])


def test_a_row_a_series_and_step_with_the_median_as_forecast():
    """Cutoff 1970-01-06 (ordinal 5), horizon 2: times 7 and 8 January; the failed series has nulls and a reason."""
    panel = make_panel({"b": [1.0] * 5, "a": [2.0] * 5}, horizon=2, cutoff=5)
    rows = in_order(forecast_rows(panel, served(), LEVELS), ("id",)).to_pylist()
    assert [(row["id"], row["step"], str(row["time"]), row["forecast"]) for row in rows] == [
        ("a", 1, "1970-01-07", None),
        ("a", 2, "1970-01-08", None),
        ("b", 1, "1970-01-07", 1.0),
        ("b", 2, "1970-01-08", 4.0),
    ]
    assert [rows[2][name] for name in ("q10", "q50", "q90")] == [0.0, 1.0, 2.0]
    assert [(row["method"], row["reason"], row["model_version"]) for row in rows[1:3]] == [
        ("failed", "nothing was observed", None),
        ("champion", None, 4),
    ]
    assert {str(row["cutoff"]) for row in rows} == {"1970-01-06"}


def test_a_vanished_series_has_failed_rows_of_the_same_shape():
    """Law: its rows can be appended to the others'."""
    panel = make_panel({"b": [1.0] * 5, "a": [2.0] * 5}, horizon=2, cutoff=5)
    rows = forecast_rows(panel, served(), LEVELS)
    gone = absent_rows(panel, pa.table({"id": ["z"]}), LEVELS, "absent from the table")
    assert gone.schema == rows.schema
    assert gone["method"].to_pylist() == ["failed", "failed"]
    assert gone["reason"].to_pylist() == ["absent from the table"] * 2
    assert gone["forecast"].null_count == 2


def test_replacing_a_series_changes_its_method_and_takes_away_its_version():
    """A series that falls back says so, and its neighbour stays as it was."""
    both = served()
    both.replace(np.array([0]), np.full((2, 2, 3, 1), 7.0), "baseline:seasonal_naive", "the forecast was not finite")
    assert both.method == ["baseline:seasonal_naive", "failed"]
    assert both.version == [None, None]
    assert (both.quantiles[0] == 7.0).all()
    assert both.quantiles[1].max() == 11.0
