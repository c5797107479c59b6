"""Rows that cannot be used."""

import numpy as np
import pytest

from lstm.data.rows.bad_rows import BadRows
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
