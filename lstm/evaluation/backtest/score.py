"""The backtest: every contestant scored on the same points of the same held-out origins, and the table of scores."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from lstm.data.panel.panel import Panel
from lstm.errors import EvaluationError
from lstm.evaluation.backtest import metrics
from lstm.evaluation.backtest.scored import Scored, scored
from lstm.gate_metrics import FORMULAS, METRICS
from lstm.references import MethodScores

METRIC_COLUMNS = tuple(name for name, metric in METRICS.items() if metric.better is not None)
COLUMNS = ("scope", "method", "target", "points", "origins", "undefined", *METRIC_COLUMNS)


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
) -> dict[str, Scored]:
    """The errors of every contestant, all on the same points (see `scored_truth`).

    series: int (N). cutoffs: ordinals (N). forecasts: (N, H, Q, C) by contestant. levels: Q, rising, 0.5 among them.
    scale: (S, C), see `seasonal_scale`.

    Raises EvaluationError that names the contestant when a forecast is missing, not finite, or of another shape.
    """
    observed = scored_truth(panel, series, cutoffs)
    _, origin = np.unique(cutoffs, return_inverse=True)
    contestants = {}
    for method, forecast in forecasts.items():
        _check_shape(method, forecast, observed.shape, len(levels))
        try:
            contestants[method] = scored(observed, forecast, series=series, origin=origin, levels=levels, scale=scale)
        except EvaluationError as error:
            raise EvaluationError(f"{method}: {error}") from error
    return contestants


def score_table(panel: Panel, contestants: Mapping[str, Scored]) -> pa.Table:
    """Scores as rows, one a contestant and scope: "all", each "target", and each "series" and target that has points.

    Columns: scope, method, the key columns (null but for "series"), target (null for "all"), points, origins (that have
    points), undefined (series and targets with points but without a scale), mae, rmse, smape (percent, 0 to 200), mase
    and bias (mean over the defined series and targets; bias is the mean signed error by the same scale), wql, and the
    coverage of the widest symmetric interval. NaN where undefined. A key column of one of these names is called
    `series_NAME`.
    """
    return pa.concat_tables([_rows(panel, method, contestant) for method, contestant in contestants.items()])


def overall(contestants: Mapping[str, Scored]) -> tuple[MethodScores, ...]:
    """Scores over all series and targets, in the order of the contestants."""
    return tuple(
        MethodScores(
            method=method,
            points=contestant.count(),
            series=contestant.series_count(),
            coverage=_widest_coverage(contestant),
            **{metric: contestant.error(metric) for metric in FORMULAS if metric in MethodScores.model_fields},
        )
        for method, contestant in contestants.items()
    )


def _rows(panel: Panel, method: str, contestant: Scored) -> pa.Table:
    """The rows of a contestant: all, then targets, then series."""
    # Each column has a value a segment (all targets, then each of them), then one a series and target that was scored.
    points = contestant.points.sum(axis=0)
    undefined = (points > 0) & np.isnan(contestant.by_series("mase"))
    target_of = np.broadcast_to(np.arange(points.shape[1]), points.shape)
    segments = [np.ones(points.shape, bool), *(target_of == target for target in range(points.shape[1]))]
    series, target = np.nonzero(points)

    def column(of_a_segment: Callable[[np.ndarray], float], by_series: np.ndarray) -> np.ndarray:
        return np.append([of_a_segment(segment) for segment in segments], by_series[series, target])

    counts = {
        "points": column(contestant.count, points),
        "origins": column(
            lambda segment: float((contestant.points[:, segment] > 0).any(axis=1).sum()), _origins(contestant)
        ),
        "undefined": column(lambda segment: float(undefined[segment].sum()), undefined),
    }
    scores = {metric: column(partial(contestant.error, metric), contestant.by_series(metric)) for metric in FORMULAS}
    scores["coverage"] = column(partial(_widest_coverage, contestant), _coverage_by_series(contestant))
    scopes = ["all", *["target"] * points.shape[1], *["series"] * len(series)]
    of_series = np.append(np.full(len(segments), -1), series)
    of_target = np.append(np.arange(-1, points.shape[1]), target)
    return pa.table(
        {
            "scope": pa.array(scopes, pa.string()),
            "method": pa.array([method] * len(scopes), pa.string()),
            **{key_column(name): _taken(panel.keys[name], of_series) for name in panel.keys.column_names},
            "target": _taken(pa.array(panel.target_names, pa.string()), of_target),
            **{name: pa.array(counted.astype(np.int64)) for name, counted in counts.items()},
            **{name: pa.array(scores[name]) for name in METRIC_COLUMNS},
        }
    )


def _taken(names: pa.ChunkedArray, index: np.ndarray) -> pa.ChunkedArray:
    """Entries by index, null where it is -1."""
    return names.take(pa.array(index, pa.int64(), mask=index < 0))


def _origins(contestant: Scored) -> np.ndarray:
    """int (S, C): origins with a scored point."""
    return np.asarray((contestant.points > 0).sum(axis=0))


def _widest_coverage(contestant: Scored, segment: np.ndarray | None = None) -> float:
    return contestant.coverage(contestant.intervals[0], segment) if contestant.intervals else float("nan")


def _coverage_by_series(contestant: Scored) -> np.ndarray:
    points = contestant.points.sum(axis=0)
    if not contestant.intervals:
        return np.full(points.shape, np.nan)
    return metrics.ratio(contestant.covered[0].sum(axis=0), points)


def key_column(name: str) -> str:
    """What a key column is called in a table of scores."""
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
