"""The circular block bootstrap: neighbours are drawn together, and too few defined draws give no interval."""

import numpy as np
import pytest

from lstm.evaluation.backtest.resampling import block_draws, central_interval


def test_origins_that_overlap_are_drawn_in_blocks_of_neighbours():
    """Law: with blocks of three in twelve origins each draw has twelve, in runs that wrap around."""
    draws = block_draws(np.random.default_rng(0), 200, 12, 3)
    assert draws.shape == (200, 12)
    assert ((np.diff(draws.reshape(200, 4, 3), axis=2) % 12) == 1).all()
    # An origin is drawn by the blocks that begin at it or at the two before it, so neighbours are drawn together.
    counts = np.array([np.bincount(draw, minlength=12) for draw in draws])
    correlation = np.corrcoef(counts.T)
    assert np.mean([correlation[i, (i + 1) % 12] for i in range(12)]) > 0.4
    assert np.mean([correlation[i, (i + 6) % 12] for i in range(12)]) < 0.1


def test_the_last_block_is_cut_where_origins_are_no_multiple_of_its_length():
    """Seven origins in blocks of three: three blocks, of which the last gives one."""
    draws = block_draws(np.random.default_rng(0), 50, 7, 3)
    assert draws.shape == (50, 7)
    assert ((np.diff(draws[:, :6].reshape(50, 2, 3), axis=2) % 7) == 1).all()


def test_the_interval_leaves_equal_tails_and_needs_half_of_the_draws():
    """0 to 100 without a tenth at either end; where more than half of the draws are undefined there is none."""
    assert central_interval(np.arange(101.0), 0.8) == pytest.approx((10.0, 90.0))
    assert central_interval(np.append(np.arange(101.0), np.full(101, np.nan)), 0.8) == pytest.approx((10.0, 90.0))
    assert central_interval(np.append(np.arange(101.0), np.full(102, np.nan)), 0.8) is None
