"""Time axes: clock changes, calendars, irregular stamps, the order of rows, and the edges of time."""

import random
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cases.running import Night, by_series, fill, tell
from cases.tables import (
    csv_text,
    days,
    history,
    horizon_times,
    hours,
    observed,
    pipeline,
    places,
    read,
    refused,
    repairs,
    save,
    set_aside,
)

from lstm.data.frequency.as_of import parse_as_of

SYDNEY, NEW_YORK, BUDAPEST = "Australia/Sydney", "America/New_York", "Europe/Budapest"


def hourly(zone, **source):
    return pipeline(source, frequency="h", horizon=24, time_zone=zone)


def times_of(night, as_of):
    """Times that a night publishes of its only series."""
    outcome = night.run(as_of)
    rows = night.rows(outcome)
    assert rows, outcome.sentence
    assert all(row["forecast"] is not None for row in rows)
    return [row["time"] for row in by_series(rows)["A"]]


# Clock changes


@pytest.fixture
def sydney(tmp_path):
    """48 hours on the wall in Sydney over 5 October 2025, when 02:00 does not exist: rows 1 to 48 are t / 4."""
    save(tmp_path, csv_text(history(["A"], hours(48, "2025-10-04 00:00"))))
    return tmp_path


def test_an_hour_that_the_clocks_skip_is_refused_with_its_stamp(sydney):
    """The row of 2025-10-05 02:00 is the 27th, in line 28."""
    with refused("'ds'", "'2025-10-05 02:00:00'", "does not exist in Australia/Sydney", "line 28"):
        read(sydney, hourly(SYDNEY), "2025-10-06", SYDNEY)


def test_an_hour_that_the_clocks_skip_is_set_aside_and_no_other_row_moves(sydney):
    """03:00 on the wall stays 16:00 UTC of the day before, and has the value of its own row, the 28th."""
    panel, report = read(sydney, hourly(SYDNEY, bad_rows="set_aside"), "2025-10-06", SYDNEY)
    values = observed(panel, "A")
    assert set_aside(report) == [("ds", 1)]
    assert "2025-10-05 02:00" in places(report)
    assert len(values) == 47
    assert None not in values.values()
    assert values["2025-10-04T16:00Z"] == 10 + 27 / 4
    assert values["2025-10-04T15:00Z"] == 10 + 25 / 4
    assert list(values)[-1] == "2025-10-05T12:00Z"


def new_york():
    """72 hours from 2 November 2024; 01:00 of the 3rd comes twice, as rows 26 and 27 (from 1)."""
    return [*hours(26, "2024-11-02 00:00"), *hours(46, "2024-11-03 01:00")]


def test_the_repeated_hour_is_told_by_the_order_of_rows_when_the_file_says_so(tmp_path):
    """72 consecutive hours, and both values of 01:00 stay: 05:00 UTC and 06:00 UTC."""
    save(tmp_path, csv_text(history(["A"], new_york())))
    panel, report = read(tmp_path, hourly(NEW_YORK, repeated_hour="in_order"), "2024-11-04T23:00", NEW_YORK)
    values = observed(panel, "A")
    assert len(values) == 72
    assert None not in values.values()
    assert values["2024-11-03T05:00Z"] == 10 + 25 / 4
    assert values["2024-11-03T06:00Z"] == 10 + 26 / 4
    assert report.rows_used == 72


def test_the_repeated_hour_of_several_series_is_told_in_each(tmp_path):
    """Rows sorted by time, so that the series take turns."""
    rows = [(name, stamp, level) for stamp in new_york() for name, level in (("A", 1.0), ("B", 2.0))]
    save(tmp_path, csv_text(rows))
    panel, _ = read(tmp_path, hourly(NEW_YORK, repeated_hour="in_order"), "2024-11-04T23:00", NEW_YORK)
    for name, level in (("A", 1.0), ("B", 2.0)):
        assert list(observed(panel, name).values()) == [level] * 72


