"""What gates ask of the run itself."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from lstm.config import Calendar
from lstm.evaluation.gates.run_health import finite_losses, missing_share
from panels import make_panel


def test_missing_targets_count_up_to_the_cutoff():
    """Of a's four steps one is missing, of b's two none; the horizon beyond the cutoff does not count."""
    panel = make_panel({"a": [1.0, np.nan, 3, 4], "b": [1.0, 2]}, horizon=3, cutoff=3)
    assert missing_share(panel, 30) == pytest.approx(1 / 6)


def test_closed_steps_are_not_missed():
    """Ten days from Monday 5 January 1970 on; the Sunday among them is closed, one other is missing: 1 of 9."""
    panel = make_panel({"a": [1, 2, np.nan, 4, 5, 6, np.nan, 8, 9, 10]}, horizon=3, cutoff=13)
    panel = replace(panel, calendar=Calendar(closed=("Sun",)))
    assert missing_share(panel, 30) == pytest.approx(1 / 9)


def test_a_series_that_ended_is_not_missed_for_ever():
    """b ended 40 days before the table; its silence is no fault of the data."""
    panel = make_panel({"a": np.arange(50.0), "b": np.arange(10.0)}, horizon=3, cutoff=49, ends={"b": 9})
    assert missing_share(panel, 30) == 0.0
    assert missing_share(panel, 60) == pytest.approx(40 / 100)


def test_an_epoch_with_one_loss_that_is_not_finite_is_not_healthy():
    """One of four; no epoch at all is not known."""
    history = pa.table({"train_loss": [1.0, np.nan, 0.5, 0.4], "validation_loss": [1.0, 1.0, 0.9, 0.8]})
    assert finite_losses(history) == 0.75
    assert np.isnan(finite_losses(history.slice(0, 0)))
