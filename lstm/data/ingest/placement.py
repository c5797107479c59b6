"""The rows of a table on the steps of the panel, and their values, a block at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from lstm.data.ingest.panel_rows import Layout
from lstm.data.panel.blocks import blocks
from lstm.data.rows.duplicates import Duplicates, Policy, find_duplicates
from lstm.data.rows.numbers import numbers


@dataclass(frozen=True)
class Placement:
    """R rows of a table, and the step of the panel that each belongs to.

    series: int, over all rows of the table, place among the S series. chosen: bool, over all rows of the table. steps:
    int (R). duplicates: None where no two rows share a step.
    """

    table: pa.Table
    layout: Layout
    series: np.ndarray
    chosen: np.ndarray
    steps: np.ndarray
    duplicates: Duplicates | None = None

    @property
    def rows(self) -> int:
        """Number of rows, R."""
        return len(self.steps)

    @cached_property
    def _positions(self) -> np.ndarray:
        return np.flatnonzero(self.chosen)

    def blocks(self, name: str) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(series, step, float64 value) of a column's rows, null as NaN."""
        column, done = self.table[name], 0
        for block in blocks(len(self.chosen)):
            values, series = numbers(column.slice(block.start, block.stop - block.start)), self.series[block]
            chosen = self.chosen[block]
            if not chosen.all():
                values, series = values[chosen], series[chosen]
            yield series, self.steps[done : done + len(values)], values
            done += len(values)

    def at(self, name: str, rows: np.ndarray) -> np.ndarray:
        """float64 (n): a column in some of the rows. rows: int64 (n), below R."""
        return numbers(self.table[name].take(pa.array(self._positions[rows])))

    def all(self, name: str) -> np.ndarray:
        """float64 (R): a column in all rows."""
        return np.concatenate([values for _, _, values in self.blocks(name)] or [np.zeros(0)])

    def only(self, kept: np.ndarray) -> "Placement":
        """Some of the rows. kept: bool (R)."""
        if kept.all():
            return self
        chosen = self.chosen.copy()
        chosen[self._positions[~kept]] = False
        return replace(self, chosen=chosen, steps=self.steps[kept])

    def merged_by(self, policy: Policy) -> "Placement":
        """The same rows, with the policy for those that share a step."""
        return replace(self, duplicates=find_duplicates(self.steps, self.layout.steps, policy))
