"""The windows of a trial."""

import numpy as np

from benchmarks.trial import frame_of, split_windows
from lstm.data.frequency.aliases import parse_frequency
from lstm.frames.frame_panel import panel_of_frame


def test_validation_windows_end_at_the_cutoff_and_no_target_of_training_lies_in_them() -> None:
    """Ten steps, horizon 2, validation of 4: cutoffs 1 to 4 train (targets end by 6), 6 to 8 validate."""
    frame = frame_of([np.arange(10.0)], parse_frequency("h"), 10)
    panel = panel_of_frame(frame, series="series", time="time", target="y", horizon=2)
    windows = split_windows(panel, 4)
    assert panel.ordinals[windows.of("train").row].tolist() == [1, 2, 3, 4]
    assert panel.ordinals[windows.of("validation").row].tolist() == [6, 7, 8]
    assert len(windows.of("test").row) == 0


def test_series_of_different_lengths_end_at_the_same_step() -> None:
    """The rows after the cutoff have no targets."""
    frame = frame_of([np.ones(3), np.full(5, 2.0)], parse_frequency("W"), 100)
    panel = panel_of_frame(frame, series="series", time="time", target="y", horizon=1, frequency="W")
    assert panel.start.tolist() == [98, 96]
    np.testing.assert_array_equal(panel.targets[:, 0], [1, 1, 1, np.nan, 2, 2, 2, 2, 2, np.nan])
    assert panel.names == ("0", "1")
