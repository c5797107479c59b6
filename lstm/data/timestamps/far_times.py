"""Times far from the rest: marks of never and unknown (0001-01-01, 1970-01-01, 9999-12-31) and slips of a year."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

LEAST_TIMES = 20
# Of the different times, one at each end at least.
MOST_SHARE = 0.01
# The hole before a far time is out of proportion to all others of the table, and no small part of its length: half of
# it where a time is refused, a tenth where a run leaves it out anyway and only says so.
HOLES = 50
REFUSED_SHARE = 0.5
TOLD_SHARE = 0.1


def far_times(ticks: np.ndarray, share: float = REFUSED_SHARE) -> np.ndarray:
    """bool (U): few times at an end that are further from the rest than the rest is long, or behind a huge hole.

    A hole is huge that is HOLES times the longest one within the rest, and this share of the rest's length. Of less
    than LEAST_TIMES nobody can tell. ticks: int64 (U), different times in order, in any unit.
    """
    far = np.zeros(len(ticks), bool)
    if len(ticks) < LEAST_TIMES:
        return far
    few = max(1, int(MOST_SHARE * len(ticks)))
    distances = np.diff(ticks.astype(np.float64))
    rest = distances[few:-few]
    span = rest.sum()
    is_far = (distances > span) | ((distances > HOLES * rest.max()) & (distances > share * span))
    before, after = np.flatnonzero(is_far[:few]), np.flatnonzero(is_far[-few:])
    if len(before):
        far[: before[-1] + 1] = True
    if len(after):
        far[len(ticks) - few + after[0] :] = True
    return far


def far_values(
    times: pa.Array, known: np.ndarray, shown: Callable[[int], str], share: float = REFUSED_SHARE
) -> tuple[np.ndarray, str]:
    """(bool (U): times far from the rest; which times the rest has, in words).

    times: U in any order, some equal, null where there is none. known: bool (U), those that count. shown: words for the
    time at a position.
    """
    ticks = np.asarray(times.cast(pa.int32() if pa.types.is_date(times.type) else pa.int64()).fill_null(0), np.int64)
    counted = known & np.asarray(times.is_valid())
    distinct, place = np.unique(ticks[counted], return_index=True)
    far = far_times(distinct, share)
    if not far.any():
        return np.zeros(len(ticks), bool), ""
    rest = np.flatnonzero(counted)[place[~far]]
    return counted & np.isin(ticks, distinct[far]), f"{shown(int(rest[0]))} to {shown(int(rest[-1]))}"
