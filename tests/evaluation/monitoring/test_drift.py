"""Drift of the inputs: indices by hand, and no alarm for a season that training has seen."""

import numpy as np
import pytest

from lstm.config import Monitor
from lstm.evaluation.monitoring.drift import input_drift, stability
from panels import make_panel


def test_the_index_is_the_sum_over_tenths_of_training():
    """Training 0..99 ten times, the newest 1000 all in the highest tenth.

    With half a value a bin: p = 0.5/1005 nine times and 1000.5/1005; q = 0.1. Sum (p - q) ln(p / q) by hand.
    """
    training = np.tile(np.arange(100.0), 10)
    values = np.concatenate([training, np.full(1000, 95.0)])
    stretch = np.repeat([1, 0], 1000)
    p, q = np.array([0.5] * 9 + [1000.5]) / 1005.0, np.full(10, 100.5 / 1005.0)
    index = stability(values, stretch, 2)
    assert index[0] == pytest.approx(float(((p - q) * np.log(p / q)).sum()))
    assert index[1] == pytest.approx(0.0)


def test_too_few_values_have_no_index():
    """29 values say nothing about tenths."""
    assert np.isnan(stability(np.arange(29.0), np.ones(29, int), 2)).all()
    index = stability(np.arange(129.0), np.repeat([1, 0], [100, 29]), 2)
    assert np.isnan(index[0])
    assert np.isfinite(index[1])


def drift_of(values: np.ndarray, length: int = 20, **settings: float):
    panel = make_panel({"A": values, "B": 100.0 + 10.0 * values}, horizon=2, cutoff=len(values) - 1, dtype=np.float64)
    through = len(values) - 1 - length
    return input_drift(panel, Monitor(**settings), trained_through=through, length=length)[0]


def test_a_jump_is_a_drift_of_mean_and_distribution():
    """Noise, then the same noise five standard deviations higher, in both series whatever their unit."""
    noise = np.random.default_rng(0).normal(size=400)
    noise[-20:] += 5.0
    drift = drift_of(noise)
    assert drift.drifted
    assert drift.shift == pytest.approx(5.0, abs=0.5)
    assert "standard deviations above training" in drift.reason
    assert drift.psi > 2.0


def test_noise_as_ever_has_not_drifted():
    """Twenty steps of the same noise."""
    assert not drift_of(np.random.default_rng(0).normal(size=400)).drifted


def test_a_season_that_training_has_seen_is_no_drift():
    """A sine of 100 steps: every 20 steps differ from the whole as much as these do, though the index is large."""
    steps = np.arange(480)
    drift = drift_of(np.sin(2 * np.pi * steps / 100) + 0.1 * np.random.default_rng(0).normal(size=480))
    assert drift.psi > 0.25
    assert drift.usual_psi > 0.25
    assert not drift.drifted


def test_values_that_stay_away_are_a_drift():
    """Half of the newest steps are missing, none was."""
    noise = np.random.default_rng(0).normal(size=400)
    noise[-20::2] = np.nan
    drift = drift_of(noise)
    assert (drift.missing, drift.usual_missing) == (0.5, 0.0)
    assert "50 % are missing, 0 % were in training" in drift.reason


def test_a_channel_that_never_moved_has_no_index_and_no_alarm():
    """NaN compares as no."""
    drift = drift_of(np.full(400, 3.0))
    assert np.isnan(drift.psi)
    assert not drift.drifted
