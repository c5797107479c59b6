"""Bands of the simple baselines: quantiles of their past errors, which short series borrow from their peers.

What is borrowed follows from all series together; with it, any of them can be forecast without the others.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from lstm.data.panel.panel import Panel

ERROR_STEPS = 400  # past errors of a series come from at most its last so many steps
ENOUGH_ERRORS = 10  # below this a series borrows the quantiles of its peers
BLOCK_VALUES = 4_000_000  # values of history in memory at once, 32 MB


class Reach(NamedTuple):
    """Where what a method repeats lies before the step that it is said of.

    lags: int (H), not falling, so many steps. seasons, season: it is the mean of so many values, `season` steps apart.
    """

    lags: np.ndarray
    seasons: int = 1
    season: int = 0

    @property
    def distinct(self) -> np.ndarray:
        """int (lags): each lag once, rising."""
        return np.unique(self.lags)


def with_quantiles(
    point: np.ndarray,
    panel: Panel,
    series: np.ndarray,
    cutoffs: np.ndarray,
    levels: Sequence[float],
    reach: Reach,
    lent: np.ndarray | None = None,
) -> np.ndarray:
    """float64 (N, H, Q, C): the point forecast as median, and the quantiles of past errors added for other levels.

    point: (N, H, C). lent: see `lent_by_peers`; by the series of these windows when left out.

    The errors of a series are those at or before the *earliest* of its cutoffs here, so one set serves all its windows
    and none of them reads beyond its own cutoff. Lower levels never add, upper levels never subtract: quantiles do not
    cross, also where a trend made all past errors positive.
    """
    lent = lent_by_peers(panel, series, cutoffs, levels, reach) if lent is None else lent
    distinct, ends, series_of_window = _earliest(series, cutoffs)
    spread = _spread(panel, distinct, ends, np.asarray(levels), reach, lent)  # (U, lags, Q, C)
    lag_of_step = np.searchsorted(reach.distinct, reach.lags)
    forecast = np.empty((*point.shape[:2], len(levels), point.shape[2]))
    for step, lag in enumerate(lag_of_step):
        np.add(point[:, step, None, :], spread[series_of_window, lag], out=forecast[:, step])
    return forecast


def lent_by_peers(
    panel: Panel, series: np.ndarray, cutoffs: np.ndarray, levels: Sequence[float], reach: Reach
) -> np.ndarray:
    """float64 (lags, Q, C): what series with too few errors borrow at each distinct lag; NaN where nobody lends.

    The median of their peers' quantiles, relative to the mean absolute value. Peers are series with enough errors that
    end no later than the earliest borrower, so that nobody reads ahead. series: int (N). cutoffs: ordinals (N).
    """
    distinct, ends, _ = _earliest(series, cutoffs)
    lags = reach.distinct
    size, few = _sizes(panel, distinct, ends), np.zeros((len(distinct), len(lags), len(panel.target_names)), bool)
    for part, lag, errors in _past_errors(panel, distinct, ends, lags, reach):
        few[part, lag] = _is_few(_known(errors), size[part])
    lent = np.full((len(lags), len(levels), few.shape[2]), np.nan)
    for lag in np.flatnonzero(few.any(axis=(0, 2))).tolist():
        earliest = np.where(few[:, lag], ends[:, None], np.iinfo(np.int64).max).min(axis=0)
        lenders = ~few[:, lag] & (ends[:, None] <= earliest) & few[:, lag].any(axis=0)  # (U, C)
        which = np.flatnonzero(lenders.any(axis=1))
        quantiles, _ = _error_quantiles(panel, distinct[which], ends[which], np.asarray(levels), lags[[lag]], reach)
        relative = quantiles[:, 0] / np.where(size > 0.0, size, np.nan)[which, None]
        for channel in range(few.shape[2]):
            chosen = lenders[which, channel] & np.isfinite(relative[:, 0, channel])
            if chosen.any():
                lent[lag, :, channel] = np.median(relative[chosen, :, channel], axis=0)
    return lent


def _earliest(series: np.ndarray, cutoffs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(the U different series, rising, ordinal of the earliest cutoff of each, place of each window's series (N))."""
    distinct, series_of_window = np.unique(series, return_inverse=True)
    ends = np.full(len(distinct), np.iinfo(np.int64).max)
    np.minimum.at(ends, series_of_window, cutoffs)
    return distinct, ends, series_of_window


def _spread(
    panel: Panel, series: np.ndarray, ends: np.ndarray, levels: np.ndarray, reach: Reach, lent: np.ndarray
) -> np.ndarray:
    """float64 (U, lags, Q, C): what each quantile adds to the point forecast of U different series.

    A series with fewer than `ENOUGH_ERRORS` errors at a lag borrows from its peers, else takes what few errors it has,
    else the spread of the next shorter lag; with no error at all the quantiles equal the point forecast.
    """
    spread, counts = _error_quantiles(panel, series, ends, levels, reach.distinct, reach)
    size = _sizes(panel, series, ends)
    borrows = _is_few(counts, size[:, None])[:, :, None] & ~np.isnan(lent)
    np.copyto(spread, lent * size[:, None, None], where=borrows)
    for lag in range(1, spread.shape[1]):
        spread[:, lag] = np.where(np.isnan(spread[:, lag]), spread[:, lag - 1], spread[:, lag])
    np.nan_to_num(spread, copy=False, nan=0.0)
    lower, upper = (levels < 0.5)[:, None], (levels > 0.5)[:, None]
    return np.where(lower, np.minimum(spread, 0.0), np.where(upper, np.maximum(spread, 0.0), 0.0))


