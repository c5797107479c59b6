"""What people read: names of groups, what is usual, and numbers that add up."""

import pytest

from lstm.data.frequency.aliases import parse_frequency
from lstm.evaluation.explanation.explanation import Group
from lstm.evaluation.explanation.titles import decimals, group_title, signed, step_name, usual_for


@pytest.mark.parametrize(
    ("alias", "season", "title"),
    [
        ("h", 24, "daily pattern"),
        ("h", 168, "weekly pattern"),
        ("D", 7, "weekly pattern"),
        ("B", 5, "weekly pattern"),
        ("MS", 12, "yearly pattern"),
        ("D", 30, "pattern of 30 days"),
        ("1", 12, "pattern of 12 steps"),
    ],
)
def test_a_pattern_is_called_by_its_season(alias: str, season: int, title: str) -> None:
    """Law: by the cycle that people know, else by its length."""
    assert group_title(Group(f"season of {season}", "season", season), parse_frequency(alias)) == title


def test_a_covariate_keeps_its_name() -> None:
    """`scheduled` is what the table calls it."""
    assert group_title(Group("scheduled", "future"), parse_frequency("D")) == "scheduled"


@pytest.mark.parametrize(
    ("alias", "apart", "time", "words"),
    [
        ("D", 7, "2013-12-24", "for a Tuesday"),
        ("h", 24, "2013-12-30T05:00Z", "at 00:00"),
        ("h", 168, "2013-12-30T05:00Z", "for a Monday at 00:00"),
        ("h", 1, "2013-12-30T05:00Z", "then"),
        ("B", 5, "2013-12-24", "for a Tuesday"),
        ("MS", 12, "2013-12-01", "in December"),
        ("1", 12, "17", "then"),
        ("D", 30, "2013-12-24", "then"),
    ],
)
def test_usual_is_said_of_what_comes_again(alias: str, apart: int, time: str, words: str) -> None:
    """Law: weekday and hour by the local clock, where the earlier windows share them, and nothing where not."""
    grid = parse_frequency(alias)
    assert usual_for(grid, apart, grid.ordinal_of_text(time), "America/New_York") == words


@pytest.mark.parametrize(
    ("alias", "time", "name"),
    [
        ("D", "2013-12-24", "Tuesday 2013-12-24"),
        ("h", "2013-12-30T05:00Z", "Monday 2013-12-30 00:00"),
        ("MS", "2013-12-01", "December 2013"),
        ("1", "17", "17"),
    ],
)
def test_a_step_is_named_by_its_local_time(alias: str, time: str, name: str) -> None:
    """Law: as people of the pipeline's zone write it."""
    grid = parse_frequency(alias)
    assert step_name(grid, grid.ordinal_of_text(time), "America/New_York") == name


def test_numbers_have_three_digits_of_the_largest() -> None:
    """65.0 has one decimal, 3.18 two, 650 none; what rounds to nothing is 0, not -0.0."""
    assert [decimals(size) for size in (650.0, 65.0, 3.18, 0.0)] == [0, 1, 2, 2]
    assert [signed(value, 1) for value in (65.04, -3.0, -0.04)] == ["+65.0", "-3.0", "0"]
