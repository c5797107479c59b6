"""From `--as-of` to a moment, and to text and back."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lstm.config import Pipeline, Source
from lstm.data.frequency.as_of import as_of_text, parse_as_of, read_as_of
from lstm.errors import ConfigError

NOW = datetime(2013, 12, 30, 7, 42, 13, 5, tzinfo=UTC)


def pipeline(**settings: Any) -> Pipeline:
    return Pipeline(name="p", horizon=2, source=Source(path="x.csv", time="t", targets=("y",)), **settings)


NEW_YORK = pipeline(time_zone="America/New_York")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2013-12-30", "2013-12-30T05:00:00Z"),
        ("2013-07-01", "2013-07-01T04:00:00Z"),
        ("2013-12-30T12:00", "2013-12-30T17:00:00Z"),
        ("2013-12-30 12:00:30", "2013-12-30T17:00:30Z"),
        ("2013-12-30T12:00:00Z", "2013-12-30T12:00:00Z"),
        ("2013-12-30T12:00:00+01:00", "2013-12-30T11:00:00Z"),
        ("2013-11-03T01:30:00-04:00", "2013-11-03T05:30:00Z"),
        ("2999-01-01", "2999-01-01T05:00:00Z"),
        (" 2013-12-30T12:00:00.9Z ", "2013-12-30T12:00:00Z"),
    ],
)
def test_a_day_begins_in_the_zone_of_the_pipeline_and_an_instant_stays(text: str, moment: str) -> None:
    """Design, time: a date given as --as-of is the start of that day in the pipeline's zone."""
    assert as_of_text(parse_as_of(text, pipeline=NEW_YORK, now=NOW)) == moment


def test_a_day_without_midnight_begins_at_its_first_instant() -> None:
    """Beirut skipped 00:00 to 01:00 on 2024-03-31; the day began at 22:00 UTC."""
    beirut = pipeline(time_zone="Asia/Beirut")
    assert as_of_text(parse_as_of("2024-03-31", pipeline=beirut, now=NOW)) == "2024-03-30T22:00:00Z"


@pytest.mark.parametrize("text", ["2013-11-03T01:30", "2013-03-10T02:30"])
def test_a_local_time_that_exists_twice_or_never_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"does not exist or exists twice in America/New_York.*give its offset"):
        parse_as_of(text, pipeline=NEW_YORK, now=NOW)


@pytest.mark.parametrize(
    ("frequency", "zone", "moment"),
    [
        (None, "UTC", "2013-12-30T07:00:00Z"),
        ("h", "UTC", "2013-12-30T07:00:00Z"),
        ("15min", "UTC", "2013-12-30T07:30:00Z"),
        ("D", "America/Los_Angeles", "2013-12-29T08:00:00Z"),
        ("MS", "America/New_York", "2013-12-30T05:00:00Z"),
        ("1", "UTC", "2013-12-30T07:00:00Z"),
    ],
)
def test_left_out_it_is_now_floored_to_the_frequency(frequency: str | None, zone: str, moment: str) -> None:
    """So that a night's runs share their moment; 07:42 UTC is the 29th in Los Angeles."""
    settings = pipeline(frequency=frequency, time_zone=zone)
    assert as_of_text(parse_as_of(None, pipeline=settings, now=NOW)) == moment


def test_digits_are_a_step_for_integer_steps_only() -> None:
    assert parse_as_of("121", pipeline=pipeline(frequency="1"), now=NOW) == 121
    with pytest.raises(ConfigError, match=r"as_of '121' is not understood; give a date"):
        parse_as_of("121", pipeline=pipeline(frequency="D"), now=NOW)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2013-13-01", "2013-02-30", "20131230", "30.12.2013", "2013-12-30T25:00", "-5",
             "2013-W01-1", "2013-12-30T12:00 New York", "0001-01-01T00:00:00+14:00", "²"],
)  # fmt: skip
def test_anything_else_is_refused_with_what_is_understood(text: str) -> None:
    with pytest.raises(ConfigError, match=r"is not understood; give a date \(2013-12-30\)"):
        parse_as_of(text, pipeline=pipeline(frequency="D"), now=NOW)


@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),
    st.integers(-14 * 60, 14 * 60),
)
def test_an_instant_comes_back_from_its_text_in_whole_seconds(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert read_as_of(as_of_text(aware)) == aware.replace(microsecond=0)


@given(st.integers(0, 10**18))
def test_a_step_comes_back_from_its_text(step: int) -> None:
    assert read_as_of(as_of_text(step)) == step


def test_text_sorts_as_the_moments_do() -> None:
    """The run's id is made of it."""
    moments = [
        datetime(1999, 12, 31, tzinfo=UTC),
        datetime(2013, 1, 1, tzinfo=UTC),
        datetime(2013, 1, 1, 1, tzinfo=UTC),
    ]
    assert sorted(map(as_of_text, moments)) == [as_of_text(moment) for moment in moments]


def test_text_that_is_no_instant_in_utc_is_refused() -> None:
    with pytest.raises(ConfigError, match="neither an ISO instant in UTC"):
        read_as_of("2013-12-30T05:00:00+01:00")


def test_an_unknown_zone_is_refused_with_the_pipeline_file() -> None:
    with pytest.raises(ValidationError, match="a time zone is a name of the IANA database"):
        pipeline(time_zone="America/Gotham")
