"""Level and scale of windows: values by hand, nothing later leaks in, and neighbours keep their digits."""

import warnings

import numpy as np
import pytest
import torch

from lstm.model.network.scaling import (
    PRIOR,
    Normalisation,
    Standardiser,
    never_moved,
    scales_of_members,
    spread_so_far,
    window_scales,
)

NAN = np.nan
NORMALISATIONS: tuple[Normalisation, ...] = ("mean_std", "last_value", "series")


def scales(values, normalisation, *, look_back=3, before=()):
    """(level, scale), each (T), of one series, which stands behind those `before` it in the panel."""
    whole = np.concatenate([*before, values]).astype(np.float64)[:, None]
    ends = np.cumsum([0, *(len(series) for series in before), len(values)])
    level, scale = window_scales(whole, ends, look_back, normalisation)
    return level[ends[-2] :, 0], scale[ends[-2] :, 0]


def test_mean_and_std_of_the_look_back_with_the_series_so_far_as_more_steps():
    """Row 3 of 2 4 6 8 with look-back 3: 4 6 8 have mean 6 and squares 4 0 4; so far the variance is 5.

    With `PRIOR` = 1 step of variance 5 more the scale is sqrt((8 + 5) / 4). Row 0 has no variance at all: there the
    scale is 1e-4 of the mean.
    """
    assert PRIOR == 1.0
    level, scale = scales([2.0, 4, 6, 8], "mean_std")
    np.testing.assert_allclose(level, [2, 3, 4, 6])
    # Row 1: squares 1 1, variance 1. Row 2: squares 4 0 4, variance 8/3.
    np.testing.assert_allclose(scale, [2e-4, ((2 + 1) / 3) ** 0.5, ((8 + 8 / 3) / 4) ** 0.5, (13 / 4) ** 0.5])


def test_the_last_value_with_the_std_of_the_series_so_far():
    """2 4 6 8: variances so far are 0, 1, 8/3 and 5."""
    level, scale = scales([2.0, 4, 6, 8], "last_value")
    np.testing.assert_allclose(level, [2, 4, 6, 8])
    np.testing.assert_allclose(scale, [2e-4, 1, (8 / 3) ** 0.5, 5**0.5])


def test_mean_and_std_of_the_series_so_far():
    """2 4 6 8: means so far are 2, 3, 4 and 5, whatever the look-back."""
    level, scale = scales([2.0, 4, 6, 8], "series", look_back=1)
    np.testing.assert_allclose(level, [2, 3, 4, 5])
    np.testing.assert_allclose(scale, [2e-4, 1, (8 / 3) ** 0.5, 5**0.5])


def test_missing_values_do_not_count():
    """1 – 5 – – –, look-back 3: rows 2 and 3 hold 1 5 and 5; row 5 nothing, so that the last value is its level.

    The variance so far is that of 1 and 5, which is 4: the scale of row 5 is sqrt((0 + 4) / 1).
    """
    values = [1.0, NAN, 5, NAN, NAN, NAN]
    level, scale = scales(values, "mean_std")
    np.testing.assert_allclose(level, [1, 1, 3, 5, 5, 5])
    np.testing.assert_allclose(scale[2:], [((8 + 4) / 3) ** 0.5, (4 / 2) ** 0.5, (4 / 2) ** 0.5, 2])
    np.testing.assert_allclose(scales(values, "last_value")[0], [1, 1, 5, 5, 5, 5])
    np.testing.assert_allclose(scales(values, "series")[0], [1, 1, 3, 3, 3, 3])


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_a_series_that_begins_with_missing_values_has_level_0_and_scale_1_until_then(normalisation):
    """Also where another series stands before it, whose values are none of its business."""
    level, scale = scales([NAN, NAN, 7.0, 9.0], normalisation, before=[[100.0, 200.0]])
    assert level[:3].tolist() == [0, 0, 7]
    assert scale[:2].tolist() == [1, 1]
    whole_level, whole_scale = scales([7.0, 9.0], normalisation)
    np.testing.assert_array_equal(level[2:], whole_level)
    np.testing.assert_array_equal(scale[2:], whole_scale)


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_a_constant_has_a_ten_thousandth_of_it_as_scale_and_zeros_have_1(normalisation):
    """Law: a scale is never 0, so that nothing is divided by it."""
    for constant, expected in ((50.0, 0.005), (-50.0, 0.005), (0.1, 1e-5), (0.0, 1.0)):
        level, scale = scales([constant] * 6, normalisation)
        np.testing.assert_array_equal(level, constant)
        np.testing.assert_allclose(scale, expected)


