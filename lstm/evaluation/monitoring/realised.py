"""Forecasts that have come true: errors by model, series, target, step and origin.

MASE, coverage, bias and the weighted quantile loss mean what they mean in the backtest, so that what was promised and
what came can be compared: MASE and bias are means over series and targets of the mean error by the series' own scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from lstm.config import level_name
from lstm.data.frequency.grid import Frequency
from lstm.data.panel.panel import Panel
from lstm.evaluation.backtest import metrics

SEASONS_BACK = 8  # as the baseline: a missing value is replaced by one of so many seasons before giving up the season
ERROR_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
ERROR_COLUMNS = tuple(f"error_q{round(100 * level):02d}" for level in ERROR_LEVELS)


@dataclass(frozen=True)
class ModelLabel:
    """Who forecast. method: as in the ledger. version: None without one. backfill: by a replay of past days."""

    method: str
    version: int | None
    backfill: bool = False

    @property
    def text(self) -> str:
        """`v12`, or a baseline's name as people say it."""
        if self.method.startswith("baseline:"):
            name = f"{self.method.removeprefix('baseline:').replace('_', ' ')} baseline"
            return name if self.version is None else f"v{self.version}, the {name}"
        return f"v{self.version}" if self.version is not None else self.method


@dataclass(frozen=True)
class Realised:
    """N forecast steps with their actuals.

    model, series, target: int (N), indices into models, series_names and target_names. step: int (N). cutoff, time:
    ordinals int64 (N). rank: int64 (N), later publications have larger ones. complete: bool (N), the whole horizon
    has come. actual, forecast, naive, scale: float64 (N); naive and scale NaN where undefined. quantiles: (N, Q).
    """

    model: np.ndarray
    series: np.ndarray
    target: np.ndarray
    step: np.ndarray
    cutoff: np.ndarray
    time: np.ndarray
    rank: np.ndarray
    complete: np.ndarray
    actual: np.ndarray
    forecast: np.ndarray
    naive: np.ndarray
    scale: np.ndarray
    quantiles: np.ndarray
    models: tuple[ModelLabel, ...]
    series_names: tuple[str, ...]
    target_names: tuple[str, ...]
    levels: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.actual)

    def of(self, rows: np.ndarray) -> "Realised":
        """Some of the rows; rows: bool (N) or int."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: a[rows] for name, a in arrays.items() if isinstance(a, np.ndarray)})

    def latest(self, *, each_model: bool) -> "Realised":
        """Of several publications of one series, target, cutoff and time the last; each_model: of every model."""
        place = [self.series, self.target, self.cutoff, self.time]
        columns = [*place, self.model] if each_model else place
        order = np.lexsort((self.rank, *columns))
        changes = np.zeros(max(len(order) - 1, 0), bool)
        for column in columns:
            changes |= np.diff(column[order]) != 0
        return self.of(np.sort(order[np.append(changes, True)[: len(order)]]))

    @property
    def live(self) -> "Realised":
        """The rows that were served, none of backfills."""
        replayed = np.array([model.backfill for model in self.models] or [False])
        return self.of(~replayed[self.model])

    @cached_property
    def loss(self) -> np.ndarray:
        """float64 (N): see `metrics.quantile_loss`."""
        return metrics.quantile_loss(self.actual, self.quantiles, self.levels)

    @cached_property
    def inside(self) -> np.ndarray:
        """float64 (N): 1 within the widest even interval, 0 outside; NaN where the levels have none."""
        wide = intervals(self.levels)
        return covered_by(self, wide[0]) if wide else np.full(len(self), np.nan)

    @cached_property
    def pair(self) -> np.ndarray:
        """int64 (N): a number for each series and target."""
        return np.asarray(self.series.astype(np.int64) * len(self.target_names) + self.target)


def intervals(levels: Sequence[float]) -> list[tuple[float, float]]:
    """The pairs of levels that lie evenly around the median, widest first."""
    lower = [level for level in levels if level < 0.5]
    found = [(low, high) for low in lower for high in levels if abs(low + high - 1.0) < 1e-9]
    return sorted(found)


def interval_name(interval: tuple[float, float]) -> str:
    """Column of an interval's coverage in `realised.parquet`: `coverage_q10_q90`."""
    return f"coverage_{level_name(interval[0])}_{level_name(interval[1])}"


