"""Observations and forecasts of one series and target, as curves."""

import numpy as np
from stories import story_forecasts, story_panel

from lstm.report.charts.curves import curve_of, observed_values

LEVELS = (0.1, 0.5, 0.9)


def test_the_rows_of_one_series_and_target_make_a_curve_in_order_of_its_steps() -> None:
    """Whatever the order of the rows, and with other series and targets among them."""
    panel = story_panel(["a", "b"], ("y", "z"), horizon=3)
    rows = story_forecasts(panel)
    curve = curve_of(panel, rows.take(np.arange(len(rows))[::-1]), 1, 0, LEVELS)
    expected = [row for row in rows.to_pylist() if (row["id"], row["target"]) == ("b", "y")]
    assert curve.median.tolist() == [row["forecast"] for row in expected]
    assert curve.quantiles.tolist() == [[row[name] for row in expected] for name in ("q10", "q50", "q90")]
    assert (curve.method, curve.reason) == ("champion", "")


def test_a_series_without_rows_is_a_curve_without_points() -> None:
    """It says so in place of a method."""
    panel = story_panel(["a"])
    curve = curve_of(panel, story_forecasts(panel).slice(0, 0), 0, 0, LEVELS)
    assert (len(curve.times), curve.quantiles.shape, curve.method) == (0, (3, 0), "no forecast")


def test_a_curve_breaks_where_steps_are_closed() -> None:
    """Steps 2 and 3 of five have no row: a line from the first to the fourth would show sales of a closed shop."""
    panel = story_panel(["a"], horizon=5)
    rows = story_forecasts(panel).take([0, 3, 4])
    curve = curve_of(panel, rows, 0, 0, LEVELS)
    first, fourth, fifth = rows["forecast"].to_pylist()
    np.testing.assert_equal(curve.median, [first, np.nan, fourth, fifth])
    assert np.isnan(curve.quantiles).tolist() == [[False, True, False, False]] * 3
    assert curve.times[[0, 2, 3]].tolist() == [time.as_py() for time in rows["time"]]


def test_nothing_is_observed_before_a_series_begins_nor_after_the_cutoff() -> None:
    """120 steps of history and a horizon of 14: NaN at one step before, a value at the first, NaN behind the last."""
    panel = story_panel(["a"])
    ordinals = np.array([panel.start[0] - 1, panel.start[0], panel.cutoff, panel.cutoff + 1, panel.cutoff + 99])
    assert np.isnan(observed_values(panel, 0, 0, ordinals)).tolist() == [True, False, False, True, True]
