"""Values of a time column, by their type or the format that the file gives."""

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest
from time_columns import INSTANT, shown, times

from lstm.errors import DataError


def test_integers_are_no_times_by_accident() -> None:
    """45292 would be a day of Excel, a second of 1970 or a step: nobody knows which."""
    with pytest.raises(DataError, match=r"'ds' holds integers; set frequency to their step .*\"excel\""):
        times([45292, 45293])


@pytest.mark.parametrize(
    ("values", "layout", "meant"),
    [
        ([45292, 45293], "excel", ["2024-01-01", "2024-01-02"]),
        (["45292", "45292.5"], "excel", ["2024-01-01 00:00Z", "2024-01-01 12:00Z"]),
        ([1704067200, 1704153600], "unix", ["2024-01-01", "2024-01-02"]),
        (["1704067200000"], "unix_ms", ["2024-01-01"]),
        ([5112025], "%d%m%Y", ["2025-11-05"]),
        ([202401], "%Y%m", ["2024-01-01"]),
        (["1-2015", "2-2015", "3-2015"], "%q-%Y", ["2015-01-01", "2015-04-01", "2015-07-01"]),
    ],
)
def test_a_format_that_is_given_is_followed(values: list[Any], layout: str, meant: list[str]) -> None:
    """Digits are a date, Excel's days, seconds or milliseconds, and `1-2015` is a quarter, once the file says so."""
    assert shown(times(values, layout=layout)) == meant


def test_a_time_that_does_not_have_the_format_is_refused_by_row() -> None:
    with pytest.raises(
        DataError, match=r"does not have the time_format '%d.%m.%Y': '2024-02-01' of series 'B', line 3"
    ):
        times(["01.02.2024", "2024-02-01"], layout="%d.%m.%Y", series=[0, 1])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_unit_of_stamps_makes_no_difference(unit: str) -> None:
    """A count of microseconds that is taken for nanoseconds would be 1000 times off."""
    stamps = pa.array([datetime(2024, 1, 1), datetime(1969, 12, 31)], pa.timestamp(unit))
    assert shown(times(stamps)) == ["2024-01-01", "1969-12-31"]


def test_stamps_with_any_zone_are_instants() -> None:
    stamps = pa.array([datetime(2024, 1, 1, 12)], pa.timestamp("us", tz="America/New_York"))
    assert shown(times(stamps, zone="Asia/Tokyo")) == ["2024-01-01 12:00Z"]


@pytest.mark.parametrize(
    ("values", "zone"),
    [
        (["9999-12-31 23:00"], "America/New_York"),
        (["0001-01-01 00:30"], "Asia/Tokyo"),
        (pa.array([2**62], pa.timestamp("us")), "UTC"),
        (pa.array([10_000_000], pa.int32()).cast(pa.date32()), "UTC"),
    ],
)
def test_times_outside_of_all_years_are_refused_and_do_not_overflow(values: Any, zone: str) -> None:
    """No overflowed date such as 1816."""
    with pytest.raises(DataError, match=r"lies outside of the years 1 to 9999.*of series 'A', line 2"):
        times(values, zone=zone, time_type=None if isinstance(values, pa.Array) else INSTANT)


def test_counts_of_the_wrong_unit_are_refused_and_not_a_far_year() -> None:
    """Milliseconds taken for seconds lie in the year 55970."""
    with pytest.raises(DataError, match="lies outside of the years 1 to 9999"):
        times([1704067200000], layout="unix")


def test_integer_steps_are_read_from_digits() -> None:
    """A step is an integer, never a date."""
    assert times(["10", " 9 ", "-1"], time_type=pa.int64()).values.to_pylist() == [-1, 9, 10]
    with pytest.raises(DataError, match=r"is not an integer.*'x' of series 'A', line 3"):
        times(["1", "x"], time_type=pa.int64())
    with pytest.raises(DataError, match="holds date32"):
        times(pa.array([date(2024, 1, 1)]), time_type=pa.int64())
