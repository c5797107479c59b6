"""A contestant's errors at the held-out origins, added up so that any segment, and any resampling, can be scored."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lstm.evaluation.backtest import metrics

# Which sums make an error metric; MASE and bias are means over series, the others are pooled.
PARTS = {
    "mae": ("absolute", "points"),
    "rmse": ("squared", "points"),
    "smape": ("percentage", "points"),
    "wql": ("quantile", "size"),
    "mase": ("absolute", "points"),
    "bias": ("signed", "points"),
}
MEANS_OVER_SERIES = ("mase", "bias")


@dataclass(frozen=True)
class Scored:
    """Sums over the scored points of each origin, series and target, float64 (O, S, C); zero where nothing is scored.

    signed: of forecast less truth. quantile: see `metrics.quantile_loss`. size: of |y|. covered: (I, S, C), over all
    origins, points inside of each interval of `intervals`. scale: (S, C), the unit of MASE.
    """

    points: np.ndarray
    absolute: np.ndarray
    signed: np.ndarray
    squared: np.ndarray
    percentage: np.ndarray
    quantile: np.ndarray
    size: np.ndarray
    covered: np.ndarray
    scale: np.ndarray
    intervals: tuple[tuple[float, float], ...]

    def parts(self, metric: str) -> tuple[np.ndarray, np.ndarray]:
        """(numerators, denominators) of an error metric, (O, S, C) each."""
        above, below = PARTS[metric]
        return getattr(self, above), getattr(self, below)

    def error(self, metric: str, segment: np.ndarray | None = None) -> float:
        """An error metric over a segment (S, C) of bool, or over everything; NaN where undefined."""
        above, below = (part.sum(axis=0)[None] for part in self.parts(metric))
        weights = np.ones((1, *self.scale.shape)) if segment is None else segment[None].astype(np.float64)
        return float(combined(metric, above, below, weights, self.scale)[0])

    def by_series(self, metric: str) -> np.ndarray:
        """(S, C): an error metric of each series and target; NaN where undefined."""
        above, below = (part.sum(axis=0) for part in self.parts(metric))
        each = metrics.ratio(above, below)
        if metric in MEANS_OVER_SERIES:
            return metrics.ratio(each, self.scale)
        return np.sqrt(each) if metric == "rmse" else each

    def coverage(self, interval: tuple[float, float], segment: np.ndarray | None = None) -> float:
        """Share of points inside of an interval of these levels; NaN without points or where the levels lack it."""
        if interval not in self.intervals:
            return float("nan")
        mine = slice(None) if segment is None else segment
        inside = self.covered[self.intervals.index(interval)][mine].sum()
        return float(metrics.ratio(inside, self.points.sum(axis=0)[mine].sum()))

    def count(self, segment: np.ndarray | None = None) -> int:
        """Scored points."""
        each = self.points.sum(axis=0)
        return int(each.sum() if segment is None else each[segment].sum())

    def series_count(self, segment: np.ndarray | None = None) -> int:
        """Series with a scored point."""
        each = self.points.sum(axis=0) > 0
        return int(np.count_nonzero((each if segment is None else each & segment).any(axis=1)))


def combined(metric: str, above: np.ndarray, below: np.ndarray, weights: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(B): a metric from B sets of sums (B, S, C), every series and target counted by its weight (B, S, C).

    scale: (S, C). A series whose metric is undefined is left out of a mean over series.
    """
    if metric in MEANS_OVER_SERIES:
        each = metrics.ratio(metrics.ratio(above, below), scale)
        defined = ~np.isnan(each)
        total = (weights * np.where(defined, each, 0.0)).sum(axis=(1, 2))
        return metrics.ratio(total, (weights * defined).sum(axis=(1, 2)))
    pooled = metrics.ratio((weights * above).sum(axis=(1, 2)), (weights * below).sum(axis=(1, 2)))
    return np.asarray(np.sqrt(pooled)) if metric == "rmse" else pooled


def intervals_of(levels: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """The pairs of levels that are symmetric about the median, the widest first."""
    upper = [(low, high) for low in levels for high in levels if low < 0.5 and abs(low + high - 1.0) < 1e-9]
    return tuple(sorted(upper))


def scored(
    truth: np.ndarray,
    forecast: np.ndarray,
    *,
    series: np.ndarray,
    origin: np.ndarray,
    levels: Sequence[float],
    scale: np.ndarray,
) -> Scored:
    """Adds up the errors of a contestant.

    truth: (N, H, C), NaN where nothing is scored. forecast: (N, H, Q, C). series: int (N), below S. origin: int (N),
    0 for the first of O origins; no two windows share series and origin. scale: (S, C).
    Raises EvaluationError when a scored point has no finite forecast.
    """
    quantiles = np.moveaxis(forecast, 2, -1)  # (N, H, C, Q)
    levels = list(levels)
    median = quantiles[..., levels.index(0.5)]
    shape = (int(origin.max(initial=-1)) + 1, *scale.shape)

    def by_origin(errors: np.ndarray) -> np.ndarray:
        sums = np.zeros(shape)
        sums[origin, series] = np.nansum(errors, axis=1)
        return sums

    def by_series(errors: np.ndarray) -> np.ndarray:
        return np.asarray(by_origin(errors).sum(axis=0))

    pairs = intervals_of(levels)
    inside = [
        by_series(metrics.covered(truth, quantiles[..., levels.index(low)], quantiles[..., levels.index(high)]))
        for low, high in pairs
    ]
    return Scored(
        points=by_origin((~np.isnan(truth)).astype(np.float64)),
        absolute=by_origin(metrics.absolute_error(truth, median)),
        signed=by_origin(metrics.signed_error(truth, median)),
        squared=by_origin(metrics.squared_error(truth, median)),
        percentage=by_origin(metrics.symmetric_percentage_error(truth, median)),
        quantile=by_origin(metrics.quantile_loss(truth, quantiles, levels)),
        size=by_origin(np.abs(truth)),
        covered=np.stack(inside) if inside else np.zeros((0, *scale.shape)),
        scale=scale,
        intervals=pairs,
    )
