"""How far a coverage may be luck."""

import numpy as np
import pytest

from contestants import contestant
from lstm.evaluation.gates.coverage_interval import coverage_interval

BAND = (0.1, 0.9)


def test_few_points_are_judged_as_a_share_of_so_many():
    """Wilson's interval of 23 of 24, by hand: (23 + 1.9208) / 27.8416 = 0.8951, plus or minus 0.0976."""
    interval = coverage_interval(contestant(1.0, points=24, covered=23 / 24), BAND, overlap=1)
    assert interval == pytest.approx((0.7976, 0.9927), abs=1e-4)


def test_origins_that_share_their_luck_make_it_wider():
    """Half of the origins hold all points and half none: 1,000 points tell as much as ten origins do."""
    errors = np.ones((10, 1, 1))
    steady = coverage_interval(contestant(errors, points=100, covered=0.5), BAND, overlap=1)
    covered = np.array([1.0, 0.0] * 5)[:, None, None]
    lucky = coverage_interval(contestant(errors, points=100, covered=covered), BAND, overlap=1)
    assert steady == pytest.approx((0.469, 0.531), abs=1e-3)
    assert lucky is not None
    assert lucky.low == pytest.approx(0.2, abs=0.05)
    assert lucky.high == pytest.approx(0.8, abs=0.05)


def test_nothing_scored_has_no_interval():
    assert coverage_interval(contestant(np.nan), BAND, overlap=1) is None
