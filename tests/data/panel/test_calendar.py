"""Calendar covariates, against the standard library's calendar and the published holidays of the United States."""

from dataclasses import replace
from datetime import UTC, date, datetime
from math import cos, isclose, pi, sin

import numpy as np
import pyarrow as pa
import pytest
from ingested import PLANNED, WITH_PLAN, assemble, at, pipeline, table

from lstm.config import Calendar
from lstm.data.frequency.aliases import Frequency, parse_frequency
from lstm.data.panel.calendar import (
    CalendarColumns,
    calendar_covariates,
    calendar_features,
    holiday_feature,
    with_calendar,
)
from lstm.data.panel.selection import consecutive_series
from lstm.errors import ConfigError
from panels import make_panel


def ordinal(grid: Frequency, *moments: date) -> np.ndarray:
    return grid.ordinals(pa.array(moments, grid.arrow_type))[0]


@pytest.mark.parametrize(
    ("alias", "cycles"),
    [("15min", "hour weekday yearday"), ("h", "hour weekday yearday"), ("D", "weekday yearday"),
     ("B", "weekday yearday"), ("W-MON", "yearday"), ("MS", "month"), ("QE", "month"), ("YS", ""), ("1", "")],
)  # fmt: skip
def test_the_cycles_fit_the_step(alias: str, cycles: str) -> None:
    names, values = calendar_features(parse_frequency(alias), np.arange(5), "UTC")
    assert names == tuple(f"calendar:{cycle}_{part}" for cycle in cycles.split() for part in ("sin", "cos"))
    assert values.shape == (5, len(names))
    assert values.dtype == np.float32


def test_the_hour_is_that_of_the_local_clock_with_its_minutes() -> None:
    """17:30 UTC in July is 13:30 in New York: 13.5 / 24 of a turn, on a Thursday (3 of 7)."""
    grid = parse_frequency("30min")
    names, values = calendar_features(grid, ordinal(grid, datetime(2013, 7, 4, 17, 30, tzinfo=UTC)), "America/New_York")
    features = dict(zip(names, values[0].tolist(), strict=True))
    assert isclose(features["calendar:hour_sin"], sin(2 * pi * 13.5 / 24), abs_tol=1e-6)
    assert isclose(features["calendar:hour_cos"], cos(2 * pi * 13.5 / 24), abs_tol=1e-6)
    assert isclose(features["calendar:weekday_sin"], sin(2 * pi * 3 / 7), abs_tol=1e-6)
    assert isclose(features["calendar:yearday_cos"], cos(2 * pi * 184 / 365.2425), abs_tol=1e-6)


def test_months_turn_once_a_year() -> None:
    grid = parse_frequency("MS")
    names, values = calendar_features(grid, ordinal(grid, date(1960, 4, 1), date(2024, 10, 1)), "UTC")
    assert names == ("calendar:month_sin", "calendar:month_cos")
    np.testing.assert_allclose(values, [[1.0, 0.0], [-1.0, 0.0]], atol=1e-6)


def test_holidays_are_those_of_the_country_and_its_subdivision() -> None:
    """Lincoln's birthday, 12 February, is a holiday in New York and none of the United States."""
    grid = parse_frequency("D")
    days = ordinal(grid, date(2013, 2, 12), date(2013, 7, 3), date(2013, 7, 4), date(2013, 12, 25))
    assert holiday_feature(grid, days, "UTC", "US").tolist() == [0, 0, 1, 1]
    assert holiday_feature(grid, days, "UTC", "US-NY").tolist() == [1, 0, 1, 1]


def test_an_hour_is_a_holiday_by_its_local_day() -> None:
    """02:00 UTC on the 5th of July is still the evening of the 4th in New York, as 03:00 UTC on the 4th was the 3rd."""
    grid = parse_frequency("h")
    hours = ordinal(grid, datetime(2013, 7, 4, 3, tzinfo=UTC), datetime(2013, 7, 5, 2, tzinfo=UTC))
    assert holiday_feature(grid, hours, "America/New_York", "US").tolist() == [0, 1]


def test_a_week_has_a_holiday_when_one_of_its_days_is_one() -> None:
    grid = parse_frequency("W-MON")
    weeks = ordinal(grid, date(2013, 6, 24), date(2013, 7, 1), date(2013, 7, 8))
    assert holiday_feature(grid, weeks, "UTC", "US").tolist() == [0, 1, 0]


def test_an_unknown_country_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"calendar.holidays = 'XQ' is not known to the holidays library"):
        holiday_feature(parse_frequency("D"), np.arange(3), "UTC", "XQ")


def test_the_pipeline_file_says_which_are_wanted() -> None:
    grid, steps = parse_frequency("W"), np.arange(3)
    assert calendar_covariates(Calendar(features=False), grid, steps, "UTC")[0] == ()
    names, values = calendar_covariates(Calendar(holidays="US"), grid, steps, "UTC")
    assert names == ("calendar:yearday_sin", "calendar:yearday_cos", "calendar:holiday")
    assert values.shape == (3, 3)


def test_integer_steps_have_no_calendar() -> None:
    names, values = calendar_covariates(Calendar(holidays="US"), parse_frequency("1"), np.arange(3), "UTC")
    assert (names, values.shape) == ((), (3, 0))


def test_the_calendar_comes_after_the_covariates_of_the_user() -> None:
    """2024-01-01 was a Monday and New Year's Day."""
    rows = [("A", f"2024-01-0{day}", 1.0, 9.0) for day in range(1, 6)]
    settings = pipeline(source=WITH_PLAN, calendar={"holidays": "US"})
    panel = with_calendar(assemble(table(rows, PLANNED), settings, at("2024-01-04"))[0])
    weekday, year = ("calendar:weekday_sin", "calendar:weekday_cos"), ("calendar:yearday_sin", "calendar:yearday_cos")
    assert panel.future_names == ("plan", *weekday, *year, "calendar:holiday")
    assert panel.future[:, 5].tolist() == [1, 0, 0, 0, 0]
    np.testing.assert_allclose(panel.future[0, :5], [9, 0, 1, 0, 1], atol=1e-6)


def test_some_series_get_what_the_calendar_says_of_the_whole_panel():
    """Their first step need not be that of the panel; asked again, nothing is added."""
    panel = replace(make_panel({"a": range(9), "b": range(4)}, horizon=2, cutoff=20), calendar=Calendar())
    columns, part = CalendarColumns.of(panel), consecutive_series(panel, 1, 2)
    told = columns.put_into(part)
    assert told.future_names == with_calendar(panel).future_names
    assert np.array_equal(told.future, with_calendar(panel).future[panel.indptr[1] :])
    assert columns.put_into(told) is told
