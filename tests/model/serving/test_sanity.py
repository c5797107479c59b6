"""Whether a forecast can be meant: every number worked by hand."""

from dataclasses import replace

import numpy as np

from lstm.gate_metrics import METRICS
from lstm.model.serving.sanity import beyond_range, first_jump, sanity
from panels import make_panel

NAN = np.nan


def medians(*series: list[float]) -> np.ndarray:
    """(S, H, 1) of one target."""
    return np.array(series, float)[:, :, None]


def test_beyond_range_counts_in_widths_of_what_was_observed():
    """Observed 10 to 30, a width of 20. Inside is 0; 50 is one width above, -30 two below; the farther one counts."""
    panel = make_panel({name: [10, NAN, 30, 20] for name in "abcd"}, horizon=2, cutoff=3)
    share = beyond_range(panel, medians([10, 30], [50, 20], [-30, 20], [50, -30]))
    np.testing.assert_array_equal(share[:, 0], [0, 1, 2, 2])


def test_beyond_range_is_infinite_without_a_finite_forecast_and_undefined_without_a_range():
    """a is NaN, b infinite; c was never observed; d is constant and stays, e is constant and leaves."""
    histories: dict[str, list[float]] = {"a": [1, 2], "b": [1, 2], "c": [NAN, NAN], "d": [5, 5], "e": [5, 5]}
    panel = make_panel(histories, horizon=2, cutoff=1)
    share = beyond_range(panel, medians([1, NAN], [np.inf, 1], [1, 1], [5, 5], [5, 6]))
    np.testing.assert_array_equal(share[:, 0], [np.inf, np.inf, NAN, 0, NAN])


def test_first_jump_is_measured_by_the_largest_change_between_neighbours():
    """Changes of 2 and 5; from the last value 8 to 23 is three times 5. A hole is no change: 3 to 100 does not count.

    Of the holed one the changes are 2 and 1, the last value 101, and 103 is one such change away.
    """
    panel = make_panel({"a": [1, 3, 8], "holed": [1, 3, NAN, 100, 101, NAN]}, horizon=1, cutoff=5)
    np.testing.assert_array_equal(first_jump(panel, medians([23], [103]))[:, 0], [3, 1])


def test_first_jump_is_undefined_without_a_change_and_infinite_without_a_number():
    """One value, two values that are equal, and nothing observed have no change to measure by."""
    histories: dict[str, list[float]] = {"one": [4], "equal": [4, 4], "nothing": [NAN, NAN], "moves": [4, 5]}
    panel = make_panel(histories, horizon=2, cutoff=1)
    jump = first_jump(panel, medians([4, 4], [9, 9], [1, 1], [NAN, 5]))
    np.testing.assert_array_equal(jump[:, 0], [NAN, NAN, NAN, np.inf])


def test_targets_and_series_are_kept_apart():
    """Two targets, the second ten times the first; neighbours across two series are no neighbours."""
    panel = make_panel({"a": [0, 1], "b": [1000, 1001]}, horizon=1, cutoff=1)
    both = replace(panel, targets=np.hstack([panel.targets, 10 * panel.targets]), target_names=("y", "z"))
    median = np.array([[[3.0, 10.0]], [[1001.0, 10050.0]]])
    np.testing.assert_array_equal(beyond_range(both, median), [[2, 0], [0, 4]])
    np.testing.assert_array_equal(first_jump(both, median), [[2, 0], [0, 4]])


def test_every_metric_of_tonights_forecasts_is_measured():
    """Law: what the table of metrics promises of tonight, gates find here; one quantile that is missing is a fault."""
    panel = make_panel({"a": [1, 2], "b": [1, 3]}, horizon=1, cutoff=1)
    forecast = np.array([[[1.0, 2.0, 3.0]], [[1.0, 2.0, NAN]]])[..., None]
    measures = sanity(panel, forecast, 1)
    assert set(measures) == {name for name, metric in METRICS.items() if metric.source == "tonight"}
    np.testing.assert_array_equal(measures["not_finite"][:, 0], [0, 1])