def test_a_quiet_look_back_has_a_share_of_the_spread_of_the_series():
    """A wild year, then 40 steps in which nothing moved, look-back 20: five hundredths of the std so far or more.

    Zeros and ones in turn, 400 of them, then 40 times 1: 240 of 440 are 1, so the variance is 240 * 200 / 440^2.
    """
    level, scale = scales(np.append(np.tile([0.0, 1.0], 200), np.ones(40)), "mean_std", look_back=20)
    spread = (240 * 200) ** 0.5 / 440
    assert level[-1] == pytest.approx(1.0)
    assert scale[-1] == pytest.approx(spread / 21**0.5)  # above the floor of 0.05: one step in 21
    assert scale[-1] >= 0.05 * spread


def wild_values(seed: int, length: int = 60) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.normal(100, 10, length)
    values[rng.random(length) < 0.2] = NAN
    return values


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
@pytest.mark.parametrize("later", [1e15, -3.0, NAN])
def test_nothing_later_than_a_row_changes_its_level_and_scale(normalisation, later):
    """Law, to the last bit: later values of the series, and all of the next one, may become anything."""
    values, neighbour = wild_values(1), wild_values(2)
    both = np.concatenate([values, neighbour])[:, None]
    before = window_scales(both, np.array([0, 60, 120]), 14, normalisation)
    changed = both.copy()
    changed[40:] = later
    after = window_scales(changed, np.array([0, 60, 120]), 14, normalisation)
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(new[:40], old[:40])


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_a_series_does_not_depend_on_what_stands_before_it(normalisation):
    """Law, to the last bit: the sums of a long series of wild values do not reach into the next one.

    Found with an outlier of a million: the scale of earlier windows was wrong by a factor of 400,000.
    """
    glitch = np.append(wild_values(3), 1e6)
    alone = scales(glitch, normalisation)
    beside = scales(glitch, normalisation, before=[np.random.default_rng(4).normal(size=20_000) * 1e12])
    for expected, scaled in zip(alone, beside, strict=True):
        np.testing.assert_array_equal(scaled, expected)


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_series_of_very_different_size_keep_their_digits(normalisation):
    """1e12 ± 1e3 beside 1e-3 ± 1e-9, against the same numbers around 0 and in units of one.

    A level of 1e12 has four digits left for steps of 1e3 that are exact here, as they are whole; the floor of 1e-4 of
    the mean is far above either spread, so levels are compared, and the floor is known.
    """
    steps = np.random.default_rng(5).integers(-1000, 1000, 50).astype(float)
    level, _ = scales(steps, normalisation)
    large, large_scale = scales(1e12 + steps, normalisation, before=[1e-3 + 1e-9 * steps])
    small, small_scale = scales(1e-3 + 1e-12 * steps, normalisation, before=[1e12 + steps])
    np.testing.assert_allclose(large - 1e12, level, atol=1e-3)
    np.testing.assert_allclose((small - 1e-3) / 1e-12, level, atol=1e-3)
    np.testing.assert_allclose(large_scale, 1e8, rtol=1e-6)
    np.testing.assert_allclose(small_scale, 1e-7, rtol=1e-6)


def test_targets_are_scaled_each_by_itself_and_keep_their_type():
    """Law: two columns are what either alone is; float32 stays float32."""
    values = np.column_stack([wild_values(6), 1e6 * wild_values(7)])
    level, scale = window_scales(values, np.array([0, 25, 60]), 7, "mean_std")
    for column in range(2):
        alone = window_scales(values[:, [column]], np.array([0, 25, 60]), 7, "mean_std")
        np.testing.assert_array_equal(level[:, [column]], alone[0])
        np.testing.assert_array_equal(scale[:, [column]], alone[1])
    single = window_scales(values.astype(np.float32), np.array([0, 25, 60]), 7, "mean_std")
    assert {part.dtype for part in single} == {np.dtype(np.float32)}


@pytest.mark.parametrize("look_back", [1, 5, 100])
def test_window_scales_agree_with_numpy_window_by_window(look_back):
    """An independent way: nanmean and nanvar of each slice."""
    values = wild_values(8)
    level, scale = scales(values, "mean_std", look_back=look_back, before=[wild_values(9)])
    for row in range(5, 60):
        inside = values[max(row + 1 - look_back, 0) : row + 1]
        so_far = values[: row + 1]
        count = np.count_nonzero(~np.isnan(inside))
        mean = np.nanmean(inside) if count else so_far[~np.isnan(so_far)][-1]
        squares = np.nanvar(inside) * count if count else 0.0
        assert level[row] == pytest.approx(mean)
        assert scale[row] == pytest.approx(((squares + np.nanvar(so_far)) / (count + 1)) ** 0.5)


