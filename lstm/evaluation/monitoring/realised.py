"""Forecasts that have come true: each step with its actual, who forecast it, and when."""

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from lstm.contestants import is_baseline, method_name
from lstm.evaluation.backtest import metrics


@dataclass(frozen=True)
class ModelLabel:
    """Which model forecast a row.

    method: as in the ledger. version: None without one. backfill: by a replay of past days.
    """

    method: str
    version: int | None
    backfill: bool = False

    @property
    def text(self) -> str:
        """`v12`, or a baseline's name as people say it."""
        if is_baseline(self.method):
            name = method_name(self.method)
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
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: v[rows] for name, v in values.items() if isinstance(v, np.ndarray)})

    def latest(self, *, each_model: bool) -> "Realised":
        """Of several publications of one series, target, cutoff and time the last; each_model: of every model."""
        # Rows of one place lie together, the latest publication last; kept is each row after which the place changes.
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

    def covered(self, interval: tuple[float, float]) -> np.ndarray:
        """float64 (N): 1 where the actual lies within an interval's quantiles, 0 where not."""
        low, high = (self.quantiles[:, self.levels.index(level)] for level in interval)
        return metrics.covered(self.actual, low, high)

    @cached_property
    def loss(self) -> np.ndarray:
        """float64 (N): see `metrics.quantile_loss`."""
        return metrics.quantile_loss(self.actual, self.quantiles, self.levels)

    @cached_property
    def inside(self) -> np.ndarray:
        """float64 (N): 1 within the widest interval about the median, 0 outside; NaN where the levels have none."""
        intervals = metrics.intervals_of(self.levels)
        return self.covered(intervals[0]) if intervals else np.full(len(self), np.nan)

    @cached_property
    def pair(self) -> np.ndarray:
        """int64 (N): a number for each series and target."""
        return np.asarray(self.series.astype(np.int64) * len(self.target_names) + self.target)
