"""What the network reads, on windows worked by hand."""

import numpy as np
import pytest
import torch

from lstm.model.inputs import Batch, Inputs, InputSettings
from lstm.model.scaling import SeriesScale, Standardiser
from panels import make_panel

NOTHING = Standardiser((), ())
CPU = torch.device("cpu")
NAN = float("nan")


def gather(
    panel, series: int, row: int, *, look_back: int = 4, normalisation="mean_std", known=(), aligned=()
) -> Batch:
    future = Standardiser((0.0,) * panel.future.shape[1], (1.0,) * panel.future.shape[1])
    settings = InputSettings(
        look_back, panel.horizon, normalisation, known, aligned, panel.cutoff, NOTHING, future, NOTHING
    )
    place = torch.tensor([series]), torch.tensor([row])
    return Inputs(panel, settings, CPU).gather(*place)


def two_series():
    return make_panel({"a": [2.0, 4.0, 6.0, 8.0, 10.0, 20.0], "b": [1.0, NAN, 5.0, NAN, 7.0, 9.0]}, horizon=2, cutoff=6)


def test_mean_and_std_of_the_look_back_scale_the_window():
    """Look-back 2 4 6 8: mean 5, squares 9 1 1 9; the series 2 4 6 8 10 20 has mean 25/3 and variance 305/9.

    With the series' own variance as one more observation the scale is sqrt((20 + 305/9) / 5), also of the horizon.
    """
    batch = gather(two_series(), 0, 3)
    scale = ((20 + 305 / 9) / 5) ** 0.5
    assert batch.level.item() == 5.0
    assert batch.scale.item() == pytest.approx(scale)
    np.testing.assert_allclose(batch.history[0, :, 0], (np.array([2, 4, 6, 8]) - 5) / scale, rtol=1e-6)
    np.testing.assert_allclose(batch.target[0, :, 0], (np.array([10, 20]) - 5) / scale, rtol=1e-6)


def test_the_last_value_is_subtracted():
    """Look-back 2 4 6 8: level 8, so that the last step is 0."""
    batch = gather(two_series(), 0, 3, normalisation="last_value")
    assert batch.level.item() == 8.0
    assert batch.history[0, -1, 0].item() == 0.0


def test_missing_steps_are_carried_forward_masked_and_not_scored():
    """b is 1 – 5 – 7 9: the look-back reads 1 1 5 5 with the mask 1 0 1 0, and the mean is that of 1 and 5.

    The series' variance is that of 1 5 7 9, which is 8.75: the scale is sqrt((4 + 4 + 8.75) / 3).
    """
    panel = two_series()
    batch = gather(panel, 1, int(panel.indptr[1]) + 3)
    scale = (16.75 / 3) ** 0.5
    assert batch.level.item() == 3.0
    assert batch.scale.item() == pytest.approx(scale)
    np.testing.assert_allclose(batch.history[0, :, 0], np.array([-2.0, -2.0, 2.0, 2.0]) / scale, rtol=1e-6)
    np.testing.assert_array_equal(batch.extras[0, :, 0], [1.0, 0.0, 1.0, 0.0])
    earlier = gather(panel, 1, int(panel.indptr[1]) + 2)
    np.testing.assert_array_equal(earlier.weight[0, :, 0], [0.0, 1.0])
    assert earlier.target[0, 0, 0].item() == 0.0


def test_steps_before_the_series_are_zero_and_masked():
    """The second step of b with look-back 4: two steps of padding, though series a lies there in the panel."""
    panel = two_series()
    batch = gather(panel, 1, int(panel.indptr[1]) + 1)
    np.testing.assert_array_equal(batch.history[0, :2, 0], [0.0, 0.0])
    np.testing.assert_array_equal(batch.extras[0, :, 0], [0.0, 0.0, 1.0, 0.0])
    assert batch.level.item() == 1.0
    assert batch.scale.item() == pytest.approx((8.75 / 2) ** 0.5)  # one observation and the series' own


def test_a_look_back_without_an_observation_keeps_the_last_level():
    """Seen at 76 and 77, then six steps of nothing: with a look-back of 4 the level is 77, not 0."""
    panel = make_panel({"a": [76.0, 77.0, *[NAN] * 6]}, horizon=2, cutoff=8)
    batch = gather(panel, 0, 7)
    assert batch.level.item() == 77.0
    assert batch.history.abs().sum().item() == 0.0


def test_an_aligned_covariate_is_measured_as_the_target_is():
    """The plan 10 20 ahead stands where the target 10 20 stands, in the target's normalised units."""
    plan = np.array([2.0, 4, 6, 8, 10, 20, 0, 0])[:, None]
    panel = make_panel({"a": plan[:6, 0]}, horizon=2, cutoff=6, future=plan, future_names=("plan",))
    batch = gather(panel, 0, 3, known=(0,), aligned=((0, 0),))
    np.testing.assert_allclose(batch.aligned[0, :, 0, 0], batch.target[0, :, 0])
    unaligned = gather(panel, 0, 3, known=(0,))
    assert unaligned.aligned.abs().sum().item() == 0.0


def test_the_scale_of_a_series_reads_only_up_to_its_ordinal():
    """Case 74: steps after the ordinal are a million; mean and std are those of 1 2 3: 2 and sqrt(2/3)."""
    panel = make_panel({"a": [1.0, 2.0, 3.0, 1e6, 1e6]}, horizon=1, cutoff=5)
    scale = SeriesScale.fit(panel, 3)
    assert scale.mean.item() == 2.0
    assert scale.std.item() == pytest.approx((2 / 3) ** 0.5)
    assert scale.floor.item() == pytest.approx(0.05 * (2 / 3) ** 0.5)


def test_constant_and_empty_series_have_a_floor_that_is_not_zero():
    """A constant of 50 gets 1e-4 of it, zero and no observation at all get 1."""
    panel = make_panel({"c": [50.0] * 5, "z": [0.0] * 5, "n": [NAN] * 5}, horizon=1, cutoff=5)
    np.testing.assert_allclose(SeriesScale.fit(panel, 5).floor.ravel(), [0.005, 1.0, 1.0])


def test_a_nearly_constant_covariate_is_bounded():
    """Case 49: a spread of 0.001 in history and a later value far away: at most ten standard deviations."""
    fitted = Standardiser.fit(np.array([[0.0335], [0.0347], [0.0359], [NAN]]))
    np.testing.assert_allclose(fitted.apply(np.array([[-0.3], [NAN], [0.0347]]))[:, 0], [-10.0, 0.0, 0.0], atol=1e-3)
