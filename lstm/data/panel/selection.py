"""Some of a panel: fewer series, a shorter horizon, or an earlier cutoff."""

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


def earlier_cutoff(panel: Panel, cutoff: int) -> Panel:
    """The panel up to an earlier cutoff (ordinal), of the series that had begun by then, as it is known now.

    Versions are left out, and covariates known ahead reach to the new horizon's end.
    """
    kept = panel.ordinals <= cutoff + panel.horizon
    begun = np.flatnonzero(panel.start <= cutoff)
    kept &= np.isin(panel.row_series, begun)
    earlier = replace(_of_rows(panel, kept, cutoff + panel.horizon - panel.start[begun] + 1, begun), cutoff=cutoff)
    for channels in (earlier.targets, earlier.past):
        channels[earlier.ordinals > cutoff] = np.nan
    return earlier


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
