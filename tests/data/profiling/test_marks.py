"""Decimal and thousands marks, as far as the numbers show them."""

from looks import DAYS, look, suggested, written


def test_european_marks_are_guessed_where_they_can_be_known():
    """`1.234,50` can be read in one way only."""
    guesses = look({"day": DAYS, "y": ["1.234,50", "999,5"] * 20}, separator=";")
    assert (written(guesses)["decimal"], written(guesses)["thousands"]) == (",", ".")
    assert guesses.questions == ()


def test_marks_that_nobody_can_know_are_a_question():
    """`4,510` in a file of semicolons is four and a half or four thousand: never a value 1000 times off."""
    guesses = look({"day": DAYS, "y": ["4,510", "7,250"] * 20}, separator=";")
    assert "decimal" not in written(guesses)
    assert "thousands" not in written(guesses)
    assert {("decimal", ","), ("thousands", ",")} <= set(suggested(guesses))
    assert "4.51" in guesses.questions[0] or "7.25" in guesses.questions[0]


def test_small_numbers_without_a_mark_tell_thousands():
    """Every number below a thousand is bare and every other one has the comma: it groups."""
    guesses = look({"day": DAYS, "y": ["980", "4,510"] * 20}, separator=";")
    assert written(guesses)["thousands"] == ","
    assert guesses.questions == ()


def test_a_decimal_point_in_a_file_of_commas_is_no_question():
    """Three decimals in every row are how a meter writes, not thousands."""
    guesses = look({"day": DAYS, "y": ["12.345", "7.250"] * 20})
    assert guesses.questions == ()
    assert "thousands" not in written(guesses)