def test_the_repeated_hour_is_refused_with_the_setting_that_tells_it(tmp_path):
    """The default in a time zone."""
    save(tmp_path, csv_text(history(["A"], new_york())))
    with refused("'2024-11-03 01:00:00'", "twice in America/New_York", 'source.repeated_hour = "in_order"'):
        read(tmp_path, hourly(NEW_YORK), "2024-11-04T23:00", NEW_YORK)


def test_the_repeated_hour_without_a_zone_is_a_doubled_key(tmp_path):
    """Refused with the key, or settled by a stated rule and counted."""
    save(tmp_path, csv_text(history(["A"], new_york())))
    with refused("'A' at 2024-11-03T01:00Z", "source.duplicates"):
        read(tmp_path, hourly("UTC"), "2024-11-05")
    _, report = read(tmp_path, hourly("UTC", duplicates="last"), "2024-11-05")
    assert [(series, count) for _, series, count in repairs(report)] == [("A", 1)]


def budapest_days(count):
    """Local midnights as UTC: 23:00Z of the day before, from 31 March 2024 on 22:00Z."""
    return [f"{before}T{'22' if before >= '2024-03-31' else '23'}:00:00Z" for before in days(count, "2024-02-29")]


@pytest.mark.parametrize("frequency", ["D", None])
def test_local_days_stored_as_utc_are_local_days(tmp_path, frequency):
    """60 consecutive days from 1 March, none doubled at the change; the frequency is found too."""
    save(tmp_path, csv_text(history(["A"], budapest_days(60))))
    panel, report = read(tmp_path, pipeline(frequency=frequency, time_zone=BUDAPEST), "2024-04-30", BUDAPEST)
    assert list(observed(panel, "A")) == days(60, "2024-03-01")
    assert None not in observed(panel, "A").values()
    assert report.frequency == "D"


def test_local_days_stored_as_utc_are_off_the_daily_grid_of_another_zone(tmp_path):
    """Refused, with the zone as the thing to set."""
    save(tmp_path, csv_text(history(["A"], budapest_days(60))))
    with refused("'2024-02-29T23:00:00Z'", "midnight", "time_zone"):
        read(tmp_path, as_of="2024-04-30")


# Calendars


def test_month_ends_go_on_at_the_end_of_a_leap_february(tmp_path):
    """After 31 January come 29 February, 31 March and 30 April; never 2 March."""
    ends = [f"{date.fromordinal(date(2020 + m // 12, m % 12 + 1, 1).toordinal() - 1)}" for m in range(1, 50)]
    assert (ends[0], ends[-1]) == ("2020-01-31", "2024-01-31")
    save(tmp_path, csv_text(history(["A"], ends)))
    night = Night(tmp_path, horizon=3, look_back=12, frequency="ME")
    assert times_of(night, "2024-02-01") == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]


@pytest.mark.parametrize("frequency", ["W", None])
def test_weeks_keep_the_weekday_of_the_table(tmp_path, frequency):
    """W is Sundays elsewhere; this table has Tuesdays, and so have its forecasts."""
    save(tmp_path, csv_text(history(["A"], days(7 * 60, "2022-11-08")[::7])))
    night = Night(tmp_path, horizon=3, look_back=12, frequency=frequency)
    assert times_of(night, "2024-01-02") == [date(2024, 1, 2), date(2024, 1, 9), date(2024, 1, 16)]


def test_a_table_of_two_weekdays_does_not_fit_a_weekly_frequency(tmp_path):
    """A Wednesday among Tuesdays is named."""
    stamps = [*days(7 * 20, "2023-01-03")[::7], "2023-05-24"]
    save(tmp_path, csv_text(history(["A"], stamps)))
    with refused("'A'", "2023-05-24"):
        read(tmp_path, pipeline(frequency="W-TUE"), "2023-06-01")


def test_the_old_letter_of_hours_still_means_hours(tmp_path):
    """The capital H, which pandas 3 refuses."""
    save(tmp_path, csv_text(history(["A"], hours(240, "2024-01-01 00:00"))))
    night = Night(tmp_path, horizon=24, look_back=48, frequency="H")
    assert times_of(night, "2024-01-11") == [datetime(2024, 1, 11, hour, tzinfo=UTC) for hour in range(24)]


