"""How long a series is expected: for some days after it was last observed, or last forecast."""

import math

import numpy as np

from lstm.data.frequency.grid import DAY, Frequency
from lstm.data.panel.blocks import series_blocks
from lstm.data.panel.panel import Panel


def expected_steps(frequency: Frequency, days: int) -> int:
    """Steps of so many days; of an integer grid, as many steps as days."""
    return math.ceil(days * DAY / frequency.seconds) if frequency.seconds else days


def newest_steps(panel: Panel) -> np.ndarray:
    """int64 (S): ordinal of each series' newest step with a target; one before its start where it has none."""
    last = np.array(panel.start - 1)
    for first, after in series_blocks(panel.indptr):
        begin, end = panel.indptr[first], panel.indptr[after]
        # Not `panel.observed`, which is kept: gaps may be filled after this.
        observed = ~np.isnan(panel.targets[begin:end]).all(axis=1)
        # The highest place with a target in each series; -1 where it has none, which leaves `last` before its start.
        seen = np.where(observed, np.arange(begin, end), -1)
        rows = np.maximum.reduceat(seen, panel.indptr[first:after] - begin)
        block = slice(first, after)
        last[block] = np.where(rows >= 0, panel.start[block] + rows - panel.indptr[block], last[block])
    return last


def ended_series(panel: Panel, expected_for: int) -> np.ndarray:
    """bool (S): series that were last observed more than so many days before the table's end; they get no forecast.

    A series without any observation has not ended: it fails, and says so.
    """
    last = newest_steps(panel)
    seen = last >= panel.start
    if not seen.any():
        return seen
    return np.asarray(seen & (last < last[seen].max() - expected_steps(panel.frequency, expected_for)))
