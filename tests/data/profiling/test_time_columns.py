"""The time column: the finest of several, or several columns together."""

from datetime import datetime, timedelta

import pytest
from looks import DAYS, look, suggested, written

from lstm.errors import DataError

HOURS = [datetime(2024, 1, 1) + timedelta(hours=hour) for hour in range(240)]
LOADS = [str(40 + hour.hour) for hour in HOURS]


@pytest.mark.parametrize("names", [("date", "ts"), ("when", "date"), ("day", "hour_start")])
def test_the_finer_of_two_stamps_of_one_moment_is_the_time(names):
    """A date beside it is no version of the row: of 240 hours, 230 were earlier versions."""
    day, stamp = names
    guesses = look({day: [str(h.date()) for h in HOURS], stamp: [str(h) for h in HOURS], "load": LOADS})
    assert written(guesses) == {"series": (), "time": stamp, "targets": ("load",)}


def test_stamps_of_single_events_are_no_grid_so_the_date_is_the_time():
    """Orders at any second: the rows of a day are parts of it, or versions; only a person knows."""
    seconds = [datetime(2024, 1, 1) + timedelta(seconds=7_919 * 13 * n % 2_592_000) for n in range(300)]
    columns = {"order_date": [str(s.date()) for s in seconds], "order_time": [str(s) for s in seconds]}
    guesses = look(columns | {"amount": [str(n % 90) for n in range(300)]})
    assert written(guesses)["time"] == "order_date"
    assert "known_at" not in written(guesses)
    assert {value for name, value in suggested(guesses) if name == "duplicates"} == {"last", "sum", "mean"}
    assert guesses.questions


def test_a_second_time_is_a_version_where_it_lies_after_the_period():
    """Two figures of each month, one and two months after its beginning; nothing but the times says so."""
    months = [f"2023-{month:02d}-01" for month in range(1, 11)]
    later = [(f"2023-{month + 1:02d}-15", f"2023-{month + 2:02d}-15") for month in range(1, 11)]
    rows = [(month, stamp) for month, stamps in zip(months, later, strict=True) for stamp in stamps]
    guesses = look({"month": [m for m, _ in rows], "day": [d for _, d in rows], "y": [str(n) for n in range(20)]})
    assert written(guesses)["known_at"] == "day"


@pytest.mark.parametrize(
    ("day", "clock", "layout"),
    [
        ("{:%d/%m/%Y}", "{:%H.%M.%S}", "%d/%m/%Y %H.%M.%S"),
        ("{:%Y-%m-%d}", "{:%H:%M}", None),
        ("{:%m/%d/%Y}", "{:%I:%M %p}", "%m/%d/%Y %I:%M %p"),
        ("{:%Y%m%d}", "{:%H:%M}", "%Y%m%d %H:%M"),
    ],
)
def test_a_clock_beside_a_date_is_a_part_of_the_time(day, clock, layout):
    """No column says when alone: each clock was a series, of one value a day."""
    hours = [datetime(2024, 1, 20) + timedelta(hours=hour) for hour in range(240)]
    guesses = look({"Date": [day.format(h) for h in hours], "Time": [clock.format(h) for h in hours], "load": LOADS})
    expected = {"series": (), "time": "Date", "time_parts": ("Time",), "targets": ("load",)}
    assert written(guesses) == expected | ({"time_format": layout} if layout else {})


def test_hours_from_1_to_24_are_named_by_their_ends():
    """The hour 24 of a day ends at the midnight after it."""
    columns: dict[str, list[object]] = {
        "day": [str(h.date()) for h in HOURS],
        "HE": [h.hour + 1 for h in HOURS],
        "load": [*LOADS],
    }
    guesses = look(columns)
    assert written(guesses)["time_parts"] == ("HE",)
    assert written(guesses)["time_label"] == "end"
    assert "time_label" not in written(look(columns | {"HE": [h.hour for h in HOURS]}))


def test_the_hour_of_a_day_that_has_one_row_is_no_clock():
    """The hour of a peak is a number of its day."""
    guesses = look({"day": DAYS, "hour": [18 + n % 3 for n in range(40)], "peak": [str(n % 7) for n in range(40)]})
    assert "time_parts" not in written(guesses)


def test_year_month_day_and_hour_are_one_time():
    """Beijing's air: a column for each."""
    parts = {name: [getattr(h, name) for h in HOURS] for name in ("year", "month", "day", "hour")}
    guesses = look({"No": [*range(1, 241)], **parts, "pm2.5": [str(n % 90 + 0.5) for n in range(240)]})
    assert written(guesses) == {
        "series": (),
        "time": "year",
        "time_parts": ("month", "day", "hour"),
        "time_format": "%Y %m %d %H",
        "targets": ("pm2.5",),
    }


def test_readings_around_half_hours_count_for_the_nearest_one():
    """Up to three minutes early or late; by floor every second one would meet the one before it."""
    stamps = [datetime(2024, 1, 1, 8) + timedelta(minutes=30 * n, seconds=n * 97 % 361 - 180) for n in range(200)]
    guesses = look({"updated": [str(stamp) for stamp in stamps], "cars": [str(n % 60) for n in range(200)]})
    assert written(guesses)["off_grid"] == "nearest"
    assert guesses.frequency == "30min"
    exact = [str(datetime(2024, 1, 1) + timedelta(minutes=30 * n)) for n in range(200)]
    assert "off_grid" not in written(look({"t": exact, "cars": [str(n % 60) for n in range(200)]}))


def test_a_table_without_times_is_refused():
    """The columns are listed, and the option that names one."""
    with pytest.raises(DataError, match=r"no column holds times.*'name', 'y'.*--time"):
        look({"name": ["a", "b"], "y": ["1", "2"]})


@pytest.mark.parametrize("names", [("2020-01-31", "2020-02-29"), ("2019", "2020", "2021"), ("Jan 2020", "Feb 2020")])
def test_a_table_of_a_few_columns_that_are_times_is_said_to_be_wide(names):
    """Its times are its header; nobody could name one with --time."""
    with pytest.raises(DataError, match=rf"such as '{names[0]}' and '{names[-1]}': the table is wide, .*long form"):
        look({"RegionName": ["Foo", "Bar"], **{name: ["100", "200"] for name in names}})


def test_a_column_a_step_is_told_from_a_table_without_times():
    """The wide form of competitions: a row a series, a column a step."""
    columns = {f"V{step}": [str(step / 8), str(step / 4)] for step in range(2, 14)}
    with pytest.raises(DataError, match="bring it into the long form"):
        look({"V1": ["H1", "H2"], **columns})
