"""Contestants without training: naive, seasonal naive and seasonal average, with quantiles from their past errors.

They repeat older values, or a mean of them, so their past errors are differences between an observed value and what
lies a lag before it: the step itself for naive, whole seasons for the others. Nothing after a window's cutoff is read.
"""

from collections.abc import Callable, Sequence

import numpy as np

from lstm.data.panel.panel import Panel

ERROR_STEPS = 400  # past errors of a series come from at most its last so many steps
ENOUGH_ERRORS = 10  # below this a series borrows the quantiles of its peers
SEASONS_AVERAGED = 4  # whole seasons that the seasonal average takes the mean of
SEASONS_BACK = 8  # a missing value is replaced by one of so many seasons before giving up the season
BLOCK_VALUES = 4_000_000  # values of history in memory at once, 32 MB

Baseline = Callable[[Panel, np.ndarray, np.ndarray, Sequence[float], int], np.ndarray]


def naive(
    panel: Panel, series: np.ndarray, cutoffs: np.ndarray, levels: Sequence[float], season: int = 1
) -> np.ndarray:
    """float64 (N, H, Q, C): the last value observed at or before the cutoff, for every step.

    series: int (N). cutoffs: ordinals (N). levels: Q, rising. season: not used; all baselines are called alike.
    NaN where a target had not been observed by then. Quantiles: see `_with_quantiles`.
    """
    steps = np.arange(1, panel.horizon + 1)
    last = _last_observed(panel, series, cutoffs)
    point = np.broadcast_to(last[:, None, :], (len(series), panel.horizon, last.shape[1]))
    return _with_quantiles(point, panel, series, cutoffs, levels, lags=steps)


