"""Aliases of grids; pandas.date_range is the independent source of what an alias means."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm.data.frequency.aliases import fit_frequency, parse_frequency
from lstm.errors import ConfigError

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
ANCHORED = [f"W-{day}" for day in WEEKDAYS] + [
    f"{span}-{month}" for span in ("QS", "QE", "YS", "YE") for month in MONTHS
]
DATES = ["D", "B", "MS", "ME", "QS", "QE", "YS", "YE", "W", *ANCHORED]
MULTIPLES = ["2D", "10D", "2W", "3W-TUE", "2MS", "6MS", "5ME", "2QS", "3YE"]
SHORT = ["s", "30s", "min", "5min", "15min", "h", "6h", "90min"]
STARTS = st.dates(date(1905, 1, 1), date(2080, 1, 1))
FEW = settings(max_examples=12, deadline=None)


def days(index: pd.DatetimeIndex) -> pa.Array:
    return pa.array(index.date, pa.date32())


def instants(index: pd.Index) -> pa.Array:
    return pa.array(pd.DatetimeIndex(index).tz_localize("UTC").as_unit("us"))


@pytest.mark.parametrize("alias", DATES)
@given(start=STARTS)
@FEW
def test_neighbours_of_a_pandas_range_of_dates_are_one_ordinal_apart_and_come_back(alias: str, start: date) -> None:
    """Law: ordinals of date_range are consecutive, on the grid, and `times` inverts them, before 1970 as after."""
    expected = days(pd.date_range(start, periods=30, freq=alias))
    grid = parse_frequency(alias)
    ordinals, exact = grid.ordinals(expected)
    assert exact.all()
    assert (np.diff(ordinals) == 1).all()
    assert grid.times(ordinals).equals(expected)


@pytest.mark.parametrize("alias", MULTIPLES)
@given(start=STARTS)
@FEW
def test_a_multiple_takes_its_phase_from_the_times(alias: str, start: date) -> None:
    """Law: pandas starts a multiple where the range starts; fit_frequency finds that phase again."""
    expected = days(pd.date_range(start, periods=30, freq=alias))
    grid = fit_frequency(alias, expected)
    ordinals, exact = grid.ordinals(expected)
    assert exact.all()
    assert (np.diff(ordinals) == 1).all()
    assert grid.times(ordinals).equals(expected)


@pytest.mark.parametrize("alias", SHORT)
@given(start=st.datetimes(datetime(1930, 1, 1), datetime(2080, 1, 1)))
@FEW
def test_instants_keep_the_phase_that_they_have(alias: str, start: datetime) -> None:
    """Law: the same for instants; the grid is not moved to full hours."""
    expected = instants(pd.date_range(start.replace(microsecond=0), periods=50, freq=alias))
    grid = fit_frequency(alias, expected)
    ordinals, exact = grid.ordinals(expected)
    assert exact.all()
    assert (np.diff(ordinals) == 1).all()
    assert grid.times(ordinals).equals(expected)


def test_plain_weeks_take_the_weekday_that_the_table_has() -> None:
    """Pandas would mean Sundays and find nothing."""
    mondays = days(pd.date_range("2023-01-02", periods=10, freq="7D"))
    grid = fit_frequency("W", mondays)
    assert grid.alias == "W-MON"
    assert grid.times(grid.ordinals(mondays)[0]).equals(mondays)


def test_an_anchor_that_was_given_is_kept() -> None:
    mondays = days(pd.date_range("2023-01-02", periods=10, freq="7D"))
    assert not fit_frequency("W-SUN", mondays).ordinals(mondays)[1].any()


def test_the_phase_is_that_of_most_times() -> None:
    """A stray stamp is off the grid, it does not move it."""
    index = pd.DatetimeIndex(["2024-01-01 00:03"]).append(pd.date_range("2024-01-01 00:04", periods=9, freq="5min"))
    assert fit_frequency("5min", instants(index)).ordinals(instants(index))[1].tolist() == [False] + [True] * 9


def test_without_a_phase_that_half_of_the_times_share_the_grid_lies_at_full_steps() -> None:
    """Stamps at any second would else move the grid from night to night: `h` stays on full hours."""
    index = pd.DatetimeIndex(["2024-01-01 00:07:11", "2024-01-01 01:20", "2024-01-01 01:20:30", "2024-01-01 02:59:59"])
    assert fit_frequency("h", instants(index)) == parse_frequency("h")


def test_integer_steps_keep_their_phase() -> None:
    steps = pa.array([3, 8, 13, 28], pa.int64())
    grid = fit_frequency("5", steps)
    assert grid.ordinals(steps)[0].tolist() == [0, 1, 2, 5]
    assert grid.times(np.array([0, 6])).to_pylist() == [3, 33]


@pytest.mark.parametrize("alias", ["", "x", "0h", "-1D", "²", "MS-JAN", "2B", "W-XYZ", "h-MON", "1.5h", "BM"])
def test_an_unknown_alias_is_refused_by_name(alias: str) -> None:
    with pytest.raises(ConfigError, match="is not known; give a pandas alias such as 'h'"):
        parse_frequency(alias)


@pytest.mark.parametrize(
    ("old", "new"),
    [("H", "h"), ("15T", "15min"), ("M", "ME"), ("Q", "QE"), ("A", "YE"), ("S", "s"), ("AS-APR", "YS-APR")],
)
def test_names_that_pandas_dropped_still_mean_what_they_meant(old: str, new: str) -> None:
    """H, T, M and A are in thousands of files."""
    assert parse_frequency(old) == parse_frequency(new)
