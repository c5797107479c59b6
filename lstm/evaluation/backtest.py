"""The backtest: every contestant scored on the same points of the same held-out origins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lstm.data.panel import Panel
from lstm.errors import EvaluationError
from lstm.evaluation import metrics
from lstm.references import MethodScores

METRIC_COLUMNS = ("mae", "rmse", "smape", "mase", "wql", "coverage")
COLUMNS = ("scope", "method", "target", "points", "undefined", *METRIC_COLUMNS)


def eligible_origins(cutoffs: np.ndarray, trained_through: Sequence[int]) -> np.ndarray:
    """bool (N): the origins at or after the newest target that any contestant has read.

    cutoffs: ordinals (N). An origin's first target lies just after it, so an equal ordinal is unseen too.
    """
    return np.asarray(cutoffs >= max(trained_through)) if trained_through else np.ones(len(cutoffs), bool)


def truth(panel: Panel, series: np.ndarray, cutoffs: np.ndarray) -> np.ndarray:
    """float64 (N, H, C): what was observed after each cutoff; NaN where nothing was.

    series: int (N). cutoffs: ordinals (N).
    """
    rows = panel.row_of(series, cutoffs)[:, None] + np.arange(1, panel.horizon + 1)
    inside = (rows >= panel.indptr[series][:, None]) & (rows < panel.indptr[series + 1][:, None])
    values = panel.targets[np.where(inside, rows, 0)].astype(np.float64)
    values[~inside] = np.nan
    return values


def scored_truth(panel: Panel, series: np.ndarray, cutoffs: np.ndarray) -> np.ndarray:
    """`truth` without the targets that had never been observed at the cutoff: nobody can know their level.

    The rule asks no contestant, so that none can drop a point by forecasting nothing.
    """
    begun = _first_observed(panel)[series] <= cutoffs[:, None]
    return np.where(begun[:, None, :], truth(panel, series, cutoffs), np.nan)


def score(
    panel: Panel,
    *,
    series: np.ndarray,
    cutoffs: np.ndarray,
    forecasts: Mapping[str, np.ndarray],
    levels: Sequence[float],
    scale: np.ndarray,
) -> pa.Table:
    """Scores of every contestant, all on the same points (see `scored_truth`).

    series: int (N). cutoffs: ordinals (N). forecasts: (N, H, Q, C) by contestant. levels: Q, rising, 0.5 among them.
    scale: (S, C), see `seasonal_scale`.

    A row a contestant and scope: "all", each "target", and each "series" and target that has points. Columns: scope,
    method, the key columns (null but for "series"), target (null for "all"), points, undefined (series and targets with
    points but without a scale), mae, rmse, smape (percent, 0 to 200), mase (mean over the defined series and targets),
    wql, and the coverage of the interval between the outer levels (NaN unless these are symmetric). A key column of one
    of these names is called `series_NAME`.

    Raises EvaluationError that names the contestant when a forecast is missing, not finite, or of another shape.
    """
    observed = scored_truth(panel, series, cutoffs)
    tables = []
    for method, forecast in forecasts.items():
        _check_shape(method, forecast, observed.shape, len(levels))
        try:
            sums = _sums(observed, forecast, levels, series, panel.series)
        except EvaluationError as error:
            raise EvaluationError(f"{method}: {error}") from error
        tables += [_rows(panel, method, scope, nominal_coverage(levels) is not None) for scope in _scopes(sums, scale)]
    return pa.concat_tables(tables)


def nominal_coverage(levels: Sequence[float]) -> float | None:
    """Coverage that the widest interval promises; None when the outer levels are not symmetric."""
    return levels[-1] - levels[0] if len(levels) > 1 and abs(levels[0] + levels[-1] - 1.0) < 1e-9 else None


def overall(scores: pa.Table) -> tuple[MethodScores, ...]:
    """The rows of scope "all", in the order of the contestants."""
    names = ("method", "points", *METRIC_COLUMNS)
    rows = scores.filter(pa.compute.equal(scores["scope"], "all")).select(names)
    return tuple(MethodScores(**row) for row in rows.to_pylist())


@dataclass(frozen=True)
class _Sums:
    """Sums over scored points, float64 (S, C) each; they add up over series and targets."""

    points: np.ndarray
    absolute: np.ndarray
    squared: np.ndarray
    percentage: np.ndarray
    quantile: np.ndarray
    size: np.ndarray
    covered: np.ndarray

    def over_all(self) -> "_Sums":
        """One sum, (1)."""
        return _Sums(**{name: values.sum(keepdims=True).ravel() for name, values in vars(self).items()})

    def by_target(self) -> "_Sums":
        """Sums over series, (C)."""
        return _Sums(**{name: values.sum(axis=0) for name, values in vars(self).items()})

    def at(self, series: np.ndarray, target: np.ndarray) -> "_Sums":
        """Single entries, in the shape of the two indices."""
        return _Sums(**{name: values[series, target] for name, values in vars(self).items()})


def _sums(truth: np.ndarray, forecast: np.ndarray, levels: Sequence[float], series: np.ndarray, count: int) -> _Sums:
    """Adds up the errors of each series and target. series: int (N), below `count`."""
    quantiles = np.moveaxis(forecast, 2, -1)  # (N, H, C, Q)
    median = quantiles[..., list(levels).index(0.5)]

    def by_series(errors: np.ndarray) -> np.ndarray:
        over_steps = np.nansum(errors, axis=1)
        return np.stack([np.bincount(series, column, count) for column in over_steps.T], axis=1)

    return _Sums(
        points=by_series((~np.isnan(truth)).astype(np.float64)),
        absolute=by_series(metrics.absolute_error(truth, median)),
        squared=by_series(metrics.squared_error(truth, median)),
        percentage=by_series(metrics.symmetric_percentage_error(truth, median)),
        quantile=by_series(metrics.quantile_loss(truth, quantiles, levels)),
        size=by_series(np.abs(truth)),
        covered=by_series(metrics.covered(truth, quantiles[..., 0], quantiles[..., -1])),
    )


@dataclass(frozen=True)
class _Scope:
    """Rows of one scope. series, target: their indices, int (rows), -1 where a row is over all of them."""

    name: str
    sums: _Sums
    mase: np.ndarray
    undefined: np.ndarray
    series: np.ndarray
    target: np.ndarray


def _scopes(sums: _Sums, scale: np.ndarray) -> list[_Scope]:
    """The scopes "all", "target" and "series" of one contestant."""
    scaled = metrics.mase(metrics.ratio(sums.absolute, sums.points), scale)  # (S, C), NaN where undefined or unscored
    undefined = (sums.points > 0) & np.isnan(scaled)
    series, target = np.nonzero(sums.points)
    targets = np.arange(sums.points.shape[1])
    all_of = np.array([-1])
    mean_by_target = np.array([metrics.mean(column) for column in scaled.T])
    return [
        _Scope("all", sums.over_all(), np.array([metrics.mean(scaled)]), np.array([undefined.sum()]), all_of, all_of),
        _Scope("target", sums.by_target(), mean_by_target, undefined.sum(axis=0), np.full(len(targets), -1), targets),
        _Scope("series", sums.at(series, target), scaled[series, target], undefined[series, target], series, target),
    ]


def _rows(panel: Panel, method: str, scope: _Scope, symmetric: bool) -> pa.Table:
    sums, count = scope.sums, len(scope.target)
    values = {
        "mae": metrics.ratio(sums.absolute, sums.points),
        "rmse": np.sqrt(metrics.ratio(sums.squared, sums.points)),
        "smape": metrics.ratio(sums.percentage, sums.points),
        "mase": scope.mase,
        "wql": metrics.ratio(sums.quantile, sums.size),
        "coverage": metrics.ratio(sums.covered, sums.points) if symmetric else np.full(count, np.nan),
    }
    columns = {
        "scope": pa.array([scope.name] * count, pa.string()),
        "method": pa.array([method] * count, pa.string()),
        **{_key_name(name): panel.keys[name].take(_indices(scope.series)) for name in panel.keys.column_names},
        "target": pa.array(panel.target_names, pa.string()).take(_indices(scope.target)),
        "points": pa.array(sums.points.astype(np.int64)),
        "undefined": pa.array(scope.undefined.astype(np.int64)),
        **{name: pa.array(column) for name, column in values.items()},
    }
    return pa.table(columns)


def _indices(index: np.ndarray) -> pa.Array:
    return pa.array(index, pa.int64(), mask=index < 0)


def _key_name(name: str) -> str:
    return f"series_{name}" if name in COLUMNS else name


def _check_shape(method: str, forecast: np.ndarray, truth_shape: tuple[int, ...], levels: int) -> None:
    windows, horizon, targets = truth_shape
    expected = (windows, horizon, levels, targets)
    if forecast.shape != expected:
        raise EvaluationError(
            f"{method} forecast the shape {forecast.shape}, {expected} is needed (windows, horizon, levels, targets)"
        )


def _first_observed(panel: Panel) -> np.ndarray:
    """int64 (S, C): ordinal of the first observed value; later than any where there is none."""
    first = np.full((panel.series, len(panel.target_names)), np.iinfo(np.int64).max)
    for channel in range(first.shape[1]):
        rows = np.flatnonzero(panel.observed[:, channel])
        series, nearest = np.unique(panel.row_series[rows], return_index=True)
        first[series, channel] = panel.ordinals[rows[nearest]]
    return first
