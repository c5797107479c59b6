"""How far apart the times of each series are, counted in bounded memory."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.frequency.grid import whole_seconds

# Rows that are sorted at once: enough that few passes over the table are needed, few enough for 60 MB.
BLOCK_ROWS = 1_500_000
COUNTED_ROWS = 30_000_000  # of a larger table every second series counts, or every third and so on
FEWEST_SERIES = 1_000  # that count in any case


def count_steps(values: pa.Array, code: np.ndarray, series: np.ndarray, rows: np.ndarray) -> dict[int, int]:
    """How often each distance lies between neighbouring times of one series, in seconds or integers; never 0.

    values: U distinct times in order. code: int32 (R), the time of each row. series: int32 (R). rows: bool (R), those
    that count. Whole series are taken together, as many as have about BLOCK_ROWS rows.
    """
    every = min(-(-int(np.count_nonzero(rows)) // COUNTED_ROWS), (int(series.max(initial=-1)) + 1) // FEWEST_SERIES)
    if every > 1:
        kept = np.flatnonzero(rows & (series % every == 0))
        code, series, rows = code[kept], series[kept], np.ones(len(kept), bool)
    ticks = np.asarray(values) if pa.types.is_integer(values.type) else whole_seconds(values)
    counts: Counter[int] = Counter()
    for first, after in _blocks(series, rows):
        chosen = np.flatnonzero(rows & (series >= first) & (series < after))
        # The series in the upper half and the time in the lower one sort as the pair does.
        key = series[chosen].astype(np.int64) << 32
        key |= code[chosen]
        key.sort()
        moments = ticks[key.astype(np.int32)]
        key >>= 32
        steps = np.diff(moments)[key[1:] == key[:-1]]
        for counted in pc.value_counts(pa.array(steps)).to_pylist():
            counts[counted["values"]] += counted["counts"]
    counts.pop(0, None)
    return dict(counts)


def _blocks(series: np.ndarray, rows: np.ndarray) -> Iterator[tuple[int, int]]:
    """(first series, the one after the last) of each block."""
    sizes = np.zeros(int(series.max(initial=-1)) + 1, np.int64)
    for start in range(0, len(series), BLOCK_ROWS):
        part = slice(start, start + BLOCK_ROWS)
        sizes += np.bincount(series[part][rows[part]], minlength=len(sizes))
    block = np.cumsum(sizes) // BLOCK_ROWS
    starts = np.flatnonzero(np.append(True, np.diff(block) > 0)[: len(sizes)])
    yield from pairwise([*starts.tolist(), len(sizes)])
