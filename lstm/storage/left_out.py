"""Rows that a reader left out part by part: told together, and where the rows that stay were before."""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from lstm.data.source_rows import EXAMPLES, SetAside


def summed(found: Iterable[SetAside]) -> Iterator[SetAside]:
    """One for each reason and column, of those of all parts."""
    found = list(found)
    for reason, column in dict.fromkeys((one.reason, one.column) for one in found):
        same = [one for one in found if (one.reason, one.column) == (reason, column)]
        examples = tuple(chain.from_iterable(one.examples for one in same))[:EXAMPLES]
        yield SetAside(reason=reason, column=column, rows=sum(one.rows for one in same), examples=examples)


def row_before(row: int, left_out: np.ndarray) -> int:
    """The place that a row had before rows were left out. left_out: their places, in order."""
    return row + int(np.searchsorted(left_out - np.arange(len(left_out)), row, side="right"))
