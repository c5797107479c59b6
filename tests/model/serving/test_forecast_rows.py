"""Forecasts as rows: one for every expected series, target and step, each saying which method made it."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from lstm.model.serving.forecast_rows import Served, absent_rows, forecast_rows, in_order, without_closed
from panels import make_panel

LEVELS = (0.1, 0.5, 0.9)


def served() -> Served:
    """Two series of one target: a champion of version 4, and one that failed."""
    forecasts = Served.by(np.arange(2 * 2 * 3, dtype=float).reshape(2, 2, 3, 1), "champion", None, 4)
    forecasts.replace(np.array([[False], [True]]), forecasts.quantiles, "failed", "nothing was observed")
    return forecasts


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


def test_closed_times_get_no_row_or_a_forecast_of_zero():
    """The 8th of January is closed: four rows become two, or keep their place with a 0; what failed stays without."""
    panel = make_panel({"b": [1.0] * 5, "a": [2.0] * 5}, horizon=2, cutoff=5)
    rows = in_order(forecast_rows(panel, served(), LEVELS), ("id",))
    closed = panel.frequency.times(np.array([7]))
    kept = without_closed(rows, closed, LEVELS, zero=False)
    assert [(row["id"], row["step"]) for row in kept.to_pylist()] == [("a", 1), ("b", 1)]
    zero = without_closed(rows, closed, LEVELS, zero=True)
    assert zero.schema == rows.schema
    assert zero["forecast"].to_pylist() == [None, None, 1.0, 0.0]
    assert zero["q90"].to_pylist() == [None, None, 2.0, 0.0]
    assert zero["reason"].to_pylist()[2:] == [None, "closed by calendar.closed"]
    assert zero["reason"].to_pylist()[1] == "nothing was observed"
    assert without_closed(rows, closed[:0], LEVELS, zero=True) is rows


def test_a_vanished_series_has_failed_rows_of_the_same_shape():
    """Law: its rows can be appended to the others'."""
    panel = make_panel({"b": [1.0] * 5, "a": [2.0] * 5}, horizon=2, cutoff=5)
    rows = forecast_rows(panel, served(), LEVELS)
    gone = absent_rows(panel, pa.table({"id": ["z"]}), LEVELS, "absent from the table")
    assert gone.schema == rows.schema
    assert gone["method"].to_pylist() == ["failed", "failed"]
    assert gone["reason"].to_pylist() == ["absent from the table"] * 2
    assert gone["forecast"].null_count == 2


def test_replacing_a_target_changes_its_method_and_takes_away_its_version():
    """What falls back says so, and its neighbours stay as they were."""
    both = served()
    both.replace(np.array([[True], [False]]), np.full((2, 2, 3, 1), 7.0), "baseline:naive", "not finite")
    assert both.method.tolist() == [["baseline:naive"], ["failed"]]
    assert both.version.tolist() == [[None], [None]]
    assert (both.quantiles[0] == 7.0).all()
    assert both.quantiles[1].max() == 11.0


def test_each_target_of_a_series_has_its_own_method_and_a_series_that_is_left_out_has_no_rows():
    """Two targets of two steps; only the second target of b failed, and a is left out."""
    panel = make_panel({"b": [1.0] * 5, "a": [2.0] * 5}, horizon=2, cutoff=5)
    panel = replace(panel, targets=np.hstack([panel.targets] * 2), target_names=("y", "z"))
    forecasts = Served.by(np.zeros((2, 2, 3, 2)), "champion", None, 4)
    forecasts.replace(np.array([[False, True], [False, True]]), forecasts.quantiles, "failed", "dead")
    forecasts.left_out[1] = True
    rows = forecast_rows(panel, forecasts, LEVELS).to_pylist()
    assert [(row["id"], row["target"], row["step"], row["method"], row["model_version"]) for row in rows] == [
        ("b", "y", 1, "champion", 4),
        ("b", "y", 2, "champion", 4),
        ("b", "z", 1, "failed", None),
        ("b", "z", 2, "failed", None),
    ]
    assert dict(forecasts.methods()) == {"champion": 1, "failed": 1}
    assert forecasts.failed().tolist() == [True, False]