def seasonal_naive(
    panel: Panel, series: np.ndarray, cutoffs: np.ndarray, levels: Sequence[float], season: int
) -> np.ndarray:
    """float64 (N, H, Q, C): the newest value of the same phase of the season, at or before the cutoff.

    Where that is missing, the one a season earlier, of `SEASONS_BACK` seasons in all, then the last observed value.
    series: int (N). cutoffs: ordinals (N). levels: Q, rising. season: steps.
    NaN where a target had not been observed by then. Quantiles: see `_with_quantiles`.
    """
    steps = np.arange(1, panel.horizon + 1)
    lags = season * -(-steps // season)
    last = _last_observed(panel, series, cutoffs)
    point = np.empty((len(series), panel.horizon, last.shape[1]))
    for step, lag in zip(steps.tolist(), lags.tolist(), strict=True):
        if step > season:
            point[:, step - 1] = point[:, step - 1 - season]
        else:
            point[:, step - 1] = _same_phase(panel, series, cutoffs + step - lag, season, last)
    return _with_quantiles(point, panel, series, cutoffs, levels, lags=lags)


def seasonal_average(
    panel: Panel, series: np.ndarray, cutoffs: np.ndarray, levels: Sequence[float], season: int
) -> np.ndarray:
    """float64 (N, H, Q, C): the mean of the same phase over the last whole seasons, `SEASONS_AVERAGED` at most.

    Fewer where the series has fewer whole seasons up to the cutoff, one at least; missing values are left out of the
    mean. Where all of them are missing it is what the seasonal naive says.
    series: int (N). cutoffs: ordinals (N). levels: Q, rising. season: steps.
    NaN where a target had not been observed by then. Quantiles: see `_with_quantiles`.
    """
    steps = np.arange(1, panel.horizon + 1)
    lags = season * -(-steps // season)
    last = _last_observed(panel, series, cutoffs)
    whole = np.clip((cutoffs - panel.start[series] + 1) // season, 1, SEASONS_AVERAGED)
    point = np.empty((len(series), panel.horizon, last.shape[1]))
    for step, lag in zip(steps.tolist(), lags.tolist(), strict=True):
        if step > season:
            point[:, step - 1] = point[:, step - 1 - season]
        else:
            newest = cutoffs + step - lag
            mean = _phase_mean(panel, series, newest, season, whole)
            missing = np.flatnonzero(np.isnan(mean).any(axis=1))
            single = _same_phase(panel, series[missing], newest[missing], season, last[missing])
            mean[missing] = np.where(np.isnan(mean[missing]), single, mean[missing])
            point[:, step - 1] = mean
    return _with_quantiles(point, panel, series, cutoffs, levels, lags=lags, average=(SEASONS_AVERAGED, season))


BASELINES: dict[str, Baseline] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "seasonal_average": seasonal_average,
}


def _phase_mean(panel: Panel, series: np.ndarray, newest: np.ndarray, season: int, seasons: np.ndarray) -> np.ndarray:
    """(N, C): mean of what was observed at the ordinal `newest` and whole seasons before it; seasons: (N), how many."""
    back = np.arange(SEASONS_AVERAGED)
    values = _values_at(panel, series[:, None], newest[:, None] - season * back)  # (N, seasons, C)
    values[back >= seasons[:, None]] = np.nan
    return _mean(values, axis=1)


def _same_phase(panel: Panel, series: np.ndarray, newest: np.ndarray, season: int, last: np.ndarray) -> np.ndarray:
    """(N, C): the value at the ordinal `newest`, or some seasons before it, else `last`."""
    value = _values_at(panel, series, newest)
    for seasons in range(1, SEASONS_BACK):
        missing = np.flatnonzero(np.isnan(value).any(axis=1))
        if not len(missing):
            return value
        older = _values_at(panel, series[missing], newest[missing] - seasons * season)
        value[missing] = np.where(np.isnan(value[missing]), older, value[missing])
    return np.where(np.isnan(value), last, value)


def _values_at(panel: Panel, series: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
    """float64, the broadcast shape of series and ordinals and C: targets there, NaN outside of the series."""
    rows = panel.row_of(series, ordinals)
    inside = (rows >= panel.indptr[series]) & (rows < panel.indptr[series + 1])
    values = panel.targets[np.where(inside, rows, 0)].astype(np.float64)
    values[~inside] = np.nan
    return values


def _last_observed(panel: Panel, series: np.ndarray, cutoffs: np.ndarray) -> np.ndarray:
    """float64 (N, C): newest observed value at or before each cutoff, NaN where there is none."""
    # The newest observed row at or before the cutoff, by binary search over all observed rows of a target; one
    # before the first row of its series belongs to another series.
    first = panel.indptr[series]
    # A cutoff beyond the panel must not reach into the rows of the next series.
    rows = np.minimum(panel.row_of(series, cutoffs), panel.indptr[series + 1] - 1)
    last = np.full((len(series), len(panel.target_names)), np.nan)
    for channel in range(last.shape[1]):
        observed = np.flatnonzero(panel.observed[:, channel])
        position = np.searchsorted(observed, rows, side="right") - 1
        windows = np.flatnonzero(position >= 0)
        nearest = observed[position[windows]]
        inside = nearest >= first[windows]
        last[windows[inside], channel] = panel.targets[nearest[inside], channel]
    return last


def _with_quantiles(
    point: np.ndarray,
    panel: Panel,
    series: np.ndarray,
    cutoffs: np.ndarray,
    levels: Sequence[float],
    *,
    lags: np.ndarray,
    average: tuple[int, int] = (1, 0),
) -> np.ndarray:
    """float64 (N, H, Q, C): the point forecast as median, and the quantiles of past errors added for other levels.

    point: (N, H, C). lags: int (H), not falling, the distance of each step's past errors. average: (k, steps), that the
    forecast is the mean of what lies a lag before and of k - 1 values more, so many steps apart.

    The errors of a series are those at or before the *earliest* of its cutoffs here, so one set serves all its windows
    and none of them reads beyond its own cutoff. Lower levels never add, upper levels never subtract: quantiles do not
    cross, also where a trend made all past errors positive.
    """
    distinct_series, series_of_window = np.unique(series, return_inverse=True)
    ends = np.full(len(distinct_series), np.iinfo(np.int64).max)
    np.minimum.at(ends, series_of_window, cutoffs)
    distinct_lags, lag_of_step = np.unique(lags, return_inverse=True)
    spread = _spread(panel, distinct_series, ends, np.asarray(levels), distinct_lags, average)  # (U, lags, Q, C)
    forecast = np.empty((*point.shape[:2], len(levels), point.shape[2]))
    for step, lag in enumerate(lag_of_step):
        np.add(point[:, step, None, :], spread[series_of_window, lag], out=forecast[:, step])
    return forecast


def _spread(
    panel: Panel, series: np.ndarray, ends: np.ndarray, levels: np.ndarray, lags: np.ndarray, average: tuple[int, int]
) -> np.ndarray:
    """float64 (U, lags, Q, C): what each quantile adds to the point forecast of U different series.

    A series with fewer than `ENOUGH_ERRORS` errors at a lag borrows from its peers, else takes what few errors it has,
    else the spread of the next shorter lag; with no error at all the quantiles equal the point forecast.
    """
    spread, counts, size = _error_quantiles(panel, series, ends, levels, lags, average)
    _borrow(spread, counts, size, ends)
    for lag in range(1, len(lags)):
        spread[:, lag] = np.where(np.isnan(spread[:, lag]), spread[:, lag - 1], spread[:, lag])
    np.nan_to_num(spread, copy=False, nan=0.0)
    lower, upper = (levels < 0.5)[:, None], (levels > 0.5)[:, None]
    return np.where(lower, np.minimum(spread, 0.0), np.where(upper, np.maximum(spread, 0.0), 0.0))


def _error_quantiles(
    panel: Panel, series: np.ndarray, ends: np.ndarray, levels: np.ndarray, lags: np.ndarray, average: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(quantiles (U, lags, Q, C), counts (U, lags, C), size (U, C)) of errors in the last steps up to `ends`.

    quantiles are NaN without an error. size: mean absolute value of those steps, NaN where none was observed.
    """
    channels, (seasons, season) = len(panel.target_names), average
    longest = int(lags[-1]) + (seasons - 1) * season
    quantiles = np.full((len(series), len(lags), len(levels), channels), np.nan)
    counts = np.zeros((len(series), len(lags), channels), np.int64)
    size = np.full((len(series), channels), np.nan)
    # An error is an observed step less what the method would have said of it: what lies a lag before, or the mean of
    # several seasons there. Series are read a block at a time, so that their histories fit into memory.
    age = np.arange(ERROR_STEPS + longest)[::-1]
    block = max(1, BLOCK_VALUES // (len(age) * channels))
    for begin in range(0, len(series), block):
        part = slice(begin, begin + block)
        values = _values_at(panel, series[part, None], ends[part, None] - age)  # (block, steps, C)
        recent = np.moveaxis(values[:, longest:], 1, -1)
        size[part] = _mean(np.abs(recent), axis=-1)
        for index, lag in enumerate(lags.tolist()):
            shifts = [lag + back * season for back in range(seasons)]
            older = [np.moveaxis(values[:, longest - shift : -shift], 1, -1) for shift in shifts]
            errors = recent - (older[0] if seasons == 1 else _mean(np.stack(older), axis=0))  # (block, C, steps)
            quantiles[part, index], counts[part, index] = _quantiles(errors, levels)
    return quantiles, counts, size


def _mean(values: np.ndarray, *, axis: int) -> np.ndarray:
    """Mean of the observed values over an axis, NaN where there is none; np.nanmean warns of those."""
    known = (~np.isnan(values)).sum(axis=axis)
    return np.where(known > 0, np.nansum(values, axis=axis) / np.maximum(known, 1), np.nan)


def _quantiles(errors: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(quantiles (B, Q, C), counts (B, C)) of errors (B, C, steps), NaN where unknown, by linear interpolation.

    np.nanquantile gives the same, a hundred times slower: it walks the series one by one.
    """
    ordered = np.sort(errors, axis=-1)  # NaN comes last
    counts = (~np.isnan(errors)).sum(axis=-1)
    position = np.maximum(counts - 1, 0)[..., None] * levels  # (B, C, Q)
    below = position.astype(np.int64)
    above = np.minimum(below + 1, np.maximum(counts - 1, 0)[..., None])
    low, high = np.take_along_axis(ordered, below, -1), np.take_along_axis(ordered, above, -1)
    return np.moveaxis(low + (position - below) * (high - low), -1, 1), counts


def _borrow(spread: np.ndarray, counts: np.ndarray, size: np.ndarray, ends: np.ndarray) -> None:
    """Gives series with too few errors the median of their peers' quantiles, relative to the mean absolute value.

    Peers are series with enough errors that end no later than the earliest borrower, so that nobody reads ahead.
    """
    relative = spread / np.where(size > 0.0, size, np.nan)[:, None, None, :]
    for lag, channel in np.ndindex(counts.shape[1:]):
        few = (counts[:, lag, channel] < ENOUGH_ERRORS) & (size[:, channel] > 0.0)
        if not few.any():
            continue
        lenders = ~few & (ends <= ends[few].min()) & np.isfinite(relative[:, lag, 0, channel])
        if lenders.any():
            median = np.median(relative[lenders, lag, :, channel], axis=0)
            spread[few, lag, :, channel] = median * size[few, channel, None]
