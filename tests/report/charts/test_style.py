"""What all pictures have in common."""

import numpy as np
import pytest

from lstm.report.charts.style import limits, short


def test_an_axis_keeps_what_must_be_seen_and_drops_outliers() -> None:
    """0 to 10 has quantiles 0.5 and 9.5; 1.5 times their distance, 13.5, beyond them lies -13 to 23; 7 % margin."""
    assert limits(np.arange(11.0), np.array([5.0])) == pytest.approx((-0.7, 10.7))
    low, high = limits(np.append(np.tile(np.arange(11.0), 4), 1e9), np.array([30.0])) or (0, 0)
    assert low < 0 < 30 < high < 50
    assert limits(np.array([np.nan]), np.array([])) is None
    assert limits(np.array([3.0, 3.0]), np.array([])) == (2.5, 3.5)


def test_a_long_name_loses_its_middle() -> None:
    """Beginnings and ends tell names apart; line breaks become blanks."""
    assert short("abcdefghij", 5) == "ab…ij"
    assert short("a\nb\tc", 10) == "a b c"
