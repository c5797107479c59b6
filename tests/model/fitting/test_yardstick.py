"""How choices are compared: errors by hand, in the target's units, whatever a window was scaled by."""

from dataclasses import replace

import numpy as np
import pytest

from lstm.model.fitting.yardstick import Yardstick, positive_targets
from panels import make_panel

NAN = np.nan


def ruler_of(values, *, season=2, train_end=6, row=5):
    """The window of one cutoff row of one series, horizon 2."""
    panel = make_panel({"a": values}, horizon=2, cutoff=len(values))
    return Yardstick.of(panel, np.array([0]), np.array([row]), season=season, train_end=train_end)


def test_errors_are_measured_by_the_seasonal_difference_of_the_training_part():
    """1 2 4 8 | 16 32: season 2 and training up to the fourth step: differences 3 and 6, mean 4.5.

    Truth 16 32, forecast 7 41: scaled errors 2 and 2. Relative: 9 / 23 and 9 / 73.
    """
    ruler = ruler_of([1.0, 2, 4, 8, 16, 32], train_end=4, row=3)
    assert ruler.unit.tolist() == [[4.5]]
    assert ruler.truth.ravel().tolist() == [16, 32]
    error = ruler.error(np.array([7.0, 41.0]).reshape(1, 2, 1))
    assert error[0] == pytest.approx(np.log(2) + np.log((9 / 23 + 9 / 73) / 2))


def test_a_target_that_is_not_positive_throughout_has_no_relative_error():
    """The same with a zero in front: differences 4 and 6, mean 5; errors 9, so the logarithm of 1.8 alone."""
    ruler = ruler_of([0.0, 2, 4, 8, 16, 32], train_end=4, row=3)
    assert ruler.positive.tolist() == [False]
    assert ruler.error(np.array([7.0, 41.0]).reshape(1, 2, 1))[0] == pytest.approx(np.log(9 / 5))


def test_unobserved_truth_and_series_without_a_unit_do_not_count():
    """Two windows: a's second step is unobserved, b never moves in training. Only a's first error counts.

    a: 0 2 4 6 in training, season 1, unit 2; truth 8, forecast 12: log 2.
    """
    panel = make_panel({"a": [0.0, 2, 4, 6, 8, NAN], "b": [5.0] * 4 + [9.0, 9.0]}, horizon=2, cutoff=6)
    rows = np.array([3, int(panel.indptr[1]) + 3])
    ruler = Yardstick.of(panel, np.array([0, 1]), rows, season=1, train_end=4)
    np.testing.assert_array_equal(ruler.unit, [[2.0], [NAN]])
    assert ruler.error(np.full((2, 2, 1), 12.0))[0] == pytest.approx(np.log(2))


def test_no_error_that_can_be_measured_is_no_difference():
    """A panel that never moves gives 0 for every candidate; a perfect forecast is finite."""
    ruler = ruler_of([0.0] * 6, train_end=4, row=3)
    assert ruler.error(np.full((1, 2, 1), 7.0)).tolist() == [0.0]
    perfect = ruler_of([0.0, 2, 4, 8, 16, 32], train_end=4, row=3)
    assert np.isfinite(perfect.error(perfect.truth)).all()


def test_a_unit_reads_neither_the_series_before_nor_what_follows_training():
    """Law: other series and later values may become anything."""
    histories = {"a": [1.0, 5, 2, 8, 3, 9], "b": [1.0, 2, 4, 8, 16, 32]}
    panel = make_panel(histories, horizon=2, cutoff=6)
    row = int(panel.indptr[1]) + 3
    before = Yardstick.of(panel, np.array([1]), np.array([row]), season=2, train_end=4)
    targets = panel.targets.copy()
    targets[:6], targets[row + 1 : row + 3] = 1e6, 1e6
    after = Yardstick.of(replace(panel, targets=targets), np.array([1]), np.array([row]), season=2, train_end=4)
    np.testing.assert_array_equal(after.unit, before.unit)
    assert before.unit.tolist() == [[4.5]]


def test_the_sign_of_a_later_value_does_not_change_how_errors_are_measured():
    """Law: a value below zero in the backtest turned the relative error off, and with it a choice."""
    panel = make_panel({"a": [1.0, 5, 2, 8, 3, -9]}, horizon=2, cutoff=6)
    judged = [Yardstick.of(panel, np.array([0]), np.array([row]), season=2, train_end=3) for row in (2, 3)]
    assert [ruler.positive.tolist() for ruler in judged] == [[True], [False]]


def test_each_target_is_judged_by_itself():
    """Two targets, the second a hundred times the first: the same errors relative to either."""
    panel = make_panel({"a": [1.0, 2, 4, 8, 16, 32]}, horizon=2, cutoff=6)
    panel = replace(panel, targets=panel.targets * np.array([1, 100], np.float32), target_names=("y", "z"))
    ruler = Yardstick.of(panel, np.array([0]), np.array([3]), season=2, train_end=4)
    first, second = ruler.error(ruler.truth * 1.5)
    assert first == pytest.approx(second)
    assert ruler.error(ruler.truth * [1.5, 3.0])[1] > second


def test_a_target_is_positive_when_every_observed_value_is():
    """Gaps do not count, a zero does."""
    panel = make_panel({"a": [1.0, NAN, 4.0]}, horizon=1, cutoff=3)
    targets = np.array([[1, 1, 0], [NAN, 1, 1], [4, -1, 1], [NAN, NAN, NAN]], np.float32)
    panel = replace(panel, targets=targets, target_names=("x", "y", "z"))
    assert positive_targets(panel).tolist() == [True, False, False]
