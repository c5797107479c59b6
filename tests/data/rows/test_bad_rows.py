"""Rows that cannot be used."""

import numpy as np
import pytest

from lstm.data.rows.bad_rows import BadRows
from lstm.data.rows.source_rows import Place
from lstm.errors import DataError

FAULT = np.array([True, False, True, True, True])


def bad_rows() -> BadRows:
    return BadRows(5, lambda row: f"line {row + 2}")


def test_the_first_rows_are_named_and_the_others_counted() -> None:
    with pytest.raises(DataError, match=r"^a value of column 'y' is odd: line 2, line 4, line 5 and 1 more; mend it$"):
        bad_rows().reject(FAULT, "error", column="y", reason="is odd", advice="mend it")


def test_rows_that_are_set_aside_are_counted_once() -> None:
    """A row that is bad for one reason is not bad for another one too."""
    bad = bad_rows()
    for column in ("y", "z"):
        bad.reject(FAULT, "set_aside", column=column, reason="is odd", advice="", shown=lambda row: f"{row} in ")
    assert bad.mask.tolist() == FAULT.tolist()
    examples = ("0 in line 2", "2 in line 4", "3 in line 5", "4 in line 6")
    assert [(aside.column, aside.rows, aside.examples) for aside in bad.set_aside] == [("y", 4, examples)]


def test_the_refusal_carries_column_line_and_value():
    """Law: for a program, what the message says of the first row."""
    rows = BadRows(5, lambda row: Place.at(f"line {row + 2}", row + 2))
    bad = np.array([False, False, True, True, False])
    with pytest.raises(DataError) as refusal:
        rows.reject(
            bad, "error", column="y", reason="is no number", advice="mend it", fields=lambda row: {"value": "x"}
        )
    assert (refusal.value.column, refusal.value.line, refusal.value.value) == ("y", 4, "x")
