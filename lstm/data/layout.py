"""Where each row of a table lies in the panel, found by arithmetic: the grid is regular, so nothing is sorted."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lstm.data.clock import Clock
from lstm.data.duplicates import Duplicates, Policy, find_duplicates
from lstm.data.series_keys import SeriesKeys
from lstm.data.timestamps import Times
from lstm.errors import DataError

# A panel of more steps than this that is emptier than this comes of a stray time or a wrong frequency.
MANY_STEPS = 20_000_000
LARGEST_EMPTINESS = 50


@dataclass(frozen=True)
class Layout:
    """R used rows of the table, A series that get steps, T steps.

    used: bool over all rows of the table, or a slice that takes them all. series, ordinal: int64 (R). alive: bool over
    all series. first: int64 (A), ordinal of each series' first step. indptr: int64 (A + 1).
    duplicates: of the R rows, M stay. later: rows of the table that lie after what the run may read.
    """

    clock: Clock
    used: np.ndarray | slice
    series: np.ndarray
    ordinal: np.ndarray
    alive: np.ndarray
    first: np.ndarray
    indptr: np.ndarray
    duplicates: Duplicates
    later: int

    @cached_property
    def history(self) -> np.ndarray:
        """bool (R): rows at or before the cutoff."""
        return np.asarray(self.ordinal <= self.clock.cutoff)

    @cached_property
    def step(self) -> np.ndarray:
        """int64 (M): the panel step of each row that stays."""
        position = self.indptr[self.series] + self.ordinal - self.first[self.series]
        return position if self.duplicates.kept.all() else np.asarray(position[self.duplicates.kept])

    @cached_property
    def present(self) -> np.ndarray:
        """bool (T): steps that have a row."""
        present = np.zeros(int(self.indptr[-1]), bool)
        present[self.step] = True
        return present


def lay_out(clock: Clock, horizon: int, policy: Policy, keys: SeriesKeys, times: Times, included: np.ndarray) -> Layout:
    """Places the rows. included: bool over the rows of the table.

    Raises DataError for a row off the grid, for a table without a row up to the cutoff, and for a panel that would be
    almost empty and huge.
    """
    ordinals, exact = clock.grid.ordinals(times.values)
    late = (ordinals > clock.last)[times.code] & included
    used = included & ~late
    _refuse_off_grid(clock, keys, times, used & ~exact[times.code])
    first = np.full(len(keys.names), np.iinfo(np.int64).max)
    np.minimum.at(first, keys.code[used], ordinals[times.code[used]])
    alive = first <= clock.cutoff
    if not alive.any():
        raise DataError(f"there is no row at or before the cutoff {clock.grid.text(clock.cutoff)}; give a later as_of")
    used &= alive[keys.code]
    chosen: np.ndarray | slice = slice(None) if used.all() else used
    series, first = (np.cumsum(alive) - 1)[keys.code[chosen]], first[alive]
    indptr = np.concatenate([[0], np.cumsum(clock.cutoff + horizon - first + 1)]).astype(np.int64)
    _refuse_emptiness(clock, keys.names, alive, first, int(indptr[-1]), len(series))
    ordinal = ordinals[times.code[chosen]]
    duplicates = find_duplicates(indptr[series] + ordinal - first[series], int(indptr[-1]), policy)
    return Layout(clock, chosen, series, ordinal, alive, first, indptr, duplicates, int(late.sum()))


def _refuse_off_grid(clock: Clock, keys: SeriesKeys, times: Times, off: np.ndarray) -> None:
    if not off.any():
        return
    row = int(np.flatnonzero(off)[0])
    raise DataError(
        f"{int(off.sum())} rows of {len(np.unique(keys.code[off]))} series are off the grid {clock.grid.alias!r}, "
        f"first series {keys.names[keys.code[row]]!r} at {times.values[int(times.code[row])].as_py()} (data row "
        f"{row + 1}); mend them in the source or give another frequency"
    )


def _refuse_emptiness(
    clock: Clock, names: list[str], alive: np.ndarray, first: np.ndarray, steps: int, rows: int
) -> None:
    if steps > MANY_STEPS and steps > LARGEST_EMPTINESS * rows:
        longest = int(np.argmin(first))
        raise DataError(
            f"{rows:,} rows would make a panel of {steps:,} steps at frequency {clock.grid.alias!r}; series "
            f"{names[int(np.flatnonzero(alive)[longest])]!r} begins at {clock.grid.text(int(first[longest]))}: mend "
            "that time, or give a coarser frequency"
        )
