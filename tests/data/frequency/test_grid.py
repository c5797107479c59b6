"""The regular grid: ordinals of times, texts of ordinals, and the newest period that has ended."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm.data.frequency.aliases import MONTH_NAMES, WEEKDAYS, fit_frequency, parse_frequency

# Every kind of grid: dates with and without an anchor, instants, integer steps.
ALIASES = [
    *("D", "B", "MS", "ME", "QS", "QE", "YS", "YE", "W"),
    *(f"W-{day}" for day in WEEKDAYS),
    *(f"{span}-{month}" for span in ("QS", "QE", "YS", "YE") for month in MONTH_NAMES),
    *("s", "30s", "min", "5min", "15min", "h", "6h", "90min", "7"),
]


@pytest.mark.parametrize(
    ("alias", "day", "containing"),
    [("QE", "1970-01-15", "1970-03-31"), ("QS", "1970-02-15", "1970-01-01"), ("YE", "2024-06-01", "2024-12-31"),
     ("W-SUN", "2024-01-03", "2023-12-31"), ("B", "2024-01-06", "2024-01-08"), ("B", "1969-12-27", "1969-12-29")],
)  # fmt: skip
def test_a_time_off_the_grid_has_the_ordinal_of_the_step_that_contains_it(
    alias: str, day: str, containing: str
) -> None:
    """A month belongs to the month end at or after it, a weekend to the Monday after it."""
    grid = parse_frequency(alias)
    ordinals, exact = grid.ordinals(pa.array([date.fromisoformat(day)], pa.date32()))
    assert not exact.any()
    assert grid.texts(ordinals) == [containing]


@pytest.mark.parametrize(
    ("alias", "label", "as_of", "newest"),
    [
        ("D", "start", "2013-12-30T05:00Z", "2013-12-29"),
        ("D", "end", "2013-12-30T05:00Z", "2013-12-30"),
        ("D", "start", "2013-12-30T04:59Z", "2013-12-28"),
        ("h", "start", "2013-12-30T05:00Z", "2013-12-30T04:00Z"),
        ("h", "start", "2013-12-30T05:59Z", "2013-12-30T04:00Z"),
        ("h", "end", "2013-12-30T05:59Z", "2013-12-30T05:00Z"),
        ("MS", "start", "2014-01-31T12:00Z", "2013-12-01"),
        ("MS", "end", "2014-02-01T12:00Z", "2014-02-01"),
        ("ME", "start", "2014-01-31T12:00Z", "2013-12-31"),
        ("ME", "end", "2014-01-31T12:00Z", "2013-12-31"),
        ("ME", "end", "2014-02-01T12:00Z", "2014-01-31"),
        ("QE", "start", "2014-02-15T12:00Z", "2013-12-31"),
        ("QS", "start", "2014-02-15T12:00Z", "2013-10-01"),
        ("YS", "start", "2014-02-15T12:00Z", "2013-01-01"),
        ("W-MON", "start", "2024-01-08T12:00Z", "2024-01-01"),
        ("W-MON", "start", "2024-01-07T12:00Z", "2023-12-25"),
        ("W-SUN", "end", "2024-01-07T12:00Z", "2023-12-31"),
        ("W-SUN", "end", "2024-01-08T12:00Z", "2024-01-07"),
        ("B", "start", "2024-01-06T12:00Z", "2024-01-05"),
        ("B", "start", "2024-01-08T12:00Z", "2024-01-05"),
        ("B", "start", "2024-01-09T12:00Z", "2024-01-08"),
        ("B", "end", "2024-01-06T12:00Z", "2024-01-05"),
    ],
)
def test_the_newest_complete_period_has_ended(alias: str, label: str, as_of: str, newest: str) -> None:
    """Design, time: readable once its period has ended. Days are those of New York, five hours behind UTC in winter."""
    moment = datetime.fromisoformat(as_of)
    grid = parse_frequency(alias)
    assert grid.text(grid.newest_complete(moment, label, "America/New_York")) == newest


@pytest.mark.parametrize(("label", "newest"), [("start", "119"), ("end", "120")])
def test_an_integer_step_is_running_at_its_own_number(label: str, newest: str) -> None:
    grid = parse_frequency("1")
    assert grid.text(grid.newest_complete(120, label, "UTC")) == newest


@given(st.integers(-800, 800), st.sampled_from(ALIASES))
@settings(max_examples=40, deadline=None)
def test_text_comes_back(ordinal: int, alias: str) -> None:
    grid = parse_frequency(alias)
    assert grid.ordinal_of_text(grid.text(ordinal)) == ordinal


def test_seconds_show_where_the_phase_has_some() -> None:
    """A minute grid at half past must not lose its seconds in text."""
    grid = fit_frequency("min", pa.array([datetime(2024, 1, 1, 0, 0, 30, tzinfo=UTC)], pa.timestamp("us", tz="UTC")))
    text = grid.text(grid.newest_complete(datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=5), "end", "UTC"))
    assert text == "2024-01-01T00:04:30Z"
    assert grid.text(grid.ordinal_of_text(text)) == text


@pytest.mark.parametrize(
    ("alias", "seasons"),
    [("h", (24, 168)), ("D", (7,)), ("W", (52,)), ("MS", (12,)), ("QE", (4,)), ("YS", (1,)), ("B", (5,)),
     ("15min", (96, 672)), ("1", (1,))],
)  # fmt: skip
def test_seasons_are_those_that_people_expect(alias: str, seasons: tuple[int, ...]) -> None:
    """Design, seasons."""
    assert parse_frequency(alias).default_seasons() == seasons