def test_missing_months_are_the_first_of_a_month(tmp_path):
    """March to June of 2021 have no row; exactly they are added."""
    months = [f"{2020 + month // 12}-{month % 12 + 1:02d}-01" for month in range(36)]
    save(tmp_path, csv_text([row for row in history(["A"], months) if not "2021-03" <= row[1] <= "2021-06-30"]))
    for frequency in ("MS", None):
        panel, _ = read(tmp_path, pipeline(horizon=3, frequency=frequency), "2023-01-01")
        assert list(observed(panel, "A")) == months
        assert [day for day, value in observed(panel, "A").items() if value is None] == months[14:18]
    _, report = read(tmp_path, pipeline({"gaps": "zero"}, horizon=3, frequency="MS"), "2023-01-01")
    assert [(series, count) for _, series, count in repairs(report)] == [("A", 4)]


QUARTERS = [f"{number}-{year}" for year in range(2019, 2024) for number in (1, 2, 3, 4)]


@pytest.mark.parametrize("frequency", ["QS", None])
def test_numbers_of_quarters_are_quarters_with_their_format(tmp_path, frequency):
    """2-2019 is the second quarter, which begins on 1 April."""
    save(tmp_path, csv_text(history(["A"], QUARTERS)))
    panel, _ = read(tmp_path, pipeline({"time_format": "%q-%Y"}, horizon=3, frequency=frequency), "2024-01-01")
    expected = [f"{year}-{month}-01" for year in range(2019, 2024) for month in ("01", "04", "07", "10")]
    assert list(observed(panel, "A")) == expected
    assert horizon_times(panel) == ["2024-01-01", "2024-04-01", "2024-07-01"]


@pytest.mark.parametrize("frequency", ["QS", "MS", None])
def test_numbers_of_quarters_are_never_months(tmp_path, frequency):
    """Without the format they are refused."""
    save(tmp_path, csv_text(history(["A"], QUARTERS)))
    with refused("'1-2019'", "date", "source.time_format"):
        read(tmp_path, pipeline(horizon=3, frequency=frequency), "2024-01-01")


# Irregular times


@pytest.fixture
def late_stray(tmp_path):
    """112 daily series of 10 days; only S110, beyond the first hundred, has a stamp at 06:21, in line 1107."""
    rows = history([f"S{number:03d}" for number in range(112)], TEN)
    rows[1105] = ("S110", "2024-01-06 06:21:00", rows[1105][2])
    save(tmp_path, csv_text(rows))
    return tmp_path


TEN = days(10)


@pytest.mark.parametrize("frequency", ["D", None])
def test_the_one_irregular_series_is_named_however_late_it_comes(late_stray, frequency):
    """Refused before any training, with series and stamp."""
    with refused("2024-01-06 06:21", "'S110'", *(["line 1107"] if frequency else [])):
        read(late_stray, pipeline(frequency=frequency), "2024-01-11")


def test_the_one_irregular_stamp_is_taken_as_its_day_and_counted(late_stray):
    """`off_grid = "floor"`."""
    panel, report = read(late_stray, pipeline({"off_grid": "floor"}), "2024-01-11")
    assert panel.series == 112
    assert list(observed(panel, "S110")) == TEN
    assert None not in observed(panel, "S110").values()
    assert [(series, count) for _, series, count in repairs(report)] == [("S110", 1)]


def test_the_one_irregular_row_is_left_out_and_the_others_are_as_usual(late_stray):
    """`off_grid = "set_aside"`."""
    panel, report = read(late_stray, pipeline({"off_grid": "set_aside"}), "2024-01-11")
    assert panel.series == 112
    assert [day for day, value in observed(panel, "S110").items() if value is None] == ["2024-01-06"]
    assert report.rows_used == 1119
    assert set_aside(report) == [("ds", 1)]
    assert "06:21" in places(report)


