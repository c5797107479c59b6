"""Departures and weather: their origins, and the mean over series."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.nyc import TABLES, mase_by_target, trial
from benchmarks.trial import Protocol


def test_the_origins_end_a_horizon_before_the_table() -> None:
    """Three fortnights of departures to the end of the year, each origin at the start of a day in New York."""
    table = TABLES["departures"]
    days = [table.as_of(origin) for origin in range(3)]
    assert days == [datetime(2013, month, day, 5, tzinfo=UTC) for month, day in ((11, 20), (12, 4), (12, 18))]


def test_departures_are_asked_for_with_the_schedule_and_without_later_departures(tmp_path: Path) -> None:
    """A series of 40 rows is read and not scored; the schedule of the last horizon is there, its departures are not."""
    days = pd.date_range("2013-06-01", "2013-12-31")
    departures = pd.DataFrame({"origin": "JFK", "carrier": "AA", "date": days, "scheduled": 9, "departures": 8})
    few = departures.assign(carrier="OO").iloc[-90:-50]
    (tmp_path / "nyc").mkdir()
    pd.concat([departures, few]).to_csv(tmp_path / "nyc" / "departures.csv", index=False)
    held = trial("departures", tmp_path, Protocol(calendar=False))
    assert [held.asked.names[series] for series in held.series] == ["JFK/AA"] * 3
    assert (held.cutoffs - held.panel.cutoff).tolist() == [0, 14, 28]
    assert held.truth.shape == (3, 14, 1)
    last = slice(held.asked.indptr[1] - 14, held.asked.indptr[1])
    assert np.isnan(held.asked.targets[last]).all()
    assert held.asked.future[last, 0].tolist() == [9.0] * 14
    assert np.isnan(held.panel.targets[-14:]).all()


def test_mase_is_of_series_first_and_then_of_all() -> None:
    """Worked by hand: series 0 errs by 1 and 3 against a scale of 2, series 1 by 4 against 1; an unknown is skipped."""
    truth = np.array([[[1.0]], [[3.0]], [[4.0]], [[np.nan]]])
    means = mase_by_target("mase", ("y",), np.array([0, 0, 1, 1]), truth, np.zeros((4, 1, 1)), np.array([[2.0], [1.0]]))
    assert means == {"mase": pytest.approx((2 / 2 + 4 / 1) / 2)}


def test_each_target_has_its_own_mase() -> None:
    """By name."""
    means = mase_by_target(
        "mase", ("a", "b"), np.array([0]), np.array([[[1.0, 2.0]]]), np.zeros((1, 1, 2)), np.array([[1.0, 4.0]])
    )
    assert means == {"mase_a": 1.0, "mase_b": 0.5}
