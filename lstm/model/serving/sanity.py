"""Whether a forecast can be meant: how far it leaves what was ever observed, and whether it begins with a jump."""

from dataclasses import replace

import numpy as np

from lstm.data.panel.blocks import series_blocks
from lstm.data.panel.panel import Panel
from lstm.data.panel.selection import consecutive_series

FEW = 0.02  # of all observations: spikes, and not a demand that comes now and then
ENOUGH_FOR_USUAL = 20  # observations from which on the highest and the lowest by themselves are no range


def sanity(panel: Panel, forecast: np.ndarray, median: int) -> dict[str, np.ndarray]:
    """Every measure by name, float64 (S, C); `not_finite` is 1 where a quantile of a step is not finite, else 0.

    forecast: (S, H, Q, C), of all series. median: index of the level 0.5.
    """
    return {
        "not_finite": (~np.isfinite(forecast)).any(axis=(1, 2)).astype(np.float64),
        "beyond_range": beyond_range(panel, forecast[:, :, median]),
        "first_jump": first_jump(panel, forecast[:, :, median]),
    }


def beyond_range(panel: Panel, median: np.ndarray) -> np.ndarray:
    """float64 (S, C): how far forecasts of all series leave the range of their observations, in units of their usual.

    median: (S, H, C). 0 inside, infinite where a step is not finite. NaN where nothing was observed up to the cutoff,
    and where a forecast leaves a range without width. See `usual_range`: a single spike makes no room for another.
    """
    low, high = usual_range(panel)
    above, below = median.max(axis=1) - high, low - median.min(axis=1)
    outside = np.maximum(np.maximum(above, below), 0.0)
    width = high - low
    share = np.full(outside.shape, np.nan)
    np.divide(outside, width, out=share, where=width > 0.0)
    share[outside == 0.0] = 0.0
    return _infinite_where_not_finite(share, median, ~np.isnan(low))


def first_jump(panel: Panel, median: np.ndarray) -> np.ndarray:
    """float64 (S, C): distance of the first step from the last observation, over the largest change ever observed.

    median: (S, H, C). A change is that between two neighbouring steps that were both observed. Infinite where the first
    step is not finite; NaN where the series has no such change, or none but zero.
    """
    last, largest = _last_and_largest_change(panel)
    jump = np.full(last.shape, np.nan)
    np.divide(np.abs(median[:, 0] - last), largest, out=jump, where=largest > 0.0)
    return _infinite_where_not_finite(jump, median[:, :1], largest > 0.0)


