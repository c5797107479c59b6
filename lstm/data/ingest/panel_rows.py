"""Layout of a panel: which steps each series has. Steps of rows follow by arithmetic, since the grid is regular."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lstm.data.ingest.run_clock import Clock
from lstm.data.panel.blocks import blocks
from lstm.data.rows.series_keys import SeriesKeys
from lstm.data.timestamps.parse import Times
from lstm.errors import DataError

# A panel of more steps than this that is emptier than this comes of a stray time or a wrong frequency.
MANY_STEPS = 20_000_000
LARGEST_EMPTINESS = 50


@dataclass(frozen=True)
class Layout:
    """Steps of the S series that have any, T steps in all.

    alive: bool over all series of the table. first: int64 (S), ordinal of each series' first step. indptr: int64
    (S + 1), the steps of each series.
    """

    clock: Clock
    horizon: int
    alive: np.ndarray
    first: np.ndarray
    indptr: np.ndarray

    @property
    def steps(self) -> int:
        """Number of steps over all series, T."""
        return int(self.indptr[-1])

    @property
    def step_type(self) -> type[np.int32] | type[np.int64]:
        """The smallest integer that holds a step."""
        return np.int32 if self.steps < 2**31 else np.int64

    @cached_property
    def ahead(self) -> np.ndarray:
        """bool (T): steps after the cutoff."""
        ahead = np.zeros(self.steps, bool)
        ahead[(self.indptr[1:, None] - 1 - np.arange(self.horizon)).ravel()] = True
        return ahead

    def place(self, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(series, ordinal), int64, of steps."""
        series = np.searchsorted(self.indptr, steps, side="right") - 1
        return series, self.first[series] + steps - self.indptr[series]

    def steps_of(self, series: np.ndarray, times: Times, ordinals: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Step of each chosen row of a table, in the order of the table.

        series: int (R), place of each row's series among the S. ordinals: int64, of each distinct time. chosen: bool
        (R).
        """
        # On a regular grid a step is its ordinal, moved by where its series begins in the panel.
        offset = self.indptr[:-1] - self.first
        steps = np.empty(int(chosen.sum()), self.step_type)
        filled = 0
        for block in blocks(len(chosen)):
            rows = np.flatnonzero(chosen[block])
            block_steps = offset[series[block][rows]] + ordinals[times.code[block][rows]]
            steps[filled : filled + len(rows)] = block_steps
            filled += len(rows)
        return steps


def lay_out(
    clock: Clock, horizon: int, keys: SeriesKeys, times: Times, ordinals: np.ndarray, chosen: np.ndarray
) -> Layout:
    """The layout of the chosen rows (bool (R)) of a table. ordinals: int64, of each distinct time.

    Raises DataError for a table without a row up to the cutoff, and for a panel that would be almost empty and huge.
    """
    first = np.full(len(keys.names), np.iinfo(np.int64).max)
    for block in blocks(len(chosen)):
        rows = np.flatnonzero(chosen[block])
        np.minimum.at(first, keys.code[block][rows], ordinals[times.code[block][rows]])
    alive = first <= clock.cutoff
    if not alive.any():
        raise DataError(f"there is no row at or before the cutoff {clock.grid.text(clock.cutoff)}; give a later as_of")
    first = first[alive]
    indptr = np.concatenate([[0], np.cumsum(clock.cutoff + horizon - first + 1)]).astype(np.int64)
    layout = Layout(clock, horizon, alive, first, indptr)
    _refuse_emptiness(layout, keys.names, int(chosen.sum()))
    return layout


def _refuse_emptiness(layout: Layout, names: list[str], rows: int) -> None:
    if layout.steps > MANY_STEPS and layout.steps > LARGEST_EMPTINESS * rows:
        grid, longest = layout.clock.grid, int(np.argmin(layout.first))
        raise DataError(
            f"{rows:,} rows would make a panel of {layout.steps:,} steps at frequency {grid.alias!r}; series "
            f"{names[int(np.flatnonzero(layout.alive)[longest])]!r} begins at "
            f"{grid.text(int(layout.first[longest]))}: mend that time, or give a coarser frequency"
        )
