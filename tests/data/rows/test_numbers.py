"""Texts to numbers: by the marks that are set, and never a thousand times off."""

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm.data.rows.numbers import NULL_TEXTS, numbers_from_text


def read(text: str, decimal: str = ".", thousands: str | None = None) -> float | str | None:
    """The number, None for a missing one, `bad` for neither."""
    values, bad = numbers_from_text(pa.array([text]), decimal, thousands)
    return "bad" if bad[0] else values[0].as_py()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.5", 1.5), (" 2e3 ", 2000.0), ("+7", 7.0), ("-.5", -0.5), ("5.", 5.0), ("1e30", 1e30), ("1E-7", 1e-7),
        ("007", 7.0), ("16777215", 16777215.0), ("inf", math.inf), ("-Infinity", -math.inf), ("1e400", math.inf),
    ],
)  # fmt: skip
def test_a_number_is_read_as_it_is_written(text: str, number: float) -> None:
    """1e30 is a number; what no float64 holds is infinite, which the panel counts as missing."""
    assert read(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("True", 1), ("no", 0), ("TRUE", 1), ("yes", 1), ("False", 0), ("No", 0), ("ja", 1), ("Nein", 0), ("SÍ", 1),
        ("não", 0), ("oui", 1), ("non", 0),
    ],
)  # fmt: skip
def test_words_of_yes_and_no_are_one_and_zero(text: str, number: float) -> None:
    """However they are capitalised."""
    assert read(text) == number


@pytest.mark.parametrize("text", [*NULL_TEXTS, " ", " n/a "])
@pytest.mark.parametrize("marks", [(".", None), (",", "."), (".", " ")])
def test_a_word_for_missing_is_missing_under_all_marks(text: str, marks: tuple[str, str | None]) -> None:
    """No mark makes a number of `n/a` or `-`."""
    assert read(text, *marks) is None


@pytest.mark.parametrize(
    "text",
    ["err", "maybe", "5-", "(5)", "5 %", "€5", "21°", "0x1A", "1_000", "1 000", "1,000", "--1", "1.2.3", "١٢", "1e"],
)
def test_a_text_that_is_no_number_is_bad(text: str) -> None:
    assert read(text) == "bad"


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "number"),
    [
        ("1.299,99", ",", ".", 1299.99),
        ("-1.299.000", ",", ".", -1299000.0),
        ("1299,5", ",", ".", 1299.5),
        ("2.345", ",", ".", 2345.0),
        ("1,299.99", ".", ",", 1299.99),
        ("12,34,567.5", ".", ",", 1234567.5),
        ("1,23,456", ".", ",", 123456.0),
        ("1 299,5", ",", " ", 1299.5),
        ("1\u00a0299\u00a0000", ".", " ", 1299000.0),
        ("1\u202f299", ".", " ", 1299.0),
        ("1'299.5", ".", "'", 1299.5),
        ("1’299.5", ".", "'", 1299.5),
        ("1_299", ".", "_", 1299.0),
        ("12,5", ",", None, 12.5),
        ("-1,5e3", ",", None, -1500.0),
    ],
)
def test_groups_of_thousands_are_read_where_their_mark_is_set(
    text: str, decimal: str, thousands: str, number: float
) -> None:
    """Indian groups of two are unmistakable, so they are read where the comma is the mark."""
    assert read(text, decimal, thousands) == number


@pytest.mark.parametrize(
    ("text", "decimal", "thousands"),
    [
        ("1.29,9", ",", "."), ("1.5", ",", "."), ("12.34.567", ",", "."), ("1.299.99", ",", "."), ("1,29", ".", ","),
        ("1,2345", ".", ","), ("12,345,67", ".", ","), ("1 29", ".", " "), ("1234,567", ".", ","), (",299", ".", ","),
        ("1,299,", ".", ","), ("0.125", ",", "."), ("1.299e3", ",", "."), ("2.345", ",", None), ("1,299", ".", None),
    ],
)  # fmt: skip
def test_groups_that_are_not_well_formed_are_bad(text: str, decimal: str, thousands: str | None) -> None:
    """0.125 is a fraction, and 1.299e3 too, whatever the marks that are set: neither passes for thousands."""
    assert read(text, decimal, thousands) == "bad"


@given(st.integers(-(10**12), 10**12), st.sampled_from([(".", ","), (",", "."), (".", " "), (",", "'"), (".", "_")]))
def test_a_number_is_the_same_in_all_marks(hundredths: int, marks: tuple[str, str]) -> None:
    decimal, thousands = marks
    text = f"{hundredths / 100:,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands)
    assert read(text, *marks) == hundredths / 100
