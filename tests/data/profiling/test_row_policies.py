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


READINGS = [str(n % 13 + 0.5) for n in range(36)]


def test_codes_for_missing_values_are_proposed_with_their_counts():
    """-200 far below readings that are all positive, and a word that is no usual one; 97 is a reading."""
    columns = {"day": DAYS, "co": [*READINGS, *["-200"] * 4], "nox": [*READINGS[:-1], *["kaputt"] * 4, "97"]}
    guesses = look(columns)
    assert written(guesses)["missing"] == ("-200", "kaputt")
    assert why(guesses, "missing") == "-200 in 4 cells of co; kaputt in 4 cells of nox"
    assert written(guesses)["targets"] == ("co",)
    assert "bad_rows" not in written(guesses)
    assert [remark.partition(":")[0] for remark in guesses.remarks] == [
        "-200 in 4 cells of co",
        "kaputt in 4 cells of nox",
    ]


def test_a_code_that_another_column_measures_is_left_to_a_person():
    """`source.missing` is of all columns, and -200 is a value of the second one."""
    columns = {"day": DAYS, "y": [*READINGS, *["-200"] * 4], "net": [str(10 * n - 300) for n in range(40)]}
    guesses = look(columns)
    assert "missing" not in written(guesses)
    assert guesses.remarks == (
        "-200 in 4 cells of y may be a missing value, but another column has such a value too; if it is one in both, "
        "add it to source.missing",
    )


def test_a_single_odd_text_among_numbers_is_a_bad_row_and_no_code():
    """Once is a slip, three times are a word."""
    guesses = look({"day": DAYS, "y": [*[str(n % 13) for n in range(39)], "12o"]})
    assert "missing" not in written(guesses)
    assert written(guesses)["bad_rows"] == "set_aside"
