"""A look-back as a sum of parts: they are what they are called, and their sum is the look-back."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstm.evaluation.explanation.history_parts import fitting_seasons, history_parts

WEEK = np.array([3.0, -1, -2, 0, 1, -3, 2])  # 0 on average


def parts_of(values: np.ndarray, seasons: tuple[int, ...], inside: np.ndarray | None = None) -> list[np.ndarray]:
    """Level, trend, patterns, rest of one window of one target."""
    steps = torch.from_numpy(values)[None, :, None]
    weight = torch.ones_like(steps) if inside is None else torch.from_numpy(inside)[None, :, None]
    return [part[0, :, 0].numpy() for part in history_parts(steps, weight, seasons)]


def test_a_season_has_to_come_twice() -> None:
    """Of a look-back of 336 hours a day and a week are told, of 335 only the day, of 1 step nothing."""
    assert fitting_seasons((24, 168), 336) == (24, 168)
    assert fitting_seasons((168, 24), 335) == (24,)
    assert fitting_seasons((1, 7), 1) == ()


def test_a_level_and_a_pattern_are_told_apart() -> None:
    """Six weeks of 100 plus the same week: the level is 100, the pattern that week, and next to nothing is left.

    The line through six such weeks falls by a hundredth or so, since the week itself is not even.
    """
    level, trend, pattern, rest = parts_of(100.0 + np.tile(WEEK, 6), (7,))
    np.testing.assert_allclose(level, 100.0, atol=0.01)
    np.testing.assert_allclose(pattern, np.tile(WEEK, 6), atol=0.02)
    np.testing.assert_allclose(trend, 0.0, atol=0.02)
    np.testing.assert_allclose(rest, 0.0, atol=0.02)


def test_a_step_up_is_trend_and_no_pattern() -> None:
    """Three weeks of 10, then three of 20, whole weeks: 15 is the level; the trend ends 5 above it."""
    level, trend, pattern, _ = parts_of(np.repeat([10.0, 20.0], 21), (7,))
    np.testing.assert_allclose(level, 15.0)
    np.testing.assert_allclose([trend[0], trend[-1]], [-5.0, 5.0], atol=1.0)
    assert np.abs(pattern).max() < 1.0


def test_noise_is_hardly_taken_for_a_pattern() -> None:
    """Of 200 draws of six weeks of noise the pattern keeps less than a third of the variance that means would have.

    Means of six numbers have a sixth of the noise's variance; what is drawn to 0 by its own error has far less.
    """
    noise = np.random.default_rng(0).normal(size=(200, 42))
    patterns = np.array([parts_of(values, (7,))[2] for values in noise])
    assert (patterns**2).mean() < 1 / 6 / 3


def test_a_spike_is_left_over() -> None:
    """A single day 50 higher is not a trend of that size, nor a pattern: most of it is in the rest."""
    values = 100.0 + np.tile(WEEK, 6)
    values[-2] += 50.0
    rest = parts_of(values, (7,))[-1]
    assert rest[-2] > 30.0
    assert np.abs(np.delete(rest, [36, 37, 38, 39, 40, 41])).max() < 10.0


def test_the_trend_ends_where_the_series_is_now() -> None:
    """Hours at 10, the last six at 20: the moving mean of a day ends at that of the last five hours (a sixth of it)."""
    values = np.concatenate([np.full(90, 10.0), np.full(6, 20.0)])
    level, trend, *_ = parts_of(values, (24,))
    left = values - parts_of(values, (24,))[2]
    np.testing.assert_allclose((level + trend)[-1], left[-5:].mean())


def test_steps_before_the_series_began_do_not_count() -> None:
    """Zeros that stand for nothing: the level is that of the four weeks that there are."""
    values = np.concatenate([np.zeros(14), 100.0 + np.tile(WEEK, 4)])
    inside = np.concatenate([np.zeros(14), np.ones(28)])
    level, _, pattern, _ = parts_of(values, (7,), inside)
    np.testing.assert_allclose(level, 100.0, atol=0.01)
    np.testing.assert_allclose(pattern[14:], np.tile(WEEK, 4), atol=0.05)


@pytest.mark.parametrize("seasons", [(), (7,), (4, 12)])
@given(values=arrays(float, 30, elements=st.floats(-1e6, 1e6)))
def test_the_parts_add_up_to_the_look_back(seasons: tuple[int, ...], values: np.ndarray) -> None:
    """Law: a sum, whatever the values and however many seasons."""
    parts = parts_of(values, seasons)
    assert len(parts) == 3 + len(seasons)
    np.testing.assert_allclose(np.sum(parts, axis=0), values, atol=1e-6)
    np.testing.assert_allclose(parts[0], parts[0][0])
