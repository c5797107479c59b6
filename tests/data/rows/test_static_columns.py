"""Columns with one value a series: numbers, categories, and numbers among which an odd text stands."""

import numpy as np
import pyarrow as pa
import pytest

from lstm.data.rows.static_columns import static_column

NAN = np.nan


def test_static_texts_are_their_place_and_static_numbers_are_themselves() -> None:
    colours = static_column(pa.chunked_array([["red", None, "blue"]]))
    np.testing.assert_array_equal(colours.values, [1.0, NAN, 0.0])
    assert colours.categories == ("blue", "red")
    sizes = static_column(pa.chunked_array([[2.5, None]]))
    np.testing.assert_array_equal(sizes.values, [2.5, NAN])
    assert sizes.categories == ()


@pytest.mark.parametrize(
    ("texts", "marks", "expected"),
    [
        (["1,0", "2.500,5"], (",", "."), [1.0, 2500.5]),
        (["1.0", ""], (".", None), [1.0, NAN]),
        (["x", "1,0"], (",", None), [1.0, 0.0]),
        (["2", "1,0"], (".", None), [1.0, 0.0]),
        (["", ""], (".", None), [NAN, NAN]),
    ],
)
def test_static_texts_are_numbers_where_all_are(
    texts: list[str], marks: tuple[str, str | None], expected: list[float]
) -> None:
    """1,0 under a decimal comma is one, not the first of the categories."""
    np.testing.assert_array_equal(static_column(pa.chunked_array([texts]), *marks).values, expected)


def test_a_text_among_numbers_is_missing_and_makes_no_ranks_of_them() -> None:
    """Law: 10 is ten times 1, also in the night in which a new shop's size is "unknown"."""
    sizes = static_column(pa.chunked_array([["10", "1", "250", "unknown", "10"]]))
    np.testing.assert_array_equal(sizes.values, [10.0, 1.0, 250.0, NAN, 10.0])
    assert sizes.odd.tolist() == [False, False, False, True, False]


def test_a_region_that_looks_like_a_word_for_missing_is_a_region() -> None:
    """NA is Namibia, ND is North Dakota: among texts they are texts."""
    assert static_column(pa.chunked_array([["ND", "NA", "", "SD"]])).categories == ("NA", "ND", "SD")
