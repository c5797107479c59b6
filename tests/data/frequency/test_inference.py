"""Frequencies that are found. pandas.date_range is the independent source of what an alias means."""

from collections import Counter
from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm.data.frequency.aliases import MONTH_NAMES, Frequency, parse_frequency
from lstm.data.frequency.inference import infer_frequency
from lstm.errors import DataError

STARTS = st.dates(date(1905, 1, 1), date(2080, 1, 1))
ANCHORED = [f"{span}-{month}" for span in ("QS", "QE", "YS", "YE") for month in MONTH_NAMES]
FEW = settings(max_examples=12, deadline=None)


def inferred(*series: pd.Index, kind: pa.DataType | None = None) -> Frequency:
    """The frequency of series of times. kind: dates where left out, else instants in UTC."""
    steps = Counter(int(step.total_seconds()) for one in series for step in one.diff().dropna())
    distinct = pd.DatetimeIndex(sorted({time for one in series for time in one}))
    values = pa.array(distinct.date, pa.date32()) if kind is None else pa.array(distinct.tz_localize("UTC")).cast(kind)
    return infer_frequency(values, steps)


def of_instants(*series: pd.Index) -> Frequency:
    return inferred(*series, kind=pa.timestamp("us", tz="UTC"))


@pytest.mark.parametrize("alias", ["D", "B", "MS", "ME", "W-TUE", "2W-MON", "4W-SUN", "10D", "2MS", "6ME", *ANCHORED])
@given(start=STARTS)
@FEW
def test_the_grid_of_a_whole_range_of_dates_is_inferred(alias: str, start: date) -> None:
    """Law: infer(date_range(alias)) holds the range, one ordinal apart, and its alias says so."""
    index = pd.date_range(start, periods=30, freq=alias)
    grid = inferred(index)
    ordinals, exact = grid.ordinals(pa.array(index.date, pa.date32()))
    assert exact.all()
    assert (ordinals == ordinals[0] + range(30)).all()
    meant = parse_frequency(alias)
    assert (grid.kind, grid.step, grid.month_end) == (meant.kind, meant.step, meant.month_end)


@pytest.mark.parametrize("alias", ["D", "B", "MS", "ME", "W-TUE", *ANCHORED])
def test_the_alias_that_is_found_means_the_grid_that_was_found(alias: str) -> None:
    """Law: what the report calls a grid can be written into the pipeline file."""
    grid = inferred(pd.date_range("2001-03-05", periods=30, freq=alias))
    named = parse_frequency(grid.alias)
    assert (grid.kind, grid.step, grid.phase, grid.month_end) == (named.kind, named.step, named.phase, named.month_end)


@pytest.mark.parametrize(
    ("alias", "seconds"),
    [("s", 1), ("30s", 30), ("5min", 300), ("15min", 900), ("30min", 1_800), ("h", 3_600), ("6h", 21_600)],
)
def test_the_step_of_a_range_of_instants_is_inferred_though_some_are_absent(alias: str, seconds: int) -> None:
    """17:34, 17:39, ... keep their phase."""
    index = pd.date_range("2024-01-01 17:34:00", periods=40, freq=alias)[[0, 1, 2, 3, 7, 8, 30]]
    grid = of_instants(index)
    assert (grid.alias, grid.step) == (alias, seconds)
    assert grid.ordinals(pa.array(index.tz_localize("UTC")))[1].all()


def test_all_series_are_looked_at_and_not_only_the_first() -> None:
    """One weekly and one daily series have a daily grid."""
    weekly = pd.date_range("2024-01-01", periods=5, freq="7D")
    assert inferred(weekly, pd.date_range("2024-01-01", periods=20, freq="D")).alias == "D"


def test_five_weekdays_are_business_days_only_where_a_weekend_was_left_out() -> None:
    """Monday to Friday could be any week; Friday to Monday is evidence."""
    assert inferred(pd.date_range("2024-01-01", periods=5, freq="D")).alias == "D"
    assert inferred(pd.date_range("2024-01-01", periods=10, freq="B")).alias == "B"


def test_holidays_are_gaps_of_business_days() -> None:
    """Good Friday and Easter Monday of 2024 are absent: no step of three days crosses that weekend."""
    index = pd.date_range("2024-03-26", "2024-04-04", freq="B").drop(["2024-03-29", "2024-04-01"])
    assert inferred(index).alias == "B"


def test_four_weeks_are_weeks_and_not_months() -> None:
    """Retail calendars have 13 periods of four weeks."""
    assert inferred(pd.date_range("2024-01-01", periods=13, freq="28D")).alias == "4W-MON"