def observed_range(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """(lowest, highest), float64 (S, C), of what was observed up to the cutoff; NaN where nothing was."""
    low = np.full((panel.series, len(panel.target_names)), np.nan)
    high = low.copy()
    for first, after in series_blocks(panel.indptr):
        values, starts = _block(panel, first, after)
        low[first:after] = np.fmin.reduceat(values, starts, axis=0)
        high[first:after] = np.fmax.reduceat(values, starts, axis=0)
    return low, high


def usual_range(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """`observed_range` without the one highest and the one lowest observation, of `ENOUGH_FOR_USUAL` at least."""
    low, high = observed_range(panel)
    lowest, highest = _lone_rows(panel, low), _lone_rows(panel, high)
    targets = panel.targets.copy()
    for rows in (lowest, highest):
        series, target = np.nonzero(rows >= 0)
        targets[rows[series, target], target] = np.nan
    inner_low, inner_high = observed_range(replace(panel, targets=targets))
    enough = _counts(panel) >= ENOUGH_FOR_USUAL
    return np.where(enough, inner_low, low), np.where(enough, inner_high, high)


def without_spikes(panel: Panel, most: float, season: int) -> Panel:
    """The panel without single observations further outside of the usual range than `most` of its widths.

    Such a spike happened once, so nobody can know when it comes again, and it is not repeated. Of a series that else
    never moved any value that differs is one, and so are a few of them that stand alone and came in few seasons.
    season: in steps.
    """
    targets = panel.targets
    for first, after in series_blocks(panel.indptr):
        spikes = _spikes(consecutive_series(panel, first, after), most, season)
        if spikes.any():
            targets = targets.copy() if targets is panel.targets else targets
            targets[panel.indptr[first] : panel.indptr[after]][spikes] = np.nan
    return panel if targets is panel.targets else replace(panel, targets=targets)


def _spikes(panel: Panel, most: float, season: int) -> np.ndarray:
    """bool (T, C); see `without_spikes`."""
    usual_low, usual_high = usual_range(panel)
    far = most * (usual_high - usual_low)
    low, high = observed_range(panel)
    spikes = _few_alone(panel, low, season)
    for extreme, is_far in ((high, high > usual_high + far), (low, low < usual_low - far)):
        rows = np.where(is_far, _lone_rows(panel, extreme), -1)
        series, target = np.nonzero(rows >= 0)
        spikes[rows[series, target], target] = True
    return spikes


def _few_alone(panel: Panel, low: np.ndarray, season: int) -> np.ndarray:
    """bool (T, C): the few values of a series that else never left its lowest, none next to another. low: (S, C)."""
    differs = panel.targets > low.astype(panel.targets.dtype)[panel.row_series]
    pairs = differs[1:] & differs[:-1] & (panel.row_series[1:] == panel.row_series[:-1])[:, None]
    count = np.add.reduceat(differs, panel.indptr[:-1], axis=0, dtype=np.int64)
    touching = np.zeros_like(differs)
    touching[1:] = pairs
    is_alone = ~np.logical_or.reduceat(touching, panel.indptr[:-1], axis=0)
    observations = _counts(panel)
    # What comes in every second season, as what sells at Christmas only, comes again.
    is_few = (count <= FEW * observations) & (2 * season * count < observations) & (observations >= ENOUGH_FOR_USUAL)
    return np.asarray(differs & (is_few & is_alone)[panel.row_series])


def never_negative(panel: Panel, series: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """bool (N, C): targets of windows that had not been observed below zero by their cutoff. series, rows: (N)."""
    negative = panel.targets < 0.0
    if not negative.any():
        return np.ones((len(rows), panel.targets.shape[1]), bool)
    rows_of_negatives = np.where(negative, np.arange(panel.steps)[:, None], panel.steps)
    first = np.minimum.reduceat(rows_of_negatives, panel.indptr[:-1], axis=0)
    return np.asarray(first[series] > rows[:, None])


def hold_at_zero(quantiles: np.ndarray, cells: np.ndarray) -> None:
    """Raises forecasts (N, H, Q, C) below zero to zero, in place. cells: bool (N, C), of which."""
    np.maximum(quantiles, 0.0, out=quantiles, where=cells[:, None, None])


def _lone_rows(panel: Panel, value: np.ndarray) -> np.ndarray:
    """int64 (S, C): the row at which a series has a value (S, C), where it has it only once; else -1."""
    lone = np.full(value.shape, -1)
    for target in range(value.shape[1]):
        same = panel.targets[:, target] == value[:, target].astype(panel.targets.dtype)[panel.row_series]
        rows = np.flatnonzero(same)
        series = panel.row_series[rows]
        lone[series, target] = rows
        lone[np.bincount(series, minlength=panel.series) != 1, target] = -1
    return lone


def _counts(panel: Panel) -> np.ndarray:
    """int64 (S, C): observations."""
    return np.add.reduceat(~np.isnan(panel.targets), panel.indptr[:-1], axis=0, dtype=np.int64)


def _last_and_largest_change(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """(last observation, largest change between neighbours), float64 (S, C), NaN where there is none."""
    last = np.full((panel.series, len(panel.target_names)), np.nan)
    largest = last.copy()
    for first, after in series_blocks(panel.indptr):
        values, starts = _block(panel, first, after)
        # A change between neighbours is no change where a series begins, since its neighbour is another series' end.
        # The last observation is that of the newest row that has one; a row before the series begins is none.
        change = np.abs(np.diff(values, axis=0, prepend=np.nan))
        change[starts] = np.nan
        largest[first:after] = np.fmax.reduceat(change, starts, axis=0)
        rows = np.arange(len(values))[:, None]
        newest = np.maximum.reduceat(np.where(np.isnan(values), -1, rows), starts, axis=0)
        observed = newest >= starts[:, None]
        newest_value = np.take_along_axis(values, np.maximum(newest, 0), axis=0)
        last[first:after] = np.where(observed, newest_value, np.nan)
    return last, largest


def _block(panel: Panel, first: int, after: int) -> tuple[np.ndarray, np.ndarray]:
    """(float64 targets of some series, int first row of each)."""
    begin = panel.indptr[first]
    return panel.targets[begin : panel.indptr[after]].astype(np.float64), panel.indptr[first:after] - begin


def _infinite_where_not_finite(measure: np.ndarray, median: np.ndarray, defined: np.ndarray) -> np.ndarray:
    return np.where(defined & ~np.isfinite(median).all(axis=1), np.inf, measure)
