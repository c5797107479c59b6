"""How choices are compared on validation: in the target's own units, whatever a window was scaled by."""

from dataclasses import dataclass

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.data.panel.seasonal_scale import seasonal_scale

SMALLEST = 1e-9


@dataclass(frozen=True)
class Yardstick:
    """Observed targets of some windows, and what their errors are measured by.

    truth: float64 (N, H, C), NaN where not observed. unit: (N, C), mean absolute difference of the series to itself a
    season earlier, in the training part; NaN where it has none. positive: bool (C), targets that are always positive.
    """

    truth: np.ndarray
    unit: np.ndarray
    positive: np.ndarray

    @classmethod
    def of(cls, panel: Panel, series: np.ndarray, rows: np.ndarray, *, season: int, train_end: int) -> "Yardstick":
        """The yardstick of some windows. series, rows: (N), each window's series and the panel row of its cutoff."""
        ahead = rows[:, None] + np.arange(1, panel.horizon + 1)
        truth = panel.targets[ahead].astype(np.float64)
        positive = positive_targets(panel, through=int(panel.ordinal_of(series, rows).max()) + panel.horizon)
        return cls(truth, seasonal_scale(panel, season, train_end)[series], positive)

    def error(self, point: np.ndarray) -> np.ndarray:
        """(C): logarithm of the scaled absolute error, plus that of the relative error where the target is positive.

        point: (N, H, C). Their sum ranks as the product of the two errors does, and the M4 competition's OWA nearly so:
        the first is dominated by series that are hard against their season, the second by small numbers.
        """
        size = np.abs(point - self.truth)
        scaled = size / self.unit[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = size / (np.abs(point) + np.abs(self.truth))
        total = np.empty(point.shape[2])
        for target in range(len(total)):
            total[target] = _log_mean(scaled[..., target])
            if self.positive[target]:
                total[target] += _log_mean(relative[..., target])
        return total


def positive_targets(panel: Panel, *, through: int | None = None) -> np.ndarray:
    """bool (C): targets of which every observed value, up to the ordinal `through` where given, is above zero."""
    rows = slice(None) if through is None else panel.rows_through(through)
    return np.asarray([bool((column[~np.isnan(column)] > 0).all()) for column in panel.targets[rows].T])


def _log_mean(errors: np.ndarray) -> float:
    """Logarithm of the mean of the errors that are finite, `SMALLEST` at least; 0 where none is."""
    finite = errors[np.isfinite(errors)]
    return float(np.log(max(finite.mean(), SMALLEST))) if len(finite) else 0.0
