"""Which seasons tell something of a panel's targets, so that a reader is not told of the week where weather is."""

from collections.abc import Sequence

import numpy as np

from lstm.data.panel.panel import Panel

NEARER = 0.95
MEASURED_ROWS = 500_000


def telling_seasons(panel: Panel, seasons: Sequence[int]) -> tuple[int, ...]:
    """The seasons, shortest first, in which the values of some target a season apart are nearer to each other.

    Nearer, by 5 % at least, than those of more or less apart: by half the season, or by the next shorter one, whose
    place they share. Mean absolute differences within series, of the first `MEASURED_ROWS` rows.
    """
    rows = slice(0, MEASURED_ROWS)
    values, series = panel.targets[rows].astype(np.float64), panel.row_series[rows]

    def difference(lag: int) -> np.ndarray:
        """(C): NaN where nothing can be compared."""
        change = np.abs(values[lag:] - values[: max(len(values) - lag, 0)])
        known = ~np.isnan(change) & (series[lag:] == series[: max(len(series) - lag, 0)])[:, None]
        count = known.sum(axis=0)
        return np.where(count, np.where(known, change, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)

    ordered = sorted(season for season in seasons if season > 1)
    telling = []
    for shorter, season in zip([0, *ordered], ordered, strict=False):
        away = shorter or season // 2
        others = (difference(season - away) + difference(season + away)) / 2
        if (difference(season) < NEARER * others).any():
            telling.append(season)
    return tuple(telling)
