"""The scores of a block as bytes."""

import numpy as np

from lstm.evaluation.backtest.kept_blocks import pack_scores, unpack_scores
from lstm.evaluation.backtest.scored import scored
from lstm.evaluation.backtest.window_blocks import BlockScores

LEVELS = (0.1, 0.5, 0.9)


def test_scores_come_back_equal_to_the_bit():
    """Two contestants over three windows of two series, one of which has a hole."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(3, 4, 1))
    truth[1, 2] = np.nan
    contestants = {
        name: scored(
            truth,
            np.sort(rng.normal(size=(3, 4, 3, 1)), axis=2),
            series=np.array([0, 0, 1]),
            origin=np.array([0, 1, 1]),
            levels=LEVELS,
            scale=np.array([[1.5], [np.nan]]),
        )
        for name in ("challenger", "baseline:naive")
    }
    block = BlockScores(7, np.array([11, 14]), contestants, True, False)
    back = unpack_scores(pack_scores(block))
    assert (back.first, back.origins.tolist()) == (7, [11, 14])
    assert (back.ridge_is_finite, back.champion_has_forecasts) == (True, False)
    assert list(back.scored) == list(contestants)
    for name, was in contestants.items():
        now = back.scored[name]
        assert now.intervals == was.intervals == ((0.1, 0.9),)
        assert np.array_equal(now.covered, was.covered)
        assert np.array_equal(now.scale, was.scale, equal_nan=True)
        assert list(now.sums) == list(was.sums)
        assert all(np.array_equal(now.sums[error], was.sums[error]) for error in was.sums)
