"""The form that times are written in."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from looks import DAYS, look, suggested, why, written

from lstm.data.profiling.profile import Sample, Wishes, guess


def test_ambiguous_days_are_a_question_with_both_readings():
    """1 February or 2 January: the example is a row in which the two readings differ."""
    days = [f"0{month}/0{day}/2024" for month in range(1, 4) for day in range(1, 10)]
    guesses = look({"date": days, "y": [str(n) for n in range(27)]})
    assert suggested(guesses)[:2] == [("time_format", "%d/%m/%Y"), ("time_format", "%m/%d/%Y")]
    reasons = [setting.why for setting in guesses.source if setting.name == "time_format"]
    assert "1 February 2024" in reasons[0] or "2 January 2024" in reasons[1]
    assert "'%d/%m/%Y' and '%m/%d/%Y'" in guesses.questions[0]


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("31.01.2024", "%d.%m.%Y"),
        ("01/31/2024", "%m/%d/%Y"),
        ("31-Jan-2024", "%d-%b-%Y"),
        ("Jan 31, 2024", "%b %d, %Y"),
        ("20240131", "%Y%m%d"),
        ("31/01/24", "%d/%m/%y"),
        ("31.01.2024 06:30", "%d.%m.%Y %H:%M"),
        ("01/31/2024 6:30 PM", "%m/%d/%Y %I:%M %p"),
        ("31/01/2024 06:30 +01:00", "%d/%m/%Y %H:%M %z"),
        ("2024-01", "%Y-%m"),
        ("1749-01", "%Y-%m"),
        ("31.01.1066", "%d.%m.%Y"),
        ("2024-W05", "%G-W%V"),
        ("Q3 2024", "Q%q %Y"),
    ],
)
def test_the_form_of_times_is_found(text, layout):
    """Every form is told by one time that no other form has."""
    guesses = look({"when": [text], "y": ["1"]})
    assert written(guesses)["time"] == "when"
    assert written(guesses)["time_format"] == layout


def test_iso_times_need_no_format():
    """`2024-01-31T06:00:00Z` is read as it is."""
    guesses = look({"when": [f"{day}T06:00:00Z" for day in DAYS], "y": [str(n) for n in range(40)]})
    assert "time_format" not in written(guesses)


def test_years_of_two_digits_are_of_the_century_of_the_table():
    """Months of 1964 to 1971, looked at in 2026."""
    columns = {"month": [f"15.{month:02d}.{year}" for year in range(64, 72) for month in range(1, 13)]}
    guesses = guess(
        Sample(pa.table(columns | {"y": [str(n % 11) for n in range(96)]}), "t", True, (), ","),
        Wishes(),
        datetime(2026, 11, 30, tzinfo=UTC),
    )
    assert "the first row is of 15 January 1964" in why(guesses, "time_format")


def test_a_far_time_is_set_aside_and_said():
    """Forty days of 2024 and a mark of unknown."""
    guesses = look({"day": [*DAYS, "1970-01-01"], "y": [str(n) for n in range(41)]})
    assert written(guesses)["far_times"] == "set_aside"
    assert "1 row is far from all other times, such as 1 January 1970" in why(guesses, "far_times")
