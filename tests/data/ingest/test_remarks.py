"""Odd series are named in the quality report."""

import pandas as pd
from ingested import THREE_DAYS, assemble, at, pipeline, table


def test_a_series_that_begins_after_the_cutoff_is_reported() -> None:
    panel, report = assemble(table([*THREE_DAYS, ("B", "2024-01-09", 1.0)]), pipeline(), at("2024-01-04"))
    assert panel.names == ("A",)
    assert "1 series begin after the cutoff and get no forecast yet: B" in report.warnings


def test_odd_series_are_said_and_never_fatal() -> None:
    """Nothing, zero, a constant, a stuck sensor; one that is like the others is not named."""
    span = pd.date_range("2024-01-01", periods=40)
    rows = []
    for index, day in enumerate(span):
        stuck = float(min(index, 10))
        values = {"good": float(index), "none": None, "zero": 0.0, "flat": 5.5, "stuck": stuck}
        rows += [(name, str(day.date()), value) for name, value in values.items()]
    _, report = assemble(table([*rows, ("rare", "2024-01-01", 1.0)]), pipeline(), at("2024-02-10"))
    assert set(report.warnings) == {
        "1 series: y has no value at all: 'none'",
        "1 series: y is 0 throughout: 'zero' (40 steps)",
        "1 series: y is constant: 'flat' (5.5 in 40 steps)",
        "1 series: y is flat at its end: 'stuck' (30 observed steps from 2024-01-11)",
        "1 series: ended long before the cutoff: 'rare' (newest of 2024-01-01, 39 steps before the table's end, "
        "no longer forecast)",
    }


def test_a_weekly_series_among_daily_ones_is_said_to_be_mostly_missing() -> None:
    """The grid is daily, so six of seven days of it have no value."""
    rows = [("A", str(day.date()), 1.0 + day.day) for day in pd.date_range("2024-01-01", periods=28)]
    rows += [("B", str(day.date()), float(day.day)) for day in pd.date_range("2024-01-07", periods=4, freq="7D")]
    _, report = assemble(table(rows), pipeline(), at("2024-01-29"))
    assert report.warnings == ("1 series: mostly missing: 'B' (4 of 22 steps since 2024-01-07)",)


def test_a_number_that_may_mean_missing_is_said_with_the_setting_that_takes_it_out() -> None:
    """Three -200 among values from 1 to 40 would be learnt, and forecast."""
    span = pd.date_range("2024-01-01", periods=43)
    rows = [("A", str(day.date()), float(index + 1) if index < 40 else -200.0) for index, day in enumerate(span)]
    _, report = assemble(table(rows), pipeline(), at("2024-02-13"))
    assert report.warnings == (
        'y: 3 values are -200, far outside of all others; if that means a missing value, set source.missing = ["-200"]',
    )
