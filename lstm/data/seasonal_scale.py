"""How far each series moves from season to season: the unit of scaled errors."""

import numpy as np

from lstm.data.panel import Panel


def seasonal_scale(panel: Panel, season: int, before: int) -> np.ndarray:
    """float64 (S, C): mean of |y_t - y_(t - season)| in each series, the denominator of MASE.

    Over pairs that were both observed, at or before the ordinal `before`. NaN where a series has no such pair or where
    the mean is zero: its MASE is then undefined, and no shorter season stands in, so that all series are scaled alike.
    """
    later = np.flatnonzero((panel.ordinals <= before) & (panel.ordinals - panel.start[panel.row_series] >= season))
    series = panel.row_series[later]
    scale = np.full((panel.series, len(panel.target_names)), np.nan)
    for channel in range(scale.shape[1]):
        values = panel.targets[:, channel]
        change = np.abs(np.subtract(values[later], values[later - season], dtype=np.float64))
        known = ~np.isnan(change)
        total = np.bincount(series[known], change[known], panel.series)
        count = np.bincount(series[known], minlength=panel.series)
        np.divide(total, count, out=scale[:, channel], where=total > 0.0)
    return scale