def test_weeks_of_two_series_in_turn_are_single_weeks() -> None:
    """Law: the coarsest grid that holds every time of every series."""
    odd, even = pd.date_range("2024-01-01", periods=9, freq="14D"), pd.date_range("2024-01-08", periods=9, freq="14D")
    assert inferred(odd, even).alias == "W-MON"


def test_the_last_of_february_is_a_month_end_in_leap_years_too() -> None:
    """28, 29 and 28 February are ends of years that end in February."""
    index = pd.DatetimeIndex(["2023-02-28", "2024-02-29", "2025-02-28"])
    assert inferred(index).alias == "YE-FEB"
    assert inferred(pd.date_range("2023-11-30", periods=5, freq="ME")).alias == "ME"


def test_the_28th_of_a_leap_february_is_no_month_end() -> None:
    """Law: an odd date is named, not gridded by days."""
    index = pd.DatetimeIndex(["2023-12-31", "2024-01-31", "2024-02-28", "2024-03-31", "2024-04-30"])
    with pytest.raises(DataError, match="2024-02-28 is neither the first nor the last day of a month, as others are"):
        inferred(index)


def test_one_odd_stamp_does_not_make_a_grid_of_minutes() -> None:
    """Law: a grid far finer than the commonest step is refused, with the odd time."""
    index = pd.date_range("2024-01-01", periods=48, freq="h").append(pd.DatetimeIndex(["2024-01-03 00:07"]))
    with pytest.raises(DataError, match=r"commonest step is 1:00:00, but 2024-01-03 00:07:00Z is off it"):
        of_instants(index)


def test_one_odd_stamp_does_not_make_a_grid_of_quarters_of_an_hour() -> None:
    """A grid of 15 minutes would be missing three times out of four, for one stamp at a quarter past."""
    index = pd.date_range("2024-01-01", periods=48, freq="h").append(pd.DatetimeIndex(["2024-01-03 00:15"]))
    with pytest.raises(DataError, match=r"commonest step is 1:00:00, but 2024-01-03 00:15:00Z is off it"):
        of_instants(index)


def test_hours_of_zones_with_half_an_hour_lie_between_full_hours() -> None:
    """One series at :00 and one at :30 share a grid of 30 minutes."""
    full, half = (pd.date_range(start, periods=48, freq="h") for start in ("2024-01-01", "2024-01-01 00:30"))
    assert of_instants(full, half).alias == "30min"


def test_one_odd_weekday_among_weeks_is_refused_by_date() -> None:
    index = pd.date_range("2024-01-01", periods=20, freq="7D").append(pd.DatetimeIndex(["2024-05-21"]))
    with pytest.raises(DataError, match=r"commonest step is 7 days, but 2024-05-21 is off it"):
        inferred(index)


@pytest.mark.parametrize("clock", ["05:00", "23:00"])
def test_days_that_are_no_midnights_are_refused(clock: str) -> None:
    """They are days of another zone, or hours of work: only a person knows."""
    with pytest.raises(DataError, match="the times are not midnights in time_zone"):
        of_instants(pd.date_range(f"2024-01-01 {clock}", periods=10, freq="D"))


def test_days_whose_hour_changes_with_the_clocks_are_refused_by_the_first_after_the_change() -> None:
    """05:00 in winter is 04:00 in summer: local midnights, written in UTC."""
    winter, summer = pd.date_range("2024-03-01 05:00", periods=9), pd.date_range("2024-03-10 04:00", periods=5)
    with pytest.raises(DataError, match=r"step is 1 day, but 2024-03-10 04:00:00Z is off it"):
        of_instants(winter.append(summer))


def test_fractions_of_a_second_are_refused() -> None:
    times = pa.array([datetime(2024, 1, 1, 0, 0, 0, 5, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
    with pytest.raises(DataError, match=r"1 times have fractions of a second.*2024-01-01 00:00:00.000005Z"):
        infer_frequency(times, {})


def test_a_single_time_says_nothing_of_a_frequency() -> None:
    with pytest.raises(DataError, match='name it: frequency = "D"'):
        infer_frequency(pa.array([date(2024, 1, 1)], pa.date32()), {})


def test_integer_steps_keep_their_phase() -> None:
    grid = infer_frequency(pa.array([3, 8, 13, 28], pa.int64()), {5: 2, 15: 1})
    assert (grid.alias, grid.step, grid.phase) == ("5", 5, 3)
