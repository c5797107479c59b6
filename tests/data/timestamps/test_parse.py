"""Time columns to times of one kind; rows that have none are refused by row or set aside."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from time_columns import INSTANT, shown, times

from lstm.data.rows.bad_rows import BadRows
from lstm.errors import DataError


def test_times_are_in_order_and_each_comes_once() -> None:
    """Law: codes sort as times do, and two spellings of one time are one."""
    parsed = times(["2024-01-03", "2024-01-01 00:00", "2024-01-03 00:00:00", "2024-01-02"])
    assert parsed.values.to_pylist() == [date(2024, 1, day) for day in (1, 2, 3)]
    assert parsed.code.tolist() == [2, 0, 2, 1]
    assert parsed.code.dtype == np.int32


def test_rows_without_a_time_that_can_be_read_are_set_aside() -> None:
    """A totals row, an empty cell and a day that never was; the rest is read as if they were not there."""
    bad = BadRows(6, lambda row: f"line {row + 2}")
    parsed = times(["01.02.2024", "Total", None, " ", "31.02.2024", "13.02.2024"], bad=bad, bad_rows="set_aside")
    assert shown(parsed) == ["2024-02-01", None, None, None, None, "2024-02-13"]
    assert parsed.code.tolist() == [0, -1, -1, -1, -1, 1]
    assert bad.mask.tolist() == [False, True, True, True, True, False]
    assert [(aside.reason, aside.rows, aside.examples[0]) for aside in bad.set_aside] == [
        ("is empty", 1, "series 'A', line 4"),
        ("is empty", 1, "' ' of series 'A', line 5"),
        ("does not have the form '%d.%m.%Y' that others have", 2, "'Total' of series 'A', line 3"),
    ]


def test_rows_that_are_bad_already_influence_nothing() -> None:
    """Their unreadable time is not looked at, and their time is none of the distinct ones."""
    bad = BadRows(3, str)
    bad.mask[:] = [False, True, True]
    parsed = times(["2024-01-01", "nonsense", "2031-01-01"], bad=bad, series=[0, -1, -1])
    assert parsed.values.to_pylist() == [date(2024, 1, 1)]
    assert parsed.code.tolist() == [0, -1, -1]


def test_the_hour_that_clocks_skip_is_one_bad_row_and_shifts_nothing() -> None:
    """03:00 of 5 October in Sydney is 16:00 of the 4th in UTC."""
    bad = BadRows(4, str)
    stamps = ["2025-10-05 01:00", "2025-10-05 02:00", "2025-10-05 03:00", "2025-10-05 04:00"]
    parsed = times(stamps, zone="Australia/Sydney", time_type=INSTANT, bad=bad, bad_rows="set_aside")
    assert shown(parsed) == ["2025-10-04 15:00Z", None, "2025-10-04 16:00Z", "2025-10-04 17:00Z"]
    assert bad.set_aside[0].reason == "does not exist in Australia/Sydney, where the clocks were put forward"


AUTUMN = ["2024-11-03 00:00", "2024-11-03 01:00", "2024-11-03 01:00", "2024-11-03 02:00"]


@pytest.mark.parametrize("policy", ["error", "set_aside"])
def test_the_hour_that_clocks_repeat_is_refused_with_the_way_out(policy: str) -> None:
    """No value is lost; both rows are good, so they are not set aside either."""
    with pytest.raises(DataError, match=r"exists twice in America/New_York.*source.repeated_hour = \"in_order\""):
        times(AUTUMN, zone="America/New_York", time_type=INSTANT, bad_rows=policy)


def test_the_hour_that_clocks_repeat_is_told_by_the_order_of_rows_where_the_file_says_so() -> None:
    """Two rows at 01:00 and one before and after them are four consecutive hours."""
    parsed = times(AUTUMN, zone="America/New_York", repeated_hour="in_order")
    assert shown(parsed) == [f"2024-11-03 0{hour}:00Z" for hour in (4, 5, 6, 7)]
    assert parsed.notes == ()


def test_the_order_of_rows_is_that_of_each_series() -> None:
    stamps = [stamp for stamp in AUTUMN for _ in range(2)]
    parsed = times(stamps, zone="America/New_York", series=[0, 1] * 4, repeated_hour="in_order")
    assert shown(parsed) == [f"2024-11-03 0{hour}:00Z" for hour in (4, 4, 5, 5, 6, 6, 7, 7)]


def test_a_repeated_hour_that_comes_once_is_its_first_pass_and_said() -> None:
    parsed = times([AUTUMN[0], *AUTUMN[2:]], zone="America/New_York", repeated_hour="in_order")
    assert shown(parsed) == [f"2024-11-03 0{hour}:00Z" for hour in (4, 5, 7)]
    assert parsed.notes == (
        "1 rows of an hour that the clocks repeat come in one pass only, and were taken for the first, before the "
        "clocks were put back; such as '2024-11-03 01:00' of series 'A'",
    )


def test_a_table_with_the_newest_row_first_does_not_tell_the_passes() -> None:
    with pytest.raises(DataError, match=r"not in order of time around it.*line [34].*sort the rows"):
        times(AUTUMN[::-1], zone="America/New_York", repeated_hour="in_order", bad_rows="set_aside")


def test_a_day_has_25_hours_in_autumn_and_23_in_spring() -> None:
    """Budapest, 31 March and 27 October 2024: all hours of both days, an hour apart in UTC."""
    for day, hours in (("2024-03-31", 23), ("2024-10-27", 25)):
        local = pd.date_range(day, periods=hours, freq="h", tz="Europe/Budapest").tz_localize(None)
        parsed = times(list(local.astype(str)), zone="Europe/Budapest", repeated_hour="in_order")
        assert len(parsed.values) == hours
        steps = {
            later - sooner
            for sooner, later in zip(parsed.values.to_pylist(), parsed.values.to_pylist()[1:], strict=False)
        }
        assert steps == {timedelta(hours=1)}


@pytest.mark.parametrize("stamps", [
    ["2024-03-29T23:00:00Z", "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z"],
    ["2024-03-30T00:00:00+01:00", "2024-03-31T00:00:00+01:00", "2024-04-01T00:00:00+02:00"],
])  # fmt: skip
@pytest.mark.parametrize("time_type", [None, pa.date32()])
def test_instants_of_local_midnights_are_local_days(stamps: list[str], time_type: pa.DataType | None) -> None:
    """A day is never shifted to the one before, though its offset changes."""
    parsed = times(stamps, zone="Europe/Budapest", time_type=time_type)
    assert shown(parsed) == ["2024-03-30", "2024-03-31", "2024-04-01"]


@pytest.mark.parametrize(
    ("zone", "stamps"),
    [
        ("America/Sao_Paulo", ["2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"]),
        ("America/Sao_Paulo", ["2018-11-03 00:00", "2018-11-04 01:00", "2018-11-05 00:00"]),
        ("America/Sao_Paulo", ["2018-11-03 00:00", "2018-11-04 00:00", "2018-11-05 00:00"]),
    ],
)
def test_a_day_without_a_midnight_is_a_day(zone: str, stamps: list[str]) -> None:
    """Brazil put its clocks forward at midnight: 4 November 2018 began at 01:00."""
    assert shown(times(stamps, zone=zone)) == ["2018-11-03", "2018-11-04", "2018-11-05"]


def test_a_time_within_the_day_is_off_a_grid_of_days() -> None:
    """Refused by series, time and row, with the setting that takes it."""
    with pytest.raises(
        DataError,
        match=r"is not a midnight in time_zone 'UTC'.*'2024-01-20 07:13' of series 'B', line 3; .*off_grid = \"floor\"",
    ):
        times(["2024-01-20 00:00", "2024-01-20 07:13"], series=[0, 1], time_type=pa.date32())


def test_times_within_the_day_are_cut_to_days_where_the_file_says_so() -> None:
    """04:00 before and 05:00 after the clocks changed; 23:30Z is the next day in Budapest."""
    parsed = times(["2024-03-30 04:00", "2024-03-31 05:00", "2024-04-01"], time_type=pa.date32(), off_grid="floor")
    assert shown(parsed) == ["2024-03-30", "2024-03-31", "2024-04-01"]
    assert parsed.cut is not None
    assert parsed.cut.tolist() == [True, True, False]
    late = times(["2024-01-01T23:30Z"], zone="Europe/Budapest", time_type=pa.date32(), off_grid="floor")
    assert shown(late) == ["2024-01-02"]
    before = times(["1969-12-31 23:00"], time_type=pa.date32(), off_grid="floor")
    assert shown(before) == ["1969-12-31"]


def test_a_time_within_the_day_is_set_aside_where_the_file_says_so() -> None:
    bad = BadRows(2, str)
    parsed = times(["2024-01-20", "2024-01-20 07:13"], time_type=pa.date32(), off_grid="set_aside", bad=bad)
    assert shown(parsed) == ["2024-01-20", None]
    assert parsed.cut is None
    assert bad.set_aside[0].rows == 1


def test_dates_are_local_midnights_on_a_grid_of_hours() -> None:
    stamps = pa.array([date(2024, 1, 1)])
    assert shown(times(stamps, zone="America/New_York", time_type=INSTANT)) == ["2024-01-01 05:00Z"]
