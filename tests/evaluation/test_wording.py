"""Numbers, shares and spans of time as people read them."""

import math

import pytest

from lstm.data.frequency.aliases import parse_frequency
from lstm.evaluation.wording import duration, instant, share_text, steps_in_words, table_number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
        (0.0, "0.00"),
        (0.8, "0.800"),
        (0.05, "0.0500"),
        (12.345, "12.3"),
        (-3.14159, "-3.14"),
        (26_115.4, "26,115"),
        (1e12, "1.00e+12"),
        (3e-9, "3.00e-09"),
    ],
)
def test_numbers_have_three_digits(value: float | None, text: str) -> None:
    """Worked by hand."""
    assert table_number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "nothing"), (0.0004, "nothing"), (0.0006, "0.1 %"), (0.024, "2.4 %"), (0.0994, "9.9 %"), (0.0996, "10 %"),
     (2.39, "239 %"), (12.345, "1,234 %"), (math.nan, "–")],
)  # fmt: skip
def test_shares_are_written_with_two_or_three_digits(value: float, text: str) -> None:
    assert share_text(value) == text


@pytest.mark.parametrize(("seconds", "words"), [(41, "41 s"), (89.4, "89 s"), (600, "10 min"), (11_100, "3 h 05 min")])
def test_times_are_told_as_people_do(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("alias", "count", "text"),
    [
        ("h", 24, "24 hours"),
        ("D", 1, "1 day"),
        ("15min", 96, "96 x 15 minutes"),
        ("MS", 12, "12 months"),
        ("QS", 4, "4 quarters"),
        ("W-MON", 13, "13 weeks"),
        ("B", 5, "5 business days"),
        ("1", 18, "18 steps"),
    ],
)
def test_steps_have_their_unit(alias: str, count: int, text: str) -> None:
    """As people say it."""
    assert steps_in_words(parse_frequency(alias), count) == text


def test_an_instant_is_told_in_the_zone_of_the_pipeline() -> None:
    """05:00 UTC is midnight in New York in winter; an integer step has no zone."""
    assert instant("2013-12-30T05:00:00Z", "America/New_York") == "2013-12-30 00:00 America/New_York"
    assert instant("-12", "UTC") == "-12"
