"""Rows that come twice, and rows that cannot be used."""

from looks import DAYS, look, why, written


def test_rows_that_come_twice_and_are_equal_are_read_once():
    """Nothing is lost with `last` where both rows are the same."""
    guesses = look({"day": [*DAYS, DAYS[-1]], "y": [*map(str, range(40)), "39"]})
    assert written(guesses)["duplicates"] == "last"
    assert guesses.questions == ()


def test_bad_rows_are_set_aside_and_counted():
    """One line of totals has neither time nor id."""
    columns = {"day": [*DAYS, *DAYS, "total"], "id": ["a"] * 40 + ["b"] * 40 + [""], "y": [str(n) for n in range(81)]}
    guesses = look(columns)
    assert written(guesses)["bad_rows"] == "set_aside"
    assert "1 row is without a time in day" in why(guesses, "bad_rows")
    assert why(guesses, "series").startswith("2 series")
