"""The zone of days, as far as the stamps show it."""

from datetime import date, timedelta

from looks import DAYS, look, written


def test_the_morning_hour_of_a_nightly_job_is_no_zone():
    """06:00 UTC in winter is midnight in Chicago, and the day is the same in both: UTC, and the other is told."""
    guesses = look({"when": [f"{day}T06:00:00Z" for day in DAYS], "y": [str(n) for n in range(40)]})
    assert guesses.zone.name == "UTC"
    assert "America/Chicago" in guesses.zone.why
    assert written(guesses)["off_grid"] == "floor"


def test_midnights_elsewhere_tell_the_zone():
    """Days of Berlin as instants: 23:00 UTC in winter and 22:00 UTC in summer are its midnights."""
    days = [date(2024, 3, 25) + timedelta(number) for number in range(14)]
    stamps = [f"{day}T00:00:00+{'02' if day >= date(2024, 4, 1) else '01'}:00" for day in days]
    guesses = look({"at": stamps, "n": ["1", "2"] * 7})
    assert guesses.zone.name == "Europe/Berlin"
    assert "midnights" in guesses.zone.why


def test_dates_leave_the_zone_to_a_person():
    """UTC is assumed, and said."""
    guesses = look({"day": DAYS, "y": [str(n) for n in range(40)]})
    assert (guesses.zone.name, "assumed" in guesses.zone.why) == ("UTC", True)


def test_a_row_a_day_with_a_time_of_day_is_a_grid_of_days():
    """06:00 every day is a daily series; the time of day is cut off."""
    guesses = look({"at": [f"{day} 06:00:00" for day in DAYS], "y": [str(n) for n in range(40)]})
    assert written(guesses)["off_grid"] == "floor"
    assert guesses.frequency == "D"