@pytest.fixture
def moving_hour(tmp_path):
    """40 days of two series, stamped 05:00 and, from 10 March 2024, 04:00."""
    stamps = [f"{day} 0{5 if day < '2024-03-10' else 4}:00:00" for day in days(40, "2024-02-20")]
    save(tmp_path, csv_text(history(["A", "B"], stamps)))
    return tmp_path


def test_days_whose_hour_moves_are_days(moving_hour):
    """Floored by the stated rule, 40 days a series, nothing filled, and said."""
    panel, report = read(moving_hour, pipeline({"off_grid": "floor"}), "2024-03-31")
    for name in ("A", "B"):
        assert list(observed(panel, name)) == days(40, "2024-02-20")
        assert None not in observed(panel, name).values()
    assert sum(count for _, _, count in repairs(report)) == 80


@pytest.mark.parametrize("frequency", ["D", None])
def test_days_whose_hour_moves_are_refused_without_a_rule(moving_hour, frequency):
    """By default, with the policy that would take them."""
    with refused("'A'", "2024-02-20 05:00:00", "source.off_grid"):
        read(moving_hour, pipeline(frequency=frequency), "2024-03-31")


def test_integer_steps_go_on_as_integers(tmp_path):
    """After the steps 1 to 90 come 91 to 97, never a date of 1970."""
    save(tmp_path, csv_text(history(["A"], [str(step) for step in range(1, 91)])))
    assert times_of(Night(tmp_path, frequency="1"), "91") == list(range(91, 98))


def test_integers_are_no_dates(tmp_path):
    """With a frequency of days they are refused, with the one for integer steps."""
    save(tmp_path, csv_text(history(["A"], [str(step) for step in range(1, 91)])))
    with refused("'1'", "date", 'frequency = "1"'):
        read(tmp_path, as_of="2024-04-01")


@pytest.mark.parametrize("frequency", ["5min", None])
def test_a_grid_off_zero_keeps_its_phase(tmp_path, frequency):
    """From 17:34 every 5 minutes; 300 rows, none filled; it goes on at 18:34 the next day."""
    save(tmp_path, csv_text(history(["A"], hours(300, "2024-01-01 17:34", minutes=5))))
    night = Night(tmp_path, horizon=12, look_back=48, frequency=frequency)
    begin = datetime(2024, 1, 2, 18, 34, tzinfo=UTC)
    assert times_of(night, "2024-01-02T18:34:00Z") == [begin + timedelta(minutes=5 * step) for step in range(12)]
    panel, _ = read(tmp_path, pipeline(horizon=12, frequency=frequency), "2024-01-02T18:34")
    assert len(observed(panel, "A")) == 300
    assert None not in observed(panel, "A").values()


@pytest.mark.parametrize("frequency", ["D", None])
def test_a_weekly_series_among_daily_ones_is_reported_and_not_filled(tmp_path, frequency):
    """B has Mondays only, 6 of 36 days; A is as usual."""
    rows = history(["A"], days(36)) + [("B", day, 5.0) for day in days(36)[::7]]
    save(tmp_path, csv_text(rows))
    panel, report = read(tmp_path, pipeline(frequency=frequency), "2024-02-06")
    assert report.frequency == "D"
    assert report.per_series.observed["y"] == (36, 6)
    assert any("mostly missing: 'B' (6 of 36 steps" in warning for warning in report.warnings)
    assert [day for day, value in observed(panel, "B").items() if value is not None] == days(36)[::7]
    assert int(panel.observed.sum()) == 42


# The order of rows


def test_shuffled_rows_make_the_same_panel(tmp_path):
    """The panel decides on windows, metrics and forecasts, and it is equal to the last bit."""
    rows = history(["A", "B"], days(60))
    save(tmp_path, csv_text(rows))
    before, _ = read(tmp_path, as_of="2024-03-01")
    save(tmp_path, csv_text(random.Random(1).sample(rows, len(rows))))
    after, _ = read(tmp_path, as_of="2024-03-01")
    assert after.fingerprint == before.fingerprint


