"""Wall clocks. Python's zoneinfo is the independent source of what clocks show."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm.data.timestamps.time_zones import Folds, assign_folds, instants, starts_a_day, wall_times

ZONES = [
    "UTC", "America/New_York", "Europe/Budapest", "Europe/Dublin", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Asia/Kolkata", "America/St_Johns", "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia", "Africa/Casablanca",
]  # fmt: skip
FEW = settings(max_examples=60, deadline=None)


def wall(*texts: str) -> pa.Array:
    return pa.array([datetime.fromisoformat(text) for text in texts], pa.timestamp("us"))


@pytest.mark.parametrize("zone", ZONES)
@given(moment=st.datetimes(datetime(1880, 1, 1), datetime(2060, 1, 1)))
@FEW
def test_wall_times_and_instants_are_those_of_zoneinfo(zone: str, moment: datetime) -> None:
    """Law: before standard time (LMT), in zones of 30 and 45 minutes, and beyond the tables that end in 2037."""
    tz = ZoneInfo(zone)
    instant = moment.replace(tzinfo=UTC)
    shown = instant.astimezone(tz).replace(tzinfo=None)
    assert wall_times(pa.array([instant], pa.timestamp("us", tz="UTC")), zone).to_pylist() == [shown]
    moments = instants(pa.array([shown], pa.timestamp("us")), zone)
    folds_of_zoneinfo = {shown.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1)}
    assert {moments.first.to_pylist()[0], moments.second.to_pylist()[0]} == folds_of_zoneinfo
    assert moments.twice.tolist() == [len(folds_of_zoneinfo) == 2]
    assert not moments.never.any()


@pytest.mark.parametrize(
    ("zone", "stamp"),
    [
        ("Australia/Sydney", "2025-10-05 02:00"),
        ("America/Sao_Paulo", "2018-11-04 00:30"),
        ("Asia/Beirut", "2024-03-31 00:00"),
        ("Australia/Lord_Howe", "2024-10-06 02:15"),
        ("Pacific/Apia", "2011-12-30 12:00"),
        ("Asia/Kathmandu", "1986-01-01 00:10"),
    ],
)
def test_a_time_that_clocks_skip_never_is(zone: str, stamp: str) -> None:
    """Samoa skipped a whole day, Nepal a quarter of an hour."""
    moments = instants(wall(stamp, "2001-01-01 00:00"), zone)
    assert moments.never.tolist() == [True, False]
    assert moments.first.is_null().to_pylist() == [True, False]


@pytest.mark.parametrize(
    ("zone", "stamp", "starts"),
    [
        ("UTC", "2024-01-01 00:00", True),
        ("UTC", "2024-01-01 01:00", False),
        ("America/Sao_Paulo", "2018-11-04 01:00", True),
        ("America/Sao_Paulo", "2018-11-05 01:00", False),
        ("Asia/Beirut", "2024-03-31 01:00", True),
        ("Asia/Beirut", "2024-03-31 01:01", False),
        ("UTC", "0001-01-01 12:00", False),
        ("Asia/Tokyo", "9999-12-31 23:00", False),
    ],
)
def test_a_day_starts_where_clocks_skip_midnight_at_the_first_moment(zone: str, stamp: str, starts: bool) -> None:
    assert starts_a_day(wall(stamp), zone).tolist() == [starts]


def folds(stamps: list[str], twice: set[str], series: list[int] | None = None) -> Folds:
    """Rows of one day as HH:MM, of one series where none is given."""
    midnight = datetime(2024, 11, 3)
    distinct = sorted(set(stamps))
    hours = [timedelta(hours=int(text[:2]), minutes=int(text[3:])) for text in distinct]
    local = np.array([(midnight + hour - datetime(1970, 1, 1)) // timedelta(microseconds=1) for hour in hours])
    code = np.array([distinct.index(stamp) for stamp in stamps], np.int32)
    row_series = np.array(series or [0] * len(stamps), np.int32)
    return assign_folds(local, np.array([text in twice for text in distinct]), code, row_series)


def test_the_second_of_two_equal_stamps_is_of_the_second_pass() -> None:
    """Law: fold 1 begins where the times of the repeated hour stay or go back."""
    assigned = folds(["00:00", "01:00", "01:00", "02:00"], {"01:00"})
    assert (assigned.rows.tolist(), assigned.second.tolist()) == ([1, 2], [False, True])
    assert not assigned.once.any()
    assert not assigned.unclear.any()


def test_the_second_pass_begins_where_stamps_go_back_though_one_is_absent() -> None:
    """01:30 is absent in the first pass: it comes once, and after the stamps went back."""
    stamps = ["00:45", "01:00", "01:15", "01:45", "01:00", "01:30", "01:45", "02:00"]
    assigned = folds(stamps, {"01:00", "01:15", "01:30", "01:45"})
    assert assigned.rows.tolist() == [1, 2, 3, 4, 5, 6]
    assert assigned.second.tolist() == [False, False, False, True, True, True]


def test_each_series_has_its_own_passes() -> None:
    """Rows of two series in turn, as a table that is sorted by time has them."""
    assigned = folds(["00:00", "00:00", "01:00", "01:00", "01:00", "01:00"], {"01:00"}, [0, 1, 0, 1, 0, 1])
    assert (assigned.rows.tolist(), assigned.second.tolist()) == ([2, 4, 3, 5], [False, True, False, True])
    assert not assigned.unclear.any()


def test_an_hour_that_comes_once_is_said_to() -> None:
    assigned = folds(["00:00", "01:00", "02:00"], {"01:00"})
    assert (assigned.once.tolist(), assigned.second.tolist(), assigned.unclear.tolist()) == ([True], [False], [False])


@pytest.mark.parametrize(
    "stamps",
    [
        ["02:00", "01:00", "01:00", "00:00"],
        ["01:00", "00:00", "01:00", "02:00"],
        ["00:00", "01:00", "01:00", "01:00", "02:00"],
        ["00:00", "03:00", "02:00", "01:00", "01:00"],
    ],
)
def test_rows_out_of_order_tell_nothing(stamps: list[str]) -> None:
    """A table with the newest row first would have its two passes exchanged."""
    assert folds(stamps, {"01:00"}).unclear.all()


def test_hours_of_two_autumns_are_told_apart() -> None:
    """The passes of 2023 say nothing of 2024."""
    local = np.array([datetime(year, 11, 5).timestamp() * 1e6 for year in (2023, 2024)]).astype(np.int64)
    code, series = np.array([0, 0, 1, 1], np.int32), np.zeros(4, np.int32)
    assigned = assign_folds(local, np.array([True, True]), code, series)
    assert assigned.second.tolist() == [False, True, False, True]
    assert not assigned.unclear.any()
