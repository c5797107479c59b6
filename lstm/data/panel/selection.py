"""Some of a panel: fewer series, or a shorter horizon."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from lstm.data.panel.panel import Panel


def some_series(panel: Panel, which: np.ndarray) -> Panel:
    """The panel of these series (int (N), rising), without versions."""
    lengths = np.diff(panel.indptr)[which]
    kept = np.zeros(panel.series, bool)
    kept[which] = True
    return _of_rows(panel, np.repeat(kept, np.diff(panel.indptr)), lengths, which)


def consecutive_series(panel: Panel, first: int, after: int) -> Panel:
    """The panel of the series from `first` up to the one before `after`, without versions; its arrays are views."""
    begin, end = panel.indptr[first], panel.indptr[after]
    return replace(
        panel,
        keys=panel.keys.slice(first, after - first),
        indptr=panel.indptr[first : after + 1] - begin,
        start=panel.start[first:after],
        targets=panel.targets[begin:end],
        past=panel.past[begin:end],
        future=panel.future[begin:end],
        static=panel.static[first:after],
        versions=None,
    )


def shorter_horizon(panel: Panel, horizon: int) -> Panel:
    """The panel that a run with a shorter horizon would have made, without versions."""
    cut = panel.horizon - horizon
    kept = panel.ordinals <= panel.cutoff + horizon
    return replace(_of_rows(panel, kept, np.diff(panel.indptr) - cut, np.arange(panel.series)), horizon=horizon)


def _of_rows(panel: Panel, rows: np.ndarray, lengths: np.ndarray, series: np.ndarray) -> Panel:
    """The panel of some rows. rows: bool (T), which are kept. lengths: of the kept `series`."""
    return replace(
        panel,
        keys=panel.keys.take(pa.array(series)),
        indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        start=panel.start[series],
        targets=panel.targets[rows],
        past=panel.past[rows],
        future=panel.future[rows],
        static=panel.static[series],
        versions=None,
    )
