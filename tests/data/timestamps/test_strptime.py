"""Formats of times. Python's own strptime is the independent source of what a directive means."""

from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm.data.timestamps.strptime import read_format
from lstm.errors import ConfigError

FORMATS = [
    "%d.%m.%Y", "%Y%m%d", "%d%m%Y", "%Y-%j", "%d-%b-%Y", "%B %d, %Y", "%a %d %b %Y %H:%M", "%m/%d/%y",
    "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%S.%f", "%Y%m%d%H%M%S", "%d/%m/%Y %H:%M:%S%z", "%G-W%V-%u", "%G%V%u",
]  # fmt: skip
FEW = settings(max_examples=30, deadline=None)


def read(texts: list[str | None], layout: str) -> list[datetime | None]:
    parsed: list[datetime | None] = read_format(pa.array(texts, pa.string()), layout).to_pylist()
    return parsed


@pytest.mark.parametrize("layout", FORMATS)
@given(moment=st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)))
@FEW
def test_a_text_that_strftime_wrote_is_read_as_strptime_does(layout: str, moment: datetime) -> None:
    """Law, for every directive that Python knows."""
    text = moment.astimezone().strftime(layout) if "%z" in layout else moment.strftime(layout)
    assert read([text], layout) == [datetime.strptime(text, layout)]


@pytest.mark.parametrize(
    ("layout", "text", "day"),
    [
        ("%q-%Y", "1-2015", "2015-01-01"),
        ("%q-%Y", "4-2015", "2015-10-01"),
        ("Q%q %Y", "Q3 2015", "2015-07-01"),
        ("%YQ%q", "2015q2", "2015-04-01"),
        ("%Y%q", "20152", "2015-04-01"),
        ("%G-W%V", "2020-W53", "2020-12-28"),
        ("%G-W%V", "2021-W01", "2021-01-04"),
        ("%G-W%V", "2025-W1", "2024-12-30"),
        ("%G-W%V-%u", "2026-W53-7", "2027-01-03"),
        ("%d %b %Y", "3 Sept. 2024", "2024-09-03"),
        ("%d %b %Y", "3 JUNE 2024", "2024-06-03"),
        ("%Y-%m-%d %H:%M", "2024-02-29 24:00", "2024-03-01"),
        ("%Y %m %d %H", "2024 12 31 24", "2025-01-01"),
        ("%Y-%m", "2024-02", "2024-02-01"),
        ("%Y", "2024", "2024-01-01"),
        ("%d.%m.%Y", "1.2.2024", "2024-02-01"),
    ],
)
def test_quarters_weeks_and_names_are_read(layout: str, text: str, day: str) -> None:
    """A quarter begins with its first month; a week is named by its Monday."""
    assert read([text], layout) == [datetime.fromisoformat(day)]


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("%q-%Y", "5-2015"),
        ("%G-W%V", "2021-W53"),
        ("%G-W%V", "2021-W00"),
        ("%Y-%j", "2023-366"),
        ("%d.%m.%Y", "31.02.2024"),
        ("%d.%m.%Y", "29.02.2023"),
        ("%d.%m.%Y", "01.13.2024"),
        ("%d.%m.%Y", "01.02.24"),
        ("%d.%m.%Y", "01.02.2024 10:00"),
        ("%d%m%Y", "1022024"),
        ("%Y%m%d", "2024121"),
        ("%I:%M %p %d.%m.%Y", "13:00 PM 01.02.2024"),
        ("%Y-%m-%d %H:%M", "2024-02-01 24:01"),
        ("%d-%b-%Y", "01-Mai-2024"),
        ("%Y", "0000"),
    ],
)
def test_what_is_in_no_calendar_or_of_another_format_is_missing(layout: str, text: str) -> None:
    """Without separators a lost zero would move the borders between day, month and year."""
    assert read([text, None], layout) == [None, None]


def test_integers_get_back_the_zeros_that_numbers_lose() -> None:
    """05112025 in a database is 5112025."""
    assert read_format(pa.array([5112025, 15112025]), "%d%m%Y").to_pylist() == [
        datetime(2025, 11, 5), datetime(2025, 11, 15),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("layout", "why"),
    [
        ("%d.%m.%Y %K", "%K is not known"),
        ("%d.%m", "it has no year"),
        ("%Y %Y", "a directive comes twice"),
        ("%Y-W%V", "%G .year. and %V .week. of ISO weeks go together"),
        ("%d.%Y", "%d needs a month"),
        ("%Y-%m-%d %I:%M", "%I needs %p"),
        ("Excel", "it has no year"),
    ],
)
def test_a_format_that_is_none_is_refused_with_the_reason(layout: str, why: str) -> None:
    with pytest.raises(ConfigError, match=f"is no format of times: {why}"):
        read(["x"], layout)
