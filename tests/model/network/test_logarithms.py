"""Logarithms of targets, and windows of which they would be misread."""

import numpy as np

from lstm.model.network.logarithms import transformed, without_logarithm
from panels import make_panel

NAN = float("nan")


def test_values_without_a_logarithm_count_as_not_observed():
    """-1 and 0 have none; the other target is left alone."""
    targets = np.array([[1.0, -1.0], [np.e, 0.0], [0.0, 3.0], [-1.0, NAN], [NAN, 5.0]])
    expected = np.array([[0.0, -1.0], [1.0, 0.0], [NAN, 3.0], [NAN, NAN], [NAN, 5.0]])
    np.testing.assert_array_equal(transformed(targets, (True, False)), expected)
    assert transformed(targets, (False, False)) is targets
    assert transformed(targets.astype(np.float32), (True, False)).dtype == np.float32


def test_a_window_of_logarithms_is_unreadable_as_long_as_its_look_back_holds_a_zero():
    """A zero at the third step, look-back 2: the windows that end at it and a step later; never the next series'."""
    panel = make_panel({"a": [1.0, 2.0, 0.0, 4.0, 5.0], "b": [1.0] * 5}, horizon=1, cutoff=5)
    rows = np.array([1, 2, 3, 4, 6, 7])
    unread = without_logarithm(panel, panel.row_series[rows], rows, (True,), 2)
    assert unread[:, 0].tolist() == [False, True, True, False, False, False]
    assert not without_logarithm(panel, panel.row_series[rows], rows, (False,), 2).any()
