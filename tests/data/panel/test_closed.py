"""Closed steps: which they are, what a panel makes of them, and how a table shows them."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from ingested import PLANNED, WITH_PLAN, assemble, at, history, pipeline, repairs, table
from pydantic import ValidationError

from lstm.config import Calendar
from lstm.data.frequency.aliases import parse_frequency
from lstm.data.panel.closed import closed_places, closed_steps
from lstm.errors import ConfigError, DataError

DAILY = parse_frequency("D")
HOURLY = parse_frequency("h")


def closed(calendar: Calendar, first: str, count: int, frequency=DAILY, zone="UTC") -> list[int]:
    """Which of so many steps from a time on are closed."""
    ordinals = frequency.ordinal_of_text(first) + np.arange(count)
    return np.flatnonzero(closed_steps(calendar, frequency, ordinals, zone)).tolist()


def test_weekdays_days_of_the_year_and_holidays_are_closed():
    """2024-12-20 is a Friday; the 6th of January is a holiday in Bavaria, and not in Berlin."""
    calendar = Calendar(closed=("Sun", "12-24", "holidays"), holidays="DE-BY")
    # Sundays the 22nd, 29th and 5th; Christmas Eve; the 25th, 26th, New Year and Epiphany.
    assert closed(calendar, "2024-12-20", 18) == [2, 4, 5, 6, 9, 12, 16, 17]
    assert 17 not in closed(calendar.model_copy(update={"holidays": "DE-BE"}), "2024-12-20", 18)


def test_hours_are_closed_by_the_local_clock_also_over_midnight():
    """22:00 in Berlin in winter is 21:00 UTC."""
    calendar = Calendar(closed=("22:00-06:00",))
    assert closed(calendar, "2024-01-01T00:00Z", 24, HOURLY, "Europe/Berlin") == [0, 1, 2, 3, 4, 21, 22, 23]


@pytest.mark.parametrize("entry", ["Sunday", "sun", "13-01", "12-32", "8-20", "20:00", "24:00-06:00", ""])
def test_an_entry_that_is_not_understood_is_refused_by_name(entry):
    with pytest.raises(ValidationError, match=f"closed: '{entry}' is none of Mon"):
        Calendar(closed=(entry,))


def test_closed_holidays_need_a_region():
    with pytest.raises(ValidationError, match="does not say of which region"):
        Calendar(closed=("holidays",))


@pytest.mark.parametrize(("alias", "entry"), [("W-SUN", "Sun"), ("MS", "Sun"), ("1", "Sun"), ("D", "20:00-07:00")])
def test_steps_without_such_a_place_are_refused(alias, entry):
    with pytest.raises(ConfigError, match=r"calendar\.closed"):
        closed_steps(Calendar(closed=(entry,)), parse_frequency(alias), np.arange(3), "UTC")


# From Monday the 1st of January 2024 to Saturday the 13th, no row on Sunday the 7th; the run is of Monday the 15th.
OPEN = [day for day in range(1, 14) if day != 7]
CLOSED = {"closed": ["Sun"], "features": False}


def shop(planned: list[int], **source: Any) -> tuple[Any, Any]:
    rows: list[tuple[Any, ...]] = [("A", f"2024-01-{day:02d}", float(day), 1.0) for day in OPEN]
    rows += [("A", f"2024-01-{day:02d}", None, 2.0) for day in planned]
    settings = pipeline(source=WITH_PLAN | source, horizon=7, calendar=CLOSED, quality={"freshness": 1})
    return assemble(table(rows, PLANNED), settings, at("2024-01-15"))


@pytest.mark.parametrize("gaps", ["missing", "zero", "error"])
def test_a_closed_step_is_neither_late_nor_missing_and_needs_no_future_covariate(gaps):
    """The cutoff is Sunday the 14th, the table ends on Saturday, and Sunday the 21st has no plan."""
    panel, report = shop(planned=list(range(15, 21)), gaps=gaps)
    assert history(panel)[:14] == [float(day) if day in OPEN else None for day in range(1, 15)]
    assert report.late == 0
    assert not any("ends" in warning for warning in report.warnings)
    assert report.missing == ()
    assert report.per_series.missing == (0.0,)
    assert panel.future[-1, 0] == 2.0  # carried


def test_an_open_day_without_its_future_covariate_is_refused_all_the_same():
    with pytest.raises(DataError, match=r"'plan' is missing in 1 steps .* first 'A' at 2024-01-20"):
        shop(planned=list(range(15, 20)))


def test_what_was_counted_on_a_closed_day_is_left_out_and_said():
    """Sunday the 7th had a value of 5, Sunday the 14th one of 0."""
    rows = [("A", f"2024-01-{day:02d}", {7: 5.0, 14: 0.0}.get(day, 1.0)) for day in range(1, 16)]
    panel, report = assemble(table(rows), pipeline(calendar=CLOSED), at("2024-01-16"))
    assert history(panel)[6] is None
    assert history(panel)[13] is None
    assert repairs(report) == [("values of closed steps left out", "A", "y", 1, "2024-01-07")]


def test_days_that_never_have_a_row_are_named():
    """Ten weeks without a row on any Sunday, in two series that begin on different days."""
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(70)]
    rows = [(name, str(day), 1.0 + day.day) for name in "AB" for day in days if day.weekday() < 6]
    _, report = assemble(table(rows[3:]), pipeline(), at("2024-03-11"))
    assert [warning for warning in report.warnings if "never" not in warning and "Sun" in warning] == [
        'no series has a row on Sun; if that is always so, set calendar.closed = ["Sun"], or these steps are forecast '
        "like all others"
    ]
    _, report = assemble(table([*rows, ("B", "2024-02-04", 1.0)]), pipeline(), at("2024-03-11"))
    assert not any("Sun" in warning for warning in report.warnings)


def test_hours_that_never_have_a_row_are_named():
    """Open from 7 to 20, ten weeks long."""
    ordinals = np.arange(24 * 70)
    assert closed_places(HOURLY, (ordinals, (ordinals % 24 >= 7) & (ordinals % 24 < 20)), "UTC") == ("20:00-07:00",)
    assert closed_places(HOURLY, (ordinals, np.ones(len(ordinals), bool)), "UTC") == ()
    assert closed_places(HOURLY, (ordinals[: 24 * 20], ordinals[: 24 * 20] % 24 >= 7), "UTC") == ()
