"""The rows of a source as they were read: a table whose columns have their roles' types, and how it was understood."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np
import pyarrow as pa

from lstm.references import Reference

EXAMPLES = 10


class SetAside(Reference):
    """Rows that were left out because they cannot be used, for one reason. examples: where the first few are.

    reason: completes `a value of column ...`, or `the row ...` where column is empty.
    """

    reason: str
    column: str
    rows: int
    examples: tuple[str, ...]

    @property
    def why(self) -> str:
        """The reason as a clause."""
        return f"a value of column {self.column!r} {self.reason}" if self.column else f"the row {self.reason}"


class Place(str):
    """Where a row is, as a person finds it: `sales.csv, line 243`. line: of the file, or row of the table, from 1."""

    __slots__ = ("line",)
    line: int

    @classmethod
    def at(cls, text: str, line: int) -> Self:
        """A place with its number."""
        place = cls(text)
        place.line = line
        return place


def _data_row(row: int) -> Place:
    return Place.at(f"data row {row + 1}", row + 1)


@dataclass(frozen=True)
class SourceRows:
    """R rows of a source, typed by their roles.

    table: the columns `Roles.columns`, in that order. Series keys are text (dictionary-encoded where that is smaller)
    or int64; times are text (dictionary-encoded), date32, timestamp[us], timestamp[us, UTC] or int64; numbers are
    float64, null where missing; static covariates are text or float64.
    place: tells a row of the table, counted from 0, as a person finds it: `sales.csv, line 243`; slow.
    blank: rows without any value, which were left out. set_aside: rows left out by `bad_rows = "set_aside"`.
    notes: sentences on how the source was understood.
    """

    table: pa.Table
    place: Callable[[int], str] = _data_row
    blank: int = 0
    set_aside: tuple[SetAside, ...] = ()
    notes: tuple[str, ...] = ()


def summed(set_aside: Iterable[SetAside]) -> Iterator[SetAside]:
    """The rows that the parts of a table set aside, added up by reason and column."""
    groups: dict[tuple[str, str], list[SetAside]] = {}
    for part in set_aside:
        groups.setdefault((part.reason, part.column), []).append(part)
    for (reason, column), parts in groups.items():
        examples = tuple(chain.from_iterable(part.examples for part in parts))[:EXAMPLES]
        yield SetAside(reason=reason, column=column, rows=sum(part.rows for part in parts), examples=examples)


def row_before(row: int, left_out: np.ndarray) -> int:
    """The place that a row had before rows were left out. left_out: their places, in order."""
    return row + int(np.searchsorted(left_out - np.arange(len(left_out)), row, side="right"))
