"""Scores of forecasts that have come true: errors by model, series, target, step and origin.

MASE, coverage, bias and the weighted quantile loss mean what they mean in the backtest, so that what was promised and
what came can be compared: MASE and bias are means over series and targets of the mean error by the series' own scale.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from lstm.config import level_name
from lstm.data.frequency.grid import Frequency
from lstm.evaluation.backtest import metrics
from lstm.evaluation.monitoring.realised import Realised

ERROR_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
ERROR_COLUMNS = tuple(f"error_q{round(100 * level):02d}" for level in ERROR_LEVELS)


def interval_name(interval: tuple[float, float]) -> str:
    """Column of an interval's coverage in `realised.parquet`: `coverage_q10_q90`."""
    return f"coverage_{level_name(interval[0])}_{level_name(interval[1])}"


def group_scores(rows: Realised, group: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """Scores of each of `count` groups of rows, (count) each; NaN where undefined, 0 points where a group is empty.

    group: int (N), below count. points, origins, mae, mase, naive_mase, wql, coverage (of the widest interval)
    and bias (mean forecast less actual, by the scale of MASE). naive_mase is over the rows that have a naive forecast.
    """
    error = rows.forecast - rows.actual
    points = np.bincount(group, minlength=count)
    errors = {"mase": np.abs(error), "naive_mase": np.abs(rows.naive - rows.actual), "bias": error}
    with np.errstate(invalid="ignore"):
        scaled = {name: values / rows.scale for name, values in errors.items()}
    means = {name: _mean_over_pairs(rows, group, count, values) for name, values in scaled.items()}
    return {
        "points": points,
        "origins": _distinct(group, rows.cutoff, count),
        "mae": metrics.ratio(np.bincount(group, np.abs(error), count), points),
        "mase": means["mase"],
        "naive_mase": means["naive_mase"],
        "wql": metrics.ratio(np.bincount(group, rows.loss, count), np.bincount(group, np.abs(rows.actual), count)),
        "coverage": metrics.ratio(np.bincount(group, rows.inside, count), points),
        "bias": means["bias"],
    }


def overall_scores(rows: Realised) -> dict[str, float]:
    """Scores of all rows together, see `group_scores`."""
    return {name: values[0].item() for name, values in group_scores(rows, np.zeros(len(rows), int), 1).items()}


def _mean_over_pairs(rows: Realised, group: np.ndarray, count: int, values: np.ndarray) -> np.ndarray:
    """(count): mean over series and targets of the mean of their defined values."""
    known = np.isfinite(values)
    if not known.any():
        return np.full(count, np.nan)
    pairs = int(rows.pair.max()) + 1
    # A number for each group, series and target that has values: first the mean of each, then the mean of these means.
    cells, cell_of_row = np.unique(group[known] * pairs + rows.pair[known], return_inverse=True)
    means = np.bincount(cell_of_row, values[known]) / np.bincount(cell_of_row)
    group_of_cell = cells // pairs
    return metrics.ratio(np.bincount(group_of_cell, means, count), np.bincount(group_of_cell, minlength=count))


def _distinct(group: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """int (count): how many different values each group has."""
    if not len(group):
        return np.zeros(count, np.int64)
    width = int(values.max() - values.min()) + 1
    cells = np.unique(group.astype(np.int64) * width + (values - values.min()))
    return np.asarray(np.bincount(cells // width, minlength=count))


def score_table(rows: Realised, frequency: Frequency) -> pa.Table:
    """`realised.parquet`: a row a scope and group.

    scope: `model`, `target`, `series`, `step` and `origin`, each within a model, and `served`, by origin over all
    models, of each place the latest publication. Columns: scope, model, backfill, series, target, step, cutoff (as
    text), what `group_scores` gives, the coverage of each interval, the share of rows of complete forecasts, and
    quantiles of the error by the scale of MASE (of scope `step`).
    """
    of_models = rows.latest(each_model=True)
    served = of_models.live.latest(each_model=False)
    scopes = {
        "model": ("model",),
        "target": ("model", "target"),
        "series": ("model", "series", "target"),
        "step": ("model", "target", "step"),
        "origin": ("model", "cutoff"),
    }
    tables = [_scope_table(scope, of_models, columns, frequency) for scope, columns in scopes.items()]
    return pa.concat_tables([*tables, _scope_table("served", served, ("cutoff",), frequency)])


def _scope_table(scope: str, rows: Realised, columns: tuple[str, ...], frequency: Frequency) -> pa.Table:
    """The rows of one scope, a group being the rows that are equal in all of some columns."""
    first, group = _groups([getattr(rows, name) for name in columns])
    count = len(first)
    codes = {name: getattr(rows, name)[first].astype(np.int64) for name in columns}
    models = pa.array([model.text for model in rows.models], pa.string())
    backfill = pa.array([model.backfill for model in rows.models], pa.bool_())
    texts = frequency.texts(codes["cutoff"]) if "cutoff" in codes and count else [None] * count
    steps = codes["step"].astype(np.int32) if "step" in codes else [None] * count
    names = {
        "scope": pa.array([scope] * count, pa.string()),
        "model": _names_at(models, codes.get("model"), count),
        "backfill": _names_at(backfill, codes.get("model"), count),
        "series": _names_at(pa.array(rows.series_names, pa.string()), codes.get("series"), count),
        "target": _names_at(pa.array(rows.target_names, pa.string()), codes.get("target"), count),
        "step": pa.array(steps, pa.int32()),
        "cutoff": pa.array(texts, pa.string()),
    }
    scores = {name: pa.array(values) for name, values in group_scores(rows, group, count).items()}
    shares = {interval_name(interval): rows.covered(interval) for interval in metrics.intervals_of(rows.levels)}
    for name, values in (shares | {"complete": rows.complete}).items():
        scores[name] = pa.array(metrics.ratio(np.bincount(group, values, count), np.bincount(group, minlength=count)))
    spread = _error_quantiles(rows, group, count) if scope == "step" else np.full((count, len(ERROR_LEVELS)), np.nan)
    return pa.table(names | scores | dict(zip(ERROR_COLUMNS, map(pa.array, spread.T), strict=True)))


def _groups(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(a row of each group, the group of each row): groups are equal in all columns, in the order of these."""
    code = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        if len(column):
            code = code * (int(column.max() - column.min()) + 1) + (column - column.min())
    _, first, group = np.unique(code, return_index=True, return_inverse=True)
    return first, group


def _names_at(names: pa.Array, index: np.ndarray | None, count: int) -> pa.Array:
    return pa.nulls(count, names.type) if index is None else names.take(pa.array(index))


def _error_quantiles(rows: Realised, group: np.ndarray, count: int) -> np.ndarray:
    """(count, levels): quantiles of (forecast less actual) by the scale of MASE."""
    with np.errstate(invalid="ignore"):
        error = (rows.forecast - rows.actual) / rows.scale
    known = np.flatnonzero(np.isfinite(error))
    order = known[np.lexsort((error[known], group[known]))]
    quantiles = np.full((count, len(ERROR_LEVELS)), np.nan)
    bounds = np.searchsorted(group[order], np.arange(count + 1))
    for place in range(count):
        errors = error[order[bounds[place] : bounds[place + 1]]]
        if len(errors):
            quantiles[place] = np.quantile(errors, ERROR_LEVELS)
    return quantiles
