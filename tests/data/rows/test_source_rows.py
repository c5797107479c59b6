"""Rows that were left out part by part."""

import numpy as np

from lstm.data.rows.source_rows import SetAside, row_before, summed


def aside(column: str, rows: int, *examples: str) -> SetAside:
    return SetAside(reason="is empty", column=column, rows=rows, examples=examples)


def test_parts_are_told_together_by_reason_and_column() -> None:
    parts = [aside("y", 2, "1", "2"), aside("x", 1, "3"), aside("y", 20, *map(str, range(4, 14)))]
    assert list(summed(parts)) == [aside("y", 22, "1", "2", *map(str, range(4, 12))), aside("x", 1, "3")]


def test_a_row_that_stays_knows_its_place_before() -> None:
    """Of the rows 0 to 6, 0, 2 and 3 went: what is left are 1, 4, 5 and 6."""
    assert [row_before(row, np.array([0, 2, 3])) for row in range(4)] == [1, 4, 5, 6]
