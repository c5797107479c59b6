"""The windows of a tuning lie before everything that a run of today reads after training."""

import numpy as np
import pytest

from lstm.config import Evaluation
from lstm.data.panel.windows import plan_splits
from lstm.errors import DataError
from lstm.evaluation.tuning import trial_windows as module
from lstm.evaluation.tuning.trial_windows import trial_windows
from panels import make_panel


def panel_of(lengths, cutoff=200):
    return make_panel({name: np.arange(1.0, n + 1) for name, n in lengths.items()}, horizon=7, cutoff=cutoff)


def parts_of(panel):
    splits = plan_splits(panel, Evaluation(origins=3, stride=7), (7,))
    return splits, trial_windows(panel, splits, (7,))


def test_trials_read_nothing_after_the_training_part():
    """Law: the newest target of any window, and every value of the panel, lie at or before the end of training."""
    splits, parts = parts_of(panel_of({"a": 200, "b": 150}))
    assert parts.panel.cutoff == splits.train_end
    assert parts.through == parts.panel.frequency.text(splits.train_end)
    windows = parts.windows
    cutoffs = parts.panel.ordinal_of(windows.series, windows.row)
    assert cutoffs.max() + 7 == splits.train_end
    assert np.isnan(parts.panel.targets[parts.panel.ordinals > splits.train_end]).all()
    inner = windows.splits
    assert inner.train_end < inner.validation_end < inner.cutoff == splits.train_end
    stop = cutoffs[windows.split == 1]
    scored = cutoffs[windows.split == 2]
    assert (stop + 7 <= inner.validation_end).all()
    assert (scored >= inner.validation_end).all()


def test_every_window_of_the_newest_part_is_scored():
    """Law: each cutoff from the end of the stopping part, not one a stride, of each series."""
    _, parts = parts_of(panel_of({"a": 200, "b": 150}))
    inner, test = parts.windows.splits, parts.windows.of("test")
    cutoffs = parts.panel.ordinal_of(test.series, test.row)
    expected = list(range(inner.validation_end, inner.cutoff - 7 + 1))
    for series in (0, 1):
        assert cutoffs[test.series == series].tolist() == expected


def test_the_scored_windows_are_fixed_by_the_seed_and_served_by_every_trial(monkeypatch):
    """Law: whoever reads 60 steps serves a window from 30 on; a series that began later is not scored."""
    _, parts = parts_of(panel_of({"a": 200, "b": 200, "late": 75}))
    assert 2 in parts.windows.of("test").series
    served = parts.scored(60, seed=1).windows.of("test")
    began = parts.panel.start[2]
    late = parts.panel.ordinal_of(served.series, served.row)[served.series == 2]
    assert (late - began + 1 >= 30).all()
    assert len(served.row) < len(parts.windows.of("test").row)
    monkeypatch.setattr(module, "MOST_SCORED", 10)
    first, again, other = (parts.scored(60, seed=seed).windows.of("test") for seed in (1, 1, 2))
    assert len(first.row) == 10
    assert first.row.tolist() == again.row.tolist() != other.row.tolist()


def test_all_are_scored_where_no_series_is_long_enough():
    """Law: there is always something to compare trials by."""
    _, parts = parts_of(panel_of({"a": 200, "b": 150}))
    assert len(parts.scored(10_000, seed=1).windows.of("test").row) == len(parts.windows.of("test").row)


def test_a_short_training_part_is_refused_in_words():
    """Law: the numbers of what is needed."""
    panel = panel_of({"a": 44}, cutoff=44)
    splits = plan_splits(panel, Evaluation(origins=3, stride=7), (7,))
    with pytest.raises(DataError, match=r"tuning divides the training part, which ends at .* once more"):
        trial_windows(panel, splits, (7,))
