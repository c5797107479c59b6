"""The regular grid; pandas.date_range is the independent source of what an alias means."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm.data.frequency.aliases import Frequency, fit_frequency, parse_frequency
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


def one(grid: Frequency, day: str) -> tuple[int, bool]:
    ordinals, exact = grid.ordinals(pa.array([date.fromisoformat(day)], pa.date32()))
    return int(ordinals[0]), bool(exact[0])


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


@pytest.mark.parametrize(
    ("alias", "day", "containing"),
    [("QE", "1970-01-15", "1970-03-31"), ("QS", "1970-02-15", "1970-01-01"), ("YE", "2024-06-01", "2024-12-31"),
     ("W-SUN", "2024-01-03", "2023-12-31"), ("B", "2024-01-06", "2024-01-08"), ("B", "1969-12-27", "1969-12-29")],
)  # fmt: skip
def test_a_time_off_the_grid_has_the_ordinal_of_the_step_that_contains_it(
    alias: str, day: str, containing: str
) -> None:
    """A month belongs to the month end at or after it, a weekend to the Monday after it."""
    ordinal, exact = one(parse_frequency(alias), day)
    assert not exact
    assert parse_frequency(alias).text(ordinal) == containing


@pytest.mark.parametrize(
    ("alias", "label", "as_of", "newest"),
    [
        ("D", "start", "2013-12-30T05:00Z", "2013-12-29"),
        ("D", "end", "2013-12-30T05:00Z", "2013-12-30"),
        ("D", "start", "2013-12-30T04:59Z", "2013-12-28"),
        ("h", "start", "2013-12-30T05:00Z", "2013-12-30T04:00Z"),
        ("h", "start", "2013-12-30T05:59Z", "2013-12-30T04:00Z"),
        ("h", "end", "2013-12-30T05:59Z", "2013-12-30T05:00Z"),
        ("MS", "start", "2014-01-31T12:00Z", "2013-12-01"),
        ("MS", "end", "2014-02-01T12:00Z", "2014-02-01"),
        ("ME", "start", "2014-01-31T12:00Z", "2013-12-31"),
        ("ME", "end", "2014-01-31T12:00Z", "2013-12-31"),
        ("ME", "end", "2014-02-01T12:00Z", "2014-01-31"),
        ("QE", "start", "2014-02-15T12:00Z", "2013-12-31"),
        ("QS", "start", "2014-02-15T12:00Z", "2013-10-01"),
        ("YS", "start", "2014-02-15T12:00Z", "2013-01-01"),
        ("W-MON", "start", "2024-01-08T12:00Z", "2024-01-01"),
        ("W-MON", "start", "2024-01-07T12:00Z", "2023-12-25"),
        ("W-SUN", "end", "2024-01-07T12:00Z", "2023-12-31"),
        ("W-SUN", "end", "2024-01-08T12:00Z", "2024-01-07"),
        ("B", "start", "2024-01-06T12:00Z", "2024-01-05"),
        ("B", "start", "2024-01-08T12:00Z", "2024-01-05"),
        ("B", "start", "2024-01-09T12:00Z", "2024-01-08"),
        ("B", "end", "2024-01-06T12:00Z", "2024-01-05"),
    ],
)
def test_the_newest_complete_period_has_ended(alias: str, label: str, as_of: str, newest: str) -> None:
    """Design, time: readable once its period has ended. Days are those of New York, five hours behind UTC in winter."""
    moment = datetime.fromisoformat(as_of)
    grid = parse_frequency(alias)
    assert grid.text(grid.newest_complete(moment, label, "America/New_York")) == newest


@pytest.mark.parametrize(("label", "newest"), [("start", "119"), ("end", "120")])
def test_an_integer_step_is_running_at_its_own_number(label: str, newest: str) -> None:
    grid = parse_frequency("1")
    assert grid.text(grid.newest_complete(120, label, "UTC")) == newest


@given(st.integers(-800, 800), st.sampled_from([*DATES, *SHORT, "7"]))
@settings(max_examples=40, deadline=None)
def test_text_comes_back(ordinal: int, alias: str) -> None:
    grid = parse_frequency(alias)
    assert grid.ordinal_of_text(grid.text(ordinal)) == ordinal


def test_seconds_show_where_the_phase_has_some() -> None:
    """A minute grid at half past must not lose its seconds in text."""
    grid = fit_frequency("min", pa.array([datetime(2024, 1, 1, 0, 0, 30, tzinfo=UTC)], pa.timestamp("us", tz="UTC")))
    text = grid.text(grid.newest_complete(datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=5), "end", "UTC"))
    assert text == "2024-01-01T00:04:30Z"
    assert grid.text(grid.ordinal_of_text(text)) == text


@pytest.mark.parametrize(
    ("alias", "seasons"),
    [("h", (24, 168)), ("D", (7,)), ("W", (52,)), ("MS", (12,)), ("QE", (4,)), ("YS", (1,)), ("B", (5,)),
     ("15min", (96, 672)), ("1", (1,))],
)  # fmt: skip
def test_seasons_are_those_that_people_expect(alias: str, seasons: tuple[int, ...]) -> None:
    """Design, seasons."""
    assert parse_frequency(alias).default_seasons() == seasons
