"""Metrics against published examples, reported failures of the field, and values worked by hand."""

import numpy as np
import pytest

from lstm.errors import EvaluationError
from lstm.evaluation.backtest import metrics

NAN = np.nan
# The example in the documentation of sktime's forecasting metrics.
TRAINING = np.array([5, 0.5, 4, 6, 3, 5, 2])
TRUTH = np.array([3, -0.5, 2, 7, 2])
FORECAST = np.array([2.5, 0.0, 2, 8, 1.25])
# The example in the documentation of sktime's PinballLoss.
LEVELS = (0.05, 0.5, 0.95)
QUANTILES = np.array([[1.25, 0, 1, 4, 0.625], [2.5, 0, 2, 8, 1.25], [3.75, 0, 3, 12, 1.875]]).T


def test_absolute_and_squared_errors_by_hand():
    """0.5, 0.5, 0, 1, 0.75: mean 0.55; squares 0.25, 0.25, 0, 1, 0.5625: mean 0.4125."""
    assert metrics.mean(metrics.absolute_error(TRUTH, FORECAST)) == pytest.approx(0.55)
    assert metrics.mean(metrics.squared_error(TRUTH, FORECAST)) == pytest.approx(0.4125)


def test_mase_is_the_published_one():
    """sktime documents 0.18333 for its example: 0.55 over a mean step of (4.5 + 3.5 + 2 + 3 + 2 + 3) / 6 = 3."""
    scale = np.mean(np.abs(np.diff(TRAINING)))
    assert metrics.mase(np.array([0.55]), np.array([scale])) == pytest.approx([0.18333333333333335])


def test_smape_is_the_published_one_in_percent():
    """sktime documents 0.55534 for its example on the scale from 0 to 2."""
    assert metrics.mean(metrics.symmetric_percentage_error(TRUTH, FORECAST)) == pytest.approx(55.53379953379953)


def test_pinball_losses_are_the_published_ones():
    """sktime documents 0.16625, 0.275 and 0.09625 for the levels of its example."""
    losses = [
        metrics.mean(metrics.pinball_loss(TRUTH, QUANTILES[:, index], level)) for index, level in enumerate(LEVELS)
    ]
    assert losses == pytest.approx([0.16625, 0.275, 0.09625])


def test_weighted_quantile_loss_follows_from_the_published_pinball_losses():
    """Twice the mean over levels (0.1791667) times five points, over the sum of |y| = 14.5."""
    assert metrics.weighted_quantile_loss(TRUTH, QUANTILES, LEVELS) == pytest.approx(2 * 0.1791666666666667 * 5 / 14.5)


def test_quantile_loss_of_the_median_alone_is_the_absolute_error():
    """2 * 0.5 * |y - q|."""
    loss = metrics.quantile_loss(TRUTH, FORECAST[:, None], (0.5,))
    np.testing.assert_allclose(loss, [0.5, 0.5, 0, 1, 0.75])


def test_weighted_quantile_loss_of_zeros_is_undefined():
    """A sum of |y| of zero has no share."""
    assert np.isnan(metrics.weighted_quantile_loss(np.zeros(2), np.ones((2, 1)), (0.5,)))


def test_smape_of_zero_against_zero_is_zero():
    """The row 0 against 0 counts as no error; S2 is (0 + 0.2/1.9 + 2 + 1/7.5) / 4 = 0.5596, so 55.96 %."""
    first = np.array([0.0, 2, 3, 4, 5])
    assert metrics.mean(metrics.symmetric_percentage_error(first, first)) == 0.0
    error = metrics.symmetric_percentage_error(np.array([0.0, 2, 0, 8]), np.array([0, 1.8, 0.5, 7]))
    assert metrics.mean(error) == pytest.approx(55.96, abs=0.005)


def test_mase_without_a_scale_is_undefined_never_zero_or_infinite():
    """A scale of zero, and an unknown one, leave the others as they are."""
    scaled = metrics.mase(np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.0, 0.0, NAN, 2.0]))
    np.testing.assert_array_equal(scaled, [NAN, NAN, NAN, 0.5])
    assert metrics.mean(scaled) == 0.5


def test_a_mean_of_nothing_is_undefined():
    """No error, no mean, and no warning either."""
    assert np.isnan(metrics.mean(np.array([NAN])))
    assert np.isnan(metrics.mean(np.array([])))


def test_coverage_counts_bounds_as_inside_and_skips_what_is_unknown():
    """Inside: 1 (on the lower bound) and 3 (on the upper); outside: 5; the unknown one is not scored."""
    truth = np.array([1.0, 3.0, 5.0, NAN])
    assert metrics.coverage(truth, np.full(4, 1.0), np.full(4, 3.0)) == pytest.approx(2 / 3)


def test_unknown_truth_is_never_scored():
    """A forecast, even a missing one, where the truth is unknown has no error."""
    errors = metrics.absolute_error(np.array([NAN, NAN, 1.0]), np.array([5.0, NAN, 2.0]))
    np.testing.assert_array_equal(errors, [NAN, NAN, 1.0])


def test_a_missing_forecast_is_refused_with_its_number():
    """Model M2 leaves out the two hardest of seven days and would have looked better."""
    truth = np.array([10.0, 11, 40, 12, 11, 45, 10])
    holes = np.array([10, 11, NAN, 12, 11, NAN, 10])
    with pytest.raises(EvaluationError, match="2 of 7 scored points have no finite forecast"):
        metrics.absolute_error(truth, holes)
    with pytest.raises(EvaluationError, match="2 of 7"):
        metrics.quantile_loss(truth, np.stack([truth, holes], axis=-1), (0.5, 0.9))
    with pytest.raises(EvaluationError, match="2 of 7"):
        metrics.covered(truth, truth, holes)


def test_an_infinite_forecast_is_refused():
    """Infinity is no forecast."""
    with pytest.raises(EvaluationError, match="1 of 2 scored points have no finite forecast"):
        metrics.squared_error(np.array([1.0, 2.0]), np.array([1.0, np.inf]))


def test_other_shapes_are_refused():
    """Broadcasting would score each step against every forecast."""
    with pytest.raises(EvaluationError, match=r"truth has the shape \(2,\), the forecast \(2, 1\)"):
        metrics.absolute_error(np.zeros(2), np.zeros((2, 1)))


def test_intervals_are_the_symmetric_pairs_of_levels_widest_first():
    """0.3 has no partner."""
    assert metrics.intervals_of((0.1, 0.25, 0.3, 0.5, 0.75, 0.9)) == ((0.1, 0.9), (0.25, 0.75))
    assert metrics.intervals_of((0.5,)) == ()
