"""A panel in shards of consecutive series, each forecast at the cutoff without the others, by whoever does the work.

What a shard cannot know of the others is handed in: what short series borrow from their peers, and how many windows a
network would have forecast before. So shards give what the whole panel at once would give, bit for bit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from lstm.data.panel.calendar import CalendarColumns
from lstm.data.panel.panel import Panel
from lstm.data.panel.selection import consecutive_series
from lstm.model.baselines.model import BaselineModel, Model
from lstm.model.forecaster.forecaster import Forecaster
from lstm.model.forecaster.late_ends import NOTHING_BEFORE, Before

SHARD_STEPS = 1 << 20  # of a shard, and of its forecasts: some hundred bytes each while a network reads them


@dataclass(frozen=True)
class Shard:
    """Consecutive series of a panel, of which `first` is the first in the whole of it.

    panel: of these series, with the calendar's covariates. before: the windows of the shards before this one.
    """

    first: int
    panel: Panel
    before: Before

    @property
    def series(self) -> np.ndarray:
        """int (N): every series of the shard."""
        return np.arange(self.panel.series)

    @property
    def rows(self) -> np.ndarray:
        """int64 (N): the row of the cutoff of each series."""
        return self.panel.row_of(self.series, self.panel.cutoff)

    def part_of(self, values: np.ndarray) -> np.ndarray:
        """What concerns these series. values: (S, ...), of the whole panel."""
        return values[self.first : self.first + self.panel.series]


def shards(panel: Panel) -> Iterator[Shard]:
    """The panel in shards that each are at most so long, of a series at least. panel: without the calendar."""
    columns, before = CalendarColumns.of(panel), NOTHING_BEFORE
    size = np.diff(panel.indptr) + panel.horizon * len(panel.target_names)
    of_shard = (np.cumsum(size) - size) // SHARD_STEPS
    starts = np.flatnonzero(np.diff(of_shard, prepend=-1))
    for first, after in zip(starts.tolist(), [*starts[1:].tolist(), panel.series], strict=True):
        part = consecutive_series(panel, first, after)
        shard = Shard(first, columns.put_into(part), before)
        yield shard
        before = before.and_of(part, shard.series, shard.rows)


def is_one_shard(panel: Panel) -> bool:
    """Whether the whole panel is one shard."""
    return panel.steps + panel.series * panel.horizon * len(panel.target_names) <= SHARD_STEPS


def with_peers(model: Model, panel: Panel, series: np.ndarray, rows: np.ndarray) -> Model:
    """A model that forecasts some of these windows as it does all of them: a network needs nothing for that."""
    return model.with_peers(panel, series, rows) if isinstance(model, BaselineModel) else model


def placed(model: Model, before: Before) -> Model:
    """A network that knows how many windows it would have forecast before, were it asked for all of them at once."""
    return replace(model, before=before) if isinstance(model, Forecaster) else model
