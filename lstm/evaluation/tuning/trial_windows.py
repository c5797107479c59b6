"""The windows of a tuning: what trials learn from, stop at and are scored on, all of it before a run's validation.

A run as of the end of the training part is replayed: of its history, that is the training part, trials learn from the
first steps, stop early at the next, and are scored on the newest, every one on the same windows. So nothing that early
stopping, calibration and backtest of a run of today read has been read by the choice of its settings, and many trials
make no band narrower.
"""

from dataclasses import dataclass, replace

import numpy as np

from lstm.config import Evaluation
from lstm.data.panel.panel import Panel
from lstm.data.panel.selection import earlier_cutoff
from lstm.data.panel.windows import (
    SPLITS,
    Splits,
    Windows,
    mark_windows,
    plan_splits,
    window_tables,
    windows_from_table,
)
from lstm.errors import DataError

MOST_SCORED = 2_000  # windows
TEST = SPLITS.index("test")


@dataclass(frozen=True)
class TrialWindows:
    """The panel that trials read, without the calendar, and its windows: those of `test` are the ones to be scored."""

    panel: Panel
    windows: Windows

    @property
    def through(self) -> str:
        """The newest time that trials read."""
        return self.panel.frequency.text(self.panel.cutoff)

    def scored(self, look_back: int, seed: int) -> "TrialWindows":
        """With fewer windows to be scored: those that a network with the look-back serves, `MOST_SCORED` at most.

        look_back: the longest that is tried; else a trial that leaves windows to the seasonal naive would be compared
        by that. All of them where none has as many steps. seed: draws them.
        """
        series, rows, windows = self.windows.series, self.windows.row, self.windows
        scored = windows.split == TEST
        served = scored & (rows - self.panel.indptr[series] + 1 >= max(look_back // 2, 1))
        chosen = np.flatnonzero(served if served.any() else scored)
        if len(chosen) > MOST_SCORED:
            chosen = np.random.default_rng(seed).choice(chosen, MOST_SCORED, replace=False)
        kept = ~scored
        kept[chosen] = True
        return TrialWindows(self.panel, Windows(series[kept], rows[kept], windows.split[kept], windows.splits))


def trial_windows(panel: Panel, splits: Splits, seasons: tuple[int, ...]) -> TrialWindows:
    """The trials' panel and windows. splits: of the run.

    Raises DataError where the training part is too short to be divided once more.
    """
    earlier = earlier_cutoff(panel, splits.train_end)
    try:
        inner = plan_splits(earlier, Evaluation(), seasons)
        # Every window of the newest part, not only one a stride: what is drawn from them overlaps, and says more.
        every = inner.cutoff - inner.validation_end - inner.horizon + 1
        inner = replace(inner, origins=every, stride=1)
        marks = mark_windows(earlier, inner)
    except DataError as error:
        raise DataError(
            f"tuning divides the training part, which ends at {earlier.frequency.text(splits.train_end)}, once more, "
            f"and it is too short for that: {error}"
        ) from error
    tables = window_tables(earlier, inner, marks)
    return TrialWindows(earlier, Windows.joined([windows_from_table(table) for table in tables]))
