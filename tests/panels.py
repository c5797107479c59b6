"""Small panels, made by hand, and their windows as a night has them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from lstm.data.frequency.aliases import Frequency, parse_frequency
from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import Splits, Windows, mark_windows, window_tables, windows_from_table

DAILY = parse_frequency("D")


def make_panel(
    histories: Mapping[str, Sequence[float] | np.ndarray],
    *,
    horizon: int,
    cutoff: int,
    ends: dict[str, int] | None = None,
    frequency: Frequency = DAILY,
    future: np.ndarray | None = None,
    future_names: tuple[str, ...] = (),
    dtype: type = np.float32,
) -> Panel:
    """One target `y`. histories: observed values by series; ends: ordinal of the last one, the cutoff when left out.

    future: (T, F) for all rows.
    """
    columns, start, lengths = [], [], []
    for name, values in histories.items():
        end = (ends or {}).get(name, cutoff)
        first = end - len(values) + 1
        column = np.full(cutoff + horizon - first + 1, np.nan)
        column[: len(values)] = values
        columns.append(column)
        start.append(first)
        lengths.append(len(column))
    steps = sum(lengths)
    return Panel(
        frequency=frequency,
        cutoff=cutoff,
        horizon=horizon,
        keys=pa.table({"id": pa.array(list(histories), pa.string())}),
        indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        start=np.array(start, np.int64),
        targets=np.concatenate(columns).astype(dtype)[:, None],
        past=np.zeros((steps, 0), np.float32),
        future=np.zeros((steps, 0), np.float32) if future is None else future.astype(np.float32),
        static=np.zeros((len(histories), 0), np.float32),
        target_names=("y",),
        future_names=future_names,
    )


def windows_of_splits(panel: Panel, splits: Splits) -> Windows:
    """Marked, written as a table and read again, which is what a night does."""
    return windows_from_table(pa.concat_tables(window_tables(panel, splits, mark_windows(panel, splits))))