def covered_by(rows: Realised, interval: tuple[float, float]) -> np.ndarray:
    """float64 (N): 1 where the actual lies within an interval's quantiles, 0 where not."""
    low, high = (rows.quantiles[:, rows.levels.index(level)] for level in interval)
    return metrics.covered(rows.actual, low, high)


def group_scores(rows: Realised, group: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """Scores of each of `count` groups of rows, (count) each; NaN where undefined, 0 points where a group is empty.

    group: int (N), below count. points, origins, mae, mase, naive_mase, wql, coverage (of the widest even interval)
    and bias (mean forecast less actual, by the scale of MASE). naive_mase is over the rows that have a naive forecast.
    """
    error = rows.forecast - rows.actual
    points = np.bincount(group, minlength=count)
    with np.errstate(invalid="ignore"):
        scaled = {name: values / rows.scale for name, values in _errors(rows, error).items()}
    means = {name: _mean_over_pairs(rows, group, count, values) for name, values in scaled.items()}
    return {
        "points": points,
        "origins": _distinct(group, rows.cutoff, count),
        "mae": metrics.ratio(np.bincount(group, np.abs(error), count), points),
        "mase": means["absolute"],
        "naive_mase": means["naive"],
        "wql": metrics.ratio(np.bincount(group, rows.loss, count), np.bincount(group, np.abs(rows.actual), count)),
        "coverage": metrics.ratio(np.bincount(group, rows.inside, count), points),
        "bias": means["signed"],
    }


def _errors(rows: Realised, error: np.ndarray) -> dict[str, np.ndarray]:
    return {"absolute": np.abs(error), "naive": np.abs(rows.naive - rows.actual), "signed": error}


def _mean_over_pairs(rows: Realised, group: np.ndarray, count: int, values: np.ndarray) -> np.ndarray:
    """(count): mean over series and targets of the mean of their defined values."""
    known = np.isfinite(values)
    if not known.any():
        return np.full(count, np.nan)
    pairs = int(rows.pair.max()) + 1
    places, where = np.unique(group[known] * pairs + rows.pair[known], return_inverse=True)
    means = np.bincount(where, values[known]) / np.bincount(where)
    owner = places // pairs
    return metrics.ratio(np.bincount(owner, means, count), np.bincount(owner, minlength=count))


def _distinct(group: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """int (count): how many different values each group has."""
    if not len(group):
        return np.zeros(count, np.int64)
    span = int(values.max() - values.min()) + 1
    places = np.unique(group.astype(np.int64) * span + (values - values.min()))
    return np.asarray(np.bincount(places // span, minlength=count))


def score_table(rows: Realised, frequency: Frequency) -> pa.Table:
    """`realised.parquet`: a row a scope and group.

    scope: `model`, `target`, `series`, `step` and `origin`, each within a model, and `served`, by origin over all
    models, of each place the latest publication. Columns: scope, model, backfill, series, target, step, cutoff (as
    text), what `group_scores` gives, the coverage of each interval, the share of rows of complete forecasts, and
    quantiles of the error by the scale of MASE (of scope `step`).
    """
    own = rows.latest(each_model=True)
    served = own.live.latest(each_model=False)
    groups = {
        "model": (own, ("model",)),
        "target": (own, ("model", "target")),
        "series": (own, ("model", "series", "target")),
        "step": (own, ("model", "target", "step")),
        "origin": (own, ("model", "cutoff")),
        "served": (served, ("cutoff",)),
    }
    tables = [_scope_table(name, some, by, frequency) for name, (some, by) in groups.items()]
    return pa.concat_tables(tables)


def _scope_table(scope: str, rows: Realised, by: tuple[str, ...], frequency: Frequency) -> pa.Table:
    first, group = _groups([getattr(rows, name) for name in by])
    count = len(first)
    at = {name: getattr(rows, name)[first].astype(np.int64) for name in by}
    models = pa.array([model.text for model in rows.models], pa.string())
    backfill = pa.array([model.backfill for model in rows.models], pa.bool_())
    texts = frequency.texts(at["cutoff"]) if "cutoff" in at and count else [None] * count
    steps = at["step"].astype(np.int32) if "step" in at else [None] * count
    named = {
        "scope": pa.array([scope] * count, pa.string()),
        "model": _named(models, at.get("model"), count),
        "backfill": _named(backfill, at.get("model"), count),
        "series": _named(pa.array(rows.series_names, pa.string()), at.get("series"), count),
        "target": _named(pa.array(rows.target_names, pa.string()), at.get("target"), count),
        "step": pa.array(steps, pa.int32()),
        "cutoff": pa.array(texts, pa.string()),
    }
    scores = {name: pa.array(values) for name, values in group_scores(rows, group, count).items()}
    shares = {interval_name(one): covered_by(rows, one) for one in intervals(rows.levels)} | {"complete": rows.complete}
    for name, values in shares.items():
        scores[name] = pa.array(metrics.ratio(np.bincount(group, values, count), np.bincount(group, minlength=count)))
    spread = _error_quantiles(rows, group, count) if scope == "step" else np.full((count, len(ERROR_LEVELS)), np.nan)
    return pa.table(named | scores | dict(zip(ERROR_COLUMNS, map(pa.array, spread.T), strict=True)))


def _groups(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(a row of each group, the group of each row): groups are equal in all columns, in the order of these."""
    code = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        if len(column):
            code = code * (int(column.max() - column.min()) + 1) + (column - column.min())
    _, first, group = np.unique(code, return_index=True, return_inverse=True)
    return first, group


def _named(names: pa.Array, index: np.ndarray | None, count: int) -> pa.Array:
    return pa.nulls(count, names.type) if index is None else names.take(pa.array(index))


def _error_quantiles(rows: Realised, group: np.ndarray, count: int) -> np.ndarray:
    """(count, levels): quantiles of (forecast less actual) by the scale of MASE."""
    with np.errstate(invalid="ignore"):
        error = (rows.forecast - rows.actual) / rows.scale
    known = np.flatnonzero(np.isfinite(error))
    order = known[np.lexsort((error[known], group[known]))]
    found = np.full((count, len(ERROR_LEVELS)), np.nan)
    bounds = np.searchsorted(group[order], np.arange(count + 1))
    for place in range(count):
        mine = error[order[bounds[place] : bounds[place + 1]]]
        if len(mine):
            found[place] = np.quantile(mine, ERROR_LEVELS)
    return found


def seasonal_naive_at(
    panel: Panel, series: np.ndarray, target: np.ndarray, cutoff: np.ndarray, time: np.ndarray, season: int
) -> np.ndarray:
    """float64 (N): the seasonal naive forecast, made at each cutoff, of each time, as `baselines.seasonal_naive`.

    series, target: int (N). cutoff, time: ordinals (N), time later. The baseline itself answers whole horizons of all
    targets, a hundred times of what is asked for here. NaN where nothing had been observed by the cutoff.
    """
    step = time - cutoff
    newest = time - season * -(-step // season)
    value = np.full(len(series), np.nan)
    for seasons in range(SEASONS_BACK):
        missing = np.flatnonzero(np.isnan(value))
        if not len(missing):
            return value
        older = newest[missing] - seasons * season
        value[missing] = values_at(panel, series[missing], target[missing], older)
    missing = np.flatnonzero(np.isnan(value))
    value[missing] = _last_observed(panel, series[missing], target[missing], cutoff[missing])
    return value


def values_at(panel: Panel, series: np.ndarray, target: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
    """float64 (N): what was observed; NaN where nothing was, or outside of the series. All int (N)."""
    rows = panel.row_of(series, ordinals)
    inside = (rows >= panel.indptr[series]) & (rows < panel.indptr[series + 1])
    values = panel.targets[np.where(inside, rows, 0), target].astype(np.float64)
    return np.asarray(np.where(inside, values, np.nan))


def _last_observed(panel: Panel, series: np.ndarray, target: np.ndarray, cutoff: np.ndarray) -> np.ndarray:
    """float64 (N): the newest observed value at or before each cutoff, NaN where there is none."""
    last = np.full(len(series), np.nan)
    if not len(series):
        return last
    rows = np.minimum(panel.row_of(series, cutoff), panel.indptr[series + 1] - 1)
    for channel in np.unique(target).tolist():
        observed = np.flatnonzero(panel.observed[:, channel])
        mine = np.flatnonzero(target == channel)
        position = np.searchsorted(observed, rows[mine], side="right") - 1
        mine, position = mine[position >= 0], position[position >= 0]
        nearest = observed[position]
        own = nearest >= panel.indptr[series[mine]]
        last[mine[own]] = panel.targets[nearest[own], channel]
    return last
