"""Contestants without training: naive, seasonal naive and seasonal average, with quantiles from their past errors.

They repeat older values, or a mean of them, so their past errors are differences between an observed value and what
lies a lag before it: the step itself for naive, whole seasons for the others. Nothing after a window's cutoff is read.
"""

from collections.abc import Callable, Sequence

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.model.baselines.past_errors import Reach, mean, values_at, with_quantiles

SEASONS_AVERAGED = 4  # whole seasons that the seasonal average takes the mean of
SEASONS_BACK = 8  # a missing value is replaced by one of so many seasons before giving up the season

Baseline = Callable[..., np.ndarray]


def naive(
    panel: Panel,
    series: np.ndarray,
    cutoffs: np.ndarray,
    levels: Sequence[float],
    season: int = 1,
    lent: np.ndarray | None = None,
) -> np.ndarray:
    """float64 (N, H, Q, C): the last value observed at or before the cutoff, for every step.

    series: int (N). cutoffs: ordinals (N). levels: Q, rising. season: not used; all baselines are called alike.
    NaN where a target had not been observed by then. Quantiles, and `lent`: see `with_quantiles`.
    """
    last = _last_observed(panel, series, cutoffs)
    point = np.broadcast_to(last[:, None, :], (len(series), panel.horizon, last.shape[1]))
    return with_quantiles(point, panel, series, cutoffs, levels, reach_of("naive", panel.horizon, season), lent)


def seasonal_naive(
    panel: Panel,
    series: np.ndarray,
    cutoffs: np.ndarray,
    levels: Sequence[float],
    season: int,
    lent: np.ndarray | None = None,
) -> np.ndarray:
    """float64 (N, H, Q, C): the newest value of the same phase of the season, at or before the cutoff.

    Where that is missing, the one a season earlier, of `SEASONS_BACK` seasons in all, then the last observed value.
    series: int (N). cutoffs: ordinals (N). levels: Q, rising. season: steps.
    NaN where a target had not been observed by then. Quantiles, and `lent`: see `with_quantiles`.
    """
    steps, reach = np.arange(1, panel.horizon + 1), reach_of("seasonal_naive", panel.horizon, season)
    last = _last_observed(panel, series, cutoffs)
    point = np.empty((len(series), panel.horizon, last.shape[1]))
    for step, lag in zip(steps.tolist(), reach.lags.tolist(), strict=True):
        if step > season:
            point[:, step - 1] = point[:, step - 1 - season]
        else:
            point[:, step - 1] = _same_phase(panel, series, cutoffs + step - lag, season, last)
    return with_quantiles(point, panel, series, cutoffs, levels, reach, lent)


def seasonal_average(
    panel: Panel,
    series: np.ndarray,
    cutoffs: np.ndarray,
    levels: Sequence[float],
    season: int,
    lent: np.ndarray | None = None,
) -> np.ndarray:
    """float64 (N, H, Q, C): the mean of the same phase over the last whole seasons, `SEASONS_AVERAGED` at most.

    Fewer where the series has fewer whole seasons up to the cutoff, one at least; missing values are left out of the
    mean. Where all of them are missing it is what the seasonal naive says.
    series: int (N). cutoffs: ordinals (N). levels: Q, rising. season: steps.
    NaN where a target had not been observed by then. Quantiles, and `lent`: see `with_quantiles`.
    """
    steps, reach = np.arange(1, panel.horizon + 1), reach_of("seasonal_average", panel.horizon, season)
    last = _last_observed(panel, series, cutoffs)
    whole = np.clip((cutoffs - panel.start[series] + 1) // season, 1, SEASONS_AVERAGED)
    point = np.empty((len(series), panel.horizon, last.shape[1]))
    for step, lag in zip(steps.tolist(), reach.lags.tolist(), strict=True):
        if step > season:
            point[:, step - 1] = point[:, step - 1 - season]
        else:
            newest = cutoffs + step - lag
            mean = _phase_mean(panel, series, newest, season, whole)
            missing = np.flatnonzero(np.isnan(mean).any(axis=1))
            single = _same_phase(panel, series[missing], newest[missing], season, last[missing])
            mean[missing] = np.where(np.isnan(mean[missing]), single, mean[missing])
            point[:, step - 1] = mean
    return with_quantiles(point, panel, series, cutoffs, levels, reach, lent)


BASELINES: dict[str, Baseline] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "seasonal_average": seasonal_average,
}


def reach_of(name: str, horizon: int, season: int) -> Reach:
    """Where what a baseline repeats lies before each step of the horizon."""
    steps = np.arange(1, horizon + 1)
    if name == "naive":
        return Reach(steps)
    whole_seasons = season * -(-steps // season)
    return Reach(whole_seasons, SEASONS_AVERAGED, season) if name == "seasonal_average" else Reach(whole_seasons)


def _phase_mean(panel: Panel, series: np.ndarray, newest: np.ndarray, season: int, seasons: np.ndarray) -> np.ndarray:
    """(N, C): mean of what was observed at the ordinal `newest` and whole seasons before it; seasons: (N), how many."""
    back = np.arange(SEASONS_AVERAGED)
    values = values_at(panel, series[:, None], newest[:, None] - season * back)  # (N, seasons, C)
    values[back >= seasons[:, None]] = np.nan
    return mean(values, axis=1)


def _same_phase(panel: Panel, series: np.ndarray, newest: np.ndarray, season: int, last: np.ndarray) -> np.ndarray:
    """(N, C): the value at the ordinal `newest`, or some seasons before it, else `last`."""
    value = values_at(panel, series, newest)
    for seasons in range(1, SEASONS_BACK):
        missing = np.flatnonzero(np.isnan(value).any(axis=1))
        if not len(missing):
            return value
        older = values_at(panel, series[missing], newest[missing] - seasons * season)
        value[missing] = np.where(np.isnan(value[missing]), older, value[missing])
    return np.where(np.isnan(value), last, value)


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
