"""Windows whose last steps were not observed: the model's own forecast of these steps stands in for them.

A table that is a day late must not cost more than that day, and a model reads the steps before its cutoff most of all.
So it forecasts from the last observation, which serves as far as it reaches, with the bands of its own lead times. Only
the steps beyond are forecast from the cutoff, with the median of the former in the place of what is missing, up to a
horizon after the last observation; the mask says that nothing was observed there.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.data.panel.selection import some_series

# Quantiles (N, H, Q, C) of the windows of a panel with cutoff rows (N) of series (N). The last arguments: (T, C), what
# stands in for targets, NaN where nothing does; and how many windows were forecast before these.
Forecast = Callable[[Panel, np.ndarray, np.ndarray, np.ndarray | None, int], np.ndarray]


class Before(NamedTuple):
    """How many windows were forecast before some others: those that end in time, those that end late, and the windows
    that end where these were last observed.
    """

    timely: int = 0
    late: int = 0
    begins: int = 0

    def and_of(self, panel: Panel, series: np.ndarray, rows: np.ndarray) -> "Before":
        """With so many windows more. series, rows: (N), each window's series and the row of its cutoff."""
        last = _last_observed(panel, series, rows)
        is_late = (last >= 0) & (last < rows[:, None])
        late = int(is_late.any(axis=1).sum())
        begins = len(np.unique(last[is_late]))
        return Before(self.timely + len(rows) - late, self.late + late, self.begins + begins)


NOTHING_BEFORE = Before()


def forecast_late_ends(
    panel: Panel, series: np.ndarray, rows: np.ndarray, forecast: Forecast, median: int, before: Before = NOTHING_BEFORE
) -> np.ndarray:
    """Quantiles (N, H, Q, C) of all windows, bridged where a target was observed, but not in the window's last step.

    series, rows: (N), each window's series and the row of its cutoff. median: place of the median among the quantiles.
    before: of the windows of earlier series.
    """
    last = _last_observed(panel, series, rows)
    late = np.flatnonzero(((last >= 0) & (last < rows[:, None])).any(axis=1))
    if not len(late):
        return forecast(panel, series, rows, None, before.timely)
    quantiles = None
    if len(late) < len(rows):
        timely = np.delete(np.arange(len(rows)), late)
        of_timely = forecast(panel, series[timely], rows[timely], None, before.timely)
        quantiles = np.empty((len(rows), *of_timely.shape[1:]))
        quantiles[timely] = of_timely
    # The series with such windows only, which are few as a rule.
    which, place = np.unique(series[late], return_inverse=True)
    part = some_series(panel, which)
    part_rows = rows[late] - panel.indptr[series[late]] + part.indptr[place]
    of_late = _of_late(part, place, part_rows, forecast, median, before)
    if quantiles is None:
        return of_late
    quantiles[late] = of_late
    return quantiles


def _of_late(
    panel: Panel, series: np.ndarray, rows: np.ndarray, forecast: Forecast, median: int, before: Before
) -> np.ndarray:
    """Quantiles (N, H, Q, C) of windows that end late in some target."""
    last = _last_observed(panel, series, rows)
    window, target = np.nonzero((last >= 0) & (last < rows[:, None]))
    begins = last[window, target]
    distinct, place = np.unique(begins, return_inverse=True)
    of_begins = forecast(panel, panel.row_series[distinct].astype(np.int64), distinct, None, before.begins)
    earlier = of_begins[place, ..., target]
    bridge = np.full(panel.targets.shape, np.nan)
    behind = rows[window] - begins
    for step in range(panel.horizon):
        inside = step < behind
        bridge[begins[inside] + step + 1, target[inside]] = earlier[inside, step, median]
    quantiles = forecast(panel, series, rows, bridge, before.late)
    for step in range(panel.horizon):
        reached = step + behind < panel.horizon
        where = window[reached], step, slice(None), target[reached]
        quantiles[where] = earlier[reached, step + behind[reached]]
    return quantiles


def _last_observed(panel: Panel, series: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """int64 (N, C): row of the newest observation of each target at or before each window's end, -1 where none is."""
    last = np.full((len(rows), len(panel.target_names)), -1)
    for target in range(last.shape[1]):
        if panel.observed[rows, target].all():
            last[:, target] = rows
            continue
        observed = np.flatnonzero(panel.observed[:, target])
        position = np.searchsorted(observed, rows, side="right") - 1
        nearest = np.where(position >= 0, observed[np.maximum(position, 0)] if len(observed) else -1, -1)
        last[:, target] = np.where(nearest >= panel.indptr[series], nearest, -1)
    return last
