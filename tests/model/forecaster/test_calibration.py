"""Conformal offsets by hand, and quantiles that keep their order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstm.model.forecaster.calibration import conformal_offsets, in_order, matching_offsets, step_offsets

NAN = np.nan


def residuals(truth: list[float], quantiles: list[float]) -> np.ndarray:
    """(N, 1, Q, 1): each of N observed values less the same Q quantiles."""
    errors: np.ndarray = np.asarray(truth)[:, None] - np.asarray(quantiles)
    return errors[:, None, :, None]


def test_an_interval_is_widened_until_it_covers_what_it_promises():
    """Truth 1 to 11, quantiles 4 and 8 of an 80 % interval: outside by 3 2 1 0 -1 -2 -1 0 1 2 3.

    Eleven scores in order: -2 -1 -1 0 0 1 1 2 2 3 3. Their 80 % quantile is the one at 0.8 * 10 = 8: 2. From 2 to 10
    lie nine of eleven values, which is the least that is 80 % or more.
    """
    offsets = conformal_offsets(residuals(list(range(1, 12)), [4, 6, 8]), (0.1, 0.5, 0.9))
    assert offsets.tolist() == [-2.0, 0.0, 2.0]


def test_an_interval_that_covers_too_much_is_narrowed():
    """Quantiles -10 and 22 around the same truth: outside by -(10 + t) or t - 22, at least -11 at 1, -16 at 6."""
    offsets = conformal_offsets(residuals(list(range(1, 12)), [-10, 6, 22]), (0.1, 0.5, 0.9))
    scores = sorted(max(-10 - t, t - 22) for t in range(1, 12))
    assert scores[8] == -12
    assert offsets.tolist() == [12.0, 0.0, -12.0]


def test_each_pair_has_its_own_width():
    """Levels 0.2 and 0.8 with 5 and 7 around 6: outside by |t - 6| - 1, of which 60 % is the one at 6: 2.

    In order: -1 0 0 1 1 2 2 3 3 4 4.
    """
    offsets = conformal_offsets(residuals(list(range(1, 12)), [4, 5, 6, 7, 8]), (0.1, 0.2, 0.5, 0.8, 0.9))
    np.testing.assert_allclose(offsets, [-2.0, -2.0, 0.0, 2.0, 2.0])


def test_a_level_without_a_partner_is_moved_by_itself():
    """Level 0.9 alone at 5: residuals -4 to 6, whose 90 % quantile is the one at 9: 5. The median stays."""
    offsets = conformal_offsets(residuals(list(range(1, 12)), [0, 5]), (0.5, 0.9))
    assert offsets.tolist() == [0.0, 5.0]


def test_unobserved_values_do_not_count_and_nothing_observed_moves_nothing():
    """The first case with gaps between; and all gaps."""
    truth = [1.0, NAN, 2, 3, 4, NAN, 5, 6, 7, 8, 9, 10, 11, NAN]
    assert conformal_offsets(residuals(truth, [4, 6, 8]), (0.1, 0.5, 0.9)).tolist() == [-2.0, 0.0, 2.0]
    assert conformal_offsets(residuals([NAN] * 3, [4, 6, 8]), (0.1, 0.5, 0.9)).tolist() == [0.0, 0.0, 0.0]
    assert conformal_offsets(residuals([], [4, 6, 8]), (0.1, 0.5, 0.9)).tolist() == [0.0, 0.0, 0.0]


def test_one_observed_value_is_covered_exactly():
    """A single score is every quantile of itself: 9 lies 1 above 8."""
    assert conformal_offsets(residuals([9.0], [4, 6, 8]), (0.1, 0.5, 0.9)).tolist() == [-1.0, 0.0, 1.0]


@settings(max_examples=50, deadline=None)
@given(
    truth=arrays(float, st.integers(20, 200), elements=st.floats(-1e3, 1e3)),
    low=st.floats(-500, 0),
    high=st.floats(0, 500),
)
def test_the_interval_then_covers_what_it_promises(truth, low, high):
    """Law of conformal prediction: on the windows themselves at least 80 % less one value, at whatever width it began.

    Equal values are in or out together, so no more can be said from above.
    """
    offsets = conformal_offsets(residuals(truth, [low, 0.0, high]), (0.1, 0.5, 0.9))
    inside = (truth >= low + offsets[0] - 1e-9) & (truth <= high + offsets[2] + 1e-9)
    assert inside.sum() >= 0.8 * (len(truth) - 1)


def test_errors_of_a_point_forecast_become_its_quantiles_step_by_step():
    """Step 1 was wrong by 0 to 10, step 2 by ten times that; levels 0.1 0.5 0.9 are 1 5 9; the last step is unseen."""
    errors = np.arange(11.0)
    residual = np.stack([errors, 10 * errors, np.full(11, NAN)], axis=1)[:, :, None]
    offsets = step_offsets(residual, (0.1, 0.5, 0.9))
    np.testing.assert_allclose(offsets[:, :, 0], [[1, 5, 9], [10, 50, 90], [0, 0, 0]])


def test_gaps_in_the_errors_of_a_step_do_not_count():
    """0 to 10 with two gaps, and two targets apart."""
    residual = np.full((13, 1, 2), NAN)
    residual[1:12, 0, 0] = np.arange(11.0)
    residual[:2, 0, 1] = [3.0, 5.0]
    np.testing.assert_allclose(step_offsets(residual, (0.1, 0.5, 0.9))[0].T, np.array([[1, 5, 9], [3.2, 4, 4.8]]))


def test_served_bands_are_as_wide_as_the_calibrated_ones_were():
    """Law: served quantiles with their offsets lie as far from the median as evaluated ones with theirs, on average.

    Evaluated -2 0 2 with offsets -1 0 1 are 3 wide on either side; served 9 10 10.5 need -2 and 2.5 for that.
    """
    evaluated = np.array([[-2.0, 0, 2]] * 4)[:, None, :, None]
    served = np.array([[9.0, 10, 10.5]] * 4)[:, None, :, None]
    offsets = np.array([-1.0, 0, 1])[None, :, None]
    assert matching_offsets(offsets, evaluated, served, (0.1, 0.5, 0.9)).ravel().tolist() == [-2.0, 0.0, 2.5]
    assert matching_offsets(offsets, evaluated, evaluated, (0.1, 0.5, 0.9)).ravel().tolist() == [-1.0, 0.0, 1.0]


@settings(max_examples=100, deadline=None)
@given(
    quantiles=arrays(float, (3, 2, 5, 2), elements=st.floats(-1e6, 1e6)),
    levels=st.sampled_from([(0.1, 0.25, 0.5, 0.75, 0.9), (0.5, 0.6, 0.7, 0.8, 0.9), (0.05, 0.1, 0.2, 0.3, 0.5)]),
)
def test_quantiles_never_cross_and_the_median_stays(quantiles, levels):
    """Law, wherever the median stands among the levels; what is in order already stays as it is."""
    ordered = in_order(quantiles, levels)
    assert (np.diff(ordered, axis=2) >= 0).all()
    median = levels.index(0.5)
    np.testing.assert_array_equal(ordered[:, :, median], quantiles[:, :, median])
    np.testing.assert_array_equal(in_order(ordered, levels), ordered)


def test_a_quantile_on_the_wrong_side_of_the_median_gives_way():
    """5 3 4 2 6 around the median 4: the lower ones become 3 3, the upper ones 4 6."""
    quantiles = np.array([5.0, 3, 4, 2, 6])[None, None, :, None]
    assert in_order(quantiles, (0.1, 0.25, 0.5, 0.75, 0.9)).ravel().tolist() == [3, 3, 4, 4, 6]


@pytest.mark.parametrize("levels", [(0.5,), (0.1, 0.5), (0.5, 0.9)])
def test_few_levels_are_calibrated_too(levels):
    """The median alone has nothing to be moved; a single level beside it is."""
    offsets = conformal_offsets(residuals(list(range(1, 12)), [6.0] * len(levels)), levels)
    assert offsets[levels.index(0.5)] == 0.0
    assert offsets.tolist() == {1: [0.0], 2: [-4.0, 0.0] if levels[0] == 0.1 else [0.0, 4.0]}[len(levels)]
