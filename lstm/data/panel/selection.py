"""Some of a panel: fewer series, a shorter horizon; and where the series of one table are in another."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.panel.panel import Panel


def some_series(panel: Panel, which: np.ndarray) -> Panel:
    """The panel of these series (int (N), rising), without versions."""
    lengths = np.diff(panel.indptr)[which]
    kept = np.zeros(panel.series, bool)
    kept[which] = True
    return _of_rows(panel, np.repeat(kept, np.diff(panel.indptr)), lengths, which)


def shorter_horizon(panel: Panel, horizon: int) -> Panel:
    """The panel as one of a shorter horizon has it, without versions."""
    cut = panel.horizon - horizon
    kept = panel.ordinals <= panel.cutoff + horizon
    return replace(_of_rows(panel, kept, np.diff(panel.indptr) - cut, np.arange(panel.series)), horizon=horizon)


def _of_rows(panel: Panel, rows: np.ndarray, lengths: np.ndarray, series: np.ndarray) -> Panel:
    """rows: bool (T), which are kept. lengths: of the kept `series`."""
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


def positions(keys: pa.Table, rows: pa.Table) -> np.ndarray:
    """int64 (R): for each row its series' place in `keys` (S rows, all different), -1 where it is not there.

    Both have the key columns; without key columns there is one series.
    """
    code, wanted, known = np.zeros(len(keys), np.int64), np.zeros(len(rows), np.int64), np.ones(len(rows), bool)
    for name in keys.column_names:
        values = pc.unique(keys[name])
        found = pc.index_in(rows[name].cast(values.type), values)
        known &= np.asarray(pc.is_valid(found))
        code = code * len(values) + np.asarray(pc.index_in(keys[name], values))
        wanted = wanted * len(values) + np.asarray(pc.fill_null(found, 0))
    if not keys.num_columns:
        return wanted
    order = np.argsort(code)
    place = np.minimum(np.searchsorted(code[order], wanted), len(code) - 1)
    there = known & (code[order][place] == wanted) if len(code) else np.zeros(len(rows), bool)
    return np.where(there, order[place], -1) if len(code) else np.full(len(rows), -1)
