"""Which moments a backfill replays: by the clock of the pipeline's zone, and never nonsense."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lstm.data.frequency.backfill_days import replayed_days
from lstm.errors import ConfigError

ZONE = "America/New_York"
NOW = datetime(2024, 6, 1, tzinfo=UTC)


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE), fold=fold).astimezone(UTC)


def days(start: str, end: str, every: str, **options: bool) -> list[str]:
    """The moments as the clocks of New York show them."""
    moments = replayed_days(local(start), local(end), every, time_zone=ZONE, now=NOW, **options)
    return [f"{moment.astimezone(ZoneInfo(ZONE)):%m-%d %H:%M}" for moment in moments if isinstance(moment, datetime)]


@pytest.mark.parametrize("month", ["2013-03-09", "2013-11-02"])
def test_a_daily_replay_stays_at_local_midnight_when_the_clocks_change(month):
    """Law: in 2013 New York's clocks changed on 10 March and 3 November; a step of 24 hours would drift to 1 and 23."""
    end = (datetime.fromisoformat(month) + timedelta(days=3)).date().isoformat()
    assert [text[-5:] for text in days(month, end, "1D")] == ["00:00"] * 4


def test_a_replay_every_six_hours_keeps_to_the_clock_and_one_every_hour_sees_both_hours_of_the_same_name():
    """On 3 November 2013 New York's clocks showed 01:00 to 02:00 twice, on 10 March 02:00 to 03:00 never."""
    assert days("2013-11-03", "2013-11-03T18:00", "6h") == [f"11-03 {hour}:00" for hour in ("00", "06", "12", "18")]
    assert days("2013-11-03", "2013-11-03T02:00", "h") == [f"11-03 0{hour}:00" for hour in (0, 1, 1, 2)]
    assert days("2013-03-10", "2013-03-10T04:00", "1h") == [f"03-10 0{hour}:00" for hour in (0, 1, 3, 4)]
    assert days("2013-03-10", "2013-03-10T04:00", "2h") == ["03-10 00:00", "03-10 03:00", "03-10 04:00"]


def test_weeks_and_months_and_a_last_day_between_two_steps():
    assert days("2013-12-01", "2013-12-29", "7D") == days("2013-12-01", "2014-01-04", "W")
    assert days("2013-11-01", "2014-02-15", "1MS") == [
        f"{month} 00:00" for month in ("11-01", "12-01", "01-01", "02-01")
    ]
    assert days("2013-12-29", "2013-12-29", "D") == ["12-29 00:00"]


def test_the_second_of_two_equal_hours_may_be_the_first_to_replay():
    start = local("2013-11-03T01:00", fold=1)
    moments = replayed_days(start, start + timedelta(days=1), "1D", time_zone=ZONE, now=NOW)
    assert moments == [start, start + timedelta(days=1)]


def test_integer_steps():
    assert replayed_days(3, 10, "3", time_zone=ZONE, now=NOW) == [3, 6, 9]


@pytest.mark.parametrize(
    ("start", "end", "every", "said"),
    [
        ("2013-12-02", "2013-12-01", "1D", "is later than --to"),
        ("2013-12-01", "2013-12-02", "0D", "--every '0D' is not understood; give 1D"),
        ("2013-12-01", "2013-12-02", "-1D", "--every '-1D' is not understood"),
        ("2013-12-01", "2013-12-02", "", "--every '' is not understood"),
        ("2013-12-01", "2013-12-02", "1", "--every '1' is not understood"),
        ("2013-12-31", "2014-02-02", "1MS", "give a --from on the first"),
        ("2024-05-01", "2024-07-01", "1D", "lies ahead: a backfill replays the past"),
        ("2013-01-01", "2014-01-01", "1h", "about 8,761 runs, one every 1h; say --many"),
    ],
)
def test_nonsense_is_refused_with_what_to_do(start, end, every, said):
    with pytest.raises(ConfigError, match=said):
        days(start, end, every)


def test_thousands_of_moments_need_a_word():
    assert len(days("2013-01-01", "2014-01-01", "1h", many=True)) == 8761


@pytest.mark.parametrize(("start", "end", "every"), [(1, 9, "1D"), (1, 9, "0"), (9, 1, "1"), (1, NOW, "1")])
def test_nonsense_of_integer_steps_is_refused(start, end, every):
    with pytest.raises(ConfigError, match=r"--every|later than|two dates"):
        replayed_days(start, end, every, time_zone=ZONE, now=NOW)


@pytest.mark.parametrize("every", ["999999W", "999999D", "999999MS"])
def test_a_step_beyond_the_end_of_the_calendar_replays_the_first_day_only(every):
    """The second moment would lie after the year 9999."""
    assert days("2024-01-01", "2024-02-01", every) == ["01-01 00:00"]


def test_a_step_of_a_day_spans_the_night_that_is_an_hour_short():
    """From midnight to midnight of 10 March 2013 there are 23 hours in New York."""
    assert days("2013-03-10", "2013-03-11", "1D") == ["03-10 00:00", "03-11 00:00"]


def test_the_first_day_of_the_calendar_is_refused():
    """New York's clocks would show the year 0."""
    first = datetime(1, 1, 1, tzinfo=UTC)
    with pytest.raises(ConfigError, match="is earlier than any time that can be kept"):
        replayed_days(first, first + timedelta(days=2), "1D", time_zone=ZONE, now=NOW)