def _is_few(counts: np.ndarray, size: np.ndarray) -> np.ndarray:
    """bool: where a series borrows: it has too few errors, and a size by which to take those of others."""
    return np.asarray((counts < ENOUGH_ERRORS) & (size > 0.0))


def _error_quantiles(
    panel: Panel, series: np.ndarray, ends: np.ndarray, levels: np.ndarray, lags: np.ndarray, reach: Reach
) -> tuple[np.ndarray, np.ndarray]:
    """(quantiles (U, lags, Q, C), counts (U, lags, C)) of errors in the last steps up to `ends`; NaN without one."""
    channels = len(panel.target_names)
    quantiles = np.full((len(series), len(lags), len(levels), channels), np.nan)
    counts = np.zeros((len(series), len(lags), channels), np.int64)
    for part, lag, errors in _past_errors(panel, series, ends, lags, reach):
        quantiles[part, lag], counts[part, lag] = _quantiles(errors, levels)
    return quantiles, counts


def _past_errors(
    panel: Panel, series: np.ndarray, ends: np.ndarray, lags: np.ndarray, reach: Reach
) -> Iterator[tuple[slice, int, np.ndarray]]:
    """(which of the series, place of a lag, (B, C, steps) errors of theirs at that lag, NaN where unknown)."""
    # An error is an observed step less what the method would have said of it: what lies a lag before, or the mean of
    # several seasons there. Series are read a block at a time, so that their histories fit into memory.
    longest = int(lags[-1]) + (reach.seasons - 1) * reach.season
    for part, values in _histories(panel, series, ends, ERROR_STEPS + longest):
        recent = np.moveaxis(values[:, longest:], 1, -1)
        for place, lag in enumerate(lags.tolist()):
            shifts = [lag + back * reach.season for back in range(reach.seasons)]
            older = [np.moveaxis(values[:, longest - shift : -shift], 1, -1) for shift in shifts]
            yield part, place, recent - (older[0] if reach.seasons == 1 else mean(np.stack(older), axis=0))


def _sizes(panel: Panel, series: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """float64 (U, C): mean absolute value of the last steps up to `ends`, NaN where none was observed."""
    size = np.full((len(series), len(panel.target_names)), np.nan)
    for part, values in _histories(panel, series, ends, ERROR_STEPS):
        size[part] = mean(np.abs(np.moveaxis(values, 1, -1)), axis=-1)
    return size


def _histories(panel: Panel, series: np.ndarray, ends: np.ndarray, steps: int) -> Iterator[tuple[slice, np.ndarray]]:
    """(which of the series, (B, steps, C) their targets up to `ends`), a block of series at a time."""
    age = np.arange(steps)[::-1]
    block = max(1, BLOCK_VALUES // (steps * len(panel.target_names)))
    for begin in range(0, len(series), block):
        part = slice(begin, begin + block)
        yield part, values_at(panel, series[part, None], ends[part, None] - age)


def values_at(panel: Panel, series: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
    """float64, the broadcast shape of series and ordinals and C: targets there, NaN outside of the series."""
    rows = panel.row_of(series, ordinals)
    inside = (rows >= panel.indptr[series]) & (rows < panel.indptr[series + 1])
    values = panel.targets[np.where(inside, rows, 0)].astype(np.float64)
    values[~inside] = np.nan
    return values


def mean(values: np.ndarray, *, axis: int) -> np.ndarray:
    """Mean of the observed values over an axis, NaN where there is none; np.nanmean warns of those."""
    known = (~np.isnan(values)).sum(axis=axis)
    return np.where(known > 0, np.nansum(values, axis=axis) / np.maximum(known, 1), np.nan)


def _known(errors: np.ndarray) -> np.ndarray:
    """int (B, C): how many errors (B, C, steps) there are."""
    return np.asarray((~np.isnan(errors)).sum(axis=-1))


def _quantiles(errors: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(quantiles (B, Q, C), counts (B, C)) of errors (B, C, steps), NaN where unknown, by linear interpolation.

    np.nanquantile gives the same, a hundred times slower: it walks the series one by one.
    """
    ordered = np.sort(errors, axis=-1)  # NaN comes last
    counts = _known(errors)
    position = np.maximum(counts - 1, 0)[..., None] * levels  # (B, C, Q)
    below = position.astype(np.int64)
    above = np.minimum(below + 1, np.maximum(counts - 1, 0)[..., None])
    low, high = np.take_along_axis(ordered, below, -1), np.take_along_axis(ordered, above, -1)
    return np.moveaxis(low + (position - below) * (high - low), -1, 1), counts
