"""Runs of one value that end a series: a constant, or a sensor that is stuck."""

from dataclasses import dataclass

import numpy as np

from lstm.data.panel.blocks import series_blocks
from lstm.data.panel.panel import Panel


@dataclass(frozen=True)
class FlatEnds:
    """The longest run of one value that ends each series, (S) each; steps without an observation do not end it.

    count: observed steps of the series. flat: observed steps of the run. since: its first row. value: what repeats.
    """

    count: np.ndarray
    flat: np.ndarray
    since: np.ndarray
    value: np.ndarray

    @property
    def constant(self) -> np.ndarray:
        """bool (S): series that have never had another value, of two at least."""
        return np.asarray((self.flat == self.count) & (self.count > 1))


def flat_ends(panel: Panel, target: np.ndarray) -> FlatEnds:
    """The flat ends of one target (T), some series at a time, so that a long panel needs no memory to speak of."""
    count = np.add.reduceat(~np.isnan(target), panel.indptr[:-1], dtype=np.int64)
    flat, since, value = np.zeros(panel.series, np.int64), np.zeros(panel.series, np.int64), np.zeros(panel.series)
    for first, after in series_blocks(panel.indptr):
        begin = panel.indptr[first]
        rows = np.flatnonzero(~np.isnan(target[begin : panel.indptr[after]]))
        if not len(rows):
            continue
        # Observed values only, series after series: a run begins where the value changes, or the series does. The last
        # place at which a series begins a run is where its flat end begins.
        values = target[begin : panel.indptr[after]][rows]
        series = np.repeat(np.arange(first, after), count[first:after])
        changes = np.append(True, (np.diff(values) != 0) | (np.diff(series) != 0))
        last_change = np.full(after - first, -1)
        last_change[series[changes] - first] = np.flatnonzero(changes)
        observed = count[first:after] > 0
        ends = np.cumsum(count[first:after])
        flat[first:after] = np.where(observed, ends - last_change, 0)
        since[first:after] = np.where(observed, rows[last_change] + begin, 0)
        value[first:after] = np.where(observed, values[last_change], 0.0)
    return FlatEnds(count, flat, since, value)
