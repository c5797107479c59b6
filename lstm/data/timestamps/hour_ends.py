"""Labels of hours by their ends, where clocks change: is the end read off the clock, or counted from the start?

An hour that begins at 01:00 just before clocks are put forward ends at 03:00 by the clock, and at 02:00 by who counts
from its start, as operators of power grids do; 02:00 is a time that never was, and in autumn it is there twice.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.timestamps.strptime import DAY_MICROS, MICROS
from lstm.data.timestamps.time_zones import instants


def step_to_start(local: pa.Array, time_zone: str, code: np.ndarray, series: np.ndarray) -> int:
    """Microseconds from a label back to the start of its step, where labels are counted from starts; else 0.

    Only labels that cannot be read off the clock tell: one that never was, or that a series has twice where the clock
    shows it once. local: timestamp[us] (U), labels. code: int (R), the label of each row or -1. series: int (R).
    """
    labels = np.asarray(local.drop_null().cast(pa.int64()))
    distances, counts = np.unique(np.diff(np.unique(labels)), return_counts=True)
    step = int(distances[np.argmax(counts)]) if len(distances) else DAY_MICROS
    if step >= DAY_MICROS:
        return 0
    by_clock, by_start = instants(local, time_zone), instants(moved(local, -step), time_zone)
    if by_clock.never.any() or by_start.never.any():
        return 0 if by_start.never.any() else step
    twice = _comes_twice(code, series, by_clock.twice != by_start.twice)
    return step if (twice & by_start.twice).any() and not (twice & by_clock.twice).any() else 0


def moved(times: pa.Array, micros: int) -> pa.Array:
    """The times, so many microseconds later, in their own type."""
    return pc.add(times.cast(pa.int64()), micros).cast(MICROS).cast(times.type)


def _comes_twice(code: np.ndarray, series: np.ndarray, looked_at: np.ndarray) -> np.ndarray:
    """bool (U): labels, of those that are looked at, that two rows of one series have."""
    rows = np.flatnonzero(np.append(looked_at, False)[code])
    pairs, counts = np.unique(np.stack([series[rows], code[rows]]), axis=1, return_counts=True)
    twice = np.zeros(len(looked_at), bool)
    twice[pairs[1][counts > 1]] = True
    return twice
