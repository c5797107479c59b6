"""How far each series moves from season to season: the unit of scaled errors."""

import numpy as np

from lstm.data.panel.blocks import series_blocks
from lstm.data.panel.panel import Panel


def seasonal_scale(panel: Panel, season: int, before: int) -> np.ndarray:
    """float64 (S, C): mean of |y_t - y_(t - season)| in each series, the denominator of MASE.

    Over pairs that were both observed, at or before the ordinal `before`. NaN where a series has no such pair or where
    the mean is zero: its MASE is then undefined, and no shorter season stands in, so that all series are scaled alike.
    """
    scale = np.full((panel.series, len(panel.target_names)), np.nan)
    # Block by block: of 20 million steps the pairs of all series at once take a gigabyte.
    for first, after in series_blocks(panel.indptr):
        # The later row of each pair: up to `before`, and a season after the begin of its series; the sums by series are
        # bincounts of the changes that are known.
        ordinals = panel.block_ordinals(first, after)
        row_series = np.repeat(np.arange(after - first), np.diff(panel.indptr[first : after + 1]))
        later = np.flatnonzero((ordinals <= before) & (ordinals - panel.start[first:after][row_series] >= season))
        series = row_series[later]
        for channel in range(scale.shape[1]):
            values = panel.targets[panel.indptr[first] : panel.indptr[after], channel]
            change = np.abs(np.subtract(values[later], values[later - season], dtype=np.float64))
            known = ~np.isnan(change)
            total = np.bincount(series[known], change[known], after - first)
            count = np.bincount(series[known], minlength=after - first)
            np.divide(total, count, out=scale[first:after, channel], where=total > 0.0)
    return scale
