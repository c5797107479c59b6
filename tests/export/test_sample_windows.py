"""Which windows an exported folder shows, and what was forecast for them."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from exported import model_of, rich_panel, sample_of

from lstm.data.panel.selection import some_series
from lstm.errors import ModelError
from lstm.export.sample_windows import MOST_SERIES, forecast_sample, published_sample, rows_of_version
from lstm.model.serving.forecast_rows import Served, forecast_rows
from panels import make_panel
from trainings import CPU, made_of

LEVELS = (0.1, 0.5, 0.9)


def published(panel, version=7):
    """Rows of a night: by the model, but for `z` of series a, which a baseline serves."""
    series = np.arange(panel.series)
    quantiles = model_of("segmented").forecast(
        panel, series, panel.row_of(series, panel.cutoff), which="served", device=CPU
    )
    served = Served.by(quantiles, "champion", None, version)
    served.replace(np.array([[False, True], *[[False, False]] * (panel.series - 1)]), quantiles, "baseline:x", "why")
    return forecast_rows(panel, served, LEVELS), quantiles


def test_it_is_of_series_that_were_observed_at_the_cutoff():
    """Of a to d only a was observed at the end in both targets; b and c follow where there is no such."""
    sample = sample_of("segmented")
    assert sample.arrays["series"].tolist() == ["a"]
    assert sample.arrays["in_time"].tolist() == [True]
    late = forecast_sample(model_of("segmented"), some_series(rich_panel(), np.array([1, 2])), "late")
    assert late.arrays["series"].tolist() == ["b", "c"]
    assert late.arrays["in_time"].tolist() == [False, False]


def test_a_published_sample_has_the_numbers_of_the_ledger_and_nothing_of_others():
    """Law: what a baseline served is NaN; levels, steps and targets are in their places, whatever the rows' order."""
    panel = rich_panel()
    rows, quantiles = published(panel)
    mine = rows_of_version([rows.slice(0, 0), rows], 7)
    assert mine is not None
    assert set(mine["method"].to_pylist()) == {"champion"}
    shuffled = mine.take(pa.array(np.random.default_rng(0).permutation(len(mine))))
    sample = published_sample(model_of("segmented"), panel, shuffled, "run-1")
    np.testing.assert_array_equal(sample.arrays["expected"][0, :, :, 0], quantiles[0, :, :, 0])
    assert np.isnan(sample.arrays["expected"][0, :, :, 1]).all()
    assert sample.origin == "that the run `run-1` published"
    assert rows_of_version([rows], 8) is None


def test_a_table_that_is_one_series_without_a_key_and_a_step_that_is_closed_are_fine():
    """Trial: a shop that is closed on Sundays; what has a reason in its row is not the model's word."""
    alone = some_series(rich_panel(), np.array([0]))
    alone = replace(alone, keys=alone.keys.select([]))
    rows, quantiles = published(alone)
    closed = pc.equal(rows["step"], 3)
    reason = pc.if_else(closed, "closed by calendar.closed", rows["reason"])
    mine = rows_of_version([rows.set_column(rows.column_names.index("reason"), "reason", reason)], 7)
    assert mine is not None
    expected = published_sample(model_of("segmented"), alone, mine, "run-1").arrays["expected"][0, :, :, 0]
    assert np.isnan(expected[2]).all()
    np.testing.assert_array_equal(np.delete(expected, 2, axis=0), np.delete(quantiles[0, :, :, 0], 2, axis=0))


def test_many_series_are_few_in_a_sample():
    """Law: six from all over, and of long series fewer, but one at least."""
    week = np.tile([5.0, 3, 4, 6, 8, 12, 9], 20)
    panel = make_panel({f"s{number:02}": week + number for number in range(30)}, horizon=3, cutoff=140)
    model = made_of(panel, training={"epoch_steps": 2, "max_epochs": 1})
    names = forecast_sample(model, panel, "").arrays["series"].tolist()
    assert len(names) == MOST_SERIES
    assert (names[0], names[-1]) == ("s00", "s29")


def test_the_plain_history_ends_at_the_cutoff_and_its_covariates_at_the_horizon():
    """Law: 200 steps up to the cutoff, 5 after it, with times where steps have any."""
    arrays = sample_of("segmented").arrays
    shapes = {name: arrays[f"{name}_0"].shape for name in ("targets", "past", "future", "static", "times")}
    assert shapes == {"targets": (200, 2), "past": (200, 1), "future": (205, 3), "static": (2,), "times": (205,)}
    assert arrays["times_0"][1] - arrays["times_0"][0] == np.timedelta64(1, "D")


def test_what_was_never_observed_shows_nothing():
    """In words."""
    panel = rich_panel()
    panel = replace(panel, targets=np.full_like(panel.targets, np.nan))
    with pytest.raises(ModelError, match="no series of the panel was observed up to its cutoff"):
        forecast_sample(model_of("segmented"), panel, "")
