"""Advice on texts that are no numbers: exactly the settings under which they all would be."""

import pyarrow as pa
import pytest

from lstm.data.rows.number_marks import number_advice
from lstm.data.rows.numbers import numbers_from_text


def advice(texts: list[str], decimal: str = ".", thousands: str | None = None) -> str:
    _, bad = numbers_from_text(pa.array(texts), decimal, thousands)
    return number_advice(pa.array(texts), bad, decimal, thousands)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["12,5"], "source.decimal = \",\" if '12,5' means 12.5"),
        (["1,299", "12,5", "7"], "source.decimal = \",\" if '1,299' means 1.299"),
        (["0,125"], "source.decimal = \",\" if '0,125' means 0.125"),
        (["1.299,99"], 'source.decimal = "," and source.thousands = "." if \'1.299,99\' means 1299.99'),
        (["1.299.000"], 'source.decimal = "," and source.thousands = "." if \'1.299.000\' means 1299000'),
        (["1,299.99", "5"], "source.thousands = \",\" if '1,299.99' means 1299.99"),
        (["1,23,456"], "source.thousands = \",\" if '1,23,456' means 123456"),
        (["1 299"], "source.thousands = \" \" if '1 299' means 1299"),
        (["1 299,5"], 'source.decimal = "," and source.thousands = " " if \'1 299,5\' means 1299.5'),
        (["12,5", "err"], "source.decimal = \",\" if '12,5' means 12.5"),
    ],
)
def test_the_marks_that_make_numbers_of_all_texts_are_named(texts: list[str], told: str) -> None:
    """A text that is a number under no marks has no say."""
    assert advice(texts) == f"set {told}, "


@pytest.mark.parametrize(
    ("texts", "decimal", "told"),
    [
        (
            ["1,299", "7"],
            ".",
            'source.decimal = "," if \'1,299\' means 1.299, or source.thousands = "," if it means 1299',
        ),
        (
            ["2.345"],
            ",",
            'source.decimal = "." if \'2.345\' means 2.345, or source.thousands = "." if it means 2345',
        ),
    ],
)
def test_two_readings_are_both_named_with_what_they_mean(texts: list[str], decimal: str, told: str) -> None:
    """A thousands mark or a decimal mark: the pipeline's owner knows, we do not."""
    assert advice(texts, decimal) == f"set {told}, "


def test_a_number_that_would_become_another_is_the_example() -> None:
    """100.512 is a number under the marks that are set; under those that fit 12,5 as well it is 1000 times as much."""
    assert advice(["100.512", "12,5"]) == (
        'set source.decimal = "," and source.thousands = "." if \'100.512\' means 100512, '
    )


def test_marks_that_are_set_are_taken_back_where_they_are_wrong() -> None:
    assert advice(["1.5"], ",", ".") == "set source.decimal = \".\" and no source.thousands if '1.5' means 1.5, "


def test_no_marks_are_named_where_none_fit_all() -> None:
    assert advice(["1.5", "12,5"]).startswith("no source.decimal and source.thousands fit them all")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5-", "write the minus in front"), ("−5", "write the minus as a hyphen"), ("(5.2)", "instead of brackets"),
        ("5 %", "percentages as plain numbers"), ("€5", "leave out the currency"),
        ("5.2 EUR", "leave out the currency"),
        ("USD 5", "leave out the currency"), ("21.5°C", "leave out the unit"), ("12 kg", "leave out the unit"),
    ],
)  # fmt: skip
def test_another_way_to_write_a_number_is_told(text: str, words: str) -> None:
    assert words in advice([text, "7"])


@pytest.mark.parametrize("text", ["err", "0x1A", "1,2,3", "maybe", "#REF!"])
def test_nothing_is_told_of_a_text_that_is_no_number_at_all(text: str) -> None:
    assert advice([text, "7"]) == ""
