"""When nothing is ever counted: weekdays, and the holidays of a region, found among the days without a value."""

from datetime import date

import holidays
import numpy as np
import pytest

from lstm.data.frequency.aliases import parse_frequency
from lstm.data.profiling.closed_days import guess_closing

DAILY = parse_frequency("D")
FIRST = date(2023, 1, 1)


def rows(region: str, *, years: int = 2, but: tuple[str, ...] = (), sundays: bool = True):
    """Two years of days with a value, but for Sundays, the holidays of a region and some days of each year."""
    ordinals = DAILY.ordinal_of_text(str(FIRST)) + np.arange(365 * years)
    country, _, part = region.partition("-")
    kept = holidays.country_holidays(country, subdiv=part or None, years=range(2023, 2023 + years))
    days = [day.as_py() for day in DAILY.times(ordinals)]
    has_row = [
        not (sundays and day.weekday() == 6) and day not in kept and day.strftime("%m-%d") not in but for day in days
    ]
    return ordinals, np.array(has_row)


@pytest.mark.parametrize("region", ["NO", "DE-SN", "US"])
def test_the_region_is_the_one_whose_holidays_are_all_without_a_value(region):
    """Other regions may have the same holidays; the one found has them all."""
    closing = guess_closing(DAILY, rows(region), "UTC")
    assert closing.entries[:2] == ("Sun", "holidays")
    assert region in (closing.region, *closing.alike)
    assert f"all its {closing.holidays} holidays" in closing.why_region


def test_regions_with_the_same_holidays_are_named():
    """North Rhine-Westphalia has those of Rhineland-Palatinate; four and more would be counted."""
    closing = guess_closing(DAILY, rows("DE-NW"), "UTC")
    assert (closing.region, closing.alike) == ("DE-NW", ("DE-RP",))
    assert closing.why_region.endswith("holidays are days without a value, and those of DE-RP are the same")


def test_days_that_are_closed_every_year_beside_the_holidays_are_named():
    closing = guess_closing(DAILY, rows("NO", years=3, but=("12-24", "12-30")), "UTC")
    assert closing.region == "NO"
    assert closing.entries == ("Sun", "holidays", "12-24", "12-30")


def test_one_open_holiday_speaks_against_a_region():
    ordinals, has_row = rows("NO")
    has_row[DAILY.ordinal_of_text("2024-05-17") - ordinals[0]] = True
    assert guess_closing(DAILY, (ordinals, has_row), "UTC").region != "NO"


@pytest.mark.parametrize("gaps", [0, 3, 200])
def test_a_table_without_closed_days_has_none(gaps):
    """No day is missing, or so many by chance."""
    ordinals = np.arange(700)
    has_row = np.ones(700, bool)
    has_row[np.random.default_rng(gaps).choice(700, gaps, replace=False)] = False
    closing = guess_closing(DAILY, (ordinals, has_row), "UTC")
    assert (closing.entries, closing.region) == ((), None)
