"""Metrics: an error a step, and how errors are brought together.

Arrays of truth and forecast have equal shapes, whatever these are. A step whose truth is NaN is not scored: its error
is NaN. A forecast that is not finite where the truth is known is never passed over; it raises EvaluationError.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lstm.errors import EvaluationError


def absolute_error(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """|y - f|, in the target's unit."""
    return np.asarray(np.abs(_difference(truth, forecast)))


def signed_error(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """f - y, in the target's unit: above zero where the forecast is too high."""
    return -_difference(truth, forecast)


def squared_error(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """(y - f)², in the target's unit squared."""
    return _difference(truth, forecast) ** 2


def symmetric_percentage_error(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """200 |y - f| / (|y| + |f|), in percent from 0 to 200 as in the M4 competition; 0 where both are zero.

    Makridakis et al. (2020), The M4 Competition, https://doi.org/10.1016/j.ijforecast.2019.04.014
    """
    error = absolute_error(truth, forecast)
    size = np.abs(truth) + np.abs(forecast)
    return np.asarray(np.divide(200.0 * error, size, out=np.zeros_like(error), where=size != 0.0))


def pinball_loss(truth: np.ndarray, quantile: np.ndarray, level: float) -> np.ndarray:
    """level (y - q) where y lies above the quantile, (1 - level) (q - y) where below; in the target's unit."""
    difference = _difference(truth, quantile)
    return np.maximum(level * difference, (level - 1.0) * difference)


def quantile_loss(truth: np.ndarray, quantiles: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Twice the pinball loss, averaged over levels; with 0.5 as the only level it is the absolute error.

    quantiles: (..., Q), truth's shape and one more axis in the order of `levels`.
    """
    losses = [pinball_loss(truth, quantiles[..., index], level) for index, level in enumerate(levels)]
    return np.asarray(2.0 * np.mean(losses, axis=0))


def weighted_quantile_loss(truth: np.ndarray, quantiles: np.ndarray, levels: Sequence[float]) -> float:
    """Sum of `quantile_loss` over the sum of |y|, without unit; NaN where that sum is zero.

    The mean weighted quantile loss of GluonTS (Alexandrov et al. 2020, https://jmlr.org/papers/v21/19-820.html).
    """
    return float(ratio(np.nansum(quantile_loss(truth, quantiles, levels)), np.nansum(np.abs(truth))))


def intervals_of(levels: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """The pairs of levels that are symmetric about the median, the widest first."""
    pairs = [(low, high) for low in levels for high in levels if low < 0.5 and abs(low + high - 1.0) < 1e-9]
    return tuple(sorted(pairs))


def covered(truth: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """1 where the truth lies within [lower, upper], 0 where it does not, NaN where it is unknown."""
    inside = (_difference(truth, lower) >= 0.0) & (_difference(truth, upper) <= 0.0)
    return np.where(np.isnan(truth), np.nan, inside)


def coverage(truth: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> float:
    """Share of scored steps whose truth lies within [lower, upper]."""
    return mean(covered(truth, lower, upper))


def mean(errors: np.ndarray) -> float:
    """Mean over defined errors; NaN where none is."""
    return float(ratio(np.nansum(errors), float(np.count_nonzero(~np.isnan(errors)))))


def mase(mean_absolute_error: np.ndarray, seasonal_scale: np.ndarray) -> np.ndarray:
    """Mean absolute scaled error of a series: its mean absolute error over the seasonal naive's in the training part.

    NaN, which is to say undefined, where the scale is zero or unknown: neither perfect nor infinitely bad.
    Hyndman and Koehler (2006), https://doi.org/10.1016/j.ijforecast.2006.03.001
    """
    return ratio(mean_absolute_error, seasonal_scale)


def ratio(numerator: np.ndarray | float, denominator: np.ndarray | float) -> np.ndarray:
    """numerator / denominator; NaN where the denominator is zero or either is NaN."""
    top, bottom = np.broadcast_arrays(np.asarray(numerator, np.float64), np.asarray(denominator, np.float64))
    return np.asarray(np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0.0))


def _difference(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    if truth.shape != forecast.shape:
        raise EvaluationError(f"truth has the shape {truth.shape}, the forecast {forecast.shape}; they must be equal")
    scored = ~np.isnan(truth)
    missing = int(np.count_nonzero(scored & ~np.isfinite(forecast)))
    if missing:
        raise EvaluationError(
            f"{missing} of {int(scored.sum())} scored points have no finite forecast; "
            "a score without them would flatter, so there is none"
        )
    return np.where(scored, np.subtract(truth, forecast, dtype=np.float64), np.nan)


StepError = Callable[[np.ndarray, np.ndarray, Sequence[float]], np.ndarray]


def _of_median(error: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> StepError:
    """An error of point forecasts, as one of the quantile 0.5 among others."""
    return lambda truth, quantiles, levels: error(truth, quantiles[..., list(levels).index(0.5)])


# What is summed up over steps, from truth, quantiles (one more axis, Q) and levels: `lstm.gate_metrics.Formula` names
# two of these a metric. NaN where the truth is.
STEP_SUMS: Mapping[str, StepError] = {
    "points": lambda truth, _, __: np.where(np.isnan(truth), np.nan, 1.0),
    "size": lambda truth, _, __: np.abs(truth),
    "absolute": _of_median(absolute_error),
    "signed": _of_median(signed_error),
    "squared": _of_median(squared_error),
    "percentage": _of_median(symmetric_percentage_error),
    "quantile": quantile_loss,
}
OF_TRUTH = ("points", "size")  # the same of every contestant
