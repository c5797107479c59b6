"""The unit of scaled errors: how far a series moves from season to season."""

import numpy as np
import pytest

from lstm.data.panel.seasonal_scale import seasonal_scale
from panels import make_panel

NAN = float("nan")


def test_the_scale_is_the_mean_seasonal_change_up_to_the_bound():
    """sktime's example: season 1 gives 18 / 6 = 3, season 2 (1 + 5.5 + 1 + 1 + 1) / 5 = 1.9; the 99 lies beyond."""
    panel = make_panel({"a": [5, 0.5, 4, 6, 3, 5, 2, 99]}, horizon=1, cutoff=7)
    assert seasonal_scale(panel, 1, 6)[0, 0] == pytest.approx(3.0)
    assert seasonal_scale(panel, 2, 6)[0, 0] == pytest.approx(1.9)


def test_the_scale_pairs_no_values_across_series_and_only_observed_ones():
    """a: |3-1| = 2 only, its other pairs have a hole; b: |110-100| = 10, nothing of a's end; c is too short."""
    panel = make_panel({"a": [1, 3, NAN, 50], "b": [100, 110], "c": [7]}, horizon=2, cutoff=3)
    np.testing.assert_array_equal(seasonal_scale(panel, 1, 3), [[2.0], [10.0], [NAN]])


def test_a_constant_history_has_no_scale():
    """No change, no scale, and no shorter season in its place."""
    panel = make_panel({"C": [42.0] * 28, "W": [5.0, 7, 9, 11, 8, 3, 2] * 4}, horizon=1, cutoff=27)
    np.testing.assert_array_equal(seasonal_scale(panel, 7, 27), [[NAN], [NAN]])