def test_rows_exported_twice_are_dropped_and_counted(tmp_path):
    """8 equal rows of B; the panel is that of the file without them."""
    rows = history(["A", "B"], days(30))
    save(tmp_path, csv_text(rows))
    before, _ = read(tmp_path, as_of="2024-01-31")
    save(tmp_path, csv_text(rows + rows[40:48]))
    after, report = read(tmp_path, as_of="2024-01-31")
    assert after.fingerprint == before.fingerprint
    assert repairs(report) == [("equal rows dropped", "B", 8)]


def test_a_series_in_two_blocks_is_one_series(tmp_path):
    """The first 20 days of A, all of B, the other 20 days of A."""
    rows = history(["A", "B"], days(40))
    save(tmp_path, csv_text(rows))
    before, _ = read(tmp_path, as_of="2024-02-10")
    save(tmp_path, csv_text(rows[:20] + rows[40:] + rows[20:40]))
    after, report = read(tmp_path, as_of="2024-02-10")
    assert after.fingerprint == before.fingerprint
    assert report.per_series.observed["y"] == (40, 40)


# The edges of time


@pytest.mark.parametrize("frequency", ["D", None])
def test_a_row_of_the_year_9999_is_left_out_by_name(tmp_path, frequency):
    """Open-ended validity in a database; the series ends where it ended, and the row is named."""
    tell(tmp_path / "in.db", "CREATE TABLE sales (id TEXT, ds TEXT, y REAL)")
    fill(tmp_path / "in.db", "sales", [*history(["A", "B"], TEN), ("A", "9999-12-31", 100.0)])
    source = {"url": "sqlite:///in.db", "table": "sales"}
    panel, report = read(tmp_path, pipeline(source, frequency=frequency), "2024-01-11")
    assert list(observed(panel, "A")) == TEN
    assert report.rows_after_horizon == 1
    said = [sentence for sentence in report.sentences(20) if "9999-12-31" in sentence]
    assert len(said) == 1
    assert "A" in said[0]


def test_months_before_1970_survive_until_they_are_forecast(tmp_path):
    """From January 1950; windows, files and the store keep the dates."""
    months = [f"{1950 + month // 12}-{month % 12 + 1:02d}-01" for month in range(60)]
    save(tmp_path, csv_text(history(["A"], months)))
    night = Night(tmp_path, horizon=3, look_back=12, frequency="MS")
    outcome = night.run("1955-01-01")
    rows = night.rows(outcome)
    assert [row["time"] for row in rows] == [date(1955, month, 1) for month in (1, 2, 3)]
    assert {row["cutoff"] for row in rows} == {date(1954, 12, 1)}
    assert min(night.windows(outcome)["cutoff"].to_pylist()) == date(1950, 1, 1)
    again = by_series(night.current().to_pylist())
    assert [row["time"] for row in again["A"]] == [date(1955, month, 1) for month in (1, 2, 3)]


def test_old_and_new_parquet_units_make_one_axis(tmp_path):
    """Nanoseconds and dictionary ids in one file, microseconds in the other: 30 and 30 consecutive days."""
    for name, first, unit in (("old", 0, "ns"), ("new", 30, "us")):
        stamps = [datetime.fromisoformat(day) for day in days(60)[first : first + 30]]
        ids = pa.array(["A"] * 30)
        columns = {
            "id": ids.dictionary_encode() if unit == "ns" else ids,
            "ds": pa.array(stamps, pa.timestamp(unit)),
            "y": [float(first + step) for step in range(30)],
        }
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    panel, report = read(tmp_path, pipeline({"path": "*.parquet"}), "2024-03-01")
    assert observed(panel, "A") == {day: float(step) for step, day in enumerate(days(60))}
    assert report.rows_used == 60


def test_a_date_as_of_is_a_day_of_the_zone():
    """Midnight in Budapest is 22:00 UTC of the day before in April."""
    chosen = pipeline(time_zone=BUDAPEST)
    assert parse_as_of("2024-04-30", pipeline=chosen, now=datetime.now(UTC)) == datetime(2024, 4, 29, 22, tzinfo=UTC)
