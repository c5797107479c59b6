"""What the seasonal naive would have said of single rows, and what was observed there."""

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.model.baselines.methods import SEASONS_BACK


def seasonal_naive_at(
    panel: Panel, series: np.ndarray, target: np.ndarray, cutoff: np.ndarray, time: np.ndarray, season: int
) -> np.ndarray:
    """float64 (N): the seasonal naive forecast, made at each cutoff, of each time, as `baselines.seasonal_naive`.

    series, target: int (N). cutoff, time: ordinals (N), time later. The baseline itself answers whole horizons of all
    targets, a hundred times of what is asked for here. NaN where nothing had been observed by the cutoff.
    """
    # The newest step up to the cutoff that is whole seasons before each time, then one season earlier and another, as
    # long as there is no value; what the seasons do not have is the last value of all.
    step = time - cutoff
    newest = time - season * -(-step // season)
    value = np.full(len(series), np.nan)
    for seasons in range(SEASONS_BACK):
        missing = np.flatnonzero(np.isnan(value))
        if not len(missing):
            return value
        older = newest[missing] - seasons * season
        value[missing] = values_at(panel, series[missing], target[missing], older)
    missing = np.flatnonzero(np.isnan(value))
    value[missing] = _last_observed(panel, series[missing], target[missing], cutoff[missing])
    return value


def values_at(panel: Panel, series: np.ndarray, target: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
    """float64 (N): what was observed; NaN where nothing was, or outside of the series. All int (N)."""
    rows = panel.row_of(series, ordinals)
    inside = (rows >= panel.indptr[series]) & (rows < panel.indptr[series + 1])
    values = panel.targets[np.where(inside, rows, 0), target].astype(np.float64)
    return np.asarray(np.where(inside, values, np.nan))


def _last_observed(panel: Panel, series: np.ndarray, target: np.ndarray, cutoff: np.ndarray) -> np.ndarray:
    """float64 (N): the newest observed value at or before each cutoff, NaN where there is none."""
    last = np.full(len(series), np.nan)
    if not len(series):
        return last
    # Rows of a series follow one another, so bisection finds the newest observed row up to the cutoff's. Where that one
    # lies before the series begins, it belongs to the series before it, and this one has none.
    rows = np.minimum(panel.row_of(series, cutoff), panel.indptr[series + 1] - 1)
    for channel in np.unique(target).tolist():
        observed = np.flatnonzero(panel.observed[:, channel])
        places = np.flatnonzero(target == channel)
        position = np.searchsorted(observed, rows[places], side="right") - 1
        places, position = places[position >= 0], position[position >= 0]
        nearest = observed[position]
        same_series = nearest >= panel.indptr[series[places]]
        last[places[same_series]] = panel.targets[nearest[same_series], channel]
    return last
