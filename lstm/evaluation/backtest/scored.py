"""A contestant's errors at the held-out origins, added up so that any segment, and any resampling, can be scored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lstm.evaluation.backtest import metrics
from lstm.gate_metrics import FORMULAS


@dataclass(frozen=True)
class Scored:
    """Sums over the scored points of each origin, series and target.

    sums: float64 (O, S, C) by name, see `metrics.STEP_SUMS`; zero where nothing is scored. covered: (I, O, S, C),
    points inside of each interval of `intervals`. scale: (S, C), the unit of MASE.
    """

    sums: Mapping[str, np.ndarray]
    covered: np.ndarray
    scale: np.ndarray
    intervals: tuple[tuple[float, float], ...]

    @property
    def points(self) -> np.ndarray:
        """float64 (O, S, C): number of scored points."""
        return self.sums["points"]

    def parts(self, metric: str) -> tuple[np.ndarray, np.ndarray]:
        """(numerators, denominators) of a metric that has a formula, (O, S, C) each."""
        formula = FORMULAS[metric]
        return self.sums[formula.error], self.sums[formula.per]

    def value(self, metric: str, segment: np.ndarray | None = None) -> float:
        """What a gate asks of one contestant by itself: a number of points or series, or an error."""
        if metric == "points":
            return self.count(segment)
        return self.series_count(segment) if metric == "series" else self.error(metric, segment)

    def error(self, metric: str, segment: np.ndarray | None = None) -> float:
        """A metric that has a formula over a segment (S, C) of bool, or over everything; NaN where undefined."""
        above, below = (part.sum(axis=0)[None] for part in self.parts(metric))
        weights = np.ones((1, *self.scale.shape)) if segment is None else segment[None].astype(np.float64)
        return float(combined(metric, above, below, weights, self.scale)[0])

    def by_series(self, metric: str) -> np.ndarray:
        """(S, C): a metric that has a formula, of each series and target; NaN where undefined."""
        above, below = (part.sum(axis=0) for part in self.parts(metric))
        quotient, finish = metrics.ratio(above, below), FORMULAS[metric].finish
        if finish == "scaled":
            return metrics.ratio(quotient, self.scale)
        return np.sqrt(quotient) if finish == "root" else quotient

    def coverage(self, interval: tuple[float, float], segment: np.ndarray | None = None) -> float:
        """Share of points inside of an interval of these levels; NaN without points or where the levels lack it."""
        if interval not in self.intervals:
            return float("nan")
        chosen = slice(None) if segment is None else segment
        inside = self.covered[self.intervals.index(interval)].sum(axis=0)[chosen].sum()
        return float(metrics.ratio(inside, self.points.sum(axis=0)[chosen].sum()))

    def count(self, segment: np.ndarray | None = None) -> int:
        """Scored points."""
        points = self.points.sum(axis=0)
        return int(points.sum() if segment is None else points[segment].sum())

    def series_count(self, segment: np.ndarray | None = None) -> int:
        """Series with a scored point."""
        scored = self.points.sum(axis=0) > 0
        return int(np.count_nonzero((scored if segment is None else scored & segment).any(axis=1)))


def combined(metric: str, above: np.ndarray, below: np.ndarray, weights: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(B): a metric from B sets of sums (B, S, C), every series and target counted by its weight (B, S, C).

    scale: (S, C). A series whose metric is undefined is left out of a mean over series.
    """
    finish = FORMULAS[metric].finish
    if finish == "scaled":
        errors = metrics.ratio(metrics.ratio(above, below), scale)
        defined = ~np.isnan(errors)
        total = (weights * np.where(defined, errors, 0.0)).sum(axis=(1, 2))
        return metrics.ratio(total, (weights * defined).sum(axis=(1, 2)))
    pooled = metrics.ratio((weights * above).sum(axis=(1, 2)), (weights * below).sum(axis=(1, 2)))
    return np.asarray(np.sqrt(pooled)) if finish == "root" else pooled


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
    shape = (int(origin.max(initial=-1)) + 1, *scale.shape)

    def by_origin(errors: np.ndarray) -> np.ndarray:
        sums = np.zeros(shape)
        sums[origin, series] = np.nansum(errors, axis=1)
        return sums

    pairs = metrics.intervals_of(levels)
    inside = [
        by_origin(metrics.covered(truth, *(quantiles[..., levels.index(level)] for level in pair))) for pair in pairs
    ]
    return Scored(
        sums={name: by_origin(error(truth, quantiles, levels)) for name, error in metrics.STEP_SUMS.items()},
        covered=np.stack(inside) if inside else np.zeros((0, *shape)),
        scale=scale,
        intervals=pairs,
    )


class Tally:
    """The sums of every contestant, filled in some series and origins at a time. What only the truth decides is shared.

    origins: ordinals (O) of all cutoffs, rising. scale: (S, C), of all series.
    """

    def __init__(self, origins: np.ndarray, scale: np.ndarray) -> None:
        self._origins, self._scale = origins, scale
        self._scored: dict[str, Scored] = {}

    def add(self, parts: Mapping[str, Scored], origins: np.ndarray, first: int) -> None:
        """Puts in what consecutive series, of which `first` is the first, have at some of the origins (ordinals)."""
        place = np.searchsorted(self._origins, origins)
        for name, part in parts.items():
            whole = self._scored.setdefault(name, self._empty(part.intervals))
            series = slice(first, first + len(part.scale))
            for error, sums in part.sums.items():
                whole.sums[error][place, series] = sums
            whole.covered[:, place, series] = part.covered

    def drop(self, name: str) -> None:
        """Leaves a contestant out."""
        self._scored.pop(name, None)

    def scored(self) -> dict[str, Scored]:
        """By contestant, in the order in which they came."""
        return self._scored

    def _empty(self, intervals: tuple[tuple[float, float], ...]) -> Scored:
        shape = (len(self._origins), *self._scale.shape)
        shared = next(iter(self._scored.values())).sums if self._scored else {}
        sums = {
            error: shared[error] if error in shared and error in metrics.OF_TRUTH else np.zeros(shape)
            for error in metrics.STEP_SUMS
        }
        return Scored(sums, np.zeros((len(intervals), *shape)), self._scale, intervals)
