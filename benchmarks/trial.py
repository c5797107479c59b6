"""A trial of accuracy: what a model may learn from, what it is asked for, and how its answers are scored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lstm.config import Evaluation
from lstm.data.frequency.aliases import Frequency
from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import Splits, Windows, all_windows, plan_splits

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
MEDIAN = LEVELS.index(0.5)

Scores = dict[str, float]


@dataclass(frozen=True)
class Protocol:
    """How a trial is held; nothing here is a setting of the model.

    final: ask for the test part, else for the end of the training part. calendar: add the covariates of the calendar
    where the time stamps are real. small: a slice, to see that it works.
    """

    final: bool = False
    calendar: bool = True
    small: bool = False


@dataclass(frozen=True)
class Trial:
    """One data set under a protocol.

    panel: all that training may read; it ends at its cutoff. windows: of `panel`. refit: the asked model has learnt
    from all of `panel`, else from its training split alone. asked: the panel that forecasts read.
    series, cutoffs: int (N), the windows that are asked for, as series and ordinals of `asked`.
    truth: float64 (N, H, C). score: from truth and quantiles (N, H, Q, C) to numbers by name.
    """

    panel: Panel
    windows: Windows
    refit: bool
    asked: Panel
    series: np.ndarray
    cutoffs: np.ndarray
    truth: np.ndarray
    score: Callable[[np.ndarray, np.ndarray], Scores]
    minimum: float | None = None


def split_windows(panel: Panel, validation: int) -> Windows:
    """Training windows, and validation windows whose targets lie within the last so many steps; none for a backtest."""
    train_end = panel.cutoff - validation
    splits = Splits(train_end, panel.cutoff, panel.cutoff, panel.horizon, origins=0, stride=1)
    series, rows = all_windows(panel)
    cutoffs = panel.ordinals[rows]
    split = np.full(len(rows), -1, np.int8)
    split[cutoffs + panel.horizon <= train_end] = 0
    split[cutoffs >= train_end] = 1
    order = np.concatenate([np.flatnonzero(split == index) for index in (0, 1)])
    return Windows(series[order], rows[order], split[order], splits)


def validation_span(panel: Panel) -> int:
    """Steps that a pipeline would keep for validation."""
    splits = plan_splits(panel, Evaluation(), panel.frequency.default_seasons())
    return splits.validation_end - splits.train_end


def frame_of(histories: Sequence[np.ndarray], frequency: Frequency, end: int) -> pa.Table:
    """A frame of series that all end at one step: their numbers in order, times and values. end: an ordinal."""
    lengths = [len(history) for history in histories]
    ordinals = np.concatenate([np.arange(end - length + 1, end + 1) for length in lengths])
    return pa.table(
        {
            "series": np.repeat(np.arange(len(histories)), lengths),
            "time": frequency.times(ordinals),
            "y": np.concatenate(histories),
        }
    )