def test_the_scales_of_some_rows_for_several_members_are_those_of_all_rows_for_each():
    """Law: to the last bit, however many members ask at once."""
    values = np.column_stack([np.concatenate([wild_values(8), wild_values(9)[8:]]), np.arange(112.0) % 7])
    indptr, rows = np.array([0, 60, 112]), np.array([3, 59, 60, 90, 111])
    members: list[tuple[int, Normalisation]] = [(look_back, name) for look_back in (5, 30) for name in NORMALISATIONS]
    for (look_back, name), some_rows in zip(members, scales_of_members(values, indptr, members, rows), strict=True):
        for some, whole in zip(some_rows, window_scales(values, indptr, look_back, name), strict=True):
            assert some[rows].tolist() == whole[rows].tolist()


def test_the_spread_so_far_and_the_least_scale_are_those_that_scales_are_made_of():
    """Of 2 4 6 the spread is sqrt(8/3); a twentieth of it is more than a ten-thousandth of the mean 4.

    A second series of 1000 1000 has no spread, and at least a ten-thousandth of 1000 as scale.
    """
    values = np.array([2.0, 4, 6, 1000, 1000])[:, None]
    spread, floor = spread_so_far(values, np.array([0, 3, 5]), np.array([2, 4]))
    np.testing.assert_allclose(spread[:, 0], [np.sqrt(8 / 3), 0.0])
    np.testing.assert_allclose(floor[:, 0], [0.05 * np.sqrt(8 / 3), 0.1])


def test_a_covariate_is_standardised_by_what_was_observed():
    """1 3 – 5: mean 3, variance 8/3; a constant column is only centred; missing is 0 afterwards."""
    fitted = Standardiser.fit(np.array([[1.0, 7.0], [3.0, 7.0], [NAN, 7.0], [5.0, NAN]]))
    assert fitted.mean == (3.0, 7.0)
    assert list(fitted.std) == [pytest.approx((8 / 3) ** 0.5), 1.0]
    np.testing.assert_allclose(fitted.apply(np.array([[5.0, 8.0], [NAN, NAN]])), [[2 / (8 / 3) ** 0.5, 1.0], [0, 0]])
    empty = np.zeros((4, 0))
    assert Standardiser.fit(empty).apply(empty).shape == (4, 0)


def test_a_nearly_constant_covariate_is_bounded():
    """A spread of 0.001 in history and a later value far away: at most ten standard deviations."""
    fitted = Standardiser.fit(np.array([[0.0335], [0.0347], [0.0359], [NAN]]))
    np.testing.assert_allclose(fitted.apply(np.array([[-0.3], [NAN], [0.0347]]))[:, 0], [-10.0, 0.0, 0.0], atol=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("normalisation", ["mean_std", "last_value", "series"])
def test_a_window_that_had_not_moved_by_its_cutoff_is_known_by_its_scale(normalisation, dtype):
    """Series that are constant, zero, or missing at first, one that ticks by a thousandth, and one that moves back."""
    series = [[5.3, 5.3, 7], [0, 0, 3], [np.nan, 4, 5], [1000, 1001, 1000], [-3, 3, -3]]
    values = np.array(series).ravel().astype(dtype)[:, None]
    parts = window_scales(values, np.arange(0, 16, 3), 2, normalisation)
    still = never_moved(*(torch.from_numpy(part) for part in parts)).numpy().reshape(5, 3)
    expected = [[True, True, False]] * 3 + [[True, False, False]] * 2
    assert still.tolist() == expected


@pytest.mark.parametrize("size", [1e300, 1.7e308])
def test_covariates_whose_squares_are_beyond_float64_are_still_bounded(size):
    """Law: a finite mean and std, as a card needs them, and values that still differ."""
    values = np.array([[size], [0.5 * size], [-size], [np.nan]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        standardiser = Standardiser.fit(values)
        scaled = standardiser.apply(values / 2)
    assert np.isfinite([*standardiser.mean, *standardiser.std]).all()
    assert scaled[0, 0] > scaled[1, 0] > scaled[2, 0]
