"""Time columns to times of one kind; rows that have none are refused by row or set aside."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lstm.data.rows.bad_rows import BadRows
from lstm.data.timestamps.parse import TimeRules, Times, read_times
from lstm.errors import DataError

INSTANT = pa.timestamp("us", tz="UTC")


def times(
    values: list[Any] | pa.Array,
    *,
    layout: str | None = None,
    zone: str = "UTC",
    time_type: pa.DataType | None = None,
    series: list[int] | None = None,
    bad: BadRows | None = None,
    **policies: Any,
) -> Times:
    column = pa.chunked_array([values if isinstance(values, pa.Array) else pa.array(values)])
    row_series = np.array(series or [0] * len(column), np.int32)
    rules = TimeRules("ds", layout, zone, time_type, row_series, ["A", "B"], **policies)
    return read_times(column, rules, bad or BadRows(len(column), lambda row: f"line {row + 2}"))


def shown(parsed: Times) -> list[str | None]:
    """The time of each row: `2024-01-31`, `2024-01-31 23:00Z`."""
    texts = [str(text).replace(":00.000000", "") for text in parsed.values.cast(pa.string()).to_pylist()]
    return [texts[code] if code >= 0 else None for code in parsed.code.tolist()]


@pytest.mark.parametrize(
    ("texts", "meant"),
    [
        (["2024-01-31", "2024-02-01"], ["2024-01-31", "2024-02-01"]),
        (["2024-01-31T00:00:00", "2024-02-01 00:00"], ["2024-01-31", "2024-02-01"]),
        (["2024-01-31 07:00", "2024-02-01"], ["2024-01-31 07:00Z", "2024-02-01 00:00Z"]),
        (["2024-01-31T07:00:00Z", "2024-01-31 09:00:00+02:00"], ["2024-01-31 07:00Z"] * 2),
        (["2024-01-31 07:00:00 UTC", "2024-01-31 12:45:00.000000000 +0545"], ["2024-01-31 07:00Z"] * 2),
        ([" 2024-01-31 ", "0001-01-01"], ["2024-01-31", "0001-01-01"]),
        (["9999-12-31", "1969-12-31"], ["9999-12-31", "1969-12-31"]),
    ],
)
def test_iso_texts_are_dates_where_all_are_midnights_and_instants_else(texts: list[str], meant: list[str]) -> None:
    assert shown(times(texts)) == meant


def test_times_are_in_order_and_each_comes_once() -> None:
    """Law: codes sort as times do, and two spellings of one time are one."""
    parsed = times(["2024-01-03", "2024-01-01 00:00", "2024-01-03 00:00:00", "2024-01-02"])
    assert parsed.values.to_pylist() == [date(2024, 1, day) for day in (1, 2, 3)]
    assert parsed.code.tolist() == [2, 0, 2, 1]
    assert parsed.code.dtype == np.int32


@pytest.mark.parametrize(
    ("texts", "meant", "layout"),
    [
        (["01.01.2024", "12.01.2024", "13.01.2024"], ["2024-01-01", "2024-01-12", "2024-01-13"], "%d.%m.%Y"),
        (["12/01/2024", "13/01/2024"], ["2024-01-12", "2024-01-13"], "%d/%m/%Y"),
        (["01/12/2024", "01/13/2024"], ["2024-01-12", "2024-01-13"], "%m/%d/%Y"),
        (["2024/1/9", "2024/1/10"], ["2024-01-09", "2024-01-10"], "%Y/%m/%d"),
        (["2024-1-9", "2024-01-10"], ["2024-01-09", "2024-01-10"], "%Y-%m-%d"),
        (["31-May-2022", "01-Jun-2022"], ["2022-05-31", "2022-06-01"], "%d-%b-%Y"),
        (["May 31, 2022", "June 1, 2022"], ["2022-05-31", "2022-06-01"], "%b %d, %Y"),
        (["31.12.2024 13:05"], ["2024-12-31 13:05Z"], "%d.%m.%Y %H:%M"),
        (["12/31/2024 1:05:00 PM"], ["2024-12-31 13:05Z"], "%m/%d/%Y %I:%M:%S %p"),
        (["12/31/2024 13:05 +0200"], ["2024-12-31 11:05Z"], "%m/%d/%Y %H:%M %z"),
        (["2024-W01", "2024-W02"], ["2024-01-01", "2024-01-08"], "%G-W%V"),
        (["2015Q1", "2015Q2"], ["2015-01-01", "2015-04-01"], "%YQ%q"),
    ],
)
def test_the_only_form_that_fits_all_times_is_taken_and_said(texts: list[str], meant: list[str], layout: str) -> None:
    """Never a mix of two readings; what is said can be written as time_format."""
    parsed = times(texts)
    assert shown(parsed) == meant
    assert parsed.notes == (f"times of 'ds' were read as {layout!r}, the only form that fits them all",)
    assert shown(times(texts, layout=layout)) == meant


def test_an_iso_column_needs_no_words() -> None:
    assert times(["2024-01-31"]).notes == ()


@pytest.mark.parametrize(("texts", "layouts"), [
    (["03/04/2024", "05/04/2024"], "'%d/%m/%Y' and '%m/%d/%Y'"),
    (["03-04-2024 10:00"], "'%d-%m-%Y %H:%M' and '%m-%d-%Y %H:%M'"),
])  # fmt: skip
def test_days_that_may_be_months_are_refused_with_both_readings(texts: list[str], layouts: str) -> None:
    """Ambiguous day-first dates are refused unless the format is given."""
    with pytest.raises(
        DataError, match=rf"'ds' is ambiguous: times such as '{texts[0]}' fit both {layouts}.*time_format"
    ):
        times(texts)


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["45292", "45293"], "is not an existing date or time in the ISO form"),
        (["01112025", "02112025"], "is not an existing date or time in the ISO form"),
        (["20240131", "20240201"], "is not an existing date or time in the ISO form"),
        (["31.01.24", "01.02.24"], "is not an existing date or time in the ISO form"),
        (["1-2015", "2-2015"], "is not an existing date or time in the ISO form"),
        (["2024-02-30"], "is not an existing date or time in the ISO form"),
    ],
)
def test_digits_two_digit_years_and_bare_numbers_are_never_guessed(texts: list[str], why: str) -> None:
    """Never 1970, never January for the first quarter."""
    with pytest.raises(DataError, match=rf"column 'ds' {why}.*'{texts[0]}' of series 'A', line 2.*source.time_format"):
        times(texts)


def test_integers_are_no_times_by_accident() -> None:
    """45292 would be a day of Excel, a second of 1970 or a step: nobody knows which."""
    with pytest.raises(DataError, match=r"'ds' holds integers; set frequency to their step .*\"excel\""):
        times([45292, 45293])


def test_two_forms_in_one_column_are_refused_by_row() -> None:
    """A file that was glued together of two exports."""
    with pytest.raises(DataError, match=r"'31.01.2024' of series 'A', line 3"):
        times(["2024-01-30", "31.01.2024"])
    with pytest.raises(DataError, match=r"'01/30/2024' of series 'A', line 4"):
        times(["28.01.2024", "29.01.2024", "01/30/2024"])


def test_two_forms_are_refused_even_where_bad_rows_are_set_aside() -> None:
    """13/01 is no month and 01/13 is no day: nobody knows what 03/04 is."""
    with pytest.raises(DataError, match="the form '%d/%m/%Y' that others have"):
        times(["13/01/2024", "14/01/2024", "03/04/2024", "01/13/2024"], bad_rows="set_aside")


def test_a_stamp_without_an_offset_among_others_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"has no offset, but other rows have one: '2024-01-02 00:00' of series 'A', line 3"
    ):
        times(["2024-01-01T00:00Z", "2024-01-02 00:00"])


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


def test_integer_steps_are_read_from_digits() -> None:
    """A step is an integer, never a date."""
    assert times(["10", " 9 ", "-1"], time_type=pa.int64()).values.to_pylist() == [-1, 9, 10]
    with pytest.raises(DataError, match=r"is not an integer.*'x' of series 'A', line 3"):
        times(["1", "x"], time_type=pa.int64())
    with pytest.raises(DataError, match="holds date32"):
        times(pa.array([date(2024, 1, 1)]), time_type=pa.int64())
